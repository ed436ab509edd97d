package rib

import (
	"net/netip"
	"slices"
)

// LinkKind says what a link is; observers choose by it.
type LinkKind string

// The kinds of link a config can name.
const (
	Internet              LinkKind = "internet"
	ExpressRouteMicrosoft LinkKind = "expressroute-microsoft"
	ExpressRoutePrivate   LinkKind = "expressroute-private"
	VPN                   LinkKind = "vpn"
	OtherKind             LinkKind = "other"
)

// LinkKinds lists the kinds in the order the docs do.
var LinkKinds = []LinkKind{Internet, ExpressRouteMicrosoft, ExpressRoutePrivate, VPN, OtherKind}

// ExpressRoute reports whether the link is an ExpressRoute circuit's side, of either peering.
func (k LinkKind) ExpressRoute() bool {
	return k == ExpressRouteMicrosoft || k == ExpressRoutePrivate
}

// Stateless is the firewall name of a link that keeps no connection state.
const Stateless = "none"

// Link is a named way in or out of the site.
type Link struct {
	Name         string
	Kind         LinkKind
	Router       string // the router it ends on
	Firewall     string // links naming the same firewall share its state; Stateless keeps none
	NeighborASNs []uint32
	ProviderASNs []uint32 // of a layer-3 provider between us and the neighbour: the far end's rows have it before ours, received ones begin with it
	Neighbors    []netip.Addr
	Circuit      string // ExpressRoute only: circuit, SKU, side
	SKU          string
	Side         string
	Preference   Optional // local preference our import policy sets, where dumps do not show it
	ImportAll    bool     // import policy takes every route: adj-rib-in-pre rows are then certain
	Weight       Optional // Azure connection weight (expressroute-private)
	Static       *Static  // routes without BGP
	Balancing    string   // "", "per-flow" or "per-packet"
}

// Static are routes declared and not observed: no BGP runs on the link, or an ISP advertises for us.
type Static struct {
	Receives   []netip.Prefix
	Advertises []netip.Prefix
}

// HasProviderASN reports whether asn is one of the link's layer-3 providers'.
func (l *Link) HasProviderASN(asn uint32) bool {
	return slices.Contains(l.ProviderASNs, asn)
}

// HasNeighborASN reports whether asn is one of the link's neighbour ASNs.
func (l *Link) HasNeighborASN(asn uint32) bool {
	return slices.Contains(l.NeighborASNs, asn)
}
