package bird

import (
	"errors"
	"fmt"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Birdwatcher is the JSON that birdwatcher makes of BIRD's text, and that Alice looking glasses make of
// it again (docs/formats/birdwatcher.md).
var Birdwatcher = reading.Format{Name: "birdwatcher", Sniff: sniffBirdwatcher, Read: readBirdwatcher, Shape: shapeBirdwatcher}

// BirdwatcherKey stands in every answer of birdwatcher, whatever it is of.
const BirdwatcherKey = "result_from_cache"

// birdwatcherTables are the keys under which routes stand.
var birdwatcherTables = map[string]rib.Marks{"routes": 0, "imported": 0, "exported": 0, "not_exported": 0, "filtered": rib.Filtered}

func sniffBirdwatcher(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	if !reading.HasMember(list, BirdwatcherKey) && !reading.HasMember(list, "from_protocol", "learnt_from") {
		return false
	}
	for _, m := range list {
		if _, known := birdwatcherTables[m.Key]; known && m.Opens == '[' {
			return true
		}
	}
	return reading.HasMember(list, "error")
}

func shapeBirdwatcher(src reading.Source) reading.Header {
	h := shapeBIRD(src)
	h.Format = "birdwatcher"
	return h
}

// birdwatcherReader walks the documents of one file: several are pages of one table, or tables.
type birdwatcherReader struct {
	*reading.Collector
	s      *reading.Scanner
	rows   birdwatcherRows
	held   bool // a table was there
	seen   int  // rows, bad ones included
	answer string
	pages  birdwatcherPages
}

func readBirdwatcher(in *reading.Input, c *reading.Collector) error {
	r := &birdwatcherReader{Collector: c, s: reading.NewScanner(in.Text)}
	r.rows.Collector, r.rows.export = c, reading.AdvertisedView(c.Source.View)
	if err := c.EachDocument(r.s, func(byte) error {
		err := r.object(0)
		if r.pages.count > 0 {
			r.SameAnswer()
		}
		return err
	}); err != nil {
		return err
	}
	return r.finish()
}

// finish holds the rows against the pages, where the file is of pages.
func (r *birdwatcherReader) finish() error {
	switch {
	case !r.held && r.answer != "":
		return fmt.Errorf("the looking glass answered %s, not a table: run the query by hand first", reading.Quote(r.answer))
	case !r.held && !r.Partial:
		return errors.New("not a route table: looks like a page of birdwatcher without routes: ask for routes, as docs/formats/birdwatcher.md says")
	}
	r.allPages()
	if r.answer != "" {
		r.Problem(0, "the looking glass answered %s", reading.Quote(r.answer))
	}
	return nil
}

// object reads a document's frame.
func (r *birdwatcherReader) object(depth int) error {
	return r.s.EachMember(func(key string, line int) error { return r.member(key, line, depth) })
}

func (r *birdwatcherReader) member(key string, line, depth int) error {
	c, err := r.s.Inner()
	if err != nil {
		return err
	}
	marks, table := birdwatcherTables[key]
	switch {
	case table && c == '[':
		r.sawTable(key)
		return r.list(marks)
	case table && c == '{' && depth == 0:
		return r.object(depth + 1)
	case c == '[':
		return r.PassOver(r.s, key, line)
	}
	raw, err := r.s.Raw()
	if errors.Is(err, reading.ErrTooLong) {
		r.Problem(line, "%s is %v", reading.Quote(key), err)
		return nil
	}
	if err == nil && reading.HoldsPrefix(key, raw) {
		r.Problem(line, "routes stand under %s, which is not read: the key is damaged, or of another table", reading.Quote(key))
	}
	if err == nil {
		r.aside(key, raw)
	}
	return err
}

// sawTable takes what the key of a table shows.
func (r *birdwatcherReader) sawTable(key string) {
	r.held = true
	s := reading.Shown{What: fmt.Sprintf("the dump holds routes that are %s", reading.Quote(key))}
	switch key {
	case "exported":
		s.Direction = reading.Advertised
	case "imported", "filtered", "not_exported":
		s.Direction = reading.Held
	}
	r.Shows(s)
}

// list reads rows, one an element.
func (r *birdwatcherReader) list(marks rib.Marks) error {
	return r.s.EachElement(func(line int) error {
		raw, err := r.Row(r.s, line, "a route")
		if err != nil {
			return err
		}
		if raw != nil {
			r.rows.read(line, raw, marks)
		}
		r.seen++
		return nil
	})
}

// aside reads what stands beside the routes: when they were asked for, pages, errors.
func (r *birdwatcherReader) aside(key string, raw []byte) {
	cur := reading.Cursor{Bytes: raw}
	switch key {
	case "api":
		r.eachMember(&cur, func(key []byte) {
			if string(key) == "cache_status" && cur.Peek() == '{' {
				r.eachMember(&cur, func(key []byte) { r.cachedAt(&cur, key) })
				return
			}
			r.cachedAt(&cur, key)
		})
	case "cached_at":
		r.cachedAt(&cur, []byte(key))
	case "pagination":
		r.pagination(&cur)
	case "error":
		if text := string(cur.Text()); cur.Err == nil {
			r.answer = text
		}
	}
}

func (r *birdwatcherReader) eachMember(cur *reading.Cursor, read func(key []byte)) {
	cur.Enter('{')
	for cur.Next('}') {
		read(cur.Key())
	}
}

// cachedAt reads when birdwatcher asked BIRD: a time, or an object with its date. The oldest one counts.
func (r *birdwatcherReader) cachedAt(cur *reading.Cursor, key []byte) {
	switch {
	case string(key) == "cached_at" && cur.Peek() == '{':
		r.eachMember(cur, func(key []byte) { r.cachedAt(cur, key) })
	case (string(key) == "cached_at" || string(key) == "date") && cur.Peek() == '"':
		t, err := time.Parse(time.RFC3339, string(cur.Text()))
		h := &r.Result.Header
		if err == nil && t.Unix() > 0 && (h.Time.IsZero() || t.Before(h.Time)) {
			h.Time = t.UTC()
		}
	default:
		cur.Value()
	}
}
