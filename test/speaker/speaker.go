// Package speaker is a BGP speaker for tests: small, raw, and able to be wrong.
//
// In: what a test tells it to say, octet by octet where need be. Out: every octet that the other
// end answered, the messages counted by type. It keeps no routes, runs no state machine, and
// never waits without a deadline.
package speaker

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// ErrClosed says that the other end closed the connection before what was waited for.
var ErrClosed = errors.New("the other end closed the connection")

// writeTimeout bounds one write, where the config says nothing else. Who does not read that long has
// stopped reading.
const writeTimeout = 5 * time.Second

// Config says who the speaker is and to whom it speaks.
type Config struct {
	Local    netip.Addr
	Remote   netip.AddrPort
	MD5      string // "" for none
	TTL      int    // 0: the system's own
	ASN      uint32
	ID       netip.Addr // BGP identifier; zero: the local address, where that is IPv4
	HoldTime uint16     // seconds
	Caps     [][]byte   // beside the four-octet AS number, which is always said; nil: both unicast families and route refresh

	// ReadLess keeps the receive buffer small, for a test that stops reading.
	ReadLess bool

	// WriteTimeout bounds one write; zero is 5 s. Real routers wait for minutes (RFC 9687).
	WriteTimeout time.Duration
}

// Speaker is one connection.
type Speaker struct {
	conf Config
	conn net.Conn

	writing sync.Mutex // one message is not cut by another

	mu       sync.Mutex
	changed  sync.Cond
	received []byte // every octet
	parsed   int    // so many of them are messages that were counted
	messages []Received
	ended    error // why the reader is done
	paused   bool  // the reader holds still

	stop chan struct{} // of the keeper
	done sync.WaitGroup
}

// Received is one message of the other end.
type Received struct {
	Type byte
	Body []byte
}

// Notification is the code and subcode, where it is a NOTIFICATION.
func (r Received) Notification() (code, subcode byte, ok bool) {
	if r.Type != TypeNotification || len(r.Body) < 2 {
		return 0, 0, false
	}
	return r.Body[0], r.Body[1], true
}

// Dial connects and begins to listen; it says nothing yet.
func Dial(ctx context.Context, c Config) (*Speaker, error) {
	if !c.ID.IsValid() && c.Local.Is4() {
		c.ID = c.Local
	}
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Local, 0)), KeepAlive: -1}
	d.Control = func(_, _ string, raw syscall.RawConn) error {
		err := socketOptions(raw, c.Remote.Addr(), c.MD5, c.TTL)
		if c.ReadLess {
			err = errors.Join(err, smallBuffer(raw))
		}
		return err
	}
	conn, err := d.DialContext(ctx, "tcp", c.Remote.String())
	if err != nil {
		return nil, err
	}
	s := &Speaker{conf: c, conn: conn, stop: make(chan struct{})}
	s.changed.L = &s.mu
	s.done.Go(s.read)
	return s, nil
}

// Close ends the connection without a word, and waits for the speaker's goroutines.
func (s *Speaker) Close() {
	s.Resume()
	s.mu.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	s.conn.Close()
	s.done.Wait()
}

// Abort ends the connection with a TCP reset.
func (s *Speaker) Abort() {
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // where that fails, it closes as others do
	}
	s.Close()
}

// Open is the OPEN that the speaker's config calls for, to be sent or spoiled.
func (s *Speaker) Open() Open { return OpenOf(s.conf) }

// OpenOf is the OPEN that a config calls for.
func OpenOf(c Config) Open {
	caps := c.Caps
	if caps == nil {
		caps = [][]byte{Multiprotocol(AFIv4, SAFIUnicast), Multiprotocol(AFIv6, SAFIUnicast), Capability(CapRouteRefresh)}
	}
	as := uint16(23456) // AS_TRANS, RFC 6793 9
	if c.ASN < 1<<16 {
		as = uint16(c.ASN)
	}
	caps = append(slices.Clone(caps), FourOctetAS(c.ASN))
	return Open{Version: 4, AS: as, HoldTime: c.HoldTime, ID: c.ID, Parameters: Capabilities(caps...), Length: -1}
}

// Establish sends OPEN and KEEPALIVE, waits for those of the other end, and from then on sends a
// KEEPALIVE three times a hold time.
func (s *Speaker) Establish(ctx context.Context) error {
	if err := s.Send(s.Open().Bytes()); err != nil {
		return err
	}
	return s.Confirm(ctx)
}

// Confirm is Establish after the OPEN.
func (s *Speaker) Confirm(ctx context.Context) error {
	if err := s.Await(ctx, TypeOpen); err != nil {
		return err
	}
	if err := s.Send(Keepalive()); err != nil {
		return err
	}
	if err := s.Await(ctx, TypeKeepalive); err != nil {
		return err
	}
	s.KeepAlive()
	return nil
}

// KeepAlive begins to send KEEPALIVEs, three a hold time.
func (s *Speaker) KeepAlive() {
	if s.conf.HoldTime == 0 {
		return
	}
	every := time.NewTicker(time.Duration(s.conf.HoldTime) * time.Second / 3)
	s.done.Go(func() {
		defer every.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-every.C:
				if s.Send(Keepalive()) != nil {
					return
				}
			}
		}
	})
}

// StopKeepAlive ends that, and nothing else.
func (s *Speaker) StopKeepAlive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
}

// Send writes octets, whole messages or not. It fails after some seconds with an end that does not
// take them.
func (s *Speaker) Send(octets ...[]byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(cmp.Or(s.conf.WriteTimeout, writeTimeout))); err != nil {
		return err
	}
	_, err := s.conn.Write(Join(octets...))
	return err
}

// HalfClose says that nothing more will be sent, and goes on listening.
func (s *Speaker) HalfClose() error {
	tcp, ok := s.conn.(*net.TCPConn)
	if !ok {
		return errors.New("not a TCP connection")
	}
	return tcp.CloseWrite()
}

// Pause stops reading, so that the window of the other end shrinks to zero.
func (s *Speaker) Pause() {
	s.mu.Lock()
	s.paused = true
	s.mu.Unlock()
	_ = s.conn.SetReadDeadline(time.Now()) // wakes the reader
}

// Resume reads on.
func (s *Speaker) Resume() {
	s.mu.Lock()
	s.paused = false
	s.mu.Unlock()
	s.changed.Broadcast()
}

func (s *Speaker) read() {
	buf := make([]byte, 64<<10)
	for {
		s.mu.Lock()
		for s.paused {
			s.changed.Wait()
		}
		s.mu.Unlock()
		_ = s.conn.SetReadDeadline(time.Time{})
		n, err := s.conn.Read(buf)
		var timeout net.Error
		again := errors.As(err, &timeout) && timeout.Timeout()
		s.mu.Lock()
		s.received = append(s.received, buf[:n]...)
		s.parse()
		if err != nil && !again {
			s.ended = err
		}
		s.mu.Unlock()
		s.changed.Broadcast()
		if err != nil && !again {
			return
		}
	}
}

// parse counts the whole messages among what was received.
func (s *Speaker) parse() {
	for {
		rest := s.received[s.parsed:]
		if len(rest) < HeaderLen {
			return
		}
		size := int(binary.BigEndian.Uint16(rest[16:]))
		if size < HeaderLen || len(rest) < size {
			return
		}
		s.messages = append(s.messages, Received{Type: rest[18], Body: slices.Clone(rest[HeaderLen:size])})
		s.parsed += size
	}
}

// WaitFor waits until the messages received satisfy the condition. It fails with [ErrClosed] where
// the other end closes before that, and with the error of ctx.
func (s *Speaker) WaitFor(ctx context.Context, holds func(got []Received) bool) error {
	wake := context.AfterFunc(ctx, func() {
		s.mu.Lock() // not between the condition and the wait
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer wake()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !holds(s.messages) {
		if s.ended != nil {
			return fmt.Errorf("%w (%w)", ErrClosed, s.ended)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.changed.Wait()
	}
	return nil
}

// Await waits for a message of a type.
func (s *Speaker) Await(ctx context.Context, kind byte) error {
	return s.WaitFor(ctx, func(got []Received) bool {
		return slices.ContainsFunc(got, func(m Received) bool { return m.Type == kind })
	})
}

// AwaitClose waits until the other end has closed.
func (s *Speaker) AwaitClose(ctx context.Context) error {
	err := s.WaitFor(ctx, func([]Received) bool { return false })
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// Closed reports whether the other end has closed.
func (s *Speaker) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended != nil
}

// Messages are those received so far.
func (s *Speaker) Messages() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Count is how many messages of a type were received.
func (s *Speaker) Count(kind byte) int {
	n := 0
	for _, m := range s.Messages() {
		if m.Type == kind {
			n++
		}
	}
	return n
}

// LastNotification is the NOTIFICATION that was received last.
func (s *Speaker) LastNotification() (code, subcode byte, ok bool) {
	for _, m := range slices.Backward(s.Messages()) {
		if code, subcode, ok = m.Notification(); ok {
			return code, subcode, true
		}
	}
	return 0, 0, false
}

// OnlyMessages fails where the other end sent a message of a type that is not among these, or
// octets that are no message.
func (s *Speaker) OnlyMessages(kinds ...byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if !slices.Contains(kinds, m.Type) {
			return fmt.Errorf("%v received a message of type %d: % x", s.conf.Local, m.Type, m.Body)
		}
	}
	if rest := s.received[s.parsed:]; len(rest) > 0 {
		return fmt.Errorf("%v received octets that are no message: % x", s.conf.Local, rest[:min(len(rest), 64)])
	}
	if len(s.received) > 0 && !slices.Equal(s.received[:16], Marker()) {
		return fmt.Errorf("%v received a wrong marker", s.conf.Local)
	}
	return nil
}

// Offered are the capabilities of the other end's OPEN, values by code.
func (s *Speaker) Offered() map[byte][][]byte {
	out := map[byte][][]byte{}
	for _, m := range s.Messages() {
		if m.Type != TypeOpen || len(m.Body) < 10 {
			continue
		}
		for params := m.Body[10:]; len(params) >= 2 && len(params) >= 2+int(params[1]); params = params[2+int(params[1]):] {
			caps := params[2 : 2+int(params[1])]
			for params[0] == 2 && len(caps) >= 2 && len(caps) >= 2+int(caps[1]) {
				out[caps[0]] = append(out[caps[0]], caps[2:2+int(caps[1])])
				caps = caps[2+int(caps[1]):]
			}
		}
	}
	return out
}
