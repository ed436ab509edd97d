package speaker

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Message types (RFC 4271 4.1, RFC 2918 3).
const (
	TypeOpen         = 1
	TypeUpdate       = 2
	TypeNotification = 3
	TypeKeepalive    = 4
	TypeRouteRefresh = 5
)

// HeaderLen is the size of the message header; MaxLen that of a message without RFC 8654.
const (
	HeaderLen = 19
	MaxLen    = 4096
)

// Join puts octets together.
func Join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// Marker is the all-ones marker of a header.
func Marker() []byte { return slices.Repeat([]byte{0xff}, 16) }

// Header is a header that claims a length, true or not.
func Header(length uint16, kind byte) []byte {
	return append(binary.BigEndian.AppendUint16(Marker(), length), kind)
}

// Message is a body with a true header in front.
func Message(kind byte, body ...byte) []byte {
	return Join(Header(uint16(HeaderLen+len(body)), kind), body)
}

// Keepalive is a KEEPALIVE.
func Keepalive() []byte { return Message(TypeKeepalive) }

// Notification is a NOTIFICATION (RFC 4271 4.5).
func Notification(code, subcode byte, data ...byte) []byte {
	return Message(TypeNotification, Join([]byte{code, subcode}, data)...)
}

// RouteRefresh is a ROUTE-REFRESH; subtype is 0 but in RFC 7313.
func RouteRefresh(afi uint16, subtype, safi byte) []byte {
	return Message(TypeRouteRefresh, byte(afi>>8), byte(afi), subtype, safi)
}

// Open is what an OPEN says. Its parameters are raw, so that they can be wrong.
type Open struct {
	Version    byte
	AS         uint16 // My Autonomous System
	HoldTime   uint16
	ID         netip.Addr
	Parameters []byte // optional parameters
	Length     int    // the length of the optional parameters that it claims; -1: the true one
}

// Bytes is the OPEN message.
func (o Open) Bytes() []byte {
	length := o.Length
	if length < 0 {
		length = len(o.Parameters)
	}
	id := o.ID.As4()
	body := []byte{o.Version, byte(o.AS >> 8), byte(o.AS), byte(o.HoldTime >> 8), byte(o.HoldTime)}
	return Message(TypeOpen, Join(body, id[:], []byte{byte(length)}, o.Parameters)...)
}

// Parameter is an optional parameter (RFC 4271 4.2).
func Parameter(kind byte, value ...byte) []byte {
	return Join([]byte{kind, byte(len(value))}, value)
}

// Capabilities is an optional parameter of capabilities (RFC 5492 4).
func Capabilities(caps ...[]byte) []byte { return Parameter(2, Join(caps...)...) }

// Capability is one capability.
func Capability(code byte, value ...byte) []byte {
	return Join([]byte{code, byte(len(value))}, value)
}

// Capability codes (IANA "Capability Codes").
const (
	CapMultiprotocol   = 1
	CapRouteRefresh    = 2
	CapExtendedNextHop = 5
	CapExtendedMessage = 6
	CapGracefulRestart = 64
	CapFourOctetAS     = 65
	CapAddPath         = 69
	CapEnhancedRefresh = 70
	CapLongLived       = 71
	CapFQDN            = 73
)

// Address families (IANA) of the two that are audited.
const (
	AFIv4       = 1
	AFIv6       = 2
	SAFIUnicast = 1
)

// Multiprotocol is the capability of a family (RFC 4760 8).
func Multiprotocol(afi uint16, safi byte) []byte {
	return Capability(CapMultiprotocol, byte(afi>>8), byte(afi), 0, safi)
}

// FourOctetAS is the capability of RFC 6793 3.
func FourOctetAS(asn uint32) []byte {
	return Capability(CapFourOctetAS, binary.BigEndian.AppendUint32(nil, asn)...)
}

// AddPathSend says that we are able to send path identifiers in both families (RFC 7911 4).
func AddPathSend() []byte {
	return Capability(CapAddPath, 0, AFIv4, SAFIUnicast, 2, 0, AFIv6, SAFIUnicast, 2)
}

// GracefulRestart is the capability of RFC 4724 3 for both families, with the restart bit or
// without, and with their forwarding bits.
func GracefulRestart(restarting bool, seconds uint16) []byte {
	flags := byte(0)
	if restarting {
		flags = 0x80
	}
	return Capability(CapGracefulRestart, flags|byte(seconds>>8&0xf), byte(seconds),
		0, AFIv4, SAFIUnicast, 0x80, 0, AFIv6, SAFIUnicast, 0x80)
}

// Update is an UPDATE of three raw fields (RFC 4271 4.3).
func Update(withdrawn, attributes, nlri []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(len(withdrawn)))
	body = append(body, withdrawn...)
	body = binary.BigEndian.AppendUint16(body, uint16(len(attributes)))
	return Message(TypeUpdate, Join(body, attributes, nlri)...)
}

// NLRI writes prefixes.
func NLRI(prefixes ...netip.Prefix) []byte {
	var out []byte
	for _, p := range prefixes {
		out = append(out, byte(p.Bits()))
		out = append(out, p.Addr().AsSlice()[:(p.Bits()+7)/8]...)
	}
	return out
}

// PathNLRI writes a prefix with its path identifier (RFC 7911 3).
func PathNLRI(id uint32, p netip.Prefix) []byte {
	return Join(binary.BigEndian.AppendUint32(nil, id), NLRI(p))
}

// EndOfRIB is the marker of a family (RFC 4724 2).
func EndOfRIB(afi uint16) []byte {
	if afi == AFIv4 {
		return Update(nil, nil, nil)
	}
	return Update(nil, MPUnreach(afi, SAFIUnicast, nil), nil)
}

// Path attribute codes.
const (
	AttrOrigin              = 1
	AttrASPath              = 2
	AttrNextHop             = 3
	AttrMED                 = 4
	AttrLocalPref           = 5
	AttrAtomicAggregate     = 6
	AttrAggregator          = 7
	AttrCommunities         = 8
	AttrOriginatorID        = 9
	AttrClusterList         = 10
	AttrMPReach             = 14
	AttrMPUnreach           = 15
	AttrExtendedCommunities = 16
	AttrAS4Path             = 17
	AttrAS4Aggregator       = 18
	AttrIPv6ExtCommunities  = 25
	AttrLargeCommunities    = 32
	AttrPrefixSID           = 40
	AttrSet                 = 128
)

// Flags of path attributes.
const (
	WellKnown          = 0x40
	Optional           = 0x80
	OptionalTransitive = 0xc0
	ExtendedLength     = 0x10
)

// Attribute is a path attribute, with an extended length where it needs one.
func Attribute(flags, code byte, value ...byte) []byte {
	if len(value) > 255 {
		flags |= ExtendedLength
	}
	head := []byte{flags, code, byte(len(value))}
	if flags&ExtendedLength != 0 {
		head = []byte{flags, code, byte(len(value) >> 8), byte(len(value))}
	}
	return Join(head, value)
}

// Origin is the ORIGIN attribute.
func Origin(value byte) []byte { return Attribute(WellKnown, AttrOrigin, value) }

// Segment is a segment of an AS_PATH of four-octet numbers.
func Segment(kind byte, asns ...uint32) []byte {
	out := []byte{kind, byte(len(asns))}
	for _, asn := range asns {
		out = binary.BigEndian.AppendUint32(out, asn)
	}
	return out
}

// ASPath is an AS_PATH of one sequence.
func ASPath(asns ...uint32) []byte {
	if len(asns) == 0 {
		return Attribute(WellKnown, AttrASPath)
	}
	return Attribute(WellKnown, AttrASPath, Segment(2, asns...)...)
}

// NextHop is the NEXT_HOP attribute.
func NextHop(a netip.Addr) []byte { return Attribute(WellKnown, AttrNextHop, a.AsSlice()...) }

// MED is MULTI_EXIT_DISC.
func MED(v uint32) []byte {
	return Attribute(Optional, AttrMED, binary.BigEndian.AppendUint32(nil, v)...)
}

// LocalPref is LOCAL_PREF.
func LocalPref(v uint32) []byte {
	return Attribute(WellKnown, AttrLocalPref, binary.BigEndian.AppendUint32(nil, v)...)
}

// Communities are RFC 1997 communities.
func Communities(values ...uint32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return Attribute(OptionalTransitive, AttrCommunities, out...)
}

// MPReach is MP_REACH_NLRI (RFC 4760 3).
func MPReach(afi uint16, safi byte, nextHop, nlri []byte) []byte {
	head := []byte{byte(afi >> 8), byte(afi), safi, byte(len(nextHop))}
	return Attribute(Optional, AttrMPReach, Join(head, nextHop, []byte{0}, nlri)...)
}

// MPUnreach is MP_UNREACH_NLRI (RFC 4760 4).
func MPUnreach(afi uint16, safi byte, nlri []byte) []byte {
	return Attribute(Optional, AttrMPUnreach, Join([]byte{byte(afi >> 8), byte(afi), safi}, nlri)...)
}
