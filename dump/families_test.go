package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// FRR answers for one family at a time: the config's word that a file has both does not make its silence evidence.
func TestOneAnswerOfOneFamilySaysNothingOfTheOther(t *testing.T) {
	v4 := `{"bgpTableVersion":9,"bgpLocalRouterId":"10.255.0.1","defaultLocPrf":100,"localAS":65536,"advertisedRoutes":{
"203.0.113.0/24":{"addrPrefix":"203.0.113.0","prefixLen":24,"network":"203.0.113.0/24","nextHop":"0.0.0.0","metric":0,"weight":32768,"path":"","bgpOriginCode":"i"}},
"totalPrefixCounter":1,"filteredPrefixCounter":0}` + "\n"
	v6 := strings.NewReplacer("203.0.113.0/24", "2001:db8:113::/48", "203.0.113.0", "2001:db8:113::", ":24,", ":48,", "0.0.0.0", "::").Replace(v4)
	none := `{"bgpTableVersion":9,"bgpLocalRouterId":"10.255.0.1","defaultLocPrf":100,"localAS":65536,"advertisedRoutes":{},"totalPrefixCounter":0,"filteredPrefixCounter":0}` + "\n"
	both := []rib.Family{rib.IPv4, rib.IPv6}
	for _, tt := range []struct {
		name, text string
		families   []rib.Family
		complete   rib.Completeness
		says       string
	}{
		{"IPv4, and both are declared", v4, both, "no", "holds no ipv6 routes"},
		{"IPv6, and both are declared", v6, both, "no", "holds no ipv4 routes"},
		{"both", v4 + v6, both, "yes", ""},
		{"a second answer that states its zero", v4 + none, both, "yes", ""},
		{"IPv4 alone", v4, both[:1], "yes", ""},
		{"none is declared", v4, nil, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := readBytes(reading.Source{Name: "x", View: rib.AdjRIBOutPost, Families: tt.families, ExpectRoutes: -1}, []byte(tt.text))
			if err != nil || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) {
				t.Errorf("complete %q, %q, %v", got.Complete, got.Errors, err)
			}
		})
	}
}
