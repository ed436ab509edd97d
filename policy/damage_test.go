package policy_test

import (
	"flag"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"

	"pgregory.net/rapid"
)

// Evidence that is lost may turn an answer into unknown, and nothing else. These tests draw a small
// site and what is really sent and received on its links, show it through feeds of which some are
// weak, and then damage one more.

// world is a site, the truth about its links and the feeds that show it.
type world struct {
	in    policy.Intent
	feeds []shown

	whole bool     // every table is seen before the damage
	tidy  []string // what is declared belongs on these links, and is advertised there alone; nil: anywhere
}

// shown is a feed and its rows.
type shown struct {
	rib.Feed
	rows []rib.Route
	pre  bool // shown before policy only
}

func (w *world) audit() *policy.Result {
	w.in.Brief = true // by the thousand: nobody reads what to do
	return policy.Audit(&w.in, newSight(&w.in, w.table()), now)
}

func (w *world) table() *rib.Table {
	feeds := make([]*rib.Feed, len(w.feeds))
	for i := range w.feeds {
		f := w.feeds[i].Feed
		f.State.Routes = len(w.feeds[i].rows)
		feeds[i] = &f
	}
	table := rib.NewTable(w.in.Site.ASNs, w.in.Links, feeds)
	for i := range w.feeds {
		for _, r := range w.feeds[i].rows {
			if _, err := table.Advertise(rib.FeedID(i), &r); err != nil {
				panic(err)
			}
		}
	}
	table.Settle()
	table.Judge(now)
	return table
}

func (w *world) String() string {
	var b strings.Builder
	for _, l := range w.in.Links {
		fmt.Fprintf(&b, "link %s %s router=%s firewall=%s circuit=%s preference=%s\n", l.Name, l.Kind, l.Router, l.Firewall, l.Circuit, l.Preference)
	}
	for _, p := range w.in.Prefixes {
		fmt.Fprintf(&b, "prefix %s %v links=%v never=%v backups=%v\n", p.Name, p.Prefixes, p.Links, p.NeverLinks, p.Backups)
	}
	for _, p := range w.in.Pools {
		fmt.Fprintf(&b, "pool %s %v links=%v backups=%v\n", p.Name, p.Prefixes, p.Links, p.Backups)
	}
	for _, s := range w.in.Services {
		fmt.Fprintf(&b, "service %s %s %v pools=%v remote=%q starts=%s links=%v backups=%v sees=%v snat=%v\n", s.Name, s.Kind, s.Addresses, s.Pools, s.Remote, s.Initiator, s.Links, s.Backups, s.Sees, s.SNAT)
	}
	for _, r := range w.in.Remotes {
		fmt.Fprintf(&b, "remote %s observer=%s %v communities=%v default-only=%v\n", r.Name, r.Observer, r.Prefixes, r.Communities, r.DefaultOnly)
	}
	for _, o := range w.in.Observers {
		fmt.Fprintf(&b, "observer %s prefers %v\n", o.Name, o.Prefer)
	}
	for _, f := range w.feeds {
		fmt.Fprintf(&b, "feed %s %s %s complete=%s stale=%v:", f.Name, f.View, f.Router, f.State.Complete, f.State.Stale)
		for _, r := range f.rows {
			fmt.Fprintf(&b, " %s[path=%s lp=%s med=%s %v marks=%b hidden=%v]", r.Prefix, r.Attrs.ASPath, r.Attrs.LocalPref, r.Attrs.MED, r.Attrs.Communities, r.Marks, r.Attrs.NotShown.Names())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// What worlds are made of: routes that nest, meet and end at the lengths that leave an ISP.
var (
	ours        = prefixes("203.0.112.0/22", "203.0.113.0/24", "203.0.113.0/25", "203.0.113.40/32", "198.51.100.0/23", "198.51.100.0/24", "198.51.100.0/25", "198.51.101.0/24", "233.252.0.0/24")
	exchange, _ = rib.ParseCommunity("12076:5010")
	theirs      = prefixes("0.0.0.0/0", "40.92.0.0/14", "40.92.0.0/15", "40.92.0.0/24", "192.0.2.0/24")
)

func drawWorld(t *rapid.T) *world {
	w := &world{}
	w.in.Site.ASNs = []uint32{65536}
	n := rapid.IntRange(2, 3).Draw(t, "links")
	for i := range n {
		l := rib.Link{
			Name: fmt.Sprintf("l%d", i), Kind: rib.Internet, Router: rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "router"),
			Firewall: rapid.SampledFrom([]string{"fw-1", "fw-1", "fw-2", "fw-2", rib.Stateless}).Draw(t, "firewall"), NeighborASNs: []uint32{uint32(65540 + i)},
		}
		if rapid.Bool().Draw(t, "expressroute") {
			l.Kind, l.Circuit = rib.ExpressRouteMicrosoft, rapid.SampledFrom([]string{"c1", "c2"}).Draw(t, "circuit")
		}
		if rapid.IntRange(0, 4).Draw(t, "preferred") == 0 {
			l.Preference = rib.Some(200)
		}
		w.in.Links = append(w.in.Links, l)
	}
	w.whole = rapid.Bool().Draw(t, "whole")
	if rapid.IntRange(0, 2).Draw(t, "tidy") == 0 {
		w.tidy = w.someLinks(t, "tidy")
	}
	w.declare(t)
	for i := range w.in.Links {
		w.show(t, i, rib.Advertised)
		w.show(t, i, rib.Received)
	}
	if rapid.Bool().Draw(t, "marked") {
		w.mark()
	}
	w.feeds = slices.DeleteFunc(w.feeds, func(f shown) bool { return f.State.Complete == "" })
	for i := range w.feeds {
		if f := &w.feeds[i]; f.pre {
			f.View = weaker[f.View]
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "backups") == 0 {
		w.standIn(func() int { return rapid.IntRange(0, 3).Draw(t, "stands in") })
	}
	return w
}

// mark lets every router mark the route that it would choose.
func (w *world) mark() {
	for _, p := range theirs {
		best := map[string]*rib.Route{}
		for i := range w.feeds {
			f := &w.feeds[i]
			for j := range f.rows {
				if r := &f.rows[j]; f.View == rib.AdjRIBInPost && r.Prefix == p && (best[f.Router] == nil || preferred(r, best[f.Router])) {
					best[f.Router] = r
				}
			}
		}
		for _, r := range best {
			r.Marks = rib.Best
		}
	}
}

func preferred(a, b *rib.Route) bool {
	lp := func(r *rib.Route) uint32 {
		if r.Attrs.LocalPref.Set {
			return r.Attrs.LocalPref.Value
		}
		return 100
	}
	return lp(a) > lp(b) || lp(a) == lp(b) && a.Attrs.ASPath.Length() < b.Attrs.ASPath.Length()
}

// someLinks draws some of the links, at least one.
func (w *world) someLinks(t *rapid.T, what string) []string {
	if w.tidy != nil {
		return w.tidy
	}
	var out []string
	for _, l := range w.in.Links {
		if rapid.Bool().Draw(t, what) {
			out = append(out, l.Name)
		}
	}
	if len(out) == 0 {
		out = []string{w.in.Links[rapid.IntRange(0, len(w.in.Links)-1).Draw(t, what)].Name}
	}
	return out
}

func (w *world) declare(t *rapid.T) {
	public := policy.Prefix{Name: "public", Prefixes: ours[:1], Links: w.someLinks(t, "public on"), Pos: "c:1"}
	if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
		for _, l := range w.in.Links {
			if !slices.Contains(public.Links, l.Name) {
				public.NeverLinks = append(public.NeverLinks, l.Name)
			}
		}
		public.MoreSpecifics = &policy.MoreSpecifics{MaxLength: 24}
	}
	w.in.Prefixes = []policy.Prefix{public}
	w.in.Pools = []policy.Pool{{Name: "nat-1", Prefixes: ours[5:6], Links: w.someLinks(t, "nat-1 on"), Pos: "c:2"}}
	sources := []string{"nat-1"}
	if rapid.Bool().Draw(t, "second pool") {
		w.in.Pools = append(w.in.Pools, policy.Pool{Name: "nat-2", Prefixes: ours[7:8], Links: w.someLinks(t, "nat-2 on"), Pos: "c:3"})
		sources = append(sources, "nat-2")
	}
	remote := policy.Remote{Name: "remote", Observer: rapid.SampledFrom([]string{rib.ObserverMicrosoft, rib.ObserverInternet}).Draw(t, "observer"), Pos: "c:4"}
	switch rapid.IntRange(0, 4).Draw(t, "remote") {
	case 0, 1:
		remote.Prefixes = theirs[2:3]
	case 2:
		remote.Communities = []rib.Community{exchange}
	case 3:
		remote.Prefixes, remote.Communities = theirs[4:], []rib.Community{exchange}
	case 4:
		remote.DefaultOnly = true
	}
	w.in.Remotes = []policy.Remote{remote}
	to := func() string { return rapid.SampledFrom([]string{"remote", "remote", ""}).Draw(t, "to") }
	web := policy.Service{Name: "web", Kind: policy.KindOther, Pools: sources, Remote: to(), Initiator: policy.WeStart, Links: w.someLinks(t, "web on"), Pos: "c:5"}
	mail := policy.Service{
		Name: "mail", Kind: rapid.SampledFrom([]policy.ServiceKind{policy.KindOther, policy.KindSMTP, policy.KindADFS}).Draw(t, "kind"),
		Addresses: ours[3:4], Remote: to(), Initiator: policy.RemoteStarts, Links: w.someLinks(t, "mail on"), Pos: "c:6",
	}
	if rapid.IntRange(0, 2).Draw(t, "scoped") == 0 {
		mail.Sees = w.someLinks(t, "sees")
	}
	if rapid.IntRange(0, 2).Draw(t, "translated") == 0 {
		mail.SNAT = &policy.SNAT{At: rapid.SampledFrom([]string{"fw-1", "fw-2"}).Draw(t, "at"), To: netip.MustParsePrefix("10.20.0.0/28")}
	}
	w.in.Services = []policy.Service{web, mail}
}

// declared reports whether p is a declared prefix or pool.
func (w *world) declared(p netip.Prefix) bool {
	return slices.ContainsFunc(w.in.Prefixes, func(d policy.Prefix) bool { return slices.Contains(d.Prefixes, p) }) ||
		slices.ContainsFunc(w.in.Pools, func(d policy.Pool) bool { return slices.Contains(d.Prefixes, p) })
}

// show draws what is true of one direction of a link, and a feed that shows it, more or less.
func (w *world) show(t *rapid.T, link int, dir rib.Direction) {
	l := &w.in.Links[link]
	f := shown{Feed: rib.Feed{Name: fmt.Sprintf("%s-%s", l.Name, dir), Link: l.Name, Router: l.Router}}
	f.State = rib.FeedState{
		Families: []rib.Family{rib.IPv4}, Complete: rib.CompleteYes, ASPathForm: rib.AsSent, File: f.Name,
		AsOf: now, AsOfSource: rib.AgeFromDump, MaxAge: 1,
	}
	from, first := ours, uint32(65536)
	f.View = rapid.SampledFrom([]rib.View{rib.AdjRIBOutPost, rib.AdjRIBOutPost, rib.FarEnd}).Draw(t, "view")
	if dir == rib.Received {
		from, first, f.View = theirs, l.NeighborASNs[0], rib.AdjRIBInPost
	}
	for _, p := range from {
		// What is longer than the internet carries counts as doubtful where it is seen and as impossible
		// where it is not, so losing it is not losing evidence alone.
		there := rapid.IntRange(0, 2).Draw(t, "there") == 0
		if w.tidy != nil {
			listed := slices.Contains(w.tidy, l.Name)
			there = dir == rib.Received && (there || listed && p.Bits() == 0) || dir == rib.Advertised && listed && w.declared(p)
		}
		if !there || l.Kind == rib.Internet && p.Bits() > 24 {
			continue
		}
		r := rib.Route{Prefix: p, Line: len(f.rows) + 2, Attrs: rib.Attrs{Origin: rib.OriginIGP}}
		path := []uint32{first}
		if rapid.IntRange(0, 3).Draw(t, "longer") == 0 {
			path = append(path, 65536+uint32(dir)*10)
		}
		r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: path}}
		if dir == rib.Received {
			if l.Preference.Set {
				r.Attrs.LocalPref = l.Preference // what is declared is true
			} else if rapid.Bool().Draw(t, "lp shown") {
				r.Attrs.LocalPref = rib.Some(rapid.SampledFrom([]uint32{100, 150}).Draw(t, "lp"))
			}
			if rapid.Bool().Draw(t, "exchange") {
				r.Attrs.Communities = []rib.Community{exchange}
			}
		}
		f.rows = append(f.rows, r)
	}
	evidence := rapid.IntRange(0, 9).Draw(t, "evidence")
	if w.whole {
		evidence = 9
	}
	switch evidence {
	case 0:
		f.State.Complete = "" // nobody shows it: the link is blind
	case 1:
		f.State.Complete = rib.CompleteNo
	case 2:
		// Of a received route before policy the local preference is open too, and more links count as
		// possible than for a route that nobody saw: that comes in by damage only.
		f.pre = dir == rib.Advertised
	}
	w.feeds = append(w.feeds, f)
}

// weaker is the view of the same direction before policy.
var weaker = map[rib.View]rib.View{
	rib.AdjRIBOutPost: rib.AdjRIBOutPre, rib.AdjRIBOutPre: rib.AdjRIBOutPre, rib.FarEnd: rib.AdjRIBOutPre,
	rib.AdjRIBInPost: rib.AdjRIBInPre, rib.AdjRIBInPre: rib.AdjRIBInPre,
}

// damaged is the world with one feed damaged, and what was done to it.
func (w *world) damaged(t *rapid.T) (*world, string) {
	out := &world{in: w.in, feeds: slices.Clone(w.feeds)}
	i := rapid.IntRange(0, len(w.feeds)-1).Draw(t, "damaged feed")
	f := &out.feeds[i]
	kind := rapid.SampledFrom([]string{"deleted", "cut", "before policy", "stale", "unreadable", "contradicting", "without communities", "without local preference"}).Draw(t, "damage")
	if f.State.Complete == rib.CompleteNo && kind == "deleted" {
		kind = "unreadable" // a feed that fails is a reason for 3 by itself, and would go with the config's line
	}
	if kind == "before policy" && slices.ContainsFunc(f.rows, func(r rib.Route) bool { return r.Marks.Has(rib.Best) }) {
		kind = "stale" // without its router's mark a choice is a tie, by contract: another answer, and not unknown
	}
	switch kind {
	case "deleted":
		out.feeds = slices.Delete(out.feeds, i, i+1)
		return out, w.feeds[i].Name + " deleted"
	case "cut":
		f.rows = f.rows[:rapid.IntRange(0, len(f.rows)).Draw(t, "kept")]
		f.State.Complete = rib.CompleteNo
	case "before policy":
		f.View = weaker[f.View]
	case "stale":
		f.State.Stale = true
	case "unreadable":
		f.rows, f.State.Unreadable, f.State.Complete, f.State.Families = nil, true, rib.CompleteNo, nil
	case "contradicting":
		f.State.Contradiction = "it is another table"
	case "without communities":
		f.rows = slices.Clone(f.rows)
		for j := range f.rows {
			f.rows[j].Attrs.Communities, f.rows[j].Attrs.NotShown = nil, f.rows[j].Attrs.NotShown|rib.AttrCommunities
		}
	case "without local preference":
		f.rows = slices.Clone(f.rows)
		for j := range f.rows {
			f.rows[j].Attrs.LocalPref, f.rows[j].Attrs.NotShown = rib.Optional{}, f.rows[j].Attrs.NotShown|rib.AttrLocalPref
		}
	}
	return out, f.Name + " " + kind
}

// sameWorlds makes rapid draw the same worlds in every run, unless its flags say otherwise. A failure
// prints the world, so no file is needed to find it again.
func sameWorlds(t *testing.T, checks string) {
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.seed": "20261120", "rapid.nofailfile": "true"} {
		f := flag.Lookup(name)
		if old := f.Value.String(); old == f.DefValue {
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = flag.Set(name, old) })
		}
	}
}

func TestLostEvidenceTurnsIntoUnknownAndNothingElse(t *testing.T) {
	sameWorlds(t, "2000")
	tally := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		if len(w.feeds) == 0 {
			return
		}
		less, how := w.damaged(t)
		full, poor := w.audit(), less.audit()
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("%s: %s\n%s\nfull:\n  %s\npoor:\n  %s", how, fmt.Sprintf(format, args...), w,
				strings.Join(append(flowLines(full), findingLines(full)...), "\n  "), strings.Join(append(flowLines(poor), findingLines(poor)...), "\n  "))
		}
		for _, f := range poor.Flows {
			tally[string(f.Verdict)]++
			if f.Verdict == policy.VerdictUnknown {
				continue
			}
			for _, local := range f.Local {
				for _, remote := range f.RemotePrefixes {
					for _, v := range verdictsAt(full, f, edges(local), edges(remote)) {
						if v != f.Verdict {
							fail("%s at %s and %s is %s, and was %q", f.Service, local, remote, f.Verdict, v)
						}
					}
				}
			}
		}
		for _, f := range full.Findings {
			group, _, _ := strings.Cut(f.Check, "/")
			if group == "evidence" {
				continue
			}
			tally[f.Check]++
			if f.Check == "flow/off-link" {
				continue // it gives way where another finding names the cause, and findings may change theirs
			}
			for _, link := range f.Links {
				now := stateOf(poor, f.Check, link, f.Family)
				// A service's finding may come to name other links, as long as it is there, or left open.
				moved := (group == "service" || group == "flow") && (slices.ContainsFunc(poor.Findings, func(p *policy.Finding) bool { return p.Check == f.Check && p.Subject == f.Subject }) ||
					slices.ContainsFunc(poor.Flows, func(p *policy.Flow) bool { return p.Verdict == policy.VerdictUnknown && p.Service == f.Subject.Name }))
				if now != policy.Fired && now != policy.UnknownState && !moved {
					fail("%s had fired on %s, and is %s", f.Check, link, now)
				}
			}
		}
		before, _ := full.Exit(policy.Error)
		after, reasons := poor.Exit(policy.Error)
		tally[fmt.Sprintf("exit %d to %d", before, after)]++
		if after == policy.ExitClean && before != policy.ExitClean {
			fail("exit %d %q, and was %d", after, reasons, before)
		}
	})
	for _, what := range []string{"symmetric", "asymmetric", "mixed", "unreachable", "unknown", "exit 0 to 0", "exit 0 to 3", "exit 1 to 1", "exit 1 to 3", "exit 3 to 3"} {
		if tally[what] == 0 {
			t.Errorf("no world gave %q: the draw has become too narrow (%v)", what, tally)
		}
	}
	for _, id := range policy.CheckIDs() {
		group, _, _ := strings.Cut(id, "/")
		if group != "evidence" && group != "waiver" && tally[id] == 0 {
			t.Errorf("%s fired in no world: the draw has become too narrow", id)
		}
	}
}

// edges are the first and last address of a prefix.
func edges(p netip.Prefix) []netip.Addr {
	raw := p.Addr().AsSlice()
	for i := p.Bits(); i < len(raw)*8; i++ {
		raw[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(raw)
	return []netip.Addr{p.Addr(), last}
}

// verdictsAt are the verdicts that another audit has for the flow's service at some addresses; empty
// text where it has none. Sources that the service does not use there are left out: with less
// evidence it may leave by more links, and so from more pools; and so are addresses that a long list may hold.
func verdictsAt(r *policy.Result, like *policy.Flow, locals, remotes []netip.Addr) []policy.Verdict {
	holds := func(ps []netip.Prefix, a netip.Addr) bool {
		return slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	var out []policy.Verdict
	for _, a := range locals {
		for _, b := range remotes {
			found, otherSource, unlisted := policy.Verdict(""), false, false
			for _, f := range r.Flows {
				if f.Service != like.Service || f.Family != like.Family {
					continue
				}
				if f.RemoteCount > len(f.RemotePrefixes) {
					unlisted = true
				}
				if !holds(f.RemotePrefixes, b) {
					continue
				}
				if holds(f.Local, a) {
					found = f.Verdict
				} else if f.Initiator == policy.WeStart {
					otherSource = true
				}
			}
			if found != "" || !otherSource && !unlisted {
				out = append(out, found)
			}
		}
	}
	return out
}
