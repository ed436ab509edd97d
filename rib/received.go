package rib

import "net/netip"

// Learned is a route that we receive on a link, not decoded: of millions there are far fewer
// attribute sets.
type Learned struct {
	Link LinkID
	Set  AttrsID

	id     prefixID
	source int32 // its number
	cell   cell
}

// AttrsID numbers an attribute set of a table, below [Sight.Sets]. Equal sets have one number.
type AttrsID = attrID

// Sets is one more than the highest number of an attribute set.
func (s *Sight) Sets() int { return s.t.attrs.spans.len() }

// EachReceived calls fn for every prefix, in address order, that has routes which are tied to one of
// the links that of names, received on it, and take part, with these. The slice is fn's until it
// returns.
func (s *Sight) EachReceived(fam Family, of func(LinkID) bool, fn func(netip.Prefix, []Learned)) {
	sources := s.sourcesOf(Received, fam, func(link LinkID) bool { return link != NoLink && of(link) })
	if len(sources) == 0 {
		return
	}
	ft, looped := s.t.fam[fam], s.t.looped()
	var routes []Learned
	for _, id := range s.order[fam]() {
		routes = routes[:0]
		for _, src := range sources {
			v := src.column.at(id)
			if v.attrs != 0 && !looped(v.attrs) && s.leftOut(src, fam, id, v) == "" {
				routes = append(routes, Learned{src.column.link, v.attrs, id, int32(src.number), v})
			}
		}
		if len(routes) > 0 {
			fn(ft.prefix(id), routes)
		}
	}
}

// Decode writes a route out.
func (s *Sight) Decode(r *Learned, fam Family) Entry {
	return s.t.entry(s.t.fam[fam], s.sources[Received][fam][r.source].column, r.id, r.cell)
}

// looped gives a test of whether our own AS is in the path of an attribute set, which looks at each
// set once.
func (t *Table) looped() func(attrID) bool {
	if len(t.asns) == 0 {
		return func(attrID) bool { return false }
	}
	const holds, lacks = 1, 2
	known := make([]uint8, t.attrs.spans.len())
	return func(id attrID) bool {
		if known[id] == 0 {
			known[id] = lacks
			if t.attrs.pathHolds(id, t.asns) {
				known[id] = holds
			}
		}
		return known[id] == holds
	}
}

// leftOut says why a route that we receive takes no part, whatever its attributes are; empty where it
// does.
func (s *Sight) leftOut(src *source, fam Family, id prefixID, v cell) string {
	switch marks := v.marks(); {
	case marks.Has(Filtered):
		return "filtered by import policy"
	case marks.Has(Invalid):
		return "not valid on the router: next hop unresolved, damped or history"
	case src.feed.View == LocRIB && marks&(Best|Multipath) == 0 && s.marksBest(src.feed, fam, id):
		return "its router marks another route best"
	case src.feed.View == AdjRIBInPre && src.column.link != NoLink && src.cover.post.covers(s.t.fam[fam].prefix(id)):
		return "a post-policy feed covers the link"
	}
	return ""
}

// marksBest reports whether a table of winners marks its best route of a prefix: it shows the others,
// where it does, as losers.
func (s *Sight) marksBest(f *Feed, fam Family, id prefixID) bool {
	for i := range s.sources[Received][fam] {
		src := &s.sources[Received][fam][i]
		if v := src.column.at(id); src.feed == f && v.attrs != 0 && v.marks().Has(Best) {
			return true
		}
	}
	return false
}
