package dump

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestACSVFileHoldsTheRoutesOfItsList: the same routes with a #TYPE line and line breaks in the paths, with a byte order mark,
// with semicolons, and without quotes.
func TestACSVFileHoldsTheRoutesOfItsList(t *testing.T) {
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
	for file, list := range map[string]string{
		"azure-csv/circuit-type.csv":    "azure-list/circuit.txt",
		"azure-csv/circuit.csv":         "azure-list/circuit.txt",
		"azure-csv/semicolons.csv":      "azure-list/circuit.txt",
		"azure-csv/portal.csv":          "azure-list/circuit.txt",
		"azure-csv/gateway-learned.txt": "azure-list/gateway-learned.txt",
	} {
		have, want := rows(file), rows(list)
		if !slices.Equal(have, want) {
			t.Errorf("%s\n%s\n%s\n%s", file, strings.Join(have, "\n"), list, strings.Join(want, "\n"))
		}
	}
}

func TestWhatStandsInACSVFile(t *testing.T) {
	const head = "\"Network\",\"NextHop\",\"LocPrf\",\"Weight\",\"Path\"\n"
	const one = "\"203.0.113.0/24\",\"192.0.2.1*\",\"\",\"0\",\"65540 I\n          \"\n"
	const two = "\"2001:db8:113::/48\",\"2001:db8::1*\",\"\",\"0\",\"65540 65549 I\"\n"
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
		{"a table", head + one + two, reading.Source{}, 2, "unproven", "", false},
		{"as many as the feed says", head + one + two, reading.Source{ExpectRoutes: 2}, 2, "yes", "", false},
		{"no line break behind a quote that closes", head + one + strings.TrimSpace(two), reading.Source{}, 1, "no", "line break", false},
		{"no line break behind a field without quotes", "Network,NextHop,Path\n203.0.113.0/24,192.0.2.1*,65540", reading.Source{}, 0, "no", "line break", false},
		{"a cut within quotes", head + two + strings.TrimSuffix(one, " \"\n"), reading.Source{}, 1, "no", "cut off in it", false},
		{"a quote that is lost, and the next row", head + strings.Replace(one, "I\n          \"", "I", 1) + two, reading.Source{}, 1, "no", "quotes do not pair", false},
		{"a path that goes on in the next line", head + strings.Replace(one, "          \"", "65549 I\"", 1) + two, reading.Source{}, 1, "no", "quotes do not pair", false},
		{"too few fields", head + "\"203.0.113.0/24\",\"192.0.2.1\"\n" + two, reading.Source{}, 1, "no", "it has 2 fields, and the table 5 columns", false},
		{"an error behind", head + one + "ERROR: it broke\n", reading.Source{}, 1, "no", "it has 1 fields", false},
		{"a second table", head + one + "\n" + head + one, reading.Source{}, 2, "no", "two answers", false},
		{"a table that was appended to", head + one + two + one, reading.Source{}, 3, "no", "two answers", false},
		{"behind a prompt", prompt + get + " | ConvertTo-Csv\n#TYPE Selected.Microsoft\n" + head + one + prompt + "\n", reading.Source{View: rib.FarEnd}, 1, "yes", "", false},
		{"a filter", prompt + get + " | ? Weight -eq 0 | ConvertTo-Csv\n" + head + one + prompt + "\n", reading.Source{}, 1, "no", "a part of the table alone", false},
		{"the other side of the circuit", prompt + get + " | ConvertTo-Csv\n" + head + one, reading.Source{View: rib.FarEnd, Link: reading.Link{Kind: rib.ExpressRouteMicrosoft, Side: "secondary"}}, 0, "", "side", true},
		{"names alone", head, reading.Source{}, 0, "no", "the table is empty", false},
		{"names alone, where nothing is to be", head, reading.Source{ExpectEmpty: true}, 0, "unproven", "", false},
		{"an ARP table", "\"Age\",\"IpAddress\",\"MacAddress\"\n\"1\",\"192.0.2.1\",\"00005e005301\"\n", reading.Source{}, 0, "", "not a route table", false},
		{"a table of other columns", "\"Network\",\"NextHop\",\"Circuit\"\n\"203.0.113.0/24\",\"192.0.2.1\",\"x\"\n", reading.Source{}, 0, "", `it begins "\"Network\"`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name = "x"
			if tt.src.ExpectRoutes == 0 {
				tt.src.ExpectRoutes = -1
			}
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
			if (got.Contradiction != "") != tt.denies {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}

// What stands in front of a row or in its place is no prompt and no type.
func TestARowOfCSVBehindSomethingElseIsABadRow(t *testing.T) {
	const names = "\"Network\",\"NextHop\",\"LocPrf\",\"Weight\",\"Path\"\n"
	for _, front := range []string{"PS /home/x> ", "#TYPE "} {
		text := names + "\"203.0.113.0/24\",\"192.0.2.1\",\"\",\"0\",\"65536\"\n" + front + "\"203.0.114.0/24\",\"192.0.2.1\",\"\",\"0\",\"65536\"\n"
		routes, got, err := readBytes(reading.Source{Name: "x", Format: "azure-csv", ExpectRoutes: -1}, []byte(text))
		if err != nil || len(routes) != 1 || got.Skipped != 1 || got.Complete != "no" {
			t.Errorf("%q: %d routes, %d skipped, %s, %v, %v", front, len(routes), got.Skipped, got.Complete, got.Errors, err)
		}
	}
}
