package wire

import "bgpaudit/rib"

// Set is a decoded attribute set: what every route that carries the same bytes shares. It is
// read-only, and stays valid when its cache drops it.
type Set struct {
	// Attrs lack the next hop, which is a route's own, and the neighbour's ASN, which is the session's.
	Attrs rib.Attrs

	faults []Fault
	has    uint64 // attributes with a code below 64
}

func (s *Set) hasAttr(c AttrCode) bool { return s.has&(1<<c) != 0 }

// Cache keeps decoded sets under their raw bytes. It is not safe for use by several goroutines.
type Cache struct {
	known *Memo[*Set]

	// memory for what the sets hold, taken in blocks
	sets     slab[Set]
	segments slab[rib.Segment]
	asns     slab[uint32]
	comms    slab[rib.Community]
	large    slab[rib.LargeCommunity]
}

// defaultCacheBytes holds the sets of two full tables.
const defaultCacheBytes = 32 << 20

// NewCache makes a cache that holds at most limit bytes of raw attributes, some four times that
// when decoded; 0 stands for 32 MiB. A full cache is emptied and begins anew.
func NewCache(limit int) *Cache {
	if limit <= 0 {
		limit = defaultCacheBytes
	}
	return &Cache{known: NewMemo[*Set](limit)}
}

// NewScratch makes a cache that keeps nothing: a set is good until the next one is decoded. It is
// for whoever copies what he needs of a set, and remembers himself what he has seen.
func NewScratch() *Cache { return new(Cache) }

// set is the decoded set of the key.
func (c *Cache) set(key []byte) *Set {
	if c.known == nil {
		c.sets.reuse()
		c.segments.reuse()
		c.asns.reuse()
		c.comms.reuse()
		c.large.reuse()
		return c.decode(key)
	}
	s, hash, found := c.known.Find(key)
	if found {
		return s
	}
	s = c.decode(key)
	if c.known.Add(key, hash, s) { // blocks that sets outside hold stay theirs
		c.sets, c.segments, c.asns, c.comms, c.large = slab[Set]{}, slab[rib.Segment]{}, slab[uint32]{}, slab[rib.Community]{}, slab[rib.LargeCommunity]{}
	}
	return s
}

// Len is the number of sets held.
func (c *Cache) Len() int {
	if c.known == nil {
		return 0
	}
	return c.known.Len()
}

// slab hands out small slices of one block.
type slab[T any] struct{ block, free []T }

const slabSize = 256

func (s *slab[T]) take(n int) []T {
	if n > slabSize/2 {
		return make([]T, n)
	}
	if len(s.free) < n {
		s.block = make([]T, slabSize)
		s.free = s.block
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

// reuse takes back all that is in the last block.
func (s *slab[T]) reuse() {
	clear(s.block[:len(s.block)-len(s.free)])
	s.free = s.block
}
