package reading

import (
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// ShowCommand is what a command of Cisco's kind says that stands in the file before its answer: also of Arista's and
// FRR's.
type ShowCommand struct {
	Of       string // advertised, received (before import policy) or routes (after it); empty: a whole table
	Neighbor string
	VRF      string       // empty where it names none, and where it asks for all
	Every    bool         // it asks for all VRFs
	Families []rib.Family // those that it names
	Other    bool         // it names a family that is not unicast
	Part     string       // the word that makes the answer a part of a table
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

// ParseShow reads "show ip bgp neighbors 192.0.2.1 routes". It reports whether the answer is a table of
// BGP.
func ParseShow(words []string) (c ShowCommand, ok bool) {
	bgp := false
	for i := 1; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case Short(word, "summary", 3) && c.Part == "":
			return c, false
		case word == "|" || word == ">":
			c.Pipe(words[i+1:])
			i = len(words)
		case word == "vrf":
			c.Every = next == "all"
			if c.VRF = next; c.Every {
				c.VRF = ""
			}
			i++
		case word == "rd":
			c.VRF = next
			i++
		case word == "instance": // of IOS XR: what it holds outside VRFs goes by its name
			if c.Every = next == "all"; !c.Every {
				c.VRF = next
			}
			i++
		case Short(word, "neighbors", 3):
			c.Neighbor = next
			i++
		case c.Neighbor != "" && c.Verb(word):
		case (word == "0.0.0.0/0" || word == "::/0") && Short(next, "longer-prefixes", 3):
			i++
		default:
			bgp = c.word(word) || bgp
		}
	}
	if c.Neighbor != "" && c.Of == "" && c.Part == "" {
		c.Part = "neighbors"
	}
	return c, bgp && IsShow(words[0])
}

// Pipe reads what stands behind "|". From the header on a table is whole: "| begin Network", or less of the word, and
// so it is from the legend on: "| begin ^Status".
func (c *ShowCommand) Pipe(words []string) {
	if len(words) == 0 {
		return
	}
	for _, p := range wholePipes {
		if Short(words[0], p, 3) {
			return
		}
	}
	if WholePipe(words) {
		return
	}
	if len(words) != 2 || !Short(words[0], "begin", 1) || !Short(words[1], "Network", 3) && !Short(strings.TrimPrefix(words[1], "^"), "Status", 3) {
		c.Leave("| " + words[0])
	}
}

// Leave notes the first word that leaves rows out.
func (c *ShowCommand) Leave(word string) {
	if c.Part == "" {
		c.Part = word
	}
}

// Verb reads what is asked of a neighbour. IOS XR writes "received routes".
func (c *ShowCommand) Verb(word string) bool {
	switch {
	case Short(word, "advertised-routes", 2):
		c.Of = "advertised"
	case Short(word, "received-routes", 3):
		c.Of = "received"
	case Short(word, "routes", 2):
		if c.Of == "" {
			c.Of = "routes"
		}
	default:
		return false
	}
	return true
}

// word reads one that names a table, and reports whether it is "bgp".
func (c *ShowCommand) word(word string) bool {
	for _, w := range wholeWords {
		if !Short(word, w.word, w.least) {
			continue
		}
		for _, family := range rib.Families {
			if word == family.String() {
				c.Families = append(c.Families, family)
			}
		}
		return w.word == "bgp"
	}
	for _, family := range otherFamilies {
		if Short(word, family, 3) {
			c.Other = true
			return false
		}
	}
	c.Leave(word)
	return false
}

// Shown is what the command says of its answer. words are the command's own.
func (c ShowCommand) Shown(line int, words []string) Shown {
	s := Shown{Line: line, Asked: Words(words), VRF: c.VRF, Part: c.Part, Direction: Held, Extent: OfAll}
	switch c.Of {
	case "advertised":
		s.Direction, s.Extent = Advertised, OfOne
	case "received":
		s.Direction, s.Policy, s.Extent = Received, BeforePolicy, OfOne
	case "routes":
		s.Direction, s.Policy, s.Extent = Received, BehindPolicy, OfOne
	case "":
		if c.Part != "" { // nothing tells of what table it is a part
			s.Direction, s.Extent = NoDirection, NoExtent
		}
	}
	a, err := netip.ParseAddr(c.Neighbor)
	if s.Neighbor = a; err != nil {
		if s.Peer = ""; c.Neighbor != "" {
			s.Peer = Quote(c.Neighbor)
		}
	}
	return s
}

// AroundJSON judges a line around JSON documents of a router of this kind, and takes the commands in it.
func (c *Collector) AroundJSON(line int, text []byte, before bool) {
	for _, words := range EchoedCommands(text) {
		if command, ok := ParseShow(WithoutJSON(words)); ok && !command.Other {
			s := command.Shown(line, words)
			s.NoVRF = c.UnnamedVRFs && command.VRF == "" && !command.Every
			c.Ask(s)
		}
	}
	c.Between(line, text, before)
}

// WithoutJSON takes "| json", "| json-pretty native", FRR's "json detail" and their kin off a command.
func WithoutJSON(words []string) []string {
	for i := 1; i < len(words); i++ {
		if !strings.HasPrefix(words[i], "json") {
			continue
		}
		from, end := i, i+1
		if words[i-1] == "|" {
			from--
		}
		if end < len(words) && (words[end] == "native" || words[end] == "brief" && from == i) {
			end++
		}
		return slices.Concat(words[:from], words[end:])
	}
	return words
}
