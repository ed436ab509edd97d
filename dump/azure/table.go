package azure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Table is what the Azure CLI prints with -o table, alone or as sections of an operator's notes
// (docs/formats/azure-table.md). A row means what it means in JSON.
var Table = reading.Format{Name: "azure-table", Sniff: sniffAzureTable, Read: readAzureTable, Shape: shapeAzureTable}

func shapeAzureTable(reading.Source) reading.Header {
	return reading.Header{Format: "azure-table", ASPathForm: rib.AsSent, NotShown: hides}
}

// azureRuler is the line under the names of the columns: it shows where each begins and ends.
var azureRuler = regexp.MustCompile(`^\s*-{2,}(  +-{2,})+\s*$`)

// anyRuler is that of PowerShell, too, between whose columns one blank may stand.
var anyRuler = regexp.MustCompile(`^\s*-+( +-+)+\s*$`)

// column is one column of a table.
type column struct {
	name       string // lower case, without blanks
	start, end int
}

// azureColumns reads the names over a ruler; nil where they do not fit it.
func azureColumns(names, ruler []byte) []column {
	var out []column
	for i := 0; i < len(ruler); {
		if ruler[i] != '-' {
			i++
			continue
		}
		end := i
		for end < len(ruler) && ruler[end] == '-' {
			end++
		}
		name := bytes.TrimSpace(names[min(i, len(names)):min(end, len(names))])
		out = append(out, column{strings.ToLower(string(bytes.ReplaceAll(name, []byte(" "), nil))), i, end})
		i = end
	}
	return out
}

func has(columns []column, names ...string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == name }) {
			return false
		}
	}
	return true
}

// routes reports whether the columns are of a route table of BGP.
func routes(columns []column) bool {
	return has(columns, "network", "nexthop") && (has(columns, "path") || has(columns, "aspath")) ||
		has(columns, "addressprefixes", "nexthoptype")
}

// azurePage names the page that the columns are of, where it is one that people take for a route table.
func azurePage(columns []column) string {
	switch {
	case has(columns, "addressprefix", "nexthopip"), has(columns, "addressprefix", "nexthoptype"):
		return "the effective routes of a network interface, which are not BGP routes"
	case has(columns, "macaddress"):
		return "an ARP table"
	case has(columns, "neighbor", "statepfxrcd"):
		return "a BGP summary"
	}
	return ""
}

// eachAzureTable calls fn with the columns of each table in the text, until it says stop.
func eachAzureTable(head []byte, ruler *regexp.Regexp, fn func([]column) (stop bool)) {
	var names []byte
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, " \t\r\n")
		if ruler.Match(line) && fn(azureColumns(names, line)) {
			return
		}
		names = line
	}
}

func sniffAzureTable(head []byte) bool { return cliStyle.sniff(head) }

func (s *tableStyle) sniff(head []byte) (found bool) {
	eachAzureTable(head, s.ruler, func(columns []column) bool {
		found = s.routes(columns)
		return found
	})
	return found
}

// TablePage names the page of the Azure CLI that a head comes from.
func TablePage(head []byte) (page string) {
	eachAzureTable(head, anyRuler, func(columns []column) bool {
		page = azurePage(columns)
		return page != ""
	})
	return page
}

// tableStyle is what tells the tables of two programs apart.
type tableStyle struct {
	made   string         // by what, and how
	ruler  *regexp.Regexp // the line under the names
	routes func([]column) bool
	// cells cuts a row at its columns, and says why that cannot be done.
	cells func(line []byte, columns []column) (cells map[string]string, misfit error)
	// shell: commands are those of PowerShell, with its variables.
	shell bool
}

var cliStyle = tableStyle{
	made: "the Azure CLI prints it with -o table", ruler: azureRuler, cells: azureCells,
	routes: func(columns []column) bool { return routes(columns) && !powerShellMade(columns) },
}

// section is one route table of the text.
type section struct {
	name string
	line int // of its columns' names
}

// tableWalk walks the lines of one file.
type tableWalk struct {
	*reading.Collector
	*tableStyle
	rows     azureRows
	lines    reading.TextLines
	listing  bool
	sections []section
	chosen   int // the line of the section that is the feed's

	heading   []string // the lines since the last table
	named     bool     // the last line is part of the heading
	last      []byte   // the last line, which may be columns' names
	lastLine  int
	columns   []column // of the table at hand; nil outside one of routes
	foreign   []column // of a table that is none of routes
	wanted    bool
	held      *azureHeld // the last row, until it is known that it does not go on
	stray     int        // the line of a text behind rows
	goesOn    continued
	asked     string // the last command for routes in front of the table
	askedLine int
	console   shell // the same of PowerShell
	rowLike   bool  // of the texts one looks as a row does
	begun     bool  // the feed's table was begun
	ended     bool  // its end was seen
}

// azureHeld is a row that may go on in the next line.
type azureHeld struct {
	cells  map[string]string
	prefix string
	line   int
}

func readAzureTable(in *reading.Input, c *reading.Collector) error { return cliStyle.read(in, c) }

// read reads the table of a file that is the feed's. Its tables are looked up first.
func (s *tableStyle) read(in *reading.Input, c *reading.Collector) error {
	names := &tableWalk{Collector: c, tableStyle: s, listing: true, lines: reading.TextLines{R: in.Text}}
	if err := names.walk(); err != nil && len(names.sections) == 0 {
		return err
	}
	if c.Stopped() {
		return nil
	}
	chosen, err := s.choose(names.sections, c.Source.VRF)
	if err != nil {
		return err
	}
	if err := in.Rewind(); err != nil {
		return err
	}
	w := &tableWalk{Collector: c, tableStyle: s, chosen: chosen, lines: reading.TextLines{R: in.Text}}
	w.rows.Collector = c
	if err := w.walk(); err != nil {
		w.Broken(w.lines.Line, err)
	}
	c.Unproven = !w.ended
	return nil
}

// choose finds the section that vrf: names, by its heading or its line. Without vrf: there must be only one.
func (s *tableStyle) choose(list []section, want string) (int, error) {
	var names []string
	found := 0
	for _, at := range list {
		name := fmt.Sprintf("line %d", at.line)
		names = append(names, strings.TrimSuffix(name+": "+at.name[:min(len(at.name), 60)], ": "))
		if want == name {
			return at.line, nil
		}
		if at.name != "" && at.name == want {
			if found > 0 {
				return 0, fmt.Errorf("holds several tables under %s: name one by its line with vrf: on the feed, as in vrf: %s", reading.Quote(want), name)
			}
			found = at.line
		}
	}
	switch {
	case len(list) == 0:
		return 0, fmt.Errorf("holds no route table as %s: check the command that made it", s.made)
	case found > 0:
		return found, nil
	case want != "":
		return 0, fmt.Errorf("holds no table under %s; it has: %s", reading.Quote(want), reading.Listed(names))
	case len(list) > 1:
		return 0, fmt.Errorf("holds several tables: %s: name one with vrf: on the feed, by its heading or as vrf: line %d", reading.Listed(names), list[0].line)
	}
	return list[0].line, nil
}

func (w *tableWalk) walk() error {
	for !w.Stopped() {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			w.endRows(false)
			return nil
		}
		if err != nil {
			w.endRows(false)
			return err
		}
		w.one(line)
		w.last, w.lastLine = append(w.last[:0], line.Text...), line.Line
	}
	return nil
}

func (w *tableWalk) one(line reading.TextLine) {
	text := bytes.TrimSpace(line.Text)
	lower := bytes.ToLower(text)
	switch {
	case line.Long:
		w.wrong(line.Line, "a line of more than %d bytes: nothing of Azure's prints one", reading.MaxLine)
	case line.Cut && len(text) > 0 && !reading.PromptEnds(text):
		w.wrong(line.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case bytes.HasPrefix(lower, []byte("error:")), bytes.Contains(lower, []byte("--more--")), bytes.Contains(lower, []byte("-- more --")):
		if !w.listing {
			w.Between(line.Line, text, false)
		}
		w.endRows(false)
		w.columns = nil
	case w.ruler.Match(line.Text):
		w.table(line.Text)
	case w.row(line):
	case len(text) > 0:
		w.words(line.Line, text)
	case w.stray == 0:
		w.release()
	}
}

// release hands on the row that was held: it does not go on.
func (w *tableWalk) release() {
	if h := w.held; h != nil {
		w.held = nil
		w.hand(h.cells, h.line)
	}
}

// endRows judges what stands behind the last row. Before another table it may be that one's heading, if it stands apart and
// is not like a row; else a row is lost in it, or the last one goes on there.
func (w *tableWalk) endRows(another bool) {
	stray := w.stray
	if another && stray == w.lastLine {
		stray = 0 // the names of the other table's columns
	}
	if stray == 0 {
		w.release()
	}
	if stray > 0 && (w.held != nil || w.rowLike || !another) {
		w.astray(stray)
	}
	w.stray, w.rowLike = 0, false
}

// astray reports a text behind rows. The row right before it may go on in it.
func (w *tableWalk) astray(stray int) {
	w.Problem(stray, "unexpected text behind a row of the table")
	if h := w.held; h != nil {
		w.held = nil
		w.Skip(h.line, "the row of %s may go on in the next line, which cannot be read: was the text wrapped?", reading.Quote(h.prefix))
	}
}

// azureRowLike reports whether a text has columns and an address, as rows have.
func azureRowLike(text []byte) bool {
	if !bytes.Contains(text, []byte("  ")) {
		return false
	}
	for word := range bytes.FieldsSeq(text) {
		word, _, _ = bytes.Cut(word, []byte("/"))
		if _, err := netip.ParseAddr(string(bytes.TrimRight(word, "*"))); err == nil {
			return true
		}
	}
	return false
}

// wrong says that something is missing, where it is of the feed's table or nothing tells that it is not.
func (w *tableWalk) wrong(line int, format string, args ...any) {
	if !w.listing && (w.wanted || !w.begun) {
		w.Problem(line, format, args...)
	}
}

// table begins one at its ruler. Another table's beginning proves the end of the one before.
func (w *tableWalk) table(ruler []byte) {
	columns := azureColumns(w.last, ruler)
	w.endRows(true)
	w.ended = w.ended || w.wanted
	w.columns, w.foreign, w.wanted = nil, nil, false
	if !w.routes(columns) {
		w.foreign, w.heading = columns, nil
		return
	}
	w.columns = columns
	if n := len(w.heading); n > 0 && w.named { // the last line of it are the names
		w.heading = w.heading[:n-1]
	}
	if w.listing && len(w.sections) < reading.MaxVRFs {
		w.sections = append(w.sections, section{strings.Join(w.heading, " / "), w.lastLine})
	}
	w.wanted = !w.listing && w.lastLine == w.chosen
	if w.wanted && !w.begun {
		w.answers()
	}
	w.begun = w.begun || w.wanted
	w.asked = ""
	w.heading = nil
}

// words takes a line that is no row: a heading, a command, or a disturbance.
func (w *tableWalk) words(line int, text []byte) {
	const most = 8 // lines of a heading
	w.named = w.foreign == nil || !bytes.Contains(text, []byte("  "))
	if !w.named {
		return // one of its rows, or the names of the next one's columns
	}
	if reading.IsPrompt(text) || reading.PromptEnds(text) {
		w.endRows(false)
		w.ended = w.ended || w.wanted
		w.columns, w.wanted = nil, false
	}
	if w.columns != nil && w.wanted {
		w.rowLike = w.rowLike || azureRowLike(text)
		if w.stray == 0 {
			w.stray = line
		}
	}
	if !w.listing {
		w.command(string(text))
	}
	if len(w.heading) == most {
		w.heading = w.heading[1:]
	}
	w.heading = append(w.heading, string(text[:min(len(text), 80)]))
}

// answers holds the command in front of the feed's table against the config.
func (w *tableWalk) answers() {
	switch {
	case w.shell:
		w.console.answers(w.Collector)
	case w.asked != "":
		asked(w.Collector, w.askedLine, w.asked)
	}
}

// command keeps an echoed command. Notes hold many: the last one before the table is its own.
func (w *tableWalk) command(text string) {
	switch {
	case w.begun:
	case w.shell:
		w.console.saw(w.lines.Line, text)
	default:
		w.goesOn.line(w.lines.Line, text, func(line int, text string) {
			if routeAsks.MatchString(text) {
				w.asked, w.askedLine = text, line
			}
		})
	}
}

// row reads a row of the table at hand.
func (w *tableWalk) row(line reading.TextLine) bool {
	if w.columns == nil {
		return false
	}
	cells, misfit := w.cells(line.Text, w.columns)
	prefix := cells["network"] + cells["addressprefixes"]
	switch {
	case !w.beginsRow(prefix, cells["nexthop"], misfit == nil):
		return false
	case !w.wanted:
		if !w.listing {
			w.LeaveOut(line.Line, "of another table of the text than the feed's")
		}
		return true
	}
	if w.stray > 0 {
		w.astray(w.stray)
		w.stray, w.rowLike = 0, false
	}
	w.release()
	if misfit != nil {
		w.Skip(line.Line, "the row of %s %v", reading.Quote(prefix), misfit)
		return true
	}
	w.held = &azureHeld{cells, prefix, line.Line}
	return true
}

// beginsRow reports whether what stands in the first column makes a line a row, a good or a bad one. Without a length it does in
// circuits' tables alone, beside a next hop: else it may be the rest of a row that a terminal wrapped.
func (w *tableWalk) beginsRow(prefix, hop string, fits bool) bool {
	switch {
	case w.shell && isCut(prefix):
		return true
	case strings.Contains(prefix, "/"):
		return reading.IsPrefix(prefix) || fits
	}
	classful := has(w.columns, "path") && !has(w.columns, "aspath")
	return fits && classful && isAddress(prefix) && isAddress(strings.TrimSuffix(hop, "*"))
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

var errMisfit = errors.New("does not fit its columns: was the text edited?")

// azureCells cuts a row at the columns. It does not fit where text stands between two.
func azureCells(line []byte, columns []column) (cells map[string]string, misfit error) {
	cells, fits := map[string]string{}, true
	at := 0
	for _, c := range columns {
		gap := line[min(at, len(line)):min(c.start, len(line))]
		fits = fits && len(bytes.TrimSpace(gap)) == 0
		cells[c.name] = string(bytes.TrimSpace(line[min(c.start, len(line)):min(c.end, len(line))]))
		at = c.end
	}
	if !fits || len(bytes.TrimSpace(line[min(at, len(line)):])) > 0 {
		return cells, errMisfit
	}
	return cells, nil
}

func (w *tableWalk) hand(cells map[string]string, line int) {
	row := rowOf(cells, has(w.columns, "addressprefixes"))
	row.noHops = !has(w.columns, "nexthop") && !has(w.columns, "nexthops")
	w.rows.take(row, line)
}

// rowOf makes of cells, by their names in small letters, the row that JSON would hold.
func rowOf(cells map[string]string, hub bool) *azureRow {
	cell := func(name string) text {
		v, there := cells[name]
		return text{value: v, there: there, set: there}
	}
	row := azureRow{
		prefixes: []string{cells["network"] + cells["addressprefixes"]}, path: cell("path"), asPath: cell("aspath"), localPref: cell("locprf"),
		sourcePeer: cell("sourcepeer"), localAddress: cell("localaddress"), hub: hub,
	}
	if hop := cells["nexthop"] + cells["nexthops"]; hop != "" {
		row.nextHops = []string{hop}
	}
	if strings.EqualFold(cells["origin"], "Network") {
		row.sourcePeer.value = "" // the gateway's own: the CLI leaves its address out of the table
	}
	return &row
}
