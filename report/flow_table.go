package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// verdictOrder is the order in which flows are read: what is broken, what may be, what is not.
var verdictOrder = []policy.Verdict{
	policy.Asymmetric, policy.Mixed, policy.Unreachable, policy.VerdictUnknown, policy.Symmetric, policy.FlowNotApplicable,
}

// flowLine is what flows of one service have in common: all but the family.
type flowLine struct {
	verdict        policy.Verdict
	families, text string
}

// flowTable prints the flows, the broken ones first. One that is the same in both families is one line.
func (p *printer) flowTable(r *policy.Result) {
	if len(r.Flows) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint.bold("flows"))
	lines := flowLines(r)
	most := map[policy.Verdict]int{policy.Asymmetric: mostFlowLines, policy.Mixed: mostFlowLines, policy.Unreachable: mostFlowLines, policy.VerdictUnknown: mostOpenFlows}
	seen := map[policy.Verdict]int{}
	for i, l := range lines {
		limit := cmp.Or(most[l.verdict], mostOtherFlows)
		if seen[l.verdict]++; seen[l.verdict] <= limit {
			p.wrap(fmt.Sprintf("  %-14s ", l.verdict), strings.Repeat(" ", 17), l.text, nil)
		}
		if n := seen[l.verdict] - limit; n > 0 && (i+1 == len(lines) || lines[i+1].verdict != l.verdict) {
			p.line("  %-14s and %d more: -v lists them", l.verdict, n)
		}
	}
}

func flowLines(r *policy.Result) (out []*flowLine) {
	at := map[string]*flowLine{}
	for _, f := range r.Flows {
		name := fmt.Sprintf("%s %s %s", Clean(f.Service), arrow(f.Initiator), Clean(f.Remote))
		rest := fmt.Sprintf(": forward %s, return %s%s", briefWay(f, f.Forward), briefWay(f, f.Return), dropText(f))
		switch f.Verdict {
		case policy.Unreachable, policy.FlowNotApplicable:
			rest += "; " + Clean(f.Why)
		case policy.VerdictUnknown:
			if !f.Told && !toldByCheck(r, f) {
				rest += "; " + Clean(f.Why)
			}
		case policy.Asymmetric, policy.Mixed, policy.Symmetric:
		}
		key := fmt.Sprint(f.Verdict, name, rest)
		if l := at[key]; l != nil {
			l.families += ", " + f.Family.String()
			l.text = name + " " + l.families + rest
			continue
		}
		l := &flowLine{f.Verdict, f.Family.String(), fmt.Sprintf("%s %s%s", name, f.Family, rest)}
		at[key], out = l, append(out, l)
	}
	slices.SortStableFunc(out, func(a, b *flowLine) int {
		return cmp.Compare(slices.Index(verdictOrder, a.verdict), slices.Index(verdictOrder, b.verdict))
	})
	return out
}

// toldByCheck reports whether an open check says why a flow is unknown.
func toldByCheck(r *policy.Result, f *policy.Flow) bool {
	return slices.ContainsFunc(r.Checks, func(c policy.CheckState) bool {
		return c.State == policy.UnknownState && !c.Told && c.Family == f.Family && strings.Contains(c.Reason, f.Why)
	})
}

// briefWay is a direction of a flow. What it may be is not listed where all that is missing is told below.
func briefWay(f *policy.Flow, c policy.Choice) string {
	if f.Told && c.Outcome == rib.OutcomeUnknown {
		return string(c.Outcome)
	}
	return way(c)
}
