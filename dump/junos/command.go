package junos

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// showCommand is a command of which the text behind it is the answer.
var showCommand = regexp.MustCompile(`(?:^|[>#%$"']\s*|\bssh\s.*?\s|\bcli\s+)(show route\b)`)

// showRoute is where an echoed command begins in a line, -1 where there is none.
func showRoute(text []byte) int {
	if m := showCommand.FindSubmatchIndex(text); m != nil {
		return m[2]
	}
	return -1
}

// junosCommand is what the echoed command of an answer asks for.
type junosCommand struct {
	known    bool
	verb     string // advertising-protocol, receive-protocol, or empty
	neighbor netip.Addr
	part     string // the word that makes the answer a part of a table
	another  bool   // it is not the file's first, and asks for other routes
}

// parseJunosCommand reads "show route receive-protocol bgp 192.0.2.1 detail | no-more".
func parseJunosCommand(text string) junosCommand {
	c := junosCommand{known: true}
	words := strings.Fields(strings.ReplaceAll(strings.Trim(text, `"'`), "|", " | "))[2:]
	for i := 0; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word {
		case "advertising-protocol", "receive-protocol":
			c.verb = word
			i++
			if i+1 < len(words) {
				c.neighbor, _ = netip.ParseAddr(words[i+1])
				i++
			}
		case "source-gateway":
			c.neighbor, _ = netip.ParseAddr(next)
			i++
		case "protocol", "table", "logical-system":
			i++
		case "detail", "extensive", "brief", "all":
		case "|":
			c.pipe(words[i+1:])
			i = len(words)
		default:
			if c.part == "" {
				c.part = word
			}
		}
	}
	return c
}

// pipe reads what stands behind "|": "display json | no-more".
func (c *junosCommand) pipe(words []string) {
	for i, word := range words {
		if i > 0 && words[i-1] != "|" || c.part != "" {
			continue
		}
		if word != "no-more" && word != "save" && word != "display" && !reading.WholePipe(words[i:]) {
			c.part = word
		}
	}
}

// sawCommand takes an echoed command. Of several answers in one file only those to the same question are one
// table.
func (w *textWalk) sawCommand(line int, text string) {
	c := parseJunosCommand(text)
	first := w.command
	if first.known && (c.verb != first.verb || c.neighbor != first.neighbor) {
		c.another = true
		w.wrong(line, "the file holds the answers of several commands: give each a file and a feed of its own")
	}
	if c.another {
		c.verb, c.neighbor = first.verb, first.neighbor // the file's
		w.command = c
		return
	}
	w.command = c
	w.rows.gateway = ""
	if c.verb == "receive-protocol" && c.neighbor.IsValid() {
		w.rows.gateway = c.neighbor.String()
	}
	w.neighborOf(c.neighbor)
	w.asked(line, c)
}

// around judges a line around documents, and holds the command in it against the config.
func (r *reader) around(line int, text []byte, before bool) {
	if at := showRoute(bytes.TrimSpace(text)); at >= 0 {
		c := parseJunosCommand(string(bytes.TrimSpace(text)[at:]))
		if c.neighbor.IsValid() {
			r.SawAnswerOf(line, c.neighbor)
		}
		r.asked(line, c)
	}
	r.Between(line, text, before)
}

// asked holds what a command shows against the config.
func (r *reader) asked(line int, c junosCommand) {
	if r.listing {
		return
	}
	if c.part != "" {
		r.Problem(line, "the command shows a part of the table alone (%s)", reading.Quote(c.part))
	}
	view := r.Source.View
	switch {
	case c.verb == "" && c.neighbor.IsValid() && reading.TableView(view):
		r.Problem(line, "the command shows the routes of neighbor %s alone, the config says %s", c.neighbor, view)
	case c.verb == "advertising-protocol" && (reading.ReceivedView(view) || reading.TableView(view)):
		r.Say("the command shows what is advertised, the config says %s", view)
	case c.verb == "receive-protocol" && (reading.AdvertisedView(view) || reading.TableView(view)):
		r.Say("the command shows what is received, the config says %s", view)
	case c.verb == "receive-protocol" && view == rib.AdjRIBInPost:
		r.Say("the command shows what is received before import policy, the config says %s: it is %s", view, rib.AdjRIBInPre)
	}
}
