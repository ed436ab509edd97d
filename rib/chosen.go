package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
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

// ownUnshown says why the observer's own table does not show all that it chose: a feed of it that is
// there for the family, and not left out on purpose, fails.
func (d *decider) ownUnshown() string {
	for _, f := range d.s.t.feeds {
		if f.View == Chosen && f.Observer == d.ob.Name && f.declares(d.fam) && !f.State.Closed && d.s.failing(f, d.fam) != "" {
			return "what " + d.ob.Name + " itself chose: " + d.s.failing(f, d.fam)
		}
	}
	return ""
}

// ownOpen says why the rows that the observer's own table shows may not be its choice; empty where they
// are.
func (d *decider) ownOpen(cs []candidate) string {
	for _, i := range d.own {
		if cs[i].cell.marks()&(Stale|Malformed) != 0 {
			return "what " + d.ob.Name + " itself chose: the route is marked stale, or came in a malformed message"
		}
	}
	return d.unshown
}

// resolveOwn answers with what the observer shows that it chose, ahead of every rule: byRule is what the
// rules alone come to. Where its table may hold something else, both are possible.
func (d *decider) resolveOwn(cs []candidate, at netip.Prefix, byRule answer) answer {
	feed := cs[d.own[0]].src.feed
	a := answer{pick: pick{winners: slices.Clone(d.own), reason: ReasonRouterChose, best: NoLink}, chosen: feed, byRule: byRule.links}
	for _, i := range d.own {
		if l := cs[i].link; l != NoLink {
			a.links = append(a.links, l)
		} else {
			a.links = append(a.links, d.couldBe(cs, &cs[i], at)...)
		}
	}
	slices.Sort(a.links)
	a.links = slices.Compact(a.links)
	if a.open = d.ownOpen(cs); a.open == "" {
		a.possible = append(d.possible[:0], a.links)
	} else {
		a.doubts = byRule.doubts
		a.possible = [][]LinkID{a.links}
		for _, links := range byRule.possible {
			a.possible = addOutcome(a.possible, links)
		}
	}
	a.outcome, d.possible = a.settle(), a.possible
	if a.outcome == OutcomeTie {
		a.reason = ReasonEqual
	}
	return a
}

// couldBe lists the links that the observer hears and that a row of its table could be by: those with a
// route of the prefix, seen or perhaps unseen, or where none has one all of them.
func (d *decider) couldBe(cs []candidate, row *candidate, at netip.Prefix) []LinkID {
	var with []LinkID
	for i := range cs {
		c := &cs[i]
		switch {
		case c.id != row.id || c.src == nil || c.src.feed.View == Chosen || c.never != "":
		case c.link == NoLink:
			return d.hears
		case slices.Contains(d.hears, c.link):
			with = append(with, c.link)
		}
	}
	for _, link := range d.blind {
		if c, ok := d.s.unseen(link, d.ob.Direction, at, d.s.LongestUnseen(link, d.fam)); ok && c.bits >= row.bits {
			with = append(with, link)
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
	return strings.Join(d.names(links), " and ")
}
