package wire

import (
	"encoding/binary"
	"iter"
	"net/netip"

	"bgpaudit/rib"
)

// Session is what two ends agreed on, as far as it changes how an UPDATE is read.
type Session struct {
	// FourOctetASN: both ends sent the capability, AS numbers have four octets (RFC 6793 4.1).
	FourOctetASN bool
	// AddPath says by family whether the sender puts a path identifier before each prefix (RFC 7911 4).
	AddPath [2]bool
	// External: the neighbour is in another AS and no member of our confederation. It may not send
	// LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST, nor confederation segments. Where that is not
	// known leave it false: nothing is then discarded.
	External bool
}

// Decoder reads the messages of one direction of a session. It is not safe for use by several
// goroutines; decoders of one goroutine may share a cache.
type Decoder struct {
	session Session
	mode    mode
	cache   *Cache
	list    attrList
}

// NewDecoder makes a decoder. A nil cache stands for one of its own.
func NewDecoder(s Session, cache *Cache) *Decoder {
	d := &Decoder{session: s, cache: cache}
	if d.cache == nil {
		d.cache = NewCache(0)
	}
	if s.FourOctetASN {
		d.mode |= fourOctet
	}
	if s.External {
		d.mode |= external
	}
	return d
}

// Update is a decoded UPDATE. The zero value is ready; [Decoder.Update] overwrites it and uses its
// memory again, so what is to be kept must be copied.
//
// Withdraw before you advertise: a prefix in both is advertised (RFC 4271 4.3).
type Update struct {
	Action   Action  // the strongest of the faults'
	Faults   []Fault // the first 16
	EndOfRIB [2]bool // by family: the message is its End-of-RIB marker (RFC 4724 2)

	Withdrawn  []NLRI // by the sender: WITHDRAWN ROUTES, then MP_UNREACH_NLRI
	Refused    []NLRI // advertised, and withdrawn for a fault (treat-as-withdraw)
	Advertised []NLRI // NLRI, then MP_REACH_NLRI; Routes gives their attributes

	Foreign  []Foreign // other families, passed over
	Unusable int       // IPv6 prefixes inside ::ffff:0:0/96, passed over

	set                *Set
	classic            int // so many of Advertised came in the NLRI field, with NEXT_HOP
	nextHop, mpNextHop netip.Addr
	route              rib.Route
}

func (u *Update) clear() {
	*u = Update{
		Faults: u.Faults[:0], Withdrawn: u.Withdrawn[:0], Refused: u.Refused[:0], Advertised: u.Advertised[:0], Foreign: u.Foreign[:0],
	}
}

// Attributes is the decoded set of the message's attributes, shared by all its routes.
// It is nil where the message advertises nothing.
func (u *Update) Attributes() *Set { return u.set }

// NextHop is the next hop of Advertised[i].
func (u *Update) NextHop(i int) netip.Addr {
	if i < u.classic {
		return u.nextHop
	}
	return u.mpNextHop
}

// Routes gives each advertised route, with every attribute but the neighbour's ASN. The route is
// good until the next one; its slices may be kept, and must not be changed.
func (u *Update) Routes() iter.Seq[*rib.Route] {
	return func(yield func(*rib.Route) bool) {
		for i, n := range u.Advertised {
			if i == 0 || i == u.classic {
				u.route = rib.Route{Attrs: u.set.Attrs}
				u.route.Attrs.NextHop = u.NextHop(i)
			}
			u.route.Prefix, u.route.PathID = n.Prefix, n.PathID
			if !yield(&u.route) {
				return
			}
		}
	}
}

// Update decodes the body of an UPDATE (RFC 4271 4.3), which is the message without its header,
// and returns u.Action.
func (d *Decoder) Update(body []byte, u *Update) Action {
	u.clear()
	if attrs, nlri, ok := d.fields(body, u); ok {
		d.attributes(attrs, nlri, u)
	}
	switch u.Action {
	case TreatAsWithdraw:
		u.Refused, u.Advertised = u.Advertised, u.Refused
	case SessionReset:
		u.Withdrawn, u.Advertised = u.Withdrawn[:0], u.Advertised[:0]
		u.EndOfRIB = [2]bool{}
	}
	return u.Action
}

// fields finds the three fields of the body and reads the prefixes of two of them. nlri says
// whether there are any in the NLRI field.
func (d *Decoder) fields(body []byte, u *Update) (attrs []byte, nlri, ok bool) {
	if len(body) < 4 {
		u.reset(0, malformedAttributeList, "RFC 4271 6.3", "%d octets cannot hold an UPDATE", len(body))
		return nil, false, false
	}
	withdrawn := int(binary.BigEndian.Uint16(body))
	if 4+withdrawn > len(body) {
		u.reset(0, malformedAttributeList, "RFC 4271 6.3", "the withdrawn routes are longer than the message")
		return nil, false, false
	}
	rest := body[2+withdrawn:]
	size := int(binary.BigEndian.Uint16(rest))
	if 2+size > len(rest) {
		u.reset(0, malformedAttributeList, "RFC 4271 6.3", "the path attributes are longer than the message")
		return nil, false, false
	}
	addPath := d.session.AddPath[rib.IPv4]
	var wrong string
	if u.Withdrawn, _, wrong = appendNLRI(u.Withdrawn, body[2:2+withdrawn], rib.IPv4, addPath); wrong != "" {
		u.reset(0, invalidNetworkField, "RFC 7606 3 i, 5.3", "withdrawn routes: %s", wrong)
		return nil, false, false
	}
	if u.Advertised, _, wrong = appendNLRI(u.Advertised, rest[2+size:], rib.IPv4, addPath); wrong != "" {
		u.reset(0, invalidNetworkField, "RFC 7606 5.3", "NLRI: %s", wrong)
		return nil, false, false
	}
	u.classic = len(u.Advertised)
	u.EndOfRIB[rib.IPv4] = len(body) == 4
	return rest[2 : 2+size], u.classic > 0, true
}

func (d *Decoder) attributes(b []byte, nlri bool, u *Update) {
	l := &d.list
	l.split(b, byte(d.mode))
	if l.twiceReach || l.twiceUnreach {
		u.reset(0, malformedAttributeList, "RFC 7606 3 g", "MP_REACH_NLRI or MP_UNREACH_NLRI stands twice")
		return
	}
	if l.hasUnreach {
		flagsFault(l.unreach, u)
		if fam, empty := d.mpUnreach(l.unreach, u); empty {
			u.EndOfRIB[fam] = len(l.key) == 1 && !l.hasReach && !l.hasNextHop && !l.cutOff && !nlri && len(u.Withdrawn) == 0
		}
	}
	if l.hasReach {
		flagsFault(l.reach, u)
		d.mpReach(l.reach, u)
	}
	if l.hasNextHop {
		d.nextHop(l.nextHop, u)
	}
	if l.cutOff {
		u.fault(newFault(0, TreatAsWithdraw, "RFC 7606 4", "the last path attribute is longer than their field"))
	}
	l.reportTwice(u)
	if len(l.key) > 1 || nlri || l.hasReach {
		u.set = d.cache.set(d.list.key)
		for _, f := range u.set.faults {
			u.fault(f)
		}
	}
	if reach := nlri || l.hasReach; reach {
		d.mandatory(nlri, u)
	} else if others := len(l.key) > 1 || l.hasNextHop || l.cutOff; others && u.Action == TreatAsWithdraw {
		// Without reachable NLRI nobody can be sure that the prefixes were found. What MP_UNREACH_NLRI
		// alone withdraws is withdrawn, whatever its flags.
		u.reset(0, malformedAttributeList, "RFC 7606 5.2", "path attributes in error, and no prefix to withdraw for them")
	}
}

func flagsFault(a attribute, u *Update) {
	if want, known := flagsOf(a.code); known && a.flags&(flagOptional|flagTransitive) != want {
		u.fault(newFault(a.code, TreatAsWithdraw, "RFC 7606 3 c", "flags %#02x, want %#02x", a.flags&(flagOptional|flagTransitive), want))
	}
}

// nextHop reads NEXT_HOP (RFC 4271 5.1.3).
func (d *Decoder) nextHop(a attribute, u *Update) {
	flagsFault(a, u)
	if len(a.value) != 4 {
		u.fault(newFault(NextHop, TreatAsWithdraw, "RFC 7606 7.3", "length %d, not 4", len(a.value)))
		return
	}
	u.nextHop = netip.AddrFrom4([4]byte(a.value))
}

// reportTwice names the attributes whose later occurrences were dropped (RFC 7606 3 g).
func (l *attrList) reportTwice(u *Update) {
	if l.twice == [4]uint64{} {
		return
	}
	for code := range 256 {
		if l.twice[code>>6]&(1<<(code&63)) != 0 {
			u.fault(newFault(AttrCode(code), AttributeDiscard, "RFC 7606 3 g", "it stands more than once: the first counts"))
		}
	}
}

// mandatory asks for the attributes that reachable routes cannot do without (RFC 7606 3 d).
func (d *Decoder) mandatory(nlri bool, u *Update) {
	for _, c := range [...]AttrCode{Origin, ASPath} {
		if !u.set.hasAttr(c) {
			u.fault(newFault(c, TreatAsWithdraw, "RFC 7606 3 d", "it is missing"))
		}
	}
	if nlri && !d.list.hasNextHop {
		u.fault(newFault(NextHop, TreatAsWithdraw, "RFC 7606 3 d", "it is missing"))
	}
}
