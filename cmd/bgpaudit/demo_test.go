package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// quiet is a command that says nothing.
func quiet() *global {
	return &global{stdout: &strings.Builder{}, stderr: &strings.Builder{}, quiet: true, color: "never", log: zap.NewNop()}
}

// onStage sets up a step of the story, its dumps read, its routers not yet up.
func onStage(t *testing.T, step int) (*scene, *stage) {
	t.Helper()
	dir := t.TempDir()
	if err := configs.WriteSeed(dir); err != nil {
		t.Fatal(err)
	}
	sc, err := quiet().sceneOf(t.Context(), dir, step)
	if err != nil {
		t.Fatal(err)
	}
	s, err := setUp(sc.site, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.down(); err != nil {
			t.Error(err)
		}
	})
	return sc, s
}

// up brings the routers up, and waits until they were heard.
func up(t *testing.T, s *stage) *news {
	t.Helper()
	if err := s.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := s.settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// found is what two audits of the same routes must agree on; the words and the evidence may differ.
func found(r *policy.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprint(f.ID, " ", f.Check, " ", f.Severity, " ", f.Subject, " ", f.Family, " ", f.Cause, " ", f.Links, " group ", f.Group, " effect of ", f.CausedBy))
	}
	for _, f := range r.Flows {
		out = append(out, fmt.Sprint(f.Service, " ", f.Family, " ", f.Forward.Links, " ", f.Return.Links, " ", f.Verdict, " ", f.Findings))
	}
	slices.Sort(out)
	return out
}

// chosen flattens an observer's choices to one line a prefix.
func chosen(sight *rib.Sight, q toldWins) []string {
	var out []string
	p, err := q.prefix()
	if err != nil {
		return []string{err.Error()}
	}
	for _, r := range sight.Ranges(sight.Observer(q.Observer), p, rib.Query{}, rib.ByRoute) {
		links := []string{}
		for _, l := range r.Decision.Links {
			links = append(links, sight.Table().LinkName(l))
		}
		for _, each := range r.Prefixes() {
			out = append(out, fmt.Sprint(each, " ", r.Decision.Outcome, " ", links, " ", r.Decision.Reason))
		}
	}
	return out
}

// TestThreeDoors: the dumps of a step audited, the same routes heard over sessions, and the question
// which link wins give the same answers, which are those worked out by hand.
func TestThreeDoors(t *testing.T) {
	for i, step := range configs.SeedSteps {
		t.Run(step.Name, func(t *testing.T) {
			sc, s := onStage(t, i)
			files := policy.Audit(&sc.site.config.Intent, sc.site.sight, sc.site.now)
			n := up(t, s)
			compareSets(t, "over sessions", found(files), found(n.audit))
			if code, _ := files.Exit(policy.Error); code != n.exit || code != sc.told.Exit {
				t.Errorf("exit %d of files, %d over sessions, told %d", code, n.exit, sc.told.Exit)
			}
			if last := s.Last(); last.Exit != n.exit {
				t.Errorf("the monitor says exit %d, its audit %d", last.Exit, n.exit)
			}
			for _, want := range readExpectation(t, step.Name).Wins {
				q := toldWins{want.Query, want.Observer}
				told := rangeLines(want.Ranges)
				compareSets(t, "wins of files "+want.Query, told, chosen(sc.site.sight, q))
				s.Ask(func(sight *rib.Sight, _ time.Time) {
					compareSets(t, "wins over sessions "+want.Query, told, chosen(sight, q))
				})
			}
		})
	}
}

// TestWhereTheEvidenceDiffers: what a far-end table proves, a mirror assumes, and says so.
func TestWhereTheEvidenceDiffers(t *testing.T) {
	sc, s := onStage(t, slices.IndexFunc(configs.SeedSteps, func(s configs.SeedStep) bool { return s.Name == "c" }))
	up(t, s)
	assumes := func(sight *rib.Sight) string {
		ranges := sight.Ranges(sight.Observer("microsoft"), sc.site.config.Intent.Pools[0].Prefixes[0], rib.Query{}, rib.ByRoute)
		return strings.Join(ranges[0].Decision.Assumes, "; ")
	}
	if got := assumes(sc.site.sight); strings.Contains(got, "accepted on") || strings.Contains(got, "mirrors") {
		t.Errorf("the far-end table takes on trust: %s", got)
	}
	s.Ask(func(sight *rib.Sight, _ time.Time) {
		for _, want := range []string{"mirrors er-primary", "mirrors er-secondary"} {
			if got := assumes(sight); !strings.Contains(got, want) {
				t.Errorf("over sessions it does not assume %q: %s", want, got)
			}
		}
	})
}

// TestALinkThatIsShutIsUnknown: within seconds the audit and wins say so and why; when the session is
// back and whole the same findings are, and none of them is announced twice.
func TestALinkThatIsShutIsUnknown(t *testing.T) {
	sc, s := onStage(t, slices.IndexFunc(configs.SeedSteps, func(s configs.SeedStep) bool { return s.Name == "c" }))
	before := up(t, s)
	line, stop := s.Follow()
	defer stop()
	shut := s.players[slices.IndexFunc(s.players, func(p *player) bool { return p.link == "er-primary" })]
	shut.Shut()
	began := time.Now()
	outcome := func() (is, why string) {
		s.Ask(func(sight *rib.Sight, _ time.Time) {
			d := sight.Ranges(sight.Observer("microsoft"), sc.site.config.Intent.Pools[0].Prefixes[0], rib.Query{}, rib.ByRoute)[0].Decision
			is = string(d.Outcome)
			for _, doubt := range d.Doubts {
				why += doubt.Why + "; "
			}
		})
		return is, why
	}
	for {
		is, why := outcome()
		last := s.Last()
		reasons := strings.Join(last.Reasons, "; ")
		if is == "unknown" && strings.Contains(why, "feed er-primary-mirror is stale") && last.Exit == policy.ExitIncomplete && strings.Contains(reasons, "er-primary-mirror") {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("after 5 s wins says %s (%s), the audit exit %d (%s)", is, why, last.Exit, reasons)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("unknown after %s", time.Since(began).Round(time.Millisecond))

	if err := shut.open(t.Context(), s.collector.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	after, err := s.settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compareSets(t, "after the session came back", found(before.audit), found(after.audit))
	var told []string
	lost := 0
	for len(line) > 0 {
		e := <-line
		if e.Session == nil {
			t.Errorf("of %s was told: %s", lineOf(e.Finding), e.What)
			continue
		}
		told = append(told, e.What)
		lost += len(e.Session.Findings)
	}
	if got := strings.Join(told, ", "); got != "session-lost, session-back" || lost == 0 {
		t.Errorf("of the session was told: %s, with %d findings unknown", got, lost)
	}
}

// TestTheDemoNeedsNoRightsAndNoNetwork: the built binary, as nobody, in a network of its own that has
// loopback alone, with no home and no writable folder. Its first finding comes in under 5 s, the end in
// under 40.
func TestTheDemoNeedsNoRightsAndNoNetwork(t *testing.T) {
	bin := buildBinary(t)
	args := []string{bin, "demo", "--once", "--color", "never"}
	if os.Geteuid() == 0 {
		for dir := bin; dir != os.TempDir(); dir = filepath.Dir(dir) { // for nobody to run
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		as := "ip link set lo up && exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i " + strings.Join(args, " ")
		args = []string{"unshare", "-n", "sh", "-c", as}
		for _, needed := range []string{"unshare", "ip", "setpriv"} {
			if _, err := exec.LookPath(needed); err != nil {
				t.Skipf("SKIPPED: the demo as nobody needs %s (util-linux, iproute2)", needed)
			}
		}
		if out, err := exec.Command("unshare", "-n", "true").CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: the demo without a network needs network namespaces: %s", out)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 40*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = "/"
	var out, stderr strings.Builder
	var first time.Duration
	began := time.Now()
	says := &listener{to: &out, text: "raised ", then: func() { first = time.Since(began) }}
	cmd.Stdout, cmd.Stderr = says, &stderr
	if err := cmd.Run(); err != nil || stderr.String() != "" || !says.heard {
		t.Fatalf("%v\n%s%s", err, &out, &stderr)
	}
	if first > 5*time.Second {
		t.Errorf("the first finding came after %s", first)
	}
	t.Logf("the first finding after %s, all of it after %s", first.Round(10*time.Millisecond), time.Since(began).Round(10*time.Millisecond))
}

// TestTheDemoSaysWhichStepDiffered: a story that goes otherwise is no success.
func TestTheDemoSaysWhichStepDiffered(t *testing.T) {
	sc, s := onStage(t, slices.IndexFunc(configs.SeedSteps, func(s configs.SeedStep) bool { return s.Name == "d" }))
	g := quiet()
	for _, p := range s.players {
		if p.link == "isp-a" {
			p.routes = nil // nobody announces the public prefix where it belongs
		}
	}
	differences, err := g.playLive(t.Context(), sc, s)
	if err != nil {
		t.Fatal(err)
	}
	if !g.sayDifferences(sc, differences) || !strings.Contains(fmt.Sprint(g.stderr), "demo: step d did not come out as the story tells: there is a finding link/missing ipv4 nat-users") {
		t.Errorf("%q", g.stderr)
	}
}

// TestTheDemoGoesOnUntilItIsStopped: and answers until then, at the address that it says.
func TestTheDemoGoesOnUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 40*time.Second)
	defer stop()
	var out, stderr strings.Builder
	says := &listener{to: &out, text: "go on until Ctrl-C", then: func() {
		_, command, _ := strings.Cut(out.String(), "Ask it:\n  bgpaudit ")
		answer, complaint, code := runHere(t, strings.Fields(command)...)
		if code != 0 || !strings.Contains(answer, "198.51.100.0/24  isp-a") {
			t.Errorf("%s: exit %d\n%s%s", command, code, answer, complaint)
		}
		stop()
	}}
	began := time.Now()
	code := run(ctx, []string{"demo", "--color", "never"}, says, &stderr)
	if code != 0 || !says.heard || stderr.String() != "" {
		t.Errorf("exit %d\n%s%s", code, &out, &stderr)
	}
	t.Logf("the whole story took %s", time.Since(began).Round(time.Millisecond))
}

// TestTheDemosPageIsItsOwn: what docs/demo.md shows is what is printed, but for the times.
func TestTheDemosPageIsItsOwn(t *testing.T) {
	times := regexp.MustCompile(`after [0-9.]+m?s`)
	out, stderr, code := runHere(t, "demo", "--once", "--color", "never")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	seen := 0
	for _, b := range blocksOf(t, "docs/demo.md") {
		if b.language == "text" {
			seen++
			if want := times.ReplaceAllLiteralString(b.text, "after T"); !strings.Contains(times.ReplaceAllLiteralString(out, "after T"), want) {
				t.Errorf("it does not print\n%s", b.text)
			}
		}
	}
	if seen == 0 {
		t.Error("the page shows nothing of it")
	}
}

// TestTwoDemosAtATime: neither takes anything from the other.
func TestTwoDemosAtATime(t *testing.T) {
	codes := make(chan int)
	for range 2 {
		go func() {
			var out, stderr strings.Builder
			codes <- run(t.Context(), []string{"demo", "--once"}, &out, &stderr)
		}()
	}
	for range 2 {
		if code := <-codes; code != 0 {
			t.Errorf("exit %d", code)
		}
	}
}

// TestTheDemoListensOnLoopbackAlone: nothing outside this machine can reach it.
func TestTheDemoListensOnLoopbackAlone(t *testing.T) {
	_, s := onStage(t, 0)
	for _, a := range s.collector.Addrs() {
		if !net.ParseIP(a.Addr().String()).IsLoopback() {
			t.Errorf("it listens on %s", a)
		}
	}
}
