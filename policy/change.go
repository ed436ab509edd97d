package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bgpaudit/rib"
)

// Action is a kind of change.
type Action string

// The actions. The first four are of what we send, the next three of what we take, the last two of
// what stands behind the routers.
const (
	StopAdvertising Action = "stop-advertising"    // Prefix on Link
	Advertise       Action = "advertise"           // Prefix on Link
	StandIn         Action = "advertise-when-down" // Prefix on Link, only while no route for it is on While
	Prepend         Action = "prepend"             // Prefix on Link, Prepend times ASN
	Accept          Action = "accept"              // a route to Prefix from the neighbour of Link
	Refuse          Action = "refuse"              // the route to Prefix from the neighbour of Link
	SetPreference   Action = "local-preference"    // of every route from the neighbour of Link
	Hide            Action = "sees"                // the network of Service sees the routes of Sees alone
	SourceNAT       Action = "snat"                // of connections that come in to Service, at Firewall
)

// Change is one thing to do, for programs. Advice says the same in words.
type Change struct {
	Action     Action
	Router     string // where
	Link       string
	Neighbors  []netip.Addr // of the session; empty: neither the routes nor the config name it
	Prefix     netip.Prefix
	Preference uint32
	While      []string // links
	Prepend    int
	ASN        uint32
	Service    string
	Sees       []string
	Firewall   string
}

// Suppose gives the intent and the sight as they would be with the changes made. It changes neither.
func Suppose(in *Intent, sight *rib.Sight, changes []Change) (*Intent, *rib.Sight, error) {
	out, o := *in, sight.Overlay()
	for i := range changes {
		c := &changes[i]
		link, known := sight.Table().LinkID(c.Link)
		if !known && c.Link != "" {
			return nil, nil, fmt.Errorf("no link is named %s", c.Link)
		}
		if err := c.suppose(&out, o, sight.Table(), link); err != nil {
			return nil, nil, err
		}
	}
	return &out, o.Sight(), nil
}

func (c *Change) suppose(in *Intent, o *rib.Overlay, t *rib.Table, link rib.LinkID) error {
	switch c.Action {
	case StopAdvertising, StandIn: // the links have their routes now
		o.Stop(link, rib.Advertised, c.Prefix)
	case Refuse:
		o.Stop(link, rib.Received, c.Prefix)
	case SetPreference:
		o.Prefer(link, c.Preference)
	case Advertise, Prepend:
		r := rib.Route{Prefix: c.Prefix, Attrs: rib.Attrs{Origin: rib.OriginIGP}}
		if have := sentOn(t, link, c.Prefix); have != nil {
			r.Attrs = have.Attrs
		}
		r.Attrs.ASPath = c.pathOf(t, link, in.Site.ASNs)
		r.Attrs.NotShown &^= rib.AttrASPath
		return o.Offer(link, rib.Advertised, r)
	case Accept:
		r := rib.Route{Prefix: c.Prefix, Attrs: rib.Attrs{Origin: rib.OriginIGP}}
		if asns := t.Links()[link].NeighborASNs; len(asns) > 0 {
			r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: asns[:1]}}
		}
		return o.Offer(link, rib.Received, r)
	case Hide:
		in.changeService(c.Service, func(s *Service) { s.Sees = c.Sees })
	case SourceNAT:
		to := rib.FamilyOf(c.Prefix).All() // any address behind the firewall will do
		in.changeService(c.Service, func(s *Service) { s.SNAT = &SNAT{At: c.Firewall, To: to} })
	}
	return nil
}

func (in *Intent) changeService(name string, change func(*Service)) {
	in.Services = slices.Clone(in.Services)
	for i := range in.Services {
		if in.Services[i].Name == name {
			change(&in.Services[i])
		}
	}
}

// sentOn is a route of the prefix that goes out on the link, as a table of ours or of the other end shows
// it; nil where none does.
func sentOn(t *rib.Table, link rib.LinkID, p netip.Prefix) *rib.Entry {
	var found *rib.Entry
	for _, e := range t.Exact(p) {
		if v := t.Feeds()[e.Feed].View; e.Link != link || e.Tie != rib.Tied || v != rib.AdjRIBOutPost && v != rib.FarEnd {
			continue
		}
		if found == nil || t.Feeds()[found.Feed].View != rib.FarEnd {
			found = &e
		}
	}
	return found
}

// pathOf is the AS path of the changed route as it leaves us: what it had, our own ASN in front once, and
// what is prepended.
func (c *Change) pathOf(t *rib.Table, link rib.LinkID, own []uint32) rib.ASPath {
	var rest rib.ASPath
	front := []uint32{}
	for range c.Prepend {
		front = append(front, c.ASN)
	}
	if have := sentOn(t, link, c.Prefix); have != nil {
		rest = have.Attrs.ASPath
		if f := t.Feeds()[have.Feed]; f.State.ASPathForm == rib.BeforeOwnASN {
			if len(own) > 0 {
				front = append(front, cmp.Or(f.State.LocalASN, own[0]))
			}
		} else if tail := t.FromOwn(rest); tail != nil {
			rest = tail
		}
	}
	if len(rest) == 0 && len(own) > 0 && len(front) == c.Prepend {
		front = append(front, own[0])
	}
	if len(front) == 0 {
		return rest
	}
	return append(rib.ASPath{{Type: rib.ASSequence, ASNs: front}}, rest...)
}

// where names the session that a change is made on: "on edge1, to 192.0.2.5 (er-primary)".
func (c *Change) where(asns []uint32) string {
	towards := "to"
	if c.Action == Accept || c.Action == Refuse || c.Action == SetPreference {
		towards = "from"
	}
	whom := ""
	switch {
	case len(c.Neighbors) > 0:
		var texts []string
		for _, n := range c.Neighbors {
			texts = append(texts, n.String())
		}
		whom = ", " + towards + " " + list(texts)
	case len(asns) > 0:
		whom = fmt.Sprintf(", %s the neighbor in AS %d", towards, asns[0])
	}
	if c.Router == "" {
		return fmt.Sprintf("on the router of %s%s", c.Link, whom)
	}
	return fmt.Sprintf("on %s%s (%s)", c.Router, whom, c.Link)
}

// what says what to do there.
func (c *Change) what() string {
	switch c.Action {
	case StopAdvertising:
		return "stop advertising " + c.Prefix.String()
	case Advertise:
		return "advertise " + c.Prefix.String()
	case StandIn:
		return fmt.Sprintf("advertise %s only while no route for it is on %s (a conditional advertisement)", c.Prefix, list(c.While))
	case Prepend:
		return fmt.Sprintf("prepend %s to %s", strings.TrimSpace(strings.Repeat(strconv.FormatUint(uint64(c.ASN), 10)+" ", c.Prepend)), c.Prefix)
	case Accept:
		return "accept a route to " + c.Prefix.String()
	case Refuse:
		return "do not accept " + c.Prefix.String()
	case SetPreference:
		return fmt.Sprintf("set local preference %d", c.Preference)
	case Hide:
		return fmt.Sprintf("let the network of %s see only the routes of %s, by a VRF or policy routing (sees: declares it)", c.Service, list(c.Sees))
	case SourceNAT:
		return fmt.Sprintf("at %s, source NAT the connections that come in to %s (snat:)", c.Firewall, c.Service)
	}
	return ""
}

// tell writes changes out: one change on several sessions in one sentence, and several on one session in one.
func (ps *Pass) tell(changes []Change) string {
	var out strings.Builder
	for i, last := 0, ""; i < len(changes); {
		what, first := changes[i].what(), i
		for i < len(changes) && changes[i].what() == what {
			i++
		}
		places := ps.places(changes[first:i])
		switch {
		case first > 0 && places == last:
			out.WriteString(" and ")
		case first > 0:
			out.WriteString("; and ")
		}
		if places != "" && (first == 0 || places != last) {
			out.WriteString(places + ": ")
		}
		out.WriteString(what)
		last = places
	}
	return out.String()
}

// places names the sessions that changes are made on.
func (ps *Pass) places(changes []Change) string {
	var places []string
	for i := range changes {
		if l := ps.linkNamed(changes[i].Link); l != nil {
			places = append(places, changes[i].where(l.NeighborASNs))
		}
	}
	return strings.Join(places, " and ")
}
