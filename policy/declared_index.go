package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// declaredIndex finds declarations by their prefixes. There may be tens of thousands.
type declaredIndex struct {
	nest    nest[*heldPrefix]
	bounded [2][]*heldPrefix // by family, those of declarations that bound their links, in address order
}

// heldPrefix is a prefix of one or more declarations.
type heldPrefix struct {
	prefix netip.Prefix
	best   *declaration // the one that governs it among all
	bounds *declaration // the one that governs it among those that bound their links; nil: none does
	other  *declaration // another one that bounds its links; nil: there is none
	links  map[string]bool
}

func indexDeclared(all []*declaration) *declaredIndex {
	x := &declaredIndex{}
	for _, d := range all {
		for _, p := range d.prefixes {
			x.add(d, p.Masked())
		}
	}
	for fam := range x.bounded {
		slices.SortFunc(x.bounded[fam], func(a, b *heldPrefix) int { return a.prefix.Compare(b.prefix) })
	}
	return x
}

func (x *declaredIndex) add(d *declaration, p netip.Prefix) {
	h, known := x.nest.of(p)
	if !known {
		h = &heldPrefix{prefix: p, links: map[string]bool{}}
		x.nest.put(p, h)
	}
	for _, l := range d.links {
		h.links[l] = true
	}
	h.best = deeper(h.best, d)
	switch {
	case !d.bounds():
	case h.bounds == nil:
		h.bounds = d
		x.bounded[rib.FamilyOf(p)] = append(x.bounded[rib.FamilyOf(p)], h)
	case h.bounds != d:
		best := deeper(h.bounds, d)
		if h.other == nil || best == d {
			h.other = h.bounds
			if best != d {
				h.other = d
			}
		}
		h.bounds = best
	}
}

// deeper is the one of two declarations of one prefix that governs it: a service before a pool
// before a prefix, and else the first.
func deeper(a, b *declaration) *declaration {
	if a == nil || b.nestOrder > a.nestOrder {
		return b
	}
	return a
}

// governing finds the most specific declaration that holds p, and the declared prefix that does:
// among those that bound their links, or where none does among all.
func (ps *Pass) governing(p netip.Prefix) (d *declaration, held netip.Prefix) {
	ps.heed()
	ps.index.nest.around(p, func(q netip.Prefix, h *heldPrefix) bool {
		if d == nil {
			d, held = h.best, q
		}
		if h.bounds != nil {
			d, held = h.bounds, q
		}
		return h.bounds != nil
	})
	return d, held
}

// outermostMissing is the widest declared prefix around p that belongs on the link and has no route
// there either, so that one absence is one cause however declarations nest in it.
func (ps *Pass) outermostMissing(p netip.Prefix, link string) netip.Prefix {
	id, ok := ps.table.LinkID(link)
	if !ok {
		return p
	}
	widest := p
	ps.index.nest.around(p, func(q netip.Prefix, h *heldPrefix) bool {
		if q.Bits() < p.Bits() && h.links[link] && len(ps.Sight.CoveringAdvertised(id, q)) == 0 {
			widest = q
		}
		return false
	})
	return widest
}

// inside lists the prefixes inside p, or p itself, of declarations that bound their links.
func (x *declaredIndex) inside(p netip.Prefix) []*heldPrefix {
	return insideOf(x.bounded[rib.FamilyOf(p)], p, func(h **heldPrefix) netip.Prefix { return (*h).prefix })
}
