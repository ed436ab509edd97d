package rib_test

import (
	"strings"
	"testing"

	"bgpaudit/rib"
)

func TestAnAttributeThatIsNotShownOpensOnlyLinksThatLaterStepsLeave(t *testing.T) {
	for _, prefix := range []string{their, their6} {
		for name, test := range map[string]struct {
			b, c  opts
			path  string // of c
			links string
		}{
			"b and c are as far":              {opts{lp(200)}, opts{lp(200)}, "65542", "a b c"},
			"c is farther than b":             {opts{lp(200)}, opts{lp(200)}, "65542 65549", "a b"},
			"c has a local preference of 100": {opts{lp(200)}, opts{lp(100)}, "65542", "a b"},
			"c shows none either":             {opts{lp(200)}, opts{hidden(rib.AttrLocalPref)}, "65542 65549", "a b c"},
		} {
			w := newSite(isp("a", 65540), isp("b", 65541), isp("c", 65542))
			w.row(w.feed("a", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65540", hidden(rib.AttrLocalPref))
			w.row(w.feed("b", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65541", test.b...)
			w.row(w.feed("c", rib.BGPTable, holds(rib.Families[:]...)), prefix, test.path, test.c...)
			d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
			d.is(t, rib.OutcomeUndetermined, test.links, d.Reason)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestACopyWithoutItsPathMayBeAnothersRoute(t *testing.T) {
	for name, test := range map[string]struct {
		copied  opts
		path    string
		outcome rib.Outcome
	}{
		"a path of none is a network of our own": {nil, "", rib.OutcomeDecided},
		"a path is another's":                    {nil, "65549", rib.OutcomeUndetermined},
		"none is shown":                          {opts{hidden(rib.AttrASPath)}, "", rib.OutcomeUndetermined},
	} {
		for prefix, longer := range map[string]string{their: "198.51.100.0/25", their6: strings.Replace(their6, "/48", "/56", 1)} {
			w := newSite(isp("a", 65540))
			f := w.feed("a", rib.BGPTable, holds(rib.Families[:]...))
			w.row(f, prefix, "65540")
			w.row(f, longer, test.path, append(test.copied, marked(rib.IBGP|rib.Best), pathID(9))...)
			if d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix]); d.Outcome != test.outcome {
				t.Errorf("%s: %s is %s, want %s", name, longer, d.Outcome, test.outcome)
			}
		}
	}
}

func TestACopyThatIsBestMeansALinkOfAnotherRouterThatMayBringIt(t *testing.T) {
	for name, test := range map[string]struct {
		longer bool
		b      func(w *world)
		links  string
		none   bool // no link at all is an outcome
	}{
		"b is blind":                           {false, func(*world) {}, "a b", false},
		"b is blind, and the copy is longer":   {true, func(*world) {}, "a b", false},
		"b has it before policy":               {false, func(w *world) { w.row(w.feed("b", rib.AdjRIBInPre), their, "65541") }, "a b", false},
		"b has it not":                         {false, func(w *world) { w.feed("b", rib.AdjRIBInPost) }, "a", true},
		"b has it not, and the copy is longer": {true, func(w *world) { w.feed("b", rib.AdjRIBInPost) }, "a", true},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		f := w.feed("a", rib.BGPTable)
		w.row(f, their, "65540", lp(200))
		copied := their
		if test.longer {
			copied = "198.51.100.0/24"
		}
		if test.longer {
			w.rows[0].route.Prefix = mustPrefixes("198.51.0.0/16")[0]
		}
		w.row(f, copied, "65541", marked(rib.IBGP|rib.Best), pathID(9))
		test.b(w)
		d := w.ask(t, "us", peer)
		var names []string
		none := false
		for _, l := range d.Links {
			names = append(names, d.table.LinkName(l))
		}
		for _, p := range d.Possible {
			none = none || len(p) == 0
		}
		if strings.Join(names, " ") != test.links || none != test.none || d.Firm() {
			t.Errorf("%s: %s %v, possible %v", name, d.Outcome, names, d.Possible)
		}
	}
}

func TestAnswersSayWhichChoicesOfRoutersTheyDoNotSee(t *testing.T) {
	const equal = "which of a and b the routers use is not shown: they are taken to be equal"
	const unmarked = "feed b-bgp-table does not show what its router chose: none of its routes is taken to be marked best"
	for name, test := range map[string]struct {
		a, b  opts
		says  string
		never string
	}{
		"a tie without marks":              {nil, nil, equal, unmarked},
		"a tie that each marks":            {opts{marked(rib.Best)}, opts{marked(rib.Best)}, "", equal},
		"a loser whose mark is not shown":  {opts{lp(200)}, opts{lp(100), hidden(rib.AttrBest)}, unmarked, equal},
		"a loser that is not marked":       {opts{lp(200)}, opts{lp(100)}, "", unmarked},
		"a winner whose mark is not shown": {opts{lp(100)}, opts{lp(200), hidden(rib.AttrBest)}, "", unmarked},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		w.row(w.feed("a", rib.BGPTable), their, "65540", test.a...)
		w.row(w.feed("b", rib.BGPTable), their, "65541", test.b...)
		d := w.ask(t, "us", peer)
		if test.says != "" {
			d.assumes(t, test.says)
		}
		d.assumesNot(t, test.never)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestSidesOfACircuitWhosePathIsNotShownAreSaidToBeTakenAsEqual(t *testing.T) {
	const says = "the AS path on b is not shown: the sides of circuit c1 are taken to be equal"
	for _, test := range []struct {
		circuit string
		b       opts
		says    bool
	}{
		{"c1", opts{hidden(rib.AttrASPath)}, true},
		{"c1", nil, false},
		{"c2", opts{hidden(rib.AttrASPath)}, false},
	} {
		w := newSite(circuit("a", "c1", "primary"), circuit("b", test.circuit, "secondary"))
		w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.113.0/24", "65536")
		w.row(w.feed("b", rib.AdjRIBOutPost), "203.0.113.0/24", "65536", test.b...)
		d := w.ask(t, "microsoft", "203.0.113.1")
		if test.says {
			d.assumes(t, says)
		} else {
			d.assumesNot(t, says)
		}
	}
}
