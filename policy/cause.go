package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// grounds is why a flow is not where it should be: the cause, and the routes that show it.
type grounds struct {
	cause    Cause
	prefixes []netip.Prefix
	links    []string
	evidence []Evidence
	config   string
	decision *rib.Decision
	assumes  []string // what the choice behind it takes on trust, where the finding does not say so otherwise
}

// groundsOf finds the route that took a flow off its intended links: the forward one if both did.
// Where both directions are as intended and meet different firewalls all the same, it is the route
// that draws the answer away from the link that the connection began on.
func (ps *Pass) groundsOf(f *flow) grounds {
	if f.forward != nil && len(f.forward.decision.Links) == 0 {
		return ps.absentRemote(f)
	}
	if f.reply != nil && len(f.reply.decision.Links) == 0 {
		return ps.absentLocal(f, f.service.Links)
	}
	if f.forward != nil {
		if off := ps.outside(f.forward.decision.Links, f.intended); len(off) > 0 {
			return ps.receivedGrounds(f, off)
		}
	}
	if off := ps.outside(f.reply.decision.Links, f.intended); len(off) > 0 {
		return ps.returnGrounds(f, off, f.intended)
	}
	if f.Initiator == RemoteStarts {
		return ps.receivedGrounds(f, f.Forward.Links)
	}
	return ps.returnGrounds(f, f.Return.Links, f.Forward.Links)
}

// receivedGrounds: the routes received on off draw our choice there.
func (ps *Pass) receivedGrounds(f *flow, off []string) grounds {
	g := grounds{cause: Cause{What: CauseReceived, Remote: f.Remote, Link: ps.circuitName(off)}, links: off}
	if f.forward == nil {
		return g
	}
	for _, c := range f.forward.routes {
		if slices.Contains(off, ps.table.LinkName(c.Link)) {
			g.add(ps, c.Entry)
		}
	}
	return g
}

// returnGrounds: a route advertised on off draws the return away from the wanted links; where those
// have no route for the addresses at all, it is the absence there.
func (ps *Pass) returnGrounds(f *flow, off, wanted []string) grounds {
	offered := slices.ContainsFunc(f.reply.decision.Candidates, func(c rib.Candidate) bool {
		return (!c.Out || c.Doubt != "") && slices.Contains(wanted, ps.table.LinkName(c.Link))
	})
	blind := slices.ContainsFunc(wanted, func(name string) bool {
		id, ok := ps.table.LinkID(name)
		cover := ps.Sight.Coverage(id, rib.Advertised, f.Family)
		return ok && (!cover.Covered || cover.Scope != nil)
	})
	if !offered && !blind {
		return ps.absentLocal(f, wanted)
	}
	g := grounds{links: off}
	for _, c := range f.reply.routes {
		if slices.Contains(off, ps.table.LinkName(c.Link)) {
			g.add(ps, c.Entry)
		}
	}
	g.cause = Cause{What: CauseAdvertised, Link: ps.circuitName(off)}
	if len(g.prefixes) > 0 {
		g.cause.Prefix = g.prefixes[0]
	}
	return g
}

// absentLocal: the wanted links do not carry the addresses.
func (ps *Pass) absentLocal(f *flow, wanted []string) grounds {
	g := grounds{cause: Cause{What: CauseAbsent, Link: ps.circuitName(wanted)}, links: wanted}
	if len(f.Local) > 0 {
		g.cause.Prefix = f.Local[0]
		if d, held := ps.governing(f.Local[0]); d != nil {
			g.cause.Prefix, g.config = held, d.pos
		}
		if len(wanted) > 0 {
			g.cause.Prefix = ps.outermostMissing(g.cause.Prefix, wanted[0])
		}
		g.prefixes = []netip.Prefix{g.cause.Prefix}
	}
	if f.reply != nil {
		for _, c := range f.reply.routes {
			g.evidence = append(g.evidence, ps.evidence(c.Entry))
		}
	}
	return g
}

func (ps *Pass) absentRemote(f *flow) grounds {
	wanted := f.service.Links
	return grounds{cause: Cause{What: CauseAbsent, Remote: f.Remote, Link: ps.circuitName(wanted)}, links: wanted}
}

func (g *grounds) add(ps *Pass, e rib.Entry) {
	if !slices.Contains(g.prefixes, e.Prefix) {
		g.prefixes = append(g.prefixes, e.Prefix)
	}
	if ev := ps.evidence(e); !slices.Contains(g.evidence, ev) {
		g.evidence = append(g.evidence, ev)
	}
}
