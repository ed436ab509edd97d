package gobgp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what the gobgp command prints without -j (docs/formats/gobgp.md).
var Text = reading.Format{Name: "gobgp", Sniff: sniffGoBGPText, Read: readGoBGPText, Shape: shapeGoBGPText, OneFamily: true}

// headers begin the rows; what is advertised has no age.
var headers = []string{
	"Network Next Hop AS_PATH Age Attrs",
	"ID Network Next Hop AS_PATH Age Attrs",
	"ID Network Next Hop AS_PATH Attrs",
	"Network Next Hop AS_PATH Attrs",
}

func isGoBGPHeader(text []byte) bool {
	return bytes.HasSuffix(text, []byte(" Attrs")) && slices.Contains(headers, strings.Join(strings.Fields(string(text)), " "))
}

func sniffGoBGPText(head []byte) bool {
	return slices.ContainsFunc(bytes.Split(head, []byte("\n")), func(line []byte) bool { return isGoBGPHeader(bytes.TrimSpace(line)) })
}

func shapeGoBGPText(src reading.Source) reading.Header {
	h := shapeGoBGP(src)
	h.Format = "gobgp"
	h.NotShown |= rib.AttrNeighbor
	return h
}

// textReader reads rows:
//
//	*> 203.0.113.0/24       192.0.2.1            65540 65550          00:00:09   [{Origin: i} {Med: 77}]
type textReader struct {
	reader
	text   reading.WordTable
	paths  reading.AttrCache[rib.ASPath]
	hides  rib.AttrSet
	ids    bool         // the header has path ids
	ages   bool         // and ages
	prefix netip.Prefix // of the row before
	chosen bool         // it has a best path
}

func readGoBGPText(in *reading.Input, c *reading.Collector) error {
	r := &textReader{hides: shapeGoBGPText(c.Source).NotShown}
	r.Collector = c
	r.text = reading.WordTable{
		Collector: c, Name: "gobgp", Header: r.header, Legend: func([]byte) bool { return false }, Row: r.row, Command: r.echoed, Tool: "gobgp",
	}
	if err := r.text.Read(in); err != nil {
		return err
	}
	if r.other != "" && r.Result.Routes == 0 && !c.Stopped() {
		return fmt.Errorf("not a table of IPv4 or IPv6 unicast routes: the command asks for those of %s: say -a ipv4 or -a ipv6", reading.Quote(r.other))
	}
	r.againstView()
	return nil
}

func (r *textReader) header(text []byte) bool {
	if !isGoBGPHeader(text) {
		return false
	}
	r.ids, r.ages, r.prefix = bytes.HasPrefix(text, []byte("ID")), bytes.Contains(text, []byte(" Age ")), netip.Prefix{}
	if r.ages {
		r.Shows(reading.Shown{Direction: reading.Held, What: "the rows have an age, as those that are advertised have not"})
	} else {
		r.Shows(reading.Shown{Direction: reading.Advertised, What: "the rows have no age, as those that are advertised"})
	}
	return true
}

// echoed takes an echoed "gobgp neighbor N adj-out".
func (r *reader) echoed(line int, words []string) {
	if r.other = otherFamily(words); r.other != "" {
		r.Problem(line, "the command asks for routes of %s, which are not read", reading.Quote(r.other))
		return
	}
	r.Ask(shown(line, words))
}

// shown is what a command says of its answer. GoBGP prints what a neighbour sends before import policy.
func shown(line int, words []string) reading.Shown {
	s := reading.Shown{Line: line, Asked: reading.Words(words)}
	part, neighbor := parts(words)
	s.Part = part
	if a, err := netip.ParseAddr(neighbor); err == nil {
		s.Neighbor = a
	} else {
		s.Peer = reading.Quote(neighbor)
	}
	switch {
	case slices.Contains(words, "adj-out"):
		s.Direction, s.Extent = reading.Advertised, reading.OfOne
	case slices.Contains(words, "adj-in"):
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BeforePolicy, reading.OfOne
	case slices.Contains(words, "global"):
		s.Direction, s.Extent = reading.Held, reading.OfAll
	case neighbor != "":
		s.Extent = reading.OfOne
	}
	return s
}

// families are the values of -a that ask for unicast routes.
var families = []string{"ipv4", "ipv6", "ipv4-unicast", "ipv6-unicast", "v4", "v6", "4", "6"}

// otherFamily is the value of -a that is none of them.
func otherFamily(words []string) string {
	for i, word := range words[:len(words)-1] {
		if (word == "-a" || word == "--address-family") && !slices.Contains(families, words[i+1]) {
			return words[i+1]
		}
	}
	return ""
}

// parts reads the words behind "gobgp": the first that leaves rows out of the answer, and the neighbour.
func parts(words []string) (part, neighbor string) {
	for i := 1; i < len(words) && part == ""; i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word := words[i]; {
		case reading.Short(word, "neighbor", 3) && neighbor == "":
			neighbor = next
			i++
		case word == "global", word == "rib", word == "adj-in", word == "adj-out":
		case word == "-a", word == "--address-family", word == "-u", word == "--host", word == "-p", word == "--port":
			i++
		case word == "-j", word == "--json":
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
	before := 0
	for word := reading.NextToken(line, 0); word.End > word.Start && before < 3; word = reading.NextToken(line, word.End) {
		word.Start += gluedMarks(line[word.Start:word.End])
		if text := line[word.Start:word.End]; bytes.IndexByte(text, '/') >= 0 && reading.IsAddress(text) {
			route, err := r.route(line[:word.Start], text, line[word.End:])
			if err != nil {
				r.Skip(l.Line, "bad row of %s: %v", reading.Quote(text), err)
				return true
			}
			route.Line = l.Line
			r.text.Held[rib.FamilyOf(route.Prefix)] = true
			r.Route(route)
			return true
		}
		before++
	}
	return false
}

// gluedMarks is how many marks touch the prefix behind them: "V*>203.0.113.0/24". Three fill their column.
func gluedMarks(word []byte) int {
	n := bytes.LastIndexAny(word, "*>") + 1
	if len(bytes.Trim(word[:n], stateMarks)) > 0 {
		return 0
	}
	return n
}

// stateMarks are those of choice, of a stale route, and of RPKI.
const stateMarks = "*>SNIV"

func (r *textReader) route(marks, word, rest []byte) (out rib.Route, err error) {
	if out.Prefix, err = reading.ParsePrefix(string(word)); err != nil {
		return out, err
	}
	if bytes.Count(rest, []byte("[{")) > 1 {
		return out, errors.New("two rows stand in one line")
	}
	if err = r.marks(&out, marks); err != nil {
		return out, err
	}
	head, list, ok := bytes.Cut(rest, []byte("[{"))
	if !ok || !bytes.HasSuffix(list, []byte("}]")) {
		return out, fmt.Errorf("its attributes do not end in }]: it is cut off, or wrapped by the terminal")
	}
	a := &out.Attrs
	if err = r.hopAndPath(a, head); err != nil {
		return out, err
	}
	for text := range bytes.SplitSeq(list[:len(list)-len("}]")], []byte("} {")) {
		if err = textAttr(a, string(text)); err != nil {
			return out, err
		}
	}
	a.NotShown |= r.hides
	if !r.chosen {
		a.NotShown |= rib.AttrBest
	}
	if a.NotShown.Has(rib.AttrBest) {
		out.Marks &^= rib.Best
	}
	return out, nil
}

// marks reads what stands in front of a prefix: its state, and a path id where the header has one. The best
// path of a prefix comes first.
func (r *textReader) marks(out *rib.Route, marks []byte) error {
	if r.ids && len(bytes.TrimSpace(marks)) == 0 {
		return errors.New("its id is missing in front of the prefix, and with it perhaps a part of that")
	}
	for word := range bytes.FieldsSeq(marks) {
		id, number := reading.ParseUint32(word)
		switch {
		case number && r.ids:
			out.PathID = id
			continue
		case len(bytes.Trim(word, stateMarks)) > 0:
			return fmt.Errorf("bad state %s", reading.Quote(word))
		}
		if bytes.IndexByte(word, '>') >= 0 {
			out.Marks |= rib.Best
			r.rows.best++
		}
		if bytes.IndexByte(word, 'S') >= 0 {
			out.Marks |= rib.Stale
		}
		if bytes.IndexByte(word, 'I') >= 0 {
			out.Marks |= rib.RPKIInvalid
		}
	}
	r.chosen = out.Marks.Has(rib.Best) || r.chosen && r.prefix == out.Prefix
	r.prefix = out.Prefix
	return nil
}

// age is how long a route is there: "00:00:09", or with days "1d 02:03:04".
var age = regexp.MustCompile(`^[0-9]{2,}:[0-9]{2}:[0-9]{2}$`)

var errNoAge = errors.New("its age is missing")

// hopAndPath reads what stands between prefix and attributes: next hop, AS path, age.
func (r *textReader) hopAndPath(a *rib.Attrs, text []byte) error {
	words := bytes.Fields(text)
	last := len(words)
	text = bytes.TrimRight(text, " ")
	if r.ages {
		if last--; last < 1 || !age.Match(words[last]) {
			return errNoAge
		}
		text = bytes.TrimSuffix(text, words[last])
		if last > 1 && bytes.HasSuffix(words[last-1], []byte("d")) {
			last--
			text = bytes.TrimSuffix(bytes.TrimRight(text, " "), words[last])
		}
	}
	if last < 1 {
		return errors.New("its next hop is missing")
	}
	if a.NextHop = addr(words[0]); !a.NextHop.IsValid() {
		return fmt.Errorf("bad next hop %s", reading.Quote(words[0]))
	}
	_, text, _ = bytes.Cut(text, words[0])
	path, err := r.paths.Get(bytes.TrimSpace(text), reading.ParsePath)
	a.ASPath = path
	return err
}

// textAttr reads an attribute: "Med: 77", "Communities: 65540:1, no-export".
func textAttr(a *rib.Attrs, text string) (err error) {
	key, value, _ := strings.Cut(text, ": ")
	value = strings.TrimSpace(value)
	switch key {
	case "Origin":
		a.Origin = reading.OriginLetters[(value + " ")[0]]
		if len(value) != 1 || a.Origin == rib.OriginAbsent {
			return fmt.Errorf("bad origin %s", reading.Quote([]byte(value)))
		}
	case "Med":
		a.MED, err = textNumber(value)
	case "LocalPref":
		a.LocalPref, err = textNumber(value)
	case "Communities":
		a.Communities, err = eachOf(value, rib.ParseCommunity)
	case "LargeCommunity":
		a.LargeCommunities, err = eachOf(strings.Trim(value, "[] "), rib.ParseLargeCommunity)
	}
	return err
}

func textNumber(text string) (rib.Optional, error) {
	n, ok := reading.ParseUint32([]byte(text))
	if !ok {
		return rib.Optional{}, fmt.Errorf("bad number %s", reading.Quote([]byte(text)))
	}
	return rib.Some(n), nil
}

func eachOf[T any](list string, parse func(string) (T, error)) (out []T, err error) {
	for text := range strings.SplitSeq(list, ", ") {
		one, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
