package junos

import (
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// showCommand is a command of which the text behind it is the answer.
var showCommand = regexp.MustCompile(`(?:^|[>#%$]\s*)(show route\b)`)

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
	words := strings.Fields(text)[2:]
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
			i = len(words)
			if next != "no-more" && next != "save" && c.part == "" {
				c.part = next
			}
		default:
			if c.part == "" {
				c.part = word
			}
		}
	}
	return c
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
	if c.part != "" {
		w.wrong(line, "the command shows a part of the table alone (%s)", reading.Quote(c.part))
	}
	if w.listing {
		return
	}
	view := w.Source.View
	switch {
	case c.verb == "" && c.neighbor.IsValid() && reading.TableView(view):
		w.Problem(line, "the command shows the routes of neighbor %s alone, the config says %s", c.neighbor, view)
	case c.verb == "advertising-protocol" && (reading.ReceivedView(view) || reading.TableView(view)):
		w.Say("the command shows what is advertised, the config says %s", view)
	case c.verb == "receive-protocol" && (reading.AdvertisedView(view) || reading.TableView(view)):
		w.Say("the command shows what is received, the config says %s", view)
	case c.verb == "receive-protocol" && view == rib.AdjRIBInPost:
		w.Say("the command shows what is received before import policy, the config says %s: it is %s", view, rib.AdjRIBInPre)
	}
}
