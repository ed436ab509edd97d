package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Evidence that is lost must never turn into an all-clear, nor into another answer: every step of
// the seed story, every feed, every damage.

// damage spoils one feed of a step: its line of the config, or its file.
type damage struct {
	name  string
	must3 bool // exit 3 whatever the step; else 3, or the whole dumps' own exit with their verdicts
	// spoil changes the feed's config line and file text. ok is false where the damage does not apply.
	spoil func(line, text string) (newLine, newText string, keep, ok bool)
}

var viewIn = regexp.MustCompile(`view: [a-z-]+`)

func viewBecomes(view string, from ...string) func(line, text string) (string, string, bool, bool) {
	return func(line, text string) (string, string, bool, bool) {
		now := strings.TrimPrefix(viewIn.FindString(line), "view: ")
		return viewIn.ReplaceAllString(line, "view: "+view), text, true, slices.Contains(from, now)
	}
}

var damages = []damage{
	{"deleted", true, func(line, text string) (string, string, bool, bool) { return line, text, false, true }},
	{"cut in the middle", true, func(line, text string) (string, string, bool, bool) { return line, text[:len(text)/2], true, true }},
	{"cut before its last bytes", true, func(line, text string) (string, string, bool, bool) {
		return line, strings.TrimRight(text, "\n \t")[:len(strings.TrimRight(text, "\n \t"))-1], true, true
	}},
	{"emptied", true, func(line, _ string) (string, string, bool, bool) { return line, "", true, true }},
	{"older than max-age", true, func(line, text string) (string, string, bool, bool) {
		return strings.Replace(line, "max-age: 24h", "max-age: 1h", 1), text, true, strings.Contains(line, "max-age: 24h")
	}},
	{"adj-rib-out-pre", false, viewBecomes("adj-rib-out-pre", "adj-rib-out-post", "far-end")},
	{"bgp-table for advertised", false, viewBecomes("bgp-table", "adj-rib-out-post", "far-end")},
	{"adj-rib-in-pre", false, viewBecomes("adj-rib-in-pre", "adj-rib-in-post")},
	{"loc-rib", false, viewBecomes("loc-rib", "adj-rib-in-post")},
	{"ipv4 only", false, ipv4Only},
}

var familiesIn = regexp.MustCompile(`, families: \[[^\]]*\]`)

// ipv4Only takes the IPv6 rows and the feed's families entry away.
func ipv4Only(line, text string) (string, string, bool, bool) {
	line = familiesIn.ReplaceAllString(line, "")
	switch {
	case strings.Contains(line, ".jsonl"):
		var kept []string
		rows := 0
		for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
			switch {
			case strings.HasPrefix(l, `{"header"`):
				l = strings.Replace(l, `["ipv4","ipv6"]`, `["ipv4"]`, 1)
			case strings.HasPrefix(l, `{"trailer"`):
				l = regexp.MustCompile(`"routes": ?\d+`).ReplaceAllString(l, fmt.Sprintf(`"routes":%d`, rows))
			default:
				if regexp.MustCompile(`"prefix": ?"[^"]*:`).MatchString(l) {
					continue
				}
				rows++
			}
			kept = append(kept, l)
		}
		return line, strings.Join(kept, "\n") + "\n", true, true
	case strings.Contains(line, "ipv6") && strings.Contains(text, "advertisedRoutes"):
		return line, `{"bgpTableVersion":0,"bgpLocalRouterId":"192.0.2.1","defaultLocPrf":100,"localAS":65536,"advertisedRoutes":{},"totalPrefixCounter":0,"filteredPrefixCounter":0}`, true, true
	case strings.Contains(line, "ipv6"):
		return line, `{"vrfId":0,"vrfName":"default","tableVersion":0,"routerId":"192.0.2.1","defaultLocPrf":100,"localAS":65536,"routes":{}}`, true, true
	}
	return line, text, true, false
}

// step is a seed step's answers: an audit, and the winners at many addresses.
type stepAnswers struct {
	exit    int
	reasons []string
	flows   []*policy.Flow
	found   []string
	wins    map[string]*rib.Decision
	site    *site
}

func answersOf(t *testing.T, config string, queries []expectedWins) stepAnswers {
	t.Helper()
	c, err := configs.Load(config)
	if err != nil {
		t.Fatal(err)
	}
	g := &global{stdout: io.Discard, stderr: io.Discard, log: zap.NewNop()}
	s, err := g.read(context.Background(), c, seedTime, collecting{})
	if err != nil {
		t.Fatal(err)
	}
	c.Intent.Brief = true // by the thousand: nobody reads what to do
	r := policy.Audit(&c.Intent, s.sight, seedTime)
	a := stepAnswers{flows: r.Flows, wins: map[string]*rib.Decision{}, site: s}
	a.exit, a.reasons = r.Exit(policy.Error)
	for _, f := range r.Findings {
		a.found = append(a.found, f.ID)
	}
	for _, q := range queries {
		ob := s.sight.Observer(q.Observer)
		for _, r := range q.Ranges {
			for _, text := range r.Prefixes {
				p := netip.MustParsePrefix(text)
				a.wins[q.Observer+" "+p.Addr().String()] = s.sight.Decide(ob, p.Addr(), rib.Query{})
			}
		}
	}
	return a
}

func TestLostEvidenceNeverGivesAnotherAnswer(t *testing.T) {
	for _, step := range configs.SeedSteps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			want := readExpectation(t, step.Name)
			dir := filepath.Join(seedDir, step.Name)
			whole := answersOf(t, filepath.Join(dir, "bgpaudit.yaml"), want.Wins)
			text, err := os.ReadFile(filepath.Join(dir, "bgpaudit.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			configLines := strings.Split(string(text), "\n")
			feeds := 0
			for i, line := range configLines {
				file := regexp.MustCompile(`file: (dumps/[^,}]+)`).FindStringSubmatch(line)
				if file == nil || !strings.Contains(line, "view:") {
					continue
				}
				feeds++
				for _, d := range damages {
					spoilAndAsk(t, dir, configLines, i, file[1], d, want, whole)
				}
			}
			if feeds == 0 {
				t.Fatal("no feed was found in the config")
			}
		})
	}
}

// spoilAndAsk copies a step, spoils one feed in it, and compares every answer with the whole's.
func spoilAndAsk(t *testing.T, dir string, configLines []string, at int, file string, d damage, want expectation, whole stepAnswers) {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	line, text, keep, ok := d.spoil(configLines[at], string(dump))
	if !ok {
		return
	}
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	spoiled := slices.Clone(configLines)
	spoiled[at] = line
	if err := os.WriteFile(filepath.Join(to, "bgpaudit.yaml"), []byte(strings.Join(spoiled, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	if keep {
		err = os.WriteFile(filepath.Join(to, file), []byte(text), 0o644)
	} else {
		err = os.Remove(filepath.Join(to, file))
	}
	if err != nil {
		t.Fatal(err)
	}
	got := answersOf(t, filepath.Join(to, "bgpaudit.yaml"), want.Wins)
	name := fmt.Sprintf("%s %s", file, d.name)
	if got.exit != policy.ExitIncomplete && (d.must3 || got.exit != whole.exit) {
		t.Errorf("%s: exit %d, whole %d: %v", name, got.exit, whole.exit, got.reasons)
	}
	for _, f := range got.flows {
		if f.Verdict == policy.VerdictUnknown {
			continue
		}
		if !slices.ContainsFunc(whole.flows, func(w *policy.Flow) bool {
			return w.Service == f.Service && w.Remote == f.Remote && w.Family == f.Family && w.Verdict == f.Verdict &&
				sameOrOpen(f.Forward, w.Forward) && sameOrOpen(f.Return, w.Return)
		}) {
			t.Errorf("%s: flow %s %s is %s (%v, %v), which the whole dumps do not say", name, f.Service, f.Family, f.Verdict, f.Forward, f.Return)
		}
	}
	for _, w := range whole.flows {
		if !slices.ContainsFunc(got.flows, func(f *policy.Flow) bool { return w.Service == f.Service && w.Family == f.Family }) {
			t.Errorf("%s: flow %s %s is gone", name, w.Service, w.Family)
		}
	}
	for query, was := range whole.wins {
		now := got.wins[query]
		if now.Outcome == rib.OutcomeUnknown || now.Outcome == rib.OutcomeUndetermined {
			if len(now.Doubts) == 0 {
				t.Errorf("%s: wins %s is %s without a doubt named", name, query, now.Outcome)
			}
			continue
		}
		if now.Outcome != was.Outcome || !slices.Equal(now.Links, was.Links) {
			t.Errorf("%s: wins %s is %s %v, the whole dumps say %s %v", name, query, now.Outcome, now.Links, was.Outcome, was.Links)
		}
	}
	if got.exit == policy.ExitFindings {
		for _, id := range whole.found {
			if !slices.Contains(got.found, id) {
				t.Errorf("%s: finding %s is gone without a word", name, id)
			}
		}
	}
}

func sameOrOpen(got, want policy.Choice) bool {
	if got.Outcome == rib.OutcomeUnknown || got.Outcome == rib.OutcomeUndetermined {
		return true
	}
	return got.Outcome == want.Outcome && slices.Equal(got.Links, want.Links)
}
