// Package reading is what every reader of a dump stands on: what the config says of a file ([Source]), the
// opened and unpacked file ([Input]), its lines ([TextLines]) and JSON ([Scanner], [Cursor]), what stands around the
// tables of a terminal's log, and the [Collector], which takes the rows, counts what was lost and judges at
// the end how complete the reading is.
//
// In: a file. Out: rows and a [Result]. It knows no format: those are the rooms beside it, each with a [Format]
// value or two. Nothing here is safe for use by several goroutines; the file is read ahead by one of its own.
package reading

import (
	"context"
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// MaxErrors is how many errors a Result spells out; the rest are counted.
const MaxErrors = 20

// Collector is where a format's reader puts what it finds. It counts, numbers repeated rows,
// keeps the first errors, and at the end says how complete the reading is.
type Collector struct {
	Ctx    context.Context
	Source Source
	emit   func(rib.Route) error

	// Loader, where there is one, takes the rows in emit's place.
	Loader *rib.Loader

	Result     Result
	More       int          // errors beyond MaxErrors
	Partial    bool         // something of the table is missing
	Unproven   bool         // the format has no end to see
	ZeroStated bool         // the dump says that its table is empty
	Families   [2]bool      // held or marked
	notShown   rib.AttrSet  // what no row shows
	Hides      *rib.AttrSet // what the dump itself says that it cannot show
	IDs        Identities
	ownASNs    bool // the dump names several of the router's own
	OwnLines   bool // rows of canonical records carry their own line, not their original's
	// UnnamedVRFs: a document need not name its VRF, so that its command must.
	UnnamedVRFs bool
	file        answersOf
	lines       lineMap // of an answer that was taken out of JSON
	contradiction
}

// NewCollector makes the collector of one reading of src. emit takes each row; an error of it makes the row a
// skipped one.
func NewCollector(ctx context.Context, src Source, emit func(rib.Route) error) *Collector {
	if src.Name == "" {
		src.Name = src.Path
	}
	return &Collector{Ctx: ctx, Source: src, emit: emit, notShown: ^rib.AttrSet(0), Result: Result{Header: Header{Source: src.Name}}}
}

// At is "name:line: " for messages; line 0 is no line.
func (c *Collector) At(line int) string {
	if line == 0 {
		return c.Source.Name + ": "
	}
	return fmt.Sprintf("%s:%d: ", c.Source.Name, line)
}

// Reads says what is read: from here on lines are of its text.
func (c *Collector) Reads(in *Input) {
	if in.opened != nil {
		c.lines = in.opened.lines
	}
}

// LineOf is the line of the file in which a line of the text stands: an answer may stand in one line of JSON.
func (c *Collector) LineOf(line int) int { return c.lines.of(line) }

// Note adds an error that says nothing of what was read. Line 0 is no line.
func (c *Collector) Note(line int, format string, args ...any) {
	c.note(c.LineOf(line), format, args...)
}

// note is Note of a line of the file.
func (c *Collector) note(line int, format string, args ...any) {
	if len(c.Result.Errors) == MaxErrors {
		c.More++
		return
	}
	c.Result.Errors = append(c.Result.Errors, c.At(line)+fmt.Sprintf(format, args...))
}

// Skip counts a row that could not be read.
func (c *Collector) Skip(line int, format string, args ...any) {
	if c.file.now.left != "" {
		c.LeaveOut(line, format, args...)
		return
	}
	c.skip(c.LineOf(line), format, args...)
}

// skip is Skip of a line of the file.
func (c *Collector) skip(line int, format string, args ...any) {
	if c.Result.Skipped == 0 {
		c.Result.Bad = rib.Aside{Line: line, Why: fmt.Sprintf(format, args...)}
	}
	c.Result.Skipped++
	c.note(line, format, args...)
}

// LeaveOut counts a row of another neighbour or VRF than the feed picks. It is no evidence, and nothing is wrong with it.
func (c *Collector) LeaveOut(line int, format string, args ...any) {
	if c.Result.Others == 0 {
		c.Result.Other = rib.Aside{Line: c.LineOf(line), Why: fmt.Sprintf(format, args...)}
	}
	c.Result.Others++
}

// LeaveOutOf counts a row of another neighbour.
func (c *Collector) LeaveOutOf(line int, neighbor netip.Addr) {
	if c.Result.Others == 0 {
		c.LeaveOut(line, "of neighbor %s", neighbor)
		return
	}
	c.Result.Others++
}

// OwnASN notes an ASN that the dump says the router uses. Where it names several, it does not say which the feed's
// neighbour is shown.
func (c *Collector) OwnASN(asn uint32) {
	h := &c.Result.Header
	switch {
	case asn == 0 || c.ownASNs:
	case h.LocalASN == 0:
		h.LocalASN = asn
	case h.LocalASN != asn:
		h.LocalASN, c.ownASNs = 0, true
	}
}

// Problem says that something of the table is missing.
func (c *Collector) Problem(line int, format string, args ...any) {
	c.Partial = true
	c.Note(line, format, args...)
}

// Route hands on one row whose identity the dump leaves to be told apart: a second row of the
// same neighbour and prefix gets the next free path id.
func (c *Collector) Route(r rib.Route) {
	if c.leaves(rib.FamilyOf(r.Prefix), r.Neighbor, r.Line) {
		return
	}
	if c.Loader != nil {
		c.load(&r, true)
		return
	}
	r.PathID = c.IDs.ordinal(r)
	c.put(r)
}

// Put hands on one row whose identity is its own.
func (c *Collector) Put(r rib.Route) {
	if c.leaves(rib.FamilyOf(r.Prefix), r.Neighbor, r.Line) {
		return
	}
	c.put(r)
}

func (c *Collector) put(r rib.Route) {
	if c.Loader != nil {
		c.load(&r, false)
		return
	}
	r.Marks, r.Line = c.Source.meant(r.Marks), c.LineOf(r.Line)
	if err := c.emit(r); err != nil {
		c.skip(r.Line, "%v", err)
		return
	}
	c.count(rib.FamilyOf(r.Prefix), r.Line, r.Attrs.NotShown, c.seen(&r.Attrs))
}

// Common is what rows of one neighbour and the same attributes have in common: to the table, and
// to the counts.
type Common struct {
	shared   rib.Shared
	notShown rib.AttrSet
	seen     pathSeen
}

// Share takes in what r has in common with other rows, where there is a loader.
func (c *Collector) Share(r *rib.Route) Common {
	return Common{c.Loader.Share(r.Neighbor, &r.Attrs, r.Marks), r.Attrs.NotShown, c.seen(&r.Attrs)}
}

func (c *Collector) load(r *rib.Route, numbered bool) {
	r.Marks = c.Source.meant(r.Marks)
	c.enter(c.Share(r), rib.Row{Prefix: r.Prefix, PathID: r.PathID, Numbered: numbered, Marks: r.Marks, Line: r.Line})
}

// Enter hands a row on to the loader.
func (c *Collector) Enter(s Common, neighbor netip.Addr, row rib.Row) {
	if !c.leaves(rib.FamilyOf(row.Prefix), neighbor, row.Line) {
		c.enter(s, row)
	}
}

func (c *Collector) enter(s Common, row rib.Row) {
	row.Line = c.LineOf(row.Line)
	if err := c.Loader.Add(s.shared, row); err != nil {
		c.skip(row.Line, "%v", err)
		return
	}
	c.count(rib.FamilyOf(row.Prefix), row.Line, s.notShown, s.seen)
}

// TakeBack uncounts a row that the loader could not enter.
func (c *Collector) TakeBack(line int, err error) {
	c.Result.Routes--
	c.skip(line, "%v", err)
}

// HandedOn waits for the loader, where there is one: all that is counted is in the table then.
func (c *Collector) HandedOn() {
	if c.Loader != nil {
		c.Loader.Close()
		c.Loader = nil
	}
}

// count notes a row that was handed on.
func (c *Collector) count(fam rib.Family, line int, notShown rib.AttrSet, path pathSeen) {
	c.Result.Routes++
	c.Families[fam] = true
	c.notShown &= notShown
	c.sawPath(path, line)
}

// Disturbed takes what could not be undone of what lies around the text: something of the table may be missing there.
func (c *Collector) Disturbed(in *Input) {
	file := func(line int) int { return line }
	c.disturbed(in.around, file)
	c.disturbed(in.inside, c.LineOf)
	if in.opened != nil {
		for _, w := range in.opened.wrongs {
			c.Partial = true
			c.note(w.line, "%s", w.why)
		}
	}
}

func (c *Collector) disturbed(by *cleanup, lineOf func(int) int) {
	if by == nil {
		return
	}
	for _, w := range by.wrongs {
		c.Partial = true
		c.note(lineOf(w.line), "%s", w.why)
	}
	c.More += by.more
}

// Stopped reports whether the caller gave up.
func (c *Collector) Stopped() bool { return c.Ctx.Err() != nil }

// Finish closes the counts and judges completeness (docs/formats/README.md, "Completeness").
func (c *Collector) Finish(shape rib.AttrSet) Result {
	h := &c.Result.Header
	switch h.NotShown = c.notShown; {
	case c.Hides != nil:
		h.NotShown = *c.Hides
	case c.Result.Routes == 0:
		h.NotShown = shape
	}
	for _, fam := range rib.Families {
		if c.Families[fam] {
			h.Families = append(h.Families, fam)
		}
	}
	if c.Stopped() {
		c.Problem(0, "reading was stopped: %v", c.Ctx.Err())
	}
	c.complete()
	if c.More > 0 {
		c.Result.Errors = append(c.Result.Errors, fmt.Sprintf("%sand %d more errors", c.At(0), c.More))
	}
	return c.Result
}

func (c *Collector) complete() {
	rows, want := c.Result.Routes+c.Result.Skipped, c.Source.ExpectRoutes
	switch {
	case want >= 0 && want != rows:
		c.Problem(0, "the config says routes: %d, the dump holds %d", want, rows)
	case rows == 0 && c.Result.Others > 0 && c.Text != "": // all of it is another's
	case rows == 0 && !c.ZeroStated && c.Result.Others > 0 && !c.Source.ExpectsEmpty():
		c.Partial = true
		c.note(c.Result.Other.Line, "the dump holds no route of the feed's, but %d others: %s", c.Result.Others, c.Result.Other.Why)
	case rows == 0 && !c.ZeroStated && !c.Source.ExpectEmpty && want != 0 && !c.Partial:
		c.Problem(0, "the table is empty and nothing in the dump states its zero: write expect-empty: true if that is right")
	}
	switch {
	case c.Partial, c.Result.Skipped > c.Source.TolerateSkipped:
		c.Result.Complete = rib.CompleteNo
	case c.Unproven && want < 0:
		c.Result.Complete = rib.CompleteUnproven
	default:
		c.Result.Complete = rib.CompleteYes
	}
}
