package rib

// RowKind says what became of a row of a feed. Every row is of exactly one kind.
type RowKind uint8

// The kinds, in the order in which reports list them.
const (
	RowTied          RowKind = iota // it counts for the feed's own link, or for the one that a rule ties it to
	RowTiedElsewhere                // it is another link's than the one that the feed names
	RowUnclassified                 // no rule ties it to one link: it may be any's
	RowOwn                          // the router's own network in a whole table
	RowInternal                     // a copy that an iBGP neighbour sent: another router received it
	RowForeign                      // a row of a far table that is not about us
	RowIgnored                      // a rule says ignore: true
	RowIneligible                   // its holder does not use it: invalid, filtered, history, damped, our own AS in a received path
	RowOther                        // of another neighbour or VRF than the feed picks: never evidence
	RowBad                          // it could not be read
	RowKinds
)

var rowKindNames = [RowKinds]string{
	"tied", "tied_elsewhere", "unclassified", "own", "internal", "foreign", "ignored", "ineligible", "other", "bad",
}

func (k RowKind) String() string { return rowKindNames[k] }

// Rows accounts for every row of a feed: how many of each kind, and the first.
type Rows struct {
	Count [RowKinds]int
	First [RowKinds]Aside // the first in the dump; its Why also names the prefix
}

// Read is the number of rows that were read: all of them.
func (r *Rows) Read() int {
	n := 0
	for _, c := range r.Count {
		n += c
	}
	return n
}
