package dump

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"

	"github.com/google/go-cmp/cmp"
)

// lab is a site of one link, whose feed is a dump of the view.
func lab(view rib.View) (*rib.Table, *rib.Feed) {
	links := []rib.Link{{Name: "isp", Kind: rib.Internet, Router: "edge"}}
	feed := &rib.Feed{Name: "dump", Link: "isp", Router: "edge", View: view}
	return rib.NewTable([]uint32{65536}, links, []*rib.Feed{feed}), feed
}

// TestLoadTableIsLoadAndAdvertise loads every fixture both ways.
func TestLoadTableIsLoadAndAdvertise(t *testing.T) {
	for _, view := range []rib.View{rib.BGPTable, rib.AdjRIBOutPost} {
		err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src := reading.Source{Path: path, View: view, ExpectRoutes: -1, ASNs: []uint32{65536, 65537}}
			one, _ := lab(view)
			put := func(r rib.Route) error {
				_, err := one.Advertise(0, &r)
				return err
			}
			state := Load(context.Background(), src, noon, put, nil)
			all, _ := lab(view)
			if diff := cmp.Diff(state, LoadTable(context.Background(), src, noon, all, 0, nil), sameValues); diff != "" {
				t.Errorf("%s: state one by one, loaded: %s", path, diff)
			}
			if diff := cmp.Diff(listing(one), listing(all)); diff != "" {
				t.Errorf("%s: routes one by one, loaded: %s", path, diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// listing is the table's routes, in the order in which it lists them.
func listing(t *rib.Table) []string {
	var out []string
	add := func(e rib.Entry) bool {
		out = append(out, fmt.Sprintf("%+v", e))
		return true
	}
	for _, f := range rib.Families {
		for _, e := range t.Exact(f.All()) {
			add(e)
		}
		t.MoreSpecifics(f.All(), add)
	}
	return out
}

func TestASkippedRowOfALoadedTableHasItsLine(t *testing.T) {
	table, _ := lab(rib.BGPTable)
	path := file(t, manyPaths(1026))
	state := LoadTable(context.Background(), reading.Source{Path: path, Name: "x.json", View: rib.BGPTable, ExpectRoutes: -1}, noon, table, 0, nil)
	want := []string{"x.json:1: more than 1024 paths of one neighbour for 203.0.113.0/24", "x.json:1: more than 1024 paths of one neighbour for 203.0.113.0/24"}
	if state.Routes != 1024 || state.Skipped != 2 || state.Complete != rib.CompleteNo || !slices.Equal(state.Errors, want) {
		t.Errorf("%d routes, %d skipped, complete %s, errors %q", state.Routes, state.Skipped, state.Complete, state.Errors)
	}
}

// manyPaths is a table of one prefix that one neighbour gives n times.
func manyPaths(n int) string {
	path := `{"valid":true,"peerId":"192.0.2.1","path":"65540","origin":"IGP","nexthops":[{"ip":"192.0.2.1","used":true}]}`
	return `{"routes":{"203.0.113.0/24":[` + path + strings.Repeat(",\n"+path, n-1) + "]}}"
}
