package dump

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// mrtText puts bytes and big-endian numbers into one record's body, or a part of it.
func mrtText(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			b = append(b, p...)
		case string: // an address or a prefix
			if pfx, err := netip.ParsePrefix(p); err == nil {
				b = append(b, byte(pfx.Bits()))
				b = append(b, pfx.Addr().AsSlice()[:(pfx.Bits()+7)/8]...)
				continue
			}
			b = append(b, netip.MustParseAddr(p).AsSlice()...)
		case uint8:
			b = append(b, p)
		case uint16:
			b = binary.BigEndian.AppendUint16(b, p)
		case uint32:
			b = binary.BigEndian.AppendUint32(b, p)
		case int:
			b = binary.BigEndian.AppendUint16(b, uint16(p))
		default:
			panic(fmt.Sprintf("%T", p))
		}
	}
	return b
}

// mrtRecord frames a record; its time is 2027-01-15 08:00:00 UTC.
func mrtRecord(kind, subtype int, parts ...any) []byte {
	body := mrtText(parts...)
	return append(mrtText(uint32(1800000000), kind, subtype, uint32(len(body))), body...)
}

// sized puts the length of the parts, in two octets, in front of them.
func sized(parts ...any) []byte {
	b := mrtText(parts...)
	return append(mrtText(len(b)), b...)
}

var (
	mrtOrigin  = []byte{0x40, 1, 1, 0}
	mrtPath4   = mrtText(uint8(0x40), uint8(2), uint8(10), uint8(2), uint8(2), uint32(65540), uint32(65541))
	mrtPath2   = mrtText(uint8(0x40), uint8(2), uint8(6), uint8(2), uint8(2), 64500, 23456)
	mrtAS4Path = mrtText(uint8(0xc0), uint8(17), uint8(6), uint8(2), uint8(1), uint32(65541))
	mrtHop     = mrtText(uint8(0x40), uint8(3), uint8(4), "192.0.2.1")
	mrtHop6    = mrtText(uint8(0x80), uint8(14), uint8(17), uint8(16), "2001:db8::1")
	mrtAttrs   = mrtText(mrtOrigin, mrtPath4, mrtHop)
	mrtAttrs6  = mrtText(mrtOrigin, mrtPath4, mrtHop6)
	mrtAttrs2  = mrtText(mrtOrigin, mrtPath2, mrtHop, mrtAS4Path)
	mrtPeerV4  = mrtText(uint8(2), "10.255.0.1", "192.0.2.1", uint32(65540))
	mrtPeerV6  = mrtText(uint8(1), "10.255.0.2", "2001:db8::2", 64500)
	mrtPeers   = mrtRecord(13, 1, "10.255.0.9", sized(), 2, mrtPeerV4, mrtPeerV6)
	bgpMarker  = bytes.Repeat([]byte{0xff}, 16)
	doc        = mrtText("203.0.113.0/24")
	routeV4    = mrtRecord(13, 2, uint32(0), doc, 1, 0, uint32(9), sized(mrtAttrs))
)

// bgpMessage frames a BGP message.
func bgpMessage(kind uint8, parts ...any) []byte {
	b := mrtText(parts...)
	return mrtText(bgpMarker, 19+len(b), kind, b)
}

// bgpUpdate frames an UPDATE.
func bgpUpdate(withdrawn, attrs, nlri []byte) []byte {
	return bgpMessage(2, sized(withdrawn), sized(attrs), nlri)
}

// session begins a record of BGP4MP.
func session(four bool) []byte {
	if four {
		return mrtText(uint32(65540), uint32(65536), 0, 1, "192.0.2.1", "192.0.2.9")
	}
	return mrtText(64500, 64501, 0, 1, "192.0.2.1", "192.0.2.9")
}

// rowsOf writes rows shortly, one a line.
func rowsOf(routes []rib.Route) string {
	var b strings.Builder
	for _, r := range routes {
		fmt.Fprintf(&b, "%v %d from %v AS%d via %v path %q line %d\n", r.Prefix, r.PathID, r.Neighbor, r.Attrs.NeighborASN, r.Attrs.NextHop, r.Attrs.ASPath.String(), r.Line)
	}
	return b.String()
}

func readMRTBytes(t *testing.T, src reading.Source, parts ...[]byte) ([]rib.Route, outcome) {
	t.Helper()
	src.Name, src.ExpectRoutes = "x", -1
	routes, got, err := readBytes(src, bytes.Join(parts, nil))
	if err != nil {
		t.Fatal(err)
	}
	return routes, got
}

// mrtFile is a file made by hand, and the rows that it holds.
type mrtFile struct {
	name string
	file []byte
	want string
}

// mrtTables holds a file of each subtype that lists routes.
func mrtTables() []mrtFile {
	const v4, v6 = `203.0.113.0/24 0 from 192.0.2.1 AS65540 via 192.0.2.1 path "65540 65541"`, `2001:db8:113::/48 0 from 2001:db8::2 AS64500 via 2001:db8::1 path "65540 65541"`
	entry := func(peer int, attrs []byte) []byte { return mrtText(peer, uint32(9), sized(attrs)) }
	addPath := func(peer int, id uint32, attrs []byte) []byte { return mrtText(peer, uint32(9), id, sized(attrs)) }
	full6 := mrtText(mrtOrigin, mrtPath4, uint8(0x80), uint8(14), uint8(28), 2, uint8(1), uint8(16), "2001:db8::1", uint8(0), "2001:db8:113::/48")
	geo := mrtRecord(13, 7, "10.255.0.9", sized(), uint32(0), uint32(0), 1, mrtPeerV4, uint32(0), uint32(0))
	return []mrtFile{
		{"12.1 TABLE_DUMP", mrtRecord(12, 1, 0, 0, "203.0.113.0", uint8(24), uint8(1), uint32(9), "192.0.2.1", 64500, sized(mrtAttrs2)), `203.0.113.0/24 0 from 192.0.2.1 AS64500 via 192.0.2.1 path "64500 65541" line 1`},
		{"12.2 TABLE_DUMP", mrtRecord(12, 2, 0, 0, "2001:db8:113::", uint8(48), uint8(1), uint32(9), "2001:db8::2", 64500, sized(mrtOrigin, mrtPath2, mrtHop6)), `2001:db8:113::/48 0 from 2001:db8::2 AS64500 via 2001:db8::1 path "64500 23456" line 1`},
		{"12.3 TABLE_DUMP with AS numbers of four octets", mrtRecord(12, 3, 0, 0, "203.0.113.0", uint8(24), uint8(1), uint32(9), "192.0.2.1", uint32(65540), sized(mrtAttrs)), v4 + " line 1"},
		{"13.2 RIB_IPV4_UNICAST", mrtText(mrtPeers, routeV4), v4 + " line 2"},
		{"13.3 RIB_IPV4_MULTICAST", mrtText(mrtPeers, mrtRecord(13, 3, uint32(0), doc, 1, entry(0, mrtAttrs)), routeV4), v4 + " line 3"},
		{"13.4 RIB_IPV6_UNICAST", mrtText(mrtPeers, mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, entry(1, mrtAttrs6))), v6 + " line 2"},
		{"13.4 with MP_REACH_NLRI whole", mrtText(mrtPeers, mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, entry(1, full6))), v6 + " line 2"},
		{"13.6 RIB_GENERIC", mrtText(mrtPeers, mrtRecord(13, 6, uint32(0), 1, uint8(1), doc, 1, entry(0, mrtAttrs))), v4 + " line 2"},
		{"13.6 of another family", mrtText(mrtPeers, mrtRecord(13, 6, uint32(0), 1, uint8(128), doc, 1, entry(0, mrtAttrs)), routeV4), v4 + " line 3"},
		{"13.7 GEO_PEER_TABLE beside", mrtText(mrtPeers, geo, mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, entry(1, mrtAttrs6))), v6 + " line 3"},
		{"13.7 GEO_PEER_TABLE alone", mrtText(geo, routeV4), v4 + " line 2"},
		{"13.8 RIB_IPV4_UNICAST_ADDPATH", mrtText(mrtPeers, mrtRecord(13, 8, uint32(0), doc, 1, addPath(0, 7, mrtAttrs))), strings.Replace(v4, "/24 0", "/24 7", 1) + " line 2"},
		{"13.10 RIB_IPV6_UNICAST_ADDPATH", mrtText(mrtPeers, mrtRecord(13, 10, uint32(0), "2001:db8:113::/48", 1, addPath(1, 7, mrtAttrs6))), strings.Replace(v6, "/48 0", "/48 7", 1) + " line 2"},
		{"13.12 RIB_GENERIC_ADDPATH", mrtText(mrtPeers, mrtRecord(13, 12, uint32(0), 1, uint8(1), doc, 1, addPath(0, 7, mrtAttrs))), strings.Replace(v4, "/24 0", "/24 7", 1) + " line 2"},
		{"two peer tables", mrtText(mrtPeers, routeV4, mrtRecord(13, 1, "10.255.0.9", sized(), 1, mrtPeerV6), mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, entry(0, mrtAttrs6))), v4 + " line 2\n" + v6 + " line 4"},
		{"a route of the router's own", mrtText(mrtRecord(13, 1, "10.255.0.9", sized(), 1, uint8(2), uint32(0), uint32(0), uint32(0)), mrtRecord(13, 2, uint32(0), doc, 1, entry(0, nil))), `203.0.113.0/24 0 from invalid IP AS0 via invalid IP path "" line 2`},
		{"one peer twice for a prefix", mrtText(mrtPeers, mrtRecord(13, 2, uint32(0), doc, 2, entry(0, mrtAttrs), entry(0, mrtAttrs))), v4 + " line 2\n" + strings.Replace(v4, "/24 0", "/24 1", 1) + " line 2"},
		{"16.2 BGP4MP_ENTRY", mrtRecord(16, 2, 64501, 64500, 0, 1, "192.0.2.9", "192.0.2.1", 0, 1, uint32(9), 1, uint8(1), uint8(4), "192.0.2.7", doc, sized(mrtOrigin, mrtPath2, mrtAS4Path)), `203.0.113.0/24 0 from 192.0.2.1 AS64500 via 192.0.2.7 path "64500 65541" line 1`},
		{"16.3 BGP4MP_SNAPSHOT, OSPF and IS-IS beside", mrtText(mrtPeers, mrtRecord(16, 3, 0, []byte("file\x00")), mrtRecord(11, 0), mrtRecord(33, 0, uint32(0)), routeV4), v4 + " line 5"},
	}
}

func TestEveryMRTTableSubtype(t *testing.T) {
	for _, tt := range mrtTables() {
		t.Run(tt.name, func(t *testing.T) {
			routes, got := readMRTBytes(t, reading.Source{View: rib.BGPTable}, tt.file)
			if have := strings.TrimSpace(rowsOf(routes)); have != tt.want {
				t.Errorf("rows\n%s\nwant\n%s", have, tt.want)
			}
			if got.Complete != rib.CompleteUnproven || got.Skipped != 0 || len(got.Errors) > 0 || got.Contradiction != "" {
				t.Errorf("complete %s, %d skipped, errors %q, %q", got.Complete, got.Skipped, got.Errors, got.Contradiction)
			}
			if h := got.Header; !slices.Equal(h.NotShown.Names(), []string{"best"}) || h.ASPathForm != rib.AsSent || h.Time.IsZero() {
				t.Errorf("header %+v", h)
			}
		})
	}
}

func TestEveryMRTMessageSubtype(t *testing.T) {
	two, four := bgpUpdate(nil, mrtAttrs2, doc), bgpUpdate(nil, mrtAttrs, doc)
	ids := bgpUpdate(nil, mrtAttrs, mrtText(uint32(7), doc))
	ids2 := bgpUpdate(nil, mrtAttrs2, mrtText(uint32(7), doc))
	for _, tt := range []struct {
		subtype int
		view    rib.View
		body    []byte
		pathID  int
	}{
		{1, rib.AdjRIBInPost, mrtText(session(false), two), 0},
		{4, rib.AdjRIBInPost, mrtText(session(true), four), 0},
		{6, rib.AdjRIBOutPost, mrtText(session(false), two), 0},
		{7, rib.AdjRIBOutPost, mrtText(session(true), four), 0},
		{8, rib.AdjRIBInPost, mrtText(session(false), ids2), 7},
		{9, rib.AdjRIBInPost, mrtText(session(true), ids), 7},
		{10, rib.AdjRIBOutPost, mrtText(session(false), ids2), 7},
		{11, rib.AdjRIBOutPost, mrtText(session(true), ids), 7},
	} {
		for _, kind := range []int{16, 17} {
			body := tt.body
			if kind == 17 {
				body = mrtText(uint32(500000), body)
			}
			file := mrtRecord(kind, tt.subtype, body)
			for _, view := range []rib.View{tt.view, ""} { // a feed says it; convert does not
				routes, got := readMRTBytes(t, reading.Source{View: view}, file)
				if len(routes) != 1 || routes[0].Prefix.String() != "203.0.113.0/24" || int(routes[0].PathID) != tt.pathID || routes[0].Neighbor.String() != "192.0.2.1" ||
					!strings.HasSuffix(routes[0].Attrs.ASPath.String(), " 65541") || got.Skipped > 0 || got.Complete != rib.CompleteNo || got.Contradiction != "" {
					t.Errorf("%d.%d for view %q: %s%+v", kind, tt.subtype, view, rowsOf(routes), got)
				}
			}
			other := rib.AdjRIBInPost
			if tt.view == other {
				other = rib.AdjRIBOutPost
			}
			routes, got := readMRTBytes(t, reading.Source{View: other}, file)
			if len(routes) > 0 || got.Contradiction == "" {
				t.Errorf("%d.%d for view %q: %s%+v", kind, tt.subtype, other, rowsOf(routes), got)
			}
		}
	}
}

func TestMessagesAreReplayedOnTheTableBeforeThem(t *testing.T) {
	message := func(parts ...any) []byte { return mrtRecord(16, 4, session(true), mrtText(parts...)) }
	state := func(from, to int) []byte { return mrtRecord(16, 5, session(true), from, to) }
	other := mrtText("198.51.100.0/24")
	at := func(local string, subtype int, parts ...any) []byte {
		return mrtRecord(16, subtype, uint32(65540), uint32(65536), 0, 1, "192.0.2.1", local, mrtText(parts...))
	}
	const kept = "203.0.113.0/24 0 from 192.0.2.1 AS65540 via 192.0.2.1 path \"65540 65541\" line 2\n"
	for _, tt := range []struct {
		name     string
		file     []byte
		want     string
		complete rib.Completeness
		says     string
	}{
		{"a withdrawal", message(bgpUpdate(doc, nil, nil)), "", "no", "the table is empty"},
		{"a new route", message(bgpUpdate(nil, mrtAttrs, other)), kept + "198.51.100.0/24 0 from 192.0.2.1 AS65540 via 192.0.2.1 path \"65540 65541\" line 3\n", "unproven", ""},
		{"another route for the prefix", message(bgpUpdate(nil, mrtAttrs, doc)), strings.Replace(kept, "line 2", "line 3", 1), "unproven", ""},
		{"both: advertised", message(bgpUpdate(doc, mrtAttrs, doc)), strings.Replace(kept, "line 2", "line 3", 1), "unproven", ""},
		{"End-of-RIB and KEEPALIVE", mrtText(message(bgpUpdate(nil, nil, nil)), message(bgpMessage(4))), kept, "unproven", ""},
		{"the session ends", state(6, 1), "", "no", "the table is empty"},
		{"a session begins", state(5, 6), "", "no", "the table is empty"},
		{"a second connection is refused", state(1, 8), kept, "unproven", ""},
		{"another peer's session ends", mrtRecord(16, 5, uint32(65541), uint32(65536), 0, 1, "192.0.2.2", "192.0.2.9", 6, 1), kept, "unproven", ""},
		{"a state change without addresses", mrtRecord(16, 5, uint32(0), uint32(0), 1, 8), kept, "unproven", ""},
		{"a NOTIFICATION and nothing after it", message(bgpMessage(3, uint8(6), uint8(4))), kept, "no", "x:3: a session with 192.0.2.1 begins or ends here"},
		{"a NOTIFICATION and its state change", mrtText(message(bgpMessage(3, uint8(6), uint8(4))), state(6, 1), message(bgpUpdate(nil, mrtAttrs, doc))), strings.Replace(kept, "line 2", "line 5", 1), "unproven", ""},
		{"RFC 7606: treated as withdrawn", message(bgpUpdate(nil, mrtText(mrtOrigin, mrtHop), doc)), "", "no", "x:3: the UPDATE is malformed: AS_PATH: it is missing (RFC 7606 3 d, treat-as-withdraw)"},
		{"RFC 7606: a session reset", message(bgpUpdate(nil, mrtAttrs, []byte{33})), kept, "no", "x:3: the UPDATE is malformed: NLRI: a prefix is longer"},
		{"a bad marker", message(make([]byte, 23)), kept, "no", "the BGP message is damaged"},
		{"a cut message", message(bgpUpdate(nil, mrtAttrs, doc)[:30]), kept, "no", "the BGP message of"},
		{"path ids that the subtype denies", message(bgpUpdate(nil, mrtAttrs, mrtText(uint32(0), other, uint32(0), other))), kept, "no", "x:3: the UPDATE has path identifiers"},
		{"another family", message(bgpUpdate(nil, mrtText(mrtOrigin, mrtPath4, uint8(0x80), uint8(14), uint8(9), 1, uint8(2), uint8(4), "192.0.2.1", uint8(0)), nil)), kept, "unproven", ""},
		{"another local end withdraws what is not its own", mrtText(message(bgpUpdate(nil, mrtAttrs, doc)), at("192.0.2.10", 4, bgpUpdate(doc, nil, nil))), "", "no", "x:4: neighbor 192.0.2.1 has sessions with 192.0.2.9 and 192.0.2.10"},
		{"another local end's session is over", mrtText(message(bgpUpdate(nil, mrtAttrs, doc)), at("192.0.2.10", 5, 6, 1)), "", "no", "x:4: neighbor 192.0.2.1 has sessions with"},
		{"a new local address once the old session is over", mrtText(message(bgpUpdate(nil, mrtAttrs, doc)), state(6, 1), at("192.0.2.10", 4, bgpUpdate(nil, mrtAttrs, doc))), strings.Replace(kept, "line 2", "line 5", 1), "unproven", ""},
		{"a record without its local address", mrtText(message(bgpUpdate(nil, mrtAttrs, doc)), at("0.0.0.0", 4, bgpUpdate(nil, mrtAttrs, doc))), strings.Replace(kept, "line 2", "line 4", 1), "unproven", ""},
		{"addresses of no family", mrtRecord(16, 4, uint32(1), uint32(1), 0, 9), kept, "no", "x:3: addresses of unknown family 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got := readMRTBytes(t, reading.Source{View: rib.AdjRIBInPost}, mrtPeers, routeV4, tt.file)
			if have := rowsOf(routes); have != tt.want || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) {
				t.Errorf("complete %s, rows\n%swant\n%serrors %q", got.Complete, have, tt.want, got.Errors)
			}
		})
	}
}

func TestRepeatedRowsBeforeMessagesArePartial(t *testing.T) {
	twice := mrtRecord(13, 2, uint32(0), doc, 2, 0, uint32(9), sized(mrtAttrs), 0, uint32(9), sized(mrtAttrs))
	_, got := readMRTBytes(t, reading.Source{}, mrtPeers, twice, mrtRecord(16, 4, session(true), bgpMessage(4)))
	if got.Complete != rib.CompleteNo || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "x:2: 203.0.113.0/24 comes twice") {
		t.Errorf("complete %s, errors %q", got.Complete, got.Errors)
	}
}

// TestMessagesBehindALargePackedTableArePartial reads what is too costly to walk twice.
func TestMessagesBehindALargePackedTableArePartial(t *testing.T) {
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write(mrtText(mrtPeers, routeV4, mrtRecord(16, 4, session(true), bgpUpdate(doc, nil, nil))))
	_ = z.Close()
	for _, size := range []int64{int64(gz.Len()), reading.MaxUnpacked} {
		in := &reading.Input{Size: size, Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(gz.Bytes())), nil }}
		if err := in.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		c := reading.NewCollector(t.Context(), reading.Source{Name: "x", ExpectRoutes: -1}, func(rib.Route) error { n++; return nil })
		got, err := read(c, in)
		in.Close()
		said := strings.Contains(strings.Join(got.Errors, "\n"), "x:3: messages follow the table of a packed file")
		if err != nil || got.Complete != rib.CompleteNo || said != (size == reading.MaxUnpacked) || (n == 1) != said {
			t.Errorf("size %d: %d routes, complete %s, errors %q, %v", size, n, got.Complete, got.Errors, err)
		}
	}
}

func TestAFeedPicksItsPeer(t *testing.T) {
	file := mrtText(mrtPeers, routeV4, mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, 1, uint32(9), sized(mrtAttrs6)))
	for _, tt := range []struct {
		view          rib.View
		neighbor      string
		rows          int
		contradiction bool
		complete      rib.Completeness
	}{
		{rib.AdjRIBInPost, "192.0.2.1", 1, false, "unproven"},
		{rib.BGPTable, "2001:db8::2", 1, false, "unproven"},
		{rib.AdjRIBInPost, "192.0.2.77", 0, true, "no"},
		{rib.Collector, "192.0.2.1", 1, false, "unproven"},
		{rib.Collector, "192.0.2.77", 2, false, "unproven"},
		{rib.FarEnd, "192.0.2.77", 2, false, "unproven"},
	} {
		routes, got := readMRTBytes(t, reading.Source{View: tt.view, Neighbor: netip.MustParseAddr(tt.neighbor)}, file)
		if len(routes) != tt.rows || (got.Contradiction != "") != tt.contradiction || got.Complete != tt.complete {
			t.Errorf("%s, neighbor %s: %d rows, contradiction %q, complete %s, errors %q", tt.view, tt.neighbor, len(routes), got.Contradiction, got.Complete, got.Errors)
		}
	}
	messages := mrtRecord(16, 4, session(true), bgpUpdate(nil, mrtAttrs, doc))
	if routes, got := readMRTBytes(t, reading.Source{View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr("192.0.2.77")}, messages); len(routes) > 0 || got.Contradiction == "" {
		t.Errorf("messages of another neighbor: %d rows, contradiction %q", len(routes), got.Contradiction)
	}
}

func TestBadMRTRecordsCostNoOther(t *testing.T) {
	entry := func(peer int, attrs []byte) []byte { return mrtText(peer, uint32(9), sized(attrs)) }
	for _, tt := range []struct {
		name, says string
		record     []byte
	}{
		{"an unknown type", "x:2: a record of unknown type 99.1", mrtRecord(99, 1, uint32(0))},
		{"an unknown subtype", "x:2: a record of unknown type 13.13", mrtRecord(13, 13)},
		{"an unknown subtype of messages", "x:2: a record of unknown type 16.12", mrtRecord(16, 12)},
		{"a long record", "x:2: the record is longer than 1048576 bytes", mrtRecord(13, 2, make([]byte, reading.MaxRow+1))},
		{"a short record", "x:2: the record is shorter than its fields", mrtRecord(13, 6, uint32(0), 1)},
		{"a prefix of 33 bits", "x:2: a prefix is longer than its address", mrtRecord(13, 2, uint32(0), uint8(33), uint32(0), uint8(0), 0)},
		{"an IPv4-mapped prefix", "x:2: ::ffff:0.0.0.0/96 is an IPv4-mapped prefix", mrtRecord(13, 4, uint32(0), "::ffff:0:0/96", 0)},
		{"a peer that is not there", "x:2: 203.0.113.0/24: peer 9 is not in the peer table, which has 2", mrtRecord(13, 2, uint32(0), doc, 1, entry(9, mrtAttrs))},
		{"a bad attribute", "x:2: 203.0.113.0/24: ORIGIN: value 9 is undefined", mrtRecord(13, 2, uint32(0), doc, 1, entry(0, []byte{0x40, 1, 1, 9}))},
		{"entries that are not there", "x:2: 203.0.113.0/24: entries are cut off: 3 of them", mrtRecord(13, 2, uint32(0), doc, 3)},
		{"octets behind the entries", "x:2: 203.0.113.0/24: 1 octets behind its last entry", mrtRecord(13, 2, uint32(0), doc, 0, uint8(0))},
		{"a bad entry of TABLE_DUMP", "x:2: a prefix is longer than its address", mrtRecord(12, 1, 0, 0, "203.0.113.0", uint8(33), uint8(1), uint32(9), "192.0.2.1", 64500, sized())},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got := readMRTBytes(t, reading.Source{}, mrtPeers, tt.record, routeV4)
			if len(routes) != 1 || routes[0].Line != 3 || got.Complete != rib.CompleteNo || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], tt.says) {
				t.Errorf("rows\n%scomplete %s, errors %q", rowsOf(routes), got.Complete, got.Errors)
			}
		})
	}
	routes, got := readMRTBytes(t, reading.Source{}, mrtPeers, mrtRecord(13, 1, uint32(0), sized(), 1, uint8(0)), routeV4)
	if len(routes) != 1 || routes[0].Neighbor.IsValid() || !routes[0].Attrs.NotShown.Has(rib.AttrNeighbor|rib.AttrNeighborASN) || got.Complete != rib.CompleteNo {
		t.Errorf("behind a bad peer table: %+v, %+v", routes, got)
	}
}

func FuzzMRT(f *testing.F) {
	f.Add(mrtText(mrtPeers, routeV4, mrtRecord(13, 10, uint32(0), "2001:db8:113::/48", 1, 1, uint32(9), uint32(7), sized(mrtAttrs6))))
	f.Add(mrtRecord(12, 1, 0, 0, "203.0.113.0", uint8(24), uint8(1), uint32(9), "192.0.2.1", 64500, sized(mrtAttrs2)))
	f.Add(mrtText(mrtRecord(16, 5, session(true), 5, 6), mrtRecord(17, 4, uint32(5), session(true), bgpUpdate(doc, mrtAttrs, doc))))
	f.Add(mrtRecord(16, 2, 64501, 64500, 0, 1, "192.0.2.9", "192.0.2.1", 0, 1, uint32(9), 1, uint8(1), uint8(4), "192.0.2.7", doc, sized(mrtOrigin, mrtPath2, mrtAS4Path)))
	fuzzFormat(f, "mrt")
}
