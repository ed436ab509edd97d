package reading

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// packings are compressions, known by their first bytes.
var packings = []struct {
	magic, name string
	open        func(*bufio.Reader) (io.Reader, error)
}{
	{"\x1f\x8b", "gzip", func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"BZh", "bzip2", func(r *bufio.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"\xfd7zXZ\x00", "xz", openXZ},
	{"\x28\xb5\x2f\xfd", "zstd", openZstd},
}

// unpack undoes compression, whatever the file's name says. ahead is nil where there is none; else
// it has to be stopped.
func unpack(raw *countingReader) (r *bufio.Reader, ahead *readAhead, err error) {
	r = bufio.NewReaderSize(raw, rawChunk)
	magic, err := r.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	for _, p := range packings {
		if !bytes.HasPrefix(magic, []byte(p.magic)) {
			continue
		}
		unpacked, err := p.open(r)
		if err == nil {
			r = bufio.NewReaderSize(&ratioReader{r: unpacked, raw: raw}, unpackedChunk)
			_, err = r.Peek(1)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("is a damaged %s file: %w", p.name, err)
		}
		ahead = newReadAhead(r)
		return bufio.NewReaderSize(ahead, unpackedChunk), ahead, nil
	}
	return r, nil, nil
}

// Text of routes does not compress by more than some 50:1. MaxUnpacked is what a file may grow
// to beyond maxRatio times what was read of it; maxWindow is how far back in its output a file may
// make the reader look (xz -9 and zstd --ultra -20 ask for less).
const (
	maxRatio      = 200
	MaxUnpacked   = 16 << 20
	maxWindow     = 64 << 20
	unpackedChunk = 64 << 10
	rawChunk      = 256 << 10 // of a file: every read is a call of the system
)

var errWindow = fmt.Errorf("it asks for a window of more than %d MiB", maxWindow>>20)

// openZstd decodes on the caller's goroutine, so that nothing is left behind.
func openZstd(r *bufio.Reader) (io.Reader, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// openXZ looks at the first block before the decoder does, which takes its dictionary at once.
func openXZ(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if xzWindow(head) > maxWindow {
		return nil, errWindow
	}
	return xz.ReaderConfig{DictCap: 1 << 16}.NewReader(r)
}

// xzWindow is the dictionary size that the first block of a stream asks for (the .xz file format
// 1.2.1, sections 3.1 and 5.3.1), 0 where there is none to be found.
func xzWindow(head []byte) uint64 {
	const streamHeader, lzma2 = 12, 0x21
	if len(head) < streamHeader+2 {
		return 0
	}
	flags, b := head[streamHeader+1], head[streamHeader+2:]
	number := func() (n uint64) {
		for shift := 0; len(b) > 0 && shift < 63; shift += 7 {
			c := b[0]
			b = b[1:]
			if n |= uint64(c&0x7f) << shift; c < 0x80 {
				break
			}
		}
		return n
	}
	for _, sized := range []byte{0x40, 0x80} { // the block's sizes, packed and unpacked
		if flags&sized != 0 {
			number()
		}
	}
	for range flags&3 + 1 {
		id, size := number(), number()
		if size > uint64(len(b)) {
			return 0
		}
		if id == lzma2 && size == 1 {
			bits := b[0] & 0x3f
			return uint64(2|bits&1) << (bits/2 + 11)
		}
		b = b[size:]
	}
	return 0
}

// ratioReader refuses a bomb: a little that unpacks to far more than routes do.
type ratioReader struct {
	r   io.Reader
	raw *countingReader
	out int64
	err error // the first one: a decoder may go on behind a damage
}

func (u *ratioReader) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	u.out += int64(n)
	if u.out > MaxUnpacked && u.out > maxRatio*u.raw.read {
		n, err = 0, fmt.Errorf("unpacks to more than %d times its size: not a dump", maxRatio)
	}
	u.err = err
	return n, err
}
