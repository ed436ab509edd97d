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

// own is the site's first AS number in every test world; some have a second one, public or private.
const (
	own        = 65536
	ownPublic  = 65537
	ownPrivate = 64600
	provider   = 65547 // a layer-3 provider between us and a circuit's edge
	stranger   = 65548 // nobody's whom the site names
)

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
	out.WriteString(fmt.Sprintf("strict=%v preference=%q asns=%v declared=%v asked=%v observers=%v\n", w.opt.Strict, w.opt.RoutingPreference, w.asns, w.opt.Declared, w.opt.Asked, w.opt.Observers))
	for i, l := range w.links {
		out.WriteString(fmt.Sprintf("link %d %s %s router=%s asns=%v providers=%v neighbours=%v circuit=%s/%s pref=%v import-all=%v weight=%v static=%v\n",
			i, l.Name, l.Kind, l.Router, l.NeighborASNs, l.ProviderASNs, l.Neighbors, l.Circuit, l.Side, l.Preference, l.ImportAll, l.Weight, l.Static))
	}
	for i, f := range w.feeds {
		out.WriteString(fmt.Sprintf("feed %d %s %s link=%s router=%s complete=%s stale=%v closed=%v unread=%v holds=%v families=%v scope=%v form=%s local-asn=%d mirrors=%s add-path=%s observer=%s rules=%v\n",
			i, f.Name, f.View, f.Link, f.Router, f.State.Complete, f.State.Stale, f.State.Closed, f.State.Unreadable, f.State.Families, f.Families, f.Scope, f.State.ASPathForm, f.State.LocalASN, f.Mirrors, f.AddPath, f.Observer, f.Classify))
	}
	for _, r := range w.rows {
		a := r.route.Attrs
		out.WriteString(fmt.Sprintf("row feed=%d %s id=%d from=%s AS %d next-hop=%s path=[%s] communities=%v lp=%s med=%s origin=%s marks=%010b not-shown=%v\n",
			r.feed, r.route.Prefix, r.route.PathID, r.route.Neighbor, a.NeighborASN, a.NextHop, a.ASPath, a.Communities, a.LocalPref, a.MED, a.Origin, r.route.Marks, a.NotShown.Names()))
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
	w.opt.Declared = rapid.SampledFrom([][]netip.Prefix{nil, nil, {worldPrefixes[0][2], worldPrefixes[1][2]}, {worldPrefixes[0][5]}}).Draw(t, "declared")
	if rapid.Bool().Draw(t, "avs") {
		w.opt.Asked = []string{rib.ObserverAVS}
	}
	w.asns = rapid.SampledFrom([][]uint32{{own}, {own}, {own, ownPrivate}, {own, ownPublic}, {ownPrivate}}).Draw(t, "own")
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
			{rib.FarEnd},
		}).Draw(t, "strong")
		for i := range w.links {
			w.addFeed(t, i, strong)
			if rapid.IntRange(0, 5).Draw(t, "hole") > 0 {
				f := &w.feeds[len(w.feeds)-1]
				form, local := f.State.ASPathForm, f.State.LocalASN
				f.State, f.Scope = rib.FeedState{Families: rib.Families[:], Complete: rib.CompleteYes, ASPathForm: form, LocalASN: local}, nil
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
	if rapid.IntRange(0, 4).Draw(t, "collectors") == 0 {
		w.addCollector(t)
	}
	if rapid.IntRange(0, 5).Draw(t, "gateway") == 0 {
		w.addGateway(t)
	}
	if rapid.Bool().Draw(t, "router table") {
		w.addRouterTable(t)
	}
	if len(w.feeds) == 0 {
		return w
	}
	seen := map[string]bool{}
	if w.opt.Asked == nil && rapid.IntRange(0, 4).Draw(t, "peers") == 0 {
		w.drawPeers(t, seen)
	}
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		r, holds := w.drawRow(t)
		if !holds {
			continue
		}
		w.add(r, seen)
	}
	w.drawPreference(t)
	return w
}

// drawPreference lets the observers that compare AS paths prefer some links, in no order of the config's.
func (w *world) drawPreference(t *rapid.T) {
	prefer := strings.Fields(rapid.SampledFrom([]string{"", "", "", "l0", "l1 l0", "l2 l0", "l3 l1 l2"}).Draw(t, "prefer"))
	prefer = slices.DeleteFunc(prefer, func(name string) bool {
		return !slices.ContainsFunc(w.links, func(l rib.Link) bool { return l.Name == name })
	})
	if len(prefer) > 0 {
		w.opt.Observers = []rib.ObserverSpec{{Name: rib.ObserverMicrosoft, Prefer: prefer}, {Name: rib.ObserverAzure, Prefer: prefer}}
	}
}

// add adds a row. One identity once: what a replacement does is the table's own test.
func (w *world) add(r row, seen map[string]bool) {
	key := fmt.Sprint(r.feed, r.route.Prefix, r.route.Neighbor, r.route.PathID)
	if !seen[key] {
		seen[key] = true
		w.rows = append(w.rows, r)
	}
}

// drawPeers lets a few networks at a collector show their choice of one prefix, so that they agree
// more often than chance has it.
func (w *world) drawPeers(t *rapid.T, seen map[string]bool) {
	feed := slices.IndexFunc(w.feeds, func(f rib.Feed) bool { return f.View == rib.Collector })
	if feed < 0 || !slices.Contains(w.feeds[feed].State.Families, rib.IPv4) {
		return
	}
	prefix := rapid.SampledFrom(w.prefixes[0]).Draw(t, "chosen prefix")
	for i := range rapid.IntRange(1, 3).Draw(t, "networks") {
		l := &w.links[rapid.SampledFrom([]int{0, 0, 0, len(w.links) - 1}).Draw(t, "by")]
		path := []uint32{65550 + uint32(i), l.NeighborASNs[0], w.asns[0]}
		w.add(row{feed, rib.Route{
			Prefix: prefix, PathID: uint32(10 + i), Neighbor: netip.AddrFrom4([4]byte{198, 18, 0, byte(i)}),
			Attrs: rib.Attrs{ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: path}}, Origin: rib.OriginIGP},
		}}, seen)
	}
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
	if rapid.IntRange(0, 2).Draw(t, "lists neighbours") > 0 {
		l.Neighbors = []netip.Addr{neighborOf(i), neighborOf6(i)}
	}
	if rapid.IntRange(0, 5).Draw(t, "provider") == 0 {
		l.ProviderASNs = []uint32{provider}
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
		if f.State.ASPathForm == rib.BeforeOwnASN && rapid.Bool().Draw(t, "says its ASN") {
			f.State.LocalASN = rapid.SampledFrom(w.asns).Draw(t, "local ASN")
		}
	case rib.Chosen:
		f.Router, f.Scope = "", nil
		f.Observer = rapid.SampledFrom([]string{rib.ObserverMicrosoft, rib.ObserverInternet, rib.ObserverAzure}).Draw(t, "whose choice")
		if rapid.Bool().Draw(t, "names no link") {
			f.Link = ""
			w.classifyByNeighbor(&f)
		}
	case rib.LocRIB:
		f.Link = "" // it names every link, by neighbour
		w.classifyByNeighbor(&f)
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
	w.classifyByNeighbor(&f)
	w.feeds = append(w.feeds, f)
}

// addCollector adds a public collector, which no config ties to a link.
func (w *world) addCollector(t *rapid.T) {
	w.feeds = append(w.feeds, rib.Feed{Name: fmt.Sprintf("f%d", len(w.feeds)), View: rib.Collector, State: drawState(t)})
}

// addGateway adds the one table of a gateway that several links end on, its rows tied by neighbour.
func (w *world) addGateway(t *rapid.T) {
	f := rib.Feed{Name: fmt.Sprintf("f%d", len(w.feeds)), View: rib.FarEnd, State: drawState(t), Families: drawFamilies(t)}
	w.classifyByNeighbor(&f)
	w.feeds = append(w.feeds, f)
}

func (w *world) classifyByNeighbor(f *rib.Feed) {
	for i := range w.links {
		f.Classify = append(f.Classify, rib.ClassifyRule{Neighbor: neighborOf(i), Link: w.links[i].Name})
	}
}

// neighborOf is the far address of a link's peering subnet, a /30 of its own.
func neighborOf(link int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(4*link + 2)}) }

// neighborOf6 is the same in IPv6, a /126.
func neighborOf6(link int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 14: 0, 15: byte(4*link + 2)})
}

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
	r.Attrs = w.drawAttrs(t, f, l, received)
	w.drawMarks(t, f, &r, received)
	if received && rapid.IntRange(0, 14).Draw(t, "own network") == 0 {
		r.Attrs.ASPath, r.Neighbor = nil, netip.Addr{}
		if r.Attrs.NextHop = rapid.SampledFrom([]netip.Addr{{}, rib.Family(fam).All().Addr()}).Draw(t, "no next hop"); f.View != rib.BGPTable && f.View != rib.LocRIB {
			r.Attrs.NextHop = rib.Family(fam).All().Addr()
		}
	}
	return row{feed, r}, true
}

// drawMarks draws what the holder of the table says of the row.
func (w *world) drawMarks(t *rapid.T, f *rib.Feed, r *rib.Route, received bool) {
	marks := []rib.Marks{0, 0, 0, 0, 0, 0, rib.Stale, rib.Malformed, rib.RPKIInvalid, rib.Unselected, rib.Invalid, rib.Filtered}
	switch {
	case received:
		marks = []rib.Marks{0, 0, 0, rib.Best, rib.Best, rib.Best, rib.Best, rib.Multipath, rib.Stale, rib.Invalid, rib.Filtered, rib.Invalid | rib.Best, rib.RIBFailure, rib.RIBFailure | rib.Best, rib.RPKIInvalid, rib.Malformed}
		if f.View != rib.Monitor {
			marks = append(marks, rib.IBGP, rib.IBGP|rib.Best)
			if rapid.IntRange(0, 14).Draw(t, "neighbour of ours") == 0 {
				r.Attrs.NeighborASN = rapid.SampledFrom(w.asns).Draw(t, "neighbour's ASN")
			}
		}
	case f.View == rib.FarEnd:
		marks = append(marks, rib.Best, rib.Best, rib.Best, rib.Multipath)
	case f.View == rib.Chosen:
		marks = []rib.Marks{0, 0, 0, rib.Best, rib.Invalid, rib.Stale}
	}
	r.Marks = rapid.SampledFrom(marks).Draw(t, "marks")
}

func (w *world) drawAttrs(t *rapid.T, f *rib.Feed, l *rib.Link, received bool) rib.Attrs {
	var a rib.Attrs
	path := w.drawPath(t, f, l, received)
	for range rapid.IntRange(0, 1).Draw(t, "prepend") {
		path = append(path, 65545)
	}
	if rapid.IntRange(0, 3).Draw(t, "private") == 0 {
		path = append(path, 64512)
	}
	a.Origin = rapid.SampledFrom([]rib.Origin{rib.OriginIGP, rib.OriginIGP, rib.OriginIncomplete}).Draw(t, "origin")
	if f.View == rib.FarEnd && rapid.IntRange(0, 2).Draw(t, "next hop") == 0 {
		n := rapid.IntRange(0, len(w.links)).Draw(t, "next hop of")
		a.NextHop = rapid.SampledFrom([]netip.Addr{neighborOf(n), neighborOf(n).Prev(), neighborOf6(n).Prev()}).Draw(t, "is")
	}
	if !received && rapid.IntRange(0, 9).Draw(t, "kept in") == 0 {
		a.Communities = []rib.Community{rib.CommunityFromWire(rapid.SampledFrom([]uint32{0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03, 0xFFFFFF04, 0xFFFF029A, 0xFFFF0000}).Draw(t, "community"))}
	}
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
	if f.View != rib.Chosen && (!received || f.View == rib.AdjRIBInPre) {
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

// drawPath draws the AS path up to what stands behind our own ASN, or a received one's first ASNs.
func (w *world) drawPath(t *rapid.T, f *rib.Feed, l *rib.Link, received bool) (path []uint32) {
	ours := func() uint32 { return rapid.SampledFrom(w.asns).Draw(t, "ours") }
	neighbor := l.NeighborASNs[0]
	switch {
	case received:
		first := []uint32{neighbor, neighbor, neighbor, 65540, stranger}
		path = append(path, rapid.SampledFrom(append(first, l.ProviderASNs...)).Draw(t, "first"))
		if rapid.IntRange(0, 9).Draw(t, "loop") == 0 {
			path = append(path, ours())
		}
	case f.View == rib.Collector:
		peer := rapid.SampledFrom([][]uint32{nil, {65550}, {65550}, {65551}, {65540}, {stranger, 65551}}).Draw(t, "peer")
		path = append(path, peer...)
		path = append(path, rapid.SampledFrom([][]uint32{{neighbor}, {neighbor}, {neighbor, neighbor}, {provider}, nil}).Draw(t, "by")...)
		if rapid.IntRange(0, 9).Draw(t, "a stranger's") > 0 {
			path = append(path, ours())
		}
	case f.View == rib.FarEnd:
		front := [][]uint32{nil, nil, nil, nil, {neighbor}, {neighbor, neighbor}, {provider}, {neighbor, provider}, {stranger}, {65540}, {65541}, {stranger, 65541}}
		path = append(path, rapid.SampledFrom(front).Draw(t, "next to it")...)
		if rapid.IntRange(0, 9).Draw(t, "a stranger's") > 0 {
			path = append(path, ours())
		}
	case f.State.ASPathForm != rib.BeforeOwnASN:
		path = append(path, ours())
	}
	if !received && f.View.Advertised() && rapid.IntRange(0, 11).Draw(t, "by way of it") == 0 {
		path = append(path, neighbor)
	}
	return path
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
