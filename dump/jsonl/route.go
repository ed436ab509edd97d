package jsonl

import (
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// parseRoute reads a route's record. Line is the line of the dump that it was made of.
func (r *reader) parseRoute(text []byte) (rib.Route, error) {
	var route rib.Route
	route.Attrs.NotShown = r.hidden
	cur := reading.Cursor{Bytes: text}
	cur.Enter('{')
	for cur.Next('}') {
		r.routeMember(&cur, string(cur.Key()), &route)
	}
	cur.End()
	if cur.Err == nil && !route.Prefix.IsValid() {
		cur.Fail("it has no prefix")
	}
	if cur.Err == nil {
		checkHidden(&cur, &route)
	}
	return route, cur.Err
}

// checkHidden refuses a value of an attribute that the dump is said not to show.
func checkHidden(cur *reading.Cursor, r *rib.Route) {
	a := &r.Attrs
	var has rib.AttrSet
	for _, it := range []struct {
		there bool
		attr  rib.AttrSet
	}{
		{r.Neighbor.IsValid(), rib.AttrNeighbor},
		{a.NeighborASN != 0, rib.AttrNeighborASN},
		{a.NextHop.IsValid(), rib.AttrNextHop},
		{len(a.ASPath) > 0, rib.AttrASPath},
		{a.Origin != rib.OriginAbsent, rib.AttrOrigin},
		{a.LocalPref.Set, rib.AttrLocalPref},
		{a.MED.Set, rib.AttrMED},
		{len(a.Communities) > 0, rib.AttrCommunities},
		{len(a.LargeCommunities) > 0, rib.AttrLargeCommunities},
		{r.Marks&(rib.Best|rib.Multipath) != 0, rib.AttrBest},
	} {
		if it.there {
			has |= it.attr
		}
	}
	if both := has & a.NotShown; both != 0 {
		cur.Fail("it has a value of %s, which the dump does not show", both.Names()[0])
	}
}

func (r *reader) routeMember(cur *reading.Cursor, key string, route *rib.Route) {
	a := &route.Attrs
	switch key {
	case "prefix":
		text := cur.Text()
		p, err := reading.ParsePrefix(string(text))
		if err != nil {
			cur.Fail("%v", err)
		}
		route.Prefix = p
	case "path_id":
		route.PathID = cur.Uint32()
	case "neighbor":
		route.Neighbor = addrOrNull(cur, "neighbor")
	case "neighbor_asn":
		a.NeighborASN = optional(cur).Value
	case "next_hop":
		a.NextHop = addrOrNull(cur, "next hop")
	case "as_path":
		r.asPath(cur, a)
	case "origin":
		a.Origin = originOrNull(cur)
	case "local_pref":
		a.LocalPref = optional(cur)
	case "med":
		a.MED = optional(cur)
	case "communities":
		a.Communities = listOrNull(cur, rib.ParseCommunity)
	case "large_communities":
		a.LargeCommunities = listOrNull(cur, rib.ParseLargeCommunity)
	case "not_shown":
		a.NotShown |= attrSet(cur)
	case "line":
		route.Line = int(min(cur.Uint32(), 1<<31-1))
	default:
		markMember(cur, key, route)
	}
}

func markMember(cur *reading.Cursor, key string, route *rib.Route) {
	flag := func(m rib.Marks) {
		if cur.Boolean() {
			route.Marks |= m
		}
	}
	switch key {
	case "best":
		flag(rib.Best)
	case "multipath":
		flag(rib.Multipath)
	case "stale":
		flag(rib.Stale)
	case "internal":
		flag(rib.IBGP)
	case "rib_failure":
		flag(rib.RIBFailure)
	case "rpki_invalid":
		flag(rib.RPKIInvalid)
	case "unselected":
		flag(rib.Unselected)
	case "withdrawn":
		if cur.Boolean() {
			cur.Fail("it withdraws a route, and a table holds none such")
		}
	case "ineligible":
		route.Marks |= ineligible(cur)
	default:
		cur.Fail("unknown key %s", reading.Quote(key))
	}
}

// ineligibleWords are the values of the key ineligible.
var ineligibleWords = map[string]rib.Marks{
	"invalid": rib.Invalid, "filtered": rib.Filtered, "filtered,invalid": rib.Filtered | rib.Invalid,
}

func ineligible(cur *reading.Cursor) rib.Marks {
	text := string(cur.Text())
	m, ok := ineligibleWords[text]
	if !ok {
		cur.Fail("unknown value %s of ineligible", reading.Quote(text))
	}
	return m
}

func (r *reader) asPath(cur *reading.Cursor, a *rib.Attrs) {
	if cur.Null() {
		return
	}
	text := cur.Text()
	path, err := r.paths.Get(text, rib.ParseASPath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
	}
	a.ASPath = path
}

func addrOrNull(cur *reading.Cursor, what string) netip.Addr {
	if cur.Null() {
		return netip.Addr{}
	}
	text := cur.Text()
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		cur.Fail("bad %s %s", what, reading.Quote(text))
	}
	return a.Unmap()
}

func originOrNull(cur *reading.Cursor) rib.Origin {
	if cur.Null() {
		return rib.OriginAbsent
	}
	text := cur.Text()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.Fail("bad origin %s", reading.Quote(text))
	}
	return o
}

func optional(cur *reading.Cursor) rib.Optional {
	if cur.Null() {
		return rib.Optional{}
	}
	return rib.Some(cur.Uint32())
}

func listOrNull[C any](cur *reading.Cursor, parse func(string) (C, error)) []C {
	if cur.Null() {
		return nil
	}
	var out []C
	cur.Enter('[')
	for cur.Next(']') {
		text := cur.Text()
		v, err := parse(string(text))
		if err != nil {
			cur.Fail("bad community %s", reading.Quote(text))
		}
		out = append(out, v)
	}
	return out
}

func attrSet(cur *reading.Cursor) rib.AttrSet {
	set, err := rib.ParseAttrSet(reading.StringList(cur))
	if err != nil {
		cur.Fail("%v", err)
	}
	return set
}

func marks(cur *reading.Cursor) rib.Marks {
	m, err := reading.ParseMarks(reading.StringList(cur))
	if err != nil {
		cur.Fail("%v", err)
	}
	return m
}
