package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bgpaudit/docs"
	"bgpaudit/policy"
	"bgpaudit/report"
)

func checksCmd(g *global) *cobra.Command {
	cmd := &cobra.Command{Use: "checks", Short: "List and explain the checks", Example: "  bgpaudit checks list\n  bgpaudit checks explain nat/shared-pool"}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List every check with its severity", Example: "  bgpaudit checks list\n  bgpaudit checks list -o json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			return g.listChecks()
		},
	}, &cobra.Command{
		Use: "explain ID", Short: "Print a check's page", Example: "  bgpaudit checks explain nat/shared-pool", Args: oneArg("check id"),
		ValidArgs: policy.CheckIDs(),
		RunE: func(_ *cobra.Command, args []string) error {
			c := policy.CheckByID(args[0])
			if c == nil {
				return noCheck(args[0])
			}
			page, err := docs.CheckPage(c.ID)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(g.stdout, page)
			return err
		},
	})
	return cmd
}

// noCheck says which check may have been meant.
func noCheck(id string) error {
	if meant := policy.Meant(id, policy.CheckIDs()); meant != "" {
		return fmt.Errorf("no check %q: did you mean %s? bgpaudit checks list shows them all", id, meant)
	}
	return fmt.Errorf("no check %q: bgpaudit checks list shows them all", id)
}

func (g *global) listChecks() error {
	if g.output == "json" {
		type row struct {
			ID       string `json:"id"`
			Severity string `json:"severity"`
			Title    string `json:"title"`
			Source   string `json:"source"`
		}
		rows := []row{}
		for _, c := range policy.Checks {
			rows = append(rows, row{c.ID, c.Severity.String(), c.Title, c.Source})
		}
		return report.JSON(g.stdout, struct {
			Version int   `json:"version"`
			Checks  []row `json:"checks"`
		}{1, rows})
	}
	var b strings.Builder
	for _, c := range policy.Checks {
		fmt.Fprintf(&b, "%-24s %-8s %s\n", c.ID, c.Severity, c.Title)
	}
	_, err := fmt.Fprint(g.stdout, b.String())
	return err
}
