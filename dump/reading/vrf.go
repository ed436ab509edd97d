package reading

import (
	"fmt"
	"strings"
)

// NoVRF is the error of a file without the VRF that the config names.
func NoVRF(want string, names []string) error {
	return fmt.Errorf("holds no table of VRF %s; it has: %s", Quote(want), Listed(names))
}

// SeveralVRFs is the error of a file with the tables of several VRFs, of which the config names none.
func SeveralVRFs(names []string) error {
	return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", Listed(names))
}

// Listed names the first of them, and counts the rest.
func Listed(names []string) string {
	const most = 20
	var shown []string
	for _, n := range names[:min(len(names), most)] {
		shown = append(shown, strings.Trim(Quote(n), `"`))
	}
	if len(names) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(shown, ", ")
}

// MaxVRFs is more than any router has; beyond it names are not collected.
const MaxVRFs = 10_000
