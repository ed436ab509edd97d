package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCheckMonitor: what validates may still be too little to run with.
func TestCheckMonitor(t *testing.T) {
	const session = "feeds:\n  - {name: edge1, link: isp-a, bgp: {neighbor: 192.0.2.1, asn: 65540, local-asn: 65536}}\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"whole", head + session + "monitor: {router-id: 10.255.0.9, listen: [\"127.0.0.1:0\"]}\n", nil},
		{"no monitor", head + session, []string{"1: monitor.listen is missing", "1: monitor.router-id is missing"}},
		{"an empty monitor", head + session + "monitor: {asn: 65536}\n", []string{"8: monitor.listen is missing", "8: monitor.router-id is missing"}},
		{"no router-id", head + session + "monitor: {listen: [\"127.0.0.1:0\"]}\n", []string{"8: monitor.router-id is missing"}},
		{"files alone", head + "feeds:\n  - {name: f, link: isp-a, view: far-end, file: x.json}\n", []string{"1: no feed is a BGP session: there is nothing to monitor"}},
		{"BMP alone", head + "feeds:\n  - {name: f, link: isp-a, bmp: {listen: \"127.0.0.1:11019\"}}\n", []string{"1: no feed is a BGP session: there is nothing to monitor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := parse("bgpaudit.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if err := config.CheckMonitor(); err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					line, cut := strings.CutPrefix(line, "bgpaudit.yaml:")
					if line, _, _ = strings.Cut(line, ": the monitor never"); cut {
						got = append(got, line)
					} else if !strings.HasPrefix(line, "    hint: ") {
						t.Errorf("neither a mistake nor its hint: %s", line)
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestReadPassword(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		mode           os.FileMode
		want           string
		warns, refused string
	}{
		{"one line", "hunter2\n", 0o600, "hunter2", "", ""},
		{"no line end", "hunter2", 0o640, "hunter2", "", ""},
		{"an editor of Windows", "hunter2\r\n", 0o600, "hunter2", "", ""},
		{"spaces are part of it", " hunter 2 \n", 0o600, " hunter 2 ", "", ""},
		{"everyone reads it", "hunter2\n", 0o644, "hunter2", "can be read by everyone (mode 0644)", ""},
		{"the longest", strings.Repeat("x", 80) + "\n", 0o600, strings.Repeat("x", 80), "", ""},
		{"too long", strings.Repeat("hunter2", 12) + "\n", 0o600, "", "", "more than 80 bytes"},
		{"far too long", strings.Repeat("hunter2", 12_000), 0o600, "", "", "more than 80 bytes"},
		{"empty", "", 0o600, "", "", "is empty"},
		{"a bare line end", "\n", 0o600, "", "", "is empty"},
		{"two lines", "hunter2\nhunter3\n", 0o600, "", "", "is not one line of text"},
		{"no text", "hunter2\x00", 0o600, "", "", "is not one line of text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "md5")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			got, warning, err := ReadPassword(path)
			if got != c.want || (c.refused == "") != (err == nil) || (c.warns == "") != (warning == "") || !strings.Contains(warning, c.warns) {
				t.Errorf("got %q, warning %q, error %v", got, warning, err)
			}
			if err != nil && !strings.Contains(err.Error(), c.refused) {
				t.Errorf("error %v does not say %q", err, c.refused)
			}
			if said := warning + " " + stringOf(err); strings.Contains(said, "hunter") {
				t.Errorf("the password is in %q", said)
			}
		})
	}
	if _, _, err := ReadPassword(filepath.Join(t.TempDir(), "gone")); !os.IsNotExist(err) && !strings.Contains(stringOf(err), "no such file") {
		t.Errorf("a missing file: %v", err)
	}
	if _, _, err := ReadPassword(t.TempDir()); err == nil {
		t.Error("a folder is a password")
	}
}

func TestReadToken(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		mode           os.FileMode
		want           string
		warns, refused string
	}{
		{"one line", "hunter2-hunter2-hunter2\n", 0o600, "hunter2-hunter2-hunter2", "", ""},
		{"everyone reads it", "hunter2-hunter2-hunter2\n", 0o644, "hunter2-hunter2-hunter2", "can be read by everyone (mode 0644)", ""},
		{"short enough to be guessed", "hunter2\n", 0o600, "", "", "fewer than 16 characters"},
		{"no header takes it", "hunter2 hunter2 hunter2\n", 0o600, "", "", "what no HTTP header can"},
		{"far too long", strings.Repeat("hunter2", 1000), 0o600, "", "", "more than 512 bytes"},
		{"empty", "", 0o600, "", "", "is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			got, warning, err := ReadToken(path)
			if got != c.want || (c.refused == "") != (err == nil) || (c.warns == "") != (warning == "") || !strings.Contains(warning, c.warns) || !strings.Contains(stringOf(err), c.refused) {
				t.Errorf("got %q, warning %q, error %v", got, warning, err)
			}
			if said := warning + " " + stringOf(err); strings.Contains(said, "hunter") {
				t.Errorf("the token is in %q", said)
			}
		})
	}
}

// TestTheAPIOfAConfig: what is off unless it is asked for, and where its files are.
func TestTheAPIOfAConfig(t *testing.T) {
	for text, want := range map[string]Monitor{
		"":                                     {},
		"monitor: {api: \"127.0.0.1:8179\"}\n": {API: "127.0.0.1:8179"},
		"monitor: {api: \"[::1]:8179\"}\n":     {API: "[::1]:8179"},
		"monitor: {api: \"localhost:8179\"}\n": {API: "localhost:8179"},
		"monitor: {api: \"0.0.0.0:8179\", tls: {cert: a, key: /b}, token-file: t}\n": {API: "0.0.0.0:8179", TLS: &TLSFiles{"site/a", "/b"}, TokenFile: "site/t"},
	} {
		config, err := parse("site/bgpaudit.yaml", []byte(head+text))
		if err != nil {
			t.Errorf("%s%v", text, err)
			continue
		}
		if got := (Monitor{API: config.Monitor.API, TLS: config.Monitor.TLS, TokenFile: config.Monitor.TokenFile}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s%+v, want %+v", text, got, want)
		}
	}
}

func stringOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestNoPasswordIsDumped: the effective config names the file, and does not open it.
func TestNoPasswordIsDumped(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "md5"), []byte("canary-7f3a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bgpaudit.yaml")
	text := head + "monitor: {asn: 65536, auth: {md5-file: md5}}\nfeeds:\n  - {name: f, link: isp-a, bgp: {neighbor: 192.0.2.0/24, asn: 65540, auth: {md5-file: md5}}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Dump(load(t, path))
	if err != nil || strings.Contains(string(out), "canary") || strings.Count(string(out), "md5-file: md5") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}
