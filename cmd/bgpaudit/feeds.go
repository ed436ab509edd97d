package main

import (
	"net/url"

	"github.com/spf13/cobra"

	"bgpaudit/query"
)

func feedsCmd(g *global) *cobra.Command {
	var how collecting
	cmd := &cobra.Command{
		Use: "feeds", Short: "Say what was read: rows by kind, view, link, family, age, errors, completeness",
		Long:    "feeds reads every feed and says what became of it: what an answer can rest on, and what is missing.\nEach row that was read is of one kind, and they add up. -v shows the first of each kind, and why it is.\n\nExit: 0; 2 usage or config error; 3 where a feed is unreadable, partial, stale or contradicts its declaration.",
		Example: "  bgpaudit feeds -c bgpaudit.yaml\n  bgpaudit feeds -v\n  bgpaudit feeds -o json | jq '.feeds[] | select(.complete != \"yes\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			if g.remote() {
				return g.askMonitor(cmd, "/v1/feeds", g.detailed(url.Values{}))
			}
			s, err := g.collect(cmd.Context(), how)
			if err != nil {
				return err
			}
			code, err := query.Feeds{}.Write(g.stdout, s.query(), g.form())
			return ended(code, err)
		},
	}
	cmd.Flags().BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out")
	return cmd
}
