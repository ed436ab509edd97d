package dump

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// TestTheRowsOfEveryFixtureAddUp loads every fixture as each view: what the account says was read is
// what the reader handed on and what it set aside, and no row is of two kinds.
func TestTheRowsOfEveryFixtureAddUp(t *testing.T) {
	names, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, name := range names {
		if filepath.Ext(name) == ".golden" || strings.Contains(name, "fuzz") {
			continue
		}
		for _, view := range []rib.View{rib.AdjRIBOutPost, rib.AdjRIBInPost, rib.BGPTable, rib.FarEnd, rib.Collector} {
			src := fixtureSources[strings.TrimPrefix(filepath.ToSlash(name), "testdata/")]
			src.Path, src.Name, src.View, src.ExpectRoutes = name, name, view, -1
			table, feed := lab(view)
			feed.State = LoadTable(context.Background(), src, noon, table, 0, nil)
			rows := rib.NewSight(table, rib.Options{}).Rows(0)
			if rows.Count[rib.RowBad] != feed.State.Skipped || rows.Count[rib.RowOther] != feed.State.Others {
				t.Errorf("%s as %s: %d bad and %d other, the reader says %d and %d", name, view, rows.Count[rib.RowBad], rows.Count[rib.RowOther], feed.State.Skipped, feed.State.Others)
			}
			if held := rows.Read() - feed.State.Skipped - feed.State.Others; held != table.Len() || held != feed.State.Routes {
				t.Errorf("%s as %s: %d rows of a kind, %d in the table, %d handed on", name, view, held, table.Len(), feed.State.Routes)
			}
			for kind, n := range rows.Count {
				if n > 0 && rows.First[kind].Why == "" {
					t.Errorf("%s as %s: %d rows %s, and not one is shown", name, view, n, rib.RowKind(kind))
				}
			}
			loaded += table.Len()
		}
	}
	if loaded == 0 {
		t.Error("no fixture was loaded")
	}
}
