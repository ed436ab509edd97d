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
	"bgpaudit/rib"
)

// TestLessEvidenceIsNeverFirmer draws worlds, takes evidence away in every way, and holds the whole audit,
// flows, checks and findings, against that of the whole evidence. BGPAUDIT_WORLDS=20000 draws more
// of them, BGPAUDIT_WORLD=7 that one alone, both together as many from that one on.
func TestLessEvidenceIsNeverFirmer(t *testing.T) {
	first, count := uint64(0), uint64(100)
	if n, err := strconv.ParseUint(os.Getenv("BGPAUDIT_WORLDS"), 10, 64); err == nil {
		count = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BGPAUDIT_WORLD"), 10, 64); err == nil {
		first = n
		if os.Getenv("BGPAUDIT_WORLDS") == "" {
			count = 1
		}
	}
	kinds, said, asked := map[string]int{}, map[string]int{}, 0
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
				if strings.Contains(v.kind, " to ok") { // a state carries no assumptions: flows of its family do
					for _, f := range poor.Flows {
						if strings.Contains(v.text, f.Family.String()) {
							v.assumes = append(v.assumes, f.Assumes...)
						}
					}
				}
				why := stillSaid(l.kind, v)
				if why == "" && strings.HasSuffix(l.kind, "without communities") && slices.ContainsFunc(w.in.Remotes, func(r policy.Remote) bool { return r.CommunitiesOptional }) {
					why = "a remote says that its communities are optional"
				}
				if why != "" {
					said[why]++
					continue
				}
				kinds[kind]++
				if kinds[kind] > 1 {
					t.Errorf("world %d, %s: %s: %s", number, l.how, v.kind, v.text)
				} else {
					t.Errorf("world %d, %s: %s: %s\n%s\nfull:\n  %s\npoor:\n  %s", number, l.how, v.kind, v.text, w, strings.Join(answersOf(full), "\n  "), strings.Join(answersOf(poor), "\n  "))
				}
			}
		}
	}
	t.Logf("%d worlds, %d times less evidence", count, asked)
	for _, why := range slices.Sorted(maps.Keys(said)) {
		t.Logf("allowed %5d times: %s", said[why], why)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("firmer %5d %s", kinds[kind], kind)
	}
}

// stillSaid is why an answer may come out otherwise with less evidence; empty where it must not. An answer that
// may says itself what it takes on trust.
func stillSaid(how string, v firmness) string {
	what := v.kind
	says := func(text string) bool {
		return slices.ContainsFunc(v.assumes, func(a string) bool { return strings.Contains(a, text) })
	}
	check := strings.HasPrefix(what, "check ")
	switch {
	case (how == "far-end gone" || how == "far-end before policy") && (says("accepted on") || check):
		return "without a far end it is assumed that what is sent is accepted, which every answer says"
	case how == "adj-rib-out-post without as_path" && says("are taken to be equal"):
		return "between the sides of a circuit a path that is not shown leaves a tie, which the answer says"
	case strings.HasPrefix(how, "collector ") && strings.HasSuffix(what, " flow/mixed appears") && !strings.HasPrefix(what, "error"):
		return "which way networks go is inferred from collectors: without them it is a tie"
	case strings.HasPrefix(how, "collector ") && strings.Contains(what, "link/backup") && says("which ISP a network prefers is not seen"):
		return "which ISP networks prefer is inferred from collectors: without them it is a tie, which counts as winning, and the answer says so"
	case (strings.HasSuffix(what, "appears") || strings.HasSuffix(what, "to fired")) && says("the routers use is not shown"):
		return "routers that show no mark are a tie by contract, which the answer says"
	case (how == "bgp-table cut" || how == "bgp-table row unreadable") && check && strings.Contains(v.was, "itself marks best what no link of its own brings"):
		return "a mark that denies the outcome is lost with its row: nothing else says so, and the links of its router are blind"
	case strings.HasSuffix(how, "without best") && says("does not show what its router chose"):
		return "a mark that a format does not show is assumed absent, which the answer says"
	}
	return ""
}

// answersOf is all that an audit says, for a failure.
func answersOf(r *policy.Result) []string {
	var out []string
	for i, line := range flowLines(r) {
		f := r.Flows[i]
		out = append(out, fmt.Sprintf("%s (%s) %v to %v; assumes %q; %s", line, f.Return.Reason, f.Local, f.RemotePrefixes[:min(3, len(f.RemotePrefixes))], f.Assumes, f.Why))
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s %s %s %v: %s", f.Severity, f.Check, f.Subject.Name, f.Family, f.Links, f.Message))
	}
	return out
}

// firmness is one thing that less evidence says more firmly.
type firmness struct {
	kind, text string
	assumes    []string // what it takes on trust
	was        string   // why it was open
}

// firmer lists what an audit with less evidence says that the one with more does not. What was unknown
// must stay so; what was known may become unknown, and nothing else.
func firmer(full, poor *policy.Result) (out []firmness) {
	var trust []string
	was := ""
	say := func(kind, format string, args ...any) {
		out = append(out, firmness{kind, fmt.Sprintf(format, args...), trust, was})
	}
	for _, f := range poor.Flows {
		if f.Verdict == policy.VerdictUnknown {
			continue
		}
		trust, was = f.Assumes, whyOf(full, f)
		for _, local := range f.Local {
			for _, remote := range f.RemotePrefixes {
				for _, v := range verdictsAt(full, f, edges(local), edges(remote)) {
					if v != f.Verdict && !byContract(full, f, v) {
						say(fmt.Sprintf("flow %s to %s", v, f.Verdict), "%s at %s and %s", f.Service, local, remote)
					}
				}
			}
		}
	}
	trust, was = nil, ""
	for _, w := range full.Flows {
		if !slices.ContainsFunc(poor.Flows, func(f *policy.Flow) bool { return w.Service == f.Service && w.Family == f.Family }) && slices.Contains(poor.Families, w.Family) {
			say("flow gone", "%s %s", w.Service, w.Family)
		}
	}
	for _, st := range poor.Checks {
		group, _, _ := strings.Cut(st.Check, "/")
		state := stateOf(full, st.Check, st.Link, st.Family)
		if group == "evidence" || st.State == policy.UnknownState || st.State == state || state == "" {
			continue
		}
		if group == "flow" || movedHere(full, poor, st) || st.State == policy.OK && state == policy.Fired && moved(full, poor, st) {
			continue // flows are compared by their verdicts, and their findings below
		}
		was, trust = reasonOf(full, st), nil
		for _, f := range poor.Findings {
			if st.State == policy.Fired && f.Check == st.Check && f.Family == st.Family && slices.Contains(f.Links, st.Link) {
				trust = append(trust, f.Assumes...)
			}
		}
		where := ""
		if st.State == policy.OK && slices.ContainsFunc(poor.Checks, func(o policy.CheckState) bool {
			return o.Check == st.Check && o.Family == st.Family && (o.State == policy.UnknownState || o.State == policy.Fired)
		}) {
			where = " here"
		}
		say(fmt.Sprintf("check %s %s to %s%s", st.Check, state, st.State, where), "on %s (%s): %s; was %s", st.Link, st.Family, st.Reason, was)
	}
	was = ""
	for _, f := range poor.Findings {
		group, _, _ := strings.Cut(f.Check, "/")
		if group == "evidence" || f.Check == "flow/off-link" {
			continue
		}
		if !slices.ContainsFunc(full.Findings, func(w *policy.Finding) bool {
			// The same route under another subject is no new fault: a prefix is named where the route takes
			// no pool or service for certain.
			same := w.Subject == f.Subject || f.Cause.What == policy.CauseAdvertised && w.Cause == f.Cause
			return w.Check == f.Check && same && w.Family == f.Family && w.Severity >= f.Severity
		}) {
			trust = f.Assumes
			say(fmt.Sprintf("%s %s appears", f.Severity, f.Check), "%s (%s): %s", f.Subject.Name, f.Family, f.Message)
		}
	}
	return out
}

// byContract reports whether a flow may change its answer where evidence is lost, and says so itself.
func byContract(full *policy.Result, poor *policy.Flow, was policy.Verdict) bool {
	inferred := func(f *policy.Flow) bool {
		return f.Service == poor.Service && f.Family == poor.Family && slices.ContainsFunc(f.Assumes, func(a string) bool { return strings.Contains(a, "collector") })
	}
	denied := func(f *policy.Flow) bool {
		return f.Service == poor.Service && f.Family == poor.Family && strings.Contains(f.Why, "itself marks")
	}
	switch {
	case len(poor.Assumes) > 0 && was == "" && slices.ContainsFunc(poor.Assumes, func(a string) bool { return strings.Contains(a, "may not belong to") }):
		return true // addresses that only the lost row took out of the remote: with them or without, symmetric
	case poor.Verdict == policy.Mixed && slices.ContainsFunc(full.Flows, inferred):
		return true // which way networks go is inferred from collectors: without them it is a tie
	case poor.Verdict == policy.Mixed && poor.Forward.Reason == rib.ReasonRouterLocal:
		return true // which link a router prefers is its mark: without it the choice is a tie, and fragile
	case poor.Forward.Reason == rib.ReasonRouterChose && slices.ContainsFunc(full.Flows, denied):
		return true // one router's mark goes before what is not shown, and denied what was
	}
	return false
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

// whyOf is all that kept the flows of a service and family open.
func whyOf(r *policy.Result, like *policy.Flow) string {
	var out []string
	for _, f := range r.Flows {
		if f.Service == like.Service && f.Family == like.Family {
			out = append(out, f.Why)
		}
	}
	return strings.Join(out, "; ")
}

// reasonOf is why the audit said what it did of a check on a link.
func reasonOf(r *policy.Result, like policy.CheckState) string {
	for _, st := range r.Checks {
		if st.Check == like.Check && st.Link == like.Link && st.Family == like.Family {
			return st.Reason
		}
	}
	return ""
}
