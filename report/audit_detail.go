package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// AuditDetail writes all that an audit found to be read: the verdict first, then each group under its cause,
// with what the packets meet and what is taken on trust, then the flows.
func AuditDetail(w io.Writer, r *policy.Result, exit int, reasons []string, paint Paint) error {
	p := &printer{w: w, paint: paint}
	sum := Summarize(r)
	p.line("%s", paint.bold(verdictLine(r, exit, sum, count(sum.Groups, "group"))))
	for _, reason := range reasons {
		p.line("  - %s", Clean(reason))
	}
	for _, f := range r.Findings {
		p.finding(f)
	}
	p.flows(r.Flows)
	p.unknownChecks(r)
	return p.err
}

func verdictLine(r *policy.Result, exit int, sum Summary, parts string) string {
	what := map[int]string{policy.ExitClean: "clean", policy.ExitFindings: "findings", policy.ExitIncomplete: "incomplete"}[exit]
	if exit == policy.ExitClean && sum.Error+sum.Warning+sum.Info > 0 {
		what = "findings, none at or above --fail-on"
	}
	line := fmt.Sprintf("audit: %s (exit %d): %s, %s, %s in %s, %d waived, %d unknown", what, exit,
		count(sum.Error, "error"), count(sum.Warning, "warning"), count(sum.Info, "info"), parts, sum.Waived, sum.Unknown)
	if len(r.Flows) == 0 {
		line += "; no flow was checked"
	}
	return line
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (p *printer) finding(f *policy.Finding) {
	pad := ""
	if f.CausedBy == "" {
		p.line("")
	} else {
		pad = "    "
	}
	head := fmt.Sprintf("%s %s %s %s (%s)", p.paint.severity(f.Severity), p.paint.bold(f.Check), f.Subject.Kind, Clean(f.Subject.Name), f.Family)
	if f.WaivedBy != "" {
		head += p.paint.dim(" waived by " + Clean(f.WaivedBy))
	}
	if f.CausedBy != "" {
		head = "└ " + head
	}
	p.line("%s%s", pad, head)
	p.line("%s  %s", pad, Clean(f.Message))
	for i, step := range f.Story {
		p.line("%s  %d. %s", pad, i+1, Clean(step))
	}
	for i, e := range f.Evidence {
		if i == 5 {
			p.line("%s  seen: and %d more (-o json lists them)", pad, len(f.Evidence)-5)
			break
		}
		what := ""
		if e.Prefix.IsValid() {
			what = e.Prefix.String() + " "
		}
		p.line("%s  seen: %s%s", pad, what, p.paint.dim(fmt.Sprintf("%s (feed %s, %s)", Clean(e.Seen), Clean(e.Feed), e.View)))
	}
	if f.Hint != "" {
		p.line("%s  do:   %s", pad, Clean(f.Hint))
	}
	source := f.Source
	if f.Inferred && source != "inferred" {
		source += " (inferred)"
	}
	p.line("%s  %s", pad, p.paint.dim("rule: "+Clean(source)))
	p.line("%s  %s", pad, p.paint.dim(fmt.Sprintf("config: %s; id %s; more: bgpaudit checks explain %s", Clean(f.Config), f.ID, f.Check)))
	p.trust(pad+"  ", f.Assumes)
}

// trust says what an answer could not see and takes as true.
func (p *printer) trust(pad string, assumes []string) {
	if len(assumes) > 0 {
		p.line("%s%s", pad, p.paint.dim("takes on trust: "+Clean(strings.Join(assumes, "; "))))
	}
}

func (p *printer) flows(flows []*policy.Flow) {
	if len(flows) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint.bold("flows"))
	for _, f := range flows {
		p.line("  %-14s %s %s %s: forward %s, return %s%s", f.Verdict, Clean(f.Service), arrow(f.Initiator)+" "+Clean(f.Remote), f.Family,
			way(f.Forward), way(f.Return), dropText(f))
		if f.Why != "" {
			p.line("  %-14s %s", "", p.paint.dim(Clean(f.Why)))
		}
		p.trust(fmt.Sprintf("  %-14s ", ""), f.Assumes)
	}
}

func arrow(i policy.Initiator) string {
	if i == policy.WeStart {
		return "->"
	}
	return "<-"
}

func way(c policy.Choice) string {
	if len(c.Links) == 0 {
		return string(c.Outcome)
	}
	if c.Outcome == rib.OutcomeUnknown || c.Outcome == rib.OutcomeUndetermined {
		return fmt.Sprintf("%s (perhaps %s)", c.Outcome, strings.Join(c.Links, " or "))
	}
	return fmt.Sprintf("%s (%s)", strings.Join(c.Links, "+"), c.Reason)
}

func dropText(f *policy.Flow) string {
	if f.DropsAt == "" {
		return ""
	}
	return ", dropped at " + Clean(f.DropsAt)
}

// unknownChecks names what stays open, check by check.
func (p *printer) unknownChecks(r *policy.Result) {
	if r.ChecksOpen == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint.bold("unknown checks"))
	for _, o := range openChecks(r.Checks) {
		p.line("  %s", Clean(o.reason))
		p.line("    leaves open: %s on %s (%s)", strings.Join(o.checks, ", "), Clean(strings.Join(o.links, ", ")), o.family)
	}
}

// openCheck is what one reason leaves open: every check on every link.
type openCheck struct {
	reason        string
	family        rib.Family
	checks, links []string
}

// openChecks gathers the unknown states by their reason: first the links of each check, then the
// checks that stay open on the same links.
func openChecks(states []policy.CheckState) []*openCheck {
	var single, out []*openCheck
	for _, c := range states {
		if c.State != policy.UnknownState {
			continue
		}
		i := slices.IndexFunc(single, func(o *openCheck) bool {
			return o.reason == c.Reason && o.family == c.Family && o.checks[0] == c.Check
		})
		if i < 0 {
			i, single = len(single), append(single, &openCheck{reason: c.Reason, family: c.Family, checks: []string{c.Check}})
		}
		single[i].links = append(single[i].links, c.Link)
	}
	for _, c := range single {
		i := slices.IndexFunc(out, func(o *openCheck) bool {
			return o.reason == c.reason && o.family == c.family && slices.Equal(o.links, c.links)
		})
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].checks = append(out[i].checks, c.checks...)
	}
	return out
}
