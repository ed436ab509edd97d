package bird

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// birdAttrs are the attributes of the route that is being read, and what routes before it had.
type birdAttrs struct {
	rib.Attrs
	seen   birdKey // which lines were there
	bgp    bool    // its source is BGP
	named  bool    // it is of a version that prints the names of tables: 2 or later
	from   []byte
	pathID uint32
	list   birdKey // the list that is being read, 0 for none
	text   []byte  // of that list, its further lines included

	addrs  reading.AttrCache[netip.Addr]
	hops   reading.AttrCache[netip.Addr]
	paths  reading.AttrCache[rib.ASPath]
	comms  reading.AttrCache[[]rib.Community]
	larges reading.AttrCache[[]rib.LargeCommunity]
}

// birdKey is a set of attribute lines.
type birdKey uint16

const (
	source birdKey = 1 << iota
	birdFrom
	origin
	path
	nextHop
	med
	birdLocalPref
	birdComms
	birdLarges
	internal // the last line of a route in version 3
	birdAny  // a line that is not read
	modern   // it is a route of version 3
)

// keys are the attributes' names in versions 1 and 2, and in version 3.
var keys = map[string]birdKey{
	"Type": source, "source": source | modern, "from": birdFrom,
	"BGP.origin": origin, "bgp_origin": origin,
	"BGP.as_path": path, "bgp_path": path, "BGP.path": path,
	"BGP.next_hop": nextHop, "bgp_next_hop": nextHop,
	"BGP.med": med, "bgp_med": med,
	"BGP.local_pref": birdLocalPref, "bgp_local_pref": birdLocalPref,
	"BGP.community": birdComms, "bgp_community": birdComms,
	"BGP.large_community": birdLarges, "bgp_large_community": birdLarges,
	"Internal route handling values": internal,
}

func (a *birdAttrs) reset() {
	a.Attrs, a.seen, a.bgp, a.named, a.pathID, a.list = rib.Attrs{}, 0, false, false, 0, 0
	a.from = a.from[:0]
}

func (a *birdAttrs) has(k birdKey) bool { return a.seen&k != 0 }

// attribute reads "BGP.med: 50". Every attribute's line is indented.
func (r *reader) attribute(line birdLine, text []byte) bool {
	colon := bytes.IndexByte(text, ':')
	if !line.indent || colon < 1 || colon+1 < len(text) && text[colon+1] != ' ' && text[colon+1] != '\t' {
		return false
	}
	if bytes.IndexByte(text[:colon], '/') >= 0 || bytes.IndexByte(text[:colon], '(') >= 0 {
		return false
	}
	if !r.row.open || !plainName(string(text[:colon])) {
		return false
	}
	if err := r.attrs.read(keys[string(text[:colon])], bytes.TrimSpace(text[colon+1:])); err != nil {
		r.row.fail("%w", err)
	}
	return true
}

// otherBGP are attributes of BGP's that are not read, as all versions name them behind "BGP." or "bgp_".
var otherBGP = map[string]bool{
	"atomic_aggr": true, "aggregator": true, "originator_id": true, "cluster_list": true, "mp_reach_nlri": true, "mp_unreach_nlri": true,
	"ext_community": true, "as4_path": true, "as4_aggregator": true, "aigp": true, "otc": true, "mpls_label_stack": true, "mpls_label": true,
	"label_stack": true, "prefix_sid": true, "mp_reach": true, "mp_unreach": true,
}

// ownName is the name of an attribute of another protocol's or of the operator's own, of an unknown one of BGP's, "BGP.1e [t]".
var (
	ownName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)?$`)
	unknownName = regexp.MustCompile(`^[0-9a-f]{2}( \[[a-z]\])?$`)
)

// plainName reports whether an attribute's line begins with a name as BIRD prints it. One that holds a name of BGP's and is
// another is disturbed, and so is one that BGP does not have.
func plainName(name string) bool {
	if keys[name] != 0 {
		return true
	}
	for _, family := range []string{"BGP.", "bgp_"} {
		if behind, ok := strings.CutPrefix(name, family); ok {
			return otherBGP[behind] || unknownName.MatchString(behind)
		}
		if strings.Contains(name, family) {
			return false
		}
	}
	return ownName.MatchString(name)
}

// read takes one attribute. One that stands twice in a route is of two routes, between which a line is lost.
func (a *birdAttrs) read(key birdKey, value []byte) error {
	if err := a.endList(); err != nil {
		return err
	}
	if key == 0 {
		a.seen |= birdAny
		return nil
	}
	if a.has(key) {
		return fmt.Errorf("an attribute stands twice in it: a line is lost")
	}
	a.seen |= key
	switch key {
	case source, source | modern:
		word, rest := reading.CutWord(value)
		a.bgp = bytes.Equal(word, []byte("BGP"))
		a.named = !bytes.HasPrefix(rest, []byte("unicast ")) // version 1 prints how it is cast
	case birdFrom:
		a.from = append(a.from[:0], value...)
	case birdComms, birdLarges:
		a.list, a.text = key, append(a.text[:0], value...)
	case internal:
		return a.readInternal(value)
	default:
		return a.readValue(key, value)
	}
	return nil
}

func (a *birdAttrs) readValue(key birdKey, value []byte) (err error) {
	switch key {
	case origin:
		if a.Origin, err = rib.ParseOrigin(string(value)); err != nil {
			err = fmt.Errorf("bad origin %s", reading.Quote(value))
		}
	case path:
		a.ASPath, err = rare(&a.paths, value, reading.ParsePath)
	case nextHop:
		a.NextHop, err = a.hops.Get(value, parseBIRDNextHop)
	case med:
		a.MED, err = birdNumber(value)
	case birdLocalPref:
		a.LocalPref, err = birdNumber(value)
	}
	return err
}

func birdNumber(value []byte) (rib.Optional, error) {
	n, ok := reading.ParseUint32(value)
	if !ok {
		return rib.Optional{}, fmt.Errorf("%s is no number from 0 to 4294967295", reading.Quote(value))
	}
	return rib.Some(n), nil
}

// readInternal reads "7L 12G 0S id 3": L is the id that the neighbour gave the path (RFC 7911).
func (a *birdAttrs) readInternal(value []byte) error {
	id, _, ok := bytes.Cut(value, []byte("L"))
	n, number := reading.ParseUint32(id)
	if !ok || !number {
		return fmt.Errorf("bad internal values %s", reading.Quote(value))
	}
	a.pathID = n
	return nil
}

// parseBIRDNextHop reads one address, or a global and a link-local one: the global one counts, if it is one (":: fe80::1").
func parseBIRDNextHop(s string) (netip.Addr, error) {
	var hop netip.Addr
	for word := range strings.FieldsSeq(s) {
		a, err := reading.ParseAddr(word)
		if err != nil {
			return netip.Addr{}, fmt.Errorf("bad next hop %s", reading.Quote(s))
		}
		if !hop.IsValid() || hop.IsUnspecified() || hop.IsLinkLocalUnicast() && !a.IsLinkLocalUnicast() && !a.IsUnspecified() {
			hop = a
		}
	}
	if !hop.IsValid() {
		return hop, fmt.Errorf("an empty next hop")
	}
	return hop, nil
}

// listLine takes a further line of a list: BIRD breaks lists off at some 500 bytes.
func (r *reader) listLine(text []byte) bool {
	if len(text) == 0 || text[0] != '(' {
		return false
	}
	a := &r.attrs
	switch {
	case a.list == 0: // of a list that is not read
	case len(a.text)+len(text) >= reading.MaxRow:
		r.row.fail("a list is %v", reading.ErrTooLong)
	default:
		a.text = append(append(a.text, ' '), text...)
	}
	return true
}

// endList reads the list whose lines are all there.
func (a *birdAttrs) endList() (err error) {
	switch a.list {
	case birdComms:
		a.Communities, err = rare(&a.comms, a.text, parseBIRDCommunities)
	case birdLarges:
		a.LargeCommunities, err = rare(&a.larges, a.text, parseBIRDLarges)
	}
	a.list = 0
	return err
}

// rare reads a list. One that is longer than routes have is not kept: the memory that lists share is
// bounded by their number alone.
func rare[V any](c *reading.AttrCache[V], text []byte, parse func(string) (V, error)) (V, error) {
	const most = 2 << 10
	if len(text) > most {
		return parse(string(text))
	}
	return c.Get(text, parse)
}

// parseBIRDCommunities reads "(64496,7) (65535, 65281)", and names of well-known ones.
func parseBIRDCommunities(s string) ([]rib.Community, error) {
	var out []rib.Community
	for len(s) > 0 {
		var word string
		if word, s = cutBIRDItem(s); word == "" {
			continue
		}
		c, err := rib.ParseCommunity(word)
		if n, ok := birdTuple(word); ok && len(n) == 2 {
			c, err = rib.NewCommunity(n[0], n[1]), nil
		}
		if err != nil {
			return nil, fmt.Errorf("bad community %s", reading.Quote(word))
		}
		out = append(out, c)
	}
	return out, nil
}

func parseBIRDLarges(s string) ([]rib.LargeCommunity, error) {
	var out []rib.LargeCommunity
	for len(s) > 0 {
		var word string
		if word, s = cutBIRDItem(s); word == "" {
			continue
		}
		n, ok := birdTuple(word)
		if !ok || len(n) != 3 {
			return nil, fmt.Errorf("bad large community %s", reading.Quote(word))
		}
		out = append(out, rib.LargeCommunity{n[0], n[1], n[2]})
	}
	return out, nil
}

// cutBIRDItem takes one item off a list: what stands in parentheses, or a word.
func cutBIRDItem(s string) (item, rest string) {
	s = strings.TrimLeft(s, " \t")
	end := " \t("
	if strings.HasPrefix(s, "(") {
		end = ")"
	}
	i := strings.IndexAny(s, end)
	switch {
	case i < 0:
		return s, ""
	case end == ")":
		i++
	}
	return s[:i], s[i:]
}

// birdTuple reads "(64496, 1, 2)".
func birdTuple(s string) ([]uint32, bool) {
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		return nil, false
	}
	var out []uint32
	for part := range strings.SplitSeq(s[1:len(s)-1], ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return nil, false
		}
		out = append(out, uint32(n))
	}
	return out, true
}
