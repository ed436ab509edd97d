package wire

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// TestFaultsByRFC7606Section gives each rule the smallest message that breaks it. Every message
// withdraws 198.51.100.0/24 as well, which must survive all but a reset.
func TestFaultsByRFC7606Section(t *testing.T) {
	withdrawn := []byte{24, 198, 51, 100}
	with := func(extra ...[]byte) []byte { return body(withdrawn, join(mandatory, join(extra...)), doc24) }
	without := func(attrs ...[]byte) []byte { return body(withdrawn, join(attrs...), doc24) }
	two := Session{}
	asTransAgg := attr(0xc0, Aggregator, 0x5b, 0xa0, 1, 2, 3, 4)
	path2 := attr(0x40, ASPath, seq2(2, 64501, 23456)...)
	for _, tt := range []struct {
		section string
		name    string
		s       Session
		body    []byte
		want    Action
		says    string // in the faults
		notify  string // code/subcode of a reset
	}{
		{"RFC 4271 6.3", "withdrawn routes longer than the message", fourASN, []byte{0, 9, 0, 0}, SessionReset, "withdrawn routes are longer", "3/1"},
		{"RFC 4271 6.3", "attributes longer than the message", fourASN, []byte{0, 0, 0, 9, 1}, SessionReset, "path attributes are longer", "3/1"},
		{"RFC 4271 6.3", "no room for two lengths", fourASN, []byte{0, 0, 0}, SessionReset, "cannot hold an UPDATE", "3/1"},
		{"RFC 7606 3 c", "a wrong Transitive bit", fourASN, without(attr(0, Origin, 0), asPath, nextHop), TreatAsWithdraw, "ORIGIN: flags 0x00, want 0x40", ""},
		{"RFC 7606 3 c", "a wrong Optional bit on NEXT_HOP", fourASN, without(origin, asPath, attr(0xc0, NextHop, 192, 0, 2, 1)), TreatAsWithdraw, "NEXT_HOP: flags 0xc0", ""},
		{"RFC 7606 3 c", "wrong flags on MP_REACH_NLRI", fourASN, with(attr(0xc0, MPReachNLRI, join([]byte{0, 2, 1, 16}, hop6, []byte{0}, doc48)...)), TreatAsWithdraw, "MP_REACH_NLRI: flags", ""},
		{"RFC 7606 3 c", "an unknown attribute that claims to be well-known", fourASN, with(attr(0x40, 99, 1)), TreatAsWithdraw, "attribute 99", ""},
		{"RFC 7606 3 d", "no ORIGIN", fourASN, without(asPath, nextHop), TreatAsWithdraw, "ORIGIN: it is missing", ""},
		{"RFC 7606 3 d", "no AS_PATH", fourASN, without(origin, nextHop), TreatAsWithdraw, "AS_PATH: it is missing", ""},
		{"RFC 7606 3 d", "no NEXT_HOP", fourASN, without(origin, asPath), TreatAsWithdraw, "NEXT_HOP: it is missing", ""},
		{"RFC 7606 3 g", "an attribute twice", fourASN, with(attr(0x80, MultiExitDisc, be(1)...), attr(0x80, MultiExitDisc, be(2)...)), AttributeDiscard, "MULTI_EXIT_DISC: it stands more than once", ""},
		{"RFC 7606 3 g", "an unknown attribute twice", fourASN, with(attr(0xc0, 99, 1), attr(0xc0, 99, 1)), AttributeDiscard, "attribute 99: it stands more than once", ""},
		{"RFC 7606 3 g", "NEXT_HOP twice, the second malformed", fourASN, with(attr(0x40, NextHop)), AttributeDiscard, "NEXT_HOP: it stands more than once", ""},
		{"RFC 7606 3 g", "MP_REACH_NLRI twice", fourASN, with(reach6, reach6), SessionReset, "stands twice", "3/1"},
		{"RFC 7606 3 g", "MP_UNREACH_NLRI twice", fourASN, with(unreach6, unreach6), SessionReset, "stands twice", "3/1"},
		{"RFC 7606 3 h", "the strongest action counts", fourASN, with(attr(0x40, AtomicAggregate, 1), attr(0x80, MultiExitDisc, 1)), TreatAsWithdraw, "MULTI_EXIT_DISC", ""},
		{"RFC 7606 3 i", "a withdrawn prefix of 33 bits", fourASN, body([]byte{33, 1, 2, 3, 4, 5}, nil, nil), SessionReset, "withdrawn routes: a prefix is longer", "3/10"},
		{"RFC 7606 3 i", "a withdrawn prefix cut off", fourASN, body([]byte{24, 1, 2}, nil, nil), SessionReset, "withdrawn routes: a prefix is cut off", "3/10"},
		{"RFC 7606 4", "an attribute longer than the field", fourASN, without(mandatory, []byte{0x80, 4, 9, 0}), TreatAsWithdraw, "the last path attribute is longer", ""},
		{"RFC 7606 4", "two octets left over", fourASN, without(mandatory, []byte{0x80, 4}), TreatAsWithdraw, "the last path attribute is longer", ""},
		{"RFC 7606 4", "three octets and an extended length", fourASN, without(mandatory, []byte{0x90, 4, 0}), TreatAsWithdraw, "the last path attribute is longer", ""},
		{"RFC 7606 4", "an attribute of length zero", fourASN, with(attr(0xc0, Communities)), TreatAsWithdraw, "COMMUNITIES: length 0", ""},
		{"RFC 7606 5.2", "an error, and nothing to withdraw for it", fourASN, body(nil, attr(0x40, Origin, 9), nil), SessionReset, "no prefix to withdraw", "3/1"},
		{"RFC 7606 5.2", "wrong flags on MP_UNREACH_NLRI beside another attribute, nothing reachable", fourASN, body(nil, join(attr(0xc0, MPUnreachNLRI, join([]byte{0, 2, 1}, doc48)...), origin), nil), SessionReset, "no prefix to withdraw", "3/1"},
		{"RFC 7606 5.2", "an error beside withdrawn routes alone", fourASN, body(withdrawn, attr(0x40, Origin, 9), nil), SessionReset, "no prefix to withdraw", "3/1"},
		{"RFC 7606 5.2", "a discarded attribute, and nothing reachable", fourASN, body(withdrawn, attr(0x40, AtomicAggregate, 9), nil), AttributeDiscard, "ATOMIC_AGGREGATE", ""},
		{"RFC 7606 5.3", "an NLRI of 33 bits", fourASN, body(nil, mandatory, []byte{33, 1, 2, 3, 4, 5}), SessionReset, "NLRI: a prefix is longer", "3/10"},
		{"RFC 7606 5.3", "an NLRI cut off", fourASN, body(nil, mandatory, []byte{24, 1, 2}), SessionReset, "NLRI: a prefix is cut off", "3/10"},
		{"RFC 7911 3", "a path id cut off", Session{FourOctetASN: true, AddPath: [2]bool{true, false}}, body(nil, mandatory, []byte{0, 0, 0}), SessionReset, "NLRI: a path identifier is cut off", "3/10"},
		{"RFC 7606 5.3", "an IPv6 prefix of 129 bits", fourASN, with(attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 16}, hop6, []byte{0, 129})...)), SessionReset, "MP_REACH_NLRI: a prefix is longer", "3/9"},
		{"RFC 7606 5.3", "a withdrawn IPv6 prefix of 129 bits", fourASN, with(attr(0x80, MPUnreachNLRI, 0, 2, 1, 129)), SessionReset, "MP_UNREACH_NLRI: a prefix is longer", "3/9"},
		{"RFC 7606 5.3", "MP_REACH_NLRI of 4 octets", fourASN, with(attr(0x80, MPReachNLRI, 0, 2, 1, 0)), SessionReset, "length 4 is less than 5", "3/9"},
		{"RFC 7606 5.3", "MP_UNREACH_NLRI of 2 octets", fourASN, with(attr(0x80, MPUnreachNLRI, 0, 2)), SessionReset, "length 2 is less than 3", "3/9"},
		{"RFC 7606 7.1", "ORIGIN of 2 octets", fourASN, without(attr(0x40, Origin, 0, 0), asPath, nextHop), TreatAsWithdraw, "ORIGIN: length 2", ""},
		{"RFC 7606 7.1", "ORIGIN 3", fourASN, without(attr(0x40, Origin, 3), asPath, nextHop), TreatAsWithdraw, "ORIGIN: value 3", ""},
		{"RFC 7606 7.2", "an unknown segment type", fourASN, without(origin, attr(0x40, ASPath, seq(5, 65540)...), nextHop), TreatAsWithdraw, "no known type", ""},
		{"RFC 7606 7.2", "a segment that overruns", fourASN, without(origin, attr(0x40, ASPath, 2, 2, 0, 1, 0, 4), nextHop), TreatAsWithdraw, "longer than the attribute", ""},
		{"RFC 7606 7.2", "a segment that underruns", fourASN, without(origin, attr(0x40, ASPath, 2), nextHop), TreatAsWithdraw, "a segment is cut off", ""},
		{"RFC 7606 7.2", "an empty segment", fourASN, without(origin, attr(0x40, ASPath, 2, 0), nextHop), TreatAsWithdraw, "a segment is empty", ""},
		{"RFC 5065 5", "confederation segments from outside", externalAS, without(origin, attr(0x40, ASPath, seq(3, 65540)...), nextHop), TreatAsWithdraw, "from outside the confederation", ""},
		{"RFC 7607 2", "AS 0 in AS_PATH", fourASN, without(origin, attr(0x40, ASPath, seq(2, 65540, 0)...), nextHop), TreatAsWithdraw, "AS 0", ""},
		{"RFC 7606 7.3", "NEXT_HOP of 5 octets", fourASN, without(origin, asPath, attr(0x40, NextHop, 1, 2, 3, 4, 5)), TreatAsWithdraw, "NEXT_HOP: length 5", ""},
		{"RFC 7606 7.4", "MULTI_EXIT_DISC of 3 octets", fourASN, with(attr(0x80, MultiExitDisc, 1, 2, 3)), TreatAsWithdraw, "MULTI_EXIT_DISC: length 3", ""},
		{"RFC 7606 7.5", "LOCAL_PREF of 5 octets", fourASN, with(attr(0x40, LocalPref, 1, 2, 3, 4, 5)), TreatAsWithdraw, "LOCAL_PREF: length 5", ""},
		{"RFC 7606 7.5", "LOCAL_PREF from outside", externalAS, with(attr(0x40, LocalPref, 1, 2, 3, 4, 5)), AttributeDiscard, "from an external neighbour", ""},
		{"RFC 7606 7.6", "ATOMIC_AGGREGATE of 1 octet", fourASN, with(attr(0x40, AtomicAggregate, 1)), AttributeDiscard, "ATOMIC_AGGREGATE: length 1", ""},
		{"RFC 7606 7.7", "AGGREGATOR of 6 octets, 4-octet session", fourASN, with(attr(0xc0, Aggregator, 1, 2, 3, 4, 5, 6)), AttributeDiscard, "AGGREGATOR: length 6, not 8", ""},
		{"RFC 7606 7.7", "AGGREGATOR of 8 octets, 2-octet session", two, without(origin, path2, nextHop, attr(0xc0, Aggregator, 0, 1, 2, 3, 4, 5, 6, 7)), AttributeDiscard, "AGGREGATOR: length 8, not 6", ""},
		{"RFC 7607 2", "AS 0 in AGGREGATOR", fourASN, with(attr(0xc0, Aggregator, make([]byte, 8)...)), AttributeDiscard, "AS 0", ""},
		{"RFC 7606 7.8", "COMMUNITIES of 5 octets", fourASN, with(attr(0xc0, Communities, 1, 2, 3, 4, 5)), TreatAsWithdraw, "COMMUNITIES: length 5", ""},
		{"RFC 7606 7.9", "ORIGINATOR_ID of 3 octets", fourASN, with(attr(0x80, OriginatorID, 1, 2, 3)), TreatAsWithdraw, "ORIGINATOR_ID: length 3", ""},
		{"RFC 7606 7.9", "ORIGINATOR_ID from outside, flags wrong", externalAS, with(attr(0xc0, OriginatorID, 1, 2, 3)), AttributeDiscard, "from an external neighbour", ""},
		{"RFC 7606 7.10", "CLUSTER_LIST of 6 octets", fourASN, with(attr(0x80, ClusterList, 1, 2, 3, 4, 5, 6)), TreatAsWithdraw, "CLUSTER_LIST: length 6", ""},
		{"RFC 7606 7.10", "CLUSTER_LIST from outside", externalAS, with(attr(0x80, ClusterList)), AttributeDiscard, "from an external neighbour", ""},
		{"RFC 7606 7.11", "a next hop of 5 octets", fourASN, with(attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 5, 1, 2, 3, 4, 5, 0}, doc48)...)), SessionReset, "a next hop of 5 octets for ipv6", "3/9"},
		{"RFC 7606 7.11", "an IPv4 next hop for IPv6", fourASN, with(attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 4, 192, 0, 2, 1, 0}, doc48)...)), SessionReset, "a next hop of 4 octets for ipv6", "3/9"},
		{"RFC 7606 7.11", "a next hop that overruns", fourASN, with(attr(0x80, MPReachNLRI, 0, 2, 1, 16, 1)), SessionReset, "the next hop is cut off", "3/9"},
		{"RFC 7606 7.14", "extended communities of 9 octets", fourASN, with(attr(0xc0, ExtendedCommunities, make([]byte, 9)...)), TreatAsWithdraw, "EXTENDED COMMUNITIES: length 9", ""},
		{"RFC 7606 7.15", "IPv6 extended communities of 8 octets", fourASN, with(attr(0xc0, IPv6ExtCommunities, make([]byte, 8)...)), TreatAsWithdraw, "length 8", ""},
		{"RFC 7606 7.16", "ATTR_SET of 3 octets", fourASN, with(attr(0xc0, AttrSetAttr, 1, 2, 3)), TreatAsWithdraw, "ATTR_SET: length 3", ""},
		{"RFC 8092 6", "large communities of 13 octets", fourASN, with(attr(0xc0, LargeCommunities, make([]byte, 13)...)), TreatAsWithdraw, "LARGE_COMMUNITY: length 13", ""},
		{"RFC 6793 4.1", "AS4_PATH on a 4-octet session", fourASN, with(attr(0xc0, AS4Path, seq(2, 65540)...)), AttributeDiscard, "AS4_PATH", ""},
		{"RFC 6793 4.1", "AS4_AGGREGATOR on a 4-octet session", fourASN, with(attr(0xc0, AS4Aggregator, make([]byte, 8)...)), AttributeDiscard, "AS4_AGGREGATOR", ""},
		{"RFC 6793 6", "AS4_PATH malformed", two, without(origin, path2, nextHop, attr(0xc0, AS4Path, 2, 9, 1)), AttributeDiscard, "AS4_PATH: a segment is longer", ""},
		{"RFC 6793 6", "an empty AS4_PATH", two, without(origin, path2, nextHop, attr(0xc0, AS4Path)), AttributeDiscard, "AS4_PATH: it is empty", ""},
		{"RFC 7607 2", "AS 0 in AS4_PATH", two, without(origin, path2, nextHop, attr(0xc0, AS4Path, seq(2, 0)...)), AttributeDiscard, "AS4_PATH: it holds AS 0", ""},
		{"RFC 6793 6", "AS4_PATH with a confederation", two, without(origin, path2, nextHop, attr(0xc0, AS4Path, join(seq(3, 65001), seq(2, 65540))...)), AttributeDiscard, "confederation segments are dropped", ""},
		{"RFC 6793 6", "AS4_AGGREGATOR of 6 octets", two, without(origin, path2, nextHop, asTransAgg, attr(0xc0, AS4Aggregator, 1, 2, 3, 4, 5, 6)), AttributeDiscard, "AS4_AGGREGATOR: length 6", ""},
	} {
		t.Run(tt.section+" "+tt.name, func(t *testing.T) {
			d := NewDecoder(tt.s, nil)
			for _, pass := range []string{"decoded", "from the cache"} {
				var u Update
				if got := d.Update(tt.body, &u); got != tt.want || got != u.Action {
					t.Fatalf("%s: %s, want %s: %v", pass, got, tt.want, u.Faults)
				}
				checkFaults(t, &u, tt.section, tt.says, tt.notify)
				checkRoutes(t, &u)
			}
		})
	}
}

func checkFaults(t *testing.T, u *Update, section, says, notify string) {
	t.Helper()
	found := false
	for _, f := range u.Faults {
		found = found || strings.Contains(f.Error(), says)
		if f.Action == SessionReset && fmt.Sprintf("%d/%d", f.Code, f.Subcode) != notify {
			t.Errorf("NOTIFICATION %d/%d, want %s", f.Code, f.Subcode, notify)
		}
	}
	if !found {
		t.Errorf("no fault of %s says %q: %v", section, says, u.Faults)
	}
}

// checkRoutes holds what is left of a message against its action.
func checkRoutes(t *testing.T, u *Update) {
	t.Helper()
	var want [3]bool // something withdrawn, refused, advertised
	switch u.Action {
	case Accept, AttributeDiscard:
		want = [3]bool{len(u.Withdrawn) > 0, false, len(u.Advertised) > 0}
	case TreatAsWithdraw:
		want = [3]bool{true, true, false}
	}
	if got := [3]bool{len(u.Withdrawn) > 0, len(u.Refused) > 0, len(u.Advertised) > 0}; got != want {
		t.Errorf("withdrawn %v, refused %v, advertised %v", u.Withdrawn, u.Refused, u.Advertised)
	}
	for r := range u.Routes() {
		if !r.Attrs.NextHop.IsValid() || r.Attrs.Origin == rib.OriginAbsent {
			t.Errorf("route %+v lacks an attribute", r)
		}
	}
}

func TestAPathOfTwoAttributesIsPutTogether(t *testing.T) {
	path := func(s string) rib.ASPath {
		p, err := rib.ParseASPath(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tt := range []struct{ name, path, path4, want string }{
		{"RFC 6793 4.2.3: the leading part stays", "64501 23456 23456", "65540 65541", "64501 65540 65541"},
		{"of one length", "23456 23456", "65540 65541", "65540 65541"},
		{"AS4_PATH longer: ignored", "64501", "65540 65541", "64501"},
		{"no AS4_PATH", "64501 23456", "", "64501 23456"},
		{"a set counts one", "64501 {64502 64503} 23456", "65541", "64501 {64502 64503} 65541"},
		{"a set in both", "64501 {23456 23456}", "{65540 65541}", "64501 {65540 65541}"},
		{"a leading confederation stays", "(65001) 23456", "65540", "(65001) 65540"},
		{"an adjacent confederation stays", "64501 (65001) 23456", "65540", "64501 (65001) 65540"},
		{"a confederation behind a cut sequence does not", "64501 23456 (65001)", "65540", "64501 65540"},
		{"a confederation further on does not", "64501 23456 (65001) 23456", "65540 65541", "64501 65540 65541"},
	} {
		p, p4 := path(tt.path), path(tt.path4)
		if got := MergeAS4Path(p, p4).String(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if p.String() != tt.path || p4.String() != tt.path4 {
			t.Errorf("%s: an argument changed", tt.name)
		}
	}
}

func TestAnOldAggregatorSetsAS4PathAside(t *testing.T) {
	path2 := attr(0x40, ASPath, seq2(2, 64501, 23456)...)
	path4 := attr(0xc0, AS4Path, seq(2, 65541)...)
	agg4 := attr(0xc0, AS4Aggregator, join(be(65541), be(1))...)
	for _, tt := range []struct {
		name  string
		attrs []byte
		want  string
	}{
		{"no aggregator", nil, "64501 65541"},
		{"AS_TRANS", join(attr(0xc0, Aggregator, 0x5b, 0xa0, 1, 2, 3, 4), agg4), "64501 65541"},
		{"an AS number of its own", join(attr(0xc0, Aggregator, 0xfb, 0xf5, 1, 2, 3, 4), agg4), "64501 23456"},
		{"AGGREGATOR alone", attr(0xc0, Aggregator, 0xfb, 0xf5, 1, 2, 3, 4), "64501 65541"},
	} {
		var u Update
		NewDecoder(Session{}, nil).Update(body(nil, join(origin, path2, nextHop, path4, tt.attrs), doc24), &u)
		if got := u.Attributes().Attrs.ASPath.String(); u.Action != Accept || got != tt.want {
			t.Errorf("%s: %q, want %q: %v", tt.name, got, tt.want, u.Faults)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	var attrs []byte
	for code := 100; code < 256; code++ {
		attrs = join(attrs, attr(0x40, AttrCode(code), 1), attr(0x40, AttrCode(code), 1))
	}
	var u Update
	NewDecoder(fourASN, nil).Update(body(nil, join(attrs, mandatory, reach6, []byte{1}), []byte{33}), &u)
	if u.Action != SessionReset || len(u.Faults) > maxFaults {
		t.Errorf("%s, %d faults", u.Action, len(u.Faults))
	}
	NewDecoder(fourASN, nil).Update(body(doc24, attrs, nil), &u)
	if u.Action != SessionReset || len(u.Faults) > maxFaults || u.Faults[len(u.Faults)-1].Action != SessionReset {
		t.Errorf("%s, faults %v", u.Action, u.Faults)
	}
}

// TestWrongFlagsOnMPUnreachAloneWithdrawAllTheSame: the reset of RFC 7606 5.2 is for attributes
// other than MP_UNREACH_NLRI.
func TestWrongFlagsOnMPUnreachAloneWithdrawAllTheSame(t *testing.T) {
	var u Update
	wrong := attr(0xc0, MPUnreachNLRI, join([]byte{0, 2, 1}, doc48)...)
	if got := NewDecoder(fourASN, nil).Update(body(nil, wrong, nil), &u); got != TreatAsWithdraw || len(u.Withdrawn) != 1 {
		t.Errorf("%s, withdrawn %v, %v", got, u.Withdrawn, u.Faults)
	}
}
