package monitor

import (
	"fmt"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// writer is the one that changes the table.
type writer struct {
	table    *rib.Table
	log      *zap.Logger
	sessions Sessions
	feeds    map[rib.FeedID]rib.FeedID // the feed of each session, by the number that the collector has for it
	unused   rib.FeedID                // the first number that no session ever had
	reads    *policy.Reads             // what audits read of received routes
	external map[rib.FeedID]uint32     // the router's AS, of the feeds that show what it received over eBGP
	short    map[peer]bool             // those of which something could not be entered
	lost     int                       // routes that could not be entered, since the start
	unsaid   []func()                  // lines for the log, to be written when the locks are given back
	roll     roll
}

// peer is one router of one session, or of the sessions with a range.
type peer struct {
	session rib.FeedID // its number
	feed    rib.FeedID
	address netip.Addr
}

// newWriter makes the feeds of the sessions live ones.
func newWriter(c Config) writer {
	w := writer{table: c.Table, reads: c.Intent.Reads(), log: c.Log, sessions: c.Sessions, feeds: map[rib.FeedID]rib.FeedID{}, short: map[peer]bool{}}
	for i := range c.Neighbors {
		n := &c.Neighbors[i]
		w.feeds[n.Feed] = n.Feed
		w.unused = max(w.unused, n.Feed+1)
	}
	w.beLive(c.Neighbors)
	now := time.Now()
	w.roll = newRoll(c.StartGrace, now)
	w.roll.ask(c.Neighbors, func(feed rib.FeedID) rib.FeedID { return feed }, now)
	return w
}

func (w *writer) beLive(neighbors []bgp.Neighbor) {
	w.external = map[rib.FeedID]uint32{}
	for i := range neighbors {
		n := &neighbors[i]
		f := w.table.Feeds()[n.Feed]
		f.State = rib.FeedState{Live: true, Format: "bgp", File: "session with " + from(n), ASPathForm: rib.AsSent}
		switch {
		case f.Mirrors != "" && n.Internal():
			f.State.ASPathForm = rib.BeforeOwnASN // it is put in front towards other networks only
		case f.Mirrors == "" && n.External():
			w.external[n.Feed] = n.ASN
		}
	}
}

func from(n *bgp.Neighbor) string {
	if n.Range.IsValid() {
		return "a router of " + n.Range.String()
	}
	return n.Address.String()
}

// enter applies updates in their order. What the table does not take is counted, and makes the feed
// partial until its router has sent everything again. It reports whether a feed's state may have
// changed by it, and whether an audit may come out otherwise.
func (w *writer) enter(updates []rib.Update) (state, news bool) {
	for i := range updates {
		u := &updates[i]
		feed, known := w.feeds[u.Feed]
		if !known {
			continue // the rest of a session that a reload has ended
		}
		p := peer{u.Feed, feed, u.Route.Neighbor}
		u.Feed = feed
		switch u.Kind {
		case rib.PeerUp:
			delete(w.short, p)
		case rib.Advertise:
			w.asHeld(u)
		}
		state = state || u.Peer != nil || u.Kind == rib.EndOfRIB || u.Kind == rib.PeerGone
		news = news || !w.unread(u)
		if err := w.table.Apply(*u); err != nil {
			w.lose(p, u, err)
			state = true
		}
		w.roll.hear(p, u, time.Now())
		if u.Kind == rib.PeerUp {
			w.countPaths(p, u.Peer)
		}
		news = news || !w.unread(u) // as it stands now
	}
	return state, state || news
}

// unread reports whether no audit reads what the table holds of the update's prefix and feed.
func (w *writer) unread(u *rib.Update) bool {
	f, p := w.table.Feeds()[u.Feed], u.Route.Prefix
	if u.Kind != rib.Advertise && u.Kind != rib.Withdraw || f.Mirrors != "" || w.reads.Received(f, "", p) {
		return false
	}
	unread := true
	w.table.Ties(u.Feed, p, func(link rib.LinkID, tie rib.Tie) bool {
		unread = tie != rib.Unclassified && !w.reads.Received(f, w.table.LinkName(link), p)
		return unread
	})
	return unread
}

// countPaths holds a new session to what its feed declares. One that is to send every path and did
// not agree to (RFC 7911) shows winners alone: what it lacks proves nothing.
func (w *writer) countPaths(p peer, c *rib.PeerChange) {
	f := w.table.Feeds()[p.feed]
	if f.AddPath != "all" || f.Mirrors != "" {
		return
	}
	for _, fam := range rib.Families {
		if c.Families[fam] && !c.AddPath[fam] {
			why := fmt.Sprintf("it did not agree to send every path of %s (ADD-PATH), which the feed declares", fam)
			w.unsaid = append(w.unsaid, func() {
				w.log.Warn("the session shows winners alone: the feed is partial", zap.String("feed", f.Name), zap.Stringer("router", p.address), zap.Stringer("family", fam))
			})
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
	feed, prefix := w.table.Feeds()[p.feed].Name, u.Route.Prefix
	w.unsaid = append(w.unsaid, func() {
		w.log.Error("route not kept: the feed is partial until the router sends everything again",
			zap.String("feed", feed), zap.Stringer("router", p.address), zap.Stringer("prefix", prefix), zap.Error(cause))
	})
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
