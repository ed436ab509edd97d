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
	Source: "expressroute-asymmetric-routing.md, 2024-07-11", Flood: "are advertised on %s, and belong on other links",
	Run: func(ps *Pass) {
		ps.overAdvertised(func(_ *rib.Link, fam rib.Family) bool { return ps.declares(fam) })
		for _, fam := range ps.families {
			ps.advertised(fam).eachPrefix(ps.checkWrong)
			ps.overUntied(fam, func(p netip.Prefix, link string) bool {
				d, held := ps.governing(p)
				if d == nil {
					return false
				}
				ok, _ := d.allows(p, held, link)
				return !ok
			})
		}
		ps.checkNever()
	},
}

func (ps *Pass) declares(fam rib.Family) bool {
	return slices.ContainsFunc(ps.declared, func(d *declaration) bool { return len(inFamily(d.prefixes, fam)) > 0 })
}

// checkWrong holds the routes of one advertised prefix against the declaration that governs it.
func (ps *Pass) checkWrong(rows []advertisedRow) {
	p := rows[0].Prefix
	d, held := ps.governing(p)
	if d == nil {
		return
	}
	for i := range rows {
		row := &rows[i]
		ok, why := d.allows(p, held, row.link.Name)
		switch {
		case ok:
		case !row.Sent():
			ps.leaveOpen(row.Link, rib.Advertised, rib.FamilyOf(p), fmt.Sprintf("%s would be wrong on %s, but %s", p, row.link.Name, row.fate.Unsent))
		default:
			ps.reportWrong(row, d, ps.wrongSides(row, d, held, rows), why, rows)
		}
	}
}

func (ps *Pass) reportWrong(row *advertisedRow, d *declaration, links []string, why string, rows []advertisedRow) {
	p := row.Prefix
	ps.report(Finding{
		Subject: d.Subject, Family: rib.FamilyOf(p), Prefixes: []netip.Prefix{p}, Links: links,
		Cause:    Cause{What: CauseAdvertised, Prefix: p, Link: ps.circuitName(links)},
		Message:  fmt.Sprintf("%s is advertised on %s; %s %s belongs on %s (%s)%s", p, list(links), d.Kind, d.Name, list(d.links), why, unheardOn(rows, links)),
		advice:   ps.wrongAdvice(p, links, d),
		Evidence: []Evidence{ps.evidence(row.entry())}, Assumes: ps.trustIn(row.entry()), Config: d.pos,
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
		if slices.ContainsFunc(rows, func(r advertisedRow) bool { return r.link.Name == side && r.Sent() }) {
			wrong = append(wrong, side)
		}
	}
	return wrong
}

// unheardOn says of rows that were sent on links that nobody hears them, where that is so; what was
// sent is wrong all the same: it is heard as soon as a filter at the other end goes.
func unheardOn(rows []advertisedRow, links []string) string {
	why := ""
	for i := range rows {
		switch {
		case rows[i].link == nil || !slices.Contains(links, rows[i].link.Name):
		case rows[i].fate.Unheard == "":
			return ""
		default:
			why = rows[i].fate.Unheard
		}
	}
	if why == "" {
		return ""
	}
	return "; nobody hears it: " + why
}

// checkNever: with never-links, a covering aggregate is wrong too where it wins there.
func (ps *Pass) checkNever() {
	for _, d := range ps.declared {
		for _, p := range d.prefixes {
			if len(d.never) > 0 && slices.Contains(ps.families, rib.FamilyOf(p)) {
				ps.checkNeverFor(d, p)
			}
		}
	}
}

func (ps *Pass) checkNeverFor(d *declaration, p netip.Prefix) {
	for _, ob := range ps.Sight.Observers() {
		if ob.Direction != rib.Advertised || !ps.hearsAny(ob, d.never) {
			continue
		}
		for _, r := range ps.Sight.Ranges(ob, p, rib.Query{Brief: true}, rib.ByRoute) {
			never := slices.DeleteFunc(ps.names(r.Decision.Links), func(l string) bool { return !slices.Contains(d.never, l) })
			switch {
			case len(never) == 0:
			case !r.Decision.Firm():
				ps.leaveOpenBy(r.Decision, "an aggregate may win on "+list(never), never...)
			default:
				ps.reportNever(d, p, ob, r.Decision, never)
			}
		}
	}
}

// reportNever reports the aggregates that win on never-links, the sides of a circuit as one.
func (ps *Pass) reportNever(d *declaration, p netip.Prefix, ob *rib.Observer, dec *rib.Decision, never []string) {
	for _, links := range ps.inCircuits(never) {
		won := slices.DeleteFunc(slices.Clone(dec.Candidates), func(c rib.Candidate) bool {
			return c.Lost != "" || c.Out || c.Prefix.Bits() >= p.Bits() || !slices.Contains(links, ps.table.LinkName(c.Link))
		})
		if len(won) == 0 {
			continue
		}
		route := won[0].Prefix // the winners of one decision are of one length, and cover one address
		f := Finding{
			Subject: d.Subject, Family: rib.FamilyOf(p), Prefixes: []netip.Prefix{route}, Links: links,
			Cause:   Cause{What: CauseAdvertised, Prefix: route, Link: ps.circuitName(links)},
			Message: fmt.Sprintf("the aggregate %s on %s draws %s's traffic to %s %s, which never-links keeps off it", route, list(links), ob.Name, d.Kind, d.Name),
			advice:  ps.returnAdvice(dec, ob, d, []netip.Prefix{p}, ps.keptOff(d)),
			Assumes: dec.Assumes, Config: d.pos,
		}
		for _, c := range won {
			f.Evidence = append(f.Evidence, ps.evidence(c.Entry))
		}
		ps.report(f)
	}
}

// leaveOpenBy records what a decision that is not firm hangs on, for the links on which the running
// check would fire.
func (ps *Pass) leaveOpenBy(d *rib.Decision, what string, on ...string) {
	for _, doubt := range d.Doubts {
		ps.leaveOpenOn(gapOf(doubt), what+": "+doubt.Why, on...)
	}
}

// gapOf is the gap behind a doubt.
func gapOf(d rib.Doubt) gap {
	return gap{link: d.Link, dir: d.Direction, fam: d.Family, untied: d.Link == rib.NoLink && d.Missing}
}
