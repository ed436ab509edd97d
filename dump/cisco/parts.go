package cisco

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// ciscoPart is one table of a file: of an address family, and maybe of a VRF.
type ciscoPart struct {
	preamble   bool        // announced, and its header has not come yet
	begun      bool        // its header was seen: rows may follow
	open       bool        // nothing yet says that it was printed whole
	advertised bool        // in the form that IOS XR has for advertised routes
	named      bool        // a heading names its family, and nothing came behind it yet
	other      bool        // of a family that is not unicast
	family     *rib.Family // nil where no heading names it
	guessed    bool        // its rows say so, and no heading does
	headless   bool        // it stands behind another table, and no heading between them
	detail     bool        // pages of single prefixes stand in the place of its rows
	sent       bool        // it says that a default route is sent, and its header has not come yet
	page       bool        // its header was repeated, and no row came since
	blank      bool        // a blank line stands behind its rows
	strayed    bool        // it was said that rows follow a blank line
	prefixAt   place       // where its prefixes stand
	mixed      bool        // rows of unicast stand among those of another family
	held       [2]bool     // families of its rows
	vrf        string      // empty where nothing names it
	asked      string      // the VRF of the command
	vpn        bool        // of several VRFs, told by their route distinguishers
	bare       bool        // vrf is a route distinguisher, of no VRF that the router names
	allVPNs    bool        // under a heading of a VPN family
	rows       int         // bad ones and those of other VRFs included
	prefixes   int
	defaults   int // default routes that stand above the rows, and not among them
	repeats    int // rows that print the prefix of the row before them once more
}

// place is how far words of one kind stand beside their header.
type place struct {
	known  bool
	beside int
}

// Families are the families that are read. In a VPN family each row is of the VRF, or of the route
// distinguisher, that stands above it.
var Families = map[string]struct {
	family rib.Family
	vpn    bool
}{
	"ipv4 unicast":  {rib.IPv4, false},
	"ipv6 unicast":  {rib.IPv6, false},
	"vpnv4 unicast": {rib.IPv4, true},
	"vpnv6 unicast": {rib.IPv6, true},
}

// globalTable is the name of the table that is of no VRF, in a file that has others.
const globalTable = "default"

// ciscoHeading is a line that says what the rows under it are of.
type ciscoHeading struct {
	kind   headingKind
	family string // as printed, in small letters
	vrf    string
	peer   string
	table  bool   // it is the whole table's: over a neighbour's routes the router prints another one
	bare   bool   // vrf is a route distinguisher
	whole  bool   // the route distinguisher stands there as routers print it
	router []byte // a line that names the router, good until the next is read
}

type headingKind uint8

const (
	noHeading headingKind = iota
	familyHeading
	vrfHeading
	rdHeading
)

// cutHeading reads a heading:
//
//	For address family: VPNv4 Unicast                                            IOS
//	Address Family: IPv4 Unicast                                                 IOS XR
//	BGP VRF blue, state: Active                                                  IOS XR
//	VRF: blue                                                                    IOS XR
//	Instance blue:                                                               FRR
//	BGP routing table information for VRF blue                                   EOS
//	BGP routing table information for VRF default, address family IPv4 Unicast   NX-OS
//	Peer 192.0.2.1 routes for address family IPv4 Unicast:                       NX-OS
//	VRF 0 BGP table version is 4, local router ID is 192.0.2.9                   FortiOS
//	Route Distinguisher: 65536:1 (default for vrf blue)                          all
func cutHeading(text []byte) (h ciscoHeading) {
	behind := func(start string) (rest []byte, ok bool) {
		return bytes.CutPrefix(text, []byte(start))
	}
	family := func(b []byte) string { return string(bytes.ToLower(bytes.Trim(b, " :"))) }
	if rest, ok := behind("For address family:"); ok {
		return ciscoHeading{kind: familyHeading, family: family(rest)}
	}
	if rest, ok := behind("Address Family:"); ok {
		return ciscoHeading{kind: familyHeading, family: family(rest)}
	}
	if rest, ok := behind("BGP routing table information for VRF "); ok {
		vrf, fam, ok := bytes.Cut(rest, []byte(", address family "))
		if ok {
			return ciscoHeading{kind: familyHeading, family: family(fam), vrf: string(vrf), table: true}
		}
		return ciscoHeading{kind: vrfHeading, vrf: string(rest)}
	}
	if rest, ok := behind("Peer "); ok {
		peer, fam, ok := bytes.Cut(rest, []byte(" routes for address family "))
		if ok {
			return ciscoHeading{kind: familyHeading, family: family(fam), peer: string(peer)}
		}
	}
	if rest, ok := behind("BGP VRF "); ok {
		vrf, _, _ := bytes.Cut(rest, []byte(","))
		return ciscoHeading{kind: vrfHeading, vrf: string(bytes.TrimSpace(vrf))}
	}
	if rest, ok := behind("VRF: "); ok {
		return ciscoHeading{kind: vrfHeading, vrf: string(bytes.TrimSpace(rest))}
	}
	if vrf, ok := cutFortiVRF(text); ok {
		return ciscoHeading{kind: vrfHeading, vrf: vrf, router: text}
	}
	if rest, ok := behind("Instance "); ok && bytes.HasSuffix(rest, []byte(":")) {
		return ciscoHeading{kind: vrfHeading, vrf: instanceName(string(bytes.TrimSuffix(rest, []byte(":"))))}
	}
	if rest, ok := behind("Route Distinguisher:"); ok {
		name, bare := rdName(rest)
		return ciscoHeading{kind: rdHeading, vrf: name, bare: bare, whole: wholeRD.Match(bytes.TrimRight(rest, " "))}
	}
	return h
}

// otherFamily is the name of a family that is passed over. Any other is damaged, and may be one that is read.
var otherFamily = regexp.MustCompile(`^((ip|vpn|mvpn)v[46]( (unicast|multicast|mvpn|mdt|flowspec|label(ed)?[- ]unicast|sr-policy|tunnel|mspw))|l2vpn (e-?vpn|vpls|vpws|mspw)|link-state( link-state)?|nsap( unicast)?|rt-?filter|rt-?constraint|rtfilter unicast)$`)

// torn is what is wrong with a heading; empty where nothing is.
func (h *ciscoHeading) torn() string {
	_, known := Families[h.family]
	switch {
	case h.kind == familyHeading && !known && !otherFamily.MatchString(h.family):
		return "the family of this table is not understood"
	case h.kind == vrfHeading && strings.ContainsAny(h.vrf, ", ()"):
		return "the VRF of this table is not understood"
	case h.kind == rdHeading && !h.whole:
		return "the route distinguisher of these rows is not understood"
	}
	return ""
}

// wholeRD is the text behind "Route Distinguisher:".
var wholeRD = regexp.MustCompile(`^ *([0-9.]+:[0-9]+|0x[0-9a-f]+)( +\([^()]+\).*)?$`)

// wholeFamily reports whether nothing can be missing behind a family's name.
func wholeFamily(name string) bool {
	return strings.HasSuffix(name, "cast") || strings.HasSuffix(name, " flowspec")
}

// instanceName is the VRF of FRR's "Instance Default:", as old releases write it, or of "Instance blue:".
func instanceName(name string) string {
	if name == "Default" {
		return globalTable
	}
	return name
}

// rdName is the VRF of a route distinguisher, or the bare distinguisher where it is of no VRF of the router.
func rdName(rest []byte) (name string, bare bool) {
	if _, vrf, ok := bytes.Cut(rest, []byte("(default for vrf ")); ok {
		vrf, _, _ = bytes.Cut(vrf, []byte(")"))
		return string(vrf), false
	}
	if _, vrf, ok := bytes.Cut(rest, []byte("(VRF ")); ok { // NX-OS
		vrf, _, _ = bytes.Cut(vrf, []byte(")"))
		return string(vrf), false
	}
	rd, _ := reading.CutWord(rest)
	return string(rd), true
}

// enter applies a heading to the part.
func (p *ciscoPart) enter(h ciscoHeading) {
	switch h.kind {
	case familyHeading:
		f, known := Families[h.family]
		*p = ciscoPart{preamble: p.preamble, named: true, other: !known, vrf: h.vrf, vpn: f.vpn, allVPNs: f.vpn, asked: p.asked}
		if known {
			p.family = &f.family
		}
		if f.vpn {
			p.vrf = ""
		}
	case vrfHeading:
		*p = ciscoPart{preamble: true, vrf: h.vrf, family: p.family, other: p.other && !p.guessed, asked: p.asked}
	case rdHeading:
		p.vpn, p.bare, p.vrf, p.blank = true, h.bare, h.vrf, false
	}
}

// next is a table behind p that no heading names.
func (p *ciscoPart) next() ciscoPart {
	if p.vpn {
		p.vrf = "" // it was that of a route distinguisher
	}
	return ciscoPart{vrf: p.vrf, family: p.family, other: p.other && !p.guessed, headless: true, asked: p.asked}
}

// name is the VRF of the rows, as vrf: on a feed names it.
func (p *ciscoPart) name() string {
	switch {
	case p.vrf != "" || p.vpn:
		return p.vrf
	case p.asked != "":
		return p.asked
	}
	return globalTable
}

// leftOut reports whether the rows are of a VRF that is not asked for.
func (r *reader) leftOut() bool {
	return r.choosing && (r.part.name() != r.chosen || r.twice && r.part.allVPNs)
}

// ofOneVRF holds the VRF of a row against that of the rows before it, where no look at the whole file chose one.
func (r *reader) ofOneVRF() {
	if !r.once || r.choosing || r.two {
		return
	}
	name := r.part.name()
	if r.chosen == "" {
		r.chosen = name
	}
	if r.two = name != r.chosen; r.two {
		r.Problem(r.lines.Line, "the dump holds the tables of VRFs %s and %s: name one with vrf: on the feed", reading.Quote([]byte(r.chosen)), reading.Quote([]byte(name)))
	}
}

// skipsRows reports whether the lines are of a table that is not read at all.
func (r *reader) skipsRows() bool { return (r.part.other || r.part.detail) && !r.part.preamble }

// isFrame reports whether a line in a table that is not read ends it, or says that something is missing.
func (r *reader) isFrame(text []byte) bool {
	_, counted := cutCiscoCount(text)
	return counted || cutHeading(text).kind != noHeading || reading.IsRouterPrompt(text) || text[0] == '%' ||
		bytes.HasPrefix(text, []byte("BGP ")) || bytes.Contains(bytes.ToLower(text), []byte("--more--"))
}

// vrfTables are the tables of a file by VRF, found before any row is handed on.
type vrfTables struct {
	known  map[string]vrfSight
	names  []string // in file order
	rows   []string // those with rows
	own    []string // those with rows in a table of their own
	labels bool     // a VRF or a route distinguisher is named
}

// vrfSight is in which lists of [vrfTables] a VRF stands.
type vrfSight struct{ named, rows, own, bare bool }

// chooseVRF looks through the whole file: without vrf: in the config there must be one table with rows
// only, with it that one. A pipe cannot be read twice: it may hold one table.
func (r *reader) chooseVRF(in *reading.Input) error {
	if r.once = in.Once; in.Once {
		r.choosing, r.chosen = r.Source.VRF != "", r.Source.VRF
		return nil
	}
	t := r.findVRFs(in)
	if err := in.Rewind(); err != nil {
		return err
	}
	want := r.Source.VRF
	switch {
	case want == "" && len(t.rows) > 1:
		return reading.SeveralVRFs(t.rows)
	case want != "" && t.labels && !slices.Contains(t.names, want):
		return reading.NoVRF(want, t.names)
	case want != "" && t.labels:
		r.choosing, r.chosen = true, want
	case r.bareRDs && len(t.rows) == 1 && t.known[t.rows[0]].bare:
		return fmt.Errorf("holds the VPN table, and in it routes of route distinguisher %s alone, of which no VRF is named: name it with vrf: on the feed, or export the table of the VRF", t.rows[0])
	case len(t.rows) == 1 && t.labels:
		r.choosing, r.chosen = true, t.rows[0]
	}
	r.twice = slices.Contains(t.own, r.chosen)
	return nil
}

// findVRFs looks for tables by VRF. What is damaged is found when the rows are read.
func (r *reader) findVRFs(in *reading.Input) (t vrfTables) {
	lines := reading.TextLines{R: in.Text}
	look := reader{dialect: r.dialect}
	noted := "" // the VRF of which a row was seen since the last heading
	for !r.Stopped() && len(t.names) <= reading.MaxVRFs {
		l, err := lines.Next()
		if err != nil {
			return t
		}
		text := bytes.TrimLeft(l.Text, " ")
		if h := cutHeading(text); h.kind != noHeading {
			look.part.enter(h)
			t.labels, noted = t.labels || look.part.vrf != "", ""
			continue
		}
		if c, ok := commandOf(text); ok {
			look.part, noted = ciscoPart{asked: c.VRF, other: c.Other}, ""
			t.labels = t.labels || c.VRF != ""
			continue
		}
		look.lookAt(l.Text, text)
		if look.part.begun && look.part.family == nil && noted == "" && look.otherFamily(l.Text) {
			continue
		}
		name := look.part.name()
		if look.part.other || look.part.preamble || name == "" || noted == name {
			continue
		}
		if _, _, row := look.cutMarks(l.Text); look.part.begun && row {
			noted = name
		}
		t.note(name, &look.part, noted != "")
	}
	return t
}

// lookAt finds where rows begin, and where a count stands in their place.
func (r *reader) lookAt(line, text []byte) {
	if r.part.guessed && (bytes.HasPrefix(text, []byte("BGP ")) || r.isHeader(text)) {
		r.part = r.part.next()
	}
	switch p := &r.part; {
	case r.isHeader(text):
		r.columns, _ = cutColumns(line)
		p.begun, p.preamble = true, false
	case isAdvertisedHeader(text):
		r.columns = columns{network: bytes.Index(line, []byte("Network"))}
		p.begun, p.preamble = true, false
	case p.preamble:
		_, counted := cutCiscoCount(text)
		p.preamble = !counted
	}
}

func (t *vrfTables) note(name string, p *ciscoPart, row bool) {
	if t.known == nil {
		t.known = map[string]vrfSight{}
	}
	s := t.known[name]
	add := func(list *[]string, in *bool, is bool) {
		if is && !*in {
			*list, *in = append(*list, name), true
		}
	}
	add(&t.names, &s.named, row || p.vrf != "" || p.asked != "")
	add(&t.rows, &s.rows, row)
	add(&t.own, &s.own, row && !p.allVPNs)
	s.bare = s.bare || row && p.vpn && p.bare && p.vrf != p.asked
	if s.named {
		t.known[name] = s
	}
}

// answerOf takes the neighbour that a heading names.
func (r *reader) answerOf(text string) {
	if a, err := netip.ParseAddr(text); err == nil {
		r.AnswerOf(r.lines.Line, a)
	}
}
