package wire

import (
	"bytes"
	"hash/maphash"

	"bgpaudit/rib"
)

// Set is a decoded attribute set: what every route that carries the same bytes shares. It is
// read-only, and stays valid when its cache drops it.
type Set struct {
	// Attrs lack the next hop, which is a route's own, and the neighbour's ASN, which is the session's.
	Attrs rib.Attrs

	faults []Fault
	has    uint64 // attributes with a code below 64
}

func (s *Set) hasAttr(c AttrCode) bool { return s.has&(1<<c) != 0 }

// Cache keeps decoded sets under their raw bytes. The bytes are compared, not only their hash:
// whoever sends them cannot make two sets one. It is not safe for use by several goroutines.
type Cache struct {
	limit int
	seed  maphash.Seed
	raw   []byte
	known []cached
	slots []uint64 // open addressing, linear probing; 0 = empty, else hash<<32 | 1 + index into known

	// memory for what the sets hold, taken in blocks
	sets     slab[Set]
	segments slab[rib.Segment]
	asns     slab[uint32]
	comms    slab[rib.Community]
	large    slab[rib.LargeCommunity]
}

type cached struct {
	off, size uint32
	set       *Set
}

// defaultCacheBytes holds the sets of two full tables.
const defaultCacheBytes = 32 << 20

// NewCache makes a cache that holds at most limit bytes of raw attributes, some four times that
// when decoded; 0 stands for 32 MiB. A full cache is emptied and begins anew.
func NewCache(limit int) *Cache {
	if limit <= 0 {
		limit = defaultCacheBytes
	}
	return &Cache{limit: min(limit, 1<<30), seed: maphash.MakeSeed(), slots: make([]uint64, 1<<10)}
}

// setCost is what a set counts beside its raw bytes, so that tiny ones are bounded too.
const setCost = 32

// find returns the set of key, or the hash to add it with.
func (c *Cache) find(key []byte) (s *Set, hash uint32) {
	hash = uint32(maphash.Bytes(c.seed, key))
	mask := uint32(len(c.slots) - 1)
	for i := hash & mask; c.slots[i] != 0; i = (i + 1) & mask {
		if uint32(c.slots[i]>>32) != hash {
			continue
		}
		k := &c.known[uint32(c.slots[i])-1]
		if bytes.Equal(c.raw[k.off:k.off+k.size], key) {
			return k.set, hash
		}
	}
	return nil, hash
}

func (c *Cache) add(key []byte, hash uint32, s *Set) {
	if len(c.raw)+len(key)+setCost*len(c.known) > c.limit {
		c.raw, c.known = c.raw[:0], c.known[:0]
		clear(c.slots)
		c.sets, c.segments, c.asns, c.comms, c.large = slab[Set]{}, slab[rib.Segment]{}, slab[uint32]{}, slab[rib.Community]{}, slab[rib.LargeCommunity]{}
	}
	c.known = append(c.known, cached{uint32(len(c.raw)), uint32(len(key)), s})
	c.raw = append(c.raw, key...)
	if 2*len(c.known) > len(c.slots) {
		old := c.slots
		c.slots = make([]uint64, 2*len(old))
		for _, slot := range old {
			if slot != 0 {
				c.place(slot)
			}
		}
	}
	c.place(uint64(hash)<<32 | uint64(len(c.known)))
}

func (c *Cache) place(slot uint64) {
	mask := uint32(len(c.slots) - 1)
	i := uint32(slot>>32) & mask
	for c.slots[i] != 0 {
		i = (i + 1) & mask
	}
	c.slots[i] = slot
}

// Len is the number of sets held.
func (c *Cache) Len() int { return len(c.known) }

// slab hands out small slices of one block.
type slab[T any] struct{ free []T }

const slabSize = 256

func (s *slab[T]) take(n int) []T {
	if n > slabSize/2 {
		return make([]T, n)
	}
	if len(s.free) < n {
		s.free = make([]T, slabSize)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}
