package rib

import (
	"fmt"
	"slices"
)

// trust is what a row's standing as a candidate takes on trust.
func (s *Sight) trust(c *candidate) string {
	if c.link == NoLink || c.src.feed.View == Chosen {
		return ""
	}
	name := s.t.LinkName(c.link)
	switch f := c.src.feed; {
	case f.supposed:
		return "as if on " + name
	case f.View == Declared:
		return "declared, not observed: static on " + name
	case f.View == AdjRIBOutPost && len(s.t.links[c.link].ProviderASNs) > 0:
		return fmt.Sprintf("passed on by AS %d and accepted on %s", s.t.links[c.link].ProviderASNs[0], name)
	case f.View == AdjRIBOutPost:
		return "accepted on " + name
	case f.View == Monitor && f.Mirrors != "":
		return "mirrors " + name
	case f.View == AdjRIBInPre && s.t.links[c.link].ImportAll:
		return "import: all on " + name
	}
	return ""
}

// twinOnTrust: two feeds of one text, of which each may be the other's file.
func (f *Feed) twinOnTrust() string {
	if f.State.Judged.Twin == "" {
		return ""
	}
	names := []string{f.Name, f.State.Judged.Twin}
	slices.Sort(names)
	return fmt.Sprintf("feeds %s and %s are of two tables, though they hold the same text", names[0], names[1])
}

// choiceOnTrust: a best mark would deny the answer; a row that lost to it, or is doubtful, and of which its feed
// cannot show one, is taken to have none.
func (d *decider) choiceOnTrust(a *answer, cs []candidate, i int) string {
	c := &cs[i]
	if d.ob.Direction != Received || d.locRIB != nil || len(a.links) == 0 || !c.facts.notShown.Has(AttrBest) || c.bits < cs[a.winners[0]].bits {
		return ""
	}
	copied := c.src.column.tie == Internal && !d.scoped
	if slices.Contains(a.winners, i) || !copied && (c.never != "" || !slices.Contains(d.hears, c.link)) {
		return ""
	}
	switch f := c.src.feed; f.View {
	case BGPTable, AdjRIBInPost, AdjRIBInPre:
		return fmt.Sprintf("feed %s does not show what its router chose: none of its routes is taken to be marked best", f.Name)
	}
	return ""
}

// asideOnTrust: a doubtful route could win, if its own router did not mark another best.
func (d *decider) asideOnTrust(a *answer, cs []candidate, i int) string {
	c := &cs[i]
	if c.doubt == "" || c.never != "" || len(a.winners) == 0 || c.bits != cs[a.winners[0]].bits || !c.shownUnmarked() || !d.markedAside(cs, d.certain, c) {
		return ""
	}
	which := "that is tied to no link"
	if c.link != NoLink {
		if !slices.Contains(d.hears, c.link) {
			return ""
		}
		which = "on " + d.s.t.LinkName(c.link)
	}
	return fmt.Sprintf("%s marks another route best, and does not use the one %s (%s)", d.routerOf(c), which, c.doubt)
}

// sidesOnTrust: sides of one circuit that tie only because the AS path of one of them is not shown.
func (d *decider) sidesOnTrust(a *answer, cs []candidate) string {
	if d.ob.Direction != Advertised || len(a.links) < 2 {
		return ""
	}
	circuit := d.s.t.links[a.links[0]].Circuit
	if circuit == "" || slices.ContainsFunc(a.links, func(l LinkID) bool { return d.s.t.links[l].Circuit != circuit }) {
		return ""
	}
	for _, i := range a.winners {
		if _, known := d.pathLength(&cs[i]); !known {
			return fmt.Sprintf("the AS path on %s is not shown: the sides of circuit %s are taken to be equal", d.s.t.LinkName(cs[i].link), circuit)
		}
	}
	return ""
}

// communitiesOnTrust: a dump without communities cannot show those that keep a row from being heard.
func (s *Sight) communitiesOnTrust(c *candidate) string {
	f := c.src.feed
	if c.link == NoLink || s.t.links[c.link].Kind != Internet || f.directionOf() != Advertised {
		return ""
	}
	switch f.View {
	case Declared, Collector, Chosen, Monitor:
		return ""
	}
	if c.facts.notShown.Has(AttrCommunities) {
		return fmt.Sprintf("feed %s shows no communities: NO_EXPORT is taken not to be there", f.Name)
	}
	return ""
}

// marksOnTrust says which marks that could speak against a row its format has no place for: they are taken
// not to be there.
func (s *Sight) marksOnTrust(c *candidate) string {
	f := c.src.feed
	var words []string
	for _, m := range trustedMarks {
		if f.State.MarksNotShown.Has(m.mark) && m.matters(s, c) {
			words = append(words, m.word)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf("feed %s has no mark for %s: none is taken to be there", f.Name, joined(words))
}

// trustedMarks are the marks by which the holder of a table says that it does not use a row as it stands,
// and the rows of which that could be true.
var trustedMarks = []struct {
	mark    Marks
	word    string
	matters func(*Sight, *candidate) bool
}{
	{Invalid, "history, damped or invalid rows", func(_ *Sight, c *candidate) bool {
		f := c.src.feed
		held := f.directionOf() == Received && f.View != AdjRIBInPre || f.View == FarEnd
		return held && f.View != Monitor && f.View != Declared && !c.cell.marks().Has(Best)
	}},
	{IBGP, "rows of iBGP neighbors", func(s *Sight, c *candidate) bool {
		return c.src.feed.whole() && c.link != NoLink && !slices.Contains(s.t.links[c.link].Neighbors, c.src.column.neighbor) && !s.byNeighbor(c)
	}},
	{RPKIInvalid, "RPKI-invalid rows", func(s *Sight, c *candidate) bool {
		f := c.src.feed
		return c.link != NoLink && s.t.links[c.link].Kind == Internet && (f.View == AdjRIBOutPost || f.View == FarEnd)
	}},
	{Stale, "stale rows", func(_ *Sight, c *candidate) bool {
		f := c.src.feed
		return f.View != Monitor && f.View != Declared && f.View != Collector && f.View != Chosen
	}},
	{RIBFailure, "RIB-failure", func(_ *Sight, c *candidate) bool { return c.src.feed.View == BGPTable }},
}

// byNeighbor reports whether more than its first ASN ties a row to its link.
func (s *Sight) byNeighbor(c *candidate) bool {
	r := s.t.entry(s.t.fam[c.src.family], c.src.column, c.id, c.cell).Route
	return r.Attrs.NeighborASN != 0 || len(c.src.feed.Classify) > 0 && !s.t.byFirstASN(c.src.feed, &r)
}
