package policy_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// A leak with effects: the pool stands on both links, and what leaves by isp-a returns by er.
const (
	leak = `
pools:
  - {name: nat-users, prefixes: [198.51.100.0/24], links: [isp-a]}
services:
  - {name: updates, pools: [nat-users], remote: windows-update, initiator: us, links: [isp-a]}
remotes:
  - {name: windows-update, default-only: true}
`
	leakTables = `
isp-a out 198.51.100.0/24
er out 198.51.100.0/24
isp-a in 0.0.0.0/0
er in 40.92.0.0/15
`
)

func waiver(text string) string {
	return "waivers:\n  - {" + text + ", reason: CHG0042 migration, owner: net-edge, until: 2026-11-20}\n"
}

func TestOneLeakIsOneGroupUnderItsCause(t *testing.T) {
	r := site{erSite + leak, leakTables}.audit(t)
	sameLines(t, "findings", findingLines(r), `
		error link/wrong pool nat-users ipv4 on er
		error nat/shared-pool pool nat-users ipv4 on isp-a+er
		error return/same-mask pool nat-users ipv4 on er
		error return/same-mask service updates ipv4 on er
		error flow/asymmetric service updates ipv4 on isp-a+er`)
	for i, f := range r.Findings {
		if f.Group != r.Findings[0].ID || (f.CausedBy == "") != (i == 0) || i > 0 && f.CausedBy != f.Group {
			t.Errorf("%s: group %s, caused by %q", f.Check, f.Group, f.CausedBy)
		}
	}
	if flow := r.Flows[0]; !slices.Equal(flow.Findings, []string{r.Findings[3].ID, r.Findings[4].ID}) {
		t.Errorf("the flow names %v", flow.Findings)
	}
}

func TestGroupsComeWorstFirstAndAreHeadedByTheirCause(t *testing.T) {
	for _, tt := range []struct{ name, declared, tables, want string }{
		{"a group stands at its worst finding, not at its head", `
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
` + strings.Replace(mail, "initiator: remote", "initiator: remote, links: [isp-a]", 1), `
			isp-a out 203.0.113.0/24 233.252.0.0/24
			er out
			isp-a in 0.0.0.0/0
			er in 192.0.2.0/24`, `
			warning forward/more-specific service mail ipv4 on er
			error flow/asymmetric service mail ipv4 on er+isp-a
			warning prefix/unexpected prefix 233.252.0.0/24 ipv4 on isp-a`},
		{"each family is a group of its own", `
prefixes:
  - {name: public, prefixes: [203.0.113.0/24, "2001:db8:113::/48"], links: [isp-a]}
`, `
			isp-a out ipv6
			er out ipv6`, `
			error link/missing prefix public ipv4 on isp-a
			error link/missing prefix public ipv6 on isp-a`},
		{"evidence heads evidence of its link", `
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
`, `
			isp-a out 203.0.113.0/24
			er out stale`, `
			warning evidence/blind link er ipv4 on er
			  warning evidence/stale feed er-out ipv4 on er`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{erSite + tt.declared, tt.tables}.audit(t)
			got := findingLines(r)
			got = slices.DeleteFunc(got, func(l string) bool {
				return strings.Contains(l, "evidence/skew") || strings.Contains(l, "evidence/") && !strings.Contains(tt.want, "evidence/")
			})
			sameLines(t, "findings", got, tt.want)
		})
	}
}

func TestWaivers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		waivers string
		waived  []string // "check subject"
		other   []string // findings of waiver/*
		exit    int
	}{
		{"a waiver by pool matches its check's finding of that pool", waiver("check: nat/shared-pool, pool: nat-users"), []string{"nat/shared-pool nat-users"}, nil, 1},
		{"waiving a cause does not waive its effects", waiver("check: link/wrong, link: er"), []string{"link/wrong nat-users"}, nil, 1},
		{"a waiver by service leaves the pool's finding", waiver("check: return/same-mask, service: updates"), []string{"return/same-mask updates"}, nil, 1},
		{"a waiver by prefix matches what lies inside it", waiver("check: link/wrong, prefix: 198.51.0.0/16"), []string{"link/wrong nat-users"}, nil, 1},
		{"a prefix inside the finding's matches nothing", waiver("check: link/wrong, prefix: 198.51.100.0/25"), nil, []string{"waiver/unused link/wrong 198.51.100.0/25"}, 1},
		{"all that a waiver names must match", waiver("check: link/wrong, link: isp-a, pool: nat-users"), nil, []string{"waiver/unused link/wrong isp-a nat-users"}, 1},
		{"a waiver holds to the end of its last day", waiver("check: link/wrong"), []string{"link/wrong nat-users"}, nil, 1},
		{"from the day after it silences nothing", strings.Replace(waiver("check: link/wrong"), "2026-11-20", "2026-11-19", 1), nil, []string{"waiver/expired link/wrong"}, 1},
		{"the end of a waiver can itself be waived", strings.Replace(waiver("check: link/wrong, link: er"), "2026-11-20", "2026-11-19", 1) +
			strings.TrimPrefix(waiver("check: waiver/expired, link: er"), "waivers:\n"), []string{"waiver/expired link/wrong er"}, []string{"waiver/expired link/wrong er"}, 1},
		{"an unused waiver can itself be waived", waiver("check: link/missing, pool: nat-legacy") +
			strings.TrimPrefix(waiver("check: waiver/unused, pool: nat-legacy"), "waivers:\n"), []string{"waiver/unused link/missing nat-legacy"}, []string{"waiver/unused link/missing nat-legacy"}, 1},
		{"a waiver does not waive itself", waiver("check: waiver/unused, pool: nat-legacy"), nil, []string{"waiver/unused waiver/unused nat-legacy"}, 1},
		{
			"all waived is clean, and nothing is hidden", "waivers:\n" + strings.ReplaceAll(waiver("check: link/wrong")+waiver("check: nat/shared-pool")+waiver("check: return/same-mask")+waiver("check: flow/asymmetric"), "waivers:\n", ""),
			[]string{"link/wrong nat-users", "nat/shared-pool nat-users", "return/same-mask nat-users", "return/same-mask updates", "flow/asymmetric updates"},
			nil, 0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{erSite + leak + tt.waivers, leakTables}.audit(t)
			var waived, other []string
			for _, f := range r.Findings {
				line := f.Check + " " + f.Subject.Name
				if f.WaivedBy != "" {
					waived = append(waived, line)
				}
				if strings.HasPrefix(f.Check, "waiver/") {
					other = append(other, line)
				}
			}
			slices.Sort(waived)
			slices.Sort(tt.waived)
			sameLines(t, "waived", waived, tt.waived...)
			sameLines(t, "about waivers", other, tt.other...)
			if n := len(r.Findings) - len(other); n != 5 {
				t.Errorf("%d of 5 findings are told", n)
			}
			if code, reasons := r.Exit(policy.Error); code != tt.exit {
				t.Errorf("exit %d, %q", code, reasons)
			}
		})
	}
}

func TestAcceptUnknownKeepsOnlyThatUnknownOutOfTheExitCode(t *testing.T) {
	declared := "prefixes:\n  - {name: public, prefixes: [203.0.113.0/24], links: [l1]}\n" + strings.Replace(mail, "initiator: remote", "initiator: remote, links: [l1]", 1)
	tables := `
		l1 out 203.0.113.0/24
		l1 in 192.0.2.0/24
		l2 in 0.0.0.0/0
		`
	for _, tt := range []struct {
		name    string
		waivers string
		tables  string
		exit    int
	}{
		{"a waived evidence finding leaves the exit at 3", waiver("check: evidence/blind, link: l2"), tables, 3},
		{"accept-unknown takes it out", waiver("check: evidence/blind, link: l2, accept-unknown: true"), tables, 0},
		{"of that link alone", waiver("check: evidence/blind, link: l2, accept-unknown: true"), tables + "l3 out stale", 3},
		{"on a waiver of another kind of check it accepts nothing", waiver("check: link/wrong, link: l2, accept-unknown: true"), tables + "l2 out partial", 3},
		{"a stale feed that is accepted is no reason", waiver("check: evidence/stale, link: l2, accept-unknown: true"), tables + "l2 out stale 203.0.113.0/24", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := firewalls("fw-a", "fw-b")
			if strings.Contains(tt.tables, "l3") {
				config = firewalls("fw-a", "fw-b", "fw-c")
			}
			r := site{config + declared + tt.waivers, tt.tables}.audit(t)
			if code, reasons := r.Exit(policy.Error); code != tt.exit {
				t.Errorf("exit %d, want %d: %q\n%s", code, tt.exit, reasons, strings.Join(findingLines(r), "\n"))
			}
			if r.Flows[0].Verdict != policy.VerdictUnknown {
				t.Errorf("the verdict is %s: accepted or not, it stays unknown", r.Flows[0].Verdict)
			}
		})
	}
	t.Run("routes that are tied to no link", func(t *testing.T) {
		tables := `
			l1 out 203.0.113.0/24
			l2 out
			- bgp-table router=r1 name=table 65541=l1 65542=l2 0.0.0.0/0[via=65541] 192.0.2.0/24[via=65549]
			l2 in`
		for _, accept := range []bool{false, true} {
			text := waiver("check: evidence/unclassified")
			want := 3
			if accept {
				text, want = waiver("check: evidence/unclassified, accept-unknown: true"), 0
			}
			r := site{firewalls("fw-a", "fw-b") + declared + text, tables}.audit(t)
			if code, reasons := r.Exit(policy.Error); code != want {
				t.Errorf("accept-unknown %v: exit %d %q\n%v", accept, code, reasons, findingLines(r))
			}
		}
	})
}

func TestSettingsOfChecks(t *testing.T) {
	severity := func(settings, tables, check string) policy.Severity {
		r := site{firewalls("fw-a", "fw-b") + web + settings, tables}.audit(t)
		for _, f := range r.Findings {
			if f.Check == check {
				return f.Severity
			}
		}
		return 0
	}
	broken := "l1 out\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"
	unseen := "l1 out 198.51.100.0/24\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"
	for _, tt := range []struct {
		name, settings, tables, check string
		want                          policy.Severity
	}{
		{"a setting moves a check's weight", "checks: [{id: flow/asymmetric, severity: info}]\n", broken, "flow/asymmetric", policy.Info},
		{"a disabled check is not run", "checks: [{id: flow/asymmetric, disabled: true}]\n", broken, "flow/asymmetric", 0},
		{"what the check made lighter stays so", "checks: [{id: flow/mixed, severity: error}]\n", unseen, "flow/mixed", policy.Warning},
		{"and is made lighter still", "checks: [{id: flow/mixed, severity: info}]\n", unseen, "flow/mixed", policy.Info},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := severity(tt.settings, tt.tables, tt.check); got != tt.want {
				t.Errorf("severity %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("a disabled check has no states", func(t *testing.T) {
		r := site{firewalls("fw-a", "fw-b") + web + "checks: [{id: flow/asymmetric, disabled: true}]\n", broken}.audit(t)
		if st := stateOf(r, "flow/asymmetric", "l1", rib.IPv4); st != "" {
			t.Errorf("state %s", st)
		}
	})
}

func TestFingerprintsStandStill(t *testing.T) {
	ids := func(s site) []string {
		var out []string
		for _, f := range s.audit(t).Findings {
			out = append(out, f.ID)
		}
		return out
	}
	want := ids(site{erSite + leak, leakTables})
	for _, tt := range []struct {
		name string
		site site
		same bool
	}{
		{"under another file name", site{erSite + leak, strings.Replace(leakTables, "er out", "er out file=elsewhere/er.json name=er-table", 1)}, true},
		{"at another time", site{erSite + leak, strings.Replace(leakTables, "er out", "er out age=2h30m", 1)}, true},
		{"with other ranges", site{erSite + leak, strings.Replace(leakTables, "40.92.0.0/15", "40.92.0.0/15 20.190.128.0/18", 1)}, true},
		{"under other words of the config around it", site{erSite + "\n# a line more\n" + leak, leakTables}, true},
		{"but not for another prefix", site{erSite + strings.Replace(leak, "198.51.100.0/24", "203.0.113.0/24", 1), strings.ReplaceAll(leakTables, "198.51.100.0/24", "203.0.113.0/24")}, false},
		{"nor for another subject", site{erSite + strings.ReplaceAll(leak, "nat-users", "nat-guests"), leakTables}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ids(tt.site); slices.Equal(got, want) != tt.same {
				t.Errorf("ids %v, before %v", got, want)
			}
		})
	}
	seen := map[string]bool{}
	for _, id := range want {
		if seen[id] || len(id) != 16 {
			t.Errorf("id %s", id)
		}
		seen[id] = true
	}
}
