package rib

import (
	"fmt"
	"slices"
	"strings"
)

// preferredLink is an observer's own order of links, as prefer: declares it. That is its local preference
// (RFC 4271 9.1.1), which no table of ours shows. Links that it does not list come behind the listed ones,
// and are equal.
func preferredLink(observer string, prefers []LinkID) step {
	return step{
		reason: ReasonLocalPref, words: "local preference",
		rank: func(_ *decider, c *candidate) rank {
			place := slices.Index(prefers, c.link)
			if place < 0 {
				place = len(prefers)
			}
			return rank{value: int64(place), shown: int64(c.link)}
		},
		compare: func(d *decider, loser, winner rank) string {
			return fmt.Sprintf("%s prefers %s to %s", observer, d.s.t.LinkName(LinkID(winner.shown)), d.s.t.LinkName(LinkID(loser.shown)))
		},
	}
}

// withPreference puts the observer's order of links ahead of the AS path and of what stands behind it. What
// a document says of the observer, and what is seen of its choice, goes before what the config says.
func withPreference(steps []step, preferred step) []step {
	at := slices.IndexFunc(steps, func(s step) bool {
		switch s.reason {
		case ReasonASPathLength, ReasonOrigin, ReasonMED:
			return true
		}
		return s.rank == nil
	})
	if at < 0 {
		at = len(steps)
	}
	return slices.Insert(slices.Clone(steps), at, preferred)
}

// preferenceOnTrust says that the answer rests on the declared order of links: the winner is a listed one,
// and another link has a route as long, or may have one.
func (d *decider) preferenceOnTrust(a *answer, cs []candidate) string {
	if len(d.ob.prefers) == 0 || len(a.links) != 1 || !slices.Contains(d.ob.prefers, a.links[0]) {
		return ""
	}
	bits := cs[a.winners[0]].bits
	rival := slices.ContainsFunc(d.blind, func(l LinkID) bool { return l != a.links[0] }) || slices.ContainsFunc(cs, func(c candidate) bool {
		return c.never == "" && c.bits == bits && c.link != a.links[0] && (c.link == NoLink || slices.Contains(d.hears, c.link))
	})
	if !rival {
		return ""
	}
	return fmt.Sprintf("declared, not observed: %s prefers %s", d.ob.Name, strings.Join(d.names(d.ob.prefers), ", then "))
}

// heardKinds are the kinds of link that a built-in observer hears; nil for any other observer.
func heardKinds(observer string) []LinkKind {
	switch observer {
	case ObserverUs:
		return LinkKinds
	case ObserverMicrosoft:
		return []LinkKind{Internet, ExpressRouteMicrosoft}
	case ObserverInternet:
		return []LinkKind{Internet}
	case ObserverAzure:
		return []LinkKind{ExpressRoutePrivate, VPN}
	case ObserverAVS:
		return []LinkKind{ExpressRoutePrivate}
	}
	return nil
}

// HearsKind reports whether a built-in observer hears links of the kind, where the config does not say
// which links it hears.
func HearsKind(observer string, kind LinkKind) bool {
	return slices.Contains(heardKinds(observer), kind)
}
