package dump

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func circuitAnswer(side, prefixes string) string {
	command := ""
	if side != "" {
		command = "user@host:~$ az network express-route list-route-tables -g rg -n seattle --path " + side + " --peering-name MicrosoftPeering -o json\n"
	}
	return command + circuitTable(prefixes) + "\n"
}

func circuitTable(prefixes string) string {
	var rows []string
	for p := range strings.FieldsSeq(prefixes) {
		rows = append(rows, `{"network":"`+p+`","nextHop":"192.0.2.17","locPrf":"","weight":0,"path":"65536"}`)
	}
	return `{"value":[` + strings.Join(rows, ",") + `]}`
}

func sentTo(neighbor, row string) string {
	return "edge1#show ip bgp neighbors " + neighbor + " advertised-routes\n" + iosTop + row + ciscoCount + "edge1#\n"
}

// TestTwoAnswersInOneFile: which of them is read, and what is said.
func TestTwoAnswersInOneFile(t *testing.T) {
	addr := netip.MustParseAddr
	far := reading.Source{View: rib.FarEnd}
	primary := reading.Source{View: rib.FarEnd, Link: reading.Link{Kind: rib.ExpressRouteMicrosoft, Side: "primary", Circuit: "seattle"}}
	private := reading.Source{View: rib.FarEnd, Link: reading.Link{Kind: rib.ExpressRoutePrivate, Side: "primary"}}
	out := reading.Source{View: rib.AdjRIBOutPost}
	toOne := reading.Source{View: rib.AdjRIBOutPost, Neighbor: documentationPeer}
	lists := func(addrs ...netip.Addr) reading.Source {
		return reading.Source{View: rib.AdjRIBOutPost, Link: reading.Link{Neighbors: addrs}}
	}
	nokiaTo := func(neighbor string) string {
		return strings.ReplaceAll(string(fixtureBytes(t, "nokia/advertised.txt")), "192.0.2.1", neighbor)
	}
	junosTo := func(neighbor string) string {
		return strings.ReplaceAll(string(fixtureBytes(t, "junos/advertising.txt")), "bgp 192.0.2.1", "bgp "+neighbor)
	}
	srlFrom := func(neighbor string) string {
		return strings.ReplaceAll(string(fixtureBytes(t, "srlinux/received.txt")), "192.0.2.1", neighbor)
	}
	received := reading.Source{View: rib.AdjRIBInPre, Neighbor: documentationPeer}
	frrSix := strings.ReplaceAll(frrSent("advertisedRoutes"), "203.0.113.0/24", "2001:db8:113::/48")
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		says       string // the contradiction
	}{
		{"Azure, appended to", circuitAnswer("", "203.0.113.0/24 198.51.100.0/24") + circuitAnswer("", "198.51.100.0/24"), far, 2, "(lines 1 and 2)"},
		{"Azure, appended to, and nothing is there today", circuitAnswer("", "203.0.113.0/24") + circuitAnswer("", ""), far, 1, "(lines 1 and 2)"},
		{"Azure, of IPv4 and of IPv6", circuitAnswer("", "203.0.113.0/24") + circuitAnswer("", "2001:db8::/32"), far, 2, ""},
		{"Azure, both sides, and the link is one", circuitAnswer("primary", "198.51.100.0/24") + circuitAnswer("secondary", "198.51.100.0/24 203.0.113.0/24"), primary, 1, ""},
		{"Azure, both sides the other way round", circuitAnswer("secondary", "198.51.100.0/24 203.0.113.0/24") + circuitAnswer("primary", "198.51.100.0/24"), primary, 1, ""},
		{"Azure, both sides, and nothing picks one", circuitAnswer("primary", "198.51.100.0/24") + circuitAnswer("secondary", "203.0.113.0/24"), far, 1, "the primary and the secondary side (lines 1 and 3)"},
		{"Azure, the other side alone", circuitAnswer("secondary", "198.51.100.0/24"), primary, 0, "the secondary side of the circuit, the config says side: primary"},
		{"Azure, the other peering", circuitAnswer("primary", "198.51.100.0/24"), private, 0, "expressroute-microsoft, the config says kind: expressroute-private"},
		{"Azure, the same command twice", circuitAnswer("primary", "198.51.100.0/24") + circuitAnswer("primary", "198.51.100.0/24"), primary, 1, "(lines 1 and 3)"},
		{"Azure, pages", strings.Replace(circuitTable("203.0.113.0/24"), "]}", `],"nextLink":"https://x/2"}`, 1) + "\n" + circuitTable("198.51.100.0/24") + "\n", far, 2, ""},
		{"Azure, instances of one gateway", `{"RouteServiceRole_IN_0":[` + routeServerRow("203.0.113.0/24") + `]}` + "\n" + `{"RouteServiceRole_IN_1":[` + routeServerRow("203.0.113.0/24") + `]}` + "\n", far, 2, ""},
		{"Azure, PowerShell's side", "PS C:\\> Get-AzExpressRouteCircuitRouteTable -DevicePath Secondary -PeeringType MicrosoftPeering -ExpressRouteCircuitName c -ResourceGroupName rg | ConvertTo-Json\n" + circuitTable("203.0.113.0/24"), primary, 0, "the secondary side"},
		{"Azure, an option in a further line", "$ az network express-route list-route-tables -g rg -n c \\\n    --path secondary --peering-name MicrosoftPeering -o json\n" + circuitTable("203.0.113.0/24"), primary, 0, "the secondary side"},

		{"IOS, two neighbors", sentTo("192.0.2.1", ios1) + sentTo("192.0.2.2", ios2), out, 1, "for neighbors 192.0.2.1 and 192.0.2.2 (lines 1 and 12)"},
		{"IOS, two neighbors, and the feed names one", sentTo("192.0.2.1", ios1) + sentTo("192.0.2.2", ios2), toOne, 1, ""},
		{"IOS, and it is the second", sentTo("192.0.2.2", ios2) + sentTo("192.0.2.1", ios1), toOne, 1, ""},
		{"IOS, the link lists one of them", sentTo("192.0.2.2", ios2) + sentTo("192.0.2.1", ios1), lists(documentationPeer), 1, ""},
		{"IOS, the link lists both", sentTo("192.0.2.2", ios2) + sentTo("192.0.2.1", ios1), lists(documentationPeer, addr("192.0.2.2")), 2, ""},
		{"IOS, neither is the feed's", sentTo("192.0.2.2", ios2) + sentTo("192.0.2.3", ios1), toOne, 0, "neighbor 192.0.2.2, the config says 192.0.2.1"},
		{"IOS, the command twice", sentTo("192.0.2.1", ios1) + sentTo("192.0.2.1", ios1), toOne, 1, "(lines 1 and 12)"},
		{"IOS, twice, and the second time nothing", sentTo("192.0.2.1", ios1) + "edge1#show ip bgp neighbors 192.0.2.1 advertised-routes\n\nTotal number of prefixes 0\nedge1#\n", toOne, 1, "(lines 1 and 12)"},
		{"IOS, IPv4 and IPv6 of one neighbor", sentTo("192.0.2.1", ios1) + "edge1#show bgp ipv6 unicast neighbors 2001:DB8:0:1::1 advertised-routes\n" + iosTop + ios6 + ciscoCount + "edge1#\n", out, 2, ""},
		{"IOS, other commands around it", "edge1#terminal length 0\nedge1#show clock\n" + sentTo("192.0.2.1", ios1) + "edge1#show version\n", toOne, 1, ""},

		{"FRR's JSON, appended to", frrSent("advertisedRoutes") + "\n" + frrSent("advertisedRoutes") + "\n", out, 1, "both with ipv4 routes"},
		{"FRR's JSON, of both families", frrSent("advertisedRoutes") + "\n" + frrSix + "\n", out, 2, ""},
		{"GoBGP's JSON, appended to", gobgpDocument + "\n" + gobgpDocument + "\n", reading.Source{View: rib.BGPTable}, 1, "(lines 1 and 2)"},
		{"Nokia, two neighbors, and the feed names one", nokiaTo("192.0.2.2") + nokiaTo("192.0.2.1"), toOne, 2, ""},
		{"Nokia, two neighbors", nokiaTo("192.0.2.2") + nokiaTo("192.0.2.1"), out, 2, "for neighbors 192.0.2.2 and 192.0.2.1"},
		{"Junos, two neighbors, and the feed names one", junosTo("192.0.2.2") + junosTo("192.0.2.1"), toOne, 3, ""},
		{"Junos, two neighbors", junosTo("192.0.2.2") + junosTo("192.0.2.1"), out, 3, "for neighbors 192.0.2.2 and 192.0.2.1"},
		{"SR Linux, two neighbors, and the feed names one", srlFrom("192.0.2.2") + srlFrom("192.0.2.1"), received, 5, ""},
		{"SR Linux, two neighbors", srlFrom("192.0.2.2") + srlFrom("192.0.2.1"), reading.Source{View: rib.AdjRIBInPre}, 5, "for neighbors 192.0.2.2 and 192.0.2.1"},
		{"BIRD, two exports", "bird> show route export a all\n" + birdHello + birdOne + "bird> show route export b all\n" + birdHello + birdOther + "bird> ", out, 1, "both with ipv4 routes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil || len(routes) != tt.rows || !strings.Contains(got.Contradiction, tt.says) || (tt.says == "") != (got.Contradiction == "") {
				t.Errorf("%d routes, %d others, contradiction %q, complete %s %q, %v", len(routes), got.Others, got.Contradiction, got.Complete, got.Errors, err)
			}
			if tt.says == "" && got.Complete == rib.CompleteNo && !strings.Contains(tt.text, "nextLink") {
				t.Errorf("partial: %q", got.Errors)
			}
		})
	}
}

func routeServerRow(prefix string) string {
	return `{"localAddress":"10.0.1.4","network":"` + prefix + `","nextHop":"10.0.1.9","asPath":"65536","origin":"EBgp","sourcePeer":"10.0.1.9","weight":32768}`
}
