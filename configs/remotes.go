package configs

import (
	"fmt"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func (c *checker) observers() []rib.ObserverSpec {
	var out []rib.ObserverSpec
	for i := range c.file.Observers {
		e := &c.file.Observers[i]
		path := fmt.Sprintf("observers[%d]", i)
		c.linksDefined(path+".hears", e.Hears)
		c.prefers(e, path)
		once(c, path+".steps", e.Steps)
		switch builtIn := isBuiltIn(e.Name); {
		case builtIn && !c.has(path+".hears") && !c.has(path+".prefer") && !c.has(path+".steps"):
			c.fail(path, "write hears:, prefer: or steps:", "nothing about it is changed")
		case !builtIn && !c.has(path+".hears") && c.has(path+".name"):
			c.fail(path, "list the links it chooses among; to change a built-in observer use us, microsoft, internet or azure; one named avs replaces the built-in one", "hears is missing on a new observer")
		case c.has(path+".hears") && c.emptyList(path+".hears", len(e.Hears)):
			c.fail(path+".hears", "", "hears is an empty list")
		}
		out = append(out, rib.ObserverSpec{Name: e.Name, Hears: e.Hears, Steps: texts(e.Steps), Prefer: e.Prefer, Pos: c.pos(path)})
		if !c.has(path + ".steps") {
			out[i].Steps = nil
		}
	}
	return out
}

// isBuiltIn reports whether the config changes an observer of this name. One named avs is the
// config's own, and stands in the place of the built-in one.
func isBuiltIn(name string) bool {
	switch name {
	case rib.ObserverUs, rib.ObserverMicrosoft, rib.ObserverInternet, rib.ObserverAzure:
		return true
	}
	return false
}

func (c *checker) remotes() []policy.Remote {
	lists := prefixLists{}
	var out []policy.Remote
	for i := range c.file.Remotes {
		e, path := &c.file.Remotes[i], fmt.Sprintf("remotes[%d]", i)
		once(c, path+".prefixes", e.Prefixes)
		once(c, path+".communities", e.Communities)
		c.remoteSources(e, path)
		c.remoteObserver(e, path)
		r := policy.Remote{
			Name: e.Name, Observer: e.Observer, Prefixes: e.Prefixes, DefaultOnly: e.DefaultOnly,
			CommunitiesOptional: e.CommunitiesOptional, Pos: c.pos(path),
		}
		for _, x := range e.Communities {
			r.Communities = append(r.Communities, rib.Community(x))
		}
		if c.has(path + ".service-tags") {
			r.ServiceTags = c.serviceTags(&e.ServiceTags, path+".service-tags", lists)
		}
		if c.has(path + ".m365-endpoints") {
			r.M365Endpoints = c.m365Endpoints(&e.M365Endpoints, path+".m365-endpoints", lists)
		}
		out = append(out, r)
	}
	return out
}

func (c *checker) remoteSources(e *remoteEntry, path string) {
	for _, key := range []string{"prefixes", "communities"} {
		if at := path + "." + key; c.has(at) && !c.broken[at] && (key == "prefixes" && len(e.Prefixes) == 0 || key == "communities" && len(e.Communities) == 0) {
			c.spoil(at, "", "%s is an empty list", key)
		}
	}
	none := !e.DefaultOnly && !c.broken[path+".default-only"]
	for _, key := range []string{"prefixes", "communities", "service-tags", "m365-endpoints"} {
		none = none && !c.has(path+"."+key)
	}
	if none {
		c.fail(path, "give it prefixes, communities, service-tags, m365-endpoints or default-only: true", "it has no addresses")
	}
	if e.CommunitiesOptional && !c.has(path+".communities") {
		c.fail(path+".communities-optional", "", "communities-optional without communities")
	}
}

// remoteObserver fills in who decides the way back, where that follows from what the remote is.
func (c *checker) remoteObserver(e *remoteEntry, path string) {
	at := path + ".observer"
	if c.has(at) {
		if c.defined(at, "observer", e.Observer, c.observerNames, "observers") && e.Observer == rib.ObserverUs {
			c.fail(at, "the observer is the network that chooses the way back", "observer us is ourselves")
		}
		return
	}
	microsoft := e.DefaultOnly
	for _, key := range []string{"communities", "service-tags", "m365-endpoints"} {
		microsoft = microsoft || c.has(path+"."+key)
	}
	switch {
	case microsoft:
		e.Observer = rib.ObserverMicrosoft
	case c.has(path+".prefixes") && c.hasMicrosoftPeering():
		c.fail(path, "write observer: microsoft for a Microsoft network, observer: internet for any other", "observer is missing, and the site has Microsoft peering")
	default:
		e.Observer = rib.ObserverInternet
	}
}

func (c *checker) hasMicrosoftPeering() bool {
	for _, l := range c.file.Links {
		if rib.LinkKind(l.Kind) == rib.ExpressRouteMicrosoft {
			return true
		}
	}
	return false
}
