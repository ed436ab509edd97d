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
	Source: "routing-with-expressroute.md",
	Run: func(ps *Pass) {
		ps.overAdvertised(everyLink)
		for _, fam := range ps.families {
			ps.overUntied(fam, func(p netip.Prefix, _ string) bool {
				d, _ := ps.governing(p)
				return d == nil
			})
			rows := ps.advertised(fam)
			done := map[netip.Prefix][]string{}
			for _, row := range rows {
				if d, _ := ps.governing(row.Prefix); d != nil || slices.Contains(done[row.Prefix], row.link.Name) {
					continue
				}
				if row.Doubt != "" {
					ps.leaveOpen(row.Link, rib.Advertised, fam, fmt.Sprintf("%s would be unexpected on %s, but %s", row.Prefix, row.link.Name, row.Doubt), true)
					continue
				}
				links := ps.sidesWith(row, rows)
				done[row.Prefix] = append(done[row.Prefix], links...)
				ps.report(Finding{
					Subject: Subject{"prefix", row.Prefix.String()}, Family: fam, Prefixes: []netip.Prefix{row.Prefix}, Links: links,
					Cause:    Cause{What: CauseAdvertised, Prefix: row.Prefix, Link: ps.circuitName(links)},
					Message:  fmt.Sprintf("%s is advertised on %s, and no declaration covers it", row.Prefix, list(links)),
					Hint:     fmt.Sprintf("declare %s under prefixes:, or stop advertising it on %s", row.Prefix, list(links)),
					Evidence: []Evidence{ps.evidence(row.Entry)}, Assumes: ps.trustIn(row.Entry), Config: ps.Pos,
				})
			}
		}
	},
}

// sidesWith lists the sides of the row's circuit that carry the same prefix for certain, or its own
// link alone.
func (ps *Pass) sidesWith(row advertisedRow, rows []advertisedRow) []string {
	links := []string{}
	for _, r := range rows {
		if r.Prefix == row.Prefix && r.Certain() && r.link.Circuit == row.link.Circuit && r.link.Kind == row.link.Kind && (row.link.Circuit != "" || r.Link == row.Link) {
			links = addTexts(links, r.link.Name)
		}
	}
	return links
}
