package reading

import (
	"net/netip"
	"slices"
	"time"

	"bgpaudit/rib"
)

// startOf is whose AS a path begins with.
func (s *Source) startOf(path rib.ASPath) pathSeen {
	first, ok := path.First()
	switch {
	case !ok || len(s.ASNs) == 0:
		return startsNowhere
	case s.ours(first):
		return startsHere
	}
	return startsElsewhere
}

// ours reports whether an ASN is one of the site's own.
func (s *Source) ours(asn uint32) bool { return slices.Contains(s.ASNs, asn) }

// ExpectsEmpty reports whether the config says that the dump holds no route.
func (s *Source) ExpectsEmpty() bool { return s.ExpectEmpty || s.ExpectRoutes == 0 }

// Source is a dump file and what the config says of it.
type Source struct {
	Path            string // opened as given
	Name            string // as the user wrote it; shown in errors and evidence
	Format          string // a name from Formats, or "auto"
	View            rib.View
	VRF             string
	Neighbor        netip.Addr    // the neighbour the table belongs to, where the config knows it
	Link            Link          // what the config says of the feed's link; zero where it names none
	ASNs            []uint32      // the site's own, where the config knows them
	Families        []rib.Family  // declared coverage
	Taken           time.Time     // when the dump was made, if the config says so
	At              time.Time     // the moment that is asked for; zero: now
	MaxAge          time.Duration // 0: none
	TrustMtime      bool
	ExpectEmpty     bool
	ExpectRoutes    int // routes: N, -1 where not given; 0 says that the table is empty
	TolerateSkipped int

	// Patience is how long the system may take to open the file or to give more of it; 0: for ever. With it
	// the file must be a regular one.
	Patience time.Duration
}

// Link is what the config says of the link that a dump is of. What a dump shows is held against it.
type Link struct {
	Name      string
	Kind      rib.LinkKind
	Side      string // primary, secondary or empty
	Circuit   string
	Neighbors []netip.Addr // every address of the neighbour's: a row whose neighbour is of a listed family and is none of them is not the link's
}

// How far a clock may be off before what it says is held to be of another moment: one that is set, and one whose zone
// is not known.
const (
	clockSlack = 5 * time.Minute
	zoneSlack  = 14 * time.Hour
)

// Slack is how much later than a moment the time of h may be and yet be of it.
func (h *Header) Slack() time.Duration {
	if h.Zoneless {
		return zoneSlack
	}
	return clockSlack
}

// MadeLater reports whether a dump with that header shows what was not there yet at the moment that is asked for
// (--at): it is no evidence of it.
func (s *Source) MadeLater(h *Header) bool {
	return !s.At.IsZero() && h.Time.Sub(s.At) > h.Slack()
}

// Header is what a dump says about itself: the header line of canonical records.
type Header struct {
	Format           string
	Source           string
	Time             time.Time // zero where the dump shows none
	Router           string
	Neighbor         netip.Addr
	Families         []rib.Family // families the dump marks, even when it holds no route of them
	NotShown         rib.AttrSet
	MarksNotShown    rib.Marks // those of StateMarks that it has no place for: none is known to be there, or not
	ASPathForm       rib.ASPathForm
	DefaultLocalPref rib.Optional
	Zoneless         bool   // Time has no zone: it may be 14 hours off
	LocalASN         uint32 // the ASN that the router uses, where the dump says so
}

// Result is a file's reading: its header, its counts and its end.
type Result struct {
	Header   Header
	Routes   int
	Skipped  int
	Others   int // rows of another neighbour or VRF, left out
	Bad      rib.Aside
	Other    rib.Aside // the first of each
	Complete rib.Completeness
	Errors   []string // each with file:line and what is wrong
	// Contradiction is text of the dump that denies what the config says of it: its view, or the neighbour. Its
	// rows are then no evidence of what the config says. Empty: none.
	Contradiction string
}
