package bgp

import (
	"net/netip"
	"testing"

	"bgpaudit/rib"
)

// TestALossIsKnownUntilTheWriterHasEnteredIt: from the moment that the session is over, behind
// whatever waits before it, until the writer asks for what comes after it.
func TestALossIsKnownUntilTheWriterHasEnteredIt(t *testing.T) {
	board := newSwitchboard(0)
	c := &Collector{board: board}
	router := netip.MustParseAddr("192.0.2.1")
	q, other := newQueue(board), newQueue(board)
	put := func(q *queue, kind rib.UpdateKind, n int) {
		x := board.take()
		for range n {
			x.updates = append(x.updates, rib.Update{Kind: kind})
		}
		q.put(x, true)
	}
	lost := func() int { all, _ := c.Untold(); return len(all) }
	put(q, rib.Advertise, batchSize)
	put(other, rib.Advertise, batchSize)
	q.mourn(Loss{Address: router, Why: "it went"})
	other.mourn(Loss{Address: router, Why: "so did it"})
	_, none := c.Untold()
	put(q, rib.PeerDown, 1)
	put(other, rib.PeerDown, 1)
	for i, want := range []int{2, 2, 2, 1} { // before each of the four batches
		if _, ok := board.next(t.Context()); !ok {
			t.Fatal("no batch")
		}
		if lost() != want {
			t.Errorf("with batch %d in hand %d losses are untold, not %d", i, lost(), want)
		}
	}
	select {
	case <-none:
		t.Error("all is told while the last loss is in the writer's hand")
	default:
	}
	board.close()
	board.next(t.Context())
	<-none
	if lost() != 0 {
		t.Errorf("%d losses are untold at the end", lost())
	}
}
