package dump

import (
	"regexp"
	"slices"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// jsonFormats are the formats whose documents are JSON.
var jsonFormats = []string{
	"azure-json", "birdwatcher", "eos-json", "frr-json", "gcp-json", "megaport-json", "gobgp-json", "junos-json", "nokia-json", "nxos-json", "openbgpd-json", "openconfig",
}

// writtenKey is a key that opens an object or a list: what stands in it may be rows.
var writtenKey = regexp.MustCompile(`"([^"\s]+)"\s*:\s*[\[{]`)

// TestADamagedKeyLosesNoRowInSilence changes one letter of each key that has something in it, one at a time: a known container
// without its known content is no whole table.
func TestADamagedKeyLosesNoRowInSilence(t *testing.T) {
	for _, format := range jsonFormats {
		for _, name := range fixtures(t, format) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				text, src := string(fixtureBytes(t, name)), fixtureSource(name)
				full, whole, err := readBytes(src, []byte(text))
				if err != nil || whole.Complete == rib.CompleteNo || whole.Contradiction != "" {
					return
				}
				src.Format = format
				const most = 60 // keys of one fixture; those of its rows repeat
				seen := map[string]int{}
				for _, at := range writtenKey.FindAllStringSubmatchIndex(text, -1) {
					key := text[at[2]:at[3]]
					if seen[key]++; seen[key] > 2 || len(seen) > most || reading.IsPrefix(key) {
						continue
					}
					letter := at[2] + (at[3]-at[2])/2
					damaged := text[:letter] + string(text[letter]^1) + text[letter+1:]
					routes, got, err := readBytes(src, []byte(damaged))
					if err != nil || got.Contradiction != "" || got.Complete == rib.CompleteNo || sameRecords(full, routes) {
						continue
					}
					t.Errorf("%s for %q: %d rows in place of %d, complete: %s\n%s", damaged[at[2]:at[3]], key, len(routes), len(full), got.Complete, firstOther(full, routes))
				}
			})
		}
	}
}

// sameRecords reports whether no row is missing, and none is another one's. A neighbour that is not shown is nobody else.
func sameRecords(a, b []rib.Route) bool {
	names := func(list []rib.Route) (out []string) {
		for _, r := range list {
			out = append(out, r.Prefix.String())
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(names(a), names(b))
}
