package reading

import (
	"net/netip"

	"bgpaudit/rib"
)

// Pick chooses the rows of the feed's neighbour in a file that holds those of many.
type Pick struct {
	Neighbor netip.Addr // zero: every one
	Picking  bool       // rows of others are not the feed's
	Found    bool       // the neighbour, in a row or in a list of neighbours
	Others   netip.Addr // one whose rows were left out
}

// NewPick reads the choice out of the feed's declaration. A view of one neighbour's routes, and a
// router's own table, hold that neighbour's rows among others. At a far end and at a collector the
// neighbours are somebody else's: there the neighbour picks only where the file itself names it.
func NewPick(src Source) Pick {
	ofOne := ReceivedView(src.View) || AdvertisedView(src.View) || src.View == rib.BGPTable
	return Pick{Neighbor: src.Neighbor, Picking: ofOne && src.Neighbor.IsValid()}
}

// Wants reports whether a row of the neighbour is the feed's.
func (p *Pick) Wants(neighbor netip.Addr) bool {
	if neighbor == p.Neighbor {
		p.Found = p.Found || neighbor.IsValid()
		return true
	}
	if p.Picking && neighbor.IsValid() {
		p.Others = neighbor
	}
	return !p.Picking
}
