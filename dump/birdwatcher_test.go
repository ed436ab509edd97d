package dump

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/bird"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func birdwatcherRead(src reading.Source, text string) ([]rib.Route, outcome, error) {
	src.Name, src.Format, src.ExpectRoutes = "x", "birdwatcher", -1
	return readBytes(src, []byte(text))
}

const birdwatcherAPI = `"api":{"Version":"2.2.5","result_from_cache":false}`

// watched is an answer with one route, of which members are given.
func watched(members string) string {
	return `{` + birdwatcherAPI + `,"routes":[{"network":"203.0.113.0/24","gateway":"192.0.2.9",` + members + `}]}`
}

func TestWhatBirdwatcherNullsIsNotShown(t *testing.T) {
	const from, typed, primary = `"learnt_from":"192.0.2.3"`, `"type":["BGP","univ"]`, `"primary":true`
	const whole = `"bgp":{"origin":"IGP","as_path":["65541"],"next_hop":"192.0.2.3"}`
	const nulls = `"bgp":{"origin":null,"as_path":null,"next_hop":null,"local_pref":null,"med":null,"communities":null,"large_communities":null}`
	const some = `"bgp":{"origin":"IGP","as_path":["65541"],"next_hop":"192.0.2.3","local_pref":null,"med":null,"communities":null,"large_communities":null}`
	const own = `"type":["static","univ"]`
	const all = rib.AttrNextHop | rib.AttrASPath | rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities
	const received, sent = rib.AdjRIBInPost, rib.AdjRIBOutPost
	for _, tt := range []struct {
		name    string
		members []string
		view    rib.View
		hidden  rib.AttrSet
	}{
		{"nothing is null", []string{from, typed, primary, whole}, received, bird.Hides},
		{"bgp is null", []string{from, typed, primary, `"bgp":null`}, received, bird.Hides | all},
		{"bgp is not there", []string{from, typed, primary}, received, bird.Hides | all},
		{"every attribute is null", []string{from, typed, primary, nulls}, received, bird.Hides | all},
		{"some attributes are null", []string{from, typed, primary, some}, received, bird.Hides | all&^(rib.AttrOrigin|rib.AttrASPath|rib.AttrNextHop)},
		{"bgp and type are null", []string{from, primary, `"type":null,"bgp":null`}, received, bird.Hides | all},
		{"type and next hop are null", []string{from, primary, nulls}, received, bird.Hides | all},
		{"an export's bgp is null", []string{from, typed, primary, `"bgp":null`}, sent, bird.ExportHides | all},
		{"an own route's is not there", []string{own, primary}, sent, bird.ExportHides | all},
		{"nor in a received table", []string{own, primary}, received, bird.Hides | all&^(rib.AttrNextHop|rib.AttrASPath)},
		{"the sender is null", []string{`"learnt_from":null`, typed, primary, whole}, received, bird.Hides | rib.AttrNeighbor},
		{"primary is null", []string{from, typed, `"primary":null`, whole}, received, bird.Hides | rib.AttrBest},
		{"primary is not there", []string{from, typed, whole}, received, bird.Hides | rib.AttrBest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := birdwatcherRead(reading.Source{View: tt.view}, watched(strings.Join(tt.members, ",")))
			if err != nil || len(routes) != 1 {
				t.Fatalf("%d routes, %q, %v", len(routes), got.Errors, err)
			}
			if hidden := routes[0].Attrs.NotShown; hidden != tt.hidden {
				t.Errorf("not shown: %v, want %v", hidden.Names(), tt.hidden.Names())
			}
			if routes[0].Neighbor.IsValid() == tt.hidden.Has(rib.AttrNeighbor) && strings.Contains(strings.Join(tt.members, ""), "BGP") {
				t.Errorf("neighbor %v", routes[0].Neighbor)
			}
		})
	}
}

func TestEveryPageOfAnAliceTableIsThereOnce(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf(`{"network":"203.0.113.%d/32","learnt_from":"192.0.2.3","primary":true,"type":["BGP"],"bgp":{"origin":"IGP","as_path":[65541],"next_hop":"192.0.2.3"}}`, n)
	}
	page := func(number string, pages, results int, rows ...string) string {
		return fmt.Sprintf(`{%s,"pagination":{"page":%s,"page_size":2,"total_pages":%d,"total_results":%d},"imported":[%s]}`+"\n", birdwatcherAPI, number, pages, results, strings.Join(rows, ","))
	}
	first, second := page("0", 2, 4, row(1), row(2)), page("1", 2, 4, row(3), row(4))
	for _, tt := range []struct {
		name, text string
		complete   rib.Completeness
		says       string
	}{
		{"both pages", first + second, "yes", ""},
		{"in another order", second + first, "yes", ""},
		{"the first one twice", first + first, "no", "page 0 stands twice"},
		{"the second one twice", second + second, "no", "page 0 of 2 is missing"},
		{"one alone", first, "no", "page 1 of 2 is missing"},
		{"one too many", first + second + first, "no", "page 0 stands twice"},
		{"a number beyond the last", first + page("2", 2, 4, row(3), row(4)), "no", "pages count from 0"},
		{"pages without numbers", page("null", 2, 4, row(1), row(2)), "no", "bad pagination"},
		{"another table's page", first + page("1", 2, 5, row(3), row(4)), "no", "the first one is of 2 with 4"},
		{"a table that grew under way", first + page("1", 3, 4, row(3), row(4)), "no", "this page is of 3"},
		{"the only page", page("0", 1, 2, row(1), row(2)), "yes", ""},
		{"no page at all", page("0", 0, 0), "yes", ""},
		{"as many pages as a number holds", page("0", 4294967295, 2, row(1), row(2)), "no", "page 1 of 4294967295 is missing"},
		{"more pages than a table has", page("4294967294", 4294967295, 2, row(1), row(2)), "no", "page 0 of 4294967295 is missing"},
		{"no number", strings.ReplaceAll(first+second, `"page":`, `"x":`), "no", "nothing says which page this is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := birdwatcherRead(reading.Source{View: rib.AdjRIBInPost}, tt.text)
			errors := strings.Join(got.Errors, "\n")
			if err != nil || got.Complete != tt.complete || !strings.Contains(errors, tt.says) || tt.says == "" && errors != "" {
				t.Errorf("complete %s, errors %q, %v", got.Complete, errors, err)
			}
		})
	}
}
