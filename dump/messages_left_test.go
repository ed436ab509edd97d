package dump

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestMessagesThatAreNotTheFeedsAreCounted holds the account of messages that are not replayed: another neighbour's,
// another router's, and those of the other direction.
func TestMessagesThatAreNotTheFeedsAreCounted(t *testing.T) {
	ours := reading.Source{Name: "x", View: rib.AdjRIBInPre, Neighbor: netip.MustParseAddr("192.0.2.1"), ExpectRoutes: -1}
	six := ours
	six.Neighbor = netip.MustParseAddr("2001:db8::1")
	update := bgpUpdate(nil, mrtAttrs, doc)
	stranger := mrtText(uint32(65541), uint32(65536), 0, 1, "192.0.2.77", "192.0.2.9")
	capture := newMadeCapture(t)
	capture.up(4000)
	capture.update(4000, 1)
	capture.of(7, func() { capture.up(4000); capture.update(4000, 1); capture.update(4000, 2) })
	router := ours
	router.VRF = "10.255.0.6"
	text := func(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
	const (
		of1 = "BGP4MP|1795232401|A|192.0.2.1|65540|203.0.113.0/24|65540|IGP|192.0.2.1|0|0||NAG||"
		of2 = "BGP4MP|1795232402|A|192.0.2.2|65541|198.51.100.0/24|65541|IGP|192.0.2.2|0|0||NAG||"
		of6 = "BGP4MP|1795232403|A|2001:db8::1|65540|2001:db8:113::/48|65540|IGP|2001:db8::1|0|0||NAG||"
	)
	for _, tt := range []struct {
		name         string
		src          reading.Source
		file         []byte
		rows, others int
		why          string
	}{
		{"MRT, another neighbor", ours, mrtText(mrtRecord(16, 4, session(true), update), mrtRecord(16, 4, stranger, update)), 1, 1, "an UPDATE of neighbor 192.0.2.77"},
		{"MRT, the other direction", ours, mrtText(mrtRecord(16, 4, session(true), update), mrtRecord(16, 7, session(true), update)), 1, 1, "an UPDATE that the router sent"},
		{"bgpdump -m, another neighbor", ours, text(of1, of2, of2), 1, 2, "an UPDATE of neighbor 192.0.2.2"},
		{"bgpdump -m, IPv6", six, text(of6, of1), 1, 1, "an UPDATE of neighbor 192.0.2.1"},
		{"pcap, another router", router, capture.file.Bytes(), 1, 2, "another router than 10.255.0.6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(tt.src, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if len(routes) != tt.rows || got.Others != tt.others || !strings.Contains(got.Other.Why, tt.why) || got.Other.Line == 0 {
				t.Errorf("%d rows, %d others, the first in line %d: %s", len(routes), got.Others, got.Other.Line, got.Other.Why)
			}
		})
	}
}

// TestACommandOfBGPDumpThatLeavesLinesOut: what its answer is piped to may leave rows out.
func TestACommandOfBGPDumpThatLeavesLinesOut(t *testing.T) {
	const row = "TABLE_DUMP2|1795232330|B|192.0.2.1|65540|203.0.113.0/24|65540|IGP|192.0.2.1|0|0||NAG||\n"
	for command, part := range map[string]bool{
		"bgpdump -m rib.mrt":                           false,
		"bgpdump -m rib.mrt | tee rib.txt":             false,
		"/usr/bin/bgpdump -m rib.mrt > rib.txt":        false,
		"bgpdump -m rib.mrt | grep 65540":              true,
		"bgpdump -m rib.mrt 2>/dev/null | head -n 100": true,
	} {
		for _, prompt := range []string{"ops@box:~$ ", "edge# "} {
			src := reading.Source{Name: "x", View: rib.Collector, ExpectRoutes: -1}
			_, got, err := readBytes(src, []byte(prompt+command+"\n"+row+prompt+"\n"))
			if err != nil || (got.Complete == rib.CompleteNo) != part {
				t.Errorf("%s: complete %s, errors %q, %v", prompt+command, got.Complete, got.Errors, err)
			}
		}
	}
}
