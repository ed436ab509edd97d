package cisco

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// ciscoRow is the row that is being read. A long prefix stands alone on its line, and so does a long next
// hop: what belongs to them follows on the next.
type ciscoRow struct {
	open   bool // a prefix or a next hop was read, and the rest is awaited
	line   int
	marks  []byte // in front of the prefix, as printed
	kept   [8]byte
	prefix netip.Prefix // good for the rows behind it that repeat none
	known  bool         // prefix is set
	active bool         // EOS marked a path of the prefix
	hop    netip.Addr
	name   bool // FRR shows the next hop by a name, and no address
	origin byte // what validation of origins says, where marks have fixed places; 0: nothing
	at     int  // the column where the next hop begins
	beside int  // how far from its header the prefix stands
	err    error
}

// spoil makes the open row a bad row.
func (r *reader) spoil(why string) {
	if r.row.open {
		r.row.open = false
		r.badRow(r.row.line, errors.New(why))
	}
}

func (r *reader) badRow(line int, err error) {
	r.part.rows++
	if r.tagged { // no count of paths tells that a further row is of this prefix, and not of one that is lost in the damage
		defer func() { r.row.known = false }()
	}
	if r.leftOut() {
		r.LeaveOut(line, "of VRF %s", r.part.name())
		return
	}
	if r.row.known {
		r.Skip(line, "bad row of %s: %v", r.row.prefix, err)
		return
	}
	r.Skip(line, "bad row: %v", err)
}

// rowLine reads a line of a row, and reports whether it was one.
func (r *reader) rowLine(l reading.TextLine) bool {
	if !r.part.begun {
		return false
	}
	marks, first, ok := r.cutMarks(l.Text)
	if !ok && r.named {
		marks, first, ok = r.cutName(l.Text)
	}
	switch {
	case !ok && r.part.family == nil && r.part.rows == 0 && !r.row.open && r.otherFamily(l.Text):
		return true
	case !ok:
		return r.numbersLine(l)
	case r.row.open && r.row.hasHop():
		r.spoil("its numbers are missing")
	}
	if len(marks) > len(r.row.kept) {
		return false
	}
	r.goesOn(l.Line)
	word := l.Text[first.Start:first.End]
	second := reading.NextToken(l.Text, first.End)
	switch {
	case bytes.IndexByte(r.bareHop(word), '/') >= 0, r.marks == 0 && !r.row.open && r.isHop(l.Text, second):
		r.spoil("its next hop is missing")
		r.beginRow(l, marks, word)
		r.inPlace(first, r.columns.network, &r.part.prefixAt)
		if second.End > second.Start {
			r.hopAndRest(l, second)
		} else if l.Cut {
			return false
		}
	default:
		if !r.row.open {
			r.continueRow(l, marks)
			if r.words && r.row.err == nil {
				r.row.err = errNoPrefix
			}
		}
		r.inPlace(first, r.columns.hop, nil)
		r.hopAndRest(l, first)
	}
	return true
}

// goesOn says that rows stand behind a blank line: a row may have stood in its place.
func (r *reader) goesOn(line int) {
	if p := &r.part; p.blank && !p.strayed {
		p.strayed = true
		r.Problem(line, "a blank line stands among the rows: one of them may be missing")
	}
}

// inPlace holds prefixes, and next hops in front of which none stands, to their columns. Some releases print all rows a
// little beside the header, but then all of them: a row that stands elsewhere lost its front, and what is left of an
// address may look like another one.
func (r *reader) inPlace(word reading.Token, column int, at *place) {
	farthest := 3
	if at == nil {
		farthest = 8
	}
	off := word.Start - column
	if at != nil && !at.known && !r.tagged { // FortiOS's never leave their columns
		*at = place{known: true, beside: off}
	}
	far := max(off, -off) > farthest
	if r.tagged {
		far = off != 0
	} else if at != nil {
		far = far || off != at.beside
	}
	switch {
	case !far || r.row.err != nil:
	case r.tagged:
		r.row.err = errColumns
	default:
		r.row.err = errPlace
	}
}

// otherFamily reports whether a row, in a table that names no family, is of EVPN or another that is not
// unicast: "*>i [2][192.0.2.1:1]...". The table is not read then.
func (r *reader) otherFamily(line []byte) bool {
	open := bytes.IndexByte(line, '[')
	if open < 1 || !reading.AreMarks(line[:open]) || bytes.IndexByte(line, ']') < 0 {
		return false
	}
	r.part.other, r.part.guessed, r.foreign = true, true, true
	return true
}

// beginRow takes a row's prefix.
func (r *reader) beginRow(l reading.TextLine, marks, word []byte) {
	w := &r.row
	w.open, w.line, w.hop, w.name, w.err = true, l.Line, netip.Addr{}, false, nil
	w.marks = append(w.kept[:0], marks...)
	previous, had := w.prefix, w.known
	w.prefix, w.err = parsePrefix(word, r.marks == 0)
	w.active = w.active && w.prefix == previous || bytes.ContainsAny(marks, ">#")
	w.known = w.err == nil
	r.holdFamily()
	r.holdPage(previous, had)
	r.part.prefixes++
	if had && w.known && w.prefix == previous {
		r.part.repeats++
	}
}

// holdPage holds the first prefix behind a repeated header against the one before it: a table that goes on goes up.
func (r *reader) holdPage(previous netip.Prefix, had bool) {
	w := &r.row
	if r.part.page && had && w.known && w.prefix.Addr().Less(previous.Addr()) {
		r.Problem(w.line, "the header is repeated, and the prefixes begin anew: it looks like another table: give each a file and a feed of its own")
	}
	r.part.page = false
}

// holdFamily holds the row's family against the table's.
func (r *reader) holdFamily() {
	w := &r.row
	if !w.known {
		return
	}
	family := rib.FamilyOf(w.prefix)
	if r.part.family != nil && family != *r.part.family {
		w.err = fmt.Errorf("it stands in a table of %s", *r.part.family)
		return
	}
	r.part.held[family] = true
}

// continueRow begins a further row of the prefix before it.
func (r *reader) continueRow(l reading.TextLine, marks []byte) {
	w := &r.row
	w.open, w.line, w.hop, w.name, w.err = true, l.Line, netip.Addr{}, false, nil
	w.marks = append(w.kept[:0], marks...)
	if !w.known {
		w.err = reading.ErrNoPrefix
	}
	r.holdFamily()
}

// hopAndRest reads a row from its next hop on.
func (r *reader) hopAndRest(l reading.TextLine, hop reading.Token) {
	w := &r.row
	err := r.takeHop(l.Text, hop)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("bad next hop %s", reading.Quote(l.Text[hop.Start:hop.End]))
	}
	if behind := reading.NextToken(l.Text, hop.End); behind.End == behind.Start {
		if l.Cut || err != nil {
			r.spoil("it ends behind its next hop")
		}
		return // the numbers follow on the next line
	}
	r.finishRow(l, hop.End)
}

// numbersLine reads the line behind a long next hop.
func (r *reader) numbersLine(l reading.TextLine) bool {
	if !r.row.open || !r.row.hasHop() {
		return false
	}
	if first := reading.NextToken(l.Text, 0); first.End == first.Start || first.Start < r.columns.hop || wordIsNoNumber(l.Text[first.Start:first.End]) {
		return false
	}
	r.row.at = r.columns.hop
	r.finishRow(l, 0)
	return true
}

func wordIsNoNumber(word []byte) bool {
	_, ok := reading.ParseUint32(word)
	return !ok
}

// finishRow reads what stands behind the next hop, and hands the row on.
func (r *reader) finishRow(l reading.TextLine, from int) {
	w := &r.row
	route := rib.Route{Prefix: w.prefix, Line: w.line}
	err := w.err
	if err == nil && r.tagged && l.Cut && !bytes.HasSuffix(l.Text, []byte(">")) {
		err = reading.ErrNoOrigin // path ids stand behind it
	}
	if err == nil {
		err = r.readAttrs(&route.Attrs, l.Text, from)
	}
	if err != nil {
		w.open = false
		r.badRow(w.line, err)
		return
	}
	w.open = false
	r.part.rows++
	route.Marks = r.marksOf(w.marks)
	r.ofOneVRF()
	if r.leftOut() {
		r.LeaveOut(w.line, "of VRF %s", r.part.name())
		return
	}
	r.Route(route)
}

// readAttrs reads the attributes behind the next hop.
func (r *reader) readAttrs(a *rib.Attrs, line []byte, from int) (err error) {
	a.NextHop = r.row.hop
	var rest int
	switch {
	case r.part.advertised:
		rest, err = cutFrom(line, from)
	case r.words:
		rest, err = r.eosNumbers(a, line, from)
		line = cutEOSPath(line)
	default:
		var numbers [4]rib.Optional
		numbers, rest, err = r.columns.numbers(line, from, r.row.at)
		a.MED, a.LocalPref = numbers[metricColumn], numbers[localPrefColumn]
	}
	if err == nil && r.tagged {
		line, err = cutPathIDs(line)
	}
	if err != nil {
		return err
	}
	if rest > len(line) {
		return reading.ErrNoOrigin
	}
	if a.Origin, a.ASPath, err = r.pathAndOrigin(line[rest:]); err != nil {
		return err
	}
	a.NotShown = r.hidden()
	r.ownHop(a)
	reading.Hide(a)
	return nil
}

// fromItself is a row whose next hop is the router: one that it advertises, or one of its own.
func (r *reader) fromItself(a *rib.Attrs) {
	switch r.Source.View {
	case rib.AdjRIBInPre, rib.AdjRIBInPost:
		if !r.selfHop {
			break
		}
		r.Shows(reading.Shown{Direction: reading.Advertised, What: "the router itself is the next hop of a row, as in advertised routes"})
	case rib.AdjRIBOutPre, rib.AdjRIBOutPost:
		a.NotShown |= rib.AttrNextHop
	}
	a.NextHop = netip.Addr{}
}

// hidden is what the rows of this table cannot show.
func (r *reader) hidden() rib.AttrSet {
	h := hides
	switch {
	case r.part.advertised:
		h |= xrAdvertisedHides
	case r.export:
		h |= r.outHides
	case r.words && !r.row.active:
		h |= rib.AttrBest // another protocol outdoes the best path, and it is not marked
	case r.Source.View == rib.AdjRIBInPre: // it is no choice: import policy comes later
		h |= rib.AttrBest
	}
	return h
}

// pathAndOrigin reads "65536 65537 i"; the origin may touch the path in the tables of IOS XR that show
// advertised routes.
func (r *reader) pathAndOrigin(text []byte) (origin rib.Origin, path rib.ASPath, err error) {
	if len(text) == 0 {
		return 0, nil, reading.ErrNoOrigin
	}
	last := text[len(text)-1]
	text = text[:len(text)-1]
	switch last {
	case 'i':
		origin = rib.OriginIGP
	case 'e':
		origin = rib.OriginEGP
	case '?':
		origin = rib.OriginIncomplete
	default:
		return 0, nil, reading.ErrNoOrigin
	}
	if len(text) > 0 && text[len(text)-1] != ' ' && !r.part.advertised {
		return 0, nil, reading.ErrNoOrigin
	}
	text = bytes.TrimSpace(text)
	if bytes.Contains(text, []byte("  ")) {
		return 0, nil, errGap
	}
	path, err = r.paths.Get(text, reading.ParsePath)
	return origin, path, err
}

// marksOf reads what stands in front of a row.
func (r *reader) marksOf(marks []byte) rib.Marks {
	if r.part.advertised {
		return 0
	}
	var m rib.Marks
	if r.marks > 0 {
		m, marks = r.placed(marks)
	}
	usable := false
	for _, c := range marks {
		switch c {
		case '*', 's', 'r', 'S': // s: an aggregate suppresses it; r: the router uses another protocol's route
			usable = true
		}
		m |= r.markOf(c, marks)
		if strings.IndexByte(r.invalid, c) >= 0 {
			m |= rib.Invalid
		}
	}
	if !usable {
		m |= rib.Invalid
	}
	if r.selects && m&rib.Best == 0 {
		m |= rib.Unselected
	}
	if r.hidden().Has(rib.AttrBest) {
		m &^= rib.Best | rib.Multipath
	}
	return m
}

// placed reads what has its own place where marks have: the kind of path is the third, in letters that elsewhere mean
// something else, and validation of origins has a letter in front of them.
func (r *reader) placed(marks []byte) (m rib.Marks, rest []byte) {
	if len(marks) > 2 && marks[2] == 'i' {
		m |= rib.IBGP
	}
	if r.row.origin == 'I' {
		m |= rib.RPKIInvalid
	}
	return m, marks[:min(len(marks), 2)]
}

// markOf is what one letter says, among those of its row.
func (r *reader) markOf(c byte, marks []byte) rib.Marks {
	switch c {
	case '>':
		return rib.Best
	case 'e', 'E':
		if r.words && bytes.IndexByte(marks, '>') < 0 {
			return rib.Multipath
		}
	case '#': // EOS: best, and another protocol's route is installed; FRR: best, and not installed
		if r.words {
			return rib.Best | rib.RIBFailure
		}
		return rib.RIBFailure
	case 'm', '|', '=':
		return rib.Multipath
	case 'S':
		return rib.Stale
	case 'L': // EOS: labelled
		if r.longStale {
			return rib.Stale
		}
	case 'r':
		return rib.RIBFailure
	case 'i':
		return rib.IBGP
	case 'I':
		return rib.RPKIInvalid
	}
	return 0
}

// cutMarks takes the marks in front of a row off, and finds its first address.
func (r *reader) cutMarks(line []byte) (marks []byte, first reading.Token, ok bool) {
	for first = reading.NextToken(line, 0); first.End > first.Start; first = reading.NextToken(line, first.End) {
		word := line[first.Start:first.End]
		if bytes.IndexByte(word, '.') >= 0 || bytes.IndexByte(word, ':') >= 0 {
			break
		}
		if !reading.AreMarks(word) {
			return nil, first, false
		}
	}
	if first.End == first.Start {
		return nil, first, false
	}
	glued := r.glued(line[first.Start:first.End], first.Start)
	if glued < 0 || glued > 0 && r.row.open && bytes.IndexByte(line[first.Start:first.End], '/') < 0 || !reading.AreMarks(line[first.Start:first.Start+glued]) {
		return nil, first, false
	}
	first.Start += glued
	begin := reading.NextToken(line, 0).Start
	if r.marks > 0 { // an indented file has blanks before them, and validation of origins a letter
		if bytes.IndexByte(line[first.Start:first.End], '/') >= 0 {
			r.row.beside = first.Start - r.columns.network
		}
		begin = min(max(r.columns.network+r.row.beside-r.marks, 0), first.Start)
		r.row.origin = 0
		if begin > 0 {
			r.row.origin = line[begin-1]
		}
	}
	return bytes.TrimRight(line[begin:first.Start], " "), first, reading.IsAddress(r.bareHop(line[first.Start:first.End]))
}

// glued is how many marks touch the address in word. Where the marks have a fixed width it is known:
// in "*>afc00::/7" no letter could tell.
func (r *reader) glued(word []byte, start int) int {
	if r.marks > 0 {
		n := r.columns.network - start
		if n <= 0 || n >= len(word) {
			return 0
		}
		if !reading.IsAddress(word[n:]) && reading.IsAddress(word[n+1:]) {
			n++ // a letter more than the header leaves room for
		}
		return n
	}
	for n := range min(len(word), 5) {
		if reading.IsAddress(r.bareHop(word[n:])) {
			return n
		}
		if word[n] == '2' { // a digit of an address, and a mark on NX-OS alone
			return -1
		}
	}
	return -1
}

// parsePrefix reads a prefix. IOS leaves the length out where it is that of the address's class.
func parsePrefix(word []byte, classful bool) (netip.Prefix, error) {
	if classful {
		return reading.ParseClassful(string(word))
	}
	return reading.ParsePrefix(string(word))
}
