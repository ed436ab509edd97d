package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestADisturbedAttributeIsNotPassedOver: an attribute that is not understood is not one that BIRD did not print.
func TestADisturbedAttributeIsNotPassedOver(t *testing.T) {
	const (
		top = "bird> show route all protocol isp\nTable master4:\n" +
			"203.0.113.0/24       unicast [isp 09:00:00.000 from 192.0.2.1] * (100) [AS65540i]\n" +
			"\tvia 192.0.2.1 on eth0\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: 65540\n\tBGP.next_hop: 192.0.2.1\n"
		bottom = "\tBGP.community: (65540,7)\nbird> \n"
	)
	for _, tt := range []struct {
		name, line string
		pref       rib.Optional
		complete   rib.Completeness
	}{
		{"as BIRD prints it", "\tBGP.local_pref: 200\n", rib.Some(200), rib.CompleteYes},
		{"behind a pager's erased mark", " --More-- " + strings.Repeat("\b", 10) + strings.Repeat(" ", 10) + strings.Repeat("\b", 10) + "\tBGP.local_pref: 200\n", rib.Some(200), rib.CompleteYes},
		{"behind a pager's mark", " --More-- \tBGP.local_pref: 200\n", rib.Optional{}, rib.CompleteNo},
		{"with a letter for another", "\tBGP.local_prxf: 200\n", rib.Optional{}, rib.CompleteNo},
		{"with a letter in front", "\txBGP.local_pref: 200\n", rib.Optional{}, rib.CompleteNo},
		{"one of the operator's own", "\tBGP.local_pref: 200\n\tmy_mark: 7\n", rib.Some(200), rib.CompleteYes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", Format: "bird", ExpectRoutes: -1}, []byte(top+tt.line+bottom))
			if err != nil || got.Complete != tt.complete {
				t.Fatalf("complete: %s, %q, %v", got.Complete, got.Errors, err)
			}
			if tt.complete == rib.CompleteYes && (len(routes) != 1 || routes[0].Attrs.LocalPref != tt.pref) {
				t.Errorf("%+v", routes)
			}
		})
	}
}
