package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bgpaudit/test/speaker"
)

// tool is a program of Debian's, which tools/deps.sh installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here: install the packages prometheus and prometheus-alertmanager; what our alerts do in them goes untested", name)
	}
	return path
}

// TestPromtoolAcceptsTheRules: by themselves, and that each cause is one alert, over series made for it.
func TestPromtoolAcceptsTheRules(t *testing.T) {
	promtool := tool(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "../../configs/prometheus/bgpaudit.rules.yml"},
		{"test", "rules", "../../configs/prometheus/bgpaudit.rules.test.yml"},
	} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// patience is how long the rules of this test wait where the shipped ones wait minutes.
const patience = 6 * time.Second

// watchers are a Prometheus that scrapes a monitor, and its Alertmanager, on loopback.
type watchers struct {
	t                      *testing.T
	prometheus, alertsFrom string
	met                    []string // every alert that Alertmanager had, by name
}

func watch(t *testing.T, target string) *watchers {
	t.Helper()
	prometheus, alertmanager := tool(t, "prometheus"), tool(t, "prometheus-alertmanager")
	dir := t.TempDir()
	shipped, err := os.ReadFile("../../configs/prometheus/bgpaudit.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	w := &watchers{t: t, prometheus: freePort(t), alertsFrom: freePort(t)}
	for name, text := range map[string]string{
		"bgpaudit.rules.yml": regexp.MustCompile(`for: \d+m`).ReplaceAllString(string(shipped), fmt.Sprintf("for: %s", patience)),
		"alertmanager.yml":   "route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\n",
		"prometheus.yml": fmt.Sprintf(`global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 500ms}
rule_files: [bgpaudit.rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs: [{job_name: bgpaudit, static_configs: [{targets: [%q]}]}]
`, w.alertsFrom, target),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, alertmanager, "--config.file=alertmanager.yml", "--storage.path=alerts", "--web.listen-address="+w.alertsFrom, "--cluster.listen-address=")
	run(t, dir, prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=series", "--web.listen-address="+w.prometheus, "--rules.alert.resend-delay=500ms")
	return w
}

// run starts a daemon for the test, and ends it.
func run(t *testing.T, dir, path string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said\n%s", filepath.Base(path), log.String())
		}
	})
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ask reads JSON of one of the two; false where it does not answer yet.
func (w *watchers) ask(url string, into any) bool {
	resp, err := http.Get("http://" + url)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return err == nil && json.Unmarshal(text, into) == nil
}

// alarm is an alert as Alertmanager has it.
type alarm struct{ Labels, Annotations map[string]string }

// alarms are those that stand.
func (w *watchers) alarms() (list []alarm) {
	if !w.ask(w.alertsFrom+"/api/v2/alerts?active=true", &list) {
		return nil
	}
	for _, a := range list {
		if name := a.Labels["alertname"]; !slices.Contains(w.met, name) {
			w.met = append(w.met, name)
		}
	}
	return list
}

// evaluated is when the rules were last.
func (w *watchers) evaluated() time.Time {
	var rules struct {
		Data struct {
			Groups []struct{ LastEvaluation time.Time }
		}
	}
	if !w.ask(w.prometheus+"/api/v1/rules", &rules) || len(rules.Data.Groups) == 0 {
		return time.Time{}
	}
	return rules.Data.Groups[0].LastEvaluation
}

// begins waits for no alert to stand, and none to come: before the first scrape nothing is known to be watched.
func (w *watchers) begins() {
	w.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if len(w.alarms()) > 0 || w.evaluated().IsZero() {
			continue
		}
		if _, stays := w.stay("a clean site", 0); stays {
			w.met = nil
			return
		}
	}
	w.t.Fatalf("a clean site: %v", w.alarms())
}

// until waits for the alerts that stand to be so many, and for them to stay so while rules that wait could fire.
func (w *watchers) until(what string, n int) (list []alarm) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if list = w.alarms(); len(list) == n {
			return w.holds(what, n)
		}
	}
	w.t.Fatalf("%s: %d alerts, not %d: %v", what, len(list), n, list)
	return nil
}

// holds says that the alerts that stand are so many, and stay so.
func (w *watchers) holds(what string, n int) []alarm {
	w.t.Helper()
	list, stays := w.stay(what, n)
	if !stays {
		w.t.Fatalf("%s: %d alerts, not %d: %v", what, len(list), n, list)
	}
	return list
}

// stay looks at the alerts for as long as rules that wait take to fire.
func (w *watchers) stay(what string, n int) (list []alarm, stays bool) {
	w.t.Helper()
	began := w.evaluated()
	for deadline := time.Now().Add(time.Minute); w.evaluated().Sub(began) < 2*patience; time.Sleep(50 * time.Millisecond) {
		if list = w.alarms(); len(list) != n {
			return list, false
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: Prometheus evaluates no rules", what)
		}
	}
	return list, true
}

// TestOneCauseIsOneAlert: in real Prometheus and Alertmanager one leaked prefix is one alert that says
// what to do, one lost session is one, and a monitor that restarts is none.
func TestOneCauseIsOneAlert(t *testing.T) {
	m := newWorld(t)
	at := strings.TrimPrefix(m.URL(), "http://")
	w := watch(t, at)
	_, b := m.whole()
	w.begins()

	m.send(b, announcement(wrong))
	leak := w.until("a leaked prefix", 1)[0]
	var list struct {
		Findings []struct{ ID, Check, Hint string }
	}
	m.get("/v1/findings").into(t, &list)
	want := map[string]string{"alertname": "BgpauditFinding", "severity": "critical", "check": "link/wrong", "subject": "prefix public", "prefix": wrong, "link": "isp-b", "id": list.Findings[0].ID}
	for k, v := range want {
		if leak.Labels[k] != v {
			t.Errorf("the alert's %s is %q, want %q", k, leak.Labels[k], v)
		}
	}
	if leak.Annotations["hint"] != list.Findings[0].Hint || leak.Annotations["hint"] == "" || leak.Annotations["runbook_url"] != "docs/checks/link-wrong.md" {
		t.Errorf("the alert says %q, want hint %q", leak.Annotations, list.Findings[0].Hint)
	}
	m.send(b, withdrawal(wrong))
	w.until("the leak is stopped", 0)

	b.Abort()
	if lost := w.until("a lost session", 1)[0]; lost.Labels["alertname"] != "BgpauditSessionDown" || lost.Labels["neighbor"] != "mirror-b" || lost.Annotations["runbook_url"] == "" {
		t.Errorf("of a lost session there is the alert %v", lost)
	}
	if want := []string{"BgpauditFinding", "BgpauditSessionDown"}; !slices.Equal(w.met, want) {
		t.Errorf("a leak and a lost session fired %v, not %v", w.met, want)
	}
	b = m.router("127.0.0.3")
	m.send(b, speaker.EndOfRIB(1))
	w.until("the session is back", 0)

	m.stop()
	w.met = nil
	again := newWorld(t, func(o *Options) { o.Listen = at })
	w.holds("a monitor that starts", 0)
	again.whole()
	w.holds("a monitor that has started", 0)
	if len(w.met) > 0 {
		t.Errorf("a restart fired %v", w.met)
	}
}
