package configs

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"bgpaudit/rib"
)

// The scalar types of the config, beside those of net/netip.
type (
	asn       uint32
	community rib.Community
	span      time.Duration // 90m, 24h, 7d
	words     []string      // a word or a list of them
)

// block is a prefix that may be written as a bare address.
type block struct{ netip.Prefix }

// day is a date; moment a date with a time.
type (
	day    struct{ time.Time }
	moment struct{ time.Time }
)

func (c community) MarshalText() ([]byte, error) { return []byte(rib.Community(c).String()), nil }
func (d day) MarshalText() ([]byte, error)       { return []byte(d.Format(time.DateOnly)), nil }
func (m moment) MarshalText() ([]byte, error)    { return []byte(m.Format(time.RFC3339)), nil }

func (s span) duration() time.Duration { return time.Duration(s) }

func (s span) MarshalText() ([]byte, error) {
	text := time.Duration(s).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return []byte(text), nil
}

var _ = []encoding.TextMarshaler{community(0), day{}, moment{}, span(0)}

// valueError is what is wrong with one value and what to write in its place.
type valueError struct{ message, hint string }

func (e *valueError) Error() string { return e.message }

func wrong(hint, format string, args ...any) error {
	return &valueError{fmt.Sprintf(format, args...), hint}
}

// decodeValue is the decode hook: it turns what the YAML decoder made of a scalar into the
// field's type, and refuses what does not fit. It stands in for mapstructure's own conversions,
// whose errors name Go types.
func decodeValue(from, to reflect.Value) (any, error) {
	in := from.Interface()
	if from.Type() == to.Type() {
		return in, nil
	}
	switch to.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface:
		return in, nil
	}
	if read, ok := scalars[to.Type()]; ok {
		return read(in)
	}
	if c, ok := to.Interface().(chooser); ok {
		return readChoice(in, c)
	}
	switch to.Kind() {
	case reflect.String:
		return readText(in)
	case reflect.Bool:
		if _, ok := in.(bool); !ok {
			return nil, wrong("", "expected true or false, got %s", describe(in))
		}
	case reflect.Int, reflect.Int64:
		if _, ok := in.(int); !ok {
			return nil, wrong("", "expected a whole number, got %s", describe(in))
		}
	case reflect.Slice:
		if from.Kind() != reflect.Slice {
			return nil, wrong("put it in brackets: ["+plain(in)+"]", "expected a list, got %s", describe(in))
		}
	case reflect.Struct:
		if from.Kind() != reflect.Map {
			return nil, wrong("", "expected keys and values, got %s", describe(in))
		}
	}
	return in, nil
}

// scalars holds the reader of every scalar type that is not a plain string, number or bool.
var scalars = map[reflect.Type]func(any) (any, error){
	reflect.TypeFor[asn]():            func(in any) (any, error) { return readASN(in) },
	reflect.TypeFor[community]():      func(in any) (any, error) { return readCommunity(in) },
	reflect.TypeFor[span]():           func(in any) (any, error) { return readSpan(in) },
	reflect.TypeFor[day]():            func(in any) (any, error) { return readDay(in) },
	reflect.TypeFor[moment]():         func(in any) (any, error) { return readMoment(in) },
	reflect.TypeFor[block]():          func(in any) (any, error) { return readBlock(in) },
	reflect.TypeFor[words]():          func(in any) (any, error) { return readWords(in) },
	reflect.TypeFor[netip.Prefix]():   func(in any) (any, error) { return readPrefix(in) },
	reflect.TypeFor[netip.Addr]():     func(in any) (any, error) { return readAddr(in) },
	reflect.TypeFor[netip.AddrPort](): func(in any) (any, error) { return readAddrPort(in) },
}

// describe names a decoded YAML value for a reader of YAML.
func describe(in any) string {
	switch v := in.(type) {
	case string:
		return strconv.Quote(v)
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(v)
	case time.Time:
		return "a date"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "keys and values"
	}
	return "something else"
}

// plain prints a scalar as it could stand in a hint; "..." for anything else.
func plain(in any) string {
	switch v := in.(type) {
	case string:
		if len(v) <= 60 {
			return v
		}
	case int:
		return strconv.Itoa(v)
	}
	return "..."
}

func readText(in any) (string, error) {
	s, ok := in.(string)
	if !ok {
		hint := ""
		switch in.(type) {
		case bool, int, int64, uint64, float64, time.Time:
			hint = "put it in quotes"
		}
		return "", wrong(hint, "expected text, got %s", describe(in))
	}
	return s, nil
}

func readChoice(in any, c chooser) (string, error) {
	s, ok := in.(string)
	if !ok {
		return "", wrong("allowed: "+enumerate(c.choices()), "expected a word, got %s", describe(in))
	}
	if slices.Contains(c.choices(), s) {
		return s, nil
	}
	return "", wrong(suggest(s, c.choices()), "unknown value %q", s)
}

func readWords(in any) (words, error) {
	list, ok := in.([]any)
	if !ok {
		list = []any{in}
	}
	var out words
	for _, item := range list {
		s, err := readText(item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, wrong("", "the list is empty")
	}
	return out, nil
}

// readASN reads asplain and asdot (RFC 5396). An asdot number without quotes is a fraction to
// YAML, where 1.10 is 1.1, so it is refused.
func readASN(in any) (asn, error) {
	var n uint64
	switch v := in.(type) {
	case int:
		if v < 0 || v > math.MaxUint32 {
			return 0, wrong("AS numbers are 1 to 4294967294", "AS number %d is out of range", v)
		}
		n = uint64(v)
	case uint64:
		return 0, wrong("AS numbers are 1 to 4294967294", "AS number %d is out of range", v)
	case float64:
		return 0, wrong(`put asdot in quotes, as "1.10": YAML reads 1.10 as 1.1`, "AS number %v is ambiguous", v)
	case string:
		var err error
		if n, err = parseASN(v); err != nil {
			return 0, err
		}
	default:
		return 0, wrong("", "expected an AS number, got %s", describe(in))
	}
	switch n {
	case 0:
		return 0, wrong("", "AS number 0 is reserved (RFC 7607)")
	case 23456:
		return 0, wrong("write the four-byte number it stands for", "AS number 23456 is reserved (AS_TRANS, RFC 6793)")
	case 65535, math.MaxUint32:
		return 0, wrong("", "AS number %d is reserved (RFC 7300)", n)
	}
	return asn(n), nil
}

func parseASN(s string) (uint64, error) {
	digits := strings.TrimPrefix(strings.ToUpper(s), "AS")
	if high, low, dotted := strings.Cut(digits, "."); dotted {
		h, err1 := strconv.ParseUint(high, 10, 16)
		l, err2 := strconv.ParseUint(low, 10, 16)
		if err1 != nil || err2 != nil {
			return 0, wrong("write 65546, or 1.10 in quotes", "bad AS number %q", s)
		}
		return h<<16 | l, nil
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, wrong("AS numbers are 1 to 4294967294", "AS number %s is out of range", digits)
	case err != nil:
		return 0, wrong("write 65546, or 1.10 in quotes", "bad AS number %q", s)
	}
	return n, nil
}

func readCommunity(in any) (community, error) {
	s, ok := in.(string)
	if !ok {
		return 0, wrong(`write it in quotes, as "64512:101"`, "expected a community, got %s", describe(in))
	}
	c, err := rib.ParseCommunity(s)
	if err != nil {
		return 0, wrong(`write two numbers, as "12076:5010"`, "bad community %q", s)
	}
	return community(c), nil
}

func readPrefix(in any) (netip.Prefix, error) {
	s, ok := in.(string)
	if !ok {
		return netip.Prefix{}, wrong("", "expected a prefix, got %s", describe(in))
	}
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.Prefix{}, wrong(fmt.Sprintf("write %s/%d for the one address", s, addr.BitLen()), "prefix %q has no length", s)
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, wrong("write it as 203.0.113.0/24 or 2001:db8::/32", "bad prefix %q", s)
	}
	return p, checkPrefix(p)
}

func checkPrefix(p netip.Prefix) error {
	if p.Addr().Is4In6() {
		return wrong("write it as an IPv4 prefix", "prefix %s is an IPv4-mapped IPv6 prefix", p)
	}
	if p != p.Masked() {
		return wrong(fmt.Sprintf("did you mean %s or %s/%d?", p.Masked(), p.Addr(), p.Addr().BitLen()),
			"prefix %s has host bits set", p)
	}
	return nil
}

func readBlock(in any) (block, error) {
	if s, ok := in.(string); ok {
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			p := netip.PrefixFrom(addr, addr.BitLen())
			return block{p}, checkPrefix(p)
		}
	}
	p, err := readPrefix(in)
	return block{p}, err
}

func readAddr(in any) (netip.Addr, error) {
	s, ok := in.(string)
	if !ok {
		return netip.Addr{}, wrong("", "expected an address, got %s", describe(in))
	}
	addr, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return netip.Addr{}, wrong("write it as 192.0.2.1 or 2001:db8::1, without a length", "bad address %q", s)
	case addr.Is4In6():
		return netip.Addr{}, wrong("write "+addr.Unmap().String(), "address %s is an IPv4-mapped IPv6 address", s)
	case addr.Zone() != "":
		return netip.Addr{}, wrong("leave out the zone", "address %s has a zone", s)
	case addr.IsUnspecified() || addr.IsMulticast():
		return netip.Addr{}, wrong("", "address %s is reserved: no host has it", s)
	}
	return addr, nil
}

func readAddrPort(in any) (netip.AddrPort, error) {
	s, ok := in.(string)
	if !ok {
		return netip.AddrPort{}, wrong(`write it in quotes, as "0.0.0.0:179"`, "expected an address and port, got %s", describe(in))
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, wrong(`write it as "0.0.0.0:179" or "[::]:179"`, "bad address and port %q", s)
	}
	return ap, nil
}

// readSpan reads Go durations and days and weeks: 90m, 24h, 7d, 2w.
func readSpan(in any) (span, error) {
	s, ok := in.(string)
	if !ok {
		return 0, wrong("write it with its unit, as 30m, 24h or 7d", "expected a duration, got %s", describe(in))
	}
	d, err := parseSpan(s)
	if err != nil {
		return 0, wrong("write it with its unit, as 30m, 24h or 7d", "bad duration %q", s)
	}
	if d <= 0 {
		return 0, wrong("", "duration %q is not above zero", s)
	}
	return span(d), nil
}

func parseSpan(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			n, err := strconv.ParseUint(digits, 10, 16)
			if err != nil {
				return 0, err
			}
			if n > uint64(math.MaxInt64/int64(unit)) {
				return 0, strconv.ErrRange
			}
			return time.Duration(n) * unit, nil
		}
	}
	return time.ParseDuration(s)
}

// readDay reads 2027-01-31. YAML decoders make a time of it where it has no quotes.
func readDay(in any) (day, error) {
	switch v := in.(type) {
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return day{v.UTC()}, nil
		}
		return day{}, wrong("write it as 2027-01-31", "expected a date without a time of day")
	case string:
		t, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return day{}, wrong("write it as 2027-01-31", "bad date %q", v)
		}
		return day{t}, nil
	}
	return day{}, wrong("write it as 2027-01-31", "expected a date, got %s", describe(in))
}

var momentLayouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
}

func readMoment(in any) (moment, error) {
	const hint = "write it as 2026-11-20T09:14:00Z"
	switch v := in.(type) {
	case time.Time:
		return moment{v.UTC()}, nil
	case string:
		for _, layout := range momentLayouts {
			if t, err := time.Parse(layout, v); err == nil {
				return moment{t.UTC()}, nil
			}
		}
		return moment{}, wrong(hint, "bad time %q", v)
	}
	return moment{}, wrong(hint, "expected a time, got %s", describe(in))
}
