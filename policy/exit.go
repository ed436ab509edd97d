package policy

import (
	"fmt"
	"slices"

	"bgpaudit/rib"
)

// The exit codes of an audit. 2 (usage or config) never comes from here.
const (
	ExitClean      = 0
	ExitFindings   = 1
	ExitIncomplete = 3
)

// Never, as a --fail-on severity, fails on nothing.
const Never Severity = 4

// Exit gives the exit code of an audit and the reasons for it, the weightiest first. Incomplete
// outranks findings and hides nothing.
func (r *Result) Exit(failOn Severity) (code int, reasons []string) {
	incomplete := r.missing()
	worse := 0
	for _, f := range r.Findings {
		if f.WaivedBy == "" && f.Severity >= failOn {
			worse++
		}
	}
	if worse > 0 {
		code = ExitFindings
		reasons = append(reasons, fmt.Sprintf("%s at or above %s", plural(worse, "finding"), failOn))
	}
	if len(incomplete) > 0 {
		code = ExitIncomplete
		reasons = append(incomplete, reasons...)
	}
	if r.services == 0 {
		reasons = append(reasons, "no flow was checked: no service is declared")
	}
	for _, f := range r.Feeds {
		if f.State.Closed {
			reasons = append(reasons, fmt.Sprintf("feed %s is live and was left out", f.Name))
		}
	}
	if code == ExitClean {
		reasons = append(append(reasons, r.restsOn()...), r.audited())
	}
	return code, reasons
}

// missing lists what makes an audit incomplete.
func (r *Result) missing() []string {
	var out []string
	if r.declared == 0 {
		out = append(out, "nothing is declared: no prefix, pool or service to audit")
	}
	for _, f := range r.Feeds {
		if why := f.Failing(); why != "" && !f.State.Closed && !r.accepted[f.Name] {
			if len(f.State.Errors) > 0 {
				why += " (" + f.State.Errors[0] + ")"
			}
			out = append(out, why)
		}
	}
	if r.unaccepted > 0 {
		out = append(out, fmt.Sprintf("%s and %s unknown", plural(r.FlowsOpen, "flow"), plural(r.ChecksOpen, "check state")))
	}
	return out
}

// audited says which families a clean answer is about.
func (r *Result) audited() string {
	var is, not []string
	for _, fam := range rib.Families {
		if slices.Contains(r.Families, fam) {
			is = append(is, fam.String())
		} else {
			not = append(not, fam.String())
		}
	}
	if len(not) == 0 {
		return "audited: " + list(is)
	}
	return fmt.Sprintf("audited: %s alone (%s: not audited)", list(is), list(not))
}

// restsOn says what weak ages a clean answer rests on.
func (r *Result) restsOn() []string {
	var mtimes, ageless []string
	for _, f := range r.Feeds {
		switch {
		case f.State.Live || f.State.Closed || f.View == rib.Declared:
		case f.State.AsOfSource == rib.AgeFromMtime:
			mtimes = append(mtimes, f.Name)
		case f.State.MaxAge == 0:
			ageless = append(ageless, f.Name)
		}
	}
	for _, f := range r.Feeds {
		if f.State.AsOfSource == rib.AgeFromMtime && f.State.MaxAge == 0 && !slices.Contains(ageless, f.Name) {
			ageless = append(ageless, f.Name)
		}
	}
	var out []string
	if len(mtimes) > 0 {
		out = append(out, "rests on the file times of "+list(mtimes))
	}
	if len(ageless) > 0 {
		out = append(out, "rests on feeds without max-age: "+list(ageless))
	}
	return out
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
