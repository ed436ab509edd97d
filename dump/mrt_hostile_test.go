package dump

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// zeros packs n zero octets behind head.
func zeros(t *testing.T, w io.WriteCloser, head []byte, n int) {
	t.Helper()
	if _, err := w.Write(head); err != nil {
		t.Fatal(err)
	}
	blank := make([]byte, 1<<20)
	for range n >> 20 {
		if _, err := w.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// bigXZHeader is the beginning of an .xz file whose block asks for a dictionary of 1.5 GiB.
func bigXZHeader() []byte {
	return mrtText([]byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46"), []byte{2, 0, 0x21, 1, 37, 0, 0, 0}, make([]byte, 64))
}

// bzip2Zeros is 64 MiB of zeros in a bzip2 stream, which Go cannot write.
const bzip2Zeros = "425a68393141592653590e09e2df015f8e4000c0000008200030804d4642a025a90a8097314159265359bc04b5c300a275c000c0000008200020a40836328a884d2a2a2138bb9229c2848500bb83e8"

// heldMemory gives back what is free and says what the heap then holds; heldNow says it without:
// what was free in between was held before.
func heldMemory() int64 {
	debug.FreeOSMemory()
	return heldNow()
}

func heldNow() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys) - int64(m.HeapReleased)
}

// TestMRTBombsAreRefusedQuicklyInLittleMemory holds the reader, and what unpacks for it, to their bounds.
func TestMRTBombsAreRefusedQuicklyInLittleMemory(t *testing.T) {
	var gz, zs, x, blankXZ bytes.Buffer
	head := mrtText(mrtPeers, routeV4)
	zeros(t, gzip.NewWriter(&gz), head, 64<<20)
	zw, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	zeros(t, zw, head, 64<<20)
	for xs, begin := range map[*bytes.Buffer][]byte{&x: head, &blankXZ: nil} { // it packs slowly, and streams may follow each other
		xw, err := xz.NewWriter(xs)
		if err != nil {
			t.Fatal(err)
		}
		zeros(t, xw, begin, 8<<20)
	}
	bz, err := hex.DecodeString(bzip2Zeros)
	if err != nil {
		t.Fatal(err)
	}
	var gzgz bytes.Buffer
	zeros(t, gzip.NewWriter(&gzgz), gz.Bytes(), 0)
	manyPeers := mrtRecord(13, 1, "10.255.0.9", sized(), 65535, bytes.Repeat(mrtPeerV6, 40_000))
	manyEntries := mrtRecord(13, 2, uint32(0), doc, 65535, bytes.Repeat(mrtText(0, uint32(9), 0), 65535))
	update := mrtRecord(16, 4, session(true), bgpUpdate(nil, mrtAttrs, bytes.Repeat([]byte{32, 203, 0, 113, 1}, 800)))
	overrun := mrtRecord(13, 2, uint32(0), doc, 1, 0, uint32(9), 65535, mrtAttrs)
	inner := mrtRecord(13, 2, uint32(0), doc, 1, 0, uint32(9), sized(mrtOrigin, uint8(0x50), uint8(2), 65535, mrtPath4))
	nested := slices.Repeat([]byte{0xd0, 128, 0xff, 0xff, 0, 1, 0, 1}, 8000) // ATTR_SET in ATTR_SET
	lying := mrtText(mrtPeers, routeV4)
	binary.BigEndian.PutUint32(lying[len(mrtPeers)+8:], 1<<32-1)
	for _, tt := range []struct {
		name string
		file []byte
	}{
		{"a gzip bomb", gz.Bytes()},
		{"a zstd bomb", zs.Bytes()},
		{"an xz bomb", mrtText(x.Bytes(), bytes.Repeat(blankXZ.Bytes(), 7))},
		{"a bzip2 bomb", mrtText(fixtureBytes(t, "mrt/frr-table.mrt.bz2"), bz)},
		{"a bomb in a bomb", gzgz.Bytes()},
		{"an xz file that wants a gigabyte", bigXZHeader()},
		{"a zstd file that wants a gigabyte", mrtText([]byte("\x28\xb5\x2f\xfd\x00\xa8"), make([]byte, 64))},
		{"a length of 4 GiB", lying},
		{"records of nothing", mrtText(mrtPeers, routeV4, bytes.Repeat(mrtRecord(13, 2), 100_000))},
		{"many peers", mrtText(bytes.Repeat(manyPeers, 8), routeV4)},
		{"many peer tables", mrtText(bytes.Repeat(mrtPeers, 100_000), routeV4)},
		{"a peer table with fewer peers than it says", mrtText(bytes.Repeat(mrtRecord(13, 1, "10.255.0.9", sized(), 65535), 100_000), routeV4)},
		{"attributes longer than their record", mrtText(mrtPeers, bytes.Repeat(overrun, 20_000))},
		{"an attribute longer than its list", mrtText(mrtPeers, bytes.Repeat(inner, 20_000))},
		{"attribute sets in attribute sets", mrtText(mrtPeers, bytes.Repeat(mrtRecord(13, 2, uint32(0), doc, 1, 0, uint32(9), sized(mrtAttrs, nested)), 100))},
		{"many entries of one prefix", mrtText(mrtPeers, manyEntries)},
		{"one prefix many times", bytes.Repeat(update, 500)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := heldMemory()
			var got outcome
			var err error
			var n int
			quickest := time.Hour // of three: a busy machine adds waiting to the work
			for i := 0; i < 3 && quickest > hostileTime; i++ {
				start := time.Now()
				n = 0
				_, got, err = readCounting(reading.Source{Name: "x", Format: "mrt", ExpectRoutes: -1}, tt.file, &n)
				quickest = min(quickest, time.Since(start))
			}
			if quickest > hostileTime {
				t.Errorf("took %s", quickest)
			}
			if grown := heldNow() - before; grown > 64<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
			if err == nil && got.Complete != rib.CompleteNo && !strings.HasPrefix(tt.name, "many") {
				t.Errorf("complete %s with %d routes", got.Complete, n)
			}
			if len(got.Errors) > reading.MaxErrors+1 {
				t.Errorf("%d errors", len(got.Errors))
			}
		})
	}
}

// TestDamagedMRTReadsToItsEnd flips bytes all over real tables and messages.
func TestDamagedMRTReadsToItsEnd(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 1))
	for _, name := range fixtures(t, "mrt") {
		whole := fixtureBytes(t, name)
		for range 300 {
			b := bytes.Clone(whole)
			for range 1 + g.IntN(6) {
				b[g.IntN(len(b))] = byte(g.Uint32())
			}
			routes, got, err := readBytes(reading.Source{Name: "x", Format: "mrt", ExpectRoutes: -1}, b)
			if err == nil && (got.Routes != len(routes) || got.Complete == rib.CompleteYes) {
				t.Fatalf("%s: %d routes, %d counted, complete %s", name, len(routes), got.Routes, got.Complete)
			}
		}
	}
}

// TestUnpackingStopsWithItsReader closes a packed file of which most was not read yet.
func TestUnpackingStopsWithItsReader(t *testing.T) {
	var gz bytes.Buffer
	zeros(t, gzip.NewWriter(&gz), mrtPeers, 12<<20)
	for _, read := range []int{0, 1, 1 << 20} {
		in := &reading.Input{Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(gz.Bytes())), nil }}
		if err := in.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, in.Text, int64(read)); err != nil {
			t.Fatal(err)
		}
		ahead := in.Ahead
		in.Close()
		if _, open := <-ahead.Full; open {
			t.Errorf("after %d octets: it unpacks on", read)
		}
		if err := in.Rewind(); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, in.Text); n != int64(len(mrtPeers)+(12<<20)) || err != nil {
			t.Errorf("read again: %d octets, %v", n, err)
		}
		in.Close()
	}
}
