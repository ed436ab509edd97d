package reading

import (
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// contradiction watches for text that denies what the config says of a dump: its direction, or
// the neighbour whose routes it holds. The first one found stands.
type contradiction struct {
	Text      string
	neighbors [2]netip.Addr // the first two different neighbours of the rows
	paths     int           // rows with a path that begins with an AS
	ours      int           // those that begin with one of ours
}

func (c *contradiction) Say(format string, args ...any) {
	if c.Text == "" {
		c.Text = fmt.Sprintf(format, args...)
	}
}

func (c *contradiction) SawNeighbor(a netip.Addr) {
	switch {
	case !a.IsValid() || a == c.neighbors[0] || a == c.neighbors[1]:
	case !c.neighbors[0].IsValid():
		c.neighbors[0] = a
	case !c.neighbors[1].IsValid():
		c.neighbors[1] = a
	}
}

// pathStart is whose AS a path begins with.
type pathStart uint8

const (
	startsNowhere pathStart = iota // it is empty or not shown, or the config does not say which AS is ours
	startsElsewhere
	startsHere
)

func (c *contradiction) sawPath(start pathStart) {
	if start != startsNowhere {
		c.paths++
	}
	if start == startsHere {
		c.ours++
	}
}

// AgainstDirection holds the paths against the view. No neighbour sends us a path that begins with
// our own AS (a loop has it further on): rows that do are what we advertise. What we send begins
// with it, where the dump shows paths as sent.
func (c *contradiction) AgainstDirection(src Source, form rib.ASPathForm) {
	switch src.View {
	case rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable, rib.LocRIB:
		if form == rib.BeforeOwnASN {
			c.Say("the dump shows AS paths before our own ASN, as advertised routes do; the config says %s", src.View)
		}
		if c.ours > 0 {
			c.Say("%d of its AS paths begin with our own ASN, as advertised routes do; the config says %s", c.ours, src.View)
		}
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		if form == rib.AsSent && c.paths > 0 && c.ours == 0 {
			c.Say("none of its AS paths begins with our own ASN, as received routes do; the config says %s", src.View)
		}
	}
}

// AgainstNeighbor holds the neighbours of header and rows against the one of the config. Only a
// view of one neighbour's routes can be contradicted so: a whole table holds them all, and at a
// far end the neighbours are the other router's.
func (c *contradiction) AgainstNeighbor(src Source, shown netip.Addr) {
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
			c.Say("the dump holds routes of neighbor %s, the config says %s", a, src.Neighbor)
		}
	}
}

// OfOneNeighbor says that the dump shows the routes of one neighbour, and no router's whole table.
func (c *Collector) OfOneNeighbor() {
	if v := c.Source.View; TableView(v) {
		c.Say("the dump shows the routes of one neighbor, the config says %s", v)
	}
}
