package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/rib"
)

// Reload takes on the config as it stands now. Where that cannot be had, the error says why with its
// file and line, and the one before goes on: no session is touched and no route lost. Sessions that
// the new config asks for as the old one did go on untouched, their routes stay; the others end, or
// begin. One reload runs at a time.
func (m *Monitor) Reload(ctx context.Context) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	began := time.Now()
	err := m.reload(ctx)
	if err != nil {
		m.Log.Error("config not reloaded: the one before goes on, no session was touched", zap.String("event", "not-reloaded"), zap.Error(err))
		return err
	}
	m.Log.Info("config reloaded", zap.String("event", "reloaded"), zap.Duration("took", time.Since(began)))
	return nil
}

func (m *Monitor) reload(ctx context.Context) error {
	if m.Load == nil {
		return errors.New("this monitor has no config to reload")
	}
	next, err := m.Load(ctx)
	if err != nil {
		return err
	}
	say, err := m.become(next)
	if err != nil {
		return err
	}
	for _, line := range say {
		line()
	}
	m.touched()
	signal(m.refiled)
	return nil
}

// become puts the next site in the place of the one that there is, in one turn: no audit and no
// batch is in between. All that can fail comes first. What it has to log it gives back.
func (m *Monitor) become(next *Site) (say []func(), _ error) {
	m.hurry() // nobody but this goroutine writes from here on
	defer m.still.Unlock()
	sameGround := m.Table.SameGround(next.Table)
	if !sameGround {
		if err := m.bring(next); err != nil {
			return nil, err
		}
	}
	numbers, asked := m.writer.number(&m.Site, next)
	if err := m.Sessions.Reconfigure(asked); err != nil {
		return nil, err
	}
	m.table.Lock()
	defer m.table.Unlock()
	if sameGround {
		say = m.refill(next)
		next.Table = m.Table
	}
	m.Site = *next
	m.told.Lock()
	m.sites++
	m.told.Unlock()
	m.writer.moveTo(next, numbers)
	m.judgeLive(m.Now())
	return say, nil
}

// refill takes over what the next site has read, and empties the feeds of the sessions that end: the
// table can stay, as its declarations do.
func (m *Monitor) refill(next *Site) (say []func()) {
	for _, f := range next.Files {
		say = append(say, m.replace(f.Feed, next.Table, next.Table.Feeds()[f.Feed].State))
	}
	for i := range next.Neighbors {
		if n := &next.Neighbors[i]; m.session(next, n) == nil {
			_ = m.Table.Adopt(n.Feed, next.Table, n.Feed) // nothing, which cannot fail
		}
	}
	return say
}

// bring fills the next site's table with what goes on from the present one: the routes of sessions
// that stay, and those of files that can no longer be read.
func (m *Monitor) bring(next *Site) error {
	for i := range next.Neighbors {
		is := &next.Neighbors[i]
		was := m.session(next, is)
		if was == nil {
			continue
		}
		if err := next.Table.Adopt(is.Feed, m.Table, was.Feed); err != nil {
			return fmt.Errorf("feed %s: %w", is.Name, err)
		}
	}
	for _, f := range next.Files {
		is := next.Table.Feeds()[f.Feed]
		old, known := m.feed(is)
		if !is.State.Unreadable || !known || m.Table.Feeds()[old].State.Unreadable {
			continue
		}
		if err := next.Table.Adopt(f.Feed, m.Table, old); err != nil {
			return fmt.Errorf("feed %s: %w", is.Name, err)
		}
		is.State = outdated(m.Table.Feeds()[old].State, is.State)
	}
	return nil
}

// number gives every session of the next site its number with the collector: that which it has, or
// one that no session had before. So what an ended one has left to say is told apart.
func (w *writer) number(old, next *Site) (numbers map[rib.FeedID]rib.FeedID, asked []bgp.Neighbor) {
	numbers = map[rib.FeedID]rib.FeedID{}
	for i := range next.Neighbors {
		n := next.Neighbors[i]
		number := w.unused
		if was := old.session(next, &n); was != nil {
			number = w.numberOf(was.Feed)
		} else {
			w.unused++
		}
		numbers[number] = n.Feed
		n.Feed = number
		asked = append(asked, n)
	}
	return numbers, asked
}

func (w *writer) numberOf(feed rib.FeedID) rib.FeedID {
	for number, f := range w.feeds {
		if f == feed {
			return number
		}
	}
	panic("a session without a number")
}

// moveTo makes the writer that of another site.
func (w *writer) moveTo(s *Site, numbers map[rib.FeedID]rib.FeedID) {
	w.feeds, w.table, w.reads = numbers, s.Table, s.Intent.Reads()
	w.beLive(s.Neighbors)
	w.roll.ask(s.Neighbors, w.numberOf, time.Now())
	for p := range w.short {
		if _, goesOn := numbers[p.session]; !goesOn {
			delete(w.short, p)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // whoever waits on it has yet to look, and will see this too
	}
}
