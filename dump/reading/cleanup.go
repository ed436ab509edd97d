package reading

import (
	"bytes"
	"encoding/binary"
	"io"
)

// What people paste went through a terminal, a program that logs it, or an editor. One clean-up takes what these leave
// in a text away, for all readers, line by line: a line stays a line, with its number (docs/formats/pasted.md). What
// cannot be undone stays in the text, and makes the reading partial.

// cleanup reads a text clean. Blocks without a trace of a terminal, which nearly all are, pass as they are.
type cleanup struct {
	r    io.Reader
	mem  []byte // of buf
	buf  []byte // what was read, and is not clean yet
	err  error  // why r gives no more
	out  []byte // what is clean, and was not handed on
	made []byte // memory of lines that were changed

	begun  bool
	inLine bool // the last piece did not end its line
	line   int  // lines that were begun
	stamps *stamps
	frame  frame
	pager  int // the line of a pager's erased mark with no text since
	wrongs []wrongLine
	more   int // beyond MaxErrors
}

// wrongLine is a place where something of the text may be lost.
type wrongLine struct {
	line int
	why  string
}

// cleanupBlock is how much is looked at at once. A longer line is handed on in pieces.
const cleanupBlock = 64 << 10

func newCleanup(r io.Reader) *cleanup {
	return &cleanup{r: r, mem: make([]byte, cleanupBlock)}
}

func (c *cleanup) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.err != nil && len(c.buf) == 0 {
			c.end()
			return 0, c.err
		}
		c.next()
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// wrong notes that something may be missing in a line.
func (c *cleanup) wrong(line int, why string) {
	if len(c.wrongs) == MaxErrors {
		c.more++
		return
	}
	c.wrongs = append(c.wrongs, wrongLine{line, why})
}

// next cleans the whole lines that are there. All that was clean has been handed on, so that its memory is free.
func (c *cleanup) next() {
	c.fill()
	whole := bytes.LastIndexByte(c.buf, '\n') + 1
	if c.err != nil || whole == 0 && len(c.buf) == len(c.mem) {
		whole = len(c.buf)
	}
	if !c.begun && whole > 0 {
		c.begun = true
		c.stamps = findStamps(c.buf[:whole])
	}
	c.block(c.buf[:whole])
	c.buf = c.buf[whole:]
}

// fill reads on behind what is left; at first so much that a format could be known by it.
func (c *cleanup) fill() {
	c.buf = c.mem[:copy(c.mem, c.buf)]
	const tries = 100
	for empty := 0; c.err == nil && len(c.buf) < len(c.mem); {
		n, err := c.r.Read(c.mem[len(c.buf):])
		c.buf, c.err = c.mem[:len(c.buf)+n], err
		switch {
		case n > 0 && (c.begun || len(c.buf) >= HeadSize):
			return
		case n > 0:
			empty = 0
		case err == nil:
			if empty++; empty == tries {
				c.err = io.ErrNoProgress
			}
		}
	}
}

// block cleans lines, or a piece of a long one.
func (c *cleanup) block(text []byte) {
	framed := c.frame.in(text, c.err != nil)
	if !framed && c.stamps == nil && c.pager == 0 && untouched(text) {
		c.out = text
		c.count(text)
		return
	}
	c.made = c.made[:0]
	for line := range bytes.Lines(text) {
		c.made = c.clean(c.made, line)
	}
	c.out = c.made
}

// count numbers the lines of a text that is handed on as it is.
func (c *cleanup) count(text []byte) {
	if len(text) == 0 {
		return
	}
	c.line += bytes.Count(text, []byte("\n"))
	ends := text[len(text)-1] == '\n'
	if c.inLine {
		c.line--
	}
	if c.inLine = !ends; c.inLine {
		c.line++
	}
}

// clean appends what a line, or a piece of one, says.
func (c *cleanup) clean(out, raw []byte) []byte {
	text, ends := bytes.CutSuffix(raw, []byte("\n"))
	front := !c.inLine
	if ends || c.err != nil {
		text = bytes.TrimRight(text, "\r")
	}
	tail := raw[len(text):]
	c.count(raw)
	var is shownLine
	if is.text = text; !untouched(text) {
		if is = showLine(text, front); is.wrong != "" {
			c.wrong(c.line, is.wrong)
		}
	}
	if front && (ends || c.err != nil) {
		is.text = c.withoutStamp(is.text)
		is.text = c.unframed(is.text)
	}
	if is.paged {
		c.pager = c.line
	}
	c.afterPager(bytes.TrimSpace(is.text))
	return append(append(out, is.text...), tail...)
}

// end is the end of the file: a pager whose mark was erased, with no text behind it, was quit.
func (c *cleanup) end() {
	if f := &c.frame; f.out > 0 && f.size >= azShows {
		c.wrong(f.out, azCut)
		f.out = 0
	}
	if c.pager > 0 {
		c.wrong(c.pager, quitPager)
		c.pager = 0
	}
}

const quitPager = "the dump is cut off here, where a pager stopped it"

// afterPager takes the text behind a pager's mark: a prompt says that the pager was quit, too.
func (c *cleanup) afterPager(text []byte) {
	if c.pager == 0 || len(text) == 0 {
		return
	}
	if isPromptLine(text) {
		c.wrong(c.pager, quitPager)
	}
	c.pager = 0
}

// isPromptLine reports whether a line is a prompt, with a command or without.
func isPromptLine(text []byte) bool {
	return IsRouterPrompt(text) || PromptEnds(text) || bareSign(text) || len(EchoedCommands(text)) > 0
}

// untouched reports whether nothing in a text is of a terminal or of another code page: it is ASCII without escapes, bells
// and backspaces, whose carriage returns end lines.
func untouched(text []byte) bool {
	for _, c := range []byte("\x1b\b\a") {
		if bytes.IndexByte(text, c) >= 0 {
			return false
		}
	}
	return isASCII(text) && endsLines(text)
}

// endsLines reports whether a line break follows each carriage return.
func endsLines(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\r')
		if at < 0 {
			return true
		}
		if at+1 >= len(text) || text[at+1] != '\n' {
			return false
		}
		text = text[at+2:]
	}
}

func isASCII(text []byte) bool {
	const high, word = 0x8080808080808080, 8
	for ; len(text) >= 4*word; text = text[4*word:] {
		if (binary.NativeEndian.Uint64(text)|binary.NativeEndian.Uint64(text[word:])|
			binary.NativeEndian.Uint64(text[2*word:])|binary.NativeEndian.Uint64(text[3*word:]))&high != 0 {
			return false
		}
	}
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}
