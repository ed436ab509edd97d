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
	checked   netip.Addr // the neighbour of the last row
	strangers string     // what the config says, where it is none of the feed's
	stranger  netip.Addr // the first such one
	paths     int        // rows with a path that begins with an AS
	empty     int        // rows whose path is shown, and is empty
	ours      int        // those that begin with one of ours
	own       int        // rows of the router itself: no path, and no next hop but itself
	ownLine   int        // the first of them
}

// Say notes a contradiction. Only this package judges; what else calls it hands on what was judged before, or what
// a format alone can see.
func (c *contradiction) Say(format string, args ...any) {
	if c.Text == "" {
		c.Text = fmt.Sprintf(format, args...)
	}
}

// pathSeen is what a row's path tells of its direction.
type pathSeen uint8

const (
	startsNowhere pathSeen = iota // it is empty or not shown, or the config does not say which AS is ours
	startsElsewhere
	startsHere
	startsEmpty // it is shown, and is empty
	routersOwn  // and the router itself is the next hop
)

// seen is what a row tells of its direction.
func (c *Collector) seen(a *rib.Attrs) pathSeen {
	if start := c.Source.startOf(a.ASPath); start != startsNowhere {
		return start
	}
	switch {
	case len(a.ASPath) > 0 || a.NotShown.Has(rib.AttrASPath):
		return startsNowhere
	case !a.NotShown.Has(rib.AttrNextHop) && (!a.NextHop.IsValid() || a.NextHop.IsUnspecified()):
		return routersOwn
	}
	return startsEmpty
}

func (c *contradiction) sawPath(path pathSeen, line int) {
	switch path {
	case startsHere:
		c.paths++
		c.ours++
	case startsElsewhere:
		c.paths++
	case startsEmpty:
		c.empty++
	case routersOwn:
		c.empty++
		if c.own++; c.own == 1 {
			c.ownLine = line
		}
	}
}

// SawNeighbor notes a neighbour whose rows are none of the feed's, in a file that holds none of the feed's own.
func (c *Collector) SawNeighbor(a netip.Addr) {
	if c.Source.notOf(a) != "" && !c.stranger.IsValid() {
		c.stranger = a
	}
}

// HoldAgainstConfig judges at the end what only all rows together show, and what the header says.
func (c *Collector) HoldAgainstConfig() {
	c.endAnswer()
	c.againstNeighbor()
	c.againstDirection()
}

// againstDirection holds the paths against the view. No neighbour sends us a path that begins with
// our own AS (a loop has it further on), nor one that is empty with no next hop but our router: rows that do are
// what we advertise. What we send begins with our AS, where the dump shows paths as sent: there an empty one is none that we
// send. Our own router's table is
// nobody's far end.
func (c *Collector) againstDirection() {
	src, h := &c.Source, &c.Result.Header
	switch view := src.View; view {
	case rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable, rib.LocRIB:
		if h.ASPathForm == rib.BeforeOwnASN {
			c.Say("the dump shows AS paths before our own ASN, as advertised routes do; the config says %s", view)
		}
		if c.ours > 0 {
			c.Say("%d of its AS paths begin with our own ASN, as advertised routes do; the config says %s", c.ours, view)
		}
		if c.own > 0 && ReceivedView(view) {
			c.Say("%d of its rows, first in line %d, are the router's own, as no neighbor sends them and advertised routes show them; the config says %s", c.own, c.ownLine, view)
		}
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		if h.ASPathForm == rib.AsSent && c.paths+c.empty > 0 && c.ours == 0 && len(src.ASNs) > 0 {
			c.Say("none of its AS paths begins with our own ASN, as received routes do; the config says %s", view)
		}
	case rib.FarEnd, rib.Collector, rib.Chosen:
		if h.ASPathForm == rib.BeforeOwnASN {
			c.Say("the dump shows AS paths before our own ASN, as our own routers' advertised routes do; the config says %s", view)
		}
		if h.LocalASN != 0 && src.ours(h.LocalASN) {
			c.Say("the dump is of a router of AS %d, which is our own; the config says %s", h.LocalASN, view)
		}
	}
}

// againstNeighbor holds the neighbours of header, rows and answers against those of the config.
func (c *Collector) againstNeighbor() {
	if c.stranger.IsValid() {
		c.Say("the dump holds routes of neighbor %s, the config says %s", c.stranger, c.Source.notOf(c.stranger))
	}
	if shown := c.Result.Header.Neighbor; c.Source.notOf(shown) != "" {
		c.Say("the dump holds routes of neighbor %s, the config says %s", shown, c.Source.notOf(shown))
	}
	if f := &c.file; f.foreign != "" && f.taken == 0 {
		c.Say("the dump holds routes of %s", f.foreign)
	}
}
