package bgp

import (
	"context"
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// world is what a table makes of updates, in the plainest way.
type world struct {
	rows  map[identity]uint32 // MED, 0 for a malformed one
	stale map[identity]bool
	log   []rib.UpdateKind // all but routes
}

func newWorld() *world { return &world{rows: map[identity]uint32{}, stale: map[identity]bool{}} }

func (w *world) apply(u rib.Update) {
	id := identity{u.Route.Prefix, u.Route.PathID}
	switch u.Kind {
	case rib.Advertise:
		w.rows[id] = u.Route.Attrs.MED.Value
		delete(w.stale, id)
	case rib.TreatAsWithdraw:
		w.rows[id] = 0
		delete(w.stale, id)
	case rib.Withdraw:
		delete(w.rows, id)
		delete(w.stale, id)
	case rib.PeerDown:
		for id := range w.rows {
			w.stale[id] = true
		}
	case rib.EndOfRIB: // sweeps
		for id := range w.stale {
			delete(w.rows, id)
		}
		clear(w.stale)
	}
	if !ofRoute(u.Kind) {
		w.log = append(w.log, u.Kind)
	}
}

func someUpdate(t *rapid.T, i uint32) rib.Update {
	kinds := []rib.UpdateKind{
		rib.Advertise, rib.Advertise, rib.Advertise, rib.Advertise, rib.Withdraw, rib.Withdraw, rib.TreatAsWithdraw,
		rib.PeerDown, rib.PeerUp, rib.EndOfRIB, rib.PeerPartial,
	}
	u := rib.Update{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	if ofRoute(u.Kind) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], rapid.Uint32Range(0, 50).Draw(t, "prefix"))
		u.Route = rib.Route{Prefix: netip.PrefixFrom(netip.AddrFrom4(a), 32), PathID: rapid.Uint32Range(0, 1).Draw(t, "id")}
		u.Route.Attrs.MED = rib.Some(i + 1)
	}
	return u
}

// TestMergedQueueEndsAsAPlainReplay: whatever waits, whenever it is merged or read, the table ends
// the same, what is not a route comes in order, and memory stays within the bound.
func TestMergedQueueEndsAsAPlainReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		board := newSwitchboard(0)
		q := newQueue(board)
		plain, merged := newWorld(), newWorld()
		read := func() {
			if x, over := board.pop(); x != nil || over {
				for _, u := range x.updates {
					merged.apply(u)
				}
			}
		}
		n := uint32(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			x := board.take()
			for range rapid.SampledFrom([]int{1, 3, batchSize}).Draw(t, "size") {
				n++
				u := someUpdate(t, n)
				plain.apply(u)
				x.updates = append(x.updates, u)
			}
			for !q.put(x, false) {
				q.merge()
				if q.put(x, false) {
					break
				}
				read()
			}
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0:
				q.merge()
			case 1:
				read()
			}
			if len(q.batches) > queueBatches {
				t.Fatalf("%d batches wait", len(q.batches))
			}
		}
		for len(q.batches) > 0 {
			read()
		}
		compareWorlds(t, plain, merged)
	})
}

func compareWorlds(t *rapid.T, plain, merged *world) {
	if len(plain.rows) != len(merged.rows) || len(plain.log) != len(merged.log) {
		t.Fatalf("%d rows and %d marks, want %d and %d", len(merged.rows), len(merged.log), len(plain.rows), len(plain.log))
	}
	for id, v := range plain.rows {
		if merged.rows[id] != v || merged.stale[id] != plain.stale[id] {
			t.Fatalf("%v: %d, want %d", id, merged.rows[id], v)
		}
	}
	for i, k := range plain.log {
		if merged.log[i] != k {
			t.Fatalf("mark %d: %v, want %v", i, merged.log[i], k)
		}
	}
}

func TestMergingLeavesTheLastOfEachRoute(t *testing.T) {
	board := newSwitchboard(0)
	q := newQueue(board)
	for i := range queueBatches {
		x := board.take()
		for j := range batchSize {
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], uint32(j%100))
			r := rib.Route{Prefix: netip.PrefixFrom(netip.AddrFrom4(a), 32)}
			r.Attrs.MED = rib.Some(uint32(i*batchSize + j))
			x.updates = append(x.updates, rib.Update{Route: r})
		}
		q.put(x, false)
	}
	if q.put(board.take(), false); len(q.batches) != queueBatches {
		t.Fatal("an empty batch takes room")
	}
	q.merge()
	if x, _ := board.pop(); len(q.batches) != 0 || len(x.updates) != 100 || x.updates[99].Route.Attrs.MED.Value < queueBatches*batchSize-100 {
		t.Errorf("%d updates, %d batches behind", len(x.updates), len(q.batches))
	}
}

func TestSessionsTakeTurns(t *testing.T) {
	board := newSwitchboard(0)
	loud, quiet := newQueue(board), newQueue(board)
	fill := func(q *queue, feed rib.FeedID, n int) {
		x := board.take()
		for range n {
			x.updates = append(x.updates, rib.Update{Feed: feed})
		}
		q.put(x, false)
	}
	for range queueBatches {
		fill(loud, 1, batchSize)
	}
	fill(quiet, 2, 1)
	var order []rib.FeedID
	for range 3 {
		x, _ := board.next(context.Background())
		order = append(order, x.Updates[0].Feed)
	}
	if order[0] != 1 || order[1] != 2 || order[2] != 1 {
		t.Error(order)
	}
}

func TestNextEnds(t *testing.T) {
	board := newSwitchboard(0)
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, ok := board.next(ctx); ok {
			t.Error("a batch out of nothing")
		}
	})
	cancel()
	wait.Wait()
	x := board.take()
	x.updates = append(x.updates, rib.Update{})
	newQueue(board).put(x, false)
	board.close()
	if _, ok := board.next(context.Background()); !ok {
		t.Error("what waits is lost when the collector closes")
	}
	if _, ok := board.next(context.Background()); ok {
		t.Error("no end")
	}
}

// TestHeldCountsAsAPlainSetDoes: through every way that an identity is kept.
func TestHeldCountsAsAPlainSetDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h held
		plain := map[wire.NLRI]bool{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			n := wire.NLRI{PathID: rapid.SampledFrom([]uint32{0, 0, 0, 7}).Draw(t, "id")}
			low := rapid.Uint16Range(0, 3).Draw(t, "address")
			if rapid.Bool().Draw(t, "IPv4") {
				a := netip.AddrFrom4([4]byte{byte(low) << 6, 0, 0, byte(low)})
				n.Prefix = netip.PrefixFrom(a, rapid.SampledFrom([]int{0, 1, 2, 8, 24, 25, 31, 32}).Draw(t, "length")).Masked()
			} else {
				a := netip.AddrFrom16([16]byte{byte(low) << 6, 0, 0, 0, 0, 0, 0, byte(low), 0, 0, 0, 0, 0, 0, 0, byte(low)})
				n.Prefix = netip.PrefixFrom(a, rapid.SampledFrom([]int{0, 1, 2, 48, 62, 63, 64, 65, 128}).Draw(t, "length")).Masked()
			}
			if rapid.Bool().Draw(t, "add") {
				h.add(n)
				plain[n] = true
			} else {
				h.remove(n)
				delete(plain, n)
			}
			if h.has(n) != plain[n] || h.count != len(plain) {
				t.Fatalf("%v: %v, %d of %d", n, h.has(n), h.count, len(plain))
			}
		}
		for n := range plain {
			if !h.has(n) {
				t.Fatalf("%v is lost", n)
			}
		}
	})
}
