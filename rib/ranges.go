package rib

import (
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// Range is a run of addresses, From to To inclusive, that share one decision.
type Range struct {
	From, To netip.Addr
	Decision *Decision
}

// Prefixes writes the range as the fewest CIDR blocks, in address order.
func (r Range) Prefixes() []netip.Prefix {
	return netipx.IPRangeFrom(r.From, r.To).Prefixes()
}

// Grain says how finely ranges are told apart.
type Grain uint8

const (
	// ByRoute: two neighbours are one range where winner, winning route and reason are the same.
	ByRoute Grain = iota
	// ByLinks: where winner and reason are the same, whatever the route. A decision's candidates
	// are then those of the first address it stands for.
	ByLinks
	// ByLosers: likewise, and where the same links lost in the same way: with a shorter route or with one as long,
	// for certain or doubtfully. A decision's candidates tell all of that of every address it stands for.
	ByLosers
)

// Ranges answers for every address of p: disjoint ranges in address order that cover p exactly.
func (s *Sight) Ranges(ob *Observer, p netip.Prefix, q Query, grain Grain) []Range {
	p = p.Masked()
	fam := FamilyOf(p)
	w := &sweep{decider: s.newDecider(ob, fam, q), grain: grain, made: map[string]*Decision{}, cursor: p.Addr()}
	w.cs, w.stack = w.cs[:0], w.stack[:0]
	index := s.t.fam[fam].prefixIndex
	for _, id := range index.chain(nil, p) {
		w.cs = s.candidatesOf(w.cs, ob.Direction, fam, id)
	}
	w.push(p, w.cs)
	edges := s.scopeEdges(ob, p)
	for _, id := range s.within(p) {
		node := index.prefix(id)
		for len(edges) > 0 && edges[0].Compare(node) < 0 {
			w.enter(edges[0], s, index, 0, false)
			edges = edges[1:]
		}
		w.enter(node, s, index, id, true)
	}
	for _, edge := range edges {
		w.enter(edge, s, index, 0, false)
	}
	for len(w.stack) > 0 {
		w.pop()
	}
	return w.out
}

// within gives the ids of the known prefixes inside p in order. What is pending is put in order once.
func (s *Sight) within(p netip.Prefix) []prefixID {
	if p.IsSingleIP() {
		return nil
	}
	fam := FamilyOf(p)
	index := s.t.fam[fam].prefixIndex
	return index.within(p, index.inside(s.late[fam](), p))
}

// Decide answers for one address.
func (s *Sight) Decide(ob *Observer, a netip.Addr, q Query) *Decision {
	return s.Ranges(ob, netip.PrefixFrom(a, a.BitLen()), q, ByRoute)[0].Decision
}

// scopeEdges are the scopes inside p of the feeds that the observer's links rest on: the only
// places where blindness splits a range. In address order.
func (s *Sight) scopeEdges(ob *Observer, p netip.Prefix) []netip.Prefix {
	var edges []netip.Prefix
	for _, link := range ob.Hears {
		for _, scope := range s.Coverage(link, ob.Direction, FamilyOf(p)).Scope {
			if FamilyOf(scope) == FamilyOf(p) && scope.Bits() > p.Bits() && p.Contains(scope.Addr()) && !slices.Contains(edges, scope) {
				edges = append(edges, scope)
			}
		}
	}
	slices.SortFunc(edges, netip.Prefix.Compare)
	return edges
}

// sweep walks the prefixes inside a query in address order. Its stack holds those that cover the
// cursor, and cs their candidates, so that each prefix is decided once however often its
// addresses are interrupted.
type sweep struct {
	*decider
	grain  Grain
	cursor netip.Addr // first address not yet given out; invalid past the family's last
	made   map[string]*Decision
	out    []Range
}

type frame struct {
	prefix   netip.Prefix
	last     netip.Addr
	cs       int // how many of sweep.cs cover it
	decision *Decision
}

func (w *sweep) push(p netip.Prefix, cs []candidate) {
	w.cs = cs
	w.stack = append(w.stack, frame{prefix: p, last: netipx.PrefixLastIP(p), cs: len(cs)})
}

func (w *sweep) enter(node netip.Prefix, s *Sight, index *prefixIndex, id prefixID, known bool) {
	for !w.stack[len(w.stack)-1].prefix.Contains(node.Addr()) {
		w.pop()
	}
	top := w.stack[len(w.stack)-1]
	cs := w.cs[:top.cs]
	if known {
		cs = s.candidatesOf(cs, w.ob.Direction, index.family, id)
		if len(cs) == top.cs {
			return // nobody's route in this direction: no edge
		}
	}
	if w.cursor.Less(node.Addr()) {
		w.give(node.Addr().Prev())
	}
	w.push(node, cs)
}

// pop gives out what is left of the innermost prefix.
func (w *sweep) pop() {
	top := w.stack[len(w.stack)-1]
	if w.cursor.IsValid() && !top.last.Less(w.cursor) {
		w.give(top.last)
	}
	w.stack = w.stack[:len(w.stack)-1]
}

// give emits the addresses from the cursor to last under the innermost prefix's decision.
func (w *sweep) give(last netip.Addr) {
	top := &w.stack[len(w.stack)-1]
	if top.decision == nil {
		top.decision = w.decide(top)
	}
	if n := len(w.out); n > 0 && w.out[n-1].Decision == top.decision {
		w.out[n-1].To = last
	} else {
		w.out = append(w.out, Range{w.cursor, last, top.decision})
	}
	w.cursor = last.Next()
}

func (w *sweep) decide(f *frame) *Decision {
	cs := w.cs[:f.cs]
	a := w.resolve(cs, f.prefix)
	key := w.key(&a, cs, w.grain)
	d := w.made[string(key)]
	if d == nil {
		d = w.explain(&a, cs)
		w.made[string(key)] = d
	}
	return d
}
