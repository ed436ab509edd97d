package wire

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// attr encodes one path attribute.
func attr(flags byte, code AttrCode, value ...byte) []byte {
	if len(value) > 255 {
		head := binary.BigEndian.AppendUint16([]byte{flags | flagExtended, byte(code)}, uint16(len(value)))
		return append(head, value...)
	}
	return append([]byte{flags, byte(code), byte(len(value))}, value...)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// body encodes the body of an UPDATE.
func body(withdrawn, attrs, nlri []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(withdrawn)))
	b = append(b, withdrawn...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(attrs)))
	return join(b, attrs, nlri)
}

func be(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// seq encodes a segment of 4-octet AS numbers.
func seq(kind rib.SegmentType, asns ...uint32) []byte {
	b := []byte{byte(kind), byte(len(asns))}
	for _, a := range asns {
		b = binary.BigEndian.AppendUint32(b, a)
	}
	return b
}

// seq2 encodes a segment of 2-octet AS numbers.
func seq2(kind rib.SegmentType, asns ...uint16) []byte {
	b := []byte{byte(kind), byte(len(asns))}
	for _, a := range asns {
		b = binary.BigEndian.AppendUint16(b, a)
	}
	return b
}

var (
	origin     = attr(0x40, Origin, 0)
	asPath     = attr(0x40, ASPath, seq(rib.ASSequence, 65540, 65541)...)
	nextHop    = attr(0x40, NextHop, 192, 0, 2, 1)
	mandatory  = join(origin, asPath, nextHop)
	doc24      = []byte{24, 203, 0, 113}
	doc48      = []byte{48, 0x20, 0x01, 0x0d, 0xb8, 0x01, 0x13}
	hop6       = []byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	reach6     = attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 16}, hop6, []byte{0}, doc48)...)
	unreach6   = attr(0x80, MPUnreachNLRI, join([]byte{0, 2, 1}, doc48)...)
	fourASN    = Session{FourOctetASN: true}
	externalAS = Session{FourOctetASN: true, External: true}
)

// show writes what a message was decoded as, on a line each.
func show(u *Update) string {
	var b strings.Builder
	for _, n := range u.Withdrawn {
		fmt.Fprintf(&b, "withdrawn %v %d\n", n.Prefix, n.PathID)
	}
	for _, n := range u.Refused {
		fmt.Fprintf(&b, "refused %v %d\n", n.Prefix, n.PathID)
	}
	for r := range u.Routes() {
		a := &r.Attrs
		fmt.Fprintf(&b, "%v %d via %v path %q %s lp %s med %s %v %v\n", r.Prefix, r.PathID, a.NextHop, a.ASPath.String(), a.Origin, a.LocalPref, a.MED, a.Communities, a.LargeCommunities)
	}
	for i, fam := range rib.Families {
		if u.EndOfRIB[i] {
			fmt.Fprintf(&b, "end of %s\n", fam)
		}
	}
	for _, f := range u.Foreign {
		fmt.Fprintf(&b, "foreign %+v\n", f)
	}
	if u.Unusable > 0 {
		fmt.Fprintf(&b, "unusable %d\n", u.Unusable)
	}
	return b.String()
}

func TestWellFormedMessages(t *testing.T) {
	addPath := Session{FourOctetASN: true, AddPath: [2]bool{true, true}}
	for _, tt := range []struct {
		name string
		s    Session
		body []byte
		want string
	}{
		{"RFC 4271 4.3: a route", fourASN, body(nil, mandatory, doc24), `203.0.113.0/24 0 via 192.0.2.1 path "65540 65541" igp lp absent med absent [] []`},
		{"RFC 4271 4.3: host bits are irrelevant", fourASN, body([]byte{20, 203, 0, 0x7f}, mandatory, []byte{25, 203, 0, 113, 255}), "withdrawn 203.0.112.0/20 0\n203.0.113.128/25 0 via 192.0.2.1 path \"65540 65541\" igp lp absent med absent [] []"},
		{"a default route", fourASN, body(nil, mandatory, []byte{0}), `0.0.0.0/0 0 via 192.0.2.1 path "65540 65541" igp lp absent med absent [] []`},
		{
			"every attribute", fourASN, body(nil, join(origin, asPath, nextHop, attr(0x80, MultiExitDisc, be(0)...), attr(0x40, LocalPref, be(150)...),
				attr(0x40, AtomicAggregate), attr(0xc0, Aggregator, join(be(65540), be(1))...), attr(0xc0, Communities, 0x2f, 0x2c, 0x13, 0x92, 0xff, 0xff, 0xff, 1),
				attr(0x80, OriginatorID, be(1)...), attr(0x80, ClusterList, be(1)...), attr(0xc0, ExtendedCommunities, make([]byte, 8)...),
				attr(0xc0, LargeCommunities, join(be(65540), be(1), be(2))...), attr(0xe0, 99, 1, 2, 3)), doc24),
			`203.0.113.0/24 0 via 192.0.2.1 path "65540 65541" igp lp 150 med 0 [12076:5010 65535:65281] [65540:1:2]`,
		},
		{
			"RFC 5065: sets and confederations", fourASN, body(nil, join(origin, attr(0x40, ASPath, join(seq(3, 65001, 65002), seq(4, 65003), seq(2, 65540), seq(1, 65541, 65542))...), nextHop), doc24),
			`203.0.113.0/24 0 via 192.0.2.1 path "(65001 65002) [65003] 65540 {65541 65542}" igp lp absent med absent [] []`,
		},
		{
			"sequences that touch are one", fourASN, body(nil, join(origin, attr(0x40, ASPath, join(seq(2, 65540), seq(2, 65541), seq(1, 65542), seq(2, 65543), seq(2, 65544, 65545))...), nextHop), doc24),
			`203.0.113.0/24 0 via 192.0.2.1 path "65540 65541 {65542} 65543 65544 65545" igp lp absent med absent [] []`,
		},
		{"an empty AS path", fourASN, body(nil, join(origin, attr(0x40, ASPath), nextHop), doc24), `203.0.113.0/24 0 via 192.0.2.1 path "" igp lp absent med absent [] []`},
		{
			"RFC 4760: IPv6", fourASN, body(nil, join(origin, asPath, reach6, unreach6), nil),
			"withdrawn 2001:db8:113::/48 0\n2001:db8:113::/48 0 via 2001:db8::1 path \"65540 65541\" igp lp absent med absent [] []",
		},
		{
			"both families in one message", fourASN, body(doc24, join(mandatory, reach6), doc24),
			"withdrawn 203.0.113.0/24 0\n203.0.113.0/24 0 via 192.0.2.1 path \"65540 65541\" igp lp absent med absent [] []\n2001:db8:113::/48 0 via 2001:db8::1 path \"65540 65541\" igp lp absent med absent [] []",
		},
		{
			"RFC 2545: a link-local next hop beside", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 32}, hop6, []byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, []byte{0}, doc48)...)), nil),
			`2001:db8:113::/48 0 via 2001:db8::1 path "65540 65541" igp lp absent med absent [] []`,
		},
		{
			"a link-local next hop alone", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 32}, make([]byte, 16), []byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, []byte{0}, doc48)...)), nil),
			`2001:db8:113::/48 0 via fe80::9 path "65540 65541" igp lp absent med absent [] []`,
		},
		{
			"RFC 8950: IPv4 over an IPv6 next hop", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, join([]byte{0, 1, 1, 16}, hop6, []byte{0}, doc24)...)), nil),
			`203.0.113.0/24 0 via 2001:db8::1 path "65540 65541" igp lp absent med absent [] []`,
		},
		{
			"an IPv4-mapped next hop", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 16}, make([]byte, 10), []byte{255, 255, 192, 0, 2, 1, 0}, doc48)...)), nil),
			`2001:db8:113::/48 0 via 192.0.2.1 path "65540 65541" igp lp absent med absent [] []`,
		},
		{
			"RFC 4291 2.5.5.2: an IPv4-mapped prefix is no IPv4 prefix", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 16}, hop6, []byte{0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255}, doc48)...)), nil),
			"2001:db8:113::/48 0 via 2001:db8::1 path \"65540 65541\" igp lp absent med absent [] []\nunusable 1",
		},
		{
			"RFC 7911: path ids", addPath, body(join(be(7), doc24), join(mandatory, attr(0x80, MPReachNLRI, join([]byte{0, 2, 1, 16}, hop6, []byte{0}, be(9), doc48)...)), join(be(8), doc24)),
			"withdrawn 203.0.113.0/24 7\n203.0.113.0/24 8 via 192.0.2.1 path \"65540 65541\" igp lp absent med absent [] []\n2001:db8:113::/48 9 via 2001:db8::1 path \"65540 65541\" igp lp absent med absent [] []",
		},
		{"RFC 4724 2: End-of-RIB of IPv4", fourASN, body(nil, nil, nil), "end of ipv4"},
		{"RFC 4724 2: End-of-RIB of IPv6", fourASN, body(nil, attr(0x80, MPUnreachNLRI, 0, 2, 1), nil), "end of ipv6"},
		{"no End-of-RIB beside attributes", fourASN, body(nil, join(origin, attr(0x80, MPUnreachNLRI, 0, 2, 1)), nil), ""},
		{
			"other families", fourASN, body(nil, join(origin, asPath, attr(0x80, MPReachNLRI, 0, 25, 70, 4, 192, 0, 2, 1, 0, 1, 2, 3), attr(0x80, MPUnreachNLRI, 0, 1, 2, 24, 203, 0, 113)), nil),
			"foreign {AFI:1 SAFI:2 Octets:4 Reach:false}\nforeign {AFI:25 SAFI:70 Octets:3 Reach:true}",
		},
		{"End-of-RIB of another family", fourASN, body(nil, attr(0x80, MPUnreachNLRI, 0, 1, 128), nil), "foreign {AFI:1 SAFI:128 Octets:0 Reach:false}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder(tt.s, nil)
			for _, pass := range []string{"decoded", "from the cache"} {
				var u Update
				if action := d.Update(tt.body, &u); action != Accept || len(u.Faults) > 0 {
					t.Fatalf("%s: %s, %v", pass, action, u.Faults)
				}
				if got := strings.TrimSpace(show(&u)); got != tt.want {
					t.Errorf("%s:\n%s\nwant\n%s", pass, got, tt.want)
				}
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	header := func(length uint16, kind byte) []byte {
		b := make([]byte, 16, 19)
		for i := range b {
			b[i] = 0xff
		}
		return append(binary.BigEndian.AppendUint16(b, length), kind)
	}
	bad := header(19, 4)
	bad[3] = 0
	for _, tt := range []struct {
		name string
		b    []byte
		max  int
		want string
	}{
		{"a KEEPALIVE", header(19, 4), MaxLength, ""},
		{"an UPDATE", header(23, 2), MaxLength, ""},
		{"the longest", header(4096, 2), MaxLength, ""},
		{"RFC 8654: extended", header(65535, 2), MaxExtendedLength, ""},
		{"cut off", header(19, 4)[:18], MaxLength, "1/2"},
		{"a bad marker", bad, MaxLength, "1/1"},
		{"too short", header(18, 4), MaxLength, "1/2"},
		{"too long", header(4097, 2), MaxLength, "1/2"},
		{"a long KEEPALIVE", header(20, 4), MaxLength, "1/2"},
		{"a short UPDATE", header(22, 2), MaxLength, "1/2"},
		{"a short OPEN", header(28, 1), MaxLength, "1/2"},
		{"type 0", header(19, 0), MaxLength, "1/3"},
		{"type 9", header(19, 9), MaxLength, "1/3"},
	} {
		_, _, fault := ParseHeader(tt.b, tt.max)
		got := ""
		if fault != nil {
			got = fmt.Sprintf("%d/%d", fault.Code, fault.Subcode)
			if fault.Action != SessionReset {
				t.Errorf("%s: %s", tt.name, fault.Action)
			}
		}
		if got != tt.want {
			t.Errorf("%s: NOTIFICATION %q, want %q", tt.name, got, tt.want)
		}
	}
}
