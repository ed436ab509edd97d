package dump

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What a command asks for, and what each view makes of its answer: worked out from what the words mean on the
// routers and from what a view proves, not from what is read. f: fine, c: contradicts, p: partial.
//
//	out-post out-pre far-end collector chosen in-post in-pre bgp-table loc-rib
var meanings = map[string]string{
	"what is sent":             "f f c c c c c c c", // a table behind export policy proves what is not sent, too
	"what is sent for certain": "f c c c c c c c c", // its command names the side of the policy
	"what policy is to see":    "c f c c c c c c c",
	"what is received":         "c c f f c c f c c", // before import policy
	"what is accepted":         "c c f f c f c c c", // behind it
	"what a neighbor sends":    "c c f f c f f c c", // on whichever side of import policy
	"the whole table":          "c c f f f c c f f",
	"a whole table of policy":  "c c f f f c c f f", // which stands behind import policy
	"one neighbor's part":      "c c f f p f c p p", // of the table, behind import policy
	"the circuit's side":       "c c f f f c c c c", // Microsoft's: no router of ours
}

var judgedViews = []rib.View{
	rib.AdjRIBOutPost, rib.AdjRIBOutPre, rib.FarEnd, rib.Collector, rib.Chosen, rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable, rib.LocRIB,
}

// askedOf is a reader's command, or a text that says of itself what it is, and what it asks for.
type askedOf struct {
	name, means, text string
}

func iosAnswer(command, rows, count string) string {
	return "edge1#" + command + "\n" + iosTop + rows + count + "edge1#\n"
}

const ciscoCount = "\nTotal number of prefixes 1\n"

func judgedTexts(t *testing.T) []askedOf {
	fixture := func(name string) string { return string(fixtureBytes(t, name)) }
	list := []askedOf{
		{"ios advertised", "what is sent", iosAnswer("show ip bgp neighbors 192.0.2.1 advertised-routes", ios1, ciscoCount)},
		{"ios received", "what is received", iosAnswer("show ip bgp neighbors 192.0.2.1 received-routes", ios1, ciscoCount)},
		{"ios accepted", "what is accepted", iosAnswer("show ip bgp neighbors 192.0.2.1 routes", ios1, ciscoCount)},
		{"ios table", "the whole table", iosAnswer("show ip bgp", ios1, "")},
		{"ios advertised, IPv6", "what is sent", "edge1#show bgp ipv6 unicast neighbors 2001:DB8:0:1::1 advertised-routes\n" + iosTop + ios6 + ciscoCount + "edge1#\n"},
		{"ios received, IPv6", "what is received", "edge1#show bgp ipv6 unicast neighbors 2001:DB8:0:1::1 received-routes\n" + iosTop + ios6 + ciscoCount + "edge1#\n"},
		{"iosxr received", "what is received", "RP/0/RP0/CPU0:e1#show bgp neighbors 192.0.2.1 received routes\n" + xrTop + xrHeader + xr1 + xrEnd},
		{"iosxr accepted", "what is accepted", "RP/0/RP0/CPU0:e1#show bgp neighbors 192.0.2.1 routes\n" + xrTop + xrHeader + xr1 + xrEnd},
		{"iosxr table", "the whole table", "RP/0/RP0/CPU0:e1#show bgp ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd},
		{"iosxr advertised", "what is sent", fixture("iosxr/advertised.txt")},
		{"iosxr advertised, IPv6", "what is sent", fixture("iosxr/advertised-ipv6.txt")},
		{"nxos advertised", "what is sent", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes\n\n" + nxTop + nx1 + "e1#\n"},
		{"nxos received", "what is received", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 received-routes\n\n" + nxTop + nx1 + "e1#\n"},
		{"nxos accepted", "what is accepted", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 routes\n\n" + nxTop + nx1 + "e1#\n"},
		{"nxos table", "the whole table", "e1# show bgp ipv4 unicast\n" + nxTop + nx1 + "e1#\n"},
		{"nxos table, without its command", "the whole table", nxTop + nx1 + "e1#\n"},
		{"nxos table, without its command, IPv6", "the whole table", fixture("nxos/ipv6.txt")[strings.Index(fixture("nxos/ipv6.txt"), "BGP routing table"):]},
		{"eos advertised", "what is sent", "e1#show ip bgp neighbors 192.0.2.1 advertised-routes\n" + eosTop + eos1 + "e1#\n"},
		{"eos received", "what is received", "e1#show ip bgp neighbors 192.0.2.1 received-routes\n" + eosTop + eos1 + "e1#\n"},
		{"eos accepted", "what is accepted", "e1#show ip bgp neighbors 192.0.2.1 routes\n" + eosTop + eos1 + "e1#\n"},
		{"eos table", "the whole table", "e1#show ip bgp\n" + eosTop + eos1 + "e1#\n"},
		{"frr advertised", "what is sent", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes\n" + frrTop + frr1 + ciscoCount},
		{"frr received", "what is received", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 received-routes\n" + frrTop + frr1 + ciscoCount},
		{"frr accepted", "what is accepted", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 routes\n" + frrTop + frr1 + frrEnd},
		{"frr table", "the whole table", "e1# show bgp ipv4 unicast\n" + frrTop + frr1 + frrEnd},
		{"frr advertised, IPv6", "what is sent", "e1# show bgp ipv6 unicast neighbors 2001:db8:0:1::1 advertised-routes\n" + frrTop + frr6 + ciscoCount},
		{"fortios advertised", "what is sent", fixture("fortios/advertised.txt")},
		{"fortios received", "what is received", fixture("fortios/received.txt")},
		{"fortios accepted", "what is accepted", fixture("fortios/routes.txt")},
		{"fortios table", "the whole table", fixture("fortios/table.txt")},
		{"junos advertised", "what is sent", fixture("junos/advertising.txt")},
		{"junos received", "what is received", fixture("junos/received.txt")},
		{"junos table", "a whole table of policy", "admin@edge1> show route protocol bgp\n" + withoutCommand(fixture("junos/protocol.txt"))},
		{"junos one neighbor's", "one neighbor's part", "admin@edge1> show route protocol bgp source-gateway 192.0.2.1\n" + withoutCommand(fixture("junos/protocol.txt"))},
		{"nokia advertised", "what is sent", fixture("nokia/advertised.txt")},
		{"nokia received", "what is received", strings.Replace(fixture("nokia/routes.txt"), "show router bgp routes", "show router bgp neighbor 192.0.2.1 received-routes", 1)},
		{"nokia table", "the whole table", fixture("nokia/routes.txt")},
		{"srlinux advertised", "what is sent", fixture("srlinux/advertised.txt")},
		{"srlinux received", "what is received", fixture("srlinux/received.txt")},
		{"srlinux table", "the whole table", fixture("srlinux/table.txt")},
		{"bird export", "what is sent for certain", "bird> show route export isp all\n" + birdHello + birdOne + "bird> "},
		{"bird preexport", "what policy is to see", "bird> show route preexport isp all\n" + birdHello + birdOne + "bird> "},
		{"bird import table", "what is received", "bird> show route import table isp.ipv4 all\n" + birdHello + birdOne + "bird> "},
		{"bird protocol", "one neighbor's part", "bird> show route protocol isp all\n" + birdHello + birdOne + "bird> "},
		{"bird table", "the whole table", "bird> show route all\n" + birdHello + birdOne + "bird> "},
		{"gobgp advertised", "what is sent", "$ gobgp neighbor 192.0.2.1 adj-out\n" + strings.ReplaceAll(gobgpTop, " Age       ", "") + "   203.0.113.0/24       192.0.2.1            65540                [{Origin: i}]\n"},
		{"gobgp received", "what is received", "$ gobgp neighbor 192.0.2.1 adj-in\n" + gobgpTop + "   203.0.113.0/24       192.0.2.1            65540                00:00:09   [{Origin: i}]\n"},
		{"gobgp table", "the whole table", "$ gobgp global rib\n" + gobgpTop + "*> 203.0.113.0/24       192.0.2.1            65540                00:00:09   [{Origin: i}]\n"},
		{"openbgpd advertised", "what is sent", "rs# bgpctl show rib out neighbor 192.0.2.1\n" + openbgpdText("*  ")},
		{"openbgpd received", "what is received", "rs# bgpctl show rib in neighbor 192.0.2.1\n" + openbgpdText("   ")},
		{"openbgpd accepted", "what is accepted", "rs# bgpctl show rib neighbor 192.0.2.1\n" + openbgpdText("*> ")},
		{"openbgpd table", "a whole table of policy", "rs# bgpctl show rib\n" + openbgpdText("*> ")},
		{"panos table", "a whole table of policy", fixture("panos/table.txt")},
		{"openconfig adj-rib-out", "what is sent for certain", fixture("openconfig/gnmic-entries.json")},
		{"frr-json advertised", "what is sent", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes json\n" + frrSent("advertisedRoutes")},
		{"frr-json received", "what is received", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 received-routes json\n" + frrSent("receivedRoutes")},
		{"frr-json received, by its key", "what is received", frrSent("receivedRoutes")},
		{"frr-json accepted", "what is accepted", "e1# show bgp ipv4 unicast neighbors 192.0.2.1 routes json\n" + frrDocument},
		{"frr-json table", "the whole table", "e1# show bgp ipv4 unicast json\n" + frrDocument},
		{"frr-json advertised, IPv6", "what is sent", "e1# show bgp ipv6 unicast neighbors 2001:db8::1 advertised-routes json\n" + strings.ReplaceAll(frrSent("advertisedRoutes"), "203.0.113.0/24", "2001:db8:113::/48")},
		{"eos-json advertised", "what is sent", "e1#show ip bgp neighbors 192.0.2.1 advertised-routes | json\n" + eosDocument},
		{"eos-json received", "what is received", "e1#show ip bgp neighbors 192.0.2.1 received-routes | json\n" + eosDocument},
		{"eos-json accepted", "what is accepted", "e1#show ip bgp neighbors 192.0.2.1 routes | json\n" + eosDocument},
		{"eos-json table", "the whole table", "e1#show ip bgp | json\n" + eosDocument},
		{"gobgp-json advertised", "what is sent", "$ gobgp -j neighbor 192.0.2.1 adj-out\n" + strings.Replace(gobgpDocument, `"best":true`, `"best":false`, 1)},
		{"gobgp-json received", "what is received", "$ gobgp -j neighbor 192.0.2.1 adj-in\n" + strings.Replace(gobgpDocument, `"best":true`, `"best":false`, 1)},
		{"gobgp-json table", "the whole table", "$ gobgp -j global rib\n" + gobgpDocument},
		{"openbgpd-json advertised", "what is sent", "rs# bgpctl -j show rib out neighbor 192.0.2.1\n" + strings.Replace(openbgpdDocument, `"best":true`, `"best":false`, 1)},
		{"openbgpd-json table", "a whole table of policy", "rs# bgpctl -j show rib\n" + openbgpdDocument},
		{"junos-json advertised", "what is sent", "lab@r1> show route advertising-protocol bgp 192.0.2.1 | display json\n" + junosDocument},
		{"junos-json received", "what is received", "lab@r1> show route receive-protocol bgp 192.0.2.1 | display json\n" + junosDocument},
		{"junos-json table", "a whole table of policy", "lab@r1> show route protocol bgp | display json\n" + junosDocument},
		{"junos-xml advertised", "what is sent", "lab@r1> show route advertising-protocol bgp 192.0.2.1 | display xml\n" + junosXMLDocument},
		{"junos-xml table", "a whole table of policy", "lab@r1> show route protocol bgp | display xml\n" + junosXMLDocument},
		{"nxos-json advertised", "what is sent", strings.Replace(fixture("nxos-json/session.txt"), "192.0.2.1 routes", "192.0.2.1 advertised-routes", 1)},
		{"azure gateway, learned", "the whole table", "user@host:~$ az network vnet-gateway list-learned-routes -g rg -n gw -o json\n" + azureDocument},
		{"azure gateway, advertised", "what is sent", "user@host:~$ az network vnet-gateway list-advertised-routes -g rg -n gw --peer 192.0.2.1 -o json\n" + azureDocument},
		{"azure circuit", "the circuit's side", "user@host:~$ az network express-route list-route-tables -g rg -n c --path primary --peering-name AzurePrivatePeering -o json\n" + azureDocument},
		{"azure-csv gateway, learned", "the whole table", fixture("azure-csv/gateway-learned.txt")},
		{"azure-csv gateway, advertised", "what is sent", strings.Replace(fixture("azure-csv/gateway-learned.txt"), "LearnedRoute", "AdvertisedRoute -Peer 192.0.2.1", 1)},
		{"azure-csv circuit", "the circuit's side", "PS /> Get-AzExpressRouteCircuitRouteTable -DevicePath Primary | ConvertTo-Csv\n" + fixture("azure-csv/semicolons.csv")},
		{"azure-format-table circuit", "the circuit's side", fixture("azure-format-table/circuit-autosize.txt")},
		{"azure-format-table gateway, learned", "the whole table", fixture("azure-format-table/gateway-learned.txt")},
		{"azure-format-table gateway, advertised", "what is sent", strings.Replace(fixture("azure-format-table/gateway-learned.txt"), "LearnedRoute", "AdvertisedRoute -Peer 192.0.2.1", 1)},
		{"megaport-json table", "the whole table", megaportCall + "?async=true'\n" + megaportRoutes("")},
		{"megaport-json received", "what a neighbor sends", megaportCall + "/neighbor?direction=RECEIVED&peer_ip_address=192.0.2.1'\n" + megaportRoutes("")},
		{"megaport-json advertised", "what is sent", megaportCall + "/neighbor?direction=ADVERTISED&peer_ip_address=192.0.2.1'\n" + megaportRoutes("")},
		{"azure hub", "the whole table", "user@host:~$ az network vhub get-effective-routes -g rg -n hub --resource-type RouteTable --resource-id id -o json\n" + azureDocument},
	}
	return list
}

// withoutCommand takes the command off a text, and puts another in its place.
func withoutCommand(text string, other ...string) string {
	_, rest, _ := strings.Cut(text, "\n")
	return strings.Join(append(other, rest), "\n")
}

func openbgpdText(marks string) string {
	return "flags ovs destination          gateway          lpref   med aspath origin\n" + marks + "     N 203.0.113.0/24       192.0.2.1         100     0 65540 i\nrs# \n"
}

// frrSent is a neighbour's table of FRR with one route.
func frrSent(key string) string {
	return `{"bgpTableVersion":5,"bgpLocalRouterId":"192.0.2.3","defaultLocPrf":100,"localAS":65536,"` + key + `":{"203.0.113.0/24":{"network":"203.0.113.0/24","nextHop":"192.0.2.1","metric":0,"weight":0,"path":"65540","bgpOriginCode":"i","appliedStatusSymbols":{"*":true,">":true}}},"totalPrefixCounter":1,"filteredPrefixCounter":0}`
}

func verdictOf(got outcome, err error) string {
	switch {
	case err != nil:
		return "refused: " + err.Error()
	case got.Contradiction != "":
		return "c"
	case got.Complete == rib.CompleteNo:
		return "p"
	}
	return "f"
}

func TestEveryCommandAsEveryView(t *testing.T) {
	for _, tt := range judgedTexts(t) {
		t.Run(tt.name, func(t *testing.T) {
			want := strings.Fields(meanings[tt.means])
			for i, view := range judgedViews {
				_, got, err := readBytes(reading.Source{Name: "x", View: view, ExpectRoutes: -1}, []byte(tt.text))
				if have := verdictOf(got, err); have != want[i] {
					t.Errorf("%s as %s: %s, want %s (%q %q)", tt.means, view, have, want[i], got.Contradiction, got.Errors)
				}
			}
		})
	}
}

// TestOurOwnRoutersTableIsNobodysFarEnd: dumps that print the router's AS.
func TestOurOwnRoutersTableIsNobodysFarEnd(t *testing.T) {
	for _, name := range []string{"frr", "frr-json", "eos", "iosxr", "nokia", "srlinux"} {
		text := map[string]string{
			"frr": frrTop + frr1 + frrEnd, "frr-json": frrDocument, "eos": eosTop + eos1 + "e1#\n", "iosxr": xrTop + xrHeader + xr1 + xrEnd,
			"nokia": withoutCommand(string(fixtureBytes(t, "nokia/routes.txt"))), "srlinux": withoutCommand(string(fixtureBytes(t, "srlinux/received.txt"))),
		}[name]
		for _, view := range []rib.View{rib.FarEnd, rib.Collector, rib.Chosen} {
			for _, own := range []uint32{65536, 65551} {
				_, got, err := readBytes(reading.Source{Name: "x", View: view, ASNs: []uint32{own}, ExpectRoutes: -1}, []byte(text))
				denied := strings.Contains(got.Contradiction, "a router of AS 65536, which is our own")
				if err != nil || denied != (own == 65536) && name != "srlinux" || name == "srlinux" && view != rib.Chosen && denied != (own == 65536) {
					t.Errorf("%s as %s, our own is %d: %q, %v", name, view, own, got.Contradiction, err)
				}
			}
		}
	}
}

// TestANeighborSendsNoRowOfOurOwnRouter: an advertised table saved as a received one, with nothing of a command in it.
func TestANeighborSendsNoRowOfOurOwnRouter(t *testing.T) {
	own := strings.Replace(strings.Replace(frrSent("advertisedRoutes"), `"nextHop":"192.0.2.1"`, `"nextHop":"0.0.0.0"`, 1), `"path":"65540"`, `"path":""`, 1)
	six := strings.ReplaceAll(strings.ReplaceAll(own, "203.0.113.0/24", "2001:db8:113::/48"), `"0.0.0.0"`, `"::"`)
	ios := iosTop + strings.ReplaceAll(strings.ReplaceAll(ios1, "192.0.2.1", "0.0.0.0  "), "65540 i", "i")
	bird := birdHello + birdStatic
	for name, text := range map[string]string{"FRR": own, "FRR, IPv6": six, "IOS": ios, "BIRD": bird} {
		for _, view := range judgedViews {
			_, got, err := readBytes(reading.Source{Name: "x", View: view, ExpectRoutes: -1}, []byte(text))
			if want := reading.ReceivedView(view); err != nil || strings.Contains(got.Contradiction, "router") != want {
				t.Errorf("%s as %s: %q, %v", name, view, got.Contradiction, err)
			}
		}
	}
	if _, got, _ := readBytes(reading.Source{Name: "x", View: rib.AdjRIBInPost, ExpectRoutes: -1}, []byte(bird)); !strings.Contains(got.Contradiction, "1 of its rows, first in line 3") {
		t.Errorf("neither the count nor the line: %q", got.Contradiction)
	}
}

// TestTheNeighborsThatALinkLists: rows and commands of another one.
func TestTheNeighborsThatALinkLists(t *testing.T) {
	addr := netip.MustParseAddr
	table := func(neighbor string) string { return strings.ReplaceAll(frrDocument, "192.0.2.1", neighbor) }
	sent := func(neighbor string) string {
		return "edge1#show ip bgp neighbors " + neighbor + " advertised-routes\n" + iosTop + ios1 + ciscoCount + "edge1#\n"
	}
	four, six := []netip.Addr{addr("192.0.2.1")}, []netip.Addr{addr("2001:db8::1")}
	both := []netip.Addr{addr("192.0.2.1"), addr("2001:db8::1")}
	for _, tt := range []struct {
		name, text string
		listed     []netip.Addr
		feed       netip.Addr
		denies     bool
	}{
		{"it is the one", table("192.0.2.1"), four, netip.Addr{}, false},
		{"it is not", table("192.0.2.2"), four, netip.Addr{}, true},
		{"an IPv6 neighbor, of which none is listed", table("2001:db8::2"), four, netip.Addr{}, false},
		{"an IPv4 neighbor, of which none is listed", table("192.0.2.2"), six, netip.Addr{}, false},
		{"one of two families", table("2001:db8::1"), both, netip.Addr{}, false},
		{"none of two families", table("2001:db8::2"), both, netip.Addr{}, true},
		{"none of two families, the other one", table("192.0.2.2"), both, netip.Addr{}, true},
		{"IPv4 routes over the IPv6 neighbor", table("2001:db8::1"), both, netip.Addr{}, false},
		{"a link-local address is anybody's", table("fe80::2"), both, netip.Addr{}, false},
		{"neighbor: is exact", table("2001:db8::2"), four, addr("192.0.2.1"), true},
		{"neighbor: goes before the list", table("192.0.2.9"), four, addr("192.0.2.9"), false},
		{"nothing is listed", table("192.0.2.2"), nil, netip.Addr{}, false},
		{"the command names it", sent("192.0.2.1"), both, netip.Addr{}, false},
		{"the command names another", sent("192.0.2.2"), both, netip.Addr{}, true},
		{"the command names another IPv6 one", sent("2001:db8::2"), both, netip.Addr{}, true},
		{"the command names an IPv6 one, and none is listed", sent("2001:db8::2"), four, netip.Addr{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view := rib.AdjRIBInPost
			if strings.Contains(tt.text, "advertised") {
				view = rib.AdjRIBOutPost
			}
			src := reading.Source{Name: "x", View: view, Neighbor: tt.feed, Link: reading.Link{Neighbors: tt.listed}, ExpectRoutes: -1}
			routes, got, err := readBytes(src, []byte(tt.text))
			if err != nil || (got.Contradiction != "") != tt.denies || len(routes)+got.Others != 1 || len(routes) == 1 == tt.denies {
				t.Errorf("%q, %d routes and %d others, %v", got.Contradiction, len(routes), got.Others, err)
			}
		})
	}
}
