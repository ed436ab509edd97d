package rib

import "fmt"

// Rows accounts for every row of the feed: those that the table holds, and those that never entered
// it. It walks the feed's rows once.
func (s *Sight) Rows(feed FeedID) Rows {
	f := s.t.feeds[feed]
	var out Rows
	out.Count[RowBad], out.First[RowBad] = f.State.Skipped, f.State.Bad
	out.Count[RowOther], out.First[RowOther] = f.State.Others, f.State.Other
	for _, fam := range Families {
		var ours map[prefixID]bool // prefixes of the declared space, where strangers' rows are asked for
		for _, c := range s.t.fam[fam].columns {
			if c.feed != feed || c.count == 0 {
				continue
			}
			if c.tie == Foreign && ours == nil {
				ours = s.declaredIDs(fam)
			}
			s.account(&out, &source{family: fam, column: c, feed: f}, ours)
		}
	}
	return out
}

// firstRow is the first row of a kind in a column.
type firstRow struct {
	id   prefixID
	cell cell
}

func (s *Sight) account(out *Rows, src *source, ours map[prefixID]bool) {
	c := src.column
	whole := s.kindOf(src)
	var first [RowKinds]firstRow
	for i, pg := range c.pages {
		if pg == nil {
			continue
		}
		for j, v := range pg {
			if v.attrs == 0 {
				continue
			}
			id, kind := prefixID(i*pageSize+j), whole
			if kind == RowForeign && ours[id] {
				kind = RowUnclassified
			}
			if kind <= RowUnclassified && s.unusable(src, v) != "" {
				kind = RowIneligible
			}
			out.Count[kind]++
			if at := &first[kind]; at.cell.attrs == 0 || v.line() != 0 && v.line() < at.cell.line() {
				*at = firstRow{id, v}
			}
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

// unusable says why a row's holder does not use it, whoever may hear of it; empty where it may.
func (s *Sight) unusable(src *source, v cell) string {
	f, marks := src.feed, v.marks()
	switch dir := f.directionOf(); {
	case f.View == Declared:
		return ""
	case dir == Received && s.fact(v.attrs).ownInPath:
		return ownInPath
	case dir == Received && marks.Has(Filtered):
		return "filtered by import policy"
	case dir == Received && marks.Has(Invalid):
		return "not valid on the router: next hop unresolved, damped or history"
	case (f.View == FarEnd || f.View == Collector || f.View == Chosen) && marks&(Invalid|Filtered) != 0:
		return "its holder does not use it: invalid, filtered, history or damped"
	}
	return ""
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
		return s.t.untiedBecause(f, v.attrs, s.fact(v.attrs))
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

// declaredIDs are the prefixes of the table that lie in the site's declared space.
func (s *Sight) declaredIDs(fam Family) map[prefixID]bool {
	out := map[prefixID]bool{}
	ours := s.declared()
	if ours == nil {
		return out
	}
	ft := s.t.fam[fam]
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
