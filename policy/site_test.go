package policy_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// now is the moment of every audit in these tests; their dumps are three hours old.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// auditFolder runs the audit of the config file in a folder over the dumps that it names.
func auditFolder(t *testing.T, dir string) *policy.Result {
	t.Helper()
	in, table := readFolder(t, dir)
	return policy.Audit(in, newSight(in, table), now)
}

func readFolder(t *testing.T, dir string) (*policy.Intent, *rib.Table) {
	t.Helper()
	config, err := configs.Load(filepath.Join(dir, "bgpaudit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	feeds := make([]*rib.Feed, len(config.Feeds))
	for i := range config.Feeds {
		feeds[i] = &config.Feeds[i].Feed
	}
	in := &config.Intent
	table := rib.NewTable(in.Site.ASNs, in.Links, feeds)
	for i := range config.Feeds {
		put := func(r rib.Route) error {
			_, err := table.Advertise(rib.FeedID(i), &r)
			return err
		}
		feeds[i].State = dump.Load(context.Background(), *config.Feeds[i].Source, now, put, nil)
	}
	table.Settle()
	return in, table
}

func newSight(in *policy.Intent, table *rib.Table) *rib.Sight {
	return rib.NewSight(table, in.Options())
}

// The sites that most cases stand on. A case adds its own declarations.
const (
	// One internet link and one side of a circuit, each behind its own firewall.
	erSite = `
version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-internet, neighbor-asns: [65540]}
  - {name: er, kind: expressroute-microsoft, router: edge1, firewall: fw-er, circuit: seattle, neighbor-asns: [12076]}
`
)

// firewalls is a site of internet links l1, l2, … on routers of their own, behind the firewalls named.
func firewalls(names ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\nsite: {asns: [65536]}\nlinks:\n")
	for i, fw := range names {
		fmt.Fprintf(&b, "  - {name: l%d, kind: internet, router: r%d, firewall: %s, neighbor-asns: [%d]}\n", i+1, i+1, fw, 65541+i)
	}
	return b.String()
}

// site is a config without feeds, and the tables of the links in a shorthand.
type site struct {
	config string
	// A line a feed: LINK TABLE WORD… where TABLE is out (adj-rib-out-post), in (adj-rib-in-post) or
	// a view, and a word is
	//   a route, with attributes in brackets: 40.96.0.0/13[12076:5010,lp=200,len=2,best,med=10,via=65541]
	//   or what became of the feed: partial, unproven, stale, weak-age, unreadable, contradicts,
	//   no-max-age, mtime, live, closed
	//   or of its coverage: ipv4, ipv6 (by default IPv4 and what the routes are), scope=PREFIX,
	//   no-communities, no-best, age=2h, format=frr-json
	//   or how its routes are tied where LINK is -: router=edge1, 65540=isp-a (first ASN)
	tables string
}

// audit reads the site and audits it.
func (s site) audit(t *testing.T) *policy.Result {
	t.Helper()
	in := s.intent(t)
	return policy.Audit(in, newSight(in, s.table(t, in)), now)
}

func (s site) intent(t *testing.T) *policy.Intent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
	if err := os.WriteFile(path, []byte(s.config), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configs.Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.config)
	}
	in := &config.Intent
	return in
}

func (s site) table(t *testing.T, in *policy.Intent) *rib.Table {
	t.Helper()
	var feeds []*rib.Feed
	var routes [][]rib.Route
	for line := range strings.SplitSeq(s.tables, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			f, rows := feedOf(in, words)
			feeds, routes = append(feeds, f), append(routes, rows)
		}
	}
	table := rib.NewTable(in.Site.ASNs, in.Links, feeds)
	for i, rows := range routes {
		for _, r := range rows {
			if _, err := table.Advertise(rib.FeedID(i), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	table.Settle()
	return table
}

var routeWord = regexp.MustCompile(`^([0-9a-f:.]+/\d+)(?:\[(.*)\])?$`)

func feedOf(in *policy.Intent, words []string) (*rib.Feed, []rib.Route) {
	f := &rib.Feed{Name: words[0] + "-" + words[1], Link: words[0], View: rib.View(words[1])}
	f.State = rib.FeedState{
		Format: "jsonl", Families: []rib.Family{rib.IPv4}, Complete: rib.CompleteYes, ASPathForm: rib.AsSent,
		AsOf: now.Add(-3 * time.Hour), AsOfSource: rib.AgeFromDump, Age: 3 * time.Hour, MaxAge: 24 * time.Hour, File: "dumps/" + f.Name,
	}
	switch words[1] {
	case "out":
		f.View = rib.AdjRIBOutPost
	case "in":
		f.View = rib.AdjRIBInPost
	}
	asn := uint32(65539)
	if words[0] == "-" {
		f.Link = ""
	}
	for i := range in.Links {
		if l := &in.Links[i]; l.Name == f.Link {
			f.Router, asn = l.Router, l.NeighborASNs[0]
		}
	}
	var rows []rib.Route
	hide := rib.AttrSet(0)
	for _, word := range words[2:] {
		if m := routeWord.FindStringSubmatch(word); m != nil {
			rows = append(rows, routeOf(f, asn, m[1], m[2], len(rows)))
		} else {
			apply(f, word, &hide)
		}
	}
	for i := range rows {
		rows[i].Attrs.NotShown = hide
		if fam := rib.FamilyOf(rows[i].Prefix); !slices.Contains(f.State.Families, fam) {
			f.State.Families = append(f.State.Families, fam)
		}
	}
	f.State.Routes = len(rows)
	return f, rows
}

// apply does what a word of a feed's line says.
func apply(f *rib.Feed, word string, hide *rib.AttrSet) {
	s := &f.State
	key, value, _ := strings.Cut(word, "=")
	switch key {
	case "partial":
		s.Complete, s.Errors = rib.CompleteNo, []string{s.File + ":9: the records are cut off"}
	case "unproven":
		s.Complete = rib.CompleteUnproven
	case "stale":
		s.Stale, s.AsOf, s.Age = true, now.Add(-48*time.Hour), 48*time.Hour
	case "weak-age":
		s.WeakAge, s.AsOfSource = true, rib.AgeFromMtime
	case "mtime":
		s.AsOfSource = rib.AgeFromMtime
	case "no-max-age":
		s.MaxAge = 0
	case "unreadable":
		s.Unreadable, s.Complete, s.Families, s.Errors = true, rib.CompleteNo, nil, []string{s.File + ": no such file"}
	case "contradicts":
		s.Contradiction = "the dump holds routes of neighbor 192.0.2.9, the config says 192.0.2.1"
	case "live":
		s.Live, s.Complete, s.Unreadable, s.Families = true, rib.CompleteNo, true, nil
	case "closed":
		s.Live, s.Complete, s.Closed, s.Families = true, rib.CompleteNo, true, nil
	case "ipv4":
		s.Families = []rib.Family{rib.IPv4}
	case "ipv6":
		s.Families = append(s.Families, rib.IPv6)
	case "no-communities":
		*hide |= rib.AttrCommunities
	case "no-best":
		*hide |= rib.AttrBest
	case "scope":
		f.Scope = append(f.Scope, netip.MustParsePrefix(value))
	case "age":
		d, err := time.ParseDuration(value)
		if err != nil {
			panic(err)
		}
		s.AsOf, s.Age = now.Add(-d), d
	case "router":
		f.Router = value
	case "name":
		f.Name = value
	case "format":
		s.Format = value
	case "file":
		s.File = value
	default:
		asn, err := strconv.ParseUint(key, 10, 32)
		if err != nil {
			panic("unknown word " + word)
		}
		f.Classify = append(f.Classify, rib.ClassifyRule{FirstASN: uint32(asn), Link: value})
	}
}

// routeOf makes a row: what we send has our ASN in its path, what we get the neighbour's.
func routeOf(f *rib.Feed, asn uint32, prefix, attrs string, before int) rib.Route {
	r := rib.Route{Prefix: netip.MustParsePrefix(prefix), Line: before + 2}
	path := []uint32{65536}
	if !f.View.Advertised() {
		path = []uint32{asn}
		r.Neighbor = netip.AddrFrom4([4]byte{192, 0, 2, byte(asn)})
	}
	r.Attrs.Origin = rib.OriginIGP
	for attr := range strings.SplitSeq(attrs, ",") {
		key, value, _ := strings.Cut(attr, "=")
		n, _ := strconv.ParseUint(value, 10, 32)
		switch key {
		case "":
		case "lp":
			r.Attrs.LocalPref = rib.Some(uint32(n))
		case "med":
			r.Attrs.MED = rib.Some(uint32(n))
		case "len":
			for len(path) < int(n) {
				path = append(path, 65550)
			}
		case "via":
			path = append([]uint32{uint32(n)}, path...)
		case "best":
			r.Marks |= rib.Best
		default:
			c, err := rib.ParseCommunity(attr)
			if err != nil {
				panic(err)
			}
			r.Attrs.Communities = append(r.Attrs.Communities, c)
		}
	}
	r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: path}}
	return r
}

// flowLines tells the flows of a result, a line each:
// "mail ipv4 [10.0.0.0/8]: out isp-a, back er: asymmetric at fw-er".
func flowLines(r *policy.Result) []string {
	var out []string
	for _, f := range r.Flows {
		line := fmt.Sprintf("%s %s: out %s, back %s: %s", f.Service, f.Family, names(f.Forward.Links), names(f.Return.Links), f.Verdict)
		if f.Verdict == policy.VerdictUnknown || f.Verdict == policy.FlowNotApplicable {
			line = fmt.Sprintf("%s %s: %s", f.Service, f.Family, f.Verdict)
		}
		if f.DropsAt != "" {
			line += " at " + f.DropsAt
		}
		out = append(out, line)
	}
	return out
}

func names(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "+")
}

// findingLines tells the findings, a line each: "error link/wrong prefix public ipv4 on er".
func findingLines(r *policy.Result) []string {
	var out []string
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s %s %s %s %s", f.Severity, f.Check, f.Subject.Kind, f.Subject.Name, f.Family)
		if len(f.Links) > 0 {
			line += " on " + names(f.Links)
		}
		if f.WaivedBy != "" {
			line += " waived"
		}
		if f.CausedBy != "" {
			line = "  " + line
		}
		out = append(out, line)
	}
	return out
}

// stateOf is what a check says of a link and family; empty where it says nothing.
func stateOf(r *policy.Result, check, link string, fam rib.Family) policy.State {
	for _, st := range r.Checks {
		if st.Check == check && st.Link == link && st.Family == fam {
			return st.State
		}
	}
	return ""
}

func sameLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	var lines []string
	for _, w := range want {
		for line := range strings.SplitSeq(w, "\n") {
			if strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	var have []string
	for _, g := range got {
		have = append(have, strings.TrimSpace(g))
	}
	if !slices.Equal(have, lines) {
		t.Errorf("%s:\n  %s\nwant:\n  %s", what, strings.Join(have, "\n  "), strings.Join(lines, "\n  "))
	}
}
