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

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// winners are the routes that won, as text.
func winners(d *rib.Decision) []string {
	var out []string
	for _, c := range d.Candidates {
		if c.Lost == "" && !c.Out {
			out = append(out, c.Prefix.String()+" "+line(c.Entry))
		}
	}
	return out
}

func TestRangesCoverTheQueryExactlyAndSayWhatDecideSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		if len(s.Observers()) == 0 {
			return
		}
		q := rapid.SampledFrom(slices.Concat(worldPrefixes[0], worldPrefixes[1])).Draw(t, "query")
		grain := rapid.SampledFrom([]rib.Grain{rib.ByRoute, rib.ByLinks, rib.ByLosers}).Draw(t, "grain")
		ob := rapid.SampledFrom(s.Observers()).Draw(t, "observer")
		ranges := s.Ranges(ob, q, rib.Query{}, grain)

		next := q.Addr()
		for i, r := range ranges {
			if r.From != next || r.To.Less(r.From) {
				t.Fatalf("range %d of %v is %v to %v, want it to begin at %v\n%v", i, q, r.From, r.To, next, w)
			}
			next = r.To.Next()
			if i > 0 && ranges[i-1].Decision == r.Decision {
				t.Fatalf("ranges %d and %d of %v are one\n%v", i-1, i, q, w)
			}
			var blocks []netip.Addr
			for _, p := range r.Prefixes() {
				if len(blocks) > 0 && blocks[len(blocks)-1].Next() != p.Addr() {
					t.Fatalf("the blocks of %v to %v leave a gap before %v", r.From, r.To, p)
				}
				blocks = append(blocks, lastOf(p))
			}
			if blocks[len(blocks)-1] != r.To {
				t.Fatalf("the blocks of %v to %v end at %v", r.From, r.To, blocks[len(blocks)-1])
			}
		}
		if last := ranges[len(ranges)-1].To; last != lastOf(q) {
			t.Fatalf("%v ends at %v\n%v", q, last, w)
		}

		for _, a := range w.edges(q) {
			i := slices.IndexFunc(ranges, func(r rib.Range) bool { return !a.Less(r.From) && !r.To.Less(a) })
			got, want := ranges[i].Decision, s.Decide(ob, a, rib.Query{})
			if got.Outcome != want.Outcome || got.Reason != want.Reason || got.Winner != want.Winner || !slices.Equal(got.Links, want.Links) {
				t.Fatalf("%s at %v in %v: %s %v by %s; alone %s %v by %s\n%v", ob.Name, a, q,
					got.Outcome, got.Links, got.Reason, want.Outcome, want.Links, want.Reason, w)
			}
			if grain == rib.ByRoute && !slices.Equal(winners(got), winners(want)) {
				t.Fatalf("%s at %v in %v: won by %q; alone by %q\n%v", ob.Name, a, q, winners(got), winners(want), w)
			}
		}
	})
}

// describeRanges writes everything of the answers but addresses of memory.
func describeRanges(ranges []rib.Range) string {
	var out strings.Builder
	for _, r := range ranges {
		out.WriteString(fmt.Sprintf("%v-%v %+v\n", r.From, r.To, *r.Decision))
	}
	return out.String()
}

func TestTheSameWorldGivesTheSameAnswersEveryTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		one, two := w.sight(), w.sight()
		for i, ob := range one.Observers() {
			for _, fam := range rib.Families {
				a := describeRanges(one.Ranges(ob, fam.All(), rib.Query{}, rib.ByRoute))
				b := describeRanges(two.Ranges(two.Observers()[i], fam.All(), rib.Query{}, rib.ByRoute))
				if a != b {
					t.Fatalf("two sights of one world differ\n%s\n%s\n%v", a, b, w)
				}
			}
		}
	})
}
