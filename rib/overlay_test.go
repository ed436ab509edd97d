package rib_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"

	"pgregory.net/rapid"
)

// told writes out everything that a sight says of some addresses, and of the rows it stands on.
func told(s *rib.Sight, addresses []netip.Addr) string {
	var out []string
	for _, ob := range s.Observers() {
		for _, behind := range askers(ob) {
			for _, a := range addresses {
				d := s.Decide(ob, a, rib.Query{Behind: behind})
				slices.SortFunc(d.Possible, slices.Compare) // in the order of the rows, too
				out = append(out, fmt.Sprint(ob.Name, behind, a, d.Outcome, d.Links, d.Winner, d.Reason, d.Possible))
			}
		}
		for _, fam := range rib.Families {
			for _, r := range s.Ranges(ob, fam.All(), rib.Query{}, rib.ByLinks) {
				out = append(out, fmt.Sprint(ob.Name, r.From, r.To, r.Decision.Links))
			}
		}
	}
	standing := func(st rib.Standing) {
		out = append(out, fmt.Sprint("row ", st.Feed, st.Prefix, st.Neighbor, st.PathID, st.Link, st.Tie, st.Attrs, st.Unheard, st.Doubt, st.Unsent))
	}
	for _, fam := range rib.Families {
		s.EachAdvertised(fam, standing)
		for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
			s.EachUntied(dir, fam, standing)
		}
	}
	slices.Sort(out) // rows of one prefix stand in the order in which they came
	return strings.Join(out, "\n")
}

// same fails where two sights say different things, with the first of them.
func same(t *rapid.T, w *world, got, want string) {
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			t.Fatalf("the overlay says %s\na table made afresh says %s\n%v", a[i], b[min(i, len(b)-1)], w)
		}
	}
	t.Fatalf("the overlay says less than a table made afresh: %s\n%v", b[len(a)], w)
}

// TestAnOverlayAnswersAsATableMadeAfresh changes rows of random worlds.
func TestAnOverlayAnswersAsATableMadeAfresh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		s := w.sight()
		addresses := w.addresses()
		before := told(s, addresses)
		o := s.Overlay()
		after := *w
		after.rows = slices.Clone(w.rows)
		for range rapid.IntRange(0, 6).Draw(t, "changes") {
			if n := len(after.rows); n > 0 && rapid.Bool().Draw(t, "withdraw") {
				i := rapid.IntRange(0, n-1).Draw(t, "which")
				r := after.rows[i]
				if !o.Withdraw(rib.FeedID(r.feed), r.route.Prefix, r.route.Neighbor, r.route.PathID) {
					t.Fatalf("%v is not there\n%v", r, w)
				}
				after.rows = slices.Delete(after.rows, i, i+1)
				continue
			}
			if len(w.feeds) == 0 {
				continue
			}
			r, holds := after.drawRow(t)
			if !holds {
				continue
			}
			if err := o.Advertise(rib.FeedID(r.feed), &r.route); err != nil {
				t.Fatal(err)
			}
			after.rows = slices.DeleteFunc(after.rows, func(have row) bool {
				return have.feed == r.feed && have.route.Prefix == r.route.Prefix && have.route.Neighbor == r.route.Neighbor && have.route.PathID == r.route.PathID
			})
			after.rows = append(after.rows, r)
		}
		addresses = append(addresses, after.addresses()...)
		same(t, &after, told(o.Sight(), addresses), told(after.sight(), addresses))
		same(t, w, told(s, w.addresses()), before)
		same(t, w, told(w.sight(), w.addresses()), before)
	})
}

// TestAnOverlayOfLinksAnswersAsATableMadeAfresh takes routes off links, sets preferences and takes links
// down in random worlds in which nobody shows what it chose.
func TestAnOverlayOfLinksAnswersAsATableMadeAfresh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.hideChoices()
		s := w.sight()
		o := s.Overlay()
		after := *w
		after.links, after.rows = slices.Clone(w.links), slices.Clone(w.rows)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			link := rib.LinkID(rapid.IntRange(0, len(w.links)-1).Draw(t, "link"))
			dir := rapid.SampledFrom([]rib.Direction{rib.Advertised, rib.Received}).Draw(t, "direction")
			switch rapid.SampledFrom([]string{"stop", "stop", "prefer", "down"}).Draw(t, "change") {
			case "stop":
				p := rapid.SampledFrom(w.prefixes[0]).Draw(t, "prefix")
				o.Stop(link, dir, p)
				after.stop(s.Table(), link, dir, p)
			case "prefer":
				if untied(s) { // on this link it would have the preference too, and no row can say so
					continue
				}
				v := rapid.SampledFrom([]uint32{50, 150, 250}).Draw(t, "preference")
				o.Prefer(link, v)
				after.prefer(s.Table(), link, v)
			case "down":
				o.Down(link)
				after.down(s, link)
			}
		}
		addresses := w.addresses()
		same(t, &after, decided(o.Sight(), addresses), decided(after.sight(), addresses))
	})
}

// decided writes out what observers choose; one that hears no link chooses none.
func decided(s *rib.Sight, addresses []netip.Addr) string {
	var out []string
	for _, ob := range s.Observers() {
		for _, a := range addresses {
			if d := s.Decide(ob, a, rib.Query{}); len(ob.Hears) > 0 {
				out = append(out, fmt.Sprint(ob.Name, a, d.Outcome, d.Links, d.Reason, d.Possible))
			}
		}
	}
	return strings.Join(out, "\n")
}

// hideChoices takes out of a world what anybody shows to have chosen, and static routes.
func (w *world) hideChoices() {
	for i := range w.links {
		w.links[i].Static = nil
	}
	for i := range w.feeds {
		switch f := &w.feeds[i]; f.View {
		case rib.Chosen, rib.Collector, rib.LocRIB:
			f.State = rib.FeedState{Closed: true}
		}
	}
	w.rows = slices.DeleteFunc(w.rows, func(r row) bool { return w.feeds[r.feed].State.Closed })
	for i := range w.rows {
		w.rows[i].route.Marks &^= rib.Best | rib.Multipath
	}
}

// of lists the places of the rows that the table ties to a link in a direction.
func (w *world) of(t *rib.Table, link rib.LinkID, dir rib.Direction) (at []int) {
	for i, r := range w.rows {
		f := &w.feeds[r.feed]
		received := !f.View.Advertised() || f.View == rib.Monitor && f.Mirrors == ""
		for _, e := range t.Exact(r.route.Prefix) {
			if e.Feed == rib.FeedID(r.feed) && e.Neighbor == r.route.Neighbor && e.PathID == r.route.PathID &&
				e.Tie == rib.Tied && e.Link == link && received == (dir == rib.Received) {
				at = append(at, i)
			}
		}
	}
	return at
}

func untied(s *rib.Sight) (found bool) {
	for _, fam := range rib.Families {
		s.EachUntied(rib.Received, fam, func(rib.Standing) { found = true })
	}
	return found
}

func (w *world) stop(t *rib.Table, link rib.LinkID, dir rib.Direction, p netip.Prefix) {
	for _, i := range slices.Backward(w.of(t, link, dir)) {
		if w.rows[i].route.Prefix == p {
			w.rows = slices.Delete(w.rows, i, i+1)
		}
	}
}

// prefer writes the preference into every row, as an import policy does.
func (w *world) prefer(t *rib.Table, link rib.LinkID, v uint32) {
	for _, i := range w.of(t, link, rib.Received) {
		a := &w.rows[i].route.Attrs
		a.LocalPref, a.NotShown = rib.Some(v), a.NotShown&^rib.AttrLocalPref
	}
}

// down lets every observer of the config hear what it did, less one link.
func (w *world) down(s *rib.Sight, link rib.LinkID) {
	gone := map[string]bool{w.links[link].Name: true}
	prefer := map[string][]string{}
	for _, spec := range w.opt.Observers {
		prefer[spec.Name] = spec.Prefer
		for _, l := range w.links {
			if !slices.Contains(spec.Hears, l.Name) && spec.Name == rib.ObserverUs {
				gone[l.Name] = true
			}
		}
	}
	w.opt.Observers = nil
	for _, ob := range s.Observers() {
		hears := []string{}
		for _, l := range ob.Hears {
			if !gone[w.links[l].Name] {
				hears = append(hears, w.links[l].Name)
			}
		}
		liked := slices.DeleteFunc(slices.Clone(prefer[ob.Name]), func(name string) bool { return !slices.Contains(hears, name) })
		w.opt.Observers = append(w.opt.Observers, rib.ObserverSpec{Name: ob.Name, Hears: hears, Prefer: liked})
	}
}

// supposing answers for an address when the changes are made.
func (w *world) supposing(tb testing.TB, observer, address string, change func(o *rib.Overlay)) answer {
	tb.Helper()
	s := w.sight()
	o := s.Overlay()
	change(o)
	s = o.Sight()
	return answer{s.Decide(s.Observer(observer), netip.MustParseAddr(address), rib.Query{}), s.Table()}
}

func offer(link rib.LinkID, dir rib.Direction, prefix, path string, options ...func(*rib.Route)) func(*rib.Overlay) {
	return func(o *rib.Overlay) {
		asPath, err := rib.ParseASPath(path)
		if err != nil {
			panic(err)
		}
		r := rib.Route{Prefix: netip.MustParsePrefix(prefix), Attrs: rib.Attrs{ASPath: asPath, Origin: rib.OriginIGP}}
		for _, change := range options {
			change(&r)
		}
		if err := o.Offer(link, dir, r); err != nil {
			panic(err)
		}
	}
}

func bothFamilies(f *rib.Feed) { f.State.Families = rib.Families[:] }

func TestWhatIsSupposedOfALink(t *testing.T) {
	// Two ISPs and a circuit; the /22 goes out on isp-a, the /24 in it on the circuit, by two whole tables.
	sent := newSite(isp("a", 65540), isp("b", 65541), circuit("er", "seattle", "primary"))
	a := sent.feed("a", rib.AdjRIBOutPost, bothFamilies)
	sent.feed("b", rib.AdjRIBOutPost, bothFamilies)
	er := sent.feed("er", rib.FarEnd, bothFamilies)
	sent.row(a, "203.0.112.0/22", "65536")
	sent.row(er, "203.0.113.0/24", "65536")
	sent.row(a, "2001:db8::/32", "65536")
	sent.row(er, "2001:db8:1::/48", "65536")

	// The same network sends a default on two links of one router, which shows what it chose.
	received := newSite(isp("a", 65540), isp("b", 65541))
	received.links[0].Router, received.links[1].Router = "edge1", "edge1"
	inA, inB := received.feed("a", rib.AdjRIBInPost), received.feed("b", rib.AdjRIBInPost)
	received.row(inA, "0.0.0.0/0", "65540")
	received.row(inB, "0.0.0.0/0", "65541", marked(rib.Best))

	for _, c := range []struct {
		name     string
		world    *world
		observer string
		address  string
		change   func(*rib.Overlay)
		outcome  rib.Outcome
		links    string
		reason   rib.Reason
	}{
		{"as it is the more-specific on the circuit wins", sent, "microsoft", "203.0.113.9", func(*rib.Overlay) {}, rib.OutcomeDecided, "er", rib.ReasonLongestMatch},
		{"a route that is not sent any more leaves the aggregate", sent, "microsoft", "203.0.113.9", func(o *rib.Overlay) { o.Stop(2, rib.Advertised, netip.MustParsePrefix("203.0.113.0/24")) }, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute},
		{"likewise in IPv6", sent, "microsoft", "2001:db8:1::9", func(o *rib.Overlay) { o.Stop(2, rib.Advertised, netip.MustParsePrefix("2001:db8:1::/48")) }, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute},
		{"a route that is sent besides wins by its length", sent, "microsoft", "203.0.114.9", offer(2, rib.Advertised, "203.0.114.0/24", "65536"), rib.OutcomeDecided, "er", rib.ReasonLongestMatch},
		{"on a circuit the table of the other end does not deny it", sent, "microsoft", "203.0.112.9", offer(2, rib.Advertised, "203.0.112.0/22", "65536"), rib.OutcomeDecided, "er", rib.ReasonLinkKind},
		{"two internet links with the same route tie", sent, "internet", "203.0.112.9", offer(1, rib.Advertised, "203.0.112.0/22", "65536"), rib.OutcomeTie, "a b", rib.ReasonEqual},
		{"a route longer than the internet carries may go no further than the ISP", sent, "internet", "203.0.112.9", offer(1, rib.Advertised, "203.0.112.0/25", "65536"), rib.OutcomeUndetermined, "a b", rib.ReasonOnlyRoute},
		{"likewise in IPv6", sent, "internet", "2001:db8:2::9", offer(1, rib.Advertised, "2001:db8:2::/49", "65536"), rib.OutcomeUndetermined, "a b", rib.ReasonOnlyRoute},
		{"Microsoft takes no default route on Microsoft peering", sent, "microsoft", "192.0.2.9", offer(2, rib.Advertised, "0.0.0.0/0", "65536"), rib.OutcomeUnreachable, "", rib.ReasonNone},
		{"a link that is down is heard by nobody", sent, "microsoft", "203.0.113.9", func(o *rib.Overlay) { o.Down(2) }, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute},
		{"without all of them no route is left", sent, "microsoft", "203.0.113.9", func(o *rib.Overlay) { o.Down(0); o.Down(2) }, rib.OutcomeUnreachable, "", rib.ReasonNone},

		{"as it is the router's own mark decides", received, "us", "198.51.100.9", func(*rib.Overlay) {}, rib.OutcomeDecided, "b", rib.ReasonRouterChose},
		{"a preference decides, and the mark of before it does not deny that", received, "us", "198.51.100.9", func(o *rib.Overlay) { o.Prefer(0, 200) }, rib.OutcomeDecided, "a", rib.ReasonLocalPref},
		{"what is preferred less loses, though it was marked best", received, "us", "198.51.100.9", func(o *rib.Overlay) { o.Prefer(1, 50) }, rib.OutcomeDecided, "a", rib.ReasonLocalPref},
		{"with the link of the best route down the other one is left", received, "us", "198.51.100.9", func(o *rib.Overlay) { o.Down(1) }, rib.OutcomeDecided, "a", rib.ReasonOnlyRoute},
		{"a route that is received anew takes the choice away from the mark", received, "us", "198.51.100.9", offer(0, rib.Received, "0.0.0.0/0", "65540", lp(100)), rib.OutcomeTie, "a b", rib.ReasonRouterLocal},
		{"and decides by its own attributes", received, "us", "198.51.100.9", offer(0, rib.Received, "0.0.0.0/0", "65540", lp(300)), rib.OutcomeDecided, "a", rib.ReasonLocalPref},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.world.supposing(t, c.observer, c.address, c.change).is(t, c.outcome, c.links, c.reason)
		})
	}
}

// TestWhatWasChosenIsForgottenWhereAChangeTouchesIt: nobody knows what would be chosen instead.
func TestWhatWasChosenIsForgottenWhereAChangeTouchesIt(t *testing.T) {
	t.Run("networks at a collector", func(t *testing.T) {
		w := newSite(isp("a", 65540), isp("b", 65541), isp("c", 65542))
		for _, l := range []string{"a", "b", "c"} {
			w.row(w.feed(l, rib.AdjRIBOutPost), "203.0.113.0/24", "65536")
		}
		peers := w.feed("", rib.Collector)
		w.row(peers, "203.0.113.0/24", "65550 65541 65536", neighbour("198.18.0.1"))
		w.row(peers, "203.0.113.0/24", "65551 65541 65536", neighbour("198.18.0.2"))
		w.ask(t, "internet", "203.0.113.9").is(t, rib.OutcomeDecided, "b", rib.ReasonRouterChose)
		stop := func(o *rib.Overlay) { o.Stop(1, rib.Advertised, netip.MustParsePrefix("203.0.113.0/24")) }
		w.supposing(t, "internet", "203.0.113.9", stop).is(t, rib.OutcomeTie, "a c", rib.ReasonEqual)
	})
	t.Run("an observer's own table", func(t *testing.T) {
		w := newSite(isp("a", 65540), circuit("er", "seattle", "primary"))
		w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.113.0/24", "65536")
		w.row(w.feed("er", rib.FarEnd), "203.0.113.0/24", "65536")
		w.row(w.feed("a", rib.Chosen, func(f *rib.Feed) { f.Observer = "microsoft" }), "203.0.113.0/24", "65540 65536")
		w.ask(t, "microsoft", "203.0.113.9").is(t, rib.OutcomeDecided, "a", rib.ReasonRouterChose)
		stop := func(o *rib.Overlay) { o.Stop(0, rib.Advertised, netip.MustParsePrefix("203.0.113.0/24")) }
		if d := w.supposing(t, "microsoft", "203.0.113.9", stop); d.Firm() && d.Outcome != rib.OutcomeDecided || slices.Contains(d.Links, 0) {
			t.Errorf("%s by %v", d.Outcome, d.Links)
		}
		offered := offer(1, rib.Advertised, "203.0.113.0/25", "65536")
		if d := w.supposing(t, "microsoft", "203.0.113.9", offered); d.Firm() {
			t.Errorf("%s by %v: what microsoft would choose then is not shown", d.Outcome, d.Links)
		}
	})
	t.Run("a table of winners", func(t *testing.T) {
		w := newSite(isp("a", 65540), isp("b", 65541))
		w.links[0].Router, w.links[1].Router = "edge1", "edge1"
		w.links[0].Neighbors, w.links[1].Neighbors = []netip.Addr{neighborOf(0)}, []netip.Addr{neighborOf(1)}
		winners := w.feed("", rib.LocRIB, func(f *rib.Feed) { f.Router = "edge1"; w.classifyByNeighbor(f) })
		w.row(winners, "0.0.0.0/0", "65540", neighbour(neighborOf(0).String()))
		w.ask(t, "us", "198.51.100.9").is(t, rib.OutcomeDecided, "a", rib.ReasonRouterChose)
		if d := w.supposing(t, "us", "198.51.100.9", func(o *rib.Overlay) { o.Down(0) }); d.Firm() {
			t.Errorf("%s by %v, though the table hides what lost", d.Outcome, d.Links)
		}
	})
}

// TestAnOverlayMayStandOnAnother: a change on top of a change, and neither shows below.
func TestAnOverlayMayStandOnAnother(t *testing.T) {
	w := newSite(isp("a", 65540), isp("b", 65541))
	w.row(w.feed("a", rib.AdjRIBOutPost), "203.0.112.0/22", "65536")
	w.feed("b", rib.AdjRIBOutPost)
	s := w.sight()
	first := s.Overlay()
	offer(1, rib.Advertised, "203.0.113.0/24", "65536")(first)
	below := first.Sight()
	second := below.Overlay()
	offer(0, rib.Advertised, "203.0.113.0/24", "65536")(second)
	for _, c := range []struct {
		s     *rib.Sight
		links string
	}{{s, "a"}, {below, "b"}, {second.Sight(), "a b"}} {
		d := c.s.Decide(c.s.Observer("internet"), netip.MustParseAddr("203.0.113.9"), rib.Query{})
		var names []string
		for _, l := range d.Links {
			names = append(names, c.s.Table().LinkName(l))
		}
		if strings.Join(names, " ") != c.links {
			t.Errorf("%v, want %s", names, c.links)
		}
	}
}

// BenchmarkOverlay takes one route off a link of a large table and decides again.
func BenchmarkOverlay(b *testing.B) {
	links, feeds := site(4)
	table := rib.NewTable([]uint32{own}, links, feeds)
	for i := range feeds {
		load(b, table, i, fullFeed(200_000, i))
	}
	table.Settle()
	s := rib.NewSight(table, rib.Options{})
	us := s.Decide(s.Observer(rib.ObserverUs), netip.MustParseAddr("1.0.0.1"), rib.Query{})
	p := us.Candidates[0].Prefix
	b.ReportAllocs()
	for b.Loop() {
		o := s.Overlay()
		o.Stop(us.Candidates[0].Link, rib.Received, p)
		as := o.Sight()
		as.Decide(as.Observer(rib.ObserverUs), p.Addr(), rib.Query{})
	}
}
