package policy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bgpaudit/docs"
	"bgpaudit/policy"
)

var update = flag.Bool("update", false, "rewrite want.txt in testdata, then read the diff")

// TestChecksFireAndStayQuiet walks testdata: a folder a check, in it the cases where it fires and
// their near misses where it must not. A want.txt holds the findings and states of that check
// alone, so that a new check touches no old one.
func TestChecksFireAndStayQuiet(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/*/bgpaudit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(strings.TrimPrefix(filepath.ToSlash(dir), "testdata/"), func(t *testing.T) {
			folder := filepath.Base(filepath.Dir(dir))
			i := slices.IndexFunc(policy.Checks, func(c *policy.Check) bool { return folderOf(c) == folder })
			if i < 0 {
				t.Fatalf("testdata/%s belongs to no check", folder)
			}
			check := policy.Checks[i]
			result := auditFolder(t, dir)
			got := telling(result, check.ID)
			want := filepath.Join(dir, "want.txt")
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(text) != got {
				t.Errorf("%s differs (run go test ./policy -update, then read the diff):\n--- got\n%s--- want\n%s", want, got, text)
			}
			fired := slices.ContainsFunc(result.Findings, func(f *policy.Finding) bool { return f.Check == check.ID })
			if should := strings.HasPrefix(filepath.Base(dir), "fires"); fired != should {
				t.Errorf("%s: fired is %v", dir, fired)
			}
		})
	}
}

func folderOf(c *policy.Check) string { return strings.ReplaceAll(c.ID, "/", "-") }

// telling writes what one check says of a result.
func telling(r *policy.Result, id string) string {
	var b strings.Builder
	byID := map[string]*policy.Finding{}
	for _, f := range r.Findings {
		byID[f.ID] = f
	}
	for _, f := range r.Findings {
		if f.Check != id {
			continue
		}
		by := "itself"
		if f.CausedBy != "" {
			head := byID[f.CausedBy]
			by = head.Check + " " + head.Subject.Kind + " " + head.Subject.Name
		}
		fmt.Fprintf(&b, "%s: %s %s (%s)\n", f.Severity, f.Subject.Kind, f.Subject.Name, f.Family)
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", name, text)
			}
		}
		line("links", strings.Join(f.Links, ", "))
		line("cause", f.Cause.String())
		line("caused by", by)
		var prefixes []string
		for _, p := range f.Prefixes {
			prefixes = append(prefixes, p.String())
		}
		line("prefixes", strings.Join(prefixes, ", "))
		line("message", f.Message)
		line("drops at", dropsAt(r, f))
		if f.WaivedBy != "" {
			line("waived", "yes")
		}
		b.WriteByte('\n')
	}
	// A line for each word that the check has, and the links it says it of.
	type word struct{ state, reason string }
	var words []word
	of := map[word][]string{}
	for _, st := range r.Checks {
		if st.Check != id {
			continue
		}
		w := word{fmt.Sprintf("%s %s", st.State, st.Family), st.Reason}
		if of[w] == nil {
			words = append(words, w)
		}
		of[w] = append(of[w], st.Link)
	}
	for _, w := range words {
		fmt.Fprintf(&b, "%s: %s", w.state, strings.Join(of[w], ", "))
		if w.reason != "" {
			fmt.Fprintf(&b, " (%s)", w.reason)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// dropsAt is the firewall that the flows of a flow finding break at.
func dropsAt(r *policy.Result, f *policy.Finding) string {
	if !strings.HasPrefix(f.Check, "flow/") {
		return ""
	}
	for _, fl := range r.Flows {
		if fl.DropsAt != "" && slices.Contains(fl.Findings, f.ID) {
			return fl.DropsAt
		}
	}
	return ""
}

var checkID = regexp.MustCompile(`^[a-z]+/[a-z]+(-[a-z]+)*$`)

// TestEveryCheckIsWhole holds every check to its parts: an id of its own in order, a page, and cases
// in which it fires and stays quiet, the first of which the page tells.
func TestEveryCheckIsWhole(t *testing.T) {
	ids := policy.CheckIDs()
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("the ids are not sorted, or not unique: %v", ids)
	}
	for _, c := range policy.Checks {
		t.Run(c.ID, func(t *testing.T) {
			if !checkID.MatchString(c.ID) || c.Title == "" || c.Source == "" || c.Run == nil || policy.CheckByID(c.ID) != c {
				t.Errorf("%+v is not whole", c)
			}
			if c.Severity < policy.Info || c.Severity > policy.Error {
				t.Errorf("severity %d", c.Severity)
			}
			page, err := docs.CheckPage(c.ID)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(page, "\n")
			if lines[0] != "# "+c.ID {
				t.Errorf("the page begins with %q", lines[0])
			}
			if !slices.Contains(lines, "Default severity: "+c.Severity.String()) {
				t.Errorf("the page does not say Default severity: %s", c.Severity)
			}
			want := exampleOf(t, c)
			head, rest, _ := strings.Cut(page, "\n## Example\n")
			example, tail, _ := strings.Cut(rest, "\n## ")
			if *update {
				whole := head + "\n## Example\n\n" + want + "\n## " + tail
				if err := os.WriteFile(filepath.Join("../docs/checks", folderOf(c)+".md"), []byte(whole), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if strings.TrimSpace(example) != strings.TrimSpace(want) {
				t.Errorf("the page's example is not policy/testdata/%s/fires (run go test ./policy -update): %s\nwant: %s", folderOf(c), example, want)
			}
			for _, kind := range []string{"fires", "quiet"} {
				for _, file := range []string{"bgpaudit.yaml", "want.txt"} {
					if _, err := os.Stat(filepath.Join("testdata", folderOf(c), kind, file)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	folders, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if name := filepath.Base(folder); !strings.HasPrefix(name, "rapid") && !slices.ContainsFunc(policy.Checks, func(c *policy.Check) bool { return folderOf(c) == name }) {
			t.Errorf("%s belongs to no check", folder)
		}
	}
}

// exampleOf is the example of a check's page: the first line of the case's config says what the case
// is, and its want.txt what comes of it.
func exampleOf(t *testing.T, c *policy.Check) string {
	t.Helper()
	dir := filepath.Join("testdata", folderOf(c), "fires")
	config, err := os.ReadFile(filepath.Join(dir, "bgpaudit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "want.txt"))
	if err != nil {
		t.Fatal(err)
	}
	says, _, _ := strings.Cut(string(config), "\n")
	says = strings.TrimPrefix(says, "# ")
	if says[1] >= 'a' && says[1] <= 'z' || says[1] == ' ' {
		says = strings.ToLower(says[:1]) + says[1:]
	}
	severity, _, _ := strings.Cut(string(want), ":")
	_, message, _ := strings.Cut(string(want), "  message: ")
	message, _, _ = strings.Cut(message, "\n")
	return fmt.Sprintf("The case in `policy/testdata/%s/fires` is this one: %s\n\n```text\n%s %s: %s\n```\n", folderOf(c), says, severity, c.ID, message)
}
