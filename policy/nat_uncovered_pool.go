package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// natUncoveredPool: nothing that leaves with a source address of the pool can be answered over the
// links that the pool is meant for, nor over those that stand in for them.
var natUncoveredPool = &Check{
	ID: "nat/uncovered-pool", Title: "A NAT pool has no return route on its own links", Severity: Error,
	Source: "expressroute-nat.md",
	Run: func(ps *Pass) {
		ps.overAdvertised(func(l *rib.Link, fam rib.Family) bool {
			return slices.ContainsFunc(ps.Pools, func(p Pool) bool {
				return p.carriedBy(l.Name) && len(inFamily(p.Prefixes, fam)) > 0
			})
		})
		for i := range ps.Pools {
			for _, fam := range ps.families {
				ps.checkUncovered(&ps.Pools[i], fam)
			}
		}
	},
}

func (ps *Pass) checkUncovered(pool *Pool, fam rib.Family) {
	if len(pool.Links) == 0 {
		return
	}
	links := append(slices.Clone(pool.Links), pool.Backups.names()...)
	for _, p := range inFamily(pool.Prefixes, fam) {
		routes := ps.routesFor(links, []netip.Prefix{p}, fam)
		switch {
		case routes.all():
			continue
		case routes.blind, routes.untied, len(routes.lacked) == 0:
			ps.leaveRoutesOpen(links, []netip.Prefix{p}, fam, "pool "+pool.Name, links...)
			continue
		}
		cause := ps.outermostMissing(p, pool.Links[0])
		ps.report(Finding{
			Subject: Subject{"pool", pool.Name}, Family: fam, Prefixes: routes.lacked, Links: links,
			Cause:   Cause{What: CauseAbsent, Prefix: cause, Link: ps.circuitName(ps.inCircuits(pool.Links)[0])},
			Message: fmt.Sprintf("NAT pool %s: no route for %s on any of its links (%s)", pool.Name, list(prefixTexts(routes.lacked)), list(links)),
			advice: &advice{
				remedies: func() []remedy {
					out := []remedy{ps.onEach(Advertise, pool.Links, p)}
					for _, l := range pool.Links {
						out = append(out, ps.onEach(Advertise, []string{l}, p))
					}
					return append(out, ps.onEach(Advertise, pool.Links, routes.lacked...))
				},
				otherwise: fmt.Sprintf("advertise %s on one of %s, or give the pool links that carry it", p, list(pool.Links)),
			},
			Assumes: ps.absenceAssumes(links, fam), Config: pool.Pos,
		})
	}
}
