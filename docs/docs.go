// Package docs carries the user's pages inside the binary, so that "checks explain" prints the
// very page that the reports name.
package docs

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed checks/*.md
var pages embed.FS

// CheckPage is the page of a check, by its id.
func CheckPage(id string) (string, error) {
	text, err := pages.ReadFile("checks/" + strings.ReplaceAll(id, "/", "-") + ".md")
	if err != nil {
		return "", fmt.Errorf("check %s has no page: %w", id, err)
	}
	return string(text), nil
}
