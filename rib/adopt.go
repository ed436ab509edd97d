package rib

import (
	"reflect"
	"slices"
)

// Aside makes an empty table of the same links, feeds and own AS numbers, whose feeds' states are
// its own: a feed can be loaded into it while t goes on as it is, and be adopted when it is whole.
func (t *Table) Aside() *Table {
	var feeds []*Feed
	for _, f := range t.feeds {
		if f.View == Declared {
			continue // comes with its link
		}
		blank := *f
		blank.State = FeedState{}
		feeds = append(feeds, &blank)
	}
	return NewTable(t.asns, t.links, feeds)
}

// Adopt puts the routes of another table's feed in the place of those that the feed has. They are
// tied to links anew, by the rules of this table; what is known of a live feed's sessions comes with
// them, and the feed's state stays the caller's to set or judge. The other table is only read.
func (t *Table) Adopt(feed FeedID, from *Table, theirs FeedID) error {
	t.Flush(feed)
	for _, ft := range from.fam {
		for _, c := range ft.columns {
			if c.feed != theirs {
				continue
			}
			if err := t.adoptColumn(feed, from, ft, c); err != nil {
				return err
			}
		}
	}
	t.adoptPeers(feed, from.live[theirs])
	t.Settle()
	return nil
}

func (t *Table) adoptColumn(feed FeedID, from *Table, ft *familyTable, c *column) error {
	for id, v := range c.all() {
		e := from.entry(ft, c, id, v)
		if _, err := t.Advertise(feed, &e.Route); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) adoptPeers(feed FeedID, peers []*livePeer) {
	delete(t.live, feed)
	for _, p := range peers {
		*t.livePeer(feed, p.neighbor) = *p
	}
}

// SameGround reports whether the routes of both tables stand on the same declarations: own AS
// numbers, links and feeds, in the same order.
func (t *Table) SameGround(other *Table) bool {
	return slices.Equal(t.asns, other.asns) && reflect.DeepEqual(t.links, other.links) && slices.EqualFunc(t.feeds, other.feeds, (*Feed).SameDeclaration)
}

// SameDeclaration reports whether the feeds differ in their state at most.
func (f *Feed) SameDeclaration(other *Feed) bool {
	a, b := *f, *other
	a.State, b.State = FeedState{}, FeedState{}
	return reflect.DeepEqual(a, b)
}
