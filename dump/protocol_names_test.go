package dump

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// namedProtocols are a form of each reader that tells BGP's rows from others' by a name: %s is the prefix, %s the name.
var namedProtocols = []struct{ name, text, bgp, other string }{
	{"junos", "inet.0: 2 destinations, 2 routes (2 active, 0 holddown, 0 hidden)\n+ = Active Route, - = Last Active, * = Both\n\n%s    *[%s/170] 1d, localpref 100\n                      AS path: 65540 I\n                    > to 192.0.2.1 via ge-0/0/0.0\nlab@edge4> \n", "BGP", "Static"},
	{"junos, detail", "inet.0: 2 destinations, 2 routes (2 active, 0 holddown, 0 hidden)\n%s (1 entry, 1 announced)\n        *%s    Preference: 170/-101\n                Next hop type: Router\n                Source: 192.0.2.1\n                Next hop: 192.0.2.1 via ge-0/0/0.0, selected\n                State: <Active Ext>\n                Local AS: 65536 Peer AS: 65540\n                AS path: 65540 I\n                Localpref: 100\n                Router ID: 192.0.2.1\nlab@edge4> \n", "BGP", "OSPF3"},
	{"junos-xml", `<rpc-reply><route-information><route-table><table-name>inet.0</table-name><hidden-route-count>0</hidden-route-count><rt junos:style="brief"><rt-destination>%s</rt-destination><rt-entry><active-tag>*</active-tag><protocol-name>%s</protocol-name><local-preference>100</local-preference><as-path>65540 I</as-path><nh><to>192.0.2.1</to></nh></rt-entry></rt></route-table></route-information></rpc-reply>`, "BGP", "Access-internal"},
	{"birdwatcher", `{"api":{"Version":"2.2.5","result_from_cache":false},"routes":[{"network":"%s","gateway":"192.0.2.1","learnt_from":"192.0.2.1","primary":true,"type":["%s","univ"],"bgp":{"origin":"IGP","as_path":["65540"],"next_hop":"192.0.2.1"}}]}`, "BGP", "OSPF-E1"},
	{"openconfig", `{"openconfig-network-instance:attr-sets":{"attr-set":[{"index":"1","state":{"index":"1","next-hop":"192.0.2.1","origin":"IGP"},"as-path":{"as-segment":[{"index":"0","state":{"type":"AS_SEQ","member":[65540]}}]}}]}}` + "\n" + `{"openconfig-network-instance:loc-rib":{"routes":{"route":[{"prefix":"%s","origin":"%s","path-id":0,"state":{"attr-index":"1","valid-route":true}}]}}}`, "BGP", "STATIC"},
}

// TestARowOfAProtocolThatIsNotKnownIsABadRow: the name may be what is left of BGP's.
func TestARowOfAProtocolThatIsNotKnownIsABadRow(t *testing.T) {
	for _, tt := range namedProtocols {
		for _, prefix := range []string{"203.0.112.0/20", "2001:db8:4000::/36"} {
			read := func(protocol string) (string, error) {
				text := fmt.Sprintf(tt.text, prefix, protocol)
				if strings.Contains(prefix, ":") {
					text = strings.Replace(text, "inet.0", "inet6.0", 1)
				}
				_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectEmpty: true, ExpectRoutes: -1}, []byte(text))
				return fmt.Sprintf("%d bad, partial: %v", got.Skipped, got.Complete == rib.CompleteNo), err
			}
			for _, whole := range []string{tt.bgp, tt.other} {
				if got, err := read(whole); err == nil && got != "0 bad, partial: false" || err != nil && !strings.Contains(err.Error(), "other protocols alone") {
					t.Errorf("%s: %s of %s: %s, %v", tt.name, prefix, whole, got, err)
				}
			}
			for _, damaged := range []string{"B", "BP", "BxP", "BGQ", "XGP", "GP", "BGPX", "BGBGP", "P", "Stxtic"} {
				if got, err := read(damaged); got != "1 bad, partial: true" || err != nil {
					t.Errorf("%s: %s of %s: %s, %v", tt.name, prefix, damaged, got, err)
				}
			}
		}
	}
}
