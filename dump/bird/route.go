package bird

import (
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// closeRow hands the open route on. whole says that something stood behind it, so that none of its lines
// can be missing.
func (r *reader) closeRow(whole bool) {
	w := &r.row
	if !w.open {
		return
	}
	w.open = false
	if w.err == nil && w.head.other {
		r.tables.now.others++
		r.others = true
		return
	}
	r.unicast = true
	if r.tables.now.leftOut {
		r.LeaveOut(w.line, "of table %s", r.tables.now.name)
		return
	}
	if !r.claim() {
		return
	}
	r.tableLine()
	r.tables.now.rows++
	r.rows++
	if err := r.attrs.endList(); err != nil {
		w.fail("%w", err)
	}
	if r.attrs.has(source) && w.head.bgp && !r.attrs.bgp {
		w.fail("its first line is of BGP, and its type is not")
	}
	neighbor := r.neighbor()
	switch {
	case w.err != nil:
		r.Skip(w.line, "bad route of %s: %v", w.name(), w.err)
	case r.attrs.seen == 0:
		r.naked++
		r.Skip(w.line, "the route of %s shows no attributes: say all in the command", w.name())
	case !whole && r.cutWithin():
		r.Skip(w.line, "the route of %s is cut off", w.name())
	default:
		r.Route(r.routeOf(neighbor, whole || r.attrs.has(internal)))
	}
}

func (w *birdRow) name() string {
	if !w.hasFor {
		return "an unknown prefix"
	}
	return w.prefix.String()
}

// neighbor is the address behind "from", else the first gateway.
func (r *reader) neighbor() netip.Addr {
	switch {
	case r.attrs.has(birdFrom):
		return r.address(r.attrs.from)
	case r.row.from.IsValid():
		return r.row.from
	}
	return r.row.via
}

// cutWithin reports whether the file's last route lacks a line that every route has: BIRD prints attributes
// by their numbers, and every route that BGP received has a local preference.
func (r *reader) cutWithin() bool {
	a := &r.attrs
	if a.has(modern) && !a.has(internal) {
		return true
	}
	return !a.has(source) || a.bgp && !r.tables.now.encoded && !a.has(birdLocalPref)
}

// received reports whether a BGP neighbour sent the route.
func (r *reader) received() bool {
	if r.attrs.has(source) {
		return r.attrs.bgp
	}
	return r.row.head.bgp
}

// routeOf is the open row as the view of the feed takes it (docs/decisions/0050).
func (r *reader) routeOf(neighbor netip.Addr, whole bool) rib.Route {
	out := rib.Route{Prefix: r.row.prefix, Marks: r.marks(), Line: r.row.line, Attrs: r.attrs.Attrs}
	a := &out.Attrs
	a.NotShown = Hides
	switch {
	case r.export && r.tables.now.encoded:
		a.NotShown |= rib.AttrNeighbor | r.attrs.seen.missing()
	case r.export:
		beforeEncoding(a, r.received() && !r.attrs.has(path))
	case !r.received():
		reading.AsOwn(&out)
	default:
		out.Neighbor, out.PathID = neighbor, r.attrs.pathID
		a.NotShown |= r.attrs.seen.missing()
	}
	if r.hidesBest() {
		a.NotShown |= rib.AttrBest
	}
	if !whole {
		a.NotShown |= r.perhapsCut()
	}
	reading.Hide(a)
	return out
}

// fullLine is from where on a list may have been broken off, to go on in another line.
const fullLine = 400

// perhapsCut is what may have stood behind the last line of a file that does not show its end. BIRD prints
// communities behind the other attributes, and large ones behind those.
func (r *reader) perhapsCut() (hidden rib.AttrSet) {
	a := &r.attrs
	later := func(from birdKey, attr rib.AttrSet) {
		if a.seen&from == 0 {
			hidden |= attr
		}
	}
	later(birdLarges|birdComms, rib.AttrCommunities)
	later(birdLarges, rib.AttrLargeCommunities)
	if own := !r.received(); own {
		later(birdLarges|birdComms|birdLocalPref, rib.AttrLocalPref)
		later(birdLarges|birdComms|birdLocalPref|med, rib.AttrMED)
		later(birdLarges|birdComms|birdLocalPref|med|nextHop|path|origin, rib.AttrOrigin)
		if r.export {
			later(birdLarges|birdComms|birdLocalPref|med|nextHop|path, rib.AttrASPath)
		}
	}
	if len(a.text) >= fullLine && a.seen&(birdComms|birdLarges) != 0 {
		hidden |= rib.AttrLargeCommunities
		if !a.has(birdLarges) {
			hidden |= rib.AttrCommunities
		}
	}
	return hidden
}

// beforeEncoding takes a route as "show route export" prints it. Encoding comes later: it sets the next
// hop and a missing origin, puts our ASN in front, and drops local preference and MED where the session
// does not carry them. What is printed of these proves nothing; what is not printed was not sent.
func beforeEncoding(a *rib.Attrs, pathless bool) {
	a.NotShown = ExportHides
	if pathless {
		a.NotShown |= rib.AttrASPath
	}
	if a.Origin == rib.OriginAbsent {
		a.NotShown |= rib.AttrOrigin
	}
	if a.LocalPref.Set {
		a.NotShown |= rib.AttrLocalPref
	}
	if a.MED.Set {
		a.NotShown |= rib.AttrMED
	}
}

// missing is what every BGP route has: where its line is not there, it is not shown.
func (k birdKey) missing() (hidden rib.AttrSet) {
	if k&origin == 0 {
		hidden |= rib.AttrOrigin
	}
	if k&path == 0 {
		hidden |= rib.AttrASPath
	}
	if k&nextHop == 0 {
		hidden |= rib.AttrNextHop
	}
	return hidden
}
