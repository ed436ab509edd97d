package azure

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// azureRows turns rows of any Azure table into routes.
type azureRows struct {
	*reading.Collector
	paths   reading.AttrCache[rib.ASPath]
	refused error // the rows are of a page that is no route table
}

// azureRow is one row as Azure printed it. Keys are told apart without case: the CLI and REST
// write network, PowerShell writes Network.
type azureRow struct {
	prefixes                 []string
	nextHops                 []string
	path, asPath             text
	localPref                text
	sourcePeer, localAddress text
	hub                      bool // a virtual hub's row: next hops are resources
	noHops                   bool // the table has no column for next hops
	lineOf                   int  // lines into the row at which its prefix stands
	foreign                  string
}

// text is a string, whether its key was there, and whether it held one (not null).
type text struct {
	value string
	there bool
	set   bool
}

func textOf(cur *reading.Cursor) text {
	if cur.Null() {
		return text{there: true}
	}
	if cur.Peek() == '"' {
		return text{string(cur.Text()), true, true}
	}
	return text{string(cur.Word()), true, true}
}

// read hands on the routes of one row: one, or one for each of a hub's prefixes.
func (r *azureRows) read(raw []byte, line int) {
	cur := reading.Cursor{Bytes: raw}
	row := parseAzureRow(&cur)
	cur.End()
	line += row.lineOf
	switch {
	case cur.Err != nil:
		r.Skip(line, "bad row: %v", cur.Err)
	case row.foreign != "":
		r.refused = fmt.Errorf("not a route table: looks like %s", row.foreign)
		r.Skip(line, "%v", r.refused)
	case len(row.prefixes) == 0:
		r.Skip(line, "the row has no network")
	default:
		r.take(&row, line)
	}
}

// take hands on the routes of a row that was read.
func (r *azureRows) take(row *azureRow, line int) {
	attrs, marks, neighbor, err := r.attrs(row)
	if err != nil {
		r.Skip(line, "%v", err)
		return
	}
	for _, text := range row.prefixes {
		prefix, err := row.parsePrefix(text)
		if err != nil {
			r.Skip(line, "%v", err)
			continue
		}
		r.Route(rib.Route{Prefix: prefix, Neighbor: neighbor, Attrs: attrs, Marks: marks, Line: line})
	}
}

// parsePrefix reads a prefix of the row. The edge routers at whose end circuits are print as IOS does: without the length where
// it is that of the class. Theirs alone have a path and no asPath.
func (row *azureRow) parsePrefix(text string) (netip.Prefix, error) {
	if row.path.there && !row.asPath.there && !row.hub {
		return reading.ParseClassful(text)
	}
	return reading.ParsePrefix(text)
}

func parseAzureRow(cur *reading.Cursor) azureRow {
	var row azureRow
	if cur.Peek() != '{' {
		cur.Fail("found %s where a row should stand", reading.Quote(cur.Value()))
		return row
	}
	cur.Enter('{')
	for cur.Next('}') {
		at := cur.Pos
		key := strings.ToLower(string(cur.Key()))
		switch key {
		case "network", "addressprefixes":
			row.lineOf = bytes.Count(cur.Bytes[:at], []byte("\n"))
			row.prefixes = strs(cur)
			row.hub = row.hub || key == "addressprefixes"
		case "nexthop", "nexthops":
			row.nextHops = strs(cur)
		case "path":
			row.path = textOf(cur)
		case "aspath":
			row.asPath = textOf(cur)
		case "locprf":
			row.localPref = textOf(cur)
		case "sourcepeer":
			row.sourcePeer = textOf(cur)
		case "localaddress":
			row.localAddress = textOf(cur)
		default:
			row.foreign = foreignKey(key, row.foreign)
			cur.Value()
		}
	}
	return row
}

// foreignKey names the page that a key belongs to, where it is no route table's.
func foreignKey(key, known string) string {
	for what, keys := range map[string][]string{
		"the effective routes of a network interface, which are not BGP routes": NICKeys,
		"an ARP table":  ARPKeys,
		"a BGP summary": {"statepfxrcd", "updown"},
	} {
		if slices.Contains(keys, key) {
			return what
		}
	}
	return known
}

// strs reads a string, a list of them, or null.
func strs(cur *reading.Cursor) []string {
	switch cur.Peek() {
	case '"':
		return []string{string(cur.Text())}
	case 'n':
		cur.Null()
		return nil
	}
	return reading.StringList(cur)
}

// attrs reads the row's attributes.
func (r *azureRows) attrs(row *azureRow) (rib.Attrs, rib.Marks, netip.Addr, error) {
	a := rib.Attrs{NotShown: hides | rib.AttrBest}
	marks, err := nextHopOf(row, &a)
	if err == nil {
		err = r.asPathOf(row, &a)
	}
	if err == nil {
		err = localPrefOf(row, &a)
	}
	var neighbor netip.Addr
	if err == nil {
		neighbor, err = neighborOf(row, &a)
	}
	return a, marks, neighbor, err
}

// nextHopOf reads the next hop; a star behind it says that the router chose this row. A row
// without one may be of a table that prints none, so its mark is not shown.
func nextHopOf(row *azureRow, a *rib.Attrs) (rib.Marks, error) {
	var marks rib.Marks
	if row.noHops {
		a.NotShown |= rib.AttrNextHop
	}
	if len(row.nextHops) == 0 {
		return marks, nil
	}
	shown := strings.TrimSpace(row.nextHops[0])
	hop, star := strings.CutSuffix(shown, "*")
	if star {
		marks |= rib.Best
		a.NotShown &^= rib.AttrBest
	}
	if hop == "" {
		return marks, nil
	}
	addr, err := netip.ParseAddr(hop)
	switch {
	case err == nil:
		a.NextHop = addr.WithZone("").Unmap()
	case row.hub:
		a.NotShown |= rib.AttrNextHop // a resource, not an address
	default:
		return marks, fmt.Errorf("bad next hop %s", reading.Quote(shown))
	}
	return marks, nil
}

// asPathOf reads path (blanks between, the origin's letter last, in ExpressRoute's tables) or
// asPath (dashes between, elsewhere).
func (r *azureRows) asPathOf(row *azureRow, a *rib.Attrs) error {
	shown := row.path
	if !shown.there {
		shown = row.asPath
	}
	if !shown.set {
		a.NotShown |= rib.AttrOrigin
		// null stands for an empty path on a gateway's own routes; a missing key shows nothing
		if !shown.there {
			a.NotShown |= rib.AttrASPath
		}
		return nil
	}
	words, origin, lettered := cutOrigin(shown.value)
	a.Origin = origin
	if !lettered {
		a.NotShown |= rib.AttrOrigin
	}
	path, err := r.paths.Get([]byte(words), parseDashed)
	if err != nil {
		return fmt.Errorf("bad AS path %s", reading.Quote(shown.value))
	}
	a.ASPath = path
	return nil
}

// cutOrigin takes the letter off the end of "65515 I".
func cutOrigin(path string) (string, rib.Origin, bool) {
	path = strings.TrimSpace(path)
	if path == "" {
		return "", rib.OriginAbsent, false
	}
	cut := strings.LastIndexByte(path, ' ') + 1
	if last := path[cut:]; len(last) == 1 {
		if origin, err := rib.ParseOrigin(last); err == nil {
			return strings.TrimSpace(path[:cut]), origin, true
		}
	}
	return path, rib.OriginAbsent, false
}

// parseDashed reads numbers with single dashes, or blanks, between them.
func parseDashed(s string) (rib.ASPath, error) {
	if strings.Contains(s, "-") {
		parts := strings.Split(s, "-")
		for i, part := range parts {
			if parts[i] = strings.TrimSpace(part); parts[i] == "" {
				return nil, fmt.Errorf("an empty AS number")
			}
		}
		s = strings.Join(parts, " ")
	}
	return reading.ParsePath(s)
}

// localPrefOf reads locPrf, a number written as a string, empty where there is none.
func localPrefOf(row *azureRow, a *rib.Attrs) error {
	switch v := strings.TrimSpace(row.localPref.value); {
	case !row.localPref.there:
		a.NotShown |= rib.AttrLocalPref
	case v == "":
	default:
		n, ok := reading.ParseUint32([]byte(v))
		if !ok {
			return fmt.Errorf("bad local preference %s", reading.Quote(v))
		}
		a.LocalPref = rib.Some(n)
	}
	return nil
}

// neighborOf reads sourcePeer. A gateway names itself there for routes of its own.
func neighborOf(row *azureRow, a *rib.Attrs) (netip.Addr, error) {
	v := strings.TrimSpace(row.sourcePeer.value)
	switch {
	case !row.sourcePeer.there:
		a.NotShown |= rib.AttrNeighbor
		return netip.Addr{}, nil
	case v == "", v == strings.TrimSpace(row.localAddress.value):
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(v)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("bad source peer %s", reading.Quote(v))
	}
	return addr.WithZone("").Unmap(), nil
}

// Keys of tables of Azure that hold no BGP routes.
var (
	NICKeys = []string{"nexthopipaddress", "hasbgpoverride", "disablebgproutepropagation"}
	ARPKeys = []string{"macaddress"}
	// RouteMapKeys are of a virtual hub's route maps: az network vhub route-map, Get-AzRouteMap.
	RouteMapKeys = []string{"matchcriteria", "associatedinboundconnections", "associatedoutboundconnections", "nextstepifmatched"}
)
