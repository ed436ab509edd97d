package dump

import (
	"regexp"
	"strings"
	"testing"
)

// rowPatterns find the rows of a format by their look alone, in the text as it is.
var rowPatterns = map[string]*regexp.Regexp{
	"azure-csv":          regexp.MustCompile(`(?m)^.*[0-9a-f:.]/\d+"?[,;]`),
	"azure-format-table": regexp.MustCompile(`(?m)^.*[0-9a-f:.]/\d+ `),
	"azure-json":         regexp.MustCompile(`"network": *"|"Network": *"`),
	"azure-list":         regexp.MustCompile(`(?mi)^network +: `),
	"azure-table":        regexp.MustCompile(`(?m)^ *(?:\d+ +)?[0-9a-f:.]+/\d+ +\S`),
	"bgpdump-m":          regexp.MustCompile(`(?m)^TABLE_DUMP2?(?:_AP)?\|\d+\|B\|`),
	"birdwatcher":        regexp.MustCompile(`"network": *"`),
	"comware":            regexp.MustCompile(`(?m)^[*> ][*>dhsSiea ]{4}(?:Network : \S|[0-9./ ]{19}[0-9.]+ .*[ie?]$)`),
	"eos-json":           regexp.MustCompile(`"nextHop": *"`),
	"frr":                regexp.MustCompile(`(?m)^ ?[*>=#sdhrSRi ]{2,6}.* [ie?] *\r?$`),
	"frr-json":           regexp.MustCompile(`"pathFrom": *"`),
	"gobgp":              regexp.MustCompile(`(?m)^.*\[\{Origin: .*\}\]\r?$`),
	"ios":                regexp.MustCompile(`(?m)^ ?[*>sdhrSbxmaic ]{1,6}.* [ie?]\r?$`),
	"jsonl":              regexp.MustCompile(`(?m)^\{"prefix":`),
	"nxos-json":          regexp.MustCompile(`"ipnexthop": *"|"ipv6nexthop": *"`),
	"openbgpd":           regexp.MustCompile(`(?m)^[ *>A-Za-z!?-]*[0-9a-f:.]+/\d+ +\S+ +\d+ +\d+ `),
	"openbgpd-json":      regexp.MustCompile(`"prefix": *"`),
	"vrp":                regexp.MustCompile(`(?m)^.*(?:Network  : \S|[0-9.]+ .* [0-9]+ +(?:[0-9{][0-9 {},]*)?[ie?]$)`),
}

// TestRowsAreAsManyAsAPatternFinds holds what is read, what is bad and what is another's of each fixture against a count of
// its rows that knows nothing of the readers.
func TestRowsAreAsManyAsAPatternFinds(t *testing.T) {
	for format, row := range rowPatterns {
		for _, name := range fixtures(t, format) {
			_, file, _ := strings.Cut(name, "/")
			if format == "frr-json" && (!strings.HasPrefix(file, "table-") || strings.Contains(file, "detail")) {
				continue // one neighbour's rows, and those with detail, have no pathFrom
			}
			if strings.Contains(file, "odd-") || strings.Contains(file, "bad-") || strings.Contains(file, "lost-") || uncounted[name] != "" {
				continue // rows that no longer look like rows
			}
			t.Run(name, func(t *testing.T) {
				text := fixtureBytes(t, name)
				_, got, err := readBytes(fixtureSource(name), text)
				if err != nil {
					return
				}
				want := len(row.FindAll(text, -1))
				if have := got.Routes + got.Skipped + got.Others; have != want {
					t.Errorf("%d rows are read, %d bad, %d others': the pattern finds %d", got.Routes, got.Skipped, got.Others, want)
				}
			})
		}
	}
}

// uncounted are fixtures whose rows a pattern cannot tell, and why.
var uncounted = map[string]string{
	"azure-json/hub-effective.json": "a row of a hub is a list of prefixes",
	"bgpdump-m/updates.txt":         "messages replace rows",
	"ios/advertised-default.txt":    "one row is a sentence: Originating default network",
	"nxos-json/table.json":          "a row of VPNv4 is no route of ours",
	"ios/all-families.txt":          "rows of other families are no routes of ours",
}
