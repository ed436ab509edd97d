package dump

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"bgpaudit/dump/reading"
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

func readReal(t *testing.T, path string, src reading.Source) ([]rib.Route, reading.Result, error) {
	t.Helper()
	src.Path, src.Name, src.ExpectRoutes = path, filepath.Base(path), -1
	var routes []rib.Route
	res, err := Read(context.Background(), src, func(r rib.Route) { routes = append(routes, r) })
	return routes, res, err
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
			routes, res, err := readReal(t, path, reading.Source{Format: format})
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
