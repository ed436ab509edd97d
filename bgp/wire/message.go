package wire

import "encoding/binary"

// MessageType is the type of a BGP message (RFC 4271 4.1).
type MessageType uint8

// The types of RFC 4271 4.1 and RFC 2918 3.
const (
	Open         MessageType = 1
	UpdateMsg    MessageType = 2
	Notification MessageType = 3
	Keepalive    MessageType = 4
	RouteRefresh MessageType = 5
)

// Lengths of whole messages, header included.
const (
	HeaderLength      = 19    // RFC 4271 4.1, and the shortest message there is
	MaxLength         = 4096  // RFC 4271 4.1
	MaxExtendedLength = 65535 // RFC 8654 4, once both ends have agreed on it
)

// shortest is the least length of each type (RFC 4271 6.1, RFC 2918 3).
var shortest = [...]int{Open: 29, UpdateMsg: 23, Notification: 21, Keepalive: HeaderLength, RouteRefresh: 23}

// ParseHeader reads the header of a message: its type and its whole length. A fault is always a
// session reset with a Message Header Error (RFC 4271 6.1): where the next message begins cannot
// be known. b must hold [HeaderLength] bytes; a shorter one is a bad length.
func ParseHeader(b []byte, maxLength int) (t MessageType, length int, fault *Fault) {
	if len(b) < HeaderLength {
		return 0, len(b), headerFault(badMessageLength, "a message of %d octets is shorter than its header", len(b))
	}
	for _, m := range b[:16] {
		if m != 0xff {
			return 0, 0, headerFault(notSynchronized, "the marker is not all ones")
		}
	}
	length, t = int(binary.BigEndian.Uint16(b[16:])), MessageType(b[18])
	if length < HeaderLength || length > maxLength {
		return t, length, headerFault(badMessageLength, "length %d is not within %d and %d", length, HeaderLength, maxLength)
	}
	if t == 0 || int(t) >= len(shortest) {
		return t, length, headerFault(badMessageType, "message type %d is unknown", t)
	}
	if length < shortest[t] || t == Keepalive && length != HeaderLength {
		return t, length, headerFault(badMessageLength, "length %d cannot be of a message of type %d", length, t)
	}
	return t, length, nil
}

func headerFault(subcode uint8, detail string, args ...any) *Fault {
	f := newFault(0, SessionReset, "RFC 4271 6.1", detail, args...)
	f.Code, f.Subcode = messageHeaderError, subcode
	return &f
}
