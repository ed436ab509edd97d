package dump

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/rib"
)

// srlinuxText is what Nokia SR Linux prints for its BGP tables (docs/formats/srlinux.md): boxes of text in which
// long fields go on in further lines, and a count behind them.
var srlinuxText = Format{Name: "srlinux", Sniff: sniffSRLinux, Read: readSRLinux, Shape: shapeSRLinux}

const srlinuxHides = rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

// srlinuxOrigins stands in front of every table, and of no other system's.
var srlinuxOrigins = []byte("Origin codes: i=IGP, e=EGP, ?=incomplete")

func sniffSRLinux(head []byte) bool {
	_, behind, found := bytes.Cut(head, srlinuxOrigins)
	return found && bytes.Contains(behind, []byte("\n+-")) || found && bytes.Contains(behind, []byte(" +-"))
}

func shapeSRLinux(src Source) Header {
	return Header{Format: "srlinux", ASPathForm: rib.AsSent, NotShown: srlinuxHides | srlinuxHidesIn(src.View)}
}

// srlinuxHidesIn is what no row shows in that view. A neighbour's tables print SR Linux's own local preference.
func srlinuxHidesIn(view rib.View) rib.AttrSet {
	switch {
	case advertisedView(view):
		return rib.AttrBest | rib.AttrLocalPref | rib.AttrNeighbor
	case receivedView(view):
		return rib.AttrBest | rib.AttrLocalPref
	}
	return 0
}

// srlinuxKind is which of the three tables it is.
type srlinuxKind string

const (
	srlinuxTable      srlinuxKind = "routes"
	srlinuxReceived   srlinuxKind = "received-routes"
	srlinuxAdvertised srlinuxKind = "advertised-routes"
)

// srlinuxViews are the views that the tables are of.
var srlinuxViews = map[srlinuxKind]rib.View{srlinuxTable: rib.BGPTable, srlinuxReceived: rib.AdjRIBInPre, srlinuxAdvertised: rib.AdjRIBOutPost}

// srlinuxAnswer is what an answer says of itself in front of its rows.
type srlinuxAnswer struct {
	kind     srlinuxKind
	instance string // "" where the answer does not say
	peer     string
}

// srlinuxStep is what of a table was read last.
type srlinuxStep int

const (
	srlinuxOutside srlinuxStep = iota
	srlinuxInHead              // the border above the header
	srlinuxInRows              // the border below it
	srlinuxBehind              // the border below the rows: the count is awaited
)

// srlinuxWalk walks the lines of one file.
type srlinuxWalk struct {
	*collector
	lines   textLines
	step    srlinuxStep
	head    srlinuxHead
	row     srlinuxRow
	tally   srlinuxTally
	wanted  bool // the table is read
	answer  srlinuxAnswer
	first   srlinuxAnswer
	command srlinuxCommand // in front of the table at hand
	seen    [2]bool        // families
	tables  int
	foreign bool // a table of another family
	unknown bool // an empty table of which nothing says which family
	zero    bool
}

func readSRLinux(in *input, c *collector) error {
	w := &srlinuxWalk{collector: c, lines: textLines{r: in.text}}
	for !w.stopped() {
		line, err := w.lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.broken(w.lines.line, err)
			break
		}
		w.one(line)
	}
	if w.stopped() {
		return nil
	}
	if w.step != srlinuxOutside {
		w.disturbed(w.lines.line, "the dump is cut off: the count behind the rows is missing")
	}
	if w.tables == 0 && !w.partial {
		return errors.New("holds no table of IPv4 or IPv6 routes as SR Linux prints it: say routes ipv4 summary, or a neighbor's received-routes ipv4")
	}
	for _, fam := range c.src.Families {
		if !w.seen[fam] && (!w.unknown || len(c.src.Families) > 1) {
			w.problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
	w.zeroStated = w.zero
	return nil
}

// srlinuxMode is the line in front of a prompt: "--{ + running }--[ network-instance default ]--".
var srlinuxMode = regexp.MustCompile(`^--\{.*\}--\[.*\]--$`)

func (w *srlinuxWalk) one(line textLine) {
	text := bytes.TrimSpace(line.text)
	switch {
	case line.long:
		w.disturbed(line.line, "a line of more than %d bytes: this is not SR Linux's", maxLine)
	case len(text) == 0:
	case line.cut && !promptEnds(text) && len(bytes.Trim(text, "-")) > 0:
		w.disturbed(line.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case bytes.HasPrefix(text, []byte("Error:")), bytes.HasPrefix(text, []byte("Parsing error:")):
		w.disturbed(line.line, "the dump holds an error: %s", quote(text))
	case line.erased, bytes.Contains(text, []byte("--More--")):
		w.disturbed(line.line, "a pager stopped the dump: say --pagination off")
	case text[0] == '+' && len(bytes.Trim(text, "+-")) == 0:
		w.border(line.line)
	case text[0] == '+' && len(bytes.Trim(text, "+=")) == 0:
		w.headEnds(line.line)
	case text[0] == '|' && w.step == srlinuxInHead:
		w.head.add(text)
	case text[0] == '|' && w.step == srlinuxInRows:
		w.rowLine(line.line, text)
	case len(bytes.Trim(text, "-")) == 0, srlinuxMode.Match(text):
	default:
		w.around(line.line, text)
	}
}

// disturbed says that text is missing. The table at hand is not read on.
func (w *srlinuxWalk) disturbed(line int, format string, args ...any) {
	if w.row.open {
		w.row.open = false
		w.tally.rows++
		w.skip(w.row.line, "bad route: text is missing behind its first line")
	}
	w.step = srlinuxOutside
	w.problem(line, format, args...)
}

// border begins a table, or ends its rows.
func (w *srlinuxWalk) border(line int) {
	switch w.step {
	case srlinuxInRows:
		w.endRow()
		if w.step = srlinuxBehind; !w.wanted {
			w.step = srlinuxOutside
		}
	default:
		if w.step != srlinuxOutside {
			w.disturbed(line, "a table is cut off: the count behind its rows is missing")
		}
		w.step, w.head = srlinuxInHead, srlinuxHead{}
	}
}

// headEnds takes the header for the table that it is of.
func (w *srlinuxWalk) headEnds(line int) {
	if w.step != srlinuxInHead {
		w.disturbed(line, "a table without its header")
		return
	}
	w.step, w.tally = srlinuxInRows, srlinuxTally{}
	kind, err := w.head.parse()
	if err != nil {
		w.wanted, w.foreign = false, true
		return
	}
	w.answer.kind = kind
	w.wanted = w.begins(line)
}

// begins holds a table against the one before it, and against the feed.
func (w *srlinuxWalk) begins(line int) bool {
	w.foreign = false
	if w.tables++; w.tables == 1 {
		w.first = w.answer
	}
	if w.answer != w.first {
		w.problem(line, "the file holds the answers of several commands: give each a file and a feed of its own")
		w.foreign = true
		return false
	}
	w.against()
	return true
}

var (
	srlinuxTitle = regexp.MustCompile(`^Show report for the BGP route table of network-instance "(.*)"$`)
	srlinuxPeer  = regexp.MustCompile(`^Peer\s*: (\S+), remote AS: `)
)

// around reads what stands around rows.
func (w *srlinuxWalk) around(line int, text []byte) {
	if w.count(line, text) {
		return
	}
	switch w.step {
	case srlinuxOutside:
	case srlinuxBehind:
		w.disturbed(line, "the count behind the rows is missing")
	default:
		w.disturbed(line, "unexpected text in a table: %s", quote(text))
		return
	}
	if m := srlinuxTitle.FindSubmatch(text); m != nil {
		w.answer = srlinuxAnswer{instance: string(m[1])}
		if w.answer.instance == "*" {
			w.problem(line, "the table is of all network instances at once: name one in the command")
		}
		return
	}
	if m := srlinuxPeer.FindSubmatch(text); m != nil {
		w.answer = srlinuxAnswer{peer: string(m[1]), instance: w.command.instance}
		return
	}
	for _, word := range []string{"Type ", "Description ", "Group ", "Status codes:", "Origin codes:", "BGP Router ID:"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return
		}
	}
	if m := srlinuxPiece.FindSubmatch(text); m != nil && bytes.HasSuffix(text, []byte("|")) {
		w.problem(line, "the beginning is missing: %s is of a table that began before the text", quote(text))
		return
	}
	w.said(line, string(text))
	w.between(line, text, w.tables == 0)
}

// srlinuxPiece is a row outside a table.
var srlinuxPiece = regexp.MustCompile(`^\|.*\d/\d`)

// against holds an answer against the config.
func (w *srlinuxWalk) against() {
	view, vrf := w.src.View, w.src.VRF
	if vrf != "" && w.answer.instance != "" && vrf != w.answer.instance {
		w.say("the table is of network instance %s, the config says vrf: %s", quote(w.answer.instance), vrf)
	}
	if peer, err := netip.ParseAddr(w.answer.peer); err == nil {
		w.res.Header.Neighbor = peer.WithZone("").Unmap()
	}
	switch kind := w.answer.kind; {
	case kind == srlinuxAdvertised && (receivedView(view) || tableView(view)):
		w.say("the dump shows what is advertised, the config says %s", view)
	case kind == srlinuxReceived && (advertisedView(view) || tableView(view)):
		w.say("the dump shows what is received, the config says %s", view)
	case kind == srlinuxReceived && view == rib.AdjRIBInPost:
		w.say("the dump shows what is received before import policy, the config says %s", view)
	case kind == srlinuxTable && (advertisedView(view) || receivedView(view)):
		w.say("the dump shows the whole table, the config says %s", view)
	}
}

// srlinuxTally counts the rows of one table.
type srlinuxTally struct {
	rows, bad, used, valid int
	family                 *rib.Family
}

var srlinuxCounts = regexp.MustCompile(`^(\d+) (received|advertised) BGP routes(?: ?: (\d+) used,? (\d+) valid(?:, \d+ stale)?)?$`)

// count reads the line behind the rows: "4 received BGP routes: 3 used, 4 valid, 0 stale".
func (w *srlinuxWalk) count(line int, text []byte) bool {
	m := srlinuxCounts.FindSubmatch(text)
	switch {
	case m == nil:
		return bytes.Contains(text, []byte(" available destinations: ")) && w.step == srlinuxOutside
	case !w.wanted && w.foreign:
		return true
	case w.step != srlinuxBehind:
		w.disturbed(line, "a count without its table: %s", quote(text))
		return true
	}
	w.step = srlinuxOutside
	t := &w.tally
	total, ok := parseUint32(m[1])
	switch {
	case !ok || int(total) != t.rows:
		w.problem(line, "SR Linux counts %d routes, but %d are there", total, t.rows)
	case t.bad == 0 && len(m[3]) > 0 && (string(m[3]) != decimal(t.used) || string(m[4]) != decimal(t.valid)):
		w.problem(line, "SR Linux counts %s routes that are used and %s that are valid, but %d and %d are there", m[3], m[4], t.used, t.valid)
	}
	w.ends(total)
	return true
}

// ends marks the family of a table that was seen to its end.
func (w *srlinuxWalk) ends(total uint32) {
	fam := w.tally.family
	if fam == nil {
		fam = w.command.family
	}
	w.zero = w.zero || total == 0
	switch {
	case fam != nil:
		w.families[*fam], w.seen[*fam] = true, true
	case total == 0:
		w.unknown = true
	}
	w.command = srlinuxCommand{}
}

// srlinuxCommand is what an echoed command asks for.
type srlinuxCommand struct {
	instance string
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

var srlinuxShow = regexp.MustCompile(`(?:^|[\s/#>"'])show\s+(.*\bbgp\b.*\b(?:routes|received-routes|advertised-routes)\b.*)`)

// srlinuxOther is a command for another family.
var srlinuxOther = regexp.MustCompile(`\b(evpn|l3vpn-\S+|route-target|link-state)\b`)

// said holds an echoed command against the config.
func (w *srlinuxWalk) said(line int, text string) {
	m := srlinuxShow.FindStringSubmatch(text)
	if m == nil || srlinuxOther.MatchString(m[1]) {
		return
	}
	c := parseSRLinuxCommand(strings.TrimRight(m[1], `"'`))
	w.command = c
	if c.part != "" {
		w.problem(line, "the command shows a part of the table alone, as far as is known (%s)", quote(c.part))
	}
}

func parseSRLinuxCommand(text string) (c srlinuxCommand) {
	words := strings.Fields(text)
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
		case word == "neighbor": // the answer names it
			i++
		case isFamily:
			c.family = &fam
		case !srlinuxWords[word] && c.part == "":
			c.part = word
		}
	}
	return c
}
