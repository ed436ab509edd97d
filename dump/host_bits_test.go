package dump

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// onlyOctets are the formats that show the octets of an UPDATE, whose trailing bits say nothing.
var onlyOctets = map[string]bool{"mrt": true, "pcap": true, "bgpdump-m": true}

// TestALengthThatLostADigitIsNoOtherRow cuts the lengths of the fixtures' prefixes, one at a time: "/14" is "/1".
func TestALengthThatLostADigitIsNoOtherRow(t *testing.T) {
	families := map[rib.Family]int{}
	for _, name := range fixtures(t, "*") {
		if format, _, _ := strings.Cut(name, "/"); onlyOctets[format] {
			continue
		}
		text, src := string(fixtureBytes(t, name)), fixtureSource(name)
		routes, whole, err := readBytes(src, []byte(text))
		if err != nil || whole.Complete == rib.CompleteNo || whole.Contradiction != "" {
			continue
		}
		src.Format = whole.Header.Format
		for _, r := range routes[:min(len(routes), 3)] {
			short, ok := lostDigit(r.Prefix)
			if !ok || !strings.Contains(text, r.Prefix.String()) {
				continue
			}
			families[rib.FamilyOf(r.Prefix)]++
			damaged, got, err := readBytes(src, []byte(strings.ReplaceAll(text, r.Prefix.String(), short.String())))
			for _, d := range damaged {
				if d.Prefix == short.Masked() {
					t.Errorf("%s: %s is read as %s", name, short, d.Prefix)
				}
			}
			if err == nil && got.Complete != rib.CompleteNo {
				t.Errorf("%s: with %s in place of %s it is complete: %s (%d rows, %q)", name, short, r.Prefix, got.Complete, len(damaged), got.Errors)
			}
		}
	}
	if families[rib.IPv4] < 40 || families[rib.IPv6] < 20 {
		t.Errorf("only %v lengths were cut", families)
	}
}

// lostDigit is a prefix whose length lost its last digit, where host bits tell of it.
func lostDigit(p netip.Prefix) (netip.Prefix, bool) {
	short := netip.PrefixFrom(p.Addr(), p.Bits()/10)
	return short, p.Bits() > 9 && short.Masked() != short
}

// TestTrailingBitsOfAnUpdateSayNothing: bgpdump prints the octets as they came (RFC 4271, 4.3).
func TestTrailingBitsOfAnUpdateSayNothing(t *testing.T) {
	for printed, want := range map[string]string{"203.0.113.0/20": "203.0.112.0/20", "2001:db8:113:8::/48": "2001:db8:113::/48"} {
		text := "TABLE_DUMP2|1700000000|B|192.0.2.1|65540|" + printed + "|65540|IGP|192.0.2.1|0|0||NAG||\n"
		routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(text))
		if err != nil || len(routes) != 1 || routes[0].Prefix.String() != want || got.Skipped > 0 {
			t.Errorf("%s: %v, %+v, %v", printed, routes, got, err)
		}
	}
}
