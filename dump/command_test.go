package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const gobgpTop = "   Network              Next Hop             AS_PATH              Age        Attrs\n"

// TestACommandBehindAContainerOrAHostIsHeldAgainstTheFeed writes before tables what a shell has before a command.
func TestACommandBehindAContainerOrAHostIsHeldAgainstTheFeed(t *testing.T) {
	bird := birdHello + birdOne
	frr := frrTop + frr1 + frrEnd
	gobgp := gobgpTop + "*> 203.0.113.0/24       192.0.2.1            65540                00:00:09   [{Origin: i}]\n"
	openbgpd := "flags ovs destination          gateway          lpref   med aspath origin\n*>      N 203.0.113.0/24       192.0.2.1         100     0 65540 i\n"
	for _, program := range []struct{ command, answer, says string }{
		{"birdc show route for 203.0.113.9 all", bird, `a part of the table alone ("for")`},
		{`vtysh -c "show bgp vrf RED ipv4 unicast regexp _1_"`, frr, `a part of the table alone ("regexp")`},
		{"gobgp vrf red rib", gobgp, `a part of the table alone ("vrf")`},
		{"bgpctl show rib source-as 65000", openbgpd, `a part of the table alone ("source-as")`},
		{"bgpctl sh r source-as 65000", openbgpd, `a part of the table alone ("source-as")`},
	} {
		for _, prompt := range []string{"", "$ ", "# ", "root@h:~# ", "[root@h ~]# ", "h# ", "root@h ~ # "} {
			for _, before := range []string{
				"", "sudo ", "sudo -u bgp ", "docker exec -it c1 ", "docker exec -u root c1 ", "podman exec c1 ", "docker compose exec c1 ",
				"kubectl exec -n ns pod -c c1 -- ", "kubectl exec -it pod --container=c1 -- ", "ssh h1 ", "ssh -p 2222 -l me h1 sudo ",
				"ip netns exec ns1 ", "ssh h1 sudo docker exec c1 ", "route -T 11 exec ", "docker exec --no-such value c1 ",
			} {
				line := prompt + before + program.command
				_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(line+"\n"+program.answer))
				if all := strings.Join(got.Errors, "\n"); err != nil || !strings.Contains(all, program.says) {
					t.Errorf("%s: %s, %q, %v", line, got.Complete, all, err)
				}
			}
		}
	}
}

func TestAContainerMayBearTheNameOfTheProgramInIt(t *testing.T) {
	answer := gobgpTop + "   203.0.113.0/24       192.0.2.1            65540                00:00:09   [{Origin: i}]\n"
	for _, tt := range []struct {
		command string
		view    rib.View
		denies  string
	}{
		{"docker exec -it gobgp gobgp  neighbor  192.0.2.1 adj-in", rib.AdjRIBInPre, ""},
		{"kubectl exec -it gobgp -c gobgp -- gobgp neighbor 192.0.2.1 adj-in", rib.AdjRIBInPre, ""},
		{"ssh gobgp gobgp neighbor 192.0.2.1 adj-in", rib.AdjRIBInPre, ""},
		{"docker exec gobgp sh -c 'gobgp neighbor 192.0.2.1 adj-in'", rib.AdjRIBInPre, ""},
		{"docker exec gobgpd gobgp neighbor 192.0.2.1 adj-out", rib.AdjRIBInPre, "what is advertised"},
		{"docker exec gobgpd gobgp global rib", rib.AdjRIBInPre, "the whole table"},
	} {
		routes, got, err := readBytes(reading.Source{Name: "x", View: tt.view, ExpectRoutes: -1}, []byte("# "+tt.command+"\n"+answer))
		if err != nil || len(routes) != 1 || got.Complete == rib.CompleteNo || (got.Contradiction != "") != (tt.denies != "") || !strings.Contains(got.Contradiction, tt.denies) {
			t.Errorf("%s: %d routes, %s %v, contradiction %q, %v", tt.command, len(routes), got.Complete, got.Errors, got.Contradiction, err)
		}
		if tt.denies == "" && got.Header.Neighbor != documentationPeer {
			t.Errorf("%s: of neighbor %s", tt.command, got.Header.Neighbor)
		}
	}
}

// Documents of one route, as the programs print them.
const (
	eosDocument      = `{"vrfs":{"default":{"routerId":"192.0.2.3","vrf":"default","bgpRouteEntries":{"203.0.113.0/24":{"bgpRoutePaths":[{"asPathEntry":{"asPathType":null,"asPath":"65540 i"},"med":0,"localPreference":100,"routeType":{"valid":true,"active":true},"nextHop":"192.0.2.1"}]}}}}}`
	frrDocument      = `{"routerId":"192.0.2.3","localAS":65536,"routes":{"203.0.113.0/24":[{"network":"203.0.113.0/24","valid":true,"bestpath":true,"path":"65540","origin":"IGP","peerId":"192.0.2.1","nexthops":[{"ip":"192.0.2.1"}]}]}}`
	openbgpdDocument = `{"rib":[{"prefix":"203.0.113.0/24","aspath":"65540","exit_nexthop":"192.0.2.1","true_nexthop":"192.0.2.1","neighbor":{"remote_addr":"192.0.2.1"},"valid":true,"best":true,"origin":"IGP","metric":0,"localpref":100}]}`
	gobgpDocument    = `{"203.0.113.0/24":[{"nlri":{"prefix":"203.0.113.0/24"},"attrs":[{"type":1,"value":0},{"type":2,"as_paths":[{"segment_type":2,"num":1,"asns":[65540]}]},{"type":3,"nexthop":"192.0.2.1"}],"best":true,"stale":false}]}`
	azureDocument    = `{"value":[{"network":"10.40.0.0/16","nextHop":"10.40.0.12*","locPrf":"","path":"65515","weight":0}]}`
	junosDocument    = `{"route-information":[{"route-table":[{"table-name":[{"data":"inet.0"}],"hidden-route-count":[{"data":"0"}],"rt":[` + junosJSONRow + `]}]}]}`
	junosXMLDocument = `<rpc-reply><route-information><route-table><table-name>inet.0</table-name><hidden-route-count>0</hidden-route-count>` + junosXMLRow + `</route-table></route-information></rpc-reply>`
)

func TestACommandInFrontOfADocumentIsHeldAgainstTheFeed(t *testing.T) {
	const az = "user@host:~$ az network "
	for _, tt := range []struct {
		command, answer string
		view            rib.View
		vrf             string
		denies, says    string // the contradiction, the error
	}{
		{"leaf1#show ip bgp | json", eosDocument, rib.BGPTable, "", "", ""},
		{"leaf1#show ip bgp vrf all | json | no-more", eosDocument, rib.BGPTable, "", "", ""},
		{"leaf1#show ip bgp 203.0.113.0/24 longer-prefixes | json", eosDocument, rib.BGPTable, "", "", "a part"},
		{"leaf1#show ip bgp neighbors 192.0.2.1 advertised-routes | json", eosDocument, rib.BGPTable, "", "what is advertised", ""},
		{"ssh leaf1 show ip bgp neighbors 192.0.2.1 advertised-routes | json", eosDocument, rib.AdjRIBInPost, "", "what is advertised", ""},
		{"frr1# show bgp ipv4 unicast json", frrDocument, rib.BGPTable, "", "", ""},
		{"frr1# show bgp ipv4 unicast json detail", frrDocument, rib.BGPTable, "", "", ""},
		{"$ docker exec frr vtysh -c 'show bgp ipv4 unicast json' | jq .", frrDocument, rib.BGPTable, "", "", ""},
		{"$ docker exec frr vtysh -c 'show bgp ipv4 unicast json' | jq .routes", frrDocument, rib.BGPTable, "", "", "a part"},
		{"frr1# show bgp ipv4 unicast community 65000:1 json", frrDocument, rib.BGPTable, "", "", "a part"},
		{"$ vtysh -c 'show bgp ipv4 unicast regexp _65101_ json'", frrDocument, rib.BGPTable, "", "", "a part"},
		{"$ vtysh -c 'show bgp vrf RED ipv4 unicast json'", frrDocument, rib.BGPTable, "BLUE", "VRF RED, the config says vrf: BLUE", ""},
		{"$ vtysh -c 'show bgp vrf RED ipv4 unicast json'", frrDocument, rib.BGPTable, "RED", "", ""},
		{"$ vtysh -c 'show bgp ipv4 unicast json'", frrDocument, rib.BGPTable, "RED", "", "names no VRF"},
		{"frr1# show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes json", frrDocument, rib.BGPTable, "", "what is advertised", ""},
		{"rs# bgpctl -j show rib", openbgpdDocument, rib.BGPTable, "", "", ""},
		{"rs# bgpctl -j show rib 10.0.0.0/8 or-longer", openbgpdDocument, rib.BGPTable, "", "", "a part"},
		{"rs# bgpctl -j show rib out neighbor 192.0.2.1", openbgpdDocument, rib.BGPTable, "", "what is advertised", ""},
		{"rs# gobgp global rib -j", gobgpDocument, rib.BGPTable, "", "", ""},
		{"rs# gobgp -j global rib | jq .", gobgpDocument, rib.BGPTable, "", "", ""},
		{"rs# gobgp global rib 10.0.0.0/8 longer-prefixes -j", gobgpDocument, rib.BGPTable, "", "", "a part"},
		{"rs# docker exec gobgpd gobgp -j neighbor 192.0.2.1 adj-out", gobgpDocument, rib.AdjRIBInPre, "", "what is advertised", ""},
		{az + "vnet-gateway list-learned-routes -g rg -n gw -o json", azureDocument, rib.LocRIB, "", "", ""},
		{az + "vnet-gateway list-learned-routes -g rg -n gw --query value -o json", azureDocument, rib.LocRIB, "", "", ""},
		{"# az network vnet list -g rg --query '[?location==`x`].id'\n" + az + "vnet-gateway list-learned-routes -g rg -n gw", azureDocument, rib.LocRIB, "", "", ""},
		{az + "routeserver peering list-learned-routes -g rg -n p --routeserver rs --query 'RouteServiceRole_IN_0'", azureDocument, rib.LocRIB, "", "", ""},
		{az + "vnet-gateway list-learned-routes -g rg -n gw --query 'value[0]' -o json", azureDocument, rib.LocRIB, "", "", "a part"},
		{az + `express-route list-route-tables -g rg -n c --path primary --query "value[?network=='10.40.0.0/16']" -o json`, azureDocument, rib.FarEnd, "", "", "a part"},
		{az + "vnet-gateway list-advertised-routes -g rg -n gw --peer 10.0.0.4 -o json", azureDocument, rib.LocRIB, "", "what the gateway advertises", ""},
		{"PS> Get-AzVirtualNetworkGatewayLearnedRoute -ResourceGroupName rg | Where-Object {$_.Network -like '10.*'} | ConvertTo-Json", azureDocument, rib.LocRIB, "", "", "a part"},
		{"lab@r1> show route protocol bgp | display json | no-more", junosDocument, rib.BGPTable, "", "", ""},
		{"lab@r1> show route protocol bgp 192.168.0.0/16 | display json", junosDocument, rib.BGPTable, "", "", "a part"},
		{`$ ssh r1 "show route protocol bgp 192.168.0.0/16 | display json"`, junosDocument, rib.BGPTable, "", "", "a part"},
		{"lab@r1> show route advertising-protocol bgp 192.0.2.1 | display json", junosDocument, rib.BGPTable, "", "what is advertised", ""},
		{"lab@r1> show route protocol bgp |display xml", junosXMLDocument, rib.BGPTable, "", "", ""},
		{"lab@r1> show route protocol bgp match-prefix */30 active-path | display xml", junosXMLDocument, rib.BGPTable, "", "", "a part"},
		{"lab@r1> show route receive-protocol bgp 192.0.2.1 | display xml", junosXMLDocument, rib.BGPTable, "", "what is received", ""},
	} {
		src := reading.Source{Name: "x", View: tt.view, VRF: tt.vrf, ExpectRoutes: -1}
		routes, got, err := readBytes(src, []byte(tt.command+"\n"+tt.answer+"\n"))
		if others := strings.Contains(tt.denies, "VRF"); err != nil || len(routes) == 0 != others || len(routes)+got.Others != 1 {
			t.Errorf("%s: %d routes, %v", tt.command, len(routes), err)
		}
		if !strings.Contains(got.Contradiction, tt.denies) || tt.denies == "" && got.Contradiction != "" {
			t.Errorf("%s as %s, vrf %q: contradiction %q", tt.command, tt.view, tt.vrf, got.Contradiction)
		}
		if all := strings.Join(got.Errors, "\n"); !strings.Contains(all, tt.says) || (tt.says == "") != (got.Complete != rib.CompleteNo) {
			t.Errorf("%s as %s, vrf %q: complete %s, errors %q", tt.command, tt.view, tt.vrf, got.Complete, all)
		}
	}
}

// TestATornASPathIsABadRow reads paths of which a number was taken apart: no router prints them so.
func TestATornASPathIsABadRow(t *testing.T) {
	openbgpd := "flags ovs destination          gateway          lpref   med aspath origin\n*>      N 203.0.113.0/24       192.0.2.1         100     0 @@ i\n"
	gobgp := gobgpTop + "*> 203.0.113.0/24       192.0.2.1            @@                00:00:09   [{Origin: i}]\n"
	junos := "inet.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)\n+ = Active Route, - = Last Active, * = Both\n\n" +
		"203.0.113.0/24     *[BGP/170] 00:11:28, localpref 100, from 192.0.2.1\n                      AS path: @@ I, validation-state: unverified\n                    > to 192.0.2.1 via xe-0/0/0.0\n"
	for format, text := range map[string]string{
		"ios":      "edge1#show ip bgp\n" + iosTop + strings.ReplaceAll(ios1, "65540", "@@") + "edge1#\n",
		"frr":      frrTop + strings.ReplaceAll(frr1, "65540", "@@") + frrEnd,
		"eos":      eosTop + strings.ReplaceAll(eos1, "65540", "@@"),
		"nxos":     nxTop + strings.ReplaceAll(nx1, "65540", "@@"),
		"bird":     birdHello + strings.ReplaceAll(birdOne, "as_path: 65541", "as_path: @@"),
		"openbgpd": openbgpd,
		"gobgp":    gobgp,
		"junos":    junos,
	} {
		for path, bad := range map[string]bool{
			"65540 65550":         false,
			"65540 {65550 65551}": false,
			"65540 10 100":        false,
			"65540 655      50":   true,
			"65540  65550":        true,
			"65540 065550":        true,
			"65540 00":            true,
			"65540 0":             true,
			"0 65540":             true,
			"65540 {0}":           true,
		} {
			routes, got, err := readBytes(reading.Source{Name: "x", Format: format, ExpectRoutes: -1}, []byte(strings.ReplaceAll(text, "@@", path)))
			if err != nil || bad != (len(routes) == 0) || bad != (got.Skipped == 1) || bad && got.Complete != rib.CompleteNo {
				t.Errorf("%s, %q: %d routes, %d skipped, %s %q, %v", format, path, len(routes), got.Skipped, got.Complete, got.Errors, err)
			}
		}
	}
}
