package wire

import (
	"encoding/binary"
	"net/netip"

	"bgpaudit/rib"
)

// NLRI is a prefix as an UPDATE names it: masked, with its path id where the session sends them
// (RFC 7911 3), else 0.
type NLRI struct {
	Prefix netip.Prefix
	PathID uint32
}

// appendNLRI reads a field of prefixes (RFC 4271 4.3, RFC 4760 5, RFC 7911 3). mapped counts those
// inside ::ffff:0:0/96, which are left out: a table would take them for IPv4 prefixes. wrong says
// why the field cannot be parsed (RFC 7606 5.3).
func appendNLRI(into []NLRI, b []byte, fam rib.Family, addPath bool) (out []NLRI, mapped int, wrong string) {
	for len(b) > 0 {
		var n NLRI
		if addPath {
			if len(b) < 5 {
				return into, mapped, "a path identifier is cut off"
			}
			n.PathID = binary.BigEndian.Uint32(b)
			b = b[4:]
		}
		var size int
		n.Prefix, size, wrong = ParsePrefix(b, fam)
		if wrong != "" {
			return into, mapped, wrong
		}
		b = b[size:]
		if n.Prefix.Addr().Is4In6() {
			mapped++
			continue
		}
		into = append(into, n)
	}
	return into, mapped, ""
}

// ParsePrefix reads one prefix (RFC 4271 4.3): an octet of length in bits, then as many octets as
// hold them. It clears host bits and reports the octets it took, or what is wrong.
func ParsePrefix(b []byte, fam rib.Family) (p netip.Prefix, size int, wrong string) {
	if len(b) == 0 {
		return p, 0, "a prefix is cut off"
	}
	bits := int(b[0])
	if bits > fam.Bits() {
		return p, 0, "a prefix is longer than its address"
	}
	size = 1 + (bits+7)/8
	if len(b) < size {
		return p, 0, "a prefix is cut off"
	}
	var addr [16]byte
	copy(addr[:], b[1:size])
	if bits%8 != 0 {
		addr[bits/8] &= 0xff << (8 - bits%8)
	}
	if fam == rib.IPv4 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(addr[:4])), bits), size, ""
	}
	return netip.PrefixFrom(netip.AddrFrom16(addr), bits), size, ""
}
