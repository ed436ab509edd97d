package test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// router is the address of the n-th router of a test.
func router(n int) netip.Addr { return netip.AddrFrom4([4]byte{127, 15, byte(n >> 8), byte(n)}) }

// stationOf has n routers on eBGP.
func stationOf(t *testing.T, n int) *station {
	t.Helper()
	var neighbors []bgp.Neighbor
	for i := range n {
		neighbors = append(neighbors, bgp.Neighbor{Name: fmt.Sprintf("router %d", i), Address: router(i + 1), ASN: routerASN, LocalASN: ourASN})
	}
	return listen(t, bgp.Config{Neighbors: neighbors})
}

// speakerOf is a router with a hold time of three seconds, the shortest there is.
func speakerOf(n int) speaker.Config {
	return speaker.Config{Local: router(n), ASN: routerASN, HoldTime: 3}
}

// TestALostRouterIsStaleAtOnce loses a router in every way there is. Its routes stay, marked stale,
// its feed has an age, and another router's session never notices.
func TestALostRouterIsStaleAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lose func(t *testing.T, sp *speaker.Speaker)
		says verdict // what the router still hears
	}{
		{"it closes the connection", func(_ *testing.T, sp *speaker.Speaker) { sp.Close() }, closed},
		{"it resets the connection", func(_ *testing.T, sp *speaker.Speaker) { sp.Abort() }, closed},
		{"it shuts one half of the connection", func(t *testing.T, sp *speaker.Speaker) {
			if err := sp.HalfClose(); err != nil {
				t.Fatal(err)
			}
		}, closed},
		{"it says goodbye", func(t *testing.T, sp *speaker.Speaker) { say(t, sp, speaker.Notification(6, 2)) }, closed},
		{"it falls silent", func(_ *testing.T, sp *speaker.Speaker) { sp.StopKeepAlive() }, notification(4, 0)},
		{"it vanishes: it neither reads nor writes", func(_ *testing.T, sp *speaker.Speaker) {
			sp.StopKeepAlive()
			sp.Pause()
		}, closed},
		{"it trickles an octet a second", func(t *testing.T, sp *speaker.Speaker) {
			sp.StopKeepAlive()
			h := hostile{when: established, say: announcement(routerASN, victim4, medAfter), slowly: time.Second}
			h.speak(withPatience(t), sp)
		}, notification(4, 0)},
		{"it breaks off in the middle of a message", func(t *testing.T, sp *speaker.Speaker) {
			say(t, sp, announcement(routerASN, victim4, medAfter)[:25])
			sp.Close()
		}, closed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stationOf(t, 2)
			lost, calm := s.peer(t, speakerOf(1)), s.peer(t, speakerOf(2))
			prefixes := []netip.Prefix{witness, victim6}
			for _, p := range prefixes {
				say(t, lost, announcement(routerASN, p, medBefore))
				say(t, calm, announcement(routerASN, p, medBefore))
			}
			for _, sp := range []*speaker.Speaker{lost, calm} {
				say(t, sp, speaker.EndOfRIB(speaker.AFIv4), speaker.EndOfRIB(speaker.AFIv6))
			}
			s.must("both feeds whole", func(table *rib.Table) bool {
				table.Judge(time.Now())
				return table.Feeds()[0].Failing() == "" && table.Feeds()[1].Failing() == "" && table.Len() == 4
			})
			tt.lose(t, lost)
			s.must("its routes marked stale", func(table *rib.Table) bool {
				return isStale(table, router(1), prefixes[0]) && isStale(table, router(1), prefixes[1])
			})
			s.checkStaleFeed(t, 0)
			if tt.says != closed {
				lost.Resume()
				if err := lost.AwaitClose(withPatience(t)); err != nil || said(lost) != tt.says {
					t.Errorf("%s, want %s (%v)", said(lost), tt.says, err)
				}
			}
			say(t, calm, announcement(routerASN, witness, medAfter))
			s.must("the other router heard", func(table *rib.Table) bool { return medOf(table, router(2), witness) == medAfter })
			if got := s.session(router(2)); got.Flaps != 0 || got.State != bgp.Established {
				t.Errorf("the other router's session: %+v", got)
			}
		})
	}
}

func isStale(t *rib.Table, router netip.Addr, p netip.Prefix) bool {
	routes := routesOf(t, router, p)
	return len(routes) == 1 && routes[0].Marks.Has(rib.Stale)
}

// checkStaleFeed judges a feed whose only session is down, as a minute later.
func (s *station) checkStaleFeed(t *testing.T, feed rib.FeedID) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table.Judge(time.Now().Add(time.Minute))
	f := s.table.Feeds()[feed]
	if st := f.State; !st.Stale || st.Age < 50*time.Second || st.Age > 2*time.Minute || len(st.Families) != 0 || f.RowsUsable() || st.Complete == rib.CompleteYes {
		t.Errorf("the feed of the lost router: %+v", st)
	}
	if s.table.Feeds()[1-feed].Failing() != "" {
		t.Errorf("the other feed: %s", s.table.Feeds()[1-feed].Failing())
	}
}

// TestAnEndThatDoesNotReadIsStillHeard: we say little, so that a window of zero stops nothing.
func TestAnEndThatDoesNotReadIsStillHeard(t *testing.T) {
	t.Parallel()
	s := stationOf(t, 1)
	c := speakerOf(1)
	c.ReadLess = true
	sp := s.peer(t, c)
	sp.Pause()
	for i := range uint32(2000) {
		say(t, sp, announcement(routerASN, witness, i+1), speaker.RouteRefresh(1, 0, 1))
	}
	s.must("the last of its UPDATEs", func(table *rib.Table) bool { return medOf(table, router(1), witness) == 2000 })
	if got := s.session(router(1)); got.State != bgp.Established {
		t.Errorf("%+v", got)
	}
}

// TestASecondConnectionDoesNotEndTheFirst: a router that vanished comes back while its session
// still seems up. It is refused, said so, until the hold timer has run out.
func TestASecondConnectionDoesNotEndTheFirst(t *testing.T) {
	t.Parallel()
	s := stationOf(t, 1)
	first := s.peer(t, speakerOf(1))
	say(t, first, announcement(routerASN, witness, medBefore))
	s.must("its route", s.holds(router(1), witness))

	second := s.dial(t, speakerOf(1))
	say(t, second, second.Open().Bytes())
	if err := second.AwaitClose(withPatience(t)); err != nil {
		t.Fatalf("the second connection stays: %v", err)
	}
	if got := said(second); got != notification(6, 7) {
		t.Errorf("the second connection: %s, want %s (RFC 4271 6.8, RFC 4486 4)", got, notification(6, 7))
	}
	s.must("a refusal", func(*rib.Table) bool { return s.refused(router(1)) > 0 })
	say(t, first, announcement(routerASN, witness, medAfter))
	s.must("the first connection heard", func(table *rib.Table) bool { return medOf(table, router(1), witness) == medAfter })

	first.StopKeepAlive()
	first.Pause()
	s.must("the hold timer", func(table *rib.Table) bool { return isStale(table, router(1), witness) })
	third := s.peer(t, speakerOf(1))
	say(t, third, announcement(routerASN, victim4, medBefore))
	s.must("the new session, and nothing of the old one", func(table *rib.Table) bool {
		return medOf(table, router(1), victim4) == medBefore && len(routesOf(table, router(1), witness)) == 0
	})
	if got := s.session(router(1)); got.Flaps != 1 {
		t.Errorf("%d flaps, want 1", got.Flaps)
	}
}

// refused counts the connections of an address that were not taken.
func (s *station) refused(a netip.Addr) int {
	n := 0
	for _, r := range s.collector.Refusals() {
		if r.Address == a {
			n += r.Count
		}
	}
	return n
}

func TestAStrangerIsClosedAtOnceAndCounted(t *testing.T) {
	t.Parallel()
	s := stationOf(t, 1)
	stranger := router(99)
	for range 5 {
		sp := s.dial(t, speaker.Config{Local: stranger, ASN: routerASN})
		if err := sp.AwaitClose(withPatience(t)); err != nil {
			t.Fatal(err)
		}
		if got := sp.Messages(); len(got) != 0 {
			t.Errorf("it was told %v", got)
		}
	}
	s.must("five refusals", func(*rib.Table) bool { return s.refused(stranger) == 5 })
}

func TestMD5AndTTLSecurity(t *testing.T) {
	t.Parallel()
	s := listen(t, bgp.Config{Neighbors: []bgp.Neighbor{
		{Name: "md5", Address: router(1), ASN: routerASN, LocalASN: ourASN, MD5: "secret"},
		{Name: "ttl", Address: router(2), ASN: routerASN, LocalASN: ourASN, TTLSecurity: 1},
		{Name: "range", Range: netip.MustParsePrefix("127.16.0.0/16"), ASN: routerASN, LocalASN: ourASN, MD5: "many"},
	}})
	for _, tt := range []struct {
		name   string
		router speaker.Config
		up     bool
	}{
		{"the right key", speaker.Config{Local: router(1), MD5: "secret"}, true},
		{"a wrong key", speaker.Config{Local: router(1), MD5: "Secret"}, false},
		{"no key", speaker.Config{Local: router(1)}, false},
		{"TTL 255", speaker.Config{Local: router(2), TTL: 255}, true},
		{"TTL 254, a hop away", speaker.Config{Local: router(2), TTL: 254}, false},
		{"the usual TTL", speaker.Config{Local: router(2)}, false},
		{"one of a range", speaker.Config{Local: netip.MustParseAddr("127.16.1.1"), MD5: "many"}, true},
		{"another of the range", speaker.Config{Local: netip.MustParseAddr("127.16.9.9"), MD5: "many"}, true},
		{"one of the range, without the key", speaker.Config{Local: netip.MustParseAddr("127.16.9.10")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.router
			c.ASN, c.HoldTime = routerASN, 90
			if tt.up {
				sp := s.peer(t, c)
				say(t, sp, announcement(routerASN, witness, medBefore))
				s.must("its route", s.holds(c.Local, witness))
				sp.Close()
				s.must("its end", func(*rib.Table) bool { return s.session(c.Local).State != bgp.Established })
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c.Remote = s.addr()
			sp, err := speaker.Dial(ctx, c)
			if err != nil {
				return // no answer at all
			}
			defer sp.Close()
			_ = sp.Send(sp.Open().Bytes())
			if err := sp.Await(ctx, speaker.TypeOpen); err == nil {
				t.Error("it was answered")
			}
		})
	}
}

func TestSessionsOverIPv6(t *testing.T) {
	t.Parallel()
	loopback := netip.IPv6Loopback()
	s := listen(t, bgp.Config{
		Listen:    []netip.AddrPort{netip.AddrPortFrom(loopback, 0)},
		Neighbors: []bgp.Neighbor{{Name: "six", Address: loopback, ASN: routerASN, LocalASN: ourASN, MD5: "secret", TTLSecurity: 1}},
	})
	sp := s.peer(t, speaker.Config{Local: loopback, ID: nextHop4, ASN: routerASN, HoldTime: 90, MD5: "secret", TTL: 255})
	say(t, sp, announcement(routerASN, witness, medBefore), announcement(routerASN, victim6, medBefore))
	s.must("both families", func(table *rib.Table) bool {
		return medOf(table, loopback, witness) == medBefore && medOf(table, loopback, victim6) == medBefore
	})
}

// TestAGracefulRestartKeepsRoutesUntilEndOfRIB: RFC 4724 4.2.
func TestAGracefulRestartKeepsRoutesUntilEndOfRIB(t *testing.T) {
	t.Parallel()
	s := stationOf(t, 1)
	caps := func(restarting bool) [][]byte {
		return [][]byte{speaker.Multiprotocol(1, 1), speaker.Multiprotocol(2, 1), speaker.GracefulRestart(restarting, 60)}
	}
	c := speakerOf(1)
	c.HoldTime, c.Caps = 90, caps(false)
	sp := s.peer(t, c)
	say(t, sp, announcement(routerASN, witness, medBefore), announcement(routerASN, victim4, medBefore), announcement(routerASN, victim6, medBefore))
	say(t, sp, speaker.EndOfRIB(speaker.AFIv4), speaker.EndOfRIB(speaker.AFIv6))
	s.must("its routes", s.holds(router(1), victim6))
	sp.Abort()
	s.must("them stale", func(table *rib.Table) bool {
		return isStale(table, router(1), witness) && isStale(table, router(1), victim4)
	})

	c.Caps = caps(true)
	sp = s.peer(t, c)
	say(t, sp, announcement(routerASN, witness, medAfter))
	s.must("one of them confirmed", func(table *rib.Table) bool { return medOf(table, router(1), witness) == medAfter })
	s.mu.Lock()
	if !isStale(s.table, router(1), victim4) || isStale(s.table, router(1), witness) {
		t.Error("a route that was not sent again is not stale, or the one that was is")
	}
	s.mu.Unlock()
	say(t, sp, speaker.EndOfRIB(speaker.AFIv4))
	s.must("the rest swept", s.gone(router(1), victim4))
	s.mu.Lock()
	if !isStale(s.table, router(1), victim6) {
		t.Error("the other family was swept too")
	}
	s.mu.Unlock()
	say(t, sp, speaker.EndOfRIB(speaker.AFIv6))
	s.must("that of the other family too", s.gone(router(1), victim6))
}

// TestAddPathKeepsEveryPath: RFC 7911.
func TestAddPathKeepsEveryPath(t *testing.T) {
	t.Parallel()
	s := listen(t, bgp.Config{Neighbors: []bgp.Neighbor{{Name: "paths", Address: router(1), ASN: routerASN, LocalASN: ourASN, AddPath: true}}})
	c := speakerOf(1)
	c.HoldTime, c.Caps = 90, [][]byte{speaker.Multiprotocol(1, 1), speaker.Multiprotocol(2, 1), speaker.AddPathSend()}
	sp := s.peer(t, c)
	attrs := speaker.Join(speaker.Origin(0), speaker.ASPath(routerASN), speaker.NextHop(nextHop4))
	for id := uint32(1); id <= 3; id++ {
		say(t, sp, speaker.Update(nil, speaker.Join(attrs, speaker.MED(id)), speaker.PathNLRI(id, witness)))
	}
	s.must("three paths", func(table *rib.Table) bool { return len(routesOf(table, router(1), witness)) == 3 })
	say(t, sp, speaker.Update(speaker.PathNLRI(2, witness), nil, nil))
	s.must("two paths", func(table *rib.Table) bool {
		left := routesOf(table, router(1), witness)
		return len(left) == 2 && left[0].PathID == left[0].Attrs.MED.Value && left[0].PathID+left[1].PathID == 4
	})
	if got := s.session(router(1)); !got.AddPath[rib.IPv4] || !got.AddPath[rib.IPv6] {
		t.Errorf("%+v", got)
	}
}

// TestAFlapStorm lets fifty routers come and go, all at once, in every manner. The one that stays
// is heard all along, the last state of each is right, and nothing is left behind: what a storm of
// one flap leaves to the runtime is what a longer one may.
func TestAFlapStorm(t *testing.T) {
	before := measure(t)
	t.Run("once", func(t *testing.T) { flapStorm(t, 1) })
	goroutinesGone(t, before)
	once := measure(t)
	t.Run("again and again", func(t *testing.T) { flapStorm(t, 3) })
	returned(t, once)
}

func flapStorm(t *testing.T, flaps int) {
	const routers = 50
	s := stationOf(t, routers+1)
	calm := s.peer(t, speaker.Config{Local: router(routers + 1), ASN: routerASN, HoldTime: 90})
	var storm sync.WaitGroup
	for n := 1; n <= routers; n++ {
		storm.Go(func() { flap(t, s, n, flaps) })
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		storm.Wait()
	}()
	for said, busy := uint32(1), true; busy; said++ {
		select {
		case <-over:
			busy = false
		default:
		}
		say(t, calm, announcement(routerASN, victim6, said))
		s.must("the router that stays", func(table *rib.Table) bool { return medOf(table, router(routers+1), victim6) == said })
	}
	for n := 1; n <= routers; n++ {
		s.must("every router stale", func(table *rib.Table) bool { return isStale(table, router(n), witness) })
		if got := s.session(router(n)); got.Flaps != flaps {
			t.Errorf("router %d: %d flaps, want %d", n, got.Flaps, flaps)
		}
	}
	s.must("nothing but the last routes of each", func(table *rib.Table) bool { return table.Len() == 10*routers+1 })
	if got := s.session(router(routers + 1)); got.Flaps != 0 {
		t.Errorf("the router that stays: %+v", got)
	}
}

// flap brings a router up and takes it down again, some times.
func flap(t *testing.T, s *station, n, flaps int) {
	for i := range flaps {
		sp, err := dialPatiently(t, speaker.Config{Local: router(n), Remote: s.addr(), ASN: routerASN, HoldTime: 90})
		if err != nil {
			t.Errorf("router %d: %v", n, err)
			return
		}
		for k := range byte(9) {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, k << 4}), 28)
			_ = sp.Send(announcement(routerASN, p, uint32(i+1)))
		}
		_ = sp.Send(announcement(routerASN, witness, uint32(i+1)))
		if err := s.awaitRoute(withPatience(t), router(n), witness, uint32(i+1)); err != nil {
			t.Errorf("router %d: its routes: %v", n, err)
		}
		switch (n + i) % 3 {
		case 0:
			sp.Abort()
		case 1:
			_ = sp.Send(speaker.Notification(6, 4))
		default:
			_ = sp.Send(speaker.Header(0, 0))
		}
		if err := s.await(withPatience(t), func(table *rib.Table) bool { return isStale(table, router(n), witness) }); err != nil {
			t.Errorf("router %d is not stale: %v", n, err)
		}
		sp.Close()
	}
}

// dialPatiently connects, again and again while the session of before is not yet over.
func dialPatiently(t *testing.T, c speaker.Config) (*speaker.Speaker, error) {
	var failed error
	for range 20 {
		sp, err := speaker.Dial(t.Context(), c)
		if err != nil {
			return nil, err
		}
		if failed = sp.Establish(withPatience(t)); failed == nil {
			return sp, nil
		}
		sp.Close()
	}
	return nil, failed
}

// TestAStalledReaderLosesNoFinalState: while nobody takes the batches, a router sends far more than
// a queue holds. Memory stays bounded, and the last state of every prefix arrives.
func TestAStalledReaderLosesNoFinalState(t *testing.T) {
	t.Parallel()
	s := stationOf(t, 1)
	sp := s.peer(t, speaker.Config{Local: router(1), ASN: routerASN, HoldTime: 90})
	s.must("the session", func(*rib.Table) bool { return s.session(router(1)).State == bgp.Established })
	const prefixes, rounds = 4096, 10
	s.mu.Lock() // the one writer waits for the lock
	done := make(chan error, 1)
	go func() {
		var failed error
		for round := range uint32(rounds) {
			for i := range prefixes {
				p := netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 112 | byte(i>>8)&3, byte(i)}), 32)
				if i >= 1024 {
					p = netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i >> 8), byte(i)}), 48)
				}
				failed = errors.Join(failed, sp.Send(announcement(routerASN, p, round+1)))
			}
		}
		done <- errors.Join(failed, sp.Send(announcement(routerASN, witness, medWitness)))
	}()
	select {
	case <-time.After(time.Second): // the stall itself
	case err := <-done:
		done <- err
	}
	s.mu.Unlock()
	s.must("the last of all", func(table *rib.Table) bool { return medOf(table, router(1), witness) == medWitness })
	if err := <-done; err != nil {
		t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := s.table.Len(); got != prefixes+1 {
		t.Errorf("%d routes, want %d", got, prefixes+1)
	}
	for _, all := range []netip.Prefix{rib.IPv4.All(), rib.IPv6.All()} {
		s.table.MoreSpecifics(all, func(e rib.Entry) bool {
			if e.Prefix != witness && e.Attrs.MED.Value != rounds {
				t.Errorf("%v is of round %s", e.Prefix, e.Attrs.MED)
				return false
			}
			return true
		})
	}
}
