package dump

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInACapture(t *testing.T) {
	n1, n2 := netipAddr(t, "192.0.2.1"), netipAddr(t, "192.0.2.2")
	for _, tt := range []struct {
		name, file string
		src        reading.Source
		prefixes   string
		complete   rib.Completeness
		says       string
	}{
		{"received of the neighbour", "session.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24 198.51.100.0/24", "unproven", ""},
		{"sent to it", "session.pcap", reading.Source{View: rib.AdjRIBOutPost, Neighbor: n1}, "192.0.2.128/25", "unproven", ""},
		{"the router is known by its ASN", "session.pcap", reading.Source{View: rib.AdjRIBOutPost, ASNs: []uint32{65536}}, "192.0.2.128/25", "unproven", ""},
		{"nothing says which end is the router", "session.pcap", reading.Source{View: rib.AdjRIBInPre}, "", "no", "nothing says which of 192.0.2.6 and 192.0.2.1 is the router"},
		{"another neighbour's", "session.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n2, ASNs: []uint32{65536}}, "", "no", "no peer of the dump is 192.0.2.2"},
		{"without a view both ends'", "session.pcap", reading.Source{}, "203.0.113.0/24 198.51.100.0/24 192.0.2.128/25", "unproven", ""},
		{"of two neighbours one", "two-neighbors.pcapng", reading.Source{View: rib.AdjRIBInPre, Neighbor: n2}, "203.0.113.0/24 203.0.113.0/24", "unproven", ""},
		{"a session that came up again", "two-neighbors.pcapng", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24", "unproven", ""},
		{"no OPEN", "late.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "lacks the OPEN"},
		{"a missing segment costs the direction", "gap.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "47 octets of what 192.0.2.1 sends are missing"},
		{"and not the other one", "gap.pcap", reading.Source{View: rib.AdjRIBOutPost, Neighbor: n1}, "192.0.2.128/25", "no", "are missing"},
		{"cut packets", "cut-packets.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "packets are cut"},
		{"AS numbers of two octets", "two-octets.pcap", reading.Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24", "unproven", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, fixtureBytes(t, "pcap/"+tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, r := range routes {
				have = append(have, r.Prefix.String())
			}
			if strings.Join(have, " ") != tt.prefixes || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%v, complete %q, errors %q", have, got.Complete, got.Errors)
			}
			if tt.file == "two-octets.pcap" && routes[0].Attrs.ASPath.String() != "64511 64500" {
				t.Errorf("path %s", routes[0].Attrs.ASPath)
			}
			if tt.name == "a session that came up again" && routes[0].Attrs.ASPath.String() != "65540 65550" {
				t.Errorf("path %s", routes[0].Attrs.ASPath)
			}
		})
	}
}

// TestACaptureCutAtAnyByteHoldsNoOtherRoute: what is left of it are messages of the whole.
func TestACaptureCutAtAnyByteHoldsNoOtherRoute(t *testing.T) {
	src := reading.Source{Name: "x", View: rib.AdjRIBInPre, Neighbor: netipAddr(t, "192.0.2.1"), ExpectRoutes: -1, Format: "pcap"}
	whole := fixtureBytes(t, "pcap/session.pcap")
	said := map[string]bool{"203.0.113.0/24 65540 65549": true, "203.0.113.128/25 65540 65549": true, "198.51.100.0/24 65540": true}
	for n := range whole {
		routes, got, err := readBytes(src, whole[:n])
		if err != nil {
			continue
		}
		for _, r := range routes {
			if !said[fmt.Sprintf("%s %s", r.Prefix, r.Attrs.ASPath)] {
				t.Fatalf("cut at %d: %v", n, r)
			}
		}
		if got.Complete == rib.CompleteYes {
			t.Fatalf("cut at %d: complete", n)
		}
	}
}

// TestACaptureOfBMPIsRefusedByName: what a router tells a station is no BGP session.
func TestACaptureOfBMPIsRefusedByName(t *testing.T) {
	c := newMadeCapture(t)
	c.port = 11019
	c.send(false, 40000, nil)
	c.send(false, 40000, []byte(bmpPeerDown))
	_, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, c.file.Bytes())
	if err == nil || !strings.Contains(err.Error(), "holds BMP messages (RFC 7854)") {
		t.Error(err)
	}
}
