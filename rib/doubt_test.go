package rib_test

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func TestABlindLinkMakesUnknownWhatItsUnseenRoutesCouldWin(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "65536", "-")
	w.feeds[1].State.Complete = rib.CompleteNo
	d := w.ask(t, "microsoft", host)
	// b may show the same /24, and tie; it cannot win alone.
	d.is(t, rib.OutcomeUnknown, "a b", rib.ReasonOnlyRoute)
	d.doubts(t, "feed b-adj-rib-out-post is partial")
}

func TestABlindLinkThatCannotReachTheWinnersMaskDoesNotMatterAndTheCapIsSaid(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "-", "-")
	w.row(1, "203.0.113.0/25", "65536")
	w.feeds[0].State.Complete = rib.CompleteNo
	d := w.ask(t, "microsoft", host)
	d.is(t, rib.OutcomeDecided, "er", rib.ReasonOnlyRoute)
	d.assumes(t, "a is blind, and carries nothing longer than /24 here")
	// At /24 it could: ExpressRoute wins at the same mask, so even then it does not.
	w.rows[0].route.Prefix = mustPrefixes(ours)[0]
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "er", rib.ReasonOnlyRoute)
	w.rows[0].route.Prefix = mustPrefixes("203.0.112.0/23")[0]
	w.ask(t, "microsoft", host).is(t, rib.OutcomeUnknown, "a er", rib.ReasonOnlyRoute)
}

func TestABlindCircuitMayCarryAHostRoute(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "65536", "-")
	w.feeds[1].State.Complete = rib.CompleteNo
	w.ask(t, "microsoft", host).is(t, rib.OutcomeUnknown, "a er", rib.ReasonOnlyRoute)
}

func TestNoRouteAndABlindLinkIsUnknownAndNotUnreachable(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.ask(t, "us", peer).is(t, rib.OutcomeUnknown, "a", rib.ReasonNone)
}

func TestBlindnessSplitsNoRange(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.112.0/21", "65536")
	s := w.sight()
	if got := s.Ranges(s.Observer("internet"), mustPrefixes("203.0.112.0/21")[0], rib.Query{}, rib.ByRoute); len(got) != 1 {
		t.Errorf("%d ranges, want one", len(got))
	}
}

func TestAnAdvertisedPrefixLongerThanTheInternetCarriesIsDoubtfulUntilACollectorShowsIt(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "-", "65536")
	w.row(0, "203.0.113.0/25", "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeUndetermined, "a b", rib.ReasonOnlyRoute)
	d.doubts(t, "longer than the internet carries")

	f := w.feed("", rib.Collector)
	w.row(f, "203.0.113.0/25", "65550 65540 65536")
	w.ask(t, "internet", host).is(t, rib.OutcomeDecided, "a", rib.ReasonLongestMatch)

	// Not if the collector's own row is in doubt.
	marked(rib.Stale)(&w.rows[len(w.rows)-1].route)
	if d := w.ask(t, "internet", host); d.Firm() {
		t.Errorf("%s %v", d.Outcome, d.Links)
	}
}

func TestTheSameLengthOnACircuitIsCertain(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "65536", "-")
	w.row(1, "203.0.113.0/25", "65536")
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "er", rib.ReasonLongestMatch)
}

func TestInIPv6TheCapIsA48(t *testing.T) {
	w := newSite(isp("a", 65540))
	f := w.feed("a", rib.AdjRIBOutPost, func(f *rib.Feed) { f.State.Families = rib.Families[:] })
	w.row(f, "2001:db8::/48", "65536")
	w.row(f, "2001:db8:1::/49", "65536")
	w.ask(t, "internet", "2001:db8::1").is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	w.ask(t, "internet", "2001:db8:1::1").is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
}

func TestAnUntiedRouteMakesUnknownWhatItCouldChangeAndNothingElse(t *testing.T) {
	w := forward(nil, opts{lp(200)})
	f := w.feed("", rib.BGPTable, func(f *rib.Feed) { f.Router = "edge-a" })
	w.row(f, their, "65550 65551", lp(50))
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
	lp(300)(&w.rows[2].route)
	d := w.ask(t, "us", peer)
	d.is(t, rib.OutcomeUnknown, "a b", rib.ReasonLocalPref)
	d.doubts(t, "no rule of feed")
}

func TestAnUntiedRouteThatCouldNeverCountRaisesNoDoubt(t *testing.T) {
	w := forward(nil, opts{lp(200)})
	f := w.feed("", rib.BGPTable, func(f *rib.Feed) { f.Router = "edge-a" })
	w.row(f, "198.51.100.0/25", "65550 65536 65551", lp(300))
	w.row(f, "198.51.100.0/25", "65550", lp(300), pathID(1), marked(rib.Filtered))
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
}

func TestUnknownOutranksUndetermined(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPre), their, "65540")
	w.ask(t, "us", peer).is(t, rib.OutcomeUnknown, "a b", rib.ReasonNone)
}

func TestADoubtfulRouteThatLosesEitherWayLeavesTheAnswerFirm(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65540", lp(200))
	w.row(w.feed("b", rib.AdjRIBInPre), their, "65541", lp(100))
	w.ask(t, "us", peer).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
}

// RFC 4271 9.1.2.2 (c) compares MED within one neighbour AS, so that a route can lose to one that
// itself loses, and two that change nothing one by one can change the answer together.
func TestDoubtfulRoutesOfOneNeighbourASAreTriedTogether(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65540))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65549", hidden(rib.AttrBest))
	fb := w.feed("b", rib.AdjRIBInPost)
	w.row(fb, their, "65540", med(5), pathID(1), hidden(rib.AttrBest))
	w.row(fb, their, "65541", med(5), pathID(2), hidden(rib.AttrBest))
	w.ask(t, "us", peer).is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
	// Each beats one of b's routes, and leaves b the other.
	one := func(r *rib.Route) { r.Marks |= rib.Stale; r.Attrs.NotShown |= rib.AttrBest }
	w.row(0, their, "65540", med(0), pathID(3), one)
	w.ask(t, "us", peer).is(t, rib.OutcomeTie, "a b", rib.ReasonRouterLocal)
	// Both together leave b nothing, though they are of different neighbour ASes.
	w.row(0, their, "65541", med(0), pathID(4), one)
	w.ask(t, "us", peer).is(t, rib.OutcomeUndetermined, "a b", rib.ReasonRouterLocal)
}

func TestMoreDoubtfulRoutesThanCanBeTriedTogetherLeaveTheAnswerOpen(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65540))
	w.row(w.feed("a", rib.AdjRIBInPost), their, "65549", hidden(rib.AttrBest))
	w.row(w.feed("b", rib.AdjRIBInPost), their, "65548", hidden(rib.AttrBest))
	for i := range 20 {
		w.row(0, their, "65549", pathID(uint32(i+1)), marked(rib.Stale), hidden(rib.AttrBest))
	}
	d := w.ask(t, "us", peer)
	if d.Outcome != rib.OutcomeUndetermined {
		t.Errorf("%s %v", d.Outcome, d.Links)
	}
}

func TestARouteThatHoldsTheNeighboursOwnASMayNotHaveBeenSent(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536 65540")
	w.row(w.feed("b", rib.AdjRIBOutPost), "203.0.112.0/23", "65536")
	d := w.ask(t, "internet", host)
	d.is(t, rib.OutcomeUndetermined, "a b", rib.ReasonOnlyRoute)
	d.doubts(t, "FRR #8940")
}

func TestFlipsNeverProposeAPrefixThatWouldNotLeaveTheISP(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), circuit("er", "seattle", "primary")}, "65536", "65536")
	for _, flip := range w.ask(t, "microsoft", host).Flips {
		if strings.Contains(flip, "on a wins") {
			t.Errorf("nothing longer than the /24 leaves a, and yet: %q", flip)
		}
	}
}

func TestNeighboursWithOneWinnerRouteAndReasonAreOneRange(t *testing.T) {
	w := toMicrosoft([]rib.Link{isp("a", 65540), isp("b", 65541)}, "-", "-")
	w.row(0, "203.0.112.0/22", "65536")
	w.row(1, "203.0.113.0/24", "65536")
	s := w.sight()
	got := s.Ranges(s.Observer("microsoft"), mustPrefixes("203.0.112.0/22")[0], rib.Query{}, rib.ByRoute)
	// a, then b's /24, then a again: the two of a are one decision and not one range.
	want := [][]netip.Prefix{mustPrefixes("203.0.112.0/24"), mustPrefixes(ours), mustPrefixes("203.0.114.0/23")}
	if len(got) != len(want) {
		t.Fatalf("%d ranges", len(got))
	}
	for i := range want {
		if p := got[i].Prefixes(); len(p) != 1 || p[0] != want[i][0] {
			t.Errorf("range %d is %v, want %v", i, p, want[i])
		}
	}
}

func TestADoubtIsNamedByTheRouteThatRaisesItInEveryRange(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.112.0/22", "65536")
	f := w.feed("b", rib.AdjRIBOutPre)
	w.row(f, "203.0.112.0/24", "65536")
	w.row(f, "203.0.114.0/24", "65536")
	for address, prefix := range map[string]string{"203.0.112.1": "203.0.112.0/24", "203.0.114.1": "203.0.114.0/24"} {
		s := w.sight()
		for _, r := range s.Ranges(s.Observer("internet"), mustPrefixes("203.0.112.0/22")[0], rib.Query{}, rib.ByRoute) {
			a := netip.MustParseAddr(address)
			if a.Less(r.From) || r.To.Less(a) {
				continue
			}
			if len(r.Decision.Doubts) != 1 || r.Decision.Doubts[0].Prefix.String() != prefix {
				t.Errorf("%s: doubts %+v, want %s", address, r.Decision.Doubts, prefix)
			}
		}
	}
}
