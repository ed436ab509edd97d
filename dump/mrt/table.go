package mrt

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// Subtypes of TABLE_DUMP_V2 (RFC 6396 4.3, RFC 6397 2, RFC 8050 4).
const (
	peerIndexTable    = 1
	ribIPv4           = 2
	ribIPv4Multicast  = 3
	ribIPv6           = 4
	ribIPv6Multicast  = 5
	ribGeneric        = 6
	geoPeerTable      = 7
	ribIPv4AddPath    = 8
	ribIPv6AddPath    = 10
	ribGenericAddPath = 12
)

// tableV2 reads a record of TABLE_DUMP_V2.
func (r *reader) tableV2(h recordHeader, o *octets) error {
	switch h.subtype {
	case peerIndexTable, geoPeerTable:
		r.listed(h)
		return r.peerTable(h, o)
	case ribIPv4, ribIPv4AddPath:
		return r.prefixV2(h, o, rib.IPv4)
	case ribIPv6, ribIPv6AddPath:
		return r.prefixV2(h, o, rib.IPv6)
	case ribGeneric, ribGenericAddPath:
		sequence := o.take(4)
		afi, safi := o.uint16(), o.uint8()
		if o.bad {
			return errMRTShort
		}
		if fam, ours := wire.FamilyOf(afi, safi); ours {
			o.B = append(sequence[:4:4], o.B...) // as the other subtypes have it
			return r.prefixV2(h, o, fam)
		}
	case 0:
		return fmt.Errorf("a record of unknown type %d.%d", h.kind, h.subtype)
	}
	r.listed(h)
	r.foreign++
	return nil
}

// peerTable reads PEER_INDEX_TABLE (RFC 6396 4.3.1). GEO_PEER_TABLE (RFC 6397 2) has the same
// peers, with places; it counts where it is the only one. A file may hold several tables, each with
// its own peers in front of it.
func (r *reader) peerTable(h recordHeader, o *octets) error {
	geo := h.subtype == geoPeerTable
	router := o.addr(rib.IPv4)
	o.take(int(o.uint16())) // view name
	if geo {
		o.take(8) // latitude and longitude
	}
	peers := make([]mrtPeer, 0, min(int(o.uint16()), len(o.B)/10))
	for len(o.B) > 0 {
		kind := o.uint8()
		o.take(4) // BGP identifier
		fam := rib.IPv4
		if kind&1 != 0 {
			fam = rib.IPv6
		}
		p := mrtPeer{addr: o.addr(fam), asn: o.asn(kind&2 != 0)}
		if geo {
			o.take(8)
		}
		if !o.bad {
			peers = append(peers, p)
		}
	}
	if r.remembered != nil {
		r.remembered.Clear() // indexes mean other peers now, or none
	}
	if o.bad {
		r.peers, r.known = nil, false
		return fmt.Errorf("the peer table is cut off")
	}
	if geo && r.known {
		return nil
	}
	if !geo && r.replay == nil { // each table has its peers in front of it
		r.NextAnswer(r.record)
	}
	r.peers, r.known = peers, true
	r.pick.sees(peers)
	if router.IsValid() && r.Result.Header.Router == "" {
		r.Result.Header.Router = router.String()
	}
	return nil
}

// prefixV2 reads the routes of one prefix (RFC 6396 4.3.2, 4.3.4; RFC 8050 4).
func (r *reader) prefixV2(h recordHeader, o *octets, fam rib.Family) error {
	r.listed(h)
	o.uint32() // sequence number
	prefix, err := takePrefix(o, fam)
	if err != nil {
		return err
	}
	if !r.known && !r.missed {
		r.missed = true
		r.Problem(r.record, "no peer table comes before the routes: their neighbors are not shown")
	}
	addPath := h.subtype >= ribIPv4AddPath
	it := mrtStored{family: fam, form: fourOctet | indexed, row: rib.Row{Prefix: prefix, Line: r.record, Numbered: true}}
	if fam == rib.IPv6 {
		it.form |= iPv6
	}
	for count := int(o.uint16()); count > 0; count-- {
		it.who = o.take(2)
		o.uint32() // originated at
		if addPath {
			it.row.PathID = o.uint32()
		}
		it.attrs = o.take(int(o.uint16()))
		if o.bad {
			return fmt.Errorf("%s: entries are cut off: %d of them", prefix, count)
		}
		if err := r.entryV2(&it); err != nil {
			r.Skip(r.record, "%s: %v", prefix, err)
		}
	}
	if len(o.B) > 0 {
		r.Problem(r.record, "%s: %d octets behind its last entry", prefix, len(o.B))
	}
	return nil
}

func takePrefix(o *octets, fam rib.Family) (netip.Prefix, error) {
	p, size, wrong := wire.ParsePrefix(o.B, fam)
	switch {
	case o.bad:
		return p, errMRTShort
	case wrong != "":
		return p, fmt.Errorf("%s", wrong)
	case p.Addr().Is4In6():
		return p, fmt.Errorf("%s is an IPv4-mapped prefix: no route of either family", p)
	}
	o.take(size)
	return p, nil
}

// entryV2 takes one entry of a prefix, whose peer is one of the table's.
func (r *reader) entryV2(it *mrtStored) error {
	if !r.known {
		it.hides = rib.AttrNeighbor | rib.AttrNeighborASN
		return r.stored(it)
	}
	index := int(binary.BigEndian.Uint16(it.who))
	if index >= len(r.peers) {
		return fmt.Errorf("peer %d is not in the peer table, which has %d", index, len(r.peers))
	}
	it.peer = r.peers[index]
	return r.stored(it)
}

// tableDump reads a record of TABLE_DUMP, which is one route (RFC 6396 4.2). Subtypes 3 and 4 are
// those of 1 and 2 with AS numbers of four octets, as some collectors wrote before TABLE_DUMP_V2.
func (r *reader) tableDump(h recordHeader, o *octets) error {
	if h.subtype == 0 {
		return fmt.Errorf("a record of unknown type %d.%d", h.kind, h.subtype)
	}
	r.listed(h)
	fam, four := rib.IPv4, h.subtype > 2
	if h.subtype%2 == 0 {
		fam = rib.IPv6
	}
	o.take(4) // view and sequence number
	addr := o.take(fam.Bits() / 8)
	bits := o.uint8()
	o.take(5) // status, originated at
	it := mrtStored{family: fam, row: rib.Row{Line: r.record, Numbered: true}}
	who := octets{B: o.take(fam.Bits()/8 + asnOctets(four))}
	it.who = who.B
	it.peer = mrtPeer{addr: who.addr(fam), asn: who.asn(four)}
	it.attrs = o.take(int(o.uint16()))
	if o.bad {
		return errMRTShort
	}
	if int(bits) > fam.Bits() {
		return fmt.Errorf("a prefix is longer than its address")
	}
	a, _ := netip.AddrFromSlice(addr)
	if a.Is4In6() && bits >= 96 {
		return fmt.Errorf("%s/%d is an IPv4-mapped prefix: no route of either family", a, bits)
	}
	it.row.Prefix = netip.PrefixFrom(a, int(bits)).Masked()
	if four {
		it.form |= fourOctet
	}
	if fam == rib.IPv6 {
		it.form |= iPv6
	}
	if err := r.stored(&it); err != nil {
		return fmt.Errorf("%s: %w", it.row.Prefix, err)
	}
	return nil
}

func asnOctets(four bool) int {
	if four {
		return 4
	}
	return 2
}

// otherThanSelf drops the 0.0.0.0 or :: by which a router names itself: that is no neighbour and no
// next hop.
func otherThanSelf(a netip.Addr) netip.Addr {
	if a.IsValid() && a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}
