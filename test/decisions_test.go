package test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// offer is what one of four links says of a prefix.
type offer struct {
	link      int
	path      []uint32 // behind the link's own AS
	origin    byte
	med       int    // -1: none
	localPref uint32 // that FRR's import policy sets; 0: none
}

// decisions are contests of links, each for a prefix of its own. The first two links are of one AS.
var decisions = []struct {
	name   string
	offers []offer
	reason rib.Reason // ours
	frr    []string   // FRR's words for it
}{
	{"one link alone", []offer{{link: 1, med: -1}}, rib.ReasonOnlyRoute, []string{"First path received"}},
	{"local preference", []offer{{link: 0, med: -1, localPref: 200, path: []uint32{65550, 65551}}, {link: 2, med: -1, localPref: 150}}, rib.ReasonLocalPref, []string{"Local Pref"}},
	{"local preference of the last one", []offer{{link: 0, med: -1, localPref: 120}, {link: 2, med: -1, localPref: 130}, {link: 3, med: -1, localPref: 140}}, rib.ReasonLocalPref, []string{"Local Pref"}},
	{"a shorter AS path", []offer{{link: 0, med: -1, path: []uint32{65550}}, {link: 2, med: -1}}, rib.ReasonASPathLength, []string{"AS Path"}},
	{"a prepended AS path", []offer{{link: 2, med: -1, path: []uint32{65543, 65543}}, {link: 3, med: -1, path: []uint32{65550}}}, rib.ReasonASPathLength, []string{"AS Path"}},
	{"origin igp before egp", []offer{{link: 2, med: -1, origin: 1}, {link: 3, med: -1}}, rib.ReasonOrigin, []string{"Origin"}},
	{"origin egp before incomplete", []offer{{link: 2, med: -1, origin: 1}, {link: 0, med: -1, origin: 2}}, rib.ReasonOrigin, []string{"Origin"}},
	{"MED between links of one AS", []offer{{link: 0, med: 20}, {link: 1, med: 10}}, rib.ReasonMED, []string{"MED"}},
	{"no MED counts as 0", []offer{{link: 0, med: 5}, {link: 1, med: -1}}, rib.ReasonMED, []string{"MED"}},
	{"MED of another AS is not compared", []offer{{link: 0, med: 5}, {link: 2, med: 1}}, rib.ReasonRouterLocal, []string{"Router ID", "Older Path", "Neighbor IP"}},
	{"all equal", []offer{{link: 2, med: -1}, {link: 3, med: -1}}, rib.ReasonRouterLocal, []string{"Router ID", "Older Path", "Neighbor IP"}},
	{"local preference before everything else", []offer{{link: 0, med: 99, localPref: 300, origin: 2, path: []uint32{65550, 65551, 65550}}, {link: 1, med: 1, localPref: 299}, {link: 3, med: -1}}, rib.ReasonLocalPref, []string{"Local Pref"}},
}

func contested(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(8 * i)}), 29)
}

// linkASNs are the neighbours' of the four links.
var linkASNs = [4]uint32{65541, 65541, 65543, 65544}

func linkAddress(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 31, byte(11 + i)}) }

// TestFRRDecidesAsWeDo lets FRR choose among the routes of four links and send us all of them
// (ADD-PATH). Which link we say it takes, and why, has to be what FRR says.
func TestFRRDecidesAsWeDo(t *testing.T) {
	t.Parallel()
	edge := netip.MustParseAddr("127.0.31.1")
	table := fourLinks()
	s := listenWith(t, bgp.Config{Neighbors: []bgp.Neighbor{{Name: "edge", Address: edge, ASN: ourASN, LocalASN: ourASN, AddPath: true}}}, table)
	port := freePort(t, edge)
	f := startFRR(t, netip.AddrPortFrom(edge, port), edgeConfig(edge, s.addr()))
	for link, asn := range linkASNs {
		c := speaker.Config{Local: linkAddress(link), Remote: netip.AddrPortFrom(edge, port), ASN: asn, ID: linkAddress(link), HoldTime: 90}
		sp, err := speaker.Dial(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(sp.Close)
		if err := sp.Establish(withPatience(t)); err != nil {
			t.Fatalf("link %d: %v\n%s", link, err, f.output())
		}
		say(t, sp, offersOf(link), speaker.EndOfRIB(speaker.AFIv4))
	}
	routes := 0
	for i := range decisions {
		routes += len(decisions[i].offers)
	}
	s.mustSoon(t, "every path of every link", func(table *rib.Table) bool { return table.Len() == routes })
	s.mustSoon(t, "End-of-RIB", func(table *rib.Table) bool {
		table.Judge(time.Now())
		return table.Feeds()[0].State.Complete == rib.CompleteYes
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	sight := rib.NewSight(table, rib.Options{})
	us := sight.Observer(rib.ObserverUs)
	for i := range decisions {
		t.Run(decisions[i].name, func(t *testing.T) { checkDecision(t, f, sight, us, i) })
	}
	if n, err := f.heard(s.addr().Addr()); err != nil || n != 0 {
		t.Errorf("FRR counts %d UPDATEs of ours (%v)", n, err)
	}
}

// fourLinks is a site of one router with four links, which FRR tells apart by a community.
func fourLinks() *rib.Table {
	var links []rib.Link
	feed := &rib.Feed{Name: "edge", Router: "edge", View: rib.Monitor, AddPath: "all", Families: []rib.Family{rib.IPv4}, State: rib.FeedState{Live: true}}
	for i, asn := range linkASNs {
		name := fmt.Sprintf("link%d", i)
		links = append(links, rib.Link{Name: name, Kind: rib.Internet, Router: "edge", NeighborASNs: []uint32{asn}})
		c := rib.NewCommunity(64496, uint32(i))
		feed.Classify = append(feed.Classify, rib.ClassifyRule{Community: &c, Link: name})
	}
	return rib.NewTable([]uint32{ourASN}, links, []*rib.Feed{feed})
}

// edgeConfig is FRR between the four links and the collector.
func edgeConfig(edge netip.Addr, collector netip.AddrPort) string {
	var top, peers, families strings.Builder
	for i := range decisions {
		fmt.Fprintf(&top, "ip prefix-list p%d permit %s\n", i, contested(i))
	}
	for link, asn := range linkASNs {
		for i := range decisions {
			for _, o := range decisions[i].offers {
				if o.link == link && o.localPref != 0 {
					fmt.Fprintf(&top, "route-map in%d permit %d\n match ip address prefix-list p%d\n set local-preference %d\n set community 64496:%d\n", link, 10+i, i, o.localPref, link)
				}
			}
		}
		fmt.Fprintf(&top, "route-map in%d permit 1000\n set community 64496:%d\n", link, link)
		a := linkAddress(link)
		fmt.Fprintf(&peers, " neighbor %[1]s remote-as %[2]d\n neighbor %[1]s passive\n neighbor %[1]s disable-connected-check\n neighbor %[1]s ebgp-multihop 255\n", a, asn)
		fmt.Fprintf(&families, "  neighbor %[1]s activate\n  neighbor %[1]s route-map in%[2]d in\n", a, link)
	}
	a := collector.Addr()
	fmt.Fprintf(&families, "  neighbor %[1]s activate\n  neighbor %[1]s addpath-tx-all-paths\n", a)
	return fmt.Sprintf("%srouter bgp %d\n bgp router-id %s\n no bgp ebgp-requires-policy\n no bgp default ipv4-unicast\n%s%s address-family ipv4 unicast\n%s exit-address-family\n",
		top.String(), ourASN, routerIDOf(edge), peers.String(), frrNeighbor(collector, ourASN, edge), families.String())
}

// offersOf are the UPDATEs of a link.
func offersOf(link int) []byte {
	var out []byte
	for i := range decisions {
		for _, o := range decisions[i].offers {
			if o.link != link {
				continue
			}
			attrs := speaker.Join(speaker.Origin(o.origin), speaker.ASPath(append([]uint32{linkASNs[link]}, o.path...)...), speaker.NextHop(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + link)})))
			if o.med >= 0 {
				attrs = speaker.Join(attrs, speaker.MED(uint32(o.med)))
			}
			out = append(out, speaker.Update(nil, attrs, speaker.NLRI(contested(i)))...)
		}
	}
	return out
}

func checkDecision(t *testing.T, f *frr, sight *rib.Sight, us *rib.Observer, i int) {
	var answer struct {
		Paths []struct {
			Community struct {
				String string `json:"string"`
			} `json:"community"`
			BestPath struct {
				Overall         bool   `json:"overall"`
				SelectionReason string `json:"selectionReason"`
			} `json:"bestpath"`
		} `json:"paths"`
	}
	if err := f.json(&answer, "show bgp ipv4 unicast "+contested(i).String()+" json"); err != nil {
		t.Fatal(err)
	}
	winner, reason := "", ""
	for _, p := range answer.Paths {
		if p.BestPath.Overall {
			winner, reason = strings.Replace(p.Community.String, "64496:", "link", 1), p.BestPath.SelectionReason
		}
	}
	d := sight.Decide(us, contested(i).Addr(), rib.Query{})
	if d.Reason != decisions[i].reason {
		t.Errorf("we say %s (%s), want %s", d.Reason, d.Detail, decisions[i].reason)
	}
	if !strings.Contains(strings.Join(decisions[i].frr, "|"), reason) || reason == "" {
		t.Errorf("FRR says %q, want one of %q", reason, decisions[i].frr)
	}
	if d.Reason == rib.ReasonRouterLocal { // what breaks the tie is the router's own
		if d.Outcome != rib.OutcomeTie {
			t.Errorf("outcome %s, want a tie", d.Outcome)
		}
		return
	}
	if d.Winner == rib.NoLink || sight.Table().LinkName(d.Winner) != winner {
		t.Errorf("we say %s of %+v, FRR takes %s", sight.Table().LinkName(d.Winner), d, winner)
	}
}

// TestAddPathFromDaemons: several paths of one prefix, from daemons that can send them (FRR does so
// in TestFRRDecidesAsWeDo).
func TestAddPathFromDaemons(t *testing.T) {
	t.Parallel()
	p4, p6 := netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:77::/48")
	kinds := []struct {
		name  string
		start func(t *testing.T, c daemonConfig)
	}{
		{"BIRD", func(t *testing.T, c daemonConfig) {
			var routes strings.Builder
			for i := 1; i <= 2; i++ {
				for family, p := range map[string]netip.Prefix{"ipv4": p4, "ipv6": p6} {
					fmt.Fprintf(&routes, "protocol static { %s; route %s blackhole { bgp_med = %d; }; }\n", family, p, i)
				}
			}
			startBIRD(t, 0, fmt.Sprintf(`router id %s;
%sprotocol bgp tap { local %s port %d as %d; neighbor %s port %d as %d; strict bind yes; multihop; connect delay time 1;
	ipv4 { import none; export all; add paths tx; next hop address %s; };
	ipv6 { import none; export all; add paths tx; next hop address %s; };
}
`, routerIDOf(c.local), routes.String(), c.local, freePort(t, c.local), c.asn, c.collector.Addr(), c.collector.Port(), ourASN, nextHop4, nextHop6))
		}},
		{"ExaBGP", func(t *testing.T, c daemonConfig) {
			var routes strings.Builder
			for i := 1; i <= 2; i++ {
				fmt.Fprintf(&routes, "\t\troute %s next-hop %s med %d path-information 0.0.0.%d;\n", p4, nextHop4, i, i)
				fmt.Fprintf(&routes, "\t\troute %s next-hop %s med %d path-information 0.0.0.%d;\n", p6, nextHop6, i, i)
			}
			startExaBGP(t, fmt.Sprintf(`neighbor %s {
	router-id %s; local-address %s; local-as %d; peer-as %d; connect %d;
	capability { add-path send; }
	family { ipv4 unicast; ipv6 unicast; }
	add-path { ipv4 unicast; ipv6 unicast; }
	static {
%s	}
}
`, c.collector.Addr(), routerIDOf(c.local), c.local, c.asn, ourASN, c.collector.Port(), routes.String()))
		}},
	}
	var neighbors []bgp.Neighbor
	for i, kind := range kinds {
		neighbors = append(neighbors, bgp.Neighbor{Name: kind.name, Address: daemonAddress(20+i, 0), ASN: ourASN, LocalASN: ourASN, AddPath: true})
	}
	s := listen(t, bgp.Config{Neighbors: neighbors})
	t.Run("routers", func(t *testing.T) {
		for i, kind := range kinds {
			t.Run(kind.name, func(t *testing.T) {
				t.Parallel()
				c := daemonConfig{asn: ourASN, local: daemonAddress(20+i, 0), collector: s.addr()}
				kind.start(t, c)
				s.mustSoon(t, "two paths in each family", func(table *rib.Table) bool {
					return twoPaths(table, c.local, p4) && twoPaths(table, c.local, p6)
				})
			})
		}
	})
}

func twoPaths(t *rib.Table, router netip.Addr, p netip.Prefix) bool {
	routes := routesOf(t, router, p)
	return len(routes) == 2 && routes[0].PathID != routes[1].PathID && routes[0].Attrs.MED.Value+routes[1].Attrs.MED.Value == 3
}

// TestBIRDOverIPv6: a session over ::1 with TCP MD5 and TTL security.
func TestBIRDOverIPv6(t *testing.T) {
	t.Parallel()
	loopback := netip.IPv6Loopback()
	s := listen(t, bgp.Config{
		Listen:    []netip.AddrPort{netip.AddrPortFrom(loopback, 0)},
		Neighbors: []bgp.Neighbor{{Name: "six", Address: loopback, ASN: routerASN, LocalASN: ourASN, MD5: daemonKey, TTLSecurity: 1}},
	})
	b := startBIRD(t, 0, fmt.Sprintf(`router id 10.255.255.6;
protocol static { ipv4; route %s blackhole; }
protocol static { ipv6; route %s blackhole; }
protocol bgp tap { local ::1 port %d as %d; neighbor ::1 port %d as %d; strict bind yes; multihop 1; ttl security yes; password "%s"; connect delay time 1;
	ipv4 { import all; export all; next hop address %s; };
	ipv6 { import all; export all; next hop address %s; };
}
`, victim4, victim6, freePort(t, loopback), routerASN, s.addr().Port(), ourASN, daemonKey, nextHop4, nextHop6))
	s.mustSoon(t, "both families", func(table *rib.Table) bool {
		return len(routesOf(table, loopback, victim4)) == 1 && len(routesOf(table, loopback, victim6)) == 1
	})
	if text, err := b.ask("show protocols all tap"); err != nil || !strings.Contains(text, "Neighbor address: ::1") {
		t.Errorf("%v:\n%s", err, text)
	}
}
