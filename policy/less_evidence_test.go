package policy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bgpaudit/policy"
)

// TestLessEvidenceIsNeverFirmer draws worlds, takes evidence away in every way, and holds the whole audit,
// flows, checks and findings, against that of the whole evidence. BGPAUDIT_WORLDS=20000 draws more
// of them, BGPAUDIT_WORLD=7 that one alone.
func TestLessEvidenceIsNeverFirmer(t *testing.T) {
	first, count := uint64(0), uint64(150)
	if n, err := strconv.ParseUint(os.Getenv("BGPAUDIT_WORLDS"), 10, 64); err == nil {
		count = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BGPAUDIT_WORLD"), 10, 64); err == nil {
		first, count = n, 1
	}
	kinds, asked := map[string]int{}, 0
	for number := first; number < first+count; number++ {
		w := broadWorld(number)
		full := w.audit()
		d := dice{rand.New(rand.NewPCG(number, 7))}
		for _, l := range lessEvidence(d, w) {
			asked++
			poor := l.w.audit()
			wrong := firmer(full, poor)
			for _, v := range wrong {
				kind := l.kind + ": " + v.kind
				kinds[kind]++
				if kinds[kind] <= 1 {
					t.Errorf("world %d, %s: %s: %s\n%s\nfull:\n  %s\npoor:\n  %s", number, l.how, v.kind, v.text, w, strings.Join(answersOf(full), "\n  "), strings.Join(answersOf(poor), "\n  "))
				}
			}
		}
	}
	t.Logf("%d worlds, %d times less evidence", count, asked)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("firmer %5d %s", kinds[kind], kind)
	}
}

// answersOf is all that an audit says, for a failure.
func answersOf(r *policy.Result) []string {
	var out []string
	for i, line := range flowLines(r) {
		f := r.Flows[i]
		out = append(out, fmt.Sprintf("%s %v to %v; assumes %q; %s", line, f.Local, f.RemotePrefixes, f.Assumes, f.Why))
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s %s %s %v: %s", f.Severity, f.Check, f.Subject.Name, f.Family, f.Links, f.Message))
	}
	return out
}

// firmness is one thing that less evidence says more firmly.
type firmness struct{ kind, text string }

// firmer lists what an audit with less evidence says that the one with more does not. What was unknown
// must stay so; what was known may become unknown, and nothing else.
func firmer(full, poor *policy.Result) (out []firmness) {
	say := func(kind, format string, args ...any) {
		out = append(out, firmness{kind, fmt.Sprintf(format, args...)})
	}
	for _, f := range poor.Flows {
		if f.Verdict == policy.VerdictUnknown {
			continue
		}
		for _, local := range f.Local {
			for _, remote := range f.RemotePrefixes {
				for _, v := range verdictsAt(full, f, edges(local), edges(remote)) {
					if v != f.Verdict {
						say(fmt.Sprintf("flow %s to %s", v, f.Verdict), "%s at %s and %s", f.Service, local, remote)
					}
				}
			}
		}
	}
	for _, w := range full.Flows {
		if !slices.ContainsFunc(poor.Flows, func(f *policy.Flow) bool { return w.Service == f.Service && w.Family == f.Family }) && slices.Contains(poor.Families, w.Family) {
			say("flow gone", "%s %s", w.Service, w.Family)
		}
	}
	for _, st := range poor.Checks {
		group, _, _ := strings.Cut(st.Check, "/")
		was := stateOf(full, st.Check, st.Link, st.Family)
		if group == "evidence" || st.State == policy.UnknownState || st.State == was || was == "" {
			continue
		}
		if group == "flow" || movedHere(full, poor, st) || st.State == policy.OK && was == policy.Fired && moved(full, poor, st) {
			continue // flows are compared by their verdicts, and their findings below
		}
		say(fmt.Sprintf("check %s %s to %s", st.Check, was, st.State), "on %s (%s): %s", st.Link, st.Family, st.Reason)
	}
	for _, f := range poor.Findings {
		group, _, _ := strings.Cut(f.Check, "/")
		if group == "evidence" || f.Check == "flow/off-link" {
			continue
		}
		if !slices.ContainsFunc(full.Findings, func(w *policy.Finding) bool {
			return w.Check == f.Check && w.Subject == f.Subject && w.Family == f.Family && w.Severity >= f.Severity
		}) {
			say(fmt.Sprintf("%s %s appears", f.Severity, f.Check), "%s (%s): %s", f.Subject.Name, f.Family, f.Message)
		}
	}
	return out
}

// movedHere reports whether a check that speaks of the link now spoke of the same subjects before.
func movedHere(full, poor *policy.Result, st policy.CheckState) bool {
	if st.State != policy.Fired {
		return false
	}
	for _, f := range poor.Findings {
		if f.Check != st.Check || f.Family != st.Family || !slices.Contains(f.Links, st.Link) {
			continue
		}
		if !slices.ContainsFunc(full.Findings, func(w *policy.Finding) bool {
			return f.Check == w.Check && f.Subject == w.Subject && f.Family == w.Family
		}) {
			return false
		}
	}
	return true
}

// moved reports whether a check that had fired on a link still speaks of the same subjects, or leaves
// their flows open: a service's finding may come to name other links.
func moved(full, poor *policy.Result, st policy.CheckState) bool {
	for _, w := range full.Findings {
		if w.Check != st.Check || w.Family != st.Family || !slices.Contains(w.Links, st.Link) {
			continue
		}
		still := slices.ContainsFunc(poor.Findings, func(f *policy.Finding) bool {
			return f.Check == w.Check && f.Subject == w.Subject && f.Family == w.Family
		})
		open := slices.ContainsFunc(poor.Flows, func(f *policy.Flow) bool {
			return f.Verdict == policy.VerdictUnknown && f.Service == w.Subject.Name && f.Family == w.Family
		})
		if !still && !open {
			return false
		}
	}
	return true
}
