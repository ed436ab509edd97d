package dump

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestFormatTableHoldsTheRoutesOfItsList: the same routes in blocks, in the width of a console, and as narrow as they are.
func TestFormatTableHoldsTheRoutesOfItsList(t *testing.T) {
	rows := func(name string) []string {
		routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, fixtureBytes(t, name))
		if err != nil || len(got.Errors) > 0 {
			t.Fatalf("%s: %v %q", name, err, got.Errors)
		}
		for i := range routes {
			routes[i].Line = 0
		}
		return recordsOf(routes)
	}
	for table, list := range map[string]string{
		"azure-format-table/circuit.txt":          "azure-list/circuit.txt",
		"azure-format-table/circuit-autosize.txt": "azure-list/circuit.txt",
		"azure-format-table/gateway-learned.txt":  "azure-list/gateway-learned.txt",
	} {
		have, want := rows(table), rows(list)
		if !slices.Equal(have, want) {
			t.Errorf("%s\n%s\n%s\n%s", table, strings.Join(have, "\n"), list, strings.Join(want, "\n"))
		}
	}
}

// TestWhatFormatTableLeavesOutIsNotShown: a column that is not there hides its attribute in every row.
func TestWhatFormatTableLeavesOutIsNotShown(t *testing.T) {
	const row = "203.0.113.0/24 "
	for _, tt := range []struct {
		name, text string
		hides      rib.AttrSet
	}{
		{"nothing", "Network        NextHop    LocPrf Weight Path   \n-------        -------    ------ ------ ----   \n" + row + "192.0.2.1* 100         0 65540 I\n", 0},
		{"no local preference", "Network        NextHop    Path   \n-------        -------    ----   \n" + row + "192.0.2.1* 65540 I\n", rib.AttrLocalPref},
		{"no next hop, whose star is the best mark", "Network        LocPrf Path   \n-------        ------ ----   \n" + row + "100    65540 I\n", rib.AttrNextHop | rib.AttrBest},
		{"no path", "Network        NextHop    LocPrf\n-------        -------    ------\n" + row + "192.0.2.1* 100   \n", rib.AttrASPath | rib.AttrOrigin},
		{"a path behind a local preference that is empty", "Network        NextHop    LocPrf Weight Path   \n-------        -------    ------ ------ ----   \n" + row + "192.0.2.1*             0 65540 I\n", 0},
		{"IPv6", "Network           NextHop     LocPrf Path   \n-------           -------     ------ ----   \n2001:db8:113::/48 2001:db8::1*       65540 I\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(tt.text))
			const always = rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN | rib.AttrNeighbor
			if err != nil || len(routes) != 1 || routes[0].Attrs.NotShown != always|tt.hides {
				t.Errorf("%v, errors %q, %v", recordsOf(routes), got.Errors, err)
			}
		})
	}
}

func TestWhatStandsInATableOfPowerShell(t *testing.T) {
	const head = "\nNetwork         NextHop    LocPrf Weight Path         \n-------         -------    ------ ------ ----         \n"
	const one = "203.0.113.0/24  192.0.2.1*             0 65540 65549 I\n"
	const two = "198.51.100.0/24 192.0.2.1* 100         0 65540 I      \n"
	const prompt = "PS C:\\> "
	const get = "Get-AzExpressRouteCircuitRouteTable -DevicePath Primary -PeeringType MicrosoftPeering"
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
		denies     bool
	}{
		{"a table", head + one + two + "\n\n", reading.Source{}, 2, "unproven", "", false},
		{"a prompt proves the end", prompt + get + " | ft\n" + head + one + two + "\n" + prompt + "\n", reading.Source{}, 2, "yes", "", false},
		{"names of columns leave out no row", prompt + get + " | Select-Object Network,NextHop, LocPrf | Sort-Object Network | Format-Table -AutoSize\n" + head + one + prompt + "\n", reading.Source{}, 1, "yes", "", false},
		{"the first of them does", prompt + get + " | select Network,Path -First 1 | ft\n" + head + one + prompt + "\n", reading.Source{}, 1, "no", "a part of the table alone", false},
		{"a filter of a variable", prompt + "$r = " + get + " | ? Path -match 65540\n" + prompt + "$r | ft\n" + head + one + prompt + "\n", reading.Source{}, 1, "no", "a part of the table alone", false},
		{"the other side of the circuit", prompt + get + " | ft\n" + head + one, reading.Source{View: rib.FarEnd, Link: reading.Link{Kind: rib.ExpressRouteMicrosoft, Side: "secondary"}}, 0, "", "side", true},
		{"private peering's table", prompt + get + " | ft\n" + head + one, reading.Source{View: rib.FarEnd, Link: reading.Link{Kind: rib.ExpressRoutePrivate}}, 0, "", "kind: expressroute-private", true},
		{"what we advertise", prompt + get + " | ft\n" + head + one, reading.Source{View: rib.AdjRIBOutPost}, 1, "", "", true},
		{"a path that is cut, with dots", head + strings.Replace(one, "65549 I", "655... ", 1) + two, reading.Source{}, 1, "no", "left off the end of its path", false},
		{"a path that is cut, with one letter of three", head + strings.Replace(one, "65549 I", "65549 …", 1) + two, reading.Source{}, 1, "no", "left off the end of its path", false},
		{"a network that is cut", head + strings.Replace(one, "203.0.113.0/24 ", "203.0.113.0... ", 1) + two, reading.Source{}, 1, "no", "left off the end of its network", false},
		{"a next hop that is cut", head + strings.Replace(one, "192.0.2.1*", "192.0.2...", 1) + two, reading.Source{}, 1, "no", "left off the end of its nexthop", false},
		{"a path that is wrapped", head + one + strings.Repeat(" ", 41) + "65550 I\n" + two, reading.Source{}, 1, "no", "may go on in the next line", false},
		{"a row beside its columns", head + strings.Replace(one, "  192", " 192", 1) + two, reading.Source{}, 1, "no", "unexpected text", false},
		{"a word for the weight", head + strings.Replace(one, " 0 65540 ", " x 65540 ", 1) + two, reading.Source{}, 1, "no", "does not fit its columns", false},
		{"a row that lost its end", head + "198.51.100.0/24 192.0.2.1*\n" + one, reading.Source{}, 1, "no", "does not fit its columns", false},
		{"a last line without a break", head + one + strings.TrimSpace(two), reading.Source{}, 1, "no", "line break", false},
		{"two sides in one file", "Primary\n" + head + one + "Secondary\n" + head + two, reading.Source{}, 0, "", "several tables", false},
		{"one of them by its heading", "Primary\n" + head + one + "\nSecondary\n" + head + two + "\n", reading.Source{VRF: "Secondary"}, 1, "unproven", "", false},
		{"an ARP table", "Age InterfaceProperty IpAddress MacAddress\n--- ----------------- --------- ----------\n 10 On-Prem           192.0.2.1 00005e005301\n", reading.Source{}, 0, "", "an ARP table", false},
		{"a summary", "Neighbor  V As    UpDown StatePfxRcd\n--------  - --    ------ -----------\n192.0.2.1 4 65540 01:00  5\n", reading.Source{}, 0, "", "a BGP summary", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if tt.complete != "" && (len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0) {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if (got.Contradiction != "") != tt.denies || tt.denies && !strings.Contains(got.Contradiction, tt.says) {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}

// TestTheAzureCLIsTablesStayTheCLIs: a ruler whose dashes fill a column is the CLI's, also where one is as long as its name.
func TestTheAzureCLIsTablesStayTheCLIs(t *testing.T) {
	text := "Network    NextHop        LocPrf    Weight    Path\n-------  -----------  --------  --------  ---------\n"
	text = strings.Replace(text, "Network    NextHop        LocPrf    Weight    Path", "Network  NextHop      LocPrf    Weight    Path", 1)
	routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text+"::/0     2001:db8::1            0         65540 I\n"))
	if err != nil || got.Header.Format != "azure-table" || len(routes) != 1 {
		t.Errorf("%s: %v, %v", got.Header.Format, recordsOf(routes), err)
	}
}
