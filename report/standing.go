package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Standing is what the parts of an audit stand on: its exit code, with the reasons for it. No part
// is told without, as a list of findings that is empty is no all-clear by itself.
type Standing struct {
	Exit    int
	Reasons []string
}

// Held is a finding that was raised and is not proven gone.
type Held struct {
	Finding  *policy.Finding
	Unknown  string // why it may stand although the last audit does not hold it; empty where it does
	Flapping string // how it comes and goes, and may be gone just now; empty where it does not
	Since    time.Time
}

type standingJSON struct {
	Version int      `json:"version"`
	Exit    int      `json:"exit"`
	Reasons []string `json:"reasons"`
}

type heldJSON struct {
	findingJSON
	Unknown  *string `json:"unknown"`
	Flapping *string `json:"flapping"`
	Since    string  `json:"since"`
}

type findingsJSON struct {
	standingJSON
	Findings []heldJSON `json:"findings"`
}

type flowsJSON struct {
	standingJSON
	Flows []flowJSON `json:"flows"`
}

type checksJSON struct {
	standingJSON
	Checks []checkJSON `json:"checks"`
}

type eventJSON struct {
	Version int         `json:"version"`
	What    string      `json:"what"`
	Since   string      `json:"since"`
	Why     *string     `json:"why"`
	Finding findingJSON `json:"finding"`
}

func standing(s Standing) standingJSON { return standingJSON{version, s.Exit, texts(s.Reasons)} }

func held(h Held) heldJSON {
	return heldJSON{finding(h.Finding), orNull(h.Unknown), orNull(h.Flapping), when(h.Since)}
}

func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// FindingsJSON writes the findings that stand, or may.
func FindingsJSON(w io.Writer, all []Held, s Standing) error {
	out := findingsJSON{standing(s), []heldJSON{}}
	for _, h := range all {
		out.Findings = append(out.Findings, held(h))
	}
	return JSON(w, out)
}

// FlowsJSON writes the flows of an audit.
func FlowsJSON(w io.Writer, r *policy.Result, s Standing) error {
	return JSON(w, flowsJSON{standing(s), flows(r.Flows)})
}

// ChecksJSON writes the states of an audit's checks.
func ChecksJSON(w io.Writer, r *policy.Result, s Standing) error {
	return JSON(w, checksJSON{standing(s), checks(r.Checks)})
}

// EventJSON is what became of a finding, as one line: raised, changed, unknown, seen-again, cleared.
func EventJSON(w io.Writer, what string, h Held) error {
	return jsonLine(w, eventJSON{version, what, when(h.Since), orNull(h.Unknown), finding(h.Finding)})
}

// FindingsText writes the findings that stand, or may, to be read.
func FindingsText(w io.Writer, all []Held, s Standing, paint Paint) error {
	p := &printer{w: w, paint: paint}
	p.standing(s)
	for _, h := range all {
		p.held(h)
	}
	return p.err
}

// FlowsText writes the flows of an audit to be read.
func FlowsText(w io.Writer, r *policy.Result, s Standing, paint Paint) error {
	p := &printer{w: w, paint: paint}
	p.standing(s)
	p.flows(r.Flows)
	return p.err
}

// ChecksText writes the states of an audit's checks to be read, a line each.
func ChecksText(w io.Writer, r *policy.Result, s Standing, paint Paint) error {
	p := &printer{w: w, paint: paint}
	p.standing(s)
	for _, c := range r.Checks {
		line := string(c.State)
		if c.Reason != "" {
			line += ": " + c.Reason
		}
		p.line("%-26s %s (%s): %s", c.Check, Clean(c.Link), c.Family, Clean(line))
	}
	return p.err
}

func (p *printer) standing(s Standing) {
	p.line("%s", p.paint.bold(fmt.Sprintf("audit: exit %d", s.Exit)))
	for _, reason := range s.Reasons {
		p.line("  - %s", Clean(reason))
	}
}

func (p *printer) held(h Held) {
	p.finding(h.Finding)
	p.line("  since %s", when(h.Since))
	if h.Unknown != "" {
		p.line("  %s", p.paint.sgr("33;1", "UNKNOWN whether it still stands: "+Clean(h.Unknown)))
	}
	if h.Flapping != "" {
		p.line("  %s", p.paint.sgr("33;1", "FLAPPING: "+Clean(h.Flapping)))
	}
}

// Explanation is the chain behind one finding: what shares its cause, the routes and flows that it
// is about, and which link wins for its addresses.
type Explanation struct {
	Held
	Group  []*policy.Finding // of its cause, the head first, itself among them
	Flows  []*policy.Flow
	Routes []rib.Entry
	Wins   []Question
	Omits  []string // what is left out, for the length of the answer
}

// Question is a question to the observers, with its answers.
type Question struct {
	Query   string
	Answers []Answer
}

type explainJSON struct {
	standingJSON
	Finding heldJSON          `json:"finding"`
	Group   []findingJSON     `json:"group"`
	Flows   []flowJSON        `json:"flows"`
	Routes  []json.RawMessage `json:"routes"`
	Wins    []winsJSON        `json:"wins"`
	Omits   []string          `json:"omits"`
}

// ExplainJSON writes the chain; records are its routes as the routes verb has them.
func ExplainJSON(w io.Writer, e *Explanation, records []json.RawMessage, t *rib.Table, s Standing) error {
	out := explainJSON{standing(s), held(e.Held), []findingJSON{}, flows(e.Flows), records, []winsJSON{}, texts(e.Omits)}
	for _, f := range e.Group {
		out.Group = append(out.Group, finding(f))
	}
	for _, q := range e.Wins {
		out.Wins = append(out.Wins, wins(q.Query, q.Answers, t))
	}
	return JSON(w, out)
}

// ExplainText writes the chain to be read.
func ExplainText(w io.Writer, e *Explanation, t *rib.Table, s Standing, paint Paint) error {
	p := &printer{w: w, paint: paint}
	p.standing(s)
	p.held(e.Held)
	if len(e.Group) > 1 {
		p.heading("of the same cause")
		for _, f := range e.Group {
			if f.ID != e.Finding.ID {
				p.line("  %s %s: %s (id %s)", p.paint.severity(f.Severity), f.Check, Clean(f.Message), f.ID)
			}
		}
	}
	p.flows(e.Flows)
	if len(e.Routes) > 0 {
		p.heading("routes")
		for _, r := range e.Routes {
			if p.err == nil {
				p.err = RouteText(w, r, t)
			}
		}
	}
	for _, q := range e.Wins {
		p.line("")
		if p.err == nil {
			p.err = WinsText(w, q.Query, q.Answers, t, paint)
		}
	}
	for _, o := range e.Omits {
		p.line("left out: %s", Clean(o))
	}
	return p.err
}

func (p *printer) heading(s string) {
	p.line("")
	p.line("%s", p.paint.bold(s))
}
