package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// cause is what is read as one: the heads of groups that differ only in family, or in the side of a circuit,
// and what they bring about. Programs get the groups as they are.
type cause struct {
	heads, effects []*policy.Finding
}

// causes puts groups of findings together, in their order. What is missing of the evidence comes apart.
func causes(r *policy.Result) (wrong, missing []*cause) {
	merge := merger{sides: sides(r.Links), at: map[string][]*cause{}}
	for i := 0; i < len(r.Findings); {
		group := r.Findings[i:]
		n := 1
		for n < len(group) && group[n].CausedBy != "" {
			n++
		}
		i += n
		if group[0].Cause.What == policy.CauseEvidence {
			missing = append(missing, &cause{heads: group[:1], effects: group[1:n]})
			continue
		}
		if c, fresh := merge.add(group[0], group[1:n]); fresh {
			wrong = append(wrong, c)
		}
	}
	return wrong, missing
}

// sides names each link by its circuit, if it is a side of one.
func sides(links []rib.Link) map[string]string {
	out := map[string]string{}
	for i := range links {
		l := &links[i]
		out[l.Name] = cmp.Or(l.Circuit, l.Name)
	}
	return out
}

type merger struct {
	sides map[string]string
	at    map[string][]*cause // by what a cause must have in common
}

// add takes a group into a cause, or makes one of it.
func (m *merger) add(head *policy.Finding, effects []*policy.Finding) (c *cause, fresh bool) {
	links := []string{}
	for _, l := range head.Links {
		if side := cmp.Or(m.sides[l], l); !slices.Contains(links, side) {
			links = append(links, side)
		}
	}
	key := fmt.Sprint(head.Check, head.Severity, head.Subject, head.Cause.What, head.Cause.Remote, head.WaivedBy, links)
	for _, c := range m.at[key] {
		if c.takes(head) {
			c.heads, c.effects = append(c.heads, head), append(c.effects, effects...)
			return c, false
		}
	}
	c = &cause{heads: []*policy.Finding{head}, effects: slices.Clone(effects)}
	m.at[key] = append(m.at[key], c)
	return c, true
}

// takes reports whether a head is one of the cause's: of another family, or of the same prefix on another side.
func (c *cause) takes(head *policy.Finding) bool {
	return !slices.ContainsFunc(c.heads, func(have *policy.Finding) bool {
		return have.Family == head.Family && have.Cause.Prefix != head.Cause.Prefix
	})
}

// worst is the highest severity of what is not waived.
func (c *cause) worst() policy.Severity {
	s := policy.Info
	for _, f := range slices.Concat(c.heads, c.effects) {
		if f.WaivedBy == "" {
			s = max(s, f.Severity)
		}
	}
	return s
}

func (c *cause) families() string {
	var out []string
	for _, f := range c.heads {
		out = addText(out, f.Family.String())
	}
	return strings.Join(out, ", ")
}

func addText(list []string, more ...string) []string {
	for _, s := range more {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// gathered is missing evidence of one kind and for one reason.
type gathered struct {
	check    string
	severity policy.Severity
	waived   string
	kind     string   // of what they are about: link, feed, site
	names    []string // of these
	families []string
	reasons  []string // without names and files
	full     []string // of the first, with its file
	hint     string
	ids      []string
	files    []string // where each of them is seen; empty where it is in no file
}

// gather puts evidence findings of one reason together: each feed that cannot be read is one name in a list.
// A link that lacks nothing but such feeds is not told again.
func gather(missing []*cause, told map[string]bool) (out []*gathered) {
	at := map[string]*gathered{}
	for _, f := range members(missing) {
		if len(f.LostBy) > 0 && !slices.ContainsFunc(f.LostBy, func(feed string) bool { return !told[feed] }) {
			continue
		}
		reasons := f.Unseen
		if len(reasons) == 0 {
			reasons = []string{f.Message}
		}
		key := fmt.Sprint(f.Check, f.Severity, f.Subject.Kind, f.Hint, f.WaivedBy, without(reasons, f))
		g := at[key]
		if g == nil {
			g = &gathered{check: f.Check, severity: f.Severity, waived: f.WaivedBy, kind: f.Subject.Kind, hint: f.Hint}
			g.reasons, g.full = without(reasons, f), namedOnce(reasons, f)
			at[key] = g
			out = append(out, g)
		}
		g.families, g.ids = addText(g.families, f.Family.String()), append(g.ids, f.ID)
		if !slices.Contains(g.names, f.Subject.Name) {
			g.names, g.files = append(g.names, f.Subject.Name), append(g.files, fileOf(f))
		}
	}
	slices.SortStableFunc(out, func(a, b *gathered) int { return cmp.Compare(b.severity, a.severity) })
	return out
}

// failingTold lists the feeds that fail and of which a finding says why, in the very words.
func failingTold(missing []*cause, feeds []*rib.Feed) map[string]bool {
	why := map[string]string{}
	for _, f := range feeds {
		why[f.Name] = f.Failing()
	}
	told := map[string]bool{}
	for _, f := range members(missing) {
		if w := why[f.Subject.Name]; f.Subject.Kind == "feed" && w != "" && strings.HasPrefix(f.Message, w) {
			told[f.Subject.Name] = true
		}
	}
	return told
}

// members are the findings of causes.
func members(all []*cause) (out []*policy.Finding) {
	for _, c := range all {
		out = append(append(out, c.heads...), c.effects...)
	}
	return out
}

// fileOf is where a feed that a finding is about is seen.
func fileOf(f *policy.Finding) string {
	if len(f.Evidence) == 0 || f.Evidence[0].Seen == f.Subject.Name {
		return ""
	}
	return f.Evidence[0].Seen
}

// entries are the names with their files.
func (g *gathered) entries() (out []string) {
	for i, name := range g.names {
		if g.files[i] != "" {
			name += " (" + g.files[i] + ")"
		}
		out = append(out, name)
	}
	return out
}

// namedOnce takes the subject that a title has named out of reasons.
func namedOnce(reasons []string, f *policy.Finding) (out []string) {
	for _, s := range reasons {
		out = append(out, strings.TrimPrefix(s, f.Subject.Kind+" "+f.Subject.Name+" "))
	}
	return out
}

// without takes a finding's own name, file and family out of reasons, so that like ones can be seen to be alike.
func without(reasons []string, f *policy.Finding) (out []string) {
	old := []string{f.Subject.Kind + " " + f.Subject.Name + " ", ""}
	for _, e := range f.Evidence {
		if e.Feed == f.Subject.Name && e.Seen != "" {
			old = append(old, e.Seen+": ", "")
		}
	}
	old = append(old, " on "+f.Subject.Name+" ("+f.Family.String()+")", "", " ("+f.Family.String()+")", "")
	r := strings.NewReplacer(old...)
	for _, s := range reasons {
		out = addText(out, r.Replace(s))
	}
	return out
}

// opens lists the flows and checks that missing evidence leaves open.
func opens(missing []*cause) (flows, checks []string) {
	for _, f := range members(missing) {
		for _, o := range f.Opens {
			if name, ok := strings.CutPrefix(o, "flow "); ok {
				flows = addText(flows, name)
			} else if name, ok := strings.CutPrefix(o, "check "); ok {
				checks = addText(checks, name)
			}
		}
	}
	return flows, checks
}

// where says on which routers, and at which lines, a finding is to be looked at: its first routes.
func where(f *policy.Finding, routers map[string]string) string {
	var on, at []string
	for _, l := range f.Links {
		on = addText(on, routers[l])
	}
	const most = 2
	evidence := slices.Clone(f.Evidence)
	about := func(e policy.Evidence) bool { return slices.Contains(f.Links, e.Link) }
	slices.SortStableFunc(evidence, func(a, b policy.Evidence) int { // the links that it is about first
		switch {
		case about(a) == about(b):
			return 0
		case about(a):
			return -1
		}
		return 1
	})
	for _, e := range evidence {
		text := Clean(e.Seen)
		if e.Prefix.IsValid() && e.Prefix != f.Cause.Prefix {
			text = e.Prefix.String() + " " + text
		}
		if on := routers[e.Link]; on != "" {
			text = Clean(on) + " " + text
		}
		at = addText(at, text)
	}
	if len(at) == 0 {
		return Clean(strings.Join(on, ", "))
	}
	text := strings.Join(at[:min(len(at), most)], ", ")
	if len(at) > most {
		text += fmt.Sprintf(", and %d more", len(at)-most)
	}
	return text
}
