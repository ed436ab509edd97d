package policy_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// TestAdviceDoesWhatItSays makes the audit of every case again with what a finding says to do done: the finding
// is gone, and nothing new is there. Else the finding says that it is a choice.
func TestAdviceDoesWhatItSays(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/fires*/bgpaudit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]int{} // findings of each check that a change mends
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(strings.TrimPrefix(filepath.ToSlash(dir), "testdata/"), func(t *testing.T) {
			in, table := readFolder(t, dir)
			sight := newSight(in, table)
			before := policy.Audit(in, sight, now)
			for _, f := range before.Findings {
				t.Logf("%s %s: %s", f.Check, f.Subject.Name, f.Hint)
				if family, _, _ := strings.Cut(f.Check, "/"); family == "evidence" || family == "waiver" {
					continue // no decision went wrong
				}
				if len(f.Do) == 0 {
					if !strings.HasPrefix(f.Hint, "this is a choice: ") {
						t.Errorf("%s: %q does nothing, and does not say that it is a choice", f.Check, f.Hint)
					}
					continue
				}
				done[f.Check]++
				after := suppose(t, in, sight, f.Do)
				if slices.ContainsFunc(after.Findings, func(g *policy.Finding) bool { return g.ID == f.ID }) {
					t.Errorf("%s: %q is done, and the finding is still there", f.Check, f.Hint)
				}
				for _, g := range after.Findings {
					if g.Severity > policy.Info && !slices.ContainsFunc(before.Findings, func(h *policy.Finding) bool { return h.ID == g.ID }) {
						t.Errorf("%s: %q brings %s: %s", f.Check, f.Hint, g.Check, g.Message)
					}
				}
			}
		})
	}
	for _, check := range []string{
		"link/wrong", "link/missing", "nat/shared-pool", "nat/uncovered-pool", "prefix/unexpected", "return/more-specific", "return/same-mask",
		"forward/more-specific", "service/adfs", "service/smtp", "flow/asymmetric", "flow/mixed", "flow/unreachable",
	} {
		if done[check] == 0 {
			t.Errorf("no case of %s has advice that can be done", check)
		}
	}
}

func suppose(t *testing.T, in *policy.Intent, sight *rib.Sight, changes []policy.Change) *policy.Result {
	t.Helper()
	in, sight, err := policy.Suppose(in, sight, changes)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Audit(in, sight, now)
}
