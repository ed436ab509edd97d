package rib

import (
	"fmt"
	"strings"
)

// marksOnTrust says which marks that could change a row's standing its dump cannot show: they are taken
// not to be there. It is one text a feed and direction.
func (s *Sight) marksOnTrust(c *candidate) string {
	f := c.src.feed
	switch f.View {
	case Declared, Chosen, Monitor, Collector:
		return ""
	}
	var hidden []string
	add := func(not bool, name string) {
		if not {
			hidden = append(hidden, name)
		}
	}
	internet := c.link != NoLink && s.t.links[c.link].Kind == Internet
	not := f.State.MarksNotShown
	if f.directionOf() == Advertised {
		add(internet && c.facts.notShown.Has(AttrCommunities), "communities (NO_EXPORT)")
		add(not.Has(Stale), "stale routes")
		add(f.View == FarEnd && not.Has(Invalid), "routes that are held and not used")
		add(internet && not.Has(RPKIInvalid), "RPKI-invalid routes")
	} else {
		add(not.Has(Invalid), "routes that are not valid")
		add(not.Has(Stale), "stale routes")
		add((f.View == BGPTable || f.View == LocRIB) && not.Has(IBGP), "iBGP copies")
		add(not.Has(RIBFailure), "RIB-failure")
	}
	if len(hidden) == 0 {
		return ""
	}
	return fmt.Sprintf("feed %s cannot show %s: taken not to be there", f.Name, strings.Join(hidden, ", "))
}
