package eos

import (
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// eosRows turns the paths of one prefix into routes.
type eosRows struct {
	*reading.Collector
	paths  reading.AttrCache[rib.ASPath]
	comms  reading.AttrCache[rib.Community]
	larges reading.AttrCache[rib.LargeCommunity]
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
	outdone     bool // BGP's best, and another protocol's route is installed
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
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "bgpRoutePaths":
			cur.EachElement(func() { r.found = append(r.found, r.path(&cur)) })
		case "totalPaths":
			r.total = rib.Some(cur.Uint32())
		default:
			cur.Value()
		}
	})
	cur.End()
	prefix, err := reading.ParsePrefix(key)
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad row of %s: %v", reading.Quote(key), cur.Err)
		return
	case err != nil:
		r.Skip(line, "%v", err)
		return
	case len(r.found) == 0:
		r.Skip(line, "no path of %s is there", reading.Quote(key))
	case reading.TableView(r.Source.View) && r.total.Set && int(r.total.Value) != len(r.found):
		r.Problem(line, "the dump says that %s has %d paths, but %d are there", reading.Quote(key), r.total.Value, len(r.found))
	}
	r.one.saw(key, r.found)
	chosen := chosenOf(r.found)
	for i := range r.found {
		route := r.found[i].route(prefix, shapeEOS(r.Source).NotShown, chosen)
		route.Line = line
		r.Route(route)
	}
}

// chosenOf reports whether the paths of a prefix say which is the best one. One that another protocol outdoes is no
// less BGP's choice; where several say so of themselves, none of them is known to be.
func chosenOf(paths []eosPath) bool {
	active, outdone := 0, 0
	for i := range paths {
		switch p := &paths[i]; {
		case p.active:
			active++
		case p.outdone:
			outdone++
		}
	}
	if active > 0 || outdone > 1 {
		for i := range paths {
			paths[i].outdone = false
		}
	}
	return active > 0 || outdone == 1
}

func (r *eosRows) path(cur *reading.Cursor) eosPath {
	var p eosPath
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "nextHop":
			p.attrs.NextHop, p.hopShown = reading.Address(cur, "next hop"), true
		case "localPreference":
			p.attrs.LocalPref = rib.Some(cur.Uint32())
		case "med":
			p.attrs.MED = rib.Some(cur.Uint32())
		case "asPathEntry":
			cur.EachMember(func(key []byte) { r.asPath(cur, key, &p) })
		case "routeType":
			p.typed = true
			cur.EachMember(func(key []byte) { p.kind(cur, key) })
		case "peerEntry":
			cur.EachMember(func(key []byte) { p.peer(cur, key) })
		case "routeDetail":
			p.detail = true
			cur.EachMember(func(key []byte) { r.detail(cur, key, &p) })
		default:
			cur.Value()
		}
	})
	return p
}

func (p *eosPath) peer(cur *reading.Cursor, key []byte) {
	if string(key) != "peerAddr" {
		cur.Value()
		return
	}
	if cur.Null() {
		return
	}
	p.neighbor, p.peerShown = reading.Address(cur, "neighbor"), true
}

// asPath reads "65540 65549 i": the path, and behind it the origin, which old versions leave out.
func (r *eosRows) asPath(cur *reading.Cursor, key []byte, p *eosPath) {
	switch {
	case string(key) == "asPathType" && cur.Peek() == '"':
		if string(cur.Text()) == "Internal" { // Local and External are the others, and what a confederation has
			p.marks |= rib.IBGP
		}
		return
	case string(key) != "asPath":
		cur.Value()
		return
	}
	if cur.Null() {
		return
	}
	text := strings.TrimSpace(string(cur.Text()))
	if i := strings.LastIndexByte(text, ' '); strings.ContainsAny(text[i+1:], "ie?") && len(text[i+1:]) == 1 {
		p.attrs.Origin, _ = rib.ParseOrigin(text[i+1:])
		p.originShown = true
		text = strings.TrimSpace(text[:max(i, 0)])
	}
	path, err := r.paths.Get([]byte(text), rib.ParseASPath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
		return
	}
	p.attrs.ASPath, p.pathShown = path, true
}

// kind reads what the router makes of the path.
func (p *eosPath) kind(cur *reading.Cursor, key []byte) {
	switch string(key) {
	case "active":
		p.active = cur.Boolean()
	case "ecmp":
		p.ecmp = cur.Boolean()
	case "valid":
		p.valid = cur.Boolean()
	case "notInstalledReason":
		p.outdone = string(cur.Scalar()) == "routeBestInactive"
	case "suppressed":
		if cur.Boolean() {
			p.marks |= rib.Invalid
		}
	case "stale":
		if cur.Boolean() {
			p.marks |= rib.Stale
		}
	case "origin":
		text := cur.Text()
		o, err := rib.ParseOrigin(string(text))
		if err != nil {
			cur.Fail("bad origin %s", reading.Quote(text))
			return
		}
		p.attrs.Origin, p.originShown = o, true
	default:
		cur.Value()
	}
}

// communityNames are well-known communities that EOS spells in its own way.
var communityNames = map[string]rib.Community{"GSHUT": 0xFFFF_0000_0000}

func community(s string) (rib.Community, error) {
	if c, ok := communityNames[s]; ok {
		return c, nil
	}
	return rib.ParseCommunity(s)
}

func (r *eosRows) detail(cur *reading.Cursor, key []byte, p *eosPath) {
	a := &p.attrs
	switch string(key) {
	case "communityList":
		cur.EachElement(func() { a.Communities = append(a.Communities, reading.CommunityOf(cur, &r.comms, community)) })
	case "largeCommunityList":
		cur.EachElement(func() {
			a.LargeCommunities = append(a.LargeCommunities, reading.CommunityOf(cur, &r.larges, rib.ParseLargeCommunity))
		})
	case "peerEntry":
		cur.EachMember(func(key []byte) { p.peer(cur, key) })
	default:
		cur.Value()
	}
}

// route puts the path together. What it cannot show is hidden at the least.
func (p *eosPath) route(prefix netip.Prefix, hidden rib.AttrSet, chosen bool) rib.Route {
	if p.detail {
		hidden &^= briefHides
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
	case p.outdone:
		out.Marks |= rib.Best | rib.RIBFailure
	case p.ecmp:
		out.Marks |= rib.Multipath
	}
	if p.typed && !p.valid {
		out.Marks |= rib.Invalid
	}
	return out
}
