package configs

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"bgpaudit/dump"
	"bgpaudit/rib"
)

func (c *checker) feeds() []Feed {
	var out []Feed
	for i := range c.file.Feeds {
		e, path := &c.file.Feeds[i], fmt.Sprintf("feeds[%d]", i)
		link := c.linkNamed(e.Link)
		c.feedKind(e, path)
		c.feedLinks(e, path)
		c.feedRouter(e, path, link)
		c.feedView(e, path)
		c.feedObserver(e, path)
		c.feedValues(e, path)
		out = append(out, c.feed(e, path, link))
	}
	c.oneFeedANeighbor()
	c.oneLinkAFile()
	return out
}

func (c *checker) linkNamed(name string) *linkEntry {
	for i := range c.file.Links {
		if l := &c.file.Links[i]; name != "" && l.Name == name {
			return l
		}
	}
	return nil
}

// fileKeys belong to dumps alone.
var fileKeys = []string{"format", "vrf", "neighbor", "taken", "max-age", "trust-mtime", "expect-empty", "routes", "tolerate-skipped", "add-path"}

// feedKind holds the feed to one source, and to the keys and view of that kind of source.
func (c *checker) feedKind(e *feedEntry, path string) {
	var kinds []string
	for _, key := range []string{"file", "bgp", "bmp"} {
		if c.has(path + "." + key) {
			kinds = append(kinds, key)
		}
	}
	switch {
	case len(kinds) == 0:
		c.fail(path, "give it file: for a dump, bgp: or bmp: for a session", "none of file, bgp and bmp")
		return
	case len(kinds) > 1:
		c.fail(path, "make each a feed of its own", "%s and %s are both given", kinds[0], kinds[1])
		return
	}
	if kinds[0] == "file" {
		if e.File == "" && !c.broken[path+".file"] {
			c.fail(path+".file", "", "file is empty")
		}
		c.format(e, path+".format")
		return
	}
	for _, key := range fileKeys {
		if !c.has(path + "." + key) {
			continue
		}
		hint := ""
		switch {
		case kinds[0] == "bgp" && (key == "add-path" || key == "neighbor"):
			hint = "write it inside bgp:"
		case key == "max-age":
			hint = "a session has no age: it is up or down"
		}
		c.fail(path+"."+key, hint, "%s is for files, not for %s", key, kinds[0])
	}
	if kinds[0] == "bgp" {
		c.bgp(e, path)
	} else if c.has(path+".view") && !c.broken[path+".view"] {
		c.fail(path+".view", "leave view out", "a bmp feed carries its views itself")
	}
}

func (c *checker) format(e *feedEntry, path string) {
	if !c.has(path) {
		e.Format = "auto"
		return
	}
	if known := append([]string{"auto"}, dump.FormatNames()...); !c.broken[path] && !slices.Contains(known, e.Format) {
		c.fail(path, suggest(e.Format, known), "format %q is not known", shorten(e.Format))
	}
}

func (c *checker) bgp(e *feedEntry, path string) {
	if e.View == "" && !c.broken[path+".view"] {
		e.View = viewName(rib.Monitor)
	}
	if !c.broken[path+".view"] && e.View != viewName(rib.Monitor) {
		c.fail(path+".view", "leave view out", "a bgp feed has view monitor, not %s", e.View)
	}
	b := &e.BGP
	c.bgpNeighbor(b, path+".bgp.neighbor")
	c.between(path+".bgp.ttl-security", int64(b.TTLSecurity), 1, 254)
	if b.Routers != nil {
		c.between(path+".bgp.routers", *b.Routers, 1, 256)
		if b.Neighbor.IsValid() && b.Neighbor.IsSingleIP() {
			c.fail(path+".bgp.routers", "leave routers out", "routers is for a neighbor that is a prefix")
		}
	}
	if b.PrefixLimit != nil {
		c.between(path+".bgp.prefix-limit", *b.PrefixLimit, 1, math.MaxInt32)
	} else if !c.broken[path+".bgp.prefix-limit"] {
		most := int64(DefaultPrefixLimit)
		b.PrefixLimit = &most
	}
	monitorASN := c.has("monitor.asn")
	if b.LocalASN == 0 && !c.has(path+".bgp.local-asn") && !monitorASN {
		c.fail(path, "set monitor.asn or bgp.local-asn", "the session has no AS number of ours")
	}
}

// bgpNeighbor: an address is who the router is. A range tells nobody apart, so something else must.
func (c *checker) bgpNeighbor(b *bgpEntry, path string) {
	p, m := b.Neighbor.Prefix, &c.file.Monitor
	if !p.IsValid() || c.broken[path] {
		return
	}
	if a := p.Addr(); a.IsMulticast() || p.Bits() == 0 || a.IsUnspecified() {
		c.spoil(path, "the router's address, as 192.0.2.1", "neighbor %s is no address of a router", p)
		return
	}
	if p.Addr().IsLinkLocalUnicast() { // the same address is another host's on every other interface
		c.spoil(path, "have the session between addresses that are the router's alone, as 2001:db8::1", "neighbor %s is a link-local address, which any host next to us may have", shorten(p.Addr().String()))
		return
	}
	if !p.IsSingleIP() && b.Auth.MD5File == "" && m.Auth.MD5File == "" && b.TTLSecurity == 0 && m.TTLSecurity == 0 {
		c.fail(path, "set auth: {md5-file: FILE} or ttl-security: 1, or name one address", "neighbor %s is a range: anyone in it could open a session", p)
	}
}

// oneFeedANeighbor: a session is known by the address that it comes from, and by nothing else.
func (c *checker) oneFeedANeighbor() {
	var order []int // the sessions, a range before what lies in it
	for i, e := range c.file.Feeds {
		if at := neighborKey(i); e.BGP.Neighbor.IsValid() && !c.broken[at] {
			order = append(order, i)
		}
	}
	neighbor := func(i int) netip.Prefix { return c.file.Feeds[i].BGP.Neighbor.Prefix }
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(neighbor(a).Addr().Compare(neighbor(b).Addr()), cmp.Compare(neighbor(a).Bits(), neighbor(b).Bits()))
	})
	for at, outer := 1, 0; at < len(order); at++ {
		i, j := order[at], order[outer]
		if !neighbor(i).Overlaps(neighbor(j)) {
			outer = at
			continue
		}
		c.fail(neighborKey(i), "let the router open its second session from another address", "neighbor %s is in that of feed %s too", neighbor(i), shorten(c.file.Feeds[j].Name))
	}
}

func neighborKey(feed int) string { return fmt.Sprintf("feeds[%d].bgp.neighbor", feed) }

// feedLinks holds the feed to one way of tying routes to links, and each rule to one outcome.
func (c *checker) feedLinks(e *feedEntry, path string) {
	link, rules := c.has(path+".link"), c.has(path+".classify")
	if link {
		c.defined(path+".link", "link", e.Link, c.linkNames, "links")
	}
	switch {
	case link && rules:
		c.fail(path+".classify", "keep link: if every route is that link's, else classify:", "link and classify are both given")
	case !link && !rules && !e.untied() && e.Mirrors == "" && !c.broken[path+".view"]:
		c.fail(path, "name the link with link:, or tie its routes to links with classify:", "neither link nor classify")
	case rules && c.emptyList(path+".classify", len(e.Classify)):
		c.fail(path+".classify", "", "classify is an empty list")
	}
	for i := range e.Classify {
		c.classify(e, &e.Classify[i], fmt.Sprintf("%s.classify[%d]", path, i))
	}
}

// untied reports whether the view's rows need nobody to say whose they are: they may be any link's.
func (e *feedEntry) untied() bool {
	return e.View == viewName(rib.Collector) || e.View == viewName(rib.Chosen)
}

func (c *checker) classify(e *feedEntry, r *classifyEntry, path string) {
	conditions := 0
	for _, key := range []string{"bmp-peer", "neighbor", "community", "next-hop", "first-asn"} {
		if c.has(path + "." + key) {
			conditions++
		}
	}
	if conditions == 0 {
		c.fail(path, "give it bmp-peer, neighbor, community, next-hop or first-asn", "a classify rule without a condition")
	}
	if r.BMPPeer.IsValid() && e.BGP != (bgpEntry{}) {
		c.fail(path+".bmp-peer", "use neighbor:, next-hop: or community:", "a bgp feed has no bmp-peer")
	}
	link := c.has(path + ".link")
	if link {
		c.defined(path+".link", "link", r.Link, c.linkNames, "links")
	}
	switch {
	case link && r.Ignore:
		c.fail(path+".ignore", "", "link and ignore are both given")
	case !link && !r.Ignore && !c.broken[path+".ignore"]:
		c.fail(path, "write link: NAME or ignore: true", "a classify rule without link or ignore")
	}
}

// feedRouter fills in the router that holds the table. The table of a far end, a collector or an
// observer is not ours.
func (c *checker) feedRouter(e *feedEntry, path string, link *linkEntry) {
	elsewhere := e.View == viewName(rib.FarEnd) || e.untied()
	if c.has(path+".router") && !c.broken[path+".router"] {
		c.legible(path+".router", "router", e.Router)
	}
	if link == nil || elsewhere || link.Router == "" {
		return
	}
	if e.Router == "" {
		e.Router = link.Router
	} else if e.Router != link.Router {
		c.fail(path+".router", "leave router out", "router %s, but link %s ends on %s", e.Router, link.Name, link.Router)
	}
}

func (c *checker) feedView(e *feedEntry, path string) {
	at := path + ".view"
	if c.broken[at] {
		return
	}
	switch {
	case e.View == "" && !c.has(path+".bmp") && !c.has(path+".bgp"):
		c.fail(path, "say which table it shows: "+enumerate(viewName("").choices()), "view is missing")
		return
	case e.View == viewName(rib.LocRIB) && e.Router == "":
		c.fail(at, "name the router whose choice it is with router:", "view loc-rib without a router")
	case e.View == viewName(rib.BGPTable) && e.Router == "" && e.Link == "" && len(c.routers) > 1:
		c.fail(at, "name the router whose table it is with router:; it is whole for that router's own neighbours alone", "view bgp-table without a router, at a site of several")
	}
	if c.has(path + ".mirrors") {
		c.defined(path+".mirrors", "link", e.Mirrors, c.linkNames, "links")
		if e.View != viewName(rib.Monitor) {
			c.fail(path+".mirrors", "only a session to the monitor can have a link's export policy", "mirrors needs view monitor")
		}
	}
	if e.AddPath != "" && e.View != viewName(rib.Monitor) {
		c.fail(path+".add-path", "", "add-path needs view monitor")
	}
}

// feedObserver: a table of choices is somebody's, and of no other table is it anybody's.
func (c *checker) feedObserver(e *feedEntry, path string) {
	at, chosen := path+".observer", e.View == viewName(rib.Chosen)
	switch {
	case c.broken[path+".view"]:
	case chosen && !c.has(at):
		c.fail(path, "name the network whose choice the table shows, as observer: azure for the effective routes of a virtual hub", "observer is missing in view chosen")
	case !chosen && c.has(at):
		c.fail(at, "leave observer out, or write view: chosen", "observer needs view chosen")
	case chosen && c.defined(at, "observer", e.Observer, c.observerNames, "observers") && e.Observer == rib.ObserverUs:
		c.fail(at, "what our own routers chose is view loc-rib or bgp-table", "observer us is ourselves")
	}
}

func (c *checker) feedValues(e *feedEntry, path string) {
	once(c, path+".families", e.Families)
	once(c, path+".scope", e.Scope)
	if c.has(path+".scope") && c.emptyList(path+".scope", len(e.Scope)) {
		c.fail(path+".scope", "leave scope out if the dump was not filtered", "scope is an empty list")
	}
	if c.has(path+".families") && c.emptyList(path+".families", len(e.Families)) {
		c.fail(path+".families", "", "families is an empty list")
	}
	if e.Routes != nil {
		c.between(path+".routes", *e.Routes, 0, 1<<31-1)
		if *e.Routes > 0 && e.ExpectEmpty {
			c.fail(path+".expect-empty", "", "expect-empty contradicts routes: %d", *e.Routes)
		}
	}
	c.between(path+".tolerate-skipped", e.TolerateSkipped, 0, 1<<31-1)
}

func (c *checker) feed(e *feedEntry, path string, link *linkEntry) Feed {
	f := Feed{Pos: c.pos(path), Feed: rib.Feed{
		Name: e.Name, Link: e.Link, Router: e.Router, View: rib.View(e.View), Scope: e.Scope,
		Families: families(e.Families), Mirrors: e.Mirrors, AddPath: string(e.AddPath),
		Observer: e.Observer, VRF: e.VRF, ExpectEmpty: e.ExpectEmpty,
	}}
	for i := range e.Classify {
		f.Classify = append(f.Classify, e.Classify[i].rule())
	}
	switch {
	case c.has(path + ".bgp"):
		f.BGP = c.session(&e.BGP)
		f.AddPath, f.Range = f.BGP.AddPath, f.BGP.Range.IsValid()
		if e.BGP.Routers != nil {
			f.Routers = int(*e.BGP.Routers)
		}
	case c.has(path + ".bmp"):
		f.BMP = &BMPFeed{Listen: e.BMP.Listen}
	default:
		f.Source = c.source(e, link)
	}
	return f
}

func (r *classifyEntry) rule() rib.ClassifyRule {
	return rib.ClassifyRule{
		BMPPeer: r.BMPPeer, Neighbor: r.Neighbor, Community: (*rib.Community)(r.Community),
		NextHop: r.NextHop, FirstASN: uint32(r.FirstASN), Link: r.Link, Ignore: r.Ignore,
	}
}

func (c *checker) session(b *bgpEntry) *BGPFeed {
	s := &BGPFeed{
		ASN: uint32(b.ASN), LocalASN: uint32(b.LocalASN),
		AddPath: string(b.AddPath), MD5File: c.md5File(b.Auth), TTLSecurity: b.TTLSecurity,
	}
	if b.Neighbor.IsSingleIP() {
		s.Neighbor = b.Neighbor.Addr()
	} else {
		s.Range = b.Neighbor.Prefix
	}
	if b.PrefixLimit != nil {
		s.PrefixLimit = int(*b.PrefixLimit)
	}
	m := &c.file.Monitor
	if s.LocalASN == 0 {
		s.LocalASN = uint32(m.ASN)
	}
	if s.MD5File == "" {
		s.MD5File = c.md5File(m.Auth)
	}
	if s.TTLSecurity == 0 {
		s.TTLSecurity = m.TTLSecurity
	}
	return s
}

func (c *checker) source(e *feedEntry, link *linkEntry) *dump.Source {
	s := &dump.Source{
		Path: c.resolve(e.File), Name: e.File, Format: e.Format, View: rib.View(e.View), VRF: e.VRF,
		Neighbor: e.Neighbor.WithZone("").Unmap(), Families: families(e.Families), Taken: e.Taken.Time, MaxAge: e.MaxAge.duration(),
		TrustMtime: e.TrustMtime, ExpectEmpty: e.ExpectEmpty, ExpectRoutes: -1, TolerateSkipped: int(e.TolerateSkipped),
	}
	if e.Routes != nil {
		s.ExpectRoutes = int(*e.Routes)
	}
	if link != nil {
		s.Link = dump.Link{Name: link.Name, Kind: rib.LinkKind(link.Kind), Side: string(link.Side), Circuit: link.Circuit}
		for _, a := range link.Neighbors {
			s.Link.Neighbors = append(s.Link.Neighbors, a.WithZone("").Unmap())
		}
	}
	return s
}
