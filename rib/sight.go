package rib

import (
	"fmt"
	"net/netip"
	"sync"
)

// Options are the parts of a site's declaration that bear on decisions.
type Options struct {
	RoutingPreference string // azure: "", "expressroute", "vpn" or "as-path"
	Observers         []ObserverSpec
	Strict            bool // a feed that does not prove its end covers nothing
	// Declared are the site's own addresses: prefixes, pools and services. A row of a far table inside
	// them that is tied to no link may be about us, whatever its path says.
	Declared []netip.Prefix
	Asked    []string // observers that a remote names: of the built-in ones, avs is there only then
}

// Sight answers questions over a table as it stands. Make a new one after the table or a feed's
// state has changed. It keeps caches, so it is for one goroutine; [Sight.Fork] makes one for another.
type Sight struct {
	t         *Table
	strict    bool
	observers []*Observer
	coverage  [2][2][]Coverage     // [direction][family][link]
	sources   [2][2][]source       // [direction][family]
	shown     [2]map[LinkID]bool   // links with a route that shows local preference, by family
	late      [2]func() []prefixID // by family: the prefixes that the index has pending, in order; forks have the same
	order     [2]func() []prefixID // by family: all prefixes in order; likewise
	facts     factPages            // likewise
	own       *scratch             // no fork has another's; nil: not needed yet
}

// source is a column that may hold candidates for a direction.
type source struct {
	number int // within the direction and family
	column *column
	feed   *Feed
	cover  *Coverage // of the column's link; nil where it is tied to none
	never  string    // why none of its rows may be candidates; empty where they may
}

// NewSight looks at the table as it stands. It costs some microseconds, however large the table is.
func NewSight(t *Table, opt Options) *Sight {
	s := &Sight{t: t, strict: opt.Strict, facts: newFactPages(t.attrs.spans.len())}
	for _, dir := range []Direction{Advertised, Received} {
		for _, fam := range Families {
			for link := range t.links {
				s.coverage[dir][fam] = append(s.coverage[dir][fam], s.cover(LinkID(link), dir, fam))
			}
		}
	}
	for _, fam := range Families {
		ft := t.fam[fam]
		s.late[fam] = sync.OnceValue(ft.pending)
		s.order[fam] = sync.OnceValue(func() []prefixID { return ft.merged(ft.order, s.late[fam]()) })
		s.shown[fam] = map[LinkID]bool{}
		for _, c := range t.fam[fam].columns {
			s.addSource(fam, c)
		}
	}
	s.observers = makeObservers(t, opt)
	return s
}

// Fork is a sight of the same table for another goroutine. It costs little: what the two have found
// out of the table they share. Both are good until the table or a feed's state changes, and nobody
// may change them while one of the two is asked.
func (s *Sight) Fork() *Sight {
	fork := *s
	fork.own = nil
	return &fork
}

// Table is the table that the sight looks at.
func (s *Sight) Table() *Table { return s.t }

// Coverage says what the feeds prove of the link.
func (s *Sight) Coverage(link LinkID, dir Direction, fam Family) *Coverage {
	return &s.coverage[dir][fam][link]
}

func (s *Sight) addSource(fam Family, c *column) {
	f := s.t.feeds[c.feed]
	if c.count == 0 || c.tie == Ignored || c.tie == Foreign {
		return
	}
	dir := f.directionOf()
	src := source{number: len(s.sources[dir][fam]), column: c, feed: f}
	if !f.RowsUsable() {
		src.never = f.Failing()
	}
	if c.link != NoLink {
		src.cover = &s.coverage[dir][fam][c.link]
	}
	s.sources[dir][fam] = append(s.sources[dir][fam], src)
	if dir == Received && c.prefs > 0 {
		s.shown[fam][c.link] = true
	}
}

// LocalPrefShown reports whether any received route of the link shows a local preference.
func (s *Sight) LocalPrefShown(link LinkID, fam Family) bool { return s.shown[fam][link] }

// candidate is one route that may take part in a decision.
type candidate struct {
	id     prefixID
	bits   int
	link   LinkID
	src    *source // nil: an unseen route of a blind link
	cell   cell
	facts  *attrFacts
	never  string // why it is shown but takes no part; empty where it does
	doubt  string // why it may not be there; empty where it is certain
	absent bool   // the doubt is missing evidence (unknown), not an open fate (undetermined)
}

// candidatesOf appends the candidates that one prefix gives in a direction.
func (s *Sight) candidatesOf(into []candidate, dir Direction, fam Family, id prefixID) []candidate {
	sources := s.sources[dir][fam]
	first := len(into)
	for i := range sources {
		src := &sources[i]
		v := src.column.at(id)
		if v.attrs == 0 {
			continue
		}
		c := candidate{id: id, bits: s.t.fam[fam].bitsAt(id), link: src.column.link, src: src, cell: v, facts: s.fact(v.attrs)}
		switch {
		case src.never != "":
			c.never = src.never
		case dir == Advertised:
			s.weighAdvertised(&c, fam)
		default:
			s.weighReceived(&c, fam)
		}
		into = append(into, c)
	}
	if dir == Advertised {
		clearLengthDoubt(into[first:])
	}
	return into
}

const longMoreSpecific = "longer than the internet carries, and no collector shows it"

// clearLengthDoubt lifts the doubt of a long more-specific where a collector shows it on the link.
func clearLengthDoubt(cs []candidate) {
	for i := range cs {
		if cs[i].doubt != longMoreSpecific {
			continue
		}
		for j := range cs {
			if cs[j].link == cs[i].link && cs[j].src.feed.View == Collector && cs[j].never == "" && cs[j].doubt == "" {
				cs[i].doubt = ""
			}
		}
	}
}

func (s *Sight) weighAdvertised(c *candidate, fam Family) {
	f := c.src.feed
	if s.unclassified(c) {
		return
	}
	p := s.t.fam[fam].prefix(c.id)
	cover := c.src.cover
	switch f.View {
	case AdjRIBOutPost, Monitor, Declared:
		switch {
		case cover.far.covers(p):
			// The far end's complete table is the truth: only its own rows count.
			c.never = "not in the far end's table: not accepted, or not sent"
			if s.inFarEnd(c, fam) {
				c.never = "the far end's own row counts"
			}
		case cover.farFailing != "":
			c.doubt = "whether it was accepted: " + cover.farFailing
		}
	case AdjRIBOutPre:
		if cover.far.covers(p) || cover.post.covers(p) {
			c.never = "a stronger view covers the link"
		} else {
			c.doubt = fmt.Sprintf("feed %s is pre-policy: export policy may drop it", f.Name)
		}
	}
	if c.never != "" || c.doubt != "" {
		return
	}
	switch {
	case f.View == AdjRIBOutPost && s.lacksBeforePolicy(c, Advertised, fam):
		c.doubt = "a complete pre-policy table of the link does not show it, and export policy makes no routes"
	case c.cell.marks().Has(Malformed):
		c.doubt = malformed
	case c.cell.marks().Has(Stale):
		c.doubt = "the route is marked stale"
	case f.View != FarEnd && f.View != Collector && s.holdsNeighbor(c):
		c.doubt = "its AS path holds the neighbour's own AS: the neighbour drops it, and some platforms list it unsent (FRR #8940)"
	case s.t.links[c.link].Kind == Internet && f.View != Collector && c.bits > internetMax(fam):
		c.doubt = longMoreSpecific
	}
}

// lacksBeforePolicy reports whether a complete pre-policy table of the link lacks the prefix: policy
// drops routes and makes none, so one of the two tables is not what it is declared to be.
func (s *Sight) lacksBeforePolicy(c *candidate, dir Direction, fam Family) bool {
	if !c.src.cover.pre.covers(s.t.fam[fam].prefix(c.id)) {
		return false
	}
	for i := range s.sources[dir][fam] {
		src := &s.sources[dir][fam][i]
		if src.column.link == c.link && (src.feed.View == AdjRIBOutPre || src.feed.View == AdjRIBInPre) && src.column.at(c.id).attrs != 0 {
			return false
		}
	}
	return true
}

// inFarEnd reports whether a usable far-end feed of the link shows the same prefix.
func (s *Sight) inFarEnd(c *candidate, fam Family) bool {
	for i := range s.sources[Advertised][fam] {
		src := &s.sources[Advertised][fam][i]
		if src.column.link == c.link && src.feed.View == FarEnd && src.column.at(c.id).attrs != 0 {
			return true
		}
	}
	return false
}

// holdsNeighbor reports whether the path holds an ASN of the link's neighbour.
func (s *Sight) holdsNeighbor(c *candidate) bool {
	asns := s.t.links[c.link].NeighborASNs
	return len(asns) > 0 && s.t.attrs.pathHolds(c.cell.attrs, asns)
}

func (s *Sight) weighReceived(c *candidate, fam Family) {
	f, marks := c.src.feed, c.cell.marks()
	if c.facts.ownInPath {
		c.never = "our own AS is in its AS path: the router drops it"
		return
	}
	if c.never = s.leftOut(c.src, fam, c.id, c.cell); c.never != "" {
		return
	}
	switch {
	case s.unclassified(c):
	case f.View == AdjRIBInPre && !s.t.links[c.link].ImportAll:
		c.doubt = fmt.Sprintf("feed %s is pre-policy: import policy may drop it", f.Name)
	case (f.View == AdjRIBInPost || f.View == BGPTable) && s.lacksBeforePolicy(c, Received, fam):
		c.doubt = "a complete pre-policy table of the link does not show it, and import policy makes no routes"
	case marks.Has(Malformed):
		c.doubt = malformed
	case marks.Has(Stale):
		c.doubt = "the route is marked stale"
	}
}

const malformed = "it came in a malformed message, treated as a withdraw (RFC 7606)"

// unclassified marks the doubt of a row that is tied to no link.
func (s *Sight) unclassified(c *candidate) bool {
	if c.src.column.tie != Unclassified {
		return false
	}
	c.doubt, c.absent = fmt.Sprintf("no rule of feed %s ties it to one link", c.src.feed.Name), true
	return true
}

// internetMax is the longest prefix that leaves an ISP, by common practice: /24 and /48.
func internetMax(fam Family) int {
	if fam == IPv4 {
		return 24
	}
	return 48
}

// longestUnseen is the longest prefix that a blind link may carry unseen.
func (s *Sight) longestUnseen(link LinkID, fam Family) int {
	if s.t.links[link].Kind == Internet {
		return internetMax(fam)
	}
	return fam.Bits()
}

// unseen is the longest route, up to a length, that the link may carry at an address without any
// feed having shown it, and false where its coverage leaves no room for one. Inside a dump's scope only
// aggregates shorter than the scope can have been left out.
func (s *Sight) unseen(link LinkID, dir Direction, at netip.Prefix, longest int) (candidate, bool) {
	fam := FamilyOf(at)
	cover := s.Coverage(link, dir, fam)
	why := cover.Why
	if cover.Covered {
		if cover.Scope == nil {
			return candidate{}, false
		}
		why = fmt.Sprintf("the feeds of %s show only their scope", s.t.links[link].Name)
		for _, scope := range cover.Scope {
			if contains(scope, at) {
				longest = min(longest, scope.Bits()-1)
			}
		}
		if longest < 0 {
			return candidate{}, false
		}
	}
	return candidate{bits: longest, link: link, doubt: why, absent: true}, true
}
