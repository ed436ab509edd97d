package cisco

import (
	"bytes"
	"fmt"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// frame reads what stands around rows: headings, legends, headers, counts. It reports whether it knew
// the line.
func (r *reader) frame(line, text []byte) bool {
	if h := cutHeading(text); h.kind != noHeading {
		r.spoil("the next table begins in it")
		if why := h.torn(); why != "" {
			r.Problem(r.lines.Line, "%s: %s", why, reading.Quote(text))
		}
		r.heading(h)
		return true
	}
	if count, ok := r.cutCount(text); ok {
		r.spoil("the table ends in it")
		r.endCount(count)
		return true
	}
	switch {
	case r.isHeader(text):
		r.header(line, false)
	case isAdvertisedHeader(text):
		r.header(line, true)
	case bytes.HasPrefix(text, []byte("BGP table version is")), bytes.HasPrefix(text, []byte("BGP router identifier")), r.words && bytes.HasPrefix(text, []byte("Router identifier ")):
		r.announce(text)
	case bytes.HasPrefix(text, []byte("Default local pref ")):
		r.defaultPref(text)
	case bytes.HasPrefix(text, []byte("Originating default network ")):
		r.originated(text)
	case isLegend(text), r.part.preamble && bytes.HasPrefix(text, []byte("BGP ")):
		r.unsorted = r.unsorted || bytes.Contains(text, []byte("u unsorted"))
	default:
		return false
	}
	r.spoke = r.spoke || !bytes.HasPrefix(text, []byte("BGP ")) // which stands above a summary too
	return true
}

// heading begins the part that h names. What was before it is whole, but for a platform that prints a
// count behind each table.
func (r *reader) heading(h ciscoHeading) {
	if h.kind != rdHeading {
		if r.part.open && r.counted && r.part.rows > 0 {
			r.Problem(r.lines.Line, "the count that ends a table is missing in front of this line")
		}
		r.closePart()
		r.headings++
	}
	r.part.enter(h)
	r.row.known = false
	r.routerID(h.router)
	if h.peer != "" {
		r.answerOf(h.peer)
		r.Shows(reading.Shown{Extent: reading.OfOne, What: "the dump shows the routes of one neighbor"})
	}
	if h.table && !r.HasCommand() {
		r.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: "the heading is the whole table's"})
	}
}

// announce reads "BGP table version is 5, local router ID is 192.0.2.1": a table follows.
func (r *reader) announce(text []byte) {
	r.spoil("the next table begins in it")
	r.nextTable()
	r.part.preamble = true
	r.routerID(text)
}

// routerID notes the router that a line names, if it is above a table that is read.
func (r *reader) routerID(text []byte) {
	for _, words := range []string{"router ID is ", "Router ID is ", "router identifier ", "Router identifier "} {
		if _, id, ok := bytes.Cut(text, []byte(words)); ok && !r.leftOut() {
			id, _, _ = bytes.Cut(id, []byte(","))
			r.Result.Header.Router = string(bytes.TrimSpace(id))
		}
	}
	r.localASN(text)
}

// localASN notes the router's own ASN in "local router ID is 192.0.2.9, local AS number 65536", "..., local AS 65536".
func (r *reader) localASN(text []byte) {
	_, rest, ok := bytes.Cut(text, []byte("local AS "))
	if !ok || r.leftOut() {
		return
	}
	word, _ := reading.CutWord(bytes.TrimPrefix(rest, []byte("number ")))
	if asn, err := rib.ParseASN(string(bytes.TrimRight(word, ","))); err == nil {
		r.OwnASN(asn)
	}
}

// isHeader reports whether text is the header of a table of this platform, but for that of advertised routes.
func (d *dialect) isHeader(text []byte) bool {
	switch {
	case d.words:
		return isEOSHeader(text)
	case d.tagged:
		return isTaggedHeader(text)
	}
	return IsColumnHeader(text)
}

// nextTable begins a table where no heading stands between it and the one before.
func (r *reader) nextTable() {
	if !r.part.begun {
		return
	}
	r.closePart()
	r.part = r.part.next()
}

// header begins a table's rows.
func (r *reader) header(line []byte, advertised bool) {
	r.spoil("the next table begins in it")
	repeats := r.part.begun && r.part.open
	if !r.part.sent {
		r.answers.Came()
	}
	var err error
	before := r.columns
	r.columns = columns{network: bytes.Index(line, []byte("Network")), hop: bytes.Index(line, []byte("Next Hop"))}
	r.numbers = eosNumbers(line)
	if !advertised && !r.words {
		if r.columns, err = cutColumns(line); err != nil {
			r.unread = err
			r.Problem(r.lines.Line, "%v", err)
			return
		}
	}
	if repeats {
		r.repeatedHeader(before, advertised)
		return
	}
	r.part.preamble, r.part.sent, r.part.begun, r.part.open, r.part.advertised = false, false, true, true, advertised
	r.row.known = false
	if r.part.other {
		if r.part.headless {
			r.Problem(r.lines.Line, "a table without a heading stands behind one of another family: export each family by itself")
		}
		return
	}
	r.tables++
	r.setForm(advertised)
	r.mark()
}

// repeatedHeader is a header inside its table: a terminal's page begins with it. The rows go on.
func (r *reader) repeatedHeader(before columns, advertised bool) {
	r.part.page = true
	if advertised != r.part.advertised || r.columns != before {
		r.Problem(r.lines.Line, "a header of another form stands in the table: give each table a file and a feed of its own")
	}
}

// setForm notes the form of the AS paths, and what the columns show.
func (r *reader) setForm(advertised bool) {
	switch {
	case advertised:
		r.Result.Header.ASPathForm = rib.AsSent
		r.Shows(reading.Shown{Direction: reading.Advertised, What: "the columns are those of advertised routes"})
	case r.counted && !r.ownForm:
		r.Shows(reading.Shown{Direction: reading.Held, What: "the columns are not those of advertised routes"})
	}
}

// mark notes that the table shows its family, whether or not it holds a row.
func (r *reader) mark() {
	if r.part.family != nil && !r.part.vpn && !r.leftOut() {
		r.Families[*r.part.family] = true
	}
}

func (r *reader) closePart() {
	p := &r.part
	r.noteTable()
	p.open, p.begun, p.preamble, p.named, p.sent = false, false, false, false, false
}

// noteTable notes a table that held rows: none comes twice.
func (r *reader) noteTable() {
	p := &r.part
	for _, family := range rib.Families {
		if p.held[family] && !p.vpn && !p.other {
			r.answers.Table(r.Collector, r.lines.Line, fmt.Sprintf("%s in VRF %s", family, p.name()))
		}
	}
	p.held = [2]bool{}
}

// ciscoCount is the count behind a table.
type ciscoCount struct {
	prefixes, paths uint32
	both            bool // paths are counted, too, as IOS XR does
	whole           bool // paths are those of the whole table, of which rows may be a part: FRR
	neighbors       bool // FRR puts it behind the routes that a neighbour is sent, or sends
	networks        bool // they are prefixes, however many paths each has: FortiOS
	repeated        bool // paths are counted, too, in rows that each print their prefix: FRR, behind a neighbour's routes
	filtered        bool // some of them are not accepted
}

// cutCiscoCount reads "Total number of prefixes 7", "Total number of prefixes 7, total number of paths 9" and
// "Processed 7 prefixes, 9 paths".
func cutCiscoCount(text []byte) (c ciscoCount, ok bool) {
	if rest, found := bytes.CutPrefix(text, []byte("Total number of prefixes ")); found {
		return cutTotal(rest)
	}
	if bytes.HasPrefix(text, []byte("Displayed ")) || bytes.HasPrefix(text, []byte("No BGP prefixes displayed, ")) {
		return cutFRRCount(text)
	}
	rest, found := bytes.CutPrefix(text, []byte("Processed "))
	if !found {
		return c, false
	}
	prefixes, rest := reading.CutWord(rest)
	_, rest = reading.CutWord(rest)
	paths, rest := reading.CutWord(rest)
	if !bytes.HasPrefix(rest, []byte("path")) || len(rest) > len("paths") || rest[len(rest)-1] == 't' {
		return c, false
	}
	var okPaths bool
	c.prefixes, ok = reading.ParseUint32(prefixes)
	c.paths, okPaths = reading.ParseUint32(paths)
	c.both = true
	return c, ok && okPaths
}

// cutTotal reads what stands behind "Total number of prefixes ": "7", "7 (1 filtered)", "7, total number of paths 9".
func cutTotal(rest []byte) (c ciscoCount, ok bool) {
	number, behind := reading.CutWord(rest)
	c.neighbors, c.filtered = true, bytes.HasSuffix(behind, []byte(" filtered)"))
	okPaths := true
	if paths, found := bytes.CutPrefix(bytes.TrimSpace(behind), []byte("total number of paths ")); found && bytes.HasSuffix(number, []byte(",")) {
		number = bytes.TrimSuffix(number, []byte(","))
		number2, more := reading.CutWord(paths)
		c.paths, okPaths = reading.ParseUint32(number2)
		c.both, c.repeated, behind = true, true, more
	}
	c.prefixes, ok = reading.ParseUint32(number)
	return c, ok && okPaths && (c.filtered || len(bytes.TrimSpace(behind)) == 0)
}

// cutCount is cutCiscoCount, in the sense that the platform gives to it.
func (r *reader) cutCount(text []byte) (c ciscoCount, ok bool) {
	c, ok = cutCiscoCount(text)
	c.networks = r.tagged
	return c, ok
}

// fits reports whether a count is that of the part's rows, or of them and of the default route above them: FRR's
// releases differ in that.
func (p *ciscoPart) fits(c ciscoCount) bool { return p.fitsBeside(c, 0) || p.countsDefault(c) }

// countsDefault reports whether a count fits with the default route that stands above the rows alone.
func (p *ciscoPart) countsDefault(c ciscoCount) bool {
	return p.defaults > 0 && !p.fitsBeside(c, 0) && p.fitsBeside(c, p.defaults)
}

// fitsBeside reports whether a count is that of the part's rows, and of others beside them.
func (p *ciscoPart) fitsBeside(c ciscoCount, others int) bool {
	if c.whole {
		return int(c.prefixes) == p.prefixes && p.rows <= int(c.paths)
	}
	if c.both {
		return int(c.prefixes) == p.counted(c)+others && int(c.paths) == p.rows+others
	}
	if c.networks {
		return int(c.prefixes) == p.prefixes+others
	}
	return int(c.prefixes) == p.rows+others // of paths, whatever it calls them
}

// counted is how many prefixes the part holds in the sense of c.
func (p *ciscoPart) counted(c ciscoCount) int {
	if c.repeated {
		return p.prefixes - p.repeats
	}
	return p.prefixes
}

// endCount holds a count against the rows above it.
func (r *reader) endCount(c ciscoCount) {
	p := &r.part
	switch {
	case p.other, p.detail:
	case c.whole && p.fits(c):
		r.endFRR(c)
	case !p.fits(c) && c.both:
		r.Problem(r.lines.Line, "the dump counts %d prefixes and %d paths, and holds %d and %d", c.prefixes, c.paths, p.counted(c), p.rows)
	case !p.fits(c) && c.networks:
		r.Problem(r.lines.Line, "the dump counts %d prefixes, and holds %d", c.prefixes, p.prefixes)
	case !p.fits(c):
		r.Problem(r.lines.Line, "the dump counts %d prefixes, and holds %d", c.prefixes, p.rows)
	case c.prefixes == 0:
		r.ZeroStated = true
	case p.countsDefault(c) && !r.unsorted:
		r.Unproven = true
		r.Note(r.lines.Line, "the dump counts %d prefixes: the rows and the default route above them, if this release counts that: write routes: on the feed if it does", c.prefixes)
	}
	if !r.part.begun && !r.part.sent {
		r.answers.Came() // it stands in a table's place
	}
	if !p.other && !p.detail {
		if c.neighbors && r.selfHop && !c.networks {
			r.endNeighbor(c)
		}
		r.tables++
		r.mark()
	}
	r.closePart()
	*p = p.next()
}

// legends begin the lines that explain a table, and notes that IOS prints in front of any answer.
var legends = [][]byte{
	[]byte("Status codes:"), []byte("Status:"), []byte("Path type:"), []byte("Origin codes:"),
	[]byte("RPKI validation codes:"), []byte("r RIB-failure"), []byte("x best-external"), []byte("t secondary path"),
	[]byte("i - internal"), []byte("Route Distinguisher Version:"), []byte("AF-Private Import"), []byte("AF-Private import"),
	[]byte("BGP instance "), []byte("Load for "), []byte("Time source is "), []byte("Non-stop routing"), []byte("Table ID:"),
	[]byte("VRF ID:"), []byte("Nexthop codes:"),
	[]byte("Route status codes:"), []byte("S - Stale"), []byte("S Stale"), []byte("% - Pending"), []byte("AS Path Attributes:"), []byte("RPKI Origin Validation codes:"), []byte("Dampening enabled"), []byte("BGP Route Distinguisher:"),
	[]byte("i internal,"), []byte("% Command accepted but obsolete, unreleased or unsupported"),
}

// isLegend reports whether a line explains the table, underlines a heading or says when it was printed.
// The time of IOS XR names no year, and zones by letters that several share: it is not the dump's time.
func isLegend(text []byte) bool {
	for _, l := range legends {
		if bytes.HasPrefix(text, l) {
			return true
		}
	}
	if c := text[0]; c == '-' || c == '=' {
		return len(bytes.Trim(text, "-=")) == 0
	}
	return isClock(text)
}

// isClock reports whether text is "Wed Nov 22 16:36:21.454 UTC".
func isClock(text []byte) bool {
	words := bytes.Fields(text)
	if len(words) != 5 || len(words[0]) != 3 || len(words[1]) != 3 || bytes.Count(words[3], []byte(":")) != 2 {
		return false
	}
	return bytes.Contains([]byte("MonTueWedThuFriSatSun"), words[0])
}

// cameSent notes that a default route is sent. Where no other is, this line is the answer, and no header follows.
func (r *reader) cameSent() {
	if r.part.begun {
		return
	}
	if !r.part.sent {
		r.answers.Came()
		r.tables++
	}
	r.part.sent, r.part.preamble = true, false
}

// originated reads "Originating default network 0.0.0.0": what IOS says above the routes that it
// advertises to a neighbour with default-originate. The route is sent, and is in no row.
func (r *reader) originated(text []byte) {
	if r.part.other {
		return
	}
	_, word, _ := bytes.Cut(text, []byte("network "))
	r.cameSent()
	r.part.defaults++
	if r.leftOut() {
		return
	}
	r.Shows(reading.Shown{Direction: reading.Advertised, What: fmt.Sprintf("it says %s, as advertised routes do", reading.Quote(text))})
	if !r.export && r.Source.View != "" {
		return
	}
	prefix := rib.IPv4.All()
	if bytes.IndexByte(word, ':') >= 0 {
		prefix = rib.IPv6.All()
	}
	a := rib.Attrs{NotShown: hides | r.outHides | rib.AttrNextHop | rib.AttrMED | rib.AttrOrigin}
	r.Route(rib.Route{Prefix: prefix, Line: r.lines.Line, Attrs: a})
}
