package test

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/test/speaker"
)

var update = flag.Bool("update", false, "write golden files anew")

// hostileGolden holds the verdicts of the collector and of BIRD 2.0.12, case by case.
const hostileGolden = "testdata/hostile.golden"

// birdMeasured is the BIRD whose verdicts the golden file holds.
const birdMeasured = "2.0.12"

// The networks that hostile routers connect from, of another AS and of ours, and the router that
// behaves all along.
var (
	hostileExternal = netip.MustParsePrefix("127.11.0.0/16")
	hostileInternal = netip.MustParsePrefix("127.12.0.0/16")
	sentinelRouter  = netip.MustParseAddr("127.13.0.1")
)

// addressOf is the address of the router of a case: each has its own, since an end may be slow to
// take a router that has just misbehaved.
func (h *hostile) addressOf(number int) netip.Addr {
	a := hostileExternal.Addr().As4()
	if h.internal {
		a = hostileInternal.Addr().As4()
	}
	a[2], a[3] = byte(number/250), byte(number%250+1)
	return netip.AddrFrom4(a)
}

func (h *hostile) title() string { return h.when.String() + ": " + h.name }

// TestHostileSessions opens a session for every case and holds what the collector answers against
// what the RFCs say, and beside what BIRD does. A router that behaves is served all along.
func TestHostileSessions(t *testing.T) {
	cases := hostileSessions()
	if len(cases) < 140 {
		t.Fatalf("%d cases", len(cases))
	}
	titles := map[string]bool{}
	for i := range cases {
		if titles[cases[i].title()] {
			t.Fatalf("%q stands twice", cases[i].title())
		}
		titles[cases[i].title()] = true
	}
	var ours, theirs []verdict
	t.Run("collector", func(t *testing.T) { ours = hostileToCollector(t, cases) })
	t.Run("BIRD", func(t *testing.T) { theirs = hostileToBIRD(t, cases) })
	if ours == nil {
		return // not run
	}
	compareGolden(t, cases, ours, theirs)
}

// round is how many cases one collector is given.
const round = 100

// hostileToCollector plays the cases in rounds, each with a collector of its own. What the first
// round leaves behind is what the last one may.
func hostileToCollector(t *testing.T, cases []hostile) []verdict {
	before := measure(t)
	var out []verdict
	var first process
	for from := 0; from < len(cases); from += round {
		some := cases[from:min(from+round, len(cases))]
		t.Run(fmt.Sprintf("from case %d", from), func(t *testing.T) { out = append(out, hostileRound(t, some)...) })
		if goroutinesGone(t, before); from == 0 {
			first = measure(t)
		}
	}
	returned(t, first)
	return out
}

func hostileRound(t *testing.T, cases []hostile) []verdict {
	c := bgp.Config{Neighbors: []bgp.Neighbor{{Name: "sentinel", Address: sentinelRouter, ASN: routerASN, LocalASN: ourASN}}}
	for i := range cases {
		n := bgp.Neighbor{Name: cases[i].title(), Address: cases[i].addressOf(i), ASN: routerASN, LocalASN: ourASN}
		if cases[i].internal {
			n.ASN = ourASN
		}
		c.Neighbors = append(c.Neighbors, n)
	}
	s := listen(t, c)
	calm := newSentinel(t, s)
	out := playAll(t, cases, s, func(h *hostile) verdict { return h.want }, calm.exchange)
	for i := range cases {
		t.Run(cases[i].title(), func(t *testing.T) { cases[i].checkVerdict(t, out[i]) })
	}
	if got := s.session(sentinelRouter); got.State != bgp.Established || got.Flaps != 0 {
		t.Errorf("the sentinel's session: %+v", got)
	}
	return out
}

// playAll plays the cases, eight at a time, and calls after behind each.
func playAll(t *testing.T, cases []hostile, e end, expect func(*hostile) verdict, after func(title string)) []verdict {
	out := make([]verdict, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range next {
				began := time.Now()
				out[i] = playOne(t.Context(), &cases[i], i, e, expect(&cases[i]))
				if took := time.Since(began); took > time.Second {
					t.Logf("%.1f s: %s: %s", took.Seconds(), cases[i].title(), out[i])
				}
				after(cases[i].title())
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return out
}

func playOne(ctx context.Context, h *hostile, number int, e end, expect verdict) verdict {
	router := h.addressOf(number)
	sp, err := speaker.Dial(ctx, h.session(router, e.remote(h.internal)))
	if err != nil {
		return notConnected
	}
	defer sp.Close()
	got := h.play(ctx, sp, e, router, expect)
	if _, isCollector := e.(*station); isCollector {
		if err := sp.OnlyMessages(speaker.TypeOpen, speaker.TypeKeepalive, speaker.TypeNotification); err != nil {
			return verdict(err.Error())
		}
	}
	return got
}

// sentinel is a router that behaves, while others do not.
type sentinel struct {
	t       *testing.T
	station *station
	speaker *speaker.Speaker

	mu   sync.Mutex
	said uint32
}

func newSentinel(t *testing.T, s *station) *sentinel {
	t.Helper()
	return &sentinel{t: t, station: s, speaker: s.peer(t, speaker.Config{Local: sentinelRouter, ASN: routerASN, HoldTime: 90})}
}

// exchange announces something new, and waits until the table has it.
func (c *sentinel) exchange(title string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said++
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for _, p := range []netip.Prefix{witness, victim6} {
		if err := c.speaker.Send(announcement(routerASN, p, c.said)); err != nil {
			c.t.Errorf("after %q: the sentinel cannot speak: %v", title, err)
			return
		}
		if err := c.station.awaitRoute(ctx, sentinelRouter, p, c.said); err != nil {
			c.t.Errorf("after %q: the sentinel is not heard: %v", title, err)
			return
		}
	}
}

func hostileToBIRD(t *testing.T, cases []hostile) []verdict {
	port := freePort(t, netip.MustParseAddr("127.0.0.1"))
	b := startBIRD(t, port, fmt.Sprintf(`router id %s;
template bgp routers {
	local 127.0.0.1 port %d as %d; strict bind yes; passive yes; multihop; enable extended messages yes;
	ipv4 { import all; export none; };
	ipv6 { import all; export none; };
}
protocol bgp outside from routers { neighbor range %s as %d; dynamic name "outside"; }
protocol bgp inside from routers { neighbor range %s as %d; dynamic name "inside"; }
`, ourID, port, ourASN, hostileExternal, routerASN, hostileInternal, ourASN))
	expect := func(h *hostile) verdict {
		if h.bird != "" {
			return h.bird
		}
		return h.want
	}
	out := playAll(t, cases, b, expect, func(string) {})
	for i := range cases {
		// BIRD closes with octets unread, which makes TCP reset the connection and now and then
		// takes the NOTIFICATION with it.
		if h := &cases[i]; out[i] == closed && len(h.say) > speaker.MaxLen {
			out[i] = expect(h)
		}
	}
	if b.version != birdMeasured {
		t.Logf("BIRD %s here, %s was measured: its verdicts are not held against the golden file", b.version, birdMeasured)
		return nil
	}
	for i := range cases {
		t.Run(cases[i].title(), func(t *testing.T) {
			h := &cases[i]
			switch agrees := out[i] == h.want || out[i] == h.may || out[i] == routeHeld && h.want == discard; {
			case agrees && h.bird != "":
				t.Errorf("%s, as is wanted: bird says otherwise", out[i])
			case !agrees && out[i] != h.bird:
				t.Errorf("%s, where %s is wanted (%s), and nothing explains it", out[i], h.want, h.rfc)
			case !agrees && h.whyso == "":
				t.Error("a difference without a reason")
			}
		})
	}
	return out
}

// compareGolden writes the verdicts side by side. theirs is nil where BIRD is not there: then its
// column is taken from the file.
func compareGolden(t *testing.T, cases []hostile, ours, theirs []verdict) {
	t.Helper()
	old, err := os.ReadFile(hostileGolden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if theirs == nil {
		if *update {
			t.Fatalf("to write %s takes BIRD %s", hostileGolden, birdMeasured)
		}
		theirs = birdColumn(t, string(old), len(cases))
	}
	got := verdictTable(cases, ours, theirs)
	if *update {
		if err := os.WriteFile(hostileGolden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got == string(old) {
		return
	}
	t.Errorf("%s differs; -update writes it anew", hostileGolden)
	now, was := strings.Split(got, "\n"), strings.Split(string(old), "\n")
	for i := range min(len(now), len(was)) {
		if now[i] != was[i] {
			t.Logf("line %d:\n now %s\n was %s", i+1, now[i], was[i])
		}
	}
}

func verdictTable(cases []hostile, ours, theirs []verdict) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintf(w, "case\t by\t wanted\t bgpaudit\t BIRD %s\t why BIRD differs\n", birdMeasured)
	for i := range cases {
		h := &cases[i]
		want := string(h.want)
		if h.may != "" {
			want += " or " + string(h.may)
		}
		fmt.Fprintf(w, "%s\t %s\t %s\t %s\t %s\t %s\n", h.title(), h.rfc, want, ours[i], theirs[i], h.why(ours[i], theirs[i]))
	}
	w.Flush()
	var trimmed strings.Builder
	for line := range strings.Lines(out.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}

// why explains a difference.
func (h *hostile) why(ours, theirs verdict) string {
	switch {
	case h.whyso != "" || ours == theirs:
		return h.whyso
	case ours == discard && theirs == routeHeld:
		return "its table does not tell what it discarded"
	}
	return "either is allowed"
}

func birdColumn(t *testing.T, golden string, cases int) []verdict {
	lines := strings.Split(strings.TrimSuffix(golden, "\n"), "\n")[1:]
	if len(lines) != cases {
		t.Fatalf("%s has %d cases, want %d", hostileGolden, len(lines), cases)
	}
	out := make([]verdict, cases)
	for i, line := range lines {
		out[i] = verdict(strings.TrimSpace(strings.Split(line, "|")[4]))
	}
	return out
}
