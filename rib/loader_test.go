package rib_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"

	"github.com/google/go-cmp/cmp"
)

// loadedRow is a row as a reader hands it on: numbered where the dump leaves path ids to be given.
type loadedRow struct {
	rib.Route
	numbered bool
}

// manyRows are rows that meet: few prefixes, neighbours, path ids and attributes, in two trees of
// each family and the short ones, and enough of them for several runs.
func manyRows(rng *rand.Rand, n int) []loadedRow {
	asns := []uint32{65540, 65541, 65550}
	prefix := func() netip.Prefix {
		raw := [4]byte{byte(10 + rng.IntN(2)), byte(rng.IntN(4)), byte(rng.IntN(40)), 0}
		if rng.IntN(3) > 0 {
			bits := []int{0, 7, 8, 9, 15, 16, 17, 23, 24}[rng.IntN(9)]
			return netip.PrefixFrom(netip.AddrFrom4(raw), bits).Masked()
		}
		a := [16]byte{0x20, byte(1 + rng.IntN(2)), 0xd, byte(rng.IntN(9)), 0, 0, 0, 0, 0, 0, 0, byte(rng.IntN(3))}
		bits := []int{0, 3, 15, 16, 17, 32, 48, 64, 65, 96, 128}[rng.IntN(11)]
		return netip.PrefixFrom(netip.AddrFrom16(a), bits).Masked()
	}
	rows := make([]loadedRow, n)
	for i := range rows {
		r := &rows[i]
		r.Prefix, r.Line, r.numbered = prefix(), i+1, rng.IntN(2) == 0
		r.PathID, r.Marks = uint32(rng.IntN(4)), rib.Marks(rng.IntN(4))
		if rng.IntN(4) > 0 {
			r.Neighbor = netip.AddrFrom4([4]byte{192, 0, 2, byte(rng.IntN(3))})
		}
		r.Attrs = rib.Attrs{
			ASPath:  rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{asns[rng.IntN(3)], uint32(100 + rng.IntN(5))}}},
			NextHop: netip.AddrFrom4([4]byte{198, 51, 100, byte(rng.IntN(2))}), MED: rib.Some(uint32(rng.IntN(3))),
		}
	}
	return rows
}

func ruledSite() ([]rib.Link, []*rib.Feed) {
	links, _ := site(2)
	drop := rib.ClassifyRule{NextHop: netip.MustParseAddr("198.51.100.1"), FirstASN: 65541, Ignore: true}
	return links, []*rib.Feed{{Name: "other", Link: "l0", View: rib.AdjRIBInPost}, {Name: "f", View: rib.BGPTable, Classify: []rib.ClassifyRule{drop}}}
}

// numbers gives path ids as a reader that remembers every row would.
type numbers map[string]bool

func (n numbers) of(r *loadedRow) uint32 {
	id := r.PathID
	key := func() string { return fmt.Sprint(r.Prefix, r.Neighbor, id) }
	for r.numbered && n[key()] {
		id++
	}
	n[key()] = true
	return id
}

// everything is the table's routes with all that is known of them, in the order in which it
// lists them.
func everything(t *rib.Table) []string {
	var out []string
	add := func(e rib.Entry) bool {
		out = append(out, fmt.Sprintf("%+v", e))
		return true
	}
	for _, f := range rib.Families {
		for _, e := range t.Exact(f.All()) {
			add(e)
		}
		t.MoreSpecifics(f.All(), add)
	}
	for feed, n := range t.Unclassified() {
		out = append(out, fmt.Sprintln(feed, n[0].Routes, n[1].Routes))
	}
	return append(out, fmt.Sprint(t.Len()))
}

func TestALoaderLeavesTheTableThatAdvertiseLeaves(t *testing.T) {
	const feed = 1
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rows := manyRows(rng, rng.IntN(4000))
		earlier := manyRows(rng, 200) // of another feed
		tables := [2]*rib.Table{}
		for i := range tables {
			links, feeds := ruledSite()
			tables[i] = rib.NewTable([]uint32{own}, links, feeds)
			for j := range earlier {
				if _, err := tables[i].Advertise(0, &earlier[j].Route); err != nil {
					t.Fatal(err)
				}
			}
		}
		known := numbers{}
		for i := range rows {
			r := rows[i].Route
			r.PathID = known.of(&rows[i])
			if _, err := tables[0].Advertise(feed, &r); err != nil {
				t.Fatal(err)
			}
		}
		l := tables[1].NewLoader(feed, func(line int, err error) { t.Fatalf("row %d: %v", line, err) })
		shared := map[string]rib.Shared{}
		for _, r := range rows {
			key := fmt.Sprint(r.Neighbor, r.Attrs)
			s, seen := shared[key]
			if !seen {
				s = l.Share(r.Neighbor, &r.Attrs, r.Marks)
				shared[key] = s
			}
			if err := l.Add(s, rib.Row{Prefix: r.Prefix, PathID: r.PathID, Numbered: r.numbered, Marks: r.Marks, Line: r.Line}); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		if diff := cmp.Diff(everything(tables[0]), everything(tables[1])); diff != "" {
			t.Fatal("seed", seed, "row by row, loaded:", diff)
		}
		// what was loaded lives on as what was advertised does
		for _, r := range rows[:len(rows)/2] {
			a := tables[0].Withdraw(feed, r.Prefix, r.Neighbor, r.PathID)
			if b := tables[1].Withdraw(feed, r.Prefix, r.Neighbor, r.PathID); a != b {
				t.Fatalf("%v: withdrawn %v, %v", r.Prefix, a, b)
			}
		}
		if diff := cmp.Diff(everything(tables[0]), everything(tables[1])); diff != "" {
			t.Fatal("seed", seed, "after withdrawing:", diff)
		}
		if a, b := tables[0].Flush(feed), tables[1].Flush(feed); a != b || tables[1].Len() != len(everything(tables[1]))-1 {
			t.Fatalf("flushed %d and %d, %d are left", a, b, tables[1].Len())
		}
	}
}

func TestALoaderRefusesRowsWithTheirLines(t *testing.T) {
	links, feeds := site(1)
	table := rib.NewTable([]uint32{own}, links, feeds)
	var lines []int
	l := table.NewLoader(0, func(line int, err error) {
		lines = append(lines, line)
		if !strings.Contains(err.Error(), "more than 1024 paths of one neighbour for 192.0.2.0/24") {
			t.Error(err)
		}
	})
	s := l.Share(netip.Addr{}, &rib.Attrs{}, 0)
	for i := range 1030 {
		if err := l.Add(s, rib.Row{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Numbered: true, Line: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []netip.Prefix{{}, netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64"), netip.MustParsePrefix("::ffff:192.0.2.0/120")} {
		if err := l.Add(s, rib.Row{Prefix: p}); err == nil {
			t.Errorf("%v is taken", p)
		}
	}
	l.Close()
	if want := []int{1025, 1026, 1027, 1028, 1029, 1030}; !slices.Equal(lines, want) || table.Len() != 1024 {
		t.Errorf("refused %v, want %v; %d routes", lines, want, table.Len())
	}
}

func BenchmarkLoad1M(b *testing.B) {
	const n = 1_000_000
	routes := fullFeed(n, 0)
	b.ReportAllocs()
	for b.Loop() {
		links, feeds := site(1)
		table := rib.NewTable([]uint32{own}, links, feeds)
		l := table.NewLoader(0, func(int, error) { b.Fatal("refused") })
		for i := range routes {
			r := &routes[i]
			if err := l.Add(l.Share(r.Neighbor, &r.Attrs, r.Marks), rib.Row{Prefix: r.Prefix}); err != nil {
				b.Fatal(err)
			}
		}
		l.Close()
		if table.Len() != n {
			b.Fatalf("%d routes", table.Len())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/route")
}
