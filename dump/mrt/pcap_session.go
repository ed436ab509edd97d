package mrt

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"

	"bgpaudit/bgp/wire"
)

// pcapSession is one TCP connection of a capture, and the BGP session in it.
type pcapSession struct {
	r     *pcapReader
	ends  [2]pcapEnd
	begun int  // the packet
	over  bool // a NOTIFICATION, or the connection's end
	asked bool // it was said that nobody knows which end is the router
	stood bool // both ends took it

	counted bool // among the routers whose messages were taken

	peers []*replayPeer // whose routes were this session's, and may be another one's by now
}

// pcapEnd is one end of it, and what it sends.
type pcapEnd struct {
	addr   netip.Addr
	buf    []byte // the beginning of a message
	offer  wire.Offer
	opened bool
	kept   bool // it sent a KEEPALIVE behind its OPEN: it took the other's
	lost   bool // what it sends cannot be read any more
}

// New is called for the first segment of a connection.
func (r *pcapReader) New(net, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	s := &pcapSession{r: r, begun: r.record}
	for i, end := range []gopacket.Endpoint{net.Src(), net.Dst()} {
		a, _ := netip.AddrFromSlice(end.Raw())
		s.ends[i].addr = a.Unmap()
	}
	r.sessions = append(r.sessions, s)
	return s
}

// Accept takes every segment, and lets a connection begin in its middle.
func (s *pcapSession) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ reassembly.TCPFlowDirection, _ reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	*start = true
	return true
}

// ReassembledSG takes what one end sent, in order.
func (s *pcapSession) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	dir, _, end, skip := sg.Info()
	from := 0
	if dir == reassembly.TCPDirServerToClient {
		from = 1
	}
	e := &s.ends[from]
	if skip > 0 && !e.lost {
		s.lose(from, "%d octets of what %s sends are missing in the capture", skip, e.addr)
	}
	n, _ := sg.Lengths()
	if s.over && n > wire.HeaderLength && wire.MessageType(sg.Fetch(n)[wire.HeaderLength-1]) == wire.Open {
		s.restart() // between the same ports
	}
	if !e.lost && !s.over {
		e.buf = append(e.buf, sg.Fetch(n)...)
		s.messages(from)
	}
	if end && !s.r.flushing {
		s.end()
	}
}

// ReassemblyComplete is called when both ends are done, and at the end of the file.
func (s *pcapSession) ReassemblyComplete(reassembly.AssemblerContext) bool {
	if !s.r.flushing {
		s.end()
	}
	return true
}

// lose gives up what an end sends. Its routes may have changed in what is missing, so none of them stands.
func (s *pcapSession) lose(from int, why string, args ...any) {
	e := &s.ends[from]
	e.lost, e.buf = true, nil
	s.r.Problem(s.r.record, "%s: its routes are not read", fmt.Sprintf(why, args...))
	if p, dir := s.peer(from); p != nil && s.r.owner[p] == s {
		s.r.replay.dropSent(p, dir)
	}
}

// messages takes whole messages off the beginning of what an end sent.
func (s *pcapSession) messages(from int) {
	e := &s.ends[from]
	rest := e.buf
	for len(rest) >= wire.HeaderLength && !e.lost && !s.over {
		kind, length, fault := wire.ParseHeader(rest, wire.MaxExtendedLength)
		if fault != nil {
			s.lose(from, "what %s sends is no BGP: %v", e.addr, fault)
			return
		}
		if len(rest) < length {
			break
		}
		s.message(from, kind, rest[wire.HeaderLength:length])
		rest = rest[length:]
	}
	if !e.lost {
		e.buf = append(e.buf[:0], rest...)
	}
}

func (s *pcapSession) message(from int, kind wire.MessageType, body []byte) {
	e := &s.ends[from]
	switch kind {
	case wire.Open:
		offer, ok := wire.ReadOffer(body)
		if !ok {
			s.lose(from, "the OPEN of %s cannot be read", e.addr)
			return
		}
		e.offer, e.opened = offer, true
	case wire.Keepalive:
		e.kept = true
		s.stand()
	case wire.Notification:
		s.end()
	case wire.UpdateMsg:
		s.update(from, body)
	}
}

// stand makes the session the one between its ends, once both took it: another that was between them is over, though the
// capture lacks its end, and its routes are gone. Before that it may be one of two that collide (RFC 4271 6.8).
func (s *pcapSession) stand() {
	if s.stood || !s.ends[0].kept || !s.ends[1].kept {
		return
	}
	s.stood = true
	for p := range s.before() {
		s.r.replay.drop(p)
		delete(s.r.owner, p)
		if !s.ends[0].opened || !s.ends[1].opened {
			s.r.Problem(s.r.record, "the capture lacks the beginning of a new session of %s: its routes are not read", p.addr)
		}
	}
}

// before are the peers whose routes are of an older session between the same ends.
func (s *pcapSession) before() iter.Seq[*replayPeer] {
	return func(yield func(*replayPeer) bool) {
		for i := range s.ends {
			p := s.r.replay.peers[peering{s.ends[i].addr, s.ends[1-i].addr}]
			if old := s.r.owner[p]; old != nil && old != s && !yield(p) {
				return
			}
		}
	}
}

// update replays an UPDATE. How it is to be read, both OPENs say: where one is missing, its octets may be those of
// other routes.
func (s *pcapSession) update(from int, body []byte) {
	r, e, other := s.r, &s.ends[from], &s.ends[1-from]
	r.changes++
	if !e.opened || !other.opened {
		s.lose(from, "%s sends routes, and the capture lacks the OPEN of an end of its session: begin to capture before the session comes up", e.addr)
		return
	}
	p, dir := s.peer(from)
	switch {
	case p != nil:
	case r.router.IsValid():
		r.LeaveOut(r.record, "an UPDATE of a session of another router than %s", r.router)
		return
	case r.pick.Picking: // neither end is the neighbour
		r.pick.Wants(e.addr)
		r.LeaveOut(r.record, "an UPDATE between %s and %s", e.addr, other.addr)
		return
	default:
		s.ask()
		return
	}
	r.pick.messages[dir]++
	if r.leavesMessage(dir, p.addr) {
		return
	}
	if r.pick.declared && !s.counted {
		s.counted = true
		r.routers.saw(&s.ends[s.local()])
	}
	if r.owner[p] != s {
		r.replay.drop(p)
		s.own(p)
	}
	r.replay.decoder(e.offer.To(other.offer)).Update(body, &r.replay.update)
	if err := r.replay.apply(p, dir); err != nil {
		r.Skip(r.record, "from %s: %v", e.addr, err)
	}
}

// own makes a peer's routes those of the session.
func (s *pcapSession) own(p *replayPeer) {
	s.r.owner[p] = s
	if !slices.Contains(s.peers, p) {
		s.peers = append(s.peers, p)
	}
}

// local is the end that is our router: the one that the feed names, the one that is not its neighbour, or the one with
// our ASN. Without any it is -1.
func (s *pcapSession) local() int {
	a, b := &s.ends[0], &s.ends[1]
	if s.r.router.IsValid() {
		return slices.IndexFunc(s.ends[:], func(e pcapEnd) bool { return e.is(s.r.router) })
	}
	switch named := [2]bool{s.r.pick.Names(a.addr), s.r.pick.Names(b.addr)}; {
	case a.addr == b.addr:
		return -1
	case named[0] && !named[1]:
		return 1
	case named[1] && !named[0]:
		return 0
	}
	ours := [2]bool{}
	for i := range s.ends {
		ours[i] = s.ends[i].opened && slices.Contains(s.r.Source.ASNs, s.ends[i].offer.ASN)
	}
	switch {
	case ours[0] == ours[1]:
		return -1
	case ours[0]:
		return 0
	}
	return 1
}

// peer is the neighbour whose routes an end's are, and their direction; nil where nobody knows it. Without a declared
// view each end's are received from it.
func (s *pcapSession) peer(from int) (*replayPeer, direction) {
	local := s.local()
	switch {
	case local < 0 && (s.r.pick.declared || s.r.router.IsValid()):
		return nil, received
	case local == from:
		return s.neighbor(1 - from), sent
	}
	return s.neighbor(from), received
}

// neighbor is an end as the neighbour of the other one: the same address may be that of several of our routers.
func (s *pcapSession) neighbor(i int) *replayPeer {
	return s.r.replay.peerOf(s.ends[1-i].addr, mrtPeer{s.ends[i].addr, s.ends[i].offer.ASN})
}

func (s *pcapSession) ask() {
	if !s.asked {
		s.asked = true
		s.r.Problem(s.r.record, "nothing says which of %s and %s is the router: name the other with neighbor: on the feed, or the router with vrf:", s.ends[0].addr, s.ends[1].addr)
	}
}

// end is the end of the session: its routes are gone.
func (s *pcapSession) end() {
	if s.over {
		return
	}
	s.over = true
	for _, p := range s.peers {
		if s.r.owner[p] == s {
			s.r.replay.drop(p)
			delete(s.r.owner, p)
		}
	}
	s.peers = nil
}

// restart begins a session in the place of the one that is over.
func (s *pcapSession) restart() {
	s.over, s.stood, s.counted, s.begun = false, false, false, s.r.record
	for i := range s.ends {
		s.ends[i] = pcapEnd{addr: s.ends[i].addr}
	}
}

// finish looks for what the file's end cut off.
func (s *pcapSession) finish() {
	if !s.over && !s.stood && (s.ends[0].opened || s.ends[1].opened) {
		for p := range s.before() {
			s.r.Problem(s.begun, "a new session of %s was coming up: nothing tells whether the routes of the one before it still stand", p.addr)
		}
	}
	for i := range s.ends {
		if e := &s.ends[i]; len(e.buf) > 0 && !s.over {
			s.r.Problem(s.begun, "the capture ends within a message of %s", e.addr)
		}
	}
}
