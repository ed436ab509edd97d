package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// What a router, or whoever may name a file, can write: colours, a window title, a line break, the
// eight-bit form of ESC [, a mark that turns writing round, a line separator, a formula.
const hostile = "\x1b[31m\x1b]0;owned\x07\nERROR\r\u009b2J\u202egnp.\u2028=cmd()"

// quotedHostile is the same inside a JSON string and inside YAML's double quotes.
const quotedHostile = `\u001b[31m\u001b]0;owned\u0007\nERROR\r\u009b2J\u202egnp.\u2028=cmd()`

const hostileSite = `version: 1
site: {asns: [65536]}
links:
  - {name: "-isp", kind: internet, router: edge1, firewall: fw, neighbor-asns: [65540]}
feeds:
  - {name: "-out", link: "-isp", view: adj-rib-out-post, file: "` + quotedHostile + `.jsonl", max-age: 24h}
  - {name: "-in", link: "-isp", view: adj-rib-in-post, file: "in` + quotedHostile + `.json", vrf: "` + quotedHostile + `"}
  - {name: "-said", link: "-isp", view: adj-rib-in-post, file: said.json}
  - {name: "-gone", link: "-isp", view: adj-rib-in-post, file: "gone` + quotedHostile + `"}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: ["-isp"]}
services:
  - {name: mail, kind: smtp, addresses: [203.0.113.25/32], remote: exchange, initiator: remote, links: ["-isp"]}
remotes:
  - {name: exchange, observer: internet, prefixes: [40.92.0.0/15]}
waivers:
  - {check: prefix/unexpected, prefix: 198.51.100.0/24, reason: "` + quotedHostile + `", owner: "` + quotedHostile + `", until: 2027-01-31}
`

// hostileDumps are a header, a bad row and a trailer full of it; a table of VRFs with such names;
// a router's refusal.
var hostileDumps = map[string]string{
	hostile + ".jsonl": `{"header":{"version":1,"format":"` + quotedHostile + `","source":"` + quotedHostile + `","time":"2026-11-20T09:00:00Z","router":"` + quotedHostile + `","neighbor":null,"families":["ipv4"],"not_shown":[],"as_path_form":"as-sent"}}
{"prefix":"203.0.113.0/24","next_hop":"192.0.2.2","as_path":"65536","origin":"igp"}
{"prefix":"198.51.100.0/24","next_hop":"192.0.2.2","as_path":"65536","origin":"igp"}
{"prefix":"` + quotedHostile + `"}
{"prefix":"203.0.113.0/25","as_path":"` + quotedHostile + `"}
{"prefix":"203.0.113.128/25","origin":"` + quotedHostile + `"}
{"prefix":"203.0.113.128/26","` + quotedHostile + `":1}
{"trailer":{"routes":2,"skipped":4,"complete":"no","errors":["` + quotedHostile + `"]}}
`,
	"in" + hostile + ".json": `{"` + quotedHostile + `":{"vrfId":1,"vrfName":"` + quotedHostile + `","routerId":"10.255.0.1","localAS":65536,"routes":{"0.0.0.0/0":[{"valid":true,"path":"65540","origin":"` + quotedHostile + `","peerId":"` + quotedHostile + `","nexthops":[{"ip":"192.0.2.1"}]}]}},"default":{"vrfId":0,"vrfName":"default","localAS":65536,"routes":{}}}`,
	"said.json":              `{"warning":"` + quotedHostile + `"}`,
}

// TestNothingFromOutsideReachesATerminalRaw: what a router or a file's name says is escaped in
// every format of every verb, on both streams, and can be no formula in a spreadsheet.
func TestNothingFromOutsideReachesATerminalRaw(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "bgpaudit.yaml", hostileSite)
	var files []string
	for name, text := range hostileDumps {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Skipf("this file system cannot hold such a name: %v", err)
		}
		files = append(files, name)
	}
	ask := func(args ...string) string {
		t.Helper()
		out, stderr, _ := runHere(t, args...)
		for stream, text := range map[string]string{"stdout": out, "stderr": stderr} {
			lookForHostile(t, strings.Join(args[:min(3, len(args))], " ")+": "+stream, text)
		}
		return out
	}
	if text := ask("audit", "--at", seedNow, "--report", "json=report.json", "--report", "text=report.txt"); !strings.Contains(text, `\x1b[31m`) {
		t.Errorf("the audit does not show the hostile names at all: the test tests nothing\n%s", text)
	}
	for _, name := range []string{"report.json", "report.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lookForHostile(t, name, string(text))
	}
	ask("audit", "--at", seedNow, "-v", "--log-format", "console")
	ask("audit", "--at", seedNow, "-v", "--log-format", "json")
	ask("feeds", "--at", seedNow)
	ask("wins", "203.0.113.25", "--at", seedNow)
	ask("wins", "203.0.113.25", "--at", seedNow, "-o", "json")
	ask("wins", hostile)
	ask("routes", "0.0.0.0/0", "--longer", "--at", seedNow)
	ask("routes", "0.0.0.0/0", "--longer", "--at", seedNow, "-o", "json")
	ask("config", "validate", "-c", hostile)
	ask("audit", "-o", hostile)
	ask("audit", "--report", hostile+"="+hostile)
	ask("audit", "--at", hostile)
	ask("checks", "explain", hostile)
	ask(hostile)
	for _, name := range append(files, "gone"+hostile) {
		ask("convert", name)
		ask("convert", "--vrf", hostile, name)
	}
	writeFile(t, "wrong.yaml", "version: 1\nlinks: [\"\\e[31m\\u009b\"]\n\"\\u202e\": {\"\\e]0;owned\\a\": 1}\n")
	ask("config", "validate", "-c", "wrong.yaml")

	// JSON keeps the text: escaped, not lost.
	var feeds struct {
		Feeds []struct{ Name, Format string }
	}
	if err := json.Unmarshal([]byte(ask("feeds", "--at", seedNow, "-o", "json")), &feeds); err != nil || feeds.Feeds[0].Format != hostile {
		t.Errorf("%v: format %q, want what the header says", err, feeds.Feeds[0].Format)
	}
	var audit any
	if err := json.Unmarshal([]byte(ask("audit", "--at", seedNow, "-o", "json")), &audit); err != nil {
		t.Error(err)
	}

	rows, err := csv.NewReader(strings.NewReader(ask("routes", "0.0.0.0/0", "--longer", "--at", seedNow, "-o", "csv"))).ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("the cell %q may run as a formula", cell)
			}
		}
	}
}

// lookForHostile wants no rune that is not its own picture, but for line ends and the log's tabs, and no line that the
// hostile text begins.
func lookForHostile(t *testing.T, where, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsGraphic(r) {
			at := strings.IndexRune(text, r)
			t.Errorf("%s holds %q: %q", where, r, text[max(0, at-60):min(len(text), at+30)])
			return
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ERROR\\") {
			t.Errorf("%s: a line break of a name begins a line: %q", where, line)
		}
	}
}

// TestSafetyWithHostileFolders: a config in a folder with such a name is no different.
func TestSafetyWithHostileFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), hostile)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("this file system cannot hold such a name: %v", err)
	}
	config := filepath.Join(dir, "bgpaudit.yaml")
	writeFile(t, config, oddFeeds)
	for _, args := range [][]string{{"audit"}, {"feeds"}, {"config", "validate"}, {"wins", "203.0.113.25"}, {"audit", "-o", "json"}} {
		out, stderr, _ := runHere(t, append(args, "-c", config)...)
		lookForHostile(t, strings.Join(args, " "), out)
		lookForHostile(t, strings.Join(args, " "), stderr)
	}
	writeFile(t, config, "version: 2\n")
	_, stderr, code := runHere(t, "config", "validate", "-c", config)
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	lookForHostile(t, "a config error", stderr)
}
