package dump

import (
	"net/netip"

	"bgpaudit/rib"
)

// birdwatcherRows turns elements of a list into routes.
type birdwatcherRows struct {
	*collector
	export bool
	row    birdwatcherRow
	words  []byte

	paths  attrCache[rib.ASPath]
	hops   attrCache[netip.Addr]
	comms  attrCache[[]rib.Community]
	larges attrCache[[]rib.LargeCommunity]
}

// birdwatcherRow is one route as birdwatcher printed it. What is null was taken out by birdwatcher's
// filter-fields, and is not shown.
type birdwatcherRow struct {
	network          string
	gateway, from    netip.Addr
	attrs            rib.Attrs
	seen             birdKey
	typed, bgp, best bool
	hidden           rib.AttrSet
	attributed       bool // it has a "bgp" that is not null
	ranked           bool // it has a "primary" that is not null
	senderHidden     bool // its "learnt_from" is null: the gateway may be another router
}

// birdwatcherBGP is what stands within "bgp".
const birdwatcherBGP = rib.AttrNextHop | rib.AttrASPath | rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities

func (w *birdwatcherRow) has(k birdKey) bool { return w.seen&k != 0 }

// read hands on one row.
func (r *birdwatcherRows) read(line int, raw []byte, marks rib.Marks) {
	r.row = birdwatcherRow{}
	cur := cursor{b: raw}
	cur.enter('{')
	for cur.next('}') {
		r.member(&cur, cur.key())
	}
	cur.end()
	if cur.err != nil {
		r.skip(line, "bad route: %v", cur.err)
		return
	}
	prefix, err := parsePrefix(r.row.network)
	if err != nil { // birdwatcher loses the first line of routes that BIRD 2 prints without "unicast"
		r.skip(line, "bad route: %v", err)
		return
	}
	out := r.routeOf(prefix, marks)
	out.Line = line
	r.route(out)
}

func (r *birdwatcherRows) member(cur *cursor, key []byte) {
	w := &r.row
	switch string(key) {
	case "network":
		w.network = string(cur.str())
	case "gateway":
		w.gateway = r.address(cur)
	case "learnt_from":
		w.senderHidden = cur.peek() == 'n'
		w.from = r.address(cur)
	case "primary":
		if w.ranked = !cur.null(); w.ranked {
			w.best = cur.boolean()
		}
	case "type":
		r.kind(cur)
	case "bgp":
		r.bgp(cur)
	default:
		cur.value()
	}
}

// kind reads ["BGP","univ"].
func (r *birdwatcherRows) kind(cur *cursor) {
	if cur.null() {
		return
	}
	cur.enter('[')
	for cur.next(']') {
		r.row.typed = true
		if string(cur.str()) == "BGP" {
			r.row.bgp = true
		}
	}
}

// address reads an address; "" and null are none, for a route that leads nowhere.
func (r *birdwatcherRows) address(cur *cursor) netip.Addr {
	if cur.null() {
		return netip.Addr{}
	}
	text := cur.str()
	if len(text) == 0 || cur.err != nil {
		return netip.Addr{}
	}
	a, err := r.hops.get(text, parseBIRDNextHop)
	if err != nil {
		cur.fail("bad address %s", quote(text))
	}
	return a
}

// birdwatcherAttrs are the keys within "bgp" that are read, and what is not shown where they are null.
var birdwatcherAttrs = map[string]struct {
	key  birdKey
	attr rib.AttrSet
}{
	"origin": {birdOrigin, rib.AttrOrigin}, "as_path": {birdPath, rib.AttrASPath}, "next_hop": {birdNextHop, rib.AttrNextHop},
	"med": {birdMED, rib.AttrMED}, "local_pref": {birdLocalPref, rib.AttrLocalPref},
	"communities": {birdComms, rib.AttrCommunities}, "large_communities": {birdLarges, rib.AttrLargeCommunities},
}

func (r *birdwatcherRows) bgp(cur *cursor) {
	if r.row.attributed = !cur.null(); !r.row.attributed {
		return
	}
	cur.enter('{')
	for cur.next('}') {
		switch a := birdwatcherAttrs[string(cur.key())]; {
		case a.key == 0:
			cur.value()
		case cur.null():
			r.row.hidden |= a.attr
		default:
			r.row.seen |= a.key
			r.attribute(cur, a.key)
		}
	}
}

func (r *birdwatcherRows) attribute(cur *cursor, key birdKey) {
	a, err := &r.row.attrs, error(nil)
	switch key {
	case birdOrigin:
		a.Origin, err = rib.ParseOrigin(string(cur.str()))
	case birdPath:
		a.ASPath, err = rare(&r.paths, r.joined(cur), parseBIRDPath)
	case birdNextHop:
		a.NextHop, err = r.hops.get(cur.str(), parseBIRDNextHop)
	case birdMED:
		a.MED = rib.Some(cur.uint32())
	case birdLocalPref:
		r.localPref(cur)
	case birdComms:
		a.Communities, err = rare(&r.comms, cur.value(), parseBirdwatcherCommunities)
	case birdLarges:
		a.LargeCommunities, err = rare(&r.larges, cur.value(), parseBirdwatcherLarges)
	}
	if err != nil {
		cur.fail("%w", err)
	}
}

// localPref reads "100" or 100. Alice prints 0 where there is none.
func (r *birdwatcherRows) localPref(cur *cursor) {
	plain := cur.peek() != '"'
	n := cur.uint32()
	if plain && n == 0 {
		r.row.hidden |= rib.AttrLocalPref
		return
	}
	r.row.attrs.LocalPref = rib.Some(n)
}

// joined reads ["65540","65541"], or numbers, as text with blanks between them: sets are cut up too.
func (r *birdwatcherRows) joined(cur *cursor) []byte {
	if cur.peek() == '"' {
		return cur.str()
	}
	r.words = r.words[:0]
	cur.enter('[')
	for cur.next(']') {
		r.words = append(r.words, ' ')
		if cur.peek() == '"' {
			r.words = append(r.words, cur.str()...)
		} else {
			r.words = append(r.words, cur.word()...)
		}
	}
	return r.words
}

// parseBirdwatcherTuples reads [[64496,7],[64497,1]] and hands on each inner list.
func parseBirdwatcherTuples(s string, size int, tuple func([]uint32)) error {
	cur := cursor{b: []byte(s)}
	var n []uint32
	cur.enter('[')
	for cur.next(']') {
		n = n[:0]
		cur.enter('[')
		for cur.next(']') {
			n = append(n, cur.uint32())
		}
		if len(n) != size {
			cur.fail("a community of %d numbers", len(n))
		}
		if cur.err == nil {
			tuple(n)
		}
	}
	return cur.err
}

func parseBirdwatcherCommunities(s string) (out []rib.Community, err error) {
	err = parseBirdwatcherTuples(s, 2, func(n []uint32) { out = append(out, rib.NewCommunity(n[0], n[1])) })
	return out, err
}

func parseBirdwatcherLarges(s string) (out []rib.LargeCommunity, err error) {
	err = parseBirdwatcherTuples(s, 3, func(n []uint32) { out = append(out, rib.LargeCommunity{n[0], n[1], n[2]}) })
	return out, err
}

// received reports whether a BGP neighbour sent the route. Where nothing shows it, it may be so.
func (w *birdwatcherRow) received() bool {
	if w.typed {
		return w.bgp
	}
	return w.has(birdNextHop) || !w.attributed || w.hidden.Has(rib.AttrNextHop)
}

// notShown is what the row itself does not show.
func (w *birdwatcherRow) notShown() rib.AttrSet {
	hidden := w.hidden
	if !w.attributed {
		hidden |= birdwatcherBGP
	}
	if !w.ranked {
		hidden |= rib.AttrBest
	}
	return hidden
}

// routeOf is the row as the view of the feed takes it, as for BIRD's own text.
func (r *birdwatcherRows) routeOf(prefix netip.Prefix, marks rib.Marks) rib.Route {
	w := &r.row
	out := rib.Route{Prefix: prefix, Marks: marks, Attrs: w.attrs}
	a := &out.Attrs
	a.NotShown = birdHides
	hidden := w.notShown()
	switch {
	case r.export:
		beforeEncoding(a, w.received() && !w.has(birdPath))
	case !w.received():
		asOwn(&out)
		hidden &^= rib.AttrNextHop | rib.AttrASPath // it has none, whatever the row shows
	case w.senderHidden:
		hidden |= rib.AttrNeighbor | w.seen.missing()
	default:
		if out.Neighbor = w.from; !out.Neighbor.IsValid() {
			out.Neighbor = w.gateway
		}
		hidden |= w.seen.missing() // birdwatcher leaves an empty AS path out
	}
	a.NotShown |= hidden
	switch {
	case r.export || marks.Has(rib.Filtered) || r.src.View == rib.AdjRIBInPre:
		a.NotShown |= rib.AttrBest
	case w.best && !a.NotShown.Has(rib.AttrBest):
		out.Marks |= rib.Best
	}
	hide(a)
	return out
}
