package mrt

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// replay plays messages back: it holds the table that they leave behind.
type replay struct {
	r        *reader
	decoders map[wire.Session]*wire.Decoder
	update   wire.Update
	peers    map[peering]*replayPeer
	order    []*replayPeer
	held     *held
	count    int // routes held
	full     bool
	repeated bool
}

// peering is a neighbour and the router that it is one of: its address where a file may be of several routers, else zero.
type peering struct{ neighbor, router netip.Addr }

// replayPeer is a peer and its routes, of both directions.
type replayPeer struct {
	mrtPeer
	index   uint32     // among the replay's, in their order
	whose   [2]uint32  // the holder of its routes, by direction
	count   [2]int     // of them
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

func (p *replayPeer) holds() bool { return p.count[received]+p.count[sent] > 0 }

// maxReplay bounds what a file of messages can make the reader hold, some 50 bytes a route.
const maxReplay = 4 << 20

// replayedBytes bounds the attributes that a replay remembers. Messages with the same ones mostly come soon after each
// other; and decoded they are some four times as large.
const replayedBytes = 2 << 20

// newReplay begins with no route.
func newReplay(r *reader) *replay {
	r.cache = wire.NewCache(replayedBytes)
	r.two, r.four = wire.NewEntryDecoder(false, r.cache), wire.NewEntryDecoder(true, r.cache)
	return &replay{r: r, peers: map[peering]*replayPeer{}, decoders: map[wire.Session]*wire.Decoder{}, held: newHeld()}
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
		known = &replayPeer{mrtPeer: p, index: uint32(len(m.order)), pathIDs: [2][2]bool{{true, true}, {true, true}}}
		for dir := range known.whose {
			known.whose[dir] = m.held.holder(known.index, direction(dir))
		}
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
	for _, n := range u.Withdrawn {
		m.withdraw(p, dir, n)
	}
	for _, n := range u.Refused {
		m.withdraw(p, dir, n)
	}
	var attrs rib.Attrs
	var kept rib.PooledAttrs // the message's, with the next hop of the routes before
	for i, n := range u.Advertised {
		if hop := u.NextHop(i); i == 0 || hop != attrs.NextHop {
			if kept != 0 {
				m.held.pool.Release(kept)
			}
			attrs = u.Attributes().Attrs
			attrs.NextHop, attrs.NotShown = hop, rib.AttrBest
			kept = m.held.pool.Keep(&attrs)
		}
		m.hold(p, dir, n, kept, m.r.record)
	}
	if kept != 0 {
		m.held.pool.Release(kept)
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
func (m *replay) advertise(dir direction, route rib.Route) {
	p := m.peer(mrtPeer{route.Neighbor, route.Attrs.NeighborASN})
	n := wire.NLRI{Prefix: route.Prefix, PathID: route.PathID}
	if !m.repeated && m.held.has(keyOf(n, p.whose[dir])) {
		m.repeated = true
		m.r.Problem(route.Line, "%s comes twice from one neighbor without a path id: messages cannot be told to belong to the one or the other", route.Prefix)
	}
	m.enter(p, dir, &route)
}

// enter takes a route with its attributes.
func (m *replay) enter(p *replayPeer, dir direction, route *rib.Route) {
	attrs := route.Attrs
	attrs.NeighborASN = 0 // the peer's, which a later message may tell
	kept := m.held.pool.Keep(&attrs)
	m.hold(p, dir, wire.NLRI{Prefix: route.Prefix, PathID: route.PathID}, kept, route.Line)
	m.held.pool.Release(kept)
}

func (m *replay) hold(p *replayPeer, dir direction, n wire.NLRI, attrs rib.PooledAttrs, record int) {
	key := keyOf(n, p.whose[dir])
	if m.count < maxReplay {
		if !m.held.put(heldRoute{heldKey: key, attrs: attrs, record: uint32(record)}) {
			p.count[dir]++
			m.count++
		}
		return
	}
	if m.held.has(key) {
		m.held.put(heldRoute{heldKey: key, attrs: attrs, record: uint32(record)})
	} else if !m.full {
		m.full = true
		m.r.Problem(m.r.record, "more than %d routes: split the file by peer", maxReplay)
	}
}

func (m *replay) withdraw(p *replayPeer, dir direction, n wire.NLRI) {
	if m.held.take(keyOf(n, p.whose[dir])) {
		p.count[dir]--
		m.count--
	}
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
	for dir := range p.whose {
		m.dropSent(p, direction(dir))
	}
}

// dropSent drops the routes of one direction. They are not looked for: a session may end as often as it begins.
func (m *replay) dropSent(p *replayPeer, dir direction) {
	if p.count[dir] == 0 {
		return
	}
	m.count -= p.count[dir]
	m.held.holders[p.whose[dir]].gone = true
	p.count[dir], p.whose[dir] = 0, m.held.holder(p.index, dir)
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
	m.handOn(dir)
}

// handOn hands on the routes of one direction. Those side by side mostly have their attributes in common.
func (m *replay) handOn(dir direction) {
	numbered := m.sharedNeighbors()
	var before heldRoute // the one that was handed on last
	var attrs rib.Attrs
	var known reading.Common
	for held := range m.held.drain() {
		whose := m.held.holders[held.whose]
		if whose.dir != dir {
			continue
		}
		if m.r.Stopped() {
			return
		}
		peer := m.order[whose.peer]
		fresh := held.attrs != before.attrs || held.whose != before.whose
		if fresh {
			attrs, before = m.held.pool.Get(held.attrs), *held
			attrs.NeighborASN = peer.asn
		}
		route := rib.Route{Prefix: held.prefix(), PathID: held.pathID, Neighbor: peer.addr, Attrs: attrs, Line: int(held.record)}
		switch {
		case m.r.Loader != nil:
			if fresh {
				known = m.r.Share(&route)
			}
			m.r.Enter(known, peer.addr, rib.Row{Prefix: route.Prefix, PathID: route.PathID, Numbered: numbered, Line: route.Line})
		case numbered:
			m.r.Route(route)
		default:
			m.r.Put(route)
		}
	}
}

// sharedNeighbors reports whether one neighbour's address is that of several peers, so that rows of the same prefix and
// path id may be several.
func (m *replay) sharedNeighbors() bool {
	seen := map[netip.Addr]bool{}
	for _, p := range m.order {
		if seen[p.addr] {
			return true
		}
		seen[p.addr] = true
	}
	return false
}
