package rib

import (
	"fmt"
	"slices"
	"strconv"
)

// Query narrows a decision.
type Query struct {
	Sees   []LinkID // nil: all; else the links whose received routes reach the asker
	Behind string   // the router whose own marks count; empty: every router's
	Brief  bool     // leave Detail and Flips out: nobody reads them of a million decisions
}

// decider makes one observer's decisions in one family.
type decider struct {
	s      *Sight
	ob     *Observer
	fam    Family
	hears  []LinkID
	behind string
	brief  bool
	locRIB *Feed    // the table of winners that decides alone; nil: none does
	blind  []LinkID // those of hears that may carry unseen routes somewhere
	scoped bool     // Sees leaves links out

	collectors agreement // of the address that is being decided
	own        []int     // likewise: what the observer's own table shows that it chose
	failing    string    // why the observer's own table fails, if there is one
	unshown    string    // why the observer's own table does not show all that it chose; empty where it does, or there is none
	*scratch
}

func (s *Sight) newDecider(ob *Observer, fam Family, q Query) *decider {
	d := &decider{s: s, ob: ob, fam: fam, hears: ob.Hears, behind: q.Behind, brief: q.Brief, scratch: s.scratch()}
	d.scoped = ob.Direction == Received && len(s.asIf.down) > 0
	if q.Sees != nil {
		d.scoped = true
		d.hears = slices.DeleteFunc(slices.Clone(ob.Hears), func(l LinkID) bool { return !slices.Contains(q.Sees, l) })
	}
	d.locRIB = d.decidingLocRIB(q)
	d.failing = d.ownUnshown()
	d.unshown = d.failing
	for _, link := range d.hears {
		if cover := s.Coverage(link, ob.Direction, fam); !cover.Covered || cover.Scope != nil {
			d.blind = append(d.blind, link)
		}
	}
	return d
}

// decidingLocRIB finds the table of winners that answers alone where losers stay hidden: that of
// the router the asker stands behind, or of the only router of the site. It must be able to name
// every link of that router.
func (d *decider) decidingLocRIB(q Query) *Feed {
	if d.ob.Direction != Received || q.Sees != nil || d.s.asIf.changes(Received) {
		return nil // what one would choose then is not shown
	}
	router, blind := d.behind, false
	for _, id := range d.hears {
		l := &d.s.t.links[id]
		if l.Static != nil && len(l.Static.Receives) > 0 {
			return nil // no BGP table shows those
		}
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
	denied bool // a router's own mark denies the outcome: open says which
	// contradicts: what is open is so because a declaration, or two marks of one router, deny each other.
	contradicts bool
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
		d.checkMarks(cs, nil, &p)
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
	if d.unshown != "" && !d.oneLink(cs, in) {
		p.open = d.unshown
		for _, l := range d.linksOf(cs, in) {
			p.others = append(p.others, []LinkID{l})
		}
	}
	for k := range d.ob.steps {
		st := &d.ob.steps[k]
		if d.oneLink(cs, live) || d.locRIB != nil { // a table of winners: all that are left won
			break
		}
		if st.blocked != nil && p.open == "" {
			if p.open = st.blocked(d); p.open != "" {
				for _, l := range d.linksOf(cs, live) {
					p.others = append(p.others, []LinkID{l})
				}
				break
			}
		}
		if st.skip != nil && st.skip(d, cs, live) {
			continue
		}
		if st.rank == nil {
			live = d.runRouters(cs, live, &p, losses)
			continue
		}
		kept, open := d.order(st, cs, live, &p, losses)
		live = kept
		if open == "" || d.oneLink(cs, live) {
			continue
		}
		if d.behindOneRouter(cs, live) {
			live = d.runRouters(cs, live, &p, losses)
			break
		}
		p.open = open
		for _, link := range d.linksOf(cs, d.mayWin(k, cs, live)) {
			p.others = append(p.others, []LinkID{link})
		}
	}
	first := len(d.kept)
	d.kept = append(d.kept, live...)
	p.winners = slices.Clip(d.kept[first:])
	p.links = d.linksOf(cs, live)
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

// order runs a step. Where a rank that it needs is not shown, what its own router marks aside goes first.
func (d *decider) order(st *step, cs []candidate, live []int, p *pick, losses []loss) (kept []int, open string) {
	run := func(live []int) {
		if kept, open = d.runStep(st, cs, live, losses); d.lostLink(cs, live, kept) {
			p.reason, p.inferred = st.reason, st.inferred
		}
	}
	run(live)
	if open == "" || d.behindOneRouter(cs, kept) {
		return kept, open
	}
	if left := d.dropAside(cs, kept, losses); len(left) < len(kept) {
		if d.oneLink(cs, left) {
			p.reason = ReasonRouterChose
		}
		run(left)
	}
	return kept, open
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
				losses[live[k]] = loss{st.reason, d.compareText(st, d.ranks[k], d.ranks[best])}
			}
		}
		if unknown >= 0 && links && open == "" {
			open = fmt.Sprintf("the %s on %s is not shown", st.words, d.s.t.LinkName(cs[live[unknown]].link))
		}
	}
	if lost == 0 {
		return live, open
	}
	first := len(d.kept)
	for k, i := range live {
		if !d.beaten[k] {
			d.kept = append(d.kept, i)
		}
	}
	return slices.Clip(d.kept[first:]), open
}

// mayWin leaves out of the candidates that step k cannot order those that lose whatever it would come to: of
// candidates with the same known rank the later steps choose, as far as these order them whoever else is there,
// and then the marks of their routers.
func (d *decider) mayWin(k int, cs []candidate, live []int) []int {
	st := &d.ob.steps[k]
	if st.group != nil {
		return live
	}
	known := slices.DeleteFunc(slices.Clone(live), func(i int) bool { return st.rank(d, &cs[i]).unknown })
	left, tied := known, true
	for next := k + 1; next < d.orderedSteps(); next++ {
		kept, open := d.runStep(&d.ob.steps[next], cs, left, nil)
		left = kept
		if open != "" {
			tied = false
			break
		}
	}
	if tied {
		left = d.dropUnmarked(cs, left, nil)
	}
	if d.behindOneRouter(cs, left) { // then its own mark chooses among them
		choices, _ := d.routersChoose(cs, left)
		left = slices.DeleteFunc(slices.Clone(left), func(i int) bool { return !slices.Contains(choices[0].Links, cs[i].link) })
	}
	return slices.DeleteFunc(slices.Clone(live), func(i int) bool { return slices.Contains(known, i) && !slices.Contains(left, i) })
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

// linksOf gives the links of the candidates, sorted. The slice is for reading.
func (d *decider) linksOf(cs []candidate, in []int) []LinkID {
	if len(in) > 0 && d.oneLink(cs, in) && cs[in[0]].link != NoLink {
		link := cs[in[0]].link
		if d.alone[link] == nil {
			d.alone[link] = []LinkID{link}
		}
		return d.alone[link]
	}
	var links []LinkID
	for _, i := range in {
		if !slices.Contains(links, cs[i].link) {
			links = append(links, cs[i].link)
		}
	}
	slices.Sort(links)
	return links
}
