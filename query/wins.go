package query

import (
	"fmt"
	"io"
	"net/netip"
	"slices"

	"bgpaudit/report"
	"bgpaudit/rib"
)

// Wins asks which link wins.
type Wins struct {
	Query    string // as it was written
	Observer string // ask this one alone; empty: those that the addresses call for
	Limit    Limit
}

// Write answers, and gives the exit code.
func (q Wins) Write(w io.Writer, s Site, f Form) (exit int, err error) {
	p, err := ParsePrefix(q.Query)
	if err != nil {
		return 0, err
	}
	if err := q.Limit.check(s.table(), p); err != nil {
		return 0, err
	}
	answers, err := s.wins(p, q.Observer)
	if err != nil {
		return 0, err
	}
	if f.Output == "json" {
		err = report.WinsJSON(w, q.Query, answers, s.table())
	} else {
		err = report.WinsText(w, q.Query, answers, s.table(), f.Paint)
	}
	return report.WinsExit(answers), err
}

// wins asks one observer, or those that the addresses call for: for ours every observer but us,
// for foreign ones us, for a prefix that holds both everybody, us last.
func (s Site) wins(p netip.Prefix, observer string) ([]report.Answer, error) {
	ours, foreign := s.sorts(p)
	var back, forward []report.Answer
	asked := s.Sight.Observers()
	if observer != "" {
		one := s.Sight.Observer(observer)
		if one == nil {
			return nil, fmt.Errorf("no observer %q hears a configured link: %s", observer, suggest(observer, s.Observers()))
		}
		asked = []*rib.Observer{one}
	}
	for _, ob := range asked {
		us := ob.Name == rib.ObserverUs
		if observer == "" && (us && !foreign || !us && !ours) {
			continue
		}
		answer := report.Answer{Observer: ob.Name, Direction: ob.Direction, Ranges: s.Sight.Ranges(ob, p, rib.Query{}, rib.ByRoute)}
		if us {
			forward = append(forward, answer)
		} else {
			back = append(back, answer)
		}
	}
	return append(back, forward...), nil
}

// Observers are the names of those who can be asked.
func (s Site) Observers() []string {
	names := []string{}
	for _, ob := range s.Sight.Observers() {
		names = append(names, ob.Name)
	}
	return names
}

// sorts says whether the prefix holds addresses of ours (declared, or covered by a route of our own
// that we advertise) and whether it holds foreign ones.
func (s Site) sorts(p netip.Prefix) (ours, foreign bool) {
	in := s.Intent
	var declared []netip.Prefix
	for i := range in.Prefixes {
		declared = append(declared, in.Prefixes[i].Prefixes...)
	}
	for i := range in.Pools {
		declared = append(declared, in.Pools[i].Prefixes...)
	}
	for i := range in.Services {
		declared = append(declared, in.Services[i].Addresses...)
	}
	for _, q := range declared {
		if q.Bits() <= p.Bits() && q.Contains(p.Addr()) {
			return true, false
		}
		ours = ours || q.Overlaps(p)
	}
	for i := range in.Links {
		for _, st := range s.Sight.CoveringAdvertised(rib.LinkID(i), p) {
			if st.Certain() && st.Prefix.Bits() > 0 && !s.transit(st.Entry) {
				return true, false
			}
		}
	}
	return ours, true
}

// transit reports whether an advertised route is somebody else's: its path holds an AS that is not
// ours.
func (s Site) transit(e rib.Entry) bool {
	for _, seg := range e.Attrs.ASPath {
		for _, asn := range seg.ASNs {
			if !slices.Contains(s.Intent.Site.ASNs, asn) {
				return true
			}
		}
	}
	return false
}
