package rib_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// forward is a site of two internet links on two routers, each with a whole post-policy feed of
// the prefix peer lies in.
func forward(a, b []func(*rib.Route), paths ...string) *world {
	w := newSite(isp("a", 65540), isp("b", 65541))
	paths = append(paths, "65540 65550", "65541 65550")
	w.row(w.feed("a", rib.AdjRIBInPost), their, paths[0], append(a, hidden(rib.AttrBest))...)
	w.row(w.feed("b", rib.AdjRIBInPost), their, paths[1], append(b, hidden(rib.AttrBest))...)
	return w
}

type opts = []func(*rib.Route)

func TestUsPrefersTheHigherLocalPreference(t *testing.T) {
	w := forward(opts{lp(100)}, opts{lp(200)}, "65540", "65541 65545 65545")
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
	if lost := d.Candidates[1]; lost.Lost != rib.ReasonLocalPref || lost.Detail != "local preference 100 < 200" {
		t.Errorf("the loser lost by %s, %q", lost.Lost, lost.Detail)
	}
}

func TestUsThenPrefersTheShorterPath(t *testing.T) {
	w := forward(nil, nil, "65540 65550 65551", "65541 65550")
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "b", rib.ReasonASPathLength)
	if detail := d.Candidates[1].Detail; detail != "AS path length 3 > 2" {
		t.Errorf("detail %q", detail)
	}
}

// RFC 4271 9.1.2.2 (a): a set counts one. RFC 5065 5.3: confederations count nothing.
func TestASetCountsOneAndConfederationsNothing(t *testing.T) {
	forward(nil, nil, "65540 {65545 65546 65547}", "65541 65545 65546").ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonASPathLength)
	forward(nil, nil, "(65001 65002) 65540", "65541 65545").ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonASPathLength)
}

func TestUsThenPrefersTheLowerOrigin(t *testing.T) {
	w := forward(opts{origin(rib.OriginIncomplete)}, opts{origin(rib.OriginEGP)})
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonOrigin)
}

func TestUsComparesMEDAmongRoutesOfOneNeighbourASOnly(t *testing.T) {
	w := forward(opts{med(10)}, opts{med(5)})
	w.ask(t, "us", peer).is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
	w = forward(opts{med(10)}, opts{med(5)}, "65540 65550", "65540 65550")
	w.links[1].NeighborASNs = []uint32{65540}
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonMED)
	// Absent is zero (RFC 4271 9.1.2.2 (c)).
	w = forward(nil, opts{med(5)}, "65540 65550", "65540 65550")
	w.links[1].NeighborASNs = []uint32{65540}
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonMED)
}

func TestWhatNoStepTellsApartIsATieThatARouterBreaksUnseen(t *testing.T) {
	d := forward(nil, nil).ask(t, "us", peer)
	d.is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
	if !d.Fragile || d.Winner != rib.NoLink {
		t.Errorf("fragile %v, winner %d", d.Fragile, d.Winner)
	}
}

func TestRoutersThatChooseDifferentlyAreATieWithEachRoutersWinner(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", marked(rib.Best))
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", marked(rib.Best))
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
	if len(d.PerRouter) != 2 || d.PerRouter[0].Router != "edge-a" || !slices.Equal(d.PerRouter[0].Links, []rib.LinkID{0}) ||
		d.PerRouter[1].Router != "edge-b" || !slices.Equal(d.PerRouter[1].Links, []rib.LinkID{1}) {
		t.Errorf("per router %+v", d.PerRouter)
	}
	w.ask(t, "us", peer, rib.Query{Behind: "edge-b"}).is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
}

func TestARouterThatMarksNoneOfItsOwnFollowsTheOther(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540")
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", marked(rib.Best))
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
}

func TestARouterThatMarksNothingItShowsMayHaveChosenWhatItDoesNotShow(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540")
	w.row(0, their, "65540", pathID(1), hidden(rib.AttrBest))
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", marked(rib.Best))
	w.ask(t, "us", peer).is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
}

// oneRouter is a site whose two links end on one router that shows its whole table.
func oneRouter(a, b []func(*rib.Route)) *world {
	la, lb := isp("a", 65540), isp("b", 65541)
	la.Router, lb.Router = "edge", "edge"
	w := newSite(la, lb)
	f := w.feed("", rib.BGPTable, func(f *rib.Feed) {
		f.Router = "edge"
		f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
	})
	w.row(f, their, "65540 65550", append(a, neighbour("192.0.2.1"))...)
	w.row(f, their, "65541 65550", append(b, neighbour("192.0.2.2"))...)
	return w
}

func TestMultipathOnOneRouterIsATieThatNamesItsBest(t *testing.T) {
	d := oneRouter(opts{marked(rib.Multipath)}, opts{marked(rib.Best)}).ask(t, "us", peer)
	d.is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
	if d.Winner != 1 || d.Fragile {
		t.Errorf("winner %d, fragile %v", d.Winner, d.Fragile)
	}
}

func TestTheBestMarkDecidesAheadOfAnAttributeThatIsNotShown(t *testing.T) {
	for name, hide := range map[string]rib.AttrSet{"local preference": rib.AttrLocalPref, "MED": rib.AttrMED} {
		w := oneRouter(opts{hidden(hide), marked(rib.Best)}, nil)
		w.rows[1].route.Attrs.ASPath, _ = rib.ParseASPath("65541 65550")
		if name == "local preference" {
			// The unmarked one is even shorter: what the mark rests on comes before that.
			w.rows[1].route.Attrs.ASPath, _ = rib.ParseASPath("65541")
		}
		w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonRouterChose)
	}
}

func TestAnAttributeThatIsNotShownLeavesTheAnswerOpen(t *testing.T) {
	d := forward(opts{hidden(rib.AttrLocalPref)}, opts{lp(100)}).ask(t, "us", peer)
	if d.Outcome != rib.OutcomeUndetermined {
		t.Errorf("outcome %s", d.Outcome)
	}
	d.doubts(t, "the local preference on a is not shown")
}

func TestARouterThatMarksWhatItsAttributesDoNotExplainLeavesTheAnswerOpen(t *testing.T) {
	w := oneRouter(opts{lp(200)}, opts{lp(100), marked(rib.Best)}) // a weight, perhaps
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeUndetermined, "a b", rib.ReasonLocalPref)
	d.doubts(t, "edge itself marks the route of b best")
}

func TestALinksPreferenceStandsInWhereNoRouteOfItShowsOne(t *testing.T) {
	w := forward(opts{hidden(rib.AttrLocalPref)}, opts{lp(150)})
	w.links[0].Preference = rib.Some(200)
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonLocalPref)

	// One route that shows it is enough for the shown ones to decide.
	w.row(0, "192.0.2.0/24", "65540", lp(100))
	w.row(0, "198.51.100.0/25", "65540", lp(100))
	w.row(1, "198.51.100.0/25", "65541", lp(150))
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
	if s := w.sight(); !s.LocalPrefShown(0, rib.IPv4) || s.LocalPrefShown(0, rib.IPv6) {
		t.Error("local preference is shown in IPv4 and in no other family")
	}
}

func TestTheLastRouteThatShowsALocalPreferenceMayGo(t *testing.T) {
	for name, leave := range map[string]func(*rib.Table, rib.Route){
		"withdrawn": func(table *rib.Table, r rib.Route) { table.Withdraw(0, r.Prefix, r.Neighbor, 0) },
		"replaced": func(table *rib.Table, r rib.Route) {
			r.Attrs.LocalPref = rib.Optional{}
			load(t, table, 0, []rib.Route{r})
		},
		"flushed": func(table *rib.Table, _ rib.Route) { table.Flush(0) },
		"of a session that is gone": func(table *rib.Table, r rib.Route) {
			_ = table.Apply(rib.Update{Kind: rib.PeerGone, Route: r})
		},
	} {
		for _, loaded := range []bool{false, true} {
			links, feeds := site(2)
			links[0].Preference = rib.Some(200)
			table := rib.NewTable([]uint32{own}, links, feeds)
			routes := fullFeed(8, 0)
			for i := range routes[1:] {
				routes[1+i].Attrs.LocalPref = rib.Optional{}
			}
			if loaded {
				l := table.NewLoader(0, nil)
				for _, r := range routes {
					if err := l.Add(l.Share(r.Neighbor, &r.Attrs, r.Marks), rib.Row{Prefix: r.Prefix}); err != nil {
						t.Fatal(err)
					}
				}
				l.Close()
			} else {
				load(t, table, 0, routes)
			}
			shown := func() bool { return rib.NewSight(table, rib.Options{}).LocalPrefShown(0, rib.IPv4) }
			if !shown() {
				t.Fatalf("%s: not shown before (loaded: %v)", name, loaded)
			}
			if leave(table, routes[0]); shown() {
				t.Errorf("%s: shown still (loaded: %v)", name, loaded)
			}
		}
	}
}

func TestADumpThatPrintsLocalPreferenceOnlyWhenSetUsesItsOwnDefaultElseAHundred(t *testing.T) {
	w := forward(nil, opts{lp(120)}) // absent, not hidden
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
	w.feeds[0].State.DefaultLocalPref = rib.Some(150)
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonLocalPref)
	w.links[0].Preference = rib.Some(110) // preference: comes before the default
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
}

func TestASessionThatShowsNoLocalPreferenceSaysNothingOfIt(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.Monitor, func(f *rib.Feed) { f.AddPath = "all" }), their, "65540")
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", lp(90))
	if d := w.ask(t, "us", peer); d.Outcome != rib.OutcomeUndetermined {
		t.Errorf("%s %v", d.Outcome, d.Links)
	}
}

func TestRoutesThatNoRouterWouldUseAreShownAndNeverCandidates(t *testing.T) {
	for name, option := range map[string]func(*rib.Route){
		"our own AS": func(r *rib.Route) { r.Attrs.ASPath, _ = rib.ParseASPath("65540 65550 65536") },
		"filtered":   marked(rib.Filtered),
		"not valid":  marked(rib.Invalid),
	} {
		w := newSite(isp("a", 65540))
		w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", option)
		d := w.ask(t, "us", peer)
		d.is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
		if len(d.Candidates) != 1 || !d.Candidates[0].Out || !strings.Contains(d.Candidates[0].Detail, name) {
			t.Errorf("%s: %+v", name, d.Candidates)
		}
	}
}

func TestLongestMatchComesFirstOverEveryLink(t *testing.T) {
	w := forward(nil, nil)
	w.row(0, "198.51.100.0/25", "65540 65550 65551 65552", lp(1))
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonLongestMatch)
	if detail := d.Candidates[len(d.Candidates)-1].Detail; detail != "prefix length /24 < /25" {
		t.Errorf("detail %q", detail)
	}
	if len(d.Flips) == 0 || !strings.HasPrefix(d.Flips[0], "without 198.51.100.0/25 on a, a and b wins") {
		t.Errorf("flips %q", d.Flips)
	}
}

// toMicrosoft is a site that shows one prefix on each of its links, with paths as sent.
func toMicrosoft(links []rib.Link, paths ...string) *world {
	w := newSite(links...)
	for i, l := range links {
		f := w.feed(l.Name, rib.AdjRIBOutPost)
		if paths[i] != "-" {
			w.row(f, ours, paths[i])
		}
	}
	return w
}

func TestMicrosoftPrefersExpressRouteAtTheSameMask(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "65536", "65536 65536 65536")
	d := w.ask(t, "microsoft", host)
	d.is(t, rib.OutcomeDecided, "er", rib.ReasonLinkKind)
	if d.Inferred {
		t.Error("it is documented, and called inferred")
	}
}

func TestALongerPrefixOnTheInternetBeatsExpressRouteAndIsInferred(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "65536", "-")
	w.row(1, "203.0.112.0/23", "65536")
	d := w.ask(t, "microsoft", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonLongestMatch)
	if !d.Inferred {
		t.Error("no page of Microsoft's says it, and it is not called inferred")
	}
}

func TestBetweenInternetLinksMicrosoftsPreferenceIsNotOursToSee(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "65536", "65536 65536 65536")
	w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
}

func TestBetweenCircuitsTheShorterPathWinsWithPrivateASNsRemoved(t *testing.T) {
	links := []rib.Link{circuit("c1", "seattle", "primary"), circuit("c2", "dublin", "primary")}
	toMicrosoft(links, "65536 65536", "65536").ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "c2", rib.ReasonASPathLength)
	// 64512 and 4200000000 are private (RFC 6996): both paths have length one.
	toMicrosoft(links, "65536 64512 4200000000", "65536").ask(t, "microsoft", host).is(t, rib.OutcomeTie, "c1 c2", rib.ReasonEqual)
}

func TestBetweenCircuitsALengthThatIsNotShownLeavesTheAnswerOpen(t *testing.T) {
	w := toMicrosoft([]rib.Link{circuit("c1", "seattle", "primary"), circuit("c2", "dublin", "primary")}, "65536", "65536")
	hidden(rib.AttrASPath)(&w.rows[0].route)
	if d := w.ask(t, "microsoft", host); d.Outcome != rib.OutcomeUndetermined {
		t.Errorf("%s", d.Outcome)
	}
}

func TestBetweenTheSidesOfOneCircuitLengthDecidesWhereItIsShownElseTheyTie(t *testing.T) {
	links := []rib.Link{circuit("p", "seattle", "primary"), circuit("s", "seattle", "secondary")}
	w := toMicrosoft(links, "65536 65536", "65536")
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "s", rib.ReasonASPathLength)
	hidden(rib.AttrASPath)(&w.rows[0].route)
	w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "p s", rib.ReasonEqual)
}

func TestAPathBeforeOurOwnASNIsOneLongerOnTheWire(t *testing.T) {
	links := []rib.Link{circuit("c1", "seattle", "primary"), circuit("c2", "dublin", "primary")}
	w := toMicrosoft(links, "", "65536")
	w.feeds[0].State.ASPathForm = rib.BeforeOwnASN
	w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "c1 c2", rib.ReasonEqual)
	w.rows[1].route.Attrs.ASPath, _ = rib.ParseASPath("65536 65536")
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "c1", rib.ReasonASPathLength)
}

func TestWhatAFarEndPutBeforeOurASNIsNotCounted(t *testing.T) {
	w := newSite(circuit("c1", "seattle", "primary"), circuit("c2", "dublin", "primary"))
	w.row(w.feed("c1", rib.FarEnd), ours, "12076 65536")
	w.row(w.feed("c2", rib.FarEnd), ours, "65536")
	w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "c1 c2", rib.ReasonEqual)
}

func TestTheInternetGoesTheWayOfTwoOrMoreNetworksThatAgree(t *testing.T) {
	for name, test := range map[string]struct {
		paths []string
		link  string // empty: a tie
	}{
		"nobody":                               {nil, ""},
		"one network":                          {[]string{"65550 65541 65536"}, ""},
		"one network twice":                    {[]string{"65550 65541 65536", "65550 65550 65541 65536"}, ""},
		"two that agree":                       {[]string{"65550 65541 65536", "65551 65552 65541 65536"}, "b"},
		"however long their paths are":         {[]string{"65550 65541 65536 65536 65536 65536", "65551 65541 65536 65536 65536 65536"}, "b"},
		"two that differ":                      {[]string{"65550 65541 65536", "65551 65540 65536"}, ""},
		"two that agree and one that differs":  {[]string{"65550 65541 65536", "65551 65541 65536", "65552 65540 65536"}, ""},
		"one of them by both":                  {[]string{"65550 65541 65536", "65551 65541 65536", "65551 65540 65536"}, ""},
		"our neighbours themselves":            {[]string{"65541 65536", "65540 65536"}, ""},
		"a neighbour beside two":               {[]string{"65550 65541 65536", "65551 65541 65536", "65540 65536"}, "b"},
		"a session of ours with the collector": {[]string{"65550 65541 65536", "65551 65541 65536", "65536"}, "b"},
	} {
		w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "65536", "65536 65536")
		f := w.feed("", rib.Collector)
		for i, path := range test.paths {
			w.row(f, ours, path, pathID(uint32(i)))
		}
		d := w.ask(t, "internet", host)
		if test.link == "" {
			d.is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
		} else {
			d.is(t, rib.OutcomeDecided, test.link, rib.ReasonRouterChose)
			if !d.Inferred || !slices.ContainsFunc(d.Assumes, func(s string) bool { return strings.Contains(s, "2 networks") }) {
				t.Errorf("inferred %v, assumes %q", d.Inferred, d.Assumes)
			}
		}
		w.ask(t, "microsoft", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestANetworkThatHearsTheAggregateAloneDiffers(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "65536", "65536")
	w.row(0, "203.0.112.0/20", "65536")
	f := w.feed("", rib.Collector)
	w.row(f, ours, "65550 65541 65536")
	w.row(f, ours, "65551 65541 65536", pathID(1))
	w.row(f, "203.0.112.0/20", "65552 65540 65536")
	w.ask(t, "internet", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
}

// toAzure is a private circuit or two and a VPN, advertising one prefix each.
func toAzure(preference string, overrides []rib.ObserverSpec, weight ...uint32) *world {
	private := func(name, c string) rib.Link {
		return rib.Link{Name: name, Kind: rib.ExpressRoutePrivate, Circuit: c, NeighborASNs: []uint32{12076}}
	}
	links := []rib.Link{private("c1", "seattle"), private("c2", "dublin"), {Name: "vpn", Kind: rib.VPN, NeighborASNs: []uint32{65515}}}
	for i, v := range weight {
		links[i].Weight = rib.Some(v)
	}
	w := toMicrosoft(links, "65536 65536", "65536 65536 65536", "65536")
	w.opt.RoutingPreference, w.opt.Observers = preference, overrides
	return w
}

func TestAzureFollowsTheRoutingPreferenceThenWeightThenLength(t *testing.T) {
	toAzure("", nil, 0, 10).ask(t, "azure", host).is(t, rib.OutcomeDecided, "c2", rib.ReasonConnectionWeight)
	toAzure("", nil).ask(t, "azure", host).is(t, rib.OutcomeDecided, "c1", rib.ReasonASPathLength)
	toAzure("vpn", nil, 0, 10).ask(t, "azure", host).is(t, rib.OutcomeDecided, "vpn", rib.ReasonRoutingPreference)
	toAzure("as-path", nil, 0, 10).ask(t, "azure", host).is(t, rib.OutcomeDecided, "vpn", rib.ReasonASPathLength)
}

func TestTheRoutingPreferenceHoldsForStepsOfTheConfigToo(t *testing.T) {
	steps := []rib.ObserverSpec{{Name: "azure", Steps: []string{"routing-preference"}}, {Name: "partner", Hears: []string{"c1", "vpn"}, Steps: []string{"routing-preference"}}}
	w := toAzure("vpn", steps)
	w.ask(t, "azure", host).is(t, rib.OutcomeDecided, "vpn", rib.ReasonRoutingPreference)
	w.ask(t, "partner", host).is(t, rib.OutcomeDecided, "vpn", rib.ReasonRoutingPreference)
}

func TestAnObserverOfTheConfigHearsItsLinksAndFollowsItsSteps(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541), isp("c", 65542)}, "65536 65536", "65536", "65536")
	w.opt.Observers = []rib.ObserverSpec{{Name: "partner", Hears: []string{"b", "a"}, Steps: []string{"as-path-length"}}, {Name: "deaf", Hears: []string{}}}
	w.ask(t, "partner", host).is(t, rib.OutcomeDecided, "b", rib.ReasonASPathLength)
	w.opt.Observers[0].Steps = []string{}
	w.ask(t, "partner", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
	if w.sight().Observer("deaf") != nil || w.sight().Observer("azure") != nil {
		t.Error("an observer that hears no link is there")
	}
}

func TestAServiceSeesTheLinksWhoseRoutesReachItAndNoOthers(t *testing.T) {
	w := forward(opts{lp(200)}, nil)
	w.ask(t, "us", peer, rib.Query{Sees: []rib.LinkID{1}}).is(t, rib.OutcomeDecided, "b", rib.ReasonOnlyRoute)
	w.ask(t, "us", peer, rib.Query{Sees: []rib.LinkID{}}).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

// RFC 4271 9.1.2.2 (a): a set counts as one AS. What the other end put in front is not sent by us, and our own ASN
// is, where a dump prints paths before it.
func TestHowLongAPathIsAsItLeavesUs(t *testing.T) {
	for name, test := range map[string]struct {
		view rib.View
		form rib.ASPathForm
		path string
		want int
	}{
		"our own network":                 {rib.AdjRIBOutPost, rib.AsSent, "65536", 1},
		"prepended":                       {rib.AdjRIBOutPost, rib.AsSent, "65536 65536 65536", 3},
		"printed before our own ASN":      {rib.AdjRIBOutPost, rib.BeforeOwnASN, "65536 65536", 3},
		"behind the neighbour":            {rib.FarEnd, rib.AsSent, "65540 65536 65536", 2},
		"an aggregate of other networks'": {rib.FarEnd, rib.AsSent, "65540 65536 {65550 65551}", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSite(isp("a", 65540))
			id := w.feed("a", test.view, bothFamilies, func(f *rib.Feed) { f.State.ASPathForm = test.form })
			w.row(id, "203.0.113.0/24", test.path)
			table := w.sight().Table()
			for _, e := range table.Exact(netip.MustParsePrefix("203.0.113.0/24")) {
				if got := table.LengthSent(&e); got != test.want {
					t.Errorf("%d, want %d", got, test.want)
				}
				return
			}
			t.Error("no row")
		})
	}
}
