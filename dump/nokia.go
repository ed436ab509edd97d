package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// nokiaText is what Nokia SR OS prints for show router bgp routes and its kin (docs/formats/nokia.md): three lines
// a route, in columns, and a count behind them.
var nokiaText = Format{Name: "nokia", Sniff: sniffNokia, Read: readNokia, Shape: shapeNokia}

const nokiaHides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

func shapeNokia(src Source) Header {
	return Header{Format: "nokia", ASPathForm: rib.AsSent, NotShown: nokiaHides | nokiaHidesIn(src.View)}
}

// nokiaHidesIn is what no row shows in that view: the flags of an advertised route are its origin alone.
func nokiaHidesIn(view rib.View) rib.AttrSet {
	if advertisedView(view) || view == rib.AdjRIBInPre {
		return rib.AttrBest
	}
	return 0
}

var (
	nokiaTitle = regexp.MustCompile(`^BGP (\S+) Routes$`)
	nokiaCount = regexp.MustCompile(`^Routes : (\d+)$`)
	nokiaFlags = regexp.MustCompile(`^[us*hdlx>bpw]*[ie?]$`)
)

// Columns of the three lines.
const (
	nokiaText6  = 6  // prefix, next hop, AS path
	nokiaSecond = 57 // local preference, path id
	nokiaThird  = 69 // MED, IGP cost, label
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

// nokiaWalk walks the lines of one file.
type nokiaWalk struct {
	*collector
	lines  textLines
	titled bool // the line is of a table's head
	inside bool // the lines are rows
	fam    rib.Family
	wanted bool
	seen   [2]bool
	rows   int  // of the table at hand
	labels bool // the third line has a label behind the path
	zero   bool // a table states that it is empty

	command nokiaCommand // the file's first

	route rib.Route
	step  int // lines of the route that came; 0 before its first
	bad   error
}

func readNokia(in *input, c *collector) error {
	w := &nokiaWalk{collector: c, lines: textLines{r: in.text}}
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
	if w.inside || w.titled {
		w.endRow()
		w.problem(w.lines.line, "the dump is cut off: the count behind the rows is missing")
	}
	if w.seen == [2]bool{} && !w.partial {
		return errors.New("holds no table of IPv4 or IPv6 routes as SR OS prints it: check the command that made it")
	}
	for _, fam := range c.src.Families {
		if !w.seen[fam] {
			w.problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
	w.zeroStated = w.zero
	return nil
}

func (w *nokiaWalk) one(line textLine) {
	text := bytes.TrimSpace(line.text)
	switch {
	case line.long:
		w.disturbed(line.line, "a line of more than %d bytes: this is not SR OS's", maxLine)
	case len(text) == 0:
	case line.cut && !promptEnds(text) && len(bytes.Trim(text, "=")) > 0:
		w.disturbed(line.line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case bytes.HasPrefix(text, []byte("MINOR:")), bytes.HasPrefix(text, []byte("MAJOR:")), bytes.HasPrefix(text, []byte("CRITICAL:")), bytes.HasPrefix(text, []byte("Error:")):
		w.disturbed(line.line, "the dump holds an error: %s", quote(text))
	case line.erased, bytes.Contains(text, []byte("Press any key to continue")), bytes.Contains(text, []byte("--More--")):
		w.disturbed(line.line, "a pager stopped the dump: say | no-more, or environment no more")
	case w.frame(line.line, text):
	case w.inside:
		w.row(line.line, line.text, text)
	default:
		w.outside(line.line, text)
	}
}

// disturbed says that text is missing. A route around it is bad.
func (w *nokiaWalk) disturbed(line int, format string, args ...any) {
	w.endRow()
	w.problem(line, format, args...)
}

// frame reads what stands around rows.
func (w *nokiaWalk) frame(line int, text []byte) bool {
	if m := nokiaTitle.FindSubmatch(text); m != nil {
		w.title(line, string(m[1]))
		return true
	}
	if m := nokiaCount.FindSubmatch(text); m != nil && w.inside {
		w.endRow()
		n, ok := parseUint32(m[1])
		if w.wanted && (!ok || int(n) != w.rows) {
			w.problem(line, "SR OS counts %d routes, but %d are there", n, w.rows)
		}
		w.ended()
		w.inside = false
		return true
	}
	switch {
	case string(text) == "No Matching Entries Found." && (w.inside || w.titled):
		w.zero = w.zero || w.wanted
		w.ended()
		w.inside, w.titled = false, false
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
func (w *nokiaWalk) ended() {
	if w.wanted {
		w.families[w.fam] = true
	}
}

// title begins a table. Other families than the two are passed over; a second table of one is of another
// neighbour or another router instance, which the text does not name.
func (w *nokiaWalk) title(line int, family string) {
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
	w.wanted = !w.seen[w.fam]
	if !w.wanted {
		w.problem(line, "a second table of %s routes: give each answer a file and a feed of its own", w.fam)
	}
	w.seen[w.fam] = true
}

// row reads one of the three lines of a route.
func (w *nokiaWalk) row(line int, raw, text []byte) {
	if !w.wanted {
		return
	}
	flags, _ := cutWord(text)
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
		w.disturbed(line, "unexpected text: %s", quote(text))
	}
}

func (w *nokiaWalk) fail(format string, args ...any) {
	if w.bad == nil {
		w.bad = fmt.Errorf(format, args...)
	}
}

// begin reads "u*>i  203.0.113.0/24      100         None".
func (w *nokiaWalk) begin(line int, raw []byte, flags string) {
	w.rows++
	w.step, w.bad = 1, nil
	w.route = rib.Route{Line: line}
	a := &w.route.Attrs
	a.NotShown = nokiaHides | nokiaHidesIn(w.src.View)
	a.Origin, _ = rib.ParseOrigin(flags[len(flags)-1:])
	w.marks(flags)
	prefix, err := parsePrefix(nokiaCell(raw, nokiaText6, nokiaSecond))
	if err != nil {
		w.fail("%w", err)
	} else if rib.FamilyOf(prefix) != w.fam {
		w.fail("%s is no %s prefix", prefix, w.fam)
	}
	w.route.Prefix = prefix
	a.LocalPref = w.number(nokiaCell(raw, nokiaSecond, nokiaThird))
	a.MED = w.number(nokiaCell(raw, nokiaThird, len(raw)))
}

func (w *nokiaWalk) marks(flags string) {
	if strings.Contains(flags, "x") {
		w.route.Marks |= rib.Stale
	}
	if w.route.Attrs.NotShown.Has(rib.AttrBest) {
		return
	}
	if strings.Contains(flags, ">") {
		w.route.Marks |= rib.Best
	}
	if !strings.Contains(flags, "*") || strings.ContainsAny(flags, "shd") {
		w.route.Marks |= rib.Invalid
	}
}

// nokiaCell is a field of a line: one word, or none.
func nokiaCell(line []byte, from, to int) string {
	return string(bytes.TrimSpace(line[min(from, len(line)):min(to, len(line))]))
}

func (w *nokiaWalk) number(cell string) rib.Optional {
	if cell == "None" {
		return rib.Optional{}
	}
	n, ok := parseUint32([]byte(cell))
	if !ok {
		w.fail("%s stands where a number should", quote(cell))
	}
	return rib.Some(n)
}

func (w *nokiaWalk) hop(raw []byte) {
	w.step = 2
	hop, err := netip.ParseAddr(nokiaCell(raw, nokiaText6, nokiaSecond))
	if err != nil {
		w.fail("bad next hop %s", quote(nokiaCell(raw, nokiaText6, nokiaSecond)))
	}
	w.route.Attrs.NextHop = hop.Unmap().WithZone("")
	if id := w.number(nokiaCell(raw, nokiaSecond, nokiaThird)); id.Set {
		w.route.PathID = id.Value
	}
}

func (w *nokiaWalk) path(raw []byte) {
	w.step = 3
	end := len(raw)
	if w.labels {
		end = nokiaThird
		if len(raw) > nokiaThird && raw[nokiaThird-1] != ' ' {
			w.fail("its AS path does not fit the column")
		}
	}
	text := nokiaCell(raw, nokiaText6, end)
	if text == "No As-Path" {
		return
	}
	path, err := rib.ParseASPath(text)
	if err != nil || text == "" {
		w.fail("bad AS path %s", quote(text))
	}
	w.route.Attrs.ASPath = path
}

// endRow hands the open route on.
func (w *nokiaWalk) endRow() {
	if w.step == 0 {
		return
	}
	if w.step < 3 {
		w.fail("lines of it are missing")
	}
	w.step = 0
	if w.bad != nil {
		w.skip(w.route.Line, "bad route: %v", w.bad)
		return
	}
	w.collector.route(w.route)
}

// outside judges a line that stands in no table.
func (w *nokiaWalk) outside(line int, text []byte) {
	if flags, rest := cutWord(text); nokiaFlags.Match(flags) {
		prefix, _ := cutWord(rest)
		if _, err := parsePrefix(string(prefix)); err == nil {
			w.problem(line, "the beginning is missing: %s is of a table that began before the text: export it into a file", quote(text))
			return
		}
	}
	w.said(line, string(text))
	w.between(line, text, true)
}

// nokiaShow is an echoed command, whole or shortened.
var nokiaShow = regexp.MustCompile(`(?:^|[\s/#>$])sh(?:ow?)?\s+ro(?:u(?:t(?:e(?:r)?)?)?)?\s+(.*)`)

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
func parseNokiaCommand(text string) nokiaCommand {
	words := strings.Fields(text)
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

// said holds an echoed command against the config.
func (w *nokiaWalk) said(line int, text string) {
	m := nokiaShow.FindStringSubmatch(text)
	if m == nil {
		return
	}
	c := parseNokiaCommand(m[1])
	if c.verb == "" && !c.shortened() {
		return // another page of the router
	}
	first := w.command
	if first.verb != "" && (c.instance != first.instance || c.neighbor != first.neighbor || c.verb != first.verb) {
		w.problem(line, "the file holds the answers of several commands: give each a file and a feed of its own")
	}
	if first.verb == "" {
		w.command = c
	}
	if c.part != "" {
		w.problem(line, "the command shows a part of the table alone, as far as is known (%s)", quote(c.part))
	}
	w.against(line, c)
}

// against holds a command against the config.
func (w *nokiaWalk) against(line int, c nokiaCommand) {
	view, vrf := w.src.View, w.src.VRF
	if vrf == "default" {
		vrf = "Base"
	}
	if vrf != "" && vrf != c.instance {
		w.say("the command shows the routes of router instance %s, the config says vrf: %s", c.instance, w.src.VRF)
	}
	w.sawNeighbor(c.neighbor)
	if c.neighbor.IsValid() && tableView(view) {
		w.problem(line, "the command shows the routes of neighbor %s alone, the config says %s", c.neighbor, view)
	}
	switch {
	case c.verb == "advertised-routes" && (receivedView(view) || tableView(view)):
		w.say("the command shows what is advertised, the config says %s", view)
	case c.verb == "received-routes" && (advertisedView(view) || tableView(view)):
		w.say("the command shows what is received, the config says %s", view)
	case c.verb == "routes" && (advertisedView(view) || receivedView(view)):
		w.say("the command shows the whole table, the config says %s", view)
	}
}
