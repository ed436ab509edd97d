package dump

import (
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"

	"github.com/gaissmai/bart"
)

const fullTable = "full-table/bird/full-table.mrt.bz2"

// plainRow is a route in a slice that is searched from end to end, or by its order.
type plainRow struct {
	prefix netip.Prefix
	path   rib.ASPath
}

// TestAFullTableAnswersAsAPlainSliceDoes loads a real full table and asks it ten thousand
// questions of each kind: which route wins for an address, and which lie inside a prefix. A scan of
// all rows knows the answers; where there are too many questions for it another kind of tree and
// the sorted slice stand in, and are held to the scan first.
func TestAFullTableAnswersAsAPlainSliceDoes(t *testing.T) {
	src := reading.Source{Path: filepath.Join(corpus(t), fullTable), View: rib.LocRIB, ExpectRoutes: -1}
	if _, err := os.Stat(src.Path); err != nil {
		t.Skipf("SKIPPED: corpus absent: %v", err)
	}
	src.Path = unpacked(t, src.Path)
	const routes = 1_062_046 // counted by bgpdump
	table, feed := lab(rib.LocRIB)
	feed.State = LoadTable(context.Background(), src, noon.AddDate(1, 0, 0), table, 0, nil) // a year after it was made
	if feed.State.Routes != routes || table.Len() != routes || feed.State.Skipped != 0 {
		t.Fatalf("%d routes, %d in the table, %d skipped, want %d", feed.State.Routes, table.Len(), feed.State.Skipped, routes)
	}
	var rows []plainRow
	tree := new(bart.Table[int])
	if _, err := Read(context.Background(), src, func(r rib.Route) {
		rows = append(rows, plainRow{r.Prefix, r.Attrs.ASPath})
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b plainRow) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	for i, r := range rows {
		tree.Insert(r.prefix, i)
	}
	t.Run("wins", func(t *testing.T) {
		t.Parallel()
		askWinners(t, rand.New(rand.NewPCG(1, 2)), rib.NewSight(table, rib.Options{}), rows, tree)
	})
	t.Run("longer", func(t *testing.T) {
		t.Parallel()
		askLonger(t, rand.New(rand.NewPCG(3, 4)), table, rows)
	})
}

// unpacked is the file undone, so that it can be read twice at the price of once: by bzip2 where it
// is there, since the race detector makes ours take half a minute. Other files are read packed.
func unpacked(t *testing.T, path string) string {
	t.Helper()
	plain := filepath.Join(t.TempDir(), "full-table.mrt")
	out, err := os.Create(plain)
	if err != nil {
		t.Fatal(err)
	}
	if undo, err := exec.LookPath("bzip2"); err == nil {
		cmd := exec.Command(undo, "-dc", path)
		cmd.Stdout = out
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	} else {
		in, err := reading.OpenInput(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if _, err := io.Copy(out, in.Text); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return plain
}

func samePath(a, b rib.ASPath) bool {
	return slices.EqualFunc(a, b, func(x, y rib.Segment) bool { return x.Type == y.Type && slices.Equal(x.ASNs, y.ASNs) })
}

const (
	questions = 10_000
	scanned   = 100
)

// near is an address in or beside one of the rows' prefixes.
func near(rng *rand.Rand, rows []plainRow) netip.Addr {
	raw := rows[rng.IntN(len(rows))].prefix.Addr().AsSlice()
	for i := len(raw) / 2; i < len(raw); i++ {
		if i > 2 || rng.IntN(4) == 0 {
			raw[i] ^= byte(rng.IntN(256))
		}
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}

func askWinners(t *testing.T, rng *rand.Rand, sight *rib.Sight, rows []plainRow, tree *bart.Table[int]) {
	us := sight.Observer(rib.ObserverUs)
	none := 0
	for q := range questions {
		a := near(rng, rows)
		want, found := tree.Lookup(a)
		if q < scanned {
			best := -1
			for i := range rows {
				if p := &rows[i].prefix; p.Contains(a) && (best < 0 || p.Bits() > rows[best].prefix.Bits()) {
					best = i
				}
			}
			if found != (best >= 0) || found && want != best {
				t.Fatalf("%s: the oracle says %d, the scan %d", a, want, best)
			}
		}
		got := sight.Decide(us, a, rib.Query{})
		if !found {
			none++
			if got.Outcome == rib.OutcomeDecided {
				t.Errorf("%s: decided, and no row covers it", a)
			}
			continue
		}
		winner := got.Candidates[0].Route
		if got.Outcome != rib.OutcomeDecided || winner.Prefix != rows[want].prefix || !samePath(winner.Attrs.ASPath, rows[want].path) {
			t.Fatalf("%s: %s by %s %s, want %v", a, got.Outcome, winner.Prefix, winner.Attrs.ASPath, rows[want])
		}
	}
	t.Logf("%d questions, %d of them without a route", questions, none)
}

func askLonger(t *testing.T, rng *rand.Rand, table *rib.Table, rows []plainRow) {
	routes := 0
	for q := range questions {
		a := near(rng, rows)
		p, err := a.Prefix(3*a.BitLen()/8 + rng.IntN(a.BitLen()/4))
		if err != nil {
			t.Fatal(err)
		}
		inside := func(r *plainRow) bool { return r.prefix.Bits() > p.Bits() && p.Contains(r.prefix.Addr()) }
		var want []*plainRow
		from, _ := slices.BinarySearchFunc(rows, p, func(r plainRow, p netip.Prefix) int { return r.prefix.Addr().Compare(p.Addr()) })
		for i := from; i < len(rows) && p.Contains(rows[i].prefix.Addr()); i++ {
			if inside(&rows[i]) {
				want = append(want, &rows[i])
			}
		}
		if n := len(want); q < scanned {
			for i := range rows {
				if inside(&rows[i]) {
					n--
				}
			}
			if n != 0 {
				t.Fatalf("%s: the sorted rows hold %d, the scan %d fewer", p, len(want), n)
			}
		}
		got := 0
		table.MoreSpecifics(p, func(e rib.Entry) bool {
			if got >= len(want) || e.Prefix != want[got].prefix || !samePath(e.Attrs.ASPath, want[got].path) {
				t.Fatalf("%s: more-specific %d is %s %s", p, got, e.Prefix, e.Attrs.ASPath)
			}
			got++
			return true
		})
		if got != len(want) {
			t.Fatalf("%s: %d more-specifics, want %d", p, got, len(want))
		}
		routes += got
	}
	t.Logf("%d questions, %d routes in the answers", questions, routes)
}

// BenchmarkLoadMRT loads the MRT file that BGPAUDIT_MRT names; tools/bench-mrt.sh runs it.
func BenchmarkLoadMRT(b *testing.B) {
	path := os.Getenv("BGPAUDIT_MRT")
	if path == "" {
		b.Skip("BGPAUDIT_MRT names no file")
	}
	for b.Loop() {
		table, _ := lab(rib.Collector)
		state := LoadTable(context.Background(), reading.Source{Path: path, View: rib.Collector, ExpectRoutes: -1}, noon, table, 0, nil)
		b.ReportMetric(float64(state.Routes), "routes")
		b.ReportMetric(float64(state.Skipped), "skipped")
	}
}
