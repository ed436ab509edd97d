package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// natUncoveredPool: nothing that leaves with a source address of the pool can be answered over the
// links that the pool is meant for.
var natUncoveredPool = &Check{
	ID: "nat/uncovered-pool", Title: "A NAT pool has no return route on its own links", Severity: Error,
	Source: "expressroute-nat.md",
	Run: func(ps *Pass) {
		ps.overAdvertised(func(l *rib.Link, fam rib.Family) bool {
			return slices.ContainsFunc(ps.Pools, func(p Pool) bool {
				return slices.Contains(p.Links, l.Name) && len(inFamily(p.Prefixes, fam)) > 0
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
	own := inFamily(pool.Prefixes, fam)
	if len(own) == 0 || len(pool.Links) == 0 {
		return
	}
	for _, p := range own {
		// What no route covers for certain, and what none covers if the doubtful ones are not there.
		uncovered, doubted := []netip.Prefix{p}, []netip.Prefix{p}
		blind := false
		for _, name := range pool.Links {
			id, _ := ps.table.LinkID(name)
			uncovered = ps.lacking(id, uncovered, fam).certain
			lk := ps.lacking(id, doubted, fam)
			doubted = append(lk.certain, lk.doubted...)
			cover := ps.Sight.Coverage(id, rib.Advertised, fam)
			blind = blind || !cover.Covered || cover.Scope != nil
		}
		if len(doubted) > 0 && (blind || len(uncovered) == 0) {
			ps.leaveUncoveredOpen(pool, p, fam)
		}
		if blind || len(uncovered) == 0 || ps.untiedMayCover(pool, uncovered, fam) {
			continue
		}
		cause := ps.outermostMissing(p, pool.Links[0])
		ps.report(Finding{
			Subject: Subject{"pool", pool.Name}, Family: fam, Prefixes: uncovered, Links: pool.Links,
			Cause:   Cause{What: CauseAbsent, Prefix: cause, Link: ps.circuitName(ps.inCircuits(pool.Links)[0])},
			Message: fmt.Sprintf("NAT pool %s: no route for %s on any of its links (%s)", pool.Name, list(prefixTexts(uncovered)), list(pool.Links)),
			Hint:    fmt.Sprintf("advertise %s on %s", p, list(pool.Links)),
			Assumes: ps.absenceAssumes(pool.Links, fam), Config: pool.Pos,
		})
	}
}

// leaveUncoveredOpen says on which links of the pool a route for p may be there, or may not.
func (ps *Pass) leaveUncoveredOpen(pool *Pool, p netip.Prefix, fam rib.Family) {
	what := "pool " + pool.Name
	ps.leaveOpenByBlind(pool.Links, rib.Advertised, fam, what, pool.Links)
	for _, name := range pool.Links {
		id, _ := ps.table.LinkID(name)
		if lk := ps.lacking(id, []netip.Prefix{p}, fam); len(lk.doubted) > 0 {
			ps.leaveOpenOn(gap{link: id, dir: rib.Advertised, fam: fam}, fmt.Sprintf("%s: %s on %s: %s", what, list(prefixTexts(lk.doubted)), name, lk.why), pool.Links...)
		}
	}
}

// untiedMayCover leaves the check open on the links of the pool where a route that is tied to no link
// may be one of theirs, and reports whether there is one.
func (ps *Pass) untiedMayCover(pool *Pool, uncovered []netip.Prefix, fam rib.Family) bool {
	found := false
	for _, name := range pool.Links {
		if id, ok := ps.table.LinkID(name); ok && ps.untiedCovers(id, uncovered, fam, pool.Links...) {
			found = true
		}
	}
	return found
}
