package bgp

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// Loss is the end of a session that the writer has not come to yet: what the table shows of it is
// no evidence any more, and the table does not say so.
type Loss struct {
	Feed    rib.FeedID
	Address netip.Addr
	Why     string
}

// losses are those that wait in the queues, the oldest first. The switchboard's lock guards them.
type losses struct {
	list []loss
	none chan struct{} // closed when there are no more; nil where there are none
}

type loss struct {
	Loss
	queue *queue
}

func (l *losses) add(q *queue, x Loss) {
	if l.none == nil {
		l.none = make(chan struct{})
	}
	l.list = append(l.list, loss{x, q})
}

// told takes out what the writer has entered with a batch.
func (l *losses) told(q *queue, x *batch) {
	if len(l.list) == 0 {
		return
	}
	ends := 0
	for i := range x.updates {
		if x.updates[i].Kind == rib.PeerDown {
			ends++
		}
	}
	l.list = slices.DeleteFunc(l.list, func(o loss) bool {
		if o.queue != q || ends == 0 {
			return false
		}
		ends--
		return true
	})
	if len(l.list) == 0 {
		close(l.none)
		l.none = nil
	}
}

// Untold lists the sessions that have ended and that the caller of [Collector.Next] has yet to hear
// of or to enter, and gives a channel that is closed when there are none left. It is nil where there are
// none.
func (c *Collector) Untold() (untold []Loss, none <-chan struct{}) {
	b := c.board
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.losses.list {
		untold = append(untold, b.losses.list[i].Loss)
	}
	if untold == nil {
		return nil, nil
	}
	return untold, b.losses.none
}
