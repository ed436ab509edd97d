package cisco

import (
	"bytes"
	"regexp"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// IOSXR is what Cisco IOS XR prints for "show bgp" and the routes of a neighbour (docs/formats/iosxr.md).
var IOSXR = reading.Format{Name: "iosxr", Sniff: sniffIOSXR, Read: readIOSXR, Shape: iosxrDialect.shape, OneFamily: true}

// xrAdvertisedHides is what a table of advertised routes has no column for. What it has is as sent.
const xrAdvertisedHides = rib.AttrLocalPref | rib.AttrMED | rib.AttrBest

var iosxrDialect = dialect{
	name: "iosxr", marks: 3, counted: true, outHides: xrAdvertisedHides, invalid: "dh",
}

func readIOSXR(in *reading.Input, c *reading.Collector) error { return readCisco(in, c, &iosxrDialect) }

// xrPrompt is a prompt as no other platform has it: "RP/0/RSP0/CPU0:edge1#".
var xrPrompt = regexp.MustCompile(`(?m)^RP/[0-9]+/[A-Za-z]*[0-9]+/CPU[0-9]+:[^\s#]+#`)

func sniffIOSXR(head []byte) bool {
	of := bytes.Contains(head, []byte("BGP main routing table version")) || bytes.Contains(head, []byte("N Nexthop-discard")) || xrPrompt.Match(head)
	for rest := head; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		text = bytes.TrimSpace(text)
		if isAdvertisedHeader(text) {
			return true
		}
		if of && IsColumnHeader(text) {
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
	word := reading.NextToken(line, i)
	text := line[word.Start:word.End]
	if !reading.IsAddress(text) && !bytes.Equal(text, []byte("Local")) {
		return 0, errColumns
	}
	return reading.NextToken(line, word.End).Start, nil
}
