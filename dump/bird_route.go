package dump

import (
	"net/netip"

	"bgpaudit/rib"
)

// closeRow hands the open route on. whole says that something stood behind it, so that none of its lines
// can be missing.
func (r *birdReader) closeRow(whole bool) {
	w := &r.row
	if !w.open {
		return
	}
	w.open = false
	if w.err == nil && w.head.other {
		r.tables.now.others++
		return
	}
	if r.tables.now.leftOut || !r.claim() {
		return
	}
	r.tableLine()
	r.tables.now.rows++
	r.rows++
	if err := r.attrs.endList(); err != nil {
		w.fail("%w", err)
	}
	neighbor := r.neighbor()
	switch {
	case w.err != nil:
		r.skip(w.line, "bad route of %s: %v", w.name(), w.err)
	case r.attrs.seen == 0:
		r.naked++
		r.skip(w.line, "the route of %s shows no attributes: say all in the command", w.name())
	case !whole && r.cutWithin():
		r.skip(w.line, "the route of %s is cut off", w.name())
	default:
		r.collector.route(r.routeOf(neighbor, whole || r.attrs.has(birdInternal)))
	}
}

func (w *birdRow) name() string {
	if !w.hasFor {
		return "an unknown prefix"
	}
	return w.prefix.String()
}

// neighbor is the address behind "from", else the first gateway.
func (r *birdReader) neighbor() netip.Addr {
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
func (r *birdReader) cutWithin() bool {
	a := &r.attrs
	if a.has(birdModern) && !a.has(birdInternal) {
		return true
	}
	return !a.has(birdSource) || a.bgp && !r.tables.now.encoded && !a.has(birdLocalPref)
}

// received reports whether a BGP neighbour sent the route.
func (r *birdReader) received() bool {
	if r.attrs.has(birdSource) {
		return r.attrs.bgp
	}
	return r.row.head.bgp
}

// routeOf is the open row as the view of the feed takes it (docs/decisions/0050).
func (r *birdReader) routeOf(neighbor netip.Addr, whole bool) rib.Route {
	out := rib.Route{Prefix: r.row.prefix, Marks: r.marks(), Line: r.row.line, Attrs: r.attrs.Attrs}
	a := &out.Attrs
	a.NotShown = birdHides
	switch {
	case r.export && r.tables.now.encoded:
		a.NotShown |= rib.AttrNeighbor | r.attrs.seen.missing()
	case r.export:
		beforeEncoding(a, r.received() && !r.attrs.has(birdPath))
	case !r.received():
		asOwn(&out)
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
	hide(a)
	return out
}

// fullLine is from where on a list may have been broken off, to go on in another line.
const fullLine = 400

// perhapsCut is what may have stood behind the last line of a file that does not show its end. BIRD prints
// communities behind the other attributes, and large ones behind those.
func (r *birdReader) perhapsCut() (hidden rib.AttrSet) {
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
		later(birdLarges|birdComms|birdLocalPref|birdMED, rib.AttrMED)
		later(birdLarges|birdComms|birdLocalPref|birdMED|birdNextHop|birdPath|birdOrigin, rib.AttrOrigin)
		if r.export {
			later(birdLarges|birdComms|birdLocalPref|birdMED|birdNextHop|birdPath, rib.AttrASPath)
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
	a.NotShown = birdExportHides
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

// asOwn takes a static route, or one of another protocol, in a received view: nobody sent it to us. An AS
// path that a filter gave it names no neighbour, and is left out.
func asOwn(out *rib.Route) {
	out.Attrs.ASPath = nil
	out.Attrs.NextHop = netip.IPv6Unspecified()
	if out.Prefix.Addr().Is4() {
		out.Attrs.NextHop = netip.IPv4Unspecified()
	}
}

// hide clears what is not shown.
func hide(a *rib.Attrs) {
	h := a.NotShown
	if h.Has(rib.AttrNextHop) {
		a.NextHop = netip.Addr{}
	}
	if h.Has(rib.AttrASPath) {
		a.ASPath = nil
	}
	if h.Has(rib.AttrOrigin) {
		a.Origin = rib.OriginAbsent
	}
	if h.Has(rib.AttrLocalPref) {
		a.LocalPref = rib.Optional{}
	}
	if h.Has(rib.AttrMED) {
		a.MED = rib.Optional{}
	}
	if h.Has(rib.AttrCommunities) {
		a.Communities = nil
	}
	if h.Has(rib.AttrLargeCommunities) {
		a.LargeCommunities = nil
	}
}

// missing is what every BGP route has: where its line is not there, it is not shown.
func (k birdKey) missing() (hidden rib.AttrSet) {
	if k&birdOrigin == 0 {
		hidden |= rib.AttrOrigin
	}
	if k&birdPath == 0 {
		hidden |= rib.AttrASPath
	}
	if k&birdNextHop == 0 {
		hidden |= rib.AttrNextHop
	}
	return hidden
}
