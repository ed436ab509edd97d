package configs

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-viper/mapstructure/v2"

	"bgpaudit/rib"
)

// checker holds one config file while its mistakes are collected. Nothing in it stops at the
// first: each check reports and goes on with what is there.
type checker struct {
	path   string // as the user named it
	dir    string // what relative file names are relative to
	checks []string
	file   file

	at       map[string]position // where each key and list entry stands
	names    map[string]string   // what each list entry calls itself
	broken   map[string]bool     // places already reported, which later checks leave alone
	problems Errors

	linkNames, routers, firewalls, poolNames, remoteNames, observerNames []string
}

// has reports whether the document holds a key or list entry.
func (c *checker) has(path string) bool {
	_, ok := c.at[path]
	return ok
}

// fail reports a problem at a place of the document. The message gets the name of the entry that
// the place belongs to in front.
func (c *checker) fail(path, hint, format string, args ...any) {
	if c.broken[path] {
		return
	}
	at := c.place(path)
	message := fmt.Sprintf(format, args...)
	if label := c.label(path); label != "" {
		message = label + ": " + message
	}
	c.problems = append(c.problems, Problem{
		File: c.path, Line: at.line, Column: at.column, Key: path, Message: message, Hint: hint,
	})
}

// spoil is fail for a value that nothing can be made of: what follows from it is not reported.
func (c *checker) spoil(path, hint, format string, args ...any) {
	c.fail(path, hint, format, args...)
	c.broken[path] = true
}

// place is the position of a path, or of the nearest thing around it.
func (c *checker) place(path string) position {
	for path != "" {
		if at, ok := c.at[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return position{1, 1}
}

// pos is the place of a path as file:line.
func (c *checker) pos(path string) string {
	return fmt.Sprintf("%s:%d", c.path, c.place(path).line)
}

var singular = map[string]string{
	"links": "link", "feeds": "feed", "prefixes": "prefix declaration", "pools": "pool", "services": "service",
	"remotes": "remote", "observers": "observer", "checks": "check", "waivers": "waiver",
}

// label names the entry that a path belongs to: "link isp-a", "feed 3", "site".
func (c *checker) label(path string) string {
	head, rest, nested := strings.Cut(path, ".")
	section, index, listed := strings.Cut(head, "[")
	switch {
	case listed && singular[section] != "":
		if name := c.names[head]; name != "" {
			return singular[section] + " " + shorten(name)
		}
		n, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
		return fmt.Sprintf("%s %d", singular[section], n+1)
	case nested && rest != "":
		return section
	case head == "site" || head == "monitor" || head == "settings":
		return head
	}
	return ""
}

func shorten(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return name
}

// decodeProblems reports what the decode hook refused, each at its own key.
func (c *checker) decodeProblems(err error) {
	for _, each := range decodeErrors(err) {
		path := each.Name()
		var value *valueError
		switch {
		case errors.As(each.Unwrap(), &value):
			c.spoil(path, value.hint, "%s%s", keyOf(path), value.message)
		case strings.HasPrefix(each.Unwrap().Error(), "has invalid keys:"):
			// The shape walk has reported each of them, with its line.
			if len(c.problems) == 0 {
				c.fail("", "", "%s", each)
			}
		default:
			c.spoil(path, "", "%s%s", keyOf(path), each.Unwrap())
		}
	}
}

// keyOf is the part of a path below its entry, as a prefix for a message: "neighbor-asns: ".
func keyOf(path string) string {
	_, key, nested := strings.Cut(path, ".")
	if !nested {
		key = path
	}
	if key = generic(key); key == "" {
		return ""
	}
	return key + ": "
}

// decodeErrors flattens the tree of joined errors to the innermost ones that name a field.
func decodeErrors(err error) []*mapstructure.DecodeError {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*mapstructure.DecodeError
		for _, each := range many.Unwrap() {
			all = append(all, decodeErrors(each)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	inner := decodeErrors(errors.Unwrap(err))
	if here, ok := err.(*mapstructure.DecodeError); ok && len(inner) == 0 { //nolint:errorlint // the walk is ours: this layer alone is asked
		return []*mapstructure.DecodeError{here}
	}
	return inner
}

// defined reports a name that nothing in the file has.
func (c *checker) defined(path, what, name string, known []string, section string) bool {
	switch {
	case c.broken[path] || c.broken[section]:
		return true
	case name == "":
		c.fail(path, "", "an empty %s name", what)
		return false
	case slices.Contains(known, name):
		return true
	}
	hint := fmt.Sprintf("no %s is defined", what)
	if len(known) > 0 && len(c.problems) < 1000 { // the hints of a hopeless file are not worth their time
		hint = suggest(name, known)
	}
	c.fail(path, hint, "%s %q is not defined", what, shorten(name))
	return false
}

// linksDefined checks a list of link names: all defined, none twice.
func (c *checker) linksDefined(path string, names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		if c.defined(at, "link", name, c.linkNames, "links") && seen[name] {
			c.fail(at, "", "link %s is listed twice", name)
		}
		seen[name] = true
	}
}

// uniqueNames checks the names of a section: legible, none twice.
func (c *checker) uniqueNames(section string, names []string) {
	first := map[string]int{}
	for i, name := range names {
		at := fmt.Sprintf("%s[%d].name", section, i)
		if !c.has(at) || c.broken[at] {
			continue
		}
		c.legible(at, "name", name)
		if before, taken := first[name]; taken {
			c.fail(at, "", "the name is taken by line %d", c.place(fmt.Sprintf("%s[%d].name", section, before)).line)
			continue
		}
		first[name] = i
	}
}

// legible checks that a name can stand on a command line, as in --advertise PREFIX@LINK,prepend=2.
func (c *checker) legible(path, key, name string) {
	ok := name != "" && len(name) <= 100
	for _, r := range name {
		ok = ok && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-/:", r))
	}
	if !ok {
		c.fail(path, "use letters, digits and . _ - / :, at most 100", "%s %q is not a name", key, shorten(name))
	}
}

// between checks the bounds of a number that is there.
func (c *checker) between(path string, n, low, high int64) {
	if c.has(path) && (n < low || n > high) {
		_, key, _ := strings.Cut(path, ".")
		c.fail(path, fmt.Sprintf("allowed: %d to %d", low, high), "%s: %d is out of range", key, n)
	}
}

// once reports list entries that repeat an earlier one.
func once[T comparable](c *checker, path string, list []T) {
	seen := map[T]bool{}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if c.broken[at] {
			continue
		}
		if seen[v] {
			c.fail(at, "", "%v is listed twice", v)
		}
		seen[v] = true
	}
}

// ourPrefixes checks prefixes that the file says are ours: real, and none twice.
func (c *checker) ourPrefixes(path string, list []netip.Prefix) {
	once(c, path, list)
	for i, p := range list {
		if why := neverOurs(p); p.IsValid() && why != "" {
			c.fail(fmt.Sprintf("%s[%d]", path, i), "", "%s %s", p, why)
		}
	}
}

// neverOurs says why no network can have p as its own addresses; empty where it can.
func neverOurs(p netip.Prefix) string {
	a := p.Addr()
	switch {
	case p.Bits() == 0:
		return "is every address"
	case a.IsMulticast():
		return "is multicast"
	case a.IsLoopback():
		return "is loopback"
	case a.IsLinkLocalUnicast():
		return "is link-local"
	case a.IsUnspecified():
		return "is reserved"
	}
	return ""
}

func families(names []familyName) []rib.Family {
	var out []rib.Family
	for _, name := range names {
		if f, err := rib.ParseFamily(string(name)); err == nil {
			out = append(out, f)
		}
	}
	return out
}

func asns(list []asn) []uint32 {
	var out []uint32
	for _, a := range list {
		out = append(out, uint32(a))
	}
	return out
}

func blocks(list []block) []netip.Prefix {
	var out []netip.Prefix
	for _, b := range list {
		out = append(out, b.Prefix)
	}
	return out
}

func optional(v *int64) rib.Optional {
	if v == nil {
		return rib.Optional{}
	}
	return rib.Some(uint32(*v))
}
