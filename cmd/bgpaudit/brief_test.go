package main

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestASiteWithoutItsDumpsIsReadAtAGlance: whatever the size of the site, one screen says what is missing and
// what that leaves open, each reason once.
func TestASiteWithoutItsDumpsIsReadAtAGlance(t *testing.T) {
	for _, links := range []int{1, 3, 40} {
		t.Run(fmt.Sprint(links), func(t *testing.T) {
			t.Chdir(t.TempDir())
			var config strings.Builder
			fmt.Fprint(&config, "version: 1\nsite: {asns: [65536]}\nlinks:\n")
			for i := range links {
				fmt.Fprintf(&config, "  - {name: internet-provider-%d, kind: internet, router: edge-router-%d, firewall: fw-%d, neighbor-asns: [65540]}\n", i, i, i)
			}
			fmt.Fprint(&config, "feeds:\n")
			for i := range links {
				for _, view := range []string{"adj-rib-out-post", "adj-rib-in-post"} {
					fmt.Fprintf(&config, "  - {name: provider-%d-%s, link: internet-provider-%d, view: %s, file: dumps/provider-%d-%s.json, max-age: 24h, trust-mtime: true}\n", i, view, i, view, i, view)
				}
			}
			fmt.Fprint(&config, "pools:\n")
			for i := range links {
				fmt.Fprintf(&config, "  - {name: pool-%d, prefixes: [198.51.100.%d/32, \"2001:db8:%x::/48\"], links: [internet-provider-%d]}\n", i, i, i, i)
			}
			fmt.Fprint(&config, "services:\n")
			for i := range links {
				fmt.Fprintf(&config, "  - {name: service-number-%d, pools: [pool-%d], remote: the-other-side, initiator: us}\n", i, i)
			}
			fmt.Fprint(&config, "remotes:\n  - {name: the-other-side, observer: internet, prefixes: [192.0.2.0/24, \"2001:db8:ffff::/48\"]}\n")
			writeFile(t, "bgpaudit.yaml", config.String())
			out, stderr, code := runHere(t, "audit")
			if code != 3 {
				t.Fatalf("exit %d\n%s%s", code, out, stderr)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if len(lines) > 25 {
				t.Errorf("%d lines", len(lines))
			}
			for _, l := range lines {
				if n := utf8.RuneCountInString(l); n > 120 {
					t.Errorf("%d columns: %s", n, l)
				}
			}
			if n := strings.Count(out, "no such file"); n != 1 {
				t.Errorf("the reason is told %d times", n)
			}
			for _, want := range []string{fmt.Sprintf("%d feeds", 2*links), "name its families:", fmt.Sprintf("%d flows and", 2*links)} {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}
