package bird

import (
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// birdwatcherRows turns elements of a list into routes.
type birdwatcherRows struct {
	*reading.Collector
	export bool
	row    birdwatcherRow
	words  []byte

	paths  reading.AttrCache[rib.ASPath]
	hops   reading.AttrCache[netip.Addr]
	comms  reading.AttrCache[[]rib.Community]
	larges reading.AttrCache[[]rib.LargeCommunity]
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
	cur := reading.Cursor{Bytes: raw}
	cur.Enter('{')
	for cur.Next('}') {
		r.member(&cur, cur.Key())
	}
	cur.End()
	if cur.Err != nil {
		r.Skip(line, "bad route: %v", cur.Err)
		return
	}
	prefix, err := reading.ParsePrefix(r.row.network)
	if err != nil { // birdwatcher loses the first line of routes that BIRD 2 prints without "unicast"
		r.Skip(line, "bad route: %v", err)
		return
	}
	out := r.routeOf(prefix, marks)
	out.Line = line
	r.Route(out)
}

func (r *birdwatcherRows) member(cur *reading.Cursor, key []byte) {
	w := &r.row
	switch string(key) {
	case "network":
		w.network = string(cur.Text())
	case "gateway":
		w.gateway = r.address(cur)
	case "learnt_from":
		w.senderHidden = cur.Peek() == 'n'
		w.from = r.address(cur)
	case "primary":
		if w.ranked = !cur.Null(); w.ranked {
			w.best = cur.Boolean()
		}
	case "type":
		r.kind(cur)
	case "bgp":
		r.bgp(cur)
	default:
		cur.Value()
	}
}

// kind reads ["BGP","univ"].
func (r *birdwatcherRows) kind(cur *reading.Cursor) {
	if cur.Null() {
		return
	}
	cur.Enter('[')
	for cur.Next(']') {
		switch word := string(cur.Text()); {
		case r.row.typed: // how it is cast
		case word == "BGP":
			r.row.bgp = true
		case !otherSources[word]:
			cur.Fail("%s is no type of BIRD's", reading.Quote(word))
		}
		r.row.typed = true
	}
}

// otherSources are BIRD's words beside BGP for where a route comes from (rta_src_names).
var otherSources = map[string]bool{
	"static": true, "inherit": true, "device": true, "static-device": true, "redirect": true, "RIP": true, "OSPF": true, "OSPF-IA": true,
	"OSPF-E1": true, "OSPF-E2": true, "pipe": true, "dummy": true, "Babel": true, "RPKI": true, "Perf": true, "L3VPN": true, "aggregated": true,
}

// address reads an address; "" and null are none, for a route that leads nowhere.
func (r *birdwatcherRows) address(cur *reading.Cursor) netip.Addr {
	if cur.Null() {
		return netip.Addr{}
	}
	text := cur.Text()
	if len(text) == 0 || cur.Err != nil {
		return netip.Addr{}
	}
	a, err := r.hops.Get(text, parseBIRDNextHop)
	if err != nil {
		cur.Fail("bad address %s", reading.Quote(text))
	}
	return a
}

// birdwatcherAttrs are the keys within "bgp" that are read, and what is not shown where they are null.
var birdwatcherAttrs = map[string]struct {
	key  birdKey
	attr rib.AttrSet
}{
	"origin": {origin, rib.AttrOrigin}, "as_path": {path, rib.AttrASPath}, "next_hop": {nextHop, rib.AttrNextHop},
	"med": {med, rib.AttrMED}, "local_pref": {birdLocalPref, rib.AttrLocalPref},
	"communities": {birdComms, rib.AttrCommunities}, "large_communities": {birdLarges, rib.AttrLargeCommunities},
}

func (r *birdwatcherRows) bgp(cur *reading.Cursor) {
	if r.row.attributed = !cur.Null(); !r.row.attributed {
		return
	}
	cur.Enter('{')
	for cur.Next('}') {
		switch a := birdwatcherAttrs[string(cur.Key())]; {
		case a.key == 0:
			cur.Value()
		case cur.Null():
			r.row.hidden |= a.attr
		default:
			r.row.seen |= a.key
			r.attribute(cur, a.key)
		}
	}
}

func (r *birdwatcherRows) attribute(cur *reading.Cursor, key birdKey) {
	a, err := &r.row.attrs, error(nil)
	switch key {
	case origin:
		a.Origin, err = rib.ParseOrigin(string(cur.Text()))
	case path:
		a.ASPath, err = rare(&r.paths, r.joined(cur), reading.ParsePath)
	case nextHop:
		a.NextHop, err = r.hops.Get(cur.Text(), parseBIRDNextHop)
	case med:
		a.MED = rib.Some(cur.Uint32())
	case birdLocalPref:
		r.localPref(cur)
	case birdComms:
		a.Communities, err = rare(&r.comms, cur.Value(), parseBirdwatcherCommunities)
	case birdLarges:
		a.LargeCommunities, err = rare(&r.larges, cur.Value(), parseBirdwatcherLarges)
	}
	if err != nil {
		cur.Fail("%w", err)
	}
}

// localPref reads "100" or 100. Alice prints 0 where there is none.
func (r *birdwatcherRows) localPref(cur *reading.Cursor) {
	plain := cur.Peek() != '"'
	n := cur.Uint32()
	if plain && n == 0 {
		r.row.hidden |= rib.AttrLocalPref
		return
	}
	r.row.attrs.LocalPref = rib.Some(n)
}

// joined reads ["65540","65541"], or numbers, as text with blanks between them: sets are cut up too.
func (r *birdwatcherRows) joined(cur *reading.Cursor) []byte {
	if cur.Peek() == '"' {
		return cur.Text()
	}
	r.words = r.words[:0]
	cur.Enter('[')
	for cur.Next(']') {
		r.words = append(r.words, ' ')
		if cur.Peek() == '"' {
			r.words = append(r.words, cur.Text()...)
		} else {
			r.words = append(r.words, cur.Word()...)
		}
	}
	return r.words
}

// parseBirdwatcherTuples reads [[64496,7],[64497,1]] and hands on each inner list.
func parseBirdwatcherTuples(s string, size int, tuple func([]uint32)) error {
	cur := reading.Cursor{Bytes: []byte(s)}
	var n []uint32
	cur.Enter('[')
	for cur.Next(']') {
		n = n[:0]
		cur.Enter('[')
		for cur.Next(']') {
			n = append(n, cur.Uint32())
		}
		if len(n) != size {
			cur.Fail("a community of %d numbers", len(n))
		}
		if cur.Err == nil {
			tuple(n)
		}
	}
	return cur.Err
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
	return w.has(nextHop) || !w.attributed || w.hidden.Has(rib.AttrNextHop)
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
	a.NotShown = Hides
	hidden := w.notShown()
	switch {
	case r.export:
		beforeEncoding(a, w.received() && !w.has(path))
	case !w.received():
		reading.AsOwn(&out)
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
	case r.export || marks.Has(rib.Filtered) || r.Source.View == rib.AdjRIBInPre:
		a.NotShown |= rib.AttrBest
	case w.best && !a.NotShown.Has(rib.AttrBest):
		out.Marks |= rib.Best
	}
	reading.Hide(a)
	return out
}
