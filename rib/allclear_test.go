package rib_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"

	"pgregory.net/rapid"
)

// A firm answer must outlive whatever the missing evidence turns out to be. These tests take a
// world with blind links and doubtful rows, note what is firm, and then make up truths that the
// evidence allows: any number of unseen routes within the cap, doubtful rows there or not, untied
// rows of any link or of none, attributes that were not shown at any value.

func TestAFirmAnswerHoldsInEveryTruthThatTheEvidenceAllows(t *testing.T) {
	firm := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "truths"), 1))
		for _, a := range w.addresses() {
			for _, ob := range s.Observers() {
				for _, behind := range askers(ob) {
					tw := twin{w: w, behind: behind}.at(a)
					got := s.Decide(ob, a, rib.Query{Behind: behind})
					ownNetwork := slices.ContainsFunc(tw.copies, func(c claim) bool { return c.marks.Has(rib.Best) && len(asnsOf(c.route)) == 0 })
					if !got.Firm() || ownNetwork || tw.alone(ob.Name, a) != nil || len(tw.chosenRows(ob.Name, a)) > 0 {
						// A table of winners hides routes that its router has weighed already; what one chose is
						// its choice; and behind a network of our own the question is nobody's.
						continue
					}
					firm[ob.Name+" "+string(got.Outcome)]++
					tw.holds(t, rng, ob.Name, a, got)
				}
			}
		}
	})
	for _, kind := range []string{"us decided", "microsoft decided", "microsoft tie", "internet decided", "azure decided"} {
		if firm[kind] == 0 {
			t.Errorf("no world gave %q: the draw has become too narrow", kind)
		}
	}
}

// holds checks a firm answer against truths. One that leaves the choice open stands for each of its
// outcomes.
func (tw twin) holds(t *rapid.T, rng *rand.Rand, ob string, a netip.Addr, got *rib.Decision) {
	for range 10 {
		truth, ok := tw.truth(rng, ob, a)
		if !ok {
			continue
		}
		v := tw.choose(ob, truth, false)
		for _, now := range append(v.others, v.links) {
			if !slices.Equal(now, ints(got.Links)) {
				t.Fatalf("%s behind %q at %s: %s %v by %s, and %v in a truth that the evidence allows\n%v\ntruth %s",
					ob, tw.behind, a, got.Outcome, got.Links, got.Reason, now, tw.w, describeClaims(truth))
			}
		}
	}
}

func describeClaims(cs []claim) string {
	var out strings.Builder
	for _, c := range cs {
		view := rib.View("unseen")
		if c.feed != nil {
			view = c.feed.View
		}
		out.WriteString(fmt.Sprintf("\n  link %d /%d %s lp=%d length=%d origin=%d med=%d as=%d router=%s best=%v marks=%05b",
			c.link, c.bits, view, c.lp.n, c.length.n, c.origin.n, c.med.n, c.neighborAS, c.router, c.showsBest, c.marks))
	}
	return out.String()
}

// truth makes up one truth at an address, and reports false where it came out as one that no
// routers could be in.
func (tw twin) truth(rng *rand.Rand, ob string, a netip.Addr) ([]claim, bool) {
	var out []claim
	var seen []claim
	for _, c := range tw.claims(ob, a) {
		if c.doubt == "" && c.bits >= 0 {
			seen = append(seen, c)
		}
		switch {
		case c.bits < 0, c.doubt != "" && rng.IntN(2) == 0:
			continue
		case c.link < 0:
			options := tw.alternatives(ob, c)
			c = options[rng.IntN(len(options))]
		}
		out = append(out, c)
	}
	for _, l := range tw.hears(ob) {
		longest := tw.room(l, ob == "us", a, seen)
		if longest < 0 {
			continue
		}
		for range rng.IntN(4) {
			out = append(out, tw.madeUp(rng, l, rib.FamilyOf(netip.PrefixFrom(a, 0)), longest, out))
		}
	}
	if ob == "us" || ob == "azure" {
		for i := range out {
			reveal(rng, &out[i])
		}
	}
	return out, tw.plausible(out)
}

// madeUp is a route that no feed showed, as often as not of a length that others have too.
func (tw twin) madeUp(rng *rand.Rand, link int, fam rib.Family, longest int, others []claim) claim {
	bits := rng.IntN(longest + 1)
	if rng.IntN(2) == 0 {
		bits = longest
	}
	if n := len(others); n > 0 && rng.IntN(2) == 0 {
		bits = min(longest, others[rng.IntN(n)].bits)
	}
	known := func(n int) value { return value{int64(n), true} }
	return claim{
		link: link, fam: fam, bits: bits, router: tw.w.links[link].Router, feed: &rib.Feed{View: rib.BGPTable}, showsBest: rng.IntN(2) == 0,
		lp: known(100 * rng.IntN(4)), length: known(rng.IntN(4)), origin: known(1 + rng.IntN(3)), med: known(5 * rng.IntN(4)),
		neighborAS: []uint32{65540, 65541, 65549}[rng.IntN(3)],
	}
}

// reveal gives every attribute that was not shown a value.
func reveal(rng *rand.Rand, c *claim) {
	for _, v := range []*value{&c.lp, &c.length, &c.origin, &c.med} {
		if !v.known {
			*v = value{int64([]int{0, 1, 2, 10, 100, 150, 200, 300}[rng.IntN(8)]), true}
		}
	}
}

// plausible: no router marks a route best, or one of several, that its own other routes beat
// before it comes to anything router-local, and none marks two best.
func (tw twin) plausible(cs []claim) bool {
	for _, c := range cs {
		if !c.showsBest || c.marks&(rib.Best|rib.Multipath) == 0 {
			continue
		}
		live := filter(cs, func(o claim) bool { return o.router == c.router && o.bits == c.bits })
		for _, step := range []string{"local-pref", "as-path-length", "origin", "med"} {
			live, _, _ = tw.step(step, live)
		}
		if !slices.Contains(live, c) {
			return false
		}
		if best := filter(live, func(o claim) bool { return o.showsBest && o.marks.Has(rib.Best) }); len(best) > 1 {
			return false
		}
	}
	return true
}
