package monitor

import (
	"slices"
	"time"
)

// A thing that was logged as often as it may be within the window flaps: it is held as it was logged
// last, and what becomes of it is counted, until it has stood still for calm.
const (
	window = 10 * time.Minute
	calm   = time.Minute
)

// How often one thing may be logged within the window.
const (
	mostOfFinding = 5
	mostOfAnswer  = 10
)

// damper bounds how often one thing is logged that comes and goes. Its times are steady: a clock that
// is set does not move them.
type damper struct {
	still    time.Time   // since when it has stood as it does
	lines    []time.Time // it was logged, within the window
	flapping bool
	began    time.Time // to flap: the first of the moves that are counted
	moves    int       // since then
}

// verdict is what the log may say of a thing.
type verdict int

const (
	silent verdict = iota
	speak          // what there is to say
	begins         // to flap: that, and nothing else until it is over
	ends           // flapping: that, and then what there is to say
)

// step is told whether the thing moved, and whether it differs from what was logged of it. That all
// is well may not be the last word before it is held.
func (d *damper) step(now time.Time, moved, differs, well bool, most int) verdict {
	if moved || d.still.IsZero() {
		d.still = now
	}
	d.lines = slices.DeleteFunc(d.lines, func(at time.Time) bool { return now.Sub(at) >= window })
	if well {
		most--
	}
	switch {
	case d.flapping && now.Sub(d.still) < calm:
		if moved {
			d.moves++
		}
		return silent
	case d.flapping:
		d.flapping, d.lines = false, nil
		if differs {
			d.lines = append(d.lines, now)
		}
		return ends
	case !differs:
		return silent
	case len(d.lines) < most:
		d.lines = append(d.lines, now)
		return speak
	}
	return begins // see join
}

// join makes the thing one that flaps, where it is not one yet and has moved of late.
func (d *damper) join(now time.Time) bool {
	if d.flapping || now.Sub(d.still) >= calm {
		return false
	}
	d.flapping, d.began, d.moves = true, now, len(d.lines)+1
	if len(d.lines) > 0 {
		d.began = d.lines[0]
	}
	return true
}

// quiet reports whether nothing is kept of the thing.
func (d *damper) quiet() bool { return !d.flapping && len(d.lines) == 0 }
