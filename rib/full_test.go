package rib_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"bgpaudit/rib"
)

// TestALoaderRefusesThePathsThatAdvertiseRefuses: more paths of one neighbour for a prefix than there is room for, of two
// links, some of them a second time.
func TestALoaderRefusesThePathsThatAdvertiseRefuses(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		links, feeds := ruledSite()
		byRow := rib.NewTable([]uint32{own}, links, feeds)
		links, feeds = ruledSite()
		loaded := rib.NewTable([]uint32{own}, links, feeds)
		var want, got []int
		l := loaded.NewLoader(1, func(line int, _ error) { got = append(got, line) })
		neighbor := netip.MustParseAddr("192.0.2.1")
		for line := 1; line < 12000; line++ {
			r := rib.Route{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, byte(113 + rng.IntN(2)), 0}), 24), Neighbor: neighbor, PathID: uint32(rng.IntN(4000)), Line: line}
			r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{65541}}}
			r.Attrs.NextHop = netip.AddrFrom4([4]byte{198, 51, 100, byte(rng.IntN(2))})
			if _, err := byRow.Advertise(1, &r); err != nil {
				want = append(want, line)
			}
			if err := l.Add(l.Share(neighbor, &r.Attrs, 0), rib.Row{Prefix: r.Prefix, PathID: r.PathID, Line: line}); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		slices.Sort(got)
		if !slices.Equal(got, want) || len(want) == 0 || byRow.Len() != loaded.Len() {
			t.Fatalf("seed %d: %d rows refused of the loader, %d of Advertise; %d and %d held", seed, len(got), len(want), loaded.Len(), byRow.Len())
		}
	}
}

// TestNumberedRowsGetAsManyPlacesAsThereAre: the thousands of others are refused, each of them.
func TestNumberedRowsGetAsManyPlacesAsThereAre(t *testing.T) {
	links, feeds := ruledSite()
	table := rib.NewTable([]uint32{own}, links, feeds)
	refused := 0
	l := table.NewLoader(1, func(int, error) { refused++ })
	s := l.Share(netip.MustParseAddr("192.0.2.1"), &rib.Attrs{}, 0)
	const rows, room = 20_000, 1024
	for line := range rows {
		if err := l.Add(s, rib.Row{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Numbered: true, Line: line + 1}); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if table.Len() != room || refused != rows-room {
		t.Errorf("%d rows held, %d refused of %d", table.Len(), refused, rows)
	}
}
