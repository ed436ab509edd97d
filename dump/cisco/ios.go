package cisco

import (
	"bytes"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// IOS is what Cisco IOS and IOS XE print for "show ip bgp", "show bgp ... unicast" and the routes of a
// neighbour (docs/formats/ios.md).
var IOS = reading.Format{Name: "ios", Sniff: sniffIOS, Read: readIOS, Shape: iosDialect.shape, OneFamily: true}

// A table of advertised routes shows the attributes as they stand in the router's own table, before the
// outbound route map and encoding: what is sent in these places is not shown.
const sentOtherwise = rib.AttrNextHop | rib.AttrASPath | rib.AttrLocalPref | rib.AttrMED | rib.AttrBest

var iosDialect = dialect{
	name: "ios", outHides: sentOtherwise, ownForm: true, selfHop: true, longStale: true, invalid: "dh",
}

func readIOS(in *reading.Input, c *reading.Collector) error { return readCisco(in, c, &iosDialect) }

// iosKin are words of tables that look like those of IOS and are none.
var iosKin = [][]byte{
	[]byte("vrf id "), []byte("Default local pref"), []byte("R Removed"), []byte("RouteTag"), []byte("= multipath"), []byte("Router identifier"),
}

func sniffIOS(head []byte) bool {
	if containsSome(head, iosKin) {
		return false
	}
	if bytes.Contains(head, []byte("local router ID is")) && bytes.Contains(head, []byte("Status codes: s suppressed")) {
		return true
	}
	return onlyStatesZero(head) && !bytes.Contains(head, []byte("get router info"))
}

// onlyStatesZero reports whether all that the router said is "Total number of prefixes 0".
func onlyStatesZero(head []byte) bool {
	stated := false
	for rest := head; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		text = bytes.TrimSpace(text)
		count, ok := cutCiscoCount(text)
		switch {
		case ok && !count.both && count.prefixes == 0:
			stated = true
		case len(text) > 0 && !reading.IsRouterPrompt(text) && !bytes.HasPrefix(text, []byte("show ")) && !bytes.HasPrefix(text, []byte("get router ")):
			return false
		}
	}
	return stated
}

func containsSome(head []byte, words [][]byte) bool {
	for _, w := range words {
		if bytes.Contains(head, w) {
			return true
		}
	}
	return false
}
