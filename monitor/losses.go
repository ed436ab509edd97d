package monitor

import (
	"slices"
	"strings"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// losses is what one audit says for the sessions that are away, in place of what came of them.
type losses struct {
	proof   *proof
	ledger  ledger
	excused map[string]bool // feeds that are not whole for a session that is away or on its way
	moving  map[string]bool // feeds whose session came or went within calm
	fresh   bool            // one of them went since the audit before
}

// account takes out of an audit's news what lost sessions explain, and gives a notice for each
// session of which there is something to say. The caller holds still and told.
func (m *Monitor) account(n news, p *proof, before *policy.Result, steady time.Time) []*Notice {
	r := &m.writer.roll
	if r.begin(&m.writer, p.result, steady) {
		m.starts = false
	}
	notices := r.call(steady)
	l := losses{proof: p, ledger: m.ledger, excused: r.excused(&m.writer, p.result, steady), moving: r.moving(steady)}
	l.fresh = slices.ContainsFunc(notices, func(n *Notice) bool { return n.What == sessionLost })
	l.sift(n)
	l.release(n)
	m.unexplained = l.open()
	for _, note := range notices {
		m.detail(note, p, before)
	}
	return notices
}

// sift takes out of the news what the lost sessions stand for. A finding about routes is taken out
// where it becomes unknown and where it is seen again, and never where it is raised or cleared.
func (l *losses) sift(n news) {
	for _, c := range []change{nowUnknown, nowSeen, nowRaised, nowAltered, nowFlapping, nowSteady, nowCleared} { // what is unknown first: see remains
		n[c] = slices.DeleteFunc(n[c], func(e *entry) bool { return l.covers(c, e) })
		if len(n[c]) == 0 {
			delete(n, c)
		}
	}
}

func (l *losses) covers(c change, e *entry) bool {
	was, under := e.under, l.explains(e)
	if c == nowRaised && !isEvidence(e) {
		if of := l.remains(e); of != nil {
			e.stand(of.under)
			e.partOf = of.ID
			return true
		}
	}
	switch {
	case c == nowUnknown, isEvidence(e) && (c == nowRaised || c == nowAltered):
		e.stand(under)
		return under != ""
	case c == nowSeen, (isEvidence(e) || e.partOf != "") && c == nowCleared:
		e.under, e.partOf = "", ""
		return was != ""
	case c == nowFlapping:
		e.hush = l.moving[e.fell] || under != "" && isEvidence(e)
		return e.hush
	case c == nowSteady:
		was := e.hush
		e.hush = false
		return was
	}
	return false
}

// release gives back what a loss stood for and does not explain any more.
func (l *losses) release(n news) {
	for _, e := range l.ledger.unseen(map[string]bool{}) {
		if e.under == "" || l.excused[e.under] || e.flapping {
			continue
		}
		e.stand(l.explains(e))
		switch {
		case e.under != "":
		case e.standing == unknown:
			n[nowUnknown] = append(n[nowUnknown], e)
		case e.standing == raised && (isEvidence(e) || e.partOf != ""):
			e.partOf = ""
			n[nowRaised] = append(n[nowRaised], e)
		}
	}
}

// remains finds the finding that one which is raised is a part of: the same on more links, of which
// a lost session makes some unknown. It was raised, and is not cleared.
func (l *losses) remains(e *entry) *entry {
	for _, of := range l.ledger {
		same := of.Check == e.Check && of.Subject == e.Subject && of.Family == e.Family && of.Cause.What == e.Cause.What && of.Cause.Prefix == e.Cause.Prefix && of.Cause.Remote == e.Cause.Remote
		if same && of.standing == unknown && of.under != "" && !slices.ContainsFunc(e.Links, func(link string) bool { return !slices.Contains(of.Links, link) }) {
			return of
		}
	}
	return nil
}

// stand puts a finding under a feed's loss, or under none.
func (e *entry) stand(under string) {
	e.under = under
	if under != "" {
		e.fell = under
	}
}

func isEvidence(e *entry) bool { return strings.HasPrefix(e.Check, "evidence/") }

// explains names the feed whose lost session is why a finding is unknown, or is there: every feed
// that it rests on and that is not whole is one of a lost session.
func (l *losses) explains(e *entry) string {
	rests := l.proof.restsOn(e.Finding)
	if len(rests) == 0 && l.fresh && e.standing == unknown { // a flow whose other direction is lost
		rests = l.proof.failingFeeds()
	}
	return l.lostAmong(rests)
}

func (l *losses) lostAmong(feeds []string) string {
	for _, name := range feeds {
		if !l.excused[name] {
			return ""
		}
	}
	if len(feeds) == 0 {
		return ""
	}
	return feeds[0]
}

// open reports whether the audit lacks evidence that no lost session explains, or none at all.
func (l *losses) open() bool { return l.lostAmong(l.proof.failingFeeds()) == "" }

func (p *proof) failingFeeds() []string {
	var out []string
	for _, f := range p.result.Feeds {
		if f.Failing() != "" && !f.State.Closed {
			out = append(out, f.Name)
		}
	}
	return out
}

// restsOn lists the feeds that a finding is about or rests on, and that are not whole.
func (p *proof) restsOn(f *policy.Finding) []string {
	var out []string
	add := func(feed *rib.Feed) {
		if feed != nil && feed.Failing() != "" && !slices.Contains(out, feed.Name) {
			out = append(out, feed.Name)
		}
	}
	if f.Subject.Kind == "feed" {
		add(p.feeds[f.Subject.Name])
		return out
	}
	for _, e := range f.Evidence {
		add(p.feeds[e.Feed])
	}
	for _, link := range f.Links {
		for _, feed := range p.feedsOf(link, f.Family) {
			add(feed)
		}
	}
	return out
}

// detail says what a session's loss makes unknown, or what its return leaves.
func (m *Monitor) detail(n *Notice, p *proof, before *policy.Result) {
	n.Exit = m.answer.code
	n.Links = p.linksOf(n.Neighbor)
	if n.What != sessionLost {
		return
	}
	for _, e := range m.ledger.unseen(map[string]bool{}) {
		if e.standing == unknown && slices.Contains(p.restsOn(e.Finding), n.Neighbor) || e.under == n.Neighbor && !isEvidence(e) {
			n.Findings = append(n.Findings, e.Finding)
		}
	}
	if !n.fresh {
		before = nil // it was unknown before
	}
	n.Flows, n.Checks = newlyUnknown(before, p.result)
}

// linksOf lists the links of which a feed speaks.
func (p *proof) linksOf(feed string) []string {
	var out []string
	for _, link := range p.sight.Table().Links() {
		for _, fam := range rib.Families {
			for _, f := range p.feedsOf(link.Name, fam) {
				if f.Name == feed && !slices.Contains(out, link.Name) {
					out = append(out, link.Name)
				}
			}
		}
	}
	return out
}

// newlyUnknown counts the flows and the states of checks that are unknown, and were not before.
func newlyUnknown(before, now *policy.Result) (flows, checks int) {
	type flow struct {
		service, remote string
		family          rib.Family
	}
	openFlows, openChecks := map[flow]bool{}, map[stateKey]bool{}
	if before != nil {
		for _, f := range before.Flows {
			if f.Verdict == policy.VerdictUnknown {
				openFlows[flow{f.Service, f.Remote, f.Family}] = true
			}
		}
		for _, c := range before.Checks {
			if c.State == policy.UnknownState {
				openChecks[stateKey{c.Check, c.Link, c.Family}] = true
			}
		}
	}
	for _, f := range now.Flows {
		if f.Verdict == policy.VerdictUnknown && !openFlows[flow{f.Service, f.Remote, f.Family}] {
			flows++
		}
	}
	for _, c := range now.Checks {
		if c.State == policy.UnknownState && !openChecks[stateKey{c.Check, c.Link, c.Family}] {
			checks++
		}
	}
	return flows, checks
}
