package dump

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInANokiaState(t *testing.T) {
	table, adv := string(fixtureBytes(t, "nokia-json/table.json")), string(fixtureBytes(t, "nokia-json/advertised.json"))
	session := string(fixtureBytes(t, "nokia-json/session.txt"))
	a, c := netipAddr(t, "192.0.2.1"), netipAddr(t, "192.0.2.200")
	both := []rib.Family{rib.IPv4, rib.IPv6}
	in := func(context, path string) string {
		return context + "\nA:admin@edge1# info json " + path + "| no-more\n" + adv
	}
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
		denies     bool
	}{
		{"a table of both families", table, reading.Source{View: rib.BGPTable, Families: both}, 10, "yes", "", false},
		{"the table of winners is the same one", table, reading.Source{View: rib.LocRIB}, 10, "yes", "", false},
		{"one neighbour's of a table", table, reading.Source{View: rib.BGPTable, Neighbor: a}, 5, "yes", "", false},
		{"what one neighbour sent", table, reading.Source{View: rib.AdjRIBInPre, Neighbor: a}, 2, "yes", "", false},
		{"what all sent", table, reading.Source{View: rib.AdjRIBInPre}, 0, "", "several neighbors: 192.0.2.1, 192.0.2.5: name one with neighbor:", false},
		{"what all are sent", table, reading.Source{View: rib.AdjRIBOutPost}, 0, "", "several neighbors", false},
		{"what import policy left, and what it rejects", table, reading.Source{View: rib.AdjRIBInPost, Neighbor: a}, 3, "yes", "", false},
		{"what one neighbour is sent", table, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, ASNs: []uint32{65536}}, 2, "yes", "", false},
		{"before export policy there is no table", table, reading.Source{View: rib.AdjRIBOutPre}, 0, "", "declare adj-rib-out-post", false},
		{"a neighbour that is not there", table, reading.Source{View: rib.AdjRIBOutPost, Neighbor: c}, 0, "no", "no route of neighbor 192.0.2.200, but those of", false},
		{"a neighbour that is sent nothing, and the config says so", table, reading.Source{View: rib.AdjRIBOutPost, Neighbor: c, ExpectEmpty: true}, 0, "yes", "", false},
		{"a declared family of which nothing was sent", table, reading.Source{View: rib.AdjRIBInPre, Neighbor: a, Families: both}, 2, "no", "holds no ipv6 routes", false},
		{"what is sent, declared as received, is another table", adv, reading.Source{View: rib.AdjRIBInPost}, 0, "no", "nothing in the dump states its zero", false},
		{"paths that do not begin with our own ASN were not sent by us", adv, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, ASNs: []uint32{65550}}, 2, "yes", "", true},
		{"nothing at all", "{\n}", reading.Source{View: rib.BGPTable}, 0, "no", "nothing in the dump states its zero", false},
		{"nothing at all, and the config says so", "{\n}", reading.Source{View: rib.BGPTable, ExpectEmpty: true}, 0, "yes", "", false},
		{"other families alone", strings.NewReplacer("ipv4-unicast", "vpn-ipv4", "ipv6-unicast", "vpn-ipv6").Replace(table), reading.Source{View: rib.BGPTable}, 0, "no", "families that are not read: vpn-ipv4, vpn-ipv6, label-ipv4", false},
		{"a second answer", table + table, reading.Source{View: rib.BGPTable}, 10, "no", "two answers, both with a RIB", true},
		{"an error of the router", "MINOR: CLI #2005: it broke\n" + table, reading.Source{View: rib.BGPTable}, 10, "no", "holds an error", false},
		{"text behind it", table + "\ngarbage", reading.Source{View: rib.BGPTable}, 10, "no", "unexpected text", false},
		{"a route that does not say whether it is valid", strings.ReplaceAll(table, `"valid-route": true,`, ""), reading.Source{View: rib.BGPTable}, 2, "no", "does not say whether it is valid", false},
		{"a terminal's log", session, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "default"}, 2, "yes", "", false},
		{"another instance than the feed's", session, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "RED"}, 0, "yes", "", true},
		{"a service", strings.Replace(session, `router "Base"`, `service vprn "RED"`, 1), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "RED"}, 2, "yes", "", false},
		{"a command in the context of the RIB", in("[/state service vprn \"RED\" bgp rib]", ""), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "RED"}, 2, "yes", "", false},
		{"a command in the context of another instance", in("[pr:/state router \"10\" bgp rib]", ""), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "RED"}, 0, "yes", "", true},
		{"a command that goes on from its context", in("[/state router \"10\"]", "bgp rib "), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a, VRF: "10"}, 2, "yes", "", false},
		{"a command that leaves rows out", strings.Replace(session, "bgp rib", "bgp rib | match 203", 1), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a}, 2, "no", "does not show the whole RIB", false},
		{"a part of the state", strings.Replace(session, "bgp rib", `bgp rib attr-sets`, 1), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a}, 2, "no", "does not show the whole RIB", false},
		{"two commands", strings.Replace(session, "[/]", `A:admin@edge1# info json /state router "10" bgp rib | no-more`, 1), reading.Source{View: rib.AdjRIBOutPost, Neighbor: a}, 2, "no", "the answer to the one before this is missing", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Format = "nokia-json"
			readsAs(t, tt.src, tt.text, tt.rows, tt.complete, tt.says, tt.denies)
		})
	}
}

// TestWhatANokiaRowDoesNotSay: one route, and one set of attributes, of which something is not as the model has it.
func TestWhatANokiaRowDoesNotSay(t *testing.T) {
	const path = `"as-path":{"segment":[{"segment-index":1,"type":"as-sequence","as-numbers":[{"as-number-index":1,"as-number":65540}]}]}`
	state := func(neighbor, owner, marks, attributes string) string {
		return `{"nokia-state:ipv4-unicast":{"local-rib":{"routes":[{"prefix":"198.51.100.0/24","neighbor":"` + neighbor + `","owner":"` + owner + `","path-id":"0","attr-id":"2","valid-route":true,"best-route":true,` + marks + `}]}},
"nokia-state:attr-sets":{"attr-set":[{"route-type":"rib-in","index":"2","origin":"igp","next-hop":"192.0.2.1"` + attributes + `}]}}`
	}
	peer := func(attributes string) string { return state("192.0.2.1", "bgp", `"used-route":true`, attributes) }
	bad := "bad attribute set 2: "
	for _, tt := range []struct {
		name, text, says string // what a bad row says; "" for a good one
		marks            rib.Marks
		notShown         rib.AttrSet // of AS path and best
	}{
		{"all is said", peer("," + path), "", rib.Best, 0},
		{"no AS path from a neighbour", peer(""), "", rib.Best, rib.AttrASPath},
		{"no AS path, and a local preference: of a router of our own AS", peer(`,"local-pref":100`), "", rib.Best, 0},
		{"no AS path, a local preference, and a path under another name", peer(`,"local-pref":100,"as-pat":{"segment":[]}`), "", rib.Best, rib.AttrASPath},
		{"an AS path and a local preference", peer(`,"local-pref":100,` + path), "", rib.Best, 0},
		{"an empty AS path from a neighbour", peer(`,"as-path":{}`), "", rib.Best, 0},
		{"no AS path of the router's own", state("0.0.0.0", "bgp", `"used-route":true`, ""), "", rib.Best, 0},
		{"segments under another name", peer(`,"as-path":{"segments":[]}`), bad + `unknown member "segments"`, 0, 0},
		{"ASes under another name", peer(`,"as-path":{"segment":[{"type":"as-sequence","as-number":[65540]}]}`), bad + `unknown member "as-number"`, 0, 0},
		{"a segment without its ASes", peer(`,"as-path":{"segment":[{"type":"as-sequence"}]}`), bad + "an AS path segment without its AS numbers", 0, 0},
		{"an AS without its number", peer(`,"as-path":{"segment":[{"type":"as-sequence","as-numbers":[{"as-number-index":1}]}]}`), bad + "an AS of a path without its number", 0, 0},
		{"communities under another name", peer("," + path + `,"communities":{"standard":[{"community-value":"65540:1"}]}`), bad + `unknown member "standard"`, 0, 0},
		{"an owner that may be BGP", state("192.0.2.1", "bgp-vpn", `"used-route":true`, ","+path), `its owner "bgp-vpn"`, 0, 0},
		{"a loop", state("192.0.2.1", "bgp", `"invalid-reason":{"rejected-route":false,"as-loop":true}`, ","+path), "", rib.Best | rib.Invalid, 0},
		{"a reason of a later release", state("192.0.2.1", "bgp", `"invalid-reason":{"moon-phase":true}`, ","+path), "", rib.Best | rib.Invalid, 0},
		{"no reason", state("192.0.2.1", "bgp", `"invalid-reason":{"as-loop":false,"cluster-loop":false}`, ","+path), "", rib.Best, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(tt.text))
			said := strings.Join(got.Errors, "\n")
			if err != nil || len(routes)+got.Skipped != 1 || (got.Skipped == 1) != (tt.says != "") || !strings.Contains(said, tt.says) {
				t.Fatalf("%d routes, %d bad, %v: %s", len(routes), got.Skipped, err, said)
			}
			if tt.says != "" {
				return
			}
			if r := routes[0]; r.Marks != tt.marks || r.Attrs.NotShown&(rib.AttrASPath|rib.AttrBest) != tt.notShown {
				t.Errorf("marks %v, not shown %v", r.Marks, r.Attrs.NotShown)
			}
		})
	}
}

// TestANokiaNeighborsRouteThatLost: the best one is another neighbour's.
func TestANokiaNeighborsRouteThatLost(t *testing.T) {
	c := netipAddr(t, "192.0.2.5")
	routes, _, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, Neighbor: c, ExpectRoutes: -1}, fixtureBytes(t, "nokia-json/table.json"))
	if err != nil || len(routes) == 0 || routes[0].Prefix.String() != "198.51.100.0/24" {
		t.Fatal(routes, err)
	}
	if r := routes[0]; r.Attrs.NotShown.Has(rib.AttrBest) || r.Marks != rib.Multipath {
		t.Errorf("marks %v, not shown %v", r.Marks, r.Attrs.NotShown)
	}
}

// readsAs holds a reading to what a row of a table says: complete is empty where the text is refused.
func readsAs(t *testing.T, src reading.Source, text string, rows int, complete rib.Completeness, says string, denies bool) {
	t.Helper()
	src.Name, src.ExpectRoutes = "x", -1
	routes, got, err := readBytes(src, []byte(text))
	if err != nil {
		if complete != "" || !strings.Contains(err.Error(), says) {
			t.Errorf("refused: %v", err)
		}
		return
	}
	if len(routes) != rows || got.Complete != complete || !strings.Contains(strings.Join(got.Errors, "\n"), says) || says == "" && len(got.Errors) > 0 {
		t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
	}
	if (got.Contradiction != "") != denies {
		t.Errorf("contradiction %q", got.Contradiction)
	}
}

func TestANokiaStateIsKnownByItself(t *testing.T) {
	for _, name := range []string{"nokia-json/table.json", "nokia-json/session.txt"} {
		if got, err := chooseFormat("auto", fixtureBytes(t, name)); err != nil || got.Name != "nokia-json" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// nokiaLabs are the captures of lab routers: the state of each, and beside it the text of the same router.
func nokiaLabs(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpus(t), "cli-nokia", "lab-validation", "*", "*", "info_json_state_router_Base_bgp_rib.txt"))
	if err != nil || len(paths) != 17 {
		t.Fatal(len(paths), err)
	}
	return paths
}

func nokiaFields(routes []rib.Route, fields string) (out []string) {
	for _, r := range routes {
		if r.Neighbor.IsValid() || r.Attrs.NotShown.Has(rib.AttrNeighbor) { // the text leaves out what the router originates
			out = append(out, sameFields(r, strings.Fields(fields)))
		}
	}
	slices.Sort(out)
	return out
}

func TestRealNokiaStatesAreWhatTheirTextsSay(t *testing.T) {
	const fields = "prefix hop path med lp origin best"
	compared, empty := 0, 0
	for _, path := range nokiaLabs(t) {
		routes, res, err := readReal(t, path, reading.Source{View: rib.BGPTable, Format: "nokia-json"})
		if err != nil || res.Skipped > 0 {
			t.Errorf("%s: %v, %v", path, err, res.Errors)
		}
		text, _, textErr := readReal(t, filepath.Join(filepath.Dir(path), "show_router_bgp_routes.txt"), reading.Source{View: rib.BGPTable})
		if textErr != nil { // "BGP is not configured": the state is { }
			empty++
			if len(routes) > 0 || res.Complete != rib.CompleteNo {
				t.Errorf("%s: %d routes, complete %s", path, len(routes), res.Complete)
			}
			continue
		}
		have, want := nokiaFields(routes, fields), nokiaFields(text, fields)
		if !slices.Equal(have, want) {
			t.Errorf("%s: state %q, text %q", path, have, want)
		}
		compared += len(have)
	}
	if compared != 9 || empty != 7 {
		t.Errorf("%d routes compared, %d states are empty", compared, empty)
	}
}

// TestWhatANokiaSendsIsWhatItsNeighborGets: two of the labs are the two ends of one session.
func TestWhatANokiaSendsIsWhatItsNeighborGets(t *testing.T) {
	const fields = "prefix hop path med origin communities"
	lab := filepath.Join(corpus(t), "cli-nokia", "lab-validation", "sros_aggregate")
	state := func(router string, src reading.Source) []string {
		routes, res, err := readReal(t, filepath.Join(lab, router, "info_json_state_router_Base_bgp_rib.txt"), src)
		if err != nil || res.Complete != rib.CompleteYes {
			t.Fatalf("%s: %v, %v", router, err, res.Errors)
		}
		return nokiaFields(routes, fields)
	}
	r1, r3 := netipAddr(t, "10.0.0.0"), netipAddr(t, "10.0.0.1")
	for _, end := range []struct {
		from, to   string
		sent, came reading.Source
		routes     int
	}{
		{"r1", "r3", reading.Source{View: rib.AdjRIBOutPost, Neighbor: r3, ASNs: []uint32{65001}}, reading.Source{View: rib.AdjRIBInPre, Neighbor: r1}, 2},
		{"r3", "r1", reading.Source{View: rib.AdjRIBOutPost, Neighbor: r1, ASNs: []uint32{65002}}, reading.Source{View: rib.AdjRIBInPre, Neighbor: r3}, 1},
	} {
		sent, came := state(end.from, end.sent), state(end.to, end.came)
		if !slices.Equal(sent, came) || len(sent) != end.routes {
			t.Errorf("%s sends %q, %s gets %q", end.from, sent, end.to, came)
		}
	}
}

// TestTheTablesOfRealNokiaStates counts what a plain JSON parser counts in them.
func TestTheTablesOfRealNokiaStates(t *testing.T) {
	for view, want := range map[rib.View]int{rib.AdjRIBInPre: 9, rib.AdjRIBInPost: 9, rib.AdjRIBOutPost: 9, rib.BGPTable: 10} {
		n := 0
		for _, path := range nokiaLabs(t) {
			routes, res, err := readReal(t, path, reading.Source{View: view, Format: "nokia-json"})
			if err != nil || res.Skipped > 0 {
				t.Errorf("%s: %v, %v", path, err, res.Errors)
			}
			n += len(routes)
		}
		if n != want {
			t.Errorf("%s: %d routes, they hold %d", view, n, want)
		}
	}
}
