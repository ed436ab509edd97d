package rib

import (
	"fmt"
	"net/netip"
	"sync"

	"go4.org/netipx"
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
	opt       Options
	asIf      asIf // what an overlay supposes
	strict    bool
	observers []*Observer
	unasked   []*Observer             // built in, and asked only where somebody names them
	coverage  [2][2][]Coverage        // [direction][family][link]
	sources   [2][2][]source          // [direction][family]
	shown     [2]map[LinkID]bool      // links with a route that shows local preference, by family
	late      [2]func() []prefixID    // by family: the prefixes that the index has pending, in order; forks have the same
	order     [2]func() []prefixID    // by family: all prefixes in order; likewise
	facts     factPages               // likewise
	declared  func() *netipx.IPSet    // the site's own addresses; nil: none is declared
	untied    [2][2]func() []Standing // by direction and family: the rows that are tied to no link
	own       *scratch                // no fork has another's; nil: not needed yet
}

// source is a column that may hold candidates for a direction.
type source struct {
	number int // within the direction and family
	family Family
	column *column
	feed   *Feed
	cover  *Coverage // of the column's link; nil where it is tied to none
	never  string    // why none of its rows may be candidates; empty where they may
}

// NewSight looks at the table as it stands. It costs some microseconds, however large the table is.
func NewSight(t *Table, opt Options) *Sight { return newSight(t, opt, asIf{}) }

func newSight(t *Table, opt Options, changes asIf) *Sight {
	s := &Sight{t: t, opt: opt, asIf: changes, strict: opt.Strict, facts: newFactPages(t.attrs.len())}
	s.declared = sync.OnceValue(func() *netipx.IPSet { return setOf(opt.Declared) })
	for _, dir := range []Direction{Advertised, Received} {
		for _, fam := range Families {
			s.untied[dir][fam] = sync.OnceValue(func() []Standing { return s.findUntied(dir, fam) })
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
	s.observers, s.unasked = makeObservers(t, opt)
	s.asIf.hearing(s.observers)
	s.asIf.hearing(s.unasked)
	return s
}

func setOf(prefixes []netip.Prefix) *netipx.IPSet {
	if len(prefixes) == 0 {
		return nil
	}
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(p)
	}
	set, _ := b.IPSet() // only an invalid prefix errs, and the config has none
	return set
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
	if c.count == 0 || c.tie == Ignored {
		return
	}
	dir := f.directionOf()
	src := source{number: len(s.sources[dir][fam]), family: fam, column: c, feed: f}
	switch {
	case !f.RowsUsable():
		src.never = f.Failing()
	case c.tie == Own:
		src.never = "the router's own network: no link brings it"
	case c.tie == Internal:
		src.never = "an iBGP neighbour's copy of what another router received"
	case c.tie == Elsewhere:
		src.never = s.elsewhere(f, c)
	}
	if c.link != NoLink {
		src.cover = &s.coverage[dir][fam][c.link]
	}
	s.sources[dir][fam] = append(s.sources[dir][fam], src)
	if dir == Received && c.prefs > 0 {
		s.shown[fam][c.link] = true
	}
}

// elsewhere says what a far table's row that is ours, and not about its feed's link, is.
func (s *Sight) elsewhere(f *Feed, c *column) string {
	switch name := s.t.LinkName(c.link); {
	case c.link == NoLink:
		return fmt.Sprintf("the collector of feed %s has a session with us, which is no link", f.Name)
	case s.t.links[c.link].Kind.ExpressRoute():
		return fmt.Sprintf("it is here by Global Reach: its next hop is of %s, circuit %s", name, s.t.links[c.link].Circuit)
	default:
		return "the neighbour has it by way of " + name
	}
}

// aboutUs reports whether a row of a far table that nothing ties to us lies in our declared space: it
// may be ours behind an ASN that the config does not name.
func (s *Sight) aboutUs(p netip.Prefix) bool {
	ours := s.declared()
	return ours != nil && ours.ContainsPrefix(p)
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
	unsent string // advertised: why it may not even have been sent; doubt says it too
	near   bool   // advertised: the doubt is that it goes no further than our ISP
	sent   bool   // advertised: it was sent, although never says that nobody hears it
	anew   bool   // an overlay supposes what makes its router, or a collector's peer, choose again
}

// candidatesOf appends the candidates that one prefix gives in a direction.
func (s *Sight) candidatesOf(into []candidate, dir Direction, fam Family, id prefixID) []candidate {
	sources := s.sources[dir][fam]
	first := len(into)
	for i := range sources {
		src := &sources[i]
		v := src.column.at(id)
		if v.attrs == 0 || src.column.tie == Foreign && !s.aboutUs(s.t.fam[fam].prefix(id)) {
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
		seenBeyond(into[first:])
	}
	s.asIf.forget(dir, s.t.fam[fam].prefix(id), into[first:])
	return into
}

// unclassified marks the doubt of a row that is tied to no link.
func (s *Sight) unclassified(c *candidate) bool {
	if c.src.column.tie != Unclassified && c.src.column.tie != Foreign {
		return false
	}
	c.doubt, c.absent = s.t.untiedBecause(c.src.feed, c.src.column.neighbor, c.cell.attrs, c.facts), true
	return true
}

// InternetMax is the longest prefix of a family that leaves an ISP, by common practice: /24 and /48.
func InternetMax(fam Family) int { return internetMax(fam) }

// internetMax is the longest prefix that leaves an ISP, by common practice: /24 and /48.
func internetMax(fam Family) int {
	if fam == IPv4 {
		return 24
	}
	return 48
}
