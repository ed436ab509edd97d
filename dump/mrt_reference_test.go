package dump

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
)

var (
	recordsRemark = regexp.MustCompile(`mrt_records=(\d+) \{([^}]*)\}`)
	kindRemark    = regexp.MustCompile(`'([\d.]+)': (\d+)`)
)

// TestRealMRTFilesHoldTheRecordsOfTheManifest counts records of each type.
func TestRealMRTFilesHoldTheRecordsOfTheManifest(t *testing.T) {
	dir, remarks := mrtCorpus(t)
	seen := 0
	for name, remark := range remarks {
		m := recordsRemark.FindStringSubmatch(remark)
		if m == nil {
			continue
		}
		seen++
		want := map[string]int{}
		for _, k := range kindRemark.FindAllStringSubmatch(m[2], -1) {
			want[k[1]], _ = strconv.Atoi(k[2])
			want[k[1]] += recordsOtherwise[name][k[1]]
		}
		n := 0
		eachMRTRecord(t, filepath.Join(dir, name), func(h mrtHead, _ []byte) {
			n++
			want[fmt.Sprintf("%d.%d", h.kind, h.subtype)]--
		})
		for kind, left := range want {
			if left != 0 {
				t.Errorf("%s: %d records, the manifest has %d more of type %s", name, n, left, kind)
			}
		}
	}
	if seen < 14 {
		t.Errorf("%d files", seen)
	}
}

// recordsOtherwise is how many records more than in the manifest are there. Its count of the cut
// file stops 3 records before the cut; bgpdump reads those as well.
var recordsOtherwise = map[string]map[string]int{
	"mrt-truncated/pyasn/data/rib.20140523.0600_firstMB.bz2": {"13.2": 3},
}

// TestRealMRTMessagesAreThoseOfBgpdump holds each message's announcements, with all attributes that
// bgpdump prints, and withdrawals against bgpdump's lines.
func TestRealMRTMessagesAreThoseOfBgpdump(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range corpusMessages {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			lines := map[string]int{}
			for _, f := range bgpdumpLines(t, path) {
				id := "0"
				if strings.HasSuffix(f[0], "_AP") {
					id = f[6]
				}
				switch f[2] {
				case "A":
					lines[fmt.Sprintf("%s A %s %s", f[1], bgpdumpRoute(t, f), id)]++
				case "W":
					lines[fmt.Sprintf("%s W %s %s %s", f[1], f[3], f[5], id)]++
				}
			}
			n := 0
			for line, count := range messagesOf(t, path) {
				lines[line] -= count
				n += count
			}
			reportLines(t, lines)
			if n == 0 {
				t.Error("no message announces or withdraws anything")
			}
		})
	}
}

// TestRealMRTMessagesLeaveAtAnyMomentWhatBgpdumpsLinesUpToItLeave asks files of moments that they
// span, and of the microsecond before each.
func TestRealMRTMessagesLeaveAtAnyMomentWhatBgpdumpsLinesUpToItLeave(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range corpusMessages {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			all := bgpdumpLines(t, path)
			for _, part := range []int{0, 1, 2, 3} {
				for _, before := range []time.Duration{0, time.Microsecond} {
					moment := lineTime(t, all[part*(len(all)-1)/3]).Add(-before)
					lines := map[string]int{}
					for _, f := range leftBehind(slices.DeleteFunc(slices.Clone(all), func(f []string) bool { return lineTime(t, f).After(moment) })) {
						lines[bgpdumpRoute(t, f)]++
					}
					if _, err := readCorpusAt(path, moment, func(r rib.Route) { lines[mrtLine(r)]-- }); err != nil {
						t.Errorf("at %s: %v", moment, err)
					}
					reportLines(t, lines)
				}
			}
		})
	}
}

// lineTime is the time of a line of bgpdump, which knows microseconds.
func lineTime(t *testing.T, f []string) time.Time {
	t.Helper()
	seconds, micros, _ := strings.Cut(f[1], ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	us, _ := strconv.ParseInt(micros, 10, 64)
	return time.Unix(s, 1000*us).UTC()
}

// TestTheFullTableIsReadAsBgpdumpReadsIt compares a million routes, attribute by attribute, in
// their order, without holding them.
func TestTheFullTableIsReadAsBgpdumpReadsIt(t *testing.T) {
	dir, _ := mrtCorpus(t)
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the full table")
	}
	path := filepath.Join(dir, "full-table/bird/full-table.mrt.bz2")
	ours := make(chan string, 1024)
	go func() {
		defer close(ours)
		_, _ = readCorpus(path, func(r rib.Route) { ours <- mrtLine(r) })
	}()
	n, wrong := 0, 0
	eachBgpdumpLine(t, path, func(f []string) {
		n++
		if have, want := <-ours, bgpdumpRoute(t, f); have != want && wrong < 10 {
			wrong++
			t.Errorf("row %d is\n%s, bgpdump has\n%s", n, have, want)
		}
	})
	select {
	case more, ok := <-ours:
		if ok {
			t.Errorf("a row that bgpdump does not have: %s", more)
		}
	case <-time.After(time.Minute):
		t.Error("the reading does not end")
	}
	if n != 1062046 {
		t.Errorf("bgpdump printed %d rows", n)
	}
}
