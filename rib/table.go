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
	Route  Route       // Advertise: all of it. Withdraw, TreatAsWithdraw: its identity (Prefix, Neighbor, PathID).
	Family Family      // EndOfRIB, whose Route names the Neighbor on a live feed
	Peer   *PeerChange // PeerUp, PeerDown, PeerPartial, whose Route names the Neighbor
}

// UpdateKind says what an update does.
type UpdateKind uint8

// The kinds of update.
const (
	Advertise UpdateKind = iota
	Withdraw
	EndOfRIB // RFC 4724 2: the feed has sent all of the family that it had

	// TreatAsWithdraw: the route came in a malformed message (RFC 7606 2). It stays as a row with the
	// mark Malformed and no attributes, which makes doubtful what it could decide.
	TreatAsWithdraw
	PeerUp      // a live session with the neighbour is established
	PeerDown    // it is over
	PeerPartial // not everything that the neighbour sent is here, until it comes up again
	PeerGone    // the neighbour is not expected any more: it goes with all its routes
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
	live    map[FeedID][]*livePeer
}

// NewTable makes a table for a site's links and feeds that holds what the links' static: declares
// and nothing else. asns are the site's own AS numbers. The feeds stay the caller's to fill with state; their declarations must not change.
func NewTable(asns []uint32, links []Link, feeds []*Feed) *Table {
	t := &Table{links: links, feeds: feeds, asns: asns, attrs: newAttrStore(), linkIDs: map[string]LinkID{}, live: map[FeedID][]*livePeer{}}
	for i := range links {
		t.linkIDs[links[i].Name] = LinkID(i)
	}
	for _, f := range Families {
		t.fam[f] = newFamilyTable(f, t)
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
	case TreatAsWithdraw:
		r := Route{Prefix: u.Route.Prefix, PathID: u.Route.PathID, Neighbor: u.Route.Neighbor, Marks: Malformed}
		r.Attrs.NotShown = ^AttrSet(0) // the message showed some of them, and none can be relied on
		_, err := t.Advertise(u.Feed, &r)
		return err
	case PeerUp:
		t.peerUp(u.Feed, u.Route.Neighbor, u.Peer)
	case PeerDown:
		t.peerDown(u.Feed, u.Route.Neighbor, u.Peer)
	case PeerGone:
		t.peerGone(u.Feed, u.Route.Neighbor)
	case PeerPartial:
		t.livePeer(u.Feed, u.Route.Neighbor).partial = u.Peer.Why
	case EndOfRIB:
		if p := t.knownPeer(u.Feed, u.Route.Neighbor); p != nil {
			t.peerEndOfRIB(p, u.Feed, u.Family)
			return nil
		}
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
	bits, canonical := bitsOf(r.Prefix)
	if !canonical {
		return false, notCanonical(r.Prefix)
	}
	ft := t.fam[FamilyOf(r.Prefix)]
	l := lane{columnPeer: columnPeer{feed, r.Neighbor}}
	l.link, l.tie = t.tie(t.feeds[feed], r)
	id := ft.enter(bits)
	ft.keepUp()
	set := r.Attrs
	set.rare = r.Marks & rareMarks
	attrs := t.attrs.intern(&set)
	old, err := ft.put(ft.peer(l.columnPeer), l, id, r.PathID, newCell(attrs, r.Marks, r.Line))
	if err != nil {
		t.attrs.release(attrs)
		return false, tooManyPaths(r.Prefix)
	}
	if old != 0 {
		t.attrs.release(old)
	}
	return old != 0, nil
}

func notCanonical(p netip.Prefix) error { return fmt.Errorf("prefix %v is not in canonical form", p) }

func (t *Table) drop(c *column, id prefixID) { t.attrs.release(c.take(id)) }

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
	for _, c := range ft.columnsOf(columnPeer{feed, neighbor}) {
		if c.at(id).attrs != 0 && c.pathID(id) == pathID {
			t.drop(c, id)
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
			for _, v := range c.all() {
				t.attrs.release(v.attrs)
			}
			return true
		})
		for peer := range ft.peers {
			if peer.feed == feed {
				delete(ft.peers, peer)
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
	for _, id := range ft.within(p, ft.pendingInside(p)) {
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
	a := t.attrs.get(v.attrs)
	marks := v.marks() | a.rare
	a.rare = 0
	return Entry{
		Route: Route{
			Prefix: ft.prefix(id), PathID: c.pathID(id), Neighbor: c.neighbor,
			Attrs: a, Marks: marks, Line: v.line(),
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
