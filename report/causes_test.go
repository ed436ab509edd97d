package report

import (
	"net/netip"
	"strings"
	"testing"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// leak is a head: a route that is advertised on a link where it does not belong.
func leak(prefix, link string, change ...func(*policy.Finding)) *policy.Finding {
	p := netip.MustParsePrefix(prefix)
	f := &policy.Finding{
		ID: prefix + " " + link, Check: "link/wrong", Severity: policy.Error, Subject: policy.Subject{Kind: "prefix", Name: "public"}, Family: rib.FamilyOf(p),
		Links: []string{link}, Cause: policy.Cause{What: policy.CauseAdvertised, Prefix: p, Link: link}, Message: p.String() + " is advertised on " + link, Hint: "stop",
	}
	for _, c := range change {
		c(f)
	}
	return f
}

func TestCausesThatDifferOnlyInFamilyOrSideAreReadAsOne(t *testing.T) {
	links := []rib.Link{{Name: "isp-a", Router: "edge1"}, {Name: "er-p", Circuit: "seattle", Router: "edge1"}, {Name: "er-s", Circuit: "seattle", Router: "edge2"}, {Name: "er-x", Circuit: "dallas"}}
	waived := func(f *policy.Finding) { f.WaivedBy = "bgpaudit.yaml:9" }
	other := func(f *policy.Finding) { f.Subject.Name = "another" }
	for _, tt := range []struct {
		name     string
		findings []*policy.Finding
		want     []int // heads of each cause
	}{
		{"both families", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("2001:db8::/32", "isp-a")}, []int{2}},
		{"both sides of a circuit", []*policy.Finding{leak("203.0.113.0/24", "er-p"), leak("203.0.113.0/24", "er-s")}, []int{2}},
		{"both families on both sides", []*policy.Finding{leak("203.0.113.0/24", "er-p"), leak("203.0.113.0/24", "er-s"), leak("2001:db8::/32", "er-p"), leak("2001:db8::/32", "er-s")}, []int{4}},
		{"two prefixes of a family", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("203.0.112.0/24", "isp-a")}, []int{1, 1}},
		{"two prefixes of each family", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("203.0.112.0/24", "isp-a"), leak("2001:db8::/32", "isp-a"), leak("2001:db8::/48", "isp-a")}, []int{2, 2}},
		{"two circuits", []*policy.Finding{leak("203.0.113.0/24", "er-p"), leak("203.0.113.0/24", "er-x")}, []int{1, 1}},
		{"two links", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("203.0.113.0/24", "er-p")}, []int{1, 1}},
		{"one that is waived", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("2001:db8::/32", "isp-a", waived)}, []int{1, 1}},
		{"two subjects", []*policy.Finding{leak("203.0.113.0/24", "isp-a"), leak("2001:db8::/32", "isp-a", other)}, []int{1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wrong, missing := causes(&policy.Result{Findings: tt.findings, Links: links})
			var got []int
			for _, c := range wrong {
				got = append(got, len(c.heads))
			}
			if len(missing) > 0 || len(got) != len(tt.want) {
				t.Fatalf("%v causes, %d of evidence; want %v", got, len(missing), tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("%v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestABriefCauseNamesWhatWhereAndWhatToDo(t *testing.T) {
	head := leak("203.0.113.0/24", "isp-a", func(f *policy.Finding) {
		f.Evidence = []policy.Evidence{{Feed: "a-out", Link: "isp-a", Prefix: f.Cause.Prefix, Seen: "dumps/a.json:7"}}
		f.Assumes, f.Story = []string{"accepted on isp-a"}, []string{"a packet"}
	})
	effect := leak("203.0.113.0/24", "isp-a", func(f *policy.Finding) {
		f.ID, f.CausedBy, f.Check, f.Subject = "e", head.ID, "flow/asymmetric", policy.Subject{Kind: "service", Name: "web"}
	})
	var b strings.Builder
	r := &policy.Result{Findings: []*policy.Finding{head, effect}, Links: []rib.Link{{Name: "isp-a", Router: "edge1"}}}
	if err := AuditBrief(&b, r, policy.ExitFindings, nil, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ERROR link/wrong prefix public (ipv4)\n", "  203.0.113.0/24 is advertised on isp-a\n", "  seen: edge1 dumps/a.json:7\n", "  do:   stop\n",
		"  with: flow/asymmetric (service web)\n", "  id    203.0.113.0/24 isp-a\n", "-v: ",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not there:\n%s", want, b.String())
		}
	}
	for _, not := range []string{"a packet", "accepted on"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("%q is for -v:\n%s", not, b.String())
		}
	}
}

func TestMissingEvidenceIsToldOnceForEachReason(t *testing.T) {
	feed := func(name, why string) *policy.Finding {
		return &policy.Finding{
			ID: name, Check: "evidence/partial", Severity: policy.Warning, Subject: policy.Subject{Kind: "feed", Name: name}, Hint: "export it again",
			Cause: policy.Cause{What: policy.CauseEvidence}, Message: "feed " + name + " could not be read: dumps/" + name + ": " + why,
			Evidence: []policy.Evidence{{Feed: name, Seen: "dumps/" + name}},
		}
	}
	blind := func(link string, lost ...string) *policy.Finding {
		return &policy.Finding{
			ID: link, Check: "evidence/blind", Severity: policy.Warning, Subject: policy.Subject{Kind: "link", Name: link}, Hint: "collect it", LostBy: lost, Opens: []string{"check link/wrong", "flow web"},
			Cause: policy.Cause{What: policy.CauseEvidence, Link: link}, Message: "all of it", Unseen: []string{"advertised routes: no feed shows what is advertised on " + link + " (ipv4)"},
		}
	}
	about := func(name string) *policy.Finding { // another thing than that it fails
		f := feed(name, "")
		f.Check, f.Message = "evidence/contradiction", "203.0.113.0/24 is in the far end's table (feed "+name+"), and not among all that is sent"
		return f
	}
	for _, tt := range []struct {
		name     string
		findings []*policy.Finding
		want     []string
		not      []string
	}{
		{"feeds with one reason", []*policy.Finding{feed("a", "no such file"), feed("b", "no such file")}, []string{"evidence/partial 2 feeds\n  a (dumps/a), b (dumps/b)\n  could not be read: no such file\n"}, nil},
		{"feeds with two", []*policy.Finding{feed("a", "no such file"), feed("b", "0 bytes")}, []string{"partial feed a\n  could not be read: dumps/a: no such file\n", "partial feed b\n  could not be read: dumps/b: 0 bytes\n"}, nil},
		{"a link that lacks only such feeds", []*policy.Finding{feed("a", "no such file"), blind("l", "a")}, []string{"leaves open: flows of web; link/wrong"}, []string{"evidence/blind"}},
		{"a feed whose finding is about something else", []*policy.Finding{about("a"), blind("l", "a")}, []string{"evidence/blind link l (ipv4)\n", "  - feed a could not be read (dumps/a)\n"}, nil},
		{"a link of the feed's name", []*policy.Finding{blind("a", "a")}, []string{"evidence/blind link a (ipv4)\n", "  - feed a could not be read (dumps/a)\n"}, nil},
		{"a link whose feed has no finding", []*policy.Finding{blind("l", "a")}, []string{"evidence/blind link l (ipv4)\n"}, nil},
		{"links that nothing shows", []*policy.Finding{blind("l"), blind("m")}, []string{"evidence/blind 2 links\n  l, m (ipv4)\n  advertised routes: no feed shows what is advertised\n"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			var feeds []*rib.Feed
			var reasons []string
			for _, name := range []string{"a", "b"} {
				feeds = append(feeds, &rib.Feed{Name: name, State: rib.FeedState{Unreadable: true}})
				reasons = append(reasons, "feed "+name+" could not be read (dumps/"+name+")")
			}
			if err := AuditBrief(&b, &policy.Result{Findings: tt.findings, Feeds: feeds}, policy.ExitIncomplete, reasons, false); err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%q is not there:\n%s", want, b.String())
				}
			}
			for _, not := range tt.not {
				if strings.Contains(b.String(), not) {
					t.Errorf("%q is there:\n%s", not, b.String())
				}
			}
		})
	}
}
