package mrt

import (
	"fmt"
	"net/netip"
	"slices"

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
	r.advertise(route, e)
	return nil
}

// replay plays messages back: it holds the table that they leave behind.
type replay struct {
	r        *reader
	decoders map[wire.Session]*wire.Decoder
	update   wire.Update
	peers    map[peering]*replayPeer
	order    []*replayPeer
	count    int // routes held
	full     bool
	repeated bool
	clock    uint32 // advertisements so far: the order in which routes are handed on
	hops     hops
}

// peering is a neighbour and the router that it is one of: its address where a file may be of several routers, else zero.
type peering struct{ neighbor, router netip.Addr }

// replayPeer is a peer and its routes, of both directions.
type replayPeer struct {
	mrtPeer
	routes  [2]map[heldKey]heldRoute
	local   netip.Addr // of the session that the routes came in
	twoEnds bool       // sessions with several local addresses hold routes at once

	unsure int // record of an OPEN or NOTIFICATION that no state change has explained yet

	// pathIDs are, by direction, the families whose prefixes carry path ids where the subtype says
	// that some do: both, or those of the OPEN. FRR marks every message of a session so.
	pathIDs [2][2]bool
}

// heardAt notes at which local address a session of the peer is heard. Routes are kept by neighbour alone: where the session of
// another local end finds some, it would replace or withdraw what is not its own.
func (m *replay) heardAt(p *replayPeer, local netip.Addr) {
	switch {
	case !local.IsValid() || local.IsUnspecified(): // not all daemons write it
	case !p.local.IsValid() || !p.holds():
		p.local = local
	case p.local != local && !p.twoEnds:
		p.twoEnds = true
		m.r.Problem(m.r.record, "neighbor %s has sessions with %s and %s: their routes cannot be told apart: give each router a file of its own", p.addr, p.local, local)
	}
}

func (p *replayPeer) holds() bool { return len(p.routes[received])+len(p.routes[sent]) > 0 }

// replayRoute is a route as a message or a table has it.
type replayRoute struct {
	set     *wire.Set
	nextHop netip.Addr
	hides   rib.AttrSet
	record  int
}

// maxReplay bounds what a file of messages can make the reader hold, some 100 bytes a route.
const maxReplay = 4 << 20

// newReplay begins with no route.
func newReplay(r *reader) *replay {
	return &replay{r: r, peers: map[peering]*replayPeer{}, decoders: map[wire.Session]*wire.Decoder{}}
}

func (m *replay) decoder(s wire.Session) *wire.Decoder {
	d := m.decoders[s]
	if d == nil {
		d = wire.NewDecoder(s, m.r.cache)
		m.decoders[s] = d
	}
	return d
}

func (m *replay) peer(p mrtPeer) *replayPeer { return m.peerOf(netip.Addr{}, p) }

func (m *replay) peerOf(router netip.Addr, p mrtPeer) *replayPeer {
	key := peering{p.addr, router}
	known := m.peers[key]
	if known == nil {
		known = &replayPeer{mrtPeer: p, routes: [2]map[heldKey]heldRoute{{}, {}}, pathIDs: [2][2]bool{{true, true}, {true, true}}}
		m.peers[key] = known
		m.order = append(m.order, known)
	}
	if p.asn != 0 && p.asn != asTrans {
		known.asn = p.asn
	}
	return known
}

// asTrans stands in two octets for an AS number of four (RFC 6793 9).
const asTrans = 23456

// message replays one BGP message.
func (m *replay) message(b []byte, from mrtPeer, local netip.Addr, dir direction, four, addPath bool) error {
	kind, length, fault := wire.ParseHeader(b, wire.MaxExtendedLength)
	if fault != nil {
		return fmt.Errorf("the BGP message is damaged: %w", fault)
	}
	if length > len(b) {
		return fmt.Errorf("the BGP message of %d octets is cut to %d", length, len(b))
	}
	switch kind {
	case wire.Open, wire.Notification:
		p := m.peer(from)
		if p.holds() && p.unsure == 0 {
			p.unsure = m.r.record
		}
		if families, ok := wire.AddPathSent(b[wire.HeaderLength:length]); ok && kind == wire.Open && families != [2]bool{} {
			p.pathIDs[dir] = families
		}
		return nil
	case wire.UpdateMsg:
	default:
		return nil
	}
	m.r.pick.messages[dir]++
	if m.r.leavesMessage(dir, from.addr) {
		return nil
	}
	p, s := m.peer(from), wire.Session{FourOctetASN: four}
	m.heardAt(p, local)
	if addPath {
		s.AddPath = p.pathIDs[dir]
	}
	m.decoder(s).Update(b[wire.HeaderLength:length], &m.update)
	if !addPath && (twoDefaults(m.update.Advertised) || twoDefaults(m.update.Withdrawn)) {
		return errHiddenPathIDs
	}
	return m.apply(p, dir)
}

var errHiddenPathIDs = fmt.Errorf("the UPDATE has path identifiers, and its subtype says that it has none")

// twoDefaults knows the path identifiers that BIRD 1 and others wrote before RFC 8050 gave them
// subtypes: read as prefixes, their leading zeros are default routes.
func twoDefaults(list []wire.NLRI) bool {
	var n [2]int
	for _, it := range list {
		if it.Prefix.Bits() == 0 {
			n[rib.FamilyOf(it.Prefix)]++
		}
	}
	return n[rib.IPv4] > 1 || n[rib.IPv6] > 1
}

// apply enters the decoded message.
func (m *replay) apply(p *replayPeer, dir direction) error {
	u := &m.update
	held := p.routes[dir]
	before := len(held)
	for _, n := range u.Withdrawn {
		delete(held, keyOf(n))
	}
	for _, n := range u.Refused {
		delete(held, keyOf(n))
	}
	m.count += len(held) - before
	for i, n := range u.Advertised {
		m.hold(p, dir, n, replayRoute{set: u.Attributes(), nextHop: u.NextHop(i), hides: rib.AttrBest, record: m.r.record})
	}
	m.r.foreign += len(u.Foreign)
	if u.Action > wire.AttributeDiscard {
		return fmt.Errorf("the UPDATE is malformed: %w", strongest(u))
	}
	if u.Unusable > 0 {
		return fmt.Errorf("%d IPv4-mapped prefixes: routes of neither family", u.Unusable)
	}
	return nil
}

func strongest(u *wire.Update) wire.Fault {
	return slices.MaxFunc(u.Faults, func(a, b wire.Fault) int { return int(a.Action) - int(b.Action) })
}

// advertise takes a route of a table that messages may change later.
func (m *replay) advertise(dir direction, route rib.Route, set *wire.Set) {
	p := m.peer(mrtPeer{route.Neighbor, route.Attrs.NeighborASN})
	n := wire.NLRI{Prefix: route.Prefix, PathID: route.PathID}
	if _, twice := p.routes[dir][keyOf(n)]; twice && !m.repeated {
		m.repeated = true
		m.r.Problem(route.Line, "%s comes twice from one neighbor without a path id: messages cannot be told to belong to the one or the other", route.Prefix)
	}
	m.hold(p, dir, n,
		replayRoute{set: set, nextHop: route.Attrs.NextHop, hides: route.Attrs.NotShown, record: route.Line})
}

func (m *replay) hold(p *replayPeer, dir direction, n wire.NLRI, route replayRoute) {
	held, key := p.routes[dir], keyOf(n)
	if _, replaces := held[key]; !replaces {
		if m.count == maxReplay {
			if !m.full {
				m.full = true
				m.r.Problem(m.r.record, "more than %d routes: split the file by peer", maxReplay)
			}
			return
		}
		m.count++
	}
	m.clock++
	held[key] = heldRoute{set: route.set, hop: m.hops.number(route.nextHop), hides: route.hides, record: uint32(route.record), at: m.clock}
}

// flush drops the routes of a session that is over, be it that the next one begins.
func (m *replay) flush(neighbor, local netip.Addr) {
	if p := m.peers[peering{neighbor: neighbor}]; p != nil {
		m.heardAt(p, local)
		m.drop(p)
		p.unsure = 0
	}
}

func (m *replay) drop(p *replayPeer) {
	for dir := range p.routes {
		m.count -= len(p.routes[dir])
		clear(p.routes[dir])
	}
}

// finish hands on what is left, in the order in which it was advertised. Where no view says which
// direction counts, it is what the router received, or what it sent if it received nothing.
func (m *replay) finish() {
	dir := m.r.pick.direction()
	if !m.r.pick.declared && m.r.pick.messages[received] == 0 && m.r.pick.messages[sent] > 0 && m.r.tables == 0 {
		dir = sent
	}
	for _, p := range m.order {
		if p.unsure > 0 && p.holds() {
			// it may be a second connection that was refused, or the end of the first
			m.r.Problem(p.unsure, "a session with %s begins or ends here, and no state change follows: its routes may be gone", p.addr)
		}
	}
	for _, it := range m.inOrder(dir) {
		if m.r.Stopped() {
			return
		}
		peer := m.order[it.peer]
		held := peer.routes[dir][it.key]
		route := rib.Route{Prefix: it.key.prefix(), PathID: it.key.pathID, Neighbor: peer.addr, Attrs: held.set.Attrs, Line: int(held.record)}
		route.Attrs.NextHop, route.Attrs.NeighborASN, route.Attrs.NotShown = m.hops.list[held.hop], peer.asn, held.hides
		m.r.Route(route)
	}
}
