package junos

import (
	"slices"
	"strings"

	"bgpaudit/dump/reading"
)

// otherProtocols are the protocols beside BGP that Junos has entries of, in small letters and without hyphens: those of
// show route protocol, and those that stand in tables alone.
var otherProtocols = strings.Fields(`access accessinternal aggregate anchor arp atmvpn bgpstatic ccc controller direct dvmrp dynamic
	dynamictunnel dyntunnel esis evpn flow flowspec frr generate igmp inet inet6 isis kernel l2circuit l2ckt l2learnedhostrouting l2vpn
	lacp ldp lisis lisp local lospf lospf3 mld mpls msdp multicast nat nd6 nhrp openflow ospf ospf2 ospf3 pim programmed prpd rift rip
	ripng rpm rsvp rtarget rttarget service sid springte srte srv6 static subscriber ted tunnel vpls vpn vrrp`)

// noProtocol stands in an entry of our own making, where the one of the text was cut off.
const noProtocol = "none"

// damaged is what is wrong with an entry's protocol; empty where nothing is. One that Junos does not have may have been
// BGP: passed over as another protocol's, the route would be lost.
func damaged(e *junosNode) string {
	name := e.value("protocol-name")
	if junosBGP(e) || name == noProtocol || slices.Contains(otherProtocols, strings.ToLower(strings.ReplaceAll(name, "-", ""))) {
		return ""
	}
	return "an entry is of protocol " + reading.Quote(name) + ", which Junos does not have"
}
