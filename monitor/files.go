package monitor

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"bgpaudit/rib"
)

// File is a feed that is read from a file. It is read again when the file changes.
type File struct {
	Feed rib.FeedID
	Path string
	Was  os.FileInfo // before it was read; nil where there was none

	// Read reads the file into the feed of a table that nobody else uses, and says what became of it.
	Read func(ctx context.Context, into *rib.Table, now time.Time) rib.FeedState
}

// longestLook is how long the system may take to say what a file looks like.
const longestLook = 3 * time.Second

// looking are the looks that are under way, by path: a file server that is gone does not answer, and no
// call to it can be ended. There is one for each, however often it is tried.
var looking sync.Map

// glance is one look.
type glance struct {
	over  chan struct{}
	info  os.FileInfo // once it is over
	stuck atomic.Bool // somebody has waited for it in vain
}

// Look is what the file at a path looks like from outside, nil where there is none, or where the
// system does not say.
func Look(path string) os.FileInfo { return lookBy(os.Stat, path) }

func lookBy(stat func(string) (os.FileInfo, error), path string) os.FileInfo {
	g := &glance{over: make(chan struct{})}
	if other, found := looking.LoadOrStore(path, g); found {
		g = other.(*glance)
	} else {
		go g.look(stat, path)
	}
	if g.stuck.Load() {
		return nil
	}
	enough := time.NewTimer(longestLook)
	defer enough.Stop()
	select {
	case <-g.over:
		return g.info
	case <-enough.C:
		g.stuck.Store(true)
		return nil
	}
}

func (g *glance) look(stat func(string) (os.FileInfo, error), path string) {
	if info, err := stat(path); err == nil {
		g.info = info
	}
	looking.Delete(path) // before anybody goes on: who looks again sees what there is then
	close(g.over)
}

func unchanged(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// followFiles reads files again when they have changed, whatever site they are of.
func (m *Monitor) followFiles(ctx context.Context) {
	for ctx.Err() == nil {
		m.changing.Lock()
		w := newWatch(m)
		m.changing.Unlock()
		w.run(ctx)
	}
}

// watch is the files of one site. A notice of the system says that one may have changed; looking at
// them now and then finds what no notice is given of (a network's file system, a folder that was
// itself replaced).
type watch struct {
	*Monitor
	site    int // its number: another's files are not this watch's
	files   []*watchedFile
	notices *fsnotify.Watcher // nil where there are none to be had
}

// watchedFile is one of them.
type watchedFile struct {
	File
	name  string      // as notices give it
	seen  os.FileInfo // at the last look
	first time.Time   // it was found changed, and not read since; zero: it rests
	last  time.Time   // it was found changed once more
}

// patience is how many times as long as a file must rest, to be read, it may go on changing.
const patience = 30

// due is when a file that has changed is to be looked at.
func (f *watchedFile) due(settle time.Duration) time.Time {
	if at := f.last.Add(settle); at.Before(f.limit(settle)) {
		return at
	}
	return f.limit(settle)
}

func (f *watchedFile) limit(settle time.Duration) time.Time { return f.first.Add(patience * settle) }

func (f *watchedFile) touch(now time.Time) {
	if f.first.IsZero() {
		f.first = now
	}
	f.last = now
}

func (f *watchedFile) rest(as os.FileInfo) { f.Was, f.seen, f.first = as, as, time.Time{} }

// newWatch begins to watch the files of the site that there is. The caller holds changing.
func newWatch(m *Monitor) *watch {
	w := &watch{Monitor: m, site: m.sites}
	folders := map[string]bool{}
	for _, f := range m.Files {
		folder, base := filepath.Split(f.Path)
		folder = filepath.Clean(folder)
		folders[folder] = true
		w.files = append(w.files, &watchedFile{File: f, name: filepath.Join(folder, base), seen: f.Was})
	}
	if len(folders) == 0 {
		return w
	}
	notices, err := m.notices()
	if err != nil {
		m.Log.Warn("the system gives no notice of files that change: they are looked at now and then", zap.Duration("every", m.Pace.Tick), zap.Error(err))
		return w
	}
	w.notices = notices
	for folder := range folders {
		if err := notices.Add(folder); err != nil {
			m.Log.Warn("no notice of files that change in a folder: they are looked at now and then", zap.String("folder", folder), zap.Duration("every", m.Pace.Tick), zap.Error(err))
		}
	}
	return w
}

// run watches until the site is another one.
func (w *watch) run(ctx context.Context) {
	var events <-chan fsnotify.Event
	var failures <-chan error
	if w.notices != nil {
		defer w.notices.Close()
		events, failures = w.notices.Events, w.notices.Errors
	}
	tick, due := time.NewTicker(w.Pace.Tick), time.NewTimer(0) // what changed before we began has no notice
	defer tick.Stop()
	defer due.Stop()
	w.lookAtAll(time.Now())
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.refiled:
			return
		case e := <-events:
			for _, f := range w.files {
				if f.name == e.Name {
					f.touch(time.Now())
				}
			}
		case <-failures: // notices were lost
			w.lookAtAll(time.Now())
		case <-tick.C:
			w.lookAtAll(time.Now())
		case <-due.C:
			w.readDue(ctx)
		}
		w.next(due)
	}
}

func (w *watch) lookAtAll(now time.Time) {
	for _, f := range w.files {
		if !unchanged(Look(f.Path), f.Was) && f.first.IsZero() {
			f.touch(now)
		}
	}
}

// next sets the timer to the file that is due first.
func (w *watch) next(due *time.Timer) {
	var first time.Time
	for _, f := range w.files {
		if at := f.due(w.Pace.Settle); !f.first.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		due.Stop()
		return
	}
	due.Reset(max(0, time.Until(first)))
}

func (w *watch) readDue(ctx context.Context) {
	for _, f := range w.files {
		if !f.first.IsZero() && !time.Now().Before(f.due(w.Pace.Settle)) {
			w.readAgain(ctx, f)
		}
	}
}

// readAgain reads a file that has come to rest. One that changed while it was read is not believed.
func (w *watch) readAgain(ctx context.Context, f *watchedFile) {
	before := Look(f.Path)
	late := !time.Now().Before(f.limit(w.Pace.Settle))
	switch {
	case unchanged(before, f.Was): // its mode, or it was put back
		f.rest(before)
		return
	case !unchanged(before, f.seen) && !late: // it is being written
		f.seen = before
		f.touch(time.Now())
		return
	}
	aside := w.aside()
	if aside == nil {
		return
	}
	state := f.Read(ctx, aside, w.Now()) // may take long: a reload does not wait for it
	if ctx.Err() != nil {
		return
	}
	if after := Look(f.Path); !unchanged(after, before) {
		if !late {
			f.seen = after
			f.touch(time.Now())
			return
		}
		state = rib.FeedState{Unreadable: true, Errors: []string{f.Path + ": it keeps changing"}}
		before = nil // whatever it settles to is another
	}
	w.changing.Lock()
	defer w.changing.Unlock()
	if w.site != w.sites {
		return // a reload has read the file meanwhile
	}
	w.takeIn(f.Feed, aside, state)
	f.rest(before)
}

// aside is an empty table of the watch's site, nil where the site is another one by now.
func (w *watch) aside() *rib.Table {
	w.changing.Lock()
	defer w.changing.Unlock()
	if w.site != w.sites {
		return nil
	}
	w.table.RLock() // the feeds' states are among what it copies
	defer w.table.RUnlock()
	return w.Table.Aside()
}

// takeIn puts what was read in the place of what there was, in one turn: no audit sees the feed
// emptied.
func (m *Monitor) takeIn(feed rib.FeedID, aside *rib.Table, state rib.FeedState) {
	m.hurry()
	m.table.Lock()
	say := m.replace(feed, aside, state)
	m.judgeLive(m.Now())
	m.table.Unlock()
	m.still.Unlock()
	say()
	m.touched()
}

// replace takes a feed's routes and state from the table that it was read into. What cannot be read
// leaves what there was, as evidence of the past. The caller holds still and table; what there is to log
// it logs with what it gets, when it has given both back.
func (m *Monitor) replace(feed rib.FeedID, aside *rib.Table, state rib.FeedState) (say func()) {
	f := m.Table.Feeds()[feed]
	fields := []zap.Field{zap.String("feed", f.Name), zap.Int("routes", state.Routes), zap.String("complete", string(state.Complete)), bounded("errors", state.Errors)}
	if state.Unreadable && !f.State.Unreadable {
		f.State = outdated(f.State, state)
		return func() {
			m.Log.Warn("file not read again: what it showed before is kept, and stale", append(fields, zap.String("event", "file-lost"))...)
		}
	}
	if err := m.Table.Adopt(feed, aside, feed); err != nil {
		state.Complete, state.Errors = rib.CompleteNo, append(state.Errors, err.Error())
	}
	f.State = state
	return func() { m.Log.Info("file read again", append(fields, zap.String("event", "file-read"))...) }
}

// outdated is the state of a feed whose file can no longer be read.
func outdated(before, failed rib.FeedState) rib.FeedState {
	before.Outdated, before.Errors = true, failed.Errors
	return before
}

// growOlder brings the ages of what files show up to date. The caller holds the table to write.
func (m *Monitor) growOlder(now time.Time) {
	var expires time.Time
	for _, f := range m.Table.Feeds() {
		s := &f.State
		if s.Live || s.AsOf.IsZero() {
			continue
		}
		s.Age = max(0, now.Sub(s.AsOf))
		s.Stale = s.MaxAge > 0 && !s.WeakAge && s.Age > s.MaxAge
		if at := s.AsOf.Add(s.MaxAge); s.MaxAge > 0 && !s.WeakAge && !s.Stale && (expires.IsZero() || at.Before(expires)) {
			expires = at
		}
	}
	m.due.expire(expires)
}
