package mrt

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// TestHeldRoutesAreThoseThatStand holds a replay's store against a plain list: routes come, come again, are withdrawn, and go
// with their session.
func TestHeldRoutesAreThoseThatStand(t *testing.T) {
	type route struct {
		key    heldKey
		med    uint32
		record uint32
	}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		prefixes := 1 + rng.IntN(1<<rng.IntN(12))
		h := newHeld()
		var want []route
		whose := []uint32{h.holder(0, received), h.holder(0, sent), h.holder(1, received)}
		stands := func(key heldKey) int { return slices.IndexFunc(want, func(r route) bool { return r.key == key }) }
		for record := range uint32(rng.IntN(6000)) {
			n := wire.NLRI{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rng.IntN(prefixes) >> 8), byte(rng.IntN(prefixes)), 0}), 24), PathID: uint32(rng.IntN(2))}
			if rng.IntN(3) == 0 {
				n.Prefix = netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(rng.IntN(prefixes))}), 40)
			}
			holder := rng.IntN(len(whose))
			key := keyOf(n, whose[holder])
			if key.prefix() != n.Prefix {
				t.Fatalf("%s became %s", n.Prefix, key.prefix())
			}
			at := stands(key)
			switch rng.IntN(20) {
			case 0:
				old := h.holders[whose[holder]]
				h.holders[whose[holder]].gone = true
				want = slices.DeleteFunc(want, func(r route) bool { return r.key.whose == whose[holder] })
				whose[holder] = h.holder(old.peer, old.dir)
				continue
			case 1, 2, 3, 4, 5:
				if h.take(key) != (at >= 0) {
					t.Fatalf("seed %d: withdrawn, and it did not stand", seed)
				}
			default:
				med := uint32(rng.IntN(5))
				kept := h.pool.Keep(&rib.Attrs{MED: rib.Some(med)})
				if h.put(heldRoute{heldKey: key, attrs: kept, record: record}) != (at >= 0) {
					t.Fatalf("seed %d: replaced what did not stand", seed)
				}
				h.pool.Release(kept)
				want = append(want, route{key, med, record})
			}
			if at >= 0 {
				want = slices.Delete(want, at, at+1)
			}
			if h.has(key) != (stands(key) >= 0) {
				t.Fatalf("seed %d: it stands, and is not found", seed)
			}
		}
		var got []route
		for r := range h.drain() {
			got = append(got, route{r.heldKey, h.pool.Get(r.attrs).MED.Value, r.record})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %d routes, not %d, or in another order", seed, len(got), len(want))
		}
	}
}

// TestRoutesThatDoNotStandAreClearedOut: neither those that come again and again nor those of sessions that are over.
func TestRoutesThatDoNotStandAreClearedOut(t *testing.T) {
	h := newHeld()
	kept := h.pool.Keep(&rib.Attrs{})
	n := wire.NLRI{Prefix: netip.MustParsePrefix("203.0.113.0/24")}
	for range 100_000 {
		whose := h.holder(0, received)
		h.put(heldRoute{heldKey: keyOf(n, whose), attrs: kept})
		h.put(heldRoute{heldKey: keyOf(n, whose), attrs: kept})
		h.holders[whose].gone = true
	}
	if h.rows > len(h.slots) || len(h.slots) > leastSlots || len(h.holders) > 2*leastSlots {
		t.Errorf("%d rows, %d slots, %d holders", h.rows, len(h.slots), len(h.holders))
	}
}
