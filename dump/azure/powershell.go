package azure

import (
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
)

// shell watches the commands of a PowerShell log up to the first block: what one of them leaves out, nothing behind it
// shows.
type shell struct {
	commands []shellCommand
	goesOn   bool // the last line was not the end of its command
}

// shellCommand is what stands behind a prompt, put together from all its lines.
type shellCommand struct {
	line int
	text string
}

// maxShellCommands is more than stand in front of an answer.
const maxShellCommands = 1000

var (
	assigned = regexp.MustCompile(`^(\$\w+) *\+?= *(.*)$`)
	piped    = regexp.MustCompile(`^(\$\w+) *(\|.*)?$`)
	plainAsk = regexp.MustCompile(`(?i)^\(? *get-az`)
)

// saw takes a line in front of the first block, with its prompt if it has one.
func (s *shell) saw(line int, text string) {
	prompt := powerShell.FindString(text)
	text = strings.TrimSpace(text[len(prompt):])
	last := len(s.commands) - 1
	switch more, marked := strings.CutPrefix(text, ">>"); {
	case prompt == "" && last >= 0 && (marked || s.goesOn || strings.HasPrefix(text, "|")):
		text = strings.TrimSpace(more)
		if c := &s.commands[last]; len(c.text)+len(text) < reading.MaxLine {
			c.text = strings.TrimRight(c.text, "` ") + " " + text
		}
	case text == "" || len(s.commands) == maxShellCommands || prompt == "" && !routeAsks.MatchString(text):
		return
	default:
		s.commands = append(s.commands, shellCommand{line, text})
	}
	s.goesOn = strings.HasSuffix(text, "|") || strings.HasSuffix(text, "`")
}

// answers holds the commands that the first block answers against the config: the last one, and where that shows a
// variable those that it comes from.
func (s *shell) answers(c *reading.Collector) {
	if len(s.commands) == 0 {
		return
	}
	last := s.commands[len(s.commands)-1]
	list := statements(last.text)
	shown := piped.FindStringSubmatch(list[len(list)-1])
	if shown == nil {
		for _, statement := range list {
			if routeAsks.MatchString(statement) || len(list) == 1 {
				ask(c, last.line, statement)
			}
		}
		return
	}
	if part := partOf(shown[0]); part != "" {
		c.Problem(last.line, "the command shows a part of the table alone, as far as is known (%s)", reading.Quote(part))
	}
	for _, command := range s.commands {
		for _, statement := range statements(command.text) {
			if m := assigned.FindStringSubmatch(statement); m != nil && strings.EqualFold(m[1], shown[1]) {
				ask(c, command.line, m[2])
			}
		}
	}
}

// ask holds a statement that makes routes against the config. Of any but a plain one nothing tells that it makes all.
func ask(c *reading.Collector, line int, statement string) {
	if !plainAsk.MatchString(statement) {
		c.Problem(line, "the command may show a part of the table alone (%s)", reading.Quote(statement))
	}
	asked(c, line, statement)
}

// statements cuts a line at ";". There is one at least.
func statements(text string) (out []string) {
	for s := range strings.SplitSeq(text, ";") {
		if s = strings.TrimSpace(s); s != "" || len(out) == 0 {
			out = append(out, s)
		}
	}
	return out
}
