package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/monitor/api"
)

// silence is the sessions of a monitor that has none: its routes are those of files.
type silence struct{}

func (silence) Next(ctx context.Context) (bgp.Batch, bool) {
	<-ctx.Done()
	return bgp.Batch{}, false
}
func (silence) Sessions() []bgp.Session               { return nil }
func (silence) Untold() ([]bgp.Loss, <-chan struct{}) { return nil, nil }
func (silence) Refusals() []bgp.Refusal               { return nil }
func (silence) Reconfigure([]bgp.Neighbor) error      { return nil }

// serveFiles runs a monitor over the files of a config as of the seed story's moment, and gives its
// URL.
func serveFiles(t *testing.T, config string) string {
	t.Helper()
	url, stop, err := servedFiles(config, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

func servedFiles(path, token string) (url string, stop func(), err error) {
	now, err := time.Parse(time.RFC3339, seedNow)
	if err != nil {
		return "", nil, err
	}
	config, err := configs.Load(path)
	if err != nil {
		return "", nil, err
	}
	g := &global{log: zap.NewNop(), moment: now, quiet: true}
	s, err := g.read(context.Background(), config, now, collecting{})
	if err != nil {
		return "", nil, err
	}
	in := &config.Intent
	m := monitor.New(monitor.Config{
		Site:     monitor.Site{Intent: in, Table: s.table, Options: in.Options()},
		Sessions: silence{}, Log: zap.NewNop(), Now: func() time.Time { return now },
	})
	server, err := api.Listen(api.Options{Monitor: m, Listen: "127.0.0.1:0", Token: token, Log: zap.NewNop()})
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = m.Run(ctx) })
	running.Go(func() { _ = server.Serve(ctx) })
	for m.Last() == nil {
		time.Sleep(time.Millisecond)
	}
	return server.URL(), func() { cancel(); running.Wait() }, nil
}

// served runs a monitor over the files of a config, and sets $SERVER to its URL: serve CONFIG [TOKEN].
func served(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: serve CONFIG [TOKEN]")
	}
	token := ""
	if len(args) == 2 {
		token = args[1]
	}
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	url, stop, err := servedFiles(ts.MkAbs(args[0]), token)
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("SERVER", url)
}

// TestAMonitorAnswersAsFilesDo: byte for byte and code for code, over steps of the seed story and
// over one that has holes.
func TestAMonitorAnswersAsFilesDo(t *testing.T) {
	sites := map[string]string{}
	for _, step := range []string{"a", "c", "d2", "e-snat", "f"} {
		sites[step] = writeSeed(t, step)
	}
	sites["holes"] = writeSeed(t, "c")
	remove(t, filepath.Dir(sites["holes"]), "dumps/isp-a-advertised-ipv4.json", "dumps/isp-a-received-ipv6.json")
	for name, config := range sites {
		t.Run(name, func(t *testing.T) {
			// Names of files are relative to the config's folder: the monitor's and the verb's are the same.
			at := serveFiles(t, config)
			asked := [][]string{{"audit"}, {"audit", "--fail-on", "info"}, {"audit", "--fail-on", "never"}, {"feeds"}}
			for _, q := range []string{"203.0.112.0/22", "198.51.100.0/24", "2001:db8:113::/48", "20.190.0.0/16", "2603:1006::/32", "0.0.0.0/0", "8.8.8.8", "::ffff:203.0.113.40"} {
				asked = append(asked, []string{"wins", q}, []string{"wins", q, "--observer", "microsoft"}, []string{"wins", q, "--observer", "nobody"}, []string{"routes", q}, []string{"routes", q, "--longer"},
					[]string{"routes", q, "--exact", "--link", "isp-a", "-o", "csv"}, []string{"routes", q, "--longer", "--view", "far-end"}, []string{"routes", q, "--link", "gone"}, []string{"routes", q, "--view", "gone"})
			}
			asked = append(asked, []string{"wins", "203.0.113.1/24"}, []string{"wins", "x"})
			for _, args := range asked {
				for _, form := range [][]string{{}, {"-o", "json"}, {"--color", "always"}} {
					args := append(append([]string{}, args...), form...)
					out, said, code := runHere(t, append(args, "-c", config, "--at", seedNow)...)
					gotOut, gotSaid, got := runHere(t, append(args, "--server", at)...)
					if out != gotOut || said != gotSaid || code != got {
						t.Errorf("%v: exit %d, of the monitor %d\n%s%s\nof the monitor\n%s%s", args, code, got, out, said, gotOut, gotSaid)
					}
				}
			}
		})
	}
}

// TestWhatAMonitorIsNot: whoever else answers, or nobody does, is said in a sentence, with exit 2 and
// nothing on stdout.
func TestWhatAMonitorIsNot(t *testing.T) {
	answer := func(status int, header map[string]string, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	good := map[string]string{api.HeaderVersion: api.Version, api.HeaderExit: "0"}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   int
		says   string
	}{
		{"a web server", answer(200, nil, "<html>"), 2, "does not answer as a bgpaudit monitor (HTTP status 200)"},
		{"another release", answer(200, map[string]string{api.HeaderVersion: "2", api.HeaderExit: "0"}, "{}"), 2, "speaks version 2 of the API"},
		{"no exit code", answer(200, map[string]string{api.HeaderVersion: api.Version}, "{}"), 2, "no exit code"},
		{"an exit code that is none", answer(200, map[string]string{api.HeaderVersion: api.Version, api.HeaderExit: "-1"}, "{}"), 2, "no exit code"},
		{"exit 2", answer(200, map[string]string{api.HeaderVersion: api.Version, api.HeaderExit: "2"}, "{}"), 2, "no exit code"},
		{"a redirect", answer(302, map[string]string{"Location": "http://192.0.2.1/"}, ""), 2, "redirect, which is not followed"},
		{"a token", answer(401, good, ""), 2, "wants a token\n    hint: set BGPAUDIT_TOKEN"},
		{"a proxy that gave up", answer(502, nil, "bad gateway"), 2, "HTTP status 502"},
		{"a defect", answer(500, good, `{"error":"a defect of bgpaudit: its log has more"}`), 2, "a defect of bgpaudit"},
		{"not yet", answer(503, good, `{"error":"no audit has been made yet"}`), 3, "cannot tell: no audit has been made yet"},
		{"an error with commands in it", answer(400, good, `{"error":"\u001b[2Jx"}`), 2, `\x1b[2Jx`},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(api.HeaderVersion, api.Version)
			w.Header().Set(api.HeaderExit, "0")
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "audit: clean")
		}, 2, "broke off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			out, said, code := runHere(t, "audit", "--server", server.URL)
			if code != c.code || out != "" || !strings.Contains(said, c.says) || strings.ContainsRune(said, 0x1b) {
				t.Errorf("exit %d, want %d: %q\n%s", code, c.code, out, said)
			}
		})
	}
	t.Run("TLS that nobody signed", func(t *testing.T) {
		server := httptest.NewTLSServer(answer(200, good, "{}"))
		server.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
		defer server.Close()
		if out, said, code := runHere(t, "audit", "--server", server.URL); code != 2 || out != "" || !strings.Contains(said, "SSL_CERT_FILE") {
			t.Errorf("exit %d: %s%s", code, out, said)
		}
		plain := strings.Replace(server.URL, "https", "http", 1)
		if out, said, code := runHere(t, "audit", "--server", plain); code != 2 || out != "" || !strings.Contains(said, "speaks TLS\n    hint: write https://") {
			t.Errorf("exit %d: %s%s", code, out, said)
		}
	})
	t.Run("no TLS", func(t *testing.T) {
		server := httptest.NewServer(answer(200, good, "{}"))
		defer server.Close()
		secure := strings.Replace(server.URL, "http", "https", 1)
		if out, said, code := runHere(t, "audit", "--server", secure); code != 2 || out != "" || !strings.Contains(said, "write http://") {
			t.Errorf("exit %d: %s%s", code, out, said)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		if out, said, code := runHere(t, "feeds", "--server", server.URL); code != 2 || out != "" || !strings.Contains(said, "connection refused\n    hint: is it running, with monitor.api set") {
			t.Errorf("exit %d: %s%s", code, out, said)
		}
	})
}

// TestTheTokenGoesToTheMonitorAlone: in the header, and nowhere else.
func TestTheTokenGoesToTheMonitorAlone(t *testing.T) {
	const canary = "canary7f3a-canary7f3a"
	seen := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		if strings.Contains(r.URL.String(), "canary") {
			t.Error("the token is in the URL")
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	t.Setenv("BGPAUDIT_TOKEN", canary)
	_, said, code := runHere(t, "audit", "-v", "--server", server.URL)
	if seen != "Bearer "+canary || code != 2 || strings.Contains(said, "canary") || !strings.Contains(said, "refuses the token") {
		t.Errorf("sent %q, exit %d: %s", seen, code, said)
	}
	for _, at := range []string{"http://192.0.2.1:8179", "http://bgpaudit.example.net"} {
		if _, said, code := runHere(t, "audit", "--server", at); code != 2 || !strings.Contains(said, "would travel in the clear") {
			t.Errorf("%s: exit %d: %s", at, code, said)
		}
	}
	if _, said, code := runHere(t, "audit", "--server", "https://user:canary7f3a@127.0.0.1:1"); code != 2 || strings.Contains(said, "canary") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestAnAnswerOfTheAPIKeepsItsShape: what docs/json.md says of what the verbs do not print.
func TestAnAnswerOfTheAPIKeepsItsShape(t *testing.T) {
	for _, step := range []string{"a", "c", "f"} {
		at := serveFiles(t, writeSeed(t, step))
		var ids []string
		for path, want := range map[string]shape{
			"/v1/findings": findingsShape.check, "/v1/flows": flowsShape.check, "/v1/checks": checksShape.check, "/v1/feeds": feedsShape.check, "/v1/links": linksShape.check,
			"/v1/audit": auditShape.check, "/v1/wins?prefix=198.51.100.0/24": winsShape.check, "/v1/routes?prefix=0.0.0.0/0&longer=true": routesShape.check,
			"/v1/sessions": sessionsShape.check, "/readyz": object{"version": number, "ready": boolean, "starting": boolean, "awaited": list(name)}.check,
		} {
			text := fetch(t, at+path)
			want(t, path, decoded(t, text))
			if path == "/v1/findings" {
				var f struct{ Findings []struct{ ID string } }
				if err := json.Unmarshal(text, &f); err != nil {
					t.Fatal(err)
				}
				for _, each := range f.Findings {
					ids = append(ids, each.ID)
				}
			}
		}
		for _, id := range ids {
			explainShape.check(t, "explain", decoded(t, fetch(t, at+"/v1/explain/"+id)))
		}
	}
}

func fetch(t *testing.T, url string) []byte {
	t.Helper()
	status, text := ask(t, url)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", url, status, text)
	}
	return text
}

func ask(t *testing.T, url string) (status int, text []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}

// TestAnswersOnTheAPIsPageAreTheMonitorsOwn: each console block is a question to a monitor over the
// seed story, by curl or by a verb, and exactly what it answers; -update rewrites them.
func TestAnswersOnTheAPIsPageAreTheMonitorsOwn(t *testing.T) {
	t.Chdir(repository)
	const page, shown = "docs/api.md", "http://127.0.0.1:8179"
	at := serveFiles(t, "configs/seed/c/bgpaudit.yaml")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	now := fence.ReplaceAllStringFunc(string(text), func(whole string) string {
		m := fence.FindStringSubmatch(whole)
		if m[1] != "console" {
			return whole
		}
		asked++
		command, _, _ := strings.Cut(m[2], "\n")
		args := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(command, shown, at), "'", ""))[1:]
		out := ""
		switch args[0] {
		case "curl":
			_, body := ask(t, args[len(args)-1])
			out = string(body)
		case "bgpaudit":
			var stderr string
			if out, stderr, _ = runHere(t, args[1:]...); stderr != "" {
				t.Errorf("%s: %s", command, stderr)
			}
		default:
			t.Errorf("%s: what is that?", command)
		}
		return "```console\n" + command + "\n" + out + "```"
	})
	switch {
	case asked < 4:
		t.Errorf("%d questions on the page", asked)
	case now == string(text):
	case *update:
		writeFile(t, page, now)
	default:
		t.Errorf("%s prints other answers than the monitor: go test ./cmd/bgpaudit -update, then read the diff", page)
	}
}

// TestTheAPIsPageIsComplete: it names every path and every metric, and its configs load.
func TestTheAPIsPageIsComplete(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "docs/api.md"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Paths map[string]any }
	at := serveFiles(t, writeSeed(t, "c"))
	if err := json.Unmarshal(fetch(t, at+"/openapi.json"), &doc); err != nil {
		t.Fatal(err)
	}
	for path := range doc.Paths {
		if path := strings.Replace(path, "{finding}", "ID", 1); !strings.Contains(string(text), "`"+path) {
			t.Errorf("docs/api.md does not name %s", path)
		}
	}
	for line := range strings.Lines(string(fetch(t, at+"/metrics"))) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == "HELP" && strings.HasPrefix(f[2], "bgpaudit_") && !strings.Contains(string(text), "`"+f[2]+"`") {
			t.Errorf("docs/api.md does not name %s", f[2])
		}
	}
	for _, b := range blocksOf(t, "docs/api.md") {
		if b.language != "yaml" {
			continue
		}
		path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
		writeFile(t, path, siteOfThePages+b.text)
		if _, err := configs.Load(path); err != nil {
			t.Errorf("this config does not load: %v\n%s", err, b.text)
		}
	}
}
