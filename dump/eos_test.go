package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestAnEOSAnswerForOnePrefixIsNoProvenTable(t *testing.T) {
	row := func(prefix, detail string) string {
		return `"` + prefix + `":{"bgpRoutePaths":[{"nextHop":"192.0.2.1","asPathEntry":{"asPath":"65540 i"},"routeType":{"valid":true,"active":true}` + detail + `}],"totalPaths":1}`
	}
	const detail = `,"routeDetail":{"communityList":[]}`
	for _, tt := range []struct {
		name, rows string
		routes     int // routes: N
		complete   rib.Completeness
		says       string
	}{
		{"one prefix with detail", row("203.0.113.0/24", detail), -1, "unproven", `"203.0.113.0/24" alone is there, with detail`},
		{"one that the feed counts", row("203.0.113.0/24", detail), 1, "yes", ""},
		{"two with detail", row("203.0.113.0/24", detail) + "," + row("198.51.100.0/24", detail), -1, "yes", ""},
		{"a brief table of one", row("203.0.113.0/24", ""), -1, "yes", ""},
	} {
		text := `{"vrfs":{"default":{"routerId":"192.0.2.6","bgpRouteEntries":{` + tt.rows + `}}}}`
		_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: tt.routes}, []byte(text))
		if errors := strings.Join(got.Errors, "\n"); err != nil || got.Complete != tt.complete || !strings.Contains(errors, tt.says) || tt.says == "" && errors != "" {
			t.Errorf("%s: complete %s, errors %q, %v", tt.name, got.Complete, got.Errors, err)
		}
	}
}
