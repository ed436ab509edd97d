package monitor

import (
	"fmt"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bgpaudit/policy"
)

// mostListed bounds every list of a log line; its full length stands beside it.
const mostListed = 20

// mostLines bounds the lines of one event in one audit, whatever it finds.
const mostLines = 100

// words are the messages, which people read; event is what programs match.
var words = map[change]string{
	nowRaised:  "finding raised",
	nowAltered: "finding changed",
	nowUnknown: "findings unknown: evidence lost",
	nowSeen:    "findings seen again: evidence is back",
	nowCleared: "finding cleared",

	nowFlapping: "finding comes and goes: held as it was logged last, until it has stood still for a minute",
	nowSteady:   "findings no longer come and go",
}

// sayNews logs an audit's news. Lost evidence comes first: it explains the rest. A finding is one
// line with its effects; what one loss of evidence makes unknown is one line too, and of a session's
// that line is its notice.
func (m *Monitor) sayNews(n news, notices []*Notice) {
	m.follow.tell(n, notices)
	m.sayNotices(notices)
	for _, lost := range grouped(n[nowUnknown], func(e *entry) string { return e.why }) {
		m.sayTogether(zapcore.WarnLevel, nowUnknown, lost, zap.String("why", lost[0].why))
	}
	if back := n[nowSeen]; len(back) > 0 {
		m.sayTogether(zapcore.InfoLevel, nowSeen, back)
	}
	for _, c := range []change{nowRaised, nowAltered, nowFlapping} {
		m.sayGroups(c, grouped(n[c], func(e *entry) string { return fmt.Sprint(e.kin()) }))
	}
	if calmed := n[nowSteady]; len(calmed) > 0 {
		moves := 0
		for _, e := range calmed {
			moves += e.moves
		}
		m.sayTogether(zapcore.InfoLevel, nowSteady, calmed, zap.Int("changes", moves))
	}
	m.sayGroups(nowCleared, grouped(n[nowCleared], func(e *entry) string { return fmt.Sprint(e.kin()) }))
}

// sayGroups logs the causes one by one, the worst first; of a flood the rest is one line: a leaked
// full table is a million of them.
func (m *Monitor) sayGroups(c change, groups [][]*entry) {
	for _, group := range groups[:min(len(groups), mostLines)] {
		m.sayGroup(c, group)
	}
	if len(groups) > mostLines {
		rest := slices.Concat(groups[mostLines:]...)
		m.sayTogether(levelOfAll(c, rest), c, rest, zap.String("note", fmt.Sprintf("and %d more findings: bgpaudit audit --server URL shows them", len(rest))))
	}
}

// grouped parts a list by a key, both in the order of the list.
func grouped(list []*entry, key func(*entry) string) [][]*entry {
	var out [][]*entry
	at := map[string]int{}
	for _, e := range list {
		i, known := at[key(e)]
		if !known {
			i = len(out)
			at[key(e)], out = i, append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// sayGroup logs findings of one cause: the head of what is new in full, the others as its effects.
func (m *Monitor) sayGroup(c change, group []*entry) {
	head, effects := group[0], group[1:]
	fields := append([]zap.Field{zap.String("event", string(c))}, describe(head)...)
	if len(effects) > 0 {
		fields = append(fields, listed("effects", effects))
		fields = append(fields, zap.Int("effects_count", len(effects)))
	}
	m.Log.Log(levelOfAll(c, group), words[c], fields...)
}

// sayTogether logs findings that share nothing but what became of them.
func (m *Monitor) sayTogether(level zapcore.Level, c change, all []*entry, more ...zap.Field) {
	fields := append([]zap.Field{zap.String("event", string(c)), zap.Int("count", len(all))}, more...)
	m.Log.Log(level, words[c], append(fields, listed("findings", all))...)
}

// levelOfAll is the level of the worst of them; that something is gone is never worse than info.
func levelOfAll(c change, all []*entry) zapcore.Level {
	level := zapcore.InfoLevel
	if c != nowCleared {
		for _, e := range all {
			level = max(level, levelOf(e.Finding))
		}
	}
	return level
}

// levelOf is the level of a finding that stands.
func levelOf(f *policy.Finding) zapcore.Level {
	switch {
	case f.WaivedBy != "" || f.Severity <= policy.Info:
		return zapcore.InfoLevel
	case f.Severity == policy.Warning:
		return zapcore.WarnLevel
	}
	return zapcore.ErrorLevel
}

// describe is a finding in full.
func describe(e *entry) []zap.Field {
	f := e.Finding
	fields := []zap.Field{
		zap.String("check", f.Check), zap.Stringer("severity", f.Severity), zap.String("subject", f.Subject.Kind+" "+f.Subject.Name), zap.Stringer("family", f.Family),
		bounded("links", f.Links), bounded("prefixes", texts(f.Prefixes)), zap.String("text", f.Message),
		zap.String("id", f.ID), zap.String("group", f.Group), zap.Stringer("cause", f.Cause), zap.Time("since", e.since),
	}
	if len(f.Prefixes) > mostListed {
		fields = append(fields, zap.Int("prefixes_count", len(f.Prefixes)))
	}
	if f.More > 0 {
		fields = append(fields, zap.Int("more", f.More))
	}
	if f.CausedBy != "" {
		fields = append(fields, zap.String("caused_by", f.CausedBy))
	}
	if f.WaivedBy != "" {
		fields = append(fields, zap.String("waived_by", f.WaivedBy))
	}
	if e.flapping {
		fields = append(fields, zap.String("why", e.restlessness()))
	}
	if f.Hint != "" && e.standing == raised {
		fields = append(fields, zap.String("hint", f.Hint))
	}
	var seen []string
	for _, ev := range f.Evidence {
		where := ev.Seen
		if ev.Prefix.IsValid() {
			where = fmt.Sprintf("%s in %s", ev.Prefix, ev.Seen)
		}
		from := "feed " + ev.Feed
		if ev.View != "" {
			from += ", " + string(ev.View)
		}
		seen = append(seen, fmt.Sprintf("%s (%s)", where, from))
	}
	return append(fields, bounded("evidence", seen))
}

func texts[T fmt.Stringer](list []T) []string {
	var out []string
	for _, v := range list[:min(len(list), mostListed)] {
		out = append(out, v.String())
	}
	return out
}

// bounded is a list of strings, cut where it is long.
func bounded(key string, list []string) zap.Field {
	if n := len(list); n > mostListed {
		list = append(slices.Clone(list[:mostListed]), fmt.Sprintf("and %d more", n-mostListed))
	}
	return zap.Strings(key, list)
}

// brief is a finding in short, as it was when it was logged.
type brief struct {
	policy.Finding
	standing standing
}

// listed is a list of findings in short.
func listed(key string, all []*entry) zap.Field {
	list := make([]brief, min(len(all), mostListed))
	for i := range list {
		list[i] = brief{*all[i].Finding, all[i].standing}
	}
	return zap.Objects(key, list)
}

// MarshalLogObject writes the finding into a log entry.
func (b brief) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("check", b.Check)
	to.AddString("severity", b.Severity.String())
	to.AddString("subject", b.Subject.Kind+" "+b.Subject.Name)
	to.AddString("id", b.ID)
	to.AddString("now", string(b.standing))
	if b.More > 0 {
		to.AddInt("more", b.More)
	}
	if b.CausedBy != "" {
		to.AddString("caused_by", b.CausedBy)
	}
	if b.WaivedBy != "" {
		to.AddString("waived_by", b.WaivedBy)
	}
	to.AddString("text", b.Message)
	if b.Hint != "" && b.standing == raised {
		to.AddString("hint", b.Hint)
	}
	err := to.AddArray("links", strung(b.Links))
	if err == nil {
		err = to.AddArray("prefixes", strung(texts(b.Prefixes)))
	}
	return err
}

// strung is a list of strings, for a log entry.
type strung []string

// MarshalLogArray writes the strings into a log entry.
func (s strung) MarshalLogArray(to zapcore.ArrayEncoder) error {
	for _, each := range s {
		to.AppendString(each)
	}
	return nil
}
