package router

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// Config says which router is played, and towards whom.
type Config struct {
	Address netip.Addr     // the router's
	Monitor netip.AddrPort // whom it peers with
	ASN     uint32         // the router's
	AddPath bool           // it sends every path of a prefix, each with its identifier (RFC 7911)
}

// Session is an established one.
type Session struct {
	conf    Config
	conn    net.Conn
	options bgp.MarshallingOption

	writing sync.Mutex // one message is not cut by another
	running sync.WaitGroup
	ended   chan struct{} // the monitor's end is gone
}

const (
	holdTime  = 90 * time.Second
	handshake = 20 * time.Second // a monitor that is done with the router's last session needs 5 s
	writeTime = 5 * time.Second
)

// Open connects to the monitor and establishes the session in both families. Neither address may be
// another than loopback.
func Open(ctx context.Context, c Config) (*Session, error) {
	from, err := loopbackOf(netip.AddrPortFrom(c.Address, 0))
	if err != nil {
		return nil, err
	}
	to, err := loopbackOf(c.Monitor)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, from, to)
	if err != nil {
		return nil, err
	}
	s := &Session{conf: c, conn: conn, ended: make(chan struct{})}
	giveUp := context.AfterFunc(ctx, func() { conn.Close() })
	defer giveUp()
	if err := s.establish(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("session of %s: %w", c.Address, errors.Join(err, ctx.Err()))
	}
	s.running.Go(s.hear)
	s.running.Go(s.keepAlive)
	return s, nil
}

func (s *Session) establish() error {
	if err := s.send(openMessage(&s.conf)); err != nil {
		return err
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	for _, want := range []wire.MessageType{wire.Open, wire.Keepalive} {
		kind, body, err := s.read()
		switch {
		case err != nil:
			return err
		case kind == wire.Notification:
			return fmt.Errorf("the monitor refuses it: NOTIFICATION %d/%d", body[0], body[1])
		case kind != want:
			return fmt.Errorf("a message of type %d, where %d is due", kind, want)
		}
		if kind == wire.Open {
			if s.options, err = agreed(&s.conf, body); err != nil {
				return err
			}
			if err = s.send(bgp.NewBGPKeepAliveMessage()); err != nil {
				return err
			}
		}
	}
	return s.conn.SetReadDeadline(time.Time{})
}

// read is the monitor's next message.
func (s *Session) read() (wire.MessageType, []byte, error) {
	head := make([]byte, wire.HeaderLength)
	if _, err := io.ReadFull(s.conn, head); err != nil {
		return 0, nil, err
	}
	kind, length, fault := wire.ParseHeader(head, wire.MaxLength)
	if fault != nil {
		return 0, nil, fault
	}
	body := make([]byte, length-wire.HeaderLength)
	_, err := io.ReadFull(s.conn, body)
	return kind, body, err
}

// hear reads what a monitor says, which is KEEPALIVE, until it says no more.
func (s *Session) hear() {
	defer close(s.ended)
	defer s.conn.Close()
	for {
		if kind, _, err := s.read(); err != nil || kind != wire.Keepalive {
			return
		}
	}
}

func (s *Session) keepAlive() {
	every := time.NewTicker(holdTime / 3)
	defer every.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-every.C:
			_ = s.send(bgp.NewBGPKeepAliveMessage()) // where that fails, hear ends it
		}
	}
}

func (s *Session) send(m *bgp.BGPMessage) error {
	octets, err := m.Serialize(&s.options)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err = s.conn.Write(octets)
	return err
}

// Advertise announces a route: a message each, as what is played is small.
func (s *Session) Advertise(r *rib.Route) error { return s.send(announcement(r)) }

// Withdraw takes one back, by its prefix and, with ADD-PATH, its path identifier.
func (s *Session) Withdraw(p netip.Prefix, pathID uint32) error { return s.send(withdrawal(p, pathID)) }

// EndOfRIB says that the family's table was sent whole (RFC 4724 2).
func (s *Session) EndOfRIB(fam rib.Family) error { return s.send(bgp.NewEndOfRib(routeFamily(fam))) }

// Ended is closed when the session is over, whoever ended it.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Shut ends the session as an operator does (Cease, administrative shutdown, RFC 4486), and waits
// until nothing of it is left. It may be called again.
func (s *Session) Shut() {
	_ = s.send(bgp.NewBGPNotificationMessage(bgp.BGP_ERROR_CEASE, bgp.BGP_ERROR_SUB_ADMINISTRATIVE_SHUTDOWN, nil)) // it may be over already
	s.conn.Close()
	s.running.Wait()
}
