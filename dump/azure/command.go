package azure

import (
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
)

// What stands in front of an answer may hold the command: of the Azure CLI, or of PowerShell.
var (
	query      = regexp.MustCompile(`\s--query[\s=]+("[^"]*"|'[^']*'|\S+)`)
	wholeQuery = regexp.MustCompile(`^@?(value)?(\[\*?\])?(\.\{[^?\[\]]*\})?$`) // all rows, whatever of each
	selects    = regexp.MustCompile(`(?i)\|\s*(where-object|where|\?|select-object\s+-(first|last|skip|index)|select\s+-(first|last|skip|index))\s`)
)

// asked holds a line's command against the config.
func asked(c *reading.Collector, line int, text string) {
	lower := strings.ToLower(text)
	advertised := strings.Contains(lower, "list-advertised-routes") || strings.Contains(lower, "get-azvirtualnetworkgatewayadvertisedroute")
	learned := strings.Contains(lower, "list-learned-routes") || strings.Contains(lower, "get-azvirtualnetworkgatewaylearnedroute")
	switch view := c.Source.View; {
	case advertised && (reading.ReceivedView(view) || reading.TableView(view)):
		c.Say("the command shows what the gateway advertises, the config says %s", view)
	case learned && reading.AdvertisedView(view):
		c.Say("the command shows what the gateway learned, the config says %s", view)
	}
	if !advertised && !learned && !strings.Contains(lower, "az network ") && !strings.Contains(lower, "get-az") {
		return
	}
	if m := query.FindStringSubmatch(text); m != nil && !wholeQuery.MatchString(strings.Trim(m[1], `"'`)) {
		c.Problem(line, "the command shows a part of the table alone (%s)", reading.Quote("--query "+m[1]))
	}
	if m := selects.FindStringSubmatch(text); m != nil {
		c.Problem(line, "the command shows a part of the table alone (%s)", reading.Quote("| "+m[1]))
	}
}
