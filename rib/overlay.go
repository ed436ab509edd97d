package rib

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// Overlay is a sight's table as it would be: with routes added, taken out or replaced, another local
// preference on a link, a link down. It shares the table and never writes to it.
//
// It costs as much as a sight, and a few kilobytes for each neighbour whose routes it changes, however
// large the table is. It is for one goroutine, and good as long as the sight is: until the table or a
// feed's state changes. Several may stand on one sight.
//
// Changes are of two kinds. [Overlay.Advertise] and [Overlay.Withdraw] change rows of feeds: the answers
// are those of a table that was loaded so. The others change what happens on a link. Then nobody knows
// what a router, a collector's peer or an observer with a table of its own would choose instead: what
// they chose is forgotten where the change touches it, so that the answer may be a tie or open, and
// never made up. Judgements of the evidence stay as they are: they speak of the dumps.
type Overlay struct {
	t    *Table
	opt  Options
	asIf asIf
	own  map[overlaid]bool
	fake map[supposedKey]FeedID
}

// overlaid is a neighbour whose columns the overlay has copied.
type overlaid struct {
	columnPeer
	fam Family
}

type supposedKey struct {
	link LinkID
	dir  Direction
}

// Overlay begins one, without a change.
func (s *Sight) Overlay() *Overlay {
	t := *s.t
	t.attrs = s.t.attrs.over()
	t.feeds = slices.Clone(s.t.feeds)
	for fam, ft := range s.t.fam {
		t.fam[fam] = ft.over(t.attrs)
	}
	return &Overlay{t: &t, opt: s.opt, asIf: s.asIf.clone(), own: map[overlaid]bool{}, fake: map[supposedKey]FeedID{}}
}

// Sight answers as if. Make it when all changes are made.
func (o *Overlay) Sight() *Sight {
	changes := o.asIf.clone()
	return newSight(o.t, o.opt, changes)
}

// Advertise puts a row into a feed, in the place of the one of its identity, as [Table.Advertise] does.
func (o *Overlay) Advertise(feed FeedID, r *Route) error {
	o.borrow(columnPeer{feed, r.Neighbor}, FamilyOf(r.Prefix))
	_, err := o.t.Advertise(feed, r)
	return err
}

// Withdraw takes a row out of a feed and reports whether it was there.
func (o *Overlay) Withdraw(feed FeedID, p netip.Prefix, neighbor netip.Addr, pathID uint32) bool {
	o.borrow(columnPeer{feed, neighbor}, FamilyOf(p))
	return o.t.Withdraw(feed, p, neighbor, pathID)
}

// Stop takes the route of a prefix off a link: we do not send it there any more, or do not accept it
// any more. It returns the rows that go.
func (o *Overlay) Stop(link LinkID, dir Direction, p netip.Prefix) []Entry {
	o.asIf.touch(dir, p)
	var gone []Entry
	for _, e := range o.t.Exact(p) {
		if e.Link == link && e.Tie == Tied && o.t.feeds[e.Feed].directionOf() == dir {
			o.Withdraw(e.Feed, p, e.Neighbor, e.PathID)
			gone = append(gone, e)
		}
	}
	return gone
}

// Offer puts a route on a link, in the place of those of its prefix there: we send it, and the neighbour
// takes it, where the rules let it; or the neighbour sends it, and we take it. An AS path is as the
// observer sees it: a sent one begins with our own ASN. It is an error where the prefix is not in
// canonical form.
func (o *Overlay) Offer(link LinkID, dir Direction, r Route) error {
	if _, canonical := bitsOf(r.Prefix); !canonical {
		return notCanonical(r.Prefix)
	}
	o.Stop(link, dir, r.Prefix)
	k := supposedKey{link, dir}
	feed, known := o.fake[k]
	if !known {
		l := &o.t.links[link]
		feed = FeedID(len(o.t.feeds))
		o.fake[k] = feed
		o.t.feeds = append(o.t.feeds, &Feed{
			Name: "as if on " + l.Name, Link: l.Name, Router: l.Router, View: Declared, staticReceives: dir == Received, supposed: true,
			State: FeedState{Families: slices.Clone(Families[:]), Complete: CompleteYes, ASPathForm: AsSent},
		})
	}
	r.Attrs.NotShown |= AttrBest
	return o.Advertise(feed, &r)
}

// Prefer sets the local preference that our import policy gives every route of the link.
func (o *Overlay) Prefer(link LinkID, preference uint32) {
	o.asIf.preferred[link] = preference
}

// Down takes a link down: no observer hears it. What is seen of its routes stays in the table.
func (o *Overlay) Down(link LinkID) { o.asIf.down[link] = true }

// borrow copies a neighbour's columns before the first change to them.
func (o *Overlay) borrow(peer columnPeer, fam Family) {
	if k := (overlaid{peer, fam}); !o.own[k] {
		o.own[k] = true
		o.t.fam[fam].copyPeer(peer)
	}
}

// over is a family's table for an overlay. It shares the columns.
func (ft *familyTable) over(attrs *attrStore) *familyTable {
	return &familyTable{prefixIndex: ft.prefixIndex.over(), columns: slices.Clone(ft.columns), peers: maps.Clone(ft.peers), links: ft.links, attrs: attrs}
}

// copyPeer gives an overlay columns of its own in the place of a neighbour's.
func (ft *familyTable) copyPeer(peer columnPeer) {
	theirs := ft.peers[peer]
	if theirs == nil {
		return
	}
	mine := &peerColumns{slices.Clone(theirs.columns)}
	ft.peers[peer] = mine
	for i, c := range mine.columns {
		own := *c
		own.cells, own.pathIDs = c.cells.over(), c.pathIDs.over()
		if own.attrs != nil {
			own.attrs = ft.attrs
		}
		mine.columns[i] = &own
		ft.columns[slices.Index(ft.columns, c)] = &own
	}
}

// asIf is what an overlay supposes of links.
type asIf struct {
	touched   [2][]netip.Prefix // by direction: prefixes with a route more or less
	preferred map[LinkID]uint32
	down      map[LinkID]bool
}

func (a *asIf) clone() asIf {
	out := asIf{preferred: map[LinkID]uint32{}, down: map[LinkID]bool{}}
	for dir := range a.touched {
		out.touched[dir] = slices.Clone(a.touched[dir])
	}
	maps.Copy(out.preferred, a.preferred)
	maps.Copy(out.down, a.down)
	return out
}

func (a *asIf) touch(dir Direction, p netip.Prefix) {
	if !slices.Contains(a.touched[dir], p) {
		a.touched[dir] = append(a.touched[dir], p)
	}
}

// changes reports whether the overlay supposes anything that our own routers choose by.
func (a *asIf) changes(dir Direction) bool {
	return len(a.touched[dir]) > 0 || len(a.down) > 0 || dir == Received && len(a.preferred) > 0
}

// moves reports whether routers choose anew between the routes of one prefix: one of them came, went, or
// is another's equal no more.
func (a *asIf) moves(dir Direction, p netip.Prefix, cs []candidate) bool {
	return slices.Contains(a.touched[dir], p) || slices.ContainsFunc(cs, func(c candidate) bool {
		_, preferred := a.preferred[c.link]
		return a.down[c.link] || preferred && dir == Received
	})
}

// forget forgets what was chosen between the routes of one prefix, where that is chosen anew.
func (a *asIf) forget(dir Direction, p netip.Prefix, cs []candidate) {
	if !a.changes(dir) || !a.moves(dir, p, cs) {
		return
	}
	for i := range cs {
		cs[i].anew = true
	}
}

// newChoice says why what the observer itself chose says nothing here; empty where it does.
func (d *decider) newChoice(cs []candidate, at netip.Prefix) string {
	a := &d.s.asIf
	if d.ob.Direction != Advertised || !a.changes(Advertised) {
		return ""
	}
	if !slices.ContainsFunc(cs, func(c candidate) bool { return c.anew }) && !slices.ContainsFunc(a.touched[Advertised], func(p netip.Prefix) bool { return contains(p, at) }) {
		return ""
	}
	for _, f := range d.s.t.feeds {
		if f.View == Chosen && f.Observer == d.ob.Name && f.declares(d.fam) && f.RowsUsable() {
			return fmt.Sprintf("what %s itself would choose then is not shown", d.ob.Name)
		}
	}
	return ""
}

// hearing leaves out of the observers' links those that are supposed to be down.
func (a *asIf) hearing(observers []*Observer) {
	if len(a.down) == 0 {
		return
	}
	for _, o := range observers {
		o.Hears = slices.DeleteFunc(slices.Clone(o.Hears), func(l LinkID) bool { return a.down[l] })
	}
}
