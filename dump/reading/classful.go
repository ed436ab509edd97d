package reading

import (
	"fmt"
	"net/netip"
)

// ParseClassful is [ParsePrefix] of a table that leaves the length out where it is that of the address's class,
// as IOS does: 172.16.0.0 is a /16, and 0.0.0.0 the default route.
func ParseClassful(text string) (netip.Prefix, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return ParsePrefix(text)
	}
	p := netip.PrefixFrom(a, classLength(a))
	if p.Bits() < 0 || p.Masked() != p {
		return netip.Prefix{}, fmt.Errorf("bad prefix %s: it has no length, and is no whole class A, B or C network", Quote(text))
	}
	return p, nil
}

// classLength is -1 for addresses of no class that is routed.
func classLength(a netip.Addr) int {
	switch b := a.As4()[0]; {
	case a.IsUnspecified():
		return 0
	case b < 128:
		return 8
	case b < 192:
		return 16
	case b < 224:
		return 24
	}
	return -1
}
