package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// nest finds what is said of the prefixes around a prefix, in as many steps as there are lengths in
// it, however many prefixes it holds.
type nest[T any] struct {
	at      map[netip.Prefix]T
	lengths [2][]int // by family, longest first
}

// put says v of p, in place of what was said of it.
func (n *nest[T]) put(p netip.Prefix, v T) {
	if n.at == nil {
		n.at = map[netip.Prefix]T{}
	}
	n.at[p.Masked()] = v
	used := &n.lengths[rib.FamilyOf(p)]
	if i, found := slices.BinarySearchFunc(*used, p.Bits(), func(have, bits int) int { return bits - have }); !found {
		*used = slices.Insert(*used, i, p.Bits())
	}
}

func (n *nest[T]) of(p netip.Prefix) (T, bool) {
	v, ok := n.at[p.Masked()]
	return v, ok
}

// around calls fn for p and every prefix around it of which something is said, longest first, until
// fn says that it is enough.
func (n *nest[T]) around(p netip.Prefix, fn func(q netip.Prefix, v T) (enough bool)) {
	for _, bits := range n.lengths[rib.FamilyOf(p)] {
		if bits > p.Bits() {
			continue
		}
		q := netip.PrefixFrom(p.Addr(), bits).Masked()
		if v, ok := n.at[q]; ok && fn(q, v) {
			return
		}
	}
}

// insideOf gives the run of a list in address order whose prefixes lie inside p or equal it.
func insideOf[T any](sorted []T, p netip.Prefix, prefixOf func(*T) netip.Prefix) []T {
	p = p.Masked()
	from, _ := slices.BinarySearchFunc(sorted, p, func(e T, p netip.Prefix) int { return prefixOf(&e).Compare(p) })
	rest := sorted[from:]
	// What is not inside begins beyond p's last address: what begins in it is as long as p or longer.
	to, _ := slices.BinarySearchFunc(rest, p, func(e T, p netip.Prefix) int {
		if holds(p, prefixOf(&e)) {
			return -1
		}
		return 1
	})
	return rest[:to]
}
