package dump

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"bgpaudit/rib"
)

// frrRows turns the values of one prefix into routes.
type frrRows struct {
	*collector
	paths  attrCache[rib.ASPath]
	comms  attrCache[[]rib.Community]
	larges attrCache[[]rib.LargeCommunity]
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
	asPath          rib.ASPath
	asPathShown     bool
	origin          rib.Origin
	originShown     bool
	localPref, med  rib.Optional
	comms           []rib.Community
	larges          []rib.LargeCommunity
	detail          bool
	valid           bool
	marks           rib.Marks
	frame           bool // no path, but what stands around paths ("prefix", "advertisedTo")
}

// read hands on the paths under one prefix's key and says how many there were, bad ones included.
func (r *frrRows) read(key string, line int, raw []byte, kind frrKind) int {
	r.found = r.found[:0]
	cur := cursor{b: raw}
	r.value(&cur, 0)
	cur.end()
	if cur.err != nil {
		r.skip(line, "bad row of %s: %v", quote(key), cur.err)
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
			r.skip(line, "%v", err)
		} else {
			route.Line = line
			r.route(route)
		}
	}
	if n == 0 {
		r.skip(line, "no path of %s is there", quote(key))
		n = 1
	}
	return n
}

// value reads a path, a list of them, or an object that holds them under paths or by path id.
func (r *frrRows) value(cur *cursor, depth int) {
	switch cur.peek() {
	case '[':
		cur.enter('[')
		for cur.next(']') {
			r.value(cur, depth+1)
		}
	case '{':
		if depth > 3 {
			cur.fail("%w", errTooDeep)
			return
		}
		r.object(cur, depth)
	default:
		cur.fail("found %q where a path should stand", cur.peek())
	}
}

func (r *frrRows) object(cur *cursor, depth int) {
	at := len(r.found)
	r.found = append(r.found, frrPath{})
	var p frrPath
	inner := false
	cur.enter('{')
	for cur.next('}') {
		key := cur.key()
		switch c := cur.peek(); {
		case c == '[' && string(key) == "paths":
			inner = true
			r.value(cur, depth+1)
		case c == '{' && isPathID(key):
			inner = true
			from := len(r.found)
			id, _ := parseUint32(key)
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
	_, ok := parseUint32(key)
	return ok
}

func (r *frrRows) member(cur *cursor, key []byte, p *frrPath) {
	switch string(key) {
	case "network":
		p.network = string(cur.str())
	case "prefix", "addrPrefix":
		p.prefix = string(cur.str())
	case "prefixLen":
		p.length = rib.Some(cur.uint32())
	case "path", "aspath":
		r.asPath(cur, p)
	case "origin", "bgpOriginCode":
		r.origin(cur, p)
	case "locPrf", "localPref":
		p.localPref = rib.Some(cur.uint32())
	case "metric", "med":
		p.med = rib.Some(cur.uint32())
	case "nextHop", "nextHopGlobal", "nextHopIp":
		nextHop(cur, p)
	case "nexthops":
		nextHops(cur, p)
	case "peerId":
		p.readNeighbor(cur)
	case "peer":
		r.peer(cur, p)
	case "addpathRxId", "addPathId", "pathId":
		p.pathID = rib.Some(cur.uint32())
	case "community":
		p.comms = communities(cur, &r.comms, frrCommunity)
	case "largeCommunity":
		p.larges = communities(cur, &r.larges, rib.ParseLargeCommunity)
	default:
		r.mark(cur, key, p)
	}
}

// mark reads the keys that say what the router makes of the path.
func (r *frrRows) mark(cur *cursor, key []byte, p *frrPath) {
	switch string(key) {
	case "valid":
		p.valid = cur.boolean()
	case "bestpath":
		r.best(cur, p)
	case "multipath":
		r.markIf(cur, p, rib.Multipath)
	case "stale":
		r.markIf(cur, p, rib.Stale)
	case "damped", "history", "removed", "suppressed":
		r.markIf(cur, p, rib.Invalid)
	case "appliedStatusSymbols":
		r.symbols(cur, p)
	default:
		cur.value()
	}
}

func (r *frrRows) markIf(cur *cursor, p *frrPath, m rib.Marks) {
	if cur.boolean() {
		p.marks |= m
	}
}

// best reads true, or the object of the detail form, where overall says it.
func (r *frrRows) best(cur *cursor, p *frrPath) {
	if cur.peek() != '{' {
		r.markIf(cur, p, rib.Best)
		return
	}
	cur.enter('{')
	for cur.next('}') {
		if string(cur.key()) == "overall" {
			r.markIf(cur, p, rib.Best)
		} else {
			cur.value()
		}
	}
}

// symbols reads {"*":true,">":true}: only those that FRR does not print on every row count.
func (r *frrRows) symbols(cur *cursor, p *frrPath) {
	if cur.peek() != '{' {
		cur.value()
		return
	}
	cur.enter('{')
	for cur.next('}') {
		switch string(cur.key()) {
		case "s", "d", "h", "R":
			r.markIf(cur, p, rib.Invalid)
		case "S":
			r.markIf(cur, p, rib.Stale)
		default:
			cur.value()
		}
	}
}

// asPath reads the path's text, or the object of the detail form, which alone comes with
// communities.
func (r *frrRows) asPath(cur *cursor, p *frrPath) {
	switch cur.peek() {
	case '"':
		r.asPathText(cur, p)
	case '{':
		p.detail = true
		cur.enter('{')
		for cur.next('}') {
			if string(cur.key()) == "string" {
				r.asPathText(cur, p)
			} else {
				cur.value()
			}
		}
	default:
		cur.fail("bad AS path %s", quote(cur.value()))
	}
}

func (r *frrRows) asPathText(cur *cursor, p *frrPath) {
	text := cur.str()
	if cur.err != nil {
		return
	}
	if string(text) == "Local" { // the detail form's word for an empty path
		text = nil
	}
	path, err := r.paths.get(text, rib.ParseASPath)
	if err != nil {
		cur.fail("bad AS path %s", quote(text))
		return
	}
	p.asPath, p.asPathShown = path, true
}

func (r *frrRows) origin(cur *cursor, p *frrPath) {
	text := cur.str()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.fail("bad origin %s", quote(text))
		return
	}
	p.origin, p.originShown = o, true
}

// nextHop reads the next hop of a neighbour's table. FRR prints 0.0.0.0 there for itself, which
// is not what the neighbour gets: then it is not shown.
func nextHop(cur *cursor, p *frrPath) {
	text := cur.str()
	a, ok := frrAddr(text)
	if !ok {
		cur.fail("bad next hop %s", quote(text))
		return
	}
	if a.IsValid() {
		p.nextHop, p.nextHopShown = a, true
	}
}

// nextHops takes the first global one that is used, else the first.
func nextHops(cur *cursor, p *frrPath) {
	rank := 0
	cur.enter('[')
	for cur.next(']') {
		a, r := oneNextHop(cur)
		if r > rank {
			p.nextHop, rank = a, r
		}
		p.nextHopShown = true
	}
}

func oneNextHop(cur *cursor) (a netip.Addr, rank int) {
	rank = 2
	cur.enter('{')
	for cur.next('}') {
		switch string(cur.key()) {
		case "ip":
			text := cur.str()
			var ok bool
			if a, ok = frrAddr(text); !ok {
				cur.fail("bad next hop %s", quote(text))
			}
		case "used":
			if cur.boolean() {
				rank++
			}
		case "scope":
			if string(cur.str()) == "link-local" {
				rank -= 2
			}
		default:
			cur.value()
		}
	}
	return a, max(rank, 1)
}

// peer reads the neighbour of the detail form.
func (r *frrRows) peer(cur *cursor, p *frrPath) {
	p.detail = true
	cur.enter('{')
	for cur.next('}') {
		if string(cur.key()) == "peerId" {
			p.readNeighbor(cur)
		} else {
			cur.value()
		}
	}
}

// readNeighbor reads an address, an interface's name, or "(unspec)" for a route of the router's own.
func (p *frrPath) readNeighbor(cur *cursor) {
	text := cur.str()
	a, ok := frrAddr(text)
	p.neighbor = a
	p.unnumbered = !ok && string(text) != "(unspec)"
}

// communities reads {"string":…,"list":[…]}, or the bare text of either.
func communities[C any](cur *cursor, cache *attrCache[[]C], parse func(string) (C, error)) []C {
	text := func() []C {
		raw := cur.str()
		list, err := cache.get(raw, func(s string) ([]C, error) { return parseList(s, parse) })
		if err != nil {
			cur.fail("%v", err)
		}
		return list
	}
	if cur.peek() == '"' {
		return text()
	}
	var out []C
	cur.enter('{')
	for cur.next('}') {
		if string(cur.key()) == "string" {
			out = text()
		} else {
			cur.value()
		}
	}
	return out
}

// frrCommunityNames are well-known communities (IANA) that FRR spells out and rib does not know.
var frrCommunityNames = map[string]rib.Community{
	"route-filter-translated-v4": 0xFFFF0002, "route-filter-v4": 0xFFFF0003,
	"route-filter-translated-v6": 0xFFFF0004, "route-filter-v6": 0xFFFF0005,
	"accept-own-nexthop": 0xFFFF0008,
}

func frrCommunity(s string) (rib.Community, error) {
	if c, ok := frrCommunityNames[s]; ok {
		return c, nil
	}
	return rib.ParseCommunity(s)
}

func parseList[C any](s string, parse func(string) (C, error)) ([]C, error) {
	var out []C
	for word := range strings.FieldsSeq(s) {
		c, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("bad community %s", quote(word))
		}
		out = append(out, c)
	}
	return out, nil
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
	prefix, err := parsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if shown := p.network; strings.Contains(shown, "/") && shown != text {
		if other, err := parsePrefix(shown); err != nil || other != prefix {
			return netip.Prefix{}, fmt.Errorf("the row of %s says that it is of %s", quote(key), quote(shown))
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
	if !p.nextHopShown || kind.symbols && !p.nextHop.IsValid() {
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
	if kind.symbols {
		return marks &^ (rib.Best | rib.Multipath)
	}
	if !p.valid {
		marks |= rib.Invalid
	}
	return marks
}

// parsePrefix reads a prefix with its length, clears host bits and unmaps 4in6.
func parsePrefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("bad prefix %s", quote(text))
	}
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("bad prefix %s", quote(text))
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
