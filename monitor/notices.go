package monitor

import (
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// sayNotices logs what became of sessions, a line each, whatever came of it.
func (m *Monitor) sayNotices(all []*Notice) {
	for _, n := range all {
		level := zapcore.InfoLevel
		if n.What == sessionLost || n.What == sessionFlapping {
			level = zapcore.WarnLevel
		}
		m.Log.Log(level, n.words(), n.fields()...)
	}
}

// words are the line's message.
func (n *Notice) words() string {
	who := n.Neighbor + " (" + n.Address + ")"
	switch n.What {
	case sessionLost:
		return "session lost: " + who
	case sessionUp:
		return "session up and whole: " + who
	case sessionFlapping:
		return "session comes and goes: " + who + ", it is said again when it has stood still for a minute"
	case sessionSteady:
		return "session no longer comes and goes: " + who
	}
	return "session back and whole: " + who
}

func (n *Notice) fields() []zap.Field {
	out := []zap.Field{zap.String("event", n.What), zap.String("neighbor", n.Neighbor), zap.String("address", n.Address), bounded("links", n.Links)}
	if n.Why != "" && n.What != sessionUp {
		out = append(out, zap.String("why", n.Why))
	}
	if !n.At.IsZero() {
		out = append(out, zap.Time("since", n.At))
	}
	switch n.What {
	case sessionLost:
		out = append(out, zap.Int("findings_unknown", len(n.Findings)), zap.Int("flows_unknown", n.Flows), zap.Int("checks_unknown", n.Checks))
		if len(n.Findings) > 0 {
			out = append(out, n.listed())
		}
	case sessionFlapping, sessionSteady:
		out = append(out, zap.Int("changes", n.moves), zap.Bool("up", n.Up))
	}
	return append(out, zap.Int("exit", n.Exit))
}

func (n *Notice) listed() zap.Field {
	list := make([]brief, min(len(n.Findings), mostListed))
	for i := range list {
		list[i] = brief{*n.Findings[i], unknown}
	}
	return zap.Objects("findings", list)
}

// sayStart says what is waited for, and that nothing is known until then.
func (m *Monitor) sayStart() {
	if m.StartGrace > 0 {
		m.Log.Info(fmt.Sprintf("starting: every answer is unknown until each session has sent its whole table, and for %s at most before it is said what lacks", m.StartGrace),
			zap.String("event", "starting"), zap.Int("sessions", len(m.Neighbors)), zap.Duration("at_most", m.StartGrace))
	}
}

// Starting reports whether the sessions have yet to send their whole tables after the start, and may
// take their time. Nothing is known meanwhile, and nothing that lacks is news.
func (m *Monitor) Starting() bool {
	m.told.Lock()
	defer m.told.Unlock()
	return m.starts
}
