package junos

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
)

var (
	headLine       = regexp.MustCompile(`^([*+-]\s*)?(\S+) \((\d+) entr(?:y|ies), \d+ announced\)(.*)`)
	junosBriefLine = regexp.MustCompile(`^([0-9A-Za-z:][^\s\[]*)?\s*([*+@#-]?)\[([A-Z][A-Za-z0-9-]*)(?:/[0-9/-]+)?\s*\]\s*(.*)$`)
	entryLine      = regexp.MustCompile(`^([*+@#-]?)([A-Z][A-Za-z0-9-]*)\s+(?:Preference:\s|Preference$|/-?\d+$)`)
	hopLine        = regexp.MustCompile(`^>?\s*to (\S+)`)
	metric         = regexp.MustCompile(`\sMetric: (\d+)`)
	peerAS         = regexp.MustCompile(`Peer AS:\s*(\d+)`)
	communityWord  = regexp.MustCompile(`^(?:[A-Za-z][\w-]*:)?\d+[.\d]*L?:\d+(?::\d+)?$`)
)

// row reads a line of a destination, or of none.
func (w *textWalk) row(line int, text []byte) {
	d := &w.dest
	switch {
	case w.head(line, text), w.brief(line, text), w.prefixAlone(line, text), w.column(line, text):
	case w.tooLong(text):
	case d.open && d.form == junosBrief && w.briefLine(text):
	case d.open && d.form >= junosDetail:
		w.spaced = w.spaced || d.blank
		w.detailLine(string(text))
	default:
		w.unknown(line, text)
	}
	d.blank = false
}

// tooLong reports whether the open destination is beyond the bound of a row: nothing more of it is kept.
func (w *textWalk) tooLong(text []byte) bool {
	d := &w.dest
	if d.size += len(text); !d.open || d.size <= reading.MaxRow {
		return false
	}
	w.spoil(reading.ErrTooLong.Error())
	return true
}

// head reads "203.0.113.0/24 (2 entries, 1 announced)".
func (w *textWalk) head(line int, text []byte) bool {
	m := headLine.FindSubmatch(text)
	if m == nil {
		return false
	}
	w.open(line, junosDetail, string(m[2]))
	w.dest.tag = strings.TrimSpace(string(m[1]))
	if n, ok := reading.ParseUint32(m[3]); ok {
		w.dest.entries = int(min(n, 1<<20))
	}
	if len(m[4]) > 0 {
		w.spoil("two lines stand in one")
	}
	return true
}

// prefixAlone reads a destination that is too long for its column. Its route stands in the next line.
func (w *textWalk) prefixAlone(line int, text []byte) bool {
	if bytes.IndexByte(text, ' ') >= 0 || bytes.IndexByte(text, '/') < 0 || w.dest.open && w.dest.form >= junosDetail {
		return false
	}
	if _, err := netip.ParsePrefix(string(text)); err != nil {
		return false
	}
	w.open(line, junosColumns, string(text))
	w.dest.waits = true
	return true
}

// brief reads "203.0.113.0/24  *[BGP/170] 1d 02:03:04, MED 5, localpref 100, from 192.0.2.1", or a further
// entry of the destination.
func (w *textWalk) brief(line int, text []byte) bool {
	m := junosBriefLine.FindSubmatch(text)
	if m == nil {
		return false
	}
	d := &w.dest
	prefix, tag := string(m[1]), string(m[2])
	switch {
	case prefix != "":
		w.open(line, junosBrief, prefix)
	case d.open && d.waits:
		d.form, d.waits = junosBrief, false
	case !d.open || d.form != junosBrief:
		w.open(line, junosBrief, "")
		w.spoil("no prefix stands before it")
	}
	if w.tooLong(text) {
		return true
	}
	if tag == "*" && d.last() != nil { // the active one stands first
		w.spoil("a second active entry stands in it: the prefix before that is lost")
	}
	e := d.entry(tag, string(m[3]))
	if !bytes.Contains(text, []byte("["+string(m[3])+"/")) {
		e.add("rt-entry-state", "Hidden") // a route without a preference is one that policy rejected
	}
	for item := range strings.SplitSeq(string(m[4]), ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(item), " ")
		switch key {
		case "MED":
			w.once(e, "med", value)
		case "localpref":
			w.once(e, "local-preference", value)
		case "from":
			w.once(e, "learned-from", value)
		}
	}
	return true
}

// briefLine reads a line under a brief entry.
func (w *textWalk) briefLine(text []byte) bool {
	e := w.dest.last()
	if e == nil {
		return false
	}
	line := string(text)
	if glued.MatchString(line) {
		w.spoil("two lines stand in one")
		return true
	}
	if path, ok := strings.CutPrefix(line, "AS path: "); ok {
		path, validation, told := strings.Cut(path, ", validation-state")
		switch {
		case path == recorded:
		case e.child("as-path") != nil:
			w.spoil("it has two AS paths: a line between them is lost")
		default:
			e.add("as-path", path)
			if told {
				e.add("validation-state", strings.TrimLeft(validation, ": "))
			}
		}
		return true
	}
	if m := hopLine.FindStringSubmatch(line); m != nil {
		w.dest.hop(m[1])
		return true
	}
	word, _ := reading.CutWord(bytes.TrimLeft(text, "> "))
	switch string(word) {
	case "Unusable":
		if e.child("rt-entry-state") == nil {
			e.add("rt-entry-state", "Hidden")
		}
		fallthrough
	case "via", "Local", "Reject", "Discard", "Receive", "MultiRecv", "Indirect", "Fictitious", "Multicast", "Flood", "Flow", "to", "Unicast":
		w.dest.hop("")
		return true
	}
	return false
}

// glued knows what is no part of one line of a brief entry: a hop behind another or behind a path, a further entry.
var glued = regexp.MustCompile(`[^\s>*]\s+>?\s*to [0-9A-Fa-f]+[.:]\S* via |\S\s*\[[A-Z][A-Za-z]*/\d`)

// apart knows two lines of a detailed entry in one: Junos sets nothing so far apart within a line.
var apart = regexp.MustCompile(`\S {8,}[*+@#-]?[A-Z]`)

// damagedKey reports whether a key is one that entries are read by, with something lost or put in front of it.
func damagedKey(key string) bool {
	key = strings.TrimSpace(key)
	for _, known := range []string{"Source", "Protocol next hop", "Preference", "Local AS", "AS path", "Localpref", "Communities", "Validation State", "Router ID"} {
		switch {
		case key == known || len(key) < 2:
		case strings.HasSuffix(key, known), strings.HasSuffix(known, key) && key != strings.ToUpper(key[:1])+key[1:]:
			return true
		}
	}
	return false
}

// detailLine reads a line under a destination with a head. Most of them say nothing of the route.
func (w *textWalk) detailLine(line string) {
	d := &w.dest
	if m := entryLine.FindStringSubmatch(line); m != nil {
		d.form, d.deep = junosDetail, false
		d.entry(m[1], m[2])
		return
	}
	if d.deep || w.offer(line) {
		return
	}
	if line == "TSI:" {
		d.deep = true // what the kernel and other neighbours have of the destination
		return
	}
	e := d.last()
	if e == nil {
		if strings.Contains(line, "nce: ") {
			w.spoil("the first line of an entry is damaged: " + reading.Quote(line))
		}
		return
	}
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case key != "Age" && apart.MatchString(line): // metrics stand far behind an age
		w.spoil("two lines stand in one")
		return
	case ok && damagedKey(key):
		w.spoil("a line of it is damaged: " + reading.Quote(line))
		return
	}
	if !ok {
		if d.form == junosDetail && strings.HasPrefix(line, "Accepted") && e.child("bgp-rt-flag") == nil {
			e.add("bgp-rt-flag", line)
		}
		w.moreCommunities(e, line)
		return
	}
	if d.form == junosOffer {
		w.offered(e, key, value, line)
		return
	}
	w.held(e, key, value, line)
}

// held reads a line of an entry of the router's table.
func (w *textWalk) held(e *junosNode, key, value, line string) {
	switch key {
	case "Source":
		w.once(e, "gateway", value)
	case "Next hop":
		hop, _ := reading.CutWord([]byte(value))
		w.dest.hop(string(hop))
	case "Protocol next hop":
		hop, _ := reading.CutWord([]byte(value))
		w.protocolHop(e, string(hop))
	case "State":
		w.once(e, "rt-entry-state", value)
	case "Inactive reason":
		w.once(e, "inactive-reason", value)
	case "Hidden reason":
		w.once(e, "hidden-reason", value)
	case "Local AS":
		if m := peerAS.FindStringSubmatch(line); m != nil {
			w.once(e, "peer-as", m[1])
		}
		if own, _ := reading.CutWord([]byte(value)); len(own) > 0 {
			w.once(e, "local-as", string(own))
		}
	case "Validation State":
		w.once(e, "validation-state", value)
	case "Age":
		if m := metric.FindStringSubmatch(line); m != nil {
			w.once(e, "metric", m[1])
		}
	case "AS path":
		w.path(e, value)
	case "Communities":
		w.communities(e, value)
	case "Localpref":
		w.once(e, "local-preference", value)
	case "Router ID":
		w.once(e, "router-id", value)
	case "Indirect next hops":
		w.dest.deep = true // how the way to the next hop is found
	default:
		w.moreCommunities(e, line)
	}
}

// protocolHop notes the next hop of the route. Of several none is shown.
func (w *textWalk) protocolHop(e *junosNode, hop string) {
	old := e.child("protocol-nh")
	if old == nil {
		n := junosNode{name: "protocol-nh"}
		n.add("to", hop)
		e.children = append(e.children, n)
		return
	}
	if old.value("to") != hop {
		old.children = nil
		w.dest.hop("")
		w.dest.hop("")
	}
}

// offer reads a line that begins an entry of what one neighbour is sent or sends.
func (w *textWalk) offer(line string) bool {
	d := &w.dest
	e := d.last()
	if d.form == junosDetail && e != nil {
		return false // of a route of the router's table
	}
	accepted := line == "Accepted" || strings.HasPrefix(line, "Accepted ")
	switch {
	case strings.HasPrefix(line, "BGP group "), accepted:
		d.form, d.deep = junosOffer, false
		e = d.entry(d.tag, "")
		e.add("bgp-rt-flag", line)
		return true
	case strings.HasPrefix(line, "Nexthop: "):
		if e == nil || e.child("nh") != nil {
			d.form = junosOffer
			d.entry(d.tag, "")
		}
		d.hop(strings.TrimSpace(strings.TrimPrefix(line, "Nexthop: ")))
		return true
	}
	return false
}

// offered reads a line of what one neighbour is sent or sends.
func (w *textWalk) offered(e *junosNode, key, value, line string) {
	switch key {
	case "MED":
		w.once(e, "med", value)
	case "Localpref":
		w.once(e, "local-preference", value)
	case "AS path":
		w.path(e, value)
	case "Communities":
		w.communities(e, value)
	case "Hidden reason":
		w.once(e, "hidden-reason", value)
		if e.child("rt-entry-state") == nil {
			e.add("rt-entry-state", "Hidden")
		}
	default:
		w.moreCommunities(e, line)
	}
}

// recorded stands in a second line of an AS path that Junos keeps a record of, and says nothing of it.
const recorded = "Recorded"

func (w *textWalk) path(e *junosNode, value string) {
	if value != recorded {
		w.once(e, "as-path", value)
	}
}

// hop adds a next hop to the entry at hand. Of several none is shown, so two are enough to keep.
func (d *destination) hop(to string) {
	if d.hops++; d.hops > 2 {
		return
	}
	nh := junosNode{name: "nh"}
	if to != "" {
		nh.add("to", to)
	}
	e := d.last()
	e.children = append(e.children, nh)
}

// once adds an element that an entry has once. A second one is of another route: a line between is lost.
func (w *textWalk) once(e *junosNode, name, value string) {
	if e.child(name) != nil {
		w.spoil(name + " stands twice in one route: a line between is lost")
		return
	}
	e.add(name, value)
}

func (w *textWalk) communities(e *junosNode, value string) {
	if e.child("communities") != nil {
		w.spoil("communities stand twice in one route: a line between is lost")
		return
	}
	list := junosNode{name: "communities"}
	for word := range strings.FieldsSeq(value) {
		list.add("community", word)
	}
	e.children = append(e.children, list)
}

// moreCommunities reads a further line of a list.
func (w *textWalk) moreCommunities(e *junosNode, line string) {
	n := len(e.children)
	if n == 0 || e.children[n-1].name != "communities" {
		return
	}
	words := strings.Fields(line)
	for _, word := range words {
		if !communityWord.MatchString(word) {
			return
		}
	}
	for _, word := range words {
		e.children[n-1].add("community", word)
	}
}

// unknown judges a line that stands in no destination, or that is none of its lines.
func (w *textWalk) unknown(line int, text []byte) {
	_, unicast := w.table.vrf()
	switch {
	case w.inside && (!unicast || w.leftOut), w.lost:
		return
	case !w.inside && rowLine(text):
		w.wrong(line, "the beginning is missing: %s is of a table that began before the text: export it into a file", reading.Quote(text))
		return
	}
	if w.inside {
		w.disrupt()
	}
	if !w.listing {
		w.Between(line, text, !w.inside)
	}
}

// rowLine knows a line of a destination whose first line is missing.
func rowLine(text []byte) bool {
	for _, begin := range []string{"AS path:", "Localpref:", "Nexthop:", "Next hop:", "Communities:", "Router ID:", "> to ", ">  to ", "to "} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	word, rest := reading.CutWord(bytes.TrimLeft(text, "* "))
	hop, _ := reading.CutWord(rest)
	_, err := netip.ParsePrefix(string(word))
	return err == nil && (len(rest) == 0 || junosHop(string(hop)))
}
