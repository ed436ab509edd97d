package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/configs"
)

// The seed story's expected answers were worked out by hand from Microsoft's page and the rules of
// decision before they were held against the program: configs/seed/*/WORKING.md is that working,
// expected.json its outcome. These tests run the built binary on each step.

const seedDir = "../../configs/seed"

// expectation is a step's expected.json.
type expectation struct {
	Exit     int               `json:"exit"`
	Findings []expectedFinding `json:"findings"`
	Flows    []expectedFlow    `json:"flows"`
	Wins     []expectedWins    `json:"wins"`
}

type expectedFinding struct {
	expectedFindingBody
	CausedBy *string  `json:"caused_by"`
	Effects  []string `json:"effects"`
}

type expectedFlow struct {
	Service   string   `json:"service"`
	Remote    string   `json:"remote"`
	Family    string   `json:"family"`
	Initiator string   `json:"initiator"`
	Forward   []string `json:"forward"`
	Return    []string `json:"return"`
	Verdict   string   `json:"verdict"`
}

type expectedWins struct {
	Query    string          `json:"query"`
	Observer string          `json:"observer"`
	Ranges   []expectedRange `json:"ranges"`
}

type expectedRange struct {
	Prefixes []string `json:"prefixes"`
	Outcome  string   `json:"outcome"`
	Links    []string `json:"links"`
	Reason   string   `json:"reason"`
}

func readExpectation(t *testing.T, step string) expectation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(seedDir, step, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e expectation
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func buildBinary(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bgpaudit")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// runBinary returns stdout and the exit code.
func runBinary(t *testing.T, bin string, args ...string) ([]byte, int) {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	code := cmd.ProcessState.ExitCode()
	if err != nil && code < 0 {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	if code == exitUsage {
		t.Fatalf("%v: exit 2\n%s", args, stderr.String())
	}
	return out, code
}

func TestTheSeedStoryComesOutAsWorkedByHand(t *testing.T) {
	bin := buildBinary(t)
	for _, step := range configs.SeedSteps {
		t.Run(step.Name, func(t *testing.T) {
			want := readExpectation(t, step.Name)
			config := filepath.Join(seedDir, step.Name, "bgpaudit.yaml")
			out, code := runBinary(t, bin, "audit", "-c", config, "--at", "2026-11-20T12:00:00Z", "-o", "json")
			if code != want.Exit {
				t.Errorf("exit %d, want %d", code, want.Exit)
			}
			var got struct {
				Exit     int `json:"exit"`
				Findings []struct {
					ID       string  `json:"id"`
					CausedBy *string `json:"caused_by"`
					expectedFindingBody
				} `json:"findings"`
				Flows []struct {
					Service, Remote, Family, Initiator, Verdict string
					Forward, Return                             struct{ Links []string }
				} `json:"flows"`
			}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if got.Exit != code {
				t.Errorf("the JSON says exit %d, the process %d", got.Exit, code)
			}
			var flows []expectedFlow
			for _, f := range got.Flows {
				flows = append(flows, expectedFlow{f.Service, f.Remote, f.Family, f.Initiator, f.Forward.Links, f.Return.Links, f.Verdict})
			}
			compareSets(t, "flow", lines(want.Flows), lines(flows))

			check := map[string]string{}
			for _, f := range got.Findings {
				check[f.ID] = f.Check
			}
			effects := map[string][]string{}
			for _, f := range got.Findings {
				if f.CausedBy != nil {
					effects[*f.CausedBy] = append(effects[*f.CausedBy], f.Check+" "+f.Subject.Name)
				}
			}
			var found []expectedFinding
			for _, f := range got.Findings {
				e := expectedFinding{expectedFindingBody: f.expectedFindingBody, Effects: effects[f.ID]}
				if f.CausedBy != nil {
					head := check[*f.CausedBy]
					e.CausedBy = &head
				}
				found = append(found, e)
			}
			compareSets(t, "finding", findingLines(want.Findings), findingLines(found))

			for _, w := range want.Wins {
				out, _ := runBinary(t, bin, "wins", w.Query, "--observer", w.Observer, "-c", config, "--at", "2026-11-20T12:00:00Z", "-o", "json")
				var got struct {
					Decisions []struct {
						Observer string          `json:"observer"`
						Ranges   []expectedRange `json:"ranges"`
					} `json:"decisions"`
				}
				if err := json.Unmarshal(out, &got); err != nil {
					t.Fatal(err)
				}
				if len(got.Decisions) != 1 || got.Decisions[0].Observer != w.Observer {
					t.Fatalf("wins %s: %s", w.Query, out)
				}
				compareSets(t, "wins "+w.Query, rangeLines(w.Ranges), rangeLines(got.Decisions[0].Ranges))
			}
		})
	}
}

// expectedFindingBody is what a finding of the program shares with an expected one.
type expectedFindingBody struct {
	Check    string `json:"check"`
	Severity string `json:"severity"`
	Subject  struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"subject"`
	Family string `json:"family"`
	Cause  struct {
		What   string  `json:"what"`
		Prefix *string `json:"prefix"`
		Remote *string `json:"remote"`
		Link   string  `json:"link"`
	} `json:"cause"`
}

func lines[T any](all []T) []string {
	var out []string
	for _, v := range all {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out = append(out, string(b))
	}
	return out
}

func findingLines(all []expectedFinding) []string {
	for i := range all {
		if len(all[i].Effects) == 0 {
			all[i].Effects = nil
		}
		slices.Sort(all[i].Effects)
	}
	return lines(all)
}

// rangeLines flattens ranges to one line a prefix.
func rangeLines(rs []expectedRange) []string {
	var out []string
	for _, r := range rs {
		for _, p := range r.Prefixes {
			out = append(out, fmt.Sprint(netip.MustParsePrefix(p), " ", r.Outcome, " ", r.Links, " ", r.Reason))
		}
	}
	return out
}

func compareSets(t *testing.T, what string, want, got []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s missing:   %s", what, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s unexpected: %s", what, g)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s: %d, want %d", what, len(got), len(want))
	}
}
