package dump

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestAnAzureTableHoldsTheRoutesOfItsJSON writes one table in both forms.
func TestAnAzureTableHoldsTheRoutesOfItsJSON(t *testing.T) {
	rows := func(text string) []string {
		routes, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for i := range routes {
			routes[i].Line = 0
		}
		return recordsOf(routes)
	}
	for _, tt := range []struct{ fixture, json string }{
		{"circuit.txt", `[{"locPrf":"","network":"203.0.113.0/24","nextHop":"192.0.2.1*","path":"65540 65540 I","weight":0},
{"locPrf":"100","network":"203.0.113.0/24","nextHop":"192.0.2.5","path":"65540 65549 ?","weight":0},
{"locPrf":"","network":"198.51.100.0/24","nextHop":"192.0.2.9*","path":"65515 I","weight":32768},
{"locPrf":"","network":"2001:db8::/32","nextHop":"2001:db8::c*","path":"65540 e","weight":0}]`},
		{"gateway-learned.txt", `{"value":[{"localAddress":"192.0.2.4","network":"198.51.100.0/24","nextHop":null,"sourcePeer":"192.0.2.4","origin":"Network","asPath":"","weight":32768},
{"localAddress":"192.0.2.4","network":"203.0.113.0/24","nextHop":"192.0.2.1","sourcePeer":"192.0.2.1","origin":"EBgp","asPath":"65540-65549","weight":32769},
{"localAddress":"192.0.2.4","network":"203.0.113.0/24","nextHop":"192.0.2.1","sourcePeer":"192.0.2.5","origin":"IBgp","asPath":"65540-65549","weight":32768}]}`},
	} {
		want, have := rows(tt.json), rows(string(fixtureBytes(t, "azure-table/"+tt.fixture)))
		if !slices.Equal(want, have) {
			t.Errorf("%s: table\n%s\nJSON\n%s", tt.fixture, strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestWhatStandsInAnAzureTable(t *testing.T) {
	const head = "Network          NextHop      Origin    SourcePeer    AsPath       Weight\n---------------  -----------  --------  ------------  -----------  --------\n"
	const row = "203.0.113.0/24   192.0.2.1    EBgp      192.0.2.1     65540-65549  32769\n"
	const two = "198.51.100.0/24  192.0.2.1    EBgp      192.0.2.1     65540-65549  32769\n"
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"a table", head + row + two, reading.Source{}, 2, "unproven", ""},
		{"a prompt proves the end", head + row + two + "me@box:~$ \n", reading.Source{}, 2, "yes", ""},
		{"a part of it", "$ az network vnet-gateway list-learned-routes -g rg -n gw -o table | grep 203\n" + head + row, reading.Source{}, 1, "no", "a part of the table alone"},
		{"rows behind a blank line", head + row + "\n" + two, reading.Source{}, 2, "unproven", ""},
		{"a word between rows", head + row + "hello\n" + two, reading.Source{}, 1, "no", "unexpected text"},
		{"a last row that goes on in the next line", head + row + "198.51.100.0/24  192.0.2.1    EBgp      192.0.2.1     65540-655\n49  32769\nme@box:~$ \n", reading.Source{}, 1, "no", "may go on in the next line"},
		{"the same without a prompt", head + row + "198.51.100.0/24  192.0.2.1    EBgp      192.0.2.1     65540-655\n49  32769\n", reading.Source{}, 1, "no", "may go on in the next line"},
		{"a last row with a word before it", head + row + "\njunk " + two + "me@box:~$ \n", reading.Source{}, 1, "no", "unexpected text"},
		{"a last row of a prefix without a mask", head + row + "\n198.51.100.0     192.0.2.1    EBgp      192.0.2.1     65540-65549  32769\n", reading.Source{}, 1, "no", "unexpected text"},
		{"a spoilt last row before another table", "one\n" + head + row + "\njunk " + two + "\ntwo\n" + head + two, reading.Source{VRF: "one"}, 1, "no", "unexpected text"},
		{"a row right before another table's columns", "one\n" + head + row + head + two, reading.Source{VRF: "one"}, 1, "yes", ""},
		{"an error behind", head + row + "ERROR: it broke\n", reading.Source{}, 1, "no", "holds an error"},
		{"a last line without a break", head + row + strings.TrimSpace(two), reading.Source{}, 1, "no", "line break"},
		{"names without rows", head, reading.Source{}, 0, "no", "expect-empty"},
		{"two tables", "one\n" + head + row + "\ntwo\n" + head + two, reading.Source{}, 0, "", "several tables: line 2: one, line 7: two"},
		{"one of two by its heading", "one\n" + head + row + "\ntwo\n" + head + two, reading.Source{VRF: "one"}, 1, "yes", ""},
		{"the other by its line", "one\n" + head + row + "\ntwo\n" + head + two, reading.Source{VRF: "line 7"}, 1, "unproven", ""},
		{"none of two", "one\n" + head + row + "\ntwo\n" + head + two, reading.Source{VRF: "three"}, 0, "", "no table under"},
		{"two of one heading", "one\n" + head + row + "\none\n" + head + two, reading.Source{VRF: "one"}, 0, "", "several tables under"},
		{"a summary", "Neighbor    V    As     UpDown    StatePfxRcd\n----------  ---  -----  --------  -----------\n192.0.2.1   4    65540  00:01     5\n", reading.Source{}, 0, "", "a BGP summary"},
		{"learned routes declared as advertised", "$ az network vnet-gateway list-learned-routes -o table\n" + head + row, reading.Source{View: rib.AdjRIBOutPost}, 1, "unproven", ""},
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
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if denied := got.Contradiction != ""; denied != strings.HasPrefix(tt.name, "learned") {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}
