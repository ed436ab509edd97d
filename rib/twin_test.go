package rib_test

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// twin answers "who wins" a second time, slowly, straight from the design's words: one address at
// a time, every row looked at, every set of doubtful routes tried.
type twin struct {
	w      *world
	behind string // the router that the asker stands behind; empty: none
	// Of the address that is asked for: iBGP copies, and the links by which networks at collectors go.
	copies   []claim
	received []claim // likewise: all that is received
	networks map[uint32][]int
}

// at is the twin with what it needs to know of the address.
func (tw twin) at(a netip.Addr) twin {
	tw.copies, tw.networks, tw.received = tw.copiesAt(a), tw.networksAt(a), tw.claims("us", a)
	return tw
}

// networksAt: a network at a collector that is no link's neighbour shows its own choice, which is the
// longest of its routes.
func (tw twin) networksAt(a netip.Addr) map[uint32][]int {
	out, bits := map[uint32][]int{}, map[uint32]int{}
	for i := range tw.w.rows {
		r, f := &tw.w.rows[i].route, &tw.w.feeds[tw.w.rows[i].feed]
		l, way := tw.tie(f, r)
		path := asnsOf(r)
		if f.View != rib.Collector || !fresh(f) || !r.Prefix.Contains(a) || way != rib.Tied && way != rib.Unclassified ||
			r.Marks&(rib.Invalid|rib.Filtered) != 0 || len(path) == 0 || len(tw.sendersOf(path[0], "")) > 0 {
			continue
		}
		if n, known := bits[path[0]]; !known || r.Prefix.Bits() > n {
			bits[path[0]], out[path[0]] = r.Prefix.Bits(), nil
		}
		if r.Prefix.Bits() == bits[path[0]] && !slices.Contains(out[path[0]], l) {
			out[path[0]] = append(out[path[0]], l)
		}
	}
	return out
}

// value is a number that may not be shown.
type value struct {
	n     int64
	known bool
}

// claim is one route that may take part.
type claim struct {
	link       int // -1: tied to none
	fam        rib.Family
	bits       int
	feed       *rib.Feed // nil: an unseen route
	route      *rib.Route
	marks      rib.Marks
	router     string
	showsBest  bool // its marks choose
	bestShown  bool // marked best, and the mark may deny
	never      bool
	doubt      string // "", "fate" or "missing"
	lp         value
	length     value // as the observer sees it
	origin     value
	med        value
	neighborAS uint32 // 0: compared by MED with none
}

func received(f *rib.Feed) bool {
	return !f.View.Advertised() || f.View == rib.Monitor && f.Mirrors == ""
}

// hears lists the links that an observer chooses among.
func (tw twin) hears(ob string) []int {
	var out []int
	for i := range tw.w.links {
		k := tw.w.links[i].Kind
		switch {
		case ob == "us",
			ob == "microsoft" && (k == rib.Internet || k == rib.ExpressRouteMicrosoft),
			ob == "internet" && k == rib.Internet,
			ob == "azure" && (k == rib.ExpressRoutePrivate || k == rib.VPN),
			ob == "avs" && k == rib.ExpressRoutePrivate:
			out = append(out, i)
		}
	}
	return out
}

func (tw twin) isOwn(asn uint32) bool { return slices.Contains(tw.w.asns, asn) }

// asnsOf is the whole AS path, which in these worlds is one sequence.
func asnsOf(r *rib.Route) []uint32 {
	if len(r.Attrs.ASPath) == 0 {
		return nil
	}
	return r.Attrs.ASPath[0].ASNs
}

// sends: rows of the link begin with the ASN, its neighbour's or a layer-3 provider's.
func (tw twin) sends(link int, asn uint32) bool {
	l := &tw.w.links[link]
	return slices.Contains(l.NeighborASNs, asn) || slices.Contains(l.ProviderASNs, asn)
}

// sendersOf lists the links whose rows begin with the ASN, on one router where that is known.
func (tw twin) sendersOf(asn uint32, router string) []int {
	var out []int
	for i := range tw.w.links {
		named := tw.w.links[i].Router
		if tw.sends(i, asn) && (router == "" || named == "" || named == router) {
			out = append(out, i)
		}
	}
	return out
}

// tie is what the row is: whose link's (-1: no one's), and in what way.
func (tw twin) tie(f *rib.Feed, r *rib.Route) (int, rib.Tie) {
	byRule := -1
	if len(f.Classify) > 0 { // in these worlds by neighbour, each link's own
		for i := range tw.w.links {
			if neighborOf(i) == r.Neighbor {
				byRule = i
			}
		}
	}
	named := slices.IndexFunc(tw.w.links, func(l rib.Link) bool { return l.Name == f.Link })
	switch {
	case received(f):
		return tw.tieReceived(f, r, named, byRule)
	case f.View == rib.FarEnd:
		return tw.tieFarEnd(r, max(named, byRule))
	case (f.View == rib.Collector || f.View == rib.Chosen) && byRule < 0 && (f.View == rib.Collector || named < 0):
		return tw.tieFarther(f, r)
	case named < 0 && byRule < 0:
		return -1, rib.Unclassified
	}
	return max(named, byRule), rib.Tied
}

func (tw twin) tieReceived(f *rib.Feed, r *rib.Route, named, byRule int) (int, rib.Tie) {
	path := asnsOf(r)
	nowhere := r.Attrs.NextHop.IsValid() && r.Attrs.NextHop.IsUnspecified()
	wholeTable := f.View == rib.BGPTable || f.View == rib.LocRIB
	switch {
	case r.Attrs.NotShown.Has(rib.AttrASPath), r.Marks.Has(rib.IBGP), f.View == rib.Monitor:
	case len(path) == 0 && nowhere,
		len(path) == 0 && wholeTable && !r.Neighbor.IsValid() && !r.Attrs.NextHop.IsValid() && !r.Attrs.NotShown.Has(rib.AttrNextHop):
		return -1, rib.Own
	}
	copied := r.Marks.Has(rib.IBGP) || tw.isOwn(r.Attrs.NeighborASN)
	switch {
	case byRule >= 0:
		return byRule, rib.Tied
	case copied && f.View == rib.LocRIB:
		return -1, rib.Unclassified
	case copied:
		return -1, rib.Internal
	case f.View == rib.Monitor:
		return named, rib.Tied
	}
	var first uint32
	if len(path) > 0 {
		first = path[0]
	}
	could, link := tw.sendersOf(first, f.Router), -1
	switch {
	case named >= 0 && (tw.sends(named, first) || len(tw.sendersOf(first, "")) == 0):
		link = named
	case len(could) == 1:
		link = could[0]
	}
	if link < 0 || wholeTable && r.Neighbor.IsValid() && tw.listsOthers(link, r.Neighbor) {
		return -1, rib.Unclassified
	}
	return link, rib.Tied
}

// listsOthers: the link has neighbours of the address's family, and it is not one.
func (tw twin) listsOthers(link int, a netip.Addr) bool {
	others := false
	for _, n := range tw.w.links[link].Neighbors {
		if n == a {
			return false
		}
		others = others || n.BitLen() == a.BitLen()
	}
	return others
}

// ourPlace is where the first of our own ASNs stands in the path, -1 where none does.
func (tw twin) ourPlace(r *rib.Route) int { return slices.IndexFunc(asnsOf(r), tw.isOwn) }

// notOurs is a far table's row with none of our ASNs: a stranger's, unless it lies in our space.
func (tw twin) notOurs(r *rib.Route) (int, rib.Tie) {
	if slices.ContainsFunc(tw.w.opt.Declared, func(d netip.Prefix) bool { return d.Bits() <= r.Prefix.Bits() && d.Contains(r.Prefix.Addr()) }) {
		return -1, rib.Unclassified
	}
	return -1, rib.Foreign
}

func (tw twin) tieFarEnd(r *rib.Route, link int) (int, rib.Tie) {
	place := tw.ourPlace(r)
	switch {
	case r.Attrs.NotShown.Has(rib.AttrASPath):
		return -1, rib.Unclassified
	case place < 0:
		return tw.notOurs(r)
	case link < 0:
		return -1, rib.Unclassified
	}
	if other := tw.globalReach(r, link); other >= 0 {
		here := slices.ContainsFunc(tw.w.links[link].Neighbors, func(a netip.Addr) bool { return a.Is4() == r.Attrs.NextHop.Is4() })
		if !here {
			return -1, rib.Unclassified // where this link's own subnet lies is not known
		}
		return other, rib.Elsewhere
	}
	front := asnsOf(r)[:place]
	if !slices.ContainsFunc(front, func(asn uint32) bool { return !tw.sends(link, asn) }) {
		return link, rib.Tied
	}
	left := tw.sendersOf(front[place-1], "")
	if len(left) == 1 && left[0] != link {
		return left[0], rib.Elsewhere
	}
	return -1, rib.Unclassified
}

// globalReach is the link of another circuit that the row's next hop is of, -1 where there is none.
func (tw twin) globalReach(r *rib.Route, link int) int {
	inside := func(l int) bool {
		return slices.ContainsFunc(tw.w.links[l].Neighbors, func(a netip.Addr) bool {
			subnet := netip.PrefixFrom(a, 30)
			if a.Is6() {
				subnet = netip.PrefixFrom(a, 126)
			}
			return subnet.Masked().Contains(r.Attrs.NextHop)
		})
	}
	if here := tw.w.links[link]; r.Attrs.NextHop.IsValid() && here.Kind.ExpressRoute() && !inside(link) {
		for i, l := range tw.w.links {
			if l.Kind.ExpressRoute() && l.Circuit != here.Circuit && inside(i) {
				return i
			}
		}
	}
	return -1
}

func (tw twin) tieFarther(f *rib.Feed, r *rib.Route) (int, rib.Tie) {
	place := tw.ourPlace(r)
	switch {
	case r.Attrs.NotShown.Has(rib.AttrASPath):
		return -1, rib.Unclassified
	case place < 0:
		return tw.notOurs(r)
	case place == 0 && f.View == rib.Collector:
		return -1, rib.Elsewhere // the collector has a session with us
	case place == 0:
		return -1, rib.Unclassified
	}
	if left := tw.sendersOf(asnsOf(r)[place-1], ""); len(left) == 1 {
		return left[0], rib.Tied
	}
	return -1, rib.Unclassified
}

// fresh: the feed's rows may be candidates.
func fresh(f *rib.Feed) bool { return !f.State.Stale && !f.State.Closed && !f.State.Unreadable }

func has(fams []rib.Family, fam rib.Family) bool { return slices.Contains(fams, fam) }

// meant: the feed is there to speak of the family. Its declaration says so, or what it holds; one
// that holds nothing may have been meant for either, and a far end is for both unless it says.
func meant(f *rib.Feed, fam rib.Family) bool {
	if len(f.Families) > 0 {
		return has(f.Families, fam) || has(f.State.Families, fam)
	}
	return f.View == rib.FarEnd || len(f.State.Families) == 0 || has(f.State.Families, fam)
}

// whole: the feed's silence in the family proves absence, if its view can.
func (tw twin) whole(f *rib.Feed, fam rib.Family) bool {
	return fresh(f) && (has(f.Families, fam) || has(f.State.Families, fam)) &&
		(f.State.Complete == rib.CompleteYes || f.State.Complete == rib.CompleteUnproven && !tw.w.opt.Strict)
}

func (tw twin) speaksOf(f *rib.Feed, link int) bool {
	switch f.View {
	case rib.Collector:
		return tw.w.links[link].Kind == rib.Internet
	case rib.Chosen:
		return false
	}
	return f.Link == "" || f.Link == tw.w.links[link].Name
}

// silenceProves: what a whole feed of the view lacks on the link is not there.
func (tw twin) silenceProves(f *rib.Feed, link int) bool {
	switch f.View {
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		return len(tw.w.links[link].ProviderASNs) == 0 // else what the provider does not get it may get elsewhere
	case rib.FarEnd, rib.AdjRIBInPost, rib.AdjRIBInPre:
		return true
	case rib.BGPTable:
		// A table shows everything of its own router's links alone. Whose it is, it says; or the
		// config ties it to the one link; or there is no second router that it could be of.
		l := tw.w.links[link]
		routers := map[string]bool{}
		for _, other := range tw.w.links {
			routers[other.Router] = true
		}
		switch {
		case f.Router == "" && l.Router == "":
			return f.Link == l.Name || len(routers) == 1
		case f.Router == "" || l.Router == "":
			return len(routers) == 1
		}
		return f.Router == l.Router
	case rib.Monitor:
		return f.Mirrors != "" && len(tw.w.links[link].ProviderASNs) == 0 || f.Mirrors == "" && f.AddPath == "all"
	}
	return false
}

// of lists the feeds that are meant to speak of the link's direction and family.
func (tw twin) of(link int, recv bool, fam rib.Family) []*rib.Feed {
	var out []*rib.Feed
	for i := range tw.w.feeds {
		if f := &tw.w.feeds[i]; received(f) == recv && tw.speaksOf(f, link) && meant(f, fam) {
			out = append(out, f)
		}
	}
	return out
}

// proven lists the feeds whose silence proves absence on the link: whole ones, unless another of
// the same view, a part of the same table, is not (one left out on purpose aside).
func (tw twin) proven(link int, recv bool, fam rib.Family) []*rib.Feed {
	var out []*rib.Feed
	all := tw.of(link, recv, fam)
	for _, f := range all {
		broken := slices.ContainsFunc(all, func(g *rib.Feed) bool {
			return g.View == f.View && !g.State.Closed && tw.silenceProves(g, link) && !tw.whole(g, fam)
		})
		if !broken && tw.silenceProves(f, link) && tw.whole(f, fam) {
			out = append(out, f)
		}
	}
	return out
}

// staticProves: what static: does not list is absent, unless a feed of the link's own falls short
// of showing it.
func (tw twin) staticProves(link int, recv bool, fam rib.Family) bool {
	return tw.w.links[link].Static != nil && !slices.ContainsFunc(tw.of(link, recv, fam), func(f *rib.Feed) bool {
		return f.View != rib.Collector && (!tw.whole(f, fam) || !tw.silenceProves(f, link))
	})
}

func (tw twin) covered(link int, recv bool, fam rib.Family) bool {
	return tw.staticProves(link, recv, fam) || len(tw.proven(link, recv, fam)) > 0
}

func inScope(f *rib.Feed, p netip.Prefix) bool {
	return f.Scope == nil || slices.ContainsFunc(f.Scope, func(s netip.Prefix) bool { return s.Bits() <= p.Bits() && s.Contains(p.Addr()) })
}

func cap24(fam rib.Family) int {
	if fam == rib.IPv4 {
		return 24
	}
	return 48
}

// longSeen: an ISP of ours is seen to send a longer prefix at the address than leaves an ISP.
func (tw twin) longSeen(cs []claim) bool {
	return slices.ContainsFunc(cs, func(c claim) bool {
		return c.doubt == "" && tw.w.links[c.link].Kind == rib.Internet && c.bits > cap24(c.fam)
	})
}

// room is the longest prefix that the link may carry unseen at an address, -1 where none. seen is
// what is known to be there.
func (tw twin) room(link int, recv bool, a netip.Addr, seen []claim) int {
	longest := tw.roomBeyondTheCap(link, recv, a)
	if tw.w.links[link].Kind == rib.Internet && !(recv && tw.longSeen(seen)) {
		longest = min(longest, cap24(rib.FamilyOf(netip.PrefixFrom(a, 0))))
	}
	return longest
}

// roomBeyondTheCap is the same if any prefix left an ISP.
func (tw twin) roomBeyondTheCap(link int, recv bool, a netip.Addr) int {
	fam := rib.FamilyOf(netip.PrefixFrom(a, 0))
	longest := fam.Bits()
	if tw.staticProves(link, recv, fam) {
		return -1
	}
	for _, f := range tw.proven(link, recv, fam) {
		if f.Scope == nil {
			return -1
		}
		for _, s := range f.Scope {
			if s.Contains(a) {
				longest = min(longest, s.Bits()-1)
			}
		}
	}
	return longest
}

// alone is the table of winners that decides by itself, where losers stay hidden: that of the
// router the asker stands behind, or of a site's only router. No such table shows static routes.
func (tw twin) alone(ob string, a netip.Addr) *rib.Feed {
	if ob != "us" {
		return nil
	}
	fam := rib.FamilyOf(netip.PrefixFrom(a, 0))
	router, blind := tw.w.links[0].Router, false
	if tw.behind != "" {
		router = tw.behind
	}
	for i, l := range tw.w.links {
		if tw.behind == "" && l.Router != router || l.Static != nil && len(l.Static.Receives) > 0 {
			return nil
		}
		blind = blind || !tw.covered(i, true, fam)
	}
	for i := range tw.w.feeds {
		f := &tw.w.feeds[i]
		if blind && router != "" && f.View == rib.LocRIB && f.Router == router && tw.whole(f, fam) && f.Scope == nil {
			return f
		}
	}
	return nil
}

// claims lists every route that bears on the address for the observer.
func (tw twin) claims(ob string, a netip.Addr) []claim {
	recv := ob == "us"
	hears := tw.hears(ob)
	var out []claim
	for i := range tw.w.rows {
		r := &tw.w.rows[i].route
		f := &tw.w.feeds[tw.w.rows[i].feed]
		link, way := tw.tie(f, r)
		if received(f) != recv || f.View == rib.Chosen || !r.Prefix.Contains(a) || way != rib.Tied && way != rib.Unclassified ||
			link >= 0 && !slices.Contains(hears, link) {
			continue
		}
		c := tw.claimOf(ob, f, r, link)
		c.judge(tw, f, r)
		if !c.never && !tw.lostInItsOwnTable(&tw.w.rows[i]) {
			out = append(out, c)
		}
	}
	for _, l := range hears {
		st := tw.w.links[l].Static
		if st == nil {
			continue
		}
		list := st.Advertises
		if recv {
			list = st.Receives
		}
		for _, p := range list {
			if p.Contains(a) {
				out = append(out, tw.staticClaim(ob, l, p, recv))
			}
		}
	}
	return out
}

// lostInItsOwnTable: a table of winners that says which route of the prefix is best, and this one
// is neither that nor used beside it.
func (tw twin) lostInItsOwnTable(r *row) bool {
	if tw.w.feeds[r.feed].View != rib.LocRIB || r.route.Marks.Has(rib.Best) || r.route.Marks.Has(rib.Multipath) {
		return false
	}
	return slices.ContainsFunc(tw.w.rows, func(o row) bool {
		return o.feed == r.feed && o.route.Prefix == r.route.Prefix && o.route.Marks.Has(rib.Best)
	})
}

// staticClaim: a declared route has no attribute at all but what the link's declaration says.
func (tw twin) staticClaim(ob string, link int, p netip.Prefix, recv bool) claim {
	fam := rib.FamilyOf(p)
	c := claim{link: link, fam: fam, bits: p.Bits(), feed: &rib.Feed{View: rib.Declared}, router: tw.w.links[link].Router}
	if recv {
		if pref, stands := tw.standIn(link, fam); stands {
			c.lp = pref
		}
		return c
	}
	switch {
	case tw.notTaken(link, p), tw.provenBy(link, false, p, rib.FarEnd):
		c.bits = -1 // beaten by the far end's own truth: see judge
	case tw.farFails(link, fam):
		c.doubt = "fate"
	}
	return c
}

// standIn is what preference: makes of a route that shows no local preference, and whether it has
// a say: none where a route of the link shows one. Where such a route may be hidden, it is not known.
func (tw twin) standIn(link int, fam rib.Family) (value, bool) {
	pref := tw.w.links[link].Preference
	if !pref.Set || tw.showsPreference(link, fam) {
		return value{}, false
	}
	if !tw.covered(link, true, fam) {
		return value{}, true
	}
	return value{int64(pref.Value), true}, true
}

// provenBy: a feed of one of the views proves by its silence that the link lacks the prefix.
func (tw twin) provenBy(link int, recv bool, p netip.Prefix, views ...rib.View) bool {
	return slices.ContainsFunc(tw.proven(link, recv, rib.FamilyOf(p)), func(f *rib.Feed) bool {
		return slices.Contains(views, f.View) && inScope(f, p)
	})
}

// farFails: a far end that is meant for the family does not show it whole.
func (tw twin) farFails(link int, fam rib.Family) bool {
	return slices.ContainsFunc(tw.of(link, false, fam), func(f *rib.Feed) bool { return f.View == rib.FarEnd && !tw.whole(f, fam) })
}

// fromNowhere: the link's whole table before policy has no such prefix for policy to pass on.
func (tw twin) fromNowhere(link int, recv bool, p netip.Prefix) bool {
	before := rib.AdjRIBOutPre
	if recv {
		before = rib.AdjRIBInPre
	}
	return tw.provenBy(link, recv, p, before) && !slices.ContainsFunc(tw.w.rows, func(r row) bool {
		f := &tw.w.feeds[r.feed]
		l, way := tw.tie(f, &r.route)
		return f.View == before && way == rib.Tied && l == link && r.route.Prefix == p
	})
}

// showsPreference: some usable or unusable row tied to the link shows a local preference.
func (tw twin) showsPreference(link int, fam rib.Family) bool {
	for i := range tw.w.rows {
		r, f := &tw.w.rows[i].route, &tw.w.feeds[tw.w.rows[i].feed]
		if l, way := tw.tie(f, r); way == rib.Tied && l == link && received(f) && rib.FamilyOf(r.Prefix) == fam && r.Attrs.LocalPref.Set {
			return true
		}
	}
	return false
}

func (tw twin) claimOf(ob string, f *rib.Feed, r *rib.Route, link int) claim {
	c := claim{link: link, fam: rib.FamilyOf(r.Prefix), bits: r.Prefix.Bits(), feed: f, route: r, marks: r.Marks, router: f.Router}
	if c.router == "" && link >= 0 {
		c.router = tw.w.links[link].Router
	}
	hidden := r.Attrs.NotShown
	c.showsBest = !hidden.Has(rib.AttrBest) && (f.View == rib.BGPTable || f.View == rib.AdjRIBInPost || f.View == rib.LocRIB)
	c.bestShown = c.showsBest && r.Marks.Has(rib.Best) || !hidden.Has(rib.AttrBest) && f.View == rib.AdjRIBInPre && r.Marks.Has(rib.Best)
	c.origin = value{int64(r.Attrs.Origin), !hidden.Has(rib.AttrOrigin)}
	c.med = value{int64(r.Attrs.MED.Or(0)), !hidden.Has(rib.AttrMED)}
	c.lp = tw.preference(f, r, link)
	path := asnsOf(r)
	if ob == "us" {
		c.neighborAS = 0
		if len(path) > 0 {
			c.neighborAS = path[0]
		}
		c.length = value{int64(len(path)), !hidden.Has(rib.AttrASPath)}
		return c
	}
	if len(path) > 0 && f.View != rib.Collector {
		c.neighborAS = path[0]
	}
	c.length = tw.heardLength(ob, f, r, link)
	return c
}

// heardLength is the length of an advertised row's path as the observer compares it.
func (tw twin) heardLength(ob string, f *rib.Feed, r *rib.Route, link int) value {
	path := slices.Clone(asnsOf(r))
	providers := link >= 0 && len(tw.w.links[link].ProviderASNs) > 0
	switch {
	case r.Attrs.NotShown.Has(rib.AttrASPath):
		return value{}
	case f.View == rib.Collector:
		return value{} // it is the world's path, and says nothing of what the observer got
	case providers && f.View != rib.FarEnd:
		return value{} // what the provider puts in front is not shown
	}
	if _, way := tw.tie(f, r); f.View == rib.FarEnd && way == rib.Unclassified {
		// The best that it can be: what stands left of ours may be the neighbour's own.
		path = path[max(tw.ourPlace(r), 0):]
	}
	for f.View == rib.FarEnd && link >= 0 && len(path) > 0 && slices.Contains(tw.w.links[link].NeighborASNs, path[0]) {
		path = path[1:] // the neighbour's own number: it is the one that chooses
	}
	private := func(asn uint32) bool { return asn >= 64512 && asn <= 65534 }
	added := int64(0)
	if f.State.ASPathForm == rib.BeforeOwnASN {
		added = 1
		candidates := tw.w.asns
		if f.State.LocalASN != 0 {
			candidates = []uint32{f.State.LocalASN}
		}
		if n := len(candidates); ob == "microsoft" {
			hidden := len(slices.DeleteFunc(slices.Clone(candidates), func(asn uint32) bool { return !private(asn) }))
			switch hidden {
			case 0:
			case n:
				added = 0
			default:
				return value{}
			}
		}
	}
	if ob == "microsoft" {
		path = slices.DeleteFunc(path, private)
	}
	return value{int64(len(path)) + added, true}
}

func (tw twin) preference(f *rib.Feed, r *rib.Route, link int) value {
	if r.Attrs.LocalPref.Set {
		return value{int64(r.Attrs.LocalPref.Value), true}
	}
	if link >= 0 {
		if v, stands := tw.standIn(link, rib.FamilyOf(r.Prefix)); stands {
			return v
		}
	}
	if r.Attrs.NotShown.Has(rib.AttrLocalPref) || f.View == rib.AdjRIBInPre || f.View == rib.Monitor {
		return value{}
	}
	return value{100, true}
}

// judge says what the views, marks and feeds make of the row.
func (c *claim) judge(tw twin, f *rib.Feed, r *rib.Route) {
	switch {
	case !fresh(f):
		c.never = true
	case received(f):
		c.judgeReceived(tw, f, r)
	default:
		c.judgeAdvertised(tw, f, r)
	}
}

func (c *claim) judgeReceived(tw twin, f *rib.Feed, r *rib.Route) {
	proven := func(views ...rib.View) bool { return tw.provenBy(c.link, true, r.Prefix, views...) }
	switch {
	case tw.ourPlace(r) >= 0, r.Marks&(rib.Filtered|rib.Invalid) != 0 && r.Marks&(rib.Best|rib.Multipath) == 0:
		c.never = true
	case c.link < 0:
		c.doubt = "missing"
	case f.View == rib.AdjRIBInPre && proven(rib.AdjRIBInPost, rib.BGPTable, rib.Monitor):
		c.never = true
	case f.View == rib.AdjRIBInPre && (!tw.w.links[c.link].ImportAll || r.Attrs.NotShown.Has(rib.AttrASPath)),
		r.Marks.Has(rib.Stale), r.Marks.Has(rib.Malformed), r.Marks.Has(rib.RIBFailure), r.Marks&(rib.Filtered|rib.Invalid) != 0,
		r.Marks.Has(rib.RPKIInvalid) && !r.Marks.Has(rib.Best):
		c.doubt = "fate"
	case f.View == rib.AdjRIBInPost || f.View == rib.BGPTable:
		if tw.fromNowhere(c.link, true, r.Prefix) {
			c.doubt = "fate"
		}
	}
}

func (c *claim) judgeAdvertised(tw twin, f *rib.Feed, r *rib.Route) {
	holder := f.View == rib.FarEnd || f.View == rib.Collector
	proven := func(views ...rib.View) bool { return tw.provenBy(c.link, false, r.Prefix, views...) }
	unused := r.Marks.Has(rib.Invalid) || r.Marks.Has(rib.Filtered)
	another := f.View == rib.FarEnd && tw.usesAnother(f, r)
	switch {
	case unused && holder, another && !r.Attrs.NotShown.Has(rib.AttrBest):
		c.never = true
		return
	case c.link < 0:
		c.doubt = "missing"
		return
	case !holder && (tw.notTaken(c.link, r.Prefix) || proven(rib.FarEnd)):
		c.never = true
		return
	case f.View == rib.AdjRIBOutPre && proven(rib.AdjRIBOutPost, rib.Monitor):
		c.never = true
		return
	}
	neighbor := tw.w.links[c.link].NeighborASNs[0]
	switch {
	case f.View == rib.AdjRIBOutPre, unused, another, r.Marks.Has(rib.Stale), r.Marks.Has(rib.Malformed), !holder && r.Marks.Has(rib.Unselected),
		!holder && tw.farFails(c.link, c.fam),
		!holder && slices.Contains(asnsOf(r), neighbor),
		f.View == rib.AdjRIBOutPost && tw.fromNowhere(c.link, false, r.Prefix),
		f.View == rib.FarEnd && tw.weSentNone(c.link, r.Prefix),
		f.View == rib.FarEnd && r.Marks&(rib.Best|rib.Multipath) == 0 && !r.Attrs.NotShown.Has(rib.AttrBest) && !tw.whole(f, c.fam), // its best may be lost
		f.View != rib.Collector && r.Marks.Has(rib.RPKIInvalid),                                                                     // anybody may drop it, whoever shows it
		f.View != rib.Collector && tw.staysNear(c.link, r) && !tw.collectorShows(c.link, r.Prefix):
		c.doubt = "fate"
	}
}

// usesAnother: the holder of a far end marks another way to the prefix best, which is not by a link of
// ours that it is tied to.
func (tw twin) usesAnother(f *rib.Feed, r *rib.Route) bool {
	if r.Marks.Has(rib.Best) || r.Marks.Has(rib.Multipath) {
		return false
	}
	return slices.ContainsFunc(tw.w.rows, func(o row) bool {
		_, way := tw.tie(f, &o.route)
		return &tw.w.feeds[o.feed] == f && o.route.Prefix == r.Prefix && o.route.Marks.Has(rib.Best) && way != rib.Tied
	})
}

// notTaken: Microsoft peering takes no default and no private space.
func (tw twin) notTaken(link int, p netip.Prefix) bool {
	if tw.w.links[link].Kind == rib.Internet {
		return p.Bits() == 0 // no ISP takes one from a customer
	}
	return tw.w.links[link].Kind == rib.ExpressRouteMicrosoft && (p.Bits() == 0 || p.Addr().Is4() && p.Addr().IsPrivate())
}

// weSentNone: our own whole table of what goes out on the link lacks what its far end holds.
func (tw twin) weSentNone(link int, p netip.Prefix) bool {
	return tw.provenBy(link, false, p, rib.AdjRIBOutPost) && !slices.ContainsFunc(tw.w.rows, func(o row) bool {
		f := &tw.w.feeds[o.feed]
		l, way := tw.tie(f, &o.route)
		return f.View == rib.AdjRIBOutPost && fresh(f) && way == rib.Tied && l == link && o.route.Prefix == p
	})
}

// staysNear: on an internet link the row may go no further than the direct neighbour.
func (tw twin) staysNear(link int, r *rib.Route) bool {
	if tw.w.links[link].Kind != rib.Internet {
		return false
	}
	kept := []string{"no-export", "no-advertise", "no-export-subconfed", "no-peer", "blackhole"}
	return r.Prefix.Bits() > cap24(rib.FamilyOf(r.Prefix)) || slices.ContainsFunc(kept, func(name string) bool {
		c, err := rib.ParseCommunity(name)
		return err == nil && slices.Contains(r.Attrs.Communities, c)
	})
}

func (tw twin) collectorShows(link int, p netip.Prefix) bool {
	return slices.ContainsFunc(tw.w.rows, func(r row) bool {
		f := &tw.w.feeds[r.feed]
		l, way := tw.tie(f, &r.route)
		dull := r.route.Marks&(rib.Invalid|rib.Filtered|rib.Stale|rib.Malformed) != 0
		return f.View == rib.Collector && fresh(f) && way == rib.Tied && l == link && r.route.Prefix == p && !dull
	})
}

// unseen lists the best route that each blind link may carry.
func (tw twin) unseen(ob string, a netip.Addr, seen []claim) []claim {
	var out []claim
	for _, l := range tw.hears(ob) {
		if bits := tw.room(l, ob == "us", a, seen); bits >= 0 {
			best := value{0, true}
			out = append(out, claim{
				link: l, fam: rib.FamilyOf(netip.PrefixFrom(a, 0)), bits: bits, doubt: "missing", router: tw.w.links[l].Router,
				lp: value{1 << 40, true}, length: best, origin: best, med: best,
			})
		}
	}
	return out
}

// verdict is what one set of routes comes to.
type verdict struct {
	links  []int
	reason rib.Reason
	others [][]int // further outcomes where the answer hangs on an attribute that is not shown
}

// choose runs the observer's steps over routes that are taken to be there.
func (tw twin) choose(ob string, cs []claim, winnersOnly bool) verdict {
	if len(cs) == 0 {
		v := verdict{reason: rib.ReasonNone}
		if ob == "us" && !winnersOnly {
			v.others = tw.longerCopies(-1)
		}
		return v
	}
	longest := slices.MaxFunc(cs, func(a, b claim) int { return a.bits - b.bits }).bits
	live := filter(cs, func(c claim) bool { return c.bits == longest })
	v := verdict{reason: rib.ReasonOnlyRoute}
	if len(linksIn(live)) < len(linksIn(cs)) {
		v.reason = rib.ReasonLongestMatch
	}
	mask := live
	names := map[string][]string{
		"us":        {"local-pref", "as-path-length", "origin", "med", "router-chose"},
		"microsoft": {"link-kind", "circuit"},
		"internet":  {"collectors"},
		"azure":     {"routing-preference", "connection-weight", "as-path-length"},
	}[ob]
	if ob == "azure" && tw.w.opt.RoutingPreference == "as-path" {
		names = []string{"as-path-length", "routing-preference", "connection-weight"}
	}
	if len(tw.prefer(ob)) > 0 { // ahead of the AS path
		at := slices.IndexFunc(names, func(name string) bool { return name == "circuit" || name == "as-path-length" })
		names = slices.Insert(slices.Clone(names), at, "prefer")
	}
	if winnersOnly {
		names = nil
	}
	eachMayWin := func() {
		for _, l := range linksIn(live) {
			v.others = append(v.others, []int{l})
		}
	}
	there := linksIn(cs)
	if ob != "us" && len(there) > 1 && tw.chosenFails(ob, live[0].fam) {
		// What the observer chose itself would tell, whatever the rules say.
		for _, l := range there {
			v.others = append(v.others, []int{l})
		}
	}
	for i, name := range names {
		if len(linksIn(live)) == 1 {
			break
		}
		if name == "collectors" && len(v.others) == 0 && tw.collectorFails(live[0].fam) {
			eachMayWin()
			break
		}
		if name == "prefer" {
			if kept := tw.preferred(ob, live); len(linksIn(kept)) < len(linksIn(live)) {
				live, v.reason = kept, rib.ReasonLocalPref
			}
			continue
		}
		kept, hangs, reason := tw.step(name, live)
		left := tw.notAside(kept)
		if hangs && ob == "us" && name != "router-chose" && !oneRouterShows(tw, kept) && len(left) < len(kept) {
			if len(linksIn(kept)) < len(linksIn(live)) {
				v.reason = reason
			}
			live = left
			if len(linksIn(left)) == 1 {
				v.reason = rib.ReasonRouterChose
			}
			kept, hangs, reason = tw.step(name, live)
		}
		if name == "router-chose" {
			live, v.reason = kept, reason
			if hangs && len(v.others) == 0 {
				eachMayWin()
			}
			continue
		}
		if len(linksIn(kept)) < len(linksIn(live)) {
			v.reason = reason
		}
		live = kept
		if !hangs || len(linksIn(live)) == 1 {
			continue
		}
		if ob == "us" && oneRouterShows(tw, live) {
			live, _, v.reason = tw.step("router-chose", live)
			break
		}
		for _, l := range linksIn(tw.mayWin(ob, name, names[i+1:], live)) {
			v.others = append(v.others, []int{l})
		}
	}
	v.links = linksIn(live)
	switch {
	case len(v.links) == 1 && v.reason == rib.ReasonRouterLocal:
		v.reason = rib.ReasonRouterChose
	case len(v.links) > 1 && v.reason != rib.ReasonRouterLocal:
		v.reason = rib.ReasonEqual
	}
	if ob == "us" && !winnersOnly {
		v.others = append(v.others, tw.denied(mask, v.links)...)
		v.others = append(v.others, tw.longerCopies(longest)...)
	}
	v.others = slices.DeleteFunc(v.others, func(links []int) bool { return slices.Equal(links, v.links) })
	slices.SortFunc(v.others, slices.Compare)
	v.others = slices.CompactFunc(v.others, slices.Equal)
	return v
}

// mayWin leaves out the routes that lose whatever a step that hangs comes to: another that is as good in it goes before
// them at a later one that orders routes whoever else is there.
func (tw twin) mayWin(ob, name string, later []string, live []claim) []claim {
	of := map[string]func(claim) value{
		"local-pref": func(c claim) value { return c.lp }, "as-path-length": func(c claim) value { return c.length }, "origin": func(c claim) value { return c.origin },
	}
	if of[name] == nil {
		return live
	}
	left, tied := filter(live, func(c claim) bool { return of[name](c).known }), true
	for _, n := range later {
		if of[n] == nil && n != "link-kind" && n != "connection-weight" && n != "routing-preference" || len(left) == 0 {
			break
		}
		kept, hangs, _ := tw.step(n, left)
		left = kept
		if hangs {
			tied = false
			break
		}
	}
	if tied && ob == "us" {
		left = tw.notUnmarked(left)
	}
	if len(left) > 0 && ob == "us" && oneRouterShows(tw, left) {
		left, _, _ = tw.step("router-chose", left)
	}
	return filter(live, func(c claim) bool {
		return !of[name](c).known || slices.ContainsFunc(left, func(o claim) bool { return o.link == c.link })
	})
}

// notUnmarked leaves out what its own router shows unmarked, where somebody marks one.
func (tw twin) notUnmarked(live []claim) []claim {
	left := filter(live, func(c claim) bool {
		return !c.showsBest || c.marks.Has(rib.Best) || c.marks.Has(rib.Multipath) || tw.behind != "" && c.router != tw.behind
	})
	if len(left) == 0 || !slices.ContainsFunc(live, func(c claim) bool { return c.bestShown }) {
		return live
	}
	return left
}

func unmarked(c claim) bool {
	return c.showsBest && !c.marks.Has(rib.Best) && !c.marks.Has(rib.Multipath)
}

// markedAside: the route's own router marks another of these best, of the same length, which no other table shows
// unmarked.
func (tw twin) markedAside(among []claim, c claim) bool {
	return c.router != "" && (tw.behind == "" || c.router == tw.behind) && slices.ContainsFunc(among, func(o claim) bool {
		return o.bits == c.bits && o.doubt == "" && o.showsBest && o.marks.Has(rib.Best) && o.router == c.router &&
			!slices.ContainsFunc(among, func(n claim) bool { return n.link == o.link && n.bits == o.bits && n.feed != o.feed && unmarked(n) })
	})
}

// notAside leaves out what its own router marks aside, also if nothing shows its choice of it; not a static route, nor
// what the router sends us.
func (tw twin) notAside(live []claim) []claim {
	return filter(live, func(c claim) bool {
		other := c.feed == nil || c.feed.View == rib.Declared || c.feed.View == rib.Monitor || c.marks.Has(rib.Best) || c.marks.Has(rib.Multipath)
		return other || !tw.markedAside(live, c)
	})
}

// prefer lists the names of the links that the config says the observer prefers, in order.
func (tw twin) prefer(ob string) []string {
	for _, spec := range tw.w.opt.Observers {
		if spec.Name == ob {
			return spec.Prefer
		}
	}
	return nil
}

// preferred keeps the routes of the first of the observer's links that has one; all where none has.
func (tw twin) preferred(ob string, live []claim) []claim {
	for _, name := range tw.prefer(ob) {
		if kept := filter(live, func(c claim) bool { return tw.w.links[c.link].Name == name }); len(kept) > 0 {
			return kept
		}
	}
	return live
}

// collectorFails: a collector that is meant for the family, and not left out on purpose, does not
// show what it should.
func (tw twin) collectorFails(fam rib.Family) bool {
	return slices.ContainsFunc(tw.w.feeds, func(f rib.Feed) bool {
		return f.View == rib.Collector && meant(&f, fam) && !f.State.Closed && !tw.whole(&f, fam)
	})
}

func (tw twin) step(name string, live []claim) (kept []claim, hangs bool, reason rib.Reason) {
	link := func(c claim) *rib.Link { return &tw.w.links[c.link] }
	yes := func(ok bool) value {
		if ok {
			return value{0, true}
		}
		return value{1, true}
	}
	switch name {
	case "local-pref":
		kept, hangs = lowest(live, func(c claim) value { return value{-c.lp.n, c.lp.known} })
		return kept, hangs, rib.ReasonLocalPref
	case "as-path-length":
		kept, hangs = lowest(live, func(c claim) value { return c.length })
		return kept, hangs, rib.ReasonASPathLength
	case "origin":
		kept, hangs = lowest(live, func(c claim) value { return c.origin })
		return kept, hangs, rib.ReasonOrigin
	case "med":
		for _, c := range live {
			same := filter(live, func(o claim) bool { return o.neighborAS == c.neighborAS })
			best, open := lowest(same, func(o claim) value { return o.med })
			if c.neighborAS == 0 || slices.Contains(best, c) {
				kept = append(kept, c)
			}
			hangs = hangs || c.neighborAS != 0 && open
		}
		return kept, hangs, rib.ReasonMED
	case "link-kind":
		kept, _ = lowest(live, func(c claim) value { return yes(link(c).Kind.ExpressRoute()) })
		return kept, false, rib.ReasonLinkKind
	case "circuit":
		circuits := map[string]bool{}
		shown, certain := true, true
		for _, c := range live {
			if !link(c).Kind.ExpressRoute() {
				return live, false, ""
			}
			circuits[link(c).Circuit] = true
			shown = shown && c.length.known
			certain = certain && c.doubt == ""
		}
		if len(circuits) == 1 && !shown && certain {
			return live, false, ""
		}
		kept, hangs = lowest(live, func(c claim) value { return c.length })
		return kept, hangs, rib.ReasonASPathLength
	case "collectors":
		agreed := -1
		for _, links := range tw.networks {
			if len(tw.networks) < 2 || len(links) != 1 || agreed >= 0 && links[0] != agreed || links[0] < 0 {
				return live, false, ""
			}
			agreed = links[0]
		}
		if !slices.Contains(linksIn(live), agreed) {
			return live, false, ""
		}
		return filter(live, func(c claim) bool { return c.link == agreed }), false, rib.ReasonRouterChose
	case "routing-preference":
		kept, _ = lowest(live, func(c claim) value { return yes(link(c).Kind.ExpressRoute() != (tw.w.opt.RoutingPreference == "vpn")) })
		return kept, false, rib.ReasonRoutingPreference
	case "connection-weight":
		kept, _ = lowest(live, func(c claim) value { return value{-int64(link(c).Weight.Or(0)), true} })
		return kept, false, rib.ReasonConnectionWeight
	}
	// The routers' own marks: each router that shows them names its links. Behind one of them only
	// its own count, and where they do not tell, it still chooses.
	unseen := tw.behind != ""
	var marked []int
	hides, choosing := map[string]bool{}, map[string]bool{}
	for _, c := range live {
		if tw.behind != "" && c.router != tw.behind {
			continue
		}
		hides[c.router] = hides[c.router] || !c.showsBest
		if c.showsBest && (c.marks.Has(rib.Best) || c.marks.Has(rib.Multipath)) {
			marked = append(marked, c.link)
			choosing[c.router] = true
		}
	}
	for router, some := range hides {
		// What it shows unmarked lost, perhaps to what it does not show.
		if some && !choosing[router] {
			return tw.notAside(tw.notUnmarked(live)), unseen, rib.ReasonRouterLocal
		}
	}
	if len(marked) == 0 {
		return live, unseen, rib.ReasonRouterLocal
	}
	reason = rib.ReasonRouterLocal
	kept = filter(live, func(c claim) bool { return slices.Contains(marked, c.link) })
	if len(linksIn(kept)) > 1 && len(choosing) == 1 {
		reason = rib.ReasonEqual
	}
	return kept, false, reason
}

// oneRouterShows: the routes all end on one router, and its marks choose among them.
func oneRouterShows(tw twin, live []claim) bool {
	chose := false
	router := tw.w.links[live[0].link].Router
	if router == "" || tw.behind != "" && tw.behind != router {
		return false
	}
	for _, c := range live {
		if c.feed == nil || tw.w.links[c.link].Router != router || c.router != router {
			return false
		}
		chose = chose || c.showsBest && (c.marks.Has(rib.Best) || c.marks.Has(rib.Multipath))
	}
	return chose
}

// denied lists the outcomes that the routers' own best marks show, where the outcome denies one.
func (tw twin) denied(mask []claim, links []int) (others [][]int) {
	type mark struct {
		router string
		link   int
	}
	var marks []mark
	for _, c := range append(slices.Clone(mask), tw.copies...) {
		if c.bestShown && c.bits == mask[0].bits && (tw.behind == "" || c.router == tw.behind) {
			marks = append(marks, mark{c.router, c.link})
		}
	}
	for i, m := range marks {
		for _, o := range marks[:i] {
			if m.router != "" && m.router == o.router && m.link != o.link {
				others = append(others, []int{m.link}, []int{o.link})
			}
		}
		switch {
		case m.link >= 0 && !slices.Contains(links, m.link):
			others = append(others, []int{m.link})
		case m.link < 0 && m.router != "" && !slices.ContainsFunc(links, func(l int) bool { return tw.w.links[l].Router != m.router }):
			others = append(others, tw.notBy(m.router, mask)...) // what another router received: not by this link
		}
	}
	return others
}

// longerCopies: a router marks best a copy of a route that is longer than all that is received on the
// site's links: by which way out another router of ours has it is not shown.
func (tw twin) longerCopies(bits int) [][]int {
	copies := filter(tw.copies, func(c claim) bool {
		return c.bestShown && c.bits > bits && !tw.ownCopy(c) && (tw.behind == "" || c.router == tw.behind)
	})
	var out [][]int
	for _, c := range copies {
		if !slices.ContainsFunc(copies, func(o claim) bool { return o.bits > c.bits }) {
			out = append(out, tw.behindCopy(c)...)
		}
	}
	return out
}

// notBy lists the ways out that a router's best copies of the longest mask leave: links of other routers that show
// the route, else those that may carry it unseen, else what nothing shows.
func (tw twin) notBy(router string, mask []claim) (out [][]int) {
	copies := filter(tw.copies, func(c claim) bool { return c.bestShown && c.bits == mask[0].bits && c.router == router })
	others := filter(mask, func(c claim) bool {
		return c.link >= 0 && tw.w.links[c.link].Router != router && !(unmarked(c) && tw.markedAside(mask, c))
	})
	alike := filter(others, func(o claim) bool {
		return slices.ContainsFunc(copies, func(c claim) bool { return copyOf(c, o) })
	})
	if len(alike) == 0 {
		alike = filter(tw.received, func(o claim) bool {
			return o.doubt != "" && !o.never && o.link >= 0 && tw.w.links[o.link].Router != router && slices.ContainsFunc(copies, func(c claim) bool {
				return o.bits == c.bits && !tw.ownCopy(c) && copyOf(c, o)
			})
		})
	}
	if len(alike) > 0 {
		others = alike
	}
	for _, c := range others {
		out = append(out, []int{c.link})
	}
	if len(alike) > 0 {
		return out
	}
	for _, c := range copies {
		if brought := tw.broughtBy(c); len(brought) > 0 || len(others) == 0 {
			out = append(out, tw.behindCopy(c)...)
		}
	}
	return out
}

// copyOf: an iBGP copy may be of the route: it is as long, from the same AS, and as much preferred, as far as both show.
func copyOf(c, of claim) bool {
	switch {
	case of.feed == nil:
		return false
	case c.length.known && of.length.known && (c.length.n != of.length.n || c.neighborAS != of.neighborAS):
		return false
	}
	return !c.lp.known || !of.lp.known || c.lp.n == of.lp.n
}

// ownCopy: a copy that is a network of our own, behind no link.
func (tw twin) ownCopy(c claim) bool {
	_, way := tw.tie(c.feed, c.route)
	return way == rib.Own || len(asnsOf(c.route)) == 0 && !c.route.Attrs.NotShown.Has(rib.AttrASPath)
}

// behindCopy lists the links of other routers that may carry, doubtfully or unseen, what a router's copy shows.
func (tw twin) behindCopy(c claim) (out [][]int) {
	if out = tw.broughtBy(c); out == nil {
		out = [][]int{{-1}}
	}
	return out
}

func (tw twin) broughtBy(c claim) (out [][]int) {
	own := tw.ownCopy(c)
	for _, l := range tw.hears("us") {
		doubtful := slices.ContainsFunc(tw.received, func(o claim) bool { return o.bits == c.bits && o.doubt != "" && (o.link == l || o.link < 0) })
		if !own && tw.w.links[l].Router != c.router && (doubtful || tw.room(l, true, c.route.Prefix.Addr(), nil) >= c.bits) {
			out = append(out, []int{l})
		}
	}
	return out
}

// copiesAt lists the iBGP copies and own networks at the address, each link -1.
func (tw twin) copiesAt(a netip.Addr) (out []claim) {
	for i := range tw.w.rows {
		r, f := &tw.w.rows[i].route, &tw.w.feeds[tw.w.rows[i].feed]
		if _, way := tw.tie(f, r); (way == rib.Internal || way == rib.Own) && fresh(f) && r.Prefix.Contains(a) {
			out = append(out, tw.claimOf("us", f, r, -1))
		}
	}
	return out
}

// chosenFails: the observer's own table, not left out on purpose, does not show all that it should.
func (tw twin) chosenFails(ob string, fam rib.Family) bool {
	return slices.ContainsFunc(tw.w.feeds, func(f rib.Feed) bool {
		return f.View == rib.Chosen && f.Observer == ob && meant(&f, fam) && !f.State.Closed && !tw.whole(&f, fam)
	})
}

// chosenRows lists the longest rows of the observer's own table at the address.
func (tw twin) chosenRows(ob string, a netip.Addr) (out []row) {
	bits, marked := -1, false
	for _, r := range tw.w.rows {
		f := &tw.w.feeds[r.feed]
		if f.View != rib.Chosen || f.Observer != ob || !fresh(f) || !r.route.Prefix.Contains(a) || r.route.Marks&(rib.Invalid|rib.Filtered) != 0 {
			continue
		}
		if n := r.route.Prefix.Bits(); n > bits {
			bits, out, marked = n, nil, false
		}
		if r.route.Prefix.Bits() == bits {
			out = append(out, r)
			marked = marked || r.route.Marks&(rib.Best|rib.Multipath) != 0
		}
	}
	if marked {
		out = slices.DeleteFunc(out, func(r row) bool { return r.route.Marks&(rib.Best|rib.Multipath) == 0 })
	}
	return out
}

// chosenLinks are the links of the observer's own choice: an untied row's are all that it could be by.
func (tw twin) chosenLinks(ob string, a netip.Addr, rows []row, claims []claim) (links []int) {
	add := func(l int) {
		if !slices.Contains(links, l) {
			links = append(links, l)
		}
	}
	for _, r := range rows {
		l, _ := tw.tie(&tw.w.feeds[r.feed], &r.route)
		if l >= 0 {
			add(l)
			continue
		}
		could := []int{}
		for _, l := range tw.hears(ob) {
			at := func(c claim) bool { return c.bits == r.route.Prefix.Bits() && (c.link == l || c.link < 0) }
			if slices.ContainsFunc(claims, at) || tw.room(l, false, a, nil) >= r.route.Prefix.Bits() {
				could = append(could, l)
			}
		}
		if len(could) == 0 {
			could = tw.hears(ob)
		}
		for _, l := range could {
			add(l)
		}
	}
	slices.Sort(links)
	return links
}

// lowest keeps the lowest of the known and everything unknown; hangs: an unknown one stands
// against another link's.
func lowest(cs []claim, of func(claim) value) (kept []claim, hangs bool) {
	best, found := int64(0), false
	unknown := false
	for _, c := range cs {
		v := of(c)
		unknown = unknown || !v.known
		if v.known && (!found || v.n < best) {
			best, found = v.n, true
		}
	}
	kept = filter(cs, func(c claim) bool { v := of(c); return !v.known || v.n == best })
	return kept, unknown && len(linksIn(cs)) > 1
}

func filter(cs []claim, keep func(claim) bool) []claim {
	var out []claim
	for _, c := range cs {
		if keep(c) {
			out = append(out, c)
		}
	}
	return out
}

func linksIn(cs []claim) []int {
	var out []int
	for _, c := range cs {
		if !slices.Contains(out, c.link) {
			out = append(out, c.link)
		}
	}
	slices.Sort(out)
	return out
}

// finding is the twin's answer.
type finding struct {
	outcome rib.Outcome
	links   []int
	reason  rib.Reason
	// strict: the sets of several neighbour ASes, which the design does not ask for, allow more.
	strict bool
	// either: several doubtful routes hang on an attribute that is not shown, and may change it.
	either bool
	// hopeless: more sets than a test should try.
	hopeless bool
	// chosen: the observer's own table decides.
	chosen bool
	// capped are the blind links that could change the answer if longer prefixes left an ISP.
	capped []int
}

func (tw twin) decide(ob string, a netip.Addr) finding {
	f := tw.byRules(ob, a)
	rows := tw.chosenRows(ob, a)
	if f.hopeless || len(rows) == 0 {
		return f
	}
	links := tw.chosenLinks(ob, a, rows, tw.claims(ob, a))
	open := tw.chosenFails(ob, rib.FamilyOf(netip.PrefixFrom(a, 0))) ||
		slices.ContainsFunc(rows, func(r row) bool { return r.route.Marks.Has(rib.Stale) || r.route.Marks.Has(rib.Malformed) })
	firm := f.outcome != rib.OutcomeUnknown && f.outcome != rib.OutcomeUndetermined
	if open && !(firm && slices.Equal(links, f.links)) {
		if firm {
			f.outcome = rib.OutcomeUndetermined
		}
		return finding{outcome: f.outcome, links: append(links, f.links...), chosen: true, strict: f.strict, either: f.either}
	}
	out := finding{outcome: rib.OutcomeTie, links: links, chosen: true}
	if len(links) == 1 {
		out.outcome = rib.OutcomeDecided
	}
	return out
}

func (tw twin) byRules(ob string, a netip.Addr) finding {
	tw = tw.at(a)
	alone := tw.alone(ob, a)
	var certain, doubtful []claim
	for _, c := range tw.claims(ob, a) {
		switch {
		case c.bits < 0 || alone != nil && c.feed != alone:
		case c.doubt == "":
			certain = append(certain, c)
		default:
			doubtful = append(doubtful, c)
		}
	}
	base := tw.choose(ob, certain, alone != nil)
	possible := append([][]int{base.links}, base.others...)
	missing, f := false, finding{reason: base.reason}
	try := func(set []claim) bool {
		if ob == "us" && alone == nil && slices.ContainsFunc(set, func(c claim) bool { return unmarked(c) && tw.markedAside(certain, c) }) {
			return false
		}
		v := tw.choose(ob, append(slices.Clone(certain), set...), alone != nil)
		differs := !slices.Equal(v.links, base.links) || fmt.Sprint(v.others) != fmt.Sprint(base.others)
		if differs && len(set) > 1 && len(v.others) > 0 {
			// others names every link still there, some of which could never win: too coarse to ask
			// for of routes that change nothing one by one.
			f.either = true
			return false
		}
		if differs {
			possible = append(append(possible, v.links), v.others...)
		}
		if differs && slices.ContainsFunc(set, func(c claim) bool { return c.doubt == "missing" }) {
			missing = true
		}
		return differs
	}
	for _, c := range doubtful {
		for _, alternative := range tw.alternatives(ob, c) {
			try([]claim{alternative})
		}
	}
	if alone == nil {
		for _, c := range tw.unseen(ob, a, certain) {
			try([]claim{c})
		}
	}
	count := 1
	for _, c := range doubtful {
		count *= len(tw.alternatives(ob, c)) + 1
	}
	if f.hopeless = count > 2000; f.hopeless {
		return f
	}
	f.either = f.either || count > 128 // so many that nobody need try them all
	if alone != nil && len(base.links) == 1 {
		f.reason = rib.ReasonRouterChose
	}
	firm := func() bool {
		return !slices.ContainsFunc(possible, func(links []int) bool { return !slices.Equal(links, base.links) })
	}
	// MED: every set of the doubtful ones of one neighbour AS; and, beyond the design, every set.
	if alone == nil {
		tw.sets(ob, doubtful, nil, func(set []claim) {
			if oneAS(set) && ob == "us" {
				try(set)
			}
		})
		if firm() {
			tw.sets(ob, doubtful, nil, func(set []claim) { f.strict = try(set) || f.strict })
		}
	}
	for _, links := range possible {
		for _, l := range links {
			if !slices.Contains(f.links, l) {
				f.links = append(f.links, l)
			}
		}
	}
	slices.Sort(f.links)
	if alone == nil && firm() {
		for _, c := range tw.unseen(ob, a, certain) {
			if tw.roomBeyondTheCap(c.link, ob == "us", a) <= c.bits || c.bits != cap24(c.fam) {
				continue
			}
			c.bits = c.fam.Bits()
			if v := tw.choose(ob, append(slices.Clone(certain), c), false); !slices.Equal(v.links, base.links) || len(v.others) != len(base.others) {
				f.capped = append(f.capped, c.link)
			}
		}
	}
	switch {
	case !firm() && missing:
		f.outcome = rib.OutcomeUnknown
	case !firm():
		f.outcome = rib.OutcomeUndetermined
	case len(base.links) == 0:
		f.outcome = rib.OutcomeUnreachable
	case len(base.links) == 1:
		f.outcome = rib.OutcomeDecided
	default:
		f.outcome = rib.OutcomeTie
	}
	return f
}

func oneAS(set []claim) bool {
	for _, c := range set {
		if c.neighborAS == 0 || c.neighborAS != set[0].neighborAS || c.doubt == "missing" {
			return false
		}
	}
	return len(set) > 0
}

// alternatives: an untied route may be of any link that the observer hears.
func (tw twin) alternatives(ob string, c claim) []claim {
	if c.link >= 0 {
		return []claim{c}
	}
	var out []claim
	for _, l := range tw.hears(ob) {
		c.link = l
		c.lp = tw.preference(c.feed, c.route, l)
		if ob != "us" {
			c.length = tw.heardLength(ob, c.feed, c.route, l)
		}
		if c.feed.Router == "" {
			c.router = tw.w.links[l].Router
		}
		out = append(out, c)
	}
	return out
}

// sets calls fn for every set of the doubtful routes, each there on one of its links or not.
func (tw twin) sets(ob string, rest, set []claim, fn func([]claim)) {
	if len(rest) == 0 {
		if len(set) > 1 {
			fn(set)
		}
		return
	}
	tw.sets(ob, rest[1:], set, fn)
	for _, c := range tw.alternatives(ob, rest[0]) {
		tw.sets(ob, rest[1:], append(slices.Clip(set), c), fn)
	}
}
