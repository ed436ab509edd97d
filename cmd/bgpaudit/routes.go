package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"bgpaudit/query"
)

func routesCmd(g *global) *cobra.Command {
	var how collecting
	var q query.Routes
	cmd := &cobra.Command{
		Use: "routes PREFIX", Short: "List the routes that the feeds show for a prefix",
		Long: `routes lists what was seen, feed by feed, without judging it: rows that take no part in
decisions (stale, foreign, unclassified) are listed too. Without a flag it lists the prefix
itself and what covers it.`,
		Example: "  bgpaudit routes 203.0.113.0/24\n  bgpaudit routes 203.0.112.0/22 --longer --link er-primary\n  bgpaudit routes 0.0.0.0/0 --longer -o csv > routes.csv",
		Args:    oneArg("prefix"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			q.Query = args[0]
			if err := q.Check(); err != nil {
				return err
			}
			out := &counted{Writer: g.stdout}
			if err := g.routes(cmd, q, how, out); err != nil {
				return err
			}
			if out.n == 0 && !g.quiet {
				fmt.Fprintln(g.stderr, "no feed shows such a route")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.Longer, "longer", false, "the prefix and its more-specifics")
	f.BoolVar(&q.Covering, "covering", false, "the prefix and what covers it (the default)")
	f.BoolVar(&q.Exact, "exact", false, "the prefix alone")
	f.StringVar(&q.Link, "link", "", "routes of this link only")
	f.StringVar(&q.View, "view", "", "routes of this view only")
	f.BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out")
	cmd.MarkFlagsMutuallyExclusive("longer", "covering", "exact")
	return cmd
}

// routes asks the feeds of the config, or a running monitor.
func (g *global) routes(cmd *cobra.Command, q query.Routes, how collecting, out io.Writer) error {
	if g.remote() {
		return g.askMonitorInto(out, cmd, "/v1/routes", url.Values{
			"prefix": {q.Query}, "longer": {flagText(q.Longer)}, "covering": {flagText(q.Covering)}, "exact": {flagText(q.Exact)}, "link": {q.Link}, "view": {q.View},
		})
	}
	s, err := g.collect(cmd.Context(), how)
	if err != nil {
		return err
	}
	return q.Write(out, s.query(), g.form())
}

// flagText is a flag as a parameter; one that is not set is left out.
func flagText(set bool) string {
	if !set {
		return ""
	}
	return strconv.FormatBool(set)
}

// counted counts what is written.
type counted struct {
	io.Writer
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	c.n += len(p)
	return c.Writer.Write(p)
}
