package srlinux

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// srlinuxHead is a table's header, whose words go on in further lines where a column is narrow.
type srlinuxHead struct {
	lines []string
	bars  []int   // where the columns of a table end: boxes have bars between them
	ahead [2]span // of MED and local preference, in a table without bars
	paths bool    // it has a column of path ids
}

// span is where a word stands in its line.
type span struct{ start, end int }

// maxSRLinuxHead is more lines than a header has: its longest word has seven letters.
const maxSRLinuxHead = 8

func (h *srlinuxHead) add(text []byte) {
	if len(h.lines) < maxSRLinuxHead {
		h.lines = append(h.lines, string(text))
	}
}

var errSRLinuxHead = errors.New("another table")

// srlinuxBoxes are the columns of the whole table.
var srlinuxBoxes = []string{"Status", "Network", "NextHop", "MED", "LocPref", "PathVal"}

// srlinuxColumns are those of a neighbour's tables.
var srlinuxColumns = []string{"Status", "Network", "Path-id", "NextHop", "MED", "LocPref", "AsPath", "Origin"}

// parse says which table the header is of.
func (h *srlinuxHead) parse() (srlinuxKind, error) {
	if len(h.lines) == 0 {
		return "", errSRLinuxHead
	}
	for i, c := range h.lines[0] {
		if c == '|' {
			h.bars = append(h.bars, i)
		}
	}
	if len(h.bars) != 2 {
		return table, h.boxes()
	}
	h.bars = nil
	return h.columns()
}

// boxes holds the words between the bars, put together from all lines, against those of the whole table.
func (h *srlinuxHead) boxes() error {
	words := make([]string, max(len(h.bars)-1, 0))
	for _, line := range h.lines {
		cells, err := cutBars([]byte(line), h.bars)
		if err != nil {
			return errSRLinuxHead
		}
		for i, c := range cells {
			words[i] += strings.ReplaceAll(c, " ", "")
		}
	}
	if last := len(words) - 1; words[last] == "ASPathVal" {
		words[last] = "PathVal" // of older releases
	}
	if strings.Join(words, "|") != strings.Join(srlinuxBoxes, "|") {
		return errSRLinuxHead
	}
	return nil
}

// columns finds the words of the first line, of which a narrow column shows the beginning alone.
func (h *srlinuxHead) columns() (srlinuxKind, error) {
	words := srlinuxFields(h.lines[0])
	kind, at := advertised, 1
	for _, f := range words {
		text := strings.ReplaceAll(f.text, " ", "")
		for at < len(srlinuxColumns) && !strings.HasPrefix(srlinuxColumns[at], text) && srlinuxColumns[at] == "Path-id" {
			at++
		}
		switch {
		case at == 1 && kind == advertised && len(text) > 1 && strings.HasPrefix("Status", text):
			kind = received
			continue
		case at == len(srlinuxColumns) || !strings.HasPrefix(srlinuxColumns[at], text):
			return "", errSRLinuxHead
		case srlinuxColumns[at] == "Path-id":
			h.paths = true
		case srlinuxColumns[at] == "MED":
			h.ahead[0] = f.span
		case srlinuxColumns[at] == "LocPref":
			h.ahead[1] = f.span
		}
		at++
	}
	if at != len(srlinuxColumns) {
		return "", errSRLinuxHead
	}
	return kind, nil
}

// cutBars cuts a line at the bars of its table.
func cutBars(line []byte, bars []int) ([]string, error) {
	if len(bars) < 2 || len(line) <= bars[len(bars)-1] {
		return nil, errors.New("it breaks off")
	}
	if len(line) > bars[len(bars)-1]+1 {
		return nil, errors.New("text stands behind it")
	}
	cells := make([]string, len(bars)-1)
	for i, bar := range bars {
		if line[bar] != '|' {
			return nil, errors.New("its columns are not those of the header")
		}
		if i > 0 {
			cells[i-1] = string(line[bars[i-1]+1 : bar])
		}
	}
	return cells, nil
}

// field is text that two blanks or more set apart from other text of its line.
type field struct {
	span
	text string
}

// srlinuxFields cuts a line between its two bars into fields.
func srlinuxFields(line string) (out []field) {
	line = strings.TrimSuffix(line, "|")
	for at := 1; at < len(line); {
		if line[at] == ' ' {
			at++
			continue
		}
		end := at
		for end < len(line) && !strings.HasPrefix(line[end:], "  ") {
			end++
		}
		text := strings.TrimRight(line[at:end], " ")
		out = append(out, field{span{at, at + len(text)}, text})
		at = end
	}
	return out
}

// srlinuxRow is the row that is being read: its fields, put together from all its lines.
type srlinuxRow struct {
	open  bool
	line  int
	lines int
	bad   error

	status, network, pathID, hop, med, pref, path, origin string

	starts [3]int // where network, next hop and path begin in a table without bars: what goes on stands there too
}

func (r *srlinuxRow) fail(format string, args ...any) {
	if r.bad == nil {
		r.bad = fmt.Errorf(format, args...)
	}
}

// rowLine reads a line of a row.
func (w *walk) rowLine(line int, text []byte) {
	if !w.wanted {
		return
	}
	if w.head.bars == nil {
		w.columnsLine(line, string(text))
		return
	}
	cells, err := cutBars(text, w.head.bars)
	if err != nil {
		w.begin(line)
		w.row.fail("%w", err)
		return
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if w.startsRow(cells[1]) {
		w.begin(line)
	}
	r := &w.row
	if r.tooLong() {
		return
	}
	if r.lines > 1 && cells[3]+cells[4] != "" {
		r.fail("a number of it goes on in the next line, or stands there alone: give the terminal more columns")
	}
	for i, to := range []*string{&r.status, &r.network, &r.hop, &r.med, &r.pref, &r.path} {
		*to += cells[i]
	}
}

// startsRow reports whether a line whose network is this begins a row. A network that goes on has no length yet
// or only digits to come; one that begins has a dot or a colon.
func (w *walk) startsRow(network string) bool {
	if !w.row.open {
		return true
	}
	return network != "" && strings.Contains(w.row.network, "/") && strings.ContainsAny(network, ".:")
}

func (w *walk) begin(line int) {
	w.endRow()
	w.row = srlinuxRow{open: true, line: line}
}

// columnsLine reads a line of a row in a table without bars: the first one, which ends with the origin, or what
// goes on below its fields.
func (w *walk) columnsLine(line int, text string) {
	fields := srlinuxFields(text)
	last := len(fields) - 1
	switch {
	case !strings.HasSuffix(text, "|"):
		w.begin(line)
		w.row.fail("text stands behind it, or it breaks off")
	case last >= 3 && srlinuxOrigin.MatchString(fields[last].text):
		w.begin(line)
		w.row.first(fields, &w.head, w.answer.kind)
	case !w.row.open:
		w.begin(line)
		w.row.fail("its first line is missing")
	default:
		w.row.more(fields)
	}
}

var (
	srlinuxOrigin = regexp.MustCompile(`^[ie?]$`)
	srlinuxStatus = regexp.MustCompile(`^[u*>xbw]*$`)
)

// first takes the fields of a row's first line, of which status, numbers and path may be blank.
func (r *srlinuxRow) first(fields []field, head *srlinuxHead, kind srlinuxKind) {
	take := func() (f field) {
		if len(fields) > 0 {
			f, fields = fields[0], fields[1:]
		}
		return f
	}
	if kind == received && srlinuxStatus.MatchString(fields[0].text) {
		r.status = take().text
	}
	network := take()
	if head.paths {
		r.pathID = take().text
	}
	hop := take()
	r.network, r.starts[0] = network.text, network.start
	r.hop, r.starts[1] = hop.text, hop.start
	if len(fields) == 0 {
		r.fail("fields of it are missing")
		return
	}
	r.origin, fields = fields[len(fields)-1].text, fields[:len(fields)-1]
	if last := len(fields) - 1; last >= 0 && strings.HasPrefix(fields[last].text, "[") {
		r.path, r.starts[2] = fields[last].text, fields[last].start
		fields = fields[:last]
	}
	r.numbers(fields, head)
}

// numbers takes MED and local preference, either of which may be blank.
func (r *srlinuxRow) numbers(fields []field, head *srlinuxHead) {
	switch len(fields) {
	case 0:
	case 1:
		med, pref := fields[0].from(head.ahead[0]), fields[0].from(head.ahead[1])
		switch {
		case fields[0].text == "-":
		case 2*med < pref:
			r.med = fields[0].text
		case 2*pref < med:
			r.pref = fields[0].text
		default:
			r.fail("%s may be its MED or its local preference", reading.Quote(fields[0].text))
		}
	case 2:
		r.med, r.pref = fields[0].text, fields[1].text
	default:
		r.fail("it has more fields than the header")
	}
}

// from is how far a field stands from another span: twice the distance of their middles.
func (s span) from(other span) int {
	d := s.start + s.end - other.start - other.end
	return max(d, -d)
}

// maxSRLinuxLines is more lines than the longest AS path takes in the narrowest column.
const maxSRLinuxLines = 1024

// tooLong counts the lines of a row, and makes one without end a bad row.
func (r *srlinuxRow) tooLong() bool {
	if r.lines++; r.lines > maxSRLinuxLines {
		r.fail("it has more than %d lines", maxSRLinuxLines)
		return true
	}
	return false
}

// more takes what goes on below network, next hop and path.
func (r *srlinuxRow) more(fields []field) {
	if r.tooLong() {
		return
	}
	for _, f := range fields {
		switch f.start {
		case r.starts[0]:
			r.network += f.text
		case r.starts[1]:
			r.hop += f.text
		case r.starts[2]:
			r.path += f.text
		default:
			r.fail("%s stands under none of its fields", reading.Quote(f.text))
		}
	}
}

// endRow hands the open row on.
func (w *walk) endRow() {
	if !w.row.open {
		return
	}
	w.row.open = false
	w.tally.rows++
	out, err := w.routeOf(&w.row)
	if err != nil {
		w.tally.bad++
		w.Skip(w.row.line, "bad route of %s: %v", reading.Quote(w.row.network), err)
		return
	}
	if strings.Contains(w.row.status, "u") {
		w.tally.used++
	}
	if strings.Contains(w.row.status, "*") {
		w.tally.valid++
	}
	w.Route(out)
}

// routeOf puts the route together.
func (w *walk) routeOf(r *srlinuxRow) (out rib.Route, err error) {
	if r.bad != nil {
		return out, r.bad
	}
	out.Line = r.line
	if out.Prefix, err = w.prefixOf(r.network); err != nil {
		return out, err
	}
	a := &out.Attrs
	if a.NextHop, err = netip.ParseAddr(r.hop); err != nil {
		return out, fmt.Errorf("bad next hop %s", reading.Quote(r.hop))
	}
	a.NextHop = a.NextHop.WithZone("").Unmap()
	if r.pathID != "" {
		id, ok := reading.ParseUint32([]byte(r.pathID))
		if !ok {
			return out, fmt.Errorf("bad path id %s", reading.Quote(r.pathID))
		}
		out.PathID = id
	}
	if a.MED, err = number(r.med); err != nil {
		return out, err
	}
	if a.LocalPref, err = number(r.pref); err != nil {
		return out, err
	}
	if a.Origin, a.ASPath, err = srlinuxPath(r.path + r.origin); err != nil {
		return out, err
	}
	a.NotShown = hides | hidesIn(w.Source.View) | hidesIn(views[w.answer.kind])
	w.sender(&out)
	return out, w.standing(r, &out)
}

// prefixOf holds the prefix against the rows before it.
func (w *walk) prefixOf(text string) (netip.Prefix, error) {
	p, err := reading.ParsePrefix(text)
	if err != nil {
		return p, err
	}
	fam := rib.FamilyOf(p)
	switch held := w.tally.family; {
	case held == nil:
		w.tally.family = &fam
	case *held != fam:
		return p, fmt.Errorf("it stands in a table of %s", *held)
	}
	return p, nil
}

// sender says whose the route is. The whole table does not, but of the router's own.
func (w *walk) sender(out *rib.Route) {
	a := &out.Attrs
	switch own := a.NextHop.IsUnspecified(); {
	case w.answer.kind == received:
		if peer, err := reading.ParseAddr(w.answer.peer); err == nil {
			out.Neighbor = peer
		} else {
			a.NotShown |= rib.AttrNeighbor
		}
	case w.answer.kind == table && own:
		reading.AsOwn(out)
	case w.answer.kind == table:
		a.NotShown |= rib.AttrNeighbor
	}
	if a.NotShown.Has(rib.AttrNeighbor) {
		out.Neighbor = netip.Addr{}
	}
}

// standing reads the status: u=used, *=valid, >=best, x=stale, b=backup, w=unused-weight-only.
func (w *walk) standing(r *srlinuxRow, out *rib.Route) error {
	if !srlinuxStatus.MatchString(r.status) {
		return fmt.Errorf("unknown status %s", reading.Quote(r.status))
	}
	a := &out.Attrs
	if strings.Contains(r.status, "x") {
		out.Marks |= rib.Stale
	}
	if w.answer.kind != advertised && !strings.Contains(r.status, "*") {
		out.Marks |= rib.Invalid
	}
	if strings.Contains(r.status, ">") && !a.NotShown.Has(rib.AttrBest) {
		out.Marks |= rib.Best
	}
	reading.Hide(a)
	return nil
}

// number reads a number; "-" and a blank are none.
func number(text string) (rib.Optional, error) {
	if text == "" || text == "-" {
		return rib.Optional{}, nil
	}
	n, ok := reading.ParseUint32([]byte(text))
	if !ok {
		return rib.Optional{}, fmt.Errorf("%s stands where a number should", reading.Quote(text))
	}
	return rib.Some(n), nil
}

// pathForm is "[65540, 65550] i", or "i[65540, 65550]" of later releases; of the router's own and of IBGP "i".
var pathForm = regexp.MustCompile(`^([ie?]?) *(?:\[([0-9, ]*)\])? *([ie?]?)$`)

func srlinuxPath(text string) (rib.Origin, rib.ASPath, error) {
	m := pathForm.FindStringSubmatch(text)
	if m == nil || (m[1] == "") == (m[3] == "") {
		return rib.OriginAbsent, nil, fmt.Errorf("bad AS path %s", reading.Quote(text))
	}
	origin, err := rib.ParseOrigin(m[1] + m[3])
	if err != nil || strings.TrimSpace(m[2]) == "" {
		return origin, nil, err
	}
	for member := range strings.SplitSeq(m[2], ",") {
		if _, ok := reading.ParseUint32(bytes.TrimSpace([]byte(member))); !ok {
			return origin, nil, fmt.Errorf("bad AS path %s", reading.Quote(text))
		}
	}
	path, err := reading.ParsePath(strings.ReplaceAll(strings.ReplaceAll(m[2], ", ", " "), ",", " "))
	return origin, path, err
}

func decimal(n int) string { return strconv.Itoa(n) }
