package policy

import (
	"fmt"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// judge gives the verdict over every branch of every possible pair of outcomes. used, where not
// nil, says which departure links send from this flow's addresses.
func (ps *Pass) judge(f *flow, forward, back [][]rib.LinkID, used func(rib.LinkID) bool) {
	var found []fate
	for _, out := range forward {
		if used != nil && len(out) > 0 {
			out = slices.DeleteFunc(slices.Clone(out), func(l rib.LinkID) bool { return !used(l) })
			if len(out) == 0 {
				continue // under this outcome another source is used
			}
		}
		for _, in := range back {
			v := ps.verdictOf(f, out, in)
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	first := found[0]
	f.Verdict, f.Stateless = first.verdict, first.stateless
	switch {
	case len(found) > 1 && slices.ContainsFunc(found, func(v fate) bool { return v.verdict != first.verdict }):
		f.Verdict, f.Stateless = VerdictUnknown, false
		ps.openFlow(f)
	case len(found) > 1:
		f.Stateless = false
	}
	f.explain(ps)
}

// fate is a verdict and whether only stateless links are in it.
type fate struct {
	verdict   Verdict
	stateless bool
}

// verdictOf judges one pair of outcomes, branch by branch, by firewall and not by link.
func (ps *Pass) verdictOf(f *flow, out, in []rib.LinkID) fate {
	if len(in) == 0 {
		return fate{verdict: Unreachable}
	}
	whole, broken, stateless := 0, 0, 0
	for _, r := range in {
		if ps.pins(f.service, f.Family, r) {
			whole++
			continue
		}
		if len(out) == 0 {
			return fate{verdict: Unreachable}
		}
		for _, o := range out {
			a, b := ps.Links[o].Firewall, ps.Links[r].Firewall
			switch {
			case o == r || a == b && a != rib.Stateless:
				whole++
			case a == rib.Stateless && b == rib.Stateless:
				stateless++
			default:
				broken++
			}
		}
	}
	switch {
	case broken+stateless == 0:
		return fate{verdict: Symmetric}
	case whole > 0:
		return fate{Mixed, broken == 0}
	}
	return fate{Asymmetric, broken == 0}
}

// openFlow says what keeps a flow's verdict open.
func (ps *Pass) openFlow(f *flow) {
	var why []string
	for _, s := range []*side{f.forward, f.reply} {
		if s == nil {
			continue
		}
		for _, d := range s.decision.Doubts {
			f.gaps = append(f.gaps, gapOf(d))
			text := d.Why
			if d.Link != rib.NoLink {
				text = fmt.Sprintf("%s on %s: %s", d.Direction, ps.table.LinkName(d.Link), d.Why)
			}
			why = addTexts(why, text)
		}
	}
	f.Why = strings.Join(why, "; ")
}
