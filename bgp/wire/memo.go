package wire

import (
	"bytes"
	"hash/maphash"
)

// Memo keeps values under raw bytes, such as a set of attributes as it came. The bytes are compared,
// not only their hash: whoever sends them cannot make two keys one. It is not safe for use by several
// goroutines.
type Memo[V any] struct {
	limit  int
	seed   maphash.Seed
	slots  []memoSlot // open addressing, linear probing
	known  []remembered[V]
	bytes  int
	blocks [][]byte // of keys, each within one
}

// memoSlot is so small that what is not known is found out in the processor's cache.
type memoSlot struct {
	hash  uint32
	known uint32 // the index, and 1 more; 0 is a free slot
}

type remembered[V any] struct {
	block, at, size uint32 // of the key
	value           V
}

const (
	// keyCost is what a key counts beside its bytes, so that tiny ones are bounded too.
	keyCost  = 32
	keyBlock = 1 << 20
)

// NewMemo makes a memo that holds at most limit bytes of keys. A full one is emptied and begins
// anew.
func NewMemo[V any](limit int) *Memo[V] {
	return &Memo[V]{limit: limit, seed: maphash.MakeSeed(), slots: make([]memoSlot, 1<<8)}
}

// Find returns the value of key, or the hash to add it with.
func (m *Memo[V]) Find(key []byte) (v V, hash uint32, found bool) {
	hash = uint32(maphash.Bytes(m.seed, key))
	mask := uint32(len(m.slots) - 1)
	for i := hash & mask; m.slots[i].known != 0; i = (i + 1) & mask {
		if m.slots[i].hash != hash {
			continue
		}
		if r := &m.known[m.slots[i].known-1]; bytes.Equal(m.blocks[r.block][r.at:][:r.size], key) {
			return r.value, hash, true
		}
	}
	return v, hash, false
}

// Add keeps a value under a key that was not found, and reports whether all others had to go.
func (m *Memo[V]) Add(key []byte, hash uint32, v V) (emptied bool) {
	if m.bytes+len(key)+keyCost*len(m.known) > m.limit {
		m.Clear()
		emptied = true
	}
	last := len(m.blocks) - 1
	if last < 0 || len(m.blocks[last])+len(key) > cap(m.blocks[last]) {
		m.blocks = append(m.blocks, make([]byte, 0, max(min(keyBlock, m.limit), len(key))))
		last++
	}
	m.known = append(m.known, remembered[V]{uint32(last), uint32(len(m.blocks[last])), uint32(len(key)), v})
	m.blocks[last] = append(m.blocks[last], key...)
	m.bytes += len(key)
	if 3*len(m.slots) < 4*len(m.known) {
		old := m.slots
		m.slots = make([]memoSlot, 2*len(old))
		for _, s := range old {
			if s.known != 0 {
				m.place(s)
			}
		}
	}
	m.place(memoSlot{hash, uint32(len(m.known))})
	return emptied
}

func (m *Memo[V]) place(s memoSlot) {
	mask := uint32(len(m.slots) - 1)
	i := s.hash & mask
	for m.slots[i].known != 0 {
		i = (i + 1) & mask
	}
	m.slots[i] = s
}

// Clear forgets everything.
func (m *Memo[V]) Clear() {
	clear(m.slots)
	clear(m.known) // values may hold memory
	m.known, m.blocks, m.bytes = m.known[:0], m.blocks[:min(1, len(m.blocks))], 0
	for i := range m.blocks {
		m.blocks[i] = m.blocks[i][:0]
	}
}

// Len is the number of keys.
func (m *Memo[V]) Len() int { return len(m.known) }
