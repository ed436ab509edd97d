package rib

import "slices"

// Tie says how a route was tied to a link.
type Tie uint8

const (
	// Tied: the route is its link's.
	Tied Tie = iota
	// Unclassified: no rule ties it, or two tie it differently. It makes unknown every decision
	// that it could change.
	Unclassified
	// Ignored: a rule says so.
	Ignored
	// Foreign: a row of a far table that is not ours (our ASN does not stand next to the observer).
	Foreign
	// Own: the router's own network. Nobody sent it to us.
	Own
	// Internal: a copy of what another router received, sent by an iBGP neighbour.
	Internal
	// Elsewhere: a row of a far table that is ours, and about another link than the feed's.
	Elsewhere
)

var tieNames = [...]string{"tied", "unclassified", "ignored", "foreign", "own", "internal", "elsewhere"}

func (t Tie) String() string { return tieNames[t] }

// tie finds the link of a route from the declaration of its feed.
func (t *Table) tie(f *Feed, r *Route) (LinkID, Tie) {
	switch {
	case f.View == FarEnd:
		return t.tieFarEnd(f, r)
	case f.View == Collector:
		return t.tieCollector(r)
	case selfMade(f, r):
		return NoLink, Ignored
	case f.Link != "":
		return t.tieNamed(f, r)
	case f.Mirrors != "":
		return t.linkNamed(f.Mirrors)
	}
	return t.tieByRules(f, r)
}

// linkNamed: a name that no link bears ties nothing, rather than the first link of the config.
func (t *Table) linkNamed(name string) (LinkID, Tie) {
	if link, ok := t.linkIDs[name]; ok {
		return link, Tied
	}
	return NoLink, Unclassified
}

// selfMade reports whether a received table's row is the router's own route: no path, and a next
// hop of 0.0.0.0 or ::. Nobody sent it to us.
func selfMade(f *Feed, r *Route) bool {
	return f.View.Received() && !f.View.Advertised() && len(r.Attrs.ASPath) == 0 &&
		!r.Attrs.NotShown.Has(AttrASPath) && r.Attrs.NextHop.IsValid() && r.Attrs.NextHop.IsUnspecified()
}

// tieFarEnd: a row counts only where our ASN, repeats folded, stands next to the neighbour whose
// table it is: leftmost, or behind the neighbour's own number where its table shows it.
func (t *Table) tieFarEnd(f *Feed, r *Route) (LinkID, Tie) {
	link, ok := t.linkIDs[f.Link]
	if !ok || r.Attrs.NotShown.Has(AttrASPath) {
		return NoLink, Unclassified // whose route it is cannot be told
	}
	for _, seg := range r.Attrs.ASPath {
		if seg.Type != ASSequence {
			break
		}
		for _, asn := range seg.ASNs {
			if t.own(asn) {
				return link, Tied
			}
			if !t.links[link].HasNeighborASN(asn) {
				return NoLink, Foreign
			}
		}
	}
	return NoLink, Foreign
}

// tieCollector: the link is that of the ASN left of the first of ours.
func (t *Table) tieCollector(r *Route) (LinkID, Tie) {
	if r.Attrs.NotShown.Has(AttrASPath) {
		return NoLink, Unclassified
	}
	before, ours := uint32(0), false
scan:
	for _, seg := range r.Attrs.ASPath {
		set := seg.Type == ASSet
		if set {
			before = 0 // a set names no single neighbour
		}
		for _, asn := range seg.ASNs {
			if t.own(asn) {
				ours = true
				break scan
			}
			if !set {
				before = asn
			}
		}
	}
	if !ours {
		return NoLink, Foreign
	}
	return t.onlyLinkOf(before, "")
}

// tieNamed: the feed's own link, but in a received view a row that begins with the ASN of a known
// other neighbour is that neighbour's.
func (t *Table) tieNamed(f *Feed, r *Route) (LinkID, Tie) {
	link, tie := t.linkNamed(f.Link)
	first, ok := r.Attrs.ASPath.First()
	if tie != Tied {
		return link, tie
	}
	if !f.View.Received() || f.View.Advertised() || !ok || len(t.links[link].NeighborASNs) == 0 || t.links[link].HasNeighborASN(first) {
		return link, Tied
	}
	for i := range t.links {
		if t.links[i].HasNeighborASN(first) {
			return t.onlyLinkOf(first, f.Router)
		}
	}
	return link, Tied
}

func (t *Table) tieByRules(f *Feed, r *Route) (LinkID, Tie) {
	link, tied := NoLink, false
	for i := range f.Classify {
		rule := &f.Classify[i]
		if !rule.fits(r) {
			continue
		}
		if rule.Ignore {
			return NoLink, Ignored
		}
		id, named := t.linkNamed(rule.Link)
		if named != Tied || tied && id != link {
			return NoLink, Unclassified
		}
		link, tied = id, true
	}
	if tied {
		return link, Tied
	}
	if first, ok := r.Attrs.ASPath.First(); ok && f.View.Received() && !f.View.Advertised() {
		return t.onlyLinkOf(first, f.Router)
	}
	return NoLink, Unclassified
}

// onlyLinkOf is the one link with that neighbour ASN (on that router, where one is named).
func (t *Table) onlyLinkOf(asn uint32, router string) (LinkID, Tie) {
	found := NoLink
	for i := range t.links {
		l := &t.links[i]
		if asn == 0 || !l.HasNeighborASN(asn) || router != "" && l.Router != "" && l.Router != router {
			continue
		}
		if found != NoLink {
			return NoLink, Unclassified
		}
		found = LinkID(i)
	}
	if found == NoLink {
		return NoLink, Unclassified
	}
	return found, Tied
}

func (t *Table) own(asn uint32) bool {
	return slices.Contains(t.asns, asn)
}

// fits reports whether every condition that the rule sets holds for the route. BMP peers are
// neighbours by another name: the station fills Neighbor with the peer's address.
func (c *ClassifyRule) fits(r *Route) bool {
	first, hasFirst := r.Attrs.ASPath.First()
	switch {
	case c.BMPPeer.IsValid() && c.BMPPeer != r.Neighbor,
		c.Neighbor.IsValid() && c.Neighbor != r.Neighbor,
		c.NextHop.IsValid() && c.NextHop != r.Attrs.NextHop,
		c.Community != nil && !r.Attrs.HasCommunity(*c.Community),
		c.FirstASN != 0 && (!hasFirst || first != c.FirstASN):
		return false
	}
	return c.BMPPeer.IsValid() || c.Neighbor.IsValid() || c.NextHop.IsValid() || c.Community != nil || c.FirstASN != 0
}
