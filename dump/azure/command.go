package azure

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What stands in front of an answer may hold the command: of the Azure CLI, or of PowerShell.
var (
	query      = regexp.MustCompile(`\s--query[\s=]+("[^"]*"|'[^']*'|\S+)`)
	wholeQuery = regexp.MustCompile(`^@?(value|RouteServiceRole_IN_\d)?(\[\*?\])?(\.\{[^?\[\]]*\})?$`) // all rows, whatever of each
	picks      = regexp.MustCompile(`\)\s*[.\[]`)                                                      // out of what brackets hold: "(Get-...)[0]"
	peer       = regexp.MustCompile(`(?i)\s--?peer[:=\s]\s*['"]?([0-9a-f.:]+)`)
	contents   = regexp.MustCompile(`(?i)\)\s*\.Content\b`) // of a REST answer, which is all of it
	routeAsks  = regexp.MustCompile(`(?i)list-(advertised|learned)-routes|list-(route-tables)(?:\s|$)|get-effective-routes|` + restPath + `|get-az[a-z]*?(advertised|learned|circuit)route`)
)

// restPath is what a call of the management API asks for by its path: az rest, Invoke-AzRestMethod, curl.
const restPath = `/expressroute(?:cross)?(?:circuits|connections)/\S+/routetables/(?:primary|secondary)\b`

// wholeStages are what PowerShell may pipe an answer to with nothing left out.
var wholeStages = []string{"convertto-json", "format-list", "fl", "out-string", "out-file", "out-host", "out-default", "oh", "tee-object", "tee", "export-csv", "epcsv", "convertto-csv"}

// What PowerShell may pipe an answer to that leaves columns out, or puts rows in another order: all of them, if nothing but
// names stands behind. What is left out is not shown.
var (
	columnStages = []string{"select-object", "select", "sort-object", "sort", "format-table", "ft"}
	columnWord   = regexp.MustCompile(`(?i)^(-property|-autosize|-auto|-wrap|-descending|[a-z*][a-z]*(,[a-z]+)*,?|,)$`)
)

// picksColumns reports whether the words of a stage leave out no row.
func picksColumns(words []string) bool {
	return slices.Contains(columnStages, strings.ToLower(words[0])) &&
		!slices.ContainsFunc(words[1:], func(word string) bool { return !columnWord.MatchString(word) })
}

// What of a circuit a command asks for.
var (
	side    = regexp.MustCompile(`(?i)\s--?(?:path|devicepath)[:=\s]\s*['"]?(primary|secondary)\b|/routetables/(primary|secondary)\b`)
	peering = regexp.MustCompile(`(?i)\s--?(?:peering-name|peeringtype)[:=\s]\s*['"]?(\w+)|/peerings/(\w+)/routetables/`)
)

// peerings are the kinds of link that a circuit's peerings are.
var peerings = map[string]rib.LinkKind{
	"azureprivatepeering": rib.ExpressRoutePrivate, "microsoftpeering": rib.ExpressRouteMicrosoft, "azurepublicpeering": "AzurePublicPeering",
}

// asked takes a line's command, and reports whether it is of a route table.
func asked(c *reading.Collector, line int, text string) bool {
	m := routeAsks.FindStringSubmatchIndex(text)
	if m == nil {
		return false
	}
	c.Ask(shown(line, text[m[0]:]))
	return true
}

// shown is what a command says of its answer.
func shown(line int, text string) reading.Shown {
	s := reading.Shown{Line: line, Asked: strings.Join(strings.Fields(text), " "), Part: partOf(text), Direction: reading.Held, Extent: reading.OfAll, Holder: reading.Gateway}
	switch lower := strings.ToLower(text); {
	case strings.Contains(lower, "list-advertised-routes"), strings.Contains(lower, "advertisedroute"):
		s.Direction, s.Extent = reading.Advertised, reading.OfOne
	case strings.Contains(lower, "list-route-tables"), strings.Contains(lower, "circuitroute"), strings.Contains(lower, "/routetables/"):
		s.Holder = reading.Circuit
	}
	if m := peer.FindStringSubmatch(text); m != nil {
		s.Neighbor, _ = netip.ParseAddr(m[1])
	}
	if m := side.FindStringSubmatch(text); m != nil {
		s.Side = strings.ToLower(m[1] + m[2])
	}
	if m := peering.FindStringSubmatch(text); m != nil {
		s.Peering = peerings[strings.ToLower(m[1]+m[2])]
	}
	if m := query.FindStringSubmatch(text); m != nil {
		s.Instance = instance.FindString(m[1])
	}
	return s
}

// instance is one of a gateway's or a route server's: each has an answer of its own, and all of them are one table.
var instance = regexp.MustCompile(`RouteServiceRole_IN_\d+`)

// partOf is what in a command leaves routes out, or may; empty: nothing does.
func partOf(text string) string {
	if m := query.FindStringSubmatch(text); m != nil && !wholeQuery.MatchString(strings.Trim(m[1], `"'`)) {
		return "--query " + m[1]
	}
	ask, pipe, _ := strings.Cut(text, "|")
	ask = contents.ReplaceAllString(ask, ")")
	if at := picks.FindStringIndex(ask); at != nil {
		return ask[at[0]:]
	}
	for pipe != "" {
		var stage string
		stage, pipe, _ = strings.Cut(pipe, "|")
		words := strings.Fields(strings.TrimRight(stage, `)"' `))
		if len(words) == 0 || !slices.Contains(wholeStages, strings.ToLower(words[0])) && !picksColumns(words) && !reading.WholePipe(words) {
			return "| " + strings.TrimSpace(stage)
		}
	}
	return ""
}

// continued puts the lines of a command together that a backslash or a backtick ends.
type continued struct {
	from int
	text string
}

// line takes one, and hands a command on that is whole.
func (c *continued) line(line int, text string, whole func(line int, text string)) {
	text = strings.TrimSpace(text)
	if c.text == "" {
		c.from = line
	}
	cut := strings.TrimRight(text, "\\`")
	if c.text = strings.TrimSpace(c.text + " " + cut); len(cut) < len(text) && len(c.text) < reading.MaxLine {
		return
	}
	whole(c.from, c.text)
	c.text = ""
}
