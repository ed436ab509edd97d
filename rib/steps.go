package rib

import (
	"fmt"
	"slices"
	"strconv"
)

// Reason says which step decided.
type Reason string

// The reasons, in the order in which the steps that give them run.
const (
	ReasonNone              Reason = "none"
	ReasonOnlyRoute         Reason = "only-route"
	ReasonLongestMatch      Reason = "longest-match"
	ReasonLocalPref         Reason = "local-pref"
	ReasonASPathLength      Reason = "as-path-length"
	ReasonOrigin            Reason = "origin"
	ReasonMED               Reason = "med"
	ReasonRouterChose       Reason = "router-chose"
	ReasonLinkKind          Reason = "link-kind"
	ReasonRoutingPreference Reason = "routing-preference"
	ReasonConnectionWeight  Reason = "connection-weight"
	ReasonEqual             Reason = "equal"
	ReasonRouterLocal       Reason = "router-local"
)

// step is one step of a decision after longest match. rank orders candidates, lower first.
type step struct {
	reason Reason
	words  string // as FRR's selectionReason would say it
	rank   func(d *decider, c *candidate) rank
	// groups splits the candidates that can be compared at all (MED: the same neighbour AS);
	// nil: all with all. A candidate of group 0 is compared with none.
	group func(d *decider, c *candidate) uint32
	// skip passes over the step where it says nothing of these candidates.
	skip func(d *decider, cs []candidate, live []int) bool
	// blocked says what evidence of the step failed: any of the live links may then win it.
	blocked func(d *decider) string
	// compare writes the line of a loser; nil: compareText does, from the shown numbers.
	compare func(d *decider, loser, winner rank) string
	// inferred: the step is sound reasoning and not a documented rule.
	inferred bool
}

// rank is a candidate's place in one step. An unknown rank could be anything.
type rank struct {
	value   int64 // lower wins
	shown   int64 // the number to print
	unknown bool
}

func stepsNamed(names ...string) []step {
	var out []step
	for _, name := range names {
		switch name {
		case "local-pref":
			out = append(out, localPref)
		case "as-path-length":
			out = append(out, asPathLength)
		case "origin":
			out = append(out, origin)
		case "med":
			out = append(out, med)
		case "router-chose":
			out = append(out, routerChose)
		case "link-kind":
			out = append(out, linkKind)
		case "routing-preference":
			out = append(out, routingPreference(""))
		case "connection-weight":
			out = append(out, connectionWeight)
		}
	}
	return out
}

// RFC 4271 9.1.1 and 9.1.2: the degree of preference comes first.
var localPref = step{reason: ReasonLocalPref, words: "local preference", rank: func(d *decider, c *candidate) rank {
	if c.src == nil {
		return rank{value: -1 << 32, shown: 1 << 32} // unseen: the best there could be
	}
	v, known := d.s.localPref(c, d.fam)
	return rank{value: -int64(v), shown: int64(v), unknown: !known}
}}

// localPref is the candidate's degree of preference: the shown one; else what the link's
// declaration says our import policy sets, where no route of the link shows one; else, in a
// post-policy table that prints it only when set, the dump's default. A session to us shows it
// always (iBGP) or never (eBGP), so that there its absence says nothing.
func (s *Sight) localPref(c *candidate, fam Family) (value uint32, known bool) {
	f := c.src.feed
	if v, supposed := s.asIf.preferred[c.link]; supposed {
		return v, true
	}
	switch {
	case c.facts.localPref.Set:
		return c.facts.localPref.Value, true
	case c.link != NoLink && s.t.links[c.link].Preference.Set && !s.shown[fam][c.link]:
		// A route that shows another value may be among those that a blind link hides.
		return s.t.links[c.link].Preference.Value, s.Coverage(c.link, Received, fam).Covered
	case c.facts.notShown.Has(AttrLocalPref), f.View == AdjRIBInPre, f.View == Monitor:
		return 0, false
	}
	return f.State.DefaultLocalPref.Or(100), true
}

// RFC 4271 9.1.2.2 (a).
var asPathLength = step{reason: ReasonASPathLength, words: "AS path length", rank: func(d *decider, c *candidate) rank {
	if c.src == nil {
		return rank{}
	}
	n, known := d.pathLength(c)
	return rank{value: n, shown: n, unknown: !known}
}}

// pathLength is the AS-path length as the observer sees it: what a received path holds, or what
// an advertised one holds from our own ASN on, with ours added where the dump shows it before
// that.
func (d *decider) pathLength(c *candidate) (int64, bool) {
	f := c.src.feed
	if c.facts.notShown.Has(AttrASPath) || d.ob.Direction == Advertised && f.View == Collector {
		return 0, false
	}
	if d.ob.Direction == Received {
		return int64(c.facts.length), true
	}
	provided := c.link != NoLink && len(d.s.t.links[c.link].ProviderASNs) > 0
	switch {
	case provided && f.View != FarEnd:
		return 0, false // only a far end shows what a provider puts in front
	case f.View == FarEnd && c.link != NoLink && (!c.facts.ownInPath || provided && c.src.column.tie == Tied):
		return d.farEndLength(c), true
	}
	n, own := int64(c.facts.lengthOwn), int64(1)
	if d.ob.publicPath {
		n = int64(c.facts.publicOwn)
		if f.State.ASPathForm == BeforeOwnASN {
			var known bool
			if own, known = d.s.t.ownPublic(f); !known {
				return 0, false
			}
		}
	}
	if f.State.ASPathForm == BeforeOwnASN {
		n += own
	}
	return n, true
}

// farEndLength is the length of a far end's path behind the neighbour's own ASNs: what a layer-3 provider
// put in counts, and in a row that names none of our ASNs all of it may be us.
func (d *decider) farEndLength(c *candidate) int64 {
	l := &d.s.t.links[c.link]
	r := attrReader{d.s.t.attrs.bytes(c.cell.attrs)}
	path := r.ranking().ASPath
	for len(path) > 0 && path[0].Type == ASSequence && len(path[0].ASNs) > 0 && l.HasNeighborASN(path[0].ASNs[0]) {
		path = slices.Clone(path)
		path[0].ASNs = path[0].ASNs[1:]
		if len(path[0].ASNs) == 0 {
			path = path[1:]
		}
	}
	if d.ob.publicPath {
		return int64(path.LengthPublic())
	}
	return int64(path.Length())
}

// ownPublic is how many ASNs are left of ours where private ones are removed: of several it is that which
// the dump says its router uses, and not known where it says none and some are private.
func (t *Table) ownPublic(f *Feed) (n int64, known bool) {
	asns := t.asns
	if f.State.LocalASN != 0 {
		asns = []uint32{f.State.LocalASN}
	}
	if len(asns) == 0 {
		return 1, true
	}
	private := PrivateASN(asns[0])
	for _, asn := range asns {
		if PrivateASN(asn) != private {
			return 0, false
		}
	}
	if private {
		return 0, true
	}
	return 1, true
}

// RFC 4271 9.1.2.2 (b). An absent origin cannot be on the wire; it ranks as incomplete.
var origin = step{reason: ReasonOrigin, words: "origin", rank: func(_ *decider, c *candidate) rank {
	if c.src == nil {
		return rank{}
	}
	o := c.facts.origin
	if o == OriginAbsent {
		o = OriginIncomplete
	}
	return rank{value: int64(o), shown: int64(o), unknown: c.facts.notShown.Has(AttrOrigin)}
}}

// RFC 4271 9.1.2.2 (c): among routes of one neighbour AS; absent is 0.
var med = step{
	reason: ReasonMED, words: "MED",
	rank: func(_ *decider, c *candidate) rank {
		if c.src == nil {
			return rank{}
		}
		v := int64(c.facts.med.Or(0))
		return rank{value: v, shown: v, unknown: c.facts.notShown.Has(AttrMED)}
	},
	group: func(_ *decider, c *candidate) uint32 {
		if c.src == nil {
			return 0
		}
		return c.facts.first
	},
}

// Microsoft prefers ExpressRoute at the same mask (expressroute-asymmetric-routing.md, 2024-07:
// "the preferred path is always ExpressRoute").
var linkKind = step{reason: ReasonLinkKind, words: "link kind", rank: func(d *decider, c *candidate) rank {
	if d.s.t.links[c.link].Kind.ExpressRoute() {
		return rank{value: 0, shown: 0}
	}
	return rank{value: 1, shown: 1}
}}

// Between circuits AS-path length decides (expressroute-optimize-routing.md). Microsoft's and the
// ISPs' preferences between internet links are not ours to see. Between the sides of one circuit
// a length that is not shown leaves a tie of those whose routes are certain. One that may not be there, or
// may be any, is no side to be equal to.
var circuitPath = step{
	reason: ReasonASPathLength, words: "AS path length", rank: asPathLength.rank,
	skip: func(d *decider, cs []candidate, live []int) bool {
		first := &d.s.t.links[cs[live[0]].link]
		same, certain, unknown := true, true, false
		for _, i := range live {
			l := &d.s.t.links[cs[i].link]
			if !l.Kind.ExpressRoute() {
				return true
			}
			same = same && l.Circuit == first.Circuit
			certain = certain && cs[i].doubt == ""
			unknown = unknown || cs[i].src != nil && asPathLength.rank(d, &cs[i]).unknown
		}
		return same && certain && unknown
	},
}

// The internet's choice is seen only where collectors show that of several networks, and all go one way.
var collectorsChoice = step{
	reason: ReasonRouterChose, words: "the choice of networks at the collectors", inferred: true,
	rank: func(d *decider, c *candidate) rank {
		if c.link == d.collectors.link {
			return rank{}
		}
		return rank{value: 1, shown: 1}
	},
	blocked: func(d *decider) string {
		for _, f := range d.s.t.feeds {
			if f.View == Collector && f.declares(d.fam) && d.s.failing(f, d.fam) != "" && !f.State.Closed {
				return "what the collectors show: " + d.s.failing(f, d.fam)
			}
		}
		return ""
	},
	skip: func(d *decider, cs []candidate, live []int) bool {
		d.collectors = d.collectorsAgree(cs)
		return !d.linkLives(cs, live, d.collectors.link)
	},
}

// routingPreference is the virtual network gateway's or hub's setting (hub-routing-preference):
// ExpressRoute before VPN by default.
func routingPreference(preference string) step {
	vpnFirst := preference == "vpn"
	return step{reason: ReasonRoutingPreference, words: "routing preference", rank: func(d *decider, c *candidate) rank {
		if d.s.t.links[c.link].Kind.ExpressRoute() != vpnFirst {
			return rank{value: 0}
		}
		return rank{value: 1, shown: 1}
	}}
}

// Connection weight decides between circuits before the AS path (expressroute-optimize-routing.md).
var connectionWeight = step{reason: ReasonConnectionWeight, words: "connection weight", rank: func(d *decider, c *candidate) rank {
	w := int64(d.s.t.links[c.link].Weight.Or(0))
	return rank{value: -w, shown: w}
}}

// routerChose is the last step of ours: what follows in RFC 4271 9.1.2.2 (d) to (g) is local to
// each router, so only its own best mark can tell. decider.routersChoose does the work.
var routerChose = step{reason: ReasonRouterChose, words: "the router's own best mark"}

// compareText is a loser's line: "AS path length 3 > 1".
func (d *decider) compareText(st *step, loser, winner rank) string {
	if st.compare != nil {
		return st.compare(d, loser, winner)
	}
	switch st.reason {
	case ReasonLinkKind:
		return "ExpressRoute is preferred to the internet at the same mask"
	case ReasonRoutingPreference:
		return "the routing preference is for the other kind of link"
	case ReasonRouterChose:
		return "networks at the collectors use the other"
	case ReasonOrigin:
		return fmt.Sprintf("origin %s > %s", Origin(loser.shown), Origin(winner.shown))
	}
	sign := ">"
	if loser.shown < winner.shown {
		sign = "<"
	}
	return st.words + " " + strconv.FormatInt(loser.shown, 10) + " " + sign + " " + strconv.FormatInt(winner.shown, 10)
}
