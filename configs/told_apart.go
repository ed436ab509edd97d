package configs

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
)

// What tells two links apart must differ between them: the address of the neighbour, and the file
// that a table stands in. A copied line that still names the other link's shows one link twice, and
// of the other nothing.

// oneLinkANeighbor: a router has one session with an address, and so one link. Links without a router
// are on the same one where the site names no second.
func (c *checker) oneLinkANeighbor() {
	type session struct {
		router  string
		address netip.Addr
	}
	first := map[session]int{}
	for i := range c.file.Links {
		e := &c.file.Links[i]
		router := e.Router
		if router == "" {
			if len(c.routers) > 1 {
				continue
			}
			router = slices.Concat(c.routers, []string{""})[0]
		}
		for j, a := range e.Neighbors {
			before, taken := first[session{router, a}]
			if !taken {
				first[session{router, a}] = i
			}
			if !taken || before == i || !a.IsValid() || a.IsLinkLocalUnicast() || c.inVRFsApart(before, i) {
				continue
			}
			c.fail(fmt.Sprintf("links[%d].neighbors[%d]", i, j), "a router has one session with an address; in two VRFs say so with vrf: on the feeds of both links",
				"neighbor %s is one of link %s too", a, shorten(c.file.Links[before].Name))
		}
	}
}

// inVRFsApart reports whether every feed of the two links names a VRF, and no VRF is both's.
func (c *checker) inVRFsApart(a, b int) bool {
	vrfs := func(link int) (names []string) {
		for i := range c.file.Feeds {
			if e := &c.file.Feeds[i]; e.Link == c.file.Links[link].Name {
				names = append(names, e.VRF)
			}
		}
		return names
	}
	of, other := vrfs(a), vrfs(b)
	return len(of) > 0 && len(other) > 0 && !slices.Contains(of, "") && !slices.Contains(other, "") &&
		!slices.ContainsFunc(of, func(vrf string) bool { return slices.Contains(other, vrf) })
}

// oneLinkAFile: what one file holds is one link's, unless the feeds take different parts of it. The
// name is cleaned, and no link of the file system is followed.
func (c *checker) oneLinkAFile() {
	byPath := map[string][]int{}
	for i := range c.file.Feeds {
		e := &c.file.Feeds[i]
		if e.File == "" || e.Link == "" || len(e.Classify) > 0 {
			continue
		}
		path := filepath.Clean(c.resolve(e.File))
		for _, before := range byPath[path] {
			if was := &c.file.Feeds[before]; was.Link != e.Link && !e.anotherPart(was) {
				at := fmt.Sprintf("feeds[%d]", before)
				c.fail(fmt.Sprintf("feeds[%d].file", i), "name each link's own file; where the file does hold both, neighbor: or vrf: on both feeds, or classify: in place of link:, says whose is what",
					"%s is the file of feed %s of link %s too (line %d)", shorten(e.File), shorten(was.Name), shorten(was.Link), c.place(at).line)
				break
			}
		}
		byPath[path] = append(byPath[path], i)
	}
}

// anotherPart reports whether the two feeds of one file pick rows that cannot be the same.
func (e *feedEntry) anotherPart(other *feedEntry) bool {
	return e.Neighbor.IsValid() && other.Neighbor.IsValid() && e.Neighbor != other.Neighbor ||
		e.VRF != "" && other.VRF != "" && e.VRF != other.VRF
}
