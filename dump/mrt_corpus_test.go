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
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"bgpaudit/dump/reading"
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

func readCorpus(path string, emit func(rib.Route)) (reading.Result, error) {
	return readCorpusAt(path, time.Time{}, emit)
}

func readCorpusAt(path string, at time.Time, emit func(rib.Route)) (reading.Result, error) {
	return Read(context.Background(), reading.Source{Path: path, Name: filepath.Base(path), ExpectRoutes: -1, At: at}, emit)
}

// bgpdumpLines are the lines that bgpdump makes of a file, the reference that every collector's
// users trust: those that came with the file, or what the tool prints here.
func bgpdumpLines(t *testing.T, path string) [][]string {
	t.Helper()
	var lines [][]string
	eachBgpdumpLine(t, path, func(f []string) { lines = append(lines, f) })
	return lines
}

// bgpdumpPrints reports whether there are lines of a file: they came with it, or the tool is here and can unpack it.
func bgpdumpPrints(path string) bool {
	_, err := os.Stat(bgpdumpsOwn(path))
	_, missing := exec.LookPath("bgpdump")
	return err == nil || missing == nil && !strings.HasSuffix(path, ".zst")
}

func bgpdumpsOwn(path string) string {
	return filepath.Join(filepath.Dir(path), "..", "test_expect", filepath.Base(path)+".bgp.gz")
}

func eachBgpdumpLine(t *testing.T, path string, fn func(fields []string)) {
	t.Helper()
	var text io.Reader
	expected := bgpdumpsOwn(path)
	if strings.HasSuffix(path, ".bgp.gz") {
		expected = path
	}
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
		route := func() string {
			if strings.HasSuffix(f[0], "_AP") {
				return f[3] + " " + f[5] + " " + f[6]
			}
			return f[3] + " " + f[5]
		}
		switch f[2] {
		case "B":
			listed = append(listed, f)
		case "STATE":
			if (f[5] == "6") != (f[6] == "6") {
				maps.DeleteFunc(table, func(key string, _ []string) bool { return strings.HasPrefix(key, f[3]+" ") })
			}
		case "A":
			table[route()] = f
		case "W":
			delete(table, route())
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

// TestFiveDaemonsTablesAreOne reads the 981 paths of one network as four daemons dumped them, and
// holds each against what FRR printed as JSON, as far as both show an attribute.
func TestFiveDaemonsTablesAreOne(t *testing.T) {
	dir, _ := mrtCorpus(t)
	key := func(r rib.Route) string { return fmt.Sprintf("%v %v", r.Prefix, r.Attrs.NextHop) }
	want := map[string]rib.Route{}
	for _, fam := range rib.Families {
		routes, _, err := readReal(t, filepath.Join(dir, "daemon-frr", fmt.Sprintf("show_bgp_%s_unicast_json.txt", fam)), reading.Source{View: rib.BGPTable})
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
