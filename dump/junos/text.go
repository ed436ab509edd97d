package junos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
)

// Text is what Junos prints on a terminal behind its show route commands (docs/formats/junos.md).
// A destination becomes the tree that the JSON and XML forms hold, and is read as theirs.
var Text = reading.Format{Name: "junos", Sniff: sniffJunosText, Read: readJunosText, Shape: shapeJunosText}

func shapeJunosText(src reading.Source) reading.Header { return shapeJunos(src, "junos") }

var (
	tableLine = regexp.MustCompile(`^(\S+): \d+ destinations?, \d+ routes? \(\d+ active, \d+ holddown, (\d+) hidden\)`)
	// SummaryLine is one of "show route summary".
	SummaryLine = regexp.MustCompile(`(?m)^\s*[A-Za-z0-9-]+:\s+\d+ routes,\s+\d+ active\s*$`)
)

// sniffJunosText looks for the head of a table, which a summary has too.
func sniffJunosText(head []byte) bool {
	for line := range bytes.Lines(head) {
		if tableLine.Match(bytes.TrimSpace(line)) {
			return !SummaryLine.Match(head)
		}
	}
	return false
}

// junosForm is one of the shapes in which Junos prints a destination.
type junosForm uint8

const (
	junosColumns junosForm = iota + 1 // a line a route: receive-protocol, advertising-protocol
	junosBrief                        // "203.0.113.0/24  *[BGP/170] 1d 02:03:04, localpref 100"
	junosDetail                       // "203.0.113.0/24 (1 entry, 1 announced)", entries with Preference
	junosOffer                        // the same head, an entry is what one neighbour is sent or sends
)

// ofOneNeighbor reports whether the form is one of receive-protocol or advertising-protocol.
func (f junosForm) ofOneNeighbor() bool { return f == junosColumns || f == junosOffer }

// destination is the destination whose lines are being read.
type destination struct {
	open    bool
	line    int
	form    junosForm
	size    int // of its lines
	hops    int // of its last entry
	node    junosNode
	entries int    // how many its head announces, 0 where it has none
	bad     string // why it cannot be read
	blank   bool   // the last line was blank
	tag     string // the mark before the head
	waits   bool   // its prefix stands in a line of its own, and the next line is still to come
	deep    bool   // the lines are of the way to the next hop
}

// textWalk walks the lines of one file.
type textWalk struct {
	*reader
	lines    reading.TextLines
	dest     destination
	began    bool // a table was begun
	inside   bool // the lines are of an answer's table
	ended    bool // a prompt stood behind the last answer
	columned bool // its rows are lines of columns
	leftOut  bool // the table at hand, or the answer, is not the feed's
	forms    [junosOffer + 1]bool
	spaced   bool // blank lines stand within destinations, so that they prove nothing
	lost     bool // text was lost: lines are of an unknown destination
	bgp      int
	others   int // routes of other protocols
}

func readJunosText(in *reading.Input, c *reading.Collector) error {
	r := newJunosReader(c)
	names := &textWalk{reader: r, lines: reading.TextLines{R: in.Text}}
	if err := names.walk(); err != nil && c.Stopped() {
		return nil
	}
	if err := r.reread(in); err != nil {
		return err
	}
	w := &textWalk{reader: r, lines: reading.TextLines{R: in.Text}}
	switch err := w.walk(); {
	case errors.Is(err, errJunosTerse):
		return err
	case err != nil:
		w.Broken(w.lines.Line, err)
	}
	if !w.ended {
		c.Unproven = true
	}
	switch {
	case c.Stopped():
		return nil
	case w.bgp == 0 && w.others > 0 && c.Result.Skipped == 0:
		return errors.New("not a route table of BGP: it holds routes of other protocols alone: say protocol bgp in the command")
	}
	return w.finish()
}

func (w *textWalk) walk() error {
	for !w.Stopped() {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.spoil("reading stops in it")
			w.close(true)
			return err
		}
		if err := w.one(line); err != nil {
			return err
		}
	}
	w.close(false)
	w.endTable()
	return nil
}

func (w *textWalk) one(line reading.TextLine) error {
	text := bytes.TrimSpace(line.Text)
	switch {
	case line.Long:
		w.spoil("a line in it is longer than Junos prints")
		w.wrong(line.Line, "a line of more than %d bytes: this is not Junos's", reading.MaxLine)
	case len(text) == 0:
		w.dest.blank = !line.Cut // the cut may be in the blanks before a text
	case line.Cut && !reading.PromptEnds(text):
		w.close(false)
		w.wrong(line.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case w.disturbed(line, text):
	case w.frame(line.Line, text):
	case bytes.HasPrefix(text, []byte("A V Destination")):
		return errJunosTerse
	default:
		w.row(line.Line, text)
	}
	return nil
}

var errJunosTerse = errors.New("is printed with terse, which shows too little: leave terse out, or say detail")

// junosErrors begin what Junos answers to a command that it does not run.
var junosErrors = []string{"error:", "syntax error", "unknown command", "invalid ", "missing argument"}

// disturbed reads a pager's mark or an error. What stood in its place is lost.
func (w *textWalk) disturbed(at reading.TextLine, text []byte) bool {
	line := at.Line
	lower := bytes.ToLower(text)
	failed := false
	for _, begin := range junosErrors {
		failed = failed || bytes.HasPrefix(lower, []byte(begin))
	}
	pager := bytes.Contains(lower, []byte("---(more")) || bytes.Contains(lower, []byte("--more--"))
	switch {
	case pager:
		w.wrong(line, "a pager stopped the dump: export with | no-more")
	case failed:
		w.wrong(line, "the dump holds an error: %s", reading.Quote(text))
	default:
		return false
	}
	w.disrupt()
	w.lost = true
	return true
}

// disrupt ends the open destination where text stands that is none of its lines.
func (w *textWalk) disrupt() {
	if w.dest.form != junosColumns || w.dest.waits {
		w.spoil("the text is disturbed inside it")
	}
	w.close(true)
}

// frame reads what stands around destinations: commands, prompts, heads of tables, legends.
func (w *textWalk) frame(line int, text []byte) bool {
	if m := tableLine.FindSubmatch(text); m != nil {
		w.close(true)
		w.endTable()
		w.beginTable(line, string(m[1]), m[2])
		return true
	}
	if words, ok := showRoute(text); ok {
		w.close(true)
		w.endTable()
		w.inside, w.ended = false, false
		w.sawCommand(line, words)
		return true
	}
	if reading.PromptEnds(text) || reading.IsPrompt(text) {
		w.close(true)
		w.ended = w.ended || w.inside
		w.endTable()
		w.inside, w.lost = false, false
		return true
	}
	if columns := columnHead(text); columns || legend(text) {
		w.close(true)
		w.columned, w.lost = w.inside && columns, false
		return true
	}
	if headingPiece.Match(text) {
		w.close(true)
		w.endTable()
		w.wrong(line, "the head of a table cannot be read: %s: which table the rows behind it are of is not shown", reading.Quote(text))
		w.lost = true
		return true
	}
	return false
}

// headingPiece knows what is left of the head of a table that was damaged.
var headingPiece = regexp.MustCompile(`^\S*inet6?\.\d+:|^\S+: \w+ dest|\b(?:destinations?|holddown), |\b\w+ routes? \(|\bhidden\)$`)

func (w *textWalk) beginTable(line int, name string, hidden []byte) {
	w.table = junosTable{line: line}
	w.hiddenCount(line, string(hidden))
	w.began, w.inside, w.ended, w.lost, w.columned = true, true, false, false, false
	w.named(line, name)
	w.leftOut = w.table.again
}

func (w *textWalk) endTable() {
	if w.table.name != "" {
		w.closeTable()
	}
}

// legend knows the lines under the head of a table.
func legend(text []byte) bool {
	for _, begin := range []string{"+ = Active Route", "@ = Routing Use Only", "Restart ", "Limit/Threshold"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	return false
}

func columnHead(text []byte) bool {
	return strings.Join(strings.Fields(string(text)), " ") == "Prefix Nexthop MED Lclpref AS path"
}

// open begins a destination.
func (w *textWalk) open(line int, form junosForm, prefix string) {
	w.close(true)
	w.lost = false
	style := "brief"
	if form == junosDetail {
		style = "detail"
	}
	node := junosNode{name: "rt", style: style}
	node.add("rt-destination", prefix)
	w.dest = destination{open: true, line: line, form: form, node: node}
}

// spoil makes the open destination a bad row.
func (w *textWalk) spoil(why string) {
	if w.dest.bad == "" {
		w.dest.bad = why
	}
}

// close hands the open destination on. whole says that something stood behind it, so that none of its
// lines can be missing.
func (w *textWalk) close(whole bool) {
	d := &w.dest
	if !d.open {
		return
	}
	d.open = false
	w.misplaced()
	if w.leftOut || !w.wanted(d.line) {
		return
	}
	w.count()
	if !whole && (!d.blank || w.spaced) {
		w.cutOff()
	}
	if len(d.node.all("rt-entry")) > d.entries && d.entries > 0 {
		w.spoil(fmt.Sprintf("its head announces %d entries, and more are there", d.entries))
	}
	if d.bad != "" {
		w.Skip(d.line, "bad route of %s: %s", reading.Quote(d.node.value("rt-destination")), d.bad)
		return
	}
	if d.form == junosOffer {
		d.node.style = "detail"
	}
	w.showsForm(d.form)
	w.rows.oneNeighbor = d.form.ofOneNeighbor()
	w.rows.read(&d.node, d.line)
}

// misplaced reports a destination in a table of the other family: the head of its own table is lost.
func (w *textWalk) misplaced() {
	prefix := w.dest.node.value("rt-destination")
	m := familyOfTable.FindStringSubmatch(w.table.name)
	if m == nil || prefix == "" || !strings.Contains(prefix, "/") || strings.Contains(prefix, ":") == (m[1] == "6") || w.table.strange {
		return
	}
	w.table.strange = true
	w.wrong(w.dest.line, "%s stands in table %s: the head of its own is missing", reading.Quote(prefix), w.table.name)
}

// familyOfTable knows tables of plain prefixes, of IPv6 ones by the 6.
var familyOfTable = regexp.MustCompile(`^(?:.*\.)?inet(6?)\.\d+$`)

// count tells the destinations of BGP from those of other protocols.
func (w *textWalk) count() {
	if slices.ContainsFunc(w.dest.node.all("rt-entry"), junosBGP) {
		w.bgp++
	} else {
		w.others++
	}
}

// cutOff takes the last entry of a file that does not show its end.
func (w *textWalk) cutOff() {
	d := &w.dest
	last := d.last()
	if last == nil {
		w.spoil("it is cut off")
		return
	}
	path := last.child("as-path") != nil
	switch {
	case !junosBGP(last), d.form == junosColumns:
	case d.form == junosBrief && path && len(last.all("nh")) > 0: // another gateway may have followed
		if last.child("learned-from") == nil {
			last.add("perhaps-more", "")
		}
	case d.form == junosDetail && last.child("router-id") != nil:
	case d.form == junosOffer && path && last.child("bgp-rt-flag") != nil: // communities may have followed
		last.add("perhaps-more", "")
	default:
		w.Skip(d.line, "the last route of %s is cut off", reading.Quote(d.node.value("rt-destination")))
		d.node.children = d.node.children[:len(d.node.children)-1]
		if len(d.node.all("rt-entry")) == 0 {
			d.node.children = append(d.node.children, junosNode{name: "rt-entry", children: []junosNode{{name: "protocol-name", text: noProtocol}}})
		}
	}
}

// last is the entry whose lines are being read, nil before the first one.
func (d *destination) last() *junosNode {
	if n := len(d.node.children); n > 0 && d.node.children[n-1].name == "rt-entry" {
		return &d.node.children[n-1]
	}
	return nil
}

// add appends an element.
func (n *junosNode) add(name, text string) {
	n.children = append(n.children, junosNode{name: name, text: text})
}

// entry begins an entry of the open destination.
func (d *destination) entry(tag, protocol string) *junosNode {
	e := junosNode{name: "rt-entry"}
	if tag != "" {
		e.add("active-tag", tag)
	}
	if protocol != "" {
		e.add("protocol-name", protocol)
	}
	d.node.children = append(d.node.children, e)
	d.hops = 0
	return d.last()
}

// showsForm takes what the form of a row shows.
func (w *textWalk) showsForm(form junosForm) {
	if w.forms[form] || w.SkipsAnswer() {
		return
	}
	w.forms[form] = true
	if form.ofOneNeighbor() {
		w.Shows(reading.Shown{Extent: reading.OfOne, Policy: reading.BeforePolicy, What: "the dump is what receive-protocol or advertising-protocol prints"})
		return
	}
	w.Shows(reading.Shown{Direction: reading.Held, Policy: reading.BehindPolicy, What: "the dump is what show route prints, which is what the router holds"})
}
