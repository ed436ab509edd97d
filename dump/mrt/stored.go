package mrt

import (
	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// mrtStored is one route of a stored table.
type mrtStored struct {
	row    rib.Row
	family rib.Family
	peer   mrtPeer
	who    []byte      // the octets that name the peer
	hides  rib.AttrSet // what the record cannot show
	form   mrtForm
	attrs  []byte
}

// mrtForm is how a record says what it says.
type mrtForm uint8

const (
	fourOctet mrtForm = 1 << iota // AS numbers of four octets
	indexed                       // the peer is one of a peer table
	iPv6
)

// rememberedBytes bounds the attributes that are remembered. Those of a full table are three times as
// many; but a memory that leaves the processor's cache costs as much as taking them apart anew.
const rememberedBytes = 8 << 20

// remember makes the reader know attributes and peer by their octets.
func (r *reader) remember() {
	r.remembered = wire.NewMemo[reading.Common](rememberedBytes)
	scratch := wire.NewScratch()
	r.two, r.four = wire.NewEntryDecoder(false, scratch), wire.NewEntryDecoder(true, scratch)
}

// stored takes one route. Attributes that came before from the same peer cost one lookup where a
// table is loaded: they are not even taken apart.
func (r *reader) stored(s *mrtStored) error {
	if r.remembered == nil {
		route, fault := r.decode(s)
		if fault != nil {
			return fault
		}
		r.advertise(route)
		return nil
	}
	r.key = append(append(append(r.key[:0], s.attrs...), s.who...), byte(s.form))
	known, hash, found := r.remembered.Find(r.key)
	if !found {
		route, fault := r.decode(s)
		if fault != nil {
			return fault
		}
		if !r.pick.Wants(route.Neighbor) {
			r.LeaveOutOf(s.row.Line, route.Neighbor)
			return nil
		}
		known = r.Share(&route)
		r.remembered.Add(r.key, hash, known)
	} else if !r.pick.Wants(s.peer.addr) {
		r.LeaveOutOf(s.row.Line, s.peer.addr)
		return nil
	}
	r.Enter(known, s.peer.addr, s.row)
	return nil
}

func (r *reader) decode(s *mrtStored) (rib.Route, *wire.Fault) {
	e, fault := r.entryDecoder(s.form&fourOctet != 0).Entry(s.attrs, s.family)
	if fault != nil {
		return rib.Route{}, fault
	}
	route := rib.Route{Prefix: s.row.Prefix, PathID: s.row.PathID, Line: s.row.Line, Neighbor: s.peer.addr, Attrs: e.Set.Attrs}
	route.Attrs.NextHop, route.Attrs.NeighborASN, route.Attrs.NotShown = e.NextHop, s.peer.asn, rib.AttrBest|s.hides
	if s.form&indexed != 0 && s.hides == 0 && !s.peer.addr.IsValid() { // the router's own route
		route.Attrs.NextHop = otherThanSelf(e.NextHop)
	}
	return route, nil
}
