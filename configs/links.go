package configs

import (
	"fmt"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func (c *checker) site() policy.Site {
	e := &c.file.Site
	once(c, "site.asns", e.ASNs)
	once(c, "site.families", e.Families)
	if e.RoutingPreference == "" {
		e.RoutingPreference = "expressroute"
	}
	return policy.Site{
		ASNs: asns(e.ASNs), Families: families(e.Families),
		RoutingPreference: string(e.RoutingPreference), Pos: c.pos("site"),
	}
}

func (c *checker) links() []rib.Link {
	sides, skus := map[string]int{}, map[string]int{}
	var out []rib.Link
	for i := range c.file.Links {
		e, path := &c.file.Links[i], fmt.Sprintf("links[%d]", i)
		c.link(e, path)
		if e.Circuit != "" {
			c.oneSKU(e, path, skus, i)
			key := fmt.Sprintf("%s/%s/%s", e.Kind, e.Circuit, e.Side)
			if before, taken := sides[key]; taken {
				c.fail(path, "a circuit has a primary and a secondary side: say which with side:",
					"the same circuit, kind and side as link %s", c.file.Links[before].Name)
			} else {
				sides[key] = i
			}
		}
		out = append(out, e.link(c.has(path+".static")))
	}
	c.oneLinkANeighbor()
	return out
}

// oneSKU holds the links of a circuit to one SKU: they share its limits.
func (c *checker) oneSKU(e *linkEntry, path string, first map[string]int, i int) {
	if e.SKU == "" {
		return
	}
	before, known := first[e.Circuit]
	if !known {
		first[e.Circuit] = i
		return
	}
	if other := &c.file.Links[before]; other.SKU != e.SKU {
		c.fail(path+".sku", "a circuit has one SKU", "sku %s, but link %s of circuit %s has %s", e.SKU, other.Name, e.Circuit, other.SKU)
	}
}

func (c *checker) link(e *linkEntry, path string) {
	if c.has(path+".firewall") && !c.broken[path+".firewall"] {
		c.legible(path+".firewall", "firewall", e.Firewall)
		if e.Firewall != rib.Stateless && strings.EqualFold(e.Firewall, rib.Stateless) {
			c.fail(path+".firewall", "write firewall: none if it keeps no state", "firewall %q is easily taken for none", e.Firewall)
		}
	}
	if c.has(path+".router") && !c.broken[path+".router"] {
		c.legible(path+".router", "router", e.Router)
	}
	once(c, path+".neighbor-asns", e.NeighborASNs)
	once(c, path+".neighbors", e.Neighbors)
	for i, a := range e.NeighborASNs {
		if a != 0 && slices.Contains(c.file.Site.ASNs, a) {
			c.fail(fmt.Sprintf("%s.neighbor-asns[%d]", path, i), "neighbor-asns are the other side's", "AS number %d is our own (site.asns)", a)
		}
	}
	c.providerASNs(e, path+".provider-asns")
	c.expressRouteKeys(e, path)
	if e.Preference != nil {
		c.between(path+".preference", *e.Preference, 0, 1<<32-1)
	}
	if c.has(path + ".static") {
		c.static(&e.Static, path+".static")
	}
}

// providerASNs: a provider is neither us nor the neighbour, or its rows would be taken for theirs.
func (c *checker) providerASNs(e *linkEntry, path string) {
	once(c, path, e.ProviderASNs)
	if c.has(path) && c.emptyList(path, len(e.ProviderASNs)) {
		c.fail(path, "leave it out where the link ends on Microsoft's own routers", "provider-asns is an empty list")
	}
	for i, a := range e.ProviderASNs {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case a == 0:
		case slices.Contains(c.file.Site.ASNs, a):
			c.fail(at, "provider-asns are those of the network between us and Microsoft", "AS number %d is our own (site.asns)", a)
		case slices.Contains(e.NeighborASNs, a):
			c.fail(at, "neighbor-asns are the far end's, provider-asns those before it", "AS number %d is in neighbor-asns too", a)
		}
	}
}

// expressRouteKeys holds the link to the keys of its kind.
func (c *checker) expressRouteKeys(e *linkEntry, path string) {
	if e.Kind == "" { // missing or unknown, and reported
		return
	}
	kind := rib.LinkKind(e.Kind)
	if kind.ExpressRoute() {
		if !c.has(path + ".circuit") {
			c.fail(path, "name the circuit; its primary and secondary sides are two links", "circuit is missing on an ExpressRoute link")
		} else if !c.broken[path+".circuit"] {
			c.legible(path+".circuit", "circuit", e.Circuit)
		}
	} else {
		for _, key := range []string{"circuit", "sku", "side", "provider-asns"} {
			if c.has(path + "." + key) {
				c.fail(path+"."+key, "kind "+string(kind)+" has none", "%s is for ExpressRoute links only", key)
			}
		}
	}
	if e.Weight != nil {
		if kind != rib.ExpressRoutePrivate {
			c.fail(path+".weight", "", "weight is for expressroute-private links only")
		}
		c.between(path+".weight", *e.Weight, 0, 32000)
	}
}

func (c *checker) static(e *staticEntry, path string) {
	if !c.has(path+".receives") && !c.has(path+".advertises") {
		c.fail(path, "write receives: and advertises:; an empty list says that there is nothing", "static says nothing")
		return
	}
	once(c, path+".receives", e.Receives)
	c.ourPrefixes(path+".advertises", e.Advertises)
}

func (e *linkEntry) link(static bool) rib.Link {
	l := rib.Link{
		Name: e.Name, Kind: rib.LinkKind(e.Kind), Router: e.Router, Firewall: e.Firewall,
		NeighborASNs: asns(e.NeighborASNs), ProviderASNs: asns(e.ProviderASNs), Neighbors: e.Neighbors,
		Circuit: e.Circuit, SKU: string(e.SKU), Side: string(e.Side),
		Preference: optional(e.Preference), ImportAll: e.Import == "all", Weight: optional(e.Weight),
		Balancing: string(e.Balancing),
	}
	if static {
		l.Static = &rib.Static{Receives: e.Static.Receives, Advertises: e.Static.Advertises}
	}
	return l
}
