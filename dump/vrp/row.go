package vrp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// noHop is the next hop of the router's own rows.
var noHop netip.Addr

// row is the row that is being read, and the prefix that further rows are of.
type row struct {
	open   bool // of IPv6: some of its fields were read
	line   int
	marks  []byte
	fields map[string]string
	prefix netip.Prefix // good for the further routes of IPv4 behind it
	known  bool
}

// idle reports whether no row is open.
func (w *row) idle() bool { return !w.open }

var (
	errColumns = errors.New("its fields do not stand under the words of the header")
	errField   = errors.New("a line of it is missing, or stands twice")
)

// columns are where the fields of IPv4's rows stand, by the line of the columns. Rows stand some columns beside it, but all
// rows of a table by as many.
type columns struct {
	network, hop int
	numbers      [3]int // MED, local preference, preferred value: seen from the next hop
	known        bool   // where rows stand is known
	prefixAt     int
	hopAt        int // of rows, seen from the prefix
}

func columnsOf(line []byte) columns {
	c := columns{network: bytes.Index(line, []byte("Network")), hop: bytes.Index(line, []byte("NextHop"))}
	for i, word := range []string{"MED", "LocPrf", "PrefVal"} {
		c.numbers[i] = bytes.Index(line, []byte(word)) - c.hop
	}
	return c
}

// markLetters are those of the legends: of validity, choice, kind, damping, history, suppression, staleness, further paths,
// and of the validation of origins.
const markLetters = "*>^dhisSexaVIN"

func areMarks(text []byte) bool {
	for _, c := range text {
		if c != ' ' && bytes.IndexByte([]byte(markLetters), c) < 0 {
			return false
		}
	}
	return true
}

// fieldName begins a field of a row of IPv6.
var fieldName = regexp.MustCompile(`(?:^|\s)(Network|PrefixLen|NextHop|LocPrf|MED|PrefVal|Label|OutLabel|Path/Ogn) *:`)

// rowLine reads a line of a row, and reports whether it was one.
func (r *reader) rowLine(l reading.TextLine) bool {
	if at := fieldName.FindSubmatchIndex(l.Text); at != nil {
		return r.fieldsLine(l, at[2])
	}
	if !r.table.header {
		return false
	}
	first := reading.NextToken(l.Text, 0)
	for first.End > first.Start && areMarks(l.Text[first.Start:first.End]) && first.End-first.Start < 8 {
		first = reading.NextToken(l.Text, first.End)
	}
	if first.End == first.Start || !reading.IsAddress(l.Text[first.Start:first.End]) {
		return false
	}
	r.columnRow(l, first)
	return true
}

// columnRow reads a row of IPv4, from its first address on.
func (r *reader) columnRow(l reading.TextLine, first reading.Token) {
	at := &r.table.at
	marks, hop := l.Text[:first.Start], first
	word := l.Text[first.Start:first.End]
	if bytes.IndexByte(word, '/') >= 0 {
		prefix, err := reading.ParsePrefix(string(word))
		r.row.prefix, r.row.known = prefix, err == nil
		if hop = reading.NextToken(l.Text, first.End); err == nil {
			err = at.place(first.Start, hop.Start)
		}
		if err == nil && rib.FamilyOf(prefix) != rib.IPv4 {
			err = fmt.Errorf("%s stands in a table of IPv4", prefix)
		}
		if err != nil {
			r.row.known = false
			r.badRow(l.Line, err)
			return
		}
	} else if err := at.further(first.Start, r.row.known); err != nil {
		r.badRow(l.Line, err)
		return
	}
	route := rib.Route{Prefix: r.row.prefix, Line: l.Line, Marks: marksOf(marks)}
	if err := r.columnAttrs(&route.Attrs, l.Text, hop); err != nil {
		r.badRow(l.Line, fmt.Errorf("of %s: %w", r.row.prefix, err))
		return
	}
	r.hand(route)
}

// place holds the columns of a row with a prefix against those of the rows above it.
func (c *columns) place(prefix, hop int) error {
	const farthest = 4
	off := prefix - c.network
	if max(off, -off) > farthest || hop <= prefix {
		return errColumns
	}
	if !c.known {
		off = hop - prefix - (c.hop - c.network)
		if max(off, -off) > farthest {
			return errColumns
		}
		c.known, c.prefixAt, c.hopAt = true, prefix, hop-prefix
		return nil
	}
	if prefix != c.prefixAt || hop-prefix != c.hopAt {
		return errColumns
	}
	return nil
}

// further holds the place of a further route's next hop.
func (c *columns) further(hop int, prefix bool) error {
	switch {
	case !prefix:
		return reading.ErrNoPrefix
	case hop != c.prefixAt+c.hopAt:
		return errColumns
	}
	return nil
}

// columnAttrs reads a row from its next hop on.
func (r *reader) columnAttrs(a *rib.Attrs, line []byte, hop reading.Token) (err error) {
	if a.NextHop, err = reading.ParseAddr(string(line[hop.Start:hop.End])); err != nil {
		return fmt.Errorf("bad next hop %s", reading.Quote(line[hop.Start:hop.End]))
	}
	numbers, rest, err := r.table.at.cut(line, hop)
	if err != nil {
		return err
	}
	a.MED, a.LocalPref = numbers[0], numbers[1]
	return r.path(a, line[rest:])
}

// cut reads the numbers of a row, each near its column: MED and local preference may be blank, and the preferred value is
// not. rest is what stands behind it.
func (c *columns) cut(line []byte, hop reading.Token) (numbers [3]rib.Optional, rest int, err error) {
	const beside, value = 3, 2
	for i, next := hop.End, 0; next <= value; {
		word := reading.NextToken(line, i)
		n, ok := reading.ParseUint32(line[word.Start:word.End])
		if !ok {
			return numbers, 0, errColumns
		}
		for next <= value {
			if off := word.Start - hop.Start - c.numbers[next]; max(off, -off) <= beside {
				break
			}
			next++
		}
		if next > value {
			return numbers, 0, errColumns
		}
		numbers[next] = rib.Some(n)
		i, rest = word.End, word.End
		next++
	}
	return numbers, rest, nil
}

// path reads "65536 65537i": the origin touches the last AS.
func (r *reader) path(a *rib.Attrs, text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return reading.ErrNoOrigin
	}
	switch text[len(text)-1] {
	case 'i':
		a.Origin = rib.OriginIGP
	case 'e':
		a.Origin = rib.OriginEGP
	case '?':
		a.Origin = rib.OriginIncomplete
	default:
		return reading.ErrNoOrigin
	}
	path, err := r.paths.Get(bytes.TrimSpace(text[:len(text)-1]), reading.ParsePath)
	a.ASPath = path
	return err
}

// marksOf reads what stands in front of a row.
func marksOf(marks []byte) (m rib.Marks) {
	usable := false
	for _, c := range marks {
		switch c {
		case '*', 's': // an aggregate suppresses it: it is not sent, and is used
			usable = true
		case '>':
			m |= rib.Best
		case 'i':
			m |= rib.IBGP
		case 'S':
			m |= rib.Stale
			usable = true
		case 'd', 'h':
			m |= rib.Invalid
		case 'I':
			m |= rib.RPKIInvalid
		}
	}
	if !usable {
		m |= rib.Invalid
	}
	return m
}

// fieldsLine reads a line of a row of IPv6: "*>i Network : 2001:db8:: PrefixLen : 32". from is where its first field begins.
func (r *reader) fieldsLine(l reading.TextLine, from int) bool {
	if r.table.header || !areMarks(l.Text[:from]) {
		return false
	}
	at := fieldName.FindAllSubmatchIndex(l.Text, -1)
	name := string(l.Text[at[0][2]:at[0][3]])
	switch {
	case name == "Network":
		r.beginRow(l.Line, l.Text[:from])
	case !r.row.open || len(bytes.TrimSpace(l.Text[:from])) > 0:
		return false
	}
	for i, m := range at {
		end := len(l.Text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		r.field(string(l.Text[m[2]:m[3]]), bytes.TrimSpace(l.Text[m[1]:end]))
	}
	if _, whole := r.row.fields["Path/Ogn"]; whole {
		r.endRow()
	}
	return true
}

// beginRow begins a row. Each names its prefix: which one a route without it is of a cut line could change.
func (r *reader) beginRow(line int, marks []byte) {
	r.spoil("the next row begins in it")
	w := &r.row
	w.open, w.line, w.marks, w.fields = true, line, bytes.Clone(marks), map[string]string{}
}

// field takes one. Twice in a row it is a damage.
func (r *reader) field(name string, value []byte) {
	if _, twice := r.row.fields[name]; twice {
		r.row.fields["twice"] = name
	}
	r.row.fields[name] = string(value)
}

// endRow hands an IPv6 row on.
func (r *reader) endRow() {
	w := &r.row
	w.open = false
	route := rib.Route{Line: w.line, Marks: marksOf(w.marks)}
	if err := r.fieldAttrs(&route); err != nil {
		r.badRow(w.line, err)
		return
	}
	r.hand(route)
}

func (r *reader) fieldAttrs(route *rib.Route) (err error) {
	w := &r.row
	for _, name := range []string{"Network", "PrefixLen", "NextHop", "LocPrf", "MED", "PrefVal", "Path/Ogn"} {
		if _, there := w.fields[name]; !there {
			return fmt.Errorf("%w: %s", errField, name)
		}
	}
	if name, twice := w.fields["twice"]; twice {
		return fmt.Errorf("%w: %s", errField, name)
	}
	if w.prefix, err = reading.ParsePrefix(w.fields["Network"] + "/" + w.fields["PrefixLen"]); err != nil {
		return err
	}
	if rib.FamilyOf(w.prefix) != rib.IPv6 {
		return fmt.Errorf("%s stands in a table of IPv6", w.prefix)
	}
	route.Prefix = w.prefix
	a := &route.Attrs
	if a.NextHop, err = reading.ParseAddr(w.fields["NextHop"]); err != nil {
		return fmt.Errorf("of %s: bad next hop %s", w.prefix, reading.Quote(w.fields["NextHop"]))
	}
	if a.MED, err = number(w.fields["MED"]); err == nil {
		a.LocalPref, err = number(w.fields["LocPrf"])
	}
	if err == nil && w.fields["PrefVal"] == "" {
		err = fmt.Errorf("%w: PrefVal", errField)
	}
	if err == nil {
		_, err = number(w.fields["PrefVal"])
	}
	if err == nil {
		err = r.path(a, []byte(w.fields["Path/Ogn"]))
	}
	if err != nil {
		return fmt.Errorf("of %s: %w", w.prefix, err)
	}
	return nil
}

// number is a field that may be blank.
func number(text string) (rib.Optional, error) {
	if text == "" {
		return rib.Optional{}, nil
	}
	n, ok := reading.ParseUint32([]byte(text))
	if !ok {
		return rib.Optional{}, fmt.Errorf("%s is no number", reading.Quote(text))
	}
	return rib.Some(n), nil
}

// spoil makes the open row a bad row.
func (r *reader) spoil(why string) {
	if r.row.open {
		r.row.open = false
		r.badRow(r.row.line, errors.New(why))
	}
}
