package configs

import (
	"bytes"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

var plainValues = cmp.Options{
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreUnexported(Config{}, rib.Feed{}, rib.Link{}),
}

func load(t *testing.T, path string) *Config {
	t.Helper()
	config, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestGoodFilesLoad(t *testing.T) {
	for _, name := range goodFiles(t) {
		load(t, name)
	}
}

func TestMinimal(t *testing.T) {
	const path = "samples/minimal.yaml"
	want := &Config{
		Path: path, Version: 1,
		Intent: policy.Intent{
			MaxSkew: time.Hour,
			Pos:     path + ":8",
			Site:    policy.Site{ASNs: []uint32{65536}, RoutingPreference: "expressroute", Pos: path + ":5"},
			Links: []rib.Link{
				{Name: "isp-a", Kind: rib.Internet, Router: "edge1", Firewall: "fw-internet", NeighborASNs: []uint32{65540}},
				{Name: "isp-b", Kind: rib.Internet, Router: "edge2", Firewall: "fw-internet", NeighborASNs: []uint32{65541}},
			},
			Prefixes: []policy.Prefix{{
				Name: "public", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
				Links: []string{"isp-a", "isp-b"}, Pos: path + ":31",
			}},
		},
		Monitor: Monitor{PrefixLimit: 20_000_000},
		Feeds: []Feed{
			{
				Feed: rib.Feed{Name: "isp-a-out", Link: "isp-a", Router: "edge1", View: rib.AdjRIBOutPost},
				Source: &dump.Source{
					ASNs: []uint32{65536},
					Path: "samples/dumps/edge1-isp-a-advertised.json", Name: "dumps/edge1-isp-a-advertised.json",
					Format: "auto", View: rib.AdjRIBOutPost, ExpectRoutes: -1,
					Link: dump.Link{Name: "isp-a", Kind: rib.Internet},
				},
				Pos: path + ":21",
			},
			{
				Feed: rib.Feed{Name: "isp-b-out", Link: "isp-b", Router: "edge2", View: rib.AdjRIBOutPost},
				Source: &dump.Source{
					ASNs: []uint32{65536},
					Path: "samples/dumps/edge2-isp-b-advertised.json", Name: "dumps/edge2-isp-b-advertised.json",
					Format: "auto", View: rib.AdjRIBOutPost, ExpectRoutes: -1,
					Link: dump.Link{Name: "isp-b", Kind: rib.Internet},
				},
				Pos: path + ":25",
			},
		},
	}
	if diff := cmp.Diff(want, load(t, path), plainValues); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func feedNamed(t *testing.T, config *Config, name string) Feed {
	t.Helper()
	for _, f := range config.Feeds {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no feed %s", name)
	return Feed{}
}

func TestFileFeeds(t *testing.T) {
	config := load(t, "testdata/good/every-key.yaml")
	got := feedNamed(t, config, "one-link")
	want := Feed{
		Feed: rib.Feed{
			Name: "one-link", Link: "isp-a", Router: "edge1", View: rib.AdjRIBOutPost, VRF: "internet",
			Scope: []netip.Prefix{netip.MustParsePrefix("203.0.112.0/22")}, Families: []rib.Family{rib.IPv4},
		},
		Source: &dump.Source{
			ASNs: []uint32{65536, 65537, 65538},
			Path: filepath.Join("testdata", "good", "dumps", "a.json"), Name: "dumps/a.json", Format: "frr-json", View: rib.AdjRIBOutPost,
			VRF: "internet", Families: []rib.Family{rib.IPv4},
			Link:  dump.Link{Name: "isp-a", Kind: rib.Internet, Neighbors: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
			Taken: time.Date(2026, 11, 20, 8, 14, 0, 0, time.UTC), MaxAge: 7 * 24 * time.Hour,
			TrustMtime: true, ExpectRoutes: 981, TolerateSkipped: 2,
		},
		Pos: "testdata/good/every-key.yaml:33",
	}
	if diff := cmp.Diff(want, got, plainValues); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if p := feedNamed(t, config, "other-link").Source.Path; p != "/var/dumps/b.json" {
		t.Errorf("absolute file name became %s", p)
	}
	if s := feedNamed(t, config, "other-link").Source; s.Neighbor.IsValid() || len(s.Link.Neighbors) != 2 {
		t.Errorf("neighbour %s, link %+v: the link has two", s.Neighbor, s.Link)
	}
	if far := feedNamed(t, config, "far"); !far.ExpectEmpty || far.Router != "" || !far.Source.ExpectEmpty || far.Source.Neighbor != netip.MustParseAddr("192.0.2.9") {
		t.Errorf("far-end feed: %+v %+v", far, far.Source)
	}
}

func TestFeedsOfTablesThatAreNotOurs(t *testing.T) {
	config := load(t, "testdata/good/every-key.yaml")
	if hub := feedNamed(t, config, "hub"); hub.View != rib.Chosen || hub.Observer != rib.ObserverAzure || hub.Link != "" || hub.Router != "" {
		t.Errorf("hub: %+v", hub.Feed)
	}
	if p := feedNamed(t, config, "partner-sees"); p.Observer != "partner" || len(p.Classify) != 1 {
		t.Errorf("a table of a configured observer's: %+v", p.Feed)
	}
	for _, name := range []string{"gateway", "sent", "seen"} {
		if f := feedNamed(t, config, name); f.Link != "" || len(f.Classify) == 0 || f.Classify[0].Link == "" {
			t.Errorf("classify in view %s: %+v", f.View, f.Feed)
		}
	}
	a, b := feedNamed(t, config, "both-1").Source, feedNamed(t, config, "both-2").Source
	if a.Path != b.Path || a.Neighbor == b.Neighbor {
		t.Errorf("one file for two neighbours: %+v %+v", a, b)
	}
	if l := config.Intent.Links[3]; !slices.Equal(l.ProviderASNs, []uint32{65545, 65546}) {
		t.Errorf("provider ASNs: %v", l.ProviderASNs)
	}
}

func TestLiveFeeds(t *testing.T) {
	config := load(t, "testdata/good/every-key.yaml")
	session := feedNamed(t, config, "session")
	community := rib.NewCommunity(64512, 101)
	noExport := rib.CommunityFromWire(0xFFFFFF01)
	want := Feed{
		Feed: rib.Feed{
			Name: "session", Router: "edge1", View: rib.Monitor, AddPath: "all",
			Classify: []rib.ClassifyRule{{Community: &community, Link: "isp-a"}, {Community: &noExport, Ignore: true}},
		},
		BGP: &BGPFeed{
			Neighbor: netip.MustParseAddr("192.0.2.1"), ASN: 65536, LocalASN: 65539, AddPath: "all",
			MD5File: "/etc/md5", TTLSecurity: 2, PrefixLimit: 5000,
		},
		Pos: "testdata/good/every-key.yaml:39",
	}
	if diff := cmp.Diff(want, session, plainValues); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	plain := feedNamed(t, config, "plain-session")
	inherited := &BGPFeed{
		Neighbor: netip.MustParseAddr("192.0.2.2"), ASN: 65536, LocalASN: 65536,
		MD5File: filepath.Join("testdata", "good", "secrets", "md5"), TTLSecurity: 1, PrefixLimit: 2_000_000,
	}
	if diff := cmp.Diff(inherited, plain.BGP, plainValues); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	dynamic := feedNamed(t, config, "any-of-them").BGP
	if dynamic.Neighbor.IsValid() || dynamic.Range != netip.MustParsePrefix("2001:db8:5::/64") {
		t.Errorf("a range: %+v", dynamic)
	}
	if config.Monitor.HoldTime != 3*time.Minute || load(t, "samples/expressroute.yaml").Monitor.HoldTime != 90*time.Second {
		t.Errorf("hold times: %s, and by default %s", config.Monitor.HoldTime, load(t, "samples/expressroute.yaml").Monitor.HoldTime)
	}
	station := feedNamed(t, config, "station")
	if !station.Live() || station.View != "" || station.BMP.Listen != netip.MustParseAddrPort("127.0.0.1:11019") {
		t.Errorf("bmp feed: %+v %+v", station, station.BMP)
	}
}

func TestIntentOfEveryKey(t *testing.T) {
	config := load(t, "testdata/good/every-key.yaml")
	in := config.Intent
	if diff := cmp.Diff([]uint32{65536, 65537, 65538}, in.Site.ASNs); diff != "" {
		t.Errorf("ASNs: %s", diff)
	}
	if l := in.Links[0]; !l.ImportAll || l.Preference != rib.Some(0) || l.Weight.Set || l.Balancing != "per-packet" || l.Static != nil {
		t.Errorf("link: %+v", l)
	}
	if s := in.Links[1].Static; s == nil || len(s.Receives) != 2 || len(s.Advertises) != 0 {
		t.Errorf("static: %+v", s)
	}
	if w := in.Links[4].Weight; w != rib.Some(10) {
		t.Errorf("weight: %v", w)
	}
	wantPart := policy.Prefix{
		Name: "part", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Pos: "testdata/good/every-key.yaml:55",
	}
	if diff := cmp.Diff(wantPart, in.Prefixes[1], plainValues); diff != "" {
		t.Errorf("prefix: %s", diff)
	}
	for _, got := range []struct {
		of         string
		have, want policy.Backups
	}{
		{"prefix", in.Prefixes[0].Backups, policy.Backups{Always: []string{"isp-b"}}},
		{"pool", in.Pools[0].Backups, policy.Backups{Always: []string{"isp-b"}, WhenDown: []string{"mpls"}}},
		{"service", in.Services[0].Backups, policy.Backups{WhenDown: []string{"isp-b"}}},
	} {
		if diff := cmp.Diff(got.want, got.have); diff != "" {
			t.Errorf("backups of a %s: %s", got.of, diff)
		}
	}
	wantMail := policy.Service{
		Name: "mail", Kind: policy.KindSMTP, Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.25/32")},
		Remote: "exchange", Initiator: policy.RemoteStarts,
		SNAT: &policy.SNAT{At: "fw-internet", To: netip.MustParsePrefix("10.20.0.1/32")}, Pos: "testdata/good/every-key.yaml:61",
	}
	if diff := cmp.Diff(wantMail, in.Services[1], plainValues); diff != "" {
		t.Errorf("service: %s", diff)
	}
	if u := in.Services[2]; u.Kind != policy.KindOther || len(u.Pools) != 1 || u.Pools[0] != "nat-a" || u.SNAT != nil {
		t.Errorf("service with pool: %+v", u)
	}
	wantObservers := []rib.ObserverSpec{
		{Name: "partner", Hears: []string{"mpls", "isp-b"}, Prefer: []string{"isp-b", "mpls"}, Steps: []string{"as-path-length", "med"}, Pos: "testdata/good/every-key.yaml:73"},
		{Name: "internet", Steps: []string{}, Pos: "testdata/good/every-key.yaml:74"},
	}
	if diff := cmp.Diff(wantObservers, in.Observers); diff != "" {
		t.Errorf("observers: %s", diff)
	}
	wantChecks := []policy.CheckSetting{
		{ID: "return/same-mask", Severity: policy.Warning, Pos: "testdata/good/every-key.yaml:76"},
		{ID: "prefix/unexpected", Disabled: true, Pos: "testdata/good/every-key.yaml:77"},
	}
	if diff := cmp.Diff(wantChecks, in.Checks); diff != "" {
		t.Errorf("checks: %s", diff)
	}
	if w := in.Waivers[0]; !w.AcceptUnknown || w.Until != time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC) {
		t.Errorf("waiver: %+v", w)
	}
}

func TestRemotes(t *testing.T) {
	config := load(t, "testdata/good/every-key.yaml")
	tests := []struct{ name, observer, tags, endpoints string }{
		{"signin", "microsoft", "192.0.2.0/25 192.0.2.128/25 2001:db8:1::/48", ""},
		{"exchange", "microsoft", "", "192.0.2.0/26 192.0.2.64/26 2001:db8:2::/48"},
		{"teams", "microsoft", "", "192.0.2.0/26 192.0.2.64/26 192.0.2.128/26 2001:db8:2::/48"},
		{"by-community", "microsoft", "", ""},
		{"rest", "microsoft", "", ""},
		{"bank", "partner", "", ""},
		{"vmware", "avs", "", ""},
	}
	for i, want := range tests {
		r := config.Intent.Remotes[i]
		if r.Name != want.name || r.Observer != want.observer || spaced(r.ServiceTags) != want.tags || spaced(r.M365Endpoints) != want.endpoints {
			t.Errorf("%s: got %+v", want.name, r)
		}
	}
	if r := load(t, "samples/two-isps.yaml").Intent.Remotes[0]; r.Observer != rib.ObserverInternet {
		t.Errorf("observer %s at a site without Microsoft peering, want internet", r.Observer)
	}
}

func spaced(list []netip.Prefix) string {
	var words []string
	for _, p := range list {
		words = append(words, p.String())
	}
	return strings.Join(words, " ")
}

func TestDumpReadsBackTheSame(t *testing.T) {
	for _, name := range goodFiles(t) {
		config := load(t, name)
		text, err := Dump(config)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(name, text)
		if err != nil {
			t.Errorf("%s: %s\n%s", name, err, text)
			continue
		}
		ignorePos := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Pos" }, cmp.Ignore())
		if diff := cmp.Diff(config, again, plainValues, ignorePos); diff != "" {
			t.Errorf("%s: -first +again\n%s", name, diff)
		}
	}
}

func TestDumpHidesSecrets(t *testing.T) {
	config, err := parse("bgpaudit.yaml", []byte(head+"settings: {token: hunter2, server: 'https://me:hunter2@example.net/x'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Dump(config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), "'***'") && !strings.Contains(string(text), `"***"`) ||
		!strings.Contains(string(text), "https://me:***@example.net/x") {
		t.Errorf("got\n%s", text)
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load("testdata/gone.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestEnvironmentDoesNotReachTheSite(t *testing.T) {
	for _, name := range []string{"VERSION", "BGPAUDIT_VERSION", "MAX_SKEW", "BGPAUDIT_MAX_SKEW", "MAX-SKEW", "SITE::ASNS"} {
		t.Setenv(name, "7")
	}
	config, err := parse("bgpaudit.yaml", []byte(head))
	if err != nil || config.Intent.MaxSkew != time.Hour {
		t.Errorf("got %+v, %v", config, err)
	}
}

func TestLinesOfWindowsFiles(t *testing.T) {
	text := "\ufeff" + strings.ReplaceAll(head+"pools:\n  - name: p\n    prefixes: [198.51.100.0/24]\n    link: [isp-a]\n", "\n", "\r\n")
	want := []string{`9: pool p: unknown key "link"`}
	if diff := cmp.Diff(want, problemLines(t, text)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestKnownChecks(t *testing.T) {
	text := []byte(head + "checks: [{id: house/rule, disabled: true}]\n")
	if _, err := parse("bgpaudit.yaml", text, KnownChecks([]string{"house/rule"})); err != nil {
		t.Error(err)
	}
	if _, err := parse("bgpaudit.yaml", text); err == nil {
		t.Error("unknown check id accepted")
	}
}

func TestHostileFilesEndQuickly(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("version: 1\nsite: {asns: [65536]}\nlinks: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		bomb.WriteString("a" + string(rune('a'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.TrimSuffix(strings.Repeat("*a"+string(rune('0'+i))+", ", 10), ", ") + "]\n")
	}
	tests := map[string]string{
		"aliases":         bomb.String(),
		"merge keys":      mergeBomb(),
		"a cycle":         "version: 1\nsite: &s {asns: *s}\n",
		"open brackets":   strings.Repeat("[", 200_000),
		"nested brackets": "links: " + strings.Repeat("[", 2_000) + strings.Repeat("]", 2_000),
		"nested dashes":   "links:\n  " + strings.Repeat("- ", 5_000) + "x",
		"too large":       head + strings.Repeat("# padding\n", 500_000),
		"not text":        "version: 1\n\xff\xfe\x00",
		"many problems":   head + "pools:\n" + strings.Repeat("  - {name: p, prefixes: [10.0.0.0/8], links: [nowhere]}\n", 2_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			// The bound is on the work, and a busy machine adds waiting to it: the quickest of three counts.
			quickest := time.Hour
			for range 3 {
				start := time.Now()
				var problems Errors
				if _, err := parse("bgpaudit.yaml", []byte(text)); !errors.As(err, &problems) || len(problems) == 0 {
					t.Fatalf("got %v, want Errors", err)
				}
				if quickest = min(quickest, time.Since(start)); quickest <= time.Second {
					return
				}
			}
			t.Errorf("took %s", quickest)
		})
	}
}

// mergeBomb doubles the merged keys at each step.
func mergeBomb() string {
	var b strings.Builder
	b.WriteString(linksHead + "  - &m0 {name: a, kind: vpn, firewall: none}\n")
	for i := range 24 {
		b.WriteString("  - &m" + string(rune('A'+i)) + " {<<: [*m" + previous(i) + ", *m" + previous(i) + "]}\n")
	}
	return b.String()
}

func previous(i int) string {
	if i == 0 {
		return "0"
	}
	return string(rune('A' + i - 1))
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"samples/*.yaml", "testdata/good/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if text, err := os.ReadFile(name); err == nil {
				f.Add(text)
			}
		}
	}
	for _, c := range bad {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := parse("testdata/good/fuzz.yaml", text)
		var problems Errors
		switch {
		case err == nil:
			if _, err := Dump(config); err != nil {
				t.Errorf("dump: %s", err)
			}
		case !errors.As(err, &problems):
			t.Errorf("%T: %s", err, err)
		case len(problems) == 0:
			t.Error("an error without a problem")
		}
		lines := bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) + 2 // YAML breaks lines at either
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || p.Line > lines {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
