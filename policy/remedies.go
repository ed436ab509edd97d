package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// What makes a choice go another way is read off the decision: the route that won is taken out, what
// should win is made longer, what should not win is made worse in the step that decided or that tied.
// None of it is advice before it has been tried.

// mostParts is how many routes one piece of advice bears.
const mostParts = 8

// returnRemedies bring the return to addresses onto the wanted links.
func (ps *Pass) returnRemedies(d *rib.Decision, own []netip.Prefix, wanted []string) []remedy {
	var out []remedy
	off := winnersOutside(ps, d, wanted)
	stop := remedy{}
	backs := false
	for _, c := range off {
		link := ps.table.LinkName(c.Link)
		backs = backs || ps.backs(c.Prefix, link)
		stop = append(stop, ps.change(StopAdvertising, link, c.Prefix))
	}
	lengthen := ps.lengthen(off, own, wanted)
	if !backs && len(stop) > 0 {
		out = append(out, stop)
	}
	out = append(append(out, ps.prepends(d, off)...), lengthen...)
	if !backs && len(stop) > 0 {
		for _, r := range append(lengthen, ps.asDeclared(own, wanted)...) {
			out = append(out, stop.with(r))
		}
	}
	if len(off) == 0 {
		for _, p := range own {
			out = append(out, ps.onEach(Advertise, wanted, p))
		}
	}
	return out
}

// winnersOutside lists the routes that win on other links than the wanted ones, one a link.
func winnersOutside(ps *Pass, d *rib.Decision, wanted []string) []rib.Candidate {
	var off []rib.Candidate
	for _, c := range d.Candidates {
		if c.Lost != "" || c.Out || c.Link == rib.NoLink || slices.Contains(wanted, ps.table.LinkName(c.Link)) {
			continue
		}
		if !slices.ContainsFunc(off, func(have rib.Candidate) bool { return have.Link == c.Link && have.Prefix == c.Prefix }) {
			off = append(off, c)
		}
	}
	return off
}

// lengthen advertises more-specifics on the wanted links, longer than the routes that win elsewhere. An
// internet link carries none beyond /24 or /48.
func (ps *Pass) lengthen(off []rib.Candidate, own []netip.Prefix, wanted []string) []remedy {
	if len(off) == 0 || len(own) == 0 || len(own) > mostParts {
		return nil
	}
	bits, most := off[0].Prefix.Bits()+1, own[0].Addr().BitLen()
	for _, name := range wanted {
		if ps.linkNamed(name).Kind == rib.Internet {
			most = rib.InternetMax(rib.FamilyOf(own[0]))
		}
	}
	if bits > most {
		return nil
	}
	var parts []netip.Prefix
	for _, p := range own {
		switch {
		case p.Bits() > most:
			p = netip.PrefixFrom(p.Addr(), most).Masked()
			parts = addPrefixes(parts, []netip.Prefix{p})
		case p.Bits() >= bits:
			parts = addPrefixes(parts, []netip.Prefix{p})
		default:
			parts = addPrefixes(parts, splitInto(p, bits))
		}
	}
	if len(parts) == 0 || len(parts) > mostParts {
		return nil
	}
	out := []remedy{ps.onEach(Advertise, wanted, parts...)}
	if len(wanted) > 1 {
		for _, name := range wanted {
			out = append(out, ps.onEach(Advertise, []string{name}, parts...))
		}
	}
	return out
}

// asDeclared advertises addresses themselves on the wanted links, as long as those carry them.
func (ps *Pass) asDeclared(own []netip.Prefix, wanted []string) []remedy {
	if len(own) == 0 || len(own) > mostParts {
		return nil
	}
	var parts []netip.Prefix
	for _, p := range own {
		for _, name := range wanted {
			if most := rib.InternetMax(rib.FamilyOf(p)); ps.linkNamed(name).Kind == rib.Internet && p.Bits() > most {
				p = netip.PrefixFrom(p.Addr(), most).Masked()
			}
		}
		parts = addPrefixes(parts, []netip.Prefix{p})
	}
	return []remedy{ps.onEach(Advertise, wanted, parts...)}
}

// splitInto gives the parts of p of a length; nil where they are many.
func splitInto(p netip.Prefix, bits int) []netip.Prefix {
	if bits-p.Bits() > 3 {
		return nil
	}
	var out []netip.Prefix
	for a := p.Addr(); a.IsValid() && p.Contains(a); {
		part := netip.PrefixFrom(a, bits)
		out = append(out, part)
		a = netipx.PrefixLastIP(part).Next()
	}
	return out
}

// prepends makes the AS path of the routes longer that win where they should not, one circuit's sides alike.
func (ps *Pass) prepends(d *rib.Decision, off []rib.Candidate) []remedy {
	asn := ps.prependable()
	if asn == 0 || len(off) == 0 || d.Reason != rib.ReasonEqual && d.Reason != rib.ReasonASPathLength {
		return nil
	}
	var out []remedy
	for _, n := range []int{2, 4} {
		var r remedy
		for _, c := range off {
			ch := ps.change(Prepend, ps.table.LinkName(c.Link), c.Prefix)
			ch.Prepend, ch.ASN = n, asn
			r = append(r, ch)
		}
		out = append(out, r)
	}
	return out
}

// prependable is the ASN of ours that lengthens a path everywhere: a public one, where there is one.
func (ps *Pass) prependable() uint32 {
	for _, asn := range ps.Site.ASNs {
		if !rib.PrivateASN(asn) {
			return asn
		}
	}
	if len(ps.Site.ASNs) > 0 {
		return ps.Site.ASNs[0]
	}
	return 0
}

// forwardRemedies bring our own choice towards a remote onto the wanted links. Nothing of what we advertise
// can: what we receive decides.
func (ps *Pass) forwardRemedies(f *flow, wanted []string) []remedy {
	var out []remedy
	d := f.forward.decision
	if len(d.Links) == 0 {
		if n := len(f.RemotePrefixes); n > 0 && n <= mostParts {
			out = append(out, ps.onEach(Accept, wanted, f.RemotePrefixes...))
		}
		return out
	}
	if d.Reason != rib.ReasonLongestMatch {
		prefer := ps.onEach(SetPreference, wanted, netip.Prefix{})
		for i := range prefer {
			prefer[i].Preference = ps.above(f)
		}
		out = append(out, prefer)
	}
	// Microsoft's routes on its peering are of many services: one is kept from them by its network. Routes
	// of others are filtered where they come in.
	refuse, microsofts := ps.refusal(f, wanted)
	if len(refuse) > 0 && !microsofts {
		out = append(out, refuse)
	}
	if len(f.service.Sees) == 0 {
		out = append(out, remedy{{Action: Hide, Service: f.Service, Sees: wanted}})
	}
	if len(refuse) > 0 && microsofts {
		out = append(out, refuse)
	}
	return out
}

// refusal filters the routes that draw a flow off the wanted links where they come in, a default route
// excepted; none if they are many. microsofts: one of them comes over Microsoft peering.
func (ps *Pass) refusal(f *flow, wanted []string) (out remedy, microsofts bool) {
	for _, c := range f.forward.routes {
		if c.Link == rib.NoLink || slices.Contains(wanted, ps.table.LinkName(c.Link)) || c.Prefix.Bits() == 0 {
			continue
		}
		microsofts = microsofts || ps.Links[c.Link].Kind == rib.ExpressRouteMicrosoft
		out = append(out, ps.change(Refuse, ps.table.LinkName(c.Link), c.Prefix))
	}
	if len(out) > mostParts {
		return nil, microsofts
	}
	return out, microsofts
}

// above is a local preference that is higher than that of every route the flow could take.
func (ps *Pass) above(f *flow) uint32 {
	most := uint32(100)
	for _, d := range f.forward.decisions {
		for _, c := range d.Candidates {
			most = max(most, c.Attrs.LocalPref.Or(100))
		}
	}
	for i := range ps.Links {
		most = max(most, ps.Links[i].Preference.Or(0))
	}
	return most + 100
}
