// Package query is the questions that the verbs and the monitor's API have in common: which link
// wins, which routes there are, what became of the feeds, what is behind a finding.
//
// In: a question, and a site to ask. Out: the answer as bytes in the form that was asked for, with
// its exit code: the same bytes whoever asks. It decides nothing; rib and policy do.
package query

import (
	"fmt"
	"net/netip"

	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// Site is what is asked: what should be, and the routes as they are.
type Site struct {
	Intent *policy.Intent
	Sight  *rib.Sight
}

func (s Site) table() *rib.Table { return s.Sight.Table() }

// Form is how an answer is written.
type Form struct {
	Output string // text, json; of routes also csv
	Paint  report.Paint

	// Detailed text has all there is to say: the stories and trust of an audit, the first row of each kind of a
	// feed. JSON always has.
	Detailed bool
}

// Limit bounds an answer; the zero value does not.
type Limit int

// weight is what a route counts for: as so many as its path and communities are long.
func weight(e rib.Entry) int {
	long := len(e.Attrs.Communities) + len(e.Attrs.LargeCommunities)
	for _, s := range e.Attrs.ASPath {
		long += len(s.ASNs)
	}
	return 1 + long/64
}

// over is the error of a question about more routes than may be asked for at once.
func (l Limit) over(p netip.Prefix) error {
	return fmt.Errorf("%s holds more than %d routes (one with a long path counts for several): ask for a smaller part of it", p, int(l))
}

// check reports a prefix that holds more routes than the limit.
func (l Limit) check(t *rib.Table, p netip.Prefix) error {
	if l == 0 {
		return nil
	}
	n := 0
	for _, e := range t.Exact(p) {
		n += weight(e)
	}
	t.MoreSpecifics(p, func(e rib.Entry) bool {
		n += weight(e)
		return n <= int(l)
	})
	if n > int(l) {
		return l.over(p)
	}
	return nil
}

// ParsePrefix reads an address or a prefix. Host bits are an error: the question would not be the
// one that was written.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s: leave the zone out", s)
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is no address or prefix: write 203.0.113.25, 203.0.112.0/22 or 2001:db8::/32", s)
	case p.Addr().Is4In6():
		return p, fmt.Errorf("%s is an IPv4-mapped prefix: write the IPv4 one", s)
	case p != p.Masked():
		return p, fmt.Errorf("%s has host bits set: did you mean %s?", s, p.Masked())
	}
	return p, nil
}

// ParseSeverity reads the severity at which findings count.
func ParseSeverity(s string) (policy.Severity, error) {
	switch s {
	case "error":
		return policy.Error, nil
	case "warning":
		return policy.Warning, nil
	case "info":
		return policy.Info, nil
	case "never":
		return policy.Never, nil
	}
	return 0, fmt.Errorf("fail-on %q: write error, warning, info or never", s)
}
