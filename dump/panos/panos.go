// Package panos reads the local RIB that PAN-OS prints.
package panos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what Palo Alto Networks' PAN-OS prints for show routing protocol bgp loc-rib (docs/formats/panos.md):
// a table for each virtual router, in columns, and a count of all rows behind the last.
var Text = reading.Format{Name: "panos", Sniff: sniffPANOS, Read: readPANOS, Shape: shapePANOS}

// hides is what no row shows. The peer is there by its name, which may be cut.
const hides = rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrCommunities | rib.AttrLargeCommunities

func shapePANOS(reading.Source) reading.Header {
	return reading.Header{Format: "panos", ASPathForm: rib.AsSent, NotShown: hides}
}

var (
	panosRouter = regexp.MustCompile(`^VIRTUAL ROUTER: (.+) \(id \d+\)$`)
	panosTotal  = regexp.MustCompile(`^total routes shown: (\d+)$`)
)

func isPANOSHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Prefix ")) &&
		strings.Join(strings.Fields(string(text)), " ") == "Prefix Nexthop Peer Weight LocPrf Org MED flap AS-Path"
}

func sniffPANOS(head []byte) bool {
	for line := range bytes.Lines(head) {
		if isPANOSHeader(bytes.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// Page names the page of PAN-OS that a head comes from, and the command that is read in its place.
func Page(head []byte) string {
	const (
		instead = ": export show routing protocol bgp loc-rib, the one table of PAN-OS that is read"
		outside = ": let bgpaudit be a passive peer (docs/monitor.md), or take the far end's table"
	)
	text := strings.ToLower(string(head))
	switch {
	case reading.ContainsAny(text, []string{"logical router:", "logical-router:", "show advanced-routing"}):
		return "an answer of PAN-OS's Advanced Routing Engine, no text of which is read" + outside
	case !reading.ContainsAny(text, []string{"virtual router: ", "show routing "}):
		return ""
	case reading.ContainsAny(text, []string{"rib-out", "adv status", "advertise status"}):
		return "what PAN-OS advertises (rib-out), the text of which is not read" + outside
	case reading.ContainsAny(text, []string{"loc-rib-detail", "nexthop:"}):
		return "a table of PAN-OS with detail" + instead
	case reading.ContainsAny(text, []string{"destination ", "show routing route", "show routing fib"}):
		return "a routing table of all protocols" + instead
	}
	return "a page of PAN-OS that is no table of BGP routes" + instead
}

// panosWalk walks the lines of one file.
type panosWalk struct {
	*reading.Collector
	lines    reading.TextLines
	listing  bool // virtual routers are looked for, and nothing is handed on
	names    []string
	seen     map[string]bool // virtual routers whose tables began
	choosing bool
	chosen   string
	wanted   bool   // the table at hand is read
	router   string // whose table it is
	columns  panosColumns
	inside   bool // rows may follow
	open     bool // a table was begun, and no count came yet
	rows     int  // since the last count, bad ones and those of other virtual routers included
	held     *rib.Route
	paths    reading.AttrCache[rib.ASPath]
	peers    []string // of the rows that are read: no more than two
	tables   int
	answers  reading.Answers
}

func readPANOS(in *reading.Input, c *reading.Collector) error {
	look := &panosWalk{Collector: c, listing: true, lines: reading.TextLines{R: in.Text}}
	_ = look.walk() // what is damaged is found when the rows are read
	if c.Stopped() {
		return nil
	}
	w := &panosWalk{Collector: c}
	switch names, want := look.names, c.Source.VRF; {
	case want == "" && len(names) > 1:
		return reading.SeveralVRFs(names)
	case want != "" && len(look.seen) > 0 && !look.seen[want]:
		return reading.NoVRF(want, listedSet(look.seen))
	case want != "":
		w.choosing, w.chosen = true, want
	case len(names) == 1:
		w.choosing, w.chosen = true, names[0]
	}
	if err := in.Rewind(); err != nil {
		return err
	}
	w.lines.R = in.Text
	if err := w.walk(); err != nil {
		w.Broken(w.lines.Line, err)
	}
	w.end()
	if w.tables == 0 && !w.Stopped() {
		return errors.New("holds no table as PAN-OS prints it for show routing protocol bgp loc-rib: check the command that made it")
	}
	w.againstView()
	if !c.ZeroStated || c.Result.Routes > 0 { // one table holds both families, and its zero is that of both
		c.EveryDeclared()
	}
	return nil
}

func listedSet(set map[string]bool) (names []string) {
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *panosWalk) walk() error {
	for !w.Stopped() {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		w.one(line)
	}
	return nil
}

func (w *panosWalk) one(l reading.TextLine) {
	text := bytes.TrimSpace(l.Text)
	lower := bytes.ToLower(text)
	switch {
	case l.Long:
		w.disturbed(l.Line, "a line of more than %d bytes: this is not PAN-OS's", reading.MaxLine)
	case len(text) == 0:
		w.release()
	case bytes.Contains(lower, []byte("--more--")), bytes.HasPrefix(lower, []byte("lines ")):
		w.disturbed(l.Line, "a pager stopped the dump: say set cli pager off first")
	case l.Cut && !reading.IsRouterPrompt(text) && !panosTotal.Match(text):
		w.disturbed(l.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
	case w.frame(l, text):
	case w.inside && w.row(l):
	case reading.IsRouterPrompt(text), len(reading.EchoedCommands(text)) > 0:
		w.reply(text)
	default:
		w.unknown(l.Line, text)
	}
}

// frame reads what stands around rows.
func (w *panosWalk) frame(l reading.TextLine, text []byte) bool {
	switch m := panosRouter.FindSubmatch(text); {
	case m != nil:
		w.begin(l.Line, string(m[1]))
	case isPANOSHeader(text) && w.open && !w.inside:
		w.header(l)
	case panosTotal.Match(text):
		w.total(l.Line, panosTotal.FindSubmatch(text)[1])
	case len(bytes.Trim(text, "=")) == 0:
		w.release()
	default:
		return false
	}
	return true
}

// begin is the heading of a virtual router's table. The one before it was printed to its last row.
func (w *panosWalk) begin(line int, router string) {
	w.release()
	w.router, w.inside, w.open = router, false, true
	w.wanted = !w.listing && (!w.choosing || w.chosen == router)
	if w.seen[router] && w.wanted {
		w.Problem(line, "a second table of virtual router %s: give each answer a file and a feed of its own", reading.Quote(router))
		w.wanted = false
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	if len(w.seen) < reading.MaxVRFs {
		w.seen[router] = true
	}
}

func (w *panosWalk) header(l reading.TextLine) {
	w.answers.Came()
	w.columns, w.inside = cutPANOSColumns(l.Text), true
	w.tables++
}

// total holds the count against the rows since the one before it.
func (w *panosWalk) total(line int, digits []byte) {
	w.release()
	n, ok := reading.ParseUint32(digits)
	switch {
	case w.listing:
	case !ok || int(n) != w.rows:
		w.Problem(line, "the dump counts %s routes, and holds %d", digits, w.rows)
	case w.rows == 0 && w.inside:
		w.ZeroStated = true
	}
	w.open, w.inside, w.rows = false, false, 0
}

// reply is a prompt, or a command: the answer before it came to its end.
func (w *panosWalk) reply(text []byte) {
	w.release()
	w.missingCount()
	if w.listing {
		return
	}
	w.answers.Ended(w.Collector)
	for _, words := range reading.EchoedCommands(text) {
		w.command(words)
	}
}

func (w *panosWalk) missingCount() {
	if w.open && !w.listing {
		w.Problem(w.lines.Line, "the dump is cut off: the count behind the rows is missing")
	}
	w.open, w.inside, w.rows = false, false, 0
}

func (w *panosWalk) end() {
	if w.Stopped() {
		return
	}
	if w.held != nil {
		w.disturbed(w.held.Line, "the dump ends behind this row: the count is missing")
	}
	w.missingCount()
	w.answers.Ended(w.Collector)
}

// unknown judges a line that is neither a row nor of the text around rows.
func (w *panosWalk) unknown(line int, text []byte) {
	switch {
	case w.listing:
	case w.open:
		w.disturbed(line, "unexpected text: %s", reading.Quote(text))
	case reading.RowLike(text):
		w.Problem(line, "the beginning is missing: %s is of a table that began before the text", reading.Quote(text))
	default:
		w.Between(line, text, w.tables == 0)
	}
}

// disturbed says that something is missing. The row right before it may go on there.
func (w *panosWalk) disturbed(line int, format string, args ...any) {
	if w.listing {
		return
	}
	if h := w.held; h != nil {
		w.held = nil
		w.Skip(h.Line, "the row of %s may go on in the next line, which cannot be read: was the text wrapped?", h.Prefix)
	}
	w.Problem(line, format, args...)
}

// release hands on the row that was held: it does not go on.
func (w *panosWalk) release() {
	if h := w.held; h != nil {
		w.held = nil
		w.Route(*h)
	}
}

// command holds an echoed command against the config.
func (w *panosWalk) command(words []string) {
	if !reading.IsShow(words[0]) || len(words) < 2 || words[1] != "routing" {
		return
	}
	w.answers.Awaited = append(w.answers.Awaited, w.lines.Line)
	if len(words) < 5 || strings.Join(words[1:5], " ") != "routing protocol bgp loc-rib" {
		w.Problem(w.lines.Line, "the command is not show routing protocol bgp loc-rib: %s", reading.Quote(strings.Join(words, " ")))
		return
	}
	for i := 5; i < len(words); i += 2 {
		switch {
		case words[i] == "virtual-router" && i+1 < len(words):
		case words[i] == "peer" && i+1 < len(words) && w.Source.View == rib.AdjRIBInPost:
		default:
			w.Problem(w.lines.Line, "the command shows a part of the table alone (%s)", reading.Quote(words[i]))
			return
		}
	}
}

// againstView takes what the table is: the local RIB, which is what import policy left, of all peers, or of one where
// the command says peer.
func (w *panosWalk) againstView() {
	w.Shows(reading.Shown{Direction: reading.Held, Policy: reading.BehindPolicy, What: "the columns are those of the local RIB, which is what import policy left and shows nothing that is advertised"})
	switch {
	case len(w.peers) > 1:
		w.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: fmt.Sprintf("the dump holds routes of peers %s and %s", reading.Quote(w.peers[0]), reading.Quote(w.peers[1]))})
	case slices.Contains(w.peers, local):
		w.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: "the dump holds the firewall's own routes"})
	}
}

// local stands in a peer's place on the firewall's own routes.
const local = "Local"

// row reads a row, and reports whether the line is one: a prefix stands first.
func (w *panosWalk) row(l reading.TextLine) bool {
	word := bytes.TrimLeft(bytes.TrimSpace(l.Text), "*")
	first := reading.NextToken(word, 0)
	prefix := word[first.Start:first.End]
	if bytes.IndexByte(prefix, '/') < 0 || !reading.IsAddress(prefix) {
		return false
	}
	w.release()
	w.rows++
	switch {
	case w.listing:
		if !slices.Contains(w.names, w.router) && len(w.names) < reading.MaxVRFs {
			w.names = append(w.names, w.router)
		}
	case w.wanted:
		w.wantedRow(l, prefix)
	default:
		w.LeaveOut(l.Line, "of virtual router %s", w.router)
	}
	return true
}

func (w *panosWalk) wantedRow(l reading.TextLine, prefix []byte) {
	row, err := w.columns.cut(l.Text)
	var route rib.Route
	if err == nil {
		route, err = w.routeOf(row)
	}
	if err != nil {
		w.Skip(l.Line, "bad row of %s: %v", reading.Quote(prefix), err)
		return
	}
	if len(w.peers) < 2 && !slices.Contains(w.peers, row.peer) {
		w.peers = append(w.peers, row.peer)
	}
	route.Line = l.Line
	w.held = &route
}
