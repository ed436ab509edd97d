package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"bgpaudit/rib"
)

func TestOneSetIsDecodedOnce(t *testing.T) {
	c := NewCache(0)
	d := NewDecoder(fourASN, c)
	var u Update
	d.Update(body(nil, mandatory, doc24), &u)
	first := u.Attributes()
	d.Update(body(nil, join(origin, asPath, attr(0x40, NextHop, 192, 0, 2, 9)), doc24), &u)
	if u.Attributes() != first {
		t.Error("another next hop is another set")
	}
	if hop := u.NextHop(0).String(); hop != "192.0.2.9" {
		t.Errorf("next hop %s", hop)
	}
	d.Update(body(nil, join(origin, asPath, reach6), nil), &u)
	if u.Attributes() != first || c.Len() != 1 {
		t.Errorf("another family is another set: %d held", c.Len())
	}
	NewDecoder(externalAS, c).Update(body(nil, mandatory, doc24), &u)
	if u.Attributes() == first {
		t.Error("sessions that read the same bytes differently share a set")
	}
}

func TestAMessageOfAKnownSetTakesNoMemory(t *testing.T) {
	d := NewDecoder(fourASN, nil)
	b := body(doc24, join(mandatory, attr(0xc0, Communities, be(9)...), reach6), doc24)
	var u Update
	n := testing.AllocsPerRun(100, func() {
		d.Update(b, &u)
		for range u.Routes() {
			continue
		}
	})
	if n > 0 {
		t.Errorf("%.1f allocations", n)
	}
}

// TestTheCacheIsBounded sends a hundred times the sets that fit, the way an enemy would: each long
// and none twice.
func TestTheCacheIsBounded(t *testing.T) {
	const limit = 1 << 20
	d := NewDecoder(fourASN, NewCache(limit))
	long := make([]byte, 3000)
	var u Update
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 100 * limit / len(long) {
		binary.BigEndian.PutUint32(long, uint32(i))
		if d.Update(body(nil, join(mandatory, attr(0xc0, Communities, long...)), doc24), &u) != Accept {
			t.Fatal(u.Faults)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grew := int64(after.HeapAlloc) - int64(before.HeapAlloc); grew > 8*limit {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
	if n := d.cache.Len(); n*len(long) > limit {
		t.Errorf("%d sets held", n)
	}
	runtime.KeepAlive(d)
}

func TestEntriesOfATable(t *testing.T) {
	cut := attr(0x80, MPReachNLRI, join([]byte{16}, hop6)...)
	for _, tt := range []struct {
		name  string
		fam   rib.Family
		four  bool
		attrs []byte
		hop   string // "" where the entry is refused
		path  string
	}{
		{"IPv4", rib.IPv4, true, mandatory, "192.0.2.1", "65540 65541"},
		{"RFC 6396 4.3.4: MP_REACH_NLRI cut down", rib.IPv6, true, join(origin, asPath, cut), "2001:db8::1", "65540 65541"},
		{"MP_REACH_NLRI whole", rib.IPv6, true, join(origin, asPath, reach6), "2001:db8::1", "65540 65541"},
		{"RFC 8950: IPv4 by MP_REACH_NLRI", rib.IPv4, true, join(origin, asPath, cut), "2001:db8::1", "65540 65541"},
		{"MP_REACH_NLRI beside NEXT_HOP", rib.IPv6, true, join(mandatory, cut), "2001:db8::1", "65540 65541"},
		{"two octets, merged", rib.IPv4, false, join(origin, attr(0x40, ASPath, seq2(2, 64501, 23456)...), nextHop, attr(0xc0, AS4Path, seq(2, 65541)...)), "192.0.2.1", "64501 65541"},
		{"nothing at all", rib.IPv4, true, nil, "invalid IP", ""},
		{"flags are not the sender's", rib.IPv4, true, join(attr(0, Origin, 0), asPath, nextHop), "192.0.2.1", "65540 65541"},
		{"cut off", rib.IPv4, true, mandatory[:len(mandatory)-1], "", ""},
		{"a bad AS path", rib.IPv4, true, join(origin, attr(0x40, ASPath, 2, 9, 1), nextHop), "", ""},
		{"a bad NEXT_HOP", rib.IPv4, true, join(origin, asPath, attr(0x40, NextHop, 1)), "", ""},
		{"a bad MP_REACH_NLRI", rib.IPv6, true, join(origin, asPath, attr(0x80, MPReachNLRI, 7, 1)), "", ""},
	} {
		e, fault := NewEntryDecoder(tt.four, nil).Entry(tt.attrs, tt.fam)
		if (fault == nil) != (tt.hop != "") {
			t.Errorf("%s: fault %v", tt.name, fault)
		}
		if fault == nil && (e.NextHop.String() != tt.hop || e.Set.Attrs.ASPath.String() != tt.path) {
			t.Errorf("%s: next hop %s, path %s", tt.name, e.NextHop, e.Set.Attrs.ASPath)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	g := rand.New(rand.NewPCG(5, 6))
	bodies := make([][]byte, 1<<14)
	for i := range bodies {
		path := attr(0x40, ASPath, seq(rib.ASSequence, 65540, g.Uint32N(1<<11)+1, 65550, 65551)...)
		bodies[i] = body(nil, join(origin, path, nextHop, attr(0xc0, Communities, join(be(1), be(2))...)), join(doc24, []byte{24, 203, 0, 112}))
	}
	d := NewDecoder(externalAS, nil)
	var u Update
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if d.Update(bodies[i&(len(bodies)-1)], &u) != Accept {
			b.Fatal(u.Faults)
		}
	}
}
