package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bgpaudit/configs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// seedNow is the moment that the seed story's answers are given for.
const seedNow = "2026-11-20T12:00:00Z"

// TestScripts plays testdata/script: every verb, every exit code. A script finds the seed story in
// $WORK/seed, binary dumps in $MRT, $AT is the moment to ask for, and knows four more commands:
//
//	exits CODE bgpaudit ARGS...      runs it, and wants exactly that exit code
//	stops TEXT bgpaudit ARGS...      the same, tells it to stop when it has logged TEXT, and wants 0
//	serve CONFIG [TOKEN]             runs a monitor over the files of CONFIG, whose URL is in $SERVER from then on
//	json FILE PATH WANT              holds a value of a JSON file (or stdout) against JSON
//
// A PATH is keys with dots between; after a list's name, [2] picks an element, [] goes through
// all, [key=value] through those that have it, and len counts.
func TestScripts(t *testing.T) {
	for _, name := range environment {
		t.Setenv(name, "") // and is as it was afterwards
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(testdataDir, "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "stops": stops, "json": jsonIs, "serve": served},
	})
}

// environment is what bgpaudit looks at; scripts begin with none of it set.
var environment = []string{"BGPAUDIT_CONFIG", "BGPAUDIT_SERVER", "BGPAUDIT_TOKEN", "BGPAUDIT_LOG_FORMAT", "NO_COLOR"}

// setUpScript gives a script the seed story and an environment that says nothing.
func setUpScript(env *testscript.Env) error {
	env.Setenv("AT", seedNow)
	env.Setenv("MRT", filepath.Join(repository, "dump", "testdata", "mrt"))
	env.Setenv("ESC", "\x1b")
	env.Setenv("DOLLAR", "$")
	for _, name := range environment {
		env.Setenv(name, "")
	}
	return configs.WriteSeed(env.WorkDir)
}

// oneAtATime guards what a command has of its process: the folder and the environment.
var oneAtATime sync.Mutex

// exits runs the command in this process, as if it were its own.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "bgpaudit" {
		ts.Fatalf("usage: exits CODE bgpaudit ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := inScript(context.Background(), ts, args[2:], ts.Stderr()); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// inScript runs the command in this process, with what the script has set.
func inScript(ctx context.Context, ts *testscript.TestScript, args []string, stderr io.Writer) int {
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	back, err := os.Getwd()
	ts.Check(err)
	defer func() { ts.Check(os.Chdir(back)) }()
	ts.Check(os.Chdir(ts.MkAbs(".")))
	for _, name := range environment {
		ts.Check(os.Setenv(name, ts.Getenv(name)))
	}
	return run(ctx, args, ts.Stdout(), stderr)
}

func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	var doc, want any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is no JSON: %v", args[0], err)
	}
	if err := json.Unmarshal([]byte(args[2]), &want); err != nil {
		ts.Fatalf("WANT %s is no JSON: %v", args[2], err)
	}
	got, err := jsonGet(doc, args[1])
	ts.Check(err)
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if (string(a) == string(b)) == neg {
		ts.Fatalf("%s is %s, want %s", args[1], a, b)
	}
}

// pathStep is a key, with what stands in brackets after it: there a dot is a dot.
var pathStep = regexp.MustCompile(`[^.\[]+(\[[^\]]*\])?`)

// jsonGet looks up a path in a decoded document. A path that goes through several elements gives a
// list.
func jsonGet(doc any, path string) (any, error) {
	at, many := []any{doc}, false
	for _, step := range pathStep.FindAllString(path, -1) {
		key, pick, bracket := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		var next []any
		for _, v := range at {
			if key == "len" {
				list, ok := v.([]any)
				if !ok {
					return nil, fmt.Errorf("%s: len of something that is no list", path)
				}
				next = append(next, float64(len(list)))
				continue
			}
			object, ok := v.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s: %q of something that is no object", path, key)
			}
			value, ok := object[key]
			if !ok {
				return nil, fmt.Errorf("%s: there is no %q", path, key)
			}
			if !bracket {
				next = append(next, value)
				continue
			}
			list, ok := value.([]any)
			if !ok {
				return nil, fmt.Errorf("%s: %q is no list", path, key)
			}
			if i, err := strconv.Atoi(pick); err == nil {
				if i >= len(list) {
					return nil, fmt.Errorf("%s: %q has %d elements", path, key, len(list))
				}
				next = append(next, list[i])
				continue
			}
			many = true
			name, want, filter := strings.Cut(pick, "=")
			for _, element := range list {
				if fields, _ := element.(map[string]any); !filter || fmt.Sprint(fields[name]) == want {
					next = append(next, element)
				}
			}
		}
		at = next
	}
	if many {
		if at == nil {
			at = []any{}
		}
		return at, nil
	}
	return at[0], nil
}

// runHere runs a command in this process.
func runHere(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

// writeSeed copies the seed story into a folder of the test, and names the config of one step.
func writeSeed(t *testing.T, step string) string {
	t.Helper()
	dir := t.TempDir()
	if err := configs.WriteSeed(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "seed", step, "bgpaudit.yaml")
}

// TestEveryVerbShowsAnExample: --help of each verb ends with a line to copy.
func TestEveryVerbShowsAnExample(t *testing.T) {
	root := newRoot(&strings.Builder{}, &strings.Builder{})
	var verbs []string
	for _, c := range root.Commands() {
		verbs = append(verbs, c.Name())
		if c.Name() == "completion" || c.Name() == "help" {
			continue // cobra's own
		}
		for _, each := range append(c.Commands(), c) {
			help, _, code := runHere(t, append(strings.Fields(each.CommandPath())[1:], "--help")...)
			if code != 0 || !strings.Contains(help, "Examples:\n  "+each.CommandPath()) {
				t.Errorf("%s --help (exit %d) shows no example that begins with its name:\n%s", each.CommandPath(), code, help)
			}
		}
	}
	for _, verb := range []string{"audit", "wins", "routes", "feeds", "convert", "monitor", "checks", "config", "demo", "version", "completion"} {
		if !slices.Contains(verbs, verb) {
			t.Errorf("there is no verb %s", verb)
		}
	}
}
