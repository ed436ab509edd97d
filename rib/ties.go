package rib

import "net/netip"

// Ties calls fn with how each route of p that the feed holds is tied, until fn returns false. It
// looks at no attribute, so that a writer can ask it of every update.
func (t *Table) Ties(feed FeedID, p netip.Prefix, fn func(LinkID, Tie) bool) {
	ft := t.fam[FamilyOf(p)]
	id, known := ft.lookup(p)
	if !known {
		return
	}
	for _, c := range ft.columns {
		if c.feed == feed && c.at(id).attrs != 0 && !fn(c.link, c.tie) {
			return
		}
	}
}
