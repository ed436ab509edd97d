package wire

import (
	"encoding/binary"
	"strconv"
)

// AttrCode is the type code of a path attribute.
type AttrCode uint8

// The attributes that are read or checked, with the document that defines each.
const (
	Origin              AttrCode = 1   // RFC 4271 5.1.1
	ASPath              AttrCode = 2   // RFC 4271 5.1.2
	NextHop             AttrCode = 3   // RFC 4271 5.1.3
	MultiExitDisc       AttrCode = 4   // RFC 4271 5.1.4
	LocalPref           AttrCode = 5   // RFC 4271 5.1.5
	AtomicAggregate     AttrCode = 6   // RFC 4271 5.1.6
	Aggregator          AttrCode = 7   // RFC 4271 5.1.7
	Communities         AttrCode = 8   // RFC 1997
	OriginatorID        AttrCode = 9   // RFC 4456 8
	ClusterList         AttrCode = 10  // RFC 4456 8
	MPReachNLRI         AttrCode = 14  // RFC 4760 3
	MPUnreachNLRI       AttrCode = 15  // RFC 4760 4
	ExtendedCommunities AttrCode = 16  // RFC 4360
	AS4Path             AttrCode = 17  // RFC 6793 3
	AS4Aggregator       AttrCode = 18  // RFC 6793 3
	IPv6ExtCommunities  AttrCode = 25  // RFC 5701
	LargeCommunities    AttrCode = 32  // RFC 8092
	AttrSetAttr         AttrCode = 128 // RFC 6368
)

var attrNames = map[AttrCode]string{
	Origin: "ORIGIN", ASPath: "AS_PATH", NextHop: "NEXT_HOP", MultiExitDisc: "MULTI_EXIT_DISC",
	LocalPref: "LOCAL_PREF", AtomicAggregate: "ATOMIC_AGGREGATE", Aggregator: "AGGREGATOR",
	Communities: "COMMUNITIES", OriginatorID: "ORIGINATOR_ID", ClusterList: "CLUSTER_LIST",
	MPReachNLRI: "MP_REACH_NLRI", MPUnreachNLRI: "MP_UNREACH_NLRI",
	ExtendedCommunities: "EXTENDED COMMUNITIES", AS4Path: "AS4_PATH", AS4Aggregator: "AS4_AGGREGATOR",
	IPv6ExtCommunities: "IPv6 EXTENDED COMMUNITIES", LargeCommunities: "LARGE_COMMUNITY", AttrSetAttr: "ATTR_SET",
}

func (c AttrCode) String() string {
	if name, ok := attrNames[c]; ok {
		return name
	}
	return "attribute " + strconv.Itoa(int(c))
}

// Attribute flags (RFC 4271 4.3).
const (
	flagOptional   = 0x80
	flagTransitive = 0x40
	flagExtended   = 0x10
)

// flagsOf are the Optional and Transitive bits that an attribute is specified with; ok is false for
// one that is not checked.
func flagsOf(c AttrCode) (flags uint8, ok bool) {
	switch c {
	case Origin, ASPath, NextHop, LocalPref, AtomicAggregate:
		return flagTransitive, true
	case MultiExitDisc, OriginatorID, ClusterList, MPReachNLRI, MPUnreachNLRI:
		return flagOptional, true
	case Aggregator, Communities, ExtendedCommunities, AS4Path, AS4Aggregator, IPv6ExtCommunities, LargeCommunities, AttrSetAttr:
		return flagOptional | flagTransitive, true
	}
	return 0, false
}

// attribute is one of a list: its flags, its code and its value.
type attribute struct {
	flags uint8
	code  AttrCode
	value []byte
}

// nextAttr takes one attribute off the list. size is the octets it took; 0 says that the list ends
// within the attribute.
func nextAttr(b []byte) (a attribute, size int) {
	if len(b) < 3 {
		return a, 0
	}
	a.flags, a.code = b[0], AttrCode(b[1])
	n, head := int(b[2]), 3
	if a.flags&flagExtended != 0 {
		if len(b) < 4 {
			return a, 0
		}
		n, head = int(binary.BigEndian.Uint16(b[2:])), 4
	}
	if len(b) < head+n {
		return a, 0
	}
	a.value = b[head : head+n]
	return a, head + n
}

// attrList is a list of attributes, taken apart into what differs from route to route and the
// rest, which is the key of the decoded set.
type attrList struct {
	key                      []byte
	nextHop, reach, unreach  attribute
	hasNextHop               bool
	hasReach, hasUnreach     bool
	cutOff                   bool
	twiceReach, twiceUnreach bool
	twice                    [4]uint64 // codes that came more than once
	seen                     [4]uint64
}

// split walks the list (RFC 4271 4.3, RFC 7606 4). key begins with what the list is to be read by;
// NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI stay out of it, and so does all but the first of a
// repeated attribute (RFC 7606 3 g).
func (l *attrList) split(b []byte, mode byte) {
	*l = attrList{key: append(l.key[:0], mode)}
	kept := 0 // b[kept:at] is yet to go into the key
	for at := 0; at < len(b); {
		a, size := nextAttr(b[at:])
		if size == 0 {
			l.cutOff = true
			l.key = append(l.key, b[kept:at]...)
			return
		}
		cut := false
		word, bit := a.code>>6, uint64(1)<<(a.code&63)
		if l.seen[word]&bit != 0 {
			cut = true
			l.repeated(a.code)
		} else {
			l.seen[word] |= bit
			switch a.code {
			case NextHop:
				cut, l.hasNextHop, l.nextHop = true, true, a
			case MPReachNLRI:
				cut, l.hasReach, l.reach = true, true, a
			case MPUnreachNLRI:
				cut, l.hasUnreach, l.unreach = true, true, a
			}
		}
		if cut {
			l.key = append(l.key, b[kept:at]...)
			kept = at + size
		}
		at += size
	}
	l.key = append(l.key, b[kept:]...)
}

func (l *attrList) repeated(c AttrCode) {
	l.twice[c>>6] |= 1 << (c & 63)
	switch c {
	case MPReachNLRI:
		l.twiceReach = true
	case MPUnreachNLRI:
		l.twiceUnreach = true
	}
}
