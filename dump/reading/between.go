package reading

import (
	"bytes"
	"errors"
	"regexp"
)

// ErrNoDocument refuses a file whose format is declared and that holds nothing of it.
var ErrNoDocument = errors.New("holds no JSON document: check the command that made it")

// Prompt is what stands in front of a command on a terminal: "edge1# ", "admin@edge1:~$ ". It begins with a
// name, as no row's marks do.
var Prompt = regexp.MustCompile(`^[A-Za-z0-9][^\s"{}*]{0,63}(:[^\s]*)?\s?[#>$%](\s|$)`)

// IsPrompt reports whether text begins with a prompt of any router or shell, and is no row.
func IsPrompt(text []byte) bool {
	if !bytes.ContainsAny(text, "#>$%") || RowLike(text) {
		return false
	}
	m := Prompt.FindSubmatchIndex(text)
	return m != nil && !rowNotPrompt(text, m[4]-1) || IsRouterPrompt(text)
}

// RoutingEngine is what Junos prints on a line of its own in front of a prompt: "{master:0}".
var RoutingEngine = regexp.MustCompile(`^\{[a-z]+(:[a-z0-9-]+)?\}$`)

// documentPiece is a line from within a JSON document.
var documentPiece = regexp.MustCompile(`^"[^"]*"\s*:|^[}\]]+,?$`)

// Between judges a line of text before, between or after JSON documents. An error of the router
// or a pager's mark means that something is missing. A prompt, a comment, a warning or an echoed
// command does not. Anything else is taken for a banner before the first document, and for a
// damage after it.
func (c *Collector) Between(line int, text []byte, before bool) {
	text = bytes.TrimSpace(text)
	var short [128]byte // most lines need no memory of their own
	lower := appendLower(short[:0], text)
	switch {
	case len(text) == 0:
	case bytes.HasPrefix(text, []byte("%")), bytes.HasPrefix(lower, []byte("error:")):
		c.Problem(line, "the dump holds an error: %s", Quote(text))
	case bytes.Contains(lower, []byte("--more--")), bytes.Contains(lower, []byte("-- more --")):
		c.Problem(line, "a pager stopped the dump: export without paging")
	case before && documentPiece.Match(text):
		c.Problem(line, "the beginning is missing: %s is of a document that began before it", Quote(text))
	case before, text[0] == '#', bytes.HasPrefix(lower, []byte("warning:")), IsPrompt(text), RoutingEngine.Match(text):
	default:
		c.Problem(line, "unexpected text: %s", Quote(text))
	}
}

// appendLower appends text with small letters for the capital ones of ASCII.
func appendLower(b, text []byte) []byte {
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// PromptEnds reports whether text is a prompt with nothing behind it.
func PromptEnds(text []byte) bool {
	return RoutingEngine.Match(text) || IsPrompt(text) && bytes.IndexByte([]byte("#>$%"), text[len(text)-1]) >= 0
}
