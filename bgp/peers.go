package bgp

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"bgpaudit/rib"
)

// peer is one router: the neighbour of a config, or one of a range that has connected.
type peer struct {
	conf    *Neighbor
	addr    netip.Addr
	speaker *speaker
	queue   *queue
	log     *zap.Logger

	mu      sync.Mutex
	current *session // the connection that there is, nil if none
	helped  bool     // it is Established, and the router may come back before it is seen to be gone
	shown   Session
	last    interruption
	logging pace
}

func newPeer(n *Neighbor, addr netip.Addr, s *speaker, q *queue, log *zap.Logger) *peer {
	return &peer{
		conf: n, addr: addr, speaker: s, queue: q,
		log: log.With(zap.String("neighbor", n.Name), zap.Stringer("address", addr)),
		shown: Session{
			Name: n.Name, Feed: n.Feed, Address: addr, ASN: n.ASN, LocalASN: n.LocalASN, State: Active, Since: time.Now(),
		},
	}
}

// take begins a session on a new connection, or returns the one that is up. Both connections of a collision are
// the router's own, so RFC 4271 6.8 has no identifiers to compare: the newer one is what the router
// wants. An established session stays (RFC 4271 6.8), unless the router may be back from a restart
// that we have not seen: then it is over, and nobody is told (RFC 4724 4.2, 5).
func (p *peer) take(conn *net.TCPConn) (s, up *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.current
	switch {
	case old == nil || old.isEnded():
	case p.shown.State != Established:
		old.finish(ending{text: "a newer connection of the router took its place", notice: &notice{code: cease, subcode: connectionCollision}})
	case p.helped:
		old.finish(ending{text: "the router connected again", lost: true})
	default:
		return nil, old
	}
	p.current = newSession(p, conn, old)
	if p.shown.State != Established { // else it is left first
		p.enter(Idle)
	}
	return p.current, nil
}

// enter changes the state. The caller holds the lock.
func (p *peer) enter(state State) {
	if p.shown.State != state {
		p.shown.State, p.shown.Since = state, time.Now()
	}
}

// update changes what is shown of the session, while it is the router's latest.
func (p *peer) update(s *session, change func(*Session)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == s {
		change(&p.shown)
	}
}

func (p *peer) enters(s *session, state State) {
	p.update(s, func(*Session) { p.enter(state) })
}

// opened shows what the router offers.
func (p *peer) opened(s *session) {
	p.update(s, func(shown *Session) {
		shown.RouterID, shown.HoldTime = netip.AddrFrom4(s.theirs.id), s.terms.holdTime
		shown.Offered, shown.Families, shown.AddPath = s.theirs.names(), s.terms.families, s.terms.addPath
		shown.Extended = s.terms.extended
	})
}

// established begins the count anew, and says what the table has to know.
func (p *peer) established(s *session) *rib.PeerChange {
	defer p.log.Debug("session up", zap.Stringer("router id", netip.AddrFrom4(s.theirs.id)), zap.Duration("hold time", s.terms.holdTime),
		zap.Bools("families", s.terms.families[:]), zap.Bools("add-path", s.terms.addPath[:]), zap.Bool("extended messages", s.terms.extended))
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	change := &rib.PeerChange{Time: now, Families: s.terms.families, AddPath: s.terms.addPath, Retained: p.last.retained(s.terms, now)}
	p.last = interruption{}
	if p.current == s {
		p.enter(Established)
		p.helped = s.terms.restart.families != [2]bool{}
		p.shown.Restarts = change.Retained != [2]bool{}
		p.shown.Since = now
		clean := &p.shown // what the last session counted is not of this one
		clean.Updates, clean.Refused, clean.Discarded, clean.Foreign, clean.Routes = 0, 0, 0, 0, 0
		clean.OverLimit, clean.EndOfRIB = false, [2]bool{}
	}
	return change
}

// count shows what the session has counted.
func (p *peer) count(s *session) {
	over, refused, left := false, false, 0
	p.update(s, func(shown *Session) {
		shown.BytesIn, shown.BytesOut = s.bytesIn, s.bytesOut.Load()
		if s.rec == nil {
			return
		}
		c := &s.rec.counts
		over = c.overLimit && !shown.OverLimit
		if c.refused > shown.Refused {
			refused, left = p.logging.may(time.Now())
		}
		shown.Updates, shown.Refused, shown.Discarded, shown.Foreign = c.updates, c.refused, c.discarded, c.foreign
		shown.OverLimit, shown.EndOfRIB, shown.Routes = c.overLimit, c.endOfRIB, s.rec.held.count
		shown.Restarts = shown.Restarts && c.endOfRIB != s.terms.families
	})
	// A log that is slow must not hold up those who look at the session.
	if over {
		p.log.Warn("prefix limit reached: what does not fit is not kept, the feed is partial", zap.Int("limit", s.rec.limit), zap.Int64("limit of all", s.rec.total.most))
	}
	if refused {
		p.log.Warn("routes treated as withdrawn", zap.Error(s.rec.counts.fault), zap.Uint64("routes", s.rec.counts.refused), zap.Int("not logged before", left))
	}
}

// left ends a session: the table hears of it at once, whatever waits.
func (p *peer) left(s *session) {
	p.count(s)
	now := time.Now()
	if s.rec != nil {
		s.rec.gone()
		if s.fill != nil {
			p.queue.put(s.fill, false)
		}
		x := p.queue.board.take()
		x.updates = append(x.updates, rib.Update{
			Kind: rib.PeerDown, Feed: p.conf.Feed, Route: rib.Route{Neighbor: p.addr},
			Peer: &rib.PeerChange{Time: now, Why: s.end.text},
		})
		if !s.foreseen {
			p.queue.mourn(p.loss(s.end.text))
		}
		p.queue.put(x, true)
	}
	p.logEnd(s, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown.LastError = s.end.error(now)
	if s.rec != nil {
		p.shown.Flaps++
		p.helped = false
		p.last = interrupted(s.terms, s.end.lost, now)
		p.shown.Restarts = p.last != interruption{}
	}
	if p.current == s {
		p.current = nil
	}
	if p.current == nil || s.rec != nil {
		p.enter(Idle)
	}
}

func (p *peer) loss(why string) Loss { return Loss{Feed: p.conf.Feed, Address: p.addr, Why: why} }

func (p *peer) logEnd(s *session, now time.Time) {
	if s.rec != nil {
		p.log.Debug("session down", zap.String("reason", s.end.text), zap.Uint64("updates", s.rec.counts.updates))
		return
	}
	p.mu.Lock()
	ok, left := p.logging.may(now)
	p.mu.Unlock()
	if ok {
		p.log.Warn("no session", zap.String("reason", s.end.text), zap.Int("not logged before", left))
	}
}

// error is the ending for the reader.
func (e ending) error(now time.Time) *SessionError {
	out := &SessionError{Time: now, Text: e.text, Sent: e.notice != nil, Got: e.got != nil, Octets: e.octets}
	for _, n := range []*notice{e.notice, e.got} {
		if n != nil {
			out.Code, out.Subcode = n.code, n.subcode
		}
	}
	return out
}

// session is what is shown, at this moment.
func (p *peer) session(now time.Time) Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.shown
	out.Offered = slices.Clone(out.Offered)
	if e := out.LastError; e != nil {
		copied := *e
		copied.Octets = slices.Clone(e.Octets)
		out.LastError = &copied
	}
	if out.State == Idle && p.current == nil && now.Sub(out.Since) > idleTime {
		out.State, out.Since = Active, out.Since.Add(idleTime)
	}
	if out.State != Established && out.Restarts {
		out.Restarts = now.Before(p.last.until)
	}
	return out
}

// end ends the session that there is, and returns it.
func (p *peer) end(e ending) *session {
	p.mu.Lock()
	s := p.current
	p.mu.Unlock()
	if s != nil {
		s.finish(e)
	}
	return s
}

// close ends the session, and GoBGP.
func (p *peer) close() {
	shutdown := ending{text: "administrative shutdown by us", notice: &notice{code: cease, subcode: administrativeShutdown}}
	if s := p.end(shutdown); s != nil {
		<-s.gone
	}
	p.speaker.stop()
}

// tellGone has the table forget the router, with what it left.
func (p *peer) tellGone() {
	x := p.queue.board.take()
	x.updates = append(x.updates, rib.Update{Kind: rib.PeerGone, Feed: p.conf.Feed, Route: rib.Route{Neighbor: p.addr}})
	p.queue.put(x, true)
}

// forgotten reports whether nothing was heard of the router for so long.
func (p *peer) forgotten(now time.Time, after time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current == nil && now.Sub(p.shown.Since) >= after
}
