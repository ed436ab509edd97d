// Package nokia reads the tables of Nokia SR OS, as text and as the state in JSON. In JSON the attributes stand
// behind the routes: the file is read twice.
package nokia

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what Nokia SR OS prints for show router bgp routes and its kin (docs/formats/nokia.md): three lines
// a route, in columns, and a count behind them.
var Text = reading.Format{Name: "nokia", Sniff: sniffNokia, Read: readNokia, Shape: shapeNokia, OneFamily: true}

const hides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

func shapeNokia(src reading.Source) reading.Header {
	return reading.Header{Format: "nokia", ASPathForm: rib.AsSent, NotShown: hides | hidesIn(src.View)}
}

// hidesIn is what no row shows in that view: the flags of an advertised route are its origin alone.
func hidesIn(view rib.View) rib.AttrSet {
	if reading.AdvertisedView(view) || view == rib.AdjRIBInPre {
		return rib.AttrBest
	}
	return 0
}

var (
	nokiaTitle = regexp.MustCompile(`^BGP (\S+) Routes$`)
	count      = regexp.MustCompile(`^Routes : (\d+)$`)
	nokiaFlags = regexp.MustCompile(`^[us*hdlx>bpw]*[ie?]$`)
)

// Columns of the three lines.
const (
	text6  = 6  // prefix, next hop, AS path
	second = 57 // local preference, path id
	third  = 69 // MED, IGP cost, label
)

func sniffNokia(head []byte) bool {
	title, columns := false, false
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		title = title || nokiaTitle.Match(text)
		columns = columns || title && bytes.HasPrefix(text, []byte("Flag  Network"))
	}
	return columns
}

// walk walks the lines of one file.
type walk struct {
	*reading.Collector
	lines  reading.TextLines
	titled bool // the line is of a table's head
	inside bool // the lines are rows
	fam    rib.Family
	wanted bool
	seen   [2]bool
	rows   int  // of the table at hand
	labels bool // the third line has a label behind the path
	zero   bool // a table states that it is empty
	brief  bool // its rows are prefixes alone

	answers reading.Answers

	route rib.Route
	step  int // lines of the route that came; 0 before its first
	bad   error
}

func readNokia(in *reading.Input, c *reading.Collector) error {
	w := &walk{Collector: c, lines: reading.TextLines{R: in.Text}}
	for line := range w.Lines(&w.lines) {
		w.one(line)
	}
	if w.Stopped() {
		return nil
	}
	if w.brief {
		return errors.New("is printed with brief, which shows too little: leave brief out")
	}
	if w.inside || w.titled {
		w.endRow()
		w.Problem(w.lines.Line, "the dump is cut off: the count behind the rows is missing")
	}
	if w.seen == [2]bool{} && !w.Partial && w.Result.Others == 0 {
		return errors.New("holds no table of IPv4 or IPv6 routes as SR OS prints it: check the command that made it")
	}
	for _, fam := range c.Source.Families {
		if !w.seen[fam] {
			w.Problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
	w.ZeroStated = w.zero
	return nil
}

func (w *walk) one(line reading.TextLine) {
	text := bytes.TrimSpace(line.Text)
	switch {
	case line.Long:
		w.disturbed(line.Line, "a line of more than %d bytes: this is not SR OS's", reading.MaxLine)
	case len(text) == 0:
	case line.Cut && !reading.PromptEnds(text) && len(bytes.Trim(text, "=")) > 0:
		w.disturbed(line.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case bytes.HasPrefix(text, []byte("MINOR:")), bytes.HasPrefix(text, []byte("MAJOR:")), bytes.HasPrefix(text, []byte("CRITICAL:")), bytes.HasPrefix(text, []byte("Error:")):
		w.disturbed(line.Line, "the dump holds an error: %s", reading.Quote(text))
	case bytes.Contains(text, []byte("Press any key to continue")), bytes.Contains(text, []byte("--More--")):
		w.disturbed(line.Line, "a pager stopped the dump: say | no-more, or environment no more")
	case w.frame(line.Line, text):
	case w.inside:
		w.row(line.Line, line.Text, text)
	default:
		w.outside(line.Line, text)
	}
}

// disturbed says that text is missing. A route around it is bad.
func (w *walk) disturbed(line int, format string, args ...any) {
	w.endRow()
	w.Problem(line, format, args...)
}

// frame reads what stands around rows.
func (w *walk) frame(line int, text []byte) bool {
	if m := nokiaTitle.FindSubmatch(text); m != nil {
		w.title(line, string(m[1]))
		return true
	}
	if m := count.FindSubmatch(text); m != nil && w.inside {
		w.endRow()
		n, ok := reading.ParseUint32(m[1])
		if w.wanted && (!ok || int(n) != w.rows) {
			w.Problem(line, "SR OS counts %d routes, but %d are there", n, w.rows)
		}
		w.ended()
		w.inside = false
		return true
	}
	switch {
	case string(text) == "No Matching Entries Found." && (w.inside || w.titled):
		w.zero = w.zero || w.wanted && !w.SkipsAnswer()
		w.ended()
		w.inside, w.titled = false, false
	case w.titled && w.wanted && strings.Join(strings.Fields(string(text)), " ") == "Flag Network":
		w.brief = true
	case w.titled && bytes.HasPrefix(text, []byte("As-Path")):
		w.labels = bytes.HasSuffix(text, []byte("Label"))
	case len(bytes.Trim(text, "=")) == 0:
	case len(bytes.Trim(text, "-")) == 0:
		w.endRow()
		if w.titled {
			w.inside, w.titled = true, false
		}
	case w.titled:
	default:
		return false
	}
	return true
}

// ended marks the family of a table that was seen to its end, empty or not.
func (w *walk) ended() {
	if w.wanted {
		w.Families[w.fam] = true
	}
}

// title begins a table. Other families than the two are passed over.
func (w *walk) title(line int, family string) {
	if w.inside || w.titled {
		w.disturbed(line, "a table is cut off: the count behind its rows is missing")
	}
	w.titled, w.inside, w.rows, w.labels = true, false, 0, false
	switch family {
	case "IPv4":
		w.fam = rib.IPv4
	case "IPv6":
		w.fam = rib.IPv6
	default:
		w.wanted = false
		return
	}
	w.wanted = !w.answers.Table(w.Collector, line, w.fam.String())
	w.seen[w.fam] = w.seen[w.fam] || !w.SkipsAnswer()
}

// row reads one of the three lines of a route.
func (w *walk) row(line int, raw, text []byte) {
	if !w.wanted {
		return
	}
	flags, _ := reading.CutWord(text)
	first := len(raw) > 0 && raw[0] != ' ' && nokiaFlags.Match(flags)
	switch {
	case first:
		w.endRow()
		w.begin(line, raw, string(flags))
	case w.step == 1 && raw[0] == ' ':
		w.hop(raw)
	case w.step == 2 && raw[0] == ' ':
		w.path(raw)
	case w.step == 3 && raw[0] == ' ':
		w.fail("its AS path goes on in a further line, which is not read")
	default:
		w.disturbed(line, "unexpected text: %s", reading.Quote(text))
	}
}

func (w *walk) fail(format string, args ...any) {
	if w.bad == nil {
		w.bad = fmt.Errorf(format, args...)
	}
}

// begin reads "u*>i  203.0.113.0/24      100         None".
func (w *walk) begin(line int, raw []byte, flags string) {
	w.rows++
	w.step, w.bad = 1, nil
	w.route = rib.Route{Line: line}
	a := &w.route.Attrs
	a.NotShown = hides | hidesIn(w.Source.View)
	a.Origin, _ = rib.ParseOrigin(flags[len(flags)-1:])
	w.marks(flags)
	prefix, err := reading.ParsePrefix(nokiaCell(raw, text6, second))
	if err != nil {
		w.fail("%w", err)
	} else if rib.FamilyOf(prefix) != w.fam {
		w.fail("%s is no %s prefix", prefix, w.fam)
	}
	w.route.Prefix = prefix
	a.LocalPref = w.number(nokiaCell(raw, second, third))
	a.MED = w.number(nokiaCell(raw, third, len(raw)))
}

func (w *walk) marks(flags string) {
	if strings.Contains(flags, "x") {
		w.route.Marks |= rib.Stale
	}
	if strings.ContainsAny(flags, "shd") { // suppressed, history, decayed: whoever's table it is
		w.route.Marks |= rib.Invalid
	}
	if w.route.Attrs.NotShown.Has(rib.AttrBest) {
		return
	}
	if strings.Contains(flags, ">") {
		w.route.Marks |= rib.Best
	}
	if !strings.Contains(flags, "*") {
		w.route.Marks |= rib.Invalid
	}
}

// nokiaCell is a field of a line: one word, or none.
func nokiaCell(line []byte, from, to int) string {
	return string(bytes.TrimSpace(line[min(from, len(line)):min(to, len(line))]))
}

func (w *walk) number(cell string) rib.Optional {
	if cell == "None" {
		return rib.Optional{}
	}
	n, ok := reading.ParseUint32([]byte(cell))
	if !ok {
		w.fail("%s stands where a number should", reading.Quote(cell))
	}
	return rib.Some(n)
}

func (w *walk) hop(raw []byte) {
	w.step = 2
	hop, err := netip.ParseAddr(nokiaCell(raw, text6, second))
	if err != nil {
		w.fail("bad next hop %s", reading.Quote(nokiaCell(raw, text6, second)))
	}
	w.route.Attrs.NextHop = hop.Unmap().WithZone("")
	if id := w.number(nokiaCell(raw, second, third)); id.Set {
		w.route.PathID = id.Value
	}
}

func (w *walk) path(raw []byte) {
	w.step = 3
	end := len(raw)
	if w.labels {
		end = third
		if len(raw) > third && raw[third-1] != ' ' {
			w.fail("its AS path does not fit the column")
		}
	}
	text := nokiaCell(raw, text6, end)
	if text == "No As-Path" {
		return
	}
	path, err := reading.ParsePath(text)
	if err != nil || text == "" {
		w.fail("bad AS path %s", reading.Quote(text))
	}
	w.route.Attrs.ASPath = path
}

// endRow hands the open route on.
func (w *walk) endRow() {
	if w.step == 0 {
		return
	}
	if w.step < 3 {
		w.fail("lines of it are missing")
	}
	w.step = 0
	if w.bad != nil {
		w.Skip(w.route.Line, "bad route: %v", w.bad)
		return
	}
	w.Route(w.route)
}

// outside judges a line that stands in no table.
func (w *walk) outside(line int, text []byte) {
	if flags, rest := reading.CutWord(text); nokiaFlags.Match(flags) {
		prefix, _ := reading.CutWord(rest)
		if reading.IsPrefix(string(prefix)) {
			w.Problem(line, "the beginning is missing: %s is of a table that began before the text: export it into a file", reading.Quote(text))
			return
		}
	}
	if m := localAS.FindSubmatch(text); m != nil && !w.SkipsAnswer() {
		if asn, err := rib.ParseASN(string(m[1])); err == nil {
			w.OwnASN(asn)
		}
	}
	w.said(line, text)
	w.Between(line, text, true)
}

// localAS is the head's line of the router itself: "BGP Router ID:10.0.0.1 AS:65536 Local AS:65536".
var localAS = regexp.MustCompile(`^BGP Router ID\s*:.*\bLocal AS\s*:\s*(\d+)`)

// show is an echoed command, whole or shortened.
func show(text []byte) (words []string, ok bool) {
	for _, words := range reading.EchoedCommands(text) {
		if len(words) > 2 && reading.Short(words[1], "router", 2) {
			return words, true
		}
	}
	return nil, false
}

// nokiaWords say of a command what table of routes it shows, and leave none of them out.
var nokiaWords = map[string]bool{
	"bgp": true, "routes": true, "advertised-routes": true, "received-routes": true,
	"ipv4": true, "ipv6": true, "vpn-ipv4": true, "vpn-ipv6": true, "label-ipv4": true, "label-ipv6": true, "mcast-ipv4": true, "mcast-ipv6": true, "evpn": true,
}

// nokiaCommand is what an echoed command asks for.
type nokiaCommand struct {
	instance string // the router's: Base where it names none
	neighbor netip.Addr
	verb     string // routes, advertised-routes, received-routes
	part     string // the word that makes the answer a part of a table
}

// parseNokiaCommand reads "10 bgp neighbor 192.0.2.1 advertised-routes ipv6 | no-more", which stands behind show router.
func parseNokiaCommand(words []string) nokiaCommand {
	c := nokiaCommand{instance: "Base"}
	for len(words) > 0 && words[0] != "bgp" { // 10, or service-name "RED"
		c.instance, words = strings.Trim(words[0], `"`), words[1:]
	}
	for i := 0; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case word == "neighbor":
			c.neighbor, _ = netip.ParseAddr(next)
			i++
		case word == "|" && next == "no-more":
			i++
		case word == "|" && reading.WholePipe(words[i+1:]):
			return c
		case !nokiaWords[word]:
			if c.part == "" {
				c.part = word
			}
		case strings.HasSuffix(word, "routes"):
			c.verb = word
		}
	}
	return c
}

// shortened reports whether the command may ask for a table in a shortened word.
func (c *nokiaCommand) shortened() bool {
	return c.part != "" && slices.ContainsFunc([]string{"routes", "advertised-routes", "received-routes"}, func(word string) bool {
		return strings.HasPrefix(word, c.part)
	})
}

// said takes an echoed command.
func (w *walk) said(line int, text []byte) {
	words, ok := show(text)
	if !ok {
		return
	}
	c := parseNokiaCommand(words[2:])
	if c.verb == "" && !c.shortened() {
		return // another page of the router
	}
	w.Ask(c.shown(line, words))
}

// shown is what the command says of its answer.
func (c *nokiaCommand) shown(line int, words []string) reading.Shown {
	s := reading.Shown{Line: line, Asked: reading.Words(words), VRF: c.instance, Neighbor: c.neighbor, Part: c.part}
	switch c.verb {
	case "advertised-routes":
		s.Direction, s.Extent = reading.Advertised, reading.OfOne
	case "received-routes":
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BeforePolicy, reading.OfOne
	case "routes":
		s.Direction, s.Extent = reading.Held, reading.OfAll
	}
	return s
}
