package rib_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"

	"pgregory.net/rapid"
)

// world is a small site with its evidence, as the tests draw it at random: everything that a
// table is made from, and nothing that the package has worked out.
type world struct {
	asns  []uint32
	links []rib.Link
	feeds []rib.Feed
	rows  []row
	opt   rib.Options

	// What rows are drawn from, and whether that is narrow, so that routes meet.
	prefixes [2][]netip.Prefix
	focus    bool
}

type row struct {
	feed  int
	route rib.Route
}

// own is the site's AS number in every test world.
const own = 65536

func (w *world) table() *rib.Table {
	feeds := make([]*rib.Feed, len(w.feeds))
	for i := range w.feeds {
		f := w.feeds[i]
		feeds[i] = &f
	}
	t := rib.NewTable(w.asns, w.links, feeds)
	for _, r := range w.rows {
		if _, err := t.Advertise(rib.FeedID(r.feed), &r.route); err != nil {
			panic(err)
		}
	}
	return t
}

func (w *world) sight() *rib.Sight { return rib.NewSight(w.table(), w.opt) }

func (w *world) String() string {
	var out strings.Builder
	out.WriteString(fmt.Sprintf("strict=%v preference=%q\n", w.opt.Strict, w.opt.RoutingPreference))
	for i, l := range w.links {
		out.WriteString(fmt.Sprintf("link %d %s %s router=%s asns=%v circuit=%s/%s pref=%v import-all=%v weight=%v static=%v\n",
			i, l.Name, l.Kind, l.Router, l.NeighborASNs, l.Circuit, l.Side, l.Preference, l.ImportAll, l.Weight, l.Static))
	}
	for i, f := range w.feeds {
		out.WriteString(fmt.Sprintf("feed %d %s %s link=%s router=%s complete=%s stale=%v closed=%v unread=%v holds=%v families=%v scope=%v form=%s mirrors=%s add-path=%s rules=%d\n",
			i, f.Name, f.View, f.Link, f.Router, f.State.Complete, f.State.Stale, f.State.Closed, f.State.Unreadable, f.State.Families, f.Families, f.Scope, f.State.ASPathForm, f.Mirrors, f.AddPath, len(f.Classify)))
	}
	for _, r := range w.rows {
		a := r.route.Attrs
		out.WriteString(fmt.Sprintf("row feed=%d %s id=%d from=%s path=[%s] lp=%s med=%s origin=%s marks=%05b not-shown=%v\n",
			r.feed, r.route.Prefix, r.route.PathID, r.route.Neighbor, a.ASPath, a.LocalPref, a.MED, a.Origin, r.route.Marks, a.NotShown.Names()))
	}
	return out.String()
}

func mustPrefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// The prefixes that random worlds draw from nest in one another, and end at, below and above the
// /24 and /48 that leave an ISP.
var worldPrefixes = [2][]netip.Prefix{
	mustPrefixes("0.0.0.0/0", "203.0.112.0/21", "203.0.112.0/22", "203.0.112.0/23", "203.0.112.0/24", "203.0.113.0/24",
		"203.0.113.0/25", "203.0.113.128/25", "203.0.113.40/32", "203.0.119.0/24"),
	mustPrefixes("::/0", "2001:db8::/44", "2001:db8::/46", "2001:db8::/47", "2001:db8::/48", "2001:db8:1::/48",
		"2001:db8:1::/49", "2001:db8:1:8000::/49", "2001:db8:1::40/128", "2001:db8:f::/48"),
}

// drawWorld draws links, feeds of every view and state, and rows.
func drawWorld(t *rapid.T) *world {
	w := &world{asns: []uint32{own}}
	w.opt.Strict = rapid.Bool().Draw(t, "strict")
	w.opt.RoutingPreference = rapid.SampledFrom([]string{"", "expressroute", "vpn", "as-path"}).Draw(t, "preference")
	for i := range rapid.IntRange(1, 4).Draw(t, "links") {
		w.links = append(w.links, drawLink(t, i))
	}
	w.prefixes = worldPrefixes
	if w.focus = rapid.IntRange(0, 3).Draw(t, "focus") > 0; w.focus {
		// Every link has a whole feed of one direction, and a few prefixes meet on them.
		n := rapid.IntRange(0, len(worldPrefixes[0])-1).Draw(t, "prefix")
		for fam := range w.prefixes {
			w.prefixes[fam] = []netip.Prefix{worldPrefixes[fam][n], worldPrefixes[fam][n], worldPrefixes[fam][n/2]}
		}
		strong := rapid.SampledFrom([][]rib.View{
			{rib.AdjRIBInPost, rib.AdjRIBInPost, rib.BGPTable},
			{rib.AdjRIBOutPost, rib.AdjRIBOutPost, rib.FarEnd},
		}).Draw(t, "strong")
		for i := range w.links {
			w.addFeed(t, i, strong)
			if rapid.IntRange(0, 5).Draw(t, "hole") > 0 {
				f := &w.feeds[len(w.feeds)-1]
				form := f.State.ASPathForm
				f.State, f.Scope = rib.FeedState{Families: rib.Families[:], Complete: rib.CompleteYes, ASPathForm: form}, nil
			}
		}
	}
	for i := range w.links {
		most := 2
		if w.focus {
			most = 1
		}
		for range rapid.IntRange(0, most).Draw(t, "feeds") {
			w.addFeed(t, i, rib.Views)
		}
	}
	if rapid.Bool().Draw(t, "router table") {
		w.addRouterTable(t)
	}
	if len(w.feeds) == 0 {
		return w
	}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		r, holds := w.drawRow(t)
		if !holds {
			continue
		}
		// One identity once: what a replacement does is the table's own test.
		key := fmt.Sprint(r.feed, r.route.Prefix, r.route.Neighbor, r.route.PathID)
		if !seen[key] {
			seen[key] = true
			w.rows = append(w.rows, r)
		}
	}
	return w
}

func drawLink(t *rapid.T, i int) rib.Link {
	l := rib.Link{
		Name:   fmt.Sprintf("l%d", i),
		Kind:   rapid.SampledFrom(rib.LinkKinds[:4]).Draw(t, "kind"),
		Router: rapid.SampledFrom([]string{"r1", "r1", "r2", "r2", ""}).Draw(t, "router"),
		// Two links may share an ASN: MED is then compared across them.
		NeighborASNs: []uint32{rapid.SampledFrom([]uint32{65540, 65541}).Draw(t, "asn")},
		ImportAll:    rapid.IntRange(0, 3).Draw(t, "import") == 0,
	}
	if rapid.IntRange(0, 3).Draw(t, "has preference") == 0 {
		l.Preference = rib.Some(rapid.SampledFrom([]uint32{100, 200}).Draw(t, "preference"))
	}
	if l.Kind.ExpressRoute() {
		l.Circuit = rapid.SampledFrom([]string{"c1", "c2"}).Draw(t, "circuit")
		if l.Kind == rib.ExpressRoutePrivate && rapid.Bool().Draw(t, "has weight") {
			l.Weight = rib.Some(rapid.SampledFrom([]uint32{0, 10}).Draw(t, "weight"))
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "static") == 0 {
		l.Static = &rib.Static{Advertises: worldPrefixes[0][2:3]}
		if rapid.IntRange(0, 2).Draw(t, "receives") > 0 {
			l.Static.Receives = worldPrefixes[0][:1]
		}
	}
	return l
}

func drawState(t *rapid.T) rib.FeedState {
	st := rib.FeedState{
		Families: rapid.SampledFrom([][]rib.Family{rib.Families[:], rib.Families[:], rib.Families[:], {rib.IPv4}, {rib.IPv6}}).Draw(t, "holds"),
		Complete: rapid.SampledFrom([]rib.Completeness{rib.CompleteYes, rib.CompleteYes, rib.CompleteYes, rib.CompleteUnproven, rib.CompleteNo}).Draw(t, "complete"),
		Stale:    rapid.IntRange(0, 7).Draw(t, "stale") == 0,
	}
	switch rapid.IntRange(0, 15).Draw(t, "showed nothing") {
	case 0:
		st = rib.FeedState{Closed: true}
	case 1:
		st = rib.FeedState{Unreadable: true}
	}
	return st
}

// drawFamilies draws a feed's families: key, which most leave out.
func drawFamilies(t *rapid.T) []rib.Family {
	return rapid.SampledFrom([][]rib.Family{nil, nil, nil, {rib.IPv4}, rib.Families[:]}).Draw(t, "families")
}

func drawScope(t *rapid.T) []netip.Prefix {
	if rapid.IntRange(0, 4).Draw(t, "scoped") > 0 {
		return nil
	}
	return []netip.Prefix{
		rapid.SampledFrom(worldPrefixes[0][1:8]).Draw(t, "scope4"),
		rapid.SampledFrom(worldPrefixes[1][1:8]).Draw(t, "scope6"),
	}
}

func (w *world) addFeed(t *rapid.T, link int, views []rib.View) {
	l := &w.links[link]
	f := rib.Feed{Name: fmt.Sprintf("f%d", len(w.feeds)), Link: l.Name, Router: l.Router, State: drawState(t), Scope: drawScope(t), Families: drawFamilies(t)}
	if rapid.IntRange(0, 5).Draw(t, "names no router") == 0 {
		f.Router = ""
	}
	f.View = rapid.SampledFrom(views).Draw(t, "view")
	f.State.ASPathForm = rib.AsSent
	switch f.View {
	case rib.AdjRIBOutPost:
		f.State.ASPathForm = rapid.SampledFrom([]rib.ASPathForm{rib.AsSent, rib.BeforeOwnASN}).Draw(t, "form")
	case rib.LocRIB:
		f.Link = "" // it names every link, by neighbour
		for i := range w.links {
			f.Classify = append(f.Classify, rib.ClassifyRule{Neighbor: neighborOf(i), Link: w.links[i].Name})
		}
	case rib.Monitor:
		if rapid.Bool().Draw(t, "mirrors") {
			f.Mirrors = l.Name
		} else if rapid.Bool().Draw(t, "add-path") {
			f.AddPath = "all"
		}
	}
	w.feeds = append(w.feeds, f)
}

// addRouterTable adds one router's table, its routes tied to links by neighbour.
func (w *world) addRouterTable(t *rapid.T) {
	f := rib.Feed{Name: fmt.Sprintf("f%d", len(w.feeds)), View: rib.BGPTable, State: drawState(t), Scope: drawScope(t), Families: drawFamilies(t)}
	f.Router = rapid.SampledFrom([]string{"r1", "r1", "r2", "r2", ""}).Draw(t, "table of")
	for i := range w.links {
		f.Classify = append(f.Classify, rib.ClassifyRule{Neighbor: neighborOf(i), Link: w.links[i].Name})
	}
	w.feeds = append(w.feeds, f)
}

func neighborOf(link int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(link + 1)}) }

// drawRow draws a row of some feed, and false where that feed holds nothing of the family.
func (w *world) drawRow(t *rapid.T) (row, bool) {
	feed := rapid.IntRange(0, len(w.feeds)-1).Draw(t, "feed")
	f := &w.feeds[feed]
	fam := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "family")
	if !slices.Contains(f.State.Families, rib.Family(fam)) {
		return row{}, false
	}
	r := rib.Route{Prefix: rapid.SampledFrom(w.prefixes[fam]).Draw(t, "prefix"), PathID: uint32(rapid.IntRange(0, 2).Draw(t, "id"))}
	var l *rib.Link
	if f.Link == "" {
		// One neighbour more than there are rules, for the rows that nothing ties.
		n := rapid.IntRange(0, len(w.links)).Draw(t, "neighbour")
		r.Neighbor = neighborOf(n)
		l = &w.links[min(n, len(w.links)-1)]
	} else {
		i := slices.IndexFunc(w.links, func(l rib.Link) bool { return l.Name == f.Link })
		l, r.Neighbor = &w.links[i], neighborOf(i)
	}
	received := !f.View.Advertised() || f.View == rib.Monitor && f.Mirrors == ""
	r.Attrs = drawAttrs(t, f, l, received)
	if received && rapid.IntRange(0, 2).Draw(t, "marked") == 0 {
		r.Marks = rapid.SampledFrom([]rib.Marks{rib.Best, rib.Best, rib.Multipath, rib.Stale, rib.Invalid, rib.Filtered}).Draw(t, "marks")
	}
	return row{feed, r}, true
}

func drawAttrs(t *rapid.T, f *rib.Feed, l *rib.Link, received bool) rib.Attrs {
	var path []uint32
	switch {
	case received:
		path = append(path, rapid.SampledFrom([]uint32{l.NeighborASNs[0], l.NeighborASNs[0], 65549}).Draw(t, "first"))
		if rapid.IntRange(0, 9).Draw(t, "loop") == 0 {
			path = append(path, own)
		}
	case f.View == rib.Collector:
		path = append(path, l.NeighborASNs[0], own)
	case f.View == rib.FarEnd:
		path = append(path, rapid.SampledFrom([]uint32{own, own, own, 65548}).Draw(t, "next to it"))
	case f.State.ASPathForm != rib.BeforeOwnASN:
		path = append(path, own)
	}
	for range rapid.IntRange(0, 1).Draw(t, "prepend") {
		path = append(path, 65545)
	}
	if rapid.IntRange(0, 3).Draw(t, "private") == 0 {
		path = append(path, 64512)
	}
	a := rib.Attrs{Origin: rapid.SampledFrom([]rib.Origin{rib.OriginIGP, rib.OriginIGP, rib.OriginIncomplete}).Draw(t, "origin")}
	if len(path) > 0 {
		a.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: path}}
	}
	if rapid.IntRange(0, 2).Draw(t, "lp") == 0 {
		a.LocalPref = rib.Some(rapid.SampledFrom([]uint32{100, 200}).Draw(t, "local preference"))
	}
	if rapid.Bool().Draw(t, "med") {
		a.MED = rib.Some(rapid.SampledFrom([]uint32{0, 10}).Draw(t, "MED"))
	}
	hide := []rib.AttrSet{0, 0, 0, 0, 0, 0, 0, rib.AttrLocalPref, rib.AttrMED, rib.AttrOrigin, rib.AttrBest}
	if f.View != rib.FarEnd && f.View != rib.Collector && !received {
		hide = append(hide, rib.AttrASPath)
	}
	a.NotShown = rapid.SampledFrom(hide).Draw(t, "hidden")
	switch a.NotShown {
	case rib.AttrLocalPref:
		a.LocalPref = rib.Optional{}
	case rib.AttrMED:
		a.MED = rib.Optional{}
	case rib.AttrOrigin:
		a.Origin = rib.OriginAbsent
	case rib.AttrASPath:
		a.ASPath = nil
	}
	return a
}

// edges are the addresses at which an answer inside p can change, and their neighbours: the first
// and last address of every prefix and scope of the world, one before and one behind.
func (w *world) edges(p netip.Prefix) []netip.Addr {
	var out []netip.Addr
	add := func(q netip.Prefix) {
		first, last := q.Addr(), lastOf(q)
		for _, a := range []netip.Addr{first, first.Prev(), last, last.Next()} {
			if a.IsValid() && p.Contains(a) && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	add(p)
	for _, r := range w.rows {
		add(r.route.Prefix)
	}
	for _, f := range w.feeds {
		for _, s := range f.Scope {
			add(s)
		}
	}
	for _, l := range w.links {
		if l.Static != nil {
			for _, q := range append(slices.Clone(l.Static.Receives), l.Static.Advertises...) {
				add(q)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// lastOf is the last address of p.
func lastOf(p netip.Prefix) netip.Addr {
	raw := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(raw)*8; i++ {
		raw[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}
