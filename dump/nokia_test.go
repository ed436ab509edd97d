package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestWhatStandsInANokiaText(t *testing.T) {
	v4, v6 := string(fixtureBytes(t, "nokia/routes.txt")), string(fixtureBytes(t, "nokia/routes-ipv6.txt"))
	whole := v4 + v6
	adv := string(fixtureBytes(t, "nokia/advertised.txt"))
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
		denies     bool
	}{
		{"a table of both families", whole, reading.Source{View: rib.BGPTable}, 5, "yes", "", false},
		{"a count that does not fit", strings.Replace(whole, "Routes : 4", "Routes : 5", 1), reading.Source{}, 5, "no", "counts 5 routes, but 4", false},
		{"no count", whole[:strings.Index(whole, "Routes : 4")], reading.Source{}, 4, "no", "the count behind the rows is missing", false},
		{"a pager", strings.Replace(whole, "Routes : 4", "Press any key to continue (Q to quit)\nRoutes : 4", 1), reading.Source{}, 5, "no", "a pager", false},
		{"an error", v4 + "\nMINOR: CLI #2005: it broke\n", reading.Source{}, 4, "no", "holds an error", false},
		{"a second table of a family", v4 + "\n" + v4, reading.Source{}, 4, "no", "two answers", false},
		{"a beginning that is missing", "u*>i  192.0.2.0/26       100   None\n" + v4, reading.Source{}, 4, "no", "the beginning is missing", false},
		{"a declared family without a table", v4, reading.Source{Families: []rib.Family{rib.IPv4, rib.IPv6}}, 4, "no", "no table of ipv6", false},
		{"a table that states its zero", string(fixtureBytes(t, "nokia/empty.txt")), reading.Source{}, 0, "yes", "", false},
		{"another family alone", strings.ReplaceAll(v4, "BGP IPv4 Routes", "BGP VPN-IPv4 Routes"), reading.Source{}, 0, "", "no table of IPv4 or IPv6", false},
		{"one prefix", strings.Replace(whole, "show router bgp routes", "show router bgp routes 203.0.113.0/24", 1), reading.Source{}, 5, "no", "a part of the table", false},
		{"a large community", strings.Replace(whole, "show router bgp routes", "show router bgp routes large-community 1:1:1", 1), reading.Source{}, 5, "no", "a part of the table", false},
		{"a word that nobody knows", strings.Replace(whole, "show router bgp routes", "show router bgp routes leaked", 1), reading.Source{}, 5, "no", "a part of the table", false},
		{"a shortened command with a prefix", strings.Replace(whole, "show router bgp routes", "sh rout bgp ro 203.0.113.0/24", 1), reading.Source{}, 5, "no", "a part of the table", false},
		{"a summary before it", strings.Replace(whole, "show router bgp routes", "show router bgp summary\nA:edge1# show router bgp routes ipv4 | no-more", 1), reading.Source{View: rib.BGPTable}, 5, "yes", "", false},
		{"the instance that the feed names", strings.ReplaceAll(whole, "show router bgp", "show router 10 bgp"), reading.Source{View: rib.BGPTable, VRF: "10"}, 5, "yes", "", false},
		{"an instance by its name", strings.ReplaceAll(whole, "show router bgp", `show router service-name "RED" bgp`), reading.Source{View: rib.BGPTable, VRF: "RED"}, 5, "yes", "", false},
		{"another instance than the feed's", strings.ReplaceAll(whole, "show router bgp", "show router 10 bgp"), reading.Source{View: rib.BGPTable, VRF: "RED"}, 0, "yes", "", true},
		{"the base instance for a feed of another", whole, reading.Source{View: rib.BGPTable, VRF: "RED"}, 0, "yes", "", true},
		{"the families of two instances", v4 + "\nA:admin@edge1# show router 10 bgp routes ipv6\n" + v6, reading.Source{}, 5, "no", "for VRFs Base and 10", false},
		{"advertised, declared so", adv, reading.Source{View: rib.AdjRIBOutPost, Neighbor: netipAddr(t, "192.0.2.1")}, 2, "yes", "", false},
		{"advertised to another neighbour", adv, reading.Source{View: rib.AdjRIBOutPost, Neighbor: netipAddr(t, "192.0.2.2")}, 0, "yes", "", true},
		{"advertised, declared as received", adv, reading.Source{View: rib.AdjRIBInPre}, 2, "yes", "", true},
		{"the whole table, declared as advertised", whole, reading.Source{View: rib.AdjRIBOutPost}, 5, "yes", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes, tt.src.Format = "x", -1, "nokia"
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if (got.Contradiction != "") != tt.denies {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}
