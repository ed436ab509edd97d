package mrt

import (
	"cmp"
	"net/netip"
	"slices"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// What a replay holds is as many routes as a file has, of which a small packed one may have millions: each is kept in as
// few bytes as will do.

// heldKey is a prefix and its path id, in half the bytes of a [wire.NLRI].
type heldKey struct {
	addr   [16]byte
	pathID uint32
	bits   uint8
	four   bool
}

func keyOf(n wire.NLRI) heldKey {
	return heldKey{addr: n.Prefix.Addr().As16(), pathID: n.PathID, bits: uint8(n.Prefix.Bits()), four: n.Prefix.Addr().Is4()}
}

func (k heldKey) prefix() netip.Prefix {
	a := netip.AddrFrom16(k.addr)
	if k.four {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, int(k.bits))
}

// heldRoute is a route in as little as it takes to make it again.
type heldRoute struct {
	set    *wire.Set
	hop    uint32 // among the replay's hops
	record uint32
	at     uint32 // the order in which routes were advertised
	hides  rib.AttrSet
}

// hops are the next hops of a file, each once.
type hops struct {
	list  []netip.Addr
	known map[netip.Addr]uint32
}

func (h *hops) number(a netip.Addr) uint32 {
	n, ok := h.known[a]
	if ok {
		return n
	}
	if h.known == nil {
		h.known = map[netip.Addr]uint32{}
	}
	n = uint32(len(h.list))
	h.list = append(h.list, a)
	h.known[a] = n
	return n
}

// left is a route that is held at the end.
type left struct {
	at   uint32
	peer uint32 // among the replay's, in their order
	key  heldKey
}

// inOrder is what is left of one direction, in the order in which it was advertised.
func (m *replay) inOrder(dir direction) []left {
	size := 0
	for _, p := range m.order {
		size += len(p.routes[dir])
	}
	rows := make([]left, 0, size)
	for i, p := range m.order {
		for key, route := range p.routes[dir] {
			rows = append(rows, left{route.at, uint32(i), key})
		}
	}
	slices.SortFunc(rows, func(a, b left) int { return cmp.Compare(a.at, b.at) })
	return rows
}
