package dump

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// audited reads a file as an audit does, into a table that is judged, or without one.
func audited(t *testing.T, format string, file []byte, loaded bool) {
	t.Helper()
	src := reading.Source{Name: "x", Format: format, ExpectRoutes: -1, View: rib.AdjRIBInPre}
	table := rib.NewTable([]uint32{65536}, []rib.Link{{Name: "a", Router: "edge1"}}, []*rib.Feed{{Name: "f", Link: "a", Router: "edge1", View: src.View}})
	c := reading.NewCollector(context.Background(), src, func(rib.Route) error { return nil })
	if loaded {
		c.Loader = table.NewLoader(0, c.TakeBack)
	}
	in := &reading.Input{Size: int64(len(file)), Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}
	err := in.Start()
	if err == nil {
		_, err = read(c, in)
		in.Close()
	} else {
		_, err = failed(c, err)
	}
	if err != nil && len(c.Result.Errors) == 0 {
		t.Errorf("refused without a word: %v", err)
	}
	if loaded {
		table.Judge(noon)
		rib.NewSight(table, rib.Options{}).Rows(0)
	}
}

// costsLittle holds files that are read one after the other to a second a megabyte unpacked, and to so many MiB.
func costsLittle(t *testing.T, format string, files [][]byte, unpacked int, loaded bool, most int64) {
	t.Helper()
	limit := max(hostileTime, time.Duration(unpacked)*time.Microsecond)
	quickest := time.Hour // of three: a busy machine adds waiting to the work
	for i := 0; i < 3 && quickest > limit; i++ {
		before, start := heldMemory(), time.Now()
		for _, file := range files {
			audited(t, format, file, loaded)
		}
		quickest = min(quickest, time.Since(start))
		if held := heldNow() - before; held > most<<20 {
			t.Errorf("%s: %d MiB for %d bytes", format, held>>20, unpacked)
			return
		}
	}
	if quickest > limit {
		t.Errorf("%s: %s for %d bytes", format, quickest, unpacked)
	}
}

// TestHostileMessagesAndTablesCostLittle: what a file of the wire costs is bounded by the routes that it holds, however they
// stand in it.
func TestHostileMessagesAndTablesCostLittle(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // garbage is not what is bounded
	be := binary.BigEndian
	prefix := func(b []byte, i int) []byte { return append(b, 24, byte(20+i>>16), byte(i>>8), byte(i)) }
	path := func(asn int) []byte {
		return mrtText(mrtOrigin, uint8(0x40), uint8(2), uint8(10), uint8(2), uint8(2), uint32(65540), uint32(asn), mrtHop)
	}
	peer := func(i int) []byte {
		return mrtText(uint32(65540), uint32(65536), 0, 1, []byte{10, byte(i >> 16), byte(i >> 8), byte(i)}, "192.0.2.9")
	}
	many := func(n int, one func(b []byte, i int) []byte) (file []byte) {
		for i := range n {
			file = one(file, i)
		}
		return file
	}
	messages := func(routes int) []byte {
		return many(routes/1000, func(b []byte, i int) []byte {
			nlri := many(1000, func(b []byte, j int) []byte { return prefix(b, 1000*i+j) })
			return append(b, mrtRecord(16, 4, session(true), bgpUpdate(nil, path(i%7), nlri))...)
		})
	}
	entries := bytes.Repeat(mrtText(0, uint32(9), 0), 60_000)
	for _, tt := range []struct {
		name   string
		file   []byte
		loaded bool
		most   int64
	}{
		{"a million routes", messages(1_000_000), false, 128},
		{"routes that are loaded", messages(300_000), true, 128},
		{"a path each", many(40_000, func(b []byte, i int) []byte {
			return append(b, mrtRecord(16, 4, session(true), bgpUpdate(nil, path(i), prefix(nil, i)))...)
		}), true, 96},
		{"a neighbor each", many(60_000, func(b []byte, i int) []byte {
			return append(b, mrtRecord(16, 4, peer(i), bgpUpdate(nil, path(1), prefix(nil, i)))...)
		}), true, 192},
		{"a neighbor each, of one prefix", many(60_000, func(b []byte, i int) []byte {
			return append(b, mrtRecord(16, 4, peer(i), bgpUpdate(nil, path(1), prefix(nil, 0)))...)
		}), true, 192},
		{"path ids of one prefix", many(800, func(b []byte, i int) []byte {
			nlri := many(500, func(b []byte, j int) []byte { return prefix(be.AppendUint32(b, uint32(500*i+j)), 0) })
			return append(b, mrtRecord(16, 9, session(true), bgpUpdate(nil, path(1), nlri))...)
		}), true, 128},
		{"one prefix again and again", bytes.Repeat(mrtRecord(16, 4, session(true), bgpUpdate(nil, path(1), bytes.Repeat(prefix(nil, 0), 1000))), 1000), true, 64},
		{"sessions that end as soon as they begin", bytes.Repeat(mrtText(
			mrtRecord(16, 4, session(true), bgpUpdate(nil, path(1), prefix(nil, 0))), mrtRecord(16, 5, session(true), 6, 1)), 40_000), true, 64},
		{"entries of one prefix and neighbor", mrtText(mrtPeers, bytes.Repeat(mrtRecord(13, 2, uint32(0), doc, 60_000, entries), 8)), true, 96},
	} {
		t.Run(tt.name, func(t *testing.T) {
			costsLittle(t, "mrt", [][]byte{tt.file}, len(tt.file), tt.loaded, tt.most)
		})
	}
}

// TestDamagedAndPackedFixturesCostLittle cuts, disturbs, packs and repeats what every format's fixtures hold.
func TestDamagedAndPackedFixturesCostLittle(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	rng := rand.New(rand.NewPCG(1, 1))
	const most, long = 96, 256 << 10
	for _, format := range FormatNames() {
		var longest []byte
		var files [][]byte
		size := 0
		for _, name := range fixtures(t, format) {
			whole := fixtureBytes(t, name)
			if len(whole) > len(longest) {
				longest = whole
			}
			disturbed := bytes.Clone(whole)
			for range 1 + rng.IntN(6) {
				disturbed[rng.IntN(len(disturbed))] = byte(rng.Uint32())
			}
			files = append(files, whole[:rng.IntN(len(whole))], disturbed)
			size += 2 * len(whole)
		}
		costsLittle(t, format, files, size, true, most)
		again := bytes.Repeat(longest, long/len(longest)+1)
		packed := [][]byte{again, packedGzip(t, again), packedZstd(t, again)}
		for _, file := range packed[1:] {
			file[len(file)/2] ^= 1 << rng.IntN(8)
		}
		costsLittle(t, format, packed, len(packed)*len(again), true, most)
	}
}

func packedGzip(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zeros(t, gzip.NewWriter(&b), text, 0)
	return b.Bytes()
}

func packedZstd(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	zeros(t, w, text, 0)
	return b.Bytes()
}

// TestTortureFilesCostLittle tries malformed captures, whole and many times over.
func TestTortureFilesCostLittle(t *testing.T) {
	root := filepath.Join(corpus(t), "..", "torture")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: no torture files at %s", root)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	var files [][]byte
	size := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		whole, err := os.ReadFile(path)
		if err != nil || len(whole) == 0 {
			return err
		}
		files = append(files, whole, bytes.Repeat(whole, (64<<10)/len(whole)+1))
		size += len(whole) + len(files[len(files)-1])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	costsLittle(t, "auto", files, size, true, 64)
}
