package jsonl

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Trailer is the last line of canonical records: the counts and the end of the reading that they
// were made of.
type Trailer struct {
	Routes   int
	Skipped  int
	Others   int // rows of another neighbour or VRF, left out
	Complete rib.Completeness
	Errors   []string
	// Contradiction denies what was said of the dump when the records were made; empty: nothing does.
	Contradiction string
}

// TrailerOf is the trailer of a reading.
func TrailerOf(r reading.Result) Trailer {
	return Trailer{Routes: r.Routes, Skipped: r.Skipped, Others: r.Others, Complete: r.Complete, Errors: r.Errors, Contradiction: r.Contradiction}
}

// Writer writes canonical records (docs/formats/jsonl.md). Errors stick: the first one is
// returned by every later call. It is not safe for concurrent use.
type Writer struct {
	w      *bufio.Writer
	hidden rib.AttrSet
	line   []byte
	routes int
	err    error
}

// NewWriter writes the header line. What h.NotShown names is null in every record; what a route
// hides beyond it stands in that route's own not_shown.
func NewWriter(w io.Writer, h reading.Header) *Writer {
	out := &Writer{w: bufio.NewWriterSize(w, reading.Chunk), hidden: h.NotShown}
	out.write(appendHeader(nil, h))
	return out
}

func (w *Writer) write(line []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(append(line, '\n'))
	}
}

// WriteRoute writes one route.
func (w *Writer) WriteRoute(r rib.Route) error {
	w.line = AppendRoute(w.line[:0], r, w.hidden)
	w.write(w.line)
	w.routes++
	return w.err
}

// Close writes the trailer line and what is still buffered. It does not close the underlying
// writer. A trailer that counts other routes than were written is an error, and is not written.
func (w *Writer) Close(t Trailer) error {
	if w.err == nil && t.Routes != w.routes {
		w.err = fmt.Errorf("the trailer counts %d routes, %d were written", t.Routes, w.routes)
	}
	if t.Complete == "" {
		t.Complete = rib.CompleteNo
	}
	if t.Errors == nil {
		t.Errors = []string{}
	}
	b := fmt.Appendf(nil, `{"trailer":{"routes":%d,"skipped":%d,`, t.Routes, t.Skipped)
	if t.Others > 0 {
		b = fmt.Appendf(b, `"others":%d,`, t.Others)
	}
	b = fmt.Appendf(b, `"complete":%s,"errors":`, asJSON(t.Complete))
	b = append(b, asJSON(t.Errors)...)
	if t.Contradiction != "" {
		b = append(append(b, `,"contradiction":`...), asJSON(t.Contradiction)...)
	}
	w.write(append(b, "}}"...))
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// asJSON writes strings and lists of them, which always marshal.
func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}

func appendHeader(b []byte, h reading.Header) []byte {
	families := []string{}
	for _, f := range h.Families {
		families = append(families, f.String())
	}
	b = append(b, `{"header":{"version":1,"format":`...)
	b = append(b, asJSON(h.Format)...)
	b = appendText(b, "source", h.Source)
	b = append(b, `,"time":`...)
	if h.Time.IsZero() {
		b = append(b, "null"...)
	} else {
		b = append(b, asJSON(h.Time.UTC().Format(time.RFC3339Nano))...)
	}
	b = appendText(b, "router", h.Router)
	b = appendAddr(b, "neighbor", h.Neighbor)
	b = append(append(b, `,"families":`...), asJSON(families)...)
	b = append(append(b, `,"not_shown":`...), asJSON(h.NotShown.Names())...)
	b = appendText(b, "as_path_form", string(h.ASPathForm))
	if h.DefaultLocalPref.Set {
		b = appendNumber(b, "default_local_pref", h.DefaultLocalPref)
	}
	if h.LocalASN != 0 {
		b = appendNumber(b, "local_asn", rib.Some(h.LocalASN))
	}
	if h.Zoneless {
		b = append(b, `,"zoneless":true`...)
	}
	if h.MarksNotShown != reading.MarksNotShown(h.Format) {
		b = append(append(b, `,"marks_not_shown":`...), asJSON(reading.MarkNames(h.MarksNotShown))...)
	}
	return append(b, "}}"...)
}

// appendText writes a string; none is null.
func appendText(b []byte, key, text string) []byte {
	b = appendKey(b, key)
	if text == "" {
		return append(b, "null"...)
	}
	return append(b, asJSON(text)...)
}

func appendKey(b []byte, key string) []byte {
	b = append(b, `,"`...)
	b = append(b, key...)
	return append(b, `":`...)
}

func appendAddr(b []byte, key string, a netip.Addr) []byte {
	b = appendKey(b, key)
	if !a.IsValid() {
		return append(b, "null"...)
	}
	return append(a.AppendTo(append(b, '"')), '"')
}

func appendNumber(b []byte, key string, n rib.Optional) []byte {
	b = appendKey(b, key)
	if !n.Set {
		return append(b, "null"...)
	}
	return strconv.AppendUint(b, uint64(n.Value), 10)
}

// AppendRoute writes a row as one record, without what its header says that no row shows.
func AppendRoute(b []byte, r rib.Route, headerHidden rib.AttrSet) []byte {
	a := &r.Attrs
	b = append(b, `{"prefix":"`...)
	b = r.Prefix.AppendTo(b)
	b = append(b, `","path_id":`...)
	b = strconv.AppendUint(b, uint64(r.PathID), 10)
	b = appendAddr(b, "neighbor", r.Neighbor)
	b = appendNumber(b, "neighbor_asn", rib.Optional{Value: a.NeighborASN, Set: a.NeighborASN != 0})
	b = appendAddr(b, "next_hop", a.NextHop)
	b = appendASPath(b, a)
	b = appendKey(b, "origin")
	if a.Origin == rib.OriginAbsent {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), a.Origin.String()...), '"')
	}
	b = appendNumber(b, "local_pref", a.LocalPref)
	b = appendNumber(b, "med", a.MED)
	b = appendList(appendKey(b, "communities"), a.Communities, a.NotShown.Has(rib.AttrCommunities))
	b = appendList(appendKey(b, "large_communities"), a.LargeCommunities, a.NotShown.Has(rib.AttrLargeCommunities))
	b = appendMarks(b, r.Marks, a.NotShown)
	if more := a.NotShown &^ headerHidden; more != 0 {
		b = append(appendKey(b, "not_shown"), asJSON(more.Names())...)
	}
	b = append(b, `,"line":`...)
	return append(strconv.AppendInt(b, int64(r.Line), 10), '}')
}

func appendASPath(b []byte, a *rib.Attrs) []byte {
	b = appendKey(b, "as_path")
	if a.NotShown.Has(rib.AttrASPath) {
		return append(b, "null"...)
	}
	return append(append(append(b, '"'), a.ASPath.String()...), '"')
}

func appendList[C fmt.Stringer](b []byte, list []C, hidden bool) []byte {
	if hidden {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), v.String()...), '"')
	}
	return append(b, ']')
}

// seldom are the marks that stand in a record only where they are set, by their keys.
var seldom = []struct {
	mark rib.Marks
	key  string
}{
	{rib.IBGP, "internal"},
	{rib.RIBFailure, "rib_failure"},
	{rib.RPKIInvalid, "rpki_invalid"},
	{rib.Unselected, "unselected"},
}

func appendMarks(b []byte, m rib.Marks, hidden rib.AttrSet) []byte {
	flag := func(key string, mark rib.Marks) {
		b = strconv.AppendBool(appendKey(b, key), m.Has(mark))
	}
	if hidden.Has(rib.AttrBest) {
		b = append(b, `,"best":null,"multipath":null`...)
	} else {
		flag("best", rib.Best)
		flag("multipath", rib.Multipath)
	}
	flag("stale", rib.Stale)
	b = append(b, `,"withdrawn":false`...)
	switch {
	case m.Has(rib.Invalid | rib.Filtered):
		b = append(b, `,"ineligible":"filtered,invalid"`...)
	case m.Has(rib.Invalid):
		b = append(b, `,"ineligible":"invalid"`...)
	case m.Has(rib.Filtered):
		b = append(b, `,"ineligible":"filtered"`...)
	}
	for _, it := range seldom {
		if m.Has(it.mark) {
			flag(it.key, it.mark)
		}
	}
	return b
}

// Record is one route as a canonical record by itself: the JSON object of its line.
func Record(r rib.Route) json.RawMessage { return AppendRoute(nil, r, 0) }
