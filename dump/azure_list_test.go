package dump

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestAnAzureListHoldsTheRoutesOfItsTable: the same routes as the Azure CLI prints them with -o table.
func TestAnAzureListHoldsTheRoutesOfItsTable(t *testing.T) {
	rows := func(name string) []string {
		routes, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, fixtureBytes(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range routes {
			routes[i].Line = 0
		}
		return recordsOf(routes)
	}
	for list, table := range map[string]string{"azure-list/circuit.txt": "azure-table/circuit.txt", "azure-list/gateway-learned.txt": "azure-table/gateway-learned.txt"} {
		have, want := rows(list), rows(table)
		if !slices.Equal(have, want) {
			t.Errorf("%s\n%s\n%s\n%s", list, strings.Join(have, "\n"), table, strings.Join(want, "\n"))
		}
	}
}

func TestWhatStandsInAnAzureList(t *testing.T) {
	const one = "Network : 203.0.113.0/24\nNextHop : 192.0.2.1*\nLocPrf  : \nWeight  : 0\nPath    : 65540 I\n\n"
	const two = "Network : 198.51.100.0/24\nNextHop : 192.0.2.1*\nLocPrf  : \nWeight  : 0\nPath    : 65540 65549 I\n\n"
	const prompt = "PS C:\\> "
	const command = prompt + "Get-AzExpressRouteCircuitRouteTable -DevicePath Primary\n\n"
	for _, tt := range []struct {
		name, text string
		view       rib.View
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"a list", one + two, "", 2, "unproven", ""},
		{"a prompt proves the end", command + one + two + prompt + "\n", "", 2, "yes", ""},
		{"indented, as in notes", "    " + strings.ReplaceAll(one, "\n", "\n    ") + "\n", "", 1, "unproven", ""},
		{"no blank line behind the last block", one + strings.TrimSuffix(two, "\n"), "", 2, "unproven", ""},
		{"no line break behind it", one + strings.TrimRight(two, "\n"), "", 1, "no", "line break"},
		{"a block that lost its end", one + strings.SplitAfter(two, "Weight  : 0\n")[0], "", 1, "no", "it has no path"},
		{"a block that lost its beginning", strings.TrimPrefix(one, "Network : 203.0.113.0/24\n") + two, "", 1, "no", "it has no network"},
		{"a lost line between two blocks", strings.TrimSuffix(one, "\n") + two, "", 0, "no", "names network twice"},
		{"text between blocks", one + "ERROR: it broke\n\n" + two, "", 2, "no", "holds an error"},
		{"other text behind", one + two + "WARNING: old\nhello\n", "", 2, "no", "unexpected text"},
		{"two answers", command + one + command + two, "", 2, "no", "two answers"},
		{"declared as what we advertise", command + one + two, rib.AdjRIBOutPost, 2, "unproven", ""},
		{"an ARP table", "Age : 10\nInterfaceProperty : On-Prem\nIpAddress : 192.0.2.1\nMacAddress : 0000.5e00.5301\n\n", "", 0, "", "an ARP table"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := reading.Source{Name: "x", Format: "azure-list", View: tt.view, ExpectRoutes: -1}
			routes, got, err := readBytes(src, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if denied := got.Contradiction != ""; denied != (tt.view != "") {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}

// TestTheCommandOfAnAzureList is held against the feed.
func TestTheCommandOfAnAzureList(t *testing.T) {
	const routes = "\nAsPath       : 65536\nLocalAddress : 192.0.2.4\nNetwork      : 198.51.100.0/24\nNextHop      : 192.0.2.4\nOrigin       : Network\nSourcePeer   : 192.0.2.4\nWeight       : 32768\n\nPS /home/me> \n"
	const prompt, get = "PS /home/me> ", "Get-AzVirtualNetworkGatewayAdvertisedRoute -ResourceGroupName rg -VirtualNetworkGatewayName gw -Peer 192.0.2.1"
	const part = "a part of the table alone"
	for _, tt := range []struct {
		name, command string
		view          rib.View
		neighbor      string
		complete      rib.Completeness
		says          string
		denies        bool
	}{
		{"as it should be", prompt + get, rib.AdjRIBOutPost, "192.0.2.1", "yes", "", false},
		{"without a prompt", get, rib.AdjRIBOutPost, "192.0.2.99", "yes", "", true},
		{"behind other commands", prompt + "Connect-AzAccount\n" + prompt + "cd x | out-null\n" + prompt + get, rib.AdjRIBOutPost, "192.0.2.1", "yes", "", false},
		{"a filter", prompt + get + " | Where-Object Network -like '198.51.*'", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"a filter behind a harmless word", prompt + get + " | Format-List | Select-Object -First 1", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"harmless words", prompt + get + " | fl | Out-String -Width 200 | Tee-Object routes.txt", rib.AdjRIBOutPost, "192.0.2.1", "yes", "", false},
		{"a filter in the next line", prompt + get + " |\n>> Where-Object Network -like '198.51.*'", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"in one that begins with its bar", prompt + get + "\n| ? Network -like '198.51.*'", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"an option in the next line", prompt + strings.Replace(get, " -Peer", " `\n>> -Peer", 1), rib.AdjRIBOutPost, "192.0.2.99", "yes", "", true},
		{"one of the routes", prompt + "(" + get + ")[0]", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"a loop", prompt + "foreach ($r in " + get + ") { if ($r.Weight -gt 1) { $r } }", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"a variable", prompt + "$r = " + get + "\n" + prompt + "$r | fl", rib.AdjRIBOutPost, "192.0.2.1", "yes", "", false},
		{"a variable in one line", prompt + "$r = " + get + "; $r", rib.AdjRIBOutPost, "192.0.2.99", "yes", "", true},
		{"a filter of a variable", prompt + "$r = " + get + "\n" + prompt + "$r | select -First 1", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"a variable of a filter", prompt + "$r = " + get + " | select -First 1\n" + prompt + "$r", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"one of a variable", prompt + "$r = " + get + "\n" + prompt + "$r[0]", rib.AdjRIBOutPost, "192.0.2.1", "no", part, false},
		{"another peer", prompt + get, rib.AdjRIBOutPost, "192.0.2.99", "yes", "", true},
		{"advertised at the far end", prompt + get, rib.FarEnd, "", "yes", "", true},
		{"in small letters", prompt + strings.ToLower(get), rib.AdjRIBInPre, "192.0.2.1", "yes", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := reading.Source{Format: "azure-list", View: tt.view}
			if tt.neighbor != "" {
				src.Neighbor = netipAddr(t, tt.neighbor)
			}
			rows := 1
			if tt.neighbor == "192.0.2.99" { // the command is of another one: its rows are left out
				rows = 0
			}
			readsAs(t, src, tt.command+"\n"+routes, rows, tt.complete, tt.says, tt.denies)
		})
	}
}

// TestAnAzureListCutAtAnyByte: what is left is the first blocks of the whole, and complete only behind a prompt.
func TestAnAzureListCutAtAnyByte(t *testing.T) {
	for _, name := range []string{"azure-list/circuit.txt", "azure-list/gateway-learned.txt"} {
		whole := fixtureBytes(t, name)
		full, _, _ := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, whole)
		want := recordsOf(full)
		for n := range whole {
			routes, got, err := readBytes(reading.Source{Name: "x", Format: "azure-list", ExpectRoutes: -1}, whole[:n])
			have := recordsOf(routes)
			switch {
			case len(have) > len(want) || !slices.Equal(have, want[:len(have)]):
				t.Fatalf("%s cut at %d: %s", name, n, strings.Join(have, "\n"))
			case err == nil && got.Complete == rib.CompleteYes && !strings.Contains(string(whole[len(whole)/2:n]), "PS C:"):
				t.Fatalf("%s cut at %d: complete", name, n)
			}
		}
	}
}
