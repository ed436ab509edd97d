package main

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"bgpaudit/bgp/router"
	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// The monitor's end of the sessions: an AS of its own towards mirrors, which then show paths as the
// link's neighbour gets them.
var (
	monitorID  = netip.MustParseAddr("10.255.0.9")
	monitorASN = uint32(65551)
)

// sessionFeeds are the feeds of a monitor of the site, as docs/monitor.md asks for them: for each
// link a session with its export policy, for each router one that sends every path that it received,
// tagged by link. They stand in for dumps of any view; a far-end table has no session of its own.
func sessionFeeds(in *policy.Intent) []configs.Feed {
	var out []configs.Feed
	add := func(f rib.Feed, s configs.BGPFeed) {
		f.View, f.Families = rib.Monitor, rib.Families[:]
		s.Neighbor, s.ASN = netip.AddrFrom4([4]byte{127, 0, 1, byte(len(out) + 1)}), in.Site.ASNs[0]
		out = append(out, configs.Feed{Feed: f, BGP: &s})
	}
	var routers []string
	for _, l := range in.Links {
		add(rib.Feed{Name: l.Name + "-mirror", Router: l.Router, Mirrors: l.Name}, configs.BGPFeed{LocalASN: monitorASN})
		if !slices.Contains(routers, l.Router) {
			routers = append(routers, l.Router)
		}
	}
	for _, r := range routers {
		var rules []rib.ClassifyRule
		for i, l := range in.Links {
			if l.Router == r {
				tag := linkTag(i)
				rules = append(rules, rib.ClassifyRule{Community: &tag, Link: l.Name})
			}
		}
		add(rib.Feed{Name: r, Router: r, AddPath: "all", Classify: rules}, configs.BGPFeed{LocalASN: in.Site.ASNs[0], AddPath: "all"})
	}
	return out
}

// linkTag is the community that the import policy of a link sets.
func linkTag(link int) rib.Community { return rib.NewCommunity(64512, uint32(101+link)) }

// player is a router's end of one session: the routes that it announces there.
type player struct {
	*router.Session
	conf   router.Config
	feed   rib.FeedID
	link   string // that it mirrors
	routes []rib.Route
}

// playersOf plays the routers whose tables the files of a site show: each route is announced in the
// session that stands for its dump.
func playersOf(files *site, feeds []configs.Feed) []*player {
	var out []*player
	for i := range feeds {
		f := &feeds[i]
		out = append(out, &player{feed: rib.FeedID(i), link: f.Mirrors, conf: router.Config{Address: f.BGP.Neighbor, ASN: f.BGP.ASN, AddPath: f.BGP.AddPath != ""}})
	}
	links := files.table.Links()
	for _, e := range everyEntry(files.table) {
		if e.Tie != rib.Tied {
			continue
		}
		l, from := &links[e.Link], files.table.Feeds()[e.Feed]
		if from.View.Advertised() {
			p := out[slices.IndexFunc(feeds, func(f configs.Feed) bool { return f.Mirrors == l.Name })]
			p.routes = append(p.routes, asSent(e.Route, from, files.config.Intent.Site.ASNs[0]))
		} else {
			p := out[slices.IndexFunc(feeds, func(f configs.Feed) bool { return f.Mirrors == "" && f.Router == l.Router })]
			p.routes = append(p.routes, asHeld(e.Route, l, e.Link))
		}
	}
	return out
}

func everyEntry(t *rib.Table) (all []rib.Entry) {
	for _, fam := range rib.Families {
		all = append(all, t.Exact(fam.All())...)
		t.MoreSpecifics(fam.All(), func(e rib.Entry) bool {
			all = append(all, e)
			return true
		})
	}
	return all
}

// Next hops of the routers themselves, where a dump has 0.0.0.0 or :: for them.
var ownNextHops = [2]netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8:0:a::2")}

// asSent is an advertised route as a neighbour in another AS gets it.
func asSent(r rib.Route, from *rib.Feed, asn uint32) rib.Route {
	a := &r.Attrs
	if from.State.ASPathForm == rib.BeforeOwnASN {
		a.ASPath = append(rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{asn}}}, a.ASPath...)
	}
	if !a.NextHop.IsValid() || a.NextHop.IsUnspecified() {
		a.NextHop = ownNextHops[rib.FamilyOf(r.Prefix)]
	}
	a.LocalPref, r.PathID = rib.Optional{}, 0
	return r
}

// asHeld is a received route as its router holds it: with the local preference and the tag that the
// import policy of its link sets. Its path identifier tells the links apart.
func asHeld(r rib.Route, l *rib.Link, id rib.LinkID) rib.Route {
	a := &r.Attrs
	if !a.LocalPref.Set {
		a.LocalPref = rib.Some(l.Preference.Or(100))
	}
	a.Communities = append(slices.Clone(a.Communities), linkTag(int(id)))
	r.PathID = uint32(id) + 1
	return r
}

// open brings the session up and sends the whole table.
func (p *player) open(ctx context.Context, monitor netip.AddrPort) error {
	p.conf.Monitor = monitor
	var err error
	if p.Session, err = router.Open(ctx, p.conf); err != nil {
		return err
	}
	for i := range p.routes {
		err = errors.Join(err, p.Advertise(&p.routes[i]))
	}
	for _, fam := range rib.Families {
		err = errors.Join(err, p.EndOfRIB(fam))
	}
	return err
}

// announce adds routes to the table, and sends them where the session is up.
func (p *player) announce(routes []rib.Route) (err error) {
	for i := range routes {
		p.routes = append(p.routes, routes[i])
		err = errors.Join(err, p.Advertise(&routes[i]))
	}
	return err
}

// withhold takes the routes of a prefix out of the table before it is sent.
func (p *player) withhold(prefix netip.Prefix) (held []rib.Route) {
	p.routes = slices.DeleteFunc(p.routes, func(r rib.Route) bool {
		if r.Prefix == prefix {
			held = append(held, r)
		}
		return r.Prefix == prefix
	})
	return held
}

// withdraw is withhold for a table that was sent.
func (p *player) withdraw(prefix netip.Prefix) (err error) {
	for _, r := range p.withhold(prefix) {
		err = errors.Join(err, p.Withdraw(r.Prefix, r.PathID))
	}
	return err
}
