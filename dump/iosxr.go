package dump

import (
	"bytes"

	"bgpaudit/rib"
)

// iosxrText is what Cisco IOS XR prints for "show bgp" and the routes of a neighbour (docs/formats/iosxr.md).
var iosxrText = Format{Name: "iosxr", Sniff: sniffIOSXR, Read: readIOSXR, Shape: iosxrDialect.shape}

// xrAdvertisedHides is what a table of advertised routes has no column for. What it has is as sent.
const xrAdvertisedHides = rib.AttrLocalPref | rib.AttrMED | rib.AttrBest

var iosxrDialect = ciscoDialect{name: "iosxr", marks: 3, counted: true, outHides: xrAdvertisedHides, invalid: "dh"}

func readIOSXR(in *input, c *collector) error { return readCisco(in, c, &iosxrDialect) }

func sniffIOSXR(head []byte) bool {
	for rest := head; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		text = bytes.TrimSpace(text)
		if isAdvertisedHeader(text) {
			return true
		}
		if isColumnHeader(text) && bytes.Contains(head, []byte("BGP main routing table version")) {
			return true
		}
	}
	return false
}

// isAdvertisedHeader reports whether text is the header of a table of advertised routes:
//
//	Network            Next Hop        From            AS Path
//	203.0.113.0/24     192.0.2.1       Local           65536i
func isAdvertisedHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Network ")) && bytes.HasSuffix(text, []byte(" AS Path")) && bytes.Contains(text, []byte(" From "))
}

// cutFrom passes over whom an advertised route came from: a neighbour, or the router itself.
func cutFrom(line []byte, i int) (int, error) {
	word := nextToken(line, i)
	text := line[word.start:word.end]
	if !isAddress(text) && !bytes.Equal(text, []byte("Local")) {
		return 0, errColumns
	}
	return nextToken(line, word.end).start, nil
}
