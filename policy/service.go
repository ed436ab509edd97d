package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// "Don't advertise your AD FS public IP addresses over ExpressRoute. Also be sure not to expose your
// on-premises AD FS server to IP addresses that the router receives over ExpressRoute", or, over
// ExpressRoute, "advertising AD FS public IP addresses over ExpressRoute without NAT".
var serviceADFS = &Check{
	ID: "service/adfs", Title: "Microsoft's advice for AD FS is broken", Severity: Error,
	Source: `expressroute-asymmetric-routing.md, 2024-07-11: "Don't advertise your Active Directory Federation Services (AD FS) public IP addresses over ExpressRoute"`,
	Run:    func(ps *Pass) { ps.checkAdvice(KindADFS, "AD FS") },
}

// "You choose not to advertise the public IP address of an on-premises SMTP server over
// ExpressRoute ... You SNAT the incoming request to an internal IP address".
var serviceSMTP = &Check{
	ID: "service/smtp", Title: "Microsoft's advice for SMTP is broken", Severity: Error,
	Source: `expressroute-asymmetric-routing.md, 2024-07-11: "Source-based NAT"`,
	Run:    func(ps *Pass) { ps.checkAdvice(KindSMTP, "SMTP") },
}

func (ps *Pass) checkAdvice(kind ServiceKind, name string) {
	expressRoute := ps.Sight.Observer(rib.ObserverMicrosoft) != nil && slices.ContainsFunc(ps.Links, isERMicrosoft)
	for i := range ps.Links {
		for _, fam := range rib.Families {
			reason := "no " + name + " service with links is declared"
			switch {
			case !slices.Contains(ps.families, fam):
				ps.say(ps.Links[i].Name, fam, NotApplicable, fam.String()+" is not audited")
			case !expressRoute:
				ps.say(ps.Links[i].Name, fam, NotApplicable, "the site has no ExpressRoute Microsoft peering")
			case !slices.ContainsFunc(ps.Services, func(s Service) bool { return s.Kind == kind && len(s.Links) > 0 && len(ps.localOf(&s, fam)) > 0 }):
				ps.say(ps.Links[i].Name, fam, NotApplicable, reason)
			default:
				ps.seeBoth(rib.LinkID(i), fam)
			}
		}
	}
	if !expressRoute {
		return
	}
	for i := range ps.Services {
		s := &ps.Services[i]
		if s.Kind != kind || len(s.Links) == 0 {
			continue
		}
		for _, fam := range ps.families {
			ps.adviceOn(s, fam, name)
		}
	}
}

func isERMicrosoft(l rib.Link) bool { return l.Kind == rib.ExpressRouteMicrosoft }

// seeBoth says OK where both directions of the link are seen, unknown where one is not.
func (ps *Pass) seeBoth(link rib.LinkID, fam rib.Family) {
	ps.say(ps.Links[link].Name, fam, OK, "")
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		switch cover := ps.Sight.Coverage(link, dir, fam); {
		case !cover.Covered:
			ps.leaveOpen(link, dir, fam, cover.Why)
		case cover.Scope != nil:
			ps.leaveOpen(link, dir, fam, "its feeds show only their scope")
		}
	}
}

// adviceOn checks one service's halves: the address, the routes its network sees, and the NAT.
func (ps *Pass) adviceOn(s *Service, fam rib.Family, name string) {
	linksER := slices.ContainsFunc(s.Links, func(n string) bool { return isERMicrosoft(*ps.linkNamed(n)) })
	overER := linksER && s.Kind == KindADFS // SMTP belongs on the internet, whatever its links say
	var parts, assumes []string
	var g grounds
	blame := func(part string, more grounds) {
		parts, assumes = append(parts, part), addTexts(assumes, more.assumes...)
		if g.cause.What == "" {
			g = more
		}
	}
	for _, p := range inFamily(s.Addresses, fam) {
		if off, ok := ps.addressAstray(s, p, overER); ok {
			blame(map[bool]string{false: "its address is advertised over ExpressRoute", true: "its address is not reached over ExpressRoute"}[overER], off)
			break
		}
	}
	if overER && s.Kind == KindADFS && s.NAT != "none" {
		if on := ps.advertisedFor(inFamily(s.Addresses, fam)); on != nil {
			blame("it stands behind NAT (nat: none is not declared)", *on)
		}
	}
	if part, seen := ps.repliesBlamed(s, fam, overER); part != "" {
		blame(part, seen)
	}
	if len(parts) == 0 {
		return
	}
	where := "is meant for the internet"
	switch {
	case overER:
		where = "is meant for ExpressRoute"
	case linksER:
		where = "belongs on the internet"
	}
	ps.report(Finding{
		Subject: Subject{"service", s.Name}, Family: fam, Links: g.links, Cause: g.cause, Prefixes: g.prefixes, Evidence: g.evidence, Assumes: assumes, Config: s.Pos,
		Message: fmt.Sprintf("%s service %s %s, but %s", name, s.Name, where, list(parts)),
		advice:  &advice{remedies: func() []remedy { return ps.serviceRemedies(s, fam, overER) }, otherwise: adviceHint(s, overER)},
	})
}

// repliesBlamed looks at where the service's traffic to its remote leaves.
func (ps *Pass) repliesBlamed(s *Service, fam rib.Family, overER bool) (part string, seen grounds) {
	for _, f := range ps.flowsBy[s] {
		if f.Family != fam {
			continue
		}
		if f.partlyUnseen() {
			ps.openByFlow(f)
		}
		if f.forward == nil || f.pinned {
			continue
		}
		off, d := ps.repliesAstray(f, overER), f.forward.decision
		switch {
		case len(off) == 0:
		case !d.Firm():
			ps.leaveOpenBy(d, "the replies of "+s.Name, off...)
		case f.doubted:
			ps.openByDoubted(f, off)
		case ps.mayBePinned(f):
			ps.leaveOpenBy(f.reply.decision, "the replies of "+s.Name+" leave by "+list(off)+" unless SNAT pins them", off...)
		case part == "":
			part, seen = fmt.Sprintf("its network sees routes that send its traffic to %s by %s", f.Remote, list(off)), ps.receivedGrounds(f, off)
			seen.assumes = unpinned(f, d)
		}
	}
	return part, seen
}

func adviceHint(s *Service, overER bool) string {
	switch {
	case overER && s.NAT != "none":
		return "write nat: none if it stands there without NAT; else advertise its own address over ExpressRoute without NAT, or keep it on the internet"
	case overER:
		return "advertise its address over ExpressRoute without NAT, and let its network see the ExpressRoute routes"
	case s.Kind == KindSMTP:
		return "keep its address off ExpressRoute, and SNAT incoming connections at the internet firewall (snat:) or hide the ExpressRoute routes from it (sees:)"
	}
	return "keep its address off ExpressRoute, and hide the routes received there from its network (sees:)"
}

// serviceRemedies bring the answers to a service's addresses, and what its network sends, to the kind of link
// that it is meant for.
func (ps *Pass) serviceRemedies(s *Service, fam rib.Family, overER bool) []remedy {
	wanted := slices.DeleteFunc(slices.Clone(s.Links), func(n string) bool { return isERMicrosoft(*ps.linkNamed(n)) != overER })
	if len(wanted) == 0 {
		return nil
	}
	var addresses, replies []remedy
	for _, p := range inFamily(s.Addresses, fam) {
		if g, astray := ps.addressAstray(s, p, overER); astray && g.decision != nil {
			addresses = ps.returnRemedies(g.decision, []netip.Prefix{p}, wanted)
			break
		}
	}
	for _, f := range ps.flowsBy[s] {
		if f.Family != fam || f.forward == nil || f.pinned || len(ps.repliesAstray(f, overER)) == 0 {
			continue
		}
		if fw := ps.linkNamed(wanted[0]).Firewall; s.Kind == KindSMTP && s.SNAT == nil && fw != rib.Stateless {
			replies = append(replies, remedy{{Action: SourceNAT, Service: s.Name, Firewall: fw, Prefix: f.Local[0]}})
		}
		replies = append(replies, ps.forwardRemedies(f, wanted)...)
		break
	}
	return together(addresses, replies)
}

// addressAstray looks at where Microsoft answers the address, and blames the route that takes it to
// the wrong kind of link.
func (ps *Pass) addressAstray(s *Service, p netip.Prefix, overER bool) (grounds, bool) {
	ob := ps.Sight.Observer(rib.ObserverMicrosoft)
	for _, r := range ps.Sight.Ranges(ob, p, rib.Query{Brief: true}, rib.ByRoute) {
		d := r.Decision
		wrong := func(l rib.LinkID) bool { return isERMicrosoft(ps.Links[l]) != overER }
		nowhere := overER && slices.ContainsFunc(d.Possible, func(links []rib.LinkID) bool { return len(links) == 0 })
		if !nowhere && !slices.ContainsFunc(mayWin(d), wrong) {
			continue
		}
		if !d.Firm() {
			on := ps.names(slices.DeleteFunc(mayWin(d), func(l rib.LinkID) bool { return !wrong(l) }))
			ps.leaveOpenBy(d, "the return to "+s.Name, addTexts(on, s.Links...)...)
			continue
		}
		f := &flow{Flow: &Flow{Service: s.Name, Family: rib.FamilyOf(p), Local: r.Prefixes()}, service: s, reply: &side{decision: d}}
		f.reply.addRoutes(d.Candidates)
		off := ps.names(slices.DeleteFunc(slices.Clone(d.Links), func(l rib.LinkID) bool { return !wrong(l) }))
		g := ps.returnGrounds(f, off, s.Links)
		if nowhere {
			g = ps.absentLocal(f, s.Links)
		}
		g.assumes, g.decision = d.Assumes, d
		return g, true
	}
	return grounds{}, false
}

// advertisedFor points at the routes that carry the addresses over ExpressRoute.
func (ps *Pass) advertisedFor(own []netip.Prefix) *grounds {
	var g grounds
	for _, p := range own {
		fam := rib.FamilyOf(p)
		for _, row := range append(ps.advertised(fam).covering(p), ps.perhapsTied(ps.untied(fam).covering(p))...) {
			switch {
			case !isERMicrosoft(*row.link) || row.fate.Unheard != "":
			case row.Link == rib.NoLink:
				ps.openByUntied(&row, fmtMayBeOn(&row, row.link.Name), row.link.Name)
			case !row.Certain():
				ps.leaveOpen(row.Link, rib.Advertised, fam, fmt.Sprintf("%s on %s: %s", row.Prefix, row.link.Name, row.fate.Doubt))
			default:
				g.add(ps, row.entry())
				g.assumes = addTexts(g.assumes, ps.trustIn(row.entry())...)
				g.links = addTexts(g.links, row.link.Name)
			}
		}
	}
	if len(g.prefixes) == 0 {
		return nil
	}
	g.cause = Cause{What: CauseAdvertised, Prefix: g.prefixes[0], Link: ps.circuitName(g.links)}
	return &g
}

// repliesAstray lists the links of the wrong kind by which the service's traffic may leave.
func (ps *Pass) repliesAstray(f *flow, overER bool) []string {
	var off []string
	for _, l := range mayWin(f.forward.decision) {
		if isERMicrosoft(ps.Links[l]) != overER {
			off = append(off, ps.Links[l].Name)
		}
	}
	return off
}

// mayWin lists the links of every outcome that the evidence allows; those of the choice itself come first.
func mayWin(d *rib.Decision) []rib.LinkID {
	out := slices.Clone(d.Links)
	for _, links := range d.Possible {
		for _, l := range links {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	return out
}
