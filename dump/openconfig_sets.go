package dump

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

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

func (k *ocKey) read(cur *cursor) {
	n := ocIndex(cur)
	if k.set && k.value != n {
		cur.fail("its index is %d and %d", k.value, n)
	}
	k.value, k.set = n, true
}

func newOCRib() *ocRib {
	return &ocRib{sets: map[uint64]ocSet{}, comms: map[uint64]ocComms{}}
}

// add takes the sets of another part of the same RIB.
func (r *ocRib) add(other *ocRib) {
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
func parseOCSet(raw []byte, keys ocKeyValues) ocSet {
	var set ocSet
	cur := cursor{b: raw}
	set.index.fromPath(keys)
	set.read(&cur)
	cur.end()
	if set.bad = cur.err; set.bad != nil {
		set.index.find(raw)
	}
	return set
}

// fromPath takes the index that stands in the path of the element.
func (k *ocKey) fromPath(keys ocKeyValues) {
	if text, ok := keys["index"]; ok {
		k.read(&cursor{b: []byte(text)})
	}
}

// find takes the index of an element in which something else is bad.
func (k *ocKey) find(raw []byte) {
	cur := cursor{b: raw}
	cur.eachMember(func(key []byte) {
		if ocLocal(key) == "index" {
			*k = ocKey{}
			k.read(&cur)
			return
		}
		cur.value()
	})
}

func (set *ocSet) read(cur *cursor) {
	cur.eachMember(func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.eachMember(func(key []byte) { set.leaf(cur, ocLocal(key)) })
		case "as-path":
			set.attrs.ASPath = parseOCPath(cur)
			set.shown |= rib.AttrASPath
		default:
			set.leaf(cur, ocLocal(key))
		}
	})
}

func (set *ocSet) leaf(cur *cursor, key string) {
	a := &set.attrs
	switch key {
	case "index":
		set.index.read(cur)
	case "origin":
		text := ocLocal(cur.str())
		o, err := rib.ParseOrigin(text)
		if err != nil && cur.err == nil {
			cur.fail("bad origin %s", quote(text))
		}
		a.Origin = o
		set.shown |= rib.AttrOrigin
	case "next-hop":
		text := cur.str()
		hop, err := netip.ParseAddr(string(text))
		if err != nil && cur.err == nil {
			cur.fail("bad next hop %s", quote(text))
		}
		a.NextHop = hop.WithZone("").Unmap()
		set.shown |= rib.AttrNextHop
	case "med":
		a.MED = rib.Some(cur.uint32())
	case "local-pref":
		a.LocalPref = rib.Some(cur.uint32())
	case "community": // SONiC writes communities beside the other attributes
		a.Communities = ocCommunities(cur)
		set.shown |= rib.AttrCommunities
	default:
		cur.value()
	}
}

// ocSegment is one segment of an AS path.
type ocSegment struct {
	index ocKey
	kind  string
	asns  []uint32
}

// parseOCPath reads {"as-segment":[{"index":"0","state":{"type":"AS_SEQ","member":[65540,65550]}}]}. Segments
// stand in the order of their indexes, where they have some.
func parseOCPath(cur *cursor) rib.ASPath {
	var segments []ocSegment
	cur.eachMember(func(key []byte) {
		if ocLocal(key) != "as-segment" {
			cur.value()
			return
		}
		ocEach(cur, func() { segments = append(segments, parseOCSegment(cur)) })
	})
	slices.SortStableFunc(segments, func(a, b ocSegment) int {
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

// ocEach reads the elements of a list, or the only one, which a converter from XML puts in no list.
func ocEach(cur *cursor, read func()) {
	if cur.peek() == '{' {
		read()
		return
	}
	cur.eachElement(read)
}

func parseOCSegment(cur *cursor) ocSegment {
	var s ocSegment
	var leaf func(key []byte)
	leaf = func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.eachMember(leaf)
		case "index":
			s.index.read(cur)
		case "type":
			s.kind = ocLocal(cur.str())
		case "member":
			s.asns = s.asns[:0]
			cur.eachElement(func() { s.asns = append(s.asns, cur.uint32()) })
		default:
			cur.value()
		}
	}
	cur.eachMember(leaf)
	return s
}

var ocSegmentTypes = map[string]rib.SegmentType{
	"AS_SEQ": rib.ASSequence, "AS_SET": rib.ASSet, "AS_CONFED_SEQUENCE": rib.ASConfedSequence, "AS_CONFED_SET": rib.ASConfedSet,
}

// addTo puts the segment behind a path. Sequences one behind the other are one.
func (s *ocSegment) addTo(path rib.ASPath, cur *cursor) rib.ASPath {
	kind, known := ocSegmentTypes[s.kind]
	if !known && cur.err == nil {
		cur.fail("bad type of an AS path segment: %s", quote(s.kind))
	}
	switch last := len(path) - 1; {
	case len(s.asns) == 0:
		return path
	case kind == rib.ASSequence && last >= 0 && path[last].Type == rib.ASSequence:
		path[last].ASNs = append(path[last].ASNs, s.asns...)
		return path
	}
	return append(path, rib.Segment{Type: kind, ASNs: s.asns})
}

// parseOCComms reads {"index":"7","state":{"community":["65540:1","openconfig-bgp-types:NO_EXPORT"]}}.
func parseOCComms(raw []byte, keys ocKeyValues) ocComms {
	var c ocComms
	cur := cursor{b: raw}
	c.index.fromPath(keys)
	var leaf func(key []byte)
	leaf = func(key []byte) {
		switch ocLocal(key) {
		case "state":
			cur.eachMember(leaf)
		case "index":
			c.index.read(&cur)
		case "community":
			c.list = ocCommunities(&cur)
		default:
			cur.value()
		}
	}
	cur.eachMember(leaf)
	cur.end()
	c.bad = cur.err
	return c
}

// ocCommunities reads a list of "65540:1", 4295229441 and "openconfig-bgp-types:NO_EXPORT".
func ocCommunities(cur *cursor) (out []rib.Community) {
	cur.eachElement(func() {
		text := string(cur.value())
		text = strings.Trim(text, `"`)
		if module, name, ok := strings.Cut(text, ":"); ok && strings.Contains(module, "-") {
			text = name
		}
		c, err := rib.ParseCommunity(text)
		if err != nil && cur.err == nil {
			cur.fail("bad community %s", quote(text))
		}
		out = append(out, c)
	})
	return out
}
