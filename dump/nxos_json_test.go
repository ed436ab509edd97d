package dump

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInNXOSJSON(t *testing.T) {
	table, adv := string(fixtureBytes(t, "nxos-json/table.json")), string(fixtureBytes(t, "nxos-json/advertised.json"))
	session, one := string(fixtureBytes(t, "nxos-json/session.txt")), string(fixtureBytes(t, "nxos-json/one.json"))
	a, b := netipAddr(t, "192.0.2.1"), netipAddr(t, "192.0.2.200")
	both := []rib.Family{rib.IPv4, rib.IPv6}
	command := func(text string) string {
		return strings.Replace(session, "show bgp ipv4 unicast neighbors 192.0.2.1 routes | json-pretty native", text, 1)
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
		{"a declared family that is not there", one, reading.Source{View: rib.BGPTable, Families: both}, 1, "no", "holds no ipv6 routes", false},
		{"a count of paths that does not fit", strings.Replace(table, `"totalpaths": "3"`, `"totalpaths": "4"`, 1), reading.Source{View: rib.BGPTable}, 10, "no", "has 4 paths, but 3", false},
		{"a second table of a family", one + one, reading.Source{View: rib.BGPTable}, 1, "no", "two tables of ipv4", true},
		{"advertised, declared so", adv, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a}, 2, "yes", "", false},
		{"advertised, declared as received", adv, reading.Source{View: rib.AdjRIBInPost, Neighbor: a}, 2, "yes", "", true},
		{"advertised, declared as the table", adv, reading.Source{View: rib.BGPTable}, 2, "yes", "", true},
		{"advertised to another neighbour", adv, reading.Source{View: rib.AdjRIBOutPost, Neighbor: b}, 0, "yes", "", true},
		{"received, declared so", session, reading.Source{View: rib.AdjRIBInPost, Neighbor: a}, 2, "yes", "", false},
		{"received, declared as advertised", session, reading.Source{View: rib.AdjRIBOutPost, Neighbor: a}, 2, "yes", "", true},
		{"accepted routes are not those before import policy", session, reading.Source{View: rib.AdjRIBInPre, Neighbor: a}, 2, "yes", "", true},
		{"those before it are not accepted ones", command("show ip bgp neighbors 192.0.2.1 received-routes | json"), reading.Source{View: rib.AdjRIBInPost, Neighbor: a}, 2, "yes", "", true},
		{"the whole table, declared as one neighbour's", command("show ip bgp | json"), reading.Source{View: rib.AdjRIBInPost, Neighbor: a}, 2, "yes", "", true},
		{"of another neighbour", session, reading.Source{View: rib.AdjRIBInPost, Neighbor: b}, 0, "yes", "", true},
		{"a filter", command("show ip bgp regexp 65540 | json"), reading.Source{View: rib.BGPTable}, 2, "no", "a part of the table", false},
		{"one prefix", command("show ip bgp 198.51.100.0/24 | json"), reading.Source{View: rib.BGPTable}, 2, "no", "a part of the table", false},
		{"a pipe that leaves rows out", command("show ip bgp | json | grep 198"), reading.Source{View: rib.BGPTable}, 2, "no", "a part of the table", false},
		{"a pipe that leaves nothing out", command("show ip bgp vrf all | json-pretty | no-more"), reading.Source{View: rib.BGPTable}, 2, "yes", "", false},
		{"a command of NX-API without its answer", nxapi(`"input":"show bgp ipv4 unicast","code":"200","body":`+one, `"input":"show bgp ipv6 unicast","msg":"Success","code":"200","body":{}`), reading.Source{View: rib.BGPTable}, 1, "no", "the answer to this command is missing", false},
		{"its keys in order", nxapi(`"body":` + one + `,"code":"200","input":"show bgp ipv4 unicast"`), reading.Source{View: rib.BGPTable}, 1, "yes", "", false},
		{"a command without its answer", "n9k# show bgp ipv4 unicast | json\n" + one + "\nn9k# show bgp ipv6 unicast | json\nn9k# \n", reading.Source{View: rib.BGPTable}, 1, "no", "the answer to this command is missing", false},
		{"rows of a family that is not named", strings.Replace(one, `"afi"`, `"af"`, 1), reading.Source{View: rib.BGPTable}, 0, "no", "does not say of which family", false},
		{"more tables than a router has", `{"TABLE_vrf":{"ROW_vrf":{"TABLE_afi":{"ROW_afi":{"TABLE_safi":{"ROW_safi":[{"safi":"2"}` + strings.Repeat(`,{"safi":"2"}`, 39_999) + "]}}}}}}\n" + one, reading.Source{View: rib.BGPTable}, 0, "no", "more than 40000 tables", false},
		{"an error behind it", one + "\n% Invalid command", reading.Source{View: rib.BGPTable}, 1, "no", "holds an error", false},
		{"an error of NX-API behind it", "[" + one + `,{"ins_api":{"outputs":{"output":{"clierror":"% broken","code":"400"}}}}]`, reading.Source{View: rib.BGPTable}, 1, "no", "% broken", false},
		{"an error of JSON-RPC", `{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params"},"id":1}`, reading.Source{}, 0, "", "Invalid params", false},
		{"a summary in an envelope", `{"ins_api":{"outputs":{"output":{"code":"200","body":` + string(fixtureBytes(t, "nxos-json/summary.json")) + "}}}}", reading.Source{}, 0, "", "no table of BGP routes", false},
		{"an answer without a body", `{"ins_api":{"outputs":{"output":{"code":"200","msg":"Success","body":""}}}}`, reading.Source{ExpectEmpty: true}, 0, "", "no table of BGP routes", false},
		{"rows of another table are no empty one", string(fixtureBytes(t, "nxos-json/paths.json")), reading.Source{ExpectEmpty: true}, 0, "", "not a route table", false},
		{"an empty table that the config expects", string(fixtureBytes(t, "nxos-json/empty.json")), reading.Source{View: rib.BGPTable, ExpectEmpty: true}, 0, "yes", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Format = "nxos-json"
			readsAs(t, tt.src, tt.text, tt.rows, tt.complete, tt.says, tt.denies)
		})
	}
}

// nxapi is NX-API's answer to several commands.
func nxapi(outputs ...string) string {
	return `{"ins_api":{"outputs":{"output":[{` + strings.Join(outputs, "},{") + "}]}}}"
}

func TestVRFsOfNXOSJSON(t *testing.T) {
	sorted := fixtureBytes(t, "nxos-json/sorted.json")
	for _, tt := range []struct {
		vrf    string
		routes int
		says   string
	}{
		{"", 0, "several VRFs: BLUE, default: name one with vrf:"},
		{"BLUE", 1, ""},
		{"default", 3, ""},
		{"management", 0, ""},
		{"RED", 0, `holds no table of VRF "RED"; it has: BLUE, default, management`},
	} {
		routes, _, err := readBytes(reading.Source{Name: "x", VRF: tt.vrf, ExpectRoutes: -1}, sorted)
		if len(routes) != tt.routes || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("vrf %q: %d routes, %v", tt.vrf, len(routes), err)
		}
	}
}

// TestNXOSPrintsOneRowAsAnObject: whether a row stands alone or in a list, it is the same row.
func TestNXOSPrintsOneRowAsAnObject(t *testing.T) {
	one := string(fixtureBytes(t, "nxos-json/one.json"))
	want, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(one))
	if err != nil || len(want) != 1 {
		t.Fatal(len(want), err)
	}
	for _, name := range []string{"TABLE_vrf", "ROW_vrf", "TABLE_afi", "ROW_afi", "TABLE_safi", "ROW_safi", "TABLE_rd", "ROW_rd", "TABLE_prefix", "ROW_prefix", "TABLE_path", "ROW_path"} {
		routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, inList(one, name))
		if err != nil || got.Complete != rib.CompleteYes || !slices.Equal(recordsOf(routes), recordsOf(want)) {
			t.Errorf("%s in a list: %q, %v %v", name, recordsOf(routes), got.Errors, err)
		}
	}
}

// inList puts the object of that name into a list.
func inList(text, name string) []byte {
	at := strings.Index(text, fmt.Sprintf("%q: {", name)) + len(name) + 4
	depth := 0
	for i := at; ; i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return []byte(text[:at] + "[" + text[at:i+1] + "]" + text[i+1:])
		}
	}
}

// TestTheMarksOfNXOSPaths reads the letters as the text has them, and the words where there is no letter.
func TestTheMarksOfNXOSPaths(t *testing.T) {
	for _, tt := range []struct {
		status, best, code, mark string
		want                     rib.Marks
	}{
		{"valid", "bestpath", "*", ">", rib.Best},
		{"valid", "multipath", "*", "|", rib.Multipath},
		{"valid", "none", "*", " ", 0},
		{"stale", "bestpath", "S", ">", rib.Best | rib.Stale},
		{"suppressed", "none", "s", " ", 0},
		{"deleted", "none", "x", " ", rib.Invalid},
		{"dampened", "none", "d", " ", rib.Invalid},
		{"history", "none", "h", " ", rib.Invalid},
		{"none", "none", " ", " ", rib.Invalid},
		{"valid", "none", "?", " ", rib.Invalid}, // a letter that nobody knows
		{"valid", "bestpath", "-", "-", rib.Best},
		{"stale", "none", "-", "-", rib.Stale},
		{"deleted", "none", "-", "-", rib.Invalid},
	} {
		fields := fmt.Sprintf(`"status":%q,"best":%q,"statuscode":%q,"bestcode":%q,`, tt.status, tt.best, tt.code, tt.mark)
		if tt.code == "-" {
			fields = fmt.Sprintf(`"status":%q,"best":%q,`, tt.status, tt.best)
		}
		text := `{"TABLE_vrf":{"ROW_vrf":{"vrf-name-out":"default","TABLE_afi":{"ROW_afi":{"afi":"1","TABLE_safi":{"ROW_safi":{"safi":"1","TABLE_rd":{"ROW_rd":{"TABLE_prefix":{"ROW_prefix":{"ipprefix":"203.0.113.0/24","TABLE_path":{"ROW_path":{` +
			fields + `"ipnexthop":"192.0.2.1","aspath":"65540","origin":"i"}}}}}}}}}}}}}`
		routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text))
		if err != nil || len(routes) != 1 || routes[0].Marks != tt.want {
			t.Errorf("%+v: %v, %v %v", tt, routes, got.Errors, err)
		}
	}
}
