package dump

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// textTables are the formats in rows of text, most of which have no end.
var textTables = map[string]bool{"eos": true, "fortios": true, "frr": true, "gobgp": true, "openbgpd": true, "ios": true, "iosxr": true, "nxos": true, "panos": true}

// tableEnd is what proves the end of a table of text: a count, a prompt or the next table's heading.
var tableEnd = regexp.MustCompile(`(?m)^ *(Displayed  \d+ routes and \d+ total paths|No BGP prefixes displayed, \d+ exist|Total number of prefixes \d+|total routes shown: \d+|Processed \d+ prefixes, \d+ paths?|(RP/0/RP0/CPU0:)?edge1( \(root\))? ?#)`)

// TestATextTableCutAtAnyByte: what is left is the first rows of the whole. It is complete only where the end of
// the table stands in it, and partial wherever the cut lies within a line.
func TestATextTableCutAtAnyByte(t *testing.T) {
	for format := range textTables {
		for _, name := range fixtures(t, format) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				whole, src := fixtureBytes(t, name), fixtureSource(name)
				full, end, fullErr := readBytes(src, whole)
				if fullErr != nil {
					full = nil
				}
				src.Format = format
				want := recordsOf(full)
				for n := 0; n < len(whole); n += cutStep {
					routes, got, err := readBytes(src, whole[:n])
					if len(routes) > len(full) && !strings.Contains(errorText(fullErr), "several VRFs") {
						t.Fatalf("cut at %d: %d rows, the whole has %d", n, len(routes), len(full))
					}
					for i, have := range recordsOf(routes) {
						if i < len(want) && have != want[i] {
							t.Fatalf("cut at %d: row %d is\n%s, in the whole\n%s", n, i, have, want[i])
						}
					}
					switch {
					case err != nil:
					case got.Complete == rib.CompleteNo && len(got.Errors) == 0:
						t.Fatalf("cut at %d: partial, and no error says why", n)
					case got.Complete == rib.CompleteYes && end.Complete != rib.CompleteYes,
						got.Complete == rib.CompleteYes && !tableEnd.Match(afterEcho(whole[:n])):
						t.Fatalf("cut at %d: complete\n%s", n, whole[:n])
					case got.Complete != rib.CompleteNo && len(routes) < len(full) && withinARow(whole, n):
						t.Fatalf("cut at %d: %s\n%s", n, got.Complete, whole[:n])
					}
				}
			})
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// echo is an echoed command at the top, which begins as the prompt that ends a table does.
var echo = regexp.MustCompile(`^\S*edge1( \(root\))? ?# ?(sh?|ge?)[^\n]*\n?`)

func afterEcho(text []byte) []byte { return text[len(echo.Find(text)):] }

// withinARow reports whether a cut at n leaves a line that is neither whole, nor a count or a prompt.
func withinARow(whole []byte, n int) bool {
	start := bytes.LastIndexByte(whole[:n], '\n') + 1
	line := bytes.TrimSpace(whole[start:n])
	rest, _, _ := bytes.Cut(whole[n:], []byte("\n"))
	if i := bytes.Index(whole[start:], []byte(" Or-ID:")); i >= 0 && i <= n-start {
		return false // behind the origin, what is read of a row is whole
	}
	return len(line) > 0 && len(bytes.TrimSpace(rest)) > 0 && !tableEnd.Match(line)
}
