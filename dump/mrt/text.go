package mrt

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Text is what bgpdump -m prints of an MRT file, a line a route (docs/formats/bgpdump-m.md). Its rows
// are taken as those of the MRT file: picked by neighbour, and messages replayed.
var Text = reading.Format{Name: "bgpdump-m", Sniff: sniffBGPDump, Read: readBGPDump, Shape: shapeBGPDump}

// bgpdumpHides is what the text has no place for.
const bgpdumpHides = rib.AttrBest

func shapeBGPDump(reading.Source) reading.Header {
	return reading.Header{Format: "bgpdump-m", ASPathForm: rib.AsSent, NotShown: bgpdumpHides | rib.AttrLargeCommunities}
}

var (
	bgpdumpLine = regexp.MustCompile(`^(?:TABLE_DUMP2?|BGP4MP)(?:_ET)?(?:_AP)?\|`)
	bgpdumpLog  = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[([a-z]+)\]`)
)

// sniffBGPDump looks for a first line of bgpdump, behind what the tool says of itself.
func sniffBGPDump(head []byte) bool {
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		switch {
		case bgpdumpLine.Match(text):
			return true
		case len(text) == 0, bgpdumpLog.Match(text), reading.IsPrompt(text), text[0] == '#':
		default:
			return false
		}
	}
	return false
}

// bgpdumpReader reads the lines of one file.
type bgpdumpReader struct {
	*reader
	lines reading.TextLines
	began bool
	ended bool      // a prompt stands behind the rows
	first [2]string // the first prefix of a table and its peer, by family
	whole [2]string // the fields of its line
	last  string    // prefix and peer of the line before
	paths reading.AttrCache[rib.ASPath]
	plain reading.AttrCache[[]rib.Community]
	large reading.AttrCache[[]rib.LargeCommunity]
}

func readBGPDump(in *reading.Input, c *reading.Collector) error {
	r := &bgpdumpReader{reader: newReader(c)}
	replays, err := bgpdumpHasUpdates(in)
	if err != nil {
		return err
	}
	if replays {
		r.replay = newReplay(r.reader)
	}
	r.lines = reading.TextLines{R: in.Text}
	for line := range r.Lines(&r.lines) {
		if err := r.line(line); err != nil {
			return err
		}
	}
	if !r.began {
		return errors.New("holds no line as bgpdump -m prints it: check the command that made it")
	}
	c.Unproven = !r.ended
	r.finish()
	return nil
}

// bgpdumpHasUpdates reports whether the rows are, or are changed by, messages: they must be held back then.
func bgpdumpHasUpdates(in *reading.Input) (bool, error) {
	if in.Once {
		return false, nil
	}
	lines, found := reading.TextLines{R: in.Text}, false
	for !found {
		line, err := lines.Next()
		if err != nil {
			break // its end, or a damage that reading will meet again
		}
		found = bytes.HasPrefix(line.Text, []byte("BGP4MP"))
	}
	return found, in.Rewind()
}

func (r *bgpdumpReader) line(line reading.TextLine) error {
	r.record = line.Line
	text := bytes.TrimSpace(line.Text)
	switch {
	case line.Long:
		r.Skip(line.Line, "a line of more than %d bytes", reading.MaxLine)
	case line.Cut && !reading.PromptEnds(text):
		if len(text) > 0 {
			r.Problem(line.Line, "the dump is cut off here: its last line has no line break (add one if the dump is whole)")
		}
	case bgpdumpLine.Match(text):
		return r.row(string(text))
	default:
		r.around(line.Line, text)
	}
	return nil
}

// fieldsLeft is how many fields a line has at least of which the front is lost. A command has fewer pipes.
const fieldsLeft = 3

// around judges a line that is no row.
func (r *bgpdumpReader) around(line int, text []byte) {
	m := bgpdumpLog.FindSubmatch(text)
	prompt := reading.IsPrompt(text) || reading.PromptEnds(text)
	for _, words := range reading.EchoedCommands(text) {
		if at := slices.Index(words, "|"); at > 0 && !reading.WholePipe(words[at+1:]) {
			r.Problem(line, "the command %s may leave rows out", reading.Quote(reading.Words(words)))
		}
	}
	switch {
	case !prompt && bytes.Count(text, []byte("|")) >= fieldsLeft:
		r.Skip(line, "bad row: %s does not begin as bgpdump -m begins a line", reading.Quote(text))
	case m != nil && string(m[1]) != "info":
		r.Problem(line, "bgpdump says: %s", reading.Quote(text))
	case m != nil:
	case prompt:
		r.ended = r.began
	default:
		r.Between(line, text, !r.began)
	}
}

// row reads one line of fields. An error refuses the file.
func (r *bgpdumpReader) row(text string) error {
	f := strings.Split(text, "|")
	seconds, err := strconv.ParseUint(at(f, 1), 10, 32)
	kind := at(f, 2)
	switch {
	case err != nil && !r.began:
		return errors.New("is printed with bgpdump -M, which leaves most of it out: print it with -m")
	case kind != "" && strings.Trim(kind, "0123456789.") == "" && !r.began:
		return errors.New("is printed with bgpdump -p, whose fields are others: leave -p out")
	case err != nil:
		r.Skip(r.record, "bad time %s", reading.Quote(at(f, 1)))
		return nil
	}
	r.began, r.ended = true, false
	h := recordHeader{time: time.Unix(int64(seconds), 0).UTC(), kind: typeTableDumpV2, subtype: ribIPv4}
	if kind != "B" {
		h.kind, h.subtype = typeBGP4MP, messageAS4
	}
	if r.moment.leavesOut(h, r.record) {
		return nil
	}
	if err := r.oneRow(h, f, kind); err != nil {
		r.Skip(r.record, "%v", err)
	}
	return nil
}

func at(f []string, i int) string {
	if i < len(f) {
		return f[i]
	}
	return ""
}

func (r *bgpdumpReader) oneRow(h recordHeader, f []string, kind string) error {
	if len(f) < 6 {
		return fmt.Errorf("a line of %d fields", len(f))
	}
	peer, err := bgpdumpPeer(f[3], f[4])
	if err != nil {
		return err
	}
	if kind == "B" {
		r.listed(h)
		r.again(at(f, 3), at(f, 5), strings.Join(f[3:], "|"))
		return r.advertised(f, peer, func(route rib.Route) {
			r.advertise(route)
		})
	}
	r.changes++
	if r.replay == nil {
		if !r.missed {
			r.missed = true
			r.Problem(r.record, "messages come from a pipe: save them to a file, so that they can be replayed")
		}
		return nil
	}
	r.Result.Header.Time = h.time
	switch kind {
	case "A":
		return r.advertised(f, peer, func(route rib.Route) { r.update(peer, route) })
	case "W":
		return r.withdrawn(f, peer)
	case "STATE":
		return r.state(f, peer)
	}
	return fmt.Errorf("a line of unknown kind %s", reading.Quote(kind))
}

// again takes the peer and the prefix of a table's line. A table has the rows of a peer's prefix side by side, so
// that those of the first one come again, or its whole line does, where another table of the family begins.
func (r *bgpdumpReader) again(peer, prefix, row string) {
	if r.replay != nil {
		return
	}
	fam := rib.IPv4
	if strings.Contains(prefix, ":") {
		fam = rib.IPv6
	}
	key := peer + "|" + prefix
	switch {
	case r.first == [2]string{}:
		r.NextAnswer(r.record)
		fallthrough
	case r.first[fam] == "":
		r.first[fam], r.whole[fam] = key, row
	case r.whole[fam] == row, r.first[fam] == key && r.last != key:
		r.NextAnswer(r.record)
	}
	r.last = key
}

// bgpdumpPeer reads the neighbour. The router's own routes have the peer 0.0.0.0 or ::.
func bgpdumpPeer(addr, asn string) (mrtPeer, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return mrtPeer{}, fmt.Errorf("bad neighbor %s", reading.Quote(addr))
	}
	n, err := rib.ParseASN(asn)
	if err != nil && asn != "0" {
		return mrtPeer{}, fmt.Errorf("bad neighbor AS %s", reading.Quote(asn))
	}
	return mrtPeer{otherThanSelf(a.Unmap().WithZone("")), n}, nil
}

// message counts a message. The text does not say which way it went.
func (r *bgpdumpReader) message() direction {
	dir := r.pick.direction()
	if dir == sent && !r.missed {
		r.missed = true
		r.Problem(r.record, "the text does not say that the router sent these messages: read the MRT file itself")
	}
	r.pick.messages[dir]++
	return dir
}

func (r *bgpdumpReader) update(peer mrtPeer, route rib.Route) {
	dir := r.message()
	if r.leavesMessage(dir, peer.addr) {
		return
	}
	r.replay.enter(r.replay.peer(peer), dir, &route)
}

func (r *bgpdumpReader) withdrawn(f []string, peer mrtPeer) error {
	n, rest, err := bgpdumpPrefix(f)
	if err != nil {
		return err
	}
	if len(rest) > 1 || len(rest) == 1 && rest[0] != "" {
		return fmt.Errorf("a withdrawal of %d fields", len(f))
	}
	dir := r.message()
	if !r.pick.Wants(peer.addr) {
		return nil
	}
	r.replay.withdraw(r.replay.peer(peer), dir, n)
	return nil
}

// state reads the change of a session: it loses its routes when it goes down, and when it comes up anew.
func (r *bgpdumpReader) state(f []string, peer mrtPeer) error {
	from, ok1 := reading.ParseUint32([]byte(at(f, 5)))
	to, ok2 := reading.ParseUint32([]byte(at(f, 6)))
	if !ok1 || !ok2 || len(f) != 7 {
		return fmt.Errorf("a change of state of %d fields, or without the two states", len(f))
	}
	if (from == established) != (to == established) {
		r.replay.flush(peer.addr, netip.Addr{})
	}
	return nil
}

// bgpdumpPrefix reads the prefix, and the path id behind it where the line has one.
func bgpdumpPrefix(f []string) (n wire.NLRI, rest []string, err error) {
	n.Prefix, err = reading.ParseWirePrefix(at(f, 5)) // bgpdump prints the octets as they are
	if err != nil {
		return n, nil, err
	}
	rest = f[6:]
	if !strings.HasSuffix(f[0], "_AP") {
		return n, rest, nil
	}
	id, ok := reading.ParseUint32([]byte(at(f, 6)))
	if !ok {
		return n, nil, fmt.Errorf("%s: bad path id %s", n.Prefix, reading.Quote(at(f, 6)))
	}
	n.PathID = id
	return n, rest[1:], nil
}

// advertised reads the line of a route.
func (r *bgpdumpReader) advertised(f []string, peer mrtPeer, take func(rib.Route)) error {
	n, rest, err := bgpdumpPrefix(f)
	if err != nil {
		return err
	}
	out := rib.Route{Prefix: n.Prefix, PathID: n.PathID, Neighbor: peer.addr, Line: r.record}
	const fields, withLarge = 9, 10
	if len(rest) != fields && len(rest) != withLarge {
		return fmt.Errorf("%s: a line of %d fields, bgpdump -m prints %d here: is it cut off?", n.Prefix, len(f), len(f)-len(rest)+fields)
	}
	if err := r.attributes(rest, len(rest) == withLarge, peer.addr, &out.Attrs); err != nil {
		return fmt.Errorf("%s: %w", n.Prefix, err)
	}
	out.Attrs.NeighborASN = peer.asn
	take(out)
	return nil
}

// bgpdumpNoHop is what bgpdump prints where a route has no next hop.
var bgpdumpNoHop = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// attributes reads "65540 65549|IGP|192.0.2.1|100|0|64496:7|NAG||", with large communities behind the plain ones where
// bgpdump was told -l. It prints 0 for a MED or a local preference that is not there.
func (r *bgpdumpReader) attributes(f []string, large bool, neighbor netip.Addr, a *rib.Attrs) (err error) {
	a.NotShown = bgpdumpHides
	if a.ASPath, err = r.paths.Get([]byte(f[0]), reading.ParsePath); err != nil {
		return fmt.Errorf("bad AS path %s", reading.Quote(f[0]))
	}
	if a.Origin, err = rib.ParseOrigin(f[1]); err != nil {
		return fmt.Errorf("bad origin %s", reading.Quote(f[1]))
	}
	hop, err := netip.ParseAddr(f[2])
	if err != nil {
		return fmt.Errorf("bad next hop %s", reading.Quote(f[2]))
	}
	switch a.NextHop = hop.Unmap().WithZone(""); {
	case a.NextHop == bgpdumpNoHop: // the attributes are missing
		a.NotShown |= rib.AttrNextHop | rib.AttrOrigin
		a.NextHop, a.Origin = netip.Addr{}, rib.OriginAbsent
	case !neighbor.IsValid():
		a.NextHop = otherThanSelf(a.NextHop)
	}
	if a.LocalPref, err = bgpdumpNumber(f[3], a, rib.AttrLocalPref); err != nil {
		return err
	}
	if a.MED, err = bgpdumpNumber(f[4], a, rib.AttrMED); err != nil {
		return err
	}
	if a.Communities, err = r.plain.Get([]byte(f[5]), func(s string) ([]rib.Community, error) { return reading.ParseList(s, rib.ParseCommunity) }); err != nil {
		return err
	}
	f = f[6:]
	if !large {
		a.NotShown |= rib.AttrLargeCommunities
	} else {
		if a.LargeCommunities, err = r.large.Get([]byte(f[0]), func(s string) ([]rib.LargeCommunity, error) { return reading.ParseList(s, rib.ParseLargeCommunity) }); err != nil {
			return err
		}
		f = f[1:]
	}
	if f[0] != "NAG" && f[0] != "AG" || f[2] != "" {
		return errors.New("its fields do not end as bgpdump -m ends them")
	}
	return nil
}

func bgpdumpNumber(s string, a *rib.Attrs, what rib.AttrSet) (rib.Optional, error) {
	n, ok := reading.ParseUint32([]byte(s))
	if !ok {
		return rib.Optional{}, fmt.Errorf("%s is no number", reading.Quote(s))
	}
	if n == 0 {
		a.NotShown |= what
		return rib.Optional{}, nil
	}
	return rib.Some(n), nil
}
