package dump

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// textLine is one line of a router's text, without its end and a terminal's marks.
type textLine struct {
	text []byte // good until the next line is read
	line int
	cut  bool // the file ends within the line
	long bool // beyond maxLine, which is not kept
	// erased says that backspaces stand in it: a pager's mark was there.
	erased bool
	// paged says that what was erased is a pager's mark, and no letter of a command that was typed.
	paged bool
}

// textLines takes a text apart.
type textLines struct {
	r    *bufio.Reader
	line int
	buf  []byte
	wide []byte
}

// next returns the next line, or io.EOF behind the last one.
func (s *textLines) next() (textLine, error) {
	raw, err := s.r.ReadSlice('\n')
	size := len(raw)
	if errors.Is(err, bufio.ErrBufferFull) {
		s.buf = append(s.buf[:0], raw[:min(len(raw), maxLine)]...)
		for errors.Is(err, bufio.ErrBufferFull) {
			raw, err = s.r.ReadSlice('\n')
			size += len(raw)
			s.buf = append(s.buf, raw[:min(len(raw), maxLine-len(s.buf))]...)
		}
		raw = s.buf
	}
	long := size > maxLine
	raw = raw[:min(len(raw), maxLine)]
	if err != nil && (len(raw) == 0 || !errors.Is(err, io.EOF)) {
		return textLine{}, err
	}
	s.line++
	l := textLine{line: s.line, cut: err != nil, long: long}
	l.erased, l.paged = erasures(raw)
	l.text = s.plain(raw)
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
func (s *textLines) plain(raw []byte) []byte {
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
