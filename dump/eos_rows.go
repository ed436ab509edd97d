package dump

import (
	"net/netip"
	"strings"

	"bgpaudit/rib"
)

// eosRows turns the paths of one prefix into routes.
type eosRows struct {
	*collector
	paths  attrCache[rib.ASPath]
	comms  attrCache[rib.Community]
	larges attrCache[rib.LargeCommunity]
	found  []eosPath
	one    loneDetail
	total  rib.Optional // how many paths EOS says that the prefix has
}

// loneDetail watches for the answer for one prefix: it is a table with detail that holds that prefix alone.
type loneDetail struct {
	key      string
	prefixes int
	detail   bool
}

func (o *loneDetail) saw(key string, paths []eosPath) {
	o.key = key
	o.prefixes++
	for i := range paths {
		o.detail = o.detail || paths[i].detail
	}
}

// eosPath is one path as EOS printed it.
type eosPath struct {
	attrs       rib.Attrs
	neighbor    netip.Addr
	marks       rib.Marks
	active      bool
	ecmp        bool
	detail      bool
	typed       bool // routeType was there, which alone says valid
	valid       bool
	pathShown   bool
	originShown bool
	hopShown    bool
	peerShown   bool
}

// read hands on the paths of one prefix.
func (r *eosRows) read(key string, line int, raw []byte) {
	r.found, r.total = r.found[:0], rib.Optional{}
	cur := cursor{b: raw}
	cur.eachMember(func(key []byte) {
		switch string(key) {
		case "bgpRoutePaths":
			cur.eachElement(func() { r.found = append(r.found, r.path(&cur)) })
		case "totalPaths":
			r.total = rib.Some(cur.uint32())
		default:
			cur.value()
		}
	})
	cur.end()
	prefix, err := parsePrefix(key)
	switch {
	case cur.err != nil:
		r.skip(line, "bad row of %s: %v", quote(key), cur.err)
		return
	case err != nil:
		r.skip(line, "%v", err)
		return
	case len(r.found) == 0:
		r.skip(line, "no path of %s is there", quote(key))
	case tableView(r.src.View) && r.total.Set && int(r.total.Value) != len(r.found):
		r.problem(line, "the dump says that %s has %d paths, but %d are there", quote(key), r.total.Value, len(r.found))
	}
	r.one.saw(key, r.found)
	chosen := false
	for i := range r.found {
		chosen = chosen || r.found[i].active
	}
	for i := range r.found {
		route := r.found[i].route(prefix, shapeEOS(r.src).NotShown, chosen)
		route.Line = line
		r.route(route)
	}
}

func (r *eosRows) path(cur *cursor) eosPath {
	var p eosPath
	cur.eachMember(func(key []byte) {
		switch string(key) {
		case "nextHop":
			p.attrs.NextHop, p.hopShown = eosAddress(cur, "next hop"), true
		case "localPreference":
			p.attrs.LocalPref = rib.Some(cur.uint32())
		case "med":
			p.attrs.MED = rib.Some(cur.uint32())
		case "asPathEntry":
			cur.eachMember(func(key []byte) { r.asPath(cur, key, &p) })
		case "routeType":
			p.typed = true
			cur.eachMember(func(key []byte) { p.kind(cur, key) })
		case "peerEntry":
			cur.eachMember(func(key []byte) { p.peer(cur, key) })
		case "routeDetail":
			p.detail = true
			cur.eachMember(func(key []byte) { r.detail(cur, key, &p) })
		default:
			cur.value()
		}
	})
	return p
}

func eosAddress(cur *cursor, what string) netip.Addr {
	text := cur.str()
	a, ok := eosAddr(text)
	if !ok {
		cur.fail("bad %s %s", what, quote(text))
	}
	return a
}

func (p *eosPath) peer(cur *cursor, key []byte) {
	if string(key) != "peerAddr" {
		cur.value()
		return
	}
	if cur.null() {
		return
	}
	p.neighbor, p.peerShown = eosAddress(cur, "neighbor"), true
}

// asPath reads "65540 65549 i": the path, and behind it the origin, which old versions leave out.
func (r *eosRows) asPath(cur *cursor, key []byte, p *eosPath) {
	if string(key) != "asPath" {
		cur.value()
		return
	}
	if cur.null() {
		return
	}
	text := strings.TrimSpace(string(cur.str()))
	if i := strings.LastIndexByte(text, ' '); strings.ContainsAny(text[i+1:], "ie?") && len(text[i+1:]) == 1 {
		p.attrs.Origin, _ = rib.ParseOrigin(text[i+1:])
		p.originShown = true
		text = strings.TrimSpace(text[:max(i, 0)])
	}
	path, err := r.paths.get([]byte(text), rib.ParseASPath)
	if err != nil {
		cur.fail("bad AS path %s", quote(text))
		return
	}
	p.attrs.ASPath, p.pathShown = path, true
}

// kind reads what the router makes of the path.
func (p *eosPath) kind(cur *cursor, key []byte) {
	switch string(key) {
	case "active":
		p.active = cur.boolean()
	case "ecmp":
		p.ecmp = cur.boolean()
	case "valid":
		p.valid = cur.boolean()
	case "suppressed":
		if cur.boolean() {
			p.marks |= rib.Invalid
		}
	case "stale":
		if cur.boolean() {
			p.marks |= rib.Stale
		}
	case "origin":
		text := cur.str()
		o, err := rib.ParseOrigin(string(text))
		if err != nil {
			cur.fail("bad origin %s", quote(text))
			return
		}
		p.attrs.Origin, p.originShown = o, true
	default:
		cur.value()
	}
}

// eosCommunityNames are well-known communities that EOS spells in its own way.
var eosCommunityNames = map[string]rib.Community{"GSHUT": 0xFFFF_0000_0000}

func eosCommunity(s string) (rib.Community, error) {
	if c, ok := eosCommunityNames[s]; ok {
		return c, nil
	}
	return rib.ParseCommunity(s)
}

func (r *eosRows) detail(cur *cursor, key []byte, p *eosPath) {
	a := &p.attrs
	switch string(key) {
	case "communityList":
		cur.eachElement(func() { a.Communities = append(a.Communities, communityOf(cur, &r.comms, eosCommunity)) })
	case "largeCommunityList":
		cur.eachElement(func() {
			a.LargeCommunities = append(a.LargeCommunities, communityOf(cur, &r.larges, rib.ParseLargeCommunity))
		})
	case "peerEntry":
		cur.eachMember(func(key []byte) { p.peer(cur, key) })
	default:
		cur.value()
	}
}

// route puts the path together. What it cannot show is hidden at the least.
func (p *eosPath) route(prefix netip.Prefix, hidden rib.AttrSet, chosen bool) rib.Route {
	if p.detail {
		hidden &^= eosBriefHides
	}
	if !chosen { // the best path may be one that another protocol outdoes
		hidden |= rib.AttrBest
	}
	if !p.peerShown {
		hidden |= rib.AttrNeighbor
	}
	if !p.hopShown {
		hidden |= rib.AttrNextHop
	}
	if !p.pathShown {
		hidden |= rib.AttrASPath
	}
	if !p.originShown {
		hidden |= rib.AttrOrigin
	}
	out := rib.Route{Prefix: prefix, Neighbor: p.neighbor, Attrs: p.attrs, Marks: p.marks}
	out.Attrs.NotShown = hidden
	if hidden.Has(rib.AttrNeighbor) {
		out.Neighbor = netip.Addr{}
	}
	if hidden.Has(rib.AttrLocalPref) {
		out.Attrs.LocalPref = rib.Optional{}
	}
	switch {
	case hidden.Has(rib.AttrBest):
	case p.active:
		out.Marks |= rib.Best
	case p.ecmp:
		out.Marks |= rib.Multipath
	}
	if p.typed && !p.valid {
		out.Marks |= rib.Invalid
	}
	return out
}
