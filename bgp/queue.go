package bgp

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"bgpaudit/rib"
)

const (
	batchSize    = 512 // updates that are applied in about a millisecond
	queueBatches = 8   // that one session may have waiting
)

// batch is some updates of one session, in order. Its memory goes round.
type batch struct{ updates []rib.Update }

// switchboard hands the batches of every session to the one writer, in turns.
type switchboard struct {
	mu     sync.Mutex
	ready  []*queue // that have something waiting, the longest unheard first
	wake   chan struct{}
	closed bool
	lent   *batch // what the writer has in hand
	of     *queue // whose it is
	losses losses
	total  *total
	spare  sync.Pool
}

func newSwitchboard(mostRoutes int) *switchboard {
	return &switchboard{
		total: &total{most: int64(mostRoutes)},
		wake:  make(chan struct{}, 1),
		spare: sync.Pool{New: func() any { return &batch{updates: make([]rib.Update, 0, batchSize)} }},
	}
}

func (b *switchboard) take() *batch { return b.spare.Get().(*batch) }

func (b *switchboard) giveBack(x *batch) {
	clear(x.updates) // what they point to is no longer theirs
	x.updates = x.updates[:0]
	b.spare.Put(x)
}

// next waits for a batch. It is false when ctx is done, or the switchboard is closed and empty.
func (b *switchboard) next(ctx context.Context) (Batch, bool) {
	for {
		x, over := b.pop()
		switch {
		case x != nil:
			return Batch{Updates: x.updates}, true
		case over || ctx.Err() != nil:
			return Batch{}, false
		}
		select {
		case <-ctx.Done():
		case <-b.wake:
		}
	}
}

func (b *switchboard) pop() (x *batch, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent != nil {
		b.losses.told(b.of, b.lent)
		b.giveBack(b.lent)
		b.lent, b.of = nil, nil
	}
	if len(b.ready) == 0 {
		return nil, b.closed
	}
	q := b.ready[0]
	b.ready = b.ready[1:]
	x = q.batches[0]
	q.batches = q.batches[1:]
	if len(q.batches) > 0 {
		b.ready = append(b.ready, q)
	}
	b.lent, b.of = x, q
	signal(q.room)
	return x, false
}

// close lets next return when everything was handed on.
func (b *switchboard) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	signal(b.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// queue is what the sessions of one router have waiting.
type queue struct {
	board   *switchboard
	batches []*batch
	room    chan struct{} // says that a batch was taken
}

func newQueue(b *switchboard) *queue { return &queue{board: b, room: make(chan struct{}, 1)} }

// put takes the batch over, unless the queue is full. beyond lets it in all the same: it is for the
// end of a session, of which there is one to each beginning, and a beginning waits for room.
func (q *queue) put(x *batch, beyond bool) bool {
	q.board.mu.Lock()
	defer q.board.mu.Unlock()
	waiting := len(q.batches)
	switch {
	case waiting > 0 && len(q.batches[waiting-1].updates)+len(x.updates) <= batchSize:
		last := q.batches[waiting-1]
		last.updates = append(last.updates, x.updates...)
		q.board.giveBack(x)
	case waiting < queueBatches || beyond:
		q.batches = append(q.batches, x)
	default:
		return false
	}
	if waiting == 0 {
		q.board.ready = append(q.board.ready, q)
	}
	signal(q.board.wake)
	return true
}

// mourn has it known that a session of the queue's is lost, before the update that says so is put in.
func (q *queue) mourn(l Loss) {
	q.board.mu.Lock()
	defer q.board.mu.Unlock()
	q.board.losses.add(q, l)
}

// identity is a route's, within the sessions of one router.
type identity struct {
	prefix netip.Prefix
	pathID uint32
}

// merge leaves of all that waits for one route only the last, as far as it may: a route's state at
// the begin or end of a session or of an End-of-RIB is looked at (what is stale then goes), so
// nothing moves across one of those.
func (q *queue) merge() {
	q.board.mu.Lock()
	defer q.board.mu.Unlock()
	var old []bool // by update, the latest first: a later one says what becomes of its route
	later := map[identity]struct{}{}
	for _, x := range slices.Backward(q.batches) {
		for j := range slices.Backward(x.updates) {
			u := &x.updates[j]
			if !ofRoute(u.Kind) {
				clear(later)
				old = append(old, false)
				continue
			}
			id := identity{u.Route.Prefix, u.Route.PathID}
			_, is := later[id]
			later[id] = struct{}{}
			old = append(old, is)
		}
	}
	q.keep(old)
}

func ofRoute(k rib.UpdateKind) bool {
	return k == rib.Advertise || k == rib.Withdraw || k == rib.TreatAsWithdraw
}

// keep closes the gaps that the old ones leave.
func (q *queue) keep(old []bool) {
	batches := q.batches
	q.batches = nil
	var into *batch
	n := len(old)
	for _, from := range batches {
		for j := range from.updates {
			n--
			if old[n] {
				continue
			}
			if into == nil || len(into.updates) == batchSize {
				into = q.board.take()
				q.batches = append(q.batches, into)
			}
			into.updates = append(into.updates, from.updates[j])
		}
		q.board.giveBack(from)
	}
}
