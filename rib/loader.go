package rib

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Loader enters many routes of one feed, and leaves the table as [Table.Advertise] of each in turn
// would have. Rows wait in runs, one a tree, until there are enough of them to be entered in address
// order, which is several times faster; and that happens on a goroutine of its own, beside whoever
// reads the next rows.
//
// From [Table.NewLoader] to [Loader.Close] the table is the loader's: nobody else may read or
// write it.
type Loader struct {
	t       *Table
	feed    FeedID
	refused func(line int, err error)

	lanes  []lane
	known  map[lane]uint32 // their numbers
	sets   []byte          // shared since the last run went out: each its length and its bytes
	shared uint32          // so many sets were shared
	buf    []byte
	fam    [2]loading

	full chan *run // to be entered
	done chan *run // entered: to be used again; closed when no more will come
	idle []*run
}

// loading is what a loader has of one family.
type loading struct {
	runs  [forestTrees + 1]*run // being filled
	sent  [forestTrees + 1]int  // rows of each tree
	used  []bool                // by lane: it is in order
	order []uint32              // lanes in the order of their first rows
}

// Shared is what rows of one neighbour and the same attributes have in common. It is good until
// its loader is closed.
type Shared struct{ set, lane uint32 }

// run is a part of the rows of one tree, in the order in which they came.
type run struct {
	family  Family
	rows    []row
	sets    []byte   // those that rows use and no run before this one brought
	lanes   []lane   // of the loader
	order   []uint32 // of the family, as far as these rows use them
	refused []refusal
}

type row struct {
	bitString
	numbered bool
	lane     uint32
	pathID   uint32
	cell     cell // attrs is the number of a set of the loader
}

type refusal struct {
	line int
	err  error
}

// A run is the longer the more its tree holds: what a large tree costs is to bring it into the
// cache, and a small one ought not to keep the other goroutine waiting.
const (
	shortestRun = 256
	longestRun  = 2048
	queuedRuns  = 8
)

// NewLoader makes a loader. refused is called, within the loader's methods, for each row that does
// not get in: those of which the neighbour gives more paths than any router would.
func (t *Table) NewLoader(feed FeedID, refused func(line int, err error)) *Loader {
	l := &Loader{
		t: t, feed: feed, refused: refused, known: map[lane]uint32{},
		full: make(chan *run, queuedRuns), done: make(chan *run, queuedRuns),
	}
	go l.enterAll()
	return l
}

// Share takes attributes in, and finds the link that they, the neighbour and the rare marks among
// marks tie a row to. It costs far more than Add does.
func (l *Loader) Share(neighbor netip.Addr, a *Attrs, marks Marks) Shared {
	n := l.laneOf(neighbor, a, marks)
	set := *a
	set.rare = marks & rareMarks
	l.buf = appendAttrs(l.buf[:0], &set)
	l.sets = append(binary.AppendUvarint(l.sets, uint64(len(l.buf))), l.buf...)
	l.shared++
	return Shared{l.shared - 1, n}
}

func (l *Loader) laneOf(neighbor netip.Addr, a *Attrs, marks Marks) uint32 {
	to := lane{columnPeer: columnPeer{l.feed, neighbor}}
	to.link, to.tie = l.t.tie(l.t.feeds[l.feed], &Route{Neighbor: neighbor, Attrs: *a, Marks: marks})
	for n := range l.lanes[:min(fewLanes, len(l.lanes))] { // most feeds have no more
		if l.lanes[n] == to {
			return uint32(n)
		}
	}
	n, known := l.known[to]
	if !known {
		n = uint32(len(l.lanes))
		l.known[to] = n
		l.lanes = append(l.lanes, to)
	}
	return n
}

const fewLanes = 8

// Row is what is a row's own.
type Row struct {
	Prefix netip.Prefix
	PathID uint32
	// Numbered: where another row has its identity, this one is another route all the same, and
	// gets the next path id that is free. Else it replaces that one.
	Numbered bool
	Marks    Marks // the rare ones count as they were given to Share
	Line     int
}

// Add enters a row. It is an error where the prefix is not a masked, unmapped prefix.
func (l *Loader) Add(s Shared, r Row) error {
	bits, canonical := bitsOf(r.Prefix)
	if !canonical {
		return notCanonical(r.Prefix)
	}
	fam := FamilyOf(r.Prefix)
	f := &l.fam[fam]
	f.use(s.lane)
	number := bits.tree(fam)
	to := f.runs[number]
	if to == nil {
		to = l.newRun(fam)
		f.runs[number] = to
	}
	to.rows = append(to.rows, row{bits, r.Numbered, s.lane, r.PathID, newCell(attrID(s.set), r.Marks, r.Line)})
	if len(to.rows) == min(max(f.sent[number]/2, shortestRun), longestRun) {
		f.runs[number] = nil
		f.sent[number] += len(to.rows)
		l.send(to)
	}
	return nil
}

// use notes the first row of a lane: columns stand in that order.
func (f *loading) use(lane uint32) {
	if int(lane) < len(f.used) && f.used[lane] {
		return
	}
	f.used = append(f.used, make([]bool, max(0, int(lane)+1-len(f.used)))...)
	f.used[lane] = true
	f.order = append(f.order, lane)
}

// Close enters what is waiting and gives the table back.
func (l *Loader) Close() {
	for fam := range l.fam {
		for _, r := range l.fam[fam].runs {
			if r != nil {
				l.send(r)
			}
		}
	}
	close(l.full)
	for r := range l.done {
		l.takeBack(r)
	}
}

func (l *Loader) newRun(fam Family) *run {
	r := &run{}
	if n := len(l.idle); n > 0 {
		r, l.idle = l.idle[n-1], l.idle[:n-1]
	}
	r.family = fam
	return r
}

// send hands a run over, and takes back those that are done: neither side ever waits for the other
// to take what it offers.
func (l *Loader) send(r *run) {
	r.lanes, r.order = l.lanes, l.fam[r.family].order
	r.sets, l.sets = l.sets, r.sets
	for {
		select {
		case l.full <- r:
			return
		case done := <-l.done:
			l.takeBack(done)
		}
	}
}

func (l *Loader) takeBack(r *run) {
	for _, no := range r.refused {
		l.refused(no.line, no.err)
	}
	*r = run{rows: r.rows[:0], sets: r.sets[:0]}
	l.idle = append(l.idle, r)
}

// enterAll enters the runs that come, and brings the order of the prefixes up to date.
func (l *Loader) enterAll() {
	defer close(l.done)
	e := entering{attrs: l.t.attrs}
	for r := range l.full {
		e.intern(r.sets)
		ft := l.t.fam[r.family]
		e.fam[r.family].lanesOf(ft, r)
		e.enter(ft, r)
		l.done <- r
	}
	e.count()
	l.t.Settle()
}

// entering is the side of a loader that writes the table.
type entering struct {
	attrs       *attrStore
	sets        paged[usedSet] // by the loader's number of the set
	old         []attrID       // what rows gave back that others took the place of
	fam         [2]enteringFamily
	keys, spare []uint64
	hashes      []uint32
	full        map[place]*fullPlace // of the run
}

// usedSet is a set and the rows that refer to it, beside the one reference that keeps it till the
// end. They are counted here, where its id is looked up, and not in the store: a million rows of a
// full table make that a million more places in memory.
type usedSet struct {
	id   attrID
	rows uint32
}

// count tells the store of all references.
func (e *entering) count() {
	for i := range e.sets.len() {
		s := e.sets.at(i)
		e.attrs.retain(s.id, s.rows)
	}
	for _, id := range e.old {
		e.attrs.release(id)
	}
	for i := range e.sets.len() {
		e.attrs.release(e.sets.at(i).id)
	}
}

type enteringFamily struct {
	peers []*peerColumns // by lane
	made  int            // of the order of lanes
}

func (e *entering) intern(sets []byte) {
	e.hashes = e.hashes[:0]
	for set, rest := nextSet(sets); set != nil; set, rest = nextSet(rest) {
		e.hashes = append(e.hashes, e.attrs.hash(set))
	}
	e.attrs.expect(e.hashes)
	for _, h := range e.hashes {
		var set []byte
		set, sets = nextSet(sets)
		e.sets.add(usedSet{id: e.attrs.internBytes(set, h)})
	}
}

// nextSet takes a set off those of a run; nil is the end.
func nextSet(sets []byte) (set, rest []byte) {
	if len(sets) == 0 {
		return nil, nil
	}
	size, n := binary.Uvarint(sets)
	return sets[n : n+int(size)], sets[n+int(size):]
}

// lanesOf makes the first column of each lane that is new.
func (e *enteringFamily) lanesOf(ft *familyTable, r *run) {
	e.peers = append(e.peers, make([]*peerColumns, len(r.lanes)-len(e.peers))...)
	for ; e.made < len(r.order); e.made++ {
		i := r.order[e.made]
		e.peers[i] = ft.peer(r.lanes[i].columnPeer)
		if !slices.ContainsFunc(e.peers[i].columns, func(c *column) bool { return c.lane == r.lanes[i] }) {
			ft.more(e.peers[i], r.lanes[i])
		}
	}
}

// enter goes through the rows in address order, and through those of one prefix as they came.
func (e *entering) enter(ft *familyTable, r *run) {
	e.keys = e.keys[:0]
	for i := range r.rows {
		e.keys = append(e.keys, r.rows[i].high>>32<<32|uint64(i)) // longer ones need no order
	}
	e.keys, e.spare = sortHigh(e.keys, slices.Grow(e.spare[:0], len(e.keys))[:len(e.keys)])
	clear(e.full)
	var last bitString
	var id prefixID
	for i, k := range e.keys {
		row := &r.rows[uint32(k)]
		if i == 0 || row.bitString != last {
			id = ft.enter(row.bitString)
			last = row.bitString
		}
		v := row.cell
		set := e.sets.at(int(v.attrs))
		v.attrs = set.id
		at := place{e.fam[ft.family].peers[row.lane], id}
		if full := e.full[at]; full != nil && full.refuses(row) {
			r.refused = append(r.refused, refusal{v.line(), tooManyPaths(ft.prefix(id))})
			continue
		}
		old, err := ft.putRow(at.peer, r.lanes[row.lane], id, row, v)
		if err != nil {
			e.refused(at, row)
			r.refused = append(r.refused, refusal{v.line(), tooManyPaths(ft.prefix(id))})
			continue
		}
		delete(e.full, at)
		set.rows++
		if old != 0 {
			e.old = append(e.old, old)
		}
	}
}

func (ft *familyTable) putRow(of *peerColumns, to lane, id prefixID, r *row, v cell) (old attrID, err error) {
	pathID := r.pathID
	if r.numbered {
		if pathID, err = of.free(id, pathID); err != nil {
			return 0, err
		}
	}
	return ft.put(of, to, id, pathID, v)
}
