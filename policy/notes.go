package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/rib"
)

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

// noPolicy is what empty tables in both directions mean on routers that exchange nothing over eBGP without a
// policy in each of them (RFC 8212; IOS XR and OpenBGPD do so too).
const noPolicy = "nothing is sent and nothing received: over eBGP this router exchanges no routes without a policy in each direction (RFC 8212): give the session a route-map or filter in and out"

// silentNote is noPolicy if our router's own tables of a link are empty in both directions; empty if not.
func (ps *Pass) silentNote(link *rib.Link) string {
	if slices.ContainsFunc(link.NeighborASNs, func(asn uint32) bool { return slices.Contains(ps.Site.ASNs, asn) }) {
		return "" // iBGP
	}
	var sent, received int
	for _, f := range ps.table.Feeds() {
		s := &f.State
		ours := slices.Contains([]rib.View{rib.AdjRIBOutPost, rib.AdjRIBOutPre, rib.AdjRIBInPre, rib.AdjRIBInPost}, f.View)
		if f.Link != link.Name || !ours {
			continue
		}
		if s.Unreadable || s.Routes > 0 || s.Skipped > 0 || s.Live || !withoutPolicy(s.Format) {
			return ""
		}
		if f.View.Advertised() {
			sent++
		} else {
			received++
		}
	}
	if sent == 0 || received == 0 {
		return ""
	}
	return noPolicy
}

func withoutPolicy(format string) bool {
	return slices.ContainsFunc([]string{"frr", "iosxr", "openbgpd"}, func(of string) bool { return strings.HasPrefix(format, of) })
}
