package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const megaportCall = "$ curl -s 'https://api.megaport.com/v2/product/mcr2/1/diagnostics/routes/bgp"

// megaportRoutes is the answer of the API with the keys of one route.
func megaportRoutes(keys string) string {
	return `{"message":"ok","terms":"","data":[{"prefix":"203.0.113.0/24","nextHop":{"ip":"192.0.2.1","vxc":{"id":"1","name":"v"}},"asPath":"65540"` + keys + `}]}` + "\n"
}

// TestWhatAMegaportRouteDoesNotSayIsNotShown: a key that is not there is not shown, null is absent.
func TestWhatAMegaportRouteDoesNotSayIsNotShown(t *testing.T) {
	const never = rib.AttrLargeCommunities | rib.AttrNeighborASN
	const all = never | rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED | rib.AttrCommunities | rib.AttrBest | rib.AttrNeighbor
	for _, tt := range []struct {
		name, keys string
		view       rib.View
		hides      rib.AttrSet
		marks      rib.Marks
	}{
		{"no key", "", rib.BGPTable, all, 0},
		{"a MED", `,"med":50`, rib.BGPTable, all &^ rib.AttrMED, 0},
		{"null", `,"med":null,"localPref":null,"origin":null,"communities":null,"source":null`, rib.BGPTable, never | rib.AttrBest, 0},
		{"a path that is null", `,"asPath":null`, rib.BGPTable, all | rib.AttrASPath, 0},
		{"best", `,"best":true`, rib.BGPTable, all &^ rib.AttrBest, rib.Best},
		{"not best", `,"best":false`, rib.BGPTable, all &^ rib.AttrBest, 0},
		{"not valid", `,"valid":false`, rib.BGPTable, all, rib.Invalid},
		{"of an iBGP neighbor", `,"external":false,"source":"192.0.2.9"`, rib.BGPTable, all &^ rib.AttrNeighbor, rib.IBGP},
		{"the router's own", `,"external":false`, rib.BGPTable, all, 0},
		{"advertised: best, local preference and path are not what is sent", `,"best":true,"localPref":100,"med":1,"origin":"IGP","communities":["65540:1"],"source":"192.0.2.2"`, rib.AdjRIBOutPost, never | rib.AttrBest | rib.AttrLocalPref | rib.AttrASPath, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", View: tt.view, ExpectRoutes: -1}, []byte(megaportRoutes(tt.keys)))
			if err != nil || len(routes) != 1 || routes[0].Attrs.NotShown != tt.hides || routes[0].Marks != tt.marks || got.Complete != rib.CompleteYes {
				t.Errorf("%v %s %q, %v", recordsOf(routes), got.Complete, got.Errors, err)
			}
		})
	}
}

func TestWhatStandsInAMegaportAnswer(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
		denies     string
	}{
		{"an empty list states no zero", `{"message":"ok","terms":"","data":[]}`, reading.Source{}, 0, "no", "nothing in the dump states its zero", ""},
		{"an empty list where nothing is to be", `{"message":"ok","terms":"","data":[]}`, reading.Source{ExpectEmpty: true}, 0, "yes", "", ""},
		{"the number of an operation", `{"message":"ok","terms":"","data":"00000000"}`, reading.Source{}, 0, "", "the number of an operation, not its answer", ""},
		{"a filter", megaportCall + "?ip_address=203.0.113.1&async=true'\n" + megaportRoutes(""), reading.Source{}, 1, "no", "a part of the table alone", ""},
		{"another neighbor's", megaportCall + "/neighbor?direction=RECEIVED&peer_ip_address=192.0.2.9'\n" + megaportRoutes(""), reading.Source{View: rib.AdjRIBInPre, Neighbor: documentationPeer}, 0, "", "", "192.0.2.9"},
		{"an IPv6 neighbor's, as the call writes it", megaportCall + "/neighbor?direction=RECEIVED&peer_ip_address=2001%3Adb8%3A%3A9'\n" + megaportRoutes(""), reading.Source{View: rib.AdjRIBInPre, Neighbor: netipAddr(t, "2001:db8::1")}, 0, "", "", "2001:db8::9"},
		{"what is cut off", strings.Replace(megaportRoutes(""), "}]}", "}", 1), reading.Source{}, 1, "no", "cut off", ""},
		{"all protocols' routes", `{"message":"ok","terms":"","data":[{"prefix":"203.0.113.0/24","protocol":"BGP","distance":20,"nextHop":{"ip":"192.0.2.1","vxc":{"id":"1"}}}]}`, reading.Source{}, 0, "", "a routing table of all protocols", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || tt.complete != "" && got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if !strings.Contains(got.Contradiction, tt.denies) || tt.denies == "" && got.Contradiction != "" {
				t.Errorf("contradiction %q", got.Contradiction)
			}
		})
	}
}
