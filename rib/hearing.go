package rib

import (
	"fmt"
	"net/netip"
	"slices"
)

// What became of an advertised row has two parts. Was it sent? Checks of what we advertise ask that.
// Does anybody hear it? Observers ask that. Marks decide the second, and only seldom the first.

// weighAdvertised says of a row whether it was sent, and whether it is heard.
func (s *Sight) weighAdvertised(c *candidate, fam Family) {
	if c.never = s.unused(c); c.never != "" {
		c.sent = true
		return
	}
	if s.unclassified(c) {
		return
	}
	p := s.t.fam[fam].prefix(c.id)
	if c.never = s.stoodInFor(c, p); c.never != "" {
		return
	}
	c.unsent = s.unsent(c, fam)
	if c.never = s.unheard(c, p); c.never != "" {
		c.sent = true
		return
	}
	c.doubt = c.unsent
	if c.doubt == "" {
		c.doubt = s.dulled(c)
	}
	if c.doubt == "" {
		c.doubt = s.staysNear(c, fam)
		c.near = c.doubt != ""
	}
}

// stoodInFor says which stronger row or table speaks for the row; empty where it speaks for itself.
func (s *Sight) stoodInFor(c *candidate, p netip.Prefix) string {
	cover := c.src.cover
	switch c.src.feed.View {
	case AdjRIBOutPost, Monitor, Declared:
		if cover.far.covers(p) && s.inFarEnd(c) {
			return "the far end's own row counts"
		}
	case AdjRIBOutPre:
		if cover.far.covers(p) || cover.post.covers(p) {
			return "a stronger view covers the link"
		}
	}
	return ""
}

// unsent says why the row may not have been sent; empty where it was.
func (s *Sight) unsent(c *candidate, fam Family) string {
	f, marks := c.src.feed, c.cell.marks()|c.facts.rare
	far := f.View == FarEnd || f.View == Collector || f.View == Chosen
	switch {
	case f.View == AdjRIBOutPre:
		return fmt.Sprintf("feed %s is pre-policy: export policy may drop it", f.Name)
	case f.View == AdjRIBOutPost && s.lacksBeforePolicy(c.src, Advertised, fam, c.id):
		return "a complete pre-policy table of the link does not show it, and export policy makes no routes"
	case marks.Has(Malformed):
		return malformed
	case marks.Has(Stale):
		return "the route is marked stale"
	case marks.Has(Unselected) && !far:
		return "the router does not mark it as its choice, and lists rows like it unsent (FRR #20617)"
	case marks&(Invalid|Filtered) != 0 && !far:
		return "the router marks it invalid or filtered"
	case !far && s.holdsNeighbor(c):
		return "its AS path holds the neighbour's own AS: the neighbour drops it, and some platforms list it unsent (FRR #8940)"
	case f.View == FarEnd:
		if sender := s.denier(c, fam); sender != nil {
			return fmt.Sprintf("the whole table of what we send there (feed %s) does not hold it", sender.Name)
		}
	}
	return ""
}

// denier is the feed with our whole Adj-RIB-Out of the row's link that does not hold the row's prefix;
// nil where there is none.
func (s *Sight) denier(c *candidate, fam Family) *Feed {
	cover := c.src.cover
	if !cover.sent.covers(s.t.fam[fam].prefix(c.id)) {
		return nil
	}
	var sender *Feed
	for _, id := range cover.Feeds {
		if s.t.feeds[id].View == AdjRIBOutPost {
			sender = s.t.feeds[id]
		}
	}
	for i := range s.sources[Advertised][fam] {
		src := &s.sources[Advertised][fam][i]
		if src.column.link == c.link && src.feed.View == AdjRIBOutPost && src.column.at(c.id).attrs != 0 {
			return nil
		}
	}
	return sender
}

// unheard says why no observer hears a row that was sent; empty where one may.
func (s *Sight) unheard(c *candidate, p netip.Prefix) string {
	link := &s.t.links[c.link]
	switch c.src.feed.View {
	case FarEnd, Collector, Chosen:
		return ""
	}
	switch {
	case c.src.cover.far.covers(p) && !c.src.feed.supposed:
		return "sent, and not in the far end's table: not accepted"
	case link.Kind == ExpressRouteMicrosoft && p.Bits() == 0:
		return "Microsoft takes no default route on Microsoft peering"
	case link.Kind == Internet && p.Bits() == 0:
		return "no ISP takes a default route from a customer"
	case link.Kind == ExpressRouteMicrosoft && contains(uniqueLocal, p):
		return "Microsoft takes only public prefixes on Microsoft peering, and this one is unique local (RFC 4193)"
	case link.Kind == ExpressRouteMicrosoft && slices.ContainsFunc(rfc1918, func(q netip.Prefix) bool { return contains(q, p) }):
		return "Microsoft takes no RFC 1918 prefix on Microsoft peering"
	}
	return ""
}

// unused says why the holder of a far table does not use a row, whosever it is; empty where it may.
func (s *Sight) unused(c *candidate) string {
	switch f := c.src.feed; {
	case f.View != FarEnd && f.View != Collector && f.View != Chosen:
	case c.cell.marks()&(Invalid|Filtered) != 0:
		return "its holder does not use it: invalid, filtered, history or damped"
	case f.View == FarEnd && !c.facts.notShown.Has(AttrBest) && s.outdone(c):
		return "the far end holds it and does not use it: its best route to us is another"
	}
	return ""
}

// uniqueLocal is to IPv6 what RFC 1918 is to IPv4.
var uniqueLocal = netip.MustParsePrefix("fc00::/7")

var rfc1918 = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16")}

// outdone reports whether the far end marks another route of the prefix best, which is not by a link
// of ours that it is a far end of: its own transit, or another network's route.
func (s *Sight) outdone(c *candidate) bool {
	if c.cell.marks()&(Best|Multipath) != 0 {
		return false
	}
	for _, col := range s.t.fam[c.src.family].columns {
		if v := col.at(c.id); col.feed == c.src.column.feed && v.attrs != 0 && v.marks().Has(Best) && col.tie != Tied {
			return true
		}
	}
	return false
}

// dulled says why an observer may not hear a row that was sent, or may choose otherwise for it.
func (s *Sight) dulled(c *candidate) string {
	switch f := c.src.feed; {
	case f.View == Collector, f.View == Chosen:
	case f.View != FarEnd && c.src.cover.farFailing != "":
		return "whether it was accepted: " + c.src.cover.farFailing
	case f.View == FarEnd && s.outdone(c): // and whether it is used beside that is not shown
		return "the far end marks another route to us best"
	case f.View == FarEnd && c.cell.marks()&(Best|Multipath) == 0 && !c.facts.notShown.Has(AttrBest) && s.failing(f, c.src.family) != "":
		return "the far end does not mark it best, and which route it does is not shown: " + s.failing(f, c.src.family)
	case c.facts.rare.Has(RPKIInvalid):
		return "it is invalid by RPKI: networks that check drop it"
	}
	return ""
}

// staysNear says why a row may go no further than our ISP.
func (s *Sight) staysNear(c *candidate, fam Family) string {
	link := &s.t.links[c.link]
	switch f := c.src.feed; {
	case link.Kind != Internet, f.View == Collector, f.View == Chosen:
	case c.facts.confined != "":
		return c.facts.confined + " keeps it from networks beyond " + link.Name
	case c.bits > internetMax(fam):
		return longMoreSpecific
	}
	return ""
}

const longMoreSpecific = "longer than the internet carries, and no collector shows it"

// seenBeyond lifts the doubt that a row leaves its ISP where a collector shows it on the link.
func seenBeyond(cs []candidate) {
	for i := range cs {
		c := &cs[i]
		if !c.near {
			continue
		}
		for j := range cs {
			if o := &cs[j]; o.link == c.link && o.src.feed.View == Collector && o.never == "" && o.doubt == "" {
				c.doubt, c.near = "", false
				break
			}
		}
	}
}

// lacksBeforePolicy reports whether a complete pre-policy table of the link lacks the prefix: policy
// drops routes and makes none, so one of the two tables is not what it is declared to be.
func (s *Sight) lacksBeforePolicy(of *source, dir Direction, fam Family, id prefixID) bool {
	if !of.cover.pre.covers(s.t.fam[fam].prefix(id)) {
		return false
	}
	for i := range s.sources[dir][fam] {
		src := &s.sources[dir][fam][i]
		if src.column.link == of.column.link && (src.feed.View == AdjRIBOutPre || src.feed.View == AdjRIBInPre) && src.column.at(id).attrs != 0 {
			return false
		}
	}
	return true
}

// inFarEnd reports whether a usable far-end feed of the link shows the same prefix.
func (s *Sight) inFarEnd(c *candidate) bool {
	for i := range s.sources[Advertised][c.src.family] {
		src := &s.sources[Advertised][c.src.family][i]
		if src.column.link == c.link && src.column.tie == Tied && src.feed.View == FarEnd && src.column.at(c.id).attrs != 0 {
			return true
		}
	}
	return false
}

// holdsNeighbor reports whether the path holds an ASN of the link's neighbour.
func (s *Sight) holdsNeighbor(c *candidate) bool {
	asns := s.t.links[c.link].NeighborASNs
	return len(asns) > 0 && s.t.attrs.pathHolds(c.cell.attrs, asns)
}
