package rib_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func of(observer string) func(*rib.Feed) { return func(f *rib.Feed) { f.Observer = observer } }

func TestWhatAnObserverShowsThatItChoseComesAheadOfItsRules(t *testing.T) {
	for name, test := range map[string]struct {
		rows    func(w *world, f int)
		option  func(*rib.Feed)
		outcome rib.Outcome
		links   string
	}{
		"nothing of the address": {func(*world, int) {}, of("azure"), rib.OutcomeDecided, "a"},
		"one link":               {func(w *world, f int) { w.row(f, ours, "65536", red) }, of("azure"), rib.OutcomeDecided, "b"},
		"both":                   {func(w *world, f int) { w.row(f, ours, "65536", red); w.row(f, ours, "65536", blue, pathID(1)) }, of("azure"), rib.OutcomeTie, "a b"},
		"the longest of several": {func(w *world, f int) { w.row(f, ours, "65536", red); w.row(f, "0.0.0.0/0", "65536", blue) }, of("azure"), rib.OutcomeDecided, "b"},
		"the best of several": {func(w *world, f int) {
			w.row(f, ours, "65536", red)
			w.row(f, ours, "65536", blue, marked(rib.Best), pathID(1))
		}, of("azure"), rib.OutcomeDecided, "a"},
		"no rule ties it":                     {func(w *world, f int) { w.row(f, ours, "", hidden(rib.AttrASPath)) }, of("azure"), rib.OutcomeTie, "a b"},
		"no rule ties it, and no link has it": {func(w *world, f int) { w.row(f, "203.0.113.0/26", "", hidden(rib.AttrASPath)) }, of("azure"), rib.OutcomeTie, "a b c"},
		"it is another observer's":            {func(w *world, f int) { w.row(f, ours, "65536", red) }, of("microsoft"), rib.OutcomeDecided, "a"},
		"it does not use it":                  {func(w *world, f int) { w.row(f, ours, "65536", red, marked(rib.Invalid)) }, of("azure"), rib.OutcomeDecided, "a"},
		"it is stale":                         {func(w *world, f int) { w.row(f, ours, "65536", red, marked(rib.Stale)) }, of("azure"), rib.OutcomeUndetermined, "a b"},
		"its table is partial":                {func(w *world, f int) { w.row(f, ours, "65536", red) }, both(of("azure"), partial), rib.OutcomeUndetermined, "a b"},
		"its table is partial, and agrees":    {func(w *world, f int) { w.row(f, ours, "65536", blue) }, both(of("azure"), partial), rib.OutcomeUndetermined, "a b"},
		"its table could not be read":         {func(*world, int) {}, both(nothing, of("azure")), rib.OutcomeUndetermined, "a b"},
		"its table was left out":              {func(*world, int) {}, both(closed, of("azure")), rib.OutcomeDecided, "a"},
		"its table is stale":                  {func(w *world, f int) { w.row(f, ours, "65536", red) }, both(of("azure"), stale), rib.OutcomeUndetermined, "a b"},
	} {
		w := newSite(private("a", "seattle"), private("b", "dublin"), private("c", "zurich"))
		w.links[0].Weight = rib.Some(10)
		for _, name := range []string{"a", "b", "c"} {
			f := w.feed(name, rib.FarEnd)
			if name != "c" {
				w.row(f, ours, "65536")
			}
		}
		f := w.feed("", rib.Chosen, func(f *rib.Feed) {
			f.Classify = []rib.ClassifyRule{{Community: &redCommunity, Link: "b"}, {Community: &blueCommunity, Link: "a"}}
		}, test.option)
		test.rows(w, f)
		d := w.ask(t, "azure", host)
		var names []string
		for _, l := range d.Links {
			names = append(names, d.table.LinkName(l))
		}
		if d.Outcome != test.outcome || strings.Join(names, " ") != test.links {
			t.Errorf("%s: %s %v, want %s %s; doubts %+v", name, d.Outcome, names, test.outcome, test.links, d.Doubts)
		}
		if c := w.sight().Coverage(2, rib.Advertised, rib.IPv4); slices.Contains(c.Feeds, rib.FeedID(f)) {
			t.Errorf("%s: it speaks of a link's coverage", name)
		}
	}
}

var redCommunity, blueCommunity = rib.Community(7), rib.Community(8)

func red(r *rib.Route)  { coloured(redCommunity)(r) }
func blue(r *rib.Route) { coloured(blueCommunity)(r) }

func both(a, b func(*rib.Feed)) func(*rib.Feed) { return func(f *rib.Feed) { a(f); b(f) } }

func TestAChosenRowThatNoRuleTiesMayBeByABlindLink(t *testing.T) {
	w := newSite(private("a", "seattle"), private("b", "dublin"))
	w.row(w.feed("a", rib.FarEnd), ours, "65536")
	w.row(w.feed("", rib.Chosen, of("azure")), ours, "", hidden(rib.AttrASPath))
	w.ask(t, "azure", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
}

func TestADifferenceBetweenTheRuleAndTheChoiceIsNamed(t *testing.T) {
	w := newSite(private("a", "seattle"), private("b", "dublin"))
	w.links[0].Weight = rib.Some(10)
	w.row(w.feed("a", rib.FarEnd), ours, "65536")
	w.row(w.feed("b", rib.FarEnd), ours, "65536")
	w.row(w.feed("b", rib.Chosen, of("azure")), ours, "65536")
	d := w.ask(t, "azure", host)
	d.is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
	if !slices.ContainsFunc(d.Assumes, func(s string) bool { return strings.Contains(s, "the rules alone say a") }) {
		t.Errorf("assumes %q", d.Assumes)
	}
}

func TestTheCapOfABlindLinkIsSaidWhereItDecides(t *testing.T) {
	for name, test := range map[string]struct {
		kind   rib.LinkKind
		prefix string
		says   bool
	}{
		"the winner is as long as the cap": {rib.ExpressRouteMicrosoft, ours, true},
		"the winner is longer":             {rib.ExpressRouteMicrosoft, "203.0.113.0/26", true},
		"of IPv6":                          {rib.ExpressRouteMicrosoft, ours6, true},
	} {
		w := newSite(circuit("c", "seattle", "primary"), isp("b", 65541))
		w.links[0].Kind = test.kind
		w.row(w.feed("c", rib.FarEnd, holds(rib.Families[:]...)), test.prefix, "65536")
		address := host
		if strings.Contains(test.prefix, ":") {
			address = host6
		}
		d := w.ask(t, "microsoft", address)
		d.is(t, rib.OutcomeDecided, "c", rib.ReasonOnlyRoute)
		if capSaid(d.Decision, "b") != test.says {
			t.Errorf("%s: assumes %q", name, d.Assumes)
		}
	}
	// A host route leaves nothing that is longer.
	w := newSite(circuit("c", "seattle", "primary"), isp("b", 65541))
	w.row(w.feed("c", rib.FarEnd), host+"/32", "65536")
	if d := w.ask(t, "microsoft", host); !d.Firm() || capSaid(d.Decision, "b") {
		t.Errorf("%s, assumes %q", d.Outcome, d.Assumes)
	}
}

func TestWhichOfTwoOwnASNsStandsInFrontOfADumpsPathIsNotShown(t *testing.T) {
	for name, test := range map[string]struct {
		asns     []uint32
		local    uint32
		outcome  rib.Outcome
		observer string
	}{
		"one, public":                           {[]uint32{own}, 0, rib.OutcomeTie, "microsoft"},
		"two, public":                           {[]uint32{own, ownPublic}, 0, rib.OutcomeTie, "microsoft"},
		"one of two is private":                 {[]uint32{own, ownPrivate}, 0, rib.OutcomeUndetermined, "microsoft"},
		"in the other order":                    {[]uint32{ownPrivate, own}, 0, rib.OutcomeUndetermined, "microsoft"},
		"the dump says: the public one":         {[]uint32{own, ownPrivate}, own, rib.OutcomeTie, "microsoft"},
		"the dump says: the private one":        {[]uint32{own, ownPrivate}, ownPrivate, rib.OutcomeDecided, "microsoft"},
		"nobody removes it on private peerings": {[]uint32{own, ownPrivate}, 0, rib.OutcomeTie, "azure"},
	} {
		kind := map[string]rib.LinkKind{"microsoft": rib.ExpressRouteMicrosoft, "azure": rib.ExpressRoutePrivate}[test.observer]
		w := newSite(circuit("p", "seattle", "primary"), circuit("q", "dublin", "primary"))
		w.links[0].Kind, w.links[1].Kind = kind, kind
		w.asns = test.asns
		w.row(w.feed("p", rib.FarEnd), ours, "65536")
		w.row(w.feed("q", rib.AdjRIBOutPost, func(f *rib.Feed) { f.State.ASPathForm, f.State.LocalASN = rib.BeforeOwnASN, test.local }), ours, "")
		if d := w.ask(t, test.observer, host); d.Outcome != test.outcome {
			t.Errorf("%s: %s, want %s", name, d.Outcome, test.outcome)
		}
	}
}

func TestAzureVMwareSolutionIsAskedWhereARemoteNamesIt(t *testing.T) {
	site := func() *world {
		w := newSite(private("a", "seattle"), private("b", "dublin"), rib.Link{Name: "v", Kind: rib.VPN, NeighborASNs: []uint32{65515}})
		w.row(w.feed("a", rib.FarEnd), ours, "65536")
		w.row(w.feed("b", rib.FarEnd), ours, "65536 65536 65536")
		w.row(w.feed("v", rib.FarEnd), ours, "65536")
		return w
	}
	listed := func(w *world) bool {
		return slices.ContainsFunc(w.sight().Observers(), func(o *rib.Observer) bool { return o.Name == rib.ObserverAVS })
	}
	w := site()
	if listed(w) {
		t.Error("it is asked though nobody names it")
	}
	w.ask(t, "avs", host).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual) // no prepend counts
	w.opt.Asked = []string{"avs"}
	if !listed(w) {
		t.Error("a remote names it, and it is not asked")
	}
	w.row(0, "203.0.113.0/26", "65536")
	w.ask(t, "avs", host).is(t, rib.OutcomeDecided, "a", rib.ReasonLongestMatch)
	w = site()
	w.opt.Observers = []rib.ObserverSpec{{Name: "avs", Hears: []string{"b", "v"}, Steps: []string{"as-path-length"}}}
	if !listed(w) {
		t.Error("the config has it, and it is not asked")
	}
	w.ask(t, "avs", host).is(t, rib.OutcomeDecided, "v", rib.ReasonASPathLength)
	w = newSite(isp("a", 65540))
	w.opt.Asked = []string{"avs"}
	if w.sight().Observer("avs") != nil {
		t.Error("it hears no link, and is there")
	}
}

func TestAnUnseenTableOfTheObserversOwnLeavesShorterRoutesOpen(t *testing.T) {
	w := newSite(private("a", "seattle"), private("b", "dublin"))
	w.row(w.feed("a", rib.FarEnd), "203.0.113.0/25", "65536")
	w.row(w.feed("b", rib.AdjRIBOutPre), ours, "65536") // doubtful, and shorter
	w.ask(t, "azure", "203.0.113.1").is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.feed("", rib.Chosen, both(nothing, of("azure")))
	w.ask(t, "azure", "203.0.113.1").is(t, rib.OutcomeUndetermined, "a b", rib.ReasonOnlyRoute)
}
