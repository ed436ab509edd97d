package cisco

import (
	"bytes"
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// parseHop reads a next hop. FRR may put the number of its VRF behind it: "192.0.2.1@4<", EOS an interface:
// "fe80::1%Et1". EOS prints "-" for the router itself.
func parseHop(text string) (netip.Addr, error) {
	if text == "-" {
		return netip.IPv4Unspecified(), nil
	}
	text, _, _ = strings.Cut(strings.TrimSuffix(text, "<"), "@")
	text, _, _ = strings.Cut(text, "%")
	return reading.ParseAddr(text)
}

// bareHop drops what FRR puts behind the address of a next hop: the host's name and the number of its VRF,
// "192.0.2.1(edge2)@4<".
func (d *dialect) bareHop(word []byte) []byte {
	if !d.named {
		return word
	}
	word, _, _ = bytes.Cut(bytes.TrimSuffix(word, []byte("<")), []byte("@"))
	if open := bytes.IndexByte(word, '('); open > 0 && word[len(word)-1] == ')' {
		word = word[:open]
	}
	return word
}

// isHop reports whether a word is a next hop.
func (r *reader) isHop(line []byte, word reading.Token) bool {
	return reading.IsAddress(r.bareHop(line[word.Start:word.End])) || r.isName(line, word)
}

// isName reports whether a word is a next hop that FRR shows by a name: the interface of a neighbour that has no
// address of its own, or a host. It stands in the column of the next hops, and resembles no address.
func (r *reader) isName(line []byte, word reading.Token) bool {
	const beside = 2 // a release has wider marks, and the header of the one before
	off := word.Start - r.columns.hop
	if !r.named || word.End == word.Start || max(off, -off) > beside {
		return false
	}
	text := line[word.Start:word.End]
	for _, c := range text {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z'
}

// cutName is cutMarks of a further row whose next hop is a name.
func (r *reader) cutName(line []byte) (marks []byte, hop reading.Token, ok bool) {
	begin := reading.NextToken(line, 0)
	for hop = begin; hop.End > hop.Start; hop = reading.NextToken(line, hop.End) {
		if r.isName(line, hop) {
			return bytes.TrimRight(line[begin.Start:hop.Start], " "), hop, true
		}
		if !reading.AreMarks(line[hop.Start:hop.End]) {
			break
		}
	}
	return nil, hop, false
}

// takeHop notes the next hop of the row.
func (r *reader) takeHop(line []byte, word reading.Token) (err error) {
	w := &r.row
	w.at = word.Start
	w.name = r.isName(line, word)
	w.hop = netip.Addr{}
	if !w.name {
		w.hop, err = r.hops.Get(r.bareHop(line[word.Start:word.End]), parseHop)
	}
	return err
}

// hasHop reports whether the open row's next hop was read.
func (w *ciscoRow) hasHop() bool { return w.hop.IsValid() || w.name }

// ownHop judges the next hop of a row that was read: where it is the router itself, and where none is shown.
func (r *reader) ownHop(a *rib.Attrs) {
	switch {
	case r.row.name:
		a.NotShown |= rib.AttrNextHop
	case a.NextHop.IsUnspecified():
		r.fromItself(a)
	}
}
