package rib_test

import (
	"fmt"
	"net/netip"
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
			s.EachReceived(rib.IPv4, everyLink, func(p netip.Prefix, _ []rib.Learned) { out = append(out, p) })
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
		before, inside := read(sight), insideAll(sight, want)
		table.Settle()
		settled := rib.NewSight(table, rib.Options{})
		if !slices.Equal(before, read(settled)) || !slices.Equal(inside, insideAll(settled, want)) {
			t.Errorf("%d late: in order it reads otherwise", late)
		}
	}
}

// insideAll is what lies inside every /6 and every prefix of the table's: ranges, and more-specifics.
func insideAll(s *rib.Sight, prefixes []netip.Prefix) (out []string) {
	for _, p := range prefixes {
		for _, q := range []netip.Prefix{p, netip.PrefixFrom(p.Addr(), 6).Masked()} {
			if q != p && slices.Contains(out, q.String()) {
				continue
			}
			out = append(out, q.String())
			for _, r := range s.Ranges(s.Observer("us"), q, rib.Query{}, rib.ByRoute) {
				out = append(out, fmt.Sprint(r.From, r.To, r.Decision.Links))
			}
			s.Table().MoreSpecifics(q, func(e rib.Entry) bool { out = append(out, e.Prefix.String()); return true })
		}
	}
	return out
}
