package dump

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bgpaudit/rib"
)

// jsonlFormat is the canonical records that convert writes (docs/formats/jsonl.md).
var jsonlFormat = Format{Name: "jsonl", Sniff: sniffJSONL, Read: readJSONL, Shape: shapeJSONL}

func sniffJSONL(head []byte) bool {
	list := members(firstLine(head))
	return len(list) > 0 && head[0] == '{' && list[0] == member{"header", '{'}
}

// shapeJSONL says nothing: the header line does.
func shapeJSONL(Source) Header { return Header{Format: "jsonl"} }

// jsonlReader reads the records of one file.
type jsonlReader struct {
	*collector
	paths   attrCache[rib.ASPath]
	hidden  rib.AttrSet
	seed    maphash.Seed
	header  bool
	trailer bool
	records int // routes that were read, repeated ones included
	closing Trailer
}

func readJSONL(in *input, c *collector) error {
	r := &jsonlReader{collector: c, seed: maphash.MakeSeed()}
	lines := lineReader{r: in.text}
	for !r.stopped() {
		text, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.end(lines.line)
		case errors.Is(err, errTooLong):
			r.skip(lines.line, "the record is %v", err)
			continue
		case err != nil:
			r.broken(lines.line, err)
			return r.end(lines.line)
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		if err := r.record(text, lines.line, lines.cut); err != nil {
			return err
		}
	}
	return nil
}

// record reads one line. An error means that the file has no header to read it by.
func (r *jsonlReader) record(text []byte, line int, cut bool) error {
	switch kind := recordKind(text); {
	case !r.header:
		if kind != "header" {
			return fmt.Errorf("holds no header line: canonical records begin with {\"header\":…")
		}
		return r.readHeader(text)
	case r.trailer:
		r.problem(line, "a record after the trailer")
	case kind == "header":
		r.problem(line, "a second header: convert one file into one")
	case kind == "trailer":
		r.readTrailer(text, line)
	case cut && text[len(text)-1] != '}':
		// no line end and no closing bracket: the cut row is no bad row
	default:
		r.readRoute(text, line)
	}
	return nil
}

// recordKind is the first key of a record that is a frame: header or trailer.
func recordKind(text []byte) string {
	for _, kind := range []string{"header", "trailer"} {
		if bytes.HasPrefix(text, []byte(`{"`+kind+`"`)) {
			return kind
		}
	}
	cur := cursor{b: text}
	cur.enter('{')
	if cur.next('}') {
		if key := string(cur.key()); key == "header" || key == "trailer" {
			return key
		}
	}
	return ""
}

func (r *jsonlReader) readHeader(text []byte) error {
	h, err := parseHeader(text)
	if err != nil {
		return fmt.Errorf("bad header line: %w", err)
	}
	r.header = true
	r.hidden, r.hides = h.NotShown, &h.NotShown
	if h.Format == "" {
		h.Format = "jsonl"
	}
	for _, fam := range h.Families {
		r.families[fam] = true
	}
	h.Families = nil // finish lists them
	if h.Source == "" {
		h.Source = r.res.Header.Source
	}
	r.res.Header = h
	return nil
}

// end holds what was read against the trailer.
func (r *jsonlReader) end(line int) error {
	if !r.header {
		return fmt.Errorf("holds no header line: canonical records begin with {\"header\":…")
	}
	if !r.trailer {
		r.problem(line, "the records are cut off: there is no trailer line")
		return nil
	}
	t := r.closing
	if t.Routes != r.records {
		r.problem(line, "the trailer says %d routes, but %d are there", t.Routes, r.records)
	}
	r.res.Skipped += t.Skipped
	for _, e := range t.Errors {
		e = printable(e)
		if len(r.res.Errors) < maxErrors {
			r.res.Errors = append(r.res.Errors, e)
		} else {
			r.more++
		}
	}
	switch t.Complete {
	case rib.CompleteYes:
		r.zeroStated = true
	case rib.CompleteUnproven:
		r.zeroStated, r.unproven = true, true
	default:
		r.problem(line, "the dump that these records were made of was partial")
	}
	return nil
}

func (r *jsonlReader) readTrailer(text []byte, line int) {
	t, err := parseTrailer(text)
	if err != nil {
		r.problem(line, "bad trailer line: %v", err)
		return
	}
	r.trailer, r.closing = true, t
}

func (r *jsonlReader) readRoute(text []byte, line int) {
	route, err := r.parseRoute(text)
	if err != nil {
		r.skip(line, "bad record: %v", err)
		return
	}
	r.records++
	id := identity{route.Prefix, route.Neighbor, route.PathID}
	mark := maphash.Bytes(r.seed, withoutLine(text))
	if had, seen := r.ids.add(id, mark, true); seen {
		if had != mark {
			r.skip(line, "a second, different record of %s from %s with path id %d", route.Prefix, addrOrNone(route.Neighbor), route.PathID)
		}
		return
	}
	if r.ownLines {
		route.Line = line
	}
	r.put(route)
}

// withoutLine drops the last member where it is the line: the same row may stand on two lines.
func withoutLine(text []byte) []byte {
	if i := bytes.LastIndex(text, []byte(`,"line":`)); i >= 0 {
		return text[:i]
	}
	return text
}

func addrOrNone(a netip.Addr) string {
	if !a.IsValid() {
		return "no neighbor"
	}
	return a.String()
}

// parseRoute reads a route's record. Line is the line of the dump that it was made of.
func (r *jsonlReader) parseRoute(text []byte) (rib.Route, error) {
	var route rib.Route
	route.Attrs.NotShown = r.hidden
	cur := cursor{b: text}
	cur.enter('{')
	for cur.next('}') {
		r.routeMember(&cur, string(cur.key()), &route)
	}
	cur.end()
	if cur.err == nil && !route.Prefix.IsValid() {
		cur.fail("it has no prefix")
	}
	if cur.err == nil {
		checkHidden(&cur, &route)
	}
	return route, cur.err
}

// checkHidden refuses a value of an attribute that the dump is said not to show.
func checkHidden(cur *cursor, r *rib.Route) {
	a := &r.Attrs
	var has rib.AttrSet
	for _, it := range []struct {
		there bool
		attr  rib.AttrSet
	}{
		{r.Neighbor.IsValid(), rib.AttrNeighbor},
		{a.NeighborASN != 0, rib.AttrNeighborASN},
		{a.NextHop.IsValid(), rib.AttrNextHop},
		{len(a.ASPath) > 0, rib.AttrASPath},
		{a.Origin != rib.OriginAbsent, rib.AttrOrigin},
		{a.LocalPref.Set, rib.AttrLocalPref},
		{a.MED.Set, rib.AttrMED},
		{len(a.Communities) > 0, rib.AttrCommunities},
		{len(a.LargeCommunities) > 0, rib.AttrLargeCommunities},
		{r.Marks&(rib.Best|rib.Multipath) != 0, rib.AttrBest},
	} {
		if it.there {
			has |= it.attr
		}
	}
	if both := has & a.NotShown; both != 0 {
		cur.fail("it has a value of %s, which the dump does not show", both.Names()[0])
	}
}

func (r *jsonlReader) routeMember(cur *cursor, key string, route *rib.Route) {
	a := &route.Attrs
	switch key {
	case "prefix":
		text := cur.str()
		p, err := parsePrefix(string(text))
		if err != nil {
			cur.fail("%v", err)
		}
		route.Prefix = p
	case "path_id":
		route.PathID = cur.uint32()
	case "neighbor":
		route.Neighbor = addrOrNull(cur, "neighbor")
	case "neighbor_asn":
		a.NeighborASN = optional(cur).Value
	case "next_hop":
		a.NextHop = addrOrNull(cur, "next hop")
	case "as_path":
		r.asPath(cur, a)
	case "origin":
		a.Origin = originOrNull(cur)
	case "local_pref":
		a.LocalPref = optional(cur)
	case "med":
		a.MED = optional(cur)
	case "communities":
		a.Communities = listOrNull(cur, rib.ParseCommunity)
	case "large_communities":
		a.LargeCommunities = listOrNull(cur, rib.ParseLargeCommunity)
	case "not_shown":
		a.NotShown |= attrSet(cur)
	case "line":
		route.Line = int(min(cur.uint32(), 1<<31-1))
	default:
		markMember(cur, key, route)
	}
}

func markMember(cur *cursor, key string, route *rib.Route) {
	flag := func(m rib.Marks) {
		if cur.boolean() {
			route.Marks |= m
		}
	}
	switch key {
	case "best":
		flag(rib.Best)
	case "multipath":
		flag(rib.Multipath)
	case "stale":
		flag(rib.Stale)
	case "withdrawn":
		if cur.boolean() {
			cur.fail("it withdraws a route, and a table holds none such")
		}
	case "ineligible":
		route.Marks |= ineligible(cur)
	default:
		cur.fail("unknown key %s", quote(key))
	}
}

// ineligibleWords are the values of the key ineligible.
var ineligibleWords = map[string]rib.Marks{
	"invalid": rib.Invalid, "filtered": rib.Filtered, "filtered,invalid": rib.Filtered | rib.Invalid,
}

func ineligible(cur *cursor) rib.Marks {
	text := string(cur.str())
	m, ok := ineligibleWords[text]
	if !ok {
		cur.fail("unknown value %s of ineligible", quote(text))
	}
	return m
}

func (r *jsonlReader) asPath(cur *cursor, a *rib.Attrs) {
	if cur.null() {
		return
	}
	text := cur.str()
	path, err := r.paths.get(text, rib.ParseASPath)
	if err != nil {
		cur.fail("bad AS path %s", quote(text))
	}
	a.ASPath = path
}

func addrOrNull(cur *cursor, what string) netip.Addr {
	if cur.null() {
		return netip.Addr{}
	}
	text := cur.str()
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		cur.fail("bad %s %s", what, quote(text))
	}
	return a.Unmap()
}

func originOrNull(cur *cursor) rib.Origin {
	if cur.null() {
		return rib.OriginAbsent
	}
	text := cur.str()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.fail("bad origin %s", quote(text))
	}
	return o
}

func optional(cur *cursor) rib.Optional {
	if cur.null() {
		return rib.Optional{}
	}
	return rib.Some(cur.uint32())
}

func listOrNull[C any](cur *cursor, parse func(string) (C, error)) []C {
	if cur.null() {
		return nil
	}
	var out []C
	cur.enter('[')
	for cur.next(']') {
		text := cur.str()
		v, err := parse(string(text))
		if err != nil {
			cur.fail("bad community %s", quote(text))
		}
		out = append(out, v)
	}
	return out
}

func stringList(cur *cursor) []string {
	var out []string
	if cur.null() {
		return nil
	}
	cur.enter('[')
	for cur.next(']') {
		out = append(out, string(cur.str()))
	}
	return out
}

func attrSet(cur *cursor) rib.AttrSet {
	set, err := rib.ParseAttrSet(stringList(cur))
	if err != nil {
		cur.fail("%v", err)
	}
	return set
}

// parseHeader reads {"header":{…}}.
func parseHeader(text []byte) (Header, error) {
	var h Header
	version := uint32(0)
	cur := cursor{b: text}
	frame(&cur, func(key string) {
		switch key {
		case "version":
			version = cur.uint32()
		case "format":
			h.Format = stringOrNull(&cur)
		case "source":
			h.Source = stringOrNull(&cur)
		case "time":
			h.Time = timeOrNull(&cur)
		case "router":
			h.Router = stringOrNull(&cur)
		case "neighbor":
			h.Neighbor = addrOrNull(&cur, "neighbor")
		case "families":
			h.Families = families(&cur)
		case "not_shown":
			h.NotShown = attrSet(&cur)
		case "as_path_form":
			h.ASPathForm = asPathForm(&cur)
		case "default_local_pref":
			h.DefaultLocalPref = optional(&cur)
		default:
			cur.fail("unknown key %s", quote(key))
		}
	})
	if cur.err == nil && version != 1 {
		cur.fail("version %d is not known, only 1", version)
	}
	return h, cur.err
}

// frame reads the object under a record's only key.
func frame(cur *cursor, member func(key string)) {
	cur.enter('{')
	for n := 0; cur.next('}'); n++ {
		if cur.key(); n > 0 {
			cur.fail("a second key beside the frame's")
		}
		cur.enter('{')
		for cur.next('}') {
			member(string(cur.key()))
		}
	}
	cur.end()
}

func stringOrNull(cur *cursor) string {
	if cur.null() {
		return ""
	}
	return string(cur.str())
}

func timeOrNull(cur *cursor) time.Time {
	text := stringOrNull(cur)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		cur.fail("bad time %s: write it as RFC 3339", quote(text))
	}
	return t.UTC()
}

func families(cur *cursor) []rib.Family {
	var out []rib.Family
	for _, name := range stringList(cur) {
		f, err := rib.ParseFamily(name)
		if err != nil {
			cur.fail("%v", err)
		}
		out = append(out, f)
	}
	return out
}

func asPathForm(cur *cursor) rib.ASPathForm {
	form := rib.ASPathForm(stringOrNull(cur))
	if form != "" && form != rib.AsSent && form != rib.BeforeOwnASN {
		cur.fail("unknown as_path_form %s", quote(string(form)))
	}
	return form
}

// parseTrailer reads {"trailer":{…}}.
func parseTrailer(text []byte) (Trailer, error) {
	var t Trailer
	cur := cursor{b: text}
	frame(&cur, func(key string) {
		switch key {
		case "routes":
			t.Routes = int(cur.uint32())
		case "skipped":
			t.Skipped = int(cur.uint32())
		case "complete":
			t.Complete = rib.Completeness(stringOrNull(&cur))
		case "errors":
			t.Errors = stringList(&cur)
		default:
			cur.fail("unknown key %s", quote(key))
		}
	})
	switch t.Complete {
	case rib.CompleteYes, rib.CompleteNo, rib.CompleteUnproven:
	default:
		cur.fail("complete is %s: write yes, no or unproven", strconv.Quote(string(t.Complete)))
	}
	return t, cur.err
}

// printable takes control characters out of a message that a file brought along.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, s)
}

// lineReader takes a text line by line, none longer than maxRow.
type lineReader struct {
	r    *bufio.Reader
	line int
	cut  bool // the last line had no line end
	buf  []byte
}

// next returns the next line without its end, good until the next call; io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	l.buf = l.buf[:0]
	l.line++
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if long = long || len(l.buf)+len(part) > maxRow; !long {
			l.buf = append(l.buf, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.cut = err != nil
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errTooLong
		case err != nil && len(l.buf) == 0:
			l.line--
			return nil, io.EOF
		}
		return l.buf, nil
	}
}
