package reading

import (
	"net/netip"
	"strings"

	"bgpaudit/rib"
)

// Pick chooses the rows of the feed's neighbour in a file that holds those of many.
type Pick struct {
	Neighbor netip.Addr   // the only one that the config names; zero: none, or several
	Picking  bool         // rows of others are not the feed's
	Found    bool         // a neighbour of the feed's, in a row or in a list of neighbours
	Others   netip.Addr   // one whose rows were left out
	all      []netip.Addr // those that the config names
	exact    bool         // the feed itself names it
	other    netip.Addr   // of a family of which the config names none: the only one whose rows are taken
}

// NewPick reads the choice out of the feed's declaration. A view of one neighbour's routes, and a
// router's own table, hold that neighbour's rows among others. At a far end and at a collector the
// neighbours are somebody else's: there the neighbour picks only where the file itself names it.
func NewPick(src Source) Pick {
	p := Pick{Neighbor: src.OnlyNeighbor(), exact: src.Neighbor.IsValid() || src.View == rib.BGPTable}
	if p.Neighbor.IsValid() {
		p.all = []netip.Addr{p.Neighbor}
	}
	switch {
	case ReceivedView(src.View), AdvertisedView(src.View):
		if !src.Neighbor.IsValid() {
			p.all = src.Link.Neighbors
		}
		p.Picking = len(p.all) > 0
	case src.View == rib.BGPTable:
		p.Picking = p.Neighbor.IsValid()
	}
	return p
}

// Names reports whether the config names the neighbour.
func (p *Pick) Names(neighbor netip.Addr) bool {
	return neighbor.IsValid() && listed(p.all, neighbor)
}

// Wants reports whether a row of the neighbour is the feed's. Of a family of which the config names no address, one
// neighbour's rows are, where those of the named ones are not there.
func (p *Pick) Wants(neighbor netip.Addr) bool {
	switch {
	case p.Names(neighbor):
		p.Found = true
		return true
	case !p.Picking:
		return true
	case !neighbor.IsValid():
		return false
	case !p.Found && p.namesNone(neighbor) && (!p.other.IsValid() || p.other == neighbor):
		p.other = neighbor
		return true
	}
	p.Others = neighbor
	return false
}

// namesNone reports whether the config names no address of the neighbour's family. neighbor: on a feed is exact, and
// a link's addresses are those of one family or both.
func (p *Pick) namesNone(neighbor netip.Addr) bool {
	for _, a := range p.all {
		if a.Is4() == neighbor.Is4() {
			return false
		}
	}
	return !p.exact
}

// Missing reports whether the file holds no rows of the feed's neighbour.
func (p *Pick) Missing() bool { return p.Picking && !p.Found && !p.other.IsValid() }

// Wanted names the neighbours of the config.
func (p *Pick) Wanted() string {
	names := make([]string, len(p.all))
	for i, a := range p.all {
		names[i] = a.String()
	}
	return strings.Join(names, " or ")
}
