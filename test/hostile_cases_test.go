package test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"bgpaudit/test/speaker"
)

// hostileSessions are all the cases, by the moment in the life of a session.
func hostileSessions() []hostile {
	return slices.Concat(headerCases(), beforeOpenCases(), openCases(), capabilityCases(), openConfirmCases(), establishedCases(), familyCases(), updateCases())
}

// headerCases are the faults that every message can have, at three moments of a session.
func headerCases() []hostile {
	var out []hostile
	for _, when := range []moment{beforeOpen, openConfirm, established} {
		unsynced := speaker.Keepalive()
		unsynced[15] = 0xfe
		cases := []hostile{
			{name: "a marker of zeros", rfc: "RFC 4271 6.1", say: append(make([]byte, 16), 0, 19, 4), want: notification(1, 1)},
			{name: "a marker with one bit missing", rfc: "RFC 4271 6.1", say: unsynced, want: notification(1, 1)},
			{name: "length 0", rfc: "RFC 4271 6.1", say: speaker.Header(0, 4), want: notification(1, 2)},
			{name: "length 18", rfc: "RFC 4271 6.1", say: speaker.Header(18, 4), want: notification(1, 2)},
			{name: "an UPDATE of length 4,097", rfc: "RFC 4271 6.1", say: speaker.Header(4097, 2), want: notification(1, 2)},
			{name: "an UPDATE of length 5,000", rfc: "RFC 4271 6.1", say: speaker.Header(5000, 2), want: notification(1, 2)},
			{name: "an UPDATE of length 65,535", rfc: "RFC 4271 6.1", say: speaker.Header(65535, 2), want: notification(1, 2)},
			{name: "a KEEPALIVE of 20 octets", rfc: "RFC 4271 6.1", say: speaker.Message(4, 0), want: notification(1, 2)},
			{name: "an UPDATE of 22 octets", rfc: "RFC 4271 6.1", say: speaker.Message(2, 0, 0, 0), want: notification(1, 2)},
			{name: "an OPEN of 28 octets", rfc: "RFC 4271 6.1", say: speaker.Message(1, make([]byte, 9)...), want: notification(1, 2)},
			{name: "a NOTIFICATION of 20 octets", rfc: "RFC 4271 6.1, 6.4", say: speaker.Message(3, 6), want: notification(1, 2), may: closed},
			{name: "a NOTIFICATION", rfc: "RFC 4271 6.4", say: speaker.Notification(6, 2), want: closed},
			{name: "a NOTIFICATION with 4,075 octets of data", rfc: "RFC 4271 4.5", say: speaker.Notification(6, 2, make([]byte, 4075)...), want: closed},
			{name: "a NOTIFICATION with 60,000 octets of data", rfc: "RFC 4271 6.1", say: speaker.Notification(6, 2, make([]byte, 60000)...), want: notification(1, 2)},
			{name: "a NOTIFICATION of code 0", rfc: "RFC 4271 6.4", say: speaker.Notification(0, 0), want: closed},
			{name: "a NOTIFICATION of code 255", rfc: "RFC 4271 6.4", say: speaker.Notification(255, 255), want: closed},
			{name: "half a header, and hung up", rfc: "RFC 4271 8.2.2", say: speaker.Header(19, 4)[:9], hangUp: (*speaker.Speaker).Close, want: down},
			{name: "a header alone, and hung up", rfc: "RFC 4271 8.2.2", say: speaker.Header(100, 1), hangUp: (*speaker.Speaker).Close, want: down},
			{name: "an UPDATE cut off, and hung up", rfc: "RFC 4271 8.2.2", say: speaker.Header(100, 2), hangUp: (*speaker.Speaker).Close, want: down},
			{name: "a NOTIFICATION cut off, and hung up", rfc: "RFC 4271 8.2.2", say: speaker.Notification(6, 2, 1, 2, 3)[:22], hangUp: (*speaker.Speaker).Close, want: down},
			{name: "100 kB of junk", rfc: "RFC 4271 6.1", say: junk(), want: notification(1, 1)},
			{name: "100 kB of zeros", rfc: "RFC 4271 6.1", say: make([]byte, 100<<10), want: notification(1, 1)},
			{name: "100 kB of ones", rfc: "RFC 4271 6.1", say: bytes.Repeat([]byte{0xff}, 100<<10), want: notification(1, 2)},
		}
		for _, kind := range []byte{0, 6, 9, 255} {
			cases = append(cases, hostile{name: fmt.Sprintf("a message of type %d", kind), rfc: "RFC 4271 6.1", say: speaker.Message(kind), want: notification(1, 3)})
		}
		for i := range cases {
			cases[i].when = when
			if differs, ok := birdOnHeaders[cases[i].title()]; ok {
				cases[i].bird, cases[i].whyso = differs.verdict, differs.whyso
			}
		}
		out = append(out, cases...)
	}
	return out
}

// birdOnHeaders is where BIRD answers a header otherwise.
var birdOnHeaders = map[string]struct {
	verdict verdict
	whyso   string
}{
	"before OPEN: a KEEPALIVE of 20 octets": {notification(5, 1), stateFirst},
	"before OPEN: an UPDATE of 22 octets":   {notification(5, 1), stateFirst},
	"OpenConfirm: an OPEN of 28 octets":     {notification(5, 2), stateFirst},
	"Established: an OPEN of 28 octets":     {notification(5, 3), stateFirst},
	"OpenConfirm: a KEEPALIVE of 20 octets": {kept, "does not look at the length of a KEEPALIVE"},
	"Established: a KEEPALIVE of 20 octets": {kept, "does not look at the length of a KEEPALIVE"},
}

const stateFirst = "judges the state before the length"

// junk is the same in every run.
func junk() []byte {
	src := rand.NewChaCha8([32]byte{1})
	out := make([]byte, 100<<10)
	src.Read(out)
	return out
}

func beforeOpenCases() []hostile {
	return []hostile{
		{name: "nothing, and hung up", rfc: "RFC 4271 8.2.2", hangUp: (*speaker.Speaker).Close, want: down},
		{name: "a KEEPALIVE", rfc: "RFC 6608 4", say: speaker.Keepalive(), want: notification(5, 1)},
		{name: "an UPDATE", rfc: "RFC 6608 4", say: announcement(routerASN, victim4, medAfter), want: notification(5, 1)},
		{name: "an End-of-RIB", rfc: "RFC 6608 4", say: speaker.EndOfRIB(speaker.AFIv4), want: notification(5, 1)},
		{name: "a ROUTE-REFRESH", rfc: "RFC 6608 4", say: speaker.RouteRefresh(1, 0, 1), want: notification(5, 1)},
		{name: "an HTTP request", rfc: "RFC 4271 6.1", say: []byte("GET / HTTP/1.1\r\nHost: router\r\n\r\n"), want: notification(1, 1)},
		{name: "a TLS ClientHello", rfc: "RFC 4271 6.1", say: speaker.Join([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, make([]byte, 32)), want: notification(1, 1)},
	}
}

// openCases are OPENs that are wrong (RFC 4271 6.2).
func openCases() []hostile {
	caps := func(c ...[]byte) func(*speaker.Open) {
		return func(o *speaker.Open) { o.Parameters = speaker.Capabilities(c...) }
	}
	params := func(octets ...byte) func(*speaker.Open) {
		return func(o *speaker.Open) { o.Parameters = octets }
	}
	v4, as4 := speaker.Multiprotocol(1, 1), speaker.FourOctetAS(routerASN)
	cases := []hostile{
		{name: "version 3", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Version = 3 }, want: notification(2, 1)},
		{name: "version 5", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Version = 5 }, want: notification(2, 1)},
		{name: "version 0", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Version = 0 }, want: notification(2, 1)},
		{name: "another AS than the neighbour's", rfc: "RFC 4271 6.2", open: caps(v4, speaker.FourOctetAS(65550)), want: notification(2, 2)},
		{name: "another AS, without the four-octet capability", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.AS, o.Parameters = 64501, speaker.Capabilities(v4) }, want: notification(2, 2)},
		{name: "AS_TRANS without the four-octet capability", rfc: "RFC 6793 3", open: caps(v4), want: notification(2, 2)},
		{name: "AS 0", rfc: "RFC 7607 2", open: func(o *speaker.Open) { o.AS, o.Parameters = 0, speaker.Capabilities(v4) }, want: notification(2, 2)},
		{name: "AS 0 in the four-octet capability", rfc: "RFC 7607 2", open: caps(v4, speaker.FourOctetAS(0)), want: notification(2, 2)},
		{name: "our own AS on eBGP", rfc: "RFC 4271 6.2", open: caps(v4, speaker.FourOctetAS(ourASN)), want: notification(2, 2)},
		{name: "hold time 1", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.HoldTime = 1 }, want: notification(2, 6)},
		{name: "hold time 2", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.HoldTime = 2 }, want: notification(2, 6)},
		{name: "hold time 0: no KEEPALIVEs", rfc: "RFC 4271 4.2", open: func(o *speaker.Open) { o.HoldTime = 0 }, want: kept},
		{name: "hold time 65,535", rfc: "RFC 4271 4.2", open: func(o *speaker.Open) { o.HoldTime = 65535 }, want: kept},
		{name: "identifier 0", rfc: "RFC 6286 2.2", open: func(o *speaker.Open) { o.ID = netip.IPv4Unspecified() }, want: notification(2, 3)},
		{name: "our own identifier, on iBGP", rfc: "RFC 6286 2.2", internal: true, open: func(o *speaker.Open) { o.ID = ourID }, want: notification(2, 3)},
		{name: "our own identifier, on eBGP", rfc: "RFC 6286 2.2", open: func(o *speaker.Open) { o.ID = ourID }, want: kept, may: notification(2, 3)},
		{name: "a multicast identifier", rfc: "RFC 6286 2.1", open: func(o *speaker.Open) { o.ID = netip.MustParseAddr("224.0.0.5") }, want: kept},
		{name: "no capabilities at all, AS of two octets", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.AS, o.Parameters = 64501, nil }, want: notification(2, 2)},
		{name: "parameters longer than the message", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Length = len(o.Parameters) + 9 }, want: notification(2, 0)},
		{name: "parameters shorter than the message", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Length = len(o.Parameters) - 1 }, want: notification(2, 0)},
		{name: "parameters said to be none", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Length = 0 }, want: notification(2, 0), bird: notification(2, 2), whyso: "passes over what stands behind the parameters, and so sees AS_TRANS alone"},
		{name: "a parameter that overruns", rfc: "RFC 4271 6.2", open: params(2, 40, 1, 4, 0, 1, 0, 1), want: notification(2, 0)},
		{name: "a parameter of one octet", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Parameters = append(o.Parameters, 2) }, want: notification(2, 0)},
		{name: "an empty parameter of capabilities", rfc: "RFC 5492 4", open: func(o *speaker.Open) { o.Parameters = append(o.Parameters, 2, 0) }, want: kept},
		{name: "each capability in a parameter of its own", rfc: "RFC 5492 4", open: func(o *speaker.Open) {
			o.Parameters = speaker.Join(speaker.Capabilities(v4), speaker.Capabilities(speaker.Multiprotocol(2, 1)), speaker.Capabilities(as4))
		}, want: kept},
		{name: "the same capability eight times", rfc: "RFC 5492 4", open: caps(v4, v4, v4, v4, v4, v4, v4, v4, as4), want: kept},
		{name: "two four-octet AS numbers that contradict each other", rfc: "RFC 5492 4", open: caps(v4, as4, speaker.FourOctetAS(65550)), want: notification(2, 2), may: kept},
		{name: "the deprecated parameter of authentication", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Parameters = append(o.Parameters, 1, 2, 0, 0) }, want: notification(2, 4)},
		{name: "a parameter of type 3", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Parameters = append(o.Parameters, 3, 1, 0) }, want: notification(2, 4)},
		{name: "a parameter of type 254", rfc: "RFC 4271 6.2", open: func(o *speaker.Open) { o.Parameters = append(o.Parameters, 254, 0) }, want: notification(2, 4)},
		{name: "extended parameters", rfc: "RFC 9072 2", open: func(o *speaker.Open) { o.Parameters, o.Length = extended(v4, as4), 255 }, want: kept},
		{name: "extended parameters, the short length 1", rfc: "RFC 9072 2", open: func(o *speaker.Open) { o.Parameters, o.Length = extended(v4, as4), 1 }, want: kept},
		{name: "extended parameters that overrun the message", rfc: "RFC 9072 2", open: func(o *speaker.Open) {
			o.Parameters, o.Length = extended(v4, as4), 255
			o.Parameters[2] += 9
		}, want: notification(2, 0)},
		{name: "extended parameters, one of which overruns", rfc: "RFC 9072 2", open: func(o *speaker.Open) {
			o.Parameters, o.Length = extended(v4, as4), 255
			o.Parameters[5] += 9
		}, want: notification(2, 0)},
		{name: "extended parameters cut off", rfc: "RFC 9072 2", open: func(o *speaker.Open) { o.Parameters, o.Length = []byte{255, 0}, 255 }, want: notification(2, 0)},
		{name: "a capability that nobody knows", rfc: "RFC 5492 5", open: caps(v4, as4, speaker.Capability(250, 1, 2, 3)), want: kept},
		{name: "a capability that overruns its parameter", rfc: "RFC 4271 6.2", open: caps(v4, as4, []byte{2, 9}), want: notification(2, 0)},
		{name: "a capability of one octet", rfc: "RFC 4271 6.2", open: caps(v4, as4, []byte{2}), want: notification(2, 0)},
		{name: "no family in common", rfc: "RFC 4760 8", open: caps(speaker.Multiprotocol(25, 70), as4), want: passedOver, may: notification(2, 7)},
		{name: "255 octets of unknown capabilities", rfc: "RFC 5492 5", open: func(o *speaker.Open) {
			o.Parameters = speaker.Join(o.Parameters, speaker.Capabilities(speaker.Capability(251, make([]byte, 251-len(o.Parameters))...)))
		}, want: kept},
		{name: "an OPEN of 4,097 octets", rfc: "RFC 4271 6.1", say: speaker.Header(4097, 1), want: notification(1, 2)},
		{name: "an OPEN cut off, and hung up", rfc: "RFC 4271 8.2.2", say: speaker.Join(speaker.Header(29, 1), []byte{4, 0}), hangUp: (*speaker.Speaker).Close, want: down},
		{name: "an OPEN, and hung up", rfc: "RFC 4271 8.2.2", open: func(*speaker.Open) {}, hangUp: (*speaker.Speaker).Close, want: down},
	}
	for i := range cases {
		cases[i].when = asOpen
	}
	return cases
}

// extended writes a parameter of capabilities in the form of RFC 9072.
func extended(caps ...[]byte) []byte {
	all := speaker.Join(caps...)
	return speaker.Join([]byte{255, 0, byte(3 + len(all)), 2, 0, byte(len(all))}, all)
}

// capabilityCases give every capability each length that it cannot have. RFC 4271 6.2 answers a
// recognized and malformed parameter with 2/0; who does not support a capability ignores it
// (RFC 5492 5), and RFC 7911 4 ignores it too.
func capabilityCases() []hostile {
	var out []hostile
	for _, c := range []struct {
		name    string
		rfc     string
		code    byte
		lengths []int
		own     bool // it is one that every BGP speaker of today reads
	}{
		{"multiprotocol", "RFC 4760 8", speaker.CapMultiprotocol, []int{0, 1, 2, 3, 5}, true},
		{"route refresh", "RFC 2918 2", speaker.CapRouteRefresh, []int{1, 4}, false},
		{"extended next hop", "RFC 8950 4", speaker.CapExtendedNextHop, []int{0, 1, 2, 3, 4, 5, 7}, false},
		{"extended message", "RFC 8654 3", speaker.CapExtendedMessage, []int{1, 4}, false},
		{"graceful restart", "RFC 4724 3", speaker.CapGracefulRestart, []int{0, 1, 3, 4, 5, 7}, false},
		{"four-octet AS", "RFC 6793 3", speaker.CapFourOctetAS, []int{0, 1, 2, 3, 5}, true},
		{"ADD-PATH", "RFC 7911 4", speaker.CapAddPath, []int{0, 1, 2, 3, 5}, false},
		{"enhanced route refresh", "RFC 7313 3", speaker.CapEnhancedRefresh, []int{1, 4}, false},
		{"long-lived graceful restart", "RFC 9494 3", speaker.CapLongLived, []int{0, 1, 2, 3, 4, 5, 6, 8}, false},
		{"FQDN", "draft-walton-bgp-hostname-capability", speaker.CapFQDN, []int{0, 1, 2, 3}, false},
	} {
		for _, n := range c.lengths {
			value := []byte{0, 1, 0, 1, 9, 9, 9, 9}[:n]
			if c.code == speaker.CapFQDN && n > 0 {
				value = slices.Repeat([]byte{200}, n) // a host name longer than the capability
			}
			h := hostile{
				name: fmt.Sprintf("capability %d, %s, of %d octets", c.code, c.name, n), rfc: c.rfc, when: asOpen,
				want: kept, may: notification(2, 0),
				open: func(o *speaker.Open) {
					o.Parameters = append(o.Parameters, speaker.Capabilities(speaker.Capability(c.code, value...))...)
				},
			}
			if c.own {
				h.want, h.may = notification(2, 0), kept
			}
			out = append(out, h)
		}
	}
	return out
}

const skipped = "takes an UPDATE for the KEEPALIVE that some routers skip"

func openConfirmCases() []hostile {
	cases := []hostile{
		{name: "a second OPEN", rfc: "RFC 6608 4", say: openOf(), want: notification(5, 2)},
		{name: "an UPDATE", rfc: "RFC 6608 4", say: announcement(routerASN, victim4, medAfter), want: notification(5, 2), bird: kept, whyso: skipped},
		{name: "an End-of-RIB", rfc: "RFC 6608 4", say: speaker.EndOfRIB(speaker.AFIv4), want: notification(5, 2), bird: kept, whyso: skipped},
		{name: "a ROUTE-REFRESH", rfc: "RFC 6608 4", say: speaker.RouteRefresh(1, 0, 1), want: notification(5, 2)},
		{name: "1,000 KEEPALIVEs", rfc: "RFC 4271 8.2.2", say: bytes.Repeat(speaker.Keepalive(), 1000), want: kept},
	}
	for i := range cases {
		cases[i].when = openConfirm
	}
	return cases
}

// openOf is a good OPEN, for where it does not belong.
func openOf() []byte {
	return speaker.OpenOf(speaker.Config{ASN: routerASN, ID: nextHop4, HoldTime: 90}).Bytes()
}

func establishedCases() []hostile {
	long := func(size int) []byte { // an UPDATE of one prefix and an unknown attribute of any size
		p := goodParts(routerASN)
		empty := len(speaker.Update(nil, p.join(), speaker.NLRI(victim4)))
		p.more = speaker.Attribute(ot|speaker.ExtendedLength, 99, make([]byte, size-empty-4)...)
		return speaker.Update(nil, p.join(), speaker.NLRI(victim4))
	}
	usual := [][]byte{speaker.Multiprotocol(1, 1), speaker.Multiprotocol(2, 1), speaker.Capability(speaker.CapRouteRefresh)}
	wide := append(slices.Clone(usual), speaker.Capability(speaker.CapExtendedMessage))
	refresh := append(slices.Clone(usual), speaker.Capability(speaker.CapEnhancedRefresh))
	cases := []hostile{
		{name: "a second OPEN", rfc: "RFC 6608 4", say: openOf(), want: notification(5, 3)},
		{name: "10,000 KEEPALIVEs", rfc: "RFC 4271 8.2.2", say: bytes.Repeat(speaker.Keepalive(), 10000), want: kept},
		{name: "2,000 ROUTE-REFRESHs", rfc: "RFC 2918 4", say: bytes.Repeat(speaker.RouteRefresh(1, 0, 1), 2000), want: kept},
		{name: "2,000 ROUTE-REFRESHs for IPv6", rfc: "RFC 2918 4", say: bytes.Repeat(speaker.RouteRefresh(2, 0, 1), 2000), want: kept},
		{name: "a ROUTE-REFRESH of a family that was not negotiated", rfc: "RFC 2918 4", say: speaker.RouteRefresh(25, 0, 70), want: kept},
		{name: "a ROUTE-REFRESH of an unknown subtype", rfc: "RFC 7313 5", caps: refresh, say: speaker.RouteRefresh(1, 200, 1), want: kept},
		{name: "the end of a route refresh that never began", rfc: "RFC 7313 4.2", caps: refresh, say: speaker.RouteRefresh(1, 2, 1), want: kept},
		{name: "the begin of a route refresh that never ends", rfc: "RFC 7313 4.2", caps: refresh, say: speaker.RouteRefresh(1, 1, 1), want: kept},
		{name: "a ROUTE-REFRESH of 22 octets", rfc: "RFC 4271 6.1", say: speaker.Message(5, 0, 1, 0), want: notification(1, 2)},
		{name: "a ROUTE-REFRESH of 24 octets", rfc: "RFC 2918 3", say: speaker.Message(5, 0, 1, 0, 1, 0), want: kept, may: notification(1, 2), bird: notification(7, 1), whyso: "answers with the length error of RFC 7313, whatever the subtype"},
		{name: "an UPDATE of 4,096 octets", rfc: "RFC 4271 4", victim: victim4, say: long(4096), want: routeHeld},
		{name: "an UPDATE of 4,097 octets, extended messages not negotiated", rfc: "RFC 8654 4", victim: victim4, say: long(4097), want: notification(1, 2)},
		{name: "an UPDATE of 65,535 octets, extended messages not negotiated", rfc: "RFC 8654 4", victim: victim4, say: long(65535), want: notification(1, 2)},
		{name: "an UPDATE of 4,097 octets, extended messages negotiated", rfc: "RFC 8654 4", victim: victim4, caps: wide, say: long(4097), want: routeHeld},
		{name: "an UPDATE of 65,535 octets, extended messages negotiated", rfc: "RFC 8654 4", victim: victim4, caps: wide, say: long(65535), want: routeHeld},
		{name: "a KEEPALIVE of 5,000 octets, extended messages negotiated", rfc: "RFC 8654 4", caps: wide, say: speaker.Header(5000, 4), want: notification(1, 2), bird: waits, whyso: whole},
		{name: "an OPEN of 5,000 octets, extended messages negotiated", rfc: "RFC 8654 4", caps: wide, say: speaker.Header(5000, 1), want: notification(1, 2), bird: waits, whyso: whole},
		{name: "an UPDATE at one octet a second, hold time 3", rfc: "RFC 4271 6.5", hold: 3, slowly: time.Second, say: announcement(routerASN, victim4, medAfter), want: notification(4, 0)},
		{name: "an UPDATE cut off, then silence, hold time 3", rfc: "RFC 4271 6.5", hold: 3, say: announcement(routerASN, victim4, medAfter)[:30], want: notification(4, 0)},
		{name: "an UPDATE an octet at a time, in time", rfc: "RFC 4271 4", victim: victim4, slowly: time.Millisecond, say: announcement(routerASN, victim4, medAfter), want: routeHeld},
		{name: "a withdrawal of what was never announced", rfc: "RFC 4271 4.3", say: withdrawal(netip.MustParsePrefix("203.0.112.0/24")), want: kept},
		{name: "a prefix withdrawn and announced in one message", rfc: "RFC 4271 4.3", victim: victim4, say: speaker.Update(speaker.NLRI(victim4), goodParts(routerASN).join(), speaker.NLRI(victim4)), want: routeHeld},
		{name: "a prefix with host bits", rfc: "RFC 4271 4.3", victim: netip.MustParsePrefix("203.0.112.0/23"), say: speaker.Update(nil, goodParts(routerASN).join(), []byte{23, 203, 0, 113}), want: routeHeld},
		{name: "a path of 1,000 ASes", rfc: "RFC 4271 4.3", victim: victim4, say: longPath(), want: routeHeld},
		{name: "nothing, and a TCP reset", rfc: "RFC 4271 8.2.2", hangUp: (*speaker.Speaker).Abort, want: down},
	}
	for i := range cases {
		cases[i].when = established
	}
	return cases
}

const whole = "looks at the length by type once the message is whole"

func longPath() []byte {
	p := goodParts(routerASN)
	segment := speaker.Segment(2, slices.Repeat([]uint32{routerASN}, 200)...)
	p.path = path(segment, segment, segment, segment, segment)
	return speaker.Update(nil, p.join(), speaker.NLRI(victim4))
}

// familyCases carry families that nobody negotiated, in an UPDATE whose IPv4 part is good.
func familyCases() []hostile {
	hop := nextHop4.AsSlice()
	var out []hostile
	for _, f := range []struct {
		name string
		afi  uint16
		safi byte
		nlri []byte
	}{
		{"IPv4 multicast", 1, 2, []byte{24, 203, 0, 113}},
		{"labelled IPv4", 1, 4, []byte{48, 0, 1, 1, 203, 0, 113}},
		{"VPN-IPv4", 1, 128, speaker.Join([]byte{112, 0, 1, 1}, make([]byte, 8), []byte{203, 0, 113})},
		{"flow specification", 1, 133, []byte{5, 1, 24, 203, 0, 113}},
		{"a flow specification that overruns", 1, 133, []byte{0xf0, 1}},
		{"SR policy", 1, 73, []byte{96, 0, 0, 0, 1, 0, 0, 0, 2, 192, 0, 2, 1}},
		{"an SR policy of one octet", 1, 73, []byte{96}},
		{"MUP", 1, 85, []byte{1, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 24, 203, 0, 113}},
		{"a MUP route cut off", 1, 85, []byte{1, 0, 1}},
		{"MVPN", 1, 5, []byte{5, 22, 0, 0}},
		{"route target constraint", 1, 132, []byte{96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1}},
		{"EVPN", 25, 70, []byte{3, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 192, 0, 2, 1}},
		{"an EVPN route that overruns", 25, 70, []byte{2, 200, 0, 0}},
		{"an EVPN route of type 0", 25, 70, []byte{0, 0}},
		{"VPLS", 25, 65, speaker.Join([]byte{0, 17}, make([]byte, 17))},
		{"BGP-LS", 16388, 71, []byte{0, 1, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"an opaque family", 16397, 241, []byte{1}},
		{"an address family that does not exist", 999, 9, []byte{1, 2, 3}},
	} {
		out = append(out, hostile{
			name: "UPDATE: NLRI of " + f.name + ", not negotiated", rfc: "RFC 4760 7", when: established, victim: victim4,
			say:  with(speaker.MPReach(f.afi, f.safi, hop, f.nlri))(routerASN, victim4),
			want: routeHeld,
		})
	}
	sid := []byte{5, 0, 34, 0, 1, 0, 30, 0}
	sid = append(sid, make([]byte, 29)...)
	for _, v := range []struct {
		name  string
		value []byte
	}{
		{"an SRv6 Prefix-SID", sid},
		{"an SRv6 Prefix-SID cut off", sid[:6]},
		{"a Prefix-SID whose TLV overruns", []byte{1, 0, 200, 0}},
		{"an empty Prefix-SID", nil},
	} {
		out = append(out, hostile{
			name: "UPDATE: " + v.name, rfc: "RFC 8669 6, RFC 9252 7", when: established, victim: victim4,
			say:  with(speaker.Attribute(ot, speaker.AttrPrefixSID, v.value...))(routerASN, victim4),
			want: routeHeld,
		})
	}
	return out
}

// updateCases are the faults of RFC 7606, each in a session of its own.
func updateCases() []hostile {
	var out []hostile
	for _, f := range faultyUpdates {
		victim := victim4
		if f.ipv6 {
			victim = victim6
		}
		out = append(out, hostile{
			name: "UPDATE: " + f.name, rfc: f.section, when: established, victim: victim,
			say: f.update(routerASN, victim), want: f.want, bird: f.bird, whyso: f.whyso,
		})
	}
	return out
}
