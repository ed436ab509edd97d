package junos

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
)

// The columns of receive-protocol and advertising-protocol, counted from where the next hop begins:
//
//	  Prefix                  Nexthop              MED     Lclpref    AS path
//	* 203.0.113.0/24          192.0.2.1            5       100        65540 I
//
// A field has room for so many characters and a blank; one that is longer moves those behind it.
const (
	hopRoom  = 20
	medRoom  = 7
	prefRoom = 10
)

// errJunosColumns is a row of which it cannot be told whether a number is a MED, a local preference or an AS.
var errJunosColumns = errors.New("its columns are not where Junos puts them: was the text edited? export it again, or with detail")

// column reads a row of columns, or the second line of one.
func (w *textWalk) column(line int, text []byte) bool {
	if !w.columned {
		return false
	}
	tag, rest := "", text
	if after, ok := bytes.CutPrefix(text, []byte("*")); ok && len(after) > 0 && after[0] == ' ' {
		tag, rest = "*", bytes.TrimLeft(after, " ")
	}
	word, behind := reading.CutWord(rest)
	if _, err := netip.ParsePrefix(string(word)); err == nil && len(behind) > 0 {
		w.open(line, junosColumns, string(word))
		w.columns(tag, behind)
		return true
	}
	d := &w.dest
	if !d.open || !d.waits || !junosHop(string(word)) {
		return false
	}
	d.waits = false
	w.columns(tag, rest)
	return true
}

func junosHop(word string) bool {
	_, err := netip.ParseAddr(word)
	return word == "Self" || err == nil
}

// columns reads from the next hop on.
func (w *textWalk) columns(tag string, rest []byte) {
	e := w.dest.entry(tag, "")
	text := string(rest)
	hop, text, ok1 := junosField(text, hopRoom)
	med, text, ok2 := junosField(text, medRoom)
	pref, path, ok3 := junosField(text, prefRoom)
	if !ok1 || !ok2 || !ok3 || hop == "" || !numeric(med) || !numeric(pref) || strings.TrimSpace(path) == "" || strings.Contains(path, "/") {
		w.spoil(errJunosColumns.Error())
		return
	}
	nh := junosNode{name: "nh"}
	nh.add("to", hop)
	e.children = append(e.children, nh)
	if med != "" {
		e.add("med", med)
	}
	if pref != "" {
		e.add("local-preference", pref)
	}
	e.add("as-path", path)
}

// junosField cuts a field off that has so much room: one word, or none.
func junosField(text string, room int) (field, rest string, ok bool) {
	if len(text) > 0 && text[0] != ' ' { // it begins where it should, and may be too long
		end := strings.IndexByte(text, ' ')
		if end < 0 {
			return text, "", true
		}
		room = max(room, end)
	}
	if len(text) <= room {
		return "", "", false
	}
	field = strings.TrimSpace(text[:room])
	return field, text[room+1:], text[room] == ' ' && !strings.Contains(field, " ")
}

func numeric(s string) bool { return strings.Trim(s, "0123456789") == "" }
