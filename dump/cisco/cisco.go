// Package cisco reads the text tables of one stock: IOS, IOS XE, IOS XR, NX-OS, and EOS and FRR, which print
// theirs after them: a legend, a header, rows in columns under it. What a platform does in its own way stands
// in its dialect, one file each.
package cisco

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What follows reads the tables of IOS, IOS XR, NX-OS, FRR, EOS and FortiOS, which are of one stock: a legend, a header,
// rows in columns. What each platform does in its own way stands in its [dialect].

// hides is what none of these tables has a place for.
const hides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

// dialect is what tells the platforms apart.
type dialect struct {
	name      string
	marks     int         // width of the marks in front of a prefix; 0 where it varies
	counted   bool        // every table ends in a count, so that none is whole without
	outHides  rib.AttrSet // what a table of advertised routes hides beyond hides
	ownForm   bool        // advertised paths are those before our own ASN
	selfHop   bool        // no row that a neighbour sent has the router itself, 0.0.0.0, as next hop
	invalid   string      // the marks of rows that are not used
	bareRDs   bool        // its VPN table is a table of its own, and names no VRF beside a route distinguisher
	named     bool        // a next hop may have its host's name behind it, or be a name alone
	words     bool        // a number that is absent is printed as "-"
	choosy    bool        // a row of a table of advertised routes that is not marked best may not have been sent
	longStale bool        // L is a stale route
	tagged    bool        // a route tag behind the weight, path ids behind the origin, and a count of prefixes behind every table
}

func (d *dialect) shape(src reading.Source) reading.Header {
	h := reading.Header{Format: d.name, ASPathForm: rib.AsSent, NotShown: hides}
	if reading.AdvertisedView(src.View) {
		h.NotShown |= d.outHides
		if d.ownForm {
			h.ASPathForm = rib.BeforeOwnASN
		}
	}
	return h
}

// reader walks the lines of one file.
type reader struct {
	*reading.Collector
	dialect
	lines    reading.TextLines
	columns  columns
	numbers  int // of a row where they are words: metric, AIGP in some releases, local preference, weight
	part     ciscoPart
	row      ciscoRow
	paths    reading.AttrCache[rib.ASPath]
	hops     reading.AttrCache[netip.Addr]
	answers  reading.Answers
	chosen   string // the VRF whose tables are read
	choosing bool   // the file names VRFs
	twice    bool   // the chosen VRF has a table of its own, and its rows in that of all VPNs too
	export   bool   // the view is of what the router advertises
	once     bool   // the file is a pipe, and is read once
	two      bool   // it holds rows of two VRFs
	tables   int    // tables whose header or count was seen
	headings int    // headings of address families
	answer   string // what the router said in a table's place
	unread   error  // why a table cannot be read whose header was seen
	spoke    bool   // a table's answer began: what stands here is no banner and no summary
	selects  bool   // the router marks its choice among what it advertises
	unsorted bool   // the legend has "u unsorted": releases of FRR that have it count a default route that they originate
	foreign  bool   // a table of another family stands in the file, and no heading says so
}

func readCisco(in *reading.Input, c *reading.Collector, d *dialect) error {
	r := &reader{Collector: c, dialect: *d, export: reading.AdvertisedView(c.Source.View)}
	r.selects = r.export && r.choosy
	if err := r.chooseVRF(in); err != nil {
		return err
	}
	r.lines.R = in.Text
	for line := range r.Lines(&r.lines) {
		r.one(line)
	}
	r.endOfFile()
	return r.refused()
}

// one reads a line: of a row, of what stands around rows, or of neither.
func (r *reader) one(l reading.TextLine) {
	text := bytes.TrimLeft(l.Text, " ")
	switch {
	case l.Long:
		r.spoil("a line in it is longer than a router prints")
		r.Problem(l.Line, "a line of more than %d bytes: this is no router's", reading.MaxLine)
	case len(text) == 0:
		r.spoil("a blank line stands in it")
		r.part.blank = r.part.begun // what may be left of a row
	case r.skipsRows() && !r.isFrame(text):
		r.outOfPlace(l.Line, text)
	case r.rowLine(l):
	case l.Cut:
		r.cutFrame(text)
	case r.frame(l.Text, text):
	default:
		r.unknown(l.Line, text)
	}
}

// cutFrame reads the last line of a file where it has no line break and is no row. A count or a prompt
// in it says that the table was whole.
func (r *reader) cutFrame(text []byte) {
	if count, ok := r.cutCount(text); ok && r.part.fits(count) {
		r.endCount(count)
		return
	}
	if reading.IsRouterPrompt(text) {
		r.endReply()
		return
	}
	if h := cutHeading(text); h.kind == familyHeading && wholeFamily(h.family) {
		r.heading(h)
		r.Unproven = true
		return
	}
	r.spoil("the file ends in it")
	r.keepAnswer(text)
	r.Problem(r.lines.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
}

// unknown judges a line that is neither a row nor of the text around rows.
func (r *reader) unknown(line int, text []byte) {
	switch {
	case reading.IsRouterPrompt(text):
		r.endReply()
		r.echoed(text)
		return
	case len(reading.EchoedCommands(text)) > 0:
		r.endReply()
		r.echoed(text)
		return
	case bytes.HasPrefix(text, []byte("Can't find neighbor")): // NX-OS says so of each VRF that lacks it
		r.keepAnswer(text)
		return
	case r.otherVRFLacks(text):
		r.keepAnswer(text)
		r.part.preamble = false
		return
	case r.part.begun && bytes.HasPrefix(text, []byte("BGP routing table entry for")):
		r.detail(line)
		return
	}
	r.spoil("the text is disturbed inside it")
	r.row.known = false // the line may have been a prefix, and the rows behind it its own
	r.keepAnswer(text)
	if reading.RowLike(text) && r.tables == 0 {
		r.Problem(line, "the beginning is missing: %s is of a table that began before the text", reading.Quote(text))
		return
	}
	r.Between(line, text, !r.spoke && (r.part.preamble || r.tables == 0) && !reading.RowLike(text))
}

// otherVRFLacks reports whether IOS XR says, of a VRF that is not read, that it lacks the neighbour.
func (r *reader) otherVRFLacks(text []byte) bool {
	return r.part.vrf != "" && r.leftOut() && bytes.Equal(text, []byte("% Neighbor not found"))
}

// detail passes over a table that is printed with detail, up to its count or a prompt.
func (r *reader) detail(line int) {
	r.spoil("a page of one prefix stands in it")
	if r.part.detail {
		return
	}
	r.part.detail, r.part.open = true, false
	if !r.leftOut() {
		r.unread = errDetail
		r.Problem(line, "%v", errDetail)
	}
}

// outOfPlace judges a line of a table that is not read: rows of unicast in it are not of its family.
func (r *reader) outOfPlace(line int, text []byte) {
	if p := &r.part; p.guessed && !p.mixed && reading.RowLike(text) && bytes.IndexByte(text[:min(len(text), 64)], '/') >= 0 && bytes.IndexByte(text, '[') < 0 {
		p.mixed = true
		r.Problem(line, "a table whose first row is of another family holds %s", reading.Quote(text))
	}
}

func (r *reader) keepAnswer(text []byte) {
	const most = 200
	if r.answer == "" && r.tables == 0 {
		r.answer = string(text[:min(len(text), most)])
	}
}

// endReply is a prompt, or a command: the answer before it was printed whole.
func (r *reader) endReply() {
	r.spoil("a prompt stands in it")
	r.closePart()
	r.answers.Ended(r.Collector)
	r.part, r.spoke = ciscoPart{}, false
}

func (r *reader) endOfFile() {
	r.spoil("the dump ends in it")
	r.noteTable()
	if !r.Stopped() {
		r.Unproven = r.Unproven || len(r.answers.Awaited) > 0
		r.answers.Ended(r.Collector)
	}
	switch p := &r.part; {
	case r.Stopped():
	case p.preamble:
		r.Problem(0, "the dump is cut off before the rows of its last table")
	case p.open && r.counted:
		r.Problem(0, "the dump is cut off: the count that ends a table is missing")
	case p.open, p.named, p.sent:
		r.Unproven = true
	}
}

// refused is the error of a file that holds no table at all.
func (r *reader) refused() error {
	switch {
	case r.foreign && r.Result.Routes == 0 && !r.ZeroStated:
		return errors.New("not a route table: its rows are not of IPv4 or IPv6 unicast")
	case r.unread != nil && r.Result.Routes == 0 && !r.ZeroStated:
		return r.unread
	case r.tables > 0, r.headings > 0, r.Result.Routes > 0, r.Stopped():
		return nil
	case r.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(r.answer))
	}
	return fmt.Errorf("holds no table as %s prints it: check the command that made it", r.name)
}
