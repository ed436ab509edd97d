package monitor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// answer is what the last audit came to.
type answer struct {
	given   bool
	at      time.Time // of the audit, by the clock
	code    int
	reasons []string
	took    time.Duration
	site    int // that it is of
}

// look audits the table as it stands now, and logs what is new. Where the audit itself fails, which
// is a defect of ours, the findings stay as they were and the answer is unknown: the collection goes
// on. It reports whether the audit was made; one that was overtaken is not.
func (m *Monitor) look(ctx context.Context, began time.Time) bool {
	m.auditing.begin()
	defer m.auditing.end()
	clock, before := m.Now(), m.answer
	news, notices, err := m.judge(ctx, clock, began)
	if errors.Is(err, errOvertaken) {
		return false
	}
	if err != nil {
		m.Log.Error("the audit failed: a defect of bgpaudit, please report it; what was found before stands", zap.Error(err))
	}
	m.sayNews(news, notices)
	m.sayAnswerWhereNew(!before.same(m.answer), began)
	return true
}

// sayAnswerWhereNew says what the audit came to where that differs from what was said of the one
// before; one that comes and goes is said to, and then waits until it has stood still.
//
// While the sessions begin it is not said. Where a session that is lost is all that makes it 3, that
// has been said.
func (m *Monitor) sayAnswerWhereNew(moved bool, steady time.Time) {
	if m.Starting() || m.saidAnswer.given && m.answer.code == policy.ExitIncomplete && !m.unexplained {
		return
	}
	differs := !m.saidAnswer.given || !m.saidAnswer.same(m.answer)
	switch m.answering.step(steady, moved, differs, m.answer.code == policy.ExitClean, mostOfAnswer) {
	case silent:
		return
	case begins:
		m.answering.join(steady)
		m.Log.Warn("audit: the answer comes and goes: it is said again when it has stood still for a minute",
			zap.String("event", "flapping"), zap.Int("exit", m.answer.code), bounded("because", m.answer.reasons))
		return
	case speak, ends:
	}
	if differs {
		m.sayAnswer()
		m.saidAnswer = m.answer
	}
}

// judge makes one audit, of a table that stands still meanwhile. What it found and what it came to are told in
// one: nobody may read the one beside the other of the audit before.
func (m *Monitor) judge(ctx context.Context, clock, began time.Time) (out news, notices []*Notice, err error) {
	m.still.Lock()
	defer m.still.Unlock()
	m.due.begin()
	defer func() { m.due.end(!errors.Is(err, errOvertaken)) }()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			m.told.Lock()
			defer m.told.Unlock()
			m.unexplained = true
			m.answer = answer{given: true, code: policy.ExitIncomplete, reasons: []string{"the last audit failed, by a defect of bgpaudit"}, took: time.Since(began), site: m.sites}
		}
	}()
	m.settle(clock)
	m.table.RLock()
	defer m.table.RUnlock()
	sight := rib.NewSight(m.Table, m.Options)
	result := m.audit(m.overtaken(ctx), m.Intent, sight, clock)
	if result == nil {
		return nil, nil, errOvertaken
	}
	result.Feeds = asTheyAre(result.Feeds)
	now := answer{given: true, at: clock, took: time.Since(began), site: m.sites}
	now.code, now.reasons = result.Exit(policy.Error)
	m.told.Lock()
	defer m.told.Unlock()
	before, p := m.last, newProof(result, sight)
	m.last, m.answer = result, now
	out = m.ledger.take(result, p, clock, began)
	return out, m.account(out, p, before, began), nil
}

func (m *Monitor) settle(clock time.Time) {
	m.table.Lock()
	defer m.table.Unlock()
	m.judgeLive(clock)
	m.Table.Settle()
}

// asTheyAre are copies of the feeds that later changes leave alone.
func asTheyAre(feeds []*rib.Feed) []*rib.Feed {
	out := make([]*rib.Feed, len(feeds))
	for i, f := range feeds {
		c := *f
		out[i] = &c
	}
	return out
}

// aging is the part of a reason that grows from audit to audit, and is no news by itself.
var aging = regexp.MustCompile(`[0-9hms.]+ old`)

func (a answer) same(b answer) bool {
	return a.code == b.code && slices.EqualFunc(a.reasons, b.reasons, func(x, y string) bool {
		return aging.ReplaceAllLiteralString(x, "old") == aging.ReplaceAllLiteralString(y, "old")
	})
}

func (m *Monitor) sayAnswer() {
	level, say := zapcore.WarnLevel, "incomplete"
	switch m.answer.code {
	case policy.ExitClean:
		level, say = zapcore.InfoLevel, "clean"
	case policy.ExitFindings:
		say = "findings"
	}
	m.Log.Log(level, fmt.Sprintf("audit: exit %d, %s", m.answer.code, say),
		zap.String("event", "answer"), zap.Int("exit", m.answer.code), bounded("because", m.answer.reasons), zap.Duration("took", m.answer.took))
}

// sayStatus says how things stand.
func (m *Monitor) sayStatus() {
	up, down := 0, []string{}
	for _, s := range m.Sessions.Sessions() {
		if s.State == bgp.Established {
			up++
		} else {
			down = append(down, fmt.Sprintf("%s %s %s", s.Name, s.Address, s.State))
		}
	}
	refused := 0
	for _, r := range m.Sessions.Refusals() {
		refused += r.Count
	}
	m.table.RLock()
	routes, lost := m.Table.Len(), m.writer.lost
	m.table.RUnlock()
	at, waived, unknown, restless := m.ledger.count()
	m.Log.Info("status", zap.String("event", "status"), zap.Int("sessions_up", up), bounded("sessions_down", down), zap.Int("routes", routes), zap.Int("routes_not_kept", lost),
		zap.Int("connections_refused", refused), zap.Int("error", at[policy.Error]), zap.Int("warning", at[policy.Warning]), zap.Int("info", at[policy.Info]),
		zap.Int("waived", waived), zap.Int("unknown", unknown), zap.Int("flapping", restless), zap.Int("exit", m.answer.code), bounded("because", m.answer.reasons), zap.Duration("audit_took", m.answer.took))
}
