package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// seedTime is when the story's dumps are looked at: three hours after they were taken.
var seedTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func demoCmd(g *global) *cobra.Command {
	var once, dumps bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Play the seed story: a company, two kinds of link, every classic fault",
		Long: `demo plays Microsoft's asymmetric-routing story over the dumps shipped inside the program, step by
step: what is found, with ids, and which link wins. It needs no root, no network and no files.
Playing it over live BGP sessions is not built yet; --once and --dumps are accepted and mean the same.

Exit: 0 when every step came out as the story tells, 1 when one did not.`,
		Example: "  bgpaudit demo\n  bgpaudit demo --once --color never | less",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "bgpaudit-demo-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			if err := configs.WriteSeed(dir); err != nil {
				return err
			}
			asTold := true
			for i, step := range configs.SeedSteps {
				told, err := g.play(cmd.Context(), filepath.Join(dir, "seed", step.Name), i+1, step)
				if err != nil {
					return fmt.Errorf("step %s: %w", step.Name, err)
				}
				asTold = asTold && told
			}
			if !asTold {
				fmt.Fprintln(g.stderr, "demo: a step did not come out as the story tells")
				return exitCode(policy.ExitFindings)
			}
			fmt.Fprintf(g.stdout, "\nEvery step came out as the story tells. Its configs and dumps are in configs/seed; try one:\n  bgpaudit audit -c configs/seed/c/bgpaudit.yaml --at %s\n", seedTime.Format(time.RFC3339))
			return nil
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end when the story is told")
	cmd.Flags().BoolVar(&dumps, "dumps", false, "play the shipped dumps")
	return cmd
}

// play audits one step and reports whether it came out as told.
func (g *global) play(ctx context.Context, dir string, number int, step configs.SeedStep) (bool, error) {
	config, err := configs.Load(filepath.Join(dir, "bgpaudit.yaml"))
	if err != nil {
		return false, err
	}
	s, err := g.read(ctx, config, seedTime, collecting{})
	if err != nil {
		return false, err
	}
	result := policy.Audit(&config.Intent, s.sight, s.now)
	code, _ := result.Exit(policy.Error)
	paint := g.paint()
	fmt.Fprintf(g.stdout, "\n%s\n  %s\n", heading(paint, fmt.Sprintf("%d. (%s) %s", number, step.Name, step.Title)), step.Teach)
	for _, f := range result.Findings {
		pad := ""
		if f.CausedBy != "" {
			pad = "  └ "
		}
		fmt.Fprintf(g.stdout, "  %s%s %s %s (%s) [%s]\n      %s\n", pad, strings.ToUpper(f.Severity.String()), f.Check, f.Subject.Name, f.Family, f.ID, report.Clean(f.Message))
	}
	told, err := readExpected(filepath.Join(dir, "expected.json"))
	if err != nil {
		return false, err
	}
	for _, line := range s.winners(told) {
		fmt.Fprintf(g.stdout, "  %s\n", line)
	}
	for _, f := range result.Flows {
		fmt.Fprintf(g.stdout, "  %-11s %s (%s): out by %s, back by %s\n", f.Verdict, f.Service, f.Family, orNone(f.Forward.Links), orNone(f.Return.Links))
	}
	fmt.Fprintf(g.stdout, "  exit %d\n", code)
	return told.agrees(result, code), nil
}

func heading(paint report.Paint, s string) string {
	if !paint {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

func orNone(links []string) string {
	if len(links) == 0 {
		return "none"
	}
	return strings.Join(links, "+")
}

// told is what a step's expected.json says must come out.
type told struct {
	Exit     int `json:"exit"`
	Findings []struct {
		Check   string `json:"check"`
		Family  string `json:"family"`
		Subject struct {
			Name string `json:"name"`
		} `json:"subject"`
	} `json:"findings"`
	Wins []struct {
		Query    string `json:"query"`
		Observer string `json:"observer"`
	} `json:"wins"`
}

func readExpected(path string) (*told, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t told
	return &t, json.Unmarshal(text, &t)
}

// agrees reports whether the step gave the findings and the exit code that the story tells.
func (t *told) agrees(r *policy.Result, code int) bool {
	var want, got []string
	for _, f := range t.Findings {
		want = append(want, strings.Join([]string{f.Check, f.Family, f.Subject.Name}, " "))
	}
	for _, f := range r.Findings {
		got = append(got, strings.Join([]string{f.Check, f.Family.String(), f.Subject.Name}, " "))
	}
	slices.Sort(want)
	slices.Sort(got)
	return code == t.Exit && slices.Equal(want, got)
}

// winners answers the step's own questions, a line each.
func (s *site) winners(t *told) []string {
	var out []string
	for _, q := range t.Wins {
		p, err := parseQuery(q.Query)
		ob := s.sight.Observer(q.Observer)
		if err != nil || ob == nil {
			continue
		}
		for _, r := range s.sight.Ranges(ob, p, rib.Query{}, rib.ByRoute) {
			var names []string
			for _, l := range r.Decision.Links {
				names = append(names, s.table.LinkName(l))
			}
			answer := string(r.Decision.Outcome)
			if len(names) > 0 {
				answer = strings.Join(names, "+") + " by " + string(r.Decision.Reason)
			}
			out = append(out, fmt.Sprintf("wins %s (%s): %s", firstPrefix(r.Prefixes()), q.Observer, answer))
		}
	}
	return out
}

func firstPrefix(ps []netip.Prefix) string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	return fmt.Sprintf("%s and %d more", ps[0], len(ps)-1)
}
