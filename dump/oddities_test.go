package dump

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const (
	iosHead = `BGP table version is 9, local router ID is 192.0.2.6
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path
Origin codes: i - IGP, e - EGP, ? - incomplete

`
	iosCols = "     Network          Next Hop            Metric LocPrf Weight Path\n"
	oldCols = "   Network          Next Hop            Metric LocPrf Weight Path\n"
	nxHead  = `BGP routing table information for VRF default, address family IPv4 Unicast
BGP table version is 9, Local Router ID is 192.0.2.6
Status: s-suppressed, x-deleted, S-stale, d-dampened, h-history, *-valid, >-best
Path type: i-internal, e-external, c-confed, l-local, a-aggregate, r-redist, I-injected
Origin codes: i - IGP, e - EGP, ? - incomplete, | - multipath, & - backup

   Network            Next Hop            Metric     LocPrf     Weight Path
`
	classfulTable = "Network            NextHop         LocPrf    Weight    Path\n-----------------  --------------  --------  --------  -----------\n"

	gobgpHead = "   Network              Next Hop             AS_PATH              Age        Attrs\n"
	azureER   = `{"value":[%s]}`
)

// TestOdditiesOfRealFiles: what was seen in files of routers and of Azure, each by itself.
func TestOdditiesOfRealFiles(t *testing.T) {
	er := func(row string) string { return fmt.Sprintf(azureER, row) }
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       string // prefix, next hop, path, origin, MED, local preference, best
		skipped    int
		complete   rib.Completeness
	}{
		{"Azure: a star behind the next hop is the best mark, and the prefix comes again without it", er(`{"network":"203.0.113.0/24","nextHop":"192.0.2.1*","locPrf":"100","weight":0,"path":"65540 I"},{"network":"203.0.113.0/24","nextHop":"192.0.2.2","locPrf":"100","weight":0,"path":"65540 I"}`), reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65540 igp - 100 best; 203.0.113.0/24 192.0.2.2 65540 igp - 100", 0, "yes"},
		{"Azure: the same of IPv6", er(`{"network":"2001:db8::/32","nextHop":"2001:db8:1::c*","locPrf":"","weight":0,"path":"65540 E"}`), reading.Source{View: rib.FarEnd}, "2001:db8::/32 2001:db8:1::c 65540 egp - - best", 0, "yes"},
		{"Azure: the path carries the origin and blanks", er(`{"network":"203.0.113.0/24","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65515 65520 65520 E\n                    "}`), reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65515 65520 65520 egp - -", 0, "yes"},
		{"Azure: a small letter, and a question mark", er(`{"network":"203.0.113.0/24","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65002 e"},{"network":"198.51.100.0/24","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65002 16550 ?"}`), reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65002 egp - -; 198.51.100.0/24 192.0.2.1 65002 16550 incomplete - -", 0, "yes"},
		{"Azure: dashes join a gateway's path, and a repeated AS stays", `{"value":[{"localAddress":"10.0.0.4","network":"203.0.113.0/24","nextHop":"10.0.0.5","sourcePeer":"10.0.0.5","origin":"EBgp","asPath":"12076-12076-12076-65001","weight":32768}]}`, reading.Source{View: rib.AdjRIBInPost}, "203.0.113.0/24 10.0.0.5 12076 12076 12076 65001 - -", 0, "yes"},
		{"Azure: a masked ASN spoils its row, not the file", `{"value":[{"localAddress":"10.0.0.4","network":"203.0.113.0/24","nextHop":"10.0.0.5","sourcePeer":"10.0.0.5","origin":"EBgp","asPath":"65001-11111111111--64301","weight":32768},{"localAddress":"10.0.0.4","network":"198.51.100.0/24","nextHop":"10.0.0.5","sourcePeer":"10.0.0.5","origin":"EBgp","asPath":"65001","weight":32768}]}`, reading.Source{View: rib.AdjRIBInPost}, "198.51.100.0/24 10.0.0.5 65001 - -", 1, "no"},
		{"Azure: a route of the gateway itself has no next hop and no path", `{"value":[{"localAddress":"10.0.0.4","network":"10.0.0.0/16","nextHop":null,"sourcePeer":"10.0.0.4","origin":"Network","asPath":"","weight":32768}]}`, reading.Source{View: rib.AdjRIBInPost}, "10.0.0.0/16 self  - -", 0, "yes"},
		{"Azure: both instances of a route server have each route", `{"RouteServiceRole_IN_0":[{"localAddress":"10.0.0.4","network":"203.0.113.0/24","nextHop":"10.0.0.9","sourcePeer":"10.0.0.9","origin":"EBgp","asPath":"65001","weight":32768}],"RouteServiceRole_IN_1":[{"localAddress":"10.0.0.5","network":"203.0.113.0/24","nextHop":"10.0.0.9","sourcePeer":"10.0.0.9","origin":"EBgp","asPath":"65001","weight":32768}]}`, reading.Source{View: rib.AdjRIBInPost}, "203.0.113.0/24 10.0.0.9 65001 - -; 203.0.113.0/24 10.0.0.9 65001 - -", 0, "yes"},
		{"Azure: both are empty, and state no zero", `{"RouteServiceRole_IN_0":[],"RouteServiceRole_IN_1":[]}`, reading.Source{View: rib.AdjRIBInPost}, "", 0, "no"},
		{"Azure: an example of REST", `{"parameters":{},"responses":{"200":{"body":{"value":[{"network":"203.0.113.0/24","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65514"}]}},"202":{}}}`, reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65514 - -", 0, "yes"},
		{"Azure: comments, a warning, CRLF and what a spinner leaves", "# COMMAND: az network express-route list-route-tables\r\nWARNING: This command is in preview\r\n{- Finished ..\r\n\"value\": [\r\n{\"network\":\"203.0.113.0/24\",\"nextHop\":\"192.0.2.1\",\"locPrf\":\"\",\"weight\":0,\"path\":\"65514\"}\r\n]\r\n}\r\n", reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65514 - -", 0, "yes"},
		{"Azure: a circuit's classful networks have no length, and one with bits beyond its class is bad", er(`{"network":"172.16.0.0","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65540"},{"network":"10.0.0.0","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65540"},{"network":"192.168.200.0","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65540"},{"network":"0.0.0.0","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65540"},{"network":"172.16.1.0","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65540"}`), reading.Source{View: rib.FarEnd}, "172.16.0.0/16 192.0.2.1 65540 - -; 10.0.0.0/8 192.0.2.1 65540 - -; 192.168.200.0/24 192.0.2.1 65540 - -; 0.0.0.0/0 192.0.2.1 65540 - -", 1, "no"},
		{"Azure: a gateway prints every length", `{"value":[{"localAddress":"10.0.0.4","network":"10.0.0.0","nextHop":"10.0.0.5","sourcePeer":"10.0.0.5","origin":"EBgp","asPath":"65001","weight":32768}]}`, reading.Source{View: rib.AdjRIBInPost}, "", 1, "no"},
		{"Azure: a circuit's table as text, classful", classfulTable + "100.64.0.0         192.0.2.1                 0         65540 ?\n172.16.0.0         192.0.2.5*      100       0         65515\n10.1.0.0           192.0.2.1                 0         65515\nadmin@Azure:~$ \n", reading.Source{View: rib.FarEnd}, "172.16.0.0/16 192.0.2.5 65515 - 100 best", 2, "no"},
		{"Azure: a wrapped row is no classful one", classfulTable + "203.0.113.0/24     192.0.2.1                 0         65540\n10.0.0.0\nadmin@Azure:~$ \n", reading.Source{View: rib.FarEnd}, "", 1, "no"},
		{"Azure: a circuit's list, classful", "Network : 172.16.0.0\nNextHop : 192.0.2.1\nLocPrf  : \nWeight  : 0\nPath    : 65540\n\nPS C:\\> \n", reading.Source{View: rib.FarEnd}, "172.16.0.0/16 192.0.2.1 65540 - -", 0, "yes"},
		{"Azure: columns that --query picked", er(`{"network":"203.0.113.0/24","nextHop":"192.0.2.1*","path":"65540"}`), reading.Source{View: rib.FarEnd}, "203.0.113.0/24 192.0.2.1 65540 - - best", 0, "yes"},

		{"IOS: a long prefix stands alone on its line", iosHead + iosCols + " *>   203.0.113.128/25\n                      192.0.2.1                0             0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.128/25 192.0.2.1 65540 igp 0 - best", 0, "unproven"},
		{"IOS: a metric that touches its columns", iosHead + iosCols + " *>   203.0.113.0/24   192.0.2.1       4000000000             0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 4000000000 - best", 0, "unproven"},
		{"IOS: a classful prefix has no length", iosHead + iosCols + " *>   192.168.1.0      192.0.2.1                0             0 65540 i\n *>   10.0.0.0         192.0.2.1                0             0 65540 i\n *>   0.0.0.0          192.0.2.1                              0 65540 i\n", reading.Source{View: rib.BGPTable}, "192.168.1.0/24 192.0.2.1 65540 igp 0 - best; 10.0.0.0/8 192.0.2.1 65540 igp 0 - best; 0.0.0.0/0 192.0.2.1 65540 igp - - best", 0, "unproven"},
		{"IOS: a further path has no prefix", iosHead + iosCols + " *    203.0.113.0/24   192.0.2.1                0             0 65540 i\n *>                    192.0.2.9                0             0 65541 ?\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 -; 203.0.113.0/24 192.0.2.9 65541 incomplete 0 - best", 0, "unproven"},
		{"IOS: a backup path, and a RIB failure", iosHead + iosCols + " *bi  203.0.113.0/24   192.0.2.1                0    100      0 65540 i\n r>i  198.51.100.0/24  192.0.2.1                0    100      0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 100; 198.51.100.0/24 192.0.2.1 65540 igp 0 100 best", 0, "unproven"},
		{"IOS: the old columns, and marks that touch the prefix", iosHead + oldCols + "*bi203.0.113.0/24   192.0.2.1                0    100      0 65540 i\n*> 198.51.100.0/24  192.0.2.1                0             0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 100; 198.51.100.0/24 192.0.2.1 65540 igp 0 - best", 0, "unproven"},
		{"IOS: a confederation, a set and asdot", iosHead + iosCols + " *>   203.0.113.0/24   192.0.2.1                0             0 (65112) 65540 i\n *>   198.51.100.0/24  192.0.2.1                0             0 65540 {65541} ?\n *>   192.0.2.0/25     192.0.2.1                0             0 1.10 e\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 (65112) 65540 igp 0 - best; 198.51.100.0/24 192.0.2.1 65540 {65541} incomplete 0 - best; 192.0.2.0/25 192.0.2.1 65546 egp 0 - best", 0, "unproven"},
		{"IOS: host bits are no router's", iosHead + iosCols + " *>   203.0.113.123/29 192.0.2.1                0             0 65540 i\n", reading.Source{View: rib.BGPTable}, "", 1, "no"},
		{"IOS: prompts around it", "edge1#show ip bgp\n" + iosHead + iosCols + " *>   203.0.113.0/24   192.0.2.1                0             0 65540 i\nedge1#\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 - best", 0, "yes"},
		{"IOS: all families, most of them empty", "edge1#show ip bgp all\nFor address family: IPv4 Unicast\n\n" + iosHead + iosCols + " *>   203.0.113.0/24   192.0.2.1                0             0 65540 i\n\nFor address family: IPv6 Unicast\n\n\nFor address family: VPNv4 Unicast\n\n\nFor address family: IPv4 Multicast\n\nedge1#\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 - best", 0, "yes"},
		{"IOS: VRFs reuse prefixes", "For address family: VPNv4 Unicast\n\n" + iosHead + iosCols + "Route Distinguisher: 65540:1 (default for vrf RED)\n *>   203.0.113.0/24   192.0.2.1                0             0 65540 i\nRoute Distinguisher: 65540:2 (default for vrf BLUE)\n *>   203.0.113.0/24   192.0.2.9                0             0 65541 i\n", reading.Source{View: rib.BGPTable, VRF: "BLUE"}, "203.0.113.0/24 192.0.2.9 65541 igp 0 - best", 0, "unproven"},

		{"NX-OS: marks touch the prefix", nxHead + "*>e203.0.113.0/24     192.0.2.1                0                     0 65540 i\n*>r198.51.100.0/24    0.0.0.0                  0        100      32768 ?\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 - best; 198.51.100.0/24 self  incomplete 0 100 best", 0, "unproven"},
		{"NX-OS: a row that is deleted", nxHead + "x e203.0.113.0/24     192.0.2.1                0                     0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 - invalid", 0, "unproven"},
		{"NX-OS: another VRF's word in front", "Can't find neighbor 192.0.2.1\n" + nxHead + "*>e203.0.113.0/24     192.0.2.1                0                     0 65540 i\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 0 - best", 0, "unproven"},

		{"XR: advertised routes have columns of their own", "RP/0/RP0/CPU0:edge1#show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes\nMon Nov 16 10:00:00.000 UTC\nNetwork            Next Hop        From            AS Path\n203.0.113.0/24     192.0.2.6       Local           ?\n198.51.100.0/24    192.0.2.6       192.0.2.9       65541i\n\nProcessed 2 prefixes, 2 paths\n", reading.Source{View: rib.AdjRIBOutPost}, "203.0.113.0/24 192.0.2.6  incomplete - -; 198.51.100.0/24 192.0.2.6 65541 igp - -", 0, "yes"},

		{"GoBGP: marks of RPKI touch the prefix", gobgpHead + "V*>203.0.113.0/24       192.0.2.1            65540                00:04:13   [{Origin: i} {Med: 1}]\nI* 203.0.113.0/24       192.0.2.5            65541                00:04:13   [{Origin: i} {Med: 1}]\nN*>2001:db8::/32        2001:db8::1          65540                00:04:13   [{Origin: ?}]\n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp 1 - best; 203.0.113.0/24 192.0.2.5 65541 igp 1 -; 2001:db8::/32 2001:db8::1 65540 incomplete - - best", 0, "unproven"},
		{"BIRD: only the link-local next hop is there", birdHello + "203.0.113.0/24       unicast [isp 2026-11-20] * (100) [AS65541i]\n\tvia fe80::1 on eth2\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: 65541\n\tBGP.next_hop: :: fe80::1\n\tBGP.local_pref: 100\nbird> \n", reading.Source{View: rib.BGPTable}, "203.0.113.0/24 fe80::1 65541 igp - 100 best", 0, "yes"},
		{"GoBGP: an empty table", "{}\n", reading.Source{View: rib.AdjRIBOutPost, Format: "gobgp-json"}, "", 0, "no"},
		{"FRR: a prefix, a next hop and a path on three lines", "BGP table version is 9, local router ID is 192.0.2.6, vrf id 0\nDefault local pref 100, local AS 65536\nStatus codes:  s suppressed, d damped, h history, * valid, > best, = multipath,\n               i internal, r RIB-failure, S Stale, R Removed\nNexthop codes: @NNN nexthop's vrf id, < announce-nh-self\nOrigin codes:  i - IGP, e - EGP, ? - incomplete\nRPKI validation codes: V valid, I invalid, N Not found\n\n   Network          Next Hop            Metric LocPrf Weight Path\n*> 2001:db8:1111:2222::/64\n                    2001:db8:3333:4444:5555:6666:7777:8888\n                                             0             0 65540 i\n\nDisplayed  1 routes and 1 total paths\n", reading.Source{View: rib.BGPTable}, "2001:db8:1111:2222::/64 2001:db8:3333:4444:5555:6666:7777:8888 65540 igp 0 - best", 0, "yes"},
		{"FRR: an IPv4-mapped prefix is no IPv4 route", "BGP table version is 1, local router ID is 192.0.2.6, vrf id 0\nDefault local pref 100, local AS 65536\nStatus codes:  s suppressed, d damped, h history, * valid, > best, = multipath,\n               i internal, r RIB-failure, S Stale, R Removed\nNexthop codes: @NNN nexthop's vrf id, < announce-nh-self\nOrigin codes:  i - IGP, e - EGP, ? - incomplete\n\n   Network          Next Hop            Metric LocPrf Weight Path\n*> ::ffff:203.0.113.1/128\n                    2001:db8::1              0             0 65540 i\n*> 2001:db8:1::/48  2001:db8::1              0             0 65540 i\n\nDisplayed  2 routes and 2 total paths\n", reading.Source{View: rib.BGPTable}, "2001:db8:1::/48 2001:db8::1 65540 igp 0 - best", 1, "no"},
		{"OpenBGPD: more keys than one reads", `{"rib":[{"prefix":"203.0.113.0/24","aspath":"65540","exit_nexthop":"192.0.2.1","true_nexthop":"192.0.2.254","neighbor":{"remote_addr":"192.0.2.1","bgp_id":"192.0.2.1"},"valid":true,"best":true,"ecmp":true,"source":"external","ovs":"not-found","origin":"IGP","metric":0,"localpref":100,"weight":0,"last_update":"00:00:34"}]}`, reading.Source{View: rib.BGPTable}, "203.0.113.0/24 192.0.2.1 65540 igp - 100 best", 0, "yes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, r := range routes {
				rows = append(rows, oddRow(r))
			}
			if have := strings.Join(rows, "; "); have != tt.rows || got.Skipped != tt.skipped || got.Complete != tt.complete {
				t.Errorf("%s, %d skipped, complete %s, errors %q\nwant %s", have, got.Skipped, got.Complete, got.Errors, tt.rows)
			}
		})
	}
}

// oddRow is what a row says; what is absent or not shown is "-", and left out where no format of the platform shows it.
func oddRow(r rib.Route) string {
	a := &r.Attrs
	number := func(n rib.Optional) string {
		if !n.Set {
			return "-"
		}
		return fmt.Sprint(n.Value)
	}
	hop := "self"
	if a.NextHop.IsValid() {
		hop = a.NextHop.String()
	}
	out := fmt.Sprintf("%s %s %s", r.Prefix, hop, a.ASPath)
	if !a.NotShown.Has(rib.AttrOrigin) {
		out += " " + a.Origin.String()
	}
	out += " " + number(a.MED) + " " + number(a.LocalPref)
	if r.Marks.Has(rib.Best) {
		out += " best"
	}
	if r.Marks.Has(rib.Invalid) {
		out += " invalid"
	}
	return out
}

// TestLargeThingsInMRT: a withdrawal of 4,096 prefixes in one message, which is longer than RFC 4271 allows and as RFC 8654
// does; attributes of nearly 64 KiB; the state change of AS numbers of two octets.
func TestLargeThingsInMRT(t *testing.T) {
	var prefixes []byte
	for i := range 4096 {
		prefixes = append(prefixes, 24, 10, byte(i>>8), byte(i))
	}
	segment := append([]byte{2, 250}, bytes.Repeat([]byte{0, 1, 0, 4}, 250)...) // AS 65540
	long := bytes.Repeat(segment, 60)
	attrs := mrtText(mrtOrigin, []byte{0x50, 2}, len(long), long, mrtHop)
	up := mrtRecord(16, 4, session(true), bgpUpdate(nil, mrtAttrs, prefixes))
	for _, tt := range []struct {
		name    string
		parts   [][]byte
		routes  int
		pathLen int
	}{
		{"announced", [][]byte{up}, 4096, 2},
		{"and withdrawn but one", [][]byte{up, mrtRecord(16, 4, session(true), bgpUpdate(prefixes[4:], nil, nil))}, 1, 2},
		{"and the session over", [][]byte{up, mrtRecord(16, 0, 65540>>1, 64501, 0, 1, "192.0.2.1", "192.0.2.9", 6, 1)}, 0, 0},
		{"a path of 15,000 ASNs", [][]byte{mrtPeers, mrtRecord(13, 2, uint32(0), doc, 1, 0, uint32(9), sized(attrs))}, 1, 15_000},
	} {
		routes, got := readMRTBytes(t, reading.Source{}, tt.parts...)
		if len(routes) != tt.routes || got.Skipped > 0 {
			t.Errorf("%s: %d routes, %q", tt.name, len(routes), got.Errors)
		}
		for _, r := range routes {
			if n := len(strings.Fields(r.Attrs.ASPath.String())); n != tt.pathLen {
				t.Fatalf("%s: a path of %d", tt.name, n)
			}
		}
	}
}

// TestFilesOfOtherFamiliesAloneAreRefused: an empty table that is expected would be a whole one.
func TestFilesOfOtherFamiliesAloneAreRefused(t *testing.T) {
	const junosXML = `<rpc-reply><route-information><route-table><table-name>bgp.l2vpn.0</table-name><rt><rt-destination>65540:1:1:1</rt-destination>` +
		`<rt-entry><protocol-name>BGP</protocol-name><as-path>I</as-path></rt-entry></rt></route-table></route-information></rpc-reply>`
	const others = "holds tables of other families only"
	for _, tt := range []struct{ name, text, says string }{
		{"Junos's inet.3", "inet.3: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)\n+ = Active Route, - = Last Active, * = Both\n\n192.0.2.5/32       *[LDP/9] 00:25:43, metric 10\n                    > to 192.0.2.2 via ge-0/0/0.0\nadmin@edge1> \n", others},
		{"Junos's EVPN", "CUST.evpn.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)\n  Prefix\t\t  Nexthop\t       MED     Lclpref    AS path\n  3:192.0.2.1:1::6::192.0.2.1/248 IM\n*                         Self                         100        I\nadmin@edge1> \n", others},
		{"Junos's L2VPN in XML", junosXML, others},
		{"the same in JSON", `{"route-information":[{"route-table":[{"table-name":[{"data":"bgp.l2vpn.0"}],"rt":[{"rt-destination":[{"data":"65540:1:1:1"}],"rt-entry":[{"protocol-name":[{"data":"BGP"}]}]}]}]}]}`, others},
		{"BIRD's flows", "BIRD 2.0.12 ready.\nTable flowtab4:\nflow4 { dst 203.0.113.0/24; dport 123; }  [isp 2026-11-20] * (100) [i]\n\tType: BGP univ\n\tBGP.local_pref: 100\nbird> \n", others},
		{"GoBGP's flows", "$ gobgp global rib -a ipv4-flowspec\n" + gobgpHead + "*> [protocol: ==tcp]    fictitious                                00:00:00   [{Origin: ?}]\n$ \n", `the command asks for those of "ipv4-flowspec": say -a ipv4 or -a ipv6`},
		{"Nokia's brief", "BGP IPv4 Routes\n====\nFlag  Network\n----\nu*>i  192.0.2.0/24\n----\nRoutes : 1\n====\n", "printed with brief"},
	} {
		for _, empty := range []bool{false, true} {
			_, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1, ExpectEmpty: empty}, []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s, expect-empty %v: error %v", tt.name, empty, err)
			}
		}
	}
	stated := "BIRD 2.0.12 ready.\nTable flowtab4:\nflow4 { dst 203.0.113.0/24; }  [isp 2026-11-20] * (100) [i]\n\tType: BGP univ\n\tBGP.local_pref: 100\n1 of 1 routes for 1 networks in table flowtab4\n\nTable master4:\n0 of 0 routes for 0 networks in table master4\n"
	if _, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(stated)); err != nil || got.Complete != rib.CompleteYes {
		t.Errorf("a unicast table beside them that states its zero: complete %s, %v, %q", got.Complete, err, got.Errors)
	}
}

func TestWhatIsNoRouteTableIsNamed(t *testing.T) {
	for text, says := range map[string]string{
		"MINOR: CLI #2005: Error while processing command - BGP is not configured\n": `the router answered "MINOR: CLI #2005`,
		`{"vrfs": {}}`: "an answer of EOS without any VRF",
		`{"changeNumber":360,"cloud":"Public","values":[{"name":"Storage","properties":{"addressPrefixes":["192.0.2.0/24"]}}]}`: "which a remote names with service-tags:",
		`[{"id":1,"serviceArea":"Exchange","ips":["192.0.2.0/24"]}]`:                                                            "which a remote names with m365-endpoints:",
	} {
		if _, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
