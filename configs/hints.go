package configs

import (
	"fmt"
	"strings"

	"bgpaudit/policy"
)

// suggest says what could have been meant by got: the nearest of the allowed words if one is near,
// else the words themselves.
func suggest(got string, allowed []string) string {
	if near := policy.Meant(got, allowed); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "allowed: " + enumerate(allowed)
}

// enumerate joins words, the first ten of them.
func enumerate(words []string) string {
	const most = 10
	if len(words) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return strings.Join(words, ", ")
}
