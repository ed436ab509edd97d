package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// returnAdvice brings the return to addresses of a declaration onto the wanted links.
func (ps *Pass) returnAdvice(dec *rib.Decision, ob *rib.Observer, d *declaration, own []netip.Prefix, wanted []string) *advice {
	won := list(ps.linksOff(winnersOutside(ps, dec, wanted)))
	return &advice{
		remedies:  func() []remedy { return ps.returnRemedies(dec, own, wanted) },
		otherwise: fmt.Sprintf("give %s addresses of its own, or let %s lead to the same firewall as %s", d.Name, won, list(wanted)),
		note:      func() string { return ps.privateNote(dec) },
		holds: func(_ *Intent, s *rib.Sight) bool {
			for _, p := range own {
				for _, r := range s.Ranges(s.Observer(ob.Name), p, rib.Query{Brief: true}, rib.ByRoute) {
					if !r.Decision.Firm() || len(r.Decision.Links) == 0 || len(ps.outside(r.Decision.Links, wanted)) > 0 {
						return false
					}
				}
			}
			return true
		},
	}
}

// keptOff lists the links that a declaration does not keep off: its own and their backups, or all but those of never-links.
func (ps *Pass) keptOff(d *declaration) []string {
	if len(d.links) > 0 {
		return append(slices.Clone(d.links), d.backups.names()...)
	}
	var out []string
	for i := range ps.Links {
		if !slices.Contains(d.never, ps.Links[i].Name) {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

// withdrawAdvice takes a route off links on which nothing declares it.
func (ps *Pass) withdrawAdvice(p netip.Prefix, links []string, choices func() string) *advice {
	return &advice{remedies: func() []remedy { return ps.withdrawal(p, links) }, choices: choices, holds: func(_ *Intent, s *rib.Sight) bool {
		return !ps.anySent(s, p, links)
	}}
}

// anySent reports whether one of the links has a row of the prefix itself.
func (ps *Pass) anySent(s *rib.Sight, p netip.Prefix, links []string) bool {
	return slices.ContainsFunc(links, func(name string) bool {
		id, _ := ps.table.LinkID(name)
		return slices.ContainsFunc(s.CoveringAdvertised(id, p), func(st rib.Standing) bool { return st.Prefix == p })
	})
}

// allCovered reports whether each of the links surely has a route for each of the prefixes.
func (ps *Pass) allCovered(s *rib.Sight, own []netip.Prefix, links []string) bool {
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		for _, p := range own {
			if !slices.ContainsFunc(s.CoveringAdvertised(id, p), func(st rib.Standing) bool { return st.Certain() }) {
				return false
			}
		}
	}
	return true
}

// declareInstead is the other way out of an unexpected prefix; nothing is declared that is not ours, or is
// a default route.
func (ps *Pass) declareInstead(p netip.Prefix, link rib.LinkID) string {
	if e := sentOn(ps.table, link, p); p.Bits() == 0 || e == nil || ps.leaked(e) {
		return "give what hangs on it another way, and then stop advertising it"
	}
	return fmt.Sprintf("declare %s under prefixes: if it is meant to be there, or advertise what is declared in its place", p)
}

// leaked reports whether a route that we send is another network's: its AS path goes on behind our own.
func (ps *Pass) leaked(e *rib.Entry) bool {
	if path := e.Attrs.ASPath; len(path) > 0 && len(path[len(path)-1].ASNs) > 0 {
		asns := path[len(path)-1].ASNs
		origin := asns[len(asns)-1]
		return !slices.Contains(ps.Site.ASNs, origin) && !rib.PrivateASN(origin)
	}
	return e.Attrs.NotShown.Has(rib.AttrASPath)
}

// missingAdvice puts a declaration onto its links. An internet link carries nothing longer than /24 or /48.
func (ps *Pass) missingAdvice(d *declaration, first netip.Prefix, lacks []netip.Prefix, links []string, fam rib.Family) *advice {
	otherwise := fmt.Sprintf("take %s out of the links of %s", list(links), d.Name)
	if most := rib.InternetMax(fam); first.Bits() > most && ps.linkNamed(links[0]).Kind == rib.Internet {
		wide := netip.PrefixFrom(first.Addr(), most).Masked()
		otherwise = fmt.Sprintf("no ISP takes %s, which is longer than /%d: if %s is yours, declare it under prefixes: and advertise it on %s; else %s", first, most, wide, list(links), otherwise)
	}
	return &advice{
		remedies: func() []remedy {
			out := []remedy{ps.onEach(Advertise, links, first)}
			if most := rib.InternetMax(fam); first.Bits() > most {
				out = append(out, ps.onEach(Advertise, links, netip.PrefixFrom(first.Addr(), most).Masked()))
			}
			if len(lacks) <= mostParts {
				out = append(out, ps.onEach(Advertise, links, lacks...))
			}
			return out
		},
		otherwise: otherwise,
		note:      func() string { return ps.silentNote(ps.linkNamed(links[0])) },
		holds:     func(_ *Intent, s *rib.Sight) bool { return ps.allCovered(s, lacks, links) },
	}
}
