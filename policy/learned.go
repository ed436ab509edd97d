package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// learned is what an audit asks of the routes that are received in a family: all of it, in one walk
// over what may be millions.
type learned struct {
	carried spans               // of ExpressRoute links, beyond a default
	routed  spans               // of the other links
	doubted [2]spans            // what only doubtful routes carry, and what only such route
	doubts  []doubted           // the first of them by link
	byER    bool                // an ExpressRoute link receives a default
	tagged  map[*Remote]*spans  // carried, a default too, with one of the remote's communities
	hidden  map[rib.LinkID]bool // ExpressRoute links with a prefix whose communities none of their dumps shows
	strays  []rib.Entry         // the first route of each link that shows another preference than is declared

	defaultOnly *defaultOnly // made of the above; nil: not asked for yet
}

// doubted is a route that may not be there, or not be used.
type doubted struct {
	prefix netip.Prefix
	link   rib.LinkID
	why    string
}

// The two kinds of doubted addresses.
const (
	perhapsCarried = iota // by ExpressRoute links, beyond a default
	perhapsRouted         // by the other links
)

// spans are the addresses of prefixes that come in address order.
type spans []span

type span struct{ from, to netip.Addr }

func (s *spans) add(p netip.Prefix) {
	if n := len(*s); n > 0 {
		last := &(*s)[n-1]
		if p.Addr().Compare(last.to) <= 0 {
			return // it lies inside: what covers a prefix comes before it
		}
		if last.to.Next() == p.Addr() {
			last.to = netipx.PrefixLastIP(p)
			return
		}
	}
	*s = append(*s, span{p.Addr(), netipx.PrefixLastIP(p)})
}

func (s *spans) addTo(b *netipx.IPSetBuilder) {
	for _, run := range *s {
		b.AddRange(netipx.IPRangeFrom(run.from, run.to))
	}
}

func (s *spans) removeFrom(b *netipx.IPSetBuilder) {
	for _, run := range *s {
		b.RemoveRange(netipx.IPRangeFrom(run.from, run.to))
	}
}

// learned walks the routes received in a family, once.
func (ps *Pass) learned(fam rib.Family) *learned {
	if ps.received[fam] == nil {
		w := newLearnedWalk(ps, fam)
		ps.Sight.EachReceived(fam, func(l rib.LinkID) bool { return w.asks[l] }, w.take)
		ps.received[fam] = w.learned
	}
	return ps.received[fam]
}

// learnedWalk is the walk. What it wants to know of an attribute set it looks up once.
type learnedWalk struct {
	*learned
	ps        *Pass
	fam       rib.Family
	asks      []bool // by link: whether its routes are looked at
	circuit   []bool // by link: whether it is of ExpressRoute
	byAddress bool   // some remote is made of the addresses that links carry
	byTag     []*Remote
	prefers   []bool // by link: whether its routes may show another preference than is declared
	words     []*words
	taken     int
}

// words are what a walk reads of an attribute set.
type words struct {
	hides     bool // its communities are not shown
	tags      []*spans
	localPref rib.Optional
}

func newLearnedWalk(ps *Pass, fam rib.Family) *learnedWalk {
	w := &learnedWalk{
		learned: &learned{tagged: map[*Remote]*spans{}, hidden: map[rib.LinkID]bool{}}, ps: ps, fam: fam,
		asks: make([]bool, len(ps.Links)), circuit: make([]bool, len(ps.Links)), prefers: make([]bool, len(ps.Links)), words: make([]*words, ps.Sight.Sets()),
	}
	for i := range ps.Services {
		remote := ps.remoteNamed(ps.Services[i].Remote)
		w.byAddress = w.byAddress || remote == nil || remote.DefaultOnly
		if remote != nil && len(remote.Communities) > 0 && w.tagged[remote] == nil {
			w.tagged[remote] = new(spans)
			w.byTag = append(w.byTag, remote)
		}
	}
	for i := range ps.Links {
		l := &ps.Links[i]
		w.prefers[i] = l.Preference.Set && ps.Sight.LocalPrefShown(rib.LinkID(i), fam)
		w.circuit[i] = l.Kind.ExpressRoute()
		w.asks[i] = w.prefers[i] || w.byAddress || len(w.byTag) > 0 && w.circuit[i]
	}
	return w
}

// take looks at the routes of one prefix.
func (w *learnedWalk) take(p netip.Prefix, routes []rib.Learned) {
	if w.taken++; w.taken%1024 == 0 {
		w.ps.heed()
	}
	var is, perhaps [2]bool // carried, routed
	for i := range routes {
		r := &routes[i]
		kind := perhapsRouted
		if w.circuit[r.Link] {
			kind = perhapsCarried
			w.byER = w.byER || p.Bits() == 0
			if len(w.byTag) > 0 {
				w.takeTags(p, r, routes)
			}
		}
		if r.Doubt == "" {
			is[kind] = true
		} else if w.byAddress && (kind == perhapsRouted || p.Bits() > 0) {
			perhaps[kind] = true
			w.takeDoubt(p, r)
		}
		if w.prefers[r.Link] {
			w.takePreference(r)
		}
	}
	if is[perhapsRouted] {
		w.routed.add(p)
	}
	if is[perhapsCarried] && p.Bits() > 0 {
		w.carried.add(p)
	}
	for kind := range perhaps {
		if perhaps[kind] && !is[kind] {
			w.doubted[kind].add(p)
		}
	}
}

func (w *learnedWalk) takeDoubt(p netip.Prefix, r *rib.Learned) {
	if !slices.ContainsFunc(w.doubts, func(d doubted) bool { return d.link == r.Link }) {
		w.doubts = append(w.doubts, doubted{p, r.Link, r.Doubt})
	}
}

func (w *learnedWalk) takeTags(p netip.Prefix, r *rib.Learned, routes []rib.Learned) {
	said := w.wordsOf(r)
	for _, s := range said.tags {
		s.add(p)
	}
	// Another dump of the link may show them.
	if said.hides && !w.hidden[r.Link] && !slices.ContainsFunc(routes, func(o rib.Learned) bool { return o.Link == r.Link && !w.wordsOf(&o).hides }) {
		w.hidden[r.Link] = true
	}
}

func (w *learnedWalk) takePreference(r *rib.Learned) {
	if shown := w.wordsOf(r).localPref; shown.Set && shown != w.ps.Links[r.Link].Preference {
		w.strays = append(w.strays, w.ps.Sight.Decode(r, w.fam))
		w.prefers[r.Link] = false
	}
}

func (w *learnedWalk) wordsOf(r *rib.Learned) *words {
	if w.words[r.Set] == nil {
		w.words[r.Set] = w.read(r)
	}
	return w.words[r.Set]
}

var plain = &words{} // the words of most sets

func (w *learnedWalk) read(r *rib.Learned) *words {
	a := w.ps.Sight.Decode(r, w.fam).Attrs
	said := &words{hides: a.NotShown.Has(rib.AttrCommunities), localPref: a.LocalPref}
	for _, remote := range w.byTag {
		if slices.ContainsFunc(remote.Communities, a.HasCommunity) {
			said.tags = append(said.tags, w.tagged[remote])
		}
	}
	if !said.hides && !said.localPref.Set && said.tags == nil {
		return plain
	}
	return said
}
