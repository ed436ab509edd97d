package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// asBackup is the other way out of a route on a link that it does not belong on: it may be the link's part as
// a backup. Then it is to be the longer way if whoever hears it counts that, and else to be carried only while
// the declaration's own links have no route.
func (ps *Pass) asBackup(p netip.Prefix, links []string, d *declaration) string {
	if !ps.mayStandIn(links, d) {
		return fmt.Sprintf("give what comes in by %s another way, and then stop advertising %s there", list(links), p)
	}
	key, how, compares := "backup-when-down", ps.onEach(StandIn, links, p), ""
	counted := func(ob *rib.Observer) bool {
		return ob.Direction == rib.Advertised && ps.hearsAny(ob, links) && ps.prependsCount(ob, slices.Concat(links, d.links))
	}
	asn := ps.oneNeighborAS(slices.Concat(links, d.links))
	if asn != 0 || slices.ContainsFunc(ps.Sight.Observers(), counted) {
		key, how = "backup", ps.onEach(Prepend, links, p)
	}
	if asn != 0 && !slices.ContainsFunc(ps.Sight.Observers(), counted) {
		compares = fmt.Sprintf(", which AS %d compares, as both end in it: declare it under observers:", asn)
	}
	for i := range how {
		how[i].Prepend, how[i].ASN, how[i].While = 2, ps.prependable(), d.links
	}
	return fmt.Sprintf("if %s is a backup there, make it so (%s%s) and write %s: [%s] under %s; else stop advertising it there",
		p, ps.tell(how), compares, key, strings.Join(links, ", "), d.Name)
}

// oneNeighborAS is the AS that all of the links end in; 0 if they end in several, or it is not declared.
func (ps *Pass) oneNeighborAS(links []string) uint32 {
	var asn uint32
	for _, name := range links {
		asns := ps.linkNamed(name).NeighborASNs
		if len(asns) != 1 || asn != 0 && asns[0] != asn {
			return 0
		}
		asn = asns[0]
	}
	return asn
}

// mayStandIn reports whether links may carry a declaration when its own do not: they are not among its
// never-links, and no Microsoft peering stands in for the internet, nor the other way round.
func (ps *Pass) mayStandIn(links []string, d *declaration) bool {
	microsofts := func(l string) bool { return ps.linkNamed(l).Kind == rib.ExpressRouteMicrosoft }
	return len(d.links) > 0 && !slices.ContainsFunc(links, func(l string) bool {
		return slices.Contains(d.never, l) || microsofts(l) != microsofts(d.links[0])
	})
}

// wrongAdvice takes a route off links on which its declaration does not want it. If they are of the kind that it
// does want, they may be meant to stand in.
func (ps *Pass) wrongAdvice(p netip.Prefix, links []string, d *declaration) *advice {
	ad := ps.withdrawAdvice(p, links, func() string { return ps.asBackup(p, links, d) })
	ad.note = func() string { return ps.standInNote(p, links, d) }
	return ad
}

func (ps *Pass) standInNote(p netip.Prefix, links []string, d *declaration) string {
	if !ps.mayStandIn(links, d) || len(ps.withdrawal(p, links)) == 0 {
		return ""
	}
	return fmt.Sprintf("if %s is to stand in for %s, write backup: or backup-when-down: [%s] under %s", list(links), list(d.links), strings.Join(links, ", "), d.Name)
}
