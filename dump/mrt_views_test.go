package dump

import (
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// collectorFiles are tables and messages of many neighbours, as public collectors publish them.
var collectorFiles = []string{
	"mrt/bgpdump/test_data/bview.20020722.2337.gz", "mrt/bgpdump/test_data/bview.ipv4_unicast_add_path.gz",
	"mrt/bgpdump/test_data/updates.20020722.2238.gz", "mrt/bgpdump/test_data/updates.20071015.1505.gz", "mrt/bgpdump/test_data/updates.20160811.1600.gz",
	"mrt/libbgpstream/test/routeviews.route-views.jinx.updates.1427846400.bz2", "mrt-truncated/pyasn/data/rib.20140523.0600_firstMB.bz2",
}

// collectorRows are the rows that bgpdump's text leaves, with the path as plain words.
func collectorRows(t *testing.T, path string) []collectorRow {
	t.Helper()
	var rows []collectorRow
	for _, f := range leftBehind(bgpdumpLines(t, path)) {
		line := strings.Split(bgpdumpRoute(t, f), "|") // normal forms of addresses and communities
		rows = append(rows, collectorRow{peer: line[0], prefix: line[1], path: strings.Fields(line[2]), hop: line[4], communities: strings.Fields(line[7])})
	}
	return rows
}

type collectorRow struct {
	peer, prefix, hop string
	path, communities []string
}

func (r collectorRow) tied(to string) string {
	return fmt.Sprintf("%s from %s, path %s: %s", r.prefix, r.peer, strings.Join(r.path, " "), to)
}

// leftOf is the word before the first of ours: the AS that had the route from us. A set names none.
func (r collectorRow) leftOf(ours string) (left string, seen bool) {
	for _, word := range r.path {
		switch {
		case word == ours:
			return left, true
		case strings.HasPrefix(word, "{"):
			if left = ""; slices.Contains(strings.Split(strings.Trim(word, "{}"), ","), ours) {
				return "", true
			}
		default:
			left = word
		}
	}
	return "", false
}

// busiestOrigin is the origin that has its routes from the most neighbours, and those.
func busiestOrigin(rows []collectorRow) (ours string, upstreams []string) {
	neighbors := map[string]map[string]bool{}
	for _, r := range rows {
		if len(r.path) == 0 {
			continue
		}
		origin := r.path[len(r.path)-1]
		if left, ok := r.leftOf(origin); ok && left != "" {
			if neighbors[origin] == nil {
				neighbors[origin] = map[string]bool{}
			}
			neighbors[origin][left] = true
		}
	}
	for _, origin := range slices.Sorted(maps.Keys(neighbors)) {
		if len(neighbors[origin]) > len(neighbors[ours]) {
			ours = origin
		}
	}
	return ours, slices.Sorted(maps.Keys(neighbors[ours]))
}

func asn(t *testing.T, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// tiesOf reads a file as a feed into a table of routes and counts how its rows were tied.
func tiesOf(t *testing.T, path string, asns []uint32, links []rib.Link, feed rib.Feed, rows []collectorRow) map[string]int {
	t.Helper()
	table := rib.NewTable(asns, links, []*rib.Feed{&feed})
	feed.State = Load(t.Context(), reading.Source{Path: path, View: feed.View, ExpectRoutes: -1}, noon, func(r rib.Route) error {
		_, err := table.Advertise(0, &r)
		return err
	}, nil)
	table.Settle()
	if feed.State.Routes != len(rows) || feed.State.Skipped > 0 {
		t.Errorf("%d routes, bgpdump leaves %d: %q", feed.State.Routes, len(rows), feed.State.Errors)
	}
	prefixes := map[string]bool{}
	for _, r := range rows {
		prefixes[r.prefix] = true
	}
	ties := map[string]int{}
	for p := range prefixes {
		for _, e := range table.Exact(netip.MustParsePrefix(p)) {
			to := e.Tie.String()
			if e.Tie == rib.Tied {
				to = table.LinkName(e.Link)
			}
			ties[collectorRow{peer: e.Neighbor.String(), prefix: p, path: strings.Fields(e.Attrs.ASPath.String())}.tied(to)]++
		}
	}
	return ties
}

// compareTies holds ties against those worked out from bgpdump's text, and wants each of the links used.
func compareTies(t *testing.T, rows []collectorRow, got map[string]int, links []rib.Link, want func(collectorRow) string) {
	t.Helper()
	used := map[string]int{}
	for _, r := range rows {
		to := want(r)
		used[to]++
		got[r.tied(to)]--
	}
	reportLines(t, got)
	for _, l := range links {
		if used[l.Name] == 0 {
			t.Errorf("no row is tied to %s", l.Name)
		}
	}
	t.Logf("rows by tie: %v", used)
}

// TestACollectorsPathsAreTiedByTheASNLeftOfOurs declares an origin of a public collector's file as
// ours, and its neighbours, but the last, as links. What the links carry is worked out from
// bgpdump's text.
func TestACollectorsPathsAreTiedByTheASNLeftOfOurs(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range collectorFiles {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			rows := collectorRows(t, path)
			ours, upstreams := busiestOrigin(rows)
			if len(upstreams) > 1 {
				upstreams = upstreams[:len(upstreams)-1] // one that no link knows
			}
			var links []rib.Link
			for _, up := range upstreams {
				links = append(links, rib.Link{Name: "AS" + up, Kind: rib.Internet, NeighborASNs: []uint32{asn(t, up)}})
			}
			t.Logf("ours is AS %s, links to %v", ours, upstreams)
			got := tiesOf(t, path, []uint32{asn(t, ours)}, links, rib.Feed{Name: "collector", View: rib.Collector}, rows)
			compareTies(t, rows, got, links, func(r collectorRow) string {
				left, seen := r.leftOf(ours)
				switch {
				case !seen:
					return rib.Foreign.String()
				case slices.Contains(upstreams, left):
					return "AS" + left
				}
				return rib.Unclassified.String()
			})
		})
	}
}

// mostCommon is the value that most rows have.
func mostCommon(rows []collectorRow, values func(collectorRow) []string) string {
	count := map[string]int{}
	for _, r := range rows {
		for _, v := range values(r) {
			count[v]++
		}
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(count)), func(a, b string) int { return count[a] - count[b] })
}

// TestRulesTieTheRowsOfManyNeighbors classifies a file of many neighbours by each thing that a rule
// can ask of an MRT row: neighbour, first AS, community, next hop.
func TestRulesTieTheRowsOfManyNeighbors(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range []string{"mrt/bgpdump/test_data/updates.20071015.1505.gz", "mrt/bgpdump/test_data/updates.20160811.1600.gz", "mrt-truncated/pyasn/data/rib.20140523.0600_firstMB.bz2"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			rows := collectorRows(t, path)
			peer := mostCommon(rows, func(r collectorRow) []string { return []string{r.peer} })
			first := mostCommon(rows, func(r collectorRow) []string {
				if r.peer == peer {
					return nil
				}
				return r.path[:1]
			})
			rest := slices.DeleteFunc(slices.Clone(rows), func(r collectorRow) bool { return r.peer == peer || r.path[0] == first })
			community := mostCommon(rest, func(r collectorRow) []string { return r.communities })
			hop := mostCommon(rest, func(r collectorRow) []string {
				if slices.Contains(r.communities, community) {
					return nil
				}
				return []string{r.hop}
			})
			comm, err := rib.ParseCommunity(community)
			if err != nil {
				t.Fatal(err)
			}
			var links []rib.Link
			for _, l := range []string{"by neighbor", "by first ASN", "by community", "by next hop"} {
				links = append(links, rib.Link{Name: l, Kind: rib.Internet})
			}
			feed := rib.Feed{Name: "many", View: rib.BGPTable, Classify: []rib.ClassifyRule{
				{Neighbor: netip.MustParseAddr(peer), Link: "by neighbor"},
				{FirstASN: asn(t, first), Link: "by first ASN"},
				{Community: &comm, Link: "by community"},
				{NextHop: netip.MustParseAddr(hop), Link: "by next hop"},
			}}
			compareTies(t, rows, tiesOf(t, path, nil, links, feed, rows), links, func(r collectorRow) string {
				var fits []string
				for i, fit := range []bool{r.peer == peer, r.path[0] == first, slices.Contains(r.communities, community), r.hop == hop} {
					if fit {
						fits = append(fits, links[i].Name)
					}
				}
				if len(fits) == 1 {
					return fits[0]
				}
				return rib.Unclassified.String() // none, or several that differ
			})
		})
	}
}

// TestAFeedPicksOneNeighborOfMany reads files of many neighbours for each of them in turn.
func TestAFeedPicksOneNeighborOfMany(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, name := range collectorFiles {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			byPeer := map[string]map[string]int{}
			for _, f := range leftBehind(bgpdumpLines(t, path)) {
				line := bgpdumpRoute(t, f)
				peer, _, _ := strings.Cut(line, "|")
				if _, err := netip.ParseAddr(peer); err != nil {
					continue // the router itself, which no feed can name
				}
				if byPeer[peer] == nil {
					byPeer[peer] = map[string]int{}
				}
				byPeer[peer][line]++
			}
			peers := slices.Sorted(maps.Keys(byPeer))
			for _, peer := range []string{peers[0], peers[len(peers)/2], peers[len(peers)-1]} {
				lines := maps.Clone(byPeer[peer])
				src := reading.Source{Path: path, View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr(peer), ExpectRoutes: -1}
				state := Load(t.Context(), src, noon, func(r rib.Route) error { lines[mrtLine(r)]--; return nil }, nil)
				if reportLines(t, lines); state.Contradiction != "" || state.Unreadable {
					t.Errorf("%s: %q, %q", peer, state.Contradiction, state.Errors)
				}
			}
			src := reading.Source{Path: path, View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr("192.0.2.77"), ExpectRoutes: -1}
			if state := Load(t.Context(), src, noon, func(rib.Route) error { return nil }, nil); state.Routes > 0 || state.Complete != rib.CompleteNo {
				t.Errorf("a neighbor that the file does not have: %+v", state)
			}
		})
	}
}
