package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// linkWrong: a declared prefix, pool or service is advertised where its declaration does not put
// it ("Make sure your public IP addresses are advertised to appropriate wide area network (WAN)
// links", expressroute-asymmetric-routing.md).
var linkWrong = &Check{
	ID: "link/wrong", Title: "A declared prefix is advertised on a link outside its links", Severity: Error,
	Source: "expressroute-asymmetric-routing.md, 2024-07-11",
	Run: func(ps *Pass) {
		ps.overAdvertised(func(_ *rib.Link, fam rib.Family) bool { return ps.declares(fam) })
		for _, fam := range ps.families {
			rows := ps.advertised(fam)
			for i := range rows {
				ps.checkWrong(&rows[i], rows)
			}
		}
		ps.checkNever()
	},
}

func (ps *Pass) declares(fam rib.Family) bool {
	return slices.ContainsFunc(ps.declared, func(d *declaration) bool { return len(inFamily(d.prefixes, fam)) > 0 })
}

// checkWrong holds one advertised route against the declaration that governs it.
func (ps *Pass) checkWrong(row *advertisedRow, rows []advertisedRow) {
	d, held := ps.governing(row.Prefix)
	if d == nil {
		return
	}
	ok, why := d.allows(row.Prefix, held, row.link.Name)
	if ok {
		return
	}
	fam := rib.FamilyOf(row.Prefix)
	if row.Doubt != "" {
		ps.leaveOpen(row.Link, rib.Advertised, fam, fmt.Sprintf("%s would be wrong on %s, but %s", row.Prefix, row.link.Name, row.Doubt), true)
		return
	}
	links := ps.wrongSides(row, d, held, rows)
	ps.report(Finding{
		Subject: d.Subject, Family: fam, Prefixes: []netip.Prefix{row.Prefix}, Links: links,
		Cause:    Cause{What: CauseAdvertised, Prefix: row.Prefix, Link: ps.circuitName(links)},
		Message:  fmt.Sprintf("%s is advertised on %s; %s %s belongs on %s (%s)", row.Prefix, list(links), d.Kind, d.Name, list(d.links), why),
		Hint:     fmt.Sprintf("stop advertising %s on %s, or add the link to the links of %s", row.Prefix, list(links), d.Name),
		Evidence: []Evidence{ps.evidence(row.Entry)}, Assumes: ps.trustIn(row.Entry), Config: d.pos,
	})
}

// wrongSides lists the sides of the row's circuit on which the same prefix is wrong in the same way,
// so that they come as one finding.
func (ps *Pass) wrongSides(row *advertisedRow, d *declaration, held netip.Prefix, rows []advertisedRow) []string {
	sides := ps.sides(row.link)
	if len(sides) < 2 {
		return []string{row.link.Name}
	}
	var wrong []string
	for _, side := range sides {
		if ok, _ := d.allows(row.Prefix, held, side); ok {
			continue
		}
		if slices.ContainsFunc(rows, func(r advertisedRow) bool {
			return r.Prefix == row.Prefix && r.link.Name == side && r.Certain()
		}) {
			wrong = append(wrong, side)
		}
	}
	return wrong
}

// checkNever: with never-links, a covering aggregate is wrong too where it wins there.
func (ps *Pass) checkNever() {
	for _, d := range ps.declared {
		for _, link := range d.never {
			id, _ := ps.table.LinkID(link)
			for _, p := range d.prefixes {
				if slices.Contains(ps.families, rib.FamilyOf(p)) {
					ps.checkNeverOn(d, p, id)
				}
			}
		}
	}
}

func (ps *Pass) checkNeverOn(d *declaration, p netip.Prefix, link rib.LinkID) {
	fam := rib.FamilyOf(p)
	for _, ob := range ps.Sight.Observers() {
		if ob.Direction != rib.Advertised || !slices.Contains(ob.Hears, link) {
			continue
		}
		for _, r := range ps.Sight.Ranges(ob, p, rib.Query{}, rib.ByRoute) {
			if !r.Decision.Firm() && slices.Contains(r.Decision.Links, link) {
				ps.leaveOpenBy(r.Decision, "an aggregate may win on "+ps.table.LinkName(link))
				continue
			}
			for _, c := range r.Decision.Candidates {
				if c.Link != link || c.Lost != "" || c.Out || c.Prefix.Bits() >= p.Bits() {
					continue
				}
				name := ps.table.LinkName(link)
				ps.report(Finding{
					Subject: d.Subject, Family: fam, Prefixes: []netip.Prefix{c.Prefix}, Links: []string{name},
					Cause:    Cause{What: CauseAdvertised, Prefix: c.Prefix, Link: name},
					Message:  fmt.Sprintf("the aggregate %s on %s draws %s's traffic to %s %s, which never-links keeps off it", c.Prefix, name, ob.Name, d.Kind, d.Name),
					Hint:     fmt.Sprintf("stop advertising %s on %s, or advertise %s more specifically on its own links", c.Prefix, name, d.Name),
					Evidence: []Evidence{ps.evidence(c.Entry)}, Assumes: r.Decision.Assumes, Config: d.pos,
				})
			}
		}
	}
}

// leaveOpenBy records what a decision that is not firm hangs on.
func (ps *Pass) leaveOpenBy(d *rib.Decision, what string) {
	for _, doubt := range d.Doubts {
		link := doubt.Link
		if link == rib.NoLink {
			for _, l := range d.Links {
				ps.leaveOpen(l, d.Direction, doubt.Family, what+": "+doubt.Why, !doubt.Missing)
			}
			continue
		}
		ps.leaveOpen(link, d.Direction, doubt.Family, what+": "+doubt.Why, !doubt.Missing)
	}
}
