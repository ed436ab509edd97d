package dump

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// nokiaSetKey is what a route names its attribute set by. What comes in and what goes out is numbered apart.
type nokiaSetKey struct {
	out   bool
	index uint64
}

// nokiaSets are the attribute sets of a document. They are kept as text, which is no longer than the file, and read
// when a route names them.
type nokiaSets struct {
	texts map[nokiaSetKey]string
	known map[nokiaSetKey]nokiaSet // those that were read of late
	blank bytes.Buffer
	comms attrCache[rib.Community]
	large attrCache[rib.LargeCommunity]
}

// nokiaSet is one attribute set. One that cannot be read spoils the routes that name it.
type nokiaSet struct {
	rib.Attrs
	bad error
}

// add keeps {"route-type":"rib-in","index":"17","origin":"igp",...}. What has no number is named by no route.
func (t *nokiaSets) add(raw []byte) {
	var key nokiaSetKey
	named := false
	cur := cursor{b: raw}
	cur.eachMember(func(name []byte) {
		switch string(name) {
		case "route-type":
			key.out = string(cur.str()) == "rib-out"
		case "index":
			key.index, named = cur.uint64(), true
		default:
			cur.value()
		}
	})
	if !named {
		return
	}
	if t.texts == nil {
		t.texts = map[nokiaSetKey]string{}
	}
	if _, twice := t.texts[key]; twice {
		t.texts[key] = ""
		return
	}
	t.blank.Reset()
	if json.Compact(&t.blank, raw) == nil {
		raw = t.blank.Bytes()
	}
	t.texts[key] = string(raw)
}

var errNokiaTwice = errors.New("it is there twice")

// get is the attribute set of that number.
func (t *nokiaSets) get(key nokiaSetKey) (nokiaSet, bool) {
	if set, ok := t.known[key]; ok {
		return set, true
	}
	text, ok := t.texts[key]
	if !ok {
		return nokiaSet{}, false
	}
	set := nokiaSet{bad: errNokiaTwice}
	if text != "" {
		set = t.read(text)
	}
	if t.known == nil || len(t.known) >= 1<<14 {
		t.known = map[nokiaSetKey]nokiaSet{}
	}
	t.known[key] = set
	return set, true
}

func (t *nokiaSets) read(text string) (set nokiaSet) {
	set.NotShown = rib.AttrOrigin | rib.AttrNextHop
	cur := cursor{b: []byte(text)}
	cur.eachMember(func(name []byte) { t.member(&cur, string(name), &set.Attrs) })
	cur.end()
	set.bad = cur.err
	return set
}

func (t *nokiaSets) member(cur *cursor, name string, a *rib.Attrs) {
	switch name {
	case "origin":
		a.Origin = nokiaOrigin(cur)
		a.NotShown &^= rib.AttrOrigin
	case "next-hop":
		a.NextHop = eosAddress(cur, "next hop")
		a.NotShown &^= rib.AttrNextHop
	case "med":
		a.MED = rib.Some(cur.uint32())
	case "local-pref":
		a.LocalPref = rib.Some(cur.uint32())
	case "as-path":
		within(cur, "segment", func() { a.ASPath = appendNokiaSegment(a.ASPath, cur) })
	case "communities":
		within(cur, "community", func() {
			a.Communities = append(a.Communities, nokiaCommunity(cur, &t.comms, rib.ParseCommunity))
		})
	case "large-communities":
		within(cur, "large-community", func() {
			a.LargeCommunities = append(a.LargeCommunities, nokiaCommunity(cur, &t.large, rib.ParseLargeCommunity))
		})
	default:
		cur.value()
	}
}

// within reads {"name": [...]}.
func within(cur *cursor, name string, read func()) {
	cur.eachMember(func(key []byte) {
		if string(key) == name {
			cur.oneOrMany(read)
			return
		}
		cur.value()
	})
}

func nokiaOrigin(cur *cursor) rib.Origin {
	text := cur.str()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.fail("bad origin %s", quote(text))
	}
	return o
}

var nokiaSegments = map[string]rib.SegmentType{
	"as-sequence": rib.ASSequence, "as-set": rib.ASSet, "as-confed-sequence": rib.ASConfedSequence, "as-confed-set": rib.ASConfedSet,
}

// appendNokiaSegment reads {"type":"as-sequence","as-numbers":[{"as-number":65540}]}.
func appendNokiaSegment(path rib.ASPath, cur *cursor) rib.ASPath {
	var segment rib.Segment
	cur.eachMember(func(key []byte) {
		switch string(key) {
		case "type":
			text := cur.str()
			if segment.Type = nokiaSegments[string(text)]; segment.Type == 0 {
				cur.fail("bad kind of AS path segment %s", quote(text))
			}
		case "as-numbers":
			cur.oneOrMany(func() {
				cur.eachMember(func(key []byte) {
					if string(key) == "as-number" {
						segment.ASNs = append(segment.ASNs, cur.uint32())
						return
					}
					cur.value()
				})
			})
		default:
			cur.value()
		}
	})
	if segment.Type == 0 {
		cur.fail("an AS path segment without its kind")
	}
	if len(segment.ASNs) == 0 {
		return path
	}
	return append(path, segment)
}

func nokiaCommunity[C any](cur *cursor, cache *attrCache[C], parse func(string) (C, error)) (c C) {
	read := false
	within(cur, "community-value", func() { c, read = communityOf(cur, cache, parse), true })
	if !read {
		cur.fail("a community without its value")
	}
	return c
}

// nokiaStateRows turns the rows of a table into routes, a prefix at a time.
type nokiaStateRows struct {
	*collector
	sets   nokiaSets
	family rib.Family
	pick   mrtPick // the feed's neighbour: the table holds those of all
	prefix netip.Prefix
	open   []rib.Route // of that prefix
	best   bool        // one of them is
}

func newNokiaStateRows(c *collector) nokiaStateRows {
	return nokiaStateRows{collector: c, pick: newMRTPick(c.src)}
}

// nokiaRow is one row as SR OS printed it.
type nokiaRow struct {
	prefix   string
	neighbor netip.Addr
	owner    string
	set      nokiaSetKey
	pathID   uint64
	hop      netip.Addr

	named, hopShown, peerShown bool
	used, valid, best, backup  bool
	judged, chooses            bool // it says whether it is valid, whether it is best
	marks                      rib.Marks
}

// read takes one row. Those of one prefix stand together.
func (r *nokiaStateRows) read(line int, raw []byte) {
	w, err := parseNokiaRow(raw)
	if err != nil {
		r.skip(line, "bad row: %v", err)
		return
	}
	prefix, err := parsePrefix(w.prefix)
	switch {
	case err != nil:
		r.skip(line, "bad row: %v", err)
		return
	case rib.FamilyOf(prefix) != r.family:
		r.skip(line, "bad row: %s stands in the table of %s", prefix, r.family)
		return
	}
	const most = 1 << 12 // paths of a prefix that are held
	if prefix != r.prefix || len(r.open) == most {
		r.endPrefix()
		r.prefix = prefix
	}
	if w.owner != "" && w.owner != "bgp" || !r.pick.wants(w.neighbor) {
		return // of another protocol, or of another neighbour
	}
	route, err := r.route(&w, prefix)
	if err != nil {
		r.skip(line, "bad row of %s: %v", prefix, err)
		return
	}
	route.Line = line
	r.best = r.best || route.Marks.Has(rib.Best)
	r.open = append(r.open, route)
}

// endPrefix hands on the routes of a prefix. Where another protocol outdoes them, SR OS does not say which one BGP
// would take.
func (r *nokiaStateRows) endPrefix() {
	for _, route := range r.open {
		if !r.best {
			route.Attrs.NotShown |= rib.AttrBest
			route.Marks &^= rib.Multipath
		}
		r.collector.route(route)
	}
	r.open, r.best, r.prefix = r.open[:0], false, netip.Prefix{}
}

func parseNokiaRow(raw []byte) (w nokiaRow, err error) {
	cur := cursor{b: raw}
	cur.eachMember(func(key []byte) { w.member(&cur, key) })
	cur.end()
	return w, cur.err
}

func (w *nokiaRow) member(cur *cursor, key []byte) {
	switch string(key) {
	case "prefix":
		w.prefix = string(cur.str())
	case "neighbor":
		w.neighbor, w.peerShown = eosAddress(cur, "neighbor"), true
	case "owner":
		w.owner = string(cur.str())
	case "path-id":
		w.pathID = cur.uint64()
	case "attr-id":
		w.set.index, w.named = cur.uint64(), true
	case "next-hop":
		w.hop, w.hopShown = eosAddress(cur, "next hop"), true
	case "used-route":
		w.used = cur.boolean()
	case "valid-route":
		w.valid, w.judged = cur.boolean(), true
	case "best-route":
		w.best, w.chooses = cur.boolean(), true
	case "backup-route":
		w.backup = cur.boolean()
	case "stale-route", "long-live-gr-stale":
		w.markIf(cur, rib.Stale)
	case "invalid-reason":
		cur.eachMember(func(key []byte) {
			if string(key) == "rejected-route" {
				w.markIf(cur, rib.Filtered|rib.Invalid)
				return
			}
			cur.value()
		})
	default:
		cur.value()
	}
}

func (w *nokiaRow) markIf(cur *cursor, m rib.Marks) {
	if cur.boolean() {
		w.marks |= m
	}
}

// route puts a row and its attribute set together.
func (r *nokiaStateRows) route(w *nokiaRow, prefix netip.Prefix) (rib.Route, error) {
	w.set.out = advertisedView(r.src.View)
	set, known := r.sets.get(w.set)
	switch {
	case !w.named:
		return rib.Route{}, fmt.Errorf("it names no attribute set")
	case !known:
		return rib.Route{}, fmt.Errorf("its attribute set %d is not there", w.set.index)
	case set.bad != nil:
		return rib.Route{}, fmt.Errorf("bad attribute set %d: %w", w.set.index, set.bad)
	case w.pathID > 1<<32-1:
		return rib.Route{}, fmt.Errorf("%d is no path id", w.pathID)
	case !w.judged && !advertisedView(r.src.View) && r.src.View != rib.AdjRIBInPre:
		return rib.Route{}, fmt.Errorf("it does not say whether it is valid")
	}
	out := rib.Route{Prefix: prefix, PathID: uint32(w.pathID), Neighbor: w.neighbor, Attrs: set.Attrs, Marks: w.marks}
	a := &out.Attrs
	a.NotShown |= shapeNokiaState(r.src).NotShown
	if w.hopShown {
		a.NextHop = w.hop
		a.NotShown &^= rib.AttrNextHop
	}
	if !w.peerShown {
		a.NotShown |= rib.AttrNeighbor
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
