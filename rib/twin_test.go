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
	showsBest  bool
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
			ob == "azure" && (k == rib.ExpressRoutePrivate || k == rib.VPN):
			out = append(out, i)
		}
	}
	return out
}

// tie is the row's link, -1 where nothing ties it, and false where it is no row of ours.
func (tw twin) tie(f *rib.Feed, r *rib.Route) (int, bool) {
	var first uint32
	if len(r.Attrs.ASPath) > 0 {
		first = r.Attrs.ASPath[0].ASNs[0]
	}
	linksOf := func(asn uint32, router string) []int {
		var out []int
		for i := range tw.w.links {
			named := tw.w.links[i].Router
			if tw.w.links[i].NeighborASNs[0] == asn && (router == "" || named == "" || named == router) {
				out = append(out, i)
			}
		}
		return out
	}
	only := func(links []int) (int, bool) {
		if len(links) == 1 {
			return links[0], true
		}
		return -1, true
	}
	named := slices.IndexFunc(tw.w.links, func(l rib.Link) bool { return l.Name == f.Link })
	switch f.View {
	case rib.FarEnd:
		return named, first == own
	case rib.Collector:
		return only(linksOf(first, "")) // in these worlds ours is always the second
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre, rib.Monitor:
		return named, true
	}
	if named >= 0 {
		if tw.w.links[named].NeighborASNs[0] == first || len(linksOf(first, "")) == 0 {
			return named, true
		}
		return only(linksOf(first, f.Router))
	}
	for i := range tw.w.links {
		if neighborOf(i) == r.Neighbor {
			return i, true
		}
	}
	return only(linksOf(first, f.Router))
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
	if f.View == rib.Collector {
		return tw.w.links[link].Kind == rib.Internet
	}
	return f.Link == "" || f.Link == tw.w.links[link].Name
}

// silenceProves: what a whole feed of the view lacks on the link is not there.
func (tw twin) silenceProves(f *rib.Feed, link int) bool {
	switch f.View {
	case rib.FarEnd, rib.AdjRIBOutPost, rib.AdjRIBOutPre, rib.AdjRIBInPost, rib.AdjRIBInPre:
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
		return f.Mirrors != "" || f.AddPath == "all"
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
	fam := rib.FamilyOf(netip.PrefixFrom(a, 0))
	longest := fam.Bits()
	if tw.w.links[link].Kind == rib.Internet && !(recv && tw.longSeen(seen)) {
		longest = cap24(fam)
	}
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
		link, ours := tw.tie(f, r)
		if received(f) != recv || !r.Prefix.Contains(a) || !ours || link >= 0 && !slices.Contains(hears, link) {
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
	case tw.provenBy(link, false, p, rib.FarEnd):
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
		l, ours := tw.tie(f, &r.route)
		return f.View == before && ours && l == link && r.route.Prefix == p
	})
}

// showsPreference: some usable or unusable row tied to the link shows a local preference.
func (tw twin) showsPreference(link int, fam rib.Family) bool {
	for i := range tw.w.rows {
		r, f := &tw.w.rows[i].route, &tw.w.feeds[tw.w.rows[i].feed]
		if l, ours := tw.tie(f, r); ours && l == link && received(f) && rib.FamilyOf(r.Prefix) == fam && r.Attrs.LocalPref.Set {
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
	c.origin = value{int64(r.Attrs.Origin), !hidden.Has(rib.AttrOrigin)}
	c.med = value{int64(r.Attrs.MED.Or(0)), !hidden.Has(rib.AttrMED)}
	c.lp = tw.preference(f, r, link)
	var path []uint32
	for _, seg := range r.Attrs.ASPath {
		path = append(path, seg.ASNs...)
	}
	if ob == "us" {
		c.neighborAS = path[0]
		c.length = value{int64(len(path)), true}
		return c
	}
	if len(path) > 0 && f.View != rib.Collector {
		c.neighborAS = path[0]
	}
	if i := slices.Index(path, own); i >= 0 && f.View != rib.Collector {
		path = path[i:]
	}
	if ob == "microsoft" {
		path = slices.DeleteFunc(slices.Clone(path), func(asn uint32) bool { return asn >= 64512 && asn <= 65534 })
	}
	n := int64(len(path))
	if f.State.ASPathForm == rib.BeforeOwnASN {
		n++
	}
	// A collector's path is the world's, and says nothing of what the observer got.
	c.length = value{n, !hidden.Has(rib.AttrASPath) && (f.View != rib.Collector || ob == "internet")}
	return c
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
	path := r.Attrs.ASPath
	holdsOwn := slices.ContainsFunc(path, func(s rib.Segment) bool { return slices.Contains(s.ASNs, own) })
	proven := func(views ...rib.View) bool { return tw.provenBy(c.link, received(f), r.Prefix, views...) }
	if !fresh(f) {
		c.never = true
		return
	}
	if received(f) {
		switch {
		case holdsOwn, r.Marks.Has(rib.Filtered), r.Marks.Has(rib.Invalid):
			c.never = true
		case c.link < 0:
			c.doubt = "missing"
		case f.View == rib.AdjRIBInPre && proven(rib.AdjRIBInPost, rib.BGPTable, rib.Monitor):
			c.never = true
		case f.View == rib.AdjRIBInPre && !tw.w.links[c.link].ImportAll, r.Marks.Has(rib.Stale):
			c.doubt = "fate"
		case f.View == rib.AdjRIBInPost || f.View == rib.BGPTable:
			if tw.fromNowhere(c.link, true, r.Prefix) {
				c.doubt = "fate"
			}
		}
		return
	}
	if c.link < 0 {
		c.doubt = "missing"
		return
	}
	switch f.View {
	case rib.AdjRIBOutPost, rib.Monitor:
		if proven(rib.FarEnd) {
			c.never = true
		} else if tw.farFails(c.link, c.fam) || f.View == rib.AdjRIBOutPost && tw.fromNowhere(c.link, false, r.Prefix) {
			c.doubt = "fate"
		}
	case rib.AdjRIBOutPre:
		if proven(rib.FarEnd, rib.AdjRIBOutPost, rib.Monitor) {
			c.never = true
		} else {
			c.doubt = "fate"
		}
	}
	long := tw.w.links[c.link].Kind == rib.Internet && c.bits > cap24(rib.FamilyOf(r.Prefix))
	if long && f.View != rib.Collector && !tw.collectorShows(c.link, r.Prefix) {
		c.doubt = "fate"
	}
}

func (tw twin) collectorShows(link int, p netip.Prefix) bool {
	return slices.ContainsFunc(tw.w.rows, func(r row) bool {
		f := &tw.w.feeds[r.feed]
		l, ours := tw.tie(f, &r.route)
		return f.View == rib.Collector && fresh(f) && ours && l == link && r.route.Prefix == p
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
		return verdict{reason: rib.ReasonNone}
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
	if winnersOnly {
		names = nil
	}
	eachMayWin := func() {
		for _, l := range linksIn(live) {
			v.others = append(v.others, []int{l})
		}
	}
	for _, name := range names {
		if len(linksIn(live)) == 1 {
			break
		}
		if name == "collectors" && tw.collectorFails(live[0].fam) {
			eachMayWin()
			break
		}
		kept, hangs, reason := tw.step(name, live)
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
		eachMayWin()
	}
	v.links = linksIn(live)
	switch {
	case len(v.links) == 1 && v.reason == rib.ReasonRouterLocal:
		v.reason = rib.ReasonRouterChose
	case len(v.links) > 1 && v.reason != rib.ReasonRouterLocal:
		v.reason = rib.ReasonEqual
	}
	if ob == "us" && !winnersOnly && len(v.others) == 0 && len(v.links) == 1 && len(linksIn(mask)) > 1 {
		// One router, and its own mark stands on another link's route: something unseen decides.
		if l, other := markedElsewhere(tw, mask, v.links[0]); other {
			v.others = append(v.others, []int{l})
		}
	}
	return v
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
		shown := true
		for _, c := range live {
			if !link(c).Kind.ExpressRoute() {
				return live, false, ""
			}
			circuits[link(c).Circuit] = true
			shown = shown && c.length.known
		}
		if len(circuits) == 1 && !shown {
			return live, false, ""
		}
		kept, hangs = lowest(live, func(c claim) value { return c.length })
		return kept, hangs, rib.ReasonASPathLength
	case "collectors":
		seen := filter(live, func(c claim) bool { return c.feed != nil && c.feed.View == rib.Collector })
		unseen := filter(live, func(c claim) bool { return c.feed == nil })
		if len(unseen) > 0 || len(linksIn(seen)) < len(linksIn(live)) {
			return live, false, ""
		}
		kept, _ = lowest(seen, func(c claim) value { return c.length })
		return kept, false, rib.ReasonASPathLength
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
			return live, unseen, rib.ReasonRouterLocal
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

func markedElsewhere(tw twin, mask []claim, winner int) (int, bool) {
	other := -1
	for _, c := range mask {
		if c.feed == nil || tw.w.links[c.link].Router != tw.w.links[mask[0].link].Router {
			return 0, false
		}
		if c.showsBest && c.marks.Has(rib.Best) {
			if c.link == winner {
				return 0, false
			}
			other = c.link
		}
	}
	return other, other >= 0
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
}

func (tw twin) decide(ob string, a netip.Addr) finding {
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
		if c.router == "" {
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
