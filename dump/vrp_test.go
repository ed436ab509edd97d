package dump

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// countInFront are the formats whose tables state the number of their rows in front of them: it proves their end.
var countInFront = map[string]bool{"comware": true, "vrp": true}

const (
	vrpTop = ` BGP Local router ID is 192.0.2.3
 Status codes: * - valid, > - best, d - damped, x - best external, a - add path,
               h - history,  i - internal, s - suppressed, S - Stale
               Origin : i - IGP, e - EGP, ? - incomplete
 RPKI validation codes: V - valid, I - invalid, N - not-found

 Total Number of Routes: %d
`
	vrpColumns = "      Network            NextHop        MED        LocPrf    PrefVal Path/Ogn\n\n"
	vrp1       = " *>   203.0.113.0/24     192.0.2.1       0                     0       65540i\n"
	vrp2       = " *                       192.0.2.2       30         150        0       65541 65540?\n"
	vrp3       = " *>i  198.51.100.0/25    192.0.2.9                             0       65542 65543e\n"
	vrp6       = ` *>  Network  : 2001:DB8:1::                             PrefixLen : 48
     NextHop  : 2001:DB8::1                              LocPrf    :
     MED      : 0                                        PrefVal   : 0
     Label    :
     Path/Ogn : 65540i
`
)

func vrpTable(count int, rows ...string) string {
	return fmt.Sprintf(vrpTop, count) + vrpColumns + strings.Join(rows, "")
}

func vrpV6(count int, rows ...string) string {
	return fmt.Sprintf(vrpTop, count) + strings.Join(rows, "")
}

// TestAVRPTableIsHeldAgainstItsCount: what is damaged is a bad row, and what is missing makes the feed partial.
func TestAVRPTableIsHeldAgainstItsCount(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		routes     int
		skipped    int
		complete   rib.Completeness
		says       string
	}{
		{"as many rows as it counts", vrpTable(3, vrp1, vrp2, vrp3), 3, 0, rib.CompleteYes, ""},
		{"one is missing", vrpTable(3, vrp1, vrp3), 2, 0, rib.CompleteNo, "x:7: the dump counts 3 routes, and holds 2"},
		{"one is too many", vrpTable(1, vrp1, vrp2), 2, 0, rib.CompleteNo, "the dump counts 1 routes, and holds 2"},
		{"IPv6, as many", vrpV6(1, vrp6), 1, 0, rib.CompleteYes, ""},
		{"IPv6, one is missing", vrpV6(2, vrp6), 1, 0, rib.CompleteNo, "the dump counts 2 routes, and holds 1"},
		{"none", vrpV6(0), 0, 0, rib.CompleteYes, ""},
		{"a pager stopped it", vrpTable(3, vrp1, "  ---- More ----\n"), 1, 0, rib.CompleteNo, "a pager stopped the dump"},
		{"a row beside the others", vrpTable(3, vrp1, " "+vrp2, vrp3), 2, 1, rib.CompleteNo, "do not stand under the words of the header"},
		{"numbers beside their columns", vrpTable(1, strings.Replace(vrp1, "0                     0 ", "0          0            ", 1)), 0, 1, rib.CompleteNo, "do not stand under the words of the header"},
		{"a row without its origin", vrpTable(1, strings.Replace(vrp1, "65540i", "65540", 1)), 0, 1, rib.CompleteNo, "it does not end in an origin"},
		{"host bits", vrpTable(1, strings.Replace(vrp1, "203.0.113.0/24", "203.0.113.0/23", 1)), 0, 1, rib.CompleteNo, "has host bits"},
		{"a further route behind a line that is no row", vrpTable(3, vrp1, " *>   198.51.100.0/2x    192.0.2.9\n", vrp2), 1, 2, rib.CompleteNo, "no prefix stands before it"},
		{"a line of an IPv6 row is missing", vrpV6(1, strings.Replace(vrp6, "     MED      : 0                                        PrefVal   : 0\n", "", 1)), 0, 1, rib.CompleteNo, "a line of it is missing, or stands twice: MED"},
		{"a line of an IPv6 row stands twice", vrpV6(1, strings.Replace(vrp6, "     Label", "     NextHop  : 2001:DB8::2                              LocPrf    :\n     Label", 1)), 0, 1, rib.CompleteNo, "stands twice"},
		{"marks without a prefix", vrpV6(2, vrp6, " *\n"+vrp6[strings.Index(vrp6, "     NextHop"):]), 1, 0, rib.CompleteNo, "unexpected text"},
		{"two tables of one family", vrpTable(1, vrp1) + vrpTable(1, vrp3), 2, 0, rib.CompleteNo, "the file holds two answers"},
		{"a table of each family", "<e1>display bgp routing-table\n" + vrpTable(1, vrp1) + "<e1>display bgp ipv6 routing-table\n" + vrpV6(1, vrp6) + "<e1>\n", 2, 0, rib.CompleteYes, ""},
		{"a command without its answer", vrpTable(1, vrp1) + "<e1>display bgp ipv6 routing-table\n<e1>\n", 1, 0, rib.CompleteNo, "the answer to this command is missing"},
		{"an error behind it", vrpTable(1, vrp1) + "Error: Unrecognized command found at '^' position.\n", 1, 0, rib.CompleteNo, "the dump holds an error"},
		{"the columns twice", vrpTable(2, vrp1, vrpColumns, vrp3), 2, 0, rib.CompleteNo, "the line of the columns stands twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(tt.text))
			if said := strings.Join(got.Errors, "\n"); err != nil || len(routes) != tt.routes || got.Skipped != tt.skipped || got.Complete != tt.complete || !strings.Contains(said, tt.says) {
				t.Errorf("%d routes, %d skipped, complete %s, %v: %s", len(routes), got.Skipped, got.Complete, err, said)
			}
		})
	}
}

// TestWhatAVRPCommandAsksForIsJudged, of both platforms and behind each prompt.
func TestWhatAVRPCommandAsksForIsJudged(t *testing.T) {
	of := func(view rib.View) reading.Source {
		return reading.Source{Name: "x", View: view, Neighbor: documentationPeer, ExpectRoutes: -1}
	}
	for _, tt := range []struct {
		name, command string
		src           reading.Source
		contradiction string // empty: none
	}{
		{"what is sent, as what is sent", "<e1>display bgp routing-table peer 192.0.2.1 advertised-routes", of(rib.AdjRIBOutPost), ""},
		{"what is sent, as received", "[~e1]dis bgp routing-table peer 192.0.2.1 advertised-routes", of(rib.AdjRIBInPost), "what is advertised"},
		{"what is sent, as a far end", "[e1-bgp] display bgp routing-table ipv4 unicast peer 192.0.2.1 advertised-routes", of(rib.FarEnd), "what is advertised"},
		{"what is received, on either side of import policy", "<e1>display bgp routing-table peer 192.0.2.1 received-routes", of(rib.AdjRIBInPre), ""},
		{"what is received, behind import policy", "<e1>display bgp routing-table peer 192.0.2.1 received-routes", of(rib.AdjRIBInPost), ""},
		{"what is accepted, before import policy", "<e1>display bgp routing-table peer 192.0.2.1 accepted-routes", of(rib.AdjRIBInPre), "accepts"},
		{"what is received, as sent", "<e1> display bgp routing-table ipv4 peer 192.0.2.1 received-routes", of(rib.AdjRIBOutPost), "what is received"},
		{"another neighbour", "<e1>display bgp routing-table peer 192.0.2.9 received-routes", of(rib.AdjRIBInPre), "192.0.2.9"},
		{"the whole table, as one neighbour's", "<e1>display bgp routing-table", of(rib.AdjRIBInPre), "the whole table"},
		{"another VPN instance", "<e1>display bgp vpnv4 vpn-instance red routing-table", reading.Source{Name: "x", View: rib.BGPTable, VRF: "blue", ExpectRoutes: -1}, "red"},
		{"the VPN instance", "<e1>display bgp routing-table ipv4 vpn-instance blue", reading.Source{Name: "x", View: rib.BGPTable, VRF: "blue", ExpectRoutes: -1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := readBytes(tt.src, []byte(tt.command+"\n"+vrpTable(1, vrp1)+"<e1>\n"))
			if err != nil || (got.Contradiction != "") != (tt.contradiction != "") || !strings.Contains(got.Contradiction, tt.contradiction) {
				t.Errorf("contradiction %q, %v", got.Contradiction, err)
			}
		})
	}
}

// TestAPartOfAVRPTableIsPartial: a filter leaves rows out.
func TestAPartOfAVRPTableIsPartial(t *testing.T) {
	for _, filter := range []string{"203.0.113.0 24", "regular-expression 65540", "community 65540:1", "| include 65540", "peer 192.0.2.1"} {
		_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte("<e1>display bgp routing-table "+filter+"\n"+vrpTable(1, vrp1)+"<e1>\n"))
		if err != nil || got.Complete != rib.CompleteNo && got.Contradiction == "" {
			t.Errorf("%s: complete %s, %v", filter, got.Complete, err)
		}
	}
}

// TestAdvertisedRoutesOfVRPLeaveADefaultOut: the table proves no default only where one stands in it.
func TestAdvertisedRoutesOfVRPLeaveADefaultOut(t *testing.T) {
	src := reading.Source{Name: "x", View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ExpectRoutes: -1}
	const command = "<e1>display bgp routing-table peer 192.0.2.1 advertised-routes\n"
	_, got, err := readBytes(src, []byte(command+vrpTable(1, vrp1)+"<e1>\n"))
	if err != nil || got.Complete != rib.CompleteUnproven || !strings.Contains(strings.Join(got.Errors, ""), "peer default-route-advertise") {
		t.Errorf("complete %s: %q, %v", got.Complete, got.Errors, err)
	}
	_, got, err = readBytes(src, []byte(command+vrpTable(1, strings.Replace(vrp1, "203.0.113.0/24", "0.0.0.0/0     ", 1))+"<e1>\n"))
	if err != nil || got.Complete != rib.CompleteYes {
		t.Errorf("with a default: complete %s: %q, %v", got.Complete, got.Errors, err)
	}
}

// TestATableWithItsCountInFrontCutAtAnyByte: what is left is the first rows of the whole, and it is complete only where all
// of them are there.
func TestATableWithItsCountInFrontCutAtAnyByte(t *testing.T) {
	for format := range countInFront {
		for _, name := range fixtures(t, format) {
			whole, src := fixtureBytes(t, name), fixtureSource(name)
			full, end, fullErr := readBytes(src, whole)
			src.Format = format
			want := recordsOf(full)
			for n := 0; n < len(whole) && fullErr == nil; n++ {
				routes, got, err := readBytes(src, whole[:n])
				for i, have := range recordsOf(routes) {
					if i >= len(want) || have != want[i] {
						t.Fatalf("%s cut at %d: row %d is\n%s", name, n, i, have)
					}
				}
				switch {
				case err != nil:
				case got.Complete != rib.CompleteNo && (len(routes) < len(full) || end.Complete == rib.CompleteNo):
					t.Fatalf("%s cut at %d: %d of %d rows, complete %s", name, n, len(routes), len(full), got.Complete)
				case got.Complete == rib.CompleteNo && len(got.Errors) == 0:
					t.Fatalf("%s cut at %d: partial, and no error says why", name, n)
				}
			}
		}
	}
}
