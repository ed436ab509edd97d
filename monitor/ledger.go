package monitor

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// standing is what is known of a finding.
type standing string

const (
	unheard standing = ""        // nothing was logged of it
	raised  standing = "raised"  // the last audit holds it
	unknown standing = "unknown" // it was raised, and what showed it is gone: it may still stand
	cleared standing = "cleared" // it was raised, and an audit proved it gone
)

// entry is one finding, and what was logged of it.
type entry struct {
	*policy.Finding // as the last audit that held it has it
	standing        standing
	why             string    // unknown: what is missing
	since           time.Time // raised first, by the clock
	place           int       // in the last report that held it

	logged   standing // what the log's reader knows
	severity policy.Severity
	waived   bool

	moved bool // in this audit
	damper
	restless time.Time // it began to flap, by the clock

	under  string // the feed whose lost session stands for what became of it, see losses
	fell   string // likewise, the last one that did
	partOf string // the finding on more links that it is left of, while a lost session makes that one unknown
	hush   bool   // that it flaps was not said either
}

// ledger holds every finding that was raised and is not proven gone.
type ledger map[string]*entry

// change is what the log is to say of a finding.
type change string

const (
	nowRaised   change = "raised"
	nowAltered  change = "changed" // its severity or its waiver
	nowUnknown  change = "unknown"
	nowSeen     change = "seen-again" // was unknown, and is still there
	nowCleared  change = "cleared"
	nowFlapping change = "flapping" // comes and goes: held as it was logged last
	nowSteady   change = "steady"   // no longer
)

// news is what one audit gives to log, each list in the order of the report.
type news map[change][]*entry

// take enters an audit. The time of day is for the reader; steady measures the minutes, and no clock
// that is set moves it.
func (l ledger) take(r *policy.Result, p *proof, clock, steady time.Time) news {
	seen := map[string]bool{}
	var order []*entry
	for place, f := range r.Findings {
		seen[f.ID] = true
		e := l[f.ID]
		if e == nil || e.standing == cleared && !e.flapping {
			e = l.enter(f, clock)
		}
		e.Finding, e.place = f, place
		e.become(raised, "")
		order = append(order, e)
	}
	for _, e := range l.unseen(seen) {
		if e.standing != cleared {
			if why := p.open(e.Finding); why != "" {
				e.become(unknown, why)
			} else {
				e.become(cleared, "")
			}
		}
		order = append(order, e)
	}
	return l.tell(order, clock, steady)
}

// enter begins a finding anew; how often it was logged of late stays with it.
func (l ledger) enter(f *policy.Finding, clock time.Time) *entry {
	e := l[f.ID]
	if e == nil {
		e = &entry{}
		l[f.ID] = e
	}
	e.since = clock
	return e
}

func (e *entry) become(s standing, why string) {
	e.moved = e.standing != s
	e.standing, e.why = s, why
}

// unseen lists what the audit does not hold, in the order of the reports that did.
func (l ledger) unseen(seen map[string]bool) []*entry {
	var out []*entry
	for id, e := range l {
		if !seen[id] {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// tell brings what was logged up to what is, for the findings that may speak, and forgets those
// that are over.
func (l ledger) tell(order []*entry, clock, steady time.Time) news {
	out, restless := news{}, map[kin]bool{}
	for _, e := range order {
		c := e.change()
		switch e.step(steady, e.moved, c != "", c == nowCleared, mostOfFinding) {
		case speak:
			out.add(c, e)
		case begins:
			restless[e.kin()] = true
		case ends:
			out.add(nowSteady, e)
			if c != "" {
				out.add(c, e)
			}
		case silent:
			if e.standing == cleared && e.quiet() {
				delete(l, e.ID)
			}
		}
		e.moved = false
	}
	for _, e := range order {
		if restless[e.kin()] && e.join(steady) {
			e.restless = clock.Add(-steady.Sub(e.began))
			out.add(nowFlapping, e)
		}
	}
	return out
}

// kin is what findings of one cause have in common, from audit to audit. Whichever of them flaps, all
// are held, by one line.
type kin struct {
	cause  policy.Cause
	family rib.Family
	alone  string // the finding's id, where its cause is nobody else's
}

func (e *entry) kin() kin {
	k := kin{cause: e.Cause, family: e.Family}
	if e.Cause.What == policy.CauseEvidence && e.Cause.Link == "" {
		k.alone = e.ID
	}
	return k
}

func (n news) add(c change, e *entry) {
	n[c] = append(n[c], e)
	if c != nowFlapping && c != nowSteady {
		e.logged, e.severity, e.waived = e.standing, e.Severity, e.WaivedBy != ""
	}
}

// restlessness says of a finding that is held, why.
func (e *entry) restlessness() string {
	if !e.flapping {
		return ""
	}
	now := map[standing]string{raised: "there", unknown: "unknown", cleared: "gone"}[e.standing]
	return fmt.Sprintf("it comes and goes: %d changes since %s, now %s; it is held until it has stood still for a minute", e.moves, e.restless.UTC().Format(time.RFC3339), now)
}

// change is the step from what was logged to what is; empty where there is none.
func (e *entry) change() change {
	altered := e.severity != e.Severity || e.waived != (e.WaivedBy != "")
	switch {
	case e.standing == unknown && e.logged != unknown:
		return nowUnknown
	case e.standing == cleared && (e.logged == raised || e.logged == unknown):
		return nowCleared
	case e.standing != raised:
		return ""
	case e.logged == unheard || e.logged == cleared:
		return nowRaised
	case altered:
		return nowAltered
	case e.logged == unknown:
		return nowSeen
	}
	return ""
}

// count is how many findings stand at a severity and are not waived, how many are waived, how many
// are unknown, and how many of all are held for coming and going.
func (l ledger) count() (at map[policy.Severity]int, waived, lost, restless int) {
	at = map[policy.Severity]int{}
	for _, e := range l {
		if e.flapping {
			restless++
		}
		switch {
		case e.standing == unknown:
			lost++
		case e.standing == raised && e.WaivedBy != "":
			waived++
		case e.standing == raised:
			at[e.Severity]++
		}
	}
	return at, waived, lost, restless
}
