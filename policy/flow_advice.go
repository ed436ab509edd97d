package policy

import (
	"fmt"
	"slices"

	"bgpaudit/rib"
)

// flowAdvice bears on both directions of a flow: each is brought to the links of the service if it is not
// there, and nothing else is touched.
func (ps *Pass) flowAdvice(f *flow) *advice {
	ad := &advice{otherwise: ps.flowChoice(f), note: func() string { return ps.flowNote(f) }}
	wanted := ps.wantedOf(f)
	if len(wanted) == 0 || f.pinned && f.reply == nil {
		return ad
	}
	ad.remedies = func() []remedy { return ps.flowRemedies(f, wanted) }
	ad.holds = func(in *Intent, s *rib.Sight) bool { return ps.flowHolds(f, in, s) }
	return ad
}

// wantedOf lists the links that a flow is meant for; where its service names none, those that we choose.
func (ps *Pass) wantedOf(f *flow) []string {
	if len(f.intended) > 0 {
		return f.intended
	}
	if f.forward != nil && f.Forward.Outcome == rib.OutcomeDecided {
		return f.Forward.Links
	}
	return nil
}

func (ps *Pass) flowRemedies(f *flow, wanted []string) (out []remedy) {
	astray := func(s *side) bool {
		return s != nil && (len(s.decision.Links) == 0 || len(ps.outside(s.decision.Links, wanted)) > 0)
	}
	var forward, back []remedy
	if astray(f.forward) && !f.pinned {
		forward = ps.forwardRemedies(f, wanted)
	}
	if astray(f.reply) {
		back = ps.returnRemedies(f.reply.decision, f.Local, wanted)
	}
	if forward == nil && back == nil && len(wanted) > 1 { // both are on its links, and those lead apart
		for _, name := range wanted {
			out = append(out, ps.flowRemedies(f, []string{name})...)
		}
		return out
	}
	out = together(forward, back)
	if f.Initiator == RemoteStarts && f.service.SNAT == nil && f.reply != nil && !astray(f.reply) {
		for _, l := range f.reply.decision.Links[:1] {
			if fw := ps.Links[l].Firewall; fw != rib.Stateless {
				out = append(out, remedy{{Action: SourceNAT, Service: f.Service, Firewall: fw, Prefix: f.Local[0]}})
			}
		}
	}
	return out
}

// together is either of two kinds of remedy, and then both.
func together(forward, back []remedy) []remedy {
	out := slices.Concat(forward, back)
	for _, a := range forward {
		for _, b := range back {
			out = append(out, a.with(b))
		}
	}
	return out
}

// flowChoice says what there is to choose from where no change that was tried mends a flow. Where the tie is
// ours, what we advertise breaks none.
func (ps *Pass) flowChoice(f *flow) string {
	ours := f.forward != nil && f.forward.decision.Outcome == rib.OutcomeTie
	theirs := f.Verdict == Mixed && f.reply != nil && f.reply.decision.Outcome == rib.OutcomeTie
	switch {
	case f.Verdict == Unreachable && f.forward != nil && len(f.forward.decision.Links) == 0:
		return fmt.Sprintf("take a route to %s from a neighbor, or give the service another way", f.Remote)
	case f.Verdict == Unreachable:
		return fmt.Sprintf("advertise %s where %s hears it, or give the service another address", list(prefixTexts(f.Local)), f.Remote)
	case ours && !theirs:
		return "say by local preference which link we are to use, or let both lead to one firewall"
	case theirs:
		return fmt.Sprintf("let %s lead to one firewall, give each link addresses of its own, or send by the link that the others prefer", list(f.Return.Links))
	case f.Verdict == Symmetric:
		return "change the service's links, or the routes that take it off them"
	}
	return "bring both directions to one firewall: by what is advertised and received, by what the service's network sees (sees:), or by source NAT"
}

// flowHolds decides both directions of a flow again, and says whether they meet one firewall then.
func (ps *Pass) flowHolds(f *flow, in *Intent, s *rib.Sight) bool {
	if f.reply == nil {
		return false
	}
	under, service := ps.under(f, in, s)
	g := &flow{Flow: f.Flow, service: service, intended: f.intended}
	var out []*side
	if f.forward != nil {
		out = under.split(s.Observer(rib.ObserverUs), f.forward.set, under.query(service), rib.ByRoute)
	}
	for _, back := range under.returnSides(f.reply.decision.Observer, f.Local) {
		for _, forward := range append(out, &side{decision: &rib.Decision{Possible: [][]rib.LinkID{nil}}})[:max(len(out), 1)] {
			if !back.decision.Firm() || !forward.decision.Firm() || under.verdictOf(g, forward.decision.Links, back.decision.Links).verdict != Symmetric {
				return false
			}
		}
	}
	return true
}

// under is the pass over another sight, and the flow's service there.
func (ps *Pass) under(f *flow, in *Intent, s *rib.Sight) (*Pass, *Service) {
	under := *ps
	under.Intent, under.Sight, under.table, under.forwards = in, s, s.Table(), map[forwardKey][]*side{}
	for i := range in.Services {
		if in.Services[i].Name == f.Service {
			return &under, &in.Services[i]
		}
	}
	return &under, f.service
}

// forwardAdvice brings the forward of a flow back to its links.
func (ps *Pass) forwardAdvice(f *flow, off []string) *advice {
	otherwise := fmt.Sprintf("keep the routes of %s away from the service's network (sees:), or move the service to %s", list(off), list(off))
	if !slices.ContainsFunc(off, func(l string) bool { return !f.service.Backups.has(l) }) {
		otherwise = fmt.Sprintf("take from backup %s no route that is longer than those of %s: filter it on import", list(off), list(f.intended))
	}
	return &advice{
		remedies:  func() []remedy { return ps.forwardRemedies(f, f.intended) },
		otherwise: otherwise,
		holds: func(in *Intent, s *rib.Sight) bool {
			under, service := ps.under(f, in, s)
			sides := under.split(s.Observer(rib.ObserverUs), f.forward.set, under.query(service), rib.ByRoute)
			return !slices.ContainsFunc(sides, func(x *side) bool {
				return !x.decision.Firm() || len(x.decision.Links) == 0 || len(under.outside(x.decision.Links, f.intended)) > 0
			})
		},
	}
}
