package monitor

import (
	"sync/atomic"
	"time"
)

// turn is the work that a goroutine is at, so that another can see whether it gets done.
type turn struct{ since atomic.Pointer[time.Time] }

func (t *turn) begin() {
	now := time.Now()
	t.since.Store(&now)
}

func (t *turn) end() { t.since.Store(nil) }

// lasts reports whether the work has gone on for longer than d. Waiting for work is none.
func (t *turn) lasts(d time.Duration) bool {
	since := t.since.Load()
	return since != nil && time.Since(*since) > d
}

// sayAlive is called by the goroutine that audits, between audits: so one that does not come back
// is silent, and so is a writer that is stuck in a batch.
func (m *Monitor) sayAlive() {
	if m.Alive != nil && !m.writing.lasts(m.Pace.Alive) {
		m.Alive()
	}
}
