package bird

import (
	"bytes"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// birdCommand is what a command says that stands in the file before its answer.
type birdCommand struct {
	filtered bool   // routes that import policy rejected
	counted  bool   // a count came without its table
	part     string // the word that makes the answer a part of a table
	sends    bool   // export, exported
	offers   bool   // preexport: the export filter is still to come
	keeps    bool   // noexport
	protocol string // the one whose routes the answer is of
}

// read looks for "show route ..." in an echoed line.
func (c *birdCommand) read(text []byte) bool {
	i := bytes.Index(text, []byte("show route"))
	if i < 0 {
		return false
	}
	*c = birdCommand{counted: c.counted}
	_, rest := reading.CutWord(text[i:])
	_, rest = reading.CutWord(rest)
	previous := ""
	for first := true; len(rest) > 0; first = false {
		var word []byte
		word, rest = reading.CutWord(rest)
		if c.word(string(bytes.Trim(word, `'"`)), previous, first) {
			previous = "" // a name may be a word of the command: "table protocol"
		} else {
			previous = string(word)
		}
	}
	return true
}

// namelessPrompt reports whether text is a command behind a prompt that is a mark alone: "# birdc show route all".
func namelessPrompt(text []byte) bool {
	return len(text) > 0 && bytes.IndexByte([]byte("#$%"), text[0]) >= 0 && bytes.Contains(text, []byte("show route"))
}

// word reads one word of the command, and reports whether it is the name of a table or a protocol, which
// is none of the command's own.
func (c *birdCommand) word(word, previous string, first bool) (name bool) {
	switch previous {
	case "table", "protocol", "export", "preexport", "noexport":
		if word != "table" {
			if previous == "protocol" {
				c.protocol = word
			}
			return true
		}
	}
	switch word {
	case "filtered":
		c.filtered = true
	case "export", "exported":
		c.sends = true
	case "preexport":
		c.offers = true
	case "noexport":
		c.keeps = true
	case "primary", "where", "filter", "for", "in":
		c.part = word
	default:
		if first && bytes.ContainsAny([]byte(word), "0123456789") && bytes.ContainsAny([]byte(word), ".:") {
			c.part = word
		}
	}
	return false
}

// sawCommand holds the command against the declared view.
func (r *reader) sawCommand() {
	c, view := &r.command, r.Source.View
	if c.part != "" {
		r.Problem(r.lines.line, "the command shows a part of the table alone (%s)", reading.Quote(c.part))
	}
	if c.protocol != "" && (view == rib.BGPTable || view == rib.LocRIB) {
		r.Problem(r.lines.line, "the command shows the routes of protocol %s alone, the config says %s", reading.Quote(c.protocol), view)
	}
	switch {
	case c.keeps && r.export:
		r.Say("the command shows what is not exported, the config says %s", view)
	case (c.sends || c.offers) && view != "" && !r.export:
		r.Say("the command shows what is exported, the config says %s", view)
	case c.offers && view == rib.AdjRIBOutPost:
		r.Say("the command shows what the export filter has yet to see (preexport), the config says %s: it is %s", view, rib.AdjRIBOutPre)
	case c.sends && view == rib.AdjRIBOutPre:
		r.Say("the command shows what the export filter let through, the config says %s: it is %s", view, rib.AdjRIBOutPost)
	case r.export && !c.sends && !c.offers:
		r.Say("the command does not show what is exported, the config says %s", view)
	}
}
