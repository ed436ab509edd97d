package main

import (
	"net/url"

	"github.com/spf13/cobra"

	"bgpaudit/query"
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
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			if _, err := query.ParsePrefix(args[0]); err != nil {
				return err
			}
			if g.remote() {
				return g.askMonitor(cmd, "/v1/wins", url.Values{"prefix": {args[0]}, "observer": {observer}})
			}
			s, err := g.collect(cmd.Context(), how)
			if err != nil {
				return err
			}
			code, err := query.Wins{Query: args[0], Observer: observer}.Write(g.stdout, s.query(), g.form())
			return ended(code, err)
		},
	}
	cmd.Flags().StringVar(&observer, "observer", "", "ask this observer alone: us, microsoft, internet, azure, avs, or one of the config")
	cmd.Flags().BoolVar(&how.strict, "strict", false, "a feed whose format does not prove its end covers nothing")
	cmd.Flags().BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out")
	return cmd
}
