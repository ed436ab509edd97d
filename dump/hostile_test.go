package dump

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestHostileFilesAreRefusedQuicklyInLittleMemory holds every reader to its bounds.
func TestHostileFilesAreRefusedQuicklyInLittleMemory(t *testing.T) {
	bomb := func() string {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		blank := bytes.Repeat([]byte(" "), 1<<20)
		for range 64 {
			if _, err := z.Write(blank); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const big = 4 << 20
	frr := `{"routes":{"203.0.113.0/24":`
	for _, tt := range []struct{ name, format, text string }{
		{"brackets without end", "frr-json", `{"routes":` + strings.Repeat(`{"a":`, big/5)},
		{"lists without end", "azure-json", strings.Repeat("[", big)},
		{"a deep row", "frr-json", frr + strings.Repeat("[", big)},
		{"deep VRFs", "frr-json", strings.Repeat(`{"v":`, big/5)},
		{"a long row", "frr-json", frr + `[{"path":"` + strings.Repeat("1 ", big/2) + `"}]}}`},
		{"a long Azure row", "azure-json", `[{"network":"` + strings.Repeat("1", big) + `"}]`},
		{"a long key", "frr-json", `{"` + strings.Repeat("k", big)},
		{"a long record", "jsonl", goodHeader + `{"prefix":"` + strings.Repeat("1", big)},
		{"a long header", "jsonl", `{"header":{"source":"` + strings.Repeat("1", big)},
		{"a long first line", "auto", strings.Repeat("x", big)},
		{"many documents", "frr-json", strings.Repeat("{}", big/2)},
		{"many commas", "azure-json", "[" + strings.Repeat(",", big)},
		{"many prompts", "frr-json", strings.Repeat("edge1# \n", big/8) + "{}"},
		{"many VRFs", "auto", `{"default":{"routes":{}}` + strings.Repeat(`,"v":{"routes":{}}`, big/18) + "}"},
		{"zero bytes", "auto", strings.Repeat("\x00", big)},
		{"a gzip bomb", "frr-json", bomb()},
		{"quotes", "auto", "{" + strings.Repeat(`"`, big)},
		{"escapes", "frr-json", frr + `[{"path":"` + strings.Repeat(`\u0031`, 100_000) + `"}]}}`},
		{"one prefix many times", "azure-json", "[" + strings.Repeat(strings.Trim(azureOne, "[]")+",", 40_000) + strings.Trim(azureOne, "[]") + "]"},
		{"a Junos destination without end", "junos", junosLoc + strings.Repeat(junosMore, big/len(junosMore))},
		{"Junos tables without end", "junos", strings.Repeat(junosHead, big/len(junosHead))},
		{"hops of one Junos route", "junos", junosLoc + strings.Repeat("via\n", 160_000) + strings.Repeat("AS path: I\n", 50_000)},
		{"sources of one Junos route", "junos", junosDet + strings.Repeat("Next hop:\n", 50_000) + strings.Repeat("Source:\n", 20_000) + strings.Repeat("Protocol next hop: 1\nProtocol next hop: 2\n", 7_000)},
		{"deep XML", "junos-xml", "<route-information><route-table><table-name>inet.0</table-name>" + strings.Repeat("<a>", 3*big/4)},
		{"a deep row of XML", "junos-xml", "<route-information><route-table><table-name>inet.0</table-name><rt>" + strings.Repeat("<a>", 3*big/4)},
		{"a deep row of XML that is passed over", "junos-xml", "<route-information><route-table><table-name>mpls.0</table-name><rt>" + strings.Repeat("<a>", 3*big/4)},
		{"rows of many Junos VRFs", "junos-json", junosManyVRFs()},
		{"many VRFs of EOS", "eos-json", eosManyVRFs()},
		{"lines of bgpdump without end", "bgpdump-m", strings.Repeat("BGP4MP|1|A|192.0.2.1|1|", big/23)},
		{"records of CSV that stay open", "azure-csv", "Network,Path\n" + strings.Repeat("203.0.113.0/24,\"\n", big/16)},
		{"names of CSV without end", "azure-csv", strings.Repeat("Network,Path\n", big/13)},
		{"fields of CSV without end", "azure-csv", "Network,Path\n" + strings.Repeat(",", big)},
		{"Format-Table's tables without end", "azure-format-table", strings.Repeat("Network NextHop Path\n------- ------- ----\n", big/42)},
		{"a long row of Format-Table", "azure-format-table", "Network NextHop Path\n------- ------- ----\n" + strings.Repeat("1", big) + "\n"},
		{"Azure tables without end", "azure-table", strings.Repeat("Network  NextHop  Path\n-------  -------  ----\n", big/46)},
		{"OpenConfig elements without end", "openconfig", `{"network-instances":{"network-instance":[` + strings.Repeat("{},", big/3)},
		{"OpenConfig tables without end", "openconfig", `{"ipv4-unicast":{"neighbors":{"neighbor":[` + strings.Repeat(`{"adj-rib-in-pre":{}},`, big/22)},
		{"OpenConfig sets without end", "openconfig", `{"loc-rib":{},"attr-sets":{"attr-set":[` + strings.Repeat(`{"index":1},`, big/12)},
		{"OpenConfig paths without end", "openconfig", `{"updates":[` + strings.Repeat(`{"Path":"network-instances[[/[","values":{"":{}}},`, big/49)},
		{"an SR Linux row without end", "srlinux", srlinuxBox + strings.Repeat("|  | 1 | 1 | 1 | 1 | 1 |\n", big/24)},
		{"SR Linux rows without end", "srlinux", srlinuxBox + strings.Repeat("| u*> | 203.0.113.0/24 | 192.0.2.1 |||i|\n", big/40)},
		{"SR Linux headers without end", "srlinux", strings.Repeat("+-+\n| Status |\n", big/15)},
		{"Nokia rows without end", "nokia", "BGP IPv4 Routes\nFlag  Network\n--\n" + strings.Repeat("u*>i  203.0.113.0/24\n", big/21)},
		{"attribute sets of Nokia without end", "nokia-json", nokiaManySets()},
		{"one Nokia prefix many times", "nokia-json", `{"nokia-state:attr-sets":{"attr-set":{"index":1}},"nokia-state:ipv4-unicast":{"local-rib":{"routes":[` + strings.Repeat(`{"prefix":"203.0.113.0/24","attr-id":1,"valid-route":true},`, big/58) + "1]}}}"},
		{"deep envelopes of NX-API", "nxos-json", strings.Repeat(`{"body":`, big/8)},
		{"NX-OS tables without end", "nxos-json", `{"TABLE_vrf":{"ROW_vrf":{"TABLE_afi":{"ROW_afi":{"TABLE_safi":{"ROW_safi":[` + strings.Repeat("{},", big/3) + "{}]}}}}}}"},
		{"VRFs of NX-OS without end", "nxos-json", `{"TABLE_vrf":{"ROW_vrf":[` + strings.Repeat(`{"vrf-name-out":"v","TABLE_afi":{"ROW_afi":{"afi":1,"TABLE_safi":{"ROW_safi":{"safi":1,"TABLE_rd":{}}}}}},`, big/105) + "{}]}}"},
		{"paths of one NX-OS prefix", "nxos-json", `{"TABLE_vrf":{"ROW_vrf":{"TABLE_afi":{"ROW_afi":{"afi":1,"TABLE_safi":{"ROW_safi":{"safi":1,"TABLE_rd":{"ROW_rd":{"TABLE_prefix":{"ROW_prefix":{"TABLE_path":{"ROW_path":[` + strings.Repeat("{},", 1<<18) + "1"},
		{"a packet of four gigabytes", "pcap", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00" + strings.Repeat("\xff", big)},
		{"errors without end", "azure-json", "[" + strings.Repeat("1,", big/2) + "1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.text)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			n := 0
			_, got, err := readCounting(reading.Source{Name: "x", Format: tt.format, ExpectRoutes: -1}, text, &n)
			if took := time.Since(start); took > 10*hostileTime {
				t.Errorf("took %s", took)
			}
			runtime.ReadMemStats(&after)
			if grew := after.HeapSys - before.HeapSys; after.HeapSys > before.HeapSys && grew > 64<<20 {
				t.Errorf("the heap grew by %d MiB", grew>>20)
			}
			if err == nil && got.Complete == rib.CompleteYes && n != 40_001 {
				t.Errorf("called complete with %d routes", n)
			}
			for _, e := range got.Errors {
				if len(e) > 1000 {
					t.Errorf("an error of %d bytes", len(e))
				}
			}
			if len(got.Errors) > reading.MaxErrors+1 {
				t.Errorf("%d errors", len(got.Errors))
			}
		})
	}
}

func TestErrorsCarryNoControlCharacters(t *testing.T) {
	for _, text := range []string{
		"% \x1b[31mred\n",
		"\x1b]0;title\x07\n",
		"[{\"network\":\"\x1b[31m\"}]",
		`{"routes":{"\u001b[31m":[{"path":""}]}}`,
		`{"warning":"\u001b[31mred"}`,
		`{"\u001b[31m":{"routes":{}},"b":{"routes":{}}}`,
		`{"vrfName":"\u001b[31m","routes":{}}{"vrfName":"b","routes":{}}`,
		goodHeader + `{"trailer":{"routes":0,"skipped":0,"complete":"no","errors":["\u001b[31m"]}}`,
		goodHeader + `{"\u001b[31m":1}`,
		routesOne + "\n\x1b[31mred\n",
	} {
		_, got, _ := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(text))
		for _, e := range got.Errors {
			if strings.ContainsAny(e, "\x1b\x07") {
				t.Errorf("%q gives the error %q", text, e)
			}
		}
		if len(got.Errors) == 0 {
			t.Errorf("%q gives no error", text)
		}
	}
}

// nokiaManySets is a document of attribute sets that nobody names.
func nokiaManySets() string {
	var b strings.Builder
	b.WriteString(`{"nokia-state:attr-sets":{"attr-set":[`)
	for i := range 200_000 {
		fmt.Fprintf(&b, `{"index":"%d"},`, i)
	}
	b.WriteString(`{}]}}`)
	return b.String()
}

// eosManyVRFs is one document of as many VRFs as are listed, the last of which comes many times.
func eosManyVRFs() string {
	var b strings.Builder
	b.WriteString(`{"vrfs":{"a":{"bgpRouteEntries":{}}`)
	for i := range reading.MaxVRFs {
		fmt.Fprintf(&b, `,"v%d":{}`, i)
	}
	b.WriteString(strings.Repeat(fmt.Sprintf(`,"v%d":{}`, reading.MaxVRFs-2), 200_000) + "}}")
	return b.String()
}

// srlinuxBox is an SR Linux table as far as its rows.
const srlinuxBox = "+--+---+---+---+---+---+\n|St|Net|Nex|MED|Loc|Pat|\n|at|wor|tHo|   |Pre|hVa|\n|us|k  |p  |   |f  |l  |\n+==+===+===+===+===+===+\n"
