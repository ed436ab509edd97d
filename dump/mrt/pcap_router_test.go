package mrt

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/bgp/wire"
)

// TestARouterWithAnAddressForEachLinkIsOne: its BGP Identifier is the same.
func TestARouterWithAnAddressForEachLinkIsOne(t *testing.T) {
	var l pcapRouters
	for _, e := range []struct{ addr, id string }{
		{"192.0.2.6", "10.255.0.6"}, {"198.51.100.6", "10.255.0.6"}, {"192.0.2.7", "10.255.0.7"}, {"192.0.2.6", "10.255.0.9"},
	} {
		l.saw(&pcapEnd{addr: netip.MustParseAddr(e.addr), offer: wire.Offer{ID: netip.MustParseAddr(e.id)}})
	}
	if have := strings.Join(l.names(), ", "); have != "10.255.0.6 at 192.0.2.6 and 198.51.100.6, 10.255.0.7 at 192.0.2.7" {
		t.Error(have)
	}
}
