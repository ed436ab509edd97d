package policy_test

import (
	"strings"
	"testing"
)

// What a hint says beside what to do, in sites as operators reported them. Each is of both families.
func TestHintsSayWhatWouldNotHelpAndWhy(t *testing.T) {
	two := firewalls("fw-1", "fw-2") + "services: [{name: web, addresses: [203.0.113.40/32, \"2001:db8:113::40/128\"], remote: them, initiator: remote, links: [l1]}]\n" +
		"remotes: [{name: them, observer: internet, prefixes: [192.0.2.0/24, \"2001:db8:f::/48\"]}]\n"
	wide := strings.NewReplacer("203.0.113.40/32", "203.0.113.0/24", "2001:db8:113::40/128", "2001:db8:113::/48").Replace(two)
	const (
		sent     = "out 203.0.113.0/24 2001:db8:113::/48"
		received = "in 0.0.0.0/0 ::/0"
	)
	for _, tt := range []struct {
		name, config, tables, check string
		says, not                   []string
	}{
		{
			"a link of the same kind may be meant to stand in",
			two + "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [l1]}]\n",
			"l1 " + sent + "\nl2 " + sent + "\nl1 " + received + "\nl2 " + received, "link/wrong",
			[]string{"(l2): stop advertising ", "if l2 is to stand in for l1, write backup: or backup-when-down: [l2] under "},
			nil,
		},
		{
			"a link that is ruled out is not",
			two + "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [l1], never-links: [l2]}]\n",
			"l1 " + sent + "\nl2 " + sent + "\nl1 " + received + "\nl2 " + received, "link/wrong",
			nil,
			[]string{"under branch"},
		},
		{
			"Microsoft peering does not stand in for the internet",
			erSite + "pools: [{name: nat, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [isp-a]}]\n",
			"isp-a " + sent + "\ner " + sent + "\nisp-a " + received + "\ner in 40.92.0.0/15 2603::/24", "link/wrong",
			[]string{"(er): stop advertising "},
			[]string{"stand in"},
		},
		{
			"two lines to one AS, which compares what is prepended",
			strings.ReplaceAll(wide, "65542", "65541") + "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [l1, l2]}]\n",
			"l1 " + sent + "\nl2 " + sent + "\nl1 " + received + "\nl2 " + received, "link/wrong",
			[]string{"this is a choice: ", "(l2): prepend 65536 65536 to ", ", which AS 65541 compares, as both end in it: declare it under observers:) and write backup: [l2] under web"},
			nil,
		},
		{
			"what is prepended to two ISPs need not count",
			wide + "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [l1, l2]}]\n",
			"l1 " + sent + "\nl2 " + sent + "\nl1 " + received + "\nl2 " + received, "link/wrong",
			[]string{"this is a choice: ", "only while no route for it is on l1 (a conditional advertisement)) and write backup-when-down: [l2] under web"},
			[]string{"prepend"},
		},
		{
			"what a router filters comes before what its network sees",
			two, "l1 " + sent + "\nl2 out\nl1 " + received + "\nl2 in 192.0.2.0/25 192.0.2.128/25 2001:db8:f::/48", "forward/more-specific",
			[]string{"(l2): do not accept "},
			[]string{"sees:"},
		},
		{
			"nothing but age chooses among equal routes",
			two, "l1 " + sent + "\nl2 out\nl1 in 0.0.0.0/0 ::/0\nl2 in 0.0.0.0/0[best] ::/0[best]", "flow/asymmetric",
			[]string{"(l1): set local preference ", "nothing but age or router ID chooses l2: local preference would"},
			nil,
		},
		{
			"nothing goes either way, and the router sends nothing without a policy",
			two, "l1 out format=frr-json\nl1 in format=frr-json", "link/missing",
			[]string{"RFC 8212"},
			nil,
		},
		{
			"a router that sends without a policy",
			two, "l1 out format=ios\nl1 in format=ios", "link/missing",
			nil,
			[]string{"RFC 8212"},
		},
		{
			"nothing goes out, and something comes in",
			two, "l1 out format=frr-json\nl1 " + received + " format=frr-json", "link/missing",
			nil,
			[]string{"RFC 8212"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tables := strings.ReplaceAll(tt.tables, "\n", " ipv6\n") + " ipv6"
			families := map[string]bool{}
			for _, f := range (site{tt.config, tables}).audit(t).Findings {
				if f.Check != tt.check {
					continue
				}
				families[f.Family.String()] = true
				for _, want := range tt.says {
					if !strings.Contains(f.Hint, want) {
						t.Errorf("%s: it does not say %q: %s", f.Family, want, f.Hint)
					}
				}
				for _, not := range tt.not {
					if strings.Contains(f.Hint, not) {
						t.Errorf("%s: it says %q: %s", f.Family, not, f.Hint)
					}
				}
			}
			if len(families) != 2 {
				t.Errorf("%s in %v", tt.check, families)
			}
		})
	}
}

// A default route on two links feeds what is behind them as long as one is left: advice for each of them must not
// add up to an outage.
func TestWhatNobodyDeclaresIsStoppedOnAllItsLinksOrNone(t *testing.T) {
	r := site{
		strings.ReplaceAll(firewalls("fw-1", "fw-1"), "kind: internet", "kind: vpn") + "services: [{name: egress, addresses: [203.0.113.40/32], remote: vpc, initiator: remote}]\n" +
			"remotes: [{name: vpc, observer: tunnels, prefixes: [192.0.2.0/24]}]\nobservers: [{name: tunnels, hears: [l1, l2], steps: [as-path-length]}]\n",
		"l1 out 0.0.0.0/0\nl2 out 0.0.0.0/0\nl1 in 192.0.2.0/24\nl2 in 192.0.2.0/24",
	}.audit(t)
	found := 0
	for _, f := range r.Findings {
		if f.Check == "prefix/unexpected" {
			found++
			if !strings.HasPrefix(f.Hint, "this is a choice: ") || !strings.Contains(f.Hint, "which brings flow/unreachable of service egress") || len(f.Do) > 0 {
				t.Errorf("%q, %v", f.Hint, f.Do)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d findings", found)
	}
}
