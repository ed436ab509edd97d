package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"bgpaudit/bgp"
)

// An audit holds the table still for as long as it takes. Evidence that is lost meanwhile must not
// wait for its end: the audit is broken off, the loss is entered, and the audit begins anew.

var errOvertaken = errors.New("the audit was overtaken")

// mostOvertaken is how many audits in a row may be broken off for what was lost meanwhile: a session
// that comes and goes must not keep an audit from ever ending. Questions are refused then for as long
// as a loss waits.
const mostOvertaken = 3

// judgement is what is known of the audits that are due.
type judgement struct {
	urgent atomic.Int32 // that many wait to exchange a file's routes or the site

	mu       sync.Mutex
	since    time.Time // the first change that no audit has looked at; steady
	looking  time.Time // the first of those that the present one looks at
	overtook int       // audits in a row that were broken off
	expires  time.Time // by the clock: the first evidence that is fresh now is stale then; zero: none
}

func (j *judgement) changed(now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.since.IsZero() {
		j.since = now
	}
}

// begin is told of an audit that begins, end of its end, and whether it was made.
func (j *judgement) begin() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.looking.IsZero() { // else the one before was broken off
		j.looking = j.since
	}
	j.since = time.Time{}
}

func (j *judgement) end(made bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if made {
		j.looking, j.overtook = time.Time{}, 0
		return
	}
	j.overtook++
}

// behind is how long ago the routes changed in a way that no audit has looked at.
func (j *judgement) behind() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := j.looking
	if first.IsZero() {
		first = j.since
	}
	if first.IsZero() {
		return 0
	}
	return time.Since(first)
}

// touched is told of every change that an audit may come out otherwise for.
func (m *Monitor) touched() {
	m.due.changed(time.Now())
	signal(m.changed)
}

// hurry waits for still, and has an audit that holds it broken off. The caller gives it back.
func (m *Monitor) hurry() {
	m.due.urgent.Add(1)
	defer m.due.urgent.Add(-1)
	m.still.Lock()
}

// overtaken makes the question that an audit asks while it works: whether its answer is wanted still.
func (m *Monitor) overtaken(ctx context.Context) (stop func() bool) {
	m.due.mu.Lock()
	patient := m.due.overtook >= mostOvertaken
	m.due.mu.Unlock()
	return func() bool {
		m.auditing.step()
		switch {
		case ctx.Err() != nil:
			return true
		case patient:
			return false
		}
		lost, _ := m.Sessions.Untold()
		return lost != nil || m.due.urgent.Load() > 0 || m.due.expired(m.Now())
	}
}

// expired reports whether something has become stale since the feeds were judged.
func (j *judgement) expired(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.expires.IsZero() && now.After(j.expires)
}

func (j *judgement) expire(at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.expires = at
}

// longestHearing is how long a question waits for what is lost to be entered.
const longestHearing = 2 * time.Second

// Unheard is the error of a question that cannot be answered: evidence is lost, and the table cannot
// say so yet.
type Unheard struct{ What string }

func (u Unheard) Error() string {
	return u.What + ", and an audit that is under way holds up what follows from it: nothing can be told until it has ended"
}

// hear waits until the table shows every loss that there was before the call.
func (m *Monitor) hear() error {
	lost, none := m.Sessions.Untold()
	if lost == nil {
		return nil
	}
	patience := time.NewTimer(longestHearing)
	defer patience.Stop()
	select {
	case <-none:
		return nil
	case <-patience.C:
		return Unheard{m.said(lost[0])}
	}
}

func (m *Monitor) said(l bgp.Loss) string {
	return fmt.Sprintf("the session with %s is lost (%s)", l.Address, l.Why)
}
