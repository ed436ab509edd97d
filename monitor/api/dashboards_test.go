package api

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestDashboardAndRulesNameMetricsThatExist, with labels that they have.
func TestDashboardAndRulesNameMetricsThatExist(t *testing.T) {
	w := newWorld(t)
	_, b := w.whole()
	w.send(b, announcement(wrong))
	w.until("/v1/audit", func(r *reply) bool { return r.Header.Get(HeaderExit) == "1" })
	w.get("/metrics") // counted by the time of the next
	have := map[string]map[string]bool{}
	families, err := w.Metrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		have[f.GetName()] = labels
	}
	asked := 0
	for _, expr := range append(ruleExpressions(t), panelExpressions(t)...) {
		asked++
		if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") || strings.Count(expr, `"`)%2 != 0 {
			t.Errorf("%s: brackets do not match", expr)
		}
		found := false
		for _, m := range regexp.MustCompile(`(bgpaudit_\w+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(expr, -1) {
			found = true
			labels, known := have[m[1]]
			if !known {
				t.Errorf("%s: there is no metric %s", expr, m[1])
			}
			for _, l := range regexp.MustCompile(`(\w+)=`).FindAllStringSubmatch(m[2], -1) {
				if !labels[l[1]] {
					t.Errorf("%s: %s has no label %s", expr, m[1], l[1])
				}
			}
			for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(expr, -1) {
				for l := range strings.SplitSeq(by[1], ", ") {
					if !labels[l] && l != "job" && l != "instance" { // those Prometheus puts there
						t.Errorf("%s: %s has no label %s", expr, m[1], l)
					}
				}
			}
		}
		if !found {
			t.Errorf("%s: no metric of ours", expr)
		}
	}
	if asked < 20 {
		t.Errorf("%d expressions in the dashboard and the rules", asked)
	}
}

func ruleExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../configs/prometheus/bgpaudit.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr string
				For         string            `yaml:"for,omitempty"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if !regexp.MustCompile(`^Bgpaudit\w+$`).MatchString(r.Alert) || r.Annotations["summary"] == "" || !pageOf(t, r.Annotations["runbook_url"]) || r.Labels["severity"] == "" || r.For != "" && !regexp.MustCompile(`^\d+[smh]$`).MatchString(r.For) {
				t.Errorf("rule %+v", r)
			}
			out = append(out, r.Expr)
		}
	}
	return out
}

func panelExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../configs/grafana/bgpaudit.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	var out []string
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %+v", p)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			out = append(out, target.Expr)
		}
	}
	return out
}

// pageOf reports whether there is such a page, with such a section.
func pageOf(t *testing.T, url string) bool {
	t.Helper()
	page, section, _ := strings.Cut(strings.Replace(url, `{{ reReplaceAll "/" "-" $labels.check }}`, "link-wrong", 1), "#")
	text, err := os.ReadFile("../../" + page)
	return err == nil && (section == "" || strings.Contains(strings.ToLower(string(text)), "\n### "+section+"\n"))
}
