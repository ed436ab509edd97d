package policy

import (
	"strings"
	"testing"
)

func TestWhatMayHaveBeenMeant(t *testing.T) {
	words := []string{"nat/shared-pool", "nat/uncovered-pool", "link/wrong", "link/missing", "flow/mixed", "er-primary", "er-secondary"}
	for _, c := range []struct{ name, got, want string }{
		{"a letter is missing", "nat/shared-pol", "nat/shared-pool"},
		{"two letters are swapped", "link/worng", "link/wrong"},
		{"capitals", "Link/Missing", "link/missing"},
		{"a dash for a slash", "nat-shared-pool", "nat/shared-pool"},
		{"the name without its group", "mixed", "flow/mixed"},
		{"the beginning", "nat/shared", "nat/shared-pool"},
		{"the beginning of two", "link", ""},
		{"the end of two", "pool", ""},
		{"a part too short to tell", "mix", ""},
		{"something else", "firewall", ""},
		{"nothing", "", ""},
		{"a text without end", strings.Repeat("a", 1000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Meant(c.got, words); got != c.want {
				t.Errorf("%q: %q, want %q", c.got, got, c.want)
			}
		})
	}
}
