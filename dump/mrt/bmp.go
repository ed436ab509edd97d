package mrt

import (
	"encoding/binary"
	"errors"

	"bgpaudit/dump/reading"
)

// ErrBMP refuses what a router tells a BMP station.
var ErrBMP = errors.New("holds BMP messages (RFC 7854), which are not read: export the router's tables as text, JSON or MRT, as docs/formats says")

// bmpHeader is the size of what every BMP message begins with: its version, its length, its type (RFC 7854 4.1).
const bmpHeader = 6

// Drafts had version 4, whose types changed from draft to draft. Of version 3 types up to 6 were given out.
const (
	bmpVersion      = 3
	bmpDraftVersion = 4
	bmpLastType     = 6
)

// IsBMP reports whether octets begin with a BMP message, and with another one where they go on behind it. Those may be
// cut off.
func IsBMP(head []byte) bool {
	for first := true; ; first = false {
		if len(head) < bmpHeader {
			return !first
		}
		length := binary.BigEndian.Uint32(head[1:])
		known := head[0] == bmpVersion && head[5] <= bmpLastType || head[0] == bmpDraftVersion
		if !known || length < bmpHeader || length > reading.MaxRow {
			return false
		}
		if uint32(len(head)) <= length {
			return true
		}
		head = head[length:]
	}
}
