package reading

import (
	"bytes"
	"strconv"
)

// escape obeys the escape sequence at the beginning of raw (ECMA-48, and what xterm adds to it), and returns its length;
// 0 where it is none that a router, a shell or a pager writes. A sequence that is not known may be a damage, whose next
// letters are of a row.
func (s *screenLine) escape(raw []byte) int {
	if len(raw) < 2 {
		return 0
	}
	switch raw[1] {
	case '[':
		return s.control(raw)
	case ']':
		if len(raw) > 2 && raw[2] >= '0' && raw[2] <= '9' {
			return stringEnd(raw, true)
		}
	case 'k', 'P', '_': // the title of screen and tmux, and strings to the terminal's driver
		return stringEnd(raw, false)
	case '(': // the letters of ASCII again, as tput sgr0 has it
		if len(raw) > 2 && raw[2] == 'B' {
			return 3
		}
	case '=', '>': // the keys of a keypad; less says so behind a mode, vim in front of one
		return 2 * s.besideMode(raw)
	}
	return 0
}

// besideMode is 1 where a mode's sequence stands beside the one at the beginning of raw.
func (s *screenLine) besideMode(raw []byte) int {
	if bytes.HasPrefix(raw[2:], []byte("\x1b[")) || len(raw) == 2 || raw[2] == '\r' || s.mode {
		return 1
	}
	return 0
}

// stringEnd is where a string to the terminal ends: at ESC \, a title also at BEL. An end on another line is none.
func stringEnd(raw []byte, bell bool) int {
	const most = 4096
	for i := 2; i < min(len(raw), most); i++ {
		switch {
		case raw[i] == '\a' && bell:
			return i + 1
		case raw[i] == '\x1b' && i+1 < len(raw) && raw[i+1] == '\\':
			return i + 2
		case raw[i] == '\x1b':
			return 0
		}
	}
	return 0
}

// control obeys a control sequence: ESC [, parameters, and a letter that says what it is.
func (s *screenLine) control(raw []byte) int {
	end := 2
	for end < len(raw) && raw[end] >= '0' && raw[end] <= '?' {
		end++
	}
	params := raw[2:end]
	if bytes.HasPrefix(raw[end:], []byte(" q")) { // the shape of the cursor
		return end + 2
	}
	if end == len(raw) {
		return 0
	}
	private := len(params) > 0 && params[0] >= '<'
	letter := raw[end]
	s.mode = letter == 'h' || letter == 'l'
	switch letter {
	case 'm', 'h', 'l', 'n', 'c', 't': // colours, modes, questions, the window
		return end + 1
	case 'u':
		if !private {
			return 0
		}
		return end + 1
	}
	n, ok := parameter(params)
	if !ok || private && letter != 'J' && letter != 'K' {
		return 0
	}
	if s.wrong == "" && !s.obey(letter, n) {
		return 0
	}
	return end + 1
}

// parameter is the one number of a control sequence; -1 where it has none.
func parameter(params []byte) (int, bool) {
	params = bytes.TrimPrefix(params, []byte("?"))
	if len(params) == 0 {
		return -1, true
	}
	n, err := strconv.Atoi(string(params))
	return n, err == nil && n <= farthest
}

// obey moves within the line, or erases in it.
func (s *screenLine) obey(letter byte, n int) bool {
	step := max(n, 1)
	switch letter {
	case 'C':
		s.move(s.col + step)
	case 'D':
		s.move(s.col - step)
	case 'G', '`':
		s.move(step - 1)
	case 'X':
		s.erase(s.col, s.col+step)
	case 'P':
		s.shift(step)
	case '@':
		s.insert(step)
	case 'J', 'K':
		switch n {
		case -1, 0:
			s.erase(s.col, len(s.cells))
		case 1:
			s.erase(0, s.col+1)
		case 2, 3:
			s.erase(0, len(s.cells))
		default:
			return false
		}
	case 'H':
		return s.home()
	default:
		return false
	}
	return true
}

// home begins the screen again, as "clear" does. With text in front of it, it goes to another line of the screen.
func (s *screenLine) home() bool {
	if len(bytes.TrimSpace(s.text())) > 0 {
		return false
	}
	s.col = 0
	return true
}

// shift takes n letters out of the line, and insert puts n blanks into it, as the editing of a command does.
func (s *screenLine) shift(n int) {
	to := min(s.col+n, len(s.cells))
	switch {
	case !s.front, len(s.cells) > farthest:
		s.wrong = "letters are taken out of a long line"
	case s.col < to:
		s.lose(s.col, to)
		s.cells = append(s.cells[:s.col], s.cells[to:]...)
	}
}

func (s *screenLine) insert(n int) {
	switch {
	case !s.front, len(s.cells)+n > farthest:
		s.wrong = "blanks are put into a long line"
	case s.col < len(s.cells):
		blanks := make([]rune, n, n+len(s.cells)-s.col)
		for i := range blanks {
			blanks[i] = ' '
		}
		s.cells = append(s.cells[:s.col], append(blanks, s.cells[s.col:]...)...)
	}
}
