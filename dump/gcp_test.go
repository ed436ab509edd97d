package dump

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestTheViewSaysWhichListOfACloudRouterIsRead: a status holds three kinds of routes, and no view is of two.
func TestTheViewSaysWhichListOfACloudRouterIsRead(t *testing.T) {
	text := fixtureBytes(t, "gcp-json/status.json")
	router := []string{"203.0.113.0/24", "203.0.113.0/24", "198.51.100.0/24", "2001:db8:113::/48"}
	for _, tt := range []struct {
		name   string
		src    reading.Source
		want   []string
		others int
		says   string // an error or a contradiction
	}{
		{"its own choice", reading.Source{View: rib.LocRIB}, router, 0, ""},
		{"as our neighbor", reading.Source{View: rib.FarEnd}, router, 0, ""},
		{"the network's choice", reading.Source{View: rib.Chosen}, []string{"203.0.113.0/24", "203.0.112.0/24"}, 0, ""},
		{"what it sends one peer", reading.Source{View: rib.AdjRIBOutPost, Neighbor: documentationPeer}, []string{"203.0.112.0/24", "2001:db8:112::/48"}, 1, ""},
		{"what it sends another", reading.Source{View: rib.AdjRIBOutPost, Neighbor: netipAddr(t, "192.0.2.5")}, []string{"203.0.112.0/24"}, 2, ""},
		{"its whole table, losers too", reading.Source{View: rib.BGPTable}, router, 0, "the router chose alone"},
		{"what a peer sends", reading.Source{View: rib.AdjRIBInPost}, router, 0, "the list is of what the router chose"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, text)
			var have []string
			for _, r := range routes {
				have = append(have, r.Prefix.String())
			}
			all := strings.Join(got.Errors, "\n") + got.Contradiction
			if err != nil || !slices.Equal(have, tt.want) || got.Others != tt.others || !strings.Contains(all, tt.says) || tt.says == "" && (all != "" || got.Complete != rib.CompleteYes) {
				t.Errorf("%v, %d others, %s %q, %v", have, got.Others, got.Complete, all, err)
			}
		})
	}
}

// TestACloudRoutersCommandIsHeldAgainstTheFeed: what leaves routes out is said.
func TestACloudRoutersCommandIsHeldAgainstTheFeed(t *testing.T) {
	text := string(fixtureBytes(t, "gcp-json/status.json"))
	for command, part := range map[string]bool{
		"gcloud compute routers get-status cr --region europe-west1 --format json":                                     false,
		"gcloud compute routers get-status cr --region=europe-west1 --format=json | tee status.json":                   false,
		"gcloud compute routers get-status cr --region=europe-west1 --format=json | jq .":                              false,
		"gcloud compute routers get-status cr --region=europe-west1 '--format=json(kind, result.bestRoutesForRouter)'": true,
		"gcloud compute routers get-status cr --region=europe-west1 --format=json | jq .result":                        true,
		"gcloud compute routers get-status cr --region=europe-west1 --flatten=result.bestRoutes --format=json":         true,
	} {
		_, got, err := readBytes(reading.Source{Name: "x", View: rib.FarEnd, ExpectRoutes: -1}, []byte("me@host:~$ "+command+"\n"+text))
		if said := strings.Contains(strings.Join(got.Errors, "\n"), "a part of the table alone"); err != nil || said != part {
			t.Errorf("%s: %q, %v", command, got.Errors, err)
		}
	}
}

// TestPathsOfACloudRouter: segments as the API writes them.
func TestPathsOfACloudRouter(t *testing.T) {
	for paths, want := range map[string]string{
		`[{"asLists":[65540,65549],"pathSegmentType":"AS_SEQUENCE"}]`:                                                "65540 65549",
		`[{"asLists":[65540],"pathSegmentType":"AS_SEQUENCE"},{"asLists":[65549,65550],"pathSegmentType":"AS_SET"}]`: "65540 {65549 65550}",
		`[]`: "",
		`[{"asLists":[65540],"pathSegmentType":"AS_HEAP"}]`: "bad",
		`[{"asLists":[0],"pathSegmentType":"AS_SEQUENCE"}]`: "bad",
	} {
		text := `{"kind":"compute#routerStatusResponse","result":{"bestRoutesForRouter":[{"asPaths":` + paths + `,"destRange":"2001:db8:113::/48","nextHopIp":"2001:db8::1","routeType":"BGP"}]}}`
		routes, got, err := readBytes(reading.Source{Name: "x", View: rib.LocRIB, ExpectRoutes: -1}, []byte(text))
		if want == "bad" {
			if err != nil || len(routes) != 0 || got.Skipped != 1 {
				t.Errorf("%s: %v, %v", paths, recordsOf(routes), err)
			}
			continue
		}
		if err != nil || len(routes) != 1 || routes[0].Attrs.ASPath.String() != want || routes[0].Attrs.NotShown.Has(rib.AttrASPath) {
			t.Errorf("%s: %v, %q, %v", paths, recordsOf(routes), got.Errors, err)
		}
	}
}
