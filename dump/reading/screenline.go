package reading

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A program writes to a terminal what the terminal does with the text, too: colours, a title, a step back. A log of the
// terminal holds all of it. What follows shows one line of such a log as the terminal showed it.

// screenLine is a line as a terminal draws it, a rune a column.
type screenLine struct {
	cells []rune
	col   int
	lost  []rune // what was erased or written over, in the order it was lost
	solid int    // how many of them are no blanks
	first rune   // of these
	was   []byte // the line before it lost anything
	wrong string // why the line cannot be shown
	bell  bool   // it rang, outside of a title
	mode  bool   // the last order set or left a mode
	// front says that the line's first column is known: it is none of the later pieces of a long line.
	front bool
	gone  []bool // columns whose text was lost
	from  int    // the first of them, -1: none
	blank bool   // a blank with text in front of it was written over
}

// shownLine is what became of a line.
type shownLine struct {
	text  []byte
	paged bool   // a pager's mark stood in it, and is erased
	wrong string // why it is left as it is
}

// showLine draws a line, without its end. A line from which something is lost that is no mark of a pager and no letter
// of a command that is edited behind its prompt is left as it is: a reader is to see that it is disturbed.
func showLine(raw []byte, front bool) shownLine {
	s := &screenLine{front: front, from: -1, cells: make([]rune, 0, len(raw))}
	for i := 0; i < len(raw) && s.wrong == ""; {
		i += s.draw(raw[i:])
	}
	shown := s.text()
	lost := strings.TrimSpace(string(s.lost))
	if back := backwards(s.lost); erasedMarks.MatchString(back) { // a letter at a time, from its end
		lost = back
	}
	prompt := IsRouterPrompt(bytes.TrimSpace(shown)) || len(EchoedCommands(shown)) > 0
	switch {
	case s.wrong != "":
	case s.bell && !prompt && len(bytes.TrimSpace(shown)) > 0:
		s.wrong = "a bell stands in the text"
	case s.blank && !prompt:
		s.wrong = "text was written over a blank"
	case lost == "", erasedMarks.MatchString(lost) && s.alone(), prompt && IsRouterPrompt(s.was):
		pager := erasedPager.MatchString(lost) || lost == "" && bytes.HasPrefix(bytes.TrimLeft(raw, " "), []byte("\b"))
		return shownLine{text: shown, paged: pager}
	case lost == "bird>", IsPrompt([]byte(lost)) && (prompt || len(bytes.TrimSpace(shown)) == 0):
		// birdc goes back over its prompt and writes a row there; its reader knows.
		return shownLine{text: raw}
	default:
		s.wrong = "text was written over other text: " + Quote(lost)
	}
	return shownLine{text: raw, wrong: s.wrong}
}

func backwards(cells []rune) string {
	cells = slices.Clone(cells)
	slices.Reverse(cells)
	return strings.TrimSpace(string(cells))
}

// pagerMark is what pagers print where they wait, as the terminals of IOS, NX-OS, EOS, Junos, SR OS, FortiOS, Comware
// and less show it; progress is the Azure CLI's; lostPrompt is what zsh prints behind a line without an end.
const (
	pagerMark = `[-<(]*\s*\(?more(?:\s+\d{1,3}%)?\)?\s*[->)]*(?:\s*\(\d{1,3}%\)|,? ?\(?(?:next page: space|press q to quit|press space to continue)[^0-9./]{0,80})?` +
		`|press any key to continue(?: \(q to quit\))?|:|lines? \d+-\d+(?:/\d+)?(?: \(end\)| \d{1,3}%)?|standard input`
	pagerEnd   = `\(end\)|lines? \d+-\d+/\d+ \(end\)`
	progress   = `[-\\|/]? ?(?:running|finished|starting) \.\.`
	lostPrompt = `%`
)

var (
	erasedMarks = regexp.MustCompile(`^(?i:\s*(?:` + pagerEnd + `|` + pagerMark + `|` + progress + `|` + lostPrompt + `)\s*)+$`)
	erasedPager = regexp.MustCompile(`^(?i:\s*(?:` + pagerMark + `)\s*)+$`)
)

// widest is how many columns of a line are drawn, and farthest how far one step goes.
const (
	widest   = MaxLine
	farthest = 4096
)

// draw takes one letter or one order to the terminal, and returns its length.
func (s *screenLine) draw(raw []byte) int {
	if raw[0] != '\x1b' {
		s.mode = false
	}
	switch raw[0] {
	case '\x1b':
		n := s.escape(raw)
		if n == 0 {
			s.wrong = "an escape sequence that is not known stands in it"
			return 1
		}
		return n
	case '\b':
		s.move(s.col - 1)
	case '\r':
		s.move(0)
	case '\a':
		s.bell = true
	default:
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			r = foreign(raw[0])
		}
		s.letter(r)
		return n
	}
	return 1
}

// A byte that is no UTF-8 is of another code page, and stays as it is. noRune keeps such bytes apart from letters.
const noRune = 0x110000

func foreign(b byte) rune {
	const noBreakSpace = 0xa0 // in the code pages of Windows and of ISO
	if b == noBreakSpace {
		return ' '
	}
	return noRune + rune(b)
}

func (s *screenLine) letter(r rune) {
	switch {
	case r == '\u00a0', r == '\u2007', r == '\u202f': // blanks that an editor or a web page put there
		r = ' '
	case r == '\u0085': // an ellipsis of code page 1252, taken for Latin-1
		r = '…'
	case r == '\ufeff', r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r == '\u2060':
		return // takes no room: a byte order mark, or the direction of the text
	}
	switch {
	case s.col < len(s.cells):
		s.blank = s.blank || s.overBlank(r)
		s.lose(s.col, s.col+1)
		s.mark(s.col)
		s.cells[s.col] = r
	case !s.pad(s.col):
		return
	default:
		s.cells = append(s.cells, r)
	}
	s.col++
}

// move goes to another column.
func (s *screenLine) move(col int) {
	if !s.front {
		s.wrong = "a terminal goes back in a line of more than 64 KiB"
	}
	s.col = max(col, 0)
}

// pad fills the line up to a column with blanks.
func (s *screenLine) pad(col int) bool {
	if col >= widest {
		s.wrong = "it is longer than 64 KiB as a terminal shows it"
		return false
	}
	for len(s.cells) < col {
		s.cells = append(s.cells, ' ')
	}
	return true
}

// overBlank reports whether a letter takes the place of a blank behind text, where nothing was erased: two words
// become one.
func (s *screenLine) overBlank(r rune) bool {
	if r == ' ' || s.cells[s.col] != ' ' || s.col < len(s.gone) && s.gone[s.col] {
		return false
	}
	return s.stands(s.col)
}

// mark notes that the text of a column is another one now.
func (s *screenLine) mark(col int) {
	for len(s.gone) <= col {
		s.gone = append(s.gone, false)
	}
	s.gone[col] = true
}

// alone reports whether what was lost stood at the front of the line: a mark of a pager does.
func (s *screenLine) alone() bool { return s.from <= 0 || !s.stands(s.from) }

// stands reports whether text in front of a column is still what was first written there.
func (s *screenLine) stands(col int) bool {
	for i, c := range s.cells[:min(col, len(s.cells))] {
		if c != ' ' && (i >= len(s.gone) || !s.gone[i]) {
			return true
		}
	}
	return false
}

// lose notes what is erased from one column to another.
func (s *screenLine) lose(from, to int) {
	cells := s.cells[from:to]
	if len(s.lost)+len(cells) > widest {
		s.wrong = "more than 64 KiB of text are erased in it"
		return
	}
	for i, r := range cells {
		if r == ' ' {
			continue
		}
		s.mark(from + i)
		if s.from < 0 || from+i < s.from {
			s.from = from + i
		}
		if s.solid == 0 || s.solid == 1 && s.first == '%' { // behind what zsh prints in front of its prompt
			s.was, s.first = bytes.TrimSpace(s.text()), r
		}
		s.solid++
	}
	s.lost = append(s.lost, cells...)
}

// erase puts blanks for the cells from one column to another.
func (s *screenLine) erase(from, to int) {
	if !s.front {
		s.wrong = "a terminal erases text in a line of more than 64 KiB"
		return
	}
	from, to = min(from, len(s.cells)), min(to, len(s.cells))
	if from >= to {
		return
	}
	s.lose(from, to)
	if to == len(s.cells) {
		s.cells = s.cells[:from]
		return
	}
	for i := from; i < to; i++ {
		s.cells[i] = ' '
	}
}

// text is the line. Blanks at its end are of no account where something was erased.
func (s *screenLine) text() []byte {
	out := make([]byte, 0, len(s.cells)+8)
	for _, r := range s.cells {
		if r >= noRune {
			out = append(out, byte(r-noRune))
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	if len(s.lost) > 0 {
		out = bytes.TrimRight(out, " ")
	}
	return out
}
