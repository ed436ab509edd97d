package dump

import (
	"compress/gzip"
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// file writes text with an mtime of ten o'clock.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ten := noon.Add(-2 * time.Hour)
	if err := os.Chtimes(path, ten, ten); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadText(t *testing.T, src reading.Source, text string) (rib.FeedState, []rib.Route) {
	t.Helper()
	src.Path, src.Name = file(t, text), "dumps/x.json"
	if src.ExpectRoutes == 0 {
		src.ExpectRoutes = -1
	}
	var routes []rib.Route
	state := Load(context.Background(), src, noon, func(r rib.Route) error { routes = append(routes, r); return nil }, nil)
	return state, routes
}

const (
	advertisedOne  = `{"bgpLocalRouterId":"192.0.2.3","defaultLocPrf":100,"advertisedRoutes":{"203.0.113.0/24":{"network":"203.0.113.0/24","nextHop":"0.0.0.0","path":"","bgpOriginCode":"i"}},"totalPrefixCounter":1}`
	advertisedNone = `{"advertisedRoutes":{},"totalPrefixCounter":0,"filteredPrefixCounter":0}`
	receivedOne    = `{"receivedRoutes":{"203.0.113.0/24":{"network":"203.0.113.0/24","nextHop":"192.0.2.1","path":"65540","bgpOriginCode":"i"}},"totalPrefixCounter":1,"filteredPrefixCounter":0}`
	routesOne      = `{"routerId":"192.0.2.3","defaultLocPrf":100,"routes":{"203.0.113.0/24":[{"valid":true,"bestpath":true,"peerId":"192.0.2.1","path":"65540","origin":"IGP","nexthops":[{"ip":"192.0.2.1","used":true}]}]}}`
	azureOne       = `[{"network":"203.0.113.0/24","nextHop":"192.0.2.1","locPrf":"","weight":0,"path":"65536"}]`
)

func TestCompletenessIsProvedOrDenied(t *testing.T) {
	twoOfThree := strings.Replace(advertisedOne, `Counter":1`, `Counter":3`, 1)
	badRow := strings.Replace(azureOne, `}]`, `},{"network":"x"}]`, 1)
	for _, tt := range []struct {
		name     string
		src      reading.Source
		text     string
		complete rib.Completeness
		families []rib.Family
		says     string
	}{
		{"a count that fits proves the end", reading.Source{}, advertisedOne, "yes", []rib.Family{rib.IPv4}, ""},
		{"a count that does not fit denies it", reading.Source{}, twoOfThree, "no", []rib.Family{rib.IPv4}, "says that it holds 3 prefixes, but 1"},
		{"a closing bracket proves the end", reading.Source{}, routesOne, "yes", []rib.Family{rib.IPv4}, ""},
		{"a stated zero is complete, and covers what the config declares", reading.Source{Families: []rib.Family{rib.IPv6}}, advertisedNone, "yes", []rib.Family{rib.IPv6}, ""},
		{"a stated zero after an echoed command covers the family asked for", reading.Source{}, "edge1# show bgp ipv6 unicast neighbors 192.0.2.1 advertised-routes json\n" + advertisedNone, "yes", []rib.Family{rib.IPv6}, ""},
		{"a stated zero alone covers no family", reading.Source{}, advertisedNone, "yes", nil, ""},
		{"an expected empty table covers IPv4", reading.Source{ExpectEmpty: true}, `[]`, "yes", []rib.Family{rib.IPv4}, ""},
		{"an expected empty table covers the families declared", reading.Source{ExpectEmpty: true, Families: []rib.Family{rib.IPv6}}, `{"value":[]}`, "yes", []rib.Family{rib.IPv6}, ""},
		{"an expected empty table may hold routes", reading.Source{ExpectEmpty: true}, azureOne, "yes", []rib.Family{rib.IPv4}, ""},
		{"an empty list states no zero", reading.Source{}, `[]`, "no", nil, "nothing in the dump states its zero"},
		{"an empty object states no zero", reading.Source{}, `{}`, "no", nil, "nothing in the dump states its zero"},
		{"an empty FRR table states no zero", reading.Source{}, `{"routerId":"192.0.2.3","routes":{  }  }`, "no", nil, "nothing in the dump states its zero"},
		{"a cut table is not made whole by expect-empty", reading.Source{Format: "azure-json", ExpectEmpty: true}, `[`, "no", nil, "cut off"},
		{"routes: N that fits", reading.Source{ExpectRoutes: 1}, azureOne, "yes", []rib.Family{rib.IPv4}, ""},
		{"routes: N that does not fit", reading.Source{ExpectRoutes: 2}, azureOne, "no", []rib.Family{rib.IPv4}, "the config says routes: 2, the dump holds 1"},
		{"a skipped row", reading.Source{}, badRow, "no", []rib.Family{rib.IPv4}, `dumps/x.json:1: bad prefix "x"`},
		{"a tolerated row", reading.Source{TolerateSkipped: 1}, badRow, "yes", []rib.Family{rib.IPv4}, `bad prefix "x"`},
		{"a declared family is covered too", reading.Source{Families: []rib.Family{rib.IPv6}}, azureOne, "yes", []rib.Family{rib.IPv4, rib.IPv6}, ""},
		{"a pager's mark", reading.Source{}, strings.Replace(routesOne, `}]}}`, "}]\n--More--\n}}", 1), "no", []rib.Family{rib.IPv4}, "reading stops here"},
		{"a pager's mark at the end", reading.Source{}, routesOne + "\n--More--\n", "no", []rib.Family{rib.IPv4}, "dumps/x.json:2: a pager stopped the dump"},
		{"an error line behind", reading.Source{}, routesOne + "\n% Unknown command\n", "no", []rib.Family{rib.IPv4}, "dumps/x.json:2: the dump holds an error"},
		{"an error line in front", reading.Source{}, "% Unknown command\n" + routesOne, "no", []rib.Family{rib.IPv4}, "dumps/x.json:1: the dump holds an error"},
		{"a prompt in front and behind", reading.Source{}, "edge1# show bgp json\n" + routesOne + "\nedge1# exit\n", "yes", []rib.Family{rib.IPv4}, ""},
		{"a shell's prompt", reading.Source{}, "admin@edge1:~$ vtysh -c 'show bgp json'\n" + routesOne + "\nadmin@edge1:~$ \n", "yes", []rib.Family{rib.IPv4}, ""},
		{"text behind that is neither", reading.Source{}, routesOne + "\nConnection closed by remote host\n", "no", []rib.Family{rib.IPv4}, "unexpected text"},
		{"two VRFs one after the other", reading.Source{}, `{"vrfName":"default","routes":{"203.0.113.0/24":[{"valid":true,"path":""}]}} {"vrfName":"CUST","routes":{"203.0.113.0/24":[{"valid":true,"path":""}]}}`, "no", []rib.Family{rib.IPv4}, "several VRFs: default, CUST"},
		{"one prefix alone", reading.Source{}, `{"prefix":"203.0.113.0/24","paths":[{"valid":true,"aspath":{"string":"65540"}}]}`, "no", []rib.Family{rib.IPv4}, "says nothing of any other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, routes := loadText(t, tt.src, tt.text)
			if state.Unreadable || state.Complete != tt.complete || !slices.Equal(state.Families, tt.families) || state.Routes != len(routes) {
				t.Errorf("state %+v", state)
			}
			all := strings.Join(state.Errors, "\n")
			if !strings.Contains(all, tt.says) || tt.says == "" && all != "" {
				t.Errorf("errors %q", state.Errors)
			}
		})
	}
}

func TestZeroRoutesCanBeExpectedByNumber(t *testing.T) {
	path := file(t, "[]")
	state := Load(context.Background(), reading.Source{Path: path, Name: "x"}, noon, func(rib.Route) error { return nil }, nil)
	if state.Complete != rib.CompleteYes {
		t.Errorf("routes: 0 on an empty list: %+v", state)
	}
}

func TestTheAgeOfADump(t *testing.T) {
	inside := goodHeader + goodRoute + goodTrailer
	inside = strings.Replace(inside, `"time":null`, `"time":"2026-11-20T09:00:00Z"`, 1)
	for _, tt := range []struct {
		name        string
		src         reading.Source
		text        string
		age         time.Duration
		from        rib.AgeSource
		stale, weak bool
	}{
		{"inside the dump, before the config's", reading.Source{Taken: noon.Add(-time.Hour)}, inside, 3 * time.Hour, rib.AgeFromDump, false, false},
		{"from the config, before the file's", reading.Source{Taken: noon.Add(-time.Hour)}, azureOne, time.Hour, rib.AgeFromConfig, false, false},
		{"from the file", reading.Source{}, azureOne, 2 * time.Hour, rib.AgeFromMtime, false, false},
		{"a file's time is too weak for max-age", reading.Source{MaxAge: 24 * time.Hour}, azureOne, 2 * time.Hour, rib.AgeFromMtime, false, true},
		{"unless it is trusted", reading.Source{MaxAge: 24 * time.Hour, TrustMtime: true}, azureOne, 2 * time.Hour, rib.AgeFromMtime, false, false},
		{"too old", reading.Source{MaxAge: time.Hour, TrustMtime: true}, azureOne, 2 * time.Hour, rib.AgeFromMtime, true, false},
		{"just old enough", reading.Source{MaxAge: 2 * time.Hour, TrustMtime: true}, azureOne, 2 * time.Hour, rib.AgeFromMtime, false, false},
		{"too old by its own time", reading.Source{MaxAge: time.Hour}, inside, 3 * time.Hour, rib.AgeFromDump, true, false},
		{"from the future is new", reading.Source{Taken: noon.Add(time.Hour), MaxAge: time.Hour}, azureOne, 0, rib.AgeFromConfig, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := loadText(t, tt.src, tt.text)
			if s.Age != tt.age || s.AsOfSource != tt.from || s.Stale != tt.stale || s.WeakAge != tt.weak || s.MaxAge != tt.src.MaxAge {
				t.Errorf("age %s from %s, stale %t, weak %t", s.Age, s.AsOfSource, s.Stale, s.WeakAge)
			}
		})
	}
}

func TestADumpThatDeniesItsDeclarationSaysSo(t *testing.T) {
	neighbor := netip.MustParseAddr("192.0.2.9")
	filtered := strings.Replace(receivedOne, `edPrefixCounter":0`, `edPrefixCounter":4`, 1)
	jsonl := strings.Replace(goodHeader, `"neighbor":null`, `"neighbor":"192.0.2.1"`, 1) + goodRoute + goodTrailer
	for _, tt := range []struct {
		name string
		src  reading.Source
		text string
		says string
	}{
		{"received routes declared advertised", reading.Source{View: rib.AdjRIBOutPost}, receivedOne, "the dump holds receivedRoutes of one neighbor, the config says adj-rib-out-post"},
		{"a table declared advertised", reading.Source{View: rib.AdjRIBOutPost}, routesOne, "the dump holds routes, the config says adj-rib-out-post"},
		{"one neighbor's routes declared the whole table", reading.Source{View: rib.BGPTable}, receivedOne, "receivedRoutes of one neighbor"},
		{"the advertised key proves no direction", reading.Source{View: rib.AdjRIBInPre}, strings.Replace(advertisedOne, `"path":""`, `"path":"65540"`, 1), ""},
		{"advertised routes at the far end", reading.Source{View: rib.FarEnd}, advertisedOne, ""},
		{"pre-policy rows declared post-policy where policy rejects some", reading.Source{View: rib.AdjRIBInPost}, filtered, "it is adj-rib-in-pre"},
		{"pre-policy rows declared post-policy where policy rejects none", reading.Source{View: rib.AdjRIBInPost}, receivedOne, "it is adj-rib-in-pre"},
		{"rows of another neighbor", reading.Source{View: rib.AdjRIBInPost, Neighbor: neighbor}, routesOne, "routes of neighbor 192.0.2.1, the config says 192.0.2.9"},
		{"rows of the neighbor", reading.Source{View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr("192.0.2.1")}, routesOne, ""},
		{"a whole table holds other neighbors", reading.Source{View: rib.BGPTable, Neighbor: neighbor}, routesOne, ""},
		{"a header of another neighbor", reading.Source{View: rib.AdjRIBOutPost, Neighbor: neighbor}, jsonl, "routes of neighbor 192.0.2.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := loadText(t, tt.src, tt.text)
			if !strings.Contains(s.Contradiction, tt.says) || tt.says == "" && s.Contradiction != "" {
				t.Errorf("contradiction %q", s.Contradiction)
			}
		})
	}
}

// bmpPeerDown is a Peer Down of RFC 7854, 4.9: the common header, 42 octets of a peer, the reason.
var bmpPeerDown = "\x03\x00\x00\x00\x31\x02" + strings.Repeat("\x00", 42) + "\x04"

func TestAFileThatCannotBeReadSaysWhy(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"empty", "", "dumps/x.json: the file is empty (0 bytes)"},
		{"blanks", " \n\r\n\t", "holds nothing but blanks"},
		{"the router's refusal", "% Unknown command: show bgp\n", `the router answered "% Unknown command: show bgp", not a table`},
		{"the router's refusal in JSON", `{"warning":"No such neighbor"}`, `the router answered "No such neighbor", not a table`},
		{"a summary in text", "BGP router identifier 192.0.2.3, local AS number 65536\n", "not a route table: looks like a BGP summary"},
		{"a summary in JSON", `{"ipv4Unicast":{"routerId":"192.0.2.3","peers":{"192.0.2.1":{"pfxRcd":3}}}}`, "not a route table: looks like a BGP summary"},
		{"a neighbor page", "BGP neighbor is 192.0.2.1, remote AS 65540\n", "not a route table: looks like a BGP neighbor page"},
		{"a binary file", "\x00\x01\x02\x03MRT", "is a binary file"},
		{"BMP messages", bmpPeerDown + bmpPeerDown, "holds BMP messages (RFC 7854), which are not read: export the router's tables"},
		{"a BMP message that is cut off", bmpPeerDown[:20], "holds BMP messages (RFC 7854)"},
		{"BMP messages of a draft", "\x04" + bmpPeerDown[1:], "holds BMP messages (RFC 7854)"},
		{"what only begins as a BMP message", bmpPeerDown + "\x00\x01\x02\x03MRT", "is a binary file"},
		{"the rules of an Azure route map", `[{"associatedInboundConnections":["/subscriptions/1/expressRouteConnections/c1"],"name":"map1","rules":[{"actions":[{"parameters":[{"asPath":["65540"],"community":[],"routePrefix":[]}],"type":"Add"}],"matchCriteria":[{"asPath":[],"community":[],"matchCondition":"Contains","routePrefix":["203.0.113.0/24"]}],"name":"rule1","nextStepIfMatched":"Continue"}]}]`, "not a route table: looks like the rules of an Azure route map"},
		{"the same of PowerShell", "Name             : map1\nRouteMapRules    : {rule1}\nAssociatedInboundConnections : {}\n", "not a route table: looks like the rules of an Azure route map"},
		{"what a route map of Azure's makes", `{"value":[{"prefix":"203.0.113.0/24","bgpCommunities":"65540:1","asPath":"65540-65541"}]}`, "looks like what an Azure route map is given or makes"},
		{"a table of Aruba's AOS-CX", "VRF : default\nLocal Router-ID 192.0.2.3\n\n    Network            Nexthop         Metric     LocPrf     Weight Path\n*>  203.0.113.0/24     192.0.2.1       0          100        0       65540 i\nTotal number of entries 1\n", "looks like a table of Aruba's AOS-CX, which is not read: give the neighbor's own table"},
		{"an older one", "Local router-id 192.0.2.3\n   Network          Next Hop            Metric LocPrf Weight Path\n*> 203.0.113.0/24    192.0.2.1                  0      0      0 65540 i\nTotal number of entries 1\n", "looks like a table of Aruba's AOS-CX"},
		{"zstd", "\x28\xb5\x2f\xfd....", "is a damaged zstd file"},
		{"zip", "PK\x03\x04....", "is a zip archive, which may hold several answers: undo that first (unzip)"},
		{"7z", "7z\xbc\xaf\x27\x1c....", "is a 7z archive"},
		{"rar", "Rar!\x1a\x07\x00....", "is a rar archive"},
		{"cpio", "0707010000....", "is a cpio archive"},
		{"a broken gzip", "\x1f\x8b....", "is a damaged gzip file"},
		{"prose", "Hello\n", "not a route table in a known format: it begins"},
		{"text declared as frr-json", "Hello\n", "holds no JSON document"},
		{"interface routes declared as azure-json", `{"value":[{"source":"Default","addressPrefix":["203.0.113.0/24"],"nextHopIpAddress":[]}]}`, "not a route table: looks like the effective routes of a network interface"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := reading.Source{Families: []rib.Family{rib.IPv4}}
			if _, format, ok := strings.Cut(tt.name, " declared as "); ok {
				src.Format = format
			}
			s, routes := loadText(t, src, tt.text)
			if !s.Unreadable || s.Complete != rib.CompleteNo || len(s.Families) > 0 || len(routes) > 0 || len(s.Errors) != 1 {
				t.Fatalf("state %+v", s)
			}
			if !strings.Contains(s.Errors[0], tt.says) {
				t.Errorf("error %q", s.Errors[0])
			}
		})
	}
}

func TestAMissingFileADirectoryAndAnUnknownFormat(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		src  reading.Source
		says string
	}{
		{reading.Source{Path: filepath.Join(dir, "none.json"), Name: "none.json"}, "none.json: no such file"},
		{reading.Source{Path: dir, Name: "dumps"}, "dumps: is a directory"},
		{reading.Source{Path: file(t, azureOne), Name: "x", Format: "csv"}, `unknown format "csv": write auto or one of azure-csv, azure-format-table, azure-json, azure-list, azure-table, bgpdump-m, bird, `},
		{reading.Source{Path: "/dev/zero", Name: "zero"}, "is a device"},
	} {
		s := Load(context.Background(), tt.src, noon, func(rib.Route) error { return nil }, nil)
		if !s.Unreadable || len(s.Errors) != 1 || !strings.Contains(s.Errors[0], tt.says) {
			t.Errorf("%s: %+v", tt.src.Name, s)
		}
	}
}

func TestARefusedRouteIsASkippedRow(t *testing.T) {
	src := reading.Source{Path: file(t, azureOne), Name: "x.json", ExpectRoutes: -1}
	s := Load(context.Background(), src, noon, func(rib.Route) error { return errors.New("prefix limit reached") }, nil)
	if s.Routes != 0 || s.Skipped != 1 || s.Complete != rib.CompleteNo || s.Errors[0] != "x.json:1: prefix limit reached" {
		t.Errorf("state %+v", s)
	}
}

func TestAStoppedReadingIsPartial(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	n := 0
	text := "[" + strings.Repeat(strings.Trim(azureOne, "[]")+",", 50) + strings.Trim(azureOne, "[]") + "]"
	src := reading.Source{Path: file(t, text), Name: "x.json", ExpectRoutes: -1}
	s := Load(ctx, src, noon, func(rib.Route) error {
		if n++; n == 3 {
			stop()
		}
		return nil
	}, nil)
	if s.Complete != rib.CompleteNo || n != 3 || !strings.Contains(strings.Join(s.Errors, " "), "reading was stopped") {
		t.Errorf("%d rows, state %+v", n, s)
	}
}

func TestProgressReachesTheSizeOfTheFile(t *testing.T) {
	src := reading.Source{Path: file(t, azureOne), Name: "x.json", ExpectRoutes: -1}
	var last, size int64
	Load(context.Background(), src, noon, func(rib.Route) error { return nil }, func(r, s int64) { last, size = r, s })
	if last != int64(len(azureOne)) || size != last {
		t.Errorf("%d of %d bytes told, the file has %d", last, size, len(azureOne))
	}
}

func TestWrappingsAreUndone(t *testing.T) {
	var zipped strings.Builder
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(azureOne)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	little, big := "\xff\xfe", "\xfe\xff"
	for _, c := range []byte(azureOne) {
		little += string([]byte{c, 0})
		big += string([]byte{0, c})
	}
	_, want := loadText(t, reading.Source{}, azureOne)
	for name, text := range map[string]string{"a byte order mark": "\ufeff" + azureOne, "gzip": zipped.String(), "UTF-16LE": little, "UTF-16BE": big} {
		s, have := loadText(t, reading.Source{}, text)
		if s.Complete != rib.CompleteYes || cmp.Diff(want, have, sameValues) != "" {
			t.Errorf("%s: %+v %v", name, s, have)
		}
	}
	s, _ := loadText(t, reading.Source{}, zipped.String()[:zipped.Len()-6])
	if s.Complete != rib.CompleteNo {
		t.Errorf("a cut gzip file: %+v", s)
	}
}

func TestTheStateOfAFeedCarriesTheHeader(t *testing.T) {
	s, _ := loadText(t, reading.Source{View: rib.AdjRIBOutPost}, advertisedOne)
	if s.Format != "frr-json" || s.Router != "192.0.2.3" || s.File != "dumps/x.json" || s.ASPathForm != rib.BeforeOwnASN || s.DefaultLocalPref != rib.Some(100) || s.Live {
		t.Errorf("state %+v", s)
	}
	s, _ = loadText(t, reading.Source{View: rib.BGPTable}, routesOne)
	if s.ASPathForm != rib.AsSent {
		t.Errorf("paths of a table are %s", s.ASPathForm)
	}
}

func TestEvidenceNamesLinesOfTheFileAtHand(t *testing.T) {
	text := goodHeader + strings.Replace(goodRoute, "}", `,"line":42}`, 1) + goodTrailer
	if _, routes := loadText(t, reading.Source{}, text); routes[0].Line != 2 {
		t.Errorf("loaded, the route is of line %d", routes[0].Line)
	}
	if routes, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text)); err != nil || routes[0].Line != 42 {
		t.Errorf("read, the route is of line %d: %v", routes[0].Line, err)
	}
}
