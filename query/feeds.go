package query

import (
	"io"
	"slices"

	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// Feeds asks what became of the feeds.
type Feeds struct{}

// Write answers, and gives the exit code.
func (Feeds) Write(w io.Writer, s Site, f Form) (exit int, err error) {
	all := s.table().Feeds()
	rows := make([]rib.Rows, len(all))
	for id := range all {
		rows[id] = s.Sight.Rows(rib.FeedID(id))
	}
	if f.Output == "json" {
		err = report.FeedsJSON(w, all, rows)
	} else {
		err = report.FeedsText(w, all, rows, policy.Families(s.Intent, s.table()), f.Detailed, f.Paint)
	}
	if slices.ContainsFunc(all, failing) {
		exit = policy.ExitIncomplete
	}
	return exit, err
}

func failing(f *rib.Feed) bool { return f.Failing() != "" && !f.State.Closed }

// Links asks for the links, and for what the feeds prove of each.
type Links struct{}

// Write answers.
func (Links) Write(w io.Writer, s Site, f Form) error {
	families := policy.Families(s.Intent, s.table())
	if len(families) == 0 {
		families = rib.Families[:]
	}
	if f.Output == "json" {
		return report.LinksJSON(w, s.Sight, families)
	}
	return report.LinksText(w, s.Sight, families, f.Paint)
}
