package rib

import (
	"fmt"
	"net/netip"
)

// Family is an address family. Only unicast IPv4 and IPv6 are audited.
type Family uint8

// The two families, in the order in which every report lists them.
const (
	IPv4 Family = iota
	IPv6
)

// Families lists both families in report order.
var Families = [...]Family{IPv4, IPv6}

// FamilyOf returns the family of p. An IPv4-mapped IPv6 prefix counts as IPv6;
// readers unmap at the door, so the table never holds one.
func FamilyOf(p netip.Prefix) Family { return familyOfAddr(p.Addr()) }

func familyOfAddr(a netip.Addr) Family {
	if a.Is4() {
		return IPv4
	}
	return IPv6
}

// Bits is the width of an address of the family: 32 or 128.
func (f Family) Bits() int {
	if f == IPv4 {
		return 32
	}
	return 128
}

// All is the family's default route, 0.0.0.0/0 or ::/0.
func (f Family) All() netip.Prefix {
	if f == IPv4 {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

func (f Family) String() string {
	if f == IPv4 {
		return "ipv4"
	}
	return "ipv6"
}

// ParseFamily reads "ipv4" or "ipv6".
func ParseFamily(s string) (Family, error) {
	switch s {
	case "ipv4":
		return IPv4, nil
	case "ipv6":
		return IPv6, nil
	}
	return 0, fmt.Errorf("unknown address family %q: write ipv4 or ipv6", s)
}

// Marks are what the source says about one route beside its path attributes.
type Marks uint16

// The marks a source can print.
const (
	// Best: the router that printed the table chose this route (its own decision).
	Best Marks = 1 << iota
	// Multipath: the router spreads traffic over this route and the best one.
	Multipath
	// Stale: kept through a graceful restart (RFC 4724), not confirmed since.
	Stale
	// Invalid: the router says it cannot use the route (next hop unresolved, damped, history).
	Invalid
	// Filtered: import policy rejected the route; the router keeps it for show only.
	Filtered
	// Malformed: the route came in a message that RFC 7606 treats as a withdraw. The router holds it
	// to be announced; what it says of it cannot be read.
	Malformed
	// IBGP: learned from an iBGP neighbour. It is a copy of what another router received.
	IBGP
	// RIBFailure: best in BGP, and the router forwards by another protocol's route (IOS "r>").
	RIBFailure
	// RPKIInvalid: origin validation found it invalid (RFC 6811).
	RPKIInvalid
	// Unselected: a row of an advertised table that the router does not mark as its choice, so that it
	// may not have been sent (FRR #20617).
	Unselected
)

// rareMarks are kept with a route's attributes: routes by the million seldom bear one.
const rareMarks = IBGP | RIBFailure | RPKIInvalid | Unselected

// Has reports whether every mark of m is set.
func (k Marks) Has(m Marks) bool { return k&m == m }

// Route is one route as a source showed it. Its identity within a feed is
// (Neighbor, Prefix, PathID); a second one of the same identity replaces the first.
type Route struct {
	Prefix   netip.Prefix // masked, unmapped
	PathID   uint32       // RFC 7911, or an ordinal where a dump repeats a prefix without one
	Neighbor netip.Addr   // the BGP neighbour it came from or goes to; zero where there is none or it is not shown
	Attrs    Attrs
	Marks    Marks
	Line     int // 1-based line of the dump, 0 where there is none
}
