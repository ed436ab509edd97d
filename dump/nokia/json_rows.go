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

// setKey is what a route names its attribute set by. What comes in and what goes out is numbered apart.
type setKey struct {
	out   bool
	index uint64
}

// nokiaSets are the attribute sets of a document. They are kept as text, which is no longer than the file, and read
// when a route names them.
type nokiaSets struct {
	texts map[setKey]string
	known map[setKey]nokiaSet // those that were read of late
	blank bytes.Buffer
	comms reading.AttrCache[rib.Community]
	large reading.AttrCache[rib.LargeCommunity]
}

// nokiaSet is one attribute set. One that cannot be read spoils the routes that name it.
type nokiaSet struct {
	rib.Attrs
	bad error
}

// add keeps {"route-type":"rib-in","index":"17","origin":"igp",...}. What has no number is named by no route.
func (t *nokiaSets) add(raw []byte) {
	var key setKey
	named := false
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(name []byte) {
		switch string(name) {
		case "route-type":
			key.out = string(cur.Text()) == "rib-out"
		case "index":
			key.index, named = cur.Uint64(), true
		default:
			cur.Value()
		}
	})
	if !named {
		return
	}
	if t.texts == nil {
		t.texts = map[setKey]string{}
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
func (t *nokiaSets) get(key setKey) (nokiaSet, bool) {
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
		t.known = map[setKey]nokiaSet{}
	}
	t.known[key] = set
	return set, true
}

func (t *nokiaSets) read(text string) (set nokiaSet) {
	set.NotShown = rib.AttrOrigin | rib.AttrNextHop
	cur := reading.Cursor{Bytes: []byte(text)}
	cur.EachMember(func(name []byte) { t.member(&cur, string(name), &set.Attrs) })
	cur.End()
	set.bad = cur.Err
	return set
}

func (t *nokiaSets) member(cur *reading.Cursor, name string, a *rib.Attrs) {
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
		reading.Within(cur, "segment", func() { a.ASPath = appendNokiaSegment(a.ASPath, cur) })
	case "communities":
		reading.Within(cur, "community", func() {
			a.Communities = append(a.Communities, community(cur, &t.comms, rib.ParseCommunity))
		})
	case "large-communities":
		reading.Within(cur, "large-community", func() {
			a.LargeCommunities = append(a.LargeCommunities, community(cur, &t.large, rib.ParseLargeCommunity))
		})
	default:
		cur.Value()
	}
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

// appendNokiaSegment reads {"type":"as-sequence","as-numbers":[{"as-number":65540}]}.
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
			cur.OneOrMany(func() {
				cur.EachMember(func(key []byte) {
					if string(key) == "as-number" {
						segment.ASNs = append(segment.ASNs, cur.Uint32())
						return
					}
					cur.Value()
				})
			})
		default:
			cur.Value()
		}
	})
	if segment.Type == 0 {
		cur.Fail("an AS path segment without its kind")
	}
	if len(segment.ASNs) == 0 {
		return path
	}
	return append(path, segment)
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
	return stateRows{Collector: c, pick: reading.NewPick(c.Source)}
}

// nokiaRow is one row as SR OS printed it.
type nokiaRow struct {
	prefix   string
	neighbor netip.Addr
	owner    string
	set      setKey
	pathID   uint64
	hop      netip.Addr

	named, hopShown, peerShown bool
	used, valid, best, backup  bool
	judged, chooses            bool // it says whether it is valid, whether it is best
	marks                      rib.Marks
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
	if w.owner != "" && w.owner != "bgp" || !r.pick.Wants(w.neighbor) {
		return // of another protocol, or of another neighbour
	}
	route, err := r.route(&w, prefix)
	if err != nil {
		r.Skip(line, "bad row of %s: %v", prefix, err)
		return
	}
	route.Line = line
	r.best = r.best || route.Marks.Has(rib.Best)
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
		w.set.index, w.named = cur.Uint64(), true
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
	case "invalid-reason":
		cur.EachMember(func(key []byte) {
			if string(key) == "rejected-route" {
				w.markIf(cur, rib.Filtered|rib.Invalid)
				return
			}
			cur.Value()
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
	w.set.out = reading.AdvertisedView(r.Source.View)
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
