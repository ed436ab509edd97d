package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"bgpaudit/monitor"
	"bgpaudit/report"
)

// retry is how long a reader that lost its stream waits before it comes back.
const retry = 5 * time.Second

// events tells what becomes of findings and sessions, from now on, until the reader leaves or the monitor ends.
// A reader that is too slow is let go: it comes back, and reads /v1/findings for what it missed.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if s.streams.Add(1) > mostStreams {
		s.streams.Add(-1)
		s.say(w, tooMany("too many streams at once"))
		return
	}
	defer s.streams.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	news, stop := s.Monitor.Follow()
	defer stop()
	beat := time.NewTicker(s.grace)
	defer beat.Stop()
	out := stream{w, http.NewResponseController(w)}
	if !out.send(fmt.Appendf(nil, "retry: %d\n\n", retry.Milliseconds())) {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !out.send([]byte(": still here\n\n")) {
				return
			}
		case e, more := <-news:
			if !more || !out.send(eventText(e)) {
				return
			}
		}
	}
}

// stream is the way to one reader.
type stream struct {
	http.ResponseWriter
	ctl *http.ResponseController
}

// send passes a piece on at once; false where the reader is gone, or takes nothing.
func (s stream) send(p []byte) bool {
	_ = s.ctl.SetWriteDeadline(time.Now().Add(slowestRequest)) // every connection of net/http can
	if _, err := s.Write(p); err != nil {
		return false
	}
	return s.ctl.Flush() == nil
}

// eventText is an event as the stream has it.
func eventText(e monitor.Event) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\ndata: ", e.What)
	if e.Session != nil {
		_ = json.NewEncoder(report.SafeJSON(&b)).Encode(noticeOf(e.Session)) // ends its line
	} else {
		_ = report.EventJSON(&b, e.What, report.Held{Finding: e.Finding, Unknown: e.Why, Since: e.Since}) // likewise
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// noticeJSON is what became of a session, in the stream of events.
type noticeJSON struct {
	Version  int         `json:"version"`
	What     string      `json:"what"`
	Since    *string     `json:"since"`
	Why      *string     `json:"why"`
	Neighbor string      `json:"neighbor"`
	Address  string      `json:"address"`
	Links    []string    `json:"links"`
	Up       bool        `json:"up"`
	Unknown  unknownJSON `json:"unknown"`
	Findings []string    `json:"findings"`
	Exit     int         `json:"exit"`
}

// unknownJSON counts what a lost session makes unknown.
type unknownJSON struct {
	Findings int `json:"findings"`
	Flows    int `json:"flows"`
	Checks   int `json:"checks"`
}

func noticeOf(n *monitor.Notice) noticeJSON {
	out := noticeJSON{
		Version: 1, What: n.What, Since: stampOrNull(n.At), Neighbor: n.Neighbor, Address: n.Address, Links: append([]string{}, n.Links...), Up: n.Up,
		Unknown: unknownJSON{len(n.Findings), n.Flows, n.Checks}, Findings: []string{}, Exit: n.Exit,
	}
	if n.Why != "" {
		out.Why = &n.Why
	}
	for _, f := range n.Findings[:min(len(n.Findings), mostListed)] {
		out.Findings = append(out.Findings, f.ID)
	}
	return out
}

// mostListed bounds the findings that an event of a session names; their count stands beside them.
const mostListed = 200
