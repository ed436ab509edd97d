package bgp

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// Capabilities that are read or offered (IANA "Capability Codes").
const (
	capMultiprotocol    = 1   // RFC 4760 8
	capRouteRefresh     = 2   // RFC 2918 2
	capExtendedNextHop  = 5   // RFC 8950 4
	capExtendedMessage  = 6   // RFC 8654 3
	capGracefulRestart  = 64  // RFC 4724 3
	capFourOctetASN     = 65  // RFC 6793 3
	capAddPath          = 69  // RFC 7911 4
	parameterCapability = 2   // RFC 5492 4
	parameterExtended   = 255 // RFC 9072 2

	addPathReceives = 1
	addPathSends    = 2
)

var capabilityNames = map[uint8]string{
	capMultiprotocol: "multiprotocol", capRouteRefresh: "route refresh", 3: "outbound route filtering",
	capExtendedNextHop: "extended next hop", capExtendedMessage: "extended message", 8: "multiple labels", 9: "role",
	capGracefulRestart: "graceful restart", capFourOctetASN: "four-octet AS number", 67: "dynamic capability",
	capAddPath: "add-path", 70: "enhanced route refresh", 71: "long-lived graceful restart", 73: "FQDN",
	75: "software version", 128: "route refresh (pre-standard)",
}

// maxOffered is how many capabilities of a router are listed.
const maxOffered = 64

type capability struct {
	code  uint8
	value []byte
}

// open is an OPEN (RFC 4271 4.2) and what its capabilities say.
type open struct {
	asn          uint16
	holdTime     uint16
	id           [4]byte
	capabilities []capability

	multiprotocol bool    // it names families; else it is IPv4 unicast alone (RFC 4760 8)
	families      [2]bool // of ours
	fourOctet     bool
	fullASN       uint32
	sendsIDs      [2]bool // the sender is able to send path ids, and to receive them (RFC 7911 4)
	receivesIDs   [2]bool
	extended      bool
	restart       restartOffer
}

// restartOffer is a Graceful Restart capability (RFC 4724 3).
type restartOffer struct {
	time      time.Duration
	families  [2]bool
	forwarded [2]bool // the F bit: forwarding went on through the restart
}

// readOpen reads the body of an OPEN to its last octet. Of the capabilities only those that we use
// are looked into: what another one holds is no reason to refuse a router.
func readOpen(body []byte) (open, *fault) {
	const fixed = 10
	var o open
	if len(body) < fixed {
		return o, newFault(openMessageError, 0, "the OPEN is cut off")
	}
	if body[0] != 4 {
		f := newFault(openMessageError, unsupportedVersion, fmt.Sprintf("BGP version %d is not 4", body[0]))
		f.data = []byte{0, 4} // the largest that we have (RFC 4271 6.2)
		return o, f
	}
	o.asn, o.holdTime = binary.BigEndian.Uint16(body[1:]), binary.BigEndian.Uint16(body[3:])
	o.id = [4]byte(body[5:9])
	size, rest, lengths := int(body[9]), body[fixed:], 1
	if size > 0 && len(rest) >= 3 && rest[0] == parameterExtended { // RFC 9072 2
		size, rest, lengths = int(binary.BigEndian.Uint16(rest[1:])), rest[3:], 2
	}
	if size != len(rest) {
		return o, newFault(openMessageError, 0, "the optional parameters do not end where the OPEN does")
	}
	for len(rest) > 0 {
		kind, value, size := parameter(rest, lengths)
		switch {
		case size == 0:
			return o, newFault(openMessageError, 0, "an optional parameter is cut off")
		case kind != parameterCapability:
			f := newFault(openMessageError, unsupportedOptionalParameter, fmt.Sprintf("optional parameter %d is not known", kind))
			f.data = rest[:size]
			return o, f
		}
		if f := o.readCapabilities(value); f != nil {
			return o, f
		}
		rest = rest[size:]
	}
	return o, nil
}

// parameter takes a type, a length of so many octets and a value. size is 0 where they are cut off.
func parameter(b []byte, lengths int) (kind uint8, value []byte, size int) {
	head := 1 + lengths
	if len(b) < head {
		return 0, nil, 0
	}
	n := int(b[1])
	if lengths == 2 {
		n = int(binary.BigEndian.Uint16(b[1:]))
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0], b[head : head+n], head + n
}

func (o *open) readCapabilities(b []byte) *fault {
	for len(b) > 0 {
		code, value, size := parameter(b, 1)
		if size == 0 {
			return newFault(openMessageError, 0, "a capability is cut off")
		}
		c := capability{code, slices.Clone(value)}
		if !o.add(c) {
			return newFault(openMessageError, 0, fmt.Sprintf("capability %s of %d octets cannot be read", c.name(), len(value)))
		}
		b = b[size:]
	}
	return nil
}

// add takes a capability, and reports whether it can be read.
func (o *open) add(c capability) bool {
	o.capabilities = append(o.capabilities, c)
	return o.understand(c)
}

// number is the sender's AS number.
func (o *open) number() uint32 {
	if o.fourOctet {
		return o.fullASN
	}
	return uint32(o.asn)
}

// understand reports whether a capability that we use is well-formed. The last of several counts.
func (o *open) understand(c capability) bool {
	switch v := c.value; c.code {
	case capMultiprotocol:
		if len(v) != 4 {
			return false
		}
		o.multiprotocol = true
		if fam, ours := wire.FamilyOf(binary.BigEndian.Uint16(v), v[3]); ours {
			o.families[fam] = true
		}
	case capFourOctetASN:
		if len(v) != 4 {
			return false
		}
		o.fourOctet, o.fullASN = true, binary.BigEndian.Uint32(v)
	case capExtendedMessage:
		o.extended = len(v) == 0
		return o.extended
	case capAddPath:
		return o.readAddPath(v)
	case capGracefulRestart:
		return o.readRestart(v)
	}
	return true
}

func (o *open) readAddPath(v []byte) bool {
	if len(v)%4 != 0 {
		return false
	}
	var receives, sends [2]bool
	for ; len(v) > 0; v = v[4:] {
		if v[3] == 0 || v[3] > addPathReceives|addPathSends {
			return true // with another value the whole capability is to be ignored (RFC 7911 4)
		}
		if fam, ours := wire.FamilyOf(binary.BigEndian.Uint16(v), v[2]); ours {
			receives[fam], sends[fam] = v[3]&addPathReceives != 0, v[3]&addPathSends != 0
		}
	}
	for _, fam := range rib.Families { // a router may send the capability more than once
		o.receivesIDs[fam] = o.receivesIDs[fam] || receives[fam]
		o.sendsIDs[fam] = o.sendsIDs[fam] || sends[fam]
	}
	return true
}

func (o *open) readRestart(v []byte) bool {
	if len(v)%4 != 2 {
		return false
	}
	o.restart = restartOffer{time: time.Duration(binary.BigEndian.Uint16(v)&0xfff) * time.Second}
	for v = v[2:]; len(v) > 0; v = v[4:] {
		if fam, ours := wire.FamilyOf(binary.BigEndian.Uint16(v), v[2]); ours {
			o.restart.families[fam], o.restart.forwarded[fam] = true, v[3]&0x80 != 0
		}
	}
	return true
}

func (c capability) name() string {
	name, known := capabilityNames[c.code]
	if !known {
		return fmt.Sprintf("capability %d", c.code)
	}
	if c.code == capMultiprotocol && len(c.value) == 4 {
		afi, safi := binary.BigEndian.Uint16(c.value), c.value[3]
		if fam, ours := wire.FamilyOf(afi, safi); ours {
			return name + " " + fam.String()
		}
		return fmt.Sprintf("%s %d/%d", name, afi, safi)
	}
	return name
}

// names lists the capabilities in the sender's order.
func (o *open) names() []string {
	var out []string
	for _, c := range o.capabilities[:min(len(o.capabilities), maxOffered)] {
		out = append(out, c.name())
	}
	return out
}

// forRouter is GoBGP's OPEN as the router gets it. What GoBGP says beside the capabilities listed
// here stays: its FQDN capability shows the name of our host, its software version is nobody's
// business. Extended messages are ours to offer, since we read them (RFC 8654).
//
// Graceful Restart goes with no family and the Restart State bit: we keep no forwarding state and
// only help (RFC 4724 4.2). With the bit set the router must not wait for an End-of-RIB of ours,
// which never comes, before it sends its routes (RFC 4724 3).
func (o open) forRouter() open {
	out := open{asn: o.asn, holdTime: o.holdTime, id: o.id}
	for _, c := range o.capabilities {
		switch c.code {
		case capMultiprotocol, capRouteRefresh, capExtendedNextHop, capFourOctetASN, capAddPath:
			out.add(c)
		}
	}
	const restartState = 0x80
	out.add(capability{capExtendedMessage, nil})
	out.add(capability{capGracefulRestart, []byte{restartState, 0}})
	return out
}

// forSpeaker is a router's OPEN as GoBGP gets it: what GoBGP has to judge, written anew, since its
// own parser reads behind the end of some capabilities. The one family in it is none that GoBGP
// has: with no family in common there is nothing that it could send the router.
func (o open) forSpeaker() open {
	const ipv4, multicast = 1, 2
	out := open{asn: o.asn, holdTime: o.holdTime, id: o.id}
	out.add(capability{capMultiprotocol, []byte{0, ipv4, 0, multicast}})
	if o.fourOctet {
		out.add(capability{capFourOctetASN, binary.BigEndian.AppendUint32(nil, o.fullASN)})
	}
	return out
}

// encode writes the OPEN with one optional parameter. Both that we write fit in one of 255 octets.
func (o open) encode() []byte {
	var caps []byte
	for _, c := range o.capabilities {
		caps = append(append(caps, c.code, byte(len(c.value))), c.value...)
	}
	body := binary.BigEndian.AppendUint16([]byte{4}, o.asn)
	body = binary.BigEndian.AppendUint16(body, o.holdTime)
	body = append(body, o.id[:]...)
	body = append(body, byte(2+len(caps)), parameterCapability, byte(len(caps)))
	return encode(sendOpen, append(body, caps...))
}

// terms are what the two OPENs agree on.
type terms struct {
	families, addPath   [2]bool
	fourOctet, extended bool
	holdTime            time.Duration
	restart             restartOffer // the router's, of negotiated families
}

// agree compares our OPEN, as the router got it, with the router's.
func agree(ours, router open) terms {
	if !router.multiprotocol {
		router.families = [2]bool{rib.IPv4: true}
	}
	t := terms{
		fourOctet: ours.fourOctet && router.fourOctet,
		extended:  router.extended,
		holdTime:  time.Duration(min(ours.holdTime, router.holdTime)) * time.Second,
		restart:   router.restart,
	}
	for _, fam := range rib.Families {
		t.families[fam] = ours.families[fam] && router.families[fam]
		t.addPath[fam] = t.families[fam] && ours.receivesIDs[fam] && router.sendsIDs[fam]
		t.restart.families[fam] = t.families[fam] && router.restart.families[fam]
		t.restart.forwarded[fam] = t.families[fam] && router.restart.forwarded[fam]
	}
	return t
}
