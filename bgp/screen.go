package bgp

import (
	"encoding/binary"
	"fmt"
	"slices"

	"bgpaudit/bgp/wire"
)

// screen cuts what a router sends into messages, and lets through what may come in the state that
// the session is in (RFC 4271 6.1, 6.6). It holds one buffer, of the longest message that there is.
type screen struct {
	state    State
	extended bool // both ends sent the Extended Message capability (RFC 8654)

	buf         []byte
	first, last int // buf[first:last] is yet to be cut
}

func newScreen() *screen {
	return &screen{state: OpenSent, buf: make([]byte, wire.MaxExtendedLength)}
}

// room is where the next octets go; [screen.filled] says how many came.
func (s *screen) room() []byte {
	if s.first > 0 {
		s.last = copy(s.buf, s.buf[s.first:s.last])
		s.first = 0
	}
	return s.buf[s.last:]
}

func (s *screen) filled(n int) { s.last += n }

// next is the next message, good until room is asked for. ok is false where it has
// not come to its end yet. After a fault nothing of the connection counts.
func (s *screen) next() (m message, ok bool, f *fault) {
	b := s.buf[s.first:s.last]
	if len(b) < wire.HeaderLength {
		return m, false, nil
	}
	kind, length, f := s.header(b[:wire.HeaderLength])
	if f == nil && len(b) < length {
		return m, false, nil
	}
	if f == nil {
		f = s.expected(kind)
	}
	if f != nil {
		f.octets = offending(b)
		return m, false, f
	}
	s.first += length
	return message{kind, b[:length]}, true, nil
}

// header reads a header. OPEN and KEEPALIVE never grow beyond 4096 octets (RFC 8654 4).
func (s *screen) header(b []byte) (kind wire.MessageType, length int, _ *fault) {
	longest := wire.MaxLength
	if s.extended && wire.MessageType(b[18]) != wire.Open {
		longest = wire.MaxExtendedLength
	}
	kind, length, wrong := wire.ParseHeader(b, longest)
	if wrong == nil {
		return kind, length, nil
	}
	f := newFault(wrong.Code, wrong.Subcode, wrong.Detail)
	switch wrong.Subcode { // the data that RFC 4271 6.1 asks for
	case badMessageLength:
		f.data = slices.Clone(b[16:18])
	case badMessageType:
		f.data = slices.Clone(b[18:19])
	}
	return kind, length, f
}

// expected is the Finite State Machine Error of a message that may not come now (RFC 6608).
func (s *screen) expected(kind wire.MessageType) *fault {
	if kind == wire.Notification {
		return nil
	}
	ok, subcode := false, uint8(0)
	switch s.state {
	case OpenSent:
		ok, subcode = kind == wire.Open, unexpectedInOpenSent
	case OpenConfirm:
		ok, subcode = kind == wire.Keepalive, unexpectedInOpenConfirm
	case Established:
		ok, subcode = kind != wire.Open, unexpectedInEstablished
	}
	if ok {
		return nil
	}
	return newFault(fsmError, subcode, fmt.Sprintf("a message of type %d in state %s", kind, s.state))
}

// maxOctets is how much of an offending message is kept.
const maxOctets = 64

func offending(b []byte) []byte {
	if len(b) >= wire.HeaderLength {
		if n := int(binary.BigEndian.Uint16(b[16:])); n >= wire.HeaderLength && n < len(b) {
			b = b[:n]
		}
	}
	return slices.Clone(b[:min(len(b), maxOctets)])
}
