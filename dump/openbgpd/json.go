// Package openbgpd reads what OpenBGPD's bgpctl prints, as JSON and as text.
package openbgpd

import (
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what OpenBGPD's bgpctl prints with -j (docs/formats/openbgpd-json.md).
var JSON = reading.Format{Name: "openbgpd-json", Sniff: sniffOpenBGPD, Read: readOpenBGPD, Shape: shapeOpenBGPD}

// briefHides is what bgpctl prints with "detail" alone.
const briefHides = rib.AttrCommunities | rib.AttrLargeCommunities

func sniffOpenBGPD(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	return len(list) > 0 && list[0] == reading.Member{Key: "rib", Opens: '['} &&
		(len(list) == 1 || reading.HasMember(list, "aspath") && reading.HasMember(list, "exit_nexthop", "true_nexthop"))
}

func shapeOpenBGPD(src reading.Source) reading.Header {
	h := reading.Header{Format: "openbgpd-json", ASPathForm: rib.AsSent, NotShown: briefHides | rib.AttrNeighborASN}
	switch {
	case reading.AdvertisedView(src.View):
		h.NotShown |= rib.AttrBest | rib.AttrLocalPref
	case src.View == rib.AdjRIBInPre:
		h.NotShown |= rib.AttrBest
	}
	return h
}

// reader walks the documents of one file.
type reader struct {
	*reading.Collector
	s      *reading.Scanner
	paths  reading.AttrCache[rib.ASPath]
	comms  reading.AttrCache[rib.Community]
	larges reading.AttrCache[rib.LargeCommunity]
	held   bool // a table was there
	detail bool // a row of this document showed communities, so all rows would
	chosen int  // rows that are best or multipath
	usable int  // rows that are valid
}

func readOpenBGPD(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text)}
	empty := false
	err := c.EachDocumentAnd(r.s, c.AroundTool("bgpctl", r.echoed), func(open byte) error {
		if open != '{' {
			return r.s.Unexpected(open, "an object")
		}
		r.detail, empty = false, true
		return r.s.EachMember(func(key string, line int) error {
			empty = false
			if key == "rib" {
				return r.table()
			}
			return r.PassOver(r.s, key, line)
		})
	})
	if err != nil {
		return err
	}
	if !r.held && !r.Partial && !empty {
		return errors.New("not a route table: looks like another page of bgpctl: export show rib, as docs/formats/openbgpd-json.md says")
	}
	r.againstView()
	return nil
}

func (r *reader) table() error {
	r.held = true
	return r.s.EachElement(func(line int) error {
		raw, err := r.Row(r.s, line, "the table")
		if raw != nil && err == nil {
			r.read(line, raw)
		}
		return err
	})
}

// againstView holds the marks of the rows against the declared view: Adj-RIBs are printed without a
// best path, and Adj-RIB-In without a valid one.
func (r *reader) againstView() {
	switch {
	case r.Result.Routes == 0:
	case r.chosen > 0:
		r.Shows(reading.Shown{Direction: reading.Held, Policy: reading.BehindPolicy, What: fmt.Sprintf("the dump marks %d routes as best or ecmp, as the Loc-RIB is printed", r.chosen)})
	case r.usable == 0:
		r.Shows(reading.Shown{Direction: reading.Received, Policy: reading.BeforePolicy, What: "the dump marks no route as valid, as Adj-RIB-In is printed"})
	default:
		r.Shows(reading.Shown{Extent: reading.OfOne, What: "the dump marks no route as best, as routes of one neighbor are printed"})
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

func (r *reader) read(line int, raw []byte) {
	var w openbgpdRow
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) { r.member(&cur, string(key), &w) })
	cur.End()
	if cur.Err != nil {
		r.Skip(line, "bad row: %v", cur.Err)
		return
	}
	prefix, err := reading.ParsePrefix(w.prefix)
	if err != nil {
		r.Skip(line, "bad row: %v", err)
		return
	}
	out := r.routeOf(&w, prefix)
	out.Line = line
	r.Route(out)
}

func (r *reader) member(cur *reading.Cursor, key string, w *openbgpdRow) {
	a := &w.attrs
	switch key {
	case "prefix":
		w.prefix = string(cur.Text())
	case "aspath":
		text := cur.Text()
		path, err := r.paths.Get(text, rib.ParseASPath)
		if err != nil {
			cur.Fail("bad AS path %s", reading.Quote(text))
		}
		a.ASPath, w.pathShown = path, true
	case "exit_nexthop":
		text := cur.Text()
		hop, ok := reading.AddrOf(text)
		if !ok {
			cur.Fail("bad next hop %s", reading.Quote(text))
		}
		a.NextHop, w.hopShown = hop, true
	case "origin":
		text := cur.Text()
		o, err := rib.ParseOrigin(string(text))
		if err != nil {
			cur.Fail("bad origin %s", reading.Quote(text))
		}
		a.Origin, w.originShown = o, true
	case "metric":
		if n := cur.Uint32(); n > 0 { // printed as 0 where there is none
			a.MED = rib.Some(n)
		}
	case "localpref":
		a.LocalPref = rib.Some(cur.Uint32())
	case "neighbor":
		cur.EachMember(func(key []byte) { w.readNeighbor(cur, key) })
	case "communities":
		r.detail = true
		cur.EachElement(func() { a.Communities = append(a.Communities, reading.CommunityOf(cur, &r.comms, rib.ParseCommunity)) })
	case "large_communities":
		r.detail = true
		cur.EachElement(func() {
			a.LargeCommunities = append(a.LargeCommunities, reading.CommunityOf(cur, &r.larges, rib.ParseLargeCommunity))
		})
	case "extended_communities":
		r.detail = true
		cur.Value()
	default:
		w.mark(cur, key)
	}
}

func (w *openbgpdRow) mark(cur *reading.Cursor, key string) {
	marks := map[string]rib.Marks{"best": rib.Best, "ecmp": rib.Multipath, "stale": rib.Stale, "filtered": rib.Filtered}
	switch key {
	case "valid":
		w.valid = cur.Boolean()
	case "best", "ecmp", "stale", "filtered":
		if cur.Boolean() {
			w.marks |= marks[key]
		}
	case "source":
		if string(cur.Scalar()) == "internal" {
			w.marks |= rib.IBGP
		}
	case "ovs":
		if string(cur.Scalar()) == "invalid" {
			w.marks |= rib.RPKIInvalid
		}
	default:
		cur.Value()
	}
}

// readNeighbor reads the neighbour's address; "???" stands for the router itself.
func (w *openbgpdRow) readNeighbor(cur *reading.Cursor, key []byte) {
	if string(key) != "remote_addr" {
		cur.Value()
		return
	}
	text := cur.Text()
	a, ok := reading.AddrOf(text)
	if !ok && string(text) != "???" {
		cur.Fail("bad neighbor %s", reading.Quote(text))
	}
	w.neighbor = a
}

// routeOf is the row as the view of the feed takes it. The local preference of an advertised route is
// the router's own, not what is sent.
func (r *reader) routeOf(w *openbgpdRow, prefix netip.Prefix) rib.Route {
	out := rib.Route{Prefix: prefix, Neighbor: w.neighbor, Attrs: w.attrs, Marks: w.marks}
	if w.valid {
		r.usable++
	}
	if w.marks&(rib.Best|rib.Multipath) != 0 {
		r.chosen++
	}
	a := &out.Attrs
	a.NotShown = shapeOpenBGPD(r.Source).NotShown
	if r.detail {
		a.NotShown &^= briefHides
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
	if a.NextHop.IsUnspecified() || w.hopShown && !a.NextHop.IsValid() { // bgpctl calls the router's own networks internal, too
		out.Marks &^= rib.IBGP
	}
	if !w.valid && r.Source.View != rib.AdjRIBInPre {
		out.Marks |= rib.Invalid
	}
	return out
}
