package monitor

import (
	"fmt"
	"net/netip"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/rib"
)

// writer is the one that changes the table.
type writer struct {
	table    *rib.Table
	log      *zap.Logger
	sessions Sessions
	external map[rib.FeedID]uint32 // the router's AS, of the feeds that show what it received over eBGP
	short    map[peer]bool         // sessions of which something could not be entered
	lost     int                   // routes that could not be entered, since the start
}

// peer is one neighbour of one feed.
type peer struct {
	feed    rib.FeedID
	address netip.Addr
}

// newWriter makes the feeds of the sessions live ones.
func newWriter(c Config) writer {
	w := writer{table: c.Table, log: c.Log, sessions: c.Sessions, external: map[rib.FeedID]uint32{}, short: map[peer]bool{}}
	for i := range c.Neighbors {
		n := &c.Neighbors[i]
		f := c.Table.Feeds()[n.Feed]
		f.State = rib.FeedState{Live: true, Format: "bgp", File: "session with " + from(n), ASPathForm: rib.AsSent}
		switch {
		case f.Mirrors != "" && n.Internal():
			f.State.ASPathForm = rib.BeforeOwnASN // it is put in front towards other networks only
		case f.Mirrors == "" && n.External():
			w.external[n.Feed] = n.ASN
		}
	}
	return w
}

func from(n *bgp.Neighbor) string {
	if n.Range.IsValid() {
		return "a router of " + n.Range.String()
	}
	return n.Address.String()
}

// enter applies updates in their order. What the table does not take is counted, and makes the feed
// partial until its router has sent everything again. It reports whether a feed's state may have
// changed by it.
func (w *writer) enter(updates []rib.Update) (state bool) {
	for i := range updates {
		u := &updates[i]
		p := peer{u.Feed, u.Route.Neighbor}
		switch u.Kind {
		case rib.PeerUp:
			delete(w.short, p)
		case rib.Advertise:
			w.asHeld(u)
		}
		state = state || u.Peer != nil || u.Kind == rib.EndOfRIB
		if err := w.table.Apply(*u); err != nil {
			w.lose(p, u, err)
			state = true
		}
		if u.Kind == rib.PeerUp {
			w.countPaths(p, u.Peer.Families)
		}
	}
	return state
}

// countPaths holds a new session to what its feed declares. One that is to send every path and did
// not agree to (RFC 7911) shows winners alone: what it lacks proves nothing.
func (w *writer) countPaths(p peer, families [2]bool) {
	f := w.table.Feeds()[p.feed]
	if f.AddPath != "all" || f.Mirrors != "" {
		return
	}
	var agreed [2]bool
	for _, s := range w.sessions.Sessions() {
		if s.Feed == p.feed && s.Address == p.address {
			agreed = s.AddPath
		}
	}
	for _, fam := range rib.Families {
		if families[fam] && !agreed[fam] {
			why := fmt.Sprintf("it did not agree to send every path of %s (ADD-PATH), which the feed declares", fam)
			w.log.Warn("the session shows winners alone: the feed is partial", zap.String("feed", f.Name), zap.Stringer("router", p.address), zap.Stringer("family", fam))
			w.partial(p, why)
			return
		}
	}
}

func (w *writer) partial(p peer, why string) {
	_ = w.table.Apply(rib.Update{Kind: rib.PeerPartial, Feed: p.feed, Route: rib.Route{Neighbor: p.address}, Peer: &rib.PeerChange{Why: why}}) // takes every one
}

func (w *writer) lose(p peer, u *rib.Update, cause error) {
	w.lost++
	if w.short[p] {
		return
	}
	w.short[p] = true
	why := fmt.Sprintf("a route could not be kept: %s", cause)
	w.log.Error("route not kept: the feed is partial until the router sends everything again",
		zap.String("feed", w.table.Feeds()[p.feed].Name), zap.Stringer("router", p.address), zap.Stringer("prefix", u.Route.Prefix), zap.Error(cause))
	w.partial(p, why)
}

// asHeld turns a route as the session shows it into the route as its router holds it, for a feed
// that stands for what the router received. No session shows which route is best. One between
// networks also hides local preference and MED, and puts the router's own AS in front of the path,
// where it would look like a loop (RFC 4271 5.1.2, 5.1.4, 5.1.5).
func (w *writer) asHeld(u *rib.Update) {
	a := &u.Route.Attrs
	a.NotShown |= rib.AttrBest
	asn, external := w.external[u.Feed]
	if !external {
		return
	}
	a.LocalPref, a.MED = rib.Optional{}, rib.Optional{}
	a.NotShown |= rib.AttrLocalPref | rib.AttrMED
	a.ASPath = behind(asn, a.ASPath)
}

// behind is the path without the AS that its sender put in front. The path itself is shared, and is
// not changed.
func behind(asn uint32, p rib.ASPath) rib.ASPath {
	if len(p) == 0 || p[0].Type != rib.ASSequence || len(p[0].ASNs) == 0 || p[0].ASNs[0] != asn {
		return p
	}
	if len(p[0].ASNs) == 1 {
		return p[1:]
	}
	out := append(rib.ASPath{{Type: rib.ASSequence, ASNs: p[0].ASNs[1:]}}, p[1:]...)
	return out
}
