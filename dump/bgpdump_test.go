package dump

import (
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInABGPDumpText(t *testing.T) {
	const row = "TABLE_DUMP2|1795232330|B|192.0.2.1|65540|203.0.113.0/24|65540|IGP|192.0.2.1|0|0||NAG||\n"
	const other = "TABLE_DUMP2|1795232330|B|192.0.2.2|65541|203.0.113.0/24|65541|IGP|192.0.2.2|0|0||NAG||\n"
	const change = "BGP4MP|1795232400|A|192.0.2.1|65540|198.51.100.0/24|65540|IGP|192.0.2.1|0|0||NAG||\n"
	const gone = "BGP4MP|1795232400|W|192.0.2.1|65540|203.0.113.0/24\n"
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"a table", row + other, reading.Source{}, 2, "unproven", ""},
		{"a prompt proves the end", "edge1$ bgpdump -m rib.mrt\n" + row + "edge1$ \n", reading.Source{}, 1, "yes", ""},
		{"one neighbour's", row + other, reading.Source{View: rib.BGPTable, Neighbor: netipAddr(t, "192.0.2.2")}, 1, "unproven", ""},
		{"a neighbour that is not there", row, reading.Source{View: rib.BGPTable, Neighbor: netipAddr(t, "192.0.2.7")}, 0, "no", "no peer of the dump is"},
		{"messages behind the table", row + change + gone, reading.Source{}, 1, "unproven", ""},
		{"messages without a table", change, reading.Source{}, 1, "no", "messages with no table"},
		{"messages of nobody knows which way", row + change, reading.Source{View: rib.AdjRIBOutPost}, 2, "no", "does not say that the router sent"},
		{"as of a moment", row + change + gone, reading.Source{At: time.Unix(1795232340, 0)}, 1, "unproven", ""},
		{"a last line without a break", row + strings.TrimSpace(other), reading.Source{}, 1, "no", "line break"},
		{"a line that is cut", row + "TABLE_DUMP2|1795232330|B|192.0.2.2|65541|203.0.113.0/24|65541\n", reading.Source{}, 1, "no", "is it cut off"},
		{"a warning", row + "2026-11-21 15:07:47 [warn] mrtd_process: bad\n", reading.Source{}, 1, "no", "bgpdump says"},
		{"-M", "TABLE_DUMP2|11/21/26 03:38:50|B|192.0.2.1|65540|203.0.113.0/24|65540|IGP\n", reading.Source{}, 0, "", "with bgpdump -M"},
		{"-p", "TABLE_DUMP2|0|1795232330|B|192.0.2.1|65540|203.0.113.0/24|65540|IGP|192.0.2.1|0|0||NAG||\n", reading.Source{}, 0, "", "leave -p out"},
		{"no path id in a withdrawal", row + "BGP4MP_AP|1795232400|W|192.0.2.1|65540|203.0.113.0/24\n", reading.Source{}, 1, "no", "bad path id"},
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
		})
	}
}
