// Package journal keeps a log from holding up those who write it: lines wait in a bounded queue for a
// reader that is slow, and are dropped and counted where it does not keep up at all.
//
// In: lines. Out: the same lines, in order, to a writer that may block for ever or fail; in the place
// of what was dropped, its count.
package journal

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what waits.
const (
	mostLines  = 8192
	mostOctets = 4 << 20
)

// Journal is the queue and the goroutine that empties it. Write is safe for use by several goroutines
// and never waits for the reader.
type Journal struct {
	to   io.Writer
	note func(dropped uint64) []byte

	mu     sync.Mutex // guards lines against being closed
	closed bool
	lines  chan []byte
	octets atomic.Int64 // that wait
	done   chan struct{}

	dropped atomic.Uint64
	failed  atomic.Uint64
}

// New begins to pass lines on. note makes the line that says how many were dropped.
func New(to io.Writer, note func(dropped uint64) []byte) *Journal {
	j := &Journal{to: to, note: note, lines: make(chan []byte, mostLines), done: make(chan struct{})}
	go j.run()
	return j
}

// Write takes one line. It never fails: what becomes of the line is counted.
func (j *Journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := int64(len(line))
	if j.closed || j.octets.Load()+n > mostOctets {
		j.dropped.Add(1)
		return len(line), nil
	}
	select {
	case j.lines <- append([]byte(nil), line...):
		j.octets.Add(n)
	default:
		j.dropped.Add(1)
	}
	return len(line), nil
}

// Sync is there for zap: nothing is waited for.
func (j *Journal) Sync() error { return nil }

// Dropped is how many lines found no room, Failed how many the reader's end has refused.
func (j *Journal) Dropped() uint64 { return j.dropped.Load() }

// Failed counts the lines whose writing failed.
func (j *Journal) Failed() uint64 { return j.failed.Load() }

func (j *Journal) run() {
	defer close(j.done)
	said := uint64(0)
	for line := range j.lines {
		j.pass(line)
		j.octets.Add(-int64(len(line)))
		if dropped := j.dropped.Load(); dropped > said { // it flows again
			j.pass(j.note(dropped - said))
			said = dropped
		}
	}
}

func (j *Journal) pass(line []byte) {
	if _, err := j.to.Write(line); err != nil {
		j.failed.Add(1)
	}
}

// Close takes no more lines and waits until those that wait are passed on, at most for so long. A
// reader that takes nothing keeps one goroutine.
func (j *Journal) Close(within time.Duration) {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.lines)
	}
	j.mu.Unlock()
	patience := time.NewTimer(within)
	defer patience.Stop()
	select {
	case <-j.done:
	case <-patience.C:
	}
}
