package policy

import (
	"slices"
	"strings"

	"bgpaudit/rib"
)

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
