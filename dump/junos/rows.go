package junos

import (
	"fmt"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// junosNode is one element of Junos's tree, from JSON or from XML.
type junosNode struct {
	name, text, style string
	children          []junosNode
}

// child is the first element of that name, nil where there is none.
func (n *junosNode) child(name string) *junosNode {
	if n == nil {
		return nil
	}
	for i := range n.children {
		if n.children[i].name == name {
			return &n.children[i]
		}
	}
	return nil
}

// all are the elements of that name.
func (n *junosNode) all(name string) []*junosNode {
	var out []*junosNode
	for i := range n.children {
		if n.children[i].name == name {
			out = append(out, &n.children[i])
		}
	}
	return out
}

// value is the text of the first element of that name.
func (n *junosNode) value(name string) string {
	if c := n.child(name); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// message is the text of an error: that of its message, or the first there is.
func (n *junosNode) message() string {
	for _, name := range []string{"message", "error-message"} {
		if text := n.value(name); text != "" {
			return text
		}
	}
	if text := strings.TrimSpace(n.text); text != "" {
		return text
	}
	for i := range n.children {
		if text := n.children[i].message(); text != "" {
			return text
		}
	}
	return ""
}

// junosRows turns the entries of one destination into routes.
type junosRows struct {
	*reading.Collector
	oneNeighbor bool   // the rows are of one neighbour, which they do not name: the next hop may be another's
	gateway     string // that neighbour, where the command names it
}

// read hands on the BGP routes of one destination.
func (r *junosRows) read(rt *junosNode, line int) {
	text := rt.value("rt-destination")
	if length := rt.value("rt-prefix-length"); length != "" && !strings.Contains(text, "/") {
		text += "/" + length
	}
	prefix, err := reading.ParsePrefix(text)
	if err != nil {
		r.Skip(line, "bad row: %v", err)
		return
	}
	entries := rt.all("rt-entry")
	if len(entries) == 0 {
		r.Skip(line, "no route of %s is there", prefix)
	}
	chosen := false
	for _, e := range entries {
		chosen = chosen || junosBGP(e) && active(e)
	}
	for _, e := range entries {
		if why := damaged(e); why != "" {
			r.Skip(line, "bad route of %s: %s", prefix, why)
			continue
		}
		if !junosBGP(e) {
			continue
		}
		route, err := r.route(e, prefix, rt.style != "brief" && rt.style != "", chosen)
		if err != nil {
			r.Skip(line, "bad route of %s: %v", prefix, err)
			continue
		}
		route.Line = line
		r.Route(route)
	}
}

// junosBGP reports whether a route is one of BGP: what is advertised and received is not said to be.
func junosBGP(e *junosNode) bool {
	name := e.value("protocol-name")
	return name == "" || name == "BGP"
}

func active(e *junosNode) bool { return strings.ContainsAny(e.value("active-tag"), "*+") }

// route reads one entry.
func (r *junosRows) route(e *junosNode, prefix netip.Prefix, detail, chosen bool) (rib.Route, error) {
	out := rib.Route{Prefix: prefix, Marks: junosMarks(e)}
	a := &out.Attrs
	a.NotShown = briefHides
	if detail {
		a.NotShown = 0
	}
	if err := r.attributes(e, a); err != nil {
		return out, err
	}
	if err := r.hops(e, &out); err != nil {
		return out, err
	}
	if err := junosCommunities(e, a); err != nil {
		return out, err
	}
	r.tells(e, detail)
	a.NotShown |= hides(r.Source.View)
	if e.child("perhaps-more") != nil {
		a.NotShown |= rib.AttrCommunities | rib.AttrLargeCommunities
		if !detail {
			a.NotShown |= rib.AttrNeighbor | rib.AttrNextHop
		}
	}
	if !chosen { // another protocol outdoes them, and which one BGP would take is not said
		a.NotShown |= rib.AttrBest
	}
	switch {
	case a.NotShown.Has(rib.AttrBest):
		out.Marks &^= rib.Multipath
	case active(e):
		out.Marks = out.Marks&^rib.Multipath | rib.Best
	}
	junosHide(&out)
	return out, nil
}

// tells notes which marks the row would show, and the ASN that the router uses with the neighbour.
func (r *junosRows) tells(e *junosNode, detail bool) {
	h := &r.Result.Header
	if detail && e.child("rt-entry-state") != nil {
		h.MarksNotShown &^= detailShows
	}
	if e.child("validation-state") != nil {
		h.MarksNotShown &^= rib.RPKIInvalid
	}
	if asn, err := rib.ParseASN(e.value("local-as")); err == nil {
		r.OwnASN(asn)
	}
}

// junosHide clears what is not shown.
func junosHide(out *rib.Route) {
	a := &out.Attrs
	if a.NotShown.Has(rib.AttrNeighbor) {
		out.Neighbor = netip.Addr{}
	}
	if a.NotShown.Has(rib.AttrNeighborASN) {
		a.NeighborASN = 0
	}
	reading.Hide(a)
}

// junosMarks reads what the router makes of the route. One that is hidden is kept for show alone.
func junosMarks(e *junosNode) (marks rib.Marks) {
	state := e.value("rt-entry-state") + " " + e.value("bgp-rt-flag")
	if strings.Contains(state, "Hidden") {
		marks |= rib.Invalid
	}
	why := e.value("inactive-reason") + " " + e.value("hidden-reason") + " " + e.value("rt-hidden-reason")
	if strings.Contains(strings.ToLower(why), "rejected by import policy") {
		marks |= rib.Filtered
	}
	if strings.Contains(state, "Stale") {
		marks |= rib.Stale
	}
	if strings.Contains(state, "Multipath") {
		marks |= rib.Multipath
	}
	if own := e.value("local-as"); interior(state) || own != "" && own == e.value("peer-as") {
		marks |= rib.IBGP
	}
	if strings.EqualFold(e.value("validation-state"), "invalid") {
		marks |= rib.RPKIInvalid
	}
	return marks
}

// interior reports whether a state, "<Active Int Ext>", is of a route that another router of the AS sent: one that a
// neighbour of another AS sent is "<Active Ext>".
func interior(state string) bool {
	for word := range strings.FieldsSeq(state) {
		if strings.Trim(word, "<>") == "Int" {
			return true
		}
	}
	return false
}

// attributes reads the AS path and the numbers.
func (r *junosRows) attributes(e *junosNode, a *rib.Attrs) (err error) {
	if n := e.child("as-path"); n == nil {
		a.NotShown |= rib.AttrASPath | rib.AttrOrigin
	} else if err := asPath(n.text, reading.AdvertisedView(r.Source.View), a); err != nil {
		return err
	}
	if a.LocalPref, err = number(e, "local-preference"); err != nil {
		return err
	}
	if a.MED, err = number(e, "med"); err != nil || a.MED.Set {
		return err
	}
	a.MED, err = number(e, "metric")
	return err
}

func number(e *junosNode, name string) (rib.Optional, error) {
	text := e.value(name)
	if text == "" {
		return rib.Optional{}, nil
	}
	n, ok := reading.ParseUint32([]byte(text))
	if !ok {
		return rib.Optional{}, fmt.Errorf("%s is %s, which is no number", name, reading.Quote(text))
	}
	return rib.Some(n), nil
}

// asPath reads "AS path: 65540 {65549} I", and what may stand behind the origin's letter is not of
// the path. A number in brackets is our own, in front of an advertised path: the reader leaves it to
// be put there, as it is where Junos does not print it. In another view brackets may hold a count as
// well, and the path is not shown.
func asPath(text string, advertised bool, a *rib.Attrs) error {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.TrimPrefix(strings.TrimSpace(line), "AS path:")
	var words []string
	for word := range strings.SplitSeq(strings.TrimSpace(line), " ") { // an empty one stands between two blanks
		if len(word) == 1 && strings.ContainsAny(word, "IE?") {
			a.Origin, _ = rib.ParseOrigin(word)
			break
		}
		if strings.HasPrefix(word, "[") && strings.HasSuffix(word, "]") {
			if !advertised {
				a.NotShown |= rib.AttrASPath
			}
			continue
		}
		words = append(words, word)
	}
	path, err := reading.ParsePath(strings.Join(words, " "))
	switch {
	case err != nil || a.Origin == rib.OriginAbsent:
		return fmt.Errorf("bad AS path %s", reading.Quote(text))
	case !a.NotShown.Has(rib.AttrASPath):
		a.ASPath = path
	}
	return nil
}

// hops reads the neighbour and the next hop. In detail both are named. In brief form "from" stands
// where the neighbour is not the next hop, which then is the one of the path to it.
func (r *junosRows) hops(e *junosNode, out *rib.Route) error {
	source, from := e.value("gateway"), e.value("learned-from")
	if r.oneNeighbor && source == "" {
		source = r.gateway
	}
	if from == "" {
		from = source
	}
	hop := e.child("protocol-nh").value("to")
	if direct := e.all("nh"); hop == "" && len(direct) == 1 && (from == "" || source != "") {
		hop = direct[0].value("to")
	}
	if from == "" && hop != "Self" && !r.oneNeighbor && r.Source.View != rib.AdjRIBInPre {
		from = hop
	}
	if hop == "Self" {
		r.Shows(reading.Shown{Direction: reading.Advertised, What: "the dump holds next hop Self, as advertised routes do"})
	}
	var err error
	if out.Neighbor, err = addr(from, out, rib.AttrNeighbor); err != nil {
		return err
	}
	if asn := e.value("peer-as"); asn != "" {
		if out.Attrs.NeighborASN, err = rib.ParseASN(asn); err != nil {
			return err
		}
	} else {
		out.Attrs.NotShown |= rib.AttrNeighborASN
	}
	out.Attrs.NextHop, err = addr(hop, out, rib.AttrNextHop)
	return err
}

// addr reads an address; where there is none, it is not shown.
func addr(text string, out *rib.Route, what rib.AttrSet) (netip.Addr, error) {
	a, ok := reading.AddrOf([]byte(text))
	switch {
	case text == "", text == "Self", ok && !a.IsValid():
		out.Attrs.NotShown |= what
		return netip.Addr{}, nil
	case !ok:
		return a, fmt.Errorf("bad address %s", reading.Quote(text))
	}
	return a, nil
}

// junosCommunities reads the plain and the large ones ("large:65540:1:2"). Extended ones have names in front.
func junosCommunities(e *junosNode, a *rib.Attrs) error {
	list := e.child("communities")
	if list == nil {
		return nil
	}
	a.NotShown &^= rib.AttrCommunities | rib.AttrLargeCommunities
	for i := range list.children {
		text := strings.TrimSpace(list.children[i].text)
		large, isLarge := strings.CutPrefix(text, "large:")
		switch {
		case isLarge || list.children[i].name == "large-community":
			c, err := rib.ParseLargeCommunity(large)
			if err != nil {
				return fmt.Errorf("bad community %s", reading.Quote(text))
			}
			a.LargeCommunities = append(a.LargeCommunities, c)
		case list.children[i].name == "community":
			c, err := rib.ParseCommunity(text)
			if err != nil && extended(text) {
				continue
			}
			if err != nil {
				return fmt.Errorf("bad community %s", reading.Quote(text))
			}
			a.Communities = append(a.Communities, c)
		}
	}
	return nil
}

// extended reports whether the text is of an extended community: "target:65540:1".
func extended(text string) bool {
	name, rest, ok := strings.Cut(text, ":")
	return ok && rest != "" && strings.Trim(name, "0123456789") != ""
}
