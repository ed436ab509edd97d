package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

// asPowerShellWrites is the text in UTF-16 with a byte order mark.
func asPowerShellWrites(text string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func digestOf(t *testing.T, text string) [32]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(context.Background(), reading.Source{Path: path, ExpectRoutes: -1}, noon, func(rib.Route) error { return nil }, nil).Digest
}

func TestOneTableHasOneDigestHoweverItLiesOnTheDisk(t *testing.T) {
	for name, text := range map[string]string{
		"records":              goodHeader + goodRoute + goodTrailer,
		"text":                 frrTop + frr1 + frrEnd,
		"JSON that breaks off": advertisedOne + "}" + strings.Repeat("x", 1<<20),
	} {
		want := digestOf(t, text)
		if want == [32]byte{} {
			t.Errorf("%s: no digest", name)
		}
		for how, same := range map[string]string{
			"packed": gzipped(t, text), "with the line ends of Windows": strings.ReplaceAll(text, "\n", "\r\n"),
			"with a blank line at its end": text + "\n \n", "as PowerShell writes it": asPowerShellWrites(text),
		} {
			if got := digestOf(t, same); got != want {
				t.Errorf("%s %s: %x, want %x", name, how, got, want)
			}
		}
		if got := digestOf(t, text+"x"); got == want {
			t.Errorf("%s: one letter more has the same digest", name)
		}
	}
}

func TestWhatIsNoDumpHasNoDigest(t *testing.T) {
	for _, text := range []string{"hello\n", "BGP summary information for VRF default\n"} {
		if got := digestOf(t, text); got != [32]byte{} {
			t.Errorf("%q: %x", text, got)
		}
	}
}

func TestOfABinaryDumpEveryOctetCounts(t *testing.T) {
	one, other := mrtMessages(), mrtMessages()
	one[3], other[3] = ' ', '\n' // of the first message's time
	if a, b := digestOf(t, string(one)), digestOf(t, string(other)); a == b || a == [32]byte{} {
		t.Errorf("%x and %x", a, b)
	}
}
