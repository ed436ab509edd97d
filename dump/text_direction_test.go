package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestTextThatDeniesTheConfig reads fixtures as what they are not.
func TestTextThatDeniesTheConfig(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		view       rib.View
		says       string
	}{
		{"IOS echoes the command", "ios/advertised.txt", rib.AdjRIBInPost, "the command shows what is advertised"},
		{"IOS rows of the router itself were not received", "ios/advertised-default.txt", rib.AdjRIBInPost, "as advertised routes do"},
		{"IOS counts the routes of one neighbor", "ios/count-wrong.txt", rib.BGPTable, "of one neighbor"},
		{"IOS: received routes are not accepted ones", "ios/received.txt", rib.AdjRIBInPost, "before import policy"},
		{"IOS: a table is not advertised", "ios/table.txt", rib.AdjRIBOutPost, "the whole table"},
		{"IOS: a table holds more than one neighbor's", "ios/table.txt", rib.AdjRIBInPost, "the whole table"},
		{"IOS XR has columns of its own for advertised routes", "iosxr/advertised-no-count.txt", rib.BGPTable, "columns are those of advertised routes"},
		{"IOS XR prints a table in others", "iosxr/table-count-wrong.txt", rib.AdjRIBOutPost, "columns are not those of advertised routes"},
		{"NX-OS names the peer", "nxos/other-neighbor.txt", rib.BGPTable, "the routes of one neighbor"},
		{"NX-OS echoes the command", "nxos/advertised.txt", rib.AdjRIBInPost, "the command shows what is advertised"},
		{"FRR rows of the router itself were not received", "frr/advertised-v4.txt", rib.AdjRIBInPost, "the router itself is the next hop"},
		{"FRR counts a table", "frr/table-v4.txt", rib.AdjRIBOutPost, "that of a table"},
		{"FRR counts the routes of one neighbor", "frr/received-v4.txt", rib.BGPTable, "of one neighbor"},
		{"FRR counts what policy rejects", "frr/received-v4.txt", rib.AdjRIBInPost, "import policy rejects some"},
		{"FortiOS echoes the command", "fortios/advertised.txt", rib.BGPTable, "the command shows what is advertised"},
		{"FortiOS: received routes are not accepted ones", "fortios/received.txt", rib.AdjRIBInPost, "before import policy"},
		{"FortiOS: a table is not advertised", "fortios/table.txt", rib.AdjRIBOutPost, "the whole table"},
		{"FortiOS rows of the router itself were not received", "fortios/table-ipv6.txt", rib.AdjRIBInPost, "the whole table"},
		{"PAN-OS: the local RIB is not advertised", "panos/table.txt", rib.AdjRIBOutPost, "shows nothing that is advertised"},
		{"PAN-OS: the local RIB is behind import policy", "panos/peer.txt", rib.AdjRIBInPre, "what import policy left"},
		{"PAN-OS: peers of two names are two", "panos/peers.txt", rib.AdjRIBInPost, `peers "isp-a" and "isp-b-back"`},
		{"EOS rows of the router itself were not received", "eos/table-no-end.txt", rib.AdjRIBInPre, "the router itself is the next hop"},
		{"OpenBGPD marks no received row", "openbgpd/in.txt", rib.BGPTable, "marks no route as valid"},
		{"OpenBGPD marks rows of a table", "openbgpd/table.txt", rib.AdjRIBOutPost, "as best or ecmp"},
		{"GoBGP rows have an age", "gobgp/table-v4.txt", rib.AdjRIBOutPost, "have an age"},
		{"GoBGP advertised rows have none", "gobgp/adj-out-v4.txt", rib.BGPTable, "have no age"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := readBytes(reading.Source{Name: "x", View: tt.view, ExpectRoutes: -1}, fixtureBytes(t, tt.file))
			if err != nil || !strings.Contains(got.Contradiction, tt.says) {
				t.Errorf("contradiction %q, error %v; want %q", got.Contradiction, err, tt.says)
			}
		})
	}
}

// TestATextIsReadAsWhatItIs: the fixtures deny nothing where the config is right.
func TestATextIsReadAsWhatItIs(t *testing.T) {
	for file, view := range map[string]rib.View{
		"ios/table.txt": rib.BGPTable, "ios/advertised.txt": rib.AdjRIBOutPost, "ios/received.txt": rib.AdjRIBInPre, "ios/routes.txt": rib.AdjRIBInPost,
		"iosxr/table.txt": rib.BGPTable, "iosxr/advertised.txt": rib.AdjRIBOutPost, "iosxr/routes.txt": rib.AdjRIBInPost,
		"nxos/table.txt": rib.BGPTable, "nxos/advertised.txt": rib.AdjRIBOutPost, "nxos/all-families.txt": rib.AdjRIBInPre, "nxos/routes.txt": rib.AdjRIBInPost,
		"frr/table-v4.txt": rib.BGPTable, "frr/advertised-v4.txt": rib.AdjRIBOutPost, "frr/received-v4.txt": rib.AdjRIBInPre, "frr/routes-v6.txt": rib.AdjRIBInPost,
		"fortios/table.txt": rib.BGPTable, "fortios/advertised.txt": rib.AdjRIBOutPost, "fortios/received.txt": rib.AdjRIBInPre, "fortios/routes.txt": rib.AdjRIBInPost,
		"panos/table.txt": rib.LocRIB, "panos/peer.txt": rib.AdjRIBInPost,
		"eos/table.txt": rib.BGPTable, "eos/advertised.txt": rib.AdjRIBOutPost, "eos/routes.txt": rib.AdjRIBInPost,
		"openbgpd/table.txt": rib.BGPTable, "openbgpd/out.txt": rib.AdjRIBOutPost, "openbgpd/in.txt": rib.AdjRIBInPre, "openbgpd/neighbor.txt": rib.AdjRIBInPost,
		"gobgp/table-v4.txt": rib.BGPTable, "gobgp/adj-out-v4.txt": rib.AdjRIBOutPost, "gobgp/adj-in-v4.txt": rib.AdjRIBInPre,
	} {
		src := reading.Source{Name: "x", View: view, ExpectRoutes: -1}
		if _, got, err := readBytes(src, fixtureBytes(t, file)); err != nil || got.Contradiction != "" || got.Complete == rib.CompleteNo {
			t.Errorf("%s as %s: %q, %s, %v %v", file, view, got.Contradiction, got.Complete, got.Errors, err)
		}
	}
}

func TestATextOfSeveralVRFsIsAskedForOne(t *testing.T) {
	for _, tt := range []struct {
		file, vrf string
		routes    int
		says      string
	}{
		{"ios/vpnv4.txt", "", 0, "holds the tables of several VRFs: BLUE, RED, 65536:3: name one with vrf:"},
		{"ios/vpnv4.txt", "RED", 1, ""},
		{"ios/vpnv4.txt", "65536:3", 1, ""},
		{"ios/vpnv4.txt", "GREEN", 0, `holds no table of VRF "GREEN"; it has: BLUE, RED, 65536:3`},
		{"iosxr/vrfs.txt", "", 0, "several VRFs: BLUE, RED"},
		{"iosxr/vrfs.txt", "BLUE", 1, ""},
		{"nxos/vrfs.txt", "", 0, "several VRFs: BLUE, default"},
		{"nxos/vrfs.txt", "default", 1, ""},
		{"frr/table-vrf-all.txt", "", 0, "several VRFs: default, CUST"},
		{"frr/table-vrf-all.txt", "default", 6, ""},
		{"fortios/vrfs.txt", "", 0, "several VRFs: 0, 10"},
		{"fortios/vrfs.txt", "0", 1, ""},
		{"fortios/vrfs.txt", "20", 0, `no table of VRF "20"; it has: 0, 10`},
		{"panos/routers.txt", "", 0, "several VRFs: default, cust a"},
		{"panos/routers.txt", "default", 2, ""},
		{"panos/routers-counted.txt", "default", 2, ""},
		{"panos/routers.txt", "other", 0, `no table of VRF "other"; it has: cust a, default`},
		{"eos/table-vrfs.txt", "", 0, "several VRFs: default, CUST"},
		{"eos/table-vrfs.txt", "default", 1, ""},
		{"eos/table-vrfs.txt", "EMPTY", 0, ""},
		{"frr/table-v4.txt", "CUST", 6, ""}, // it names no VRF
	} {
		routes, _, err := readBytes(reading.Source{Name: "x", VRF: tt.vrf, ExpectRoutes: -1}, fixtureBytes(t, tt.file))
		if len(routes) != tt.routes || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s, vrf %q: %d routes, %v", tt.file, tt.vrf, len(routes), err)
		}
	}
}

// TestADeclaredFamilyIsNotCoveredByAnother: the table of one family says nothing of the other.
func TestADeclaredFamilyIsNotCoveredByAnother(t *testing.T) {
	both := []rib.Family{rib.IPv4, rib.IPv6}
	const none = "edge1 # get router info bgp network\nTotal number of prefixes 0\n\n"
	noneOfEither := none + strings.Replace(none, "info", "info6", 1)
	for _, tt := range []struct {
		name, format, text string
		src                reading.Source
		complete           rib.Completeness
		says               string
	}{
		{"FortiOS, one of two", "fortios", string(fixtureBytes(t, "fortios/table.txt")), reading.Source{View: rib.BGPTable, Families: both}, "no", "no ipv6 routes"},
		{"FortiOS, the one", "fortios", string(fixtureBytes(t, "fortios/table.txt")), reading.Source{View: rib.BGPTable, Families: both[:1]}, "yes", ""},
		{"FortiOS, the other", "fortios", string(fixtureBytes(t, "fortios/table.txt")), reading.Source{View: rib.BGPTable, Families: both[1:]}, "no", "no ipv6 routes"},
		{"FortiOS, the zero of one of two", "fortios", none, reading.Source{View: rib.BGPTable, Families: both}, "no", "no ipv6 routes"},
		{"FortiOS, the zero of both", "fortios", noneOfEither, reading.Source{View: rib.BGPTable, Families: both}, "yes", ""},
		{"FortiOS, the zero of the one", "fortios", none, reading.Source{View: rib.BGPTable, Families: both[:1]}, "yes", ""},
		{"FortiOS, the zero of the other", "fortios", none, reading.Source{View: rib.BGPTable, Families: both[1:]}, "no", "no ipv6 routes"},
		{"FortiOS, a zero without its command", "fortios", strings.SplitAfterN(none, "\n", 2)[1], reading.Source{View: rib.BGPTable, Families: both[1:]}, "yes", ""},
		{"FortiOS, the other is expected empty", "fortios", string(fixtureBytes(t, "fortios/table.txt")), reading.Source{View: rib.BGPTable, Families: both, ExpectEmpty: true}, "yes", ""},
		{"PAN-OS, one of two", "panos", string(fixtureBytes(t, "panos/table.txt")), reading.Source{View: rib.BGPTable, Families: both}, "no", "no ipv6 routes"},
		{"PAN-OS, the one", "panos", string(fixtureBytes(t, "panos/table.txt")), reading.Source{View: rib.BGPTable, Families: both[:1]}, "yes", ""},
		{"PAN-OS, the zero of both", "panos", string(fixtureBytes(t, "panos/empty.txt")), reading.Source{View: rib.BGPTable, Families: both}, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.Format, tt.src.ExpectRoutes = "x", tt.format, -1
			_, got, err := readBytes(tt.src, []byte(tt.text))
			if all := strings.Join(got.Errors, "\n"); err != nil || got.Complete != tt.complete || !strings.Contains(all, tt.says) || tt.says == "" && all != "" {
				t.Errorf("complete %q, errors %q, %v", got.Complete, all, err)
			}
		})
	}
}
