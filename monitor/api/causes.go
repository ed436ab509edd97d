package api

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bgpaudit/monitor"
	"bgpaudit/policy"
)

// mostCauses bounds the causes that have a series of their own: more than anybody repairs one by one,
// and a leaked table is many more. The worst come first, the rest is counted.
const mostCauses = 200

// longestHint is the most octets of a hint in a label.
const longestHint = 400

var (
	causeDesc = gauge("cause", "Findings of one cause that stand, or may and were raised; the labels are those of the first of them, severity is the highest that is not waived.",
		"check", "subject", "prefix", "link", "id", "severity")
	hintDesc    = gauge("cause_hint", "1, with what to do about the cause with this id.", "id", "hint")
	leftOutDesc = gauge("causes_left_out", "Causes that have no series of their own, for there are too many.", "severity")
)

// cause is a group of findings.
type cause struct {
	head     *policy.Finding
	severity policy.Severity // the highest of a finding that is not waived
	findings int             // not waived
}

// causes groups the findings that are held, the worst cause first. One whose evidence is gone, or that
// comes and goes, counts: an alert must not end because nobody sees any more.
func causes(held []monitor.Held, parts map[string]bool) []*cause {
	var out []*cause
	at := map[string]*cause{}
	for _, h := range held {
		f := h.Finding
		if parts[f.ID] { // what it is left of has a series
			continue
		}
		c := at[f.Group]
		if c == nil {
			c = &cause{head: f}
			at[f.Group], out = c, append(out, c)
		}
		if f.ID == f.Group {
			c.head = f
		}
		if f.WaivedBy == "" {
			c.findings++
			c.severity = max(c.severity, f.Severity)
		}
	}
	out = slices.DeleteFunc(out, func(c *cause) bool { return c.findings == 0 })
	slices.SortStableFunc(out, func(a, b *cause) int { return cmp.Compare(b.severity, a.severity) })
	return out
}

// prefix names the cause's own prefix, which is part of what it is; else the first of its head's: a
// list that grows would make another alert each time.
func (c *cause) prefix() string {
	switch {
	case c.head.Cause.Prefix.IsValid():
		return c.head.Cause.Prefix.String()
	case len(c.head.Prefixes) > 0:
		return c.head.Prefixes[0].String()
	}
	return ""
}

func (s standing) causes(to chan<- prometheus.Metric, held []monitor.Held) {
	left := map[policy.Severity]int{policy.Error: 0, policy.Warning: 0, policy.Info: 0}
	for i, c := range causes(held, s.Monitor.Parts()) {
		if i >= mostCauses {
			left[c.severity]++
			continue
		}
		f := c.head
		say(to, causeDesc, float64(c.findings), f.Check, label(f.Subject.Kind+" "+f.Subject.Name), c.prefix(), label(strings.Join(f.Links, "+")), f.ID, c.severity.String())
		say(to, hintDesc, 1, f.ID, labelOf(f.Hint, longestHint))
	}
	for severity, n := range left {
		say(to, leftOutDesc, float64(n), severity.String())
	}
}
