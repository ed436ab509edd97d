package rib

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/kentik/patricia"
	"github.com/kentik/patricia/generics_tree"
)

// prefixID numbers a prefix within its family, from 0. It is the tag in the patricia tree and
// the index of every slab beside it. Ids are never taken back: a prefix whose last route goes
// keeps its place, empty, for its return.
type prefixID uint32

// prefixIndex is one family's prefixes: a patricia tree for the covering chain, and an order
// beside it for the walk through more-specifics, which the tree does not offer.
type prefixIndex struct {
	family Family
	tree4  *generics_tree.TreeV4[prefixID]
	tree6  *generics_tree.TreeV6[prefixID]
	addr4  []uint32
	addr6  [][16]byte
	bits   []uint8

	order   []prefixID // sorted by address, then length
	pending []prefixID // not yet in order
}

func newPrefixIndex(f Family) *prefixIndex {
	x := &prefixIndex{family: f}
	if f == IPv4 {
		x.tree4 = generics_tree.NewTreeV4[prefixID]()
	} else {
		x.tree6 = generics_tree.NewTreeV6[prefixID]()
	}
	return x
}

// prefix gives the prefix behind an id.
func (x *prefixIndex) prefix(id prefixID) netip.Prefix {
	if x.family == IPv4 {
		var raw [4]byte
		binary.BigEndian.PutUint32(raw[:], x.addr4[id])
		return netip.PrefixFrom(netip.AddrFrom4(raw), int(x.bits[id]))
	}
	return netip.PrefixFrom(netip.AddrFrom16(x.addr6[id]), int(x.bits[id]))
}

// chain appends the ids of every known prefix that covers p, p itself included, shortest first.
func (x *prefixIndex) chain(into []prefixID, p netip.Prefix) []prefixID {
	if x.family == IPv4 {
		return x.tree4.FindTagsAppend(into, address4(p))
	}
	raw := p.Addr().As16()
	return x.tree6.FindTagsAppend(into, patricia.NewIPv6Address(raw[:], uint(p.Bits())))
}

// lookup finds p itself.
func (x *prefixIndex) lookup(p netip.Prefix) (prefixID, bool) {
	var buf [40]prefixID // on the stack; a longer chain allocates
	chain := x.chain(buf[:0], p)
	if n := len(chain); n > 0 && int(x.bits[chain[n-1]]) == p.Bits() {
		return chain[n-1], true
	}
	return 0, false
}

// add gives p an id; the caller has looked that it has none.
func (x *prefixIndex) add(p netip.Prefix) prefixID {
	id := prefixID(len(x.bits))
	x.bits = append(x.bits, uint8(p.Bits()))
	if x.family == IPv4 {
		a := address4(p)
		x.addr4 = append(x.addr4, a.Address)
		x.tree4.Add(a, id, nil)
	} else {
		raw := p.Addr().As16()
		x.addr6 = append(x.addr6, raw)
		x.tree6.Add(patricia.NewIPv6Address(raw[:], uint(p.Bits())), id, nil)
	}
	x.pending = append(x.pending, id)
	// Geometric, so that a load of any size merges a logarithmic number of times.
	if len(x.pending) > 4096 && len(x.pending) > len(x.order)/2 {
		x.settle()
	}
	return id
}

func address4(p netip.Prefix) patricia.IPv4Address {
	raw := p.Addr().As4()
	return patricia.NewIPv4Address(binary.BigEndian.Uint32(raw[:]), uint(p.Bits()))
}

// settle merges the pending ids into the order.
func (x *prefixIndex) settle() {
	if len(x.pending) == 0 {
		return
	}
	slices.SortFunc(x.pending, x.compare)
	merged := make([]prefixID, 0, len(x.order)+len(x.pending))
	a, b := x.order, x.pending
	for len(a) > 0 && len(b) > 0 {
		if x.compare(a[0], b[0]) < 0 {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	x.order, x.pending = merged, nil
}

func (x *prefixIndex) compare(a, b prefixID) int {
	if x.family == IPv4 {
		if x.addr4[a] != x.addr4[b] {
			if x.addr4[a] < x.addr4[b] {
				return -1
			}
			return 1
		}
	} else if c := slices.Compare(x.addr6[a][:], x.addr6[b][:]); c != 0 {
		return c
	}
	return int(x.bits[a]) - int(x.bits[b])
}

// within appends the ids of the known prefixes inside p, p itself left out, in address order and
// at one address shortest first: every prefix stands before those inside it.
func (x *prefixIndex) within(into []prefixID, p netip.Prefix) []prefixID {
	inside := func(id prefixID) bool {
		q := x.prefix(id)
		return q.Bits() > p.Bits() && p.Contains(q.Addr())
	}
	start, _ := slices.BinarySearchFunc(x.order, p, func(id prefixID, p netip.Prefix) int {
		q := x.prefix(id)
		if c := q.Addr().Compare(p.Addr()); c != 0 {
			return c
		}
		return q.Bits() - p.Bits()
	})
	first := len(into)
	for _, id := range x.order[start:] {
		if !p.Contains(x.prefix(id).Addr()) {
			break
		}
		if inside(id) {
			into = append(into, id)
		}
	}
	late := len(into)
	for _, id := range x.pending {
		if inside(id) {
			into = append(into, id)
		}
	}
	if late < len(into) {
		slices.SortFunc(into[first:], x.compare)
	}
	return into
}
