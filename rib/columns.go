package rib

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
)

// familyTable is one family's prefixes, and the routes beside them.
type familyTable struct {
	*prefixIndex
	columns []*column // all; those of one lane lie side by side, the lanes in the order they came
	peers   map[columnPeer]*peerColumns
	links   []Link
	attrs   *attrStore
}

func newFamilyTable(f Family, t *Table) *familyTable {
	return &familyTable{prefixIndex: newPrefixIndex(f), peers: map[columnPeer]*peerColumns{}, links: t.links, attrs: t.attrs}
}

// columnPeer is one neighbour of one feed.
type columnPeer struct {
	feed     FeedID
	neighbor netip.Addr
}

// peerColumns are a neighbour's, in the order of familyTable.columns.
type peerColumns struct{ columns []*column }

func (ft *familyTable) peer(p columnPeer) *peerColumns {
	if ft.peers[p] == nil {
		ft.peers[p] = new(peerColumns)
	}
	return ft.peers[p]
}

func (ft *familyTable) columnsOf(p columnPeer) []*column {
	if known := ft.peers[p]; known != nil {
		return known.columns
	}
	return nil
}

// lane is where a route goes beside its prefix: whose it is, and to which link it is tied.
type lane struct {
	columnPeer
	link LinkID
	tie  Tie
}

// column is a slab of routes of one lane: at most one a prefix. A neighbour that gives several
// paths for a prefix (ADD-PATH) fills as many columns as the most it ever gave, however its path
// ids are numbered.
type column struct {
	lane
	cells   slab[cell]
	pathIDs slab[uint32] // those that are not 0
	count   int
	attrs   *attrStore // nil where prefs are not counted: the link declares no preference
	prefs   int        // routes that show a local preference
}

// maxColumns bounds what a neighbour can make us hold by numbering paths: far more than any
// router sends for one prefix. What does not fit is an error, never dropped in silence.
const maxColumns = 1024

// cell is a route: its attributes, and its marks and line. attrs == 0 is no route.
type cell struct {
	attrs attrID
	meta  uint32 // marks in the low 6 bits, line above them
}

const (
	markBits = 6
	maxLine  = 1<<(32-markBits) - 1
)

func newCell(a attrID, marks Marks, line int) cell {
	return cell{a, uint32(marks)&(1<<markBits-1) | uint32(min(max(line, 0), maxLine))<<markBits}
}

func (c cell) marks() Marks { return Marks(c.meta & (1<<markBits - 1)) }
func (c cell) line() int    { return int(c.meta >> markBits) }

func (c *column) at(id prefixID) cell       { return c.cells.at(id) }
func (c *column) pathID(id prefixID) uint32 { return c.pathIDs.at(id) }
func (c *column) set(id prefixID, v cell)   { c.cells.set(id, v) }

func (c *column) setPathID(id prefixID, pathID uint32) {
	if pathID != c.pathID(id) {
		c.pathIDs.set(id, pathID)
	}
}

// first is the first prefix of the column in id order.
func (c *column) first() (prefixID, bool) {
	for id := range c.all() {
		return id, true
	}
	return 0, false
}

// all goes through the column's routes, in the order of their prefixes' ids.
func (c *column) all() iter.Seq2[prefixID, cell] { return c.cells.all() }

// take empties a place, and returns the attributes that it held.
func (c *column) take(id prefixID) attrID {
	old := c.at(id).attrs
	c.set(id, cell{})
	c.setPathID(id, 0)
	c.tally(old, -1)
	return old
}

func (c *column) give(id prefixID, pathID uint32, v cell) {
	c.set(id, v)
	c.setPathID(id, pathID)
	c.tally(v.attrs, 1)
}

func (c *column) tally(id attrID, n int) {
	c.count += n
	if c.attrs != nil && c.attrs.showsLocalPref(id) {
		c.prefs += n
	}
}

// more makes the lane's next column, behind its last one; nil where it has as many as it may.
func (ft *familyTable) more(of *peerColumns, l lane) *column {
	c, n := &column{lane: l}, 0
	for _, other := range of.columns {
		if other.lane == l {
			n++
		}
	}
	if n == maxColumns {
		return nil
	}
	if l.link != NoLink && ft.links[l.link].Preference.Set {
		c.attrs = ft.attrs
	}
	ft.columns = beside(ft.columns, c, n == 0)
	of.columns = beside(of.columns, c, n == 0)
	return c
}

// beside puts a column behind those of its lane, which lie side by side; first says that it is the lane's first.
func beside(columns []*column, c *column, first bool) []*column {
	if first {
		return append(columns, c) // without a look: a feed may have as many lanes as rows
	}
	for i, other := range slices.Backward(columns) {
		if other.lane == c.lane {
			return slices.Insert(columns, i+1, c)
		}
	}
	return append(columns, c)
}

var errPaths = errors.New("too many paths")

func tooManyPaths(p netip.Prefix) error {
	return fmt.Errorf("more than %d paths of one neighbour for %v", maxColumns, p)
}

// put enters a route. Where one of its identity stands it takes that one's place, and old are the
// attributes which that one gives back. It fails with errPaths, and changes nothing.
func (ft *familyTable) put(of *peerColumns, l lane, id prefixID, pathID uint32, v cell) (old attrID, err error) {
	var room, held *column // where the route goes, and where one of its identity stands
	for _, c := range of.columns {
		if c.at(id).attrs != 0 {
			if c.pathID(id) != pathID {
				continue
			}
			held = c
		}
		if (room == nil || held == c) && c.lane == l {
			room = c
		}
		if room != nil && held != nil {
			break
		}
	}
	if room == nil {
		if room = ft.more(of, l); room == nil {
			return 0, errPaths
		}
	}
	if held != nil {
		old = held.take(id)
	}
	room.give(id, pathID, v)
	return old, nil
}

// free is the path id for a row whose own another row may have: its own, or the next one that no
// row has.
func (p *peerColumns) free(id prefixID, pathID uint32) (uint32, error) {
	if !slices.ContainsFunc(p.columns, func(c *column) bool { return c.at(id).attrs != 0 && c.pathID(id) == pathID }) {
		return pathID, nil
	}
	var taken [maxColumns]bool // from pathID on
	for _, c := range p.columns {
		if c.at(id).attrs == 0 {
			continue
		}
		if n := c.pathID(id) - pathID; n < maxColumns {
			taken[n] = true
		}
	}
	n := slices.Index(taken[:], false)
	if n < 0 || pathID+uint32(n) < pathID {
		return 0, errPaths
	}
	return pathID + uint32(n), nil
}
