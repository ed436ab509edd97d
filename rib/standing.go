package rib

import (
	"net/netip"
	"slices"
)

// Standing is a route and whether it counts.
type Standing struct {
	Entry
	Out   string // why it takes no part; empty where it does
	Doubt string // why it may not be there; empty where it is certain
}

// Certain reports whether the route is there beyond doubt.
func (st *Standing) Certain() bool { return st.Out == "" && st.Doubt == "" }

// EachAdvertised calls fn for every route that is tied to a link and advertised on it, in address
// order, with its standing. Rows that take no part are left out.
func (s *Sight) EachAdvertised(fam Family, fn func(Standing)) { s.each(Advertised, fam, fn) }

// EachReceived is EachAdvertised for the routes that we receive.
func (s *Sight) EachReceived(fam Family, fn func(Standing)) { s.each(Received, fam, fn) }

// EachUntied calls fn for every route of the direction that is tied to no link and may count.
func (s *Sight) EachUntied(dir Direction, fam Family, fn func(Standing)) {
	if slices.ContainsFunc(s.sources[dir][fam], func(src source) bool { return src.column.link == NoLink }) {
		s.every(dir, fam, func(link LinkID) bool { return link == NoLink }, fn)
	}
}

func (s *Sight) each(dir Direction, fam Family, fn func(Standing)) {
	s.every(dir, fam, func(link LinkID) bool { return link != NoLink }, fn)
}

func (s *Sight) every(dir Direction, fam Family, of func(LinkID) bool, fn func(Standing)) {
	if len(s.sources[dir][fam]) == 0 {
		return
	}
	ft := s.t.fam[fam]
	var cs []candidate
	for _, id := range ft.ordered() {
		cs = s.candidatesOf(cs[:0], dir, fam, id)
		for i := range cs {
			if c := &cs[i]; c.never == "" && of(c.link) {
				fn(Standing{Entry: s.t.entry(ft, c.src.column, id, c.cell), Doubt: c.doubt})
			}
		}
	}
}

// CoveringAdvertised lists the routes advertised on the link that cover p, shortest first, with
// their standing.
func (s *Sight) CoveringAdvertised(link LinkID, p netip.Prefix) []Standing {
	fam := FamilyOf(p)
	ft := s.t.fam[fam]
	var out []Standing
	for _, id := range ft.chain(nil, p) {
		for _, c := range s.candidatesOf(nil, Advertised, fam, id) {
			if c.link == link && c.never == "" {
				out = append(out, Standing{Entry: s.t.entry(ft, c.src.column, id, c.cell), Doubt: c.doubt})
			}
		}
	}
	return out
}
