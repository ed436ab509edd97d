package rib

import (
	"fmt"
	"net/netip"
)

// Learned is a route that we receive on a link, not decoded: of millions there are far fewer
// attribute sets.
type Learned struct {
	Link LinkID
	Set  AttrsID

	// Doubt says why it may not be there, or may not be used; empty where that is certain.
	Doubt string

	id     prefixID
	source int32 // its number
	cell   cell
}

// AttrsID numbers an attribute set of a table, below [Sight.Sets]. Equal sets have one number.
type AttrsID = attrID

// Sets is one more than the highest number of an attribute set.
func (s *Sight) Sets() int { return s.t.attrs.len() }

// EachReceived calls fn for every prefix, in address order, that has routes which are tied to one of
// the links that of names, received on it, and take part, with these. The slice is fn's until it
// returns.
func (s *Sight) EachReceived(fam Family, of func(LinkID) bool, fn func(netip.Prefix, []Learned)) {
	sources := s.sourcesOf(Received, fam, func(src *source) bool { return src.column.link != NoLink && of(src.column.link) })
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
				routes = append(routes, Learned{src.column.link, v.attrs, s.receivedDoubt(src, fam, id, v), id, int32(src.number), v})
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
	known := make([]uint8, t.attrs.len())
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
	marks := v.marks()
	used := marks&(Best|Multipath) != 0 // receivedDoubt says what then is odd
	switch {
	case marks.Has(Filtered) && !used:
		return "filtered by import policy"
	case marks.Has(Invalid) && !used:
		return "not valid on the router: next hop unresolved, damped or history"
	case src.feed.View == LocRIB && !used && s.marksBest(src.feed, fam, id):
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

func (s *Sight) weighReceived(c *candidate, fam Family) {
	if c.facts.ownInPath {
		c.never = ownInPath
		return
	}
	if c.never = s.leftOut(c.src, fam, c.id, c.cell); c.never != "" || s.unclassified(c) {
		return
	}
	c.doubt = s.receivedDoubt(c.src, fam, c.id, c.cell)
}

const (
	ownInPath = "our own AS is in its AS path: the router drops it"
	malformed = "it came in a malformed message, treated as a withdraw (RFC 7606)"
)

// receivedDoubt says why a route that is received on a link may not be there, or not be used.
func (s *Sight) receivedDoubt(src *source, fam Family, id prefixID, v cell) string {
	f, marks := src.feed, v.marks()
	switch {
	case f.View == AdjRIBInPre && !s.t.links[src.column.link].ImportAll:
		return fmt.Sprintf("feed %s is pre-policy: import policy may drop it", f.Name)
	case f.View == AdjRIBInPre && s.fact(v.attrs).notShown.Has(AttrASPath):
		return fmt.Sprintf("feed %s shows no AS path: our own AS may be in it", f.Name)
	case (f.View == AdjRIBInPost || f.View == BGPTable) && s.lacksBeforePolicy(src, Received, fam, id):
		return "a complete pre-policy table of the link does not show it, and import policy makes no routes"
	case marks.Has(Malformed):
		return malformed
	case marks&(Invalid|Filtered) != 0:
		return "its router marks it best, and not valid: what is sent there may go nowhere"
	case marks.Has(Stale):
		return "the route is marked stale"
	case s.fact(v.attrs).rare.Has(RIBFailure):
		return "the router forwards by another protocol's route in its place (RIB-failure)"
	case s.fact(v.attrs).rare.Has(RPKIInvalid) && !marks.Has(Best):
		return "it is invalid by RPKI, and its router does not mark it best: it may leave it out of its choice"
	}
	return ""
}
