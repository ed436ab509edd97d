package monitor

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// burden is how hard routers are on a monitor. Short is what every test run does; make soak does the
// whole.
type burden struct {
	routers, routes int           // routes of each
	rate            int           // updates a second, of all together
	lasts           time.Duration // once all routes are held
	stall           time.Duration // of one audit, meanwhile
	held, grown     uint64        // MiB that the process may have, and that the stall may add
}

var (
	light = burden{routers: 5, routes: 5000, rate: 2000, lasts: 4 * time.Second, stall: 2 * time.Second, held: 600, grown: 256}
	full  = burden{routers: 20, routes: 100_000, rate: 10_000, lasts: 10 * time.Minute, stall: time.Minute, held: 600, grown: 256}
)

// blaster is a router that says what it has to say as fast as TCP takes it.
type blaster struct {
	net.Conn
	buf []byte
}

func newBlaster(ctx context.Context, local netip.Addr, to netip.AddrPort) (*blaster, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	c := speaker.Config{ASN: 65536, HoldTime: 0, ID: local, Caps: [][]byte{speaker.Multiprotocol(1, 1)}}
	if _, err := conn.Write(speaker.Join(speaker.OpenOf(c).Bytes(), speaker.Keepalive())); err != nil {
		return nil, err
	}
	var head [speaker.HeaderLen]byte
	for kind := byte(0); kind != speaker.TypeKeepalive; kind = head[18] { // its OPEN, and that ours is good
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(head[16:]))-speaker.HeaderLen); err != nil {
			return nil, err
		}
	}
	go io.Copy(io.Discard, conn)
	return &blaster{Conn: conn}, nil
}

// attributes are set n of many: a path of five, a MED, two communities.
func attributes(n int) []byte {
	return speaker.Join(speaker.Origin(0), speaker.ASPath(65536, 65540, 65541, uint32(65542+n%5), uint32(100_000+n%20_000)),
		speaker.NextHop(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})), speaker.MED(uint32(n)), speaker.Communities(uint32(n%100), 65535<<16|666))
}

func slash24(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(20 + n>>16), byte(n >> 8), byte(n), 0}), 24)
}

// table sends so many routes, and that these are all.
func (b *blaster) table(routes int) error {
	for n := 0; n < routes; {
		var nlri []byte
		for first := n; n < routes && n < first+50; n++ {
			nlri = append(nlri, speaker.NLRI(slash24(n))...)
		}
		b.buf = append(b.buf, speaker.Update(nil, attributes(n/50), nlri)...)
	}
	b.buf = append(b.buf, speaker.EndOfRIB(1)...)
	return b.flush()
}

func (b *blaster) flush() error {
	_, err := b.Write(b.buf)
	b.buf = b.buf[:0]
	return err
}

// underLoad is a monitor with many routers, and how it does.
type underLoad struct {
	*testing.T
	burden
	*Monitor
	collector *bgp.Collector
	blasters  []*blaster
	stalling  atomic.Pointer[chan struct{}]
	last      []atomic.Int64 // by router: what it said last of its first prefix
}

func begunUnder(t *testing.T, b burden) *underLoad {
	var text, feeds strings.Builder
	text.WriteString("version: 1\nsite: {asns: [65536], families: [ipv4]}\nlinks:\n")
	feeds.WriteString("feeds:\n")
	for i := range b.routers {
		fmt.Fprintf(&text, "  - {name: isp-%d, kind: internet, router: edge%d, firewall: fw-%d, neighbor-asns: [65540]}\n", i, i, i)
		fmt.Fprintf(&feeds, "  - {name: edge-%d, router: edge%d, link: isp-%d, families: [ipv4], bgp: {neighbor: 127.0.1.%d, asn: 65536, local-asn: 65536}}\n", i, i, i, i+1)
	}
	text.WriteString(feeds.String() + `prefixes: [{name: public, prefixes: [203.0.113.0/24], links: [isp-0]}]
services: [{name: users, kind: other, addresses: [203.0.113.0/24], remote: cloud, initiator: us, links: [isp-0]}]
remotes: [{name: cloud, observer: internet, prefixes: [20.1.0.0/20]}]
`)
	c := load(t, text.String())
	var err error
	u := &underLoad{T: t, burden: b, last: make([]atomic.Int64, b.routers)}
	u.collector, err = bgp.Listen(bgp.Config{RouterID: netip.MustParseAddr("10.255.0.9"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: c.Neighbors})
	if err != nil {
		t.Fatal(err)
	}
	c.Sessions, c.Log = u.collector, zap.NewNop()
	u.Monitor = New(c)
	u.audit = func(stop func() bool, in *policy.Intent, s *rib.Sight, now time.Time) *policy.Result {
		if held := u.stalling.Load(); held != nil {
			<-*held
		}
		return policy.Audit(in, s, now)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error)
	go func() { ran <- u.Monitor.Run(ctx) }()
	t.Cleanup(func() {
		for _, b := range u.blasters {
			b.Close()
		}
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := u.collector.Close(last); err != nil {
			t.Error(err)
		}
	})
	return u
}

// fill has every router send its table, and waits until all is held.
func (u *underLoad) fill() time.Duration {
	began := time.Now()
	var all sync.WaitGroup
	for i := range u.routers {
		b, err := newBlaster(u.Context(), netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}), u.collector.Addrs()[0])
		if err != nil {
			u.Fatal(err)
		}
		u.blasters = append(u.blasters, b)
		all.Go(func() {
			if err := b.table(u.routes); err != nil {
				u.Error(err)
			}
		})
	}
	all.Wait()
	u.until("every route is held", func() bool { return u.routesHeld() == u.routers*u.routes })
	return time.Since(began)
}

func (u *underLoad) routesHeld() (n int) {
	u.Ask(func(s *rib.Sight, _ time.Time) { n = s.Table().Len() })
	return n
}

func (u *underLoad) until(what string, holds func() bool) {
	u.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	u.Fatalf("never: %s", what)
}

// churn has the routers send updates of their routes, at the rate, until ctx is done. The last word
// of each router is that its first prefix has a MED which it never had.
func (u *underLoad) churn(ctx context.Context) {
	var all sync.WaitGroup
	for i, b := range u.blasters {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			const beat = 10 * time.Millisecond
			tick := time.NewTicker(beat)
			defer tick.Stop()
			began, said := time.Now(), 0
			for ctx.Err() == nil {
				<-tick.C
				for due := int(time.Since(began).Seconds() * float64(u.rate) / float64(u.routers)); said < due; said++ {
					n := 1 + random.IntN(u.routes-1)
					if random.IntN(4) == 0 {
						b.buf = append(b.buf, speaker.Update(speaker.NLRI(slash24(n)), nil, nil)...)
					}
					b.buf = append(b.buf, speaker.Update(nil, attributes(random.IntN(5000)), speaker.NLRI(slash24(n)))...)
					if len(b.buf) > 1<<16 {
						u.say(i)
					}
				}
				u.say(i)
			}
		})
	}
	all.Wait()
}

// say sends what a router has to say, and the time behind it.
func (u *underLoad) say(router int) {
	b := u.blasters[router]
	now := time.Since(epoch).Milliseconds()
	b.buf = append(b.buf, speaker.Update(nil, attributes(int(now)), speaker.NLRI(slash24(0)))...)
	if err := b.flush(); err != nil {
		u.Error(err)
	}
	u.last[router].Store(now)
}

var epoch = time.Now()

// heardOf is what the table has of a router's last word, as ms since epoch.
func (u *underLoad) heardOf(router int) (med int64) {
	u.Ask(func(s *rib.Sight, _ time.Time) {
		for _, e := range s.Table().Exact(slash24(0)) {
			if e.Feed == rib.FeedID(router) {
				med = int64(e.Attrs.MED.Value)
			}
		}
	})
	return med
}

// listen measures how far the table is behind the routers, until ctx is done.
func (u *underLoad) listen(ctx context.Context, from time.Duration) (worst time.Duration) {
	for began := time.Now(); ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		for i := range u.routers {
			heard, now := u.heardOf(i), time.Since(epoch)
			if heard > int64(u.routes/50) && time.Since(began) > from {
				worst = max(worst, now-time.Duration(heard)*time.Millisecond)
			}
		}
	}
	return worst
}

// settle checks that the last word of every router has come, and that no route is lost.
func (u *underLoad) settled() {
	u.Helper()
	u.until("the last word of every router", func() bool {
		for i := range u.routers {
			if u.heardOf(i) != u.last[i].Load() {
				return false
			}
		}
		return true
	})
	if n := u.routesHeld(); n != u.routers*u.routes {
		u.Errorf("%d routes are held of %d", n, u.routers*u.routes)
	}
}

// resident is the process's memory, in MiB; its highest where peak is asked for.
func resident(t *testing.T, key string) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("SKIPPED: the resident size, which /proc would show: ", err)
	}
	_, rest, _ := strings.Cut(string(text), key+":")
	fields := strings.Fields(rest)
	n, err := strconv.ParseUint(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n >> 10
}

func burdenOf(t *testing.T) burden {
	t.Helper()
	if text := os.Getenv("BGPAUDIT_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		b := full
		b.lasts = d
		return b
	}
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the monitor under load")
	}
	return light
}

// TestLoad: so many routers send their tables, and go on. What is held stays within its bounds, the
// table is not behind, and an audit that hangs costs little memory and no route.
func TestLoad(t *testing.T) {
	b := burdenOf(t)
	u := begunUnder(t, b)
	took := u.fill()
	runtime.GC()
	debug.FreeOSMemory()
	loaded := resident(t, "VmRSS")
	t.Logf("%d routers, %d routes each: held after %s, %d MiB, %d MiB at most", b.routers, b.routes, took.Round(time.Millisecond), loaded, resident(t, "VmHWM"))
	if loaded > b.held {
		t.Errorf("%d MiB are held, more than %d", loaded, b.held)
	}

	ctx, stop := context.WithTimeout(t.Context(), b.lasts)
	defer stop()
	var behind sync.WaitGroup
	var worst time.Duration
	behind.Go(func() { worst = u.listen(ctx, b.lasts/10) })
	var warm atomic.Uint64
	behind.Go(func() {
		select {
		case <-time.After(b.lasts / 5):
			warm.Store(resident(t, "VmRSS"))
		case <-ctx.Done():
		}
	})
	u.churn(ctx)
	behind.Wait()
	u.settled()
	after := resident(t, "VmRSS")
	t.Logf("%d updates/s for %s: lag %s at most; %d MiB when warm, %d MiB at the end; the last audit took %s", b.rate, b.lasts, worst.Round(time.Millisecond), warm.Load(), after, u.Last().Took.Round(time.Millisecond))
	if worst > 2*time.Second {
		t.Errorf("the table was %s behind", worst)
	}
	if b.lasts >= time.Minute && after > warm.Load()*105/100 {
		t.Errorf("it grew from %d to %d MiB", warm.Load(), after)
	}

	held := make(chan struct{})
	before := resident(t, "VmRSS")
	u.stalling.Store(&held)
	ctx, stop = context.WithTimeout(t.Context(), b.stall)
	defer stop()
	release := time.AfterFunc(b.stall, func() {
		u.stalling.Store(nil)
		close(held)
	})
	defer release.Stop()
	u.churn(ctx)
	stalled := resident(t, "VmRSS")
	u.settled()
	t.Logf("an audit that hung for %s: from %d to %d MiB", b.stall, before, stalled)
	if stalled > before+b.grown {
		t.Errorf("it took %d MiB more, over %d", stalled-before, b.grown)
	}
}
