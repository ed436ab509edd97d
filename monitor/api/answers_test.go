package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bgpaudit/test/speaker"
)

type audit struct {
	Exit     int
	Reasons  []string
	Findings []struct {
		ID, Check string
		Unknown   *string
	}
}

// TestBeforeTheTablesAreWholeNothingIsCalledClean: from no session to both, and back.
func TestBeforeTheTablesAreWholeNothingIsCalledClean(t *testing.T) {
	w := newWorld(t)
	ready := w.get("/readyz")
	if ready.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(ready.text), "feed mirror-a could not be read: no session yet") {
		t.Errorf("before a session: %s %s", ready.Status, ready.text)
	}
	open := func(what, says string) {
		t.Helper()
		r := w.get("/v1/wins?prefix=203.0.113.1&observer=internet")
		if r.Header.Get(HeaderExit) != "3" || !strings.Contains(string(r.text), `"why": "feed mirror-`) {
			t.Errorf("%s: wins, exit %s, does not say %q: %s", what, r.Header.Get(HeaderExit), says, r.text)
		}
		for _, at := range []string{"/v1/audit", "/v1/findings", "/v1/flows", "/v1/checks"} {
			w.until(at, func(r *reply) bool {
				if r.StatusCode == http.StatusOK && r.Header.Get(HeaderExit) != "3" {
					t.Errorf("%s: %s, exit %s: %s", what, at, r.Header.Get(HeaderExit), r.text)
				}
				return strings.Contains(string(r.text), says)
			})
		}
		if r := w.get("/v1/feeds"); r.Header.Get(HeaderExit) != "3" {
			t.Errorf("%s: feeds, exit %s", what, r.Header.Get(HeaderExit))
		}
		if text := string(w.get("/metrics").text); !strings.Contains(text, "\nbgpaudit_audit_exit_code 3\n") || !strings.Contains(text, "\nbgpaudit_ready 0\n") {
			t.Errorf("%s: metrics say otherwise:\n%s", what, text)
		}
	}
	open("no session", "no session yet")
	a, b := w.router("127.0.0.2"), w.router("127.0.0.3")
	w.send(a, announcement(good))
	w.until("/readyz", func(r *reply) bool { return strings.Contains(string(r.text), "End-of-RIB") })
	open("no End-of-RIB", "End-of-RIB")
	w.send(a, speaker.EndOfRIB(1))
	w.send(b, speaker.EndOfRIB(1))
	w.until("/readyz", func(r *reply) bool { return r.StatusCode == 200 })
	w.until("/v1/audit", func(r *reply) bool { return r.Header.Get(HeaderExit) == "0" })
	if r := w.get("/v1/wins?prefix=203.0.113.1&observer=internet"); r.Header.Get(HeaderExit) != "0" || !strings.Contains(string(r.text), `"winner": "isp-a"`) {
		t.Errorf("whole: exit %s: %s", r.Header.Get(HeaderExit), r.text)
	}
	a.Abort()
	w.until("/readyz", func(r *reply) bool { return r.StatusCode != 200 })
	open("a router is gone", "mirror-a is stale")
}

// TestAFeedThatIsLostSinceTheAuditTakesItsWordAway: the time from the loss to the next audit.
func TestAFeedThatIsLostSinceTheAuditTakesItsWordAway(t *testing.T) {
	w := newWorld(t)
	a, _ := w.whole()
	a.Abort()
	for deadline := time.Now().Add(10 * time.Second); ; {
		feeds, after := w.get("/v1/feeds"), w.get("/v1/audit")
		if feeds.Header.Get(HeaderExit) == "3" {
			if w.get("/v1/audit").Header.Get(HeaderExit) != "3" {
				t.Errorf("the feeds were called lost, and the audit clean: %s", after.text)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the feed was never called lost")
		}
	}
}

// TestAFindingFromRaisedToCleared: by the list, by its chain and by the stream.
func TestAFindingFromRaisedToCleared(t *testing.T) {
	w := newWorld(t)
	_, b := w.whole()
	events := w.follow(t.Context())
	w.send(b, announcement(wrong))
	var list audit
	w.until("/v1/findings", func(r *reply) bool { return strings.Contains(string(r.text), "link/wrong") }).into(t, &list)
	if list.Exit != 1 || list.Findings[0].Check != "link/wrong" || list.Findings[0].Unknown != nil {
		t.Errorf("%+v", list)
	}
	chain := w.get("/v1/explain/" + list.Findings[0].ID)
	for _, want := range []string{`"check": "link/wrong"`, `"feed": "mirror-b"`, `"prefix": "203.0.113.0/24"`, `"query": "203.0.113.0/24"`, `"observer": "internet"`} {
		if !strings.Contains(string(chain.text), want) {
			t.Errorf("explain does not say %s: %s", want, chain.text)
		}
	}
	for _, at := range []string{"/v1/findings?format=text", "/v1/explain/" + list.Findings[0].ID + "?format=text"} {
		if r := w.get(at); !strings.Contains(string(r.text), "ERROR link/wrong") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s", at, r.text)
		}
	}
	if r := w.get("/v1/explain/ffffffffffffffff"); r.StatusCode != http.StatusNotFound || !strings.Contains(string(r.text), "/v1/findings lists them") {
		t.Errorf("no such finding: %s %s", r.Status, r.text)
	}
	b.Abort()
	w.until("/v1/findings", func(r *reply) bool { return strings.Contains(string(r.text), `"unknown": "feed mirror-b`) })
	b = w.router("127.0.0.3")
	w.send(b, announcement(wrong), speaker.EndOfRIB(1))
	w.until("/v1/findings", func(r *reply) bool { return r.Header.Get(HeaderExit) == "1" })
	w.send(b, withdrawal(wrong))
	w.until("/v1/audit", func(r *reply) bool { return r.Header.Get(HeaderExit) == "0" })
	want := []string{"raised link/wrong", "session-lost mirror-b [isp-b] 1", "session-back mirror-b [isp-b] 0", "cleared link/wrong"}
	var got []string
	for e := range events {
		if strings.HasSuffix(e, "link/wrong") || strings.HasPrefix(e, "session") {
			got = append(got, e)
		}
		if e == want[len(want)-1] {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the stream told %q, want %q", got, want)
	}
}

// follow reads the stream: "what check" of each event, until ctx is done or the stream ends.
func (w *world) follow(ctx context.Context) <-chan string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL()+"/v1/events", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "retry: 5000" || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("the stream begins with %q", lines.Text())
	}
	out := make(chan string, 1000)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		name := ""
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				name = value
			case "data":
				var e struct {
					What    string
					Finding *struct{ Check string }

					Neighbor string
					Links    []string
					Unknown  struct{ Findings int }
				}
				if err := json.Unmarshal([]byte(value), &e); err != nil || e.What != name {
					w.t.Errorf("event %s: %v in %s", name, err, value)
				}
				if e.Finding == nil {
					out <- fmt.Sprintf("%s %s %s %d", e.What, e.Neighbor, e.Links, e.Unknown.Findings)
				} else {
					out <- e.What + " " + e.Finding.Check
				}
			case "":
				if value == "still here" {
					select {
					case out <- "beat":
					default:
					}
				}
			}
		}
	}()
	return out
}

// TestStreamsBeatAreBoundedAndEnd with the monitor, at once.
func TestStreamsBeatAreBoundedAndEnd(t *testing.T) {
	w := newWorld(t)
	var all []<-chan string
	for range mostStreams {
		all = append(all, w.follow(t.Context()))
	}
	if r := w.get("/v1/events"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", r.Status)
	}
	for e := range all[0] {
		if e == "beat" {
			break
		}
	}
	began := time.Now()
	w.stop()
	for _, s := range all {
		for {
			if _, more := <-s; !more {
				break
			}
		}
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %s to stop", took)
	}
}

// TestAThousandQuestionsAtOnce while updates flow: every one is answered.
func TestAThousandQuestionsAtOnce(t *testing.T) {
	w := newWorld(t)
	_, b := w.whole()
	ctx, stop := context.WithCancel(t.Context())
	var flow, asking sync.WaitGroup
	flow.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			p := fmt.Sprintf("203.0.113.%d/32", i%256)
			if b.Send(announcement(p), withdrawal(p)) != nil {
				t.Error("the session ended")
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	answers := make(chan string, 1000)
	for i := range 1000 {
		asking.Go(func() {
			r := w.get(fmt.Sprintf("/v1/wins?prefix=203.0.113.%d&observer=internet", i%256))
			if r.StatusCode != http.StatusOK || !json.Valid(r.text) || !bytes.Contains(r.text, []byte(`"outcome": "decided"`)) {
				answers <- fmt.Sprintf("%s %s", r.Status, r.text)
			}
		})
	}
	asking.Wait()
	stop()
	flow.Wait()
	close(answers)
	for bad := range answers {
		t.Error(bad)
	}
}

// TestNoAnswerIsLargerThanItMayBe: of questions, and of what they come to.
func TestNoAnswerIsLargerThanItMayBe(t *testing.T) {
	q := &question{}
	if _, err := q.Write(make([]byte, mostAnswer)); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Write([]byte("x")); err == nil || !strings.Contains(err.Error(), "ask for less") {
		t.Errorf("an answer of more than %d octets: %v", mostAnswer, err)
	}
}

// TestTheDocumentDescribesTheAnswers: every JSON answer fits the schema that /openapi.json has of it,
// and every field of it is there.
func TestTheDocumentDescribesTheAnswers(t *testing.T) {
	w := newWorld(t)
	_, b := w.whole()
	w.send(b, announcement(wrong))
	var list audit
	w.until("/v1/findings", func(r *reply) bool { return strings.Contains(string(r.text), "link/wrong") }).into(t, &list)
	var doc struct {
		OpenAPI    string
		Components struct{ Schemas map[string]map[string]any }
		Paths      map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema any }
			}
		}
	}
	text := w.get("/openapi.json").text
	(&reply{text: text}).into(t, &doc)
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) != len(paths) {
		t.Errorf("OpenAPI %q, %d paths of %d", doc.OpenAPI, len(doc.Paths), len(paths))
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range whole.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		s.(map[string]any)["additionalProperties"] = false
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if p.shape == "" || p.stream != nil {
			continue
		}
		at := strings.Replace(concrete(p), "0123456789abcdef", list.Findings[0].ID, 1)
		pointer := strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace(p.at)
		schema, err := compiler.Compile("openapi.json#/paths/" + pointer + "/get/responses/200/content/application~1json/schema")
		if err != nil {
			t.Errorf("%s: %v", p.at, err)
			continue
		}
		r := w.get(at)
		answer, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.text))
		if err == nil {
			err = schema.Validate(answer)
		}
		if err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %v\n%s", at, r.Status, err, r.text)
		}
		again, err := json.Marshal(answer)
		if err != nil || len(again) < 20 {
			t.Errorf("%s: an empty answer", at)
		}
	}
}

// TestMetricsStayBounded: names and sums, and a label from outside is no line of its own.
func TestMetricsStayBounded(t *testing.T) {
	w := newWorld(t)
	_, b := w.whole()
	w.send(b, announcement(wrong))
	w.until("/v1/audit", func(r *reply) bool { return r.Header.Get(HeaderExit) == "1" })
	text := string(w.get("/metrics").text)
	for _, want := range []string{
		`bgpaudit_findings{check="link/wrong",link="isp-b",severity="error",waived="false"} 1`, `bgpaudit_findings_unknown 0`, `bgpaudit_findings_flapping 0`, `bgpaudit_audit_exit_code 1`, `bgpaudit_ready 1`,
		`bgpaudit_sessions{state="established"} 2`, `bgpaudit_session_up{address="127.0.0.3",neighbor="mirror-b"} 1`, `bgpaudit_routes{feed="mirror-a"} 1`,
		`bgpaudit_feed_whole{feed="mirror-b"} 1`, `bgpaudit_suppressed_updates_total 0`, `bgpaudit_refused_connections_total 0`, `bgpaudit_build_info{goversion="go`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s:\n%s", want, text)
		}
	}
	if problems := regexp.MustCompile(`(?m)^bgpaudit_\w+ NaN`).FindAllString(text, -1); problems != nil {
		t.Error(problems)
	}
	if got := label(strings.Repeat("x\n\x1b\u202e", 100)); len(got) > mostLabel || strings.ContainsAny(got, "\n\x1b\u202e") {
		t.Errorf("label %q", got)
	}
}
