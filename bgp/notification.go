package bgp

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var noticeNames = map[uint8]string{
	1: "message header error", 2: "OPEN message error", 3: "UPDATE message error", 4: "hold timer expired",
	5: "finite state machine error", 6: "cease", 7: "ROUTE-REFRESH message error", 8: "send hold timer expired",
}

// ceaseNames are of RFC 4486 3, RFC 8538 3, RFC 9384.
var ceaseNames = map[uint8]string{
	1: "maximum number of prefixes reached", 2: "administrative shutdown", 3: "peer de-configured",
	4: "administrative reset", 5: "connection rejected", 6: "other configuration change",
	7: "connection collision resolution", 8: "out of resources", 9: "hard reset", 10: "BFD down",
}

// openNames are of RFC 4271 6.2, RFC 5492 5, RFC 9234 4.2.
var openNames = map[uint8]string{
	1: "unsupported version number", 2: "bad peer AS", 3: "bad BGP identifier", 4: "unsupported optional parameter",
	6: "unacceptable hold time", 7: "unsupported capability", 11: "role mismatch",
}

// String says what a NOTIFICATION says, and nothing of its data.
func (n notice) String() string {
	name, known := noticeNames[n.code]
	if !known {
		name = "an unknown error"
	}
	sub := ""
	switch n.code {
	case openMessageError:
		sub = openNames[n.subcode]
	case cease:
		sub = ceaseNames[n.subcode]
	}
	if sub != "" {
		name += ", " + sub
	}
	return fmt.Sprintf("%s (%d/%d)", name, n.code, n.subcode)
}

// communication is the text that goes with an administrative shutdown or reset (RFC 9003 2).
func (n notice) communication() string {
	if n.code != cease || n.subcode != administrativeShutdown && n.subcode != administrativeReset || len(n.data) == 0 {
		return ""
	}
	return cleaned(string(n.data[1:min(len(n.data), 1+int(n.data[0]))]))
}

// maxText bounds a text of a router's (RFC 9003 2 allows 255 octets).
const maxText = 255

// cleaned is a router's text without what could move a terminal's cursor or hide in a page.
func cleaned(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxText)], "")
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
