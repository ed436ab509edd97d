package rib

import (
	"fmt"
	"net/netip"
)

// untiedBecause says why a row is tied to no link, and so what would settle it.
func (t *Table) untiedBecause(f *Feed, from netip.Addr, set attrID, a *attrFacts) string {
	far := f.View == FarEnd || f.View == Collector || f.View == Chosen
	path := func() string { r := attrReader{t.attrs.bytes(set)}; return r.ranking().ASPath.String() }
	switch {
	case far && a.notShown.Has(AttrASPath):
		return fmt.Sprintf("feed %s shows no AS path, so whose row it is cannot be told", f.Name)
	case far && !a.ownInPath && a.first == 0:
		return fmt.Sprintf("it is in our declared space, and feed %s shows no AS in its path", f.Name)
	case far && !a.ownInPath:
		return fmt.Sprintf("it is in our declared space, and its AS path %s in feed %s names none of site.asns", path(), f.Name)
	case far && len(f.Classify) == 0:
		return fmt.Sprintf("in its AS path %s in feed %s the ASN left of ours is not that of one link", path(), f.Name)
	case f.whole() && t.deniedBy(a.first, from):
		return fmt.Sprintf("feed %s shows that %s sent it, which is under neighbors: of no link with AS %d: if it is an iBGP neighbor, a rule {neighbor: %[2]s, ignore: true} says so", f.Name, from, a.first)
	case !far && a.first != 0 && !t.anySends(a.first):
		return fmt.Sprintf("no rule of feed %s ties it to one link: it begins with AS %d, which no link has", f.Name, a.first)
	}
	return fmt.Sprintf("no rule of feed %s ties it to one link", f.Name)
}

// deniedBy reports whether links with the ASN are there, and each lists neighbours that the address is
// none of.
func (t *Table) deniedBy(asn uint32, from netip.Addr) bool {
	found := false
	for i := range t.links {
		if l := &t.links[i]; asn != 0 && l.sends(asn) {
			if !l.denies(from) {
				return false
			}
			found = true
		}
	}
	return found
}

func (t *Table) anySends(asn uint32) bool {
	for i := range t.links {
		if t.links[i].sends(asn) {
			return true
		}
	}
	return false
}
