package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Decision is an answer with its reason. For a range it stands for every address in it.
type Decision struct {
	Observer  string
	Direction Direction
	Outcome   Outcome
	Links     []LinkID // decided: the winner; tie: all of them; undetermined and unknown: every link that may win
	Winner    LinkID   // decided: the winner. In a tie by multipath the link that the router marks best. Else NoLink.
	Reason    Reason   // of the certain routes alone where the outcome is undetermined or unknown
	Detail    string   // the deciding comparison in words
	Inferred  bool     // rests on sound reasoning and not on a documented rule
	Fragile   bool     // a tie that something router-local breaks, unseen
	// Possible lists every outcome by its links, in LinkID order; an empty one is "no route". The
	// first is that of the certain routes alone. One entry: the answer is firm.
	Possible   [][]LinkID
	Doubts     []Doubt // why there is more than one
	Assumes    []string
	PerRouter  []RouterChoice
	Candidates []Candidate // winners first, then losers, longest mask first, then those out of it
	Flips      []string
}

// Firm reports whether the evidence allows one outcome only.
func (d *Decision) Firm() bool { return len(d.Possible) == 1 }

// Doubt is one thing that could change an answer.
type Doubt struct {
	Link      LinkID // NoLink where the route is tied to none
	Direction Direction
	Family    Family
	Prefix    netip.Prefix // the doubtful route; invalid for a blind link's unseen routes
	Missing   bool         // evidence is absent (unknown), not a known route's fate (undetermined)
	// Contradiction: a declaration and what a router shows deny each other, or two of its marks do.
	Contradiction bool
	Why           string
}

// Candidate is a route that was looked at.
type Candidate struct {
	Entry
	View   View
	Lost   Reason // the step it lost at; empty for winners
	Out    bool   // it took no part: Detail says why
	Doubt  string // why it may not be there; empty where it is certain, or on a link that does not count here
	Detail string // "AS path length 3 > 1"
}

// explain writes an answer out.
func (d *decider) explain(a *answer, cs []candidate) *Decision {
	dec := &Decision{
		Observer: d.ob.Name, Direction: d.ob.Direction, Outcome: a.outcome, Links: a.links, Winner: a.best,
		Reason: a.reason, Inferred: a.inferred, Fragile: a.fragile, Possible: slices.Clone(a.possible), PerRouter: a.perRouter,
	}
	losses := make([]loss, len(cs))
	if a.chosen == nil {
		d.choose(cs, d.certain, losses)
	}
	if a.outcome == OutcomeDecided {
		dec.Winner = a.links[0]
	}
	if !dec.Firm() {
		dec.Winner, dec.Links = NoLink, union(a.possible)
	}
	dec.Candidates = d.describeAll(a, cs, losses)
	if !d.brief {
		dec.Detail = d.detail(a, cs, losses)
	}
	dec.Inferred = dec.Inferred || d.inferredLongestMatch(a, cs)
	d.explainDoubt(dec, a)
	d.explainTrust(dec, a, cs)
	if dec.Firm() && d.locRIB == nil && a.chosen == nil && !d.brief {
		dec.Flips = d.flips(a, cs, losses)
	}
	return dec
}

// describeAll lists the winners by link, then the losers longest mask first, then those that took
// no part.
func (d *decider) describeAll(a *answer, cs []candidate, losses []loss) []Candidate {
	order := slices.Clone(a.winners)
	slices.SortStableFunc(order, func(x, y int) int { return int(cs[x].link) - int(cs[y].link) })
	for i := range cs {
		if !slices.Contains(a.winners, i) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order[len(a.winners):], func(x, y int) int {
		if out := losses[x].step == ""; out != (losses[y].step == "") {
			if out {
				return 1
			}
			return -1
		}
		return cs[y].bits - cs[x].bits
	})
	all := make([]Candidate, len(order))
	for k, i := range order {
		all[k] = d.describe(&cs[i], losses[i], a.chosen != nil && !slices.Contains(a.winners, i))
	}
	return all
}

func union(all [][]LinkID) []LinkID {
	var out []LinkID
	for _, links := range all {
		for _, l := range links {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (d *decider) describe(c *candidate, lost loss, outdone bool) Candidate {
	col := c.src.column
	attrs := d.decoded(c.cell.attrs)
	marks := c.cell.marks() | attrs.rare
	attrs.rare = 0
	out := Candidate{View: c.src.feed.View, Entry: Entry{
		Route: Route{
			Prefix: d.s.t.fam[d.fam].prefix(c.id), PathID: col.pathID(c.id), Neighbor: col.neighbor,
			Attrs: attrs, Marks: marks, Line: c.cell.line(),
		},
		Feed: col.feed, Link: col.link, Tie: col.tie,
	}}
	counts := c.link == NoLink || slices.Contains(d.hears, c.link)
	if counts { // else it makes no difference whether it is there
		out.Doubt = c.doubt
	}
	switch {
	case c.never != "":
		out.Out, out.Detail = true, c.never
	case outdone:
		out.Out, out.Detail = true, fmt.Sprintf("what %s itself chose decides", d.ob.Name)
	case c.src.feed.View == Chosen && len(d.own) > 0:
	case c.src.feed.View == Chosen:
		out.Out, out.Detail = true, fmt.Sprintf("it is the choice of %s", c.src.feed.Observer)
	case !counts:
		out.Out, out.Detail = true, "not among the links that count here"
	case c.doubt != "":
		out.Out, out.Detail = true, "doubtful: "+c.doubt
	case !d.counts(c):
		out.Out, out.Detail = true, fmt.Sprintf("the winners of %s decide", d.locRIB.Name)
	default:
		out.Lost, out.Detail = lost.step, lost.detail
	}
	return out
}

// detail says in words what decided.
func (d *decider) detail(a *answer, cs []candidate, losses []loss) string {
	if len(a.winners) == 0 {
		return "no route"
	}
	w := &cs[a.winners[0]]
	route := d.s.t.fam[d.fam].prefix(w.id).String()
	names := strings.Join(d.names(a.links), " and ")
	if a.chosen != nil {
		return fmt.Sprintf("%s on %s: %s", route, names, d.explainOwn(a))
	}
	switch a.reason {
	case ReasonOnlyRoute:
		if len(a.capped) > 0 {
			return fmt.Sprintf("%s on %s: no other link is seen to have a route as long", route, names)
		}
		return fmt.Sprintf("%s on %s: no other link has a route", route, names)
	case ReasonEqual, ReasonRouterLocal:
		if a.best != NoLink {
			return fmt.Sprintf("%s on %s: %s marks %s best and spreads traffic over all", route, names, a.perRouter[0].Router, d.s.t.LinkName(a.best))
		}
		return fmt.Sprintf("%s on %s: equal in every step that can be seen", route, names)
	case ReasonRouterChose:
		if d.ob.Direction == Advertised {
			break
		}
		return fmt.Sprintf("%s on %s: %s marks it best", route, names, d.routerOf(w))
	}
	for i := range cs {
		if l := losses[i]; l.step == a.reason && !slices.Contains(a.links, cs[i].link) {
			return route + " on " + names + " against " + d.s.t.fam[d.fam].prefix(cs[i].id).String() + " on " + d.s.t.LinkName(cs[i].link) + ": " + l.detail
		}
	}
	return fmt.Sprintf("%s on %s", route, names)
}

func (d *decider) names(links []LinkID) []string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = d.s.t.LinkName(l)
	}
	return out
}

// inferredLongestMatch: that an internet more-specific beats an ExpressRoute aggregate follows from
// longest match; no Microsoft page says it.
func (d *decider) inferredLongestMatch(a *answer, cs []candidate) bool {
	if d.ob.Name != ObserverMicrosoft || a.reason != ReasonLongestMatch || len(a.links) == 0 {
		return false
	}
	if d.s.t.links[a.links[0]].Kind.ExpressRoute() {
		return false
	}
	return slices.ContainsFunc(d.certain, func(i int) bool { return d.s.t.links[cs[i].link].Kind.ExpressRoute() })
}

func (d *decider) explainDoubt(dec *Decision, a *answer) {
	if a.open != "" && !dec.Firm() {
		dec.Doubts = append(dec.Doubts, Doubt{Link: NoLink, Direction: d.ob.Direction, Family: d.fam, Why: a.open, Contradiction: a.contradicts})
	}
	for i := range a.doubts {
		c := &a.doubts[i]
		doubt := Doubt{Link: c.link, Direction: d.ob.Direction, Family: d.fam, Missing: c.absent, Why: c.doubt}
		if c.src != nil {
			doubt.Prefix = d.s.t.fam[d.fam].prefix(c.id)
		}
		dec.Doubts = append(dec.Doubts, doubt)
	}
}

// explainTrust lists what the answer takes on trust: how the winners' rows came to count, and what
// it says of the other links' silence.
func (d *decider) explainTrust(dec *Decision, a *answer, cs []candidate) {
	add := func(text string) {
		if text != "" && !slices.Contains(dec.Assumes, text) {
			dec.Assumes = append(dec.Assumes, text)
		}
	}
	for _, i := range a.winners {
		add(d.s.trust(&cs[i]))
		add(d.s.communitiesOnTrust(&cs[i]))
		add(d.s.marksOnTrust(&cs[i]))
		if f := cs[i].src; f != nil {
			add(f.feed.twinOnTrust())
		}
	}
	for _, link := range d.hears {
		cover := d.s.Coverage(link, d.ob.Direction, d.fam)
		if cover.Covered && d.locRIB == nil {
			for _, text := range cover.Assumes {
				add(text)
			}
		}
	}
	if a.chosen != nil {
		add(d.explainOwn(a))
		return
	}
	for i := range cs {
		add(d.choiceOnTrust(a, cs, i))
		add(d.asideOnTrust(a, cs, i))
	}
	add(d.preferenceOnTrust(a, cs))
	add(d.sidesOnTrust(a, cs))
	if a.fragile && len(a.links) > 1 && d.locRIB == nil {
		add(fmt.Sprintf("which of %s the routers use is not shown: they are taken to be equal", strings.Join(d.names(a.links), " and ")))
	}
	if len(a.winners) > 0 && a.reason == ReasonLongestMatch {
		add(d.unequal(a, cs))
	}
	if a.reason == ReasonRouterChose && d.ob.Direction == Advertised && a.chosen == nil {
		add(fmt.Sprintf("%d networks at the collectors all use %s (AS %s)", len(d.collectors.peers), d.s.t.LinkName(a.links[0]), asnList(d.collectors.peers)))
	}
	for _, link := range a.capped {
		add(fmt.Sprintf("%s is blind, and carries nothing longer than /%d here", d.s.t.LinkName(link), d.s.LongestUnseen(link, d.fam)))
	}
	if d.locRIB != nil {
		add(fmt.Sprintf("feed %s shows every winner of %s", d.locRIB.Name, d.locRIB.Router))
	}
}

// unequal is what a more-specific takes on trust that an ISP carries: networks that do not hear it answer
// by the aggregate.
func (d *decider) unequal(a *answer, cs []candidate) string {
	w := &cs[a.winners[0]]
	if d.ob.Direction != Advertised || d.s.t.links[w.link].Kind != Internet {
		return ""
	}
	for _, i := range d.certain {
		if c := &cs[i]; c.bits < w.bits && !slices.Contains(a.links, c.link) {
			return fmt.Sprintf("%s is heard everywhere: a network without it uses %s on %s",
				d.s.t.fam[d.fam].prefix(w.id), d.s.t.fam[d.fam].prefix(c.id), d.s.t.LinkName(c.link))
		}
	}
	return ""
}

func asnList(asns []uint32) string {
	var out []string
	for _, asn := range asns {
		out = append(out, strconv.FormatUint(uint64(asn), 10))
	}
	return strings.Join(out, ", ")
}

// flips says what would change a firm answer.
func (d *decider) flips(a *answer, cs []candidate, losses []loss) []string {
	if len(a.winners) == 0 {
		return nil
	}
	bits := cs[a.winners[0]].bits
	route := d.s.t.fam[d.fam].prefix(cs[a.winners[0]].id).String()
	var out []string
	for _, link := range a.links {
		rest := slices.DeleteFunc(slices.Clone(d.certain), func(i int) bool { return cs[i].link == link && cs[i].bits == bits })
		p := d.choose(cs, rest, nil)
		if slices.Equal(p.links, a.links) {
			continue
		}
		then := "no link has a route"
		if len(p.links) > 0 {
			then = strings.Join(d.names(p.links), " and ") + " wins by " + d.s.t.fam[d.fam].prefix(cs[p.winners[0]].id).String() + " (" + string(p.reason) + ")"
		}
		out = append(out, "without "+route+" on "+d.s.t.LinkName(link)+", "+then)
	}
	for _, link := range d.hears {
		if len(a.links) == 1 && a.links[0] == link {
			continue
		}
		if longest := d.s.LongestUnseen(link, d.fam); bits < longest {
			out = append(out, "a more-specific of "+route+" (up to /"+strconv.Itoa(longest)+") on "+d.s.t.LinkName(link)+" wins by longest match")
		}
	}
	for i := range cs {
		if l := losses[i]; d.canBeBettered(l.step) && !slices.Contains(a.links, cs[i].link) {
			out = append(out, "a better "+string(l.step)+" on "+d.s.t.LinkName(cs[i].link)+" (now "+l.detail+")")
		}
	}
	return out
}

// canBeBettered reports whether somebody can change what the step compares: an attribute or a
// weight, and not what kind of link it is, nor which link another network prefers.
func (d *decider) canBeBettered(step Reason) bool {
	switch step {
	case ReasonLocalPref:
		return len(d.ob.prefers) == 0
	case ReasonASPathLength, ReasonOrigin, ReasonMED, ReasonConnectionWeight:
		return true
	}
	return false
}
