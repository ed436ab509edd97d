package policy

import (
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// overDenials: a far end's row that the whole of what we send there does not hold. One of the two tables
// is not what it is declared to be, or they were taken at different times.
func (ps *Pass) overDenials() {
	type pair struct {
		far    rib.FeedID
		denier string
		link   rib.LinkID
	}
	for _, fam := range ps.families {
		found := map[pair]*Finding{}
		var order []pair
		for _, row := range ps.advertised(fam).rows {
			if row.fate.Denier == "" {
				continue
			}
			k := pair{row.feed, row.fate.Denier, row.Link}
			f := found[k]
			if f == nil {
				far := ps.table.Feeds()[row.feed]
				f = &Finding{
					Subject: Subject{"feed", far.Name}, Family: fam, Links: []string{row.link.Name}, Cause: Cause{What: CauseEvidence, Link: row.link.Name},
					Message: fmt.Sprintf("%s is in the far end's table (feed %s), and not among all that is sent on %s (feed %s): what comes back there is not known",
						row.Prefix, far.Name, row.link.Name, row.fate.Denier),
					Hint:   "take both dumps at one time; a row that another circuit brought (Global Reach) is told apart where neighbors: names the addresses of each link's neighbor",
					Config: ps.Pos,
				}
				found[k] = f
				order = append(order, k)
			}
			if len(f.Evidence) < mostDenied {
				f.Prefixes = addPrefixes(f.Prefixes, []netip.Prefix{row.Prefix})
				f.Evidence = append(f.Evidence, ps.evidence(row.entry()))
			}
		}
		for _, k := range order {
			ps.report(*found[k])
		}
	}
}

// mostDenied is how many rows such a finding names.
const mostDenied = 5

// overMarks: a router's own marks deny what a declaration says, or each other, and that leaves a flow open.
func (ps *Pass) overMarks() {
	for _, f := range ps.flows {
		if f.forward == nil || f.Verdict != VerdictUnknown {
			continue
		}
		for _, d := range f.forward.decisions {
			ps.overMarksOf(f, d)
		}
	}
}

func (ps *Pass) overMarksOf(f *flow, d *rib.Decision) {
	for _, doubt := range d.Doubts {
		if !doubt.Contradiction {
			continue
		}
		links := ps.names(d.Links)
		out := Finding{
			Subject: Subject{"service", f.Service}, Family: f.Family, Links: links, Cause: Cause{What: CauseEvidence, Link: ps.circuitName(links)},
			Message: fmt.Sprintf("%s, which denies what the config and the other dumps say of the way to %s", doubt.Why, f.Remote),
			Hint:    "look at the router's import policy: does it set the preference that preference: declares? and at which dump is of which link",
			Config:  ps.Pos,
		}
		for _, c := range d.Candidates {
			if c.Marks.Has(rib.Best) && len(out.Evidence) < mostDenied {
				out.Evidence = append(out.Evidence, ps.evidence(c.Entry))
			}
		}
		ps.report(out)
	}
}
