package rib_test

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// standing is what became of the one row of a feed of the site's first link.
func standing(w *world, fam rib.Family, feed int) rib.Standing {
	var out rib.Standing
	w.sight().EachAdvertised(fam, func(st rib.Standing) {
		if st.Feed == rib.FeedID(feed) {
			out = st
		}
	})
	return out
}

// inBoth runs a test of advertised rows in both families.
func inBoth(t *testing.T, test func(t *testing.T, prefix, address string, fam rib.Family)) {
	t.Run("ipv4", func(t *testing.T) { test(t, ours, host, rib.IPv4) })
	t.Run("ipv6", func(t *testing.T) { test(t, ours6, host6, rib.IPv6) })
}

func community(name string) rib.Community {
	c, err := rib.ParseCommunity(name)
	if err != nil {
		panic(err)
	}
	return c
}

func TestMarksDecideWhoHearsARowAndSeldomWhetherItWasSent(t *testing.T) {
	er := circuit("a", "seattle", "primary")
	for name, row := range map[string]struct {
		link    rib.Link
		view    rib.View
		option  func(*rib.Route)
		outcome rib.Outcome // by Microsoft
		unheard string
		unsent  string
		doubt   string
	}{
		"nothing marks it":                        {isp("a", 65540), rib.AdjRIBOutPost, marked(0), rib.OutcomeDecided, "", "", ""},
		"stale":                                   {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.Stale), rib.OutcomeUndetermined, "", "stale", "stale"},
		"malformed":                               {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.Malformed), rib.OutcomeUndetermined, "", "malformed", "malformed"},
		"not the router's choice":                 {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.Unselected), rib.OutcomeUndetermined, "", "#20617", "#20617"},
		"invalid on our router":                   {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.Invalid), rib.OutcomeUndetermined, "", "invalid or filtered", "invalid or filtered"},
		"filtered on our router":                  {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.Filtered), rib.OutcomeUndetermined, "", "invalid or filtered", "invalid or filtered"},
		"invalid at the far end":                  {isp("a", 65540), rib.FarEnd, marked(rib.Invalid), rib.OutcomeUnreachable, "does not use it", "", ""},
		"filtered at the far end":                 {isp("a", 65540), rib.FarEnd, marked(rib.Filtered), rib.OutcomeUnreachable, "does not use it", "", ""},
		"stale at the far end":                    {isp("a", 65540), rib.FarEnd, marked(rib.Stale), rib.OutcomeUndetermined, "", "stale", "stale"},
		"NO_EXPORT on an ISP":                     {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("no-export")), rib.OutcomeUndetermined, "", "", "NO_EXPORT"},
		"NO_EXPORT at the ISP's own router":       {isp("a", 65540), rib.FarEnd, coloured(community("no-export")), rib.OutcomeUndetermined, "", "", "NO_EXPORT"},
		"NO_ADVERTISE on an ISP":                  {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("no-advertise")), rib.OutcomeUndetermined, "", "", "NO_ADVERTISE"},
		"NO_EXPORT_SUBCONFED on an ISP":           {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("no-export-subconfed")), rib.OutcomeUndetermined, "", "", "NO_EXPORT_SUBCONFED"},
		"NOPEER on an ISP":                        {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("no-peer")), rib.OutcomeUndetermined, "", "", "NOPEER"},
		"BLACKHOLE on an ISP":                     {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("blackhole")), rib.OutcomeUndetermined, "", "", "BLACKHOLE"},
		"GRACEFUL_SHUTDOWN on an ISP":             {isp("a", 65540), rib.AdjRIBOutPost, coloured(community("graceful-shutdown")), rib.OutcomeDecided, "", "", ""},
		"NO_EXPORT on ExpressRoute":               {er, rib.AdjRIBOutPost, coloured(community("no-export")), rib.OutcomeDecided, "", "", ""},
		"RPKI-invalid on an ISP":                  {isp("a", 65540), rib.AdjRIBOutPost, marked(rib.RPKIInvalid), rib.OutcomeUndetermined, "", "", "RPKI"},
		"RPKI-invalid on ExpressRoute":            {er, rib.FarEnd, marked(rib.RPKIInvalid), rib.OutcomeUndetermined, "", "", "RPKI"},
		"it holds the neighbour's AS (FRR #8940)": {isp("a", 65540), rib.AdjRIBOutPost, path("65536 65540"), rib.OutcomeUndetermined, "", "#8940", "#8940"},
	} {
		inBoth(t, func(t *testing.T, prefix, address string, fam rib.Family) {
			w := newSite(row.link)
			f := w.feed("a", row.view, holds(rib.Families[:]...))
			w.row(f, prefix, "65536", row.option)
			if d := w.ask(t, "microsoft", address); d.Outcome != row.outcome {
				t.Errorf("%s: %s, want %s", name, d.Outcome, row.outcome)
			}
			st := standing(w, fam, f)
			for what, pair := range map[string][2]string{"unheard": {st.Unheard, row.unheard}, "unsent": {st.Unsent, row.unsent}, "doubt": {st.Doubt, row.doubt}} {
				if (pair[0] == "") != (pair[1] == "") || !strings.Contains(pair[0], pair[1]) {
					t.Errorf("%s: %s %q, want %q", name, what, pair[0], pair[1])
				}
			}
		})
	}
}

func path(text string) func(*rib.Route) {
	return func(r *rib.Route) { r.Attrs.ASPath, _ = rib.ParseASPath(text) }
}

func TestACollectorLiftsTheDoubtThatARowGoesBeyondItsISP(t *testing.T) {
	for name, option := range map[string]func(*rib.Route){
		"NO_EXPORT":    coloured(community("no-export")),
		"RPKI-invalid": marked(rib.RPKIInvalid),
	} {
		inBoth(t, func(t *testing.T, prefix, address string, _ rib.Family) {
			w := newSite(isp("a", 65540), isp("b", 65541))
			w.row(w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...)), prefix, "65536", option)
			w.feed("b", rib.AdjRIBOutPost, holds(rib.Families[:]...))
			f := w.feed("", rib.Collector, holds(rib.Families[:]...))
			w.row(f, prefix, "65550 65541 65536")
			// By the other link it is no sign of this one's.
			if d := w.ask(t, "internet", address); d.Firm() {
				t.Errorf("%s: %s %v", name, d.Outcome, d.Links)
			}
			w.rows[1].route.Attrs.ASPath, _ = rib.ParseASPath("65550 65540 65536")
			if d := w.ask(t, "internet", address); d.Outcome != rib.OutcomeDecided {
				t.Errorf("%s: %s", name, d.Outcome)
			}
		})
	}
}

func TestWhatAWholeFarEndLacksWasSentAndIsNotHeard(t *testing.T) {
	inBoth(t, func(t *testing.T, prefix, address string, fam rib.Family) {
		w := newSite(isp("a", 65540))
		f := w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...))
		w.row(f, prefix, "65536")
		w.feed("a", rib.FarEnd, holds(rib.Families[:]...))
		w.ask(t, "internet", address).is(t, rib.OutcomeUnreachable, "", rib.ReasonNone)
		if st := standing(w, fam, f); !st.Sent() || st.Certain() || !strings.Contains(st.Unheard, "not accepted") {
			t.Errorf("%+v", st)
		}
	})
}

func TestAFarEndsRowThatOurWholeAdjRIBOutLacksIsAContradiction(t *testing.T) {
	inBoth(t, func(t *testing.T, prefix, address string, fam rib.Family) {
		w := newSite(isp("a", 65540))
		f := w.feed("a", rib.FarEnd, holds(rib.Families[:]...))
		w.row(f, prefix, "65536")
		sender := w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...))
		d := w.ask(t, "internet", address)
		d.is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
		d.doubts(t, "does not hold it")
		if st := standing(w, fam, f); st.Sent() {
			t.Error("it is said to have been sent")
		}
		// A table before policy that holds it says nothing of what went out.
		pre := w.feed("a", rib.AdjRIBOutPre, holds(rib.Families[:]...))
		w.row(pre, prefix, "65536")
		w.ask(t, "internet", address).is(t, rib.OutcomeUndetermined, "a", rib.ReasonNone)
		// A part of our table, or one to a provider, denies nothing.
		w.feeds[sender].State.Complete = rib.CompleteNo
		w.ask(t, "internet", address).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
		w.feeds[sender].State.Complete = rib.CompleteYes
		w.links[0].ProviderASNs = []uint32{provider}
		w.ask(t, "internet", address).is(t, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute)
	})
}

func TestAFarEndThatMarksAnotherWayBestHoldsOursAndDoesNotUseIt(t *testing.T) {
	for name, test := range map[string]struct {
		ours    func(*rib.Route)
		other   string
		outcome rib.Outcome
	}{
		"by its own transit":           {marked(0), "65550 65536", rib.OutcomeUnreachable},
		"a stranger's route":           {marked(0), "65550", rib.OutcomeUnreachable},
		"by another link of ours":      {marked(0), "65541 65536", rib.OutcomeUnreachable},
		"of ours too":                  {marked(0), "65536 65545", rib.OutcomeDecided},
		"and uses ours beside it":      {marked(rib.Multipath), "65541 65536", rib.OutcomeDecided},
		"and whether ours is not seen": {hidden(rib.AttrBest), "65541 65536", rib.OutcomeUndetermined},
	} {
		inBoth(t, func(t *testing.T, prefix, address string, _ rib.Family) {
			w := newSite(isp("a", 65540), isp("b", 65541))
			f := w.feed("a", rib.FarEnd, holds(rib.Families[:]...))
			w.row(f, prefix, "65536", test.ours)
			w.row(f, prefix, test.other, marked(rib.Best), pathID(1))
			w.feed("b", rib.FarEnd, holds(rib.Families[:]...))
			d := w.ask(t, "internet", address)
			if d.Outcome != test.outcome && !(test.outcome == rib.OutcomeUnreachable && strings.HasPrefix(test.other, "65550 65536") && d.Outcome == rib.OutcomeUnknown) {
				t.Errorf("%s: %s, want %s", name, d.Outcome, test.outcome)
			}
		})
	}
}

func TestARowThatACutFarEndDoesNotMarkBestMayBeUnused(t *testing.T) {
	for name, test := range map[string]struct {
		row     func(*rib.Route)
		state   func(*rib.Feed)
		outcome rib.Outcome
	}{
		"cut, unmarked":               {marked(0), partial, rib.OutcomeUnknown},
		"cut, marked best":            {marked(rib.Best), partial, rib.OutcomeDecided},
		"cut, one of several":         {marked(rib.Multipath), partial, rib.OutcomeDecided},
		"cut, and no format for best": {hidden(rib.AttrBest), partial, rib.OutcomeDecided},
		"whole, unmarked":             {marked(0), func(*rib.Feed) {}, rib.OutcomeDecided},
	} {
		inBoth(t, func(t *testing.T, prefix, address string, _ rib.Family) {
			w := newSite(isp("a", 65540))
			w.row(w.feed("a", rib.FarEnd, holds(rib.Families[:]...), test.state), prefix, "65536", test.row)
			if d := w.ask(t, "internet", address); d.Outcome != test.outcome {
				t.Errorf("%s: %s, want %s", name, d.Outcome, test.outcome)
			}
		})
	}
}

func TestMicrosoftPeeringTakesNoDefaultAndNoPrivateSpace(t *testing.T) {
	for prefix, heard := range map[string]bool{
		"0.0.0.0/0": false, "::/0": false, "10.0.0.0/8": false, "10.1.0.0/16": false, "172.16.0.0/12": false, "172.31.1.0/24": false, "192.168.0.0/16": false,
		"fc00::/7": false, "fd00:99::/48": false, "fe00::/9": true,
		"172.32.0.0/16": true, "11.0.0.0/8": true, "192.169.0.0/16": true, "0.0.0.0/1": true, ours: true, ours6: true,
	} {
		p := netip.MustParsePrefix(prefix)
		for _, view := range []rib.View{rib.AdjRIBOutPost, rib.FarEnd} {
			w := newSite(circuit("a", "seattle", "primary"))
			f := w.feed("a", view, holds(rib.Families[:]...))
			w.row(f, prefix, "65536")
			want := rib.OutcomeDecided
			if !heard && view != rib.FarEnd { // what its own table holds, it has taken
				want = rib.OutcomeUnreachable
			}
			if d := w.ask(t, "microsoft", p.Addr().String()); d.Outcome != want {
				t.Errorf("%s as %s: %s, want %s", prefix, view, d.Outcome, want)
			}
			if st := standing(w, rib.FamilyOf(p), f); !st.Sent() {
				t.Errorf("%s as %s is not sent", prefix, view)
			}
		}
		// Private peering takes it.
		w := newSite(rib.Link{Name: "a", Kind: rib.ExpressRoutePrivate, NeighborASNs: []uint32{12076}, Circuit: "seattle"})
		w.row(w.feed("a", rib.AdjRIBOutPost, holds(rib.Families[:]...)), prefix, "65536")
		if d := w.ask(t, "azure", p.Addr().String()); d.Outcome != rib.OutcomeDecided {
			t.Errorf("%s on private peering: %s", prefix, d.Outcome)
		}
	}
}
