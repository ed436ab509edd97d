package monitor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// twoMirrors is a site that is clean when 203.0.113.0/24 is advertised on isp-a and nothing else
// anywhere, as two sessions with the links' export policies show.
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

// load makes a monitor's config of a site's text.
func load(t testing.TB, text string) Config {
	t.Helper()
	return Config{Site: siteOf(t, t.TempDir(), text)}
}

// siteOf loads a site whose files stand in a folder, and reads them.
func siteOf(t testing.TB, dir, text string) Site {
	t.Helper()
	path := filepath.Join(dir, "bgpaudit.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := Site{Intent: &config.Intent}
	var feeds []*rib.Feed
	for i := range config.Feeds {
		f, feed := &config.Feeds[i], rib.FeedID(i)
		feeds = append(feeds, &f.Feed)
		if b := f.BGP; b != nil {
			s.Neighbors = append(s.Neighbors, bgp.Neighbor{Name: f.Name, Feed: feed, Address: b.Neighbor, ASN: b.ASN, LocalASN: b.LocalASN, AddPath: b.AddPath != "", Families: f.Families})
		}
		if src := f.Source; src != nil {
			s.Files = append(s.Files, File{Feed: feed, Path: src.Path, Was: Look(src.Path), Read: func(ctx context.Context, into *rib.Table, now time.Time) rib.FeedState {
				return dump.LoadTable(ctx, *src, now, into, feed, func(int64, int64) {})
			}})
		}
	}
	s.Table = rib.NewTable(config.Intent.Site.ASNs, config.Intent.Links, feeds)
	for _, f := range s.Files {
		feeds[f.Feed].State = f.Read(t.Context(), s.Table, time.Now())
	}
	return s
}

// script is sessions that a test speaks for.
type script struct {
	batches chan bgp.Batch
	ended   chan struct{}
	asked   []bgp.Neighbor // by a reload
	refuses error          // one

	mu     sync.Mutex
	losses []bgp.Loss
	none   chan struct{}
}

func (s *script) Next(ctx context.Context) (bgp.Batch, bool) {
	select {
	case b := <-s.batches:
		return b, true
	case <-ctx.Done():
	case <-s.ended:
	}
	return bgp.Batch{}, false
}

func (s *script) Sessions() []bgp.Session {
	return []bgp.Session{{Name: "mirror-a", State: bgp.Active}}
}

func (s *script) Reconfigure(neighbors []bgp.Neighbor) error {
	s.asked = neighbors
	return s.refuses
}

func (s *script) Untold() ([]bgp.Loss, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.losses, s.none
}

// loses has a session of the feed end; the writer hears of it later, from tell.
func (s *script) loses(feed rib.FeedID, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.none == nil {
		s.none = make(chan struct{})
	}
	s.losses = append(s.losses, bgp.Loss{Feed: feed, Why: why})
}

// heard says that the writer knows of every loss.
func (s *script) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.none != nil {
		close(s.none)
		s.losses, s.none = nil, nil
	}
}

func (s *script) Refusals() []bgp.Refusal { return []bgp.Refusal{{Count: 3}} }

// world is a monitor in a bubble of its own time, and what it logs.
type world struct {
	t *testing.T
	*script
	*Monitor
	logs   *observer.ObservedLogs
	skew   atomic.Int64 // of the time of day
	defect atomic.Bool  // an audit panics
	next   *Site        // what a reload loads
	bad    error        // or why it does not

	addresses map[rib.FeedID]netip.Addr // of the routers, by the number of their session
}

// inWorld runs a monitor of the site for a test, and ends it.
func inWorld(t *testing.T, site string, play func(*world)) {
	inWorldOf(t, load(t, site).Site, play)
}

// inGrace is inWorld with a start grace.
func inGrace(t *testing.T, site string, play func(*world)) {
	inWorldOf(t, load(t, site).Site, play, func(c *Config) { c.StartGrace = grace })
}

// grace is longer than two ticks.
const grace = 150 * time.Second

// inWorldOf is inWorld for a site that was loaded.
func inWorldOf(t *testing.T, site Site, play func(*world), change ...func(*Config)) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		w := &world{t: t, script: &script{batches: make(chan bgp.Batch), ended: make(chan struct{})}, logs: logs, addresses: map[rib.FeedID]netip.Addr{}}
		for _, n := range site.Neighbors {
			w.addresses[n.Feed] = n.Address
		}
		c := Config{Site: site, Sessions: w.script, Log: zap.New(core)}
		c.Now = func() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }
		c.Load = func(context.Context) (*Site, error) { return w.next, w.bad }
		for _, to := range change {
			to(&c)
		}
		w.Monitor = New(c)
		w.notices = func() (*fsnotify.Watcher, error) { return nil, errors.New("not in a bubble") }
		w.audit = func(stop func() bool, in *policy.Intent, s *rib.Sight, now time.Time) *policy.Result {
			if w.defect.Load() {
				panic("a defect")
			}
			return policy.AuditUntil(stop, in, s, now)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Monitor.Run(ctx) }()
		synctest.Wait()
		play(w)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// tell hands updates of a feed on.
func (w *world) tell(feed rib.FeedID, updates ...rib.Update) {
	for i := range updates {
		updates[i].Feed = feed
		if !updates[i].Route.Neighbor.IsValid() {
			updates[i].Route.Neighbor = w.addresses[feed]
		}
		if p := updates[i].Peer; p != nil && p.Time.IsZero() {
			p.Time = w.Now()
		}
	}
	w.batches <- bgp.Batch{Updates: updates}
	synctest.Wait()
}

func up() rib.Update {
	return rib.Update{Kind: rib.PeerUp, Peer: &rib.PeerChange{Families: [2]bool{true, false}}}
}

func down() rib.Update {
	return rib.Update{Kind: rib.PeerDown, Peer: &rib.PeerChange{Why: "hold timer expired"}}
}

func endOfRIB() rib.Update { return rib.Update{Kind: rib.EndOfRIB, Family: rib.IPv4} }

func announce(prefix, path string) rib.Update {
	u := rib.Update{Kind: rib.Advertise, Route: rib.Route{Prefix: netip.MustParsePrefix(prefix)}}
	u.Route.Attrs.ASPath, _ = rib.ParseASPath(path)
	u.Route.Attrs.Origin = rib.OriginIGP
	return u
}

func withdraw(prefix string) rib.Update {
	return rib.Update{Kind: rib.Withdraw, Route: rib.Route{Prefix: netip.MustParsePrefix(prefix)}}
}

// later lets time pass, and gives what was logged meanwhile, in short.
func (w *world) later(d time.Duration) string {
	time.Sleep(d)
	synctest.Wait()
	return w.said()
}

// said takes what was logged since it was last asked.
func (w *world) said() string {
	var lines []string
	for _, e := range w.logs.TakeAll() {
		lines = append(lines, inShort(e))
	}
	return strings.Join(lines, "\n")
}

// inShort is a log entry in one line: level, event, and what it is about.
func inShort(e observer.LoggedEntry) string {
	f := e.ContextMap()
	out := e.Level.String()
	switch f["event"] {
	case nil:
		return out + " " + e.Message
	case "answer":
		return fmt.Sprintf("%s exit %v because %v", out, f["exit"], f["because"])
	}
	out += fmt.Sprintf(" %v", f["event"])
	if f["neighbor"] != nil {
		out += fmt.Sprintf(" %v (%v) on %v", f["neighbor"], f["address"], f["links"])
	}
	if f["flows_unknown"] != nil {
		out += fmt.Sprintf(", %v findings, %v flows and %v checks unknown", f["findings_unknown"], f["flows_unknown"], f["checks_unknown"])
	}
	if f["check"] != nil {
		out += fmt.Sprintf(" %v of %v on %v", f["check"], f["subject"], f["links"])
		if f["waived_by"] != nil {
			out += " waived"
		}
	}
	for _, key := range []string{"findings", "effects"} {
		list, _ := f[key].([]any)
		for _, each := range list {
			short := each.(map[string]any)
			out += fmt.Sprintf(", %v of %v %v", short["check"], short["subject"], short["now"])
		}
	}
	if f["why"] != nil {
		out += fmt.Sprintf(", because %v", f["why"])
	}
	return out
}

func (w *world) want(got string, want ...string) {
	w.t.Helper()
	if all := strings.Join(want, "\n"); got != all {
		w.t.Errorf("logged\n%s\nwant\n%s", got, all)
	}
}
