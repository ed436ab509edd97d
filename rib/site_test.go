package rib_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// The helpers below put small sites together in few words, for tests of one rule each.

func isp(name string, asn uint32) rib.Link {
	return rib.Link{Name: name, Kind: rib.Internet, Router: "edge-" + name, NeighborASNs: []uint32{asn}}
}

func circuit(name, circuit, side string) rib.Link {
	return rib.Link{Name: name, Kind: rib.ExpressRouteMicrosoft, Router: "edge-" + name, NeighborASNs: []uint32{12076}, Circuit: circuit, Side: side}
}

func newSite(links ...rib.Link) *world { return &world{asns: []uint32{own}, links: links} }

// feed adds a whole, fresh feed of a link, changed by the options, and returns its number.
func (w *world) feed(link string, view rib.View, options ...func(*rib.Feed)) int {
	f := rib.Feed{
		Name: link + "-" + string(view), Link: link, View: view,
		State: rib.FeedState{Complete: rib.CompleteYes, Families: []rib.Family{rib.IPv4}, ASPathForm: rib.AsSent},
	}
	for _, l := range w.links {
		if l.Name == link {
			f.Router = l.Router
		}
	}
	for _, o := range options {
		o(&f)
	}
	w.feeds = append(w.feeds, f)
	return len(w.feeds) - 1
}

func partial(f *rib.Feed)  { f.State.Complete = rib.CompleteNo }
func unproven(f *rib.Feed) { f.State.Complete = rib.CompleteUnproven }
func stale(f *rib.Feed)    { f.State.Stale = true }
func nothing(f *rib.Feed)  { f.State = rib.FeedState{Unreadable: true} }

func scoped(prefixes ...string) func(*rib.Feed) {
	return func(f *rib.Feed) { f.Scope = mustPrefixes(prefixes...) }
}

// row adds a route with a path as text, changed by the options.
func (w *world) row(feed int, prefix, path string, options ...func(*rib.Route)) {
	p, err := rib.ParseASPath(path)
	if err != nil {
		panic(err)
	}
	r := rib.Route{Prefix: netip.MustParsePrefix(prefix), Attrs: rib.Attrs{ASPath: p, Origin: rib.OriginIGP}}
	for _, o := range options {
		o(&r)
	}
	w.rows = append(w.rows, row{feed, r})
}

func lp(v uint32) func(*rib.Route)  { return func(r *rib.Route) { r.Attrs.LocalPref = rib.Some(v) } }
func med(v uint32) func(*rib.Route) { return func(r *rib.Route) { r.Attrs.MED = rib.Some(v) } }
func hidden(a rib.AttrSet) func(*rib.Route) {
	return func(r *rib.Route) { r.Attrs.NotShown |= a }
}
func marked(m rib.Marks) func(*rib.Route)  { return func(r *rib.Route) { r.Marks |= m } }
func origin(o rib.Origin) func(*rib.Route) { return func(r *rib.Route) { r.Attrs.Origin = o } }
func pathID(id uint32) func(*rib.Route)    { return func(r *rib.Route) { r.PathID = id } }
func neighbour(a string) func(*rib.Route) {
	return func(r *rib.Route) { r.Neighbor = netip.MustParseAddr(a) }
}

func coloured(cs ...rib.Community) func(*rib.Route) {
	return func(r *rib.Route) { r.Attrs.Communities = cs }
}

// answer is one decision with the names that its numbers stand for.
type answer struct {
	*rib.Decision
	table *rib.Table
}

func (w *world) ask(tb testing.TB, observer, address string, q ...rib.Query) answer {
	tb.Helper()
	s := w.sight()
	ob := s.Observer(observer)
	if ob == nil {
		tb.Fatalf("no observer %s", observer)
	}
	return answer{s.Decide(ob, netip.MustParseAddr(address), append(q, rib.Query{})[0]), s.Table()}
}

// is checks outcome, links (names with blanks between) and reason.
func (a answer) is(tb testing.TB, outcome rib.Outcome, links string, reason rib.Reason) {
	tb.Helper()
	var names []string
	for _, l := range a.Links {
		names = append(names, a.table.LinkName(l))
	}
	if a.Outcome != outcome || strings.Join(names, " ") != links || a.Reason != reason {
		tb.Errorf("%s [%s] by %s, want %s [%s] by %s\ndetail %q, doubts %+v, assumes %q", a.Outcome, strings.Join(names, " "), a.Reason,
			outcome, links, reason, a.Detail, a.Doubts, a.Assumes)
	}
	for _, p := range a.Possible {
		if !slices.IsSorted(p) {
			tb.Errorf("an outcome's links are out of order: %v", p)
		}
	}
}

// assumes checks that an assumption is listed, and assumesNot that it is not.
func (a answer) assumes(tb testing.TB, text string) {
	tb.Helper()
	if !slices.Contains(a.Assumes, text) {
		tb.Errorf("assumes %q, want %q among them", a.Assumes, text)
	}
}

func (a answer) assumesNot(tb testing.TB, text string) {
	tb.Helper()
	if slices.Contains(a.Assumes, text) {
		tb.Errorf("assumes %q", text)
	}
}

// doubts checks that some doubt's words hold the text.
func (a answer) doubts(tb testing.TB, text string) {
	tb.Helper()
	if !slices.ContainsFunc(a.Doubts, func(d rib.Doubt) bool { return strings.Contains(d.Why, text) }) {
		tb.Errorf("doubts %+v, want one that says %q", a.Doubts, text)
	}
}
