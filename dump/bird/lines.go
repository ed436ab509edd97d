package bird

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"bgpaudit/dump/reading"
)

// birdLine is one line, without the reply code and the terminal's marks around it.
type birdLine struct {
	text   []byte // good until the next line is read
	code   int    // of the control socket; -1 where none is printed
	final  bool   // the code is the last one of a reply
	prompt bool   // birdc's prompt stood in front: the reply before it had ended
	echo   bool   // text is the command behind that prompt
	indent bool
	cut    bool // the file ends within the line
	long   bool // beyond reading.MaxLine, which is not kept
}

// failed reports whether the code is of an error.
func (l *birdLine) failed() bool { return l.code >= 8000 }

// ends reports whether the line, without the blanks around it, closes a reply: nothing of the reply can
// be missing behind it.
func (l *birdLine) ends(text []byte) bool {
	if len(text) == 0 {
		return l.prompt || l.final && l.code == 0
	}
	return reading.IsPrompt(text) && bytes.IndexByte([]byte("#>$%"), text[len(text)-1]) >= 0
}

// birdLines takes a text apart.
type birdLines struct {
	r    *bufio.Reader
	line int
	buf  []byte
}

// next returns the next line, or io.EOF behind the last one.
func (s *birdLines) next() (birdLine, error) {
	raw, err := s.r.ReadSlice('\n')
	long := false
	if errors.Is(err, bufio.ErrBufferFull) {
		raw, long, err = s.gather(raw)
	}
	if err != nil && (len(raw) == 0 || !errors.Is(err, io.EOF)) {
		return birdLine{}, err
	}
	s.line++
	l := cutBIRDLine(raw)
	l.cut, l.long = err != nil, long
	return l, nil
}

// gather puts a line together that is longer than the buffer, up to reading.MaxLine.
func (s *birdLines) gather(first []byte) (raw []byte, long bool, err error) {
	s.buf = append(s.buf[:0], first...)
	for {
		raw, err = s.r.ReadSlice('\n')
		if room := reading.MaxLine - len(s.buf); room > 0 {
			s.buf = append(s.buf, raw[:min(len(raw), room)]...)
		}
		long = long || len(s.buf) >= reading.MaxLine
		if !errors.Is(err, bufio.ErrBufferFull) {
			return s.buf, long, err
		}
	}
}

var (
	birdPrompt = []byte("bird>")
	eraseLine  = []byte("\x1b[K")
)

// cutBIRDLine takes off the line's end, birdc's prompt and the reply code. On a terminal birdc writes
// the prompt, goes back and erases it when an answer comes: the answer stands behind that.
func cutBIRDLine(raw []byte) birdLine {
	l := birdLine{text: bytes.TrimRight(raw, "\r\n"), code: -1}
	if bytes.HasPrefix(l.text, birdPrompt) {
		l.prompt = true
		if i := bytes.LastIndex(l.text, eraseLine); i >= 0 {
			l.text = l.text[i+len(eraseLine):]
		} else {
			l.text, l.echo = l.text[len(birdPrompt):], true
			return l
		}
	}
	l.takeCode()
	l.indent = len(l.text) > 0 && (l.text[0] == ' ' || l.text[0] == '\t')
	return l
}

// takeCode takes "1007-" or "0000 " off: four digits, and a dash where the reply goes on.
func (l *birdLine) takeCode() {
	b := l.text
	if len(b) < 4 || len(b) > 4 && b[4] != '-' && b[4] != ' ' {
		return
	}
	code := 0
	for _, d := range b[:4] {
		if d < '0' || d > '9' {
			return
		}
		code = 10*code + int(d-'0')
	}
	const greeting, restricted = 1, 16
	l.code, l.text = code, b[min(len(b), 5):]
	l.final = (len(b) == 4 || b[4] == ' ') && code != greeting && code != restricted
}
