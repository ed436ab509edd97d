package dump

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const xrLacks = "% Neighbor not found\n\n"

// xrVRF is what IOS XR prints of one VRF where it was asked for the routes that all send to a neighbour.
func xrVRF(name, answer string) string { return "VRF: " + name + "\n----------\n" + answer }

func xrSent(name string) string {
	return xrVRF(name, "Network            Next Hop        From            AS Path\nRoute Distinguisher: 65536:1 (default for vrf "+name+")\n203.0.113.0/24     192.0.2.1       192.0.2.9       65536 65540i\n\nProcessed 1 prefixes, 1 paths\n\n")
}

// TestFormsOfReleases: what some releases print otherwise than those that the fixtures are of, each by itself.
func TestFormsOfReleases(t *testing.T) {
	const no, yes, unproven = rib.CompleteNo, rib.CompleteYes, rib.CompleteUnproven
	n1 := netip.MustParseAddr("192.0.2.1")
	out := reading.Source{View: rib.AdjRIBOutPost, Neighbor: n1}
	counted := func(count string) string { return frrTop + frr1 + frr1 + frr6 + "\n" + count + "\n" }
	wide := strings.Replace(frrTop, "    Network", "     Network", 1)
	obsolete := "% Command accepted but obsolete, unreleased or unsupported; see documentation.\n\n"
	red := reading.Source{VRF: "RED", View: rib.AdjRIBOutPost}
	localSIDs := strings.Replace(xrTop, "\nOrigin", "\n              i - internal\nOrigin", 1) + "   Network            Local Sid                   Alloc mode   Locator\n*> 203.0.113.0/24     fc00:0:1:e000::             per-vrf      MAIN\n"
	for _, tt := range []terminalLog{
		{"FRR counts prefixes and paths, and prints the prefix of each", out, counted("Total number of prefixes 2, total number of paths 3"), yes, ""},
		{"FRR counts a path more", out, counted("Total number of prefixes 2, total number of paths 4"), no, "counts 2 prefixes and 4 paths, and holds 2 and 3"},
		{"FRR counts a prefix more", out, counted("Total number of prefixes 3, total number of paths 3"), no, "counts 3 prefixes and 3 paths, and holds 2 and 3"},
		{"the file ends within the count of paths", out, strings.TrimSuffix(counted("Total number of prefixes 2, total number of pa"), "\n"), no, "cut off here"},
		{"that count is of a neighbor's routes", reading.Source{}, counted("Total number of prefixes 2, total number of paths 3"), yes, "the routes of one neighbor"},

		{"FRR: a damaged address is no name", reading.Source{}, frrTop + " *> 203.0.113.0/24   192.0.2.x                0             0 65540 i\n" + frrEnd, no, `bad next hop "192.0.2.x"`},
		{"FRR: a damaged address of IPv6 is no name", reading.Source{}, frrTop + " *> 203.0.113.0/24   fe80:.x1                 0             0 65540 i\n" + frrEnd, no, `bad next hop "fe80:.x1"`},
		{"FRR: a number is no name", reading.Source{}, frrTop + " *> 203.0.113.0/24                            0             0 65540 i\n" + frrEnd, no, "bad row of 203.0.113.0/24"},
		{"FRR: a name beside its column is none", reading.Source{}, frrTop + " *> 203.0.113.0/24        swp1                0             0 65540 i\n" + frrEnd, no, `bad next hop "swp1"`},
		{"FRR: a host's name that does not end", reading.Source{}, frrTop + " *> 203.0.113.0/24   192.0.2.1(edge2          0             0 65540 i\n" + frrEnd, no, "bad next hop"},
		{"IOS prints no names", reading.Source{}, iosTop + " *>  203.0.113.0      edge2                    0             0 65540 i\n" + ios2 + "e1#\n", no, "bad row"},

		{"IOS XE: a note that the command is obsolete", reading.Source{}, "e1#show ip bgp\n" + obsolete + iosTop + ios1 + "e1#\n", yes, ""},
		{"IOS XE: any other error", reading.Source{}, "e1#show ip bgp\n% Bad mask\n" + iosTop + ios1 + "e1#\n", no, "holds an error"},

		{"IOS XR: other VRFs lack the neighbor", red, xrVRF("BLUE", xrLacks) + xrSent("RED") + xrVRF("GREEN", xrLacks), yes, ""},
		{"IOS XR: and no VRF is asked for", reading.Source{View: rib.AdjRIBOutPost}, xrVRF("BLUE", xrLacks) + xrSent("RED") + xrVRF("GREEN", xrLacks), yes, ""},
		{"IOS XR: the chosen VRF lacks it", red, xrSent("BLUE") + xrVRF("RED", xrLacks), "", `no table of VRF "RED"; it has: BLUE`},
		{"IOS XR: it is said behind the chosen VRF's table", red, xrSent("RED") + xrLacks, no, "holds an error"},
		{"IOS XR: another error of another VRF", red, xrVRF("BLUE", "% Out of memory\n\n") + xrSent("RED"), no, "holds an error"},
		{"IOS XR: no VRF has it", reading.Source{View: rib.AdjRIBOutPost, Format: "iosxr"}, xrVRF("BLUE", xrLacks) + xrVRF("GREEN", xrLacks), no, "holds an error"},

		{"IOS XR by its legend", reading.Source{}, "Status codes: s suppressed, d damped, h history, * valid, > best\n              i - internal, r RIB-failure, S stale, N Nexthop-discard\n" + xrHeader + xr1 + xrEnd, yes, ""},
		{"IOS XR by its prompt", reading.Source{}, "RP/0/RSP0/CPU0:e1#sh bgp | be Netw\n" + xrHeader + xr1 + xrEnd, yes, ""},
		{"IOS XR from the legend on", reading.Source{}, "RP/0/0/CPU0:e1#show bgp | b ^Status\nStatus codes: s suppressed, d damped, h history, * valid, > best\n" + xrHeader + xr1 + xrEnd, yes, ""},
		{"IOS XR from a row on", reading.Source{}, "RP/0/0/CPU0:e1#show bgp | b 203\n" + xrHeader + xr1 + xrEnd, no, "a part of the table alone"},
		{"IOS XR: SIDs are no routes", reading.Source{}, localSIDs, "", "a table of SRv6 SIDs"},
		{"IOS XR: an old header", reading.Source{Format: "iosxr"}, xrTop + "Network             Next-hop           Metric LocPrf Weight Path\n* i203.0.113.0/24   192.0.2.1               0    100      0 65540 i\n", "", "no column Next Hop"},
		{"EOS by its header alone", reading.Source{}, eosTop[strings.Index(eosTop, "          Network"):] + eos1, unproven, ""},
		{"EOS: a terminal wrapped a path, and filled the line with blanks", reading.Source{}, eosTop + strings.Replace(eos1, "65540", "655                    40", 1) + "e1#\n", no, "blanks stand within its AS path"},
		{"EOS without a legend", reading.Source{}, strings.Replace(eosTop, "Route status codes:", "AS Path Attributes:", 1) + eos1, unproven, ""},
		{"IOS without a legend", reading.Source{}, "e1#sh ip bgp\n" + iosTop[strings.Index(iosTop, "     Network"):] + ios1 + "e1#\n", "", "say format: ios on the feed for IOS and IOS XE (frr, iosxr or nxos"},
		{"FRR's default route without a legend", out, "e1# show ip bgp neighbors 192.0.2.1 advertised-routes\nOriginating default network 0.0.0.0/0\n\ne1# \n", "", "say format: frr on the feed"},
		{"the same, with the format", reading.Source{View: rib.AdjRIBOutPost, Neighbor: n1, Format: "frr"}, "e1# show ip bgp neighbors 192.0.2.1 advertised-routes\nOriginating default network 0.0.0.0/0\n\ne1# \n", yes, ""},
		{"FRR: the default route is all that is sent", out, "e1# show ip bgp neighbors 192.0.2.1 advertised-routes\n" + frrTop[:strings.Index(frrTop, "    Network")] + "Originating default network 0.0.0.0/0\n\n", unproven, ""},
		{"FRR: a second command has no answer behind it", out, "user@e1:~$ vtysh -c 'show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes' -c 'show bgp ipv6 unicast neighbors 192.0.2.1 advertised-routes'\n" + frrTop[:strings.Index(frrTop, "    Network")] + "Originating default network 0.0.0.0/0\n\n" + wide[strings.Index(wide, "     Network"):] + frr1 + total, no, "the answer to this command is missing"},

		{"FRR: the VPN table of one route distinguisher", reading.Source{}, frrTop + "Route Distinguisher: 65536:1\n" + frr1 + frrEnd, "", "route distinguisher 65536:1 alone"},
		{"FRR: it is asked for", reading.Source{VRF: "65536:1"}, frrTop + "Route Distinguisher: 65536:1\n" + frr1 + frrEnd, yes, ""},
		{"IOS: a VPN table of one", reading.Source{}, "e1#show bgp vpnv4 unicast rd 65536:1\n" + iosTop + "Route Distinguisher: 65536:1\n" + ios1 + "e1#\n", yes, ""},
		{"FRR: an old name of the default instance", reading.Source{VRF: "default"}, "Instance Default:\n" + frrTop + frr1 + frrEnd + "\nInstance RED:\n" + frrTop + frr1 + frrEnd, yes, ""},
		{"FRR: a table with detail", out, frrTop + "BGP routing table entry for 203.0.113.0/24, version 1\nPaths: (1 available, best #1, table default)\n  Local\n    0.0.0.0 from 0.0.0.0 (192.0.2.3)\n      Origin IGP, metric 0, weight 32768, valid, sourced, local, best (First path received)\n" + total, "", "the table is printed with detail, which is not read"},

		{"FRR JSON: EVPN", reading.Source{}, `{"bgpTableVersion":1,"bgpLocalRouterId":"192.0.2.3","65536:1":{"[5]:[0]:[24]:[203.0.113.0]":{"prefix":"[5]:[0]:[24]:[203.0.113.0]","prefixLen":352,"paths":[{"valid":true}]}}}`, "", "holds routes of EVPN"},
		{"FRR JSON: the VPN table", reading.Source{}, `{"vrfName":"default","routes":{"routeDistinguishers":{"65536:1":{"203.0.113.0/24":[{"valid":true,"path":"65540","origin":"IGP"}]}}},"totalRoutes":1}`, "", "holds the VPN table"},
	} {
		t.Run(tt.name, tt.check)
	}
}

// TestNextHopsThatFRRShowsByName: the address stands in the cell, or none does; no row is lost for it, nor those behind it.
func TestNextHopsThatFRRShowsByName(t *testing.T) {
	rows := func(text string) string { return frrTop + text }
	for _, tt := range []struct{ name, text, rows string }{
		{"a host's name behind the address", rows(" *>i203.0.113.0/24   192.0.2.1(edge1)         0    100      0 i\n *> 198.51.100.0/24  0.0.0.0(edge4)           0         32768 i\n\nDisplayed 2 routes and 2 total paths\n"), "203.0.113.0/24 192.0.2.1  igp 0 100 best; 198.51.100.0/24 self  igp 0 - best"},
		{"one that leaves no room", rows(" *> 203.0.113.0/24   192.0.2.10(edge01.example)\n                                             0             0 65540 i\n *=                  192.0.2.20(edge02.example)\n                                             0             0 65541 i\n\nDisplayed  1 routes and 2 total paths\n"), "203.0.113.0/24 192.0.2.10 65540 igp 0 - best; 203.0.113.0/24 192.0.2.20 65541 igp 0 -"},
		{"the number of a VRF behind both", rows(" *> 203.0.113.0/24   192.0.2.1(e1)@4<         0             0 65540 i\n *=                  192.0.2.2@4<             0             0 65541 i\n\nDisplayed  1 routes and 2 total paths\n"), "203.0.113.0/24 192.0.2.1 65540 igp 0 - best; 203.0.113.0/24 192.0.2.2 65541 igp 0 -"},
		{"interfaces", rows(" *= 203.0.113.0/24   swp2                                   0 65540 i\n *>                  swp1                                   0 65540 i\n *> 198.51.100.128/25\n                     eth0.100                 0             0 65541 ?\n *> 10.0.0.0         bar                      0             0 65542 i\n *=                  br0                      0             0 65543 i\n\nDisplayed  3 routes and 5 total paths\n"), "203.0.113.0/24 hidden 65540 igp - -; 203.0.113.0/24 hidden 65540 igp - - best; 198.51.100.128/25 hidden 65541 incomplete 0 - best; 10.0.0.0/8 hidden 65542 igp 0 - best; 10.0.0.0/8 hidden 65543 igp 0 -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(tt.text))
			if err != nil || got.Complete != rib.CompleteYes {
				t.Fatalf("complete %s, errors %q, %v", got.Complete, got.Errors, err)
			}
			var have []string
			for _, r := range routes {
				row := oddRow(r)
				if r.Attrs.NotShown.Has(rib.AttrNextHop) {
					row = strings.Replace(row, " self ", " hidden ", 1)
				}
				have = append(have, row)
			}
			if have := strings.Join(have, "; "); have != tt.rows {
				t.Errorf("%s\nwant %s", have, tt.rows)
			}
		})
	}
}
