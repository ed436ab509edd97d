package rib_test

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func TestARoutersOwnMarkThatTheOutcomeDeniesOpensIt(t *testing.T) {
	for name, test := range map[string]struct {
		a, b    opts // the rows of the two links, each on a router of its own
		prefer  bool // preference: on a, which no row shows
		behind  string
		outcome rib.Outcome
		links   string
		reason  rib.Reason
		denied  bool // a contradiction
	}{
		"each marks its own, and local preference decides": {opts{lp(200), marked(rib.Best)}, opts{lp(100), marked(rib.Best)}, false, "", rib.OutcomeUndetermined, "a b", rib.ReasonLocalPref, false},
		"the loser marks none":                             {opts{lp(200), marked(rib.Best)}, opts{lp(100)}, false, "", rib.OutcomeDecided, "a", rib.ReasonLocalPref, false},
		"no marks at all":                                  {opts{lp(200)}, opts{lp(100)}, false, "", rib.OutcomeDecided, "a", rib.ReasonLocalPref, false},
		"the loser is one of several paths":                {opts{lp(200), marked(rib.Best)}, opts{lp(100), marked(rib.Multipath)}, false, "", rib.OutcomeDecided, "a", rib.ReasonLocalPref, false},
		"a declared preference is not what they use":       {opts{hidden(rib.AttrLocalPref)}, opts{hidden(rib.AttrLocalPref), marked(rib.Best)}, true, "", rib.OutcomeUndetermined, "a b", rib.ReasonLocalPref, true},
		"behind the winner's router its own counts":        {opts{lp(200), marked(rib.Best)}, opts{lp(100), marked(rib.Best)}, false, "edge-a", rib.OutcomeDecided, "a", rib.ReasonLocalPref, false},
		"behind the loser's its own counts":                {opts{lp(200), marked(rib.Best)}, opts{lp(100), marked(rib.Best)}, false, "edge-b", rib.OutcomeUndetermined, "a b", rib.ReasonLocalPref, false},
	} {
		for _, prefix := range []string{their, their6} {
			address := map[string]string{their: peer, their6: peer6}[prefix]
			w := newSite(isp("a", 65540), isp("b", 65541))
			if test.prefer {
				w.links[0].Preference, w.links[1].Preference = rib.Some(200), rib.Some(100)
			}
			w.row(w.feed("a", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65540", test.a...)
			w.row(w.feed("b", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65541", test.b...)
			d := w.ask(t, "us", address, rib.Query{Behind: test.behind})
			d.is(t, test.outcome, test.links, test.reason)
			denied := len(d.Doubts) > 0 && d.Doubts[0].Contradiction
			if denied != test.denied {
				t.Errorf("doubts %+v", d.Doubts)
			}
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestAMarkOpensAlsoWhereTheRowItselfIsDoubtful(t *testing.T) {
	for _, prefix := range []string{their, their6} {
		for name, test := range map[string]struct {
			option  opts
			outcome rib.Outcome
			links   string
		}{
			"its router marks it best":   {opts{lp(100), marked(rib.Best)}, rib.OutcomeUndetermined, "a b"},
			"its router marks it not":    {opts{lp(100)}, rib.OutcomeDecided, "a"},
			"the format shows no choice": {opts{lp(100), hidden(rib.AttrBest)}, rib.OutcomeDecided, "a"},
		} {
			w := newSite(isp("a", 65540), isp("b", 65541))
			w.row(w.feed("a", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65540", lp(200), marked(rib.Best))
			w.row(w.feed("b", rib.AdjRIBInPre, holds(rib.Families[:]...)), prefix, "65541", test.option...)
			d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
			d.is(t, test.outcome, test.links, d.Reason)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestAMarkIsToldAlsoWhereAnAttributeIsNotShown(t *testing.T) {
	for _, prefix := range []string{their, their6} {
		w := newSite(isp("a", 65540), isp("b", 65541), isp("c", 65542))
		for i, option := range []opts{{lp(200)}, {hidden(rib.AttrLocalPref)}, {lp(100), marked(rib.Best)}} {
			w.row(w.feed(w.links[i].Name, rib.BGPTable, holds(rib.Families[:]...)), prefix, fmt.Sprint(w.links[i].NeighborASNs[0]), option...)
		}
		d := w.ask(t, "us", map[string]string{their: peer, their6: peer6}[prefix])
		d.is(t, rib.OutcomeUndetermined, "a b c", d.Reason)
		d.doubts(t, "edge-c itself marks the route of c best")
	}
}

func TestARouterWithoutANameHasMarksToo(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	a.Router, b.Router = "", ""
	w := newSite(a, b)
	w.row(w.feed("a", rib.BGPTable), their, "65540", lp(200))
	w.row(w.feed("b", rib.BGPTable), their, "65541", lp(100), marked(rib.Best))
	w.ask(t, "us", peer).is(t, rib.OutcomeUndetermined, "a b", rib.ReasonLocalPref)
}

func TestTwoBestMarksOfOneRouterContradict(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	b.Router = a.Router
	w := newSite(a, b)
	w.row(w.feed("a", rib.BGPTable), their, "65540", marked(rib.Best))
	w.row(w.feed("b", rib.BGPTable), their, "65541", marked(rib.Best))
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeUndetermined, "a b", rib.ReasonEqual)
	d.doubts(t, "two routes best")
	if !d.Doubts[0].Contradiction {
		t.Error("it is not called a contradiction")
	}
}

func TestARouterThatMarksACopyBestSendsByAnother(t *testing.T) {
	for name, test := range map[string]struct {
		copies  []string // prefixes of copies in a's table
		path    string
		option  opts
		b       bool // b has the route too
		outcome rib.Outcome
		links   string
	}{
		"and another link has the route":       {[]string{their}, "65541", opts{marked(rib.IBGP | rib.Best)}, true, rib.OutcomeUndetermined, "a b"},
		"and no other link has":                {[]string{their}, "65541", opts{marked(rib.IBGP | rib.Best)}, false, rib.OutcomeUndetermined, "a"},
		"but a copy that is not best says no":  {[]string{their}, "65541", opts{marked(rib.IBGP)}, true, rib.OutcomeDecided, "a"},
		"of a longer prefix than any link has": {[]string{"198.51.100.0/25"}, "65549", opts{marked(rib.IBGP | rib.Best)}, false, rib.OutcomeUndetermined, "a"},
		"of a shorter prefix":                  {[]string{"198.51.0.0/16"}, "65549", opts{marked(rib.IBGP | rib.Best)}, false, rib.OutcomeDecided, "a"},
		"of a longer network of our own":       {[]string{"198.51.100.0/25"}, "", opts{marked(rib.IBGP | rib.Best)}, false, rib.OutcomeDecided, "a"},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		f := w.feed("a", rib.BGPTable)
		w.row(f, their, "65540", lp(200))
		for _, p := range test.copies {
			w.row(f, p, test.path, append(test.option, pathID(9))...)
		}
		g := w.feed("b", rib.BGPTable)
		if test.b {
			w.row(g, their, "65541", lp(100))
		}
		d := w.ask(t, "us", peer)
		var names []string
		for _, l := range d.Links {
			names = append(names, d.table.LinkName(l))
		}
		if d.Outcome != test.outcome || strings.Join(names, " ") != test.links {
			t.Errorf("%s: %s %v, doubts %+v", name, d.Outcome, names, d.Doubts)
		}
	}
	// Where no link has a route at all, some other way out has.
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.BGPTable), their, "65549", marked(rib.IBGP|rib.Best))
	w.ask(t, "us", peer).is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
}

func TestARouterThatMarksItsOwnNetworkBestSendsByNoLink(t *testing.T) {
	w := newSite(isp("a", 65540))
	f := w.feed("a", rib.BGPTable)
	w.row(f, "0.0.0.0/0", "65540")
	w.row(f, "0.0.0.0/0", "", nextHop("0.0.0.0"), marked(rib.Best), pathID(1))
	w.ask(t, "us", peer).is(t, rib.OutcomeUndetermined, "a", rib.ReasonOnlyRoute)
}

func TestAReceivedRowThatItsRouterMayNotUse(t *testing.T) {
	for name, test := range map[string]struct {
		marks   rib.Marks
		outcome rib.Outcome
		doubt   string
	}{
		"RIB-failure":                  {rib.RIBFailure, rib.OutcomeUndetermined, "RIB-failure"},
		"RIB-failure, and best in BGP": {rib.RIBFailure | rib.Best, rib.OutcomeUndetermined, "RIB-failure"},
		"RPKI-invalid":                 {rib.RPKIInvalid, rib.OutcomeUndetermined, "RPKI"},
		"RPKI-invalid, and best":       {rib.RPKIInvalid | rib.Best, rib.OutcomeDecided, ""},
		"malformed":                    {rib.Malformed, rib.OutcomeUndetermined, "malformed"},
		"stale":                        {rib.Stale, rib.OutcomeUndetermined, "stale"},
		"invalid":                      {rib.Invalid, rib.OutcomeUnreachable, ""},
		"filtered":                     {rib.Filtered, rib.OutcomeUnreachable, ""},
	} {
		for prefix, address := range map[string]string{their: peer, their6: peer6} {
			w := newSite(isp("a", 65540))
			w.row(w.feed("a", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65540", marked(test.marks))
			d := w.ask(t, "us", address)
			if d.Outcome != test.outcome {
				t.Errorf("%s: %s, want %s", name, d.Outcome, test.outcome)
			}
			if test.doubt != "" {
				d.doubts(t, test.doubt)
			}
		}
	}
}

func TestATableBeforePolicyWithoutPathsMayHoldOurOwnAS(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.links[0].ImportAll = true
	w.row(w.feed("a", rib.AdjRIBInPre), their, "", hidden(rib.AttrASPath))
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
	d.doubts(t, "our own AS may be in it")
}
