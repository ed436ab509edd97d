package monitor

import (
	"sync"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// fresh is how old the judgement of a live feed may be when a question is answered: its age is in
// the answer.
const fresh = time.Second

// Ask calls fn with the table as it is now. What fn gets is good until it returns; it must not
// change anything, and it holds up the routers while it runs. It fails, with [Unheard], and does not
// call fn, where evidence is lost and the table cannot say so.
func (m *Monitor) Ask(fn func(sight *rib.Sight, now time.Time)) error {
	if err := m.hear(); err != nil {
		return err
	}
	now := m.Now()
	// During an audit or a batch the judgement is young enough, where nothing has become stale since:
	// both begin or end with one.
	if m.sights.judgedLongAgo(now) {
		switch {
		case m.still.TryLock():
			m.table.Lock()
			m.judgeLive(now)
			m.table.Unlock()
			m.still.Unlock()
		case m.due.expired(now):
			return Unheard{"a feed has become stale"}
		}
	}
	m.table.RLock()
	defer m.table.RUnlock()
	s := m.sights.take(m.Table, m.Options)
	defer m.sights.giveBack(s)
	fn(s.Sight, now)
	return nil
}

// sights lends sights of the table as it stands. A sight keeps caches, so each question has one for
// itself; all are forks of one, and are good until the table changes.
type sights struct {
	mu    sync.Mutex
	age   uint64
	judge time.Time
	first *rib.Sight // nil: nobody has asked since the table changed
	idle  []*lent
}

type lent struct {
	*rib.Sight
	age uint64
}

// judgeLive brings the states of the feeds up to date. The caller holds the table to write.
func (m *Monitor) judgeLive(now time.Time) {
	m.Table.Judge(now)
	m.growOlder(now)
	m.sights.outdated()
	m.sights.mu.Lock()
	m.sights.judge = now
	m.sights.mu.Unlock()
}

// outdated is told of every change to the table.
func (s *sights) outdated() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
	s.first, s.idle = nil, nil
}

func (s *sights) judgedLongAgo(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.judge) > fresh || now.Before(s.judge)
}

func (s *sights) take(t *rib.Table, o rib.Options) *lent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		out := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return out
	}
	if s.first == nil {
		s.first = rib.NewSight(t, o)
	}
	return &lent{s.first.Fork(), s.age}
}

func (s *sights) giveBack(l *lent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.age == s.age {
		s.idle = append(s.idle, l)
	}
}

// Last is what the last audit found, and its exit code with its reasons; nil before the first. The
// result is read only; its feeds are as they were then.
func (m *Monitor) Last() *Answer {
	m.told.Lock()
	defer m.told.Unlock()
	if m.last == nil {
		return nil
	}
	return &Answer{Behind: m.due.behind(), Result: m.last, Exit: m.answer.code, Reasons: m.answer.reasons, At: m.answer.at, Took: m.answer.took, OldConfig: m.answer.site != m.sites}
}

// Answer is an audit and what it came to.
type Answer struct {
	Result  *policy.Result
	Exit    int
	Reasons []string
	At      time.Time     // by the clock
	Took    time.Duration // to make
	Behind  time.Duration // since the routes changed in a way that it has not looked at; 0: they did not

	OldConfig bool // the config was reloaded since: it answers what is asked no more
}
