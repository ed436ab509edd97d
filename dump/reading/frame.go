package reading

import (
	"bytes"
	"regexp"
)

// frame is what programs print around an answer: script(1), az vm run-command, IOS with "terminal exec prompt timestamp".
// Its lines become empty ones.
type frame struct {
	begun   bool // one of its lines stands in the text
	out     int  // the line of [stdout]; 0: none is open
	size    int  // of the text behind it
	errors  bool // behind [stderr]
	checked bool
}

// frameWords stand in the lines of frames.
var frameWords = [][]byte{
	[]byte("Script started"), []byte("Script done"), []byte("Enable succeeded:"), []byte("[stdout]"), []byte("[stderr]"),
	[]byte("Time source is "), []byte("No time source, "), []byte("Load for five secs:"),
}

// frameLine is a whole line of a frame: of util-linux's and the BSDs' script, of az, of IOS.
var frameLine = regexp.MustCompile(`^(?:` +
	`Script (?:started|done) on .{10,200}` +
	`|Script (?:started|done)(?:, (?:output )?(?:log )?file is .{1,200})?\.?` +
	`|Enable succeeded: ?` +
	`|\[std(?:out|err)\]` +
	`|Load for five secs: \d+%/\d+%; one minute: \d+%; five minutes: \d+%` +
	`|(?:Time source is [A-Za-z -]{2,40}|No time source), [*.]?\d\d:\d\d:\d\d(?:\.\d+)? \S{1,8} \w{3} \w{3} \d{1,2} \d{4}` +
	`)\s*$`)

// in reports whether a block may hold lines of a frame. A frame begins in front of the first table; the last line of
// script stands at the end.
func (f *frame) in(text []byte, last bool) bool {
	if f.begun {
		return true
	}
	if f.checked && !last {
		return false
	}
	f.checked = true
	for _, word := range frameWords {
		if bytes.Contains(text, word) {
			f.begun = true
		}
	}
	return f.begun
}

// azShows is how much of an answer az vm run-command prints: its last 4,096 bytes.
const (
	azShows = 4000
	azCut   = "az vm run-command shows the last 4,096 bytes of an answer, and the beginning of this one is lost: let the command write a file on the machine, and fetch that"
)

// unframed is a line without the frame: empty, where it is of the frame alone.
func (c *cleanup) unframed(text []byte) []byte {
	f := &c.frame
	if !f.begun {
		return text
	}
	trimmed := bytes.TrimSpace(text)
	if !frameLine.Match(text) {
		f.size += len(text) + 1
		if !f.errors || len(trimmed) == 0 {
			return text
		}
		if f.errors = !isPromptLine(trimmed); f.errors {
			c.wrong(c.line, "the command wrote an error: "+Quote(trimmed))
			return nil
		}
		return text
	}
	switch {
	case string(trimmed) == "[stdout]":
		f.out, f.size, f.errors = c.line, 0, false
	case string(trimmed) == "[stderr]":
		f.errors = true
		if f.out > 0 && f.size >= azShows {
			c.wrong(f.out, azCut)
		}
		f.out = 0
	}
	return nil
}
