package reading

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Bounds on what a file can make a reader hold. A row is what one prefix, or one record, says.
const (
	MaxRow   = 1 << 20
	MaxLine  = 64 << 10
	MaxDepth = 64
	Chunk    = 16 << 10
)

var (
	// ErrTooLong is a row, a record or a line beyond its bound.
	ErrTooLong = fmt.Errorf("longer than %d bytes", MaxRow)
	// ErrTooDeep is a document nested beyond [MaxDepth].
	ErrTooDeep = fmt.Errorf("nested deeper than %d levels", MaxDepth)
)

// Scanner walks JSON documents in a stream without holding them. The outer levels are walked
// token by token; a row is captured whole, bounded by MaxRow, and read by a [Cursor].
//
// After enter('{') or enter('['), call next until it says false; between two calls take exactly
// one member (key, then a value) or element.
type Scanner struct {
	r     io.Reader
	buf   []byte
	pos   int   // next byte to read
	end   int   // end of what is in buf
	err   error // why the reader gave no more
	Line  int   // 1-based line of pos
	comma bool  // a value came before, so a comma must follow
	depth int
	rest  []byte // of a line of text

	// Spinner lets progress text of the Azure CLI ("- Running ..") stand between tokens.
	Spinner bool
}

// NewScanner walks what r holds.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: r, buf: make([]byte, 0, Chunk), Line: 1}
}

// fill reads more and keeps everything from keep on. It returns by how much positions moved.
func (s *Scanner) fill(keep int) (shift int, ok bool) {
	if s.err != nil {
		return 0, false
	}
	if keep > 0 {
		copy(s.buf[:s.end-keep], s.buf[keep:s.end])
		s.pos -= keep
		s.end -= keep
	}
	if cap(s.buf)-s.end < Chunk {
		grown := make([]byte, s.end, 2*cap(s.buf)+Chunk)
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	s.buf = s.buf[:cap(s.buf)]
	for range 100 {
		n, err := s.r.Read(s.buf[s.end : s.end+Chunk])
		s.end += n
		if err != nil {
			s.err = err
		}
		if n > 0 {
			return keep, true
		}
		if err != nil {
			return keep, false
		}
	}
	s.err = io.ErrNoProgress
	return keep, false
}

// eof is the reader's own error, or err where the stream just ended.
func (s *Scanner) eof(err error) error {
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return s.err
	}
	return err
}

// peek skips blanks and shows the next byte. At the end of the stream it returns io.EOF.
func (s *Scanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case '\n':
				s.Line++
				s.pos++
			case ' ', '\t', '\r':
				s.pos++
			default:
				if !s.Spinner || !s.skipSpinner() {
					return c, nil
				}
			}
		}
		if _, ok := s.fill(s.pos); !ok {
			return 0, s.eof(io.EOF)
		}
	}
}

// Ahead shows up to n bytes from pos on without taking them.
func (s *Scanner) Ahead(n int) []byte {
	for s.end-s.pos < n {
		if _, ok := s.fill(s.pos); !ok {
			break
		}
	}
	return s.buf[s.pos:min(s.end, s.pos+n)]
}

// spinnerWords are the progress texts that the Azure CLI writes over each other on one line.
var spinnerWords = [][]byte{[]byte("Running .."), []byte("Finished .."), []byte("Starting ..")}

// skipSpinner takes one progress text such as "- Finished .." or an erase-line sequence.
func (s *Scanner) skipSpinner() bool {
	text := s.Ahead(16)
	if bytes.HasPrefix(text, []byte("\x1b[K")) {
		s.pos += 3
		return true
	}
	if len(text) < 2 || bytes.IndexByte([]byte(`-\|/`), text[0]) < 0 || text[1] != ' ' {
		return false
	}
	for _, word := range spinnerWords {
		if bytes.HasPrefix(text[2:], word) {
			s.pos += 2 + len(word)
			return true
		}
	}
	return false
}

// Unexpected is the error of a byte that stands where something else should.
func (s *Scanner) Unexpected(c byte, want string) error {
	return fmt.Errorf("found %q where %s should stand", c, want)
}

// Inner is peek within a document, where the end of the stream is a cut.
func (s *Scanner) Inner() (byte, error) {
	c, err := s.peek()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return c, err
}

// Enter takes an opening bracket.
func (s *Scanner) Enter(open byte) error {
	c, err := s.Inner()
	if err != nil {
		return err
	}
	if c != open {
		return s.Unexpected(c, strconv.QuoteRune(rune(open)))
	}
	if s.depth++; s.depth > MaxDepth {
		return ErrTooDeep
	}
	s.pos++
	s.comma = false
	return nil
}

// Next reports whether another member or element follows, and takes the closing bracket if not.
func (s *Scanner) Next(closing byte) (bool, error) {
	c, err := s.Inner()
	if err != nil {
		return false, err
	}
	if c == closing {
		s.pos++
		s.depth--
		s.comma = true
		return false, nil
	}
	if s.comma {
		if c != ',' {
			return false, s.Unexpected(c, "a comma")
		}
		s.pos++
		if c, err = s.Inner(); err != nil {
			return false, err
		}
		if c == closing {
			return false, s.Unexpected(c, "a value")
		}
	}
	return true, nil
}

// Key takes a member's name and its colon, and says on which line the name stands.
func (s *Scanner) Key() (string, int, error) {
	c, err := s.Inner()
	if err != nil {
		return "", 0, err
	}
	if c != '"' {
		return "", 0, s.Unexpected(c, "a key")
	}
	line := s.Line
	raw, err := s.Raw()
	if err != nil {
		return "", line, err
	}
	cur := Cursor{Bytes: raw}
	name := string(cur.Text())
	if cur.Err != nil {
		return "", line, cur.Err
	}
	if c, err = s.Inner(); err != nil {
		return "", line, err
	}
	if c != ':' {
		return "", line, s.Unexpected(c, "a colon")
	}
	s.pos++
	return name, line, nil
}

// Skip takes a value of any size without holding it.
func (s *Scanner) Skip() error {
	_, err := s.capture(0)
	if errors.Is(err, ErrTooLong) {
		err = nil
	}
	return err
}

// Raw takes a value and returns its text, good until the next call. A value over MaxRow is taken
// too, and ErrTooLong returned.
func (s *Scanner) Raw() ([]byte, error) { return s.capture(MaxRow) }

func (s *Scanner) capture(limit int) ([]byte, error) {
	if _, err := s.Inner(); err != nil {
		return nil, err
	}
	s.comma = true
	start := s.pos // of what is kept; -1 once the value is over the limit
	var v valueScan
	for {
		n, done, err := v.scan(s.buf[s.pos:s.end])
		s.pos += n
		if err != nil {
			s.Line += v.takeLines()
			return nil, err
		}
		if done {
			break
		}
		if start >= 0 && s.pos-start > limit {
			start = -1
		}
		keep := start
		if keep < 0 {
			keep = s.pos
		}
		shift, ok := s.fill(keep)
		if !ok { // a number may look whole here: its last digits may be missing all the same
			s.Line += v.takeLines()
			return nil, s.eof(io.ErrUnexpectedEOF)
		}
		if start >= 0 {
			start -= shift
		}
	}
	s.Line += v.takeLines()
	if start < 0 || s.pos-start > limit {
		return nil, ErrTooLong
	}
	return s.buf[start:s.pos], nil
}

// valueScan finds the end of one JSON value, whatever the pieces it comes in.
type valueScan struct {
	depth  int
	stack  uint64 // one bit a level: 1 is an object
	inStr  bool
	escape bool
	scalar bool
	lines  int
}

func (v *valueScan) takeLines() int {
	n := v.lines
	v.lines = 0
	return n
}

// structural marks the bytes that valueScan must look at outside strings.
var structural = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true, '\n': true, ',': true, ':': true, ' ': true, '\t': true, '\r': true}

// scan reads on in b. It returns how many bytes belong to the value and whether it ended.
func (v *valueScan) scan(b []byte) (int, bool, error) {
	i := 0
	for i < len(b) {
		if v.inStr {
			i = v.scanString(b, i)
			if !v.inStr && v.depth == 0 {
				return i, true, nil
			}
			continue
		}
		c := b[i]
		if !structural[c] {
			if v.depth == 0 {
				v.scalar = true
			}
			i++
			continue
		}
		if v.scalar && v.depth == 0 {
			return i, true, nil
		}
		i++
		switch c {
		case '\n':
			v.lines++
		case '"':
			v.inStr = true
		case '{', '[':
			if v.depth == MaxDepth {
				return i, false, ErrTooDeep
			}
			v.stack <<= 1
			if c == '{' {
				v.stack |= 1
			}
			v.depth++
		case '}', ']':
			if v.depth == 0 || (c == '}') != (v.stack&1 == 1) {
				return i, false, fmt.Errorf("found %q without its opening bracket", c)
			}
			v.stack >>= 1
			if v.depth--; v.depth == 0 {
				return i, true, nil
			}
		case ',', ':':
			if v.depth == 0 {
				return i, false, fmt.Errorf("found %q where a value should stand", c)
			}
		}
	}
	return i, false, nil
}

func (v *valueScan) scanString(b []byte, i int) int {
	for i < len(b) {
		c := b[i]
		i++
		switch {
		case v.escape:
			v.escape = false
		case c == '\\':
			v.escape = true
		case c == '"':
			v.inStr = false
			return i
		case c == '\n':
			v.lines++
		}
	}
	return i
}

// Document finds the next JSON document and shows its opening bracket. What stands before it is
// handed to text, line by line; it is good until the next one. At the end of the stream it returns io.EOF.
func (s *Scanner) Document(text func(line int, text []byte)) (byte, error) {
	for {
		c, err := s.peek()
		if err != nil {
			return 0, err
		}
		if (c == '{' || c == '[') && JSONStart(s.Ahead(64)) {
			s.comma, s.depth = false, 0
			return c, nil
		}
		line := s.Line
		text(line, s.restOfLine())
	}
}

// restOfLine takes the text up to the end of the line, and returns the first MaxLine bytes of it. They are good until the
// next one.
func (s *Scanner) restOfLine() []byte {
	out := s.rest[:0]
	defer func() { s.rest = out }()
	for {
		i := bytes.IndexByte(s.buf[s.pos:s.end], '\n')
		stop := s.end
		if i >= 0 {
			stop = s.pos + i
		}
		if room := MaxLine - len(out); room > 0 {
			out = append(out, s.buf[s.pos:min(stop, s.pos+room)]...)
		}
		s.pos = stop
		if i >= 0 {
			return out
		}
		if _, ok := s.fill(s.pos); !ok {
			return out
		}
	}
}

// JSONStart reports whether b, which begins with a bracket, can begin a document; "[edit]" and
// "[user@host ~]$" cannot.
func JSONStart(b []byte) bool {
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	if len(rest) == 0 {
		return true
	}
	switch c := rest[0]; {
	case c == '"', c == '-', c == '\x1b':
		return true
	case c == '\\', c == '|', c == '/': // a spinner's, and not "[/]" of Nokia's MD-CLI
		return len(rest) == 1 || rest[1] == ' '
	case b[0] == '{':
		return c == '}'
	default:
		return c == '{' || c == '[' || c == ']'
	}
}
