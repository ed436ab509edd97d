package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bgpaudit/rib"
)

// The evidence checks say what the audit could not see, and what that leaves open. They run after
// the others: blindness that leaves nothing open is no finding.

var evidenceBlind = &Check{
	ID: "evidence/blind", Title: "What a link carries is not seen, and that leaves an answer open", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) { ps.overGaps(func(c *rib.Coverage) bool { return !c.Covered && !c.Weak }) },
}

var evidenceWeakView = &Check{
	ID: "evidence/weak-view", Title: "A feed's view is too weak for what it is asked", Severity: Warning, Source: "RFC 7854, 8671, 9069", phase: onEvidence,
	Run: func(ps *Pass) { ps.overGaps(func(c *rib.Coverage) bool { return c.Covered || c.Weak }) },
}

// overGaps reports one finding for each link and family whose gaps leave something open and whose
// coverage is of the check's kind.
func (ps *Pass) overGaps(kind func(*rib.Coverage) bool) {
	for i := range ps.Links {
		for _, fam := range ps.families {
			name := ps.Links[i].Name
			ps.say(name, fam, OK, "")
			u := ps.unseen(rib.LinkID(i), fam, kind)
			if len(u.why) == 0 {
				continue
			}
			ps.report(Finding{
				Subject: Subject{"link", name}, Family: fam, Links: []string{name}, Cause: Cause{What: CauseEvidence, Link: name},
				Message: fmt.Sprintf("%s (%s): %s; open: %s", name, fam, strings.Join(u.why, "; "), list(u.opens)),
				Hint:    ps.unseenHint(rib.LinkID(i), fam), Config: ps.Pos,
				Unseen: u.why, Opens: u.opens, LostBy: u.lost, gaps: u.gaps, tells: u.tells,
			})
		}
	}
}

// unseenHint says what to collect. A feed that shows the other family only may be meant to.
func (ps *Pass) unseenHint(link rib.LinkID, fam rib.Family) string {
	var other []string
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		for _, id := range ps.Sight.Coverage(link, dir, fam).Feeds {
			if f := ps.table.Feeds()[id]; f.View != rib.Declared && f.Failing() == "" && !f.Covers(fam) {
				other = addTexts(other, f.Name)
			}
		}
	}
	if len(other) > 0 {
		return fmt.Sprintf("export %s with its %s routes; write families: on it if it is not meant to show them", list(other), fam)
	}
	return "collect the missing dump (bgpaudit feeds shows what each proves; docs/collect.md has the commands)"
}

// unseen is what is not seen of a link and leaves something open.
type unseen struct {
	why, opens  []string
	lost        []string // the feeds whose failing is all of it
	gaps, tells []gap
}

func (ps *Pass) unseen(link rib.LinkID, fam rib.Family, kind func(*rib.Coverage) bool) (u unseen) {
	others := false // there is more to it than feeds that fail
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		cover := ps.Sight.Coverage(link, dir, fam)
		g := gap{link: link, dir: dir, fam: fam}
		opens := ps.leftOpenBy(g)
		if len(opens) == 0 || !kind(cover) {
			continue
		}
		text := "its routes are there, but whether they count is not certain"
		if !cover.Covered {
			text, u.tells = cover.Why, append(u.tells, g)
		}
		for _, id := range cover.Lost {
			u.lost = addTexts(u.lost, ps.table.Feeds()[id].Name)
		}
		others = others || len(cover.Lost) == 0
		u.why, u.opens, u.gaps = append(u.why, fmt.Sprintf("%s routes: %s", dir, text)), addTexts(u.opens, opens...), append(u.gaps, g)
	}
	if others {
		u.lost = nil
	}
	return u
}

// leftOpenBy lists the checks and flows that gaps leave open.
func (ps *Pass) leftOpenBy(gaps ...gap) (out []string) {
	for _, g := range gaps {
		out = addTexts(out, ps.opens[g]...)
	}
	said := map[string]bool{}
	for _, f := range ps.flows {
		if f.Verdict == VerdictUnknown && !said[f.Service] && slices.ContainsFunc(gaps, func(g gap) bool { return slices.Contains(f.gaps, g) }) {
			said[f.Service] = true
			out = append(out, "flow "+f.Service)
		}
	}
	return out
}

const liveHint = "a session is whole when it is up and has sent its End-of-RIB: look at both ends' logs"

var evidencePartial = &Check{
	ID: "evidence/partial", Title: "A feed was not read whole", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		ps.overFeeds(func(f *rib.Feed) (string, string) {
			s := &f.State
			switch {
			case s.Closed:
				return "", ""
			case s.Live && s.Unreadable:
				return "could not be read: " + list(s.Errors), liveHint
			case s.Live && s.Complete == rib.CompleteNo:
				return fmt.Sprintf("is partial: %d routes held (%s)", s.Routes, list(s.Errors)), liveHint
			case s.Unreadable:
				return "could not be read: " + list(s.Errors), "export the dump again, or mend the path: docs/collect.md has the commands"
			case s.Complete == rib.CompleteNo || s.Complete == "":
				return fmt.Sprintf("is partial: %d routes read, %d rows skipped (%s)", s.Routes, s.Skipped, list(s.Errors)), "export the whole table again; tolerate-skipped: N accepts known bad rows"
			}
			return "", ""
		})
	},
}

// laterHint is what to do about a feed that is from later than the moment that is asked for.
func laterHint(s *rib.FeedState) string {
	if s.Asked.IsZero() {
		return "set the router's clock (NTP), and export it again; or mend taken:"
	}
	return "give a dump from before it, or ask of a later moment (--at)"
}

var evidenceStale = &Check{
	ID: "evidence/stale", Title: "A feed is too old, or its age is not known", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		ps.overFeeds(func(f *rib.Feed) (string, string) {
			s := &f.State
			why := strings.TrimPrefix(f.Failing(), "feed "+f.Name+" ")
			switch {
			case s.Unreadable || s.Contradicts() != "":
				return "", "" // other checks say so
			case s.Later:
				return why, laterHint(s)
			case s.Stale && s.Live:
				return why, liveHint
			case s.Outdated:
				return fmt.Sprintf("%s (%s)", why, list(s.Errors)), "export it again, or mend the path"
			case s.Stale || s.WeakAge:
				return why, "export it again, or say when it was made (taken:)"
			}
			return "", ""
		})
	},
}

var evidenceContradiction = &Check{
	ID: "evidence/contradiction", Title: "What a feed shows contradicts what is declared", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		ps.overFeeds(func(f *rib.Feed) (string, string) {
			switch s := &f.State; {
			case s.Contradicts() != "":
				return "contradicts its declaration: " + s.Contradicts(), "check view:, link: and file: of the feed"
			case s.Judged.Strangers != "":
				return "may be another table: " + s.Judged.Strangers, "check file: and link: of the feed, and site.asns"
			}
			return "", ""
		})
		ps.overPreferences()
		ps.overDenials()
		ps.overMarks()
	},
}

// overPreferences: a link's preference: stands in for what dumps do not show; where one shows
// another value, the shown one decides and the declaration is wrong.
func (ps *Pass) overPreferences() {
	for _, fam := range ps.families {
		for _, e := range ps.learned(fam).strays {
			l := &ps.Links[e.Link]
			ps.report(Finding{
				Subject: Subject{"link", l.Name}, Family: fam, Links: []string{l.Name}, Cause: Cause{What: CauseEvidence, Link: l.Name},
				Message: fmt.Sprintf("preference: %d is declared on %s, but %s shows local preference %d there; the shown one decides", l.Preference.Value, l.Name, e.Prefix, e.Attrs.LocalPref.Value),
				Hint:    "correct or remove preference: on the link", Evidence: []Evidence{ps.evidence(e)}, Config: ps.Pos,
			})
		}
	}
}

var evidenceUnclassified = &Check{
	ID: "evidence/unclassified", Title: "Routes of a feed are tied to no link", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		for _, fam := range ps.families {
			loose := []gap{{link: rib.NoLink, dir: rib.Advertised, fam: fam, untied: true}, {link: rib.NoLink, dir: rib.Received, fam: fam, untied: true}}
			counts := ps.untiedByFeed(fam)
			for id, f := range ps.table.Feeds() {
				ps.sayFeed(f, fam, OK)
				c := counts[rib.FeedID(id)]
				if c == nil {
					continue
				}
				ps.report(Finding{
					Subject: Subject{"feed", f.Name}, Family: fam, Links: ps.linksOfFeed(f), Cause: Cause{What: CauseEvidence, Link: f.Name},
					Message: untiedMessage(f, fam, c),
					Hint:    untiedHint(f),
					Opens:   ps.leftOpenBy(loose...), gaps: loose, tells: loose,
					Evidence: []Evidence{ps.evidence(c.first.Entry)}, Config: ps.Pos,
				})
			}
		}
	},
}

// untied is the rows of a feed that are tied to no link.
type untied struct {
	routes int
	first  rib.Standing // one of our declared space, where there is one
	ours   bool
}

func (ps *Pass) untiedByFeed(fam rib.Family) map[rib.FeedID]*untied {
	out := map[rib.FeedID]*untied{}
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		ps.Sight.EachUntied(dir, fam, func(st rib.Standing) {
			u := out[st.Feed]
			if u == nil {
				u = &untied{first: st}
				out[st.Feed] = u
			}
			u.routes++
			if d, _ := ps.governing(st.Prefix); d != nil && !u.ours {
				u.first, u.ours = st, true
			}
		})
	}
	return out
}

func untiedHint(f *rib.Feed) string {
	if f.View == rib.FarEnd || f.View == rib.Collector {
		return "if the path is ours, its ASN belongs in site.asns (a layer-3 provider's in provider-asns of the link); if the row is another network's, ask who announces our addresses"
	}
	return "add a classify rule for them, or ignore: true for iBGP and own loopbacks"
}

func untiedMessage(f *rib.Feed, fam rib.Family, u *untied) string {
	if u.routes == 1 {
		return fmt.Sprintf("1 route of feed %s (%s) is tied to no link: %s: %s", f.Name, fam, u.first.Prefix, u.first.Doubt)
	}
	return fmt.Sprintf("%d routes of feed %s (%s) are tied to no link, %s among them: %s", u.routes, f.Name, fam, u.first.Prefix, u.first.Doubt)
}

var evidenceUnprovenEnd = &Check{
	ID: "evidence/unproven-end", Title: "A feed's format does not prove its end", Severity: Info, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		ps.overFeeds(func(f *rib.Feed) (string, string) {
			if f.State.Complete != rib.CompleteUnproven || f.View == rib.Collector {
				return "", ""
			}
			return "does not prove its end: it counts as complete", "give routes: N on the feed, or use a format with an end; --strict makes it blind"
		})
	},
}

var evidenceSkew = &Check{
	ID: "evidence/skew", Title: "Feeds were taken far apart", Severity: Warning, Source: "inferred", phase: onEvidence,
	Run: func(ps *Pass) {
		var oldest, newest *rib.Feed
		for _, f := range ps.table.Feeds() {
			for _, fam := range ps.families {
				ps.sayFeed(f, fam, OK)
			}
			if s := &f.State; s.AsOf.IsZero() || s.AsOfSource == rib.AgeFromMtime || s.Live {
				continue
			}
			// Of feeds of one time the first by name, whatever order they stand in.
			if oldest == nil || cmp.Or(f.State.AsOf.Compare(oldest.State.AsOf), cmp.Compare(f.Name, oldest.Name)) < 0 {
				oldest = f
			}
			if newest == nil || cmp.Or(newest.State.AsOf.Compare(f.State.AsOf), cmp.Compare(f.Name, newest.Name)) < 0 {
				newest = f
			}
		}
		if oldest == nil || newest.State.AsOf.Sub(oldest.State.AsOf) <= ps.maxSkew() {
			return
		}
		// The finding names no links: which feeds are oldest and newest changes from day to day.
		ps.sayFeed(oldest, ps.families[0], Fired)
		ps.sayFeed(newest, ps.families[0], Fired)
		ps.report(Finding{
			Subject: Subject{"site", "feeds"}, Family: ps.families[0], Cause: Cause{What: CauseEvidence},
			Message: fmt.Sprintf("feed %s was taken %s before feed %s (max-skew is %s): together they may show a state that never was",
				oldest.Name, newest.State.AsOf.Sub(oldest.State.AsOf).Round(time.Second), newest.Name, ps.maxSkew()),
			Hint: "export the dumps together", Config: ps.Pos,
		})
	},
}

func (ps *Pass) maxSkew() time.Duration {
	if ps.MaxSkew > 0 {
		return ps.MaxSkew
	}
	return time.Hour
}

// overFeeds reports a finding for each feed that fault says something of.
func (ps *Pass) overFeeds(fault func(*rib.Feed) (message, hint string)) {
	for _, f := range ps.table.Feeds() {
		message, hint := fault(f)
		for _, fam := range ps.feedFamilies(f) {
			ps.sayFeed(f, fam, OK)
			if message == "" {
				continue
			}
			if f.Failing() != "" && f.State.Contradicts() == "" && len(f.Families) == 0 && len(f.State.Families) == 0 {
				hint += "; name its families:, for without them it may have been for either"
			}
			if l := ps.linkNamed(f.Link); l != nil && f.State.Routes == 0 {
				if silent := ps.silentNote(l); silent != "" {
					hint += "; " + silent
				}
			}
			cause := cmp.Or(f.Link, f.Mirrors, f.Name)
			ps.report(Finding{
				Subject: Subject{"feed", f.Name}, Family: fam, Links: ps.linksOfFeed(f), Cause: Cause{What: CauseEvidence, Link: cause},
				Message:  fmt.Sprintf("feed %s %s", f.Name, message),
				Hint:     hint,
				Evidence: []Evidence{{Feed: f.Name, Link: f.Link, View: f.View, Seen: Seen(f, 0)}}, Config: ps.Pos,
			})
		}
	}
}

// feedFamilies are the audited families that a feed is meant for; one that nobody knows stands
// under the first.
func (ps *Pass) feedFamilies(f *rib.Feed) []rib.Family {
	var out []rib.Family
	for _, fam := range ps.families {
		if slices.Contains(f.Families, fam) || f.Covers(fam) {
			out = append(out, fam)
		}
	}
	if len(out) == 0 && len(ps.families) > 0 {
		out = ps.families[:1]
	}
	return out
}

// linksOfFeed lists the links that a feed speaks of.
func (ps *Pass) linksOfFeed(f *rib.Feed) []string {
	if f.Link != "" {
		return []string{f.Link}
	}
	if f.Mirrors != "" {
		return []string{f.Mirrors}
	}
	var out []string
	for _, rule := range f.Classify {
		if rule.Link != "" {
			out = addTexts(out, rule.Link)
		}
	}
	return out
}

func (ps *Pass) sayFeed(f *rib.Feed, fam rib.Family, st State) {
	for _, link := range ps.linksOfFeed(f) {
		ps.say(link, fam, st, "")
	}
}
