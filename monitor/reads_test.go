package monitor

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// churned is a site of every kind of feed whose remotes are lists of addresses.
const churned = `version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
  - {name: isp-b, kind: internet, router: edge2, firewall: fw-b, neighbor-asns: [65541]%s}
  - {name: er, kind: expressroute-microsoft, router: edge2, firewall: fw-er, circuit: c, side: primary, neighbor-asns: [12076]}
feeds:
  - {name: edge1, router: edge1, families: [ipv4], bgp: {neighbor: 192.0.2.1, asn: 65536, local-asn: 65536, add-path: all}, classify: [{first-asn: 65540, link: isp-a}]}
  - {name: edge2, router: edge2, families: [ipv4], bgp: {neighbor: 192.0.2.2, asn: 65536, local-asn: 65536, add-path: all}, classify: [{first-asn: 65541, link: isp-b}, {first-asn: 12076, link: er}, {first-asn: 65551, ignore: true}]}
  - {name: mirror-a, mirrors: isp-a, families: [ipv4], bgp: {neighbor: 192.0.2.3, asn: 65536, local-asn: 65551}}
  - {name: mirror-b, mirrors: isp-b, families: [ipv4], bgp: {neighbor: 192.0.2.4, asn: 65536, local-asn: 65551}}
prefixes: [{name: public, prefixes: [203.0.113.0/24], links: [isp-a]}]
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [isp-a, er]}]
services:
  - {name: users, kind: other, pools: [nat], remote: cloud, initiator: us, links: [isp-a]}
  - {name: adfs, kind: adfs, addresses: [203.0.113.40/32], nat: none, remote: signin, initiator: remote, links: [isp-a]}
remotes:
  - {name: cloud, observer: microsoft, prefixes: [100.64.0.0/16, 100.70.0.0/16]%s}
  - {name: signin, observer: microsoft, prefixes: [100.66.0.0/17]}
`

// TestWhatIsNotReadChangesNoAnswer: after every step of random churn of which the writer says that no
// audit reads it, a whole audit comes out as the one before.
func TestWhatIsNotReadChangesNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name, link, remote string
		some               bool
	}{
		{"addresses", "", "", true},
		{"a preference on one link", ", preference: 200", "", true},
		{"a remote of routes", "", ", default-only: true", false},
		{"a remote of communities", "", `, communities: ["12076:5010"]`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, fmt.Sprintf(churned, tt.link, tt.remote))
			c.Log, c.Sessions = zap.NewNop(), &script{}
			c.Intent.Brief = true // how much of what to do is tried depends on how many routes there are
			w, at := newWriter(c), time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
			enter := func(updates ...rib.Update) bool {
				state, news := w.enter(updates)
				if state {
					c.Table.Judge(at)
				}
				return news
			}
			audit := func() *policy.Result {
				r := policy.Audit(c.Intent, rib.NewSight(c.Table, c.Options), at)
				r.Feeds = asTheyAre(r.Feeds)
				for _, f := range r.Feeds {
					f.State.Routes = 0 // so many are held: no judgement
				}
				r.Rows = nil // likewise
				return r
			}
			for i, n := range c.Neighbors {
				route := rib.Route{Neighbor: n.Address}
				enter(rib.Update{Kind: rib.PeerUp, Feed: rib.FeedID(i), Route: route, Peer: &rib.PeerChange{Families: [2]bool{true}, AddPath: [2]bool{true}, Time: at}},
					rib.Update{Kind: rib.EndOfRIB, Feed: rib.FeedID(i), Route: route, Family: rib.IPv4})
			}
			random, before, unread := rand.New(rand.NewPCG(7, 11)), audit(), 0
			for step := range 600 {
				u := randomUpdate(random)
				u.Route.Neighbor = c.Neighbors[u.Feed].Address
				news, after := enter(u), (*policy.Result)(nil)
				after = audit()
				if !news {
					unread++
					if !reflect.DeepEqual(before, after) {
						t.Fatalf("step %d: %+v changed the answer", step, u)
					}
				}
				before = after
			}
			if tt.some != (unread > 10) {
				t.Errorf("%d of 600 steps need no audit", unread)
			}
		})
	}
}

func randomUpdate(r *rand.Rand) rib.Update {
	prefixes := []string{"0.0.0.0/0", "100.64.0.0/10", "100.64.0.0/16", "100.64.3.0/24", "100.66.0.0/16", "100.66.127.0/24", "100.66.128.0/24", "100.70.0.0/17", "100.71.0.0/16", "100.100.0.0/24", "192.0.2.0/24", "203.0.113.0/24", "203.0.112.0/22", "198.51.100.0/25", "192.0.0.0/8", "100.101.0.0/16", "100.102.0.0/16"}
	paths := []string{"65540", "65540 65542", "65541", "65541 65542 65543", "12076", "65549", "65551 65552", "65536 65540", ""}
	u := announce(prefixes[r.IntN(len(prefixes))], paths[r.IntN(len(paths))])
	u.Feed, u.Route.PathID = rib.FeedID(r.IntN(4)), uint32(r.IntN(2))
	if r.IntN(2) == 0 {
		u.Route.Attrs.LocalPref = rib.Some(uint32(100 + 100*r.IntN(2)))
	}
	if u.Feed > 1 {
		u.Route.Attrs.ASPath, _ = rib.ParseASPath("65536")
	}
	if r.IntN(3) == 0 {
		u.Kind = rib.Withdraw
	}
	return u
}

// BenchmarkUnreadUpdate is all that an update costs that no audit reads.
func BenchmarkUnreadUpdate(b *testing.B) {
	c := load(b, fmt.Sprintf(churned, "", ""))
	c.Log, c.Sessions = zap.NewNop(), &script{}
	w := newWriter(c)
	router := rib.Route{Neighbor: c.Neighbors[0].Address}
	w.enter([]rib.Update{{Kind: rib.PeerUp, Route: router, Peer: &rib.PeerChange{Families: [2]bool{true}, AddPath: [2]bool{true}}}, {Kind: rib.EndOfRIB, Route: router}})
	c.Table.Judge(time.Now())
	u := []rib.Update{announce("100.100.0.0/24", "65540 65542"), announce("100.100.0.0/24", "65540 65543")}
	for i := range u {
		u[i].Route.Neighbor = router.Neighbor
	}
	for i := 0; b.Loop(); i++ {
		next := []rib.Update{u[i%2]}
		if _, news := w.enter(next); news {
			b.Fatal("it is read")
		}
	}
}
