package rib

import "slices"

// agreement is what the networks that collectors show choose for an address.
type agreement struct {
	link  LinkID   // that all of them use; NoLink where fewer than two are seen, or they differ
	peers []uint32 // their ASNs
}

// collectorsAgree asks the collectors' peers. One counts if its own ASN is no neighbour's of ours, for
// what our neighbours hold follows from what we send them. A peer's choice is the longest of its routes.
func (d *decider) collectorsAgree(cs []candidate) agreement {
	type choice struct {
		asn   uint32
		bits  int
		links []LinkID
	}
	if slices.ContainsFunc(cs, func(c candidate) bool { return c.anew }) {
		return agreement{link: NoLink}
	}
	var choices []choice
	for i := range cs {
		c := &cs[i]
		if c.src == nil || c.src.feed.View != Collector || c.never != "" || c.facts.first == 0 || d.s.t.anySends(c.facts.first) {
			continue
		}
		k := slices.IndexFunc(choices, func(o choice) bool { return o.asn == c.facts.first })
		if k < 0 {
			choices = append(choices, choice{asn: c.facts.first})
			k = len(choices) - 1
		}
		switch o := &choices[k]; {
		case c.bits > o.bits || o.links == nil:
			o.bits, o.links = c.bits, []LinkID{c.link}
		case c.bits == o.bits && !slices.Contains(o.links, c.link):
			o.links = append(o.links, c.link)
		}
	}
	a := agreement{link: NoLink}
	for _, o := range choices {
		if len(o.links) != 1 || o.links[0] != choices[0].links[0] {
			return a
		}
		a.peers = append(a.peers, o.asn)
	}
	if len(choices) >= 2 {
		a.link = choices[0].links[0]
	}
	return a
}
