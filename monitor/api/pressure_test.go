package api

import (
	"container/list"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"
)

// socket is a connection of nobody's.
type socket struct {
	net.Conn
	closed bool
}

func (s *socket) Close() error { s.closed = true; return nil }

// arrivals opens connections of a caller at a gate.
func arrivals(g *gate, caller string, n int) (in []*visit) {
	for range n {
		v := &visit{Conn: &socket{}, gate: g, caller: caller}
		if g.enter(v) {
			in = append(in, v)
		}
	}
	return in
}

func smallGate() *gate {
	return &gate{most: 100, each: 50, callers: map[string]int{}, silent: list.New()}
}

// TestSilentConnectionsShutNobodyOut: however many one opens and keeps, they make room, their own
// first, and memory and files stay bounded.
func TestSilentConnectionsShutNobodyOut(t *testing.T) {
	g := smallGate()
	flood := arrivals(g, "flood", 5000)
	if g.open != 50 || len(flood) != 5000 || !flood[0].Conn.(*socket).closed || flood[4999].Conn.(*socket).closed {
		t.Errorf("of one caller %d are open", g.open)
	}
	probe := arrivals(g, "flood", 1)
	other := arrivals(g, "other", 1)
	if len(probe) != 1 || len(other) != 1 || probe[0].reserved || other[0].reserved || g.open != 51 {
		t.Errorf("the next ones: %+v %+v, %d open", probe, other, g.open)
	}
	for caller := range 10 {
		arrivals(g, string(rune('a'+caller)), 30)
	}
	if g.open != 100 {
		t.Errorf("of many callers %d are open", g.open)
	}
	for e := g.silent.Front(); e != nil; e = g.silent.Front() {
		_ = e.Value.(*visit).Close()
	}
	if g.open != 0 || g.spare != 0 || len(g.callers) != 0 {
		t.Errorf("at the end: %d open, %d reserved, callers %v", g.open, g.spare, g.callers)
	}
}

// TestHealthIsAnsweredWhereEveryConnectionIsAtAQuestion: a few more come in, for that alone.
func TestHealthIsAnsweredWhereEveryConnectionIsAtAQuestion(t *testing.T) {
	g := smallGate()
	var busy, more []*visit
	for range 50 {
		busy = append(busy, arrivals(g, "busy", 1)...)
		busy[len(busy)-1].asks()
	}
	for range 1000 {
		for _, v := range arrivals(g, "busy", 2) { // the first makes room for the second
			more = append(more, v)
			if !v.gone {
				v.asks()
			}
		}
	}
	for _, v := range more {
		if !v.reserved {
			t.Fatal("beyond its share it has a place that is not reserved")
		}
	}
	if n := g.open; n != 50+reserved {
		t.Errorf("%d are open", n)
	}
	if in := arrivals(g, "other", 1); len(in) != 1 || in[0].reserved {
		t.Errorf("another caller: %+v", in)
	}
	g.moved(busy[0], http.StateIdle)
	if in := arrivals(g, "busy", 1); len(in) != 1 || in[0].reserved || !busy[0].Conn.(*socket).closed {
		t.Errorf("when one is idle: %+v", in)
	}
}

// TestAReservedConnectionIsForHealthAndMetrics: and for nothing that costs the routers.
func TestAReservedConnectionIsForHealthAndMetrics(t *testing.T) {
	w := newWorld(t)
	for at, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/readyz": 503, "/v1/audit": 503, "/v1/events": 503} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+at, nil)
		v := &visit{Conn: &socket{}, gate: smallGate(), caller: "x", reserved: true}
		r = r.WithContext(within(t.Context(), v))
		out := httptest.NewRecorder()
		w.handler.ServeHTTP(out, r)
		if out.Code != want {
			t.Errorf("%s: %d %s", at, out.Code, out.Body)
		}
	}
}

// TestAnswersThatNobodyReadsAreBounded: of one caller, of all, and small ones go on.
func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	b := &budget{}
	ask := func(caller string, size int) *question {
		q := &question{purse: purse{budget: b, caller: caller}}
		for part := make([]byte, 1<<20); q.size < size; {
			if _, err := q.Write(part[:min(len(part), size-q.size)]); err != nil {
				var r refusal
				if !errors.As(err, &r) || r.status != http.StatusServiceUnavailable {
					t.Error(err)
				}
				q.purse.give(q.purse.held)
				return nil
			}
		}
		return q
	}
	count := func(caller string, n, size int) (got int) {
		for range n {
			if ask(caller, size) != nil {
				got++
			}
		}
		return got
	}
	if n := count("a", 100, 40<<20); n != 2 {
		t.Errorf("%d answers of 40 MiB for a caller", n)
	}
	if n := count("b", 100, 40<<20); n != 2 {
		t.Errorf("%d for another", n)
	}
	if n := count("c", 100, 40<<20); n != 0 {
		t.Errorf("%d for a third", n)
	}
	if n := count("a", 10, 100<<10); n != 10 {
		t.Errorf("%d small ones for the first", n)
	}
	if n := count("a", 10_000, 100<<10); n > 330 {
		t.Errorf("%d small ones for the first", n)
	}
	q := &question{purse: purse{budget: b, caller: "d"}}
	if _, err := q.Write(make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	if err := q.send(httptest.NewRecorder()); err != nil || b.callers["d"] != nil {
		t.Errorf("after it was sent: %v, %v", err, b.callers["d"])
	}
}

// TestAnAuditMayBeOfAnyLength: it is sent while it is written, and cut off it does not look whole.
func TestAnAuditMayBeOfAnyLength(t *testing.T) {
	s := &Server{Options: Options{Log: zap.NewNop()}, work: make(chan struct{}, mostAtWork)}
	s.metrics = newMetrics(s)
	var broken error
	p := path{at: "/long", formats: jsonFirst, ask: func(_ *Server, q *question) error {
		q.later = func(w io.Writer) error {
			part := make([]byte, 1<<20)
			for range mostAnswer>>20 + 10 {
				if _, err := w.Write(part); err != nil {
					return err
				}
			}
			return broken
		}
		return nil
	}}
	server := httptest.NewServer(s.answers(&p))
	defer server.Close()
	for _, broken = range []error{nil, errors.New("a defect")} {
		r, err := http.Get(server.URL + "/long")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if n < mostAnswer || (err == nil) != (broken == nil) {
			t.Errorf("%d octets, %v where the answer ends with %v", n, err, broken)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// deadlines is a caller of whom the deadlines are noted.
type deadlines struct {
	http.ResponseWriter
	last time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error { d.last = t; return nil }

// TestAReaderWhoIsTooSlowIsGivenUp: after ten seconds of nothing, and below a MiB a second.
func TestAReaderWhoIsTooSlowIsGivenUp(t *testing.T) {
	d := &deadlines{ResponseWriter: httptest.NewRecorder()}
	p := &paced{w: d, ctl: http.NewResponseController(d), began: time.Now()}
	part := make([]byte, 1<<20)
	for i := range 5 {
		if _, err := p.Write(part); err != nil {
			t.Fatal(err)
		}
		if left := time.Until(d.last); left > slowestRequest || left < slowestRequest-time.Second {
			t.Errorf("part %d has %s", i, left)
		}
	}
	p.began = p.began.Add(-time.Minute) // five MiB in a minute
	if _, err := p.Write(part); err != nil || time.Until(d.last) > 0 {
		t.Errorf("a reader of 5 MiB a minute has %s more", time.Until(d.last))
	}
}
