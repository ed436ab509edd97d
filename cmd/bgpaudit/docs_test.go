package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bgpaudit/configs"
)

// Every command and every snippet that a user may copy is run here: configs load, commands work,
// printed answers are what is printed today (-update rewrites those).

var repository, _ = filepath.Abs("../..")

// fence is a fenced block of Markdown: its language and its text.
var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

type block struct{ page, language, text string }

func blocksOf(t *testing.T, pages ...string) []block {
	t.Helper()
	var out []block
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(repository, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
			out = append(out, block{page, m[1], m[2]})
		}
	}
	if len(out) == 0 {
		t.Fatalf("%v hold no fenced block", pages)
	}
	return out
}

var userPages = []string{"README.md", "docs/collect.md", "docs/exit-codes.md"}

// siteOfThePages is what the snippets that begin with feeds: leave out.
const siteOfThePages = `version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-internet, neighbor-asns: [65540]}
  - {name: er-primary, kind: expressroute-microsoft, router: edge1, firewall: fw-er, circuit: seattle, side: primary, sku: standard, neighbor-asns: [12076]}
  - {name: er-secondary, kind: expressroute-microsoft, router: edge2, firewall: fw-er, circuit: seattle, side: secondary, sku: standard, neighbor-asns: [12076]}
`

// TestConfigsOnThePagesLoad: whole configs as they stand, lists of feeds within a site.
func TestConfigsOnThePagesLoad(t *testing.T) {
	seen := 0
	for _, b := range blocksOf(t, userPages...) {
		text := b.text
		switch {
		case b.language != "yaml" || strings.Contains(text, "\n  script:\n"): // a pipeline's job
			continue
		case strings.HasPrefix(text, "feeds:"):
			text = siteOfThePages + text
		}
		seen++
		path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
		writeFile(t, path, text)
		if _, err := configs.Load(path); err != nil {
			t.Errorf("%s: this config does not load: %v\n%s", b.page, err, text)
		}
	}
	if seen < 4 {
		t.Errorf("%d configs on the pages: did the blocks change their language?", seen)
	}
}

// TestEveryFeedOnThePagesIsCollectedThere: each file that a config reads is written by a command
// of the same page.
func TestEveryFeedOnThePagesIsCollectedThere(t *testing.T) {
	file := regexp.MustCompile(`file: (dumps/[^,}\s]+)`)
	for _, page := range []string{"README.md", "docs/collect.md"} {
		var written strings.Builder
		for _, b := range blocksOf(t, page) {
			if b.language == "sh" {
				// The loops of the page, unrolled.
				for _, loop := range loopsOfThePages {
					written.WriteString(strings.ReplaceAll(b.text, loop[0], loop[1]))
				}
			}
		}
		for _, b := range blocksOf(t, page) {
			for _, m := range file.FindAllStringSubmatch(b.text, -1) {
				if b.language == "yaml" && !regexp.MustCompile(`> `+regexp.QuoteMeta(m[1])+`\s`).MatchString(written.String()) {
					t.Errorf("%s: no command there writes %s", page, m[1])
				}
			}
		}
	}
}

// loopsOfThePages are the variables of the loops there, with each value.
var loopsOfThePages = [][2]string{{"$f", "ipv4"}, {"$f", "ipv6"}, {"$side", "primary"}, {"$side", "secondary"}, {"$t", "advertised-routes"}, {"$t", "routes"}}

// TestEachPlatformIsWhole: under its heading in docs/collect.md stand its commands, the feeds that read
// what they write, and the page of its format; nothing of one platform stands under another's.
func TestEachPlatformIsWhole(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "docs/collect.md"))
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`> (dumps/\S+)`)
	platforms := 0
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		if heading == "Times" { // the last platform stands before it
			break
		}
		platforms++
		t.Run(heading, func(t *testing.T) {
			commands, feeds := "", ""
			for _, m := range fence.FindAllStringSubmatch(body, -1) {
				switch m[1] {
				case "sh":
					for _, loop := range loopsOfThePages {
						commands += strings.ReplaceAll(m[2], loop[0], loop[1])
					}
				case "yaml":
					feeds += m[2]
				case "powershell":
				default:
					t.Errorf("a block of %q:\n%s", m[1], m[2])
				}
				if m[1] != "yaml" && strings.Contains(m[2], "{name: ") || m[1] == "yaml" && !strings.HasPrefix(m[2], "feeds:\n") || strings.Contains(m[2], "\n## ") {
					t.Errorf("a block that another one ran into:\n%s", m[2])
				}
			}
			if prose := fence.ReplaceAllString(body, ""); strings.Contains(prose, "```") || strings.Contains(prose, "- {name: ") {
				t.Errorf("a fence that is not closed, or feeds outside a block:\n%s", prose)
			}
			if !strings.Contains(body, "](formats/") {
				t.Error("no page of a format is named")
			}
			feedsReadWhatCommandsWrite(t, feeds, written.FindAllStringSubmatch(commands, -1))
		})
	}
	if platforms < 17 {
		t.Errorf("%d platforms", platforms)
	}
}

// feedsReadWhatCommandsWrite: each feed's file is written in the same section, and says which families
// it is meant to show; the table of one neighbour says whose it is.
func feedsReadWhatCommandsWrite(t *testing.T, feeds string, written [][]string) {
	read := regexp.MustCompile(`file: (dumps/[^,}\s]+)`).FindAllStringSubmatch(feeds, -1)
	if len(read) == 0 || len(written) == 0 {
		t.Errorf("%d feeds, %d files written", len(read), len(written))
	}
	for _, m := range read {
		if !slices.ContainsFunc(written, func(w []string) bool { return w[1] == m[1] }) {
			t.Errorf("no command of this section writes %s", m[1])
		}
	}
	if n := strings.Count(feeds, "families: ["); n != len(read) {
		t.Errorf("%d of %d feeds name their families", n, len(read))
	}
	for line := range strings.Lines(feeds) {
		one := strings.Contains(line, "view: adj-rib") && !strings.Contains(line, "ipv4, ipv6") && !strings.Contains(line, "families: [ipv6]")
		if one && !strings.Contains(line, "neighbor: 192.0.2.1") {
			t.Errorf("whose table? %s", line)
		}
	}
}

// TestTheJobInTheReadmePrintsWhatItFound: text on stdout for the log, and the JSON in a file.
func TestTheJobInTheReadmePrintsWhatItFound(t *testing.T) {
	dir := readmeSite(t)
	t.Chdir(dir)
	jobs := 0
	for _, b := range blocksOf(t, "README.md") {
		if !strings.Contains(b.text, "\n  script:\n") {
			continue
		}
		for line := range strings.Lines(b.text) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "- bgpaudit ")
			if !ok {
				continue
			}
			jobs++
			remove(t, "dumps", "isp-a-in.json")
			out, _, code := runHere(t, strings.Fields(command)...)
			if strings.Contains(command, ">") || code != 3 || !strings.Contains(out, "isp-a-in.json: no such file") {
				t.Errorf("%s: exit %d, and the log says\n%s", command, code, out)
			}
			if text, err := os.ReadFile("audit.json"); err != nil || !strings.Contains(string(text), `"exit": 3`) && !strings.Contains(string(text), `"exit":3`) {
				t.Errorf("audit.json: %v\n%.200s", err, text)
			}
		}
	}
	if jobs != 1 {
		t.Errorf("%d audits in the README's job", jobs)
	}
}

// namesInCollect are the README's dumps under the names of docs/collect.md.
var namesInCollect = map[string]string{"isp-a-out.json": "isp-a-ipv4-advertised.json", "er-primary-table.json": "er-primary.json"}

// readmeSite writes the README's config and dumps of a site that is as it says.
func readmeSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, b := range blocksOf(t, "README.md") {
		if b.language == "yaml" && strings.HasPrefix(b.text, "version:") {
			writeFile(t, filepath.Join(dir, "bgpaudit.yaml"), b.text)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dumps"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"isp-a-out.json": `{"bgpTableVersion":9,"bgpLocalRouterId":"10.255.0.1","defaultLocPrf":100,"localAS":65536,"advertisedRoutes":{
"198.51.100.0/24":{"addrPrefix":"198.51.100.0","prefixLen":24,"network":"198.51.100.0/24","nextHop":"0.0.0.0","metric":0,"weight":32768,"path":"","bgpOriginCode":"i"},
"203.0.112.0/22":{"addrPrefix":"203.0.112.0","prefixLen":22,"network":"203.0.112.0/22","nextHop":"0.0.0.0","metric":0,"weight":32768,"path":"","bgpOriginCode":"i"}},
"totalPrefixCounter":2,"filteredPrefixCounter":0}`,
		"isp-a-in.json": `{"vrfId":0,"vrfName":"default","routerId":"10.255.0.1","defaultLocPrf":100,"localAS":65536,"routes":{
"0.0.0.0/0":[{"valid":true,"bestpath":true,"prefix":"0.0.0.0","prefixLen":0,"network":"0.0.0.0/0","weight":0,"peerId":"192.0.2.1","path":"65540","origin":"IGP","nexthops":[{"ip":"192.0.2.1","afi":"ipv4","used":true}]}]}}`,
		"er-primary-in.json": `{"vrfId":0,"vrfName":"default","routerId":"10.255.0.1","defaultLocPrf":100,"localAS":65536,"routes":{
"40.92.0.0/15":[{"valid":true,"bestpath":true,"prefix":"40.92.0.0","prefixLen":15,"network":"40.92.0.0/15","weight":0,"peerId":"203.0.115.254","path":"12076 8075","origin":"IGP","nexthops":[{"ip":"203.0.115.254","afi":"ipv4","used":true}]}]}}`,
		"er-primary-table.json": `{"value":[{"locPrf":"","network":"198.51.100.128/25","nextHop":"203.0.115.253","path":"65536","weight":0}]}`,
	} {
		writeFile(t, filepath.Join(dir, "dumps", name), text+"\n")
		if other := namesInCollect[name]; other != "" {
			writeFile(t, filepath.Join(dir, "dumps", other), text+"\n")
		}
	}
	return dir
}

// commandsOf are the lines of the sh blocks that call bgpaudit itself, without what a shell does.
func commandsOf(t *testing.T, pages ...string) []string {
	var out []string
	for _, b := range blocksOf(t, pages...) {
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(b.text) {
			command, _, _ := strings.Cut(strings.TrimSpace(line), " #")
			command, _, _ = strings.Cut(command, " > ")
			command = strings.TrimPrefix(command, "go run ./cmd/")
			if strings.HasPrefix(command, "bgpaudit ") {
				out = append(out, strings.TrimSpace(command))
			}
		}
	}
	return out
}

// TestCommandsOnThePagesRun: in the README's own site everything is clean.
func TestCommandsOnThePagesRun(t *testing.T) {
	t.Chdir(readmeSite(t))
	commands := commandsOf(t, userPages...)
	for _, want := range []string{"bgpaudit demo --once", "bgpaudit feeds -c bgpaudit.yaml", "bgpaudit audit -c bgpaudit.yaml", "bgpaudit audit -c bgpaudit.yaml -o json"} {
		if !slices.Contains(commands, want) {
			t.Errorf("the pages do not say %q any more", want)
		}
	}
	for _, command := range commands {
		out, stderr, code := runHere(t, strings.Fields(command)[1:]...)
		if code != 0 {
			t.Errorf("%s: exit %d\n%s%s", command, code, out, stderr)
		}
	}
}

// TestBreakingTheReadmeSiteSaysWhatToDo: what a newcomer gets wrong first.
func TestBreakingTheReadmeSiteSaysWhatToDo(t *testing.T) {
	edit := func(file, old, replacement string) func(*testing.T) {
		return func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(text), old) {
				t.Fatalf("%v: %s does not hold %q", err, file, old)
			}
			writeFile(t, file, strings.ReplaceAll(string(text), old, replacement))
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*testing.T)
		code  int
		says  []string // on stdout or stderr
	}{
		{"a dump is missing", func(t *testing.T) { remove(t, "dumps", "isp-a-in.json") }, 3, []string{"isp-a-in.json: no such file", "export the dump again", "docs/collect.md"}},
		{"a dump is cut", edit("dumps/isp-a-out.json", `"totalPrefixCounter":2,"filteredPrefixCounter":0}`, ""), 3, []string{"isp-a-out.json", "is partial", "export the whole table again"}},
		{"a dump is empty", func(t *testing.T) { writeFile(t, "dumps/isp-a-out.json", "") }, 3, []string{"0 bytes", "run it again"}},
		{"the router refused", func(t *testing.T) { writeFile(t, "dumps/isp-a-out.json", "% Unknown command: show bgp\n") }, 3, []string{"% Unknown command", "run the command by hand"}},
		{"Azure refused", func(t *testing.T) {
			writeFile(t, "dumps/er-primary-table.json", "ERROR: (AuthorizationFailed) no access\n")
		}, 3, []string{"er-primary-table.json", "AuthorizationFailed", "docs/formats"}},
		{"Azure's envelope is gone and the table empty", func(t *testing.T) { writeFile(t, "dumps/er-primary-table.json", "[]\n") }, 3, []string{"expect-empty: true"}},
		{"a key is mistyped", edit("bgpaudit.yaml", "firewall: fw-er", "firewal: fw-er"), 2, []string{"bgpaudit.yaml:5: ", `unknown key "firewal"`, "did you mean firewall?"}},
		{"a name is mistyped", edit("bgpaudit.yaml", "pools: [nat-users]", "pools: [nat-user]"), 2, []string{"bgpaudit.yaml:", "did you mean nat-users?"}},
		{"an ASN is a word", edit("bgpaudit.yaml", "asns: [65536]", "asns: [ours]"), 2, []string{"bgpaudit.yaml:2: "}},
		{"the views are the wrong way round", func(t *testing.T) {
			edit("bgpaudit.yaml", "view: adj-rib-in-post, families: [ipv4], file: dumps/isp-a-in.json", "view: adj-rib-out-post, families: [ipv4], file: dumps/isp-a-in.json")(t)
		}, 3, []string{"contradicts its declaration", "check view:"}},
		{"the dumps are old", func(t *testing.T) {
			edit("bgpaudit.yaml", ", max-age: 24h, trust-mtime: true", ", max-age: 24h, taken: 2001-01-01")(t)
		}, 3, []string{"is stale", "export it again"}},
		{"the clock of a checkout is not trusted", edit("bgpaudit.yaml", ", trust-mtime: true", ""), 3, []string{"give taken:, or trust-mtime: true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(readmeSite(t))
			c.spoil(t)
			out, stderr, code := runHere(t, "audit")
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			for _, want := range c.says {
				if !strings.Contains(strings.Join(strings.Fields(out+stderr), " "), want) { // lines are wrapped
					t.Errorf("it does not say %q:\n%s%s", want, out, stderr)
				}
			}
			if code == 3 && strings.Contains(out, "audit: clean") {
				t.Errorf("called clean:\n%s", out)
			}
		})
	}
}

// TestAnswersOnThePagesAreTheProgramsOwn: a console block is a command and exactly what it prints,
// run where the repository is.
func TestAnswersOnThePagesAreTheProgramsOwn(t *testing.T) {
	t.Chdir(repository)
	for _, page := range userPages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		now := fence.ReplaceAllStringFunc(string(text), func(whole string) string {
			m := fence.FindStringSubmatch(whole)
			if m[1] != "console" {
				return whole
			}
			command, _, _ := strings.Cut(m[2], "\n")
			args := strings.Fields(strings.TrimPrefix(command, "$ bgpaudit "))
			out, stderr, code := runHere(t, args...)
			if code == exitUsage {
				t.Errorf("%s: %s: %s", page, command, stderr)
			}
			return "```console\n" + command + "\n" + out + "```"
		})
		switch {
		case now == string(text):
		case *update:
			writeFile(t, page, now)
		default:
			t.Errorf("%s prints other answers than the program: go test ./cmd/bgpaudit -update, then read the diff", page)
		}
	}
}
