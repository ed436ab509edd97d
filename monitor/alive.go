package monitor

import (
	"context"
	"sync/atomic"
	"time"
)

// turn is the work that a goroutine is at, so that another can see whether it gets on.
type turn struct{ since atomic.Pointer[time.Time] }

func (t *turn) begin() {
	now := time.Now()
	t.since.Store(&now)
}

func (t *turn) end() { t.since.Store(nil) }

// step says that work which takes long has got on.
func (t *turn) step() {
	if t.lasts(100 * time.Millisecond) { // else it was said just now
		t.begin()
	}
}

// lasts reports whether the work has gone on for longer than d without a step. Waiting for work is
// none.
func (t *turn) lasts(d time.Duration) bool {
	since := t.since.Load()
	return since != nil && time.Since(*since) > d
}

// beat says now and then that the monitor gets on: not while a batch or an audit makes no step. An
// audit that takes long and does is sound.
func (m *Monitor) beat(ctx context.Context) {
	if m.Alive == nil {
		return
	}
	alive := time.NewTicker(m.Pace.Alive)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-alive.C:
			if !m.writing.lasts(m.Pace.Alive) && !m.auditing.lasts(m.Pace.Alive) {
				m.Alive()
			}
		}
	}
}
