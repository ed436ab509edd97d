package test

import (
	"fmt"
	"net/netip"
	"testing"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// faultyUpdate is an UPDATE that is wrong in one way, made for a router's AS and a prefix.
type faultyUpdate struct {
	name     string
	section  string
	update   func(asn uint32, victim netip.Prefix) []byte
	ipv6     bool
	want     verdict
	internal verdict // on iBGP, where that is not want
	bird     verdict // of BIRD 2.0.12 on eBGP, where that is not want
	whyso    string
}

// parts are the attributes of a good UPDATE.
type parts struct{ origin, path, hop, pref, med, more []byte }

func goodParts(asn uint32) parts {
	p := parts{origin: speaker.Origin(0), path: speaker.ASPath(asn), hop: speaker.NextHop(nextHop4), med: speaker.MED(medAfter)}
	if asn == ourASN {
		p.path, p.pref = speaker.ASPath(), speaker.LocalPref(100)
	}
	return p
}

func (p parts) join() []byte { return speaker.Join(p.origin, p.path, p.hop, p.pref, p.med, p.more) }

// spoil changes a good IPv4 UPDATE.
func spoil(change func(p *parts)) func(uint32, netip.Prefix) []byte {
	return func(asn uint32, victim netip.Prefix) []byte {
		p := goodParts(asn)
		change(&p)
		return speaker.Update(nil, p.join(), speaker.NLRI(victim))
	}
}

// with adds attributes to a good IPv4 UPDATE.
func with(more ...[]byte) func(uint32, netip.Prefix) []byte {
	return spoil(func(p *parts) { p.more = speaker.Join(more...) })
}

// spoil6 is an IPv6 UPDATE whose MP_REACH_NLRI is of the test's making.
func spoil6(reach func(nlri []byte) []byte) func(uint32, netip.Prefix) []byte {
	return func(asn uint32, victim netip.Prefix) []byte {
		p := goodParts(asn)
		p.hop = nil
		p.more = reach(speaker.NLRI(victim))
		return speaker.Update(nil, p.join(), nil)
	}
}

// reach6 is a good MP_REACH_NLRI.
func reach6(nlri []byte) []byte {
	return speaker.MPReach(speaker.AFIv6, speaker.SAFIUnicast, nextHop6.AsSlice(), nlri)
}

// path is an AS_PATH of raw segments.
func path(segments ...[]byte) []byte {
	return speaker.Attribute(speaker.WellKnown, speaker.AttrASPath, speaker.Join(segments...)...)
}

// raw says the same octets whatever the AS and the prefix.
func raw(octets []byte) func(uint32, netip.Prefix) []byte {
	return func(uint32, netip.Prefix) []byte { return octets }
}

const (
	wk  = speaker.WellKnown
	opt = speaker.Optional
	ot  = speaker.OptionalTransitive
)

// faultyUpdates is RFC 7606 case by case, with its neighbours.
var faultyUpdates = []faultyUpdate{
	// Section 3.
	{name: "withdrawn routes longer than the message", section: "RFC 4271 6.3", update: raw(speaker.Message(2, 0, 9, 0, 0)), want: notification(3, 1)},
	{name: "path attributes longer than the message", section: "RFC 4271 6.3", update: raw(speaker.Message(2, 0, 0, 0, 9, 1)), want: notification(3, 1)},
	{name: "a wrong Transitive bit on ORIGIN", section: "RFC 7606 3 c", update: spoil(func(p *parts) { p.origin = speaker.Attribute(0, speaker.AttrOrigin, 0) }), want: asWithdraw},
	{name: "a wrong Optional bit on NEXT_HOP", section: "RFC 7606 3 c", update: spoil(func(p *parts) { p.hop = speaker.Attribute(ot, speaker.AttrNextHop, 192, 0, 2, 254) }), want: asWithdraw},
	{name: "a wrong Transitive bit on MULTI_EXIT_DISC", section: "RFC 7606 3 c", update: spoil(func(p *parts) { p.med = speaker.Attribute(ot, speaker.AttrMED, 0, 0, 0, medAfter) }), want: asWithdraw},
	{name: "a wrong Optional bit on COMMUNITIES", section: "RFC 7606 3 c", update: with(speaker.Attribute(wk, speaker.AttrCommunities, 0, 1, 0, 1)), want: asWithdraw},
	{name: "wrong flags on MP_REACH_NLRI", section: "RFC 7606 3 c", ipv6: true, update: spoil6(func(nlri []byte) []byte {
		good := reach6(nlri)
		good[0] = ot
		return good
	}), want: asWithdraw, bird: notification(3, 1), whyso: "answers every malformed MP_REACH_NLRI with a reset"},
	{name: "an unknown attribute that claims to be well-known", section: "RFC 7606 3 c", update: with(speaker.Attribute(wk, 99, 1)), want: asWithdraw},
	{name: "no ORIGIN", section: "RFC 7606 3 d", update: spoil(func(p *parts) { p.origin = nil }), want: asWithdraw},
	{name: "no AS_PATH", section: "RFC 7606 3 d", update: spoil(func(p *parts) { p.path = nil }), want: asWithdraw},
	{name: "no NEXT_HOP", section: "RFC 7606 3 d", update: spoil(func(p *parts) { p.hop = nil }), want: asWithdraw},
	{name: "no attributes at all", section: "RFC 7606 3 d", update: func(_ uint32, victim netip.Prefix) []byte { return speaker.Update(nil, nil, speaker.NLRI(victim)) }, want: asWithdraw},
	{name: "MULTI_EXIT_DISC twice: the first counts", section: "RFC 7606 3 g", update: with(speaker.MED(9)), want: discard},
	{name: "an unknown attribute twice", section: "RFC 7606 3 g", update: with(speaker.Attribute(ot, 99, 1), speaker.Attribute(ot, 99, 1)), want: discard},
	{name: "NEXT_HOP twice, the second malformed", section: "RFC 7606 3 g", update: with(speaker.Attribute(wk, speaker.AttrNextHop)), want: discard},
	{name: "MP_REACH_NLRI twice", section: "RFC 7606 3 g", ipv6: true, update: spoil6(func(nlri []byte) []byte { return speaker.Join(reach6(nlri), reach6(nlri)) }), want: notification(3, 1)},
	{name: "MP_UNREACH_NLRI twice", section: "RFC 7606 3 g", update: with(speaker.MPUnreach(2, 1, nil), speaker.MPUnreach(2, 1, nil)), want: notification(3, 1)},
	{name: "two faults: the strongest action counts", section: "RFC 7606 3 h", update: with(speaker.Attribute(wk, speaker.AttrAtomicAggregate, 1), speaker.Attribute(ot, speaker.AttrCommunities, 1)), want: asWithdraw},
	{name: "a withdrawn prefix of 33 bits", section: "RFC 7606 3 i", update: raw(speaker.Update([]byte{33, 1, 2, 3, 4, 5}, nil, nil)), want: notification(3, 10)},
	{name: "a withdrawn prefix cut off", section: "RFC 7606 3 i", update: raw(speaker.Update([]byte{24, 1, 2}, nil, nil)), want: notification(3, 10), bird: notification(3, 1), whyso: "a less exact subcode"},

	// Section 4.
	{name: "an attribute longer than the field", section: "RFC 7606 4", update: with([]byte{ot, speaker.AttrCommunities, 9, 0}), want: asWithdraw},
	{name: "two octets left over", section: "RFC 7606 4", update: with([]byte{ot, speaker.AttrCommunities}), want: asWithdraw},
	{name: "one octet left over", section: "RFC 7606 4", update: with([]byte{ot}), want: asWithdraw},
	{name: "three octets and an extended length", section: "RFC 7606 4", update: with([]byte{ot | speaker.ExtendedLength, speaker.AttrCommunities, 0}), want: asWithdraw},
	{name: "COMMUNITIES of no octets", section: "RFC 7606 4", update: with(speaker.Attribute(ot, speaker.AttrCommunities)), want: asWithdraw},

	// Section 5.
	{name: "an error, and nothing to withdraw for it", section: "RFC 7606 5.2", update: raw(speaker.Update(nil, speaker.Origin(9), nil)), want: notification(3, 1)},
	{name: "an NLRI of 33 bits", section: "RFC 7606 5.3", update: func(asn uint32, _ netip.Prefix) []byte {
		return speaker.Update(nil, goodParts(asn).join(), []byte{33, 1, 2, 3, 4, 5})
	}, want: notification(3, 10)},
	{name: "an NLRI of 255 bits", section: "RFC 7606 5.3", update: func(asn uint32, _ netip.Prefix) []byte {
		return speaker.Update(nil, goodParts(asn).join(), append([]byte{255}, make([]byte, 32)...))
	}, want: notification(3, 10)},
	{name: "an NLRI cut off", section: "RFC 7606 5.3", update: func(asn uint32, _ netip.Prefix) []byte {
		return speaker.Update(nil, goodParts(asn).join(), []byte{24, 1, 2})
	}, want: notification(3, 10), bird: notification(3, 1), whyso: "a less exact subcode"},
	{name: "an IPv6 prefix of 129 bits", section: "RFC 7606 5.3", ipv6: true, update: spoil6(func([]byte) []byte { return reach6(append([]byte{129}, make([]byte, 17)...)) }), want: notification(3, 9), bird: notification(3, 10), whyso: "the subcode of the NLRI field"},
	{name: "an IPv6 prefix cut off", section: "RFC 7606 5.3", ipv6: true, update: spoil6(func([]byte) []byte { return reach6([]byte{48, 0x20, 1}) }), want: notification(3, 9), bird: notification(3, 1), whyso: "a less exact subcode"},
	{name: "a withdrawn IPv6 prefix of 129 bits", section: "RFC 7606 5.3", update: raw(speaker.Update(nil, speaker.MPUnreach(2, 1, append([]byte{129}, make([]byte, 17)...)), nil)), want: notification(3, 9), bird: notification(3, 10), whyso: "the subcode of the NLRI field"},
	{name: "MP_REACH_NLRI of 4 octets", section: "RFC 7606 5.3", ipv6: true, update: spoil6(func([]byte) []byte { return speaker.Attribute(opt, speaker.AttrMPReach, 0, 2, 1, 0) }), want: notification(3, 9)},
	{name: "MP_REACH_NLRI of no octets", section: "RFC 7606 5.3", ipv6: true, update: spoil6(func([]byte) []byte { return speaker.Attribute(opt, speaker.AttrMPReach) }), want: notification(3, 9)},
	{name: "MP_UNREACH_NLRI of 2 octets", section: "RFC 7606 5.3", update: raw(speaker.Update(nil, speaker.Attribute(opt, speaker.AttrMPUnreach, 0, 2), nil)), want: notification(3, 9)},

	// Section 7, attribute by attribute.
	{name: "ORIGIN of 2 octets", section: "RFC 7606 7.1", update: spoil(func(p *parts) { p.origin = speaker.Attribute(wk, speaker.AttrOrigin, 0, 0) }), want: asWithdraw},
	{name: "ORIGIN of no octets", section: "RFC 7606 7.1", update: spoil(func(p *parts) { p.origin = speaker.Attribute(wk, speaker.AttrOrigin) }), want: asWithdraw},
	{name: "ORIGIN 3", section: "RFC 7606 7.1", update: spoil(func(p *parts) { p.origin = speaker.Origin(3) }), want: asWithdraw},
	{name: "an AS_PATH segment of no known type", section: "RFC 7606 7.2", update: spoil(func(p *parts) { p.path = path(speaker.Segment(5, routerASN)) }), want: asWithdraw},
	{name: "an AS_PATH segment that overruns", section: "RFC 7606 7.2", update: spoil(func(p *parts) { p.path = path([]byte{2, 2, 0, 1, 0, 5}) }), want: asWithdraw},
	{name: "an AS_PATH segment that underruns", section: "RFC 7606 7.2", update: spoil(func(p *parts) { p.path = path(speaker.Segment(2, routerASN), []byte{2}) }), want: asWithdraw},
	{name: "an AS_PATH segment of 255 that overruns", section: "RFC 7606 7.2", update: spoil(func(p *parts) { p.path = path([]byte{2, 255, 0, 1, 0, 5}) }), want: asWithdraw},
	{name: "an empty AS_PATH segment", section: "RFC 7606 7.2", update: spoil(func(p *parts) { p.path = path([]byte{2, 0}) }), want: asWithdraw},
	{name: "confederation segments from outside", section: "RFC 5065 5", update: spoil(func(p *parts) { p.path = path(speaker.Segment(3, routerASN)) }), want: asWithdraw, internal: routeHeld},
	{name: "AS 0 in AS_PATH", section: "RFC 7607 2", update: spoil(func(p *parts) { p.path = speaker.ASPath(routerASN, 0) }), want: asWithdraw, bird: routeHeld, whyso: "does not know RFC 7607 for AS_PATH"},
	{name: "NEXT_HOP of 5 octets", section: "RFC 7606 7.3", update: spoil(func(p *parts) { p.hop = speaker.Attribute(wk, speaker.AttrNextHop, 1, 2, 3, 4, 5) }), want: asWithdraw},
	{name: "NEXT_HOP of 3 octets", section: "RFC 7606 7.3", update: spoil(func(p *parts) { p.hop = speaker.Attribute(wk, speaker.AttrNextHop, 1, 2, 3) }), want: asWithdraw},
	{name: "MULTI_EXIT_DISC of 3 octets", section: "RFC 7606 7.4", update: spoil(func(p *parts) { p.med = speaker.Attribute(opt, speaker.AttrMED, 1, 2, 3) }), want: asWithdraw},
	{name: "LOCAL_PREF of 5 octets", section: "RFC 7606 7.5", update: spoil(func(p *parts) { p.pref = speaker.Attribute(wk, speaker.AttrLocalPref, 1, 2, 3, 4, 5) }), want: discard, internal: asWithdraw},
	{name: "LOCAL_PREF, well formed", section: "RFC 7606 7.5", update: spoil(func(p *parts) { p.pref = speaker.LocalPref(200) }), want: discard, internal: routeHeld},
	{name: "ATOMIC_AGGREGATE of 1 octet", section: "RFC 7606 7.6", update: with(speaker.Attribute(wk, speaker.AttrAtomicAggregate, 1)), want: discard},
	{name: "AGGREGATOR of 6 octets, AS numbers of 4", section: "RFC 7606 7.7", update: with(speaker.Attribute(ot, speaker.AttrAggregator, 1, 2, 3, 4, 5, 6)), want: discard},
	{name: "AGGREGATOR of 9 octets", section: "RFC 7606 7.7", update: with(speaker.Attribute(ot, speaker.AttrAggregator, make([]byte, 9)...)), want: discard},
	{name: "AS 0 in AGGREGATOR", section: "RFC 7607 2", update: with(speaker.Attribute(ot, speaker.AttrAggregator, make([]byte, 8)...)), want: discard},
	{name: "COMMUNITIES of 5 octets", section: "RFC 7606 7.8", update: with(speaker.Attribute(ot, speaker.AttrCommunities, 1, 2, 3, 4, 5)), want: asWithdraw},
	{name: "ORIGINATOR_ID of 3 octets", section: "RFC 7606 7.9", update: with(speaker.Attribute(opt, speaker.AttrOriginatorID, 1, 2, 3)), want: discard, internal: asWithdraw},
	{name: "CLUSTER_LIST of 6 octets", section: "RFC 7606 7.10", update: with(speaker.Attribute(opt, speaker.AttrClusterList, 1, 2, 3, 4, 5, 6)), want: discard, internal: asWithdraw},
	{name: "an IPv6 next hop of 5 octets", section: "RFC 7606 7.11", ipv6: true, update: spoil6(func(nlri []byte) []byte { return speaker.MPReach(2, 1, []byte{1, 2, 3, 4, 5}, nlri) }), want: notification(3, 9)},
	{name: "an IPv4 next hop for IPv6", section: "RFC 7606 7.11", ipv6: true, update: spoil6(func(nlri []byte) []byte { return speaker.MPReach(2, 1, nextHop4.AsSlice(), nlri) }), want: notification(3, 9), bird: asWithdraw, whyso: "knows where an IPv4 next hop ends"},
	{name: "a next hop that overruns", section: "RFC 7606 7.11", ipv6: true, update: spoil6(func([]byte) []byte { return speaker.Attribute(opt, speaker.AttrMPReach, 0, 2, 1, 16, 1) }), want: notification(3, 9)},
	{name: "EXTENDED COMMUNITIES of 9 octets", section: "RFC 7606 7.14", update: with(speaker.Attribute(ot, speaker.AttrExtendedCommunities, make([]byte, 9)...)), want: asWithdraw},
	{name: "IPv6 extended communities of 8 octets", section: "RFC 7606 7.15", update: with(speaker.Attribute(ot, speaker.AttrIPv6ExtCommunities, make([]byte, 8)...)), want: asWithdraw, bird: routeHeld, whyso: "does not know the attribute"},
	{name: "ATTR_SET of 3 octets", section: "RFC 7606 7.16", update: with(speaker.Attribute(ot, speaker.AttrSet, 1, 2, 3)), want: asWithdraw, bird: routeHeld, whyso: "does not know the attribute"},
	{name: "LARGE_COMMUNITY of 13 octets", section: "RFC 8092 6", update: with(speaker.Attribute(ot, speaker.AttrLargeCommunities, make([]byte, 13)...)), want: asWithdraw},
	{name: "AS4_PATH between speakers of 4-octet numbers", section: "RFC 6793 4.1", update: with(speaker.Attribute(ot, speaker.AttrAS4Path, speaker.Segment(2, routerASN)...)), want: discard},
	{name: "AS4_AGGREGATOR between speakers of 4-octet numbers", section: "RFC 6793 4.1", update: with(speaker.Attribute(ot, speaker.AttrAS4Aggregator, make([]byte, 8)...)), want: discard},
}

// TestRFC7606KeepsTheSession sends every faulty UPDATE of RFC 7606 on eBGP and on iBGP. One session
// lives through all that are treat-as-withdraw or attribute-discard; a prefix announced behind each
// shows when it was read. The others end a session of their own.
func TestRFC7606KeepsTheSession(t *testing.T) {
	t.Parallel()
	for name, asn := range map[string]uint32{"eBGP": routerASN, "iBGP": ourASN} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keeper := netip.MustParseAddr("127.14.0.1")
			neighbors := []bgp.Neighbor{{Name: "keeper", Address: keeper, ASN: asn, LocalASN: ourASN}}
			for i := range faultyUpdates {
				if faultyUpdates[i].on(asn).ends() {
					neighbors = append(neighbors, bgp.Neighbor{Name: faultyUpdates[i].name, Address: resetRouter(i), ASN: asn, LocalASN: ourASN})
				}
			}
			s := listen(t, bgp.Config{Neighbors: neighbors})
			kept := keptSession{s, s.peer(t, speaker.Config{Local: keeper, ASN: asn, HoldTime: 90}), asn, keeper}
			for i := range faultyUpdates {
				f := &faultyUpdates[i]
				t.Run(f.section+" "+f.name, func(t *testing.T) {
					if f.on(asn).ends() {
						f.endsSession(t, s, resetRouter(i), asn)
						return
					}
					kept.take(t, f, i)
				})
			}
			if got := s.session(keeper); got.State != bgp.Established || got.Flaps != 0 {
				t.Errorf("after all of them: %+v", got)
			}
		})
	}
}

// on is what a case wants of a session with a router of the AS.
func (f *faultyUpdate) on(asn uint32) verdict {
	if asn == ourASN && f.internal != "" {
		return f.internal
	}
	return f.want
}

func resetRouter(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 14, 1, byte(i + 1)}) }

// keptSession is the session that lives through the faults.
type keptSession struct {
	station *station
	speaker *speaker.Speaker
	asn     uint32
	router  netip.Addr
}

func (k *keptSession) take(t *testing.T, f *faultyUpdate, number int) {
	victim := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(2 * number)}), 31)
	if f.ipv6 {
		victim = netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x::/48", number+1))
	}
	before := k.station.session(k.router)
	say(t, k.speaker, announcement(k.asn, victim, medBefore), f.update(k.asn, victim), announcement(k.asn, victim4, uint32(1000+number)))
	k.station.must("the prefix behind it", func(table *rib.Table) bool { return medOf(table, k.router, victim4) == uint32(1000+number) })
	var after bgp.Session
	k.station.must("its three UPDATEs counted", func(*rib.Table) bool {
		after = k.station.session(k.router)
		return after.Updates == before.Updates+3
	})
	k.station.mu.Lock()
	got := fateIn(k.station.table, k.router, victim, medBefore, medAfter, after.Discarded > before.Discarded)
	k.station.mu.Unlock()
	if want := f.on(k.asn); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if refused := after.Refused - before.Refused; (refused > 0) != (got == asWithdraw) {
		t.Errorf("%d routes refused", refused)
	}
	say(t, k.speaker, announcement(k.asn, victim, medWitness))
	k.station.must("the route sent again, well formed", func(table *rib.Table) bool {
		return medOf(table, k.router, victim) == medWitness && k.station.session(k.router).Updates == before.Updates+4
	})
}

func (f *faultyUpdate) endsSession(t *testing.T, s *station, router netip.Addr, asn uint32) {
	sp := s.peer(t, speaker.Config{Local: router, ASN: asn, HoldTime: 90})
	h := hostile{name: f.name, when: established, say: f.update(asn, victim4), want: f.on(asn)}
	h.speak(t.Context(), sp)
	if err := sp.AwaitClose(withPatience(t)); err != nil {
		t.Fatalf("the session stays: %v", err)
	}
	h.checkVerdict(t, said(sp))
	s.must("the session's error", func(*rib.Table) bool { return s.session(router).LastError != nil })
	if got := s.session(router).LastError; !got.Sent || notification(got.Code, got.Subcode) != h.want || len(got.Octets) == 0 {
		t.Errorf("last error %+v", got)
	}
}
