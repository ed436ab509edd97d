package jsonl

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

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
