package azure

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
)

// What stands in front of an answer may hold the command: of the Azure CLI, or of PowerShell.
var (
	query      = regexp.MustCompile(`\s--query[\s=]+("[^"]*"|'[^']*'|\S+)`)
	wholeQuery = regexp.MustCompile(`^@?(value|RouteServiceRole_IN_\d)?(\[\*?\])?(\.\{[^?\[\]]*\})?$`) // all rows, whatever of each
	picks      = regexp.MustCompile(`\)\s*[.\[]`)                                                      // out of what brackets hold: "(Get-...)[0]"
	peer       = regexp.MustCompile(`(?i)\s--?peer[:=\s]\s*['"]?([0-9a-f.:]+)`)
	routeAsks  = regexp.MustCompile(`(?i)list-(advertised|learned)-routes|list-(route-tables)(?:\s|$)|get-effective-routes|get-az[a-z]*?(advertised|learned|circuit)route`)
)

// wholeStages are what PowerShell may pipe an answer to with nothing left out.
var wholeStages = []string{"convertto-json", "format-list", "fl", "out-string", "out-file", "out-host", "out-default", "oh", "tee-object", "tee"}

// asked holds a line's command against the config. Whose routes the answer holds, its --peer says.
func asked(c *reading.Collector, line int, text string) {
	m := routeAsks.FindStringSubmatchIndex(text)
	if m == nil {
		return // it is of no route table
	}
	text = text[m[0]:]
	against(c, strings.ToLower(text))
	if m := peer.FindStringSubmatch(text); m != nil {
		if a, err := netip.ParseAddr(m[1]); err == nil {
			c.SawAnswerOf(line, a)
		}
	}
	if part := partOf(text); part != "" {
		c.Problem(line, "the command shows a part of the table alone, as far as is known (%s)", reading.Quote(part))
	}
}

// against holds what a command lists, in small letters, against the declared view.
func against(c *reading.Collector, text string) {
	view := c.Source.View
	export := reading.AdvertisedView(view)
	switch {
	case strings.Contains(text, "list-advertised-routes"), strings.Contains(text, "advertisedroute"):
		if view != "" && !export {
			c.Say("the command shows what the gateway advertises, the config says %s", view)
		}
	case !export:
	case strings.Contains(text, "list-learned-routes"), strings.Contains(text, "learnedroute"):
		c.Say("the command shows what the gateway learned, the config says %s", view)
	case strings.Contains(text, "list-route-tables"), strings.Contains(text, "circuitroute"):
		c.Say("the command shows what Microsoft's side of the circuit holds, the config says %s", view)
	}
}

// partOf is what in a command leaves routes out, or may; empty: nothing does.
func partOf(text string) string {
	if m := query.FindStringSubmatch(text); m != nil && !wholeQuery.MatchString(strings.Trim(m[1], `"'`)) {
		return "--query " + m[1]
	}
	ask, pipe, _ := strings.Cut(text, "|")
	if at := picks.FindStringIndex(ask); at != nil {
		return ask[at[0]:]
	}
	for pipe != "" {
		var stage string
		stage, pipe, _ = strings.Cut(pipe, "|")
		words := strings.Fields(strings.TrimRight(stage, `)"' `))
		if len(words) == 0 || !slices.Contains(wholeStages, strings.ToLower(words[0])) && !reading.WholePipe(words) {
			return "| " + strings.TrimSpace(stage)
		}
	}
	return ""
}
