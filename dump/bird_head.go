package dump

import (
	"bytes"
	"net/netip"

	"bgpaudit/rib"
)

// What is missing in front of a text shows in nothing behind it. A terminal's scrollback begins in the
// middle of a table, or of a route, and ends as it should.

// before reports whether nothing of an answer was there yet.
func (r *birdReader) before() bool {
	return !r.greeted && r.tables.blocks == 0 && !r.row.open
}

// banner passes a line over that stands in front of everything. It may hold the command.
func (r *birdReader) banner(text []byte) {
	if r.command.read(text) {
		r.tables.awaited = true
		r.sawCommand()
		return
	}
	if r.stray == 0 {
		r.stray = r.lines.line
	}
}

// headless says that the text begins in the middle of a table.
func (r *birdReader) headless(line int, text []byte) {
	if !r.beheaded {
		r.problem(line, "the beginning is missing: %s is of a table that began before the text: export it into a file", quote(text))
	}
	r.beheaded = true
}

// countedBefore takes a count that stands in front of everything: its table is missing.
func (r *birdReader) countedBefore(text []byte) {
	if r.before() && !r.tables.awaited {
		r.headless(r.lines.line, text)
	}
}

// unnamed is called at the first route of a block without a name, of which another part may be missing.
func (r *birdReader) unnamed() {
	t := &r.tables.now
	if t.begun {
		return
	}
	if r.stray > 0 && t.number == 1 {
		r.headless(r.stray, []byte("what stands here"))
	}
	if r.src.VRF != "" {
		t.leftOut = true
		r.problem(r.lines.line, "routes stand under no table's name: nothing says that they are of table %s", quote(r.src.VRF))
	}
}

// tableLine misses "Table X:" in front of a route of a version that always prints it.
func (r *birdReader) tableLine() {
	t := &r.tables.now
	if t.name == "" && !t.begun && r.attrs.named {
		r.headless(r.row.line, []byte(r.row.name()))
	}
}

// birdRouteLine reports whether a line is of a route whose first line is missing, or the end of that one.
func birdRouteLine(text []byte) bool {
	return birdAttributeLine(text) || birdListLine(text) || birdHopLine(text) || birdHalfRow(text)
}

// birdFamilies begin the names of attributes that BIRD prints and that are not read.
var birdFamilies = []string{"BGP.", "bgp_", "OSPF.", "ospf_", "RIP.", "rip_", "Kernel.", "krt_", "Babel.", "babel_"}

func birdAttributeLine(text []byte) bool {
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
	return birdKeys[string(name)] != 0
}

// birdListLine knows a further line of a list: "(64498,45) (64498,46)".
func birdListLine(text []byte) bool {
	return len(text) > 2 && text[0] == '(' && text[len(text)-1] == ')' && bytes.IndexByte(text, ',') > 0
}

func birdHopLine(text []byte) bool {
	word, rest := cutWord(text)
	next, behind := cutWord(rest)
	if bytes.Equal(word, []byte("dev")) {
		return len(next) > 0 && len(behind) == 0
	}
	_, err := netip.ParseAddr(string(next))
	return bytes.Equal(word, []byte("via")) && err == nil
}

// birdHalfRow knows the end of a route's first line: "2.3] * (100) [AS65541i]", "(100) [AS65541i]".
func birdHalfRow(text []byte) bool {
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

// birdOwner is the block whose routes of one family are read.
type birdOwner struct {
	block int
	name  string
}

// claim reports whether the open route is of the one table that is read of its family. Routes of another one
// would be taken for the same table's.
func (r *birdReader) claim() bool {
	if r.row.err != nil || !r.row.hasFor {
		return true
	}
	t, o := &r.tables.now, &r.owners[rib.FamilyOf(r.row.prefix)]
	switch {
	case o.block == 0:
		o.block, o.name = t.number, t.name
	case o.block == t.number || o.name == t.name && !r.export:
	default:
		r.refuseTable(o)
		return false
	}
	return true
}

// refuseTable leaves the rest of a block out. An export does not show whose it is: a second answer of the same
// table may be another neighbour's.
func (r *birdReader) refuseTable(o *birdOwner) {
	t, fam := &r.tables.now, rib.FamilyOf(r.row.prefix)
	t.leftOut = true
	if o.name == t.name {
		r.problem(r.row.line, "a second answer holds %s routes of table %s: give it a file and a feed of its own", fam, quote(t.name))
		return
	}
	r.problem(r.row.line, "tables %s and %s both hold %s routes: name one with vrf: on the feed", quote(o.name), quote(t.name), fam)
}

// heldFamilies looks for declared families that the text does not hold. The end of one table says nothing of
// the next: an answer has a table for each family.
func (r *birdReader) heldFamilies() {
	t, missing := &r.tables, 0
	for _, fam := range r.src.Families {
		if !r.families[fam] {
			missing++
		}
	}
	if missing == 0 || missing <= t.zeros && (t.blocks == 1 || !t.open && !t.broken) {
		return
	}
	for _, fam := range r.src.Families {
		if !r.families[fam] && !r.unproven && !r.partial {
			r.note(0, "families: on the feed has %s, and nothing shows that its table is empty or was asked for: say stats in the command", fam)
		}
	}
	r.unproven = true
}
