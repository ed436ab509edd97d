package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestATableAppendedToItselfIsNoWholeTable writes each text behind itself, as >> for > does: the one is not told from
// the other, whichever is today's.
func TestATableAppendedToItselfIsNoWholeTable(t *testing.T) {
	views := []rib.View{rib.AdjRIBInPost, rib.AdjRIBInPre, rib.AdjRIBOutPost, rib.BGPTable, rib.FarEnd, rib.Collector}
	for _, format := range Formats {
		f := format.Name
		if f == "pcap" {
			continue // a capture has one head
		}
		for _, name := range fixtures(t, f) {
			if name == "bgpdump-m/updates.txt" {
				continue // messages replace rows
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				text, src := fixtureBytes(t, name), fixtureSource(name)
				for _, view := range views {
					if src.View = view; fixtureSource(name).View != "" {
						src.View = fixtureSource(name).View
					}
					full, whole, err := readBytes(src, text)
					if err != nil || whole.Contradiction != "" || len(full) == 0 {
						continue
					}
					for _, between := range []string{"", "\n"} {
						if f == "mrt" && between != "" {
							continue
						}
						routes, got, err := readBytes(src, []byte(string(text)+between+string(text)))
						if err == nil && got.Complete != rib.CompleteNo && got.Contradiction == "" {
							t.Errorf("as %s: %d rows of %d, complete %s", src.View, len(routes), len(full), got.Complete)
						}
					}
					return
				}
			})
		}
	}
}

// TestAnMRTFileOfTwoTablesContradicts: each has its peers in front of it. Tables of the two families are one answer.
func TestAnMRTFileOfTwoTablesContradicts(t *testing.T) {
	src := fixtureSource("mrt/x")
	src.View, src.ExpectRoutes = rib.Collector, -1
	v6 := mrtRecord(13, 4, uint32(0), "2001:db8:113::/48", 1, 1, uint32(9), sized(mrtAttrs6))
	if _, got := readMRTBytes(t, src, mrtPeers, routeV4, mrtPeers, v6); got.Contradiction != "" || got.Complete != "unproven" {
		t.Errorf("two families: complete %s, %q, %q", got.Complete, got.Contradiction, got.Errors)
	}
	routes, got := readMRTBytes(t, src, mrtPeers, routeV4, mrtPeers, routeV4)
	if len(routes) != 1 || got.Others != 1 || !strings.Contains(got.Contradiction, "both with ipv4 routes") {
		t.Errorf("the same family: %d rows, %d others, %q", len(routes), got.Others, got.Contradiction)
	}
}

// TestAPieceOfADocumentIsNoBanner: the brace that opens the first of two documents is lost.
func TestAPieceOfADocumentIsNoBanner(t *testing.T) {
	for _, name := range []string{"frr-json/session-two-families.txt", "nxos-json/session.txt", "nokia-json/session.txt"} {
		src := fixtureSource(name)
		src.Format, _, _ = strings.Cut(name, "/")
		text := strings.Replace(string(fixtureBytes(t, name)), "{", "", 1)
		if routes, got, err := readBytes(src, []byte(text)); err == nil && got.Complete != rib.CompleteNo {
			t.Errorf("%s: %d rows, complete %s", name, len(routes), got.Complete)
		}
	}
}

// TestABgpdumpTableMayBeSortedByPeer: a looking glass that writes one peer's rows behind the other's holds one table.
func TestABgpdumpTableMayBeSortedByPeer(t *testing.T) {
	const rows = `TABLE_DUMP2|1795165200|B|192.0.2.101|65550|203.0.113.0/24|65550 65540 65536|IGP|192.0.2.101|0|0||NAG||
TABLE_DUMP2|1795165200|B|192.0.2.101|65550|2001:db8:1::/48|65550 65540 65536|IGP|2001:db8::1|0|0||NAG||
TABLE_DUMP2|1795165200|B|192.0.2.102|65551|203.0.113.0/24|65551 65541 65536|IGP|192.0.2.102|0|0||NAG||
TABLE_DUMP2|1795165200|B|192.0.2.102|65551|2001:db8:1::/48|65551 65541 65536|IGP|2001:db8::2|0|0||NAG||
`
	src := reading.Source{Name: "lg.txt", View: rib.Collector, ExpectRoutes: -1}
	routes, got, err := readBytes(src, []byte(rows))
	if err != nil || len(routes) != 4 || got.Contradiction != "" || got.Complete == rib.CompleteNo {
		t.Errorf("%d routes, complete %s, contradiction %q, %v", len(routes), got.Complete, got.Contradiction, err)
	}
	if _, got, _ := readBytes(src, []byte(rows+rows)); got.Contradiction == "" {
		t.Error("twice the same is two answers")
	}
}
