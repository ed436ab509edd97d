package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"bgpaudit/rib"
)

// wordTable walks the lines of a text whose rows are words under one header, as OpenBGPD and GoBGP print
// them. Such a text has no end: a prompt behind it proves it.
type wordTable struct {
	*collector
	name    string
	lines   textLines
	header  func(text []byte) bool // begins the rows
	legend  func(text []byte) bool // explains the rows, in front of the header
	row     func(l textLine) bool  // reads a row, and reports whether it was one
	command func(words []string)   // an echoed command
	tool    string                 // the program whose command it is
	answers answers
	held    [2]bool // families of the table's rows
	begun   bool    // rows may follow
	open    bool    // nothing yet says that the table was printed whole
	tables  int
	answer  string
}

func (w *wordTable) read(in *input) error {
	w.lines.r = in.text
	for !w.stopped() {
		l, err := w.lines.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.broken(w.lines.line, err)
			}
			break
		}
		w.one(l)
	}
	w.noteTable()
	if !w.stopped() {
		w.unproven = w.unproven || w.open || len(w.answers.awaited) > 0
		w.answers.ended(w.collector)
	}
	switch {
	case w.tables > 0, w.stopped():
		return nil
	case w.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote([]byte(w.answer)))
	}
	return fmt.Errorf("holds no table as %s prints it: check the command that made it", w.name)
}

func (w *wordTable) one(l textLine) {
	text := bytes.TrimSpace(l.text)
	if l.paged && w.tables > 0 {
		w.answers.pager = l.line
	}
	switch {
	case l.long:
		w.problem(l.line, "a line of more than %d bytes: this is no router's", maxLine)
	case len(text) == 0:
	case !l.cut && w.header(text):
		w.noteTable()
		w.answers.came()
		w.begun, w.open = true, true
		w.tables++
	case w.begun && w.row(l):
		w.answers.pager = 0
	case isRouterPrompt(text):
		w.endReply()
		w.echoed(text)
	case !l.cut && len(echoedCommands(text)) > 0:
		w.endReply()
		w.echoed(text)
	case !w.begun && !l.cut && w.legend(text):
	default:
		w.unknown(l, text)
	}
}

func (w *wordTable) unknown(l textLine, text []byte) {
	if w.tables == 0 && w.answer == "" {
		w.answer = string(text[:min(len(text), 200)])
	}
	if l.cut {
		w.problem(l.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
		return
	}
	if w.tables == 0 && rowLike(text) {
		w.problem(l.line, "the beginning is missing: %s is of a table that began before the text", quote(text))
		return
	}
	w.between(l.line, text, w.tables == 0)
}

// endReply is a prompt, or a command: the answer before it was printed whole.
func (w *wordTable) endReply() {
	w.noteTable()
	w.answers.ended(w.collector)
	w.begun, w.open = false, false
}

// echoed reads the commands of a line.
func (w *wordTable) echoed(text []byte) {
	for _, words := range echoedCommands(text) {
		if words[0] == w.tool {
			w.answers.awaited = append(w.answers.awaited, w.lines.line)
			w.command(words)
		}
	}
}

// noteTable notes a table that held rows: none comes twice.
func (w *wordTable) noteTable() {
	for _, family := range rib.Families {
		if w.held[family] {
			w.answers.table(w.collector, w.lines.line, family.String())
		}
	}
	w.held = [2]bool{}
}

// asks holds the words of a command that name no whole table, and the neighbour of its answer, against the config.
func (w *wordTable) asks(part, neighbor string) {
	if part != "" {
		w.problem(w.lines.line, "the command shows a part of the table alone (%s)", quote([]byte(part)))
	}
	a, err := netip.ParseAddr(neighbor)
	if err != nil {
		return
	}
	w.sawAnswerOf(w.lines.line, a)
	if tableView(w.src.View) {
		w.say("the command shows the routes of one neighbor, the config says %s", w.src.View)
	}
}
