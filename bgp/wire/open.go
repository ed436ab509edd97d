package wire

import (
	"encoding/binary"
)

// Parts of an OPEN (RFC 4271 4.2, RFC 5492 4, RFC 9072 2, RFC 7911 4).
const (
	openFixed               = 10 // version, AS, hold time, identifier, length of the parameters
	parameterExtended       = 255
	parameterCapsOnly       = 2
	capabilityAddPath       = 69
	addPathSends      uint8 = 2 // the bit of Send/Receive that says "able to send"
)

// AddPathSent reads out of the body of an OPEN for which families its sender is able to send path
// identifiers (RFC 7911 4). ok is false where the OPEN cannot be read to its end. It is a hint for
// files of messages, which show what was agreed in no other place; sessions have their own way.
func AddPathSent(open []byte) (families [2]bool, ok bool) {
	if len(open) < openFixed {
		return families, false
	}
	rest, wide := open[openFixed:], false
	size := int(open[openFixed-1])
	if size == 255 && len(rest) >= 3 && rest[0] == parameterExtended {
		size, rest, wide = int(binary.BigEndian.Uint16(rest[1:])), rest[3:], true
	}
	if size > len(rest) {
		return families, false
	}
	for rest = rest[:size]; len(rest) > 0; {
		kind, value, n := parameter(rest, wide)
		if n == 0 || kind == parameterCapsOnly && !addPathOf(value, &families) {
			return families, false
		}
		rest = rest[n:]
	}
	return families, true
}

// parameter takes one optional parameter, whose length has two octets where it is wide.
func parameter(b []byte, wide bool) (kind uint8, value []byte, size int) {
	head, n := 2, 0
	if wide {
		head = 3
	}
	if len(b) < head {
		return 0, nil, 0
	}
	if n = int(b[1]); wide {
		n = int(binary.BigEndian.Uint16(b[1:]))
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0], b[head : head+n], head + n
}

// addPathOf looks for the ADD-PATH capability in a list of capabilities.
func addPathOf(b []byte, families *[2]bool) bool {
	for len(b) > 0 {
		code, value, n := parameter(b, false)
		if n == 0 {
			return false
		}
		b = b[n:]
		if code != capabilityAddPath {
			continue
		}
		for ; len(value) >= 4; value = value[4:] {
			if fam, ours := FamilyOf(binary.BigEndian.Uint16(value), value[2]); ours {
				families[fam] = value[3]&addPathSends != 0
			}
		}
	}
	return true
}
