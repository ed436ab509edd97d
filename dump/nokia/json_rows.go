package nokia

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// maxSets bounds the attribute sets of one file: a full table has some hundred thousand.
const maxSets = 1 << 20

// nokiaSets are the attribute sets of a document, by their numbers. They are kept as text, which is no longer than the
// file, and read when a route names them. What comes in and what goes out is numbered apart: the view needs one of them.
type nokiaSets struct {
	out     bool
	texts   map[uint64]string
	known   map[uint64]nokiaSet // those that were read of late
	crowded bool                // there are more than are kept
	blank   bytes.Buffer
	comms   reading.AttrCache[rib.Community]
	large   reading.AttrCache[rib.LargeCommunity]
}

// nokiaSet is one attribute set. One that cannot be read spoils the routes that name it.
type nokiaSet struct {
	rib.Attrs
	bad     error
	strange bool // a member that is not known holds segments, as an AS path does
}

// add keeps {"route-type":"rib-in","index":"17","origin":"igp",...}. What has no number is named by no route.
func (t *nokiaSets) add(raw []byte) {
	index, named, out := uint64(0), false, false
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(name []byte) {
		switch string(name) {
		case "route-type":
			out = string(cur.Text()) == "rib-out"
		case "index":
			index, named = cur.Uint64(), true
		default:
			cur.Value()
		}
	})
	if !named || out != t.out {
		return
	}
	if t.texts == nil {
		t.texts = map[uint64]string{}
	}
	if _, twice := t.texts[index]; twice {
		t.texts[index] = ""
		return
	}
	if len(t.texts) == maxSets {
		t.crowded = true
		return
	}
	t.blank.Reset()
	if json.Compact(&t.blank, raw) == nil {
		raw = t.blank.Bytes()
	}
	t.texts[index] = string(raw)
}

var errNokiaTwice = errors.New("it is there twice")

// get is the attribute set of that number.
func (t *nokiaSets) get(index uint64) (nokiaSet, bool) {
	if set, ok := t.known[index]; ok {
		return set, true
	}
	text, ok := t.texts[index]
	if !ok {
		return nokiaSet{}, false
	}
	set := nokiaSet{bad: errNokiaTwice}
	if text != "" {
		set = t.read(text)
	}
	if t.known == nil || len(t.known) >= 1<<14 {
		t.known = map[uint64]nokiaSet{}
	}
	t.known[index] = set
	return set, true
}

func (t *nokiaSets) read(text string) (set nokiaSet) {
	set.NotShown = rib.AttrOrigin | rib.AttrNextHop | rib.AttrASPath
	cur := reading.Cursor{Bytes: []byte(text)}
	cur.EachMember(func(name []byte) { t.member(&cur, string(name), &set) })
	cur.End()
	set.bad = cur.Err
	// SR OS leaves an empty path out. A set with a local preference came from, or goes to, a router of our own AS, or was
	// given one behind import policy, where a path from another AS is there.
	if set.LocalPref.Set && !set.strange {
		set.NotShown &^= rib.AttrASPath
	}
	return set
}

func (t *nokiaSets) member(cur *reading.Cursor, name string, set *nokiaSet) {
	a := &set.Attrs
	switch name {
	case "origin":
		a.Origin = origin(cur)
		a.NotShown &^= rib.AttrOrigin
	case "next-hop":
		a.NextHop = reading.Address(cur, "next hop")
		a.NotShown &^= rib.AttrNextHop
	case "med":
		a.MED = rib.Some(cur.Uint32())
	case "local-pref":
		a.LocalPref = rib.Some(cur.Uint32())
	case "as-path":
		only(cur, "segment", func() { a.ASPath = appendNokiaSegment(a.ASPath, cur) })
		a.NotShown &^= rib.AttrASPath
	case "communities":
		only(cur, "community", func() {
			a.Communities = append(a.Communities, community(cur, &t.comms, rib.ParseCommunity))
		})
	case "large-communities":
		only(cur, "large-community", func() {
			a.LargeCommunities = append(a.LargeCommunities, community(cur, &t.large, rib.ParseLargeCommunity))
		})
	default:
		set.strange = set.strange || bytes.Contains(cur.Value(), []byte(`"segment`))
	}
}

// only reads {"name": [...]}. Another member may hold what is not understood: then none of it is.
func only(cur *reading.Cursor, name string, read func()) {
	cur.EachMember(func(key []byte) {
		if string(key) != name {
			unknown(cur, key)
			return
		}
		cur.OneOrMany(read)
	})
}

func unknown(cur *reading.Cursor, key []byte) {
	cur.Fail("unknown member %s", reading.Quote(key))
}

func origin(cur *reading.Cursor) rib.Origin {
	text := cur.Text()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.Fail("bad origin %s", reading.Quote(text))
	}
	return o
}

var segments = map[string]rib.SegmentType{
	"as-sequence": rib.ASSequence, "as-set": rib.ASSet, "as-confed-sequence": rib.ASConfedSequence, "as-confed-set": rib.ASConfedSet,
}

// appendNokiaSegment reads {"segment-index":1,"type":"as-sequence","as-numbers":[{"as-number-index":1,"as-number":65540}]}.
func appendNokiaSegment(path rib.ASPath, cur *reading.Cursor) rib.ASPath {
	var segment rib.Segment
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "type":
			text := cur.Text()
			if segment.Type = segments[string(text)]; segment.Type == 0 {
				cur.Fail("bad kind of AS path segment %s", reading.Quote(text))
			}
		case "as-numbers":
			cur.OneOrMany(func() { segment.ASNs = append(segment.ASNs, nokiaASN(cur)) })
		case "segment-index":
			cur.Value()
		default:
			unknown(cur, key)
		}
	})
	if segment.Type == 0 {
		cur.Fail("an AS path segment without its kind")
	}
	if len(segment.ASNs) == 0 {
		cur.Fail("an AS path segment without its AS numbers")
	}
	return append(path, segment)
}

// nokiaASN reads {"as-number-index":1,"as-number":65540}.
func nokiaASN(cur *reading.Cursor) (asn uint32) {
	read := false
	cur.EachMember(func(key []byte) {
		switch string(key) {
		case "as-number":
			asn, read = cur.Uint32(), true
		case "as-number-index":
			cur.Value()
		default:
			unknown(cur, key)
		}
	})
	if !read {
		cur.Fail("an AS of a path without its number")
	}
	return asn
}

func community[C any](cur *reading.Cursor, cache *reading.AttrCache[C], parse func(string) (C, error)) (c C) {
	read := false
	reading.Within(cur, "community-value", func() { c, read = reading.CommunityOf(cur, cache, parse), true })
	if !read {
		cur.Fail("a community without its value")
	}
	return c
}

// stateRows turns the rows of a table into routes, a prefix at a time.
type stateRows struct {
	*reading.Collector
	sets   nokiaSets
	family rib.Family
	pick   reading.Pick // the feed's neighbour: the table holds those of all
	prefix netip.Prefix
	open   []rib.Route // of that prefix
	best   bool        // one of them is
}

func newNokiaStateRows(c *reading.Collector) stateRows {
	return stateRows{Collector: c, pick: reading.NewPick(c.Source), sets: nokiaSets{out: reading.AdvertisedView(c.Source.View)}}
}

// nokiaRow is one row as SR OS printed it.
type nokiaRow struct {
	prefix   string
	neighbor netip.Addr
	owner    string
	set      uint64
	pathID   uint64
	hop      netip.Addr

	named, hopShown, peerShown bool
	used, valid, best, backup  bool
	judged, chooses            bool // it says whether it is valid, whether it is best
	marks                      rib.Marks
}

// own reports whether the row is a route of the router itself.
func (w *nokiaRow) own() bool { return w.owner == "bgp" && w.peerShown && !w.neighbor.IsValid() }

// others are the protocols beside BGP whose routes SR OS shows in its table.
var others = map[string]bool{
	"aggregate": true, "arp-nd": true, "host": true, "isis": true, "ldp": true, "local": true, "managed": true, "nat": true,
	"ospf": true, "ospf3": true, "rip": true, "ripng": true, "static": true, "sub-mgmt": true,
}

// read takes one row. Those of one prefix stand together.
func (r *stateRows) read(line int, raw []byte) {
	w, err := parseNokiaRow(raw)
	if err != nil {
		r.Skip(line, "bad row: %v", err)
		return
	}
	prefix, err := reading.ParsePrefix(w.prefix)
	switch {
	case err != nil:
		r.Skip(line, "bad row: %v", err)
		return
	case rib.FamilyOf(prefix) != r.family:
		r.Skip(line, "bad row: %s stands in the table of %s", prefix, r.family)
		return
	}
	const most = 1 << 12 // paths of a prefix that are held
	if prefix != r.prefix || len(r.open) == most {
		r.endPrefix()
		r.prefix = prefix
	}
	switch {
	case others[w.owner]:
		return
	case w.owner != "" && w.owner != "bgp":
		r.Skip(line, "bad row of %s: whether its owner %s is BGP is not known", prefix, reading.Quote(w.owner))
		return
	}
	r.best = r.best || w.best // which is of the prefix, whosever route it is
	if !r.pick.Wants(w.neighbor) {
		r.LeaveOutOf(line, w.neighbor)
		return
	}
	route, err := r.route(&w, prefix)
	if err != nil {
		r.Skip(line, "bad row of %s: %v", prefix, err)
		return
	}
	route.Line = line
	r.open = append(r.open, route)
}

// endPrefix hands on the routes of a prefix. Where another protocol outdoes them, SR OS does not say which one BGP
// would take.
func (r *stateRows) endPrefix() {
	for _, route := range r.open {
		if !r.best {
			route.Attrs.NotShown |= rib.AttrBest
			route.Marks &^= rib.Multipath
		}
		r.Route(route)
	}
	r.open, r.best, r.prefix = r.open[:0], false, netip.Prefix{}
}

func parseNokiaRow(raw []byte) (w nokiaRow, err error) {
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) { w.member(&cur, key) })
	cur.End()
	return w, cur.Err
}

func (w *nokiaRow) member(cur *reading.Cursor, key []byte) {
	switch string(key) {
	case "prefix":
		w.prefix = string(cur.Text())
	case "neighbor":
		w.neighbor, w.peerShown = reading.Address(cur, "neighbor"), true
	case "owner":
		w.owner = string(cur.Text())
	case "path-id":
		w.pathID = cur.Uint64()
	case "attr-id":
		w.set, w.named = cur.Uint64(), true
	case "next-hop":
		w.hop, w.hopShown = reading.Address(cur, "next hop"), true
	case "used-route":
		w.used = cur.Boolean()
	case "valid-route":
		w.valid, w.judged = cur.Boolean(), true
	case "best-route":
		w.best, w.chooses = cur.Boolean(), true
	case "backup-route":
		w.backup = cur.Boolean()
	case "stale-route", "long-live-gr-stale":
		w.markIf(cur, rib.Stale)
	case "origin-validation-state":
		if string(cur.Scalar()) == "invalid" {
			w.marks |= rib.RPKIInvalid
		}
	case "invalid-reason":
		cur.EachMember(func(key []byte) { // as-loop, next-hop-unresolved, cluster-loop, ...
			if string(key) == "rejected-route" {
				w.markIf(cur, rib.Filtered|rib.Invalid)
				return
			}
			w.markIf(cur, rib.Invalid)
		})
	default:
		cur.Value()
	}
}

func (w *nokiaRow) markIf(cur *reading.Cursor, m rib.Marks) {
	if cur.Boolean() {
		w.marks |= m
	}
}

// route puts a row and its attribute set together.
func (r *stateRows) route(w *nokiaRow, prefix netip.Prefix) (rib.Route, error) {
	set, known := r.sets.get(w.set)
	switch {
	case !w.named:
		return rib.Route{}, fmt.Errorf("it names no attribute set")
	case !known:
		return rib.Route{}, fmt.Errorf("its attribute set %d is not there", w.set)
	case set.bad != nil:
		return rib.Route{}, fmt.Errorf("bad attribute set %d: %w", w.set, set.bad)
	case w.pathID > 1<<32-1:
		return rib.Route{}, fmt.Errorf("%d is no path id", w.pathID)
	case !w.judged && !reading.AdvertisedView(r.Source.View) && r.Source.View != rib.AdjRIBInPre:
		return rib.Route{}, fmt.Errorf("it does not say whether it is valid")
	}
	out := rib.Route{Prefix: prefix, PathID: uint32(w.pathID), Neighbor: w.neighbor, Attrs: set.Attrs, Marks: w.marks}
	a := &out.Attrs
	a.NotShown |= shapeNokiaState(r.Source).NotShown
	if w.hopShown {
		a.NextHop = w.hop
		a.NotShown &^= rib.AttrNextHop
	}
	if !w.peerShown {
		a.NotShown |= rib.AttrNeighbor
	}
	if w.own() { // it has no path, and SR OS prints none
		a.NotShown &^= rib.AttrASPath
	}
	if !w.chooses {
		a.NotShown |= rib.AttrBest
	}
	if w.judged && !w.valid {
		out.Marks |= rib.Invalid
	}
	switch {
	case a.NotShown.Has(rib.AttrBest):
	case w.best:
		out.Marks |= rib.Best
	case w.used && !w.backup:
		out.Marks |= rib.Multipath
	}
	return out, nil
}
