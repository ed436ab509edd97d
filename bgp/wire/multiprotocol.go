package wire

import (
	"encoding/binary"
	"net/netip"

	"bgpaudit/rib"
)

// Address family identifiers (RFC 4760 8).
const (
	afiIPv4     = 1
	afiIPv6     = 2
	safiUnicast = 1
)

// Foreign is a family whose routes are not read: no IPv4 or IPv6 unicast.
type Foreign struct {
	AFI    uint16
	SAFI   uint8
	Octets int  // of its NLRI
	Reach  bool // MP_REACH_NLRI, else MP_UNREACH_NLRI
}

// FamilyOf is the family of an AFI and a SAFI (RFC 4760 8); ok is false for one that is not read.
func FamilyOf(afi uint16, safi uint8) (fam rib.Family, ok bool) {
	switch {
	case safi != safiUnicast:
	case afi == afiIPv4:
		return rib.IPv4, true
	case afi == afiIPv6:
		return rib.IPv6, true
	}
	return 0, false
}

// nextHopOf reads the next hop field of MP_REACH_NLRI: 16 or 32 octets (RFC 2545 3), 4 as well for
// IPv4 (RFC 4760 3, RFC 8950 3). Of a global and a link-local address the global one counts.
// An IPv4-mapped address is the IPv4 one.
func nextHopOf(b []byte, fam rib.Family) (netip.Addr, bool) {
	switch {
	case len(b) == 4 && fam == rib.IPv4:
		return netip.AddrFrom4([4]byte(b)), true
	case len(b) == 16, len(b) == 32:
		a := netip.AddrFrom16([16]byte(b[:16]))
		if a.IsUnspecified() && len(b) == 32 {
			a = netip.AddrFrom16([16]byte(b[16:]))
		}
		return a.Unmap(), true
	}
	return netip.Addr{}, false
}

// mpReach reads MP_REACH_NLRI (RFC 4760 3).
func (d *Decoder) mpReach(a attribute, u *Update) {
	b := a.value
	if len(b) < 5 {
		u.reset(MPReachNLRI, optionalAttributeError, "RFC 7606 5.3", "length %d is less than 5", len(b))
		return
	}
	afi, safi := binary.BigEndian.Uint16(b), b[2]
	end := 4 + int(b[3])
	fam, ours := FamilyOf(afi, safi)
	if !ours {
		u.Foreign = append(u.Foreign, Foreign{AFI: afi, SAFI: safi, Octets: max(0, len(b)-end-1), Reach: true})
		return
	}
	if len(b) < end+1 {
		u.reset(MPReachNLRI, optionalAttributeError, "RFC 7606 7.11", "the next hop is cut off")
		return
	}
	hop, ok := nextHopOf(b[4:end], fam)
	if !ok {
		u.reset(MPReachNLRI, optionalAttributeError, "RFC 7606 7.11", "a next hop of %d octets for %s", end-4, fam)
		return
	}
	var mapped int
	var wrong string
	u.Advertised, mapped, wrong = appendNLRI(u.Advertised, b[end+1:], fam, d.session.AddPath[fam]) // an octet is reserved
	u.Unusable += mapped
	u.mpNextHop = hop
	if wrong != "" {
		u.reset(MPReachNLRI, optionalAttributeError, "RFC 7606 5.3", wrong)
	}
}

// mpUnreach reads MP_UNREACH_NLRI (RFC 4760 4) and reports whether it is empty, and of which family.
func (d *Decoder) mpUnreach(a attribute, u *Update) (fam rib.Family, empty bool) {
	b := a.value
	if len(b) < 3 {
		u.reset(MPUnreachNLRI, optionalAttributeError, "RFC 7606 5.3", "length %d is less than 3", len(b))
		return 0, false
	}
	afi, safi := binary.BigEndian.Uint16(b), b[2]
	fam, ours := FamilyOf(afi, safi)
	if !ours {
		u.Foreign = append(u.Foreign, Foreign{AFI: afi, SAFI: safi, Octets: len(b) - 3})
		return 0, false
	}
	var mapped int
	var wrong string
	u.Withdrawn, mapped, wrong = appendNLRI(u.Withdrawn, b[3:], fam, d.session.AddPath[fam])
	u.Unusable += mapped
	if wrong != "" {
		u.reset(MPUnreachNLRI, optionalAttributeError, "RFC 7606 5.3", wrong)
	}
	return fam, len(b) == 3
}
