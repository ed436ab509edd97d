package dump

import (
	"bytes"
	"context"
	"io"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// readCounting is readBytes without keeping the routes.
func readCounting(src reading.Source, text []byte, n *int) ([]rib.Route, outcome, error) {
	c := reading.NewCollector(context.Background(), src, func(rib.Route) error { *n++; return nil })
	in := &reading.Input{Size: int64(len(text)), Reopen: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
	if err := in.Start(); err != nil {
		got, err := failed(c, err)
		return nil, got, err
	}
	defer in.Close()
	got, err := read(c, in)
	return nil, got, err
}

// fuzzFormat holds a reader to what every file can expect: no crash, sound routes, counts that
// fit, an error wherever something is missing, and the same through canonical records.
func fuzzFormat(f *testing.F, format string) {
	for _, name := range fixtures(f, format) {
		f.Add(fixtureBytes(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		src := reading.Source{Name: "x", Format: format, ExpectRoutes: -1}
		routes, got, err := readBytes(src, text)
		if err != nil {
			if len(routes) > 0 || got.Complete != rib.CompleteNo || len(got.Errors) == 0 {
				t.Fatalf("refused with %d routes, complete %s, errors %q", len(routes), got.Complete, got.Errors)
			}
			return
		}
		if got.Routes != len(routes) {
			t.Fatalf("%d routes counted, %d came", got.Routes, len(routes))
		}
		if got.Complete == rib.CompleteNo && len(got.Errors) == 0 {
			t.Fatal("partial, and no error says why")
		}
		for _, r := range routes {
			if !r.Prefix.IsValid() || r.Prefix != r.Prefix.Masked() || r.Prefix.Addr().Is4In6() || r.Neighbor.Is4In6() {
				t.Fatalf("unsound route %+v", r)
			}
			if r.Attrs.NotShown&got.Header.NotShown != got.Header.NotShown {
				t.Fatalf("the header hides %v, a route only %v", got.Header.NotShown.Names(), r.Attrs.NotShown.Names())
			}
		}
		again, _, err := readBytes(reading.Source{Name: "x", Format: "jsonl", ExpectRoutes: -1}, records(t, routes, outcome{Result: got.Result}, nil))
		if err != nil || len(again) != len(routes) {
			t.Fatalf("through records %d of %d routes: %v", len(again), len(routes), err)
		}
		was, is := recordsOf(routes), recordsOf(again)
		for i := range was {
			if was[i] != is[i] {
				t.Fatalf("through records\n%s\nbecame\n%s", was[i], is[i])
			}
		}
	})
}

func FuzzAzure(f *testing.F)            { fuzzFormat(f, "azure-json") }
func FuzzAzureCSV(f *testing.F)         { fuzzFormat(f, "azure-csv") }
func FuzzAzureFormatTable(f *testing.F) { fuzzFormat(f, "azure-format-table") }
func FuzzAzureList(f *testing.F)        { fuzzFormat(f, "azure-list") }
func FuzzAzureTable(f *testing.F)       { fuzzFormat(f, "azure-table") }
func FuzzBGPDump(f *testing.F)          { fuzzFormat(f, "bgpdump-m") }
func FuzzEOS(f *testing.F)              { fuzzFormat(f, "eos-json") }
func FuzzEOSText(f *testing.F)          { fuzzFormat(f, "eos") }
func FuzzFortiOS(f *testing.F)          { fuzzFormat(f, "fortios") }
func FuzzFRR(f *testing.F)              { fuzzFormat(f, "frr-json") }
func FuzzFRRText(f *testing.F)          { fuzzFormat(f, "frr") }
func FuzzGCP(f *testing.F)              { fuzzFormat(f, "gcp-json") }
func FuzzMegaport(f *testing.F)         { fuzzFormat(f, "megaport-json") }
func FuzzGoBGP(f *testing.F)            { fuzzFormat(f, "gobgp-json") }
func FuzzGoBGPText(f *testing.F)        { fuzzFormat(f, "gobgp") }
func FuzzIOS(f *testing.F)              { fuzzFormat(f, "ios") }
func FuzzIOSXR(f *testing.F)            { fuzzFormat(f, "iosxr") }
func FuzzJSONL(f *testing.F)            { fuzzFormat(f, "jsonl") }
func FuzzJunos(f *testing.F)            { fuzzFormat(f, "junos") }
func FuzzJunosJSON(f *testing.F)        { fuzzFormat(f, "junos-json") }
func FuzzJunosXML(f *testing.F)         { fuzzFormat(f, "junos-xml") }
func FuzzNXOS(f *testing.F)             { fuzzFormat(f, "nxos") }
func FuzzNokia(f *testing.F)            { fuzzFormat(f, "nokia") }
func FuzzNXOSJSON(f *testing.F)         { fuzzFormat(f, "nxos-json") }
func FuzzNokiaJSON(f *testing.F)        { fuzzFormat(f, "nokia-json") }
func FuzzOpenBGPD(f *testing.F)         { fuzzFormat(f, "openbgpd-json") }
func FuzzOpenBGPDText(f *testing.F)     { fuzzFormat(f, "openbgpd") }
func FuzzPANOS(f *testing.F)            { fuzzFormat(f, "panos") }
func FuzzOpenConfig(f *testing.F)       { fuzzFormat(f, "openconfig") }
func FuzzPCAP(f *testing.F)             { fuzzFormat(f, "pcap") }
func FuzzSRLinux(f *testing.F)          { fuzzFormat(f, "srlinux") }
func FuzzComware(f *testing.F)          { fuzzFormat(f, "comware") }
func FuzzVRP(f *testing.F)              { fuzzFormat(f, "vrp") }
