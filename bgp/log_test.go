package bgp

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// stalledLog takes no line until its gate is open.
type stalledLog struct {
	zapcore.LevelEnabler
	writing, gate chan struct{}
}

func (s stalledLog) With([]zapcore.Field) zapcore.Core { return s }
func (s stalledLog) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return c.AddCore(e, s)
}

func (s stalledLog) Write(zapcore.Entry, []zapcore.Field) error {
	s.writing <- struct{}{}
	<-s.gate
	return nil
}
func (stalledLog) Sync() error { return nil }

// TestNobodyWaitsForTheLog: whoever logs holds no lock, so that what there is to see can be seen.
func TestNobodyWaitsForTheLog(t *testing.T) {
	at := netip.MustParseAddr("192.0.2.1")
	for name, play := range map[string]func(*zap.Logger) (logs, looks func()){
		"a refusal": func(log *zap.Logger) (logs, looks func()) {
			r := &refusals{log: log}
			return func() { r.add(at, notConfigured, time.Now()) }, func() { r.list() }
		},
		"a session's limit": func(log *zap.Logger) (logs, looks func()) {
			p := newPeer(&Neighbor{Name: "r"}, at, nil, newQueue(newSwitchboard(0)), log)
			s := &session{peer: p, rec: &receiver{total: &total{}, counts: counts{overLimit: true}}}
			p.current = s
			return func() { p.count(s) }, func() { p.session(time.Now()) }
		},
		"a session's begin": func(log *zap.Logger) (logs, looks func()) {
			p := newPeer(&Neighbor{Name: "r"}, at, nil, newQueue(newSwitchboard(0)), log)
			s := &session{peer: p}
			return func() { p.established(s) }, func() { p.session(time.Now()) }
		},
		"a session's end": func(log *zap.Logger) (logs, looks func()) {
			p := newPeer(&Neighbor{Name: "r"}, at, nil, newQueue(newSwitchboard(0)), log)
			s := &session{peer: p}
			return func() { p.left(s) }, func() { p.session(time.Now()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := stalledLog{zapcore.DebugLevel, make(chan struct{}), make(chan struct{})}
			logs, looks := play(zap.New(log))
			over := make(chan struct{})
			go func() { defer close(over); logs() }()
			<-log.writing
			looks() // hangs, and the test with it, where the lock is held
			close(log.gate)
			<-over
		})
	}
}
