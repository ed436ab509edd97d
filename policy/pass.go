package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bgpaudit/rib"
)

// Pass is what a check reads and where it reports. One pass serves one audit.
type Pass struct {
	*Intent
	Sight *rib.Sight
	Now   time.Time

	stop     func() bool
	check    *Check // the one running
	table    *rib.Table
	families []rib.Family
	declared []*declaration
	remotes  map[string]*remoteSet
	flows    []*flow
	index    *declaredIndex
	found    *piles
	findings []*Finding // once the piles are closed
	states   map[stateKey]*CheckState
	opens    openGaps
	hangs    map[stateKey][]gap // what each unknown state hangs on
	accepted map[gap]bool

	rows       [2]*advertisedRows // by family
	untiedRows [2]*advertisedRows
	received   [2]*learned
	governs    map[governedKey][]netip.Prefix
	forwards   map[forwardKey][]*side
	flowsBy    map[*Service][]*flow
	poolAt     map[string]int // by name
	remoteAt   map[string]int
}

type stateKey struct {
	check string
	link  string
	fam   rib.Family
}

// report adds a finding of the running check. The fields that the check leaves empty are filled.
func (ps *Pass) report(f Finding) {
	ps.heed()
	f.Check = ps.check.ID
	if f.Severity == 0 {
		f.Severity = ps.check.Severity
	}
	if f.Source == "" {
		f.Source = ps.check.Source
	}
	for _, set := range ps.Checks {
		if set.ID != f.Check || set.Severity == 0 {
			continue
		}
		// A setting moves the check's weight; a finding that the check itself made lighter stays so.
		if f.Severity == ps.check.Severity {
			f.Severity = set.Severity
		} else {
			f.Severity = min(f.Severity, set.Severity)
		}
	}
	f.ID = f.fingerprint()
	if ps.found.closed {
		ps.found.unbounded(&f, &ps.findings)
		return
	}
	if ps.found.add(&f) {
		for _, link := range f.Links {
			ps.say(link, f.Family, Fired, "")
		}
	}
}

// mergeInto adds what a second sighting of the same finding shows.
func mergeInto(have, more *Finding) {
	have.Prefixes = addPrefixes(have.Prefixes, more.Prefixes)
	for _, e := range more.Evidence {
		if len(have.Evidence) < mostEvidence && !slices.Contains(have.Evidence, e) {
			have.Evidence = append(have.Evidence, e)
		}
	}
	have.Assumes = addTexts(have.Assumes, more.Assumes...)
	have.Severity = max(have.Severity, more.Severity)
}

func addTexts(to []string, texts ...string) []string {
	for _, t := range texts {
		if !slices.Contains(to, t) {
			to = append(to, t)
		}
	}
	return to
}

// say records the running check's state for a link and family. The strongest word stands.
func (ps *Pass) say(link string, fam rib.Family, st State, reason string) {
	ps.heed()
	if ps.linkNamed(link) == nil {
		return
	}
	k := stateKey{ps.check.ID, link, fam}
	have := ps.states[k]
	if have == nil {
		ps.states[k] = &CheckState{Check: k.check, Link: link, Family: fam, State: st, Reason: reason}
		return
	}
	if slices.Index(stateOrder, st) > slices.Index(stateOrder, have.State) {
		have.State, have.Reason = st, reason
	}
}

// leaveOpen records that the running check cannot tell for a link, and for want of what.
func (ps *Pass) leaveOpen(link rib.LinkID, dir rib.Direction, fam rib.Family, why string) {
	ps.leaveOpenOn(gap{link: link, dir: dir, fam: fam}, why)
}

// leaveOpenOn is leaveOpen for a gap that leaves the check open on the links that it would fire on, which
// need not be the gap's own.
func (ps *Pass) leaveOpenOn(g gap, why string, on ...string) {
	if len(on) == 0 && g.link != rib.NoLink {
		on = []string{ps.table.LinkName(g.link)}
	}
	for _, link := range on {
		ps.sayUnknown(link, g.fam, why, g)
	}
	ps.opens.add("check "+ps.check.ID, g)
}

// leaveOpenByBlind records that the running check cannot tell for the links on, because links that
// it would have to see in the same direction are blind.
func (ps *Pass) leaveOpenByBlind(blind []string, dir rib.Direction, fam rib.Family, what string, on []string) {
	for _, name := range blind {
		id, _ := ps.table.LinkID(name)
		if cover := ps.Sight.Coverage(id, dir, fam); !cover.Covered || cover.Scope != nil {
			ps.leaveOpenOn(gap{link: id, dir: dir, fam: fam}, fmt.Sprintf("%s: what is %s on %s is not known", what, dir, name), on...)
		}
	}
}

// sayUnknown records that the running check cannot tell for a link, and the gaps it hangs on.
func (ps *Pass) sayUnknown(link string, fam rib.Family, why string, gaps ...gap) {
	ps.say(link, fam, UnknownState, why)
	k := stateKey{ps.check.ID, link, fam}
	for _, g := range gaps {
		if !slices.Contains(ps.hangs[k], g) {
			ps.hangs[k] = append(ps.hangs[k], g)
		}
	}
}

// overAdvertised says OK for every link and audited family whose advertised routes the check can
// see, unknown where they are blind. kinds limits it; the rest is not applicable.
func (ps *Pass) overAdvertised(applies func(*rib.Link, rib.Family) bool) {
	for i := range ps.Links {
		l := &ps.Links[i]
		for _, fam := range rib.Families {
			switch cover := ps.Sight.Coverage(rib.LinkID(i), rib.Advertised, fam); {
			case !slices.Contains(ps.families, fam):
				ps.say(l.Name, fam, NotApplicable, fam.String()+" is not audited")
			case !applies(l, fam):
				ps.say(l.Name, fam, NotApplicable, "nothing declared here that it looks at")
			case !cover.Covered:
				ps.leaveOpen(rib.LinkID(i), rib.Advertised, fam, cover.Why)
			case cover.Scope != nil:
				ps.leaveOpen(rib.LinkID(i), rib.Advertised, fam, "its feeds show only their scope")
			default:
				ps.say(l.Name, fam, OK, "")
			}
		}
	}
}

func everyLink(*rib.Link, rib.Family) bool { return true }

// evidence points at a route of the table.
func (ps *Pass) evidence(e rib.Entry) Evidence {
	f := ps.table.Feeds()[e.Feed]
	return Evidence{Feed: f.Name, Link: ps.table.LinkName(e.Link), View: f.View, Prefix: e.Prefix, Seen: Seen(f, e.Line)}
}

// Seen is where a route was seen: file:line, the declaration, or the session.
func Seen(f *rib.Feed, line int) string {
	switch {
	case f.State.File == "":
		return f.Name
	case line == 0:
		return f.State.File
	}
	return fmt.Sprintf("%s:%d", f.State.File, line)
}

// trustIn says what a row's standing takes on trust.
func (ps *Pass) trustIn(rows ...rib.Entry) []string {
	var out []string
	for _, e := range rows {
		if ps.table.Feeds()[e.Feed].View == rib.AdjRIBOutPost {
			out = addTexts(out, "accepted on "+ps.table.LinkName(e.Link))
		}
	}
	return out
}

// circuitName is the name that a cause gives to links: the circuit where every configured side of
// it is among them, else the first link.
func (ps *Pass) circuitName(links []string) string {
	if len(links) == 0 {
		return ""
	}
	first := ps.linkNamed(links[0])
	if first == nil || first.Circuit == "" {
		return links[0]
	}
	sides := ps.sides(first)
	if len(sides) < 2 {
		return links[0]
	}
	for _, side := range sides {
		if !slices.Contains(links, side) {
			return links[0]
		}
	}
	return first.Circuit
}

// sides lists the links of the same circuit and kind, in config order.
func (ps *Pass) sides(l *rib.Link) []string {
	var out []string
	for i := range ps.Links {
		if ps.Links[i].Circuit == l.Circuit && ps.Links[i].Kind == l.Kind && l.Circuit != "" {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

func (ps *Pass) linkNamed(name string) *rib.Link {
	if id, ok := ps.table.LinkID(name); ok {
		return &ps.Links[id]
	}
	return nil
}

// names turns link ids into names.
func (ps *Pass) names(ids []rib.LinkID) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, ps.table.LinkName(id))
	}
	return out
}

// outside lists those of the links that are not intended. Nothing intended: none is outside.
func (ps *Pass) outside(ids []rib.LinkID, intended []string) []string {
	if len(intended) == 0 {
		return nil
	}
	return slices.DeleteFunc(ps.names(ids), func(n string) bool { return slices.Contains(intended, n) })
}

// inCircuits groups link names so that all sides of a circuit come together when all are there.
func (ps *Pass) inCircuits(links []string) [][]string {
	var out [][]string
	taken := map[string]bool{}
	for _, name := range links {
		if taken[name] {
			continue
		}
		group := []string{name}
		if l := ps.linkNamed(name); l != nil && l.Circuit != "" {
			sides := ps.sides(l)
			if len(sides) > 1 && !slices.ContainsFunc(sides, func(s string) bool { return !slices.Contains(links, s) }) {
				group = sides
			}
		}
		for _, n := range group {
			taken[n] = true
		}
		out = append(out, group)
	}
	return out
}

// mostListed is how many names a sentence bears.
const mostListed = 20

// list writes names for a sentence: "a, b and c", and of very many the first.
func list(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "none"
	case n == 1:
		return names[0]
	case n > mostListed:
		return fmt.Sprintf("%s and %s more", strings.Join(names[:mostListed/2], ", "), thousands(n-mostListed/2))
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func prefixTexts(ps []netip.Prefix) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.String()
	}
	return out
}
