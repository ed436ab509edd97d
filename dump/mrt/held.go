package mrt

import (
	"hash/maphash"
	"iter"
	"net/netip"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// What a replay holds is as many routes as a file has, of which a small packed one may have millions: each is kept in as
// few bytes as will do, without a pointer, in the order in which they are handed on.

// heldKey is what tells a held route from others.
type heldKey struct {
	addr   [16]byte
	pathID uint32
	whose  uint32 // a number of a holder
	length uint32 // of the prefix; fourBit is set for IPv4
}

const fourBit = 1 << 8

func keyOf(n wire.NLRI, whose uint32) heldKey {
	k := heldKey{addr: n.Prefix.Addr().As16(), pathID: n.PathID, whose: whose, length: uint32(n.Prefix.Bits())}
	if n.Prefix.Addr().Is4() {
		k.length |= fourBit
	}
	return k
}

func (k *heldKey) prefix() netip.Prefix {
	a := netip.AddrFrom16(k.addr)
	if k.length&fourBit != 0 {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, int(k.length&^fourBit))
}

// heldRoute is a route in as little as it takes to make it again. attrs == 0: it was withdrawn, or advertised again.
type heldRoute struct {
	heldKey
	attrs  rib.PooledAttrs
	record uint32
}

// holder is a peer and a direction until the peer's session is over: what was held then is nobody's.
type holder struct {
	peer uint32
	dir  direction
	gone bool
}

// held are the routes of a replay, in the order in which they were advertised. Those that do not count any more are
// cleared out when there is no room.
type held struct {
	seed    maphash.Seed
	pages   [][]heldRoute // all but the last one full
	rows    int           // those that do not count any more included
	slots   []heldSlot    // open addressing, linear probing
	holders []holder
	free    []uint32 // holders that no row names
	pool    *rib.AttrPool
}

// heldSlot is a row and the hash of its key, by which most others are told from it without a look at them. Row 0 is a free slot.
type heldSlot struct {
	hash uint32
	row  uint32 // its number, and 1 more
}

const (
	heldPage   = 1 << 12
	leastSlots = 1 << 8
)

func newHeld() *held {
	return &held{seed: maphash.MakeSeed(), slots: make([]heldSlot, leastSlots), pool: rib.NewAttrPool()}
}

// holder makes a new one.
func (h *held) holder(peer uint32, dir direction) uint32 {
	if n := len(h.free); n > 0 {
		number := h.free[n-1]
		h.free = h.free[:n-1]
		h.holders[number] = holder{peer: peer, dir: dir}
		return number
	}
	h.holders = append(h.holders, holder{peer: peer, dir: dir})
	return uint32(len(h.holders) - 1)
}

func (h *held) at(row int) *heldRoute { return &h.pages[row/heldPage][row%heldPage] }

func (h *held) hash(key *heldKey) uint32 { return uint32(maphash.Comparable(h.seed, *key)) }

// find is the slot of a key with that hash: that of its row, or the free one in which its search ends.
func (h *held) find(key *heldKey, hash uint32) (slot int, row *heldRoute) {
	mask := len(h.slots) - 1
	for slot = int(hash) & mask; h.slots[slot].row != 0; slot = (slot + 1) & mask {
		if h.slots[slot].hash != hash {
			continue
		}
		if r := h.at(int(h.slots[slot].row - 1)); r.attrs != 0 && r.heldKey == *key {
			return slot, r
		}
	}
	return slot, nil
}

// place enters a row of whose key there is no other.
func (h *held) place(s heldSlot) {
	mask := len(h.slots) - 1
	slot := int(s.hash) & mask
	for h.slots[slot].row != 0 {
		slot = (slot + 1) & mask
	}
	h.slots[slot] = s
}

func (h *held) has(key heldKey) bool {
	_, r := h.find(&key, h.hash(&key))
	return r != nil
}

// take takes a route out and reports whether it was there.
func (h *held) take(key heldKey) bool {
	_, r := h.find(&key, h.hash(&key))
	if r != nil {
		h.drop(r)
	}
	return r != nil
}

func (h *held) drop(r *heldRoute) {
	h.pool.Release(r.attrs)
	r.attrs = 0
}

// put enters a route behind all others. Where one of its key is held it takes that one's place.
func (h *held) put(r heldRoute) (replaced bool) {
	if 4*(h.rows+1) > 3*len(h.slots) {
		h.clear()
	}
	hash := h.hash(&r.heldKey)
	slot, old := h.find(&r.heldKey, hash)
	if old != nil {
		h.drop(old)
	}
	h.pool.Retain(r.attrs)
	h.add(&r)
	h.slots[slot] = heldSlot{hash, uint32(h.rows)}
	return old != nil
}

func (h *held) add(r *heldRoute) {
	last := len(h.pages) - 1
	if last < 0 || len(h.pages[last]) == heldPage {
		var fresh []heldRoute // the first one grows with what it holds, since most files are small
		if last >= 0 {
			fresh = make([]heldRoute, 0, heldPage)
		}
		h.pages = append(h.pages, fresh)
		last++
	}
	h.pages[last] = append(h.pages[last], *r)
	h.rows++
}

// clear moves what counts together, and makes twice as many slots where that is most of the rows.
func (h *held) clear() {
	pages, rows := h.pages, h.rows
	h.rows = 0
	for i := range rows {
		if r := &pages[i/heldPage][i%heldPage]; h.counts(r) {
			*h.at(h.rows) = *r
			h.rows++
		}
	}
	full := (h.rows + heldPage - 1) / heldPage
	clear(h.pages[full:])
	h.pages = h.pages[:full]
	if full > 0 {
		h.pages[full-1] = h.pages[full-1][:h.rows-(full-1)*heldPage]
	}
	h.freeHolders()
	old := h.slots
	if 2*h.rows > len(old) {
		h.slots = make([]heldSlot, 2*len(old))
	} else {
		clear(h.slots)
	}
	if h.rows == rows { // all stand where they stood, and there are twice as many slots
		for _, s := range old {
			if s.row != 0 {
				h.place(s)
			}
		}
		return
	}
	for row := range h.rows {
		h.place(heldSlot{h.hash(&h.at(row).heldKey), uint32(row + 1)})
	}
}

// counts reports whether a row is still somebody's, and takes it out where it is not.
func (h *held) counts(r *heldRoute) bool {
	if r.attrs != 0 && h.holders[r.whose].gone {
		h.drop(r)
	}
	return r.attrs != 0
}

// freeHolders gives back those that are gone, whose rows were just cleared out.
func (h *held) freeHolders() {
	h.free = h.free[:0]
	for i := range h.holders {
		if h.holders[i].gone {
			h.free = append(h.free, uint32(i))
		}
	}
}

// drain gives every route that counts, in order, and lets go of what it gave.
func (h *held) drain() iter.Seq[*heldRoute] {
	h.slots = nil
	return func(yield func(*heldRoute) bool) {
		for i, page := range h.pages {
			h.pages[i] = nil
			for j := range page {
				if r := &page[j]; r.attrs != 0 && !h.holders[r.whose].gone && !yield(r) {
					return
				}
			}
		}
	}
}
