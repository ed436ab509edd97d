package policy_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func TestACheckIsOpenOnTheLinksThatItCouldFireOnAndOnNoOther(t *testing.T) {
	const declared = threeLinks + `
  - {name: vpn, kind: vpn, router: edge1, firewall: fw-a, neighbor-asns: [65543]}
pools: [{name: nat, prefixes: [198.51.100.0/24, "2001:db8:100::/48"], links: [isp-a, vpn]}]
services: [{name: web, pools: [nat], remote: them, initiator: us, links: [isp-a, vpn]}]
remotes: [{name: them, prefixes: [40.92.0.0/15, "2603:1006::/40"], observer: microsoft}]
`
	const received = "isp-a in ipv6 0.0.0.0/0 ::/0\nisp-b in ipv6\ner in ipv6\nvpn in ipv6\n"
	for name, test := range map[string]struct {
		tables string
		check  string
		want   map[string]policy.State // by link
	}{
		"a circuit that wins where the intended link is blind": {
			"isp-b out ipv6\nvpn out ipv6\ner out 198.51.100.0/24 2001:db8:100::/48", "return/same-mask",
			map[string]policy.State{"isp-a": policy.UnknownState, "er": policy.UnknownState, "isp-b": policy.OK},
		},
		"a doubtful route of a link that the observer does not hear": {
			"isp-a out ipv6\nisp-b out ipv6\nvpn adj-rib-out-pre 198.51.0.0/16 2001:db8::/32\ner out 198.51.100.0/24 2001:db8:100::/48", "return/more-specific",
			map[string]policy.State{"isp-a": policy.OK, "vpn": policy.OK, "er": policy.OK},
		},
		"a doubtful route that may have lost": {
			"isp-a adj-rib-out-pre 198.51.0.0/16 2001:db8::/32\nisp-b out ipv6\nvpn out ipv6\ner out 198.51.100.0/24 2001:db8:100::/48", "return/more-specific",
			map[string]policy.State{"isp-a": policy.OK, "vpn": policy.OK, "er": policy.UnknownState},
		},
		"a doubtful route that may win": {
			"isp-a out 198.51.0.0/16 2001:db8::/32\nisp-b adj-rib-out-pre 198.51.100.0/24 2001:db8:100::/48\nvpn out ipv6\ner out ipv6", "return/more-specific",
			map[string]policy.State{"isp-a": policy.OK, "isp-b": policy.UnknownState, "er": policy.OK},
		},
	} {
		r := site{declared, received + test.tables}.audit(t)
		for link, want := range test.want {
			for _, fam := range rib.Families {
				if got := stateOf(r, test.check, link, fam); got != want {
					t.Errorf("%s: %s on %s (%s) is %s, want %s", name, test.check, link, fam, got, want)
				}
			}
		}
	}
}

func TestARemoteOfWhichNoAddressIsCertainIsUnknown(t *testing.T) {
	const declared = threeLinks + `
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [isp-a]}]
services: [{name: web, pools: [nat], remote: rest, initiator: us, links: [isp-a]}]
remotes: [{name: rest, default-only: true}]
`
	const out = "isp-a out 198.51.100.0/24\nisp-b out\ner out\nisp-b in\n"
	for name, test := range map[string]struct {
		tables string
		want   string
		says   bool
	}{
		"all of it is what ExpressRoute may carry": {"isp-a in 40.96.0.0/13\ner adj-rib-in-pre 40.96.0.0/13", "web ipv4: unknown", false},
		"part of it is": {"isp-a in 40.0.0.0/8\ner adj-rib-in-pre 40.96.0.0/13", "web ipv4: out isp-a, back isp-a: symmetric", true},
		"none of it is": {"isp-a in 40.0.0.0/8\ner in", "web ipv4: out isp-a, back isp-a: symmetric", false},
	} {
		r := site{declared, out + test.tables}.audit(t)
		lines := flowLines(r)
		if slices.ContainsFunc(lines, func(l string) bool { return l != test.want }) || len(lines) == 0 {
			t.Errorf("%s: %v, want %s", name, lines, test.want)
		}
		says := slices.ContainsFunc(r.Flows, func(f *policy.Flow) bool {
			return slices.ContainsFunc(f.Assumes, func(a string) bool { return strings.Contains(a, "may not belong to rest") })
		})
		if says != test.says {
			t.Errorf("%s: says that addresses may not belong to it: %v", name, says)
		}
	}
}

func TestAPoolThatBlindLinksTogetherMayShareIsOpen(t *testing.T) {
	const declared = `
version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
  - {name: vpn, kind: vpn, router: edge1, firewall: fw-a, neighbor-asns: [65541]}
  - {name: er, kind: expressroute-microsoft, router: edge1, firewall: fw-a, circuit: c1, neighbor-asns: [12076]}
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [vpn]}]
`
	for tables, want := range map[string]policy.State{
		"vpn out 198.51.100.0/24\nisp-a out\ner out": policy.OK,
		"vpn out 198.51.100.0/24\nisp-a out":         policy.OK,           // the circuit's is behind the same firewall
		"vpn out 198.51.100.0/24":                    policy.UnknownState, // the internet's and the circuit's
	} {
		if got := stateOf(site{declared, tables}.audit(t), "nat/shared-pool", "vpn", rib.IPv4); got != want {
			t.Errorf("%q: %s, want %s", tables, got, want)
		}
	}
}

func TestForwardMoreSpecificLooksAtEveryWayThatALinkLost(t *testing.T) {
	// At the first address that isp-b wins the vpn alone lost to it; further on isp-a did too.
	const declared = threeLinks + `
  - {name: vpn, kind: vpn, router: edge1, firewall: fw-a, neighbor-asns: [65543]}
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [isp-a]}]
services: [{name: web, pools: [nat], remote: rest, initiator: us, links: [isp-a]}]
remotes: [{name: rest, default-only: true}]
`
	const out = "isp-a out 198.51.100.0/24\nisp-b out\ner out\nvpn out\ner in\nvpn in 0.0.0.0/0\nisp-b in 40.80.0.0/16 40.96.0.0/13\n"
	for tables, want := range map[string]policy.State{
		"isp-a in":                      policy.OK,
		"isp-a in 40.96.0.0/12":         policy.Fired,
		"isp-a in 40.80.0.0/16":         policy.OK,
		"isp-a in 40.96.0.0/12 partial": policy.UnknownState,
	} {
		if got := stateOf(site{declared, out + tables}.audit(t), "forward/more-specific", "isp-b", rib.IPv4); got != want {
			t.Errorf("%q: %s, want %s", tables, got, want)
		}
	}
}

func TestARouteThatTakesAServiceOnOneLinkIsStillNamedOnAnother(t *testing.T) {
	const declared = threeLinks + `
prefixes: [{name: public, prefixes: [203.0.112.0/22], links: [isp-a]}]
services: [{name: www, kind: other, addresses: [203.0.113.10/32], remote: them, initiator: remote, links: [isp-a, er]}]
remotes: [{name: them, prefixes: [40.92.0.0/15], observer: internet}]
`
	r := site{declared, "isp-a in 0.0.0.0/0\nisp-b in\ner in\nisp-a out 203.0.112.0/22\nisp-b out 203.0.113.0/24\ner out 203.0.113.0/24"}.audit(t)
	var got []string
	for _, f := range r.Findings {
		if f.Check == "return/more-specific" {
			got = append(got, f.Subject.Name+" over "+strings.Join(f.Links, " "))
		}
	}
	// The internet reaches www by isp-b. Microsoft reaches the rest of the /24 by the circuit.
	for _, want := range []string{"www over isp-b", "public over er"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q, want %q among them", got, want)
		}
	}
}

func TestADoubtfulAggregateOpensNoLinkThatAPoolIsNotOn(t *testing.T) {
	const declared = threeLinks + `
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [er]}]
`
	for tables, want := range map[string]policy.State{
		"isp-a out 198.51.100.0/23\nisp-b out":             policy.OK, // what er may carry beside it is er's to say
		"isp-a adj-rib-out-pre 198.51.100.0/23\nisp-b out": policy.OK,
		"isp-a adj-rib-out-pre 198.51.100.0/24\nisp-b out": policy.UnknownState,
	} {
		if got := stateOf(site{declared, tables}.audit(t), "nat/shared-pool", "isp-a", rib.IPv4); got != want {
			t.Errorf("%q: %s, want %s", tables, got, want)
		}
	}
}
