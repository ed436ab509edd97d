package rib

import (
	"cmp"
	"fmt"
	"slices"
)

// bestMark is a route that a router marks as its choice.
type bestMark struct {
	router string
	link   LinkID // NoLink: an iBGP neighbour's copy, or the router's own network
}

// checkMarks holds the outcome against the routers' own marks. Where one of them marks a route best that
// the outcome denies, something that no attribute shows (a weight, a filter) decides there, and the
// outcome is open.
func (d *decider) checkMarks(cs []candidate, atMask []int, p *pick) {
	if d.ob.Direction != Received || d.locRIB != nil {
		return
	}
	if len(p.links) > 0 {
		d.checkAtMask(cs, atMask, p)
	}
	d.checkLongerCopies(cs, atMask, p)
}

func (d *decider) checkAtMask(cs []candidate, atMask []int, p *pick) {
	marks := d.bestMarks(cs, atMask)
	for i, m := range marks {
		for _, o := range marks[:i] {
			if o.router == m.router && m.router != "" && o.link != m.link {
				d.openByMarks(p, fmt.Sprintf("%s marks two routes best: of %s and of %s", m.router, d.markName(o), d.markName(m)), true, o.link, m.link)
			}
		}
	}
	for _, m := range marks {
		switch {
		case m.link == NoLink:
			d.checkCopy(cs, atMask, p, m)
		case !slices.Contains(p.links, m.link):
			d.openByMarks(p, fmt.Sprintf("%s itself marks the route of %s best", cmp.Or(m.router, "its router"), d.s.t.LinkName(m.link)), d.byPreference(cs, atMask, p, m.link), m.link)
		}
	}
}

// checkCopy: a router that marks an iBGP neighbour's copy best sends by another router, and not by a
// link of its own; one that marks a network of its own best sends by neither. Of the other routers' links it is by
// one that shows a route which the copy may be of, if there is one; else by any, also by one that may bring it unseen.
func (d *decider) checkCopy(cs []candidate, atMask []int, p *pick, m bestMark) {
	another := func(l LinkID) bool { return d.s.t.links[l].Router != m.router }
	if m.router == "" || slices.ContainsFunc(p.links, another) {
		return
	}
	var copies []*candidate
	for i := range cs {
		if c := &cs[i]; c.bits == cs[atMask[0]].bits && d.bestCopy(c) && d.routerOf(c) == m.router {
			copies = append(copies, c)
		}
	}
	var others, alike []LinkID
	for _, i := range atMask {
		o := &cs[i]
		if !another(o.link) || o.shownUnmarked() && d.markedAside(cs, atMask, o) {
			continue
		}
		others = append(others, o.link)
		if slices.ContainsFunc(copies, func(c *candidate) bool { return d.copyOf(c, o) }) {
			alike = append(alike, o.link)
		}
	}
	if len(alike) == 0 {
		alike = d.doubtfulAlike(cs, copies)
	}
	if len(alike) > 0 {
		others = alike
	}
	d.openByMarks(p, fmt.Sprintf("%s itself marks best what no link of its own brings", m.router), d.byPreference(cs, atMask, p, NoLink), others...)
	if len(alike) > 0 {
		return
	}
	for _, c := range copies { // no route that is shown looks like it
		if links := d.broughtBy(cs, c); len(links) > 0 || len(others) == 0 {
			p.allowsBrought(links)
		}
	}
}

// doubtfulAlike lists the links of other routers with a doubtful route that one of a router's copies may be of.
func (d *decider) doubtfulAlike(cs []candidate, copies []*candidate) (links []LinkID) {
	for i := range cs {
		o := &cs[i]
		if o.doubt == "" || o.never != "" || !slices.Contains(d.hears, o.link) {
			continue
		}
		if slices.ContainsFunc(copies, func(c *candidate) bool {
			return !c.ownNetwork() && o.bits == c.bits && d.s.t.links[o.link].Router != d.routerOf(c) && d.copyOf(c, o)
		}) {
			links = append(links, o.link)
		}
	}
	return links
}

// copyOf reports whether an iBGP copy may be of the route: an iBGP session carries the AS path and the local preference
// as they are (RFC 4271 5.1.2, 5.1.5), if no policy changes them. An unseen route looks like none.
func (d *decider) copyOf(c, of *candidate) bool {
	if of.src == nil {
		return false
	}
	if !c.facts.notShown.Has(AttrASPath) && !of.facts.notShown.Has(AttrASPath) && (c.facts.length != of.facts.length || c.facts.first != of.facts.first) {
		return false
	}
	has, known := d.s.localPref(c, d.fam)
	want, shown := d.s.localPref(of, d.fam)
	return has == want || !known || !shown
}

// allowsBrought allows what a router's best copy may mean: that another router sends by a link of its own on which
// the route is not seen for certain, or, where there is none, by what nothing shows: that it reports.
func (p *pick) allowsBrought(links []LinkID) (none bool) {
	for _, l := range links {
		p.allowsToo([]LinkID{l})
	}
	if len(links) == 0 {
		p.allowsToo(nil)
	}
	return len(links) == 0
}

// broughtBy lists the links of other routers that may bring the route of a copy: by a doubtful route, or unseen.
func (d *decider) broughtBy(cs []candidate, c *candidate) (links []LinkID) {
	if c.ownNetwork() {
		return nil
	}
	for _, l := range d.hears {
		if d.s.t.links[l].Router != d.routerOf(c) && d.mayBring(cs, c, l) {
			links = append(links, l)
		}
	}
	return links
}

// mayBring reports whether a link may bring the route of a copy: doubtful, or unseen.
func (d *decider) mayBring(cs []candidate, c *candidate, link LinkID) bool {
	for i := range cs {
		if o := &cs[i]; o.bits == c.bits && o.never == "" && o.doubt != "" && (o.link == link || o.link == NoLink) {
			return true
		}
	}
	u, ok := d.s.unseen(link, d.ob.Direction, d.s.t.fam[d.fam].prefix(c.id), d.s.LongestUnseen(link, d.fam))
	return ok && u.bits >= c.bits
}

// checkLongerCopies: a router marks best an iBGP neighbour's copy of a route that is longer than all that
// is received on the site's links. By which way out that neighbour has it is not shown. A copy without
// an AS path is a network of our own, behind no link.
func (d *decider) checkLongerCopies(cs []candidate, atMask []int, p *pick) {
	longest := -1
	if len(atMask) > 0 {
		longest = cs[atMask[0]].bits
	}
	var copies []int // the longest ones: they are what is chosen by
	for i := range cs {
		c := &cs[i]
		if c.bits <= longest || !d.bestCopy(c) || c.ownNetwork() || d.behind != "" && d.behind != d.routerOf(c) {
			continue
		}
		if len(copies) > 0 && c.bits > cs[copies[0]].bits {
			copies = copies[:0]
		}
		if len(copies) == 0 || c.bits == cs[copies[0]].bits {
			copies = append(copies, i)
		}
	}
	for _, i := range copies {
		c := &cs[i]
		d.openByMarks(p, fmt.Sprintf("%s itself marks %s best, which another router received and no link shows",
			cmp.Or(d.routerOf(c), "a router"), d.s.t.fam[d.fam].prefix(c.id)), false)
		if none := p.allowsBrought(d.broughtBy(cs, c)); none && len(p.links) == 0 {
			for _, l := range d.hears {
				p.allowsToo([]LinkID{l})
			}
		}
	}
}

// ownNetwork reports whether a copy is a network of our own, behind no link. One of which no AS path is shown
// may as well be another's.
func (c *candidate) ownNetwork() bool {
	return c.src.column.tie == Own || c.facts.length == 0 && !c.facts.notShown.Has(AttrASPath)
}

// bestCopy reports whether the candidate is an iBGP neighbour's copy, or the router's own network, that the
// router marks best.
func (d *decider) bestCopy(c *candidate) bool {
	return !d.scoped && c.src != nil && (c.src.column.tie == Internal || c.src.column.tie == Own) && c.src.feed.RowsUsable() && c.marksItself()
}

func (d *decider) openByMarks(p *pick, why string, contradicts bool, links ...LinkID) {
	if !p.denied { // a mark that denies the outcome says more than an attribute that is not shown
		p.open, p.contradicts, p.denied = why, contradicts, true
	}
	for _, l := range links {
		other := []LinkID{l}
		if l == NoLink {
			other = nil // by which link, if any, is not shown
		}
		p.allowsToo(other)
	}
}

// allowsToo adds an outcome that the marks allow.
func (p *pick) allowsToo(links []LinkID) {
	if !slices.Equal(links, p.links) && !hasOutcome(p.others, links) {
		p.others = append(p.others, links)
	}
}

func (d *decider) markName(m bestMark) string {
	if m.link == NoLink {
		return "an iBGP neighbour or its own"
	}
	return d.s.t.LinkName(m.link)
}

// bestMarks lists the routes of the longest mask that routers mark best, those of iBGP neighbours too.
func (d *decider) bestMarks(cs []candidate, atMask []int) (out []bestMark) {
	add := func(c *candidate) {
		router := d.routerOf(c)
		if !c.marksItself() || d.behind != "" && d.behind != router {
			return
		}
		if m := (bestMark{router, c.link}); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, i := range atMask {
		add(&cs[i])
	}
	for i := range cs {
		if c := &cs[i]; len(atMask) > 0 && c.bits == cs[atMask[0]].bits && d.bestCopy(c) {
			add(c)
		}
	}
	return out
}

// byPreference reports whether a preference: of the config, and nothing that a dump shows, put the winners
// before the routes of a link; NoLink: before what is not shown.
func (d *decider) byPreference(cs []candidate, atMask []int, p *pick, beaten LinkID) bool {
	worst, declared := int64(-1), false
	for _, i := range atMask {
		c := &cs[i]
		if c.link != beaten || c.src == nil {
			continue
		}
		v, _ := d.s.localPref(c, d.fam)
		worst, declared = int64(v), declared || d.s.declaresPref(c)
	}
	return slices.ContainsFunc(p.winners, func(i int) bool {
		c := &cs[i]
		if c.src == nil {
			return false
		}
		v, _ := d.s.localPref(c, d.fam)
		return int64(v) > worst && (declared || d.s.declaresPref(c))
	})
}

// declaresPref reports whether the link's preference: stands in for what the route does not show.
func (s *Sight) declaresPref(c *candidate) bool {
	return !c.facts.localPref.Set && s.t.links[c.link].Preference.Set
}
