package test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bgpaudit/test/speaker"
)

const (
	loadRouters  = 2
	askedOfEach  = 3
	patienceLoad = 2 * time.Minute
)

// TestAThousandQuestionsBesideBIRD: a thousand callers ask the monitor which link wins, all at once,
// over HTTP, while routers send 10,000 updates a second; then as many ask a BIRD that holds the same
// routes and gets the same updates, by its control socket. Every question is answered.
func TestAThousandQuestionsBesideBIRD(t *testing.T) {
	bird := startBIRD(t, 0, loadBIRD(freePort(t, netip.MustParseAddr("127.0.0.1"))))
	bgpAt, apiAt := startLoaded(t)
	var sources []*source
	for n := range loadRouters {
		for _, to := range []netip.AddrPort{bgpAt, bird.listens(t)} {
			sources = append(sources, newSource(t, n, to))
		}
	}
	fillAll(t, sources)
	if err := until(withPatience(t), func() bool {
		text, err := ask(t.Context(), http.DefaultClient, apiAt+"/readyz")
		return err == nil && strings.Contains(text, `"ready": true`)
	}); err != nil {
		t.Fatalf("the monitor is not ready: %v", err)
	}
	if err := until(withPatience(t), func() bool {
		text, _ := bird.ask("show route count")
		return strings.HasPrefix(text, fmt.Sprintf("%d of %d routes", loadRouters*loadRoutes, loadRouters*loadRoutes))
	}); err != nil {
		text, _ := bird.ask("show route count")
		t.Fatalf("BIRD does not hold the routes: %s", text)
	}

	ctx, stop := context.WithCancel(t.Context())
	var churning sync.WaitGroup
	for _, s := range sources {
		churning.Go(func() { s.churn(ctx) })
	}
	ours := inAThousand(t, overHTTP(t, apiAt, func(p netip.Prefix) string { return "/v1/wins?prefix=" + p.Addr().String() }, `"outcome": "`))
	floor := inAThousand(t, overHTTP(t, apiAt, func(netip.Prefix) string { return "/healthz" }, "ok"))
	theirs := inAThousand(t, bird.asker)
	stop()
	churning.Wait()
	t.Logf("%d callers at once, %d questions each, %d routes, %d updates/s: wins over HTTP p50 %s, p99 %s (HTTP alone, /healthz: p50 %s, p99 %s); BIRD's show route for p50 %s, p99 %s",
		askers, askedOfEach, loadRouters*loadRoutes, loadRate, ours.at(50), ours.at(99), floor.at(50), floor.at(99), theirs.at(50), theirs.at(99))
}

// overHTTP are callers that have a connection each.
func overHTTP(t *testing.T, at string, path func(netip.Prefix) string, says string) func(int) (func(netip.Prefix) error, error) {
	return func(int) (func(netip.Prefix) error, error) {
		client := &http.Client{Transport: &http.Transport{}}
		t.Cleanup(client.CloseIdleConnections)
		_, err := ask(t.Context(), client, at+"/healthz")
		return func(p netip.Prefix) error {
			text, err := ask(t.Context(), client, at+path(p))
			if err == nil && !strings.Contains(text, says) {
				err = fmt.Errorf("answered %s", text)
			}
			return err
		}, err
	}
}

// times are how long each question took, in order.
type times []time.Duration

func (q times) at(percent int) time.Duration {
	return q[min(len(q)-1, len(q)*percent/100)].Round(time.Microsecond)
}

// inAThousand has every caller ask its questions, one after the other, all callers at once.
func inAThousand(t *testing.T, caller func(n int) (func(netip.Prefix) error, error)) times {
	t.Helper()
	var mu sync.Mutex
	var took times
	var all, ready sync.WaitGroup
	ready.Add(askers)
	begin := make(chan struct{})
	for n := range askers {
		all.Go(func() {
			askOne, err := caller(n)
			ready.Done()
			if err != nil {
				t.Errorf("caller %d: %v", n, err)
				return
			}
			<-begin
			for i := range askedOfEach {
				began := time.Now()
				if err := askOne(slash24(n*97 + i*31)); err != nil {
					t.Errorf("caller %d: %v", n, err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	ready.Wait()
	close(begin)
	all.Wait()
	if len(took) != askers*askedOfEach {
		t.Fatalf("%d questions of %d were answered", len(took), askers*askedOfEach)
	}
	slices.Sort(took)
	return took
}

// asker is a caller on BIRD's control socket, as birdc is one.
func (b *bird) asker(int) (func(netip.Prefix) error, error) {
	var conn net.Conn
	var err error
	in := func() bool { // few may wait at a Unix socket's door
		conn, err = net.Dial("unix", b.socket)
		return !errors.Is(err, syscall.EAGAIN)
	}
	if never := until(b.t.Context(), in); never != nil || err != nil {
		return nil, errors.Join(never, err)
	}
	b.t.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	if _, err := answer(r); err != nil { // the greeting
		return nil, err
	}
	return func(p netip.Prefix) error {
		if _, err := fmt.Fprintf(conn, "show route for %s\n", p.Addr()); err != nil {
			return err
		}
		text, err := answer(r)
		if err == nil && !strings.Contains(text, "unicast") && !strings.Contains(text, "unreachable") && !strings.Contains(text, "not found") {
			err = fmt.Errorf("answered %q", text)
		}
		return err
	}, nil
}

func ask(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, text)
	}
	return string(text), err
}

func slash24(n int) netip.Prefix {
	n %= loadRoutes
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(20 + n>>16), byte(n >> 8), byte(n), 0}), 24)
}

func loadBIRD(port uint16) string {
	var out strings.Builder
	out.WriteString("router id 10.255.0.8;\n")
	for n := range loadRouters {
		fmt.Fprintf(&out, "protocol bgp r%d { local 127.0.0.1 port %d as 65536; neighbor 127.0.1.%d as 65536; passive yes; multihop; ipv4 { import all; export none; }; }\n", n, port, n+1)
	}
	return out.String()
}

// listens is where BIRD takes sessions: the port of its config.
func (b *bird) listens(t *testing.T) netip.AddrPort {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "bird.conf"))
	if err != nil {
		t.Fatal(err)
	}
	var port uint16
	_, rest, _ := strings.Cut(string(text), "local 127.0.0.1 port ")
	if _, err := fmt.Sscan(rest, &port); err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
}

// startLoaded runs the built monitor for the two routers, and gives where it listens and answers.
func startLoaded(t *testing.T) (bgp netip.AddrPort, api string) {
	t.Helper()
	dir, local := scratch(t), netip.MustParseAddr("127.0.0.1")
	bgp = netip.AddrPortFrom(local, freePort(t, local))
	listen := netip.AddrPortFrom(local, freePort(t, local))
	var text strings.Builder
	fmt.Fprintf(&text, "version: 1\nsite: {asns: [65536], families: [ipv4]}\nmonitor: {asn: 65536, router-id: 10.255.0.9, listen: [%q], api: %q}\nlinks:\n", bgp, listen)
	for n := range loadRouters {
		fmt.Fprintf(&text, "  - {name: isp-%d, kind: internet, router: edge%d, firewall: fw-%d, neighbor-asns: [65540]}\n", n, n, n)
	}
	text.WriteString("feeds:\n")
	for n := range loadRouters {
		fmt.Fprintf(&text, "  - {name: edge-%d, router: edge%d, link: isp-%d, families: [ipv4], bgp: {neighbor: 127.0.1.%d, asn: 65536}}\n", n, n, n, n+1)
	}
	bin, conf := filepath.Join(dir, "bgpaudit"), filepath.Join(dir, "bgpaudit.yaml")
	if out, err := run(t, "go", "build", "-o", bin, "bgpaudit/cmd/bgpaudit"); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.WriteFile(conf, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	d := start(t, dir, bin, "monitor", "-c", conf)
	if err := until(withPatience(t), func() bool { return strings.Contains(d.output(), "the API is at") || d.over() }); err != nil || d.over() {
		t.Fatalf("the monitor does not begin: %v\n%s", err, d.output())
	}
	return bgp, "http://" + listen.String()
}

// source is a router that sends its table, and then goes on.
type source struct {
	*speaker.Speaker
	t *testing.T
	n int
}

func newSource(t *testing.T, n int, to netip.AddrPort) *source {
	t.Helper()
	sp, err := speaker.Dial(t.Context(), speaker.Config{
		Local: netip.AddrFrom4([4]byte{127, 0, 1, byte(n + 1)}), Remote: to, ASN: 65536, HoldTime: 0,
		Caps: [][]byte{speaker.Multiprotocol(1, 1)}, WriteTimeout: patienceLoad,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sp.Close)
	if err := sp.Establish(withPatience(t)); err != nil {
		t.Fatal(err)
	}
	return &source{sp, t, n}
}

func (s *source) attributes(n int) []byte {
	return speaker.Join(speaker.Origin(0), speaker.ASPath(65540, 65541, uint32(65542+n%5), uint32(100_000+n%20_000)),
		speaker.NextHop(netip.AddrFrom4([4]byte{127, 0, 1, byte(s.n + 1)})), speaker.MED(uint32(n)), speaker.LocalPref(100))
}

func fillAll(t *testing.T, sources []*source) {
	t.Helper()
	var all sync.WaitGroup
	for _, s := range sources {
		all.Go(func() {
			for n := 0; n < loadRoutes; n += 50 {
				var nlri []byte
				for i := range 50 {
					nlri = append(nlri, speaker.NLRI(slash24(n+i))...)
				}
				if err := s.Send(speaker.Update(nil, s.attributes(n), nlri)); err != nil {
					t.Error(err)
					return
				}
			}
			if err := s.Send(speaker.EndOfRIB(1)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// churn sends updates at the rate, in small bundles, until ctx is done.
func (s *source) churn(ctx context.Context) {
	random := rand.New(rand.NewPCG(1, uint64(s.n)))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began, said := time.Now(), 0
	for ctx.Err() == nil {
		<-tick.C
		var out []byte
		for due := int(time.Since(began).Seconds() * loadRate / loadRouters); said < due; said++ {
			out = append(out, speaker.Update(nil, s.attributes(random.IntN(5000)), speaker.NLRI(slash24(random.IntN(loadRoutes))))...)
		}
		if err := s.Send(out); err != nil {
			s.t.Errorf("router %d: %v", s.n, err)
			return
		}
	}
}
