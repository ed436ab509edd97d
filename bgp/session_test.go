package bgp

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/rib"
	far "bgpaudit/test/speaker"
)

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// mustHear waits until the other end was closed with that NOTIFICATION.
func mustHear(t *testing.T, s *far.Speaker, code, subcode uint8) {
	t.Helper()
	if err := s.AwaitClose(soon(t)); err != nil {
		t.Fatalf("not closed: %v", err)
	}
	if c, sub, ok := s.LastNotification(); !ok || c != code || sub != subcode {
		t.Fatalf("NOTIFICATION %d/%d (%v), want %d/%d", c, sub, ok, code, subcode)
	}
}

func (b *bench) mustEnd(text string) SessionError {
	b.t.Helper()
	b.must("an end with "+text, func() bool {
		e := b.session().LastError
		return e != nil && strings.Contains(e.Text, text)
	})
	return *b.session().LastError
}

func TestAStrangerIsClosedWithoutAByte(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	for range 3 {
		s := b.connect(far.Config{Local: host2})
		_ = s.AwaitClose(soon(t))
		if len(s.Messages()) != 0 {
			t.Error("something was sent")
		}
	}
	b.must("three refusals", func() bool { r := b.Refusals(); return len(r) == 1 && r[0].Count == 3 })
	if r := b.Refusals()[0]; r.Address != host2 || r.Reason != notConfigured {
		t.Errorf("%+v", r)
	}
}

func TestASecondConnectionIsRefusedWhileTheSessionIsUp(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	first := b.establish(far.Config{})
	mustHear(t, b.connect(far.Config{}), cease, connectionCollision)
	if err := first.Send(route("198.51.100.0/24")); err != nil {
		t.Fatal(err)
	}
	b.must("a route of the first", func() bool { return b.table.Len() == 1 })
	if r := b.Refusals(); len(r) != 1 || r[0].Reason != stillUp || b.session().Flaps != 0 {
		t.Errorf("%+v, %+v", r, b.session())
	}
}

func TestARouterThatCeasesAndConnectsAtOnceIsTaken(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	first := b.establish(far.Config{})
	second := b.connect(far.Config{}) // before we hear that the first is over
	_ = first.Send(far.Notification(cease, administrativeReset))
	if err := second.Establish(soon(t)); err != nil {
		t.Fatal(err)
	}
	if r := b.Refusals(); len(r) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestANewerConnectionTakesThePlaceOfOneThatIsNotUp(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	first := b.connect(far.Config{})
	if err := first.Await(soon(t), far.TypeOpen); err != nil {
		t.Fatal(err)
	}
	second := b.connect(far.Config{})
	mustHear(t, first, cease, connectionCollision)
	if err := second.Establish(soon(t)); err != nil { // GoBGP is idle for 5 s: the tap waits for it
		t.Fatal(err)
	}
	b.mustBe(Established)
}

func TestARouterThatComesBackAtOnceIsNotThrownBack(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	first := b.establish(far.Config{})
	first.Abort()
	b.mustEnd("the connection was lost")
	began := time.Now()
	b.establish(far.Config{})
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %v", took)
	}
	b.must("up, after one flap", func() bool { s := b.session(); return s.State == Established && s.Flaps == 1 })
}

// restarting is a router that offers graceful restart for both families, with or without the F bit.
func restarting(flags byte) far.Config {
	return far.Config{Caps: [][]byte{
		far.Multiprotocol(1, 1), far.Multiprotocol(2, 1),
		far.Capability(capGracefulRestart, 0, 120, 0, 1, 1, flags, 0, 2, 1, flags),
	}}
}

func TestRoutesOfARestartingRouterStayUntilEndOfRIB(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	kept, gone := netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24")
	first := b.establish(restarting(0x80))
	_ = first.Send(route(kept.String(), gone.String()), far.EndOfRIB(1), far.EndOfRIB(2))
	b.must("two routes", func() bool { return b.table.Len() == 2 && b.session().EndOfRIB[1] })

	second := b.connect(restarting(0x80)) // RFC 4724 4.2: while we think that the session is up
	b.must("stale at once", func() bool {
		return b.table.Exact(kept)[0].Marks.Has(rib.Stale) && b.session().Restarts
	})
	if err := second.Establish(soon(t)); err != nil {
		t.Fatal(err)
	}
	if n, _, ok := first.LastNotification(); ok {
		t.Errorf("RFC 4724 4.2: NOTIFICATION %d on the old connection", n)
	}
	b.must("retained", func() bool {
		last := b.seen[len(b.seen)-1]
		return last.Kind == rib.PeerUp && last.Peer.Retained == [2]bool{true, true} && b.table.Len() == 2
	})
	_ = second.Send(route(kept.String()), far.EndOfRIB(1), far.EndOfRIB(2))
	b.must("swept, and what was sent again is not stale", func() bool {
		return b.table.Len() == 1 && !b.session().Restarts && !b.table.Exact(kept)[0].Marks.Has(rib.Stale)
	})
}

func TestWhatEndsASessionIsSaid(t *testing.T) {
	for _, tt := range []struct {
		name          string
		say           [][]byte // once it is up
		code, subcode uint8
		text          string
	}{
		{"a bad marker", [][]byte{make([]byte, 19)}, 1, 1, "marker"},
		{"type 9, which ends GoBGP", [][]byte{far.Header(19, 9)}, 1, 3, "type 9"},
		{"a second OPEN, which ends GoBGP", [][]byte{anOpen.Bytes()}, 5, 3, "established"},
		{"withdrawn routes longer than the message", [][]byte{far.Message(2, 0, 9, 0, 0)}, 3, 1, "withdrawn routes"},
		{"a prefix of 33 bits", [][]byte{far.Update(nil, nil, []byte{33, 1, 2, 3, 4, 5})}, 3, 10, "longer than its address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := begin(t, Config{Neighbors: []Neighbor{router()}})
			s := b.establish(far.Config{})
			_ = s.Send(tt.say...)
			mustHear(t, s, tt.code, tt.subcode)
			e := b.mustEnd(tt.text)
			if !e.Sent || e.Got || e.Code != tt.code || e.Subcode != tt.subcode || len(e.Octets) < 19 {
				t.Errorf("%+v", e)
			}
		})
	}
	t.Run("another AS", func(t *testing.T) {
		t.Parallel()
		b := begin(t, Config{Neighbors: []Neighbor{router()}})
		s := b.connect(far.Config{ASN: 65542})
		_ = s.Send(s.Open().Bytes())
		mustHear(t, s, openMessageError, badPeerAS)
		b.mustEnd("the router says AS 65542, the config 65541")
	})
	t.Run("a NOTIFICATION of the router's", func(t *testing.T) {
		t.Parallel()
		b := begin(t, Config{Neighbors: []Neighbor{router()}})
		s := b.establish(far.Config{})
		_ = s.Send(far.Notification(6, 2, far.Join([]byte{9}, []byte("by\x1b\x07e bye"))...))
		if e := b.mustEnd(`shutdown (6/2): "bye bye"`); !e.Got || e.Sent || e.Code != 6 || e.Subcode != 2 {
			t.Errorf("%+v", e)
		}
	})
}

func TestCloseIsAnAdministrativeShutdown(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	s := b.establish(far.Config{})
	if err := b.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	mustHear(t, s, cease, administrativeShutdown)
	b.must("the end in the table", func() bool { return len(b.seen) > 0 && b.seen[len(b.seen)-1].Kind == rib.PeerDown })
}

func TestTheHoldTimer(t *testing.T) {
	t.Run("a silent router", func(t *testing.T) {
		t.Parallel()
		b := begin(t, Config{HoldTime: 3 * time.Second, Neighbors: []Neighbor{router()}})
		s := b.establish(far.Config{})
		s.StopKeepAlive()
		mustHear(t, s, 4, 0)
		b.mustEnd("hold timer expired")
	})
	t.Run("an octet now and then is no message", func(t *testing.T) {
		t.Parallel()
		b := begin(t, Config{HoldTime: 3 * time.Second, Neighbors: []Neighbor{router()}})
		s := b.establish(far.Config{})
		s.StopKeepAlive()
		for _, o := range far.Marker() {
			if s.Send([]byte{o}) != nil || s.Closed() {
				break
			}
			time.Sleep(300 * time.Millisecond)
		}
		mustHear(t, s, 4, 0)
	})
	t.Run("UPDATEs keep a session", func(t *testing.T) {
		t.Parallel()
		b := begin(t, Config{HoldTime: 3 * time.Second, Neighbors: []Neighbor{router()}})
		s := b.establish(far.Config{})
		s.StopKeepAlive()
		for range 10 {
			_ = s.Send(route("198.51.100.0/24"))
			time.Sleep(500 * time.Millisecond)
		}
		if s.Closed() || b.session().State != Established {
			t.Errorf("%+v", b.session())
		}
	})
}

func TestAStalledWriterKeepsSessionsAndLosesNothing(t *testing.T) {
	c, err := Listen(Config{
		RouterID: netip.MustParseAddr("192.0.2.1"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")},
		Neighbors: []Neighbor{router()}, HoldTime: 3 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(soon(t))
	s, err := far.Dial(soon(t), far.Config{Local: host, Remote: c.Addrs()[0], ASN: routerAS, HoldTime: 90})
	if err == nil {
		err = s.Establish(soon(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.StopKeepAlive() // its UPDATEs are in the way of its KEEPALIVEs, too
	const routes = 300_000
	sent := make(chan error, 1)
	go func() { sent <- s.Send(fullFeed(routes, routes/8)) }()
	time.Sleep(4 * time.Second)
	if got := c.Sessions()[0]; got.State != Established || got.Updates > 5000 {
		t.Fatalf("%+v", got)
	}
	n := 0
	for ended := false; !ended; {
		x, ok := c.Next(soon(t))
		if !ok {
			t.Fatalf("%d routes, then nothing", n)
		}
		for _, u := range x.Updates {
			if u.Kind == rib.Advertise {
				n++
			}
			ended = ended || u.Kind == rib.EndOfRIB
		}
	}
	if n != routes {
		t.Errorf("%d routes", n)
	}
	for wait := soon(t); c.Sessions()[0].Routes != routes; { // shown a moment later
		if wait.Err() != nil {
			t.Fatalf("%+v", c.Sessions()[0])
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheEndOfASessionPassesAFullQueue(t *testing.T) {
	c, err := Listen(Config{
		RouterID: netip.MustParseAddr("192.0.2.1"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: []Neighbor{router()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(soon(t))
	s, err := far.Dial(soon(t), far.Config{Local: host, Remote: c.Addrs()[0], ASN: routerAS, HoldTime: 90})
	if err == nil {
		err = s.Establish(soon(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Send(fullFeed(100_000, 12_500)) }()
	time.Sleep(500 * time.Millisecond)
	c.everyPeer()[0].end(ending{text: "a test ends it"})
	seen := 0
	for {
		x, ok := c.Next(soon(t))
		if !ok {
			t.Fatal("no end")
		}
		seen += len(x.Updates)
		if last := x.Updates[len(x.Updates)-1]; last.Kind == rib.PeerDown {
			break
		}
	}
	if seen > (queueBatches+1)*batchSize+1 {
		t.Errorf("%d updates waited", seen)
	}
	s.Close()
}

func TestThePrefixLimitIsSoft(t *testing.T) {
	n := router()
	n.PrefixLimit = 2
	b := begin(t, Config{Neighbors: []Neighbor{n}})
	s := b.establish(far.Config{})
	_ = s.Send(route("192.0.2.0/25", "192.0.2.128/25", "198.51.100.0/24"), far.EndOfRIB(1))
	b.must("over the limit", func() bool { return b.session().OverLimit && b.table.Len() == 2 })
	_ = s.Send(route("192.0.2.0/25"), far.Update(far.NLRI(netip.MustParsePrefix("192.0.2.128/25")), nil, nil), route("203.0.113.0/24"))
	b.must("room again", func() bool { return len(b.table.Exact(netip.MustParsePrefix("203.0.113.0/24"))) == 1 })
	partial := 0
	b.must("an alarm", func() bool {
		for _, u := range b.seen {
			if u.Kind == rib.PeerPartial {
				partial++
			}
		}
		return partial > 0
	})
	if got := b.session(); partial != 1 || got.State != Established || got.Routes != 2 {
		t.Errorf("%d alarms, %+v", partial, got)
	}
	if l := b.logs.FilterMessageSnippet("prefix limit").Len(); l != 1 {
		t.Errorf("%d log entries", l)
	}
}

func TestAddPathAndExtendedMessages(t *testing.T) {
	n := router()
	n.AddPath = true
	b := begin(t, Config{Neighbors: []Neighbor{n}})
	s := b.establish(far.Config{Caps: [][]byte{
		far.Multiprotocol(1, 1), far.AddPathSend(), far.Capability(capExtendedMessage),
	}})
	var nlri []byte
	for i := range 3000 {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 0xc6330000+uint32(i/2))
		nlri = append(nlri, far.PathNLRI(uint32(1+i%2), netip.PrefixFrom(netip.AddrFrom4(a), 32))...)
	}
	attrs := far.Join(far.Origin(0), far.ASPath(routerAS, ourAS), far.NextHop(netip.MustParseAddr("192.0.2.9")))
	_ = s.Send(far.Update(nil, attrs, nlri))
	b.must("every path, with our own ASN in it", func() bool { return b.table.Len() == 3000 })
	if got := b.session(); !got.Extended || !got.AddPath[rib.IPv4] || got.Families[rib.IPv6] || got.Routes != 3000 {
		t.Errorf("%+v", got)
	}
}

func TestSocketsAreProtected(t *testing.T) {
	secret := "a password that stays here"
	t.Run("MD5", func(t *testing.T) {
		t.Parallel()
		n := router()
		n.MD5 = secret
		b := begin(t, Config{Neighbors: []Neighbor{n}})
		short, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		if s, err := far.Dial(short, far.Config{Local: host, Remote: b.Addrs()[0], MD5: "another"}); err == nil {
			s.Close()
			t.Error("another password connects")
		}
		b.establish(far.Config{MD5: secret})
		b.mustBe(Established)
		for _, l := range b.logs.All() {
			if strings.Contains(l.Message, secret) || strings.Contains(strings.ToLower(fmt.Sprint(l.ContextMap())), secret) {
				t.Errorf("the password is logged: %v", l)
			}
		}
	})
	t.Run("MD5 of a range", func(t *testing.T) {
		t.Parallel()
		n := Neighbor{Name: "range", Range: netip.MustParsePrefix("127.0.0.0/24"), ASN: routerAS, LocalASN: ourAS, MD5: secret}
		b := begin(t, Config{Neighbors: []Neighbor{n}})
		b.establish(far.Config{Local: host2, MD5: secret})
		b.establish(far.Config{Local: host, MD5: secret})
		if s := b.Sessions(); len(s) != 2 || s[0].Address != host2 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("MD5 on IPv6", func(t *testing.T) {
		t.Parallel()
		n := router()
		n.Address, n.MD5 = netip.IPv6Loopback(), secret
		b := begin(t, Config{Neighbors: []Neighbor{n}, Listen: []netip.AddrPort{netip.MustParseAddrPort("[::1]:0")}})
		b.establish(far.Config{Local: netip.IPv6Loopback(), ID: host, MD5: secret})
		b.mustBe(Established)
	})
	for _, v6 := range []bool{false, true} {
		t.Run(map[bool]string{false: "TTL security", true: "hop limit"}[v6], func(t *testing.T) {
			t.Parallel()
			n, at := router(), "127.0.0.1:0"
			if v6 {
				n.Address, at = netip.IPv6Loopback(), "[::1]:0"
			}
			n.TTLSecurity = 1
			b := begin(t, Config{Neighbors: []Neighbor{n}, Listen: []netip.AddrPort{netip.MustParseAddrPort(at)}})
			far254 := b.connect(far.Config{Local: n.Address, ID: host, TTL: 254})
			if _ = far254.AwaitClose(soon(t)); len(far254.Messages()) != 0 || b.Refusals()[0].Reason != tooFar {
				t.Errorf("%+v", b.Refusals())
			}
			b.establish(far.Config{Local: n.Address, ID: host, TTL: 255})
			b.mustBe(Established)
		})
	}
	t.Run("TTL security beside a neighbor without", func(t *testing.T) {
		t.Parallel()
		n, other := router(), router()
		n.TTLSecurity = 1
		other.Name, other.Address = "other", host2
		b := begin(t, Config{Neighbors: []Neighbor{n, other}})
		b.establish(far.Config{Local: host2, TTL: 64})
		s := b.connect(far.Config{TTL: 64})
		_ = s.Send(s.Open().Bytes(), far.Keepalive(), route("198.51.100.0/24")) // before the option is set, perhaps
		_ = s.AwaitClose(soon(t))
		if len(s.Messages()) != 0 || b.session().BytesIn != 0 {
			t.Errorf("%+v", b.session())
		}
	})
}

func TestGoBGPsPortIsProtected(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	s := b.everyPeer()[0].speaker
	if s.password == "" {
		t.Skip("no TCP MD5 on this system")
	}
	d := net.Dialer{Timeout: 300 * time.Millisecond}
	if c, err := d.Dial("tcp4", s.addr.String()); err == nil {
		c.Close()
		t.Error("another process could speak to GoBGP")
	}
	c, err := s.dial()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestListenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
	}{
		{"no router id", func(c *Config) { c.RouterID = netip.IPv6Loopback() }},
		{"no address", func(c *Config) { c.Listen = nil }},
		{"a hold time of 2 s", func(c *Config) { c.HoldTime = 2 * time.Second }},
		{"an address that is not ours", func(c *Config) { c.Listen[0] = netip.MustParseAddrPort("192.0.2.77:179") }},
		{"an open range", func(c *Config) {
			c.Neighbors[0].Address, c.Neighbors[0].Range = netip.Addr{}, netip.MustParsePrefix("10.0.0.0/8")
		}},
		{"a range with host bits", func(c *Config) {
			c.Neighbors[0].Address, c.Neighbors[0].Range, c.Neighbors[0].MD5 = netip.Addr{}, netip.MustParsePrefix("10.0.0.1/8"), "x"
		}},
		{"one address twice", func(c *Config) { c.Neighbors = append(c.Neighbors, c.Neighbors[0]) }},
		{"a family that is not listened on", func(c *Config) { c.Neighbors[0].Address = netip.IPv6Loopback() }},
		{"an address without MD5 in a range with it", func(c *Config) {
			c.Neighbors = append(c.Neighbors, Neighbor{Name: "r", Range: netip.MustParsePrefix("127.0.0.0/8"), ASN: 1, LocalASN: 1, MD5: "x"})
		}},
		{"AS 0", func(c *Config) { c.Neighbors[0].ASN = 0 }},
		{"a long password", func(c *Config) { c.Neighbors[0].MD5 = strings.Repeat("x", 81) }},
		{"TTL security of 255", func(c *Config) { c.Neighbors[0].TTLSecurity = 255 }},
	} {
		c := Config{RouterID: host, Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: []Neighbor{router()}}
		tt.change(&c)
		if got, err := Listen(c); err == nil {
			got.Close(context.Background())
			t.Errorf("%s: taken", tt.name)
		}
	}
}

// pair is the two ends of a TCP connection.
func pair(t *testing.T) (ours, theirs *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); d.Close() })
	return d.(*net.TCPConn), c.(*net.TCPConn)
}

// TestTheValve: a GoBGP gone mad says everything that there is to say.
func TestTheValve(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	n := router()
	p := newPeer(&n, host, nil, newQueue(newSwitchboard(0)), zap.New(core))
	ours, routers := pair(t)
	mad, gobgp := pair(t)
	s, _ := p.take(ours)
	s.gobgp = newSpeech(gobgp)
	s.relayed.Go(s.relay)
	_, _ = mad.Write(far.Join(route("198.51.100.0/24"), far.EndOfRIB(1), far.RouteRefresh(1, 0, 1), anOpen.Bytes(), far.Keepalive(), far.Notification(4, 0)))
	<-s.ended
	s.relayed.Wait()
	s.farewell()
	got := make([]byte, 4096)
	k, _ := readAll(routers, got)
	if want := far.Join(far.Keepalive(), far.Notification(4, 0)); string(got[:k]) != string(want) {
		t.Errorf("% x reached the router", got[:k])
	}
	if p.shown.Suppressed != 4 || logs.Len() != 4 {
		t.Errorf("%d suppressed, %d alarms", p.shown.Suppressed, logs.Len())
	}
}

func readAll(c net.Conn, into []byte) (n int, err error) {
	for err == nil {
		var k int
		k, err = c.Read(into[n:])
		n += k
	}
	return n, err
}

func TestADefectEndsOneSession(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	n := router()
	p := newPeer(&n, host, nil, newQueue(newSwitchboard(0)), zap.New(core))
	ours, _ := pair(t)
	s, _ := p.take(ours)
	s.guarded(func() { panic("on purpose") })
	if !s.isEnded() || s.end.notice == nil || logs.Len() != 1 {
		t.Errorf("%+v", s.end)
	}
}

func TestAStormOfConnectionsPasses(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	for range 200 {
		s := b.connect(far.Config{})
		_ = s.Send(s.Open().Bytes(), far.Keepalive())
		s.Close()
	}
	b.establish(far.Config{})
	b.mustBe(Established)
	if n := b.logs.FilterLevelExact(zap.WarnLevel).Len(); n > 40 {
		t.Errorf("%d warnings", n)
	}
}

func TestSendHoldTime(t *testing.T) {
	for hold, want := range map[time.Duration]time.Duration{
		0: 8 * time.Minute, 90 * time.Second: 8 * time.Minute, 10 * time.Minute: 20 * time.Minute,
	} {
		if got := sendHoldTime(hold); got != want {
			t.Errorf("RFC 9687: %v for a hold time of %v", got, hold)
		}
	}
}

// TestARouterThatTakesNothingIsReadOn: its window is closed, and what it sends is still wanted.
func TestARouterThatTakesNothingIsReadOn(t *testing.T) {
	n := router()
	p := newPeer(&n, host, nil, newQueue(newSwitchboard(0)), zap.NewNop())
	ours, _ := pair(t)
	_ = ours.SetWriteBuffer(4096)
	s, _ := p.take(ours)
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		for s.write(keepalive) {
		}
	}()
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	s.finish(ending{text: "a test ends it", notice: &notice{code: cease}})
	<-writing
	s.farewell()
	if took := time.Since(began); took > 3*farewellTime {
		t.Errorf("a closed window holds the end up for %v", took)
	}
}
