package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bgpaudit/rib"
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
				Hint:    "repair what it accepted, or give it a new date", Config: w.Pos, waiver: w,
			})
		}
	},
}

var waiverUnused = &Check{
	ID: "waiver/unused", Title: "A waiver matches no finding", Severity: Warning, Source: "inferred", phase: onWaivers,
	Run: func(ps *Pass) {
		// Waivers of this check come last: what they match is known by then.
		ps.reportUnused(func(w *Waiver) bool { return w.Check != ps.check.ID })
		ps.reportUnused(func(w *Waiver) bool { return w.Check == ps.check.ID })
	},
}

func (ps *Pass) reportUnused(which func(*Waiver) bool) {
	ps.waive()
	for _, f := range ps.findings {
		ps.found.waivers.each(f, func(w *Waiver) { ps.found.used[w] = true })
	}
	before := len(ps.findings)
	for i := range ps.Waivers {
		w := &ps.Waivers[i]
		if !which(w) || ps.Now.After(w.Until) || ps.found.used[w] {
			continue
		}
		// A waiver of this check may be meant for one that it has just reported.
		if w.Check == ps.check.ID && slices.ContainsFunc(ps.findings[before:], w.matches) {
			continue
		}
		ps.report(Finding{
			Subject: Subject{"waiver", w.label()}, Family: ps.families[0], Cause: Cause{What: CauseEvidence, Remote: "waiver " + w.label()},
			Message: fmt.Sprintf("the waiver of %s matches no finding", w.label()), Hint: "remove it, or correct its match", Config: w.Pos, waiver: w,
		})
	}
}

// label names a waiver by its check and match.
func (w *Waiver) label() string {
	parts := []string{w.Check, w.Link, w.Pool, w.Service}
	if w.Prefix.IsValid() {
		parts = append(parts, w.Prefix.String())
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// waiverIndex finds the waivers in force that accept a finding.
type waiverIndex struct {
	every  map[string][]*Waiver        // by check, in config order
	plain  map[string][]*Waiver        // those without a prefix
	nested map[string]*nest[[]*Waiver] // those with one
	order  map[*Waiver]int
}

func indexWaivers(all []Waiver, now time.Time) *waiverIndex {
	x := &waiverIndex{map[string][]*Waiver{}, map[string][]*Waiver{}, map[string]*nest[[]*Waiver]{}, map[*Waiver]int{}}
	for i := range all {
		w := &all[i]
		if now.After(w.Until) {
			continue
		}
		x.order[w] = i
		x.every[w.Check] = append(x.every[w.Check], w)
		if !w.Prefix.IsValid() {
			x.plain[w.Check] = append(x.plain[w.Check], w)
			continue
		}
		if x.nested[w.Check] == nil {
			x.nested[w.Check] = &nest[[]*Waiver]{}
		}
		n := x.nested[w.Check]
		have, _ := n.of(w.Prefix)
		n.put(w.Prefix, append(have, w))
	}
	return x
}

// each calls fn for every waiver in force that accepts the finding.
func (x *waiverIndex) each(f *Finding, fn func(*Waiver)) {
	try := func(ws []*Waiver) {
		for _, w := range ws {
			if w.matches(f) {
				fn(w)
			}
		}
	}
	if f.waiver != nil || len(f.Prefixes) == 0 {
		try(x.every[f.Check])
		return
	}
	try(x.plain[f.Check])
	if n := x.nested[f.Check]; n != nil {
		n.around(f.Prefixes[0], func(_ netip.Prefix, ws []*Waiver) bool {
			try(ws)
			return false
		})
	}
}

// of is the first of them in the config; nil where none does.
func (x *waiverIndex) of(f *Finding) *Waiver {
	var first *Waiver
	x.each(f, func(w *Waiver) {
		if first == nil || x.order[w] < x.order[first] {
			first = w
		}
	})
	return first
}

// waive marks the findings that a waiver in force accepts.
func (ps *Pass) waive() {
	for _, f := range ps.findings {
		if f.WaivedBy != "" || f.flood != nil {
			continue
		}
		if w := ps.found.waivers.of(f); w != nil {
			f.WaivedBy = w.Pos
		}
	}
}

func (w *Waiver) matches(f *Finding) bool {
	if f.flood != nil { // of findings that are accepted already, or that no waiver accepts
		return f.flood.waiver == w
	}
	if about := f.waiver; about != nil {
		return about != w && w.Check == f.Check && (w.Link == "" || w.Link == about.Link) && (w.Pool == "" || w.Pool == about.Pool) &&
			(w.Service == "" || w.Service == about.Service) && (!w.Prefix.IsValid() || w.Prefix == about.Prefix)
	}
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

// accepts reports whether waivers keep the unknown of a gap out of the exit code, by saying
// accept-unknown: of every finding that stands for the gap, or of the faults of every feed that the
// gap comes from.
func (ps *Pass) accepts(g gap) bool {
	is, known := ps.accepted[g]
	if !known {
		is = ps.acceptsGap(g)
		ps.accepted[g] = is
	}
	return is
}

func (ps *Pass) acceptsGap(g gap) bool {
	stands := 0
	waived := true
	for _, f := range ps.findings {
		if slices.Contains(f.gaps, g) {
			stands++
			waived = waived && ps.acceptsUnknown(f)
		}
	}
	if stands > 0 && waived {
		return true
	}
	if g.link == rib.NoLink {
		return false
	}
	faults := 0
	for _, id := range ps.Sight.Coverage(g.link, g.dir, g.fam).Feeds {
		if feed := ps.table.Feeds()[id]; feed.Failing() != "" {
			faults++
			if !ps.acceptsFeed(feed) {
				return false
			}
		}
	}
	return faults > 0
}

// acceptsFeed is accepts for a feed that is unreadable, partial, stale or contradicted: its own
// findings are the ones to waive.
func (ps *Pass) acceptsFeed(feed *rib.Feed) bool {
	accepted := false
	for _, f := range ps.findings {
		if f.Subject != (Subject{"feed", feed.Name}) || f.Check == evidenceUnclassified.ID || f.Check == evidenceUnprovenEnd.ID {
			continue
		}
		if !ps.acceptsUnknown(f) {
			return false
		}
		accepted = true
	}
	return accepted
}

// acceptsUnknown reports whether the finding is waived by a waiver that says accept-unknown.
func (ps *Pass) acceptsUnknown(f *Finding) bool {
	return f.WaivedBy != "" && slices.ContainsFunc(ps.Waivers, func(w Waiver) bool { return w.AcceptUnknown && w.Pos == f.WaivedBy })
}
