package main

import (
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bgpaudit/monitor/journal"
	"bgpaudit/report"
)

// lastLines is how long the reader of the log has for the last lines.
const lastLines = 2 * time.Second

// monitorLog: the log is all that a monitor says, so it says more than the other verbs' does. Its
// reader may be slow, stall or end: no session waits for it or ends with it.
func (g *global) monitorLog() (*journal.Journal, error) {
	level := zapcore.InfoLevel
	switch {
	case g.verbose:
		level = zapcore.DebugLevel
	case g.quiet:
		level = zapcore.WarnLevel
	}
	enc, err := g.encoder()
	if err != nil {
		return nil, err
	}
	signal.Ignore(syscall.SIGPIPE) // else the first line after the end of its reader ends the process
	j := journal.New(g.stderr, func(dropped uint64) []byte { return missing(enc.Clone(), dropped) })
	g.log = zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(report.SafeJSON(j))), level))
	return j, nil
}

// missing is the line in the place of those that the reader was too slow for.
func missing(enc zapcore.Encoder, dropped uint64) []byte {
	line, err := enc.EncodeEntry(zapcore.Entry{Level: zapcore.ErrorLevel, Time: time.Now(), Message: "lines of the log are missing here: its reader did not keep up"},
		[]zapcore.Field{zap.String("event", "log-lost"), zap.Uint64("lines", dropped)})
	if err != nil {
		return nil // of these fields it takes every one
	}
	return line.Bytes()
}
