package rib

import (
	"fmt"
	"slices"
)

// ownChoice finds the routes of an address that the observer's own table shows it to have chosen: the
// longest ones, and the best of them where it marks one. nil: it shows none.
func (d *decider) ownChoice(cs []candidate) []int {
	var own []int
	best := false
	for i := range cs {
		c := &cs[i]
		if c.src == nil || c.src.feed.View != Chosen || c.src.feed.Observer != d.ob.Name || c.never != "" {
			continue
		}
		marked := c.cell.marks()&(Best|Multipath) != 0
		switch {
		case len(own) > 0 && c.bits < cs[own[0]].bits, len(own) > 0 && c.bits == cs[own[0]].bits && best && !marked:
			continue
		case len(own) > 0 && (c.bits > cs[own[0]].bits || marked && !best):
			own = own[:0]
		}
		own, best = append(own, i), marked
	}
	return own
}

// resolveOwn answers with what the observer shows that it chose, ahead of every rule: byRule is what the
// rules alone come to. A row that is tied to no link is by any link that it could be.
func (d *decider) resolveOwn(cs []candidate, byRule answer) answer {
	feed := cs[d.own[0]].src.feed
	a := answer{pick: pick{winners: slices.Clone(d.own), reason: ReasonRouterChose, best: NoLink}, chosen: feed, byRule: byRule.links}
	for _, i := range d.own {
		if l := cs[i].link; l != NoLink {
			a.links = append(a.links, l)
		} else {
			a.links = append(a.links, d.couldBe(cs, &cs[i])...)
		}
	}
	slices.Sort(a.links)
	a.links = slices.Compact(a.links)
	a.possible = append(d.possible[:0], a.links)
	longer := len(byRule.winners) > 0 && cs[byRule.winners[0]].bits > cs[d.own[0]].bits
	if longer && (feed.State.Complete != CompleteYes && feed.State.Complete != CompleteUnproven) {
		a.open = fmt.Sprintf("feed %s is partial: whether it holds %s is not known", feed.Name, d.s.t.fam[d.fam].prefix(cs[byRule.winners[0]].id))
		a.possible = addOutcome(a.possible, byRule.links)
	}
	a.outcome, d.possible = a.settle(), a.possible
	if a.outcome == OutcomeTie {
		a.reason = ReasonEqual
	}
	return a
}

// couldBe lists the links that the observer hears and that a row of its table could be by: those with a
// route of the prefix, or where none has one all of them.
func (d *decider) couldBe(cs []candidate, row *candidate) []LinkID {
	var with []LinkID
	for i := range cs {
		if c := &cs[i]; c.id == row.id && c.link != NoLink && c.src != nil && c.src.feed.View != Chosen && c.never == "" && slices.Contains(d.hears, c.link) {
			with = append(with, c.link)
		}
	}
	if len(with) == 0 {
		return d.hears
	}
	return with
}

// explainOwn says what the observer's own table took the place of.
func (d *decider) explainOwn(a *answer) string {
	own := fmt.Sprintf("feed %s shows what %s itself chose", a.chosen.Name, d.ob.Name)
	if slices.Equal(a.byRule, a.links) {
		return own
	}
	return fmt.Sprintf("%s: the rules alone say %s", own, d.linkList(a.byRule))
}

func (d *decider) linkList(links []LinkID) string {
	if len(links) == 0 {
		return "that no link has a route"
	}
	out := ""
	for i, name := range d.names(links) {
		if i > 0 {
			out += " and "
		}
		out += name
	}
	return out
}
