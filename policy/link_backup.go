package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// linkBackup: traffic comes in by a link that only stands in, while one that it stands in for has a route. The
// order of links is the operator's: no document asks for it, so the rule is inferred from longest match and
// from the steps behind it (RFC 4271 9.1.2).
var linkBackup = &Check{
	ID: "link/backup", Title: "A backup link takes traffic, or carries a route, while a link that it stands in for has one", Severity: Error,
	Source: "RFC 4271 9.1.2; inferred",
	Run: func(ps *Pass) {
		all := ps.backedUp()
		ps.overAdvertised(func(l *rib.Link, fam rib.Family) bool {
			return slices.ContainsFunc(all, func(d *declaration) bool { return d.backups.has(l.Name) && len(inFamily(d.prefixes, fam)) > 0 })
		})
		for _, d := range all {
			for _, fam := range ps.families {
				ps.checkCarried(d, fam)
				for _, p := range ps.judgedOf(d, fam) {
					for _, ob := range ps.Sight.Observers() {
						ps.checkBackupWins(d, ob, p)
					}
				}
			}
		}
	},
}

// backedUp lists the declarations that have backups, and the services that have them and are known by their
// pools alone.
func (ps *Pass) backedUp() (out []*declaration) {
	for _, d := range ps.declared {
		if len(d.backups.names()) > 0 {
			out = append(out, d)
		}
	}
	for i := range ps.Services {
		s := &ps.Services[i]
		if len(s.Addresses) > 0 || len(s.Backups.names()) == 0 {
			continue
		}
		d := &declaration{Subject: Subject{"service", s.Name}, links: s.Links, backups: Backups{Always: s.Backups.names()}, pos: s.Pos, byPools: true}
		for _, p := range ps.poolsOf(s) {
			d.prefixes = append(d.prefixes, p.Prefixes...)
		}
		out = append(out, d)
	}
	return out
}

// judgedOf lists the addresses that the declaration answers for.
func (ps *Pass) judgedOf(d *declaration, fam rib.Family) []netip.Prefix {
	if d.byPools || d.Kind == "pool" { // a pool is used as a whole, whatever is declared inside it
		return inFamily(d.prefixes, fam)
	}
	return ps.governed(d, fam)
}

// checkBackupWins looks at what an observer chooses for p. One that hears none of the links cannot use them,
// whatever we do.
func (ps *Pass) checkBackupWins(d *declaration, ob *rib.Observer, p netip.Prefix) {
	backed := ps.heardBy(ob, d.links)
	if ob.Direction != rib.Advertised || len(backed) == 0 || len(ps.heardBy(ob, d.backups.names())) == 0 {
		return
	}
	for _, r := range ps.Sight.Ranges(ob, p, rib.Query{Brief: true}, rib.ByRoute) {
		dec := r.Decision
		won := ps.outside(dec.Links, d.links)
		if !dec.Firm() {
			won = ps.mayTake(dec, d.links)
		}
		won = slices.DeleteFunc(won, func(l string) bool { return !d.backups.has(l) })
		if len(won) == 0 {
			continue
		}
		set, what := r.Prefixes(), fmt.Sprintf("whether backup %s of %s %s is used while %s has a route", list(won), d.Kind, d.Name, list(backed))
		routes := ps.routesFor(backed, set, rib.FamilyOf(p))
		switch off := ps.winnersOn(dec, won); {
		case routes.none():
		case !dec.Firm():
			ps.leaveOpenBy(dec, what, won...)
		case ps.backupUnshown(d, dec, off, what, won):
		case len(routes.certain) > 0 && len(off) > 0:
			ps.reportBackup(d, ob, dec, off, routes.certain)
		}
		if len(routes.certain) == 0 {
			ps.leaveRoutesOpen(backed, set, rib.FamilyOf(p), what, won...)
		}
	}
}

// winnersOn lists the winners that are on one of the links.
func (ps *Pass) winnersOn(d *rib.Decision, links []string) (out []rib.Candidate) {
	for _, c := range d.Candidates {
		if c.Lost == "" && !c.Out && c.Link != rib.NoLink && slices.Contains(links, ps.table.LinkName(c.Link)) {
			out = append(out, c)
		}
	}
	return out
}

// backupUnshown leaves the check open where it is not shown that a backup wins: the observer's own table holds
// a row that no rule ties to one link, or the AS path on a side of a circuit is hidden.
func (ps *Pass) backupUnshown(d *declaration, dec *rib.Decision, off []rib.Candidate, what string, won []string) bool {
	for _, c := range dec.Candidates {
		if c.Lost == "" && !c.Out && c.Link == rib.NoLink {
			g := gap{link: rib.NoLink, dir: dec.Direction, fam: rib.FamilyOf(c.Prefix), untied: true}
			ps.leaveOpenOn(g, fmt.Sprintf("%s: no rule of feed %s ties %s to one link", what, ps.table.Feeds()[c.Feed].Name, c.Prefix), won...)
			return true
		}
	}
	g, unshown := ps.sidesUnshown(dec, off, d.links)
	if unshown {
		ps.leaveOpenOn(g, what+": the AS path on a side of the circuit is not shown", won...)
	}
	return unshown
}

// heardBy lists those of the links that the observer hears.
func (ps *Pass) heardBy(ob *rib.Observer, links []string) []string {
	return slices.DeleteFunc(slices.Clone(links), func(l string) bool { return !ps.hearsAny(ob, []string{l}) })
}

func (ps *Pass) reportBackup(d *declaration, ob *rib.Observer, dec *rib.Decision, off []rib.Candidate, where []netip.Prefix) {
	links, route := ps.linksOff(off), off[0].Prefix
	on := ps.heardBy(ob, d.links)
	how := fmt.Sprintf("though %s has a route (%s)", list(on), dec.Reason)
	if tied := ps.outside(dec.Links, links); len(tied) > 0 {
		how = fmt.Sprintf("and over %s alike: nothing that it compares tells them apart", list(tied))
	}
	f := Finding{
		Subject: d.Subject, Family: rib.FamilyOf(route), Prefixes: where, Links: links, Cause: ps.returnCause(off),
		Message:  fmt.Sprintf("%s answers %s %s over backup %s, %s: %s", ob.Name, d.Kind, d.Name, list(links), how, route),
		advice:   ps.backupAdvice(d, ob, dec, where, route, links, on),
		Inferred: dec.Inferred, Assumes: slices.Clone(dec.Assumes), Config: d.pos,
		Story: []string{
			fmt.Sprintf("%s sends a packet to %s", ob.Name, where[0]),
			fmt.Sprintf("it chooses %s on %s (%s)", route, list(links), dec.Reason),
			fmt.Sprintf("the packet comes in by the backup, and %s is not down", list(on)),
		},
	}
	for _, c := range dec.Candidates {
		if !c.Out {
			f.Evidence = append(f.Evidence, ps.evidence(c.Entry))
			f.Assumes = addTexts(f.Assumes, ps.trustIn(c.Entry)...) // what it beat has to be there too
		}
	}
	if ps.tieOfISPs(dec) {
		f.Assumes = addTexts(f.Assumes, "which ISP a network prefers is not seen: "+list(ps.names(dec.Links))+" count as equal")
		if ps.prepended(dec, off) && !ps.breaksPool(d, dec) {
			f.Severity = Warning // most networks follow the shorter path, and nobody sees which do not
		}
	}
	ps.report(f)
}

// breaksPool reports whether connections of a pool are answered at several firewalls: to the networks that do
// not follow, a prepend is none.
func (ps *Pass) breaksPool(d *declaration, dec *rib.Decision) bool {
	first := ps.Links[dec.Links[0]].Firewall
	return (d.byPools || d.Kind == "pool") && slices.ContainsFunc(dec.Links, func(l rib.LinkID) bool { return ps.Links[l].Firewall != first })
}

// tieOfISPs reports whether links of the internet tie for whoever does not say how it chooses among ISPs.
func (ps *Pass) tieOfISPs(d *rib.Decision) bool {
	many := d.Observer == rib.ObserverInternet || d.Observer == rib.ObserverMicrosoft
	return many && d.Outcome == rib.OutcomeTie && d.Reason == rib.ReasonEqual &&
		!slices.ContainsFunc(d.Links, func(l rib.LinkID) bool { return ps.Links[l].Kind != rib.Internet })
}

// prepended reports whether each of the backup's routes leaves us with a longer AS path than every other that
// ties, as far as is shown.
func (ps *Pass) prepended(d *rib.Decision, backup []rib.Candidate) bool {
	longest := 0
	for _, c := range d.Candidates {
		isBackup := slices.ContainsFunc(backup, func(b rib.Candidate) bool { return b.Link == c.Link })
		if c.Lost == "" && !c.Out && !isBackup {
			longest = max(longest, ps.table.LengthSent(&c.Entry))
		}
	}
	return !slices.ContainsFunc(backup, func(c rib.Candidate) bool {
		return !c.Attrs.NotShown.Has(rib.AttrASPath) && ps.table.LengthSent(&c.Entry) <= longest
	})
}

// backupAdvice makes the backup lose, and leaves it advertised.
func (ps *Pass) backupAdvice(d *declaration, ob *rib.Observer, dec *rib.Decision, own []netip.Prefix, route netip.Prefix, backup, on []string) *advice {
	ad := ps.returnAdvice(dec, ob, d, own, d.links)
	ad.otherwise = ps.backupHint(ob, dec, route, backup, on)
	return ad
}

// backupHint says how the backup would lose.
func (ps *Pass) backupHint(ob *rib.Observer, dec *rib.Decision, route netip.Prefix, backup, on []string) string {
	whenDown := fmt.Sprintf("or carry it there only while no route is on %s (backup-when-down:)", list(on))
	if (dec.Reason == rib.ReasonEqual || dec.Reason == rib.ReasonASPathLength) && ps.prependsCount(ob, append(slices.Clone(backup), on...)) {
		return fmt.Sprintf("prepend our own ASN on %s, so that the AS path by %s is the shorter one, %s", list(backup), list(on), whenDown)
	}
	longer := slices.ContainsFunc(on, func(name string) bool {
		id, ok := ps.table.LinkID(name)
		return ok && route.Bits() < ps.Sight.LongestUnseen(id, rib.FamilyOf(route))
	})
	if longer {
		return fmt.Sprintf("advertise it more specifically on %s than on %s, %s", list(on), list(backup), whenDown)
	}
	return fmt.Sprintf("advertise a shorter prefix on %s than %s, %s", list(backup), route, whenDown)
}

// prependsCount reports whether a prepend of ours changes the observer's choice among the links: Microsoft
// counts AS paths between circuits alone, and takes private ASNs out of them.
func (ps *Pass) prependsCount(ob *rib.Observer, links []string) bool {
	if ob.Name != rib.ObserverMicrosoft {
		return ob.CountsASPath()
	}
	return ob.CountsASPath() && slices.ContainsFunc(ps.Site.ASNs, func(asn uint32) bool { return !rib.PrivateASN(asn) }) &&
		!slices.ContainsFunc(links, func(l string) bool { return !ps.linkNamed(l).Kind.ExpressRoute() })
}
