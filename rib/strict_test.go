package rib_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// The tests below hold, rule by rule, where evidence that looks whole is not.

func families(fams ...rib.Family) func(*rib.Feed) { return func(f *rib.Feed) { f.Families = fams } }
func holds(fams ...rib.Family) func(*rib.Feed)    { return func(f *rib.Feed) { f.State.Families = fams } }
func closed(f *rib.Feed)                          { f.State = rib.FeedState{Closed: true} }
func onRouter(name string) func(*rib.Feed)        { return func(f *rib.Feed) { f.Router = name } }

func TestStaticProvesAbsenceOnlyWhereNoFeedOfTheLinkFallsShort(t *testing.T) {
	classified := func(f *rib.Feed) { f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}} }
	for name, test := range map[string]struct {
		link    string
		view    rib.View
		options []func(*rib.Feed)
		outcome rib.Outcome
	}{
		"none":                     {"a", "", nil, rib.OutcomeUnreachable},
		"a whole one":              {"a", rib.AdjRIBInPost, nil, rib.OutcomeUnreachable},
		"a partial one":            {"a", rib.AdjRIBInPost, []func(*rib.Feed){partial}, rib.OutcomeUnknown},
		"a stale one":              {"a", rib.AdjRIBInPre, []func(*rib.Feed){stale}, rib.OutcomeUnknown},
		"one that was not read":    {"a", rib.AdjRIBInPost, []func(*rib.Feed){nothing}, rib.OutcomeUnknown},
		"a table of winners":       {"", rib.LocRIB, []func(*rib.Feed){classified}, rib.OutcomeUnknown},
		"another router's table":   {"a", rib.BGPTable, []func(*rib.Feed){onRouter("core")}, rib.OutcomeUnknown},
		"one for the other family": {"a", rib.AdjRIBInPost, []func(*rib.Feed){nothing, families(rib.IPv6)}, rib.OutcomeUnreachable},
		"one of the other tables":  {"a", rib.AdjRIBOutPost, []func(*rib.Feed){partial}, rib.OutcomeUnreachable},
		"one of another link":      {"b", rib.AdjRIBInPost, []func(*rib.Feed){partial}, rib.OutcomeUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			a := isp("a", 65540)
			a.Static = &rib.Static{Receives: mustPrefixes(their)}
			w := newSite(a, isp("b", 65541))
			if test.view != "" {
				w.feed(test.link, test.view, test.options...)
			}
			only := rib.Query{Sees: []rib.LinkID{0}}
			if d := w.ask(t, "us", "192.0.2.1", only); d.Outcome != test.outcome {
				t.Errorf("what it does not list: %s, want %s (%+v)", d.Outcome, test.outcome, d.Doubts)
			}
			d := w.ask(t, "us", peer, only)
			d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
			d.assumes(t, "declared, not observed: static on a")
		})
	}
}

func TestABGPTableProvesAbsenceOnlyOfTheLinksThatItsOwnRouterHas(t *testing.T) {
	for _, test := range []struct {
		routers      [2]string // of links a, which is asked about, and b
		table, named string    // the feed's router and link
		want         bool
	}{
		{[2]string{"r1", "r2"}, "r1", "", true},
		{[2]string{"r1", "r2"}, "r2", "", false},
		{[2]string{"r1", "r2"}, "r2", "a", false},
		{[2]string{"r1", "r2"}, "", "", false},
		{[2]string{"r1", "r2"}, "", "a", false},
		{[2]string{"", "r2"}, "r2", "", false},
		{[2]string{"", "r2"}, "r2", "a", false},
		{[2]string{"", "r2"}, "", "", false},
		{[2]string{"", "r2"}, "", "a", true},
		{[2]string{"r1", "r1"}, "", "", true},
		{[2]string{"r1", "r1"}, "r2", "", false},
		{[2]string{"", ""}, "", "", true},
		{[2]string{"", ""}, "r1", "", true},
	} {
		a, b := isp("a", 65540), isp("b", 65541)
		a.Router, b.Router = test.routers[0], test.routers[1]
		w := newSite(a, b)
		w.feed(test.named, rib.BGPTable, onRouter(test.table), func(f *rib.Feed) {
			if test.named == "" {
				f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
			}
		})
		if c := coverage(w, rib.Received); c.Covered != test.want {
			t.Errorf("%+v: covered %v (%s)", test, c.Covered, c.Why)
		}
	}
}

func TestAFarEndThatNamesNoFamiliesIsMeantForBoth(t *testing.T) {
	both := []rib.Family{rib.IPv4, rib.IPv6}
	for name, test := range map[string]struct {
		options []func(*rib.Feed)
		outcome rib.Outcome
		doubt   string
	}{
		"it shows IPv4 alone":            {nil, rib.OutcomeUndetermined, "shows no ipv6"},
		"it says that it is for IPv4":    {opt(families(rib.IPv4)), rib.OutcomeDecided, ""},
		"it marks IPv6, and shows none":  {opt(holds(both...)), rib.OutcomeUnreachable, ""},
		"it says both, and marks IPv4":   {opt(families(both...)), rib.OutcomeUnreachable, ""},
		"unread, for IPv4":               {opt(nothing, families(rib.IPv4)), rib.OutcomeDecided, ""},
		"unread, and names no families:": {opt(nothing), rib.OutcomeUndetermined, "it may have been for ipv6"},
	} {
		for _, declared := range []bool{false, true} {
			a := isp("a", 65540)
			if declared {
				a.Static = &rib.Static{Advertises: mustPrefixes("2001:db8::/48")}
			}
			w := newSite(a)
			if !declared {
				w.row(w.feed("a", rib.AdjRIBOutPost, holds(both...)), "2001:db8::/48", "65536")
			}
			w.feed("a", rib.FarEnd, test.options...)
			d := w.ask(t, "internet", "2001:db8::1")
			want := test.outcome
			if declared && want == rib.OutcomeUndetermined {
				want = rib.OutcomeUnknown // beside it static: proves no absence either
			}
			if d.Outcome != want {
				t.Errorf("%s (declared: %v): %s, want %s", name, declared, d.Outcome, want)
			}
			if test.doubt != "" {
				d.doubts(t, "whether it was accepted")
				d.doubts(t, test.doubt)
			}
		}
	}
}

func opt(options ...func(*rib.Feed)) []func(*rib.Feed) { return options }

func TestARouteThatAWholePrePolicyTableLacksIsDoubtful(t *testing.T) {
	for _, post := range []rib.View{rib.AdjRIBOutPost, rib.AdjRIBInPost, rib.BGPTable} {
		pre, prefix, observer, address, path := rib.AdjRIBInPre, their, "us", peer, "65540"
		if post == rib.AdjRIBOutPost {
			pre, prefix, observer, address, path = rib.AdjRIBOutPre, ours, "internet", host, "65536"
		}
		for name, test := range map[string]struct {
			shows   string
			options []func(*rib.Feed)
			firm    bool
		}{
			"it lacks it":                    {"", nil, false},
			"it shows another":               {"192.0.2.0/24", nil, false},
			"it shows it":                    {prefix, nil, true},
			"its end was not seen":           {"", opt(partial), true},
			"it is stale":                    {"", opt(stale), true},
			"it is for the other family":     {"", opt(holds(rib.IPv6)), true},
			"it was filtered to something":   {"", opt(scoped("192.0.2.0/24")), true},
			"it was filtered to this":        {"", opt(scoped(prefix)), false},
			"two parts, and the second does": {"second", nil, true},
		} {
			w := newSite(isp("a", 65540))
			w.row(w.feed("a", post), prefix, path)
			f := w.feed("a", pre, test.options...)
			switch test.shows {
			case "":
			case "second":
				w.row(w.feed("a", pre), prefix, path)
			default:
				w.row(f, test.shows, path)
			}
			d := w.ask(t, observer, address)
			if test.firm {
				d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
			} else {
				d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
				d.doubts(t, "policy makes no routes")
			}
			if t.Failed() {
				t.Fatalf("%s: %s", post, name)
			}
		}
	}
}

func TestALinksPreferenceStandsInOnlyWhereNoRouteCanBeHidden(t *testing.T) {
	for name, test := range map[string]struct {
		option func(*rib.Feed)
		open   bool
	}{
		"whole":            {func(*rib.Feed) {}, false},
		"whole in a scope": {scoped(their), false},
		"partial":          {partial, true},
	} {
		w := forward(opts{hidden(rib.AttrLocalPref)}, opts{lp(150)})
		w.links[0].Preference = rib.Some(200)
		test.option(&w.feeds[0])
		d := w.ask(t, "us", peer)
		if !test.open {
			d.is(t, rib.OutcomeDecided, "a", rib.ReasonLocalPref)
			continue
		}
		if d.Firm() {
			t.Errorf("%s: %s %v", name, d.Outcome, d.Links)
		}
		d.doubts(t, "the local preference on a is not shown")
	}
}

func TestACollectorThatFailsLeavesTheInternetsChoiceOpen(t *testing.T) {
	for name, test := range map[string]struct {
		options []func(*rib.Feed)
		open    bool
	}{
		"whole":                {nil, false},
		"partial":              {opt(partial), true},
		"stale":                {opt(stale), true},
		"unproven, and strict": {opt(unproven), true},
		"unread":               {opt(nothing), true},
		"left out on purpose":  {opt(closed), false},
		"of the other family":  {opt(partial, holds(rib.IPv6)), false},
		"for the other family": {opt(nothing, families(rib.IPv6)), false},
	} {
		w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "65536", "65536")
		w.row(1, "203.0.112.0/24", "65536")
		f := w.feed("", rib.Collector)
		w.row(f, ours, "65550 65541 65536", neighbour("192.0.2.1"))
		w.row(f, ours, "65551 65541 65536", neighbour("192.0.2.2"))
		w.feed("", rib.Collector, test.options...)
		w.opt.Strict = true
		d := w.ask(t, "internet", host)
		if test.open {
			d.is(t, rib.OutcomeUndetermined, "a b", rib.ReasonEqual)
			d.doubts(t, "what the collectors show")
		} else {
			d.is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
		}
		// Where one link is left there is nothing to choose, and Microsoft asks no collector.
		w.ask(t, "internet", "203.0.112.1").is(t, rib.OutcomeDecided, "b", rib.ReasonOnlyRoute)
		w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestBehindARouterThatDoesNotShowItsChoiceAnyLinkMayWin(t *testing.T) {
	for name, test := range map[string]struct {
		a, b    opts
		behind  string
		outcome rib.Outcome
		links   string
		reason  rib.Reason
	}{
		"it shows no marks":             {opts{hidden(rib.AttrBest)}, opts{marked(rib.Best)}, "edge-a", rib.OutcomeUndetermined, "a b", rib.ReasonRouterLocal},
		"it marks none of its own":      {nil, opts{marked(rib.Best)}, "edge-a", rib.OutcomeUndetermined, "a b", rib.ReasonRouterLocal},
		"it has none of the routes":     {nil, opts{marked(rib.Best)}, "core", rib.OutcomeUndetermined, "a b", rib.ReasonRouterLocal},
		"it marks one":                  {nil, opts{marked(rib.Best)}, "edge-b", rib.OutcomeDecided, "b", rib.ReasonRouterChose},
		"another step comes before":     {opts{lp(200)}, nil, "edge-b", rib.OutcomeDecided, "a", rib.ReasonLocalPref},
		"nobody is asked, and none are": {nil, nil, "", rib.OutcomeTie, "a b", rib.ReasonRouterLocal},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", test.a...)
		w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", test.b...)
		d := w.ask(t, "us", peer, rib.Query{Behind: test.behind})
		d.is(t, test.outcome, test.links, test.reason)
		if test.outcome == rib.OutcomeUndetermined {
			d.doubts(t, "what "+test.behind+" chooses is not shown")
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestInATableOfWinnersThatMarksItsBestTheUnmarkedLost(t *testing.T) {
	for name, test := range map[string]struct {
		a, b    rib.Marks
		outcome rib.Outcome
		links   string
		reason  rib.Reason
	}{
		"one is best":                   {rib.Best, 0, rib.OutcomeDecided, "a", rib.ReasonRouterChose},
		"the other one":                 {0, rib.Best, rib.OutcomeDecided, "b", rib.ReasonRouterChose},
		"best and multipath":            {rib.Best, rib.Multipath, rib.OutcomeTie, "a b", rib.ReasonEqual},
		"none is marked":                {0, 0, rib.OutcomeTie, "a b", rib.ReasonEqual},
		"multipath without a best":      {0, rib.Multipath, rib.OutcomeTie, "a b", rib.ReasonEqual},
		"the best is of another prefix": {0, 0, rib.OutcomeTie, "a b", rib.ReasonEqual},
	} {
		a, b := isp("a", 65540), isp("b", 65541)
		a.Router, b.Router = "edge", "edge"
		w := newSite(a, b)
		f := w.feed("", rib.LocRIB, onRouter("edge"), func(f *rib.Feed) {
			f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
		})
		w.row(f, their, "65540", marked(test.a))
		w.row(f, their, "65541", marked(test.b), pathID(1))
		w.row(f, "0.0.0.0/0", "65540", marked(rib.Best), pathID(2))
		w.ask(t, "us", peer).is(t, test.outcome, test.links, test.reason)
		if t.Failed() {
			t.Fatal(name)
		}
		// Another table's marks are no word on this one's rows.
		w = newSite(a, b)
		other := func(f *rib.Feed) { f.Name = "other" }
		w.row(w.feed("a", rib.LocRIB), their, "65540", marked(rib.Best))
		w.row(w.feed("a", rib.LocRIB, other), their, "65540", pathID(1))
		if d := w.ask(t, "us", peer); slices.ContainsFunc(d.Candidates, func(c rib.Candidate) bool { return strings.Contains(c.Detail, "marks another route") }) {
			t.Errorf("candidates %+v", d.Candidates)
		}
	}
}

func TestABlindInternetLinkMayCarryLongPrefixesWhereAnotherIsSeenTo(t *testing.T) {
	vpn := rib.Link{Name: "a", Kind: rib.VPN, Router: "edge-a", NeighborASNs: []uint32{65540}}
	const capped = "b is blind, and carries nothing longer than /24 here"
	for name, test := range map[string]struct {
		a       rib.Link
		prefix  string
		b       func(*rib.Feed)
		outcome rib.Outcome
		assumes bool
	}{
		"a /25 on an internet link":          {isp("a", 65540), "198.51.100.0/25", partial, rib.OutcomeUnknown, false},
		"a host route there":                 {isp("a", 65540), "198.51.100.9/32", partial, rib.OutcomeUnknown, false},
		"a /25 on a VPN":                     {vpn, "198.51.100.0/25", partial, rib.OutcomeDecided, true},
		"the blind one's scope leaves less":  {isp("a", 65540), "198.51.100.0/25", scoped(their), rib.OutcomeDecided, false},
		"its scope lies somewhere else":      {isp("a", 65540), "198.51.100.0/25", scoped("192.0.2.0/24"), rib.OutcomeUnknown, false},
		"a VPN's /25, and a scope elsewhere": {vpn, "198.51.100.0/25", scoped("192.0.2.0/24"), rib.OutcomeDecided, true},
		"a VPN's /25, and a scope round it":  {vpn, "198.51.100.0/25", scoped(their), rib.OutcomeDecided, false},
		"a /49 of IPv6 on an internet link":  {isp("a", 65540), "2001:db8::/49", partial, rib.OutcomeUnknown, false},
	} {
		w := newSite(test.a, isp("b", 65541))
		f := w.feed("a", rib.AdjRIBInPost, holds(rib.Families[:]...))
		w.row(f, test.prefix, "65540", lp(1000))
		w.feed("b", rib.AdjRIBInPost, holds(rib.Families[:]...), test.b)
		address := peer
		if strings.Contains(test.prefix, ":") {
			address = "2001:db8::1"
		}
		d := w.ask(t, "us", address)
		if d.Outcome != test.outcome || slices.Contains(d.Assumes, capped) != test.assumes {
			t.Errorf("%s: %s %v, assumes %q", name, d.Outcome, d.Links, d.Assumes)
		}
	}
	// What we advertise ourselves is no word on what an ISP lets through.
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "-", "-")
	w.row(w.feed("", rib.Collector), "203.0.113.0/25", "65550 65540 65536")
	partial(&w.feeds[1])
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumes(t, capped)
}

func TestATableOfWinnersDoesNotDecideAloneBesideStaticRoutes(t *testing.T) {
	for name, test := range map[string]struct {
		static  *rib.Static
		outcome rib.Outcome
		reason  rib.Reason
	}{
		"none":            {nil, rib.OutcomeDecided, rib.ReasonRouterChose},
		"advertised ones": {&rib.Static{Advertises: mustPrefixes(ours)}, rib.OutcomeDecided, rib.ReasonRouterChose},
		"received ones":   {&rib.Static{Receives: mustPrefixes("198.51.100.0/25")}, rib.OutcomeUnknown, rib.ReasonLongestMatch},
	} {
		a, b := isp("a", 65540), isp("b", 65541)
		a.Router, b.Router, b.Static = "edge", "edge", test.static
		w := newSite(a, b)
		f := w.feed("", rib.LocRIB, onRouter("edge"), func(f *rib.Feed) {
			f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
		})
		w.row(f, their, "65540")
		for _, behind := range []string{"", "edge"} {
			if d := w.ask(t, "us", peer, rib.Query{Behind: behind}); d.Outcome != test.outcome || d.Reason != test.reason {
				t.Errorf("%s, behind %q: %s %v by %s", name, behind, d.Outcome, d.Links, d.Reason)
			}
		}
	}
}
