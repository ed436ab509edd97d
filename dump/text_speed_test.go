package dump

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// writeBigText writes a table as IOS prints it, two paths a prefix.
func writeBigText(tb testing.TB, path string, rows int) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	head, _, _ := bytes.Cut(fixtureBytes(tb, "ios/table-no-end.txt"), []byte(" *>"))
	fmt.Fprintf(w, "edge1#show ip bgp\n%s", head)
	for i := range rows {
		net, mark := "", "*"
		if i%2 == 0 {
			net, mark = fmt.Sprintf("%d.%d.%d.0/24", 1+i>>17, i>>9&255, i>>1&255), "*>"
		}
		fmt.Fprintf(w, " %-4s%-17s%-16s%10d %6s %6d %d 65545 %d i\n", mark, net, fmt.Sprintf("192.0.2.%d", i%2+1), i%7, "", 0, 65540+i%2, 65536+i%5000)
	}
	fmt.Fprint(w, "edge1#\n")
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkIOS(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.txt")
	writeBigText(b, path, benchRows)
	benchRead(b, path)
}

// TestATextTableIsReadInLittleMemory reads 200,000 rows. What stays is 8 bytes a row, to number the rows of one
// prefix, and the AS paths.
func TestATextTableIsReadInLittleMemory(t *testing.T) {
	const rows = 200_000
	path := filepath.Join(t.TempDir(), "big.txt")
	writeBigText(t, path, rows)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, most := 0, uint64(0)
	res, err := Read(context.Background(), reading.Source{Path: path, Name: "big", ExpectRoutes: -1}, func(rib.Route) {
		if n++; n%(rows/8) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	})
	if err != nil || n != rows || res.Complete != rib.CompleteYes || res.Skipped != 0 {
		t.Fatalf("%d routes, %s, %d skipped: %v %v", n, res.Complete, res.Skipped, res.Errors, err)
	}
	if grew := int64(most) - int64(before.HeapAlloc); grew > 16<<20 {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
}
