package dump

import (
	"errors"
	"net/netip"

	"bgpaudit/rib"
)

// openbgpdJSON is what OpenBGPD's bgpctl prints with -j (docs/formats/openbgpd-json.md).
var openbgpdJSON = Format{Name: "openbgpd-json", Sniff: sniffOpenBGPD, Read: readOpenBGPD, Shape: shapeOpenBGPD}

// openbgpdBriefHides is what bgpctl prints with "detail" alone.
const openbgpdBriefHides = rib.AttrCommunities | rib.AttrLargeCommunities

func sniffOpenBGPD(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	return len(list) > 0 && list[0] == member{"rib", '['} &&
		(len(list) == 1 || hasMember(list, "aspath") && hasMember(list, "exit_nexthop", "true_nexthop"))
}

func shapeOpenBGPD(src Source) Header {
	h := Header{Format: "openbgpd-json", ASPathForm: rib.AsSent, NotShown: openbgpdBriefHides | rib.AttrNeighborASN}
	switch {
	case advertisedView(src.View):
		h.NotShown |= rib.AttrBest | rib.AttrLocalPref
	case src.View == rib.AdjRIBInPre:
		h.NotShown |= rib.AttrBest
	}
	return h
}

// openbgpdReader walks the documents of one file.
type openbgpdReader struct {
	*collector
	s      *scanner
	paths  attrCache[rib.ASPath]
	comms  attrCache[rib.Community]
	larges attrCache[rib.LargeCommunity]
	held   bool // a table was there
	detail bool // a row of this document showed communities, so all rows would
	chosen int  // rows that are best or multipath
	usable int  // rows that are valid
}

func readOpenBGPD(in *input, c *collector) error {
	r := &openbgpdReader{collector: c, s: newScanner(in.text)}
	empty := false
	err := c.eachDocument(r.s, func(open byte) error {
		if open != '{' {
			return r.s.unexpected(open, "an object")
		}
		r.detail, empty = false, true
		return r.s.eachMember(func(key string, _ int) error {
			empty = false
			if key == "rib" {
				return r.table()
			}
			return r.s.skip()
		})
	})
	if err != nil {
		return err
	}
	if !r.held && !r.partial && !empty {
		return errors.New("not a route table: looks like another page of bgpctl: export show rib, as docs/formats/openbgpd-json.md says")
	}
	r.againstView()
	return nil
}

func (r *openbgpdReader) table() error {
	r.held = true
	return r.s.eachElement(func(line int) error {
		raw, err := r.row(r.s, line, "the table")
		if raw != nil && err == nil {
			r.read(line, raw)
		}
		return err
	})
}

// againstView holds the marks of the rows against the declared view: Adj-RIBs are printed without a
// best path, and Adj-RIB-In without a valid one.
func (r *openbgpdReader) againstView() {
	view, routes := r.src.View, r.res.Routes
	switch {
	case routes == 0:
	case r.chosen > 0 && (advertisedView(view) || view == rib.AdjRIBInPre):
		r.say("the dump marks %d routes as best or ecmp, as the Loc-RIB is printed; the config says %s", r.chosen, view)
	case r.usable == 0 && (advertisedView(view) || tableView(view) || view == rib.AdjRIBInPost):
		r.say("the dump marks no route as valid, as Adj-RIB-In is printed; the config says %s", view)
	case r.chosen == 0 && tableView(view):
		r.say("the dump marks no route as best, as routes of one neighbor are printed; the config says %s", view)
	}
}

// openbgpdRow is one route as bgpctl printed it.
type openbgpdRow struct {
	prefix      string
	attrs       rib.Attrs
	neighbor    netip.Addr
	marks       rib.Marks
	valid       bool
	pathShown   bool
	originShown bool
	hopShown    bool
}

func (r *openbgpdReader) read(line int, raw []byte) {
	var w openbgpdRow
	cur := cursor{b: raw}
	cur.eachMember(func(key []byte) { r.member(&cur, string(key), &w) })
	cur.end()
	if cur.err != nil {
		r.skip(line, "bad row: %v", cur.err)
		return
	}
	prefix, err := parsePrefix(w.prefix)
	if err != nil {
		r.skip(line, "bad row: %v", err)
		return
	}
	out := r.routeOf(&w, prefix)
	out.Line = line
	r.route(out)
}

func (r *openbgpdReader) member(cur *cursor, key string, w *openbgpdRow) {
	a := &w.attrs
	switch key {
	case "prefix":
		w.prefix = string(cur.str())
	case "aspath":
		text := cur.str()
		path, err := r.paths.get(text, rib.ParseASPath)
		if err != nil {
			cur.fail("bad AS path %s", quote(text))
		}
		a.ASPath, w.pathShown = path, true
	case "exit_nexthop":
		text := cur.str()
		hop, ok := frrAddr(text)
		if !ok {
			cur.fail("bad next hop %s", quote(text))
		}
		a.NextHop, w.hopShown = hop, true
	case "origin":
		text := cur.str()
		o, err := rib.ParseOrigin(string(text))
		if err != nil {
			cur.fail("bad origin %s", quote(text))
		}
		a.Origin, w.originShown = o, true
	case "metric":
		if n := cur.uint32(); n > 0 { // printed as 0 where there is none
			a.MED = rib.Some(n)
		}
	case "localpref":
		a.LocalPref = rib.Some(cur.uint32())
	case "neighbor":
		cur.eachMember(func(key []byte) { w.readNeighbor(cur, key) })
	case "communities":
		r.detail = true
		cur.eachElement(func() { a.Communities = append(a.Communities, communityOf(cur, &r.comms, rib.ParseCommunity)) })
	case "large_communities":
		r.detail = true
		cur.eachElement(func() {
			a.LargeCommunities = append(a.LargeCommunities, communityOf(cur, &r.larges, rib.ParseLargeCommunity))
		})
	case "extended_communities":
		r.detail = true
		cur.value()
	default:
		w.mark(cur, key)
	}
}

// communityOf reads one community of a list.
func communityOf[C any](cur *cursor, cache *attrCache[C], parse func(string) (C, error)) C {
	text := cur.str()
	c, err := cache.get(text, parse)
	if err != nil && cur.err == nil {
		cur.fail("bad community %s", quote(text))
	}
	return c
}

func (w *openbgpdRow) mark(cur *cursor, key string) {
	marks := map[string]rib.Marks{"best": rib.Best, "ecmp": rib.Multipath, "stale": rib.Stale}
	switch key {
	case "valid":
		w.valid = cur.boolean()
	case "best", "ecmp", "stale":
		if cur.boolean() {
			w.marks |= marks[key]
		}
	default:
		cur.value()
	}
}

// readNeighbor reads the neighbour's address; "???" stands for the router itself.
func (w *openbgpdRow) readNeighbor(cur *cursor, key []byte) {
	if string(key) != "remote_addr" {
		cur.value()
		return
	}
	text := cur.str()
	a, ok := frrAddr(text)
	if !ok && string(text) != "???" {
		cur.fail("bad neighbor %s", quote(text))
	}
	w.neighbor = a
}

// routeOf is the row as the view of the feed takes it. The local preference of an advertised route is
// the router's own, not what is sent.
func (r *openbgpdReader) routeOf(w *openbgpdRow, prefix netip.Prefix) rib.Route {
	out := rib.Route{Prefix: prefix, Neighbor: w.neighbor, Attrs: w.attrs, Marks: w.marks}
	if w.valid {
		r.usable++
	}
	if w.marks&(rib.Best|rib.Multipath) != 0 {
		r.chosen++
	}
	a := &out.Attrs
	a.NotShown = shapeOpenBGPD(r.src).NotShown
	if r.detail {
		a.NotShown &^= openbgpdBriefHides
	}
	if !w.pathShown {
		a.NotShown |= rib.AttrASPath
	}
	if !w.hopShown {
		a.NotShown |= rib.AttrNextHop
	}
	if !w.originShown {
		a.NotShown |= rib.AttrOrigin
	}
	if a.NotShown.Has(rib.AttrLocalPref) {
		a.LocalPref = rib.Optional{}
	}
	if a.NotShown.Has(rib.AttrBest) {
		out.Marks &^= rib.Best | rib.Multipath
	}
	if !w.valid && r.src.View != rib.AdjRIBInPre {
		out.Marks |= rib.Invalid
	}
	return out
}
