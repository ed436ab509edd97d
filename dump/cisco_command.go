package dump

import (
	"bytes"

	"bgpaudit/rib"
)

// ciscoCommand is what a command says that stands in the file before its answer.
type ciscoCommand struct {
	of       string // advertised, received (before import policy) or routes (after it); empty: a whole table
	neighbor string
	part     string // the word that makes the answer a part of a table
}

// cutCiscoCommand looks for "show bgp ..." in a line.
func cutCiscoCommand(text []byte) (c ciscoCommand, ok bool) {
	i := bytes.Index(text, []byte("sh"))
	if i < 0 {
		return c, false
	}
	words := bytes.Fields(text[i:])
	bgp := false
	for n, raw := range words {
		word := string(bytes.Trim(raw, `'"`))
		switch previous := string(words[max(n-1, 0)]); {
		case n > 0 && (previous == "neighbors" || previous == "neighbor"):
			c.neighbor = word
			continue
		case n > 0 && previous == "vrf":
			continue
		}
		switch word {
		case "bgp":
			bgp = true
		case "advertised-routes", "advertised":
			c.of = "advertised"
		case "received-routes", "received":
			c.of = "received"
		case "routes":
			if c.of == "" && c.neighbor != "" {
				c.of = "routes"
			}
		case "longer-prefixes", "regexp", "quote-regexp", "filter-list", "prefix-list", "route-map", "community",
			"community-list", "cidr-only", "inconsistent-as", "include", "exclude", "begin", "section", "grep", "damped-paths", "dampened-paths":
			if !bytes.Contains(text, []byte(" 0.0.0.0/0 longer")) && !bytes.Contains(text, []byte(" ::/0 longer")) {
				c.part = word
			}
		}
	}
	return c, bgp
}

// echoed reads a command.
func (r *ciscoReader) echoed(text []byte) {
	c, ok := cutCiscoCommand(text)
	if !ok {
		return
	}
	r.command = c
	for _, fam := range familiesOf(text) {
		r.families[fam] = true
	}
	r.neighborOf(c.neighbor)
	if c.part != "" {
		r.problem(r.lines.line, "the command shows a part of the table alone (%s)", quote(c.part))
	}
	view := r.src.View
	switch {
	case c.of == "advertised" && view != "" && !r.export:
		r.say("the command shows what is advertised, the config says %s", view)
	case c.of != "advertised" && r.export:
		r.say("the command does not show what is advertised, the config says %s", view)
	case c.of == "received" && view == rib.AdjRIBInPost:
		r.say("the command shows what is received before import policy, the config says %s", view)
	case c.of == "routes" && view == rib.AdjRIBInPre:
		r.say("the command shows what import policy accepts, the config says %s", view)
	case c.of == "" && (view == rib.AdjRIBInPre || view == rib.AdjRIBInPost):
		r.say("the command shows the whole table, the config says %s", view)
	case c.of != "":
		r.ofOneNeighbor()
	}
}

// ofOneNeighbor says that the dump shows the routes of one neighbour, and no router's whole table.
func (r *ciscoReader) ofOneNeighbor() {
	if v := r.src.View; v == rib.BGPTable || v == rib.LocRIB {
		r.say("the dump shows the routes of one neighbor, the config says %s", v)
	}
}
