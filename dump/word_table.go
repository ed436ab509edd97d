package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	begun   bool                   // rows may follow
	open    bool                   // nothing yet says that the table was printed whole
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
	w.unproven = w.unproven || w.open
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
	switch {
	case l.long:
		w.problem(l.line, "a line of more than %d bytes: this is no router's", maxLine)
	case len(text) == 0:
		if l.erased && l.cut {
			w.problem(l.line, "the dump is cut off here, where a pager stopped it")
		}
	case !l.cut && w.header(text):
		w.begun, w.open = true, true
		w.tables++
	case w.begun && w.row(l):
	case isCiscoPrompt(text):
		w.begun, w.open = false, false
		w.command(commandWords(text))
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
	w.between(l.line, text, w.tables == 0)
}

// commandWords are the words behind a prompt.
func commandWords(text []byte) (words []string) {
	_, rest, _ := bytes.Cut(text, []byte("#"))
	if len(rest) == 0 {
		_, rest, _ = bytes.Cut(text, []byte("$"))
	}
	for f := range bytes.FieldsSeq(rest) {
		words = append(words, string(f))
	}
	return words
}
