package rib

import (
	"fmt"
	"slices"
)

// showsBest reports whether the candidate's source prints the router's own choice.
func (c *candidate) showsBest() bool {
	if c.src == nil || c.anew || c.facts.notShown.Has(AttrBest) {
		return false
	}
	switch c.src.feed.View {
	case BGPTable, AdjRIBInPost, LocRIB:
		return true
	}
	return false
}

// marksItself reports whether the route's own router marks it best: also before import policy, where the
// mark decides nothing, and denies what the steps come to.
func (c *candidate) marksItself() bool {
	return c.src != nil && !c.anew && c.cell.marks().Has(Best) && (c.showsBest() || c.src.feed.View == AdjRIBInPre && !c.facts.notShown.Has(AttrBest))
}

// RouterChoice is what one router's own marks say.
type RouterChoice struct {
	Router string
	Links  []LinkID // best first, then multipath
}

// routersChoose reads the best and multipath marks of the live candidates, router by router.
// complete is false where some router's choice may be a candidate that shows no marks.
func (d *decider) routersChoose(cs []candidate, live []int) (choices []RouterChoice, complete bool) {
	var silent []string
	for _, i := range live {
		c := &cs[i]
		router := d.routerOf(c)
		if d.behind != "" && router != d.behind {
			continue
		}
		k := slices.IndexFunc(choices, func(r RouterChoice) bool { return r.Router == router })
		if k < 0 {
			choices = append(choices, RouterChoice{Router: router})
			k = len(choices) - 1
		}
		if !c.showsBest() {
			silent = append(silent, router)
			continue
		}
		links := &choices[k].Links
		switch marks := c.cell.marks(); {
		case marks.Has(Best):
			*links = slices.DeleteFunc(*links, func(l LinkID) bool { return l == c.link })
			*links = slices.Insert(*links, 0, c.link)
		case marks.Has(Multipath) && !slices.Contains(*links, c.link):
			*links = append(*links, c.link)
		}
	}
	complete = len(choices) > 0
	for _, r := range choices {
		complete = complete && (len(r.Links) > 0 || !slices.Contains(silent, r.Router))
	}
	// A router that marks none of these prefers a route of another router: it has no say here.
	choices = slices.DeleteFunc(choices, func(r RouterChoice) bool { return len(r.Links) == 0 })
	return choices, complete
}

func (d *decider) routerOf(c *candidate) string {
	if c.src != nil && c.src.feed.Router != "" {
		return c.src.feed.Router
	}
	if c.link != NoLink {
		return d.s.t.links[c.link].Router
	}
	return ""
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
		if !complete {
			live = d.dropAside(cs, d.dropUnmarked(cs, live, losses), losses)
		}
		if d.behind != "" && p.open == "" {
			// One router chooses, and does not show how: any of them may win.
			p.open = "what " + d.behind + " chooses is not shown"
			for _, l := range d.linksOf(cs, live) {
				p.others = append(p.others, []LinkID{l})
			}
		}
		return live
	}
	kept := live[:0:0]
	for _, i := range live {
		if slices.Contains(links, cs[i].link) {
			kept = append(kept, i)
		} else if losses != nil {
			losses[i] = d.lostToMark(&cs[i])
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

// dropUnmarked leaves out what its own router shows that it does not choose, if it leaves anything: another route is
// chosen, and not every router shows whether it is its own.
func (d *decider) dropUnmarked(cs []candidate, live []int, losses []loss) []int {
	unmarked := func(i int) bool {
		c := &cs[i]
		return c.shownUnmarked() && (d.behind == "" || d.routerOf(c) == d.behind)
	}
	if !slices.ContainsFunc(live, func(i int) bool { return cs[i].marksItself() }) {
		return live // nobody marks any: marks say nothing
	}
	left := slices.DeleteFunc(slices.Clone(live), unmarked)
	if len(left) == 0 {
		return live
	}
	if losses != nil {
		for _, i := range live {
			if unmarked(i) {
				losses[i] = d.lostToMark(&cs[i])
			}
		}
	}
	return left
}

// markedAside reports whether the candidate's own router marks another of them best, of the same length: then it does not
// use this one, whatever is not known of it. A mark speaks of the VRF that its table is of; two tables that differ about
// a route say nothing.
func (d *decider) markedAside(cs []candidate, among []int, c *candidate) bool {
	router := d.routerOf(c)
	if d.ob.Direction != Received || d.locRIB != nil || router == "" || d.behind != "" && router != d.behind {
		return false
	}
	return slices.ContainsFunc(among, func(i int) bool {
		o := &cs[i]
		return o.bits == c.bits && o.doubt == "" && o.showsBest() && o.cell.marks().Has(Best) &&
			o.src.feed.VRF == c.src.feed.VRF && d.routerOf(o) == router && !disputed(cs, among, o)
	})
}

// shownUnmarked reports whether the router that holds the route shows its choice, and that it is not this one.
func (c *candidate) shownUnmarked() bool {
	return c.showsBest() && c.cell.marks()&(Best|Multipath) == 0
}

// disputed reports whether another table shows a route of the same link as not chosen.
func disputed(cs []candidate, among []int, o *candidate) bool {
	return slices.ContainsFunc(among, func(i int) bool {
		c := &cs[i]
		return c.src != nil && c.link == o.link && c.bits == o.bits && c.src.feed != o.src.feed && c.shownUnmarked()
	})
}

// dropAside leaves out what its own router marks aside, also if nothing shows its choice of it. A static route is none
// that a mark of BGP speaks of, and what the router sends us is its choice.
func (d *decider) dropAside(cs []candidate, live []int, losses []loss) []int {
	return slices.DeleteFunc(slices.Clone(live), func(i int) bool {
		c := &cs[i]
		byBGP := c.src != nil && c.src.feed.View != Declared && c.src.feed.View != Monitor && c.cell.marks()&(Best|Multipath) == 0
		aside := byBGP && d.markedAside(cs, live, c)
		if aside && losses != nil {
			losses[i] = d.lostToMark(&cs[i])
		}
		return aside
	})
}

func (d *decider) lostToMark(c *candidate) loss {
	return loss{ReasonRouterChose, fmt.Sprintf("%s marks another route best", d.routerOf(c))}
}

// behindOneRouter reports whether all live candidates end on one router that shows its choice
// among them: its best mark then decides ahead of an attribute that is not shown.
func (d *decider) behindOneRouter(cs []candidate, live []int) bool {
	if !slices.ContainsFunc(d.ob.steps, func(s step) bool { return s.rank == nil }) {
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
