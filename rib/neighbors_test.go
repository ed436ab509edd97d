package rib_test

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// TestInAWholeTableTheNeighbourTellsMoreThanTheFirstASN: a copy from an iBGP neighbour keeps the first
// ASN, and many formats do not say that it is one. Where the link lists its neighbours, they tell.
func TestInAWholeTableTheNeighbourTellsMoreThanTheFirstASN(t *testing.T) {
	byASN := []rib.ClassifyRule{{FirstASN: 12076, Link: "red"}}
	byNeighbour := []rib.ClassifyRule{{Neighbor: netip.MustParseAddr("10.255.0.9"), Link: "red"}}
	for name, tt := range map[string]struct {
		lists    []string
		from     string
		view     rib.View
		classify []rib.ClassifyRule
		link     string
	}{
		"the link's own":                       {[]string{"192.0.2.65"}, "192.0.2.65", rib.BGPTable, byASN, "red"},
		"another router's":                     {[]string{"192.0.2.65"}, "10.255.0.9", rib.BGPTable, byASN, ""},
		"another router's, as the only link":   {[]string{"192.0.2.65"}, "10.255.0.9", rib.BGPTable, nil, ""},
		"in a table of winners":                {[]string{"192.0.2.65"}, "10.255.0.9", rib.LocRIB, byASN, ""},
		"in IPv6":                              {[]string{"2001:db8:77::1"}, "2001:db8:77::9", rib.BGPTable, byASN, ""},
		"no address of its family listed":      {[]string{"192.0.2.65"}, "2001:db8:77::9", rib.BGPTable, byASN, "red"},
		"none listed":                          {nil, "10.255.0.9", rib.BGPTable, byASN, "red"},
		"a link-local one, which any has":      {[]string{"2001:db8:77::1"}, "fe80::9", rib.BGPTable, byASN, "red"},
		"a rule names the very address":        {[]string{"192.0.2.65"}, "10.255.0.9", rib.BGPTable, byNeighbour, "red"},
		"a dump that does not show who it was": {[]string{"192.0.2.65"}, "", rib.BGPTable, byASN, "red"},
	} {
		table := rib.NewTable([]uint32{65536}, []rib.Link{private("red", "red", tt.lists...)}, []*rib.Feed{{Name: "table", View: tt.view, Router: "edge-red", Classify: tt.classify}})
		path, err := rib.ParseASPath("12076 65551")
		if err != nil {
			t.Fatal(err)
		}
		r := rib.Route{Prefix: netip.MustParsePrefix("203.0.112.0/24"), Attrs: rib.Attrs{ASPath: path, NextHop: netip.MustParseAddr("192.0.2.99")}}
		if tt.from != "" {
			r.Neighbor = netip.MustParseAddr(tt.from)
		}
		if _, err := table.Advertise(0, &r); err != nil {
			t.Fatal(err)
		}
		table.Settle()
		e := table.Exact(r.Prefix)[0]
		if got := table.LinkName(e.Link); (tt.link == "") != (e.Tie == rib.Unclassified) || e.Tie == rib.Tied && got != tt.link {
			t.Errorf("%s: %s %q, want %q", name, e.Tie, got, tt.link)
		}
	}
}

// TestWhatAFormatHasNoMarkForIsSaid: once a feed, and not where the neighbour or a best mark tells.
func TestWhatAFormatHasNoMarkForIsSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		missing rib.Marks
		want    bool
	}{
		"no mark for rows of iBGP neighbors": {rib.IBGP, true},
		"a mark for all":                     {0, false},
	} {
		w := newSite(isp("a", 65540))
		w.row(w.feed("a", rib.BGPTable, holds(rib.Families[:]...), func(f *rib.Feed) { f.State.MarksNotShown = tt.missing }), their, "65540 65551")
		d := w.ask(t, "us", peer)
		if said := strings.Contains(strings.Join(d.Assumes, "; "), name); said != tt.want {
			t.Errorf("%s: assumes %q", name, d.Assumes)
		}
	}
}
