package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// natSharedPool: "The NAT IP pool advertised to Microsoft must not be advertised to the Internet"
// (expressroute-nat.md). A pool behind two firewalls gets its answers at either.
var natSharedPool = &Check{
	ID: "nat/shared-pool", Title: "A NAT pool is advertised on links with different firewalls", Severity: Error,
	Source: internetPoolRule,
	Run: func(ps *Pass) {
		ps.overAdvertised(func(_ *rib.Link, fam rib.Family) bool {
			return slices.ContainsFunc(ps.Pools, func(p Pool) bool { return len(inFamily(p.Prefixes, fam)) > 0 })
		})
		for i := range ps.Pools {
			for _, q := range ps.Pools[i].Prefixes {
				if slices.Contains(ps.families, rib.FamilyOf(q)) {
					ps.checkShared(&ps.Pools[i], q)
				}
			}
		}
	},
}

const internetPoolRule = `expressroute-nat.md: "The NAT IP pool advertised to Microsoft must not be advertised to the Internet"`

func (ps *Pass) checkShared(pool *Pool, q netip.Prefix) {
	fam := rib.FamilyOf(q)
	var exact, doubtful []advertisedRow // at the pool's own mask or longer
	for _, row := range ps.advertised(fam).inside(q) {
		if row.Sent() {
			exact = append(exact, row)
		} else {
			doubtful = append(doubtful, row)
		}
	}
	doubtful = append(doubtful, ps.perhapsTied(ps.untied(fam).inside(q))...)
	var aggregates []advertisedRow // shorter routes on internet links
	for _, row := range append(ps.advertised(fam).around(q), ps.perhapsTied(ps.untied(fam).around(q))...) {
		if row.link.Kind == rib.Internet {
			aggregates = append(aggregates, row)
		}
	}
	switch {
	case ps.shared(pool, exact):
		ps.reportShared(pool, q, exact, 0,
			fmt.Sprintf("NAT pool %s (%s) is advertised on %s, which lead to different firewalls%s", pool.Name, q, list(rowLinks(exact)), unheardOn(exact, rowLinks(exact))))
	case fallback(exact) && slices.ContainsFunc(aggregates, func(r advertisedRow) bool { return r.Sent() }):
		if ps.mayEndFallback(exact, doubtful, fam, pool) {
			break
		}
		ps.reportShared(pool, q, exact, Info,
			fmt.Sprintf("NAT pool %s (%s) is advertised on %s under an internet aggregate: the documented fallback", pool.Name, q, list(rowLinks(exact))))
	}
	// What doubtful rows and blind links could add to it.
	all := append(slices.Clone(exact), doubtful...)
	on := rowLinks(all)
	switch overER, falls := overExpressRoute(all), fallback(exact) || len(exact) == 0; {
	case falls && len(overER) > 0 && len(aggregates) > 0: // some of them may be the fallback
		doubtful = append(doubtful, aggregates...)
		if !ps.shared(pool, all) {
			on = rowLinks(overER)
		}
	case !ps.shared(pool, all):
		doubtful = nil
	}
	for _, row := range doubtful {
		if !row.Sent() {
			g := gap{link: row.Link, dir: rib.Advertised, fam: fam, untied: row.Link == rib.NoLink}
			ps.leaveOpenOn(g, fmt.Sprintf("%s on %s would share pool %s, but %s", row.Prefix, row.link.Name, pool.Name, row.fate.Unsent), on...)
		}
	}
	ps.leaveOpenByBlind(ps.sharers(pool, all), rib.Advertised, fam, "pool "+pool.Name, rowLinks(all))
}

// mayEndFallback reports whether the pool may also be sent beside ExpressRoute, by a doubtful row or on a
// blind link, so that it is more than the fallback, and leaves the check open there.
func (ps *Pass) mayEndFallback(exact, doubtful []advertisedRow, fam rib.Family, pool *Pool) bool {
	what, may := "pool "+pool.Name, false
	for i := range doubtful {
		row := &doubtful[i]
		if row.link.Kind.ExpressRoute() {
			continue
		}
		may = true
		g := gap{link: row.Link, dir: rib.Advertised, fam: fam, untied: row.Link == rib.NoLink}
		ps.leaveOpenOn(g, fmt.Sprintf("%s on %s would be more than the fallback of %s, but %s", row.Prefix, row.link.Name, what, row.fate.Unsent), rowLinks(exact)...)
	}
	for _, name := range ps.linksWhere(func(k rib.LinkKind) bool { return !k.ExpressRoute() }) {
		id, _ := ps.table.LinkID(name)
		if ps.mayHide(id, rib.Advertised, 0, exact[0].Prefix) {
			may = true
			ps.leaveOpenByBlind([]string{name}, rib.Advertised, fam, what, rowLinks(exact))
		}
	}
	return may
}

// perhapsTied gives rows that are tied to no link on each link that they may be of.
func (ps *Pass) perhapsTied(untied []advertisedRow) []advertisedRow {
	var out []advertisedRow
	for i := range untied {
		for _, name := range ps.mayBeOn(&untied[i]) {
			row := untied[i]
			row.link = ps.linkNamed(name)
			out = append(out, row)
		}
	}
	return out
}

// fallback reports whether the rows of a pool are all on ExpressRoute: under an internet aggregate
// that is the fallback that Microsoft documents.
func fallback(rows []advertisedRow) bool {
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(r advertisedRow) bool { return !r.link.Kind.ExpressRoute() })
}

func overExpressRoute(rows []advertisedRow) []advertisedRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r advertisedRow) bool { return !r.link.Kind.ExpressRoute() })
}

// shared reports whether rows lead to different firewalls, or to the internet and ExpressRoute.
func (ps *Pass) shared(pool *Pool, rows []advertisedRow) bool {
	return ps.leadApart(pool, ps.linksOf(rows))
}

func (ps *Pass) linksOf(rows []advertisedRow) []*rib.Link {
	var out []*rib.Link
	for i := range rows {
		if !slices.Contains(out, rows[i].link) {
			out = append(out, rows[i].link)
		}
	}
	return out
}

func (ps *Pass) leadApart(pool *Pool, links []*rib.Link) bool {
	for _, l := range links {
		for _, o := range links {
			switch {
			case l.Kind == rib.Internet && o.Kind.ExpressRoute(): // Microsoft's rule, whichever stands in for which
				return true
			case l.Firewall != o.Firewall && !ps.takesTurns(pool, l.Name) && !ps.takesTurns(pool, o.Name):
				return true
			}
		}
	}
	return false
}

// takesTurns reports whether a link that stands in for the pool's links answers only while they do not:
// link/backup sees to it wherever everybody who hears it hears one of them too, unless somebody made that check
// lighter, or waives what it finds.
func (ps *Pass) takesTurns(pool *Pool, link string) bool {
	lighter := func(s CheckSetting) bool {
		return s.ID == linkBackup.ID && (s.Disabled || s.Severity != 0 && s.Severity < Error)
	}
	waived := func(w Waiver) bool { return w.Check == linkBackup.ID }
	if !pool.Backups.has(link) || slices.ContainsFunc(ps.Checks, lighter) || slices.ContainsFunc(ps.Waivers, waived) {
		return false
	}
	return !slices.ContainsFunc(ps.Sight.Observers(), func(ob *rib.Observer) bool {
		return ob.Direction == rib.Advertised && ps.hearsAny(ob, []string{link}) && !ps.hearsAny(ob, pool.Links)
	})
}

// sharers lists the links on which a route of the pool would make these rows shared, by itself or with one of
// another link that is as blind.
func (ps *Pass) sharers(pool *Pool, rows []advertisedRow) []string {
	have := ps.linksOf(rows)
	if len(have) == 0 {
		return nil
	}
	for i := range ps.Links {
		cover := ps.Sight.Coverage(rib.LinkID(i), rib.Advertised, rib.FamilyOf(rows[0].Prefix))
		if l := &ps.Links[i]; (!cover.Covered || cover.Scope != nil) && !slices.Contains(have, l) {
			have = append(have, l)
		}
	}
	var out []string
	for i := range ps.Links {
		if ps.leadApart(pool, append(slices.Clip(have), &ps.Links[i])) {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

func rowLinks(rows []advertisedRow) []string {
	var out []string
	for _, r := range rows {
		out = addTexts(out, r.link.Name)
	}
	return out
}

// reportShared blames the routes on links that the pool does not belong on; where it belongs on
// all of them, those on ExpressRoute.
func (ps *Pass) reportShared(pool *Pool, q netip.Prefix, rows []advertisedRow, severity Severity, message string) {
	blamed := slices.DeleteFunc(slices.Clone(rows), func(r advertisedRow) bool { return slices.Contains(pool.Links, r.link.Name) })
	if len(blamed) == 0 {
		blamed = slices.DeleteFunc(slices.Clone(rows), func(r advertisedRow) bool { return !r.link.Kind.ExpressRoute() })
	}
	if len(blamed) == 0 {
		blamed = rows[1:]
	}
	cause := blamed[0].Prefix
	sameCause := slices.DeleteFunc(slices.Clone(blamed), func(r advertisedRow) bool { return r.Prefix != cause })
	f := Finding{
		Severity: severity, Subject: Subject{"pool", pool.Name}, Family: rib.FamilyOf(q), Links: rowLinks(rows), Message: message,
		Cause:  Cause{What: CauseAdvertised, Prefix: cause, Link: ps.circuitName(rowLinks(sameCause))},
		Config: pool.Pos, Source: sharedSource(ps.linksOf(rows)),
		Story: []string{
			"a connection leaves by one link with a source address of the pool",
			"the answer comes back to the pool by the link that the other side prefers",
			"where that link leads to another firewall, it did not see the connection begin and drops the answer",
		},
	}
	if severity == Info {
		f.Story = nil
		f.advice = &advice{otherwise: "separate pools for each path are what Microsoft asks for; with one pool, keep the ExpressRoute routes more specific"}
	} else {
		f.advice = ps.sharedAdvice(pool, rows, blamed)
	}
	for _, r := range rows {
		if n := len(f.Prefixes); n == 0 || f.Prefixes[n-1] != r.Prefix {
			f.Prefixes = append(f.Prefixes, r.Prefix) // they come in address order
		}
		if len(f.Evidence) < mostEvidence {
			f.Evidence = append(f.Evidence, ps.evidence(r.entry()))
		}
		f.Assumes = addTexts(f.Assumes, ps.trustIn(r.entry())...)
	}
	ps.report(f)
}

// sharedSource is the document that speaks of these links: the internet rule says nothing of two circuits.
func sharedSource(links []*rib.Link) string {
	circuits := slices.DeleteFunc(slices.Clone(links), func(l *rib.Link) bool { return !l.Kind.ExpressRoute() })
	switch {
	case len(circuits) == len(links):
		return `routing-with-expressroute.md: "separate NAT IP pools per ExpressRoute circuit and separate to that of your internet circuits"`
	case len(circuits) == 0:
		return "inferred"
	}
	return internetPoolRule
}

// sharedAdvice stops the routes on links that the pool does not belong on. Where it belongs on all of them
// no route is wrong, and the pool is to be parted.
func (ps *Pass) sharedAdvice(pool *Pool, rows, blamed []advertisedRow) *advice {
	firewalls := []string{}
	for _, l := range ps.linksOf(rows) {
		if l.Firewall != rib.Stateless {
			firewalls = addTexts(firewalls, l.Firewall)
		}
	}
	ad := &advice{
		remedies: func() []remedy {
			var stop remedy
			for _, r := range blamed {
				if ps.backs(r.Prefix, r.link.Name) {
					return nil
				}
				stop = append(stop, ps.change(StopAdvertising, r.link.Name, r.Prefix))
			}
			return []remedy{stop}
		},
		otherwise: fmt.Sprintf("give %s a pool of its own, translate at each firewall (%s) to its own, and advertise each pool on its own links alone; or keep %s on one of %s and take the others out of its links",
			list(rowLinks(blamed)), list(firewalls), pool.Name, list(rowLinks(rows))),
	}
	if !slices.ContainsFunc(blamed, func(r advertisedRow) bool { return !pool.Backups.has(r.link.Name) }) {
		ad.otherwise = fmt.Sprintf("use a pool of its own for backup %s, or let it lead to the firewall of %s", list(rowLinks(blamed)), list(pool.Links))
	}
	return ad
}
