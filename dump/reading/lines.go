package reading

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
)

// TextLine is one line of a router's text, without its end and a terminal's marks.
type TextLine struct {
	Text []byte // good until the next line is read
	Line int
	Cut  bool // the file ends within the line
	Long bool // beyond MaxLine, which is not kept
	// Erased says that backspaces stand in it: a pager's mark was there.
	Erased bool
	// Paged says that what was erased is a pager's mark, and no letter of a command that was typed.
	Paged bool
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
	l.Erased, l.Paged = erasures(raw)
	l.Text = s.plain(raw)
	return l, nil
}

// erasures reports whether backspaces stand in a line, and whether they erase a pager's mark: "--More--".
func erasures(raw []byte) (erased, paged bool) {
	before, _, erased := bytes.Cut(raw, []byte("\b"))
	if !erased {
		return false, false
	}
	before = bytes.TrimSpace(before)
	return true, len(before) == 0 || bytes.Contains(bytes.ToLower(before), []byte("more"))
}

// plain takes the line's end and trailing blanks off, undoes the backspaces with which a pager erases
// its mark, and puts blanks for tabs: columns are counted in the text.
func (s *TextLines) plain(raw []byte) []byte {
	raw = bytes.TrimRight(raw, " \t\r\n")
	if bytes.IndexByte(raw, '\t') < 0 && bytes.IndexByte(raw, '\b') < 0 {
		return raw
	}
	const tab = 8
	s.wide = s.wide[:0]
	for _, c := range raw {
		switch c {
		case '\t':
			s.wide = append(s.wide, "        "[:tab-len(s.wide)%tab]...)
		case '\b':
			s.wide = s.wide[:max(len(s.wide)-1, 0)]
		default:
			s.wide = append(s.wide, c)
		}
	}
	return s.wide
}

// Erased undoes the backspaces of a line, with which a pager erases its mark. Tabs stay.
func Erased(line []byte) []byte {
	if bytes.IndexByte(line, '\b') < 0 {
		return line
	}
	kept := make([]byte, 0, len(line))
	for _, c := range line {
		if c != '\b' {
			kept = append(kept, c)
			continue
		}
		kept = kept[:max(len(kept)-1, 0)]
	}
	return kept
}
