package test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"bgpaudit/bgp"
	"bgpaudit/rib"
)

// declared is a route that a daemon is configured to originate.
type declared struct {
	prefix      netip.Prefix
	communities []string
	large       []string
	med         uint32
	localPref   uint32 // shows on iBGP
	prepend     int    // of its own AS
}

var declaredRoutes = []declared{
	{prefix: netip.MustParsePrefix("192.0.2.0/24"), communities: []string{"64496:1", "64496:2"}, med: 10, localPref: 150},
	{prefix: netip.MustParsePrefix("198.51.100.0/25"), large: []string{"65541:1:2", "65541:4294967295:0"}, med: 20, localPref: 160},
	{prefix: netip.MustParsePrefix("198.51.100.128/25"), communities: []string{"64496:3"}, large: []string{"65541:7:7"}, med: 30, localPref: 170, prepend: 2},
	{prefix: netip.MustParsePrefix("203.0.113.7/32"), med: 4294967295, localPref: 1},
	{prefix: netip.MustParsePrefix("2001:db8:1::/48"), communities: []string{"64496:1"}, large: []string{"65541:1:2"}, med: 40, localPref: 180, prepend: 1},
	{prefix: netip.MustParsePrefix("2001:db8:2::/64"), communities: []string{"64496:65535"}, med: 50, localPref: 190},
	{prefix: netip.MustParsePrefix("2001:db8:2::1/128"), med: 60, localPref: 200},
}

// exported is a route as a neighbour gets it, each field as text; empty where a source cannot show
// it, or the route has none.
type exported struct {
	Prefix, NextHop, Path, Origin, MED, LocalPref, Communities, Large string
}

// as is the route as a daemon of an AS has to send it.
func (d *declared) as(asn uint32) exported {
	e := exported{
		Prefix: d.prefix.String(), NextHop: nextHop4.String(), Origin: "igp", MED: fmt.Sprint(d.med),
		Communities: sorted(d.communities), Large: sorted(d.large),
	}
	if d.prefix.Addr().Is6() {
		e.NextHop = nextHop6.String()
	}
	hops := d.prepend + 1
	if asn == ourASN {
		hops, e.LocalPref = d.prepend, fmt.Sprint(d.localPref)
	}
	e.Path = strings.TrimSpace(strings.Repeat(fmt.Sprintf("%d ", asn), hops))
	return e
}

func sorted(texts []string) string {
	return strings.Join(slices.Sorted(slices.Values(texts)), " ")
}

// inTable are the router's routes as the table has them, by prefix.
func inTable(t *rib.Table, router netip.Addr) []exported {
	var out []exported
	for _, all := range []netip.Prefix{rib.IPv4.All(), rib.IPv6.All()} {
		t.MoreSpecifics(all, func(e rib.Entry) bool {
			if e.Neighbor == router && e.Marks == 0 {
				out = append(out, exportedOf(&e))
			}
			return true
		})
	}
	return byPrefix(out)
}

func exportedOf(e *rib.Entry) exported {
	a := &e.Attrs
	out := exported{Prefix: e.Prefix.String(), NextHop: a.NextHop.String(), Path: a.ASPath.String(), Origin: a.Origin.String()}
	if a.MED.Set {
		out.MED = a.MED.String()
	}
	if a.LocalPref.Set {
		out.LocalPref = a.LocalPref.String()
	}
	var communities, large []string
	for _, c := range a.Communities {
		communities = append(communities, c.String())
	}
	for _, c := range a.LargeCommunities {
		large = append(large, c.String())
	}
	out.Communities, out.Large = sorted(communities), sorted(large)
	return out
}

func byPrefix(routes []exported) []exported {
	slices.SortFunc(routes, func(a, b exported) int { return cmp.Compare(a.Prefix, b.Prefix) })
	return routes
}

// daemonConfig says what a daemon is to do.
type daemonConfig struct {
	asn       uint32
	local     netip.Addr
	collector netip.AddrPort
	md5       string // "" for none
	near      bool   // send with TTL 255 (RFC 5082)
}

// daemonKey is the TCP MD5 key of the sessions that have one.
const daemonKey = "not-secret"

func (c *daemonConfig) external() bool { return c.asn != ourASN }

// routerDaemon is a running daemon, as a test commands it. What it cannot do is nil.
type routerDaemon struct {
	// exports are the routes that it says it sends us; hide empties the fields that it does not show.
	exports func() ([]exported, error)
	hide    func(*exported)
	// withdraw stops originating a prefix, reset cuts the session.
	withdraw func(p netip.Prefix) error
	reset    func() error
	comeBack func() error // after a reset that stays down
	// restart kills the process and starts it again, as a router that restarts gracefully.
	restart func()
	// adjust is what it does of itself to a route that it sends.
	adjust func(*exported)
	// heard is how many UPDATEs it says we sent.
	heard func() (int, error)
}

// daemonKinds are the daemons, and the least that each has to be able to do.
var daemonKinds = []struct {
	name  string
	start func(t *testing.T, c daemonConfig) *routerDaemon
}{
	{"BIRD", startBIRDRouter},
	{"FRR", startFRRRouter},
	{"GoBGP", startGoBGPRouter},
	{"OpenBGPD", startOpenBGPDRouter},
	{"ExaBGP", startExaBGPRouter},
}

// TestDaemons peers with real daemons, on iBGP, and on eBGP with TCP MD5 and TTL security, and holds the table against what each
// was told to send and against what it says it sent. Then it withdraws, cuts the session, restarts
// gracefully. None ever hears an UPDATE of ours.
func TestDaemons(t *testing.T) {
	t.Parallel()
	var neighbors []bgp.Neighbor
	for i, kind := range daemonKinds {
		for j, asn := range []uint32{routerASN, ourASN} {
			n := bgp.Neighbor{Name: fmt.Sprintf("%s AS%d", kind.name, asn), Address: daemonAddress(i, j), ASN: asn, LocalASN: ourASN}
			if n.External() {
				n.MD5, n.TTLSecurity = daemonKey, 1
			}
			neighbors = append(neighbors, n)
		}
	}
	s := listen(t, bgp.Config{Neighbors: neighbors})
	t.Run("routers", func(t *testing.T) { // all are over before the collector is closed
		for i, kind := range daemonKinds {
			for j, asn := range []uint32{routerASN, ourASN} {
				t.Run(fmt.Sprintf("%s/%s", kind.name, []string{"eBGP", "iBGP"}[j]), func(t *testing.T) {
					t.Parallel()
					c := daemonConfig{asn: asn, local: daemonAddress(i, j), collector: s.addr()}
					if c.external() {
						c.md5, c.near = daemonKey, true
					}
					d := kind.start(t, c)
					checkDaemon(t, s, c, d)
				})
			}
		}
	})
}

func daemonAddress(kind, relation int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 0, byte(21 + kind), byte(1 + relation)})
}

func checkDaemon(t *testing.T, s *station, c daemonConfig, d *routerDaemon) {
	want := d.sends(c)
	s.holdsExactly(t, "at first", c.local, want)
	holdsWhatItExports(t, s, c, d)

	gone := declaredRoutes[1].prefix
	if err := d.withdraw(gone); err != nil {
		t.Fatal(err)
	}
	want = slices.DeleteFunc(want, func(e exported) bool { return e.Prefix == gone.String() })
	s.holdsExactly(t, "after a withdrawal", c.local, want)

	if d.reset != nil {
		seen := s.changesSeen()
		if err := d.reset(); err != nil {
			t.Fatal(err)
		}
		s.mustSoon(t, "the session to go down", func(*rib.Table) bool { return s.session(c.local).Flaps == 1 })
		if d.comeBack != nil {
			if err := d.comeBack(); err != nil {
				t.Fatal(err)
			}
		}
		s.mustSoon(t, "a new session", func(*rib.Table) bool { return s.cameUp(c.local, seen) != nil })
		s.holdsExactly(t, "after the session was cut", c.local, want)
	}
	heardNothing(t, d)

	if d.restart != nil {
		seen := s.changesSeen()
		d.restart()
		s.mustSoon(t, "a session that keeps its routes", func(*rib.Table) bool {
			up := s.cameUp(c.local, seen)
			return up != nil && up.Retained == [2]bool{true, true}
		})
		s.holdsExactly(t, "after a graceful restart", c.local, d.sends(c)) // the withdrawal is forgotten
		heardNothing(t, d)
	}
	if got := s.session(c.local); got.Suppressed != 0 {
		t.Errorf("%d UPDATEs of GoBGP's suppressed", got.Suppressed)
	}
}

// sends are the declared routes as the daemon is to send them.
func (d *routerDaemon) sends(c daemonConfig) []exported {
	out := make([]exported, len(declaredRoutes))
	for i := range declaredRoutes {
		if out[i] = declaredRoutes[i].as(c.asn); d.adjust != nil {
			d.adjust(&out[i])
		}
	}
	return out
}

// cameUp is the latest beginning of a session with a router since so many changes, nil if there is
// none. The table must be locked.
func (s *station) cameUp(router netip.Addr, since int) *rib.PeerChange {
	for _, u := range slices.Backward(s.changes[since:]) {
		if u.Kind == rib.PeerUp && u.Route.Neighbor == router {
			return u.Peer
		}
	}
	return nil
}

func (s *station) changesSeen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.changes)
}

// mustSoon is must for daemons, which take their time.
func (s *station) mustSoon(t *testing.T, what string, holds func(*rib.Table) bool) {
	t.Helper()
	ctx := t.Context()
	deadline := time.Now().Add(patience)
	if err := s.await(ctx, func(table *rib.Table) bool { return holds(table) || time.Now().After(deadline) || ctx.Err() != nil }); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !holds(s.table) {
		t.Fatalf("waited in vain for %s: %+v", what, s.collector.Sessions())
	}
}

// holdsExactly waits until the router's fresh routes are these and no others, field by field.
func (s *station) holdsExactly(t *testing.T, when string, router netip.Addr, want []exported) {
	t.Helper()
	want = byPrefix(want)
	var got []exported
	deadline := time.Now().Add(patience)
	_ = s.await(t.Context(), func(table *rib.Table) bool {
		got = inTable(table, router)
		return slices.Equal(got, want) || time.Now().After(deadline)
	})
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s\nsession %+v", when, diff, s.session(router))
	}
}

// holdsWhatItExports compares the table with the daemon's own words.
func holdsWhatItExports(t *testing.T, s *station, c daemonConfig, d *routerDaemon) {
	t.Helper()
	if d.exports == nil {
		return
	}
	says, err := d.exports()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	got := inTable(s.table, c.local)
	s.mu.Unlock()
	for i := range got {
		d.hide(&got[i])
	}
	for i := range says {
		d.hide(&says[i])
	}
	if diff := gocmp.Diff(byPrefix(says), got); diff != "" {
		t.Errorf("the daemon says otherwise than the table (-daemon +table):\n%s", diff)
	}
}

func heardNothing(t *testing.T, d *routerDaemon) {
	t.Helper()
	if d.heard == nil {
		return
	}
	n, err := d.heard()
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("the daemon counts %d UPDATEs of ours", n)
	}
}
