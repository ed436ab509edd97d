package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"bgpaudit/rib"
)

// Result is everything an audit found.
type Result struct {
	Findings []*Finding // group by group, the worst first, each head before its effects
	Flows    []*Flow
	Checks   []CheckState
	Feeds    []*rib.Feed
	Rows     []rib.Rows   // what became of each feed's rows, by feed
	Families []rib.Family // those that were audited
	Links    []rib.Link

	FlowsOpen  int // flows whose verdict is unknown
	ChecksOpen int // check states that are unknown
	unaccepted int // open things that no waiver accepts
	services   int
	declared   int
	accepted   map[string]bool // feeds whose failing a waiver accepts
	found      *piles
}

// Audit holds the intent against what the sight shows, as of now.
func Audit(in *Intent, sight *rib.Sight, now time.Time) *Result {
	return AuditUntil(func() bool { return false }, in, sight, now)
}

// AuditUntil is [Audit] for a caller who may want no answer any more: stop is asked again and again
// while it works, and where it is true there is none (nil).
func AuditUntil(stop func() bool, in *Intent, sight *rib.Sight, now time.Time) (r *Result) {
	defer func() {
		switch p := recover(); p {
		case nil, stopped{}:
		default:
			panic(p)
		}
	}()
	return audit(stop, in, sight, now)
}

// stopped is what an audit panics with where its caller wants no answer: it may be deep in a check.
type stopped struct{}

// heed ends the audit where its caller wants no answer any more.
func (ps *Pass) heed() {
	if ps.stop() {
		panic(stopped{})
	}
}

func audit(stop func() bool, in *Intent, sight *rib.Sight, now time.Time) *Result {
	ps := &Pass{
		stop: stop, Intent: in, Sight: sight, Now: now, table: sight.Table(), declared: declarations(in), states: map[stateKey]*CheckState{}, hangs: map[stateKey][]gap{},
		opens: openGaps{}, accepted: map[gap]bool{}, governs: map[governedKey][]netip.Prefix{}, forwards: map[forwardKey][]*side{}, flowsBy: map[*Service][]*flow{},
		found: newPiles(indexWaivers(in.Waivers, now)),
	}
	ps.index = indexDeclared(ps.declared)
	ps.found.flows = len(in.Services) > 0
	ps.families = Families(in, ps.table)
	if len(ps.families) == 0 {
		ps.families = []rib.Family{rib.IPv4}
	}
	ps.resolveRemotes()
	ps.buildFlows()
	for p := range phases {
		if p == onWaivers {
			ps.findings = ps.found.close(ps)
			ps.waive()
		}
		for _, c := range Checks {
			if c.phase == p && !ps.disabled(c.ID) {
				ps.heed()
				ps.check = c
				c.Run(ps)
			}
		}
	}
	ps.waive()
	ps.group()
	r := ps.result()
	if !in.Brief {
		ps.advise(r)
	}
	ps.dropAdvice()
	return r
}

func (ps *Pass) disabled(id string) bool {
	return slices.ContainsFunc(ps.Checks, func(s CheckSetting) bool { return s.ID == id && s.Disabled })
}

// Families are those that an audit looks at: the site's own list, else those of what is declared
// and of what any feed holds.
func Families(in *Intent, t *rib.Table) []rib.Family {
	if len(in.Site.Families) > 0 {
		out := slices.Clone(in.Site.Families)
		slices.Sort(out)
		return slices.Compact(out)
	}
	var has [2]bool
	for _, d := range declarations(in) {
		for _, p := range d.prefixes {
			has[rib.FamilyOf(p)] = true
		}
	}
	for _, l := range t.Links() {
		if l.Static == nil {
			continue
		}
		for _, p := range slices.Concat(l.Static.Receives, l.Static.Advertises) {
			has[rib.FamilyOf(p)] = true
		}
	}
	for _, f := range t.Feeds() {
		if f.State.Routes == 0 || f.View == rib.Declared {
			continue
		}
		for _, fam := range f.State.Families {
			has[fam] = true
		}
	}
	var out []rib.Family
	for _, fam := range rib.Families {
		if has[fam] {
			out = append(out, fam)
		}
	}
	return out
}

func (ps *Pass) result() *Result {
	r := &Result{Findings: ps.findings, Feeds: ps.table.Feeds(), Families: ps.families, Links: ps.Links, services: len(ps.Services), declared: len(ps.declared), accepted: map[string]bool{}, found: ps.found}
	ofService := ps.findingsOfServices()
	told := ps.told()
	for _, f := range ps.flows {
		f.Told = f.Verdict == VerdictUnknown && told.all(f.gaps)
		for _, have := range ofService[serviceKey{f.Service, f.Family}] {
			if f.has(have.Check) {
				f.Findings = append(f.Findings, have.ID)
			}
		}
		r.Flows = append(r.Flows, f.Flow)
		if f.Verdict == VerdictUnknown {
			r.FlowsOpen++
			if !ps.allAccepted(f.gaps) {
				r.unaccepted++
			}
		}
	}
	for _, c := range Checks {
		for _, l := range ps.Links {
			for _, fam := range rib.Families {
				if st := ps.states[stateKey{c.ID, l.Name, fam}]; st != nil {
					r.Checks = append(r.Checks, *st)
				}
			}
		}
	}
	slices.SortStableFunc(r.Checks, func(a, b CheckState) int { return cmp.Compare(a.Check, b.Check) })
	for i, st := range r.Checks {
		if st.State != UnknownState {
			continue
		}
		r.ChecksOpen++
		r.Checks[i].Told = told.all(ps.hangs[stateKey{st.Check, st.Link, st.Family}])
		if !ps.stateAccepted(st) {
			r.unaccepted++
		}
	}
	for id, f := range r.Feeds {
		r.Rows = append(r.Rows, ps.Sight.Rows(rib.FeedID(id)))
		r.accepted[f.Name] = ps.acceptsFeed(f)
	}
	return r
}

// toldGaps are gaps of which evidence findings say all there is to say.
type toldGaps map[gap]bool

func (ps *Pass) told() toldGaps {
	out := toldGaps{}
	for _, f := range ps.findings {
		for _, g := range f.tells {
			out[g] = true
		}
	}
	return out
}

// all reports whether something that is open hangs on these gaps alone.
func (t toldGaps) all(gaps []gap) bool {
	return len(gaps) > 0 && !slices.ContainsFunc(gaps, func(g gap) bool { return !t[g] })
}

// findingsOfServices lists the findings of each service, and the floods that some of its are in.
func (ps *Pass) findingsOfServices() map[serviceKey][]*Finding {
	out := map[serviceKey][]*Finding{}
	for _, f := range ps.findings {
		if f.flood != nil {
			for k := range f.flood.services {
				out[k] = append(out[k], f)
			}
		} else if f.Subject.Kind == "service" {
			k := serviceKey{f.Subject.Name, f.Family}
			out[k] = append(out[k], f)
		}
	}
	return out
}

// allAccepted reports whether waivers accept every gap that leaves something open.
func (ps *Pass) allAccepted(gaps []gap) bool {
	return len(gaps) > 0 && !slices.ContainsFunc(gaps, func(g gap) bool { return !ps.accepts(g) })
}

func (ps *Pass) stateAccepted(st CheckState) bool {
	return ps.allAccepted(ps.hangs[stateKey{st.Check, st.Link, st.Family}])
}

// has reports whether a finding of the check can be this flow's own: those of flow/* name a verdict.
func (f *Flow) has(check string) bool {
	switch check {
	case flowAsymmetric.ID:
		return f.Verdict == Asymmetric
	case flowMixed.ID:
		return f.Verdict == Mixed
	case flowUnreachable.ID:
		return f.Verdict == Unreachable
	case flowOffLink.ID:
		return f.Verdict == Symmetric
	}
	return true
}
