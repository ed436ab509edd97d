package report

import (
	"io"
	"net/netip"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Answer is one observer's answer to "which link wins": the ranges of the question.
type Answer struct {
	Observer  string
	Direction rib.Direction
	Ranges    []rib.Range
}

type winsJSON struct {
	Version   int            `json:"version"`
	Query     string         `json:"query"`
	Exit      int            `json:"exit"`
	Decisions []decisionJSON `json:"decisions"`
}

type decisionJSON struct {
	Observer  string      `json:"observer"`
	Direction string      `json:"direction"`
	Ranges    []rangeJSON `json:"ranges"`
}

type rangeJSON struct {
	Prefixes   []string        `json:"prefixes"`
	Outcome    rib.Outcome     `json:"outcome"`
	Winner     *string         `json:"winner"`
	Links      []string        `json:"links"`
	Reason     rib.Reason      `json:"reason"`
	Detail     string          `json:"detail"`
	Inferred   bool            `json:"inferred"`
	Fragile    bool            `json:"fragile"`
	Assumes    []string        `json:"assumes"`
	Doubts     []doubtJSON     `json:"doubts"`
	PerRouter  []perRouterJSON `json:"per_router"`
	Candidates []candidateJSON `json:"candidates"`
	Flips      []string        `json:"flips"`
}

type doubtJSON struct {
	Link      *string `json:"link"`
	Direction string  `json:"direction"`
	Family    string  `json:"family"`
	Prefix    *string `json:"prefix"`
	Why       string  `json:"why"`
}

type perRouterJSON struct {
	Router string   `json:"router"`
	Winner string   `json:"winner"`
	Links  []string `json:"links"`
}

type candidateJSON struct {
	Link        *string  `json:"link"`
	View        rib.View `json:"view"`
	Feed        string   `json:"feed"`
	Prefix      string   `json:"prefix"`
	ASPath      *string  `json:"as_path"`
	NextHop     *string  `json:"next_hop"`
	LocalPref   *uint32  `json:"local_pref"`
	MED         *uint32  `json:"med"`
	Origin      *string  `json:"origin"`
	Communities []string `json:"communities"`
	NotShown    []string `json:"not_shown"`
	Seen        string   `json:"seen"`
	SeenAt      *string  `json:"seen_at"`
	LostAt      *string  `json:"lost_at"`
	Detail      string   `json:"detail"`
}

// NotACandidate is lost_at of a route that was looked at and took no part.
const NotACandidate = "not-a-candidate"

// WinsExit is 3 where some range is unknown or undetermined, else 0.
func WinsExit(answers []Answer) int {
	for _, a := range answers {
		for _, r := range a.Ranges {
			if o := r.Decision.Outcome; o == rib.OutcomeUnknown || o == rib.OutcomeUndetermined {
				return policy.ExitIncomplete
			}
		}
	}
	return policy.ExitClean
}

// WinsJSON writes the answers to a query.
func WinsJSON(w io.Writer, query string, answers []Answer, t *rib.Table) error {
	return JSON(w, wins(query, answers, t))
}

func wins(query string, answers []Answer, t *rib.Table) winsJSON {
	out := winsJSON{Version: version, Query: query, Exit: WinsExit(answers), Decisions: []decisionJSON{}}
	for _, a := range answers {
		dir := "return"
		if a.Direction == rib.Received {
			dir = "forward"
		}
		d := decisionJSON{Observer: a.Observer, Direction: dir, Ranges: []rangeJSON{}}
		for _, r := range a.Ranges {
			d.Ranges = append(d.Ranges, rangeOf(r, t))
		}
		out.Decisions = append(out.Decisions, d)
	}
	return out
}

func rangeOf(r rib.Range, t *rib.Table) rangeJSON {
	d := r.Decision
	out := rangeJSON{
		Prefixes: prefixes(r.Prefixes()), Outcome: d.Outcome, Winner: orNull(t.LinkName(d.Winner)), Links: linkNames(d.Links, t),
		Reason: d.Reason, Detail: d.Detail, Inferred: d.Inferred, Fragile: d.Fragile, Assumes: texts(d.Assumes), Flips: texts(d.Flips),
		Doubts: []doubtJSON{}, PerRouter: []perRouterJSON{}, Candidates: []candidateJSON{},
	}
	for _, x := range d.Doubts {
		out.Doubts = append(out.Doubts, doubtJSON{orNull(t.LinkName(x.Link)), x.Direction.String(), x.Family.String(), prefixOrNull(x.Prefix), x.Why})
	}
	for _, p := range d.PerRouter {
		out.PerRouter = append(out.PerRouter, perRouterJSON{p.Router, t.LinkName(p.Links[0]), linkNames(p.Links, t)})
	}
	for _, c := range d.Candidates {
		out.Candidates = append(out.Candidates, candidate(c, t))
	}
	return out
}

func candidate(c rib.Candidate, t *rib.Table) candidateJSON {
	f := t.Feeds()[c.Feed]
	a := &c.Attrs
	out := candidateJSON{
		Link: orNull(t.LinkName(c.Link)), View: c.View, Feed: f.Name, Prefix: c.Prefix.String(), NextHop: addrOrNull(a.NextHop),
		LocalPref: optional(a.LocalPref), MED: optional(a.MED), Origin: orNull(a.Origin.String()), Communities: []string{}, NotShown: a.NotShown.Names(),
		Seen: policy.Seen(f, c.Line), LostAt: orNull(string(c.Lost)), Detail: c.Detail,
	}
	if !a.NotShown.Has(rib.AttrASPath) {
		path := a.ASPath.String()
		out.ASPath = &path
	}
	if c.Out {
		out.LostAt = orNull(NotACandidate)
	}
	for _, com := range a.Communities {
		out.Communities = append(out.Communities, com.String())
	}
	if !f.State.AsOf.IsZero() {
		out.SeenAt = orNull(f.State.AsOf.UTC().Format(time.RFC3339))
	}
	return out
}

func linkNames(ids []rib.LinkID, t *rib.Table) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = t.LinkName(id)
	}
	return out
}

func optional(o rib.Optional) *uint32 {
	if !o.Set {
		return nil
	}
	return &o.Value
}

func addrOrNull(a netip.Addr) *string {
	if !a.IsValid() {
		return nil
	}
	return orNull(a.String())
}
