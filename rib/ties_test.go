package rib_test

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func private(name, circuit string, neighbours ...string) rib.Link {
	l := rib.Link{Name: name, Kind: rib.ExpressRoutePrivate, Router: "edge-" + name, NeighborASNs: []uint32{12076}, Circuit: circuit}
	for _, a := range neighbours {
		l.Neighbors = append(l.Neighbors, netip.MustParseAddr(a))
	}
	return l
}

func tied(t *testing.T, w *world, prefix, link string, tie rib.Tie) {
	t.Helper()
	table := w.table()
	e := table.Exact(netip.MustParsePrefix(prefix))[0]
	if name := table.LinkName(e.Link); e.Tie != tie || link != "" && name != link || link == "" && e.Link != rib.NoLink {
		t.Errorf("%s: %s %s, want %s %s", prefix, e.Tie, name, tie, link)
	}
}

func TestAStrangersRowInOurDeclaredSpaceMayBeOurs(t *testing.T) {
	for name, test := range map[string]struct {
		prefix, address, path string
		outcome               rib.Outcome
	}{
		"equal to it":              {ours, host, "65001", rib.OutcomeUnknown},
		"inside it":                {"203.0.113.0/26", host, "65001", rib.OutcomeUnknown},
		"in IPv6":                  {ours6, host6, "65001", rib.OutcomeUnknown},
		"without any AS":           {ours, host, "", rib.OutcomeUnknown},
		"covering it":              {"203.0.112.0/20", host, "65001", rib.OutcomeUnreachable},
		"a default":                {"0.0.0.0/0", host, "65001", rib.OutcomeUnreachable},
		"outside it":               {their, peer, "65001", rib.OutcomeUnreachable},
		"covering it, and of ours": {"203.0.112.0/20", host, "65001 65536", rib.OutcomeUnknown},
	} {
		for _, view := range []rib.View{rib.FarEnd, rib.Collector} {
			w := newSite(isp("a", 65540))
			w.opt.Declared = mustPrefixes(ours, ours6)
			w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...), func(f *rib.Feed) { f.State.Complete = rib.CompleteYes })
			link := "a"
			if view == rib.Collector {
				link = ""
			}
			w.row(w.feed(link, view, holds(rib.Families[:]...)), test.prefix, test.path)
			d := w.ask(t, "internet", test.address)
			if d.Outcome != test.outcome {
				t.Errorf("%s at a %s: %s, want %s", name, view, d.Outcome, test.outcome)
			}
			if test.outcome == rib.OutcomeUnknown && (len(d.Doubts) == 0 || d.Doubts[0].Prefix.String() != test.prefix) {
				t.Errorf("%s at a %s: doubts %+v", name, view, d.Doubts)
			}
		}
	}
}

func TestBehindALayerThreeProvider(t *testing.T) {
	inBoth(t, func(t *testing.T, prefix, address string, _ rib.Family) {
		l := circuit("a", "seattle", "primary")
		l.ProviderASNs = []uint32{65545}
		for path, tie := range map[string]rib.Tie{
			"65545 65536": rib.Tied, "12076 65545 65536": rib.Tied, "65536": rib.Tied, "12076 65536": rib.Tied,
			"65546 65536": rib.Unclassified, "65545 65546 65536": rib.Unclassified,
		} {
			w := newSite(l)
			w.row(w.feed("a", rib.FarEnd, holds(rib.Families[:]...)), prefix, path)
			link := map[rib.Tie]string{rib.Tied: "a"}[tie]
			tied(t, w, prefix, link, tie)
		}
		// What we send goes to the provider: it is there, and what it lacks may be there too.
		w := newSite(l)
		w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...))
		w.ask(t, "microsoft", address).is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
		w.row(0, prefix, "65536")
		d := w.ask(t, "microsoft", address)
		d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
		d.assumes(t, "passed on by AS 65545 and accepted on a")
		// A received row begins with the provider's ASN.
		w = newSite(l, isp("b", 65540))
		w.row(w.feed("", rib.BGPTable, holds(rib.Families[:]...)), prefix, "65545 12076")
		tied(t, w, prefix, "a", rib.Tied)
	})
}

func TestAProvidersASNsCountInThePathThatIsCompared(t *testing.T) {
	through := circuit("c1", "seattle", "primary")
	through.ProviderASNs = []uint32{65545}
	direct := circuit("c2", "dublin", "primary")
	for name, test := range map[string]struct {
		view    rib.View
		path    string
		outcome rib.Outcome
		links   string
	}{
		"the far end shows one":             {rib.FarEnd, "65545 65536", rib.OutcomeDecided, "c2"},
		"behind the neighbour's own":        {rib.FarEnd, "12076 65545 65536", rib.OutcomeDecided, "c2"},
		"it was sent round the provider":    {rib.FarEnd, "65536", rib.OutcomeTie, "c1 c2"},
		"what we send does not show them":   {rib.AdjRIBOutPost, "65536", rib.OutcomeUnknown, "c1 c2"},
		"a private one is removed, as ever": {rib.FarEnd, "64513 65536", rib.OutcomeTie, "c1 c2"},
	} {
		w := newSite(through, direct)
		w.links[0].ProviderASNs = append(w.links[0].ProviderASNs, 64513)
		w.row(w.feed("c1", test.view), ours, test.path)
		w.row(w.feed("c2", rib.FarEnd), ours, "65536")
		var names []string
		d := w.ask(t, "microsoft", host)
		for _, l := range d.Links {
			names = append(names, d.table.LinkName(l))
		}
		if d.Outcome != test.outcome || strings.Join(names, " ") != test.links {
			t.Errorf("%s: %s %v", name, d.Outcome, d.Links)
		}
	}
}

func TestGlobalReachBringsAnotherCircuitsRowsIntoATable(t *testing.T) {
	for name, test := range map[string]struct {
		hop        string
		neighbours []string
		link       string
		tie        rib.Tie
	}{
		"its own far address":               {"192.0.2.2", []string{"192.0.2.2"}, "a", rib.Tied},
		"its own near address":              {"192.0.2.1", []string{"192.0.2.2"}, "a", rib.Tied},
		"the other circuit's":               {"192.0.2.6", []string{"192.0.2.2"}, "b", rib.Elsewhere},
		"the near one of the other circuit": {"192.0.2.5", []string{"192.0.2.2"}, "b", rib.Elsewhere},
		"nobody's":                          {"192.0.2.9", []string{"192.0.2.2"}, "a", rib.Tied},
		"the other side of its own circuit": {"192.0.2.14", []string{"192.0.2.2"}, "a", rib.Tied},
		"of IPv6, its own":                  {"2001:db8:ffff::1", []string{"2001:db8:ffff::2"}, "a", rib.Tied},
		"of IPv6, the other's":              {"2001:db8:ffff::5", []string{"2001:db8:ffff::2"}, "b", rib.Elsewhere},
		"its own subnet is not declared":    {"192.0.2.6", nil, "", rib.Unclassified},
		"that of the family is not":         {"192.0.2.6", []string{"2001:db8:ffff::2"}, "", rib.Unclassified},
	} {
		w := newSite(private("a", "seattle", test.neighbours...), private("b", "dublin", "192.0.2.6", "2001:db8:ffff::6"), private("c", "seattle", "192.0.2.14"))
		w.row(w.feed("a", rib.FarEnd), "10.50.0.0/16", "65536", nextHop(test.hop))
		tied(t, w, "10.50.0.0/16", test.link, test.tie)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestOneGatewaysTableForSeveralCircuits(t *testing.T) {
	rules := func(f *rib.Feed) {
		f.Classify = []rib.ClassifyRule{{Neighbor: netip.MustParseAddr("192.0.2.2"), Link: "a"}, {Neighbor: netip.MustParseAddr("192.0.2.6"), Link: "b"}}
	}
	for name, test := range map[string]struct {
		neighbour, path string
		link            string
		tie             rib.Tie
	}{
		"of the one":              {"192.0.2.2", "12076 65536", "a", rib.Tied},
		"of the other":            {"192.0.2.6", "65536", "b", rib.Tied},
		"of nobody's neighbour":   {"192.0.2.10", "65536", "", rib.Unclassified},
		"a stranger's":            {"192.0.2.2", "65550", "", rib.Foreign},
		"ours behind a stranger":  {"192.0.2.2", "65550 65536", "", rib.Unclassified},
		"the cloud's own network": {"192.0.2.2", "65515", "", rib.Foreign},
	} {
		w := newSite(private("a", "seattle"), private("b", "dublin"))
		w.row(w.feed("", rib.FarEnd, rules), "10.50.0.0/16", test.path, neighbour(test.neighbour))
		tied(t, w, "10.50.0.0/16", test.link, test.tie)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	// Its whole table proves what neither of them has.
	w := newSite(private("a", "seattle"), private("b", "dublin"))
	w.row(w.feed("", rib.FarEnd, rules), "10.50.0.0/16", "65536", neighbour("192.0.2.6"))
	w.ask(t, "azure", "10.50.0.1").is(t, rib.OutcomeDecided, "b", rib.ReasonOnlyRoute)
	// A collector's rows too are tied by rule where one fits.
	w = newSite(isp("a", 65540), isp("b", 65541))
	red := rib.Community(7)
	w.row(w.feed("", rib.Collector, func(f *rib.Feed) { f.Classify = []rib.ClassifyRule{{Community: &red, Link: "b"}} }), ours, "65550 65540 65536", coloured(red))
	tied(t, w, ours, "b", rib.Tied)
}

func TestWhatARouterMadeItselfOrHasOfAnIBGPNeighbourIsNoLinks(t *testing.T) {
	asn := func(n uint32) func(*rib.Route) { return func(r *rib.Route) { r.Attrs.NeighborASN = n } }
	byNeighbour := func(f *rib.Feed) {
		f.Classify = []rib.ClassifyRule{{Neighbor: netip.MustParseAddr("192.0.2.2"), Link: "a"}}
	}
	byASN := func(f *rib.Feed) { f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}} }
	for name, test := range map[string]struct {
		view rib.View
		feed func(*rib.Feed)
		path string
		row  opts
		link string
		tie  rib.Tie
	}{
		"next hop unspecified":                  {rib.BGPTable, nil, "", opts{nextHop("0.0.0.0")}, "", rib.Own},
		"next hop unspecified, of IPv6":         {rib.BGPTable, nil, "", opts{nextHop("::")}, "", rib.Own},
		"the same in an Adj-RIB-In":             {rib.AdjRIBInPost, nil, "", opts{nextHop("0.0.0.0")}, "", rib.Own},
		"neither neighbour nor next hop":        {rib.BGPTable, nil, "", nil, "", rib.Own},
		"the same among the winners":            {rib.LocRIB, nil, "", nil, "", rib.Own},
		"marked as of an iBGP neighbour":        {rib.BGPTable, nil, "65540", opts{marked(rib.IBGP)}, "", rib.Internal},
		"the same in the feed of its only link": {rib.AdjRIBInPost, nil, "65540", opts{marked(rib.IBGP)}, "", rib.Internal},
		"of a neighbour with an ASN of ours":    {rib.BGPTable, nil, "65540", opts{asn(own)}, "", rib.Internal},
		"of a neighbour with another ASN":       {rib.BGPTable, nil, "65540", opts{asn(65540)}, "a", rib.Tied},
		"a copy that a rule ties by neighbour":  {rib.BGPTable, byNeighbour, "65540", opts{marked(rib.IBGP), neighbour("192.0.2.2")}, "a", rib.Tied},
		"a copy that a rule ties by first ASN":  {rib.BGPTable, byASN, "65540", opts{marked(rib.IBGP)}, "", rib.Internal},
		"a copy among the winners":              {rib.LocRIB, nil, "65540", opts{marked(rib.IBGP)}, "", rib.Unclassified},
		"an empty path that somebody sent":      {rib.BGPTable, nil, "", opts{neighbour("192.0.2.9")}, "a", rib.Tied},
	} {
		for _, prefix := range []string{their, their6} {
			w := newSite(isp("a", 65540))
			link := "a"
			if test.view == rib.LocRIB || test.feed != nil {
				link = ""
			}
			f := w.feed(link, test.view, holds(rib.Families[:]...), onRouter("edge-a"))
			if test.feed != nil {
				test.feed(&w.feeds[f])
			}
			w.row(f, prefix, test.path, test.row...)
			tied(t, w, prefix, test.link, test.tie)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestARowThatIsTiedToNoLinkBecauseItIsOursLeavesAnswersFirm(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	f := w.feed("a", rib.BGPTable)
	w.row(f, their, "65540")
	w.row(f, "198.51.100.0/25", "", nextHop("0.0.0.0"))
	w.feed("b", rib.AdjRIBInPost)
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
}
