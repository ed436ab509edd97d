package policy

import (
	"fmt"
	"slices"

	"bgpaudit/rib"
)

// forwardMoreSpecific: "Routes received over ExpressRoute are more specific so they make
// ExpressRoute the preferred path" (expressroute-asymmetric-routing.md).
var forwardMoreSpecific = &Check{
	ID: "forward/more-specific", Title: "Received more-specifics pull a service's traffic off its intended links", Severity: Warning,
	Source: `expressroute-asymmetric-routing.md, 2024-07-11: "Routes received over ExpressRoute are more specific"`,
	Run: func(ps *Pass) {
		ps.overReceived()
		for _, f := range ps.flows {
			if f.forward == nil || f.pinned {
				continue
			}
			for _, d := range f.forward.decisions {
				if d.Firm() {
					ps.checkForward(f, d)
				}
			}
		}
	},
}

func (ps *Pass) checkForward(f *flow, d *rib.Decision) {
	off := ps.outside(d.Links, f.intended)
	if len(off) == 0 {
		return
	}
	if ps.outmatched(d, f.intended) == nil || ps.mayMatch(d, f.intended) {
		ps.leaveOpenByLosers(d, f.intended, f.Family, "the forward of "+f.Service, off)
		return
	}
	if f.doubted {
		ps.openByDoubted(f, off)
		return
	}
	if ps.mayBePinned(f) {
		ps.leaveOpenBy(f.reply.decision, "the forward of "+f.Service+" is by "+list(off)+" unless SNAT pins it", off...)
		return
	}
	g := ps.receivedGrounds(f, off)
	ps.report(Finding{
		Subject: Subject{"service", f.Service}, Family: f.Family, Links: off, Cause: g.cause, Prefixes: g.prefixes, Evidence: g.evidence,
		Message: fmt.Sprintf("traffic of %s to %s%s leaves by %s instead of %s: more-specifics are received there", f.Service, f.Remote, ps.servicesIn(f), list(off), list(f.intended)),
		advice:  ps.forwardAdvice(f, off),
		Assumes: unpinned(f, d), Config: f.service.Pos,
	})
}

// overReceived gives every link and family its first word on checks that read received routes,
// and marks unknown what unknown flows leave open.
func (ps *Pass) overReceived() {
	for i := range ps.Links {
		for _, fam := range rib.Families {
			cover := ps.Sight.Coverage(rib.LinkID(i), rib.Received, fam)
			switch {
			case !slices.Contains(ps.families, fam):
				ps.say(ps.Links[i].Name, fam, NotApplicable, fam.String()+" is not audited")
			case len(ps.Services) == 0:
				ps.say(ps.Links[i].Name, fam, NotApplicable, "no service is declared")
			case !cover.Covered:
				ps.leaveOpen(rib.LinkID(i), rib.Received, fam, cover.Why)
			case cover.Scope != nil:
				ps.leaveOpen(rib.LinkID(i), rib.Received, fam, "its feeds show only their scope")
			default:
				ps.say(ps.Links[i].Name, fam, OK, "")
			}
		}
	}
	for _, f := range ps.flows {
		if f.partlyUnseen() {
			ps.openByFlow(f)
		}
		if f.forward == nil || f.pinned {
			continue
		}
		for _, d := range f.forward.decisions {
			if off := ps.outside(d.Links, f.intended); !d.Firm() && len(off) > 0 {
				ps.leaveOpenBy(d, "the forward of "+f.Service, off...)
			}
		}
	}
}

// servicesIn names the Microsoft services whose communities the flow's routes carry.
func (ps *Pass) servicesIn(f *flow) string {
	var names []string
	for _, c := range f.forward.routes {
		for _, com := range c.Attrs.Communities {
			if name := MicrosoftService(com); name != "" {
				names = addTexts(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " (" + list(names) + ")"
}

// microsoftServices are the communities that Microsoft sets on Microsoft peering
// (expressroute-routing.md, 2025-26 wording).
var microsoftServices = map[uint32]string{
	5010: "Exchange Online", 5020: "SharePoint Online", 5030: "Skype for Business Online and Teams", 5040: "CRM Online",
	5050: "Azure Global Services", 5060: "Microsoft Entra ID", 5070: "Azure Resource Manager", 5100: "other Office 365 services",
	5220: "Defender for Identity", 5250: "PSTN services",
}

// MicrosoftService names the service that a community of AS 12076 stands for; empty where none.
func MicrosoftService(c rib.Community) string {
	as, value := c.Halves()
	if as != 12076 {
		return ""
	}
	return microsoftServices[value]
}
