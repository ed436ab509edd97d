package monitor

import (
	"slices"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// proof answers for one audit why a finding that it does not hold may stand all the same. A finding
// goes away when it is repaired, and when what showed it goes away; only the first is good news.
type proof struct {
	result *policy.Result
	sight  *rib.Sight
	states map[stateKey]policy.CheckState
	feeds  map[string]*rib.Feed
}

type stateKey struct {
	check, link string
	family      rib.Family
}

func newProof(r *policy.Result, sight *rib.Sight) *proof {
	p := &proof{result: r, sight: sight, states: map[stateKey]policy.CheckState{}, feeds: map[string]*rib.Feed{}}
	for _, st := range r.Checks {
		p.states[stateKey{st.Check, st.Link, st.Family}] = st
	}
	for _, f := range r.Feeds {
		p.feeds[f.Name] = f
	}
	return p
}

// stale is the one check of a feed that looks at its age alone.
const stale = "evidence/stale"

// open says why it is not known whether the finding is gone; it is empty where the audit proves that
// it is: the feeds that showed it are whole, its check sees each of its links, and no flow of its
// service is unknown.
func (p *proof) open(f *policy.Finding) string {
	if flood := p.result.Flood(f.ID); flood != nil {
		return "it is one of many that finding " + flood.ID + " stands for"
	}
	var why reasons
	for _, e := range f.Evidence {
		feed := p.feeds[e.Feed]
		switch {
		case feed == nil:
			why.add("feed " + e.Feed + " is gone")
		case feed.Failing() != "":
			why.add(failing(feed))
		case e.Prefix.IsValid() && !feed.Covers(f.Family):
			why.add("feed " + e.Feed + " shows no " + f.Family.String())
		}
	}
	switch f.Subject.Kind {
	case "waiver":
		return "" // one that is used after all, or that ended: the audit knows either for certain
	case "feed": // is its own evidence; one that lives again is not stale, whole or not
		if feed := p.feeds[f.Subject.Name]; f.Check == stale && feed != nil && isFresh(&feed.State) {
			return ""
		}
		return why.String()
	}
	for _, link := range f.Links {
		p.openOn(&why, f, link)
	}
	if len(why) == 0 && f.Subject.Kind == "service" {
		p.openByFlows(&why, f)
	}
	if len(f.Links) == 0 && len(f.Evidence) == 0 {
		for _, feed := range p.result.Feeds {
			if feed.Failing() != "" {
				why.add(failing(feed))
			}
		}
	}
	return why.String()
}

// openOn: where the check says ok of a link, it saw all that it reads of it. Fired says that it found
// something else there, and outranks an unknown: then the feeds of the link must be whole.
func (p *proof) openOn(why *reasons, f *policy.Finding, link string) {
	st := p.states[stateKey{f.Check, link, f.Family}]
	if st.State == policy.OK {
		return
	}
	before := len(*why)
	for _, feed := range p.feedsOf(link, f.Family) {
		if feed.Failing() != "" {
			why.add(failing(feed))
		}
	}
	switch {
	case st.State == policy.Fired || len(*why) > before:
	case st.Reason != "":
		if len(*why) == 0 {
			why.add(st.Reason)
		}
	case len(*why) == 0:
		why.add("check " + f.Check + " does not speak of " + link + " (" + f.Family.String() + ")")
	}
}

// isFresh reports whether nothing is wrong with a feed's age.
func isFresh(s *rib.FeedState) bool { return !s.Stale && !s.Outdated && !s.WeakAge && !s.Unreadable }

func (p *proof) feedsOf(link string, fam rib.Family) []*rib.Feed {
	t := p.sight.Table()
	id, ok := t.LinkID(link)
	if !ok {
		return nil
	}
	var out []*rib.Feed
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		for _, feed := range p.sight.Coverage(id, dir, fam).Feeds {
			out = append(out, t.Feeds()[feed])
		}
	}
	return out
}

func (p *proof) openByFlows(why *reasons, f *policy.Finding) {
	for _, flow := range p.result.Flows {
		if flow.Service == f.Subject.Name && flow.Family == f.Family && flow.Verdict == policy.VerdictUnknown {
			why.add("flow " + flow.Service + " to " + flow.Remote + " is unknown: " + flow.Why)
		}
	}
}

// failing says what is wrong with a feed, with the first cause of it.
func failing(f *rib.Feed) string {
	why := f.Failing()
	if len(f.State.Errors) > 0 {
		why += " (" + f.State.Errors[0] + ")"
	}
	return why
}

// reasons is a set of sentences, in the order in which they were found.
type reasons []string

func (r *reasons) add(s string) {
	if !slices.Contains(*r, s) {
		*r = append(*r, s)
	}
}

func (r reasons) String() string { return strings.Join(r, "; ") }
