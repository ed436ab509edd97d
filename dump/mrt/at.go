package mrt

import "time"

// mrtMoment leaves out what was written after the moment that is asked for: the records up to it
// leave behind what stood then.
type mrtMoment struct {
	at      time.Time // zero: no moment is asked for, every record counts
	first   time.Time // of the first record left out
	table   int       // the first record left out that lists routes
	changed bool      // a message was left out
}

// leavesOut reports whether the record is later than the moment. It is judged record by record:
// collectors write some a little out of turn.
func (m *mrtMoment) leavesOut(h recordHeader, record int) bool {
	if m.at.IsZero() || !h.time.After(m.at) {
		return false
	}
	if m.first.IsZero() {
		m.first = h.time
	}
	switch {
	case h.updates():
		m.changed = true
	case m.table == 0 && h.holdsBGP():
		m.table = record
	}
	return true
}

// finish says what the file is of the moment. Messages are written as they come, so those behind
// the moment prove that nothing else changed before it: the file is as of then. A table is written
// over a while and proves nothing of its own past.
func (m *mrtMoment) finish(r *reader) {
	switch {
	case m.first.IsZero():
	case r.tables+r.changes == 0:
		r.Result.Header.Time = m.first
		r.Problem(0, "all of it was written after %s: ask of a later moment, or take an older dump", stamp(m.at))
	case m.table > 0:
		r.Problem(m.table, "the table was not written to its end by %s: ask of a later moment, or take an older dump", stamp(m.at))
	case m.changed:
		r.Result.Header.Time = m.at.UTC()
	}
}

// stamp is a time as --at takes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
