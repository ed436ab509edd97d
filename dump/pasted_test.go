package dump

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// pastedFixtures is a whole table of each reader of text, in both families where the format has fixtures of both.
var pastedFixtures = []string{
	"azure-csv/circuit.csv", "azure-format-table/circuit.txt",
	"azure-json/expressroute-primary.json", "azure-json/gateway-learned.json", "azure-list/circuit.txt", "azure-table/circuit.txt",
	"bgpdump-m/table.txt", "bird/table.txt", "bird/export-table.txt", "birdwatcher/protocol.json",
	"comware/table.txt", "comware/ipv6.txt",
	"eos/table.txt", "eos/table-v6.txt", "eos-json/table.json", "eos-json/table-v6-detail.json",
	"fortios/table.txt", "fortios/table-ipv6.txt", "frr/table-v4.txt", "frr/table-v6.txt", "frr-json/table-v4.json", "frr-json/table-v6.json",
	"gcp-json/session.txt", "megaport-json/table.json",
	"gobgp/table-v4.txt", "gobgp/table-v6.txt", "gobgp-json/table-v4.json", "gobgp-json/table-v6.json",
	"ios/table.txt", "ios/ipv6.txt", "iosxr/table.txt", "iosxr/ipv6.txt", "iosxr/advertised.txt", "iosxr/advertised-ipv6.txt",
	"junos/protocol.txt", "junos/advertising.txt", "junos/received.txt", "junos-json/advertising.json", "junos-xml/advertising.xml",
	"nokia/routes.txt", "nokia/routes-ipv6.txt", "nokia-json/table.json", "nxos/table.txt", "nxos/ipv6.txt", "nxos-json/table.json",
	"openbgpd/table.txt", "openbgpd/in.txt", "openbgpd-json/table.json", "openconfig/gnmic-get.json", "panos/table.txt",
	"srlinux/table.txt", "srlinux/table-ipv6.txt", "vrp/table.txt", "vrp/ipv6.txt",
}

// A disturbance is what lies around or in a text that went through a terminal. whole says that nothing may be lost by it:
// the rows are those of the clean text.
type disturbance struct {
	name  string
	whole bool
	do    func(text string) string
}

const prompt = "\x1b[?2004h\x1b]0;user@jump: ~\a\x1b[01;32muser@jump\x1b[00m:\x1b[01;34m~\x1b[00m$ "

// eachLine changes the lines of a text one by one, counted from 0.
func eachLine(do func(i int, line string) string) func(text string) string {
	return func(text string) string {
		var out strings.Builder
		i := 0
		for line := range strings.Lines(text) {
			body, ended := strings.CutSuffix(line, "\n")
			out.WriteString(do(i, body))
			if ended {
				out.WriteByte('\n')
			}
			i++
		}
		return out.String()
	}
}

// paged erases a pager's mark in front of each third line that is no prompt: in front of one, the pager was quit.
func paged(mark string) func(string) string {
	return eachLine(func(i int, line string) string {
		if text := []byte(strings.TrimSpace(line)); i%3 != 2 || len(text) == 0 || reading.IsRouterPrompt(text) {
			return line
		}
		return mark + line
	})
}

func around(before, after string) func(string) string {
	return func(text string) string { return before + text + after }
}

func inFront(stamp string) func(string) string {
	return eachLine(func(_ int, line string) string { return stamp + line })
}

func utf16With(order binary.AppendByteOrder, mark string) func(string) string {
	return func(text string) string {
		out := []byte(mark)
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
}

var disturbances = []disturbance{
	{"a raw log of bash", true, around(prompt+"\r\n\x1b[?2004l\r", prompt)},
	{"a raw log of zsh", true, around("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m"+strings.Repeat(" ", 79)+"\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jme@mac ~ % \x1b[K\x1b[?2004h\n",
		"\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m"+strings.Repeat(" ", 79)+"\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jme@mac ~ % \x1b[K\x1b[?2004h")},
	{"colours in each line", true, eachLine(func(_ int, line string) string { return "\x1b[32m" + line + "\x1b[0m\x1b[K" })},
	{"the screen was cleared", true, around("\x1b[H\x1b[2J\x1b[3J", "")},
	{"the alternate screen of less", true, around("\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\r", "\x1b[7m(END)\x1b[27m\x1b[K\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t")},
	{"script(1) of util-linux", true, around("Script started on 2026-11-20 09:14:00+00:00 [TERM=\"xterm\" TTY=\"/dev/pts/0\" COLUMNS=\"120\" LINES=\"40\"]\n", "\nScript done on 2026-11-20 09:15:00+00:00 [COMMAND_EXIT_CODE=\"0\"]\n")},
	{"script(1) of macOS", true, around("Script started on Fri Nov 20 09:14:00 2026\n", "\nScript done on Fri Nov 20 09:15:00 2026\n")},
	{"the clock of IOS", true, around("Load for five secs: 1%/0%; one minute: 2%; five minutes: 2%\nTime source is NTP, 09:14:00.123 UTC Fri Nov 20 2026\n\n", "")},
	{"the message of az vm run-command", false, around("Enable succeeded: \n[stdout]\n", "\n[stderr]\n")},
	{"a prompt behind it", true, around("", "edge1# ")},
	{"the times of ts", true, inFront("Nov 20 09:14:00 ")},
	{"the times of syslog", true, inFront("Nov 20 09:14:00 edge1 vtysh[77]: ")},
	{"the times of a terminal", true, inFront("[2026-11-20 09:14:00.123] ")},
	{"times in UTC", true, inFront("2026-11-20T09:14:00.123456789Z ")},
	{"times of the day", true, inFront("09:14:00 ")},
	{"times that one line lacks", false, eachLine(func(i int, line string) string {
		if i == 5 {
			return line
		}
		return "Nov 20 09:14:00 " + line
	})},
	{"a line for each 80 columns", false, eachLine(func(_ int, line string) string {
		const columns = 80
		var out strings.Builder
		for len(line) > columns {
			out.WriteString(line[:columns] + "\n")
			line = line[columns:]
		}
		return out.String() + line
	})},
	{"a pager's mark that was left standing", false, eachLine(func(i int, line string) string {
		if i%7 != 6 {
			return line
		}
		return "--More--\n" + line
	})},
	{"a prompt in front of it", true, around("edge1#\n", "")},
	{"a missing last newline", false, func(text string) string { return strings.TrimRight(text, "\r\n") }},
	{"a pager erased with backspaces", true, paged(" --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b")},
	{"a pager erased with a carriage return", true, paged("--More--\r        \r")},
	{"Junos's pager", true, paged("---(more 37%)---\r" + strings.Repeat(" ", 40) + "\r")},
	{"the pager of SR OS", true, paged("Press any key to continue (Q to quit)\r" + strings.Repeat(" ", 37) + "\r")},
	{"Comware's pager", true, paged("  ---- More ----\x1b[42D" + strings.Repeat(" ", 42) + "\x1b[42D")},
	{"less", true, paged("\x1b[7m--More--\x1b[27m\x1b[K\r\x1b[K")},
	{"a colon of less", true, paged(":\x1b[K\r\x1b[K")},
	{"carriage returns", true, func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }},
	{"two carriage returns", true, func(text string) string { return strings.ReplaceAll(text, "\n", "\r\r\n") }},
	{"old Mac's line ends", false, func(text string) string { return strings.ReplaceAll(text, "\n", "\r") }},
	{"blanks that do not break, of UTF-8", true, func(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }},
	{"blanks that do not break, of code page 1252", true, func(text string) string { return strings.ReplaceAll(text, " ", "\xa0") }},
	{"a prompt in code page 1252", true, around("Z\xfcrich#\n", "Z\xfcrich#")},
	{"a byte order mark of UTF-8", true, around("\xef\xbb\xbf", "")},
	{"UTF-16 of PowerShell", true, utf16With(binary.LittleEndian, "\xff\xfe")},
	{"UTF-16, the other way", true, utf16With(binary.BigEndian, "\xfe\xff")},
	{"a cursor that goes to other lines", false, eachLine(func(i int, line string) string { return "\x1b[" + string(rune('1'+i%9)) + ";1H" + line })},
	{"text written over other text", false, eachLine(func(_ int, line string) string { return line + "\r203.0.113.0/24" })},
	{"a title without an end", false, eachLine(func(i int, line string) string {
		if i == 4 {
			return "\x1b]0;edge1" + line
		}
		return line
	})},
}

// outcomes are what became of a format's tables under each disturbance.
type outcomes map[string]map[string]bool

func (o outcomes) add(format, what string) {
	if o[format] == nil {
		o[format] = map[string]bool{}
	}
	o[format][what] = true
}

// log prints the table of a disturbance: which formats are read all the same, which are partial, which are refused.
func (o outcomes) log(t *testing.T, name string) {
	by := map[string][]string{}
	for format, what := range o {
		key := strings.Join(slices.Sorted(maps.Keys(what)), " or ")
		by[key] = append(by[key], format)
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[key])
		parts = append(parts, key+": "+strings.Join(by[key], " "))
	}
	t.Logf("%s | %s", name, strings.Join(parts, " | "))
}

// TestWhatPeoplePasteIsReadOrNamed disturbs a table of each reader in each way: the rows are those of the clean text, or the
// reading is refused or partial, and no row is another route than before.
func TestWhatPeoplePasteIsReadOrNamed(t *testing.T) {
	table := map[string]outcomes{}
	all := slices.Concat(disturbances, wrapped())
	for _, name := range pastedFixtures {
		format, _, _ := strings.Cut(name, "/")
		src := fixtureSource(name)
		text := strings.ReplaceAll(string(fixtureBytes(t, name)), "\r\n", "\n")
		clean, was, err := readBytes(src, []byte(text))
		if err != nil || len(clean) == 0 {
			t.Fatalf("%s: %d routes: %v", name, len(clean), err)
		}
		more, _, _ := readBytes(src, []byte(text+"edge1# \n")) // a prompt proves the last route of BIRD's text
		known := map[string]bool{}
		for _, r := range slices.Concat(clean, more) {
			known[withoutLine(r)] = true
		}
		for _, d := range all {
			if table[d.name] == nil {
				table[d.name] = outcomes{}
			}
			if strings.HasSuffix(name, ".xml") && strings.Contains(d.do(""), "\xfc") {
				d.whole = false // XML is UTF-8: the reading stops
			}
			t.Run(name+"/"+d.name, func(t *testing.T) {
				got, is, err := readBytes(src, []byte(d.do(text)))
				for _, r := range got {
					if !known[withoutLine(r)] {
						t.Errorf("another route: %s", withoutLine(r))
					}
				}
				table[d.name].add(format, became(clean, got, was, is, err))
				switch lost := len(got) < len(clean); {
				case err != nil && d.whole:
					t.Errorf("refused: %v", err)
				case err != nil:
				case d.whole && (lost || is.Skipped > was.Skipped):
					t.Errorf("%d of %d rows, %d skipped (%d): %q", len(got), len(clean), is.Skipped, was.Skipped, is.Errors)
				case d.whole && is.Complete == rib.CompleteNo && was.Complete != rib.CompleteNo:
					t.Errorf("partial: %q", is.Errors)
				case lost && is.Complete != rib.CompleteNo:
					t.Errorf("%d of %d rows without a word", len(got), len(clean))
				}
			})
		}
	}
	for _, d := range all {
		table[d.name].log(t, d.name)
	}
}

// became says what a disturbed text is beside the clean one.
func became(clean, got []rib.Route, was, is outcome, err error) string {
	switch {
	case err != nil:
		return "refused"
	case is.Complete == rib.CompleteNo && (was.Complete != rib.CompleteNo || len(got) < len(clean)):
		return "partial"
	case len(got) < len(clean):
		return "fewer"
	}
	return "same"
}

// wrapped are the envelopes, as disturbances: an answer of az in which rows may be lost is partial.
func wrapped() []disturbance {
	list := make([]disturbance, len(wrappings))
	for i, w := range wrappings {
		list[i] = disturbance{w.name, !strings.Contains(w.name, "az "), w.wrap}
	}
	return list
}

// withoutLine is what a row says, wherever it stands, and whatever stands before it of its prefix.
func withoutLine(r rib.Route) string {
	r.Line, r.PathID = 0, 0
	return string(jsonl.AppendRoute(nil, r, 0))
}

// TestLinesOfPastedTextKeepTheirNumbers: evidence is where the user can look it up.
func TestLinesOfPastedTextKeepTheirNumbers(t *testing.T) {
	src := reading.Source{Name: "x", ExpectRoutes: -1, View: rib.BGPTable}
	for _, tt := range []struct {
		name, text string
		line       int
	}{
		{"behind a prompt with colours", prompt + "\r\n\x1b[?2004l\r" + frrTop + frr1 + frrEnd, 9},
		{"behind script's line", "Script started on Fri Nov 20 09:14:00 2026\n" + frrTop + frr1 + frrEnd, 9},
		{"behind a pager", frrTop + "--More--\r        \r" + frr1 + frrEnd, 8},
		{"behind times", inFront("Nov 20 09:14:00 ")(frrTop + frr6 + frrEnd), 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(src, []byte(tt.text))
			if err != nil || len(routes) != 1 || routes[0].Line != tt.line {
				t.Errorf("%v, %v, %v; want line %d", routes, got.Errors, err, tt.line)
			}
		})
	}
}

// TestWhatCannotBeUndoneIsNamed: each with its line.
func TestWhatCannotBeUndoneIsNamed(t *testing.T) {
	two := frrTop + frr1 + "%s" + frr6 + "\nDisplayed  2 routes and 2 total paths\n"
	for _, tt := range []terminalLog{
		{"a pager of FRR was quit", reading.Source{}, "e1# show bgp\n" + frrTop + frr1 + "--More--\r        \re1# \n", rib.CompleteNo, "x:10: the dump is cut off here, where a pager stopped it"},
		{"a pager of BIRD was quit", reading.Source{}, birdHello + birdOne + "--More--\r\x1b[K\n", rib.CompleteNo, "where a pager stopped it"},
		{"a row was written over", reading.Source{}, strings.Replace(two, "%s", "*> 198.51.100.0/24\r", 1), rib.CompleteNo, "x:9: text was written over other text"},
		{"a backspace erased a digit of a path", reading.Source{}, frrTop + strings.Replace(frr1, "65540", "6554\b0", 1) + frrEnd, rib.CompleteNo, "x:8: text was written over other text"},
		{"a bell stands in a path", reading.Source{}, frrTop + strings.Replace(frr1, "65540", "65\a40", 1) + frrEnd, rib.CompleteNo, "x:8: a bell stands in the text"},
		{"an escape stands for a row's mark", reading.Source{}, frrTop + strings.Replace(frr1, "*>", "\x1b>", 1) + frrEnd, rib.CompleteNo, "x:8: an escape sequence that is not known"},
		{"the cursor went up", reading.Source{}, frrTop + "\x1b[A" + frr1 + frrEnd, rib.CompleteNo, "x:8: an escape sequence that is not known"},
		{"the beginning of az vm run-command's answer may be lost", reading.Source{}, "Enable succeeded: \n[stdout]\n" + strings.Repeat("\n", 4000) + frrTop + frr1 + frrEnd + "\n[stderr]\n", rib.CompleteNo, "x:2: az vm run-command shows the last 4,096 bytes"},
		{"az vm run-command wrote an error", reading.Source{}, "Enable succeeded: \n[stdout]\n" + frrTop + frr1 + frrEnd + "\n[stderr]\nvtysh: failed\n", rib.CompleteNo, `the command wrote an error: "vtysh: failed"`},
	} {
		t.Run(tt.name, tt.check)
	}
}
