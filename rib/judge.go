package rib

import (
	"fmt"
	"slices"
	"strings"
)

// Judgement is what the rows of a feed, and the other feeds beside it, say of what it is declared to be.
type Judgement struct {
	Contradiction string   // it is not that
	Strangers     string   // it may not be that: none of its rows is ours
	Notes         []string // worth a look; they change no answer
	Twin          string   // another feed with the same text, where that is no contradiction
}

// judgeRows holds what every feed shows against what it is declared to be.
func (t *Table) judgeRows() {
	for id, f := range t.feeds {
		f.State.Judged = Judgement{}
		if f.View == Declared || f.State.Unreadable {
			continue
		}
		switch f.View {
		case FarEnd:
			t.judgeFarEnd(FeedID(id), f)
		case AdjRIBInPost, AdjRIBInPre:
			t.judgeReceived(FeedID(id), f)
		case AdjRIBOutPost, AdjRIBOutPre:
			t.judgeSent(FeedID(id), f)
		case Collector:
			t.judgeCollector(FeedID(id), f)
		}
		t.judgeFamilies(FeedID(id), f)
		t.judgeKind(f)
	}
	for i, a := range t.feeds {
		for _, b := range t.feeds[:i] {
			t.judgePair(b, a)
		}
	}
	t.judgeRouters()
}

// judgeRouters finds the dump of one router that stands for another's: its router id is that of all other dumps
// of a router of another name, and not that of the other dumps of its own.
func (t *Table) judgeRouters() {
	ids := map[string][]string{} // by router
	states := func(f *Feed) bool {
		return f.View != Declared && ours(f.View) && !f.State.Live && f.State.Router != "" && f.Router != "" && f.VRF == ""
	}
	for _, f := range t.feeds {
		if states(f) && !slices.Contains(ids[f.Router], f.State.Router) {
			ids[f.Router] = append(ids[f.Router], f.State.Router)
		}
	}
	for _, f := range t.feeds {
		if !states(f) || len(ids[f.Router]) != 2 || f.State.Judged.Contradiction != "" {
			continue
		}
		for other, of := range ids {
			if other != f.Router && len(of) == 1 && of[0] == f.State.Router {
				own := ids[f.Router][0]
				if own == f.State.Router {
					own = ids[f.Router][1]
				}
				f.State.Judged.Contradiction = fmt.Sprintf("its router id is %s, that of %s; the other dumps of %s have %s", f.State.Router, other, f.Router, own)
			}
		}
	}
}

// judgeFarEnd: a table without any route of ours may be of another place. What the cloud itself has
// there is in every table, and says nothing.
func (t *Table) judgeFarEnd(id FeedID, f *Feed) {
	if f.ExpectEmpty {
		return
	}
	var stranger *Entry
	for _, ft := range t.fam {
		for _, c := range ft.columns {
			switch {
			case c.feed != id || c.count == 0:
			case c.tie == Tied, c.tie == Elsewhere, c.tie == Unclassified:
				return
			case c.tie == Foreign && stranger == nil:
				if at, ok := t.stranger(c); ok {
					e := t.entry(ft, c, at, c.at(at))
					stranger = &e
				}
			}
		}
	}
	if stranger != nil {
		f.State.Judged.Strangers = fmt.Sprintf("none of its rows has an ASN of ours, and some are of others (%s, AS path %s): the wrong table, or nothing offered? expect-empty: true says that it holds nothing of ours",
			stranger.Prefix, stranger.Attrs.ASPath)
	}
}

// stranger finds a row of a column that is neither ours nor the cloud's own.
func (t *Table) stranger(c *column) (prefixID, bool) {
	return t.find(c, func(first uint32) bool { return first != 0 && !cloudASN(first) })
}

// find finds a row of a column by the first ASN of its path, 0 where it has none.
func (t *Table) find(c *column, wanted func(first uint32) bool) (prefixID, bool) {
	return t.findAttrs(c, func(a *Attrs) bool {
		first, _ := a.ASPath.First()
		return wanted(first)
	})
}

// findAttrs finds a row of a column by what ranks it. It looks at each attribute set once.
func (t *Table) findAttrs(c *column, wanted func(a *Attrs) bool) (prefixID, bool) {
	known := map[attrID]bool{}
	for id, v := range c.all() {
		is, seen := known[v.attrs]
		if !seen {
			r := attrReader{t.attrs.bytes(v.attrs)}
			a := r.ranking()
			is = wanted(&a)
			known[v.attrs] = is
		}
		if is {
			return id, true
		}
	}
	return 0, false
}

// cloudASN reports whether an ASN is Microsoft's own (expressroute-routing.md: 12076, 65515 to 65520).
func cloudASN(asn uint32) bool {
	return asn == 12076 || asn == 8075 || asn >= 65515 && asn <= 65520
}

// inbound is what the rows of a neighbour's Adj-RIB-In say of whose it is: a row for each thing that they
// show, nil where none does.
type inbound struct {
	fits     bool   // some rows are as the link's neighbour sends them
	made     *Entry // the router's own network
	internal *Entry // an iBGP neighbour's
	pathless *Entry // its AS path is empty
	sent     *Entry // every row of a neighbour begins with our own AS
	astray   *Entry // another link's, or no link's
	strange  *Entry // every row begins with one AS that the link does not have
}

// judgeReceived: a neighbour's Adj-RIB-In whose every row is another's, or that holds a row which no eBGP
// neighbour sends, is not that neighbour's.
func (t *Table) judgeReceived(id FeedID, f *Feed) {
	if f.Link == "" {
		return
	}
	var in inbound
	for _, ft := range t.fam {
		for _, c := range ft.columns {
			if c.feed == id && c.count > 0 {
				t.lookAtInbound(&in, ft, c, f)
			}
		}
	}
	const notSent = "it holds the router's own routes (%s: %s), which no neighbor sends: is it what is advertised?"
	says := ""
	switch {
	case in.made != nil:
		says = fmt.Sprintf(notSent, in.made.Prefix, "no AS path, the next hop is the router itself")
	case in.pathless != nil:
		says = fmt.Sprintf(notSent, in.pathless.Prefix, "its AS path is empty")
	case in.internal != nil:
		says = fmt.Sprintf("it holds an iBGP neighbor's route (%s), which no neighbor on a link sends: is it the router's whole table?", in.internal.Prefix)
	case in.fits:
	case in.astray != nil:
		says = t.astray(f, in.astray)
	case in.sent != nil:
		says = fmt.Sprintf(notSent, in.sent.Prefix, "its AS path begins with our own AS")
	case in.strange != nil:
		first, _ := in.strange.Attrs.ASPath.First()
		says = fmt.Sprintf("every row begins with AS %d (%s), which link %s has neither under neighbor-asns nor under provider-asns: the wrong file, or a provider in between?",
			first, in.strange.Prefix, f.Link)
	}
	f.State.Judged.Contradiction = says
}

// judgeSent: nobody sends a neighbour only what that neighbour sent. A table whose every row begins with the
// neighbour's own AS is what is received from it.
func (t *Table) judgeSent(id FeedID, f *Feed) {
	if f.Link == "" || f.State.Live {
		return
	}
	l := &t.links[t.linkIDs[f.Link]]
	if len(l.NeighborASNs) == 0 || slices.ContainsFunc(l.NeighborASNs, t.own) {
		return
	}
	var first *Entry
	for _, ft := range t.fam {
		for _, c := range ft.columns {
			if c.feed != id || c.count == 0 {
				continue
			}
			if _, other := t.find(c, func(asn uint32) bool { return !l.HasNeighborASN(asn) }); other {
				return
			}
			at, _ := c.first()
			e := t.entry(ft, c, at, c.at(at))
			first = &e
		}
	}
	if first != nil {
		asn, _ := first.Attrs.ASPath.First()
		f.State.Judged.Contradiction = fmt.Sprintf("every row begins with AS %d (%s), the neighbor's own: is it what is received from it?", asn, first.Prefix)
	}
}

// lookAtInbound notes what the rows of one neighbour show.
func (t *Table) lookAtInbound(in *inbound, ft *familyTable, c *column, f *Feed) {
	at, _ := c.first()
	e := t.entry(ft, c, at, c.at(at))
	l := &t.links[t.linkIDs[f.Link]]
	ebgp := !slices.ContainsFunc(l.NeighborASNs, t.own)
	switch {
	case c.tie == Own:
		in.made = &e
	case c.tie == Internal && ebgp:
		in.internal = &e
	case c.tie == Tied && t.allBeginWithOurs(c):
		in.sent = &e
	case c.tie != Tied || t.LinkName(c.link) != f.Link:
		in.astray = &e
	default:
		if at, ok := t.pathless(c); ok && ebgp && len(l.NeighborASNs) > 0 {
			e := t.entry(ft, c, at, c.at(at))
			in.pathless = &e
		}
		if strange := t.allStrange(c, &e, l); strange && (in.strange == nil || sameFirst(in.strange, &e)) {
			in.strange = &e
		} else {
			in.fits = true
		}
	}
}

func sameFirst(a, b *Entry) bool {
	x, _ := a.Attrs.ASPath.First()
	y, _ := b.Attrs.ASPath.First()
	return x == y
}

// allStrange reports whether the path of every row of a column begins with one AS, that of its row e, which
// the link does not have. A route server's rows begin with several.
func (t *Table) allStrange(c *column, e *Entry, l *Link) bool {
	strange, ok := e.Attrs.ASPath.First()
	if !ok || len(l.NeighborASNs) == 0 || l.HasNeighborASN(strange) || l.HasProviderASN(strange) {
		return false
	}
	_, other := t.find(c, func(first uint32) bool { return first != strange })
	return !other
}

// pathless finds a row of a column that shows an empty AS path: an eBGP neighbour puts its own AS there (RFC
// 4271 5.1.2).
func (t *Table) pathless(c *column) (prefixID, bool) {
	return t.findAttrs(c, func(a *Attrs) bool { return len(a.ASPath) == 0 && !a.NotShown.Has(AttrASPath) })
}

// astray says whose the rows are that are not the link's.
func (t *Table) astray(f *Feed, e *Entry) string {
	first, _ := e.Attrs.ASPath.First()
	whose := "no row is link " + f.Link + "'s"
	if e.Tie == Tied {
		whose = "every row begins with the ASN of another link's neighbor"
	}
	return fmt.Sprintf("%s (%s: AS %d, link %s has %v)", whose, e.Prefix, first, f.Link, t.links[t.linkIDs[f.Link]].NeighborASNs)
}

// allBeginWithOurs reports whether the path of every row of a column begins with our own AS: a neighbour
// puts its own there (RFC 4271 5.1.2), so that they are what we send.
func (t *Table) allBeginWithOurs(c *column) bool {
	_, other := t.find(c, func(first uint32) bool { return !t.own(first) })
	return !other
}

// judgeFamilies: a feed that names families:, and whose rows are all of others, is of another command.
func (t *Table) judgeFamilies(id FeedID, f *Feed) {
	if len(f.Families) == 0 || f.State.Live { // a session may have sent the other first
		return
	}
	other := ""
	for fam, ft := range t.fam {
		for _, c := range ft.columns {
			switch {
			case c.feed != id || c.count == 0:
			case slices.Contains(f.Families, Family(fam)):
				return
			default:
				other = Family(fam).String()
			}
		}
	}
	if other != "" && f.State.Judged.Contradiction == "" {
		f.State.Judged.Contradiction = fmt.Sprintf("families: names %s, and its rows are all %s", joinedFamilies(f.Families), other)
	}
}

func joinedFamilies(fams []Family) string {
	var names []string
	for _, fam := range fams {
		names = append(names, fam.String())
	}
	return joined(names)
}

// judgeKind: Azure shows its own ends of circuits and tunnels, and no ISP's.
func (t *Table) judgeKind(f *Feed) {
	id, ok := t.linkIDs[f.Link]
	if ok && t.links[id].Kind == Internet && strings.HasPrefix(f.State.Format, "azure") && f.View != Chosen && f.State.Judged.Contradiction == "" {
		f.State.Judged.Contradiction = fmt.Sprintf("it is a table of Azure's (%s), and %s is an internet link", f.State.Format, f.Link)
	}
}

// judgeCollector: what came over a session of ours with the collector is no link's, and worth a look.
func (t *Table) judgeCollector(id FeedID, f *Feed) {
	rows := 0
	var only []string
	for _, ft := range t.fam {
		for _, c := range ft.columns {
			if c.feed != id || c.tie != Elsewhere || c.link != NoLink {
				continue
			}
			rows += c.count
			for at := range c.all() {
				if len(only) == mostNoted {
					break
				}
				if !t.sent(ft, at) {
					only = append(only, ft.prefix(at).String())
				}
			}
		}
	}
	if rows == 0 {
		return
	}
	f.State.Judged.Notes = append(f.State.Judged.Notes, fmt.Sprintf("the collector has a session with us: %d routes that begin with our own ASN are no link's", rows))
	if len(only) > 0 {
		f.State.Judged.Notes = append(f.State.Judged.Notes, fmt.Sprintf("the collector alone shows %s", joined(only)))
	}
}

// mostNoted is how many prefixes a note names.
const mostNoted = 5

// sent reports whether a feed shows the prefix as advertised on a link.
func (t *Table) sent(ft *familyTable, at prefixID) bool {
	return slices.ContainsFunc(ft.columns, func(c *column) bool {
		return c.tie == Tied && c.at(at).attrs != 0 && t.feeds[c.feed].directionOf() == Advertised
	})
}

func joined(texts []string) string { return strings.Join(texts, ", ") }

// judgePair holds two feeds against each other: one text, or one neighbour, for two links; one router
// under two names.
func (t *Table) judgePair(a, b *Feed) {
	if a.View == Declared || b.View == Declared || a.State.Live || b.State.Live || a.State.Unreadable || b.State.Unreadable {
		return
	}
	both := func(format string, args ...any) {
		for _, f := range []*Feed{a, b} {
			if f.State.Judged.Contradiction == "" {
				f.State.Judged.Contradiction = fmt.Sprintf(format, args...)
			}
		}
	}
	one := a.Link != "" && b.Link != "" && a.Link != b.Link
	switch same := a.State.Digest != [32]byte{} && a.State.Digest == b.State.Digest; {
	case !one || !same || a.State.Others+b.State.Others > 0:
	case received(a.View) && received(b.View) && a.State.Routes > 0:
		both("feeds %s and %s hold the same text, and two neighbors never send the same: one file was copied or named twice", a.Name, b.Name)
	case a.State.Router != "" && a.State.Router == b.State.Router && a.Router != b.Router && ours(a.View) && ours(b.View):
		both("feeds %s and %s hold the same text, which names router id %s, and are of two routers, %s and %s: one file was copied or named twice", a.Name, b.Name, a.State.Router, a.Router, b.Router)
	default:
		a.State.Judged.Twin, b.State.Judged.Twin = b.Name, a.Name
		note(a, b, fmt.Sprintf("feeds %s and %s hold the same text", a.Name, b.Name))
	}
	if one && ofOneNeighbor(a.View) && ofOneNeighbor(b.View) && a.VRF == b.VRF && t.oneRouter(a, b) {
		if n := a.State.Neighbor; n.IsValid() && !n.IsLinkLocalUnicast() && n == b.State.Neighbor {
			both("feeds %s and %s are of the same neighbor, %s, and name two links of one router", a.Name, b.Name, n)
		}
	}
	if id := a.State.Router; id != "" && id == b.State.Router && a.Router != "" && b.Router != "" && a.Router != b.Router && ours(a.View) && ours(b.View) {
		note(a, b, fmt.Sprintf("router id %s stands under two names: %s and %s", id, min(a.Router, b.Router), max(a.Router, b.Router)))
	}
}

// note says something of two feeds, once of each.
func note(a, b *Feed, text string) {
	for _, f := range []*Feed{a, b} {
		if !slices.Contains(f.State.Judged.Notes, text) {
			f.State.Judged.Notes = append(f.State.Judged.Notes, text)
		}
	}
}

// oneRouter reports whether two feeds are of one router, as far as the config says.
func (t *Table) oneRouter(a, b *Feed) bool {
	router := func(f *Feed) string {
		if f.Router != "" {
			return f.Router
		}
		return t.links[t.linkIDs[f.Link]].Router
	}
	return router(a) == router(b)
}

func received(v View) bool {
	return v == AdjRIBInPost || v == AdjRIBInPre || v == BGPTable || v == LocRIB
}

// ofOneNeighbor reports whether the view is of what one neighbour of ours sends or is sent.
func ofOneNeighbor(v View) bool {
	return v == AdjRIBInPost || v == AdjRIBInPre || v == AdjRIBOutPost || v == AdjRIBOutPre
}

// ours reports whether the view is a table of a router of ours.
func ours(v View) bool { return v != FarEnd && v != Collector && v != Chosen }
