package dump

import (
	"net/netip"

	"bgpaudit/rib"
)

// mrtPick chooses what of a file is the feed's: an MRT file may hold the routes of many peers, and
// messages of both directions.
type mrtPick struct {
	neighbor netip.Addr // zero: every peer
	strict   bool       // the view is of this neighbour's routes: other peers' rows are never the feed's
	picking  bool
	found    bool // the neighbour, in a peer table or a row
	others   netip.Addr

	declared bool      // the view says which direction counts
	sent     direction // that one
	messages [2]int    // of each direction
}

// direction of a message, seen from the router that wrote the file.
type direction uint8

const (
	received direction = iota
	sent               // BGP4MP_MESSAGE_LOCAL and its kin (RFC 6396 4.4.5)
)

// newMRTPick reads the choice out of the feed's declaration. A view of one neighbour's routes, and
// a router's own table, hold that neighbour's rows among others. At a far end and at a collector
// the neighbours are somebody else's: there the neighbour picks only where a peer table names it.
func newMRTPick(src Source) mrtPick {
	p := mrtPick{neighbor: src.Neighbor, declared: src.View != ""}
	switch src.View {
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		p.sent = sent
		p.strict = true
	case rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable:
		p.strict = true
	}
	p.picking = p.strict && p.neighbor.IsValid()
	return p
}

func (p *mrtPick) direction() direction { return p.sent }

// sees notes the peers of a peer table.
func (p *mrtPick) sees(peers []mrtPeer) {
	for _, peer := range peers {
		if peer.addr.IsValid() && peer.addr == p.neighbor {
			p.picking, p.found = true, true
		}
	}
}

// wants reports whether a row of the neighbour is the feed's.
func (p *mrtPick) wants(neighbor netip.Addr) bool {
	if neighbor == p.neighbor {
		p.found = p.found || neighbor.IsValid()
		return true
	}
	if p.picking && neighbor.IsValid() {
		p.others = neighbor
	}
	return !p.picking
}

// finish says where nothing in the file is what the feed declares.
func (p *mrtPick) finish(c *collector, tables int) {
	if p.picking && !p.found {
		if p.others.IsValid() {
			c.say("the dump holds routes of neighbor %s, the config says %s", p.others, p.neighbor)
		}
		c.problem(0, "no peer of the dump is %s", p.neighbor)
	}
	if p.declared && tables == 0 && p.messages[p.sent] == 0 && p.messages[1-p.sent] > 0 {
		c.say("the dump holds no messages that its router %s, only ones that it %s", p.sent, 1-p.sent)
	}
}

func (d direction) String() string { return [...]string{"received", "sent"}[d&1] }
