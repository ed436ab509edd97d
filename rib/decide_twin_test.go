package rib_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"

	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		// Worlds are cheap and mistakes are rare: look at more than rapid's hundred. They are the same ones each
		// time, so that a test fails for what was changed; -rapid.checks=20000 looks at others.
		_ = flag.Set("rapid.checks", "1000")
		_ = flag.Set("rapid.seed", "20261130")
	}
	os.Exit(m.Run())
}

func ints(links []rib.LinkID) []int {
	out := []int{}
	for _, l := range links {
		out = append(out, int(l))
	}
	return out
}

// addresses are those at which a world's answers are compared: every edge of its rows and scopes.
func (w *world) addresses() []netip.Addr {
	return append(w.edges(rib.IPv4.All()), w.edges(rib.IPv6.All())...)
}

func TestDecideAgreesWithTheSlowTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		for _, a := range w.addresses() {
			for _, ob := range s.Observers() {
				for _, behind := range askers(ob) {
					agree(t, w, s, ob, a, behind)
				}
			}
		}
	})
}

// askers are the routers that one may stand behind when asking for what the observer chooses.
func askers(ob *rib.Observer) []string {
	if ob.Name == "us" {
		return []string{"", "r1", "r2"}
	}
	return []string{""}
}

func agree(t *rapid.T, w *world, s *rib.Sight, ob *rib.Observer, a netip.Addr, behind string) {
	got := s.Decide(ob, a, rib.Query{Behind: behind})
	want := twin{w: w, behind: behind}.decide(ob.Name, a)
	describe := func() string {
		return fmt.Sprintf("%s behind %q at %s\n%v\ngot  %s %v by %s, possible %v, doubts %+v\nwant %s %v by %s (strict: %v)",
			ob.Name, behind, a, w, got.Outcome, got.Links, got.Reason, got.Possible, got.Doubts, want.outcome, want.links, want.reason, want.strict)
	}
	firm := want.outcome != rib.OutcomeUnknown && want.outcome != rib.OutcomeUndetermined
	switch {
	case want.hopeless:
		return
	case !want.chosen && want.reason != got.Reason:
		t.Fatal("reasons differ: " + describe())
	case firm && want.strict:
		// Doubt of several neighbour ASes together: nothing firm may be said, however it is put.
		if got.Firm() {
			t.Fatal("firm, and several doubtful routes together change it: " + describe())
		}
		return
	case firm && want.either && !got.Firm():
		return
	case want.outcome == rib.OutcomeUndetermined && got.Outcome == rib.OutcomeUnknown:
		// As open, and more of it is put down to evidence that is not there.
	case want.outcome != got.Outcome:
		t.Fatal("outcomes differ: " + describe())
	case firm && !slices.Equal(want.links, ints(got.Links)):
		t.Fatal("links differ: " + describe())
	}
	for _, l := range want.links {
		if l >= 0 && !slices.Contains(ints(got.Links), l) {
			t.Fatal("a link that may win is not named: " + describe())
		}
	}
	if got.Firm() && !want.chosen {
		for l := range w.links {
			if says := capSaid(got, w.links[l].Name); says != slices.Contains(want.capped, l) {
				t.Fatalf("the cap of %s in assumes: %v %q\n%s", w.links[l].Name, says, got.Assumes, describe())
			}
		}
	}
}

// capSaid reports whether the answer names the cap of a blind link as what it rests on.
func capSaid(d *rib.Decision, link string) bool {
	return slices.ContainsFunc(d.Assumes, func(s string) bool { return strings.HasPrefix(s, link+" is blind, and carries nothing longer than /") })
}
