package dump

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// corpus finds the folder of real files, which is no part of the project.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BGPAUDIT_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data") // ../shared/data from the module's root
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", dir)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: corpus absent: no real files at %s: set BGPAUDIT_CORPUS", dir)
	}
	return dir
}

func readReal(t *testing.T, path string, src Source) ([]rib.Route, Result, error) {
	t.Helper()
	src.Path, src.Name, src.ExpectRoutes = path, filepath.Base(path), -1
	var routes []rib.Route
	res, err := Read(context.Background(), src, func(r rib.Route) { routes = append(routes, r) })
	return routes, res, err
}

// realFiles are the JSON files of the corpus with what other tools count in them. A file that is
// refused has the words of the refusal.
var realFiles = []struct {
	path       string
	src        Source
	v4, v6     int
	best       int
	complete   rib.Completeness
	refusedFor string
}{
	{path: "daemon-frr/show_bgp_ipv4_unicast_json.txt", src: Source{View: rib.BGPTable}, v4: 764, best: 389, complete: "yes"},
	{path: "daemon-frr/show_bgp_ipv6_unicast_json.txt", src: Source{View: rib.BGPTable}, v6: 217, best: 110, complete: "yes"},
	{path: "daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.1_advertised-routes_json.txt", src: Source{View: rib.AdjRIBOutPost}, v4: 389, complete: "yes"},
	{path: "daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.1_received-routes_json.txt", src: Source{View: rib.AdjRIBInPre}, v4: 386, complete: "yes"},
	{path: "daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.21_routes_json.txt", src: Source{View: rib.AdjRIBInPost}, v4: 378, best: 4, complete: "yes"},
	{path: "daemon-frr/show_bgp_ipv4_unicast_13.64.151.161_32_json.txt", v4: 2, best: 1, complete: "no"},
	{path: "daemon-frr/show_bgp_ipv4_unicast_detail_json.txt", refusedFor: "% Unknown command"},
	{path: "daemon-frr/show_bgp_neighbors_json.txt", refusedFor: "BGP neighbor page"},
	{path: "daemon-frr/show_bgp_summary_json.txt", refusedFor: "BGP summary"},
	{path: "daemon-frr/rib.mrt", src: Source{View: rib.BGPTable}, v4: 764, v6: 217, complete: "unproven"},
	{path: "cli-frr/frr_exporter/testdata/show_bgp_ipv4_unicast_neighbors_advertised_routes.json", src: Source{View: rib.AdjRIBOutPost}, v4: 2, complete: "yes"},
	{path: "cli-frr/frr_exporter/testdata/show_bgp_vrf_all_ipv4_summary.json", refusedFor: "BGP summary"},
	{path: "cli-frr/frr_exporter/testdata/show_bgp_vrf_all_neighbors.json", refusedFor: "BGP neighbor page"},
	{path: "cli-frr/hyperglass/.samples/frr_bgp_route.json", v4: 4, best: 1, complete: "no"},
	{path: "cli-frr/lab-validation/cumulusfrr_bgp_community/cumulusfrr1/vtysh_-c_show_ip_bgp_vrf_all_json.txt", v4: 7, best: 7, complete: "yes"},
	{path: "cli-frr/lab-validation/cumulusfrr_bgp_community/cumulusfrr2/vtysh_-c_show_ip_bgp_vrf_all_json.txt", v4: 7, best: 7, complete: "yes"},
	{path: "cli-frr/lab-validation/mix_vendor_bgp_vrf/D-Cumulus/vtysh_-c_show_ip_bgp_vrf_all_json.json", refusedFor: "several VRFs: cust10, cust20, default"},
	{path: "cli-frr/lab-validation/mix_vendor_bgp_vrf/D-Cumulus/vtysh_-c_show_ip_bgp_vrf_all_json.json", src: Source{VRF: "cust10"}, v4: 1, best: 1, complete: "yes"},
	{path: "cli-frr/lab-validation/mix_vendor_bgp_vrf/D-Cumulus/vtysh_-c_show_ip_bgp_vrf_all_json.json", src: Source{VRF: "default"}, v4: 12, best: 12, complete: "yes"},
	{path: "azure/azure-rest-api-specs/examples/EffectiveRoutesListForVirtualHub.json", v4: 2, complete: "yes"},
	{path: "azure/azure-rest-api-specs/examples/ExpressRouteCrossConnectionsRouteTable.json", src: Source{View: rib.FarEnd}, v4: 2, complete: "yes"},
	{path: "azure/azure-virtualwan/gr-vwan/notes.txt", refusedFor: "holds several tables: line 5: # HRP=ExpressRoute - No Global Reach / vHUB: hub1 / "},
	{path: "azure/azure-virtualwan/gr-vwan/notes.txt", src: Source{VRF: "line 5", View: rib.LocRIB}, v4: 9, complete: "yes"},
	{path: "azure/azure-virtualwan/gr-vwan/notes.txt", src: Source{VRF: "# HRP=AS-Path => No Global Reach / vHUB: hub1 / Effective route table: defaultRouteTable", View: rib.LocRIB}, v4: 8, complete: "yes"},
	{path: "azure-docs/azure-virtualwan/inter-region-nva/README.md", refusedFor: "not a route table in a known format"},
	{path: "azure-docs/azure-virtualwan/inter-region-nvabgp/README.md", refusedFor: "not a route table in a known format"},
}

func TestRealFilesAreReadOrRefusedForAReason(t *testing.T) {
	dir := corpus(t)
	for _, want := range realFiles {
		t.Run(want.path+want.src.VRF, func(t *testing.T) {
			routes, res, err := readReal(t, filepath.Join(dir, want.path), want.src)
			if want.refusedFor != "" {
				if err == nil || !strings.Contains(err.Error(), want.refusedFor) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			families, best := [2]int{}, 0
			for _, r := range routes {
				families[rib.FamilyOf(r.Prefix)]++
				if r.Marks.Has(rib.Best) {
					best++
				}
			}
			if families != [2]int{want.v4, want.v6} || best != want.best || res.Complete != want.complete || res.Skipped != 0 {
				t.Errorf("%d routes by family, %d best, complete %s, errors %q", families, best, res.Complete, res.Errors)
			}
		})
	}
}

func TestNoRealSummaryOrNeighborPageIsARouteTable(t *testing.T) {
	root := filepath.Join(corpus(t), "cli-summary-neighbors")
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		routes, res, err := readReal(t, path, Source{})
		if len(routes) > 0 {
			return fmt.Errorf("%s: %d routes", path, len(routes))
		}
		// one expected_result.json is a bare {}, which is an empty table that proves nothing
		if err == nil && res.Complete != rib.CompleteNo {
			return fmt.Errorf("%s: read, and complete is %s", path, res.Complete)
		}
		if err == nil && !strings.HasSuffix(path, "bgp_inactive/expected_result.json") {
			return fmt.Errorf("%s: not refused", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n != 90 {
		t.Errorf("%d files, 90 were there when this was written", n)
	}
}

func TestTortureFilesDoNoHarm(t *testing.T) {
	root := filepath.Join(corpus(t), "..", "torture")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: no torture files at %s", root)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, format := range append(FormatNames(), "auto") {
			routes, res, err := readReal(t, path, Source{Format: format})
			if err == nil && res.Complete == rib.CompleteYes {
				t.Errorf("%s as %s: complete with %d routes", path, format, len(routes))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
