package policy_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"

	"go4.org/netipx"
	"pgregory.net/rapid"
)

// What remotes are made of, and which link shows another preference than is declared, one walk over
// the received routes finds for all of them. The twin here asks of each remote by itself, prefix by
// prefix, of the routes that a decision there lets take part.

var (
	signIn, _ = rib.ParseCommunity("12076:5060")
	// A default comes by ExpressRoute alone: what remains of all addresses is a longer list than flows show.
	heard = prefixes("0.0.0.0/0", "::/0", "10.0.0.0/8", "40.0.0.0/8", "40.64.0.0/10", "40.96.0.0/13", "40.96.0.0/14", "40.104.0.0/13",
		"40.112.0.0/13", "40.96.1.0/24", "203.0.113.0/24", "2603::/16", "2603:1000::/20", "2603:1006::/40", "2603:1006:100::/40")
	service  = netip.MustParsePrefix("203.0.113.25/32")
	service6 = netip.MustParsePrefix("2001:db8::25/128")
)

// drawHeard draws a site whose services speak to remotes of every kind, and what it receives.
func drawHeard(t *rapid.T) *world {
	w := &world{}
	w.in.Site.ASNs, w.in.Site.Families = []uint32{65536}, rib.Families[:]
	for i, kind := range []rib.LinkKind{rib.Internet, rib.ExpressRouteMicrosoft, rib.ExpressRoutePrivate, rib.VPN} {
		l := rib.Link{Name: fmt.Sprintf("l%d", i), Kind: kind, Router: "r1", Firewall: "fw", NeighborASNs: []uint32{uint32(65540 + i)}}
		if rapid.IntRange(0, 2).Draw(t, "preferred") == 0 {
			l.Preference = rib.Some(200)
		}
		w.in.Links = append(w.in.Links, l)
	}
	w.in.Remotes = []policy.Remote{
		{Name: "rest", DefaultOnly: true},
		{Name: "exchange", Communities: []rib.Community{exchange}},
		{Name: "both", Communities: []rib.Community{exchange, signIn}, Prefixes: heard[10:11], CommunitiesOptional: true},
		{Name: "sign-in and rest", Communities: []rib.Community{signIn}, DefaultOnly: true},
		{Name: "unused", Communities: []rib.Community{signIn}},
	}
	for i := range w.in.Remotes {
		w.in.Remotes[i].Observer = rib.ObserverMicrosoft
	}
	some := rapid.IntRange(1, 31).Draw(t, "services")
	for i, name := range []string{"rest", "exchange", "both", "sign-in and rest", ""} {
		if some>>i&1 == 1 {
			w.in.Services = append(w.in.Services, policy.Service{Name: "to " + name, Kind: policy.KindOther, Addresses: []netip.Prefix{service, service6}, Remote: name, Initiator: policy.RemoteStarts})
		}
	}
	for range rapid.IntRange(1, 6).Draw(t, "feeds") {
		w.feeds = append(w.feeds, w.drawHeardFeed(t))
	}
	return w
}

func (w *world) drawHeardFeed(t *rapid.T) shown {
	l := &w.in.Links[rapid.IntRange(0, len(w.in.Links)-1).Draw(t, "link")]
	f := shown{Feed: rib.Feed{Name: fmt.Sprintf("f%d", len(w.feeds)), Link: l.Name, Router: "r1"}}
	f.View = rapid.SampledFrom([]rib.View{rib.AdjRIBInPost, rib.AdjRIBInPost, rib.AdjRIBInPre, rib.BGPTable, rib.LocRIB}).Draw(t, "view")
	f.State = rib.FeedState{Families: rib.Families[:], Complete: rapid.SampledFrom([]rib.Completeness{rib.CompleteYes, rib.CompleteYes, rib.CompleteNo}).Draw(t, "complete")}
	f.State.Unreadable = rapid.IntRange(0, 9).Draw(t, "unreadable") == 0
	if rapid.IntRange(0, 3).Draw(t, "classified") == 0 {
		f.Link = ""
		for i, l := range w.in.Links {
			f.Classify = append(f.Classify, rib.ClassifyRule{Neighbor: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), Link: l.Name})
		}
	}
	silent := rapid.IntRange(0, 3).Draw(t, "shows no communities") == 0
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		r := rib.Route{Prefix: rapid.SampledFrom(heard).Draw(t, "prefix"), Neighbor: netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(0, len(w.in.Links)).Draw(t, "neighbour"))})}
		if r.Prefix.Bits() == 0 && (f.Link == "" || !l.Kind.ExpressRoute()) {
			continue
		}
		path := []uint32{65549}
		if rapid.IntRange(0, 9).Draw(t, "loop") == 0 {
			path = append(path, 65536)
		}
		r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: path}}
		r.Attrs.Communities = rapid.SampledFrom([][]rib.Community{nil, {exchange}, {signIn}, {signIn, exchange}}).Draw(t, "communities")
		if silent {
			r.Attrs.Communities, r.Attrs.NotShown = nil, rib.AttrCommunities
		}
		if rapid.Bool().Draw(t, "lp shown") {
			r.Attrs.LocalPref = rib.Some(rapid.SampledFrom([]uint32{200, 200, 150}).Draw(t, "lp"))
		}
		r.Marks = rapid.SampledFrom([]rib.Marks{0, 0, 0, rib.Best, rib.Multipath, rib.Stale, rib.Invalid, rib.Filtered}).Draw(t, "marks")
		f.rows = append(f.rows, r)
	}
	return f
}

// received lists the routes of a family that take part, prefix by prefix in address order.
func receivedOf(s *rib.Sight, fam rib.Family) []rib.Candidate {
	var out []rib.Candidate
	all := slices.Clone(heard)
	slices.SortFunc(all, netip.Prefix.Compare)
	for _, p := range all {
		if rib.FamilyOf(p) != fam {
			continue
		}
		for _, c := range s.Decide(s.Observer(rib.ObserverUs), p.Addr(), rib.Query{}).Candidates {
			counts := !c.Out || strings.HasPrefix(c.Detail, "doubtful: ") || strings.HasPrefix(c.Detail, "the winners of ")
			if c.Prefix == p && c.Link != rib.NoLink && counts {
				out = append(out, c)
			}
		}
	}
	return out
}

// slowRemote works out a remote's addresses; a nil one is everything.
func slowRemote(in *policy.Intent, received []rib.Candidate, remote *policy.Remote) (*netipx.IPSet, string) {
	var b, rest netipx.IPSetBuilder
	hides, shows := map[string]bool{}, map[string]bool{}
	for _, e := range received {
		l := &in.Links[e.Link]
		if !l.Kind.ExpressRoute() {
			rest.AddPrefix(e.Prefix)
			continue
		}
		if remote == nil && e.Prefix.Bits() > 0 {
			b.AddPrefix(e.Prefix)
		}
		at := l.Name + " " + e.Prefix.String()
		if e.Attrs.NotShown.Has(rib.AttrCommunities) {
			hides[at] = true
			continue
		}
		shows[at] = true
		if remote != nil && slices.ContainsFunc(remote.Communities, e.Attrs.HasCommunity) {
			b.AddPrefix(e.Prefix)
		}
	}
	for _, e := range received {
		// Where a doubtful route alone carries an address, it may be the remote's.
		if in.Links[e.Link].Kind.ExpressRoute() && e.Prefix.Bits() > 0 && e.Doubt == "" {
			rest.RemovePrefix(e.Prefix)
		}
	}
	for _, p := range append(prefixes("10.0.0.0/8"), service, service6) { // a bogon, and what is ours
		rest.RemovePrefix(p)
	}
	if remote == nil || remote.DefaultOnly {
		set, _ := rest.IPSet()
		b.AddSet(set)
	}
	hidden := ""
	for at := range hides {
		if link, _, _ := strings.Cut(at, " "); !shows[at] && remote != nil && len(remote.Communities) > 0 && !remote.CommunitiesOptional {
			hidden = max(hidden, link)
		}
	}
	if remote != nil {
		for _, p := range remote.Prefixes {
			b.AddPrefix(p)
		}
	}
	set, _ := b.IPSet()
	return set, hidden
}

func inFamily(set *netipx.IPSet, fam rib.Family) []netip.Prefix {
	return slices.DeleteFunc(set.Prefixes(), func(p netip.Prefix) bool { return rib.FamilyOf(p) != fam })
}

// told is what the flows of a service say of its remote: its addresses, and the link whose dumps
// leave a part of it open.
func told(r *policy.Result, service string, fam rib.Family) (addresses []netip.Prefix, hidden string) {
	var b netipx.IPSetBuilder
	for _, f := range r.Flows {
		if f.Service != service || f.Family != fam {
			continue
		}
		for _, p := range f.RemotePrefixes {
			b.AddPrefix(p)
		}
		if rest, ok := strings.CutPrefix(f.Why, "the dumps of what is received on "); ok {
			hidden, _, _ = strings.Cut(rest, " ")
		}
	}
	set, _ := b.IPSet()
	return inFamily(set, fam), hidden
}

func TestRemotesOfRoutesAgreeWithTheSlowTwin(t *testing.T) {
	sameWorlds(t, "500")
	rapid.Check(t, func(t *rapid.T) {
		w := drawHeard(t)
		table := w.table()
		s := newSight(&w.in, table)
		result := policy.Audit(&w.in, s, now)
		for _, fam := range rib.Families {
			received := receivedOf(s, fam)
			for _, service := range w.in.Services {
				var remote *policy.Remote
				if i := slices.IndexFunc(w.in.Remotes, func(r policy.Remote) bool { return r.Name == service.Remote }); i >= 0 {
					remote = &w.in.Remotes[i]
				}
				set, wantHidden := slowRemote(&w.in, received, remote)
				want := inFamily(set, fam)
				got, hidden := told(result, service.Name, fam)
				if !slices.Equal(got, want) || hidden != wantHidden {
					t.Fatalf("%v%s, %s: %v, hidden on %q; want %v, hidden on %q", w, service.Name, fam, got, hidden, want, wantHidden)
				}
			}
			if got, want := strays(result, fam), slowStrays(&w.in, received); !reflect.DeepEqual(got, want) {
				t.Fatalf("%v%s: other preferences at %v, want %v", w, fam, got, want)
			}
		}
	})
}

// slowStrays gives, for each link, the first prefix at which it shows another preference.
func slowStrays(in *policy.Intent, received []rib.Candidate) map[string]string {
	out := map[string]string{}
	for _, e := range received {
		l := &in.Links[e.Link]
		if l.Preference.Set && e.Attrs.LocalPref.Set && e.Attrs.LocalPref != l.Preference && out[l.Name] == "" {
			out[l.Name] = e.Prefix.String()
		}
	}
	return out
}

func strays(r *policy.Result, fam rib.Family) map[string]string {
	out := map[string]string{}
	for _, f := range r.Findings {
		if f.Check == "evidence/contradiction" && f.Family == fam && f.Subject.Kind == "link" {
			var at []string
			for _, e := range f.Evidence {
				at = append(at, e.Prefix.String())
			}
			out[f.Subject.Name] = strings.Join(at, " and ")
		}
	}
	return out
}
