package azure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// List is what Azure PowerShell prints when nothing is asked of it (docs/formats/azure-list.md): a block of names and
// values for each route. A block means what an object means in JSON.
var List = reading.Format{Name: "azure-list", Sniff: sniffAzureList, Read: readAzureList, Shape: shapeAzureList}

func shapeAzureList(reading.Source) reading.Header {
	return reading.Header{Format: "azure-list", ASPathForm: rib.AsSent, NotShown: hides}
}

var (
	// azureField is a line of a block: "LocPrf  : 100". A blank stands in front of the colon, as in no address.
	azureField = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9]*) +:(?: (.*))?$`)
	powerShell = regexp.MustCompile(`^PS [^<>|]*>(?: |$)`)
)

// azureBlocks are the names that stand in every block of a circuit, and of a gateway.
var azureBlocks = [][]string{
	{"network", "nexthop", "locprf", "weight", "path"},
	{"aspath", "localaddress", "network", "nexthop", "origin", "sourcepeer", "weight"},
}

// wholeBlock reports whether no name is missing; if one is, it says which of the list that fits better.
func wholeBlock(fields map[string]string) (missing string) {
	names := azureBlocks[0]
	if _, gateway := fields["aspath"]; gateway {
		names = azureBlocks[1]
	}
	for _, name := range names {
		if _, there := fields[name]; !there {
			return name
		}
	}
	return ""
}

func sniffAzureList(head []byte) bool {
	names := map[string]string{}
	for line := range bytes.Lines(head) {
		if m := azureField.FindSubmatch(bytes.TrimSpace(line)); m != nil {
			names[strings.ToLower(string(m[1]))] = ""
		}
	}
	return wholeBlock(names) == ""
}

// listWalk walks the lines of one file.
type listWalk struct {
	*reading.Collector
	rows    azureRows
	lines   reading.TextLines
	fields  map[string]string // of the block at hand; nil between blocks
	line    int               // where its network stands
	bad     error
	blocks  int
	first   map[string]string // the fields of the first good block
	blanks  int               // lines, since the last block
	ended   bool              // a prompt stands behind blocks
	foreign string
	shell   shell
}

func readAzureList(in *reading.Input, c *reading.Collector) error {
	w := &listWalk{Collector: c, lines: reading.TextLines{R: in.Text}}
	w.rows.Collector = c
	for !w.Stopped() {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.spoilBlock("the dump cannot be read to its end")
			w.Broken(w.lines.Line, err)
			break
		}
		w.one(line)
	}
	w.endBlock()
	switch {
	case w.Stopped():
		return nil
	case w.foreign != "" && w.Result.Routes == 0:
		return fmt.Errorf("not a route table: looks like %s", w.foreign)
	case w.blocks == 0:
		return errors.New("holds no list of routes as Azure PowerShell prints it: check the command that made it")
	}
	c.Unproven = !w.ended
	return nil
}

func (w *listWalk) one(l reading.TextLine) {
	text := bytes.TrimSpace(l.Text)
	switch {
	case l.Long:
		w.disturbed(l.Line, "a line of more than %d bytes: this is not PowerShell's", reading.MaxLine)
	case len(text) == 0:
		w.endBlock()
		w.blanks++
	case powerShell.Match(text):
		w.prompt(l.Line, text)
	case l.Cut && !reading.PromptEnds(text):
		w.disturbed(l.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case azureField.Match(text):
		m := azureField.FindSubmatch(text)
		w.field(l.Line, strings.ToLower(string(m[1])), strings.TrimSpace(string(m[2])))
	case w.fields != nil:
		w.disturbed(l.Line, "unexpected text in a block: %s: was a value wrapped?", reading.Quote(text))
	default:
		w.typed(l.Line, text)
		w.Between(l.Line, text, w.blocks == 0)
	}
}

// disturbed says that something is wrong. The block around it is lost.
func (w *listWalk) disturbed(line int, format string, args ...any) {
	w.spoilBlock("a line in it cannot be read")
	w.Problem(line, format, args...)
}

func (w *listWalk) spoilBlock(why string) {
	if w.fields != nil && w.bad == nil {
		w.bad = errors.New(why)
	}
}

// field takes a line of a block. A name that is there already is of another block: the blank line between is lost.
func (w *listWalk) field(line int, name, value string) {
	w.foreign = foreignKey(name, w.foreign)
	if !slices.Contains(azureBlocks[0], name) && !slices.Contains(azureBlocks[1], name) {
		return
	}
	if w.fields == nil {
		w.fields, w.line, w.bad = map[string]string{}, line, nil
		switch {
		case w.blocks == 0 || w.ended:
			w.shell.answers(w.Collector)
			w.NextAnswer(line)
		case w.blanks > 1: // one stands between blocks of one answer, and more behind the last
			w.NextAnswer(line)
		}
		w.ended, w.blanks = false, 0
	}
	if _, twice := w.fields[name]; twice {
		w.spoilBlock("it names " + name + " twice")
	}
	if isCut(value) {
		w.spoilBlock("PowerShell cut its " + name + " short")
	}
	if name == "network" {
		w.line = line
	}
	w.fields[name] = value
}

// endBlock hands on the route of a block that is whole.
func (w *listWalk) endBlock() {
	fields := w.fields
	if w.fields = nil; fields == nil {
		return
	}
	w.blocks++
	if missing := wholeBlock(fields); w.bad == nil && missing != "" {
		w.bad = fmt.Errorf("it has no %s", missing)
	}
	if w.bad != nil {
		w.Skip(w.line, "bad block of %s: %v", reading.Quote(fields["network"]), w.bad)
		return
	}
	if w.first == nil || maps.Equal(w.first, fields) { // no table holds a row twice: another answer begins
		w.first = fields
		w.NextAnswer(w.line)
	}
	w.rows.take(rowOf(fields, false), w.line)
}

// prompt ends the answer before it.
func (w *listWalk) prompt(line int, text []byte) {
	w.endBlock()
	if !w.ended && w.blocks > 0 {
		w.ended, w.shell = true, shell{}
	}
	w.typed(line, text)
}

// typed takes a line that may be a command, or go on with one.
func (w *listWalk) typed(line int, text []byte) {
	if w.blocks == 0 || w.ended {
		w.shell.saw(line, string(text))
	}
}
