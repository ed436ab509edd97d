package dump

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestWhatStandsInAPANOSTable disturbs a table of two rows.
func TestWhatStandsInAPANOSTable(t *testing.T) {
	const head = "VIRTUAL ROUTER: default (id 1)\n  ==========\n  Prefix             Nexthop          Peer       Weight   LocPrf Org      MED flap AS-Path\n"
	const one = " *203.0.113.0/24     192.0.2.1        isp-a           0      100 igp        0    0 65540,65549\n"
	const two = "  203.0.113.0/24     192.0.2.5        isp-b           0      100 igp        0    0 65541\n"
	const total = "\ntotal routes shown: 2\n"
	const prompt = "admin@edge1> "
	for _, tt := range []struct {
		name, text string
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"a table", head + one + two + total, 2, "yes", ""},
		{"blank lines between rows", head + one + "\n" + two + total, 2, "yes", ""},
		{"no count", head + one + two, 1, "no", "the count is missing"},
		{"a prompt in place of the count", head + one + two + prompt + "\n", 2, "no", "the count behind the rows is missing"},
		{"a path that goes on in the next line", head + one + "65550\n" + two + total, 1, "no", "may go on in the next line"},
		{"a pager that waits", head + one + "lines 1-24 \n" + two + total, 1, "no", "a pager stopped the dump"},
		{"a last line without a break", head + one + strings.TrimSuffix(two, "\n"), 0, "no", "line break"},
		{"rows in front of the heading", one + two + total, 0, "", "PAN-OS prints"},
		{"rows behind the count", head + one + two + total + one, 2, "no", "the beginning is missing"},
		{"two answers", head + one + two + total + head + one + two + total, 2, "no", "a second table of virtual router"},
		{"an answer that did not come", head + one + two + total + prompt + "show routing protocol bgp loc-rib\n" + prompt + "\n", 2, "no", "the answer to this command is missing"},
		{"a filter", prompt + "show routing protocol bgp loc-rib prefix 203.0.113.0/24\n" + head + one + two + total, 2, "no", "a part of the table alone"},
		{"another command", prompt + "show routing route\n" + head + one + two + total, 2, "no", "is not show routing protocol bgp loc-rib"},
		{"the zero of a table without its columns", "VIRTUAL ROUTER: default (id 1)\n\ntotal routes shown: 0\n", 0, "", "PAN-OS prints"},
		{"an error", head + one + "Server error : op command failed\n" + two + total, 1, "no", "unexpected text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", Format: "panos", ExpectRoutes: -1}, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
		})
	}
}

// panosCaptures are read by hand: the rows, and those with a star. Of one firewall each row is spelled out.
var panosCaptures = []struct {
	path       string
	rows, best int
	spelled    []string
}{
	{"cv_demo_base_panos/fwl01", 6, 3, nil},
	{"panos_ebgp_loop_prevention_gui/d1", 8, 5, []string{
		"192.168.122.0/24 10.12.11.2 65002 ? *", "192.168.123.2/32 10.12.11.2 65002 ? *", "192.168.123.10/32 10.12.11.2 65002 65222 ?",
		"192.168.122.0/24 10.222.1.2 65222 65002 ?", "192.168.123.2/32 10.222.1.2 65222 65002 ?", "192.168.123.10/32 10.222.1.2 65222 ? *",
		"192.168.123.1/32 - ? *", "192.168.123.222/32 - ? *",
	}},
	{"panos_ebgp_loop_prevention_gui/d2", 8, 8, nil},
	{"panos_ebgp_loop_prevention_gui/d222", 8, 8, nil},
	{"panos_ebgp_loop_prevention_gui/d3", 4, 4, nil},
	{"panos_ebgp_loop_prevention_gui/d4", 4, 4, nil},
	{"panos_ebgp_loop_prevention_gui/d5", 8, 8, nil},
}

func TestPANOSCapturesReadAsTheyLook(t *testing.T) {
	dir := filepath.Join(corpus(t), "cli-other", "lab-validation")
	for _, tt := range panosCaptures {
		routes, res, err := readReal(t, filepath.Join(dir, tt.path, "run_show_routing_protocol_bgp_loc-rib.txt"), reading.Source{View: rib.LocRIB})
		var best int
		var spelled []string
		for _, r := range routes {
			words := []string{r.Prefix.String(), "-", r.Attrs.ASPath.String(), "?"}
			if r.Attrs.NextHop.IsValid() {
				words[1] = r.Attrs.NextHop.String()
			}
			if r.Attrs.Origin == rib.OriginIGP {
				words[3] = "i"
			}
			if r.Marks.Has(rib.Best) {
				best++
				words = append(words, "*")
			}
			spelled = append(spelled, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
			if r.Attrs.LocalPref != rib.Some(100) {
				t.Errorf("%s: local preference %v", tt.path, r.Attrs.LocalPref)
			}
		}
		if err != nil || res.Complete != rib.CompleteYes || res.Skipped > 0 || len(routes) != tt.rows || best != tt.best {
			t.Errorf("%s: %d routes, %d best, %s: %v %v", tt.path, len(routes), best, res.Complete, res.Errors, err)
		}
		if tt.spelled != nil && !slices.Equal(spelled, tt.spelled) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.path, strings.Join(spelled, "\n"), strings.Join(tt.spelled, "\n"))
		}
	}
}
