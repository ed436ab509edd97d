package dump

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// twins are texts of the corpus with the same table as JSON.
var twins = []struct {
	text, twin string
	view       rib.View
	fields     string
	routes     int
}{
	{"daemon-frr/show_bgp_ipv4_unicast.txt", "daemon-frr/show_bgp_ipv4_unicast_json.txt", rib.BGPTable, "prefix hop path med lp origin best", 764},
	{"daemon-frr/show_bgp_ipv6_unicast.txt", "daemon-frr/show_bgp_ipv6_unicast_json.txt", rib.BGPTable, "prefix hop path med lp origin best", 217},
	{"daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.1_received-routes.txt", "daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.1_received-routes_json.txt", rib.AdjRIBInPre, "prefix hop path med lp origin", 386},
	{"daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.21_routes.txt", "daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.21_routes_json.txt", rib.AdjRIBInPost, "prefix hop path med lp origin best", 378},
	{"daemon-openbgpd/show_rib.txt", "daemon-openbgpd/show_rib.json", rib.BGPTable, "prefix hop path med lp origin best", 981},
	{"daemon-openbgpd/show_rib_in_er1.txt", "", rib.AdjRIBInPre, "prefix hop path med lp origin", 496},
	{"daemon-gobgp/global_rib.txt", "daemon-gobgp/global_rib.json", rib.BGPTable, "prefix hop path med lp origin best communities", 764},
	{"daemon-gobgp/adj-in_er1.txt", "daemon-gobgp/adj-in_er1.json", rib.AdjRIBInPre, "prefix hop path med lp origin communities", 386},
}

var displayed = regexp.MustCompile(`Displayed +[0-9]+ routes and ([0-9]+) total paths`)

// TestTextsReadAsTheirTwins: what a daemon prints as text and as JSON is the same table.
func TestTextsReadAsTheirTwins(t *testing.T) {
	dir := corpus(t)
	for _, tt := range twins {
		t.Run(tt.text, func(t *testing.T) {
			sides := [2][]string{}
			for i, name := range []string{tt.text, tt.twin} {
				if name == "" { // its rows are counted
					break
				}
				routes, res, err := readReal(t, filepath.Join(dir, name), Source{View: tt.view})
				if err != nil || res.Skipped > 0 || res.Complete == rib.CompleteNo || len(routes) != tt.routes {
					t.Fatalf("%s: %d routes, %d skipped, %s: %v %v", name, len(routes), res.Skipped, res.Complete, res.Errors, err)
				}
				for _, r := range routes {
					sides[i] = append(sides[i], sameFields(r, strings.Fields(tt.fields)))
				}
				slices.Sort(sides[i])
			}
			for i := range sides[1] {
				if sides[0][i] != sides[1][i] {
					t.Fatalf("text %s\ntwin %s", sides[0][i], sides[1][i])
				}
			}
		})
	}
}

func TestFRRTextsOfOtherReleases(t *testing.T) {
	dir := corpus(t)
	files, err := filepath.Glob(filepath.Join(dir, "cli-frr/lab-validation/sonic_bgp_lab/*/*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: %d files", err, len(files))
	}
	for _, path := range append(files, filepath.Join(dir, "cli-frr/lab-validation/mix_vendor_bgp_vrf/D-Cumulus/vtysh_-c_show_ip_bgp_vrf_all.txt")) {
		routes, res, err := readEveryVRF(t, path)
		text, readErr := os.ReadFile(path)
		if err != nil || readErr != nil || res.Skipped > 0 || res.Complete != rib.CompleteYes {
			t.Errorf("%s: %d skipped, %s: %v %v", path, res.Skipped, res.Complete, res.Errors, err)
			continue
		}
		paths := 0 // as the text itself counts them
		for _, m := range displayed.FindAllStringSubmatch(string(text), -1) {
			n, _ := parseUint32([]byte(m[1]))
			paths += int(n)
		}
		if len(routes) != paths {
			t.Errorf("%s: %d routes, it counts %d", path, len(routes), paths)
		}
	}
}

func TestAnEOSTextReadsAsNTCTemplatesReadsIt(t *testing.T) {
	base := filepath.Join(corpus(t), "cli-eos/ntc-templates/arista_eos/show_ip_bgp/arista_eos_show_ip_bgp")
	yml, err := os.ReadFile(base + ".yml")
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := ntcRows(string(yml))
	fields := strings.Fields("prefix hop path med lp origin best")
	var want, have []string
	for _, w := range rows {
		if w["hop"] == "-" {
			w["hop"] = "0.0.0.0"
		}
		w["best"] = "true" // ">" and "#": another protocol's route outdoes it
		want = append(want, joinFields(w, fields))
	}
	routes, res, err := readEveryVRF(t, base+".raw")
	if err != nil || res.Complete == rib.CompleteNo {
		t.Fatalf("%s, %v, %v", res.Complete, res.Errors, err)
	}
	for _, r := range routes {
		have = append(have, sameFields(r, fields))
	}
	if !slices.Equal(want, have) {
		t.Errorf("have %q\nwant %q", have, want)
	}
}
