package azure

import (
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
)

// What stands in front of an answer may hold the command: of the Azure CLI, or of PowerShell.
var (
	query      = regexp.MustCompile(`\s--query[\s=]+("[^"]*"|'[^']*'|\S+)`)
	wholeQuery = regexp.MustCompile(`^@?(value|RouteServiceRole_IN_\d)?(\[\*?\])?(\.\{[^?\[\]]*\})?$`) // all rows, whatever of each
	selects    = regexp.MustCompile(`(?i)\|\s*(where-object|where|\?|select-object\s+-(first|last|skip|index)|select\s+-(first|last|skip|index))\s`)
)

// asked holds a line's command against the config.
func asked(c *reading.Collector, line int, text string) {
	lower := strings.ToLower(text)
	advertised := strings.Contains(lower, "list-advertised-routes") || strings.Contains(lower, "gatewayadvertisedroute")
	learned := strings.Contains(lower, "list-learned-routes") || strings.Contains(lower, "gatewaylearnedroute")
	switch view := c.Source.View; {
	case advertised && (reading.ReceivedView(view) || reading.TableView(view)):
		c.Say("the command shows what the gateway advertises, the config says %s", view)
	case learned && reading.AdvertisedView(view):
		c.Say("the command shows what the gateway learned, the config says %s", view)
	}
	circuit := strings.Contains(lower, "list-route-tables") || strings.Contains(lower, "circuitroutetable")
	if circuit && reading.AdvertisedView(c.Source.View) {
		c.Say("the command shows what Microsoft's side of the circuit holds, the config says %s", c.Source.View)
	}
	if !advertised && !learned && !circuit && !strings.Contains(lower, "get-effective-routes") && !strings.Contains(lower, "learnedroute") {
		return // it is of no route table
	}
	if m := query.FindStringSubmatch(text); m != nil && !wholeQuery.MatchString(strings.Trim(m[1], `"'`)) {
		c.Problem(line, "the command shows a part of the table alone (%s)", reading.Quote("--query "+m[1]))
	}
	if m := selects.FindStringSubmatch(text); m != nil {
		c.Problem(line, "the command shows a part of the table alone (%s)", reading.Quote("| "+m[1]))
	}
}
