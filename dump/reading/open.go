package reading

import (
	"bufio"
	"bytes"
	"context"
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

// HeadSize is how much of a file its format is known by.
const HeadSize = 8 << 10

// Input is an opened dump: text, whatever its encoding and compression were.
type Input struct {
	Size    int64
	Mtime   time.Time
	Text    *bufio.Reader
	content *content
	around  *cleanup  // of text as it lies in the file
	inside  *cleanup  // of text that stood in an envelope
	opened  *envelope // nil where the text stands in none
	raw     io.Closer
	bytes   func(read, size int64)
	Once    bool       // a pipe: what was read is gone
	Ahead   *readAhead // unpacks; nil where nothing is packed
	Reopen  func() (io.ReadCloser, error)
}

// OpenInput opens a dump. Errors say what to do, without the file's name.
func OpenInput(path string, progress func(read, size int64)) (*Input, error) {
	return OpenPatiently(context.Background(), path, 0, progress)
}

// OpenPatiently is [OpenInput] of a file that may be silent. A reader that has patience, as one that
// goes on for ever must, waits no longer than that for the system, and reads regular files alone: a
// pipe gives what it holds once, and may give nothing for ever. Without patience it waits until ctx is done.
func OpenPatiently(ctx context.Context, path string, patience time.Duration, progress func(read, size int64)) (*Input, error) {
	info, err := look(ctx, path, patience)
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
	case patience > 0 && !info.Mode().IsRegular():
		return nil, fmt.Errorf("is a pipe, which can be read once: a monitor reads a file again and again: name a regular one")
	case info.Mode().IsRegular() && info.Size() == 0:
		return nil, fmt.Errorf("the file is empty (0 bytes): the export failed; run it again")
	}
	in := &Input{Size: info.Size(), Mtime: info.ModTime(), bytes: progress, Once: !info.Mode().IsRegular()}
	in.Reopen = func() (io.ReadCloser, error) { return os.Open(path) }
	if patience > 0 || in.Once {
		in.Reopen = func() (io.ReadCloser, error) { return open(ctx, path, patience) }
	}
	return in, in.Start()
}

// unwrapPath drops the path from an error that names it again.
func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Start opens the file and peels off what lies around the text.
func (in *Input) Start() error {
	raw, err := in.Reopen()
	if err != nil {
		return fmt.Errorf("cannot be opened: %w", unwrapPath(err))
	}
	in.raw = raw
	packed := &countingReader{r: raw, size: in.Size, tell: in.bytes}
	text, ahead, err := plainText(packed)
	in.Ahead = ahead
	if err != nil {
		in.Close()
		return err
	}
	binary := isBinary(text)
	in.around, in.inside, in.opened = nil, nil, nil
	var clean io.Reader = text
	if !binary {
		if clean, err = in.cleanText(text); err != nil {
			in.Close()
			return err
		}
	}
	in.content = newContent(clean, binary)
	in.Text = bufio.NewReaderSize(in.content, unpackedChunk)
	return nil
}

// cleanText takes away what lies around and in a text, and the JSON of other programs around the answers. What stood in
// that may hold traces of a terminal, too.
func (in *Input) cleanText(text io.Reader) (io.Reader, error) {
	in.around = newCleanup(text)
	clean, opened, err := openEnvelope(in.around)
	if err != nil || opened == nil {
		return clean, err
	}
	in.opened = opened
	in.inside = newCleanup(clean)
	return in.inside, nil
}

// Rewind begins again at the top.
func (in *Input) Rewind() error {
	if in.Once {
		return fmt.Errorf("is a pipe, and must be read twice: save it to a file")
	}
	in.Close()
	return in.Start()
}

// Close gives the file back. Nothing was written, so nothing can be lost by it.
func (in *Input) Close() {
	_ = in.raw.Close()
	if in.Ahead != nil {
		in.Ahead.stop()
		in.Ahead = nil
	}
}

// Head shows the first bytes of the text. A damage behind them is for reading to meet.
func (in *Input) Head() ([]byte, error) {
	b, err := in.Text.Peek(HeadSize)
	if len(b) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	return b, nil
}

// countingReader reads the file as it lies on the disk, and counts its bytes.
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

// byteOrderMarks begin text of an encoding; UTF-8 has no order.
var byteOrderMarks = []struct {
	mark  string
	order binary.ByteOrder
}{
	{"\xef\xbb\xbf", nil}, {"\xff\xfe", binary.LittleEndian}, {"\xfe\xff", binary.BigEndian},
}

// plainText undoes compression, UTF-16 (as PowerShell's ">" writes) and a byte order mark.
func plainText(raw *countingReader) (text *bufio.Reader, ahead *readAhead, err error) {
	r, ahead, err := unpack(raw)
	if err != nil {
		return nil, ahead, err
	}
	if err := refuseArchive(r); err != nil {
		return nil, ahead, err
	}
	magic, err := r.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, ahead, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	for _, m := range byteOrderMarks {
		if !bytes.HasPrefix(magic, []byte(m.mark)) {
			continue
		}
		if _, err := r.Discard(len(m.mark)); err != nil {
			return nil, ahead, fmt.Errorf("cannot be read: %w", err)
		}
		if m.order != nil {
			r = bufio.NewReaderSize(&utf16Reader{r: r, order: m.order}, Chunk)
		}
		break
	}
	return r, ahead, nil
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
