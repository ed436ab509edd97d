package test

import (
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// stallLoad is what the routers do while nobody takes what the collector has for the table.
type stallLoad struct {
	routers, prefixes int // prefixes of each
	rate              int // updates a second, of all
	lasts, stall      time.Duration
}

// TestAStallUnderLoad: routers go on to change their routes while the one writer stands still. No
// session is lost, memory stays within bounds, and the last state of every prefix arrives. `make soak`
// runs it at length.
func TestAStallUnderLoad(t *testing.T) {
	load := stallLoad{routers: 4, prefixes: 2000, rate: 2000, lasts: 3 * time.Second, stall: 2 * time.Second}
	if os.Getenv("BGPAUDIT_SOAK") != "" {
		load = stallLoad{routers: 4, prefixes: 50_000, rate: 10_000, lasts: 2 * time.Minute, stall: time.Minute}
	}
	s := stationOf(t, load.routers)
	speakers := make([]*speaker.Speaker, load.routers)
	for n := range speakers {
		speakers[n] = s.peer(t, speaker.Config{Local: router(n + 1), ASN: routerASN, HoldTime: 90, WriteTimeout: 2 * load.stall})
		for i := range load.prefixes {
			say(t, speakers[n], announcement(routerASN, host(i), 0))
		}
	}
	s.must("the first state", func(table *rib.Table) bool { return table.Len() == load.routers*load.prefixes })
	before := measure(t)

	began := time.Now()
	last := make([][]uint32, load.routers) // by prefix: what each router said last of it
	var sending sync.WaitGroup
	for n, sp := range speakers {
		last[n] = make([]uint32, load.prefixes)
		sending.Go(func() { load.change(t, sp, last[n]) })
	}
	stalled := time.AfterFunc(load.lasts/4, func() {
		s.mu.Lock()
		time.Sleep(load.stall) // this is the stall
		s.mu.Unlock()
	})
	defer stalled.Stop()
	over := make(chan struct{})
	go func() {
		defer close(over)
		sending.Wait()
	}()
	highest := before.rss
	for busy := true; busy; {
		select {
		case <-over:
			busy = false
		case <-time.After(100 * time.Millisecond):
			highest = max(highest, resident(t))
		}
	}
	for n, sp := range speakers {
		say(t, sp, announcement(routerASN, witness, medWitness))
		s.must("the last of all", func(table *rib.Table) bool { return medOf(table, router(n+1), witness) == medWitness })
	}
	t.Logf("%d updates/s for %s, a stall of %s: %d MiB before, %d MiB at most", load.rate, time.Since(began).Round(time.Second), load.stall, before.rss>>20, highest>>20)
	if grown := highest - before.rss; grown > 256<<20 {
		t.Errorf("%d MiB more", grown>>20)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range speakers {
		if got := s.session(router(n + 1)); got.State != bgp.Established || got.Flaps != 0 {
			t.Errorf("router %d: %+v", n+1, got)
		}
		for i, want := range last[n] {
			if got := medOf(s.table, router(n+1), host(i)); got != want {
				t.Fatalf("router %d, %v: %d, it said %d last", n+1, host(i), got, want)
			}
		}
	}
}

// change announces prefixes anew, one after the other, at the router's share of the rate.
func (l *stallLoad) change(t *testing.T, sp *speaker.Speaker, last []uint32) {
	began := time.Now()
	for sent := 0; time.Since(began) < l.lasts; {
		due := int(time.Since(began).Seconds() * float64(l.rate) / float64(l.routers))
		for ; sent < due; sent++ {
			i := sent % l.prefixes
			last[i]++
			if err := sp.Send(announcement(routerASN, host(i), last[i])); err != nil {
				t.Error(err)
				return
			}
		}
		time.Sleep(time.Millisecond) // the pace
	}
}

func host(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{20, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
}
