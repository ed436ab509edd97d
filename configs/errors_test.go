package configs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// head is five lines, so that what a case adds begins on line 6.
const head = `version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbors: [192.0.2.1]}
  - {name: isp-b, kind: internet, router: edge2, firewall: fw-b}
`

// headER is six lines: what a case adds begins on line 7.
const headER = head + `  - {name: er, kind: expressroute-microsoft, router: edge1, firewall: fw-er, circuit: c1, side: primary}
`

// linksHead is three lines: the case's links begin on line 4.
const linksHead = "version: 1\nsite: {asns: [65536]}\nlinks:\n"

// feedHead is six lines: the case's feeds begin on line 7.
const feedHead = head + "feeds:\n"

// bad are configs that must not load, each with every problem it has, as line and message.
var bad = []struct {
	name string
	text string
	want []string
}{
	{"an empty file lacks everything", "", []string{
		"1: version is missing", "1: site is missing", "1: links is missing",
	}},
	{"only comments", "# nothing yet\n", []string{
		"1: version is missing", "1: site is missing", "1: links is missing",
	}},
	{"no version", "site: {asns: [65536]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{"1: version is missing"}},
	{"another version", "version: 2\nsite: {asns: [65536]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{
		"1: version 2 of the config language is not known",
	}},
	{"a version that is text", "version: one\nsite: {asns: [65536]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{
		`1: version: expected a whole number, got "one"`,
	}},
	{"no links", "version: 1\nsite: {asns: [65536]}\nlinks: []\n", []string{"3: links is an empty list"}},
	{"links without a value", "version: 1\nsite: {asns: [65536]}\nlinks:\n", []string{"3: links is empty"}},
	{"links that are no list", "version: 1\nsite: {asns: [65536]}\nlinks: isp-a\npools: [{name: p, prefixes: [198.51.100.0/24], links: [isp-a]}]\n", []string{
		`3: links: expected a list, got "isp-a"`,
	}},
	{"a site without its ASNs", "version: 1\nsite: {families: [ipv4]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{
		"2: site: asns is missing",
	}},

	{"a tab for indentation", head + "pools:\n\t- name: p\n", []string{
		"7: yaml: found character '\t' that cannot start any token",
	}},
	{"a bracket that stays open", head + "pools: [\n", []string{"6: yaml: sequence end token ']' not found"}},
	{"a key given twice", head + "pools: []\npools: []\n", []string{`7: yaml: mapping key "pools" already defined at [6:1]`}},
	{"a list at the top", "- version: 1\n", []string{"1: expected keys and values at the top of the file"}},
	{"a second document", head + "---\nversion: 1\n", []string{"7: a second YAML document, which would be ignored"}},
	{"a bare :: in brackets", head + "pools: [{name: p, prefixes: [::/0]}]\n", []string{"6: yaml: found an invalid key for this map"}},
	{"an alias to nothing", head + "pools: *gone\n", []string{`6: yaml: unknown anchor 'gone' referenced`}},

	{"a misspelt section", head + "pool: []\n", []string{`6: unknown key "pool"`}},
	{"a misspelt key", linksHead + "  - {name: a, kind: vpn, firewal: none}\n", []string{
		"4: link a: firewall is missing", `4: link a: unknown key "firewal"`,
	}},
	{"capitals in a key", head + "Pools: []\n", []string{`6: unknown key "Pools"`}},
	{"a key below the wrong section", head + "pools:\n  - name: p\n    prefixes: [198.51.100.0/24]\n    remote: x\n", []string{
		`9: pool p: unknown key "remote"`,
	}},
	{"a viper path as a key", head + "site::asns: [1]\n", []string{`6: unknown key "site::asns"`}},
	{"a key that is a number", head + "7: x\n", []string{`6: unknown key "7"`}},

	{"a link without a firewall", linksHead + "  - {name: a, kind: vpn}\n", []string{"4: link a: firewall is missing"}},
	{"a link without a name", linksHead + "  - {kind: vpn, firewall: none}\n", []string{"4: link 1: name is missing"}},
	{"a link without a kind", linksHead + "  - name: a\n    firewall: none\n", []string{"4: link a: kind is missing"}},
	{"an unknown kind", linksHead + "  - name: a\n    firewall: none\n    kind: internt\n", []string{
		`6: link a: kind: unknown value "internt"`,
	}},
	{"two links of one name", linksHead + "  - {name: a, kind: vpn, firewall: none}\n  - {name: a, kind: other, firewall: none}\n", []string{
		"5: link a: the name is taken by line 4",
	}},
	{"a name that no command line takes", linksHead + "  - {name: 'isp a', kind: vpn, firewall: none}\n", []string{
		`4: link isp a: name "isp a" is not a name`,
	}},
	{"a name that YAML takes for a number", linksHead + "  - {name: 100, kind: vpn, firewall: none}\n", []string{
		"4: link 100: name: expected text, got 100",
	}},
	{"a circuit on an internet link", linksHead + "  - {name: a, kind: internet, firewall: none, circuit: c, sku: local, side: primary}\n", []string{
		"4: link a: circuit is for ExpressRoute links only", "4: link a: sku is for ExpressRoute links only",
		"4: link a: side is for ExpressRoute links only",
	}},
	{"an ExpressRoute link without a circuit", linksHead + "  - {name: a, kind: expressroute-private, firewall: none}\n", []string{
		"4: link a: circuit is missing on an ExpressRoute link",
	}},
	{"two links that are one side", linksHead + "  - {name: a, kind: expressroute-private, firewall: none, circuit: c, side: primary}\n" +
		"  - {name: b, kind: expressroute-private, firewall: none, circuit: c, side: primary}\n", []string{
		"5: link b: the same circuit, kind and side as link a",
	}},
	{"an unknown SKU and side", linksHead + "  - {name: a, kind: expressroute-private, firewall: none, circuit: c, sku: basic, side: left}\n", []string{
		`4: link a: sku: unknown value "basic"`, `4: link a: side: unknown value "left"`,
	}},
	{"one circuit of two SKUs", linksHead + "  - {name: a, kind: expressroute-private, firewall: none, circuit: c, side: primary, sku: local}\n" +
		"  - {name: b, kind: expressroute-private, firewall: none, circuit: c, side: secondary, sku: premium}\n", []string{
		"5: link b: sku premium, but link a of circuit c has local",
	}},
	{"a firewall that is nearly none", linksHead + "  - {name: a, kind: vpn, firewall: None}\n", []string{
		`4: link a: firewall "None" is easily taken for none`,
	}},
	{"a weight on a vpn link", linksHead + "  - {name: a, kind: vpn, firewall: none, weight: 10}\n", []string{
		"4: link a: weight is for expressroute-private links only",
	}},
	{"a preference below zero", linksHead + "  - {name: a, kind: vpn, firewall: none, preference: -1}\n", []string{
		"4: link a: preference: -1 is out of range",
	}},
	{"a preference in words", linksHead + "  - {name: a, kind: vpn, firewall: none, preference: high}\n", []string{
		`4: link a: preference: expected a whole number, got "high"`,
	}},
	{"a static that says nothing", linksHead + "  - {name: a, kind: vpn, firewall: none, static: {}}\n", []string{
		"4: link a: static says nothing",
	}},
	{"a static with a null", linksHead + "  - name: a\n    kind: vpn\n    firewall: none\n    static:\n", []string{
		"7: link a: static is empty",
	}},
	{"an unknown import and balancing", linksHead + "  - {name: a, kind: vpn, firewall: none, import: some, balancing: random}\n", []string{
		`4: link a: import: unknown value "some"`, `4: link a: balancing: unknown value "random"`,
	}},
	{"our own ASN as a neighbour", linksHead + "  - {name: a, kind: vpn, firewall: none, neighbor-asns: [65536]}\n", []string{
		"4: link a: AS number 65536 is our own (site.asns)",
	}},

	{"provider ASNs that are somebody else's", headER[:len(headER)-2] + `, neighbor-asns: [12076], provider-asns: [12076, 65536, 65545, 65545]}
  - {name: er-s, kind: expressroute-private, firewall: fw-er, circuit: c1, side: secondary, provider-asns: []}
  - {name: isp-c, kind: internet, firewall: fw-c, provider-asns: [65545]}
`, []string{
		"6: link er: AS number 12076 is in neighbor-asns too", "6: link er: AS number 65536 is our own (site.asns)", "6: link er: 65545 is listed twice",
		"7: link er-s: provider-asns is an empty list",
		"8: link isp-c: provider-asns is for ExpressRoute links only",
	}},
	{"one neighbour on two links of a router", head + `  - {name: isp-c, kind: internet, router: edge1, firewall: fw-a, neighbors: [192.0.2.9, 192.0.2.1]}
  - {name: isp-d, kind: internet, router: edge2, firewall: fw-a, neighbors: [192.0.2.1, "fe80::1"]}
  - {name: isp-e, kind: internet, router: edge2, firewall: fw-a, neighbors: ["fe80::1"]}
  - {name: isp-f, kind: internet, firewall: fw-a, neighbors: [192.0.2.1]}
`, []string{"6: link isp-c: neighbor 192.0.2.1 is one of link isp-a too"}},
	{"one neighbour on two links of the site's only router", linksHead + `  - {name: a, kind: internet, router: edge1, firewall: none, neighbors: ["2001:db8::1"]}
  - {name: b, kind: internet, firewall: none, neighbors: ["2001:db8::1"]}
`, []string{"5: link b: neighbor 2001:db8::1 is one of link a too"}},
	{"one neighbour on two links of no router", linksHead + `  - {name: a, kind: internet, firewall: none, neighbors: [192.0.2.1]}
  - {name: b, kind: internet, firewall: none, neighbors: [192.0.2.1]}
`, []string{"5: link b: neighbor 192.0.2.1 is one of link a too"}},
	{"one neighbour in the same VRF, or in one that is not named", linksHead + `  - {name: a, kind: internet, firewall: none, neighbors: [192.0.2.1]}
  - {name: b, kind: internet, firewall: none, neighbors: [192.0.2.1]}
feeds:
  - {name: f, link: a, view: far-end, file: a.json, vrf: red}
  - {name: g, link: b, view: far-end, file: b.json, vrf: blue}
  - {name: h, link: b, view: adj-rib-in-post, file: c.json, vrf: red}
`, []string{"5: link b: neighbor 192.0.2.1 is one of link a too"}},

	{"ASNs that nobody has", "version: 1\nsite:\n  asns:\n    - 0\n    - 23456\n    - 4294967296\n    - 4294967295\n    - 65535\n    - 1.10\n    - x\n    - '1.70000'\n    - -3\n" +
		"links: [{name: a, kind: vpn, firewall: none}]\n", []string{
		"4: site: asns: AS number 0 is reserved (RFC 7607)",
		"5: site: asns: AS number 23456 is reserved (AS_TRANS, RFC 6793)",
		"6: site: asns: AS number 4294967296 is out of range",
		"7: site: asns: AS number 4294967295 is reserved (RFC 7300)",
		"8: site: asns: AS number 65535 is reserved (RFC 7300)",
		"9: site: asns: AS number 1.1 is ambiguous",
		`10: site: asns: bad AS number "x"`,
		`11: site: asns: bad AS number "1.70000"`,
		"12: site: asns: AS number -3 is out of range",
	}},
	{"an ASN that is no list", "version: 1\nsite: {asns: 65536}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{
		"2: site: asns: expected a list, got 65536",
	}},
	{"unknown families and preference", "version: 1\nsite: {asns: [65536], families: [ipv5], routing-preference: er}\nlinks: [{name: a, kind: vpn, firewall: none}]\n", []string{
		`2: site: families: unknown value "ipv5"`, `2: site: routing-preference: unknown value "er"`,
	}},

	{"prefixes that are none", head + `pools:
  - name: p
    prefixes:
      - 198.51.100.1/24
      - 198.51.100.0
      - 198.51.100.0/33
      - ::ffff:198.51.100.0/120
      - 2001:db8::1/32
      - 7
`, []string{
		"9: pool p: prefixes: prefix 198.51.100.1/24 has host bits set",
		`10: pool p: prefixes: prefix "198.51.100.0" has no length`,
		`11: pool p: prefixes: bad prefix "198.51.100.0/33"`,
		"12: pool p: prefixes: prefix ::ffff:198.51.100.0/120 is an IPv4-mapped IPv6 prefix",
		"13: pool p: prefixes: prefix 2001:db8::1/32 has host bits set",
		"14: pool p: prefixes: expected a prefix, got 7",
	}},
	{"prefixes that are nobody's", head + `pools:
  - name: p
    prefixes: [0.0.0.0/0]
  - name: q
    prefixes: [224.0.0.0/24, 127.0.0.0/8, 169.254.0.0/16]
`, []string{
		"8: pool p: 0.0.0.0/0 is every address",
		"10: pool q: 224.0.0.0/24 is multicast", "10: pool q: 127.0.0.0/8 is loopback", "10: pool q: 169.254.0.0/16 is link-local",
		"10: pool q: 224.0.0.0/24 shares addresses with 0.0.0.0/0 of pool p",
		"10: pool q: 127.0.0.0/8 shares addresses with 0.0.0.0/0 of pool p",
		"10: pool q: 169.254.0.0/16 shares addresses with 0.0.0.0/0 of pool p",
	}},
	{"two pools that share an address", head + `pools:
  - {name: p, prefixes: [198.51.100.0/24]}
  - {name: q, prefixes: [198.51.101.0/24, 198.51.100.128/25]}
`, []string{"8: pool q: 198.51.100.128/25 shares addresses with 198.51.100.0/24 of pool p"}},
	{"the wider pool comes later", head + `pools:
  - {name: p, prefixes: [198.51.100.128/25]}
  - {name: q, prefixes: [198.51.100.0/24]}
`, []string{"8: pool q: 198.51.100.0/24 shares addresses with 198.51.100.128/25 of pool p"}},
	{"a prefix twice in a pool", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24, 198.51.100.0/24]}\n", []string{
		"7: pool p: 198.51.100.0/24 is listed twice",
	}},
	{"a pool without prefixes", head + "pools:\n  - {name: p, links: [isp-a]}\n  - {name: q, prefixes: []}\n", []string{
		"7: pool p: prefixes is missing", "8: pool q: prefixes is an empty list",
	}},
	{"links that are not defined", head + `pools:
  - name: p
    prefixes: [198.51.100.0/24]
    links: [isp-a, isp-c]
prefixes:
  - name: x
    prefixes: [203.0.112.0/22]
    links: [isp_a]
    never-links: [nowhere]
    more-specifics: {links: [elsewhere]}
services:
  - name: s
    addresses: [203.0.113.1]
    initiator: remote
    links: [a]
    sees: [b]
`, []string{
		`9: pool p: link "isp-c" is not defined`,
		`13: prefix declaration x: link "isp_a" is not defined`,
		`14: prefix declaration x: link "nowhere" is not defined`,
		`15: prefix declaration x: link "elsewhere" is not defined`,
		`20: service s: link "a" is not defined`,
		`21: service s: link "b" is not defined`,
	}},
	{"a link listed twice", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: [isp-a, isp-a]}\n", []string{
		"7: pool p: link isp-a is listed twice",
	}},
	{"a word for a list", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: isp-a}\n", []string{
		`7: pool p: links: expected a list, got "isp-a"`,
	}},
	{"an empty list item", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: [isp-a, null]}\n", []string{
		"7: pool p: an empty list item",
	}},

	{"a prefix declared twice", head + `prefixes:
  - {name: x, prefixes: [203.0.112.0/22]}
  - {name: y, prefixes: [203.0.112.0/22]}
`, []string{"8: prefix declaration y: 203.0.112.0/22 is declared by prefix declaration x too"}},
	{"a link that may and may not", head + "prefixes:\n  - {name: x, prefixes: [203.0.112.0/22], links: [isp-a], never-links: [isp-a]}\n", []string{
		"7: prefix declaration x: link isp-a is in links and in never-links",
	}},
	{"more-specifics on a forbidden link", head + "prefixes:\n  - {name: x, prefixes: [203.0.112.0/22], never-links: [isp-a], more-specifics: {links: [isp-a]}}\n", []string{
		"7: prefix declaration x: link isp-a is in more-specifics.links and in never-links",
	}},
	{"a max-length that fits one family alone", head + "prefixes:\n  - {name: x, prefixes: [203.0.112.0/22, '2001:db8::/32'], more-specifics: {max-length: 24}}\n", []string{
		"7: prefix declaration x: max-length 24 does not fit 2001:db8::/32",
	}},
	{"a max-length beyond the family", head + "prefixes:\n  - {name: x, prefixes: [203.0.112.0/22], more-specifics: {max-length: 48}}\n", []string{
		"7: prefix declaration x: max-length 48 does not fit 203.0.112.0/22",
	}},
	{"a max-length of nothing", head + "prefixes:\n  - {name: x, prefixes: [203.0.112.0/22], more-specifics: {max-length: 0}}\n", []string{
		"7: prefix declaration x: more-specifics.max-length: 0 is out of range",
	}},

	{"a service with nothing to it", head + "services:\n  - {name: s, initiator: us}\n", []string{
		"7: service s: neither addresses nor pools",
	}},
	{"nobody starts", head + "services:\n  - {name: s, addresses: [203.0.113.1]}\n", []string{
		"7: service s: initiator is missing",
	}},
	{"the remote starts, but where to", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24]}\nservices:\n  - {name: s, pool: p, initiator: remote}\n", []string{
		"9: service s: initiator is remote, but there are no addresses to connect to",
	}},
	{"unknown kind, nat and initiator", head + "services:\n  - {name: s, addresses: [203.0.113.1], kind: web, nat: full, initiator: them}\n", []string{
		`7: service s: kind: unknown value "web"`, `7: service s: nat: unknown value "full"`, `7: service s: initiator: unknown value "them"`,
	}},
	{"undefined pools, remote, router and firewall", head + `services:
  - name: s
    addresses: [203.0.113.1]
    pools: [nat-usres]
    remote: exchange
    initiator: remote
    behind: edge9
    snat: {at: fw-z, to: 10.20.0.0/28}
`, []string{
		`9: service s: pool "nat-usres" is not defined`,
		`10: service s: remote "exchange" is not defined`,
		`12: service s: router "edge9" is not defined`,
		`13: service s: firewall "fw-z" is not defined`,
	}},
	{"pool and pools", head + `pools:
  - {name: p, prefixes: [198.51.100.0/25]}
  - {name: q, prefixes: [198.51.100.128/25]}
services:
  - {name: s, pool: p, pools: [q], initiator: us}
`, []string{"10: service s: pool and pools are both given"}},
	{"no NAT, but a pool", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24]}\nservices:\n  - {name: s, pool: p, initiator: us, nat: none}\n", []string{
		"9: service s: nat: none contradicts its pools",
	}},
	{"snat where we start, and of another family", head + "services:\n  - {name: s, addresses: [203.0.113.1], initiator: us, nat: none, snat: {at: fw-a, to: 'fd00::/64'}}\n", []string{
		"7: service s: snat is for connections that come in, but initiator is us",
		"7: service s: snat contradicts nat: none",
		"7: service s: fd00::/64 is ipv6, but none of the addresses is",
	}},
	{"snat at no firewall", head + "services:\n  - {name: s, addresses: [203.0.113.1], initiator: remote, snat: {at: none, to: 10.0.0.0/28}}\n", []string{
		"7: service s: snat.at: none is no firewall",
	}},
	{"snat without its parts", head + "services:\n  - {name: s, addresses: [203.0.113.1], initiator: remote, snat: {}}\n", []string{
		"7: service s: snat.at is missing", "7: service s: snat.to is missing",
	}},
	{"two services that are one", head + `services:
  - {name: s, addresses: [203.0.113.1, 203.0.113.2], initiator: remote}
  - {name: t, addresses: [203.0.113.2/32, 203.0.113.1/32], initiator: remote}
  - {name: u, addresses: [203.0.113.2, 203.0.113.1], initiator: us}
`, []string{"8: service t: the same addresses, remote and initiator as service s"}},

	{"a remote of nothing", head + "remotes:\n  - {name: r}\n  - {name: s, default-only: false}\n", []string{
		"7: remote r: it has no addresses", "8: remote s: it has no addresses",
	}},
	{"a remote without an observer", headER + "remotes:\n  - {name: r, prefixes: [192.0.2.0/24]}\n", []string{
		"8: remote r: observer is missing, and the site has Microsoft peering",
	}},
	{"an observer that is not defined", head + "remotes:\n  - {name: r, prefixes: [192.0.2.0/24], observer: microsft}\n  - {name: s, prefixes: [192.0.2.0/24], observer: us}\n", []string{
		`7: remote r: observer "microsft" is not defined`, "8: remote s: observer us is ourselves",
	}},
	{"bad communities", head + "remotes:\n  - name: r\n    communities:\n      - 65536:x\n      - 12076\n      - x\n", []string{
		`9: remote r: communities: bad community "65536:x"`,
		"10: remote r: communities: expected a community, got 12076",
		`11: remote r: communities: bad community "x"`,
	}},
	{"communities that are optional and absent", head + "remotes:\n  - {name: r, prefixes: [192.0.2.0/24], communities-optional: true}\n", []string{
		"7: remote r: communities-optional without communities",
	}},
	{"lists that are not there", head + `remotes:
  - {name: r, service-tags: {file: gone.json, tags: [AzureActiveDirectory]}}
  - {name: s, m365-endpoints: {file: gone.json, service-area: Exchange}}
`, []string{"7: remote r: gone.json does not exist", "8: remote s: gone.json does not exist"}},
	{"lists that are no lists", head + `remotes:
  - {name: r, service-tags: {file: testdata/lists/broken.json, tags: [A]}}
  - {name: s, m365-endpoints: {file: testdata/lists/tags.json, service-area: Exchange}}
`, []string{
		"7: remote r: testdata/lists/broken.json is not JSON: unexpected end of JSON input at byte 12",
		"8: remote s: cannot read testdata/lists/tags.json: json: cannot unmarshal object into Go value of type []configs.endpointSet",
	}},
	{"names that the lists do not have", head + `remotes:
  - name: r
    service-tags:
      file: testdata/lists/tags.json
      tags: [AzureActiveDirectry]
  - name: s
    m365-endpoints: {file: testdata/lists/endpoints.json, service-area: [Exchange, Teams], categories: [Best]}
`, []string{
		`10: remote r: service tag "AzureActiveDirectry" is not in testdata/lists/tags.json`,
		`12: remote s: service area "Teams" is not in testdata/lists/endpoints.json`,
		`12: remote s: m365-endpoints.categories: unknown value "Best"`,
	}},
	{"a list with a bad prefix", head + "remotes:\n  - {name: r, service-tags: {file: testdata/lists/tags.json, tags: [Mangled]}}\n", []string{
		`7: remote r: bad prefix "192.0.2.0/33" in testdata/lists/tags.json`,
	}},

	{"a new observer that hears nothing", head + "observers:\n  - {name: partner, steps: [as-path-length]}\n  - {name: azure}\n", []string{
		"7: observer partner: hears is missing on a new observer", "8: observer azure: nothing about it is changed",
	}},
	{"an observer's order of links", headER + `observers:
  - {name: partner, hears: [isp-a], prefer: [isp-b, isp-z, isp-a, isp-a]}
  - {name: microsoft, prefer: [er, isp-a]}
  - {name: azure, prefer: [isp-a]}
  - {name: us, prefer: [isp-a]}
  - {name: internet, prefer: [isp-a]}
  - {name: azurestack, hears: [er], prefer: []}
`, []string{
		"8: observer partner: partner does not hear link isp-b", `8: observer partner: link "isp-z" is not defined`, "8: observer partner: link isp-a is listed twice",
		"10: observer azure: azure does not hear link isp-a", "11: observer us: what we prefer is our local preference",
		"12: observer internet: the internet is many networks, and they share no order of links", "13: observer azurestack: prefer is an empty list",
	}},
	{"backups that contradict", headER + `prefixes:
  - {name: a, prefixes: [203.0.113.0/24], links: [isp-a], never-links: [er], backup: [isp-a, er], backup-when-down: [isp-z]}
  - {name: b, prefixes: ["2001:db8::/48"], backup: [isp-b]}
pools:
  - {name: c, prefixes: [198.51.100.0/24], links: [isp-a], backup: [isp-b], backup-when-down: [isp-b]}
  - {name: d, prefixes: [198.51.101.0/24], links: [isp-a], backup: []}
services:
  - {name: e, pool: c, initiator: us, links: [isp-a], backup-when-down: [isp-a, isp-b, isp-b]}
`, []string{
		"8: prefix declaration a: link isp-a is in links and in backup", "8: prefix declaration a: link er is in never-links and in backup", `8: prefix declaration a: link "isp-z" is not defined`,
		"9: prefix declaration b: backup without links", "11: pool c: link isp-b is in backup and in backup-when-down", "12: pool d: backup is an empty list",
		"14: service e: link isp-a is in links and in backup-when-down", "14: service e: link isp-b is listed twice",
	}},
	{"an observer's links and steps", head + "observers:\n  - {name: partner, hears: [isp-z], steps: [luck, med, med]}\n", []string{
		`7: observer partner: link "isp-z" is not defined`, `7: observer partner: steps: unknown value "luck"`, "7: observer partner: med is listed twice",
	}},

	{"a check that does not exist", head + "checks:\n  - {id: return/same-msk, severity: info}\n", []string{
		`7: check return/same-msk: check "return/same-msk" does not exist`,
	}},
	{"a severity that does not exist", head + "checks:\n  - {id: return/same-mask, severity: fatal}\n", []string{
		`7: check return/same-mask: severity: unknown value "fatal"`,
	}},
	{"a check set to nothing, and twice", head + "checks:\n  - {id: link/wrong}\n  - {id: link/wrong, disabled: true, severity: info}\n", []string{
		"7: check link/wrong: nothing about it is changed",
		"8: check link/wrong: the check is set by line 7 too", "8: check link/wrong: severity of a disabled check",
	}},
	{"a waiver without its reasons", head + "waivers:\n  - {check: link/wrong, pool: p}\n", []string{
		"7: waiver link/wrong: reason is missing", "7: waiver link/wrong: owner is missing", "7: waiver link/wrong: until is missing",
	}},
	{"a waiver of blanks and of another date", head + "waivers:\n  - {check: link/rong, reason: ' ', owner: '', until: tomorrow}\n  - {check: link/wrong, reason: r, owner: o, until: 2027-01-31T10:00:00Z}\n", []string{
		`7: waiver link/rong: check "link/rong" does not exist`, "7: waiver link/rong: reason is empty", "7: waiver link/rong: owner is empty",
		`7: waiver link/rong: until: bad date "tomorrow"`,
		"8: waiver link/wrong: until: expected a date without a time of day",
	}},

	{"a feed without a source", feedHead + "  - {name: f, link: isp-a, view: far-end}\n", []string{
		"7: feed f: none of file, bgp and bmp",
	}},
	{"a feed with two sources", feedHead + "  - {name: f, link: isp-a, view: far-end, file: x.json, bmp: {listen: '127.0.0.1:1'}}\n", []string{
		"7: feed f: file and bmp are both given",
	}},
	{"a feed without a view", feedHead + "  - {name: f, link: isp-a, file: x.json}\n", []string{"7: feed f: view is missing"}},
	{"an unknown view", feedHead + "  - {name: f, link: isp-a, file: x.json, view: adj-rib-out}\n", []string{
		`7: feed f: view: unknown value "adj-rib-out"`,
	}},
	{"declared is no feed's view", feedHead + "  - {name: f, link: isp-a, file: x.json, view: declared}\n", []string{
		`7: feed f: view: unknown value "declared"`,
	}},
	{"neither link nor classify, and both", feedHead + `  - {name: f, view: far-end, file: x.json}
  - {name: g, view: bgp-table, file: x.json, link: isp-a, classify: [{first-asn: 65540, link: isp-a}]}
`, []string{"7: feed f: neither link nor classify", "8: feed g: link and classify are both given"}},
	{"two feeds of one name", feedHead + "  - {name: f, link: isp-a, view: far-end, file: x.json}\n  - {name: f, link: isp-b, view: far-end, file: y.json}\n", []string{
		"8: feed f: the name is taken by line 7",
	}},
	{"classify rules", feedHead + `  - name: f
    view: adj-rib-in-post
    file: x.json
    classify:
      - {link: isp-a}
      - {first-asn: 65540}
      - {first-asn: 65541, link: isp-z}
      - {first-asn: 65542, link: isp-b, ignore: true}
      - {neighbor: 192.0.2.300, link: isp-a}
      - {community: "70000:1x", link: isp-a}
      - {next-hop: 0.0.0.0, link: isp-a}
`, []string{
		"11: feed f: a classify rule without a condition",
		"12: feed f: a classify rule without link or ignore",
		`13: feed f: link "isp-z" is not defined`,
		"14: feed f: link and ignore are both given",
		`15: feed f: classify.neighbor: bad address "192.0.2.300"`,
		`16: feed f: classify.community: bad community "70000:1x"`,
		"17: feed f: classify.next-hop: address 0.0.0.0 is reserved: no host has it",
	}},
	{"an undefined link and mirror", feedHead + "  - {name: f, link: ips-a, view: far-end, file: x.json}\n  - {name: g, view: monitor, mirrors: isp-z, file: y.json, classify: [{first-asn: 1, link: isp-a}]}\n", []string{
		`7: feed f: link "ips-a" is not defined`, `8: feed g: link "isp-z" is not defined`,
	}},
	{"a whole table of nobody's router", "version: 1\nsite: {asns: [65536]}\nlinks:\n  - {name: a, kind: internet, router: edge1, firewall: none, neighbor-asns: [65540]}\n  - {name: b, kind: internet, router: edge2, firewall: none, neighbor-asns: [65541]}\nfeeds:\n  - {name: f, view: bgp-table, file: x.json, classify: [{first-asn: 65540, link: a}]}\n  - {name: g, view: bgp-table, router: edge1, file: x.json, classify: [{first-asn: 65540, link: a}]}\n", []string{
		"7: feed f: view bgp-table without a router, at a site of several",
	}},
	{"one file for two links", feedHead + `  - {name: f, link: isp-a, view: adj-rib-in-post, file: dumps/x.json}
  - {name: g, link: isp-a, view: bgp-table, file: dumps/x.json}
  - {name: h, link: isp-b, view: adj-rib-in-post, file: ./dumps/../dumps//x.json}
  - {name: i, link: isp-b, view: far-end, file: dumps/y.json, neighbor: 192.0.2.5}
  - {name: j, link: isp-a, view: far-end, file: dumps/y.json}
  - {name: k, link: isp-a, view: far-end, file: dumps/z.json, neighbor: 192.0.2.1, vrf: red}
  - {name: l, link: isp-b, view: far-end, file: dumps/z.json, neighbor: 192.0.2.1}
  - {name: m, link: isp-a, view: far-end, file: /dumps/v.json}
  - {name: n, link: isp-b, view: adj-rib-out-post, file: /dumps/w/../v.json, families: [ipv6]}
`, []string{
		"9: feed h: ./dumps/../dumps//x.json is the file of feed f of link isp-a too (line 7)",
		"11: feed j: dumps/y.json is the file of feed i of link isp-b too (line 10)",
		"13: feed l: dumps/z.json is the file of feed k of link isp-a too (line 12)",
		"15: feed n: /dumps/w/../v.json is the file of feed m of link isp-a too (line 14)",
	}},
	{"whose choice it is", feedHead + `  - {name: f, view: chosen, file: x.json}
  - {name: g, view: chosen, observer: us, file: y.json}
  - {name: h, view: chosen, observer: azur, file: z.json}
  - {name: i, view: far-end, link: isp-a, observer: azure, file: v.json}
  - {name: j, view: chosen, observer: internet, link: isp-a, classify: [{first-asn: 65540, link: isp-a}], file: w.json}
`, []string{
		"7: feed f: observer is missing in view chosen", "8: feed g: observer us is ourselves",
		`9: feed h: observer "azur" is not defined`, "10: feed i: observer needs view chosen", "11: feed j: link and classify are both given",
	}},
	{"a table of choices over a session", feedHead + "  - {name: f, view: chosen, observer: internet, bgp: {neighbor: 192.0.2.1, asn: 65540, local-asn: 65536}}\n", []string{
		"7: feed f: a bgp feed has view monitor, not chosen",
	}},
	{"an observer in the place of avs that hears nothing", head + "observers:\n  - {name: avs, steps: [as-path-length]}\n", []string{
		"7: observer avs: hears is missing on a new observer",
	}},
	{"views that contradict", feedHead + `  - {name: f, view: loc-rib, file: x.json, classify: [{first-asn: 65540, link: isp-a}]}
  - {name: g, link: isp-a, view: far-end, file: x.json, mirrors: isp-a}
  - {name: h, link: isp-a, view: bgp-table, file: x.json, add-path: all}
  - {name: i, link: isp-a, router: edge2, view: adj-rib-out-post, file: x.json}
`, []string{
		"7: feed f: view loc-rib without a router", "8: feed g: mirrors needs view monitor", "9: feed h: add-path needs view monitor",
		"10: feed i: router edge2, but link isp-a ends on edge1",
	}},
	{"values of a feed", feedHead + `  - name: f
    link: isp-a
    view: far-end
    file: x.json
    format: frr-jsn
    max-age: 24
    taken: yesterday
    trust-mtime: maybe
    routes: -1
    tolerate-skipped: many
    families: [ipv6, ipv6]
    scope: [203.0.112.0/19]
    neighbor: fe80::1%eth0
    expect-empty: 0
`, []string{
		`11: feed f: format "frr-jsn" is not known`,
		"12: feed f: max-age: expected a duration, got 24",
		`13: feed f: taken: bad time "yesterday"`,
		`14: feed f: trust-mtime: expected true or false, got "maybe"`,
		"15: feed f: routes: -1 is out of range",
		`16: feed f: tolerate-skipped: expected a whole number, got "many"`,
		"17: feed f: ipv6 is listed twice",
		"18: feed f: scope: prefix 203.0.112.0/19 has host bits set",
		"19: feed f: neighbor: address fe80::1%eth0 has a zone",
		"20: feed f: expect-empty: expected true or false, got 0",
	}},
	{"an age of nothing", feedHead + "  - {name: f, link: isp-a, view: far-end, file: x.json, max-age: 0s}\n", []string{
		`7: feed f: max-age: duration "0s" is not above zero`,
	}},
	{"empty and not", feedHead + "  - {name: f, link: isp-a, view: far-end, file: x.json, expect-empty: true, routes: 5}\n", []string{
		"7: feed f: expect-empty contradicts routes: 5",
	}},
	{"keys of files on sessions", feedHead + `  - {name: f, bgp: {neighbor: 192.0.2.1, asn: 65540, local-asn: 65536}, classify: [{bmp-peer: 192.0.2.1, link: isp-a}], max-age: 1h, view: far-end}
  - {name: g, bmp: {listen: "127.0.0.1:11019"}, link: isp-a, format: jsonl, view: loc-rib}
`, []string{
		"7: feed f: max-age is for files, not for bgp", "7: feed f: a bgp feed has view monitor, not far-end", "7: feed f: a bgp feed has no bmp-peer",
		"8: feed g: format is for files, not for bmp", "8: feed g: a bmp feed carries its views itself",
	}},
	{"a session without its parts", feedHead + "  - {name: f, link: isp-a, bgp: {prefix-limit: 0}}\n  - {name: g, link: isp-a, bmp: {listen: here}}\n", []string{
		"7: feed f: bgp.neighbor is missing", "7: feed f: bgp.asn is missing", "7: feed f: bgp.prefix-limit: 0 is out of range",
		"7: feed f: the session has no AS number of ours",
		`8: feed g: bmp.listen: bad address and port "here"`,
	}},
	{"neighbours that are nobody, or anybody", feedHead + `  - {name: f, link: isp-a, bgp: {neighbor: 224.0.0.5, asn: 65540, local-asn: 65536}}
  - {name: g, link: isp-a, bgp: {neighbor: 0.0.0.0/0, asn: 65540, local-asn: 65536, ttl-security: 1}}
  - {name: h, link: isp-a, bgp: {neighbor: 192.0.2.9/24, asn: 65540, local-asn: 65536, ttl-security: 1}}
  - {name: i, link: isp-a, bgp: {neighbor: 198.51.100.0/24, asn: 65540, local-asn: 65536}}
  - {name: j, link: isp-a, bgp: {neighbor: 203.0.113.0/24, asn: 65540, local-asn: 65536, ttl-security: 1}}
  - {name: k, link: isp-a, bgp: {neighbor: 203.0.113.7, asn: 65540, local-asn: 65536}}
  - {name: l, link: isp-a, bgp: {neighbor: 203.0.113.7/32, asn: 65540, local-asn: 65536}}
  - {name: m, link: isp-a, bgp: {neighbor: 192.0.2.1, port: 179, asn: 65540, local-asn: 65536}}
`, []string{
		"7: feed f: neighbor 224.0.0.5/32 is no address of a router",
		"8: feed g: neighbor 0.0.0.0/0 is no address of a router",
		"9: feed h: bgp.neighbor: prefix 192.0.2.9/24 has host bits set",
		"10: feed i: neighbor 198.51.100.0/24 is a range: anyone in it could open a session",
		"12: feed k: neighbor 203.0.113.7/32 is in that of feed j too",
		"13: feed l: neighbor 203.0.113.7/32 is in that of feed j too",
		`14: feed m: unknown key "port"`,
	}},
	{"hold times that no router takes", head + "monitor: {hold-time: 2s}\n", []string{"6: monitor: hold-time 2s is out of range"}},
	{"a hold time in parts of seconds", head + "monitor: {hold-time: 3500ms}\n", []string{"6: monitor: hold-time 3.5s is out of range"}},
	{"a hold time of a day", head + "monitor: {hold-time: 24h}\n", []string{"6: monitor: hold-time 24h0m0s is out of range"}},
	{"a hold time of none", head + "monitor: {hold-time: 0s}\n", []string{`6: monitor: hold-time: duration "0s" is not above zero`}},
	{"an API that others can reach", head + "monitor: {api: \"0.0.0.0:8179\"}\n", []string{"6: monitor: 0.0.0.0:8179 can be reached from other hosts, and monitor.tls, monitor.token-file are missing"}},
	{"an API on every address", head + "monitor: {api: \":8179\", tls: {cert: c, key: k}}\n", []string{"6: monitor: :8179 can be reached from other hosts, and monitor.token-file is missing"}},
	{"an API by another name", head + "monitor: {api: \"bgpaudit.example.net:8179\", token-file: t}\n", []string{"6: monitor: bgpaudit.example.net:8179 can be reached from other hosts, and monitor.tls is missing"}},
	{"half of TLS", head + "monitor: {api: \"127.0.0.1:8179\", tls: {cert: c}}\n", []string{"6: monitor: tls.key is missing"}},
	{"TLS and a token for no API", head + "monitor:\n  tls: {cert: c, key: k}\n  token-file: t\n", []string{
		"7: monitor: monitor.tls is for the API, and monitor.api is missing", "8: monitor: monitor.token-file is for the API, and monitor.api is missing",
	}},
	{"the monitor", head + `monitor:
  asn: 23456
  router-id: 2001:db8::1
  listen: ["0.0.0.0"]
  api: ":http:"
  ttl-security: 300
  auth: {}
`, []string{
		"7: monitor: asn: AS number 23456 is reserved (AS_TRANS, RFC 6793)",
		"8: monitor: router-id 2001:db8::1 is not an IPv4 address",
		`9: monitor: listen: bad address and port "0.0.0.0"`,
		`10: monitor: bad address and port ":http:"`,
		"11: monitor: ttl-security: 300 is out of range",
		"12: monitor: auth.md5-file is missing",
	}},
	{"settings", head + "settings: {server: example.net, log-format: xml}\nmax-skew: -1h\n", []string{
		"6: settings: server is not an http or https URL", `6: settings: log-format: unknown value "xml"`,
		`7: max-skew: duration "-1h" is not above zero`,
	}},

	{"a mistake behind an alias is told once, where it stands", head + `prefixes:
  - &x
    name: x
    prefixes: [203.0.112.0/22]
    links: [isp-z]
pools:
  - {name: p, prefixes: [198.51.100.0/24], links: &both [isp-a, isp-b]}
  - {name: q, prefixes: [198.51.101.0/24], links: *both}
`, []string{`10: prefix declaration x: link "isp-z" is not defined`}},
	{"a merge key brings its keys along", linksHead + `  - &a {name: a, kind: vpn, firewall: none}
  - {<<: *a, name: b, kind: vnp}
  - {<<: *a}
`, []string{`5: link b: kind: unknown value "vnp"`, "4: link a: the name is taken by line 4"}},

	{"five mistakes of five kinds", `version: 1
site:
  asns: [0]
links:
  - {name: isp-a, kind: internet, firewall: fw-a}
  - {name: isp-b, kind: intrenet, firewall: fw-b}
pools:
  - name: nat-users
    prefixes: [198.51.100.7/24]
    link: [isp-a]
services:
  - {name: s, pool: nat-usres, initiator: us}
`, []string{
		"3: site: asns: AS number 0 is reserved (RFC 7607)",
		`6: link isp-b: kind: unknown value "intrenet"`,
		"9: pool nat-users: prefixes: prefix 198.51.100.7/24 has host bits set",
		`10: pool nat-users: unknown key "link"`,
		`12: service s: pool "nat-usres" is not defined`,
	}},
}

func TestEveryMistakeIsReportedWithItsLine(t *testing.T) {
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(sortedByLine(c.want), problemLines(t, c.text)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// problemLines loads text, which must fail, and prints each problem as line and message.
func problemLines(t *testing.T, text string) []string {
	t.Helper()
	var problems Errors
	if _, err := parse("bgpaudit.yaml", []byte(text)); !errors.As(err, &problems) {
		t.Fatalf("got %v, want Errors", err)
	}
	var lines []string
	for i, p := range problems {
		if i > 0 && p.Line < problems[i-1].Line {
			t.Errorf("problems out of order: %s before %s", problems[i-1], p)
		}
		if p.File != "bgpaudit.yaml" {
			t.Errorf("file %q", p.File)
		}
		lines = append(lines, fmt.Sprintf("%d: %s", p.Line, p.Message))
	}
	return sortedByLine(lines)
}

// sortedByLine puts the problems of a line into one order: their columns are tested apart.
func sortedByLine(lines []string) []string {
	out := append([]string(nil), lines...)
	for i := range out {
		for j := i; j > 0 && less(out[j], out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func less(a, b string) bool {
	var m, n int
	fmt.Sscanf(a, "%d:", &m)
	fmt.Sscanf(b, "%d:", &n)
	return m < n || m == n && a < b
}

func TestHints(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a near name", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: [ips-a]}\n", "did you mean isp-a?"},
		{"no near name", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: [elsewhere]}\n", "allowed: isp-a, isp-b"},
		{"nothing to name", head + "services:\n  - {name: s, addresses: [203.0.113.1], initiator: us, remote: x}\n", "no remote is defined"},
		{"a near key", head + "monitr: {}\n", "did you mean monitor?"},
		{"a firewall", linksHead + "  - {name: a, kind: vpn}\n", "write firewall: none if it keeps no state"},
		{"host bits", head + "pools:\n  - {name: p, prefixes: [198.51.100.7/24]}\n", "did you mean 198.51.100.0/24 or 198.51.100.7/32?"},
		{"a missing length", head + "pools:\n  - {name: p, prefixes: [198.51.100.7]}\n", "write 198.51.100.7/32 for the one address"},
		{"a check", head + "checks:\n  - {id: return/same-msk, severity: info}\n", "did you mean return/same-mask?"},
		{"a kind", linksHead + "  - {name: a, kind: express, firewall: none}\n", "allowed: internet, expressroute-microsoft, expressroute-private, vpn, other"},
		{"a bare ::", head + "pools: [{name: p, prefixes: [::/0]}]\n", "put IPv6 addresses that begin or end with :: in quotes"},
		{"a list", head + "pools:\n  - {name: p, prefixes: [198.51.100.0/24], links: isp-a}\n", "put it in brackets: [isp-a]"},
		{"a range without a guard", feedHead + "  - {name: f, link: isp-a, bgp: {neighbor: 192.0.2.0/24, asn: 65540, local-asn: 65536}}\n", "set auth: {md5-file: FILE} or ttl-security: 1, or name one address"},
		{"a service tag", head + "remotes:\n  - {name: r, service-tags: {file: testdata/lists/tags.json, tags: [AzureActiveDirectry]}}\n", "did you mean AzureActiveDirectory?"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("bgpaudit.yaml", []byte(c.text))
			var problems Errors
			if !errors.As(err, &problems) || len(problems) != 1 {
				t.Fatalf("got %v, want one problem", err)
			}
			if problems[0].Hint != c.want {
				t.Errorf("hint %q, want %q", problems[0].Hint, c.want)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	_, err := parse("conf/bgpaudit.yaml", []byte(linksHead+"  - name: a\n    kind: vpn\n    firewal: none\n"))
	want := strings.Join([]string{
		`conf/bgpaudit.yaml:4: link a: firewall is missing`,
		`    hint: write firewall: none if it keeps no state`,
		`conf/bgpaudit.yaml:6: link a: unknown key "firewal"`,
		`    hint: did you mean firewall?`,
	}, "\n")
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestColumns(t *testing.T) {
	_, err := parse("bgpaudit.yaml", []byte(linksHead+"  - {name: a, kind: internt, firewall: none}\n"))
	var problems Errors
	if !errors.As(err, &problems) || len(problems) != 1 {
		t.Fatalf("got %v, want one problem", err)
	}
	want := Problem{
		File: "bgpaudit.yaml", Line: 4, Column: 21, Key: "links[0].kind",
		Message: `link a: kind: unknown value "internt"`, Hint: "did you mean internet?",
	}
	if diff := cmp.Diff(want, problems[0]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
