package rib_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
)

// live is a table with one live feed, of link a, told of sessions and routes step by step. Link b
// has a dump beside it.
type live struct {
	*rib.Table
	t   *testing.T
	now time.Time
}

var routerA, routerB = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

func newLive(t *testing.T, options ...func(*rib.Feed)) *live {
	f := &rib.Feed{Name: "edge1", Link: "a", View: rib.Monitor, AddPath: "all", State: rib.FeedState{Live: true}}
	for _, o := range options {
		o(f)
	}
	other := &rib.Feed{Name: "b-in", Link: "b", View: rib.AdjRIBInPost, State: rib.FeedState{Complete: rib.CompleteYes, Families: []rib.Family{rib.IPv4}}}
	table := rib.NewTable([]uint32{own}, []rib.Link{isp("a", 65540), isp("b", 65541)}, []*rib.Feed{f, other})
	return &live{Table: table, t: t, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
}

func (l *live) tell(u rib.Update) {
	l.t.Helper()
	l.now = l.now.Add(time.Second)
	if u.Peer != nil {
		u.Peer.Time = l.now
	}
	if err := l.Apply(u); err != nil {
		l.t.Fatal(err)
	}
}

func (l *live) up(router netip.Addr, families, retained [2]bool) {
	l.tell(rib.Update{Kind: rib.PeerUp, Route: rib.Route{Neighbor: router}, Peer: &rib.PeerChange{Families: families, Retained: retained}})
}

func (l *live) down(router netip.Addr) {
	l.tell(rib.Update{Kind: rib.PeerDown, Route: rib.Route{Neighbor: router}, Peer: &rib.PeerChange{Why: "hold timer expired"}})
}

func (l *live) sends(router netip.Addr, kind rib.UpdateKind, prefixes ...string) {
	for _, p := range mustPrefixes(prefixes...) {
		r := rib.Route{Prefix: p, Neighbor: router}
		r.Attrs.ASPath, _ = rib.ParseASPath("65540")
		l.tell(rib.Update{Kind: kind, Route: r})
	}
}

func (l *live) ends(router netip.Addr, fam rib.Family) {
	l.tell(rib.Update{Kind: rib.EndOfRIB, Route: rib.Route{Neighbor: router}, Family: fam})
}

// state judges the feed a minute later.
func (l *live) state() rib.FeedState {
	l.Judge(l.now.Add(time.Minute))
	return l.Feeds()[0].State
}

// holds lists what the table has, with * for what is stale.
func (l *live) holds() string {
	var out []string
	for _, fam := range rib.Families {
		l.MoreSpecifics(fam.All(), func(e rib.Entry) bool {
			text := e.Prefix.String()
			if e.Marks.Has(rib.Stale) {
				text += "*"
			}
			if e.Marks.Has(rib.Malformed) {
				text += "!"
			}
			out = append(out, text)
			return true
		})
	}
	return strings.Join(out, " ")
}

func (l *live) want(rows string, complete rib.Completeness, stale bool, families ...rib.Family) {
	l.t.Helper()
	if got := l.holds(); got != rows {
		l.t.Errorf("rows %q, want %q", got, rows)
	}
	s := l.state()
	if s.Complete != complete || s.Stale != stale || !slices.Equal(s.Families, families) {
		l.t.Errorf("complete %s, stale %v, families %v; want %s, %v, %v (%q)", s.Complete, s.Stale, s.Families, complete, stale, families, s.Errors)
	}
	if rows != "" && s.Routes != len(strings.Fields(rows)) {
		l.t.Errorf("%d routes counted of %q", s.Routes, rows)
	}
}

const (
	pfx1, pfx2, pfx6 = "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/48"
)

var v4, dual, none = [2]bool{true}, [2]bool{true, true}, [2]bool{}

func TestALiveFeedWithoutASessionShowsNothing(t *testing.T) {
	l := newLive(t)
	if s := l.state(); !s.Unreadable || s.Complete != rib.CompleteNo || !slices.Equal(s.Errors, []string{"no session yet"}) {
		t.Errorf("%+v", s)
	}
}

func TestALiveFeedIsWholeOnceEveryFamilyHasSentItsEndOfRIB(t *testing.T) {
	l := newLive(t)
	l.up(routerA, dual, none)
	l.sends(routerA, rib.Advertise, pfx1)
	l.want(pfx1, rib.CompleteNo, false)
	l.ends(routerA, rib.IPv4)
	l.want(pfx1, rib.CompleteNo, false, rib.IPv4)
	l.ends(routerA, rib.IPv6)
	l.want(pfx1, rib.CompleteYes, false, rib.IPv4, rib.IPv6)
}

func TestAFamilyThatTheFeedDeclaresAndTheRouterDoesNotNegotiateKeepsItPartial(t *testing.T) {
	l := newLive(t, families(rib.IPv4, rib.IPv6))
	l.up(routerA, v4, none)
	l.ends(routerA, rib.IPv4)
	l.want("", rib.CompleteNo, false, rib.IPv4)
}

func TestASessionThatGoesDownMakesItsRoutesStaleAtOnceAndKeepsThemForShow(t *testing.T) {
	l := newLive(t)
	l.up(routerA, v4, none)
	l.sends(routerA, rib.Advertise, pfx1, pfx2)
	l.ends(routerA, rib.IPv4)
	l.down(routerA)
	l.want(pfx1+"* "+pfx2+"*", rib.CompleteNo, true)
	s := l.state()
	if s.Age != time.Minute || !strings.Contains(strings.Join(s.Errors, " "), "hold timer expired") {
		t.Errorf("age %s, errors %q", s.Age, s.Errors)
	}
}

func TestWithoutGracefulRestartANewSessionBeginsWithNothing(t *testing.T) {
	l := newLive(t)
	l.up(routerA, v4, none)
	l.sends(routerA, rib.Advertise, pfx1)
	l.ends(routerA, rib.IPv4)
	l.down(routerA)
	l.up(routerA, v4, none)
	l.want("", rib.CompleteNo, false)
}

func TestAGracefulRestartKeepsRoutesStaleUntilEndOfRIBSweepsThem(t *testing.T) {
	l := newLive(t)
	l.up(routerA, dual, none)
	l.sends(routerA, rib.Advertise, pfx1, pfx2, pfx6)
	l.ends(routerA, rib.IPv4)
	l.ends(routerA, rib.IPv6)
	l.down(routerA)
	l.up(routerA, dual, v4) // its OPEN says that it forwarded IPv4 all the while, and not IPv6
	l.want(pfx1+"* "+pfx2+"*", rib.CompleteNo, false)
	l.sends(routerA, rib.Advertise, pfx2)
	l.want(pfx1+"* "+pfx2, rib.CompleteNo, false)
	l.ends(routerA, rib.IPv4)
	l.ends(routerA, rib.IPv6)
	l.want(pfx2, rib.CompleteYes, false, rib.IPv4, rib.IPv6)
}

func TestOneOfTwoRoutersDownLeavesTheFeedPartial(t *testing.T) {
	l := newLive(t)
	for _, r := range []netip.Addr{routerA, routerB} {
		l.up(r, v4, none)
		l.ends(r, rib.IPv4)
	}
	l.sends(routerA, rib.Advertise, pfx1)
	l.sends(routerB, rib.Advertise, pfx2)
	l.want(pfx1+" "+pfx2, rib.CompleteYes, false, rib.IPv4)
	l.down(routerA)
	l.want(pfx1+"* "+pfx2, rib.CompleteNo, false, rib.IPv4)
}

func TestARouteTreatedAsWithdrawnStaysAsADoubt(t *testing.T) {
	l := newLive(t)
	l.up(routerA, v4, none)
	l.sends(routerA, rib.Advertise, pfx1)
	l.sends(routerA, rib.TreatAsWithdraw, pfx1)
	l.ends(routerA, rib.IPv4)
	l.want(pfx1+"!", rib.CompleteYes, false, rib.IPv4)
	covering := rib.Route{Prefix: netip.MustParsePrefix("198.51.0.0/16"), Attrs: rib.Attrs{ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{65541}}}}}
	l.tell(rib.Update{Kind: rib.Advertise, Feed: 1, Route: covering})

	if d := l.decide("198.51.100.1"); d.Outcome != rib.OutcomeUndetermined || !strings.Contains(d.Doubts[0].Why, "RFC 7606") {
		t.Errorf("%s by %s, doubts %+v: want undetermined for the malformed route", d.Outcome, d.Reason, d.Doubts)
	}
	l.sends(routerA, rib.Withdraw, pfx1)
	if d := l.decide("198.51.100.1"); d.Outcome != rib.OutcomeDecided || l.LinkName(d.Winner) != "b" {
		t.Errorf("%s by %s, doubts %+v: want b", d.Outcome, d.Reason, d.Doubts)
	}
}

// decide asks where we send for an address.
func (l *live) decide(addr string) *rib.Decision {
	l.Judge(l.now)
	us := rib.NewSight(l.Table, rib.Options{})
	i := slices.IndexFunc(us.Observers(), func(o *rib.Observer) bool { return o.Name == "us" })
	return us.Decide(us.Observers()[i], netip.MustParseAddr(addr), rib.Query{})
}

func TestAPartialSessionStaysSoUntilItComesUpAgain(t *testing.T) {
	l := newLive(t)
	l.up(routerA, v4, none)
	l.tell(rib.Update{Kind: rib.PeerPartial, Route: rib.Route{Neighbor: routerA}, Peer: &rib.PeerChange{Why: "prefix-limit 100 was reached"}})
	l.ends(routerA, rib.IPv4)
	l.want("", rib.CompleteNo, false, rib.IPv4)
	l.down(routerA)
	l.up(routerA, v4, none)
	l.ends(routerA, rib.IPv4)
	l.want("", rib.CompleteYes, false, rib.IPv4)
}

func TestASecondInterruptionDropsWhatWasStaleAlready(t *testing.T) {
	l := newLive(t)
	l.up(routerA, v4, none)
	l.sends(routerA, rib.Advertise, pfx1, pfx2)
	l.ends(routerA, rib.IPv4)
	l.down(routerA)
	l.up(routerA, v4, v4)
	l.sends(routerA, rib.Advertise, pfx2)
	l.down(routerA) // before End-of-RIB: 198.51.100.0/24 was not confirmed in all of the second session
	l.want(pfx2+"*", rib.CompleteNo, true)
}

func TestASessionWithoutACommonFamilyIsNotWhole(t *testing.T) {
	l := newLive(t)
	l.up(routerA, none, none)
	l.want("", rib.CompleteNo, false)
}

func TestARangeIsWholeOnlyWithAllItsRouters(t *testing.T) {
	for _, test := range []struct {
		routers int
		want    rib.Completeness
	}{
		{0, rib.CompleteNo}, // nobody said how many there are
		{1, rib.CompleteYes},
		{2, rib.CompleteNo},
	} {
		l := newLive(t, func(f *rib.Feed) { f.Range, f.Routers = true, test.routers })
		l.up(routerA, v4, none)
		l.ends(routerA, rib.IPv4)
		if s := l.state(); s.Complete != test.want {
			t.Errorf("one of %d routers up: %s, want %s (%q)", test.routers, s.Complete, test.want, s.Errors)
		}
	}
}

func TestARouterThatIsGoneLeavesNothingBehind(t *testing.T) {
	l := newLive(t, func(f *rib.Feed) { f.Range, f.Routers = true, 1 })
	for _, r := range []netip.Addr{routerA, routerB} {
		l.up(r, v4, none)
		l.ends(r, rib.IPv4)
	}
	l.sends(routerA, rib.Advertise, pfx1)
	l.sends(routerB, rib.Advertise, pfx2)
	l.down(routerA)
	l.tell(rib.Update{Kind: rib.PeerGone, Route: rib.Route{Neighbor: routerA}})
	l.want(pfx2, rib.CompleteYes, false, rib.IPv4)
}
