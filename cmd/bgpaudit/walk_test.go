package main

import (
	"context"
	"fmt"
	"io"
	"maps"
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

// The walk goes through sites feed by feed and spoils each in every way that an engineer's first week
// knows: another feed's file, two answers in one, rows that cannot be read, marks, next hops and
// ASNs that are not the neighbour's, a view, a link or a family that is not the file's. No answer may
// come out firmer than the whole evidence, and no fault that the whole evidence shows may go without
// a word.

// walked is a site that is walked: its config, and its feeds' files.
type walked struct {
	name  string
	dir   string
	lines []string // of the config
	feeds []walkedFeed
	files map[string]string
}

// walkedFeed is a feed's line of the config.
type walkedFeed struct {
	at   int
	line string
	file string
}

func (f *walkedFeed) key(name string) string {
	m := regexp.MustCompile(`\b` + name + `: ([^,}\[]+|\[[^\]]*\])`).FindStringSubmatch(f.line)
	if m == nil {
		return ""
	}
	return m[1]
}

// with is the feed's line with a key set to a value, or without it where that is empty.
func (f *walkedFeed) with(name, value string) string {
	have := regexp.MustCompile(`, ` + name + `: ([^,}\[]+|\[[^\]]*\])`)
	entry := ""
	if value != "" {
		entry = ", " + name + ": " + value
	}
	if have.MatchString(f.line) {
		return have.ReplaceAllString(f.line, entry)
	}
	return strings.TrimSuffix(f.line, "}") + entry + "}"
}

func readWalked(t *testing.T, dir string) *walked {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "bgpaudit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := &walked{name: filepath.Base(dir), dir: t.TempDir(), lines: strings.Split(string(text), "\n"), files: map[string]string{}}
	if err := os.CopyFS(s.dir, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for i, line := range s.lines {
		m := regexp.MustCompile(`\bfile: (dumps/[^,}]+)`).FindStringSubmatch(line)
		if m == nil || !strings.Contains(line, "view:") {
			continue
		}
		dump, err := os.ReadFile(filepath.Join(dir, m[1]))
		if err != nil {
			t.Fatal(err)
		}
		s.files[m[1]] = string(dump)
		s.feeds = append(s.feeds, walkedFeed{i, line, m[1]})
	}
	if len(s.feeds) == 0 {
		t.Fatalf("%s: no feed was found", dir)
	}
	return s
}

// spoiled is one way to spoil a site.
type spoiled struct {
	class string // the kind of mutation, as the table of the walk counts it
	what  string
	feed  string            // the feed that is spoiled
	less  bool              // strictly less evidence: nothing may change but into unknown
	lines map[int]string    // lines of the config that change
	files map[string]string // files that change
}

// answer is what an audit of a site came to; refused where the config is.
type answer struct {
	result  *policy.Result
	exit    int
	reasons []string
	refused error
}

// audit audits the site as it is spoiled, and leaves it whole.
func (s *walked) audit(t *testing.T, sp spoiled) answer {
	t.Helper()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := slices.Clone(s.lines)
	for i, line := range sp.lines {
		lines[i] = line
	}
	put("bgpaudit.yaml", strings.Join(lines, "\n"))
	for name, text := range sp.files {
		put(name, text)
		defer put(name, s.files[name])
	}
	c, err := configs.Load(filepath.Join(s.dir, "bgpaudit.yaml"))
	if err != nil {
		return answer{refused: err}
	}
	g := &global{stdout: io.Discard, stderr: io.Discard, log: zap.NewNop()}
	read, err := g.read(context.Background(), c, seedTime, collecting{})
	if err != nil {
		t.Fatal(err)
	}
	c.Intent.Brief = true // by the thousand: nobody reads what to do
	a := answer{result: policy.Audit(&c.Intent, read.sight, seedTime)}
	a.exit, a.reasons = a.result.Exit(policy.Error)
	return a
}

// wrong lists what a spoiled site says that it must not.
func (sp *spoiled) wrong(whole, got answer) (out []string) {
	if got.refused != nil {
		return nil
	}
	told := reported(whole, got)
	less := sp.less || noEvidence(got, sp.feed)
	if got.exit == policy.ExitClean && whole.exit != policy.ExitClean && !told {
		out = append(out, "exit 0")
	}
	for _, f := range got.result.Flows {
		for _, was := range overlapping(whole.result, f) {
			switch {
			case f.Verdict == policy.VerdictUnknown || f.Verdict == was.Verdict:
			case less:
				out = append(out, fmt.Sprintf("flow %s %s: %s, was %s", f.Service, f.Family, f.Verdict, was.Verdict))
			case f.Verdict == policy.Symmetric && !told:
				out = append(out, fmt.Sprintf("flow %s %s: %s, was %s, without a word", f.Service, f.Family, f.Verdict, was.Verdict))
			}
		}
	}
	for _, w := range whole.result.Flows {
		audited := slices.Contains(got.result.Families, w.Family)
		if audited && !slices.ContainsFunc(got.result.Flows, func(f *policy.Flow) bool { return f.Service == w.Service && f.Family == w.Family }) {
			out = append(out, fmt.Sprintf("flow %s %s is gone", w.Service, w.Family))
		}
	}
	for _, f := range whole.result.Findings {
		if f.Severity == policy.Error && slices.Contains(got.result.Families, f.Family) && !told && !open(got.result, f) && !slices.ContainsFunc(got.result.Findings, func(g *policy.Finding) bool {
			return g.Check == f.Check && g.Subject == f.Subject && g.Family == f.Family
		}) {
			out = append(out, fmt.Sprintf("%s %s %s is gone, without a word", f.Check, f.Subject.Name, f.Family))
		}
	}
	for _, f := range got.result.Findings {
		if less && f.Severity == policy.Error && !slices.ContainsFunc(whole.result.Findings, func(w *policy.Finding) bool {
			return w.Check == f.Check && w.Subject == f.Subject && w.Family == f.Family && w.Severity == policy.Error
		}) {
			out = append(out, fmt.Sprintf("error %s appears: %s %s", f.Check, f.Subject.Name, f.Family))
		}
	}
	return out
}

// onTrust are ways to spoil a site that nothing in its files can show, and why.
func (sp *spoiled) onTrust(s *walked) string {
	if sp.class == "appended to" && s.name == "b" && strings.Contains(sp.what, "advertised-v6") && strings.HasSuffix(sp.what, "isp-a-advertised-ipv6.json") {
		return "FRR's empty answer names neither family nor neighbour: with another behind it, it may be the other family's"
	}
	return ""
}

// noEvidence reports whether the spoiled feed came out as no evidence at all, so that there is less.
func noEvidence(got answer, feed string) bool {
	return slices.ContainsFunc(got.result.Feeds, func(f *rib.Feed) bool { return f.Name == feed && !f.RowsUsable() })
}

// open reports whether the audit leaves the finding's check open.
func open(r *policy.Result, f *policy.Finding) bool {
	return slices.ContainsFunc(r.Checks, func(st policy.CheckState) bool {
		return st.Check == f.Check && st.Family == f.Family && st.State == policy.UnknownState
	})
}

// overlapping are the flows of the whole evidence that share addresses with a flow.
func overlapping(whole *policy.Result, f *policy.Flow) (out []*policy.Flow) {
	for _, w := range whole.Flows {
		if w.Service != f.Service || w.Family != f.Family || w.Remote != f.Remote {
			continue
		}
		local, remote := false, false
		for _, p := range f.Local {
			for _, q := range w.Local {
				local = local || p.Overlaps(q)
			}
		}
		for _, p := range f.RemotePrefixes {
			for _, q := range w.RemotePrefixes {
				remote = remote || p.Overlaps(q)
			}
		}
		if local && remote || len(f.RemotePrefixes) == 0 {
			out = append(out, w)
		}
	}
	return out
}

// reported says whether the audit has a word for what is wrong that the whole evidence has not.
func reported(whole, got answer) bool {
	twins := func(f *policy.Flow) bool {
		return slices.ContainsFunc(f.Assumes, func(a string) bool { return strings.Contains(a, "hold the same text") })
	}
	return slices.ContainsFunc(got.result.Flows, twins) || got.exit == policy.ExitIncomplete && whole.exit != policy.ExitIncomplete ||
		slices.ContainsFunc(got.result.Findings, func(f *policy.Finding) bool {
			return strings.HasPrefix(f.Check, "evidence/") && !slices.ContainsFunc(whole.result.Findings, func(w *policy.Finding) bool { return w.ID == f.ID })
		})
}

// TestNoSpoiledFeedIsFirmer walks the seed story and a site of text dumps. It takes every few of their
// spoiled forms; with BGPAUDIT_WALK=all every one, which takes minutes.
func TestNoSpoiledFeedIsFirmer(t *testing.T) {
	dirs := []string{filepath.Join(testdataDir, "walk")}
	for _, step := range configs.SeedSteps {
		dirs = append(dirs, filepath.Join(seedDir, step.Name))
	}
	every := 29
	switch only := os.Getenv("BGPAUDIT_WALK"); only {
	case "":
	case "all":
		every = 1
	default:
		dirs, every = slices.DeleteFunc(dirs, func(dir string) bool { return filepath.Base(dir) != only }), 1
	}
	nth := 0
	count, firmer, refused := map[string]int{}, map[string]int{}, map[string]int{}
	for _, dir := range dirs {
		s := readWalked(t, dir)
		whole := s.audit(t, spoiled{})
		if whole.refused != nil {
			t.Fatal(whole.refused)
		}
		for _, sp := range s.spoils() {
			if nth++; nth%every != 0 {
				continue
			}
			got := s.audit(t, sp)
			count[sp.class]++
			if got.refused != nil {
				refused[sp.class]++
			}
			if why := sp.onTrust(s); why != "" {
				t.Logf("on trust: %s: %s: %s", s.name, sp.what, why)
				continue
			}
			if wrong := sp.wrong(whole, got); len(wrong) > 0 {
				firmer[sp.class]++
				if firmer[sp.class] <= 12 {
					t.Errorf("%s: %s: %s: exit %d (whole %d)\n  %s", s.name, sp.class, sp.what, got.exit, whole.exit, strings.Join(wrong, "\n  "))
				}
			}
		}
	}
	for _, class := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%-40s %6d spoiled, %4d refused by the config, %4d firmer", class, count[class], refused[class], firmer[class])
	}
}

// spoils lists every way to spoil the site, feed by feed.
func (s *walked) spoils() (out []spoiled) {
	for i := range s.feeds {
		f := &s.feeds[i]
		text := s.files[f.file]
		add := func(class, what string, less bool, line, newText string) {
			sp := spoiled{class: class, what: f.key("name") + " " + what, feed: f.key("name"), less: less, lines: map[int]string{}, files: map[string]string{}}
			if line != f.line {
				sp.lines[f.at] = line
			}
			if newText != text {
				sp.files[f.file] = newText
			}
			if len(sp.lines)+len(sp.files) > 0 {
				out = append(out, sp)
			}
		}
		for j := range s.feeds {
			if o := &s.feeds[j]; o.file != f.file {
				add("another feed's file", o.file, false, f.line, s.files[o.file])
				add("another feed's file, named twice", o.file, false, f.with("file", o.file), text)
				add("appended to", "with "+o.file, false, f.line, text+s.files[o.file])
			}
		}
		add("appended to", "with itself", false, f.line, text+text)
		for _, view := range rib.Views {
			if string(view) != f.key("view") {
				add("another view", string(view), false, f.with("view", string(view)), text)
			}
		}
		for _, link := range s.links() {
			if link != f.key("link") {
				add("another link", link, false, f.with("link", link), text)
			}
		}
		if f.key("families") != "" {
			add("families forgotten", "", true, f.with("families", ""), text)
		}
		for _, fam := range rib.Families {
			add("families changed", fam.String(), false, f.with("families", "["+fam.String()+"]"), text)
		}
		add("neighbor forgotten", "", true, f.with("neighbor", ""), text)
		if !strings.Contains(text, `{"header"`) { // records carry their own time
			add("taken in the future", "", true, f.with("taken", "2026-11-20T13:00:00Z"), text)
			add("taken long ago", "", true, f.with("taken", "2026-11-10T13:00:00Z"), text)
		}
		for _, r := range rowSpoils(text) {
			add(r.class, r.what, r.less, f.line, r.text)
		}
	}
	return append(out, s.siteSpoils()...)
}

var linkLine = regexp.MustCompile(`^\s*- \{name: ([^,]+), kind: `)

func (s *walked) links() (out []string) {
	for _, line := range s.lines {
		if m := linkLine.FindStringSubmatch(line); m != nil {
			out = append(out, m[1])
		}
	}
	return out
}

// siteSpoils are those of the site's own lines and its links'.
func (s *walked) siteSpoils() (out []spoiled) {
	add := func(class string, less bool, at int, line string) {
		if line != s.lines[at] {
			out = append(out, spoiled{class: class, what: strings.TrimSpace(s.lines[at]), less: less, lines: map[int]string{at: line}})
		}
	}
	for i, line := range s.lines {
		if strings.HasPrefix(line, "site:") {
			add("site.families", true, i, strings.TrimSuffix(line, "}")+", families: [ipv4]}")
			add("site.families", true, i, regexp.MustCompile(`, families: \[[^\]]*\]`).ReplaceAllString(line, ""))
			add("another site.asns", false, i, strings.ReplaceAll(line, "65536", "65537"))
			add("another site.asns", false, i, strings.ReplaceAll(line, "65536", "12076"))
		}
		if linkLine.MatchString(line) {
			f := walkedFeed{line: line}
			add("link without neighbors", false, i, f.with("neighbors", ""))
			add("link without neighbor-asns", false, i, f.with("neighbor-asns", ""))
			add("link with another's neighbor-asns", false, i, f.with("neighbor-asns", "[65540]"))
			add("link with another's neighbor-asns", false, i, f.with("neighbor-asns", "[12076]"))
			add("link with another's neighbor-asns", false, i, f.with("neighbor-asns", "[8075]"))
		}
	}
	return out
}
