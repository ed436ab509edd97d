package dump

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// gobgpText is what the gobgp command prints without -j (docs/formats/gobgp.md).
var gobgpText = Format{Name: "gobgp", Sniff: sniffGoBGPText, Read: readGoBGPText, Shape: shapeGoBGPText}

// gobgpHeaders begin the rows; what is advertised has no age.
var gobgpHeaders = []string{
	"Network Next Hop AS_PATH Age Attrs",
	"ID Network Next Hop AS_PATH Age Attrs",
	"ID Network Next Hop AS_PATH Attrs",
	"Network Next Hop AS_PATH Attrs",
}

func isGoBGPHeader(text []byte) bool {
	return bytes.HasSuffix(text, []byte(" Attrs")) && slices.Contains(gobgpHeaders, strings.Join(strings.Fields(string(text)), " "))
}

func sniffGoBGPText(head []byte) bool {
	return slices.ContainsFunc(bytes.Split(head, []byte("\n")), func(line []byte) bool { return isGoBGPHeader(bytes.TrimSpace(line)) })
}

func shapeGoBGPText(src Source) Header {
	h := shapeGoBGP(src)
	h.Format = "gobgp"
	h.NotShown |= rib.AttrNeighbor
	return h
}

// gobgpTextReader reads rows:
//
//	*> 203.0.113.0/24       192.0.2.1            65540 65550          00:00:09   [{Origin: i} {Med: 77}]
type gobgpTextReader struct {
	gobgpReader
	text   wordTable
	paths  attrCache[rib.ASPath]
	hides  rib.AttrSet
	ids    bool         // the header has path ids
	ages   bool         // and ages
	prefix netip.Prefix // of the row before
	chosen bool         // it has a best path
}

func readGoBGPText(in *input, c *collector) error {
	r := &gobgpTextReader{hides: shapeGoBGPText(c.src).NotShown}
	r.collector = c
	r.text = wordTable{
		collector: c, name: "gobgp", header: r.header, legend: func([]byte) bool { return false }, row: r.row, command: r.command, tool: "gobgp",
	}
	if err := r.text.read(in); err != nil {
		return err
	}
	r.againstView()
	return nil
}

func (r *gobgpTextReader) header(text []byte) bool {
	if !isGoBGPHeader(text) {
		return false
	}
	r.ids, r.ages, r.prefix = bytes.HasPrefix(text, []byte("ID")), bytes.Contains(text, []byte(" Age ")), netip.Prefix{}
	switch view := r.src.View; {
	case view == "" || r.ages != advertisedView(view):
	case r.ages:
		r.say("the rows have an age, as those that are advertised have not; the config says %s", view)
	default:
		r.say("the rows have no age, as those that are advertised; the config says %s", view)
	}
	return true
}

// command holds an echoed "gobgp neighbor N adj-out" against the view.
func (r *gobgpTextReader) command(words []string) {
	view := r.src.View
	out, in, global := slices.Contains(words, "adj-out"), slices.Contains(words, "adj-in"), slices.Contains(words, "global")
	switch {
	case view == "" || !slices.Contains(words, "gobgp") || !out && !in && !global:
	case out != advertisedView(view), in != (view == rib.AdjRIBInPre), global && receivedView(view):
		r.say("the command is %s, the config says %s", quote([]byte(strings.Join(words, " "))), view)
	}
	r.text.asks(gobgpParts(words))
}

// gobgpParts reads the words behind "gobgp": the first that leaves rows out of the answer, and the neighbour.
func gobgpParts(words []string) (part, neighbor string) {
	families := []string{"ipv4", "ipv6", "ipv4-unicast", "ipv6-unicast", "v4", "v6", "4", "6"}
	for i := 1; i < len(words) && part == ""; i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch word := words[i]; {
		case short(word, "neighbor", 3) && neighbor == "":
			neighbor = next
			i++
		case word == "global", word == "rib", word == "adj-in", word == "adj-out":
		case (word == "-a" || word == "--address-family") && slices.Contains(families, next),
			word == "-u", word == "--host", word == "-p", word == "--port":
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
func (r *gobgpTextReader) row(l textLine) bool {
	line := l.text
	before := 0
	for word := nextToken(line, 0); word.end > word.start && before < 3; word = nextToken(line, word.end) {
		if text := line[word.start:word.end]; bytes.IndexByte(text, '/') >= 0 && isAddress(text) {
			route, err := r.route(line[:word.start], text, line[word.end:])
			if err != nil {
				r.skip(l.line, "bad row of %s: %v", quote(text), err)
				return true
			}
			route.Line = l.line
			r.text.held[rib.FamilyOf(route.Prefix)] = true
			r.collector.route(route)
			return true
		}
		before++
	}
	return false
}

func (r *gobgpTextReader) route(marks, word, rest []byte) (out rib.Route, err error) {
	if out.Prefix, err = parsePrefix(string(word)); err != nil {
		return out, err
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
		if err = gobgpTextAttr(a, string(text)); err != nil {
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
func (r *gobgpTextReader) marks(out *rib.Route, marks []byte) error {
	for word := range bytes.FieldsSeq(marks) {
		id, number := parseUint32(word)
		switch {
		case number && r.ids:
			out.PathID = id
			continue
		case len(bytes.Trim(word, "*>SNIV")) > 0:
			return fmt.Errorf("bad state %s", quote(word))
		}
		if bytes.IndexByte(word, '>') >= 0 {
			out.Marks |= rib.Best
			r.rows.best++
		}
		if bytes.IndexByte(word, 'S') >= 0 {
			out.Marks |= rib.Stale
		}
	}
	r.chosen = out.Marks.Has(rib.Best) || r.chosen && r.prefix == out.Prefix
	r.prefix = out.Prefix
	return nil
}

// gobgpAge is how long a route is there: "00:00:09", or with days "1d 02:03:04".
var gobgpAge = regexp.MustCompile(`^[0-9]{2,}:[0-9]{2}:[0-9]{2}$`)

var errNoAge = errors.New("its age is missing")

// hopAndPath reads what stands between prefix and attributes: next hop, AS path, age.
func (r *gobgpTextReader) hopAndPath(a *rib.Attrs, text []byte) error {
	words := bytes.Fields(text)
	last := len(words)
	if r.ages {
		if last--; last < 1 || !gobgpAge.Match(words[last]) {
			return errNoAge
		}
		if last > 1 && bytes.HasSuffix(words[last-1], []byte("d")) {
			last--
		}
	}
	if last < 1 {
		return errors.New("its next hop is missing")
	}
	if a.NextHop = gobgpAddr(words[0]); !a.NextHop.IsValid() {
		return fmt.Errorf("bad next hop %s", quote(words[0]))
	}
	path, err := r.paths.get(bytes.Join(words[1:last], []byte(" ")), parseBIRDPath)
	a.ASPath = path
	return err
}

// gobgpTextAttr reads an attribute: "Med: 77", "Communities: 65540:1, no-export".
func gobgpTextAttr(a *rib.Attrs, text string) (err error) {
	key, value, _ := strings.Cut(text, ": ")
	value = strings.TrimSpace(value)
	switch key {
	case "Origin":
		a.Origin = originLetters[(value + " ")[0]]
		if len(value) != 1 || a.Origin == rib.OriginAbsent {
			return fmt.Errorf("bad origin %s", quote([]byte(value)))
		}
	case "Med":
		a.MED, err = gobgpTextNumber(value)
	case "LocalPref":
		a.LocalPref, err = gobgpTextNumber(value)
	case "Communities":
		a.Communities, err = eachOf(value, rib.ParseCommunity)
	case "LargeCommunity":
		a.LargeCommunities, err = eachOf(strings.Trim(value, "[] "), rib.ParseLargeCommunity)
	}
	return err
}

func gobgpTextNumber(text string) (rib.Optional, error) {
	n, ok := parseUint32([]byte(text))
	if !ok {
		return rib.Optional{}, fmt.Errorf("bad number %s", quote([]byte(text)))
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
