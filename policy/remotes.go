package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// everything is the name that reports give to a remote that the config leaves out.
const everything = "everything"

// remoteSet is a remote's addresses as of today, one entry a family. It is resolved once.
type remoteSet struct {
	name     string
	observer string
	fams     [2]resolved
	listed   bool    // the addresses are the config's own, and few; else they come from the table
	from     *Remote // nil: everything
}

// resolved is what a remote comes to in one family.
type resolved struct {
	prefixes []netip.Prefix // disjoint, in address order
	missing  string         // a source is blind or partial: every flow of it is unknown
	gaps     []gap
	perhaps  []netip.Prefix // likewise; whether the remote holds them is not known
	doubts   []string       // why not
	rest     string         // a part could not be looked up: one unknown flow stands for it
	restGaps []gap

	perhapsGaps []gap
}

// bogons are addresses that no remote of the internet has: private, loopback, link-local, shared,
// benchmarking, multicast and reserved (RFC 6890). Documentation prefixes are no bogons here.
var bogons = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/3", "4000::/2", "8000::/1",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// resolveRemotes works out the addresses of every remote that a service names, and of everything.
func (ps *Pass) resolveRemotes() {
	ps.remotes = map[string]*remoteSet{}
	for i := range ps.Services {
		name := ps.Services[i].Remote
		if ps.remotes[name] != nil {
			continue
		}
		if name == "" {
			ps.remotes[name] = ps.resolveEverything()
			continue
		}
		if remote := ps.remoteNamed(name); remote != nil {
			ps.remotes[name] = ps.resolveRemote(remote)
		}
	}
}

// remoteNamed finds a declared remote; nil for everything.
func (ps *Pass) remoteNamed(name string) *Remote {
	if ps.remoteAt == nil {
		ps.remoteAt = map[string]int{}
		for i := range ps.Remotes {
			ps.remoteAt[ps.Remotes[i].Name] = i
		}
	}
	if i, ok := ps.remoteAt[name]; ok {
		return &ps.Remotes[i]
	}
	return nil
}

func (ps *Pass) resolveEverything() *remoteSet {
	set := &remoteSet{name: everything, observer: rib.ObserverInternet}
	if ps.Sight.Observer(rib.ObserverMicrosoft) != nil && slices.ContainsFunc(ps.Links, func(l rib.Link) bool { return l.Kind == rib.ExpressRouteMicrosoft }) {
		set.observer = rib.ObserverMicrosoft
	}
	for _, fam := range ps.families {
		r := &set.fams[fam]
		var b netipx.IPSetBuilder
		ps.learned(fam).carried.addTo(&b)
		ps.addDefaultOnly(&b, r, fam)
		ps.carriedOrNot(&b, r, fam)
		r.prefixes = setPrefixes(&b, fam)
		r.lessKnown(fam)
	}
	return set
}

// carriedOrNot: everything is what ExpressRoute carries and what it does not. Whether a doubtful route
// carries an address that another link routes makes no difference; what nothing else routes is open.
func (ps *Pass) carriedOrNot(b *netipx.IPSetBuilder, r *resolved, fam rib.Family) {
	l := ps.learned(fam)
	var routed, perhaps netipx.IPSetBuilder
	l.routed.addTo(&routed)
	routed.RemoveSet(ps.defaultOnly(fam).settled)
	b.AddSet(setOf(&routed))
	perhaps.AddSet(ps.defaultOnly(fam).perhaps)
	l.doubted[perhapsCarried].addTo(&perhaps)
	r.perhaps = setOf(&perhaps).Prefixes()
}

func (ps *Pass) resolveRemote(remote *Remote) *remoteSet {
	set := &remoteSet{name: remote.Name, observer: remote.Observer, listed: !remote.DefaultOnly, from: remote}
	for _, fam := range ps.families {
		r := &set.fams[fam]
		var b netipx.IPSetBuilder
		for _, list := range [][]netip.Prefix{remote.Prefixes, remote.ServiceTags, remote.M365Endpoints} {
			for _, p := range inFamily(list, fam) {
				b.AddPrefix(p)
			}
		}
		if len(remote.Communities) > 0 {
			ps.addCommunities(&b, r, fam, remote)
		}
		if remote.DefaultOnly {
			ps.addDefaultOnly(&b, r, fam)
		}
		r.prefixes = setPrefixes(&b, fam)
		r.lessKnown(fam)
	}
	return set
}

// derivedParts says what of a remote is not written but looked up, and where it was: parts that came to
// nothing in a family. It is empty for a remote of written prefixes alone.
func (ps *Pass) derivedParts(remote *Remote, fam rib.Family) []string {
	var out []string
	everything := remote == nil
	if everything || len(remote.Communities) > 0 {
		what := "any address"
		if !everything {
			what = "its communities"
		}
		where := "there is no ExpressRoute link"
		if on := ps.linksWhere(rib.LinkKind.ExpressRoute); len(on) > 0 {
			where = fmt.Sprintf("no %s route received on %s carries %s", fam, list(on), what)
		}
		out = append(out, where)
	}
	if everything || remote.DefaultOnly {
		where := "there is no other link than ExpressRoute's for default-only"
		if on := ps.linksWhere(func(k rib.LinkKind) bool { return !k.ExpressRoute() }); len(on) > 0 {
			where = fmt.Sprintf("no %s route received on %s leaves default-only an address", fam, list(on))
		}
		out = append(out, where)
	}
	if everything {
		return out
	}
	if len(remote.ServiceTags) > 0 {
		out = append(out, fmt.Sprintf("its service-tags hold no %s prefix", fam))
	}
	if len(remote.M365Endpoints) > 0 {
		out = append(out, fmt.Sprintf("its m365-endpoints hold no %s prefix", fam))
	}
	return out
}

func (ps *Pass) linksWhere(kind func(rib.LinkKind) bool) []string {
	var out []string
	for i := range ps.Links {
		if kind(ps.Links[i].Kind) {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

// trustInRemote says what a service's remote takes on trust: that the routes which carry its
// communities today are all there is of it.
func (ps *Pass) trustInRemote(s *Service) []string {
	if remote := ps.remotes[s.Remote]; remote != nil && remote.from != nil && len(remote.from.Communities) > 0 {
		return []string{fmt.Sprintf("communities of %s as received today", remote.name)}
	}
	return nil
}

func setPrefixes(b *netipx.IPSetBuilder, fam rib.Family) []netip.Prefix {
	set, err := b.IPSet()
	if err != nil {
		return nil // only an invalid prefix errs, and none was added
	}
	return inFamily(set.Prefixes(), fam)
}

// unseenReceived reports what keeps the link's received routes from being read whole.
func (ps *Pass) unseenReceived(link int, fam rib.Family, r *resolved) {
	if cover := ps.Sight.Coverage(rib.LinkID(link), rib.Received, fam); !cover.Covered || cover.Scope != nil {
		why := cover.Why
		if cover.Covered {
			why = "its feeds show only their scope"
		}
		r.missing = fmt.Sprintf("what is received on %s is not known (%s): %s", ps.Links[link].Name, fam, why)
		r.gaps = append(r.gaps, gap{link: rib.LinkID(link), dir: rib.Received, fam: fam})
	}
}

// addDefaultOnly adds the addresses that some other link routes today and that no ExpressRoute
// link carries beyond a default, less our own and bogons, and says what of them is not known.
func (ps *Pass) addDefaultOnly(b *netipx.IPSetBuilder, r *resolved, fam rib.Family) {
	for i := range ps.Links {
		ps.unseenReceived(i, fam, r)
	}
	set := ps.defaultOnly(fam)
	var carried netipx.IPSetBuilder // perhaps, over ExpressRoute: then it is no default-only address
	untied := false
	ps.Sight.EachUntied(rib.Received, fam, func(st rib.Standing) {
		if set.settled.ContainsPrefix(st.Prefix) {
			return
		}
		ps.missesUntied(r, st)
		if st.Prefix.Bits() == 0 || !set.certain.OverlapsPrefix(st.Prefix) {
			return
		}
		carried.AddPrefix(st.Prefix)
		if !untied { // one stands for all of them
			untied = true
			r.doubts = append(r.doubts, fmt.Sprintf("%s is tied to no link (%s): %s", st.Prefix, fam, st.Doubt))
			r.perhapsGaps = append(r.perhapsGaps, gap{link: rib.NoLink, dir: rib.Received, fam: fam, untied: true})
		}
	})
	for _, g := range ps.blindCarriers(fam) {
		carried.AddSet(set.certain)
		r.doubts = append(r.doubts, fmt.Sprintf("what is received on %s is not known (%s)", ps.table.LinkName(g.link), fam))
		r.perhapsGaps = append(r.perhapsGaps, g)
	}
	certain, perhaps := set.lessCarried(setOf(&carried))
	b.AddSet(certain)
	for _, d := range ps.learned(fam).doubts {
		r.doubts = append(r.doubts, fmt.Sprintf("%s on %s: %s", d.prefix, ps.table.LinkName(d.link), d.why))
		r.perhapsGaps = append(r.perhapsGaps, gap{link: d.link, dir: rib.Received, fam: fam})
	}
	r.perhaps = perhaps.Prefixes()
}

// lessCarried moves what may be carried over ExpressRoute from the certain addresses to those that are perhaps.
func (set *defaultOnly) lessCarried(carried *netipx.IPSet) (certain, perhaps *netipx.IPSet) {
	if len(carried.Ranges()) == 0 {
		return set.certain, set.perhaps // a full table's sets are large, and nothing is to be done
	}
	var less, more netipx.IPSetBuilder
	less.AddSet(set.certain)
	less.RemoveSet(carried)
	certain = setOf(&less)
	more.AddSet(set.perhaps)
	more.AddSet(set.certain)
	more.RemoveSet(certain)
	return certain, setOf(&more)
}

// setOf is what a builder holds.
func setOf(b *netipx.IPSetBuilder) *netipx.IPSet {
	set, _ := b.IPSet() // only an invalid prefix errs, and none was added
	return set
}

// blindCarriers are the ExpressRoute links that may carry routes which no feed shows.
func (ps *Pass) blindCarriers(fam rib.Family) (out []gap) {
	for i := range ps.Links {
		cover := ps.Sight.Coverage(rib.LinkID(i), rib.Received, fam)
		if ps.Links[i].Kind.ExpressRoute() && (!cover.Covered || cover.Scope != nil) {
			out = append(out, gap{link: rib.LinkID(i), dir: rib.Received, fam: fam})
		}
	}
	return out
}

// lessKnown leaves of what a remote may hold what it does not hold anyway.
func (r *resolved) lessKnown(fam rib.Family) {
	if len(r.perhaps) == 0 {
		return
	}
	var b netipx.IPSetBuilder
	for _, p := range r.perhaps {
		b.AddPrefix(p)
	}
	for _, p := range r.prefixes {
		b.RemovePrefix(p)
	}
	r.perhaps = setPrefixes(&b, fam)
}

// defaultOnly are the addresses of a family that default-only stands for.
type defaultOnly struct {
	certain *netipx.IPSet
	perhaps *netipx.IPSet // where doubtful routes tell whether they are among them
	settled *netipx.IPSet // whatever else is received there, they are not
}

func (ps *Pass) defaultOnly(fam rib.Family) *defaultOnly {
	l := ps.learned(fam)
	if l.defaultOnly != nil {
		return l.defaultOnly
	}
	var settled, certain, perhaps netipx.IPSetBuilder
	for _, d := range ps.declared {
		for _, p := range d.prefixes {
			settled.AddPrefix(p)
		}
	}
	for _, p := range bogons {
		settled.AddPrefix(p)
	}
	l.carried.addTo(&settled)
	set := &defaultOnly{settled: setOf(&settled)}
	l.routed.addTo(&certain)
	certain.RemoveSet(set.settled)
	l.doubted[perhapsCarried].removeFrom(&certain)
	set.certain = setOf(&certain)
	l.routed.addTo(&perhaps)
	l.doubted[perhapsRouted].addTo(&perhaps)
	perhaps.RemoveSet(set.settled)
	perhaps.RemoveSet(set.certain)
	set.perhaps = setOf(&perhaps)
	l.defaultOnly = set
	return set
}

// missesUntied: a route that is tied to no link may be one that the remote is made of, or that is to be
// taken out of it.
func (ps *Pass) missesUntied(r *resolved, st rib.Standing) {
	if r.missing != "" {
		return
	}
	fam := rib.FamilyOf(st.Prefix)
	r.missing = fmt.Sprintf("%s is tied to no link (%s): %s", st.Prefix, fam, st.Doubt)
	r.gaps = append(r.gaps, gap{link: rib.NoLink, dir: rib.Received, fam: fam, untied: true})
}

// addCommunities looks a remote's communities up among what the ExpressRoute links receive.
func (ps *Pass) addCommunities(b *netipx.IPSetBuilder, r *resolved, fam rib.Family, remote *Remote) {
	var blind resolved
	for i := range ps.Links {
		if ps.Links[i].Kind.ExpressRoute() {
			ps.unseenReceived(i, fam, &blind)
		}
	}
	ps.Sight.EachUntied(rib.Received, fam, func(st rib.Standing) {
		if st.Attrs.NotShown.Has(rib.AttrCommunities) || slices.ContainsFunc(remote.Communities, st.Attrs.HasCommunity) {
			ps.missesUntied(&blind, st)
		}
	})
	l := ps.learned(fam)
	l.tagged[remote].addTo(b)
	r.missing, r.gaps = blind.missing, blind.gaps
	if remote.CommunitiesOptional {
		return
	}
	for i := range ps.Links {
		if id := rib.LinkID(i); l.hidden[id] {
			r.rest = fmt.Sprintf("the dumps of what is received on %s show no communities (%s)", ps.Links[i].Name, fam)
			r.restGaps = append(r.restGaps, gap{link: id, dir: rib.Received, fam: fam})
		}
	}
}
