package openconfig

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// maxOCSets bounds the sets of attributes of one file: a full table has some hundred thousand.
const maxOCSets = 1 << 20

// ocRib are the sets that the routes of one RIB refer to.
type ocRib struct {
	sets  map[uint64]ocSet
	comms map[uint64]ocComms
}

// ocSet is one attribute set.
type ocSet struct {
	index ocKey
	attrs rib.Attrs
	shown rib.AttrSet
	bad   error
}

// ocComms is one community set.
type ocComms struct {
	index ocKey
	list  []rib.Community
	bad   error
}

// ocKey is an index, which a list element says twice.
type ocKey struct {
	value uint64
	set   bool
}

func (k *ocKey) read(cur *reading.Cursor) {
	n := ocIndex(cur)
	if k.set && k.value != n {
		cur.Fail("its index is %d and %d", k.value, n)
	}
	k.value, k.set = n, true
}

func newOCRib() *ocRib {
	return &ocRib{sets: map[uint64]ocSet{}, comms: map[uint64]ocComms{}}
}

// add takes the sets of another part of the same RIB.
func (r *ocRib) add(other *ocRib) {
	if len(r.sets)+len(r.comms) == 0 {
		*r = *other
		return
	}
	for index, set := range other.sets {
		r.addSet(index, set)
	}
	for index, comms := range other.comms {
		r.addComms(index, comms)
	}
}

// addSet takes a set. Two of one index that differ are of two moments, and neither can be told from the other.
func (r *ocRib) addSet(index uint64, set ocSet) {
	if had, twice := r.sets[index]; twice && (had.shown != set.shown || fmt.Sprint(had.attrs) != fmt.Sprint(set.attrs)) {
		set.bad = fmt.Errorf("attribute set %d stands twice, and differs", index)
	}
	r.sets[index] = set
}

func (r *ocRib) addComms(index uint64, comms ocComms) {
	if had, twice := r.comms[index]; twice && !slices.Equal(had.list, comms.list) {
		comms.bad = fmt.Errorf("community set %d stands twice, and differs", index)
	}
	r.comms[index] = comms
}

// parseOCSet reads {"index":"5","state":{...},"as-path":{...}}.
func parseOCSet(raw []byte, keys keyValues) ocSet {
	var set ocSet
	cur := reading.Cursor{Bytes: raw}
	set.index.fromPath(keys)
	set.read(&cur)
	cur.End()
	if set.bad = cur.Err; set.bad != nil {
		set.index.find(raw)
	}
	return set
}

// fromPath takes the index that stands in the path of the element.
func (k *ocKey) fromPath(keys keyValues) {
	if text, ok := keys["index"]; ok {
		k.read(&reading.Cursor{Bytes: []byte(text)})
	}
}

// find takes the index of an element in which something else is bad.
func (k *ocKey) find(raw []byte) {
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		if ocLocal(key) == "index" {
			*k = ocKey{}
			k.read(&cur)
			return
		}
		cur.Value()
	})
}

func (set *ocSet) read(cur *reading.Cursor) {
	cur.EachMember(func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.EachMember(func(key []byte) { set.leaf(cur, ocLocal(key)) })
		case "as-path":
			set.attrs.ASPath = parseOCPath(cur)
			set.shown |= rib.AttrASPath
		default:
			set.leaf(cur, ocLocal(key))
		}
	})
}

func (set *ocSet) leaf(cur *reading.Cursor, key string) {
	a := &set.attrs
	switch key {
	case "index":
		set.index.read(cur)
	case "origin":
		text := ocLocal(cur.Text())
		o, err := rib.ParseOrigin(text)
		if err != nil && cur.Err == nil {
			cur.Fail("bad origin %s", reading.Quote(text))
		}
		a.Origin = o
		set.shown |= rib.AttrOrigin
	case "next-hop":
		text := cur.Text()
		hop, err := netip.ParseAddr(string(text))
		if err != nil && cur.Err == nil {
			cur.Fail("bad next hop %s", reading.Quote(text))
		}
		a.NextHop = hop.WithZone("").Unmap()
		set.shown |= rib.AttrNextHop
	case "med":
		a.MED = rib.Some(cur.Uint32())
	case "local-pref":
		a.LocalPref = rib.Some(cur.Uint32())
	case "community": // SONiC writes communities beside the other attributes
		a.Communities = communities(cur)
		set.shown |= rib.AttrCommunities
	default:
		cur.Value()
	}
}

// segment is one segment of an AS path.
type segment struct {
	index ocKey
	kind  string
	asns  []uint32
}

// parseOCPath reads {"as-segment":[{"index":"0","state":{"type":"AS_SEQ","member":[65540,65550]}}]}. Segments
// stand in the order of their indexes, where they have some.
func parseOCPath(cur *reading.Cursor) rib.ASPath {
	var segments []segment
	cur.EachMember(func(key []byte) {
		if ocLocal(key) != "as-segment" {
			unknown(cur, key)
			return
		}
		each(cur, func() { segments = append(segments, parseOCSegment(cur)) })
	})
	slices.SortStableFunc(segments, func(a, b segment) int {
		if !a.index.set || !b.index.set {
			return 0
		}
		return cmp.Compare(a.index.value, b.index.value)
	})
	var path rib.ASPath
	for _, s := range segments {
		path = s.addTo(path, cur)
	}
	return path
}

// unknown is a member of an AS path that is not understood: then none of the path is.
func unknown(cur *reading.Cursor, key []byte) {
	cur.Fail("unknown member %s in an AS path", reading.Quote(key))
}

// each reads the elements of a list, or the only one, which a converter from XML puts in no list.
func each(cur *reading.Cursor, read func()) {
	if cur.Peek() != '[' {
		read()
		return
	}
	cur.EachElement(read)
}

func parseOCSegment(cur *reading.Cursor) segment {
	var s segment
	var leaf func(key []byte)
	leaf = func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.EachMember(leaf)
		case "index":
			s.index.read(cur)
		case "type":
			s.kind = ocLocal(cur.Text())
		case "member":
			s.asns = s.asns[:0]
			each(cur, func() { s.asns = append(s.asns, cur.Uint32()) })
		default:
			unknown(cur, key)
		}
	}
	cur.EachMember(leaf)
	return s
}

var segmentTypes = map[string]rib.SegmentType{
	"AS_SEQ": rib.ASSequence, "AS_SET": rib.ASSet, "AS_CONFED_SEQUENCE": rib.ASConfedSequence, "AS_CONFED_SET": rib.ASConfedSet,
}

// addTo puts the segment behind a path. Sequences one behind the other are one.
func (s *segment) addTo(path rib.ASPath, cur *reading.Cursor) rib.ASPath {
	kind, known := segmentTypes[s.kind]
	if !known && cur.Err == nil {
		cur.Fail("bad type of an AS path segment: %s", reading.Quote(s.kind))
	}
	switch last := len(path) - 1; {
	case len(s.asns) == 0:
		cur.Fail("an AS path segment without its members")
		return path
	case kind == rib.ASSequence && last >= 0 && path[last].Type == rib.ASSequence:
		path[last].ASNs = append(path[last].ASNs, s.asns...)
		return path
	}
	return append(path, rib.Segment{Type: kind, ASNs: s.asns})
}

// parseOCComms reads {"index":"7","state":{"community":["65540:1","openconfig-bgp-types:NO_EXPORT"]}}.
func parseOCComms(raw []byte, keys keyValues) ocComms {
	var c ocComms
	cur := reading.Cursor{Bytes: raw}
	c.index.fromPath(keys)
	var leaf func(key []byte)
	leaf = func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.EachMember(leaf)
		case "index":
			c.index.read(&cur)
		case "community":
			c.list = communities(&cur)
		default:
			cur.Value()
		}
	}
	cur.EachMember(leaf)
	cur.End()
	c.bad = cur.Err
	return c
}

// communities reads a list of "65540:1", 4295229441 and "openconfig-bgp-types:NO_EXPORT".
func communities(cur *reading.Cursor) (out []rib.Community) {
	each(cur, func() {
		text := string(cur.Value())
		text = strings.Trim(text, `"`)
		if module, name, ok := strings.Cut(text, ":"); ok && strings.Contains(module, "-") {
			text = name
		}
		c, err := rib.ParseCommunity(text)
		if err != nil && cur.Err == nil {
			cur.Fail("bad community %s", reading.Quote(text))
		}
		out = append(out, c)
	})
	return out
}
