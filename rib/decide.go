package rib

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// Query narrows a decision.
type Query struct {
	Sees   []LinkID // nil: all; else the links whose received routes reach the asker
	Behind string   // the router whose own marks count; empty: every router's
}

// decider makes one observer's decisions in one family.
type decider struct {
	s      *Sight
	ob     *Observer
	fam    Family
	hears  []LinkID
	behind string
	locRIB *Feed // the table of winners that decides alone; nil: none does

	// Scratch, so that a sweep over many prefixes makes little garbage.
	live, certain []int
	ranks         []rank
	groups        []uint32
	beaten        []bool
	keyBuf        []byte
}

func (s *Sight) newDecider(ob *Observer, fam Family, q Query) *decider {
	d := &decider{s: s, ob: ob, fam: fam, hears: ob.Hears, behind: q.Behind}
	if q.Sees != nil {
		d.hears = slices.DeleteFunc(slices.Clone(ob.Hears), func(l LinkID) bool { return !slices.Contains(q.Sees, l) })
	}
	d.locRIB = d.decidingLocRIB(q)
	return d
}

// decidingLocRIB finds the table of winners that answers alone where losers stay hidden: that of
// the router the asker stands behind, or of the only router of the site. It must be able to name
// every link of that router.
func (d *decider) decidingLocRIB(q Query) *Feed {
	if d.ob.Direction != Received || q.Sees != nil {
		return nil
	}
	router, blind := d.behind, false
	for _, id := range d.hears {
		l := &d.s.t.links[id]
		blind = blind || !d.s.Coverage(id, Received, d.fam).Covered
		if d.behind != "" {
			continue
		}
		if router == "" {
			router = l.Router
		}
		if l.Router == "" || l.Router != router {
			return nil
		}
	}
	if !blind || router == "" {
		return nil
	}
	for _, f := range d.s.t.feeds {
		if f.View == LocRIB && f.Router == router && f.Failing() == "" && f.Covers(d.fam) && f.Scope == nil && d.namesAll(f) &&
			(!d.s.strict || f.State.Complete == CompleteYes) {
			return f
		}
	}
	return nil
}

func (d *decider) namesAll(f *Feed) bool {
	for _, id := range d.hears {
		if !f.speaksOf(&d.s.t.links[id]) {
			return false
		}
	}
	return true
}

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

// pick is the outcome of one set of candidates that are taken to be there.
type pick struct {
	links     []LinkID // of the winners, sorted; none: no route
	winners   []int    // indexes of the candidates left over
	reason    Reason
	inferred  bool
	fragile   bool
	best      LinkID // in a tie by multipath: the link that the router marks best
	perRouter []RouterChoice
	// open says which attribute the outcome hangs on where one is not shown; then others lists
	// further outcomes that it allows.
	open   string
	others [][]LinkID
}

// loss says where a candidate lost; its zero value, that it did not.
type loss struct {
	step   Reason
	detail string
}

// choose runs longest match and the observer's steps over the candidates named by in. losses,
// where not nil, is filled by candidate index.
func (d *decider) choose(cs []candidate, in []int, losses []loss) pick {
	p := pick{reason: ReasonNone, best: NoLink}
	if len(in) == 0 {
		return p
	}
	longest := 0
	for _, i := range in {
		longest = max(longest, cs[i].bits)
	}
	live := d.live[:0]
	others := false // has a candidate of a link that is not among the live ones lost?
	for _, i := range in {
		if cs[i].bits == longest {
			live = append(live, i)
		}
	}
	p.reason = ReasonOnlyRoute
	for _, i := range in {
		if cs[i].bits < longest {
			others = others || !d.linkLives(cs, live, cs[i].link)
			if losses != nil {
				losses[i] = loss{ReasonLongestMatch, "prefix length /" + strconv.Itoa(cs[i].bits) + " < /" + strconv.Itoa(longest)}
			}
		}
	}
	if others {
		p.reason = ReasonLongestMatch
	}
	atMask := live
	for k := range d.ob.steps {
		st := &d.ob.steps[k]
		if d.oneLink(cs, live) || d.locRIB != nil { // a table of winners: all that are left won
			break
		}
		if st.skip != nil && st.skip(d, cs, live) {
			continue
		}
		if st.reason == ReasonRouterChose {
			live = d.runRouters(cs, live, &p, losses)
			continue
		}
		kept, open := d.runStep(st, cs, live, losses)
		if d.lostLink(cs, live, kept) {
			p.reason, p.inferred = st.reason, st.inferred
		}
		live = kept
		if open == "" || d.oneLink(cs, live) {
			continue
		}
		if d.behindOneRouter(cs, live) {
			live = d.runRouters(cs, live, &p, losses)
			break
		}
		p.open = open
		for _, link := range linksOf(cs, live) {
			p.others = append(p.others, []LinkID{link})
		}
	}
	p.winners = slices.Clone(live)
	p.links = linksOf(cs, live)
	d.live = atMask[:0]
	switch {
	case len(p.links) == 1 && p.reason == ReasonRouterLocal:
		p.reason = ReasonRouterChose
	case len(p.links) > 1 && p.reason != ReasonRouterLocal:
		p.reason = ReasonEqual
	}
	d.checkMarks(cs, atMask, &p)
	return p
}

// runStep keeps the candidates of the best rank, group by group. Where ranks that the step needs
// are not shown, it keeps what no known rank has beaten and says what is open.
func (d *decider) runStep(st *step, cs []candidate, live []int, losses []loss) (kept []int, open string) {
	d.ranks, d.groups, d.beaten = d.ranks[:0], d.groups[:0], d.beaten[:0]
	for _, i := range live {
		group := uint32(1)
		if st.group != nil {
			group = st.group(d, &cs[i])
		}
		d.ranks, d.groups, d.beaten = append(d.ranks, st.rank(d, &cs[i])), append(d.groups, group), append(d.beaten, false)
	}
	lost := 0
	for first, group := range d.groups {
		if group == 0 || slices.Index(d.groups, group) < first {
			continue // compared with none, or done already
		}
		best, unknown, links := -1, -1, false
		for k := first; k < len(live); k++ {
			switch {
			case d.groups[k] != group:
				continue
			case d.ranks[k].unknown && unknown < 0:
				unknown = k
			case !d.ranks[k].unknown && (best < 0 || d.ranks[k].value < d.ranks[best].value):
				best = k
			}
			links = links || cs[live[k]].link != cs[live[first]].link
		}
		for k := first; k < len(live) && best >= 0; k++ {
			if d.groups[k] != group || d.ranks[k].unknown || d.ranks[k].value == d.ranks[best].value {
				continue
			}
			d.beaten[k] = true
			lost++
			if losses != nil {
				losses[live[k]] = loss{st.reason, st.compareText(d.ranks[k], d.ranks[best])}
			}
		}
		if unknown >= 0 && links && open == "" {
			open = fmt.Sprintf("the %s on %s is not shown", st.words, d.s.t.LinkName(cs[live[unknown]].link))
		}
	}
	if lost == 0 {
		return live, open
	}
	kept = make([]int, 0, len(live)-lost)
	for k, i := range live {
		if !d.beaten[k] {
			kept = append(kept, i)
		}
	}
	return kept, open
}

// runRouters lets the routers' own marks choose.
func (d *decider) runRouters(cs []candidate, live []int, p *pick, losses []loss) []int {
	p.reason = ReasonRouterLocal
	choices, complete := d.routersChoose(cs, live)
	var links []LinkID
	for _, c := range choices {
		for _, l := range c.Links {
			if !slices.Contains(links, l) {
				links = append(links, l)
			}
		}
	}
	if !complete || len(links) == 0 {
		p.fragile, p.perRouter = true, choices
		return live
	}
	kept := live[:0:0]
	for _, i := range live {
		if slices.Contains(links, cs[i].link) {
			kept = append(kept, i)
		} else if losses != nil {
			losses[i] = loss{ReasonRouterChose, fmt.Sprintf("%s marks another route best", d.routerOf(&cs[i]))}
		}
	}
	if len(links) > 1 {
		p.perRouter = choices
		if len(choices) == 1 {
			p.reason, p.best = ReasonEqual, choices[0].Links[0]
		}
	}
	return kept
}

// behindOneRouter reports whether all live candidates end on one router that shows its choice
// among them: its best mark then decides ahead of an attribute that is not shown.
func (d *decider) behindOneRouter(cs []candidate, live []int) bool {
	if !slices.ContainsFunc(d.ob.steps, func(s step) bool { return s.reason == ReasonRouterChose }) {
		return false
	}
	router := ""
	for _, i := range live {
		if cs[i].src == nil || cs[i].link == NoLink {
			return false
		}
		r := d.s.t.links[cs[i].link].Router
		if r == "" || router != "" && r != router || d.routerOf(&cs[i]) != r {
			return false
		}
		router = r
	}
	choices, complete := d.routersChoose(cs, live)
	return complete && len(choices) > 0
}

// checkMarks holds the outcome against the router's own mark: where every candidate of the
// longest mask ends on one router and it marks another link's route best, something that no
// attribute shows (a weight, a filter) decides there, and the outcome is open.
func (d *decider) checkMarks(cs []candidate, atMask []int, p *pick) {
	if d.ob.Direction != Received || p.open != "" || len(p.links) != 1 || d.oneLink(cs, atMask) {
		return
	}
	marked := NoLink
	for _, i := range atMask {
		c := &cs[i]
		if c.src == nil || c.link == NoLink || d.s.t.links[c.link].Router != d.s.t.links[cs[atMask[0]].link].Router {
			return
		}
		if c.showsBest() && c.cell.marks().Has(Best) {
			if c.link == p.links[0] {
				return
			}
			marked = c.link
		}
	}
	if marked != NoLink {
		p.open = fmt.Sprintf("%s itself marks the route of %s best", d.s.t.links[marked].Router, d.s.t.links[marked].Name)
		p.others = append(p.others, []LinkID{marked})
	}
}

func (d *decider) oneLink(cs []candidate, live []int) bool {
	for _, i := range live {
		if cs[i].link != cs[live[0]].link {
			return false
		}
	}
	return true
}

func (d *decider) linkLives(cs []candidate, live []int, link LinkID) bool {
	return slices.ContainsFunc(live, func(i int) bool { return cs[i].link == link })
}

// lostLink reports whether some link has no candidate left among kept.
func (d *decider) lostLink(cs []candidate, live, kept []int) bool {
	if len(live) == len(kept) {
		return false
	}
	return slices.ContainsFunc(live, func(i int) bool { return !d.linkLives(cs, kept, cs[i].link) })
}

func linksOf(cs []candidate, in []int) []LinkID {
	var links []LinkID
	for _, i := range in {
		if !slices.Contains(links, cs[i].link) {
			links = append(links, cs[i].link)
		}
	}
	slices.Sort(links)
	return links
}

// answer is what the candidates of one address come to, doubt counted both ways.
type answer struct {
	pick     // the certain candidates alone
	outcome  Outcome
	possible [][]LinkID  // every outcome, by links; the certain one first
	doubts   []candidate // those that make a difference
	capped   []LinkID    // blind links whose unseen routes are too short to make one
}

// resolve answers for the addresses of at, whose covering candidates are cs.
func (d *decider) resolve(cs []candidate, at netip.Prefix) answer {
	certain := d.certain[:0]
	for i := range cs {
		if cs[i].never == "" && cs[i].doubt == "" && slices.Contains(d.hears, cs[i].link) && d.counts(&cs[i]) {
			certain = append(certain, i)
		}
	}
	d.certain = certain
	a := answer{pick: d.choose(cs, certain, nil)}
	a.possible = addOutcome(a.possible, a.links)
	for _, o := range a.others {
		a.possible = addOutcome(a.possible, o)
	}
	d.addDoubtful(&a, cs, certain)
	if d.locRIB == nil {
		d.addUnseen(&a, cs, certain, at)
	}
	a.outcome = a.settle()
	if d.locRIB != nil && len(a.links) == 1 {
		a.reason = ReasonRouterChose
	}
	return a
}

// counts leaves only the deciding table's rows where one decides alone.
func (d *decider) counts(c *candidate) bool {
	return d.locRIB == nil || c.src.feed == d.locRIB
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
		if c.never != "" || c.doubt == "" || !d.counts(c) || tooShort(a, cs, c) {
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

// tooShort: longest match takes the certain winner before the candidate is looked at.
func tooShort(a *answer, cs []candidate, c *candidate) bool {
	return len(a.winners) > 0 && c.bits < cs[a.winners[0]].bits
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
	for _, link := range d.hears {
		c, ok := d.s.unseen(link, d.ob.Direction, at)
		if !ok {
			continue
		}
		if tooShort(a, cs, &c) {
			a.capped = append(a.capped, link)
			continue
		}
		d.consider(a, append(slices.Clip(cs), c), append(slices.Clip(certain), len(cs)), &c)
	}
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

// key tells answers apart: by links and reason, and with routes also by the winning and the
// doubtful routes. It is good until the next call.
func (d *decider) key(a *answer, cs []candidate, routes bool) []byte {
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
			num(int(c.src.column.pathIDs[c.id]))
			num(c.src.number)
		}
	}
	d.keyBuf = b
	return b
}
