package router_test

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/bgp/router"
	"bgpaudit/rib"
)

// TestNothingButLoopbackIsSpokenTo: no address of another machine, and none that stands for any.
func TestNothingButLoopbackIsSpokenTo(t *testing.T) {
	loopback := "127.0.0.1"
	for _, c := range []struct{ router, monitor string }{
		{loopback, "192.0.2.1"},
		{loopback, "10.0.0.1"},
		{loopback, "169.254.1.1"},
		{loopback, "126.255.255.255"},
		{loopback, "128.0.0.1"},
		{loopback, "0.0.0.0"},
		{loopback, "::"},
		{loopback, "2001:db8::1"},
		{loopback, "fe80::1"},
		{loopback, "::ffff:192.0.2.1"},
		{"192.0.2.1", loopback},
		{"0.0.0.0", loopback},
		{"::", "::1"},
		{"2001:db8::1", "::1"},
		{"::ffff:192.0.2.1", loopback},
	} {
		_, err := router.Open(t.Context(), router.Config{Address: netip.MustParseAddr(c.router), Monitor: netip.AddrPortFrom(netip.MustParseAddr(c.monitor), 179), ASN: 65536})
		if err == nil || !strings.Contains(err.Error(), "loopback addresses alone") {
			t.Errorf("from %s to %s: %v", c.router, c.monitor, err)
		}
	}
	if _, err := router.Open(t.Context(), router.Config{ASN: 65536}); err == nil {
		t.Error("no address at all is taken")
	}
}

// TestTheCollectorHasNoSpeaker: what peers with production routers does not hold this package.
func TestTheCollectorHasNoSpeaker(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "bgpaudit/bgp", "bgpaudit/monitor").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if slices.Contains(strings.Fields(string(out)), "bgpaudit/bgp/router") {
		t.Error("bgp or monitor imports bgp/router")
	}
}

// heard is a collector for one router, and what that sends.
func heard(t *testing.T, n bgp.Neighbor) (*bgp.Collector, func() rib.Update) {
	t.Helper()
	c, err := bgp.Listen(bgp.Config{RouterID: netip.MustParseAddr("10.255.0.9"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: []bgp.Neighbor{n}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(func() {
		defer stop()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	var waiting []rib.Update
	return c, func() rib.Update {
		t.Helper()
		for len(waiting) == 0 {
			b, ok := c.Next(ctx)
			if !ok {
				t.Fatalf("nothing more comes: %+v", c.Sessions())
			}
			waiting = slices.Clone(b.Updates)
		}
		u := waiting[0]
		waiting = waiting[1:]
		return u
	}
}

// TestRoutesArriveAsTheyWereGiven: every attribute, both families, with path identifiers and without.
func TestRoutesArriveAsTheyWereGiven(t *testing.T) {
	path, _ := rib.ParseASPath("65540 {65550 65551}")
	for name, addPath := range map[string]bool{"every path": true, "one path": false} {
		t.Run(name, func(t *testing.T) {
			address := netip.MustParseAddr("127.0.2.1")
			c, next := heard(t, bgp.Neighbor{Name: "edge1", Address: address, ASN: 65536, LocalASN: 65536, AddPath: true})
			s, err := router.Open(t.Context(), router.Config{Address: address, Monitor: c.Addrs()[0], ASN: 65536, AddPath: addPath})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Shut()
			if u := next(); u.Kind != rib.PeerUp {
				t.Fatalf("%+v", u)
			}
			for fam, prefix := range []string{"203.0.113.0/25", "2001:db8:113::/48"} {
				r := rib.Route{Prefix: netip.MustParsePrefix(prefix), Attrs: rib.Attrs{
					NextHop: netip.MustParseAddr([]string{"192.0.2.1", "2001:db8::1"}[fam]), ASPath: path, Origin: rib.OriginEGP,
					LocalPref: rib.Some(150), MED: rib.Some(7), Communities: []rib.Community{rib.NewCommunity(12076, 5010), rib.NewCommunity(64512, 101)},
					LargeCommunities: []rib.LargeCommunity{{65536, 1, 2}},
				}}
				if addPath {
					r.PathID = 3
				}
				if err := s.Advertise(&r); err != nil {
					t.Fatal(err)
				}
				u := next()
				got := u.Route
				if u.Kind != rib.Advertise || got.Prefix != r.Prefix || got.PathID != r.PathID || got.Attrs.NextHop != r.Attrs.NextHop ||
					got.Attrs.ASPath.String() != path.String() || got.Attrs.Origin != r.Attrs.Origin || got.Attrs.LocalPref != r.Attrs.LocalPref || got.Attrs.MED != r.Attrs.MED ||
					!slices.Equal(got.Attrs.Communities, r.Attrs.Communities) || !slices.Equal(got.Attrs.LargeCommunities, r.Attrs.LargeCommunities) {
					t.Errorf("sent %+v\n got %+v", r, u)
				}
				if err := s.Withdraw(r.Prefix, r.PathID); err != nil {
					t.Fatal(err)
				}
				if u := next(); u.Kind != rib.Withdraw || u.Route.Prefix != r.Prefix || u.Route.PathID != r.PathID {
					t.Errorf("withdrawn: %+v", u)
				}
				if err := s.EndOfRIB(rib.Family(fam)); err != nil {
					t.Fatal(err)
				}
				if u := next(); u.Kind != rib.EndOfRIB || u.Family != rib.Family(fam) {
					t.Errorf("End-of-RIB: %+v", u)
				}
			}
			s.Shut()
			if u := next(); u.Kind != rib.PeerDown || !strings.Contains(u.Peer.Why, "administrative shutdown") {
				t.Errorf("shut: %+v %+v", u, u.Peer)
			}
		})
	}
}

// TestRefusalsAreSaid: of the AS by the monitor, of path identifiers by the router itself.
func TestRefusalsAreSaid(t *testing.T) {
	for _, c := range []struct {
		address string
		router  router.Config
		says    string
	}{
		{"127.0.2.2", router.Config{ASN: 65537}, "NOTIFICATION 2/2"},
		{"127.0.2.3", router.Config{ASN: 65536, AddPath: true}, "does not take path identifiers"},
	} {
		c.router.Address = netip.MustParseAddr(c.address)
		m, _ := heard(t, bgp.Neighbor{Name: "edge1", Address: c.router.Address, ASN: 65536, LocalASN: 65551})
		c.router.Monitor = m.Addrs()[0]
		if _, err := router.Open(t.Context(), c.router); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
}

// TestASessionIsOverWhenTheMonitorEndsIt: and says so.
func TestASessionIsOverWhenTheMonitorEndsIt(t *testing.T) {
	address := netip.MustParseAddr("127.0.2.4")
	c, _ := heard(t, bgp.Neighbor{Name: "edge1", Address: address, ASN: 65536, LocalASN: 65551})
	s, err := router.Open(t.Context(), router.Config{Address: address, Monitor: c.Addrs()[0], ASN: 65536})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shut()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Ended():
	case <-ctx.Done():
		t.Error("the session goes on without its monitor")
	}
}

// TestNobodyListens: what cannot be had is an error at once.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	if _, err := router.Open(t.Context(), router.Config{Address: netip.MustParseAddr("127.0.2.5"), Monitor: at, ASN: 65536}); err == nil {
		t.Error("a session with nobody")
	}
}
