package dump

import (
	"errors"
	"fmt"
	"io"
	"time"

	"bgpaudit/rib"
)

// birdwatcher is the JSON that birdwatcher makes of BIRD's text, and that Alice looking glasses make of
// it again (docs/formats/birdwatcher.md).
var birdwatcher = Format{Name: "birdwatcher", Sniff: sniffBirdwatcher, Read: readBirdwatcher, Shape: shapeBirdwatcher}

// birdwatcherKey stands in every answer of birdwatcher, whatever it is of.
const birdwatcherKey = "result_from_cache"

// birdwatcherTables are the keys under which routes stand.
var birdwatcherTables = map[string]rib.Marks{"routes": 0, "imported": 0, "exported": 0, "not_exported": 0, "filtered": rib.Filtered}

func sniffBirdwatcher(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	if !hasMember(list, birdwatcherKey) && !hasMember(list, "from_protocol", "learnt_from") {
		return false
	}
	for _, m := range list {
		if _, known := birdwatcherTables[m.key]; known && m.opens == '[' {
			return true
		}
	}
	return hasMember(list, "error")
}

func shapeBirdwatcher(src Source) Header {
	h := shapeBIRD(src)
	h.Format = "birdwatcher"
	return h
}

// birdwatcherReader walks the documents of one file: several are pages of one table, or tables.
type birdwatcherReader struct {
	*collector
	s      *scanner
	rows   birdwatcherRows
	held   bool // a table was there
	seen   int  // rows, bad ones included
	answer string
	pages  birdwatcherPages
}

func readBirdwatcher(in *input, c *collector) error {
	r := &birdwatcherReader{collector: c, s: newScanner(in.text)}
	r.rows.collector, r.rows.export = c, advertisedView(c.src.View)
	first := true
	for {
		open, err := r.s.document(func(line int, text []byte) { r.between(line, text, first) })
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			first = false
			if open != '{' {
				err = r.s.unexpected(open, "an object")
			} else {
				err = r.object(0)
			}
		}
		if err != nil || r.stopped() {
			r.broken(r.s.line, err)
			break
		}
	}
	if first {
		return errNoDocument
	}
	return r.finish()
}

// finish holds the rows against the pages, where the file is of pages.
func (r *birdwatcherReader) finish() error {
	switch {
	case !r.held && r.answer != "":
		return fmt.Errorf("the looking glass answered %s, not a table: run the query by hand first", quote(r.answer))
	case !r.held && !r.partial:
		return errors.New("not a route table: looks like a page of birdwatcher without routes: ask for routes, as docs/formats/birdwatcher.md says")
	}
	r.allPages()
	if r.answer != "" {
		r.problem(0, "the looking glass answered %s", quote(r.answer))
	}
	return nil
}

// object reads a document's frame.
func (r *birdwatcherReader) object(depth int) error {
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
		if err := r.member(key, line, depth); err != nil {
			return err
		}
	}
}

func (r *birdwatcherReader) member(key string, line, depth int) error {
	c, err := r.s.inner()
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
		return r.s.skip()
	}
	raw, err := r.s.raw()
	if errors.Is(err, errTooLong) {
		r.problem(line, "%s is %v", quote(key), err)
		return nil
	}
	if err == nil {
		r.aside(key, raw)
	}
	return err
}

// sawTable holds the key of a table against the declared view.
func (r *birdwatcherReader) sawTable(key string) {
	r.held = true
	view := r.src.View
	switch {
	case r.rows.export && (key == "imported" || key == "filtered" || key == "not_exported"):
		r.say("the dump holds routes that are %s, the config says %s", quote(key), view)
	case key == "exported" && view != "" && !r.rows.export:
		r.say("the dump holds routes that are %s, the config says %s", quote(key), view)
	}
}

// list reads rows, one an element.
func (r *birdwatcherReader) list(marks rib.Marks) error {
	if err := r.s.enter('['); err != nil {
		return err
	}
	for {
		more, err := r.s.next(']')
		if err != nil || !more || r.stopped() {
			return err
		}
		if _, err = r.s.inner(); err != nil {
			return err
		}
		line := r.s.line
		raw, err := r.s.raw()
		switch {
		case errors.Is(err, errTooLong):
			r.skip(line, "a route is %v", err)
		case err != nil:
			return err
		default:
			r.rows.read(line, raw, marks)
		}
		r.seen++
	}
}

// aside reads what stands beside the routes: when they were asked for, pages, errors.
func (r *birdwatcherReader) aside(key string, raw []byte) {
	cur := cursor{b: raw}
	switch key {
	case "api":
		r.eachMember(&cur, func(key []byte) {
			if string(key) == "cache_status" && cur.peek() == '{' {
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
		if text := string(cur.str()); cur.err == nil {
			r.answer = text
		}
	}
}

func (r *birdwatcherReader) eachMember(cur *cursor, read func(key []byte)) {
	cur.enter('{')
	for cur.next('}') {
		read(cur.key())
	}
}

// cachedAt reads when birdwatcher asked BIRD: a time, or an object with its date. The oldest one counts.
func (r *birdwatcherReader) cachedAt(cur *cursor, key []byte) {
	switch {
	case string(key) == "cached_at" && cur.peek() == '{':
		r.eachMember(cur, func(key []byte) { r.cachedAt(cur, key) })
	case (string(key) == "cached_at" || string(key) == "date") && cur.peek() == '"':
		t, err := time.Parse(time.RFC3339, string(cur.str()))
		h := &r.res.Header
		if err == nil && t.Unix() > 0 && (h.Time.IsZero() || t.Before(h.Time)) {
			h.Time = t.UTC()
		}
	default:
		cur.value()
	}
}
