package reading

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzCleanup holds the clean-up to what every text can expect: lines keep their numbers, the same text comes out
// whatever the pieces it is read in, and text that no terminal touched stays as it is.
func FuzzCleanup(f *testing.F) {
	for _, seed := range []string{
		"\x1b[?2004h\x1b]0;a@b: ~\a\x1b[01;32ma@b\x1b[00m:~$ show ip bgp\r\n\x1b[?2004l\r*> 203.0.113.0/24 192.0.2.1 0 65540 i\r\n",
		"--More--\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b*> 2001:db8::/32\n--More--\r        \redge1#\n",
		"Script started on Fri Nov 20 09:14:00 2026\nx\n\nScript done on Fri Nov 20 09:15:00 2026\n",
		"Enable succeeded: \n[stdout]\nx\n[stderr]\nfailed\n",
		"Nov 20 09:14:00 edge1 vtysh[7]: a\nNov 20 09:14:00 edge1 vtysh[7]: b\n",
		"a\x1b[5Cb\x1b[3D\x1b[2P\x1b[4@\x1b[1K\x1b[9G\xa0\xfc\ufeff\u00a0c",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		clean := func(r io.Reader) ([]byte, *cleanup) {
			c := newCleanup(r)
			out, err := io.ReadAll(c)
			if err != nil {
				t.Fatal(err)
			}
			return out, c
		}
		out, c := clean(bytes.NewReader(text))
		again, d := clean(iotest.OneByteReader(bytes.NewReader(text)))
		if len(text) < HeadSize && (!bytes.Equal(out, again) || len(c.wrongs) != len(d.wrongs)) {
			t.Fatalf("%q became %q (%v), and %q (%v)", text, out, c.wrongs, again, d.wrongs)
		}
		if was, is := bytes.Count(text, []byte("\n")), bytes.Count(out, []byte("\n")); was != is {
			t.Fatalf("%d lines became %d: %q", was, is, text)
		}
		if untouched(text) && c.stamps == nil && !c.frame.begun && !bytes.Equal(out, text) {
			t.Fatalf("%q became %q", text, out)
		}
	})
}

func TestALineIsShownAsATerminalShowsIt(t *testing.T) {
	for _, tt := range []struct{ name, raw, text string }{
		{"colours are taken off", "\x1b[1;32mup\x1b[0m", "up"},
		{"a title is taken off", "\x1b]0;edge1\aup", "up"},
		{"a title that ends as ECMA-48 says", "\x1b]2;edge1\x1b\\up", "up"},
		{"a step to the right is blanks", "up\x1b[3Cdown", "up   down"},
		{"a column", "\x1b[9Gup", "        up"},
		{"letters of a command are put in", "e1#show ip\b\b\x1b[4@bgp ", "e1#show bgp ip"},
		{"letters of a command are taken out", "e1#showw ip\b\b\b\b\x1b[1P", "e1#show ip"},
		{"a command is written anew", "e1#sh\re1#show ip bgp", "e1#show ip bgp"},
		{"a pager's mark is erased to the end of the line", "--More--\r\x1b[K*> 203.0.113.0/24", "*> 203.0.113.0/24"},
		{"a pager's mark is erased from its end", "---(more 40%)---" + strings.Repeat("\b \b", 16) + "* 203.0.113.0/24", "* 203.0.113.0/24"},
		{"a mark in the middle of a row is none", "*> 2001:db8:\b1::/48", "*> 2001:db8:\b1::/48"},
		{"two words are no one", "65536 \b5536 65540", "65536 \b5536 65540"},
		{"a row behind a prompt that it is written over", "edge1#\r *> 203.0.113.0/24", "edge1#\r *> 203.0.113.0/24"},
		{"a mark with blanks in it, written over", " --More-- (20%)\r*> 203.0.113.0/24 65540", "*> 203.0.113.0/24 65540"},
		{"an ellipsis that was taken for Latin-1", "65540 6\u0085", "65540 6…"},
		{"a row is written over", "*> 203.0.113.0/24\r*> 198.51.100.0/24", "*> 203.0.113.0/24\r*> 198.51.100.0/24"},
		{"an order that is not known", "65\x1b540", "65\x1b540"},
		{"a step beyond every screen", "\x1b[99999999Cx", "\x1b[99999999Cx"},
		{"a byte of another code page stays", "Z\xfcrich#", "Z\xfcrich#"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := showLine([]byte(tt.raw), true); string(got.text) != tt.text {
				t.Errorf("%q, %s; want %q", got.text, got.wrong, tt.text)
			}
		})
	}
}
