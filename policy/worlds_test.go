package policy_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// A broad world is a site drawn at random: links of every kind, routers with tables of their own, both
// families, every kind of service and remote, and feeds of mixed views that all show one truth. It is
// drawn from its number alone.

// dice draws the parts of a world.
type dice struct{ *rand.Rand }

func (d dice) one(in int) bool { return d.IntN(in) == 0 }

func pickOf[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

func (d dice) some(from []string) []string {
	out := slices.DeleteFunc(slices.Clone(from), func(string) bool { return d.one(2) })
	if len(out) == 0 {
		return []string{pickOf(d, from...)}
	}
	return out
}

// What broad worlds are made of, family by family: routes that nest, meet, and end where ISPs cut.
var (
	broadOurs = [2][]netip.Prefix{
		prefixes("203.0.112.0/22", "203.0.113.0/24", "203.0.113.0/25", "203.0.113.40/32", "198.51.100.0/23", "198.51.100.0/24", "198.51.100.0/25", "198.51.101.0/24", "233.252.0.0/24"),
		prefixes("2001:db8:100::/44", "2001:db8:101::/48", "2001:db8:101::/56", "2001:db8:101::40/128", "2001:db8:200::/47", "2001:db8:200::/48", "2001:db8:200::/49", "2001:db8:201::/48", "2001:db8:900::/48"),
	}
	broadTheirs = [2][]netip.Prefix{
		prefixes("0.0.0.0/0", "40.92.0.0/14", "40.92.0.0/15", "40.92.0.0/24", "192.0.2.0/24"),
		prefixes("::/0", "2603:1000::/24", "2603:1006::/40", "2603:1006:2000::/48", "2a01:111::/32"),
	}
)

// broadWorld draws the world of a number.
func broadWorld(number uint64) *world {
	d := dice{rand.New(rand.NewPCG(number, 20261130))}
	w := &world{}
	w.in.Site.ASNs = []uint32{65536}
	w.in.Pos = "c:0"
	families := []rib.Family{rib.IPv4}
	if !d.one(3) {
		families = append(families, rib.IPv6)
	}
	broadLinks(d, w)
	broadIntent(d, w, families)
	broadFeeds(d, w, families)
	w.broadOrder(d)
	return w
}

// broadOrder draws which links stand in for others, and what Microsoft prefers.
func (w *world) broadOrder(d dice) {
	if d.one(2) {
		w.standIn(func() int { return d.IntN(4) })
	}
	if d.one(4) {
		w.in.Observers = []rib.ObserverSpec{{Name: rib.ObserverMicrosoft, Prefer: d.some(w.linkNames())}}
	}
}

// standIn lets each link that a declaration does not name stand in there, always (1) or when the others are
// down (2), as pick has it.
func (w *world) standIn(pick func() int) {
	backups := func(links, never []string) (b policy.Backups) {
		for _, l := range w.linkNames() {
			switch how := pick(); {
			case slices.Contains(links, l) || slices.Contains(never, l):
			case how == 1:
				b.Always = append(b.Always, l)
			case how == 2:
				b.WhenDown = append(b.WhenDown, l)
			}
		}
		return b
	}
	for i := range w.in.Prefixes {
		p := &w.in.Prefixes[i]
		p.Backups = backups(p.Links, p.NeverLinks)
	}
	for i := range w.in.Pools {
		w.in.Pools[i].Backups = backups(w.in.Pools[i].Links, nil)
	}
	for i := range w.in.Services {
		w.in.Services[i].Backups = backups(w.in.Services[i].Links, nil)
	}
}

func broadLinks(d dice, w *world) {
	for i := range 2 + d.IntN(3) {
		l := rib.Link{
			Name: fmt.Sprintf("l%d", i), Kind: rib.Internet, Router: pickOf(d, "r1", "r2", "r3"),
			Firewall: pickOf(d, "fw-1", "fw-1", "fw-2", "fw-2", rib.Stateless), NeighborASNs: []uint32{uint32(65540 + i)},
			Neighbors: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(4*i + 2)}), netip.MustParseAddr(fmt.Sprintf("2001:db8:e::%x", 4*i+2))},
		}
		switch d.IntN(8) {
		case 0, 1, 2:
			l.Kind, l.Circuit, l.NeighborASNs = rib.ExpressRouteMicrosoft, pickOf(d, "c1", "c2"), []uint32{12076}
		case 3:
			l.Kind, l.Circuit, l.NeighborASNs = rib.ExpressRoutePrivate, pickOf(d, "c3", "c4"), []uint32{12076}
		case 4:
			l.Kind = rib.VPN
		}
		if d.one(5) {
			l.Preference = rib.Some(200)
		}
		l.ImportAll = d.one(4)
		w.in.Links = append(w.in.Links, l)
	}
}

func (w *world) linkNames() []string {
	var out []string
	for i := range w.in.Links {
		out = append(out, w.in.Links[i].Name)
	}
	return out
}

func broadIntent(d dice, w *world, families []rib.Family) {
	in, all := &w.in, w.linkNames()
	of := func(i int) (out []netip.Prefix) {
		for _, fam := range families {
			out = append(out, broadOurs[fam][i])
		}
		return out
	}
	public := policy.Prefix{Name: "public", Prefixes: of(0), Links: d.some(all), Pos: "c:1"}
	if d.one(3) {
		for _, l := range all {
			if !slices.Contains(public.Links, l) {
				public.NeverLinks = append(public.NeverLinks, l)
			}
		}
	}
	in.Prefixes = []policy.Prefix{public}
	in.Pools = []policy.Pool{{Name: "nat-1", Prefixes: of(5), Links: d.some(all), Pos: "c:2"}}
	pools := []string{"nat-1"}
	if d.one(2) {
		in.Pools, pools = append(in.Pools, policy.Pool{Name: "nat-2", Prefixes: of(7), Links: d.some(all), Pos: "c:3"}), append(pools, "nat-2")
	}
	kinds := map[rib.LinkKind]bool{}
	for i := range in.Links {
		kinds[in.Links[i].Kind] = true
	}
	remote := func(name string) policy.Remote {
		r := policy.Remote{Name: name, Observer: rib.ObserverInternet, Pos: "c:4"}
		switch {
		case kinds[rib.ExpressRouteMicrosoft] && !d.one(4):
			r.Observer = rib.ObserverMicrosoft
		case kinds[rib.ExpressRoutePrivate] && d.one(2):
			r.Observer = pickOf(d, rib.ObserverAzure, rib.ObserverAVS)
		case kinds[rib.VPN] && d.one(2):
			r.Observer = rib.ObserverAzure
		}
		how := d.IntN(6)
		if how < 3 || how == 4 {
			for _, fam := range families {
				if !d.one(5) {
					r.Prefixes = append(r.Prefixes, pickOf(d, broadTheirs[fam][1:]...))
				}
			}
		}
		if how == 3 || how == 4 {
			r.Communities, r.CommunitiesOptional = []rib.Community{exchange}, d.one(4)
		}
		if how == 5 || len(r.Prefixes)+len(r.Communities) == 0 {
			r.DefaultOnly = true
		}
		return r
	}
	in.Remotes = []policy.Remote{remote("remote-1"), remote("remote-2")}
	to := func() string { return pickOf(d, "remote-1", "remote-1", "remote-2", "") }
	web := policy.Service{Name: "web", Kind: policy.KindOther, Pools: pools, Remote: to(), Initiator: policy.WeStart, Links: d.some(all), Pos: "c:5"}
	mail := policy.Service{Name: "mail", Kind: pickOf(d, policy.KindSMTP, policy.KindADFS), Addresses: of(3), Remote: to(), Initiator: policy.RemoteStarts, Links: d.some(all), Pos: "c:6"}
	app := policy.Service{Name: "app", Kind: pickOf(d, policy.KindOther, policy.KindADFS, policy.KindSMTP), Addresses: of(2), Remote: to(), Initiator: pickOf(d, policy.RemoteStarts, policy.WeStart), Links: d.some(all), Pos: "c:7"}
	if d.one(3) {
		mail.Sees = d.some(all)
	}
	if d.one(4) {
		mail.NAT = "none"
	} else if d.one(3) {
		mail.SNAT = &policy.SNAT{At: pickOf(d, "fw-1", "fw-2"), To: netip.MustParsePrefix("10.20.0.0/28")}
	}
	if d.one(4) {
		app.Behind = pickOf(d, "r1", "r2")
	}
	in.Services = []policy.Service{web, mail, app}
	w.tidy = nil
	if d.one(3) {
		w.tidy = d.some(all) // all that is declared is there, and nothing else
		in.Prefixes[0].Links = w.tidy
		for i := range in.Pools {
			in.Pools[i].Links = w.tidy
		}
		for i := range in.Services {
			in.Services[i].Links = w.tidy
		}
	}
}

// broadFeeds draws what is sent and received on each link, and shows it.
func broadFeeds(d dice, w *world, families []rib.Family) {
	received := make([][]rib.Route, len(w.in.Links))
	for i := range w.in.Links {
		l := &w.in.Links[i]
		var sent []rib.Route
		for _, fam := range families {
			sent = append(sent, w.sentOn(d, l, fam)...)
			received[i] = append(received[i], w.receivedOn(d, l, fam)...)
		}
		w.showSent(d, l, sent, families)
	}
	w.markChoices(d, received)
	w.showReceived(d, received, families)
	if d.one(5) {
		w.showCollector(d, families)
	}
}

func (w *world) sentOn(d dice, l *rib.Link, fam rib.Family) (out []rib.Route) {
	longest := 24 + 24*int(fam)
	for _, p := range broadOurs[fam] {
		there := d.one(3)
		if w.tidy != nil {
			there = slices.Contains(w.tidy, l.Name) && w.declared(p)
		}
		if !there || l.Kind == rib.Internet && p.Bits() > longest {
			continue
		}
		path := []uint32{65536}
		for d.one(4) {
			path = append(path, 65536)
		}
		r := rib.Route{Prefix: p, Attrs: rib.Attrs{Origin: rib.OriginIGP, ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: path}}}}
		out = append(out, r)
	}
	return out
}

func (w *world) receivedOn(d dice, l *rib.Link, fam rib.Family) (out []rib.Route) {
	for _, p := range broadTheirs[fam] {
		there := d.one(2)
		if w.tidy != nil {
			there = there && slices.Contains(w.tidy, l.Name) || p.Bits() == 0 && slices.Contains(w.tidy, l.Name)
		}
		if !there || p.Bits() == 0 && l.Kind.ExpressRoute() {
			continue
		}
		path := []uint32{l.NeighborASNs[0]}
		for d.one(3) {
			path = append(path, 8075)
		}
		r := rib.Route{Prefix: p, Attrs: rib.Attrs{Origin: rib.OriginIGP, ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: path}}}}
		if l.Preference.Set {
			r.Attrs.LocalPref = l.Preference
		} else if !d.one(3) {
			r.Attrs.LocalPref = rib.Some(pickOf[uint32](d, 100, 100, 150))
		}
		if d.one(4) {
			r.Attrs.MED = rib.Some(pickOf[uint32](d, 0, 10))
		}
		if d.one(2) {
			r.Attrs.Communities = []rib.Community{exchange}
		}
		r.Neighbor = l.Neighbors[fam]
		r.Attrs.NextHop = r.Neighbor
		r.Attrs.NeighborASN = path[0]
		switch d.IntN(25) {
		case 0:
			r.Marks |= rib.Stale
		case 1:
			r.Marks |= rib.Invalid
		case 2:
			r.Marks |= rib.RIBFailure
		}
		out = append(out, r)
	}
	return out
}

// markChoices lets every router mark the route that it would choose of its own links' (RFC 4271 9.1.2.2, up to
// the steps that are local to it), unless another router has one that goes before it.
func (w *world) markChoices(d dice, received [][]rib.Route) {
	if d.one(3) {
		return // nobody marks anything: the format does not
	}
	all := map[netip.Prefix][]*rib.Route{}
	routerOf := map[*rib.Route]string{}
	for i := range received {
		for j := range received[i] {
			r := &received[i][j]
			if !r.Marks.Has(rib.Invalid) {
				all[r.Prefix] = append(all[r.Prefix], r)
				routerOf[r] = w.in.Links[i].Router
			}
		}
	}
	for _, routes := range all {
		left := notBeaten(notBeaten(routes, preferred), func(a, b *rib.Route) bool {
			return a.Attrs.NeighborASN == b.Attrs.NeighborASN && a.Attrs.MED.Or(0) < b.Attrs.MED.Or(0)
		})
		chose := map[string]bool{}
		for _, r := range left {
			if router := routerOf[r]; !chose[router] {
				chose[router] = true
				r.Marks |= rib.Best
			}
		}
	}
}

func notBeaten(routes []*rib.Route, beats func(a, b *rib.Route) bool) []*rib.Route {
	return slices.DeleteFunc(slices.Clone(routes), func(r *rib.Route) bool {
		return slices.ContainsFunc(routes, func(o *rib.Route) bool { return beats(o, r) })
	})
}

func (w *world) newShown(name string, l *rib.Link, view rib.View, rows []rib.Route, families []rib.Family) shown {
	f := shown{Feed: rib.Feed{Name: name, View: view}}
	if l != nil {
		f.Link, f.Router = l.Name, l.Router
	}
	f.State = rib.FeedState{
		Format: "jsonl", Families: slices.Clone(families), Complete: rib.CompleteYes, ASPathForm: rib.AsSent, File: name,
		AsOf: now, AsOfSource: rib.AgeFromDump, MaxAge: 1,
	}
	f.rows = slices.Clone(rows)
	for i := range f.rows {
		f.rows[i].Line = i + 2
	}
	return f
}

func (w *world) showSent(d dice, l *rib.Link, sent []rib.Route, families []rib.Family) {
	how := d.IntN(10)
	add := func(view rib.View, rows []rib.Route) {
		f := w.newShown(fmt.Sprintf("%s-%s", l.Name, view), l, view, rows, families)
		w.spoilSome(d, &f)
		w.feeds = append(w.feeds, f)
	}
	if how == 0 {
		return
	}
	if how == 1 {
		add(rib.AdjRIBOutPre, sent)
		return
	}
	far := how < 6
	if how != 2 {
		rows := slices.Clone(sent)
		for i := range rows {
			switch d.IntN(30) {
			case 0:
				rows[i].Marks |= rib.Stale
			case 1:
				rows[i].Marks |= rib.Unselected
			case 2:
				rows[i].Attrs.Communities = []rib.Community{rib.CommunityFromWire(0xFFFFFF01)}
			case 3:
				rows[i].Marks |= rib.RPKIInvalid
			}
		}
		add(rib.AdjRIBOutPost, rows)
	}
	if far {
		rows := slices.Clone(sent)
		for i := range rows {
			rows[i].Neighbor = netip.Addr{} // and all of them are accepted, which is assumed where no far end is
		}
		add(rib.FarEnd, rows)
	}
}

// spoilSome leaves some evidence short from the start.
func (w *world) spoilSome(d dice, f *shown) {
	if !d.one(8) {
		return
	}
	switch d.IntN(4) {
	case 0:
		f.State.Complete, f.State.Skipped = rib.CompleteNo, 1
		if len(f.rows) > 0 {
			f.rows = f.rows[:len(f.rows)-1]
		}
	case 1:
		f.State.Stale = true
	case 2:
		if f.View.Received() { // rows that are sent and show no path are doubts themselves
			f.hide(pickOf(d, rib.AttrCommunities, rib.AttrLocalPref, rib.AttrMED, rib.AttrBest))
		}
	case 3:
		f.State.Complete = rib.CompleteUnproven
	}
}

// hide takes an attribute out of every row: the format does not show it.
func (f *shown) hide(set rib.AttrSet) {
	f.rows = slices.Clone(f.rows)
	for i := range f.rows {
		a := &f.rows[i].Attrs
		a.NotShown |= set
		switch set {
		case rib.AttrCommunities:
			a.Communities = nil
		case rib.AttrLocalPref:
			a.LocalPref = rib.Optional{}
		case rib.AttrMED:
			a.MED = rib.Optional{}
		case rib.AttrOrigin:
			a.Origin = rib.OriginAbsent
		case rib.AttrASPath:
			a.ASPath = nil
		case rib.AttrNextHop:
			a.NextHop = netip.Addr{}
		case rib.AttrNeighborASN:
			a.NeighborASN = 0
		case rib.AttrBest:
			f.rows[i].Marks &^= rib.Best | rib.Multipath
		}
	}
}

// showReceived shows some routers by their whole table, and the other links one by one.
func (w *world) showReceived(d dice, received [][]rib.Route, families []rib.Family) {
	for _, router := range []string{"r1", "r2", "r3"} {
		var mine []int
		for i := range w.in.Links {
			if w.in.Links[i].Router == router {
				mine = append(mine, i)
			}
		}
		if len(mine) > 0 && d.one(3) {
			w.showTable(d, router, mine, received, families)
			continue
		}
		for _, i := range mine {
			l := &w.in.Links[i]
			view := rib.AdjRIBInPost
			switch d.IntN(10) {
			case 0:
				continue
			case 1:
				view = rib.AdjRIBInPre
			}
			f := w.newShown(l.Name+"-in", l, view, received[i], families)
			w.spoilSome(d, &f)
			w.feeds = append(w.feeds, f)
		}
	}
}

func (w *world) showTable(d dice, router string, mine []int, received [][]rib.Route, families []rib.Family) {
	f := w.newShown(router+"-table", nil, rib.BGPTable, nil, families)
	f.Router = router
	winners := d.one(6)
	if winners {
		f.View = rib.LocRIB
	}
	for _, i := range mine {
		for _, fam := range families {
			f.Classify = append(f.Classify, rib.ClassifyRule{Neighbor: w.in.Links[i].Neighbors[fam], Link: w.in.Links[i].Name})
		}
	}
	f.State.Families = slices.Clone(families)
	for _, i := range mine {
		for _, r := range received[i] {
			if !winners || r.Marks.Has(rib.Best) {
				f.rows = append(f.rows, r)
			}
		}
	}
	if !winners {
		for _, fam := range families {
			if d.one(2) { // its own network
				f.rows = append(f.rows, rib.Route{Prefix: broadOurs[fam][0], Attrs: rib.Attrs{Origin: rib.OriginIGP, NextHop: fam.All().Addr()}, Marks: rib.Best})
			}
		}
		for i := range received {
			if w.in.Links[i].Router == router {
				continue
			}
			for _, r := range received[i] {
				if r.Marks.Has(rib.Best) && d.one(2) { // what another router chose, by iBGP
					r.Marks |= rib.IBGP
					r.Neighbor, r.Attrs.NextHop, r.Attrs.NeighborASN = netip.AddrFrom4([4]byte{10, 255, 0, byte(i + 1)}), netip.AddrFrom4([4]byte{10, 255, 0, byte(i + 1)}), 65536
					if slices.ContainsFunc(f.rows, func(o rib.Route) bool { return o.Prefix == r.Prefix && o.Marks.Has(rib.Best) }) {
						r.Marks &^= rib.Best
					}
					f.rows = append(f.rows, r)
				}
			}
		}
	}
	for i := range f.rows {
		f.rows[i].Line = i + 2
	}
	w.spoilSome(d, &f)
	w.feeds = append(w.feeds, f)
}

// showCollector shows what networks beyond the ISPs chose: truly sent, by some internet link.
func (w *world) showCollector(d dice, families []rib.Family) {
	var rows []rib.Route
	for _, peer := range []uint32{65601, 65602, 65603} {
		for _, fam := range families {
			for _, p := range broadOurs[fam] {
				var by []*rib.Link
				for i := range w.feeds {
					f := &w.feeds[i]
					for j := range w.in.Links {
						if l := &w.in.Links[j]; l.Name == f.Link && l.Kind == rib.Internet && f.View == rib.AdjRIBOutPost && f.State.Complete == rib.CompleteYes &&
							slices.ContainsFunc(f.rows, func(r rib.Route) bool { return r.Prefix == p && r.Marks == 0 }) {
							by = append(by, l)
						}
					}
				}
				if len(by) == 0 || d.one(3) {
					continue
				}
				l := pickOf(d, by...)
				rows = append(rows, rib.Route{Prefix: p, Neighbor: netip.AddrFrom4([4]byte{192, 0, 3, byte(peer)}), Attrs: rib.Attrs{
					Origin: rib.OriginIGP, ASPath: rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{peer, l.NeighborASNs[0], 65536}}},
				}})
			}
		}
	}
	f := w.newShown("collector", nil, rib.Collector, rows, families)
	w.spoilSome(d, &f)
	w.feeds = append(w.feeds, f)
}

// lessEvidence lists the world once for each way to know less of it: what is taken away, and the rest.
func lessEvidence(d dice, w *world) (out []lesser) {
	for i := range w.feeds {
		add := func(how string, change func(*shown)) {
			less := &world{in: w.in, feeds: slices.Clone(w.feeds)}
			f := &less.feeds[i]
			f.rows = slices.Clone(f.rows)
			f.State.Families = slices.Clone(f.State.Families)
			change(f)
			out = append(out, lesser{w.feeds[i].Name + " " + how, string(w.feeds[i].View) + " " + how, less})
		}
		f := &w.feeds[i]
		n := len(f.rows)
		if f.State.Complete != rib.CompleteNo && !f.State.Stale {
			less := &world{in: w.in, feeds: slices.Delete(slices.Clone(w.feeds), i, i+1)}
			out = append(out, lesser{f.Name + " gone", string(f.View) + " gone", less})
		}
		add("unreadable", func(f *shown) {
			f.rows, f.State.Unreadable, f.State.Complete, f.State.Families = nil, true, rib.CompleteNo, nil
		})
		add("contradicting", func(f *shown) { f.State.Contradiction = "it is another table" })
		add("stale", func(f *shown) { f.State.Stale = true })
		add("of the future", func(f *shown) { f.State.Later = true })
		if n > 0 {
			add("cut", func(f *shown) { f.rows, f.State.Complete = f.rows[:d.IntN(n)], rib.CompleteNo })
			j := d.IntN(n)
			add("row unreadable", func(f *shown) {
				f.rows = slices.Delete(f.rows, j, j+1)
				f.State.Complete, f.State.Skipped, f.State.Bad = rib.CompleteNo, f.State.Skipped+1, rib.Aside{Line: j + 2, Why: "no prefix"}
			})
		}
		for _, set := range []rib.AttrSet{rib.AttrCommunities, rib.AttrLocalPref, rib.AttrASPath, rib.AttrMED, rib.AttrOrigin, rib.AttrBest} {
			// Of what is sent, communities that are not shown are assumed absent, and say so.
			if set == rib.AttrASPath || set == rib.AttrOrigin || f.View.Received() {
				add("without "+strings.Join(set.Names(), "+"), func(f *shown) { f.hide(set) })
			}
		}
		if weak := weaker[f.View]; weak != "" && weak != f.View {
			add("before policy", func(f *shown) { f.View = weak })
		}
		if len(f.State.Families) == 2 {
			fam := rib.Family(d.IntN(2))
			// Of a collector that fails, as of any feed that does, a part that is not asked for is no less evidence.
			if f.View != rib.Collector || f.Failing() == "" {
				add("without "+fam.String(), func(f *shown) {
					f.State.Families = []rib.Family{1 - fam}
					f.rows = slices.DeleteFunc(f.rows, func(r rib.Route) bool { return rib.FamilyOf(r.Prefix) == fam })
				})
			}
		}
		if len(f.Classify) > 0 {
			k := d.IntN(len(f.Classify))
			add("without a rule", func(f *shown) { f.Classify = slices.Delete(slices.Clone(f.Classify), k, k+1) })
		}
	}
	return out
}

// lesser is a world of which less is known, and how.
type lesser struct {
	how, kind string
	w         *world
}
