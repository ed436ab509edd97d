package dump

import (
	"net/netip"
	"strings"

	"bgpaudit/rib"
)

// nxosJSONRows turns the paths of one prefix into routes.
type nxosJSONRows struct {
	*collector
	family   rib.Family
	paths    attrCache[rib.ASPath]
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
}

// read hands on the paths of one prefix.
func (r *nxosJSONRows) read(line int, raw []byte) {
	r.found = r.found[:0]
	var text string
	var total rib.Optional
	cur := cursor{b: raw}
	cur.eachMember(func(key []byte) {
		switch string(key) {
		case "ipprefix", "ipv6prefix", "nonipprefix":
			text = string(cur.scalar())
		case "totalpaths":
			total = rib.Some(cur.uint32())
		case "TABLE_path":
			cur.oneOrMany(func() {
				within(&cur, "ROW_path", func() { r.found = append(r.found, r.path(&cur)) })
			})
		default:
			cur.value()
		}
	})
	cur.end()
	if r.detailed {
		return
	}
	prefix, err := parsePrefix(text)
	switch {
	case cur.err != nil:
		r.skip(line, "bad row of %s: %v", quote(text), cur.err)
		return
	case err != nil:
		r.skip(line, "%v", err)
		return
	case rib.FamilyOf(prefix) != r.family:
		r.skip(line, "bad row: %s stands in a table of %s", prefix, r.family)
		return
	case len(r.found) == 0:
		r.skip(line, "no path of %s is there", prefix)
		return
	case tableView(r.src.View) && total.Set && int(total.Value) != len(r.found):
		r.problem(line, "the dump says that %s has %d paths, but %d are there", prefix, total.Value, len(r.found))
	}
	for i := range r.found {
		r.hand(line, prefix, &r.found[i])
	}
}

func (r *nxosJSONRows) path(cur *cursor) nxosPath {
	var p nxosPath
	cur.eachMember(func(key []byte) { r.member(cur, key, &p) })
	return p
}

func (r *nxosJSONRows) member(cur *cursor, key []byte, p *nxosPath) {
	switch string(key) {
	case "pathvalid", "pathbest":
		r.detailed = true
		cur.value()
	case "status":
		p.status = nxosWord(cur)
	case "statuscode":
		p.code, p.coded = nxosWord(cur), true
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
			cur.fail("bad origin %s", quote(text))
		}
		p.attrs.Origin = o
		p.shown |= rib.AttrOrigin
	case "metric":
		p.attrs.MED = nxosNumber(cur)
	case "localpref":
		p.attrs.LocalPref = nxosNumber(cur)
	default:
		cur.value()
	}
}

// nxosWord reads a value that may be a string or not. null is an empty one.
func nxosWord(cur *cursor) string {
	if cur.null() {
		return ""
	}
	return strings.TrimSpace(string(cur.scalar()))
}

func nxosNumber(cur *cursor) rib.Optional {
	text := nxosWord(cur)
	n, ok := parseUint32([]byte(text))
	if text != "" && !ok {
		cur.fail("%s is no number from 0 to 4294967295", quote(text))
	}
	return rib.Optional{Value: n, Set: ok}
}

func nxosHop(cur *cursor, text string) netip.Addr {
	hop, ok := frrAddr([]byte(text))
	if !ok {
		cur.fail("bad next hop %s", quote(text))
	}
	return hop
}

// asPath reads "65540 65549". A path that was originated here is empty, or NONE.
func (r *nxosJSONRows) asPath(cur *cursor) rib.ASPath {
	text := nxosWord(cur)
	if text == "NONE" {
		text = ""
	}
	path, err := r.paths.get([]byte(text), rib.ParseASPath)
	if err != nil {
		cur.fail("bad AS path %s", quote(text))
	}
	return path
}

// hand hands one path on.
func (r *nxosJSONRows) hand(line int, prefix netip.Prefix, p *nxosPath) {
	marks, ok := p.marks()
	if !ok {
		r.skip(line, "bad row of %s: it does not say whether the path is valid", prefix)
		return
	}
	out := rib.Route{Prefix: prefix, Attrs: p.attrs, Marks: marks, Line: line}
	a := &out.Attrs
	a.NotShown = shapeNXOSJSON(r.src).NotShown | (rib.AttrNextHop|rib.AttrASPath|rib.AttrOrigin)&^p.shown
	if !p.ranked {
		a.NotShown |= rib.AttrBest
	}
	if a.NotShown.Has(rib.AttrBest) {
		out.Marks &^= rib.Best | rib.Multipath
	}
	hide(a)
	r.route(out)
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
	switch {
	case p.mark == ">", p.best == "bestpath":
		m |= rib.Best
	case p.mark == "|", p.best == "multipath":
		m |= rib.Multipath
	}
	return m, true
}
