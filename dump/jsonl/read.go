// Package jsonl reads and writes canonical records: one JSON object a line, a header, the routes, a trailer
// with the counts. What is written and read again is the same (docs/formats/jsonl.md).
package jsonl

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

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Format is the canonical records that convert writes (docs/formats/jsonl.md).
var Format = reading.Format{Name: "jsonl", Sniff: sniffJSONL, Read: readJSONL, Shape: shapeJSONL}

func sniffJSONL(head []byte) bool {
	list := reading.Members(reading.FirstLine(head))
	return len(list) > 0 && head[0] == '{' && list[0] == reading.Member{Key: "header", Opens: '{'}
}

// shapeJSONL says nothing: the header line does.
func shapeJSONL(reading.Source) reading.Header { return reading.Header{Format: "jsonl"} }

// reader reads the records of one file.
type reader struct {
	*reading.Collector
	paths   reading.AttrCache[rib.ASPath]
	hidden  rib.AttrSet
	seed    maphash.Seed
	header  bool
	trailer bool
	records int // routes that were read, repeated ones included
	closing Trailer
}

func readJSONL(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, seed: maphash.MakeSeed()}
	lines := lineReader{r: in.Text}
	for !r.Stopped() {
		text, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.end(lines.line)
		case errors.Is(err, reading.ErrTooLong):
			r.Skip(lines.line, "the record is %v", err)
			continue
		case err != nil:
			r.Broken(lines.line, err)
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
func (r *reader) record(text []byte, line int, cut bool) error {
	switch kind := recordKind(text); {
	case !r.header:
		if kind != "header" {
			return fmt.Errorf("holds no header line: canonical records begin with {\"header\":…")
		}
		return r.readHeader(text)
	case r.trailer:
		r.Problem(line, "a record after the trailer")
	case kind == "header":
		r.Problem(line, "a second header: convert one file into one")
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
	cur := reading.Cursor{Bytes: text}
	cur.Enter('{')
	if cur.Next('}') {
		if key := string(cur.Key()); key == "header" || key == "trailer" {
			return key
		}
	}
	return ""
}

func (r *reader) readHeader(text []byte) error {
	h, err := parseHeader(text)
	if err != nil {
		return fmt.Errorf("bad header line: %w", err)
	}
	r.header = true
	r.hidden, r.Hides = h.NotShown, &h.NotShown
	if h.Format == "" {
		h.Format = "jsonl"
	}
	for _, fam := range h.Families {
		r.Families[fam] = true
	}
	h.Families = nil // finish lists them
	if h.Source == "" {
		h.Source = r.Result.Header.Source
	}
	r.Result.Header = h
	return nil
}

// end holds what was read against the trailer.
func (r *reader) end(line int) error {
	if !r.header {
		return fmt.Errorf("holds no header line: canonical records begin with {\"header\":…")
	}
	if !r.trailer {
		r.Problem(line, "the records are cut off: there is no trailer line")
		return nil
	}
	t := r.closing
	if t.Routes != r.records {
		r.Problem(line, "the trailer says %d routes, but %d are there", t.Routes, r.records)
	}
	r.setAside(t, line)
	for _, e := range t.Errors {
		e = printable(e)
		if len(r.Result.Errors) < reading.MaxErrors {
			r.Result.Errors = append(r.Result.Errors, e)
		} else {
			r.More++
		}
	}
	if t.Contradiction != "" {
		r.Say("%s", printable(t.Contradiction))
	}
	switch t.Complete {
	case rib.CompleteYes:
		r.ZeroStated = true
	case rib.CompleteUnproven:
		r.ZeroStated, r.Unproven = true, true
	default:
		r.Problem(line, "the dump that these records were made of was partial")
	}
	return nil
}

// setAside counts the rows that were set aside when the records were made. Their lines are of that dump.
func (r *reader) setAside(t Trailer, line int) {
	if t.Skipped > 0 && r.Result.Skipped == 0 {
		r.Result.Bad = rib.Aside{Line: line, Why: "not readable in the dump that these records were made of"}
	}
	if t.Others > 0 && r.Result.Others == 0 {
		r.Result.Other = rib.Aside{Line: line, Why: "of another neighbor or VRF in the dump that these records were made of"}
	}
	r.Result.Skipped += t.Skipped
	r.Result.Others += t.Others
}

func (r *reader) readTrailer(text []byte, line int) {
	t, err := parseTrailer(text)
	if err != nil {
		r.Problem(line, "bad trailer line: %v", err)
		return
	}
	r.trailer, r.closing = true, t
}

func (r *reader) readRoute(text []byte, line int) {
	route, err := r.parseRoute(text)
	if err != nil {
		r.Skip(line, "bad record: %v", err)
		return
	}
	r.records++
	id := reading.Identity{Prefix: route.Prefix, Neighbor: route.Neighbor, PathID: route.PathID}
	mark := maphash.Bytes(r.seed, withoutLine(text))
	switch had, seen := r.IDs.Add(id, mark, true); {
	case seen && had == mark:
		r.LeaveOut(line, "the same record as one before")
		return
	case seen:
		r.Skip(line, "a second, different record of %s from %s with path id %d", route.Prefix, addrOrNone(route.Neighbor), route.PathID)
		return
	}
	if r.OwnLines {
		route.Line = line
	}
	r.Put(route)
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
func (r *reader) parseRoute(text []byte) (rib.Route, error) {
	var route rib.Route
	route.Attrs.NotShown = r.hidden
	cur := reading.Cursor{Bytes: text}
	cur.Enter('{')
	for cur.Next('}') {
		r.routeMember(&cur, string(cur.Key()), &route)
	}
	cur.End()
	if cur.Err == nil && !route.Prefix.IsValid() {
		cur.Fail("it has no prefix")
	}
	if cur.Err == nil {
		checkHidden(&cur, &route)
	}
	return route, cur.Err
}

// checkHidden refuses a value of an attribute that the dump is said not to show.
func checkHidden(cur *reading.Cursor, r *rib.Route) {
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
		cur.Fail("it has a value of %s, which the dump does not show", both.Names()[0])
	}
}

func (r *reader) routeMember(cur *reading.Cursor, key string, route *rib.Route) {
	a := &route.Attrs
	switch key {
	case "prefix":
		text := cur.Text()
		p, err := reading.ParsePrefix(string(text))
		if err != nil {
			cur.Fail("%v", err)
		}
		route.Prefix = p
	case "path_id":
		route.PathID = cur.Uint32()
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
		route.Line = int(min(cur.Uint32(), 1<<31-1))
	default:
		markMember(cur, key, route)
	}
}

func markMember(cur *reading.Cursor, key string, route *rib.Route) {
	flag := func(m rib.Marks) {
		if cur.Boolean() {
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
	case "internal":
		flag(rib.IBGP)
	case "rib_failure":
		flag(rib.RIBFailure)
	case "rpki_invalid":
		flag(rib.RPKIInvalid)
	case "unselected":
		flag(rib.Unselected)
	case "withdrawn":
		if cur.Boolean() {
			cur.Fail("it withdraws a route, and a table holds none such")
		}
	case "ineligible":
		route.Marks |= ineligible(cur)
	default:
		cur.Fail("unknown key %s", reading.Quote(key))
	}
}

// ineligibleWords are the values of the key ineligible.
var ineligibleWords = map[string]rib.Marks{
	"invalid": rib.Invalid, "filtered": rib.Filtered, "filtered,invalid": rib.Filtered | rib.Invalid,
}

func ineligible(cur *reading.Cursor) rib.Marks {
	text := string(cur.Text())
	m, ok := ineligibleWords[text]
	if !ok {
		cur.Fail("unknown value %s of ineligible", reading.Quote(text))
	}
	return m
}

func (r *reader) asPath(cur *reading.Cursor, a *rib.Attrs) {
	if cur.Null() {
		return
	}
	text := cur.Text()
	path, err := r.paths.Get(text, rib.ParseASPath)
	if err != nil {
		cur.Fail("bad AS path %s", reading.Quote(text))
	}
	a.ASPath = path
}

func addrOrNull(cur *reading.Cursor, what string) netip.Addr {
	if cur.Null() {
		return netip.Addr{}
	}
	text := cur.Text()
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		cur.Fail("bad %s %s", what, reading.Quote(text))
	}
	return a.Unmap()
}

func originOrNull(cur *reading.Cursor) rib.Origin {
	if cur.Null() {
		return rib.OriginAbsent
	}
	text := cur.Text()
	o, err := rib.ParseOrigin(string(text))
	if err != nil {
		cur.Fail("bad origin %s", reading.Quote(text))
	}
	return o
}

func optional(cur *reading.Cursor) rib.Optional {
	if cur.Null() {
		return rib.Optional{}
	}
	return rib.Some(cur.Uint32())
}

func listOrNull[C any](cur *reading.Cursor, parse func(string) (C, error)) []C {
	if cur.Null() {
		return nil
	}
	var out []C
	cur.Enter('[')
	for cur.Next(']') {
		text := cur.Text()
		v, err := parse(string(text))
		if err != nil {
			cur.Fail("bad community %s", reading.Quote(text))
		}
		out = append(out, v)
	}
	return out
}

func attrSet(cur *reading.Cursor) rib.AttrSet {
	set, err := rib.ParseAttrSet(reading.StringList(cur))
	if err != nil {
		cur.Fail("%v", err)
	}
	return set
}

func marks(cur *reading.Cursor) rib.Marks {
	m, err := reading.ParseMarks(reading.StringList(cur))
	if err != nil {
		cur.Fail("%v", err)
	}
	return m
}

// parseHeader reads {"header":{…}}.
func parseHeader(text []byte) (reading.Header, error) {
	var h reading.Header
	version, marked := uint32(0), false
	cur := reading.Cursor{Bytes: text}
	frame(&cur, func(key string) {
		switch key {
		case "local_asn":
			h.LocalASN = optional(&cur).Value
		case "zoneless":
			h.Zoneless = cur.Boolean()
		case "marks_not_shown":
			h.MarksNotShown, marked = marks(&cur), true
		case "version":
			version = cur.Uint32()
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
			cur.Fail("unknown key %s", reading.Quote(key))
		}
	})
	if !marked {
		h.MarksNotShown = reading.MarksNotShown(h.Format)
	}
	if cur.Err == nil && version != 1 {
		cur.Fail("version %d is not known, only 1", version)
	}
	return h, cur.Err
}

// frame reads the object under a record's only key.
func frame(cur *reading.Cursor, member func(key string)) {
	cur.Enter('{')
	for n := 0; cur.Next('}'); n++ {
		if cur.Key(); n > 0 {
			cur.Fail("a second key beside the frame's")
		}
		cur.Enter('{')
		for cur.Next('}') {
			member(string(cur.Key()))
		}
	}
	cur.End()
}

func stringOrNull(cur *reading.Cursor) string {
	if cur.Null() {
		return ""
	}
	return string(cur.Text())
}

func timeOrNull(cur *reading.Cursor) time.Time {
	text := stringOrNull(cur)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		cur.Fail("bad time %s: write it as RFC 3339", reading.Quote(text))
	}
	return t.UTC()
}

func families(cur *reading.Cursor) []rib.Family {
	var out []rib.Family
	for _, name := range reading.StringList(cur) {
		f, err := rib.ParseFamily(name)
		if err != nil {
			cur.Fail("%v", err)
		}
		out = append(out, f)
	}
	return out
}

func asPathForm(cur *reading.Cursor) rib.ASPathForm {
	form := rib.ASPathForm(stringOrNull(cur))
	if form != "" && form != rib.AsSent && form != rib.BeforeOwnASN {
		cur.Fail("unknown as_path_form %s", reading.Quote(string(form)))
	}
	return form
}

// parseTrailer reads {"trailer":{…}}.
func parseTrailer(text []byte) (Trailer, error) {
	var t Trailer
	cur := reading.Cursor{Bytes: text}
	frame(&cur, func(key string) {
		switch key {
		case "routes":
			t.Routes = int(cur.Uint32())
		case "skipped":
			t.Skipped = int(cur.Uint32())
		case "others":
			t.Others = int(cur.Uint32())
		case "complete":
			t.Complete = rib.Completeness(stringOrNull(&cur))
		case "errors":
			t.Errors = reading.StringList(&cur)
		case "contradiction":
			t.Contradiction = stringOrNull(&cur)
		default:
			cur.Fail("unknown key %s", reading.Quote(key))
		}
	})
	switch t.Complete {
	case rib.CompleteYes, rib.CompleteNo, rib.CompleteUnproven:
	default:
		cur.Fail("complete is %s: write yes, no or unproven", strconv.Quote(string(t.Complete)))
	}
	return t, cur.Err
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

// lineReader takes a text line by line, none longer than reading.MaxRow.
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
		if long = long || len(l.buf)+len(part) > reading.MaxRow; !long {
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
			return nil, reading.ErrTooLong
		case err != nil && len(l.buf) == 0:
			l.line--
			return nil, io.EOF
		}
		return l.buf, nil
	}
}
