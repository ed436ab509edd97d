package monitor

import (
	"fmt"
	"net/netip"
	"testing"

	"bgpaudit/configs"
	"bgpaudit/rib"
)

// BenchmarkAudit is a whole audit of the seed story's site, with its seven flows and every check,
// beside tables of the size of the Internet's: what an update costs that audits read.
func BenchmarkAudit(b *testing.B) {
	for _, size := range []struct{ links, routes int }{{1, 0}, {1, 1_000_000}, {3, 1_000_000}} {
		b.Run(fmt.Sprintf("%d links x %d", size.links, size.routes), func(b *testing.B) {
			dir := b.TempDir()
			if err := configs.WriteSeed(dir); err != nil {
				b.Fatal(err)
			}
			s := readSeed(b, dir, "c")
			for link, feed := range []string{"isp-a-received-v4", "er-primary-received", "er-secondary-received"}[:size.links] {
				s.fill(b, feed, uint32(65540+link), size.routes)
			}
			b.ReportMetric(float64(s.table.Len()), "routes")
			for b.Loop() {
				s.audit()
			}
		})
	}
}

// fill adds received routes to a feed.
func (s *seed) fill(tb testing.TB, feed string, neighbor uint32, routes int) {
	tb.Helper()
	for id, f := range s.table.Feeds() {
		if f.Name != feed {
			continue
		}
		for n := range routes {
			at := n + n/3 // one /24 in four is nobody's
			r := rib.Route{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(60 + at>>16), byte(at >> 8), byte(at), 0}), 24), PathID: 7}
			r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{neighbor, 64496 + uint32(n%5), 131072 + uint32(n%20_000)}}}
			if _, err := s.table.Advertise(rib.FeedID(id), &r); err != nil {
				tb.Fatal(err)
			}
		}
		return
	}
	tb.Fatalf("no feed %s", feed)
}
