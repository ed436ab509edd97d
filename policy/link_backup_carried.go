package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// checkCarried: a link of backup-when-down must not carry the declaration while its links do. What counts is
// that it is sent, as it is for a link that is wrong.
func (ps *Pass) checkCarried(d *declaration, fam rib.Family) {
	if len(d.backups.WhenDown) == 0 {
		return
	}
	for _, q := range inFamily(d.prefixes, fam) {
		inside := advertisedRows{rows: ps.advertised(fam).inside(q)}
		inside.eachPrefix(func(rows []advertisedRow) {
			if ps.answersFor(d, q, rows[0].Prefix) {
				ps.checkCarriedRows(d, rows)
			}
		})
		untied := ps.untied(fam).inside(q)
		for i := range untied {
			ps.checkCarriedUntied(d, q, &untied[i])
		}
	}
}

// answersFor reports whether no closer declaration than d, by its prefix q, governs p.
func (ps *Pass) answersFor(d *declaration, q, p netip.Prefix) bool {
	g, held := ps.governing(p)
	return g == nil || g == d || held.Bits() <= q.Bits() && g.nestOrder <= d.nestOrder
}

// checkCarriedRows looks at the rows of one prefix.
func (ps *Pass) checkCarriedRows(d *declaration, rows []advertisedRow) {
	p := rows[0].Prefix
	what := fmt.Sprintf("whether %s of %s %s has a route for %s", list(d.links), d.Kind, d.Name, p)
	var carried []string
	for i := range rows {
		row := &rows[i]
		if !slices.Contains(d.backups.WhenDown, row.link.Name) || slices.Contains(carried, row.link.Name) {
			continue
		}
		switch routes := ps.routesFor(d.links, []netip.Prefix{p}, rib.FamilyOf(p)); {
		case routes.none():
		case !routes.all():
			ps.leaveRoutesOpen(d.links, []netip.Prefix{p}, rib.FamilyOf(p), what, row.link.Name)
		case !row.Sent():
			ps.leaveOpen(row.Link, rib.Advertised, rib.FamilyOf(p), fmt.Sprintf("%s would be carried by %s, which may carry it only while %s has no route, but %s", p, row.link.Name, list(d.links), row.fate.Unsent))
		default:
			carried = append(carried, row.link.Name)
		}
	}
	for _, links := range ps.inCircuits(carried) {
		ps.reportCarried(d, p, links, rows)
	}
}

// checkCarriedUntied leaves the check open where a row that is tied to no link may be on one of backup-when-down.
func (ps *Pass) checkCarriedUntied(d *declaration, q netip.Prefix, row *advertisedRow) {
	if !ps.answersFor(d, q, row.Prefix) || ps.routesFor(d.links, []netip.Prefix{row.Prefix}, rib.FamilyOf(row.Prefix)).none() {
		return
	}
	for _, link := range ps.mayBeOn(row) {
		if slices.Contains(d.backups.WhenDown, link) {
			ps.openByUntied(row, fmtMayBeOn(row, link), link)
		}
	}
}

func (ps *Pass) reportCarried(d *declaration, p netip.Prefix, links []string, rows []advertisedRow) {
	f := Finding{
		Subject: d.Subject, Family: rib.FamilyOf(p), Prefixes: []netip.Prefix{p}, Links: links,
		Cause:   Cause{What: CauseAdvertised, Prefix: p, Link: ps.circuitName(links)},
		Message: fmt.Sprintf("%s is advertised on %s, which may carry %s %s only while %s has no route, and it has one%s", p, list(links), d.Kind, d.Name, list(d.links), unheardOn(rows, links)),
		advice:  ps.standInAdvice(d, p, links),
		Config:  d.pos,
	}
	for i := range rows {
		row := &rows[i]
		if slices.Contains(links, row.link.Name) || slices.Contains(d.links, row.link.Name) {
			f.Evidence = append(f.Evidence, ps.evidence(row.entry()))
			f.Assumes = addTexts(f.Assumes, ps.trustIn(row.entry())...)
		}
	}
	for _, name := range d.links { // the route that they have may be an aggregate
		id, _ := ps.table.LinkID(name)
		for _, st := range ps.Sight.CoveringAdvertised(id, p) {
			if !st.Certain() {
				continue
			}
			if ev := ps.evidence(st.Entry); !slices.Contains(f.Evidence, ev) {
				f.Evidence = append(f.Evidence, ev)
			}
			f.Assumes = addTexts(f.Assumes, ps.trustIn(st.Entry)...)
		}
	}
	ps.report(f)
}

// standInAdvice keeps a route back while the links that it stands in for have one.
func (ps *Pass) standInAdvice(d *declaration, p netip.Prefix, links []string) *advice {
	return &advice{
		remedies: func() []remedy {
			keep := ps.onEach(StandIn, links, p)
			for i := range keep {
				keep[i].While = d.links
			}
			return []remedy{keep}
		},
		otherwise: fmt.Sprintf("write backup: [%s] under %s if it may be there always, or stop advertising %s there", strings.Join(links, ", "), d.Name, p),
	}
}
