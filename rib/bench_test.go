package rib_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"bgpaudit/rib"
)

// site makes n links, each with one whole feed of what it receives.
func site(n int) ([]rib.Link, []*rib.Feed) {
	var links []rib.Link
	var feeds []*rib.Feed
	for i := range n {
		name := fmt.Sprintf("l%d", i)
		links = append(links, rib.Link{Name: name, Kind: rib.Internet, Router: fmt.Sprintf("r%d", i), NeighborASNs: []uint32{65540 + uint32(i)}})
		feeds = append(feeds, &rib.Feed{
			Name: "f" + name, Link: name, Router: fmt.Sprintf("r%d", i), View: rib.AdjRIBInPost,
			State: rib.FeedState{Complete: rib.CompleteYes, Families: rib.Families[:]},
		})
	}
	return links, feeds
}

// fullFeed is n routes in address order, some seven of them an attribute set, as full feeds are.
func fullFeed(n, feed int) []rib.Route {
	rng := newRand(uint64(feed))
	sets := make([]rib.Attrs, n/7+1)
	for i := range sets {
		path := []uint32{65540 + uint32(feed)}
		for range 2 + rng.IntN(5) {
			path = append(path, 1000+rng.Uint32N(60_000))
		}
		sets[i] = rib.Attrs{
			NextHop: netip.AddrFrom4([4]byte{192, 0, 2, byte(feed)}), ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: path}},
			Origin: rib.OriginIGP, LocalPref: rib.Some(100),
			Communities: []rib.Community{rib.Community(rng.Uint32N(1000)), rib.Community(rng.Uint32N(1000))},
		}
	}
	routes := make([]rib.Route, n)
	for i := range routes {
		// One /24 in sixteen addresses' worth of them, under a /20 every sixteen.
		a := uint32(0x01000000) + uint32(i)<<8
		bits := 24
		if i%16 == 0 {
			bits = 20
		}
		routes[i] = rib.Route{
			Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), 0}), bits),
			Attrs:  sets[rng.IntN(len(sets))],
		}
	}
	return routes
}

func load(tb testing.TB, table *rib.Table, feed int, routes []rib.Route) {
	for i := range routes {
		if _, err := table.Advertise(rib.FeedID(feed), &routes[i]); err != nil {
			tb.Fatal(err)
		}
	}
}

func BenchmarkAdvertise1M(b *testing.B) {
	const n = 1_000_000
	routes := fullFeed(n, 0)
	b.ReportAllocs()
	for b.Loop() {
		links, feeds := site(1)
		table := rib.NewTable([]uint32{own}, links, feeds)
		load(b, table, 0, routes)
		table.Settle()
		if table.Len() != n {
			b.Fatalf("%d routes", table.Len())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/route")
}

func BenchmarkDecide(b *testing.B) {
	links, feeds := site(4)
	table := rib.NewTable([]uint32{own}, links, feeds)
	for i := range feeds {
		load(b, table, i, fullFeed(200_000, i))
	}
	table.Settle()
	s := rib.NewSight(table, rib.Options{})
	us := s.Observer(rib.ObserverUs)
	rng := newRand(1)
	addrs := make([]netip.Addr, 4096)
	for i := range addrs {
		a := uint32(0x01000000) + rng.Uint32N(200_000<<8)
		addrs[i] = netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if d := s.Decide(us, addrs[i%len(addrs)], rib.Query{}); d.Outcome == rib.OutcomeUnreachable {
			b.Fatal("no route")
		}
		i++
	}
}

func BenchmarkRanges(b *testing.B) {
	links, feeds := site(4)
	table := rib.NewTable([]uint32{own}, links, feeds)
	const n = 50_000
	for i := range feeds {
		routes := fullFeed(n, i)
		load(b, table, i, routes)
	}
	table.Settle()
	q := netip.MustParsePrefix("1.0.0.0/8")
	s := rib.NewSight(table, rib.Options{})
	us := s.Observer(rib.ObserverUs)
	for _, grain := range []struct {
		name string
		rib.Grain
	}{{"by route", rib.ByRoute}, {"by links", rib.ByLinks}} {
		b.Run(grain.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := s.Ranges(us, q, rib.Query{}, grain.Grain); len(got) < 2 {
					b.Fatalf("%d ranges", len(got))
				}
			}
		})
	}
}

// heap is the live heap after what is dead has gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkHeapBytesARoute(b *testing.B) {
	const n = 200_000
	for _, links := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("%d links", links), func(b *testing.B) {
			for b.Loop() {
				table, bytes := measure(b, links, n)
				b.ReportMetric(float64(bytes)/float64(table.Len()), "B/route")
			}
		})
	}
}

func measure(tb testing.TB, links, n int) (*rib.Table, uint64) {
	before := heap()
	ls, fs := site(links)
	table := rib.NewTable([]uint32{own}, ls, fs)
	for i := range fs {
		load(tb, table, i, fullFeed(n, i))
	}
	table.Settle()
	after := heap()
	runtime.KeepAlive(table)
	return table, after - before
}

// The bounds count routes with their attributes; what the slices keep in reserve is in them.
func TestARouteCostsFewBytesOfHeap(t *testing.T) {
	for _, test := range []struct{ links, most int }{{2, 100}, {4, 60}} {
		table, bytes := measure(t, test.links, 100_000)
		if got := float64(bytes) / float64(table.Len()); got > float64(test.most) {
			t.Errorf("%d links: %.0f bytes a route, want at most %d", test.links, got, test.most)
		} else {
			t.Logf("%d links: %.1f bytes a route", test.links, got)
		}
	}
}

// A monitor makes a sight after every batch of updates: it may not cost more the larger the table is.
func TestASightOfAMillionRoutesCostsMicroseconds(t *testing.T) {
	const n, most = 1_000_000, 50 * time.Microsecond
	links, feeds := site(2)
	links[0].Preference = rib.Some(100)
	table := rib.NewTable([]uint32{own}, links, feeds)
	for i := range feeds {
		load(t, table, i, fullFeed(n/2, i))
	}
	best := map[string]time.Duration{}
	for range 100 { // the quickest, whatever else the machine does
		for name, look := range map[string]func() *rib.Sight{
			"new":  func() *rib.Sight { return rib.NewSight(table, rib.Options{}) },
			"fork": rib.NewSight(table, rib.Options{}).Fork,
		} {
			began := time.Now()
			s := look()
			took := time.Since(began)
			runtime.KeepAlive(s)
			if old, known := best[name]; !known || took < old {
				best[name] = took
			}
		}
	}
	for name, took := range best {
		if took > most {
			t.Errorf("%s: %s, want at most %s", name, took, most)
		}
		t.Logf("%s: %s", name, took)
	}
}
