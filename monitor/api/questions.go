package api

import (
	"io"
	"net/http"
	"slices"
	"time"

	"bgpaudit/monitor"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// Most routes that one question may be about: it is worked on while the routers wait.
const (
	mostOfWins   query.Limit = 10_000
	mostOfRoutes query.Limit = 100_000
)

// look gives fn the site as it is now.
func (s *Server) look(fn func(query.Site) error) (err error) {
	unheard := s.Monitor.Ask(func(sight *rib.Sight, _ time.Time) {
		err = fn(query.Site{Intent: s.Monitor.Intent, Sight: sight})
	})
	if unheard != nil {
		return refuse(http.StatusServiceUnavailable, "%s", unheard)
	}
	return err
}

func (s *Server) wins(q *question) error {
	return s.look(func(site query.Site) (err error) {
		q.exit, err = query.Wins{Query: q.q.Get("prefix"), Observer: q.q.Get("observer"), Limit: mostOfWins}.Write(q, site, q.form)
		return err
	})
}

func (s *Server) listRoutes(q *question) error {
	ask := query.Routes{
		Query: q.q.Get("prefix"), Longer: q.q.Get("longer") == "true", Covering: q.q.Get("covering") == "true", Exact: q.q.Get("exact") == "true",
		Link: q.q.Get("link"), View: q.q.Get("view"), Limit: mostOfRoutes,
	}
	return s.look(func(site query.Site) error { return ask.Write(q, site, q.form) })
}

func (s *Server) feeds(q *question) error {
	return s.look(func(site query.Site) (err error) {
		q.exit, err = query.Feeds{}.Write(q, site, q.form)
		return err
	})
}

func (s *Server) links(q *question) error {
	return s.look(func(site query.Site) error { return query.Links{}.Write(q, site, q.form) })
}

func (s *Server) audit(q *question) error {
	failOn := policy.Error
	if text := q.q.Get("fail-on"); text != "" {
		var err error
		if failOn, err = query.ParseSeverity(text); err != nil {
			return err
		}
	}
	a, on, err := s.audited(failOn)
	if err != nil {
		return err
	}
	q.exit = on.Exit
	q.later = func(w io.Writer) error { return query.Audit(w, a.Result, on, q.form) } // of any length, and it stands still
	return nil
}

func (s *Server) flows(q *question) error {
	a, on, err := s.audited(policy.Error)
	if err != nil {
		return err
	}
	q.exit = on.Exit
	if q.form.Output == "json" {
		return report.FlowsJSON(q, a.Result, on)
	}
	return report.FlowsText(q, a.Result, on, q.form.Paint)
}

func (s *Server) checks(q *question) error {
	a, on, err := s.audited(policy.Error)
	if err != nil {
		return err
	}
	q.exit = on.Exit
	if q.form.Output == "json" {
		return report.ChecksJSON(q, a.Result, on)
	}
	return report.ChecksText(q, a.Result, on, q.form.Paint)
}

func (s *Server) findings(q *question) error {
	_, on, err := s.audited(policy.Error)
	if err != nil {
		return err
	}
	q.exit = on.Exit
	var all []report.Held
	for _, h := range s.Monitor.Held() {
		all = append(all, report.Held(h))
	}
	if q.form.Output == "json" {
		return report.FindingsJSON(q, all, on)
	}
	return report.FindingsText(q, all, on, q.form.Paint)
}

func (s *Server) explain(q *question) error {
	a, on, err := s.audited(policy.Error)
	if err != nil {
		return err
	}
	held := s.Monitor.Held()
	i := slices.IndexFunc(held, func(h monitor.Held) bool { return h.Finding.ID == q.PathValue("finding") })
	if i < 0 {
		return refuse(http.StatusNotFound, "no finding %q is held: /v1/findings lists them", cut(q.PathValue("finding")))
	}
	q.exit = on.Exit
	return s.look(func(site query.Site) error {
		return query.Explain{Held: report.Held(held[i]), Result: a.Result, On: on, Limit: mostOfWins}.Write(q, site, q.form)
	})
}
