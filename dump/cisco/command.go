package cisco

import (
	"bytes"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// ciscoCommand is what a command says that stands in the file before its answer.
type ciscoCommand struct {
	of       string // advertised, received (before import policy) or routes (after it); empty: a whole table
	neighbor string
	vrf      string       // empty where it names none, and where it asks for all
	every    bool         // it asks for all VRFs
	families []rib.Family // those that it names
	other    bool         // it names a family that is not unicast
	part     string       // the word that makes the answer a part of a table
}

// wholeWords are the words of a command whose answer is a whole table, and how many letters of each tell it from
// the words of a filter. Any other word leaves rows out.
var wholeWords = []struct {
	word  string
	least int
}{
	{"ip", 2},
	{"ipv4", 4},
	{"ipv6", 4},
	{"vpnv4", 5},
	{"vpnv6", 5},
	{"bgp", 1},
	{"unicast", 2},
	{"all", 3},
	{"detail", 3},
	{"wide", 3},
}

// otherFamilies are words of families that are not read.
var otherFamilies = []string{
	"multicast", "l2vpn", "evpn", "mvpn", "mdt", "nsap", "rtfilter", "rt-filter", "flowspec", "link-state", "labeled-unicast",
	"tunnel", "sr-policy", "vpls", "encap",
}

// wholePipes are what a command may be piped to with nothing left out.
var wholePipes = []string{"no-more", "redirect", "append", "tee", "cat"}

// commandOf reads the first command for a BGP table in a line.
func commandOf(text []byte) (c ciscoCommand, ok bool) {
	if !bytes.Contains(text, []byte("sh")) && !bytes.Contains(text, []byte("get r")) || !bytes.Contains(text, []byte(" b")) {
		return c, false
	}
	for _, words := range reading.EchoedCommands(text) {
		if c, ok = parseCiscoCommand(words); ok {
			return c, true
		}
	}
	return c, false
}

// parseCiscoCommand reads "show ip bgp neighbors 192.0.2.1 routes". It reports whether the answer is a table of
// BGP.
func parseCiscoCommand(words []string) (c ciscoCommand, ok bool) {
	if isGet(words) {
		return parseFortiCommand(words)
	}
	bgp := false
	for i := 1; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case reading.Short(word, "summary", 3) && c.part == "":
			return c, false
		case word == "|" || word == ">":
			c.pipe(words[i+1:])
			i = len(words)
		case word == "vrf":
			c.every = next == "all"
			if c.vrf = next; c.every {
				c.vrf = ""
			}
			i++
		case word == "rd":
			c.vrf = next
			i++
		case word == "instance": // of IOS XR: what it holds outside VRFs goes by its name
			if c.every = next == "all"; !c.every {
				c.vrf = next
			}
			i++
		case reading.Short(word, "neighbors", 3):
			c.neighbor = next
			i++
		case c.neighbor != "" && c.verb(word):
		case (word == "0.0.0.0/0" || word == "::/0") && reading.Short(next, "longer-prefixes", 3):
			i++
		default:
			bgp = c.word(word) || bgp
		}
	}
	if c.neighbor != "" && c.of == "" && c.part == "" {
		c.part = "neighbors"
	}
	return c, bgp && reading.IsShow(words[0])
}

// pipe reads what stands behind "|". From the header on a table is whole: "| begin Network", or less of the word, and
// so it is from the legend on: "| begin ^Status".
func (c *ciscoCommand) pipe(words []string) {
	if len(words) == 0 {
		return
	}
	for _, p := range wholePipes {
		if reading.Short(words[0], p, 3) {
			return
		}
	}
	if len(words) != 2 || !reading.Short(words[0], "begin", 1) || !reading.Short(words[1], "Network", 3) && !reading.Short(strings.TrimPrefix(words[1], "^"), "Status", 3) {
		c.leave("| " + words[0])
	}
}

// leave notes the first word that leaves rows out.
func (c *ciscoCommand) leave(word string) {
	if c.part == "" {
		c.part = word
	}
}

// verb reads what is asked of a neighbour. IOS XR writes "received routes".
func (c *ciscoCommand) verb(word string) bool {
	switch {
	case reading.Short(word, "advertised-routes", 2):
		c.of = "advertised"
	case reading.Short(word, "received-routes", 3):
		c.of = "received"
	case reading.Short(word, "routes", 2):
		if c.of == "" {
			c.of = "routes"
		}
	default:
		return false
	}
	return true
}

// word reads one that names a table, and reports whether it is "bgp".
func (c *ciscoCommand) word(word string) bool {
	for _, w := range wholeWords {
		if !reading.Short(word, w.word, w.least) {
			continue
		}
		if family, ok := Families[word+" unicast"]; ok && !family.vpn {
			c.families = append(c.families, family.family)
		}
		return w.word == "bgp"
	}
	for _, family := range otherFamilies {
		if reading.Short(word, family, 3) {
			c.other = true
			return false
		}
	}
	c.leave(word)
	return false
}

// echoed reads the commands of a line.
func (r *reader) echoed(text []byte) {
	for _, words := range reading.EchoedCommands(text) {
		switch c, ok := parseCiscoCommand(words); {
		case ok && c.other:
			r.part.other, r.foreign = true, true
		case ok:
			r.answers.Awaited = append(r.answers.Awaited, r.lines.Line)
			r.asked(c)
		}
	}
}

// asked holds a command against the config, and against those before it.
func (r *reader) asked(c ciscoCommand) {
	r.command, r.part.asked = c, c.vrf
	if len(c.families) == 1 {
		r.part.family = &c.families[0]
		r.Families[c.families[0]] = r.Families[c.families[0]] || r.Source.ExpectEmpty
	}
	r.neighborOf(c.neighbor)
	if c.part != "" {
		r.Problem(r.lines.Line, "the command shows a part of the table alone (%s)", reading.Quote([]byte(c.part)))
	}
	if want := r.Source.VRF; want != "" && want != globalTable && c.vrf == "" && !c.every && !r.choosing {
		r.Problem(r.lines.Line, "the command names no VRF, the config says vrf: %s", want)
	}
	c.heldAgainstView(r.Collector)
}

// heldAgainstView holds what the command shows against the declared view.
func (c ciscoCommand) heldAgainstView(to *reading.Collector) {
	view := to.Source.View
	export := reading.AdvertisedView(view)
	switch {
	case c.of == "advertised" && view != "" && !export:
		to.Say("the command shows what is advertised, the config says %s", view)
	case c.of != "advertised" && export && (c.of != "" || c.part == ""):
		to.Say("the command does not show what is advertised, the config says %s", view)
	case c.of == "received" && view == rib.AdjRIBInPost:
		to.Say("the command shows what is received before import policy, the config says %s", view)
	case c.of == "routes" && view == rib.AdjRIBInPre:
		to.Say("the command shows what import policy accepts, the config says %s", view)
	case c.of == "" && c.part == "" && reading.ReceivedView(view):
		to.Say("the command shows the whole table, the config says %s", view)
	case c.of != "":
		to.OfOneNeighbor()
	}
}
