package router

import (
	"errors"
	"net/netip"
	"time"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"bgpaudit/rib"
)

func routeFamily(fam rib.Family) bgp.RouteFamily {
	if fam == rib.IPv4 {
		return bgp.RF_IPv4_UC
	}
	return bgp.RF_IPv6_UC
}

// openMessage offers both families, four-octet AS numbers, and to send path identifiers where the
// router does. Its identifier is its address, or one that is out of use where that is IPv6.
func openMessage(c *Config) *bgp.BGPMessage {
	id := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if c.Address.Unmap().Is4() {
		id = c.Address.Unmap()
	}
	capabilities := []bgp.ParameterCapabilityInterface{bgp.NewCapFourOctetASNumber(c.ASN)}
	var paths []*bgp.CapAddPathTuple
	for _, fam := range rib.Families {
		capabilities = append(capabilities, bgp.NewCapMultiProtocol(routeFamily(fam)))
		paths = append(paths, bgp.NewCapAddPathTuple(routeFamily(fam), bgp.BGP_ADD_PATH_SEND))
	}
	if c.AddPath {
		capabilities = append(capabilities, bgp.NewCapAddPath(paths))
	}
	as := uint16(bgp.AS_TRANS)
	if c.ASN < 1<<16 {
		as = uint16(c.ASN)
	}
	return bgp.NewBGPOpenMessage(as, uint16(holdTime/time.Second), id.String(),
		[]bgp.OptionParameterInterface{bgp.NewOptionParameterCapability(capabilities)})
}

// agreed says how messages are written, from the monitor's OPEN.
func agreed(c *Config, open []byte) (bgp.MarshallingOption, error) {
	var out bgp.MarshallingOption
	if !c.AddPath {
		return out, nil
	}
	m, err := bgp.ParseBGPBody(&bgp.BGPHeader{Type: bgp.BGP_MSG_OPEN, Len: uint16(bgp.BGP_HEADER_LENGTH + len(open))}, open)
	if err != nil {
		return out, err
	}
	out.AddPath = map[bgp.RouteFamily]bgp.BGPAddPathMode{}
	for _, p := range m.Body.(*bgp.BGPOpen).OptParams {
		capabilities, _ := p.(*bgp.OptionParameterCapability)
		if capabilities == nil {
			continue
		}
		for _, each := range capabilities.Capability {
			if paths, is := each.(*bgp.CapAddPath); is {
				for _, t := range paths.Tuples {
					if t.Mode&bgp.BGP_ADD_PATH_RECEIVE != 0 {
						out.AddPath[t.RouteFamily] = bgp.BGP_ADD_PATH_SEND
					}
				}
			}
		}
	}
	for _, fam := range rib.Families {
		if out.AddPath[routeFamily(fam)] == 0 {
			return out, errors.New("the monitor does not take path identifiers")
		}
	}
	return out, nil
}

func nlri(p netip.Prefix, pathID uint32) []bgp.AddrPrefixInterface {
	if p.Addr().Is4() {
		n := bgp.NewIPAddrPrefix(uint8(p.Bits()), p.Addr().String())
		n.SetPathLocalIdentifier(pathID)
		return []bgp.AddrPrefixInterface{n}
	}
	n := bgp.NewIPv6AddrPrefix(uint8(p.Bits()), p.Addr().String())
	n.SetPathLocalIdentifier(pathID)
	return []bgp.AddrPrefixInterface{n}
}

// announcement writes every attribute that the route has. Both families go in MP_REACH_NLRI
// (RFC 4760), which carries either.
func announcement(r *rib.Route) *bgp.BGPMessage {
	a := &r.Attrs
	attrs := []bgp.PathAttributeInterface{bgp.NewPathAttributeOrigin(origin(a.Origin)), asPath(a.ASPath)}
	if a.MED.Set {
		attrs = append(attrs, bgp.NewPathAttributeMultiExitDisc(a.MED.Value))
	}
	if a.LocalPref.Set {
		attrs = append(attrs, bgp.NewPathAttributeLocalPref(a.LocalPref.Value))
	}
	if len(a.Communities) > 0 {
		var values []uint32
		for _, c := range a.Communities {
			high, low := c.Halves()
			values = append(values, high<<16|low&0xffff)
		}
		attrs = append(attrs, bgp.NewPathAttributeCommunities(values))
	}
	if len(a.LargeCommunities) > 0 {
		var values []*bgp.LargeCommunity
		for _, c := range a.LargeCommunities {
			values = append(values, bgp.NewLargeCommunity(c[0], c[1], c[2]))
		}
		attrs = append(attrs, bgp.NewPathAttributeLargeCommunities(values))
	}
	attrs = append(attrs, bgp.NewPathAttributeMpReachNLRI(a.NextHop.String(), nlri(r.Prefix, r.PathID)))
	return bgp.NewBGPUpdateMessage(nil, attrs, nil)
}

func withdrawal(p netip.Prefix, pathID uint32) *bgp.BGPMessage {
	return bgp.NewBGPUpdateMessage(nil, []bgp.PathAttributeInterface{bgp.NewPathAttributeMpUnreachNLRI(nlri(p, pathID))}, nil)
}

// origin: one that is absent is incomplete, which is what a router says that does not know it.
func origin(o rib.Origin) uint8 {
	switch o {
	case rib.OriginIGP:
		return bgp.BGP_ORIGIN_ATTR_TYPE_IGP
	case rib.OriginEGP:
		return bgp.BGP_ORIGIN_ATTR_TYPE_EGP
	}
	return bgp.BGP_ORIGIN_ATTR_TYPE_INCOMPLETE
}

func asPath(p rib.ASPath) *bgp.PathAttributeAsPath {
	segments := []bgp.AsPathParamInterface{}
	for _, s := range p {
		segments = append(segments, bgp.NewAs4PathParam(uint8(s.Type), s.ASNs))
	}
	return bgp.NewPathAttributeAsPath(segments)
}
