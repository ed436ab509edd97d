package azure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// CSV is what PowerShell's Export-Csv and ConvertTo-Csv make of the routes that Azure PowerShell shows, and what Azure's portal
// offers for download (docs/formats/azure-csv.md).
var CSV = reading.Format{Name: "azure-csv", Sniff: sniffCSV, Read: readCSV, Shape: shapeCSV}

func shapeCSV(reading.Source) reading.Header {
	return reading.Header{Format: "azure-csv", ASPathForm: rib.AsSent, NotShown: hides}
}

// delimiters part the fields: a comma, or what the language of the computer has (-UseCulture).
const delimiters = ",;"

// maxRecordLines is how many lines a record may have: Azure's paths have a line break at their end.
const maxRecordLines = 3

// typeLine begins the line that Export-Csv of Windows PowerShell writes in front.
var typeLine = []byte("#TYPE ")

// csvNames reads a line of names. The delimiter is 0 where it is none of a route table's.
func csvNames(line []byte) (names []string, delimiter byte) {
	for _, d := range []byte(delimiters) {
		fields, _, ok := cutCSV(string(line), d)
		if !ok || len(fields) < 2 {
			continue
		}
		columns := make([]column, len(fields))
		for i, f := range fields {
			columns[i].name = strings.ToLower(strings.ReplaceAll(f, " ", ""))
			names = append(names, columns[i].name)
		}
		if circuitOrGateway(columns) && !twice(names) {
			return names, d
		}
		names = nil
	}
	return nil, 0
}

func twice(names []string) bool {
	names = slices.Sorted(slices.Values(names))
	return len(slices.Compact(slices.Clone(names))) < len(names)
}

// cutCSV cuts a record at its delimiters. It is open where its last field has a quote at its front alone, and not ok where quotes
// stand as in no record.
func cutCSV(record string, delimiter byte) (fields []string, open, ok bool) {
	for {
		if !strings.HasPrefix(record, `"`) {
			field, rest, more := strings.Cut(record, string(delimiter))
			if strings.Contains(field, `"`) {
				return nil, false, false
			}
			if fields = append(fields, field); !more {
				return fields, false, true
			}
			record = rest
			continue
		}
		field, rest, closed := cutQuoted(record[1:])
		fields = append(fields, field)
		switch {
		case !closed:
			return fields, true, true
		case rest == "":
			return fields, false, true
		case rest[0] != delimiter:
			return nil, false, false
		}
		record = rest[1:]
	}
}

// cutQuoted cuts off a field behind its first quote. Two quotes in it are one.
func cutQuoted(text string) (field, rest string, closed bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"`)
		b.WriteString(before)
		if !found {
			return b.String(), "", false
		}
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		text = after[1:]
	}
}

func sniffCSV(head []byte) bool {
	for line := range bytes.Lines(head) {
		if _, delimiter := csvNames(bytes.TrimSpace(line)); delimiter != 0 {
			return true
		}
	}
	return false
}

// csvWalk walks the lines of one file.
type csvWalk struct {
	*reading.Collector
	rows      azureRows
	lines     reading.TextLines
	names     []string
	delimiter byte
	pending   []csvLine // of a record whose quote is open
	first     map[string]string
	ended     bool // a prompt stands behind the rows
	shell     shell
}

// csvLine is a line of a record.
type csvLine struct {
	text string
	line int
	cut  bool // the file ends in it
}

func readCSV(in *reading.Input, c *reading.Collector) error {
	w := &csvWalk{Collector: c, lines: reading.TextLines{R: in.Text}}
	w.rows.Collector = c
	for !w.Stopped() {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.giveUp("the dump cannot be read to its end")
			w.Broken(w.lines.Line, err)
			break
		}
		w.take(line)
	}
	w.giveUp("the dump ends in it")
	switch {
	case w.Stopped():
		return nil
	case w.names == nil:
		return errors.New("holds no names of columns of Azure's routes in CSV: check the command that made it")
	}
	c.Unproven = !w.ended
	return nil
}

func (w *csvWalk) take(l reading.TextLine) {
	if l.Long {
		w.giveUp("a line in it cannot be read")
		w.Problem(l.Line, "a line that no export has: export again, straight into a file")
		return
	}
	w.one(csvLine{string(l.Text), l.Line, l.Cut})
}

func (w *csvWalk) one(l csvLine) {
	text := strings.TrimSpace(l.text)
	switch {
	case len(w.pending) > 0:
		w.goesOn(l)
	case text == "":
	case w.rowBehindPrompt(text):
		w.lost([]csvLine{l}, "something stands in front of it")
	case powerShell.MatchString(text), reading.IsPrompt([]byte(text)):
		w.ended = w.names != nil
		w.shell.saw(l.line, text)
	case w.header(l, text):
	case bytes.HasPrefix([]byte(text), typeLine) && (w.names == nil || w.ended):
	case w.names == nil || w.ended:
		w.shell.saw(l.line, text)
		w.Between(l.line, []byte(text), w.names == nil)
	default:
		w.record([]csvLine{l})
	}
}

// rowBehindPrompt reports whether a line of the rows has as many values as there are columns, with something in
// front of the first quote.
func (w *csvWalk) rowBehindPrompt(text string) bool {
	if w.names == nil || w.ended || text[0] == '"' {
		return false
	}
	at := strings.IndexByte(text, '"')
	if at < 0 {
		return false
	}
	fields, open, ok := cutCSV(text[at:], w.delimiter)
	return ok && !open && len(fields) == len(w.names)
}

// header takes the names of the columns: of the table, or of another one behind it.
func (w *csvWalk) header(l csvLine, text string) bool {
	names, delimiter := csvNames([]byte(text))
	if delimiter == 0 || l.cut {
		return false
	}
	if w.names == nil || w.ended {
		w.shell.answers(w.Collector)
	}
	w.names, w.delimiter, w.first, w.ended, w.shell = names, delimiter, nil, false, shell{}
	w.NextAnswer(l.line)
	return true
}

// goesOn takes a further line of a record. Nothing but blanks may stand in it up to the quote.
func (w *csvWalk) goesOn(l csvLine) {
	lines := append(w.pending, l)
	w.pending = nil
	text := strings.TrimSpace(l.text)
	if len(lines) > maxRecordLines || text != "" && text[0] != '"' {
		w.lost(lines, "its quotes do not pair")
		return
	}
	w.record(lines)
}

// record reads the lines of one, as far as they are there.
func (w *csvWalk) record(lines []csvLine) {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	text := strings.Join(texts, "\n")
	last := lines[len(lines)-1]
	fields, open, ok := cutCSV(text, w.delimiter)
	switch {
	case !ok:
		w.lost(lines, "its quotes do not pair")
	case open && last.cut:
		w.lost(lines, "the dump is cut off in it")
	case open:
		w.pending = lines
	case last.cut:
		w.lost(lines, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case len(fields) != len(w.names):
		w.lost(lines, fmt.Sprintf("it has %d fields, and the table %d columns", len(fields), len(w.names)))
	default:
		w.hand(fields, lines[0].line)
	}
}

// giveUp is where no line of an open record follows.
func (w *csvWalk) giveUp(why string) {
	if lines := w.pending; lines != nil {
		w.pending = nil
		w.lost(lines, why)
	}
}

// lost counts a bad row. The lines behind its first one may be rows of their own.
func (w *csvWalk) lost(lines []csvLine, why string) {
	w.Skip(lines[0].line, "bad row: %s", why)
	for _, l := range lines[1:] {
		w.one(l)
	}
}

// hand makes a route of the fields.
func (w *csvWalk) hand(fields []string, line int) {
	cells := map[string]string{}
	for i, name := range w.names {
		cells[name] = strings.TrimSpace(fields[i])
		if isCut(cells[name]) {
			w.Skip(line, "bad row of %s: its %s is cut short", reading.Quote(cells["network"]), name)
			return
		}
		if name == "weight" && !isNumber(cells[name]) {
			w.Skip(line, "bad row of %s: its weight is no number", reading.Quote(cells["network"]))
			return
		}
	}
	if w.first == nil {
		w.first = cells
	} else if maps.Equal(w.first, cells) { // no table holds a row twice: another one was appended
		w.NextAnswer(line)
	}
	row := rowOf(cells, false)
	_, hops := cells["nexthop"]
	row.noHops = !hops
	w.rows.take(row, line)
}
