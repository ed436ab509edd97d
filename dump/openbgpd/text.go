package openbgpd

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what OpenBGPD's bgpctl prints without -j (docs/formats/openbgpd.md).
var Text = reading.Format{Name: "openbgpd", Sniff: sniffOpenBGPDText, Read: readOpenBGPDText, Shape: shapeOpenBGPDText}

// headers begin the rows; the state of validation has had two names, and none.
var headers = []string{
	"flags ovs destination gateway lpref med aspath origin",
	"flags vs destination gateway lpref med aspath origin",
	"flags destination gateway lpref med aspath origin",
}

func isOpenBGPDHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("flags ")) && slices.Contains(headers, strings.Join(strings.Fields(string(text)), " "))
}

func sniffOpenBGPDText(head []byte) bool {
	return slices.ContainsFunc(bytes.Split(head, []byte("\n")), func(line []byte) bool { return isOpenBGPDHeader(bytes.TrimSpace(line)) })
}

func shapeOpenBGPDText(src reading.Source) reading.Header {
	h := shapeOpenBGPD(src)
	h.Format = "openbgpd"
	h.NotShown |= rib.AttrNeighbor
	return h
}

// textReader reads rows:
//
//	*>      N 203.0.113.0/24       192.0.2.1         100     0 65540 { 65550 65551 } i
type textReader struct {
	reader
	text      reading.WordTable
	hides     rib.AttrSet
	validated bool // the header has a column for the state of validation, which every row fills
}

func readOpenBGPDText(in *reading.Input, c *reading.Collector) error {
	r := &textReader{hides: shapeOpenBGPDText(c.Source).NotShown}
	r.Collector = c
	r.text = reading.WordTable{
		Collector: c, Name: "openbgpd", Header: r.header, Legend: isOpenBGPDLegend, Row: r.row, Command: r.echoed, Tool: "bgpctl",
	}
	if err := r.text.Read(in); err != nil {
		return err
	}
	r.againstView()
	return nil
}

func (r *textReader) header(text []byte) bool {
	if !isOpenBGPDHeader(text) {
		return false
	}
	r.validated = bytes.Contains(text, []byte("vs "))
	return true
}

func isOpenBGPDLegend(text []byte) bool {
	for _, start := range []string{"flags:", "S = Stale", "origin validation state:", "origin:", "aspa validation state:"} {
		if bytes.HasPrefix(text, []byte(start)) {
			return true
		}
	}
	return false
}

// echoed takes an echoed "bgpctl show rib out neighbor N".
func (r *reader) echoed(line int, words []string) {
	r.Ask(shown(line, words))
}

// shown is what a command says of its answer. "show rib neighbor N" is what import policy leaves of what N sends.
func shown(line int, words []string) reading.Shown {
	s := reading.Shown{Line: line, Asked: reading.Words(words)}
	at := slices.IndexFunc(words, func(word string) bool { return reading.Short(word, "rib", 1) }) // bgpctl sh r
	if at < 0 {
		s.Part = s.Asked
		return s
	}
	part, neighbor := parts(words[at:])
	s.Part = part
	s.Neighbor, _ = netip.ParseAddr(neighbor)
	if !s.Neighbor.IsValid() {
		s.Peer = reading.Quote(neighbor)
	}
	switch {
	case slices.Contains(words[at:], "out"):
		s.Direction, s.Extent = reading.Advertised, reading.OfOne
	case slices.Contains(words[at:], "in"):
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BeforePolicy, reading.OfOne
	case neighbor != "":
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BehindPolicy, reading.OfOne
	case part != "":
		s.Direction = reading.Held
	default:
		s.Direction, s.Extent = reading.Held, reading.OfAll
	}
	return s
}

// parts reads the words behind "rib": the first that leaves rows out of the answer, and the neighbour.
func parts(words []string) (part, neighbor string) {
	for i := 1; i < len(words) && part == ""; i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word := words[i]; {
		case word == "in", word == "out", reading.Short(word, "detail", 3):
		case reading.Short(word, "neighbor", 3) && neighbor == "":
			neighbor = next
			i++
			if _, err := netip.ParseAddr(next); err != nil {
				part = word + " " + next // a group, or a neighbour by its description
			}
		case word == "table" && next == "Loc-RIB":
			i++
		case word == ">", word == "|" && reading.WholePipe(words[i+1:]):
			return part, neighbor
		default:
			part = word
		}
	}
	return part, neighbor
}

// row reads a row, and reports whether the line is one: a prefix stands in its first words.
func (r *textReader) row(l reading.TextLine) bool {
	line := l.Text
	first := reading.NextToken(line, 0)
	marks := reading.Token{}
	for n := 0; n < 3 && first.End > first.Start; n++ {
		if word := line[first.Start:first.End]; bytes.IndexByte(word, '/') >= 0 && reading.IsAddress(word) {
			r.prefixRow(l, line[:marks.End], first)
			return true
		}
		marks = first
		first = reading.NextToken(line, first.End)
	}
	return false
}

func (r *textReader) prefixRow(l reading.TextLine, marks []byte, word reading.Token) {
	prefix, err := reading.ParsePrefix(string(l.Text[word.Start:word.End]))
	if err != nil {
		r.Skip(l.Line, "bad row: %v", err)
		return
	}
	if !r.flags(marks) {
		r.Skip(l.Line, "bad row of %s: %s in front of it are no flags", prefix, reading.Quote(bytes.TrimSpace(marks)))
		return
	}
	row := openbgpdRow{pathShown: true, originShown: true, hopShown: true}
	if err := r.attrs(&row.attrs, l.Text, word.End); err != nil {
		r.Skip(l.Line, "bad row of %s: %v", prefix, err)
		return
	}
	for _, c := range marks {
		switch c {
		case '*':
			row.valid = true
		case '>':
			row.marks |= rib.Best
		case 'm':
			row.marks |= rib.Multipath
		case 'S':
			row.marks |= rib.Stale
		case 'I':
			row.marks |= rib.IBGP
		case 'F':
			row.marks |= rib.Filtered
		}
	}
	if originInvalid(marks) {
		row.marks |= rib.RPKIInvalid
	}
	route := r.routeOf(&row, prefix)
	route.Attrs.NotShown |= r.hides
	route.Line = l.Line
	r.text.Held[rib.FamilyOf(prefix)] = true
	r.Route(route)
}

// flagLetters are those of bgpctl: of validity, choice (w: the best of an AS), origin, announcement, staleness, error,
// filter and leak.
const flagLetters = "*>mwIASEFL"

// flags reports whether what stands in front of a prefix are flags, or none, and the state of validation where the header
// has a column for it. Other words are a damage, in which a flag may be lost.
func (r *textReader) flags(marks []byte) bool {
	words := bytes.Fields(marks)
	if r.validated {
		if len(words) == 0 || !isValidation(words[len(words)-1]) {
			return false
		}
		words = words[:len(words)-1]
	}
	switch len(words) {
	case 0:
		return true
	case 1:
		return len(bytes.Trim(words[0], flagLetters)) == 0
	}
	return false
}

// isValidation knows "N", "V" and "!", and behind a dash the state of the path (ASPA): "N-?".
func isValidation(word []byte) bool {
	origin, path, both := bytes.Cut(word, []byte("-"))
	return len(origin) == 1 && bytes.ContainsAny(origin, "NV!") && (!both || len(path) == 1 && bytes.ContainsAny(path, "?V!"))
}

// originInvalid reports whether the state of validation, the last word in front of the prefix, says that the origin is
// invalid: "!", or "!-?" where that of the path (ASPA) stands behind it.
func originInvalid(marks []byte) bool {
	word := marks[bytes.LastIndexByte(marks, ' ')+1:]
	return len(word) > 0 && word[0] == '!'
}

// attrs reads gateway, local preference, MED, path and origin. A MED that is absent is printed as 0.
func (r *textReader) attrs(a *rib.Attrs, line []byte, from int) (err error) {
	var words [3]reading.Token
	for i := range words {
		words[i] = reading.NextToken(line, from)
		from = words[i].End
	}
	if a.NextHop, err = reading.ParseAddr(string(line[words[0].Start:words[0].End])); err != nil {
		return fmt.Errorf("bad gateway %s", reading.Quote(line[words[0].Start:words[0].End]))
	}
	pref, okPref := reading.ParseUint32(line[words[1].Start:words[1].End])
	med, okMED := reading.ParseUint32(line[words[2].Start:words[2].End])
	if !okPref || !okMED {
		return errNumbers
	}
	a.LocalPref = rib.Some(pref)
	if med != 0 {
		a.MED = rib.Some(med)
	}
	a.Origin, a.ASPath, err = r.pathAndOrigin(line[from:])
	return err
}

func (r *textReader) pathAndOrigin(text []byte) (rib.Origin, rib.ASPath, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > 1 && text[len(text)-2] != ' ' {
		return 0, nil, reading.ErrNoOrigin
	}
	origin, ok := reading.OriginLetters[text[len(text)-1]]
	if !ok {
		return 0, nil, reading.ErrNoOrigin
	}
	path, err := r.paths.Get(bytes.TrimSpace(text[:len(text)-1]), reading.ParsePath)
	return origin, path, err
}

var errNumbers = errors.New("local preference or MED is no number")
