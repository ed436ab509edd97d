package reading

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"bgpaudit/rib"
)

// ParsePath reads a path as a router prints it. BIRD puts a confederation's set in ({ }), and ends a path that is
// too long for it in "...", which is no number. What no router prints is a number that a terminal or an editor took
// apart: two blanks inside a path, a number that begins with 0, AS 0.
func ParsePath(s string) (rib.ASPath, error) {
	if strings.Contains(s, "({") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "({", "["), "})", "]")
	}
	path, err := rib.ParseASPath(s)
	if err != nil {
		return nil, fmt.Errorf("bad AS path %s", Quote(s))
	}
	if why := tornPath(s); why != "" {
		return nil, fmt.Errorf("bad AS path %s: it holds %s, as where a terminal wrapped it", Quote(s), why)
	}
	return path, nil
}

// tornPath is what a path holds that no router prints; empty where it is whole.
func tornPath(s string) string {
	blank := func(c byte) bool { return c == ' ' || c == '\t' }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := 0; i < len(s); i++ {
		begins := digit(s[i]) && (i == 0 || !digit(s[i-1]) && s[i-1] != '.')
		switch {
		case blank(s[i]) && i+1 < len(s) && blank(s[i+1]):
			return "two blanks in a row"
		case !begins || s[i] != '0':
		case i+1 == len(s) || !digit(s[i+1]) && s[i+1] != '.', s[i:] == "0.0", strings.HasPrefix(s[i:], "0.0 "):
			return "AS 0"
		case digit(s[i+1]):
			return "a number that begins with 0"
		}
	}
	return ""
}

// AsOwn takes a static route, or one of another protocol, in a received view: nobody sent it to us. An AS
// path that a filter gave it names no neighbour, and is left out.
func AsOwn(out *rib.Route) {
	out.Attrs.ASPath = nil
	out.Attrs.NextHop = netip.IPv6Unspecified()
	if out.Prefix.Addr().Is4() {
		out.Attrs.NextHop = netip.IPv4Unspecified()
	}
}

// Hide clears what is not shown.
func Hide(a *rib.Attrs) {
	h := a.NotShown
	if h.Has(rib.AttrNextHop) {
		a.NextHop = netip.Addr{}
	}
	if h.Has(rib.AttrASPath) {
		a.ASPath = nil
	}
	if h.Has(rib.AttrOrigin) {
		a.Origin = rib.OriginAbsent
	}
	if h.Has(rib.AttrLocalPref) {
		a.LocalPref = rib.Optional{}
	}
	if h.Has(rib.AttrMED) {
		a.MED = rib.Optional{}
	}
	if h.Has(rib.AttrCommunities) {
		a.Communities = nil
	}
	if h.Has(rib.AttrLargeCommunities) {
		a.LargeCommunities = nil
	}
}

// ErrNoPrefix is a further row of a prefix that was not read.
var ErrNoPrefix = errors.New("a further route of a prefix, and no prefix stands before it")

// ParseAddr reads an address; the zone of a link-local one is left out, and an IPv4-mapped one is IPv4.
func ParseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	return a.WithZone("").Unmap(), err
}

// ErrNoOrigin is a row without the letter that ends it.
var ErrNoOrigin = errors.New("it does not end in an origin (i, e or ?): it is cut off, or wrapped by the terminal")

// AddrIn reads an address; an empty one is the router itself.
func AddrIn(text []byte) (netip.Addr, bool) {
	if len(text) == 0 {
		return netip.Addr{}, true
	}
	return AddrOf(text)
}

// Address is [AddrIn] of the string at a cursor; what names it in the error.
func Address(cur *Cursor, what string) netip.Addr {
	text := cur.Text()
	a, ok := AddrIn(text)
	if !ok {
		cur.Fail("bad %s %s", what, Quote(text))
	}
	return a
}

// AddrOf reads an address of a next hop or of a neighbour: zero where it stands for the
// router itself (0.0.0.0, ::), or is an interface's name.
func AddrOf(text []byte) (netip.Addr, bool) {
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return netip.Addr{}, false
	}
	a = a.WithZone("").Unmap()
	if a.IsUnspecified() {
		return netip.Addr{}, true
	}
	return a, true
}

// ParseList reads words with blanks between them; the error names the bad one.
func ParseList[C any](s string, parse func(string) (C, error)) ([]C, error) {
	var out []C
	for word := range strings.FieldsSeq(s) {
		c, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("bad community %s", Quote(word))
		}
		out = append(out, c)
	}
	return out, nil
}

// ParsePrefix reads a prefix with its length, as a router prints it. Host bits are an error: no router prints any, and
// a length that lost a digit shows them (docs/decisions/0124). So is an IPv4-mapped one (docs/decisions/0099).
func ParsePrefix(text string) (netip.Prefix, error) {
	p, err := parsePrefix(text)
	if err == nil && p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("the prefix %s has host bits: its length or its address is damaged", Quote(text))
	}
	return p, err
}

// ParseWirePrefix is [ParsePrefix] of a text that shows the octets of an UPDATE, whose trailing bits are irrelevant
// (RFC 4271, 4.3): they are cleared.
func ParseWirePrefix(text string) (netip.Prefix, error) {
	p, err := parsePrefix(text)
	return p.Masked(), err
}

func parsePrefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("bad prefix %s", Quote(text))
	case p.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%s is an IPv4-mapped prefix: no route of either family", Quote(text))
	}
	return p, nil
}

// StringList reads a list of strings, or null.
func StringList(cur *Cursor) []string {
	var out []string
	if cur.Null() {
		return nil
	}
	cur.Enter('[')
	for cur.Next(']') {
		out = append(out, string(cur.Text()))
	}
	return out
}

// CommunityOf reads one community of a list.
func CommunityOf[C any](cur *Cursor, cache *AttrCache[C], parse func(string) (C, error)) C {
	text := cur.Text()
	c, err := cache.Get(text, parse)
	if err != nil && cur.Err == nil {
		cur.Fail("bad community %s", Quote(text))
	}
	return c
}

// OriginLetters are the letters by which text tables name the origin.
var OriginLetters = map[byte]rib.Origin{'i': rib.OriginIGP, 'e': rib.OriginEGP, '?': rib.OriginIncomplete}
