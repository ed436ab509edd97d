package bgp

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/rib"
	far "bgpaudit/test/speaker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ourAS    = 65536
	routerAS = 65541
	patience = 20 * time.Second
)

var (
	host  = netip.MustParseAddr("127.0.0.1")
	host2 = netip.MustParseAddr("127.0.0.2")
)

// bench is a collector, and a table behind it.
type bench struct {
	*Collector
	t    *testing.T
	logs *observer.ObservedLogs

	mu    sync.Mutex
	table *rib.Table
	seen  []rib.Update // all but routes
}

// router is one configured neighbour at 127.0.0.1.
func router() Neighbor {
	return Neighbor{Name: "edge1", Address: host, ASN: routerAS, LocalASN: ourAS}
}

func begin(t *testing.T, c Config) *bench {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	c.RouterID = netip.MustParseAddr("192.0.2.1")
	c.Log = zap.New(core)
	if c.Listen == nil {
		c.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	}
	feeds := make([]*rib.Feed, len(c.Neighbors))
	for i := range c.Neighbors {
		c.Neighbors[i].Feed = rib.FeedID(i)
		feeds[i] = &rib.Feed{Name: c.Neighbors[i].Name, View: rib.Monitor, State: rib.FeedState{Live: true}}
	}
	collector, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Collector: collector, t: t, logs: logs, table: rib.NewTable([]uint32{ourAS}, nil, feeds)}
	var writer sync.WaitGroup
	writer.Go(b.write)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		writer.Wait()
		for _, s := range b.Sessions() {
			if s.Suppressed > 0 {
				t.Errorf("%s: GoBGP wanted to send %d messages", s.Name, s.Suppressed)
			}
		}
		for _, l := range logs.FilterLevelExact(zap.ErrorLevel).All() {
			t.Errorf("logged: %s %v", l.Message, l.ContextMap())
		}
	})
	return b
}

func (b *bench) write() {
	for {
		x, ok := b.Next(context.Background())
		if !ok {
			return
		}
		b.mu.Lock()
		for _, u := range x.Updates {
			if err := b.table.Apply(u); err != nil {
				b.t.Errorf("%+v: %v", u, err)
			}
			if !ofRoute(u.Kind) {
				b.seen = append(b.seen, u)
			}
		}
		b.mu.Unlock()
	}
}

// must waits until the condition holds.
func (b *bench) must(what string, holds func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		b.mu.Lock()
		ok := holds()
		b.mu.Unlock()
		if ok {
			return
		}
	}
	b.t.Fatalf("never: %s; sessions %+v, refusals %+v", what, b.Sessions(), b.Refusals())
}

func (b *bench) session() Session { return b.Sessions()[0] }

func (b *bench) mustBe(state State) {
	b.t.Helper()
	b.must("state "+string(state), func() bool { return b.session().State == state })
}

// connect is a speaker that is connected, and has said nothing.
func (b *bench) connect(c far.Config) *far.Speaker {
	b.t.Helper()
	if !c.Local.IsValid() {
		c.Local = host
	}
	if !c.Remote.IsValid() {
		c.Remote = b.Addrs()[0]
	}
	if c.ASN == 0 {
		c.ASN = routerAS
	}
	if c.HoldTime == 0 {
		c.HoldTime = 90
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := far.Dial(ctx, c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		s.Close()
		if err := s.OnlyMessages(far.TypeOpen, far.TypeKeepalive, far.TypeNotification); err != nil {
			b.t.Error(err)
		}
	})
	return s
}

func (b *bench) establish(c far.Config) *far.Speaker {
	b.t.Helper()
	s := b.connect(c)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Establish(ctx); err != nil {
		b.t.Fatalf("%v; sessions %+v, refusals %+v", err, b.Sessions(), b.Refusals())
	}
	b.must("up on our side", func() bool {
		for _, s := range b.Sessions() {
			if s.State == Established && (s.Address == c.Local || s.Address == host) {
				return true
			}
		}
		return false
	})
	return s
}

func route(prefixes ...string) []byte {
	var list []netip.Prefix
	for _, p := range prefixes {
		list = append(list, netip.MustParsePrefix(p))
	}
	attrs := far.Join(far.Origin(0), far.ASPath(routerAS), far.NextHop(netip.MustParseAddr("192.0.2.9")))
	return far.Update(nil, attrs, far.NLRI(list...))
}

func TestARouterConnectsAndItsRoutesComeOut(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	s := b.establish(far.Config{})
	if err := s.Send(route("198.51.100.0/24", "203.0.113.0/24"), far.EndOfRIB(1), far.EndOfRIB(2)); err != nil {
		t.Fatal(err)
	}
	b.must("two routes", func() bool { return b.table.Len() == 2 })
	b.must("End-of-RIB", func() bool { return b.session().EndOfRIB == [2]bool{true, true} })
	if got := b.session(); got.State != Established || got.Routes != 2 || got.Updates != 3 || got.HoldTime != 90*time.Second {
		t.Errorf("%+v", got)
	}
	s.Close()
	b.must("the end", func() bool { return b.session().Flaps == 1 })
	b.must("stale", func() bool { return b.table.Exact(netip.MustParsePrefix("198.51.100.0/24"))[0].Marks.Has(rib.Stale) })
}
