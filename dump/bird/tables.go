package bird

import (
	"bytes"
	"slices"

	"bgpaudit/dump/reading"
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
	number  int  // of the file's blocks, from 1; 0 before the first route
	begun   bool // what stands in front of its first route was seen
	ended   bool // its last route was seen to be the last one
	counted bool // BIRD counts as many routes as are there
}

// proven reports whether the block is whole. An end says nothing of what stood in front of the text.
func (t *birdTable) proven() bool { return t.counted || t.begun && t.ended }

// birdTables are the blocks of a file and how far they are proven to be whole.
type birdTables struct {
	now     birdTable
	done    []birdTable // those without a proof
	reply   int
	blocks  int
	named   bool // a table's name was there
	awaited bool // an answer begins here: its command or BIRD's greeting was seen
	ended   bool // a block was proven
	lost    bool // there were more of them than MaxBIRDTables
	open    bool // the reply's end was not seen yet
	broken  bool // nor was that of one before it
	counts  int  // of tables, in this reply
	zeros   int  // blocks of which BIRD counts no route
}

// MaxBIRDTables is more than any router has. Beyond it no further end is looked for.
const MaxBIRDTables = 1000

// tableName reads "Table master4:".
func tableName(text []byte) ([]byte, bool) {
	name, ok := bytes.CutPrefix(text, []byte("Table "))
	if !ok || !bytes.HasSuffix(name, []byte(":")) {
		return nil, false
	}
	name = name[:len(name)-1]
	return name, len(name) > 0 && bytes.IndexByte(name, ' ') < 0
}

// table begins a block.
func (r *reader) table(name string) {
	r.greeted = true
	r.row.hasFor = false
	r.tables.add(birdTable{name: name, line: r.lines.line, begun: true})
	t := &r.tables.now
	r.tables.named = true
	t.leftOut = r.Source.VRF != "" && name != r.Source.VRF
	isKind := func(kind string) bool {
		return name == kind || bytes.HasSuffix([]byte(name), []byte("."+kind))
	}
	t.imports, t.exports = isKind("import"), isKind("export")
	t.encoded = t.exports && name != "export"
	if !t.leftOut {
		r.sawTable(t)
	}
}

// sawTable takes what a table's kind shows, and settles the form of its AS paths.
func (r *reader) sawTable(t *birdTable) {
	switch {
	case t.imports:
		r.Shows(reading.Shown{Direction: reading.Received, Policy: reading.BeforePolicy, Extent: reading.OfOne, What: "the dump holds the import table of one neighbor"})
	case t.exports:
		r.Shows(reading.Shown{Direction: reading.Advertised, Extent: reading.OfOne, What: "the dump holds the export table of one neighbor"})
	}
	if !r.export {
		return
	}
	form := rib.BeforeOwnASN
	if t.encoded {
		form = rib.AsSent
	}
	if r.formed && form != r.Result.Header.ASPathForm {
		r.Problem(t.line, "table %s shows its AS paths in another form than the tables before it: give it a file and a feed of its own", reading.Quote(t.name))
		t.leftOut = true
		return
	}
	r.formed, r.Result.Header.ASPathForm = true, form
}

// held reports whether the block is one of the feed's.
func (t *birdTable) held() bool { return !t.leftOut && (t.name != "" || t.rows > 0) }

// begin is called for every route. In front of the first one, and behind an end, it begins a block that has
// no name (version 1).
func (t *birdTables) begin() bool {
	if t.now.number > 0 && !t.now.ended {
		return false
	}
	t.add(birdTable{begun: t.awaited})
	return true
}

func (t *birdTables) add(block birdTable) {
	t.shelve()
	t.blocks++
	block.number, block.reply = t.blocks, t.reply
	t.now, t.awaited, t.open = block, false, true
}

// shelve puts the block away that was read so far, until it is proven.
func (t *birdTables) shelve() {
	switch {
	case !t.now.held() || t.now.proven():
	case len(t.done) == MaxBIRDTables:
		t.lost = true
	default:
		t.done = append(t.done, t.now)
	}
}

// newReply begins an answer of its own: what stands before it has no proof yet.
func (t *birdTables) newReply() {
	t.shelve()
	t.reply++
	t.now = birdTable{reply: t.reply}
	t.broken = t.broken || t.open
	t.awaited, t.open, t.counts = true, false, 0
}

// endReply is the reply's end, which is the end of every table in it.
func (t *birdTables) endReply() {
	t.counts = 0
	if !t.open {
		return
	}
	t.open, t.now.ended = false, true
	t.ended = t.ended || t.now.held() && t.now.proven()
	for i := range t.done {
		if t.done[i].reply == t.reply {
			t.done[i].ended = true
		}
	}
	t.done = withoutProven(t.done)
}

// unproven reports whether any table may go on beyond what was seen of it.
func (t *birdTables) unproven() bool {
	return len(t.done) > 0 || t.lost || t.now.held() && !t.now.proven() || !t.ended
}

// birdCount is what BIRD prints behind a table with "stats", and alone with "count":
// "5 of 10 routes for 8 networks in table master4".
type birdCount struct {
	shown uint32
	table []byte // empty in version 1
}

func cutBIRDCount(text []byte) (c birdCount, ok bool) {
	shown, rest := reading.CutWord(text)
	rest, of := bytes.CutPrefix(rest, []byte("of "))
	all, rest := reading.CutWord(rest)
	_, isAll := reading.ParseUint32(all)
	c.shown, ok = reading.ParseUint32(shown)
	if !ok || !of || !isAll || !bytes.HasPrefix(rest, []byte("routes for ")) {
		return c, false
	}
	_, c.table, _ = bytes.Cut(rest, []byte(" in table "))
	return c, true
}

// count holds a count against the latest block of that name.
func (r *reader) count(c birdCount) {
	t, now := r.tables.find(c.table), &r.tables.now
	r.tables.counts++
	switch {
	case t == nil && now.name == "" && now.rows > 0 && !now.ended && int(c.shown) != now.rows+now.others:
		r.Problem(r.lines.line, "BIRD counts %d routes in table %s, but %d are there", c.shown, reading.Quote(c.table), now.rows+now.others)
	case t == nil:
		r.command.counted = true
	case int(c.shown) != t.rows+t.others:
		r.Problem(r.lines.line, "BIRD counts %d routes in table %s, but %d are there", c.shown, reading.Quote(t.name), t.rows+t.others)
	default:
		r.counted(t)
	}
}

// counted takes a block of which BIRD counts as many routes as are there.
func (r *reader) counted(t *birdTable) {
	t.ended, t.counted, r.tables.ended = true, true, true
	if t.rows+t.others == 0 {
		r.ZeroStated = true
		r.tables.zeros++
	}
	r.tables.done = withoutProven(r.tables.done)
}

// total reads "Total: 14 of 14 routes for 11 networks in 2 tables", the last line of an answer that has
// counts of several tables.
func (r *reader) total(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("Total: "))
	if !ok {
		return false
	}
	r.closeRow(true)
	_, rest, _ = bytes.Cut(rest, []byte(" networks in "))
	number, _ := reading.CutWord(rest)
	switch n, ok := reading.ParseUint32(number); {
	case !ok:
		r.Problem(r.lines.line, "a total of how many tables is not shown: %s", reading.Quote(text))
	case int(n) != r.tables.counts:
		r.Problem(r.lines.line, "BIRD counts the routes of %d tables, but the counts of %d are there", n, r.tables.counts)
	}
	r.tables.endReply()
	return true
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

func withoutProven(list []birdTable) []birdTable {
	kept := list[:0]
	for _, t := range list {
		if !t.proven() {
			kept = append(kept, t)
		}
	}
	return kept
}
