package frr

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// frrRows turns the values of one prefix into routes.
type frrRows struct {
	*reading.Collector
	paths  reading.AttrCache[rib.ASPath]
	comms  reading.AttrCache[[]rib.Community]
	larges reading.AttrCache[[]rib.LargeCommunity]
	found  []frrPath
}

// frrPath is one path as FRR printed it. Whether a key was there matters: absent is not zero,
// and neither is not shown.
type frrPath struct {
	prefix, network string
	length          rib.Optional
	pathID          rib.Optional
	neighbor        netip.Addr
	unnumbered      bool // the neighbour is shown by its interface's name, not by an address
	nextHop         netip.Addr
	nextHopShown    bool
	itself          bool // the router itself stands in the next hop's place
	asPath          rib.ASPath
	asPathShown     bool
	origin          rib.Origin
	originShown     bool
	localPref, med  rib.Optional
	comms           []rib.Community
	larges          []rib.LargeCommunity
	detail          bool
	ranked          bool // it would say that it is the router's choice
	valid           bool
	marks           rib.Marks
	frame           bool // no path, but what stands around paths ("prefix", "advertisedTo")
}

// read hands on the paths under one prefix's key and says how many there were, bad ones included.
func (r *frrRows) read(key string, line int, raw []byte, kind frrKind) int {
	r.found = r.found[:0]
	cur := reading.Cursor{Bytes: raw}
	r.value(&cur, 0)
	cur.End()
	if cur.Err != nil {
		r.Skip(line, "bad row of %s: %v", reading.Quote(key), cur.Err)
		return 1
	}
	n := 0
	for i := range r.found {
		p := &r.found[i]
		if p.frame {
			continue
		}
		n++
		if route, err := p.route(key, kind); err != nil {
			r.Skip(line, "%v", err)
		} else {
			route.Line = line
			r.Route(route)
		}
	}
	if n == 0 {
		r.Skip(line, "no path of %s is there", reading.Quote(key))
		n = 1
	}
	return n
}

// countPaths counts the paths under one prefix.
func (r *frrRows) countPaths(raw []byte) (n int) {
	r.found = r.found[:0]
	cur := reading.Cursor{Bytes: raw}
	r.value(&cur, 0)
	for i := range r.found {
		if !r.found[i].frame {
			n++
		}
	}
	return n
}

// value reads a path, a list of them, or an object that holds them under paths or by path id.
func (r *frrRows) value(cur *reading.Cursor, depth int) {
	switch cur.Peek() {
	case '[':
		cur.Enter('[')
		for cur.Next(']') {
			r.value(cur, depth+1)
		}
	case '{':
		if depth > 3 {
			cur.Fail("%w", reading.ErrTooDeep)
			return
		}
		r.object(cur, depth)
	default:
		cur.Fail("found %q where a path should stand", cur.Peek())
	}
}

func (r *frrRows) object(cur *reading.Cursor, depth int) {
	at := len(r.found)
	r.found = append(r.found, frrPath{})
	var p frrPath
	inner := false
	cur.Enter('{')
	for cur.Next('}') {
		key := cur.Key()
		switch c := cur.Peek(); {
		case c == '[' && string(key) == "paths":
			inner = true
			r.value(cur, depth+1)
		case c == '{' && isPathID(key):
			inner = true
			from := len(r.found)
			id, _ := reading.ParseUint32(key)
			r.value(cur, depth+1)
			for i := from; i < len(r.found); i++ {
				r.found[i].pathID = rib.Some(id)
			}
		default:
			r.member(cur, key, &p)
		}
	}
	p.frame = inner || !p.asPathShown && !p.nextHopShown && !p.neighbor.IsValid() && !p.valid && p.network == ""
	r.found[at] = p
}

func isPathID(key []byte) bool {
	_, ok := reading.ParseUint32(key)
	return ok
}

func (r *frrRows) member(cur *reading.Cursor, key []byte, p *frrPath) {
	switch string(key) {
	case "network":
		p.network = string(cur.Text())
	case "prefix", "addrPrefix":
		p.prefix = string(cur.Text())
	case "prefixLen":
		p.length = rib.Some(cur.Uint32())
	case "path", "aspath":
		r.asPath(cur, p)
	case "origin", "bgpOriginCode":
		r.origin(cur, p)
	case "locPrf", "localPref":
		p.localPref = rib.Some(cur.Uint32())
	case "metric", "med":
		p.med = rib.Some(cur.Uint32())
	case "nextHop", "nextHopGlobal", "nextHopIp":
		nextHop(cur, p)
	case "nexthops":
		nextHops(cur, p)
	case "peerId":
		p.readNeighbor(cur)
	case "peer":
		r.peer(cur, p)
	case "addpathRxId", "addPathId", "pathId":
		p.pathID = rib.Some(cur.Uint32())
	case "community":
		p.comms = communities(cur, &r.comms, community)
	case "largeCommunity":
		p.larges = communities(cur, &r.larges, rib.ParseLargeCommunity)
	default:
		r.mark(cur, key, p)
	}
}

// mark reads the keys that say what the router makes of the path.
func (r *frrRows) mark(cur *reading.Cursor, key []byte, p *frrPath) {
	switch string(key) {
	case "valid":
		p.valid = cur.Boolean()
	case "bestpath":
		r.best(cur, p)
	case "multipath":
		r.markIf(cur, p, rib.Multipath)
	case "stale":
		r.markIf(cur, p, rib.Stale)
	case "damped", "history", "removed", "suppressed":
		r.markIf(cur, p, rib.Invalid)
	case "ribFailure":
		r.markIf(cur, p, rib.RIBFailure)
	case "pathFrom":
		p.ranked = true
		p.cameFrom(cur)
	case "rpkiValidationState":
		if strings.EqualFold(string(cur.Scalar()), "invalid") {
			p.marks |= rib.RPKIInvalid
		}
	case "appliedStatusSymbols":
		r.symbols(cur, p)
	default:
		cur.Value()
	}
}

// cameFrom reads "internal" or "external": the neighbour's ASN is the router's own, or it is not.
func (p *frrPath) cameFrom(cur *reading.Cursor) {
	if cur.Peek() != '"' {
		cur.Value()
		return
	}
	if string(cur.Text()) == "internal" {
		p.marks |= rib.IBGP
	}
}

func (r *frrRows) markIf(cur *reading.Cursor, p *frrPath, m rib.Marks) {
	if cur.Boolean() {
		p.marks |= m
	}
}

// best reads true, or the object of the detail form, where overall says it.
func (r *frrRows) best(cur *reading.Cursor, p *frrPath) {
	if cur.Peek() != '{' {
		r.markIf(cur, p, rib.Best)
		return
	}
	cur.Enter('{')
	for cur.Next('}') {
		if string(cur.Key()) == "overall" {
			r.markIf(cur, p, rib.Best)
		} else {
			cur.Value()
		}
	}
}

// symbols reads {"*":true,">":true}. The two stand on every row that a release prints so, and say nothing of the
// route; a row of advertised routes that lacks ">" does.
func (r *frrRows) symbols(cur *reading.Cursor, p *frrPath) {
	if cur.Peek() != '{' {
		cur.Value()
		return
	}
	p.ranked = true
	cur.Enter('{')
	for cur.Next('}') {
		switch string(cur.Key()) {
		case ">":
			r.markIf(cur, p, rib.Best)
		case "s", "d", "h", "R":
			r.markIf(cur, p, rib.Invalid)
		case "S":
			r.markIf(cur, p, rib.Stale)
		case "r":
			r.markIf(cur, p, rib.RIBFailure)
		case "i":
			r.markIf(cur, p, rib.IBGP)
		case "I":
			r.markIf(cur, p, rib.RPKIInvalid)
		default:
			cur.Value()
		}
	}
}

// asPath reads the path's text, or the object of the detail form, which alone comes with
// communities.
func (r *frrRows) asPath(cur *reading.Cursor, p *frrPath) {
	switch cur.Peek() {
	case '"':
		r.asPathText(cur, p)
	case '{':
		p.detail = true
		cur.Enter('{')
		for cur.Next('}') {
			if string(cur.Key()) == "string" {
				r.asPathText(cur, p)
			} else {
				cur.Value()
			}
		}
	default:
		cur.Fail("bad AS path %s", reading.Quote(cur.Value()))
	}
}

func (r *frrRows) asPathText(cur *reading.Cursor, p *frrPath) {
	text := cur.Text()
	if cur.Err != nil {
		return
	}
	if string(text) == "Local" { // the detail form's word for an empty path
		text = nil
	}
	path, err := r.paths.Get(text, rib.ParseASPath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
		return
	}
	p.asPath, p.asPathShown = path, true
}

func (r *frrRows) origin(cur *reading.Cursor, p *frrPath) {
	text := cur.Text()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.Fail("bad origin %s", reading.Quote(text))
		return
	}
	p.origin, p.originShown = o, true
}

// nextHop reads the next hop of a neighbour's table. FRR prints 0.0.0.0 there for itself, which
// is not what the neighbour gets: then it is not shown.
func nextHop(cur *reading.Cursor, p *frrPath) {
	text := cur.Text()
	a, ok := reading.AddrOf(text)
	if !ok {
		cur.Fail("bad next hop %s", reading.Quote(text))
		return
	}
	if p.itself = !a.IsValid(); a.IsValid() {
		p.nextHop, p.nextHopShown = a, true
	}
}

// nextHops takes the first global one that is used, else the first.
func nextHops(cur *reading.Cursor, p *frrPath) {
	rank := 0
	cur.Enter('[')
	for cur.Next(']') {
		a, r := oneNextHop(cur)
		if r > rank {
			p.nextHop, rank = a, r
		}
		p.nextHopShown = true
	}
}

func oneNextHop(cur *reading.Cursor) (a netip.Addr, rank int) {
	rank = 2
	cur.Enter('{')
	for cur.Next('}') {
		switch string(cur.Key()) {
		case "ip":
			text := cur.Text()
			var ok bool
			if a, ok = reading.AddrOf(text); !ok {
				cur.Fail("bad next hop %s", reading.Quote(text))
			}
		case "used":
			if cur.Boolean() {
				rank++
			}
		case "scope":
			if string(cur.Text()) == "link-local" {
				rank -= 2
			}
		default:
			cur.Value()
		}
	}
	return a, max(rank, 1)
}

// peer reads the neighbour of the detail form.
func (r *frrRows) peer(cur *reading.Cursor, p *frrPath) {
	p.detail = true
	cur.Enter('{')
	for cur.Next('}') {
		switch string(cur.Key()) {
		case "peerId":
			p.readNeighbor(cur)
		case "type":
			p.cameFrom(cur)
		default:
			cur.Value()
		}
	}
}

// readNeighbor reads an address, an interface's name, or "(unspec)" for a route of the router's own.
func (p *frrPath) readNeighbor(cur *reading.Cursor) {
	text := cur.Text()
	a, ok := reading.AddrOf(text)
	p.neighbor = a
	p.unnumbered = !ok && string(text) != "(unspec)"
}

// communities reads {"string":…,"list":[…]}, or the bare text of either.
func communities[C any](cur *reading.Cursor, cache *reading.AttrCache[[]C], parse func(string) (C, error)) []C {
	text := func() []C {
		raw := cur.Text()
		list, err := cache.Get(raw, func(s string) ([]C, error) { return reading.ParseList(s, parse) })
		if err != nil {
			cur.Fail("%v", err)
		}
		return list
	}
	if cur.Peek() == '"' {
		return text()
	}
	var out []C
	cur.Enter('{')
	for cur.Next('}') {
		if string(cur.Key()) == "string" {
			out = text()
		} else {
			cur.Value()
		}
	}
	return out
}

// communityNames are well-known communities (IANA) that FRR spells out and rib does not know.
var communityNames = map[string]rib.Community{
	"route-filter-translated-v4": 0xFFFF0002, "route-filter-v4": 0xFFFF0003,
	"route-filter-translated-v6": 0xFFFF0004, "route-filter-v6": 0xFFFF0005,
	"accept-own-nexthop": 0xFFFF0008,
}

func community(s string) (rib.Community, error) {
	if c, ok := communityNames[s]; ok {
		return c, nil
	}
	return rib.ParseCommunity(s)
}

// route puts the path together under its key.
func (p *frrPath) route(key string, kind frrKind) (rib.Route, error) {
	prefix, err := p.place(key)
	if err != nil {
		return rib.Route{}, err
	}
	return rib.Route{
		Prefix:   prefix,
		PathID:   p.pathID.Or(0),
		Neighbor: p.neighbor,
		Marks:    p.allMarks(kind),
		Attrs: rib.Attrs{
			NextHop: p.nextHop, ASPath: p.asPath, Origin: p.origin, LocalPref: p.localPref, MED: p.med,
			Communities: p.comms, LargeCommunities: p.larges, NotShown: p.hidden(kind),
		},
	}, nil
}

// place finds the prefix: from the key, else from the row. A key without a length (FRR before
// 2019) is no prefix by itself, and a row that differs from its key is not to be trusted.
func (p *frrPath) place(key string) (netip.Prefix, error) {
	text := key
	switch {
	case strings.Contains(key, "/"):
	case strings.Contains(p.network, "/"):
		text = p.network
	case p.length.Set && p.prefix != "":
		text = p.prefix + "/" + strconv.FormatUint(uint64(p.length.Value), 10)
	case strings.Contains(p.prefix, "/"):
		text = p.prefix
	}
	prefix, err := reading.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if shown := p.network; strings.Contains(shown, "/") && shown != text {
		if other, err := reading.ParsePrefix(shown); err != nil || other != prefix {
			return netip.Prefix{}, fmt.Errorf("the row of %s says that it is of %s", reading.Quote(key), reading.Quote(shown))
		}
	}
	return prefix, nil
}

// hidden is what this row cannot show. The shortest form of a neighbour's table (network and
// valid alone) shows no attribute at all.
func (p *frrPath) hidden(kind frrKind) rib.AttrSet {
	hidden := kind.notShown
	if p.detail {
		hidden &^= rib.AttrCommunities | rib.AttrLargeCommunities
	}
	switch {
	case p.neighbor.IsValid():
		hidden &^= rib.AttrNeighbor
	case p.unnumbered:
		hidden |= rib.AttrNeighbor
	}
	own := kind.received && p.itself && p.asPathShown && len(p.asPath) == 0
	if !own && (!p.nextHopShown || kind.symbols && !p.nextHop.IsValid()) {
		hidden |= rib.AttrNextHop
	}
	if !p.originShown {
		hidden |= rib.AttrOrigin
	}
	if !p.asPathShown {
		hidden |= rib.AttrASPath
		if !p.localPref.Set {
			hidden |= rib.AttrLocalPref
		}
		if !p.med.Set {
			hidden |= rib.AttrMED
		}
	}
	return hidden
}

func (p *frrPath) allMarks(kind frrKind) rib.Marks {
	marks := p.marks | kind.marks
	if kind.chosen && (p.ranked || p.detail) && !marks.Has(rib.Best) {
		marks |= rib.Unselected
	}
	if kind.symbols {
		return marks &^ (rib.Best | rib.Multipath)
	}
	if !p.valid {
		marks |= rib.Invalid
	}
	return marks
}
