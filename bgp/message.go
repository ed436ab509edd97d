package bgp

import (
	"encoding/binary"

	"bgpaudit/bgp/wire"
)

// message is one BGP message that was read.
type message struct {
	kind   wire.MessageType
	octets []byte // all of them
}

// body is the message without its header.
func (m message) body() []byte { return m.octets[wire.HeaderLength:] }

// notice is what a NOTIFICATION says, whose length was checked.
func (m message) notice() notice {
	b := m.body()
	return notice{code: b[0], subcode: b[1], data: b[2:]}
}

// sendable is a type of message that we write. There is no fourth: no UPDATE, and no ROUTE-REFRESH,
// which would make a router send its table again.
type sendable uint8

const (
	sendOpen         = sendable(wire.Open)
	sendNotification = sendable(wire.Notification)
	sendKeepalive    = sendable(wire.Keepalive)
)

// encode is the one place where a message of ours is made (RFC 4271 4.1).
func encode(kind sendable, body []byte) []byte {
	b := make([]byte, wire.HeaderLength, wire.HeaderLength+len(body))
	for i := range 16 {
		b[i] = 0xff
	}
	binary.BigEndian.PutUint16(b[16:], uint16(wire.HeaderLength+len(body)))
	b[18] = byte(kind)
	return append(b, body...)
}

var keepalive = encode(sendKeepalive, nil)

// notice is what a NOTIFICATION says (RFC 4271 4.5).
type notice struct {
	code, subcode uint8
	data          []byte
}

// Error codes and subcodes that we send, beside those of package wire.
const (
	messageHeaderError = 1 // RFC 4271 6.1
	openMessageError   = 2 // RFC 4271 6.2
	fsmError           = 5 // RFC 4271 6.6
	cease              = 6 // RFC 4271 6.7
	sendHoldExpired    = 8 // RFC 9687 4

	badMessageLength             = 2 // of messageHeaderError
	badMessageType               = 3
	unsupportedVersion           = 1 // of openMessageError
	badPeerAS                    = 2
	unsupportedOptionalParameter = 4
	unexpectedInOpenSent         = 1 // of fsmError (RFC 6608 3)
	unexpectedInOpenConfirm      = 2
	unexpectedInEstablished      = 3
	administrativeShutdown       = 2 // of cease (RFC 4486 3)
	administrativeReset          = 4
	connectionRejected           = 5
	connectionCollision          = 7
	outOfResources               = 8
)

// maxNoticeData keeps a NOTIFICATION within [wire.MaxLength].
const maxNoticeData = wire.MaxLength - wire.HeaderLength - 2

func (n notice) encode() []byte {
	data := n.data[:min(len(n.data), maxNoticeData)]
	return encode(sendNotification, append([]byte{n.code, n.subcode}, data...))
}

// fault is what a router did wrong on the wire: how we answer, and what the reader is told.
type fault struct {
	notice
	text   string
	octets []byte // the offending ones
}

func newFault(code, subcode uint8, text string) *fault {
	return &fault{notice: notice{code: code, subcode: subcode}, text: text}
}
