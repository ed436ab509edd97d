package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"bgpaudit/report"
)

// console writes the log for people: time, level, words, and then what matters, in one line. What is
// for programs alone (evidence, cause, group) is in the form json.
type console struct {
	*zapcore.MapObjectEncoder // the fields of a logger itself
}

var logLines = buffer.NewPool()

func newConsole() console { return console{zapcore.NewMapObjectEncoder()} }

// Clone copies the fields of a logger for one that has more.
func (c console) Clone() zapcore.Encoder {
	out := newConsole()
	maps.Copy(out.Fields, c.Fields)
	return out
}

// EncodeEntry makes the line of an entry.
func (c console) EncodeEntry(e zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	all := zapcore.NewMapObjectEncoder()
	var order []string
	for k, v := range c.Fields {
		all.Fields[k] = v
		order = append(order, k)
	}
	slices.Sort(order)
	for _, f := range fields {
		f.AddTo(all)
		if _, added := all.Fields[f.Key]; added && !slices.Contains(order, f.Key) {
			order = append(order, f.Key)
		}
	}
	line := logLines.Get()
	line.AppendString(e.Time.UTC().Format(time.RFC3339))
	line.AppendString(fmt.Sprintf("  %-5s  ", e.Level))
	line.AppendString(report.Clean(e.Message))
	if about := aboutFinding(all.Fields); about != "" {
		line.AppendString(": " + about)
	}
	for _, k := range order {
		text := shown(all.Fields[k])
		said := (k == "neighbor" || k == "address") && strings.Contains(e.Message, text)
		if text != "" && !said && !slices.Contains(forPrograms, k) {
			line.AppendString("  " + strings.ReplaceAll(k, "_", " ") + ": " + text)
		}
	}
	line.AppendByte('\n')
	return line, nil
}

// forPrograms are the fields that are said in the words, or that a person asks explain for.
var forPrograms = []string{
	"event", "check", "severity", "subject", "family", "links", "prefixes", "text", "group", "cause", "caused_by", "since", "evidence", "prefixes_count",
	"errorVerbose",
}

// aboutFinding is what a line is about: a finding with its subject, prefixes, links and what is
// wrong, or the links of a session.
func aboutFinding(f map[string]any) string {
	prefixes, links := shown(f["prefixes"]), shown(f["links"])
	var out []string
	for _, k := range []string{"check", "subject"} {
		if text := shown(f[k]); text != "" {
			out = append(out, text)
		}
	}
	if prefixes != "" {
		out = append(out, prefixes)
	}
	if links != "" {
		out = append(out, "on "+links)
	}
	about := strings.Join(out, " ")
	if text := shown(f["text"]); text != "" {
		about += ": " + text
	}
	return about
}

// shown is a value for people; empty where there is nothing to show.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return report.Clean(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []any:
		var out []string
		for _, each := range v {
			out = append(out, shown(each))
		}
		return strings.Join(out, ", ")
	case map[string]any: // a finding in short
		text := strings.TrimSpace(aboutFinding(map[string]any{"check": v["check"], "subject": v["subject"], "prefixes": v["prefixes"], "links": v["links"]}))
		return text + " (id " + shown(v["id"]) + ")"
	}
	return report.Clean(fmt.Sprint(v))
}
