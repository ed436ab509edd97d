package monitor

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/rib"
)

// TestWhatASessionHidesIsNotShown: a session between networks shows its router's paths one AS longer,
// and neither local preference nor MED as the router holds them.
func TestWhatASessionHidesIsNotShown(t *testing.T) {
	const site = `version: 1
site: {asns: [65536]}
monitor: {asn: 65551}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
feeds:
  - {name: inside, router: edge1, bgp: {neighbor: 192.0.2.1, asn: 65551, add-path: all}, classify: [{first-asn: 65540, link: isp-a}]}
  - {name: outside, router: edge1, bgp: {neighbor: 192.0.2.2, asn: 65536, add-path: all}, classify: [{first-asn: 65540, link: isp-a}]}
  - {name: mirror-inside, mirrors: isp-a, bgp: {neighbor: 192.0.2.3, asn: 65551}}
  - {name: mirror-outside, mirrors: isp-a, bgp: {neighbor: 192.0.2.4, asn: 65536}}
`
	c := load(t, site)
	c.Log = zap.NewNop()
	w := newWriter(c)
	for feed, form := range []rib.ASPathForm{rib.AsSent, rib.AsSent, rib.BeforeOwnASN, rib.AsSent} {
		if s := c.Table.Feeds()[feed].State; !s.Live || s.ASPathForm != form {
			t.Errorf("feed %d begins as %+v", feed, s)
		}
	}
	for _, tt := range []struct {
		name      string
		feed      rib.FeedID
		sent, got string
		hidden    rib.AttrSet
		link      string
	}{
		{"iBGP", 0, "65540 65541", "65540 65541", rib.AttrBest, "isp-a"},
		{"eBGP", 1, "65536 65540 65541", "65540 65541", rib.AttrBest | rib.AttrLocalPref | rib.AttrMED, "isp-a"},
		{"eBGP, prepended once too often", 1, "65536 65536 65540", "65536 65540", rib.AttrBest | rib.AttrLocalPref | rib.AttrMED, ""},
		{"eBGP, the router's own", 1, "65536", "", rib.AttrBest | rib.AttrLocalPref | rib.AttrMED, ""},
		{"eBGP, a set in front", 1, "{65536 65540}", "{65536 65540}", rib.AttrBest | rib.AttrLocalPref | rib.AttrMED, ""},
		{"eBGP, no first AS", 1, "65540", "65540", rib.AttrBest | rib.AttrLocalPref | rib.AttrMED, "isp-a"},
		{"a mirror inside", 2, "", "", rib.AttrBest, "isp-a"},
		{"a mirror outside", 3, "65536", "65536", rib.AttrBest, "isp-a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := announce("198.51.100.0/24", tt.sent)
			shared := u.Route.Attrs.ASPath
			u.Feed, u.Route.Neighbor = tt.feed, c.Neighbors[tt.feed].Address
			u.Route.Attrs.LocalPref, u.Route.Attrs.MED = rib.Some(100), rib.Some(5)
			w.enter([]rib.Update{u})
			if shared.String() != tt.sent {
				t.Errorf("the path that others share became %q", shared)
			}
			for _, e := range c.Table.Exact(netip.MustParsePrefix("198.51.100.0/24")) {
				if e.Feed != tt.feed {
					continue
				}
				if e.Attrs.ASPath.String() != tt.got || e.Attrs.NotShown != tt.hidden || c.Table.LinkName(e.Link) != tt.link {
					t.Errorf("held: path %q, not shown %v, link %q", e.Attrs.ASPath, e.Attrs.NotShown.Names(), c.Table.LinkName(e.Link))
				}
				if shows := !tt.hidden.Has(rib.AttrLocalPref); e.Attrs.LocalPref.Set != shows || e.Attrs.MED.Set != shows {
					t.Errorf("held: local preference %v, MED %v", e.Attrs.LocalPref, e.Attrs.MED)
				}
				return
			}
			t.Error("not held")
		})
	}
}

// TestASessionWithoutAddPathProvesNoAbsence: what a feed declares, its session must have agreed to.
func TestASessionWithoutAddPathProvesNoAbsence(t *testing.T) {
	const site = `version: 1
site: {asns: [65536]}
monitor: {asn: 65536}
links: [{name: isp-a, kind: internet, router: edge1, firewall: fw-a}]
feeds: [{name: edge1, link: isp-a, bgp: {neighbor: 192.0.2.1, asn: 65536%s}}]
`
	for _, tt := range []struct {
		name, keys string
		addPath    [2]bool
		whole      bool
	}{
		{"agreed", ", add-path: all", [2]bool{true, true}, true},
		{"agreed for one family", ", add-path: all", [2]bool{true, false}, false},
		{"not agreed", ", add-path: all", [2]bool{}, false},
		{"not declared", "", [2]bool{}, true}, // and then a weak view
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, fmt.Sprintf(site, tt.keys))
			c.Log, c.Sessions = zap.NewNop(), &script{}
			w := newWriter(c)
			router := rib.Route{Neighbor: netip.MustParseAddr("192.0.2.1")}
			w.enter([]rib.Update{
				{Kind: rib.PeerUp, Route: router, Peer: &rib.PeerChange{Families: [2]bool{true, true}, AddPath: tt.addPath}},
				{Kind: rib.EndOfRIB, Route: router, Family: rib.IPv4},
				{Kind: rib.EndOfRIB, Route: router, Family: rib.IPv6},
			})
			c.Table.Judge(time.Now())
			if why := c.Table.Feeds()[0].Failing(); (why == "") != tt.whole {
				t.Errorf("failing: %q", why)
			}
		})
	}
}
