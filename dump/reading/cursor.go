package reading

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Cursor reads JSON that is already in memory. Errors stick: after the first one every method
// returns its zero value. It is used like a [Scanner].
type Cursor struct {
	Bytes []byte
	Pos   int
	Err   error
	comma bool
	depth int
}

// Fail ends the walk. The first failure stands.
func (c *Cursor) Fail(format string, args ...any) {
	if c.Err == nil {
		c.Err = fmt.Errorf(format, args...)
		c.Pos = len(c.Bytes)
	}
}

// Peek skips blanks and shows the next byte; 0 at the end.
func (c *Cursor) Peek() byte {
	for c.Pos < len(c.Bytes) {
		switch b := c.Bytes[c.Pos]; b {
		case ' ', '\t', '\r', '\n':
			c.Pos++
		default:
			return b
		}
	}
	return 0
}

// Enter takes the brace or bracket that opens a value.
func (c *Cursor) Enter(open byte) {
	if b := c.Peek(); b != open {
		c.Fail("found %q where %q should stand", b, open)
		return
	}
	if c.depth++; c.depth > MaxDepth {
		c.Fail("%w", ErrTooDeep)
		return
	}
	c.Pos++
	c.comma = false
}

// Next goes to the next member or element, and reports false behind the last one, whose brace it takes.
func (c *Cursor) Next(closing byte) bool {
	b := c.Peek()
	if c.Err != nil {
		return false
	}
	if b == closing {
		c.Pos++
		c.depth--
		c.comma = true
		return false
	}
	if c.comma {
		if b != ',' {
			c.Fail("found %q where a comma should stand", b)
			return false
		}
		c.Pos++
		if c.Peek() == closing {
			c.Fail("found %q where a value should stand", closing)
			return false
		}
		c.comma = false
	}
	return c.Err == nil
}

// Key takes a member's name and its colon. The name is good until the next call.
func (c *Cursor) Key() []byte {
	name := c.Text()
	if b := c.Peek(); b != ':' {
		c.Fail("found %q where a colon should stand", b)
		return nil
	}
	c.Pos++
	return name
}

// Text takes a string. Without escapes it is a slice of the text itself.
func (c *Cursor) Text() []byte {
	if b := c.Peek(); b != '"' {
		c.Fail("found %q where a string should stand", b)
		return nil
	}
	c.comma = true
	c.Pos++
	start := c.Pos
	for c.Pos < len(c.Bytes) {
		switch c.Bytes[c.Pos] {
		case '"':
			c.Pos++
			return c.Bytes[start : c.Pos-1]
		case '\\':
			return c.escaped(start)
		case '\n':
			c.Fail("a line ends inside a string")
			return nil
		}
		c.Pos++
	}
	c.Fail("a string is not closed")
	return nil
}

var simpleEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (c *Cursor) escaped(start int) []byte {
	out := append([]byte(nil), c.Bytes[start:c.Pos]...)
	for c.Pos < len(c.Bytes) {
		b := c.Bytes[c.Pos]
		c.Pos++
		switch {
		case b == '"':
			return out
		case b == '\n':
			c.Fail("a line ends inside a string")
			return nil
		case b != '\\':
			out = append(out, b)
		case c.Pos >= len(c.Bytes):
		case c.Bytes[c.Pos] == 'u':
			c.Pos++
			out = utf8.AppendRune(out, c.unicode())
		default:
			plain, ok := simpleEscapes[c.Bytes[c.Pos]]
			if !ok {
				c.Fail("bad escape %q", c.Bytes[c.Pos])
				return nil
			}
			c.Pos++
			out = append(out, plain)
		}
	}
	c.Fail("a string is not closed")
	return nil
}

// unicode reads the four digits after \u, and a second half where the first asks for one.
func (c *Cursor) unicode() rune {
	first := c.hex4()
	if !utf16.IsSurrogate(first) || c.Pos+6 > len(c.Bytes) || c.Bytes[c.Pos] != '\\' || c.Bytes[c.Pos+1] != 'u' {
		return first
	}
	c.Pos += 2
	return utf16.DecodeRune(first, c.hex4())
}

func (c *Cursor) hex4() rune {
	if c.Pos+4 > len(c.Bytes) {
		c.Fail("bad escape")
		return 0
	}
	n, err := strconv.ParseUint(string(c.Bytes[c.Pos:c.Pos+4]), 16, 32)
	if err != nil {
		c.Fail("bad escape")
		return 0
	}
	c.Pos += 4
	return rune(n)
}

// Uint32 takes a whole number, or a string that holds one.
func (c *Cursor) Uint32() uint32 {
	text := c.Scalar()
	if c.Err != nil {
		return 0
	}
	n, ok := ParseUint32(text)
	if !ok {
		c.Fail("%s is no number from 0 to 4294967295", Quote(text))
		return 0
	}
	return n
}

// Uint64 is uint32 for longer numbers.
func (c *Cursor) Uint64() uint64 {
	text := c.Scalar()
	if c.Err != nil {
		return 0
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		c.Fail("%s is no number", Quote(text))
	}
	return n
}

// Scalar takes a string, or a number, true, false or null as it stands.
func (c *Cursor) Scalar() []byte {
	if c.Peek() == '"' {
		return c.Text()
	}
	return c.Word()
}

// ParseUint32 reads digits alone, up to 4294967295.
func ParseUint32(text []byte) (uint32, bool) {
	if len(text) == 0 || len(text) > 10 {
		return 0, false
	}
	var n uint64
	for _, d := range text {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + uint64(d-'0')
	}
	return uint32(n), n <= 1<<32-1
}

// Word takes a number, true, false or null as it stands.
func (c *Cursor) Word() []byte {
	c.Peek()
	start := c.Pos
	for c.Pos < len(c.Bytes) && !structural[c.Bytes[c.Pos]] {
		c.Pos++
	}
	if c.Pos == start {
		c.Fail("found %q where a value should stand", c.Peek())
		return nil
	}
	c.comma = true
	return c.Bytes[start:c.Pos]
}

// Boolean takes true or false; null counts as false.
func (c *Cursor) Boolean() bool {
	switch string(c.Word()) {
	case "true":
		return true
	case "false", "null":
		return false
	}
	c.Fail("found a value that is neither true nor false")
	return false
}

// Null takes a null if one stands there.
func (c *Cursor) Null() bool {
	if c.Peek() != 'n' {
		return false
	}
	if string(c.Word()) != "null" {
		c.Fail("found an unknown word")
		return false
	}
	return true
}

// Value takes a value of any kind and returns its text.
func (c *Cursor) Value() []byte {
	c.Peek()
	start := c.Pos
	var v valueScan
	n, done, err := v.scan(c.Bytes[c.Pos:])
	c.Pos += n
	switch {
	case err != nil:
		c.Fail("%w", err)
		return nil
	case !done && !v.scalar:
		c.Fail("a value is cut off")
		return nil
	}
	c.comma = true
	return c.Bytes[start:c.Pos]
}

// End makes anything but blanks after the value an error.
func (c *Cursor) End() {
	if b := c.Peek(); b != 0 && c.Err == nil {
		c.Fail("found %q after the value", b)
	}
}

// Quote shows text from a dump in a message: escaped, and no longer than a reader wants to see.
func Quote[T ~string | ~[]byte](text T) string {
	const most = 80
	if len(text) > most {
		return strconv.QuoteToASCII(string(text[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(text))
}
