package configs

import (
	"bytes"
	"fmt"
)

// Bounds of what a config may hold of one kind. The libraries that read YAML take a time for a
// mapping that grows with the square of its keys, and nobody reads ten thousand mistakes.
const (
	maxKeys     = 1000
	maxProblems = 1000
)

// crowded finds a mapping of more keys than any part of a config has, and the keys that are too
// many. It looks at the text alone, in one walk: lines of one indentation, and what stands between braces.
func crowded(text []byte) *Problem {
	var w crowd
	for line := 1; len(text) > 0; line++ {
		var one []byte
		one, text, _ = bytes.Cut(text, []byte("\n"))
		w.block(one, line)
		w.flow(one, line)
	}
	if w.over == 0 {
		return nil
	}
	return &Problem{Line: w.first, Message: fmt.Sprintf("a mapping of more than %d keys, here and %d more", maxKeys, w.over-1), Hint: "no part of a config has so many; lists hold entries with name:"}
}

// crowd is the walk: the mappings that are open, by indentation and by brace.
type crowd struct {
	blocks []openMapping
	braces []int // keys of each, -1 for a list's bracket
	quote  byte  // within a quoted text
	first  int   // line of the first key that is too many
	over   int
}

type openMapping struct{ indent, keys int }

// block takes a line of block style: "key: value", or "- key: value".
func (w *crowd) block(line []byte, number int) {
	rest := bytes.TrimLeft(line, " ")
	if len(w.braces) > 0 || w.quote != 0 || len(bytes.TrimSpace(rest)) == 0 || rest[0] == '#' {
		return
	}
	indent := len(line) - len(rest)
	for bytes.HasPrefix(rest, []byte("- ")) { // a new item: what stood deeper is over
		w.close(indent + 1)
		rest = bytes.TrimLeft(rest[1:], " ")
		indent = len(line) - len(rest)
	}
	w.close(indent + 1)
	if !bytes.Contains(line, []byte(": ")) && !bytes.HasSuffix(bytes.TrimSpace(line), []byte(":")) && !bytes.HasPrefix(rest, []byte("? ")) {
		return
	}
	if n := len(w.blocks); n == 0 || w.blocks[n-1].indent < indent {
		w.blocks = append(w.blocks, openMapping{indent: indent})
	}
	last := &w.blocks[len(w.blocks)-1]
	last.keys++
	w.count(last.keys, number)
}

// close ends the mappings that are indented so far or farther.
func (w *crowd) close(indent int) {
	for n := len(w.blocks); n > 0 && w.blocks[n-1].indent >= indent; n-- {
		w.blocks = w.blocks[:n-1]
	}
}

// flow takes what of a line is in braces: "{key: value, key: value}".
func (w *crowd) flow(line []byte, number int) {
	for i, b := range line {
		n := len(w.braces)
		switch {
		case w.quote != 0:
			if b == w.quote {
				w.quote = 0
			}
		case b == '#' && (i == 0 || line[i-1] == ' '):
			return
		case (b == '"' || b == '\'') && n > 0:
			w.quote = b
		case b == '{':
			w.braces = append(w.braces, 1)
		case b == '[':
			w.braces = append(w.braces, -1)
		case (b == '}' || b == ']') && n > 0:
			w.braces = w.braces[:n-1]
		case b == ',' && n > 0 && w.braces[n-1] > 0:
			w.braces[n-1]++
			w.count(w.braces[n-1], number)
		}
	}
	if len(w.braces) == 0 {
		w.quote = 0
	}
}

func (w *crowd) count(keys, line int) {
	if keys <= maxKeys {
		return
	}
	if w.over++; w.first == 0 {
		w.first = line
	}
}
