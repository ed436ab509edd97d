package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Bounds of a brief audit. What they leave out is counted, and AuditDetail has it.
const (
	mostFlowLines   = 20 // of flows that are broken
	mostOpenFlows   = 4  // of flows that are unknown
	mostOtherFlows  = 10 // of the others
	mostCauses      = 50
	mostNameLines   = 4 // of feeds that one reason is true of
	mostOpenReasons = 10
	mostGaps        = 10 // of reasons for which evidence is missing
	mostIDs         = 4
)

// AuditBrief writes an audit to be read at a glance: the verdict, the flows with the broken ones first, then a
// short block a cause: what is wrong, where it is seen, what to do. Each reason for what is unknown comes once.
// No line is wider than [Width], unless one word is.
func AuditBrief(w io.Writer, r *policy.Result, exit int, reasons []string, paint Paint) error {
	p := &printer{w: w, paint: paint}
	sum := Summarize(r)
	wrong, missing := causes(r)
	told := failingTold(missing, r.Feeds)
	gaps := gather(missing, told)
	p.wrap("", "  ", verdictLine(r, exit, sum, count(len(wrong)+len(gaps), "cause")), paint.bold)
	for _, reason := range reasons {
		if !toldBelow(reason, r.Feeds, told) {
			p.wrap("  - ", "    ", Clean(reason), nil)
		}
	}
	p.flowTable(r)
	routers := map[string]string{}
	for i := range r.Links {
		routers[r.Links[i].Name] = r.Links[i].Router
	}
	notes := slices.IndexFunc(wrong, func(c *cause) bool { return c.worst() == policy.Info })
	if notes < 0 {
		notes = len(wrong)
	}
	p.causes(wrong[:notes], routers)
	p.missing(gaps, missing)
	p.causes(wrong[notes:], routers)
	p.open(r)
	if len(r.Findings) > 0 {
		p.line("")
		p.line("%s", paint.dim("-v: what the packets meet, effects, rules, trust; bgpaudit checks explain CHECK: what a check means"))
	}
	return p.err
}

// toldBelow reports whether a reason only says of a feed that it fails, and the missing evidence says so too.
func toldBelow(reason string, feeds []*rib.Feed, told map[string]bool) bool {
	return slices.ContainsFunc(feeds, func(f *rib.Feed) bool {
		why := f.Failing()
		return told[f.Name] && !f.State.Closed && (reason == why || strings.HasPrefix(reason, why+" ("))
	})
}

// Width is how many columns a brief audit is wide.
const Width = 120

// wrap prints words in lines of at most Width columns. paint colours each line; nil: none.
func (p *printer) wrap(first, rest, text string, paint func(string) string) {
	if paint == nil {
		paint = func(s string) string { return s }
	}
	lead, line := first, ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len([]rune(lead))+len([]rune(line))+1+len([]rune(word)) > Width:
			p.line("%s%s", lead, paint(line))
			lead, line = rest, word
		default:
			line += " " + word
		}
	}
	if line != "" {
		p.line("%s%s", lead, paint(line))
	}
}

func (p *printer) causes(all []*cause, routers map[string]string) {
	for _, c := range all[:min(len(all), mostCauses)] {
		p.cause(c, routers)
	}
	if n := len(all) - mostCauses; n > 0 {
		p.line("")
		p.line("and %s: -v lists them", count(n, "more cause"))
	}
}

// cause prints one: what, where, what to do, what else it brings about.
func (p *printer) cause(c *cause, routers map[string]string) {
	head := c.heads[0]
	p.line("")
	title := fmt.Sprintf("%s %s %s %s (%s)", p.paint.severity(head.Severity), p.paint.bold(head.Check), head.Subject.Kind, Clean(head.Subject.Name), c.families())
	if head.WaivedBy != "" {
		title += p.paint.dim(" waived by " + Clean(head.WaivedBy))
	}
	p.line("%s", title)
	var what, at, do, ids []string
	for _, f := range c.heads {
		what, at, do, ids = addText(what, Clean(f.Message)), addText(at, where(f, routers)), addText(do, Clean(f.Hint)), append(ids, f.ID)
	}
	for _, s := range what {
		p.wrap("  ", "  ", s, nil)
	}
	for _, s := range at {
		p.wrap("  seen: ", "        ", s, nil)
	}
	for _, s := range do {
		p.wrap("  do:   ", "        ", s, nil)
	}
	for _, f := range c.effects {
		if !strings.Contains(strings.Join(do, "\n"), Clean(f.Note)) {
			p.wrap("  note: ", "        ", Clean(f.Note), nil)
			do = append(do, Clean(f.Note))
		}
	}
	if also := effectsOf(c); also != "" {
		p.wrap("  with: ", "        ", also, p.paint.dim)
	}
	p.wrap("  id    ", "        ", strings.Join(ids, " "), p.paint.dim)
}

// effectsOf lists what a cause brings about, a check and its subjects at a time; those that are worse than the
// cause with their severity.
func effectsOf(c *cause) string {
	type kind struct {
		check    string
		severity policy.Severity
		waived   bool
	}
	var order []kind
	subjects := map[kind][]string{}
	for _, f := range c.effects {
		k := kind{f.Check, f.Severity, f.WaivedBy != ""}
		if subjects[k] == nil {
			order = append(order, k)
		}
		subjects[k] = addText(subjects[k], f.Subject.Kind+" "+f.Subject.Name)
	}
	slices.SortStableFunc(order, func(a, b kind) int { return cmp.Compare(b.severity, a.severity) })
	const most = 5
	var out []string
	for _, k := range order {
		text, names := k.check, subjects[k]
		if head := c.heads[0]; k.severity > head.Severity || head.WaivedBy != "" && !k.waived {
			text = strings.ToUpper(k.severity.String()) + " " + text
		}
		if k.waived && c.heads[0].WaivedBy == "" {
			text += ", waived"
		}
		if n := len(names) - most; n > 0 {
			names = append(names[:most:most], fmt.Sprintf("%d more", n))
		}
		out = append(out, fmt.Sprintf("%s (%s)", text, Clean(strings.Join(names, ", "))))
	}
	return strings.Join(out, "; ")
}

// missing prints what the audit could not see, each reason once with the names it is true of.
func (p *printer) missing(gaps []*gathered, all []*cause) {
	for i, g := range gaps {
		p.line("")
		if i == mostGaps {
			p.line("and %s: -v lists them", count(len(gaps)-i, "more cause"))
			break
		}
		if g.kind == "feed" {
			g.families = nil // a feed that was not read may have been for any
		}
		names := fmt.Sprintf("%d %ss", len(g.names), g.kind)
		if len(g.names) == 1 {
			names = g.kind + " " + Clean(g.names[0]) + inFamilies(g.families)
		}
		title := fmt.Sprintf("%s %s %s", p.paint.severity(g.severity), p.paint.bold(g.check), names)
		if g.waived != "" {
			title += p.paint.dim(" waived by " + Clean(g.waived))
		}
		p.line("%s", title)
		if len(g.names) > 1 {
			p.names(g.entries(), g.families)
		}
		if len(g.names) == 1 {
			g.reasons = g.full
		}
		for _, s := range g.reasons {
			p.wrap("  ", "  ", Clean(s), nil)
		}
		if len(g.names) == 1 && !strings.Contains(g.full[0], g.files[0]) {
			p.wrap("  seen: ", "        ", Clean(g.files[0]), nil)
		}
		p.wrap("  do:   ", "        ", Clean(g.hint), nil)
		p.wrap("  id    ", "        ", listed(g.ids, mostIDs), p.paint.dim)
	}
	flows, checks := opens(all)
	if len(flows)+len(checks) > 0 {
		p.line("")
		text := "missing evidence leaves open: "
		if len(flows) > 0 {
			text += "flows of " + Clean(listed(flows, mostOpenFlows)) + "; "
		}
		p.wrap("", "  ", strings.TrimSuffix(text+strings.Join(checks, ", "), "; "), nil)
	}
}

// names prints a list of names in a few lines, and their families behind it.
func (p *printer) names(all, families []string) {
	const column = Width - 20
	lines := []string{""}
	shown := 0
	for _, name := range all {
		last := &lines[len(lines)-1]
		switch name = Clean(name); {
		case *last == "":
			*last = name
		case len(*last)+len(name)+2 <= column:
			*last += ", " + name
		case len(lines) == mostNameLines:
			lines[len(lines)-1] += fmt.Sprintf(", and %d more", len(all)-shown)
			p.nameLines(lines, families)
			return
		default:
			*last += ","
			lines = append(lines, name)
		}
		shown++
	}
	p.nameLines(lines, families)
}

func inFamilies(families []string) string {
	if len(families) == 0 {
		return ""
	}
	return " (" + strings.Join(families, ", ") + ")"
}

func (p *printer) nameLines(lines, families []string) {
	lines[len(lines)-1] += inFamilies(families)
	for _, l := range lines {
		p.line("  %s", l)
	}
}

func listed(all []string, most int) string {
	if n := len(all) - most; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), n)
	}
	return strings.Join(all, ", ")
}

// open prints what is unknown for more than the missing evidence that was told: each reason once.
func (p *printer) open(r *policy.Result) {
	var more []policy.CheckState
	for _, c := range r.Checks {
		if c.State == policy.UnknownState && !c.Told {
			more = append(more, c)
		}
	}
	all := openChecks(more)
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint.bold("unknown"))
	for _, o := range all[:min(len(all), mostOpenReasons)] {
		p.wrap("  ", "  ", Clean(o.reason), nil)
		p.wrap("    leaves open: ", "      ", fmt.Sprintf("%s on %s (%s)", strings.Join(o.checks, ", "), Clean(strings.Join(o.links, ", ")), o.family), p.paint.dim)
	}
	if n := len(all) - mostOpenReasons; n > 0 {
		p.line("  and %s: -v lists them", count(n, "more reason"))
	}
}
