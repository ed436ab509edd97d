package test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// cable is a wire between routers and the collector that keeps what passes, each way.
type cable struct {
	t    *testing.T
	ln   net.Listener
	to   netip.AddrPort
	ends sync.WaitGroup

	mu               sync.Mutex
	fromUs, fromThem []*bytes.Buffer // of each connection
}

// lay lays a cable to the collector; routers plug in at addr.
func lay(t *testing.T, to netip.AddrPort) *cable {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.9:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{t: t, ln: ln, to: to}
	go func() {
		for {
			router, err := ln.Accept()
			if err != nil {
				return
			}
			w.ends.Go(func() { w.carry(router) })
		}
	}()
	return w
}

func (w *cable) addr() netip.AddrPort { return netip.MustParseAddrPort(w.ln.Addr().String()) }

// carry joins a router's connection to one that the collector takes for the router's own.
func (w *cable) carry(router net.Conn) {
	defer router.Close()
	local := router.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))}
	us, err := d.Dial("tcp", w.to.String())
	if err != nil {
		return
	}
	defer us.Close()
	ours, theirs := w.record(&w.fromUs), w.record(&w.fromThem)
	var both sync.WaitGroup
	pass := func(to, from net.Conn, kept io.Writer) {
		_, _ = io.Copy(io.MultiWriter(kept, to), from)
		to.Close()
		from.Close()
	}
	both.Go(func() { pass(router, us, ours) })
	both.Go(func() { pass(us, router, theirs) })
	both.Wait()
}

// record is where one direction of one connection is kept.
func (w *cable) record(side *[]*bytes.Buffer) io.Writer {
	b := &bytes.Buffer{}
	w.mu.Lock()
	defer w.mu.Unlock()
	*side = append(*side, b)
	return lockedWriter{&w.mu, b}
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// messages counts the messages that passed, by their type. Whatever is no message fails the test.
func (w *cable) messages(side *[]*bytes.Buffer) map[byte]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[byte]int{}
	for _, b := range *side {
		for rest := b.Bytes(); len(rest) > 0; {
			if len(rest) < speaker.HeaderLen || !bytes.HasPrefix(rest, speaker.Marker()) {
				w.t.Fatalf("no BGP message: % x", rest[:min(len(rest), 64)])
			}
			size := int(binary.BigEndian.Uint16(rest[16:]))
			if size < speaker.HeaderLen || size > len(rest) {
				break // a connection was cut within a message
			}
			out[rest[18]]++
			rest = rest[size:]
		}
	}
	return out
}

// TestNotOneUpdateOnTheWire listens on the wire between the collector and real routers, from the first
// session to a second one and the end: an End-of-RIB would be an UPDATE too (RFC 4724 2).
func TestNotOneUpdateOnTheWire(t *testing.T) {
	t.Parallel()
	const octet = 40
	var neighbors []bgp.Neighbor
	for i, kind := range daemonKinds {
		neighbors = append(neighbors, bgp.Neighbor{Name: kind.name, Address: daemonAddress(octet+i, 0), ASN: routerASN, LocalASN: ourASN})
	}
	s := listen(t, bgp.Config{Neighbors: neighbors})
	var cables []*cable
	t.Run("routers", func(t *testing.T) {
		for i, kind := range daemonKinds {
			w := lay(t, s.addr())
			cables = append(cables, w)
			t.Run(kind.name, func(t *testing.T) {
				t.Parallel()
				c := daemonConfig{asn: routerASN, local: daemonAddress(octet+i, 0), collector: w.addr()}
				d := kind.start(t, c)
				s.holdsExactly(t, "at first", c.local, d.sends(c))
				if d.reset == nil {
					return
				}
				seen := s.changesSeen()
				if err := d.reset(); err != nil {
					t.Fatal(err)
				}
				if d.comeBack != nil {
					s.mustSoon(t, "the session to go down", func(*rib.Table) bool { return s.session(c.local).Flaps == 1 })
					if err := d.comeBack(); err != nil {
						t.Fatal(err)
					}
				}
				s.mustSoon(t, "a new session", func(*rib.Table) bool { return s.cameUp(c.local, seen) != nil })
				s.holdsExactly(t, "again", c.local, d.sends(c))
			})
		}
	})
	s.close() // what we say at the end is heard too
	for i, w := range cables {
		w.ln.Close()
		w.ends.Wait()
		ours, theirs := w.messages(&w.fromUs), w.messages(&w.fromThem)
		if theirs[speaker.TypeUpdate] == 0 || ours[speaker.TypeKeepalive] == 0 {
			t.Errorf("%s: the wire was not heard: %v from us, %v from it", daemonKinds[i].name, ours, theirs)
		}
		for kind, n := range ours {
			switch kind {
			case speaker.TypeOpen, speaker.TypeKeepalive, speaker.TypeNotification:
			default:
				t.Errorf("%s: we sent %d messages of type %d", daemonKinds[i].name, n, kind)
			}
		}
	}
}
