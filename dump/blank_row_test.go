package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestARowOfWhichBlanksAreLeftIsMissed: behind the header, and between rows.
func TestARowOfWhichBlanksAreLeftIsMissed(t *testing.T) {
	const six = "*> 2001:db8:4::/48      2001:db8::1          65540                00:00:09   [{Origin: i}]\n"
	for table, form := range map[string][2]string{
		"gobgp": {goTop, go1}, "gobgp, IPv6": {goTop, six}, "openbgpd": {obsdTop, obsd1}, "eos": {eosTop, eos1}, "ios": {iosTop, ios1}, "ios, IPv6": {iosTop, ios6},
	} {
		again := strings.NewReplacer("203.0.113.0/24", "203.0.114.0/24", "2001:db8:4::/48", "2001:db8:5::/48").Replace(form[1])
		for place, tt := range map[string]struct {
			text    string
			partial bool
		}{
			"nothing is missing":       {form[0] + form[1] + again, false},
			"behind the header":        {form[0] + "        \n" + form[1], true},
			"between rows":             {form[0] + form[1] + "        \n" + again, true},
			"an empty line among rows": {form[0] + form[1] + "\n" + again, true},
			"behind the rows":          {form[0] + form[1] + again + "\n", false},
		} {
			if again == form[1] && place != "behind the header" {
				continue
			}
			_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(tt.text+"e4# \n"))
			if err != nil || (got.Complete == rib.CompleteNo) != tt.partial {
				t.Errorf("%s, %s: %s, %q, %v", table, place, got.Complete, got.Errors, err)
			}
		}
	}
}
