package configs

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
)

// TestMicrosoftsOwnListsAreReadWhole reads the real service tags and endpoints that lie outside the repository: a remote for
// each tag, and for each service area, has the prefixes that a plain decoding of the file has.
func TestMicrosoftsOwnListsAreReadWhole(t *testing.T) {
	dir := os.Getenv("BGPAUDIT_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: corpus absent: no real files at %s: set BGPAUDIT_CORPUS", dir)
	}
	tags := filepath.Join(dir, "azure-servicetags", "public_lists", "ServiceTags_Public.trimmed.json")
	endpoints := filepath.Join(dir, "o365-endpoints", "Nebula", "endpoints-worldwide.json")
	want := map[string][]netip.Prefix{}
	add := func(name string, list []any) {
		for _, p := range list {
			want[name] = append(want[name], netip.MustParsePrefix(p.(string)))
		}
	}
	var text strings.Builder
	text.WriteString(head + "remotes:\n")
	var tagFile map[string]any
	decode(t, tags, &tagFile)
	for i, v := range tagFile["values"].([]any) {
		tag := v.(map[string]any)
		name := fmt.Sprintf("tag-%d", i)
		add(name, tag["properties"].(map[string]any)["addressPrefixes"].([]any))
		fmt.Fprintf(&text, "  - {name: %s, service-tags: {file: %q, tags: [%s]}}\n", name, tags, tag["name"])
	}
	var sets []map[string]any
	decode(t, endpoints, &sets)
	seen := map[string]bool{}
	for _, set := range sets {
		area := set["serviceArea"].(string)
		if !seen[area] {
			seen[area] = true
			fmt.Fprintf(&text, "  - {name: %s, m365-endpoints: {file: %q, service-area: %s}}\n", area, endpoints, area)
		}
		list, _ := set["ips"].([]any)
		add(area, list)
	}
	config, err := parse("bgpaudit.yaml", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, r := range config.Intent.Remotes {
		if have := prefixesOf(r); !slices.Equal(have, ordered(want[r.Name])) {
			t.Errorf("%s: %d prefixes, the file has %d", r.Name, len(have), len(want[r.Name]))
		}
		total += len(prefixesOf(r))
	}
	if total < 7000 {
		t.Errorf("%d prefixes", total)
	}
}

func prefixesOf(r policy.Remote) []netip.Prefix {
	return append(slices.Clone(r.ServiceTags), r.M365Endpoints...)
}

func decode(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
