package openconfig

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// ocFirst is the first reading: it takes tables and sets, and leaves routes alone.
type ocFirst reader

func (r *ocFirst) table(at ocPlace) bool {
	r.seen.table(at)
	return false
}

func (r *ocFirst) sets(ocPlace) bool { return true }

// rib are the sets that stand beside a place.
func (r *ocFirst) rib(at ocPlace) *ocRib {
	of := ocPlace{instance: at.instance, protocol: at.protocol}
	if r.ribs[of] == nil {
		r.ribs[of] = newOCRib()
		r.seen.ribs = append(r.seen.ribs, of)
	}
	return r.ribs[of]
}

func (r *ocFirst) row(kind string, at ocPlace, _ int, raw []byte, keys keyValues) error {
	if raw == nil || kind == "route" {
		return r.Ctx.Err()
	}
	set := r.rib(at)
	for _, raw := range unwrapped(kind, raw, keys) {
		if r.seen.sets == maxOCSets {
			r.seen.crowded = true
			break
		}
		r.seen.sets++
		if kind == "attr-set" {
			if s := parseOCSet(raw, keys); s.index.set {
				set.addSet(s.index.value, s)
			}
		} else if c := parseOCComms(raw, keys); c.index.set {
			set.addComms(c.index.value, c)
		}
	}
	return r.Ctx.Err()
}

// unwrapped are the elements of a value that a path with keys names: the element itself, or a list of its
// name with it.
func unwrapped(kind string, raw []byte, keys keyValues) (out [][]byte) {
	if keys == nil {
		return [][]byte{raw}
	}
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		if ocLocal(key) == kind && cur.Peek() == '[' {
			cur.EachElement(func() { out = append(out, cur.Value()) })
			return
		}
		cur.Value()
	})
	if len(out) == 0 {
		return [][]byte{raw}
	}
	return out
}

func (r *ocFirst) aside(key string, raw []byte) {
	if cur := (reading.Cursor{Bytes: raw}); key == "source" && cur.Peek() == '"' {
		r.seen.source(string(cur.Text()))
	}
}

func (r *ocFirst) stray(what ocStray) { r.seen.strays[what]++ }

// ocSecond is the second reading: it takes routes.
type ocSecond reader

func (r *ocSecond) table(at ocPlace) bool {
	_, wanted := r.wants[at]
	if !wanted && !r.seen.known[at] && !r.lost {
		r.lost = true
		r.Problem(r.walk.s.Line, "here stands a table that could not be read in full before: what it holds is missing")
	}
	return wanted || r.left[at] != ""
}

func (r *ocSecond) sets(ocPlace) bool { return false }

func (r *ocSecond) stray(what ocStray) {
	if what == scalar {
		r.Problem(r.walk.s.Line, "a value stands where a part of the tree should")
	}
}

// aside reads when the answer was made: the oldest one of the file counts.
func (r *ocSecond) aside(key string, raw []byte) {
	if key != "timestamp" {
		return
	}
	cur := reading.Cursor{Bytes: raw}
	ns := ocIndex(&cur)
	made := time.Unix(0, int64(min(ns, 1<<62))).UTC()
	h := &r.Result.Header
	if cur.Err == nil && made.Year() >= 2000 && (h.Time.IsZero() || made.Before(h.Time)) {
		h.Time = made
	}
}

func (r *ocSecond) row(kind string, at ocPlace, line int, raw []byte, keys keyValues) error {
	table, wanted := r.wants[at]
	switch {
	case r.Stopped():
		return r.Ctx.Err()
	case kind != "route":
		return nil
	case !wanted:
		if whose := r.left[at]; whose != "" {
			for range unwrapped(kind, raw, keys) {
				r.LeaveOut(line, "%s", whose)
			}
		}
		return nil
	case raw == nil:
		r.Skip(line, "a route is %v", reading.ErrTooLong)
		return nil
	}
	for _, raw := range unwrapped(kind, raw, keys) {
		(*reader)(r).route(line, raw, keys, &table)
	}
	return nil
}

// ocRoute is one route as the dump shows it.
type ocRoute struct {
	prefix, source string
	pathID         ocKey
	set, comms     ocKey // what it refers to
	inline         *ocSet
	best           *bool
	invalid        bool
	reason         string
}

// route hands on one route.
func (r *reader) route(line int, raw []byte, keys keyValues, t *ocWanted) {
	w := ocRoute{prefix: keys["prefix"], source: keys["origin"]}
	cur := reading.Cursor{Bytes: raw}
	if id, ok := keys["path-id"]; ok {
		w.pathID.read(&reading.Cursor{Bytes: []byte(id)})
	}
	w.read(&cur)
	cur.End()
	out, err := rib.Route{}, cur.Err
	if err == nil {
		out, err = r.routeOf(&w, t)
	}
	if err != nil {
		r.Skip(line, "bad route of %s: %v", reading.Quote(w.prefix), err)
		return
	}
	out.Line = line
	r.Route(out)
}

func (w *ocRoute) read(cur *reading.Cursor) {
	cur.EachMember(func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.EachMember(func(key []byte) { w.leaf(cur, ocLocal(key)) })
		case "attr-sets": // SONiC writes them into the route
			w.inline = &ocSet{}
			w.inline.read(cur)
		default:
			w.leaf(cur, ocLocal(key))
		}
	})
}

func (w *ocRoute) leaf(cur *reading.Cursor, key string) {
	switch key {
	case "prefix":
		w.same(cur, key, &w.prefix)
	case "origin":
		w.same(cur, key, &w.source)
	case "path-id":
		w.pathID.read(cur)
	case "attr-index":
		w.set.read(cur)
	case "community-index":
		w.comms.read(cur)
	case "valid-route":
		if !ocBool(cur) {
			w.invalid = true
		}
	case "invalid-reason":
		if len(cur.Text()) > 0 {
			w.invalid = true
		}
	case "best-path":
		best := ocBool(cur)
		w.best = &best
	case "reject-reason":
		w.reason = ocLocal(cur.Text())
	default:
		cur.Value()
	}
}

// same reads a key, which the list element says twice.
func (w *ocRoute) same(cur *reading.Cursor, key string, have *string) {
	text := string(cur.Text())
	if *have != "" && *have != text && cur.Err == nil {
		cur.Fail("its %s is %s and %s", key, reading.Quote(*have), reading.Quote(text))
	}
	*have = text
}

// routeOf puts the route together.
func (r *reader) routeOf(w *ocRoute, t *ocWanted) (rib.Route, error) {
	prefix, err := reading.ParsePrefix(w.prefix)
	if err != nil {
		return rib.Route{}, err
	}
	if t.family != "" && t.family != rib.FamilyOf(prefix).String()+"-unicast" {
		return rib.Route{}, fmt.Errorf("it stands in a table of %s", t.family)
	}
	out := rib.Route{Prefix: prefix, PathID: uint32(w.pathID.value)}
	if w.pathID.value > 1<<32-1 {
		return out, fmt.Errorf("its path id %d is over 32 bits", w.pathID.value)
	}
	if err := r.attributes(w, t, &out.Attrs); err != nil {
		return out, err
	}
	if err := r.sender(w, t, &out); err != nil {
		return out, err
	}
	if err := r.standing(w, &out); err != nil {
		return out, err
	}
	return out, r.once(t, &out)
}

// once makes a route bad whose keys stood before: no table holds it twice, but a file of two answers does.
func (r *reader) once(t *ocWanted, out *rib.Route) error {
	if !out.Neighbor.IsValid() && t.name == "" {
		return nil // two protocols may have a route of it
	}
	if _, seen := r.keys.Add(reading.Identity{Prefix: out.Prefix, Neighbor: out.Neighbor, PathID: out.PathID}, 0, false); seen {
		return errors.New("it stands twice: give each answer a file of its own")
	}
	return nil
}

// attributes finds what the route refers to. A set that the dump does not hold, or not yet where it is cut
// off, makes the route bad: no attribute is ever made up.
func (r *reader) attributes(w *ocRoute, t *ocWanted, a *rib.Attrs) error {
	set := w.inline
	if set == nil {
		held, known := t.rib.sets[w.set.value]
		switch {
		case !w.set.set || !known:
			r.naked++
			return errNoSet(w.set, "attribute")
		case held.bad != nil:
			return fmt.Errorf("its attributes: %w", held.bad)
		}
		set = &held
	}
	*a = set.attrs
	shown := set.shown
	if w.comms.set {
		comms, known := t.rib.comms[w.comms.value]
		switch {
		case known && comms.bad != nil:
			return fmt.Errorf("its communities: %w", comms.bad)
		case !known && (len(t.rib.comms) > 0 || !r.whole):
			return errNoSet(w.comms, "community")
		case known:
			a.Communities, shown = comms.list, shown|rib.AttrCommunities
		}
	} else if len(t.rib.comms) > 0 && w.inline == nil {
		shown |= rib.AttrCommunities // others have some
	}
	const must = rib.AttrNextHop | rib.AttrASPath | rib.AttrOrigin | rib.AttrCommunities
	a.NotShown = hides | hidesIn(r.Source.View) | must&^shown
	return nil
}

func errNoSet(index ocKey, what string) error {
	if !index.set {
		return fmt.Errorf("it refers to no %s set", what)
	}
	return fmt.Errorf("its %s set %d is not in the dump", what, index.value)
}

// protocols are those beside BGP that a route may come from, instead of a neighbour's address (INSTALL_PROTOCOL_TYPE of
// openconfig-policy-types).
var protocols = map[string]bool{
	"ISIS": true, "OSPF": true, "OSPF3": true, "STATIC": true, "DIRECTLY_CONNECTED": true, "LOCAL_AGGREGATE": true, "IGMP": true, "PIM": true, "RIP": true,
}

// sender says whose the route is: of a table's neighbour, or of the address that the Loc-RIB names as its origin.
func (r *reader) sender(w *ocRoute, t *ocWanted, out *rib.Route) error {
	a := &out.Attrs
	if t.table == "" {
		r.againstView(w)
	}
	switch {
	case t.table != "loc-rib" && t.table != "":
		if out.Neighbor = t.neighbor; !out.Neighbor.IsValid() {
			if t.name == "" {
				return fmt.Errorf("whose table it stands in is not in the dump")
			}
			a.NotShown |= rib.AttrNeighbor // an interface
		}
	case w.source == "":
		a.NotShown |= rib.AttrNeighbor
	default:
		from, err := netip.ParseAddr(w.source)
		protocol := ocLocal(w.source)
		switch {
		case err == nil && !from.IsUnspecified():
			out.Neighbor = from.WithZone("").Unmap()
		case err != nil && protocol == "BGP":
			a.NotShown |= rib.AttrNeighbor
		case err == nil || protocols[protocol]:
			reading.AsOwn(out)
			a.NotShown &^= rib.AttrNextHop | rib.AttrASPath
		default:
			return fmt.Errorf("its origin %s is neither a neighbor nor a protocol", reading.Quote(w.source))
		}
	}
	if a.NotShown.Has(rib.AttrNeighbor) {
		out.Neighbor = netip.Addr{}
	}
	return nil
}

// againstView holds a route of a table that the document does not name against the view: only the routes of the
// Loc-RIB have an origin.
func (r *reader) againstView(w *ocRoute) {
	if w.source != "" {
		r.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: "the routes of the dump name where they are from, as loc-rib's do"})
	} else {
		r.Shows(reading.Shown{Extent: reading.OfOne, What: "the routes of the dump do not name where they are from, as a neighbor's do"})
	}
}

// ocLost are the reasons of openconfig-rib-bgp-types for a route that is good, and not the best one.
var ocLost = map[string]bool{
	"": true, "LOCAL_PREF_LOWER": true, "AS_PATH_LONGER": true, "ORIGIN_TYPE_HIGHER": true, "MED_HIGHER": true,
	"PREFER_EXTERNAL": true, "NEXTHOP_COST_HIGHER": true, "HIGHER_ROUTER_ID": true, "HIGHER_PEER_ADDRESS": true,
}

// standing says what the router makes of the route.
func (r *reader) standing(w *ocRoute, out *rib.Route) error {
	a := &out.Attrs
	switch {
	case w.reason == "REJECTED_IMPORT_POLICY":
		out.Marks |= rib.Filtered
	case !ocLost[w.reason]:
		return fmt.Errorf("unknown reject-reason %s", reading.Quote(w.reason))
	}
	if w.invalid {
		out.Marks |= rib.Invalid
	}
	switch {
	case w.best == nil:
		a.NotShown |= rib.AttrBest
	case *w.best && !a.NotShown.Has(rib.AttrBest):
		out.Marks |= rib.Best
	}
	reading.Hide(a)
	return nil
}
