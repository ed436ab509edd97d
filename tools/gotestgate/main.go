// Command gotestgate reads `go test -json` on standard input and decides whether the run holds.
//
// It prints a line a package as `go test` does, the whole output of whatever failed, every skip
// with its reason, and last a plain line "N passed, N failed, N skipped". Tests are counted at
// every depth, a test with subtests beside its subtests.
//
// The exit code is 1 where a test or a package failed, where nothing ran at all, or where the
// input ends inside a package; with -no-skip also where a test skipped. Two kinds of skip stay
// allowed, and are listed: "corpus absent", of tests that read a large collection of captures, which
// lies beside the repository and is not everywhere; and "no container can be started", of the test that
// boots systemd, which needs root and a machine that lets it.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"
)

// corpusAbsent is what a test says when it skips because the captures are not there.
const corpusAbsent = "corpus absent"

// noContainer is what the test says that boots systemd in a container, where it may not.
const noContainer = "no container can be started"

// event is a line of test2json (go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // build-output and build-fail
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// key is one test, or a package where Test is empty.
type key struct{ pkg, test string }

// gate collects a run.
type gate struct {
	out     io.Writer
	output  map[key][]string
	builds  map[string][]string // import path -> compiler output
	open    map[string]bool     // packages that have started and not ended
	passed  int
	failed  []key
	skipped []key
	reasons map[key]string
	badPkgs []string
}

func main() {
	noSkip := flag.Bool("no-skip", false, "fail where a test skipped")
	flag.Parse()
	os.Exit(run(os.Stdin, os.Stdout, *noSkip))
}

func run(in io.Reader, out io.Writer, noSkip bool) int {
	g := &gate{
		out: out, output: map[key][]string{}, builds: map[string][]string{},
		open: map[string]bool{}, reasons: map[key]string{},
	}
	r := bufio.NewReaderSize(in, 1<<20)
	var readErr error
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			g.line(line)
		}
		if err != nil {
			if err != io.EOF {
				readErr = err
			}
			break
		}
	}
	return g.verdict(noSkip, readErr)
}

// line takes one line of input. What is not an event is somebody's own words: it is passed on.
func (g *gate) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(g.out, line)
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "start":
		g.open[e.Package] = true
	case "build-output":
		g.builds[e.ImportPath] = append(g.builds[e.ImportPath], e.Output)
	case "output":
		g.output[k] = append(g.output[k], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			g.endPackage(e)
			return
		}
		g.endTest(k, e.Action)
	}
}

func (g *gate) endTest(k key, action string) {
	switch action {
	case "pass":
		g.passed++
		delete(g.output, k) // quiet, as go test is
	case "fail":
		g.failed = append(g.failed, k)
	case "skip":
		g.skipped = append(g.skipped, k)
		g.reasons[k] = strings.Join(g.output[k], "")
		delete(g.output, k)
	}
}

// endPackage prints the package's failures whole, then its line.
func (g *gate) endPackage(e event) {
	delete(g.open, e.Package)
	own := g.output[key{e.Package, ""}]
	if e.Action == "fail" {
		g.badPkgs = append(g.badPkgs, e.Package)
		for _, line := range g.builds[e.FailedBuild] {
			fmt.Fprint(g.out, line)
		}
		for _, k := range g.testsOf(e.Package) {
			for _, line := range g.output[k] {
				fmt.Fprint(g.out, line)
			}
		}
		for _, line := range own {
			fmt.Fprint(g.out, line)
		}
	} else if line := lastLine(own); line != "" {
		fmt.Fprintln(g.out, line)
	}
	for k := range g.output {
		if k.pkg == e.Package {
			delete(g.output, k)
		}
	}
}

// testsOf lists the package's tests whose output is still held, failed ones and any that a crash
// cut short, by name.
func (g *gate) testsOf(pkg string) []key {
	var keys []key
	for k := range g.output {
		if k.pkg == pkg && k.test != "" {
			keys = append(keys, k)
		}
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].test < keys[j].test })
	return keys
}

// lastLine is the "ok", "?" or "coverage" line that go test closes a package with.
func lastLine(lines []string) string {
	for _, line := range slices.Backward(lines) {
		if s := strings.TrimSpace(line); s != "" && s != "PASS" {
			return strings.TrimRight(line, "\n")
		}
	}
	return ""
}

func (g *gate) verdict(noSkip bool, readErr error) int {
	code := 0
	corpus, container, forbidden := g.splitSkips()
	printSkips(g.out, "skipped, corpus absent:", corpus, nil)
	printSkips(g.out, "skipped, no container can be started:", container, g.reasons)
	printSkips(g.out, "skipped:", forbidden, g.reasons)
	if readErr != nil {
		fmt.Fprintf(g.out, "gotestgate: the test output could not be read to its end: %v\n", readErr)
		code = 1
	}
	for pkg := range g.open {
		fmt.Fprintf(g.out, "gotestgate: the test output ends inside package %s\n", pkg)
		code = 1
	}
	if noSkip && len(forbidden) > 0 {
		fmt.Fprintf(g.out, "gotestgate: skips are forbidden in this run and %d tests skipped\n", len(forbidden))
		code = 1
	}
	if g.passed+len(g.failed)+len(g.skipped) == 0 {
		fmt.Fprintln(g.out, "gotestgate: no test ran")
		code = 1
	}
	if len(g.failed) > 0 || len(g.badPkgs) > 0 {
		code = 1
		for _, k := range g.failed {
			fmt.Fprintf(g.out, "failed: %s %s\n", k.pkg, k.test)
		}
		for _, pkg := range g.badPkgs {
			fmt.Fprintf(g.out, "failed: package %s\n", pkg)
		}
	}
	// A package that fails with no failed test (it does not build, it crashed) counts as one.
	failed := len(g.failed)
	for _, pkg := range g.badPkgs {
		if !g.failedIn(pkg) {
			failed++
		}
	}
	fmt.Fprintf(g.out, "%d passed, %d failed, %d skipped\n", g.passed, failed, len(g.skipped))
	return code
}

func (g *gate) failedIn(pkg string) bool {
	for _, k := range g.failed {
		if k.pkg == pkg {
			return true
		}
	}
	return false
}

// splitSkips tells the skips for want of the corpus from all others.
func (g *gate) splitSkips() (corpus, container, other []key) {
	for _, k := range g.skipped {
		switch {
		case strings.Contains(g.reasons[k], corpusAbsent):
			corpus = append(corpus, k)
		case strings.Contains(g.reasons[k], noContainer):
			container = append(container, k)
		default:
			other = append(other, k)
		}
	}
	return corpus, container, other
}

func printSkips(out io.Writer, title string, keys []key, reasons map[key]string) {
	if len(keys) == 0 {
		return
	}
	fmt.Fprintln(out, title)
	for _, k := range keys {
		fmt.Fprintf(out, "  %s %s\n", k.pkg, k.test)
		for line := range strings.SplitSeq(reasons[k], "\n") {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
				continue
			}
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
}
