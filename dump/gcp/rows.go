package gcp

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// peer reads what is sent to one. Its address stands behind its routes: they are captured first.
func (r *reader) peer(line int) error {
	raw, err := r.Row(r.s, line, "a BGP peer")
	if raw == nil || err != nil {
		return err
	}
	var address netip.Addr
	var routes []byte
	at := 0
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "peerIpAddress":
			text := cur.Text()
			if address, _ = reading.AddrOf(text); !address.IsValid() {
				cur.Fail("bad address of a peer %s", reading.Quote(text))
			}
		case "advertisedRoutes":
			routes = cur.Value()
			at = cur.Pos - len(routes)
		default:
			if reading.HoldsPrefix(string(key), cur.Value()) {
				r.Problem(line, "routes stand under %s, which is not read: the key is damaged, or of another table", reading.Quote(key))
			}
		}
	})
	cur.End()
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad BGP peer: %v", cur.Err)
	case !address.IsValid() && routes != nil:
		r.Skip(line, "bad BGP peer: it has no peerIpAddress")
	case routes != nil:
		r.AnswerOf(line, address)
		sent := reading.Cursor{Bytes: raw, Pos: at}
		r.sent(&sent, line, address)
	}
	return nil
}

// sent reads the routes that are sent to a peer.
func (r *reader) sent(cur *reading.Cursor, line int, peer netip.Addr) {
	cur.EachElement(func() {
		cur.Peek()
		from := line + bytes.Count(cur.Bytes[:cur.Pos], []byte("\n"))
		one := reading.Cursor{Bytes: cur.Value()}
		r.row(&one, from, peer)
	})
	if cur.Err != nil {
		r.Skip(line, "bad routes of the BGP peer %s: %v", peer, cur.Err)
	}
}

// route is one row.
type route struct {
	prefix, kind, status string
	hop                  netip.Addr
	path                 rib.ASPath
	pathShown            bool
	lines                int // into the row at which its prefix stands
}

func (r *reader) row(cur *reading.Cursor, line int, peer netip.Addr) {
	var w route
	cur.EachMember(func(key []byte) { r.member(cur, string(key), &w) })
	cur.End()
	line += w.lines
	if cur.Err != nil {
		r.Skip(line, "bad row: %v", cur.Err)
		return
	}
	prefix, err := reading.ParsePrefix(w.prefix)
	if err != nil {
		r.Skip(line, "bad row: %v", err)
		return
	}
	if w.kind != "" && w.kind != "BGP" {
		r.LeaveOut(line, "a route of type %s, which is none of BGP", w.kind)
		return
	}
	out := rib.Route{Prefix: prefix, Neighbor: peer, Line: line}
	a := &out.Attrs
	a.NotShown, a.NextHop, a.ASPath = shape(r.Source).NotShown, w.hop, w.path
	if !w.hop.IsValid() {
		a.NotShown |= rib.AttrNextHop
	}
	if !w.pathShown {
		a.NotShown |= rib.AttrASPath
	}
	reading.Hide(a)
	if w.status != "" && w.status != "ACTIVE" {
		out.Marks |= rib.Invalid
	}
	r.Route(out)
}

func (r *reader) member(cur *reading.Cursor, key string, w *route) {
	switch key {
	case "destRange":
		w.lines = bytes.Count(cur.Bytes[:cur.Pos], []byte("\n"))
		w.prefix = string(cur.Text())
	case "nextHopIp":
		text := cur.Text()
		if w.hop, _ = reading.AddrOf(text); !w.hop.IsValid() {
			cur.Fail("bad next hop %s", reading.Quote(text))
		}
	case "routeType":
		w.kind = string(cur.Text())
	case "routeStatus":
		w.status = string(cur.Text())
	case "asPaths":
		w.path, w.pathShown = r.path(cur), true
	default:
		cur.Value()
	}
}

// segments are the brackets in which a path is written, by the type of its segment.
var segments = map[string][2]string{
	"": {"", ""}, "AS_SEQUENCE": {"", ""}, "AS_SET": {"{", "}"}, "AS_CONFED_SEQUENCE": {"(", ")"}, "AS_CONFED_SET": {"[", "]"},
}

// path reads the segments of a path. Each has its type and its ASNs.
func (r *reader) path(cur *reading.Cursor) rib.ASPath {
	var words []string
	cur.EachElement(func() {
		var asns []string
		var kind string
		cur.EachMember(func(key []byte) {
			switch string(key) {
			case "asLists":
				cur.EachElement(func() { asns = append(asns, strconv.FormatUint(uint64(cur.Uint32()), 10)) })
			case "pathSegmentType":
				kind = string(cur.Text())
			default:
				cur.Value()
			}
		})
		around, known := segments[kind]
		if !known {
			cur.Fail("unknown segment %s of an AS path", reading.Quote(kind))
		}
		words = append(words, fmt.Sprintf("%s%s%s", around[0], strings.Join(asns, " "), around[1]))
	})
	text := strings.Join(words, " ")
	path, err := r.paths.Get([]byte(text), reading.ParsePath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
	}
	return path
}
