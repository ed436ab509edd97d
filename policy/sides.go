package policy

import (
	"cmp"
	"encoding/binary"
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
	return ps.sidesTo(remote, remote.fams[fam].prefixes, ps.query(s), forwardKey{remote, fam, s.Behind, strings.Join(s.Sees, ","), s.Sees != nil, false})
}

// perhapsSides does so for the addresses that may be the remote's. If they are, no ExpressRoute link
// carries them beyond a default, so that where none has a default either, none counts.
func (ps *Pass) perhapsSides(s *Service, remote *remoteSet, fam rib.Family) []*side {
	q := ps.query(s)
	if remote.from != nil && !ps.learned(fam).byER {
		seen := q.Sees
		q.Sees = []rib.LinkID{}
		for i := range ps.Links {
			if !ps.Links[i].Kind.ExpressRoute() && (seen == nil || slices.Contains(seen, rib.LinkID(i))) {
				q.Sees = append(q.Sees, rib.LinkID(i))
			}
		}
	}
	return ps.sidesTo(remote, remote.fams[fam].perhaps, q, forwardKey{remote, fam, s.Behind, strings.Join(s.Sees, ","), s.Sees != nil, true})
}

func (ps *Pass) sidesTo(remote *remoteSet, set []netip.Prefix, q rib.Query, k forwardKey) []*side {
	us := ps.Sight.Observer(rib.ObserverUs)
	if us == nil || len(set) == 0 {
		return nil
	}
	if sides, known := ps.forwards[k]; known {
		return sides
	}
	grain := rib.ByRoute
	if !remote.listed {
		grain = rib.ByLosers // forward/more-specific asks who lost, and how
	}
	ps.forwards[k] = ps.split(us, set, q, grain)
	return ps.forwards[k]
}

// forwardKey is what our choice towards a remote hangs on: services that share it share the answer.
type forwardKey struct {
	remote *remoteSet
	fam    rib.Family
	behind string
	sees   string
	some   bool // sees: is given

	perhaps bool // the addresses that may be the remote's
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
	var key []byte
	q.Brief = true
	for _, p := range set {
		for _, r := range ps.Sight.Ranges(ob, p, q, grain) {
			d := r.Decision
			key = appendChoice(key[:0], d)
			i, seen := at[string(key)]
			if !seen {
				i = len(out)
				at[string(key)] = i
				out = append(out, &side{decision: d})
				builders = append(builders, &netipx.IPSetBuilder{})
			}
			builders[i].AddRange(netipx.IPRangeFrom(r.From, r.To))
			out[i].addRoutes(d.Candidates)
			if key = appendLost(key, d); !losers[string(key)] {
				losers[string(key)] = true
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

// appendChoice writes what tells choices apart. Addresses come in great numbers, and choices do not.
func appendChoice(b []byte, d *rib.Decision) []byte {
	b = appendLinks(appendText(appendText(b, string(d.Outcome)), string(d.Reason)), d.Links)
	b = binary.AppendUvarint(b, uint64(len(d.Possible)))
	for _, links := range d.Possible {
		b = appendLinks(b, links)
	}
	return b
}

// appendLost writes what tells decisions of one choice apart: which links have candidates that lost,
// and at what.
func appendLost(b []byte, d *rib.Decision) []byte {
	bits := -1
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if c.Lost == "" && !c.Out {
			bits = c.Prefix.Bits()
		}
		if c.Lost != "" || c.Doubt != "" {
			b = appendText(appendText(binary.AppendVarint(b, int64(c.Link)), string(c.Lost)), c.Doubt)
			b = binary.AppendVarint(b, int64(cmp.Compare(c.Prefix.Bits(), bits)))
		}
	}
	return binary.AppendVarint(b, int64(bits))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendLinks(b []byte, links []rib.LinkID) []byte {
	b = binary.AppendUvarint(b, uint64(len(links)))
	for _, l := range links {
		b = binary.AppendVarint(b, int64(l))
	}
	return b
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
		if len(s.routes) == MostRemotePrefixes {
			return
		}
		if c.Lost != "" || c.Out {
			continue
		}
		known := slices.ContainsFunc(s.routes, func(have rib.Candidate) bool {
			return have.Prefix == c.Prefix && have.Link == c.Link && have.Feed == c.Feed && have.PathID == c.PathID
		})
		if !known {
			s.routes = append(s.routes, c)
		}
	}
}
