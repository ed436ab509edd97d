package dump

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/frr"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestEveryFormatIsWhole(t *testing.T) {
	names := FormatNames()
	if !slices.IsSorted(names) {
		t.Errorf("not alphabetical: %v", names)
	}
	for _, f := range Formats {
		if f.Sniff == nil || f.Read == nil || f.Shape == nil {
			t.Errorf("%s lacks a function", f.Name)
		}
		page, err := os.ReadFile(filepath.Join("..", "docs", "formats", f.Name+".md"))
		if err != nil {
			t.Errorf("%s has no page: %v", f.Name, err)
		}
		for _, must := range []string{"## Commands", "## What it shows", "## AS paths", "## Completeness"} {
			if !strings.Contains(string(page), must) {
				t.Errorf("the page of %s has no part %q", f.Name, must)
			}
		}
		if len(fixtures(t, f.Name)) == 0 {
			t.Errorf("%s has no fixture", f.Name)
		}
	}
}

func TestNoTwoFormatsClaimOneSample(t *testing.T) {
	for _, name := range fixtures(t, "*") {
		text := fixtureBytes(t, name)
		in := text[:min(len(text), reading.HeadSize)]
		var claims []string
		for _, f := range Formats {
			if f.Sniff(reading.BodyOf(in)) {
				claims = append(claims, f.Name)
			}
		}
		if len(claims) > 1 {
			t.Errorf("%s is claimed by %v", name, claims)
		}
		if len(claims) == 1 && claims[0] != strings.Split(name, "/")[0] {
			t.Errorf("%s is claimed by %v", name, claims)
		}
	}
}

func TestTwoFormatsThatClaimOneFileAreAnError(t *testing.T) {
	old := Formats
	t.Cleanup(func() { Formats = old })
	twin := frr.JSON
	twin.Name = "frr-twin"
	Formats = append(slices.Clone(old), twin)
	_, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(routesOne))
	if err == nil || !strings.Contains(err.Error(), "could be frr-json or frr-twin: say which with format:") {
		t.Errorf("error %v", err)
	}
	if _, got, err := readBytes(reading.Source{Name: "x", Format: "frr-json", ExpectRoutes: -1}, []byte(routesOne)); err != nil || got.Complete != rib.CompleteYes {
		t.Errorf("with format: %v", err)
	}
}

// TestAHeaderThatSeveralPlatformsPrintIsNotEnough: without the lines above it, only the config can tell whose rows are below.
func TestAHeaderThatSeveralPlatformsPrintIsNotEnough(t *testing.T) {
	text := fixtureBytes(t, "ios/headless.txt")
	_, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, text)
	if err == nil || !strings.Contains(err.Error(), "say format: ios on the feed") {
		t.Errorf("error %v", err)
	}
	if routes, _, err := readBytes(reading.Source{Name: "x", Format: "ios", ExpectRoutes: -1}, text); err != nil || len(routes) != 3 {
		t.Errorf("with format: %d routes, %v", len(routes), err)
	}
}

func TestAVRFIsChosenOrAskedFor(t *testing.T) {
	text := fixtureBytes(t, "frr-json/table-vrf-all.json")
	for _, tt := range []struct {
		vrf    string
		routes int
		says   string
	}{
		{"", 0, "holds the tables of several VRFs: default, CUST: name one with vrf:"},
		{"default", 12, ""},
		{"CUST", 1, ""},
		{"none", 0, `holds no table of VRF "none"; it has: default, CUST`},
	} {
		routes, _, err := readBytes(reading.Source{Name: "x", VRF: tt.vrf, ExpectRoutes: -1}, text)
		if len(routes) != tt.routes || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("vrf %q: %d routes, %v", tt.vrf, len(routes), err)
		}
	}
	sorted := fixtureBytes(t, "frr-json/table-sorted-vrf.json")
	for _, vrf := range []string{"", "CUST"} {
		if routes, _, err := readBytes(reading.Source{Name: "x", VRF: vrf, ExpectRoutes: -1}, sorted); err != nil || len(routes) != 1 {
			t.Errorf("vrf %q of a sorted dump: %d routes, %v", vrf, len(routes), err)
		}
	}
	nested := []byte(`{"default":{"ipv4Unicast":{"routes":{"203.0.113.0/24":[{"valid":true,"path":""}]}}},"CUST":{"ipv4Unicast":{"routes":{"198.51.100.0/24":[{"valid":true,"path":""}]}},"ipv4Vpn":{"routes":{"192.0.2.0/24":[{"valid":true,"path":""}]}}}}`)
	if routes, _, err := readBytes(reading.Source{Name: "x", VRF: "CUST", ExpectRoutes: -1}, nested); err != nil || len(routes) != 1 || routes[0].Prefix.String() != "198.51.100.0/24" {
		t.Errorf("a family within a VRF: %v, %v", routes, err)
	}
	plain := []byte(`{"vrfName":"default","routes":{"203.0.113.0/24":[{"valid":true,"path":""}]}}`)
	if _, _, err := readBytes(reading.Source{Name: "x", VRF: "CUST", ExpectRoutes: -1}, plain); err == nil {
		t.Errorf("another VRF's table was read")
	}
	if routes, _, err := readBytes(reading.Source{Name: "x", VRF: "CUST", ExpectRoutes: -1}, []byte(advertisedOne)); err != nil || len(routes) != 1 {
		t.Errorf("a dump that names no VRF: %v", err)
	}
}
