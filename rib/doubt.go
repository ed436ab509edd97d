package rib

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// Outcome is what became of a question.
type Outcome string

// The outcomes.
const (
	OutcomeDecided      Outcome = "decided"
	OutcomeTie          Outcome = "tie"
	OutcomeUndetermined Outcome = "undetermined" // a route is known, its fate or an attribute is not
	OutcomeUnknown      Outcome = "unknown"      // evidence is absent
	OutcomeUnreachable  Outcome = "unreachable"  // no route, and none can be hidden
)

// answer is what the candidates of one address come to, doubt counted both ways.
type answer struct {
	pick     // the certain candidates alone
	outcome  Outcome
	possible [][]LinkID  // every outcome, by links; the certain one first
	doubts   []candidate // those that make a difference
	capped   []LinkID    // blind links whose unseen routes are too short to make one
	chosen   *Feed       // the observer's own table, where that decides
	byRule   []LinkID    // what the rules come to there
}

// resolve answers for the addresses of at, whose covering candidates are cs.
func (d *decider) resolve(cs []candidate, at netip.Prefix) answer {
	d.kept = d.kept[:0] // the last answer is given
	if d.unshown = d.failing; d.unshown == "" {
		d.unshown = d.newChoice(cs, at)
	}
	certain := d.certain[:0]
	for i := range cs {
		if cs[i].never == "" && cs[i].doubt == "" && slices.Contains(d.hears, cs[i].link) && d.counts(&cs[i]) {
			certain = append(certain, i)
		}
	}
	d.certain = certain
	a := answer{pick: d.choose(cs, certain, nil)}
	d.own = d.ownChoice(cs)
	if d.own != nil && d.ownOpen(cs) == "" {
		return d.resolveOwn(cs, at, a)
	}
	a.possible = append(d.possible[:0], a.links)
	for _, o := range a.others {
		a.possible = addOutcome(a.possible, o)
	}
	d.addDoubtful(&a, cs, certain)
	if d.locRIB == nil {
		d.addUnseen(&a, cs, certain, at)
	}
	if d.own != nil {
		return d.resolveOwn(cs, at, a)
	}
	a.outcome, d.possible = a.settle(), a.possible
	if d.locRIB != nil && len(a.links) == 1 {
		a.reason = ReasonRouterChose
	}
	return a
}

// counts leaves only the deciding table's rows where one decides alone. What an observer chose is no
// route that the rules could choose.
func (d *decider) counts(c *candidate) bool {
	return (d.locRIB == nil || c.src.feed == d.locRIB) && c.src.feed.View != Chosen
}

func (a *answer) settle() Outcome {
	if len(a.possible) == 1 {
		switch len(a.links) {
		case 0:
			return OutcomeUnreachable
		case 1:
			return OutcomeDecided
		}
		return OutcomeTie
	}
	for i := range a.doubts {
		if a.doubts[i].absent {
			return OutcomeUnknown
		}
	}
	return OutcomeUndetermined
}

func addOutcome(all [][]LinkID, links []LinkID) [][]LinkID {
	if hasOutcome(all, links) {
		return all
	}
	return append(all, links)
}

func hasOutcome(all [][]LinkID, links []LinkID) bool {
	return slices.ContainsFunc(all, func(o []LinkID) bool { return slices.Equal(o, links) })
}

// addDoubtful adds each doubtful candidate by itself, an untied one on every link that it could be
// of, and then those that could matter together.
func (d *decider) addDoubtful(a *answer, cs []candidate, certain []int) {
	trial := cs
	var options [][]int // of each doubtful route: its places in trial, one a link
	for i := range cs {
		c := &cs[i]
		if c.never != "" || c.doubt == "" || !d.counts(c) || d.tooShort(a, cs, c) {
			continue
		}
		var places []int
		switch {
		case c.link != NoLink:
			if slices.Contains(d.hears, c.link) {
				places = []int{i}
			}
		default:
			for _, link := range d.hears {
				trial = append(slices.Clip(trial), *c)
				trial[len(trial)-1].link = link
				places = append(places, len(trial)-1)
			}
		}
		if c.shownUnmarked() { // what shows no choice may be used beside the best one, by multipath
			places = slices.DeleteFunc(places, func(k int) bool { return d.markedAside(trial, certain, &trial[k]) })
		}
		for _, k := range places {
			d.consider(a, trial, append(slices.Clip(certain), k), c)
		}
		if len(places) > 0 {
			options = append(options, places)
		}
	}
	if len(options) > 1 {
		d.addTogether(a, trial, certain, options)
	}
}

// tooShort: longest match takes the certain winner before the candidate is looked at, unless the observer
// has a table of its own choices that is not seen: it may have left the winner out.
func (d *decider) tooShort(a *answer, cs []candidate, c *candidate) bool {
	return d.unshown == "" && len(a.winners) > 0 && c.bits < cs[a.winners[0]].bits
}

// addTogether adds doubtful candidates several at a time. Where candidates are simply ordered,
// those that change nothing one by one change nothing together. MED, the routers' marks and steps
// that are passed over for want of evidence are no such order: what a candidate does there hangs
// on who else is there, of its own neighbour AS or not.
func (d *decider) addTogether(a *answer, cs []candidate, certain []int, options [][]int) {
	ordered := d.orderedSteps()
	if ordered == len(d.ob.steps) || d.locRIB != nil {
		return
	}
	reach := d.contenders(cs, certain, ordered)
	var open [][]int
	sets := 1
	for _, places := range options {
		var kept []int
		for _, k := range places {
			if with := d.contenders(cs, append(slices.Clip(certain), k), ordered); slices.Contains(with, k) {
				kept = append(kept, k)
				reach = append(reach, k)
			}
		}
		if len(kept) > 0 {
			open = append(open, kept)
			sets = min(sets*(len(kept)+1), maxSets+1)
		}
	}
	if len(open) < 2 || d.oneLink(cs, reach) {
		return
	}
	if sets > maxSets {
		if len(a.possible) == 1 { // too many to try: any of their links may win
			for _, places := range open {
				d.allow(a, []LinkID{cs[places[0]].link}, &cs[places[0]])
			}
		}
		return
	}
	var add func(set []int, rest [][]int)
	add = func(set []int, rest [][]int) {
		if len(rest) == 0 {
			if len(set) > len(certain)+1 {
				doubt := cs[set[len(certain)]]
				doubt.link = doubt.src.column.link
				p := d.choose(cs, set, nil)
				for _, links := range append(p.others, p.links) {
					if !hasOutcome(a.possible, links) { // else one of them did it alone
						d.allow(a, links, &doubt)
					}
				}
			}
			return
		}
		add(set, rest[1:])
		for _, k := range rest[0] {
			add(append(slices.Clip(set), k), rest[1:])
		}
	}
	add(slices.Clip(certain), open)
}

// maxSets bounds the sets of doubtful candidates that are tried for one address.
const maxSets = 128

// orderedSteps counts the observer's leading steps that order candidates whoever else is there.
func (d *decider) orderedSteps() int {
	n := slices.IndexFunc(d.ob.steps, func(s step) bool { return s.group != nil || s.skip != nil || s.rank == nil })
	if n < 0 {
		return len(d.ob.steps)
	}
	return n
}

// contenders are the candidates left after longest match and the first n steps, or after the
// first of them that hangs on what is not shown.
func (d *decider) contenders(cs []candidate, in []int, n int) []int {
	longest := 0
	for _, i := range in {
		longest = max(longest, cs[i].bits)
	}
	live := slices.DeleteFunc(slices.Clone(in), func(i int) bool { return cs[i].bits < longest })
	for k := range n {
		kept, open := d.runStep(&d.ob.steps[k], cs, live, nil)
		live = kept
		if open != "" {
			break
		}
	}
	return live
}

// addUnseen tries the best route that each blind link could carry unseen.
func (d *decider) addUnseen(a *answer, cs []candidate, certain []int, at netip.Prefix) {
	if len(d.blind) == 0 {
		return
	}
	long := d.ob.Direction == Received && d.longOnInternet(cs, certain)
	for _, link := range d.blind {
		longest := d.s.LongestUnseen(link, d.fam)
		if long {
			longest = d.fam.Bits() // an ISP of ours does carry longer ones here
		}
		c, ok := d.s.unseen(link, d.ob.Direction, at, longest)
		if !ok {
			continue
		}
		before := len(a.possible)
		if !d.tooShort(a, cs, &c) {
			d.consider(a, append(slices.Clip(cs), c), append(slices.Clip(certain), len(cs)), &c)
		}
		// Kept shorter by common practice, and not by a scope, which is proof.
		beyond, _ := d.s.unseen(link, d.ob.Direction, at, d.fam.Bits())
		if c.bits == longest && beyond.bits > longest && len(a.possible) == before && d.capDecides(a, cs, certain, c) {
			a.capped = append(a.capped, link)
		}
	}
}

// capDecides reports whether an unseen route that is as long as can be would change the outcome.
func (d *decider) capDecides(a *answer, cs []candidate, certain []int, c candidate) bool {
	c.bits = d.fam.Bits()
	p := d.choose(append(slices.Clip(cs), c), append(slices.Clip(certain), len(cs)), nil)
	return !slices.Equal(p.links, a.links) || !slices.EqualFunc(p.others, a.others, slices.Equal)
}

// longOnInternet reports whether an internet link is seen to carry a prefix longer than the
// practice that caps its unseen ones.
func (d *decider) longOnInternet(cs []candidate, certain []int) bool {
	return slices.ContainsFunc(certain, func(i int) bool {
		return d.s.t.links[cs[i].link].Kind == Internet && cs[i].bits > internetMax(d.fam)
	})
}

// consider adds the outcomes of the set to the possible ones, and the doubt to those that make a
// difference where they are not the certain candidates' own.
func (d *decider) consider(a *answer, cs []candidate, in []int, doubt *candidate) {
	p := d.choose(cs, in, nil)
	if slices.Equal(p.links, a.links) && slices.EqualFunc(p.others, a.others, slices.Equal) {
		return
	}
	d.allow(a, p.links, doubt)
	for _, o := range p.others {
		d.allow(a, o, doubt)
	}
}

// allow adds an outcome to the possible ones, and what it hangs on to the doubts. a.links
// itself may be such an outcome, where the certain candidates hang on an attribute.
func (d *decider) allow(a *answer, links []LinkID, doubt *candidate) {
	a.possible = addOutcome(a.possible, links)
	known := slices.ContainsFunc(a.doubts, func(have candidate) bool {
		return have.id == doubt.id && have.link == doubt.link && have.doubt == doubt.doubt && have.bits == doubt.bits
	})
	if !known {
		a.doubts = append(a.doubts, *doubt)
	}
}

// key tells answers apart: by links and reason, and as the grain asks also by the winning and the
// doubtful routes, or by who lost. It is good until the next call.
func (d *decider) key(a *answer, cs []candidate, grain Grain) []byte {
	routes := grain == ByRoute
	b := d.keyBuf[:0]
	num := func(n int) { b = binary.AppendVarint(b, int64(n)) }
	text := func(s string) { num(len(s)); b = append(b, s...) }
	list := func(links []LinkID) {
		num(len(links))
		for _, l := range links {
			num(int(l))
		}
	}
	text(string(a.outcome))
	text(string(a.reason))
	text(a.open)
	list(a.links)
	list(a.capped)
	num(len(a.possible))
	for _, links := range a.possible {
		list(links)
	}
	num(len(a.doubts))
	for i := range a.doubts {
		c := &a.doubts[i]
		num(int(c.link))
		text(c.doubt)
		if routes && c.src != nil {
			num(int(c.id))
		}
	}
	if routes {
		for _, i := range a.winners {
			c := &cs[i]
			num(int(c.id))
			num(int(c.src.column.pathID(c.id)))
			num(c.src.number)
		}
	}
	if grain == ByLosers {
		b = d.appendLosers(b, a, cs)
	}
	d.keyBuf = b
	return b
}

// loser is what one link's routes that did not win come to.
type loser struct {
	link  LinkID
	class int8 // its mask against the winner's: shorter, as long, longer
	doubt string
}

// appendLosers writes what each link lost with, and whether the winner is longer than the internet carries.
func (d *decider) appendLosers(b []byte, a *answer, cs []candidate) []byte {
	bits := -1
	if len(a.winners) > 0 {
		bits = cs[a.winners[0]].bits
	}
	if bits > internetMax(d.fam) {
		b = append(b, 1)
	}
	seen := d.losers[:0]
	for i := range cs {
		c := &cs[i]
		if c.never != "" || c.link != NoLink && !slices.Contains(d.hears, c.link) {
			continue
		}
		l := loser{c.link, int8(cmp.Compare(c.bits, bits)), c.doubt}
		if slices.Contains(seen, l) {
			continue
		}
		seen = append(seen, l)
		b = binary.AppendVarint(b, int64(l.link))
		b = binary.AppendVarint(b, int64(l.class))
		b = append(binary.AppendUvarint(b, uint64(len(l.doubt))), l.doubt...)
	}
	d.losers = seen
	return b
}

// LongestUnseen is the longest prefix that a blind link may carry unseen.
func (s *Sight) LongestUnseen(link LinkID, fam Family) int {
	if s.t.links[link].Kind == Internet {
		return internetMax(fam)
	}
	return fam.Bits()
}

// unseen is the longest route, up to a length, that the link may carry at an address without any
// feed having shown it, and false where its coverage leaves no room for one. Inside a dump's scope only
// aggregates shorter than the scope can have been left out.
func (s *Sight) unseen(link LinkID, dir Direction, at netip.Prefix, longest int) (candidate, bool) {
	fam := FamilyOf(at)
	cover := s.Coverage(link, dir, fam)
	why := cover.Why
	if cover.Covered {
		if cover.Scope == nil {
			return candidate{}, false
		}
		why = fmt.Sprintf("the feeds of %s show only their scope", s.t.links[link].Name)
		for _, scope := range cover.Scope {
			if contains(scope, at) {
				longest = min(longest, scope.Bits()-1)
			}
		}
		if longest < 0 {
			return candidate{}, false
		}
	}
	return candidate{bits: longest, link: link, doubt: why, absent: true}, true
}
