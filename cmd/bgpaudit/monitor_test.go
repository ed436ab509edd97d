package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bgpaudit/configs"
)

// stops runs a verb that goes on until it is told to stop, in place of a signal by its context.
func stops(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "bgpaudit" {
		ts.Fatalf("usage: stops TEXT bgpaudit ARGS...")
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	says := &listener{to: ts.Stderr(), text: args[0], then: stop}
	if code := inScript(ctx, ts, args[2:], says); code != 0 || !says.heard {
		ts.Fatalf("exit code %d, %q said: %v", code, args[0], says.heard)
	}
}

// listener passes writes on, and calls then after the first that holds the text.
type listener struct {
	to    io.Writer
	text  string
	then  func()
	heard bool
}

func (l *listener) Write(p []byte) (int, error) {
	n, err := l.to.Write(p)
	if bytes.Contains(p, []byte(l.text)) && !l.heard {
		l.heard = true
		l.then()
	}
	return n, err
}

// monitorSite is a site of one session, with a place for more keys of the monitor.
func monitorSite(listen, more string) string {
	return fmt.Sprintf(`version: 1
site: {asns: [65536]}
monitor: {asn: 65551, router-id: 10.255.0.9, start-grace: 1s, listen: [%q]%s}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a}
feeds:
  - {name: mirror-a, mirrors: isp-a, bgp: {neighbor: 127.0.0.2, asn: 65536}}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
`, listen, more)
}

// TestASecondMonitorIsRefused: whoever has the port keeps it, and the newcomer says what to do.
func TestASecondMonitorIsRefused(t *testing.T) {
	first, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
	writeFile(t, path, monitorSite(first.Addr().String(), ""))
	out, stderr, code := runHere(t, "monitor", "-c", path)
	if code != exitUsage || out != "" || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, "hint: another monitor or BGP daemon has it") || strings.Contains(stderr, "listening on") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
}

// TestSignalsEndTheMonitorCleanly: the built binary, as systemd and a terminal end it.
func TestSignalsEndTheMonitorCleanly(t *testing.T) {
	bin, path := buildBinary(t), filepath.Join(t.TempDir(), "bgpaudit.yaml")
	writeFile(t, path, monitorSite("127.0.0.1:0", ""))
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), bin, "monitor", "-c", path)
		var stdout, stderr strings.Builder
		began := time.Now()
		cmd.Stdout, cmd.Stderr = &stdout, &listener{to: &stderr, text: "listening on", then: func() {
			began = time.Now()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
		}}
		if err := cmd.Run(); err != nil || stdout.String() != "" || !strings.Contains(stderr.String(), "stopped: every session was sent a Cease") {
			t.Errorf("%s: %v\n%s%s", signal, err, &stdout, &stderr)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %s to stop", signal, took)
		}
	}
}

// TestThePasswordIsNowhere: a planted one is in no log, whatever is logged, and in no dump.
func TestThePasswordIsNowhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bgpaudit.yaml")
	const canary = "canary7f3a"
	writeFile(t, filepath.Join(dir, "md5"), canary+"\n")
	writeFile(t, path, monitorSite("127.0.0.1:0", ", auth: {md5-file: md5}"))
	for _, format := range []string{"console", "json"} {
		var out, stderr strings.Builder
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		says := &listener{to: &stderr, text: "audit: exit 3", then: stop}
		code := run(ctx, []string{"monitor", "-v", "-c", path, "--log-format", format}, &out, says)
		stop()
		if code != 0 || !says.heard {
			t.Errorf("exit %d\n%s", code, &stderr)
		}
		if strings.Contains(out.String()+stderr.String(), canary) || !strings.Contains(stderr.String(), "can be read by everyone") {
			t.Errorf("%s:\n%s%s", format, &out, &stderr)
		}
	}
	for _, args := range [][]string{{"config", "dump"}, {"config", "validate"}, {"feeds"}, {"audit", "-v"}} {
		if out, stderr, _ := runHere(t, append(args, "-c", path)...); strings.Contains(out+stderr, canary) {
			t.Errorf("%v:\n%s%s", args, out, stderr)
		}
	}
}

// TestNoSecretIsAnywhere: S2. The password of a session and the token of the API are planted; then
// everything is asked, rightly and wrongly, with and without the token, over good and bad reloads. No
// answer, header, log line, dump or error has either.
func TestNoSecretIsAnywhere(t *testing.T) {
	const password, key = "canary7f3a-md5", "canary7f3a-token"
	dir := t.TempDir()
	path := filepath.Join(dir, "bgpaudit.yaml")
	secret := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret("md5", password)
	secret("token", key)
	at := freeAddress(t)
	writeFile(t, path, monitorSite("127.0.0.1:0", fmt.Sprintf(", auth: {md5-file: md5}, api: %q, token-file: token", at)))
	log := &heard{t: t}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"monitor", "-v", "-c", path, "--log-format", "json"}, log, log) }()
	log.until("the API is at", 1)
	log.until(`"event":"answer"`, 1)

	var shown strings.Builder
	asked := 0
	call := func(method, path, token string) []byte {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, "http://"+at.String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		asked++
		fmt.Fprintln(&shown, method, path, resp.Status, resp.Header, string(text))
		return text
	}
	var doc struct{ Paths map[string]any }
	if err := json.Unmarshal(call("GET", "/openapi.json", key), &doc); err != nil {
		t.Fatal(err)
	}
	askAll := func() {
		for at := range doc.Paths {
			at = strings.Replace(at, "{finding}", "0123456789abcdef", 1)
			if at == "/v1/wins" || at == "/v1/routes" {
				at += "?prefix=203.0.113.0/24"
			}
			if at != "/v1/events" { // goes on
				call("GET", at, key)
			}
			call("GET", at, "wrong")
			call("POST", at, "")
		}
	}
	askAll()
	call("POST", "/-/reload", key)
	log.until(`"event":"reloaded"`, 1)
	for i, bad := range []string{strings.Repeat(password, 20), "", password + "\n" + password} {
		secret("md5", bad)
		call("POST", "/-/reload", key)
		log.until(`"event":"not-reloaded"`, i+1)
	}
	askAll()
	t.Setenv("BGPAUDIT_TOKEN", key)
	for _, args := range [][]string{
		{"audit", "-v", "--server", "http://" + at.String()},
		{"feeds", "-o", "json", "--server", "http://" + at.String()},
		{"wins", "203.0.113.0/24", "--server", "http://" + at.String()},
		{"audit", "--server", "http://192.0.2.1:1"},
		{"config", "dump", "-c", path},
		{"config", "validate", "-c", path},
		{"monitor", "-c", path},
		{"feeds", "-v", "-c", path},
	} {
		out, stderr, _ := runHere(t, args...)
		fmt.Fprintln(&shown, args, out, stderr)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d", code)
	}
	http.DefaultClient.CloseIdleConnections()
	said := log.text.String()
	if strings.Contains(said+shown.String(), "canary7f3a") {
		t.Errorf("a secret is in\n%s\n%s", said, &shown)
	}
	if asked < 60 || strings.Count(said, `"answered"`) < 20 {
		t.Errorf("%d questions, and the log is not that of -v", asked)
	}
}

// TestConfigsOnTheMonitorsPageLoad: lists of feeds, within a site.
func TestConfigsOnTheMonitorsPageLoad(t *testing.T) {
	seen := 0
	for _, b := range blocksOf(t, "docs/monitor.md") {
		if b.language != "yaml" {
			continue
		}
		seen++
		path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
		writeFile(t, path, siteOfThePages+b.text)
		if _, err := configs.Load(path); err != nil {
			t.Errorf("this config does not load: %v\n%s", err, b.text)
		}
	}
	if seen < 2 {
		t.Errorf("%d lists of feeds on the page", seen)
	}
}
