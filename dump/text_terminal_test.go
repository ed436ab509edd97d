package dump

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Heads and rows as the programs print them.
const (
	iosTop = `BGP table version is 12, local router ID is 192.0.2.3
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
Origin codes: i - IGP, e - EGP, ? - incomplete

     Network          Next Hop            Metric LocPrf Weight Path
`
	ios1 = " *>  203.0.113.0      192.0.2.1                0             0 65540 i\n"
	ios2 = " *>  198.51.100.0/25  192.0.2.9                     150      0 65541 i\n"
	ios6 = " *>  2001:DB8::/32    2001:DB8:0:1::1          0             0 65540 i\n"
	evpn = ` *>i  [2][10.0.0.1:100][0][48][AABBCC000100][0][*]/20
                      10.0.0.2                 0    100      0 ?
`
	frrTop = `BGP table version is 5, local router ID is 192.0.2.3, vrf id 0
Default local pref 100, local AS 65536
Status codes:  s suppressed, d damped, h history, * valid, > best, = multipath,
               i internal, r RIB-failure, S Stale, R Removed
Origin codes:  i - IGP, e - EGP, ? - incomplete

    Network          Next Hop            Metric LocPrf Weight Path
`
	frr1   = " *> 203.0.113.0/24   192.0.2.1                0             0 65540 i\n"
	frr6   = " *> 2001:db8::/32    2001:db8:0:1::1          0             0 65540 i\n"
	frrEnd = "\nDisplayed  1 routes and 1 total paths\n"
	eosTop = `BGP routing table information for VRF default
Router identifier 192.0.2.3, local AS number 65536
Route status codes: s - suppressed contributor, * - valid, > - active, E - ECMP head, e - ECMP
Origin codes: i - IGP, e - EGP, ? - incomplete

          Network                Next Hop              Metric  AIGP       LocPref Weight  Path
`
	eos1  = " * >      203.0.113.0/24         192.0.2.1             0       -          100     0       65540 i\n"
	nxTop = `BGP routing table information for VRF default, address family IPv4 Unicast
BGP table version is 25, Local Router ID is 192.0.2.3
Status: s-suppressed, x-deleted, S-stale, d-dampened, h-history, *-valid, >-best
Path type: i-internal, e-external, c-confed, l-local, a-aggregate, r-redist, I-injected
Origin codes: i - IGP, e - EGP, ? - incomplete, | - multipath, & - backup, 2 - best2

   Network            Next Hop            Metric     LocPrf     Weight Path
`
	nx1   = "*>e203.0.113.0/24     192.0.2.1                0                     0 65540 i\n"
	xrTop = `BGP router identifier 192.0.2.3, local AS number 65536
BGP main routing table version 30

Status codes: s suppressed, d damped, h history, * valid, > best
Origin codes: i - IGP, e - EGP, ? - incomplete
`
	xrHeader = "   Network            Next Hop            Metric LocPrf Weight Path\n"
	xrEnd    = "\nProcessed 1 prefixes, 1 paths\n"
	xr1      = "*> 203.0.113.0/24     192.0.2.1                0             0 65540 i\n"
	fortiTop = `VRF 0 BGP table version is 4, local router ID is 192.0.2.9
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              S Stale
Origin codes: i - IGP, e - EGP, ? - incomplete

   Network          Next Hop            Metric     LocPrf Weight RouteTag Path
`
	forti1  = "*> 203.0.113.0/24   192.0.2.1       0                      0        0 65540 i <-/1>\n"
	forti2  = "*> 198.51.100.0/24  192.0.2.1                              0        0 65541 i <-/1>\n"
	forti6  = "*> 2001:db8::/32    2001:db8::1     0                      0        0 65540 i <-/1>\n"
	obsdTop = "flags ovs destination          gateway          lpref   med aspath origin\n"
	obsd1   = "*>    N 203.0.113.0/24       192.0.2.2         100     0 65541 i\n"
	obsd2   = "*>    N 198.51.100.0/24      192.0.2.1         100     0 65540 i\n"
	goTop   = "   Network              Next Hop             AS_PATH              Age        Attrs\n"
	go1     = "*> 203.0.113.0/24       192.0.2.2            65541                00:00:09   [{Origin: i}]\n"
	go2     = "*> 198.51.100.0/24      192.0.2.1            65540                00:00:09   [{Origin: i}]\n"
	erased  = " --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b"
	total   = "\nTotal number of prefixes 1\n"
)

// terminalLog is a text with a command in it or around it, and how it is read.
type terminalLog struct {
	name string
	src  reading.Source
	text string
	want rib.Completeness
	says string // in an error, in the contradiction or in the refusal
}

func (tt *terminalLog) check(t *testing.T) {
	t.Helper()
	src := tt.src
	if src.View == "" {
		src.View = rib.BGPTable
	}
	src.Name, src.ExpectRoutes = "x", -1
	_, got, err := readBytes(src, []byte(tt.text))
	if err != nil {
		if tt.want != "" || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("refused: %v", err)
		}
		return
	}
	all := append(slices.Clone(got.Errors), got.Contradiction)
	says := tt.says == "" && len(got.Errors) == 0 && got.Contradiction == "" ||
		tt.says != "" && slices.ContainsFunc(all, func(e string) bool { return strings.Contains(e, tt.says) })
	if got.Complete != tt.want || !says {
		t.Errorf("complete %s, %q; want %s, %q", got.Complete, all, tt.want, tt.says)
	}
}

func TestTextsOfATerminalThatMissRows(t *testing.T) {
	const no, yes = rib.CompleteNo, rib.CompleteYes
	both := reading.Source{Families: []rib.Family{rib.IPv4, rib.IPv6}}
	post := reading.Source{View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr("192.0.2.1")}
	for _, tt := range []terminalLog{
		{"a pager went on", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + erased + ios2 + "e1#\n", yes, ""},
		{"a pager was quit", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + erased + "e1#\n", no, "where a pager stopped it"},
		{"a pager was quit, and the prompt stands on its own line", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + erased + "\ne1#\n", no, "where a pager stopped it"},
		{"a letter of the command was erased", reading.Source{}, "e1#show ip bgpp\b \b\n" + iosTop + ios1 + "e1#\n", yes, ""},
		{"a pager was quit in OpenBGPD's table", reading.Source{}, "e1# bgpctl show rib\n" + obsdTop + obsd1 + erased + "e1# \n", no, "where a pager stopped it"},
		{"a pager was quit in GoBGP's table", reading.Source{}, "e1# gobgp global rib\n" + goTop + go1 + erased + "\n", no, "where a pager stopped it"},
		{"a command was typed ahead of IOS rows", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + "show version\n" + ios2 + "e1#\n", no, "unexpected text"},
		{"EOS rows stand behind a prompt", reading.Source{}, "e1#show ip bgp\n" + eosTop + eos1 + "e1#\n" + eos1 + "e1#\n", no, "unexpected text"},
		{"OpenBGPD rows stand behind a prompt", reading.Source{}, "e1# bgpctl show rib\n" + obsdTop + obsd1 + "e1# \n" + obsd2 + "e1# \n", no, "unexpected text"},
		{"IOS rows stand behind the count", post, "e1#show ip bgp neighbors 192.0.2.1 routes\n" + iosTop + ios1 + total + ios2 + "e1#\n", no, "unexpected text"},
		{"IOS XR rows stand behind the count", reading.Source{}, xrTop + xrHeader + "*> 203.0.113.0/24     192.0.2.1                0             0 65540 i\n" + xrEnd + "*> 203.0.114.0/24     192.0.2.1                0             0 65540 i\n", no, "unexpected text"},
		{"the second table has lost its header", both, "e1#show ip bgp\n" + iosTop + ios1 + "e1#show bgp ipv6 unicast\n" + ios6 + "e1#\n", no, "unexpected text"},
		{"IOS rows stand before the first header", both, ios1 + ios2 + "e1#show bgp ipv6 unicast\n" + iosTop + ios6 + "e1#\n", no, "the beginning is missing"},
		{"NX-OS rows stand before the first heading", reading.Source{}, nx1 + "\n" + nxTop + nx1 + "e1#\n", no, "the beginning is missing"},
		{"OpenBGPD rows stand before the header", reading.Source{}, obsd1 + "e1# bgpctl show rib\n" + obsdTop + obsd2 + "e1# \n", no, "the beginning is missing"},
		{"GoBGP rows stand before the header", reading.Source{}, go1 + "e1# gobgp global rib\n" + goTop + go2 + "e1# \n", no, "the beginning is missing"},
		{"a banner stands before the table", reading.Source{}, "Welcome to e1\n192.0.2.1 is the console\ne1#show ip bgp\n" + iosTop + ios1 + "e1#\n", yes, ""},
		{"the last command has no answer", both, "e1#show ip bgp\n" + iosTop + ios1 + "e1#show bgp ipv6 unicast\n", no, "x:9: the answer to this command is missing"},
		{"a command has a prompt for an answer", both, "e1#show bgp ipv6 unicast\ne1#show ip bgp\n" + iosTop + ios1 + "e1#\n", no, "x:1: the answer to this command is missing"},
		{"OpenBGPD's last command has no answer", reading.Source{}, "e1# bgpctl show rib\n" + obsdTop + obsd1 + "e1# bgpctl show rib\n", no, "the answer to this command is missing"},
		{"a bracket stands in an IOS table", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + " *>  [5] x\n" + ios2 + "e1#\n", no, "unexpected text"},
		{"FRR counts rows that a bracket replaced", reading.Source{}, "e1# show bgp\n" + frrTop + frr1 + " *> [5]\n\nDisplayed  2 routes and 2 total paths\ne1#\n", no, "the dump counts 2 prefixes"},
		{"the first row of a unicast table is damaged to a bracket", reading.Source{}, "e1#show ip bgp\n" + iosTop + " *>  [5] x\n" + ios2 + "e1#show ip bgp\n" + iosTop + ios1 + "e1#\n", no, "whose first row is of another family"},
		{"a table without a heading stands behind multicast", both, "For address family: IPv4 Unicast\n" + frrTop + frr1 + frrEnd + "\nFor address family: IPv4 Multicast\n" + frrTop + frr1 + frrEnd + frrTop + frr6 + frrEnd, no, "without a heading"},
		{"a command for EVPN stands between two tables", both, "e1#show ip bgp\n" + iosTop + ios1 + "e1#show bgp l2vpn evpn\n" + iosTop + "Route Distinguisher: 10.0.0.1:100\n" + evpn + "e1#show bgp ipv6 unicast\n" + iosTop + ios6 + "e1#\n", yes, ""},
		{"an IOS count of paths fits the prefixes, and not the rows", post, "e1#show ip bgp neighbors 192.0.2.1 routes\n" + iosTop + ios1 + " *                    192.0.2.2                0             0 65540 i\n" + total, no, "the dump counts 1 prefixes, and holds 2"},
		{"a further row of a prefix of the wrong family", reading.Source{}, "For address family: IPv6 Unicast\n\n" + iosTop + ios1 + " *                    192.0.2.2                0             0 65541 i\ne1#\n", no, "x:10: bad row of 203.0.113.0/24: it stands in a table of ipv6"},
	} {
		t.Run(tt.name, tt.check)
	}
}

func TestTextsOfATerminalThatHoldOtherAnswers(t *testing.T) {
	const no, yes = rib.CompleteNo, rib.CompleteYes
	n1 := netip.MustParseAddr("192.0.2.1")
	post, pre, out := reading.Source{View: rib.AdjRIBInPost, Neighbor: n1}, reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, reading.Source{View: rib.AdjRIBOutPost, Neighbor: n1}
	red := reading.Source{VRF: "RED"}
	peer := func(n string) string {
		return strings.Replace(nxTop, "BGP routing table information for VRF default, address family IPv4 Unicast", "Peer "+n+" routes for address family IPv4 Unicast:", 1) + nx1 + "\n"
	}
	for _, tt := range []terminalLog{
		{"IOS: two neighbors", out, "e1#show ip bgp neighbors 192.0.2.1 advertised-routes\n" + iosTop + ios1 + total + "e1#show ip bgp neighbors 192.0.2.2 advertised-routes\n" + iosTop + ios2 + total + "e1#\n", yes, ""},
		{"IOS: the second neighbor is not the feed's", post, "e1#show ip bgp neighbors 192.0.2.1 routes\n" + iosTop + ios1 + total + "e1#show ip bgp neighbors 192.0.2.2 routes\n" + iosTop + ios2 + total + "e1#\n", yes, ""},
		{"NX-OS: two peers", post, peer("192.0.2.1") + peer("192.0.2.2") + "e1#\n", yes, ""},
		{"OpenBGPD: two neighbors", post, "e1# bgpctl show rib neighbor 192.0.2.1\n" + obsdTop + obsd2 + "e1# bgpctl show rib neighbor 192.0.2.2\n" + obsdTop + obsd1 + "e1# \n", yes, ""},
		{"GoBGP: two neighbors", pre, "e1# gobgp neighbor 192.0.2.1 adj-in\n" + goTop + go2 + "e1# gobgp neighbor 192.0.2.2 adj-in\n" + goTop + go1 + "e1# \n", yes, ""},
		{"IOS: the same table twice", reading.Source{}, "e1#show ip bgp\n" + iosTop + ios1 + "e1#show ip bgp\n" + iosTop + ios1 + "e1#\n", no, "both to"},
		{"OpenBGPD: the same table twice", reading.Source{}, obsdTop + obsd1 + obsdTop + obsd1, no, "two tables of ipv4"},
		{"vtysh behind a shell's prompt", post, "user@e1:~$ vtysh -c 'show bgp ipv4 unicast neighbors 192.0.2.2 advertised-routes'\n" + frrTop + frr1 + total + "user@e1:~$ \n", yes, "routes of neighbor 192.0.2.2"},
		{"bgpctl behind a shell's prompt", post, "user@e1:~$ doas bgpctl show rib neighbor 192.0.2.2\n" + obsdTop + obsd1 + "user@e1:~$ \n", yes, "routes of neighbor 192.0.2.2"},
		{"bgpctl behind csh's prompt", reading.Source{}, "e1% doas bgpctl show rib as 65541\n" + obsdTop + obsd1 + "e1% \n", no, `a part of the table alone ("as")`},
		{"gobgp behind a prompt without a name", pre, "$ gobgp neighbor 192.0.2.2 adj-in\n" + goTop + "  " + go1[2:] + "e1$ \n", yes, "routes of neighbor 192.0.2.2"},
		{"bgpctl without a prompt", post, "doas bgpctl show rib neighbor 192.0.2.2\n" + obsdTop + obsd1 + "e1# \n", yes, "routes of neighbor 192.0.2.2"},
		{"OpenBGPD: one neighbor is no table", reading.Source{}, "e1# bgpctl show rib neighbor 192.0.2.1\n" + obsdTop + obsd1 + "e1# \n", yes, "one neighbor's routes, the config says bgp-table"},
		{"GoBGP: one prefix", reading.Source{}, "e1# gobgp global rib 203.0.113.0/24 longer-prefixes\n" + goTop + go1 + "e1# \n", no, "a part of the table alone"},
		{"GoBGP: a VRF", reading.Source{}, "e1# gobgp vrf RED rib\n" + goTop + go1 + "e1# \n", no, "a part of the table alone"},
		{"the command's VRF is not the feed's", red, "e1# show bgp vrf BLUE ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1#\n", "", `holds no table of VRF "RED"; it has: BLUE`},
		{"the command's VRF is the feed's", red, "e1# show bgp vrf RED ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1#\n", yes, ""},
		{"the command names no VRF", red, "e1#show ip bgp\n" + iosTop + ios1 + "e1#\n", no, "names no VRF"},
		{"the command's BGP instance is not the feed's", red, "RP/0/RP0/CPU0:e1#show bgp instance BLUE ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd, "", `holds no table of VRF "RED"; it has: BLUE`},
		{"the command's BGP instance is the feed's", red, "RP/0/RP0/CPU0:e1#show bgp instance RED ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd, yes, ""},
		{"two commands name two BGP instances", reading.Source{}, "RP/0/RP0/CPU0:e1#show bgp instance A ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd + "RP/0/RP0/CPU0:e1#show bgp instance B ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd, "", "several VRFs: A, B"},
		{"a VRF of an instance goes by its own name", red, "RP/0/RP0/CPU0:e1#show bgp instance BLUE vrf RED ipv4 unicast\n" + xrTop + xrHeader + xr1 + xrEnd, yes, ""},
		{"FortiOS: two neighbors", out, "e1 # get router info bgp neighbors 192.0.2.1 advertised-routes\n" + fortiTop + forti1 + total + "\ne1 # get router info bgp neighbors 192.0.2.2 advertised-routes\n" + fortiTop + forti2 + total + "\ne1 # \n", yes, ""},
		{"FortiOS: the second command's neighbor is not the feed's", post, "e1 (root) # get router info bgp neighbors 192.0.2.2 routes\n" + fortiTop + forti1 + total, yes, "routes of neighbor 192.0.2.2"},
		{"FortiOS: the same table twice", reading.Source{}, fortiTop + forti1 + total + fortiTop + forti2 + total, no, "two tables of ipv4 in VRF 0"},
		{"FortiOS: the other family's command", reading.Source{}, "e1 # get router info6 bgp network\n" + fortiTop + forti1 + total, no, "it stands in a table of ipv6"},
		{"FortiOS: both families", reading.Source{Families: []rib.Family{rib.IPv4, rib.IPv6}}, "e1 # get router info bgp network\n" + fortiTop + forti1 + total + "\ne1 # get router info6 bgp network\n" + fortiTop + forti6 + total, yes, ""},
		{"FortiOS: a filter", reading.Source{}, "e1 # get router info bgp network | grep 203\n" + fortiTop + forti1 + total, no, "a part of the table alone"},
		{"FortiOS: a summary before the table", reading.Source{}, "e1 # get router info bgp summary\n\nVRF 0 BGP router identifier 192.0.2.9, local AS number 65536\nBGP table version is 4\n\nNeighbor  V         AS MsgRcvd\n192.0.2.1 4      65540    5103\n\ne1 # get router info bgp network\n" + fortiTop + forti1 + total, yes, ""},
		{"FortiOS: a pager went on", reading.Source{}, fortiTop + forti1 + "--More-- \r         \r" + forti2 + "\nTotal number of prefixes 2\n", yes, ""},
		{"FortiOS: a wrap within a prefix", reading.Source{}, fortiTop + strings.Replace(forti1, "*> 203.0.113", "*> 20\n3.0.113", 1) + total, no, "do not stand under the words"},
		{"FortiOS: a further row behind a bad one", reading.Source{}, fortiTop + forti1 + strings.Replace(forti2, "i <-/1>", "x", 1) + strings.Replace(forti2, "198.51.100.0/24", "               ", 1) + total, no, "x:9: bad row: a further route of a prefix, and no prefix stands before it"},
		{"FortiOS: no answer", reading.Source{}, "e1 # get router info bgp network\n" + fortiTop + forti1 + total + "\ne1 # get router info6 bgp network\ne1 # \n", no, "the answer to this command is missing"},
		{"FortiOS: rows behind the count", reading.Source{}, fortiTop + forti1 + total + forti2, no, "unexpected text"},
		{"two commands name two VRFs", reading.Source{}, "e1# show bgp vrf BLUE ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1# show bgp vrf RED ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1#\n", "", "several VRFs: BLUE, RED"},
		{"one of two VRFs is chosen", red, "e1# show bgp vrf BLUE ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1# show bgp vrf RED ipv4 unicast\n" + frrTop + frr1 + frrEnd + "e1#\n", yes, ""},
		{"a neighbor's routes by short words", reading.Source{}, "e1#sh ip bgp nei 192.0.2.1 routes\n" + eosTop + eos1 + "e1#\n", yes, "one neighbor's routes, the config says bgp-table"},
		{"advertised routes by short words", post, "e1#sh ip bgp nei 192.0.2.1 adv\n" + iosTop + ios1 + total + "e1#\n", yes, "what is advertised"},
	} {
		t.Run(tt.name, tt.check)
	}
}

// TestACommandThatLeavesRowsOut: all but the words of a whole answer make the feed partial.
func TestACommandThatLeavesRowsOut(t *testing.T) {
	for command, want := range map[string]rib.Completeness{
		"show ip bgp | e 65001": rib.CompleteNo, "show ip bgp | exc 65001": rib.CompleteNo, "show ip bgp | sec x": rib.CompleteNo,
		"show ip bgp | until 10.0.0.0": rib.CompleteNo, "sh ip b | i x": rib.CompleteNo, "sh ip bgp regex _65001_": rib.CompleteNo,
		"show ip bgp large-community 65536:1:1": rib.CompleteNo, "show ip bgp extcommunity-list 1": rib.CompleteNo,
		"show bgp ipv4 unicast nexthop 192.0.2.1": rib.CompleteNo, "show ip bgp origin-as 65001": rib.CompleteNo,
		"show ip bgp injected-paths": rib.CompleteNo, "show ip bgp 203.0.113.0/24 subnets": rib.CompleteNo,
		"show ip bgp 203.0.113.0 255.255.255.0 longer": rib.CompleteNo, "show ip bgp dampened-routes": rib.CompleteNo,
		"show ip bgp neighbors 192.0.2.1 filtered-routes": rib.CompleteNo, "show ip bgp 0.0.0.0/0 longer-prefixes | exclude 1": rib.CompleteNo,
		"show ip bgp": rib.CompleteYes, "sh ip bgp": rib.CompleteYes, "sh bgp ipv4 uni": rib.CompleteYes, "show bgp all": rib.CompleteYes,
		"show ip bgp 0.0.0.0/0 longer-prefixes": rib.CompleteYes, "show ip bgp | no-more": rib.CompleteYes,
		"show bgp vrf all ipv4 unicast": rib.CompleteYes, "show ip bgp | begin Network": rib.CompleteYes, "show ip bgp | b 203": rib.CompleteNo,
	} {
		says := ""
		if want == rib.CompleteNo {
			says = "a part of the table alone"
		}
		t.Run(command, (&terminalLog{text: "e1#" + command + "\n" + iosTop + ios1 + "e1#\n", want: want, says: says}).check)
	}
}

// TestMarksBesideTheHeader: validation of origins prints a letter in front of the marks.
func TestMarksBesideTheHeader(t *testing.T) {
	const row = "V*>i170.0.1.0/24       192.0.2.1                0    100      0 65540 i\n"
	for name, text := range map[string]string{
		"IOS XR with room in the header":    xrTop + " " + xrHeader + row + xrEnd,
		"IOS XR without room in the header": xrTop + xrHeader + row + xrEnd,
		"FRR":                               frrTop + "V*>i192.168.0.0/16   192.0.2.3                     100      0 65540 i\n" + frrEnd,
	} {
		routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(text))
		if err != nil || got.Complete != rib.CompleteYes || len(routes) != 1 || !routes[0].Marks.Has(rib.Best) {
			t.Errorf("%s: %v, %s, %v %v", name, routes, got.Complete, got.Errors, err)
		}
	}
}

func TestThousandsOfVRFsAreFoundInTheirOrder(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "Instance v%d:\n%s%s%s", i, frrTop, frr1, frrEnd)
	}
	routes, got, err := readBytes(reading.Source{Name: "x", VRF: "v4999", ExpectRoutes: -1}, []byte(text.String()))
	if err != nil || len(routes) != 1 || got.Complete != rib.CompleteYes {
		t.Errorf("%d routes, %s, %v %v", len(routes), got.Complete, got.Errors, err)
	}
}
