package dump

import "bytes"

// birdCommand is what a command says that stands in the file before its answer.
type birdCommand struct {
	filtered bool   // routes that import policy rejected
	counted  bool   // a count came without its table
	part     string // the word that makes the answer a part of a table
	sends    bool   // export, preexport
	keeps    bool   // noexport
}

// read looks for "show route ..." in an echoed line.
func (c *birdCommand) read(text []byte) bool {
	i := bytes.Index(text, []byte("show route"))
	if i < 0 {
		return false
	}
	*c = birdCommand{counted: c.counted}
	_, rest := cutWord(text[i:])
	_, rest = cutWord(rest)
	previous := ""
	for first := true; len(rest) > 0; first = false {
		var word []byte
		word, rest = cutWord(rest)
		c.word(string(bytes.Trim(word, `'"`)), previous, first)
		previous = string(word)
	}
	return true
}

// word reads one word of the command. Names of tables and protocols are none of the command's own.
func (c *birdCommand) word(word, previous string, first bool) {
	switch previous {
	case "table", "protocol", "export", "preexport", "noexport":
		if word != "table" {
			return
		}
	}
	switch word {
	case "filtered":
		c.filtered = true
	case "export", "preexport", "exported":
		c.sends = true
	case "noexport":
		c.keeps = true
	case "primary", "where", "filter", "for", "in":
		c.part = word
	default:
		if first && bytes.ContainsAny([]byte(word), "0123456789") && bytes.ContainsAny([]byte(word), ".:") {
			c.part = word
		}
	}
}

// sawCommand holds the command against the declared view.
func (r *birdReader) sawCommand() {
	c, view := &r.command, r.src.View
	if c.part != "" {
		r.problem(r.lines.line, "the command shows a part of the table alone (%s)", quote(c.part))
	}
	switch {
	case c.keeps && r.export:
		r.say("the command shows what is not exported, the config says %s", view)
	case c.sends && view != "" && !r.export:
		r.say("the command shows what is exported, the config says %s", view)
	case r.export && !c.sends:
		r.say("the command does not show what is exported, the config says %s", view)
	}
}
