package rib_test

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func TestARouterThatMarksARouteBestUsesNoDoubtfulOneBesideIt(t *testing.T) {
	for _, prefix := range []string{their, their6} {
		for name, test := range map[string]struct {
			a, b    opts // b is doubtful, and would win by its local preference
			router  string
			outcome rib.Outcome
			links   string
		}{
			"a is marked, and b is of the same router":       {opts{lp(100), marked(rib.Best)}, opts{lp(200), marked(rib.Stale)}, "edge-a", rib.OutcomeDecided, "a"},
			"neither is marked":                              {opts{lp(100)}, opts{lp(200), marked(rib.Stale)}, "edge-a", rib.OutcomeUndetermined, "a b"},
			"a is marked, and b is of another router":        {opts{lp(100), marked(rib.Best)}, opts{lp(200), marked(rib.Stale)}, "edge-b", rib.OutcomeUndetermined, "a b"},
			"b is marked too":                                {opts{lp(100), marked(rib.Best)}, opts{lp(200), marked(rib.Stale | rib.Best)}, "edge-a", rib.OutcomeUndetermined, "a b"},
			"b is one of several paths":                      {opts{lp(100), marked(rib.Best)}, opts{lp(200), marked(rib.Stale | rib.Multipath)}, "edge-a", rib.OutcomeUndetermined, "a b"},
			"a is marked, and b is another protocol's loser": {opts{lp(100), marked(rib.Best)}, opts{lp(200), marked(rib.RIBFailure)}, "edge-a", rib.OutcomeDecided, "a"},
		} {
			a, b := isp("a", 65540), isp("b", 65541)
			b.Router = test.router
			w := newSite(a, b)
			w.row(w.feed("a", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65540", test.a...)
			w.row(w.feed("b", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65541", test.b...)
			d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
			d.is(t, test.outcome, test.links, d.Reason)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestARouteThatShowsNoChoiceMayBeUsedBesideTheBestOneOfItsRouter(t *testing.T) {
	for name, b := range map[string]func(w *world){ // of the router that marks a's route best
		"unseen":        func(*world) {},
		"before policy": func(w *world) { w.row(w.feed("b", rib.AdjRIBInPre), their, "65541", lp(300)) },
		"without marks, doubtful": func(w *world) {
			w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", lp(300), hidden(rib.AttrBest), marked(rib.Stale))
		},
		"static, beside a route without its preference": func(w *world) {
			w.links[1].Static = &rib.Static{Receives: mustPrefixes(their)}
			w.links = append(w.links, isp("c", 65542))
			w.row(w.feed("c", rib.AdjRIBInPost), their, "65542", lp(200))
		},
	} {
		site := func() *world {
			a, l := isp("a", 65540), isp("b", 65541)
			l.Router = a.Router
			return newSite(a, l)
		}
		w := site()
		w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", lp(200), marked(rib.Best))
		b(w)
		d := w.ask(t, "us", peer)
		if d.Firm() {
			t.Errorf("%s: %s %v by %s", name, d.Outcome, d.Links, d.Reason)
		}
	}
}

func TestTwoTablesThatDifferAboutAMarkPutNothingAside(t *testing.T) {
	for _, second := range []opts{nil, {marked(rib.Best)}} {
		a, b := isp("a", 65540), isp("b", 65541)
		b.Router = a.Router
		w := newSite(a, b)
		w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", lp(100), marked(rib.Best))
		w.row(w.feed("a", rib.BGPTable), their, "65540", append(opts{lp(100)}, second...)...)
		w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", lp(200), marked(rib.Stale))
		d := w.ask(t, "us", peer)
		if d.Firm() != (second != nil) {
			t.Errorf("second table says %d marks: %s", len(second), d.Outcome)
		}
		if d.Firm() {
			d.assumes(t, "edge-a marks another route best, and does not use the one on b (the route is marked stale)")
		}
	}
}

func TestAMarkOnADoubtfulRoutePutsNothingAside(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	b.Router = a.Router
	w := newSite(a, b)
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", lp(100), marked(rib.Best|rib.Stale))
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", lp(200), marked(rib.RIBFailure))
	w.ask(t, "us", peer).is(t, rib.OutcomeUndetermined, "a b", rib.ReasonNone)
}

func TestARowThatIsTiedToNoLinkIsSaidToBePutAside(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	b.Router = a.Router
	w := newSite(a, b)
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", lp(100), marked(rib.Best))
	w.feed("b", rib.AdjRIBInPost)
	w.row(w.feed("a", rib.BGPTable, func(f *rib.Feed) { f.Link = "" }), their, "65549", lp(200))
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "a", d.Reason)
	found := false
	for _, text := range d.Assumes {
		found = found || strings.HasPrefix(text, "edge-a marks another route best, and does not use the one that is tied to no link (")
	}
	if !found {
		t.Errorf("assumes %q", d.Assumes)
	}
}

func TestAMarkSpeaksOnlyOfTheVRFOfItsTable(t *testing.T) {
	for vrf, want := range map[string]rib.Outcome{"blue": rib.OutcomeDecided, "red": rib.OutcomeUndetermined} {
		a, b := isp("a", 65540), isp("b", 65541)
		b.Router = a.Router
		w := newSite(a, b)
		of := func(vrf string) func(*rib.Feed) { return func(f *rib.Feed) { f.VRF = vrf } }
		w.row(w.feed("a", rib.AdjRIBInPost, of("blue")), their, "65540", lp(100), marked(rib.Best))
		w.row(w.feed("b", rib.AdjRIBInPost, of(vrf)), their, "65541", lp(200), marked(rib.Stale))
		if d := w.ask(t, "us", peer); d.Outcome != want {
			t.Errorf("a in VRF blue, b in %s: %s, want %s", vrf, d.Outcome, want)
		}
	}
}

func TestAnAttributeThatIsNotShownOpensNothingOnARouteThatItsOwnRouterMarksAside(t *testing.T) {
	for name, test := range map[string]struct {
		marks   opts // of a and b
		outcome rib.Outcome
		links   string
	}{
		"its router marks b best": {opts{marked(rib.Best)}, rib.OutcomeTie, "a b"},
		"its router marks none":   {nil, rib.OutcomeUndetermined, "a b c"},
	} {
		b, c := isp("b", 65541), isp("c", 65542)
		c.Router = b.Router
		w := newSite(isp("a", 65540), b, c)
		w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", append(test.marks, lp(200))...)
		w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", append(test.marks, lp(200))...)
		w.row(w.feed("c", rib.AdjRIBInPost), their, "65542", hidden(rib.AttrLocalPref))
		d := w.ask(t, "us", peer)
		d.is(t, test.outcome, test.links, d.Reason)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestOfRoutesThatTieBesideAnAttributeThatIsNotShownOnlyTheMarkedOnesMayWin(t *testing.T) {
	for name, test := range map[string]struct {
		a, b  opts
		links string
	}{
		"a's router marks it, b's does not": {opts{marked(rib.Best)}, nil, "a c"},
		"neither does":                      {nil, nil, "a b c"},
		"b goes before a":                   {opts{marked(rib.Best)}, opts{lp(200)}, "a b c"}, // and a's mark denies it
	} {
		for _, prefix := range []string{their, their6} {
			w := newSite(isp("a", 65540), isp("b", 65541), isp("c", 65542))
			w.row(w.feed("a", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65540", append(opts{lp(100)}, test.a...)...)
			w.row(w.feed("b", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65541", append(opts{lp(100)}, test.b...)...)
			w.row(w.feed("c", rib.AdjRIBInPre, holds(rib.Families[:]...)), prefix, "65542", hidden(rib.AttrLocalPref))
			w.links[2].ImportAll = true
			d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
			d.is(t, rib.OutcomeUndetermined, test.links, d.Reason)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestWhatARouterShowsThatItDoesNotChooseIsNoPartOfATie(t *testing.T) {
	for name, test := range map[string]struct {
		a, b, c opts // b and c are of one router
		links   string
	}{
		"c's choice is not shown":                {opts{marked(rib.Best)}, nil, opts{hidden(rib.AttrBest)}, "a c"},
		"nobody marks any, so marks say nothing": {nil, nil, opts{hidden(rib.AttrBest)}, "a b c"},
		"b is its router's choice":               {opts{hidden(rib.AttrBest)}, opts{marked(rib.Best)}, opts{hidden(rib.AttrBest)}, "a b"},
		"every choice is shown":                  {opts{marked(rib.Best)}, nil, opts{marked(rib.Best)}, "a c"},
	} {
		b, c := isp("b", 65541), isp("c", 65542)
		c.Router = b.Router
		w := newSite(isp("a", 65540), b, c)
		for i, o := range []opts{test.a, test.b, test.c} {
			w.row(w.feed(w.links[i].Name, rib.AdjRIBInPost), their, fmt.Sprint(w.links[i].NeighborASNs[0]), o...)
		}
		d := w.ask(t, "us", peer)
		d.is(t, rib.OutcomeTie, test.links, rib.ReasonRouterLocal)
		for _, c := range d.Candidates {
			in := strings.Contains(test.links, w.links[c.Link].Name)
			if in != (c.Lost == "") || !in && c.Lost != rib.ReasonRouterChose {
				t.Errorf("%s lost by %q", w.links[c.Link].Name, c.Lost)
			}
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestACopyThatIsBestIsOfARouteThatLooksLikeIt(t *testing.T) {
	for name, test := range map[string]struct {
		copied  opts
		path    string
		b, c    opts
		allowed string
	}{
		"as far and as much preferred as c's":          {opts{lp(150)}, "65542", opts{lp(100)}, opts{lp(150)}, "a c"},
		"as far as c's":                                {opts{hidden(rib.AttrLocalPref)}, "65542", opts{lp(100)}, opts{lp(150)}, "a c"},
		"like neither: a policy of ours may change it": {opts{lp(170)}, "65543", opts{lp(100)}, opts{lp(150)}, "a b c"},
		"its path is not shown":                        {opts{lp(150), hidden(rib.AttrASPath)}, "", opts{lp(100)}, opts{lp(150)}, "a c"},
		"like c's, which is doubtful":                  {opts{lp(150)}, "65542", opts{lp(100)}, opts{lp(150), marked(rib.Stale)}, "a c"},
	} {
		for _, prefix := range []string{their, their6} {
			w := newSite(isp("a", 65540), isp("b", 65541), isp("c", 65542))
			f := w.feed("a", rib.BGPTable, holds(rib.Families[:]...))
			w.row(f, prefix, "65540", lp(200))
			w.row(f, prefix, test.path, append(opts{marked(rib.IBGP | rib.Best), pathID(9)}, test.copied...)...)
			w.row(w.feed("b", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65541", test.b...)
			w.row(w.feed("c", rib.AdjRIBInPost, holds(rib.Families[:]...)), prefix, "65542", test.c...)
			d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
			d.is(t, rib.OutcomeUndetermined, test.allowed, d.Reason)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestACopyThatIsBestIsOfNoRouteThatItsOwnRouterMarksAside(t *testing.T) {
	for name, test := range map[string]struct {
		b       opts // of the same router as c
		allowed string
	}{
		"its router marks b best": {opts{marked(rib.Best)}, "a b"},
		"its router marks none":   {nil, "a b c"},
	} {
		b, c := isp("b", 65541), isp("c", 65541)
		c.Router = b.Router
		w := newSite(isp("a", 65540), b, c)
		f := w.feed("a", rib.BGPTable)
		w.row(f, their, "65540", lp(200))
		w.row(f, their, "65541", lp(100), marked(rib.IBGP|rib.Best), pathID(9))
		w.row(w.feed("b", rib.AdjRIBInPost), their, "65541", append(test.b, lp(100))...)
		w.row(w.feed("c", rib.AdjRIBInPost), their, "65541", lp(100))
		d := w.ask(t, "us", peer)
		d.is(t, rib.OutcomeUndetermined, test.allowed, d.Reason)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestOnlySidesThatAreThereForCertainTieWhereAPathIsNotShown(t *testing.T) {
	for name, test := range map[string]struct {
		b       func(w *world)
		outcome rib.Outcome
	}{
		"the other side is certain":  {func(w *world) { w.row(w.feed("b", rib.AdjRIBOutPost), "203.0.113.0/24", "65536 65536") }, rib.OutcomeTie},
		"the other side is doubtful": {func(w *world) { w.row(w.feed("b", rib.AdjRIBOutPre), "203.0.113.0/24", "65536 65536") }, rib.OutcomeUndetermined},
		"the other side is blind":    {func(*world) {}, rib.OutcomeUnknown},
	} {
		w := newSite(circuit("a", "c1", "primary"), circuit("b", "c1", "secondary"))
		w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.113.0/24", "65536", hidden(rib.AttrASPath))
		test.b(w)
		d := w.ask(t, "microsoft", "203.0.113.1")
		if d.Outcome != test.outcome {
			t.Errorf("%s: %s, want %s", name, d.Outcome, test.outcome)
		}
		for _, l := range []rib.LinkID{0, 1} { // each alone may be used, unless both are there for certain
			alone := false
			for _, p := range d.Possible {
				alone = alone || len(p) == 1 && p[0] == l
			}
			if alone == (test.outcome == rib.OutcomeTie) {
				t.Errorf("%s: %s alone: %v of %v", name, w.links[l].Name, alone, d.Possible)
			}
		}
	}
}
