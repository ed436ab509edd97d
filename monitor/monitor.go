package monitor

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Config is what the monitor stands on.
type Config struct {
	Site
	Sessions Sessions
	Load     func(context.Context) (*Site, error) // the config as it stands now, see [Monitor.Reload]
	Alive    func()                               // called now and then, while the writer and the audits get on
	Log      *zap.Logger
	Now      func() time.Time // the time of day, for ages and waivers; nil is time.Now
	Pace     Pace

	// StartGrace is how long the sessions have at the start, and a router that has come back, to send
	// their whole tables before it is said that they lack.
	StartGrace time.Duration
}

// Sessions is what the monitor asks of a [bgp.Collector].
type Sessions interface {
	Next(ctx context.Context) (bgp.Batch, bool)
	Sessions() []bgp.Session
	Refusals() []bgp.Refusal
	Untold() (lost []bgp.Loss, none <-chan struct{})
	Reconfigure(neighbors []bgp.Neighbor) error
}

// Monitor is one run: the table of the sessions, and what the last audit of it found. Ask, Last,
// Held and Follow are for any goroutine, before, during and after Run.
type Monitor struct {
	Config
	audit    func(stop func() bool, in *policy.Intent, s *rib.Sight, now time.Time) *policy.Result
	changed  chan struct{} // holds one: something came since the watch looked
	refiled  chan struct{} // likewise: the site is another one
	writer   writer
	writing  turn
	auditing turn
	due      judgement

	// changing is held by whoever exchanges a file's routes or the whole site; by a reload from the reading
	// on. It is taken before the other two.
	changing sync.Mutex
	sites    int // that there were; written under still and told too
	notices  func() (*fsnotify.Watcher, error)

	// still is held by the writer for a batch, and by an audit all the while: were a session to begin
	// between the judging of its feed and the audit, an emptied table would pass for a whole one.
	// Whoever takes both takes still first. The site is guarded by both.
	still sync.Mutex
	// table is held to write by whoever changes the table or its feeds' states, to read by whoever
	// looks; so questions are answered during an audit.
	table  sync.RWMutex
	sights sights

	// These are the watch's own.
	saidAnswer  answer
	answering   damper
	unexplained bool // the last audit lacks evidence for another reason than a lost session

	told   sync.Mutex // guards what follows
	starts bool       // the start is not over
	ledger ledger
	answer answer
	last   *policy.Result
	follow followers
}

// New makes a monitor. The feeds of the sessions become live ones.
func New(c Config) *Monitor {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Pace = c.Pace.orDefault()
	return &Monitor{
		Config: c, audit: policy.AuditUntil, changed: make(chan struct{}, 1), refiled: make(chan struct{}, 1),
		notices: fsnotify.NewWatcher, writer: newWriter(c), ledger: ledger{}, starts: true,
	}
}

// Run keeps the table and audits it until ctx is done, which is no error; the sessions stay the
// caller's to close. It leaves no goroutine behind.
func (m *Monitor) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	m.sayStart()
	written := make(chan struct{})
	var rest sync.WaitGroup
	rest.Go(func() {
		defer close(written)
		m.write(inner)
	})
	rest.Go(func() { m.followFiles(inner) })
	rest.Go(func() { m.beat(inner) })
	m.watch(inner, written)
	stop()
	rest.Wait()
	m.follow.end()
	if ctx.Err() == nil {
		return errors.New("the collector has ended by itself")
	}
	return nil
}

// write enters what the routers send, until there is no more. It never waits for an audit that is
// not running, and the collector holds back what comes during one.
func (m *Monitor) write(ctx context.Context) {
	for {
		batch, ok := m.Sessions.Next(ctx)
		if !ok {
			return
		}
		if m.enter(batch.Updates) {
			m.touched()
		}
	}
}

// enter reports whether an audit of the table may come out otherwise than the last one.
func (m *Monitor) enter(updates []rib.Update) (news bool) {
	var unsaid []func()
	defer func() { // no lock may wait for a log
		for _, say := range unsaid {
			say()
		}
	}()
	m.still.Lock()
	defer m.still.Unlock()
	m.writing.begin() // waiting for an audit is no work
	defer m.writing.end()
	m.table.Lock()
	defer m.table.Unlock()
	state, news := m.writer.enter(updates)
	unsaid, m.writer.unsaid = m.writer.unsaid, nil
	if state {
		m.judgeLive(m.Now())
	}
	m.sights.outdated()
	return news
}

// watch audits when an audit is due, and says now and then how things stand.
func (m *Monitor) watch(ctx context.Context, written <-chan struct{}) {
	pacer := pacer{Pace: m.Pace}
	due := time.NewTimer(0)
	started := time.NewTimer(m.StartGrace)
	tick, status := time.NewTicker(m.Pace.Tick), time.NewTicker(m.Pace.Status)
	defer due.Stop()
	defer started.Stop()
	defer tick.Stop()
	defer status.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-written:
			return
		case <-m.changed:
			due.Reset(pacer.wait(time.Now()))
		case <-started.C:
			due.Reset(0)
		case <-tick.C: // ages grow and waivers end without anyone saying so
			due.Reset(pacer.wait(time.Now()))
		case <-due.C:
			began := time.Now()
			if m.look(ctx, began) {
				pacer.audited(began, time.Now())
			} else {
				due.Reset(pacer.overtaken())
			}
		case <-status.C:
			m.sayStatus()
		}
	}
}

// Pace says when audits are made. What is zero takes its default.
type Pace struct {
	Quiet  time.Duration // an audit waits until nothing has changed for so long: 1 s
	Most   time.Duration // and no longer than this after the first change: 3 s
	Tick   time.Duration // an audit is made so often where nothing changes at all: 1 min
	Status time.Duration // a line on how things stand: 5 min
	Settle time.Duration // a file that changes is read when it has not changed for so long: 2 s
	Alive  time.Duration // Config.Alive is called so often: 10 s
}

func (p Pace) orDefault() Pace {
	return Pace{
		Quiet: cmp.Or(p.Quiet, time.Second), Most: cmp.Or(p.Most, 3*time.Second),
		Tick: cmp.Or(p.Tick, time.Minute), Status: cmp.Or(p.Status, 5*time.Minute),
		Settle: cmp.Or(p.Settle, 2*time.Second), Alive: cmp.Or(p.Alive, 10*time.Second),
	}
}

// pacer says how long the next audit waits. Its times are steady: a clock that is set does not move
// them.
type pacer struct {
	Pace
	first time.Time // the first change since the last audit, zero where there was none
	rests time.Time // no audit before this
}

// share is how many times as long as an audit the writer has the table for itself after it.
const share = 4

// wait is told of a change, and gives the time to the audit that it leads to.
func (p *pacer) wait(now time.Time) time.Duration {
	if p.first.IsZero() {
		p.first = now
	}
	at := now.Add(p.Quiet)
	if last := p.first.Add(p.Most); at.After(last) {
		at = last
	}
	if at.Before(p.rests) {
		at = p.rests
	}
	return max(0, at.Sub(now))
}

// overtaken is told of an audit that was broken off, and gives the time to the next one.
func (p *pacer) overtaken() time.Duration {
	p.first = time.Time{}
	return p.Quiet
}

func (p *pacer) audited(began, ended time.Time) {
	p.first = time.Time{}
	p.rests = ended.Add(share * ended.Sub(began))
}
