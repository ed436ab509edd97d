package policy_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// Two internet links behind firewalls of their own, and a circuit's side.
const threeLinks = `
version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
  - {name: isp-b, kind: internet, router: edge1, firewall: fw-b, neighbor-asns: [65541]}
  - {name: er, kind: expressroute-microsoft, router: edge1, firewall: fw-er, circuit: c1, neighbor-asns: [12076]}
`

func TestDefaultOnlyCountsDoubtfulRoutesBothWays(t *testing.T) {
	declare := func(pool string) string {
		return threeLinks + "pools:\n  - {name: nat, prefixes: [\"" + pool + "\"], links: [isp-a]}\nservices:\n  - {name: web, pools: [nat], remote: rest, initiator: us, links: [isp-a]}\nremotes:\n  - {name: rest, default-only: true}\n"
	}
	four, six := declare("198.51.100.0/24"), declare("2001:db8:100::/48")
	const out4, out6 = "isp-a out 198.51.100.0/24\nisp-b out\ner out\n", "isp-a out ipv6 2001:db8:100::/48\nisp-b out ipv6\ner out ipv6\n"
	for _, tt := range []struct {
		name   string
		config string
		tables string
		want   []string
	}{
		{
			"what a doubtful ExpressRoute route would carry is judged apart, and breaks over isp-b", four,
			out4 + "isp-a in 0.0.0.0/0\nisp-b in 40.96.0.0/12\ner adj-rib-in-pre 40.96.0.0/13",
			[]string{"web ipv4: out isp-a, back isp-a: symmetric", "web ipv4: out isp-b, back isp-a: asymmetric at fw-a", "web ipv4: unknown"},
		},
		{
			"where it makes no difference it is symmetric", four,
			out4 + "isp-a in 0.0.0.0/0\nisp-b in\ner adj-rib-in-pre 40.96.0.0/13",
			[]string{"web ipv4: out isp-a, back isp-a: symmetric", "web ipv4: out isp-a, back isp-a: symmetric"},
		},
		{
			"what only a doubtful route of another link routes", four,
			out4 + "isp-a in 40.0.0.0/8\nisp-b adj-rib-in-pre 52.0.0.0/8\ner in",
			[]string{"web ipv4: out isp-a, back isp-a: symmetric", "web ipv4: unknown"},
		},
		{"nothing is certain", four, out4 + "isp-a adj-rib-in-pre 0.0.0.0/0\nisp-b in\ner in", []string{"web ipv4: unknown"}},
		{
			"in IPv6 too", six,
			out6 + "isp-a in ::/0\nisp-b in ipv6 2620:1ec::/32\ner adj-rib-in-pre ipv6 2620:1ec:c00::/40",
			[]string{"web ipv6: out isp-a, back isp-a: symmetric", "web ipv6: out isp-b, back isp-a: asymmetric at fw-a", "web ipv6: unknown"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{tt.config, tt.tables}.audit(t)
			got := slices.Sorted(slices.Values(flowLines(r)))
			got = slices.DeleteFunc(got, func(l string) bool { return !strings.HasPrefix(l, tt.want[0][:8]) })
			sameLines(t, "flows", got, tt.want...)
			for _, f := range r.Flows {
				if f.Verdict == policy.VerdictUnknown && strings.Contains(f.Why, "belong") && !strings.Contains(f.Why, "pre-policy") {
					t.Errorf("the doubt is not named: %q", f.Why)
				}
			}
		})
	}
}

// A route that no rule ties, in a router's whole table.
func TestAnUntiedRowOpensWhatItMayBeOf(t *testing.T) {
	const tied = " 65540=isp-a 12076=er router=edge1"
	rest := func(own string) string {
		return threeLinks + "services:\n  - {name: web, addresses: [\"" + own + "\"], remote: rest, initiator: us, links: [isp-a]}\nremotes:\n  - {name: rest, default-only: true}\n"
	}
	const out4, out6 = "isp-a out 203.0.113.0/24\nisp-b out\ner out\nisp-b in\n", "isp-a out ipv6 2001:db8:7::/48\nisp-b out ipv6\ner out ipv6\nisp-b in ipv6\n"
	for _, tt := range []struct {
		name, config, tables string
		want                 policy.Verdict
	}{
		{"our own address opens no default-only", rest("203.0.113.10/32"), out4 + "isp-a in 0.0.0.0/0\ner in\n- bgp-table 203.0.113.10/32" + tied, policy.Symmetric},
		{"nor does a bogon", rest("203.0.113.10/32"), out4 + "isp-a in 0.0.0.0/0\ner in\n- bgp-table 10.20.0.0/16" + tied, policy.Symmetric},
		{"nor what ExpressRoute carries for certain", rest("203.0.113.10/32"), out4 + "isp-a in 0.0.0.0/0\ner in 40.96.0.0/12\n- bgp-table 40.96.0.0/13" + tied, policy.Symmetric},
		{"an address of the world does", rest("203.0.113.10/32"), out4 + "isp-a in 0.0.0.0/0\ner in\n- bgp-table 40.96.0.0/13" + tied, policy.VerdictUnknown},
		{"our own in IPv6 opens none", rest("2001:db8:7::10/128"), out6 + "isp-a in ::/0\ner in ipv6\n- bgp-table 2001:db8:7::10/128" + tied, policy.Symmetric},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{tt.config, tt.tables}.audit(t)
			for _, f := range r.Flows {
				if f.Verdict != tt.want {
					t.Errorf("%s is %s (%s), want %s", f.Family, f.Verdict, f.Why, tt.want)
				}
			}
		})
	}
}

func TestWhatAnUntiedRowMayCarryOverExpressRouteIsNoCertainDefaultOnlyAddress(t *testing.T) {
	const config = threeLinks + `services:
  - {name: sso, kind: adfs, addresses: [203.0.113.10/32, "2001:db8:7::10/128"], remote: rest, initiator: remote, links: [er], nat: none}
remotes:
  - {name: rest, default-only: true}
`
	const out = "isp-a out ipv6\nisp-b out ipv6\ner out ipv6 203.0.113.0/24 2001:db8:7::/48\nisp-b in ipv6\n"
	for tables, want := range map[string]policy.State{
		"isp-a in ipv6 40.96.0.0/13 2603:1006::/40\ner in ipv6":                                                                            policy.Fired,
		"isp-a in ipv6 40.96.0.0/13 2603:1006::/40\ner in ipv6\n- bgp-table 40.96.0.0/13 2603:1006::/40 65540=isp-a 12076=er router=edge1": policy.UnknownState,
	} {
		r := site{config, out + tables}.audit(t)
		for _, fam := range rib.Families {
			if got := stateOf(r, "service/adfs", "isp-a", fam); got != want {
				t.Errorf("%q: %s (%s), want %s", tables, got, fam, want)
			}
		}
	}
}

func TestAnUntiedAdvertisedRowOpensTheChecksOfPools(t *testing.T) {
	const feed = "- far-end name=table 65549=isp-b 65548=er "
	pool := threeLinks + "pools:\n  - {name: nat, prefixes: [198.51.100.0/24, \"2001:db8:100::/48\"], links: [isp-a]}\n"
	for _, tt := range []struct {
		name, tables, check, link string
		fam                       rib.Family
		want                      policy.State
	}{
		{"it may share the pool", "isp-a out ipv6 198.51.100.0/24\nisp-b out ipv6\ner out ipv6\n" + feed + "198.51.100.0/24", "nat/shared-pool", "er", rib.IPv4, policy.UnknownState},
		{"and on the link that has it", "isp-a out ipv6 198.51.100.0/24\nisp-b out ipv6\ner out ipv6\n" + feed + "198.51.100.0/24", "nat/shared-pool", "isp-a", rib.IPv4, policy.UnknownState},
		{"a longer one too, in IPv6", "isp-a out ipv6 2001:db8:100::/48\nisp-b out ipv6\ner out ipv6\n" + feed + "2001:db8:100:1::/64", "nat/shared-pool", "er", rib.IPv6, policy.UnknownState},
		{"an untied row beside it does not", "isp-a out ipv6 198.51.100.0/24\nisp-b out ipv6\ner out ipv6\n" + feed + "203.0.113.0/24", "nat/shared-pool", "er", rib.IPv4, policy.OK},
		{"it may be the route that the pool lacks", "isp-a out ipv6\nisp-b out ipv6\ner out ipv6\n- far-end name=table 65549=isp-a 65548=er 198.51.0.0/16", "nat/uncovered-pool", "isp-a", rib.IPv4, policy.UnknownState},
		{"what may be another link's does not cover it", "isp-a out ipv6\nisp-b out ipv6\ner out ipv6\n" + feed + "198.51.0.0/16", "nat/uncovered-pool", "isp-a", rib.IPv4, policy.Fired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{pool, tt.tables}.audit(t)
			if got := stateOf(r, tt.check, tt.link, tt.fam); got != tt.want {
				t.Errorf("%s on %s is %s, want %s\n%v", tt.check, tt.link, got, tt.want, findingLines(r))
			}
		})
	}
}

// Inbound SNAT pins the reply where the connection comes in; where that is not known, no more is what
// becomes of the reply.
func TestLessEvidenceRaisesNoFindingOfAPinnedService(t *testing.T) {
	config := threeLinks + `services:
  - {name: mail-in, kind: smtp, addresses: [203.0.113.25/32, "2001:db8:7::25/128"], remote: exo, initiator: remote, links: [isp-a], snat: {at: fw-a, to: 10.20.0.0/28}}
remotes:
  - {name: exo, observer: microsoft, prefixes: [40.92.0.0/15]}
`
	in := "isp-a in 0.0.0.0/0\nisp-b in\ner in 40.92.0.0/15\n"
	whole := site{config, in + "isp-a out 203.0.113.0/24\nisp-b out\ner out"}.audit(t)
	for _, check := range []string{"service/smtp", "forward/more-specific", "flow/off-link"} {
		if named, _ := ofCheck(whole, check); len(named) > 0 {
			t.Fatalf("with the whole evidence %s fires", check)
		}
	}
	for _, lost := range []string{"er out partial", "er out stale", "er out unreadable", "", "er adj-rib-out-pre 203.0.113.0/24"} {
		r := site{config, in + "isp-a out 203.0.113.0/24\nisp-b out\n" + lost}.audit(t)
		for _, check := range []string{"service/smtp", "forward/more-specific", "flow/off-link"} {
			if named, _ := ofCheck(r, check); len(named) > 0 {
				t.Errorf("%q: %s fires for want of evidence: %s", lost, check, named[0].Message)
			}
		}
		if st := stateOf(r, "service/smtp", "er", rib.IPv4); st != policy.UnknownState {
			t.Errorf("%q: service/smtp is %s on er", lost, st)
		}
		if st := stateOf(r, "forward/more-specific", "er", rib.IPv4); st != policy.UnknownState {
			t.Errorf("%q: forward/more-specific is %s on er", lost, st)
		}
	}
}

func TestAFindingOfAServiceWithSNATSaysWhatUnpinnedRepliesTakeOnTrust(t *testing.T) {
	const config = threeLinks + `services:
  - {name: mail-in, kind: smtp, addresses: [203.0.113.25/32], remote: exo, initiator: remote, links: [isp-a], snat: {at: fw-a, to: 10.20.0.0/28}}
remotes:
  - {name: exo, observer: microsoft, prefixes: [40.92.0.0/15]}
`
	r := site{config, "isp-a in 0.0.0.0/0\nisp-b in\ner in 40.92.0.0/15\nisp-a out\nisp-b out 203.0.113.0/24\ner out"}.audit(t)
	for _, check := range []string{"service/smtp", "forward/more-specific"} {
		named, _ := ofCheck(r, check)
		if len(named) != 1 || !slices.Contains(named[0].Assumes, "accepted on isp-b") {
			t.Errorf("%s: %v assumes not that the address is accepted on isp-b", check, findingLines(r))
		}
	}
}

func TestAReturnFindingOfAServiceSaysByWhichChoiceItsSourceIsUsed(t *testing.T) {
	const config = threeLinks + `
pools:
  - {name: nat-a, prefixes: [198.51.100.0/24], links: [isp-a]}
services:
  - {name: web, pools: [nat-a], remote: exo, initiator: us, links: [isp-a]}
remotes:
  - {name: exo, observer: internet, prefixes: [192.0.2.0/24]}
`
	r := site{config, "isp-a in 192.0.2.0/24[lp=200]\nisp-b in 192.0.2.0/24[lp=100] no-best\ner in\nisp-a out 198.51.100.0/23\nisp-b out 198.51.100.0/24\ner out"}.audit(t)
	named, _ := ofCheck(r, "return/more-specific")
	const says = "feed isp-b-in does not show what its router chose: none of its routes is taken to be marked best"
	if !slices.ContainsFunc(named, func(f *policy.Finding) bool { return f.Subject.Kind == "service" && slices.Contains(f.Assumes, says) }) {
		for _, f := range named {
			t.Logf("%v %q", f.Subject, f.Assumes)
		}
		t.Errorf("no finding of the service says so: %v", findingLines(r))
	}
}

func TestWhatIsSentIsJudgedThoughNobodyHearsIt(t *testing.T) {
	const declare = `prefixes:
  - {name: public, prefixes: [203.0.113.0/24, "2001:db8:7::/48"], links: [isp-a], never-links: [er]}
pools:
  - {name: nat, prefixes: [198.51.100.0/24], links: [isp-a]}
`
	for _, tt := range []struct{ name, tables, check string }{
		{"link/wrong", "isp-a out 203.0.113.0/24 198.51.100.0/24\nisp-b out\ner out 203.0.113.0/24\ner far-end", "link/wrong"},
		{"link/wrong in IPv6", "isp-a out 203.0.113.0/24 2001:db8:7::/48 198.51.100.0/24\nisp-b out ipv6\ner out 2001:db8:7::/48\ner far-end ipv6", "link/wrong"},
		{"nat/shared-pool", "isp-a out 203.0.113.0/24 198.51.100.0/24\nisp-b out\ner out 198.51.100.0/24\ner far-end", "nat/shared-pool"},
		{"prefix/unexpected", "isp-a out 203.0.113.0/24 198.51.100.0/24\nisp-b out\ner out 192.0.2.0/24\ner far-end", "prefix/unexpected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{threeLinks + declare, tt.tables}.audit(t)
			named, _ := ofCheck(r, tt.check)
			if len(named) == 0 {
				t.Fatalf("nothing fires: %v", findingLines(r))
			}
			if tt.check != "nat/shared-pool" && !strings.Contains(named[0].Message, "not in the far end's table") {
				t.Errorf("it does not say that nobody hears it: %q", named[0].Message)
			}
		})
	}
}

func TestAPoolMayBeMoreThanTheDocumentedFallback(t *testing.T) {
	const pool = threeLinks + "pools:\n  - {name: nat, prefixes: [198.51.100.0/24], links: [isp-a, er]}\n"
	for _, tt := range []struct {
		name, feeds string
		state       policy.State
	}{
		{"all is seen", "isp-a out 198.51.100.0/23\nisp-b out\ner out 198.51.100.0/24", policy.Fired},
		{"an internet link is blind", "isp-a out 198.51.100.0/23\ner out 198.51.100.0/24", policy.UnknownState},
		{"the aggregate is doubtful", "isp-a adj-rib-out-pre 198.51.100.0/23\nisp-b out\ner out 198.51.100.0/24", policy.UnknownState},
		{"the pool and the aggregate are", "isp-a adj-rib-out-pre 198.51.100.0/23\nisp-b out\ner adj-rib-out-pre 198.51.100.0/24", policy.UnknownState},
	} {
		r := site{pool, tt.feeds}.audit(t)
		if got := stateOf(r, "nat/shared-pool", "er", rib.IPv4); got != tt.state {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.state)
		}
	}
	// Beside a VPN behind the same firewall: with its route it is no fallback, and no finding either.
	const beside = threeLinks + "  - {name: vpn, kind: vpn, router: edge1, firewall: fw-er, neighbor-asns: [65543]}\n" +
		"pools:\n  - {name: nat, prefixes: [198.51.100.0/24, \"2001:db8:100::/48\"], links: [vpn, er]}\n"
	for tables, want := range map[string]policy.State{
		"isp-a out ipv6 198.51.100.0/23 2001:db8:100::/47\ner out ipv6 198.51.100.0/24 2001:db8:100::/48\nvpn out ipv6":                                                 policy.Fired,
		"isp-a out ipv6 198.51.100.0/23 2001:db8:100::/47\ner out ipv6 198.51.100.0/24 2001:db8:100::/48\nvpn out ipv6 198.51.100.0/25 2001:db8:100::/49":               policy.OK,
		"isp-a out ipv6 198.51.100.0/23 2001:db8:100::/47\ner out ipv6 198.51.100.0/24 2001:db8:100::/48\nvpn adj-rib-out-pre 198.51.100.0/25 2001:db8:100::/49":        policy.UnknownState,
		"isp-a adj-rib-out-pre 198.51.100.0/23 2001:db8:100::/47\ner out ipv6 198.51.100.0/24 2001:db8:100::/48\nvpn adj-rib-out-pre 198.51.100.0/25 2001:db8:100::/49": policy.UnknownState,
	} {
		r := site{beside, "isp-b out ipv6\n" + tables}.audit(t)
		for _, fam := range rib.Families {
			if got := stateOf(r, "nat/shared-pool", "er", fam); got != want {
				t.Errorf("%q: %s (%s), want %s", tables, got, fam, want)
			}
		}
	}
}
