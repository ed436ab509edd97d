package policy_test

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func TestExitCodesAndTheirReasons(t *testing.T) {
	const declared = "prefixes:\n  - {name: public, prefixes: [203.0.113.0/24], links: [l1]}\n"
	clean := "l1 out 203.0.113.0/24\nl2 out\nl1 in 0.0.0.0/0\nl2 in\n"
	service := declared + strings.Replace(mail, "initiator: remote", "initiator: remote, links: [l1]", 1)
	for _, tt := range []struct {
		name     string
		declared string
		tables   string
		failOn   policy.Severity
		exit     int
		reasons  []string // each is part of one reason, in order; no more reasons than these
	}{
		{"clean", service, clean, policy.Error, 0, nil},
		{"nothing declared is 3", "", clean, policy.Error, 3, []string{"nothing is declared", "no flow was checked"}},
		{"no service is said", declared, clean, policy.Error, 0, []string{"no flow was checked"}},
		{"findings are 1", declared, clean + "l2 out name=more 203.0.113.0/24", policy.Error, 1, []string{"at or above error", "no flow was checked"}},
		{"below --fail-on they are not", declared, clean + "l2 out name=more 198.51.100.0/24", policy.Error, 0, []string{"no flow was checked"}},
		{"a warning with --fail-on warning is", declared, clean + "l2 out name=more 198.51.100.0/24", policy.Warning, 1, []string{"1 finding at or above warning", "no flow was checked"}},
		{"--fail-on never fails on nothing", declared, clean + "l2 out name=more 203.0.113.0/24", policy.Never, 0, []string{"no flow was checked"}},
		{"a partial feed is 3", service, clean + "l2 out name=more partial", policy.Error, 3, []string{"feed more is partial (dumps/l2-out:9: the records are cut off)", "unknown"}},
		{"a stale feed is 3 even where all else is seen", service, clean + "l1 far-end stale", policy.Error, 3, []string{"feed l1-far-end is stale: 48h0m0s old, max-age is 24h0m0s", "unknown"}},
		{"an unreadable feed is 3", service, clean + "- collector unreadable", policy.Error, 3, []string{"feed --collector could not be read (dumps/--collector: no such file)"}},
		{"an age that nothing proves is 3", service, clean + "l1 far-end weak-age 203.0.113.0/24", policy.Error, 3, []string{"only its file's mtime", "unknown"}},
		{"a contradicting feed is 3", service, clean + "l1 far-end contradicts 203.0.113.0/24", policy.Error, 3, []string{"contradicts its declaration", "unknown"}},
		{"3 outranks 1 and hides nothing", declared, "l1 out partial 203.0.113.0/24 \nl2 out 203.0.113.0/24", policy.Error, 3, []string{"feed l1-out is partial", "unknown", "at or above error", "no flow was checked"}},
		{"--fail-on never does not hide what is missing", declared, "l1 out partial 203.0.113.0/24\nl2 out", policy.Never, 3, []string{"feed l1-out is partial", "unknown", "no flow was checked"}},
		{"a blind link is 3", declared, "l1 out 203.0.113.0/24", policy.Error, 3, []string{"unknown", "no flow was checked"}},
		{"a live feed is missing evidence", service, clean + "l2 in name=session live", policy.Error, 3, []string{"feed session could not be read", "unknown"}},
		{"a live feed left out on purpose is said", service, clean + "l2 in name=session closed", policy.Error, 0, []string{"feed session is live and was left out"}},
		{"a clean answer says that it rests on file times", service, clean + "l1 in name=more mtime 0.0.0.0/0", policy.Error, 0, []string{"rests on the file times of more"}},
		{"and on feeds without max-age", service, clean + "l1 in name=more no-max-age 0.0.0.0/0", policy.Error, 0, []string{"rests on feeds without max-age: more"}},
		{"and on both at once", service, clean + "l1 in name=more no-max-age mtime 0.0.0.0/0", policy.Error, 0, []string{"rests on the file times of more", "rests on feeds without max-age: more"}},
		{"an answer that is not clean does not", declared, clean + "l2 out name=more mtime 203.0.113.0/24", policy.Error, 1, []string{"at or above error", "no flow was checked"}},
		{"an unproven end is no failure", service, clean + "l1 in name=more unproven 0.0.0.0/0", policy.Error, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{firewalls("fw-a", "fw-b") + tt.declared, tt.tables}.audit(t)
			code, reasons := r.Exit(tt.failOn)
			if tt.exit == 0 {
				tt.reasons = append(tt.reasons, "audited: ipv4 alone (ipv6: not audited)")
			}
			ok := code == tt.exit && len(reasons) == len(tt.reasons)
			for i := range min(len(reasons), len(tt.reasons)) {
				ok = ok && strings.Contains(reasons[i], tt.reasons[i])
			}
			if !ok {
				t.Errorf("exit %d %q\nwant %d %q\n%v", code, reasons, tt.exit, tt.reasons, findingLines(r))
			}
		})
	}
}

func TestTheSameEvidenceGivesTheSameAnswers(t *testing.T) {
	s := site{erSite + leak + `
prefixes:
  - {name: public, prefixes: [203.0.112.0/22], links: [isp-a]}
`, leakTables + `
isp-a out name=more 203.0.112.0/22 233.252.0.0/24
er out name=more-er 203.0.113.0/24
er far-end age=9h 198.51.100.0/24 203.0.113.0/24
isp-a in name=cut partial 192.0.2.0/24
er adj-rib-in-pre 20.190.128.0/18
`}
	lines := strings.Split(strings.TrimSpace(s.tables), "\n")
	want := answers(t, s.audit(t))
	if diff := cmp.Diff(want, answers(t, s.audit(t))); diff != "" {
		t.Errorf("the same audit twice differs:\n%s", diff)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		s.tables = strings.Join(lines, "\n")
		if diff := cmp.Diff(want, answers(t, s.audit(t))); diff != "" {
			t.Fatalf("feeds in another order give other answers:\n%s\n%s", s.tables, diff)
		}
	}
}

// answers writes findings, flows and states down; the order of evidence within a finding follows
// that of the feeds, and so does not count.
func answers(t *testing.T, r *policy.Result) []string {
	t.Helper()
	var out []any
	for _, f := range r.Findings {
		c := *f
		c.Evidence, c.Config = nil, filepath.Base(c.Config)
		c.Assumes = slices.Sorted(slices.Values(c.Assumes))
		out = append(out, c)
	}
	for _, f := range r.Flows {
		c := *f
		c.Assumes = slices.Sorted(slices.Values(c.Assumes))
		out = append(out, c)
	}
	text, err := json.MarshalIndent(append(out, r.Checks), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func TestFamiliesThatAreNotAuditedAreNotApplicable(t *testing.T) {
	const declared = "prefixes:\n  - {name: public, prefixes: [203.0.113.0/24], links: [l1]}\n"
	r := site{firewalls("fw-a", "fw-b") + declared, "l1 out 203.0.113.0/24\nl2 out"}.audit(t)
	if !slices.Equal(r.Families, []rib.Family{rib.IPv4}) || stateOf(r, "link/wrong", "l1", rib.IPv6) != policy.NotApplicable {
		t.Errorf("families %v", r.Families)
	}
	// A feed that holds IPv6 brings it in, and then a link without IPv6 evidence is unknown.
	r = site{firewalls("fw-a", "fw-b") + declared, "l1 out 203.0.113.0/24 2001:db8::/32\nl2 out"}.audit(t)
	if len(r.Families) != 2 || stateOf(r, "prefix/unexpected", "l2", rib.IPv6) != policy.UnknownState {
		t.Errorf("families %v, prefix/unexpected is %s", r.Families, stateOf(r, "prefix/unexpected", "l2", rib.IPv6))
	}
	// The site's own list overrides.
	config := strings.Replace(firewalls("fw-a", "fw-b"), "asns: [65536]", "asns: [65536], families: [ipv4]", 1)
	r = site{config + declared, "l1 out 203.0.113.0/24 2001:db8::/32\nl2 out"}.audit(t)
	if len(r.Families) != 1 {
		t.Errorf("families %v", r.Families)
	}
}
