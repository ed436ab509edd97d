package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
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
	Told           bool     // where unknown: missing evidence is all there is to it, and findings say which
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
	doubted  bool // its remote's addresses may be none of the remote's
	anywhere bool // its remote is not wholly known: other addresses of it may use any link
	source   string
	sources  int // so many it may have, of which one is true; 0: one
	// preference: mixed only because we cannot see which of equal links the other side prefers.
	preference bool
}

// buildFlows works out every flow of every service.
func (ps *Pass) buildFlows() {
	for i := range ps.Services {
		s := &ps.Services[i]
		remote := ps.remotes[s.Remote]
		if remote == nil {
			continue
		}
		ps.heed()
		first := len(ps.flows)
		for _, fam := range ps.families {
			local := ps.localOf(s, fam)
			if len(local) == 0 {
				continue
			}
			made := len(ps.flows)
			ps.flowsOf(s, remote, fam, local)
			if len(ps.flows) == made {
				ps.flows = append(ps.flows, ps.emptyRemote(s, remote, fam, local))
			}
		}
		ps.flowsBy[s] = slices.Clip(ps.flows[first:])
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
	if ps.poolAt == nil {
		ps.poolAt = map[string]int{}
		for i := range ps.Pools {
			ps.poolAt[ps.Pools[i].Name] = i
		}
	}
	var at []int
	for _, name := range s.Pools {
		if i, ok := ps.poolAt[name]; ok {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	var out []*Pool
	for _, i := range slices.Compact(at) {
		out = append(out, &ps.Pools[i])
	}
	return out
}

// emptyRemote is the line of a service in a family that its remote comes to nothing in. A remote of
// written prefixes has no such address, and that is how it is meant. One that is looked up is not known.
func (ps *Pass) emptyRemote(s *Service, remote *remoteSet, fam rib.Family, local []netip.Prefix) *flow {
	f := ps.newFlow(s, remote, fam, local)
	f.Verdict, f.Why = FlowNotApplicable, fmt.Sprintf("remote %s is made of written prefixes, and none of them is %s", remote.name, fam)
	if parts := ps.derivedParts(remote.from, fam); len(parts) > 0 {
		f.Verdict, f.Why = VerdictUnknown, fmt.Sprintf("remote %s resolves to no %s address: %s", remote.name, fam, strings.Join(parts, "; "))
	}
	return f
}

func (ps *Pass) newFlow(s *Service, remote *remoteSet, fam rib.Family, local []netip.Prefix) *flow {
	none := Choice{Outcome: rib.OutcomeUnknown, Links: []string{}, Reason: rib.ReasonNone}
	return &flow{service: s, intended: s.Links, Flow: &Flow{
		Service: s.Name, Remote: remote.name, Family: fam, Initiator: s.Initiator,
		Local: local, RemotePrefixes: []netip.Prefix{}, Forward: none, Return: none, Verdict: VerdictUnknown,
	}}
}

func (ps *Pass) flowsOf(s *Service, remote *remoteSet, fam rib.Family, local []netip.Prefix) {
	r := &remote.fams[fam]
	if r.rest != "" {
		f := ps.newFlow(s, remote, fam, local)
		f.Why, f.gaps = r.rest, r.restGaps
		ps.flows = append(ps.flows, f)
	}
	if len(r.prefixes) == 0 && len(r.perhaps) == 0 && r.missing == "" {
		return
	}
	first := len(ps.flows)
	if ps.Sight.Observer(remote.observer) == nil {
		f := ps.newFlow(s, remote, fam, local)
		f.Why = fmt.Sprintf("observer %s hears none of the links, so the way back is not known", remote.observer)
		ps.flows = append(ps.flows, f)
		return
	}
	ps.flowsTo(s, remote, fam, local, r.prefixes, ps.forwardSides(s, remote, fam))
	known := len(ps.flows)
	ps.flowsTo(s, remote, fam, local, r.perhaps, ps.perhapsSides(s, remote, fam))
	for _, f := range ps.flows[known:] {
		f.perhaps(r)
	}
	if len(ps.flows) == first {
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

// flowsTo works out the flows of a service to a set of the remote's addresses.
func (ps *Pass) flowsTo(s *Service, remote *remoteSet, fam rib.Family, local, set []netip.Prefix, forwards []*side) {
	switch {
	case len(set) == 0:
	case s.Initiator == RemoteStarts:
		ps.remoteStarts(s, remote, fam, local, set, forwards)
	default:
		ps.weStart(s, remote, fam, forwards)
	}
}

// perhaps: the flow's remote addresses may not be the remote's at all. Where that makes no difference
// it is symmetric either way, and says so. A remote of which none is certain may come to nothing, and
// that is unknown.
func (f *flow) perhaps(r *resolved) {
	f.doubted, f.anywhere = true, len(r.prefixes) == 0
	why := fmt.Sprintf("whether these addresses belong to %s is not known: %s", f.Remote, strings.Join(r.doubts, "; "))
	if f.Verdict == Symmetric && !f.anywhere {
		f.Assumes = addTexts(f.Assumes, fmt.Sprintf("these addresses may not belong to %s: %s", f.Remote, strings.Join(r.doubts, "; ")))
		return
	}
	if f.Verdict == VerdictUnknown && f.Why != "" {
		why = f.Why + "; " + why
	}
	f.Verdict, f.Why, f.DropsAt, f.Story, f.Stateless = VerdictUnknown, why, "", nil, false
	f.gaps = append(f.gaps, r.perhapsGaps...)
}

// mergeFlows joins flows that tell the same: one entry a forward, return and verdict.
func mergeFlows(fs []*flow) int {
	kept := fs[:0]
	at := map[string]*flow{}
	var key []byte
	for _, f := range fs {
		key = f.appendTelling(key[:0])
		k := at[string(key)]
		if k == nil {
			at[string(key)] = f
			kept = append(kept, f)
			continue
		}
		k.Local = addPrefixes(k.Local, f.Local)
		k.absorbRemote(f)
		k.forward, k.reply = k.forward.with(f.forward), k.reply.with(f.reply)
		k.Assumes = addTexts(k.Assumes, f.Assumes...)
		k.gaps = append(k.gaps, f.gaps...)
	}
	return len(kept)
}

// appendTelling writes what tells flows of one service, remote and family apart. Where SNAT pins some
// of their replies alike, their own choices still do.
func (f *flow) appendTelling(b []byte) []byte {
	for _, c := range []Choice{f.Forward, f.Return} {
		b = appendText(appendText(b, string(c.Outcome)), string(c.Reason))
		for _, l := range c.Links {
			b = appendText(b, l)
		}
		b = append(b, 0)
	}
	b = appendText(appendText(b, string(f.Verdict)), f.source)
	if f.doubted {
		b = append(b, 1)
	}
	if f.forward != nil {
		b = appendLinks(b, f.forward.decision.Links)
	}
	return b
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

func addPrefixes(to, more []netip.Prefix) []netip.Prefix {
	if len(to)+len(more) < 64 {
		for _, p := range more {
			if !slices.Contains(to, p) {
				to = append(to, p)
			}
		}
		return to
	}
	have := make(map[netip.Prefix]bool, len(to)+len(more))
	for _, p := range to {
		have[p] = true
	}
	for _, p := range more {
		if !have[p] {
			have[p] = true
			to = append(to, p)
		}
	}
	return to
}

func (ps *Pass) fill(f *flow, fwd, ret *side) {
	f.forward, f.reply = fwd, ret
	f.Forward, f.Return = fwd.choice(ps), ret.choice(ps)
	f.setRemote(fwd.set)
	f.Assumes = addTexts(addTexts(slices.Clone(fwd.decision.Assumes), ret.decision.Assumes...), ps.trustInRemote(f.service)...)
	if len(f.service.Sees) > 0 {
		f.Assumes = addTexts(f.Assumes, fmt.Sprintf("%s sees only the routes of %s", f.Service, list(f.service.Sees)))
	}
}

func (f *flow) setRemote(set []netip.Prefix) {
	f.RemoteCount = len(set)
	f.RemotePrefixes = slices.Clone(set[:min(len(set), MostRemotePrefixes)])
}
