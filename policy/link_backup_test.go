package policy_test

import (
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// orderSite is a site of a line, a tunnel that stands in for it, and the network that hears both.
const orderSite = `
version: 1
site: {asns: [65536]}
links:
  - {name: wan, kind: vpn, router: edge1, firewall: fw-wan, neighbor-asns: [65540]}
  - {name: lte, kind: vpn, router: edge1, firewall: fw-lte, neighbor-asns: [65541]}
observers: [{name: hq, hears: [wan, lte], steps: [as-path-length]}]
`

func TestABackupMustNotWinWhileALinkHasARoute(t *testing.T) {
	const backup = "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [wan], backup: [lte]}]\n"
	whenDown := strings.Replace(backup, "backup:", "backup-when-down:", 1)
	const both, longer = " 203.0.113.0/24 2001:db8:113::/48", " 203.0.113.0/24[len=2] 2001:db8:113::/48[len=2]"
	for name, test := range map[string]struct {
		config, wan, lte, more string
		want                   policy.State // of lte, in both families
	}{
		"a longer AS path loses":                              {backup, "out" + both, "out" + longer, "", policy.OK},
		"a tie counts as winning":                             {backup, "out" + both, "out" + both, "", policy.Fired},
		"a shorter AS path wins":                              {backup, "out" + longer, "out" + both, "", policy.Fired},
		"a more-specific takes a part":                        {backup, "out" + both, "out 203.0.113.0/25[len=2] 2001:db8:113::/49[len=2]", "", policy.Fired},
		"a part of the link's, and the rest is down":          {backup, "out 203.0.113.0/25 2001:db8:113::/49", "out" + both, "", policy.OK},
		"the link is down":                                    {backup, "out ipv6", "out" + both, "", policy.OK},
		"the link has an aggregate, which is a route":         {backup, "out 203.0.112.0/22 2001:db8:112::/47", "out" + both, "", policy.Fired},
		"what the link has is not known":                      {backup, "out ipv6 partial", "out" + both, "", policy.UnknownState},
		"the link's route may be dropped by policy":           {backup, "adj-rib-out-pre" + both, "out" + both, "", policy.UnknownState},
		"the backup's route may be dropped by policy":         {backup, "out" + both, "adj-rib-out-pre" + both, "", policy.UnknownState},
		"the backup's AS path is as long as what is not seen": {backup, "out" + both, "out" + longer + " partial", "", policy.UnknownState},
		"a route that is tied to no link may be the link's":   {backup, "out ipv6", "out" + both, "- far-end name=far 65540=wan 65541=lte 203.0.113.0/24[via=65545] 2001:db8:113::/48[via=65545]", policy.UnknownState},

		"when-down: carried, though it loses":            {whenDown, "out" + both, "out" + longer, "", policy.Fired},
		"when-down: a part is carried":                   {whenDown, "out" + both, "out 203.0.113.0/25[len=3] 2001:db8:113::/49[len=3]", "", policy.Fired},
		"when-down: the link's parts make up the whole":  {whenDown, "out 203.0.113.0/25 203.0.113.128/25 2001:db8:113::/49 2001:db8:113:8000::/49", "out" + both, "", policy.Fired},
		"when-down: a part of the link's is not whole":   {whenDown, "out 203.0.113.0/25 2001:db8:113::/49", "out" + both, "", policy.OK},
		"when-down: an aggregate that loses is welcome":  {whenDown, "out" + both, "out 203.0.112.0/22 2001:db8:112::/47", "", policy.OK},
		"when-down: the link is down":                    {whenDown, "out ipv6", "out" + both, "", policy.OK},
		"when-down: nothing is carried":                  {whenDown, "out" + both, "out ipv6", "", policy.OK},
		"when-down: what the link has is not known":      {whenDown, "out ipv6 partial", "out" + longer, "", policy.UnknownState},
		"when-down: it may not have been sent":           {whenDown, "out" + both, "adj-rib-out-pre" + longer, "", policy.UnknownState},
		"when-down: nobody hears it, and it is sent":     {whenDown, "out" + both, "out" + both, "lte far-end ipv6", policy.Fired},
		"when-down: the link's is sent, and not heard":   {whenDown, "out" + both, "out" + both, "wan far-end ipv6", policy.OK},
		"when-down: whether the link's is heard is open": {whenDown, "out" + both, "out" + both, "wan far-end ipv6 partial", policy.UnknownState},
	} {
		t.Run(name, func(t *testing.T) {
			r := site{orderSite + test.config, "wan " + test.wan + "\nlte " + test.lte + "\n" + test.more}.audit(t)
			for _, fam := range rib.Families {
				if got := stateOf(r, "link/backup", "lte", fam); got != test.want {
					t.Errorf("lte (%s) is %s, want %s: %q", fam, got, test.want, findingLines(r))
				}
				for _, check := range []string{"link/wrong", "prefix/unexpected"} {
					if got := stateOf(r, check, "lte", fam); got == policy.Fired && !strings.Contains(test.lte, "/22") {
						t.Errorf("%s fired on the backup (%s)", check, fam)
					}
				}
			}
		})
	}
}

func TestWhoAnswersForABackup(t *testing.T) {
	const both = "wan out 203.0.113.0/24 203.0.113.40/32 198.51.100.0/24\nlte out 203.0.113.0/24 203.0.113.40/32 198.51.100.0/24\nwan in 192.0.2.0/24\nlte in 192.0.2.0/24[len=2]\n"
	const remotes = "remotes: [{name: them, prefixes: [192.0.2.0/24], observer: hq}]\n"
	for name, test := range map[string]struct {
		config string
		want   string // findings of link/backup
	}{
		"a service inside a prefix answers for itself": {
			"prefixes: [{name: branch, prefixes: [203.0.113.0/24], links: [wan], backup: [lte]}]\n" +
				"services: [{name: web, addresses: [203.0.113.40/32], remote: them, initiator: remote, links: [wan, lte]}]\n" + remotes,
			"error link/backup prefix branch ipv4 on lte",
		},
		"a service that says nothing of links leaves it to the prefix": {
			"prefixes: [{name: branch, prefixes: [203.0.113.40/32], links: [wan], backup: [lte]}]\n" +
				"services: [{name: web, addresses: [203.0.113.40/32], remote: them, initiator: remote}]\n" + remotes,
			"error link/backup prefix branch ipv4 on lte",
		},
		"a service by its pools": {
			"pools: [{name: nat, prefixes: [198.51.100.0/24], links: [wan, lte]}]\n" +
				"services: [{name: out, pools: [nat], remote: them, initiator: us, links: [wan], backup: [lte]}]\n" + remotes,
			"error link/backup service out ipv4 on lte",
		},
		"two services of one address both do": {
			"services:\n  - {name: web, addresses: [203.0.113.40/32], remote: them, initiator: remote, links: [wan], backup-when-down: [lte]}\n" +
				"  - {name: out, addresses: [203.0.113.40/32], remote: them, initiator: us, links: [wan], backup-when-down: [lte]}\n" + remotes,
			"error link/backup service out ipv4 on lte\nerror link/backup service web ipv4 on lte",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := site{orderSite + test.config, both}.audit(t)
			got := slices.DeleteFunc(findingLines(r), func(l string) bool { return !strings.Contains(l, "link/backup") })
			sameLines(t, "findings", got, test.want)
		})
	}
}

// An observer that hears none of the links cannot use them: to the internet the circuit does not exist.
func TestAnObserverThatHearsNoneOfTheLinksIsNotAsked(t *testing.T) {
	r := site{
		erSite + "pools: [{name: nat, prefixes: [198.51.100.0/24], links: [er], backup: [isp-a]}]\n",
		"isp-a out 198.51.0.0/16\ner out 198.51.100.0/24\n",
	}.audit(t)
	if got := stateOf(r, "link/backup", "isp-a", rib.IPv4); got != policy.OK {
		t.Errorf("isp-a is %s: %q", got, findingLines(r))
	}
}

func TestAdviceLeavesABackupWhereItIs(t *testing.T) {
	const declared = "prefixes: [{name: branch, prefixes: [203.0.113.0/24], links: [wan], backup: [lte]}]\n"
	three := threeLinks + "prefixes: [{name: all, prefixes: [198.51.0.0/16]}]\npools: [{name: nat, prefixes: [198.51.100.0/24], links: [LINKS], backup: [BACKUP]}]\n"
	of := func(links, backup string) string {
		return strings.NewReplacer("LINKS", links, "BACKUP", backup).Replace(three)
	}
	for name, test := range map[string]struct {
		config, tables string
		hints          map[string]string // a part of each check's hint
	}{
		"the other side counts AS paths": {orderSite + declared, "wan out 203.0.113.0/24\nlte out 203.0.113.0/24", map[string]string{
			"link/backup": "(lte): prepend 65536 65536 to 203.0.113.0/24",
		}},
		"the backup's is longer": {orderSite + declared, "wan out 203.0.113.0/24\nlte out 203.0.113.0/25", map[string]string{
			"link/backup":          "(wan): advertise 203.0.113.0/26 and advertise 203.0.113.64/26",
			"return/more-specific": "(wan): advertise 203.0.113.0/26 and advertise 203.0.113.64/26",
		}},
		"ISPs, whose preferences are not seen": {of("isp-a", "isp-b"), "isp-a out 198.51.0.0/16\nisp-b out 198.51.0.0/16\ner out", map[string]string{
			"link/backup": "(isp-a): advertise 198.51.100.0/24",
		}},
		"ISPs, and no longer prefix leaves one": {of("isp-a", "isp-b"), "isp-a out 198.51.100.0/24\nisp-b out 198.51.100.0/24\ner out", map[string]string{
			"link/backup": "advertise a shorter prefix on isp-b than 198.51.100.0/24",
		}},
		"a circuit that stands in for an ISP": {of("isp-a", "er"), "isp-a out 198.51.100.0/24\nisp-b out\ner out 198.51.100.0/24", map[string]string{
			"link/backup":      "advertise a shorter prefix on er than 198.51.100.0/24",
			"return/same-mask": "let er lead to the same firewall as isp-a",
			"nat/shared-pool":  "use a pool of its own for backup er",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := site{test.config, test.tables}.audit(t)
			for check, part := range test.hints {
				if !slices.ContainsFunc(r.Findings, func(f *policy.Finding) bool { return f.Check == check && strings.Contains(f.Hint, part) }) {
					t.Errorf("no %s says %q", check, part)
				}
			}
			for _, f := range r.Findings {
				if strings.Contains(f.Hint, "stop advertising") {
					t.Errorf("%s: %s", f.Check, f.Hint)
				}
			}
		})
	}
}

func TestOtherChecksKnowBackups(t *testing.T) {
	// Three ISPs with firewalls of their own, a circuit, and a tunnel that only Azure hears.
	const five = threeLinks + `
  - {name: isp-c, kind: internet, router: edge1, firewall: fw-c, neighbor-asns: [65542]}
  - {name: vpn, kind: vpn, router: edge1, firewall: fw-v, neighbor-asns: [65543]}
`
	const nothing = "isp-a out ipv6\nisp-b out ipv6\nisp-c out ipv6\nvpn out ipv6\ner out ipv6\n"
	const pool = " 198.51.100.0/24 2001:db8:100::/48"
	on := func(links ...string) string {
		tables := nothing
		for _, l := range links {
			tables = strings.Replace(tables, l+" out ipv6", l+" out"+pool, 1)
		}
		return tables
	}
	nat := func(links string) string {
		return five + `pools: [{name: nat, prefixes: [198.51.100.0/24, "2001:db8:100::/48"], ` + links + "}]\n"
	}
	for name, test := range map[string]struct {
		config, tables, check string
		want                  policy.State
		on                    string
	}{
		"a backup is no wrong link":                            {nat("links: [isp-a], backup: [isp-b]"), on("isp-a", "isp-b"), "link/wrong", policy.OK, "isp-b"},
		"nor is one for when it is down":                       {nat("links: [isp-a], backup-when-down: [isp-b]"), on("isp-b"), "link/wrong", policy.OK, "isp-b"},
		"another link still is":                                {nat("links: [isp-a], backup: [isp-b]"), on("isp-a", "isp-c"), "link/wrong", policy.Fired, "isp-c"},
		"a backup without the route lacks nothing":             {nat("links: [isp-a], backup: [isp-b]"), on("isp-a"), "link/missing", policy.NotApplicable, "isp-b"},
		"the link lacks it, whatever stands in":                {nat("links: [isp-a], backup: [isp-b]"), on("isp-b"), "link/missing", policy.Fired, "isp-a"},
		"a pool and its backup take turns":                     {nat("links: [isp-a], backup: [isp-b, isp-c]"), on("isp-a", "isp-b", "isp-c"), "nat/shared-pool", policy.OK, "isp-b"},
		"a pool of two links is shared":                        {nat("links: [isp-a, isp-b], backup: [isp-c]"), on("isp-a", "isp-b", "isp-c"), "nat/shared-pool", policy.Fired, "isp-b"},
		"the internet and a circuit share it by the rule":      {nat("links: [er], backup: [isp-a]"), on("er", "isp-a"), "nat/shared-pool", policy.Fired, "isp-a"},
		"a backup that some hear alone takes no turns":         {nat("links: [isp-a], backup: [vpn]"), on("isp-a", "vpn"), "nat/shared-pool", policy.Fired, "vpn"},
		"nor does one that nobody judges":                      {nat("links: [isp-a], backup: [isp-b]") + "checks: [{id: link/backup, disabled: true}]\n", on("isp-a", "isp-b"), "nat/shared-pool", policy.Fired, "isp-b"},
		"a pool that its backup alone carries is covered":      {nat("links: [isp-a], backup: [isp-b]"), on("isp-b"), "nat/uncovered-pool", policy.OK, "isp-a"},
		"a pool that nobody carries is not":                    {nat("links: [isp-a], backup: [isp-b]"), on("isp-c"), "nat/uncovered-pool", policy.Fired, "isp-a"},
		"a pool whose backup is blind may be":                  {nat("links: [isp-a], backup: [isp-b]"), strings.Replace(nothing, "isp-b out ipv6", "isp-b out ipv6 partial", 1), "nat/uncovered-pool", policy.UnknownState, "isp-a"},
		"parts that belong on one link are wrong on the other": {five + "prefixes: [{name: p, prefixes: [198.51.100.0/23, \"2001:db8:100::/47\"], links: [isp-a], backup: [isp-b], more-specifics: {links: [isp-a]}}]\n", on("isp-b"), "link/wrong", policy.Fired, "isp-b"},
	} {
		t.Run(name, func(t *testing.T) {
			r := site{test.config, test.tables}.audit(t)
			for _, fam := range rib.Families {
				if got := stateOf(r, test.check, test.on, fam); got != test.want {
					t.Errorf("%s on %s (%s) is %s, want %s: %q", test.check, test.on, fam, got, test.want, findingLines(r))
				}
			}
		})
	}
}

func TestAFlowOverItsBackup(t *testing.T) {
	config := strings.Replace(orderSite, "fw-lte", "fw-wan", 1) + `
services: [{name: web, addresses: [203.0.113.40/32], remote: them, initiator: remote, links: [wan], backup: [lte]}]
remotes: [{name: them, prefixes: [192.0.2.0/24], observer: hq}]
`
	for name, test := range map[string]struct {
		tables string
		want   policy.State // of flow/off-link on lte
	}{
		"that has to use it is where it is meant to be": {"wan out\nwan in\nlte out 203.0.113.40/32\nlte in 192.0.2.0/24", policy.OK},
		"that could go by its own link is not":          {"wan out\nwan in 192.0.2.0/24[lp=50]\nlte out 203.0.113.40/32\nlte in 192.0.2.0/24", policy.Fired},
		"that may have to use it is open":               {"wan out partial\nwan in\nlte out 203.0.113.40/32\nlte in 192.0.2.0/24", policy.UnknownState},
	} {
		t.Run(name, func(t *testing.T) {
			r := site{config, test.tables}.audit(t)
			if got := stateOf(r, "flow/off-link", "lte", rib.IPv4); got != test.want {
				t.Errorf("lte is %s, want %s: %q %q", got, test.want, flowLines(r), findingLines(r))
			}
		})
	}
}

// Where the way out is by the backup, the pool that the backup stands in for is what is sent from.
func TestAPoolIsUsedOnItsBackup(t *testing.T) {
	r := site{orderSite + `
pools: [{name: nat, prefixes: [198.51.100.0/24], links: [wan], backup: [lte]}]
services: [{name: out, addresses: [203.0.113.0/24], pools: [nat], remote: them, initiator: us, links: [wan], backup: [lte]}]
remotes: [{name: them, prefixes: [192.0.2.0/24], observer: hq}]
`, "wan out\nwan in\nlte out 198.51.100.0/24\nlte in 192.0.2.0/24"}.audit(t)
	sameLines(t, "flows", flowLines(r), "out ipv4: out lte, back lte: symmetric")
}

// What is prepended does not bind networks whose preferences nobody sees, but most of them follow it.
func TestAPrependedBackupBetweenISPsIsAWarning(t *testing.T) {
	const declared = "prefixes: [{name: branch, prefixes: [203.0.113.0/24, \"2001:db8:113::/48\"], links: [l1], backup: [l2]}]\n"
	for name, test := range map[string]struct{ tables, severity string }{
		"as long":             {"l1 out 203.0.113.0/24 2001:db8:113::/48\nl2 out 203.0.113.0/24 2001:db8:113::/48", "error"},
		"longer by prepends":  {"l1 out 203.0.113.0/24 2001:db8:113::/48\nl2 out 203.0.113.0/24[len=3] 2001:db8:113::/48[len=3]", "warning"},
		"shorter by prepends": {"l1 out 203.0.113.0/24[len=3] 2001:db8:113::/48[len=3]\nl2 out 203.0.113.0/24 2001:db8:113::/48", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			found := 0
			for _, f := range (site{firewalls("fw-1", "fw-2") + declared, test.tables}).audit(t).Findings {
				if f.Check != "link/backup" {
					continue
				}
				found++
				if f.Severity.String() != test.severity || !slices.Contains(f.Assumes, "which ISP a network prefers is not seen: l1 and l2 count as equal") {
					t.Errorf("%s %s: %q", f.Severity, f.Message, f.Assumes)
				}
			}
			if found != 2 {
				t.Errorf("%d findings", found)
			}
		})
	}
}

func TestARouteThatABackupStandsInForIsNamedWithItsTrust(t *testing.T) {
	r := site{
		firewalls("fw-1", "fw-2") + "services: [{name: web, addresses: [203.0.113.40/32], remote: them, initiator: remote, links: [l1], backup-when-down: [l2]}]\n" +
			"remotes: [{name: them, observer: internet, prefixes: [192.0.2.0/24]}]\n",
		"l1 out 203.0.113.0/24\nl2 out 203.0.113.40/32",
	}.audit(t)
	for _, f := range r.Findings {
		if f.Check == "link/backup" && strings.Contains(f.Message, "may carry") {
			if !slices.Contains(f.Assumes, "accepted on l1") || !slices.ContainsFunc(f.Evidence, func(e policy.Evidence) bool { return e.Link == "l1" }) {
				t.Errorf("%q, %v", f.Assumes, f.Evidence)
			}
			return
		}
	}
	t.Errorf("no finding: %q", findingLines(r))
}
