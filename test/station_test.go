package test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// The two ASes of most tests: ours, and the routers' on eBGP.
const (
	ourASN    = 65536
	routerASN = 65541
)

// patience is how long a test waits for what has to happen. It is long because machines that
// build are busy; nothing that goes well comes near it.
const patience = 20 * time.Second

var ourID = netip.MustParseAddr("192.0.2.1")

// station is a collector with the table behind it, and the one goroutine that writes that.
type station struct {
	t         *testing.T
	collector *bgp.Collector
	stop      context.CancelFunc
	over      chan struct{}

	mu      sync.Mutex
	changed sync.Cond
	table   *rib.Table
	updates int // applied
	changes []rib.Update
}

// listen starts a collector for the neighbours, each with a feed of its own name, on a free port
// of 127.0.0.1 unless the config names another address. It is closed when the test ends, and every
// router must then have heard nothing but OPEN, KEEPALIVE and NOTIFICATION.
func listen(t *testing.T, c bgp.Config) *station {
	t.Helper()
	feeds := make([]*rib.Feed, len(c.Neighbors))
	for i := range c.Neighbors {
		n := &c.Neighbors[i]
		n.Feed = rib.FeedID(i)
		feeds[i] = &rib.Feed{Name: n.Name, View: rib.Monitor, State: rib.FeedState{Live: true}}
	}
	return listenWith(t, c, rib.NewTable([]uint32{ourASN}, nil, feeds))
}

func listenWith(t *testing.T, c bgp.Config, table *rib.Table) *station {
	t.Helper()
	if !c.RouterID.IsValid() {
		c.RouterID = ourID
	}
	if c.Listen == nil {
		c.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	}
	collector, err := bgp.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &station{t: t, collector: collector, stop: cancel, over: make(chan struct{}), table: table}
	s.changed.L = &s.mu
	go s.write(ctx)
	t.Cleanup(s.close)
	return s
}

// write is the table's one writer.
func (s *station) write(ctx context.Context) {
	defer close(s.over)
	tick := time.NewTicker(10 * time.Millisecond) // sessions change without a batch, too
	defer tick.Stop()
	ticking := make(chan struct{})
	defer close(ticking)
	go func() {
		for {
			select {
			case <-ticking:
				return
			case <-tick.C:
				s.mu.Lock()
				s.changed.Broadcast()
				s.mu.Unlock()
			}
		}
	}()
	for b, ok := s.collector.Next(ctx); ok; b, ok = s.collector.Next(ctx) {
		s.mu.Lock()
		for _, u := range b.Updates {
			if err := s.table.Apply(u); err != nil {
				s.t.Errorf("%+v: %v", u, err)
			}
			switch u.Kind {
			case rib.PeerUp, rib.PeerDown, rib.PeerPartial, rib.EndOfRIB:
				s.changes = append(s.changes, u)
			}
		}
		s.updates += len(b.Updates)
		s.changed.Broadcast()
		s.mu.Unlock()
	}
}

func (s *station) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.collector.Close(ctx); err != nil {
		s.t.Errorf("closing the collector: %v", err)
	}
	s.stop()
	<-s.over
	for _, session := range s.collector.Sessions() {
		if session.Suppressed != 0 {
			s.t.Errorf("GoBGP wanted to send %d UPDATEs to %s", session.Suppressed, session.Name)
		}
	}
}

func (s *station) addr() netip.AddrPort { return s.collector.Addrs()[0] }

// await waits until the condition holds, which is asked after every batch, with the table locked.
func (s *station) await(ctx context.Context, holds func(*rib.Table) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !holds(s.table) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.changed.Wait()
	}
	return nil
}

// must is await, and the end of the test where it fails.
func (s *station) must(what string, holds func(*rib.Table) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.await(ctx, holds); err != nil {
		s.t.Fatalf("%s: %v; sessions: %+v; refusals: %+v", what, err, s.collector.Sessions(), s.collector.Refusals())
	}
}

// session is the one with a router, and its zero value where there is none.
func (s *station) session(router netip.Addr) bgp.Session {
	for _, session := range s.collector.Sessions() {
		if session.Address == router {
			return session
		}
	}
	return bgp.Session{}
}

// routesOf are the routes of one router for a prefix. The table must be locked.
func routesOf(t *rib.Table, router netip.Addr, p netip.Prefix) []rib.Entry {
	var out []rib.Entry
	for _, e := range t.Exact(p) {
		if e.Neighbor == router {
			out = append(out, e)
		}
	}
	return out
}

// holds reports whether the router's route for the prefix is in the table, fresh and whole.
func (s *station) holds(router netip.Addr, p netip.Prefix) func(*rib.Table) bool {
	return func(t *rib.Table) bool {
		for _, e := range routesOf(t, router, p) {
			if e.Marks&(rib.Malformed|rib.Stale) == 0 {
				return true
			}
		}
		return false
	}
}

// gone is the opposite.
func (s *station) gone(router netip.Addr, p netip.Prefix) func(*rib.Table) bool {
	return func(t *rib.Table) bool { return len(routesOf(t, router, p)) == 0 }
}

// dial connects a speaker, which is closed when the test ends, and must then have heard no message
// but OPEN, KEEPALIVE and NOTIFICATION.
func (s *station) dial(t *testing.T, c speaker.Config) *speaker.Speaker {
	t.Helper()
	if !c.Remote.IsValid() {
		c.Remote = s.addr()
	}
	sp, err := speaker.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sp.Close()
		if err := sp.OnlyMessages(speaker.TypeOpen, speaker.TypeKeepalive, speaker.TypeNotification); err != nil {
			t.Error(err)
		}
	})
	return sp
}

// peer is dial and establish.
func (s *station) peer(t *testing.T, c speaker.Config) *speaker.Speaker {
	t.Helper()
	sp := s.dial(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := sp.Establish(ctx); err != nil {
		t.Fatalf("%v does not come up: %v; it heard %v; session %+v", c.Local, err, sp.Messages(), s.session(c.Local))
	}
	return sp
}

// say sends, and ends the test where that fails.
func say(t *testing.T, sp *speaker.Speaker, octets ...[]byte) {
	t.Helper()
	if err := sp.Send(octets...); err != nil {
		t.Fatal(err)
	}
}

// announcement is a plain UPDATE of one prefix. med tells one announcement of it from another.
func announcement(asn uint32, p netip.Prefix, med uint32) []byte {
	attrs := speaker.Origin(0)
	if asn == ourASN {
		attrs = speaker.Join(attrs, speaker.ASPath(), speaker.LocalPref(100))
	} else {
		attrs = speaker.Join(attrs, speaker.ASPath(asn))
	}
	if p.Addr().Is4() {
		return speaker.Update(nil, speaker.Join(attrs, speaker.NextHop(nextHop4), speaker.MED(med)), speaker.NLRI(p))
	}
	reach := speaker.MPReach(speaker.AFIv6, speaker.SAFIUnicast, nextHop6.AsSlice(), speaker.NLRI(p))
	return speaker.Update(nil, speaker.Join(attrs, speaker.MED(med), reach), nil)
}

// withdrawal is the opposite.
func withdrawal(p netip.Prefix) []byte {
	if p.Addr().Is4() {
		return speaker.Update(speaker.NLRI(p), nil, nil)
	}
	return speaker.Update(nil, speaker.MPUnreach(speaker.AFIv6, speaker.SAFIUnicast, speaker.NLRI(p)), nil)
}

var (
	nextHop4 = netip.MustParseAddr("192.0.2.254")
	nextHop6 = netip.MustParseAddr("2001:db8::fe")
)

// process is what the test's own process takes.
type process struct {
	goroutines int
	heap       int // octets, as rss is
	rss        int
}

// measure says how much is in use once the garbage is gone.
func measure(t *testing.T) process {
	t.Helper()
	debug.FreeOSMemory()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return process{goroutines: runtime.NumGoroutine(), heap: int(mem.HeapAlloc), rss: resident(t)}
}

// resident is the size of the process in memory, garbage included.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("SKIPPED: no /proc here to read the resident size from")
	}
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("no VmRSS in /proc/self/status")
	return 0
}

// What a runtime may keep: a little of the heap, and what it has not given back to the system.
const (
	heapRoom = 4 << 20
	rssRoom  = 32 << 20
)

// goroutinesGone waits until goroutines are back to what they were.
func goroutinesGone(t *testing.T, before process) {
	t.Helper()
	if until(t.Context(), func() bool { return runtime.NumGoroutine() <= before.goroutines }) != nil {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before.goroutines, stacks[:runtime.Stack(stacks, true)])
	}
}

// returned is goroutinesGone, and holds the memory against what it was.
func returned(t *testing.T, before process) {
	t.Helper()
	goroutinesGone(t, before)
	now := measure(t)
	if now.heap > before.heap+heapRoom {
		t.Errorf("heap %d KiB, %d KiB before", now.heap>>10, before.heap>>10)
	}
	if !raceDetector && now.rss > before.rss+rssRoom {
		t.Errorf("resident size %d MiB, %d MiB before", now.rss>>20, before.rss>>20)
	}
}

// until asks again and again, for what has no event to wait on: another process, the runtime.
func until(ctx context.Context, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("it did not come to pass"), ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// withPatience is the test's context, bounded.
func withPatience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
