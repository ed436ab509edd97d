package configs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const sound = "version: 1\nsite: {asns: [65536]}\nlinks: [{name: isp-a, kind: internet, router: edge1, firewall: none}]\n"

// TestAConfigOfAMegabyteOfMistakesIsRefusedAtOnce: whatever they are, with the first of them and how
// many more there are.
func TestAConfigOfAMegabyteOfMistakesIsRefusedAtOnce(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"unknown keys":           sound + many(180_000, "k%d: 1\n"),
		"unknown keys in braces": sound + "settings: {" + many(150_000, "k%d: 1, ") + "}\n",
		"unknown keys of a link": "version: 1\nsite: {asns: [65536]}\nlinks:\n  - name: a\n" + many(120_000, "    k%d: 1\n"),
		"a mistake in each item": "version: 1\nsite: {asns: [65536]}\nlinks:\n" + many(30_000, "  - {nam: a%d, kind: internet, router: r, firewall: none}\n"),
	} {
		began := time.Now()
		_, err := parse("bgpaudit.yaml", []byte(text))
		took := time.Since(began)
		var all Errors
		if !errors.As(err, &all) || len(all) > maxProblems+1 || !strings.Contains(err.Error(), " more") {
			t.Errorf("%s: %d mistakes, %.200v", name, len(all), err)
		}
		t.Logf("%s: %d octets, %d mistakes in %s", name, len(text), len(all), took)
		if name != "a mistake in each item" && took > 10*time.Second { // that one is linear, and takes seconds
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

func TestWhatIsManyIsNotCrowded(t *testing.T) {
	for name, text := range map[string]string{
		"list items":          "links:\n" + strings.Repeat("  - name: a\n    kind: internet\n", 2000),
		"items in brackets":   "asns: [" + strings.Repeat("1, ", 5000) + "]\n",
		"mappings in a list":  "links: [" + strings.Repeat("{name: a, kind: b}, ", 2000) + "]\n",
		"mappings one by one": strings.Repeat("  - {name: a, kind: b}\n", 5000),
		"comments":            strings.Repeat("# a: b\n", 5000),
	} {
		if p := crowded([]byte(text)); p != nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}
