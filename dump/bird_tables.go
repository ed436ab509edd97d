package dump

import (
	"bytes"
	"slices"

	"bgpaudit/rib"
)

var birdGreeting = []byte("BIRD ")

// birdTable is one block of routes, under "Table master4:" or under no name.
type birdTable struct {
	name    string
	line    int
	reply   int // which of the file's answers it is of
	rows    int // bad ones included
	others  int // routes that are not unicast
	leftOut bool
	imports bool // what a neighbour sent, before import policy
	exports bool // what was advertised
	encoded bool // as it was sent: version 3
	ended   bool // its last route was seen to be the last one
}

// birdTables are the blocks of a file and how far their ends are proven.
type birdTables struct {
	now   birdTable
	done  []birdTable // those without a proof of their end
	reply int
	named bool // a table's name was there
	ended bool // an end was proven
}

// maxBIRDTables is more than any router has. Beyond it no further end is looked for.
const maxBIRDTables = 1000

// birdTableName reads "Table master4:".
func birdTableName(text []byte) ([]byte, bool) {
	name, ok := bytes.CutPrefix(text, []byte("Table "))
	if !ok || !bytes.HasSuffix(name, []byte(":")) {
		return nil, false
	}
	name = name[:len(name)-1]
	return name, len(name) > 0 && bytes.IndexByte(name, ' ') < 0
}

// table begins a block.
func (r *birdReader) table(name string) {
	r.greeted = true
	r.row.hasFor = false
	r.tables.shelve()
	t := &r.tables.now
	*t = birdTable{name: name, line: r.lines.line, reply: r.tables.reply}
	r.tables.named = true
	t.leftOut = r.src.VRF != "" && name != r.src.VRF
	isKind := func(kind string) bool {
		return name == kind || bytes.HasSuffix([]byte(name), []byte("."+kind))
	}
	t.imports, t.exports = isKind("import"), isKind("export")
	t.encoded = t.exports && name != "export"
	if !t.leftOut {
		r.sawTable(t)
	}
}

// sawTable holds a table's kind against the declared view, and settles the form of its AS paths.
func (r *birdReader) sawTable(t *birdTable) {
	view := r.src.View
	switch {
	case t.imports && view != "" && view != rib.AdjRIBInPre:
		r.say("the dump holds the import table of one neighbor, the config says %s", view)
	case t.exports && view != "" && !r.export:
		r.say("the dump holds the export table of one neighbor, the config says %s", view)
	}
	if !r.export {
		return
	}
	form := rib.BeforeOwnASN
	if t.encoded {
		form = rib.AsSent
	}
	if r.formed && form != r.res.Header.ASPathForm {
		r.problem(t.line, "table %s shows its AS paths in another form than the tables before it: give it a file and a feed of its own", quote(t.name))
		t.leftOut = true
		return
	}
	r.formed, r.res.Header.ASPathForm = true, form
}

// held reports whether the block is one of the feed's.
func (t *birdTable) held() bool { return !t.leftOut && (t.name != "" || t.rows > 0) }

// begin is called for every route. Behind a proven end it begins a block that has no name (version 1).
func (t *birdTables) begin() bool {
	if !t.now.ended {
		return false
	}
	t.now = birdTable{reply: t.reply}
	return true
}

// shelve puts the block away that was read so far, until its end is proven.
func (t *birdTables) shelve() {
	if t.now.held() && !t.now.ended && len(t.done) < maxBIRDTables {
		t.done = append(t.done, t.now)
	}
}

// newReply begins an answer of its own: what stands before it has no proof yet.
func (t *birdTables) newReply() {
	t.shelve()
	t.reply++
	t.now = birdTable{reply: t.reply}
}

// endReply is the reply's end, which proves the end of every table in it.
func (t *birdTables) endReply() {
	t.ended = t.ended || t.now.held()
	t.now.ended = true
	for i := range t.done {
		t.done[i].ended = t.done[i].reply == t.reply
	}
	t.done = withoutEnded(t.done)
}

// unproven reports whether the end of any table was not seen.
func (t *birdTables) unproven() bool {
	return len(t.done) > 0 || t.now.held() && !t.now.ended || !t.ended
}

// birdCount is what BIRD prints behind a table with "stats", and alone with "count":
// "5 of 10 routes for 8 networks in table master4".
type birdCount struct {
	shown uint32
	table []byte // empty in version 1
}

func cutBIRDCount(text []byte) (c birdCount, ok bool) {
	shown, rest := cutWord(text)
	rest, of := bytes.CutPrefix(rest, []byte("of "))
	all, rest := cutWord(rest)
	_, isAll := parseUint32(all)
	c.shown, ok = parseUint32(shown)
	if !ok || !of || !isAll || !bytes.HasPrefix(rest, []byte("routes for ")) {
		return c, false
	}
	_, c.table, _ = bytes.Cut(rest, []byte(" in table "))
	return c, true
}

// count holds a count against the latest block of that name.
func (r *birdReader) count(c birdCount) {
	t := r.tables.find(c.table)
	switch {
	case t == nil:
		r.command.counted = true
	case int(c.shown) != t.rows+t.others:
		r.problem(r.lines.line, "BIRD counts %d routes in table %s, but %d are there", c.shown, quote(t.name), t.rows+t.others)
	default:
		t.ended, r.tables.ended = true, true
		r.zeroStated = r.zeroStated || c.shown == 0
	}
	r.tables.done = withoutEnded(r.tables.done)
}

func (t *birdTables) find(name []byte) *birdTable {
	if t.now.held() && (len(name) == 0 || string(name) == t.now.name) {
		return &t.now
	}
	for i := range slices.Backward(t.done) {
		if len(name) == 0 || string(name) == t.done[i].name {
			return &t.done[i]
		}
	}
	return nil
}

func withoutEnded(list []birdTable) []birdTable {
	kept := list[:0]
	for _, t := range list {
		if !t.ended {
			kept = append(kept, t)
		}
	}
	return kept
}
