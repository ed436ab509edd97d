package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"bgpaudit/rib"
)

// What follows reads the tables of IOS, IOS XR, NX-OS, FRR, EOS and FortiOS, which are of one stock: a legend, a header,
// rows in columns. What each platform does in its own way stands in its [ciscoDialect].

// ciscoHides is what none of these tables has a place for.
const ciscoHides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

// ciscoDialect is what tells the platforms apart.
type ciscoDialect struct {
	name     string
	marks    int         // width of the marks in front of a prefix; 0 where it varies
	counted  bool        // every table ends in a count, so that none is whole without
	outHides rib.AttrSet // what a table of advertised routes hides beyond ciscoHides
	ownForm  bool        // advertised paths are those before our own ASN
	selfHop  bool        // no row that a neighbour sent has the router itself, 0.0.0.0, as next hop
	invalid  string      // the marks of rows that are not used
	words    bool        // a number that is absent is printed as "-"
	tagged   bool        // a route tag behind the weight, path ids behind the origin, and a count of prefixes behind every table
}

func (d *ciscoDialect) shape(src Source) Header {
	h := Header{Format: d.name, ASPathForm: rib.AsSent, NotShown: ciscoHides}
	if advertisedView(src.View) {
		h.NotShown |= d.outHides
		if d.ownForm {
			h.ASPathForm = rib.BeforeOwnASN
		}
	}
	return h
}

// ciscoReader walks the lines of one file.
type ciscoReader struct {
	*collector
	ciscoDialect
	lines    textLines
	columns  columns
	numbers  int // of a row where they are words: metric, AIGP in some releases, local preference, weight
	part     ciscoPart
	row      ciscoRow
	paths    attrCache[rib.ASPath]
	hops     attrCache[netip.Addr]
	command  ciscoCommand
	answers  answers
	chosen   string // the VRF whose tables are read
	choosing bool   // the file names VRFs
	twice    bool   // the chosen VRF has a table of its own, and its rows in that of all VPNs too
	export   bool   // the view is of what the router advertises
	once     bool   // the file is a pipe, and is read once
	two      bool   // it holds rows of two VRFs
	tables   int    // tables whose header or count was seen
	headings int    // headings of address families
	answer   string // what the router said in a table's place
	squeezed bool
	foreign  bool // a table of another family stands in the file, and no heading says so
}

func readCisco(in *input, c *collector, d *ciscoDialect) error {
	r := &ciscoReader{collector: c, ciscoDialect: *d, export: advertisedView(c.src.View)}
	if err := r.chooseVRF(in); err != nil {
		return err
	}
	r.lines.r = in.text
	for !r.stopped() {
		line, err := r.lines.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.broken(r.lines.line, err)
			}
			break
		}
		r.one(line)
	}
	r.endOfFile()
	return r.refused()
}

// one reads a line: of a row, of what stands around rows, or of neither.
func (r *ciscoReader) one(l textLine) {
	text := bytes.TrimLeft(l.text, " ")
	if l.paged && (r.part.begun || r.part.preamble || r.tables > 0 || r.headings > 0) {
		r.answers.pager = l.line
	}
	switch {
	case l.long:
		r.spoil("a line in it is longer than a router prints")
		r.problem(l.line, "a line of more than %d bytes: this is no router's", maxLine)
	case len(text) == 0:
		r.spoil("a blank line stands in it")
	case r.skipsRows() && !r.isFrame(text):
		r.answers.pager = 0
		r.outOfPlace(l.line, text)
	case r.rowLine(l):
		r.answers.pager = 0
	case l.cut:
		r.cutFrame(text)
	case r.frame(l.text, text):
	default:
		r.unknown(l.line, text)
	}
}

// cutFrame reads the last line of a file where it has no line break and is no row. A count or a prompt
// in it says that the table was whole.
func (r *ciscoReader) cutFrame(text []byte) {
	if count, ok := r.cutCount(text); ok && r.part.fits(count) {
		r.endCount(count)
		return
	}
	if isRouterPrompt(text) {
		r.endReply()
		return
	}
	if h := cutHeading(text); h.kind == familyHeading && wholeFamily(h.family) {
		r.heading(h)
		r.unproven = true
		return
	}
	r.spoil("the file ends in it")
	r.keepAnswer(text)
	r.problem(r.lines.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// unknown judges a line that is neither a row nor of the text around rows.
func (r *ciscoReader) unknown(line int, text []byte) {
	switch {
	case isRouterPrompt(text):
		r.endReply()
		r.echoed(text)
		return
	case len(echoedCommands(text)) > 0:
		r.endReply()
		r.echoed(text)
		return
	case bytes.HasPrefix(text, []byte("Can't find neighbor")): // NX-OS says so of each VRF that lacks it
		r.keepAnswer(text)
		return
	}
	r.spoil("the text is disturbed inside it")
	r.row.known = false // the line may have been a prefix, and the rows behind it its own
	r.keepAnswer(text)
	if rowLike(text) && r.tables == 0 {
		r.problem(line, "the beginning is missing: %s is of a table that began before the text", quote(text))
		return
	}
	r.between(line, text, (r.part.preamble || r.tables == 0) && !rowLike(text))
}

// outOfPlace judges a line of a table that is not read: rows of unicast in it are not of its family.
func (r *ciscoReader) outOfPlace(line int, text []byte) {
	if p := &r.part; p.guessed && !p.mixed && rowLike(text) && bytes.IndexByte(text[:min(len(text), 64)], '/') >= 0 && bytes.IndexByte(text, '[') < 0 {
		p.mixed = true
		r.problem(line, "a table whose first row is of another family holds %s", quote(text))
	}
}

func (r *ciscoReader) keepAnswer(text []byte) {
	const most = 200
	if r.answer == "" && r.tables == 0 {
		r.answer = string(text[:min(len(text), most)])
	}
}

// endReply is a prompt, or a command: the answer before it was printed whole.
func (r *ciscoReader) endReply() {
	r.spoil("a prompt stands in it")
	r.closePart()
	r.answers.ended(r.collector)
	r.part = ciscoPart{}
}

func (r *ciscoReader) endOfFile() {
	r.spoil("the dump ends in it")
	r.noteTable()
	if !r.stopped() {
		r.unproven = r.unproven || len(r.answers.awaited) > 0
		r.answers.ended(r.collector)
	}
	switch p := &r.part; {
	case r.stopped():
	case p.preamble:
		r.problem(0, "the dump is cut off before the rows of its last table")
	case p.open && r.counted:
		r.problem(0, "the dump is cut off: the count that ends a table is missing")
	case p.open, p.named:
		r.unproven = true
	}
}

// refused is the error of a file that holds no table at all.
func (r *ciscoReader) refused() error {
	switch {
	case r.foreign && r.res.Routes == 0 && !r.zeroStated && !r.src.ExpectEmpty:
		return errors.New("not a route table: its rows are not of IPv4 or IPv6 unicast")
	case r.squeezed && r.res.Routes == 0:
		return errSqueezed
	case r.tables > 0, r.headings > 0, r.res.Routes > 0, r.stopped():
		return nil
	case r.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(r.answer))
	}
	return fmt.Errorf("holds no table as %s prints it: check the command that made it", r.name)
}
