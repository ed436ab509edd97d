package mrt

import (
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Pick chooses what of a file is the feed's: an MRT file may hold the routes of many peers, and
// messages of both directions.
type Pick struct {
	Neighbor netip.Addr // zero: every peer
	strict   bool       // the view is of this neighbour's routes: other peers' rows are never the feed's
	Picking  bool
	Found    bool // the neighbour, in a peer table or a row
	Others   netip.Addr

	declared bool      // the view says which direction counts
	sent     direction // that one
	Messages [2]int    // of each direction
}

// direction of a message, seen from the router that wrote the file.
type direction uint8

const (
	received direction = iota
	sent               // BGP4MP_MESSAGE_LOCAL and its kin (RFC 6396 4.4.5)
)

// NewMRTPick reads the choice out of the feed's declaration. A view of one neighbour's routes, and
// a router's own table, hold that neighbour's rows among others. At a far end and at a collector
// the neighbours are somebody else's: there the neighbour picks only where a peer table names it.
func NewMRTPick(src reading.Source) Pick {
	p := Pick{Neighbor: src.Neighbor, declared: src.View != ""}
	switch src.View {
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		p.sent = sent
		p.strict = true
	case rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable:
		p.strict = true
	}
	p.Picking = p.strict && p.Neighbor.IsValid()
	return p
}

func (p *Pick) direction() direction { return p.sent }

// sees notes the peers of a peer table.
func (p *Pick) sees(peers []mrtPeer) {
	for _, peer := range peers {
		if peer.addr.IsValid() && peer.addr == p.Neighbor {
			p.Picking, p.Found = true, true
		}
	}
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

// finish says where nothing in the file is what the feed declares.
func (p *Pick) finish(c *reading.Collector, tables int) {
	if p.Picking && !p.Found {
		if p.Others.IsValid() {
			c.Say("the dump holds routes of neighbor %s, the config says %s", p.Others, p.Neighbor)
		}
		c.Problem(0, "no peer of the dump is %s", p.Neighbor)
	}
	if p.declared && tables == 0 && p.Messages[p.sent] == 0 && p.Messages[1-p.sent] > 0 {
		c.Say("the dump holds no messages that its router %s, only ones that it %s", p.sent, 1-p.sent)
	}
}

func (d direction) String() string { return [...]string{"received", "sent"}[d&1] }
