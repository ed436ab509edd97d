package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"bgpaudit/configs"
	"bgpaudit/report"
)

func configCmd(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Validate the config, print its schema or its effective form",
		Example: "  bgpaudit config validate -c bgpaudit.yaml\n  bgpaudit config schema > bgpaudit.schema.json",
	}
	cmd.AddCommand(&cobra.Command{
		Use: "validate", Short: "Check the config; every mistake at once, each with its line", Example: "  bgpaudit config validate -c bgpaudit.yaml", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := g.load(cmd.Context())
			if err != nil {
				return err
			}
			in := &c.Intent
			_, err = fmt.Fprintf(g.stdout, "%s: valid: links %d, feeds %d, prefixes %d, pools %d, services %d, remotes %d, waivers %d\n", report.Clean(g.settings.Config),
				len(in.Links), len(c.Feeds), len(in.Prefixes), len(in.Pools), len(in.Services), len(in.Remotes), len(in.Waivers))
			return err
		},
	}, &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the config", Example: "  bgpaudit config schema > bgpaudit.schema.json", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := g.stdout.Write(configs.Schema())
			return err
		},
	}, &cobra.Command{
		Use: "dump", Short: "Print the config with every default filled in, secrets hidden", Example: "  bgpaudit config dump -c bgpaudit.yaml", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := g.load(cmd.Context())
			if err != nil {
				return err
			}
			text, err := configs.Dump(c)
			if err != nil {
				return err
			}
			_, err = g.stdout.Write(text)
			return err
		},
	})
	return cmd
}
