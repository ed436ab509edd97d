package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The JSON answers are a contract (docs/json.md): these shapes are that contract, field by field.
// A field may be added, with its line on the page; none may go or change its type.

// shape checks a decoded value; at names the place.
type shape func(t *testing.T, at string, v any)

type object map[string]shape

// check wants exactly these fields; one whose name ends in ? may be left out.
func (o object) check(t *testing.T, at string, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		t.Errorf("%s is %T, want an object", at, v)
		return
	}
	for name, want := range o {
		name, optional := strings.CutSuffix(name, "?")
		got, ok := m[name]
		if !ok && optional {
			continue
		}
		if !ok {
			t.Errorf("%s has no field %q", at, name)
			continue
		}
		want(t, at+"."+name, got)
	}
	for name := range m {
		if o[name] == nil && o[name+"?"] == nil {
			t.Errorf("%s has the field %q, which is not in the contract: put it on docs/json.md and here", at, name)
		}
	}
}

func text(t *testing.T, at string, v any) {
	if _, ok := v.(string); !ok {
		t.Errorf("%s is %v, want a string", at, v)
	}
}

func name(t *testing.T, at string, v any) {
	if s, ok := v.(string); !ok || s == "" {
		t.Errorf("%s is %v, want a string that is not empty", at, v)
	}
}

func boolean(t *testing.T, at string, v any) {
	if _, ok := v.(bool); !ok {
		t.Errorf("%s is %v, want true or false", at, v)
	}
}

func number(t *testing.T, at string, v any) {
	if n, ok := v.(float64); !ok || n < 0 || n != float64(int64(n)) {
		t.Errorf("%s is %v, want a whole number", at, v)
	}
}

func prefix(t *testing.T, at string, v any) {
	s, _ := v.(string)
	if p, err := netip.ParsePrefix(s); err != nil || p != p.Masked() || p.String() != s {
		t.Errorf("%s is %v, want a masked prefix", at, v)
	}
}

func moment(t *testing.T, at string, v any) {
	s, _ := v.(string)
	if when, err := time.Parse(time.RFC3339, s); err != nil || when.Format("2006-01-02T15:04:05Z") != s {
		t.Errorf("%s is %v, want a time in UTC, to the second", at, v)
	}
}

var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

func fingerprint(t *testing.T, at string, v any) {
	if s, _ := v.(string); !fingerprintForm.MatchString(s) {
		t.Errorf("%s is %v, want a fingerprint", at, v)
	}
}

func one(words ...string) shape {
	return func(t *testing.T, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			t.Errorf("%s is %v, want one of %s", at, v, strings.Join(words, ", "))
		}
	}
}

func orNull(want shape) shape {
	return func(t *testing.T, at string, v any) {
		if v != nil {
			want(t, at, v)
		}
	}
}

// list wants a list: an empty one, and never null.
func list(want shape) shape {
	return func(t *testing.T, at string, v any) {
		elements, ok := v.([]any)
		if !ok {
			t.Errorf("%s is %v, want a list", at, v)
		}
		for i, e := range elements {
			want(t, fmt.Sprintf("%s[%d]", at, i), e)
		}
	}
}

// rowKinds are the kinds of row that a feed's account knows.
var rowKinds = []string{"tied", "tied_elsewhere", "unclassified", "own", "internal", "foreign", "ignored", "ineligible", "other", "bad"}

// addsUp wants a count of every kind, and their sum in read.
func addsUp(t *testing.T, at string, v any) {
	want := object{"read": number}
	sum := 0.0
	for _, kind := range rowKinds {
		want[kind] = number
		n, _ := v.(map[string]any)[kind].(float64)
		sum += n
	}
	want.check(t, at, v)
	if read := v.(map[string]any)["read"]; read != sum {
		t.Errorf("%s.read is %v, and the kinds add up to %v", at, read, sum)
	}
}

// firstRows wants kinds of row as keys, each with its first.
func firstRows(t *testing.T, at string, v any) {
	for kind, row := range v.(map[string]any) {
		if !slices.Contains(rowKinds, kind) {
			t.Errorf("%s has the kind %q, which is none", at, kind)
		}
		object{"seen": name, "why": name}.check(t, at+"."+kind, row)
	}
}

var (
	family   = one("ipv4", "ipv6")
	view     = one("adj-rib-out-post", "adj-rib-out-pre", "far-end", "collector", "chosen", "adj-rib-in-post", "adj-rib-in-pre", "bgp-table", "loc-rib", "monitor", "declared")
	outcome  = one("decided", "tie", "undetermined", "unknown", "unreachable")
	reasons  = []string{"only-route", "longest-match", "local-pref", "as-path-length", "origin", "med", "router-chose", "link-kind", "routing-preference", "connection-weight", "equal", "router-local", "none"}
	reason   = one(reasons...)
	exitWord = func(t *testing.T, at string, v any) {
		if n, ok := v.(float64); !ok || n != 0 && n != 1 && n != 3 {
			t.Errorf("%s is %v, want 0, 1 or 3", at, v)
		}
	}

	candidateShape = object{
		"link": orNull(name), "view": view, "feed": name, "prefix": prefix, "as_path": orNull(text), "next_hop": orNull(name),
		"local_pref": orNull(number), "med": orNull(number), "origin": orNull(one("igp", "egp", "incomplete")), "communities": list(name),
		"not_shown": list(name), "seen": name, "seen_at": orNull(moment), "lost_at": orNull(one(append([]string{"not-a-candidate"}, reasons...)...)), "detail": text,
	}
	rangeShape = object{
		"prefixes": list(prefix), "outcome": outcome, "winner": orNull(name), "links": list(name), "reason": reason, "detail": text,
		"inferred": boolean, "fragile": boolean, "assumes": list(name),
		"doubts":     list(object{"link": orNull(name), "direction": one("advertised", "received"), "family": family, "prefix": orNull(prefix), "why": name}.check),
		"per_router": list(object{"router": name, "winner": name, "links": list(name)}.check),
		"candidates": list(candidateShape.check), "flips": list(name),
	}
	winsShape = object{
		"version": number, "query": name, "exit": exitWord,
		"decisions": list(object{"observer": name, "direction": one("forward", "return"), "ranges": list(rangeShape.check)}.check),
	}
	changeShape = object{
		"action": one("stop-advertising", "advertise", "advertise-when-down", "prepend", "accept", "refuse", "local-preference", "sees", "snat"), "router": orNull(name), "link": orNull(name),
		"neighbors": list(name), "prefix": orNull(prefix), "preference": orNull(number), "while": list(name), "prepend": list(number), "service": orNull(name), "sees": list(name), "firewall": orNull(name),
	}
	findingShape = object{
		"id": fingerprint, "group": fingerprint, "caused_by": orNull(fingerprint),
		"cause": object{"what": one("advertised", "received", "absent", "evidence"), "prefix": orNull(prefix), "remote": orNull(name), "link": orNull(name)}.check,
		"check": name, "severity": one("error", "warning", "info"), "subject": object{"kind": name, "name": name}.check, "family": family,
		"prefixes": list(prefix), "links": list(name), "message": name, "story": list(name), "hint": text, "source": name, "inferred": boolean, "assumes": list(name),
		"evidence": list(object{"feed": name, "link": orNull(name), "view": view, "prefix": orNull(prefix), "seen": name}.check),
		"do":       list(changeShape.check), "config": name, "waived_by": orNull(name), "more": number,
	}
	choiceShape = object{"outcome": outcome, "links": list(name), "reason": one(append([]string{"snat"}, reasons...)...)}
	flowShape   = object{
		"service": name, "remote": name, "family": family, "initiator": one("us", "remote"), "local": list(prefix), "remote_prefixes": list(prefix), "remote_prefix_count": number,
		"forward": choiceShape.check, "return": choiceShape.check, "verdict": one("symmetric", "asymmetric", "mixed", "unreachable", "unknown", "not-applicable"), "why": text,
		"drops_at": orNull(name), "story": list(name), "assumes": list(name), "findings": list(fingerprint),
	}
	checkShape = object{"id": name, "link": name, "family": family, "state": one("ok", "fired", "unknown", "not-applicable"), "reason": text}
	feedShape  = object{
		"name": name, "link": orNull(name), "view": view, "format": text, "router": orNull(name), "families": list(family), "routes": number, "skipped": number,
		"complete": one("yes", "no", "unproven"), "as_of": orNull(moment), "as_of_source": orNull(one("dump", "config", "mtime")), "errors": list(name),
		"rows": addsUp, "first_rows": firstRows, "notes": list(name), "observer": orNull(name),
	}
	summaryShape = object{"groups": number, "error": number, "warning": number, "info": number, "waived": number, "unknown": number}
	auditShape   = object{
		"version": number, "exit": exitWord, "reasons": list(name), "summary": summaryShape.check, "findings": list(findingShape.check),
		"flows": list(flowShape.check), "checks": list(checkShape.check), "feeds": list(feedShape.check),
	}
	feedsShape = object{"version": number, "feeds": list(feedShape.check)}
	// In canonical records null is a value too: absent, or not shown where not_shown names the key.
	recordShape = object{
		"feed": name, "link": orNull(name), "prefix": prefix, "path_id": number, "neighbor": orNull(name), "neighbor_asn": orNull(number), "next_hop": orNull(name),
		"as_path": orNull(text), "origin": orNull(one("igp", "egp", "incomplete")), "local_pref": orNull(number), "med": orNull(number),
		"communities": orNull(list(name)), "large_communities": orNull(list(name)), "best": orNull(boolean), "multipath": orNull(boolean), "stale": boolean, "withdrawn": boolean,
		"not_shown?": list(name), "ineligible?": one("invalid", "filtered", "filtered,invalid"), "line": number,
		"internal?": boolean, "rib_failure?": boolean, "rpki_invalid?": boolean, "unselected?": boolean,
	}
	routesShape = object{"version": number, "routes": list(recordShape.check)}
)

var (
	// What the API alone has: parts of an audit, each with what it stands on.
	heldShape     = with(findingShape, object{"unknown": orNull(name), "flapping": orNull(name), "since": moment})
	findingsShape = with(standingShape, object{"findings": list(heldShape.check)})
	flowsShape    = with(standingShape, object{"flows": list(flowShape.check)})
	checksShape   = with(standingShape, object{"checks": list(checkShape.check)})
	standingShape = object{"version": number, "exit": exitWord, "reasons": list(name)}
	explainShape  = with(standingShape, object{
		"finding": heldShape.check, "group": list(findingShape.check), "flows": list(flowShape.check), "routes": list(recordShape.check), "wins": list(winsShape.check), "omits": list(name),
	})
	linksShape = object{"version": number, "links": list(object{
		"name": name, "kind": name, "router": orNull(name), "firewall": name, "circuit": orNull(name), "side": orNull(name),
		"sees": list(object{"direction": one("advertised", "received"), "family": family, "covered": boolean, "why": text, "assumes": list(name), "feeds": list(name)}.check),
	}.check)}
	sessionsShape = object{"version": number, "sessions": list(object{}.check), "refused": list(object{}.check)} // those of files: none
)

func with(o, more object) object {
	out := maps.Clone(o)
	maps.Copy(out, more)
	return out
}

// answerJSON runs a verb twice, wants the same bytes, and gives them with the exit code.
func answerJSON(t *testing.T, args ...string) ([]byte, int) {
	t.Helper()
	args = append(args, "--at", seedNow, "-o", "json")
	first, stderr, code := runHere(t, args...)
	again, _, codeAgain := runHere(t, args...)
	if code == exitUsage {
		t.Fatalf("%v: exit 2: %s", args, stderr)
	}
	if first != again || code != codeAgain {
		t.Fatalf("%v: the same input gave other bytes the second time (exit %d, then %d)", args, code, codeAgain)
	}
	return []byte(first), code
}

func TestJSONAnswersKeepTheirShape(t *testing.T) {
	steps := []string{"a", "b", "c", "d", "d2", "e", "e-snat", "e2", "f", "f2"}
	sites := map[string]string{}
	for _, step := range steps {
		sites[step] = writeSeed(t, step)
	}
	// Holes give what whole evidence never does: unknown, doubts, null times and links, open checks.
	sites["without isp-a's routes"] = writeSeed(t, "c")
	remove(t, filepath.Dir(sites["without isp-a's routes"]), "dumps/isp-a-advertised-ipv4.json", "dumps/isp-a-received-ipv6.json")
	sites["odd feeds"] = filepath.Join(t.TempDir(), "bgpaudit.yaml")
	writeFile(t, sites["odd feeds"], oddFeeds)
	writeFile(t, filepath.Join(filepath.Dir(sites["odd feeds"]), "table.json"), `{"routerId":"10.255.0.1","localAS":65536,"defaultLocPrf":100,"routes":{"198.51.100.0/24":[{"valid":true,"bestpath":true,"peerId":"192.0.2.1","path":"65540","origin":"IGP","nexthops":[{"ip":"192.0.2.1","afi":"ipv4"}]}],"192.0.2.0/24":[{"valid":true,"peerId":"192.0.2.9","path":"65549","origin":"IGP","nexthops":[]}]}}`)
	for label, config := range sites {
		t.Run(label, func(t *testing.T) {
			audit, code := answerJSON(t, "audit", "-c", config)
			checkAudit(t, audit, code)
			feeds, _ := answerJSON(t, "feeds", "-c", config)
			feedsShape.check(t, "feeds", decoded(t, feeds))
			for _, query := range []string{"203.0.112.0/22", "198.51.100.0/24", "2001:db8:113::/48", "20.190.0.0/16", "2603:1006::/32", "0.0.0.0/0", "8.8.8.8"} {
				wins, code := answerJSON(t, "wins", "-c", config, query)
				checkWins(t, wins, code)
			}
			for _, query := range []string{"0.0.0.0/0", "::/0"} {
				routes, _ := answerJSON(t, "routes", "-c", config, "--longer", query)
				routesShape.check(t, "routes", decoded(t, routes))
			}
		})
	}
}

const oddFeeds = `version: 1
site: {asns: [65536]}
monitor: {asn: 65536, router-id: 10.255.0.9}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw, neighbor-asns: [65540]}
  - {name: er, kind: expressroute-microsoft, router: edge1, firewall: none, circuit: c, side: primary, sku: standard, neighbor-asns: [12076], static: {receives: [40.92.0.0/15], advertises: []}}
feeds:
  - {name: gone, link: isp-a, view: adj-rib-out-post, file: gone.json}
  - {name: table, router: edge1, view: bgp-table, file: table.json, classify: [{first-asn: 65540, link: isp-a}]}
  - {name: live, router: edge1, bgp: {neighbor: 192.0.2.1, asn: 65536}, classify: [{community: "65536:101", link: isp-a}]}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
services:
  - {name: mail, kind: smtp, addresses: [203.0.113.25/32], remote: exchange, initiator: remote, links: [isp-a]}
remotes:
  - {name: exchange, observer: microsoft, prefixes: [40.92.0.0/15]}
waivers:
  - {check: evidence/partial, link: isp-a, reason: CHG0042, owner: net-edge, until: 2027-01-31}
`

// checkAudit holds an audit to its shape, and its numbers and ids to each other.
func checkAudit(t *testing.T, text []byte, code int) {
	t.Helper()
	auditShape.check(t, "audit", decoded(t, text))
	var a struct {
		Version, Exit int
		Reasons       []string
		Summary       struct{ Groups, Error, Warning, Info, Waived, Unknown int }
		Findings      []struct {
			ID, Group, Severity string
			CausedBy            *string `json:"caused_by"`
			WaivedBy            *string `json:"waived_by"`
			Cause               struct {
				What           string
				Prefix, Remote *string
			}
		}
		Flows []struct {
			Verdict  string
			DropsAt  *string  `json:"drops_at"`
			Prefixes []string `json:"remote_prefixes"`
			Count    int      `json:"remote_prefix_count"`
			Findings []string
		}
		Checks []struct{ State, Reason string }
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if a.Version != 1 || a.Exit != code {
		t.Errorf("version %d, exit %d; want 1 and the exit code %d", a.Version, a.Exit, code)
	}
	if code != 0 && len(a.Reasons) == 0 {
		t.Errorf("exit %d without a reason", code)
	}
	count, ids := a.Summary, map[string]bool{}
	count.Groups, count.Error, count.Warning, count.Info, count.Waived, count.Unknown = 0, 0, 0, 0, 0, 0
	for _, f := range a.Findings {
		if ids[f.ID] {
			t.Errorf("two findings have the id %s", f.ID)
		}
		ids[f.ID] = true
		if f.CausedBy == nil {
			count.Groups++
		}
		if head := f.CausedBy; head == nil && f.Group != f.ID || head != nil && (*head != f.Group || !ids[*head]) {
			t.Errorf("finding %s: group %s, caused by %v: the head is printed before its effects", f.ID, f.Group, head)
		}
		if f.Cause.What == "received" && (f.Cause.Prefix != nil || f.Cause.Remote == nil) {
			t.Errorf("finding %s: a received cause names a remote in place of a prefix", f.ID)
		}
		switch {
		case f.WaivedBy != nil:
			count.Waived++
		case f.Severity == "error":
			count.Error++
		case f.Severity == "warning":
			count.Warning++
		default:
			count.Info++
		}
	}
	for _, f := range a.Flows {
		if f.Verdict == "unknown" {
			count.Unknown++
		}
		if len(f.Prefixes) > 100 || f.Count < len(f.Prefixes) {
			t.Errorf("a flow lists %d remote prefixes of %d", len(f.Prefixes), f.Count)
		}
		if f.Verdict == "symmetric" && f.DropsAt != nil {
			t.Errorf("a symmetric flow is dropped at %s", *f.DropsAt)
		}
		for _, id := range f.Findings {
			if !ids[id] {
				t.Errorf("a flow names the finding %s, which is not there", id)
			}
		}
	}
	for _, c := range a.Checks {
		if c.State == "unknown" {
			count.Unknown++
		}
		if (c.State == "unknown" || c.State == "not-applicable") && c.Reason == "" {
			t.Errorf("a check is %s without a reason", c.State)
		}
	}
	if count != a.Summary {
		t.Errorf("summary %+v, but the lists hold %+v", a.Summary, count)
	}
}

// checkWins holds a decision to its shape, and its winner to its outcome.
func checkWins(t *testing.T, text []byte, code int) {
	t.Helper()
	winsShape.check(t, "wins", decoded(t, text))
	var w struct {
		Query     string
		Exit      int
		Decisions []struct {
			Ranges []struct {
				Prefixes, Links []string
				Outcome, Reason string
				Winner          *string
				Doubts          []any
			}
		}
	}
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, d := range w.Decisions {
		for _, r := range d.Ranges {
			decided := r.Outcome == "decided"
			if decided != (r.Winner != nil) || decided && (len(r.Links) != 1 || r.Links[0] != *r.Winner) {
				t.Errorf("%s: %s with winner %v and links %v", w.Query, r.Outcome, r.Winner, r.Links)
			}
			if r.Outcome == "tie" && len(r.Links) < 2 || r.Outcome == "unreachable" && (len(r.Links) != 0 || r.Reason != "none") {
				t.Errorf("%s: %s with links %v and reason %s", w.Query, r.Outcome, r.Links, r.Reason)
			}
			if r.Outcome == "unknown" || r.Outcome == "undetermined" {
				open++
				if len(r.Doubts) == 0 {
					t.Errorf("%s: %s names no doubt", w.Query, r.Outcome)
				}
			}
		}
	}
	if want := map[bool]int{true: 3, false: 0}[open > 0]; w.Exit != want || code != want {
		t.Errorf("%s: exit %d in JSON, %d of the process, want %d", w.Query, w.Exit, code, want)
	}
}

// TestEveryJSONFieldIsOnItsPage: docs/json.md names every field.
func TestEveryJSONFieldIsOnItsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []object{winsShape, rangeShape, candidateShape, auditShape, findingShape, choiceShape, flowShape, checkShape, feedShape, recordShape} {
		for field := range o {
			field = strings.TrimSuffix(field, "?")
			if !regexp.MustCompile("[`.\"]" + field + "[`\"]").Match(page) {
				t.Errorf("docs/json.md does not name the field %s", field)
			}
		}
	}
}

// TestGoldenAnswers: one audit and one decision of the seed story's step c, as they are read.
func TestGoldenAnswers(t *testing.T) {
	t.Chdir(filepath.Dir(filepath.Dir(filepath.Dir(writeSeed(t, "c"))))) // names in answers are as given
	config := filepath.Join("seed", "c", "bgpaudit.yaml")
	text, _, _ := runHere(t, "audit", "-c", config, "--at", seedNow)
	golden(t, "audit-c.txt", []byte(text))
	wins, _ := answerJSON(t, "wins", "-c", config, "198.51.100.0/24", "--observer", "microsoft")
	golden(t, "wins-c.json", wins)
	wholeAudit, _ := answerJSON(t, "audit", "-c", config)
	// The lists of checks and feeds are long and change with every check that is added.
	var audit struct {
		Version, Exit, Reasons, Summary, Findings json.RawMessage
	}
	if err := json.Unmarshal(wholeAudit, &audit); err != nil {
		t.Fatal(err)
	}
	part, err := json.MarshalIndent(map[string]json.RawMessage{"version": audit.Version, "exit": audit.Exit, "reasons": audit.Reasons, "summary": audit.Summary, "findings": audit.Findings}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "audit-c.json", append(part, '\n'))
}

// testdataDir is found before a test changes its folder.
var testdataDir, _ = filepath.Abs("testdata")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join(testdataDir, "golden", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("%s is not what comes out (go test ./cmd/bgpaudit -update rewrites it; then read the diff):\n%s", path, got)
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return v
}

func remove(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		if err := os.Remove(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
