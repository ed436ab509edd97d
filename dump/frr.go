package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// frrJSON is what FRR's vtysh prints with json at the end of the command (docs/formats/frr-json.md).
var frrJSON = Format{Name: "frr-json", Sniff: sniffFRR, Read: readFRR, Shape: shapeFRR}

// frrTables are the keys under which a document holds rows, and what each says of them.
var frrTables = map[string]frrKind{
	"routes":           {name: "routes", notShown: frrRoutesHides},
	"advertisedRoutes": {name: "advertisedRoutes", notShown: frrNeighborHides, symbols: true},
	"receivedRoutes":   {name: "receivedRoutes", notShown: frrNeighborHides, symbols: true},
	"filteredRoutes":   {name: "filteredRoutes", notShown: frrNeighborHides, symbols: true, marks: rib.Filtered},
}

// frrKind is one of FRR's tables. Where symbols is set, FRR prints "*" and ">" on every row, so
// neither says anything.
type frrKind struct {
	name     string
	notShown rib.AttrSet
	marks    rib.Marks
	symbols  bool
}

const (
	frrRoutesHides   = rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN
	frrNeighborHides = frrRoutesHides | rib.AttrNeighbor | rib.AttrBest
)

func sniffFRR(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	if len(list) == 0 {
		return onlyBraces(head)
	}
	if hasMember(list, "header", "peers", "vrfs", "nbrDesc", "bgpRouteEntries", "result_from_cache") || sniffOpenConfig(head) {
		return false
	}
	return hasFRRTable(list) || hasMember(list, "prefix") && hasMember(list, "paths", "advertisedTo") ||
		hasMember(list, "bgpTableVersion") && hasMember(list, "bgpLocalRouterId")
}

func hasFRRTable(list []member) bool {
	for _, m := range list {
		if _, known := frrTables[m.key]; known && m.opens == '{' {
			return true
		}
	}
	return false
}

// onlyBraces reports whether the head is an empty object and nothing but blanks or a prompt after it.
func onlyBraces(head []byte) bool {
	rest := strings.TrimLeft(string(head[1:]), " \t\r\n")
	if !strings.HasPrefix(rest, "}") {
		return false
	}
	rest = strings.TrimSpace(rest[1:])
	return rest == "" || prompt.MatchString(rest)
}

func shapeFRR(src Source) Header {
	h := Header{Format: "frr-json", ASPathForm: rib.AsSent, NotShown: frrRoutesHides}
	if src.View == rib.AdjRIBOutPost || src.View == rib.AdjRIBOutPre {
		h.ASPathForm = rib.BeforeOwnASN
		h.NotShown = frrNeighborHides
	}
	return h
}

// frrReader walks the documents of one file.
type frrReader struct {
	*collector
	s     *scanner
	rows  frrRows
	vrf   string       // of the rows read so far, where the dump names it
	asked []rib.Family // what the command echoed before the document asks for
	wrong error        // nothing of the file can be used
}

// frrTable is what one object says around its rows.
type frrTable struct {
	line     int
	outer    string // key of the object it stands in: a VRF, or an address family
	vrf      string
	prefixes int // keys of its rows
	rows     int // rows, bad ones included
	held     bool
	counted  bool // totalPrefixCounter and such were there
	count    uint32
	single   frrSingle
}

// frrSingle is a document of one prefix: its rows can only be read when its prefix is known.
type frrSingle struct {
	prefix string
	line   int
	paths  []byte
}

func readFRR(in *input, c *collector) error {
	r := &frrReader{collector: c, s: newScanner(in.text)}
	if head, _ := in.head(); c.src.VRF != "" || nestedVRFs(bodyOf(head)) {
		if err := r.chooseVRF(in); err != nil {
			return err
		}
	}
	r.rows.collector = c
	if !r.documents() {
		return errNoDocument
	}
	if r.wrong != nil && c.res.Routes == 0 {
		return r.wrong
	}
	if r.wrong != nil {
		c.problem(0, "%v", r.wrong)
	}
	return nil
}

// documents reads the file's documents, one after the other, up to its end or to a place where
// no reader can know any more where it is. It reports whether there was one.
func (r *frrReader) documents() bool {
	first := true
	for {
		r.asked = nil
		_, err := r.s.document(func(line int, text []byte) {
			r.between(line, text, first)
			r.asked = familiesOf(text)
		})
		if errors.Is(err, io.EOF) {
			return !first
		}
		if err == nil {
			first = false
			err = r.object(&frrTable{line: r.s.line}, 0)
		}
		if err != nil || r.stopped() {
			r.broken(r.s.line, err)
			return true
		}
	}
}

// broken ends the reading: a cut, or text that is no JSON.
func (c *collector) broken(line int, err error) {
	switch {
	case err == nil:
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.problem(line, "the dump is cut off here")
	default:
		c.problem(line, "reading stops here: %v", err)
	}
}

// familiesOf is the family that an echoed command asks for.
func familiesOf(line []byte) []rib.Family {
	if !bytes.Contains(line, []byte("show ")) {
		return nil
	}
	for _, fam := range rib.Families {
		if bytes.Contains(line, []byte(fam.String()+" unicast")) {
			return []rib.Family{fam}
		}
	}
	return nil
}

// object reads one JSON object: a table, or one that holds tables by VRF or by address family.
func (r *frrReader) object(t *frrTable, depth int) error {
	if err := r.s.enter('{'); err != nil {
		return err
	}
	for {
		more, err := r.s.next('}')
		if err != nil {
			return err
		}
		if !more {
			return r.closeTable(t)
		}
		key, line, err := r.s.key()
		if err != nil {
			return err
		}
		if err := r.member(t, key, line, depth); err != nil {
			return err
		}
	}
}

func (r *frrReader) member(t *frrTable, key string, line, depth int) error {
	c, err := r.s.inner()
	if err != nil {
		return err
	}
	if kind, ok := frrTables[key]; ok && c == '{' {
		return r.table(t, kind, line)
	}
	switch {
	case key == "paths" && c == '[':
		return r.singlePaths(t, line)
	case c == '{' && depth < 2 && !frrAsides[key]:
		inner := &frrTable{line: line, outer: key, vrf: key}
		if isFamilyKey(key) {
			inner.vrf = t.vrf
		}
		return r.object(inner, depth+1)
	case c == '{' || c == '[':
		return r.s.skip()
	}
	return r.scalar(t, key, line)
}

// frrAsides are objects beside the rows that hold none.
var frrAsides = map[string]bool{"bgpStatusCodes": true, "bgpOriginCodes": true, "advertisedTo": true, "peers": true}

// frrFamilies are the keys of "show bgp all json". Only unicast is audited.
var frrFamilies = map[string]bool{"ipv4Unicast": true, "ipv6Unicast": true, "ipv4unicast": true, "ipv6unicast": true}

func isFamilyKey(key string) bool {
	for _, start := range []string{"ipv4", "ipv6", "l2Vpn", "l2vpn"} {
		if rest, ok := strings.CutPrefix(key, start); ok && rest != "" && !strings.ContainsAny(rest, ".:/- ") {
			return true
		}
	}
	return false
}

// scalar reads a plain value of the table's frame.
func (r *frrReader) scalar(t *frrTable, key string, line int) error {
	raw, err := r.s.raw()
	if err != nil {
		return err
	}
	cur := cursor{b: raw}
	h := &r.res.Header
	switch key {
	case "routerId", "bgpLocalRouterId":
		if text := string(cur.str()); cur.err == nil && h.Router == "" {
			h.Router = text
		}
	case "defaultLocPrf":
		if n := cur.uint32(); cur.err == nil {
			h.DefaultLocalPref = rib.Some(n)
		}
	case "vrfName":
		if text := string(cur.str()); cur.err == nil {
			t.vrf = text
		}
	case "totalPrefixCounter", "totalRoutes":
		t.count = cur.uint32()
		t.counted = cur.err == nil
	case "filteredPrefixCounter":
		if n := cur.uint32(); n > 0 && r.src.View == rib.AdjRIBInPost {
			r.say("the dump holds the routes before import policy, which rejects %d of them; the config says %s", n, r.src.View)
		}
	case "prefix":
		t.single.prefix, t.single.line = string(cur.str()), line
	case "warning", "error":
		r.wrong = fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(cur.str()))
	case "bgpNoSuchNeighbor":
		r.wrong = errors.New("the router answered that it has no such neighbor: check the command")
	}
	return nil
}

// table reads the rows under one of the keys of frrTables: an object, a prefix a key.
func (r *frrReader) table(t *frrTable, kind frrKind, line int) error {
	t.held = true
	if r.leaveOut(t, line) {
		t.held = false
		return r.s.skip()
	}
	r.sawKind(kind)
	if err := r.s.enter('{'); err != nil {
		return err
	}
	for {
		more, err := r.s.next('}')
		if err != nil || !more || r.stopped() {
			return err
		}
		key, line, err := r.s.key()
		if err != nil {
			return err
		}
		raw, err := r.s.raw()
		t.prefixes++
		switch {
		case errors.Is(err, errTooLong):
			r.skip(line, "the row of %s is %v", quote(key), err)
			t.rows++
		case err != nil:
			return err
		default:
			t.rows += r.rows.read(key, line, raw, kind)
		}
	}
}

// leaveOut reports whether the table is of another VRF than the one that is asked for.
func (r *frrReader) leaveOut(t *frrTable, line int) bool {
	if t.outer != "" && isFamilyKey(t.outer) && !frrFamilies[t.outer] {
		return true // not unicast
	}
	name := t.vrf
	switch {
	case name == "":
		return false
	case r.src.VRF != "":
		return name != r.src.VRF
	case r.vrf == "":
		r.vrf = name
	case r.vrf != name:
		r.problem(line, "the dump holds several VRFs: %s: name one with vrf: on the feed", listed([]string{r.vrf, name}))
		return true
	}
	return false
}

// sawKind holds the kind of a table against the declared view. Where no view is declared (convert),
// advertised routes are what their key says: the form of a received table's paths is never asked for.
func (r *frrReader) sawKind(kind frrKind) {
	view := r.src.View
	switch {
	case kind.name == "advertisedRoutes" && view == "":
		r.res.Header.ASPathForm = rib.BeforeOwnASN
	case kind.name != "advertisedRoutes" && (view == rib.AdjRIBOutPost || view == rib.AdjRIBOutPre):
		r.say("the dump holds %s, the config says %s", kind.name, view)
	case kind.symbols && (view == rib.BGPTable || view == rib.LocRIB):
		r.say("the dump holds %s of one neighbor, the config says %s", kind.name, view)
	}
}

// singlePaths keeps the rows of a document of one prefix until its prefix is known for sure.
func (r *frrReader) singlePaths(t *frrTable, line int) error {
	t.held = true
	raw, err := r.s.raw()
	if errors.Is(err, errTooLong) {
		r.skip(line, "the paths are %v", err)
		return nil
	}
	t.single.paths = slices.Clone(raw)
	if err == nil {
		r.problem(line, "this is the answer for one prefix, and says nothing of any other")
	}
	return err
}

// closeTable holds a table's rows against the count that the dump prints.
func (r *frrReader) closeTable(t *frrTable) error {
	if t.single.paths != nil {
		kind := frrTables["routes"]
		r.sawKind(kind)
		t.rows += r.rows.read(t.single.prefix, t.single.line, t.single.paths, kind)
		t.prefixes++
	}
	if !t.held || !t.counted {
		return nil
	}
	if t.count == 0 && t.rows == 0 {
		r.zeroStated = true
		for _, fam := range r.asked {
			r.families[fam] = true
		}
	}
	if int(t.count) != t.prefixes && int(t.count) != t.rows {
		r.problem(t.line, "the dump says that it holds %d prefixes, but %d are there", t.count, t.prefixes)
	}
	return nil
}

// frrAddr reads an address of a next hop or of a neighbour: zero where it stands for the
// router itself (0.0.0.0, ::), or is an interface's name.
func frrAddr(text []byte) (netip.Addr, bool) {
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return netip.Addr{}, false
	}
	a = a.WithZone("").Unmap()
	if a.IsUnspecified() {
		return netip.Addr{}, true
	}
	return a, true
}
