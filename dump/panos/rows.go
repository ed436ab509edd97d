package panos

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

var errPANOSColumns = errors.New("its fields do not stand under the words of the header")

// panosColumns are where the fields stand, by the header. Text stands flush left and numbers flush right under their words:
//
//	Prefix             Nexthop          Peer       Weight   LocPrf Org      MED flap AS-Path
//	*203.0.113.0/24    192.0.2.1        isp-a           0      100 igp        0    0 65540,65549
type panosColumns struct {
	prefix, hop, peer, org          int // where they begin
	weight, localPref, med, flapEnd int // where they end
}

func cutPANOSColumns(header []byte) panosColumns {
	at := func(word string) int { return bytes.Index(header, []byte(word)) }
	return panosColumns{
		prefix: at("Prefix"), hop: at("Nexthop"), peer: at("Peer"), org: at("Org"),
		weight: at("Weight") + len("Weight"), localPref: at("LocPrf") + len("LocPrf"), med: at("MED") + len("MED"), flapEnd: at("flap") + len("flap"),
	}
}

// panosRow is a row as printed.
type panosRow struct {
	mark, prefix, hop, peer, localPref, origin, med, path string
}

// cut takes a row apart. Where text stands between two columns, one is wider than its place, and nothing tells what is whose.
func (c *panosColumns) cut(line []byte) (row panosRow, err error) {
	if len(line) < c.flapEnd || c.prefix < 1 {
		return row, errPANOSColumns
	}
	for _, i := range []int{c.hop - 1, c.peer - 1, c.weight, c.localPref, c.org - 1, c.med, c.flapEnd} {
		if i < len(line) && line[i] != ' ' {
			return row, errPANOSColumns
		}
	}
	cell := func(from, to int) string { return string(bytes.TrimSpace(line[from:min(to, len(line))])) }
	row = panosRow{
		mark: cell(0, c.prefix), prefix: cell(c.prefix, c.hop), hop: cell(c.hop, c.peer),
		localPref: cell(c.weight, c.localPref), path: cell(c.flapEnd, len(line)),
	}
	var weight string
	row.peer, weight = cutLast(cell(c.peer, c.weight))
	row.origin, row.med = cutLast(cell(c.org, c.med))
	flushRight := line[c.weight-1] != ' ' && line[c.localPref-1] != ' ' && line[c.med-1] != ' ' && line[c.flapEnd-1] != ' '
	if !flushRight || row.peer == "" || !isNumber(weight) || !isNumber(cell(c.med, c.flapEnd)) {
		return row, errPANOSColumns
	}
	return row, nil
}

// cutLast takes the last word off a text.
func cutLast(text string) (before, last string) {
	at := strings.LastIndexByte(text, ' ')
	return strings.TrimSpace(text[:max(at, 0)]), text[at+1:]
}

func isNumber(text string) bool {
	_, ok := reading.ParseUint32([]byte(text))
	return ok
}

// routeOf makes a route of a row.
func (w *panosWalk) routeOf(row panosRow) (r rib.Route, err error) {
	if r.Prefix, err = reading.ParsePrefix(row.prefix); err != nil {
		return r, err
	}
	switch row.mark {
	case "":
	case "*":
		r.Marks |= rib.Best
	default:
		return r, fmt.Errorf("unknown mark %s", reading.Quote(row.mark))
	}
	a := &r.Attrs
	a.NotShown = hides
	if err = panosHop(a, row); err == nil {
		err = numbers(a, row)
	}
	if err == nil {
		a.Origin, err = panosOrigin(row.origin)
	}
	if err == nil {
		a.ASPath, err = w.paths.Get([]byte(row.path), parsePANOSPath)
	}
	reading.Hide(a)
	return r, err
}

// panosHop reads the next hop; the firewall's own routes have none.
func panosHop(a *rib.Attrs, row panosRow) error {
	if row.hop == "" && row.peer == local {
		return nil
	}
	addr, err := netip.ParseAddr(row.hop)
	if err != nil {
		return fmt.Errorf("bad next hop %s", reading.Quote(row.hop))
	}
	a.NextHop = addr.WithZone("").Unmap()
	return nil
}

// numbers reads local preference and MED. PAN-OS prints 0 for a MED that is absent, too.
func numbers(a *rib.Attrs, row panosRow) error {
	pref, okPref := reading.ParseUint32([]byte(row.localPref))
	med, okMED := reading.ParseUint32([]byte(row.med))
	if !okPref || !okMED {
		return errPANOSColumns
	}
	a.LocalPref = rib.Some(pref)
	if med == 0 {
		a.NotShown |= rib.AttrMED
		return nil
	}
	a.MED = rib.Some(med)
	return nil
}

func panosOrigin(word string) (rib.Origin, error) {
	switch word {
	case "igp":
		return rib.OriginIGP, nil
	case "egp":
		return rib.OriginEGP, nil
	case "i/c":
		return rib.OriginIncomplete, nil
	}
	return 0, fmt.Errorf("bad origin %s", reading.Quote(word))
}

// parsePANOSPath reads numbers with commas between them.
func parsePANOSPath(text string) (rib.ASPath, error) {
	if text == "" {
		return nil, nil
	}
	for number := range strings.SplitSeq(text, ",") {
		if !isNumber(number) {
			return nil, errors.New("bad AS path " + reading.Quote(text))
		}
	}
	return reading.ParsePath(strings.ReplaceAll(text, ",", " "))
}
