package rib_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"

	"pgregory.net/rapid"
)

func everyLink(rib.LinkID) bool { return true }

// TestReceivedRoutesAreThoseThatDecisionsLookAt: the walk over all of them gives, at every prefix,
// those that a decision there lets take part, and tells their attribute sets apart.
func TestReceivedRoutesAreThoseThatDecisionsLookAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		for _, fam := range rib.Families {
			var want, got [][]string
			for _, p := range w.known(fam) {
				var here []string
				for _, c := range s.Decide(s.Observer("us"), p.Addr(), rib.Query{}).Candidates {
					if c.Prefix == p && c.Link != rib.NoLink && takesPart(&c) {
						here = append(here, written(c.Entry))
					}
				}
				if here != nil {
					want = append(want, here)
				}
			}
			sets := map[rib.AttrsID]rib.Attrs{}
			s.EachReceived(fam, everyLink, func(p netip.Prefix, routes []rib.Learned) {
				var here []string
				for i := range routes {
					e := s.Decode(&routes[i], fam)
					if e.Prefix != p || e.Link != routes[i].Link || int(routes[i].Set) >= s.Sets() {
						t.Fatalf("%s: %+v decodes to %+v", p, routes[i], e)
					}
					if known, there := sets[routes[i].Set]; there && !reflect.DeepEqual(known, e.Attrs) {
						t.Fatalf("one set: %+v and %+v", known, e.Attrs)
					}
					sets[routes[i].Set] = e.Attrs
					here = append(here, written(e))
				}
				got = append(got, here)
			})
			for _, all := range [][][]string{want, got} {
				for _, here := range all {
					slices.Sort(here)
				}
			}
			if !reflect.DeepEqual(want, got) {
				t.Fatalf("%v%s\ngot  %v\nwant %v", w, fam, got, want)
			}
		}
	})
}

func takesPart(c *rib.Candidate) bool {
	return !c.Out || strings.HasPrefix(c.Detail, "doubtful: ") || strings.HasPrefix(c.Detail, "the winners of ")
}

func written(e rib.Entry) string {
	return fmt.Sprint(e.Prefix, e.Feed, e.Link, e.Neighbor, e.PathID, e.Attrs, e.Marks)
}

// known lists the prefixes of a family that have rows, in address order.
func (w *world) known(fam rib.Family) []netip.Prefix {
	var all []netip.Prefix
	for _, r := range w.rows {
		all = append(all, r.route.Prefix)
	}
	for i := range w.links {
		if st := w.links[i].Static; st != nil {
			all = append(all, st.Receives...)
		}
	}
	all = slices.DeleteFunc(all, func(p netip.Prefix) bool { return rib.FamilyOf(p) != fam })
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// TestBriefDecisionsLeaveOnlyWordsOut: what is asked in brief is decided alike.
func TestBriefDecisionsLeaveOnlyWordsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		for _, a := range w.addresses() {
			for _, ob := range s.Observers() {
				whole, brief := s.Decide(ob, a, rib.Query{}), s.Decide(ob, a, rib.Query{Brief: true})
				whole.Detail, whole.Flips = "", nil
				if !reflect.DeepEqual(whole, brief) {
					t.Fatalf("%v%s at %s:\n%+v\nin brief\n%+v", w, ob.Name, a, whole, brief)
				}
			}
		}
	})
}
