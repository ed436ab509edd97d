package cisco

import (
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// nxosJSONRows turns the paths of one prefix into routes.
type nxosJSONRows struct {
	*reading.Collector
	family   rib.Family
	paths    reading.AttrCache[rib.ASPath]
	found    []nxosPath
	detailed bool // the paths are printed as on the page of one prefix
}

// nxosPath is one path as NX-OS printed it.
type nxosPath struct {
	attrs        rib.Attrs
	shown        rib.AttrSet // of the next hop, the AS path and the origin
	status, best string      // in words
	code, mark   string      // the same as the text has them: "*" and ">"
	coded        bool        // code is there, and alone says what the path is
	ranked       bool        // it says whether it is best
	internal     bool        // an iBGP neighbour sent it
}

// read hands on the paths of one prefix.
func (r *nxosJSONRows) read(line int, raw []byte) {
	r.found = r.found[:0]
	var text string
	var total rib.Optional
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "ipprefix", "ipv6prefix", "nonipprefix":
			text = string(cur.Scalar())
		case "totalpaths":
			total = rib.Some(cur.Uint32())
		case "TABLE_path":
			cur.OneOrMany(func() {
				reading.Within(&cur, "ROW_path", func() { r.found = append(r.found, r.path(&cur)) })
			})
		default:
			cur.Value()
		}
	})
	cur.End()
	if r.detailed {
		return
	}
	prefix, err := reading.ParsePrefix(text)
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad row of %s: %v", reading.Quote(text), cur.Err)
		return
	case err != nil:
		r.Skip(line, "%v", err)
		return
	case rib.FamilyOf(prefix) != r.family:
		r.Skip(line, "bad row: %s stands in a table of %s", prefix, r.family)
		return
	case len(r.found) == 0:
		r.Skip(line, "no path of %s is there", prefix)
		return
	case reading.TableView(r.Source.View) && total.Set && int(total.Value) != len(r.found):
		r.Problem(line, "the dump says that %s has %d paths, but %d are there", prefix, total.Value, len(r.found))
	}
	for i := range r.found {
		r.hand(line, prefix, &r.found[i])
	}
}

func (r *nxosJSONRows) path(cur *reading.Cursor) nxosPath {
	var p nxosPath
	cur.EachMember(func(key []byte) { r.member(cur, key, &p) })
	return p
}

func (r *nxosJSONRows) member(cur *reading.Cursor, key []byte, p *nxosPath) {
	switch string(key) {
	case "pathvalid", "pathbest":
		r.detailed = true
		cur.Value()
	case "status":
		p.status = nxosWord(cur)
	case "statuscode":
		p.code, p.coded = nxosWord(cur), true
	case "type", "typecode": // "internal" and "i", "external" and "e", "local" and "l"
		kind := nxosWord(cur)
		p.internal = p.internal || kind == "internal" || kind == "i"
	case "best":
		p.best, p.ranked = nxosWord(cur), true
	case "bestcode":
		p.mark, p.ranked = nxosWord(cur), true
	case "ipnexthop", "ipv6nexthop":
		if text := nxosWord(cur); text != "" {
			p.attrs.NextHop = nxosHop(cur, text)
			p.shown |= rib.AttrNextHop
		}
	case "aspath":
		p.attrs.ASPath = r.asPath(cur)
		p.shown |= rib.AttrASPath
	case "origin":
		text := nxosWord(cur)
		o, err := rib.ParseOrigin(text)
		if err != nil {
			cur.Fail("bad origin %s", reading.Quote(text))
		}
		p.attrs.Origin = o
		p.shown |= rib.AttrOrigin
	case "metric":
		p.attrs.MED = nxosNumber(cur)
	case "localpref":
		p.attrs.LocalPref = nxosNumber(cur)
	default:
		cur.Value()
	}
}

// nxosWord reads a value that may be a string or not. null is an empty one.
func nxosWord(cur *reading.Cursor) string {
	if cur.Null() {
		return ""
	}
	return strings.TrimSpace(string(cur.Scalar()))
}

func nxosNumber(cur *reading.Cursor) rib.Optional {
	text := nxosWord(cur)
	n, ok := reading.ParseUint32([]byte(text))
	if text != "" && !ok {
		cur.Fail("%s is no number from 0 to 4294967295", reading.Quote(text))
	}
	return rib.Optional{Value: n, Set: ok}
}

func nxosHop(cur *reading.Cursor, text string) netip.Addr {
	hop, ok := reading.AddrOf([]byte(text))
	if !ok {
		cur.Fail("bad next hop %s", reading.Quote(text))
	}
	return hop
}

// asPath reads "65540 65549". A path that was originated here is empty, or NONE.
func (r *nxosJSONRows) asPath(cur *reading.Cursor) rib.ASPath {
	text := nxosWord(cur)
	if text == "NONE" {
		text = ""
	}
	path, err := r.paths.Get([]byte(text), rib.ParseASPath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
	}
	return path
}

// hand hands one path on.
func (r *nxosJSONRows) hand(line int, prefix netip.Prefix, p *nxosPath) {
	marks, ok := p.marks()
	if !ok {
		r.Skip(line, "bad row of %s: it does not say whether the path is valid", prefix)
		return
	}
	out := rib.Route{Prefix: prefix, Attrs: p.attrs, Marks: marks, Line: line}
	a := &out.Attrs
	a.NotShown = shapeNXOSJSON(r.Source).NotShown | (rib.AttrNextHop|rib.AttrASPath|rib.AttrOrigin)&^p.shown
	if !p.ranked {
		a.NotShown |= rib.AttrBest
	}
	if a.NotShown.Has(rib.AttrBest) {
		out.Marks &^= rib.Best | rib.Multipath
	}
	reading.Hide(a)
	r.Route(out)
}

// marks reads what the router makes of the path, as the text is read: "*", "s" (an aggregate suppresses it) and "S"
// can be used; "x", "d", "h" and a blank cannot.
func (p *nxosPath) marks() (m rib.Marks, ok bool) {
	switch {
	case p.coded && (p.code == "*" || p.code == "s"), !p.coded && p.status == "valid":
	case p.coded && p.code == "S", !p.coded && p.status == "stale":
		m |= rib.Stale
	case !p.coded && p.status == "":
		return 0, false
	default:
		m |= rib.Invalid
	}
	if p.internal {
		m |= rib.IBGP
	}
	switch {
	case p.mark == ">", p.best == "bestpath":
		m |= rib.Best
	case p.mark == "|", p.best == "multipath":
		m |= rib.Multipath
	}
	return m, true
}
