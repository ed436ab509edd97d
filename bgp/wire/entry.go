package wire

import (
	"net/netip"

	"bgpaudit/rib"
)

// Entry is a route of a stored table, without its prefix: the attributes that all routes of the
// same bytes share, and the next hop.
type Entry struct {
	Set     *Set
	NextHop netip.Addr // the zero Addr where the attributes hold none
}

// NewEntryDecoder makes a decoder for [Decoder.Entry] alone. fourOctet is the width of the AS
// numbers: always four octets in TABLE_DUMP_V2, whatever the session had (RFC 6396 4.3.4), two in
// TABLE_DUMP (RFC 6396 4.2).
func NewEntryDecoder(fourOctetASN bool, cache *Cache) *Decoder {
	d := NewDecoder(Session{FourOctetASN: fourOctetASN}, cache)
	d.mode |= stored
	return d
}

// Entry decodes the path attributes of a table's entry for a prefix of the family. MP_REACH_NLRI
// may be whole or cut down to its next hop (RFC 6396 4.3.4).
//
// A table is no message: nothing in it is mandatory, since routers store routes of their own
// without a next hop or an AS path, and attribute flags are not checked. A value that is malformed
// gives a fault that says why; the entry is then no evidence of anything.
func (d *Decoder) Entry(attrs []byte, fam rib.Family) (Entry, *Fault) {
	l := &d.list
	l.split(attrs, byte(d.mode))
	if l.cutOff {
		f := newFault(0, TreatAsWithdraw, "RFC 7606 4", "the last path attribute is longer than their field")
		return Entry{}, &f
	}
	e := Entry{Set: d.cache.set(d.list.key)}
	for i := range e.Set.faults {
		if e.Set.faults[i].Action > AttributeDiscard {
			return Entry{}, &e.Set.faults[i]
		}
	}
	if l.hasNextHop {
		switch len(l.nextHop.value) {
		case 4:
			e.NextHop = netip.AddrFrom4([4]byte(l.nextHop.value))
		default:
			f := newFault(NextHop, TreatAsWithdraw, "RFC 7606 7.3", "length %d, not 4", len(l.nextHop.value))
			return Entry{}, &f
		}
	}
	if l.hasReach {
		hop, ok := nextHopOf(storedNextHop(l.reach.value), fam)
		if !ok {
			f := newFault(MPReachNLRI, TreatAsWithdraw, "RFC 6396 4.3.4", "it holds no next hop for %s", fam)
			return Entry{}, &f
		}
		e.NextHop = hop
	}
	return e, nil
}

// storedNextHop finds the next hop field. Cut down, the attribute begins with the field's length;
// whole, with an AFI whose first octet is 0.
func storedNextHop(b []byte) []byte {
	switch {
	case len(b) > 1 && int(b[0]) == len(b)-1:
		return b[1:]
	case len(b) >= 5 && b[0] == 0 && len(b) >= 4+int(b[3]):
		return b[4 : 4+int(b[3])]
	}
	return nil
}
