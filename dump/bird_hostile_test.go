package dump

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/bird"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// boundFile holds a reader to the time and the memory that a hostile file may cost.
func boundFile(t *testing.T, format, text string) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // garbage is not what is bounded
	before := heldMemory()
	var got outcome
	var err error
	quickest := time.Hour // of three: a busy machine adds waiting to the work
	for i := 0; i < 3 && quickest > hostileTime; i++ {
		start, n := time.Now(), 0
		_, got, err = readCounting(reading.Source{Name: "x", Format: format, ExpectRoutes: -1}, []byte(text), &n)
		quickest = min(quickest, time.Since(start))
	}
	if quickest > hostileTime {
		t.Errorf("took %s", quickest)
	}
	if grown := heldNow() - before; grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	if err == nil && got.Complete == rib.CompleteYes {
		t.Error("called complete")
	}
	if len(got.Errors) > reading.MaxErrors+1 {
		t.Errorf("%d errors", len(got.Errors))
	}
	for _, e := range got.Errors {
		if len(e) > 1000 {
			t.Errorf("an error of %d bytes", len(e))
		}
	}
}

func TestHostileBIRDTextsCostLittle(t *testing.T) {
	const big = 8 << 20
	var tables, lists strings.Builder
	for n := range bird.MaxBIRDTables + 1 {
		fmt.Fprintf(&tables, "Table t%d:\n%s", n, strings.ReplaceAll(birdOne, "203.0.113.0", fmt.Sprintf("10.%d.%d.0", n/256, n%256)))
	}
	for n := range 16 {
		fmt.Fprintf(&lists, "%s\tBGP.community: (1,%d)\n%s", birdOne, n, strings.Repeat("\t\t(64498,1) (64498,2) (64498,3) (64498,4)\n", 15_000))
	}
	for _, tt := range []struct{ name, text string }{
		{"a long line", birdHello + birdOne + "\tBGP.as_path: " + strings.Repeat("65541 ", big/6) + "\n"},
		{"a long first line", strings.Repeat("x", big) + "\n" + birdOne},
		{"long lines", birdHello + birdOne + strings.Repeat("\tBGP.as_path: "+strings.Repeat("65541 ", reading.MaxLine/6-10)+"\n", big/reading.MaxLine)},
		{"one attribute a million times", birdHello + birdOne + strings.Repeat("\tBGP.med: 1\n", 1_000_000)},
		{"a million unknown attributes", birdHello + birdOne + strings.Repeat("\tx: 1\n", 1_000_000)},
		{"a million next hops", birdHello + birdOne + strings.Repeat("\tvia 192.0.2.9 on eth2\n", 1_000_000)},
		{"a million lines without a route", strings.Repeat("\tBGP.med: 1\n", 1_000_000)},
		{"long lists", birdHello + lists.String()},
		{"a list that is not closed", birdHello + birdOne + "\tBGP.community: " + strings.Repeat("(", reading.MaxLine-100) + "\n"},
		{"tables without an end, then prompts", tables.String() + "BIRD 2.0.12 ready.\n" + strings.Repeat("bird> \n", big/7)},
		{"tables without an end, then counts", tables.String() + strings.Repeat("1 of 1 routes for 1 networks in table x\n", big/41)},
		{"totals", birdHello + birdOne + strings.Repeat("Total: 1 of 1 routes for 1 networks in 9 tables\n", big/49)},
	} {
		t.Run(tt.name, func(t *testing.T) { boundFile(t, "bird", tt.text) })
	}
}

func TestHostileBirdwatcherFilesCostLittle(t *testing.T) {
	const big = 8 << 20
	head := `{` + birdwatcherAPI + `,"routes":[`
	page := func(n int) string {
		return fmt.Sprintf(`{%s,"pagination":{"page":%d,"total_pages":4294967295,"total_results":4294967295},"imported":[]}`, birdwatcherAPI, n)
	}
	var pages strings.Builder
	for n := range bird.MaxBirdwatcherPages / 2 {
		pages.WriteString(page(n))
	}
	for _, tt := range []struct{ name, text string }{
		{"a deep route", head + strings.Repeat("[", big)},
		{"a deep attribute", head + `{"bgp":` + strings.Repeat(`{"a":`, big/5)},
		{"deep tables", `{` + birdwatcherAPI + `,"routes":` + strings.Repeat(`{"routes":`, big/10)},
		{"a deep frame", `{"api":` + strings.Repeat(`{"cached_at":`, 70_000)},
		{"a long route", head + `{"network":"` + strings.Repeat("1", big) + `"}]}`},
		{"a long path", head + `{"bgp":{"as_path":[` + strings.Repeat("1,", big/2) + `1]}}]}`},
		{"long lists of communities", head + strings.Repeat(`{"bgp":{"communities":[`+strings.Repeat("[1,2],", 100_000)+`[1,2]]}},`, 12)},
		{"one attribute many times", head + `{"bgp":{` + strings.Repeat(`"med":1,`, 100_000) + `"med":1}}]}`},
		{"routes of nothing", head + strings.Repeat("{},", big/3) + "{}]}"},
		{"routes that are none", head + strings.Repeat("1,", big/2) + "1]}"},
		{"a table many times", `{` + birdwatcherAPI + strings.Repeat(`,"routes":[]`, big/12) + `}`},
		{"many documents", strings.Repeat(`{"routes":[]}`, big/13)},
		{"many pages", pages.String()},
		{"one page many times", strings.Repeat(page(0), big/150)},
		{"a huge page", page(4294967294)},
		{"a page that is no number", strings.Replace(page(0), `"page":0`, `"page":`+strings.Repeat("9", 1<<19), 1)},
	} {
		t.Run(tt.name, func(t *testing.T) { boundFile(t, "birdwatcher", tt.text) })
	}
}
