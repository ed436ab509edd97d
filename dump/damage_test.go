package dump

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// lineFormats are the formats of lines whose every line is held to what its router prints.
var lineFormats = []string{"bird", "eos", "fortios", "frr", "ios", "iosxr", "nxos", "openbgpd", "gobgp", "junos", "srlinux", "nokia", "azure-csv", "azure-format-table", "azure-table", "azure-list", "bgpdump-m", "comware", "vrp"}

// damage is what may happen to a line between a router and a file. It returns nil where the line has no place for it.
type damage struct {
	name string
	do   func(rnd *rand.Rand, line, next string) []string
}

// noDigit is what a damaged byte becomes: no digit of any address, so that what was there is not another one of its kind.
const noDigit = "xzQ"

var damages = []damage{
	{"its front is gone", func(rnd *rand.Rand, line, _ string) []string { return []string{line[1+rnd.IntN(len(line)-1):]} }},
	{"its tail is gone", func(rnd *rand.Rand, line, _ string) []string { return []string{line[:1+rnd.IntN(len(line)-1)]} }},
	{"a letter stands in it", func(rnd *rand.Rand, line, _ string) []string {
		at := digitAt(rnd, line)
		if at < 0 {
			return nil
		}
		return []string{line[:at] + string(noDigit[rnd.IntN(len(noDigit))]) + line[at+1:]}
	}},
	{"a letter is put into it", func(rnd *rand.Rand, line, _ string) []string {
		at := digitAt(rnd, line)
		if at < 0 {
			return nil
		}
		return []string{line[:at] + string(noDigit[rnd.IntN(len(noDigit))]) + line[at:]}
	}},
	{"a letter stands in front", func(rnd *rand.Rand, line, _ string) []string {
		return []string{string("abdehrsxSR"[rnd.IntN(10)]) + line}
	}},
	{"two letters stand in front", func(rnd *rand.Rand, line, _ string) []string {
		return []string{string("xhrsSR"[rnd.IntN(6)]) + string("abdehrsxSR"[rnd.IntN(10)]) + line}
	}},
	{"a letter for its mark, and another in its prefix", func(rnd *rand.Rand, line, _ string) []string {
		at := digitAt(rnd, line)
		if at < 4 || !strings.Contains(line[:at], "*") {
			return nil
		}
		line = line[:at] + "x" + line[at:]
		return []string{strings.Replace(line, "*", string("rsSxhd"[rnd.IntN(6)]), 1)}
	}},
	{"it is glued to the next", func(_ *rand.Rand, line, next string) []string {
		if strings.TrimSpace(next) == "" {
			return nil
		}
		return []string{line + next, ""}
	}},
	{"a pager's erased mark stands in front", func(_ *rand.Rand, line, _ string) []string {
		return []string{" --More-- " + strings.Repeat("\b", 10) + strings.Repeat(" ", 10) + strings.Repeat("\b", 10) + line}
	}},
	{"a pager's mark that is not erased stands in front", func(_ *rand.Rand, line, _ string) []string { return []string{"--More--" + line} }},
}

// digitAt is the place of one of a line's digits; -1 where there is none.
func digitAt(rnd *rand.Rand, line string) int {
	var at []int
	for i, c := range line {
		if c >= '0' && c <= '9' {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return -1
	}
	return at[rnd.IntN(len(at))]
}

// TestADamagedLineIsNeverLostInSilence damages the lines of every fixture, one at a time. What comes out holds the
// same rows as the whole, or says that something is wrong.
func TestADamagedLineIsNeverLostInSilence(t *testing.T) {
	const tries = 2
	for _, format := range lineFormats {
		for _, name := range fixtures(t, format) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(11, 2026))
				text, src := string(fixtureBytes(t, name)), fixtureSource(name)
				full, whole, err := readBytes(src, []byte(text))
				if err != nil || whole.Contradiction != "" {
					return
				}
				src.Format = format
				lines := strings.Split(text, "\n")
				for i, line := range lines {
					if len(line) < 2 {
						continue
					}
					for _, d := range damages {
						for range tries {
							next := ""
							if i+1 < len(lines) {
								next = lines[i+1]
							}
							damaged := slices.Clone(lines)
							got := d.do(rnd, line, next)
							if got == nil {
								break
							}
							words := strings.Fields(got[0])
							if d.name == "its tail is gone" && len(words) > 1 && (strings.ContainsAny(words[len(words)-1], "/:") || strings.Contains(line, " for VRF ")) {
								continue // a shorter address or name is one, too
							}
							if format == "junos" && (strings.Contains(line, "> show ") && d.name == "its front is gone" || strings.Contains(line, ".inet") && strings.Contains(got[0], ".inet")) {
								continue // what a command without its front asked is not shown; a VRF by another name is another VRF
							}
							if len(words) < 2 || (format == "bird" || format == "gobgp" || format == "azure-csv") && d.name == "its front is gone" {
								continue // what is left of a word that stands alone, or of a prefix that a line begins with, may be another one
							}
							damaged = slices.Replace(damaged, i, min(i+len(got), len(lines)), got[:1]...)
							holdDamaged(t, src, full, whole, strings.Join(damaged, "\n"), i+1, d.name, got[0])
						}
					}
				}
			})
		}
	}
}

// holdDamaged holds the reading of a damaged text against that of the whole one.
func holdDamaged(t *testing.T, src reading.Source, full []rib.Route, whole outcome, text string, line int, what, damaged string) {
	t.Helper()
	routes, got, err := readBytes(src, []byte(text))
	switch {
	case err != nil, got.Contradiction != "":
		return
	case got.Complete == rib.CompleteNo:
		return
	case sameRows(full, routes):
		return
	}
	t.Errorf("line %d: %s: %q: %d rows in place of %d, complete: %s\n%s", line, what, damaged, len(routes), len(full), got.Complete, firstOther(full, routes))
}

// sameRows reports whether two readings hold the same rows, but for their lines and for what a row shows of itself.
func sameRows(a, b []rib.Route) bool {
	return slices.EqualFunc(a, b, func(x, y rib.Route) bool {
		return x.Prefix == y.Prefix && x.Neighbor == y.Neighbor && (x.Attrs.NextHop == y.Attrs.NextHop || y.Attrs.NotShown.Has(rib.AttrNextHop))
	})
}

func firstOther(a, b []rib.Route) string {
	for i := range a {
		if i >= len(b) || !sameRows(a[i:i+1], b[i:i+1]) {
			out := "want " + string(jsonl.AppendRoute(nil, a[i], 0))
			if i < len(b) {
				out += "\nhave " + string(jsonl.AppendRoute(nil, b[i], 0))
			}
			return out
		}
	}
	return ""
}
