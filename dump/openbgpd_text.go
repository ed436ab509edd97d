package dump

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// openbgpdText is what OpenBGPD's bgpctl prints without -j (docs/formats/openbgpd.md).
var openbgpdText = Format{Name: "openbgpd", Sniff: sniffOpenBGPDText, Read: readOpenBGPDText, Shape: shapeOpenBGPDText}

// openbgpdHeaders begin the rows; the state of validation has had two names, and none.
var openbgpdHeaders = []string{
	"flags ovs destination gateway lpref med aspath origin",
	"flags vs destination gateway lpref med aspath origin",
	"flags destination gateway lpref med aspath origin",
}

func isOpenBGPDHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("flags ")) && slices.Contains(openbgpdHeaders, strings.Join(strings.Fields(string(text)), " "))
}

func sniffOpenBGPDText(head []byte) bool {
	return slices.ContainsFunc(bytes.Split(head, []byte("\n")), func(line []byte) bool { return isOpenBGPDHeader(bytes.TrimSpace(line)) })
}

func shapeOpenBGPDText(src Source) Header {
	h := shapeOpenBGPD(src)
	h.Format = "openbgpd"
	h.NotShown |= rib.AttrNeighbor
	return h
}

// openbgpdTextReader reads rows:
//
//	*>      N 203.0.113.0/24       192.0.2.1         100     0 65540 { 65550 65551 } i
type openbgpdTextReader struct {
	openbgpdReader
	text  wordTable
	hides rib.AttrSet
}

func readOpenBGPDText(in *input, c *collector) error {
	r := &openbgpdTextReader{hides: shapeOpenBGPDText(c.src).NotShown}
	r.collector = c
	r.text = wordTable{
		collector: c, name: "openbgpd", header: isOpenBGPDHeader, legend: isOpenBGPDLegend, row: r.row, command: r.command, tool: "bgpctl",
	}
	if err := r.text.read(in); err != nil {
		return err
	}
	r.againstView()
	return nil
}

func isOpenBGPDLegend(text []byte) bool {
	for _, start := range []string{"flags:", "S = Stale", "origin validation state:", "origin:", "aspa validation state:"} {
		if bytes.HasPrefix(text, []byte(start)) {
			return true
		}
	}
	return false
}

// command holds an echoed "bgpctl show rib out neighbor N" against the view.
func (r *openbgpdTextReader) command(words []string) {
	at := slices.Index(words, "rib")
	if at < 0 {
		r.text.asks(strings.Join(words, " "), "")
		return
	}
	words = words[at:]
	out, in, view := slices.Contains(words, "out"), slices.Contains(words, "in"), r.src.View
	switch {
	case view == "":
	case out != advertisedView(view), in != (view == rib.AdjRIBInPre):
		r.say("the command is %s, the config says %s", quote([]byte("show "+strings.Join(words, " "))), view)
	}
	r.text.asks(openbgpdParts(words))
}

// openbgpdParts reads the words behind "rib": the first that leaves rows out of the answer, and the neighbour.
func openbgpdParts(words []string) (part, neighbor string) {
	for i := 1; i < len(words) && part == ""; i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word := words[i]; {
		case word == "in", word == "out", short(word, "detail", 3):
		case short(word, "neighbor", 3) && neighbor == "":
			neighbor = next
			i++
			if _, err := netip.ParseAddr(next); err != nil {
				part = word + " " + next // a group, or a neighbour by its description
			}
		case word == "table" && next == "Loc-RIB":
			i++
		case word == ">", word == "|" && (next == "tee" || next == "cat"):
			return part, neighbor
		default:
			part = word
		}
	}
	return part, neighbor
}

// row reads a row, and reports whether the line is one: a prefix stands in its first words.
func (r *openbgpdTextReader) row(l textLine) bool {
	line := l.text
	first := nextToken(line, 0)
	marks := token{}
	for n := 0; n < 3 && first.end > first.start; n++ {
		if word := line[first.start:first.end]; bytes.IndexByte(word, '/') >= 0 && isAddress(word) {
			r.prefixRow(l, line[:marks.end], first)
			return true
		}
		marks = first
		first = nextToken(line, first.end)
	}
	return false
}

func (r *openbgpdTextReader) prefixRow(l textLine, marks []byte, word token) {
	prefix, err := parsePrefix(string(l.text[word.start:word.end]))
	if err != nil {
		r.skip(l.line, "bad row: %v", err)
		return
	}
	row := openbgpdRow{pathShown: true, originShown: true, hopShown: true}
	if err := r.attrs(&row.attrs, l.text, word.end); err != nil {
		r.skip(l.line, "bad row of %s: %v", prefix, err)
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
		}
	}
	route := r.routeOf(&row, prefix)
	route.Attrs.NotShown |= r.hides
	route.Line = l.line
	r.text.held[rib.FamilyOf(prefix)] = true
	r.route(route)
}

// attrs reads gateway, local preference, MED, path and origin. A MED that is absent is printed as 0.
func (r *openbgpdTextReader) attrs(a *rib.Attrs, line []byte, from int) (err error) {
	var words [3]token
	for i := range words {
		words[i] = nextToken(line, from)
		from = words[i].end
	}
	if a.NextHop, err = parseBIRDAddr(string(line[words[0].start:words[0].end])); err != nil {
		return fmt.Errorf("bad gateway %s", quote(line[words[0].start:words[0].end]))
	}
	pref, okPref := parseUint32(line[words[1].start:words[1].end])
	med, okMED := parseUint32(line[words[2].start:words[2].end])
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

func (r *openbgpdTextReader) pathAndOrigin(text []byte) (rib.Origin, rib.ASPath, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > 1 && text[len(text)-2] != ' ' {
		return 0, nil, errNoOrigin
	}
	origin, ok := originLetters[text[len(text)-1]]
	if !ok {
		return 0, nil, errNoOrigin
	}
	path, err := r.paths.get(bytes.TrimSpace(text[:len(text)-1]), parseBIRDPath)
	return origin, path, err
}

var errNumbers = errors.New("local preference or MED is no number")

var originLetters = map[byte]rib.Origin{'i': rib.OriginIGP, 'e': rib.OriginEGP, '?': rib.OriginIncomplete}
