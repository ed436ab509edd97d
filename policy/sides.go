package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// side is a set of addresses that share a choice.
type side struct {
	decision *rib.Decision
	set      []netip.Prefix
	routes   []rib.Candidate // the winning routes, one a prefix, at most MostRemotePrefixes
	// decisions are those that differ in what lost, and how: the choice alone does not tell.
	decisions []*rib.Decision
	parts     []*side // of a side that joins others
}

func (s *side) choice(ps *Pass) Choice {
	return Choice{Outcome: s.decision.Outcome, Links: ps.names(s.decision.Links), Reason: s.decision.Reason}
}

// sameLinks keeps apart flows whose own choices differ where SNAT pins some of their replies alike.
func (s *side) sameLinks(o *side) bool {
	return s == nil || o == nil || slices.Equal(s.decision.Links, o.decision.Links)
}

// query narrows our own choice to what reaches the service.
func (ps *Pass) query(s *Service) rib.Query {
	q := rib.Query{Behind: s.Behind}
	if len(s.Sees) > 0 {
		q.Sees = []rib.LinkID{}
		for _, name := range s.Sees {
			if id, ok := ps.table.LinkID(name); ok {
				q.Sees = append(q.Sees, id)
			}
		}
	}
	return q
}

// forwardSides splits the remote's addresses by our choice towards them.
func (ps *Pass) forwardSides(s *Service, remote *remoteSet, fam rib.Family) []*side {
	us := ps.Sight.Observer(rib.ObserverUs)
	if us == nil {
		return nil
	}
	grain := rib.ByRoute
	if !remote.listed {
		grain = rib.ByLinks
	}
	return ps.split(us, remote.fams[fam].prefixes, ps.query(s), grain)
}

// returnSides splits local addresses by the observer's choice towards them.
func (ps *Pass) returnSides(observer string, local []netip.Prefix) []*side {
	ob := ps.Sight.Observer(observer)
	if ob == nil {
		return nil
	}
	return ps.split(ob, local, rib.Query{}, rib.ByRoute)
}

// split partitions the addresses of a set by choice: outcome, links, reason and what may come of it.
func (ps *Pass) split(ob *rib.Observer, set []netip.Prefix, q rib.Query, grain rib.Grain) []*side {
	var out []*side
	var builders []*netipx.IPSetBuilder
	at, losers := map[string]int{}, map[string]bool{}
	for _, p := range set {
		for _, r := range ps.Sight.Ranges(ob, p, q, grain) {
			d := r.Decision
			key := fmt.Sprint(d.Outcome, d.Links, d.Reason, d.Possible)
			i, seen := at[key]
			if !seen {
				i = len(out)
				at[key] = i
				out = append(out, &side{decision: d})
				builders = append(builders, &netipx.IPSetBuilder{})
			}
			builders[i].AddRange(netipx.IPRangeFrom(r.From, r.To))
			out[i].addRoutes(d.Candidates)
			if lost := key + lostIn(d); !losers[lost] {
				losers[lost] = true
				out[i].decisions = append(out[i].decisions, d)
			}
		}
	}
	for i, b := range builders {
		if s, err := b.IPSet(); err == nil {
			out[i].set = s.Prefixes()
		}
	}
	return out
}

// lostIn tells decisions of one choice apart: which links have candidates that lost, and at what.
func lostIn(d *rib.Decision) string {
	var b strings.Builder
	for i := range d.Candidates {
		if c := &d.Candidates[i]; c.Lost != "" || c.Doubt != "" {
			fmt.Fprint(&b, " ", c.Link, c.Lost, c.Doubt)
		}
	}
	return b.String()
}

// holds reports whether the side is o or has joined it.
func (s *side) holds(o *side) bool { return s == nil || s == o || slices.Contains(s.parts, o) }

// with is the side and another one of the same choice, as one.
func (s *side) with(o *side) *side {
	if o == nil || s.holds(o) {
		return s
	}
	both := *s
	both.parts = append(slices.Clone(s.parts), s, o)
	both.routes = slices.Clone(s.routes)
	both.addRoutes(o.routes)
	both.decisions = append(slices.Clone(s.decisions), o.decisions...)
	return &both
}

func (s *side) addRoutes(cs []rib.Candidate) {
	for _, c := range cs {
		if c.Lost != "" || c.Out {
			continue
		}
		known := slices.ContainsFunc(s.routes, func(have rib.Candidate) bool {
			return have.Prefix == c.Prefix && have.Link == c.Link && have.Feed == c.Feed && have.PathID == c.PathID
		})
		if !known && len(s.routes) < MostRemotePrefixes {
			s.routes = append(s.routes, c)
		}
	}
}
