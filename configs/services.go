package configs

import (
	"fmt"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func (c *checker) services() []policy.Service {
	first := map[string]int{}
	var out []policy.Service
	for i := range c.file.Services {
		e, path := &c.file.Services[i], fmt.Sprintf("services[%d]", i)
		c.service(e, path)
		if key := e.identity(); key != "" {
			if before, taken := first[key]; taken {
				c.fail(path, "tell them apart by remote or initiator, or make them one",
					"the same addresses, remote and initiator as service %s", c.file.Services[before].Name)
			} else {
				first[key] = i
			}
		}
		out = append(out, e.service(c.pos(path)))
	}
	return out
}

func (c *checker) service(e *serviceEntry, path string) {
	if e.Kind == "" {
		e.Kind = "other"
	}
	c.ourPrefixes(path+".addresses", blocks(e.Addresses))
	c.servicePools(e, path)
	if c.has(path + ".remote") {
		c.defined(path+".remote", "remote", e.Remote, c.remoteNames, "remotes")
	}
	if c.has(path + ".behind") {
		c.defined(path+".behind", "router", e.Behind, c.routers, "links")
	}
	c.linksDefined(path+".links", e.Links)
	c.backups(path, e.Links, nil, e.Backup, e.BackupWhenDown)
	c.linksDefined(path+".sees", e.Sees)
	if c.has(path+".sees") && !c.broken[path+".sees"] && len(e.Sees) == 0 {
		c.fail(path+".sees", "leave sees out if the service sees all links", "sees is an empty list")
	}
	addresses, pools := c.has(path+".addresses") && !c.emptyList(path+".addresses", len(e.Addresses)), len(e.Pools) > 0 || c.has(path+".pool")
	switch {
	case !addresses && !pools && !c.broken[path+".pools"]:
		c.fail(path, "give it addresses: or pools:", "neither addresses nor pools")
	case !addresses && e.Initiator == "remote":
		c.fail(path, "the addresses that the remote connects to", "initiator is remote, but there are no addresses to connect to")
	}
	if e.NAT == "none" && pools {
		c.fail(path+".nat", "a pool is NAT", "nat: none contradicts its pools")
	}
	c.snat(e, path)
}

// emptyList reports whether the list at path is empty, and not merely unreadable.
func (c *checker) emptyList(path string, n int) bool { return n == 0 && !c.broken[path] }

// servicePools makes pools: of the short form pool:, and checks the names.
func (c *checker) servicePools(e *serviceEntry, path string) {
	once(c, path+".pools", e.Pools)
	for i, name := range e.Pools {
		c.defined(fmt.Sprintf("%s.pools[%d]", path, i), "pool", name, c.poolNames, "pools")
	}
	if !c.has(path + ".pool") {
		return
	}
	c.defined(path+".pool", "pool", e.Pool, c.poolNames, "pools")
	if c.has(path + ".pools") {
		c.fail(path+".pool", "pool: NAME is short for pools: [NAME]", "pool and pools are both given")
	}
	e.Pools, e.Pool = append(e.Pools, e.Pool), ""
}

func (c *checker) snat(e *serviceEntry, path string) {
	s, at := &e.SNAT, path+".snat"
	if !c.has(at) {
		return
	}
	if c.has(at + ".at") {
		if s.At == rib.Stateless {
			c.fail(at+".at", "only a stateful device translates", "snat.at: none is no firewall")
		} else {
			c.defined(at+".at", "firewall", s.At, c.firewalls, "links")
		}
	}
	if e.Initiator == "us" {
		c.fail(at, "name a pool for connections that we start", "snat is for connections that come in, but initiator is us")
	}
	if e.NAT == "none" {
		c.fail(at, "", "snat contradicts nat: none")
	}
	sameFamily := func(b block) bool { return b.IsValid() && rib.FamilyOf(b.Prefix) == rib.FamilyOf(s.To.Prefix) }
	if s.To.IsValid() && len(e.Addresses) > 0 && !slices.ContainsFunc(e.Addresses, sameFamily) {
		c.fail(at+".to", "", "%s is %s, but none of the addresses is", s.To, rib.FamilyOf(s.To.Prefix))
	}
}

// identity is what no two services share: addresses, remote and initiator. A service without
// addresses is known by its pools.
func (e *serviceEntry) identity() string {
	var parts []string
	for _, b := range e.Addresses {
		parts = append(parts, b.String())
	}
	if len(parts) == 0 {
		parts = append(parts, e.Pools...)
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return strings.Join(parts, " ") + "|" + e.Remote + "|" + string(e.Initiator)
}

func (e *serviceEntry) service(pos string) policy.Service {
	s := policy.Service{
		Name: e.Name, Kind: policy.ServiceKind(e.Kind), Addresses: blocks(e.Addresses), Pools: e.Pools,
		NAT: string(e.NAT), Remote: e.Remote, Initiator: policy.Initiator(e.Initiator),
		Links: e.Links, Sees: e.Sees, Behind: e.Behind, Pos: pos,
		Backups: policy.Backups{Always: e.Backup, WhenDown: e.BackupWhenDown},
	}
	if e.SNAT.At != "" {
		s.SNAT = &policy.SNAT{At: e.SNAT.At, To: e.SNAT.To.Prefix}
	}
	return s
}
