package monitor

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/bgp"
	"bgpaudit/test/speaker"
)

// watched is a monitor over real sessions, whose log a test waits on.
type watched struct {
	*Monitor
	t    *testing.T
	logs *observer.ObservedLogs
	said []string
	at   netip.AddrPort
	end  func()
}

// overSessions runs a monitor of the site behind a collector, and ends both.
func overSessions(t *testing.T, site string) *watched {
	t.Helper()
	c := load(t, site)
	core, logs := observer.New(zapcore.DebugLevel)
	collector, err := bgp.Listen(bgp.Config{RouterID: netip.MustParseAddr("10.255.0.9"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: c.Neighbors, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	c.Sessions, c.Log, c.Pace = collector, zap.New(core), Pace{Quiet: 20 * time.Millisecond, Most: 200 * time.Millisecond}
	m := New(c)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	w := &watched{Monitor: m, t: t, logs: logs, at: collector.Addrs()[0]}
	w.end = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := collector.Close(last); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(w.end)
	return w
}

// take adds what was logged since to what was said.
func (w *watched) take() {
	for _, e := range w.logs.TakeAll() {
		w.said = append(w.said, inShort(e))
	}
}

// until waits for a line of the log, and gives all that was said on the way to it.
func (w *watched) until(want string) string {
	w.t.Helper()
	var met []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		w.take()
		for i, line := range w.said {
			if strings.Contains(line, want) {
				met = w.said[:i+1]
				w.said = w.said[i+1:]
				return strings.Join(met, "\n")
			}
		}
	}
	w.t.Fatalf("never said %q, only\n%s", want, strings.Join(w.said, "\n"))
	return ""
}

func (w *watched) router(addr string, caps ...[]byte) *speaker.Speaker {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	s, err := speaker.Dial(ctx, speaker.Config{Local: netip.MustParseAddr(addr), Remote: w.at, ASN: 65536, HoldTime: 90, Caps: append(caps, speaker.Multiprotocol(1, 1))})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	if err := s.Establish(ctx); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *watched) send(s *speaker.Speaker, messages ...[]byte) {
	w.t.Helper()
	if err := s.Send(messages...); err != nil {
		w.t.Fatal(err)
	}
}

func announcement(prefix string) []byte {
	return speaker.Update(nil, speaker.Join(speaker.Origin(0), speaker.ASPath(65536), speaker.NextHop(netip.MustParseAddr("192.0.2.1"))), speaker.NLRI(netip.MustParsePrefix(prefix)))
}

func withdrawal(prefix string) []byte {
	return speaker.Update(speaker.NLRI(netip.MustParsePrefix(prefix)), nil, nil)
}

// TestRoutersToFindings: from the octets of two routers to findings that come, become unknown when
// their router is gone, and go.
func TestRoutersToFindings(t *testing.T) {
	w := overSessions(t, twoMirrors)
	w.until("exit 3")
	a := w.router("127.0.0.2")
	w.send(a, announcement("203.0.113.0/24"), speaker.EndOfRIB(1))
	b := w.router("127.0.0.3")
	w.send(b, speaker.EndOfRIB(1))
	w.until(cleanExit)

	w.send(b, announcement(wrong))
	w.until("error raised " + wrongOnB)
	w.send(b, withdrawal(wrong))
	w.until("info cleared " + wrongOnB)
	w.send(b, announcement(wrong))
	w.until("error raised " + wrongOnB)
	w.until(wrongExit)

	b.Abort()
	met := w.until("session-lost mirror-b")
	if !strings.Contains(met, "warn session-lost mirror-b (127.0.0.3) on [isp-b], 1 findings, 0 flows and 4 checks unknown, link/wrong of prefix public unknown") || strings.Contains(met, "cleared") {
		t.Errorf("its router was killed:\n%s", met)
	}
	if strings.Contains(met, "isp-a") {
		t.Errorf("the other router's link is spoken of:\n%s", met)
	}
	w.send(a, announcement("198.51.100.0/24")) // and is heard all the while
	w.until("warn raised prefix/unexpected of prefix 198.51.100.0/24 on [isp-a]")
	if a.Closed() {
		t.Error("the other session was ended")
	}

	w.end()
	if code, subcode, ok := a.LastNotification(); !ok || code != 6 || subcode != 2 {
		t.Errorf("at the end the router was sent %d/%d (%v), want Cease, administrative shutdown", code, subcode, ok)
	}
	if err := a.OnlyMessages(speaker.TypeOpen, speaker.TypeKeepalive, speaker.TypeNotification); err != nil {
		t.Error(err)
	}
}

// TestAddPathIsWhatTheSessionAgreedTo: the capability decides whether a feed may be whole.
func TestAddPathIsWhatTheSessionAgreedTo(t *testing.T) {
	site := strings.Replace(twoMirrors, "{name: mirror-a, mirrors: isp-a, families: [ipv4], bgp: {neighbor: 127.0.0.2, asn: 65536, local-asn: 65551}}",
		"{name: edge1, link: isp-a, families: [ipv4], bgp: {neighbor: 127.0.0.2, asn: 65536, local-asn: 65536, add-path: all}}", 1)
	t.Run("agreed", func(t *testing.T) {
		w := overSessions(t, site)
		w.until("exit 3")
		w.send(w.router("127.0.0.2", speaker.AddPathSend()), speaker.EndOfRIB(1))
		w.until("info session-up edge1 (127.0.0.2) on [isp-a]")
	})
	t.Run("not agreed", func(t *testing.T) {
		w := overSessions(t, site)
		w.until("exit 3")
		w.send(w.router("127.0.0.2"), speaker.EndOfRIB(1))
		w.until("feed edge1 is partial (127.0.0.2: it did not agree to send every path of ipv4 (ADD-PATH), which the feed declares)")
	})
}
