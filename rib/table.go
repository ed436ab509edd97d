package rib

import (
	"fmt"
	"net/netip"
	"slices"
)

// FeedID numbers the feeds of a table, in the order of the config.
type FeedID int32

// LinkID numbers its links likewise.
type LinkID int32

// NoLink is the link of a route that is tied to none.
const NoLink LinkID = -1

// Update is the one thing that enters a table, whatever its source.
type Update struct {
	Kind   UpdateKind
	Feed   FeedID
	Route  Route  // Advertise: all of it. Withdraw: its identity (Prefix, Neighbor, PathID).
	Family Family // EndOfRIB
}

// UpdateKind says what an update does.
type UpdateKind uint8

// The kinds of update.
const (
	Advertise UpdateKind = iota
	Withdraw
	EndOfRIB // RFC 4724 2: the feed has sent all of the family that it had
)

// Table holds the routes of every feed. One goroutine writes; readers need a lock of the
// caller's against it. The zero value is not usable: call [NewTable].
type Table struct {
	links   []Link
	linkIDs map[string]LinkID
	feeds   []*Feed
	asns    []uint32
	attrs   *attrStore
	fam     [2]*familyTable
}

type familyTable struct {
	*prefixIndex
	columns []*column                // all, in the order they were made
	byPeer  map[columnPeer][]*column // those of one neighbour of one feed
}

type columnPeer struct {
	feed     FeedID
	neighbor netip.Addr
}

// column is a slab of routes: at most one a prefix, all of one feed, one neighbour and one link.
// A neighbour that gives several paths for a prefix (ADD-PATH) fills as many columns as the most
// it ever gave, however its path ids are numbered.
type column struct {
	feed     FeedID
	neighbor netip.Addr
	link     LinkID
	tie      Tie
	pages    []*page
	pathIDs  map[prefixID]uint32 // the ids that are not 0
	count    int
}

const (
	pageSize = 512
	// maxColumns bounds what a neighbour can make us hold by numbering paths: far more than any
	// router sends for one prefix. What does not fit is an error, never dropped in silence.
	maxColumns = 1024
)

type page [pageSize]cell

// cell is a route: its attributes, and its marks and line. attrs == 0 is no route.
type cell struct {
	attrs attrID
	meta  uint32 // marks in the low 5 bits, line above them
}

const (
	markBits = 5
	maxLine  = 1<<(32-markBits) - 1
)

func newCell(a attrID, marks Marks, line int) cell {
	return cell{a, uint32(marks)&(1<<markBits-1) | uint32(min(max(line, 0), maxLine))<<markBits}
}

func (c cell) marks() Marks { return Marks(c.meta & (1<<markBits - 1)) }
func (c cell) line() int    { return int(c.meta >> markBits) }

func (c *column) at(id prefixID) cell {
	if i := int(id) / pageSize; i < len(c.pages) && c.pages[i] != nil {
		return c.pages[i][int(id)%pageSize]
	}
	return cell{}
}

func (c *column) set(id prefixID, v cell) {
	i := int(id) / pageSize
	for len(c.pages) <= i {
		c.pages = append(c.pages, nil)
	}
	if c.pages[i] == nil {
		c.pages[i] = new(page)
	}
	c.pages[i][int(id)%pageSize] = v
}

// NewTable makes a table for a site's links and feeds that holds what the links' static: declares
// and nothing else. asns are the site's own AS numbers. The feeds stay the caller's to fill with state; their declarations must not change.
func NewTable(asns []uint32, links []Link, feeds []*Feed) *Table {
	t := &Table{links: links, feeds: feeds, asns: asns, attrs: newAttrStore(), linkIDs: map[string]LinkID{}}
	for i := range links {
		t.linkIDs[links[i].Name] = LinkID(i)
	}
	for _, f := range Families {
		t.fam[f] = &familyTable{prefixIndex: newPrefixIndex(f), byPeer: map[columnPeer][]*column{}}
	}
	t.feeds = slices.Clip(t.feeds)
	for i := range links {
		if st := links[i].Static; st != nil {
			t.declare(&links[i], false, st.Advertises)
			t.declare(&links[i], true, st.Receives)
		}
	}
	return t
}

// declare enters one direction of a link's static: as a feed of its own, behind the caller's.
func (t *Table) declare(l *Link, receives bool, prefixes []netip.Prefix) {
	f := &Feed{
		Name: "static " + l.Name, Link: l.Name, Router: l.Router, View: Declared, staticReceives: receives,
		State: FeedState{Families: slices.Clone(Families[:]), Complete: CompleteYes, Routes: len(prefixes)},
	}
	t.feeds = append(t.feeds, f)
	for _, p := range prefixes {
		r := Route{Prefix: p.Masked()}
		r.Attrs.NotShown = AttrNextHop | AttrASPath | AttrOrigin | AttrLocalPref | AttrMED | AttrCommunities |
			AttrLargeCommunities | AttrBest | AttrNeighbor | AttrNeighborASN
		_, _ = t.Advertise(FeedID(len(t.feeds)-1), &r) // the config has checked the prefix
	}
}

// Links are the table's own, by LinkID. Read only.
func (t *Table) Links() []Link { return t.links }

// Feeds are the table's own, by FeedID: the caller's, then those of static: declarations.
// Read only.
func (t *Table) Feeds() []*Feed { return t.feeds }

// LinkID finds a link by name.
func (t *Table) LinkID(name string) (LinkID, bool) {
	id, ok := t.linkIDs[name]
	return id, ok
}

// LinkName is the link's name, and empty for NoLink.
func (t *Table) LinkName(id LinkID) string {
	if id == NoLink {
		return ""
	}
	return t.links[id].Name
}

// Apply enters an update. An advertise replaces the route of the same identity.
func (t *Table) Apply(u Update) error {
	switch u.Kind {
	case Advertise:
		_, err := t.Advertise(u.Feed, &u.Route)
		return err
	case Withdraw:
		t.Withdraw(u.Feed, u.Route.Prefix, u.Route.Neighbor, u.Route.PathID)
	case EndOfRIB:
		f := t.feeds[u.Feed]
		if f.State.Complete != CompleteNo { // a feed that lost rows stays partial until it is resent
			f.State.Complete = CompleteYes
		}
		if !slices.Contains(f.State.Families, u.Family) {
			f.State.Families = append(f.State.Families, u.Family)
		}
		t.fam[u.Family].settle()
	}
	return nil
}

// Advertise enters one route and reports whether it took the place of another of its identity.
// It is an error, and nothing changes, where the prefix is not a masked, unmapped prefix, or the
// neighbour gives it more paths than any router would.
func (t *Table) Advertise(feed FeedID, r *Route) (replaced bool, err error) {
	p := r.Prefix
	if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() {
		return false, fmt.Errorf("prefix %v is not in canonical form", p)
	}
	ft := t.fam[FamilyOf(p)]
	link, tie := t.tie(t.feeds[feed], r)
	id, known := ft.lookup(p)
	peer := columnPeer{feed, r.Neighbor}
	columns := ft.byPeer[peer]
	var room, held *column // where the route goes, and where one of its identity stands
	for _, c := range columns {
		var old cell
		if known {
			old = c.at(id)
		}
		if old.attrs != 0 {
			if c.pathIDs[id] != r.PathID {
				continue
			}
			held = c
		}
		if (room == nil || held == c) && c.link == link && c.tie == tie {
			room = c
		}
		if room != nil && (held != nil || !known) {
			break
		}
	}
	if room == nil {
		if len(columns) >= maxColumns {
			return false, fmt.Errorf("more than %d paths of one neighbour for %v", maxColumns, p)
		}
		room = &column{feed: feed, neighbor: r.Neighbor, link: link, tie: tie}
		ft.byPeer[peer] = append(columns, room)
		ft.columns = append(ft.columns, room)
	}
	if !known {
		id = ft.add(p)
	}
	value := newCell(t.attrs.intern(&r.Attrs), r.Marks, r.Line)
	if held != nil {
		t.drop(held, id, held.at(id))
	}
	room.set(id, value)
	room.count++
	if r.PathID != 0 {
		if room.pathIDs == nil {
			room.pathIDs = map[prefixID]uint32{}
		}
		room.pathIDs[id] = r.PathID
	}
	return held != nil, nil
}

func (t *Table) drop(c *column, id prefixID, old cell) {
	c.set(id, cell{})
	c.count--
	delete(c.pathIDs, id)
	t.attrs.release(old.attrs)
}

// Withdraw takes one route out and reports whether it was there.
func (t *Table) Withdraw(feed FeedID, p netip.Prefix, neighbor netip.Addr, pathID uint32) bool {
	ft := t.fam[FamilyOf(p)]
	if !p.IsValid() {
		return false
	}
	id, known := ft.lookup(p)
	if !known {
		return false
	}
	for _, c := range ft.byPeer[columnPeer{feed, neighbor}] {
		if old := c.at(id); old.attrs != 0 && c.pathIDs[id] == pathID {
			t.drop(c, id, old)
			return true
		}
	}
	return false
}

// Flush takes every route of the feed out and returns how many they were.
func (t *Table) Flush(feed FeedID) int {
	flushed := 0
	for _, ft := range t.fam {
		ft.columns = slices.DeleteFunc(ft.columns, func(c *column) bool {
			if c.feed != feed {
				return false
			}
			flushed += c.count
			for _, pg := range c.pages {
				if pg == nil {
					continue
				}
				for _, v := range pg {
					if v.attrs != 0 {
						t.attrs.release(v.attrs)
					}
				}
			}
			return true
		})
		for peer := range ft.byPeer {
			if peer.feed == feed {
				delete(ft.byPeer, peer)
			}
		}
	}
	return flushed
}

// Settle brings the order for more-specific walks up to date. Queries are right without it, and
// slower while many new prefixes are pending; call it after a load.
func (t *Table) Settle() {
	for _, ft := range t.fam {
		ft.settle()
	}
}

// Len is the number of routes held.
func (t *Table) Len() int {
	n := 0
	for _, ft := range t.fam {
		for _, c := range ft.columns {
			n += c.count
		}
	}
	return n
}

// Entry is a route of the table and where it belongs.
type Entry struct {
	Route
	Feed FeedID
	Link LinkID
	Tie  Tie
}

// Exact returns the routes of p itself.
func (t *Table) Exact(p netip.Prefix) []Entry {
	ft := t.fam[FamilyOf(p)]
	id, known := ft.lookup(p)
	if !known {
		return nil
	}
	return t.entries(nil, ft, id)
}

// Covering returns the routes of every prefix that covers p, p included, shortest first.
func (t *Table) Covering(p netip.Prefix) []Entry {
	ft := t.fam[FamilyOf(p)]
	var out []Entry
	for _, id := range ft.chain(nil, p) {
		out = t.entries(out, ft, id)
	}
	return out
}

// LongestMatch returns the routes of the longest prefix with any route that covers a, or nil.
// It is the longest over all feeds together; each observer's own is in [Sight.Decide].
func (t *Table) LongestMatch(a netip.Addr) []Entry {
	p := netip.PrefixFrom(a, a.BitLen())
	ft := t.fam[FamilyOf(p)]
	chain := ft.chain(nil, p)
	for _, v := range slices.Backward(chain) {
		if out := t.entries(nil, ft, v); out != nil {
			return out
		}
	}
	return nil
}

// MoreSpecifics calls fn for each route of a prefix inside p, p itself left out, in address
// order, until fn returns false.
func (t *Table) MoreSpecifics(p netip.Prefix, fn func(Entry) bool) {
	ft := t.fam[FamilyOf(p)]
	var buf []Entry
	for _, id := range ft.within(nil, p) {
		buf = t.entries(buf[:0], ft, id)
		for _, e := range buf {
			if !fn(e) {
				return
			}
		}
	}
}

func (t *Table) entries(into []Entry, ft *familyTable, id prefixID) []Entry {
	for _, c := range ft.columns {
		if v := c.at(id); v.attrs != 0 {
			into = append(into, t.entry(ft, c, id, v))
		}
	}
	return into
}

func (t *Table) entry(ft *familyTable, c *column, id prefixID, v cell) Entry {
	return Entry{
		Route: Route{
			Prefix: ft.prefix(id), PathID: c.pathIDs[id], Neighbor: c.neighbor,
			Attrs: t.attrs.get(v.attrs), Marks: v.marks(), Line: v.line(),
		},
		Feed: c.feed, Link: c.link, Tie: c.tie,
	}
}

// Untied counts the routes of a feed that no rule ties to one link.
type Untied struct {
	Routes int
	First  Entry // one of them
}

// Unclassified counts, by feed and family, the routes that are tied to no link.
func (t *Table) Unclassified() map[FeedID][2]Untied {
	out := map[FeedID][2]Untied{}
	for fam, ft := range t.fam {
		for _, c := range ft.columns {
			if c.tie != Unclassified || c.count == 0 {
				continue
			}
			counts := out[c.feed]
			if counts[fam].Routes == 0 {
				if id, ok := c.first(); ok {
					counts[fam].First = t.entry(ft, c, id, c.at(id))
				}
			}
			counts[fam].Routes += c.count
			out[c.feed] = counts
		}
	}
	return out
}

// first is the first prefix of the column in id order.
func (c *column) first() (prefixID, bool) {
	for i, pg := range c.pages {
		if pg == nil {
			continue
		}
		for j, v := range pg {
			if v.attrs != 0 {
				return prefixID(i*pageSize + j), true
			}
		}
	}
	return 0, false
}
