package monitor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// roll is the list of the routers that the config asks for and of those that came, and what was said
// of each. A session that ends makes many findings unknown and raises others; all of it is one loss,
// and is said once. It is guarded by still.
type roll struct {
	grace   time.Duration
	born    time.Time // of the monitor; steady
	started bool      // every session was whole once, or the grace is over
	routers map[seat]*router
}

// seat is one router of one session; the address of a range's is not valid until the first came.
type seat struct {
	session rib.FeedID // its number
	address netip.Addr
}

// router is what became of a session with one router. Its times are steady, but for at.
type router struct {
	name    string // of the neighbour
	place   string // its address, or the range
	born    time.Time
	up      bool
	since   time.Time // up or down
	at      time.Time // the same, by the clock
	why     string    // down
	awaited [2]bool   // no End-of-RIB yet
	been    bool      // whole, once
	falls   int       // since the last audit
	whole   bool      // as the last audit had it
	lost    bool      // as it was said last
	damper
}

func newRoll(grace time.Duration, now time.Time) roll {
	return roll{grace: grace, born: now, routers: map[seat]*router{}}
}

// ask makes room for the sessions of a config: those that go on keep what is known of them.
func (r *roll) ask(neighbors []bgp.Neighbor, number func(feed rib.FeedID) rib.FeedID, now time.Time) {
	asked := map[rib.FeedID]bool{}
	for i := range neighbors {
		n := &neighbors[i]
		session := number(n.Feed)
		asked[session] = true
		known := false
		for at, old := range r.routers {
			if at.session == session {
				old.name, known = n.Name, true
			}
		}
		if !known {
			r.routers[seat{session, n.Address}] = &router{name: n.Name, place: from(n), born: now, since: now, why: "it has not come up yet"}
		}
	}
	for at := range r.routers {
		if !asked[at.session] {
			delete(r.routers, at)
		}
	}
}

// hear enters what became of a session.
func (r *roll) hear(p peer, u *rib.Update, now time.Time) {
	at := seat{p.session, p.address}
	switch u.Kind {
	case rib.PeerUp:
		s := r.seated(at, now)
		s.up, s.since, s.at, s.awaited = true, now, u.Peer.Time, u.Peer.Families
	case rib.PeerDown:
		s := r.seated(at, now)
		s.up, s.since, s.at, s.why = false, now, u.Peer.Time, u.Peer.Why
		s.falls++
	case rib.EndOfRIB:
		if s := r.routers[at]; s != nil {
			s.awaited[u.Family] = false
		}
	case rib.PeerGone:
		delete(r.routers, at)
	default: // routes say nothing of it
	}
}

// seated finds a router; the first of a range takes the place that was kept for it.
func (r *roll) seated(at seat, now time.Time) *router {
	if s := r.routers[at]; s != nil {
		return s
	}
	s := &router{place: at.address.String(), born: now}
	for other, known := range r.routers {
		if other.session == at.session {
			s.name = known.name
		}
	}
	delete(r.routers, seat{session: at.session})
	r.routers[at] = s
	return s
}

func (s *router) isWhole() bool { return s.up && s.awaited == [2]bool{} }

// excuses reports whether the router is why its feed is not whole, and that is said, or is too early
// to say: it is away, or its table is on the way.
func (r *roll) excuses(s *router, now time.Time) bool {
	return !s.up || !s.isWhole() && now.Sub(s.since) < r.grace
}

// excused lists the feeds that are not whole for a session that is away.
func (r *roll) excused(w *writer, result *policy.Result, now time.Time) map[string]bool {
	out := map[string]bool{}
	for at, s := range r.routers {
		if feed, known := w.feeds[at.session]; known && (!r.started || r.excuses(s, now)) {
			out[w.table.Feeds()[feed].Name] = true
		}
	}
	for _, f := range result.Feeds {
		if f.Failing() == "" {
			delete(out, f.Name)
		}
	}
	return out
}

// moving lists the feeds whose session has come or gone of late.
func (r *roll) moving(now time.Time) map[string]bool {
	out := map[string]bool{}
	for _, s := range r.routers {
		if !s.still.IsZero() && now.Sub(s.still) < calm || s.flapping {
			out[s.name] = true
		}
	}
	return out
}

// begin reports whether the start is over with this audit.
func (r *roll) begin(w *writer, result *policy.Result, now time.Time) (over bool) {
	if r.started {
		return false
	}
	whole := true
	for _, f := range result.Feeds {
		whole = whole && (f.Failing() == "" || !w.isSession(f.Name))
	}
	r.started = whole || now.Sub(r.born) >= r.grace
	return r.started
}

// isSession reports whether a feed is a session.
func (w *writer) isSession(name string) bool {
	for _, feed := range w.feeds {
		if w.table.Feeds()[feed].Name == name {
			return true
		}
	}
	return false
}

// inOrder lists the routers by name and address.
func (r *roll) inOrder() []*router {
	var out []*router
	for _, s := range r.routers {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *router) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.place, b.place)) })
	return out
}

// What may be said of a session.
const (
	sessionLost     = "session-lost"
	sessionBack     = "session-back"
	sessionUp       = "session-up" // for the first time, after the start
	sessionFlapping = "session-flapping"
	sessionSteady   = "session-steady"
)

// call goes through the routers after an audit, and gives what is to say of each.
func (r *roll) call(now time.Time) (out []*Notice) {
	for _, s := range r.inOrder() {
		if !r.started { // what falls meanwhile is the start's
			s.whole, s.falls, s.been = s.isWhole(), 0, s.been || s.isWhole()
			continue
		}
		whole, fell := s.isWhole(), s.falls > 0
		early := !s.up && !s.been && !fell && now.Sub(s.born) < r.grace
		lost := !s.up && !early || s.lost && !whole // one that loads is lost until it is whole
		first := whole && !s.been && !s.lost && s.born.After(r.born)
		differs := lost != s.lost || fell && !lost || first
		moved := whole != s.whole || fell
		verdict := s.step(now, moved, differs, !lost, mostOfFinding)
		if verdict == begins && s.join(now) {
			out = append(out, s.notice(sessionFlapping))
		}
		if verdict == ends && !differs {
			out = append(out, s.notice(sessionSteady))
		}
		if (verdict == speak || verdict == ends) && differs {
			out = append(out, s.notice(s.word(lost, first)))
			s.lost = lost
		}
		s.whole, s.falls, s.been = whole, 0, s.been || whole
	}
	return out
}

func (s *router) word(lost, first bool) string {
	switch {
	case lost:
		return sessionLost
	case first, !s.been:
		return sessionUp
	}
	return sessionBack
}

// Notice is what became of the session with one router, with all that came of it.
type Notice struct {
	What     string // session-lost, session-back, session-up, session-flapping, session-steady
	Neighbor string // the feed
	Address  string // the router's, or the range that it is to come from
	Links    []string
	Why      string // the session ended last; empty where it never did
	Up       bool
	At       time.Time // it came up or ended, by the clock; zero where it never did
	Findings []*policy.Finding
	Flows    int // unknown by it
	Checks   int
	Exit     int // of the audit

	fresh bool // the last audit had it whole
	moves int
}

func (s *router) notice(what string) *Notice {
	return &Notice{What: what, Neighbor: s.name, Address: s.place, Why: s.why, Up: s.up, At: s.at, fresh: s.whole, moves: s.moves}
}
