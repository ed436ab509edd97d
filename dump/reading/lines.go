package reading

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
)

// TextLine is one line of a router's text, without its end.
type TextLine struct {
	Text []byte // good until the next line is read
	Line int
	Cut  bool // the file ends within the line
	Long bool // beyond MaxLine, which is not kept
}

// TextLines takes a text apart.
type TextLines struct {
	R    *bufio.Reader
	Line int
	buf  []byte
	wide []byte
}

// Lines gives the lines of a text one by one: up to its end, to where the caller gave up, or to a place
// where it cannot be read any further, which is a problem then.
func (c *Collector) Lines(s *TextLines) iter.Seq[TextLine] {
	return func(yield func(TextLine) bool) {
		for !c.Stopped() {
			l, err := s.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					c.Broken(s.Line, err)
				}
				return
			}
			if !yield(l) {
				return
			}
		}
	}
}

// Next returns the next line, or io.EOF behind the last one.
func (s *TextLines) Next() (TextLine, error) {
	raw, err := s.R.ReadSlice('\n')
	size := len(raw)
	if errors.Is(err, bufio.ErrBufferFull) {
		s.buf = append(s.buf[:0], raw[:min(len(raw), MaxLine)]...)
		for errors.Is(err, bufio.ErrBufferFull) {
			raw, err = s.R.ReadSlice('\n')
			size += len(raw)
			s.buf = append(s.buf, raw[:min(len(raw), MaxLine-len(s.buf))]...)
		}
		raw = s.buf
	}
	long := size > MaxLine
	raw = raw[:min(len(raw), MaxLine)]
	if err != nil && (len(raw) == 0 || !errors.Is(err, io.EOF)) {
		return TextLine{}, err
	}
	s.Line++
	l := TextLine{Line: s.Line, Cut: err != nil, Long: long}
	l.Text = s.plain(raw)
	return l, nil
}

// plain takes the line's end and trailing blanks off, and puts blanks for tabs: columns are counted in the text.
func (s *TextLines) plain(raw []byte) []byte {
	raw = bytes.TrimRight(raw, " \t\r\n")
	if bytes.IndexByte(raw, '\t') < 0 {
		return raw
	}
	const tab = 8
	s.wide = s.wide[:0]
	for _, c := range raw {
		if c != '\t' {
			s.wide = append(s.wide, c)
			continue
		}
		s.wide = append(s.wide, "        "[:tab-len(s.wide)%tab]...)
	}
	return s.wide
}
