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

// Less evidence is never firmer. These tests take a world, take something away from what is seen of it,
// and hold the two answers against each other: what was open with the whole evidence stays open, unless
// the answer says that it rests on the cap of a blind link.

// loss is one way to see less.
type seenLess struct {
	name string
	// take changes the world, and reports false where there is nothing to take.
	take func(rng *rand.Rand, w *world) bool
}

const attributeHidden = "an attribute is hidden"

var lossesOfEvidence = []seenLess{
	{"a feed is gone", func(rng *rand.Rand, w *world) bool {
		f := rng.IntN(len(w.feeds))
		if w.feeds[f].State.Closed {
			return false
		}
		w.feeds[f].State = rib.FeedState{Unreadable: true}
		w.rows = slices.DeleteFunc(w.rows, func(r row) bool { return r.feed == f })
		return true
	}},
	{"a table is cut", func(rng *rand.Rand, w *world) bool {
		f := rng.IntN(len(w.feeds))
		w.feeds[f].State.Complete = rib.CompleteNo
		w.rows = slices.DeleteFunc(w.rows, func(r row) bool { return r.feed == f && rng.IntN(2) == 0 })
		return true
	}},
	{"a row is unreadable", func(rng *rand.Rand, w *world) bool {
		if len(w.rows) == 0 {
			return false
		}
		i := rng.IntN(len(w.rows))
		w.feeds[w.rows[i].feed].State.Complete = rib.CompleteNo
		w.rows = slices.Delete(w.rows, i, i+1)
		return true
	}},
	{"a feed is stale", func(rng *rand.Rand, w *world) bool {
		w.feeds[rng.IntN(len(w.feeds))].State.Stale = true
		return true
	}},
	{attributeHidden, func(rng *rand.Rand, w *world) bool {
		if len(w.rows) == 0 {
			return false
		}
		a := &w.rows[rng.IntN(len(w.rows))].route.Attrs
		hide := []rib.AttrSet{rib.AttrLocalPref, rib.AttrMED, rib.AttrOrigin, rib.AttrASPath}[rng.IntN(4)]
		a.NotShown |= hide
		switch hide {
		case rib.AttrLocalPref:
			a.LocalPref = rib.Optional{}
		case rib.AttrMED:
			a.MED = rib.Optional{}
		case rib.AttrOrigin:
			a.Origin = rib.OriginAbsent
		case rib.AttrASPath:
			a.ASPath = nil
		}
		return true
	}},
}

// agreeWithItself takes rows out that another feed of the world denies: of two tables that contradict
// each other, the loss of one leaves nothing that says so. Tables of winners stay out: one answers alone
// where a link is blind, and is only one table among others where none is.
func (w *world) agreeWithItself() {
	tw := twin{w: w}
	for i := range w.feeds {
		f := &w.feeds[i]
		if f.View == rib.LocRIB {
			f.State = rib.FeedState{Closed: true}
		}
		if len(f.Families) == 1 {
			f.Families = nil // it may hold the other too, which nobody knows once it is gone
		}
	}
	w.rows = slices.DeleteFunc(w.rows, func(r row) bool { return w.feeds[r.feed].View == rib.LocRIB })
	type key struct {
		link int
		recv bool
		p    netip.Prefix
	}
	seen := map[key]bool{}
	w.rows = slices.DeleteFunc(w.rows, func(r row) bool {
		f := &w.feeds[r.feed]
		l, way := tw.tie(f, &r.route)
		switch {
		case received(f) && f.View != rib.AdjRIBInPre && tw.ourPlace(&r.route) >= 0:
			return true // no router keeps it
		case way != rib.Tied || f.View == rib.Chosen:
			return way == rib.Own
		}
		k := key{l, received(f), r.route.Prefix}
		if seen[k] || tw.denies(f, l, r.route.Prefix) {
			return true
		}
		seen[k] = true
		return false
	})
	rows := slices.Clone(w.rows)
	some := func(fits func(f *rib.Feed, link int, p netip.Prefix) bool) bool {
		return slices.ContainsFunc(rows, func(o row) bool {
			f := &w.feeds[o.feed]
			l, way := tw.tie(f, &o.route)
			return way == rib.Tied && f.View != rib.Chosen && o.route.Marks&(rib.Invalid|rib.Filtered) == 0 && fits(f, l, o.route.Prefix)
		})
	}
	w.rows = slices.DeleteFunc(w.rows, func(r row) bool {
		f := &w.feeds[r.feed]
		l, way := tw.tie(f, &r.route)
		switch {
		case f.View == rib.Chosen: // what an observer chose is of a route that it hears
			return !some(func(g *rib.Feed, link int, p netip.Prefix) bool {
				return !received(g) && p == r.route.Prefix && (l < 0 || l == link) && slices.Contains(tw.hears(f.Observer), link)
			})
		case way == rib.Internal: // a copy was received by another router of ours, on a link of its own
			return !some(func(g *rib.Feed, link int, p netip.Prefix) bool {
				return received(g) && p == r.route.Prefix && w.links[link].Router != tw.routerOf(r)
			})
		}
		return false
	})
}

// routerOf is the router whose table holds the row.
func (tw twin) routerOf(r row) string {
	f := &tw.w.feeds[r.feed]
	if l := slices.IndexFunc(tw.w.links, func(l rib.Link) bool { return l.Name == f.Link }); f.Router == "" && l >= 0 {
		return tw.w.links[l].Router
	}
	return f.Router
}

// denies: a whole table of the link has no room for a row of the feed.
func (tw twin) denies(f *rib.Feed, link int, p netip.Prefix) bool {
	later := map[rib.View][]rib.View{ // what comes behind it, and may rightly lack what it shows
		rib.AdjRIBOutPre: {rib.AdjRIBOutPost, rib.Monitor, rib.FarEnd}, rib.AdjRIBOutPost: {rib.FarEnd}, rib.Monitor: {rib.FarEnd},
		rib.AdjRIBInPre: {rib.AdjRIBInPost, rib.BGPTable, rib.Monitor},
	}
	if tw.w.links[link].ImportAll {
		delete(later, rib.AdjRIBInPre) // behind it nothing may lack what it shows
	}
	return tw.staticProves(link, received(f), rib.FamilyOf(p)) || slices.ContainsFunc(tw.proven(link, received(f), rib.FamilyOf(p)), func(g *rib.Feed) bool {
		return g != f && inScope(g, p) && !slices.Contains(later[f.View], g.View)
	})
}

func (w *world) clone() *world {
	out := *w
	out.feeds, out.rows = slices.Clone(w.feeds), slices.Clone(w.rows)
	return &out
}

func TestLessEvidenceIsNeverFirmer(t *testing.T) {
	open := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.agreeWithItself()
		if len(w.feeds) == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "what goes"), 1))
		loss := lossesOfEvidence[rng.IntN(len(lossesOfEvidence))]
		less := w.clone()
		if !loss.take(rng, less) {
			return
		}
		s, after := w.sight(), less.sight()
		for _, a := range w.addresses() {
			for _, ob := range s.Observers() {
				for _, behind := range askers(ob) {
					q := rib.Query{Behind: behind}
					was := s.Decide(ob, a, q)
					if was.Firm() || seenToDeny(was) || loss.name == attributeHidden && passedOver(w, was) {
						continue
					}
					open[loss.name]++
					now := after.Decide(after.Observer(ob.Name), a, q)
					if now.Firm() && !restsOnACap(now) {
						t.Fatal(firmer(w, less, loss.name, ob, behind, a, was, now))
					}
				}
			}
		}
	})
	for _, l := range lossesOfEvidence {
		if open[l.name] == 0 {
			t.Errorf("nothing open was asked after %s", l.name)
		}
	}
}

func firmer(w, less *world, loss string, ob *rib.Observer, behind string, a netip.Addr, was, now *rib.Decision) string {
	return fmt.Sprintf("%s, and %s behind %q at %s is firmer\n%vwas %s %v, doubts %+v\nless\n%vnow %s %v by %s, assumes %q",
		loss, ob.Name, behind, a, w, was.Outcome, was.Links, was.Doubts, less, now.Outcome, now.Links, now.Reason, now.Assumes)
}

// seenToDeny: it is open because two things that are shown deny each other, or because a row that is
// tied to no link may be of one that other feeds show whole. Without one of the two nothing is left that
// says so. Nor is anything where a path that is not shown holds the neighbour's AS: what a format cannot
// show is assumed not to be there.
func seenToDeny(d *rib.Decision) bool {
	return slices.ContainsFunc(d.Doubts, func(doubt rib.Doubt) bool {
		return doubt.Contradiction || strings.Contains(doubt.Why, "itself marks") || doubt.Link == rib.NoLink && doubt.Missing || strings.Contains(doubt.Why, "makes no routes") || strings.Contains(doubt.Why, "FRR #8940")
	})
}

// passedOver: a router marks one route best beside a doubtful one. It is open because the attributes of the
// doubtful one are better. Where they are not shown, the mark is all that speaks.
func passedOver(w *world, d *rib.Decision) bool {
	router := func(c rib.Candidate) string { return w.links[c.Link].Router }
	for _, best := range d.Candidates {
		if best.Out || !best.Marks.Has(rib.Best) || best.Link == rib.NoLink {
			continue
		}
		if slices.ContainsFunc(d.Candidates, func(c rib.Candidate) bool {
			return c.Doubt != "" && c.Link != rib.NoLink && !c.Marks.Has(rib.Best) && c.Prefix == best.Prefix && router(c) == router(best)
		}) {
			return true
		}
	}
	return false
}

func restsOnACap(d *rib.Decision) bool {
	return slices.ContainsFunc(d.Assumes, func(s string) bool { return strings.Contains(s, "is blind, and carries nothing longer than /") })
}
