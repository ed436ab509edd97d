package bgp

import (
	"encoding/binary"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// held is the set of the routes that a session gave and did not take back, by identity, so that
// they can be counted exactly. It takes some ten octets a route of a full table.
type held struct {
	count int
	// bits are IPv4 prefixes up to /24: one bit each, at 1<<length | the leading bits; 4 MiB at most.
	bits []*[pageWords]uint64
	// short are longer IPv4 prefixes, and IPv6 ones up to /63: the leading bits, a one, zeros.
	short [2]map[uint64]struct{}
	long  map[longKey]struct{} // the rest
}

const (
	pageWords  = 64
	denseBits  = 24 // prefixes up to this length are bits
	totalPages = 1 << (denseBits + 1) / (64 * pageWords)
)

// longKey is an identity with a path id, or one of a long IPv6 prefix.
type longKey struct {
	addr   [16]byte
	length uint8
	family rib.Family
	pathID uint32
}

// has reports whether the route is in the set.
func (h *held) has(n wire.NLRI) bool {
	fam := rib.FamilyOf(n.Prefix)
	switch {
	case n.PathID != 0 || n.Prefix.Bits() > 63:
		_, ok := h.long[longOf(n)]
		return ok
	case fam == rib.IPv4 && n.Prefix.Bits() <= denseBits:
		page, word, bit := place(n)
		return h.bits != nil && h.bits[page] != nil && h.bits[page][word]&bit != 0
	}
	_, ok := h.short[fam][shortOf(n)]
	return ok
}

// add puts the route in, where it is not yet.
func (h *held) add(n wire.NLRI) {
	if h.has(n) {
		return
	}
	h.count++
	fam := rib.FamilyOf(n.Prefix)
	switch {
	case n.PathID != 0 || n.Prefix.Bits() > 63:
		if h.long == nil {
			h.long = map[longKey]struct{}{}
		}
		h.long[longOf(n)] = struct{}{}
	case fam == rib.IPv4 && n.Prefix.Bits() <= denseBits:
		if h.bits == nil {
			h.bits = make([]*[pageWords]uint64, totalPages)
		}
		page, word, bit := place(n)
		if h.bits[page] == nil {
			h.bits[page] = new([pageWords]uint64)
		}
		h.bits[page][word] |= bit
	default:
		if h.short[fam] == nil {
			h.short[fam] = map[uint64]struct{}{}
		}
		h.short[fam][shortOf(n)] = struct{}{}
	}
}

// remove takes the route out, where it is in.
func (h *held) remove(n wire.NLRI) {
	if !h.has(n) {
		return
	}
	h.count--
	fam := rib.FamilyOf(n.Prefix)
	switch {
	case n.PathID != 0 || n.Prefix.Bits() > 63:
		delete(h.long, longOf(n))
	case fam == rib.IPv4 && n.Prefix.Bits() <= denseBits:
		page, word, bit := place(n)
		h.bits[page][word] &^= bit
	default:
		delete(h.short[fam], shortOf(n))
	}
}

func place(n wire.NLRI) (page, word int, bit uint64) {
	a := n.Prefix.Addr().As4()
	length := n.Prefix.Bits()
	i := 1<<length | int(uint64(binary.BigEndian.Uint32(a[:]))>>(32-length))
	return i / (64 * pageWords), i / 64 % pageWords, 1 << (i % 64)
}

func shortOf(n wire.NLRI) uint64 {
	var lead uint64
	if a := n.Prefix.Addr(); a.Is4() {
		b := a.As4()
		lead = uint64(binary.BigEndian.Uint32(b[:])) << 32
	} else {
		b := a.As16()
		lead = binary.BigEndian.Uint64(b[:])
	}
	return lead | 1<<(63-n.Prefix.Bits())
}

func longOf(n wire.NLRI) longKey {
	return longKey{n.Prefix.Addr().As16(), uint8(n.Prefix.Bits()), rib.FamilyOf(n.Prefix), n.PathID}
}
