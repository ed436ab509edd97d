package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// declaration is a declared prefix, pool or service, seen as addresses that belong on links.
type declaration struct {
	Subject
	prefixes  []netip.Prefix
	links     []string
	never     []string
	backups   Backups
	more      *MoreSpecifics
	pos       string
	assumes   []string // what it takes on trust that traffic comes back to its prefixes at all
	byPools   bool     // a service that has no address of its own: its prefixes are its pools'
	nestOrder int      // among declarations of the same prefix: service before pool before prefix
}

func declarations(in *Intent) []*declaration {
	var out []*declaration
	for i := range in.Prefixes {
		p := &in.Prefixes[i]
		out = append(out, &declaration{Subject: Subject{"prefix", p.Name}, prefixes: p.Prefixes, links: p.Links, never: p.NeverLinks, backups: p.Backups, more: p.MoreSpecifics, pos: p.Pos})
	}
	for i := range in.Pools {
		p := &in.Pools[i]
		out = append(out, &declaration{Subject: Subject{"pool", p.Name}, prefixes: p.Prefixes, links: p.Links, backups: p.Backups, pos: p.Pos, nestOrder: 1})
	}
	for i := range in.Services {
		s := &in.Services[i]
		if len(s.Addresses) > 0 {
			out = append(out, &declaration{Subject: Subject{"service", s.Name}, prefixes: s.Addresses, links: s.Links, backups: s.Backups, pos: s.Pos, nestOrder: 2})
		}
	}
	return out
}

// bounds reports whether the declaration says where it may be advertised. One that does not leaves
// the question to the declaration around it.
func (d *declaration) bounds() bool { return len(d.links) > 0 || len(d.never) > 0 || d.more != nil }

// holds reports whether inner lies inside outer or equals it.
func holds(outer, inner netip.Prefix) bool {
	return outer.Addr().BitLen() == inner.Addr().BitLen() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// allows reports whether the declaration lets p, which lies inside q of it, be advertised on the
// link, and why not.
func (d *declaration) allows(p, q netip.Prefix, link string) (ok bool, why string) {
	if slices.Contains(d.never, link) {
		return false, "never-links names it"
	}
	if d.more != nil && p.Bits() > q.Bits() {
		if d.more.MaxLength > 0 && p.Bits() > d.more.MaxLength {
			return false, "it is longer than more-specifics.max-length"
		}
		if d.more.Links != nil && !slices.Contains(d.more.Links, link) {
			return false, "it is outside more-specifics.links"
		}
		if d.more.Links != nil {
			return true, ""
		}
	}
	if len(d.links) > 0 && !slices.Contains(d.links, link) && !d.backups.has(link) {
		return false, "it is outside its links"
	}
	return true, ""
}

// inFamily keeps the prefixes of one family.
func inFamily(ps []netip.Prefix, fam rib.Family) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range ps {
		if rib.FamilyOf(p) == fam {
			out = append(out, p)
		}
	}
	return out
}
