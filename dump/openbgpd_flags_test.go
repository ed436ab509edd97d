package dump

import (
	"strings"
	"testing"

	"bgpaudit/rib"
)

// TestWordsInFrontOfAnOpenBGPDRowAreFlags holds what stands in front of a prefix against the flags that bgpctl prints.
func TestWordsInFrontOfAnOpenBGPDRowAreFlags(t *testing.T) {
	const (
		plain     = "flags destination          gateway          lpref   med aspath origin\n"
		validated = "flags  vs destination          gateway          lpref   med aspath origin\n"
		v4        = " 203.0.113.0/24       192.0.2.1         100     0 65540 i\n"
		v6        = " 2001:db8:1::/48      2001:db8::1       100     0 65540 i\n"
	)
	for _, it := range []struct {
		name, header, front string
		good                bool
	}{
		{"valid and best", plain, "*>", true},
		{"best of its AS", plain, "I*w", true},
		{"not valid", plain, "", true},
		{"leaked", validated, "*L  N-?", true},
		{"validation alone", validated, "    V", true},
		{"origin and path invalid", validated, "*>  !-!", true},
		{"a word", plain, "router", false},
		{"a flag with a letter that is none", plain, "*x", false},
		{"two words", plain, "*> N", false},
		{"the state of validation is lost", validated, "*>", false},
		{"nothing stands there", validated, "", false},
		{"the state of validation is none", validated, "*> X-?", false},
	} {
		t.Run(it.name, func(t *testing.T) {
			for _, row := range []string{v4, v6} {
				src := fixtureSource("openbgpd/table.txt")
				src.Format = "openbgpd"
				text := it.header + "*> N 198.51.100.0/24 192.0.2.1 100 0 65540 i\n" + it.front + row
				if it.header == plain {
					text = strings.Replace(text, "*> N ", "*> ", 1)
				}
				routes, got, err := readBytes(src, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				if len(routes)+got.Skipped != 2 || (got.Skipped == 0) != it.good || (got.Complete == rib.CompleteNo) == it.good {
					t.Errorf("%q: %d rows, %d bad ones, complete %s", it.front+row, len(routes), got.Skipped, got.Complete)
				}
			}
		})
	}
}
