package bird

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// birdHead is the first line of a route, cut into its parts:
//
//	203.0.113.0/24       unicast [isp 10:00:00.000 from 192.0.2.1] * (100/20) [AS65541i]
//	203.0.113.0/24     via 192.0.2.1 on eth0 [isp 10:00:00] * (100) [AS65541i]
type birdHead struct {
	prefix  []byte // empty where the route is a further one of the prefix before it
	gateway []byte // version 1 alone prints it here
	from    []byte
	best    bool
	refused bool // best, and the kernel did not take it
	lost    bool // its next hop leads nowhere
	stale   bool
	bgp     bool // the protocol's own note behind it is BGP's
	torn    bool // text stands behind it that BIRD does not print
	other   bool // of a family that is not unicast, or labelled
}

// targets are BIRD's words for where a route leads (rta_dest_name, and version 1's rt_format_via).
var targets = map[string]bool{
	"unicast": true, "blackhole": true, "unreachable": true, "prohibited": true, "none": true,
	"recursive": true, "multipath": true, "via": true, "dev": true, "???": true,
}

// cutBIRDRow reports whether text is the first line of a route.
func cutBIRDRow(text []byte) (h birdHead, ok bool) {
	open := bytes.IndexByte(text, '[')
	if open < 0 {
		return h, false
	}
	length := bytes.IndexByte(text[open:], ']')
	if length < 0 || !h.cutSource(text[open+1:open+length]) || !h.cutNote(text[open+length+1:]) {
		return h, false
	}
	return h, h.cutTarget(text[:open])
}

// cutTarget reads what stands in front of the brackets.
func (h *birdHead) cutTarget(text []byte) bool {
	first, rest := reading.CutWord(text)
	if targets[string(first)] {
		h.cutGateway(first, rest)
		return true
	}
	second, behind := reading.CutWord(rest)
	if targets[string(second)] {
		h.prefix = first
		h.cutGateway(second, behind)
		return true
	}
	h.other = otherFamily(first, second)
	return h.other
}

// otherFamily reports whether a route is of a table that is not plain unicast: a flow, a ROA, one
// with a route distinguisher or a label.
func otherFamily(first, second []byte) bool {
	switch {
	case bytes.Equal(first, []byte("flow4")), bytes.Equal(first, []byte("flow6")), bytes.Equal(second, []byte("mpls")):
		return true
	case bytes.IndexByte(first, '/') >= 0 && bytes.HasPrefix(second, []byte("AS")):
		return true
	}
	return bytes.IndexByte(first, ':') > 0 && bytes.IndexByte(first, '/') < 0 && bytes.IndexByte(second, '/') > 0
}

func (h *birdHead) cutGateway(target, rest []byte) {
	h.lost = bytes.Equal(target, []byte("unreachable"))
	if bytes.Equal(target, []byte("via")) {
		h.gateway, _ = reading.CutWord(rest)
	}
}

// cutSource reads "isp 10:00:00.000 from 192.0.2.1": a protocol and a time at the least.
func (h *birdHead) cutSource(text []byte) bool {
	proto, rest := reading.CutWord(text)
	when, rest := reading.CutWord(rest)
	for len(rest) > 0 {
		var word []byte
		if word, rest = reading.CutWord(rest); bytes.Equal(word, []byte("from")) {
			h.from, rest = reading.CutWord(rest)
		}
	}
	return len(proto) > 0 && len(when) > 0
}

// cutNote reads "* (100/20) [AS65541i]". "!" is the best route that the kernel did not take. In BGP's
// note "s" is for stale and "-" for one that loses within its neighbour AS (deterministic MED).
func (h *birdHead) cutNote(text []byte) bool {
	text = bytes.TrimSpace(text)
	if len(text) > 0 && (text[0] == '*' || text[0] == '!') {
		h.best, h.refused, text = true, text[0] == '!', text[1:]
	}
	open, end := bytes.IndexByte(text, '('), bytes.IndexByte(text, ')')
	if open < 0 || end < open {
		return false
	}
	weights, note := text[open+1:end], bytes.TrimSpace(text[end+1:])
	h.bgp = bgpNote(note)
	h.torn = len(note) > 0 && (note[0] != '[' || bytes.IndexByte(note, ']') != len(note)-1)
	if slash := bytes.IndexByte(weights, '/'); slash >= 0 {
		weights = weights[:slash]
	}
	h.stale = h.bgp && bytes.IndexByte(weights, 's') >= 0
	return len(weights) > 0 && weights[0] >= '0' && weights[0] <= '9'
}

// bgpNote reports whether a note is BGP's: "[AS65541i]", "[i]", "[]". OSPF prints a router's number.
func bgpNote(note []byte) bool {
	if len(note) < 2 || note[0] != '[' || note[len(note)-1] != ']' {
		return false
	}
	inner := bytes.TrimPrefix(note[1:len(note)-1], []byte("AS"))
	return len(inner) == 0 || len(note)-len(inner) > 2 || bytes.IndexByte([]byte("ie?"), inner[0]) >= 0
}

// birdRow is the route that is being read.
type birdRow struct {
	open   bool
	line   int
	prefix netip.Prefix
	head   birdHead // its slices are of a line that is gone
	from   netip.Addr
	via    netip.Addr
	err    error
	hasFor bool // prefix is that of a route before, for those that follow without one
}

func (w *birdRow) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// route opens a route where text is one's first line.
func (r *reader) route(line, text []byte) bool {
	if r.row.open && r.nextHopLine(text) {
		return true
	}
	head, ok := cutBIRDRow(text)
	if !ok {
		return false
	}
	r.closeRow(true)
	w := &r.row
	if r.tables.begin() {
		w.hasFor = false
		r.unnamed()
	}
	prefix, had := w.prefix, w.hasFor
	*w = birdRow{open: true, line: r.lines.line, head: head, prefix: prefix, hasFor: had}
	r.attrs.reset()
	switch {
	case head.other:
		w.hasFor = false
	case len(head.prefix) > 0:
		w.prefix, w.err = reading.ParsePrefix(string(head.prefix))
		w.hasFor = w.err == nil
	case !had:
		w.err = reading.ErrNoPrefix
	case indent(line) < prefixWidth:
		w.err = errFront
	}
	if head.torn {
		w.fail("the text is disturbed behind it")
	}
	w.from = r.address(head.from)
	w.via = r.address(head.gateway)
	return true
}

// prefixWidth is how many columns BIRD leaves for a prefix at the least, also where a further route of one shows none.
const prefixWidth = 17

var errFront = errors.New("its front is missing: a further route of a prefix is indented")

// indent is how many columns a line begins behind.
func indent(line []byte) int {
	const tab = 8
	blanks := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	return len(blanks) + (tab-1)*bytes.Count(blanks, []byte("\t"))
}

// nextHopLine reads "via 192.0.2.1 on eth0 weight 1" or "dev eth0", which follows in version 2 and 3.
// Where BIRD prints no "from", the neighbour is the first gateway.
func (r *reader) nextHopLine(text []byte) bool {
	word, rest := reading.CutWord(text)
	via := bytes.Equal(word, []byte("via"))
	if !via && !bytes.Equal(word, []byte("dev")) || bytes.IndexByte(text, '[') >= 0 {
		return false
	}
	if via && !r.row.via.IsValid() {
		gateway, _ := reading.CutWord(rest)
		r.row.via = r.address(gateway)
	}
	return true
}

// address reads an address that BIRD prints; none is no error.
func (r *reader) address(text []byte) netip.Addr {
	if len(text) == 0 {
		return netip.Addr{}
	}
	a, err := r.attrs.addrs.Get(text, reading.ParseAddr)
	if err != nil {
		r.row.fail("bad address %s", reading.Quote(text))
	}
	return a
}

// marks are what the line says of the route. Rows before import policy have no best one: BIRD prints "*" at
// the first of them.
func (r *reader) marks() rib.Marks {
	var m rib.Marks
	if r.row.head.stale {
		m |= rib.Stale
	}
	if r.command.filtered {
		m |= rib.Filtered
	}
	if r.row.head.best && !r.hidesBest() {
		m |= rib.Best
		if r.row.head.refused {
			m |= rib.RIBFailure
		}
	}
	if r.row.head.lost && !r.export && r.Source.View != rib.Collector { // a collector forwards nothing, and need not reach the next hop
		m |= rib.Invalid
	}
	return m
}

func (r *reader) hidesBest() bool {
	return r.export || r.command.filtered || r.tables.now.imports || r.tables.now.exports || r.Source.View == rib.AdjRIBInPre
}
