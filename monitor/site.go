package monitor

import (
	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Site is what one config declares, and a table for its routes.
type Site struct {
	Intent    *policy.Intent
	Table     *rib.Table // with the feeds that are files read; the monitor's own from then on
	Options   rib.Options
	Neighbors []bgp.Neighbor // the sessions; Feed is the table's
	Files     []File         // the feeds that are files
}

// sameSession reports whether a session can go on as it is under a new config: its neighbour is
// asked for the same, and what it sends is held in the same form.
func sameSession(old, next *Site, was, is *bgp.Neighbor) bool {
	mirrors := func(s *Site, n *bgp.Neighbor) bool { return s.Table.Feeds()[n.Feed].Mirrors != "" }
	a := *was
	a.Feed = is.Feed
	return a.Same(is) && mirrors(old, was) == mirrors(next, is)
}

// session finds the session of a config that goes on as one of the next config; nil if none does.
func (s *Site) session(next *Site, is *bgp.Neighbor) *bgp.Neighbor {
	for i := range s.Neighbors {
		if was := &s.Neighbors[i]; sameSession(s, next, was, is) {
			return was
		}
	}
	return nil
}

// feed finds a feed of the same declaration.
func (s *Site) feed(like *rib.Feed) (rib.FeedID, bool) {
	for id, f := range s.Table.Feeds() {
		if f.SameDeclaration(like) {
			return rib.FeedID(id), true
		}
	}
	return 0, false
}
