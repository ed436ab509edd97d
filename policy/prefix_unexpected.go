package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// prefixUnexpected: any route advertised attracts traffic "from any server in Microsoft's network"
// (routing-with-expressroute.md), so one that nobody declared is worth a look.
var prefixUnexpected = &Check{
	ID: "prefix/unexpected", Title: "A prefix is advertised that no declaration covers", Severity: Warning,
	Source: "routing-with-expressroute.md", Flood: "are advertised on %s, and no declaration covers them",
	Run: func(ps *Pass) {
		ps.overAdvertised(everyLink)
		for _, fam := range ps.families {
			ps.overUntied(fam, func(p netip.Prefix, _ string) bool {
				d, _ := ps.governing(p)
				return d == nil
			})
			ps.advertised(fam).eachPrefix(ps.checkUnexpected)
		}
	},
}

func (ps *Pass) checkUnexpected(rows []advertisedRow) {
	p, fam := rows[0].Prefix, rib.FamilyOf(rows[0].Prefix)
	if d, _ := ps.governing(p); d != nil {
		return
	}
	var done []string
	for i := range rows {
		row := &rows[i]
		if slices.Contains(done, row.link.Name) {
			continue
		}
		if !row.Sent() {
			ps.leaveOpen(row.Link, rib.Advertised, fam, fmt.Sprintf("%s would be unexpected on %s, but %s", p, row.link.Name, row.fate.Unsent))
			continue
		}
		links := sidesWith(row, rows)
		done = append(done, links...)
		ps.report(Finding{
			Subject: Subject{"prefix", p.String()}, Family: fam, Prefixes: []netip.Prefix{p}, Links: links,
			Cause:    Cause{What: CauseAdvertised, Prefix: p, Link: ps.circuitName(links)},
			Message:  fmt.Sprintf("%s is advertised on %s, and no declaration covers it%s", p, list(links), unheardOn(rows, links)),
			advice:   ps.withdrawAdvice(p, sentLinks(rows), func() string { return ps.declareInstead(p, row.Link) }),
			Evidence: []Evidence{ps.evidence(row.entry())}, Assumes: ps.trustIn(row.entry()), Config: ps.Pos,
		})
	}
}

// sentLinks lists the links on which rows are sent. What nobody declares is stopped on all of them: where it is
// needed, one of them is as good as the other.
func sentLinks(rows []advertisedRow) (out []string) {
	for i := range rows {
		if rows[i].Sent() {
			out = addTexts(out, rows[i].link.Name)
		}
	}
	return out
}

// sidesWith lists the sides of the row's circuit that carry the same prefix for certain, or its own
// link alone.
func sidesWith(row *advertisedRow, rows []advertisedRow) []string {
	links := []string{}
	for _, r := range rows {
		if r.Sent() && r.link.Circuit == row.link.Circuit && r.link.Kind == row.link.Kind && (row.link.Circuit != "" || r.Link == row.Link) {
			links = addTexts(links, r.link.Name)
		}
	}
	return links
}
