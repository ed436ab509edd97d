package mrt

import (
	"fmt"
	"net/netip"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// Subtypes of BGP4MP and BGP4MP_ET (RFC 6396 4.4, RFC 8050 3). Entries and snapshots are older
// than the RFC; OpenBGPD still writes entries ("table-mp").
const (
	mrtStateChange    = 0
	mrtEntry          = 2
	snapshot          = 3
	messageAS4        = 4
	stateChangeAS4    = 5
	messageLocal      = 6
	messageAS4Local   = 7
	messageAddPath    = 8
	messageAS4AddPath = 9
	localAddPath      = 10
	as4LocalAddPath   = 11
)

// established is the state of a session in which it holds routes (RFC 6396 4.4.1).
const established = 6

// bgp4mp reads a record of BGP4MP or BGP4MP_ET.
func (r *reader) bgp4mp(h recordHeader, o *octets) error {
	if h.subtype == snapshot {
		return nil // the name of a file
	}
	four := false
	switch h.subtype {
	case messageAS4, stateChangeAS4, messageAS4Local, messageAS4AddPath, as4LocalAddPath:
		four = true
	}
	asn, localASN := o.asn(four), o.asn(four)
	stateChange := h.subtype == mrtStateChange || h.subtype == stateChangeAS4
	if stateChange && len(o.B) == 4 {
		r.changes++
		return nil // FRR writes two states and no addresses for a peer without a connection
	}
	o.uint16() // interface
	afi := o.uint16()
	fam, ok := wire.FamilyOf(afi, 1) // it is the addresses' own
	switch {
	case o.bad:
		return errMRTShort
	case !ok:
		return fmt.Errorf("addresses of unknown family %d", afi)
	}
	neighbor, local := o.addr(fam), o.addr(fam)
	if o.bad {
		return errMRTShort
	}
	if h.subtype == mrtEntry {
		// OpenBGPD, its only writer, puts itself first.
		return r.entry(h, o, mrtPeer{local, localASN})
	}
	r.changes++
	if r.replay == nil {
		if !r.missed {
			r.missed = true
			r.Problem(r.record, "messages follow the table of a packed file: unpack it, so that they can be replayed")
		}
		return nil
	}
	r.Result.Header.Time = h.time
	if stateChange {
		// FRR reports the end of a refused second connection as well: it was never established.
		if from, to := o.uint16(), o.uint16(); (from == established) != (to == established) {
			r.replay.flush(neighbor, local)
		}
		if o.bad {
			return errMRTShort
		}
		return nil
	}
	dir, addPath := received, h.subtype >= messageAddPath
	switch h.subtype {
	case messageLocal, messageAS4Local, localAddPath, as4LocalAddPath:
		dir = sent
	}
	return r.replay.message(o.B, mrtPeer{neighbor, asn}, local, dir, four, addPath)
}

// entry reads BGP4MP_ENTRY, one route of a table.
func (r *reader) entry(h recordHeader, o *octets, peer mrtPeer) error {
	r.listed(h)
	o.take(8) // view, status, last change
	fam, ours := wire.FamilyOf(o.uint16(), o.uint8())
	hop := o.take(int(o.uint8()))
	if o.bad {
		return errMRTShort
	}
	if !ours {
		r.foreign++
		return nil
	}
	prefix, err := takePrefix(o, fam)
	if err != nil {
		return err
	}
	attrs := o.take(int(o.uint16()))
	if o.bad {
		return fmt.Errorf("%s: %w", prefix, errMRTShort)
	}
	e, fault := r.entryDecoder(false).Entry(attrs, fam)
	if fault != nil {
		return fmt.Errorf("%s: %w", prefix, fault)
	}
	if a, ok := netip.AddrFromSlice(hop); ok && !e.NextHop.IsValid() {
		e.NextHop = a.Unmap() // the attributes of these lack it
	}
	route := rib.Route{Prefix: prefix, Neighbor: peer.addr, Attrs: e.Set.Attrs, Line: r.record}
	route.Attrs.NextHop, route.Attrs.NeighborASN, route.Attrs.NotShown = e.NextHop, peer.asn, rib.AttrBest
	r.advertise(route)
	return nil
}
