package bgp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp/wire"
)

// speakerLeft is what happens when GoBGP ends a session without a NOTIFICATION, as it does where it
// is out of step with the tap.
var speakerLeft = ending{text: "GoBGP closed the session", notice: &notice{code: cease, subcode: outOfResources}}

// relay reads GoBGP. What it says to the router passes the valve: KEEPALIVE and NOTIFICATION, each
// written anew. Its OPEN was read before. Nothing else leaves.
func (s *session) relay() {
	for {
		m, err := s.gobgp.read()
		if err != nil {
			s.finish(speakerLeft)
			return
		}
		switch m.kind {
		case wire.Keepalive:
			select {
			case <-s.confirmed:
			default:
				close(s.confirmed)
			}
			if !s.write(keepalive) {
				return
			}
		case wire.Notification:
			s.finish(s.judged(m.notice()))
			return
		default:
			s.suppress(m)
		}
	}
}

// judged is the end of a session by GoBGP's NOTIFICATION, with what the router did for it.
func (s *session) judged(n notice) ending {
	e := ending{text: n.String(), notice: &n}
	if n.code == openMessageError {
		e.octets = s.openOctets
	}
	if n.code == openMessageError && n.subcode == badPeerAS {
		e.text += fmt.Sprintf(": the router says AS %d, the config %d", s.theirs.number(), s.peer.conf.ASN)
	}
	return e
}

// suppress counts what GoBGP must not send. It holds no route, so it never should.
func (s *session) suppress(m message) {
	s.peer.log.Error("GoBGP wanted to send the router a message that is not sent: this is a defect, nothing left us",
		zap.Uint8("type", uint8(m.kind)), zap.Int("octets", len(m.octets)))
	s.peer.update(s, func(shown *Session) { shown.Suppressed++ })
}

// write sends the router an OPEN or a KEEPALIVE. It waits while the router's window is closed, at
// most for the send hold time, and reading goes on meanwhile.
func (s *session) write(b []byte) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.router.SetWriteDeadline(time.Now().Add(sendHoldTime(s.terms.holdTime)))
	if s.isEnded() { // finish may have set its deadline before ours
		return false
	}
	n, err := s.router.Write(b)
	s.bytesOut.Add(uint64(n))
	s.torn = n != len(b) && n != 0
	if err == nil {
		return true
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.finish(ending{text: "the router took nothing for the send hold time", notice: &notice{code: sendHoldExpired}})
	} else {
		s.finish(ending{text: "the connection was lost: " + lostBecause(err), lost: true})
	}
	return false
}

// sendHoldTime is the greater of eight minutes and twice the hold time (RFC 9687 3.2).
func sendHoldTime(hold time.Duration) time.Duration { return max(8*time.Minute, 2*hold) }

// farewellTime is how long a router has to take its NOTIFICATION.
const farewellTime = time.Second

// farewell sends the NOTIFICATION, if any, and closes the connection. What the router still sends
// is read and thrown away for a moment: closing with unread data makes TCP reset the connection, and
// the router could lose the NOTIFICATION.
func (s *session) farewell() {
	s.writing.Lock()
	torn := s.torn
	s.writing.Unlock()
	if s.end.notice == nil || torn {
		s.router.Close()
		return
	}
	n := sayGoodbye(s.router, *s.end.notice)
	s.bytesOut.Add(uint64(n))
}

// lingering bounds how many connections that are over, or not begun, are waited for at a time.
var lingering = make(chan struct{}, 256)

// linger reports whether there is room for one more; it is given back by reading from lingering.
func linger() bool {
	select {
	case lingering <- struct{}{}:
		return true
	default:
		return false
	}
}

// sayGoodbye sends a NOTIFICATION and closes, and returns the octets sent.
func sayGoodbye(c *net.TCPConn, what notice) int {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(farewellTime))
	n, err := c.Write(what.encode())
	if err != nil || c.CloseWrite() != nil {
		return n
	}
	if !linger() {
		return n
	}
	defer func() { <-lingering }()
	rest := make([]byte, 4096)
	for read := 0; read < 64<<20; {
		k, err := c.Read(rest)
		if read += k; err != nil {
			break
		}
	}
	return n
}
