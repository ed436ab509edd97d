package rib_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
)

func TestWhatTheRowsOfAFeedSayAgainstItsDeclaration(t *testing.T) {
	families := func(fams ...rib.Family) func(*rib.Feed) { return func(f *rib.Feed) { f.Families = fams } }
	azure := func(f *rib.Feed) { f.State.Format = "azure-json" }
	v6 := "2001:db8:1::/48"
	for _, test := range []struct {
		name    string
		link    rib.Link
		view    rib.View
		options []func(*rib.Feed)
		rows    [][2]string // prefix, AS path
		want    string      // part of the contradiction; empty: none
	}{
		{"a neighbour's rows", isp("a", 65540), rib.AdjRIBInPost, nil, [][2]string{{"0.0.0.0/0", "65540"}}, ""},
		{"what we send saved as received", isp("a", 65540), rib.AdjRIBInPost, nil, [][2]string{{ours, "65536"}, {v6, "65536 64600"}}, "begins with our own AS"},
		{"one of ours comes back among the neighbour's", isp("a", 65540), rib.AdjRIBInPost, nil, [][2]string{{ours, "65536"}, {"0.0.0.0/0", "65540"}}, ""},
		{"our own AS behind the neighbour's, as sites of one AS have it", isp("a", 65540), rib.AdjRIBInPost, nil, [][2]string{{ours, "65540 65536"}}, ""},
		{"what we send, as advertised", isp("a", 65540), rib.AdjRIBOutPost, nil, [][2]string{{ours, "65536"}}, ""},
		{"rows of the family that it names", isp("a", 65540), rib.AdjRIBOutPost, []func(*rib.Feed){families(rib.IPv4)}, [][2]string{{ours, "65536"}}, ""},
		{"rows of one of two that it names", isp("a", 65540), rib.AdjRIBOutPost, []func(*rib.Feed){families(rib.IPv4, rib.IPv6)}, [][2]string{{ours, "65536"}}, ""},
		{"rows of the other family alone", isp("a", 65540), rib.AdjRIBOutPost, []func(*rib.Feed){families(rib.IPv6)}, [][2]string{{ours, "65536"}}, "families: names ipv6, and its rows are all ipv4"},
		{"rows of the other family alone, IPv6", circuit("a", "c", "primary"), rib.FarEnd, []func(*rib.Feed){families(rib.IPv4)}, [][2]string{{v6, "65536"}}, "families: names ipv4, and its rows are all ipv6"},
		{"no row of the family that it names", isp("a", 65540), rib.AdjRIBOutPost, []func(*rib.Feed){families(rib.IPv6)}, nil, ""},
		{"Azure's table of a circuit", circuit("a", "c", "primary"), rib.FarEnd, []func(*rib.Feed){azure}, [][2]string{{ours, "65536"}}, ""},
		{"Azure's table of an ISP", isp("a", 65540), rib.FarEnd, []func(*rib.Feed){azure}, [][2]string{{ours, "65536"}}, "is an internet link"},
		{"Azure's table of what we send an ISP", isp("a", 65540), rib.AdjRIBOutPost, []func(*rib.Feed){azure}, [][2]string{{ours, "65536"}}, "is an internet link"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newSite(test.link)
			f := w.feed("a", test.view, test.options...)
			for _, r := range test.rows {
				w.row(f, r[0], r[1])
			}
			table := w.table()
			table.Judge(time.Time{})
			got := table.Feeds()[f].State.Contradicts()
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("contradiction %q, want %q", got, test.want)
			}
		})
	}
}

func TestFeedsOfOneTextAreTakenOnTrustToBeTwoTables(t *testing.T) {
	text := func(f *rib.Feed) { f.State.Digest = [32]byte{1} }
	w := newSite(isp("a", 65540), circuit("b", "c", "primary"))
	for _, link := range []string{"a", "b"} {
		w.row(w.feed(link, rib.AdjRIBOutPost, text), ours, "65536")
	}
	table := w.table()
	table.Judge(time.Time{})
	s := rib.NewSight(table, w.opt)
	d := s.Decide(s.Observer("microsoft"), mustPrefixes(host + "/32")[0].Addr(), rib.Query{})
	if want := "feeds a-adj-rib-out-post and b-adj-rib-out-post are of two tables, though they hold the same text"; !slices.Contains(d.Assumes, want) {
		t.Errorf("assumes %q", d.Assumes)
	}
}
