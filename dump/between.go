package dump

import (
	"bytes"
	"errors"
	"regexp"
)

// errNoDocument refuses a file whose format is declared and that holds nothing of it.
var errNoDocument = errors.New("holds no JSON document: check the command that made it")

// prompt is what stands in front of a command on a terminal: "edge1# ", "admin@edge1:~$ ". It begins with a
// name, as no row's marks do.
var prompt = regexp.MustCompile(`^[A-Za-z0-9][^\s"{}*]{0,63}(:[^\s]*)?\s?[#>$%](\s|$)`)

func isPrompt(text []byte) bool {
	return bytes.ContainsAny(text, "#>$%") && prompt.Match(text) && !rowLike(text)
}

// routingEngine is what Junos prints on a line of its own in front of a prompt: "{master:0}".
var routingEngine = regexp.MustCompile(`^\{[a-z]+(:[a-z0-9-]+)?\}$`)

// between judges a line of text before, between or after JSON documents. An error of the router
// or a pager's mark means that something is missing. A prompt, a comment, a warning or an echoed
// command does not. Anything else is taken for a banner before the first document, and for a
// damage after it.
func (c *collector) between(line int, text []byte, before bool) {
	text = bytes.TrimSpace(text)
	lower := bytes.ToLower(text)
	switch {
	case len(text) == 0:
	case bytes.HasPrefix(text, []byte("%")), bytes.HasPrefix(lower, []byte("error:")):
		c.problem(line, "the dump holds an error: %s", quote(text))
	case bytes.Contains(lower, []byte("--more--")), bytes.Contains(lower, []byte("-- more --")):
		c.problem(line, "a pager stopped the dump: export without paging")
	case before, text[0] == '#', bytes.HasPrefix(lower, []byte("warning:")), isPrompt(text), routingEngine.Match(text):
	default:
		c.problem(line, "unexpected text: %s", quote(text))
	}
}
