package rib_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// branch is a site of a line and two tunnels that another network hears, each with a whole feed of what is
// sent there, and that network's order of links.
func branch(family rib.Family, prefer, steps []string, sent map[string]string) *world {
	line, tun1, tun2 := isp("line", 65540), isp("tun1", 65541), isp("tun2", 65542)
	line.Kind, tun1.Kind, tun2.Kind = rib.OtherKind, rib.VPN, rib.VPN
	w := newSite(line, tun1, tun2)
	prefix := map[rib.Family]string{rib.IPv4: ours, rib.IPv6: "2001:db8:113::/48"}[family]
	for _, l := range w.links {
		f := w.feed(l.Name, rib.AdjRIBOutPost)
		w.feeds[f].State.Families = []rib.Family{family}
		if path, there := sent[l.Name]; there {
			w.row(f, prefix, path)
		}
	}
	w.opt.Observers = []rib.ObserverSpec{{Name: "hq", Hears: []string{"line", "tun1", "tun2"}, Steps: steps, Prefer: prefer}}
	return w
}

func TestAnObserverPrefersLinksInItsOrder(t *testing.T) {
	const once, thrice = "65536", "65536 65536 65536"
	path := []string{"as-path-length"}
	everywhere := map[string]string{"line": thrice, "tun1": once, "tun2": once}
	for name, c := range map[string]struct {
		prefer, steps []string
		sent          map[string]string
		outcome       rib.Outcome
		links         string
		reason        rib.Reason
	}{
		"without an order the AS path decides, and then nothing": {nil, path, everywhere, rib.OutcomeTie, "tun1 tun2", rib.ReasonEqual},
		"the first one ahead of the AS path":                     {[]string{"line", "tun2"}, path, everywhere, rib.OutcomeDecided, "line", rib.ReasonLocalPref},
		"the order is its own, and not that of the links":        {[]string{"tun2", "line"}, path, everywhere, rib.OutcomeDecided, "tun2", rib.ReasonLocalPref},
		"the second one where the first has no route":            {[]string{"tun2", "line"}, path, map[string]string{"line": thrice, "tun1": once}, rib.OutcomeDecided, "line", rib.ReasonLocalPref},
		"those that it does not list are equal in it":            {[]string{"line"}, path, map[string]string{"tun1": once, "tun2": thrice}, rib.OutcomeDecided, "tun1", rib.ReasonASPathLength},
		"it needs no other step":                                 {[]string{"tun1"}, nil, everywhere, rib.OutcomeDecided, "tun1", rib.ReasonLocalPref},
		"behind a step that tells them not apart":                {[]string{"line", "tun1"}, []string{"routing-preference", "as-path-length"}, everywhere, rib.OutcomeDecided, "line", rib.ReasonLocalPref},
	} {
		t.Run(name, func(t *testing.T) {
			for fam, address := range map[rib.Family]string{rib.IPv4: host, rib.IPv6: "2001:db8:113::40"} {
				branch(fam, c.prefer, c.steps, c.sent).ask(t, "hq", address).is(t, c.outcome, c.links, c.reason)
			}
		})
	}
}

func TestWhatADocumentSaysGoesBeforeAnOrderOfLinks(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541), circuit("er", "c1", "primary"))
	for _, l := range w.links {
		w.row(w.feed(l.Name, rib.AdjRIBOutPost), ours, "65536")
	}
	w.opt.Observers = []rib.ObserverSpec{{Name: rib.ObserverMicrosoft, Prefer: []string{"b"}}}
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "er", rib.ReasonLinkKind)
	w.rows = w.rows[:2]
	w.ask(t, "microsoft", host).is(t, rib.OutcomeDecided, "b", rib.ReasonLocalPref)
}

func TestAnAnswerSaysThatItRestsOnADeclaredOrder(t *testing.T) {
	const trust = "declared, not observed: hq prefers line, then tun1"
	prefer := []string{"line", "tun1"}
	d := branch(rib.IPv4, prefer, nil, map[string]string{"line": "65536", "tun1": "65536"}).ask(t, "hq", host)
	d.assumes(t, trust)
	if want := ours + " on line against " + ours + " on tun1: hq prefers line to tun1"; d.Detail != want {
		t.Errorf("detail %q, want %q", d.Detail, want)
	}
	if slices.ContainsFunc(d.Flips, func(s string) bool { return strings.Contains(s, "better") }) {
		t.Errorf("flips %q: what hq prefers is not ours to better", d.Flips)
	}
	alone := branch(rib.IPv4, prefer, nil, map[string]string{"line": "65536"})
	alone.ask(t, "hq", host).assumesNot(t, trust)
	// What a blind link may hold unseen loses by the order alone.
	for i := range alone.feeds {
		if alone.feeds[i].Link == "tun1" {
			alone.feeds[i].Scope = mustPrefixes(ours)
		}
	}
	alone.ask(t, "hq", host).assumes(t, trust)
}

func TestALinkThatIsPreferredAndBlindLeavesTheAnswerOpen(t *testing.T) {
	w := branch(rib.IPv4, []string{"line", "tun1"}, nil, map[string]string{"tun1": "65536"})
	w.feeds[0].State.Complete = rib.CompleteNo
	w.ask(t, "hq", host).is(t, rib.OutcomeUnknown, "line tun1", rib.ReasonOnlyRoute)
}
