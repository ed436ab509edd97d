package reading

import (
	"bytes"
	"fmt"

	"bgpaudit/rib"
)

// WordTable walks the lines of a text whose rows are words under one header, as OpenBGPD and GoBGP print
// them. Such a text has no end: a prompt behind it proves it.
type WordTable struct {
	*Collector
	Name    string
	lines   TextLines
	Header  func(text []byte) bool         // begins the rows
	Legend  func(text []byte) bool         // explains the rows, in front of the header
	Row     func(l TextLine) bool          // reads a row, and reports whether it was one
	Command func(line int, words []string) // an echoed command
	Tool    string                         // the program whose command it is
	answers Answers
	Held    [2]bool // families of the table's rows
	begun   bool    // rows may follow
	open    bool    // nothing yet says that the table was printed whole
	blank   bool    // a blank line stands behind the header or a row
	tables  int
	answer  string
}

// Read walks the file to its end. It is an error where no table begins.
func (w *WordTable) Read(in *Input) error {
	w.lines.R = in.Text
	for l := range w.Lines(&w.lines) {
		w.one(l)
	}
	w.noteTable()
	if !w.Stopped() {
		w.Unproven = w.Unproven || w.open || len(w.answers.Awaited) > 0
		w.answers.Ended(w.Collector)
	}
	switch {
	case w.tables > 0, w.Stopped():
		return nil
	case w.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", Quote([]byte(w.answer)))
	}
	return fmt.Errorf("holds no table as %s prints it: check the command that made it", w.Name)
}

func (w *WordTable) one(l TextLine) {
	text := bytes.TrimSpace(l.Text)
	switch {
	case l.Long:
		w.Problem(l.Line, "a line of more than %d bytes: this is no router's", MaxLine)
	case len(text) == 0:
		w.blank = w.begun
	case !l.Cut && w.Header(text):
		w.noteTable()
		w.answers.Came()
		w.begun, w.open, w.blank = true, true, false
		w.tables++
	case w.begun && w.Row(l):
		if w.blank {
			w.blank = false
			w.Problem(l.Line, "a blank line stands among the rows: one of them may be missing")
		}
	case w.tables > 0 && string(text) == ">": // what a mark of a row may be, too: it proves no end
	case IsRouterPrompt(text), w.tables > 0 && !l.Cut && bareSign(text):
		w.endReply()
		w.echoed(text)
	case !l.Cut && len(EchoedCommands(text)) > 0:
		w.endReply()
		w.echoed(text)
	case !w.begun && !l.Cut && w.Legend(text):
	default:
		w.unknown(l, text)
	}
}

// bareSign reports whether a line is a shell's prompt without a name: "$".
func bareSign(text []byte) bool {
	return len(text) == 1 && bytes.IndexByte([]byte("#$%"), text[0]) >= 0
}

func (w *WordTable) unknown(l TextLine, text []byte) {
	if w.tables == 0 && w.answer == "" {
		w.answer = string(text[:min(len(text), 200)])
	}
	if l.Cut {
		w.Problem(l.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
		return
	}
	if w.tables == 0 && RowLike(text) {
		w.Problem(l.Line, "the beginning is missing: %s is of a table that began before the text", Quote(text))
		return
	}
	w.Between(l.Line, text, w.tables == 0)
}

// endReply is a prompt, or a command: the answer before it was printed whole.
func (w *WordTable) endReply() {
	w.noteTable()
	w.answers.Ended(w.Collector)
	w.begun, w.open = false, false
}

// echoed reads the commands of a line.
func (w *WordTable) echoed(text []byte) {
	for _, words := range EchoedCommands(text) {
		if words[0] == w.Tool {
			w.answers.Awaited = append(w.answers.Awaited, w.lines.Line)
			w.Command(w.lines.Line, words)
		}
	}
}

// noteTable notes a table that held rows: none comes twice.
func (w *WordTable) noteTable() {
	for _, family := range rib.Families {
		if w.Held[family] {
			w.answers.Table(w.Collector, w.lines.Line, family.String())
		}
	}
	w.Held = [2]bool{}
}

// AroundTool is a judge of what stands around the JSON documents of a program: echoed takes its commands.
func (c *Collector) AroundTool(tool string, echoed func(line int, words []string)) func(line int, text []byte, before bool) {
	return func(line int, text []byte, before bool) {
		for _, words := range EchoedCommands(text) {
			if words[0] == tool {
				echoed(line, words)
			}
		}
		c.Between(line, text, before)
	}
}
