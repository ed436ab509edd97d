package bgp

import (
	"net/netip"
	"testing"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// TestAllSessionsTogetherHoldNoMoreThanTheyMay: the one that would go beyond it is partial, once;
// what goes makes room.
func TestAllSessionsTogetherHoldNoMoreThanTheyMay(t *testing.T) {
	all := &total{most: 3}
	var said []rib.Update
	session := func() *receiver {
		return newReceiver(&Neighbor{}, host, terms{families: [2]bool{true, true}}, all, func() *rib.Update {
			said = append(said, rib.Update{})
			return &said[len(said)-1]
		})
	}
	route := func(s string) wire.NLRI { return wire.NLRI{Prefix: netip.MustParsePrefix(s)} }
	a, b := session(), session()
	for i, step := range []struct {
		of   *receiver
		nlri string
		kept bool
	}{
		{a, "192.0.2.0/25", true},
		{a, "192.0.2.128/25", true},
		{b, "192.0.2.0/25", true},
		{b, "198.51.100.0/24", false},
		{b, "203.0.113.0/24", false},
		{a, "192.0.2.0/25", true},
	} {
		if kept := step.of.keeps(route(step.nlri)); kept != step.kept {
			t.Errorf("step %d: kept %v", i, kept)
		}
	}
	if len(said) != 1 || said[0].Kind != rib.PeerPartial || !b.counts.overLimit || a.counts.overLimit {
		t.Errorf("said %v", said)
	}
	a.withdraw(route("192.0.2.0/25"))
	a.withdraw(route("192.0.2.0/25")) // twice
	if !b.keeps(route("198.51.100.0/24")) || b.keeps(route("203.0.113.0/24")) {
		t.Error("what goes makes room for one")
	}
	a.gone()
	b.gone()
	if n := all.held.Load(); n != 0 {
		t.Errorf("%d are held at the end", n)
	}
}
