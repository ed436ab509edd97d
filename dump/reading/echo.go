package reading

import (
	"bytes"
	"regexp"
	"strings"
)

// A terminal's log has prompts and commands around the answers. What follows tells them from rows.

// routerPrompt is a prompt, and the command behind it: "edge1#", "edge1#show ip bgp", "RP/0/RP0/CPU0:edge1# ",
// "admin@edge1:~$ vtysh", "[admin@edge1 ~]$ ", "root@edge1 ~ # ". A virtual environment, a time or a date may stand in
// front of it: "(venv) user@jump:~$ ", "[09:14:00] edge1#".
var routerPrompt = regexp.MustCompile(`^(?:(?:\([^()]{1,64}\)|\[[^\[\]]{1,64}\]|` + moment + `)\s+){0,4}(` + strings.Join([]string{
	`[A-Za-z0-9][^\s#>*$%]{0,99}(?:\s?\([^()]{1,64}\)|\s~[^\s#>*$%]{0,99})?`,
	`\[[^\[\]]{1,99}\]`,
	`[A-Za-z0-9][^\s#>*$%@]{0,64}@[^\s#>*$%]{1,99}(?:\s[^\s#>*$%]{1,99}){1,3}`, // zsh: "user@jump dumps %"
	`[A-Za-z0-9][\w.-]{0,64}\s\[[^\[\]]{1,99}\]`,                               // Azure's Cloud Shell: "user [ ~ ]$"
	`PS [^<>|"]{1,200}`,      // PowerShell
	`[A-Z]:\\[^<>|"]{0,200}`, // cmd
}, "|") + `)(\s?[#>$%])(?:$|\s|[a-z])`)

// moment is a date or a time of day, as a log has them in front of a line.
const moment = `\[?\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d[\d:.,+Z-]*)?\]?|\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?Z?`

// IsRouterPrompt reports whether text is a prompt, and not a row whose marks look like one: "r>i 192.0.2.0/24".
func IsRouterPrompt(text []byte) bool {
	if len(text) == 0 || !wordByte(text[0]) && text[0] != '[' && text[0] != '(' || !bytes.ContainsAny(text, "#>$%") {
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

// Answers counts the commands that await their answer, and watches for a table that comes twice.
type Answers struct {
	Awaited []int          // the lines of commands without an answer as yet
	seen    map[string]int // the lines of the tables
}

// Ended is a prompt, or the end of the file: what is still awaited does not come.
func (a *Answers) Ended(c *Collector) {
	if !c.Source.ExpectEmpty {
		for _, line := range a.Awaited {
			c.Problem(line, "the answer to this command is missing (write expect-empty: true if it is empty)")
		}
	}
	a.Awaited = a.Awaited[:0]
}

// Came is an answer to the first command that awaits one.
func (a *Answers) Came() {
	if len(a.Awaited) > 0 {
		a.Awaited = a.Awaited[:copy(a.Awaited, a.Awaited[1:])]
	}
}

// Table takes the name of a table that the file holds, and reports whether the answer holds it twice.
func (a *Answers) Table(c *Collector, line int, name string) (again bool) {
	key := name
	if of := c.file.now.Neighbor; of.IsValid() {
		key += " of " + of.String()
	}
	first, there := a.seen[key]
	switch {
	case c.SkipsAnswer():
	case there:
		c.SecondAnswer("two tables of "+name, first, line)
	case a.seen == nil:
		a.seen = map[string]int{key: line}
	case len(a.seen) < MaxVRFs:
		a.seen[key] = line
	}
	return there && !c.SkipsAnswer()
}
