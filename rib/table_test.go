package rib_test

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"

	"bgpaudit/rib"

	"github.com/gaissmai/bart"
	"pgregory.net/rapid"
)

// plain is the table's slow twin: a slice of routes, one an identity.
type plain struct{ routes []rib.Entry }

func (p *plain) find(feed rib.FeedID, prefix netip.Prefix, neighbor netip.Addr, id uint32) int {
	return slices.IndexFunc(p.routes, func(e rib.Entry) bool {
		return e.Feed == feed && e.Prefix == prefix && e.Neighbor == neighbor && e.PathID == id
	})
}

// line is a route's text; lines sorts routes by prefix and then by it, since the table promises
// no order among the routes of one prefix.
func line(e rib.Entry) string {
	return fmt.Sprintf("feed=%d from=%s id=%d link=%d %s med=%s marks=%d line=%d", e.Feed, e.Neighbor, e.PathID, e.Link, e.Tie, e.Attrs.MED, e.Marks, e.Line)
}

func lines(entries []rib.Entry) []string {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b rib.Entry) int { return cmp.Compare(line(a), line(b)) })
	slices.SortStableFunc(entries, func(a, b rib.Entry) int { return a.Prefix.Compare(b.Prefix) })
	var out []string
	for _, e := range entries {
		out = append(out, e.Prefix.String()+" "+line(e))
	}
	return out
}

func (p *plain) where(keep func(netip.Prefix) bool) []rib.Entry {
	var out []rib.Entry
	for _, e := range p.routes {
		if keep(e.Prefix) {
			out = append(out, e)
		}
	}
	return out
}

var tablePrefixes = slices.Concat(worldPrefixes[0], worldPrefixes[1], mustPrefixes("128.0.0.0/1", "0.0.0.0/1", "255.255.255.255/32",
	"0.0.0.0/32", "8000::/1", "::/1", "::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "2001:db8::/64", "2001:db8::/65"))

func TestTheTableAgreesWithAPlainSliceOfRoutes(t *testing.T) {
	links := []rib.Link{{Name: "a", Kind: rib.Internet}, {Name: "b", Kind: rib.Internet}}
	red, blue := rib.Community(1), rib.Community(2)
	rules := []rib.ClassifyRule{{Community: &red, Link: "a"}, {Community: &blue, Link: "b"}}
	rapid.Check(t, func(t *rapid.T) {
		feeds := []*rib.Feed{
			{Name: "rules", View: rib.Monitor, Classify: rules},
			{Name: "named", View: rib.AdjRIBOutPost, Link: "b"},
		}
		table, twin := rib.NewTable([]uint32{own}, links, feeds), &plain{}
		prefix := rapid.SampledFrom(tablePrefixes)
		for range rapid.IntRange(1, 80).Draw(t, "updates") {
			feed := rib.FeedID(rapid.IntRange(0, 1).Draw(t, "feed"))
			r := rib.Route{
				Prefix:   prefix.Draw(t, "prefix"),
				PathID:   rapid.SampledFrom([]uint32{0, 1, 2, math.MaxUint32}).Draw(t, "id"),
				Neighbor: rapid.SampledFrom([]netip.Addr{{}, netip.MustParseAddr("192.0.2.1")}).Draw(t, "neighbour"),
				Line:     rapid.IntRange(0, 9).Draw(t, "line"),
				Marks:    rib.Marks(rapid.IntRange(0, 31).Draw(t, "marks")),
			}
			r.Attrs.MED = rib.Some(rapid.Uint32Range(0, 3).Draw(t, "med"))
			r.Attrs.Communities = rapid.SampledFrom([][]rib.Community{nil, {red}, {blue}, {red, blue}}).Draw(t, "communities")
			i := twin.find(feed, r.Prefix, r.Neighbor, r.PathID)
			switch rapid.SampledFrom([]string{"advertise", "advertise", "advertise", "advertise", "withdraw", "withdraw", "flush", "end", "settle"}).Draw(t, "action") {
			case "advertise":
				replaced, err := table.Advertise(feed, &r)
				if err != nil || replaced != (i >= 0) {
					t.Fatalf("advertise %v: replaced %v, error %v; held before: %v", r.Prefix, replaced, err, i >= 0)
				}
				e := rib.Entry{Route: r, Feed: feed, Link: 1, Tie: rib.Tied}
				if feed == 0 {
					has := func(c rib.Community) bool { return slices.Contains(r.Attrs.Communities, c) }
					switch {
					case has(red) == has(blue): // no rule ties it, or two do differently
						e.Link, e.Tie = rib.NoLink, rib.Unclassified
					case has(red):
						e.Link = 0
					}
				}
				if i >= 0 {
					twin.routes = slices.Delete(twin.routes, i, i+1)
				}
				twin.routes = append(twin.routes, e)
			case "withdraw":
				if was := table.Withdraw(feed, r.Prefix, r.Neighbor, r.PathID); was != (i >= 0) {
					t.Fatalf("withdraw %v: was there %v, want %v", r.Prefix, was, i >= 0)
				}
				if i >= 0 {
					twin.routes = slices.Delete(twin.routes, i, i+1)
				}
			case "flush":
				before := len(twin.routes)
				twin.routes = slices.DeleteFunc(twin.routes, func(e rib.Entry) bool { return e.Feed == feed })
				if n := table.Flush(feed); n != before-len(twin.routes) {
					t.Fatalf("flushed %d, want %d", n, before-len(twin.routes))
				}
			case "end":
				if err := table.Apply(rib.Update{Kind: rib.EndOfRIB, Feed: feed, Family: rib.FamilyOf(r.Prefix)}); err != nil {
					t.Fatal(err)
				}
			case "settle":
				table.Settle()
			}
			compareTables(t, table, twin, prefix.Draw(t, "query"))
		}
	})
}

func compareTables(t *rapid.T, table *rib.Table, twin *plain, q netip.Prefix) {
	same := func(what string, got, want []rib.Entry) {
		if !slices.Equal(lines(got), lines(want)) {
			t.Fatalf("%s %v\ngot  %q\nwant %q", what, q, lines(got), lines(want))
		}
	}
	ordered := func(what string, got []rib.Entry) {
		if !slices.IsSortedFunc(got, func(a, b rib.Entry) int { return a.Prefix.Compare(b.Prefix) }) {
			t.Fatalf("%s %v is out of order: %v", what, q, got)
		}
	}
	if table.Len() != len(twin.routes) {
		t.Fatalf("%d routes, want %d", table.Len(), len(twin.routes))
	}
	same("exact", table.Exact(q), twin.where(func(p netip.Prefix) bool { return p == q }))
	covering := func(p netip.Prefix) bool { return p.Bits() <= q.Bits() && p.Contains(q.Addr()) }
	got := table.Covering(q)
	same("covering", got, twin.where(covering))
	if !slices.IsSortedFunc(got, func(a, b rib.Entry) int { return a.Prefix.Bits() - b.Prefix.Bits() }) {
		t.Fatalf("covering %v is not shortest first", q)
	}
	var inside []rib.Entry
	table.MoreSpecifics(q, func(e rib.Entry) bool { inside = append(inside, e); return true })
	same("inside", inside, twin.where(func(p netip.Prefix) bool { return p.Bits() > q.Bits() && q.Contains(p.Addr()) }))
	ordered("inside", inside)

	longest, oracle := -1, new(bart.Table[int])
	for _, e := range twin.routes {
		oracle.Insert(e.Prefix, e.Prefix.Bits())
		if e.Prefix.Contains(q.Addr()) {
			longest = max(longest, e.Prefix.Bits())
		}
	}
	if bits, ok := oracle.Lookup(q.Addr()); ok != (longest >= 0) || ok && bits != longest {
		t.Fatalf("the oracles differ at %v: /%d and /%d", q.Addr(), bits, longest)
	}
	same("longest match at", table.LongestMatch(q.Addr()), twin.where(func(p netip.Prefix) bool { return p.Bits() == longest && p.Contains(q.Addr()) }))
}

func TestLongestMatchAgreesWithBartOverThousandsOfRandomPrefixes(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	oracle := new(bart.Table[netip.Prefix])
	rng := newRand(7)
	for range 20_000 { // more than wait for their place in the order at once
		bits := 8 + rng.IntN(25)
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rng.IntN(4)), byte(rng.Uint32()), byte(rng.Uint32())}), bits).Masked()
		if _, err := table.Advertise(0, &rib.Route{Prefix: p}); err != nil {
			t.Fatal(err)
		}
		oracle.Insert(p, p)
	}
	if table.Len() != oracle.Size() {
		t.Fatalf("%d routes, want %d", table.Len(), oracle.Size())
	}
	for range 20_000 {
		a := netip.AddrFrom4([4]byte{10, byte(rng.IntN(5)), byte(rng.Uint32()), byte(rng.Uint32())})
		want, ok := oracle.Lookup(a)
		got := table.LongestMatch(a)
		if ok != (len(got) == 1) || ok && got[0].Prefix != want {
			t.Fatalf("%v: %v, want %v", a, got, want)
		}
	}
	for _, q := range mustPrefixes("10.1.0.0/16", "10.0.0.0/8", "10.2.3.0/24") {
		var got, want []netip.Prefix
		table.MoreSpecifics(q, func(e rib.Entry) bool { got = append(got, e.Prefix); return true })
		for p := range oracle.Subnets(q) {
			if p != q {
				want = append(want, p)
			}
		}
		slices.SortFunc(want, netip.Prefix.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("inside %v: %d prefixes, want %d in address order", q, len(got), len(want))
		}
	}
}

func TestMoreSpecificsStopsWhenAsked(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	for _, p := range mustPrefixes("10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/10") {
		_, _ = table.Advertise(0, &rib.Route{Prefix: p})
	}
	n := 0
	table.MoreSpecifics(netip.MustParsePrefix("10.0.0.0/8"), func(rib.Entry) bool { n++; return false })
	if n != 1 {
		t.Errorf("called %d times, want once", n)
	}
}

func TestAPrefixThatIsNotCanonicalIsRefusedAndChangesNothing(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	for _, p := range []netip.Prefix{{}, netip.MustParsePrefix("10.0.0.1/8"), netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
		if _, err := table.Advertise(0, &rib.Route{Prefix: p}); err == nil {
			t.Errorf("%v was taken", p)
		}
		if table.Withdraw(0, p, netip.Addr{}, 0) {
			t.Errorf("%v was there to withdraw", p)
		}
	}
	if table.Len() != 0 {
		t.Errorf("%d routes held", table.Len())
	}
}

func TestANeighbourThatNumbersPathsWithoutEndIsRefused(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	p := netip.MustParsePrefix("203.0.113.0/24")
	var refused error
	for i := range 5000 {
		if _, err := table.Advertise(0, &rib.Route{Prefix: p, PathID: uint32(i) * 800_000}); err != nil {
			refused = err
		}
	}
	if refused == nil || table.Len() > 2000 || table.Len() < 100 {
		t.Errorf("%d paths of one prefix held, error %v", table.Len(), refused)
	}
	if replaced, err := table.Advertise(0, &rib.Route{Prefix: p, PathID: 800_000}); !replaced || err != nil {
		t.Errorf("a held path is not replaced any more: %v, %v", replaced, err)
	}
	if n := table.Flush(0); n == 0 || table.Len() != 0 {
		t.Errorf("flushed %d, %d left", n, table.Len())
	}
}

func TestALineNumberTooLargeForItsPlaceIsCappedAndSpoilsNoMark(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	p := netip.MustParsePrefix("203.0.113.0/24")
	for _, test := range []struct{ line, want int }{{1 << 40, 1<<26 - 1}, {-1, 0}, {42, 42}} {
		if _, err := table.Advertise(0, &rib.Route{Prefix: p, Line: test.line, Marks: rib.Best}); err != nil {
			t.Fatal(err)
		}
		if e := table.Exact(p)[0]; e.Line != test.want || e.Marks != rib.Best {
			t.Errorf("line %d came back as %d, marks %v", test.line, e.Line, e.Marks)
		}
	}
}

func TestAWithdrawnPrefixCanReturn(t *testing.T) {
	table := rib.NewTable(nil, []rib.Link{{Name: "a"}}, []*rib.Feed{{Name: "f", Link: "a", View: rib.AdjRIBOutPost}})
	p := netip.MustParsePrefix("203.0.113.0/24")
	for range 3 {
		_, _ = table.Advertise(0, &rib.Route{Prefix: p})
		if got := table.LongestMatch(p.Addr()); len(got) != 1 {
			t.Fatalf("held %d routes", len(got))
		}
		table.Withdraw(0, p, netip.Addr{}, 0)
		if got := table.LongestMatch(p.Addr()); got != nil {
			t.Fatalf("withdrawn, and still there: %v", got)
		}
	}
}

func TestEndOfRIBDoesNotMakeAPartialFeedWhole(t *testing.T) {
	whole, partial := &rib.Feed{Name: "whole", View: rib.AdjRIBInPost}, &rib.Feed{Name: "partial", View: rib.AdjRIBInPost}
	partial.State.Complete = rib.CompleteNo
	table := rib.NewTable([]uint32{65536}, nil, []*rib.Feed{whole, partial})
	for id := range table.Feeds() {
		if err := table.Apply(rib.Update{Kind: rib.EndOfRIB, Feed: rib.FeedID(id), Family: rib.IPv4}); err != nil {
			t.Fatal(err)
		}
	}
	if whole.State.Complete != rib.CompleteYes || !whole.Covers(rib.IPv4) || whole.Covers(rib.IPv6) {
		t.Errorf("the whole feed is %+v", whole.State)
	}
	if partial.State.Complete != rib.CompleteNo {
		t.Errorf("the partial feed became %s", partial.State.Complete)
	}
}
