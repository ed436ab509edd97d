package reading

import (
	"bytes"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A terminal's log has prompts and commands around the answers. What follows tells them from rows.

// routerPrompt is a prompt, and the command behind it: "edge1#", "edge1#show ip bgp", "RP/0/RP0/CPU0:edge1# ",
// "admin@edge1:~$ vtysh", "[admin@edge1 ~]$ ", "root@edge1 ~ # ".
var routerPrompt = regexp.MustCompile(`^([A-Za-z0-9][^\s#>*$%]{0,99}(?:\s?\([^()]{1,64}\)|\s~[^\s#>*$%]{0,99})?|\[[^\[\]]{1,99}\])(\s?[#>$%])(?:$|\s|[a-z])`)

// IsRouterPrompt reports whether text is a prompt, and not a row whose marks look like one: "r>i 192.0.2.0/24".
func IsRouterPrompt(text []byte) bool {
	if len(text) == 0 || !wordByte(text[0]) && text[0] != '[' {
		return false
	}
	m := routerPrompt.FindSubmatchIndex(text)
	return m != nil && !rowNotPrompt(text, m[5]-1) && !RowLike(text)
}

// RowLike reports whether text is a row, or the further row of a prefix, of a table in columns.
func RowLike(text []byte) bool {
	const words, glued = 4, 4
	word := NextToken(text, 0)
	for range words {
		for n := range min(glued+1, word.End-word.Start) {
			if !AreMarks(text[word.Start : word.Start+n]) {
				break
			}
			if IsAddress(text[word.Start+n : word.End]) {
				from := word.Start + n
				return bytes.IndexByte(text[from:word.End], '/') >= 0 || addressFollows(text, word.End) || word.Start > 0 && endsInOrigin(text)
			}
		}
		if word.End == word.Start || word.End-word.Start > glued {
			return false
		}
		word = NextToken(text, word.End)
	}
	return false
}

func addressFollows(text []byte, i int) bool {
	next := NextToken(text, i)
	return IsAddress(text[next.Start:next.End])
}

func endsInOrigin(text []byte) bool {
	n := len(text)
	return n > 2 && text[n-2] == ' ' && bytes.IndexByte([]byte("ie?"), text[n-1]) >= 0
}

// tools are the programs whose answers are tables; in front of a router's own command stands none.
var tools = map[string]bool{"bgpctl": true, "gobgp": true}

// EchoedCommands are the commands in a line: behind a prompt, or alone. A shell may hand several to a router:
// "vtysh -c 'show bgp ipv4 unicast' -c 'show bgp ipv6 unicast'".
func EchoedCommands(text []byte) (commands [][]string) {
	if m := routerPrompt.FindSubmatchIndex(text); m != nil && IsRouterPrompt(text) {
		text = text[m[5]:]
	} else {
		text = bytes.TrimLeft(text, "#$%> ") // a prompt without a name
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		words[i] = strings.Trim(word, `'"`)
	}
	handed := false // a program was told of another place: what follows may be more about it
	for len(words) > 0 {
		if !beginsCommand(words) {
			rest, known, elsewhere := handedOn(words)
			if handed = handed || elsewhere; !known && !handed {
				return commands
			}
			words = rest
			continue
		}
		end := len(words)
		if IsShow(words[0]) {
			end = slices.Index(append(words, "-c"), "-c")
		}
		words[0] = path.Base(words[0])
		commands = append(commands, words[:end:end])
		words = words[end:]
	}
	return commands
}

// beginsCommand reports whether words are a command that a router answers with a table. "sh -c" is a shell.
func beginsCommand(words []string) bool {
	next := ""
	if len(words) > 1 {
		next = words[1]
	}
	switch word := words[0]; {
	case IsShow(word):
		return !strings.HasPrefix(next, "-")
	case word == "get":
		return strings.HasPrefix(next, "r")
	default:
		return tools[path.Base(word)]
	}
}

// IsShow reports whether word is "show", or short for it.
func IsShow(word string) bool { return Short(word, "show", 2) }

// Short reports whether word is whole, or its first letters, of which there must be so many.
func Short(word, whole string, least int) bool {
	return len(word) >= least && strings.HasPrefix(whole, word)
}

// SawAnswerOf notes the neighbour of which a heading or a command says that the answer is. One file holds the
// routes of one: its rows name none.
func (c *Collector) SawAnswerOf(line int, a netip.Addr) {
	a = a.WithZone("").Unmap()
	had := c.Result.Header.Neighbor
	switch {
	case !had.IsValid():
		c.Result.Header.Neighbor = a
	case had != a:
		c.Problem(line, "the file holds the answers for neighbors %s and %s: give each a file and a feed of its own", had, a)
		c.AgainstNeighbor(c.Source, a)
	}
}

// Answers counts the commands that await their answer, and watches for a table that comes twice.
type Answers struct {
	Awaited []int // the lines of commands without an answer as yet
	Pager   int   // the line where a pager's mark was erased, and no text of the table came since
	seen    map[string]bool
}

// Ended is a prompt, or the end of the file: what is still awaited does not come.
func (a *Answers) Ended(c *Collector) {
	if a.Pager > 0 {
		c.Problem(a.Pager, "the dump is cut off here, where a pager stopped it")
		a.Pager = 0
	}
	if !c.Source.ExpectEmpty {
		for _, line := range a.Awaited {
			c.Problem(line, "the answer to this command is missing (write expect-empty: true if it is empty)")
		}
	}
	a.Awaited = a.Awaited[:0]
}

// Came is an answer to the first command that awaits one.
func (a *Answers) Came() {
	a.Pager = 0
	if len(a.Awaited) > 0 {
		a.Awaited = a.Awaited[:copy(a.Awaited, a.Awaited[1:])]
	}
}

// Table takes the name of a table that the file holds.
func (a *Answers) Table(c *Collector, line int, name string) {
	switch {
	case a.seen[name]:
		c.Problem(line, "the file holds two tables of %s: give each a file and a feed of its own", name)
	case a.seen == nil:
		a.seen = map[string]bool{name: true}
	case len(a.seen) < MaxVRFs:
		a.seen[name] = true
	}
}
