package report

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Paint says whether text may carry colour.
type Paint bool

func (p Paint) sgr(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p Paint) bold(s string) string { return p.sgr("1", s) }
func (p Paint) dim(s string) string  { return p.sgr("2", s) }

func (p Paint) severity(s policy.Severity) string {
	code := map[policy.Severity]string{policy.Error: "31;1", policy.Warning: "33;1", policy.Info: "36"}[s]
	return p.sgr(code, strings.ToUpper(s.String()))
}

// printer writes lines and keeps the first error.
type printer struct {
	w     io.Writer
	paint Paint
	err   error
}

// line prints one line. What came from outside goes through Clean first.
func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// Clean makes text from outside safe to print: what could move a terminal's cursor, colour it,
// turn its writing round or break the line becomes an escape.
func Clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, invisible) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "\\x%02x", s[0])
		case !invisible(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, "\\x%02x", r)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
		s = s[size:]
	}
	return b.String()
}

// invisible reports a rune that is no picture of itself: a control, a line or paragraph
// separator, a direction mark, a private or unassigned one.
func invisible(r rune) bool { return !unicode.IsGraphic(r) }

// WinsText writes the answers to a query: each range with its winner and why, the losers with the
// step they lost at, what it takes on trust and what would change it.
func WinsText(w io.Writer, query string, answers []Answer, t *rib.Table, paint Paint) error {
	p := &printer{w: w, paint: paint}
	if len(answers) == 0 {
		p.line("%s: no observer hears a configured link", query)
	}
	for _, a := range answers {
		dir := "return: " + a.Observer + " chooses our link"
		if a.Direction == rib.Received {
			dir = "forward: we choose the link"
		}
		p.line("%s", paint.bold(fmt.Sprintf("%s (%s)", dir, query)))
		for _, r := range a.Ranges {
			p.rangeText(r, t)
		}
	}
	if WinsExit(answers) != policy.ExitClean {
		p.line("")
		p.line("do: bgpaudit feeds shows what was read and what is missing; docs/collect.md has the commands")
	}
	return p.err
}

func (p *printer) rangeText(r rib.Range, t *rib.Table) {
	d := r.Decision
	p.line("")
	p.line("  %s  %s", p.paint.bold(rangeName(r)), answerText(d, t))
	if d.Detail != "" {
		note := ""
		if d.Inferred {
			note += " (inferred)"
		}
		if d.Fragile {
			note += " (fragile: something router-local breaks the tie)"
		}
		p.line("    why: %s%s", Clean(d.Detail), note)
	}
	for _, x := range d.Doubts {
		link := t.LinkName(x.Link)
		if link != "" {
			link = " on " + link
		}
		p.line("    doubt: %s%s (%s): %s", x.Direction, Clean(link), x.Family, Clean(x.Why))
	}
	for _, c := range d.Candidates {
		p.candidate(c, t)
	}
	for _, pr := range d.PerRouter {
		p.line("    router %s: %s", Clean(pr.Router), strings.Join(linkNames(pr.Links, t), " and "))
	}
	for _, a := range d.Assumes {
		p.line("    %s", p.paint.dim("takes on trust: "+Clean(a)))
	}
	for _, f := range d.Flips {
		p.line("    %s", p.paint.dim("flips: "+Clean(f)))
	}
}

func rangeName(r rib.Range) string {
	ps := r.Prefixes()
	if len(ps) <= 4 {
		return strings.Join(prefixes(ps), " ")
	}
	return fmt.Sprintf("%s - %s", r.From, r.To)
}

func answerText(d *rib.Decision, t *rib.Table) string {
	names := strings.Join(linkNames(d.Links, t), " and ")
	switch d.Outcome {
	case rib.OutcomeDecided:
		return fmt.Sprintf("%s wins (%s)", names, d.Reason)
	case rib.OutcomeTie:
		return fmt.Sprintf("tie: %s (%s)", names, d.Reason)
	case rib.OutcomeUnreachable:
		return "unreachable: no route"
	case rib.OutcomeUndetermined, rib.OutcomeUnknown:
	}
	var may []string
	for _, links := range d.Possible {
		one := strings.Join(linkNames(links, t), " and ")
		if one == "" {
			one = "no route"
		}
		may = append(may, one)
	}
	return fmt.Sprintf("%s: it may be %s", strings.ToUpper(string(d.Outcome)), strings.Join(may, ", or "))
}

func (p *printer) candidate(c rib.Candidate, t *rib.Table) {
	state := "wins"
	switch {
	case c.Out:
		state = "out"
	case c.Lost != "":
		state = "loses at " + string(c.Lost)
	}
	link := t.LinkName(c.Link)
	if link == "" {
		link = "(no link)"
	}
	path := "path not shown"
	if !c.Attrs.NotShown.Has(rib.AttrASPath) {
		path = "path [" + c.Attrs.ASPath.String() + "]" + ownASN(t.Feeds()[c.Feed])
	}
	detail := ""
	if c.Detail != "" {
		detail = ": " + c.Detail
	}
	f := t.Feeds()[c.Feed]
	p.line("    %s %s %s, %s%s  %s", c.Prefix, Clean(link), path, state, Clean(detail), p.paint.dim(fmt.Sprintf("seen %s (%s)", Clean(policy.Seen(f, c.Line)), c.View)))
}

// ownASN is what a dump leaves out of its paths, where it prints them before our own ASN.
func ownASN(f *rib.Feed) string {
	if f.State.ASPathForm == rib.BeforeOwnASN {
		return " + own ASN"
	}
	return ""
}

// FeedsText writes what became of each feed, one block a feed. detailed shows the first row of each kind.
func FeedsText(w io.Writer, all []*rib.Feed, rows []rib.Rows, audited []rib.Family, detailed bool, paint Paint) error {
	p := &printer{w: w, paint: paint}
	for id, f := range all {
		if f.View == rib.Declared {
			continue
		}
		s := &f.State
		link := f.Link
		if link == "" {
			link = "classified"
		}
		view := string(f.View)
		if f.Observer != "" {
			view += " by " + Clean(f.Observer)
		}
		var fams []string
		for _, fam := range s.Families {
			fams = append(fams, fam.String())
		}
		p.line("%s  %s, link %s, format %s", paint.bold(Clean(f.Name)), view, Clean(link), orDash(Clean(s.Format)))
		p.line("  %s, %d skipped, complete: %s, families: %s", count(s.Routes, "route"), s.Skipped, orDash(string(s.Complete)), orDash(strings.Join(fams, " ")))
		p.rows(f, &rows[id], detailed)
		age := "age unknown"
		if !s.AsOf.IsZero() {
			age = fmt.Sprintf("as of %s (%s)", s.AsOf.UTC().Format("2006-01-02T15:04:05Z"), s.AsOfSource)
		}
		if s.MaxAge > 0 {
			age += ", max-age " + span(s.MaxAge)
		}
		p.line("  %s, file %s", age, orDash(Clean(s.File)))
		if why := f.Failing(); why != "" {
			p.line("  %s", paint.sgr("33;1", "NOT COMPLETE EVIDENCE: "+Clean(why)))
		}
		for _, e := range s.Errors {
			p.line("  error: %s", Clean(e))
		}
		for _, n := range s.Judged.Notes {
			p.line("  note: %s", Clean(n))
		}
	}
	for _, fam := range rib.Families {
		if !slices.Contains(audited, fam) {
			p.line("%s: not audited", fam)
		}
	}
	return p.err
}

// span is a duration without the zeros behind: 24h, not 24h0m0s.
func span(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// RouteText is one line of the routes verb.
func RouteText(w io.Writer, e rib.Entry, t *rib.Table) error {
	f := t.Feeds()[e.Feed]
	link := t.LinkName(e.Link)
	if link == "" {
		link = "-"
	}
	path := "path not shown"
	if !e.Attrs.NotShown.Has(rib.AttrASPath) {
		path = "path [" + e.Attrs.ASPath.String() + "]" + ownASN(f)
	}
	hop := "-"
	if e.Attrs.NextHop != (netip.Addr{}) {
		hop = e.Attrs.NextHop.String()
	}
	_, err := fmt.Fprintf(w, "%-22s %-14s %-17s via %-16s %s, %s  %s\n", e.Prefix, Clean(link), f.View, hop, path, e.Tie, Clean(policy.Seen(f, e.Line)))
	return err
}
