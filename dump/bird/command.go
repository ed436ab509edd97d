package bird

import (
	"strings"

	"bgpaudit/dump/reading"
)

// birdCommand is what a command says that stands in the file before its answer.
type birdCommand struct {
	filtered bool   // routes that import policy rejected
	counted  bool   // a count came without its table
	part     string // the word that makes the answer a part of a table
	sends    bool   // export, exported
	offers   bool   // preexport: the export filter is still to come
	keeps    bool   // noexport
	receives bool   // import: before import policy
	named    bool   // a table is named: it may be one neighbour's
	protocol string // the one whose routes the answer is of
}

// read looks for "show route ..." in an echoed line. words are those of the command.
func (c *birdCommand) read(text []byte) (words []string, ok bool) {
	for _, words := range reading.EchoedCommands(text) {
		if len(words) < 2 || !reading.Short(words[1], "route", 1) {
			continue
		}
		*c = birdCommand{counted: c.counted}
		previous := ""
		for i, word := range words[2:] {
			if word == "|" {
				if rest := words[2+i+1:]; !reading.WholePipe(rest) {
					c.part = "| " + reading.Words(rest[:min(len(rest), 1)])
				}
				break
			}
			if c.word(word, previous, i == 0) {
				previous = "" // a name may be a word of the command: "table protocol"
			} else {
				previous = word
			}
		}
		return words, true
	}
	return nil, false
}

// word reads one word of the command, and reports whether it is the name of a table or a protocol, which
// is none of the command's own.
func (c *birdCommand) word(word, previous string, first bool) (name bool) {
	switch previous {
	case "table", "protocol", "export", "preexport", "noexport":
		if word != "table" {
			if previous != "table" {
				c.protocol = word
			}
			c.named = c.named || previous == "table"
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
	case "import":
		c.receives = true
	case "primary", "where", "filter", "for", "in":
		c.part = word
	default:
		if first && strings.ContainsAny(word, "0123456789") && strings.ContainsAny(word, ".:") {
			c.part = word
		}
	}
	return false
}

// shown is what the command says of its answer.
func (c *birdCommand) shown(line int, words []string) reading.Shown {
	s := reading.Shown{Line: line, Asked: reading.Words(words), Part: c.part, Direction: reading.Held}
	if c.protocol != "" {
		s.Peer = "protocol " + reading.Quote(c.protocol)
	}
	switch {
	case c.keeps:
		s.What = "the command shows what is not exported"
		if s.Part == "" {
			s.Part = "noexport"
		}
	case c.offers:
		s.Direction, s.Policy, s.Extent = reading.Advertised, reading.BeforePolicy, reading.OfOne
		s.What = "the command shows what the export filter has yet to see (preexport)"
	case c.sends:
		s.Direction, s.Policy, s.Extent = reading.Advertised, reading.BehindPolicy, reading.OfOne
		s.What = "the command shows what is exported"
	case c.receives:
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BeforePolicy, reading.OfOne
	case c.protocol != "":
		s.Extent = reading.OfOne
		if !c.filtered {
			s.Policy = reading.BehindPolicy
		}
	case !c.named && !c.filtered && c.part == "":
		s.Extent = reading.OfAll
	}
	return s
}
