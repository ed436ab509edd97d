package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// selection is which routes of the table are asked for.
type selection struct {
	longer, covering, exact bool
	link, view              string
}

func routesCmd(g *global) *cobra.Command {
	var how collecting
	var sel selection
	cmd := &cobra.Command{
		Use: "routes PREFIX", Short: "List the routes that the feeds show for a prefix",
		Long: `routes lists what was seen, feed by feed, without judging it: rows that take no part in
decisions (stale, foreign, unclassified) are listed too. Without a flag it lists the prefix
itself and what covers it.`,
		Example: "  bgpaudit routes 203.0.113.0/24\n  bgpaudit routes 203.0.112.0/22 --longer --link er-primary\n  bgpaudit routes 0.0.0.0/0 --longer -o csv > routes.csv",
		Args:    oneArg("prefix"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.outputIs("text", "json", "csv"); err != nil {
				return err
			}
			p, err := parseQuery(args[0])
			if err != nil {
				return err
			}
			if sel.view != "" && !slices.Contains(rib.Views, rib.View(sel.view)) && sel.view != string(rib.Declared) {
				return fmt.Errorf("--view %q: write one of %s", sel.view, viewNames())
			}
			s, err := g.collect(cmd.Context(), how)
			if err != nil {
				return err
			}
			if sel.link != "" {
				if _, ok := s.table.LinkID(sel.link); !ok {
					return fmt.Errorf("--link %q: the config has no such link", sel.link)
				}
			}
			return g.printRoutes(s, s.selected(p, sel))
		},
	}
	f := cmd.Flags()
	f.BoolVar(&sel.longer, "longer", false, "the prefix and its more-specifics")
	f.BoolVar(&sel.covering, "covering", false, "the prefix and what covers it (the default)")
	f.BoolVar(&sel.exact, "exact", false, "the prefix alone")
	f.StringVar(&sel.link, "link", "", "routes of this link only")
	f.StringVar(&sel.view, "view", "", "routes of this view only")
	f.BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out")
	cmd.MarkFlagsMutuallyExclusive("longer", "covering", "exact")
	return cmd
}

// selected lists the routes asked for, in address order.
func (s *site) selected(p netip.Prefix, sel selection) []rib.Entry {
	var all []rib.Entry
	switch {
	case sel.exact:
		all = s.table.Exact(p)
	case sel.longer:
		all = s.table.Exact(p)
		s.table.MoreSpecifics(p, func(e rib.Entry) bool {
			all = append(all, e)
			return true
		})
	default:
		all = s.table.Covering(p)
	}
	return slices.DeleteFunc(all, func(e rib.Entry) bool {
		return sel.link != "" && s.table.LinkName(e.Link) != sel.link || sel.view != "" && s.table.Feeds()[e.Feed].View != rib.View(sel.view)
	})
}

func (g *global) printRoutes(s *site, entries []rib.Entry) error {
	switch g.output {
	case "json":
		return g.routesJSON(s, entries)
	case "csv":
		return g.routesCSV(s, entries)
	}
	for _, e := range entries {
		if err := report.RouteText(g.stdout, e, s.table); err != nil {
			return err
		}
	}
	if len(entries) == 0 && !g.quiet {
		fmt.Fprintln(g.stderr, "no feed shows such a route")
	}
	return nil
}

// routesJSON prints canonical records with the feed and link of each.
func (g *global) routesJSON(s *site, entries []rib.Entry) error {
	out := struct {
		Version int               `json:"version"`
		Routes  []json.RawMessage `json:"routes"`
	}{1, []json.RawMessage{}}
	for _, e := range entries {
		feed, err := json.Marshal(s.table.Feeds()[e.Feed].Name)
		if err != nil {
			return err
		}
		link := []byte("null")
		if name := s.table.LinkName(e.Link); name != "" {
			if link, err = json.Marshal(name); err != nil {
				return err
			}
		}
		record := append([]byte(`{"feed":`), feed...)
		record = append(append(append(record, `,"link":`...), link...), ',')
		out.Routes = append(out.Routes, append(record, dump.Record(e.Route)[1:]...))
	}
	return report.JSON(g.stdout, out)
}

func (g *global) routesCSV(s *site, entries []rib.Entry) error {
	w := csv.NewWriter(g.stdout)
	rows := [][]string{{"prefix", "link", "feed", "view", "neighbor", "path_id", "next_hop", "as_path", "origin", "local_pref", "med", "communities", "tie", "seen"}}
	for _, e := range entries {
		f, a := s.table.Feeds()[e.Feed], &e.Attrs
		var communities []string
		for _, c := range a.Communities {
			communities = append(communities, c.String())
		}
		rows = append(rows, []string{
			e.Prefix.String(), cell(s.table.LinkName(e.Link)), cell(f.Name), string(f.View), addrText(e.Neighbor), strconv.FormatUint(uint64(e.PathID), 10),
			addrText(a.NextHop), a.ASPath.String(), a.Origin.String(), optionalText(a.LocalPref), optionalText(a.MED), strings.Join(communities, " "), e.Tie.String(), cell(policy.Seen(f, e.Line)),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return w.Error()
}

// cell makes text from outside safe in a spreadsheet: no control characters, and nothing that is
// taken for a formula.
func cell(s string) string {
	s = report.Clean(s)
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@') {
		return "'" + s
	}
	return s
}

func viewNames() string {
	var names []string
	for _, v := range rib.Views {
		names = append(names, string(v))
	}
	return strings.Join(names, ", ")
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func optionalText(o rib.Optional) string {
	if !o.Set {
		return ""
	}
	return o.String()
}
