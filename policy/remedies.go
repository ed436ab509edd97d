package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// What makes a choice go another way is read off the decision: the route that won is taken out, what
// should win is made longer, what should not win is made worse in the step that decided or that tied.
// None of it is advice before it has been tried.

// mostParts is how many routes one piece of advice bears.
const mostParts = 8

// returnRemedies bring the return to addresses onto the wanted links.
func (ps *Pass) returnRemedies(d *rib.Decision, own []netip.Prefix, wanted []string) []remedy {
	var out []remedy
	off := winnersOutside(ps, d, wanted)
	stop := remedy{}
	backs := false
	for _, c := range off {
		link := ps.table.LinkName(c.Link)
		backs = backs || ps.backs(c.Prefix, link)
		stop = append(stop, ps.change(StopAdvertising, link, c.Prefix))
	}
	lengthen := ps.lengthen(off, own, wanted)
	if !backs && len(stop) > 0 {
		out = append(out, stop)
	}
	out = append(append(out, ps.prepends(d, off)...), lengthen...)
	if !backs && len(stop) > 0 {
		for _, r := range append(lengthen, ps.asDeclared(own, wanted)...) {
			out = append(out, stop.with(r))
		}
	}
	if len(off) == 0 {
		for _, p := range own {
			out = append(out, ps.onEach(Advertise, wanted, p))
		}
	}
	return out
}

// winnersOutside lists the routes that win on other links than the wanted ones, one a link.
func winnersOutside(ps *Pass, d *rib.Decision, wanted []string) []rib.Candidate {
	var off []rib.Candidate
	for _, c := range d.Candidates {
		if c.Lost != "" || c.Out || c.Link == rib.NoLink || slices.Contains(wanted, ps.table.LinkName(c.Link)) {
			continue
		}
		if !slices.ContainsFunc(off, func(have rib.Candidate) bool { return have.Link == c.Link && have.Prefix == c.Prefix }) {
			off = append(off, c)
		}
	}
	return off
}

// lengthen advertises more-specifics on the wanted links, longer than the routes that win elsewhere. An
// internet link carries none beyond /24 or /48.
func (ps *Pass) lengthen(off []rib.Candidate, own []netip.Prefix, wanted []string) []remedy {
	if len(off) == 0 || len(own) == 0 || len(own) > mostParts {
		return nil
	}
	bits, most := off[0].Prefix.Bits()+1, own[0].Addr().BitLen()
	for _, name := range wanted {
		if ps.linkNamed(name).Kind == rib.Internet {
			most = rib.InternetMax(rib.FamilyOf(own[0]))
		}
	}
	if bits > most {
		return nil
	}
	var parts []netip.Prefix
	for _, p := range own {
		switch {
		case p.Bits() > most:
			p = netip.PrefixFrom(p.Addr(), most).Masked()
			parts = addPrefixes(parts, []netip.Prefix{p})
		case p.Bits() >= bits:
			parts = addPrefixes(parts, []netip.Prefix{p})
		default:
			parts = addPrefixes(parts, splitInto(p, bits))
		}
	}
	if len(parts) == 0 || len(parts) > mostParts {
		return nil
	}
	out := []remedy{ps.onEach(Advertise, wanted, parts...)}
	if len(wanted) > 1 {
		for _, name := range wanted {
			out = append(out, ps.onEach(Advertise, []string{name}, parts...))
		}
	}
	return out
}

// asDeclared advertises addresses themselves on the wanted links, as long as those carry them.
func (ps *Pass) asDeclared(own []netip.Prefix, wanted []string) []remedy {
	if len(own) == 0 || len(own) > mostParts {
		return nil
	}
	var parts []netip.Prefix
	for _, p := range own {
		for _, name := range wanted {
			if most := rib.InternetMax(rib.FamilyOf(p)); ps.linkNamed(name).Kind == rib.Internet && p.Bits() > most {
				p = netip.PrefixFrom(p.Addr(), most).Masked()
			}
		}
		parts = addPrefixes(parts, []netip.Prefix{p})
	}
	return []remedy{ps.onEach(Advertise, wanted, parts...)}
}

// splitInto gives the parts of p of a length; nil where they are many.
func splitInto(p netip.Prefix, bits int) []netip.Prefix {
	if bits-p.Bits() > 3 {
		return nil
	}
	var out []netip.Prefix
	for a := p.Addr(); a.IsValid() && p.Contains(a); {
		part := netip.PrefixFrom(a, bits)
		out = append(out, part)
		a = netipx.PrefixLastIP(part).Next()
	}
	return out
}

// prepends makes the AS path of the routes longer that win where they should not, one circuit's sides alike.
func (ps *Pass) prepends(d *rib.Decision, off []rib.Candidate) []remedy {
	asn := ps.prependable()
	if asn == 0 || len(off) == 0 || d.Reason != rib.ReasonEqual && d.Reason != rib.ReasonASPathLength {
		return nil
	}
	var out []remedy
	for _, n := range []int{2, 4} {
		var r remedy
		for _, c := range off {
			ch := ps.change(Prepend, ps.table.LinkName(c.Link), c.Prefix)
			ch.Prepend, ch.ASN = n, asn
			r = append(r, ch)
		}
		out = append(out, r)
	}
	return out
}

// prependable is the ASN of ours that lengthens a path everywhere: a public one, where there is one.
func (ps *Pass) prependable() uint32 {
	for _, asn := range ps.Site.ASNs {
		if !rib.PrivateASN(asn) {
			return asn
		}
	}
	if len(ps.Site.ASNs) > 0 {
		return ps.Site.ASNs[0]
	}
	return 0
}

// forwardRemedies bring our own choice towards a remote onto the wanted links. Nothing of what we advertise
// can: what we receive decides.
func (ps *Pass) forwardRemedies(f *flow, wanted []string) []remedy {
	var out []remedy
	d := f.forward.decision
	if len(d.Links) == 0 {
		if n := len(f.RemotePrefixes); n > 0 && n <= mostParts {
			out = append(out, ps.onEach(Accept, wanted, f.RemotePrefixes...))
		}
		return out
	}
	if d.Reason != rib.ReasonLongestMatch {
		prefer := ps.onEach(SetPreference, wanted, netip.Prefix{})
		for i := range prefer {
			prefer[i].Preference = ps.above(f)
		}
		out = append(out, prefer)
	}
	// Microsoft's routes on its peering are of many services: one is kept from them by its network. Routes
	// of others are filtered where they come in.
	refuse, microsofts := ps.refusal(f, wanted)
	if len(refuse) > 0 && !microsofts {
		out = append(out, refuse)
	}
	if len(f.service.Sees) == 0 {
		out = append(out, remedy{{Action: Hide, Service: f.Service, Sees: wanted}})
	}
	if len(refuse) > 0 && microsofts {
		out = append(out, refuse)
	}
	return out
}

// refusal filters the routes that draw a flow off the wanted links where they come in, a default route
// excepted; none if they are many. microsofts: one of them comes over Microsoft peering.
func (ps *Pass) refusal(f *flow, wanted []string) (out remedy, microsofts bool) {
	for _, c := range f.forward.routes {
		if c.Link == rib.NoLink || slices.Contains(wanted, ps.table.LinkName(c.Link)) || c.Prefix.Bits() == 0 {
			continue
		}
		microsofts = microsofts || ps.Links[c.Link].Kind == rib.ExpressRouteMicrosoft
		out = append(out, ps.change(Refuse, ps.table.LinkName(c.Link), c.Prefix))
	}
	if len(out) > mostParts {
		return nil, microsofts
	}
	return out, microsofts
}

// above is a local preference that is higher than that of every route the flow could take.
func (ps *Pass) above(f *flow) uint32 {
	most := uint32(100)
	for _, d := range f.forward.decisions {
		for _, c := range d.Candidates {
			most = max(most, c.Attrs.LocalPref.Or(100))
		}
	}
	for i := range ps.Links {
		most = max(most, ps.Links[i].Preference.Or(0))
	}
	return most + 100
}

// flowAdvice bears on both directions of a flow: each is brought to the links of the service if it is not
// there, and nothing else is touched.
func (ps *Pass) flowAdvice(f *flow) *advice {
	ad := &advice{otherwise: ps.flowChoice(f), note: func() string { return ps.flowNote(f) }}
	wanted := ps.wantedOf(f)
	if len(wanted) == 0 || f.pinned && f.reply == nil {
		return ad
	}
	ad.remedies = func() []remedy { return ps.flowRemedies(f, wanted) }
	ad.holds = func(in *Intent, s *rib.Sight) bool { return ps.flowHolds(f, in, s) }
	return ad
}

// wantedOf lists the links that a flow is meant for; where its service names none, those that we choose.
func (ps *Pass) wantedOf(f *flow) []string {
	if len(f.intended) > 0 {
		return f.intended
	}
	if f.forward != nil && f.Forward.Outcome == rib.OutcomeDecided {
		return f.Forward.Links
	}
	return nil
}

func (ps *Pass) flowRemedies(f *flow, wanted []string) (out []remedy) {
	astray := func(s *side) bool {
		return s != nil && (len(s.decision.Links) == 0 || len(ps.outside(s.decision.Links, wanted)) > 0)
	}
	var forward, back []remedy
	if astray(f.forward) && !f.pinned {
		forward = ps.forwardRemedies(f, wanted)
	}
	if astray(f.reply) {
		back = ps.returnRemedies(f.reply.decision, f.Local, wanted)
	}
	if forward == nil && back == nil && len(wanted) > 1 { // both are on its links, and those lead apart
		for _, name := range wanted {
			out = append(out, ps.flowRemedies(f, []string{name})...)
		}
		return out
	}
	out = together(forward, back)
	if f.Initiator == RemoteStarts && f.service.SNAT == nil && f.reply != nil && !astray(f.reply) {
		for _, l := range f.reply.decision.Links[:1] {
			if fw := ps.Links[l].Firewall; fw != rib.Stateless {
				out = append(out, remedy{{Action: SourceNAT, Service: f.Service, Firewall: fw, Prefix: f.Local[0]}})
			}
		}
	}
	return out
}

// together is either of two kinds of remedy, and then both.
func together(forward, back []remedy) []remedy {
	out := slices.Concat(forward, back)
	for _, a := range forward {
		for _, b := range back {
			out = append(out, a.with(b))
		}
	}
	return out
}

// flowChoice says what there is to choose from where no change that was tried mends a flow. Where the tie is
// ours, what we advertise breaks none.
func (ps *Pass) flowChoice(f *flow) string {
	ours := f.forward != nil && f.forward.decision.Outcome == rib.OutcomeTie
	theirs := f.Verdict == Mixed && f.reply != nil && f.reply.decision.Outcome == rib.OutcomeTie
	switch {
	case f.Verdict == Unreachable && f.forward != nil && len(f.forward.decision.Links) == 0:
		return fmt.Sprintf("take a route to %s from a neighbor, or give the service another way", f.Remote)
	case f.Verdict == Unreachable:
		return fmt.Sprintf("advertise %s where %s hears it, or give the service another address", list(prefixTexts(f.Local)), f.Remote)
	case ours && !theirs:
		return "say by local preference which link we are to use, or let both lead to one firewall"
	case theirs:
		return fmt.Sprintf("let %s lead to one firewall, give each link addresses of its own, or send by the link that the others prefer", list(f.Return.Links))
	case f.Verdict == Symmetric:
		return "change the service's links, or the routes that take it off them"
	}
	return "bring both directions to one firewall: by what is advertised and received, by what the service's network sees (sees:), or by source NAT"
}

// flowHolds decides both directions of a flow again, and says whether they meet one firewall then.
func (ps *Pass) flowHolds(f *flow, in *Intent, s *rib.Sight) bool {
	if f.reply == nil {
		return false
	}
	under, service := ps.under(f, in, s)
	g := &flow{Flow: f.Flow, service: service, intended: f.intended}
	var out []*side
	if f.forward != nil {
		out = under.split(s.Observer(rib.ObserverUs), f.forward.set, under.query(service), rib.ByRoute)
	}
	for _, back := range under.returnSides(f.reply.decision.Observer, f.Local) {
		for _, forward := range append(out, &side{decision: &rib.Decision{Possible: [][]rib.LinkID{nil}}})[:max(len(out), 1)] {
			if !back.decision.Firm() || !forward.decision.Firm() || under.verdictOf(g, forward.decision.Links, back.decision.Links).verdict != Symmetric {
				return false
			}
		}
	}
	return true
}

// under is the pass over another sight, and the flow's service there.
func (ps *Pass) under(f *flow, in *Intent, s *rib.Sight) (*Pass, *Service) {
	under := *ps
	under.Intent, under.Sight, under.table, under.forwards = in, s, s.Table(), map[forwardKey][]*side{}
	for i := range in.Services {
		if in.Services[i].Name == f.Service {
			return &under, &in.Services[i]
		}
	}
	return &under, f.service
}

// flowNote says what will not help, where somebody is seen to have tried it.
func (ps *Pass) flowNote(f *flow) string {
	if f.reply == nil {
		return ""
	}
	return cmp.Or(ps.privateNote(f.reply.decision), preferenceNote(f.reply.decision), ps.ageNote(f))
}

// ageNote: what our router marks best of routes that are equal in all that a policy sets was chosen by the last
// steps, which nobody set: the oldest route, the router ID, the address (RFC 4271 9.1.2.2 f, g).
func (ps *Pass) ageNote(f *flow) string {
	if f.forward == nil || f.forward.decision.Reason != rib.ReasonRouterChose {
		return ""
	}
	return fmt.Sprintf("nothing but age or router ID chooses %s: local preference would", list(ps.names(f.forward.decision.Links)))
}

// privateNote: whoever prepends with a private ASN on Microsoft peering prepends nothing
// (expressroute-routing.md).
func (ps *Pass) privateNote(d *rib.Decision) string {
	if d.Observer != rib.ObserverMicrosoft {
		return ""
	}
	for _, c := range d.Candidates {
		if c.Out || c.Link == rib.NoLink || !ps.Links[c.Link].Kind.ExpressRoute() {
			continue
		}
		for _, seg := range c.Attrs.ASPath {
			if i := slices.IndexFunc(seg.ASNs, rib.PrivateASN); i >= 0 {
				return fmt.Sprintf("Microsoft removes private AS numbers (%d) from AS paths, so that they make none longer", seg.ASNs[i])
			}
		}
	}
	return ""
}

// preferenceNote: RFC 4271 5.1.5.
func preferenceNote(d *rib.Decision) string {
	if d.Outcome != rib.OutcomeTie || d.Direction != rib.Advertised {
		return ""
	}
	var have []uint32
	for _, c := range d.Candidates {
		if v := c.Attrs.LocalPref; c.Lost == "" && !c.Out && v.Set && !slices.Contains(have, v.Value) {
			have = append(have, v.Value)
		}
	}
	if len(have) < 2 {
		return ""
	}
	return "local preference is not sent to an eBGP neighbor, so that it chooses nothing of what is advertised"
}

// forwardAdvice brings the forward of a flow back to its links.
func (ps *Pass) forwardAdvice(f *flow, off []string) *advice {
	otherwise := fmt.Sprintf("keep the routes of %s away from the service's network (sees:), or move the service to %s", list(off), list(off))
	if !slices.ContainsFunc(off, func(l string) bool { return !f.service.Backups.has(l) }) {
		otherwise = fmt.Sprintf("take from backup %s no route that is longer than those of %s: filter it on import", list(off), list(f.intended))
	}
	return &advice{
		remedies:  func() []remedy { return ps.forwardRemedies(f, f.intended) },
		otherwise: otherwise,
		holds: func(in *Intent, s *rib.Sight) bool {
			under, service := ps.under(f, in, s)
			sides := under.split(s.Observer(rib.ObserverUs), f.forward.set, under.query(service), rib.ByRoute)
			return !slices.ContainsFunc(sides, func(x *side) bool {
				return !x.decision.Firm() || len(x.decision.Links) == 0 || len(under.outside(x.decision.Links, f.intended)) > 0
			})
		},
	}
}

// returnAdvice brings the return to addresses of a declaration onto the wanted links.
func (ps *Pass) returnAdvice(dec *rib.Decision, ob *rib.Observer, d *declaration, own []netip.Prefix, wanted []string) *advice {
	won := list(ps.linksOff(winnersOutside(ps, dec, wanted)))
	return &advice{
		remedies:  func() []remedy { return ps.returnRemedies(dec, own, wanted) },
		otherwise: fmt.Sprintf("give %s addresses of its own, or let %s lead to the same firewall as %s", d.Name, won, list(wanted)),
		note:      func() string { return ps.privateNote(dec) },
		holds: func(_ *Intent, s *rib.Sight) bool {
			for _, p := range own {
				for _, r := range s.Ranges(s.Observer(ob.Name), p, rib.Query{Brief: true}, rib.ByRoute) {
					if !r.Decision.Firm() || len(r.Decision.Links) == 0 || len(ps.outside(r.Decision.Links, wanted)) > 0 {
						return false
					}
				}
			}
			return true
		},
	}
}

// keptOff lists the links that a declaration does not keep off: its own and their backups, or all but those of never-links.
func (ps *Pass) keptOff(d *declaration) []string {
	if len(d.links) > 0 {
		return append(slices.Clone(d.links), d.backups.names()...)
	}
	var out []string
	for i := range ps.Links {
		if !slices.Contains(d.never, ps.Links[i].Name) {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

// withdrawAdvice takes a route off links on which nothing declares it.
func (ps *Pass) withdrawAdvice(p netip.Prefix, links []string, choices func() string) *advice {
	return &advice{remedies: func() []remedy { return ps.withdrawal(p, links) }, choices: choices, holds: func(_ *Intent, s *rib.Sight) bool {
		return !ps.anySent(s, p, links)
	}}
}

// anySent reports whether one of the links has a row of the prefix itself.
func (ps *Pass) anySent(s *rib.Sight, p netip.Prefix, links []string) bool {
	return slices.ContainsFunc(links, func(name string) bool {
		id, _ := ps.table.LinkID(name)
		return slices.ContainsFunc(s.CoveringAdvertised(id, p), func(st rib.Standing) bool { return st.Prefix == p })
	})
}

// allCovered reports whether each of the links surely has a route for each of the prefixes.
func (ps *Pass) allCovered(s *rib.Sight, own []netip.Prefix, links []string) bool {
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		for _, p := range own {
			if !slices.ContainsFunc(s.CoveringAdvertised(id, p), func(st rib.Standing) bool { return st.Certain() }) {
				return false
			}
		}
	}
	return true
}

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

// declareInstead is the other way out of an unexpected prefix; nothing is declared that is not ours, or is
// a default route.
func (ps *Pass) declareInstead(p netip.Prefix, link rib.LinkID) string {
	if e := sentOn(ps.table, link, p); p.Bits() == 0 || e == nil || ps.leaked(e) {
		return "give what hangs on it another way, and then stop advertising it"
	}
	return fmt.Sprintf("declare %s under prefixes: if it is meant to be there, or advertise what is declared in its place", p)
}

// leaked reports whether a route that we send is another network's: its AS path goes on behind our own.
func (ps *Pass) leaked(e *rib.Entry) bool {
	var path []uint32
	for _, seg := range e.Attrs.ASPath {
		path = append(path, seg.ASNs...)
	}
	last := len(path) - 1
	return e.Attrs.NotShown.Has(rib.AttrASPath) || last >= 0 && !slices.Contains(ps.Site.ASNs, path[last]) && !rib.PrivateASN(path[last])
}

// missingAdvice puts a declaration onto its links. An internet link carries nothing longer than /24 or /48.
func (ps *Pass) missingAdvice(d *declaration, first netip.Prefix, lacks []netip.Prefix, links []string, fam rib.Family) *advice {
	return &advice{
		remedies: func() []remedy {
			out := []remedy{ps.onEach(Advertise, links, first)}
			if most := rib.InternetMax(fam); first.Bits() > most {
				out = append(out, ps.onEach(Advertise, links, netip.PrefixFrom(first.Addr(), most).Masked()))
			}
			if len(lacks) <= mostParts {
				out = append(out, ps.onEach(Advertise, links, lacks...))
			}
			return out
		},
		otherwise: fmt.Sprintf("take %s out of the links of %s", list(links), d.Name),
		note:      func() string { return ps.silentNote(ps.linkNamed(links[0])) },
		holds:     func(_ *Intent, s *rib.Sight) bool { return ps.allCovered(s, lacks, links) },
	}
}
