package policy

import (
	"slices"

	"bgpaudit/rib"
)

// meantFor lists the links that a side of a flow is meant to use: its backups are among them unless one of its
// links has a route for certain.
func (ps *Pass) meantFor(f *flow, s *side) []string {
	backups := f.service.Backups.names()
	if len(f.intended) == 0 || len(backups) == 0 || slices.ContainsFunc(s.decisions, func(d *rib.Decision) bool { return ps.offers(d, f.intended) }) {
		return f.intended
	}
	return append(slices.Clone(f.intended), backups...)
}

// offers reports whether one of the links has a route that the decision counts.
func (ps *Pass) offers(d *rib.Decision, links []string) bool {
	return slices.ContainsFunc(d.Candidates, func(c rib.Candidate) bool {
		return !c.Out && c.Link != rib.NoLink && slices.Contains(links, ps.table.LinkName(c.Link))
	})
}

// openByBackups leaves flow/off-link open on the backups that a symmetric flow uses, where one of its own links
// may have a route that nobody shows for certain.
func (ps *Pass) openByBackups() {
	for _, f := range ps.flows {
		if f.Verdict != Symmetric {
			continue
		}
		for _, s := range []*side{f.forward, f.reply} {
			if s == nil || f.pinned && s == f.forward {
				continue
			}
			used := slices.DeleteFunc(ps.names(s.decision.Links), func(l string) bool { return !f.service.Backups.has(l) })
			if len(used) == 0 || len(ps.meantFor(f, s)) == len(f.intended) {
				continue
			}
			for _, d := range s.decisions {
				ps.leaveOpenByLosers(d, f.intended, f.Family, "whether "+f.Service+" has to use a backup", used)
			}
		}
	}
}
