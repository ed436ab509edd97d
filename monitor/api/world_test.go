package api

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// twoMirrors is clean when 203.0.113.0/24 is advertised on isp-a and nothing else anywhere.
const twoMirrors = `version: 1
site: {asns: [65536], families: [ipv4]}
monitor: {router-id: 10.255.0.9, listen: ["127.0.0.1:0"]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
  - {name: isp-b, kind: internet, router: edge2, firewall: fw-b, neighbor-asns: [65541]}
feeds:
  - {name: mirror-a, mirrors: isp-a, families: [ipv4], bgp: {neighbor: 127.0.0.2, asn: 65536, local-asn: 65551}}
  - {name: mirror-b, mirrors: isp-b, families: [ipv4], bgp: {neighbor: 127.0.0.3, asn: 65536, local-asn: 65551}}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
`

// good on isp-a is what should be, and the same on isp-b is wrong.
const good, wrong = "203.0.113.0/24", "203.0.113.0/24"

// world is an API over a monitor with real sessions.
type world struct {
	*Server
	t    *testing.T
	bgp  netip.AddrPort
	logs *observer.ObservedLogs
	http http.Client
	stop func()
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
	if err := os.WriteFile(path, []byte(twoMirrors), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var feeds []*rib.Feed
	var neighbors []bgp.Neighbor
	for i := range config.Feeds {
		f := &config.Feeds[i]
		feeds = append(feeds, &f.Feed)
		neighbors = append(neighbors, bgp.Neighbor{Name: f.Name, Feed: rib.FeedID(i), Address: f.BGP.Neighbor, ASN: f.BGP.ASN, LocalASN: f.BGP.LocalASN, Families: f.Families})
	}
	collector, err := bgp.Listen(bgp.Config{RouterID: config.Monitor.RouterID, Listen: config.Monitor.Listen, Neighbors: neighbors, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	in := &config.Intent
	m := monitor.New(monitor.Config{
		Site:     monitor.Site{Intent: in, Table: rib.NewTable(in.Site.ASNs, in.Links, feeds), Neighbors: neighbors},
		Sessions: collector, Log: zap.NewNop(), Pace: monitor.Pace{Quiet: 20 * time.Millisecond}, StartGrace: 20 * time.Second,
	})
	o := Options{Monitor: m, Listen: "127.0.0.1:0", Release: "test", Log: zap.New(core)}
	for _, c := range change {
		c(&o)
	}
	server, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	server.grace = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		if err := server.Serve(ctx); err != nil {
			t.Error(err)
		}
	})
	w := &world{Server: server, t: t, bgp: collector.Addrs()[0], logs: logs}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 50}
	w.http.Transport = transport
	w.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		transport.CloseIdleConnections()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := collector.Close(last); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// router is a speaker with an established session.
func (w *world) router(addr string) *speaker.Speaker {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	s, err := speaker.Dial(ctx, speaker.Config{Local: netip.MustParseAddr(addr), Remote: w.bgp, ASN: 65536, HoldTime: 90, Caps: [][]byte{speaker.Multiprotocol(1, 1)}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	if err := s.Establish(ctx); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) send(s *speaker.Speaker, messages ...[]byte) {
	w.t.Helper()
	if err := s.Send(messages...); err != nil {
		w.t.Fatal(err)
	}
}

func announcement(prefixes ...string) []byte {
	var list []netip.Prefix
	for _, p := range prefixes {
		list = append(list, netip.MustParsePrefix(p))
	}
	return speaker.Update(nil, speaker.Join(speaker.Origin(0), speaker.ASPath(65536), speaker.NextHop(netip.MustParseAddr("192.0.2.1"))), speaker.NLRI(list...))
}

func withdrawal(prefix string) []byte {
	return speaker.Update(speaker.NLRI(netip.MustParsePrefix(prefix)), nil, nil)
}

// whole brings both routers up with their whole tables, and waits for the audit of them.
func (w *world) whole() (a, b *speaker.Speaker) {
	w.t.Helper()
	a, b = w.router("127.0.0.2"), w.router("127.0.0.3")
	w.send(a, announcement(good), speaker.EndOfRIB(1))
	w.send(b, speaker.EndOfRIB(1))
	w.until("/v1/audit", func(r *reply) bool { return r.Header.Get(HeaderExit) == "0" })
	return a, b
}

// reply is an answer, read whole.
type reply struct {
	*http.Response
	text []byte
}

func (r *reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.text, v); err != nil {
		t.Fatalf("%v: %s", err, r.text)
	}
}

func (w *world) request(method, path string, edit ...func(*http.Request)) *reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range edit {
		e(req)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &reply{resp, text}
}

func (w *world) get(path string, edit ...func(*http.Request)) *reply {
	w.t.Helper()
	return w.request(http.MethodGet, path, edit...)
}

// until asks again until the answer holds.
func (w *world) until(path string, holds func(*reply) bool) *reply {
	w.t.Helper()
	var r *reply
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if r = w.get(path); holds(r) {
			return r
		}
	}
	w.t.Fatalf("%s never came out as wanted, last:\n%s %s", path, r.Status, r.text)
	return nil
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// concrete fills in what a path and its query need.
func concrete(p path) string {
	var at strings.Builder
	at.WriteString(strings.Replace(p.at, "{finding}", "0123456789abcdef", 1))
	sep := "?"
	for _, k := range p.params {
		if k.required {
			fmt.Fprintf(&at, "%s%s=203.0.113.0/24", sep, k.name)
			sep = "&"
		}
	}
	return at.String()
}
