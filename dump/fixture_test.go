package dump

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

var update = flag.Bool("update", false, "rewrite golden files")

// documentationPeer is the neighbour of the feeds whose fixtures are of one.
var documentationPeer = netip.MustParseAddr("192.0.2.1")

// fixtureSources say how a fixture is read where it is not read as it is.
var fixtureSources = map[string]reading.Source{
	"azure-list/gateway-advertised-as-received.txt": {View: rib.AdjRIBInPost},
	"azure-table/notes.txt":                         {VRF: "# Before the change / vHUB: hub1"},
	"bird/export-stats.txt":                         {View: rib.AdjRIBOutPost},
	"bird/export-table.txt":                         {View: rib.AdjRIBOutPost},
	"bird/export-table-version3.txt":                {View: rib.AdjRIBOutPost},
	"bird/import-table.txt":                         {View: rib.AdjRIBInPre},
	"birdwatcher/export.json":                       {View: rib.AdjRIBOutPost},
	"comware/advertised.txt":                        {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"comware/received.txt":                          {View: rib.AdjRIBInPre, Neighbor: documentationPeer},
	"comware/table.txt":                             {View: rib.BGPTable},
	"eos-json/advertised.json":                      {View: rib.AdjRIBOutPost},
	"eos-json/table.json":                           {View: rib.BGPTable},
	"eos-json/table-vrf-all.json":                   {VRF: "CUST"},
	"eos/advertised.txt":                            {View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"eos/routes.txt":                                {View: rib.AdjRIBInPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"eos/routes-as-advertised.txt":                  {View: rib.AdjRIBOutPost, ASNs: []uint32{65536}},
	"eos/table-vrfs.txt":                            {VRF: "CUST"},
	"fortios/advertised-as-received.txt":            {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"fortios/advertised.txt":                        {View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"fortios/received.txt":                          {View: rib.AdjRIBInPre, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"fortios/routes.txt":                            {View: rib.AdjRIBInPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"fortios/table.txt":                             {View: rib.BGPTable, ASNs: []uint32{65536}},
	"fortios/vrfs.txt":                              {VRF: "10"},
	"frr-json/advertised-v4.json":                   {View: rib.AdjRIBOutPost},
	"frr-json/advertised-v6.json":                   {View: rib.AdjRIBOutPost},
	"frr-json/advertised-none.json":                 {View: rib.AdjRIBOutPost},
	"frr-json/advertised-minimal.json":              {View: rib.AdjRIBOutPost},
	"frr-json/advertised-detail.json":               {View: rib.AdjRIBOutPost},
	"frr-json/advertised-short-keys.json":           {View: rib.AdjRIBOutPost},
	"frr-json/table-vrf-all.json":                   {VRF: "default"},
	"frr/advertised-v4.txt":                         {View: rib.AdjRIBOutPost},
	"frr/advertised-v6.txt":                         {View: rib.AdjRIBOutPost},
	"frr/received-v4.txt":                           {View: rib.AdjRIBInPre},
	"frr/filtered-v4.txt":                           {View: rib.AdjRIBInPre},
	"frr/routes-v4.txt":                             {View: rib.AdjRIBInPost},
	"frr/routes-v6.txt":                             {View: rib.AdjRIBOutPost},
	"frr/table-v4.txt":                              {View: rib.BGPTable},
	"frr/table-vrf-all.txt":                         {VRF: "CUST"},
	"gcp-json/advertised.json":                      {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"gcp-json/network.json":                         {View: rib.Chosen},
	"gcp-json/session.txt":                          {View: rib.FarEnd},
	"megaport-json/advertised.json":                 {View: rib.AdjRIBOutPost},
	"megaport-json/received.txt":                    {View: rib.FarEnd},
	"megaport-json/table.json":                      {View: rib.BGPTable},
	"gobgp-json/adj-in-v4.json":                     {View: rib.AdjRIBInPre},
	"gobgp-json/adj-in-v6.json":                     {View: rib.AdjRIBInPre},
	"gobgp-json/adj-out-v4.json":                    {View: rib.AdjRIBOutPost},
	"gobgp-json/adj-out-v6.json":                    {View: rib.AdjRIBOutPost},
	"gobgp/adj-in-v4.txt":                           {View: rib.AdjRIBInPre},
	"gobgp/adj-in-v6.txt":                           {View: rib.AdjRIBInPre},
	"gobgp/adj-out-as-received.txt":                 {View: rib.AdjRIBInPre},
	"gobgp/adj-out-v4.txt":                          {View: rib.AdjRIBOutPost},
	"gobgp/adj-out-v6.txt":                          {View: rib.AdjRIBOutPost},
	"gobgp/no-neighbor.txt":                         {Format: "gobgp"},
	"gobgp/table-v4.txt":                            {View: rib.BGPTable},
	"ios/advertised-as-received.txt":                {View: rib.AdjRIBInPost},
	"ios/advertised-default.txt":                    {View: rib.AdjRIBOutPost},
	"ios/advertised-none.txt":                       {View: rib.AdjRIBOutPost},
	"ios/advertised.txt":                            {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"ios/error.txt":                                 {Format: "ios"},
	"ios/headless.txt":                              {Format: "ios", View: rib.BGPTable},
	"ios/other-neighbor.txt":                        {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"ios/received.txt":                              {View: rib.AdjRIBInPre, Neighbor: documentationPeer},
	"ios/routes.txt":                                {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"ios/vpnv4.txt":                                 {View: rib.BGPTable, VRF: "BLUE"},
	"iosxr/advertised-as-received.txt":              {View: rib.AdjRIBInPost},
	"iosxr/advertised-ipv6.txt":                     {View: rib.AdjRIBOutPost},
	"iosxr/advertised-no-count.txt":                 {View: rib.AdjRIBOutPost},
	"iosxr/advertised.txt":                          {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"iosxr/no-neighbor.txt":                         {Format: "iosxr"},
	"iosxr/vrfs.txt":                                {VRF: "RED"},
	"junos/advertising-detail.txt":                  {View: rib.AdjRIBOutPost},
	"junos/advertising.txt":                         {View: rib.AdjRIBOutPost},
	"junos/protocol-vrfs.txt":                       {VRF: "CUST"},
	"junos/received-detail.txt":                     {View: rib.AdjRIBInPre},
	"junos/received.txt":                            {View: rib.AdjRIBInPre},
	"nxos/advertised.txt":                           {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"nxos/all-families.txt":                         {View: rib.AdjRIBInPre},
	"nxos/other-neighbor.txt":                       {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"nxos/routes.txt":                               {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"nxos/vrfs.txt":                                 {VRF: "BLUE"},
	"junos-json/advertising.json":                   {View: rib.AdjRIBOutPost},
	"junos-json/advertising-detail.json":            {View: rib.AdjRIBOutPost},
	"junos-json/protocol-vrfs.json":                 {VRF: "CUST"},
	"junos-xml/advertising.xml":                     {View: rib.AdjRIBOutPost},
	"junos-xml/advertising-detail.xml":              {View: rib.AdjRIBOutPost},
	"junos-xml/protocol-vrfs.xml":                   {VRF: "CUST"},
	"nokia/advertised.txt":                          {View: rib.AdjRIBOutPost},
	"nokia/routes.txt":                              {View: rib.BGPTable},
	"nokia-json/advertised.json":                    {View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"nokia-json/received.json":                      {View: rib.AdjRIBInPre, Neighbor: documentationPeer},
	"nokia-json/routes.json":                        {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"nokia-json/session.txt":                        {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"nokia-json/table.json":                         {View: rib.BGPTable},
	"nxos-json/advertised.json":                     {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"nxos-json/odd-rows.json":                       {View: rib.BGPTable},
	"nxos-json/routes-rpc.json":                     {View: rib.AdjRIBInPost},
	"nxos-json/session.txt":                         {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"nxos-json/sorted.json":                         {VRF: "default"},
	"nxos-json/table.json":                          {View: rib.BGPTable},
	"openbgpd/in.txt":                               {View: rib.AdjRIBInPre},
	"openbgpd/neighbor.txt":                         {View: rib.AdjRIBInPost},
	"openbgpd/other-command.txt":                    {View: rib.AdjRIBInPost, Neighbor: documentationPeer},
	"openbgpd/out.txt":                              {View: rib.AdjRIBOutPost},
	"openbgpd/table.txt":                            {View: rib.BGPTable},
	"openbgpd-json/in.json":                         {View: rib.AdjRIBInPre},
	"openbgpd-json/in-detail.json":                  {View: rib.AdjRIBInPre},
	"openbgpd-json/out-detail.json":                 {View: rib.AdjRIBOutPost},
	"openbgpd-json/neighbor-routes.json":            {View: rib.AdjRIBInPost},
	"panos/peer.txt":                                {View: rib.AdjRIBInPost},
	"panos/peers.txt":                               {View: rib.AdjRIBInPost},
	"panos/routers-counted.txt":                     {VRF: "cust", View: rib.BGPTable},
	"panos/routers.txt":                             {VRF: "cust a", View: rib.LocRIB},
	"panos/table.txt":                               {View: rib.LocRIB},
	"srlinux/advertised.txt":                        {View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"vrp/advertised.txt":                            {View: rib.AdjRIBOutPost, Neighbor: documentationPeer},
	"vrp/received.txt":                              {View: rib.AdjRIBInPre, Neighbor: documentationPeer},
	"vrp/table.txt":                                 {View: rib.BGPTable},
	"vrp/vpn-instance.txt":                          {VRF: "blue"},
	"srlinux/odd-rows.txt":                          {View: rib.BGPTable},
	"srlinux/received.txt":                          {View: rib.AdjRIBInPre, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"srlinux/received-old.txt":                      {View: rib.AdjRIBInPre},
	"srlinux/table-ipv6.txt":                        {View: rib.BGPTable},
	"srlinux/table.txt":                             {View: rib.BGPTable, VRF: "default", ASNs: []uint32{65536}},
	"openconfig/empty.json":                         {View: rib.BGPTable},
	"openconfig/gnmic-entries.json":                 {View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"openconfig/gnmic-get.json":                     {View: rib.BGPTable},
	"openconfig/gnmic-two-paths.json":               {View: rib.BGPTable},
	"openconfig/odd-rows.json":                      {View: rib.BGPTable},
	"openconfig/pygnmi.json":                        {View: rib.AdjRIBInPost},
	"openconfig/routes-only.json":                   {View: rib.BGPTable},
	"openconfig/sets-first.json":                    {View: rib.AdjRIBInPre, Neighbor: documentationPeer},
	"openconfig/sonic.json":                         {View: rib.BGPTable},
	"openconfig/tree.json":                          {View: rib.AdjRIBInPost, Neighbor: documentationPeer, ASNs: []uint32{65536}},
	"openconfig/vrfs.json":                          {View: rib.BGPTable, VRF: "RED"},
}

// fixtures lists the sample files of a format, or of all.
func fixtures(tb testing.TB, format string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", format, "*"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, n := range names {
		if filepath.Ext(n) == ".golden" || strings.Contains(n, "fuzz") {
			continue
		}
		out = append(out, filepath.ToSlash(strings.TrimPrefix(n, "testdata"+string(filepath.Separator))))
	}
	if len(out) == 0 {
		tb.Fatalf("no fixtures of %s", format)
	}
	return out
}

func fixtureBytes(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// readBytes reads text as if it stood in a file.
func readBytes(src reading.Source, text []byte) ([]rib.Route, outcome, error) {
	var routes []rib.Route
	c := reading.NewCollector(context.Background(), src, func(r rib.Route) error { routes = append(routes, r); return nil })
	in := &reading.Input{Size: int64(len(text)), Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
	if err := in.Start(); err != nil {
		got, err := failed(c, err)
		return nil, got, err
	}
	defer in.Close()
	got, err := read(c, in)
	return routes, got, err
}

func fixtureSource(name string) reading.Source {
	src := fixtureSources[name]
	src.Name, src.ExpectRoutes = filepath.Base(name), -1
	return src
}

// records writes what was read as canonical records, or the refusal.
func records(tb testing.TB, routes []rib.Route, got outcome, err error) []byte {
	tb.Helper()
	if err != nil {
		return []byte("refused: " + err.Error() + "\n")
	}
	var b bytes.Buffer
	w := jsonl.NewWriter(&b, got.Header)
	for _, r := range routes {
		if err := w.WriteRoute(r); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(jsonl.TrailerOf(got.Result)); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryFixtureReadsAsItsGoldenSays(t *testing.T) {
	for _, name := range fixtures(t, "*") {
		t.Run(name, func(t *testing.T) {
			routes, got, err := readBytes(fixtureSource(name), fixtureBytes(t, name))
			have := records(t, routes, got, err)
			golden := filepath.Join("testdata", filepath.FromSlash(name)+".golden")
			if *update {
				if err := os.WriteFile(golden, have, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(have)); diff != "" {
				t.Errorf("golden differs (-want +have), rewrite with -update and read it:\n%s", diff)
			}
		})
	}
}

// recordsOf writes each route as its record, which holds all of it.
func recordsOf(routes []rib.Route) []string {
	out := make([]string, len(routes))
	for i, r := range routes {
		out[i] = string(jsonl.AppendRoute(nil, r, 0))
	}
	return out
}

// TestAFileCutAtAnyByteShowsTheRowsBeforeTheCutAndSaysSo reads every fixture up to each of its
// bytes. What comes out must be the first rows of the whole, and never be called complete while
// a part of a document is missing.
func TestAFileCutAtAnyByteShowsTheRowsBeforeTheCutAndSaysSo(t *testing.T) {
	for _, name := range fixtures(t, "*") {
		if strings.HasPrefix(name, "mrt/") {
			continue // a cut between records cannot be seen, and messages change rows: TestAnMRTFileCutAtAnyByte
		}
		if textTables[strings.Split(name, "/")[0]] {
			continue // a cut between two rows cannot be seen: TestATextTableCutAtAnyByte
		}
		if countInFront[strings.Split(name, "/")[0]] {
			continue // all rows prove the end: TestATableWithItsCountInFrontCutAtAnyByte
		}
		if strings.HasPrefix(name, "bird/") {
			continue // what may be missing of the last row is not shown: TestABIRDTextCutAtAnyByte
		}
		if strings.HasPrefix(name, "pcap/") {
			continue // as in MRT's: TestACaptureCutAtAnyByteHoldsNoOtherRoute
		}
		if strings.HasPrefix(name, "openconfig/") {
			continue // rows wait for what stands behind them: TestAnOpenConfigTreeCutAtAnyByte
		}
		if linesWithoutAnEnd[strings.Split(name, "/")[0]] {
			continue // as in BIRD's: TestATextCutAtAnyByte
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := fixtureBytes(t, name)
			src := fixtureSource(name)
			full, _, fullErr := readBytes(src, whole)
			want := recordsOf(full)
			for n := 0; n < len(whole); n += cutStep {
				if n > 2 && indents(whole[n-2:n+1]) {
					continue // how far the line was indented when it broke off says nothing
				}
				if n > 1024 && fullErr == nil { // the format is known by then, and was seen to be
					src.Format = strings.Split(name, "/")[0]
				}
				routes, got, err := readBytes(src, whole[:n])
				if fullErr != nil && err == nil && len(routes) > 0 {
					t.Fatalf("cut at %d: rows out of a file that is refused: %v", n, routes[0])
				}
				if len(routes) > len(full) {
					t.Fatalf("cut at %d: %d rows, the whole has %d", n, len(routes), len(full))
				}
				for i, have := range routes {
					if i < len(routes)-2 && have.Line == full[i].Line && have.Prefix == full[i].Prefix {
						continue // only the last rows can suffer from a cut
					}
					if have := string(jsonl.AppendRoute(nil, have, 0)); have != want[i] {
						t.Fatalf("cut at %d: row %d is\n%s, in the whole\n%s", n, i, have, want[i])
					}
				}
				if err == nil && got.Complete != rib.CompleteNo && !betweenDocuments(whole[n:], whole[:n]) {
					t.Fatalf("cut at %d of %d, and complete is %s", n, len(whole), got.Complete)
				}
				if err == nil && got.Complete == rib.CompleteNo && len(got.Errors) == 0 {
					t.Fatalf("cut at %d: partial, and no error says why", n)
				}
			}
		})
	}
}

func indents(text []byte) bool { return len(bytes.Trim(text, " ")) == 0 }

// betweenDocuments reports whether a cut leaves whole documents on both sides: no reader can
// know then that more was to come.
func betweenDocuments(rest, before []byte) bool {
	before = bytes.TrimRight(before, " \t\r\n")
	if len(bytes.TrimSpace(rest)) == 0 {
		return true
	}
	closed := bytes.HasSuffix(before, []byte("}")) || bytes.HasSuffix(before, []byte("]"))
	lines := strings.Split(string(before), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	return (closed && (last == "}" || strings.HasPrefix(last, "["))) || strings.HasPrefix(last, "edge1#") || strings.HasPrefix(last, "A:admin@edge1#") ||
		strings.HasPrefix(last, "#") || reading.RoutingEngine.MatchString(last)
}
