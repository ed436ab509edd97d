package rib

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestASlabHoldsWhatAMapHolds(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		span := 1 + rng.IntN(1<<rng.IntN(16))
		var s slab[uint32]
		want := map[prefixID]uint32{}
		for range rng.IntN(5000) {
			id, v := prefixID(rng.IntN(span)), uint32(rng.IntN(3))
			s.set(id, v)
			if want[id] = v; v == 0 {
				delete(want, id)
			}
			if s.at(id) != v {
				t.Fatalf("seed %d: %d stands at %d, not %d", seed, s.at(id), id, v)
			}
		}
		got := map[prefixID]uint32{}
		var order []prefixID
		for id, v := range s.all() {
			got[id] = v
			order = append(order, id)
		}
		if !maps.Equal(got, want) || !slices.IsSorted(order) || len(order) != len(got) || s.count != len(want) {
			t.Fatalf("seed %d: %d values of %d, counted %d, in order: %v", seed, len(order), len(want), s.count, slices.IsSorted(order))
		}
		for id := range s.all() {
			s.set(id, 0)
		}
		if s.count != 0 || len(s.few) != 0 {
			t.Errorf("seed %d: %d values left", seed, s.count)
		}
	}
}

// TestASlabMakesNoMorePagesThanItsValuesEarn: a neighbour with few routes all over the table costs little.
func TestASlabMakesNoMorePagesThanItsValuesEarn(t *testing.T) {
	var s slab[uint32]
	for i := range prefixID(1000) {
		s.set(i*pageSize, 1)
		if s.made > s.count/earnsPage {
			t.Fatalf("%d pages for %d values", s.made, s.count)
		}
	}
	s = slab[uint32]{}
	for i := range prefixID(10 * pageSize) {
		s.set(i, 1)
	}
	if s.made != 10 || len(s.few) != 0 {
		t.Errorf("values side by side stand in %d pages, and %d beside them", s.made, len(s.few))
	}
}
