package wire

import (
	"encoding/binary"
	"net/netip"
)

// Parts of an OPEN (RFC 4271 4.2, RFC 5492 4, RFC 9072 2, RFC 7911 4).
const (
	openFixed                    = 10 // version, AS, hold time, identifier, length of the parameters
	parameterExtended            = 255
	parameterCapsOnly            = 2
	capabilityFourOctetASN       = 65
	capabilityAddPath            = 69
	addPathReceives        uint8 = 1 // the bits of Send/Receive
	addPathSends           uint8 = 2
)

// Offer is what an OPEN says of how its sender writes and reads UPDATEs.
type Offer struct {
	ASN          uint32
	ID           netip.Addr // the BGP Identifier
	FourOctetASN bool       // RFC 6793 3
	Sends        [2]bool    // by family: able to send path identifiers (RFC 7911 4)
	Receives     [2]bool    // by family: able to receive them
}

// ReadOffer reads the body of an OPEN. ok is false where it cannot be read to its end. It is for files
// of messages, which show what was agreed in no other place; sessions have their own way.
func ReadOffer(open []byte) (o Offer, ok bool) {
	if len(open) < openFixed {
		return o, false
	}
	o.ASN = uint32(binary.BigEndian.Uint16(open[1:]))
	o.ID = netip.AddrFrom4([4]byte(open[5:9]))
	rest, wide := open[openFixed:], false
	size := int(open[openFixed-1])
	if size == 255 && len(rest) >= 3 && rest[0] == parameterExtended {
		size, rest, wide = int(binary.BigEndian.Uint16(rest[1:])), rest[3:], true
	}
	if size > len(rest) {
		return o, false
	}
	for rest = rest[:size]; len(rest) > 0; {
		kind, value, n := parameter(rest, wide)
		if n == 0 || kind == parameterCapsOnly && !o.capabilities(value) {
			return o, false
		}
		rest = rest[n:]
	}
	return o, true
}

// To is how UPDATEs from the sender of this OPEN to the sender of the other one are written.
func (o Offer) To(other Offer) Session {
	s := Session{FourOctetASN: o.FourOctetASN && other.FourOctetASN}
	for fam := range s.AddPath {
		s.AddPath[fam] = o.Sends[fam] && other.Receives[fam]
	}
	return s
}

// AddPathSent reads out of the body of an OPEN for which families its sender is able to send path
// identifiers.
func AddPathSent(open []byte) (families [2]bool, ok bool) {
	o, ok := ReadOffer(open)
	return o.Sends, ok
}

// parameter takes one optional parameter, whose length has two octets where it is wide.
func parameter(b []byte, wide bool) (kind uint8, value []byte, size int) {
	head, n := 2, 0
	if wide {
		head = 3
	}
	if len(b) < head {
		return 0, nil, 0
	}
	if n = int(b[1]); wide {
		n = int(binary.BigEndian.Uint16(b[1:]))
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0], b[head : head+n], head + n
}

// capabilities reads a list of capabilities (RFC 5492 4).
func (o *Offer) capabilities(b []byte) bool {
	for len(b) > 0 {
		code, value, n := parameter(b, false)
		if n == 0 {
			return false
		}
		b = b[n:]
		switch {
		case code == capabilityFourOctetASN && len(value) == 4:
			o.FourOctetASN, o.ASN = true, binary.BigEndian.Uint32(value)
		case code == capabilityAddPath:
			for ; len(value) >= 4; value = value[4:] {
				if fam, ours := FamilyOf(binary.BigEndian.Uint16(value), value[2]); ours {
					o.Sends[fam] = value[3]&addPathSends != 0
					o.Receives[fam] = value[3]&addPathReceives != 0
				}
			}
		}
	}
	return true
}
