package rib

import "fmt"

// Rows accounts for every row of the feed: those that the table holds, and those that never entered
// it. It walks the feed's rows once.
func (s *Sight) Rows(feed FeedID) Rows {
	f := s.t.feeds[feed]
	var out Rows
	out.Count[RowBad], out.First[RowBad] = f.State.Skipped, f.State.Bad
	out.Count[RowOther], out.First[RowOther] = f.State.Others, f.State.Other
	a := accountant{s: s, unused: s.unusedMarks(f), looped: func(attrID) bool { return false }}
	if f.directionOf() == Received && f.View != Declared {
		a.looped = s.t.looped()
	}
	for _, fam := range Families {
		a.ours = nil
		for _, c := range s.t.fam[fam].columns {
			if c.feed != feed || c.count == 0 {
				continue
			}
			if c.tie == Foreign && a.ours == nil {
				a.ours = s.declaredIDs(fam)
			}
			a.account(&out, &source{family: fam, column: c, feed: f})
		}
	}
	return out
}

// accountant is what the rows of one feed are asked: by the million, so each answer is at hand.
type accountant struct {
	s      *Sight
	unused Marks             // any of them says that its holder does not use a row
	looped func(attrID) bool // whether our own AS in the path says so
	ours   []bool            // by prefix: it lies in the declared space
}

// firstRow is the first row of a kind in a column.
type firstRow struct {
	id   prefixID
	cell cell
}

func (a *accountant) account(out *Rows, src *source) {
	s, c := a.s, src.column
	whole := s.kindOf(src)
	var first [RowKinds]firstRow
	for id, v := range c.all() {
		kind := whole
		if kind == RowForeign && a.ours[id] {
			kind = RowUnclassified
		}
		if kind <= RowUnclassified && (v.marks()&a.unused != 0 || a.looped(v.attrs)) {
			kind = RowIneligible
		}
		out.Count[kind]++
		if at := &first[kind]; at.cell.attrs == 0 || v.line() != 0 && v.line() < at.cell.line() {
			*at = firstRow{id, v}
		}
	}
	for kind := range first {
		at, told := &first[kind], &out.First[kind]
		if at.cell.attrs != 0 && (told.Why == "" || at.cell.line() != 0 && at.cell.line() < told.Line) {
			p := s.t.fam[src.family].prefix(at.id)
			*told = Aside{Line: at.cell.line(), Why: p.String() + ": " + s.because(RowKind(kind), src, at.cell)}
		}
	}
}

// kindOf is the kind of a column's rows, before their marks are looked at.
func (s *Sight) kindOf(src *source) RowKind {
	f, c := src.feed, src.column
	switch c.tie {
	case Unclassified:
		return RowUnclassified
	case Ignored:
		return RowIgnored
	case Foreign:
		return RowForeign
	case Own:
		return RowOwn
	case Internal:
		return RowInternal
	case Elsewhere:
		return RowTiedElsewhere
	}
	if f.Link != "" && c.link != NoLink && s.t.links[c.link].Name != f.Link {
		return RowTiedElsewhere
	}
	return RowTied
}

// unusedMarks are those by which the holder of the feed's table says that it does not use a row. Of our
// own router's advertised tables there are none: they leave open whether the row was sent.
func (s *Sight) unusedMarks(f *Feed) Marks {
	if f.View != Declared && (f.directionOf() == Received || f.View == FarEnd || f.View == Collector || f.View == Chosen) {
		return Invalid | Filtered
	}
	return 0
}

// unusable says why its holder does not use a row.
func (s *Sight) unusable(src *source, v cell) string {
	switch marks := v.marks(); {
	case src.feed.directionOf() == Advertised:
		return "its holder does not use it: invalid, filtered, history or damped"
	case marks.Has(Filtered):
		return "filtered by import policy"
	case marks.Has(Invalid):
		return "not valid on the router: next hop unresolved, damped or history"
	}
	return ownInPath
}

// because says in words why a row is of its kind.
func (s *Sight) because(kind RowKind, src *source, v cell) string {
	f, c := src.feed, src.column
	switch kind {
	case RowTied:
		return "link " + s.t.LinkName(c.link)
	case RowTiedElsewhere:
		if c.tie == Elsewhere {
			return s.elsewhere(f, c)
		}
		first := s.fact(v.attrs).first
		return fmt.Sprintf("its AS path begins with AS %d, which is that of link %s", first, s.t.LinkName(c.link))
	case RowUnclassified:
		return s.t.untiedBecause(f, c.neighbor, v.attrs, s.fact(v.attrs))
	case RowOwn:
		return "the router's own network: it has no AS path, and no neighbor sent it"
	case RowInternal:
		return "learned from an iBGP neighbor: another router received it"
	case RowForeign:
		return "no ASN of site.asns is in its AS path, and it is not in our declared space"
	case RowIgnored:
		return "a classify rule says ignore: true"
	case RowIneligible:
		return s.unusable(src, v)
	}
	return ""
}

// declaredIDs says of each prefix of the table whether it lies in the site's declared space.
func (s *Sight) declaredIDs(fam Family) []bool {
	ft := s.t.fam[fam]
	out := make([]bool, ft.bits.len())
	ours := s.declared()
	if ours == nil {
		return out
	}
	for _, p := range ours.Prefixes() {
		if FamilyOf(p) != fam {
			continue
		}
		if id, known := ft.lookup(p); known {
			out[id] = true
		}
		for _, id := range ft.within(p, ft.inside(s.late[fam](), p)) {
			out[id] = true
		}
	}
	return out
}
