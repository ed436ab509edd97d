package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// advice is what a check knows of how its finding goes.
type advice struct {
	remedies  func() []remedy // to be tried in this order
	otherwise string          // what there is to choose from where none of them will do
	choices   func() string   // in its place, where it takes work to say: findings come by the million, and advice is of few
	note      func() string   // what holds whichever is chosen
	// holds decides again what went wrong, and nothing else; nil: nothing was decided.
	holds func(in *Intent, s *rib.Sight) bool
}

// remedy is a set of changes that may make a finding go.
type remedy []Change

func (ad *advice) choice() string {
	if ad.choices != nil {
		return ad.choices()
	}
	return ad.otherwise
}

// adviser tries remedies out. The whole audit is made again with a remedy applied, while its budget lasts;
// of a table that is too large for that, only what went wrong is decided again.
type adviser struct {
	*Pass
	before *Result
	routes int               // that may still be audited again
	narrow map[*Finding]bool // only what went wrong was decided again
	tries  int               // that are left
}

// mostAudited bounds by how many routes, declarations and flows advice may make an audit longer.
const mostAudited = 5_000

// mostTried bounds how many remedies are tried beside one audit.
const mostTried = 100

// What stands in front of advice that is none of the changes that were tried.
const (
	narrowly = " (the site is too large to audit again: this was decided again by itself)"
	aChoice  = "this is a choice: "
	untried  = "there are too many findings to try each change, so this is to be thought over: "
)

// advise writes what to do beside every finding that its check can advise on.
func (ps *Pass) advise(before *Result) {
	a := &adviser{Pass: ps, before: before, routes: mostAudited, tries: mostTried, narrow: map[*Finding]bool{}}
	cured := map[string]remedy{} // by what was done for the head of their group
	for _, f := range ps.findings {
		ad := f.advice
		if ad == nil {
			continue
		}
		found, but := cured[f.ID], ""
		if len(found) == 0 || f.CausedBy == "" {
			found, but = a.cure(f, ad, cured)
		}
		f.Do = found
		switch {
		case len(found) > 0:
			f.Hint = ps.tell(found)
			if a.narrow[f] {
				f.Hint += narrowly
			}
		case a.tries == 0 && but == "" && ad.remedies != nil:
			f.Hint = untried + ad.choice()
		default:
			f.Hint = aChoice + but + ad.choice()
		}
		if ad.note == nil {
			continue
		}
		if f.Note = ad.note(); f.Note != "" {
			f.Hint += "; " + f.Note
		}
	}
}

// dropAdvice lets go of what would hold the whole pass for as long as its result is kept.
func (ps *Pass) dropAdvice() {
	drop := func(f *Finding) {
		if f != nil {
			f.advice = nil
		}
	}
	for _, f := range ps.findings {
		drop(f)
	}
	for _, p := range ps.found.order {
		drop(p.last)
		for _, f := range p.first {
			drop(f)
		}
	}
}

// cure finds the first remedy that makes a finding go and brings nothing new, or one that does so together with
// what mends another finding of its subject or route. Where none does, but says what the first that would make it
// go brings.
func (a *adviser) cure(f *Finding, ad *advice, cured map[string]remedy) (found remedy, but string) {
	if ad.remedies == nil || a.tries == 0 {
		return nil, ""
	}
	var half remedy
	for _, r := range ad.remedies() {
		goes, brings := a.try(f, ad, r, cured)
		switch {
		case goes && brings == "":
			return r, ""
		case goes && half == nil:
			half, but = r, fmt.Sprintf("%s, which %s; or ", a.tell(r), brings)
		}
	}
	if half == nil || a.cost() > a.routes {
		return nil, but
	}
	for _, more := range a.related(f) {
		both := half.with(more)
		if goes, brings := a.try(f, ad, both, cured); goes && brings == "" {
			return both, ""
		}
	}
	return nil, but
}

// cost is about what an audit of the site takes, in routes.
func (a *adviser) cost() int { return a.table.Len() + len(a.declared) + 10*len(a.flows) }

// related lists what is tried first for other findings that bear on the same subject or route.
func (a *adviser) related(f *Finding) (out []remedy) {
	for _, g := range a.findings {
		if g == f || g.Family != f.Family || g.advice == nil || g.advice.remedies == nil || g.Subject != f.Subject && g.Cause.Prefix != f.Cause.Prefix {
			continue
		}
		for i, r := range g.advice.remedies() {
			if i < mostRelated && len(out) < 4*mostRelated {
				out = append(out, r)
			}
		}
	}
	return out
}

// mostRelated is how many remedies of another finding are tried beside a finding's own.
const mostRelated = 4

// with is both remedies, each change once.
func (r remedy) with(more remedy) remedy {
	both := slices.Clone(r)
	for _, c := range more {
		if !slices.ContainsFunc(both, func(have Change) bool { return have.what() == c.what() && have.Link == c.Link }) {
			both = append(both, c)
		}
	}
	return both
}

// try decides again with a remedy applied: whether the finding goes, and what comes.
func (a *adviser) try(f *Finding, ad *advice, r remedy, cured map[string]remedy) (goes bool, brings string) {
	a.heed()
	if a.tries == 0 || len(r) == 0 || a.denied(r) {
		return false, ""
	}
	a.tries--
	cost := a.cost()
	if cost > a.routes && ad.holds == nil {
		return false, ""
	}
	in, sight, err := Suppose(a.Intent, a.Sight, r)
	if err != nil {
		return false, ""
	}
	in.Brief = true
	if cost > a.routes {
		a.narrow[f] = true
		return ad.holds(in, sight) && a.stillReached(sight, r), ""
	}
	a.routes -= cost
	after := audit(a.stop, in, sight, a.Now)
	if slices.ContainsFunc(after.Findings, func(g *Finding) bool {
		return g.Check == f.Check && g.Subject == f.Subject && g.Family == f.Family && !a.had(g)
	}) {
		return false, "" // it is elsewhere now
	}
	gone, brings := a.compare(after)
	if brings == "" && slices.Contains(gone, f.ID) {
		for _, id := range gone {
			cured[id] = r
		}
		return true, ""
	}
	return slices.Contains(gone, f.ID), brings
}

// denied reports whether a remedy is none, whatever it would mend: it advertises what nobody declares, or to
// the internet what no ISP takes on.
func (a *adviser) denied(r remedy) bool {
	return slices.ContainsFunc(r, func(c Change) bool {
		if c.Action != Advertise {
			return false
		}
		d, _ := a.governing(c.Prefix)
		l := a.linkNamed(c.Link)
		return d == nil || l != nil && l.Kind == rib.Internet && c.Prefix.Bits() > rib.InternetMax(rib.FamilyOf(c.Prefix))
	})
}

// stillReached reports whether what is declared inside the routes that a remedy stops keeps a route on some link,
// as far as it had one.
func (a *adviser) stillReached(after *rib.Sight, r remedy) bool {
	reached := func(s *rib.Sight, q netip.Prefix) bool {
		for i := range a.Links {
			if slices.ContainsFunc(s.CoveringAdvertised(rib.LinkID(i), q), func(st rib.Standing) bool { return st.Certain() }) {
				return true
			}
		}
		return false
	}
	for _, c := range r {
		if c.Action != StopAdvertising {
			continue
		}
		for _, d := range a.declared {
			for _, q := range d.prefixes {
				if q.Bits() < c.Prefix.Bits() {
					q = c.Prefix // of what is wider, this part
				}
				if holds(c.Prefix, q) && d.overlaps(q) && reached(a.Sight, q) && !reached(after, q) {
					return false
				}
			}
		}
	}
	return true
}

// overlaps reports whether the declaration is of addresses of q.
func (d *declaration) overlaps(q netip.Prefix) bool {
	return slices.ContainsFunc(d.prefixes, q.Overlaps)
}

// compare lists the findings that are gone, and says what is new; empty where nothing is.
func (a *adviser) compare(after *Result) (gone []string, brings string) {
	now := map[string]bool{}
	for _, f := range after.Findings {
		now[f.ID] = true
	}
	for _, f := range a.findings {
		if !now[f.ID] {
			gone = append(gone, f.ID)
		}
		delete(now, f.ID)
	}
	for _, f := range after.Findings {
		if now[f.ID] && f.Severity > Info && !strings.HasPrefix(f.Check, "waiver/") { // a waiver may have nothing left to waive
			return gone, fmt.Sprintf("brings %s of %s %s", f.Check, f.Subject.Kind, f.Subject.Name)
		}
	}
	if a.unknownNow(after) {
		return gone, "leaves more unknown"
	}
	return gone, ""
}

// unknownNow reports whether something is unknown that was well before. What was wrong may be: it is not seen
// to be wrong any more.
func (a *adviser) unknownNow(after *Result) bool {
	type asked struct{ check, link, family string }
	before := map[asked]State{}
	for _, c := range a.before.Checks {
		before[asked{c.Check, c.Link, c.Family.String()}] = c.State
	}
	return slices.ContainsFunc(after.Checks, func(c CheckState) bool {
		was := before[asked{c.Check, c.Link, c.Family.String()}]
		return c.State == UnknownState && was != UnknownState && was != Fired
	})
}

func (a *adviser) had(f *Finding) bool {
	return slices.ContainsFunc(a.findings, func(g *Finding) bool { return g.ID == f.ID })
}

// sessions are the addresses of a link's neighbours for a prefix: those that its rows show, else the one
// that a dump says it is of, else those of the config, of the prefix's family where there are any.
func (ps *Pass) sessions(link rib.LinkID, dir rib.Direction, p netip.Prefix) []netip.Addr {
	var out []netip.Addr
	for _, e := range ps.table.Exact(p) {
		v := ps.table.Feeds()[e.Feed].View
		ours := v != rib.FarEnd && v != rib.Collector && v != rib.Chosen // of theirs the neighbour is another
		if e.Link == link && ours && v.Received() == (dir == rib.Received) && e.Neighbor.IsValid() && !slices.Contains(out, e.Neighbor) {
			out = append(out, e.Neighbor)
		}
	}
	all := slices.Clone(ps.Links[link].Neighbors)
	for _, f := range ps.table.Feeds() {
		if n := f.State.Neighbor; f.Link == ps.Links[link].Name && n.IsValid() && f.View.Received() == (dir == rib.Received) && f.View != rib.FarEnd && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, n := range all {
		if !p.IsValid() || n.Unmap().Is4() == p.Addr().Is4() {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// change makes a change on a link's session.
func (ps *Pass) change(action Action, link string, p netip.Prefix) Change {
	id, _ := ps.table.LinkID(link)
	dir := rib.Advertised
	if action == Accept || action == Refuse || action == SetPreference {
		dir = rib.Received
	}
	return Change{Action: action, Router: ps.Links[id].Router, Link: link, Neighbors: ps.sessions(id, dir, p), Prefix: p}
}

// onEach is one action on several links.
func (ps *Pass) onEach(action Action, links []string, prefixes ...netip.Prefix) remedy {
	var out remedy
	for _, p := range prefixes {
		for _, l := range links {
			out = append(out, ps.change(action, l, p))
		}
	}
	return out
}

// withdrawal is to stop advertising a route on links; none where it stands in for another on one of them.
func (ps *Pass) withdrawal(p netip.Prefix, links []string) []remedy {
	if slices.ContainsFunc(links, func(l string) bool { return ps.backs(p, l) }) {
		return nil
	}
	return []remedy{ps.onEach(StopAdvertising, links, p)}
}

// backs reports whether a route is all that a link has of a declaration that belongs there, also of one whose
// addresses another declaration inside it governs: to stop advertising it takes a way in away that may be meant
// as a backup.
func (ps *Pass) backs(p netip.Prefix, link string) bool {
	id, ok := ps.table.LinkID(link)
	if !ok {
		return false
	}
	for _, d := range ps.declared {
		if !slices.Contains(d.links, link) && !d.backups.has(link) || slices.Contains(d.never, link) {
			continue
		}
		for _, q := range d.prefixes {
			if holds(p, q) && !ps.coveredBeside(id, p, q) || d.backups.has(link) && holds(q, p) && !ps.coveredBeside(id, p, p) {
				return true
			}
		}
	}
	return false
}

// coveredBeside reports whether a route of the link other than the one that goes covers q.
func (ps *Pass) coveredBeside(link rib.LinkID, gone, q netip.Prefix) bool {
	return slices.ContainsFunc(ps.Sight.CoveringAdvertised(link, q), func(st rib.Standing) bool {
		return st.Certain() && st.Prefix != gone
	})
}
