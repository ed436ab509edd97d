package main

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// short is a finding as the monitor logs it in short.
type short struct{ check, subject, id string }

func (s short) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("check", s.check)
	to.AddString("subject", s.subject)
	to.AddString("id", s.id)
	return nil
}

// TestTheConsoleSaysWhatMattersInOneLine.
func TestTheConsoleSaysWhatMattersInOneLine(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 14, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		entry  zapcore.Entry
		fields []zapcore.Field
		want   string
	}{
		{"words alone", zapcore.Entry{Level: zapcore.InfoLevel, Message: "stopped: every session was sent a Cease"}, nil, "2026-11-20T09:14:00Z  info   stopped: every session was sent a Cease\n"},
		{"a finding names check, subject, prefix, link, hint and id", zapcore.Entry{Level: zapcore.ErrorLevel, Message: "finding raised"}, []zapcore.Field{
			zap.String("event", "raised"), zap.String("check", "link/wrong"), zap.String("severity", "error"), zap.String("subject", "pool nat-users"), zap.String("family", "ipv6"),
			zap.Strings("links", []string{"er-primary"}), zap.Strings("prefixes", []string{"2001:db8:113::/48"}), zap.String("text", "it is advertised where it must not be"),
			zap.String("id", "0123456789abcdef"), zap.String("group", "0123456789abcdef"), zap.Time("since", at), zap.String("hint", "stop advertising it there"), zap.Strings("evidence", []string{"a", "b"}),
		}, "2026-11-20T09:14:00Z  error  finding raised: link/wrong pool nat-users 2001:db8:113::/48 on er-primary: it is advertised where it must not be  id: 0123456789abcdef  hint: stop advertising it there\n"},
		{"a lost session with what it makes unknown", zapcore.Entry{Level: zapcore.WarnLevel, Message: "session lost: edge1 (192.0.2.1)"}, []zapcore.Field{
			zap.String("event", "session-lost"), zap.String("neighbor", "edge1"), zap.String("address", "192.0.2.1"), zap.Strings("links", []string{"isp-a", "isp-b"}), zap.String("why", "hold timer expired"),
			zap.Int("findings_unknown", 1), zap.Objects("findings", []short{{"link/wrong", "prefix public", "0123456789abcdef"}}),
		}, "2026-11-20T09:14:00Z  warn   session lost: edge1 (192.0.2.1): on isp-a, isp-b  why: hold timer expired  findings unknown: 1  findings: link/wrong prefix public (id 0123456789abcdef)\n"},
		{"what others wrote moves no cursor and makes no line", zapcore.Entry{Level: zapcore.WarnLevel, Message: "no session"}, []zapcore.Field{zap.Error(errors.New("a\nb\x1b[2J"))}, "2026-11-20T09:14:00Z  warn   no session  error: a\\x0ab\\x1b[2J\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.entry.Time = at
			line, err := newConsole().EncodeEntry(c.entry, c.fields)
			if err != nil || line.String() != c.want {
				t.Errorf("%v\n%swant\n%s", err, line, c.want)
			}
		})
	}
	with := newConsole().Clone()
	zap.String("neighbor", "edge1").AddTo(with)
	zap.Int("flaps", 3).AddTo(with)
	if line, err := with.EncodeEntry(zapcore.Entry{Time: at, Message: "words"}, nil); err != nil || line.String() != "2026-11-20T09:14:00Z  info   words  flaps: 3  neighbor: edge1\n" {
		t.Errorf("the fields of a logger itself: %v %s", err, line)
	}
}
