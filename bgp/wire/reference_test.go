package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"bgpaudit/rib"
)

// generator makes messages with GoBGP's encoder, from a seed.
type generator struct {
	*rand.Rand
	session Session
}

func (g generator) asn() uint32 {
	if g.session.FourOctetASN && g.IntN(3) == 0 {
		return 65536 + g.Uint32N(16)
	}
	return 1 + g.Uint32N(65534)
}

func (g generator) path() []bgp.AsPathParamInterface {
	var out []bgp.AsPathParamInterface
	for range g.IntN(4) {
		kind := uint8(1 + g.IntN(4))
		n := 1 + g.IntN(6)
		if !g.session.FourOctetASN {
			two := make([]uint16, n)
			for i := range two {
				two[i] = uint16(g.asn())
				if g.IntN(3) == 0 {
					two[i] = asTrans
				}
			}
			out = append(out, bgp.NewAsPathParam(kind, two))
			continue
		}
		four := make([]uint32, n)
		for i := range four {
			four[i] = g.asn()
		}
		out = append(out, bgp.NewAs4PathParam(kind, four))
	}
	return out
}

func (g generator) prefix(fam rib.Family) bgp.AddrPrefixInterface {
	var a [16]byte
	for i := range a {
		a[i] = byte(g.Uint32())
	}
	var p bgp.AddrPrefixInterface
	if fam == rib.IPv4 {
		bits := uint8(g.IntN(33))
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte(a[:4])), int(bits)).Masked().Addr()
		p = bgp.NewIPAddrPrefix(bits, addr.String())
	} else {
		bits := uint8(g.IntN(129))
		addr := netip.PrefixFrom(netip.AddrFrom16(a), int(bits)).Masked().Addr()
		p = bgp.NewIPv6AddrPrefix(bits, addr.String())
	}
	if g.session.AddPath[fam] {
		p.SetPathLocalIdentifier(g.Uint32())
	}
	return p
}

func (g generator) prefixes(fam rib.Family) []bgp.AddrPrefixInterface {
	out := make([]bgp.AddrPrefixInterface, 1+g.IntN(4))
	for i := range out {
		out[i] = g.prefix(fam)
	}
	return out
}

func plain(list []bgp.AddrPrefixInterface) []*bgp.IPAddrPrefix {
	out := make([]*bgp.IPAddrPrefix, len(list))
	for i, p := range list {
		out[i] = p.(*bgp.IPAddrPrefix)
	}
	return out
}

// message makes one UPDATE. GoBGP's own message is what it decodes it as, too.
func (g generator) message() *bgp.BGPMessage {
	maybe := func() bool { return g.IntN(2) == 0 }
	attrs := []bgp.PathAttributeInterface{bgp.NewPathAttributeOrigin(uint8(g.IntN(3))), bgp.NewPathAttributeAsPath(g.path())}
	var withdrawn, nlri []*bgp.IPAddrPrefix
	if maybe() {
		withdrawn = plain(g.prefixes(rib.IPv4))
	}
	if maybe() {
		nlri = plain(g.prefixes(rib.IPv4))
		attrs = append(attrs, bgp.NewPathAttributeNextHop("192.0.2.1"))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeMultiExitDisc(g.Uint32()))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeLocalPref(g.Uint32()))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeCommunities([]uint32{g.Uint32(), g.Uint32()}))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeLargeCommunities([]*bgp.LargeCommunity{{ASN: g.Uint32(), LocalData1: g.Uint32(), LocalData2: g.Uint32()}}))
	}
	if !g.session.FourOctetASN && maybe() {
		attrs = append(attrs, bgp.NewPathAttributeAs4Path([]*bgp.As4PathParam{bgp.NewAs4PathParam(2, []uint32{65540, 65541})}))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeMpReachNLRI("2001:db8::1", g.prefixes(rib.IPv6)))
	}
	if maybe() {
		attrs = append(attrs, bgp.NewPathAttributeMpUnreachNLRI(g.prefixes(rib.IPv6)))
	}
	return bgp.NewBGPUpdateMessage(withdrawn, attrs, nlri)
}

// reference writes what GoBGP reads in a message, as show does. AS4_PATH is merged by hand: GoBGP
// does that where no package can reach it. GoBGP guesses how wide AS numbers are, and takes some
// paths of 2-octet numbers for shorter ones of 4-octet numbers: for these made is what it wrote.
func reference(t *testing.T, raw []byte, opt *bgp.MarshallingOption, made *bgp.BGPMessage) string {
	t.Helper()
	msg, err := bgp.ParseBGPMessage(raw, opt)
	if err != nil {
		t.Fatalf("GoBGP: %v", err)
	}
	u := msg.Body.(*bgp.BGPUpdate)
	var r rib.Attrs
	var path, path4 rib.ASPath
	var reach *bgp.PathAttributeMpReachNLRI
	var b strings.Builder
	id := func(what string, p bgp.AddrPrefixInterface) {
		fmt.Fprintf(&b, "%s%s %d", what, p, p.PathIdentifier())
	}
	for _, p := range u.WithdrawnRoutes {
		id("withdrawn ", p)
		b.WriteByte('\n')
	}
	hop := "invalid IP"
	for i, a := range u.PathAttributes {
		switch a := a.(type) {
		case *bgp.PathAttributeOrigin:
			r.Origin = rib.OriginIGP + rib.Origin(a.Value)
		case *bgp.PathAttributeAsPath:
			if made != nil {
				a = made.Body.(*bgp.BGPUpdate).PathAttributes[i].(*bgp.PathAttributeAsPath)
			}
			path = referencePath(a.Value)
		case *bgp.PathAttributeAs4Path:
			for _, p := range a.Value {
				path4 = append(path4, referencePath([]bgp.AsPathParamInterface{p})...)
			}
		case *bgp.PathAttributeNextHop:
			hop = a.Value.String()
		case *bgp.PathAttributeMultiExitDisc:
			r.MED = rib.Some(a.Value)
		case *bgp.PathAttributeLocalPref:
			r.LocalPref = rib.Some(a.Value)
		case *bgp.PathAttributeCommunities:
			for _, c := range a.Value {
				r.Communities = append(r.Communities, rib.CommunityFromWire(c))
			}
		case *bgp.PathAttributeLargeCommunities:
			for _, c := range a.Values {
				r.LargeCommunities = append(r.LargeCommunities, rib.LargeCommunity{c.ASN, c.LocalData1, c.LocalData2})
			}
		case *bgp.PathAttributeMpReachNLRI:
			reach = a
		case *bgp.PathAttributeMpUnreachNLRI:
			for _, p := range a.Value {
				id("withdrawn ", p)
				b.WriteByte('\n')
			}
		}
	}
	route := func(p bgp.AddrPrefixInterface, hop string) {
		id("", p)
		fmt.Fprintf(&b, " via %s path %q %s lp %s med %s %v %v\n", hop, MergeAS4Path(path, path4).String(), r.Origin, r.LocalPref, r.MED, r.Communities, r.LargeCommunities)
	}
	for _, p := range u.NLRI {
		route(p, hop)
	}
	if reach != nil {
		for _, p := range reach.Value {
			route(p, reach.Nexthop.String())
		}
	}
	return b.String()
}

// referencePath joins sequences that touch, as this package does.
func referencePath(list []bgp.AsPathParamInterface) rib.ASPath {
	var out rib.ASPath
	for _, p := range list {
		seg := rib.Segment{Type: rib.SegmentType(p.GetType()), ASNs: p.GetAS()}
		joins := seg.Type == rib.ASSequence || seg.Type == rib.ASConfedSequence
		if last := len(out) - 1; joins && last >= 0 && out[last].Type == seg.Type {
			out[last].ASNs = append(out[last].ASNs[:len(out[last].ASNs):len(out[last].ASNs)], seg.ASNs...)
			continue
		}
		out = append(out, seg)
	}
	return out
}

func TestGeneratedMessagesReadAsGoBGPReadsThem(t *testing.T) {
	for _, s := range []Session{{FourOctetASN: true}, {}, {FourOctetASN: true, AddPath: [2]bool{true, true}}, {FourOctetASN: true, AddPath: [2]bool{false, true}}} {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			opt := &bgp.MarshallingOption{AddPath: map[bgp.RouteFamily]bgp.BGPAddPathMode{}}
			for i, fam := range []bgp.RouteFamily{bgp.RF_IPv4_UC, bgp.RF_IPv6_UC} {
				if s.AddPath[i] {
					opt.AddPath[fam] = bgp.BGP_ADD_PATH_BOTH
				}
			}
			g := generator{rand.New(rand.NewPCG(1, 2)), s}
			d := NewDecoder(s, NewCache(1<<14)) // small: it is emptied now and then
			var u Update
			for i := range 3000 {
				made := g.message()
				raw, err := made.Serialize(opt)
				if err != nil {
					t.Fatal(err)
				}
				kind, length, fault := ParseHeader(raw, MaxLength)
				if fault != nil || kind != UpdateMsg || length != len(raw) {
					t.Fatalf("message %d: header %v, %d, %v", i, kind, length, fault)
				}
				if d.Update(raw[HeaderLength:], &u) != Accept {
					t.Fatalf("message %d: %v", i, u.Faults)
				}
				if s.FourOctetASN {
					made = nil
				}
				want := reference(t, raw, opt, made)
				if got := show(&u); got != want {
					t.Fatalf("message %d: %x\n%s\nGoBGP\n%s", i, raw, got, want)
				}
				if i%100 == 0 {
					cutEverywhere(t, d, raw[HeaderLength:])
				}
			}
		})
	}
}

// cutEverywhere decodes each beginning of a body, as it is and with its attribute length mended so
// that the cut falls into an attribute.
func cutEverywhere(t *testing.T, d *Decoder, whole []byte) {
	t.Helper()
	var u Update
	for n := range whole {
		d.Update(whole[:n], &u)
		checkSound(t, d, &u)
		withdrawn := int(whole[0])<<8 | int(whole[1])
		if at := 2 + withdrawn; n >= at+2 {
			short := bytes.Clone(whole[:n])
			short[at], short[at+1] = byte((n-at-2)>>8), byte(n-at-2)
			d.Update(append(short, doc24...), &u)
			checkSound(t, d, &u)
		}
	}
}

// checkSound holds a decoded message to what every caller may rely on.
func checkSound(t *testing.T, d *Decoder, u *Update) {
	t.Helper()
	worst := Accept
	for _, f := range u.Faults {
		worst = max(worst, f.Action)
		if f.Section == "" || f.Detail == "" || f.Action == Accept || (f.Code != 0) != (f.Action == SessionReset) {
			t.Fatalf("fault %+v", f)
		}
	}
	if u.Action < worst || len(u.Faults) > maxFaults || u.Action != Accept && len(u.Faults) == 0 {
		t.Fatalf("%s with faults %v", u.Action, u.Faults)
	}
	switch {
	case u.Action == SessionReset && len(u.Withdrawn)+len(u.Refused)+len(u.Advertised) > 0,
		u.Action == TreatAsWithdraw && len(u.Advertised) > 0,
		u.Action < TreatAsWithdraw && len(u.Refused) > 0:
		t.Fatalf("%s: withdrawn %v, refused %v, advertised %v", u.Action, u.Withdrawn, u.Refused, u.Advertised)
	}
	for _, list := range [][]NLRI{u.Withdrawn, u.Refused, u.Advertised} {
		for _, n := range list {
			p := n.Prefix
			if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() || n.PathID != 0 && !d.session.AddPath[rib.FamilyOf(p)] {
				t.Fatalf("prefix %v, path id %d", p, n.PathID)
			}
		}
	}
	n := 0
	for r := range u.Routes() {
		if n++; !r.Attrs.NextHop.IsValid() || r.Attrs.NextHop.Is4In6() || r.Attrs.Origin == rib.OriginAbsent || r.Attrs.LocalPref.Set && d.session.External {
			t.Fatalf("route %+v", r)
		}
	}
	if n != len(u.Advertised) {
		t.Fatalf("%d routes of %d prefixes", n, len(u.Advertised))
	}
}

func TestEveryTableMessageCutAtEachByte(t *testing.T) {
	whole := body(doc24, join(mandatory, attr(0x80, MultiExitDisc, be(0)...), attr(0xc0, Communities, be(9)...), attr(0xc0, LargeCommunities, make([]byte, 12)...), reach6, unreach6), join(doc24, []byte{0}))
	for _, s := range []Session{fourASN, externalAS, {}, {AddPath: [2]bool{true, true}}} {
		cutEverywhere(t, NewDecoder(s, nil), whole)
	}
}

func FuzzUpdate(f *testing.F) {
	g := generator{rand.New(rand.NewPCG(3, 4)), fourASN}
	for range 20 {
		raw, err := g.message().Serialize()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw[HeaderLength:], byte(1))
		f.Add(raw[HeaderLength:], byte(15))
	}
	f.Add(body(doc24, join(mandatory, reach6, unreach6), doc24), byte(3))
	f.Add(body(nil, join(origin, attr(0x40, ASPath, seq2(2, 64501, 23456)...), nextHop, attr(0xc0, AS4Path, seq(2, 65541)...)), doc24), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, bits byte) {
		s := Session{FourOctetASN: bits&1 != 0, External: bits&2 != 0, AddPath: [2]bool{bits&4 != 0, bits&8 != 0}}
		d := NewDecoder(s, nil)
		var u, again Update
		d.Update(b, &u)
		checkSound(t, d, &u)
		want := show(&u)
		d.Update(b, &again)
		if got := show(&again); got != want || len(u.Faults) != len(again.Faults) {
			t.Fatalf("from the cache\n%s\nwas\n%s", got, want)
		}
		AddPathSent(b)
		for _, fam := range rib.Families {
			e, fault := NewEntryDecoder(s.FourOctetASN, nil).Entry(b, fam)
			if (fault == nil) != (e.Set != nil) {
				t.Fatalf("entry %+v, fault %v", e, fault)
			}
		}
	})
}
