package rib

import (
	"math"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sameSet compares attribute by attribute; an empty list and none are the same.
func sameSet(a, b Attrs) bool {
	return a.NextHop == b.NextHop && a.NeighborASN == b.NeighborASN && a.Origin == b.Origin && a.LocalPref == b.LocalPref &&
		a.MED == b.MED && a.NotShown == b.NotShown && slices.Equal(a.Communities, b.Communities) &&
		slices.Equal(a.LargeCommunities, b.LargeCommunities) &&
		slices.EqualFunc(a.ASPath, b.ASPath, func(x, y Segment) bool { return x.Type == y.Type && slices.Equal(x.ASNs, y.ASNs) })
}

func drawSet(t *rapid.T) Attrs {
	number := rapid.SampledFrom([]uint32{0, 1, 127, 128, 65535, 65536, math.MaxUint32})
	optional := rapid.Custom(func(t *rapid.T) Optional {
		if rapid.Bool().Draw(t, "set") {
			return Some(number.Draw(t, "value"))
		}
		return Optional{}
	})
	a := Attrs{
		NextHop: rapid.SampledFrom([]netip.Addr{
			{},
			netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"),
			netip.MustParseAddr("::ffff:192.0.2.1"), netip.IPv4Unspecified(),
		}).Draw(t, "next hop"),
		NeighborASN: number.Draw(t, "neighbour"),
		Origin:      Origin(rapid.IntRange(0, 3).Draw(t, "origin")),
		LocalPref:   optional.Draw(t, "lp"),
		MED:         optional.Draw(t, "med"),
		NotShown:    AttrSet(rapid.Uint16Range(0, 1<<10-1).Draw(t, "not shown")),
	}
	for range rapid.IntRange(0, 2).Draw(t, "segments") {
		a.ASPath = append(a.ASPath, Segment{
			Type: SegmentType(rapid.IntRange(1, 4).Draw(t, "type")),
			ASNs: rapid.SliceOfN(number, 1, 3).Draw(t, "asns"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "communities") {
		a.Communities = append(a.Communities, Community(number.Draw(t, "community")))
	}
	for range rapid.IntRange(0, 1).Draw(t, "large") {
		a.LargeCommunities = append(a.LargeCommunities, LargeCommunity{number.Draw(t, "a"), number.Draw(t, "b"), number.Draw(t, "c")})
	}
	return a
}

func TestEqualAttributeSetsHaveOneIDAndDifferentOnesHaveTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newAttrStore()
		a, b := drawSet(t), drawSet(t)
		if rapid.Bool().Draw(t, "the same") {
			b = a
			b.ASPath, b.Communities = slices.Clone(a.ASPath), slices.Clone(a.Communities)
		}
		if equal, one := sameSet(a, b), s.intern(&a) == s.intern(&b); equal != one {
			t.Fatalf("equal %v, one id %v\n%+v\n%+v", equal, one, a, b)
		}
	})
}

// Absent, zero and not shown are three things, and so are a hop left out and one of zero.
func TestSetsThatDifferInOneThingAreDifferentSets(t *testing.T) {
	path := ASPath{{ASSequence, []uint32{1, 2}}}
	sets := []Attrs{
		{},
		{MED: Some(0)},
		{NotShown: AttrMED},
		{LocalPref: Some(0)},
		{MED: Some(math.MaxUint32)},
		{Origin: OriginIGP},
		{NeighborASN: 1},
		{NextHop: netip.IPv4Unspecified()},
		{NextHop: netip.IPv6Unspecified()},
		{ASPath: path},
		{ASPath: ASPath{{ASSequence, []uint32{1}}, {ASSequence, []uint32{2}}}},
		{ASPath: ASPath{{ASSet, []uint32{1, 2}}}},
		{ASPath: ASPath{{ASSequence, []uint32{2, 1}}}},
		{Communities: []Community{0}},
		{LargeCommunities: []LargeCommunity{{}}},
	}
	s := newAttrStore()
	seen := map[attrID]int{}
	for i := range sets {
		id := s.intern(&sets[i])
		if j, twice := seen[id]; twice {
			t.Errorf("sets %d and %d share an id: %+v, %+v", j, i, sets[j], sets[i])
		}
		seen[id] = i
	}
}

func TestAHugeAttributeSetSurvivesTheStore(t *testing.T) {
	a := Attrs{ASPath: ASPath{{ASSequence, make([]uint32, 100_000)}}, Communities: make([]Community, 16_000)}
	for i := range a.ASPath[0].ASNs {
		a.ASPath[0].ASNs[i] = math.MaxUint32 - uint32(i)
	}
	s := newAttrStore()
	if got := s.get(s.intern(&a)); !sameSet(got, a) {
		t.Error("the set came back changed")
	}
}

// storeTwin counts references the plain way.
func TestTheStoreKeepsWhatIsReferencedAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newAttrStore()
		kinds := rapid.SliceOfN(rapid.Custom(drawSet), 1, 12).Draw(t, "sets")
		held := map[attrID]int{}
		which := map[attrID]Attrs{}
		check := func() {
			live := 0
			for id, refs := range held {
				if refs > 0 {
					live++
					if got := s.get(id); !sameSet(got, which[id]) {
						t.Fatalf("set %d came back as %+v, want %+v", id, got, which[id])
					}
				}
			}
			if s.used != live {
				t.Fatalf("%d sets live, want %d", s.used, live)
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			a := kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "set")]
			switch rapid.IntRange(0, 5).Draw(t, "action") {
			case 0, 1, 2:
				id := s.intern(&a)
				if held[id] > 0 && !sameSet(which[id], a) {
					t.Fatalf("id %d is live for another set", id)
				}
				held[id]++
				which[id] = a
			case 3, 4:
				for id := attrID(1); int(id) < s.spans.len(); id++ {
					if held[id] > 0 && sameSet(which[id], a) {
						s.release(id)
						held[id]--
					}
				}
			case 5:
				s.compact()
			}
			check()
		}
		for id := range held {
			for ; held[id] > 0; held[id]-- {
				s.release(id)
			}
		}
		s.compact()
		if s.used != 0 || s.dead != 0 || s.arena.size != 0 || len(s.free) != s.spans.len()-1 {
			t.Fatalf("after releasing all: %d live, %d dead bytes, arena %d, %d of %d ids free", s.used, s.dead, s.arena.size, len(s.free), s.spans.len()-1)
		}
		if i := slices.IndexFunc(s.slots, func(sl slot) bool { return sl.id != 0 }); i >= 0 {
			t.Fatalf("slot %d still points at %d", i, s.slots[i].id)
		}
	})
}

// The slots grow past their first thousand, and a run of colliding entries closes up behind each
// one that goes.
func TestManySetsSurviveGrowthAndReleaseInAnyOrder(t *testing.T) {
	s := newAttrStore()
	const n = 20_000
	ids := make([]attrID, n)
	for i := range ids {
		ids[i] = s.intern(&Attrs{MED: Some(uint32(i))})
	}
	for i := 0; i < n; i += 3 {
		s.release(ids[i])
	}
	for i := range ids {
		if i%3 == 0 {
			continue
		}
		if again := s.intern(&Attrs{MED: Some(uint32(i))}); again != ids[i] {
			t.Fatalf("set %d has id %d, and %d when interned again", i, ids[i], again)
		}
		s.release(ids[i])
		s.release(ids[i])
	}
	if s.used != 0 {
		t.Errorf("%d sets live after releasing all", s.used)
	}
}

func TestTheArenaGivesDeadBytesBack(t *testing.T) {
	s := newAttrStore()
	long := make([]Community, 1000)
	keep := s.intern(&Attrs{MED: Some(7), Communities: long})
	for i := range 2000 { // 8 MB of sets that come and go
		long[0] = Community(i + 1)
		s.release(s.intern(&Attrs{Communities: long}))
	}
	if s.arena.size > 4<<20 {
		t.Errorf("the arena holds %d bytes for one live set", s.arena.size)
	}
	if got := s.get(keep); got.MED != Some(7) || len(got.Communities) != 1000 || got.Communities[0] != 0 {
		t.Error("compacting changed a live set")
	}
}
