package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"bgpaudit/report"
	"bgpaudit/rib"
)

func winsCmd(g *global) *cobra.Command {
	var observer string
	var how collecting
	cmd := &cobra.Command{
		Use: "wins PREFIX|ADDRESS", Aliases: []string{"why"}, Short: "Say which link wins for a prefix or address, and why",
		Long: `wins answers for every address of the prefix, split exactly where the answer changes. For an
address of ours it asks every observer that hears a link (microsoft, internet, azure, and those
of the config) which link they use to reach it; for a foreign one it asks us.

Exit: 0; 2 usage or config error; 3 where an answer is unknown or undetermined.`,
		Example: "  bgpaudit wins 203.0.113.25\n  bgpaudit wins 203.0.112.0/22 --observer microsoft\n  bgpaudit why 40.96.0.0/13 -o json\n  bgpaudit wins 203.0.113.25 --at 2026-11-20T09:14:00Z",
		Args:    oneArg("prefix or address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.outputIs("text", "json"); err != nil {
				return err
			}
			p, err := parseQuery(args[0])
			if err != nil {
				return err
			}
			s, err := g.collect(cmd.Context(), how)
			if err != nil {
				return err
			}
			answers, err := s.answers(p, observer)
			if err != nil {
				return err
			}
			if g.output == "json" {
				err = report.WinsJSON(g.stdout, args[0], answers, s.table)
			} else {
				err = report.WinsText(g.stdout, args[0], answers, s.table, g.paint())
			}
			if err != nil {
				return err
			}
			if code := report.WinsExit(answers); code != 0 {
				return exitCode(code)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&observer, "observer", "", "ask this observer alone: us, microsoft, internet, azure, or one of the config")
	cmd.Flags().BoolVar(&how.strict, "strict", false, "a feed whose format does not prove its end covers nothing")
	cmd.Flags().BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out")
	return cmd
}

// parseQuery reads an address or a prefix. Host bits are an error: the question would not be the
// one that was written.
func parseQuery(s string) (netip.Prefix, error) {
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

// answers asks one observer, or those that the addresses call for: for ours every observer but us,
// for foreign ones us, for a prefix that holds both everybody, us last.
func (s *site) answers(p netip.Prefix, observer string) ([]report.Answer, error) {
	ours, foreign := s.sorts(p)
	var back, forward []report.Answer
	names := []string{}
	for _, ob := range s.sight.Observers() {
		names = append(names, ob.Name)
		us := ob.Name == rib.ObserverUs
		if observer != "" && ob.Name != observer || observer == "" && (us && !foreign || !us && !ours) {
			continue
		}
		answer := report.Answer{Observer: ob.Name, Direction: ob.Direction, Ranges: s.sight.Ranges(ob, p, rib.Query{}, rib.ByRoute)}
		if us {
			forward = append(forward, answer)
		} else {
			back = append(back, answer)
		}
	}
	out := append(back, forward...)
	if len(out) == 0 && observer != "" {
		return nil, fmt.Errorf("no observer %q hears a configured link: there are %s", observer, strings.Join(names, ", "))
	}
	return out, nil
}

// sorts says whether the prefix holds addresses of ours (declared, or covered by a route of our own
// that we advertise) and whether it holds foreign ones.
func (s *site) sorts(p netip.Prefix) (ours, foreign bool) {
	in := &s.config.Intent
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
		for _, st := range s.sight.CoveringAdvertised(rib.LinkID(i), p) {
			if st.Certain() && st.Prefix.Bits() > 0 && !s.transit(st.Entry) {
				return true, false
			}
		}
	}
	return ours, true
}

// transit reports whether an advertised route is somebody else's: its path holds an AS that is not
// ours.
func (s *site) transit(e rib.Entry) bool {
	for _, seg := range e.Attrs.ASPath {
		for _, asn := range seg.ASNs {
			own := false
			for _, a := range s.config.Intent.Site.ASNs {
				own = own || a == asn
			}
			if !own {
				return true
			}
		}
	}
	return false
}
