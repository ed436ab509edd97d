package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// Documented: "Since Microsoft received an IP address with the same subnet mask from the internet
// and ExpressRoute, the preferred path is always ExpressRoute".
var returnSameMask = &Check{
	ID: "return/same-mask", Title: "ExpressRoute takes the return traffic at the same mask", Severity: Error,
	Source: `expressroute-asymmetric-routing.md, 2024-07-11: "the preferred path is always ExpressRoute"`,
	Run: func(ps *Pass) {
		ps.overReturns(returnTest{
			fires: func(d *rib.Decision, off []rib.Candidate, intended []string) (string, bool) {
				if !ps.Links[off[0].Link].Kind.ExpressRoute() || !ps.lostAt(d, rib.ReasonLinkKind, intended) {
					return "", false
				}
				if ps.mayBeLonger(d, off) {
					return "", false
				}
				return "the same mask on the internet and ExpressRoute, so ExpressRoute takes it", true
			},
			rivals: func([]string) []string {
				var internet []string
				for i := range ps.Links {
					if ps.Links[i].Kind == rib.Internet {
						internet = append(internet, ps.Links[i].Name)
					}
				}
				return internet
			},
		})
	},
}

// returnMoreSpecific: longest match comes before everything else.
var returnMoreSpecific = &Check{
	ID: "return/more-specific", Title: "A more-specific pulls return traffic off its intended links", Severity: Error,
	Source: "RFC 4271 9.1.2.2; expressroute-asymmetric-routing.md, 2024-07-11",
	Run: func(ps *Pass) {
		ps.overReturns(returnTest{
			fires: func(d *rib.Decision, _ []rib.Candidate, intended []string) (string, bool) {
				c := ps.outmatched(d, intended)
				if c == nil || ps.mayMatch(d, intended) {
					return "", false
				}
				return fmt.Sprintf("more specific than %s on %s", c.Prefix, ps.table.LinkName(c.Link)), true
			},
			rivals: func(intended []string) []string { return intended },
		})
	},
}

// outmatched is the longest route of the intended links where longest match beat all of theirs;
// nil where it did not: one of them is as long as the winner, or none is there at all.
func (ps *Pass) outmatched(d *rib.Decision, intended []string) *rib.Candidate {
	var longest *rib.Candidate
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if c.Out || c.Link == rib.NoLink || !slices.Contains(intended, ps.table.LinkName(c.Link)) {
			continue
		}
		if c.Lost != rib.ReasonLongestMatch {
			return nil
		}
		if longest == nil || c.Prefix.Bits() > longest.Prefix.Bits() {
			longest = c
		}
	}
	return longest
}

// mayMatch reports whether one of the links may hold a route as long as the winner's that nobody showed
// for certain: then longest match alone did not decide.
func (ps *Pass) mayMatch(d *rib.Decision, links []string) bool {
	bits := -1
	for i := range d.Candidates {
		if c := &d.Candidates[i]; c.Lost == "" && !c.Out {
			bits = max(bits, c.Prefix.Bits())
		}
	}
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if c.Doubt != "" && c.Prefix.Bits() >= bits && (c.Link == rib.NoLink || slices.Contains(links, ps.table.LinkName(c.Link))) {
			return true
		}
	}
	return slices.ContainsFunc(links, func(name string) bool {
		id, ok := ps.table.LinkID(name)
		return ok && ps.mayHide(id, d.Direction, bits, d.Candidates[0].Prefix)
	})
}

// mayBeLonger reports whether the winners' own links may hold a longer route, so that the mask need not be
// what decides.
func (ps *Pass) mayBeLonger(d *rib.Decision, winners []rib.Candidate) bool {
	return slices.ContainsFunc(winners, func(w rib.Candidate) bool {
		return ps.mayHide(w.Link, d.Direction, w.Prefix.Bits()+1, w.Prefix) || slices.ContainsFunc(d.Candidates, func(c rib.Candidate) bool {
			return c.Doubt != "" && c.Link == w.Link && c.Prefix.Bits() > w.Prefix.Bits()
		})
	})
}

// mayHide reports whether the link may carry a route of a length in the direction that no feed shows.
func (ps *Pass) mayHide(link rib.LinkID, dir rib.Direction, bits int, like netip.Prefix) bool {
	cover := ps.Sight.Coverage(link, dir, rib.FamilyOf(like))
	if cover.Covered && cover.Scope == nil {
		return false
	}
	return bits <= ps.Sight.LongestUnseen(link, rib.FamilyOf(like))
}

// leaveOpenByLosers leaves the running check open on the links that won, where one of the
// rivals may hold a route that they beat: it is blind, or its route is doubtful.
func (ps *Pass) leaveOpenByLosers(d *rib.Decision, rivals []string, fam rib.Family, what string, won []string) {
	ps.leaveOpenByBlind(rivals, d.Direction, fam, what, won)
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if c.Doubt == "" || c.Link != rib.NoLink && !slices.Contains(rivals, ps.table.LinkName(c.Link)) {
			continue
		}
		g := gap{link: c.Link, dir: d.Direction, fam: fam, untied: c.Link == rib.NoLink}
		ps.leaveOpenOn(g, fmt.Sprintf("%s: %s: %s", what, c.Prefix, c.Doubt), won...)
	}
}

// lostAt reports whether a route of one of the links lost at the step.
func (ps *Pass) lostAt(d *rib.Decision, step rib.Reason, links []string) bool {
	return slices.ContainsFunc(d.Candidates, func(c rib.Candidate) bool {
		return c.Lost == step && slices.Contains(links, ps.table.LinkName(c.Link))
	})
}

// returnTest is what one of the return checks asks of a decision.
type returnTest struct {
	// fires says whether winners that are off the intended links got there in the check's own way,
	// and how.
	fires func(d *rib.Decision, off []rib.Candidate, intended []string) (how string, fires bool)
	// rivals are the links whose routes the winners must have beaten for the check to fire.
	rivals func(intended []string) []string
}

// overReturns runs one of the return checks. For every pool and service, and every prefix
// declaration where it holds neither, it looks at the choice of every observer but us over the
// declared addresses, and asks the test of them.
func (ps *Pass) overReturns(test returnTest) {
	ps.overAdvertised(func(_ *rib.Link, fam rib.Family) bool { return ps.declares(fam) })
	taken := map[Cause]bool{} // routes that took a pool or service
	for _, kind := range []string{"service", "pool", "prefix"} {
		for _, d := range ps.declared {
			if d.Kind != kind || len(d.links) == 0 {
				continue
			}
			for _, fam := range ps.families {
				own := inFamily(d.prefixes, fam)
				if kind == "prefix" {
					own = ps.governed(d, fam)
				}
				for _, p := range own {
					for _, ob := range ps.Sight.Observers() {
						ps.returnsOf(d, ob, p, taken, test)
					}
				}
			}
		}
		if kind == "service" {
			ps.returnsOfPools(taken, test)
		}
	}
}

// returnsOfPools looks at services that have no address of their own: at the pools that they really
// send from, as their remote's observer sees them.
func (ps *Pass) returnsOfPools(taken map[Cause]bool, test returnTest) {
	for _, f := range ps.flows {
		if f.Initiator != WeStart || len(f.service.Links) == 0 {
			continue
		}
		if f.partlyUnseen() {
			ps.openByFlow(f) // whether there is anybody to send to is open too
			continue
		}
		if f.reply == nil || f.forward == nil || len(f.forward.decision.Links) == 0 {
			continue // nothing leaves, so nothing has a source
		}
		if f.sources > 1 || slices.ContainsFunc(f.forward.decision.Possible, func(links []rib.LinkID) bool { return len(links) == 0 }) {
			ps.openBySource(f)
			continue
		}
		d := &declaration{Subject: Subject{"service", f.Service}, links: f.service.Links, backups: f.service.Backups, pos: f.service.Pos, assumes: f.forward.decision.Assumes}
		for _, p := range f.Local {
			ps.returnsOf(d, ps.Sight.Observer(f.reply.decision.Observer), p, taken, test)
		}
	}
}

// openBySource leaves the running check open where it may fire on what a service is answered at: by which link
// it sends, and so from which source, or whether it sends at all, is not known.
func (ps *Pass) openBySource(f *flow) {
	ob := ps.Sight.Observer(f.reply.decision.Observer)
	if !ps.hearsAny(ob, f.service.Links) {
		return
	}
	for _, p := range f.Local {
		for _, r := range ps.Sight.Ranges(ob, p, rib.Query{Brief: true}, rib.ByRoute) {
			if off := ps.mayTake(r.Decision, f.service.Links); len(off) > 0 {
				ps.leaveOpenBy(f.forward.decision, "whether "+f.Service+" sends from "+p.String(), off...)
				ps.leaveOpenBy(r.Decision, "the return to service "+f.Service, off...)
			}
		}
	}
}

func (ps *Pass) returnsOf(d *declaration, ob *rib.Observer, p netip.Prefix, taken map[Cause]bool, test returnTest) {
	if ob.Direction != rib.Advertised || !ps.hearsAny(ob, d.links) {
		return
	}
	for _, r := range ps.Sight.Ranges(ob, p, rib.Query{Brief: true}, rib.ByRoute) {
		dec := r.Decision
		if !dec.Firm() {
			if off := ps.mayTake(dec, d.links); len(off) > 0 {
				ps.leaveOpenBy(dec, fmt.Sprintf("the return to %s %s", d.Kind, d.Name), off...)
			}
			continue
		}
		off := ps.winnersOff(d, dec)
		cause := ps.returnCause(off)
		if len(off) == 0 || d.Kind == "prefix" && taken[cause] {
			continue
		}
		if g, unshown := ps.sidesUnshown(dec, off, d.links); unshown {
			ps.leaveOpenOn(g, fmt.Sprintf("the return to %s %s: the AS path on a side of the circuit is not shown", d.Kind, d.Name), ps.outside(dec.Links, d.links)...)
			continue
		}
		if how, ok := test.fires(dec, off, d.links); ok {
			taken[cause] = true
			ps.reportReturn(d, ob, dec, off, r, how)
		} else {
			// What a rival has that nobody showed may be what the winner beat.
			won, what := ps.outside(dec.Links, d.links), fmt.Sprintf("the return to %s %s", d.Kind, d.Name)
			ps.leaveOpenByLosers(dec, addTexts(test.rivals(d.links), won...), rib.FamilyOf(p), what, won) // and so may what the winner itself has
		}
	}
}

// winnersOff lists the winners that are off the intended links. A row of the observer's own table may win
// and be tied to no link: whether it is off them is then left open.
func (ps *Pass) winnersOff(d *declaration, dec *rib.Decision) (off []rib.Candidate) {
	for _, c := range dec.Candidates {
		switch perhaps := ps.outside(dec.Links, d.links); {
		case c.Lost != "" || c.Out:
		case c.Link == rib.NoLink && len(perhaps) > 0:
			g := gap{link: rib.NoLink, dir: dec.Direction, fam: rib.FamilyOf(c.Prefix), untied: true}
			ps.leaveOpenOn(g, fmt.Sprintf("the return to %s %s: no rule of feed %s ties %s to one link", d.Kind, d.Name, ps.table.Feeds()[c.Feed].Name, c.Prefix), perhaps...)
		case c.Link != rib.NoLink && !slices.Contains(d.links, ps.table.LinkName(c.Link)):
			off = append(off, c)
		}
	}
	return off
}

// sidesUnshown reports whether a winner that is off the intended links ties with an intended side of its
// own circuit only because the AS path of one of the two is not shown: it may well have lost.
func (ps *Pass) sidesUnshown(d *rib.Decision, off []rib.Candidate, intended []string) (gap, bool) {
	for i := range d.Candidates {
		in := &d.Candidates[i]
		if in.Lost != "" || in.Out || !slices.Contains(intended, ps.table.LinkName(in.Link)) {
			continue
		}
		for j := range off {
			a, b := &ps.Links[in.Link], &ps.Links[off[j].Link]
			if a.Circuit == "" || a.Circuit != b.Circuit {
				continue
			}
			for _, c := range []*rib.Candidate{in, &off[j]} {
				if c.Attrs.NotShown.Has(rib.AttrASPath) {
					return gap{link: c.Link, dir: d.Direction, fam: rib.FamilyOf(c.Prefix)}, true
				}
			}
		}
	}
	return gap{}, false
}

// mayTake lists the links off the intended ones that may carry what a decision is open about: those that
// win in some outcome, and those of doubtful routes, which may win where several doubts come together.
func (ps *Pass) mayTake(d *rib.Decision, intended []string) []string {
	off := ps.outside(d.Links, intended)
	for i := range d.Candidates {
		if c := &d.Candidates[i]; c.Doubt != "" && c.Link != rib.NoLink {
			off = addTexts(off, ps.outside([]rib.LinkID{c.Link}, intended)...)
		}
	}
	return off
}

// hearsAny: an observer that hears none of the intended links cannot use them, whatever we do.
func (ps *Pass) hearsAny(ob *rib.Observer, links []string) bool {
	return slices.ContainsFunc(ob.Hears, func(l rib.LinkID) bool { return slices.Contains(links, ps.table.LinkName(l)) })
}

// returnCause is the route that takes an answer off the intended links, and where.
func (ps *Pass) returnCause(off []rib.Candidate) Cause {
	if len(off) == 0 {
		return Cause{}
	}
	return Cause{What: CauseAdvertised, Prefix: off[0].Prefix, Link: ps.circuitName(ps.linksOff(off))}
}

func (ps *Pass) linksOff(off []rib.Candidate) (links []string) {
	for _, c := range off {
		links = addTexts(links, ps.table.LinkName(c.Link))
	}
	return links
}

func (ps *Pass) reportReturn(d *declaration, ob *rib.Observer, dec *rib.Decision, off []rib.Candidate, r rib.Range, how string) {
	links, route := ps.linksOff(off), off[0].Prefix
	f := Finding{
		Subject: d.Subject, Family: rib.FamilyOf(route), Prefixes: r.Prefixes(), Links: links,
		Cause:    ps.returnCause(off),
		Message:  fmt.Sprintf("%s answers %s %s over %s instead of %s: %s is %s", ob.Name, d.Kind, d.Name, list(links), list(d.links), route, how),
		advice:   ps.returnAdvice(dec, ob, d, r.Prefixes(), d.links),
		Inferred: dec.Inferred, Assumes: addTexts(slices.Clone(dec.Assumes), d.assumes...), Config: d.pos,
		Story: []string{
			fmt.Sprintf("%s sends a packet to %s", ob.Name, r.Prefixes()[0]),
			fmt.Sprintf("it chooses %s on %s (%s)", route, list(links), dec.Reason),
			fmt.Sprintf("the packet comes in there, and not by %s", list(d.links)),
		},
	}
	for _, c := range dec.Candidates {
		if !c.Out {
			f.Evidence = append(f.Evidence, ps.evidence(c.Entry))
			f.Assumes = addTexts(f.Assumes, ps.trustIn(c.Entry)...) // what it beat has to be there too
		}
	}
	ps.report(f)
}
