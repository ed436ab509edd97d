package rib_test

import (
	"net/netip"
	"reflect"
	"sync"
	"testing"

	"bgpaudit/rib"
)

// TestForksAnswerAtATimeAsOneSightDoes is worth most under the race detector.
func TestForksAnswerAtATimeAsOneSightDoes(t *testing.T) {
	const askers, n = 8, 2_000
	links, feeds := site(4)
	table := rib.NewTable([]uint32{own}, links, feeds)
	for i := range feeds {
		load(t, table, i, fullFeed(n, i))
	}
	table.Settle()
	all := netip.MustParsePrefix("1.0.0.0/12")
	ask := func(s *rib.Sight) []rib.Range {
		return s.Ranges(s.Observer(rib.ObserverUs), all, rib.Query{}, rib.ByRoute)
	}
	want := ask(rib.NewSight(table, rib.Options{}))
	if len(want) < n/2 {
		t.Fatalf("%d ranges", len(want))
	}
	sight := rib.NewSight(table, rib.Options{}) // has found out nothing yet
	var asking sync.WaitGroup
	for range askers {
		fork := sight.Fork()
		asking.Go(func() {
			if !reflect.DeepEqual(ask(fork), want) {
				t.Error("a fork answers otherwise")
			}
		})
	}
	asking.Wait()
}
