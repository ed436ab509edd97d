package gobgp

import (
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// The attributes that are read, by their type code (IANA BGP Path Attributes).
const (
	origin    = 1
	asPath    = 2
	nextHop   = 3
	med       = 4
	localPref = 5
	comms     = 8
	mpReach   = 14
	larges    = 32
)

// keys are the keys under which an attribute's content stands.
var keys = map[uint32]string{
	origin: "value", asPath: "as_paths", nextHop: "nexthop", med: "metric",
	localPref: "value", comms: "communities", mpReach: "nexthop", larges: "value",
}

// gobgpRows turns the paths of one prefix into routes.
type gobgpRows struct {
	*reading.Collector
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
	cur := reading.Cursor{Bytes: raw}
	cur.EachElement(func() { r.found = append(r.found, pathOf(&cur)) })
	cur.End()
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad row of %s: %v", reading.Quote(key), cur.Err)
		return
	case len(r.found) == 0:
		r.Skip(line, "no path of %s is there", reading.Quote(key))
	}
	chosen := false
	for i := range r.found {
		chosen = chosen || r.found[i].marks.Has(rib.Best)
	}
	for i := range r.found {
		route, err := r.route(&r.found[i], key, chosen)
		if err != nil {
			r.Skip(line, "%v", err)
			continue
		}
		route.Line = line
		r.Route(route)
	}
}

func pathOf(cur *reading.Cursor) gobgpPath {
	p := gobgpPath{seen: map[uint32]bool{}}
	cur.EachMember(func(key []byte) { p.member(cur, key) })
	return p
}

func (p *gobgpPath) member(cur *reading.Cursor, key []byte) {
	switch string(key) {
	case "nlri":
		cur.EachMember(func(key []byte) { p.nlri(cur, key) })
	case "attrs":
		cur.EachElement(func() { p.attribute(cur) })
	case "neighbor-ip":
		text := cur.Text()
		if p.neighbor = addr(text); !p.neighbor.IsValid() && len(text) > 0 {
			cur.Fail("bad neighbor %s", reading.Quote(text))
		}
	case "best":
		p.markIf(cur, rib.Best)
	case "stale":
		p.markIf(cur, rib.Stale)
	case "withdrawal":
		p.withdrawn = cur.Boolean()
	default:
		cur.Value()
	}
}

func (p *gobgpPath) markIf(cur *reading.Cursor, m rib.Marks) {
	if cur.Boolean() {
		p.marks |= m
	}
}

func (p *gobgpPath) nlri(cur *reading.Cursor, key []byte) {
	switch string(key) {
	case "prefix":
		p.prefix = string(cur.Text())
	case "id":
		p.pathID = cur.Uint32()
	default:
		cur.Value()
	}
}

// attribute reads {"type":1,"value":0}. The type stands in front of what it tells how to read.
func (p *gobgpPath) attribute(cur *reading.Cursor) {
	kind, read := uint32(0), false
	cur.EachMember(func(key []byte) {
		switch {
		case string(key) == "type":
			kind = cur.Uint32()
		case string(key) == keys[kind]:
			read = true
			p.content(cur, kind)
		default:
			cur.Value()
		}
	})
	if _, known := keys[kind]; known && !read {
		cur.Fail("attribute %d without %s", kind, reading.Quote(keys[kind]))
	}
	p.seen[kind] = true
}

func (p *gobgpPath) content(cur *reading.Cursor, kind uint32) {
	a := &p.attrs
	switch kind {
	case origin:
		n := cur.Uint32()
		if n > 2 {
			cur.Fail("bad origin %d", n)
			return
		}
		a.Origin = rib.OriginIGP + rib.Origin(n)
	case asPath:
		cur.EachElement(func() { a.ASPath = append(a.ASPath, segment(cur)) })
	case nextHop, mpReach:
		text := cur.Text()
		if a.NextHop = addr(text); !a.NextHop.IsValid() && cur.Err == nil {
			cur.Fail("bad next hop %s", reading.Quote(text))
		}
	case med:
		a.MED = rib.Some(cur.Uint32())
	case localPref:
		a.LocalPref = rib.Some(cur.Uint32())
	case comms:
		cur.EachElement(func() { a.Communities = append(a.Communities, rib.CommunityFromWire(cur.Uint32())) })
	case larges:
		cur.EachElement(func() { a.LargeCommunities = append(a.LargeCommunities, large(cur)) })
	}
}

func addr(text []byte) netip.Addr {
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return netip.Addr{}
	}
	return a.WithZone("").Unmap()
}

// segment reads {"segment_type":2,"num":1,"asns":[65540]}.
func segment(cur *reading.Cursor) rib.Segment {
	var seg rib.Segment
	num := rib.Optional{}
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "segment_type":
			n := cur.Uint32()
			if n < uint32(rib.ASSet) || n > uint32(rib.ASConfedSet) {
				cur.Fail("bad segment type %d", n)
				return
			}
			seg.Type = rib.SegmentType(n)
		case "num":
			num = rib.Some(cur.Uint32())
		case "asns":
			cur.EachElement(func() { seg.ASNs = append(seg.ASNs, cur.Uint32()) })
		default:
			cur.Value()
		}
	})
	if seg.Type == 0 || len(seg.ASNs) == 0 || num.Set && int(num.Value) != len(seg.ASNs) {
		cur.Fail("bad AS path: a segment without its type or its numbers")
	}
	return seg
}

// large reads {"ASN":65540,"LocalData1":1,"LocalData2":2}.
func large(cur *reading.Cursor) rib.LargeCommunity {
	var c rib.LargeCommunity
	halves := 0
	cur.EachMember(func(key []byte) {
		i := map[string]int{"ASN": 1, "LocalData1": 2, "LocalData2": 3}[string(key)]
		if i == 0 {
			cur.Value()
			return
		}
		c[i-1] = cur.Uint32()
		halves |= 1 << i
	})
	if halves != 0b1110 {
		cur.Fail("bad large community")
	}
	return c
}

// route is the path as the view of the feed takes it. Under an advertised view neighbor-ip is who
// sent us the route, which is not the neighbour of the table.
func (r *gobgpRows) route(p *gobgpPath, key string, chosen bool) (rib.Route, error) {
	prefix, err := reading.ParsePrefix(key)
	if err != nil {
		return rib.Route{}, err
	}
	if own, err := reading.ParsePrefix(p.prefix); err != nil || own != prefix {
		return rib.Route{}, fmt.Errorf("the row of %s says that it is of %s", reading.Quote(key), reading.Quote(p.prefix))
	}
	if p.withdrawn {
		return rib.Route{}, errors.New("a withdrawal, not a route")
	}
	out := rib.Route{Prefix: prefix, PathID: p.pathID, Neighbor: p.neighbor, Attrs: p.attrs, Marks: p.marks}
	a := &out.Attrs
	a.NotShown = shapeGoBGP(r.Source).NotShown
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
	if !p.seen[origin] {
		a.NotShown |= rib.AttrOrigin
	}
	if !p.seen[nextHop] && !p.seen[mpReach] {
		a.NotShown |= rib.AttrNextHop
	}
	if !p.seen[asPath] && p.neighbor.IsValid() {
		a.NotShown |= rib.AttrASPath
	}
}
