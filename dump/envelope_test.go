package dump

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// asJSON writes a value as programs do.
func asJSON(v any, indent string) string {
	b, err := json.MarshalIndent(v, "", indent)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// linesOf is what Ansible makes of an answer for stdout_lines.
func linesOf(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

// An envelope is JSON of a program around one answer, which is text or a document.
type wrapping struct {
	name string
	wrap func(answer string) string
}

var wrappings = []wrapping{
	{"Ansible's network modules", func(a string) string {
		return "edge1 | SUCCESS => " + asJSON(map[string]any{"changed": false, "stdout": []string{strings.TrimSpace(a)}, "stdout_lines": [][]string{linesOf(a)}}, "    ") + "\n"
	}},
	{"Ansible's network modules in one line", func(a string) string {
		return `ok: [edge1] => {"changed": false, "stdout": ` + asJSON([]string{a}, "") + "}\n"
	}},
	{"Ansible's command module", func(a string) string {
		return asJSON(map[string]any{"changed": true, "cmd": "fetch", "rc": 0, "stderr": "", "stdout": a, "stdout_lines": linesOf(a)}, " ")
	}},
	{"a registered result of a loop", func(a string) string {
		return asJSON(map[string]any{"changed": false, "msg": "All items completed", "results": []any{map[string]any{"ansible_loop_var": "item", "changed": false, "item": "edge1", "stdout": []string{a}}}}, "  ")
	}},
	{"a playbook's log of debug", func(a string) string {
		return "\nPLAY [edge] *****************\n\nTASK [show] ******\nok: [edge1] => " + asJSON(map[string]any{"out.stdout_lines": linesOf(a)}, "    ") +
			"\n\nPLAY RECAP *****************\nedge1                      : ok=2    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n\n"
	}},
	{"a variable of Ansible's", func(a string) string {
		return asJSON(map[string]any{"out": map[string]any{"changed": false, "failed": false, "stdout": a}}, "  ")
	}},
	{"a list of lines", func(a string) string { return asJSON(linesOf(a), "  ") }},
	{"a list of one answer", func(a string) string { return asJSON([]string{a}, "") }},
	{"az vm run-command", func(a string) string {
		return asJSON(map[string]any{"value": []any{map[string]any{"code": "ProvisioningState/succeeded", "displayStatus": "Provisioning succeeded", "level": "Info", "message": "Enable succeeded: \n[stdout]\n" + a + "\n[stderr]\n", "time": nil}}}, "  ")
	}},
	{"az vm run-command of Windows", func(a string) string {
		return asJSON(map[string]any{"value": []any{
			map[string]any{"code": "ComponentStatus/StdOut/succeeded", "message": a}, map[string]any{"code": "ComponentStatus/StdErr/succeeded", "message": ""},
		}}, "  ")
	}},
	{"a message of az in quotes", func(a string) string { return asJSON("Enable succeeded: \n[stdout]\n"+a+"\n[stderr]\n", "") + "\n" }},
}

// TestAnEnvelopeIsOpened wraps a table of each reader of text in the JSON of each program.
func TestAnEnvelopeIsOpened(t *testing.T) {
	for _, name := range pastedFixtures {
		src := fixtureSource(name)
		text := strings.ReplaceAll(string(fixtureBytes(t, name)), "\r\n", "\n")
		clean, was, err := readBytes(src, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ended, _, _ := readBytes(src, []byte(text+"edge1# \n")) // a prompt proves the last route of BIRD's text
		same := func(a, b rib.Route) bool { return withoutLine(a) == withoutLine(b) }
		for _, w := range wrappings {
			t.Run(name+"/"+w.name, func(t *testing.T) {
				got, is, err := readBytes(src, []byte(w.wrap(text)))
				switch long := strings.HasPrefix(w.name, "az ") || strings.HasPrefix(w.name, "a message"); {
				case err != nil:
					t.Fatal(err)
				case !slices.EqualFunc(clean, got, same) && !slices.EqualFunc(ended, got, same):
					t.Errorf("%d rows in place of %d: %q", len(got), len(clean), is.Errors)
				case is.Complete != was.Complete && !(long && len(text) >= 3900):
					t.Errorf("complete: %s in place of %s: %q", is.Complete, was.Complete, is.Errors)
				}
			})
		}
	}
}

// TestLinesOfAnEnvelopeAreTheFiles: evidence names the line of the file.
func TestLinesOfAnEnvelopeAreTheFiles(t *testing.T) {
	answer := frrTop + frr1 + frr6 + "\nDisplayed  2 routes and 2 total paths\n"
	for _, tt := range []struct {
		name, text string
		lines      []int
	}{
		{"each line of the answer has its own", asJSON(map[string]any{"changed": false, "stdout_lines": [][]string{strings.Split(answer, "\n")}}, " "), []int{12, 13}},
		{"the answer stands in one", "# Friday\n" + asJSON(map[string]any{"changed": false, "stdout": []string{answer}}, " "), []int{5, 5}},
		{"a document stands in it as it is", "{\n\"stdout\": [\n{\"vrfName\": \"default\", \"routes\": {\n\"203.0.113.0/24\": [{\"valid\":true,\"bestpath\":true,\"network\":\"203.0.113.0/24\",\"path\":\"65540\",\"nexthops\":[{\"ip\":\"192.0.2.1\"}]}]\n}}]}", []int{4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(tt.text))
			var lines []int
			for _, r := range routes {
				lines = append(lines, r.Line)
			}
			if err != nil || !slices.Equal(lines, tt.lines) {
				t.Errorf("lines %v, want %v: %q, %v", lines, tt.lines, got.Errors, err)
			}
		})
	}
}

// TestWhatAnEnvelopeSaysIsHeard: its command is judged as one in a file is, and what went wrong makes the feed partial.
func TestWhatAnEnvelopeSaysIsHeard(t *testing.T) {
	frr, ios := frrTop+frr1+frrEnd, iosTop+ios1
	in := reading.Source{View: rib.AdjRIBInPost, Neighbor: documentationPeer, ASNs: []uint32{65536}}
	routes := func(neighbor string) string { return "show ip bgp neighbors " + neighbor + " routes" }
	ansible := func(more map[string]any) string {
		more["changed"] = false
		return asJSON(more, "  ")
	}
	for _, tt := range []struct {
		name, text  string
		src         reading.Source
		rows        int
		complete    rib.Completeness
		says        string // an error, or the contradiction
		contradicts bool
	}{
		{"a dictionary's command fits", asJSON(map[string]string{routes("192.0.2.1"): frr}, " "), in, 1, rib.CompleteYes, "", false},
		{"a dictionary under a router's name", asJSON(map[string]any{"edge1": map[string]string{routes("192.0.2.1"): frr}}, " "), in, 1, rib.CompleteYes, "", false},
		{"a dictionary's command is of another neighbour", asJSON(map[string]string{routes("192.0.2.9"): frr}, " "), in, 0, rib.CompleteYes, "192.0.2.9", true},
		{"of two answers one is the feed's", asJSON(map[string]string{routes("192.0.2.1"): frr, routes("192.0.2.9"): frr}, " "), in, 1, rib.CompleteYes, "", false},
		{"two answers, of neighbours that the config does not name", asJSON(map[string]string{routes("192.0.2.1"): ios, routes("192.0.2.9"): ios}, " "), reading.Source{View: rib.AdjRIBInPost}, 1, rib.CompleteNo, "(lines 2 and 3)", true},
		{"advertised routes given as received, by the words of the command", ansible(map[string]any{"cmd": []string{"vtysh", "-c", "show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes"}, "rc": 0, "stdout": frr}), in, 1, rib.CompleteYes, "advertised", true},
		{"the same, by the module's arguments", ansible(map[string]any{"invocation": map[string]any{"module_args": map[string]any{"commands": []any{map[string]string{"command": "show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes"}}}}, "stdout": []string{frr}}), in, 1, rib.CompleteYes, "advertised", true},
		{"the same, by a loop's item", ansible(map[string]any{"results": []any{map[string]any{"changed": false, "item": "show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes", "stdout": []string{frr}}}}), in, 1, rib.CompleteYes, "advertised", true},
		{"the program failed", ansible(map[string]any{"rc": 1, "stdout": frr}), reading.Source{}, 1, rib.CompleteNo, "x:1: the command failed: Ansible says rc: 1", false},
		{"the program wrote an error", ansible(map[string]any{"rc": 0, "stderr": "lost connection", "stdout": frr}), reading.Source{}, 1, rib.CompleteNo, `x:4: the command wrote an error: "lost connection"`, false},
		{"two answers of one family, without commands", ansible(map[string]any{"stdout": []string{frr, frr}}), reading.Source{View: rib.BGPTable}, 2, rib.CompleteNo, "the file holds two answers", true},
		{"az vm run-command wrote an error", asJSON(map[string]any{"value": []any{map[string]any{"code": "ProvisioningState/succeeded", "message": "Enable succeeded: \n[stdout]\n" + frr + "\n[stderr]\nvtysh: failed\n"}}}, " "), reading.Source{}, 1, rib.CompleteNo, `x:5: the command wrote an error: "vtysh: failed"`, false},
		{"az vm run-command cut the answer", asJSON(map[string]any{"value": []any{map[string]any{"code": "ComponentStatus/StdOut/succeeded", "message": strings.Repeat("\n", 4000) + frr}}}, " "), reading.Source{}, 1, rib.CompleteNo, "x:5: az vm run-command shows the last 4,096 bytes", false},
		{"escapes within the answer are undone", ansible(map[string]any{"stdout": "\x1b[32m" + frr + "\x1b[0m"}), reading.Source{}, 1, rib.CompleteYes, "", false},
		{"a pager's mark within it", ansible(map[string]any{"stdout": frrTop + frr1 + "--More--\n" + frr6}), reading.Source{}, 2, rib.CompleteNo, "x:3: ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			said := got.Contradiction + strings.Join(got.Errors, "\n")
			if len(routes) != tt.rows || !tt.contradicts && got.Complete != tt.complete || !strings.Contains(said, tt.says) || (got.Contradiction != "") != tt.contradicts {
				t.Errorf("%d rows, complete %s, contradiction %q, errors %q", len(routes), got.Complete, got.Contradiction, got.Errors)
			}
		})
	}
}

// TestWhatCannotBeTakenOutIsRefused says what it is, and what to do.
func TestWhatCannotBeTakenOutIsRefused(t *testing.T) {
	frr := frrTop + frr1 + frrEnd
	whole := asJSON(map[string]any{"changed": false, "stdout": []string{frr}}, " ")
	for _, tt := range []struct{ name, text, want string }{
		{"it is cut off", whole[:len(whole)-4], "x: line 1: the JSON around the answer is cut off, or damaged: save the answer itself"},
		{"two routers by their names", asJSON(map[string]string{"edge1": frr, "edge2": frr}, " "), `line 2: answers stand under the names "edge1" and "edge2", which are no commands`},
		{"a name among commands", asJSON(map[string]string{"show ip bgp": frr, "zone": frr}, " "), `line 3: "zone" stands among commands, and is none`},
		{"the task failed", `edge1 | FAILED! => {"changed": false, "msg": "timed out"}`, `Ansible's task failed or was skipped, and got no answer: "timed out": run it again`},
		{"the router was not reached", `edge1 | UNREACHABLE! => {"changed": false, "msg": "no route", "unreachable": true}`, `got no answer: "no route"`},
		{"the task was skipped", `{"changed": false, "skipped": true}`, "was skipped"},
		{"the answer is hidden", `{"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result", "changed": false}`, "Ansible hides the answer (no_log)"},
		{"it is a playbook's whole log", `{"custom_stats": {}, "plays": [{"tasks": []}], "stats": {}}`, "the log of a whole playbook"},
		{"the two forms differ", asJSON(map[string]any{"stdout": frr, "stdout_lines": linesOf(strings.Replace(frr, "65540", "65541", 1))}, " "), "stdout and stdout_lines of one result say different things"},
		{"the answer is a number", `{"changed": false, "stdout": [12]}`, "neither its text nor its lines"},
		{"no answer is there", `{"changed": false, "stdout": []}`, "no answer stands where one should"},
		{"az vm run-command failed", `{"value": [{"code": "ProvisioningState/failed/1", "message": "Enable failed"}]}`, `az vm run-command says "ProvisioningState/failed/1": run it again`},
		{"results within results within results", strings.Repeat(`{"changed": false, "results": [`, 9) + strings.Repeat("]}", 9), "answers stand too deep within JSON"},
		{"an answer that holds no table", `{"changed": false, "stdout": ["% BGP not active"]}`, "the router answered \"% BGP not active\""},
		{"more than is held", `{"changed": false, "stdout": ["` + strings.Repeat("x", 17<<20) + `"]}`, "more than 16 MiB of JSON of another program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(tt.text))
			if err == nil || len(routes) > 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%d routes, %v; want %q", len(routes), err, tt.want)
			}
		})
	}
}

// FuzzEnvelope opens any text that may be an envelope: no crash, no rows with an error, no line beyond the file.
func FuzzEnvelope(f *testing.F) {
	answer := frrTop + frr1 + frrEnd
	for _, w := range wrappings {
		f.Add([]byte(w.wrap(answer)))
	}
	f.Add([]byte(asJSON(map[string]string{"show bgp": answer, "show bgp ipv6": answer}, " ")))
	f.Fuzz(func(t *testing.T, text []byte) {
		routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, text)
		if err != nil && len(routes) > 0 || got.Complete == rib.CompleteNo && len(got.Errors) == 0 {
			t.Fatalf("%d routes, complete %s, errors %q: %v", len(routes), got.Complete, got.Errors, err)
		}
		last := strings.Count(string(text), "\n") + 1
		for _, r := range routes {
			if got.Header.Format != "jsonl" && got.Header.Format != "mrt" && got.Header.Format != "pcap" && (r.Line < 0 || r.Line > last) {
				t.Fatalf("a row of line %d of %d", r.Line, last)
			}
		}
	})
}

// TestColumnsThatLostTheirFront: Ansible takes the blanks off an answer's front, and with them the place of the columns.
func TestColumnsThatLostTheirFront(t *testing.T) {
	table := iosTop[strings.Index(iosTop, "     Network"):] + ios1 + ios2
	src := reading.Source{Name: "x", Format: "ios", ExpectRoutes: -1}
	clean, _, err := readBytes(src, []byte(table))
	if err != nil || len(clean) != 2 {
		t.Fatalf("%d rows: %v", len(clean), err)
	}
	stripped := asJSON(map[string]string{"show ip bgp | begin Network": strings.TrimSpace(table)}, " ")
	got, is, err := readBytes(src, []byte(stripped))
	for i, r := range got {
		if withoutLine(r) != withoutLine(clean[i]) {
			t.Errorf("another route: %s", withoutLine(r))
		}
	}
	if err == nil && len(got) < len(clean) && is.Complete != rib.CompleteNo {
		t.Errorf("%d of %d rows without a word", len(got), len(clean))
	}
}
