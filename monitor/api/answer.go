package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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
	body   [][]byte // in pieces, so that none is copied while it grows
	size   int
	purse  purse
	exit   int
	status int

	// later writes the answer while it is sent, where that may be of any length and needs no table. It
	// takes the place of the body.
	later func(io.Writer) error
}

const piece = 64 << 10

// Write keeps the answer until it is whole: nobody gets half of one, and no reader that is slow
// holds up the table.
func (q *question) Write(p []byte) (int, error) {
	switch {
	case q.Request != nil && q.Context().Err() != nil: // the caller has left, or the monitor stops
		return 0, refuse(http.StatusServiceUnavailable, "nobody waits for the answer")
	case q.size+len(p) > mostAnswer:
		return 0, refuse(http.StatusBadRequest, "the answer is larger than %d MiB: ask for less, a smaller prefix, one link or one view", mostAnswer>>20)
	case !q.purse.grow(q.size + len(p)):
		return 0, tooMany("too many answers wait for callers who do not read them")
	}
	q.size += len(p)
	for rest := p; len(rest) > 0; {
		last := len(q.body) - 1
		if last < 0 || len(q.body[last]) == cap(q.body[last]) {
			q.body, last = append(q.body, make([]byte, 0, min(piece, max(len(rest), 512<<min(len(q.body), 7))))), last+1
		}
		n := min(len(rest), cap(q.body[last])-len(q.body[last]))
		q.body[last] = append(q.body[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

// send writes the answer to a caller who takes it, and no longer: what was sent is given back.
func (q *question) send(w http.ResponseWriter) error {
	defer func() { q.purse.give(q.purse.held) }()
	to := &paced{w: w, ctl: http.NewResponseController(w), began: time.Now()}
	if q.later != nil {
		out := bufio.NewWriterSize(to, piece)
		if err := q.later(out); err != nil {
			return err
		}
		return out.Flush()
	}
	for i, b := range q.body {
		if _, err := to.Write(b); err != nil {
			return err
		}
		q.body[i] = nil
		q.purse.give(len(b))
	}
	return nil
}

// paced gives up a caller who takes nothing for slowestRequest, or less than leastPace for long.
type paced struct {
	w     http.ResponseWriter
	ctl   *http.ResponseController
	began time.Time
	sent  int
}

func (p *paced) Write(b []byte) (int, error) {
	now := time.Now()
	limit := p.began.Add(slowestRequest + time.Duration(p.sent+len(b))*time.Second/leastPace)
	if next := now.Add(slowestRequest); next.Before(limit) {
		limit = next
	}
	_ = p.ctl.SetWriteDeadline(limit) // every connection of net/http can
	n, err := p.w.Write(b)
	p.sent += n
	return n, err
}

// refusal is an answer that is no answer.
type refusal struct {
	status int
	text   string
	busy   bool
}

func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status: status, text: fmt.Sprintf(format, args...)}
}

// tooMany refuses for want of room.
func tooMany(what string) error { return refusal{http.StatusServiceUnavailable, what, true} }

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
		q := &question{Request: r, q: values, status: http.StatusOK, purse: purse{budget: &s.budget, caller: caller(r)}}
		if err == nil {
			q.form = p.form(values)
			err = s.inTurn(r.Context(), p, q)
		}
		if err == nil && q.later != nil {
			var done func()
			if done, err = s.long.take(q.purse.caller); err == nil {
				defer done()
			}
		}
		if err != nil {
			q.purse.give(q.purse.held)
			status = s.say(w, err)
			return
		}
		status = q.status
		w.Header().Set(HeaderExit, strconv.Itoa(q.exit))
		w.Header().Set("Content-Type", types[q.form.Output])
		if q.later == nil {
			w.Header().Set("Content-Length", strconv.Itoa(q.size))
		}
		w.WriteHeader(q.status)
		if r.Method == http.MethodHead {
			q.purse.give(q.purse.held)
			return
		}
		if err := q.send(w); err != nil && q.later != nil {
			panic(http.ErrAbortHandler) // else what came through would look whole
		}
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
		return tooMany("too many questions at once")
	}
	defer s.waiting.Add(-1)
	patience := time.NewTimer(longestWait)
	defer patience.Stop()
	select {
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
		return p.ask(s, q)
	case <-patience.C:
		return tooMany("too many questions at once")
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
	if r.busy {
		s.metrics.refused.WithLabelValues("busy").Inc()
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
