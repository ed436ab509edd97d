package rib_test

import (
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"testing"

	"bgpaudit/rib"
)

// TestReadingALateTableChangesNothing reads routes, in order, of a table of which a part came after it
// was put in order; many may do so at a time.
func TestReadingALateTableChangesNothing(t *testing.T) {
	const n = 3_000
	links, feeds := site(1)
	for _, late := range []int{0, 1, 7, n / 2, n - 1, n} {
		table := rib.NewTable([]uint32{own}, links, feeds)
		routes := fullFeed(n, 0)
		rng := newRand(uint64(late))
		rng.Shuffle(n, func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
		load(t, table, 0, routes[late:])
		table.Settle()
		load(t, table, 0, routes[:late])
		sight := rib.NewSight(table, rib.Options{})
		read := func(s *rib.Sight) (out []netip.Prefix) {
			s.EachReceived(rib.IPv4, func(st rib.Standing) { out = append(out, st.Prefix) })
			return out
		}
		want := make([]netip.Prefix, n)
		for i := range routes {
			want[i] = routes[i].Prefix
		}
		slices.SortFunc(want, netip.Prefix.Compare)
		var readers sync.WaitGroup
		for range 3 {
			fork := sight.Fork()
			readers.Go(func() {
				if got := read(fork); !slices.Equal(got, want) {
					t.Errorf("%d late: %d prefixes, in another order", late, len(got))
				}
			})
		}
		readers.Wait()
		before := read(sight)
		table.Settle()
		if !reflect.DeepEqual(before, read(sight)) {
			t.Errorf("%d late: in order it reads otherwise", late)
		}
	}
}
