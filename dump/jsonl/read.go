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
