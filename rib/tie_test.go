package rib_test

import (
	"net/netip"
	"testing"

	"bgpaudit/rib"
)

// TestACollectorsPathNamesTheASNLeftOfTheFirstOfOurs: a set names no single neighbour, in whatever
// order its members stand.
func TestACollectorsPathNamesTheASNLeftOfTheFirstOfOurs(t *testing.T) {
	for _, tt := range []struct {
		path string
		link string
		tie  rib.Tie
	}{
		{"65550 65540 65536", "a", rib.Tied},
		{"65550 65540 65540 65536 65536 65536", "a", rib.Tied},
		{"65550 65541 65536 65540 65536", "b", rib.Tied},
		{"65540 65550 65536", "", rib.Unclassified},
		{"65536", "", rib.Elsewhere}, // the collector's own session with us
		{"65536 65540 65536", "", rib.Elsewhere},
		{"65550 65540", "", rib.Foreign},
		{"65540 {65536,65541}", "", rib.Unclassified},
		{"65540 {65541,65536}", "", rib.Unclassified},
		{"{65541,65550} 65536", "", rib.Unclassified},
		{"{65541,65550} 65540 65536", "a", rib.Tied},
	} {
		links := []rib.Link{{Name: "a", Kind: rib.Internet, NeighborASNs: []uint32{65540}}, {Name: "b", Kind: rib.Internet, NeighborASNs: []uint32{65541}}}
		table := rib.NewTable([]uint32{65536}, links, []*rib.Feed{{Name: "collector", View: rib.Collector}})
		path, err := rib.ParseASPath(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		prefix := netip.MustParsePrefix("203.0.112.0/24")
		if _, err := table.Advertise(0, &rib.Route{Prefix: prefix, Attrs: rib.Attrs{ASPath: path}}); err != nil {
			t.Fatal(err)
		}
		table.Settle()
		e := table.Exact(prefix)[0]
		if e.Tie != tt.tie || e.Tie == rib.Tied && table.LinkName(e.Link) != tt.link {
			t.Errorf("%s: %s %s, want %s %s", tt.path, e.Tie, table.LinkName(e.Link), tt.tie, tt.link)
		}
	}
}
