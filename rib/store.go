package rib

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
)

// attrID names an interned attribute set. 0 is none.
type attrID uint32

// attrStore keeps each distinct attribute set once, as canonical bytes in blocks, with a
// reference count. A full feed has some seven routes a set, and bytes in a few large blocks are
// nothing for the garbage collector to walk, and are never copied to grow.
type attrStore struct {
	seed  maphash.Seed
	arena blocks
	spans paged[span] // by attrID; the first is unused
	free  []attrID    // ids whose count fell to zero
	slots []slot      // open addressing, linear probing; a power of two of them
	used  int         // live sets
	dead  int         // arena bytes that no live set owns
	buf   []byte

	expected []attrID

	// Of an overlay: the sets with ids before first are those of the store below, and only read.
	below *attrStore
	first attrID
}

type span struct{ block, at, len, refs uint32 }

// slot is a set and its hash, by which most of the others are told from it without a look at them.
// One of id 0 is empty.
type slot struct {
	hash uint32
	id   attrID
}

func newAttrStore() *attrStore {
	s := &attrStore{seed: maphash.MakeSeed(), slots: make([]slot, 1024)}
	s.spans.add(span{})
	return s
}

// intern returns the id of the set, with one reference more.
func (s *attrStore) intern(a *Attrs) attrID {
	s.buf = appendAttrs(s.buf[:0], a)
	return s.internBytes(s.buf, s.hash(s.buf))
}

// internBytes is intern of what appendAttrs wrote, with its hash.
func (s *attrStore) internBytes(b []byte, h uint32) attrID {
	mask := uint32(len(s.slots) - 1)
	i := h & mask
	for ; s.slots[i].id != 0; i = (i + 1) & mask {
		if sl := s.slots[i]; sl.hash == h && bytes.Equal(s.bytes(sl.id), b) {
			s.span(sl.id).refs++
			return sl.id
		}
	}
	id := s.newID()
	block, at := s.arena.add(b)
	*s.span(id) = span{block: block, at: at, len: uint32(len(b)), refs: 1}
	s.slots[i] = slot{h, id}
	s.used++
	if s.used*4 > len(s.slots)*3 {
		s.grow()
	}
	return id
}

// expect brings the slots of hashes into the cache, side by side: one after the other, each would be
// waited for. That they are noted is what makes the compiler look.
func (s *attrStore) expect(hashes []uint32) {
	mask := uint32(len(s.slots) - 1)
	s.expected = s.expected[:0]
	for _, h := range hashes {
		s.expected = append(s.expected, s.slots[h&mask].id)
	}
}

func (s *attrStore) hash(b []byte) uint32 { return uint32(maphash.Bytes(s.seed, b)) }

func (s *attrStore) newID() attrID {
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		return id
	}
	return s.first + attrID(s.spans.add(span{}))
}

// retain takes n references more.
func (s *attrStore) retain(id attrID, n uint32) {
	if id >= s.first {
		s.span(id).refs += n
	}
}

// release gives one reference back; the last one frees the set.
func (s *attrStore) release(id attrID) {
	if id < s.first {
		return
	}
	sp := s.span(id)
	if sp.refs--; sp.refs > 0 {
		return
	}
	s.unlink(id)
	s.dead += int(sp.len)
	s.used--
	*sp = span{}
	s.free = append(s.free, id)
	if s.dead > blockSize && s.dead > s.arena.size/2 {
		s.compact()
	}
}

// unlink takes id out of the slots and moves later entries of its run up (linear probing).
func (s *attrStore) unlink(id attrID) {
	mask := uint32(len(s.slots) - 1)
	i := s.hash(s.bytes(id)) & mask
	for s.slots[i].id != id {
		i = (i + 1) & mask
	}
	hole := i
	for {
		i = (i + 1) & mask
		next := s.slots[i]
		if next.id == 0 {
			break
		}
		home := next.hash & mask
		if (i-home)&mask >= (i-hole)&mask {
			s.slots[hole] = next
			hole = i
		}
	}
	s.slots[hole] = slot{}
}

// grow makes twice as many slots.
func (s *attrStore) grow() {
	old := s.slots
	s.slots = make([]slot, 2*len(old))
	mask := uint32(len(s.slots) - 1)
	for _, sl := range old {
		if sl.id == 0 {
			continue
		}
		i := sl.hash & mask
		for s.slots[i].id != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = sl
	}
}

// compact copies the live sets together.
func (s *attrStore) compact() {
	var arena blocks
	for id := range s.spans.len() {
		if sp := s.spans.at(id); sp.refs > 0 {
			sp.block, sp.at = arena.add(s.bytes(s.first + attrID(id)))
		}
	}
	s.arena, s.dead = arena, 0
}

func (s *attrStore) span(id attrID) *span { return s.spans.at(int(id - s.first)) }

// len is one more than the highest id.
func (s *attrStore) len() int { return int(s.first) + s.spans.len() }

// over is a store for an overlay: it reads the sets of s, and keeps its own beside them.
func (s *attrStore) over() *attrStore {
	return &attrStore{seed: s.seed, slots: make([]slot, 16), below: s, first: attrID(s.len())}
}

func (s *attrStore) bytes(id attrID) []byte {
	if id < s.first {
		return s.below.bytes(id)
	}
	sp := s.span(id)
	return s.arena.list[sp.block][sp.at:][:sp.len]
}

// blocks hold byte strings, each within one block.
type blocks struct {
	list [][]byte
	size int // of all strings
}

const blockSize = 1 << 20

func (b *blocks) add(s []byte) (block, at uint32) {
	last := len(b.list) - 1
	if last < 0 || len(b.list[last])+len(s) > cap(b.list[last]) {
		size := blockSize
		if last < 0 {
			size = blockSize / 16 // most tables are small
		}
		b.list = append(b.list, make([]byte, 0, max(size, len(s))))
		last++
	}
	at = uint32(len(b.list[last]))
	b.list[last] = append(b.list[last], s...)
	b.size += len(s)
	return uint32(last), at
}

// get decodes a set. The result shares nothing with the store.
func (s *attrStore) get(id attrID) Attrs { return decodeAttrs(s.bytes(id)) }

// appendAttrs writes a set so that equal sets, and only they, give equal bytes.
func appendAttrs(b []byte, a *Attrs) []byte {
	b = binary.AppendUvarint(b, uint64(a.NotShown))
	b = append(b, byte(a.Origin)|byte(a.rare>>markBits)<<originBits)
	b = appendAddr(b, a.NextHop)
	b = binary.AppendUvarint(b, uint64(a.NeighborASN))
	b = appendOptional(b, a.LocalPref)
	b = appendOptional(b, a.MED)
	b = binary.AppendUvarint(b, uint64(len(a.ASPath)))
	for _, seg := range a.ASPath {
		b = append(b, byte(seg.Type))
		b = binary.AppendUvarint(b, uint64(len(seg.ASNs)))
		for _, asn := range seg.ASNs {
			b = binary.AppendUvarint(b, uint64(asn))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(a.Communities)))
	for _, c := range a.Communities {
		high, low := c.Halves()
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(high)), uint64(low))
	}
	b = binary.AppendUvarint(b, uint64(len(a.LargeCommunities)))
	for _, c := range a.LargeCommunities {
		for _, part := range c {
			b = binary.AppendUvarint(b, uint64(part))
		}
	}
	return b
}

// originBits are what ORIGIN takes of a byte; the rare marks stand above it.
const originBits = 2

func appendAddr(b []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(b, 0)
	}
	raw := a.WithZone("").AsSlice()
	b = append(b, byte(len(raw)))
	return append(b, raw...)
}

func appendOptional(b []byte, o Optional) []byte {
	if !o.Set {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(o.Value)+1)
}

// attrReader walks what appendAttrs wrote. The bytes are our own, so it checks nothing.
type attrReader struct{ b []byte }

func (r *attrReader) byte() byte {
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *attrReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.b = r.b[n:]
	return v
}

func (r *attrReader) optional() Optional {
	if v := r.uvarint(); v > 0 {
		return Some(uint32(v - 1))
	}
	return Optional{}
}

func (r *attrReader) addr() netip.Addr {
	n := int(r.byte())
	a, _ := netip.AddrFromSlice(r.b[:n])
	r.b = r.b[n:]
	return a
}

// pathHolds reports whether one of asns stands in the AS path of a set, without decoding it.
func (s *attrStore) pathHolds(id attrID, asns []uint32) bool {
	r := attrReader{s.bytes(id)}
	r.uvarint() // what is not shown, origin, next hop, neighbour ASN, local preference, MED
	r.byte()
	r.addr()
	r.uvarint()
	r.optional()
	r.optional()
	for range r.uvarint() {
		r.byte()
		for range r.uvarint() {
			if slices.Contains(asns, uint32(r.uvarint())) {
				return true
			}
		}
	}
	return false
}

// showsLocalPref reports whether a set has one, without decoding it.
func (s *attrStore) showsLocalPref(id attrID) bool {
	r := attrReader{s.bytes(id)}
	r.uvarint() // what is not shown, origin, next hop, neighbour ASN
	r.byte()
	r.addr()
	r.uvarint()
	return r.optional().Set
}

// ranking reads what decisions read of a set, which is all but its communities.
func (r *attrReader) ranking() Attrs {
	a := Attrs{NotShown: AttrSet(r.uvarint())}
	first := r.byte()
	a.Origin, a.rare = Origin(first&(1<<originBits-1)), Marks(first>>originBits)<<markBits
	a.NextHop = r.addr()
	a.NeighborASN = uint32(r.uvarint())
	a.LocalPref, a.MED = r.optional(), r.optional()
	if n := r.uvarint(); n > 0 {
		a.ASPath = make(ASPath, n)
		for i := range a.ASPath {
			seg := &a.ASPath[i]
			seg.Type = SegmentType(r.byte())
			seg.ASNs = make([]uint32, r.uvarint())
			for j := range seg.ASNs {
				seg.ASNs[j] = uint32(r.uvarint())
			}
		}
	}
	return a
}

func decodeAttrs(b []byte) Attrs {
	r := attrReader{b}
	a := r.ranking()
	if n := r.uvarint(); n > 0 {
		a.Communities = make([]Community, n)
		for i := range a.Communities {
			high := uint32(r.uvarint())
			a.Communities[i] = NewCommunity(high, uint32(r.uvarint()))
		}
	}
	if n := r.uvarint(); n > 0 {
		a.LargeCommunities = make([]LargeCommunity, n)
		for i := range a.LargeCommunities {
			for j := range a.LargeCommunities[i] {
				a.LargeCommunities[i][j] = uint32(r.uvarint())
			}
		}
	}
	return a
}
