package dump

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

func TestWhatStandsInACapture(t *testing.T) {
	n1, n2 := netipAddr(t, "192.0.2.1"), netipAddr(t, "192.0.2.2")
	for _, tt := range []struct {
		name, file string
		src        Source
		prefixes   string
		complete   rib.Completeness
		says       string
	}{
		{"received of the neighbour", "session.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24 198.51.100.0/24", "unproven", ""},
		{"sent to it", "session.pcap", Source{View: rib.AdjRIBOutPost, Neighbor: n1}, "192.0.2.128/25", "unproven", ""},
		{"the router is known by its ASN", "session.pcap", Source{View: rib.AdjRIBOutPost, ASNs: []uint32{65536}}, "192.0.2.128/25", "unproven", ""},
		{"nothing says which end is the router", "session.pcap", Source{View: rib.AdjRIBInPre}, "", "no", "nothing says which of 192.0.2.6 and 192.0.2.1 is the router"},
		{"another neighbour's", "session.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n2, ASNs: []uint32{65536}}, "", "no", "no peer of the dump is 192.0.2.2"},
		{"without a view both ends'", "session.pcap", Source{}, "203.0.113.0/24 198.51.100.0/24 192.0.2.128/25", "unproven", ""},
		{"of two neighbours one", "two-neighbors.pcapng", Source{View: rib.AdjRIBInPre, Neighbor: n2}, "203.0.113.0/24 203.0.113.0/24", "unproven", ""},
		{"a session that came up again", "two-neighbors.pcapng", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24", "unproven", ""},
		{"no OPEN", "late.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "lacks the OPEN"},
		{"a missing segment costs the direction", "gap.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "47 octets of what 192.0.2.1 sends are missing"},
		{"and not the other one", "gap.pcap", Source{View: rib.AdjRIBOutPost, Neighbor: n1}, "192.0.2.128/25", "no", "are missing"},
		{"cut packets", "cut-packets.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "", "no", "packets are cut"},
		{"AS numbers of two octets", "two-octets.pcap", Source{View: rib.AdjRIBInPre, Neighbor: n1}, "203.0.113.0/24", "unproven", ""},
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
	src := Source{Name: "x", View: rib.AdjRIBInPre, Neighbor: netipAddr(t, "192.0.2.1"), ExpectRoutes: -1, Format: "pcap"}
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

// TestARealCaptureHoldsTheRoutesThatNetGauzeReads compares with another decoder's messages.
func TestARealCaptureHoldsTheRoutesThatNetGauzeReads(t *testing.T) {
	dir := filepath.Join(corpus(t), "bgp-session-pcap", "NetGauze", "multiple-sessions")
	text, err := os.ReadFile(filepath.Join(dir, "traffic-bgp.json"))
	if err != nil {
		t.Fatal(err)
	}
	type nlri struct{ Network string }
	type family struct {
		Hop  string `json:"next_hop_global"`
		Hop4 string `json:"next_hop"`
		NLRI []nlri
	}
	type message struct {
		Update *struct {
			Attributes []struct {
				Value json.RawMessage
			} `json:"path_attributes"`
			NLRI      []nlri
			Withdrawn []nlri `json:"withdrawn_routes"`
		}
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		var m message
		if json.Unmarshal([]byte(line), &m) != nil || m.Update == nil {
			continue
		}
		var origin, hop string
		var med any = "absent"
		var networks []nlri
		networks = append(networks, m.Update.NLRI...)
		for _, a := range m.Update.Attributes {
			var v struct {
				Origin  string
				NextHop *struct {
					Hop string `json:"next_hop"`
				}
				MED *struct{ Metric uint32 } `json:"MultiExitDiscriminator"`
				MP  map[string]family        `json:"MpReach"`
			}
			if json.Unmarshal(a.Value, &v) != nil {
				continue
			}
			if v.Origin != "" {
				origin = strings.ToLower(v.Origin)
			}
			if v.NextHop != nil {
				hop = v.NextHop.Hop
			}
			if v.MED != nil {
				med = v.MED.Metric
			}
			for _, f := range v.MP {
				hop = f.Hop + f.Hop4
				networks = append(networks, f.NLRI...)
			}
		}
		for _, n := range networks {
			want[fmt.Sprint(n.Network, " ", origin, " ", hop, " ", med)] = true
		}
	}
	routes, res, err := readReal(t, filepath.Join(dir, "traffic.pcap"), Source{})
	if err != nil || res.Skipped > 0 {
		t.Fatal(err, res.Errors)
	}
	have := map[string]bool{}
	for _, r := range routes {
		have[fmt.Sprint(r.Prefix, " ", r.Attrs.Origin, " ", r.Attrs.NextHop, " ", r.Attrs.MED)] = true
	}
	for _, w := range slices.Sorted(maps.Keys(want)) { // it leaves the sessions over IPv4 out
		if !have[w] {
			t.Errorf("NetGauze has %s", w)
		}
	}
	for _, r := range routes {
		if row := fmt.Sprint(r.Prefix, " ", r.Attrs.Origin, " ", r.Attrs.NextHop, " ", r.Attrs.MED); strings.Contains(row, " 32.3.0.222 ") && !want[row] {
			t.Errorf("NetGauze lacks %s", row)
		}
	}
	if len(want) < 20 {
		t.Errorf("%d routes of NetGauze", len(want))
	}
}

func TestNoRealCaptureDoesHarm(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(corpus(t), "bgp-session-pcap", "tcpdump", "tests", "*.pcap*"))
	if err != nil || len(paths) < 15 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		_, res, _ := readReal(t, path, Source{})
		if res.Complete == rib.CompleteYes {
			t.Errorf("%s: complete", path)
		}
	}
}
