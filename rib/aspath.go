package rib

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SegmentType is the kind of an AS_PATH segment (RFC 4271 4.3, RFC 5065 3).
type SegmentType uint8

// The four kinds, with their wire numbers.
const (
	ASSet            SegmentType = 1
	ASSequence       SegmentType = 2
	ASConfedSequence SegmentType = 3
	ASConfedSet      SegmentType = 4
)

// Segment is one AS_PATH segment.
type Segment struct {
	Type SegmentType
	ASNs []uint32
}

// ASPath is an AS_PATH, leftmost (nearest) first.
type ASPath []Segment

// segmentBrackets are the marks that text and canonical records put around a segment.
var segmentBrackets = map[SegmentType][2]string{
	ASSet: {"{", "}"}, ASSequence: {"", ""}, ASConfedSequence: {"(", ")"}, ASConfedSet: {"[", "]"},
}

// String writes the path as canonical records do: "65536 {65537 65538} (65540)".
func (p ASPath) String() string {
	var b strings.Builder
	for i, seg := range p {
		if i > 0 {
			b.WriteByte(' ')
		}
		marks := segmentBrackets[seg.Type]
		b.WriteString(marks[0])
		for j, asn := range seg.ASNs {
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.FormatUint(uint64(asn), 10))
		}
		b.WriteString(marks[1])
	}
	return b.String()
}

// Length counts the path as RFC 4271 9.1.2.2 (a) and RFC 5065 5.3 do: one for each AS of a
// sequence, one for a whole set, nothing for confederation segments.
func (p ASPath) Length() int { return p.lengthWithout(nil) }

// LengthPublic is [ASPath.Length] with private ASNs (RFC 6996) removed, as Microsoft removes
// them on Microsoft peering (expressroute-routing.md).
func (p ASPath) LengthPublic() int { return p.lengthWithout(PrivateASN) }

func (p ASPath) lengthWithout(drop func(uint32) bool) int {
	n := 0
	for _, seg := range p {
		kept := 0
		for _, asn := range seg.ASNs {
			if drop == nil || !drop(asn) {
				kept++
			}
		}
		switch {
		case seg.Type == ASSequence:
			n += kept
		case seg.Type == ASSet && kept > 0:
			n++
		}
	}
	return n
}

// First is the leftmost AS of the path, and false where the path is empty or begins with a set:
// a set names no single neighbour.
func (p ASPath) First() (uint32, bool) {
	for _, seg := range p {
		switch seg.Type {
		case ASConfedSequence, ASConfedSet:
			continue
		case ASSequence:
			if len(seg.ASNs) > 0 {
				return seg.ASNs[0], true
			}
		}
		return 0, false
	}
	return 0, false
}

// Contains reports whether asn stands anywhere in the path.
func (p ASPath) Contains(asn uint32) bool {
	for _, seg := range p {
		if slices.Contains(seg.ASNs, asn) {
			return true
		}
	}
	return false
}

// PrivateASN reports whether asn is for private use (RFC 6996).
func PrivateASN(asn uint32) bool {
	return asn >= 64512 && asn <= 65534 || asn >= 4200000000 && asn <= 4294967294
}

// ParseASN reads an AS number in asplain or asdot (RFC 5396).
func ParseASN(s string) (uint32, error) {
	high, low, dotted := strings.Cut(s, ".")
	if !dotted {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return 0, fmt.Errorf("bad AS number %q", s)
		}
		return uint32(n), nil
	}
	h, err1 := strconv.ParseUint(high, 10, 16)
	l, err2 := strconv.ParseUint(low, 10, 16)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("bad AS number %q", s)
	}
	return uint32(h<<16 | l), nil
}

// ParseASPath reads the text that routers print: numbers in asplain or asdot, blanks or commas
// between them, sets in {}, confederation sequences in () and confederation sets in [].
// Empty text is an empty path. It never guesses: anything else is an error.
func ParseASPath(s string) (ASPath, error) {
	var path ASPath
	var open SegmentType // the bracketed segment being read, or ASSequence outside one
	open = ASSequence
	fresh := true // the next number begins a new segment
	for len(s) > 0 {
		switch c := s[0]; c {
		case ' ', ',', '\t':
			s = s[1:]
		case '{', '(', '[':
			if open != ASSequence {
				return nil, fmt.Errorf("bad AS path: %q inside a segment", c)
			}
			open = map[byte]SegmentType{'{': ASSet, '(': ASConfedSequence, '[': ASConfedSet}[c]
			path = append(path, Segment{Type: open})
			fresh, s = false, s[1:]
		case '}', ')', ']':
			if open == ASSequence || segmentBrackets[open][1] != string(c) {
				return nil, fmt.Errorf("bad AS path: %q without its opening mark", c)
			}
			open, fresh, s = ASSequence, true, s[1:]
		default:
			end := strings.IndexAny(s, " ,\t{}()[]")
			if end < 0 {
				end = len(s)
			}
			asn, err := ParseASN(s[:end])
			if err != nil {
				return nil, fmt.Errorf("bad AS path: %w", err)
			}
			if fresh {
				path = append(path, Segment{Type: ASSequence})
				fresh = false
			}
			last := &path[len(path)-1]
			last.ASNs = append(last.ASNs, asn)
			s = s[end:]
		}
	}
	if open != ASSequence {
		return nil, fmt.Errorf("bad AS path: a segment is not closed")
	}
	return path, nil
}
