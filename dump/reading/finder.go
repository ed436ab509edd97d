package reading

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A command stands anywhere in a line, behind whatever a terminal, a shell or a log has in front of it. One finder
// finds it for all readers (docs/decisions/0102). A sentence with a command's words in it is none.

// tools are the programs whose answers are tables; in front of a router's own command stands none.
var tools = map[string]bool{"bgpctl": true, "gobgp": true, "bgpdump": true}

// commandWords stand in every line that has a command in it.
var commandWords = [][]byte{[]byte("sh"), []byte("get"), []byte("bgpctl"), []byte("gobgp"), []byte("bgpdump"), []byte("dis")}

// EchoedCommands are the commands in a line: behind a prompt, a date, the words that hand them on to another place, or
// alone. A shell may hand several to a router: "vtysh -c 'show bgp ipv4 unicast' -c 'show bgp ipv6 unicast'". What a
// command is piped to is a part of it.
func EchoedCommands(text []byte) [][]string {
	text = bytes.TrimRight(bytes.TrimSpace(text), "-=*!+~# ")
	if !slices.ContainsFunc(commandWords, func(word []byte) bool { return bytes.Contains(text, word) }) {
		return nil
	}
	if m := routerPrompt.FindSubmatchIndex(text); m != nil && IsRouterPrompt(text) {
		if found := commandsOf(text[m[5]:]); len(found) > 0 {
			return found
		}
	}
	if found := commandsOf(bytes.TrimLeft(text, "#$%> ")); len(found) > 0 && !isSentence(text) {
		return found
	}
	for at, c := range string(text) {
		if !promptMark(c) {
			continue
		}
		if found := commandsOf(behindMark(text[at:])); len(found) > 0 {
			return found
		}
	}
	if rest := behindLead(text); len(rest) < len(text) && !isSentence(rest) {
		return commandsOf(rest)
	}
	return nil
}

// promptMark reports whether prompts end in a letter; themes of shells have their own.
func promptMark(c rune) bool { return strings.ContainsRune("#>$%❯➜λ»▶›✗", c) }

// behindMark is what stands behind a prompt's mark. Behind a theme's arrow stands the directory.
func behindMark(text []byte) []byte {
	rest := bytes.TrimLeft(text, "#>$%❯➜λ»▶›✗ ")
	if text[0] < 0x80 {
		return rest
	}
	if word, behind := CutWord(rest); len(word) > 0 && (word[0] == '~' || word[0] == '/') {
		return behind
	}
	return rest
}

// lead is what logs and notes have in front of a command: dates, times, numbers, a frame, a name for what follows.
var lead = regexp.MustCompile(`^(?:(?:` + moment + `|\[[^\[\]]{1,64}\]|\([^()]{1,64}\)|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?|` +
	`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\d{1,4}[.):]?|UTC|GMT|[A-Z]{3,4}T|[AP]M|[-=*!#+~/;:|]+|` +
	`(?i:commands?|cmd|input|exec(?:uting)?|running|output of|answer to)\s?:?)\s*(?:\s|$|:|"))+`)

func behindLead(text []byte) []byte {
	return text[len(lead.Find(text)):]
}

// sentenceWords are of a language, and of no command.
var sentenceWords = []string{"to", "and", "then", "the", "please", "use", "using", "see", "is", "was", "are", "of", "with", "this", "follows", "follows:"}

// isSentence reports whether a line without a prompt is written for people.
func isSentence(text []byte) bool {
	if n := len(text); n > 0 && bytes.IndexByte([]byte(".!?:"), text[n-1]) >= 0 {
		return true
	}
	quoted := false
	for _, word := range strings.FieldsFunc(string(text), unicode.IsSpace) {
		if !quoted && slices.Contains(sentenceWords, strings.ToLower(strings.Trim(word, ","))) {
			return true
		}
		if strings.Count(word, `"`)+strings.Count(word, `'`) == 1 {
			quoted = !quoted
		}
	}
	return false
}

// commandsOf are the commands of a text that begins with one, or with what hands one on.
func commandsOf(text []byte) (commands [][]string) {
	raw := withoutRedirects(strings.Fields(string(text)))
	words := make([]string, len(raw))
	for i, word := range raw {
		words[i] = strings.TrimSuffix(strings.Trim(word, "'\"`;"), `\n`) // which printf is given
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
		raw = raw[len(raw)-len(words):]
		command, end := cutCommand(raw, words)
		commands = append(commands, command)
		words = words[end:]
	}
	return commands
}

// cutCommand cuts a command off, with the pipe behind it. In quotes it ends where they do.
func cutCommand(raw, words []string) (command []string, end int) {
	end = len(words)
	if IsShow(words[0]) || IsDisplay(words[0]) || words[0] == "get" {
		end = slices.Index(append(slices.Clone(words), "-c"), "-c")
	}
	for i := range end {
		if raw[i] == ";" || raw[i] == "&&" || raw[i] == "||" {
			end = i
			break
		}
		if strings.HasSuffix(raw[i], ";") {
			end = i + 1
			break
		}
	}
	command = slices.Clone(words[:end])
	if quote := strings.Trim(raw[0][:len(raw[0])-len(strings.TrimLeft(raw[0], "'\"`"))], " "); quote != "" {
		command = unquoted(raw[:end], command, quote[len(quote)-1:])
	}
	command[0] = program(strings.TrimPrefix(command[0], "/"))
	return splitPipes(command), end
}

// unquoted is a command in quotes, and what a shell pipes its answer to behind them.
func unquoted(raw, words []string, quote string) []string {
	for i := range raw {
		tail := raw[i][len(strings.TrimRight(raw[i], "'\"`;")):]
		if !strings.Contains(tail, quote) {
			continue
		}
		pipe := slices.Index(words[i+1:], "|")
		if pipe < 0 {
			return words[:i+1]
		}
		return slices.Concat(words[:i+1], words[i+1+pipe:])
	}
	return words
}

// splitPipes sets a "|" that touches a word apart: "|display json".
func splitPipes(words []string) []string {
	var out []string
	for _, w := range words {
		switch {
		case len(w) > 1 && w[0] == '|' && w[1] != '|':
			out = append(out, "|", w[1:])
		case len(w) > 1 && w[len(w)-1] == '|' && !strings.ContainsAny(w, "_^(["):
			out = append(out, w[:len(w)-1], "|")
		default:
			out = append(out, w)
		}
	}
	return out
}

// redirect is where a shell writes the answer to: it leaves nothing out.
var redirect = regexp.MustCompile(`^[012&]?>>?(&[012])?(.*)$`)

func withoutRedirects(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		m := redirect.FindStringSubmatch(words[i])
		switch {
		case m == nil:
			out = append(out, words[i])
		case m[1] == "" && m[2] == "": // the file is the next word
			i++
		}
	}
	return out
}

// beginsCommand reports whether words are a command that a router answers with a table. "sh -c" is a shell.
func beginsCommand(words []string) bool {
	next := ""
	if len(words) > 1 {
		next = words[1]
	}
	switch word := words[0]; {
	case IsShow(strings.TrimPrefix(word, "/")):
		return next != "" && !strings.HasPrefix(next, "-")
	case IsDisplay(word):
		return next == "bgp"
	case word == "get":
		return strings.HasPrefix(next, "r")
	default:
		return tools[path.Base(word)]
	}
}

// IsShow reports whether word is "show", or short for it.
func IsShow(word string) bool { return Short(word, "show", 2) }

// IsDisplay reports whether word is "display", or short for it, as Huawei's and H3C's routers have it.
func IsDisplay(word string) bool { return Short(word, "display", 3) }

// Short reports whether word is whole, or its first letters, of which there must be so many.
func Short(word, whole string, least int) bool {
	return len(word) >= least && strings.HasPrefix(whole, word)
}
