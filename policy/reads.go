package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// Reads is what audits of an intent read of received routes. Checks read every advertised route; of
// received ones they read those of the remotes' addresses, unless a remote is made of routes. Hints are no answer:
// how much is tried for them depends on the size of the table.
type Reads struct {
	every   bool            // a remote is made of received routes
	remotes *netipx.IPSet   // the addresses of the others
	links   map[string]bool // whose received routes are read for something else
	audited [2]bool         // families that are audited whatever the feeds hold
}

// Reads works out what audits read, from the remotes that services name.
func (in *Intent) Reads() *Reads {
	r := &Reads{links: map[string]bool{}}
	var b netipx.IPSetBuilder
	remotes := map[string]int{}
	for i := range in.Remotes {
		remotes[in.Remotes[i].Name] = i
	}
	for i := range in.Services {
		at, named := remotes[in.Services[i].Remote]
		if !named || in.Remotes[at].DefaultOnly || len(in.Remotes[at].Communities) > 0 {
			r.every = true
			continue
		}
		m := &in.Remotes[at]
		for _, p := range slices.Concat(m.Prefixes, m.ServiceTags, m.M365Endpoints) {
			b.AddPrefix(p)
		}
	}
	for i := range in.Links {
		if l := &in.Links[i]; l.Preference.Set { // held against what every route shows
			r.links[l.Name] = true
		}
	}
	for _, fam := range rib.Families {
		r.audited[fam] = len(in.Site.Families) > 0 || slices.ContainsFunc(declarations(in), func(d *declaration) bool { return len(inFamily(d.prefixes, fam)) > 0 })
	}
	r.remotes, _ = b.IPSet() // fails on an invalid prefix alone, and a config has none
	return r
}

// Received reports whether an audit could come out otherwise by a route of the prefix that a feed
// shows as received on the link: true wherever that is not certain. The route must be tied to a link,
// or ignored: what is tied to none is always read.
func (r *Reads) Received(f *rib.Feed, link string, p netip.Prefix) bool {
	return r.every || f.Failing() != "" || r.links[link] || !r.audited[rib.FamilyOf(p)] || r.remotes == nil || r.remotes.OverlapsPrefix(p)
}
