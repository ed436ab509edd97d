package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInAnSRLinuxText(t *testing.T) {
	v4, v6 := string(fixtureBytes(t, "srlinux/table.txt")), string(fixtureBytes(t, "srlinux/table-ipv6.txt"))
	both := v4 + v6
	received, advertised := string(fixtureBytes(t, "srlinux/received.txt")), string(fixtureBytes(t, "srlinux/advertised.txt"))
	empty, evpn := string(fixtureBytes(t, "srlinux/empty.txt")), string(fixtureBytes(t, "srlinux/evpn.txt"))
	one := documentationPeer
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string // of an error, the refusal or the contradiction
	}{
		{"the whole table of both families", both, reading.Source{View: rib.BGPTable}, 9, "yes", ""},
		{"of one", v4, reading.Source{View: rib.BGPTable}, 7, "yes", ""},
		{"a declared family without a table", v4, reading.Source{View: rib.BGPTable, Families: []rib.Family{rib.IPv4, rib.IPv6}}, 7, "no", "no table of ipv6 routes"},
		{"a count that does not fit", strings.Replace(v4, "7 received", "8 received", 1), reading.Source{}, 7, "no", "counts 8 routes, but 7 are there"},
		{"used routes that do not", strings.Replace(v4, "3 used", "4 used", 1), reading.Source{}, 7, "no", "counts 4 routes that are used and 6 that are valid, but 3 and 6 are there"},
		{"a lost status", strings.Replace(v4, "| u*>  | 10.64", "|      | 10.64", 1), reading.Source{}, 7, "no", "but 2 and 5 are there"},
		{"no count", v4[:strings.Index(v4, "7 received")] + "A:admin@edge1#\n", reading.Source{}, 7, "no", "the count behind the rows is missing"},
		{"a row that a pager took", strings.Replace(v4, "| *    | 198", "--More--\n| *    | 198", 1), reading.Source{}, 1, "no", "a pager"},
		{"the second line of a row is missing", strings.Replace(v4, "|      | 4              |                          |      |      |                     |\n| u*>  | 198.51.100.0/2 | 192.0.2.5", "| u*>  | 198.51.100.0/2 | 192.0.2.5", 1), reading.Source{}, 6, "no", "has host bits"},
		{"the beginning is missing", v4[strings.Index(v4, "| u*>  | 10.64"):], reading.Source{Format: "srlinux"}, 0, "no", "the beginning is missing"},
		{"an error", strings.Replace(v4, "7 received", "Error: broken pipe\n7 received", 1), reading.Source{}, 7, "no", "holds an error"},
		{"the same family twice", v4 + v4, reading.Source{View: rib.BGPTable}, 7, "no", "two answers"},
		{"the whole table of two instances", v4 + strings.ReplaceAll(v6, "default", "RED"), reading.Source{View: rib.BGPTable}, 7, "no", "for VRFs default and RED"},
		{"a neighbour's behind the whole table", v4 + received, reading.Source{View: rib.BGPTable}, 12, "yes", "what is received"},
		{"all instances at once", strings.ReplaceAll(v4, `"default"`, `"*"`), reading.Source{}, 7, "no", "all network instances at once"},
		{"another instance than the feed's", v4, reading.Source{View: rib.BGPTable, VRF: "RED"}, 0, "yes", `VRF default, the config says vrf: RED`},
		{"a neighbour of another instance", received, reading.Source{View: rib.AdjRIBInPre, VRF: "RED"}, 0, "yes", `VRF default, the config says vrf: RED`},
		{"one prefix", strings.Replace(v4, "ipv4 summary", "ipv4 prefix 10.64.0.0/16 summary", 1), reading.Source{}, 7, "no", "a part of the table alone"},
		{"a filter behind it", strings.Replace(v4, "ipv4 summary", "ipv4 summary | grep 198", 1), reading.Source{}, 7, "no", "a part of the table alone"},
		{"a command on a shell", strings.Replace(v4, "A:admin@edge1# show network-instance default protocols bgp routes ipv4 summary", `$ ssh edge1 "show network-instance default protocols bgp routes ipv4 summary"`, 1), reading.Source{}, 7, "yes", ""},
		{"a table that states its zero", empty, reading.Source{View: rib.BGPTable}, 0, "yes", ""},
		{"and names no family", empty[strings.Index(empty, "---"):], reading.Source{View: rib.BGPTable, Families: []rib.Family{rib.IPv4}}, 0, "yes", ""},
		{"another family", evpn, reading.Source{}, 0, "", "holds no table of IPv4 or IPv6 routes"},
		{"received", received, reading.Source{View: rib.AdjRIBInPre, Neighbor: one}, 5, "yes", ""},
		{"advertised", advertised, reading.Source{View: rib.AdjRIBOutPost, Neighbor: one, ASNs: []uint32{65536}}, 2, "yes", ""},
		{"received, declared as advertised", received, reading.Source{View: rib.AdjRIBOutPost}, 5, "yes", "what is received before import policy, the config says adj-rib-out-post"},
		{"received, declared as accepted", received, reading.Source{View: rib.AdjRIBInPost}, 5, "yes", "before import policy"},
		{"advertised, declared as received", advertised, reading.Source{View: rib.AdjRIBInPre}, 2, "yes", "what is advertised"},
		{"the whole table, declared as received", v4, reading.Source{View: rib.AdjRIBInPre}, 7, "yes", "the whole table"},
		{"received, declared as the whole", received, reading.Source{View: rib.BGPTable}, 5, "yes", "what is received"},
		{"of another neighbour", received, reading.Source{View: rib.AdjRIBInPre, Neighbor: netipAddr(t, "192.0.2.7")}, 0, "yes", "routes of neighbor 192.0.2.1, the config says 192.0.2.7"},
		{"a number that is cut up", strings.Replace(v4, "|      | 4              |                          |      |", "|      | 4              |                          | 00   |", 1), reading.Source{}, 6, "no", "goes on in the next line"},
		{"advertised, declared as the far end's", advertised, reading.Source{View: rib.FarEnd}, 2, "yes", "what is advertised"},
		{"a command without its answer", v4 + "A:admin@edge1# show network-instance default protocols bgp routes ipv6 summary\n--{ running }--[  ]--\nA:admin@edge1#\n", reading.Source{}, 7, "no", "the answer to this command is missing"},
		{"the same at the end of the file", v4 + "A:admin@edge1# show network-instance default protocols bgp routes ipv6 summary\n", reading.Source{}, 7, "no", "the answer to this command is missing"},
		{"a command for the other family", strings.Replace(v4, "routes ipv4", "routes ipv6", 1), reading.Source{}, 7, "no", "asks for ipv6 routes, the table holds those of ipv4"},
		{"a number between two columns", strings.Replace(received, "      100     [65540]            i", "  100         [65540]            i", 1), reading.Source{View: rib.AdjRIBInPre}, 4, "no", "may be its MED or its local preference"},
		{"a line that goes on under no field", strings.Replace(received, "|              24 ", "|                24", 1), reading.Source{View: rib.AdjRIBInPre}, 4, "no", "stands under none of its fields"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			said := errorText(err) + strings.Join(got.Errors, "\n") + got.Contradiction
			if (err != nil) != (tt.complete == "") || len(routes) != tt.rows || err == nil && got.Complete != tt.complete || !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
				t.Errorf("%d routes, complete %q, said %q", len(routes), got.Complete, said)
			}
		})
	}
}
