package reading

import (
	"hash/maphash"
	"net/netip"

	"bgpaudit/rib"
)

// Identities remembers which rows came already, as hashes: 8 bytes a row, and 8 more where
// contents are compared. Two rows of one hash count as the same; that costs the later one a
// higher path id, or in canonical records its place, once in some 10^7 full tables.
type Identities struct {
	seed  maphash.Seed
	slots []uint64
	marks []uint64
	used  int
	next  map[Identity]uint32 // the next free path id of identities that came twice
}

// Identity is what tells the rows of a table apart.
type Identity struct {
	Prefix   netip.Prefix
	Neighbor netip.Addr
	PathID   uint32
}

// ordinal returns the path id for r: its own where that is free, else the next free one.
func (t *Identities) ordinal(r rib.Route) uint32 {
	id := Identity{r.Prefix, r.Neighbor, r.PathID}
	if _, seen := t.Add(id, 0, false); !seen {
		return id.PathID
	}
	if t.next == nil {
		t.next = map[Identity]uint32{}
	}
	first := id
	id.PathID = max(t.next[first], first.PathID+1)
	for {
		_, seen := t.Add(id, 0, false)
		if !seen {
			t.next[first] = id.PathID + 1
			return id.PathID
		}
		id.PathID++
	}
}

// Add remembers id and mark. Where id is known it returns the mark it came with.
func (t *Identities) Add(id Identity, mark uint64, marked bool) (had uint64, seen bool) {
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
		t.grow(1<<6, marked)
	}
	if 4*t.used >= 3*len(t.slots) {
		t.grow(2*len(t.slots), marked)
	}
	h := maphash.Comparable(t.seed, id) | 1 // 0 is a free slot
	i := t.place(h)
	if t.slots[i] == h {
		if marked {
			return t.marks[i], true
		}
		return 0, true
	}
	t.slots[i] = h
	if marked {
		t.marks[i] = mark
	}
	t.used++
	return 0, false
}

func (t *Identities) place(h uint64) int {
	mask := uint64(len(t.slots) - 1)
	i := (h >> 1) & mask
	for t.slots[i] != 0 && t.slots[i] != h {
		i = (i + 1) & mask
	}
	return int(i)
}

func (t *Identities) grow(n int, marked bool) {
	slots, marks := t.slots, t.marks
	t.slots = make([]uint64, n)
	if marked {
		t.marks = make([]uint64, n)
	}
	for i, h := range slots {
		if h == 0 {
			continue
		}
		at := t.place(h)
		t.slots[at] = h
		if marked {
			t.marks[at] = marks[i]
		}
	}
}

// AttrCache shares the attributes that rows repeat: a table of a million rows holds some ten
// thousand AS paths. It is emptied when it is full.
type AttrCache[V any] struct{ known map[string]V }

// Get returns what text stands for, and parses it where it is not known.
func (c *AttrCache[V]) Get(text []byte, parse func(string) (V, error)) (V, error) {
	if v, ok := c.known[string(text)]; ok {
		return v, nil
	}
	key := string(text)
	v, err := parse(key)
	if err != nil {
		return v, err
	}
	if c.known == nil || len(c.known) >= 1<<14 {
		c.known = map[string]V{}
	}
	c.known[key] = v
	return v, nil
}
