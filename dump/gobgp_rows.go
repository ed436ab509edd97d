package dump

import (
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// The attributes that are read, by their type code (IANA BGP Path Attributes).
const (
	gobgpOrigin    = 1
	gobgpASPath    = 2
	gobgpNextHop   = 3
	gobgpMED       = 4
	gobgpLocalPref = 5
	gobgpComms     = 8
	gobgpMPReach   = 14
	gobgpLarges    = 32
)

// gobgpKeys are the keys under which an attribute's content stands.
var gobgpKeys = map[uint32]string{
	gobgpOrigin: "value", gobgpASPath: "as_paths", gobgpNextHop: "nexthop", gobgpMED: "metric",
	gobgpLocalPref: "value", gobgpComms: "communities", gobgpMPReach: "nexthop", gobgpLarges: "value",
}

// gobgpRows turns the paths of one prefix into routes.
type gobgpRows struct {
	*collector
	best  int // rows that are marked so
	found []gobgpPath
}

// gobgpPath is one path as GoBGP printed it.
type gobgpPath struct {
	prefix    string
	pathID    uint32
	neighbor  netip.Addr
	attrs     rib.Attrs
	seen      map[uint32]bool // attributes, by type
	marks     rib.Marks
	withdrawn bool
}

// read hands on the paths under one prefix's key.
func (r *gobgpRows) read(key string, line int, raw []byte) {
	r.found = r.found[:0]
	cur := cursor{b: raw}
	cur.eachElement(func() { r.found = append(r.found, gobgpPathOf(&cur)) })
	cur.end()
	switch {
	case cur.err != nil:
		r.skip(line, "bad row of %s: %v", quote(key), cur.err)
		return
	case len(r.found) == 0:
		r.skip(line, "no path of %s is there", quote(key))
	}
	chosen := false
	for i := range r.found {
		chosen = chosen || r.found[i].marks.Has(rib.Best)
	}
	for i := range r.found {
		route, err := r.route(&r.found[i], key, chosen)
		if err != nil {
			r.skip(line, "%v", err)
			continue
		}
		route.Line = line
		r.collector.route(route)
	}
}

func gobgpPathOf(cur *cursor) gobgpPath {
	p := gobgpPath{seen: map[uint32]bool{}}
	cur.eachMember(func(key []byte) { p.member(cur, key) })
	return p
}

func (p *gobgpPath) member(cur *cursor, key []byte) {
	switch string(key) {
	case "nlri":
		cur.eachMember(func(key []byte) { p.nlri(cur, key) })
	case "attrs":
		cur.eachElement(func() { p.attribute(cur) })
	case "neighbor-ip":
		text := cur.str()
		if p.neighbor = gobgpAddr(text); !p.neighbor.IsValid() && len(text) > 0 {
			cur.fail("bad neighbor %s", quote(text))
		}
	case "best":
		p.markIf(cur, rib.Best)
	case "stale":
		p.markIf(cur, rib.Stale)
	case "withdrawal":
		p.withdrawn = cur.boolean()
	default:
		cur.value()
	}
}

func (p *gobgpPath) markIf(cur *cursor, m rib.Marks) {
	if cur.boolean() {
		p.marks |= m
	}
}

func (p *gobgpPath) nlri(cur *cursor, key []byte) {
	switch string(key) {
	case "prefix":
		p.prefix = string(cur.str())
	case "id":
		p.pathID = cur.uint32()
	default:
		cur.value()
	}
}

// attribute reads {"type":1,"value":0}. The type stands in front of what it tells how to read.
func (p *gobgpPath) attribute(cur *cursor) {
	kind, read := uint32(0), false
	cur.eachMember(func(key []byte) {
		switch {
		case string(key) == "type":
			kind = cur.uint32()
		case string(key) == gobgpKeys[kind]:
			read = true
			p.content(cur, kind)
		default:
			cur.value()
		}
	})
	if _, known := gobgpKeys[kind]; known && !read {
		cur.fail("attribute %d without %s", kind, quote(gobgpKeys[kind]))
	}
	p.seen[kind] = true
}

func (p *gobgpPath) content(cur *cursor, kind uint32) {
	a := &p.attrs
	switch kind {
	case gobgpOrigin:
		n := cur.uint32()
		if n > 2 {
			cur.fail("bad origin %d", n)
			return
		}
		a.Origin = rib.OriginIGP + rib.Origin(n)
	case gobgpASPath:
		cur.eachElement(func() { a.ASPath = append(a.ASPath, gobgpSegment(cur)) })
	case gobgpNextHop, gobgpMPReach:
		text := cur.str()
		if a.NextHop = gobgpAddr(text); !a.NextHop.IsValid() && cur.err == nil {
			cur.fail("bad next hop %s", quote(text))
		}
	case gobgpMED:
		a.MED = rib.Some(cur.uint32())
	case gobgpLocalPref:
		a.LocalPref = rib.Some(cur.uint32())
	case gobgpComms:
		cur.eachElement(func() { a.Communities = append(a.Communities, rib.CommunityFromWire(cur.uint32())) })
	case gobgpLarges:
		cur.eachElement(func() { a.LargeCommunities = append(a.LargeCommunities, gobgpLarge(cur)) })
	}
}

func gobgpAddr(text []byte) netip.Addr {
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return netip.Addr{}
	}
	return a.WithZone("").Unmap()
}

// gobgpSegment reads {"segment_type":2,"num":1,"asns":[65540]}.
func gobgpSegment(cur *cursor) rib.Segment {
	var seg rib.Segment
	num := rib.Optional{}
	cur.eachMember(func(key []byte) {
		switch string(key) {
		case "segment_type":
			n := cur.uint32()
			if n < uint32(rib.ASSet) || n > uint32(rib.ASConfedSet) {
				cur.fail("bad segment type %d", n)
				return
			}
			seg.Type = rib.SegmentType(n)
		case "num":
			num = rib.Some(cur.uint32())
		case "asns":
			cur.eachElement(func() { seg.ASNs = append(seg.ASNs, cur.uint32()) })
		default:
			cur.value()
		}
	})
	if seg.Type == 0 || len(seg.ASNs) == 0 || num.Set && int(num.Value) != len(seg.ASNs) {
		cur.fail("bad AS path: a segment without its type or its numbers")
	}
	return seg
}

// gobgpLarge reads {"ASN":65540,"LocalData1":1,"LocalData2":2}.
func gobgpLarge(cur *cursor) rib.LargeCommunity {
	var c rib.LargeCommunity
	halves := 0
	cur.eachMember(func(key []byte) {
		i := map[string]int{"ASN": 1, "LocalData1": 2, "LocalData2": 3}[string(key)]
		if i == 0 {
			cur.value()
			return
		}
		c[i-1] = cur.uint32()
		halves |= 1 << i
	})
	if halves != 0b1110 {
		cur.fail("bad large community")
	}
	return c
}

// route is the path as the view of the feed takes it. Under an advertised view neighbor-ip is who
// sent us the route, which is not the neighbour of the table.
func (r *gobgpRows) route(p *gobgpPath, key string, chosen bool) (rib.Route, error) {
	prefix, err := parsePrefix(key)
	if err != nil {
		return rib.Route{}, err
	}
	if own, err := parsePrefix(p.prefix); err != nil || own != prefix {
		return rib.Route{}, fmt.Errorf("the row of %s says that it is of %s", quote(key), quote(p.prefix))
	}
	if p.withdrawn {
		return rib.Route{}, errors.New("a withdrawal, not a route")
	}
	out := rib.Route{Prefix: prefix, PathID: p.pathID, Neighbor: p.neighbor, Attrs: p.attrs, Marks: p.marks}
	a := &out.Attrs
	a.NotShown = shapeGoBGP(r.src).NotShown
	if !chosen { // without a best path GoBGP prints what it does for the routes of a neighbour
		a.NotShown |= rib.AttrBest
	}
	if a.NotShown.Has(rib.AttrNeighbor) {
		out.Neighbor = netip.Addr{}
	}
	if p.marks.Has(rib.Best) {
		r.best++
	}
	if a.NotShown.Has(rib.AttrBest) {
		out.Marks &^= rib.Best
	}
	p.hide(a)
	return out, nil
}

// hide marks the well-known attributes (RFC 4271 5) that a received path lacks: no path lacks
// them, so the dump does not show them. A router's own route has no AS path yet.
func (p *gobgpPath) hide(a *rib.Attrs) {
	if !p.seen[gobgpOrigin] {
		a.NotShown |= rib.AttrOrigin
	}
	if !p.seen[gobgpNextHop] && !p.seen[gobgpMPReach] {
		a.NotShown |= rib.AttrNextHop
	}
	if !p.seen[gobgpASPath] && p.neighbor.IsValid() {
		a.NotShown |= rib.AttrASPath
	}
}
