package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.uber.org/zap"

	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
)

// question is a request on its way to an answer.
type question struct {
	*http.Request
	q      url.Values
	form   query.Form
	body   bytes.Buffer
	exit   int
	status int
}

// Write keeps the answer until it is whole: nobody gets half of one, and no reader that is slow
// holds up the table.
func (q *question) Write(p []byte) (int, error) {
	if q.body.Len()+len(p) > mostAnswer {
		return 0, refuse(http.StatusBadRequest, "the answer is larger than %d MiB: ask for less", mostAnswer>>20)
	}
	return q.body.Write(p)
}

// refusal is an answer that is no answer.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

// types are the media types of the formats.
var types = map[string]string{"json": "application/json", "text": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8; header=present"}

// answers serves one path.
func (s *Server) answers(p *path) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		status := http.StatusOK
		defer func() {
			s.metrics.requests.WithLabelValues(p.at, strconv.Itoa(status)).Inc()
			s.Log.Debug("answered", zap.String("path", r.URL.Path), zap.Int("status", status), zap.Duration("took", time.Since(began)))
		}()
		values, err := p.values(r)
		if err == nil && p.stream != nil {
			p.stream(s, w, r)
			return
		}
		q := &question{Request: r, q: values, status: http.StatusOK}
		if err == nil {
			q.form = p.form(values)
			err = s.inTurn(r.Context(), p, q)
		}
		if err != nil {
			status = s.say(w, err)
			return
		}
		status = q.status
		w.Header().Set(HeaderExit, strconv.Itoa(q.exit))
		w.Header().Set("Content-Type", types[q.form.Output])
		w.Header().Set("Content-Length", strconv.Itoa(q.body.Len()))
		w.WriteHeader(q.status)
		_, _ = q.body.WriteTo(w) // a caller that left needs no answer
	}
}

// inTurn works on a few questions at a time, and lets a bounded number wait: each costs the routers
// a share of the table.
func (s *Server) inTurn(ctx context.Context, p *path, q *question) error {
	if p.open {
		return p.ask(s, q)
	}
	if s.waiting.Add(1) > mostWaiting {
		s.waiting.Add(-1)
		s.metrics.refused.WithLabelValues("busy").Inc()
		return refuse(http.StatusServiceUnavailable, "too many questions at once")
	}
	defer s.waiting.Add(-1)
	patience := time.NewTimer(longestWait)
	defer patience.Stop()
	select {
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
		return p.ask(s, q)
	case <-patience.C:
		s.metrics.refused.WithLabelValues("busy").Inc()
		return refuse(http.StatusServiceUnavailable, "too many questions at once")
	case <-ctx.Done():
		return refuse(http.StatusServiceUnavailable, "the monitor is stopping")
	}
}

// say answers with an error, and gives its status. One that is no refusal is about the question.
func (s *Server) say(w http.ResponseWriter, err error) int {
	status := http.StatusBadRequest
	var r refusal
	if errors.As(err, &r) {
		status = r.status
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
		w.Header().Set(HeaderExit, strconv.Itoa(policy.ExitIncomplete)) // who cannot tell does not know
	}
	w.Header().Set("Content-Type", types["json"])
	w.WriteHeader(status)
	_ = report.JSON(w, problem{1, err.Error()})
	return status
}

// problem is the JSON of an error.
type problem struct {
	Version int    `json:"version"`
	Error   string `json:"error"`
}
