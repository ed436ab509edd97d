package dump

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestHostileTextTablesAreReadInLittleMemory holds the readers of text to their bounds.
func TestHostileTextTablesAreReadInLittleMemory(t *testing.T) {
	const big = 4 << 20
	ios := string(fixtureBytes(t, "ios/table-no-end.txt"))
	numbered := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return b.String()
	}
	digits := func(i int) string {
		return strings.Repeat("1", 1+i%4) + string(rune('0'+i%10)) + ":" + string(rune('0'+i/10%10))
	}
	for _, tt := range []struct{ name, format, text string }{
		{"one line", "ios", ios + strings.Repeat("1", big)},
		{"backspaces", "ios", ios + strings.Repeat("\b", big) + "\n"},
		{"tabs", "nxos", strings.Repeat("\t", big)},
		{"prefixes without rows", "ios", ios + strings.Repeat(" *>   203.0.113.0/24\n", big/20)},
		{"headings", "ios", ios + strings.Repeat("For address family: IPv4 Unicast\n", big/32)},
		{"route distinguishers", "ios", ios + numbered(50_000, func(i int) string { return "Route Distinguisher: " + digits(i) + "\n" })},
		{"prompts", "frr", strings.Repeat("edge1#\n", big/8)},
		{"counts", "iosxr", strings.Repeat("Processed 1 prefixes, 1 paths\n", big/30)},
		{"headers", "eos", strings.Repeat("   Network Next Hop Metric LocPref Weight Path\n", big/48)},
		{"brackets", "gobgp", string(fixtureBytes(t, "gobgp/table-v4.txt")) + strings.Repeat("*> 203.0.113.0/24 192.0.2.1 00:00:00 [{", big/40)},
		{"VRFs", "fortios", numbered(100_000, func(i int) string {
			return "VRF " + strconv.Itoa(i) + " BGP table version is 1, local router ID is 192.0.2.9\n"
		})},
		{"path ids", "fortios", fortiTop + "*> 203.0.113.0/24   192.0.2.1       0                      0        0 65540 i " + strings.Repeat("<", big/8) + strings.Repeat(">", big/8) + "\n"},
		{"virtual routers", "panos", numbered(100_000, func(i int) string { return "VIRTUAL ROUTER: " + strconv.Itoa(i) + " (id 1)\n" })},
		{"a long peer", "panos", string(fixtureBytes(t, "panos/no-count.txt")) + " *203.0.113.0/24     192.0.2.1        " + strings.Repeat("x", big/8) + "\n"},
		{"names", "azure-list", numbered(200_000, func(i int) string { return "Name" + strconv.Itoa(i) + " : x\n" })},
		{"a block without end", "azure-list", strings.Repeat("Network : 203.0.113.0/24\n", big/25)},
		{"a long path", "openbgpd", string(fixtureBytes(t, "openbgpd/table.txt")) + "*> N 203.0.113.0/24 192.0.2.1 100 0" + strings.Repeat(" 1", big/2) + " i\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			n := 0
			_, got, err := readCounting(reading.Source{Name: "x", Format: tt.format, ExpectRoutes: -1}, []byte(tt.text), &n)
			runtime.ReadMemStats(&after)
			if after.HeapSys > before.HeapSys && after.HeapSys-before.HeapSys > 64<<20 {
				t.Errorf("the heap grew by %d MiB", (after.HeapSys-before.HeapSys)>>20)
			}
			if err == nil && got.Complete == rib.CompleteYes {
				t.Errorf("called complete with %d routes", n)
			}
			if len(got.Errors) > reading.MaxErrors+1 {
				t.Errorf("%d errors", len(got.Errors))
			}
			for _, e := range got.Errors {
				if len(e) > 1000 {
					t.Errorf("an error of %d bytes", len(e))
				}
			}
		})
	}
}
