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

// TestAnEOSPathThatIsNotInstalled: BGP's best path of a prefix of which another protocol's route is installed.
func TestAnEOSPathThatIsNotInstalled(t *testing.T) {
	path := func(neighbor, kind string) string {
		return `{"nextHop":"` + neighbor + `","asPathEntry":{"asPathType":"External","asPath":"65540 i"},"peerEntry":{"peerAddr":"` + neighbor + `"},"routeType":{"valid":true,` + kind + `}}`
	}
	for _, tt := range []struct {
		name, v4, v6 string
		marks        []rib.Marks
		shown        bool // which one is best
	}{
		{"one says so", `"active":false,"notInstalledReason":"routeBestInactive"`, `"active":false,"notInstalledReason":null`, []rib.Marks{rib.Best | rib.RIBFailure, 0}, true},
		{"an active one is the best", `"active":true,"notInstalledReason":null`, `"active":false,"notInstalledReason":"routeBestInactive"`, []rib.Marks{rib.Best, 0}, true},
		{"two say so", `"active":false,"notInstalledReason":"routeBestInactive"`, `"active":false,"notInstalledReason":"routeBestInactive"`, []rib.Marks{0, 0}, false},
		{"none says so", `"active":false,"notInstalledReason":null`, `"active":false`, []rib.Marks{0, 0}, false},
		{"another reason", `"active":false,"notInstalledReason":"routeInstallDenied"`, `"active":false`, []rib.Marks{0, 0}, false},
	} {
		for _, prefix := range []string{"203.0.113.0/24", "2001:db8::/32"} {
			a, b := "192.0.2.1", "192.0.2.2"
			if strings.Contains(prefix, ":") {
				a, b = "2001:db8::1", "2001:db8::2"
			}
			t.Run(tt.name+" of "+prefix, func(t *testing.T) {
				text := `{"vrfs":{"default":{"routerId":"192.0.2.6","bgpRouteEntries":{"` + prefix + `":{"bgpRoutePaths":[` + path(a, tt.v4) + "," + path(b, tt.v6) + `],"totalPaths":2}}}}}`
				routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(text))
				if err != nil || len(routes) != 2 {
					t.Fatalf("%d routes: %q, %v", len(routes), got.Errors, err)
				}
				for i, r := range routes {
					if r.Marks != tt.marks[i] || r.Attrs.NotShown.Has(rib.AttrBest) == tt.shown {
						t.Errorf("path %d: marks %v, not shown %v", i, r.Marks, r.Attrs.NotShown.Names())
					}
				}
			})
		}
	}
}
