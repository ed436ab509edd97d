package monitor

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"bgpaudit/test/speaker"
)

// manyMirrors is a site of so many links, each with one session.
func manyMirrors(routers int) string {
	var links, feeds strings.Builder
	for n := 1; n <= routers; n++ {
		fmt.Fprintf(&links, "  - {name: isp-%02d, kind: internet, router: edge%d, firewall: fw-%d, neighbor-asns: [65540]}\n", n, n, n)
		fmt.Fprintf(&feeds, "  - {name: mirror-%02d, mirrors: isp-%02d, families: [ipv4], bgp: {neighbor: 127.0.2.%d, asn: 65536, local-asn: 65551}}\n", n, n, n)
	}
	return "version: 1\nsite: {asns: [65536], families: [ipv4]}\nmonitor: {router-id: 10.255.0.9, listen: [\"127.0.0.1:0\"]}\nlinks:\n" + links.String() + "feeds:\n" + feeds.String()
}

// TestAFlapStormIsOneNoticeAPeer: fifty routers come and go over real sessions until the monitor calls
// each of them restless. Of each it says a bounded number of things, one of them that it flaps; what it
// holds meanwhile is never less than what is wrong; and nothing is left behind.
func TestAFlapStormIsOneNoticeAPeer(t *testing.T) {
	const routers = 50
	w := overSessions(t, manyMirrors(routers))
	w.until("exit 3")
	storm := func(flaps int) {
		var all sync.WaitGroup
		for n := 1; n <= routers; n++ {
			all.Go(func() {
				for range flaps {
					s, err := w.whole(netip.AddrFrom4([4]byte{127, 0, 2, byte(n)}))
					if err != nil {
						t.Errorf("router %d: %v", n, err)
						return
					}
					w.await(n, true)
					s.Abort()
					w.await(n, false)
					s.Close()
				}
			})
		}
		all.Wait()
	}
	storm(3)
	notices, lines := map[string]int{}, map[string]int{}
	w.take()
	for _, line := range w.said {
		for n := 1; n <= routers; n++ {
			if peer := fmt.Sprintf("mirror-%02d", n); strings.Contains(line, " "+peer+" (") || strings.Contains(line, "evidence/") && strings.Contains(line, peer) {
				lines[peer]++
				if strings.Contains(line, " session-flapping ") {
					notices[peer]++
				}
			}
		}
	}
	most := 0
	for n := 1; n <= routers; n++ {
		peer := fmt.Sprintf("mirror-%02d", n)
		most = max(most, lines[peer])
		if notices[peer] != 1 {
			t.Errorf("%s: %d notices that it flaps", peer, notices[peer])
		}
	}
	if most > mostOfFinding+3 { // an audit may see a table on its way, which nothing excuses without a grace
		t.Errorf("%d lines about one router", most)
	}
	held := map[string]bool{}
	for _, h := range w.Held() {
		if h.Flapping != "" {
			held[h.Finding.Subject.Name] = true
		}
	}
	for n := 1; n <= routers; n++ {
		if peer := fmt.Sprintf("mirror-%02d", n); !held[peer] {
			t.Errorf("%s flaps, and nothing is held of it", peer)
		}
	}

	quiet := w.restOf()
	storm(2)
	after := w.restOf()
	t.Logf("%d routers, at most %d lines about one; after one storm %s, after two %s", routers, most, quiet, after)
	if after.goroutines > quiet.goroutines+5 || after.resident > quiet.resident*11/10+16 {
		t.Errorf("a storm leaves something behind: before it %s, after it %s", quiet, after)
	}
}

// whole is a router that has sent its table.
func (w *watched) whole(local netip.Addr) (*speaker.Speaker, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		s, err := speaker.Dial(ctx, speaker.Config{Local: local, Remote: w.at, ASN: 65536, HoldTime: 90, Caps: [][]byte{speaker.Multiprotocol(1, 1)}})
		if err != nil {
			return nil, err
		}
		if err = s.Establish(ctx); err == nil {
			return s, s.Send(announcement("203.0.113.0/24"), speaker.EndOfRIB(1))
		}
		s.Close()
		if ctx.Err() != nil {
			return nil, err
		}
	}
}

// await waits until an audit has seen the feed of a router whole, or not.
func (w *watched) await(router int, whole bool) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if a := w.Last(); a != nil && (a.Result.Feeds[router-1].Failing() == "") == whole {
			return
		}
	}
	w.t.Errorf("no audit saw router %d as it is (whole: %v)", router, whole)
}

// rest is what the process holds when no router is up.
type rest struct {
	goroutines int
	resident   uint64
}

func (r rest) String() string { return fmt.Sprintf("%d goroutines, %d MiB", r.goroutines, r.resident) }

func (w *watched) restOf() rest {
	before, end := 0, time.Now().Add(10*time.Second)
	for now := runtime.NumGoroutine(); now != before && time.Now().Before(end); now = runtime.NumGoroutine() {
		before = now
		time.Sleep(50 * time.Millisecond)
	}
	w.take()
	w.said = nil
	runtime.GC()
	debug.FreeOSMemory()
	return rest{runtime.NumGoroutine(), resident(w.t, "VmRSS")}
}
