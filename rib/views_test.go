package rib_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/rib"
)

const (
	ours  = "203.0.113.0/24"
	host  = "203.0.113.9"
	their = "198.51.100.0/24"
	peer  = "198.51.100.9"

	ours6  = "2001:db8:113::/48"
	host6  = "2001:db8:113::9"
	their6 = "2001:db8:9::/48"
	peer6  = "2001:db8:9::9"
)

// coverage looks at one link of a site as its only feeds leave it.
func coverage(w *world, dir rib.Direction) *rib.Coverage { return w.sight().Coverage(0, dir, rib.IPv4) }

func TestWhatAWholeFeedOfEachViewProvesByItsSilence(t *testing.T) {
	for _, test := range []struct {
		view rib.View
		dir  rib.Direction
		want bool
	}{
		{rib.AdjRIBOutPost, rib.Advertised, true},
		{rib.AdjRIBOutPre, rib.Advertised, true},
		{rib.FarEnd, rib.Advertised, true},
		{rib.Collector, rib.Advertised, false},
		{rib.AdjRIBInPost, rib.Advertised, false},
		{rib.BGPTable, rib.Advertised, false},
		{rib.LocRIB, rib.Advertised, false},
		{rib.Monitor, rib.Advertised, false},
		{rib.AdjRIBInPost, rib.Received, true},
		{rib.AdjRIBInPre, rib.Received, true},
		{rib.BGPTable, rib.Received, true},
		{rib.LocRIB, rib.Received, false},
		{rib.Monitor, rib.Received, false},
		{rib.AdjRIBOutPost, rib.Received, false},
		{rib.AdjRIBOutPre, rib.Received, false},
		{rib.FarEnd, rib.Received, false},
		{rib.Collector, rib.Received, false},
	} {
		w := newSite(isp("a", 65540))
		w.feed("a", test.view)
		if c := coverage(w, test.dir); c.Covered != test.want {
			t.Errorf("%s proves absence of what is %s: %v, want %v (%s)", test.view, test.dir, c.Covered, test.want, c.Why)
		} else if !c.Covered && c.Why == "" {
			t.Errorf("%s leaves what is %s blind and does not say why", test.view, test.dir)
		}
	}
}

func TestASessionThatMirrorsALinkProvesWhatIsAdvertisedOnItAsAnAssumption(t *testing.T) {
	w := newSite(isp("a", 65540))
	f := w.feed("", rib.Monitor, func(f *rib.Feed) { f.Mirrors = "a" })
	w.row(f, ours, "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumes(t, "mirrors a")
	if coverage(w, rib.Received).Covered {
		t.Error("it also proves what is received")
	}
}

func TestASessionThatSendsEveryPathProvesWhatIsReceivedAsAnAssumption(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.feed("a", rib.Monitor, func(f *rib.Feed) { f.AddPath = "all" })
	c := coverage(w, rib.Received)
	if !c.Covered || len(c.Assumes) != 1 {
		t.Errorf("covered %v, assumes %q", c.Covered, c.Assumes)
	}
}

func TestAnotherRoutersTableProvesNothingByItsSilence(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.feed("a", rib.BGPTable, func(f *rib.Feed) { f.Router = "core" })
	if c := coverage(w, rib.Received); c.Covered || !c.Weak {
		t.Errorf("covered %v, weak %v", c.Covered, c.Weak)
	}
}

func TestAdvertisedRoutesAreTakenOnTrustToBeAcceptedUntilAFarEndShowsThem(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumes(t, "accepted on a")

	w.row(w.feed("a", rib.FarEnd), ours, "65536")
	d = w.ask(t, "internet", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumesNot(t, "accepted on a")
}

func TestWhatAWholeFarEndLacksIsNotOffered(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
	w.feed("a", rib.FarEnd)
	w.ask(t, "internet", host).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestAFarEndThatFailsMakesAcceptanceDoubtful(t *testing.T) {
	for name, fails := range map[string]func(*rib.Feed){"partial": partial, "stale": stale, "unread": nothing} {
		w := newSite(isp("a", 65540))
		w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
		w.feed("a", rib.FarEnd, fails)
		d := w.ask(t, "internet", host)
		if d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone); t.Failed() {
			t.Fatalf("with a %s far end", name)
		}
		d.doubts(t, "whether it was accepted")
	}
}

func TestAFarEndsRowCountsOnlyWhereOurASNStandsNextToTheNeighbour(t *testing.T) {
	for _, test := range []struct {
		path string
		tie  rib.Tie
	}{
		{"65536", rib.Tied},
		{"65536 65536 65536", rib.Tied}, // repeats folded
		{"65540 65536", rib.Tied},       // the neighbour shows its own number too
		{"65540 65540 65536", rib.Tied},
		{"65550 65536", rib.Unclassified}, // by an ASN that the config does not name
		{"65540 65550 65536", rib.Unclassified},
		{"65541 65536", rib.Elsewhere}, // by the other link
		{"65540 65541 65536", rib.Elsewhere},
		{"{65540,65536}", rib.Unclassified},
		{"65550", rib.Foreign},
		{"", rib.Foreign},
	} {
		outcome := map[rib.Tie]rib.Outcome{rib.Tied: rib.OutcomeDecided, rib.Unclassified: rib.OutcomeUnknown}[test.tie]
		if outcome == "" {
			outcome = rib.OutcomeUnreachable
		}
		for prefix, address := range map[string]string{ours: host, ours6: host6} {
			w := newSite(isp("a", 65540), isp("b", 65541))
			w.row(w.feed("a", rib.FarEnd, holds(rib.Families[:]...)), prefix, test.path)
			w.feed("b", rib.FarEnd, holds(rib.Families[:]...))
			if e := w.table().Exact(netip.MustParsePrefix(prefix))[0]; e.Tie != test.tie {
				t.Errorf("%s [%s]: %s, want %s", prefix, test.path, e.Tie, test.tie)
			}
			if d := w.ask(t, "internet", address); d.Outcome != outcome {
				t.Errorf("%s [%s]: %s, want %s", prefix, test.path, d.Outcome, outcome)
			}
		}
	}
}

func TestAFarEndsRowWithoutItsPathMayBeOurs(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.FarEnd), ours, "", hidden(rib.AttrASPath))
	w.ask(t, "internet", host).is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
}

func TestAnAdvertisedPrePolicyRowIsDoubtfulAndAStrongerViewSettlesIt(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBOutPre), ours, "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
	d.doubts(t, "export policy may drop it")

	w.feed("a", rib.AdjRIBOutPost)
	w.ask(t, "internet", host).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestAReceivedPrePolicyRowIsDoubtfulUnlessTheLinkImportsAll(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBInPre), their, "65540")
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
	d.doubts(t, "import policy may drop it")

	w.links[0].ImportAll = true
	d = w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumes(t, "import: all on a")
}

func TestAReceivedPostPolicyFeedBeatsThePrePolicyOne(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBInPre), their, "65540")
	w.feed("a", rib.AdjRIBInPost)
	w.ask(t, "us", peer).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestACollectorProvesPresenceOnTheLinkLeftOfOurASN(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.feed("a", rib.AdjRIBOutPost)
	w.feed("b", rib.AdjRIBOutPost)
	w.row(w.feed("", rib.Collector), ours, "65550 65541 65536 65536")
	w.ask(t, "internet", host).is(t, rib.OutcomeDecided, "b", rib.ReasonOnlyRoute)
}

func TestACollectorsRowBehindASetOrAnUnknownNeighbourIsTiedToNoLink(t *testing.T) {
	for _, path := range []string{"65550 {65540 65541} 65536", "65550 65536"} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		w.feed("a", rib.AdjRIBOutPost)
		w.feed("b", rib.AdjRIBOutPost)
		w.row(w.feed("", rib.Collector), ours, path)
		d := w.ask(t, "internet", host)
		d.is(t, rib.OutcomeUnknown, "a b", rib.ReasonNone)
		d.doubts(t, "the ASN left of ours is not that of one link")
	}
}

func TestRowsOfAPartialFeedAreCertainAndTheRestOfItsLinkIsBlind(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	f := w.feed("a", rib.AdjRIBOutPost, partial)
	w.row(f, ours, "65536")
	w.feed("b", rib.AdjRIBOutPost)
	// b shows nothing, and a's unseen routes are a's too.
	w.ask(t, "internet", host).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.ask(t, "internet", "203.0.112.1").is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
}

func TestRowsOfAStaleFeedAreShownAndNeverCandidates(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost, stale), ours, "65536")
	w.row(w.feed("b", rib.AdjRIBOutPost), ours, "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeUnknown, "a b", rib.ReasonOnlyRoute)
	if len(d.Candidates) != 2 || !d.Candidates[1].Out {
		t.Errorf("candidates %+v", d.Candidates)
	}
}

func TestAFeedThatContradictsItselfIsNoEvidence(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBOutPost, func(f *rib.Feed) { f.State.Contradiction = "received routes" }), ours, "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
	d.doubts(t, "contradicts")
}

func TestAnUnprovenEndIsAnAssumptionAndBlindWhenStrict(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
	w.feed("b", rib.AdjRIBOutPost, unproven)
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	d.assumes(t, "the end of feed b-adj-rib-out-post is not proven")

	w.opt.Strict = true
	w.ask(t, "internet", host).is(t, rib.OutcomeUnknown, "a b", rib.ReasonOnlyRoute)
}

func TestTwoFeedsOfOneLinkAndViewAreOneTable(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
	second := w.feed("a", rib.AdjRIBOutPost, func(f *rib.Feed) { f.Name = "a2" })
	w.row(second, "203.0.112.0/24", "65536")
	w.feed("b", rib.AdjRIBOutPost)
	w.ask(t, "internet", host).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.ask(t, "internet", "203.0.112.1").is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.ask(t, "internet", "203.0.114.1").is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)

	// A part that fails may hold what the other lacks.
	partial(&w.feeds[second])
	w.ask(t, "internet", "203.0.114.1").is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
	// One that was left out on purpose does not count against the other.
	w.feeds[second].State.Closed = true
	w.ask(t, "internet", "203.0.114.1").is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestAFailingFeedOfAWeakerViewLeavesTheStrongerViewsProof(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.feed("a", rib.AdjRIBOutPost)
	w.feed("a", rib.AdjRIBOutPre, partial)
	w.ask(t, "internet", host).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestAFamilyThatNoFeedHoldsIsBlind(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.feed("a", rib.AdjRIBOutPost)
	w.ask(t, "internet", "2001:db8::1").is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
	w.feeds[0].Families = []rib.Family{rib.IPv4, rib.IPv6} // the feed's own declaration covers it
	w.ask(t, "internet", "2001:db8::1").is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestAScopeProvesAbsenceInsideItAndSplitsRangesAtItsEdges(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.112.0/22", "65536")
	w.feed("b", rib.AdjRIBOutPost, scoped(ours))
	s := w.sight()
	got := s.Ranges(s.Observer("internet"), mustPrefixes("203.0.112.0/22")[0], rib.Query{}, rib.ByRoute)
	// Inside the scope b can hide no more than a /23, which still beats a's /22.
	if len(got) != 1 || got[0].Decision.Outcome != rib.OutcomeUnknown {
		t.Fatalf("%d ranges, the first %s", len(got), got[0].Decision.Outcome)
	}
	w.rows[0].route.Prefix = mustPrefixes(ours)[0]
	w.ask(t, "internet", host).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.ask(t, "internet", "203.0.114.1").is(t, rib.OutcomeUnknown, "b", rib.ReasonNone)
	s = w.sight()
	got = s.Ranges(s.Observer("internet"), mustPrefixes("203.0.112.0/22")[0], rib.Query{}, rib.ByRoute)
	if len(got) != 3 || got[1].Prefixes()[0] != mustPrefixes(ours)[0] {
		t.Errorf("%v, want the /24 apart from what lies before and behind it", got)
	}
}

func TestScopesOfSeveralLengthsSplitRangesInAddressOrder(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	f := w.feed("a", rib.AdjRIBOutPost)
	w.row(f, "203.0.112.0/24", "65536")
	w.row(f, "203.0.115.0/24", "65536")
	w.feed("b", rib.AdjRIBOutPost, scoped("203.0.114.0/23", "203.0.113.0/24"))
	s := w.sight()
	var got strings.Builder
	for _, r := range s.Ranges(s.Observer("internet"), mustPrefixes("203.0.112.0/21")[0], rib.Query{}, rib.ByRoute) {
		got.WriteString(fmt.Sprintln(r.Prefixes(), r.Decision.Outcome, r.Decision.Links, r.Decision.Reason))
	}
	// b's dump leaves it room for another /24 outside its scopes, and inside for aggregates only.
	want := `[203.0.112.0/24] unknown [0 1] only-route
[203.0.113.0/24 203.0.114.0/24] unknown [1] none
[203.0.115.0/24] decided [0] only-route
[203.0.116.0/22] unknown [1] none
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestStaticRoutesAreCandidatesInBothDirectionsAndSaidToBeDeclared(t *testing.T) {
	l := isp("b", 65541)
	l.Static = &rib.Static{Receives: mustPrefixes("0.0.0.0/0"), Advertises: mustPrefixes(their)}
	w := newSite(l)
	for observer, address := range map[string]string{"us": "192.0.2.1", "internet": peer} {
		d := w.ask(t, observer, address)
		d.is(t, rib.OutcomeDecided, "b", rib.ReasonOnlyRoute)
		d.assumes(t, "declared, not observed: static on b")
	}
	w.ask(t, "internet", "192.0.2.1").is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
	// What the declaration does not list is absent, in both families.
	w.ask(t, "us", "2001:db8::1").is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
}

func TestATableOfWinnersDecidesAloneForASiteOfOneRouter(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	a.Router, b.Router = "edge", "edge"
	w := newSite(a, b)
	f := w.feed("", rib.LocRIB, func(f *rib.Feed) {
		f.Router = "edge"
		f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
	})
	w.row(f, "0.0.0.0/0", "65540")
	w.row(f, their, "65541")
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
	if len(d.Flips) != 0 {
		t.Errorf("the losers are hidden, and yet it flips: %q", d.Flips)
	}
	// With a second router its winners are only one router's opinion.
	w.links[1].Router = "edge2"
	w.ask(t, "us", peer).is(t, rib.OutcomeUnknown, "a b", rib.ReasonLongestMatch)
	// But they are the whole answer for a service behind that router.
	w.ask(t, "us", peer, rib.Query{Behind: "edge"}).is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
}

func TestSeveralWinnersOfOneTableAreATie(t *testing.T) {
	a, b := isp("a", 65540), isp("b", 65541)
	a.Router, b.Router = "edge", "edge"
	w := newSite(a, b)
	f := w.feed("", rib.LocRIB, func(f *rib.Feed) {
		f.Router = "edge"
		f.Classify = []rib.ClassifyRule{{FirstASN: 65540, Link: "a"}, {FirstASN: 65541, Link: "b"}}
	})
	w.row(f, their, "65540", neighbour("192.0.2.1"))
	w.row(f, their, "65541 65545", neighbour("192.0.2.2")) // longer, and installed all the same
	w.ask(t, "us", peer).is(t, rib.OutcomeTie, "a b", rib.ReasonEqual)
}

func TestANameThatNoLinkBearsTiesNothing(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.feed("a", rib.AdjRIBInPost)
	f := w.feed("ghost", rib.AdjRIBInPost)
	w.row(f, their, "65550")
	for _, e := range w.table().Exact(mustPrefixes(their)[0]) {
		if e.Tie != rib.Unclassified {
			t.Errorf("tied to link %d", e.Link)
		}
	}
}

func TestClassifyRules(t *testing.T) {
	red := rib.Community(7)
	rules := []rib.ClassifyRule{
		{FirstASN: 65540, Link: "a"},
		{Community: &red, Link: "b"},
		{FirstASN: own, Ignore: true},
	}
	for _, test := range []struct {
		name, path string
		options    []func(*rib.Route)
		link       rib.LinkID
		tie        rib.Tie
	}{
		{"one rule fits", "65540", nil, 0, rib.Tied},
		{"two that differ", "65540", []func(*rib.Route){coloured(red)}, rib.NoLink, rib.Unclassified},
		{"ignored", "65536 65545", nil, rib.NoLink, rib.Ignored},
		{"no rule, a known neighbour", "65541", nil, 1, rib.Tied},
		{"no rule, nobody's", "65550", nil, rib.NoLink, rib.Unclassified},
		{"an empty path fits no first ASN", "", []func(*rib.Route){neighbour("192.0.2.9")}, rib.NoLink, rib.Unclassified},
		{"the router's own network", "", nil, rib.NoLink, rib.Own},
		{"a set names no first ASN", "{65540 65541}", nil, rib.NoLink, rib.Unclassified},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		f := w.feed("", rib.BGPTable, func(f *rib.Feed) { f.Classify = rules })
		w.row(f, their, test.path, test.options...)
		e := w.table().Exact(mustPrefixes(their)[0])[0]
		if e.Link != test.link || e.Tie != test.tie {
			t.Errorf("%s: link %d %s, want %d %s", test.name, e.Link, e.Tie, test.link, test.tie)
		}
	}
}

func TestAReceivedRowThatBeginsWithAnotherNeighboursASNIsThatNeighbours(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost, func(f *rib.Feed) { f.Router = "" }), their, "65541")
	if e := w.table().Exact(mustPrefixes(their)[0])[0]; e.Link != 1 {
		t.Errorf("tied to link %d, want b", e.Link)
	}
	// An advertised row stays with its feed's link.
	w = newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65541")
	if e := w.table().Exact(mustPrefixes(ours)[0])[0]; e.Link != 0 {
		t.Errorf("tied to link %d, want a", e.Link)
	}
}
