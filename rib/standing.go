package rib

import (
	"net/netip"
	"slices"
)

// Standing is a route and whether it counts.
type Standing struct {
	Entry
	Unheard string // why no observer hears it, though it was sent; empty where one may
	Doubt   string // why an observer may not hear it; empty where that is certain
	Unsent  string // why it may not even have been sent; empty where it was. Doubt says so too
	Denier  string // of a far end's row: the feed with all that we send there, which does not hold it
}

// Certain reports whether an observer hears the route beyond doubt.
func (st *Standing) Certain() bool { return st.Unheard == "" && st.Doubt == "" }

// Sent reports whether the route was sent beyond doubt, whoever hears it.
func (st *Standing) Sent() bool { return st.Unsent == "" }

// EachAdvertised calls fn for every route that is tied to a link and was sent on it, as far as the
// feeds show, in address order, with its standing.
func (s *Sight) EachAdvertised(fam Family, fn func(Standing)) {
	s.every(Advertised, fam, func(src *source) bool { return src.column.link != NoLink }, fn)
}

// EachUntied calls fn for every route of the direction that is tied to no link and may count.
func (s *Sight) EachUntied(dir Direction, fam Family, fn func(Standing)) {
	for _, st := range s.untied[dir][fam]() {
		fn(st)
	}
}

// findUntied finds what EachUntied tells: many ask, and there are few.
func (s *Sight) findUntied(dir Direction, fam Family) (out []Standing) {
	s.every(dir, fam, func(src *source) bool { return src.column.link == NoLink && src.feed.View != Chosen }, func(st Standing) { out = append(out, st) })
	return out
}

func (s *Sight) every(dir Direction, fam Family, of func(*source) bool, fn func(Standing)) {
	sources := s.sourcesOf(dir, fam, of)
	if len(sources) == 0 {
		return
	}
	ft := s.t.fam[fam]
	var cs []candidate
	for _, id := range s.order[fam]() {
		counts := func(src *source) bool {
			return src.column.at(id).attrs != 0 && (src.column.tie != Foreign || s.aboutUs(ft.prefix(id)))
		}
		if !slices.ContainsFunc(sources, counts) {
			continue
		}
		cs = s.candidatesOf(cs[:0], dir, fam, id)
		for i := range cs {
			if c := &cs[i]; (c.never == "" || c.sent) && of(c.src) {
				fn(s.standing(c, ft))
			}
		}
	}
}

func (s *Sight) standing(c *candidate, ft *familyTable) Standing {
	st := Standing{Entry: s.t.entry(ft, c.src.column, c.id, c.cell), Unheard: c.never, Doubt: c.doubt, Unsent: c.unsent}
	if c.src.feed.View == FarEnd && c.unsent != "" {
		if f := s.denier(c, ft.family); f != nil {
			st.Denier = f.Name
		}
	}
	return st
}

// sourcesOf lists the sources that are asked for, and may count.
func (s *Sight) sourcesOf(dir Direction, fam Family, of func(*source) bool) []*source {
	var out []*source
	for i := range s.sources[dir][fam] {
		if src := &s.sources[dir][fam][i]; src.never == "" && of(src) {
			out = append(out, src)
		}
	}
	return out
}

// CoveringAdvertised lists the routes heard on the link that cover p, shortest first, with
// their standing.
func (s *Sight) CoveringAdvertised(link LinkID, p netip.Prefix) []Standing {
	fam := FamilyOf(p)
	ft := s.t.fam[fam]
	var out []Standing
	for _, id := range ft.chain(nil, p) {
		cs := s.candidatesOf(nil, Advertised, fam, id)
		for i := range cs {
			if c := &cs[i]; c.link == link && c.never == "" {
				out = append(out, s.standing(c, ft))
			}
		}
	}
	return out
}
