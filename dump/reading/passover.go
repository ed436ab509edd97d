package reading

import (
	"errors"
	"net/netip"
	"regexp"
)

// writtenPrefix is a prefix in a string of a JSON document.
var writtenPrefix = regexp.MustCompile(`"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)\\?/[0-9]{1,3}"`)

// PassOver takes the value of a key that the format does not have, or that holds no rows where it stands. Where prefixes
// are written in it, it is a container of rows by a name that is damaged, or that is not known: the table is not whole.
func (c *Collector) PassOver(s *Scanner, key string, line int) error {
	raw, err := s.Raw()
	long := errors.Is(err, ErrTooLong)
	if err != nil && !long {
		return err
	}
	if long || HoldsPrefix(key, raw) {
		c.Problem(line, "routes stand under %s, which is not read: the key is damaged, or of another table", Quote(key))
	}
	return nil
}

// HoldsPrefix reports whether a member's name, or text in its value, is a prefix.
func HoldsPrefix(key string, value []byte) bool {
	if len(value) > 0 && (value[0] == '{' || value[0] == '[') {
		return IsPrefix(key) || writtenPrefix.Match(value)
	}
	return false
}

// IsPrefix reports whether a word looks like a prefix, host bits or none.
func IsPrefix(word string) bool {
	_, err := netip.ParsePrefix(word)
	return err == nil
}
