package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// remoteStarts: they choose the link to the service, and the reply follows our choice towards
// them, unless inbound SNAT at the arrival link's firewall pins it there.
func (ps *Pass) remoteStarts(s *Service, remote *remoteSet, fam rib.Family, local, set []netip.Prefix, forwards []*side) {
	for _, ret := range ps.returnSides(remote.observer, local) {
		if ps.allPinned(s, fam, ret.decision.Possible) {
			f := ps.newFlow(s, remote, fam, ret.set)
			f.pinned, f.reply = true, ret
			f.Forward = Choice{Outcome: ret.decision.Outcome, Links: ps.names(ret.decision.Links), Reason: ReasonSNAT}
			f.Return = ret.choice(ps)
			f.setRemote(set)
			f.Assumes = addTexts(addTexts(slices.Clone(ret.decision.Assumes), ps.trustInRemote(s)...), fmt.Sprintf("inbound SNAT at %s pins the reply", s.SNAT.At))
			ps.judge(f, [][]rib.LinkID{nil}, ret.decision.Possible, nil)
			ps.flows = append(ps.flows, f)
			continue
		}
		for _, fwd := range forwards {
			f := ps.newFlow(s, remote, fam, ret.set)
			ps.fill(f, fwd, ret)
			ps.pinSome(f, ret)
			ps.judge(f, fwd.decision.Possible, ret.decision.Possible, nil)
			ps.flows = append(ps.flows, f)
		}
	}
}

// pins reports whether the service's inbound SNAT stands at the link's firewall and has an address
// of the family.
func (ps *Pass) pins(s *Service, fam rib.Family, arrival rib.LinkID) bool {
	return s.SNAT != nil && s.Initiator == RemoteStarts && rib.FamilyOf(s.SNAT.To) == fam && ps.Links[arrival].Firewall == s.SNAT.At
}

// pinSome adds to our choice the arrival links whose firewall pins the reply, where some do: the
// reply then follows the arrival, and is no firmer than it.
func (ps *Pass) pinSome(f *flow, ret *side) {
	for _, l := range ret.decision.Links {
		if !ps.pins(f.service, f.Family, l) {
			continue
		}
		f.Forward.Links = addTexts([]string{ps.table.LinkName(l)}, f.Forward.Links...)
		switch {
		case !ret.decision.Firm():
			f.Forward.Outcome = ret.decision.Outcome
		case f.Forward.Outcome == rib.OutcomeDecided:
			f.Forward.Outcome = rib.OutcomeTie
		}
	}
}

// mayBePinned reports whether SNAT pins the replies of a flow in some of the arrivals that the evidence
// allows, and not in others: what its own choice comes to is not known then.
func (ps *Pass) mayBePinned(f *flow) bool {
	return f.reply != nil && !f.reply.decision.Firm() && slices.ContainsFunc(f.reply.decision.Possible, func(links []rib.LinkID) bool {
		return ps.allPinned(f.service, f.Family, [][]rib.LinkID{links})
	})
}

func (ps *Pass) allPinned(s *Service, fam rib.Family, possible [][]rib.LinkID) bool {
	for _, links := range possible {
		if len(links) == 0 || slices.ContainsFunc(links, func(l rib.LinkID) bool { return !ps.pins(s, fam, l) }) {
			return false
		}
	}
	return true
}

// unpinned is what the forward choice of a flow takes on trust: where SNAT would pin its replies to the links that
// they came in by, also that they came in by others.
func unpinned(f *flow, d *rib.Decision) []string {
	if f.service.SNAT == nil || f.reply == nil {
		return d.Assumes
	}
	return addTexts(slices.Clone(d.Assumes), f.reply.decision.Assumes...)
}
