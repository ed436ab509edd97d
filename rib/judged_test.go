package rib_test

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
)

// judged is the table with its feeds judged, and their states.
func (w *world) judged() []*rib.Feed {
	t := w.table()
	t.Judge(time.Unix(0, 0))
	return t.Feeds()
}

func TestAFarEndOfStrangersAloneMayBeTheWrongTable(t *testing.T) {
	for name, test := range map[string]struct {
		rows   [][2]string // prefix, path
		empty  bool
		strays bool
	}{
		"nothing at all":                       {nil, false, false},
		"a stranger's":                         {[][2]string{{their, "65550"}}, false, true},
		"a stranger's in IPv6":                 {[][2]string{{their6, "65550"}}, false, true},
		"a stranger's, which is said to be so": {[][2]string{{their, "65550"}}, true, false},
		"a stranger's beside one of ours":      {[][2]string{{their, "65550"}, {ours, "65536"}}, false, false},
		"beside one of the other family":       {[][2]string{{their6, "65550"}, {ours, "65536"}}, false, false},
		"the cloud's own":                      {[][2]string{{"10.1.0.0/16", "65515"}, {their, "12076"}, {"10.2.0.0/16", ""}}, false, false},
		"a stranger's beside the cloud's own":  {[][2]string{{"10.1.0.0/16", "65515"}, {their, "65550"}}, false, true},
		"ours behind an ASN that none has":     {[][2]string{{their, "65550 65536"}}, false, false},
		"a network behind the cloud's ASN":     {[][2]string{{their, "12076 65550"}}, false, false},
	} {
		w := newSite(circuit("c", "seattle", "primary"))
		f := w.feed("c", rib.FarEnd, holds(rib.Families[:]...), func(f *rib.Feed) { f.ExpectEmpty = test.empty })
		for _, r := range test.rows {
			w.row(f, r[0], r[1])
		}
		state := w.judged()[f].State
		if got := state.Judged.Strangers != ""; got != test.strays {
			t.Errorf("%s: %q", name, state.Judged.Strangers)
		}
		table := w.table()
		table.Judge(time.Unix(0, 0))
		if covered := rib.NewSight(table, w.opt).Coverage(0, rib.Advertised, rib.IPv4).Covered; covered == test.strays {
			t.Errorf("%s: covered %v", name, covered)
		}
	}
}

func TestANeighboursAdjRIBInHoldsWhatThatNeighbourSends(t *testing.T) {
	for name, test := range map[string]struct {
		rows func(w *world, f int)
		says string
	}{
		"its own": {func(w *world, f int) { w.row(f, their, "65540") }, ""},
		"its own and another's": {func(w *world, f int) {
			w.row(f, their, "65540")
			w.row(f, their6, "65541")
		}, ""},
		"another's alone":       {func(w *world, f int) { w.row(f, their, "65541") }, "another link's neighbor"},
		"nobody's ASN in front": {func(w *world, f int) { w.row(f, their, "65550") }, "AS 65550 (198.51.100.0/24), which link a has neither under neighbor-asns nor under provider-asns"},
		"nobody's, and its own": {func(w *world, f int) {
			w.row(f, their, "65550")
			w.row(f, their6, "65540")
		}, ""},
		"a provider's ASN in front": {func(w *world, f int) {
			w.links[0].ProviderASNs = []uint32{65550}
			w.row(f, their, "65550 65540")
		}, ""},
		"several ASNs, as a route server shows them": {func(w *world, f int) {
			w.row(f, their, "65550")
			w.row(f, "192.0.2.0/24", "65551")
		}, ""},
		"an empty path": {func(w *world, f int) { w.row(f, their, "", nextHop("192.0.2.1")) }, "its AS path is empty"},
		"an empty path beside its": {func(w *world, f int) {
			w.row(f, their, "65540")
			w.row(f, "192.0.2.0/24", "", nextHop("192.0.2.1"))
		}, "its AS path is empty"},
		"a path that is not shown": {func(w *world, f int) { w.row(f, their, "", hidden(rib.AttrASPath)) }, ""},
		"an empty path from a neighbor of our own AS": {func(w *world, f int) {
			w.links[0].NeighborASNs = []uint32{own}
			w.row(f, their, "", nextHop("192.0.2.1"))
		}, ""},
		"a copy beside its own": {func(w *world, f int) {
			w.row(f, their, "65540")
			w.row(f, their6, "65540", marked(rib.IBGP))
		}, "an iBGP neighbor's route"},
		"the router's own networks": {func(w *world, f int) {
			w.row(f, ours, "", nextHop("0.0.0.0"))
		}, "the router's own routes"},
		"the router's own in IPv6": {func(w *world, f int) { w.row(f, ours6, "", nextHop("::")) }, "the router's own routes"},
		"the router's own beside what it passes on": {func(w *world, f int) {
			w.row(f, ours, "", nextHop("0.0.0.0"))
			w.row(f, their, "65540")
		}, "the router's own routes"},
		"copies alone": {func(w *world, f int) { w.row(f, their, "65540", marked(rib.IBGP)) }, "an iBGP neighbor's route"},
	} {
		for _, view := range []rib.View{rib.AdjRIBInPost, rib.AdjRIBInPre} {
			w := newSite(isp("a", 65540), isp("b", 65541))
			f := w.feed("a", view, holds(rib.Families[:]...), onRouter(""))
			test.rows(w, f)
			got := w.judged()[f].State.Judged.Contradiction
			if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
				t.Errorf("%s as %s: %q, want %q", name, view, got, test.says)
			}
		}
	}
	// In a whole table the router's own networks are nothing strange.
	w := newSite(isp("a", 65540))
	f := w.feed("a", rib.BGPTable)
	w.row(f, ours, "", nextHop("0.0.0.0"))
	if got := w.judged()[f].State.Judged.Contradiction; got != "" {
		t.Errorf("a whole table: %q", got)
	}
}

func text(s string) func(*rib.Feed) {
	return func(f *rib.Feed) { f.State.Digest, f.State.Routes = sha256.Sum256([]byte(s)), 1 }
}

func ofNeighbour(a string) func(*rib.Feed) {
	return func(f *rib.Feed) { f.State.Neighbor = netip.MustParseAddr(a) }
}

func TestTwoFeedsOfTwoLinksThatHoldOneThing(t *testing.T) {
	for name, test := range map[string]struct {
		view        rib.View
		a, b        []func(*rib.Feed)
		contradicts string
		note        string
	}{
		"received, the same text":        {rib.AdjRIBInPost, opt(text("x")), opt(text("x")), "the same text", ""},
		"received, another text":         {rib.AdjRIBInPost, opt(text("x")), opt(text("y")), "", ""},
		"a whole table twice":            {rib.BGPTable, opt(text("x")), opt(text("x")), "the same text", ""},
		"advertised, the same text":      {rib.AdjRIBOutPost, opt(text("x")), opt(text("x")), "", "the same text"},
		"far ends, the same text":        {rib.FarEnd, opt(text("x")), opt(text("x")), "", "the same text"},
		"received, the same, and no row": {rib.AdjRIBInPost, opt(text("x"), empty), opt(text("x"), empty), "", "the same text"},
		"each picks its neighbour's rows out of it": {
			rib.AdjRIBInPost, opt(text("x"), func(f *rib.Feed) { f.State.Others = 3 }), opt(text("x"), func(f *rib.Feed) { f.State.Others = 4 }), "", "",
		},
		"one neighbour, one router":                        {rib.AdjRIBOutPost, opt(ofNeighbour("192.0.2.1"), onRouter("edge")), opt(ofNeighbour("192.0.2.1"), onRouter("edge")), "the same neighbor", ""},
		"one neighbour of IPv6":                            {rib.AdjRIBInPost, opt(ofNeighbour("2001:db8::1"), onRouter("edge")), opt(ofNeighbour("2001:db8::1"), onRouter("edge")), "the same neighbor", ""},
		"one link-local neighbour":                         {rib.AdjRIBInPost, opt(ofNeighbour("fe80::1"), onRouter("edge")), opt(ofNeighbour("fe80::1"), onRouter("edge")), "", ""},
		"one address on two routers":                       {rib.AdjRIBOutPost, opt(ofNeighbour("192.0.2.1")), opt(ofNeighbour("192.0.2.1")), "", ""},
		"one address in two VRFs":                          {rib.AdjRIBOutPost, opt(ofNeighbour("192.0.2.1"), onRouter("edge"), inVRF("red")), opt(ofNeighbour("192.0.2.1"), onRouter("edge"), inVRF("blue")), "", ""},
		"two neighbours":                                   {rib.AdjRIBOutPost, opt(ofNeighbour("192.0.2.1"), onRouter("edge")), opt(ofNeighbour("192.0.2.5"), onRouter("edge")), "", ""},
		"one text of two routers, which names one of them": {rib.AdjRIBOutPost, opt(text("x"), routerID("192.0.2.99")), opt(text("x"), routerID("192.0.2.99")), "are of two routers", "192.0.2.99 stands under two names"},
		"one router id under two names":                    {rib.AdjRIBOutPost, opt(routerID("192.0.2.99")), opt(routerID("192.0.2.99")), "", "192.0.2.99 stands under two names"},
		"one router id at the far ends' routers":           {rib.FarEnd, opt(routerID("192.0.2.99")), opt(routerID("192.0.2.99")), "", ""},
	} {
		w := newSite(isp("a", 65540), isp("b", 65541))
		w.feed("a", test.view, test.a...)
		w.feed("b", test.view, test.b...)
		for i, f := range w.judged() {
			j := f.State.Judged
			if (j.Contradiction == "") != (test.contradicts == "") || !strings.Contains(j.Contradiction, test.contradicts) {
				t.Errorf("%s, feed %d: %q, want %q", name, i, j.Contradiction, test.contradicts)
			}
			if notes := strings.Join(j.Notes, "; "); (notes == "") != (test.note == "") || !strings.Contains(notes, test.note) {
				t.Errorf("%s, feed %d: notes %q, want %q", name, i, notes, test.note)
			}
		}
	}
}

func empty(f *rib.Feed) { f.State.Routes = 0 }

func inVRF(name string) func(*rib.Feed)  { return func(f *rib.Feed) { f.VRF = name } }
func routerID(id string) func(*rib.Feed) { return func(f *rib.Feed) { f.State.Router = id } }

func TestACollectorsOwnSessionWithUsIsNamedWithWhatItAloneShows(t *testing.T) {
	w := newSite(isp("a", 65540))
	w.row(w.feed("a", rib.AdjRIBOutPost), ours, "65536")
	f := w.feed("", rib.Collector)
	w.row(f, ours, "65536")
	w.row(f, "192.0.2.0/24", "65536 65545")
	w.row(f, their, "65550 65540 65536")
	notes := strings.Join(w.judged()[f].State.Judged.Notes, "; ")
	if !strings.Contains(notes, "2 routes") || !strings.Contains(notes, "alone shows 192.0.2.0/24") || strings.Contains(notes, ours) {
		t.Errorf("notes %q", notes)
	}
}

func TestAFeedThatItsRowsContradictIsNoEvidence(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBInPost, onRouter("")), their, "65541")
	w.row(w.feed("b", rib.AdjRIBInPost, onRouter("")), their, "65541")
	table := w.table()
	table.Judge(time.Unix(0, 0))
	s := rib.NewSight(table, w.opt)
	d := answer{s.Decide(s.Observer("us"), netip.MustParseAddr(peer), rib.Query{}), table}
	d.is(t, rib.OutcomeUnknown, "a b", rib.ReasonOnlyRoute)
	d.doubts(t, "contradicts its declaration")
}

// The one dump of edge2 that has edge1's router id is edge1's. An id that a router has nowhere else, or that two
// names share throughout, is a note.
func TestADumpWithAnotherRoutersIDIsThatRouters(t *testing.T) {
	for name, test := range map[string]struct {
		ids  [3]string // of edge1's dump and edge2's two
		says string    // of the last
	}{
		"it is edge1's":           {[3]string{"192.0.2.1", "192.0.2.2", "192.0.2.1"}, "its router id is 192.0.2.1, that of edge1; the other dumps of edge2 have 192.0.2.2"},
		"an id of nobody else":    {[3]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, ""},
		"one router of two names": {[3]string{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, ""},
		"all is well":             {[3]string{"192.0.2.1", "192.0.2.2", "192.0.2.2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSite(isp("a", 65540), isp("b", 65541))
			for i, router := range []string{"edge1", "edge2", "edge2"} {
				link, view := "b", rib.AdjRIBOutPost
				if i == 0 {
					link = "a"
				}
				if i == 2 {
					view = rib.AdjRIBInPost
				}
				w.feed(link, view, onRouter(router), routerID(test.ids[i]))
			}
			feeds := w.judged()
			if got := feeds[2].State.Judged.Contradiction; got != test.says || feeds[0].State.Judged.Contradiction+feeds[1].State.Judged.Contradiction != "" {
				t.Errorf("%q; the others %q, %q", got, feeds[0].State.Judged.Contradiction, feeds[1].State.Judged.Contradiction)
			}
		})
	}
}

// Nobody sends a neighbour only what that neighbour sent.
func TestWhatBeginsWithTheNeighborsOwnASIsNotWhatWeSend(t *testing.T) {
	for name, test := range map[string]struct {
		rows [][2]string
		bad  bool
	}{
		"the neighbour's routes":          {[][2]string{{"192.0.2.0/24", "65540 65550"}, {"2001:db8:f::/48", "65540"}}, true},
		"our own":                         {[][2]string{{"203.0.113.0/24", "65536"}}, false},
		"our own, as printed before them": {[][2]string{{"203.0.113.0/24", ""}}, false},
		"another's that we pass on":       {[][2]string{{"192.0.2.0/24", "65541 65550"}}, false},
		"one of ours among them":          {[][2]string{{"192.0.2.0/24", "65540 65550"}, {"203.0.113.0/24", "65536"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSite(isp("a", 65540), isp("b", 65541))
			id := w.feed("a", rib.AdjRIBOutPost, bothFamilies)
			for _, r := range test.rows {
				w.row(id, r[0], r[1])
			}
			if got := w.judged()[0].State.Judged.Contradiction; strings.Contains(got, "AS 65540") != test.bad {
				t.Errorf("%q", got)
			}
		})
	}
}
