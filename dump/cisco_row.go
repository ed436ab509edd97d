package dump

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"

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
	at     int // the column where the next hop begins
	beside int // how far from its header the prefix stands
	err    error
}

// spoil makes the open row a bad row.
func (r *ciscoReader) spoil(why string) {
	if r.row.open {
		r.row.open = false
		r.badRow(r.row.line, errors.New(why))
	}
}

func (r *ciscoReader) badRow(line int, err error) {
	r.part.rows++
	if r.tagged { // no count of paths tells that a further row is of this prefix, and not of one that is lost in the damage
		defer func() { r.row.known = false }()
	}
	if r.leftOut() {
		return
	}
	if r.row.known {
		r.skip(line, "bad row of %s: %v", r.row.prefix, err)
		return
	}
	r.skip(line, "bad row: %v", err)
}

// rowLine reads a line of a row, and reports whether it was one.
func (r *ciscoReader) rowLine(l textLine) bool {
	if !r.part.begun {
		return false
	}
	marks, first, ok := r.cutMarks(l.text)
	switch {
	case !ok && r.part.family == nil && r.part.rows == 0 && !r.row.open && r.otherFamily(l.text):
		return true
	case !ok:
		return r.numbersLine(l)
	case r.row.open && r.row.hop.IsValid():
		r.spoil("its numbers are missing")
	}
	if len(marks) > len(r.row.kept) {
		return false
	}
	word := l.text[first.start:first.end]
	second := nextToken(l.text, first.end)
	switch {
	case bytes.IndexByte(word, '/') >= 0, r.marks == 0 && !r.row.open && isAddress(l.text[second.start:second.end]):
		r.spoil("its next hop is missing")
		r.beginRow(l, marks, word)
		r.inPlace(first, r.columns.network)
		if second.end > second.start {
			r.hopAndRest(l, second)
		} else if l.cut {
			return false
		}
	default:
		if !r.row.open {
			r.continueRow(l, marks)
		}
		r.inPlace(first, r.columns.hop)
		r.hopAndRest(l, first)
	}
	return true
}

// inPlace holds FortiOS's prefixes and next hops to their columns, which they never leave.
func (r *ciscoReader) inPlace(word token, column int) {
	if r.tagged && word.start != column && r.row.err == nil {
		r.row.err = errColumns
	}
}

// otherFamily reports whether a row, in a table that names no family, is of EVPN or another that is not
// unicast: "*>i [2][192.0.2.1:1]...". The table is not read then.
func (r *ciscoReader) otherFamily(line []byte) bool {
	open := bytes.IndexByte(line, '[')
	if open < 1 || !areMarks(line[:open]) || bytes.IndexByte(line, ']') < 0 {
		return false
	}
	r.part.other, r.part.guessed, r.foreign = true, true, true
	return true
}

// beginRow takes a row's prefix.
func (r *ciscoReader) beginRow(l textLine, marks, word []byte) {
	w := &r.row
	w.open, w.line, w.hop, w.err = true, l.line, netip.Addr{}, nil
	w.marks = append(w.kept[:0], marks...)
	previous := w.prefix
	w.prefix, w.err = parseCiscoPrefix(word, r.marks == 0)
	w.active = w.active && w.prefix == previous || bytes.ContainsAny(marks, ">#")
	w.known = w.err == nil
	r.holdFamily()
	r.part.prefixes++
}

// holdFamily holds the row's family against the table's.
func (r *ciscoReader) holdFamily() {
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
func (r *ciscoReader) continueRow(l textLine, marks []byte) {
	w := &r.row
	w.open, w.line, w.hop, w.err = true, l.line, netip.Addr{}, nil
	w.marks = append(w.kept[:0], marks...)
	if !w.known {
		w.err = errNoPrefix
	}
	r.holdFamily()
}

// hopAndRest reads a row from its next hop on.
func (r *ciscoReader) hopAndRest(l textLine, hop token) {
	w := &r.row
	addr, err := r.hops.get(l.text[hop.start:hop.end], parseHop)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("bad next hop %s", quote(l.text[hop.start:hop.end]))
	}
	w.hop, w.at = addr, hop.start
	if behind := nextToken(l.text, hop.end); behind.end == behind.start {
		if l.cut || err != nil {
			r.spoil("it ends behind its next hop")
		}
		return // the numbers follow on the next line
	}
	r.finishRow(l, hop.end)
}

// parseHop reads a next hop. FRR may put the number of its VRF behind it: "192.0.2.1@4<", EOS an interface:
// "fe80::1%Et1". EOS prints "-" for the router itself.
func parseHop(text string) (netip.Addr, error) {
	if text == "-" {
		return netip.IPv4Unspecified(), nil
	}
	text, _, _ = strings.Cut(strings.TrimSuffix(text, "<"), "@")
	text, _, _ = strings.Cut(text, "%")
	return parseBIRDAddr(text)
}

// numbersLine reads the line behind a long next hop.
func (r *ciscoReader) numbersLine(l textLine) bool {
	if !r.row.open || !r.row.hop.IsValid() {
		return false
	}
	if first := nextToken(l.text, 0); first.end == first.start || first.start < r.columns.hop || wordIsNoNumber(l.text[first.start:first.end]) {
		return false
	}
	r.row.at = r.columns.hop
	r.finishRow(l, 0)
	return true
}

func wordIsNoNumber(word []byte) bool {
	_, ok := parseUint32(word)
	return !ok
}

// finishRow reads what stands behind the next hop, and hands the row on.
func (r *ciscoReader) finishRow(l textLine, from int) {
	w := &r.row
	route := rib.Route{Prefix: w.prefix, Line: w.line}
	err := w.err
	if err == nil && r.tagged && l.cut && !bytes.HasSuffix(l.text, []byte(">")) {
		err = errNoOrigin // path ids stand behind it
	}
	if err == nil {
		err = r.readAttrs(&route.Attrs, l.text, from)
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
	if !r.leftOut() {
		r.route(route)
	}
}

// readAttrs reads the attributes behind the next hop.
func (r *ciscoReader) readAttrs(a *rib.Attrs, line []byte, from int) (err error) {
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
		return errNoOrigin
	}
	if a.Origin, a.ASPath, err = r.pathAndOrigin(line[rest:]); err != nil {
		return err
	}
	a.NotShown = r.hidden()
	if a.NextHop.IsUnspecified() {
		r.fromItself(a)
	}
	hide(a)
	return nil
}

// fromItself is a row whose next hop is the router: one that it advertises, or one of its own.
func (r *ciscoReader) fromItself(a *rib.Attrs) {
	switch r.src.View {
	case rib.AdjRIBInPre, rib.AdjRIBInPost:
		if !r.selfHop {
			break
		}
		r.say("the router itself is the next hop of a row, as in advertised routes; the config says %s", r.src.View)
	case rib.AdjRIBOutPre, rib.AdjRIBOutPost:
		a.NotShown |= rib.AttrNextHop
	}
	a.NextHop = netip.Addr{}
}

// hidden is what the rows of this table cannot show.
func (r *ciscoReader) hidden() rib.AttrSet {
	h := ciscoHides
	switch {
	case r.part.advertised:
		h |= xrAdvertisedHides
	case r.export:
		h |= r.outHides
	case r.words && !r.row.active:
		h |= rib.AttrBest // another protocol outdoes the best path, and it is not marked
	case r.src.View == rib.AdjRIBInPre: // it is no choice: import policy comes later
		h |= rib.AttrBest
	}
	return h
}

var errNoOrigin = errors.New("it does not end in an origin (i, e or ?): it is cut off, or wrapped by the terminal")

// pathAndOrigin reads "65536 65537 i"; the origin may touch the path in the tables of IOS XR that show
// advertised routes.
func (r *ciscoReader) pathAndOrigin(text []byte) (origin rib.Origin, path rib.ASPath, err error) {
	if len(text) == 0 {
		return 0, nil, errNoOrigin
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
		return 0, nil, errNoOrigin
	}
	if len(text) > 0 && text[len(text)-1] != ' ' && !r.part.advertised {
		return 0, nil, errNoOrigin
	}
	path, err = r.paths.get(bytes.TrimSpace(text), parseBIRDPath)
	return origin, path, err
}

// marksOf reads what stands in front of a row. Where the marks have fixed places, the third is the kind of
// path, in letters that elsewhere mean something else.
func (r *ciscoReader) marksOf(marks []byte) (m rib.Marks) {
	if r.part.advertised {
		return 0
	}
	if r.marks > 0 {
		marks = marks[:min(len(marks), 2)]
	}
	usable := false
	for _, c := range marks {
		switch c {
		case '*', 's', 'r', 'S': // s: an aggregate suppresses it; r: the router uses another protocol's route
			usable = true
		case '>':
			m |= rib.Best
		case 'e', 'E':
			if !r.words || bytes.IndexByte(marks, '>') >= 0 {
				continue
			}
			m |= rib.Multipath
		case '#':
			if r.words {
				m |= rib.Best
			}
		case 'm', '|', '=':
			m |= rib.Multipath
		}
		if strings.IndexByte(r.invalid, c) >= 0 {
			m |= rib.Invalid
		}
		if c == 'S' {
			m |= rib.Stale
		}
	}
	if !usable {
		m |= rib.Invalid
	}
	if r.hidden().Has(rib.AttrBest) {
		m &^= rib.Best | rib.Multipath
	}
	return m
}

// cutMarks takes the marks in front of a row off, and finds its first address.
func (r *ciscoReader) cutMarks(line []byte) (marks []byte, first token, ok bool) {
	for first = nextToken(line, 0); first.end > first.start; first = nextToken(line, first.end) {
		word := line[first.start:first.end]
		if bytes.IndexByte(word, '.') >= 0 || bytes.IndexByte(word, ':') >= 0 {
			break
		}
		if !areMarks(word) {
			return nil, first, false
		}
	}
	if first.end == first.start {
		return nil, first, false
	}
	glued := r.glued(line[first.start:first.end], first.start)
	if glued < 0 || !areMarks(line[first.start:first.start+glued]) {
		return nil, first, false
	}
	first.start += glued
	begin := nextToken(line, 0).start
	if r.marks > 0 { // an indented file has blanks before them, and validation of origins a letter
		if bytes.IndexByte(line[first.start:first.end], '/') >= 0 {
			r.row.beside = first.start - r.columns.network
		}
		begin = min(max(r.columns.network+r.row.beside-r.marks, 0), first.start)
	}
	return bytes.TrimRight(line[begin:first.start], " "), first, isAddress(line[first.start:first.end])
}

// glued is how many marks touch the address in word. Where the marks have a fixed width it is known:
// in "*>afc00::/7" no letter could tell.
func (r *ciscoReader) glued(word []byte, start int) int {
	if r.marks > 0 {
		n := r.columns.network - start
		if n <= 0 || n >= len(word) {
			return 0
		}
		if !isAddress(word[n:]) && isAddress(word[n+1:]) {
			n++ // a letter more than the header leaves room for
		}
		return n
	}
	for n := range min(len(word), 5) {
		if isAddress(word[n:]) {
			return n
		}
	}
	return -1
}

// areMarks reports whether text is made of marks and blanks.
func areMarks(text []byte) bool {
	for _, c := range text {
		if bytes.IndexByte([]byte(" *>=#%sdhrSmbfxactLVINielaREqU|&2"), c) < 0 {
			return false
		}
	}
	return true
}

// isAddress reports whether text is an address or a prefix.
func isAddress(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	text, _, _ = bytes.Cut(text, []byte("/"))
	dots, colons := bytes.Count(text, []byte(".")), bytes.Count(text, []byte(":"))
	if dots != 3 && colons < 2 {
		return false
	}
	for _, c := range text {
		hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
		if !hex && c != '.' && c != ':' || colons == 0 && c|0x20 >= 'a' {
			return false
		}
	}
	return true
}

// nextToken finds the next word from i on; it is empty where there is none.
func nextToken(line []byte, i int) token {
	for i < len(line) && line[i] == ' ' {
		i++
	}
	start := i
	for i < len(line) && line[i] != ' ' {
		i++
	}
	return token{start, i}
}

// parseCiscoPrefix reads a prefix. IOS leaves the length out where it is that of the address's class.
func parseCiscoPrefix(word []byte, classful bool) (netip.Prefix, error) {
	if !classful || bytes.IndexByte(word, '/') >= 0 {
		return parsePrefix(string(word))
	}
	a, err := netip.ParseAddr(string(word))
	if err != nil || !a.Is4() {
		return netip.Prefix{}, fmt.Errorf("bad prefix %s", quote(word))
	}
	p := netip.PrefixFrom(a, classLength(a))
	if p.Masked() != p || p.Bits() < 0 {
		return netip.Prefix{}, fmt.Errorf("bad prefix %s: it has no length, and is no whole class A, B or C network", quote(word))
	}
	return p, nil
}

func classLength(a netip.Addr) int {
	switch b := a.As4()[0]; {
	case a.IsUnspecified():
		return 0
	case b < 128:
		return 8
	case b < 192:
		return 16
	case b < 224:
		return 24
	}
	return -1
}
