package monitor

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"bgpaudit/rib"
)

// twoDumps is twoMirrors with dumps in place of sessions, and one session besides.
const twoDumps = `version: 1
site: {asns: [65536], families: [ipv4]}
monitor: {router-id: 10.255.0.9, listen: ["127.0.0.1:0"]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
  - {name: isp-b, kind: internet, router: edge2, firewall: fw-b, neighbor-asns: [65541]}
feeds:
  - {name: dump-a, link: isp-a, view: adj-rib-out-post, families: [ipv4], file: a.jsonl, taken: 2000-01-01T00:00:00Z, max-age: 24h}
  - {name: dump-b, link: isp-b, view: adj-rib-out-post, families: [ipv4], file: b.jsonl, taken: 2000-01-01T00:00:00Z, max-age: 24h, expect-empty: true}
  - {name: inside, router: edge1, families: [ipv4], bgp: {neighbor: 127.0.0.2, asn: 65536, local-asn: 65536}, classify: [{first-asn: 65540, link: isp-a}]}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
`

// writeDump puts a table in the place of a file, as a program does that writes it whole elsewhere.
func writeDump(t *testing.T, path string, prefixes ...string) {
	t.Helper()
	writeText(t, path+".new", dumpText(prefixes...))
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func dumpText(prefixes ...string) string {
	var b strings.Builder
	fmt.Fprintln(&b, `{"header":{"version":1,"format":"frr-json","source":"x","time":null,"router":null,"neighbor":null,"families":["ipv4"],"not_shown":[],"as_path_form":"as-sent"}}`)
	for i, p := range prefixes {
		fmt.Fprintf(&b, `{"prefix":%q,"path_id":0,"neighbor":null,"neighbor_asn":null,"next_hop":null,"as_path":"65536","origin":"igp","local_pref":null,"med":null,"communities":[],"large_communities":[],"best":true,"multipath":false,"stale":false,"withdrawn":false,"line":%d}`+"\n", p, i+1)
	}
	fmt.Fprintf(&b, `{"trailer":{"routes":%d,"skipped":0,"complete":"yes","errors":[]}}`+"\n", len(prefixes))
	return b.String()
}

// inDumpWorld is inWorldOf twoDumps, clean as it begins.
func inDumpWorld(t *testing.T, play func(w *world, a, b string)) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl")
	writeDump(t, a, "203.0.113.0/24")
	writeDump(t, b)
	inWorldOf(t, siteOf(t, dir, twoDumps), func(w *world) {
		w.tell(2, up(), endOfRIB())
		w.later(2 * time.Second)
		play(w, a, b)
	})
}

// TestAFileThatChangesIsReadAgain: found by looking, as there are no notices in a bubble.
func TestAFileThatChangesIsReadAgain(t *testing.T) {
	inDumpWorld(t, func(w *world, a, b string) {
		writeDump(t, b, wrong)
		w.want(w.later(64*time.Second), "info file-read", "error raised "+wrongOnB, wrongExit)
		w.want(w.later(time.Minute))
		writeDump(t, b)
		w.want(w.later(64*time.Second), "info file-read", "info cleared "+wrongOnB, cleanExit)
	})
}

// TestAFileThatCannotBeReadIsNoAllClear: what it showed is shown on, as evidence of the past.
func TestAFileThatCannotBeReadIsNoAllClear(t *testing.T) {
	for how, spoil := range map[string]func(path string) error{
		"gone":  os.Remove,
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"junk":  func(path string) error { return os.WriteFile(path, []byte("no table at all\n"), 0o600) },
	} {
		t.Run(how, func(t *testing.T) {
			inDumpWorld(t, func(w *world, a, b string) {
				writeDump(t, b, wrong)
				w.later(2 * time.Minute)
				if err := spoil(b); err != nil {
					t.Fatal(err)
				}
				said := w.later(2 * time.Minute)
				if !strings.Contains(said, "warn file-lost") || !strings.Contains(said, "link/wrong of prefix public unknown, because feed dump-b is stale: its file has changed and cannot be read (") ||
					!strings.Contains(said, "exit 3 because") || !strings.Contains(said, "raised evidence/stale of feed dump-b") && !strings.Contains(said, "evidence/stale of feed dump-b raised") || strings.Contains(said, "cleared "+wrongOnB) {
					t.Errorf("said\n%s", said)
				}
				w.Ask(func(s *rib.Sight, _ time.Time) {
					if n := len(s.Table().Exact(netip.MustParsePrefix(wrong))); n != 2 {
						t.Errorf("%d routes of %s are shown", n, wrong)
					}
				})
				writeDump(t, b)
				if said := w.later(2 * time.Minute); !strings.Contains(said, "info cleared "+wrongOnB) || !strings.Contains(said, cleanExit) {
					t.Errorf("it is whole again:\n%s", said)
				}
			})
		})
	}
}

// TestAFileThatIsCutIsPartial: its rows are certain, what it lacks is not.
func TestAFileThatIsCutIsPartial(t *testing.T) {
	inDumpWorld(t, func(w *world, a, b string) {
		writeDump(t, b, wrong)
		w.later(2 * time.Minute)
		cut, _, _ := strings.Cut(dumpText(wrong), `{"prefix"`)
		writeText(t, b, cut)
		if said := w.later(2 * time.Minute); !strings.Contains(said, "link/wrong of prefix public unknown, because feed dump-b is partial") || strings.Contains(said, "cleared "+wrongOnB) {
			t.Errorf("said\n%s", said)
		}
	})
}

func TestAgesOfFilesGrow(t *testing.T) {
	inDumpWorld(t, func(w *world, a, b string) {
		if said := w.later(23 * time.Hour); strings.Contains(said, "stale") {
			t.Errorf("within max-age:\n%s", said)
		}
		if said := w.later(2 * time.Hour); !strings.Contains(said, "evidence/stale of feed dump-a raised") {
			t.Errorf("beyond max-age:\n%s", said)
		}
		w.skew.Add(-int64(48 * time.Hour)) // the clock is set: the dumps are from the future, and not younger than new
		w.later(2 * time.Minute)
		for _, f := range w.Last().Result.Feeds {
			if f.State.Age < 0 {
				t.Errorf("feed %s is %s old", f.Name, f.State.Age)
			}
		}
	})
}

// TestAFileIsReadWhenItRests: one that goes on changing is left alone, but not for ever.
func TestAFileIsReadWhenItRests(t *testing.T) {
	inDumpWorld(t, func(w *world, a, b string) {
		f := &watchedFile{File: w.Files[1]}
		f.rest(f.Was)
		watch := &watch{Monitor: w.Monitor, site: w.sites, files: []*watchedFile{f}}
		settle := w.Pace.Settle
		grow := func(n int) { writeText(t, b, dumpText(wrong)+strings.Repeat("\n", n)) }
		grow(0)
		watch.lookAtAll(time.Now())
		for n := 1; n < patience; n++ {
			grow(n)
			time.Sleep(settle)
			watch.readDue(t.Context())
			if said := w.later(0); said != "" {
				t.Fatalf("while it is being written, round %d:\n%s", n, said)
			}
		}
		time.Sleep(settle)
		watch.readDue(t.Context())
		w.want(w.later(0), "info file-read")
		if !f.first.IsZero() {
			t.Error("it does not rest")
		}
	})
}

// TestAFileThatChangesWhileItIsReadIsNotBelieved: it is read once more, and evidence of the past where
// that never ends.
func TestAFileThatChangesWhileItIsReadIsNotBelieved(t *testing.T) {
	inDumpWorld(t, func(w *world, a, b string) {
		f := &watchedFile{File: w.Files[1]}
		f.rest(f.Was)
		n := 0
		f.Read = func(ctx context.Context, into *rib.Table, now time.Time) rib.FeedState {
			n++
			writeText(t, b, dumpText(wrong)+strings.Repeat("\n", n))
			return w.Files[1].Read(ctx, into, now)
		}
		watch := &watch{Monitor: w.Monitor, site: w.sites, files: []*watchedFile{f}}
		writeText(t, b, dumpText(wrong))
		watch.lookAtAll(time.Now())
		said := ""
		for range 2 * patience {
			if said = w.later(w.Pace.Settle); said != "" {
				break
			}
			watch.readDue(t.Context())
		}
		if said = said + w.said(); !strings.HasPrefix(said, "warn file-lost") || n < 2 {
			t.Errorf("read %d times; said\n%s", n, said)
		}
	})
}

// TestNoAuditSeesAFeedEmptied: a file is replaced over and over, by notices of the system, and at no
// moment is what all its versions hold not there.
func TestNoAuditSeesAFeedEmptied(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl")
	writeDump(t, a, "203.0.113.0/24")
	writeDump(t, b)
	core, logs := observer.New(zapcore.InfoLevel)
	w := &watched{t: t, logs: logs}
	m := New(Config{
		Site: siteOf(t, dir, strings.ReplaceAll(twoDumps, ", taken: 2000-01-01T00:00:00Z, max-age: 24h", "")), Sessions: &script{ended: make(chan struct{})}, Log: zap.New(core),
		Pace: Pace{Quiet: time.Millisecond, Settle: 10 * time.Millisecond},
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		for ctx.Err() == nil {
			m.Ask(func(s *rib.Sight, _ time.Time) {
				if len(s.Table().Exact(netip.MustParsePrefix("203.0.113.0/24"))) != 1 {
					t.Error("the feed is empty")
				}
			})
		}
	})
	w.until("exit 3")
	for i := range 10 {
		writeDump(t, a, "203.0.113.0/24", fmt.Sprintf("100.64.%d.0/24", i))
		w.until("info file-read")
		if met := w.until(fmt.Sprintf("raised prefix/unexpected of prefix 100.64.%d.0/24", i)); strings.Contains(met, "link/missing") {
			t.Errorf("an audit saw it emptied:\n%s", met)
		}
	}
	stop()
	running.Wait()
}
