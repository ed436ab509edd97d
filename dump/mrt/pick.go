package mrt

import (
	"bgpaudit/dump/reading"
)

// pick chooses what of a file is the feed's: an MRT file may hold the routes of many peers, and
// messages of both directions.
type pick struct {
	reading.Pick
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

func newPick(src reading.Source) pick {
	p := pick{Pick: reading.NewPick(src), declared: src.View != ""}
	if reading.AdvertisedView(src.View) {
		p.sent = sent
	}
	return p
}

func (p *pick) direction() direction { return p.sent }

// sees notes the peers of a peer table.
func (p *pick) sees(peers []mrtPeer) {
	for _, peer := range peers {
		if p.Names(peer.addr) {
			p.Picking, p.Found = true, true
		}
	}
}

// finish says where nothing in the file is what the feed declares.
func (p *pick) finish(c *reading.Collector, tables int) {
	if p.Missing() {
		if p.Others.IsValid() {
			c.SawNeighbor(p.Others)
		}
		c.Problem(0, "no peer of the dump is %s", p.Wanted())
	}
	if p.declared && tables == 0 && p.messages[p.sent] == 0 && p.messages[1-p.sent] > 0 {
		c.Say("the dump holds no messages that its router %s, only ones that it %s", p.sent, 1-p.sent)
	}
}

func (d direction) String() string { return [...]string{"received", "sent"}[d&1] }
