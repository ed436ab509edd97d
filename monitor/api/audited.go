package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"bgpaudit/monitor"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// How old an audit may be that is still called the last one, and for how long the routes may have
// been otherwise than it saw them. One is made every minute and seconds after a change, later where it
// takes long: the time for so many audits like it is added to both.
const (
	overdue  = 2 * time.Minute
	unjudged = 30 * time.Second
	grace    = 10
)

// audited gives the last audit, and what it comes to now: an audit is some seconds old, and a feed
// that was lost since takes its word away.
func (s *Server) audited(failOn policy.Severity) (*monitor.Answer, report.Standing, error) {
	var lost []*rib.Feed
	var now time.Time
	err := s.Monitor.Ask(func(sight *rib.Sight, at time.Time) {
		now = at
		for _, f := range sight.Table().Feeds() {
			if f.Failing() != "" && !f.State.Closed {
				c := *f
				lost = append(lost, &c)
			}
		}
	})
	var unheard monitor.Unheard
	if err != nil && !errors.As(err, &unheard) {
		return nil, report.Standing{}, err
	}
	if err != nil {
		now = s.Monitor.Now()
	}
	a := s.Monitor.Last() // after the look: what it lacks was not lost before
	if a == nil {
		return nil, report.Standing{}, refuse(http.StatusServiceUnavailable, "no audit has been made yet")
	}
	on := report.Standing{Exit: a.Exit, Reasons: a.Reasons}
	if failOn != policy.Error && !a.At.IsZero() { // without its time it is an audit that failed
		on.Exit, on.Reasons = a.Result.Exit(failOn)
	}
	var since []string
	if err != nil {
		since = append(since, "since the audit: "+err.Error())
	}
	for _, f := range lost {
		if whole(a.Result, f.Name) {
			since = append(since, "since the audit: "+f.Failing())
		}
	}
	if s.Monitor.Starting() {
		since = append(since, stillStarting)
	}
	if a.OldConfig {
		since = append(since, "since the audit: the config was reloaded")
	}
	if age := now.Sub(a.At); !a.At.IsZero() && age > overdue+grace*a.Took {
		since = append(since, fmt.Sprintf("the last audit is %s old, and no newer one has ended", age.Round(time.Second)))
	}
	if a.Behind > unjudged+grace*a.Took {
		since = append(since, fmt.Sprintf("the routes have changed %s ago, and no audit has looked at them since", a.Behind.Round(time.Second)))
	}
	if len(since) > 0 {
		on.Exit, on.Reasons = policy.ExitIncomplete, slices.Concat(since, on.Reasons)
	}
	return a, on, nil
}

// stillStarting: an accepted unknown, or a feed that was whole for a moment, must not pass for an OK.
const stillStarting = "the monitor is starting: its sessions have not all sent their whole tables yet"

// whole reports whether the audit saw the feed as complete evidence.
func whole(r *policy.Result, feed string) bool {
	i := slices.IndexFunc(r.Feeds, func(f *rib.Feed) bool { return f.Name == feed })
	return i < 0 || r.Feeds[i].Failing() == ""
}

func (s *Server) healthy(q *question) error {
	_, err := q.Write([]byte("ok\n"))
	return err
}

// readiness is the JSON of /readyz.
type readiness struct {
	Version  int      `json:"version"`
	Ready    bool     `json:"ready"`
	Starting bool     `json:"starting"`
	Awaited  []string `json:"awaited"`
}

func (s *Server) ready(q *question) error {
	r := readiness{Version: 1, Starting: s.Monitor.Starting(), Awaited: s.awaited()}
	r.Ready = len(r.Awaited) == 0
	if !r.Ready {
		q.status, q.exit = http.StatusServiceUnavailable, policy.ExitIncomplete
	}
	if q.form.Output == "json" {
		return report.JSON(q, r)
	}
	if r.Ready {
		fmt.Fprintln(q, "ready")
	}
	if r.Starting {
		fmt.Fprintln(q, "starting: "+stillStarting)
	}
	for _, what := range r.Awaited {
		fmt.Fprintln(q, "awaited: "+report.Clean(what))
	}
	return nil
}

// awaited lists what an answer would miss for want of time or of a router: sessions that have not
// sent their whole table, and the first audit.
func (s *Server) awaited() []string {
	out := []string{}
	err := s.look(func(site query.Site) error {
		for _, f := range site.Sight.Table().Feeds() {
			if why := f.Failing(); why != "" && f.State.Live && !f.State.Closed {
				for i, e := range f.State.Errors {
					sep := ", "
					if i == 0 {
						sep = ": "
					}
					why += sep + e
				}
				out = append(out, why)
			}
		}
		return nil
	})
	if err != nil {
		out = append(out, err.Error())
	}
	switch {
	case s.Monitor.Last() == nil:
		out = append(out, "the first audit")
	case s.Monitor.Starting() && len(out) == 0:
		out = append(out, "an audit of the whole tables")
	}
	return out
}
