package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// version is the number of the JSON shapes. It moves when a field changes its meaning or goes.
const version = 1

// JSON prints v as one indented document. What a terminal could take for a command or a line break
// stands in it as an escape: encoding/json escapes the ASCII controls only.
func JSON(w io.Writer, v any) error { return writeJSON(w, v, "  ") }

// jsonLine prints v as JSON does, on one line.
func jsonLine(w io.Writer, v any) error { return writeJSON(w, v, "") }

func writeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	text := b.Bytes()
	if bytes.ContainsFunc(text, unseen) {
		text = escaped(text)
	}
	_, err := w.Write(text)
	return err
}

// SafeJSON passes JSON on to w, with escapes in place of what a terminal could take for a command.
func SafeJSON(w io.Writer) io.Writer { return &safeJSON{w: w} }

type safeJSON struct {
	w    io.Writer
	rest []byte // the beginning of a rune whose end comes with the next Write
}

func (s *safeJSON) Write(p []byte) (int, error) {
	text := append(s.rest, p...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if i := len(text) - back; utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				whole = i
			}
			break
		}
	}
	out := text[:whole]
	if bytes.ContainsFunc(out, unseen) {
		out = escaped(out)
	}
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	s.rest = bytes.Clone(text[whole:])
	return len(p), nil
}

// unseen reports what must not stand in JSON as it is; the line ends between values may.
func unseen(r rune) bool { return r != '\n' && invisible(r) }

// escaped writes what cannot be seen as \uXXXX. Beyond the line ends of the document, which it
// keeps, such runes stand inside strings only.
func escaped(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case !unseen(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, "\\u%04x\\u%04x", high, low)
		default:
			out = fmt.Appendf(out, "\\u%04x", r)
		}
	}
	return out
}

type auditJSON struct {
	Version  int           `json:"version"`
	Exit     int           `json:"exit"`
	Reasons  []string      `json:"reasons"`
	Summary  summaryJSON   `json:"summary"`
	Findings []findingJSON `json:"findings"`
	Flows    []flowJSON    `json:"flows"`
	Checks   []checkJSON   `json:"checks"`
	Feeds    []feedJSON    `json:"feeds"`
}

type summaryJSON struct {
	Groups  int `json:"groups"`
	Error   int `json:"error"`
	Warning int `json:"warning"`
	Info    int `json:"info"`
	Waived  int `json:"waived"`
	Unknown int `json:"unknown"`
}

type causeJSON struct {
	What   policy.CauseKind `json:"what"`
	Prefix *string          `json:"prefix"`
	Remote *string          `json:"remote"`
	Link   *string          `json:"link"`
}

type subjectJSON struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type findingJSON struct {
	ID       string         `json:"id"`
	Group    string         `json:"group"`
	CausedBy *string        `json:"caused_by"`
	Cause    causeJSON      `json:"cause"`
	Check    string         `json:"check"`
	Severity string         `json:"severity"`
	Subject  subjectJSON    `json:"subject"`
	Family   string         `json:"family"`
	Prefixes []string       `json:"prefixes"`
	Links    []string       `json:"links"`
	Message  string         `json:"message"`
	More     int            `json:"more"`
	Story    []string       `json:"story"`
	Hint     string         `json:"hint"`
	Do       []changeJSON   `json:"do"`
	Source   string         `json:"source"`
	Inferred bool           `json:"inferred"`
	Assumes  []string       `json:"assumes"`
	Evidence []evidenceJSON `json:"evidence"`
	Config   string         `json:"config"`
	WaivedBy *string        `json:"waived_by"`
}

type changeJSON struct {
	Action     policy.Action `json:"action"`
	Router     *string       `json:"router"`
	Link       *string       `json:"link"`
	Neighbors  []string      `json:"neighbors"`
	Prefix     *string       `json:"prefix"`
	Preference *uint32       `json:"preference"`
	While      []string      `json:"while"`
	Prepend    []uint32      `json:"prepend"`
	Service    *string       `json:"service"`
	Sees       []string      `json:"sees"`
	Firewall   *string       `json:"firewall"`
}

type evidenceJSON struct {
	Feed   string   `json:"feed"`
	Link   *string  `json:"link"`
	View   rib.View `json:"view"`
	Prefix *string  `json:"prefix"`
	Seen   string   `json:"seen"`
}

type choiceJSON struct {
	Outcome rib.Outcome `json:"outcome"`
	Links   []string    `json:"links"`
	Reason  rib.Reason  `json:"reason"`
}

type flowJSON struct {
	Service        string           `json:"service"`
	Remote         string           `json:"remote"`
	Family         string           `json:"family"`
	Initiator      policy.Initiator `json:"initiator"`
	Local          []string         `json:"local"`
	RemotePrefixes []string         `json:"remote_prefixes"`
	RemoteCount    int              `json:"remote_prefix_count"`
	Forward        choiceJSON       `json:"forward"`
	Return         choiceJSON       `json:"return"`
	Verdict        policy.Verdict   `json:"verdict"`
	Why            string           `json:"why"`
	DropsAt        *string          `json:"drops_at"`
	Story          []string         `json:"story"`
	Assumes        []string         `json:"assumes"`
	Findings       []string         `json:"findings"`
}

type checkJSON struct {
	ID     string       `json:"id"`
	Link   string       `json:"link"`
	Family string       `json:"family"`
	State  policy.State `json:"state"`
	Reason string       `json:"reason"`
}

type feedJSON struct {
	Name       string           `json:"name"`
	Link       *string          `json:"link"`
	View       rib.View         `json:"view"`
	Format     string           `json:"format"`
	Router     *string          `json:"router"`
	Families   []string         `json:"families"`
	Routes     int              `json:"routes"`
	Skipped    int              `json:"skipped"`
	Complete   rib.Completeness `json:"complete"`
	AsOf       *string          `json:"as_of"`
	AsOfSource *string          `json:"as_of_source"`
	Errors     []string         `json:"errors"`

	Rows      rowsJSON           `json:"rows"`
	FirstRows map[string]rowJSON `json:"first_rows"`
	Notes     []string           `json:"notes"`
	Observer  *string            `json:"observer"`
}

type feedsJSON struct {
	Version int        `json:"version"`
	Feeds   []feedJSON `json:"feeds"`
}

// AuditJSON writes an audit as docs/json.md describes it.
func AuditJSON(w io.Writer, r *policy.Result, exit int, reasons []string) error {
	d := NewDocument(w)
	d.Field("version", version)
	d.Field("exit", exit)
	d.Field("reasons", texts(reasons))
	d.Field("summary", summaryJSON(Summarize(r)))
	d.List("findings", each(r.Findings, func(f *policy.Finding) any { return finding(f) }))
	d.List("flows", each(r.Flows, func(f *policy.Flow) any { return flows([]*policy.Flow{f})[0] }))
	d.List("checks", each(r.Checks, func(c policy.CheckState) any { return checks([]policy.CheckState{c})[0] }))
	d.List("feeds", each(feeds(r.Feeds, r.Rows), func(f feedJSON) any { return f }))
	return d.Close()
}

// FeedsJSON writes what became of each feed, and of its rows.
func FeedsJSON(w io.Writer, all []*rib.Feed, rows []rib.Rows) error {
	return JSON(w, feedsJSON{version, feeds(all, rows)})
}

// Summary counts an audit's findings: unwaived ones by severity, groups, waived ones, and the
// flows and check states that are unknown.
type Summary struct{ Groups, Error, Warning, Info, Waived, Unknown int }

// Summarize counts.
func Summarize(r *policy.Result) Summary {
	s := Summary{Unknown: r.FlowsOpen + r.ChecksOpen}
	for _, f := range r.Findings {
		if f.CausedBy == "" {
			s.Groups++
		}
		switch {
		case f.WaivedBy != "":
			s.Waived++
		case f.Severity == policy.Error:
			s.Error++
		case f.Severity == policy.Warning:
			s.Warning++
		default:
			s.Info++
		}
	}
	return s
}

func finding(f *policy.Finding) findingJSON {
	out := findingJSON{
		ID: f.ID, Group: f.Group, CausedBy: orNull(f.CausedBy), Check: f.Check, Severity: f.Severity.String(),
		Cause:   causeJSON{What: f.Cause.What, Prefix: prefixOrNull(f.Cause.Prefix), Remote: orNull(f.Cause.Remote), Link: orNull(f.Cause.Link)},
		Subject: subjectJSON(f.Subject), Family: f.Family.String(), Prefixes: prefixes(f.Prefixes), Links: texts(f.Links),
		Message: f.Message, More: f.More, Story: texts(f.Story), Hint: f.Hint, Source: f.Source, Inferred: f.Inferred, Assumes: texts(f.Assumes),
		Evidence: []evidenceJSON{}, Config: f.Config, WaivedBy: orNull(f.WaivedBy), Do: []changeJSON{},
	}
	for i := range f.Do {
		out.Do = append(out.Do, change(&f.Do[i]))
	}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, evidenceJSON{e.Feed, orNull(e.Link), e.View, prefixOrNull(e.Prefix), e.Seen})
	}
	return out
}

func change(c *policy.Change) changeJSON {
	out := changeJSON{
		Action: c.Action, Router: orNull(c.Router), Link: orNull(c.Link), Neighbors: []string{}, Prefix: prefixOrNull(c.Prefix), While: texts(c.While),
		Prepend: slices.Repeat([]uint32{c.ASN}, c.Prepend), Service: orNull(c.Service), Sees: texts(c.Sees), Firewall: orNull(c.Firewall),
	}
	for _, n := range c.Neighbors {
		out.Neighbors = append(out.Neighbors, n.String())
	}
	if c.Action == policy.SetPreference {
		out.Preference = &c.Preference
	}
	return out
}

func flows(all []*policy.Flow) []flowJSON {
	out := []flowJSON{}
	for _, f := range all {
		out = append(out, flowJSON{
			Service: f.Service, Remote: f.Remote, Family: f.Family.String(), Initiator: f.Initiator,
			Local: prefixes(f.Local), RemotePrefixes: prefixes(f.RemotePrefixes), RemoteCount: f.RemoteCount,
			Forward: choice(f.Forward), Return: choice(f.Return), Verdict: f.Verdict, Why: f.Why, DropsAt: orNull(f.DropsAt),
			Story: texts(f.Story), Assumes: texts(f.Assumes), Findings: texts(f.Findings),
		})
	}
	return out
}

func checks(all []policy.CheckState) []checkJSON {
	out := []checkJSON{}
	for _, c := range all {
		out = append(out, checkJSON{c.Check, c.Link, c.Family.String(), c.State, c.Reason})
	}
	return out
}

func feeds(all []*rib.Feed, rows []rib.Rows) []feedJSON {
	out := []feedJSON{}
	for id, f := range all {
		if f.View == rib.Declared {
			continue // static: is the config's own word, and no feed
		}
		s := &f.State
		complete := s.Complete
		if complete == "" {
			complete = rib.CompleteNo
		}
		router := f.Router
		if router == "" {
			router = s.Router
		}
		j := feedJSON{
			Name: f.Name, Link: orNull(f.Link), View: f.View, Format: s.Format, Router: orNull(router), Families: []string{},
			Routes: s.Routes, Skipped: s.Skipped, Complete: complete, Errors: texts(s.Errors),
			Rows: rowCounts(&rows[id]), FirstRows: firstRows(f, &rows[id]), Notes: texts(s.Judged.Notes), Observer: orNull(f.Observer),
		}
		for _, fam := range s.Families {
			j.Families = append(j.Families, fam.String())
		}
		if !s.AsOf.IsZero() {
			j.AsOf, j.AsOfSource = orNull(s.AsOf.UTC().Format(time.RFC3339)), orNull(string(s.AsOfSource))
		}
		if s.Contradicts() != "" {
			j.Errors = append(j.Errors, "contradicts its declaration: "+s.Contradicts())
		}
		out = append(out, j)
	}
	return out
}

func choice(c policy.Choice) choiceJSON { return choiceJSON{c.Outcome, texts(c.Links), c.Reason} }

func texts(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func prefixes(ps []netip.Prefix) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.String()
	}
	return out
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func prefixOrNull(p netip.Prefix) *string {
	if !p.IsValid() {
		return nil
	}
	return orNull(p.String())
}
