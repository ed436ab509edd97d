package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// AttrSet is a set of the things a source may or may not be able to show.
type AttrSet uint16

// What a dump can leave out. The JSON names of canonical records stand in attrNames.
const (
	AttrNextHop AttrSet = 1 << iota
	AttrASPath
	AttrOrigin
	AttrLocalPref
	AttrMED
	AttrCommunities
	AttrLargeCommunities
	AttrBest // best and multipath marks
	AttrNeighbor
	AttrNeighborASN
)

var attrNames = []struct {
	set  AttrSet
	name string
}{
	{AttrNeighbor, "neighbor"},
	{AttrNeighborASN, "neighbor_asn"},
	{AttrNextHop, "next_hop"},
	{AttrASPath, "as_path"},
	{AttrOrigin, "origin"},
	{AttrLocalPref, "local_pref"},
	{AttrMED, "med"},
	{AttrCommunities, "communities"},
	{AttrLargeCommunities, "large_communities"},
	{AttrBest, "best"},
}

// Has reports whether every attribute of a is in the set.
func (s AttrSet) Has(a AttrSet) bool { return s&a == a }

// Names lists the set by the canonical record's key names, in record order.
func (s AttrSet) Names() []string {
	names := []string{}
	for _, n := range attrNames {
		if s.Has(n.set) {
			names = append(names, n.name)
		}
	}
	return names
}

// ParseAttrSet is the inverse of [AttrSet.Names]. "multipath" is an alias of "best".
func ParseAttrSet(names []string) (AttrSet, error) {
	var s AttrSet
next:
	for _, name := range names {
		if name == "multipath" {
			name = "best"
		}
		for _, n := range attrNames {
			if n.name == name {
				s |= n.set
				continue next
			}
		}
		return 0, fmt.Errorf("unknown attribute name %q", name)
	}
	return s, nil
}

// Origin is the ORIGIN attribute (RFC 4271 5.1.1). The zero value is absent.
// Lower is preferred, as in RFC 4271 9.1.2.2 (b).
type Origin uint8

// The values of ORIGIN, moved up by one so that zero can say absent.
const (
	OriginAbsent Origin = iota
	OriginIGP
	OriginEGP
	OriginIncomplete
)

func (o Origin) String() string {
	return [...]string{"", "igp", "egp", "incomplete"}[o&3]
}

// ParseOrigin reads igp, egp or incomplete in any case, or the letters i, e and ?.
func ParseOrigin(s string) (Origin, error) {
	switch strings.ToLower(s) {
	case "i", "igp":
		return OriginIGP, nil
	case "e", "egp":
		return OriginEGP, nil
	case "?", "incomplete":
		return OriginIncomplete, nil
	}
	return OriginAbsent, fmt.Errorf("unknown origin %q", s)
}

// Optional is a 32-bit attribute that is there or is absent. Absent is not zero.
type Optional struct {
	Value uint32
	Set   bool
}

// Some is a value that is there.
func Some(v uint32) Optional { return Optional{Value: v, Set: true} }

// Or returns the value, or fallback where it is absent.
func (o Optional) Or(fallback uint32) uint32 {
	if o.Set {
		return o.Value
	}
	return fallback
}

func (o Optional) String() string {
	if !o.Set {
		return "absent"
	}
	return strconv.FormatUint(uint64(o.Value), 10)
}

// Community is an RFC 1997 community, its two halves kept as 32 bits each: high<<32 | low. On the
// wire both are 16 bits; configs and records may name wider ones ("65536:101", as RFC 5668 writes
// them), which no RFC 1997 route carries.
type Community uint64

// NewCommunity makes one of its halves.
func NewCommunity(high, low uint32) Community { return Community(uint64(high)<<32 | uint64(low)) }

// CommunityFromWire makes one of the 32 bits of RFC 1997.
func CommunityFromWire(v uint32) Community { return NewCommunity(v>>16, v&0xffff) }

// Halves are the two numbers that are written with a colon between them.
func (c Community) Halves() (high, low uint32) { return uint32(c >> 32), uint32(c) }

func (c Community) String() string {
	high, low := c.Halves()
	return strconv.FormatUint(uint64(high), 10) + ":" + strconv.FormatUint(uint64(low), 10)
}

var wellKnown = map[string]uint32{
	"no-export": 0xFFFFFF01, "no-advertise": 0xFFFFFF02, "local-as": 0xFFFFFF03,
	"no-export-subconfed": 0xFFFFFF03, "no-peer": 0xFFFFFF04, "graceful-shutdown": 0xFFFF0000,
	"blackhole": 0xFFFF029A, "llgr-stale": 0xFFFF0006, "no-llgr": 0xFFFF0007,
	"accept-own": 0xFFFF0001, "internet": 0,
}

// ParseCommunity reads "12076:5010", a well-known name (RFC 1997, 7999, 8326) in the
// spellings routers print, or a plain 32-bit number as GoBGP writes it.
func ParseCommunity(s string) (Community, error) {
	high, low, ok := strings.Cut(s, ":")
	if !ok {
		if v, known := wellKnown[strings.ToLower(strings.ReplaceAll(s, "_", "-"))]; known {
			return CommunityFromWire(v), nil
		}
		if n, err := strconv.ParseUint(s, 10, 32); err == nil {
			return CommunityFromWire(uint32(n)), nil
		}
		return 0, fmt.Errorf("bad community %q", s)
	}
	h, err1 := strconv.ParseUint(high, 10, 32)
	l, err2 := strconv.ParseUint(low, 10, 32)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("bad community %q", s)
	}
	return NewCommunity(uint32(h), uint32(l)), nil
}

// LargeCommunity is an RFC 8092 community.
type LargeCommunity [3]uint32

func (c LargeCommunity) String() string { return fmt.Sprintf("%d:%d:%d", c[0], c[1], c[2]) }

// ParseLargeCommunity reads "65536:1:2".
func ParseLargeCommunity(s string) (LargeCommunity, error) {
	parts := strings.Split(s, ":")
	var c LargeCommunity
	if len(parts) != 3 {
		return c, fmt.Errorf("bad large community %q", s)
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return c, fmt.Errorf("bad large community %q", s)
		}
		c[i] = uint32(n)
	}
	return c, nil
}

// Attrs are a route's path attributes (RFC 4271 5). Every attribute is a value, absent
// (zero, nil or unset: the format shows it and it is not there), or not shown (its bit is in
// NotShown, and its field is zero). Treat an Attrs as read-only once it is in a table: its
// slices may be shared.
type Attrs struct {
	NextHop          netip.Addr
	NeighborASN      uint32 // 0 = unknown
	ASPath           ASPath
	Origin           Origin
	LocalPref        Optional
	MED              Optional
	Communities      []Community
	LargeCommunities []LargeCommunity
	NotShown         AttrSet

	rare Marks // the table's own: those of the route's marks that are kept here
}

// HasCommunity reports whether c is among the communities.
func (a *Attrs) HasCommunity(c Community) bool {
	return slices.Contains(a.Communities, c)
}
