package cisco

import (
	"bytes"
	"regexp"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// EOS is what Arista EOS prints without json (docs/formats/eos.md).
var EOS = reading.Format{Name: "eos", Sniff: sniffEOSText, Read: readEOSText, Shape: eosTextDialect.shape, OneFamily: true}

// A row of EOS prints "-" for a number that is absent, and repeats the prefix:
//
//   - >Ec    203.0.113.0/24         192.0.2.1             0       -          100     0       65540 i
var eosTextDialect = dialect{
	name: "eos", words: true, selfHop: true, invalid: "s", outHides: rib.AttrLocalPref | rib.AttrBest,
}

func readEOSText(in *reading.Input, c *reading.Collector) error {
	return readCisco(in, c, &eosTextDialect)
}

func sniffEOSText(head []byte) bool {
	if bytes.Contains(head, []byte("BGP routing table entry for")) {
		return false
	}
	for line := range bytes.Lines(head) { // no other platform calls a column LocPref
		if isEOSHeader(bytes.TrimSpace(line)) {
			return true
		}
	}
	return bytes.Contains(head, []byte("BGP routing table information for VRF ")) && bytes.Contains(head, []byte("Route status codes:"))
}

func isEOSHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Network ")) && bytes.Contains(text, []byte(" Next Hop ")) && bytes.Contains(text, []byte(" LocPref ")) && bytes.HasSuffix(text, []byte(" Path"))
}

// eosNumbers is how many numbers stand in a row under this header.
func eosNumbers(header []byte) int {
	if bytes.Contains(header, []byte(" AIGP ")) {
		return 4
	}
	return 3
}

// eosNumbers reads metric, AIGP where there is one, local preference and weight. rest is where the path begins.
func (r *reader) eosNumbers(a *rib.Attrs, line []byte, from int) (rest int, err error) {
	for i := range r.numbers {
		word := reading.NextToken(line, from)
		from = word.End
		value, ok := reading.ParseUint32(line[word.Start:word.End])
		switch absent := string(line[word.Start:word.End]) == "-"; {
		case !ok && !absent:
			return 0, errColumns
		case absent:
		case i == 0:
			a.MED = rib.Some(value)
		case i == r.numbers-2:
			a.LocalPref = rib.Some(value)
		}
	}
	return from, nil
}

// eosBehind is what EOS prints behind the origin: "Or-ID: 192.0.2.9 C-LST: 192.0.2.8 192.0.2.7".
var eosBehind = regexp.MustCompile(`^( (Or-ID|C-LST|LL Nexthop):( [0-9a-fA-F.:%A-Za-z/-]+)+)+$`)

// cutEOSPath drops what EOS prints behind the origin.
func cutEOSPath(line []byte) []byte {
	first := len(line)
	for _, mark := range []string{" Or-ID:", " C-LST:", " LL Nexthop:"} {
		if at := bytes.Index(line, []byte(mark)); at >= 0 {
			first = min(first, at)
		}
	}
	if first < len(line) && !eosBehind.Match(bytes.TrimRight(line[first:], " ")) {
		return line // text is disturbed, and no row ends so
	}
	return bytes.TrimRight(line[:first], " ")
}
