// Package vrp reads the texts of Huawei's VRP and of H3C's Comware, which is of the same stock: a count, a legend, and rows
// in columns (IPv4) or of several named fields each (IPv6).
package vrp

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// VRP is what Huawei's routers and switches print for display bgp routing-table (docs/formats/vrp.md), and Comware 5 with them.
var VRP = reading.Format{Name: "vrp", Sniff: func(head []byte) bool { return sniff(head, false) }, Read: func(in *reading.Input, c *reading.Collector) error {
	return read(in, c, "vrp")
}, Shape: func(src reading.Source) reading.Header { return shape("vrp", src) }}

// Comware is what H3C's and HPE's print for display bgp routing-table ipv4 (docs/formats/comware.md).
var Comware = reading.Format{Name: "comware", Sniff: func(head []byte) bool { return sniff(head, true) }, Read: func(in *reading.Input, c *reading.Collector) error {
	return read(in, c, "comware")
}, Shape: func(src reading.Source) reading.Header { return shape("comware", src) }}

// hides is what none of these tables has a place for.
const hides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

// outHides is what of an advertised row may be the router's own, and not what is sent: no capture shows both ends.
const outHides = rib.AttrASPath | rib.AttrLocalPref | rib.AttrMED | rib.AttrBest

func shape(name string, src reading.Source) reading.Header {
	h := reading.Header{Format: name, ASPathForm: rib.AsSent, NotShown: hides}
	switch {
	case reading.AdvertisedView(src.View):
		h.NotShown |= outHides
	case src.View == rib.AdjRIBInPre:
		h.NotShown |= rib.AttrBest
	}
	return h
}

var (
	totalLine  = regexp.MustCompile(`^Total [Nn]umber of [Rr]outes ?: *(\d{1,10})$`)
	allVPNs    = regexp.MustCompile(`^Total [Nn]umber of [Rr]outes from all PEs?: *\d{1,10}$`)
	routerLine = regexp.MustCompile(`^BGP [Ll]ocal [Rr]outer ID (?:is|:) *(\S+)$`)
	headerLine = regexp.MustCompile(`^Network +NextHop +MED +LocPrf +PrefVal +Path/Ogn$`)
	vpnLine    = regexp.MustCompile(`^VPN-Instance (\S{1,31}), ?Router ID \S+:$`)
	legendLine = regexp.MustCompile(`^(?:Status codes *:.*|[a-zA-Z] - [a-z].*|Origin *: i - IGP, e - EGP, \? - incomplete|RPKI validation codes: .*)$`)
	// prompts are "<HUAWEI>", "[~DeviceB-bgp]", "[R1]", with a command behind them or without.
	promptLine = regexp.MustCompile(`^(?:<[^<>\s]{1,64}>|\[[~*]?[^\[\]\s]{1,64}\])(?:\s*$|\s?([a-z].*))`)
)

// sniff knows a table by its count and its rows' form. Comware's legend has external routes.
func sniff(head []byte, comware bool) bool {
	table, external, counted := false, false, false
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		table = table || headerLine.Match(text) || bytes.Contains(text, []byte("PrefixLen :")) || bytes.Contains(text, []byte("PrefixLen:"))
		external = external || bytes.Contains(text, []byte("e - external"))
		counted = counted || totalLine.Match(text) || allVPNs.Match(text)
	}
	empty := counted && bytes.Contains(head, []byte("otal")) && routerIn(head)
	return (table || empty) && counted && external == comware
}

func routerIn(head []byte) bool {
	for line := range bytes.Lines(head) {
		if routerLine.Match(bytes.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// reader walks the lines of one file.
type reader struct {
	*reading.Collector
	name    string
	lines   reading.TextLines
	answers reading.Answers
	paths   reading.AttrCache[rib.ASPath]
	table   table
	row     row
	tables  int
	vpns    bool   // what stands here is of a table of all VPNs
	anyVPNs bool   // such a table stands in the file
	answer  string // what the router said in a table's place
	sent    bool   // the default route is among the rows
}

// table is what was seen of one table.
type table struct {
	begun  bool // its count or its columns were seen
	said   bool // its count was
	count  uint32
	rows   uint32 // bad ones included
	line   int    // of its count
	vrf    string
	at     columns
	header bool // its columns were seen
	held   [2]bool
}

func read(in *reading.Input, c *reading.Collector, name string) error {
	r := &reader{Collector: c, name: name}
	r.lines.R = in.Text
	for l := range r.Lines(&r.lines) {
		r.one(l)
	}
	r.endTable()
	if !r.Stopped() {
		r.answers.Ended(r.Collector)
	}
	r.withoutDefault()
	return r.refused()
}

func (r *reader) refused() error {
	switch {
	case r.anyVPNs && r.Result.Routes == 0:
		return errors.New("holds the table of all VPN instances, whose rows name none: export that of the instance: display bgp vpnv4 vpn-instance NAME routing-table (Comware: display bgp routing-table ipv4 vpn-instance NAME)")
	case r.tables > 0, r.Stopped():
		return nil
	case r.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(r.answer))
	}
	return errors.New("holds no table as display bgp routing-table prints it: check the command that made it")
}

// withoutDefault says what a table of advertised routes cannot prove: VRP leaves the default route of peer
// default-route-advertise out of it (Huawei's command reference), and no document says that Comware does not.
func (r *reader) withoutDefault() {
	if !r.sent && reading.AdvertisedView(r.Source.View) && r.tables > 0 {
		r.Unproven = true
		r.Note(0, "the table leaves a default route out that peer default-route-advertise sends: look into the configuration for it")
	}
}

// one reads a line.
func (r *reader) one(l reading.TextLine) {
	text := bytes.TrimSpace(l.Text)
	switch {
	case l.Long:
		r.Problem(l.Line, "a line of more than %d bytes: this is no router's", reading.MaxLine)
	case len(text) == 0:
	case promptLine.Match(text), reading.IsRouterPrompt(text), len(reading.EchoedCommands(text)) > 0:
		r.prompt(text)
	case r.frame(l, text):
	case r.table.begun && r.rowLine(l):
	default:
		r.unknown(l, text)
	}
}

// frame reads what stands around rows.
func (r *reader) frame(l reading.TextLine, text []byte) bool {
	if m := totalLine.FindSubmatch(text); m != nil {
		if l.Cut {
			return false // a digit may be missing
		}
		r.total(l.Line, m[1])
		return true
	}
	if m := routerLine.FindSubmatch(text); m != nil {
		if r.table.header || r.table.rows > 0 { // of Comware the count stands in front of it, of VRP behind it
			r.endTable()
		}
		if !r.SkipsAnswer() {
			r.Result.Header.Router = string(m[1])
		}
		return true
	}
	if m := vpnLine.FindSubmatch(text); m != nil {
		r.endTable()
		r.table.vrf = string(m[1])
		r.Heading(reading.Shown{Line: l.Line, VRF: r.table.vrf})
		return true
	}
	switch {
	case allVPNs.Match(text), bytes.HasPrefix(bytes.ToLower(text), []byte("route distinguisher:")):
		if !r.anyVPNs {
			r.Problem(l.Line, "a table of all VPN instances, whose rows name none, is not read: export that of the instance")
		}
		r.endTable()
		r.vpns, r.anyVPNs = true, true
	case headerLine.Match(text):
		r.columns(l)
	case legendLine.Match(text) && r.row.idle():
	default:
		return false
	}
	return true
}

// total begins a table: its count stands in front of its rows.
func (r *reader) total(line int, number []byte) {
	if r.table.begun || r.table.rows > 0 {
		r.endTable()
	}
	count, ok := reading.ParseUint32(number)
	if !ok {
		r.Problem(line, "bad count %s", reading.Quote(number))
		return
	}
	r.vpns = false
	r.begin()
	r.table.said, r.table.count, r.table.line = true, count, line
	r.ZeroStated = r.ZeroStated || count == 0
}

// begin notes that a table stands here.
func (r *reader) begin() {
	if r.table.begun {
		return
	}
	r.table.begun = true
	r.tables++
	r.answers.Came()
}

// columns takes the line of the columns.
func (r *reader) columns(l reading.TextLine) {
	if r.vpns {
		return
	}
	if r.table.header {
		r.Problem(l.Line, "the line of the columns stands twice in a table")
		return
	}
	r.begin()
	r.table.header = true
	r.table.at = columnsOf(l.Text)
}

// endTable holds a table against its count.
func (r *reader) endTable() {
	r.spoil("the table ends in it")
	t := &r.table
	switch {
	case !t.begun:
	case t.said && t.rows != t.count:
		r.Problem(t.line, "the dump counts %d routes, and holds %d: it is cut off, or rows are missing", t.count, t.rows)
	case !t.said:
		r.Unproven = true
	}
	for _, family := range rib.Families {
		if t.held[family] {
			name := t.vrf
			if name == "" {
				name = "default"
			}
			r.answers.Table(r.Collector, r.lines.Line, fmt.Sprintf("%s in VPN instance %s", family, name))
		}
	}
	r.table = table{vrf: t.vrf}
}

// prompt is a prompt, with a command or without: the answer in front of it was printed whole.
func (r *reader) prompt(text []byte) {
	r.endTable()
	r.table, r.vpns = table{}, false
	r.answers.Ended(r.Collector)
	if m := promptLine.FindSubmatch(text); m != nil { // "[edge1]display" has no blank
		text = m[1]
	}
	for _, words := range reading.EchoedCommands(text) {
		if s, ok := shown(r.lines.Line, words); ok {
			r.answers.Awaited = append(r.answers.Awaited, r.lines.Line)
			r.Ask(s)
		}
	}
}

func (r *reader) unknown(l reading.TextLine, text []byte) {
	if r.vpns {
		return
	}
	r.spoil("the text is disturbed inside it")
	r.row.known = false // the line may have been a prefix, and the rows behind it its own
	if r.tables == 0 && r.answer == "" {
		const most = 200
		r.answer = string(text[:min(len(text), most)])
	}
	switch {
	case l.Cut:
		r.Problem(l.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case r.tables == 0 && reading.RowLike(text):
		r.Problem(l.Line, "the beginning is missing: %s is of a table that began before the text", reading.Quote(text))
	case bytes.HasPrefix(text, []byte("Error:")):
		r.Problem(l.Line, "the dump holds an error: %s", reading.Quote(text))
	default:
		r.Between(l.Line, text, r.tables == 0)
	}
}

// badRow counts a row that cannot be read.
func (r *reader) badRow(line int, err error) {
	r.table.rows++
	r.Skip(line, "bad row: %v", err)
}

// hand hands a row on.
func (r *reader) hand(route rib.Route) {
	r.table.rows++
	family := rib.FamilyOf(route.Prefix)
	r.table.held[family] = true
	r.sent = r.sent || route.Prefix.Bits() == 0
	route.Attrs.NotShown |= shape(r.name, r.Source).NotShown
	if route.Attrs.NotShown.Has(rib.AttrBest) {
		route.Marks &^= rib.Best | rib.Multipath
	}
	r.ownHop(&route)
	reading.Hide(&route.Attrs)
	r.Route(route)
}

// ownHop is a row of the router itself: its next hop is none, or the router's own address of the loopback.
func (r *reader) ownHop(route *rib.Route) {
	a := &route.Attrs
	if !a.NextHop.IsUnspecified() && !a.NextHop.IsLoopback() {
		return
	}
	if reading.AdvertisedView(r.Source.View) {
		a.NotShown |= rib.AttrNextHop
	}
	a.NextHop = noHop
}
