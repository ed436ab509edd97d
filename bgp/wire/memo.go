package wire

import (
	"bytes"
	"hash/maphash"
)

// Memo keeps values under raw bytes, such as a set of attributes as it came. The bytes are compared,
// not only their hash: whoever sends them cannot make two keys one. It is not safe for use by several
// goroutines.
type Memo[V any] struct {
	limit int
	seed  maphash.Seed
	slots []remembered[V] // open addressing, linear probing
	used  int
	bytes int
	keys  [][]byte // blocks; a key lies within one
}

// remembered is a key and its value, side by side: finding one costs two places in memory.
type remembered[V any] struct {
	hash  uint32
	size  uint32 // of the key, and 1 more; 0 is a free slot
	block uint32
	at    uint32
	value V
}

const (
	// keyCost is what a key counts beside its bytes, so that tiny ones are bounded too.
	keyCost  = 32
	keyBlock = 1 << 20
)

// NewMemo makes a memo that holds at most limit bytes of keys. A full one is emptied and begins
// anew.
func NewMemo[V any](limit int) *Memo[V] {
	return &Memo[V]{limit: limit, seed: maphash.MakeSeed(), slots: make([]remembered[V], 1<<8)}
}

// Find returns the value of key, or the hash to add it with.
func (m *Memo[V]) Find(key []byte) (v V, hash uint32, found bool) {
	hash = uint32(maphash.Bytes(m.seed, key))
	mask := uint32(len(m.slots) - 1)
	for i := hash & mask; m.slots[i].size != 0; i = (i + 1) & mask {
		if s := &m.slots[i]; s.hash == hash && bytes.Equal(m.key(s), key) {
			return s.value, hash, true
		}
	}
	return v, hash, false
}

func (m *Memo[V]) key(s *remembered[V]) []byte {
	return m.keys[s.block][s.at:][:s.size-1]
}

// Add keeps a value under a key that was not found, and reports whether all others had to go.
func (m *Memo[V]) Add(key []byte, hash uint32, v V) (emptied bool) {
	if m.bytes+len(key)+keyCost*m.used > m.limit {
		m.Clear()
		emptied = true
	}
	last := len(m.keys) - 1
	if last < 0 || len(m.keys[last])+len(key) > cap(m.keys[last]) {
		m.keys = append(m.keys, make([]byte, 0, max(min(keyBlock, m.limit), len(key))))
		last++
	}
	s := remembered[V]{hash, uint32(len(key)) + 1, uint32(last), uint32(len(m.keys[last])), v}
	m.keys[last] = append(m.keys[last], key...)
	m.bytes += len(key)
	if m.used++; 3*len(m.slots) < 4*m.used {
		old := m.slots
		m.slots = make([]remembered[V], 2*len(old))
		for i := range old {
			if old[i].size != 0 {
				m.place(old[i])
			}
		}
	}
	m.place(s)
	return emptied
}

func (m *Memo[V]) place(s remembered[V]) {
	mask := uint32(len(m.slots) - 1)
	i := s.hash & mask
	for m.slots[i].size != 0 {
		i = (i + 1) & mask
	}
	m.slots[i] = s
}

// Clear forgets everything.
func (m *Memo[V]) Clear() {
	clear(m.slots) // values may hold memory
	m.keys, m.used, m.bytes = nil, 0, 0
}

// Len is the number of keys.
func (m *Memo[V]) Len() int { return m.used }
