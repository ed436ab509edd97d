package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// linesWithoutAnEnd are the formats of lines of which none says that it is the last one. What may be missing
// of the last row is not shown.
var linesWithoutAnEnd = map[string]bool{"azure-csv": true, "azure-format-table": true, "azure-list": true, "azure-table": true, "bgpdump-m": true, "junos": true, "nokia": true, "srlinux": true}

// TestATextCutAtAnyByteShowsNothingThatIsNotThere reads the texts up to each of their bytes. What comes out
// is the first rows of the whole; the last of them may hide what may have followed. It is never called complete
// while a row is missing.
func TestATextCutAtAnyByteShowsNothingThatIsNotThere(t *testing.T) {
	for format := range linesWithoutAnEnd {
		for _, name := range fixtures(t, format) {
			if name == "bgpdump-m/updates.txt" {
				continue // messages change rows
			}
			t.Run(name, func(t *testing.T) {
				whole := fixtureBytes(t, name)
				src := fixtureSource(name)
				full, all, fullErr := readBytes(src, whole)
				for n := 0; n < len(whole); n += cutStep {
					if fullErr == nil && n > 1024 {
						src.Format = format
					}
					routes, got, err := readBytes(src, whole[:n])
					if err != nil {
						continue
					}
					if fullErr != nil && len(routes) > 0 || len(routes) > len(full) {
						t.Fatalf("cut at %d: %d rows, the whole has %d (%v)", n, len(routes), len(full), fullErr)
					}
					for i, have := range routes {
						if all.Skipped > 0 {
							break // a row that is bad in the whole may be good before the cut
						}
						want := full[i]
						for j := i; j < len(full) && want.Prefix != have.Prefix; j++ {
							want = full[j]
						}
						if i == len(routes)-1 {
							want.Attrs.NotShown |= have.Attrs.NotShown
							if want.Attrs.NotShown.Has(rib.AttrNeighbor) {
								want.Neighbor = have.Neighbor
							}
							reading.Hide(&want.Attrs)
						}
						if a, b := string(jsonl.AppendRoute(nil, have, 0)), string(jsonl.AppendRoute(nil, want, 0)); a != b {
							t.Fatalf("cut at %d: row %d is\n%s, in the whole\n%s", n, i, a, b)
						}
					}
					rest := strings.TrimSpace(string(whole[n:]))
					switch {
					case got.Complete == rib.CompleteYes && len(routes) < len(full):
						t.Fatalf("cut at %d: %d of %d rows, and complete", n, len(routes), len(full))
					case got.Complete == rib.CompleteNo && len(got.Errors) == 0:
						t.Fatalf("cut at %d: partial, and no error says why", n)
					case got.Complete == rib.CompleteUnproven && n > 0 && lastLine(whole[:n]) != "" && rest != "" && !reading.PromptEnds([]byte(lastLine(whole[:n]))):
						t.Fatalf("cut at %d, within a line, and complete is %s", n, got.Complete)
					}
				}
			})
		}
	}
}

func lastLine(b []byte) string {
	lines := strings.Split(string(b), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
