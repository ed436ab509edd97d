package api

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"bgpaudit/monitor"
	"bgpaudit/policy"
)

// TestACauseIsOneSeries: its head at the highest severity that is not waived.
func TestACauseIsOneSeries(t *testing.T) {
	leak := policy.Cause{What: policy.CauseAdvertised, Prefix: netip.MustParsePrefix("2001:db8:113::/48"), Link: "isp-b"}
	head := &policy.Finding{ID: "a", Group: "a", Check: "link/wrong", Severity: policy.Warning, Cause: leak}
	effect := &policy.Finding{ID: "b", Group: "a", Check: "flow/asymmetric", Severity: policy.Error, Cause: leak}
	waived := &policy.Finding{ID: "c", Group: "a", Check: "flow/mixed", Severity: policy.Error, Cause: leak, WaivedBy: "bgpaudit.yaml:9"}
	other := &policy.Finding{ID: "d", Group: "d", Check: "prefix/unexpected", Severity: policy.Warning, Prefixes: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("192.0.2.0/24")}}
	for _, c := range []struct {
		name string
		held []monitor.Held
		part map[string]bool
		want string
	}{
		{"the effect is worse than the head", []monitor.Held{{Finding: head}, {Finding: effect}}, nil, "link/wrong 2001:db8:113::/48 error 2"},
		{"the effect is waived", []monitor.Held{{Finding: head}, {Finding: waived}}, nil, "link/wrong 2001:db8:113::/48 warning 1"},
		{"all of it is waived", []monitor.Held{{Finding: waived}}, nil, ""},
		{"its evidence is gone", []monitor.Held{{Finding: effect, Unknown: "its session is down"}}, nil, "flow/asymmetric 2001:db8:113::/48 error 1"},
		{"without a prefix of its own it is the first that is found", []monitor.Held{{Finding: other}}, nil, "prefix/unexpected 198.51.100.0/24 warning 1"},
		{"the worst comes first", []monitor.Held{{Finding: other}, {Finding: effect}}, nil, "flow/asymmetric 2001:db8:113::/48 error 1, prefix/unexpected 198.51.100.0/24 warning 1"},
		{"what is left of one on more links has none", []monitor.Held{{Finding: effect, Unknown: "its session is down"}, {Finding: other}}, map[string]bool{"d": true}, "flow/asymmetric 2001:db8:113::/48 error 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, each := range causes(c.held, c.part) {
				got = append(got, fmt.Sprintf("%s %s %s %d", each.head.Check, each.prefix(), each.severity, each.findings))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestALeakedTableIsNoFloodOfSeries: what the bound leaves out is counted.
func TestALeakedTableIsNoFloodOfSeries(t *testing.T) {
	w := newWorld(t)
	// Ten prefixes are told by name, and the rest of a flood is one finding: no routes come near the bound.
	var held []monitor.Held
	for i := range mostCauses + 7 {
		id := fmt.Sprint(i)
		held = append(held, monitor.Held{Finding: &policy.Finding{ID: id, Group: id, Check: "link/wrong", Severity: policy.Error, Hint: strings.Repeat("h", 1000)}})
	}
	if got := len(causes(held, nil)); got != mostCauses+7 {
		t.Errorf("%d causes", got)
	}
	series := prometheus.NewRegistry()
	series.MustRegister(collected{standing{w.Server}, held})
	families, err := series.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		got[f.GetName()] = len(f.GetMetric())
		if f.GetName() == "bgpaudit_causes_left_out" {
			for _, m := range f.GetMetric() {
				got[m.GetLabel()[0].GetValue()] = int(m.GetGauge().GetValue())
			}
		}
	}
	if got["bgpaudit_cause"] != 200 || got["bgpaudit_cause_hint"] != 200 || got["error"] != 7 || got["warning"] != 0 {
		t.Errorf("got %v, want 200 series, and 7 errors left out", got)
	}
	if hint := labelOf(strings.Repeat("h", 1000), longestHint); len(hint) != longestHint || !strings.HasSuffix(hint, "…") {
		t.Errorf("a hint of %d octets", len(hint))
	}
}

// collected are the series of findings that a test makes up.
type collected struct {
	standing
	held []monitor.Held
}

func (c collected) Describe(to chan<- *prometheus.Desc) { standing{}.Describe(to) }
func (c collected) Collect(to chan<- prometheus.Metric) { c.causes(to, c.held) }
