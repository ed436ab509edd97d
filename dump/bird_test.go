package dump

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// shownRow writes what two dumps of one table must agree on.
func shownRow(r rib.Route) string {
	a := &r.Attrs
	return fmt.Sprintf("%v from %v via %v path %q %s med %s lp %s %v %v", r.Prefix, r.Neighbor, a.NextHop, a.ASPath, a.Origin, a.MED, a.LocalPref, a.Communities, a.LargeCommunities)
}

// TestABIRDTextIsTheTableOfItsDaemonsMRTDump holds the text against what the same daemon wrote in MRT.
func TestABIRDTextIsTheTableOfItsDaemonsMRTDump(t *testing.T) {
	rows := func(name string) (out []string) {
		routes, _, err := readBytes(fixtureSource(name), fixtureBytes(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range routes {
			if r.Neighbor.IsValid() { // the router's own routes are written with other words in both
				out = append(out, shownRow(r))
			}
		}
		slices.Sort(out)
		return out
	}
	want := rows("mrt/bird-text-twin.mrt")
	if len(want) != 9 {
		t.Fatalf("%d routes of neighbours in the MRT dump", len(want))
	}
	for _, name := range []string{"bird/table.txt", "bird/table-stats.txt", "bird/table-codes-crlf.txt"} {
		if have := rows(name); !slices.Equal(have, want) {
			t.Errorf("%s:\n%s\nMRT:\n%s", name, strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
}

func birdRead(t *testing.T, src reading.Source, text string) ([]rib.Route, outcome, error) {
	t.Helper()
	src.Name, src.ExpectRoutes = "x", -1
	return readBytes(src, []byte(text))
}

const (
	birdOne = "203.0.113.0/24       unicast [isp 09:14:00.125 from 192.0.2.3] * (100) [AS65541i]\n" +
		"\tvia 192.0.2.9 on eth2\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: 65541\n\tBGP.next_hop: 192.0.2.3\n\tBGP.local_pref: 100\n"
	birdTwo    = "                     unicast [micro 09:14:00.125 from 192.0.2.2] (100) [AS65540i]\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: 65540\n\tBGP.next_hop: 192.0.2.2\n\tBGP.local_pref: 100\n"
	birdHello  = "BIRD 2.0.12 ready.\nTable master4:\n"
	birdStatic = "198.51.100.0/24      blackhole [s4 09:14:00.125] * (200)\n\tType: static univ\n\tBGP.as_path: 65549\n"
)

func TestWhatStandsInABIRDText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string // an error, or the refusal
	}{
		{"a table", birdHello + birdOne + birdTwo, reading.Source{}, 2, "unproven", ""},
		{"a count that fits", birdHello + birdOne + birdTwo + "2 of 2 routes for 1 networks in table master4\n", reading.Source{}, 2, "yes", ""},
		{"a count that does not", birdHello + birdOne + "2 of 2 routes for 1 networks in table master4\n", reading.Source{}, 1, "no", "counts 2 routes"},
		{"counts in an answer of their own", birdHello + birdOne + "\nTable other4:\n" + birdOne + "BIRD 2.0.12 ready.\n1 of 1 routes for 1 networks in table master4\n1 of 1 routes for 1 networks in table other4\n\nTotal: 2 of 2 routes for 2 networks in 2 tables\n", reading.Source{VRF: "master4"}, 1, "yes", ""},
		{"one of two counts", birdHello + birdOne + "\nTable other4:\n" + birdOne + "BIRD 2.0.12 ready.\n1 of 1 routes for 1 networks in table master4\n", reading.Source{VRF: "other4"}, 1, "unproven", ""},
		{"a stated zero", birdHello + "0 of 5 routes for 5 networks in table master4\n", reading.Source{}, 0, "yes", ""},
		{"an answer without routes", "BIRD 2.0.12 ready.\n", reading.Source{}, 0, "no", "expect-empty"},
		{"that is expected", "BIRD 2.0.12 ready.\n", reading.Source{ExpectEmpty: true}, 0, "unproven", ""},
		{"a table without routes", birdHello, reading.Source{}, 0, "no", "expect-empty"},
		{"a prompt behind", birdHello + birdOne + "bird> \r\x1b[K", reading.Source{}, 1, "yes", ""},
		{"a shell's prompt behind", "edge1$ birdc show route all\n" + birdHello + birdOne + "edge1$ \n", reading.Source{}, 1, "yes", ""},
		{"a pager", birdHello + birdOne + "--More--\n" + birdTwo, reading.Source{}, 1, "no", "pager"},
		{"a lost first line", birdHello + birdOne + strings.SplitAfterN(birdTwo, "\n", 2)[1], reading.Source{}, 0, "no", "stands twice"},
		{"no prefix before", birdHello + birdTwo, reading.Source{}, 0, "no", "no prefix stands before"},
		{"a bad prefix takes its further routes along", birdHello + strings.Replace(birdOne, "/24", "/99", 1) + birdTwo + strings.Replace(birdOne, "203.0.113", "198.51.100", 1), reading.Source{}, 1, "no", "no prefix stands before"},
		{"a path that is too long for BIRD", birdHello + strings.Replace(birdOne, "65541\n", "65541 65 ...\n", 1) + birdTwo, reading.Source{}, 1, "no", "bad AS path"},
		{"an error in the middle", "0001 BIRD 2.0.12 ready.\n1007-Table master4:\n " + birdOne[:len(birdOne)-1] + "\n8004 Stopped due to reconfiguration\n", reading.Source{}, 0, "no", "Stopped due to reconfiguration"},
		{"no line break at the end", birdHello + birdOne + strings.TrimSpace(birdOne[:90]), reading.Source{}, 1, "no", "line break"},
		{"routes without attributes", birdHello + strings.SplitAfter(birdOne, "\n")[0] + "\tvia 192.0.2.9 on eth2\n", reading.Source{}, 0, "", "say all in the command"},
		{"some without", birdHello + strings.SplitAfter(birdOne, "\n")[0] + birdTwo, reading.Source{}, 1, "no", "say all in the command"},
		{"a number", "BIRD 2.0.12 ready.\n764 of 764 routes for 389 networks in table master4\n", reading.Source{Format: "bird"}, 0, "", "a count of BIRD's routes"},
		{"an error alone", "0001 BIRD 2.0.12 ready.\n8001 Network not found\n", reading.Source{}, 0, "", `the router answered "Network not found"`},
		{"an unknown table", "BIRD 2.0.12 ready.\nsyntax error, unexpected CF_SYM_UNDEFINED\n", reading.Source{Format: "bird"}, 0, "", "the router answered"},
		{"one of several tables", birdHello + birdOne + "\nTable cust4:\n" + birdStatic + "\n", reading.Source{VRF: "cust4"}, 1, "unproven", ""},
		{"a table that is not there", birdHello + birdOne + "\n", reading.Source{VRF: "none"}, 0, "no", `no table "none"`},
		{"flows", birdHello + "flow4 { dst 203.0.113.0/24; proto 17; } valid [isp 09:14:00 from 192.0.2.3] * (100) [i]\n\tType: BGP univ\n\tBGP.origin: IGP\n" + birdOne + "bird> ", reading.Source{}, 1, "yes", ""},
		{"a part of a table", "bird> show route where net ~ 203.0.113.0/24 all\n" + birdHello + birdOne + "bird> ", reading.Source{}, 1, "no", "a part of the table"},
		{"both forms of an export", "Table export:\n" + birdOne + "\nTable isp.ipv4.export:\n" + birdOne + "\n", reading.Source{View: rib.AdjRIBOutPost}, 1, "no", "another form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := birdRead(t, tt.src, tt.text)
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
		})
	}
}

func TestABIRDTextThatDeniesItsView(t *testing.T) {
	for _, tt := range []struct {
		command, table string
		view           rib.View
		denies         bool
	}{
		{"show route export isp all", "master4", rib.BGPTable, true},
		{"show route export isp all", "master4", rib.AdjRIBOutPost, false},
		{"show route noexport isp all", "master4", rib.AdjRIBOutPost, true},
		{"show route protocol isp all", "master4", rib.AdjRIBOutPost, true},
		{"show route protocol export all", "master4", rib.AdjRIBInPost, false},
		{"show route protocol isp all", "master4", rib.AdjRIBInPost, false},
		{"", "import", rib.AdjRIBInPost, true},
		{"", "import", rib.AdjRIBInPre, false},
		{"", "export", rib.AdjRIBInPost, true},
		{"", "isp.ipv4.export", rib.BGPTable, true},
	} {
		text := "Table " + tt.table + ":\n" + birdOne + "bird> "
		if tt.command != "" {
			text = "bird> " + tt.command + "\n" + text
		}
		_, got, err := birdRead(t, reading.Source{View: tt.view}, text)
		if err != nil || (got.Contradiction != "") != tt.denies {
			t.Errorf("%q, table %s as %s: contradiction %q, %v", tt.command, tt.table, tt.view, got.Contradiction, err)
		}
	}
}

// TestAnExportKeepsOwnRoutesAndAReceivedTableDoesNotTieThem: a static route is advertised, and nobody sent it.
func TestAnExportKeepsOwnRoutesAndAReceivedTableDoesNotTieThem(t *testing.T) {
	for view, want := range map[rib.View]string{
		rib.AdjRIBOutPost: `198.51.100.0/24 from invalid IP via invalid IP path "65549"  med absent lp absent [] []`,
		rib.BGPTable:      `198.51.100.0/24 from invalid IP via 0.0.0.0 path ""  med absent lp absent [] []`,
	} {
		routes, _, err := birdRead(t, reading.Source{View: view}, birdHello+birdStatic+"bird> ")
		if err != nil || len(routes) != 1 || shownRow(routes[0]) != want {
			t.Errorf("%s: %v, %v", view, routes, err)
		}
	}
}

// TestABIRDTextCutAtAnyByte: what is left is the first rows, without what a cut may have taken.
func TestABIRDTextCutAtAnyByte(t *testing.T) {
	for _, name := range fixtures(t, "bird") {
		t.Run(name, func(t *testing.T) {
			whole, src := fixtureBytes(t, name), fixtureSource(name)
			src.Format = "bird"
			full, end, err := readBytes(src, whole)
			if err != nil {
				full = nil
			}
			for n := 0; n < len(whole); n += cutStep {
				routes, got, cutErr := readBytes(src, whole[:n])
				if len(routes) > len(full) {
					t.Fatalf("cut at %d: %d rows, the whole has %d", n, len(routes), len(full))
				}
				for i, have := range routes {
					want := full[i]
					want.Attrs.NotShown |= have.Attrs.NotShown
					have.Attrs.NotShown |= want.Attrs.NotShown
					reading.Hide(&want.Attrs)
					reading.Hide(&have.Attrs)
					if was, is := string(jsonl.AppendRoute(nil, want, 0)), string(jsonl.AppendRoute(nil, have, 0)); was != is {
						t.Fatalf("cut at %d: row %d is\n%s, in the whole\n%s", n, i, is, was)
					}
				}
				if cutErr == nil && got.Complete == rib.CompleteYes && end.Complete != rib.CompleteYes {
					t.Fatalf("cut at %d: complete", n)
				}
				if cutErr == nil && got.Complete == rib.CompleteYes && len(routes) < len(full) && !bytes.Contains(whole[:n], []byte(" routes for ")) {
					t.Fatalf("cut at %d: complete with %d of %d rows", n, len(routes), len(full))
				}
			}
		})
	}
}

func TestHostileBIRDTexts(t *testing.T) {
	const big = 4 << 20
	for _, tt := range []struct{ name, text string }{
		{"a line without end", birdHello + birdOne + strings.Repeat("x", big)},
		{"blanks without end", birdHello + birdOne + strings.Repeat(" ", big) + "\n"},
		{"a list without end", birdHello + birdOne + "\tBGP.community: (1,2)\n" + strings.Repeat("\t\t(1,2) (1,2) (1,2) (1,2)\n", big/26)},
		{"tables without end", birdHello + strings.Repeat("Table x:\n", big/9)},
		{"one route many times", birdHello + birdOne + strings.Repeat(birdTwo, 30_000)},
		{"prompts", birdHello + strings.Repeat("bird> \n", big/7)},
		{"greetings", strings.Repeat("BIRD 2.0.12 ready.\n", big/19)},
		{"brackets", birdHello + strings.Repeat("[a b] (1)\n", big/10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start, n := time.Now(), 0
			_, got, _ := readCounting(reading.Source{Name: "x", Format: "bird", ExpectRoutes: -1}, []byte(tt.text), &n)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
			if got.Complete == rib.CompleteYes || len(got.Errors) > reading.MaxErrors+1 {
				t.Errorf("complete %s, %d errors", got.Complete, len(got.Errors))
			}
		})
	}
}

func FuzzBIRD(f *testing.F)        { fuzzFormat(f, "bird") }
func FuzzBirdwatcher(f *testing.F) { fuzzFormat(f, "birdwatcher") }

// TestRealBIRDTextsAreTheTablesOfTheirTwins reads the 981 paths that FRR's JSON and BIRD's MRT dump show too.
// FRR's brief JSON has no communities and prints 0 for a MED that is absent.
func TestRealBIRDTextsAreTheTablesOfTheirTwins(t *testing.T) {
	dir := corpus(t)
	read := func(name string, src reading.Source) []rib.Route {
		routes, res, err := readReal(t, filepath.Join(dir, name), src)
		if err != nil || res.Skipped > 0 {
			t.Fatalf("%s: %q, %v", name, res.Errors, err)
		}
		return routes
	}
	text := read("daemon-bird/bird2-show_route_all.txt", reading.Source{View: rib.BGPTable})
	lines := func(routes []rib.Route, line func(rib.Route) string) []string {
		out := make([]string, len(routes))
		for i, r := range routes {
			out[i] = line(r)
		}
		slices.Sort(out)
		return out
	}
	var last rib.Route // its communities are not shown, since nothing stands behind it
	for i := range text {
		if text[i].Attrs.NotShown.Has(rib.AttrLargeCommunities) {
			last = text[i]
		}
	}
	if last.Line == 0 || last.Attrs.Communities == nil {
		t.Errorf("the last row is %+v", last)
	}
	if was, is := lines(read("daemon-bird/bird2-both.mrt", reading.Source{}), shownRow), lines(text, shownRow); !slices.Equal(was, is) || len(is) != 981 {
		t.Errorf("%d rows of text, %d of MRT", len(is), len(was))
	}
	frr := append(read("daemon-frr/show_bgp_ipv4_unicast_json.txt", reading.Source{View: rib.BGPTable}), read("daemon-frr/show_bgp_ipv6_unicast_json.txt", reading.Source{View: rib.BGPTable})...)
	both := func(r rib.Route) string {
		a := &r.Attrs
		return fmt.Sprintf("%v from %v via %v path %q %s med %d", r.Prefix, r.Neighbor, a.NextHop, a.ASPath, a.Origin, a.MED.Or(0))
	}
	if was, is := lines(frr, both), lines(text, both); !slices.Equal(was, is) {
		t.Errorf("%d rows of text, %d of FRR's JSON", len(is), len(was))
	}
}

// birdTail is a route whose first line stood in front of the text.
var birdTail = strings.Join(strings.SplitAfter(birdOne, "\n")[3:], "")

var birdOther = strings.ReplaceAll(birdOne, "203.0.113.0", "198.51.100.0")

// TestABIRDTextWithoutItsBeginningIsNotWhole: a terminal's scrollback begins where it likes, and ends in a prompt.
func TestABIRDTextWithoutItsBeginningIsNotWhole(t *testing.T) {
	lines := strings.SplitAfter(birdOne, "\n")
	old := strings.ReplaceAll(strings.ReplaceAll(birdOne, "unicast [", "via 192.0.2.9 on eth2 ["), "BGP univ", "BGP unicast univ")
	const end, missing = "bird> \n", "the beginning is missing"
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"cut between routes", birdOne + end, reading.Source{}, 1, "no", missing},
		{"cut behind a first line", birdTail + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut in front of a next hop", lines[1] + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut in front of a device", "\tdev lo\n" + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut within a first line", lines[0][40:] + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut behind its brackets", "* (100) [AS65541i]\n" + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut to a splinter", "univ\n" + strings.ReplaceAll(old, "203.0.113.0", "198.51.100.0") + end, reading.Source{}, 1, "no", missing},
		{"cut within a list", "\t\t(64498,45) (64498,46)\n" + birdOther + end, reading.Source{}, 1, "no", missing},
		{"cut within a route, then a table", birdTail + "\nTable master6:\n" + birdOne + end, reading.Source{}, 1, "no", missing},
		{"cut within a route, then the command", birdTail + "bird> show route all\n" + birdHello + birdOne + end, reading.Source{}, 1, "no", missing},
		{"cut in front of a count", "3 of 3 routes for 3 networks in table master4\n\nTable master6:\n" + birdOne + end, reading.Source{}, 1, "no", missing},
		{"cut between tables", "Table master6:\n" + birdOne + "1 of 1 routes for 1 networks in table master6\n\nTotal: 4 of 4 routes for 4 networks in 2 tables\n", reading.Source{}, 1, "no", "of 2 tables"},
		{"a count of a table that has no name here", birdOne + "2 of 2 routes for 2 networks in table master4\n", reading.Source{}, 1, "no", "BIRD counts 2 routes"},
		{"another table is asked for", birdOne + "\nTable cust4:\n" + birdOther + end, reading.Source{VRF: "cust4"}, 1, "no", `nothing says that they are of table "cust4"`},
		{"version 1, which has no names", old + end, reading.Source{}, 1, "unproven", ""},
		{"version 1, counted", old + "1 of 1 routes for 1 networks\n", reading.Source{}, 1, "yes", ""},
		{"version 1, greeted", "BIRD 1.6.8 ready.\n" + old + end, reading.Source{}, 1, "yes", ""},
		{"version 1, behind its command", "bird> show route all\nbird> \r\x1b[K" + old + end, reading.Source{}, 1, "yes", ""},
		{"version 1, behind another command", "bird> show status\nbird> \r\x1b[K" + old + end, reading.Source{}, 1, "unproven", ""},
		{"version 1, two answers of the socket", "0001 BIRD 1.6.8 ready.\n " + old + "0000 \n " + strings.ReplaceAll(old, "203.0.113.0", "198.51.100.0") + "0000 \n", reading.Source{}, 2, "yes", ""},
		{"a banner and the command", "Welcome to edge1\nContact: noc@example.net\nedge1$ birdc show route all\n" + birdHello + birdOne + "edge1$ \n", reading.Source{}, 1, "yes", ""},
		{"a table's name is its beginning", "Table master4:\n" + birdOne + end, reading.Source{}, 1, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Format = "bird"
			routes, got, err := birdRead(t, tt.src, tt.text)
			if err != nil || len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q, %v", len(routes), got.Complete, got.Errors, err)
			}
		})
	}
}

// TestABIRDTextCutInFrontIsNeverWhole cuts every fixture in front of each of its bytes.
func TestABIRDTextCutInFrontIsNeverWhole(t *testing.T) {
	for _, name := range fixtures(t, "bird") {
		t.Run(name, func(t *testing.T) {
			whole, src := fixtureBytes(t, name), fixtureSource(name)
			src.Format = "bird"
			full, _, err := readBytes(src, whole)
			if err != nil {
				return
			}
			for n := 0; n < len(whole); n += cutStep {
				routes, got, err := readBytes(src, whole[n:])
				if err == nil && got.Complete == rib.CompleteYes && len(routes) < len(full) && !bytes.HasPrefix(bytes.TrimLeft(whole[n:], "0123456789- \r\n"), []byte("Table ")) {
					if bytes.Contains(whole[n:], []byte("\nTable ")) && !bytes.Contains(whole[n:], []byte("Total: ")) {
						continue // the splinter of a table's last line, in front of the next table
					}
					t.Fatalf("cut in front of %d: complete with %d of %d routes\n%.200s", n, len(routes), len(full), whole[n:])
				}
			}
		})
	}
}

func TestABIRDCommandIsHeldAgainstTheView(t *testing.T) {
	for _, tt := range []struct {
		command string
		view    rib.View
		denies  string // the contradiction
		says    string // the error
	}{
		{"preexport isp all", rib.AdjRIBOutPost, "preexport", ""},
		{"preexport isp all", rib.AdjRIBOutPre, "", ""},
		{"preexport isp all", rib.AdjRIBInPost, "preexport", ""},
		{"export isp all", rib.AdjRIBOutPre, "it is adj-rib-out-post", ""},
		{"exported isp all", rib.AdjRIBOutPost, "", ""},
		{"protocol isp all", rib.BGPTable, "", `protocol "isp" alone`},
		{"protocol isp all", rib.LocRIB, "", `protocol "isp" alone`},
		{"protocol isp all", rib.AdjRIBInPost, "", ""},
		{"table protocol all", rib.BGPTable, "", ""},
	} {
		_, got, err := birdRead(t, reading.Source{View: tt.view}, "bird> show route "+tt.command+"\n"+birdHello+birdOne+"bird> ")
		errors := strings.Join(got.Errors, "\n")
		if err != nil || !strings.Contains(got.Contradiction, tt.denies) || tt.denies == "" && got.Contradiction != "" {
			t.Errorf("%s as %s: contradiction %q, %v", tt.command, tt.view, got.Contradiction, err)
		}
		if !strings.Contains(errors, tt.says) || (tt.says == "") != (got.Complete == rib.CompleteYes) {
			t.Errorf("%s as %s: complete %s, errors %q", tt.command, tt.view, got.Complete, errors)
		}
	}
}

func TestTwoBIRDTablesOfOneFamilyAreNotOne(t *testing.T) {
	second := strings.ReplaceAll(birdOther, "65541", "65549")
	six := strings.ReplaceAll(birdOne, "203.0.113.0/24", "2001:db8::/32")
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"two tables", birdHello + birdOne + "\nTable other4:\n" + second + second + "bird> ", reading.Source{}, 1, "no", `tables "master4" and "other4" both hold ipv4 routes: name one with vrf:`},
		{"one of them", birdHello + birdOne + "\nTable other4:\n" + second + "bird> ", reading.Source{VRF: "other4"}, 1, "yes", ""},
		{"two families", birdHello + birdOne + "\nTable master6:\n" + six + "bird> ", reading.Source{}, 2, "yes", ""},
		{"two neighbours' exports", birdHello + birdOne + "bird> \n" + birdHello + second + "bird> ", reading.Source{View: rib.AdjRIBOutPost}, 1, "yes", ""},
		{"two neighbours' routes", birdHello + birdOne + "bird> \n" + birdHello + second + "bird> ", reading.Source{View: rib.AdjRIBInPost}, 1, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := birdRead(t, tt.src, tt.text)
			errors := strings.Join(got.Errors, "\n")
			if err != nil || len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(errors, tt.says) || len(got.Errors) > 1 {
				t.Errorf("%d routes, complete %s, errors %q, %v", len(routes), got.Complete, errors, err)
			}
		})
	}
}

// TestTheEndOfOneBIRDTableIsNotThatOfTheOtherFamilys: behind the first table's count the second one may be cut off.
func TestTheEndOfOneBIRDTableIsNotThatOfTheOtherFamilys(t *testing.T) {
	const count, zero = "1 of 1 routes for 1 networks in table master4\n", "\nTable master6:\n0 of 4 routes for 3 networks in table master6\n"
	both := []rib.Family{rib.IPv4, rib.IPv6}
	for _, tt := range []struct {
		name, text string
		families   []rib.Family
		complete   rib.Completeness
	}{
		{"cut behind a count", birdHello + birdOne + count, both, "unproven"},
		{"nothing is declared", birdHello + birdOne + count, nil, "yes"},
		{"one family is declared", birdHello + birdOne + count, both[:1], "yes"},
		{"a prompt, and no second table", birdHello + birdOne + "bird> ", both, "unproven"},
		{"an empty table, and the total", birdHello + birdOne + count + zero + "\nTotal: 1 of 5 routes for 4 networks in 2 tables\n", both, "yes"},
		{"an empty table, and a prompt", birdHello + birdOne + count + zero + "bird> ", both, "yes"},
		{"an empty table, and perhaps a third", birdHello + birdOne + count + zero, both, "unproven"},
		{"an empty table alone", "BIRD 2.0.12 ready." + zero, both[1:], "yes"},
		{"one empty table for two", "BIRD 2.0.12 ready." + zero, both, "unproven"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := birdRead(t, reading.Source{Families: tt.families}, tt.text)
			if err != nil || got.Complete != tt.complete {
				t.Errorf("complete %s, errors %q, %v", got.Complete, got.Errors, err)
			}
			if reason := strings.Contains(strings.Join(got.Errors, "\n"), "families: on the feed"); reason != (tt.complete == rib.CompleteUnproven) {
				t.Errorf("the reason: %q", got.Errors)
			}
		})
	}
}
