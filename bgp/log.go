package bgp

import (
	"fmt"

	"github.com/osrg/gobgp/v3/pkg/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// speakerLog gives what GoBGP logs to zap. GoBGP calls Panic and Fatal on what it thinks cannot
// happen, and counts on the process to end; here it is logged, and the process goes on: one
// session is in doubt, the others are not.
type speakerLog struct{ log *zap.Logger }

var _ log.Logger = speakerLog{}

func (l speakerLog) Panic(msg string, f log.Fields) {
	l.write(zapcore.ErrorLevel, "defect in GoBGP: "+msg, f)
}
func (l speakerLog) Fatal(msg string, f log.Fields) { l.Panic(msg, f) }
func (l speakerLog) Error(msg string, f log.Fields) { l.write(zapcore.WarnLevel, msg, f) }

// What it warns of is what it says to a router, or that it is idle; the session says both itself.
func (l speakerLog) Warn(msg string, f log.Fields)  { l.write(zapcore.DebugLevel, msg, f) }
func (l speakerLog) Info(msg string, f log.Fields)  { l.write(zapcore.DebugLevel, msg, f) }
func (l speakerLog) Debug(msg string, f log.Fields) { l.write(zapcore.DebugLevel, msg, f) }

func (speakerLog) SetLevel(log.LogLevel)  {}
func (speakerLog) GetLevel() log.LogLevel { return log.InfoLevel }

func (l speakerLog) write(level zapcore.Level, msg string, f log.Fields) {
	e := l.log.Check(level, "GoBGP: "+msg)
	if e == nil {
		return
	}
	var fields []zap.Field
	for _, name := range [...]string{"State", "Error", "Err", "Reason", "Data"} { // its Key is our loopback address
		if v, ok := f[name]; ok {
			fields = append(fields, zap.String(name, cleaned(fmt.Sprint(v))))
		}
	}
	e.Write(fields...)
}
