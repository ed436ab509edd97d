package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// What the flow cases declare beside their links.
const (
	partner = "remotes:\n  - {name: partner, observer: internet, prefixes: [192.0.2.0/24]}\n"

	web      = "pools:\n  - {name: nat, prefixes: [198.51.100.0/24]}\nservices:\n  - {name: web, pools: [nat], remote: partner, initiator: us}\n" + partner
	mail     = "services:\n  - {name: mail, addresses: [203.0.113.25/32], remote: partner, initiator: remote}\n" + partner
	mailSNAT = "services:\n  - {name: mail, addresses: [203.0.113.25/32], remote: partner, initiator: remote, snat: {at: %s, to: 10.20.0.0/28}}\n" + partner
)

func TestFlowVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		site  site
		flows string
	}{
		{"we start, and both directions meet one firewall", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			web ipv4: out l1, back l1: symmetric`},
		{"two links of one firewall are one firewall", site{firewalls("fw-a", "fw-a") + web, `
			l1 out 203.0.113.0/24
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			web ipv4: out l1, back l2: symmetric`},
		{"we start, and the reply meets the firewall that did not see the start", site{firewalls("fw-a", "fw-b") + web, `
			l1 out
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			web ipv4: out l1, back l2: asymmetric at fw-b`},
		{"the remote starts, and our reply meets the firewall that did not see the start", site{firewalls("fw-a", "fw-b") + mail, `
			l1 out
			l2 out 203.0.113.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l1, back l2: asymmetric at fw-a`},
		{"the remote starts, and both directions meet one firewall", site{firewalls("fw-a", "fw-b") + mail, `
			l1 out 203.0.113.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l1, back l1: symmetric`},
		{"a tie of our own routers over two firewalls is mixed", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l1+l2, back l1: mixed at fw-a`},
		{"a tie of the observer over two firewalls is mixed", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l1+l2: mixed at fw-b`},
		{"ties on both sides behind one firewall are harmless", site{firewalls("fw-a", "fw-a") + web, `
			l1 out 198.51.100.0/24
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l1+l2, back l1+l2: symmetric`},
		{"a tie of which every branch is broken is asymmetric", site{firewalls("fw-a", "fw-b", "fw-b") + web, `
			l1 out
			l2 out 198.51.100.0/24
			l3 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in
			l3 in`}, `
			web ipv4: out l1, back l2+l3: asymmetric at fw-b`},
		{"a stateless link has no state to share with another one", site{firewalls("none", "none") + web, `
			l1 out
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l2: asymmetric`},
		{"one stateless link both ways is symmetric", site{firewalls("none", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l1: symmetric`},
		{"out without state and back through a stateful firewall is broken there", site{firewalls("none", "fw-b") + web, `
			l1 out
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l2: asymmetric at fw-b`},
		{"out through a stateful firewall and back without state is broken at the first", site{firewalls("fw-a", "none") + web, `
			l1 out
			l2 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l2: asymmetric at fw-a`},
		{"nobody has a route to our source", site{firewalls("fw-a", "fw-b") + web, `
			l1 out
			l2 out
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back none: unreachable`},
		{"we have no route to the remote", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in
			l2 in`}, `
			web ipv4: out none, back l1: unreachable`},
		{"a blind link that could take the reply leaves it unknown", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: unknown`},
		{"a blind link that shares the firewall changes nothing", site{firewalls("fw-a", "fw-a") + web, `
			l1 out 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l1+l2: symmetric`},
		{"a blind link cannot beat what is longer than it may carry", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/25 198.51.100.128/25
			- collector 65541=l1 65542=l2 198.51.100.0/25[via=65541] 198.51.100.128/25[via=65541]
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l1: symmetric`},
		{"a pre-policy route that could take the reply leaves it unknown", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 adj-rib-out-pre 198.51.100.0/24
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: unknown`},
		{"rows of a cut feed count, and the rest of its link is blind", site{firewalls("fw-a", "fw-b") + web, `
			l1 out partial 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: out l1, back l1: symmetric`},
		{"the remote's addresses split by our choice", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 0.0.0.0/0
			l2 in 192.0.2.128/25`}, `
			web ipv4: out l1, back l1: symmetric
			web ipv4: out l2, back l1: asymmetric at fw-a`},
		{"our addresses split by the observer's choice", site{firewalls("fw-a", "fw-b") +
			strings.ReplaceAll(web, "198.51.100.0/24", "203.0.112.0/23"), `
			l1 out 203.0.112.0/22
			l2 out 203.0.113.0/24
			l1 in 0.0.0.0/0
			l2 in`}, `
			web ipv4: out l1, back l1: symmetric
			web ipv4: out l1, back l2: asymmetric at fw-b`},
		{"a pool a link keeps each branch whole", site{firewalls("fw-a", "fw-b") + `
pools:
  - {name: nat-1, prefixes: [198.51.100.0/24], links: [l1]}
  - {name: nat-2, prefixes: [203.0.113.0/24], links: [l2]}
services:
  - {name: web, pools: [nat-1, nat-2], remote: partner, initiator: us}
` + partner, `
			l1 out 198.51.100.0/24
			l2 out 203.0.113.0/24
			l1 in 192.0.2.0/24
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l1+l2, back l1: symmetric
			web ipv4: out l1+l2, back l2: symmetric`},
		{"a pool that lists both links is used on both", site{firewalls("fw-a", "fw-b") + `
pools:
  - {name: nat-1, prefixes: [198.51.100.0/24], links: [l1, l2]}
  - {name: nat-2, prefixes: [203.0.113.0/24], links: [l2]}
services:
  - {name: web, pools: [nat-1, nat-2], remote: partner, initiator: us}
` + partner, `
			l1 out 198.51.100.0/24
			l2 out 203.0.113.0/24
			l1 in
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l2, back l1: asymmetric at fw-a
			web ipv4: out l2, back l2: symmetric`},
		{"where no pool lists the departure link the service's own addresses are the source", site{firewalls("fw-a", "fw-b") + `
pools:
  - {name: nat-1, prefixes: [198.51.100.0/24], links: [l1]}
services:
  - {name: web, addresses: [203.0.113.25/32], pools: [nat-1], remote: partner, initiator: us}
` + partner, `
			l1 out 198.51.100.0/24
			l2 out 203.0.113.0/24
			l1 in
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l2, back l2: symmetric`},
		{"a pool's links are intent, not mechanism: without own addresses NAT comes before the link choice", site{firewalls("fw-a", "fw-b") + `
pools:
  - {name: nat-1, prefixes: [198.51.100.0/24], links: [l1]}
services:
  - {name: web, pools: [nat-1], remote: partner, initiator: us}
` + partner, `
			l1 out 198.51.100.0/24
			l2 out 203.0.113.0/24
			l1 in
			l2 in 192.0.2.0/24`}, `
			web ipv4: out l2, back l1: asymmetric at fw-a`},
		{"SNAT at the arrival firewall pins the reply to it", site{firewalls("fw-a", "fw-b") + strings.Replace(mailSNAT, "%s", "fw-b", 1), `
			l1 out
			l2 out 203.0.113.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l2, back l2: symmetric`},
		{"SNAT at another firewall pins nothing", site{firewalls("fw-a", "fw-b") + strings.Replace(mailSNAT, "%s", "fw-a", 1), `
			l1 out
			l2 out 203.0.113.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l1, back l2: asymmetric at fw-a`},
		{"SNAT at one of two tied arrivals pins that branch alone", site{firewalls("fw-a", "fw-b") + strings.Replace(mailSNAT, "%s", "fw-b", 1), `
			l1 out 203.0.113.0/24
			l2 out 203.0.113.0/24
			l1 in
			l2 in 192.0.2.0/24`}, `
			mail ipv4: out l2, back l1+l2: mixed at fw-b`},
		{"a pinned reply needs no route to the remote", site{firewalls("fw-a", "fw-b") + strings.Replace(mailSNAT, "%s", "fw-b", 1), `
			l1 out
			l2 out 203.0.113.0/24
			l1 in
			l2 in`}, `
			mail ipv4: out l2, back l2: symmetric`},
		{"SNAT of one family does not pin the other", site{firewalls("fw-a", "fw-b") + `
services:
  - {name: mail, addresses: [203.0.113.25/32, "2001:db8:113::25/128"], remote: partner, initiator: remote, snat: {at: fw-b, to: 10.20.0.0/28}}
remotes:
  - {name: partner, observer: internet, prefixes: [192.0.2.0/24, "2001:db8:200::/48"]}
`, `
			l1 out ipv6
			l2 out 203.0.113.0/24 2001:db8:113::/48
			l1 in 192.0.2.0/24 2001:db8:200::/48
			l2 in 0.0.0.0/0 ::/0`}, `
			mail ipv4: out l2, back l2: symmetric
			mail ipv6: out l1, back l2: asymmetric at fw-a`},
		{"a service that sees one link alone decides among its routes", site{firewalls("fw-a", "fw-b") + strings.Replace(mail, "initiator: remote", "initiator: remote, sees: [l2]", 1), `
			l1 out
			l2 out 203.0.113.0/24
			l1 in 192.0.2.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l2, back l2: symmetric`},
		{"a blind link that the service does not see changes nothing", site{firewalls("fw-a", "fw-b") + strings.Replace(mail, "initiator: remote", "initiator: remote, sees: [l2]", 1), `
			l1 out
			l2 out 203.0.113.0/24
			l2 in 0.0.0.0/0`}, `
			mail ipv4: out l2, back l2: symmetric`},
		{"routers that choose differently tie", site{firewalls("fw-a", "fw-b") + web, `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24[best]
			l2 in 192.0.2.0/24[best]`}, `
			web ipv4: out l1+l2, back l1: mixed at fw-a`},
		{"a service behind a router follows that router", site{firewalls("fw-a", "fw-b") + strings.Replace(web, "initiator: us", "initiator: us, behind: r1", 1), `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24[best]
			l2 in 192.0.2.0/24[best]`}, `
			web ipv4: out l1, back l1: symmetric`},
		{"no common family is not applicable", site{firewalls("fw-a", "fw-b") + strings.Replace(web, "192.0.2.0/24", `"2001:db8:200::/48"`, 1), `
			l1 out 198.51.100.0/24 ipv6
			l2 out ipv6
			l1 in 0.0.0.0/0 ::/0
			l2 in ipv6`}, `
			web ipv4: not-applicable`},
		{"an observer that hears none of the links leaves the way back unknown", site{firewalls("fw-a", "fw-b") + strings.Replace(web, "observer: internet", "observer: azure", 1), `
			l1 out 198.51.100.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in`}, `
			web ipv4: unknown`},
		{"a departure that is open has a source and a return of its own for each link", site{firewalls("fw-a", "fw-b") + `
pools:
  - {name: nat-1, prefixes: [198.51.100.0/24], links: [l1]}
  - {name: nat-2, prefixes: [203.0.113.0/24], links: [l2]}
services:
  - {name: web, pools: [nat-1, nat-2], remote: partner, initiator: us}
` + partner, `
			l1 out 198.51.100.0/24 203.0.113.0/24
			l2 out
			l1 in 192.0.2.0/24
			l2 in partial`}, `
			web ipv4: unknown`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sameLines(t, "flows", flowLines(tt.site.audit(t)), tt.flows)
		})
	}
}

func TestFlowsSayWhatTheyTakeOnTrust(t *testing.T) {
	tables := `
		l1 out 198.51.100.0/24 203.0.113.0/24
		l2 out
		l1 in 0.0.0.0/0
		l2 in`
	for _, tt := range []struct{ name, declared, assumes string }{
		{
			"NAT before the link choice", "pools:\n  - {name: nat, prefixes: [198.51.100.0/24], links: [l2]}\nservices:\n  - {name: web, pools: [nat], remote: partner, initiator: us}\n" + partner,
			"NAT before the link choice",
		},
		{"what reaches the service", strings.Replace(mail, "initiator: remote", "initiator: remote, sees: [l1]", 1), "mail sees only the routes of l1"},
		{"inbound SNAT", strings.Replace(mailSNAT, "%s", "fw-a", 1), "inbound SNAT at fw-a pins the reply"},
		{"that what was sent was accepted", mail, "accepted on l1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{firewalls("fw-a", "fw-b") + tt.declared, tables}.audit(t)
			if len(r.Flows) != 1 || !slices.Contains(r.Flows[0].Assumes, tt.assumes) {
				t.Errorf("%+v does not assume %q", r.Flows[0], tt.assumes)
			}
		})
	}
	t.Run("nothing of NAT where a pool lists the departure link", func(t *testing.T) {
		r := site{firewalls("fw-a", "fw-b") + strings.Replace(web, "[198.51.100.0/24]", "[198.51.100.0/24], links: [l1]", 1), tables}.audit(t)
		if slices.Contains(r.Flows[0].Assumes, "NAT before the link choice") {
			t.Error(r.Flows[0].Assumes)
		}
	})
}

func TestABrokenFlowTellsThePacketsWay(t *testing.T) {
	r := site{firewalls("fw-a", "fw-b") + mail, `
		l1 out
		l2 out 203.0.113.0/24
		l1 in 192.0.2.0/24
		l2 in 0.0.0.0/0`}.audit(t)
	sameLines(t, "story", r.Flows[0].Story, `
		partner opens a connection to mail (203.0.113.25/32); it comes in by l2 (fw-b) (only-route)
		the reply to partner leaves by l1 (fw-a) (longest-match)
		fw-a did not see the connection begin at l2 (fw-b) and drops the packet`)
	r = site{firewalls("fw-a", "fw-b") + web, `
		l1 out
		l2 out 198.51.100.0/24
		l1 in 192.0.2.0/24
		l2 in 0.0.0.0/0`}.audit(t)
	sameLines(t, "story", r.Flows[0].Story, `
		web opens a connection to partner; it leaves by l1 (fw-a) (longest-match)
		its source address is in 198.51.100.0/24; the reply to it comes in by l2 (fw-b) (only-route)
		fw-b did not see the connection begin at l1 (fw-a) and drops the packet`)
}

func TestSeverityOfBrokenFlows(t *testing.T) {
	for _, tt := range []struct {
		name     string
		site     site
		severity policy.Severity
	}{
		{"broken at a firewall is an error", site{firewalls("fw-a", "fw-b") + web, "l1 out\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"}, policy.Error},
		{"between stateless links it is info", site{firewalls("none", "none") + web, "l1 out\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"}, policy.Info},
		{"if either side keeps state it is an error", site{firewalls("none", "fw-b") + web, "l1 out\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"}, policy.Error},
		{"mixed by our own tie is an error", site{firewalls("fw-a", "fw-b") + web, "l1 out 198.51.100.0/24\nl2 out\nl1 in 192.0.2.0/24\nl2 in 192.0.2.0/24"}, policy.Error},
		{"mixed by a preference that nobody outside can see is a warning", site{firewalls("fw-a", "fw-b") + web, "l1 out 198.51.100.0/24\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"}, policy.Warning},
		{"mixed by both ties is an error", site{firewalls("fw-a", "fw-b") + web, "l1 out 198.51.100.0/24\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in 192.0.2.0/24"}, policy.Error},
		{"mixed where some preference of theirs would do no harm is a warning", site{firewalls("none", "none", "fw-b") + web, "l1 out 198.51.100.0/24\nl2 out\nl3 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in 192.0.2.0/24\nl3 in"}, policy.Warning},
		{"mixed between stateless links is info", site{firewalls("none", "none") + web, "l1 out 198.51.100.0/24\nl2 out 198.51.100.0/24\nl1 in 192.0.2.0/24\nl2 in"}, policy.Info},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.site.audit(t)
			i := slices.IndexFunc(r.Findings, func(f *policy.Finding) bool { return strings.HasPrefix(f.Check, "flow/") })
			if i < 0 || r.Findings[i].Severity != tt.severity {
				t.Errorf("%v", findingLines(r))
			}
		})
	}
}

func TestRemotesResolveFromTodaysRoutes(t *testing.T) {
	remote := func(text string) string {
		return "services:\n  - {name: web, addresses: [203.0.113.25/32], remote: msft, initiator: us}\nremotes:\n  - {name: msft, " + text + "}\n"
	}
	out := "isp-a out 203.0.113.0/24\ner out 203.0.113.0/24\n"
	for _, tt := range []struct {
		name    string
		declare string
		tables  string
		want    string // flow lines, each with the remote's addresses
	}{
		{"communities are looked up on the ExpressRoute links", remote(`communities: ["12076:5010"]`), out + `
			isp-a in 40.0.0.0/8[12076:5010]
			er in 40.92.0.0/15[12076:5010] 20.190.128.0/18[12076:5060]`, `
			web: 40.92.0.0/15: symmetric`},
		{"where a feed shows no communities one unknown flow stands for the rest", remote(`prefixes: [40.92.0.0/15], communities: ["12076:5010"], observer: microsoft`), out + `
			isp-a in 0.0.0.0/0
			er in no-communities 40.92.0.0/15`, `
			web: : unknown
			web: 40.92.0.0/15: symmetric`},
		{"unless the communities are optional", remote(`prefixes: [40.92.0.0/15], communities: ["12076:5010"], communities-optional: true, observer: microsoft`), out + `
			isp-a in 0.0.0.0/0
			er in no-communities 40.92.0.0/15`, `
			web: 40.92.0.0/15: symmetric`},
		{"optional communities excuse no blind feed", remote(`prefixes: [40.92.0.0/15], communities: ["12076:5010"], communities-optional: true, observer: microsoft`), out + `
			isp-a in 0.0.0.0/0
			er in partial 40.92.0.0/15[12076:5010]`, `
			web: 40.92.0.0/15: unknown`},
		{"a remote that resolves to nothing is unknown", remote(`communities: ["12076:5010"]`), out + `
			isp-a in 0.0.0.0/0
			er in 20.190.128.0/18[12076:5060]`, `
			web: : unknown`},
		{"a blind source leaves every flow unknown", remote(`communities: ["12076:5010"]`), out + `
			isp-a in 0.0.0.0/0`, `
			web: : unknown`},
		{"default-only is what no ExpressRoute link carries, less our own and bogons", remote(`default-only: true`), out + `
			isp-a in 203.0.112.0/22 10.0.0.0/8 100.64.0.0/10 40.92.0.0/14
			er in 40.92.0.0/15 0.0.0.0/0`, `
			web: 40.94.0.0/15+203.0.112.0/24+203.0.113.0/28+203.0.113.16/29+203.0.113.24/32+203.0.113.26/31+203.0.113.28/30+203.0.113.32/27+203.0.113.64/26+203.0.113.128/25+203.0.114.0/23: symmetric`},
		{"documentation prefixes are no bogons", remote(`default-only: true`), out + `
			isp-a in 198.51.100.0/24 192.0.2.0/24
			er in`, `
			web: 192.0.2.0/24+198.51.100.0/24: symmetric`},
		{"default-only with a received table cut off is unknown", remote(`default-only: true`), out + `
			isp-a in 198.51.100.0/24
			er in partial 40.92.0.0/15`, `
			web: 198.51.100.0/24: unknown`},
		{"remote left out is what ExpressRoute carries, and default-only", "services:\n  - {name: web, addresses: [203.0.113.25/32], initiator: us}\n", out + `
			isp-a in 198.51.100.0/24
			er in 40.92.0.0/15`, `
			web: 40.92.0.0/15: symmetric
			web: 198.51.100.0/24: asymmetric`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{erSite + tt.declare, tt.tables}.audit(t)
			var got []string
			for _, f := range r.Flows {
				var remotes []string
				for _, p := range f.RemotePrefixes {
					remotes = append(remotes, p.String())
				}
				verdict := string(f.Verdict)
				// ExpressRoute takes the return; what leaves by the internet is broken, and here only
				// the addresses count.
				if strings.Contains(tt.declare, "default-only") && f.Verdict == policy.Asymmetric {
					verdict = "symmetric"
				}
				got = append(got, "web: "+strings.Join(remotes, "+")+": "+verdict)
			}
			slices.Sort(got)
			want := strings.Split(strings.TrimSpace(tt.want), "\n")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			slices.Sort(want)
			sameLines(t, "flows", got, want...)
		})
	}
}

// Two families, one of which the remote comes to nothing in.
func TestAServiceKeepsALineForEachFamilyOfItsAddresses(t *testing.T) {
	const out = "isp-a out 203.0.113.0/24 2001:db8:7::/48\ner out ipv6 203.0.113.0/24 2001:db8:7::/48\n"
	const pools = "pools:\n  - {name: nat, prefixes: [203.0.113.0/28, \"2001:db8:7::/64\"]}\n"
	web := func(remote string) string {
		return pools + "services:\n  - {name: web, pools: [nat], remote: msft, initiator: us}\nremotes:\n  - {name: msft, " + remote + "}\n"
	}
	for _, tt := range []struct {
		name    string
		declare string
		tables  string
		fam     rib.Family // of the line that has no address
		verdict policy.Verdict
		why     []string // what its reason says
	}{
		{"default-only whose IPv4 default is gone", web(`default-only: true`), "isp-a in ipv4 2001:db8:900::/40\ner in ipv6", rib.IPv4, policy.VerdictUnknown, []string{"isp-a", "default-only"}},
		{"default-only whose IPv6 default is gone", web(`default-only: true`), "isp-a in ipv6 198.51.100.0/24\ner in ipv6", rib.IPv6, policy.VerdictUnknown, []string{"isp-a", "default-only"}},
		{"communities on no IPv6 route", web(`communities: ["12076:5010"]`), "isp-a in ipv6\ner in ipv6 40.92.0.0/15[12076:5010] 2603:1000::/24[12076:5060]", rib.IPv6, policy.VerdictUnknown, []string{"er", "communities"}},
		{"communities on no IPv4 route", web(`communities: ["12076:5010"]`), "isp-a in ipv6\ner in ipv6 2603:1000::/24[12076:5010]", rib.IPv4, policy.VerdictUnknown, []string{"er", "communities"}},
		{"a remote left out", pools + "services:\n  - {name: web, pools: [nat], initiator: us}\n", "isp-a in ipv6 198.51.100.0/24\ner in ipv6", rib.IPv6, policy.VerdictUnknown, []string{"er", "isp-a"}},
		{"written prefixes of the other family", web(`prefixes: [40.92.0.0/15], observer: microsoft`), "isp-a in ipv6 40.92.0.0/15\ner in ipv6", rib.IPv6, policy.FlowNotApplicable, []string{"written"}},
		{"a mixed remote whose written part lacks the family", web(`prefixes: [40.92.0.0/15], communities: ["12076:5010"], observer: microsoft`), "isp-a in ipv6 40.92.0.0/15\ner in ipv6", rib.IPv6, policy.VerdictUnknown, []string{"er", "communities"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := site{erSite + tt.declare, out + tt.tables}.audit(t)
			lines := map[rib.Family]int{}
			for _, f := range r.Flows {
				lines[f.Family]++
				if f.Family != tt.fam {
					continue
				}
				if f.Verdict != tt.verdict {
					t.Errorf("%s is %s, want %s", f.Family, f.Verdict, tt.verdict)
				}
				for _, word := range tt.why {
					if !strings.Contains(f.Why, word) {
						t.Errorf("the reason is %q, want %q in it", f.Why, word)
					}
				}
			}
			if lines[rib.IPv4] == 0 || lines[rib.IPv6] == 0 {
				t.Errorf("a family has no line: %v", flowLines(r))
			}
			if code, _ := r.Exit(policy.Never); code != map[policy.Verdict]int{policy.VerdictUnknown: 3, policy.FlowNotApplicable: 0}[tt.verdict] {
				t.Errorf("exit %d", code)
			}
		})
	}
}

func TestAFlowSaysThatCommunitiesAreLookedUpToday(t *testing.T) {
	r := site{
		erSite + "services:\n  - {name: web, addresses: [203.0.113.25/32], remote: msft, initiator: us}\nremotes:\n  - {name: msft, communities: [\"12076:5010\"]}\n",
		"isp-a out\ner out 203.0.113.0/24\nisp-a in\ner in 40.92.0.0/15[12076:5010]",
	}.audit(t)
	if len(r.Flows) != 1 || !slices.Contains(r.Flows[0].Assumes, "communities of msft as received today") {
		t.Errorf("assumes %q", r.Flows[0].Assumes)
	}
}

func TestALongRemoteIsListedInPartAndCounted(t *testing.T) {
	var routes []string
	for i := range 150 {
		routes = append(routes, fmt.Sprintf("198.51.100.%d/32", i))
	}
	// Every second address, so that none joins its neighbour.
	var odd []string
	for i, r := range routes {
		if i%2 == 0 {
			odd = append(odd, r, strings.Replace(r, "198.51.100", "192.0.2", 1))
		}
	}
	r := site{
		erSite + "services:\n  - {name: web, addresses: [203.0.113.25/32], remote: rest, initiator: us}\nremotes:\n  - {name: rest, default-only: true}\n",
		"isp-a out 203.0.113.0/24\ner out\ner in\nisp-a in " + strings.Join(odd, " "),
	}.audit(t)
	if len(r.Flows) != 1 || len(r.Flows[0].RemotePrefixes) != policy.MostRemotePrefixes || r.Flows[0].RemoteCount != 150 {
		t.Errorf("%d flows, %d prefixes, count %d", len(r.Flows), len(r.Flows[0].RemotePrefixes), r.Flows[0].RemoteCount)
	}
}

func TestUnknownFlowsSayWhy(t *testing.T) {
	r := site{firewalls("fw-a", "fw-b") + web, "l1 out 198.51.100.0/24\nl2 out stale\nl1 in 192.0.2.0/24\nl2 in"}.audit(t)
	if why := r.Flows[0].Why; !strings.Contains(why, "l2") || !strings.Contains(why, "stale") {
		t.Errorf("why is %q", why)
	}
	for _, link := range []string{"l1", "l2"} {
		if st := stateOf(r, "flow/asymmetric", link, rib.IPv4); st != policy.UnknownState {
			t.Errorf("flow/asymmetric on %s is %s though a flow that may use it is unknown", link, st)
		}
	}
}
