package policy

import (
	"fmt"
	"slices"

	"bgpaudit/rib"
)

const asymmetricPage = "expressroute-asymmetric-routing.md, 2024-07-11"

var flowAsymmetric = &Check{
	ID: "flow/asymmetric", Title: "A flow leaves by one firewall and returns by another", Severity: Error, Source: asymmetricPage,
	Run: func(ps *Pass) {
		ps.overFlows(Asymmetric, func(f *flow) Finding {
			what := fmt.Sprintf("%s drops it", f.DropsAt)
			severity := Severity(0)
			if f.Stateless {
				what, severity = "neither link keeps state, so it is not harmful in itself", Info
			}
			return Finding{
				Severity: severity, Message: fmt.Sprintf("%s and %s: forward by %s, return by %s; %s", f.Service, f.Remote, list(f.Forward.Links), list(f.Return.Links), what),
			}
		})
	},
}

var flowMixed = &Check{
	ID: "flow/mixed", Title: "Some connections of a flow meet two firewalls", Severity: Error, Source: asymmetricPage,
	Run: func(ps *Pass) {
		ps.overFlows(Mixed, func(f *flow) Finding {
			what, severity := "some connections meet two firewalls", Severity(0)
			switch {
			case f.Stateless:
				what, severity = "where they differ neither link keeps state, so it is not harmful in itself", Info
			case f.preference:
				severity = Warning
			}
			return Finding{
				Severity: severity, Message: fmt.Sprintf("%s and %s: forward by %s, return by %s; %s", f.Service, f.Remote, list(f.Forward.Links), list(f.Return.Links), what),
			}
		})
	},
}

var flowUnreachable = &Check{
	ID: "flow/unreachable", Title: "A flow has no route in one direction", Severity: Error, Source: "RFC 4271 9.1.2",
	Run: func(ps *Pass) {
		ps.overFlows(Unreachable, func(f *flow) Finding {
			return Finding{Message: fmt.Sprintf("%s and %s: %s", f.Service, f.Remote, f.Why)}
		})
	},
}

// flowOffLink runs after the others: it speaks only where none of them names the cause.
var flowOffLink = &Check{
	ID: "flow/off-link", Title: "A flow is symmetric, but not on its intended links", Severity: Warning, Source: "inferred", phase: afterCauses,
	Run: func(ps *Pass) {
		ps.openByBackups()
		ps.overFlows(Symmetric, func(f *flow) Finding {
			off := ps.offLinks(f)
			if len(off) == 0 || ps.named(f, off) || !ps.surelyOff(f) {
				return Finding{}
			}
			return Finding{
				Message: fmt.Sprintf("%s and %s: symmetric over %s, but meant for %s", f.Service, f.Remote, list(off), list(f.intended)),
			}
		})
	},
}

func (ps *Pass) offLinks(f *flow) []string {
	var off []string
	for _, s := range []*side{f.forward, f.reply} {
		if s != nil && (!f.pinned || s != f.forward) {
			off = addTexts(off, ps.outside(s.decision.Links, ps.meantFor(f, s))...)
		}
	}
	return off
}

// surelyOff reports whether the flow is off its intended links whatever its open choices come to, and
// leaves the check open where it may be.
func (ps *Pass) surelyOff(f *flow) bool {
	var may []*side
	for _, s := range []*side{f.forward, f.reply} {
		if s == nil || f.pinned && s == f.forward {
			continue
		}
		meant := ps.meantFor(f, s)
		on := func(links []rib.LinkID) bool { return len(ps.outside(links, meant)) == 0 }
		switch {
		case slices.ContainsFunc(s.decision.Possible, on):
			may = append(may, s)
		case s == f.forward && ps.mayBePinned(f):
			may = append(may, f.reply)
		default:
			return true
		}
	}
	for _, s := range may {
		if off := ps.outside(s.decision.Links, ps.meantFor(f, s)); len(off) > 0 {
			ps.leaveOpenBy(s.decision, f.Service+" may be off its links", off...)
		}
	}
	return false
}

// named reports whether another finding already names what took the flow off its links: one of the
// same cause, or one of the service with a route on a link that it took.
func (ps *Pass) named(f *flow, off []string) bool {
	if ps.found.causes[causeNumber(ps.groundsOf(f).cause, f.Family)] {
		return true
	}
	return slices.ContainsFunc(ps.found.services[serviceKey{f.Service, f.Family}], func(l string) bool { return slices.Contains(off, l) })
}

// overFlows runs one of the flow checks: it reports the flows of its verdict, and gives every link
// that a flow may use its state.
func (ps *Pass) overFlows(v Verdict, describe func(*flow) Finding) {
	for i := range ps.Links {
		for _, fam := range rib.Families {
			st, reason := OK, ""
			switch {
			case !slices.Contains(ps.families, fam):
				st, reason = NotApplicable, fam.String()+" is not audited"
			case !slices.ContainsFunc(ps.flows, func(f *flow) bool { return f.Family == fam }):
				st, reason = NotApplicable, "no flow of this family"
			}
			ps.say(ps.Links[i].Name, fam, st, reason)
		}
	}
	for _, f := range ps.flows {
		if f.Verdict == VerdictUnknown {
			ps.openByFlow(f)
			continue
		}
		if f.Verdict != v {
			continue
		}
		out := describe(f)
		if out.Message == "" {
			continue
		}
		g := ps.groundsOf(f)
		out.advice = ps.flowAdvice(f)
		out.Subject, out.Family, out.Cause = Subject{"service", f.Service}, f.Family, g.cause
		out.Prefixes, out.Evidence, out.Story, out.Assumes, out.Config = g.prefixes, g.evidence, f.Story, f.Assumes, f.service.Pos
		out.Links = addTexts(slices.Clone(f.Forward.Links), f.Return.Links...)
		if len(out.Links) == 0 {
			out.Links = f.service.Links
		}
		for _, s := range []*side{f.forward, f.reply} {
			out.Inferred = out.Inferred || s != nil && s.decision.Inferred
		}
		ps.report(out)
	}
}

// partlyUnseen reports whether the flow stands for addresses whose choices were never asked: those of
// a remote that is not wholly known, or of an observer that hears no link.
func (f *flow) partlyUnseen() bool {
	return f.Verdict == VerdictUnknown && (f.anywhere || f.reply == nil)
}

// openByDoubted leaves the running check open where it would fire on a flow whose addresses may be
// none of the remote's.
func (ps *Pass) openByDoubted(f *flow, on []string) {
	r := &ps.remotes[f.service.Remote].fams[f.Family]
	for i, g := range r.perhapsGaps {
		ps.leaveOpenOn(g, fmt.Sprintf("whether all of it belongs to %s: %s", f.Remote, r.doubts[i]), on...)
	}
}

// openByFlow marks the links that an unknown flow may use or is meant to, and those that it hangs on.
func (ps *Pass) openByFlow(f *flow) {
	why := fmt.Sprintf("flow %s to %s is unknown: %s", f.Service, f.Remote, f.Why)
	gaps := f.gaps
	if len(gaps) == 0 {
		gaps = []gap{{link: rib.NoLink, fam: f.Family}}
	}
	links := addTexts(addTexts(slices.Clone(f.Forward.Links), f.Return.Links...), f.service.Links...)
	for _, g := range gaps {
		if g.link == rib.NoLink || f.partlyUnseen() {
			links = nil
			for i := range ps.Links {
				links = append(links, ps.Links[i].Name)
			}
			break
		}
		links = addTexts(links, ps.table.LinkName(g.link))
	}
	for _, link := range links {
		ps.sayUnknown(link, f.Family, why, gaps...)
	}
}
