package query

import (
	"fmt"
	"strings"

	"bgpaudit/policy"
)

// suggest says which of the names may have been meant, and which there are.
func suggest(got string, names []string) string {
	const most = 10
	there := "there are " + strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		there += fmt.Sprintf(" and %d more", more)
	}
	if meant := policy.Meant(got, names); meant != "" {
		return fmt.Sprintf("did you mean %s? %s", meant, there)
	}
	return there
}

// links are the names of the config's links.
func (s Site) links() []string {
	names := []string{}
	for i := range s.Intent.Links {
		names = append(names, s.Intent.Links[i].Name)
	}
	return names
}
