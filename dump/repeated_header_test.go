package dump

import (
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestARepeatedHeaderContinuesItsTable: a terminal's page begins with it. Where the prefixes begin anew behind it, it is another table.
func TestARepeatedHeaderContinuesItsTable(t *testing.T) {
	const (
		top    = "edge1#show ip bgp vpnv4 all\nBGP table version is 7, local router ID is 192.0.2.3\nStatus codes: s suppressed, d damped, h history, * valid, > best, i - internal,\nOrigin codes: i - IGP, e - EGP, ? - incomplete\n\n"
		header = "     Network          Next Hop            Metric LocPrf Weight Path\n"
		rd     = "Route Distinguisher: 65536:7 (default for vrf BLUE)\n"
		first  = " *>  10.64.0.0/24     192.0.2.1                0             0 65540 i\n"
		second = " *>  10.64.1.0/24     192.0.2.9                0             0 65541 i\n"
	)
	for _, tt := range []struct {
		name, text string
		routes     int
		complete   rib.Completeness
	}{
		{"it goes on", top + header + rd + first + header + second + "edge1#\n", 2, rib.CompleteYes},
		{"it begins anew", top + header + rd + second + header + first + "edge1#\n", 2, rib.CompleteNo},
	} {
		routes, got, err := readBytes(reading.Source{Name: "x", Format: "ios", VRF: "BLUE", ExpectRoutes: -1}, []byte(tt.text))
		if err != nil || len(routes) != tt.routes || got.Complete != tt.complete {
			t.Errorf("%s: %d rows, complete: %s, %q, %v", tt.name, len(routes), got.Complete, got.Errors, err)
		}
	}
}
