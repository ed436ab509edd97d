package main

import (
	"context"
	"fmt"
	"net/netip"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// demoDumps plays the story over the dumps that an operator would have exported at each step.
func (g *global) demoDumps(ctx context.Context, dir string) error {
	differs := false
	for i := range configs.SeedSteps {
		sc, err := g.sceneOf(ctx, dir, i)
		if err != nil {
			return fmt.Errorf("step %s: %w", configs.SeedSteps[i].Name, err)
		}
		result := policy.Audit(&sc.site.config.Intent, sc.site.sight, sc.site.now)
		code, _ := result.Exit(policy.Error)
		g.tell(sc)
		for _, f := range result.Findings {
			pad := ""
			if f.CausedBy != "" {
				pad = "  └ "
			}
			fmt.Fprintf(g.stdout, "  %s%s\n      %s\n", pad, lineOf(f), report.Clean(f.Message))
		}
		for _, line := range sc.site.winners(sc.told) {
			fmt.Fprintf(g.stdout, "  %s\n", line)
		}
		g.sayFlows(result, code)
		differs = g.sayDifferences(sc, sc.told.differences(result, code)) || differs
	}
	return g.asTold(differs)
}

// winners answers the step's own questions, a line for each range.
func (s *site) winners(t *told) []string {
	var out []string
	for _, q := range t.Wins {
		p, err := q.prefix()
		ob := s.sight.Observer(q.Observer)
		if err == nil && ob != nil {
			out = append(out, winsLines(s.sight, ob, p)...)
		}
	}
	return out
}

// winsLines are an observer's choices in short.
func winsLines(sight *rib.Sight, ob *rib.Observer, p netip.Prefix) []string {
	var out []string
	for _, r := range sight.Ranges(ob, p, rib.Query{}, rib.ByRoute) {
		var names []string
		for _, l := range r.Decision.Links {
			names = append(names, sight.Table().LinkName(l))
		}
		answer := string(r.Decision.Outcome)
		if len(names) > 0 {
			answer = orNone(names) + " by " + string(r.Decision.Reason)
		}
		out = append(out, fmt.Sprintf("wins %s (%s): %s", firstPrefix(r.Prefixes()), ob.Name, answer))
	}
	return out
}

func firstPrefix(ps []netip.Prefix) string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	return fmt.Sprintf("%s and %d more", ps[0], len(ps)-1)
}
