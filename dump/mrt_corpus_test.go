package dump

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"bgpaudit/rib"
)

// mrtCorpus lists the MRT files of the corpus, with the remarks of its manifest.
func mrtCorpus(t *testing.T) (dir string, remarks map[string]string) {
	t.Helper()
	dir = corpus(t)
	list, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	remarks = map[string]string{}
	for line := range strings.SplitSeq(string(list), "\n") {
		if f := strings.Split(line, "\t"); len(f) >= 6 && strings.Contains(f[4]+f[5], "bgpdump") && !strings.Contains(f[0], "test_expect") {
			remarks[f[0]] = f[4] + f[5]
		}
	}
	if len(remarks) < 30 {
		t.Fatalf("%d MRT files", len(remarks))
	}
	return dir, remarks
}

var linesRemark = regexp.MustCompile(`bgpdump(?:_lines| -m) ?= ?(\d+)`)

// corpusTables are the files that list routes. Where the manifest counts other rows, why says what
// is right.
var corpusTables = map[string]struct {
	routes   int // 0: as the manifest says
	manifest int
	why      string
	complete rib.Completeness
}{
	"daemon-bird/bird1-both.mrt": {}, "daemon-bird/bird1-master4.mrt": {}, "daemon-bird/bird1-master6.mrt": {},
	"daemon-bird/bird2-both.mrt": {}, "daemon-bird/bird2-master4.mrt": {}, "daemon-bird/bird2-master6.mrt": {},
	"daemon-bird/bird3-both.mrt": {}, "daemon-bird/bird3-master4.mrt": {}, "daemon-bird/bird3-master6.mrt": {},
	"daemon-frr/rib.mrt": {}, "daemon-frr/rib.mrt.zst": {}, "daemon-gobgp/table.mrt": {},
	"daemon-openbgpd/adjin-v2.mrt": {}, "daemon-openbgpd/rib-v2.mrt": {},
	"daemon-openbgpd/rib-mp.mrt":                             {routes: 981, why: "bgpdump prints nothing of BGP4MP_ENTRY (16.2); OpenBGPD's other dumps and FRR have the 981"},
	"mrt/mrtparse/samples/openbgpd_rib_table-mp":             {routes: 31, why: "bgpdump prints nothing of BGP4MP_ENTRY (16.2); the manifest counts 31 records of it, each one route"},
	"mrt/bgpdump/test_data/bview.20020722.2337.gz":           {},
	"mrt/bgpdump/test_data/bview.ipv4_unicast_add_path.gz":   {},
	"mrt/pyasn/data/bview.20140112.1600_3samples.bz2":        {routes: 3, why: "bgpdump prints no route without a peer table; it has 3 records of one entry", complete: rib.CompleteNo},
	"mrt-truncated/pyasn/data/rib.20140523.0600_firstMB.bz2": {routes: 270005, manifest: 269914, why: "the manifest's count stops 3 records before the cut; bgpdump -m prints 270005 here, as held below", complete: rib.CompleteNo},
	"full-table/bird/full-table.mrt.bz2":                     {},
}

func TestRealMRTTablesHoldWhatTheManifestSays(t *testing.T) {
	dir, remarks := mrtCorpus(t)
	for name, want := range corpusTables {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && strings.HasPrefix(name, "full-table") {
				t.Skip("SKIPPED: -short leaves out the full table")
			}
			remark := remarks[name]
			m := linesRemark.FindStringSubmatch(remark)
			if m == nil {
				t.Fatalf("the manifest says %q", remark)
			}
			lines, _ := strconv.Atoi(m[1])
			switch {
			case want.why == "":
				want.routes = lines
			case want.manifest != lines:
				t.Errorf("the manifest says %d now, not %d: %s", lines, want.manifest, want.why)
			}
			if want.complete == "" {
				want.complete = rib.CompleteUnproven
			}
			path := filepath.Join(dir, name)
			if strings.HasPrefix(name, "full-table") {
				path = unpacked(t, path)
			}
			n := 0
			res, err := readCorpus(path, func(rib.Route) { n++ })
			if err != nil || n != want.routes || res.Routes != n || res.Skipped != 0 || res.Complete != want.complete {
				t.Errorf("%d routes of %d, %d skipped, complete %s, errors %q, %v", n, want.routes, res.Skipped, res.Complete, res.Errors, err)
			}
		})
	}
}

func readCorpus(path string, emit func(rib.Route)) (Result, error) {
	return readCorpusAt(path, time.Time{}, emit)
}

func readCorpusAt(path string, at time.Time, emit func(rib.Route)) (Result, error) {
	return Read(context.Background(), Source{Path: path, Name: filepath.Base(path), ExpectRoutes: -1, At: at}, emit)
}

// bgpdumpLines are the lines that bgpdump makes of a file, the reference that every collector's
// users trust: those that came with the file, or what the tool prints here.
func bgpdumpLines(t *testing.T, path string) [][]string {
	t.Helper()
	var lines [][]string
	eachBgpdumpLine(t, path, func(f []string) { lines = append(lines, f) })
	return lines
}

func eachBgpdumpLine(t *testing.T, path string, fn func(fields []string)) {
	t.Helper()
	var text io.Reader
	expected := filepath.Join(filepath.Dir(path), "..", "test_expect", filepath.Base(path)+".bgp.gz")
	if file, err := os.Open(expected); err == nil {
		defer file.Close()
		if text, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	} else {
		tool, err := exec.LookPath("bgpdump")
		if err != nil {
			t.Skip("SKIPPED: no bgpdump: apt-get install bgpdump")
		}
		cmd := exec.CommandContext(t.Context(), tool, "-m", path)
		if text, err = cmd.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("bgpdump: %v", err)
			}
		}()
	}
	in := bufio.NewScanner(text)
	for in.Buffer(nil, 1<<20); in.Scan(); {
		fn(strings.Split(in.Text(), "|"))
	}
}

// mrtLine is a route as bgpdump prints it: an absent number is 0, large communities are left out.
func mrtLine(r rib.Route) string {
	var comms []string
	for _, c := range r.Attrs.Communities {
		comms = append(comms, c.String())
	}
	origin, hop := strings.ToUpper(r.Attrs.Origin.String()), r.Attrs.NextHop.String()
	if r.Attrs.Origin == rib.OriginAbsent {
		origin = "INCOMPLETE"
	}
	if !r.Attrs.NextHop.IsValid() {
		hop = "255.255.255.255"
	}
	return fmt.Sprintf("%v|%v|%s|%s|%s|%d|%d|%s", r.Neighbor, r.Prefix, r.Attrs.ASPath, origin, hop,
		r.Attrs.LocalPref.Or(0), r.Attrs.MED.Or(0), strings.Join(comms, " "))
}

// bgpdumpRoute is the same of a line's fields.
func bgpdumpRoute(t *testing.T, f []string) string {
	t.Helper()
	if len(f) == 16 {
		f = slices.Delete(slices.Clone(f), 6, 7) // the path id of ADD-PATH
	}
	for _, at := range []int{3, 8} {
		if a, err := netip.ParseAddr(f[at]); err != nil {
			t.Fatal(err)
		} else if f[at] = a.Unmap().String(); a.IsUnspecified() && at == 3 {
			f[at] = netip.Addr{}.String()
		}
	}
	path, err := rib.ParseASPath(f[6])
	if err != nil {
		t.Fatal(err)
	}
	// bgpdump shortens a single group of zeros to "::", which RFC 5952 4.2.2 forbids: two prefixes of
	// the full table are so written.
	prefix, err := netip.ParsePrefix(f[5])
	if err != nil {
		t.Fatal(err)
	}
	var comms []string
	for word := range strings.FieldsSeq(f[11]) {
		c, err := rib.ParseCommunity(word)
		if err != nil {
			continue // a large community, or one of an unknown name
		}
		comms = append(comms, c.String())
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s", f[3], prefix, path, f[7], f[8], f[9], f[10], strings.Join(comms, " "))
}

func TestRealMRTTablesReadAsBgpdumpReadsThem(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for name, want := range corpusTables {
		if want.routes > 0 && want.routes < 270000 || strings.HasPrefix(name, "full-table") || strings.HasSuffix(name, ".zst") {
			continue // what bgpdump prints nothing of or cannot read, and what is too much to hold twice
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name)
			lines := map[string]int{}
			for _, f := range bgpdumpLines(t, path) {
				lines[bgpdumpRoute(t, f)]++
			}
			if _, err := readCorpus(path, func(r rib.Route) { lines[mrtLine(r)]-- }); err != nil {
				t.Fatal(err)
			}
			reportLines(t, lines)
		})
	}
}

func reportLines(t *testing.T, lines map[string]int) {
	t.Helper()
	shown := 0
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		if n := lines[line]; n != 0 && shown < 10 {
			shown++
			t.Errorf("%+d (bgpdump has more where positive): %s", n, line)
		}
	}
}

// leftBehind is what bgpdump's lines leave: those of a table, or the last announcement of each
// prefix that messages have not taken back.
func leftBehind(lines [][]string) [][]string {
	var listed [][]string
	table := map[string][]string{}
	for _, f := range lines {
		switch f[2] {
		case "B":
			listed = append(listed, f)
		case "STATE":
			if (f[5] == "6") != (f[6] == "6") {
				maps.DeleteFunc(table, func(key string, _ []string) bool { return strings.HasPrefix(key, f[3]+" ") })
			}
		case "A":
			table[f[3]+" "+f[5]] = f
		case "W":
			delete(table, f[3]+" "+f[5])
		}
	}
	return slices.AppendSeq(listed, maps.Values(table))
}

// corpusMessages are the files of messages that bgpdump reads as well.
var corpusMessages = []string{
	"daemon-bird/bird1-updates.mrt", "daemon-bird/bird3-updates.mrt", "daemon-frr/all-et.mrt", "daemon-gobgp/updates.mrt",
	"daemon-openbgpd/all-in.mrt", "mrt/bgpdump/test_data/updates.20020722.2238.gz", "mrt/bgpdump/test_data/updates.20071015.1505.gz",
	"mrt/bgpdump/test_data/updates.20160811.1600.gz", "mrt/bgpdump/test_data/updates.long_withdrawal.gz", "mrt/bgpkit-parser/local_only/updates.bz2",
	"mrt/libbgpstream/test/routeviews.route-views.jinx.updates.1427846400.bz2", "mrt/mrtparse/samples/quagga_bgp", "mrt/mrtparse/samples/openbgpd_bgp",
}

func TestRealMRTMessagesLeaveTheTableThatBgpdumpsLinesLeave(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range corpusMessages {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			lines := map[string]int{}
			for _, f := range leftBehind(bgpdumpLines(t, path)) {
				lines[bgpdumpRoute(t, f)]++
			}
			res, err := readCorpus(path, func(r rib.Route) { lines[mrtLine(r)]-- })
			if err != nil || res.Complete != rib.CompleteNo || res.Skipped > 0 {
				t.Errorf("complete %s, skipped %d, errors %q, %v", res.Complete, res.Skipped, res.Errors, err)
			}
			reportLines(t, lines)
		})
	}
}

func TestPathIDsWithoutTheirSubtypeAreBadRecords(t *testing.T) {
	dir, _ := mrtCorpus(t)
	n := 0
	res, err := readCorpus(filepath.Join(dir, "mrt/mrtparse/samples/bird6_bgp"), func(rib.Route) { n++ })
	if err != nil || n != 0 || res.Skipped != 6 || res.Complete != rib.CompleteNo {
		t.Errorf("%d routes, %d skipped, complete %s: %q, %v", n, res.Skipped, res.Complete, res.Errors, err)
	}
}

// TestFiveDaemonsTablesAreOne reads the 981 paths of one network as four daemons dumped them, and
// holds each against what FRR printed as JSON, as far as both show an attribute.
func TestFiveDaemonsTablesAreOne(t *testing.T) {
	dir, _ := mrtCorpus(t)
	key := func(r rib.Route) string { return fmt.Sprintf("%v %v", r.Prefix, r.Attrs.NextHop) }
	want := map[string]rib.Route{}
	for _, fam := range rib.Families {
		routes, _, err := readReal(t, filepath.Join(dir, "daemon-frr", fmt.Sprintf("show_bgp_%s_unicast_json.txt", fam)), Source{View: rib.BGPTable})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range routes {
			want[key(r)] = r
		}
	}
	if len(want) != 981 {
		t.Fatalf("FRR's JSON has %d paths by prefix and next hop", len(want))
	}
	comms := map[string]string{}
	for _, name := range []string{
		"daemon-frr/rib.mrt", "daemon-frr/rib.mrt.zst", "daemon-bird/bird2-both.mrt", "daemon-gobgp/table.mrt", "daemon-openbgpd/rib-v2.mrt", "daemon-openbgpd/adjin-v2.mrt", "daemon-openbgpd/rib-mp.mrt",
		"daemon-frr/all-et.mrt", "daemon-gobgp/updates.mrt", "daemon-openbgpd/all-in.mrt",
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			at := time.Time{}
			if name == "daemon-frr/all-et.mrt" {
				at = time.Unix(1795232376, 0) // the sessions end within the second
			}
			_, err := readCorpusAt(filepath.Join(dir, name), at, func(r rib.Route) {
				frr, ok := want[key(r)]
				seen[key(r)] = true
				a, b := &r.Attrs, &frr.Attrs
				switch {
				case !ok:
					t.Errorf("FRR does not have %s", key(r))
				case a.ASPath.String() != b.ASPath.String(), a.Origin != b.Origin, a.MED.Or(0) != b.MED.Or(0),
					r.Neighbor != frr.Neighbor, a.NeighborASN != 12076:
					t.Errorf("%s: path %q, %s, MED %s, neighbor %v AS %d; FRR: path %q, %s, MED %s, neighbor %v", key(r), a.ASPath, a.Origin, a.MED,
						r.Neighbor, a.NeighborASN, b.ASPath, b.Origin, b.MED, frr.Neighbor)
				}
				list := fmt.Sprint(a.Communities, a.LargeCommunities)
				if had, ok := comms[key(r)]; ok && had != list {
					t.Errorf("%s: communities %s, elsewhere %s", key(r), list, had)
				}
				comms[key(r)] = list
			})
			if err != nil || len(seen) != len(want) {
				t.Errorf("%d of %d paths, %v", len(seen), len(want), err)
			}
		})
	}
}
