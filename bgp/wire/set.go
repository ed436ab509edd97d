package wire

import (
	"encoding/binary"

	"bgpaudit/rib"
)

// mode is what the bytes of a set are read by. It is the first byte of a cache's keys.
type mode uint8

const (
	fourOctet mode = 1 << iota // AS numbers of four octets (RFC 6793)
	external                   // the neighbour is outside our AS and confederation
	stored                     // from a table dump: flags are not the sender's, and nothing is mandatory
)

// setReader decodes a set.
type setReader struct {
	mode
	cache *Cache
	set   *Set

	path, path4       []byte
	hasPath4          bool
	aggregatorOld     bool // AGGREGATOR is there and names no AS_TRANS
	hasAggregator4    bool
	pathShape, shape4 pathShape
}

// decode reads the attributes of a key. Its framing was checked by attrList.split; a cut-off end
// is not its to report.
func (c *Cache) decode(key []byte) *Set {
	r := setReader{mode: mode(key[0]), cache: c, set: &c.sets.take(1)[0]}
	for b := key[1:]; ; {
		a, size := nextAttr(b)
		if size == 0 {
			break
		}
		b = b[size:]
		if a.code < 64 {
			r.set.has |= 1 << a.code
		}
		r.read(a)
	}
	r.finishPath()
	return r.set
}

func (r *setReader) is(m mode) bool { return r.mode&m != 0 }

func (r *setReader) fault(a attribute, action Action, section, detail string, args ...any) {
	if len(r.set.faults) < maxFaults || action > AttributeDiscard && len(r.set.faults) < 2*maxFaults {
		r.set.faults = append(r.set.faults, newFault(a.code, action, section, detail, args...))
	}
}

func (r *setReader) read(a attribute) {
	if !r.flagsFit(a) {
		return
	}
	switch a.code {
	case Origin:
		r.origin(a)
	case ASPath:
		r.asPath(a)
	case MultiExitDisc:
		r.set.Attrs.MED = r.number(a, "RFC 7606 7.4")
	case LocalPref:
		if r.external(a, "RFC 7606 7.5") {
			r.set.Attrs.LocalPref = r.number(a, "RFC 7606 7.5")
		}
	case AtomicAggregate:
		if len(a.value) != 0 {
			r.fault(a, AttributeDiscard, "RFC 7606 7.6", "length %d, not 0", len(a.value))
		}
	case Aggregator:
		r.aggregator(a)
	case Communities:
		r.communities(a)
	case OriginatorID:
		if r.external(a, "RFC 7606 7.9") {
			r.number(a, "RFC 7606 7.9")
		}
	case ClusterList:
		if r.external(a, "RFC 7606 7.10") {
			r.multiple(a, 4, "RFC 7606 7.10")
		}
	case ExtendedCommunities:
		r.multiple(a, 8, "RFC 7606 7.14")
	case IPv6ExtCommunities:
		r.multiple(a, 20, "RFC 7606 7.15")
	case LargeCommunities:
		r.largeCommunities(a)
	case AS4Path:
		r.as4Path(a)
	case AS4Aggregator:
		r.as4Aggregator(a)
	case AttrSetAttr:
		if len(a.value) < 4 {
			r.fault(a, TreatAsWithdraw, "RFC 7606 7.16", "length %d is less than 4", len(a.value))
		}
	default:
		if a.flags&flagOptional == 0 && !r.is(stored) {
			// RFC 4271 6.3 asks for a reset here; RFC 7606 3 c answers a wrong Optional bit, which
			// on an unknown code is what this is.
			r.fault(a, TreatAsWithdraw, "RFC 7606 3 c", "a well-known attribute that nobody knows")
		}
	}
}

// flagsFit checks the Optional and Transitive bits (RFC 7606 3 c). What is discarded from an
// external neighbour is discarded whatever its flags.
func (r *setReader) flagsFit(a attribute) bool {
	want, known := flagsOf(a.code)
	if !known || r.is(stored) || a.flags&(flagOptional|flagTransitive) == want {
		return true
	}
	if r.is(external) && (a.code == LocalPref || a.code == OriginatorID || a.code == ClusterList) {
		return true
	}
	r.fault(a, TreatAsWithdraw, "RFC 7606 3 c", "flags %#02x, want %#02x", a.flags&(flagOptional|flagTransitive), want)
	return false
}

// external discards an attribute that only a neighbour of our own AS may send.
func (r *setReader) external(a attribute, section string) bool {
	if r.is(external) {
		r.fault(a, AttributeDiscard, section, "from an external neighbour")
		return false
	}
	return true
}

func (r *setReader) number(a attribute, section string) rib.Optional {
	if len(a.value) != 4 {
		r.fault(a, TreatAsWithdraw, section, "length %d, not 4", len(a.value))
		return rib.Optional{}
	}
	return rib.Some(binary.BigEndian.Uint32(a.value))
}

// multiple checks that a list is not empty and made of whole entries.
func (r *setReader) multiple(a attribute, size int, section string) bool {
	if len(a.value) == 0 || len(a.value)%size != 0 {
		r.fault(a, TreatAsWithdraw, section, "length %d is not a multiple of %d above zero", len(a.value), size)
		return false
	}
	return true
}

func (r *setReader) origin(a attribute) {
	switch {
	case len(a.value) != 1:
		r.fault(a, TreatAsWithdraw, "RFC 7606 7.1", "length %d, not 1", len(a.value))
	case a.value[0] > 2:
		r.fault(a, TreatAsWithdraw, "RFC 7606 7.1", "value %d is undefined", a.value[0])
	default:
		r.set.Attrs.Origin = rib.OriginIGP + rib.Origin(a.value[0])
	}
}

func (r *setReader) communities(a attribute) {
	if !r.multiple(a, 4, "RFC 7606 7.8") {
		return
	}
	list := r.cache.comms.take(len(a.value) / 4)
	for i := range list {
		list[i] = rib.CommunityFromWire(binary.BigEndian.Uint32(a.value[4*i:]))
	}
	r.set.Attrs.Communities = list
}

func (r *setReader) largeCommunities(a attribute) {
	if !r.multiple(a, 12, "RFC 8092 6") {
		return
	}
	list := r.cache.large.take(len(a.value) / 12)
	for i := range list {
		for j := range list[i] {
			list[i][j] = binary.BigEndian.Uint32(a.value[12*i+4*j:])
		}
	}
	r.set.Attrs.LargeCommunities = list
}

func (r *setReader) asnSize() int {
	if r.is(fourOctet) {
		return 4
	}
	return 2
}

func (r *setReader) asPath(a attribute) {
	shape, wrong := pathShapeOf(a.value, r.asnSize())
	switch {
	case wrong != "":
		r.fault(a, TreatAsWithdraw, "RFC 7606 7.2", "%s", wrong)
	case shape.zero && !r.is(stored):
		r.fault(a, TreatAsWithdraw, "RFC 7607 2", "it holds AS 0")
	case shape.confed && r.is(external):
		r.fault(a, TreatAsWithdraw, "RFC 5065 5", "a confederation segment from outside the confederation")
	default:
		r.path, r.pathShape = a.value, shape
	}
}

func (r *setReader) aggregator(a attribute) {
	switch size := r.asnSize(); {
	case len(a.value) != size+4:
		r.fault(a, AttributeDiscard, "RFC 7606 7.7", "length %d, not %d", len(a.value), size+4)
	case readASN(a.value, size) == 0 && !r.is(stored):
		r.fault(a, AttributeDiscard, "RFC 7607 2", "it holds AS 0")
	default:
		r.aggregatorOld = readASN(a.value, size) != asTrans
	}
}

// as4Path keeps AS4_PATH where it counts, on a 2-octet session (RFC 6793 4.1, 6).
func (r *setReader) as4Path(a attribute) {
	if r.is(fourOctet) {
		r.fault(a, AttributeDiscard, "RFC 6793 4.1", "on a session of 4-octet AS numbers")
		return
	}
	shape, wrong := pathShapeOf(a.value, 4)
	switch {
	case len(a.value) == 0:
		r.fault(a, AttributeDiscard, "RFC 6793 6", "it is empty")
	case wrong != "":
		r.fault(a, AttributeDiscard, "RFC 6793 6", "%s", wrong)
	case shape.zero && !r.is(stored):
		r.fault(a, AttributeDiscard, "RFC 7607 2", "it holds AS 0")
	default:
		if shape.confed {
			r.fault(a, AttributeDiscard, "RFC 6793 6", "its confederation segments are dropped")
		}
		r.path4, r.shape4, r.hasPath4 = a.value, shape, true
	}
}

func (r *setReader) as4Aggregator(a attribute) {
	switch {
	case r.is(fourOctet):
		r.fault(a, AttributeDiscard, "RFC 6793 4.1", "on a session of 4-octet AS numbers")
	case len(a.value) != 8:
		r.fault(a, AttributeDiscard, "RFC 6793 6", "length %d, not 8", len(a.value))
	case readASN(a.value, 4) == 0 && !r.is(stored):
		r.fault(a, AttributeDiscard, "RFC 7607 2", "it holds AS 0")
	default:
		r.hasAggregator4 = true
	}
}

// finishPath decodes the AS path, which may take two attributes (RFC 6793 4.2.3).
func (r *setReader) finishPath() {
	path := r.cache.decodePath(r.path, r.asnSize(), r.pathShape, true)
	if setAside := r.hasAggregator4 && r.aggregatorOld; r.hasPath4 && !setAside {
		path = MergeAS4Path(path, r.cache.decodePath(r.path4, 4, r.shape4, false))
	}
	r.set.Attrs.ASPath = path
}
