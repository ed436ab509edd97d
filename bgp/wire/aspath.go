package wire

import (
	"encoding/binary"
	"slices"

	"bgpaudit/rib"
)

// asTrans stands for a 4-octet AS number where only two octets fit (RFC 6793 9).
const asTrans = 23456

// pathShape is what a walk over an encoded AS path finds.
type pathShape struct {
	segments, numbers int
	confed            bool // it has a confederation segment
	zero              bool // it has AS 0
}

// pathShapeOf checks an AS_PATH or AS4_PATH (RFC 4271 4.3, RFC 7606 7.2): numbers of size octets
// each. wrong says what is malformed.
func pathShapeOf(b []byte, size int) (s pathShape, wrong string) {
	for len(b) > 0 {
		if len(b) < 2 {
			return s, "a segment is cut off"
		}
		n := int(b[1])
		switch rib.SegmentType(b[0]) {
		case rib.ASSet, rib.ASSequence:
		case rib.ASConfedSequence, rib.ASConfedSet:
			s.confed = true
		default:
			return s, "a segment is of no known type"
		}
		if n == 0 {
			return s, "a segment is empty"
		}
		if len(b) < 2+n*size {
			return s, "a segment is longer than the attribute"
		}
		for i := 2; i < 2+n*size; i += size {
			if readASN(b[i:], size) == 0 {
				s.zero = true
				break
			}
		}
		s.segments++
		s.numbers += n
		b = b[2+n*size:]
	}
	return s, ""
}

func readASN(b []byte, size int) uint32 {
	if size == 2 {
		return uint32(binary.BigEndian.Uint16(b))
	}
	return binary.BigEndian.Uint32(b)
}

// decodePath decodes a path that pathShapeOf has passed. Sequences that touch become one: a path
// of more than 255 numbers has to be cut into several (RFC 4271 4.3), and means the same.
func (c *Cache) decodePath(b []byte, size int, s pathShape, confed bool) rib.ASPath {
	if s.segments == 0 {
		return nil
	}
	path := rib.ASPath(c.segments.take(s.segments))[:0]
	numbers := c.asns.take(s.numbers)
	for len(b) > 0 {
		kind, n := rib.SegmentType(b[0]), int(b[1])
		raw := b[2 : 2+n*size]
		b = b[2+n*size:]
		if !confed && (kind == rib.ASConfedSequence || kind == rib.ASConfedSet) {
			continue
		}
		for i := range n {
			numbers[i] = readASN(raw[i*size:], size)
		}
		// numbers of touching segments lie side by side, so a sequence grows in place
		if last := len(path) - 1; last >= 0 && kind == path[last].Type && (kind == rib.ASSequence || kind == rib.ASConfedSequence) {
			grown := path[last].ASNs
			path[last].ASNs = grown[:len(grown)+n]
		} else {
			path = append(path, rib.Segment{Type: kind, ASNs: numbers[:n]})
		}
		numbers = numbers[n:]
	}
	for i := range path {
		path[i].ASNs = slices.Clip(path[i].ASNs)
	}
	return slices.Clip(path)
}

// MergeAS4Path puts the AS path of a 2-octet session together (RFC 6793 4.2.3): the leading part of
// AS_PATH that AS4_PATH does not reach, then AS4_PATH. Where AS_PATH is the shorter one, AS4_PATH
// is ignored. Neither argument is changed; the result may share their memory.
func MergeAS4Path(path, path4 rib.ASPath) rib.ASPath {
	lead := path.Length() - path4.Length()
	if len(path4) == 0 || lead < 0 {
		return path
	}
	var out rib.ASPath
	for _, seg := range path {
		confed := seg.Type == rib.ASConfedSequence || seg.Type == rib.ASConfedSet
		switch {
		case confed: // leading, or next to a segment that was taken whole
			out = append(out, seg)
			continue
		case lead == 0:
		case seg.Type == rib.ASSet:
			out = append(out, seg)
			lead--
			continue
		case len(seg.ASNs) <= lead:
			out = append(out, seg)
			lead -= len(seg.ASNs)
			continue
		default:
			out = append(out, rib.Segment{Type: seg.Type, ASNs: seg.ASNs[:lead]})
		}
		break
	}
	for _, seg := range path4 {
		if last := len(out) - 1; last >= 0 && seg.Type == rib.ASSequence && out[last].Type == rib.ASSequence {
			joined := make([]uint32, 0, len(out[last].ASNs)+len(seg.ASNs))
			out[last].ASNs = append(append(joined, out[last].ASNs...), seg.ASNs...)
			continue
		}
		out = append(out, seg)
	}
	return out
}
