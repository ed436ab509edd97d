package bgp

import (
	"net/netip"
	"time"

	"bgpaudit/rib"
)

// State is where a session stands (RFC 4271 8.2.2, as seen by one who never connects).
type State string

// The states of a session.
const (
	Idle        State = "idle"      // just lost: new connections wait until GoBGP takes them
	Active      State = "active"    // waiting for the router to connect
	OpenSent    State = "open-sent" // connected, no valid OPEN yet
	OpenConfirm State = "open-confirm"
	Established State = "established"
)

// Session is the life of one session, at one moment. It is a copy: it does not change.
type Session struct {
	Name      string // of the neighbour
	Feed      rib.FeedID
	Address   netip.Addr // the router's
	ASN       uint32
	LocalASN  uint32
	State     State
	Since     time.Time // of that state
	RouterID  netip.Addr
	HoldTime  time.Duration // negotiated; 0: no keepalives
	Offered   []string      // the router's capabilities, by name, in its order
	Families  [2]bool       // negotiated
	AddPath   [2]bool       // the router sends path ids
	Extended  bool          // messages of up to 65,535 octets (RFC 8654)
	EndOfRIB  [2]bool       // received in this session
	Restarts  bool          // it is within a graceful restart: its routes are kept, and stale
	Flaps     int           // times that it went down from Established
	LastError *SessionError // what ended the last session or connection, nil if nothing did

	Updates    uint64 // UPDATE messages received in this session
	Routes     int    // held of this neighbour, as the session counts them
	Refused    uint64 // routes treated as withdrawn for a fault (RFC 7606)
	Discarded  uint64 // attributes discarded for a fault (RFC 7606)
	Foreign    uint64 // prefixes or messages of other families, passed over
	OverLimit  bool   // PrefixLimit was reached: what did not fit was not kept
	Suppressed uint64 // UPDATEs that GoBGP would have sent. Anything but 0 is a defect, and an alarm.
	BytesIn    uint64
	BytesOut   uint64
}

// SessionError is why a session or a connection ended.
type SessionError struct {
	Time    time.Time
	Text    string // one sentence, no text of the router's but what it sent as a reason, cleaned
	Sent    bool   // we ended it with a NOTIFICATION of Code and Subcode
	Got     bool   // the router did
	Code    uint8
	Subcode uint8
	Octets  []byte // the offending ones, from the message header on, at most 64
}

// Refusal is a connection that was not taken.
type Refusal struct {
	Time    time.Time
	Address netip.Addr
	Reason  string // "not a configured neighbor", "refused: session still up", …
	Count   int    // so many of this address and reason, this one the last
}
