package monitor

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// clean brings the site to an audit that finds nothing.
func (w *world) clean() {
	w.t.Helper()
	w.tell(0, up(), announce(good, "65536"), endOfRIB())
	w.tell(1, up(), endOfRIB())
	w.later(5 * time.Second)
	if a := w.Last(); a == nil || a.Exit != policy.ExitClean {
		w.t.Fatalf("the site is not clean: %+v", a)
	}
}

const good = "203.0.113.0/24"

// long makes every audit take a while of the bubble's time, in steps; it counts those that end.
func (w *world) long(d time.Duration) (ended *atomic.Int32) {
	ended = &atomic.Int32{}
	whole := policy.AuditUntil
	w.still.Lock()
	defer w.still.Unlock()
	w.audit = func(stop func() bool, in *policy.Intent, s *rib.Sight, now time.Time) *policy.Result {
		for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if stop() {
				return nil
			}
		}
		r := whole(stop, in, s, now)
		if r != nil {
			ended.Add(1)
		}
		return r
	}
	return ended
}

func (w *world) failing(feed rib.FeedID) (why string, err error) {
	err = w.Ask(func(s *rib.Sight, _ time.Time) { why = s.Table().Feeds()[feed].Failing() })
	return why, err
}

// TestALossBreaksALongAuditOff runs in whole time: a writer that waits for an audit holds up the time
// of a bubble.
func TestALossBreaksALongAuditOff(t *testing.T) {
	c := load(t, twoMirrors)
	s := &script{batches: make(chan bgp.Batch), ended: make(chan struct{})}
	c.Sessions, c.Log, c.Pace = s, zap.NewNop(), Pace{Quiet: time.Millisecond, Most: time.Millisecond}
	m := New(c)
	begun, release := make(chan struct{}, 100), make(chan struct{})
	m.audit = func(stop func() bool, in *policy.Intent, s *rib.Sight, now time.Time) *policy.Result {
		for begun <- struct{}{}; !stop(); runtime.Gosched() {
			select {
			case <-release:
				return policy.AuditUntil(stop, in, s, now)
			default:
			}
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	<-begun
	router := netip.MustParseAddr("127.0.0.2")
	s.loses(0, "hold timer expired")
	answer := make(chan string)
	go func() {
		why := "nothing"
		if err := m.Ask(func(s *rib.Sight, _ time.Time) { why = s.Table().Feeds()[0].Failing() }); err != nil {
			why = err.Error()
		}
		answer <- why
	}()
	s.batches <- bgp.Batch{Updates: []rib.Update{
		{Kind: rib.PeerUp, Route: rib.Route{Neighbor: router}, Peer: &rib.PeerChange{Families: [2]bool{true, false}, Time: time.Now()}},
		{Kind: rib.PeerDown, Route: rib.Route{Neighbor: router}, Peer: &rib.PeerChange{Why: "hold timer expired", Time: time.Now()}},
	}}
	s.batches <- bgp.Batch{} // taken when the one before is entered: the audit has let go
	s.heard()
	if why := <-answer; !strings.Contains(why, "stale") {
		t.Errorf("a question just after the loss is told %q", why)
	}
	close(release)
	for m.Last() == nil {
		runtime.Gosched()
	}
	if a := m.Last(); a.Exit != policy.ExitIncomplete {
		t.Errorf("the audit after it gives exit %d", a.Exit)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAQuestionIsRefusedWhileALossCannotBeEntered(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.clean()
		w.loses(0, "hold timer expired")
		_, err := w.failing(0)
		var unheard Unheard
		if !errors.As(err, &unheard) || !strings.Contains(err.Error(), "hold timer expired") {
			t.Errorf("a question is answered with %v", err)
		}
		w.heard()
		if _, err := w.failing(0); err != nil {
			t.Errorf("after it was told: %v", err)
		}
	})
}

func TestASessionThatComesAndGoesCannotKeepAuditsFromEnding(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.clean()
		ended := w.long(time.Minute)
		w.tell(0, announce("198.51.100.0/24", "65536"))
		for range 30 {
			w.later(10 * time.Second)
			w.loses(1, "it flaps")
			w.later(time.Second)
			w.heard()
		}
		if ended.Load() == 0 {
			t.Error("no audit has ended")
		}
	})
}

func TestEvidenceThatGrowsStaleBreaksALongAuditOff(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.clean()
		ended := w.long(time.Minute)
		w.tell(0, announce("198.51.100.0/24", "65536"))
		w.later(10 * time.Second)
		w.due.expire(w.Now().Add(time.Second))
		w.later(2 * time.Second)
		if w.due.overtook != 1 || ended.Load() != 0 {
			t.Errorf("%d audits were broken off, %d ended", w.due.overtook, ended.Load())
		}
	})
}

func TestAnAuditThatIsMuchTooLongIsSaid(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.clean()
		w.long(time.Hour)
		if b := w.Last().Behind; b != 0 {
			t.Errorf("%s behind with nothing to look at", b)
		}
		w.tell(0, announce("198.51.100.0/24", "65536"))
		w.later(2 * time.Minute)
		if b := w.Last().Behind; b < time.Minute+50*time.Second || b > 2*time.Minute {
			t.Errorf("the last audit is %s behind", b)
		}
	})
}

// TestALongAuditIsAlive: systemd kills what is silent for its WatchdogSec; an audit that gets on is
// not, one that is stuck is.
func TestALongAuditIsAlive(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var beats atomic.Int32
			c := load(t, twoMirrors)
			c.Sessions, c.Log = &script{ended: make(chan struct{})}, zap.NewNop()
			c.Alive, c.Pace.Alive = func() { beats.Add(1) }, 10*time.Second
			m := New(c)
			ctx, cancel := context.WithCancel(t.Context())
			m.audit = func(stop func() bool, _ *policy.Intent, _ *rib.Sight, _ time.Time) *policy.Result {
				for !stuck && !stop() || stuck && ctx.Err() == nil {
					time.Sleep(time.Second)
				}
				return nil
			}
			done := make(chan error)
			go func() { done <- m.Run(ctx) }()
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if n := beats.Load(); !stuck && n < 29 || stuck && n > 1 {
				t.Errorf("stuck %v: %d signs of life in 5 minutes", stuck, n)
			}
			began := time.Now()
			cancel()
			if err := <-done; err != nil || time.Since(began) > time.Second {
				t.Errorf("told to stop it ended after %s: %v", time.Since(began), err)
			}
		})
	}
}
