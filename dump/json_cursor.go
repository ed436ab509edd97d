package dump

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// cursor reads JSON that is already in memory. Errors stick: after the first one every method
// returns its zero value. It is used like a [scanner].
type cursor struct {
	b     []byte
	i     int
	err   error
	comma bool
	depth int
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
		c.i = len(c.b)
	}
}

// peek skips blanks and shows the next byte; 0 at the end.
func (c *cursor) peek() byte {
	for c.i < len(c.b) {
		switch b := c.b[c.i]; b {
		case ' ', '\t', '\r', '\n':
			c.i++
		default:
			return b
		}
	}
	return 0
}

func (c *cursor) enter(open byte) {
	if b := c.peek(); b != open {
		c.fail("found %q where %q should stand", b, open)
		return
	}
	if c.depth++; c.depth > maxDepth {
		c.fail("%w", errTooDeep)
		return
	}
	c.i++
	c.comma = false
}

func (c *cursor) next(closing byte) bool {
	b := c.peek()
	if c.err != nil {
		return false
	}
	if b == closing {
		c.i++
		c.depth--
		c.comma = true
		return false
	}
	if c.comma {
		if b != ',' {
			c.fail("found %q where a comma should stand", b)
			return false
		}
		c.i++
		if c.peek() == closing {
			c.fail("found %q where a value should stand", closing)
			return false
		}
		c.comma = false
	}
	return c.err == nil
}

// key takes a member's name and its colon. The name is good until the next call.
func (c *cursor) key() []byte {
	name := c.str()
	if b := c.peek(); b != ':' {
		c.fail("found %q where a colon should stand", b)
		return nil
	}
	c.i++
	return name
}

// str takes a string. Without escapes it is a slice of the text itself.
func (c *cursor) str() []byte {
	if b := c.peek(); b != '"' {
		c.fail("found %q where a string should stand", b)
		return nil
	}
	c.comma = true
	c.i++
	start := c.i
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case '"':
			c.i++
			return c.b[start : c.i-1]
		case '\\':
			return c.escaped(start)
		case '\n':
			c.fail("a line ends inside a string")
			return nil
		}
		c.i++
	}
	c.fail("a string is not closed")
	return nil
}

var simpleEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (c *cursor) escaped(start int) []byte {
	out := append([]byte(nil), c.b[start:c.i]...)
	for c.i < len(c.b) {
		b := c.b[c.i]
		c.i++
		switch {
		case b == '"':
			return out
		case b == '\n':
			c.fail("a line ends inside a string")
			return nil
		case b != '\\':
			out = append(out, b)
		case c.i >= len(c.b):
		case c.b[c.i] == 'u':
			c.i++
			out = utf8.AppendRune(out, c.unicode())
		default:
			plain, ok := simpleEscapes[c.b[c.i]]
			if !ok {
				c.fail("bad escape %q", c.b[c.i])
				return nil
			}
			c.i++
			out = append(out, plain)
		}
	}
	c.fail("a string is not closed")
	return nil
}

// unicode reads the four digits after \u, and a second half where the first asks for one.
func (c *cursor) unicode() rune {
	first := c.hex4()
	if !utf16.IsSurrogate(first) || c.i+6 > len(c.b) || c.b[c.i] != '\\' || c.b[c.i+1] != 'u' {
		return first
	}
	c.i += 2
	return utf16.DecodeRune(first, c.hex4())
}

func (c *cursor) hex4() rune {
	if c.i+4 > len(c.b) {
		c.fail("bad escape")
		return 0
	}
	n, err := strconv.ParseUint(string(c.b[c.i:c.i+4]), 16, 32)
	if err != nil {
		c.fail("bad escape")
		return 0
	}
	c.i += 4
	return rune(n)
}

// uint32 takes a whole number, or a string that holds one.
func (c *cursor) uint32() uint32 {
	text := c.scalar()
	if c.err != nil {
		return 0
	}
	n, ok := parseUint32(text)
	if !ok {
		c.fail("%s is no number from 0 to 4294967295", quote(text))
		return 0
	}
	return n
}

// uint64 is uint32 for longer numbers.
func (c *cursor) uint64() uint64 {
	text := c.scalar()
	if c.err != nil {
		return 0
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		c.fail("%s is no number", quote(text))
	}
	return n
}

// scalar takes a string, or a number, true, false or null as it stands.
func (c *cursor) scalar() []byte {
	if c.peek() == '"' {
		return c.str()
	}
	return c.word()
}

func parseUint32(text []byte) (uint32, bool) {
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

// word takes a number, true, false or null as it stands.
func (c *cursor) word() []byte {
	c.peek()
	start := c.i
	for c.i < len(c.b) && !structural[c.b[c.i]] {
		c.i++
	}
	if c.i == start {
		c.fail("found %q where a value should stand", c.peek())
		return nil
	}
	c.comma = true
	return c.b[start:c.i]
}

// boolean takes true or false; null counts as false.
func (c *cursor) boolean() bool {
	switch string(c.word()) {
	case "true":
		return true
	case "false", "null":
		return false
	}
	c.fail("found a value that is neither true nor false")
	return false
}

// null takes a null if one stands there.
func (c *cursor) null() bool {
	if c.peek() != 'n' {
		return false
	}
	if string(c.word()) != "null" {
		c.fail("found an unknown word")
		return false
	}
	return true
}

// value takes a value of any kind and returns its text.
func (c *cursor) value() []byte {
	c.peek()
	start := c.i
	var v valueScan
	n, done, err := v.scan(c.b[c.i:])
	c.i += n
	switch {
	case err != nil:
		c.fail("%w", err)
		return nil
	case !done && !v.scalar:
		c.fail("a value is cut off")
		return nil
	}
	c.comma = true
	return c.b[start:c.i]
}

// end makes anything but blanks after the value an error.
func (c *cursor) end() {
	if b := c.peek(); b != 0 && c.err == nil {
		c.fail("found %q after the value", b)
	}
}

// quote shows text from a dump in a message: escaped, and no longer than a reader wants to see.
func quote[T ~string | ~[]byte](text T) string {
	const most = 80
	if len(text) > most {
		return strconv.QuoteToASCII(string(text[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(text))
}
