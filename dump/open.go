package dump

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// headSize is how much of a file its format is known by.
const headSize = 8 << 10

// input is an opened dump: text, whatever its encoding and compression were.
type input struct {
	size   int64
	mtime  time.Time
	text   *bufio.Reader
	raw    io.Closer
	bytes  func(read, size int64)
	once   bool // a pipe: what was read is gone
	reopen func() (io.ReadCloser, error)
}

// openInput opens a dump. Errors say what to do, without the file's name.
func openInput(path string, progress func(read, size int64)) (*input, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no such file: check the name; relative names are relative to the config file")
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("no permission to read the file")
	case err != nil:
		return nil, fmt.Errorf("cannot be opened: %w", unwrapPath(err))
	case info.IsDir():
		return nil, fmt.Errorf("is a directory: name a file in it")
	case info.Mode()&(fs.ModeDevice|fs.ModeSocket) != 0:
		return nil, fmt.Errorf("is a device or a socket: name a file")
	case info.Mode().IsRegular() && info.Size() == 0:
		return nil, fmt.Errorf("the file is empty (0 bytes): the export failed; run it again")
	}
	in := &input{size: info.Size(), mtime: info.ModTime(), bytes: progress, once: !info.Mode().IsRegular()}
	in.reopen = func() (io.ReadCloser, error) { return os.Open(path) }
	return in, in.start()
}

// unwrapPath drops the path from an error that names it again.
func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// start opens the file and peels off what lies around the text.
func (in *input) start() error {
	raw, err := in.reopen()
	if err != nil {
		return fmt.Errorf("cannot be opened: %w", unwrapPath(err))
	}
	in.raw = raw
	in.text, err = plainText(&countingReader{r: raw, size: in.size, tell: in.bytes})
	if err != nil {
		in.close()
	}
	return err
}

// rewind begins again at the top.
func (in *input) rewind() error {
	if in.once {
		return fmt.Errorf("is a pipe, and must be read twice: save it to a file")
	}
	in.close()
	return in.start()
}

// close gives the file back. Nothing was written, so nothing can be lost by it.
func (in *input) close() { _ = in.raw.Close() }

// head shows the first bytes of the text.
func (in *input) head() ([]byte, error) {
	b, err := in.text.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	return b, nil
}

type countingReader struct {
	r    io.Reader
	read int64
	size int64
	tell func(read, size int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	if c.tell != nil && n > 0 {
		c.tell(c.read, c.size)
	}
	return n, err
}

// packed are compressions known by their first bytes, that must be undone before reading.
var packed = []struct{ magic, name, undo string }{
	{"BZh", "bzip2", "bunzip2"},
	{"\xfd7zXZ\x00", "xz", "unxz"},
	{"\x28\xb5\x2f\xfd", "zstd", "unzstd"},
	{"PK\x03\x04", "zip", "unzip"},
}

// byteOrderMarks begin text of an encoding; UTF-8 has no order.
var byteOrderMarks = []struct {
	mark  string
	order binary.ByteOrder
}{
	{"\xef\xbb\xbf", nil}, {"\xff\xfe", binary.LittleEndian}, {"\xfe\xff", binary.BigEndian},
}

// plainText undoes gzip, UTF-16 (as PowerShell's ">" writes) and a byte order mark.
func plainText(raw *countingReader) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(raw, chunk)
	magic, err := r.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	for _, p := range packed {
		if bytes.HasPrefix(magic, []byte(p.magic)) {
			return nil, fmt.Errorf("is compressed with %s: undo that first (%s)", p.name, p.undo)
		}
	}
	if bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("is a damaged gzip file: %w", err)
		}
		r = bufio.NewReaderSize(&ratioReader{r: unzipped, raw: raw}, chunk)
		if magic, err = r.Peek(3); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("is a damaged gzip file: %w", err)
		}
	}
	for _, m := range byteOrderMarks {
		if !bytes.HasPrefix(magic, []byte(m.mark)) {
			continue
		}
		if _, err := r.Discard(len(m.mark)); err != nil {
			return nil, fmt.Errorf("cannot be read: %w", err)
		}
		if m.order != nil {
			r = bufio.NewReaderSize(&utf16Reader{r: r, order: m.order}, chunk)
		}
		break
	}
	return r, nil
}

// Text of routes does not compress by more than some 50:1. maxUnpacked is what a file may grow
// to beyond maxRatio times what was read of it.
const (
	maxRatio    = 200
	maxUnpacked = 16 << 20
)

// ratioReader refuses a gzip bomb.
type ratioReader struct {
	r   io.Reader
	raw *countingReader
	out int64
}

func (u *ratioReader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	if u.out > maxUnpacked && u.out > maxRatio*u.raw.read {
		return 0, fmt.Errorf("unpacks to more than %d times its size: not a dump", maxRatio)
	}
	return n, err
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	out   []byte
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(u.out) == 0 {
		if err := u.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) decode() error {
	u.out = u.out[:0]
	for len(u.out) < 4096 {
		c, err := u.unit()
		if err != nil {
			if len(u.out) > 0 {
				return nil
			}
			return err
		}
		if utf16.IsSurrogate(c) {
			low, err := u.unit()
			if err != nil {
				low = utf8.RuneError
			}
			c = utf16.DecodeRune(c, low)
		}
		u.out = utf8.AppendRune(u.out, c)
	}
	return nil
}

func (u *utf16Reader) unit() (rune, error) {
	var b [2]byte
	if _, err := io.ReadFull(u.r, b[:]); err != nil {
		return 0, io.EOF
	}
	return rune(u.order.Uint16(b[:])), nil
}
