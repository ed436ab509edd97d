package dump

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestPathsThatDenyTheDeclaredDirection(t *testing.T) {
	const ours = uint32(65536)
	head := func(form string) string {
		return `{"header":{"version":1,"format":"test","source":"x","time":null,"router":null,"neighbor":null,"families":["ipv4"],"not_shown":[],"as_path_form":"` + form + `"}}`
	}
	row := func(path string) string {
		return `{"prefix":"203.0.113.0/24","path_id":0,"neighbor":null,"neighbor_asn":null,"next_hop":null,"as_path":"` + path + `","origin":"igp","local_pref":null,"med":null,"communities":[],"large_communities":[],"best":false,"multipath":false,"stale":false,"withdrawn":false,"line":1}`
	}
	trailer := `{"trailer":{"routes":1,"skipped":0,"complete":"yes","errors":[]}}`
	for _, c := range []struct {
		name, form, path string
		view             rib.View
		contradicts      bool
	}{
		{"a received path begins with the neighbour", "as-sent", "65540 65550", rib.AdjRIBInPost, false},
		{"a loop has our ASN further on", "as-sent", "65540 65536", rib.BGPTable, false},
		{"no neighbour sends a path that begins with ours", "as-sent", "65536", rib.BGPTable, true},
		{"nor before import policy", "as-sent", "65536 65536", rib.AdjRIBInPre, true},
		{"nor as a winner", "as-sent", "65536 65550", rib.LocRIB, true},
		{"paths before our own ASN are advertised ones", "before-own-asn", "65550", rib.AdjRIBInPost, true},
		{"an advertised path as sent begins with ours", "as-sent", "65536 65550", rib.AdjRIBOutPost, false},
		{"one that does not was received", "as-sent", "65540 65550", rib.AdjRIBOutPost, true},
		{"before our own ASN it begins with anything", "before-own-asn", "65540 65550", rib.AdjRIBOutPre, false},
		{"a far end holds other paths beside ours", "as-sent", "65540 65550", rib.FarEnd, false},
		{"an empty one is none that we send", "as-sent", "", rib.AdjRIBOutPost, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.jsonl")
			if err := os.WriteFile(file, []byte(strings.Join([]string{head(c.form), row(c.path), trailer, ""}, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			state := Load(context.Background(), reading.Source{Path: file, Name: file, View: c.view, ExpectRoutes: -1, ASNs: []uint32{ours}}, time.Unix(0, 0),
				func(rib.Route) error { return nil }, nil)
			if got := state.Contradiction != ""; got != c.contradicts {
				t.Errorf("contradiction %q, want one: %v", state.Contradiction, c.contradicts)
			}
		})
	}
}
