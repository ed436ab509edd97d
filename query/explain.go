package query

import (
	"fmt"
	"io"
	"net/netip"
	"slices"

	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// What of a chain is listed at most: a leak may concern thousands of prefixes.
const (
	mostRoutes    = 100
	mostQuestions = 8
)

// Explain asks for the chain behind a finding, as far as the routes of today have it.
type Explain struct {
	Held   report.Held
	Result *policy.Result // the audit that is spoken of
	On     report.Standing
	Limit  Limit
}

// Write answers.
func (q Explain) Write(w io.Writer, s Site, f Form) error {
	e, err := q.chain(s)
	if err != nil {
		return err
	}
	if f.Output == "json" {
		return report.ExplainJSON(w, e, records(s.table(), e.Routes), s.table(), q.On)
	}
	return report.ExplainText(w, e, s.table(), q.On, f.Paint)
}

func (q Explain) chain(s Site) (*report.Explanation, error) {
	f := q.Held.Finding
	e := &report.Explanation{Held: q.Held}
	for _, g := range q.Result.Findings {
		if g.Group == f.Group {
			e.Group = append(e.Group, g)
		}
	}
	for _, fl := range q.Result.Flows {
		if slices.ContainsFunc(e.Group, func(g *policy.Finding) bool { return slices.Contains(fl.Findings, g.ID) }) {
			e.Flows = append(e.Flows, fl)
		}
	}
	e.Routes = evidence(s.table(), f)
	if n := len(e.Routes); n > mostRoutes {
		e.Routes = e.Routes[:mostRoutes]
		e.Omits = append(e.Omits, fmt.Sprintf("%d more routes", n-mostRoutes))
	}
	asked := f.Prefixes
	if n := len(asked); n > mostQuestions {
		asked = asked[:mostQuestions]
		e.Omits = append(e.Omits, fmt.Sprintf("which link wins for %d more prefixes", n-mostQuestions))
	}
	for _, p := range asked {
		if err := q.Limit.check(s.table(), p); err != nil {
			e.Omits = append(e.Omits, "which link wins for "+err.Error())
			continue
		}
		answers, err := s.wins(p, "")
		if err != nil {
			return nil, err
		}
		e.Wins = append(e.Wins, report.Question{Query: p.String(), Answers: answers})
	}
	return e, nil
}

// evidence are the routes that a finding names, as the table has them now.
func evidence(t *rib.Table, f *policy.Finding) []rib.Entry {
	named := map[netip.Prefix][]policy.Evidence{}
	var order []netip.Prefix
	for _, ev := range f.Evidence {
		if !ev.Prefix.IsValid() {
			continue
		}
		if named[ev.Prefix] == nil {
			order = append(order, ev.Prefix)
		}
		named[ev.Prefix] = append(named[ev.Prefix], ev)
	}
	var out []rib.Entry
	for _, p := range order {
		for _, e := range t.Exact(p) {
			if slices.ContainsFunc(named[p], func(ev policy.Evidence) bool {
				return ev.Feed == t.Feeds()[e.Feed].Name && ev.Link == t.LinkName(e.Link)
			}) {
				out = append(out, e)
			}
		}
	}
	return out
}
