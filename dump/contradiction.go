package dump

import (
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// contradiction watches for text that denies what the config says of a dump: its direction, or
// the neighbour whose routes it holds. The first one found stands.
type contradiction struct {
	text      string
	neighbors [2]netip.Addr // the first two different neighbours of the rows
}

func (c *contradiction) say(format string, args ...any) {
	if c.text == "" {
		c.text = fmt.Sprintf(format, args...)
	}
}

func (c *contradiction) sawNeighbor(a netip.Addr) {
	switch {
	case !a.IsValid() || a == c.neighbors[0] || a == c.neighbors[1]:
	case !c.neighbors[0].IsValid():
		c.neighbors[0] = a
	case !c.neighbors[1].IsValid():
		c.neighbors[1] = a
	}
}

// againstNeighbor holds the neighbours of header and rows against the one of the config. Only a
// view of one neighbour's routes can be contradicted so: a whole table holds them all, and at a
// far end the neighbours are the other router's.
func (c *contradiction) againstNeighbor(src Source, shown netip.Addr) {
	switch src.View {
	case rib.AdjRIBInPost, rib.AdjRIBInPre, rib.AdjRIBOutPost, rib.AdjRIBOutPre:
	default:
		return
	}
	if !src.Neighbor.IsValid() {
		return
	}
	for _, a := range []netip.Addr{shown, c.neighbors[0], c.neighbors[1]} {
		if a.IsValid() && a != src.Neighbor {
			c.say("the dump holds routes of neighbor %s, the config says %s", a, src.Neighbor)
		}
	}
}
