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
)

// seedTime is when the story's dumps are looked at: three hours after they were taken.
var seedTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func demoCmd(g *global) *cobra.Command {
	var once, dumps bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Play the seed story: a company, two kinds of link, every classic fault",
		Long: `demo plays Microsoft's asymmetric-routing story step by step. For each step it starts a monitor and
played routers, which open BGP sessions to it over loopback addresses, and prints each finding as it
is raised and cleared, with its id and the answer behind it: which link wins. It needs no root, no
network and no files. After the last step the monitor goes on until Ctrl-C; --once ends it there.

--dumps audits the dumps of each step in place of sessions, and ends.

Exit: 0 when every step came out as the story tells, 1 when one did not, 2 where it cannot be played.`,
		Example: "  bgpaudit demo\n  bgpaudit demo --once --color never | less\n  bgpaudit demo --dumps",
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
			if dumps {
				return g.demoDumps(cmd.Context(), dir)
			}
			return g.demoLive(cmd.Context(), dir, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end when the story is told")
	cmd.Flags().BoolVar(&dumps, "dumps", false, "audit the shipped dumps in place of sessions, and end")
	return cmd
}

// scene is a step of the story with what it stands on: its files read, and what must come of them.
type scene struct {
	configs.SeedStep
	number int
	site   *site
	told   *told
}

// sceneOf reads a step out of the folder that the story was written to.
func (g *global) sceneOf(ctx context.Context, dir string, i int) (*scene, error) {
	step := configs.SeedSteps[i]
	dir = filepath.Join(dir, "seed", step.Name)
	config, err := configs.Load(filepath.Join(dir, "bgpaudit.yaml"))
	if err != nil {
		return nil, err
	}
	s, err := g.read(ctx, config, seedTime, collecting{})
	if err != nil {
		return nil, err
	}
	told, err := readTold(filepath.Join(dir, "expected.json"))
	return &scene{step, i + 1, s, told}, err
}

// tell says the step in words.
func (g *global) tell(sc *scene) {
	title := fmt.Sprintf("%d. (%s) %s", sc.number, sc.Name, sc.Title)
	if g.paint() {
		title = "\x1b[1m" + title + "\x1b[0m"
	}
	fmt.Fprintf(g.stdout, "\n%s\n  %s\n", title, sc.Teach)
}

// lineOf is a finding in one line.
func lineOf(f *policy.Finding) string {
	return fmt.Sprintf("%s %s %s (%s) [%s]", strings.ToUpper(f.Severity.String()), f.Check, report.Clean(f.Subject.Name), f.Family, f.ID)
}

// sayFlows prints the flows and the exit code of an audit.
func (g *global) sayFlows(r *policy.Result, code int) {
	for _, f := range r.Flows {
		fmt.Fprintf(g.stdout, "  %-11s %s (%s): out by %s, back by %s\n", f.Verdict, f.Service, f.Family, orNone(f.Forward.Links), orNone(f.Return.Links))
	}
	fmt.Fprintf(g.stdout, "  exit %d\n", code)
}

func orNone(links []string) string {
	if len(links) == 0 {
		return "none"
	}
	return strings.Join(links, "+")
}

// sayDifferences says where a step left the story, and reports whether it did.
func (g *global) sayDifferences(sc *scene, differences []string) bool {
	for _, d := range differences {
		fmt.Fprintf(g.stderr, "demo: step %s did not come out as the story tells: %s\n", sc.Name, report.Clean(d))
	}
	return len(differences) > 0
}

// asTold ends the demo: with where to go on, or with the exit code of a story that went otherwise.
func (g *global) asTold(differs bool) error {
	if differs {
		return exitCode(policy.ExitFindings)
	}
	fmt.Fprintf(g.stdout, "\nEvery step came out as the story tells. Its configs and dumps are in configs/seed; try one:\n  bgpaudit audit -c configs/seed/c/bgpaudit.yaml --at %s\n", seedTime.Format(time.RFC3339))
	return nil
}

// told is what a step's expected.json says must come out.
type told struct {
	Exit     int           `json:"exit"`
	Findings []toldFinding `json:"findings"`
	Wins     []toldWins    `json:"wins"`
}

type toldWins struct {
	Query    string `json:"query"`
	Observer string `json:"observer"`
}

func (w *toldWins) prefix() (netip.Prefix, error) {
	if a, err := netip.ParseAddr(w.Query); err == nil {
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(w.Query)
}

type toldFinding struct {
	Check   string `json:"check"`
	Family  string `json:"family"`
	Subject struct {
		Name string `json:"name"`
	} `json:"subject"`
	Cause struct {
		What   policy.CauseKind `json:"what"`
		Prefix string           `json:"prefix"`
		Link   string           `json:"link"` // or circuit
	} `json:"cause"`
	CausedBy *string `json:"caused_by"`
}

func readTold(path string) (*told, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t told
	return &t, json.Unmarshal(text, &t)
}

// differences are those between the findings and the exit code that came out and those of the story.
func (t *told) differences(r *policy.Result, code int) []string {
	var out, want, got []string
	for _, f := range t.Findings {
		want = append(want, strings.Join([]string{f.Check, f.Family, f.Subject.Name}, " "))
	}
	for _, f := range r.Findings {
		got = append(got, strings.Join([]string{f.Check, f.Family.String(), f.Subject.Name}, " "))
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			out = append(out, "there is no finding "+w)
		}
	}
	for _, f := range got {
		if !slices.Contains(want, f) {
			out = append(out, "there is a finding "+f)
		}
	}
	if len(out) == 0 && len(want) != len(got) {
		out = append(out, fmt.Sprintf("there are %d findings, not %d", len(got), len(want)))
	}
	if code != t.Exit {
		out = append(out, fmt.Sprintf("exit %d, not %d", code, t.Exit))
	}
	return out
}
