package monitor

import (
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/rib"
)

// told is what a sight says of a prefix: who wins where, which routes lie inside, which count.
func told(s *rib.Sight, p netip.Prefix) (ranges []rib.Range, inside []rib.Entry, counts []rib.Standing) {
	ranges = s.Ranges(s.Observer(rib.ObserverInternet), p, rib.Query{}, rib.ByRoute)
	s.Table().MoreSpecifics(p, func(e rib.Entry) bool {
		inside = append(inside, e)
		return true
	})
	s.EachAdvertised(rib.FamilyOf(p), func(st rib.Standing) { counts = append(counts, st) })
	return ranges, inside, counts
}

// TestQuestionsAtATimeBesideAWriter is worth most under the race detector: who wins, which routes lie
// inside, and audits, while routes come and go and the numbers of their attributes are used again. A
// lent sight answers what a new one does.
func TestQuestionsAtATimeBesideAWriter(t *testing.T) {
	const batches, routes, askers = 40, 64, 3
	c := load(t, twoMirrors)
	c.Log, c.Sessions = zap.NewNop(), &script{}
	m := New(c)
	router, all := netip.MustParseAddr("127.0.0.2"), netip.MustParsePrefix("203.0.113.0/24")
	update := func(kind rib.UpdateKind, batch, i int) rib.Update {
		a := all.Addr().As4()
		a[3] = byte(i * 4)
		u := rib.Update{Kind: kind, Route: rib.Route{Prefix: netip.PrefixFrom(netip.AddrFrom4(a), 30), Neighbor: router}}
		u.Route.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{65536, uint32(batch), uint32(i % 7)}}}
		return u
	}
	m.enter([]rib.Update{{Kind: rib.PeerUp, Route: rib.Route{Neighbor: router}, Peer: &rib.PeerChange{Time: time.Now(), Families: [2]bool{true, false}}}})
	var work sync.WaitGroup
	ended := make(chan struct{})
	work.Go(func() {
		defer close(ended)
		for batch := range batches {
			var updates []rib.Update
			for i := range routes {
				kind := rib.Advertise
				if (batch+i)%3 == 0 {
					kind = rib.Withdraw
				}
				updates = append(updates, update(kind, batch, i))
			}
			m.enter(updates)
		}
	})
	for range askers {
		work.Go(func() {
			for more := true; more; {
				select {
				case <-ended:
					more = false // one question more, of all that came
				default:
				}
				m.Ask(func(lent *rib.Sight, _ time.Time) {
					ranges, inside, counts := told(lent, all)
					r, i, c := told(rib.NewSight(m.Table, m.Options), all)
					if !reflect.DeepEqual(ranges, r) || !reflect.DeepEqual(inside, i) || !reflect.DeepEqual(counts, c) {
						t.Error("a lent sight answers otherwise than a new one")
					}
					if !more && (len(inside) < routes/2 || len(counts) != len(inside)) {
						t.Errorf("%d routes inside, %d count", len(inside), len(counts))
					}
				})
			}
		})
	}
	work.Go(func() {
		for range 10 {
			m.look(t.Context(), time.Now())
		}
	})
	work.Wait()
}
