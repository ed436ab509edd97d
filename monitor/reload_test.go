package monitor

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
)

// becomes reloads the world's site as another text says it.
func (w *world) becomes(t *testing.T, dir, text string) error {
	s := siteOf(t, dir, text)
	w.next = &s
	return w.Reload(t.Context())
}

// numbers are what the sessions were asked for under, by name.
func (s *script) numbers() map[string]rib.FeedID {
	out := map[string]rib.FeedID{}
	for _, n := range s.asked {
		out[n.Name] = n.Feed
	}
	return out
}

// TestAReloadOfPolicyTouchesNoSession: what is intended changes; sessions and routes do not.
func TestAReloadOfPolicyTouchesNoSession(t *testing.T) {
	dir := t.TempDir()
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		before, table := w.Neighbors, w.Table
		text := strings.Replace(twoMirrors, "[203.0.113.0/24], links: [isp-a]", "[203.0.113.0/24], links: [isp-b]", 1)
		if err := w.becomes(t, dir, text); err != nil {
			t.Fatal(err)
		}
		if !w.Last().OldConfig {
			t.Error("the audit of the old config passes for one of the new")
		}
		said := w.later(time.Second)
		if w.Last().OldConfig {
			t.Error("no audit of the new config was made")
		}
		if !strings.Contains(said, "info reloaded") || !strings.Contains(said, "error raised link/wrong of prefix public on [isp-a]") {
			t.Errorf("said\n%s", said)
		}
		for i, n := range w.asked {
			if !n.Same(&before[i]) {
				t.Errorf("session %s is asked otherwise: %+v", n.Name, n)
			}
		}
		if w.Table != table {
			t.Error("the routes were moved for nothing")
		}
		w.tell(0, withdraw("203.0.113.0/24"))
		w.tell(1, announce("203.0.113.0/24", "65536"))
		if said := w.later(time.Second); !strings.Contains(said, "info cleared link/wrong of prefix public on [isp-a]") {
			t.Errorf("the sessions go on, and said\n%s", said)
		}
	})
}

// TestAReloadThatMovesFeedsLosesNoRoute: links and feeds in another order, and one more of each.
func TestAReloadThatMovesFeedsLosesNoRoute(t *testing.T) {
	const other = `version: 1
site: {asns: [65536], families: [ipv4]}
monitor: {router-id: 10.255.0.9, listen: ["127.0.0.1:0"]}
links:
  - {name: isp-c, kind: internet, router: edge3, firewall: fw-c, neighbor-asns: [65542]}
  - {name: isp-b, kind: internet, router: edge2, firewall: fw-b, neighbor-asns: [65541]}
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
feeds:
  - {name: mirror-c, mirrors: isp-c, families: [ipv4], bgp: {neighbor: 127.0.0.4, asn: 65536, local-asn: 65551}}
  - {name: mirror-b, mirrors: isp-b, families: [ipv4], bgp: {neighbor: 127.0.0.3, asn: 65536, local-asn: 65551}}
  - {name: mirror-a, mirrors: isp-a, families: [ipv4], bgp: {neighbor: 127.0.0.2, asn: 65536, local-asn: 65551}}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
`
	dir := t.TempDir()
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		if err := w.becomes(t, dir, other); err != nil {
			t.Fatal(err)
		}
		if got := w.numbers(); got["mirror-a"] != 0 || got["mirror-b"] != 1 || got["mirror-c"] != 2 {
			t.Errorf("the sessions have the numbers %v", got)
		}
		if said := w.later(time.Second); strings.Contains(said, "isp-a") || strings.Contains(said, "isp-b") || strings.Contains(said, wrongOnB) || !strings.Contains(said, "warn session-lost mirror-c (127.0.0.4) on [isp-c]") {
			t.Errorf("said\n%s", said)
		}
		w.addresses[2] = netip.MustParseAddr("127.0.0.4")
		w.tell(2, up(), endOfRIB())
		w.tell(1, withdraw(wrong))
		if said := w.later(time.Second); !strings.Contains(said, "info cleared "+wrongOnB) || !strings.Contains(said, cleanExit) {
			t.Errorf("after the repair:\n%s", said)
		}
	})
}

// TestAReloadEndsTheSessionsThatItDoesNotAskFor: what one of them has left to say is nobody's, and
// what it had shown is unknown.
func TestAReloadEndsTheSessionsThatItDoesNotAskFor(t *testing.T) {
	dir := t.TempDir()
	gone := strings.Replace(twoMirrors, "  - {name: mirror-b, mirrors: isp-b, families: [ipv4], bgp: {neighbor: 127.0.0.3, asn: 65536, local-asn: 65551}}\n", "", 1)
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		if err := w.becomes(t, dir, gone); err != nil {
			t.Fatal(err)
		}
		w.tell(1, announce("203.0.113.128/25", "65536"), down()) // its last words
		if said := w.later(time.Second); !strings.Contains(said, "link/wrong of prefix public unknown, because feed mirror-b is gone") || strings.Contains(said, "203.0.113.128") {
			t.Errorf("said\n%s", said)
		}
		if err := w.becomes(t, dir, twoMirrors); err != nil { // and back: another session
			t.Fatal(err)
		}
		if got := w.numbers(); got["mirror-a"] != 0 || got["mirror-b"] != 2 {
			t.Errorf("the sessions have the numbers %v", got)
		}
		w.addresses[2] = netip.MustParseAddr("127.0.0.3")
		w.tell(1, announce(wrong, "65536")) // of the old one, still
		w.tell(2, up(), endOfRIB())
		if said := w.later(time.Second); !strings.Contains(said, "info cleared "+wrongOnB) || !strings.Contains(said, cleanExit) {
			t.Errorf("said\n%s", said)
		}
	})
}

// TestASessionThatIsAskedOtherwiseBeginsAnew: another password or family, or routes that would have
// to be held in another form.
func TestASessionThatIsAskedOtherwiseBeginsAnew(t *testing.T) {
	for what, edit := range map[string][2]string{
		"families":  {"isp-b, families: [ipv4], bgp", "isp-b, families: [ipv4, ipv6], bgp"},
		"AS number": {"127.0.0.3, asn: 65536, local-asn: 65551", "127.0.0.3, asn: 65536, local-asn: 65550"},
		"form":      {"mirrors: isp-b, families: [ipv4]", "link: isp-b, families: [ipv4]"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			inWorld(t, twoMirrors, func(w *world) {
				w.settle()
				if err := w.becomes(t, dir, strings.Replace(twoMirrors, edit[0], edit[1], 1)); err != nil {
					t.Fatal(err)
				}
				if got := w.numbers(); got["mirror-a"] != 0 || got["mirror-b"] != 2 {
					t.Errorf("the sessions have the numbers %v", got)
				}
				w.Ask(func(s *rib.Sight, _ time.Time) {
					if f := s.Table().Feeds(); f[0].Failing() != "" || f[1].Failing() == "" {
						t.Errorf("feeds: %q, %q", f[0].Failing(), f[1].Failing())
					}
				})
			})
		})
	}
}

// TestABadReloadChangesNothing: a config that does not load, and sessions that cannot be had.
func TestABadReloadChangesNothing(t *testing.T) {
	dir := t.TempDir()
	other := strings.Replace(twoMirrors, "isp-a, kind", "isp-z, kind", 1)
	other = strings.ReplaceAll(strings.ReplaceAll(other, "mirrors: isp-a", "mirrors: isp-z"), "links: [isp-a]", "links: [isp-z]")
	for what, spoil := range map[string]func(w *world){
		"config":   func(w *world) { w.bad = errors.New("bgpaudit.yaml:3: links is missing") },
		"sessions": func(w *world) { w.refuses = errors.New("neighbor mirror-a: MD5: no such option") },
	} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, twoMirrors, func(w *world) {
				w.settle()
				w.said()
				spoil(w)
				table, intent := w.Table, w.Intent
				err := w.becomes(t, dir, other)
				if err == nil || w.Table != table || w.Intent != intent {
					t.Fatalf("it took the new site (%v)", err)
				}
				entries := w.logs.TakeAll()
				if len(entries) != 1 || entries[0].ContextMap()["event"] != "not-reloaded" || entries[0].ContextMap()["error"] != err.Error() {
					t.Errorf("logged %v", entries)
				}
				w.tell(1, announce(wrong, "65536"))
				w.want(w.later(time.Second), "error raised "+wrongOnB, wrongExit)
			})
		})
	}
}

// TestAReloadReadsFiles: one that can no longer be read is evidence of the past, on the old ground and
// on a new one.
func TestAReloadReadsFiles(t *testing.T) {
	for what, edit := range map[string]string{"same ground": "fw-b", "new ground": "fw-c"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			a, b := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl")
			writeDump(t, a, "203.0.113.0/24")
			writeDump(t, b, wrong)
			text := strings.Replace(twoDumps, "fw-b", edit, 1)
			inWorldOf(t, siteOf(t, dir, twoDumps), func(w *world) {
				w.tell(2, up(), endOfRIB())
				w.later(2 * time.Second)
				writeText(t, b, "")
				if err := w.becomes(t, dir, text); err != nil {
					t.Fatal(err)
				}
				if said := w.later(time.Second); !strings.Contains(said, "link/wrong of prefix public unknown, because feed dump-b is stale: its file has changed") || strings.Contains(said, "cleared") {
					t.Errorf("said\n%s", said)
				}
				writeDump(t, b)
				if err := w.becomes(t, dir, text); err != nil {
					t.Fatal(err)
				}
				if said := w.later(time.Second); !strings.Contains(said, "info cleared "+wrongOnB) || !strings.Contains(said, cleanExit) {
					t.Errorf("said\n%s", said)
				}
			})
		})
	}
}
