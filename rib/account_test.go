package rib_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bgpaudit/rib"
)

func onLine(n int) func(*rib.Route) { return func(r *rib.Route) { r.Line = n } }

func nextHop(a string) func(*rib.Route) {
	return func(r *rib.Route) { r.Attrs.NextHop = netip.MustParseAddr(a) }
}

// TestEveryRowIsOfOneKind: each table is one feed, and each of its rows is of a kind that the issue
// of accounts gives by name.
func TestEveryRowIsOfOneKind(t *testing.T) {
	classified := func(rules ...rib.ClassifyRule) func(*rib.Feed) {
		return func(f *rib.Feed) { f.Link, f.Classify = "", rules }
	}
	tests := []struct {
		name  string
		feed  func(w *world) int
		rows  func(w *world, feed int)
		state func(s *rib.FeedState)
		count map[rib.RowKind]int
		first map[rib.RowKind]rib.Aside
	}{
		{
			name: "a router's whole table",
			feed: func(w *world) int {
				return w.feed("a", rib.BGPTable, classified(rib.ClassifyRule{Neighbor: netip.MustParseAddr("192.0.2.66"), Ignore: true}))
			},
			rows: func(w *world, feed int) {
				w.row(feed, "198.18.0.0/24", "65540 65550", onLine(9))
				w.row(feed, "198.18.1.0/24", "65540", onLine(7))
				w.row(feed, "198.18.2.0/24", "8075 65550", onLine(5))
				w.row(feed, "203.0.113.0/24", "", onLine(4), nextHop("0.0.0.0"))
				w.row(feed, "198.18.3.0/24", "65541", onLine(8), marked(rib.IBGP))
				w.row(feed, "198.18.4.0/24", "65540", onLine(6), neighbour("192.0.2.66"))
				w.row(feed, "198.18.5.0/24", "65540 65536", onLine(11))
				w.row(feed, "198.18.6.0/24", "65540", onLine(10), marked(rib.Invalid))
				w.row(feed, "2001:db8:18::/48", "65540", onLine(3))
			},
			state: func(s *rib.FeedState) {
				s.Skipped, s.Bad = 2, rib.Aside{Line: 12, Why: "a cut row"}
				s.Others, s.Other = 3, rib.Aside{Line: 20, Why: "of neighbor 192.0.2.9"}
			},
			count: map[rib.RowKind]int{rib.RowTied: 3, rib.RowUnclassified: 1, rib.RowOwn: 1, rib.RowInternal: 1, rib.RowIgnored: 1, rib.RowIneligible: 2, rib.RowBad: 2, rib.RowOther: 3},
			first: map[rib.RowKind]rib.Aside{
				rib.RowTied:         {Line: 3, Why: "2001:db8:18::/48: link a"},
				rib.RowUnclassified: {Line: 5, Why: "198.18.2.0/24: no rule of feed a-bgp-table ties it to one link: it begins with AS 8075, which no link has"},
				rib.RowOwn:          {Line: 4, Why: "203.0.113.0/24: the router's own network: it has no AS path, and no neighbor sent it"},
				rib.RowInternal:     {Line: 8, Why: "198.18.3.0/24: learned from an iBGP neighbor: another router received it"},
				rib.RowIgnored:      {Line: 6, Why: "198.18.4.0/24: a classify rule says ignore: true"},
				rib.RowIneligible:   {Line: 10, Why: "198.18.6.0/24: not valid on the router: next hop unresolved, damped or history"},
				rib.RowBad:          {Line: 12, Why: "a cut row"},
				rib.RowOther:        {Line: 20, Why: "of neighbor 192.0.2.9"},
			},
		},
		{
			name: "what a neighbour sends, with rows of another link's",
			feed: func(w *world) int { return w.feed("a", rib.AdjRIBInPost) },
			rows: func(w *world, feed int) {
				w.row(feed, "198.18.0.0/24", "65540", onLine(2))
				w.row(feed, "198.18.1.0/24", "65541", onLine(3))
				w.row(feed, "198.18.2.0/24", "65540", onLine(4), marked(rib.Filtered))
			},
			count: map[rib.RowKind]int{rib.RowTied: 1, rib.RowTiedElsewhere: 1, rib.RowIneligible: 1},
			first: map[rib.RowKind]rib.Aside{
				rib.RowTied:          {Line: 2, Why: "198.18.0.0/24: link a"},
				rib.RowTiedElsewhere: {Line: 3, Why: "198.18.1.0/24: its AS path begins with AS 65541, which is that of link b"},
				rib.RowIneligible:    {Line: 4, Why: "198.18.2.0/24: filtered by import policy"},
			},
		},
		{
			name: "a far end's table, with strangers' rows in and outside declared space",
			feed: func(w *world) int { return w.feed("a", rib.FarEnd) },
			rows: func(w *world, feed int) {
				w.row(feed, "203.0.113.0/24", "65536", onLine(8))
				w.row(feed, "203.0.112.0/24", "65001", onLine(7))
				w.row(feed, "203.0.112.128/25", "65001", onLine(6))
				w.row(feed, "198.18.0.0/24", "65550", onLine(5))
				w.row(feed, "198.18.1.0/24", "65550", onLine(4))
				w.row(feed, "203.0.113.128/25", "65536", onLine(3), marked(rib.Invalid))
				w.row(feed, "0.0.0.0/0", "65550", onLine(2))
			},
			count: map[rib.RowKind]int{rib.RowTied: 1, rib.RowUnclassified: 2, rib.RowForeign: 3, rib.RowIneligible: 1},
			first: map[rib.RowKind]rib.Aside{
				rib.RowTied:         {Line: 8, Why: "203.0.113.0/24: link a"},
				rib.RowUnclassified: {Line: 6, Why: "203.0.112.128/25: it is in our declared space, and its AS path 65001 in feed a-far-end names none of site.asns"},
				rib.RowForeign:      {Line: 2, Why: "0.0.0.0/0: no ASN of site.asns is in its AS path, and it is not in our declared space"},
				rib.RowIneligible:   {Line: 3, Why: "203.0.113.128/25: its holder does not use it: invalid, filtered, history or damped"},
			},
		},
		{
			name: "what we advertise is told apart by no mark: it was sent, or may have been",
			feed: func(w *world) int { return w.feed("a", rib.AdjRIBOutPost) },
			rows: func(w *world, feed int) {
				w.row(feed, "203.0.113.0/24", "", onLine(1))
				w.row(feed, "203.0.112.0/24", "", onLine(2), marked(rib.Unselected))
			},
			count: map[rib.RowKind]int{rib.RowTied: 2},
			first: map[rib.RowKind]rib.Aside{rib.RowTied: {Line: 1, Why: "203.0.113.0/24: link a"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newSite(isp("a", 65540), isp("b", 65541))
			w.links[0].Router, w.links[1].Router = "edge", "edge"
			w.opt.Declared = mustPrefixes("203.0.112.0/24", "203.0.113.0/24")
			feed := tt.feed(w)
			tt.rows(w, feed)
			if tt.state != nil {
				tt.state(&w.feeds[feed].State)
			}
			got := w.sight().Rows(rib.FeedID(feed))
			read := 0
			for kind := range rib.RowKinds {
				read += tt.count[kind]
				if got.Count[kind] != tt.count[kind] {
					t.Errorf("%d rows %s, want %d", got.Count[kind], kind, tt.count[kind])
				}
				if diff := cmp.Diff(tt.first[kind], got.First[kind]); diff != "" {
					t.Errorf("first %s: -want +got\n%s", kind, diff)
				}
			}
			if got.Read() != read {
				t.Errorf("read %d, want %d", got.Read(), read)
			}
		})
	}
}
