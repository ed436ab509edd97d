package reading

import (
	"bytes"
	"regexp"
)

// stamps are the moments that a program puts in front of each line: ts, a terminal that logs, syslog, kubectl.
type stamps struct {
	form   *regexp.Regexp
	sender string // of syslog's: "edge1 vtysh[77]:", the same in each line
	// awaited is true where the lines in front of the first moment were not met yet.
	awaited bool
}

// stampForms are the forms of a moment at the front of a line. One blank parts it from the text; columns stay in place.
var stampForms = []*regexp.Regexp{
	regexp.MustCompile(`^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?:?(?:[ \t]|$)`),
	regexp.MustCompile(`^\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?:?(?:[ \t]|$)`),
	regexp.MustCompile(`^\[?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?\]?(?:[ \t]|$)`),
}

// stampSender is the host and the program that syslog writes behind the moment.
var stampSender = regexp.MustCompile(`^[A-Za-z0-9][\w.-]{0,63} [A-Za-z0-9][\w./-]{0,63}(?:\[\d{1,9}\])?:(?: |$)`)

// findStamps finds the moments of a text by its head: from the first one on, each line has one, but for prompts. Where one
// line of a table has none, none is taken off: whose line it is cannot be known.
func findStamps(head []byte) *stamps {
	for _, form := range stampForms {
		if s := (&stamps{form: form, awaited: true}); s.fits(head) {
			return s
		}
	}
	return nil
}

func (s *stamps) fits(head []byte) bool {
	const least = 2
	found, json, same := 0, false, true
	for line := range bytes.Lines(head) {
		text := bytes.TrimRight(line, "\r\n")
		if !untouched(text) {
			text = showLine(text, true).text
		}
		rest, ok := s.cut(text)
		switch {
		case ok:
			if len(bytes.TrimSpace(rest)) == 0 {
				continue
			}
			sender := string(stampSender.Find(rest))
			if found++; found == 1 {
				behind := rest[len(sender):]
				s.sender, json = sender, len(behind) > 0 && (behind[0] == '{' || behind[0] == '[') && JSONStart(behind)
			}
			same = same && sender == s.sender
		case found > 0 && len(bytes.TrimSpace(text)) > 0 && !isPromptLine(bytes.TrimSpace(text)):
			return false
		}
	}
	if !same {
		s.sender = ""
	}
	return found >= least || found == 1 && json
}

// cut takes the moment off a line.
func (s *stamps) cut(text []byte) (rest []byte, ok bool) {
	at := s.form.FindIndex(text)
	if at == nil {
		return text, false
	}
	return text[at[1]:], true
}

// withoutStamp takes the moment off a line. A line of the table that has none may be another program's.
func (c *cleanup) withoutStamp(text []byte) []byte {
	s := c.stamps
	if s == nil {
		return text
	}
	rest, ok := s.cut(text)
	trimmed := bytes.TrimSpace(text)
	switch {
	case ok:
		s.awaited = false
		if behind, ours := bytes.CutPrefix(rest, []byte(s.sender)); ours {
			return behind
		}
		if len(bytes.TrimSpace(rest)) > 0 && string(bytes.TrimSpace(rest)) != string(bytes.TrimSpace([]byte(s.sender))) {
			c.wrong(c.line, "it is of another program than the lines around it: "+Quote(trimmed))
			return text
		}
		return nil
	case s.awaited, len(trimmed) == 0, isPromptLine(trimmed):
		return text
	}
	c.wrong(c.line, "it has no time in front of it, as the lines around it have: "+Quote(trimmed))
	return text
}
