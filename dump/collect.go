package dump

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/netip"

	"bgpaudit/rib"
)

// maxErrors is how many errors a Result spells out; the rest are counted.
const maxErrors = 20

// collector is where a format's reader puts what it finds. It counts, numbers repeated rows,
// keeps the first errors, and at the end says how complete the reading is.
type collector struct {
	ctx  context.Context
	src  Source
	emit func(rib.Route) error

	// loader, where there is one, takes the rows in emit's place.
	loader *rib.Loader

	res        Result
	more       int          // errors beyond maxErrors
	partial    bool         // something of the table is missing
	unproven   bool         // the format has no end to see
	zeroStated bool         // the dump says that its table is empty
	families   [2]bool      // held or marked
	notShown   rib.AttrSet  // what no row shows
	hides      *rib.AttrSet // what the dump itself says that it cannot show
	ids        identities
	ownLines   bool // rows of canonical records carry their own line, not their original's
	contradiction
}

func newCollector(ctx context.Context, src Source, emit func(rib.Route) error) *collector {
	if src.Name == "" {
		src.Name = src.Path
	}
	return &collector{ctx: ctx, src: src, emit: emit, notShown: ^rib.AttrSet(0), res: Result{Header: Header{Source: src.Name}}}
}

// at is "name:line: " for messages; line 0 is no line.
func (c *collector) at(line int) string {
	if line == 0 {
		return c.src.Name + ": "
	}
	return fmt.Sprintf("%s:%d: ", c.src.Name, line)
}

func (c *collector) note(line int, format string, args ...any) {
	if len(c.res.Errors) == maxErrors {
		c.more++
		return
	}
	c.res.Errors = append(c.res.Errors, c.at(line)+fmt.Sprintf(format, args...))
}

// skip counts a row that could not be read.
func (c *collector) skip(line int, format string, args ...any) {
	c.res.Skipped++
	c.note(line, format, args...)
}

// problem says that something of the table is missing.
func (c *collector) problem(line int, format string, args ...any) {
	c.partial = true
	c.note(line, format, args...)
}

// route hands on one row whose identity the dump leaves to be told apart: a second row of the
// same neighbour and prefix gets the next free path id.
func (c *collector) route(r rib.Route) {
	if c.loader != nil {
		c.load(&r, true)
		return
	}
	r.PathID = c.ids.ordinal(r)
	c.put(r)
}

// put hands on one row whose identity is its own.
func (c *collector) put(r rib.Route) {
	if c.loader != nil {
		c.load(&r, false)
		return
	}
	if err := c.emit(r); err != nil {
		c.skip(r.Line, "%v", err)
		return
	}
	c.count(rib.FamilyOf(r.Prefix), r.Neighbor, r.Attrs.NotShown, c.src.startOf(r.Attrs.ASPath))
}

// common is what rows of one neighbour and the same attributes have in common: to the table, and
// to the counts.
type common struct {
	shared   rib.Shared
	notShown rib.AttrSet
	start    pathStart
}

func (c *collector) share(r *rib.Route) common {
	return common{c.loader.Share(r.Neighbor, &r.Attrs), r.Attrs.NotShown, c.src.startOf(r.Attrs.ASPath)}
}

func (c *collector) load(r *rib.Route, numbered bool) {
	c.enter(c.share(r), r.Neighbor, rib.Row{Prefix: r.Prefix, PathID: r.PathID, Numbered: numbered, Marks: r.Marks, Line: r.Line})
}

// enter hands a row on to the loader.
func (c *collector) enter(s common, neighbor netip.Addr, row rib.Row) {
	if err := c.loader.Add(s.shared, row); err != nil {
		c.skip(row.Line, "%v", err)
		return
	}
	c.count(rib.FamilyOf(row.Prefix), neighbor, s.notShown, s.start)
}

// takeBack uncounts a row that the loader could not enter.
func (c *collector) takeBack(line int, err error) {
	c.res.Routes--
	c.skip(line, "%v", err)
}

// handedOn waits for the loader, where there is one: all that is counted is in the table then.
func (c *collector) handedOn() {
	if c.loader != nil {
		c.loader.Close()
		c.loader = nil
	}
}

// count notes a row that was handed on.
func (c *collector) count(fam rib.Family, neighbor netip.Addr, notShown rib.AttrSet, start pathStart) {
	c.res.Routes++
	c.families[fam] = true
	c.notShown &= notShown
	c.sawNeighbor(neighbor)
	c.sawPath(start)
}

// stopped reports whether the caller gave up.
func (c *collector) stopped() bool { return c.ctx.Err() != nil }

// finish closes the counts and judges completeness (docs/formats/README.md, "Completeness").
func (c *collector) finish(shape rib.AttrSet) Result {
	h := &c.res.Header
	switch h.NotShown = c.notShown; {
	case c.hides != nil:
		h.NotShown = *c.hides
	case c.res.Routes == 0:
		h.NotShown = shape
	}
	for _, fam := range rib.Families {
		if c.families[fam] {
			h.Families = append(h.Families, fam)
		}
	}
	if c.stopped() {
		c.problem(0, "reading was stopped: %v", c.ctx.Err())
	}
	c.judge()
	if c.more > 0 {
		c.res.Errors = append(c.res.Errors, fmt.Sprintf("%sand %d more errors", c.at(0), c.more))
	}
	return c.res
}

func (c *collector) judge() {
	rows, want := c.res.Routes+c.res.Skipped, c.src.ExpectRoutes
	switch {
	case want >= 0 && want != rows:
		c.problem(0, "the config says routes: %d, the dump holds %d", want, rows)
	case rows == 0 && !c.zeroStated && !c.src.ExpectEmpty && want != 0 && !c.partial:
		c.problem(0, "the table is empty and nothing in the dump states its zero: write expect-empty: true if that is right")
	}
	switch {
	case c.partial, c.res.Skipped > c.src.TolerateSkipped:
		c.res.Complete = rib.CompleteNo
	case c.unproven && want < 0:
		c.res.Complete = rib.CompleteUnproven
	default:
		c.res.Complete = rib.CompleteYes
	}
}

// identities remembers which rows came already, as hashes: 8 bytes a row, and 8 more where
// contents are compared. Two rows of one hash count as the same; that costs the later one a
// higher path id, or in canonical records its place, once in some 10^7 full tables.
type identities struct {
	seed  maphash.Seed
	slots []uint64
	marks []uint64
	used  int
	next  map[identity]uint32 // the next free path id of identities that came twice
}

type identity struct {
	prefix   netip.Prefix
	neighbor netip.Addr
	pathID   uint32
}

// ordinal returns the path id for r: its own where that is free, else the next free one.
func (t *identities) ordinal(r rib.Route) uint32 {
	id := identity{r.Prefix, r.Neighbor, r.PathID}
	if _, seen := t.add(id, 0, false); !seen {
		return id.pathID
	}
	if t.next == nil {
		t.next = map[identity]uint32{}
	}
	first := id
	id.pathID = max(t.next[first], first.pathID+1)
	for {
		_, seen := t.add(id, 0, false)
		if !seen {
			t.next[first] = id.pathID + 1
			return id.pathID
		}
		id.pathID++
	}
}

// add remembers id and mark. Where id is known it returns the mark it came with.
func (t *identities) add(id identity, mark uint64, marked bool) (had uint64, seen bool) {
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
		t.grow(1<<6, marked)
	}
	if 4*t.used >= 3*len(t.slots) {
		t.grow(2*len(t.slots), marked)
	}
	h := maphash.Comparable(t.seed, id) | 1 // 0 is a free slot
	i := t.place(h)
	if t.slots[i] == h {
		if marked {
			return t.marks[i], true
		}
		return 0, true
	}
	t.slots[i] = h
	if marked {
		t.marks[i] = mark
	}
	t.used++
	return 0, false
}

func (t *identities) place(h uint64) int {
	mask := uint64(len(t.slots) - 1)
	i := (h >> 1) & mask
	for t.slots[i] != 0 && t.slots[i] != h {
		i = (i + 1) & mask
	}
	return int(i)
}

func (t *identities) grow(n int, marked bool) {
	slots, marks := t.slots, t.marks
	t.slots = make([]uint64, n)
	if marked {
		t.marks = make([]uint64, n)
	}
	for i, h := range slots {
		if h == 0 {
			continue
		}
		at := t.place(h)
		t.slots[at] = h
		if marked {
			t.marks[at] = marks[i]
		}
	}
}

// attrCache shares the attributes that rows repeat: a table of a million rows holds some ten
// thousand AS paths. It is emptied when it is full.
type attrCache[V any] struct{ known map[string]V }

func (c *attrCache[V]) get(text []byte, parse func(string) (V, error)) (V, error) {
	if v, ok := c.known[string(text)]; ok {
		return v, nil
	}
	key := string(text)
	v, err := parse(key)
	if err != nil {
		return v, err
	}
	if c.known == nil || len(c.known) >= 1<<14 {
		c.known = map[string]V{}
	}
	c.known[key] = v
	return v, nil
}
