package monitor

import (
	"sync"
	"time"

	"bgpaudit/policy"
)

// Event is something that became of a finding, or of a session with all that came of it, as the log
// has it.
type Event struct {
	Session *Notice // nil where it is about a finding; else the other fields are empty
	What    string  // raised, changed, unknown, seen-again, cleared, flapping, steady
	Finding *policy.Finding
	Since   time.Time // the finding was raised first
	Why     string    // unknown: what is missing; flapping: how often
}

// Held is a finding that was raised and is not proven gone.
type Held struct {
	Finding  *policy.Finding
	Unknown  string // why it may stand although the last audit does not hold it; empty where it does
	Flapping string // how it comes and goes, and may be gone just now; empty where it does not
	Since    time.Time
}

// Held lists the findings that stand, or may, in the order of the report; those that the last audit
// does not hold last.
func (m *Monitor) Held() []Held {
	m.told.Lock()
	defer m.told.Unlock()
	var out []Held
	if m.last != nil {
		for _, f := range m.last.Findings {
			if e := m.ledger[f.ID]; e != nil {
				out = append(out, Held{Finding: e.Finding, Flapping: e.restlessness(), Since: e.since})
			}
		}
	}
	for _, e := range m.ledger.unseen(map[string]bool{}) {
		if e.standing == unknown || e.standing == cleared && e.flapping {
			out = append(out, Held{Finding: e.Finding, Unknown: e.why, Flapping: e.restlessness(), Since: e.since})
		}
	}
	return out
}

// Parts are the findings that are left of one on more links while a lost session makes that one
// unknown, by their ids. That one is held too.
func (m *Monitor) Parts() map[string]bool {
	m.told.Lock()
	defer m.told.Unlock()
	out := map[string]bool{}
	for id, e := range m.ledger {
		if e.partOf != "" {
			out[id] = true
		}
	}
	return out
}

// followers are those who want to be told.
type followers struct {
	mu    sync.Mutex
	lines map[chan Event]bool
	ended bool
}

// Follow gives the events from now on. The channel is closed by stop, when the monitor ends, and
// when its reader falls more than a few hundred events behind: nothing waits for it.
func (m *Monitor) Follow() (events <-chan Event, stop func()) {
	f := &m.follow
	line := make(chan Event, 256)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		close(line)
		return line, func() {}
	}
	if f.lines == nil {
		f.lines = map[chan Event]bool{}
	}
	f.lines[line] = true
	return line, func() { f.drop(line) }
}

func (f *followers) drop(line chan Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines[line] {
		delete(f.lines, line)
		close(line)
	}
}

func (f *followers) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	for line := range f.lines {
		delete(f.lines, line)
		close(line)
	}
}

// tell passes an audit's news on, lost evidence first.
func (f *followers) tell(n news, notices []*Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, note := range notices {
		f.pass(Event{What: note.What, Session: note})
	}
	for _, c := range []change{nowUnknown, nowSeen, nowRaised, nowAltered, nowFlapping, nowSteady, nowCleared} {
		for _, e := range n[c] {
			finding := *e.Finding
			ev := Event{What: string(c), Finding: &finding, Since: e.since}
			switch c {
			case nowUnknown:
				ev.Why = e.why
			case nowFlapping:
				ev.Why = e.restlessness()
			}
			f.pass(ev)
		}
	}
}

// pass hands an event to everyone who keeps up. The caller holds the lock.
func (f *followers) pass(ev Event) {
	for line := range f.lines {
		select {
		case line <- ev:
		default:
			delete(f.lines, line)
			close(line)
		}
	}
}
