package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// origin is a set of source addresses and the departure links that use it.
type origin struct {
	name string
	set  []netip.Prefix
	used func(rib.LinkID) bool
}

// origins lists what a service sends from: the pools that list the departure link, if only as a backup; where none
// does, its own addresses; else its pools as they stand.
func (ps *Pass) origins(s *Service, fam rib.Family) (out []origin, assume string) {
	pools := ps.poolsOf(s)
	listed := func(l rib.LinkID) bool {
		return slices.ContainsFunc(pools, func(p *Pool) bool {
			return len(inFamily(p.Prefixes, fam)) > 0 && p.carriedBy(ps.Links[l].Name)
		})
	}
	own := inFamily(s.Addresses, fam)
	for _, p := range pools {
		set := inFamily(p.Prefixes, fam)
		if len(set) == 0 {
			continue
		}
		out = append(out, origin{p.Name, set, func(l rib.LinkID) bool {
			return p.carriedBy(ps.Links[l].Name) || len(own) == 0 && !listed(l)
		}})
	}
	if len(own) > 0 {
		out = append(out, origin{"its own addresses", own, func(l rib.LinkID) bool { return !listed(l) }})
	} else {
		assume = "NAT before the link choice"
	}
	return out, assume
}

// weStart: we choose the link out, which chooses the source address, and they answer to that.
func (ps *Pass) weStart(s *Service, remote *remoteSet, fam rib.Family, forwards []*side) {
	origins, natFirst := ps.origins(s, fam)
	for _, fwd := range forwards {
		first := len(ps.flows)
		used := ps.usedOrigins(origins, fwd.decision.Possible)
		for _, o := range used {
			for _, ret := range ps.returnSides(remote.observer, o.set) {
				f := ps.newFlow(s, remote, fam, ret.set)
				f.source = o.name
				ps.fill(f, fwd, ret)
				if natFirst != "" && ps.natFirst(s, o, fwd.decision.Links) {
					f.Assumes = addTexts(f.Assumes, natFirst)
				}
				ps.judge(f, fwd.decision.Possible, ret.decision.Possible, o.used)
				ps.flows = append(ps.flows, f)
			}
		}
		if len(used) > 1 && !fwd.decision.Firm() {
			one := ps.oneOf(ps.flows[first:])
			ps.flows = append(ps.flows[:first], one)
		}
	}
}

// usedOrigins lists the sources that some possible outcome sends from; where none has a route, the
// first stands for all.
func (ps *Pass) usedOrigins(origins []origin, possible [][]rib.LinkID) []origin {
	var out []origin
	for _, o := range origins {
		if slices.ContainsFunc(possible, func(links []rib.LinkID) bool { return slices.ContainsFunc(links, o.used) }) {
			out = append(out, o)
		}
	}
	if out == nil && len(origins) > 0 {
		out = origins[:1]
	}
	return out
}

// oneOf joins what becomes of a connection whose link out is open, and with it its source and its
// return: one of these happens, not all of them.
func (ps *Pass) oneOf(fs []*flow) *flow {
	one := fs[0]
	for _, f := range fs[1:] {
		one.Local = addPrefixes(one.Local, f.Local)
		one.Assumes = addTexts(one.Assumes, f.Assumes...)
		one.gaps = append(one.gaps, f.gaps...)
		for _, l := range f.Return.Links {
			one.Return.Links = addTexts(one.Return.Links, l)
		}
		if f.Verdict != one.Verdict || f.Stateless != one.Stateless || f.preference != one.preference {
			one.Verdict = VerdictUnknown
		}
	}
	one.Return.Outcome = one.Forward.Outcome
	one.Return.Reason = rib.ReasonNone
	one.source, one.sources = "", len(fs)
	if one.Verdict == VerdictUnknown {
		one.DropsAt, one.Story, one.Stateless = "", nil, false
		ps.openFlow(one)
	}
	return one
}

// natFirst reports whether the source set is used on a link that no pool of the service lists.
func (ps *Pass) natFirst(s *Service, o origin, links []rib.LinkID) bool {
	return slices.ContainsFunc(links, func(l rib.LinkID) bool {
		return o.used(l) && !slices.ContainsFunc(ps.poolsOf(s), func(p *Pool) bool { return p.carriedBy(ps.Links[l].Name) })
	})
}
