package megaport

import (
	"bytes"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// route is one row as the API prints it. What it has no key for is not shown: that a key is left out where there is nothing to
// say is not documented.
type route struct {
	prefix   string
	lines    int // into the row at which its prefix stands
	attrs    rib.Attrs
	marks    rib.Marks
	source   netip.Addr
	external bool
	valid    bool
}

// keyed are the attributes of which a row need not have the key.
const keyed = rib.AttrNextHop | rib.AttrASPath | rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED | rib.AttrCommunities | rib.AttrBest | rib.AttrNeighbor

func (r *reader) row(line int, raw []byte) {
	w := route{external: true, valid: true}
	w.attrs.NotShown = shape(r.Source).NotShown | keyed
	cur := reading.Cursor{Bytes: raw}
	if cur.Peek() != '{' {
		r.Skip(line, "bad row: found %s where a route should stand", reading.Quote(cur.Value()))
		return
	}
	cur.EachMember(func(key []byte) { r.member(&cur, string(key), &w) })
	cur.End()
	line += w.lines
	prefix, err := reading.ParsePrefix(w.prefix)
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad row: %v", cur.Err)
		return
	case err != nil:
		r.Skip(line, "bad row: %v", err)
		return
	}
	r.Route(w.routeOf(prefix, line, r.Source.View))
}

func (w *route) routeOf(prefix netip.Prefix, line int, view rib.View) rib.Route {
	a := &w.attrs
	if reading.AdvertisedView(view) {
		a.NotShown |= sentHides
	}
	if a.NotShown.Has(rib.AttrBest) {
		w.marks &^= rib.Best
	}
	reading.Hide(a)
	if !w.external && w.source.IsValid() && !a.NextHop.IsUnspecified() {
		w.marks |= rib.IBGP
	}
	if !w.valid {
		w.marks |= rib.Invalid
	}
	return rib.Route{Prefix: prefix, Neighbor: w.source, Attrs: *a, Marks: w.marks, Line: line}
}

// member reads one key of a row.
func (r *reader) member(cur *reading.Cursor, key string, w *route) {
	a, shows := &w.attrs, rib.AttrSet(0)
	switch key {
	case "prefix":
		w.lines = bytes.Count(cur.Bytes[:cur.Pos], []byte("\n"))
		w.prefix = string(cur.Text())
	case "nextHop":
		shows = rib.AttrNextHop
		a.NextHop = hopOf(cur)
	case "asPath":
		if a.NotShown |= rib.AttrASPath; !cur.Null() {
			shows = rib.AttrASPath
			a.ASPath = r.path(cur)
		}
	case "origin":
		shows = rib.AttrOrigin
		a.Origin = originOf(cur)
	case "localPref":
		shows = rib.AttrLocalPref
		a.LocalPref = number(cur)
	case "med":
		shows = rib.AttrMED
		a.MED = number(cur)
	case "communities":
		shows = rib.AttrCommunities
		if !cur.Null() {
			cur.EachElement(func() { a.Communities = append(a.Communities, reading.CommunityOf(cur, &r.comms, rib.ParseCommunity)) })
		}
	case "source":
		shows = rib.AttrNeighbor
		w.source = addr(cur, "source")
	default:
		shows = w.mark(cur, key)
	}
	a.NotShown &^= shows &^ hides
}

// mark reads what the router makes of a route.
func (w *route) mark(cur *reading.Cursor, key string) (shows rib.AttrSet) {
	switch key {
	case "best":
		if cur.Boolean() {
			w.marks |= rib.Best
		}
		return rib.AttrBest
	case "external":
		w.external = cur.Boolean()
	case "valid":
		w.valid = cur.Boolean()
	default:
		cur.Value()
	}
	return 0
}

// hopOf reads {"ip": "192.0.2.1", "vxc": {...}}.
func hopOf(cur *reading.Cursor) (hop netip.Addr) {
	if cur.Peek() != '{' {
		return addr(cur, "next hop")
	}
	cur.EachMember(func(key []byte) {
		if string(key) != "ip" {
			cur.Value()
			return
		}
		hop = addr(cur, "next hop")
	})
	return hop
}

// addr reads an address, or none.
func addr(cur *reading.Cursor, what string) netip.Addr {
	if cur.Null() {
		return netip.Addr{}
	}
	text := cur.Text()
	if len(text) == 0 {
		return netip.Addr{}
	}
	a, ok := reading.AddrOf(text)
	if !ok {
		cur.Fail("bad %s %s", what, reading.Quote(text))
	}
	return a
}

func (r *reader) path(cur *reading.Cursor) rib.ASPath {
	text := cur.Text()
	path, err := r.paths.Get(bytes.TrimSpace(text), reading.ParsePath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
	}
	return path
}

func originOf(cur *reading.Cursor) rib.Origin {
	if cur.Null() {
		return rib.OriginAbsent
	}
	text := cur.Text()
	origin, err := rib.ParseOrigin(strings.ToLower(string(text)))
	if err != nil {
		cur.Fail("bad origin %s", reading.Quote(text))
	}
	return origin
}

func number(cur *reading.Cursor) rib.Optional {
	if cur.Null() {
		return rib.Optional{}
	}
	return rib.Some(cur.Uint32())
}
