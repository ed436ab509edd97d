package cisco

import (
	"bytes"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// FortiOS is what Fortinet's FortiOS prints for get router info bgp network and the routes of a neighbour
// (docs/formats/fortios.md).
var FortiOS = reading.Format{Name: "fortios", Sniff: sniffFortiOS, Read: readFortiOS, Shape: fortiosDialect.shape}

// A table of advertised routes has the path and the next hop that the outbound route map leaves.
var fortiosDialect = dialect{
	name: "fortios", counted: true, tagged: true, ownForm: true, selfHop: true, invalid: "dh",
	outHides: rib.AttrLocalPref | rib.AttrMED | rib.AttrBest,
}

func readFortiOS(in *reading.Input, c *reading.Collector) error {
	if err := readCisco(in, c, &fortiosDialect); err != nil {
		return err
	}
	if c.Families != [2]bool{} || !c.ZeroStated || len(c.Source.Families) > 1 { // a zero alone is that of the family that is asked for
		c.EveryDeclared()
	}
	return nil
}

func sniffFortiOS(head []byte) bool {
	for line := range bytes.Lines(head) {
		if isTaggedHeader(bytes.TrimSpace(line)) {
			return true
		}
	}
	return bytes.Contains(head, []byte("get router info")) && onlyStatesZero(head)
}

// isTaggedHeader reports whether text is the header of FortiOS's tables. Since some release the metric stands flush
// left, and all numbers four columns left of their words:
//
//	Network          Next Hop            Metric LocPrf Weight RouteTag Path
//	Network          Next Hop            Metric     LocPrf Weight RouteTag Path
func isTaggedHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Network ")) && bytes.HasSuffix(text, []byte("Weight RouteTag Path"))
}

// cutFortiVRF reads the line above a table: "VRF 0 BGP table version is 4, local router ID is 192.0.2.9".
func cutFortiVRF(text []byte) (vrf string, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("VRF "))
	if !ok {
		return "", false
	}
	number, rest := reading.CutWord(rest)
	if _, ok = reading.ParseUint32(number); !ok {
		return "", false
	}
	return string(number), bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("BGP table version is"))
}

// cutPathIDs drops the ids that stand behind the origin, of the path as it came and as it is sent: "65536 i <-/1>".
func cutPathIDs(line []byte) ([]byte, error) {
	if len(line) == 0 || line[len(line)-1] != '>' {
		return line, nil
	}
	open := bytes.LastIndex(line, []byte(" <"))
	if open < 0 {
		return nil, reading.ErrNoOrigin
	}
	in, out, ok := bytes.Cut(line[open+2:len(line)-1], []byte("/"))
	if !ok || !isFortiID(in) || !isFortiID(out) {
		return nil, reading.ErrNoOrigin
	}
	return line[:open], nil
}

func isFortiID(text []byte) bool {
	_, ok := reading.ParseUint32(text)
	return ok || string(text) == "-"
}

// isGet reports whether words are a command of FortiOS for its routing daemons.
func isGet(words []string) bool {
	return len(words) > 2 && words[0] == "get" && reading.Short(words[1], "router", 1) && (reading.Short(words[2], "info", 1) || words[2] == "info6")
}

// parseFortiCommand reads "get router info bgp neighbors 192.0.2.1 routes", as [reading.ParseShow] does.
func parseFortiCommand(words []string) (c reading.ShowCommand, ok bool) {
	if len(words) < 4 || !reading.Short(words[3], "bgp", 1) {
		return c, false
	}
	family := rib.IPv4
	if strings.HasSuffix(words[2], "6") {
		family = rib.IPv6
	}
	c.Families = []rib.Family{family}
	whole := false
	for i := 4; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case reading.Short(word, "summary", 1) && c.Part == "":
			return c, false
		case word == "|":
			c.Pipe(words[i+1:])
			i = len(words)
		case i == 4 && reading.Short(word, "network", 3):
			whole = true
		case i == 4 && reading.Short(word, "neighbors", 3):
			c.Neighbor = next
			i++
		case c.Neighbor != "" && c.Verb(word):
		default:
			c.Leave(word)
		}
	}
	if !whole && c.Of == "" {
		c.Leave(strings.Join(words[3:], " "))
	}
	return c, true
}
