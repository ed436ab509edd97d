// Package srlinux reads the tables in boxes that Nokia SR Linux prints.
package srlinux

import (
	"bytes"
	"errors"
	"net/netip"
	"regexp"
	"slices"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what Nokia SR Linux prints for its BGP tables (docs/formats/srlinux.md): boxes of text in which
// long fields go on in further lines, and a count behind them.
var Text = reading.Format{Name: "srlinux", Sniff: sniffSRLinux, Read: readSRLinux, Shape: shapeSRLinux}

const hides = rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

// origins stands in front of every table, and of no other system's.
var origins = []byte("Origin codes: i=IGP, e=EGP, ?=incomplete")

func sniffSRLinux(head []byte) bool {
	_, behind, found := bytes.Cut(head, origins)
	return found && bytes.Contains(behind, []byte("\n+-")) || found && bytes.Contains(behind, []byte(" +-"))
}

func shapeSRLinux(src reading.Source) reading.Header {
	return reading.Header{Format: "srlinux", ASPathForm: rib.AsSent, NotShown: hides | hidesIn(src.View)}
}

// hidesIn is what no row shows in that view. A neighbour's tables print SR Linux's own local preference.
func hidesIn(view rib.View) rib.AttrSet {
	switch {
	case reading.AdvertisedView(view):
		return rib.AttrBest | rib.AttrLocalPref | rib.AttrNeighbor
	case reading.ReceivedView(view):
		return rib.AttrBest | rib.AttrLocalPref
	}
	return 0
}

// srlinuxKind is which of the three tables it is.
type srlinuxKind string

const (
	table      srlinuxKind = "routes"
	received   srlinuxKind = "received-routes"
	advertised srlinuxKind = "advertised-routes"
)

// views are the views that the tables are of.
var views = map[srlinuxKind]rib.View{table: rib.BGPTable, received: rib.AdjRIBInPre, advertised: rib.AdjRIBOutPost}

// srlinuxAnswer is what an answer says of itself in front of its rows.
type srlinuxAnswer struct {
	kind     srlinuxKind
	instance string // "" where the answer does not say
	peer     string
}

// srlinuxStep is what of a table was read last.
type srlinuxStep int

const (
	outside       srlinuxStep = iota
	inHead                    // the border above the header
	inRows                    // the border below it
	srlinuxBehind             // the border below the rows: the count is awaited
)

// walk walks the lines of one file.
type walk struct {
	*reading.Collector
	lines   reading.TextLines
	step    srlinuxStep
	head    srlinuxHead
	row     srlinuxRow
	tally   srlinuxTally
	wanted  bool // the table is read
	answer  srlinuxAnswer
	command srlinuxCommand // in front of the table at hand
	answers reading.Answers
	seen    [2]bool // families
	tables  int
	foreign bool // a table of another family
	unknown bool // an empty table of which nothing says which family
	zero    bool
}

func readSRLinux(in *reading.Input, c *reading.Collector) error {
	w := &walk{Collector: c, lines: reading.TextLines{R: in.Text}}
	for line := range w.Lines(&w.lines) {
		w.one(line)
	}
	if w.Stopped() {
		return nil
	}
	if w.step != outside {
		w.disturbed(w.lines.Line, "the dump is cut off: the count behind the rows is missing")
	}
	w.answers.Ended(c)
	if w.tables == 0 && !w.Partial {
		return errors.New("holds no table of IPv4 or IPv6 routes as SR Linux prints it: say routes ipv4 summary, or a neighbor's received-routes ipv4")
	}
	for _, fam := range c.Source.Families {
		if !w.seen[fam] && (!w.unknown || len(c.Source.Families) > 1) {
			w.Problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
	w.ZeroStated = w.zero
	return nil
}

// mode is the line in front of a prompt: "--{ + running }--[ network-instance default ]--".
var mode = regexp.MustCompile(`^--\{.*\}--\[.*\]--$`)

func (w *walk) one(line reading.TextLine) {
	text := bytes.TrimSpace(line.Text)
	switch {
	case line.Long:
		w.disturbed(line.Line, "a line of more than %d bytes: this is not SR Linux's", reading.MaxLine)
	case len(text) == 0:
	case line.Cut && !reading.PromptEnds(text) && len(bytes.Trim(text, "-")) > 0:
		w.disturbed(line.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case bytes.HasPrefix(text, []byte("Error:")), bytes.HasPrefix(text, []byte("Parsing error:")):
		w.disturbed(line.Line, "the dump holds an error: %s", reading.Quote(text))
	case bytes.Contains(text, []byte("--More--")):
		w.disturbed(line.Line, "a pager stopped the dump: say --pagination off")
	case text[0] == '+' && len(bytes.Trim(text, "+-")) == 0:
		w.border(line.Line)
	case text[0] == '+' && len(bytes.Trim(text, "+=")) == 0:
		w.headEnds(line.Line)
	case text[0] == '|' && w.step == inHead:
		w.head.add(text)
	case text[0] == '|' && w.step == inRows:
		w.rowLine(line.Line, text)
	case len(bytes.Trim(text, "-")) == 0, mode.Match(text):
	default:
		w.around(line.Line, text)
	}
}

// disturbed says that text is missing. The table at hand is not read on.
func (w *walk) disturbed(line int, format string, args ...any) {
	if w.row.open {
		w.row.open = false
		w.tally.rows++
		w.Skip(w.row.line, "bad route: text is missing behind its first line")
	}
	w.step = outside
	w.Problem(line, format, args...)
}

// border begins a table, or ends its rows.
func (w *walk) border(line int) {
	switch w.step {
	case inRows:
		w.endRow()
		if w.step = srlinuxBehind; !w.wanted {
			w.step = outside
		}
	default:
		if w.step != outside {
			w.disturbed(line, "a table is cut off: the count behind its rows is missing")
		}
		w.step, w.head = inHead, srlinuxHead{}
	}
}

// headEnds takes the header for the table that it is of.
func (w *walk) headEnds(line int) {
	if w.step != inHead {
		w.disturbed(line, "a table without its header")
		return
	}
	w.step, w.tally = inRows, srlinuxTally{}
	kind, err := w.head.parse()
	if err != nil {
		w.wanted, w.foreign = false, true
		return
	}
	w.answers.Came()
	w.answer.kind = kind
	w.wanted, w.foreign = true, false
	w.tables++
	if _, err := netip.ParseAddr(w.answer.peer); err != nil && kind != table {
		w.Problem(line, "no line names the neighbor of the table: whose routes they are is not shown")
	}
	w.shows(line)
}

var (
	title       = regexp.MustCompile(`^Show report for the BGP route table of network-instance "(.*)"$`)
	srlinuxPeer = regexp.MustCompile(`^Peer\s*: (\S+), remote AS: \d+(?:, local AS: (\d+))?$`)
)

// around reads what stands around rows.
func (w *walk) around(line int, text []byte) {
	if w.count(line, text) {
		return
	}
	switch w.step {
	case outside:
	case srlinuxBehind:
		w.disturbed(line, "the count behind the rows is missing")
	default:
		w.disturbed(line, "unexpected text in a table: %s", reading.Quote(text))
		return
	}
	if m := title.FindSubmatch(text); m != nil {
		w.answer = srlinuxAnswer{instance: string(m[1])}
		if w.answer.instance == "*" {
			w.Problem(line, "the table is of all network instances at once: name one in the command")
		}
		return
	}
	if m := srlinuxPeer.FindSubmatch(text); m != nil {
		w.answer = srlinuxAnswer{peer: string(m[1]), instance: w.command.instance}
		if asn, err := rib.ParseASN(string(m[2])); err == nil {
			w.OwnASN(asn)
		}
		return
	}
	for _, word := range []string{"Type ", "Description ", "Group ", "Status codes:", "Origin codes:", "BGP Router ID:"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return
		}
	}
	if m := piece.FindSubmatch(text); m != nil && bytes.HasSuffix(text, []byte("|")) {
		w.Problem(line, "the beginning is missing: %s is of a table that began before the text", reading.Quote(text))
		return
	}
	w.said(line, string(text))
	w.Between(line, text, w.tables == 0)
}

// piece is a row outside a table.
var piece = regexp.MustCompile(`^\|.*\d/\d`)

// shows takes what an answer says of itself.
func (w *walk) shows(line int) {
	s := reading.Shown{Line: line, VRF: w.answer.instance}
	s.Neighbor, _ = netip.ParseAddr(w.answer.peer)
	switch w.answer.kind {
	case advertised:
		s.Direction, s.Extent, s.What = reading.Advertised, reading.OfOne, "the dump shows what is advertised"
	case received:
		s.Direction, s.Policy, s.Extent, s.What = reading.Received, reading.BeforePolicy, reading.OfOne, "the dump shows what is received before import policy"
	default:
		s.Direction, s.Extent, s.What = reading.Held, reading.OfAll, "the dump shows the whole table"
	}
	w.Heading(s)
}

// srlinuxTally counts the rows of one table.
type srlinuxTally struct {
	rows, bad, used, valid int
	family                 *rib.Family
}

var counts = regexp.MustCompile(`^(\d+) (received|advertised) BGP routes(?: ?: (\d+) used,? (\d+) valid(?:, \d+ stale)?)?$`)

// count reads the line behind the rows: "4 received BGP routes: 3 used, 4 valid, 0 stale".
func (w *walk) count(line int, text []byte) bool {
	m := counts.FindSubmatch(text)
	switch {
	case m == nil:
		return bytes.Contains(text, []byte(" available destinations: ")) && w.step == outside
	case !w.wanted && w.foreign:
		return true
	case w.step != srlinuxBehind:
		w.disturbed(line, "a count without its table: %s", reading.Quote(text))
		return true
	}
	w.step = outside
	t := &w.tally
	total, ok := reading.ParseUint32(m[1])
	switch {
	case !ok || int(total) != t.rows:
		w.Problem(line, "SR Linux counts %d routes, but %d are there", total, t.rows)
	case t.bad == 0 && len(m[3]) > 0 && (string(m[3]) != decimal(t.used) || string(m[4]) != decimal(t.valid)):
		w.Problem(line, "SR Linux counts %s routes that are used and %s that are valid, but %d and %d are there", m[3], m[4], t.used, t.valid)
	}
	w.ends(total)
	return true
}

// ends marks the family of a table that was seen to its end.
func (w *walk) ends(total uint32) {
	fam, asked := w.tally.family, w.command.family
	switch {
	case fam == nil:
		fam = asked
	case asked != nil && *asked != *fam:
		w.Problem(w.lines.Line, "the command asks for %s routes, the table holds those of %s", *asked, *fam)
	}
	if w.SkipsAnswer() {
		w.command = srlinuxCommand{}
		return
	}
	w.zero = w.zero || total == 0
	switch {
	case fam != nil:
		w.answers.Table(w.Collector, w.lines.Line, fam.String())
		w.Families[*fam], w.seen[*fam] = true, true
	case total == 0:
		w.unknown = true
	}
	w.command = srlinuxCommand{}
}

// srlinuxCommand is what an echoed command asks for.
type srlinuxCommand struct {
	instance string
	neighbor netip.Addr
	family   *rib.Family
	part     string // the word that makes the answer a part of a table
}

// srlinuxWords ask for a whole table.
var srlinuxWords = map[string]bool{
	"protocols": true, "bgp": true, "routes": true, "summary": true, "received-routes": true, "advertised-routes": true,
	"as": true, "table": true, "|": true,
}

// srlinuxFamilies are the words of the two families.
var srlinuxFamilies = map[string]rib.Family{"ipv4": rib.IPv4, "ipv4-unicast": rib.IPv4, "ipv6": rib.IPv6, "ipv6-unicast": rib.IPv6}

// srlinuxOther is a command for another family.
var srlinuxOther = regexp.MustCompile(`\b(evpn|l3vpn-\S+|route-target|link-state)\b`)

// said takes an echoed command. A prompt ends the answer to the one before it.
func (w *walk) said(line int, text string) {
	if reading.IsPrompt([]byte(text)) {
		w.answers.Ended(w.Collector)
	}
	for _, words := range reading.EchoedCommands([]byte(text)) {
		asked := reading.Words(words)
		if !slices.Contains(words, "bgp") || !routesWord.MatchString(asked) || srlinuxOther.MatchString(asked) {
			continue
		}
		c := parseSRLinuxCommand(words[1:])
		w.command = c
		w.answers.Awaited = append(w.answers.Awaited, line)
		w.Ask(reading.Shown{Line: line, Asked: asked, VRF: c.instance, Neighbor: c.neighbor, Part: c.part})
	}
}

// routesWord stands in every command for a table of routes.
var routesWord = regexp.MustCompile(`\b(?:routes|received-routes|advertised-routes)\b`)

func parseSRLinuxCommand(words []string) (c srlinuxCommand) {
	for i := 0; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		fam, isFamily := srlinuxFamilies[word]
		switch {
		case word == "network-instance":
			c.instance = next
			i++
		case word == "neighbor":
			c.neighbor, _ = netip.ParseAddr(next)
			i++
		case isFamily:
			c.family = &fam
		case !srlinuxWords[word] && c.part == "":
			c.part = word
		}
	}
	return c
}
