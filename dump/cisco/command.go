package cisco

import (
	"bytes"

	"bgpaudit/dump/reading"
)

// commandOf reads the first command for a BGP table in a line.
func commandOf(text []byte) (c reading.ShowCommand, ok bool) {
	if !bytes.Contains(text, []byte("sh")) && !bytes.Contains(text, []byte("get r")) || !bytes.Contains(text, []byte(" b")) {
		return c, false
	}
	for _, words := range reading.EchoedCommands(text) {
		if c, ok = parseCommand(words); ok {
			return c, true
		}
	}
	return c, false
}

// parseCommand reads "show ip bgp neighbors 192.0.2.1 routes", or FortiOS's "get router info bgp network". It reports
// whether the answer is a table of BGP.
func parseCommand(words []string) (reading.ShowCommand, bool) {
	if isGet(words) {
		return parseFortiCommand(words)
	}
	return reading.ParseShow(words)
}

// echoed takes the commands of a line.
func (r *reader) echoed(text []byte) {
	for _, words := range reading.EchoedCommands(text) {
		switch c, ok := parseCommand(words); {
		case ok && c.Other:
			r.part.other, r.foreign = true, true
		case ok:
			r.spoke = true
			r.answers.Awaited = append(r.answers.Awaited, r.lines.Line)
			r.asked(c, words)
		}
	}
}

// asked takes a command for a table. Where the file names VRFs, its tables do, and not the commands alone.
func (r *reader) asked(c reading.ShowCommand, words []string) {
	r.part.asked = c.VRF
	s := c.Shown(r.lines.Line, words)
	s.NoVRF = c.VRF == "" && !c.Every && !r.choosing
	if r.choosing {
		s.VRF = ""
	}
	r.Ask(s)
	if len(c.Families) == 1 && !r.SkipsAnswer() {
		r.part.family = &c.Families[0]
		r.Families[c.Families[0]] = r.Families[c.Families[0]] || r.Source.ExpectEmpty
	}
}
