package policy

import (
	"cmp"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// group sorts the findings and ties each to the head of its cause's group. A group is one cause in
// one family: a remote has both, and each is repaired by itself.
func (ps *Pass) group() {
	type key struct {
		cause Cause
		fam   rib.Family
	}
	groups := map[key][]*Finding{}
	var order []key
	for _, f := range ps.findings {
		k := key{f.Cause, f.Family}
		if f.Cause.What == CauseEvidence && f.Cause.Link == "" {
			k.cause.Remote = f.ID // no common cause: a group by itself
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], f)
	}
	for _, members := range groups {
		slices.SortFunc(members, compareInGroup)
		for _, f := range members {
			f.Group = members[0].ID
			if f != members[0] {
				f.CausedBy = members[0].ID
			}
		}
	}
	weight := map[key]Severity{}
	for k, members := range groups {
		weight[k] = worst(members)
	}
	slices.SortStableFunc(order, func(a, b key) int {
		x, y := groups[a], groups[b]
		if c := cmp.Compare(weight[b], weight[a]); c != 0 {
			return c
		}
		return compareHeads(x[0], y[0])
	})
	sorted := ps.findings[:0:0]
	for _, k := range order {
		sorted = append(sorted, groups[k]...)
	}
	ps.findings = sorted
}

// worst is the highest unwaived severity of a group, 0 where all are waived.
func worst(members []*Finding) Severity {
	var s Severity
	for _, f := range members {
		if f.WaivedBy == "" {
			s = max(s, f.Severity)
		}
	}
	return s
}

func headRank(check string) int {
	family, _, _ := strings.Cut(check, "/")
	return slices.Index(headOrder, family)
}

func compareInGroup(a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(headRank(a.Check), headRank(b.Check)),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Check, b.Check),
		cmp.Compare(a.Subject.Kind, b.Subject.Kind),
		cmp.Compare(a.Subject.Name, b.Subject.Name),
		cmp.Compare(a.ID, b.ID),
	)
}

func compareHeads(a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(headRank(a.Check), headRank(b.Check)),
		cmp.Compare(a.Check, b.Check),
		cmp.Compare(a.Subject.Name, b.Subject.Name),
		cmp.Compare(a.Family, b.Family),
		a.Cause.Prefix.Compare(b.Cause.Prefix),
		cmp.Compare(a.ID, b.ID),
	)
}
