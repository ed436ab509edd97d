package configs

import (
	"fmt"
	"slices"

	"bgpaudit/rib"
)

// backups checks the links that stand in for those of a declaration: each link has one part to play.
func (c *checker) backups(path string, links, never, always, whenDown []string) {
	c.backupList(path, "backup", always, links, never)
	c.backupList(path, "backup-when-down", whenDown, links, never)
	for i, name := range whenDown {
		if name != "" && slices.Contains(always, name) {
			c.fail(fmt.Sprintf("%s.backup-when-down[%d]", path, i), "backup lets it be advertised always, backup-when-down only while links have no route",
				"link %s is in backup and in backup-when-down", name)
		}
	}
}

func (c *checker) backupList(path, key string, names, links, never []string) {
	at := path + "." + key
	c.linksDefined(at, names)
	switch {
	case !c.has(at):
		return
	case c.emptyList(at, len(names)):
		c.fail(at, "leave it out where no link stands in", "%s is an empty list", key)
	case len(links) == 0 && !c.broken[path+".links"]:
		c.fail(at, "list under links: what it stands in for", "%s without links", key)
	}
	for i, name := range names {
		other := ""
		switch {
		case name == "":
		case slices.Contains(links, name):
			other = "links"
		case slices.Contains(never, name):
			other = "never-links"
		}
		if other != "" {
			c.fail(fmt.Sprintf("%s[%d]", at, i), "take it out of one of them", "link %s is in %s and in %s", name, other, key)
		}
	}
}

// prefers checks an observer's order of links: those that it hears, each once, and of a network that has one
// order at all.
func (c *checker) prefers(e *observerEntry, path string) {
	at := path + ".prefer"
	c.linksDefined(at, e.Prefer)
	switch {
	case !c.has(at):
		return
	case c.emptyList(at, len(e.Prefer)):
		c.fail(at, "", "prefer is an empty list")
	case e.Name == rib.ObserverUs:
		c.fail(at, "write preference: on the links, or show dumps with local preference", "what we prefer is our local preference")
	case e.Name == rib.ObserverInternet:
		c.fail(at, "give the network a name of its own under observers:, and name it as the remote's observer", "the internet is many networks, and they share no order of links")
	}
	for i, name := range e.Prefer {
		if name != "" && slices.Contains(c.linkNames, name) && !c.hears(e, path, name) {
			c.fail(fmt.Sprintf("%s[%d]", at, i), "add it to hears:, or take it out of prefer:", "%s does not hear link %s", e.Name, name)
		}
	}
}

// hears reports whether the observer hears the link, by its own list or by its kinds. One that says nothing
// is reported for that.
func (c *checker) hears(e *observerEntry, path, link string) bool {
	if c.has(path+".hears") || !isBuiltIn(e.Name) {
		return !c.has(path+".hears") || slices.Contains(e.Hears, link)
	}
	return slices.ContainsFunc(c.file.Links, func(l linkEntry) bool {
		return l.Name == link && rib.HearsKind(e.Name, rib.LinkKind(l.Kind))
	})
}
