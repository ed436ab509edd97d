package rib

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"sort"

	"github.com/kentik/patricia"
	"github.com/kentik/patricia/generics_tree"
)

// prefixID numbers a prefix within its family, from 0. It is the tag in the patricia trees and
// the index of every slab beside them. Ids are never taken back: a prefix whose last route goes
// keeps its place, empty, for its return.
type prefixID uint32

// bitString is a prefix of either family: its bits from the first on, and how many count.
type bitString struct {
	high, low uint64
	bits      uint8
}

// bitsOf takes p apart. canonical says that no bit is set behind its length, and that it is no
// IPv4 prefix in IPv6 clothes.
func bitsOf(p netip.Prefix) (b bitString, canonical bool) {
	a := p.Addr()
	b.bits = uint8(p.Bits())
	if a.Is4() {
		raw := a.As4()
		b.high = uint64(binary.BigEndian.Uint32(raw[:])) << 32
	} else {
		raw := a.As16()
		b.high, b.low = binary.BigEndian.Uint64(raw[:]), binary.BigEndian.Uint64(raw[8:])
	}
	return b, p.IsValid() && !b.set() && !a.Is4In6()
}

// set reports whether a bit is set behind the length. Shifts of 64 and more leave nothing.
func (b bitString) set() bool {
	if b.bits >= 64 {
		return b.low<<(b.bits-64) != 0
	}
	return b.high<<b.bits|b.low != 0
}

// compare orders by address, then length.
func (b bitString) compare(q bitString) int {
	return cmp.Or(cmp.Compare(b.high, q.high), cmp.Compare(b.low, q.low), cmp.Compare(b.bits, q.bits))
}

func (b bitString) prefix(f Family) netip.Prefix {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], b.high)
	if f == IPv4 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(raw[:4])), int(b.bits))
	}
	binary.BigEndian.PutUint64(raw[8:], b.low)
	return netip.PrefixFrom(netip.AddrFrom16(raw), int(b.bits))
}

// tree is the number of the prefix's tree: the first octet of IPv4, and of IPv6 the second,
// since the first is one of few.
func (b bitString) tree(f Family) int {
	end := 8 * (1 + int(f))
	if int(b.bits) < end {
		return shortTree
	}
	return int(b.high >> (64 - end) & 0xff)
}

func (b bitString) ipv4() patricia.IPv4Address {
	return patricia.IPv4Address{Address: uint32(b.high >> 32), Length: uint(b.bits)}
}

func (b bitString) ipv6() patricia.IPv6Address {
	return patricia.IPv6Address{Left: b.high, Right: b.low, Length: uint(b.bits)}
}

// prefixIndex is one family's prefixes: patricia trees for the covering chain, and an order
// beside them for the walk through more-specifics, which the trees do not offer.
type prefixIndex struct {
	family Family
	trees4 *forest[patricia.IPv4Address]
	trees6 *forest[patricia.IPv6Address]
	addr4  paged[uint32]
	addr6  paged[[2]uint64]
	bits   paged[uint8]

	had  prefixID // the id that same met
	same generics_tree.MatchesFunc[prefixID]

	below *prefixIndex // of an overlay: what it stands on, and only reads; its trees hold its own prefixes

	order []prefixID // the first ids, sorted by address, then length; later ones are pending
}

func newPrefixIndex(f Family) *prefixIndex {
	x := &prefixIndex{family: f}
	x.same = func(have, _ prefixID) bool { x.had = have; return true } // a prefix has one tag
	if f == IPv4 {
		x.trees4 = newForest(func() tree[patricia.IPv4Address] { return generics_tree.NewTreeV4[prefixID]() })
	} else {
		x.trees6 = newForest(func() tree[patricia.IPv6Address] { return generics_tree.NewTreeV6[prefixID]() })
	}
	return x
}

// over is an index for an overlay: it knows the prefixes of x by the same ids, and takes its own beside them.
func (x *prefixIndex) over() *prefixIndex {
	y := newPrefixIndex(x.family)
	y.below, y.order = x, x.order
	y.addr4, y.addr6, y.bits = x.addr4.over(), x.addr6.over(), x.bits.over()
	return y
}

// chainOver is chain of an overlay.
func (x *prefixIndex) chainOver(into []prefixID, p netip.Prefix) []prefixID {
	first := len(into)
	into = x.below.chain(into, p)
	if own := len(into); x.bits.len() > x.below.bits.len() {
		if into = x.chainIn(into, p); len(into) > own {
			slices.SortFunc(into[first:], func(a, b prefixID) int { return x.bitsAt(a) - x.bitsAt(b) })
		}
	}
	return into
}

func (x *prefixIndex) at(id prefixID) bitString {
	if x.family == IPv4 {
		return bitString{high: uint64(*x.addr4.at(int(id))) << 32, bits: *x.bits.at(int(id))}
	}
	addr := x.addr6.at(int(id))
	return bitString{addr[0], addr[1], *x.bits.at(int(id))}
}

// bitsAt is the length of the prefix behind an id.
func (x *prefixIndex) bitsAt(id prefixID) int { return int(*x.bits.at(int(id))) }

// prefix gives the prefix behind an id.
func (x *prefixIndex) prefix(id prefixID) netip.Prefix { return x.at(id).prefix(x.family) }

// chain appends the ids of every known prefix that covers p, p itself included, shortest first.
func (x *prefixIndex) chain(into []prefixID, p netip.Prefix) []prefixID {
	if x.below != nil {
		return x.chainOver(into, p)
	}
	return x.chainIn(into, p)
}

// chainIn is chain of what the trees hold.
func (x *prefixIndex) chainIn(into []prefixID, p netip.Prefix) []prefixID {
	b, _ := bitsOf(p)
	if x.family == IPv4 {
		return x.trees4.chain(into, b.tree(IPv4), b.ipv4())
	}
	return x.trees6.chain(into, b.tree(IPv6), b.ipv6())
}

// lookup finds p itself.
func (x *prefixIndex) lookup(p netip.Prefix) (prefixID, bool) {
	var buf [40]prefixID // on the stack; a longer chain allocates
	chain := x.chain(buf[:0], p)
	if n := len(chain); n > 0 && x.bitsAt(chain[n-1]) == p.Bits() {
		return chain[n-1], true
	}
	return 0, false
}

// enter gives the prefix's id, and a new one where it has none, in one walk.
func (x *prefixIndex) enter(b bitString) prefixID {
	if x.below != nil {
		if id, known := x.below.lookup(b.prefix(x.family)); known {
			return id
		}
	}
	id := prefixID(x.bits.len())
	if x.family == IPv4 {
		if !x.trees4.add(b.tree(IPv4), b.ipv4(), id, x.same) {
			return x.had
		}
		x.addr4.add(uint32(b.high >> 32))
	} else {
		if !x.trees6.add(b.tree(IPv6), b.ipv6(), id, x.same) {
			return x.had
		}
		x.addr6.add([2]uint64{b.high, b.low})
	}
	x.bits.add(b.bits)
	return id
}

// keepUp settles now and then: geometrically, so that any number of routes that come one by one
// costs a logarithmic number of merges.
func (x *prefixIndex) keepUp() {
	if pending := x.bits.len() - len(x.order); pending > 4096 && pending > len(x.order)/2 {
		x.settle()
	}
}

// settle merges the pending ids into the order.
func (x *prefixIndex) settle() { x.order = x.merged(x.order, x.pending()) }

// pending gives the ids that came after the order was made, in order.
func (x *prefixIndex) pending() []prefixID { return x.sorted(prefixID(len(x.order))) }

// merged gives the ids of two ordered lists in order, and changes neither: many may read at a time.
// It is quick where the late ones are few. The result is not the caller's to change.
func (x *prefixIndex) merged(ids, late []prefixID) []prefixID {
	if len(late) == 0 {
		return ids
	}
	all := make([]prefixID, 0, len(ids)+len(late))
	for _, id := range late {
		n := x.before(ids, id)
		all = append(append(all, ids[:n]...), id)
		ids = ids[n:]
	}
	return append(all, ids...)
}

// before counts the ids that stand before the prefix of id, near the first ones fast: those that come
// late are few among many, or as many as the others.
func (x *prefixIndex) before(ids []prefixID, id prefixID) int {
	end := 1
	for end < len(ids) && x.compare(ids[end-1], id) < 0 {
		end *= 2
	}
	n, _ := slices.BinarySearchFunc(ids[:min(end, len(ids))], id, x.compare)
	return n
}

// sorted gives the ids from first on in order. It goes by the first 32 bits, which lie beside the
// id, and looks further only where they are equal.
func (x *prefixIndex) sorted(first prefixID) []prefixID {
	keys := make([]uint64, x.bits.len()-int(first))
	for i := range keys {
		id := first + prefixID(i)
		keys[i] = x.at(id).high>>32<<32 | uint64(id)
	}
	keys, _ = sortHigh(keys, make([]uint64, len(keys)))
	ids := make([]prefixID, len(keys))
	for i, k := range keys {
		ids[i] = prefixID(k)
	}
	for from, i := 0, 1; i <= len(keys); i++ {
		if i == len(keys) || keys[i]>>32 != keys[from]>>32 {
			if i-from > 1 {
				slices.SortFunc(ids[from:i], x.compare)
			}
			from = i
		}
	}
	return ids
}

// sortHigh sorts by the upper 32 bits, digit by digit from the last one: a million keys in some
// hundredths of a second. Equal ones keep their order. The other slice is free again.
func sortHigh(keys, spare []uint64) (sorted, free []uint64) {
	const digit = 11
	for shift := 32; shift < 64; shift += digit {
		var next [1 << digit]int
		for _, k := range keys {
			next[k>>shift&(1<<digit-1)]++
		}
		at := 0
		for i, n := range next {
			next[i] = at
			at += n
		}
		for _, k := range keys {
			d := k >> shift & (1<<digit - 1)
			spare[next[d]] = k
			next[d]++
		}
		keys, spare = spare, keys
	}
	return keys, spare
}

func (x *prefixIndex) compare(a, b prefixID) int { return x.at(a).compare(x.at(b)) }

// within gives the ids of the known prefixes inside p, p itself left out, in address order and at one
// address shortest first: every prefix stands before those inside it. late are the pending ones among
// them. The result is not the caller's to change.
func (x *prefixIndex) within(p netip.Prefix, late []prefixID) []prefixID {
	return x.merged(x.inside(x.order, p), late)
}

// inside cuts those inside p, p itself left out, from ids in order.
func (x *prefixIndex) inside(ids []prefixID, p netip.Prefix) []prefixID {
	b, _ := bitsOf(p)
	first, known := slices.BinarySearchFunc(ids, b, func(id prefixID, b bitString) int { return x.at(id).compare(b) })
	if known {
		first++
	}
	ids = ids[first:]
	end := 1 // near the first ones fast: most prefixes have few inside
	for end < len(ids) && p.Contains(x.prefix(ids[end-1]).Addr()) {
		end *= 2
	}
	return ids[:sort.Search(min(end, len(ids)), func(i int) bool { return !p.Contains(x.prefix(ids[i]).Addr()) })]
}

// pendingInside finds the pending ids inside p, p itself left out, in order.
func (x *prefixIndex) pendingInside(p netip.Prefix) []prefixID {
	if p.IsSingleIP() {
		return nil
	}
	var late []prefixID
	for id := prefixID(len(x.order)); int(id) < x.bits.len(); id++ {
		if q := x.prefix(id); q.Bits() > p.Bits() && p.Contains(q.Addr()) {
			late = append(late, id)
		}
	}
	slices.SortFunc(late, x.compare)
	return late
}
