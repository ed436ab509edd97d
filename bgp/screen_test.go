package bgp

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	gobgp "github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
	far "bgpaudit/test/speaker"
)

var anOpen = far.OpenOf(far.Config{ASN: routerAS, HoldTime: 90, ID: netip.MustParseAddr("192.0.2.9")})

func TestScreen(t *testing.T) {
	long := far.Message(far.TypeUpdate, make([]byte, 5000)...)
	for _, tt := range []struct {
		name          string
		state         State
		extended      bool
		octets        []byte
		code, subcode uint8
		data          []byte // nil: none
	}{
		{"RFC 4271 6.1: a marker that is not all ones", OpenSent, false, bytes.Repeat([]byte{'A'}, 19), 1, 1, nil},
		{"RFC 4271 6.1: length 18", OpenSent, false, far.Header(18, 1), 1, 2, []byte{0, 18}},
		{"RFC 4271 6.1: length 5000", Established, false, far.Header(5000, 2), 1, 2, []byte{0x13, 0x88}},
		{"RFC 4271 6.1: length 65535", OpenSent, false, far.Header(65535, 1), 1, 2, []byte{0xff, 0xff}},
		{"RFC 8654 4: length 5000 where both ends agreed", Established, true, long, 0, 0, nil},
		{"RFC 8654 4: but no OPEN", OpenSent, true, far.Header(5000, 1), 1, 2, []byte{0x13, 0x88}},
		{"RFC 4271 6.1: a KEEPALIVE of 20 octets", OpenConfirm, false, far.Message(4, 0), 1, 2, []byte{0, 20}},
		{"RFC 4271 6.1: an OPEN of 28 octets", OpenSent, false, far.Header(28, 1), 1, 2, []byte{0, 28}},
		{"RFC 4271 6.1: an UPDATE of 22 octets", Established, false, far.Header(22, 2), 1, 2, []byte{0, 22}},
		{"RFC 4271 6.1: a NOTIFICATION of 20 octets", Established, false, far.Header(20, 3), 1, 2, []byte{0, 20}},
		{"RFC 4271 6.1: type 0", OpenSent, false, far.Header(19, 0), 1, 3, []byte{0}},
		{"RFC 4271 6.1: type 9", Established, false, far.Header(19, 9), 1, 3, []byte{9}},
		{"RFC 6608: a KEEPALIVE before the OPEN", OpenSent, false, far.Keepalive(), 5, 1, nil},
		{"RFC 6608: an UPDATE before the OPEN", OpenSent, false, far.EndOfRIB(1), 5, 1, nil},
		{"RFC 6608: an UPDATE before the KEEPALIVE", OpenConfirm, false, far.EndOfRIB(1), 5, 2, nil},
		{"RFC 6608: a second OPEN", OpenConfirm, false, anOpen.Bytes(), 5, 2, nil},
		{"RFC 6608: an OPEN later", Established, false, anOpen.Bytes(), 5, 3, nil},
		{"RFC 6608: a ROUTE-REFRESH before the session", OpenConfirm, false, far.RouteRefresh(1, 0, 1), 5, 2, nil},
		{"an OPEN", OpenSent, false, anOpen.Bytes(), 0, 0, nil},
		{"a NOTIFICATION at any time", OpenSent, false, far.Notification(6, 2), 0, 0, nil},
		{"a KEEPALIVE", OpenConfirm, false, far.Keepalive(), 0, 0, nil},
		{"an UPDATE", Established, false, far.EndOfRIB(1), 0, 0, nil},
		{"a ROUTE-REFRESH", Established, false, far.RouteRefresh(1, 0, 1), 0, 0, nil},
	} {
		s := newScreen()
		s.state, s.extended = tt.state, tt.extended
		s.filled(copy(s.room(), tt.octets))
		m, ok, f := s.next()
		switch {
		case f == nil && tt.code != 0:
			t.Errorf("%s: let through", tt.name)
		case f == nil && (!ok || !bytes.Equal(m.octets, tt.octets)):
			t.Errorf("%s: not whole", tt.name)
		case f != nil && (f.code != tt.code || f.subcode != tt.subcode || !bytes.Equal(f.data, tt.data)):
			t.Errorf("%s: %d/%d % x (%s)", tt.name, f.code, f.subcode, f.data, f.text)
		case f != nil && !bytes.Equal(f.octets, tt.octets[:min(len(tt.octets), maxOctets)]):
			t.Errorf("%s: octets % x", tt.name, f.octets)
		}
	}
}

func TestScreenWaitsForTheWholeMessage(t *testing.T) {
	s := newScreen()
	all := far.Join(anOpen.Bytes(), far.Keepalive())
	var got []wire.MessageType
	for _, o := range all {
		s.room()[0] = o
		s.filled(1)
		if m, ok, f := s.next(); f != nil {
			t.Fatal(f.text)
		} else if ok {
			got = append(got, m.kind)
			s.state = OpenConfirm
		}
	}
	if !slices.Equal(got, []wire.MessageType{wire.Open, wire.Keepalive}) {
		t.Error(got)
	}
}

func TestReadOpen(t *testing.T) {
	fixed := func(caps ...byte) []byte {
		return far.Join([]byte{4, 0x5b, 0xa0, 0, 90, 192, 0, 2, 9, byte(len(caps) + 2), 2, byte(len(caps))}, caps)
	}
	raw := func(b ...byte) []byte { return far.Join([]byte{4, 0x5b, 0xa0, 0, 90, 192, 0, 2, 9}, b) }
	for _, tt := range []struct {
		name          string
		body          []byte
		code, subcode uint8
	}{
		{"no parameter", raw(0), 0, 0},
		{"RFC 4271 6.2: version 3", far.Join([]byte{3}, raw(0)[1:]), 2, 1},
		{"RFC 4271 6.2: a parameter that is not known", raw(3, 1, 1, 0), 2, 4},
		{"parameters beyond the OPEN", raw(9, 2, 1), 2, 0},
		{"octets behind the parameters", raw(0, 1), 2, 0},
		{"a parameter cut off", raw(2, 2, 9), 2, 0},
		{"a capability cut off", fixed(65, 4, 0, 0), 2, 0},
		{"a capability of one octet", fixed(65), 2, 0},
		{"multiprotocol of 3 octets", fixed(1, 3, 0, 1, 0), 2, 0},
		{"four-octet AS number of 2 octets", fixed(65, 2, 0, 1), 2, 0},
		{"graceful restart of 1 octet", fixed(64, 1, 0), 2, 0},
		{"graceful restart of 5 octets", fixed(64, 5, 0, 0, 0, 1, 1), 2, 0},
		{"add-path of 3 octets", fixed(69, 3, 0, 1, 1), 2, 0},
		{"extended message with a value", fixed(6, 1, 0), 2, 0},
		{"an FQDN that lies about its lengths", fixed(73, 2, 255, 255), 0, 0},
		{"an empty software version", fixed(75, 0), 0, 0},
		{"a capability that nobody knows", fixed(200, 3, 1, 2, 3), 0, 0},
		{"RFC 9072: wide parameters", raw(255, 255, 0, 9, 2, 0, 6, 65, 4, 0, 1, 0, 5), 0, 0},
	} {
		_, f := readOpen(tt.body)
		if f == nil && tt.code != 0 || f != nil && (f.code != tt.code || f.subcode != tt.subcode) {
			t.Errorf("%s: %+v", tt.name, f)
		}
		for i := range tt.body {
			_, _ = readOpen(tt.body[:i])
		}
	}
}

// TestOpenForTheRouter rewrites an OPEN as GoBGP makes it, and reads it with GoBGP's own library.
func TestOpenForTheRouter(t *testing.T) {
	theirs := gobgp.NewBGPOpenMessage(gobgp.AS_TRANS, 90, "192.0.2.1", []gobgp.OptionParameterInterface{
		gobgp.NewOptionParameterCapability([]gobgp.ParameterCapabilityInterface{
			gobgp.NewCapRouteRefresh(), gobgp.NewCapFQDN("secret-host", "example.net"), gobgp.NewCapSoftwareVersion("GoBGP/3.37.0"),
			gobgp.NewCapMultiProtocol(gobgp.RF_IPv4_UC), gobgp.NewCapMultiProtocol(gobgp.RF_IPv6_UC), gobgp.NewCapFourOctetASNumber(ourAS),
			gobgp.NewCapAddPath([]*gobgp.CapAddPathTuple{gobgp.NewCapAddPathTuple(gobgp.RF_IPv6_UC, gobgp.BGP_ADD_PATH_RECEIVE)}),
		}),
	})
	b, err := theirs.Serialize()
	if err != nil {
		t.Fatal(err)
	}
	o, f := readOpen(b[wire.HeaderLength:])
	if f != nil {
		t.Fatal(f.text)
	}
	ours := o.forRouter()
	m, err := gobgp.ParseBGPMessage(ours.encode())
	if err != nil {
		t.Fatal(err)
	}
	var codes []gobgp.BGPCapabilityCode
	for _, c := range m.Body.(*gobgp.BGPOpen).OptParams[0].(*gobgp.OptionParameterCapability).Capability {
		codes = append(codes, c.Code())
		if gr, is := c.(*gobgp.CapGracefulRestart); is && (gr.Flags != 8 || gr.Time != 0 || len(gr.Tuples) != 0) {
			t.Errorf("graceful restart: %+v", gr)
		}
	}
	if want := []gobgp.BGPCapabilityCode{2, 1, 1, 65, 69, 6, 64}; !slices.Equal(codes, want) {
		t.Errorf("capabilities %d, want %d", codes, want)
	}
	router := open{fourOctet: true, extended: true, multiprotocol: true, families: [2]bool{true, true}, sendsIDs: [2]bool{true, true}, holdTime: 30}
	got := agree(ours, router)
	want := terms{families: [2]bool{true, true}, addPath: [2]bool{rib.IPv6: true}, fourOctet: true, extended: true, holdTime: 30 * time.Second}
	if got != want {
		t.Errorf("agreed %+v, want %+v", got, want)
	}
	if got := agree(ours, open{}); got.families != [2]bool{rib.IPv4: true} {
		t.Errorf("RFC 4760 8: no capability is IPv4 unicast: %v", got.families)
	}
}

func TestGracefulRestart(t *testing.T) {
	both, v4 := [2]bool{true, true}, [2]bool{rib.IPv4: true}
	offer := restartOffer{time: 2 * time.Minute, families: both, forwarded: both}
	now := time.Unix(1e9, 0)
	for _, tt := range []struct {
		name  string
		first restartOffer
		lost  bool
		after time.Duration
		then  restartOffer
		want  [2]bool
	}{
		{"the connection was lost, and it is back in time", offer, true, time.Minute, offer, both},
		{"RFC 4724 4.2: not within its restart time", offer, true, 3 * time.Minute, offer, [2]bool{}},
		{"RFC 4724 4: a NOTIFICATION ended it", offer, false, time.Minute, offer, [2]bool{}},
		{"RFC 4724 4.2: a family without the F bit", offer, true, time.Minute, restartOffer{families: both, forwarded: v4}, v4},
		{"RFC 4724 4.2: no capability in the new OPEN", offer, true, time.Minute, restartOffer{}, [2]bool{}},
		{"restart time 0", restartOffer{families: both, forwarded: both}, true, 0, offer, [2]bool{}},
		{"a family that was not in the first OPEN", restartOffer{time: time.Minute, families: v4}, true, time.Second, offer, v4},
	} {
		i := interrupted(terms{restart: tt.first}, tt.lost, now)
		if got := i.retained(terms{families: both, restart: tt.then}, now.Add(tt.after)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCommunication(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    notice
		want string
	}{
		{"RFC 9003", notice{6, 2, []byte("\x05maint")}, "maint"},
		{"a length beyond the data", notice{6, 4, []byte("\xffshort")}, "short"},
		{"control characters", notice{6, 2, []byte("\x0aa\x1b[31m\nb\x00c")}, "a[31mbc"},
		{"no UTF-8", notice{6, 2, []byte{3, 'a', 0xff, 'b'}}, "ab"},
		{"direction marks", notice{6, 2, append([]byte{5}, "a\u202eb"...)}, "ab"},
		{"another subcode", notice{6, 7, []byte("\x05maint")}, ""},
		{"no data", notice{6, 2, nil}, ""},
	} {
		if got := tt.n.communication(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// FuzzScreen reads hostile octets as a router's, before its OPEN and after it, and shows that
// whatever is let through to GoBGP is what GoBGP's own parser takes.
func FuzzScreen(f *testing.F) {
	f.Add(anOpen.Bytes(), far.Join(far.Keepalive(), route("198.51.100.0/24"), far.EndOfRIB(1)), byte(7))
	f.Add(far.Header(19, 9), []byte{}, byte(1))
	f.Add(anOpen.Bytes(), far.Join(far.Keepalive(), far.RouteRefresh(1, 0, 1), far.Notification(6, 2, 3, 'b', 'y', 'e')), byte(255))
	f.Add(far.Join(anOpen.Bytes(), anOpen.Bytes()), []byte{}, byte(19))
	f.Fuzz(func(t *testing.T, before, after []byte, piece byte) {
		s := newScreen()
		updates := []rib.Update{}
		r := newReceiver(&Neighbor{ASN: routerAS, LocalASN: ourAS, PrefixLimit: 100}, host, terms{families: [2]bool{true, true}, fourOctet: true}, &total{},
			func() *rib.Update { updates = append(updates, rib.Update{}); return &updates[len(updates)-1] })
		for all := far.Join(before, after); len(all) > 0; {
			n := copy(s.room(), all[:min(len(all), 1+int(piece))])
			s.filled(n)
			all = all[n:]
			for {
				m, ok, f := s.next()
				if f != nil {
					if n := len(f.notice.encode()); n > wire.MaxLength || len(f.octets) > maxOctets {
						t.Fatalf("%d octets of NOTIFICATION, %d of evidence", n, len(f.octets))
					}
					return
				}
				if !ok {
					break
				}
				if !passes(t, s, r, m) {
					return
				}
			}
		}
		if len(updates) > 0 && r.held.count > 100 {
			t.Fatal("more is held than the limit allows")
		}
	})
}

func passes(t *testing.T, s *screen, r *receiver, m message) bool {
	switch m.kind {
	case wire.Open:
		o, f := readOpen(m.body())
		if f != nil {
			return false
		}
		b := o.forSpeaker().encode()
		if got, err := gobgp.ParseBGPMessage(b); err != nil || int(binary.BigEndian.Uint16(b[16:])) != len(b) {
			t.Fatalf("GoBGP: %v, %v of % x", got, err, b)
		}
		if len(o.names()) > maxOffered {
			t.Fatal("too many names")
		}
		s.state, s.extended = OpenConfirm, o.extended
	case wire.Keepalive:
		s.state = Established
	case wire.UpdateMsg:
		return r.receive(m.body()) == nil
	case wire.Notification:
		_ = m.notice().String() + m.notice().communication()
		return false
	}
	return true
}

// TestAddPathCapabilityWithAnotherValueIsIgnoredWhole: RFC 7911 4.
func TestAddPathCapabilityWithAnotherValueIsIgnoredWhole(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value []byte
		sends [2]bool
	}{
		{"both send", []byte{0, 1, 1, 2, 0, 2, 1, 3}, [2]bool{true, true}},
		{"a 4 beside a good one", []byte{0, 1, 1, 2, 0, 2, 1, 4}, [2]bool{}},
		{"a 0 for a family that is not ours", []byte{0, 1, 1, 2, 0, 1, 128, 0}, [2]bool{}},
	} {
		var o open
		if !o.readAddPath(tt.value) || o.sendsIDs != tt.sends {
			t.Errorf("%s: sends %v, want %v", tt.name, o.sendsIDs, tt.sends)
		}
	}
}
