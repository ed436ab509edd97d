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
			v.preference = v.verdict == Mixed && !v.stateless && f.forward != nil && ps.equalISPs(f, in) && ps.harmlessBySome(f, out, in)
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	if found[0].preference && ps.mayTie(f, forward, back) {
		found = append(found, fate{verdict: Mixed})
	}
	first := found[0]
	f.Verdict, f.Stateless, f.preference = first.verdict, first.stateless, first.preference
	if len(found) > 1 { // one verdict of two weights is no answer either: the heavier one may not be true
		f.Verdict, f.Stateless, f.preference = VerdictUnknown, false, false
		ps.openFlow(f)
	}
	f.explain(ps)
}

// mayTie reports whether routes that are open, each taken to win, may as well be only as good as those of another
// firewall: we then send by both, and the mixed flow no longer rests on the other side's preference alone.
func (ps *Pass) mayTie(f *flow, forward, back [][]rib.LinkID) bool {
	if len(f.forward.decision.Doubts) == 0 {
		return false
	}
	all := slices.Concat(forward...)
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.ContainsFunc(back, func(in []rib.LinkID) bool { return !ps.harmlessBySome(f, all, in) })
}

// harmlessBySome reports whether the other side does no harm if it prefers some one of the links.
func (ps *Pass) harmlessBySome(f *flow, out, in []rib.LinkID) bool {
	return slices.ContainsFunc(in, func(l rib.LinkID) bool {
		v := ps.verdictOf(f, out, []rib.LinkID{l})
		return v.verdict == Symmetric || v.stateless
	})
}

// fate is a verdict and what weighs less in it.
type fate struct {
	verdict    Verdict
	stateless  bool // only links without state meet
	preference bool // mixed only because we cannot see which of our equal links the other side prefers
}

// equalISPs reports whether the other side sees the links as equal, and they are the internet's.
func (ps *Pass) equalISPs(f *flow, links []rib.LinkID) bool {
	if len(links) < 2 || f.reply.decision.Outcome == rib.OutcomeTie && f.reply.decision.Reason != rib.ReasonEqual {
		return false
	}
	return !slices.ContainsFunc(links, func(l rib.LinkID) bool { return ps.Links[l].Kind != rib.Internet })
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
		return fate{verdict: Mixed, stateless: broken == 0}
	}
	return fate{verdict: Asymmetric, stateless: broken == 0}
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
