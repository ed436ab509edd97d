package dump

import (
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestAPromptWithoutANameBehindATableIsFurniture: shells have such a one. One that may be a mark of a row proves no end.
func TestAPromptWithoutANameBehindATableIsFurniture(t *testing.T) {
	const six = "*> 2001:db8:4::/48      2001:db8::1          65540                00:00:09   [{Origin: i}]\n"
	for table, text := range map[string]string{
		"gobgp": goTop + go1, "gobgp, IPv6": goTop + six, "openbgpd": obsdTop + obsd1,
	} {
		for prompt, want := range map[string]rib.Completeness{"$ ": "yes", "# ": "yes", "%": "yes", "edge4$ ": "yes", "> ": "unproven", "$ $": "no", "?": "no"} {
			routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(text+prompt+"\n"))
			if err != nil || len(routes) != 1 || got.Complete != want {
				t.Errorf("%s, then %q: %d rows, %s, want %s, %q, %v", table, prompt, len(routes), got.Complete, want, got.Errors, err)
			}
		}
	}
}
