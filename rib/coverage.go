package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Direction says which of a link's two tables is meant.
type Direction uint8

// The two directions.
const (
	Advertised Direction = iota // what we send on the link; decides the return
	Received                    // what we get on the link; decides the forward
)

func (d Direction) String() string {
	if d == Advertised {
		return "advertised"
	}
	return "received"
}

// Coverage says what the feeds prove of one link, direction and family. Where absence is not
// proven the link is blind there: routes that nobody showed may exist.
type Coverage struct {
	Link      LinkID
	Direction Direction
	Family    Family
	Covered   bool           // absence is proven, at least inside Scope
	Scope     []netip.Prefix // nil: everywhere
	Why       string         // where not Covered: what is missing, for the reader
	Weak      bool           // where not Covered: a feed is there, of a view that cannot prove this
	Assumes   []string       // what the proof of absence takes on trust
	Feeds     []FeedID       // every feed that speaks of the link in this direction, whatever its state
	Lost      []FeedID       // where not Covered: the failing feeds, if their failing is the whole reason

	far, post  *proof // complete far-end; complete adj-rib-out-post or received post-policy
	sent       *proof // complete adj-rib-out-post, whether or not it proves what the far end has
	pre        *proof // complete pre-policy table: what it lacks no policy can have made
	farFailing string // a configured far-end that fails leaves acceptance doubtful
}

// proof is what a complete feed, or several, cover.
type proof struct{ scope []netip.Prefix }

// covers reports whether a route of prefix p could not have been left out.
func (p *proof) covers(q netip.Prefix) bool {
	return p != nil && (p.scope == nil || slices.ContainsFunc(p.scope, func(s netip.Prefix) bool { return contains(s, q) }))
}

func (p *proof) add(scope []netip.Prefix) *proof {
	switch {
	case p == nil:
		return &proof{scope}
	case p.scope == nil || scope == nil:
		return &proof{}
	}
	return &proof{append(slices.Clone(p.scope), scope...)}
}

// contains reports whether inner lies inside outer or equals it.
func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// speaksOf reports whether the feed's declaration names the link.
func (f *Feed) speaksOf(l *Link) bool {
	switch f.View {
	case Collector:
		return l.Kind == Internet
	case Chosen:
		return false // its rows decide, and prove nothing of a link
	}
	if f.Link != "" || f.Mirrors != "" {
		return f.Link == l.Name || f.Mirrors == l.Name
	}
	return slices.ContainsFunc(f.Classify, func(c ClassifyRule) bool { return c.Link == l.Name })
}

// directionOf says which direction of a link the feed speaks of. A monitor session shows what the
// router received, unless it mirrors a link's export policy.
func (f *Feed) directionOf() Direction {
	switch {
	case f.View == Declared:
		if f.staticReceives {
			return Received
		}
	case f.View == Monitor && f.Mirrors == "", !f.View.Advertised():
		return Received
	}
	return Advertised
}

// declares reports whether the feed is meant to speak of the family: by declaration, or because
// it does. An unread feed that declares nothing may have been meant for either.
func (f *Feed) declares(fam Family) bool {
	if len(f.Families) > 0 {
		return slices.Contains(f.Families, fam) || f.Covers(fam)
	}
	// A far end that names no families: is meant to show what was accepted of both.
	return f.Covers(fam) || len(f.State.Families) == 0 || f.View == FarEnd
}

// cover works out the coverage of one link, direction and family from the feeds' states.
func (s *Sight) cover(link LinkID, dir Direction, fam Family) Coverage {
	l := &s.t.links[link]
	c := Coverage{Link: link, Direction: dir, Family: fam}
	var failing, weak []string
	var absence *proof
	broken := map[View]bool{}
	beside := false // a feed of the link's own, and no collector, falls short of showing it whole
	for id, f := range s.t.feeds {
		if !f.speaksOf(l) || f.directionOf() != dir || !f.declares(fam) {
			continue
		}
		c.Feeds = append(c.Feeds, FeedID(id))
		// Feeds of one view are one table in parts: one that fails leaves the others' absence
		// unproven. One that was left out on purpose does not.
		if proves, _ := s.proves(f, l, dir); proves != provesPresence && s.failing(f, fam) != "" && !f.State.Closed {
			broken[f.View] = true
		}
	}
	for _, id := range c.Feeds {
		f := s.t.feeds[id]
		if f.View == Declared {
			continue
		}
		why := s.failing(f, fam)
		proves, assume := s.proves(f, l, dir)
		beside = beside || f.View != Collector && (why != "" || proves == provesPresence)
		if why != "" {
			failing = append(failing, why)
			if f.View == FarEnd {
				c.farFailing = why
			}
			continue
		}
		if f.View == AdjRIBOutPost && proves == provesRows && !broken[f.View] {
			c.sent = c.sent.add(f.Scope)
		}
		if proves == provesPresence {
			weak = append(weak, fmt.Sprintf("feed %s is a %s view, which %s", f.Name, f.View, weakness(f.View, l, dir)))
			continue
		}
		if broken[f.View] {
			continue
		}
		absence = absence.add(f.Scope)
		if assume != "" {
			c.Assumes = append(c.Assumes, assume)
		}
		if f.State.Complete == CompleteUnproven {
			c.Assumes = append(c.Assumes, fmt.Sprintf("the end of feed %s is not proven", f.Name))
		}
		if twin := f.twinOnTrust(); twin != "" {
			c.Assumes = append(c.Assumes, twin)
		}
		switch {
		case f.View == FarEnd:
			c.far = c.far.add(f.Scope)
		case proves == provesRows:
			c.post = c.post.add(f.Scope)
		default:
			c.pre = c.pre.add(f.Scope)
		}
	}
	// static: is for links without BGP. Beside feeds of the same link it adds its routes, and proves
	// no absence that they do not.
	if l.Static != nil && !beside {
		absence = absence.add(nil)
		c.Assumes = append(c.Assumes, "declared, not observed: static on "+l.Name)
	}
	c.Covered = absence != nil
	if c.Covered {
		c.Scope = absence.scope
		return c
	}
	c.Weak = len(failing) == 0 && len(weak) > 0
	c.Lost = s.lost(&c, len(failing))
	c.Why = strings.Join(append(failing, weak...), "; ")
	if c.Why == "" {
		c.Why = fmt.Sprintf("no feed shows what is %s on %s (%s)", dir, l.Name, fam)
	}
	return c
}

// lost lists the feeds of an uncovered link that fail, if there are as many as reasons.
func (s *Sight) lost(c *Coverage, reasons int) (out []FeedID) {
	for _, id := range c.Feeds {
		if s.t.feeds[id].Failing() != "" {
			out = append(out, id)
		}
	}
	if len(out) < reasons {
		return nil
	}
	return out
}

// failing says why the feed proves nothing of the family by its silence; empty where it does.
func (s *Sight) failing(f *Feed, fam Family) string {
	why := f.Failing()
	if why == "" && s.strict && f.State.Complete == CompleteUnproven {
		why = fmt.Sprintf("feed %s does not prove its end, and --strict is given", f.Name)
	}
	switch {
	case why == "" && !f.Covers(fam):
		why = fmt.Sprintf("feed %s shows no %s (families: says so where it is not meant to)", f.Name, fam)
	case why != "" && len(f.Families) == 0 && len(f.State.Families) == 0:
		// Nobody knows which family it was for: it may have held this one.
		why += ", and names no families:, so it may have been for " + fam.String()
	}
	return why
}

// strength is what a complete feed of a view proves of a link.
type strength uint8

const (
	provesPresence strength = iota // its rows are there; others may be too
	provesAbsence                  // what it lacks is not there; its rows' fate is open
	provesRows                     // both
)

// proves is the table of views: what a complete feed of this one proves of the link, and what that
// takes on trust.
func (s *Sight) proves(f *Feed, l *Link, dir Direction) (strength, string) {
	switch f.View {
	case AdjRIBOutPost, AdjRIBOutPre:
		switch {
		case len(l.ProviderASNs) > 0: // a layer-3 provider passes on what it likes
			return provesPresence, ""
		case f.View == AdjRIBOutPre:
			return provesAbsence, ""
		}
		return provesRows, ""
	case FarEnd, AdjRIBInPost:
		return provesRows, ""
	case AdjRIBInPre:
		return provesAbsence, ""
	case BGPTable:
		// A router's table shows all that its own neighbours sent, and of others' only the winners.
		if f.Router == l.Router && (l.Router != "" || f.Link == l.Name) || s.oneRouter() && (f.Router == "" || l.Router == "") {
			return provesRows, ""
		}
	case Monitor:
		if dir == Advertised && f.Mirrors == l.Name && len(l.ProviderASNs) == 0 {
			return provesRows, "mirrors " + l.Name
		}
		if dir == Received && f.AddPath == "all" && (f.Range || f.Router == "" || l.Router == "" || f.Router == l.Router) {
			return provesRows, fmt.Sprintf("feed %s sends every path", f.Name)
		}
	}
	return provesPresence, ""
}

// oneRouter reports whether all links end on the same router, named or not.
func (s *Sight) oneRouter() bool {
	for i := range s.t.links {
		if s.t.links[i].Router != s.t.links[0].Router {
			return false
		}
	}
	return true
}

func weakness(v View, l *Link, dir Direction) string {
	switch {
	case v == AdjRIBOutPost, v == AdjRIBOutPre, v == Monitor && dir == Advertised && len(l.ProviderASNs) > 0:
		return fmt.Sprintf("shows what is sent to AS %d, and not what is behind it", l.ProviderASNs[0])
	case v == Chosen:
		return "shows one network's choice"
	case v == LocRIB, v == Monitor:
		return "hides the routes that lost"
	case v == Collector:
		return "proves presence only"
	case v == BGPTable:
		return "of another router shows only the winners of this link"
	}
	return "cannot prove what is " + dir.String()
}
