package bgp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// session is one connection of a router, and the tap on it. Two goroutines run it: one reads the
// router, one reads GoBGP. The first alone tells the table.
type session struct {
	peer     *peer
	router   *net.TCPConn
	previous *session // that it takes the place of, nil if none
	screen   *screen
	gobgp    *speech

	ours, theirs open // the OPENs, as the router has sent and got them
	openOctets   []byte
	terms        terms

	rec  *receiver // once established
	fill *batch    // what the receiver has not handed on yet

	confirmed chan struct{} // closed when GoBGP has found the OPEN good
	ended     chan struct{} // closed when the session is to end
	gone      chan struct{} // closed when the table knows that it ended
	relayed   sync.WaitGroup
	ending    sync.Once
	end       ending

	foreseen bool // its end is among the losses, and it has yet to be read

	heard time.Time // when GoBGP last heard of the router
	owed  bool      // the router has spoken since

	writing  sync.Mutex
	torn     bool // a message was cut off: another one would be read as its rest
	bytesIn  uint64
	bytesOut atomic.Uint64
}

// ending is why a session ends.
type ending struct {
	text   string
	notice *notice // the NOTIFICATION that we send, nil for none
	got    *notice // that the router sent
	octets []byte
	lost   bool // the connection failed, and nobody said why
}

func newSession(p *peer, conn *net.TCPConn, previous *session) *session {
	return &session{
		peer: p, router: conn, previous: previous,
		confirmed: make(chan struct{}), ended: make(chan struct{}), gone: make(chan struct{}),
	}
}

// finish makes the session end, for the first reason that is given, and wakes whoever waits in it.
func (s *session) finish(e ending) {
	s.ending.Do(func() {
		s.end = e
		close(s.ended)
		_ = s.router.SetReadDeadline(time.Now())
		_ = s.router.SetWriteDeadline(time.Now().Add(farewellTime)) // see farewell
	})
}

func (s *session) refuse(f *fault) {
	s.finish(ending{text: f.text, notice: &f.notice, octets: f.octets})
}

func (s *session) isEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// run is the whole life of the session.
func (s *session) run() {
	s.guarded(s.live)
	s.finish(ending{text: "the session is over"})
	if s.gobgp != nil {
		s.gobgp.Close()
	}
	s.peer.left(s)
	close(s.gone)
	s.relayed.Wait()
	s.farewell()
}

// guarded runs one goroutine's part. A panic is a defect of ours and ends this session alone.
func (s *session) guarded(part func()) {
	defer func() {
		if defect := recover(); defect != nil {
			s.peer.log.Error("defect: the session ends", zap.Any("panic", defect), zap.ByteString("stack", debug.Stack()))
			s.finish(ending{text: "a defect of bgpaudit's, see its log", notice: &notice{code: cease, subcode: outOfResources}})
		}
	}()
	part()
}

func (s *session) live() {
	if s.previous != nil {
		<-s.previous.gone
		s.previous = nil
	}
	var err error
	if s.gobgp, err = s.peer.speaker.meet(s.ended); err != nil {
		s.finish(ending{text: err.Error(), notice: &notice{code: cease, subcode: connectionRejected}})
		return
	}
	s.screen, s.ours = newScreen(), s.gobgp.open.forRouter()
	if !s.write(s.ours.encode()) {
		return
	}
	s.peer.enters(s, OpenSent)
	s.relayed.Go(func() { s.guarded(s.relay) })
	s.read()
}

// read takes the router's messages one after the other.
func (s *session) read() {
	for !s.isEnded() {
		m, ok, f := s.screen.next()
		switch {
		case f != nil:
			s.refuse(f)
		case ok:
			if f := s.handle(m); f != nil {
				f.octets = offending(m.octets)
				s.refuse(f)
			}
		case !s.more():
			return
		}
	}
}

// more waits for more octets of the router's.
func (s *session) more() bool {
	s.handOn()
	s.peer.count(s)
	for {
		deadline := time.Time{}
		if s.owed {
			deadline = s.heard.Add(time.Second)
		}
		_ = s.router.SetReadDeadline(deadline)
		if s.isEnded() { // finish may have set its deadline before ours
			return false
		}
		n, err := s.router.Read(s.screen.room())
		s.screen.filled(n)
		s.bytesIn += uint64(n)
		switch {
		case n > 0:
			return true
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.alive()
		case err != nil:
			s.finish(ending{text: "the connection was lost: " + lostBecause(err), lost: true})
			return false
		}
	}
}

func (s *session) handle(m message) *fault {
	switch m.kind {
	case wire.Open:
		return s.handleOpen(m)
	case wire.Keepalive:
		if s.screen.state == OpenConfirm {
			s.establish()
			return nil
		}
	case wire.UpdateMsg:
		if f := s.rec.receive(m.body()); f != nil {
			return f
		}
	case wire.Notification:
		n := m.notice()
		text := "the router sent " + n.String()
		if said := n.communication(); said != "" {
			text += fmt.Sprintf(": %q", said)
		}
		s.finish(ending{text: text, got: &n})
		return nil
	}
	s.spoke()
	return nil
}

// handleOpen has GoBGP judge the router's OPEN, and waits until it has: a message behind it must
// find GoBGP in the next state.
func (s *session) handleOpen(m message) *fault {
	o, f := readOpen(m.body())
	if f != nil {
		return f
	}
	s.theirs, s.openOctets, s.terms = o, offending(m.octets), agree(s.ours, o)
	s.screen.extended = s.terms.extended
	if s.terms.holdTime > 0 { // else TCP's keepalives are all that finds a dead router, and this would slow them
		giveUpAfter(s.router, sendHoldTime(s.terms.holdTime))
	}
	s.screen.state = OpenConfirm
	s.peer.opened(s)
	if !s.tell(o.forSpeaker().encode()) {
		return nil
	}
	select {
	case <-s.confirmed:
		s.peer.enters(s, OpenConfirm)
	case <-s.ended:
	}
	return nil
}

// establish begins the session: the KEEPALIVE that answers our OPEN is here.
func (s *session) establish() {
	if !s.tell(keepalive) {
		return
	}
	s.screen.state = Established
	s.rec = newReceiver(s.peer.conf, s.peer.addr, s.terms, s.peer.queue.board.total, s.room)
	change := s.peer.established(s)
	*s.room() = rib.Update{Kind: rib.PeerUp, Feed: s.peer.conf.Feed, Route: rib.Route{Neighbor: s.peer.addr}, Peer: change}
	s.handOn()
}

// room is the place for the receiver's next update.
func (s *session) room() *rib.Update {
	if s.fill != nil && len(s.fill.updates) == batchSize {
		s.handOn()
	}
	if s.fill == nil {
		s.fill = s.peer.queue.board.take()
	}
	n := len(s.fill.updates)
	s.fill.updates = s.fill.updates[:n+1]
	return &s.fill.updates[n]
}

// mergeAfter is how long a queue is full before what waits is merged: not for a writer who is
// merely slower than the router, whose routes are all different while it sends its table.
const mergeAfter = 100 * time.Millisecond

// handOn gives what is filled to the writer. While there is no room, the router is not read, and
// GoBGP hears that it lives: there is data of its in hand.
func (s *session) handOn() {
	if s.fill == nil {
		return
	}
	x := s.fill
	s.fill = nil
	if s.peer.queue.put(x, false) {
		return
	}
	s.peer.count(s)
	tick := time.NewTicker(mergeAfter)
	defer tick.Stop()
	for merged := false; ; {
		select {
		case <-s.ended: // what it sent last is stale whether it is in the table or not
			return
		case <-s.peer.queue.room:
		case <-tick.C:
			s.spoke()
			s.foresee()
			if !merged {
				s.peer.queue.merge()
				merged = true
			}
		}
		if s.peer.queue.put(x, false) {
			return
		}
	}
}

// foresee looks whether a router that is not read has closed the connection: that the session is lost
// is then known at once, and not when what came before has been read.
func (s *session) foresee() {
	if s.rec != nil && !s.foreseen && hungUp(s.router) {
		s.foreseen = true
		s.peer.queue.mourn(s.peer.loss("the router closed the connection"))
	}
}

// spoke says that the router is alive. GoBGP hears it at most once a second; what it has not heard
// yet it hears when the second is over, so that its hold timer never runs out early.
func (s *session) spoke() {
	s.owed = true
	if time.Since(s.heard) >= time.Second {
		s.alive()
	}
}

func (s *session) alive() {
	if s.owed {
		s.tell(keepalive)
	}
}

// tell writes to GoBGP: an OPEN or a KEEPALIVE.
func (s *session) tell(b []byte) bool {
	s.heard, s.owed = time.Now(), false
	_ = s.gobgp.SetWriteDeadline(s.heard.Add(10 * time.Second))
	if _, err := s.gobgp.Write(b); err != nil && !s.isEnded() {
		select { // GoBGP may have said why before it closed
		case <-s.ended:
		case <-time.After(time.Second):
			s.finish(speakerLeft)
		}
		return false
	}
	return true
}

func lostBecause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error() // without the addresses
	}
	if err.Error() == "EOF" {
		return "the router closed it"
	}
	return err.Error()
}
