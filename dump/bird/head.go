package bird

import (
	"bytes"
	"net/netip"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What is missing in front of a text shows in nothing behind it. A terminal's scrollback begins in the
// middle of a table, or of a route, and ends as it should.

// before reports whether nothing of an answer was there yet.
func (r *reader) before() bool {
	return !r.greeted && r.tables.blocks == 0 && !r.row.open
}

// banner passes a line over that stands in front of everything. It may hold the command.
func (r *reader) banner(text []byte) {
	if r.echoed(text); r.tables.awaited {
		return
	}
	if r.stray == 0 {
		r.stray = r.lines.line
	}
}

// headless says that the text begins in the middle of a table.
func (r *reader) headless(line int, text []byte) {
	if !r.beheaded {
		r.Problem(line, "the beginning is missing: %s is of a table that began before the text: export it into a file", reading.Quote(text))
	}
	r.beheaded = true
}

// countedBefore takes a count that stands in front of everything: its table is missing.
func (r *reader) countedBefore(text []byte) {
	if r.before() && !r.tables.awaited {
		r.headless(r.lines.line, text)
	}
}

// unnamed is called at the first route of a block without a name, of which another part may be missing.
func (r *reader) unnamed() {
	t := &r.tables.now
	if t.begun {
		return
	}
	if r.stray > 0 && t.number == 1 {
		r.headless(r.stray, []byte("what stands here"))
	}
	if r.Source.VRF != "" {
		t.leftOut = true
		r.Problem(r.lines.line, "routes stand under no table's name: nothing says that they are of table %s", reading.Quote(r.Source.VRF))
	}
}

// tableLine misses "Table X:" in front of a route of a version that always prints it.
func (r *reader) tableLine() {
	t := &r.tables.now
	if t.name == "" && !t.begun && r.attrs.named {
		r.headless(r.row.line, []byte(r.row.name()))
	}
}

// routeLine reports whether a line is of a route whose first line is missing, or the end of that one.
func routeLine(text []byte) bool {
	return attributeLine(text) || birdListLine(text) || hopLine(text) || halfRow(text)
}

// birdFamilies begin the names of attributes that BIRD prints and that are not read.
var birdFamilies = []string{"BGP.", "bgp_", "OSPF.", "ospf_", "RIP.", "rip_", "Kernel.", "krt_", "Babel.", "babel_"}

func attributeLine(text []byte) bool {
	name, _, ok := bytes.Cut(text, []byte(":"))
	if !ok {
		return false
	}
	for _, family := range birdFamilies {
		if bytes.HasPrefix(name, []byte(family)) {
			return true
		}
	}
	switch string(name) {
	case "preference", "igp_metric", "hostentry":
		return true
	}
	return keys[string(name)] != 0
}

// birdListLine knows a further line of a list: "(64498,45) (64498,46)".
func birdListLine(text []byte) bool {
	return len(text) > 2 && text[0] == '(' && text[len(text)-1] == ')' && bytes.IndexByte(text, ',') > 0
}

func hopLine(text []byte) bool {
	word, rest := reading.CutWord(text)
	next, behind := reading.CutWord(rest)
	if bytes.Equal(word, []byte("dev")) {
		return len(next) > 0 && len(behind) == 0
	}
	_, err := netip.ParseAddr(string(next))
	return bytes.Equal(word, []byte("via")) && err == nil
}

// halfRow knows the end of a route's first line: "2.3] * (100) [AS65541i]", "(100) [AS65541i]".
func halfRow(text []byte) bool {
	var h birdHead
	_, behind, closed := bytes.Cut(text, []byte("]"))
	switch behind = bytes.TrimSpace(behind); {
	case closed && len(behind) > 0 && bytes.IndexByte([]byte("*!("), behind[0]) >= 0:
		return h.cutNote(behind)
	case len(text) > 0 && bytes.IndexByte([]byte("*!("), text[0]) >= 0:
		return h.cutNote(text)
	}
	return false
}

// owner is the block whose routes of one family are read.
type owner struct {
	block, reply int
	name         string
}

// claim reports whether the open route is of the one table that is read of its family. Routes of another one
// would be taken for the same table's.
func (r *reader) claim() bool {
	if r.row.err != nil || !r.row.hasFor {
		return true
	}
	t, o := &r.tables.now, &r.owners[rib.FamilyOf(r.row.prefix)]
	switch {
	case o.block == 0:
		*o = owner{t.number, t.reply, t.name}
	case o.block == t.number || o.name == t.name && (!r.export || o.reply != t.reply): // two answers are told apart elsewhere
	default:
		r.refuseTable(o)
		return false
	}
	return true
}

// refuseTable leaves the rest of a block out. An export does not show whose it is: a second answer of the same
// table may be another neighbour's.
func (r *reader) refuseTable(o *owner) {
	t, fam := &r.tables.now, rib.FamilyOf(r.row.prefix)
	t.leftOut = true
	r.LeaveOut(r.row.line, "of table %s", t.name)
	if o.name == t.name {
		r.Problem(r.row.line, "a second answer holds %s routes of table %s: give it a file and a feed of its own", fam, reading.Quote(t.name))
		return
	}
	r.Problem(r.row.line, "tables %s and %s both hold %s routes: name one with vrf: on the feed", reading.Quote(o.name), reading.Quote(t.name), fam)
}

// heldFamilies looks for declared families that the text does not hold. The end of one table says nothing of
// the next: an answer has a table for each family.
func (r *reader) heldFamilies() {
	t, missing := &r.tables, 0
	for _, fam := range r.Source.Families {
		if !r.Families[fam] {
			missing++
		}
	}
	if missing == 0 || missing <= t.zeros && (t.blocks == 1 || !t.open && !t.broken) {
		return
	}
	for _, fam := range r.Source.Families {
		if !r.Families[fam] && !r.Unproven && !r.Partial {
			r.Note(0, "families: on the feed has %s, and nothing shows that its table is empty or was asked for: say stats in the command", fam)
		}
	}
	r.Unproven = true
}
