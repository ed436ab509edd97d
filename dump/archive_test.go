package dump

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"bgpaudit/dump/reading"
)

// TestAnArchiveIsRefusedByName: two answers in one file would be read as one text.
func TestAnArchiveIsRefusedByName(t *testing.T) {
	answers := map[string]string{
		"first.txt":  string(fixtureBytes(t, "ios/routes.txt")),
		"second.txt": string(fixtureBytes(t, "ios/other-neighbor.txt")),
	}
	archive := func(format tar.Format) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for name, text := range answers {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Format: format}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	packed := func(text []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	gz := func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
	xzip := func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }
	for name, text := range map[string][]byte{
		"ustar":        archive(tar.FormatUSTAR),
		"GNU":          archive(tar.FormatGNU),
		"PAX":          archive(tar.FormatPAX),
		"before ustar": seventhEdition(archive(tar.FormatUSTAR)),
		"tgz":          packed(archive(tar.FormatUSTAR), gz),
		"tar.xz":       packed(archive(tar.FormatUSTAR), xzip),
	} {
		for _, format := range []string{"", "ios", "mrt"} {
			routes, _, err := readBytes(reading.Source{Name: "x", Format: format, ExpectRoutes: -1}, text)
			if err == nil || !strings.Contains(err.Error(), "is a tar archive") || len(routes) > 0 {
				t.Errorf("%s as %q: %d routes, %v", name, format, len(routes), err)
			}
		}
	}
}

// seventhEdition takes the magic out of a first header, whose checksum is reckoned anew.
func seventhEdition(b []byte) []byte {
	copy(b[257:265], make([]byte, 8))
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	const octal = "01234567"
	digits := []byte("000000\x00 ")
	for i := 5; i >= 0; i, sum = i-1, sum/8 {
		digits[i] = octal[sum%8]
	}
	copy(b[148:156], digits)
	return b
}
