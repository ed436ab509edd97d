package policy_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// leaked is a site of two internet links that sends n /24s on l2 which nobody declared.
func leaked(n int, declare string) site {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf("100.%d.%d.0/24", i/256, i%256))
	}
	slices.Reverse(rows) // the order of a dump tells nothing
	return site{
		firewalls("fw-a", "fw-b") + "prefixes:\n  - {name: public, prefixes: [203.0.113.0/24], links: [l1]}\n" + declare,
		"l1 out 203.0.113.0/24\nl2 out " + strings.Join(rows, " ") + "\nl1 in 0.0.0.0/0\nl2 in 0.0.0.0/0",
	}
}

func ofCheck(r *policy.Result, id string) (named []*policy.Finding, floods []*policy.Finding) {
	for _, f := range r.Findings {
		switch {
		case f.Check != id:
		case f.More > 0:
			floods = append(floods, f)
		default:
			named = append(named, f)
		}
	}
	return named, floods
}

func TestAFloodIsTheFirstByNameAndOneFindingForTheRest(t *testing.T) {
	r := leaked(300, "").audit(t)
	named, floods := ofCheck(r, "prefix/unexpected")
	if len(named) != 10 || len(floods) != 1 {
		t.Fatalf("%d by name and %d floods, want 10 and 1", len(named), len(floods))
	}
	for i, f := range named {
		if want := fmt.Sprintf("100.0.%d.0/24", i); f.Subject.Name != want {
			t.Errorf("%s is named %d, want %s", f.Subject.Name, i, want)
		}
	}
	flood := floods[0]
	if flood.More != 290 || flood.Severity != policy.Warning || !slices.Equal(flood.Links, []string{"l2"}) || flood.Cause.What != policy.CauseAdvertised {
		t.Errorf("%+v", flood)
	}
	if want := "290 more prefixes, 100.0.10.0/24 to 100.1.43.0/24, are advertised on l2, and no declaration covers them"; flood.Message != want {
		t.Errorf("it says %q, want %q", flood.Message, want)
	}
	if len(flood.Evidence) == 0 || flood.Evidence[0].Prefix != netip.MustParsePrefix("100.0.10.0/24") {
		t.Errorf("its evidence is %v", flood.Evidence)
	}
	if code, _ := r.Exit(policy.Warning); code != 1 {
		t.Errorf("exit %d, want 1", code)
	}
	if stateOf(r, "prefix/unexpected", "l2", rib.IPv4) != policy.Fired {
		t.Error("the check did not fire on l2")
	}
}

func TestAFloodKeepsItsIDWhileItGrows(t *testing.T) {
	small, large := leaked(50, "").audit(t), leaked(400, "").audit(t)
	_, a := ofCheck(small, "prefix/unexpected")
	_, b := ofCheck(large, "prefix/unexpected")
	if a[0].ID != b[0].ID {
		t.Errorf("%s became %s", a[0].ID, b[0].ID)
	}
	named, _ := ofCheck(large, "prefix/unexpected")
	one := leaked(1, "").audit(t)
	alone, _ := ofCheck(one, "prefix/unexpected")
	if named[0].ID != alone[0].ID {
		t.Error("a finding by name has another id beside a flood")
	}
	eleventh, _ := ofCheck(site{firewalls("fw-a", "fw-b") + "prefixes:\n  - {name: public, prefixes: [203.0.113.0/24], links: [l1]}\n", "l1 out 203.0.113.0/24\nl2 out 100.0.10.0/24"}.audit(t), "prefix/unexpected")
	if got := large.Flood(eleventh[0].ID); got == nil || got.ID != b[0].ID {
		t.Errorf("what is not told by name stands in %v", got)
	}
	if large.Flood(named[0].ID) != nil || large.Flood("0123456789abcdef") != nil {
		t.Error("what is told by name, or is none, stands in a flood")
	}
}

func TestElevenAreAFloodAndTenAreNone(t *testing.T) {
	for n, want := range map[int]int{10: 0, 11: 1} {
		if named, floods := ofCheck(leaked(n, "").audit(t), "prefix/unexpected"); len(named) != 10 || len(floods) != want {
			t.Errorf("%d findings: %d by name, %d floods", n, len(named), len(floods))
		}
	}
}

func TestAWholeTableIsOneFinding(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the audit of a whole leaked table")
	}
	audit := bigs[0].prepare(t, 100_001)
	r := audit()
	named, floods := ofCheck(r, "prefix/unexpected")
	if len(named) != 0 || len(floods) != 1 || floods[0].More != 100_001 || !strings.Contains(floods[0].Message, "whole table") {
		t.Errorf("%d by name, %d floods: %v", len(named), len(floods), floods)
	}
	named, floods = ofCheck(bigs[0].prepare(t, 99_999)(), "prefix/unexpected")
	if len(named) != 10 || len(floods) != 1 || floods[0].More != 99_989 {
		t.Errorf("one row less: %d by name, %v", len(named), floods)
	}
}

func TestWaiversAndFloods(t *testing.T) {
	const unexpected = "waivers:\n  - {check: prefix/unexpected, %sreason: CHG1, owner: net, until: 2027-01-31}\n"
	for _, tt := range []struct {
		name    string
		n       int
		declare string
		named   int // unwaived ones
		more    int // that the unwaived flood stands for
		waived  int // findings told, and those of waived floods
		exit    int // with --fail-on warning
	}{
		{"a waiver of the link accepts all", 300, fmt.Sprintf(unexpected, "link: l2, "), 0, 0, 300, 0},
		{"a waiver of the first prefixes frees their places", 300, fmt.Sprintf(unexpected, "prefix: 100.0.0.0/21, "), 10, 282, 8, 1},
		{"a waiver of the later half silences no other", 512, fmt.Sprintf(unexpected, "prefix: 100.1.0.0/16, "), 10, 246, 256, 1},
		{"a waiver that is past its date accepts nothing", 300, strings.Replace(fmt.Sprintf(unexpected, "link: l2, "), "2027", "2025", 1), 10, 290, 0, 1},
		{"one that covers a single prefix of the rest is used", 300, fmt.Sprintf(unexpected, "prefix: 100.1.10.0/24, "), 10, 289, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := leaked(tt.n, tt.declare).audit(t)
			named, more, waived := 0, 0, 0
			for _, f := range r.Findings {
				switch {
				case f.Check == "waiver/unused":
					t.Error("the waiver counts as unused")
				case f.Check != "prefix/unexpected":
				case f.WaivedBy != "":
					waived += max(f.More, 1)
				case f.More > 0:
					more += f.More
				default:
					named++
				}
			}
			if named != tt.named || more != tt.more || waived != tt.waived {
				t.Errorf("%d by name, %d more, %d waived; want %d, %d, %d", named, more, waived, tt.named, tt.more, tt.waived)
			}
			// The address in the middle of the waivers' own findings is not counted.
			failing := 0
			for _, f := range r.Findings {
				if f.Check == "prefix/unexpected" && f.WaivedBy == "" {
					failing = 1
				}
			}
			if failing != tt.exit {
				t.Errorf("fails: %d, want %d", failing, tt.exit)
			}
		})
	}
}

func TestAFloodOfFlowsIsNamedByEachOfItsFlows(t *testing.T) {
	var b strings.Builder
	b.WriteString(erSite + "services:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  - {name: s%02d, addresses: [203.0.113.%d/32], remote: msft, initiator: us, links: [isp-a]}\n", i, i)
	}
	b.WriteString("remotes:\n  - {name: msft, prefixes: [40.92.0.0/15], observer: microsoft}\n")
	r := site{b.String(), "isp-a out\ner out 203.0.113.0/24\nisp-a in 40.92.0.0/15\ner in"}.audit(t)
	named, floods := ofCheck(r, "flow/asymmetric")
	if len(named) != 10 || len(floods) != 1 || floods[0].More != 30 || floods[0].Severity != policy.Error {
		t.Fatalf("%d by name, %v", len(named), floods)
	}
	for _, f := range r.Flows {
		var mine []string
		for _, id := range f.Findings {
			if slices.ContainsFunc(slices.Concat(named, floods), func(have *policy.Finding) bool { return have.ID == id }) {
				mine = append(mine, id)
			}
		}
		if len(mine) != 1 {
			t.Errorf("%s names %v", f.Service, f.Findings)
		}
	}
}

func TestAFloodIsTheSameWhateverTheOrder(t *testing.T) {
	tell := func(r *policy.Result) string {
		var b strings.Builder
		for _, f := range r.Findings {
			fmt.Fprintln(&b, f.ID, f.Check, f.Subject, f.More, f.Message, f.Prefixes)
		}
		return b.String()
	}
	s := leaked(300, "")
	want := tell(s.audit(t))
	lines := strings.Split(s.tables, "\n")
	words := strings.Fields(lines[1])
	slices.Sort(words[2:])
	lines[1] = strings.Join(words, " ")
	if got := tell(site{s.config, strings.Join(lines, "\n")}.audit(t)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
