// Package bird reads what BIRD prints for show route all, and the JSON that birdwatcher and Alice make of it.
// The text has no columns: a route is its first line and the attribute lines under it.
package bird

import (
	"bytes"
	"errors"
	"io"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what BIRD prints for "show route all", in versions 1 to 3, with or without the reply
// codes of its control socket (docs/formats/bird.md).
var Text = reading.Format{Name: "bird", Sniff: sniffBIRD, Read: readBIRD, Shape: shapeBIRD}

// What BIRD's text has no place for; and what an export hides beyond it: encoding, which comes after
// what is printed, sets the next hop.
const (
	Hides       = rib.AttrNeighborASN
	ExportHides = Hides | rib.AttrNeighbor | rib.AttrNextHop | rib.AttrBest
)

// sniffBIRD looks for a route's first line, or the head of a table. A greeting with nothing behind it is
// the answer of a table without routes.
func sniffBIRD(head []byte) bool {
	greeted, other := false, false
	for rest := head; len(rest) > 0; {
		var raw []byte
		raw, rest, _ = bytes.Cut(rest, []byte("\n"))
		text := bytes.TrimSpace(cutBIRDLine(raw).text)
		_, isRow := cutBIRDRow(text)
		_, isTable := tableName(text)
		switch {
		case isRow, isTable && greeted:
			return true
		case bytes.HasPrefix(text, birdGreeting):
			greeted = true
		case len(text) > 0 && greeted:
			other = true
		}
	}
	return greeted && !other
}

func shapeBIRD(src reading.Source) reading.Header {
	h := reading.Header{Format: "bird", ASPathForm: rib.AsSent, NotShown: Hides}
	if reading.AdvertisedView(src.View) {
		h.ASPathForm, h.NotShown = rib.BeforeOwnASN, ExportHides
	}
	return h
}

// reader walks the lines of one file.
type reader struct {
	*reading.Collector
	lines    birdLines
	row      birdRow
	attrs    birdAttrs
	tables   birdTables
	command  birdCommand
	export   bool   // the view is of what the router advertises
	greeted  bool   // BIRD spoke: what is no route from here on is its answer, or damage
	answer   string // the first line that is neither
	beheaded bool   // the text begins in the middle of a table
	stray    int    // the line of the first text in front of everything that BIRD does not print
	naked    int    // rows of which not one attribute is printed
	unicast  bool   // a route of a unicast table was there, of whatever table
	others   bool   // one of another family was
	rows     int    // of the tables that are asked for, bad ones included
	formed   bool   // the form of the AS paths is settled
	owners   [2]owner
}

func readBIRD(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, lines: birdLines{r: in.Text}, export: reading.AdvertisedView(c.Source.View)}
	for !r.Stopped() {
		line, err := r.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			r.Broken(r.lines.line, err)
			r.spoil("reading stops in it")
			break
		}
		if err != nil {
			break
		}
		r.one(line)
	}
	r.endOfFile()
	return r.refused()
}

// one reads a line. Indentation tells an attribute from the router's words; a route's first line is
// known by its shape.
func (r *reader) one(line birdLine) {
	text := bytes.TrimSpace(line.text)
	if line.cut && !line.ends(text) && !wholeInternal(text) {
		r.cutLine(text)
		return
	}
	if line.prompt {
		r.endReply()
	}
	switch {
	case line.long:
		r.spoil("a line in it is longer than BIRD prints")
		r.Problem(r.lines.line, "a line of more than %d bytes: this is not BIRD's", reading.MaxLine)
	case line.failed():
		r.failure(text)
	case line.echo:
		r.echoed(text)
	case r.row.open && r.listLine(text):
	case r.attribute(line, text), r.route(line.text, text), r.frame(text):
	default:
		r.unknown(text)
	}
	if line.final && !line.failed() {
		r.endReply()
		r.tables.awaited = true // the socket's text goes on with the next answer's first line
	}
}

// frame reads what stands around routes: greetings, names of tables, counts, blank lines.
func (r *reader) frame(text []byte) bool {
	if len(text) == 0 {
		r.closeRow(true)
		return true
	}
	if bytes.HasPrefix(text, birdGreeting) || bytes.Equal(text, []byte("Access restricted")) {
		r.closeRow(true)
		r.greeted = true
		r.NextAnswer(r.lines.line)
		r.tables.newReply()
		return true
	}
	if name, ok := tableName(text); ok {
		r.closeRow(true)
		r.table(string(name))
		return true
	}
	if count, ok := cutBIRDCount(text); ok {
		r.countedBefore(text)
		r.closeRow(true)
		r.count(count)
		return true
	}
	return r.total(text)
}

// unknown judges a line that BIRD does not print among routes. The route around it is not to be
// trusted: a pager or a lost line may have taken a part of it, and added one of another.
func (r *reader) unknown(text []byte) {
	before := r.before()
	switch {
	case reading.IsPrompt(text), asksForRoutes(text):
		r.endReply()
		r.echoed(text)
		return
	case bytes.HasPrefix(text, []byte("#")):
		r.closeRow(true)
		return
	case before && routeLine(text):
		r.headless(r.lines.line, text)
	case before:
		r.banner(text)
	default:
		r.spoil("the text is disturbed inside it")
		r.keepAnswer(text)
	}
	r.Between(r.lines.line, text, before)
}

// echoed reads a command that stands before its answer. Behind a prompt without one no answer of routes begins.
func (r *reader) echoed(text []byte) {
	words, ok := r.command.read(text)
	if r.tables.awaited = ok; ok {
		r.Ask(r.command.shown(r.lines.line, words))
	}
}

// asksForRoutes reports whether a line without a prompt holds a command for routes.
func asksForRoutes(text []byte) bool {
	_, ok := new(birdCommand).read(text)
	return ok
}

func (r *reader) endReply() {
	r.closeRow(true)
	r.tables.endReply()
}

func (r *reader) keepAnswer(text []byte) {
	const most = 200
	if r.answer == "" && r.greeted {
		r.answer = string(text[:min(len(text), most)])
	}
}

// failure reads a line under one of BIRD's codes for errors (8xxx, 9xxx).
func (r *reader) failure(text []byte) {
	r.spoil("an error of BIRD breaks it off")
	r.greeted = true
	r.keepAnswer(text)
	r.Problem(r.lines.line, "the dump holds an error: %s", reading.Quote(text))
}

// cutLine is the last line of a file where it has no line break. Nothing tells how much of it is missing.
func (r *reader) cutLine(text []byte) {
	if len(text) == 0 {
		return
	}
	r.spoil("the file ends in it")
	r.Problem(r.lines.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
}

// wholeInternal reports whether text is the last line of a route in version 3, as far as it is read.
func wholeInternal(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Internal route handling values: ")) && bytes.Contains(text, []byte(" id "))
}

// spoil makes the open route a bad row.
func (r *reader) spoil(why string) {
	r.row.fail("%s", why)
	r.closeRow(true)
}

func (r *reader) endOfFile() {
	r.closeRow(false)
	r.Unproven = r.tables.unproven()
	if r.Stopped() {
		return
	}
	r.heldFamilies()
	if r.Source.VRF != "" && r.tables.named && r.rows == 0 {
		r.Problem(0, "the dump holds no table %s: vrf: on the feed names one of BIRD's tables", reading.Quote(r.Source.VRF))
	}
}
