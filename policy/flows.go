package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// Verdict says what becomes of a flow's connections.
type Verdict string

// The verdicts.
const (
	Symmetric         Verdict = "symmetric"
	Asymmetric        Verdict = "asymmetric"
	Mixed             Verdict = "mixed"
	Unreachable       Verdict = "unreachable"
	VerdictUnknown    Verdict = "unknown"
	FlowNotApplicable Verdict = "not-applicable"
)

// Choice is one direction of a flow: which links, and why.
type Choice struct {
	Outcome rib.Outcome
	Links   []string
	Reason  rib.Reason
}

// ReasonSNAT is the reason of a reply that inbound source NAT pins to the firewall it came in by.
const ReasonSNAT rib.Reason = "snat"

// Flow is one service, remote and family with one forward choice, one return choice and one
// verdict. Forward is always our choice and Return always theirs, whoever starts.
type Flow struct {
	Service        string
	Remote         string
	Family         rib.Family
	Initiator      Initiator
	Local          []netip.Prefix
	RemotePrefixes []netip.Prefix // at most MostRemotePrefixes
	RemoteCount    int            // how many there are
	Forward        Choice
	Return         Choice
	Verdict        Verdict
	Why            string // unknown, not-applicable and unreachable: the reason
	DropsAt        string // the firewall that drops; empty where none does
	Stateless      bool   // asymmetric between links that keep no state
	Story          []string
	Assumes        []string
	Findings       []string // ids
}

// MostRemotePrefixes is how many of a flow's remote prefixes are listed.
const MostRemotePrefixes = 100

// flow is a Flow with what the checks need of it.
type flow struct {
	*Flow
	service  *Service
	forward  *side // nil where it was never asked: pinned, or not applicable
	reply    *side
	pinned   bool // the reply is pinned by inbound SNAT on every branch
	intended []string
	gaps     []gap
	fate     bool
	anywhere bool // its remote is not wholly known: other addresses of it may use any link
	source   string
}

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

// buildFlows works out every flow of every service.
func (ps *Pass) buildFlows() {
	for i := range ps.Services {
		s := &ps.Services[i]
		remote := ps.remotes[s.Remote]
		if remote == nil {
			continue
		}
		made := len(ps.flows)
		for _, fam := range ps.families {
			ps.flowsOf(s, remote, fam)
		}
		if len(ps.flows) == made {
			ps.noCommonFamily(s, remote)
		}
	}
}

// localOf lists a service's own addresses and those of its pools in a family.
func (ps *Pass) localOf(s *Service, fam rib.Family) []netip.Prefix {
	out := inFamily(s.Addresses, fam)
	if s.Initiator == WeStart {
		for _, p := range ps.poolsOf(s) {
			out = append(out, inFamily(p.Prefixes, fam)...)
		}
	}
	return out
}

func (ps *Pass) poolsOf(s *Service) []*Pool {
	var out []*Pool
	for i := range ps.Pools {
		if slices.Contains(s.Pools, ps.Pools[i].Name) {
			out = append(out, &ps.Pools[i])
		}
	}
	return out
}

// noCommonFamily leaves one line for a service whose families the remote does not have.
func (ps *Pass) noCommonFamily(s *Service, remote *remoteSet) {
	resolved := false
	for _, fam := range ps.families {
		resolved = resolved || len(remote.fams[fam].prefixes) > 0
	}
	for _, fam := range ps.families {
		local := ps.localOf(s, fam)
		if len(local) == 0 {
			continue
		}
		f := ps.newFlow(s, remote, fam, local)
		f.Verdict, f.Why = FlowNotApplicable, "the service and the remote share no address family"
		if !resolved || remote.looked {
			f.Verdict, f.Why = VerdictUnknown, fmt.Sprintf("remote %s resolves to no %s address", remote.name, fam)
		}
		ps.flows = append(ps.flows, f)
	}
}

func (ps *Pass) newFlow(s *Service, remote *remoteSet, fam rib.Family, local []netip.Prefix) *flow {
	none := Choice{Outcome: rib.OutcomeUnknown, Links: []string{}, Reason: rib.ReasonNone}
	return &flow{service: s, intended: s.Links, Flow: &Flow{
		Service: s.Name, Remote: remote.name, Family: fam, Initiator: s.Initiator,
		Local: local, RemotePrefixes: []netip.Prefix{}, Forward: none, Return: none, Verdict: VerdictUnknown,
	}}
}

func (ps *Pass) flowsOf(s *Service, remote *remoteSet, fam rib.Family) {
	r := &remote.fams[fam]
	local := ps.localOf(s, fam)
	if len(local) == 0 {
		return
	}
	if r.rest != "" {
		f := ps.newFlow(s, remote, fam, local)
		f.Why, f.gaps = r.rest, r.restGaps
		ps.flows = append(ps.flows, f)
	}
	if len(r.prefixes) == 0 && r.missing == "" {
		return
	}
	first := len(ps.flows)
	if ps.Sight.Observer(remote.observer) == nil {
		f := ps.newFlow(s, remote, fam, local)
		f.Why = fmt.Sprintf("observer %s hears none of the links, so the way back is not known", remote.observer)
		ps.flows = append(ps.flows, f)
		return
	}
	if len(r.prefixes) > 0 {
		forwards := ps.forwardSides(s, remote, fam)
		if s.Initiator == RemoteStarts {
			ps.remoteStarts(s, remote, fam, local, forwards)
		} else {
			ps.weStart(s, remote, fam, forwards)
		}
	} else {
		ps.flows = append(ps.flows, ps.newFlow(s, remote, fam, local))
	}
	if r.missing != "" {
		for _, f := range ps.flows[first:] {
			f.Verdict, f.Why, f.DropsAt, f.Story, f.anywhere = VerdictUnknown, r.missing, "", nil, true
			f.gaps = append(f.gaps, r.gaps...)
		}
	}
	ps.flows = ps.flows[:first+mergeFlows(ps.flows[first:])]
}

// mergeFlows joins flows that tell the same: one entry a forward, return and verdict.
func mergeFlows(fs []*flow) int {
	kept := fs[:0]
next:
	for _, f := range fs {
		for _, k := range kept {
			if sameChoice(f.Forward, k.Forward) && sameChoice(f.Return, k.Return) && f.Verdict == k.Verdict && f.source == k.source && f.forward.sameLinks(k.forward) {
				k.Local = addPrefixes(k.Local, f.Local)
				k.absorbRemote(f)
				k.forward, k.reply = k.forward.with(f.forward), k.reply.with(f.reply)
				k.Assumes = addTexts(k.Assumes, f.Assumes...)
				k.gaps = append(k.gaps, f.gaps...)
				k.fate = k.fate || f.fate
				continue next
			}
		}
		kept = append(kept, f)
	}
	return len(kept)
}

// sameLinks keeps apart flows whose own choices differ where SNAT pins some of their replies alike.
func (s *side) sameLinks(o *side) bool {
	return s == nil || o == nil || slices.Equal(s.decision.Links, o.decision.Links)
}

// absorbRemote takes over the remote's addresses of another flow. Sides share no address, so the
// counts add up where the other stands for a side of its own.
func (f *flow) absorbRemote(more *flow) {
	if more.forward != nil && !f.forward.holds(more.forward) {
		f.RemoteCount += more.RemoteCount
	}
	for _, p := range more.RemotePrefixes {
		if len(f.RemotePrefixes) < MostRemotePrefixes && !slices.Contains(f.RemotePrefixes, p) {
			f.RemotePrefixes = append(f.RemotePrefixes, p)
		}
	}
}

func sameChoice(a, b Choice) bool {
	return a.Outcome == b.Outcome && a.Reason == b.Reason && slices.Equal(a.Links, b.Links)
}

func addPrefixes(to, more []netip.Prefix) []netip.Prefix {
	for _, p := range more {
		if !slices.Contains(to, p) {
			to = append(to, p)
		}
	}
	return to
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

// remoteStarts: they choose the link to the service, and the reply follows our choice towards
// them, unless inbound SNAT at the arrival link's firewall pins it there.
func (ps *Pass) remoteStarts(s *Service, remote *remoteSet, fam rib.Family, local []netip.Prefix, forwards []*side) {
	for _, ret := range ps.returnSides(remote.observer, local) {
		if ps.allPinned(s, fam, ret.decision.Possible) {
			f := ps.newFlow(s, remote, fam, ret.set)
			f.pinned, f.reply = true, ret
			f.Forward = Choice{Outcome: ret.decision.Outcome, Links: ps.names(ret.decision.Links), Reason: ReasonSNAT}
			f.Return = ret.choice(ps)
			f.setRemote(remote.fams[fam].prefixes)
			f.Assumes = addTexts(slices.Clone(ret.decision.Assumes), fmt.Sprintf("inbound SNAT at %s pins the reply", s.SNAT.At))
			ps.judge(f, [][]rib.LinkID{nil}, ret.decision.Possible, nil)
			ps.flows = append(ps.flows, f)
			continue
		}
		for _, fwd := range forwards {
			f := ps.newFlow(s, remote, fam, ret.set)
			ps.fill(f, fwd, ret)
			ps.pinSome(f, ret)
			ps.judge(f, fwd.decision.Possible, ret.decision.Possible, nil)
			ps.flows = append(ps.flows, f)
		}
	}
}

// pins reports whether the service's inbound SNAT stands at the link's firewall and has an address
// of the family.
func (ps *Pass) pins(s *Service, fam rib.Family, arrival rib.LinkID) bool {
	return s.SNAT != nil && s.Initiator == RemoteStarts && rib.FamilyOf(s.SNAT.To) == fam && ps.Links[arrival].Firewall == s.SNAT.At
}

// pinSome adds to our choice the arrival links whose firewall pins the reply, where some do: the
// reply then follows the arrival, and is no firmer than it.
func (ps *Pass) pinSome(f *flow, ret *side) {
	for _, l := range ret.decision.Links {
		if !ps.pins(f.service, f.Family, l) {
			continue
		}
		f.Forward.Links = addTexts([]string{ps.table.LinkName(l)}, f.Forward.Links...)
		switch {
		case !ret.decision.Firm():
			f.Forward.Outcome = ret.decision.Outcome
		case f.Forward.Outcome == rib.OutcomeDecided:
			f.Forward.Outcome = rib.OutcomeTie
		}
	}
}

func (ps *Pass) allPinned(s *Service, fam rib.Family, possible [][]rib.LinkID) bool {
	for _, links := range possible {
		if len(links) == 0 || slices.ContainsFunc(links, func(l rib.LinkID) bool { return !ps.pins(s, fam, l) }) {
			return false
		}
	}
	return true
}

// origin is a set of source addresses and the departure links that use it.
type origin struct {
	name string
	set  []netip.Prefix
	used func(rib.LinkID) bool
}

// origins lists what a service sends from: the pools that list the departure link; where none
// does, its own addresses; else its pools as they stand.
func (ps *Pass) origins(s *Service, fam rib.Family) (out []origin, assume string) {
	pools := ps.poolsOf(s)
	listed := func(l rib.LinkID) bool {
		return slices.ContainsFunc(pools, func(p *Pool) bool {
			return len(inFamily(p.Prefixes, fam)) > 0 && slices.Contains(p.Links, ps.Links[l].Name)
		})
	}
	own := inFamily(s.Addresses, fam)
	for _, p := range pools {
		set := inFamily(p.Prefixes, fam)
		if len(set) == 0 {
			continue
		}
		out = append(out, origin{p.Name, set, func(l rib.LinkID) bool {
			return slices.Contains(p.Links, ps.Links[l].Name) || len(own) == 0 && !listed(l)
		}})
	}
	if len(own) > 0 {
		out = append(out, origin{"its own addresses", own, func(l rib.LinkID) bool { return !listed(l) }})
	} else {
		assume = "NAT before the link choice"
	}
	return out, assume
}

// weStart: we choose the link out, which chooses the source address, and they answer to that.
func (ps *Pass) weStart(s *Service, remote *remoteSet, fam rib.Family, forwards []*side) {
	origins, natFirst := ps.origins(s, fam)
	for _, fwd := range forwards {
		first := len(ps.flows)
		used := ps.usedOrigins(origins, fwd.decision.Possible)
		for _, o := range used {
			for _, ret := range ps.returnSides(remote.observer, o.set) {
				f := ps.newFlow(s, remote, fam, ret.set)
				f.source = o.name
				ps.fill(f, fwd, ret)
				if natFirst != "" && ps.natFirst(s, o, fwd.decision.Links) {
					f.Assumes = addTexts(f.Assumes, natFirst)
				}
				ps.judge(f, fwd.decision.Possible, ret.decision.Possible, o.used)
				ps.flows = append(ps.flows, f)
			}
		}
		if len(used) > 1 && !fwd.decision.Firm() {
			one := ps.oneOf(ps.flows[first:])
			ps.flows = append(ps.flows[:first], one)
		}
	}
}

// usedOrigins lists the sources that some possible outcome sends from; where none has a route, the
// first stands for all.
func (ps *Pass) usedOrigins(origins []origin, possible [][]rib.LinkID) []origin {
	var out []origin
	for _, o := range origins {
		if slices.ContainsFunc(possible, func(links []rib.LinkID) bool { return slices.ContainsFunc(links, o.used) }) {
			out = append(out, o)
		}
	}
	if out == nil && len(origins) > 0 {
		out = origins[:1]
	}
	return out
}

// oneOf joins what becomes of a connection whose link out is open, and with it its source and its
// return: one of these happens, not all of them.
func (ps *Pass) oneOf(fs []*flow) *flow {
	one := fs[0]
	for _, f := range fs[1:] {
		one.Local = addPrefixes(one.Local, f.Local)
		one.Assumes = addTexts(one.Assumes, f.Assumes...)
		one.gaps, one.fate = append(one.gaps, f.gaps...), one.fate && f.fate
		for _, l := range f.Return.Links {
			one.Return.Links = addTexts(one.Return.Links, l)
		}
		if f.Verdict != one.Verdict {
			one.Verdict = VerdictUnknown
		}
	}
	one.Return.Outcome = one.Forward.Outcome
	one.Return.Reason = rib.ReasonNone
	one.source = ""
	if one.Verdict == VerdictUnknown {
		one.DropsAt, one.Story, one.Stateless = "", nil, false
		ps.openFlow(one)
	}
	return one
}

// natFirst reports whether the source set is used on a link that no pool of the service lists.
func (ps *Pass) natFirst(s *Service, o origin, links []rib.LinkID) bool {
	return slices.ContainsFunc(links, func(l rib.LinkID) bool {
		return o.used(l) && !slices.ContainsFunc(ps.poolsOf(s), func(p *Pool) bool { return slices.Contains(p.Links, ps.Links[l].Name) })
	})
}

func (ps *Pass) fill(f *flow, fwd, ret *side) {
	f.forward, f.reply = fwd, ret
	f.Forward, f.Return = fwd.choice(ps), ret.choice(ps)
	f.setRemote(fwd.set)
	f.Assumes = addTexts(slices.Clone(fwd.decision.Assumes), ret.decision.Assumes...)
	if len(f.service.Sees) > 0 {
		f.Assumes = addTexts(f.Assumes, fmt.Sprintf("%s sees only the routes of %s", f.Service, list(f.service.Sees)))
	}
}

func (f *flow) setRemote(set []netip.Prefix) {
	f.RemoteCount = len(set)
	f.RemotePrefixes = slices.Clone(set[:min(len(set), MostRemotePrefixes)])
}

// judge gives the verdict over every branch of every possible pair of outcomes. used, where not
// nil, says which departure links send from this flow's addresses.
func (ps *Pass) judge(f *flow, forward, back [][]rib.LinkID, used func(rib.LinkID) bool) {
	var found []fate
	for _, out := range forward {
		if used != nil && len(out) > 0 {
			out = slices.DeleteFunc(slices.Clone(out), func(l rib.LinkID) bool { return !used(l) })
			if len(out) == 0 {
				continue // under this outcome another source is used
			}
		}
		for _, in := range back {
			v := ps.verdictOf(f, out, in)
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	first := found[0]
	f.Verdict, f.Stateless = first.verdict, first.stateless
	switch {
	case len(found) > 1 && slices.ContainsFunc(found, func(v fate) bool { return v.verdict != first.verdict }):
		f.Verdict, f.Stateless = VerdictUnknown, false
		ps.openFlow(f)
	case len(found) > 1:
		f.Stateless = false
	}
	f.explain(ps)
}

// fate is a verdict and whether only stateless links are in it.
type fate struct {
	verdict   Verdict
	stateless bool
}

// verdictOf judges one pair of outcomes, branch by branch, by firewall and not by link.
func (ps *Pass) verdictOf(f *flow, out, in []rib.LinkID) fate {
	if len(in) == 0 {
		return fate{verdict: Unreachable}
	}
	whole, broken, stateless := 0, 0, 0
	for _, r := range in {
		if ps.pins(f.service, f.Family, r) {
			whole++
			continue
		}
		if len(out) == 0 {
			return fate{verdict: Unreachable}
		}
		for _, o := range out {
			a, b := ps.Links[o].Firewall, ps.Links[r].Firewall
			switch {
			case o == r || a == b && a != rib.Stateless:
				whole++
			case a == rib.Stateless && b == rib.Stateless:
				stateless++
			default:
				broken++
			}
		}
	}
	switch {
	case broken+stateless == 0:
		return fate{verdict: Symmetric}
	case whole > 0:
		return fate{Mixed, broken == 0}
	}
	return fate{Asymmetric, broken == 0}
}

// openFlow says what keeps a flow's verdict open.
func (ps *Pass) openFlow(f *flow) {
	var why []string
	f.fate = true
	for _, s := range []*side{f.forward, f.reply} {
		if s == nil {
			continue
		}
		for _, d := range s.decision.Doubts {
			if d.Missing {
				f.fate = false
			}
			f.gaps = append(f.gaps, gapOf(d))
			text := d.Why
			if d.Link != rib.NoLink {
				text = fmt.Sprintf("%s on %s: %s", d.Direction, ps.table.LinkName(d.Link), d.Why)
			}
			why = addTexts(why, text)
		}
	}
	f.Why = strings.Join(why, "; ")
}
