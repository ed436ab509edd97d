// Package frr reads the JSON that FRR's vtysh prints. Its text is one of package cisco's.
package frr

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what FRR's vtysh prints with json at the end of the command (docs/formats/frr-json.md).
var JSON = reading.Format{Name: "frr-json", Sniff: sniffFRR, Read: readFRR, Shape: shapeFRR, OneFamily: true}

// tables are the keys under which a document holds rows, and what each says of them.
var tables = map[string]frrKind{
	"routes":           {name: "routes", notShown: routesHides},
	"advertisedRoutes": {name: "advertisedRoutes", notShown: neighborHides, symbols: true, chosen: true},
	"receivedRoutes":   {name: "receivedRoutes", notShown: neighborHides, symbols: true},
	"filteredRoutes":   {name: "filteredRoutes", notShown: neighborHides, symbols: true, marks: rib.Filtered},
}

// frrKind is one of FRR's tables. Where symbols is set, FRR prints "*" and ">" on every row, so
// neither says anything; where chosen is set too, a row that lacks ">" was not sent (FRR #20617).
type frrKind struct {
	name     string
	notShown rib.AttrSet
	marks    rib.Marks
	symbols  bool
	received bool // the view is of what a neighbour sends: a row of the router itself shows its next hop
	chosen   bool
}

const (
	routesHides   = rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN
	neighborHides = routesHides | rib.AttrNeighbor | rib.AttrBest
)

// What an answer holds in the place of a table of unicast routes.
var (
	errVPN  = errors.New("holds the VPN table, by route distinguisher, which is not read: export the table of a VRF (show bgp vrf NAME ipv4 unicast json)")
	errEVPN = errors.New("holds routes of EVPN, which are not read: export a table of IPv4 or IPv6 unicast")
)

func sniffFRR(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	if len(list) == 0 {
		return onlyBraces(head)
	}
	if reading.HasMember(list, "header", "peers", "vrfs", "nbrDesc", "bgpRouteEntries", "result_from_cache", "vxc") {
		return false
	}
	return reading.RoutesByPrefix(list) || reading.HasMember(list, "prefix") && reading.HasMember(list, "paths", "advertisedTo") ||
		reading.HasMember(list, "bgpTableVersion") && reading.HasMember(list, "bgpLocalRouterId")
}

// onlyBraces reports whether the head is an empty object and nothing but blanks or a prompt after it.
func onlyBraces(head []byte) bool {
	rest := strings.TrimLeft(string(head[1:]), " \t\r\n")
	if !strings.HasPrefix(rest, "}") {
		return false
	}
	rest = strings.TrimSpace(rest[1:])
	return rest == "" || reading.Prompt.MatchString(rest)
}

func shapeFRR(src reading.Source) reading.Header {
	h := reading.Header{Format: "frr-json", ASPathForm: rib.AsSent, NotShown: routesHides}
	if src.View == rib.AdjRIBOutPost || src.View == rib.AdjRIBOutPre {
		h.ASPathForm = rib.BeforeOwnASN
		h.NotShown = neighborHides
	}
	return h
}

// reader walks the documents of one file.
type reader struct {
	*reading.Collector
	s     *reading.Scanner
	rows  frrRows
	vrf   string       // of the rows read so far, where the dump names it
	asked []rib.Family // what the command echoed before the document asks for
	wrong error        // nothing of the file can be used
}

// frrTable is what one object says around its rows.
type frrTable struct {
	line     int
	outer    string // key of the object it stands in: a VRF, or an address family
	vrf      string
	prefixes int // keys of its rows
	rows     int // rows, bad ones included
	held     bool
	counted  bool // totalPrefixCounter and such were there
	count    uint32
	single   frrSingle
	sent     frrDefault
	unsorted bool // a status that releases have which count a default route that they originate
}

// frrDefault is the default route that the router originates to a neighbour (default-originate): it stands beside
// the rows, and in none of them.
type frrDefault struct {
	prefix netip.Prefix
	line   int
}

// frrSingle is a document of one prefix: its rows can only be read when its prefix is known.
type frrSingle struct {
	prefix string
	line   int
	paths  []byte
}

func readFRR(in *reading.Input, c *reading.Collector) error {
	c.UnnamedVRFs = true
	r := &reader{Collector: c, s: reading.NewScanner(in.Text)}
	if head, _ := in.Head(); c.Source.VRF != "" || nestedVRFs(reading.BodyOf(head)) {
		if err := r.chooseVRF(in); err != nil {
			return err
		}
	}
	r.rows.Collector = c
	if err := r.documents(); err != nil {
		return err
	}
	if r.wrong != nil && c.Result.Routes == 0 {
		return r.wrong
	}
	if r.wrong != nil {
		c.Problem(0, "%v", r.wrong)
	}
	return nil
}

// documents reads the file's documents, one after the other, up to its end or to a place where
// no reader can know any more where it is.
func (r *reader) documents() error {
	around := func(line int, text []byte, before bool) {
		r.AroundJSON(line, text, before)
		r.asked = familiesOf(text)
	}
	return r.EachDocumentAnd(r.s, around, func(byte) error {
		err := r.object(&frrTable{line: r.s.Line}, 0)
		r.asked = nil
		return err
	})
}

// familiesOf is the family that an echoed command asks for.
func familiesOf(line []byte) []rib.Family {
	if !bytes.Contains(line, []byte("show ")) {
		return nil
	}
	for _, fam := range rib.Families {
		if bytes.Contains(line, []byte(fam.String()+" unicast")) {
			return []rib.Family{fam}
		}
	}
	return nil
}

// object reads one JSON object: a table, or one that holds tables by VRF or by address family.
func (r *reader) object(t *frrTable, depth int) error {
	if err := r.s.EachMember(func(key string, line int) error { return r.member(t, key, line, depth) }); err != nil {
		return err
	}
	return r.closeTable(t)
}

func (r *reader) member(t *frrTable, key string, line, depth int) error {
	c, err := r.s.Inner()
	if err != nil {
		return err
	}
	if kind, ok := tables[key]; ok && c == '{' {
		return r.table(t, kind, line)
	}
	switch {
	case key == "paths" && c == '[':
		return r.singlePaths(t, line)
	case c == '{' && strings.HasPrefix(key, "[") && !isFamilyKey(t.outer):
		r.wrong = errEVPN
		return r.s.Skip()
	case c == '{' && key == "bgpStatusCodes":
		return r.s.EachMember(func(key string, _ int) error {
			t.unsorted = t.unsorted || key == "unsorted"
			return r.s.Skip()
		})
	case isFamilyKey(key) && !frrFamilies[key] && !otherFamilies[strings.ToLower(key)], reading.IsPrefix(key):
		return r.PassOver(r.s, key, line)
	case c == '{' && depth < 2 && !asides[key]:
		inner := &frrTable{line: line, outer: key, vrf: key}
		if isFamilyKey(key) {
			inner.vrf = t.vrf
		}
		return r.object(inner, depth+1)
	case asides[key], isFamilyKey(t.outer) && !frrFamilies[t.outer]:
		return r.s.Skip()
	case c == '{' || c == '[':
		return r.PassOver(r.s, key, line)
	}
	return r.scalar(t, key, line)
}

// asides are objects beside the rows that hold none.
var asides = map[string]bool{"bgpStatusCodes": true, "bgpOriginCodes": true, "advertisedTo": true, "peers": true}

// frrFamilies are the keys of "show bgp all json". Only unicast is audited.
var frrFamilies = map[string]bool{"ipv4Unicast": true, "ipv6Unicast": true, "ipv4unicast": true, "ipv6unicast": true}

// otherFamilies are the keys of families that are not read, in small letters.
var otherFamilies = map[string]bool{
	"ipv4multicast": true, "ipv4labeledunicast": true, "ipv4vpn": true, "ipv4encap": true, "ipv4flowspec": true, "ipv4rtfilter": true,
	"ipv6multicast": true, "ipv6labeledunicast": true, "ipv6vpn": true, "ipv6encap": true, "ipv6flowspec": true, "l2vpnevpn": true,
}

func isFamilyKey(key string) bool {
	for _, start := range []string{"ipv4", "ipv6", "l2Vpn", "l2vpn"} {
		if rest, ok := strings.CutPrefix(key, start); ok && rest != "" && !strings.ContainsAny(rest, ".:/- ") {
			return true
		}
	}
	return false
}

// scalar reads a plain value of the table's frame.
func (r *reader) scalar(t *frrTable, key string, line int) error {
	raw, err := r.s.Raw()
	if err != nil {
		return err
	}
	cur := reading.Cursor{Bytes: raw}
	h := &r.Result.Header
	switch key {
	case "routerId", "bgpLocalRouterId":
		if text := string(cur.Text()); cur.Err == nil && h.Router == "" {
			h.Router = text
		}
	case "defaultLocPrf":
		if n := cur.Uint32(); cur.Err == nil {
			h.DefaultLocalPref = rib.Some(n)
		}
	case "vrfName":
		if text := string(cur.Text()); cur.Err == nil {
			t.vrf = text
		}
	case "totalPrefixCounter", "totalRoutes":
		t.count = cur.Uint32()
		t.counted = cur.Err == nil
	case "filteredPrefixCounter":
		if n := cur.Uint32(); n > 0 {
			r.Shows(reading.Shown{Policy: reading.BeforePolicy, What: fmt.Sprintf("the dump holds the routes before import policy, which rejects %d of them", n)})
		}
	case "prefix":
		t.single.prefix, t.single.line = string(cur.Text()), line
	case "warning", "error":
		r.wrong = fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(cur.Text()))
	case "localAS":
		if !r.SkipsAnswer() && (r.Source.VRF == "" || t.vrf == "" || t.vrf == r.Source.VRF) {
			r.localASN(&cur)
		}
	case "bgpOriginatingDefaultNetwork":
		return r.originates(t, line, &cur)
	case "bgpNoSuchNeighbor":
		r.wrong = errors.New("the router answered that it has no such neighbor: check the command")
	}
	return nil
}

// localASN reads the router's own ASN: a number, or text where the router is told to print it with a dot.
func (r *reader) localASN(cur *reading.Cursor) {
	asn, err := rib.ParseASN(string(cur.Scalar()))
	if err == nil && cur.Err == nil {
		r.OwnASN(asn)
	}
}

// originates reads the prefix of a default route that is sent beside the rows.
func (r *reader) originates(t *frrTable, line int, cur *reading.Cursor) error {
	text := cur.Text()
	prefix, err := reading.ParsePrefix(string(text))
	if cur.Err != nil || err != nil || prefix.Bits() != 0 {
		r.Skip(line, "bad default route %s", reading.Quote(text))
		return nil
	}
	t.sent, t.held = frrDefault{prefix, line}, true
	return nil
}

// sendDefault hands on the default route that is sent beside the rows. Nothing but its prefix is shown: a route map
// may set the rest.
func (r *reader) sendDefault(t *frrTable) {
	if !t.sent.prefix.IsValid() {
		return
	}
	if r.leaveOut(t, t.sent.line) {
		t.held = false
		return
	}
	r.sawKind(tables["advertisedRoutes"])
	if view := r.Source.View; view != "" && !reading.AdvertisedView(view) {
		r.Say("the dump says that a default route is originated, as advertised routes do; the config says %s", view)
		return
	}
	const hidden = neighborHides | rib.AttrNextHop | rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED
	r.Route(rib.Route{Prefix: t.sent.prefix, Line: t.sent.line, Attrs: rib.Attrs{NotShown: hidden}})
}

// leavePaths counts the paths of a prefix of another VRF.
func (r *reader) leavePaths(key string, line int, vrf string) error {
	raw, err := r.s.Raw()
	if err != nil && !errors.Is(err, reading.ErrTooLong) {
		return err
	}
	for range max(1, r.rows.countPaths(raw)) {
		r.LeaveOut(line, "%s of VRF %s", reading.Quote(key), vrf)
	}
	return nil
}

// table reads the rows under one of the keys of tables: an object, a prefix a key.
func (r *reader) table(t *frrTable, kind frrKind, line int) error {
	t.held = true
	if r.leaveOut(t, line) {
		t.held = false
		if isFamilyKey(t.outer) && !frrFamilies[t.outer] {
			return r.s.Skip()
		}
		return r.s.EachMember(func(key string, line int) error { return r.leavePaths(key, line, t.vrf) })
	}
	r.sawKind(kind)
	kind.received = reading.ReceivedView(r.Source.View)
	return r.s.EachMember(func(key string, line int) error {
		raw, err := r.Row(r.s, line, reading.Quote(key))
		t.prefixes++
		switch {
		case err != nil:
			return err
		case raw == nil:
			t.rows++
		case key == "routeDistinguishers":
			r.wrong, t.counted = errVPN, false
		default:
			t.rows += r.rows.read(key, line, raw, kind)
		}
		return nil
	})
}

// leaveOut reports whether the table is of another VRF than the one that is asked for.
func (r *reader) leaveOut(t *frrTable, line int) bool {
	if t.outer != "" && isFamilyKey(t.outer) && !frrFamilies[t.outer] {
		return true // not unicast
	}
	name := t.vrf
	switch {
	case name == "":
		return false
	case r.Source.VRF != "":
		return name != r.Source.VRF
	case r.vrf == "":
		r.vrf = name
	case r.vrf != name:
		r.Problem(line, "the dump holds several VRFs: %s: name one with vrf: on the feed", reading.Listed([]string{r.vrf, name}))
		return true
	}
	return false
}

// sawKind takes what the kind of a table shows. Where no view is declared (convert),
// advertised routes are what their key says: the form of a received table's paths is never asked for.
func (r *reader) sawKind(kind frrKind) {
	s := reading.Shown{What: "the dump holds " + kind.name}
	if kind.symbols {
		s.Extent, s.What = reading.OfOne, s.What+" of one neighbor"
	}
	switch kind.name {
	case "advertisedRoutes": // releases print what a neighbour sends under it, too: it proves no direction
		if r.Source.View == "" {
			r.Result.Header.ASPathForm = rib.BeforeOwnASN
		}
	case "receivedRoutes", "filteredRoutes":
		s.Direction, s.Policy = reading.Received, reading.BeforePolicy
	default:
		s.Direction = reading.Held
	}
	r.Shows(s)
}

// singlePaths keeps the rows of a document of one prefix until its prefix is known for sure.
func (r *reader) singlePaths(t *frrTable, line int) error {
	t.held = true
	raw, err := r.s.Raw()
	if errors.Is(err, reading.ErrTooLong) {
		r.Skip(line, "the paths are %v", err)
		return nil
	}
	t.single.paths = slices.Clone(raw)
	if err == nil {
		r.Problem(line, "this is the answer for one prefix, and says nothing of any other")
	}
	return err
}

// closeTable holds a table's rows against the count that the dump prints.
func (r *reader) closeTable(t *frrTable) error {
	if t.single.paths != nil {
		kind := tables["routes"]
		r.sawKind(kind)
		t.rows += r.rows.read(t.single.prefix, t.single.line, t.single.paths, kind)
		t.prefixes++
	}
	r.sendDefault(t)
	if t.held && t.counted {
		r.count(t)
	}
	return nil
}

// count holds a table's rows against the count that the dump prints. A default route that is originated counts in
// some releases, and in others it does not.
func (r *reader) count(t *frrTable) {
	if t.count == 0 && t.rows == 0 {
		r.ZeroStated = true
		for _, fam := range r.asked {
			r.Families[fam] = true
		}
	}
	count := int(t.count)
	switch {
	case count == t.prefixes, count == t.rows:
	case t.sent.prefix.IsValid() && t.unsorted && (count == t.prefixes+1 || count == t.rows+1):
	case t.sent.prefix.IsValid() && (count == t.prefixes+1 || count == t.rows+1):
		r.Unproven = true
		r.Note(t.line, "the dump says that it holds %d prefixes: the rows and the default route beside them, if this release counts that: write routes: on the feed if it does", count)
	default:
		r.Problem(t.line, "the dump says that it holds %d prefixes, but %d are there", t.count, t.prefixes)
	}
}
