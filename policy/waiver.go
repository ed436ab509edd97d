package policy

import (
	"fmt"
	"net/netip"
	"slices"
)

// A waiver silences a finding and never hides it. Waiving a cause does not waive its effects on
// flows: each finding is matched by itself.

var waiverExpired = &Check{
	ID: "waiver/expired", Title: "A waiver is past its date", Severity: Warning, Source: "inferred", phase: onWaivers,
	Run: func(ps *Pass) {
		for i := range ps.Waivers {
			w := &ps.Waivers[i]
			if !ps.Now.After(w.Until) {
				continue
			}
			ps.report(Finding{
				Subject: Subject{"waiver", w.label()}, Family: ps.families[0], Cause: Cause{What: CauseEvidence, Remote: "waiver " + w.label()},
				Message: fmt.Sprintf("the waiver of %s (%s, %s) ended on %s; it silences nothing", w.label(), w.Reason, w.Owner, w.Until.Format("2006-01-02")),
				Hint:    "repair what it accepted, or give it a new date", Config: w.Pos,
			})
		}
	},
}

var waiverUnused = &Check{
	ID: "waiver/unused", Title: "A waiver matches no finding", Severity: Warning, Source: "inferred", phase: onWaivers,
	Run: func(ps *Pass) {
		for i := range ps.Waivers {
			w := &ps.Waivers[i]
			if ps.Now.After(w.Until) || slices.ContainsFunc(ps.findings, func(f *Finding) bool { return f.WaivedBy == w.Pos }) {
				continue
			}
			ps.report(Finding{
				Subject: Subject{"waiver", w.label()}, Family: ps.families[0], Cause: Cause{What: CauseEvidence, Remote: "waiver " + w.label()},
				Message: fmt.Sprintf("the waiver of %s matches no finding", w.label()), Hint: "remove it, or correct its match", Config: w.Pos,
			})
		}
	},
}

// label names a waiver by its check and match.
func (w *Waiver) label() string {
	text := w.Check
	for _, part := range []string{w.Link, w.Pool, w.Service} {
		if part != "" {
			text += " " + part
		}
	}
	if w.Prefix.IsValid() {
		text += " " + w.Prefix.String()
	}
	return text
}

// waive marks the findings that a waiver in force accepts.
func (ps *Pass) waive() {
	for i := range ps.Waivers {
		w := &ps.Waivers[i]
		if ps.Now.After(w.Until) {
			continue
		}
		for _, f := range ps.findings {
			if f.WaivedBy == "" && w.matches(f) {
				f.WaivedBy = w.Pos
			}
		}
	}
}

func (w *Waiver) matches(f *Finding) bool {
	switch {
	case w.Check != f.Check,
		w.Link != "" && !slices.Contains(f.Links, w.Link) && f.Cause.Link != w.Link,
		w.Pool != "" && f.Subject != Subject{"pool", w.Pool},
		w.Service != "" && f.Subject != Subject{"service", w.Service}:
		return false
	case !w.Prefix.IsValid():
		return true
	}
	return len(f.Prefixes) > 0 && !slices.ContainsFunc(f.Prefixes, func(p netip.Prefix) bool { return !holds(w.Prefix, p) })
}

// accepts reports whether the gap is one whose unknown a waiver keeps out of the exit code: that of a waived
// evidence finding where the waiver says accept-unknown.
func (ps *Pass) accepts(g gap) bool {
	for i := range ps.Waivers {
		w := &ps.Waivers[i]
		if !w.AcceptUnknown || ps.Now.After(w.Until) {
			continue
		}
		for _, f := range ps.findings {
			if f.WaivedBy == w.Pos && f.Family == g.fam && slices.Contains(f.Links, ps.table.LinkName(g.link)) {
				return true
			}
		}
	}
	return false
}
