package junos

import (
	"net/netip"

	"bgpaudit/dump/reading"
)

// showRoute is an echoed command for routes in a line.
func showRoute(text []byte) (words []string, ok bool) {
	for _, words := range reading.EchoedCommands(text) {
		if len(words) > 1 && words[1] == "route" {
			return words, true
		}
	}
	return nil, false
}

// junosCommand is what the echoed command of an answer asks for.
type junosCommand struct {
	verb     string // advertising-protocol, receive-protocol, or empty
	neighbor netip.Addr
	unnamed  bool   // the verb names no address behind it
	part     string // the word that makes the answer a part of a table
}

// parseJunosCommand reads "show route receive-protocol bgp 192.0.2.1 detail | no-more".
func parseJunosCommand(words []string) (c junosCommand) {
	words = words[2:]
	for i := 0; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word {
		case "advertising-protocol", "receive-protocol":
			c.verb, c.unnamed = word, true
			i++
			if i+1 < len(words) {
				c.neighbor, _ = netip.ParseAddr(words[i+1])
				c.unnamed = !c.neighbor.IsValid()
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

// shown is what the command says of its answer. Without a verb it shows what import policy left.
func (c *junosCommand) shown(line int, words []string) reading.Shown {
	s := reading.Shown{Line: line, Asked: reading.Words(words), Neighbor: c.neighbor, Part: c.part, Extent: reading.OfOne}
	switch c.verb {
	case "advertising-protocol":
		s.Direction = reading.Advertised
	case "receive-protocol":
		s.Direction, s.Policy = reading.Received, reading.BeforePolicy
	default:
		s.Direction, s.Policy = reading.Held, reading.BehindPolicy
		if !c.neighbor.IsValid() {
			s.Extent = reading.OfAll
		}
		if c.part != "" {
			s.Extent = reading.NoExtent
		}
	}
	return s
}

// sawCommand takes an echoed command.
func (w *textWalk) sawCommand(line int, words []string) {
	c := parseJunosCommand(words)
	w.rows.gateway = ""
	if c.verb == "receive-protocol" && c.neighbor.IsValid() {
		w.rows.gateway = c.neighbor.String()
	}
	w.askFor(&c, line, words)
}

// askFor takes a command. Whose routes a table of one neighbour's holds, the command alone says.
func (r *reader) askFor(c *junosCommand, line int, words []string) {
	if c.unnamed {
		r.wrong(line, "the command %s names no neighbor: whose routes they are is not shown", reading.Quote(reading.Words(words)))
	}
	r.ask(c.shown(line, words))
}

// around judges a line around documents, and takes the command in it.
func (r *reader) around(line int, text []byte, before bool) {
	if words, ok := showRoute(text); ok {
		c := parseJunosCommand(words)
		r.askFor(&c, line, words)
	}
	r.Between(line, text, before)
}

// ask takes a command, once: not while VRFs are listed.
func (r *reader) ask(s reading.Shown) {
	if !r.listing {
		r.Ask(s)
	}
}
