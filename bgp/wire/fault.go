package wire

import "fmt"

// Action is what a fault leads to (RFC 7606 2). A greater one is stronger; where a message has
// several faults, the strongest decides (RFC 7606 3 h).
type Action uint8

// The approaches of RFC 7606 2, weakest first. "AFI/SAFI disable" is never used: RFC 7606 allows
// a session reset in every place that allows it.
const (
	Accept           Action = iota // nothing is wrong
	AttributeDiscard               // the attribute is dropped, its routes stand
	TreatAsWithdraw                // the routes of the message count as withdrawn
	SessionReset                   // the message cannot be relied on: the session has to be reset
)

func (a Action) String() string {
	return [...]string{"accept", "attribute discard", "treat-as-withdraw", "session reset"}[a&3]
}

// Codes of the NOTIFICATION that a session reset sends (RFC 4271 4.5).
const (
	messageHeaderError uint8 = 1
	updateMessageError uint8 = 3

	notSynchronized  uint8 = 1 // RFC 4271 6.1
	badMessageLength uint8 = 2
	badMessageType   uint8 = 3

	malformedAttributeList uint8 = 1 // RFC 4271 6.3
	optionalAttributeError uint8 = 9
	invalidNetworkField    uint8 = 10
)

// Fault is one thing that is wrong with a message.
type Fault struct {
	Attr    AttrCode // the attribute; 0 where it is the message itself
	Action  Action
	Code    uint8  // SessionReset: error code and subcode of the NOTIFICATION (RFC 4271 4.5)
	Subcode uint8  //
	Section string // the rule, "RFC 7606 7.1"
	Detail  string // what was found, without any text of the sender's
}

func (f Fault) Error() string {
	if f.Attr == 0 {
		return fmt.Sprintf("%s (%s, %s)", f.Detail, f.Section, f.Action)
	}
	return fmt.Sprintf("%s: %s (%s, %s)", f.Attr, f.Detail, f.Section, f.Action)
}

func newFault(attr AttrCode, action Action, section, detail string, args ...any) Fault {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return Fault{Attr: attr, Action: action, Section: section, Detail: detail}
}

// maxFaults is how many faults of a message are kept; the action counts them all.
const maxFaults = 16

func (u *Update) fault(f Fault) {
	u.Action = max(u.Action, f.Action)
	if len(u.Faults) < maxFaults {
		u.Faults = append(u.Faults, f)
	}
}

// reset is a fault after which nothing of the message counts.
func (u *Update) reset(attr AttrCode, subcode uint8, section, detail string, args ...any) {
	f := newFault(attr, SessionReset, section, detail, args...)
	f.Code, f.Subcode = updateMessageError, subcode
	if len(u.Faults) == maxFaults {
		u.Faults = u.Faults[:maxFaults-1] // the one that decides must be seen
	}
	u.fault(f)
}
