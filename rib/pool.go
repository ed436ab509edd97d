package rib

// AttrPool keeps each distinct attribute set once, in the few bytes in which a [Table] keeps it: for whoever holds many
// routes without one. It is not safe for use by several goroutines.
type AttrPool struct{ store *attrStore }

// PooledAttrs names a set of a pool. 0 is none.
type PooledAttrs uint32

// NewAttrPool makes an empty pool.
func NewAttrPool() *AttrPool { return &AttrPool{newAttrStore()} }

// Keep takes a set in and gives its name, which counts as one reference to it.
func (p *AttrPool) Keep(a *Attrs) PooledAttrs { return PooledAttrs(p.store.intern(a)) }

// Retain counts one reference more.
func (p *AttrPool) Retain(id PooledAttrs) { p.store.retain(attrID(id), 1) }

// Release gives a reference back. Behind the last one the name is another set's.
func (p *AttrPool) Release(id PooledAttrs) { p.store.release(attrID(id)) }

// Get makes the set again. It shares nothing with the pool.
func (p *AttrPool) Get(id PooledAttrs) Attrs { return p.store.get(attrID(id)) }
