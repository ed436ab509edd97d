package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// azureTable is what the Azure CLI prints with -o table, alone or as sections of an operator's notes
// (docs/formats/azure-table.md). A row means what it means in JSON.
var azureTable = Format{Name: "azure-table", Sniff: sniffAzureTable, Read: readAzureTable, Shape: shapeAzureTable}

func shapeAzureTable(Source) Header {
	return Header{Format: "azure-table", ASPathForm: rib.AsSent, NotShown: azureHides}
}

// azureRuler is the line under the names of the columns: it shows where each begins and ends.
var azureRuler = regexp.MustCompile(`^\s*-{2,}(  +-{2,})+\s*$`)

// anyRuler is that of PowerShell, too, between whose columns one blank may stand.
var anyRuler = regexp.MustCompile(`^\s*-+( +-+)+\s*$`)

// azureColumn is one column of a table.
type azureColumn struct {
	name       string // lower case, without blanks
	start, end int
}

// azureColumns reads the names over a ruler; nil where they do not fit it.
func azureColumns(names, ruler []byte) []azureColumn {
	var out []azureColumn
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
		out = append(out, azureColumn{strings.ToLower(string(bytes.ReplaceAll(name, []byte(" "), nil))), i, end})
		i = end
	}
	return out
}

func azureHas(columns []azureColumn, names ...string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(columns, func(c azureColumn) bool { return c.name == name }) {
			return false
		}
	}
	return true
}

// azureRoutes reports whether the columns are of a route table of BGP.
func azureRoutes(columns []azureColumn) bool {
	return azureHas(columns, "network", "nexthop") && (azureHas(columns, "path") || azureHas(columns, "aspath")) ||
		azureHas(columns, "addressprefixes", "nexthoptype")
}

// powerShellMade reports whether PowerShell's Format-Table made a table of routes. Its dashes are as many as the letters of
// a name, however wide the column; what is wider than the console it cuts off.
func powerShellMade(columns []azureColumn) bool {
	for _, c := range columns {
		if c.name == "network" && c.end-c.start == len("Network") {
			return true
		}
	}
	return false
}

// azurePage names the page that the columns are of, where it is one that people take for a route table.
func azurePage(columns []azureColumn) string {
	switch {
	case azureRoutes(columns) && powerShellMade(columns):
		return "a table of PowerShell's Format-Table, which cuts values off (say | ConvertTo-Json, or nothing, in its place)"
	case azureHas(columns, "addressprefix", "nexthopip"), azureHas(columns, "addressprefix", "nexthoptype"):
		return "the effective routes of a network interface, which are not BGP routes"
	case azureHas(columns, "macaddress"):
		return "an ARP table"
	case azureHas(columns, "neighbor", "statepfxrcd"):
		return "a BGP summary"
	}
	return ""
}

// eachAzureTable calls fn with the columns of each table in the text, until it says stop.
func eachAzureTable(head []byte, ruler *regexp.Regexp, fn func([]azureColumn) (stop bool)) {
	var names []byte
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, " \t\r\n")
		if ruler.Match(line) && fn(azureColumns(names, line)) {
			return
		}
		names = line
	}
}

func sniffAzureTable(head []byte) (found bool) {
	eachAzureTable(head, azureRuler, func(columns []azureColumn) bool {
		found = azureRoutes(columns) && !powerShellMade(columns)
		return found
	})
	return found
}

// azureTablePage names the page of the Azure CLI that a head comes from.
func azureTablePage(head []byte) (page string) {
	eachAzureTable(head, anyRuler, func(columns []azureColumn) bool {
		page = azurePage(columns)
		return page != ""
	})
	return page
}

// azureSection is one route table of the text.
type azureSection struct {
	name string
	line int // of its columns' names
}

// azureTableWalk walks the lines of one file.
type azureTableWalk struct {
	*collector
	rows     azureRows
	lines    textLines
	listing  bool
	sections []azureSection
	chosen   int // the line of the section that is the feed's

	heading  []string // the lines since the last table
	named    bool     // the last line is part of the heading
	last     []byte   // the last line, which may be columns' names
	lastLine int
	columns  []azureColumn // of the table at hand; nil outside one of routes
	foreign  []azureColumn // of a table that is none of routes
	wanted   bool
	held     *azureHeld // the last row, until it is known that it does not go on
	stray    int        // the line of a text behind rows
	rowLike  bool       // of the texts one looks as a row does
	begun    bool       // the feed's table was begun
	ended    bool       // its end was seen
}

// azureHeld is a row that may go on in the next line.
type azureHeld struct {
	cells  map[string]string
	prefix string
	line   int
}

func readAzureTable(in *input, c *collector) error {
	names := &azureTableWalk{collector: c, listing: true, lines: textLines{r: in.text}}
	if err := names.walk(); err != nil && len(names.sections) == 0 {
		return err
	}
	if c.stopped() {
		return nil
	}
	chosen, err := chooseAzureSection(names.sections, c.src.VRF)
	if err != nil {
		return err
	}
	if err := in.rewind(); err != nil {
		return err
	}
	w := &azureTableWalk{collector: c, chosen: chosen, lines: textLines{r: in.text}}
	w.rows.collector = c
	if err := w.walk(); err != nil {
		w.broken(w.lines.line, err)
	}
	c.unproven = !w.ended
	return nil
}

// chooseAzureSection finds the section that vrf: names, by its heading or its line. Without vrf: there must be
// only one.
func chooseAzureSection(list []azureSection, want string) (int, error) {
	var names []string
	found := 0
	for _, s := range list {
		name := fmt.Sprintf("line %d", s.line)
		names = append(names, strings.TrimSuffix(name+": "+s.name[:min(len(s.name), 60)], ": "))
		if want == name {
			return s.line, nil
		}
		if s.name != "" && s.name == want {
			if found > 0 {
				return 0, fmt.Errorf("holds several tables under %s: name one by its line with vrf: on the feed, as in vrf: %s", quote(want), name)
			}
			found = s.line
		}
	}
	switch {
	case len(list) == 0:
		return 0, errors.New("holds no route table as the Azure CLI prints it with -o table: check the command that made it")
	case found > 0:
		return found, nil
	case want != "":
		return 0, fmt.Errorf("holds no table under %s; it has: %s", quote(want), listed(names))
	case len(list) > 1:
		return 0, fmt.Errorf("holds several tables: %s: name one with vrf: on the feed, by its heading or as vrf: line %d", listed(names), list[0].line)
	}
	return list[0].line, nil
}

func (w *azureTableWalk) walk() error {
	for !w.stopped() {
		line, err := w.lines.next()
		if errors.Is(err, io.EOF) {
			w.endRows(false)
			return nil
		}
		if err != nil {
			w.endRows(false)
			return err
		}
		w.one(line)
		w.last, w.lastLine = append(w.last[:0], line.text...), line.line
	}
	return nil
}

func (w *azureTableWalk) one(line textLine) {
	text := bytes.TrimSpace(line.text)
	lower := bytes.ToLower(text)
	switch {
	case line.long:
		w.wrong(line.line, "a line of more than %d bytes: this is not the Azure CLI's", maxLine)
	case line.cut && len(text) > 0 && !promptEnds(text):
		w.wrong(line.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case line.erased:
		w.wrong(line.line, "a pager stopped the dump: export without paging")
		w.endRows(false)
		w.columns = nil
	case bytes.HasPrefix(lower, []byte("error:")), bytes.Contains(lower, []byte("--more--")), bytes.Contains(lower, []byte("-- more --")):
		if !w.listing {
			w.between(line.line, text, false)
		}
		w.endRows(false)
		w.columns = nil
	case azureRuler.Match(line.text):
		w.table(line.text)
	case w.row(line):
	case len(text) > 0:
		w.words(line.line, text)
	case w.stray == 0:
		w.release()
	}
}

// release hands on the row that was held: it does not go on.
func (w *azureTableWalk) release() {
	if h := w.held; h != nil {
		w.held = nil
		w.hand(h.cells, h.line)
	}
}

// endRows judges what stands behind the last row. Before another table it may be that one's heading, if it stands apart and
// is not like a row; else a row is lost in it, or the last one goes on there.
func (w *azureTableWalk) endRows(another bool) {
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
func (w *azureTableWalk) astray(stray int) {
	w.problem(stray, "unexpected text behind a row of the table")
	if h := w.held; h != nil {
		w.held = nil
		w.skip(h.line, "the row of %s may go on in the next line, which cannot be read: was the text wrapped?", quote(h.prefix))
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
func (w *azureTableWalk) wrong(line int, format string, args ...any) {
	if !w.listing && (w.wanted || !w.begun) {
		w.problem(line, format, args...)
	}
}

// table begins one at its ruler. Another table's beginning proves the end of the one before.
func (w *azureTableWalk) table(ruler []byte) {
	columns := azureColumns(w.last, ruler)
	w.endRows(true)
	w.ended = w.ended || w.wanted
	w.columns, w.foreign, w.wanted = nil, nil, false
	if !azureRoutes(columns) {
		w.foreign, w.heading = columns, nil
		return
	}
	w.columns = columns
	if n := len(w.heading); n > 0 && w.named { // the last line of it are the names
		w.heading = w.heading[:n-1]
	}
	if w.listing && len(w.sections) < maxVRFs {
		w.sections = append(w.sections, azureSection{strings.Join(w.heading, " / "), w.lastLine})
	}
	w.wanted = !w.listing && w.lastLine == w.chosen
	w.begun = w.begun || w.wanted
	w.heading = nil
}

// words takes a line that is no row: a heading, a command, or a disturbance.
func (w *azureTableWalk) words(line int, text []byte) {
	const most = 8 // lines of a heading
	w.named = w.foreign == nil || !bytes.Contains(text, []byte("  "))
	if !w.named {
		return // one of its rows, or the names of the next one's columns
	}
	if isPrompt(text) || promptEnds(text) {
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

// command holds an echoed command against the declared view. Notes hold many: only those before the table, and
// only where it is the only one.
func (w *azureTableWalk) command(text string) {
	if w.begun || w.src.VRF != "" {
		return
	}
	view := w.src.View
	switch {
	case strings.Contains(text, "list-advertised-routes") && (receivedView(view) || tableView(view)):
		w.say("the command shows what the gateway advertises, the config says %s", view)
	case strings.Contains(text, "list-learned-routes") && advertisedView(view):
		w.say("the command shows what the gateway learned, the config says %s", view)
	}
}

// row reads a row of the table at hand.
func (w *azureTableWalk) row(line textLine) bool {
	if w.columns == nil {
		return false
	}
	cells, fits := azureCells(line.text, w.columns)
	prefix := cells["network"] + cells["addressprefixes"]
	_, err := parsePrefix(prefix)
	switch {
	case err != nil && (!fits || !strings.Contains(prefix, "/")):
		return false
	case !w.wanted:
		return true
	}
	if w.stray > 0 {
		w.astray(w.stray)
		w.stray, w.rowLike = 0, false
	}
	w.release()
	if !fits {
		w.skip(line.line, "the row of %s does not fit its columns: was the text edited?", quote(prefix))
		return true
	}
	w.held = &azureHeld{cells, prefix, line.line}
	return true
}

// azureCells cuts a row at the columns. It does not fit where text stands between two.
func azureCells(line []byte, columns []azureColumn) (cells map[string]string, fits bool) {
	cells, fits = map[string]string{}, true
	at := 0
	for _, c := range columns {
		gap := line[min(at, len(line)):min(c.start, len(line))]
		fits = fits && len(bytes.TrimSpace(gap)) == 0
		cells[c.name] = string(bytes.TrimSpace(line[min(c.start, len(line)):min(c.end, len(line))]))
		at = c.end
	}
	return cells, fits && len(bytes.TrimSpace(line[min(at, len(line)):])) == 0
}

func (w *azureTableWalk) hand(cells map[string]string, line int) {
	w.rows.take(azureRowOf(cells, azureHas(w.columns, "addressprefixes")), line)
}

// azureRowOf makes of cells, by their names in small letters, the row that JSON would hold.
func azureRowOf(cells map[string]string, hub bool) *azureRow {
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
