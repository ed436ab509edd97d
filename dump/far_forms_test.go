package dump

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestAPathInTheManagementAPINamesPeeringAndSide: az rest, PowerShell and curl ask by a path.
func TestAPathInTheManagementAPINamesPeeringAndSide(t *testing.T) {
	const circuit = "/subscriptions/s/resourceGroups/rg-wan/providers/Microsoft.Network/expressRouteCircuits/er9/peerings/%s/routeTables/%s?api-version=2024-05-01"
	calls := []string{
		"user@host:~$ az rest --method post --url https://management.azure.com" + circuit,
		`PS C:\Users\ops> Invoke-AzRestMethod -Method POST -Path "` + circuit + `"`,
		`PS C:\Users\ops> (Invoke-AzRestMethod -Method POST -Path "` + circuit + `").Content`,
		`user@host:~$ curl -s -X POST -H "Authorization: Bearer $T" "https://management.azure.com` + circuit + `"`,
	}
	for _, call := range calls {
		for _, prefix := range []string{"198.51.100.0/25", "2001:db8:51::/48"} {
			for _, tt := range []struct {
				peering, side string
				denies        string
			}{
				{"AzurePrivatePeering", "secondary", ""},
				{"azureprivatepeering", "primary", "primary side"},
				{"MicrosoftPeering", "secondary", "the config says kind: expressroute-private"},
			} {
				text := fmt.Sprintf(call, tt.peering, tt.side) + "\n" + fmt.Sprintf(`{"value":[{"network":%q,"nextHop":"192.0.2.1*","locPrf":"","weight":0,"path":"65540"}]}`, prefix) + "\n"
				link := reading.Link{Kind: rib.ExpressRoutePrivate, Side: "secondary"}
				_, got, err := readBytes(reading.Source{Name: "x", View: rib.FarEnd, Link: link, ExpectRoutes: -1}, []byte(text))
				if err != nil || !strings.Contains(got.Contradiction, tt.denies) || tt.denies == "" && (got.Contradiction != "" || got.Complete != rib.CompleteYes) {
					t.Errorf("%s %s by %s: %q %q, %v", tt.peering, tt.side, call, got.Contradiction, got.Errors, err)
				}
			}
		}
	}
}

// TestTwoListsOfPowerShellInOneFileContradict: one blank line stands between the blocks of an answer, more between two.
func TestTwoListsOfPowerShellInOneFileContradict(t *testing.T) {
	circuit := func(prefix string) string {
		return "Network : " + prefix + "\nNextHop : 192.0.2.1*\nLocPrf  : \nWeight  : 0\nPath    : 65540 I\n"
	}
	gateway := func(prefix string) string {
		return "AsPath       : 65540\nLocalAddress : 192.0.2.4\nNetwork      : " + prefix + "\nNextHop      : 192.0.2.1\nOrigin       : EBgp\nSourcePeer   : 192.0.2.1\nWeight       : 32769\n"
	}
	for _, block := range []func(string) string{circuit, gateway} {
		for _, p := range [][2]string{{"203.0.113.0/25", "198.51.100.0/25"}, {"2001:db8:1::/48", "2001:db8:2::/48"}} {
			one, two := block(p[0]), block(p[1])
			for _, tt := range []struct {
				name, text string
				rows       int
				denies     bool
			}{
				{"two blocks of one answer", "\n" + one + "\n" + two + "\n\n", 2, false},
				{"two answers", "\n" + one + "\n\n" + "\n" + two + "\n\n", 1, true},
				{"two answers of an older release", "\n\n" + one + "\n\n\n\n\n\n" + two + "\n\n\n\n", 1, true},
				{"the same one twice", "\n" + one + "\n\n" + "\n" + one + "\n\n", 1, true},
				{"two answers, of two families", "\n" + one + "\n\n" + "\n" + block(map[bool]string{true: "2001:db8:9::/48", false: "192.0.2.128/25"}[p[0][0] == '2' && p[0][1] == '0' && p[0][2] == '3']) + "\n\n", 2, false},
			} {
				routes, got, err := readBytes(reading.Source{Name: "x", View: rib.FarEnd, ExpectRoutes: -1}, []byte(tt.text))
				if err != nil || len(routes) != tt.rows || (got.Contradiction != "") != tt.denies {
					t.Errorf("%s of %s: %d rows, %q %q, %v", tt.name, p[0], len(routes), got.Contradiction, got.Errors, err)
				}
			}
		}
	}
}

// TestTheLastPageOfAnAzureTableEndsIt: a page says by nextLink that another one follows.
func TestTheLastPageOfAnAzureTableEndsIt(t *testing.T) {
	page := func(prefix string, next bool) string {
		link := ""
		if next {
			link = `,"nextLink":"https://management.azure.com/next"`
		}
		return fmt.Sprintf(`{"value":[{"network":%q,"nextHop":"192.0.2.1*","locPrf":"","weight":0,"path":"65540"}]%s}`, prefix, link) + "\n"
	}
	const other = "user@host:~$ az network express-route list-route-tables -g rg -n er9 --path primary --peering-name AzurePrivatePeering -o json\n"
	for _, p := range [][3]string{{"203.0.113.0/26", "203.0.113.64/26", "203.0.113.128/26"}, {"2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:3::/48"}} {
		for _, tt := range []struct {
			name, text string
			rows       int
			complete   rib.Completeness
		}{
			{"one page of two", page(p[0], true), 1, rib.CompleteNo},
			{"both", page(p[0], true) + page(p[1], false), 2, rib.CompleteYes},
			{"three", page(p[0], true) + page(p[1], true) + page(p[2], false), 3, rib.CompleteYes},
			{"two of three", page(p[0], true) + page(p[1], true), 2, rib.CompleteNo},
			{"one whose next one has no name", strings.Replace(page(p[0], true), "https://management.azure.com/next", "", 1), 1, rib.CompleteYes},
			{"another command's answer follows", page(p[0], true) + other + page(p[1], false), 1, rib.CompleteNo},
		} {
			routes, got, err := readBytes(reading.Source{Name: "x", View: rib.FarEnd, ExpectRoutes: -1}, []byte(tt.text))
			if err != nil || got.Complete != tt.complete || len(routes) != tt.rows && tt.complete == rib.CompleteYes {
				t.Errorf("%s: %d rows, %s, %q %q, %v", tt.name, len(routes), got.Complete, got.Contradiction, got.Errors, err)
			}
		}
	}
}

// TestAPipeIntoALoginIsNoFilter: what stands in front of it is the command, and nothing is left out.
func TestAPipeIntoALoginIsNoFilter(t *testing.T) {
	for _, tt := range []struct {
		line    string
		partial bool
	}{
		{"echo 'show ip bgp neighbors 192.0.2.1 routes' | ssh edge4", false},
		{`printf 'show ip bgp neighbors 192.0.2.1 routes\n' | ssh -T -l ops edge4 | tee edge4.txt`, false},
		{`echo "show ip bgp neighbors 192.0.2.1 routes" | sshpass -f pw ssh -p 2222 ops@edge4`, false},
		{`echo show ip bgp neighbors 192.0.2.1 routes | plink -batch edge4`, false},
		{`echo 'show ip bgp neighbors 192.0.2.1 routes' | docker exec -i frr4 vtysh`, false},
		{`ssh edge4 <<< "show ip bgp neighbors 192.0.2.1 routes"`, false},
		{"echo 'show ip bgp neighbors 192.0.2.1 routes' | ssh edge4 | grep 203", true},
		{"echo 'show ip bgp neighbors 192.0.2.1 routes' | ssh edge4 head -20", true},
		{"ssh edge4 'show ip bgp neighbors 192.0.2.1 routes' | head -20", true},
		{"echo 'show ip bgp neighbors 192.0.2.1 routes | include 203' | ssh edge4", true},
	} {
		for name, text := range map[string]string{"ios": iosTop + ios1 + ciscoCount, "ios, IPv6": iosTop + ios6 + ciscoCount, "eos": eosTop + eos1, "frr": frrTop + frr1 + frrEnd} {
			text = "ops@jump:~$ " + tt.line + "\n" + text + "ops@jump:~$ \n"
			_, got, err := readBytes(reading.Source{Name: "x", View: rib.AdjRIBInPost, ExpectRoutes: -1}, []byte(text))
			if err != nil || (got.Complete == rib.CompleteNo) != tt.partial || got.Contradiction != "" || got.Header.Neighbor != netip.MustParseAddr("192.0.2.1") {
				t.Errorf("%s, %s: %s, of %s, %q %q, %v", name, tt.line, got.Complete, got.Header.Neighbor, got.Contradiction, got.Errors, err)
			}
		}
	}
}

// TestAPipeIntoALoginOfANokiaRouterIsNoFilter: its command has words of its own.
func TestAPipeIntoALoginOfANokiaRouterIsNoFilter(t *testing.T) {
	answer := withoutCommand(string(fixtureBytes(t, "nokia/advertised.txt")))
	for _, family := range []string{"", " ipv6"} {
		for pipe, partial := range map[string]bool{"| ssh edge4": false, "| ssh edge4 | tee edge4.txt": false, "| ssh edge4 | grep 203": true} {
			text := "ops@jump:~$ echo 'show router bgp neighbor 192.0.2.1 advertised-routes" + family + "' " + pipe + "\n" + answer
			_, got, err := readBytes(reading.Source{Name: "x", View: rib.AdjRIBOutPost, ExpectRoutes: -1}, []byte(text))
			if err != nil || strings.Contains(strings.Join(got.Errors, " "), "a part of the table alone") != partial {
				t.Errorf("%s%s: %s, %q, %v", pipe, family, got.Complete, got.Errors, err)
			}
		}
	}
}

// TestAnEmptyPathIsNoneThatWeSend: in a form that prints paths as sent, our own ASN stands in each.
func TestAnEmptyPathIsNoneThatWeSend(t *testing.T) {
	text := func(prefix, path string) string {
		return "BGP routing table information for VRF default\nRouter identifier 192.0.2.3, local AS number 65536\n" + eosTop[strings.Index(eosTop, "Route status"):] +
			strings.Replace(strings.Replace(eos1, "203.0.113.0/24", prefix, 1), "65540 i", path, 1)
	}
	json := func(prefix, path string) string {
		return strings.NewReplacer("203.0.113.0/24", prefix, "65540 i", path, "65540", path).Replace(eosDocument)
	}
	for form, make := range map[string]func(prefix, path string) string{"eos": text, "eos-json": json} {
		for _, prefix := range []string{"203.0.113.0/24", "2001:db8:4::/48"} {
			for path, denies := range map[string]bool{"i": true, "65536 i": false, "65541 i": true} {
				src := reading.Source{Name: "x", View: rib.AdjRIBOutPost, ASNs: []uint32{65536}, ExpectRoutes: -1}
				_, got, err := readBytes(src, []byte(make(prefix, path)))
				if err != nil || got.Skipped > 0 || strings.Contains(got.Contradiction, "begins with our own ASN") != denies {
					t.Errorf("%s, path %q: %q %q, %v", form, path, got.Contradiction, got.Errors, err)
				}
			}
		}
	}
}
