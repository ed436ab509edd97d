package configs

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func (c *checker) prefixes() []policy.Prefix {
	first := map[netip.Prefix]int{}
	var out []policy.Prefix
	for i := range c.file.Prefixes {
		e, path := &c.file.Prefixes[i], fmt.Sprintf("prefixes[%d]", i)
		c.ourPrefixes(path+".prefixes", e.Prefixes)
		for j, p := range e.Prefixes {
			if before, taken := first[p]; taken && before != i && p.IsValid() {
				c.fail(fmt.Sprintf("%s.prefixes[%d]", path, j), "the most specific declaration governs, so each prefix has one",
					"%s is declared by %s too", p, c.label(fmt.Sprintf("prefixes[%d]", before)))
				continue
			}
			first[p] = i
		}
		c.linksDefined(path+".links", e.Links)
		c.linksDefined(path+".never-links", e.NeverLinks)
		for j, name := range e.NeverLinks {
			if name != "" && slices.Contains(e.Links, name) {
				c.fail(fmt.Sprintf("%s.never-links[%d]", path, j), "take it out of one of them", "link %s is in links and in never-links", name)
			}
		}
		c.backups(path, e.Links, e.NeverLinks, e.Backup, e.BackupWhenDown)
		c.moreSpecifics(e, path+".more-specifics")
		out = append(out, e.prefix(c.pos(path)))
	}
	return out
}

func (c *checker) moreSpecifics(e *prefixEntry, path string) {
	m := &e.MoreSpecifics
	if c.has(path) && !c.has(path+".max-length") && !c.has(path+".links") {
		c.fail(path, "write max-length: or links:", "more-specifics says nothing")
	}
	c.linksDefined(path+".links", m.Links)
	for j, name := range m.Links {
		if name != "" && slices.Contains(e.NeverLinks, name) {
			c.fail(fmt.Sprintf("%s.links[%d]", path, j), "take it out of one of them", "link %s is in more-specifics.links and in never-links", name)
		}
	}
	if m.MaxLength == nil {
		return
	}
	at, n := path+".max-length", int(min(*m.MaxLength, 1000))
	c.between(at, *m.MaxLength, 1, 128)
	for _, p := range e.Prefixes {
		if !p.IsValid() || n < 1 || n > 128 {
			continue
		}
		family := rib.FamilyOf(p)
		if n > family.Bits() || n < p.Bits() {
			c.fail(at, fmt.Sprintf("%s allows %d to %d; declare IPv4 and IPv6 apart where their lengths differ", p, p.Bits(), family.Bits()),
				"max-length %d does not fit %s", n, p)
			return
		}
	}
}

func (e *prefixEntry) prefix(pos string) policy.Prefix {
	p := policy.Prefix{Name: e.Name, Prefixes: e.Prefixes, Links: e.Links, NeverLinks: e.NeverLinks, Backups: policy.Backups{Always: e.Backup, WhenDown: e.BackupWhenDown}, Pos: pos}
	if m := e.MoreSpecifics; m.MaxLength != nil || m.Links != nil {
		p.MoreSpecifics = &policy.MoreSpecifics{Links: m.Links}
		if m.MaxLength != nil {
			p.MoreSpecifics.MaxLength = int(*m.MaxLength)
		}
	}
	return p
}

func (c *checker) pools() []policy.Pool {
	var out []policy.Pool
	for i := range c.file.Pools {
		e, path := &c.file.Pools[i], fmt.Sprintf("pools[%d]", i)
		c.ourPrefixes(path+".prefixes", e.Prefixes)
		c.linksDefined(path+".links", e.Links)
		c.backups(path, e.Links, nil, e.Backup, e.BackupWhenDown)
		out = append(out, policy.Pool{
			Name: e.Name, Prefixes: e.Prefixes, Links: e.Links, Pos: c.pos(path),
			Backups: policy.Backups{Always: e.Backup, WhenDown: e.BackupWhenDown},
		})
	}
	c.poolsApart()
	return out
}

// poolPrefix is one prefix of a pool and where it stands.
type poolPrefix struct {
	netip.Prefix
	pool, index int
}

// poolsApart reports pools that share an address. Sorted by address and length, a prefix can only
// overlap those that are still open around it.
func (c *checker) poolsApart() {
	var all []poolPrefix
	for i, e := range c.file.Pools {
		for j, p := range e.Prefixes {
			if p.IsValid() {
				all = append(all, poolPrefix{p, i, j})
			}
		}
	}
	slices.SortFunc(all, func(a, b poolPrefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()), cmp.Compare(a.pool, b.pool))
	})
	var around []poolPrefix
	for _, p := range all {
		for len(around) > 0 && !around[len(around)-1].Contains(p.Addr()) {
			around = around[:len(around)-1]
		}
		if i := slices.IndexFunc(around, func(q poolPrefix) bool { return q.pool != p.pool }); i >= 0 {
			c.sharedPool(around[i], p)
		}
		if len(around) == 0 || around[len(around)-1] != p {
			around = append(around, p)
		}
		if len(around) > 2*128 { // one prefix repeated over and over
			return
		}
	}
}

// sharedPool reports the later one of two overlapping pool prefixes, in the order of the file.
func (c *checker) sharedPool(a, b poolPrefix) {
	if a.pool > b.pool {
		a, b = b, a
	}
	c.fail(fmt.Sprintf("pools[%d].prefixes[%d]", b.pool, b.index), "an address is in one pool, or its return cannot be told",
		"%s shares addresses with %s of pool %s", b.Prefix, a.Prefix, c.file.Pools[a.pool].Name)
}
