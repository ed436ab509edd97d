package monitor

import (
	"cmp"
	"slices"
	"time"

	"bgpaudit/policy"
)

// standing is what is known of a finding.
type standing string

const (
	unheard standing = ""        // nothing was logged of it
	raised  standing = "raised"  // the last audit holds it
	unknown standing = "unknown" // it was raised, and what showed it is gone: it may still stand
	cleared standing = "cleared" // it was raised, and an audit proved it gone
)

// entry is one finding, and what was logged of it.
type entry struct {
	*policy.Finding // as the last audit that held it has it
	standing        standing
	why             string    // unknown: what is missing
	since           time.Time // raised first, by the clock
	place           int       // in the last report that held it

	logged   standing // what the log's reader knows
	severity policy.Severity
	waived   bool

	moved     bool      // in this audit
	begun     time.Time // of the minute that bounds its lines
	lines     int       // logged in it
	swallowed int       // moves in it that were not
}

// linesAMinute is how often one finding may be logged. One that comes and goes more often is counted
// for the rest of its minute; then the log says how it stands.
const linesAMinute = 6

// ledger holds every finding that was raised and is not proven gone.
type ledger map[string]*entry

// change is what the log is to say of a finding.
type change string

const (
	nowRaised  change = "raised"
	nowAltered change = "changed" // its severity or its waiver
	nowUnknown change = "unknown"
	nowSeen    change = "seen-again" // was unknown, and is still there
	nowCleared change = "cleared"
)

// news is what one audit gives to log, each list in the order of the report.
type news struct {
	of    map[change][]*entry
	flaps []flap
}

// flap is a finding that moved more often in a minute than it was logged.
type flap struct {
	*entry
	swallowed int
}

// take enters an audit. The time of day is for the reader; steady measures the minutes, and no clock
// that is set moves it.
func (l ledger) take(r *policy.Result, p *proof, clock, steady time.Time) news {
	seen := map[string]bool{}
	var order []*entry
	for place, f := range r.Findings {
		seen[f.ID] = true
		e := l[f.ID]
		if e == nil || e.standing == cleared {
			e = l.enter(f, clock)
		}
		e.Finding, e.place = f, place
		e.become(raised, "")
		order = append(order, e)
	}
	for _, e := range l.unseen(seen) {
		if e.standing != cleared {
			if why := p.open(e.Finding); why != "" {
				e.become(unknown, why)
			} else {
				e.become(cleared, "")
			}
		}
		order = append(order, e)
	}
	return l.tell(order, steady)
}

// enter begins a finding anew; how often it was logged of late stays with it.
func (l ledger) enter(f *policy.Finding, clock time.Time) *entry {
	e := l[f.ID]
	if e == nil {
		e = &entry{}
		l[f.ID] = e
	}
	e.since = clock
	return e
}

func (e *entry) become(s standing, why string) {
	e.moved = e.standing != s
	e.standing, e.why = s, why
}

// unseen lists what the audit does not hold, in the order of the reports that did.
func (l ledger) unseen(seen map[string]bool) []*entry {
	var out []*entry
	for id, e := range l {
		if !seen[id] {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// tell brings what was logged up to what is, for the findings that may speak, and forgets those
// that are over.
func (l ledger) tell(order []*entry, steady time.Time) news {
	out := news{of: map[change][]*entry{}}
	for _, e := range order {
		if steady.Sub(e.begun) >= time.Minute {
			if e.swallowed > 0 {
				out.flaps = append(out.flaps, flap{e, e.swallowed})
			}
			e.begun, e.lines, e.swallowed = steady, 0, 0
		}
		c := e.change()
		switch {
		case c != "" && e.lines < linesAMinute:
			out.of[c] = append(out.of[c], e)
			e.lines++
			e.logged, e.severity, e.waived = e.standing, e.Severity, e.WaivedBy != ""
		case e.moved:
			e.swallowed++
		case c == "" && e.standing == cleared && e.lines == 0 && e.swallowed == 0:
			delete(l, e.ID)
		}
		e.moved = false
	}
	return out
}

// change is the step from what was logged to what is; empty where there is none.
func (e *entry) change() change {
	altered := e.severity != e.Severity || e.waived != (e.WaivedBy != "")
	switch {
	case e.standing == unknown && e.logged != unknown:
		return nowUnknown
	case e.standing == cleared && (e.logged == raised || e.logged == unknown):
		return nowCleared
	case e.standing != raised:
		return ""
	case e.logged == unheard || e.logged == cleared:
		return nowRaised
	case altered:
		return nowAltered
	case e.logged == unknown:
		return nowSeen
	}
	return ""
}

// count is how many findings stand at a severity and are not waived, how many are waived, and how
// many are unknown.
func (l ledger) count() (at map[policy.Severity]int, waived, lost int) {
	at = map[policy.Severity]int{}
	for _, e := range l {
		switch {
		case e.standing == unknown:
			lost++
		case e.standing == raised && e.WaivedBy != "":
			waived++
		case e.standing == raised:
			at[e.Severity]++
		}
	}
	return at, waived, lost
}
