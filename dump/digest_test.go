package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestTheDigestIsThatOfTheFile: SHA-256 as sha256sum prints it, also where the reader stops before the end of the file,
// and none where nothing was read.
func TestTheDigestIsThatOfTheFile(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(goodHeader + goodRoute + goodTrailer)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		read bool
	}{
		"records":                     {goodHeader + goodRoute + goodTrailer, true},
		"packed":                      {packed.String(), true},
		"text":                        {frrTop + frr1 + frrEnd, true},
		"JSON that breaks off":        {advertisedOne + "}" + strings.Repeat("x", 1<<20), true},
		"what is no dump":             {"hello\n", false},
		"a summary that is a refusal": {"BGP summary information for VRF default\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := [sha256.Size]byte{}
			if tt.read {
				want = sha256.Sum256([]byte(tt.text))
			}
			got := Load(context.Background(), reading.Source{Path: path, ExpectRoutes: -1}, noon, func(rib.Route) error { return nil }, nil)
			if got.Digest != want {
				t.Errorf("digest %x of a file that is %x; %v", got.Digest, want, got.Errors)
			}
		})
	}
}
