package dump

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// corpusRow is a line of the table: what became of the files of one family.
type corpusRow struct {
	files, routes                    int
	whole, partial, refused, pending int
	held                             int // against what another reader has of them
	wrong                            int
}

// TestTheCorpusTable reads every file of the corpus that could hold BGP routes, as an audit reads it, and prints what came
// of them, family by family. A route table has to be read, and to be what another reader has of it; all else has to be
// refused. What does neither stands by name in one of the lists of corpus_lists_test.go, with the reason.
func TestTheCorpusTable(t *testing.T) {
	dir := corpus(t)
	table := map[string]*corpusRow{}
	used := map[string]bool{}
	for _, f := range manifest(t, dir) {
		if testing.Short() && f.family == "full-table" {
			continue
		}
		row := table[f.family]
		if row == nil {
			row = &corpusRow{}
			table[f.family] = row
		}
		f.enter(t, row, used)
	}
	for _, list := range [][]noted{notTables, notYet, partials, denials, wrongResults} {
		for _, l := range list {
			if !used[l.pattern] && !testing.Short() {
				t.Errorf("no file is %q any more: take it off its list", l.pattern)
			}
		}
	}
	t.Log("\n" + printed(table))
}

// printed is the table as text. Read and refused make up the files; held are those of the read ones that another reader's
// result was compared with.
func printed(table map[string]*corpusRow) string {
	var b strings.Builder
	line := func(name string, r corpusRow) {
		fmt.Fprintf(&b, "%-22s %5d %8d %5d %8d %8d %8d %5d %5d\n", name, r.files, r.routes, r.whole, r.partial, r.refused, r.pending, r.held, r.wrong)
	}
	fmt.Fprintf(&b, "%-22s %5s %8s %5s %8s %8s %8s %5s %5s\n", "family", "files", "routes", "whole", "partial", "refused", "not yet", "held", "wrong")
	var total corpusRow
	for _, family := range slices.Sorted(maps.Keys(table)) {
		r := *table[family]
		line(family, r)
		total = corpusRow{
			total.files + r.files, total.routes + r.routes, total.whole + r.whole, total.partial + r.partial,
			total.refused + r.refused, total.pending + r.pending, total.held + r.held, total.wrong + r.wrong,
		}
	}
	line("all", total)
	return b.String()
}

// corpusFile is a file of the manifest.
type corpusFile struct {
	dir, name, family, remark string
}

func (f corpusFile) path() string { return filepath.Join(f.dir, filepath.FromSlash(f.name)) }

// noRoutes are families of other things: runs of traceroute.
var noRoutes = []string{"family", "traceroute", "mtr", "scamper"}

func manifest(t *testing.T, dir string) (out []corpusFile) {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if f := strings.Split(strings.TrimSpace(line)+"\t\t\t\t\t", "\t"); f[0] != "" && !slices.Contains(noRoutes, f[1]) {
			out = append(out, corpusFile{dir, f[0], f[1], f[4] + " " + f[5]})
		}
	}
	return out
}

// enter reads a file, counts it, and says what is wrong with it.
func (f corpusFile) enter(t *testing.T, row *corpusRow, used map[string]bool) {
	row.files++
	got := f.read(t)
	row.routes += got.count
	wrong := func(format string, args ...any) {
		row.wrong++
		t.Errorf("%s: %s", f.name, fmt.Sprintf(format, args...))
	}
	on := func(list []noted) *noted {
		l := find(list, f.name)
		if l != nil {
			used[l.pattern] = true
		}
		return l
	}
	foreign, later := on(notTables), on(notYet)
	if !got.Unreadable && got.count == 0 && on(partials) != nil {
		foreign = nil
	}
	if foreign == nil {
		foreign = f.saysNo()
	}
	refused := got.Unreadable || later != nil && got.count == 0
	switch {
	case refused && later != nil:
		row.pending++
		return
	case refused:
		row.refused++
	case got.Complete == rib.CompleteNo:
		row.partial++
	default:
		row.whole++
	}
	switch {
	case refused && foreign == nil:
		wrong("refused: %q", got.Errors)
		return
	case refused:
		if !regexp.MustCompile(foreign.says).MatchString(strings.Join(got.Errors, "\n")) {
			wrong("is %s, and is refused for another reason: %q", foreign.why, got.Errors)
		}
		return
	case foreign != nil:
		wrong("read, and is %s", foreign.why)
		return
	case later != nil:
		t.Errorf("%s: is read now: take %q off the list of what is not yet", f.name, later.pattern)
	}
	if denied := on(denials); got.Contradiction != "" && (denied == nil || !regexp.MustCompile(denied.says).MatchString(got.Contradiction)) {
		wrong("as %s: %s", f.source().View, got.Contradiction)
	}
	if got.Complete == rib.CompleteNo {
		if l := on(partials); l == nil || !regexp.MustCompile(l.says).MatchString(strings.Join(got.Errors, "\n")) {
			wrong("partial: %q", got.Errors)
		}
	}
	doubted := on(wrongResults)
	if doubted == nil {
		doubted = &noted{fields: "none"}
	}
	judged := f.judge(t, strings.Fields(doubted.fields))
	if doubted.fields == "" { // all of it: its rows are counted
		t.Logf("not held to its expected result: %s: %s", f.name, doubted.why)
		if judged = f.counted(); doubted.routes > 0 {
			judged = countJudge(doubted.routes)
		} else if judged == nil || got.Complete == rib.CompleteNo {
			return
		}
	}
	if judged == nil {
		if got.Complete != rib.CompleteNo {
			wrong("nothing says what its %d routes of %s should be", got.count, got.Format)
		}
		return
	}
	row.held++
	if problem := judged(f.undeclared(t, got)); problem != "" {
		wrong("%d routes of %s, %s: %s", got.count, got.Format, cmp.Or(doubted.why, "not what is expected"), problem)
	}
}

// corpusReading is what a file holds. The routes of the largest are not kept.
type corpusReading struct {
	rib.FeedState
	routes []rib.Route
	count  int
}

// read reads a file as a feed of the view that its command says, and where it has several VRFs the tables of each.
func (f corpusFile) read(t *testing.T) corpusReading { return f.readAs(t, f.source().View) }

func (f corpusFile) readAs(t *testing.T, view rib.View) corpusReading {
	t.Helper()
	src := f.source()
	src.View = view
	got := f.load(t, src)
	if names := tableNames(strings.Join(got.Errors, "\n")); names != nil {
		got = corpusReading{}
		for _, src.VRF = range names {
			one := f.load(t, src)
			one.routes, one.count = append(got.routes, one.routes...), got.count+one.count
			got = one
		}
	}
	return got
}

// undeclared is the file without a view, where the view is of what is sent: texts show it as it stands in the table, and
// then what goes over the wire is not shown.
func (f corpusFile) undeclared(t *testing.T, got corpusReading) corpusReading {
	if f.source().View != rib.AdjRIBOutPost || !strings.HasPrefix(f.family, "cli-") {
		return got
	}
	plain := f.readAs(t, "")
	if plain.count != got.count {
		t.Errorf("%s: %d routes, %d without a view", f.name, got.count, plain.count)
	}
	return plain
}

// severalNames and severalPlaces are how a reader says that a file is of several tables.
var (
	severalNames  = regexp.MustCompile(`several VRFs: (.*): name one`)
	severalPlaces = regexp.MustCompile(`holds several tables: (.*): name one`)
	place         = regexp.MustCompile(`line \d+`)
)

func tableNames(errors string) []string {
	if m := severalNames.FindStringSubmatch(errors); m != nil {
		return strings.Split(m[1], ", ")
	}
	if m := severalPlaces.FindStringSubmatch(errors); m != nil {
		return place.FindAllString(m[1], -1)
	}
	return nil
}

func (f corpusFile) load(t *testing.T, src reading.Source) (got corpusReading) {
	t.Helper()
	got.FeedState = Load(t.Context(), src, time.Now(), func(r rib.Route) error {
		if got.count++; f.family != "full-table" {
			got.routes = append(got.routes, r)
		}
		return nil
	}, nil)
	return got
}

// viewsOf are the views that the names of files and commands say; the first that fits counts.
var viewsOf = []struct {
	pattern string
	view    rib.View
}{
	{`^(mrt|mrt-truncated|full-table|bgp-session-pcap|bmp)/|\.mrt`, ""}, // every neighbour's, both directions
	{`(?i)adverti|rib_out|adj-out|all_export`, rib.AdjRIBOutPost},
	{`(?i)receive|rib_in|adj-in`, rib.AdjRIBInPre},
	{`(?i)neighbors?.*routes|cisco_ios_show_ip_bgp6|alice-lg`, rib.AdjRIBInPost},
	{`CrossConnections`, rib.FarEnd},
	{`^azure`, rib.LocRIB},
	{``, rib.BGPTable},
}

// source is how a feed would name the file.
func (f corpusFile) source() reading.Source {
	src := reading.Source{Path: f.path(), Name: filepath.Base(f.name), ExpectRoutes: -1}
	for _, v := range viewsOf {
		if regexp.MustCompile(v.pattern).MatchString(f.name) {
			src.View = v.view
			break
		}
	}
	return src
}

// routerSaysNo is what routers answer where there is no table.
var routerSaysNo = regexp.MustCompile(`^(% ?BGP not active|\{\s*"(errors|vrfs)": ?(\{\}|\[\s*"BGP inactive")|MINOR: CLI #2005: Error while processing command - BGP is not configured|% Unknown command)`)

// saysNo is the reason where the file is a router's "no", or empty.
func (f corpusFile) saysNo() *noted {
	text, err := os.ReadFile(f.path())
	if err != nil {
		return nil
	}
	if text := strings.TrimSpace(string(text[:min(len(text), 4096)])); text == "" || routerSaysNo.MatchString(text) {
		return &noted{why: "the router's answer that it has no such table", says: "the router answered|holds nothing but blanks|the file is empty|EOS without any VRF"}
	}
	return nil
}
