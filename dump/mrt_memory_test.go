package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// manyUpdates is an MRT file of n messages, each of a prefix and a path of its own (RFC 6396 4.4.3, RFC 4271 4.3), packed.
func manyUpdates(t *testing.T, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	be := binary.BigEndian
	for i := range n {
		hops := 6 + i%20
		path := []byte{2, byte(hops)}
		for j := range hops {
			path = be.AppendUint32(path, uint32(4_200_000_000+(7*i+j*j)%9000))
		}
		attrs := append([]byte{0x40, 1, 1, 0, 0x40, 2, byte(len(path))}, path...)
		attrs = append(attrs, 0x40, 3, 4, 192, 0, 2, 1)
		body := be.AppendUint16([]byte{0, 0}, uint16(len(attrs)))
		body = append(append(body, attrs...), 24, byte(20+i>>16), byte(i>>8), byte(i))
		msg := be.AppendUint16(bytes.Repeat([]byte{0xff}, 16), uint16(19+len(body)))
		msg = append(append(msg, 2), body...)
		record := be.AppendUint32(be.AppendUint32(nil, 65540), 65536)
		record = append(append(record, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2), msg...)
		head := be.AppendUint32([]byte{0x6b, 0x01, 0x5c, 0x4a, 0, 16, 0, 4}, uint32(len(record)))
		if _, err := z.Write(append(head, record...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestMessagesAreReplayedInLittleMemory: what a file of messages costs is bounded by the routes that it holds.
func TestMessagesAreReplayedInLittleMemory(t *testing.T) {
	const messages, most = 100_000, 96 << 20 // some 3 MB packed, 14 MB unpacked
	file := manyUpdates(t, messages)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	routes, peak := 0, uint64(0)
	c := reading.NewCollector(context.Background(), reading.Source{Name: "x", Format: "mrt", View: rib.AdjRIBInPre, ExpectRoutes: -1}, func(rib.Route) error {
		if routes++; routes%(messages/4) == 1 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse-min(before.HeapInuse, now.HeapInuse))
		}
		return nil
	})
	in := &reading.Input{Size: int64(len(file)), Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := read(c, in); err != nil || routes != messages {
		t.Fatalf("%d routes, %v", routes, err)
	}
	if peak > most {
		t.Errorf("%d MiB for %d routes of a file of %d bytes", peak>>20, routes, len(file))
	}
	t.Logf("%d MiB, %d bytes packed", peak>>20, len(file))
}
