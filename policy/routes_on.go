package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// routesOn says for which of some addresses links have a route that is heard.
type routesOn struct {
	certain []netip.Prefix // for certain
	lacked  []netip.Prefix // for certain not, as far as their feeds show
	open    []netip.Prefix // only one that may not be there
	blind   bool           // one of the links may carry what no feed shows
	untied  bool           // a route that is tied to no link may be one of theirs
}

// all reports whether there is a route for every address, none that there is for none: both for certain.
func (r *routesOn) all() bool  { return len(r.lacked)+len(r.open) == 0 }
func (r *routesOn) none() bool { return len(r.certain)+len(r.open) == 0 && !r.blind && !r.untied }

// routesFor looks for routes of addresses on links.
func (ps *Pass) routesFor(links []string, set []netip.Prefix, fam rib.Family) *routesOn {
	r := &routesOn{lacked: set}
	doubted := set
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		r.lacked = ps.lacking(id, r.lacked, fam).certain
		lk := ps.lacking(id, doubted, fam)
		doubted = append(lk.certain, lk.doubted...)
		cover := ps.Sight.Coverage(id, rib.Advertised, fam)
		r.blind = r.blind || !cover.Covered || cover.Scope != nil
	}
	for _, name := range links {
		ps.eachUntied(name, r.lacked, fam, func(*advertisedRow) { r.untied = true })
	}
	r.certain, r.open = without(set, doubted, fam), without(doubted, r.lacked, fam)
	return r
}

// without takes addresses out of others.
func without(set, less []netip.Prefix, fam rib.Family) []netip.Prefix {
	var b netipx.IPSetBuilder
	for _, p := range set {
		b.AddPrefix(p)
	}
	for _, p := range less {
		b.RemovePrefix(p)
	}
	return setPrefixes(&b, fam)
}

// eachUntied calls fn for every advertised route that is tied to no link, may be the link's, and shares an
// address with the set.
func (ps *Pass) eachUntied(link string, set []netip.Prefix, fam rib.Family, fn func(*advertisedRow)) {
	for _, p := range set {
		rows := ps.untied(fam).touching(p)
		for i := range rows {
			if slices.Contains(ps.mayBeOn(&rows[i]), link) {
				fn(&rows[i])
			}
		}
	}
}

// leaveRoutesOpen leaves the running check open, on the links on, where one of links may have a route for
// addresses of the set: it is blind, or the route is doubtful, or tied to no link.
func (ps *Pass) leaveRoutesOpen(links []string, set []netip.Prefix, fam rib.Family, what string, on ...string) {
	ps.leaveOpenByBlind(links, rib.Advertised, fam, what, on)
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		if lk := ps.lacking(id, set, fam); len(lk.doubted) > 0 {
			ps.leaveOpenOn(gap{link: id, dir: rib.Advertised, fam: fam}, fmt.Sprintf("%s: %s on %s: %s", what, list(prefixTexts(lk.doubted)), name, lk.why), on...)
		}
		ps.eachUntied(name, set, fam, func(row *advertisedRow) {
			ps.openByUntied(row, fmt.Sprintf("%s may be there: %s", row.Prefix, row.fate.Doubt), on...)
		})
	}
}
