package rib

import (
	"net/netip"
	"slices"
)

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
	if ignored(f, r) {
		return NoLink, Ignored
	}
	switch f.View {
	case FarEnd:
		return t.tieFarEnd(f, r)
	case Collector, Chosen:
		return t.tieFarther(f, r)
	case AdjRIBInPost, AdjRIBInPre, BGPTable, LocRIB:
		return t.tieReceived(f, r)
	}
	switch {
	case f.Link != "":
		return t.linkNamed(f.Link)
	case f.Mirrors != "":
		return t.linkNamed(f.Mirrors)
	}
	link, tie, matched := t.tieByRules(f, r)
	if first, ok := r.Attrs.ASPath.First(); !matched && ok && f.View == Monitor {
		return t.onlyLinkOf(first, f.Router)
	}
	return link, tie
}

// linkNamed: a name that no link bears ties nothing, rather than the first link of the config.
func (t *Table) linkNamed(name string) (LinkID, Tie) {
	if link, ok := t.linkIDs[name]; ok {
		return link, Tied
	}
	return NoLink, Unclassified
}

// tieReceived ties a row of a table of what our router received. What it made itself, and copies that
// its iBGP neighbours sent, are no link's.
func (t *Table) tieReceived(f *Feed, r *Route) (LinkID, Tie) {
	if madeHere(f, r) {
		return NoLink, Own
	}
	internal := t.internal(r)
	link, tie, matched := t.tieByRules(f, r)
	switch {
	case matched && (!internal || tie != Tied || !t.byFirstASN(f, r)):
	case internal && f.View == LocRIB:
		return NoLink, Unclassified // the router sends by another one: by which link is not shown
	case internal:
		return NoLink, Internal
	case f.Link != "":
		link, tie = t.tieNamed(f, r)
	default:
		link, tie = NoLink, Unclassified
		if first, ok := r.Attrs.ASPath.First(); ok {
			link, tie = t.onlyLinkOf(first, f.Router)
		}
	}
	if tie == Tied && f.whole() && t.links[link].denies(r.Neighbor) && (!matched || t.byFirstASN(f, r)) {
		return NoLink, Unclassified // another router may have sent it: its first ASN alone does not tell
	}
	return link, tie
}

// whole reports whether the view is a router's whole table, whichever neighbour a row came from.
func (f *Feed) whole() bool { return f.View == BGPTable || f.View == LocRIB }

// denies reports whether the link lists the addresses of its neighbour, and a is none of them. A
// link-local one tells no neighbours apart.
func (l *Link) denies(a netip.Addr) bool {
	return a.IsValid() && !a.IsLinkLocalUnicast() && l.listsFamilyOf(a) && !slices.ContainsFunc(l.Neighbors, func(n netip.Addr) bool {
		return n.WithZone("").Unmap() == a.Unmap()
	})
}

// madeHere reports whether a received table's row is the router's own network: nobody outside sends a
// route without an AS path (RFC 4271 5.1.2). In a whole table no next hop need say so.
func madeHere(f *Feed, r *Route) bool {
	if len(r.Attrs.ASPath) > 0 || r.Attrs.NotShown.Has(AttrASPath) || r.Marks.Has(IBGP) {
		return false
	}
	hop := r.Attrs.NextHop
	if hop.IsValid() && hop.IsUnspecified() {
		return true
	}
	return f.whole() && !r.Neighbor.IsValid() && !hop.IsValid() && !r.Attrs.NotShown.Has(AttrNextHop)
}

// internal reports whether an iBGP neighbour sent the row.
func (t *Table) internal(r *Route) bool {
	return r.Marks.Has(IBGP) || r.Attrs.NeighborASN != 0 && t.own(r.Attrs.NeighborASN)
}

// tieFarEnd: a row counts only where our ASN, repeats folded, stands next to the neighbour whose
// table it is: leftmost, behind the neighbour's own number where its table shows it, or behind a
// layer-3 provider's.
func (t *Table) tieFarEnd(f *Feed, r *Route) (LinkID, Tie) {
	link, tie := t.linkNamed(f.Link)
	if len(f.Classify) > 0 {
		link, tie, _ = t.tieByRules(f, r)
	}
	if r.Attrs.NotShown.Has(AttrASPath) {
		return NoLink, Unclassified // whose route it is cannot be told
	}
	before, ours := t.leftOfOurs(r.Attrs.ASPath)
	switch {
	case !ours:
		return NoLink, Foreign
	case tie != Tied:
		return NoLink, Unclassified
	case t.globalReach(link, r) != NoLink && !t.links[link].listsFamilyOf(r.Attrs.NextHop):
		return NoLink, Unclassified // the other circuit's, unless the two share a subnet: this one's is not declared
	case t.globalReach(link, r) != NoLink:
		return t.globalReach(link, r), Elsewhere
	case t.besideFarEnd(link, r.Attrs.ASPath):
		return link, Tied
	}
	if other, tie := t.onlyLinkOf(before, ""); tie == Tied && other != link {
		return other, Elsewhere // the neighbour hears us by another link too
	}
	return NoLink, Unclassified
}

// besideFarEnd reports whether only the neighbour's own ASNs, and its provider's, stand left of ours.
func (t *Table) besideFarEnd(link LinkID, path ASPath) bool {
	l := &t.links[link]
	for _, seg := range path {
		if seg.Type != ASSequence {
			return false
		}
		for _, asn := range seg.ASNs {
			switch {
			case t.own(asn):
				return true
			case !l.HasNeighborASN(asn) && !l.HasProviderASN(asn):
				return false
			}
		}
	}
	return false
}

// globalReach is the link of another circuit from which ExpressRoute Global Reach brought a row into
// this circuit's table: its next hop lies outside this link's peering subnet and inside the other's.
func (t *Table) globalReach(link LinkID, r *Route) LinkID {
	l, hop := &t.links[link], r.Attrs.NextHop
	if !l.Kind.ExpressRoute() || !hop.IsValid() || l.inPeering(hop) {
		return NoLink
	}
	for i := range t.links {
		if o := &t.links[i]; o.Kind.ExpressRoute() && o.Circuit != l.Circuit && o.inPeering(hop) {
			return LinkID(i)
		}
	}
	return NoLink
}

// inPeering reports whether an address lies in the subnet of one of the link's peerings: a /30 or /126
// (expressroute-routing.md).
func (l *Link) inPeering(a netip.Addr) bool {
	return slices.ContainsFunc(l.Neighbors, func(n netip.Addr) bool {
		bits := 30
		if n.Is6() {
			bits = 126
		}
		subnet, err := n.Prefix(bits)
		return err == nil && n.BitLen() == a.BitLen() && subnet.Contains(a)
	})
}

func (l *Link) listsFamilyOf(a netip.Addr) bool {
	return slices.ContainsFunc(l.Neighbors, func(n netip.Addr) bool { return n.Unmap().Is4() == a.Unmap().Is4() })
}

// leftOfOurs finds the first of our ASNs in a path, and the ASN left of it: 0 where none is, or a set
// that names no single one.
func (t *Table) leftOfOurs(path ASPath) (before uint32, ours bool) {
	for _, seg := range path {
		set := seg.Type == ASSet
		if set {
			before = 0
		}
		for _, asn := range seg.ASNs {
			if t.own(asn) {
				return before, true
			}
			if !set {
				before = asn
			}
		}
	}
	return 0, false
}

// tieFarther ties a row of a table that is not our neighbour's: by a rule, else by the ASN left of the
// first of ours. One that begins with ours came over a session of ours with the collector itself, which
// is no link.
func (t *Table) tieFarther(f *Feed, r *Route) (LinkID, Tie) {
	link, tie, matched := t.tieByRules(f, r)
	switch {
	case matched:
		return link, tie
	case f.View == Chosen && f.Link != "":
		return t.linkNamed(f.Link)
	case r.Attrs.NotShown.Has(AttrASPath):
		return NoLink, Unclassified
	}
	before, ours := t.leftOfOurs(r.Attrs.ASPath)
	first, _ := r.Attrs.ASPath.First()
	switch {
	case !ours:
		return NoLink, Foreign
	case f.View == Collector && t.own(first):
		return NoLink, Elsewhere
	}
	return t.onlyLinkOf(before, "")
}

// tieNamed: the feed's own link, but a row that begins with the ASN of a known other neighbour is that
// neighbour's.
func (t *Table) tieNamed(f *Feed, r *Route) (LinkID, Tie) {
	link, tie := t.linkNamed(f.Link)
	first, ok := r.Attrs.ASPath.First()
	if tie != Tied || !ok {
		return link, tie
	}
	if l := &t.links[link]; len(l.NeighborASNs)+len(l.ProviderASNs) == 0 || l.sends(first) {
		return link, Tied
	}
	if slices.ContainsFunc(t.links, func(l Link) bool { return l.sends(first) }) {
		return t.onlyLinkOf(first, f.Router)
	}
	return link, Tied
}

// sends reports whether what we receive on the link may begin with the ASN.
func (l *Link) sends(asn uint32) bool { return l.HasNeighborASN(asn) || l.HasProviderASN(asn) }

func ignored(f *Feed, r *Route) bool {
	return slices.ContainsFunc(f.Classify, func(c ClassifyRule) bool { return c.Ignore && c.fits(r) })
}

// tieByRules asks the feed's rules, and says whether one fits.
func (t *Table) tieByRules(f *Feed, r *Route) (link LinkID, tie Tie, matched bool) {
	link = NoLink
	for i := range f.Classify {
		rule := &f.Classify[i]
		if rule.Ignore || !rule.fits(r) {
			continue
		}
		id, named := t.linkNamed(rule.Link)
		if named != Tied || matched && id != link {
			return NoLink, Unclassified, true
		}
		link, matched = id, true
	}
	if matched {
		return link, Tied, true
	}
	return NoLink, Unclassified, false
}

// byFirstASN reports whether only rules on the first ASN fit: a copy keeps that, whoever received it.
func (t *Table) byFirstASN(f *Feed, r *Route) bool {
	return !slices.ContainsFunc(f.Classify, func(c ClassifyRule) bool {
		c.FirstASN = 0
		return !c.Ignore && c.fits(r)
	})
}

// onlyLinkOf is the one link with that neighbour ASN (on that router, where one is named).
func (t *Table) onlyLinkOf(asn uint32, router string) (LinkID, Tie) {
	found := NoLink
	for i := range t.links {
		l := &t.links[i]
		if asn == 0 || !l.sends(asn) || router != "" && l.Router != "" && l.Router != router {
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
